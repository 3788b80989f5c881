"""DeepSpeed's schedules, ``deepspeed.runtime.lr_schedules``, as of deepspeed 0.19 (2026).

Step t is update t, counted from 0, with the rate that the engine uses: first the constructor's,
then that of the t-th ``step()``. DeepSpeed's own count is one behind. So the three warmups begin at
step 1; step 0 comes before their beginning. Rates are in double precision.

>>> import fastlr as flr
>>> s = flr.presets.deepspeed.WarmupDecayLR(6, warmup_max_lr=1.0, warmup_num_steps=2,
...     warmup_type="linear")
>>> s.table(8)
array([0.  , 0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ])
"""

from __future__ import annotations  # help() replaces rules in the text

from fractions import Fraction
from functools import partial
from itertools import accumulate, pairwise
from math import ceil
from typing import Any, Literal

import numpy as np

from fastlr.arguments.rules import Flag, Rate
from fastlr.presets._building_blocks import fraction, in_ticks, phases
from fastlr.presets._rules import (
    ArgumentError,
    ArgumentTypeError,
    Count,
    Duration,
    Length,
    Level,
    Span,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    inverse_time,
    join,
    linear,
    logarithmic,
)
from fastlr.schedule.schedule import Schedule

__all__ = ["LRRangeTest", "OneCycle", "WarmupCosineLR", "WarmupDecayLR", "WarmupLR"]


@preset()
def LRRangeTest(
    lr_range_test_min_lr: Rate = 1e-3,
    lr_range_test_step_size: Span = 2000,
    lr_range_test_step_rate: Level = 1.0,
    lr_range_test_staircase: Flag = False,
) -> Schedule:
    """Raise the rate in a range test.

    ``lr_range_test_min_lr * (1 + lr_range_test_step_rate * t/lr_range_test_step_size)``

    Parameters
    ----------
    lr_range_test_min_lr : float or array, default 1e-3
        The rate at step 0; an array has one per group. At least 0.
    lr_range_test_step_size : int or array of int, default 2000
        The number of steps of an interval. At least 1.
    lr_range_test_step_rate : float or array, default 1.0
        The increase per interval, as a share of the first rate. At least 0.
    lr_range_test_staircase : bool, default False
        Whether to change only at the beginning of an interval: ``floor(t/lr_range_test_step_size)``
        replaces the quotient.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate rises forever.

    References
    ----------
    DeepSpeed 0.19 (2026), ``deepspeed.runtime.lr_schedules.LRRangeTest``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.deepspeed.LRRangeTest(1.0, lr_range_test_step_size=2).table(4)
    array([1. , 1.5, 2. , 2.5])
    """
    sizes = LAST_STEP // lr_range_test_step_size
    high = np.multiply(lr_range_test_min_lr, 1.0 + lr_range_test_step_rate * sizes)
    if lr_range_test_staircase:
        return linear(lr_range_test_min_lr, high, sizes).staircase(lr_range_test_step_size)
    return linear(lr_range_test_min_lr, high, sizes * lr_range_test_step_size)


