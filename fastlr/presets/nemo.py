"""NVIDIA NeMo's schedules, ``nemo.core.optim.lr_scheduler``, as of nemo_toolkit 3.0 (2026).

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update. *The warmup* is ``lr * (t+1)/(W+1)`` up to and at ``t = W``: its first rate is not
0. After ``max_steps`` nearly all jump to ``min_lr``. W is ``warmup_steps``, or ``warmup_ratio *
max_steps`` rounded down, and 0 if neither is given. Rates are in double precision.

Its ``StepLR``, ``ExponentialLR``, ``CyclicLR`` and ``ReduceLROnPlateau`` are torch's, and are so
here.

>>> import fastlr as flr
>>> flr.presets.nemo.CosineAnnealing(1.0, max_steps=5, warmup_steps=1, min_lr=0.1).table(8)
array([0.5       , 1.        , 0.86819805, 0.55      , 0.23180195,
       0.1       , 0.1       , 0.1       ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from importlib import import_module
from typing import Any

import numpy as np

from fastlr.arguments.rules import Flag, Rate, short_repr
from fastlr.presets._building_blocks import phases
from fastlr.presets._rules import ArgumentError, Count, Level, Ratio, Share, Span, preset
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    inverse_power,
    linear,
    noam,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineAnnealing",
    "InverseSquareRootAnnealing",
    "NoamAnnealing",
    "NoamHoldAnnealing",
    "PolynomialDecayAnnealing",
    "PolynomialHoldDecayAnnealing",
    "SquareAnnealing",
    "SquareRootAnnealing",
    "T5InverseSquareRootAnnealing",
    "WarmupAnnealing",
    "WarmupHoldAnnealLinear",
    "WarmupHoldAnnealOneMinusSquareRoot",
    "WarmupHoldPolicy",
    "WarmupPolicy",
]

_OF_TORCH = ("CyclicLR", "ExponentialLR", "ReduceLROnPlateau", "StepLR")
_NO_STEPS = "An annealing of no steps makes NeMo divide by 0; here it is at its end at once."


def __getattr__(name: str) -> Any:
    if name not in _OF_TORCH:
        raise AttributeError(f"module 'fastlr.presets.nemo' has no schedule {name!r}")
    return getattr(import_module("fastlr.presets.torch"), name)


def _length(
    phase: str, steps: int | None, ratio: float | None, max_steps: int | None
) -> int | None:
    """So many steps, or so much of them all, rounded down; None if neither is given."""
    if steps is not None and ratio is not None:
        raise ArgumentError(
            f"{phase}_ratio must not be given with {phase}_steps, got {ratio} and {steps}"
        )
    if ratio is not None and max_steps is None:
        raise ArgumentError(f"{phase}_ratio must go with max_steps, got {ratio} and None")
    return int(ratio * max_steps) if ratio is not None and max_steps is not None else steps


def _warmup(steps: int | None, ratio: float | None, max_steps: int | None) -> int:
    return _length("warmup", steps, ratio, max_steps) or 0


def _hold_end(warmup: int, steps: int | None, ratio: float | None, max_steps: int | None) -> int:
    """The first step after the hold: 0, and not the warmup's end, if none is given."""
    hold = _length("hold", steps, ratio, max_steps)
    return 0 if hold is None else warmup + hold


def _warmed(
    lr: Any, warmup: int, body: Schedule, origin: int, max_steps: int | None, min_lr: Any
) -> Schedule:
    """The warmup, ``body`` with its own step 0 at ``origin``, and ``min_lr`` after
    ``max_steps``.
    """
    begin = warmup + 1 if warmup else 0
    end = [] if max_steps is None else [(max_steps + 1, constant(min_lr), max_steps + 1)]
    return phases((0, linear(0.0, lr, warmup + 1), -1), (begin, body, origin), *end)


def _held(
    lr: Any, warmup: int, hold: int, body: Schedule, origin: int, max_steps: int, min_lr: Any
) -> Schedule:
    """The warmup, ``lr`` before ``hold``, ``body`` with its own step 0 at ``origin``, and
    ``min_lr`` after ``max_steps``.
    """
    begin = warmup + 1 if warmup else 0
    rise, rest = linear(0.0, lr, warmup + 1), constant(min_lr)
    return phases(
        (0, rise, -1),
        (begin, constant(lr), begin),
        (hold, body, origin),
        (max_steps + 1, rest, max_steps + 1),
    )


def _first_group(lr: Any) -> Any:
    """The first group's rate for all of them."""
    return np.broadcast_to(lr[..., :1], lr.shape) if np.ndim(lr) else lr


@preset()
def WarmupPolicy(
    lr: Rate,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
    max_steps: Span | None = None,
    min_lr: Rate = 0.0,
) -> Schedule:
    """The warmup, then ``lr``; after ``max_steps``, if they are given, ``min_lr``."""
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    return _warmed(lr, warmup, constant(lr), 0, max_steps, min_lr)


