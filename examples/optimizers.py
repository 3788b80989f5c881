"""Three optimizers that take their rates from fastlr, each of them twice: in NumPy, and as one
compiled loop.

A model's arrays stand one after the other in one flat vector, and a *layout* says where. Each array
belongs to a group: one call a step, ``groups(t, out=rates)``, gives the rates of all groups, and
one, ``settings(t)``, what else changes with the step, by name. ``scale`` is what plateau has
reduced the rates by. ``step`` does all that in Python; ``fused`` hands the programs of both to a
compiled function, which reads them itself. It takes nothing but arrays and numbers, so a compiled
training loop of your own can call it too.

SGD and AdamW have the same operations in the same order in both forms, and give the same bits,
unless fastlr's NumPy backend was chosen, whose rates are not the compiled ones to the last bit.

>>> groups = flr.stack({"matrices": flr.linear(0.5, 0.0, steps=10), "vectors": flr.constant(0.1)})
>>> settings = flr.bundle(momentum=flr.constant(0.9), weight_decay=flr.constant(0.0))
>>> optimizer, weights = SGD(layout_of([(2, 2), (2,)], groups=[0, 1])), np.zeros(6)
>>> optimizer.step(weights, np.ones(6), groups, settings, t=0)
>>> weights
array([-0.5, -0.5, -0.5, -0.5, -0.1, -0.1])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

import fastlr as flr

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "AdamW",
    "Muon",
    "Optimizer",
    "adamw",
    "layout_of",
    "muon",
    "orthogonal",
    "sgd",
    "views",
]

Array = npt.NDArray[np.float64]
# of each array where it begins, its rows, its columns, its group; a vector has one row
Layout = npt.NDArray[np.int64]

EPSILON = 1e-8


def layout_of(shapes: Sequence[tuple[int, ...]], groups: Sequence[int]) -> Layout:
    """Matrices and vectors, one after the other, each with the number of its group.

    >>> layout_of([(64, 10), (10,)], groups=[0, 1])
    array([[  0,  64,  10,   0],
           [640,   1,  10,   1]])
    """
    sizes = [math.prod(shape) for shape in shapes]
    rows = [shape[0] if len(shape) == 2 else 1 for shape in shapes]
    columns = [shape[-1] for shape in shapes]
    return np.array(
        list(zip(np.cumsum([0, *sizes[:-1]]), rows, columns, groups, strict=True)), dtype=np.int64
    )


def views(vector: Array, layout: Layout) -> list[Array]:
    """The arrays that stand in a vector, as views of it, vectors as matrices of one row."""
    return [
        vector[start : start + rows * columns].reshape(rows, columns)
        for start, rows, columns, _ in layout.tolist()
    ]


def orthogonal(matrix: Array) -> Array:
    """Near to ``U @ V.T`` where ``matrix`` is ``U @ S @ V.T``: the singular values are brought to
    between 0.7 and 1.2.

    They are 1 or less once the matrix is divided by its norm; then five Newton-Schulz iterations
    put each of them through the polynomial ``3.4445*x - 4.7750*x^3 + 2.0315*x^5``. The coefficients
    are Jordan's (2024).
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = np.ascontiguousarray(matrix.T) if tall else matrix
    x = x / (np.sqrt(np.sum(x * x)) + 1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * (gram @ gram)) @ x
    return np.ascontiguousarray(x.T) if tall else x


# -- compiled: each reads its rates and settings from their programs -------------------------------

_orthogonal = njit(orthogonal)


@njit
def sgd(
    weights: Any,
    gradient: Any,
    velocity: Any,
    layout: Any,
    rates: Any,
    groups: Any,
    settings: Any,
    t: int,
    scale: float,
) -> None:
    """``SGD.step`` in one loop: ``groups`` and ``settings`` are programs, and ``rates`` is
    filled, one a group.
    """
    now = np.empty(2)
    flr.jit.rates(groups, t, rates)
    flr.jit.rates(settings, t, now)
    for i in range(len(rates)):
        rates[i] *= scale
    momentum, weight_decay = now[0], now[1]
    for i in range(len(layout)):
        start, rows, columns, rate = layout[i, 0], layout[i, 1], layout[i, 2], rates[layout[i, 3]]
        decay = weight_decay if rows > 1 else 0.0
        for j in range(start, start + rows * columns):
            velocity[j] = momentum * velocity[j] + (gradient[j] + decay * weights[j])
            weights[j] -= rate * velocity[j]


