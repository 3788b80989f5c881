"""MosaicML Composer's schedulers, as of mosaicml 0.32 (2025), and the one of llm-foundry 0.22.

Step t is batch t, from 0. A rate is ``lr`` times the scheduler's multiplier before that batch.
Times are Composer's strings: "10ba" batches, "2ep" epochs, "1000sp" samples, "1e6tok" tokens,
"0.1dur" a share of ``max_duration``. To convert them to batches, fastlr needs
``batches_per_epoch``, ``samples_per_batch`` or ``tokens_per_batch``.

``scale_schedule_ratio`` scales ``max_duration`` and all times but shares of it. Scaled times, and
shares, are truncated to whole batches, samples or tokens. A warmup is scaled only with
``scale_warmup``. Even then what follows begins where it would without.

>>> import fastlr as flr
>>> cosine = flr.presets.composer.CosineAnnealingWithWarmupScheduler
>>> run = {"max_duration": "2ep", "batches_per_epoch": 5, "tokens_per_batch": 500}
>>> cosine(1.0, t_warmup="1000tok", t_max="1dur", **run)
Traceback (most recent call last):
    ...
ValueError: composer.CosineAnnealingWithWarmupScheduler: t_warmup must be in the unit of t_max, ...
>>> cosine(1.0, t_warmup="2ba", max_duration="2ep", batches_per_epoch=5).table(5).round(3)
array([0.   , 0.5  , 1.   , 0.962, 0.854])
"""

from __future__ import annotations  # help() replaces rules in the text

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np

from fastlr.arguments.rules import Flag, Floats, Rate, short_repr
from fastlr.presets._building_blocks import cut, drops, geometric
from fastlr.presets._rules import ArgumentError, Level, Ratio, Share, Span, preset
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    inverse_power,
    join,
    linear,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ConstantScheduler",
    "ConstantWithWarmupScheduler",
    "CosineAnnealingScheduler",
    "CosineAnnealingWarmRestartsScheduler",
    "CosineAnnealingWithWarmupScheduler",
    "ExponentialScheduler",
    "InverseSquareRootWithWarmupScheduler",
    "LinearScheduler",
    "LinearWithWarmupScheduler",
    "MultiStepScheduler",
    "MultiStepWithWarmupScheduler",
    "PolynomialScheduler",
    "PolynomialWithWarmupScheduler",
    "StepScheduler",
]


# -- times -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Time:
    """A number of a unit: whole, or a share of the run."""

    value: float
    unit: str

    def __str__(self) -> str:
        return f"{self.value}{self.unit}"


_UNITS = {
    "ep": "epochs",
    "ba": "batches",
    "sp": "samples",
    "tok": "tokens",
    "dur": "shares of max_duration",
}
_TIME = re.compile(r"((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(ep|ba|sp|tok|dur)", re.IGNORECASE)
_RULE = "a time such as '10ba', '2ep', '1000sp', '1e6tok' or '0.1dur'"


def _time(where: str, value: object) -> Time:
    if not isinstance(value, str):
        raise TypeError(f"{where} must be {_RULE}, got {type(value).__name__} {short_repr(value)}")
    found = _TIME.fullmatch(value)
    number, unit = (float(found[1]), found[2].lower()) if found else (-1.0, "")
    if not 0 <= number <= LAST_STEP:
        raise ValueError(f"{where} must be {_RULE}, got {short_repr(value)}")
    if unit != "dur" and number != int(number):
        raise ValueError(
            f"{where} must be a whole number of {_UNITS[unit]}, got {short_repr(value)}"
        )
    return Time(number if unit == "dur" else int(number), unit)


def _times(where: str, value: object) -> list[Time]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(
            f"{where} must be a sequence of times, got {type(value).__name__} {short_repr(value)}"
        )
    return [_time(f"{where}[{i}]", item) for i, item in enumerate(value)]