@preset()
def SquareAnnealing(
    lr: Rate,
    max_steps: Span,
    min_lr: Rate = 1e-5,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
) -> Schedule:
    """The warmup, then ``lr * (1 - (t-W)/(max_steps-W))^2``, no less than ``min_lr``."""
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    body = polynomial(lr, 0.0, max(max_steps - warmup, 0), power=2.0).maximum(min_lr)
    return _warmed(lr, warmup, body, warmup, max_steps, min_lr)


@preset()
def SquareRootAnnealing(
    lr: Rate,
    max_steps: Span,
    min_lr: Rate = 0.0,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
) -> Schedule:
    """The warmup, then ``lr * sqrt(1 - t/max_steps)``, no less than ``min_lr``: counted from step
    0, it jumps down after W.
    """
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    return _warmed(
        lr, warmup, polynomial(lr, 0.0, max_steps, power=0.5).maximum(min_lr), 0, max_steps, min_lr
    )


@preset(differences=_NO_STEPS)
def CosineAnnealing(
    lr: Rate,
    max_steps: Span,
    min_lr: Rate = 0.0,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
    constant_steps: Count | None = None,
    constant_ratio: Share | None = None,
) -> Schedule:
    """The warmup, then half a cosine wave from ``lr`` to ``min_lr`` at ``max_steps``.

    With ``constant_steps`` it is another schedule, Megatron's: the first group's rate for all
    groups, a warmup by ``t/W`` from 0, and a wave that ends so many steps before ``max_steps``.
    """
    if np.any(np.less(lr, min_lr)):
        raise ArgumentError(
            f"min_lr must be at most lr, got {short_repr(min_lr)} and {short_repr(lr)}"
        )
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    still = _length("constant", constant_steps, constant_ratio, max_steps) or 0
    fall = max(max_steps - warmup - still, 0)
    if still:
        first = _first_group(lr)
        wave = cosine(first, min_lr, fall)
        return phases(
            (0, linear(0.0, first, warmup), 0), (warmup + 1 if warmup else 0, wave, warmup)
        )
    return _warmed(lr, warmup, cosine(lr, min_lr, fall), warmup, max_steps, min_lr)


@preset()
def WarmupAnnealing(
    lr: Rate,
    max_steps: Span,
    min_lr: Rate = 0.0,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
) -> Schedule:
    """The warmup, then a line to ``min_lr`` at ``max_steps``, from the *first* group's rate for all
    groups.
    """
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    body = linear(_first_group(lr), min_lr, max(max_steps - warmup, 0))
    return _warmed(lr, warmup, body, warmup, max_steps, min_lr)


@preset()
def InverseSquareRootAnnealing(
    lr: Rate,
    max_steps: Span,
    min_lr: Rate = 0.0,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
) -> Schedule:
    """The warmup, then ``lr * sqrt((W+1)/(t+1))``, which ``min_lr`` is no floor of: it is jumped to
    after ``max_steps``.
    """
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    return _warmed(lr, warmup, inverse_power(lr, 0.5, warmup + 1), warmup, max_steps, min_lr)


@preset(differences="constant_ratio is not taken: NeMo raises for it.")
def T5InverseSquareRootAnnealing(
    max_steps: Span, constant_steps: Span, min_lr: Rate = 0.0
) -> Schedule:
    """``1/sqrt(max(t, constant_steps))``, whatever the optimizer's rate; after ``max_steps``,
    ``min_lr``.
    """
    body = inverse_power(constant_steps**-0.5, 0.5, constant_steps)
    end = max(max_steps, constant_steps) + 1
    return phases((0, body, constant_steps), (end, constant(min_lr), end))


@preset()
def PolynomialDecayAnnealing(
    lr: Rate,
    max_steps: Span,
    min_lr: Rate = 0.0,
    power: Ratio = 1.0,
    cycle: Flag = False,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
) -> Schedule:
    """The warmup, then ``min_lr + (lr - min_lr) * (1 - (t-W)/(max_steps-W))^power``; ``cycle`` is
    never met before the end.
    """
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    body = polynomial(lr, min_lr, max(max_steps - warmup, 0), power=power)
    return _warmed(lr, warmup, body, warmup, max_steps, min_lr)


# -- with a hold -----------------------------------------------------------------------------------


@preset()
def WarmupHoldPolicy(
    lr: Rate,
    max_steps: Span,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
    hold_steps: Count | None = None,
    hold_ratio: Share | None = None,
    min_lr: Rate = 0.0,
) -> Schedule:
    """The warmup, then ``lr``; ``min_lr`` after ``max_steps`` and the hold, which is seen where it
    is longer.
    """
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    hold = _hold_end(warmup, hold_steps, hold_ratio, max_steps)
    return _held(lr, warmup, hold, constant(lr), 0, max_steps, min_lr)


