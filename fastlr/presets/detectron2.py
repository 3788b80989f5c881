"""Detectron2's schedules, ``detectron2.solver``, as of its main branch of 2024: fvcore's schedulers
behind a warmup.

``build_lr_scheduler`` takes the settings of ``cfg.SOLVER`` under their own names; the two classes
that came before it have the names of two of its schedules. Step t is the iteration, from 0; rates
are factors of each group's own, in double precision.

>>> build_lr_scheduler(0.5, MAX_ITER=6, STEPS=[4], WARMUP_ITERS=2, WARMUP_FACTOR=0.0).table(6)
array([0.  , 0.25, 0.5 , 0.5 , 0.05, 0.05])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import ceil, floor
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Amount, Flag, Rate, short_repr
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
    "A rescaled schedule that fvcore's tolerance lets begin early, from about a million "
    "iterations on, is held at its beginning "
    "for those steps; fvcore's rounding decides where they are exactly whole."
)

Name = Annotated[str, named(["WarmupMultiStepLR", "WarmupCosineLR", "WarmupStepWithFixedGammaLR"])]
Method = Literal["linear", "constant"]


@preset(elementwise=True)
def LRMultiplier(lr: Rate, multiplier: Schedule) -> Schedule:
    """``lr * multiplier(t)``: a schedule of ``flr.presets.fvcore``, over the iterations of the run,
    as factors of each group's rate.
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
    """From ``warmup_factor`` times its first value linearly to what ``scheduler`` has at
    ``warmup_length``, then that unshifted.

    ``scheduler`` is a function of a number of iterations, ``lambda n:
    fvcore.CosineParamScheduler(1.0, 0.0, max_iter=n)``, and ``warmup_length`` a share of
    ``max_iter``. With ``rescale_interval`` it begins after the warmup, and takes what is left; with
    "constant" the first level is held.
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
    """The schedule of this name, behind the warmup of ``WarmupParamScheduler``.

    "WarmupMultiStepLR" is ``lr * GAMMA^i``, i the number of ``STEPS`` gone; "WarmupCosineLR" falls
    to ``BASE_LR_END``, which is ``BASE_LR_END * lr/BASE_LR`` for a group with another rate than
    ``BASE_LR``; "WarmupStepWithFixedGammaLR" has ``NUM_DECAYS`` drops, all equally far apart. After
    iteration ``MAX_ITER`` the first raises ``ValueError``, from there on the last.
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
    """``lr * gamma^i``, i the number of milestones at or before t, times a line from
    ``warmup_factor`` to 1 in the warmup.

    The older class, which is deprecated. With "constant" the warmup is ``warmup_factor``
    throughout.
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
    """``lr * (1 + cos(pi*t/max_iters))/2``, from t=0 on, times a line from ``warmup_factor`` to 1
    in the warmup.

    The older class, which is deprecated. Its wave goes on after ``max_iters``, and climbs back.
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


def _end(lr: npt.ArrayLike, base: npt.ArrayLike | None, end: float) -> npt.ArrayLike:
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


def _at_steps(
    lr: npt.ArrayLike, gamma: float, marks: Sequence[int], last: int, steps: int
) -> Schedule:
    """fvcore's ``MultiStepParamScheduler`` of powers of gamma."""
    begins = [max(0, ceil(steps * (Fraction(mark, last) - _FUZZ))) for mark in marks]
    return cut(
        join([constant(np.multiply(lr, gamma**i)) for i in range(len(marks) + 1)], begins),
        steps + 1,
    )


def _evenly(lr: npt.ArrayLike, gamma: float, decays: int, steps: int) -> Schedule:
    """fvcore's ``StepWithFixedGammaParamScheduler``."""
    begins = [max(0, ceil(steps * (Fraction(i, decays + 1) - _FUZZ))) for i in range(1, decays + 2)]
    return cut(
        join([constant(np.multiply(lr, gamma**i)) for i in range(decays + 1)], begins[:-1]),
        begins[-1],
    )