@njit
def _adam(
    weights: Any,
    gradient: Any,
    mean: Any,
    square: Any,
    products: Any,
    beta1: float,
    beta2: float,
    rate: float,
    decay: float,
) -> None:
    """Adam on one array."""
    unbias1, unbias2 = 1.0 - products[0], 1.0 - products[1]
    for j in range(len(weights)):
        mean[j] = beta1 * mean[j] + (1.0 - beta1) * gradient[j]
        square[j] = beta2 * square[j] + (1.0 - beta2) * (gradient[j] * gradient[j])
        weights[j] -= rate * (
            (mean[j] / unbias1) / (np.sqrt(square[j] / unbias2) + EPSILON) + decay * weights[j]
        )


@njit
def adamw(
    weights: Any,
    gradient: Any,
    mean: Any,
    square: Any,
    products: Any,
    layout: Any,
    rates: Any,
    groups: Any,
    settings: Any,
    t: int,
    scale: float,
) -> None:
    """``AdamW.step`` in one loop: ``groups`` and ``settings`` are programs, and ``rates`` is
    filled, one a group.
    """
    now = np.empty(3)
    flr.jit.rates(groups, t, rates)
    flr.jit.rates(settings, t, now)
    for i in range(len(rates)):
        rates[i] *= scale
    beta1, beta2, weight_decay = now[0], now[1], now[2]
    products[0] *= beta1
    products[1] *= beta2
    for i in range(len(layout)):
        start, rows, rate = layout[i, 0], layout[i, 1], rates[layout[i, 3]]
        part, decay = slice(start, start + rows * layout[i, 2]), weight_decay if rows > 1 else 0.0
        _adam(
            weights[part],
            gradient[part],
            mean[part],
            square[part],
            products,
            beta1,
            beta2,
            rate,
            decay,
        )


@njit
def muon(
    weights: Any,
    gradient: Any,
    velocity: Any,
    mean: Any,
    square: Any,
    products: Any,
    layout: Any,
    rates: Any,
    groups: Any,
    settings: Any,
    t: int,
    scale: float,
) -> None:
    """``Muon.step`` in one loop: ``groups`` and ``settings`` are programs, and ``rates`` is
    filled, one a group.
    """
    now = np.empty(4)
    flr.jit.rates(groups, t, rates)
    flr.jit.rates(settings, t, now)
    for i in range(len(rates)):
        rates[i] *= scale
    momentum, beta1, beta2, weight_decay = now[0], now[1], now[2], now[3]
    products[0] *= beta1
    products[1] *= beta2
    for i in range(len(layout)):
        start, rows, columns, rate = layout[i, 0], layout[i, 1], layout[i, 2], rates[layout[i, 3]]
        part = slice(start, start + rows * columns)
        if rows == 1:
            _adam(
                weights[part],
                gradient[part],
                mean[part],
                square[part],
                products,
                beta1,
                beta2,
                rate,
                0.0,
            )
        else:
            ahead, gain = np.empty((rows, columns)), math.sqrt(max(1.0, columns / rows))
            for j in range(rows * columns):
                velocity[start + j] = momentum * velocity[start + j] + gradient[start + j]
                ahead.flat[j] = gradient[start + j] + momentum * velocity[start + j]
            turned = _orthogonal(ahead)
            for j in range(rows * columns):
                weights[start + j] -= rate * (
                    gain * turned.flat[j] + weight_decay * weights[start + j]
                )


# -- in NumPy --------------------------------------------------------------------------------------


class Optimizer:
    """What the three share.

    ``state`` is arrays by name, which any checkpoint can hold. ``rates`` is no part of it: what the
    last step had, one a group.
    """

    # what changes with the step beside the rates, in the order that the compiled loop has them
    settings: tuple[str, ...]
    kept: tuple[str, ...]  # parts of the state that have one number a weight
    compiled: Callable[..., None]

    def __init__(self, layout: Layout) -> None:
        self.layout, self.rates = layout, np.empty(layout[:, 3].max() + 1)
        self.state = {name: np.zeros(int(layout[:, 1] @ layout[:, 2])) for name in self.kept}

    def step(
        self,
        weights: Array,
        gradient: Array,
        groups: flr.Schedule,
        settings: flr.Bundle,
        t: int,
        scale: float = 1.0,
    ) -> None:
        """One update of the weights, in place, with the rates of step ``t`` times ``scale``."""
        groups(t, out=self.rates)
        self.rates *= scale
        now = settings(t)
        self.begin(now)
        parts = [
            views(array, self.layout)
            for array in (weights, gradient, *(self.state[name] for name in self.kept))
        ]
        for group, *arrays in zip(self.layout[:, 3], *parts, strict=True):
            self.update(float(self.rates[group]), now, *arrays)

    def begin(self, now: dict[str, float]) -> None:
        """What is done once a step, before any array."""

    def update(self, rate: float, now: dict[str, float], w: Array, g: Array, *kept: Array) -> None:
        """One array's update."""
        raise NotImplementedError

    def fused(
        self,
        weights: Array,
        gradient: Array,
        groups: flr.Schedule,
        settings: flr.Bundle,
        t: int,
        scale: float = 1.0,
    ) -> None:
        """The same as ``step``, compiled."""
        if settings.names != self.settings:  # which the compiled loop knows by their places
            raise ValueError(
                f"{type(self).__name__}: settings must be {self.settings}, got {settings.names}"
            )
        programs = groups.program, settings.schedule.program
        self.compiled(
            weights, gradient, *self.state.values(), self.layout, self.rates, *programs, t, scale
        )


