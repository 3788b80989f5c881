"""DeepSpeed's schedules, ``deepspeed.runtime.lr_schedules``, as of deepspeed 0.19 (2026).

Step t is the rate of update t, counted from 0, as the engine sets it: the constructor's, then that
of the t-th ``step()``. By DeepSpeed's own count an update is one behind, and the three warmups show
it: update 0 stands before their beginning. Rates are in double precision.

>>> import fastlr as flr
>>> s = flr.presets.deepspeed.WarmupDecayLR(6, warmup_max_lr=1.0, warmup_num_steps=2,
...     warmup_type="linear")
>>> s.table(8)
array([0.  , 0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

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
    """``min_lr * (1 + step_rate*t/step_size)``, with ``floor(t/step_size)`` if staircase: it rises
    forever.
    """
    sizes = LAST_STEP // lr_range_test_step_size
    high = np.multiply(lr_range_test_min_lr, 1.0 + lr_range_test_step_rate * sizes)
    if lr_range_test_staircase:
        return linear(lr_range_test_min_lr, high, sizes).staircase(lr_range_test_step_size)
    return linear(lr_range_test_min_lr, high, sizes * lr_range_test_step_size)


@preset(
    differences="With stairs in halves that are no whole numbers of steps, DeepSpeed's rounding "
    "may miss one at its first step; here none."
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
    """Linearly to ``cycle_max_lr`` in ``cycle_first_step_size`` steps and back in
    ``cycle_second_step_size``, or by stairs.

    Stairs stand on ``floor(count*p)/count`` of the height, p the part of the half that is below.
    Then, with L the cycle's length, ``cycle_min_lr / (1 + decay_lr_rate*(t - L)/decay_step_size)``;
    without a ``decay_step_size``, ``cycle_min_lr``. A cycle that ends between steps goes on into
    the next until the step after. ``of="momentum"`` gives the momentum, its mirror, which *rises*
    in the decay, by ``1 + decay_mom_rate*(t - L)/decay_step_size``; at step 0 it is
    ``cycle_min_mom``, as the constructor sets it, and only from step 1 on what the cycle says.
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


# -- warm-ups, one update late ---------------------------------------------------------------------


@preset()
def WarmupLR(
    lr: Rate | None = None,
    warmup_min_lr: Rate = 0.0,
    warmup_max_lr: Rate | None = None,
    warmup_num_steps: Span = 1000,
    warmup_type: Literal["log", "linear"] = "log",
) -> Schedule:
    """``warmup_min_lr`` at steps 0 and 1, then on to ``warmup_max_lr``, which is ``lr`` if it is
    not given, and held.

    ``log(t)/log(W)`` of the way with "log", all of it at ``t = W``; ``(t-1)/W`` with "linear". W is
    ``warmup_num_steps``, or 2.
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
    """Like ``WarmupLR``, then linearly back to ``warmup_min_lr``, from step W + 1 to
    ``total_num_steps + 1``.

    If the warmup takes all of the steps, ``warmup_min_lr`` at once at step W + 1.
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
    """0 at step 0, ``lr * warmup_min_ratio`` at step 1, on to ``lr`` as ``WarmupLR``, then half a
    cosine wave of N steps.

    Down to ``lr * cos_min_ratio``, ``N = total_num_steps - W`` or 1; at step W + 1 it is one step
    into the wave already.
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
