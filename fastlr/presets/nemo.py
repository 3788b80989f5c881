"""NVIDIA NeMo's schedules, ``nemo.core.optim.lr_scheduler``, as of nemo_toolkit 3.0 (2026).

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update. The warmup is ``lr * (t+1)/(W+1)`` up to and including step W: its first rate is
not 0. W is ``warmup_steps``, or ``warmup_ratio * max_steps`` rounded down, or 0 if neither is
given. After ``max_steps`` most schedules jump to ``min_lr``. Rates are in double precision.

NeMo's ``StepLR``, ``ExponentialLR``, ``CyclicLR`` and ``ReduceLROnPlateau`` are torch's.

>>> import fastlr as flr
>>> flr.presets.nemo.CosineAnnealing(1.0, max_steps=5, warmup_steps=1, min_lr=0.1).table(8)
array([0.5       , 1.        , 0.86819805, 0.55      , 0.23180195,
       0.1       , 0.1       , 0.1       ])
"""

from __future__ import annotations  # help() replaces rules in the text

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
_NO_STEPS = "If the decay has 0 steps, NeMo divides by 0; in fastlr it is at its end at once."


if TYPE_CHECKING:
    from fastlr.presets.torch import CyclicLR as CyclicLR
    from fastlr.presets.torch import ExponentialLR as ExponentialLR
    from fastlr.presets.torch import ReduceLROnPlateau as ReduceLROnPlateau
    from fastlr.presets.torch import StepLR as StepLR