class SGD(Optimizer):
    """Gradient descent with momentum: ``v = momentum*v + (g + decay*w)``, then ``w = w - rate*v``.
    Vectors do not decay.

    Polyak, *Some methods of speeding up the convergence of iteration methods* (1964).
    """

    settings = ("momentum", "weight_decay")
    kept = ("velocity",)
    compiled = staticmethod(sgd)

    def update(self, rate: float, now: dict[str, float], w: Array, g: Array, *kept: Array) -> None:
        """One array's update."""
        [v] = kept
        decay = now["weight_decay"] if len(w) > 1 else 0.0
        v[:] = now["momentum"] * v + (g + decay * w)
        w -= rate * v


class AdamW(Optimizer):
    """Adam, with a weight decay that does not pass through its averages. Vectors do not decay.

    ``m = b1*m + (1 - b1)*g`` and ``s = b2*s + (1 - b2)*g^2``, each divided by 1 less the product of
    all its betas so far, which are not the powers of one where betas change; then ``w = w -
    rate*(m/(sqrt(s) + 1e-8) + decay*w)``.

    Kingma & Ba, *Adam* (2015); Loshchilov & Hutter, *Decoupled Weight Decay Regularization* (2019).
    """

    settings = ("beta1", "beta2", "weight_decay")
    kept = ("mean", "square")
    compiled = staticmethod(adamw)

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.state["products"] = np.ones(2)

    def begin(self, now: dict[str, float]) -> None:
        """The products of the betas."""
        self.state["products"] *= now["beta1"], now["beta2"]

    def update(self, rate: float, now: dict[str, float], w: Array, g: Array, *kept: Array) -> None:
        """One array's update."""
        m, s = kept
        unbias1, unbias2 = (1.0 - self.state["products"]).tolist()
        decay = now["weight_decay"] if len(w) > 1 else 0.0
        m[:] = now["beta1"] * m + (1.0 - now["beta1"]) * g
        s[:] = now["beta2"] * s + (1.0 - now["beta2"]) * (g * g)
        w -= rate * ((m / unbias1) / (np.sqrt(s / unbias2) + EPSILON) + decay * w)


class Muon(AdamW):
    """Two optimizers, each with rates of its own: matrices move by their momentum made orthogonal,
    vectors by Adam.

    For a matrix with a row for each input, ``v = momentum*v + g`` and ``w = w -
    rate*(c*orthogonal(g + momentum*v) + decay*w)``, where ``c = sqrt(max(1, columns/rows))``.
    Vectors do not decay.

    Jordan et al., *Muon: An optimizer for hidden layers in neural networks* (2024). The compiled
    loop multiplies matrices with another library than NumPy does, so that last bits may differ.
    """

    settings = ("momentum", "beta1", "beta2", "weight_decay")
    kept = ("velocity", "mean", "square")
    compiled = staticmethod(muon)

    def update(self, rate: float, now: dict[str, float], w: Array, g: Array, *kept: Array) -> None:
        """One array's update."""
        v, m, s = kept
        if len(w) == 1:
            super().update(rate, now, w, g, m, s)
        else:
            v[:] = now["momentum"] * v + g
            turned = math.sqrt(max(1.0, w.shape[1] / w.shape[0])) * orthogonal(
                g + now["momentum"] * v
            )
            w -= rate * (turned + now["weight_decay"] * w)


OPTIMIZERS = {"sgd": SGD, "adamw": AdamW, "muon": Muon}
