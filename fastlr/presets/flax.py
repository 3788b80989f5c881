"""flax's schedules, ``flax.training.lr_schedule``, as of flax 0.12 (2026).

Step t is the ``step`` that the function gets, so that step 0 has the rate of the first update: 0,
if there is a warmup. Lengths are in epochs of ``steps_per_epoch`` steps; both may be fractions. The
warmup is a factor of the rate, not a piece before it. JAX computes in float32 unless configured
otherwise.
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import numpy as np

from fastlr.arguments.rules import Number, Rate, short_repr
from fastlr.presets._building_blocks import fraction, in_ticks, stairs, wave
from fastlr.presets._rules import ArgumentError, Duration, Length, preset
from fastlr.schedule.constructor_names import constant, linear
from fastlr.schedule.schedule import Schedule

__all__ = [
    "create_constant_learning_rate_schedule",
    "create_cosine_learning_rate_schedule",
    "create_stepped_learning_rate_schedule",
]

_Pairs = Annotated[
    Sequence[Sequence[float]],
    Number("pairs of an epoch and a factor, all >= 0", 0.0, 2.0**53, core=2),
]


@preset()
def create_constant_learning_rate_schedule(
    base_learning_rate: Rate, steps_per_epoch: Duration, warmup_length: Length = 0.0
) -> Schedule:
    """Hold the base rate, after an optional warmup.

    ``base_learning_rate * min(1, t/(warmup_length*steps_per_epoch))``

    Parameters
    ----------
    base_learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    steps_per_epoch : float or array
        The number of steps per epoch. Above 0; it may be a fraction.
    warmup_length : float or array, default 0.0
        The number of epochs of the warmup. At least 0; it may be a fraction.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. JAX computes in float32 by default.

    References
    ----------
    flax 0.12 (2026), ``flax.training.lr_schedule.create_constant_learning_rate_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.flax.create_constant_learning_rate_schedule
    >>> s = schedule(1.0, steps_per_epoch=2, warmup_length=1)
    >>> s.table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return _warmed(constant(base_learning_rate), steps_per_epoch, warmup_length)


@preset()
def create_stepped_learning_rate_schedule(
    base_learning_rate: Rate,
    steps_per_epoch: Duration,
    lr_sched_steps: _Pairs,
    warmup_length: Length = 0.0,
) -> Schedule:
    """Reduce the rate at given epochs, after an optional warmup.

    ``base_learning_rate`` times the factor of the last pair whose epoch has passed, times the
    warmup

    Parameters
    ----------
    base_learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    steps_per_epoch : float or array
        The number of steps per epoch. Above 0; it may be a fraction.
    lr_sched_steps : sequence of (float, float)
        Pairs of an epoch and a factor of ``base_learning_rate``. At least 0.
    warmup_length : float or array, default 0.0
        The number of epochs of the warmup. At least 0; it may be a fraction.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``lr_sched_steps`` are not pairs.

    Notes
    -----
    An epoch begins at step ``round(epoch*steps_per_epoch)``, half to even. This step still has the
    old rate; the next has the new one. JAX computes in float32 by default.

    References
    ----------
    flax 0.12 (2026), ``flax.training.lr_schedule.create_stepped_learning_rate_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flax.create_stepped_learning_rate_schedule(1.0, 2, [(1, 0.5)]).table(4)
    array([1. , 1. , 1. , 0.5])
    """
    if len(lr_sched_steps[0]) != 2:
        detail = f"{short_repr(lr_sched_steps[0])} among them"
        raise ArgumentError(f"lr_sched_steps must be pairs, got {detail}")
    boundaries = sorted(round(epoch * steps_per_epoch) for epoch, _ in lr_sched_steps)
    values = [
        np.multiply(base_learning_rate, factor)
        for factor in (1.0, *(factor for _, factor in lr_sched_steps))
    ]
    steps = stairs(values, boundaries, after=1)
    return _warmed(steps, steps_per_epoch, warmup_length)


@preset()
def create_cosine_learning_rate_schedule(
    base_learning_rate: Rate,
    steps_per_epoch: Duration,
    halfcos_epochs: Duration,
    warmup_length: Length = 0.0,
) -> Schedule:
    """Follow a cosine wave, after an optional warmup.

    ``base_learning_rate * (cos(pi*t/(halfcos_epochs*steps_per_epoch)) + 1)/2``, times the warmup

    Parameters
    ----------
    base_learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    steps_per_epoch : float or array
        The number of steps per epoch. Above 0; it may be a fraction.
    halfcos_epochs : float or array
        The number of epochs of half a wave. Above 0; it may be a fraction.
    warmup_length : float or array, default 0.0
        The number of epochs of the warmup. At least 0; it may be a fraction.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The warmup is a factor: the wave begins at step 0. After ``halfcos_epochs`` it climbs back, and
    so on. JAX computes in float32 by default.

    References
    ----------
    flax 0.12 (2026), ``flax.training.lr_schedule.create_cosine_learning_rate_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.flax.create_cosine_learning_rate_schedule
    >>> s = schedule(1.0, steps_per_epoch=1, halfcos_epochs=2)
    >>> s.table(5)
    array([1. , 0.5, 0. , 0.5, 1. ])
    """
    half = fraction(halfcos_epochs) * fraction(steps_per_epoch)
    return _warmed(wave(base_learning_rate, 0.0, half), steps_per_epoch, warmup_length)


def _warmed(schedule: Schedule, steps_per_epoch: float, warmup: float) -> Schedule:
    if warmup == 0:
        return schedule
    return schedule * in_ticks(
        partial(linear, 0.0, 1.0), fraction(warmup) * fraction(steps_per_epoch)
    )