def _whole(where: str, value: object) -> Time:
    time = (
        Time(value, "ep")
        if isinstance(value, int) and not isinstance(value, bool)
        else _time(where, value)
    )
    if time.unit == "dur" or not 1 <= time.value <= LAST_STEP:
        raise ValueError(
            f"{where} must be from 1 to 2**53 batches, epochs, samples or tokens, got "
            f"{short_repr(value)}"
        )
    return time


TimeString = Annotated[Any, _time]
TimeStrings = Annotated[Any, _times]
Whole = Annotated[Any, _whole]  # an integer is a number of epochs


class _Run(NamedTuple):
    """The length of a run and what a batch takes: it converts times into batches."""

    max_duration: Any
    batches_per_epoch: int | None
    samples_per_batch: int | None
    tokens_per_batch: int | None
    ratio: float

    def required(self, key: str, why: str) -> Any:
        """Return an argument that a time needs, or raise."""
        value = getattr(self, key)
        if value is None:
            raise ArgumentError(f"{key} must be given for {why}, got None")
        return value

    def whole(self, why: str) -> Time:
        """Return the length of the run, scaled."""
        whole = self.required("max_duration", why)
        scaled = int(whole.value * self.ratio)
        if not scaled:
            detail = f"{whole}, got {self.ratio}"
            raise ArgumentError(
                f"scale_schedule_ratio must leave something of max_duration, {detail}"
            )
        return Time(scaled, whole.unit)

    def converted(self, time: Time, scaled: bool = True) -> Time:
        """Convert a time into batches, samples or tokens."""
        if time.unit == "dur":
            run = self.whole("a time in 'dur'")
            if run.unit != "ep":
                return Time(int(time.value * run.value), run.unit)
            return Time(
                int(
                    time.value * self.required("batches_per_epoch", "a time in epochs") * run.value
                ),
                "ba",
            )
        if time.unit == "ep":
            time = Time(time.value * self.required("batches_per_epoch", "a time in epochs"), "ba")
        return Time(int(time.value * (self.ratio if scaled else 1.0)), time.unit)

    def length(self, key: str, time: Time) -> tuple[int, str]:
        """Return a length, at least 1, and its unit."""
        counted = self.converted(time)
        if not counted.value:
            detail = f"{time}, scale_schedule_ratio={self.ratio}"
            raise ArgumentError(
                f"{key} must come to at least 1 of {_UNITS[counted.unit]}, got {detail}"
            )
        return int(counted.value), counted.unit

    def units_per_batch(self, unit: str) -> int:
        """Return how many of a unit a batch takes."""
        key = {"sp": "samples_per_batch", "tok": "tokens_per_batch"}.get(unit)
        return int(self.required(key, f"a time in {_UNITS[unit]}")) if key else 1

    def batch(self, time: Time) -> int:
        """Return the first batch at or after a time."""
        return -int(-time.value // self.units_per_batch(time.unit))

    def read_per_batch(self, schedule: Schedule, unit: str) -> Schedule:
        """Return a schedule that counts in a unit, read per batch."""
        return (
            schedule.paced([self.units_per_batch(unit)])
            if self.units_per_batch(unit) > 1
            else schedule
        )

    def drops(self, lr: Floats, gamma: float, milestones: Sequence[Time]) -> Schedule:
        """Return ``lr`` times ``gamma`` to the number of milestones passed."""
        at = sorted(self.batch(self.converted(time)) for time in milestones)
        return drops("milestones", lr, gamma, at)

    def ramp(self, time: Time, peak: Floats, scale_warmup: bool) -> tuple[Schedule, Time]:
        """Return the warmup, and the time at which it ends."""
        end, steps = (
            self.converted(time, scaled=False),
            int(self.converted(time, scale_warmup).value),
        )
        if end.value and not steps:
            detail = f"{time}, with scale_warmup=True, got {self.ratio}"
            raise ArgumentError(f"scale_schedule_ratio must leave something of t_warmup, {detail}")
        return linear(0.0, peak, steps), end

    def warmed(
        self, t_warmup: Time, t_max: Time, scale_warmup: bool, peak: Floats, decay: Any
    ) -> Schedule:
        """A warmup to ``peak``, and ``decay`` over what is left of ``t_max``, or ``peak`` where
        nothing is.
        """
        ramp, begin = self.ramp(t_warmup, peak, scale_warmup)
        end = self.converted(t_max)
        if begin.unit != end.unit:
            detail = f"{_UNITS[end.unit]}, got {_UNITS[begin.unit]}"
            raise ArgumentError(f"t_warmup must be in the unit of t_max, {detail}")
        self.check_whole(end)
        left = int(end.value - begin.value)
        return self.read_per_batch(
            join([ramp, decay(left) if left > 0 else constant(peak)], [int(begin.value)]), end.unit
        )

    def check_whole(self, end: Time) -> None:
        """Raise if the run is known to be longer than ``t_max``."""
        run = end if self.max_duration is None else self.whole("")
        if run.unit == "ep" and self.batches_per_epoch is not None:
            run = Time(run.value * self.batches_per_epoch, "ba")
        if run.unit == end.unit and run.value > end.value:
            detail = f"{run.value} {_UNITS[run.unit]}, got {end.value}"
            raise ArgumentError(f"t_max must be no less than max_duration, {detail}")


# -- schedulers ------------------------------------------------------------------------------------


@preset()
def StepScheduler(
    lr: Rate,
    step_size: TimeString,
    gamma: Level = 0.1,
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Reduce the rate at regular intervals.

    ``lr * gamma^floor(u/step_size)``, u the time passed in the unit of ``step_size``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    step_size : str
        The time between reductions, such as "1ep".
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a time comes to nothing, or an argument that it needs is missing.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.StepScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.StepScheduler(1.0, "2ba", gamma=0.5).table(5)
    array([1.  , 1.  , 0.5 , 0.5 , 0.25])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    every, unit = run.length("step_size", step_size)
    return run.read_per_batch(geometric(lr, gamma, every, staircase=True), unit)


@preset()
def MultiStepScheduler(
    lr: Rate,
    milestones: TimeStrings,
    gamma: Level = 0.1,
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Reduce the rate at milestones.

    ``lr * gamma^i``, i the number of milestones at or before a batch

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    milestones : sequence of str
        The times of the reductions, in any units and order.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If an argument that a time needs is missing.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.MultiStepScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.MultiStepScheduler(1.0, ["1ba", "3ba"], gamma=0.5).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    return run.drops(lr, gamma, milestones)


@preset()
def ConstantScheduler(
    lr: Rate,
    alpha: Level = 1.0,
    t_max: TimeString = "1dur",
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Multiply the rate by a factor up to a time.

    ``lr * alpha`` up to ``t_max``, then ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    alpha : float or array, default 1.0
        The factor. At least 0.
    t_max : str, default "1dur"
        The time at which the schedule ends, such as "1dur" or "10ep".
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If an argument that a time needs is missing.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.ConstantScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.ConstantScheduler(1.0, alpha=0.5, t_max="2ba").table(3)
    array([0.5, 0.5, 1. ])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    return join([constant(np.multiply(lr, alpha)), constant(lr)], [run.batch(run.converted(t_max))])


@preset()
def LinearScheduler(
    lr: Rate,
    alpha_i: Level = 1.0,
    alpha_f: Level = 0.0,
    t_max: TimeString = "1dur",
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Change the rate linearly.

    A line from ``lr * alpha_i`` to ``lr * alpha_f`` at ``t_max``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    alpha_i : float or array, default 1.0
        The first rate, as a share of ``lr``. At least 0.
    alpha_f : float or array, default 0.0
        The last rate, as a share of ``lr``. At least 0.
    t_max : str, default "1dur"
        The time at which the schedule ends, such as "1dur" or "10ep".
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a time comes to nothing, or an argument that it needs is missing.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.LinearScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.LinearScheduler(1.0, t_max="2ba").table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    steps, unit = run.length("t_max", t_max)
    return run.read_per_batch(
        linear(np.multiply(lr, alpha_i), np.multiply(lr, alpha_f), steps), unit
    )


@preset()
def ExponentialScheduler(
    lr: Rate,
    gamma: Ratio,
    decay_period: TimeString = "1ep",
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Decay the rate exponentially.

    ``lr * gamma^(u/decay_period)``, u the time passed in the unit of ``decay_period``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The factor per ``decay_period``. Above 0.
    decay_period : str, default "1ep"
        The time of the factor ``gamma``, such as "1ep".
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a time comes to nothing, or an argument that it needs is missing.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.ExponentialScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.ExponentialScheduler(1.0, gamma=0.25, decay_period="2ba").table(4)
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    every, unit = run.length("decay_period", decay_period)
    return run.read_per_batch(geometric(lr, gamma, every), unit)


@preset()
def CosineAnnealingScheduler(
    lr: Rate,
    t_max: TimeString = "1dur",
    alpha_f: Level = 0.0,
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Decay the rate by half a cosine wave.

    ``lr * (alpha_f + (1 - alpha_f) * (1 + cos(pi*u/t_max))/2)``, u the time passed in the unit of
    ``t_max``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_max : str, default "1dur"
        The time at which the schedule ends, such as "1dur" or "10ep".
    alpha_f : float or array, default 0.0
        The last rate, as a share of ``lr``. At least 0.
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a time comes to nothing, or an argument that it needs is missing.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.CosineAnnealingScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.CosineAnnealingScheduler(1.0, t_max="2ba").table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    steps, unit = run.length("t_max", t_max)
    return run.read_per_batch(cosine(lr, np.multiply(lr, alpha_f), steps), unit)


_MOST = 1_000  # intervals of different lengths


@preset(differences="After 1,000 intervals of different lengths the length no longer changes.")
def CosineAnnealingWarmRestartsScheduler(
    lr: Rate,
    t_0: TimeString,
    t_mult: Ratio = 1.0,
    alpha_f: Level = 0.0,
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Repeat half a cosine wave, with cycles that change in length.

    ``lr * (alpha_f + (1 - alpha_f) * (1 + cos(pi*c/L))/2)``, c the time passed in a cycle of length
    L; the next one takes ``int(t_mult * L)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_0 : str
        The time of the first cycle.
    t_mult : float or array, default 1.0
        The factor of a cycle's length. Above 0.
    alpha_f : float or array, default 0.0
        The last rate, as a share of ``lr``. At least 0.
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a time comes to nothing, or an argument that it needs is missing; when the schedule is
        evaluated after a cycle whose successor has no length.

    Notes
    -----
    The schedule repeats forever. After 1,000 cycles of different lengths fastlr no longer changes
    the length.

    References
    ----------
    Composer, mosaicml 0.32 (2025),
    ``composer.optim.scheduler.CosineAnnealingWarmRestartsScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.composer.CosineAnnealingWarmRestartsScheduler(1.0, "2ba", t_mult=2.0)
    >>> s.table(6).round(3)
    array([1.   , 0.5  , 1.   , 0.854, 0.5  , 0.146])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    length, unit = run.length("t_0", t_0)
    parts: list[Schedule] = []
    begins = [0]
    while (
        length
        and int(t_mult * length) != length
        and len(parts) < _MOST
        and begins[-1] + length <= LAST_STEP
    ):
        parts.append(cosine(lr, np.multiply(lr, alpha_f), length))
        begins.append(begins[-1] + length)
        length = int(t_mult * length)
    if not length:
        return run.read_per_batch(
            cut(join(parts, begins[1:-1]) if parts[1:] else parts[0], begins[-1]), unit
        )
    again = cosine(lr, np.multiply(lr, alpha_f), min(length, LAST_STEP)).repeat()
    return run.read_per_batch(join([*parts, again], begins[1:]) if parts else again, unit)


@preset()
def PolynomialScheduler(
    lr: Rate,
    power: Ratio,
    t_max: TimeString = "1dur",
    alpha_f: Level = 0.0,
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Decay the rate by a polynomial.

    ``lr * (alpha_f + (1 - alpha_f) * (1 - u/t_max)^power)``, u the time passed in the unit of
    ``t_max``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    power : float or array
        The power of the decay. Above 0.
    t_max : str, default "1dur"
        The time at which the schedule ends, such as "1dur" or "10ep".
    alpha_f : float or array, default 0.0
        The last rate, as a share of ``lr``. At least 0.
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a time comes to nothing, or an argument that it needs is missing.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.PolynomialScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.PolynomialScheduler(1.0, power=2.0, t_max="2ba").table(4)
    array([1.  , 0.25, 0.  , 0.  ])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    steps, unit = run.length("t_max", t_max)
    return run.read_per_batch(polynomial(lr, np.multiply(lr, alpha_f), steps, power=power), unit)


# -- with a warmup ---------------------------------------------------------------------------------


@preset()
def MultiStepWithWarmupScheduler(
    lr: Rate,
    t_warmup: TimeString,
    milestones: TimeStrings,
    gamma: Level = 0.1,
    scale_warmup: Flag = False,
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Warm up linearly, then reduce the rate at milestones.

    A line from 0 to ``lr`` at ``t_warmup``, then ``lr * gamma^i``, i the number of milestones at or
    before a batch

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_warmup : str
        The time of the warmup.
    milestones : sequence of str
        The times of the reductions, in any units and order.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.
    scale_warmup : bool, default False
        Whether ``scale_schedule_ratio`` scales the warmup.
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a time comes to nothing, or an argument that it needs is missing.

    Notes
    -----
    Milestones within the warmup count after it. The schedule never ends.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.MultiStepWithWarmupScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.MultiStepWithWarmupScheduler(1.0, "2ba", ["3ba"], gamma=0.5).table(5)
    array([0. , 0.5, 1. , 0.5, 0.5])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    ramp, end = run.ramp(t_warmup, lr, scale_warmup)
    begin = run.batch(end)
    return join(
        [run.read_per_batch(ramp, end.unit), run.drops(lr, gamma, milestones).skip(begin)], [begin]
    )


@preset()
def ConstantWithWarmupScheduler(
    lr: Rate,
    t_warmup: TimeString,
    alpha: Level = 1.0,
    t_max: TimeString = "1dur",
    scale_warmup: Flag = False,
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Warm up linearly, then hold the rate.

    A line from 0 to ``lr * alpha`` at ``t_warmup``, then ``lr * alpha``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_warmup : str
        The time of the warmup, in the unit of ``t_max``.
    alpha : float or array, default 1.0
        The share of ``lr`` to warm up to. At least 0.
    t_max : str, default "1dur"
        The length of the run, in the unit of ``t_warmup``.
    scale_warmup : bool, default False
        Whether ``scale_schedule_ratio`` scales the warmup.
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the times are of different units, ``t_max`` is below ``max_duration``, or an argument
        that a time needs is missing.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. The schedule never ends.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.ConstantWithWarmupScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.ConstantWithWarmupScheduler(1.0, "2ba", t_max="4ba").table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    peak = np.multiply(lr, alpha)
    return run.warmed(t_warmup, t_max, scale_warmup, peak, lambda _: constant(peak))


@preset()
def LinearWithWarmupScheduler(
    lr: Rate,
    t_warmup: TimeString,
    alpha_i: Level = 1.0,
    alpha_f: Level = 0.0,
    t_max: TimeString = "1dur",
    scale_warmup: Flag = False,
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Warm up linearly, then decay linearly.

    A line from 0 to ``lr * alpha_i`` at ``t_warmup``, then a line to ``lr * alpha_f`` at ``t_max``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_warmup : str
        The time of the warmup, in the unit of ``t_max``.
    alpha_i : float or array, default 1.0
        The rate at the end of the warmup, as a share of ``lr``. At least 0.
    alpha_f : float or array, default 0.0
        The last rate, as a share of ``lr``. At least 0.
    t_max : str, default "1dur"
        The time at which the schedule ends, such as "1dur" or "10ep".
    scale_warmup : bool, default False
        Whether ``scale_schedule_ratio`` scales the warmup.
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the times are of different units, ``t_max`` is below ``max_duration``, or an argument
        that a time needs is missing.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the last rate is held. If the warmup
    takes all of the time, the rate stays at its peak.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.LinearWithWarmupScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.LinearWithWarmupScheduler(1.0, "2ba", t_max="4ba").table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    peak, last = np.multiply(lr, alpha_i), np.multiply(lr, alpha_f)
    return run.warmed(t_warmup, t_max, scale_warmup, peak, lambda steps: linear(peak, last, steps))


@preset()
def CosineAnnealingWithWarmupScheduler(
    lr: Rate,
    t_warmup: TimeString,
    t_max: TimeString = "1dur",
    alpha_f: Level = 0.0,
    scale_warmup: Flag = False,
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Warm up linearly, then decay by half a cosine wave.

    A line from 0 to ``lr`` at ``t_warmup``, then half a cosine wave to ``lr * alpha_f`` at
    ``t_max``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_warmup : str
        The time of the warmup, in the unit of ``t_max``.
    t_max : str, default "1dur"
        The time at which the schedule ends, such as "1dur" or "10ep".
    alpha_f : float or array, default 0.0
        The last rate, as a share of ``lr``. At least 0.
    scale_warmup : bool, default False
        Whether ``scale_schedule_ratio`` scales the warmup.
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the times are of different units, ``t_max`` is below ``max_duration``, or an argument
        that a time needs is missing.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the last rate is held. If the warmup
    takes all of the time, the rate stays at its peak.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.CosineAnnealingWithWarmupScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.CosineAnnealingWithWarmupScheduler(1.0, "2ba", t_max="4ba").table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    last = np.multiply(lr, alpha_f)
    return run.warmed(t_warmup, t_max, scale_warmup, lr, lambda steps: cosine(lr, last, steps))


@preset()
def PolynomialWithWarmupScheduler(
    lr: Rate,
    t_warmup: TimeString,
    power: Ratio = 2.0,
    t_max: TimeString = "1dur",
    alpha_f: Level = 0.0,
    scale_warmup: Flag = False,
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Warm up linearly, then decay by a polynomial.

    A line from 0 to ``lr`` at ``t_warmup``, then ``lr * (alpha_f + (1 - alpha_f) * (1 -
    p)^power)``, p the progress to ``t_max``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_warmup : str
        The time of the warmup, in the unit of ``t_max``.
    power : float or array, default 2.0
        The power of the decay. Above 0.
    t_max : str, default "1dur"
        The time at which the schedule ends, such as "1dur" or "10ep".
    alpha_f : float or array, default 0.0
        The last rate, as a share of ``lr``. At least 0.
    scale_warmup : bool, default False
        Whether ``scale_schedule_ratio`` scales the warmup.
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the times are of different units, ``t_max`` is below ``max_duration``, or an argument
        that a time needs is missing.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the last rate is held. If the warmup
    takes all of the time, the rate stays at its peak.

    References
    ----------
    Composer, mosaicml 0.32 (2025), ``composer.optim.scheduler.PolynomialWithWarmupScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.composer.PolynomialWithWarmupScheduler(1.0, "2ba", t_max="4ba").table(6)
    array([0.  , 0.5 , 1.  , 0.25, 0.  , 0.  ])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    last = np.multiply(lr, alpha_f)
    return run.warmed(
        t_warmup, t_max, scale_warmup, lr, lambda steps: polynomial(lr, last, steps, power=power)
    )


@preset()
def InverseSquareRootWithWarmupScheduler(
    lr: Rate,
    t_warmup: TimeString,
    t_scale: TimeString,
    t_cooldown: TimeString,
    t_max: TimeString = "1dur",
    alpha_f_decay: Share = 0.0,
    alpha_f_cooldown: Share = 0.0,
    max_duration: Whole | None = None,
    batches_per_epoch: Span | None = None,
    samples_per_batch: Span | None = None,
    tokens_per_batch: Span | None = None,
    scale_schedule_ratio: Ratio = 1.0,
) -> Schedule:
    """Warm up linearly, decay by the inverse square root, then cool down linearly.

    A line from 0 to ``lr`` at ``t_warmup``; ``lr * (a + (1 - a) * sqrt(t_scale/(u - t_warmup +
    t_scale)))``, a being ``alpha_f_decay``; then a line of length ``t_cooldown`` to ``lr *
    alpha_f_cooldown``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_warmup : str
        The time of the warmup, in the unit of ``max_duration``.
    t_scale : str
        The time scale of the decay, in the unit of ``max_duration``.
    t_cooldown : str
        The time of the cooldown, in the unit of ``max_duration``.
    t_max : str, default "1dur"
        The time at which the schedule ends, such as "1dur" or "10ep".
    alpha_f_decay : float or array, default 0.0
        The rate that the decay approaches, as a share of ``lr``. From 0 to 1.
    alpha_f_cooldown : float or array, default 0.0
        The last rate, as a share of ``lr``. From 0 to 1.
    max_duration : str or int, optional
        The length of the run, such as "10ep"; an integer is a number of epochs. A time in "dur"
        needs it.
    batches_per_epoch : int or array of int, optional
        The number of batches per epoch. A time in epochs needs it. At least 1.
    samples_per_batch : int or array of int, optional
        The number of samples per batch. A time in samples needs it. At least 1.
    tokens_per_batch : int or array of int, optional
        The number of tokens per batch. A time in tokens needs it. At least 1.
    scale_schedule_ratio : float or array, default 1.0
        The factor of ``max_duration`` and of all times but shares of it. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a time is not in the unit of ``max_duration``, ``alpha_f_cooldown`` is above
        ``alpha_f_decay``, or an argument that a time needs is missing.

    Notes
    -----
    The cooldown begins ``t_cooldown`` before ``t_max``, or at the end of the warmup if that is
    later. Past its end the last rate is held.

    References
    ----------
    llm-foundry 0.22 (2025), ``llmfoundry.optim.scheduler.InverseSquareRootWithWarmupScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.composer.InverseSquareRootWithWarmupScheduler
    >>> s = schedule(1.0, "1ba", "1ba", "2ba", max_duration="6ba")
    >>> s.table(8).round(3)
    array([0.   , 1.   , 0.707, 0.577, 0.5  , 0.25 , 0.   , 0.   ])
    """
    run = _Run(
        max_duration,
        batches_per_epoch,
        samples_per_batch,
        tokens_per_batch,
        scale_schedule_ratio,
    )
    unit = run.whole("the unit of its times").unit
    for key, time in (("t_warmup", t_warmup), ("t_scale", t_scale), ("t_cooldown", t_cooldown)):
        if time.unit != unit:
            detail = (
                f"{key} must be in the unit of max_duration, {_UNITS[unit]}, got "
                f"{_UNITS[time.unit]}"
            )
            raise ArgumentError(detail)
    if alpha_f_decay < alpha_f_cooldown:
        detail = f"alpha_f_decay, {alpha_f_decay}, got {alpha_f_cooldown}"
        raise ArgumentError(f"alpha_f_cooldown must be at most {detail}")
    scale, unit = run.length("t_scale", t_scale)
    ramp, warm = run.ramp(t_warmup, lr, False)
    cooldown, whole = int(run.converted(t_cooldown).value), run.converted(t_max)
    begin = max(int(whole.value) - cooldown, int(warm.value))
    decay = inverse_power(np.multiply(lr, 1 - alpha_f_decay), 0.5, scale) + np.multiply(
        lr, alpha_f_decay
    )
    level = np.multiply(
        lr,
        alpha_f_decay + (1 - alpha_f_decay) * ((begin - int(warm.value) + scale) / scale) ** -0.5,
    )
    tail = (
        linear(level, np.multiply(lr, alpha_f_cooldown), cooldown) if cooldown else constant(level)
    )
    return run.read_per_batch(join([ramp, decay, tail], [int(warm.value), begin]), unit)
