"""big_vision's schedule, ``big_vision.utils.create_learning_rate_schedule``, as of its main branch
of 2025.

One function has five decays, each multiplied by a warmup and a cooldown. Step t is its ``step``,
from 0. It has a rate of its own, ``base``. big_vision computes in float32, fastlr in double
precision.

>>> create_learning_rate_schedule(8, base=0.5, decay_type="linear", warmup_steps=4).table(9)
array([0.   , 0.125, 0.25 , 0.375, 0.5  , 0.375, 0.25 , 0.125, 0.   ])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

import numpy as np

from fastlr.arguments.rules import Flag, Floats, Power, Rate, short_repr
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Duration,
    Length,
    Levels,
    Marks,
    Share,
    Span,
    preset,
)
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    inverse_time,
    join,
    linear,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = ["create_learning_rate_schedule"]


@preset(
    differences="fastlr computes in double precision, big_vision in float32. After total_steps, "
    "where its cooldown is negative, fastlr holds 0.",
)
def create_learning_rate_schedule(
    total_steps: Span,
    batch_size: Span | None = None,
    data_size: Span | None = None,
    base: Rate = 1.0,
    decay_type: Literal["linear", "polynomial", "cosine", "rsqrt", "stair"] = "stair",
    scale_with_batchsize: Flag = False,
    *,
    warmup_steps: Count | None = None,
    warmup_examples: Length | None = None,
    warmup_epochs: Length | None = None,
    warmup_percent: Share | None = None,
    cooldown_steps: Count | None = None,
    cooldown_examples: Length | None = None,
    cooldown_epochs: Length | None = None,
    cooldown_percent: Share | None = None,
    power: Power = 1.0,
    end: Rate | None = None,
    linear_end: Rate = 0.0,
    timescale: Duration = 10_000.0,
    timescale_examples: Duration | None = None,
    shift: Length = 0.0,
    steps: Marks = (),
    mults: Levels = (),
) -> Schedule:
    """Build big_vision's schedule: a decay with a warmup and a cooldown.

    ``base * decay * min(1, t/warmup) * min(1, (total_steps - t)/cooldown)``, the decay as in Notes

    Parameters
    ----------
    total_steps : int or array of int
        The number of steps. At least 1.
    batch_size : int or array of int, optional
        The number of examples per step. Lengths in examples or epochs need it, and
        ``scale_with_batchsize``. At least 1.
    data_size : int or array of int, optional
        The number of examples per epoch. Lengths in epochs need it. At least 1.
    base : float or array, default 1.0
        The base rate; an array has one per group. At least 0.
    decay_type : {"linear", "polynomial", "cosine", "rsqrt", "stair"}, default "stair"
        The curve of the decay.
    scale_with_batchsize : bool, default False
        Whether to multiply ``base`` by ``batch_size/256``.
    warmup_steps : int or array of int, optional
        The number of steps of the warmup. At least 0.
    warmup_examples : float or array, optional
        The same in examples. At least 0; it may be a fraction.
    warmup_epochs : float or array, optional
        The same in epochs. At least 0; it may be a fraction.
    warmup_percent : float or array, optional
        The same as a share of ``total_steps``. From 0 to 1.
    cooldown_steps : int or array of int, optional
        The number of steps of the cooldown. At least 0.
    cooldown_examples : float or array, optional
        The same in examples. At least 0; it may be a fraction.
    cooldown_epochs : float or array, optional
        The same in epochs. At least 0; it may be a fraction.
    cooldown_percent : float or array, optional
        The same as a share of ``total_steps``. From 0 to 1.
    power : float or array, default 1.0
        The power of "linear" and "polynomial". From 1e-3 to 1e3.
    end : float or array, optional
        The last rate of "linear" and "polynomial". By default ``linear_end``. At least 0.
    linear_end : float or array, default 0.0
        The same, if ``end`` is not given. At least 0.
    timescale : float or array, default 10_000.0
        The time scale of "rsqrt" in steps. Above 0; it may be a fraction.
    timescale_examples : float or array, optional
        The same in examples. Above 0; it may be a fraction.
    shift : float or array, default 0.0
        The number of steps by which "rsqrt" is ahead. At least 0; it may be a fraction.
    steps : sequence of int, default ()
        The steps of the reductions of "stair". They must never fall.
    mults : sequence of float, default ()
        The factors of the base rate from these steps on. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a length is given twice, what it needs is missing, the warmup takes all of the steps, or
        ``steps`` and ``mults`` are not equally many.

    Notes
    -----
    With p the progress from the warmup to the end, the decays are:

    - "linear" and "polynomial": ``end + (base - end) * (1 - p)^power``
    - "cosine": ``base * (1 + cos(pi*p))/2``
    - "rsqrt": ``base / sqrt(1 + (t + shift - warmup)/timescale)``; during the warmup its value at
      the end of it
    - "stair": ``base * mults[i-1]``, i the number of ``steps`` at or before t; ``base`` before them

    Lengths are rounded to the nearest step, but not to 0. big_vision computes in float32. After
    ``total_steps``, where its cooldown is negative, fastlr holds 0.

    References
    ----------
    big_vision, main branch of 2025, ``big_vision.utils.create_learning_rate_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.big_vision.create_learning_rate_schedule
    >>> s = schedule(8, base=0.5, decay_type="linear", warmup_steps=4)
    >>> s.table(9)
    array([0.   , 0.125, 0.25 , 0.375, 0.5  , 0.375, 0.25 , 0.125, 0.   ])
    """
    lengths = {
        "steps": warmup_steps,
        "examples": warmup_examples,
        "epochs": warmup_epochs,
        "percent": warmup_percent,
    }
    warmup = _steps("warmup", lengths, data_size, batch_size, total_steps)
    lengths = {
        "steps": cooldown_steps,
        "examples": cooldown_examples,
        "epochs": cooldown_epochs,
        "percent": cooldown_percent,
    }
    cooldown = _steps("cooldown", lengths, data_size, batch_size, total_steps)
    if warmup >= total_steps > 1:
        raise ArgumentError(f"the warmup must be below total_steps, got {warmup} of {total_steps}")
    left, peak = max(0, total_steps - warmup), base
    if scale_with_batchsize:
        peak = np.multiply(base, _given("batch_size", batch_size) / 256)
    if decay_type in ("linear", "polynomial"):
        body = polynomial(peak, linear_end if end is None else end, left, power=power)
    elif decay_type == "cosine":
        body = cosine(peak, 0.0, left)
    elif decay_type == "rsqrt":
        scale = (
            timescale
            if timescale_examples is None
            else timescale_examples / _given("batch_size", batch_size)
        )
        body = inverse_time(
            np.divide(peak, np.sqrt(1 + shift / scale)), 1 / (scale + shift), power=0.5
        )
    else:
        return _ramped(_stairs(peak, steps, mults), warmup, cooldown, total_steps)
    return _ramped(body.delay(warmup) if warmup else body, warmup, cooldown, total_steps)


def _ramped(body: Schedule, warmup: int, cooldown: int, total: int) -> Schedule:
    """Times a line from 0 to 1 at the beginning, and one from 1 to 0 at the end."""
    ramped = linear(0.0, 1.0, warmup) * body if warmup else body
    if not cooldown:
        return ramped
    fall, begin = linear(1.0, 0.0, cooldown), total - cooldown
    return ramped * (fall.delay(begin) if begin >= 0 else fall.skip(-begin))


def _stairs(peak: Floats, steps: Marks, mults: Levels) -> Schedule:
    if len(steps) != len(mults):
        raise ArgumentError(
            f"mults must be as many as steps, got {short_repr(mults)} for {short_repr(steps)}"
        )
    if any(later < step for step, later in pairwise(steps)):
        raise ArgumentError(f"steps must never fall, got {short_repr(steps)}")
    return join([constant(np.multiply(peak, factor)) for factor in (1.0, *mults)], steps)


def _given(key: str, value: int | None) -> int:
    if value is None:
        raise ArgumentError(
            f"{key} must be given for lengths in examples or epochs and for scaling, got None"
        )
    return value


def _steps(
    what: str,
    lengths: Mapping[str, float | None],
    data_size: int | None,
    batch_size: int | None,
    total: int,
) -> int:
    """Return a length in steps, from whichever unit it is given in; without one, 0."""
    given = {unit: length for unit, length in lengths.items() if length is not None}
    if len(given) > 1:
        raise ArgumentError(
            f"{what} must be given once, got {', '.join(f'{what}_{unit}' for unit in given)}"
        )
    [(unit, length)] = given.items() or [("steps", 0)]
    if unit == "steps":
        return int(length)
    of = {"percent": float(total)}
    if unit != "percent":
        of["examples"] = 1 / _given("batch_size", batch_size)
    if unit == "epochs":
        of["epochs"] = _given("data_size", data_size) / _given("batch_size", batch_size)
    return max(1, round(length * of[unit])) if length else 0
