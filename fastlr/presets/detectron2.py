"""Detectron2's schedules, ``detectron2.solver``, as of its main branch of 2024: fvcore's schedulers
behind a warmup.

``build_lr_scheduler`` takes the settings of ``cfg.SOLVER`` under their own names. The two older
classes have the names of two of its schedules. Step t is the iteration, from 0. Rates are factors
of each group's own rate, in double precision.

>>> build_lr_scheduler(0.5, MAX_ITER=6, STEPS=[4], WARMUP_ITERS=2, WARMUP_FACTOR=0.0).table(6)
array([0.  , 0.25, 0.5 , 0.5 , 0.05, 0.05])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import ceil, floor
from typing import Annotated, Literal

import numpy as np

from fastlr.arguments.rules import Amount, Flag, Floats, Rate, short_repr
from fastlr.presets._building_blocks import cut, fraction, in_ticks, rate_at, wave
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Curve,
    Curved,
    Level,
    Marks,
    Share,
    Span,
    Turns,
    named,
    preset,
)
from fastlr.schedule.constructor_names import constant, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = [
    "LRMultiplier",
    "WarmupCosineLR",
    "WarmupMultiStepLR",
    "WarmupParamScheduler",
    "build_lr_scheduler",
]

_FUZZ = Fraction(1, 10**6)  # of the whole, by which fvcore's boundaries come early

_EARLY = (
    "From about 10^6 iterations on, fvcore's tolerance lets a rescaled schedule begin early. "
    "fastlr holds its first value for these steps. Where the beginning is exactly on a step, "
    "fvcore's rounding decides."
)

Name = Annotated[str, named(["WarmupMultiStepLR", "WarmupCosineLR", "WarmupStepWithFixedGammaLR"])]
Method = Literal["linear", "constant"]


@preset(elementwise=True)
def LRMultiplier(lr: Rate, multiplier: Schedule) -> Schedule:
    """Multiply the base rate by a schedule.

    ``lr * multiplier(t)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    multiplier : Schedule
        A schedule of ``fastlr.presets.fvcore`` over the iterations of the run.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past its end the multiplier decides: some hold, some raise.

    References
    ----------
    Detectron2, main branch of 2024, ``detectron2.solver.LRMultiplier``.

    Examples
    --------
    >>> import fastlr as flr
    >>> half = flr.presets.fvcore.LinearParamScheduler(1.0, 0.0, max_iter=2)
    >>> flr.presets.detectron2.LRMultiplier(0.5, half).table(3)
    array([0.5 , 0.25, 0.  ])
    """
    return multiplier * lr


@preset(
    differences=_EARLY,
)
def WarmupParamScheduler(
    scheduler: Curved,
    warmup_factor: Level,
    warmup_length: Share,
    warmup_method: Method = "linear",
    rescale_interval: Flag = False,
    *,
    max_iter: Span,
) -> Schedule:
    """Warm up to a schedule.

    A line from ``warmup_factor`` times the schedule's first value to its value at
    ``warmup_length``, then the schedule, unshifted

    Parameters
    ----------
    scheduler : callable
        A function of the number of iterations, such as ``lambda n: fvcore.CosineParamScheduler(1.0,
        0.0, max_iter=n)``.
    warmup_factor : float or array
        The first value, as a share of the schedule's first value. At least 0.
    warmup_length : float or array
        The share of ``max_iter`` that the warmup takes. From 0 to 1.
    warmup_method : {"linear", "constant"}, default "linear"
        Whether the warmup is a line or holds its first level.
    rescale_interval : bool, default False
        Whether the schedule begins after the warmup and takes the remaining iterations.
    max_iter : int or array of int
        The number of iterations. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_length`` is 1 with ``rescale_interval=True``.

    Notes
    -----
    With "constant" the first level is held during the warmup. From about 10^6 iterations on,
    fvcore's tolerance lets a rescaled schedule begin early; fastlr holds its beginning for these
    steps.

    References
    ----------
    Detectron2, main branch of 2024, ``detectron2.solver.WarmupParamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flat = lambda n: flr.presets.detectron2.LRMultiplier(1.0, flr.constant(1.0))
    >>> flr.presets.detectron2.WarmupParamScheduler(flat, 0.0, 0.5, max_iter=4).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    if rescale_interval and warmup_length == 1:
        raise ArgumentError("warmup_length must be below 1 with rescale_interval=True, got 1.0")
    warmup = fraction(warmup_length) * max_iter
    return _warmed(scheduler, warmup_factor, warmup, warmup_method, rescale_interval, max_iter)