else:  # a type checker then reports a name that does not exist

    def __getattr__(name: str) -> Any:
        if name not in _OF_TORCH:
            raise AttributeError(f"module 'fastlr.presets.nemo' has no schedule {name!r}")
        return getattr(import_module("fastlr.presets.torch"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_OF_TORCH})


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
    """Warm up linearly, then hold the rate.

    ``lr * (t+1)/(W+1)`` up to step W, then ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.
    max_steps : int or array of int, optional
        The number of steps. By default the schedule never ends. At least 1.
    min_lr : float or array, default 0.0
        The rate after ``max_steps``. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If both ``warmup_steps`` and ``warmup_ratio`` are given, or ``warmup_ratio`` without
        ``max_steps``.

    Notes
    -----
    The first rate of a warmup is not 0. After ``max_steps``, if they are given, the rate jumps to
    ``min_lr``.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.WarmupPolicy``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.WarmupPolicy(1.0, warmup_steps=1, max_steps=3).table(5)
    array([0.5, 1. , 1. , 1. , 0. ])
    """
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
    """Warm up linearly, then decay by a square.

    ``lr * (t+1)/(W+1)`` up to step W, then ``max(min_lr, lr * (1 - (t-W)/(max_steps-W))^2)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    min_lr : float or array, default 1e-5
        The rate after ``max_steps``, and the lowest of the decay. At least 0.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If both ``warmup_steps`` and ``warmup_ratio`` are given.

    Notes
    -----
    The first rate of a warmup is not 0. After ``max_steps`` the rate is ``min_lr``.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.SquareAnnealing``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.SquareAnnealing(1.0, max_steps=2, min_lr=0.0).table(4)
    array([1.  , 0.25, 0.  , 0.  ])
    """
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
    """Warm up linearly, then decay by a square root.

    ``lr * (t+1)/(W+1)`` up to step W, then ``max(min_lr, lr * sqrt(1 - t/max_steps))``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    min_lr : float or array, default 0.0
        The rate after ``max_steps``, and the lowest of the decay. At least 0.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If both ``warmup_steps`` and ``warmup_ratio`` are given.

    Notes
    -----
    The decay counts from step 0, so that the rate jumps down after the warmup. After ``max_steps``
    the rate is ``min_lr``.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.SquareRootAnnealing``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.SquareRootAnnealing(1.0, max_steps=4).table(6).round(3)
    array([1.   , 0.866, 0.707, 0.5  , 0.   , 0.   ])
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
    """Warm up linearly, then decay by half a cosine wave.

    ``lr * (t+1)/(W+1)`` up to step W, then half a cosine wave from ``lr`` to ``min_lr`` at
    ``max_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    min_lr : float or array, default 0.0
        The rate after ``max_steps``, and the lowest of the decay. At least 0.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.
    constant_steps : int or array of int, optional
        The number of steps at ``min_lr`` before ``max_steps``; with any, the schedule is another
        one, see Notes. At least 0.
    constant_ratio : float or array, optional
        The share of ``max_steps`` in place of ``constant_steps``; rounded down to whole steps. From
        0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``min_lr`` is above ``lr``, or a phase has both steps and a ratio.

    Notes
    -----
    The first rate of a warmup is not 0. After ``max_steps`` the rate is ``min_lr``. If the decay
    has no steps, NeMo divides by 0; in fastlr it is at its end at once.

    With ``constant_steps`` the schedule is Megatron's: a warmup by ``t/W`` from 0, and a wave that
    ends ``constant_steps`` before ``max_steps``. All groups have the rate of the first one.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.CosineAnnealing``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.nemo.CosineAnnealing(1.0, max_steps=5, warmup_steps=1, min_lr=0.1)
    >>> s.table(8).round(3)
    array([0.5  , 1.   , 0.868, 0.55 , 0.232, 0.1  , 0.1  , 0.1  ])
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
    """Warm up linearly, then decay linearly.

    ``lr * (t+1)/(W+1)`` up to step W, then a line to ``min_lr`` at ``max_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    min_lr : float or array, default 0.0
        The rate after ``max_steps``, and the lowest of the decay. At least 0.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If both ``warmup_steps`` and ``warmup_ratio`` are given.

    Notes
    -----
    The line begins at the rate of the first group, for all groups, as in NeMo. After ``max_steps``
    the rate is ``min_lr``.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.WarmupAnnealing``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.WarmupAnnealing(1.0, max_steps=4).table(6)
    array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
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
    """Warm up linearly, then decay by the inverse square root.

    ``lr * (t+1)/(W+1)`` up to step W, then ``lr * sqrt((W+1)/(t+1))``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    min_lr : float or array, default 0.0
        The rate after ``max_steps``. At least 0.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If both ``warmup_steps`` and ``warmup_ratio`` are given.

    Notes
    -----
    ``min_lr`` is no lower limit of the decay: the rate jumps to it after ``max_steps``.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.InverseSquareRootAnnealing``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.InverseSquareRootAnnealing(1.0, max_steps=3).table(5).round(3)
    array([1.   , 0.707, 0.577, 0.5  , 0.   ])
    """
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    return _warmed(lr, warmup, inverse_power(lr, 0.5, warmup + 1), warmup, max_steps, min_lr)


@preset(differences="constant_ratio is not supported: NeMo raises for it.")
def T5InverseSquareRootAnnealing(
    max_steps: Span, constant_steps: Span, min_lr: Rate = 0.0
) -> Schedule:
    """Hold the rate, then decay by the inverse square root, as T5 does.

    ``1/sqrt(max(t, constant_steps))``

    Parameters
    ----------
    max_steps : int or array of int
        The number of steps. At least 1.
    constant_steps : int or array of int
        The number of steps at the first rate. At least 1.
    min_lr : float or array, default 0.0
        The rate after ``max_steps``. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The optimizer's rate has no effect. After ``max_steps`` the rate is ``min_lr``.
    ``constant_ratio`` is not supported: NeMo raises for it.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.T5InverseSquareRootAnnealing``.
    After Raffel et al. (2020).

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.nemo.T5InverseSquareRootAnnealing(max_steps=9, constant_steps=4)
    >>> s([0, 4, 9, 10]).round(3)
    array([0.5  , 0.5  , 0.333, 0.   ])
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
    """Warm up linearly, then decay by a polynomial.

    ``lr * (t+1)/(W+1)`` up to step W, then ``min_lr + (lr - min_lr) * (1 -
    (t-W)/(max_steps-W))^power``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    min_lr : float or array, default 0.0
        The rate after ``max_steps``, and the lowest of the decay. At least 0.
    power : float or array, default 1.0
        The power of the decay. Above 0.
    cycle : bool, default False
        Without effect: a cycle would begin after ``max_steps``.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If both ``warmup_steps`` and ``warmup_ratio`` are given.

    Notes
    -----
    The first rate of a warmup is not 0. After ``max_steps`` the rate is ``min_lr``.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.PolynomialDecayAnnealing``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.PolynomialDecayAnnealing(1.0, max_steps=4, power=2.0).table(5)
    array([1.    , 0.5625, 0.25  , 0.0625, 0.    ])
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
    """Warm up linearly, then hold the rate.

    ``lr * (t+1)/(W+1)`` up to step W, then ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.
    hold_steps : int or array of int, optional
        The number of steps at ``lr`` after the warmup. By default H is 0; see Notes. At least 0.
    hold_ratio : float or array, optional
        The share of ``max_steps`` that the hold takes, in place of ``hold_steps``; rounded down to
        whole steps. From 0 to 1.
    min_lr : float or array, default 0.0
        The rate after the end. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a phase has both steps and a ratio.

    Notes
    -----
    The rate is ``min_lr`` after ``max_steps`` or after the hold, whichever is later.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.WarmupHoldPolicy``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.WarmupHoldPolicy(1.0, max_steps=3, warmup_steps=1).table(5)
    array([0.5, 1. , 1. , 1. , 0. ])
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
    """Warm up linearly, hold the rate, then decay linearly.

    ``lr * (t+1)/(W+1)`` up to step W; ``lr`` up to step ``H = W + hold_steps``; a line to
    ``min_lr`` at ``max_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    min_lr : float or array, default 0.0
        The rate after ``max_steps``, and the lowest of the decay. At least 0.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.
    hold_steps : int or array of int, optional
        The number of steps at ``lr`` after the warmup. By default H is 0; see Notes. At least 0.
    hold_ratio : float or array, optional
        The share of ``max_steps`` that the hold takes, in place of ``hold_steps``; rounded down to
        whole steps. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a phase has both steps and a ratio.

    Notes
    -----
    If no hold is given, H is 0, as in NeMo: the line is that of the whole run, and the rate jumps
    down to it after the warmup. If the decay has no steps, NeMo divides by 0; in fastlr it is at
    its end at once.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.WarmupHoldAnnealLinear``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.WarmupHoldAnnealLinear(1.0, max_steps=4, hold_steps=2).table(6)
    array([1. , 1. , 1. , 0.5, 0. , 0. ])
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
    """Warm up linearly, hold the rate, then decay by one minus a square root.

    ``lr * (t+1)/(W+1)`` up to step W; ``lr`` up to step ``H = W + hold_steps``; then ``max(min_lr,
    lr * (1 - sqrt((t-H)/(max_steps-H))))``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    min_lr : float or array, default 0.0
        The rate after ``max_steps``, and the lowest of the decay. At least 0.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.
    hold_steps : int or array of int, optional
        The number of steps at ``lr`` after the warmup. By default H is 0; see Notes. At least 0.
    hold_ratio : float or array, optional
        The share of ``max_steps`` that the hold takes, in place of ``hold_steps``; rounded down to
        whole steps. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a phase has both steps and a ratio.

    Notes
    -----
    If no hold is given, H is 0, as in NeMo. After ``max_steps`` the rate is ``min_lr``. If the
    decay has no steps, NeMo divides by 0; in fastlr it is at its end at once.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026),
    ``nemo.core.optim.lr_scheduler.WarmupHoldAnnealOneMinusSquareRoot``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.WarmupHoldAnnealOneMinusSquareRoot(1.0, max_steps=4).table(5).round(3)
    array([1.   , 0.5  , 0.293, 0.134, 0.   ])
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
    """Warm up linearly, hold the rate, then decay by a polynomial.

    ``lr * (t+1)/(W+1)`` up to step W; ``lr`` up to step ``H = W + hold_steps``; then ``min_lr + (lr
    - min_lr) * (1 - (t-H)/N)^power``, ``N = max_steps - H``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    min_lr : float or array, default 0.0
        The rate after ``max_steps``, and the lowest of the decay. At least 0.
    power : float or array, default 1.0
        The power of the decay. Above 0.
    cycle : bool, default False
        Whether the decay begins again if it ends before ``max_steps``.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.
    hold_steps : int or array of int, optional
        The number of steps at ``lr`` after the warmup. By default H is 0; see Notes. At least 0.
    hold_ratio : float or array, optional
        The share of ``max_steps`` that the hold takes, in place of ``hold_steps``; rounded down to
        whole steps. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a phase has both steps and a ratio.

    Notes
    -----
    If no hold is given, H is 0 and ``N = max_steps - W``, as in NeMo: the decay began at step 0 and
    ends before ``max_steps``. The rate then stays, or with ``cycle`` continues as a decay of
    ``2*N`` steps, ``3*N`` steps and so on, from step N + 1 of each. If the decay has no steps, NeMo
    divides by 0; in fastlr it is at its end at once.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.PolynomialHoldDecayAnnealing``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.PolynomialHoldDecayAnnealing(1.0, max_steps=4, hold_steps=2).table(6)
    array([1. , 1. , 1. , 0.5, 0. , 0. ])
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
    """Warm up linearly, then decay by the inverse square root, scaled by the model's width.

    ``lr * d_model^-0.5 * min(n^-0.5, n * W^-1.5)``, ``n = max(t, 1)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    d_model : int or array of int
        The width of the model. At least 1.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.
    max_steps : int or array of int, optional
        The number of steps, which only ``warmup_ratio`` needs. At least 1.
    min_lr : float or array, default 0.0
        The lowest rate after the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``min_lr`` is above ``lr``, or both ``warmup_steps`` and ``warmup_ratio`` are given.

    Notes
    -----
    Step 0 has the rate of step 1. Without a warmup the rate is ``lr * d_model^-0.5 * n^-0.5``. The
    schedule never ends.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.NoamAnnealing``. After Vaswani et
    al., *Attention Is All You Need* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.NoamAnnealing(1.0, d_model=4, warmup_steps=4)([0, 1, 4, 16]).round(4)
    array([0.0625, 0.0625, 0.25  , 0.125 ])
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
    """Warm up linearly, hold the rate, then decay by a power.

    ``lr * (t+1)/(W+1)`` up to step W; ``lr`` for ``hold_steps``; then ``max(min_lr, lr * (W/(t -
    hold_steps))^decay_rate)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    decay_rate : float or array, default 0.5
        The power of the decay. At least 0.
    min_lr : float or array, default 0.0
        The rate after ``max_steps``, and the lowest of the decay. At least 0.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup, W. By default 0. At least 0.
    warmup_ratio : float or array, optional
        The share of ``max_steps`` that the warmup takes, in place of ``warmup_steps``; rounded down
        to whole steps. From 0 to 1.
    hold_steps : int or array of int, optional
        The number of steps at ``lr`` after the warmup. By default H is 0; see Notes. At least 0.
    hold_ratio : float or array, optional
        The share of ``max_steps`` that the hold takes, in place of ``hold_steps``; rounded down to
        whole steps. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is no warmup, or a phase has both steps and a ratio.

    Notes
    -----
    The first rate of a warmup is not 0. After ``max_steps`` the rate is ``min_lr``.

    References
    ----------
    NeMo, nemo_toolkit 3.0 (2026), ``nemo.core.optim.lr_scheduler.NoamHoldAnnealing``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nemo.NoamHoldAnnealing(1.0, max_steps=8, warmup_steps=2).table(9).round(3)
    array([0.333, 0.667, 1.   , 0.816, 0.707, 0.632, 0.577, 0.535, 0.5  ])
    """
    warmup = _warmup(warmup_steps, warmup_ratio, max_steps)
    hold = _hold_end(warmup, hold_steps, hold_ratio, max_steps)
    if not warmup:
        detail = f"{warmup_steps} and {warmup_ratio} of {max_steps} steps"
        raise ArgumentError(f"warmup_steps or warmup_ratio must give a step at least, got {detail}")
    body = inverse_power(lr, decay_rate, warmup) if decay_rate else constant(lr)
    return _held(lr, warmup, hold, body.maximum(min_lr), max(hold, warmup), max_steps, min_lr)