@preset(
    differences="With stairs, if a half is no whole number of steps, rounding in DeepSpeed may "
    "miss a stair at its first step; fastlr does not."
)
def OneCycle(
    cycle_min_lr: Rate,
    cycle_max_lr: Rate,
    decay_lr_rate: Level = 0.0,
    cycle_first_step_size: Duration = 2000,
    cycle_second_step_size: Length | None = None,
    cycle_first_stair_count: Count = 0,
    cycle_second_stair_count: Count | None = None,
    decay_step_size: Length = 0,
    cycle_momentum: Flag = True,
    cycle_min_mom: Rate = 0.8,
    cycle_max_mom: Rate = 0.9,
    decay_mom_rate: Level = 0.0,
    of: Literal["lr", "momentum"] = "lr",
) -> Schedule:
    """Rise to a peak, fall back, then decay.

    A line from ``cycle_min_lr`` to ``cycle_max_lr`` in ``cycle_first_step_size`` steps, and one
    back in ``cycle_second_step_size`` steps. Then, with L the length of both, ``cycle_min_lr / (1 +
    decay_lr_rate*(t - L)/decay_step_size)``

    Parameters
    ----------
    cycle_min_lr : float or array
        The rate at both ends of the cycle; an array has one per group. At least 0.
    cycle_max_lr : float or array
        The rate at the peak. At least 0.
    decay_lr_rate : float or array, default 0.0
        The decay of the rate per ``decay_step_size`` steps after the cycle. At least 0.
    cycle_first_step_size : float or array, default 2000
        The number of steps of the rise. Above 0; it may be a fraction.
    cycle_second_step_size : float or array, optional
        The number of steps of the fall. By default as many as the rise. At least 0; it may be a
        fraction.
    cycle_first_stair_count : int or array of int, default 0
        The number of stairs of the rise; with 0 it is a line. At least 0.
    cycle_second_stair_count : int or array of int, optional
        The number of stairs of the fall. By default as many as the rise has. At least 0.
    decay_step_size : float or array, default 0
        The number of steps of a decay interval; with 0 the rate stays at ``cycle_min_lr``. At least
        0; it may be a fraction.
    cycle_momentum : bool, default True
        Whether DeepSpeed changes the momentum too.
    cycle_min_mom : float or array, default 0.8
        The momentum at the peak of the rate. At least 0.
    cycle_max_mom : float or array, default 0.9
        The momentum at both ends of the cycle. At least 0.
    decay_mom_rate : float or array, default 0.0
        The growth of the momentum per ``decay_step_size`` steps after the cycle. At least 0.
    of : {"lr", "momentum"}, default "lr"
        What the schedule gives: the rate or the momentum.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``of="momentum"`` with ``cycle_momentum=False``.

    Notes
    -----
    With stairs the rate is ``floor(count*p)/count`` of the height, p the part of the half that is
    passed. If a half is no whole number of steps, rounding in DeepSpeed may miss a stair at its
    first step; fastlr does not.

    A cycle that ends between steps continues into the next one until the following step.

    The momentum mirrors the rate, and *rises* in the decay: it is multiplied by ``1 +
    decay_mom_rate*(t - L)/decay_step_size``. At step 0 it is ``cycle_min_mom``, as DeepSpeed's
    constructor sets it.

    References
    ----------
    DeepSpeed 0.19 (2026), ``deepspeed.runtime.lr_schedules.OneCycle``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.deepspeed.OneCycle(0.0, 1.0, cycle_first_step_size=2).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    if of == "momentum" and not cycle_momentum:
        raise ArgumentError("of must be 'lr' with cycle_momentum=False, got 'momentum'")
    first = fraction(cycle_first_step_size)
    second = first if cycle_second_step_size is None else fraction(cycle_second_step_size)
    later = (
        cycle_first_stair_count if cycle_second_stair_count is None else cycle_second_stair_count
    )
    low, high = (cycle_min_lr, cycle_max_lr) if of == "lr" else (cycle_max_mom, cycle_min_mom)
    cycle = partial(_cycle, low, high, first / (first + second), (cycle_first_stair_count, later))
    begin = ceil(first + second) + 1
    rate = (
        (decay_lr_rate if of == "lr" else decay_mom_rate) / decay_step_size
        if decay_step_size
        else 0.0
    )
    gone = 1.0 + rate * float(begin - first - second)
    if of == "lr":
        decay = inverse_time(np.divide(low, gone), rate / gone)
    else:
        decay = linear(
            np.multiply(low, gone),
            np.multiply(low, gone + rate * (LAST_STEP - begin)),
            LAST_STEP - begin,
        )
    return phases(
        (0, constant(cycle_min_lr if of == "lr" else cycle_min_mom), 0),
        (1, in_ticks(cycle, first + second, reach=first + second + 2, ticks=first.denominator), 0),
        (begin, decay, begin),
    )


def _cycle(low: Any, high: Any, share: Fraction, stairs: tuple[int, int], ticks: int) -> Schedule:
    """From ``low`` to ``high`` in a ``share`` of the ticks and back repeatedly."""
    rise = round(share * ticks)
    up = _stairs(low, high, rise, stairs[0]) if stairs[0] else linear(low, high, rise)
    falls = stairs[1] and rise < ticks
    down = (
        _stairs(low, high, ticks - rise, stairs[1], down=True)
        if falls
        else linear(high, low, ticks - rise)
    )
    return up.then(down).repeat()


def _stairs(low: Any, high: Any, steps: int, count: int, down: bool = False) -> Schedule:
    """``floor(count*t/steps)/count`` of the height, or its mirror, which stands on ``high`` for
    its first step alone.
    """
    lengths = [
        after - before
        for before, after in pairwise(ceil(Fraction(k * steps, count)) for k in range(count + 1))
    ]
    shares = [k / count for k in range(count)]
    if down:
        lengths, shares = [1, *lengths[:0:-1], lengths[0] - 1], [1.0, *shares[::-1]]
    levels = [np.multiply(low, 1 - share) + np.multiply(high, share) for share in shares]
    held = [linear(level, level, length) for level, length in zip(levels, lengths, strict=True)]
    return join(held, list(accumulate(lengths))[:-1])


# -- warmups, one update late ----------------------------------------------------------------------


@preset()
def WarmupLR(
    lr: Rate | None = None,
    warmup_min_lr: Rate = 0.0,
    warmup_max_lr: Rate | None = None,
    warmup_num_steps: Span = 1000,
    warmup_type: Literal["log", "linear"] = "log",
) -> Schedule:
    """Warm up, then hold the rate.

    ``low + (high - low) * log(t)/log(W)`` with "log", ``low + (high - low) * (t - 1)/W`` with
    "linear", then ``high``

    Parameters
    ----------
    lr : float or array, optional
        The rate to warm up to if ``warmup_max_lr`` is not given; an array has one per group. At
        least 0.
    warmup_min_lr : float or array, default 0.0
        The rate at steps 0 and 1, ``low``. At least 0.
    warmup_max_lr : float or array, optional
        The rate to warm up to, ``high``. By default ``lr``. At least 0.
    warmup_num_steps : int or array of int, default 1000
        The number of steps of the warmup, W; 1 counts as 2. At least 1.
    warmup_type : {"log", "linear"}, default "log"
        Whether the warmup follows a logarithm or a line.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    TypeError
        If neither ``lr`` nor ``warmup_max_lr`` is given.

    Notes
    -----
    Steps 0 and 1 both have ``warmup_min_lr``: DeepSpeed's own count is one behind. The peak is
    reached at step W with "log", at step W + 1 with "linear". The schedule never ends.

    References
    ----------
    DeepSpeed 0.19 (2026), ``deepspeed.runtime.lr_schedules.WarmupLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.deepspeed.WarmupLR(1.0, warmup_num_steps=2, warmup_type="linear").table(5)
    array([0. , 0. , 0.5, 1. , 1. ])
    """
    high = lr if warmup_max_lr is None else warmup_max_lr
    if high is None:
        raise ArgumentTypeError("lr must be given where warmup_max_lr is not, got None")
    return _warmup(warmup_min_lr, high, warmup_num_steps, warmup_type).delay(1)


@preset()
def WarmupDecayLR(
    total_num_steps: Span,
    warmup_min_lr: Rate = 0.0,
    warmup_max_lr: Rate = 0.001,
    warmup_num_steps: Span = 1000,
    warmup_type: Literal["log", "linear"] = "log",
) -> Schedule:
    """Warm up, then decay linearly.

    The warmup of ``WarmupLR`` to ``warmup_max_lr``, then a line from step W + 1 back to
    ``warmup_min_lr`` at step ``total_num_steps + 1``

    Parameters
    ----------
    total_num_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    warmup_min_lr : float or array, default 0.0
        The rate at steps 0 and 1, and at the end; an array has one per group. At least 0.
    warmup_max_lr : float or array, default 0.001
        The rate to warm up to. At least 0.
    warmup_num_steps : int or array of int, default 1000
        The number of steps of the warmup, W; 1 counts as 2. At least 1.
    warmup_type : {"log", "linear"}, default "log"
        Whether the warmup follows a logarithm or a line.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Steps 0 and 1 both have ``warmup_min_lr``. Past the end it is held. If the warmup takes all of
    the steps, the rate is ``warmup_min_lr`` from step W + 1 on.

    References
    ----------
    DeepSpeed 0.19 (2026), ``deepspeed.runtime.lr_schedules.WarmupDecayLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.deepspeed.WarmupDecayLR
    >>> s = schedule(6, warmup_max_lr=1.0, warmup_num_steps=2, warmup_type="linear")
    >>> s.table(8)
    array([0.  , 0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """
    warmup = max(2, warmup_num_steps)
    return phases(
        (0, _warmup(warmup_min_lr, warmup_max_lr, warmup, warmup_type), 1),
        (
            warmup + 1,
            linear(warmup_max_lr, warmup_min_lr, max(total_num_steps - warmup, 0)),
            warmup + 1,
        ),
    )


@preset()
def WarmupCosineLR(
    lr: Rate,
    total_num_steps: Span,
    warmup_min_ratio: Level = 0.0,
    warmup_num_steps: Span = 1000,
    cos_min_ratio: Level = 0.0001,
    warmup_type: Literal["log", "linear"] = "log",
) -> Schedule:
    """Warm up, then decay by half a cosine wave.

    The warmup of ``WarmupLR`` from ``lr * warmup_min_ratio`` to ``lr``, then half a cosine wave of
    ``max(total_num_steps - W, 1)`` steps to ``lr * cos_min_ratio``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    total_num_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    warmup_min_ratio : float or array, default 0.0
        The rate at step 1, as a share of ``lr``. At least 0.
    warmup_num_steps : int or array of int, default 1000
        The number of steps of the warmup, W; 1 counts as 2. At least 1.
    cos_min_ratio : float or array, default 0.0001
        The last rate, as a share of ``lr``. At least 0.
    warmup_type : {"log", "linear"}, default "log"
        Whether the warmup follows a logarithm or a line.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate is 0 at step 0 and ``lr * warmup_min_ratio`` at step 1. At step W + 1 it is one step
    into the wave. Past the end it is held.

    References
    ----------
    DeepSpeed 0.19 (2026), ``deepspeed.runtime.lr_schedules.WarmupCosineLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.deepspeed.WarmupCosineLR(1.0, 6, warmup_num_steps=2, warmup_type="linear")
    >>> s.table(8).round(3)
    array([0.   , 0.   , 0.5  , 0.854, 0.5  , 0.147, 0.   , 0.   ])
    """
    warmup = max(2, warmup_num_steps)
    wave = cosine(lr, np.multiply(lr, cos_min_ratio), max(total_num_steps - warmup, 1))
    return phases(
        (0, constant(0.0), 0),
        (1, _warmup(np.multiply(lr, warmup_min_ratio), lr, warmup, warmup_type), 1),
        (warmup + 1, wave, warmup),
    )


def _warmup(low: Any, high: Any, steps: int, kind: str) -> Schedule:
    """From ``low`` to ``high`` by DeepSpeed's own count: with "log" it is there a step early."""
    return (
        logarithmic(low, high, max(2, steps) - 1)
        if kind == "log"
        else linear(low, high, max(2, steps))
    )