@preset(
    differences=_EARLY,
)
def build_lr_scheduler(
    lr: Rate,
    LR_SCHEDULER_NAME: Name = "WarmupMultiStepLR",
    MAX_ITER: Span = 40_000,
    STEPS: Marks = (30_000,),
    GAMMA: Level = 0.1,
    NUM_DECAYS: Turns = 3,
    BASE_LR: Amount | None = None,
    BASE_LR_END: Level = 0.0,
    WARMUP_FACTOR: Level = 1.0 / 1000,
    WARMUP_ITERS: Count = 1000,
    WARMUP_METHOD: Method = "linear",
    RESCALE_INTERVAL: Flag = False,
) -> Schedule:
    """Build a schedule from the settings of ``cfg.SOLVER``.

    The schedule named ``LR_SCHEDULER_NAME``, behind the warmup of ``WarmupParamScheduler``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    LR_SCHEDULER_NAME : str, default "WarmupMultiStepLR"
        "WarmupMultiStepLR", "WarmupCosineLR" or "WarmupStepWithFixedGammaLR".
    MAX_ITER : int or array of int, default 40_000
        The number of iterations. At least 1.
    STEPS : sequence of int, default (30_000,)
        The iterations of the reductions of "WarmupMultiStepLR". They rise.
    GAMMA : float or array, default 0.1
        The factor of a reduction. At least 0.
    NUM_DECAYS : int or array of int, default 3
        The number of reductions of "WarmupStepWithFixedGammaLR". From 1 to 10,000.
    BASE_LR : float or array, optional
        The solver's rate, of which the end of a group is a share. By default ``lr``. Above 0.
    BASE_LR_END : float or array, default 0.0
        The last rate of "WarmupCosineLR". At least 0.
    WARMUP_FACTOR : float or array, default 1.0 / 1000
        The first rate of the warmup, as a share of the schedule's. At least 0.
    WARMUP_ITERS : int or array of int, default 1000
        The number of iterations of the warmup. At least 0.
    WARMUP_METHOD : {"linear", "constant"}, default "linear"
        Whether the warmup is a line or holds its first level.
    RESCALE_INTERVAL : bool, default False
        Whether the schedule begins after the warmup and takes the remaining iterations.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``STEPS`` do not rise, ``BASE_LR_END`` is above ``BASE_LR``, or ``WARMUP_ITERS`` is not
        below ``MAX_ITER`` with ``RESCALE_INTERVAL=True``; when "WarmupMultiStepLR" is evaluated
        after iteration ``MAX_ITER``, or "WarmupStepWithFixedGammaLR" from there on.

    Notes
    -----
    "WarmupMultiStepLR" is ``lr * GAMMA^i``, i the number of ``STEPS`` passed. "WarmupCosineLR"
    falls to ``BASE_LR_END``, for a group to ``BASE_LR_END * lr/BASE_LR``.
    "WarmupStepWithFixedGammaLR" has ``NUM_DECAYS`` reductions at equal distances.

    References
    ----------
    Detectron2, main branch of 2024, ``detectron2.solver.build_lr_scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.detectron2.build_lr_scheduler
    >>> s = schedule(0.5, MAX_ITER=6, STEPS=[4], WARMUP_ITERS=2, WARMUP_FACTOR=0.0)
    >>> s.table(6)
    array([0.  , 0.25, 0.5 , 0.5 , 0.05, 0.05])
    """
    if RESCALE_INTERVAL and WARMUP_ITERS >= MAX_ITER:
        detail = f"got WARMUP_ITERS={WARMUP_ITERS}, MAX_ITER={MAX_ITER}"
        raise ArgumentError(
            f"WARMUP_ITERS must be below MAX_ITER with RESCALE_INTERVAL=True, {detail}"
        )
    curve: Curve
    if LR_SCHEDULER_NAME == "WarmupMultiStepLR":
        curve = partial(_at_steps, lr, GAMMA, _steps_before(STEPS, MAX_ITER), MAX_ITER)
    elif LR_SCHEDULER_NAME == "WarmupStepWithFixedGammaLR":
        curve = partial(_evenly, lr, GAMMA, NUM_DECAYS)
    else:
        curve = partial(wave, lr, _end(lr, BASE_LR, BASE_LR_END))
    warmup = Fraction(min(WARMUP_ITERS, MAX_ITER))
    return _warmed(curve, WARMUP_FACTOR, warmup, WARMUP_METHOD, RESCALE_INTERVAL, MAX_ITER)


@preset()
def WarmupMultiStepLR(
    lr: Rate,
    milestones: Marks,
    gamma: Level = 0.1,
    warmup_factor: Level = 0.001,
    warmup_iters: Count = 1000,
    warmup_method: Method = "linear",
) -> Schedule:
    """Warm up, then reduce the rate at milestones.

    ``lr * gamma^i``, i the number of milestones at or before t, times a line from ``warmup_factor``
    to 1 in the warmup

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    milestones : sequence of int
        The iterations of the reductions. They must never fall.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.
    warmup_factor : float or array, default 0.001
        The factor at the beginning of the warmup. At least 0.
    warmup_iters : int or array of int, default 1000
        The number of iterations of the warmup. At least 0.
    warmup_method : {"linear", "constant"}, default "linear"
        Whether the warmup is a line or holds its first level.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If milestones fall.

    Notes
    -----
    The older class, which Detectron2 has deprecated. With "constant" the factor of the warmup is
    ``warmup_factor`` throughout. The schedule never ends.

    References
    ----------
    Detectron2, main branch of 2024, ``detectron2.solver.WarmupMultiStepLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.detectron2.WarmupMultiStepLR(1.0, [3], warmup_factor=0.0, warmup_iters=2)
    >>> s.table(4)
    array([0. , 0.5, 1. , 0.1])
    """
    if any(b < a for a, b in pairwise(milestones)):
        raise ArgumentError(f"milestones must never fall, got {short_repr(milestones)}")
    stairs = join(
        [constant(np.multiply(lr, gamma**i)) for i in range(len(milestones) + 1)], milestones
    )
    return _ramp(warmup_factor, warmup_iters, warmup_method) * stairs