@preset(differences=_NO_STEPS)
def WarmupHoldAnnealLinear(
    lr: Rate,
    max_steps: Span,
    min_lr: Rate = 0.0,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
    hold_steps: Count | None = None,
    hold_ratio: Share | None = None,
) -> Schedule:
    """The warmup, ``lr`` up to ``H = W + hold_steps``, then a line to ``min_lr`` at ``max_steps``.

    If no hold is given H is 0: the line is that of the whole run, and is jumped down to after the
    warmup.
    """
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    hold = _hold_end(warmup, hold_steps, hold_ratio, max_steps)
    return _held(
        lr, warmup, hold, linear(lr, min_lr, max(max_steps - hold, 0)), hold, max_steps, min_lr
    )


@preset(differences=_NO_STEPS)
def WarmupHoldAnnealOneMinusSquareRoot(
    lr: Rate,
    max_steps: Span,
    min_lr: Rate = 0.0,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
    hold_steps: Count | None = None,
    hold_ratio: Share | None = None,
) -> Schedule:
    """The warmup, ``lr`` up to ``H = W + hold_steps``, then ``lr * (1 -
    sqrt((t-H)/(max_steps-H)))``, no less than ``min_lr``.

    If no hold is given H is 0.
    """
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    hold = _hold_end(warmup, hold_steps, hold_ratio, max_steps)
    body = polynomial(lr, 0.0, max(max_steps - hold, 0), power=0.5, origin="start").maximum(min_lr)
    return _held(lr, warmup, hold, body, hold, max_steps, min_lr)


@preset(differences=_NO_STEPS)
def PolynomialHoldDecayAnnealing(
    lr: Rate,
    max_steps: Span,
    min_lr: Rate = 0.0,
    power: Ratio = 1.0,
    cycle: Flag = False,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
    hold_steps: Count | None = None,
    hold_ratio: Share | None = None,
) -> Schedule:
    """The warmup, ``lr`` up to ``H = W + hold_steps``, then ``min_lr + (lr - min_lr) * (1 -
    (t-H)/N)^power``, N steps long.

    ``N = max_steps - H``. If no hold is given H is 0 and ``N = max_steps - W``: the decay began at
    step 0, is over before ``max_steps``, and stays there, or with ``cycle`` goes on as one of
    ``2*N``, ``3*N``... steps, seen from its step N + 1.
    """
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    hold = _hold_end(warmup, hold_steps, hold_ratio, max_steps)
    steps = max(max_steps - max(warmup, hold), 0)
    body = polynomial(lr, min_lr, steps, power=power)
    if cycle and steps and hold < warmup:
        longer = range(2, -(-max_steps // steps) + 1)
        more = [
            ((i - 1) * steps + 1, polynomial(lr, min_lr, i * steps, power=power), 0) for i in longer
        ]
        body = phases((0, body, 0), *more)
    return _held(lr, warmup, hold, body, hold, max_steps, min_lr)


# -- Noam ------------------------------------------------------------------------------------------


@preset()
def NoamAnnealing(
    lr: Rate,
    d_model: Span,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
    max_steps: Span | None = None,
    min_lr: Rate = 0.0,
) -> Schedule:
    """``lr * d_model^-0.5 * min(n^-0.5, n * W^-1.5)``, ``n = max(t, 1)``, after W no less than
    ``min_lr``; it never ends.

    The rate of step 0 is that of step 1. Without a warmup ``lr * d_model^-0.5 * n^-0.5``.
    """
    if np.any(np.less(lr, min_lr)):
        raise ArgumentError(
            f"min_lr must be at most lr, got {short_repr(min_lr)} and {short_repr(lr)}"
        )
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    curve = noam(d_model, max(warmup, 1), lr)  # whose step 0 has n = 1
    begin = warmup + 1 if warmup else 0
    return phases((0, curve, 1), (begin, curve.maximum(min_lr), 1))


@preset()
def NoamHoldAnnealing(
    lr: Rate,
    max_steps: Span,
    decay_rate: Level = 0.5,
    min_lr: Rate = 0.0,
    warmup_steps: Count | None = None,
    warmup_ratio: Share | None = None,
    hold_steps: Count | None = None,
    hold_ratio: Share | None = None,
) -> Schedule:
    """The warmup, ``lr`` for ``hold_steps``, then ``lr * (W/(t - hold_steps))^decay_rate``, no less
    than ``min_lr``.
    """
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    hold = _hold_end(warmup, hold_steps, hold_ratio, max_steps)
    if not warmup:
        detail = f"{warmup_steps} and {warmup_ratio} of {max_steps} steps"
        raise ArgumentError(f"warmup_steps or warmup_ratio must give a step at least, got {detail}")
    body = inverse_power(lr, decay_rate, warmup) if decay_rate else constant(lr)
    return _held(lr, warmup, hold, body.maximum(min_lr), max(hold, warmup), max_steps, min_lr)
