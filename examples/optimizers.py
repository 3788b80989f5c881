"""Three optimizers that take their rates from fastlr, each in NumPy and as one compiled loop.

All arrays of a model are stored one after the other in one flat vector. A *layout* says where each
begins. Each array belongs to a group. An update needs two calls: ``groups(t, out=rates)`` gives the
rates of all groups, and ``settings(t)`` every other setting of the step, by name. ``scale`` is the
factor by which a plateau rule has reduced the rates.

``step`` does all of that in Python. ``fused`` passes the programs of both schedules to a compiled
function, which evaluates them itself. The function takes only arrays and numbers, so your own
compiled training loop can call it too.

SGD and AdamW make the same operations in the same order in both forms, and give the same bits. The
exception is fastlr's NumPy backend, whose rates may differ from the compiled ones in the last bits.

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
# one row per array: its start, its rows, its columns, its group; a vector has one row
Layout = npt.NDArray[np.int64]

EPSILON = 1e-8


def layout_of(shapes: Sequence[tuple[int, ...]], groups: Sequence[int]) -> Layout:
    """The layout of matrices and vectors one after the other, each with its group's number.

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
    """Views of the arrays in a flat vector; a vector is a matrix of one row."""
    return [
        vector[start : start + rows * columns].reshape(rows, columns)
        for start, rows, columns, _ in layout.tolist()
    ]


def orthogonal(matrix: Array) -> Array:
    """Approximate ``U @ V.T``, where ``matrix`` is ``U @ S @ V.T``.

    The result has singular values between 0.7 and 1.2. Dividing the matrix by its norm makes them
    at most 1. Then five Newton-Schulz iterations apply the polynomial
    ``3.4445*x - 4.7750*x^3 + 2.0315*x^5`` to each. The coefficients are Jordan's (2024).
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = np.ascontiguousarray(matrix.T) if tall else matrix
    x = x / (np.sqrt(np.sum(x * x)) + 1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * (gram @ gram)) @ x
    return np.ascontiguousarray(x.T) if tall else x


# -- compiled loops: each evaluates the programs of its rates and settings -------------------------

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
    """``SGD.step`` in one loop: ``groups`` and ``settings`` are programs; one rate per
    group is written to ``rates``.
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
    """``AdamW.step`` in one loop: ``groups`` and ``settings`` are programs; one rate per
    group is written to ``rates``.
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
    """``Muon.step`` in one loop: ``groups`` and ``settings`` are programs; one rate per
    group is written to ``rates``.
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
            direction = _orthogonal(ahead)
            for j in range(rows * columns):
                weights[start + j] -= rate * (
                    gain * direction.flat[j] + weight_decay * weights[start + j]
                )


# -- in NumPy --------------------------------------------------------------------------------------


class Optimizer:
    """The base of the three optimizers.

    ``state`` holds arrays by name, which any checkpoint can save. ``rates`` holds the rates of the
    last step, one per group; it is not part of the state.
    """

    # settings that change with the step, in the order in which the compiled loop reads them
    settings: tuple[str, ...]
    kept: tuple[str, ...]  # parts of the state with one number per weight
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
        """Update the weights in place, with the rates of step ``t`` times ``scale``."""
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
        """Prepare a step, before the first array."""

    def update(self, rate: float, now: dict[str, float], w: Array, g: Array, *kept: Array) -> None:
        """Update one array."""
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
        """Do the same as ``step``, compiled."""
        if settings.names != self.settings:  # the compiled loop reads them by position
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
        """Update one array."""
        [v] = kept
        decay = now["weight_decay"] if len(w) > 1 else 0.0
        v[:] = now["momentum"] * v + (g + decay * w)
        w -= rate * v


class AdamW(Optimizer):
    """Adam with a weight decay that its averages do not see. Vectors do not decay.

    ``m = b1*m + (1 - b1)*g`` and ``s = b2*s + (1 - b2)*g^2``. Each is divided by 1 minus the
    product of all its betas so far, which is not a power of one beta if betas change. Then
    ``w = w - rate*(m/(sqrt(s) + 1e-8) + decay*w)``.

    Kingma & Ba, *Adam* (2015); Loshchilov & Hutter, *Decoupled Weight Decay Regularization* (2019).
    """

    settings = ("beta1", "beta2", "weight_decay")
    kept = ("mean", "square")
    compiled = staticmethod(adamw)

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.state["products"] = np.ones(2)

    def begin(self, now: dict[str, float]) -> None:
        """Update the products of the betas."""
        self.state["products"] *= now["beta1"], now["beta2"]

    def update(self, rate: float, now: dict[str, float], w: Array, g: Array, *kept: Array) -> None:
        """Update one array."""
        m, s = kept
        unbias1, unbias2 = (1.0 - self.state["products"]).tolist()
        decay = now["weight_decay"] if len(w) > 1 else 0.0
        m[:] = now["beta1"] * m + (1.0 - now["beta1"]) * g
        s[:] = now["beta2"] * s + (1.0 - now["beta2"]) * (g * g)
        w -= rate * ((m / unbias1) / (np.sqrt(s / unbias2) + EPSILON) + decay * w)


class Muon(AdamW):
    """Matrices move by their orthogonalised momentum, vectors by Adam, each with its own rates.

    For a matrix with one row per input, ``v = momentum*v + g`` and
    ``w = w - rate*(c*orthogonal(g + momentum*v) + decay*w)``, where
    ``c = sqrt(max(1, columns/rows))``. Vectors do not decay.

    Jordan et al., *Muon: An optimizer for hidden layers in neural networks* (2024). The compiled
    loop uses another library than NumPy to multiply matrices, so the last bits may differ.
    """

    settings = ("momentum", "beta1", "beta2", "weight_decay")
    kept = ("velocity", "mean", "square")
    compiled = staticmethod(muon)

    def update(self, rate: float, now: dict[str, float], w: Array, g: Array, *kept: Array) -> None:
        """Update one array."""
        v, m, s = kept
        if len(w) == 1:
            super().update(rate, now, w, g, m, s)
        else:
            v[:] = now["momentum"] * v + g
            direction = math.sqrt(max(1.0, w.shape[1] / w.shape[0])) * orthogonal(
                g + now["momentum"] * v
            )
            w -= rate * (direction + now["weight_decay"] * w)


OPTIMIZERS = {"sgd": SGD, "adamw": AdamW, "muon": Muon}