@preset()
def WarmupCosineLR(
    lr: Rate,
    max_iters: Span,
    warmup_factor: Level = 0.001,
    warmup_iters: Count = 1000,
    warmup_method: Method = "linear",
) -> Schedule:
    """Warm up, then follow a cosine wave.

    ``lr * (1 + cos(pi*t/max_iters))/2``, from step 0 on, times a line from ``warmup_factor`` to 1
    in the warmup

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_iters : int or array of int
        The number of iterations of half a wave. At least 1.
    warmup_factor : float or array, default 0.001
        The factor at the beginning of the warmup. At least 0.
    warmup_iters : int or array of int, default 1000
        The number of iterations of the warmup. At least 0.
    warmup_method : {"linear", "constant"}, default "linear"
        Whether the warmup is a line or holds its first level.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The older class, which Detectron2 has deprecated. After ``max_iters`` the wave climbs back.

    References
    ----------
    Detectron2, main branch of 2024, ``detectron2.solver.WarmupCosineLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.detectron2.WarmupCosineLR(1.0, 4, warmup_factor=0.0, warmup_iters=2)
    >>> s.table(5).round(3)
    array([0.   , 0.427, 0.5  , 0.146, 0.   ])
    """
    return _ramp(warmup_factor, warmup_iters, warmup_method) * wave(lr, 0.0, max_iters)


# -- what they are put together from ---------------------------------------------------------------


def _ramp(factor: float, steps: int, method: str) -> Schedule:
    return (
        linear(factor, 1.0, steps)
        if method == "linear"
        else join([constant(factor), constant(1.0)], [steps])
    )


def _warmed(
    curve: Curve, factor: float, warmup: Fraction, method: str, rescale: bool, steps: int
) -> Schedule:
    """A curve behind a warmup, which may end between steps."""
    first = rate_at(curve(steps), 0)
    reached = (
        first
        if rescale or method == "constant"
        else rate_at(in_ticks(curve, steps, warmup, reach=4 * steps), 0)
    )
    begin = max(0, floor(warmup - steps * _FUZZ) + 1)
    own = max(begin, ceil(warmup))
    body = curve(steps).skip(begin)
    if rescale:
        body = in_ticks(curve, steps - warmup, own - warmup, reach=4 * steps).delay(own - begin)
    rise = constant(first * factor)
    if method == "linear" and warmup:
        rise = in_ticks(partial(linear, first * factor, reached), warmup)
    return join([rise, body], [begin])


def _end(lr: Floats, base: Floats | None, end: float) -> Floats:
    """The end of each group."""
    if np.any(np.greater(end, lr if base is None else base)):
        detail = f"got BASE_LR_END={end!r}, lr={short_repr(lr)}, BASE_LR={short_repr(base)}"
        raise ArgumentError(f"BASE_LR_END must be at most BASE_LR, {detail}")
    return end if base is None else np.multiply(lr, np.divide(end, base))


def _steps_before(marks: Sequence[int], last: int) -> list[int]:
    """Those of the steps that are not after the last iteration, as Detectron2 takes them, if
    fvcore does.
    """
    kept = [mark for mark in marks if mark <= last]
    if any(b <= a for a, b in pairwise([0, *kept, last])) or last <= len(kept):
        raise ArgumentError(
            f"STEPS must rise from above 0 to below MAX_ITER, got {short_repr(marks)}"
        )
    return kept


def _at_steps(lr: Floats, gamma: float, marks: Sequence[int], last: int, steps: int) -> Schedule:
    """fvcore's ``MultiStepParamScheduler`` of powers of gamma."""
    begins = [max(0, ceil(steps * (Fraction(mark, last) - _FUZZ))) for mark in marks]
    return cut(
        join([constant(np.multiply(lr, gamma**i)) for i in range(len(marks) + 1)], begins),
        steps + 1,
    )


def _evenly(lr: Floats, gamma: float, decays: int, steps: int) -> Schedule:
    """fvcore's ``StepWithFixedGammaParamScheduler``."""
    begins = [max(0, ceil(steps * (Fraction(i, decays + 1) - _FUZZ))) for i in range(1, decays + 2)]
    return cut(
        join([constant(np.multiply(lr, gamma**i)) for i in range(decays + 1)], begins[:-1]),
        begins[-1],
    )
