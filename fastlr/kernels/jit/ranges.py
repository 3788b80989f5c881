"""One lane over a run of steps: a row at a time, each shape in a loop of its own at the
machine's full width.
"""

import math
from typing import Any

import numpy as np

from fastlr.kernels.jit import formulas as f
from fastlr.kernels.jit.arithmetic import fma
from fastlr.kernels.jit.blocks import BLOCK, SCRATCH, block_of, lanes_at
from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.kernels.jit.segments import (
    AFFINE_EXPONENTIAL,
    CLOCK,
    CONSTANT,
    COSINE,
    COSINE_POWER,
    EDEN,
    EXPONENTIAL,
    INVERSE,
    LINEAR,
    LOGARITHMIC,
    LOOP,
    POWER,
    RECIPROCAL,
    REX,
    SAMPLED,
    SQUARE,
    STAIRCASE,
    field,
    place_in_loop,
    rate_of,
    row_at,
    sample,
    start,
)
from fastlr.program.opcodes import LAST_STEP, ROW

__all__ = ["steps_of"]

LONGEST = 2**31 - 1  # steps of a run, so that a 32-bit count numbers them
SHORT = 64.0  # a period of fewer steps is not worth a run of its own


@kernel
def steps_of(words: Any, at: int, count: int, lane: int, c: float, step: float, out: Any) -> None:
    """One lane of a track at clocks c, c+step, ... into ``out`` (float64, contiguous)."""
    i, k = 0, row_at(words, at, count, lane, c)
    while i < out.size:
        k, n = _next_run(words, at, count, lane, k, c + step * i, step, out.size - i)
        row = at + ROW * k
        part, clock, shape = out[i : i + n], c + step * i - start(words, row, lane), int(words[row])
        if shape < LOOP:
            _run_of_curve(words, row, lane, clock, step, part)
        elif shape == CLOCK and field(words, row, 1, lane) == 0.0:
            part[:] = rate_of(words, row, 1, lane, start(words, row, lane))
        elif shape == LOOP and _is_long_and_flat(words, row, lane, step):
            _run_of_loop(words, row, lane, clock, step, part)
        elif shape == CLOCK and field(words, row, 2, lane) >= SHORT * step:
            _run_of_landings(words, row, lane, clock, step, part)
        else:
            _run_of_clocks(words, row, lane, c + step * i, step, part)
        i += n


@inlined
def _next_run(
    words: Any, at: int, count: int, lane: int, k: int, c: float, step: float, most: int
) -> tuple[int, int]:
    """The row in force at clock c, from row k on, and for how many steps it is."""
    while k + 1 < count and start(words, at + ROW * (k + 1), lane) <= c:
        k += 1
    n = min(most, LONGEST)
    if k + 1 < count:
        n = steps_before(start(words, at + ROW * (k + 1), lane), c, step, n)
    return k, n


@inlined
def steps_before(limit: float, c: float, step: float, most: int) -> int:
    """How many of the clocks c, c+step, ...

    Lie before ``limit``: at least one, at most ``most``.
    """
    return int(min(max(math.ceil((limit - c) / step), 1.0), float(most)))


@inlined
def clock_of(c: float, step: float, i: int) -> float:
    """The clock of the i-th step of a run.

    A 32-bit count converts to float64 on as many lanes as there are.
    """
    return fma(step, float(np.int32(i)), c)


@kernel
def _run_of_curve(words: Any, row: int, lane: int, c: float, step: float, out: Any) -> None:
    """A leaf row of one lane over a run of steps: one loop a shape, its fields held in
    registers.
    """
    n, shape = out.size, int(words[row])
    p0 = field(words, row, 0, lane)
    if shape == CONSTANT:
        for i in range(n):
            out[i] = p0
        return
    if abs(p0) > LAST_STEP and shape in (LINEAR, SQUARE, COSINE, POWER):
        # of a stretched period, whose end lies past the last step: steps from it are no integers
        # that can be counted on
        _run_of_clocks(words, row, lane, c + start(words, row, lane), step, out)
        return
    p1, p2 = field(words, row, 1, lane), field(words, row, 2, lane)
    if shape == COSINE and step == 1.0:
        _run_of_folded_cosine(p0, p1, p2, c, out)
    elif shape in (LINEAR, SQUARE, COSINE):
        _run_from_both_ends(shape, p0, p1, p2, c, step, out)
    elif shape == EXPONENTIAL and f.is_plain(c + step * n, p1):
        for i in range(n):
            out[i] = f.exponential(clock_of(c, step, i), p0, p1, p2, False)
    elif shape == EXPONENTIAL:
        for i in range(n):
            out[i] = f.exponential(clock_of(c, step, i), p0, p1, p2, True)
    elif shape == EDEN and f.is_steep(p2):
        for i in range(n):
            out[i] = f.eden(clock_of(c, step, i), p0, p1, p2, True)
    elif shape == EDEN:
        for i in range(n):
            out[i] = f.eden(clock_of(c, step, i), p0, p1, p2, False)
    else:
        _run_of_long_curve(words, row, lane, c, step, out)


@kernel
def _run_of_folded_cosine(length: float, lo: float, hi: float, c: float, out: Any) -> None:
    """Where step i and step fold - i are both asked for they are twins, as far from one end as from
    the other: one rise serves both. What is left over stands before them, between them and after
    them.
    """
    size, n = abs(length), out.size
    fold = int(size - 2.0 * c)
    begin, middle = max(fold - n + 1, 0), (fold + 1) // 2
    if middle <= begin:
        _run_from_both_ends(COSINE, length, lo, hi, c, 1.0, out)
        return
    end, left = fold + 1 - begin, fold + 1 - middle
    _run_from_both_ends(COSINE, length, lo, hi, c, 1.0, out[:begin])
    _run_of_twins(length > 0.0, size, lo, hi, c + begin, out[begin:middle], out[left:end])
    _run_from_both_ends(COSINE, length, lo, hi, c + middle, 1.0, out[middle:left])
    _run_from_both_ends(COSINE, length, lo, hi, c + end, 1.0, out[end:])


@kernel
def _run_of_twins(
    falls: bool, size: float, lo: float, hi: float, x: float, early: Any, late: Any
) -> None:
    """Steps x, x+1, ... from the first level, and as far from the last, which come in the
    opposite order.
    """
    n, first, last, sign = (
        early.size,
        hi if falls else lo,
        lo if falls else hi,
        -1.0 if falls else 1.0,
    )
    wide = size > f.WIDE
    unit, slope, slope_low = f.cosine_slope(size, lo, hi, wide)
    # a signed index might count from the end
    slope, slope_low, at_last = sign * slope, sign * slope_low, np.uint64(n - 1)
    if wide:
        for i in range(n):
            rise = f.cosine_rise(clock_of(x, 1.0, i), unit, slope, slope_low, True)
            early[i] = f.kept_by_middle(first + rise, falls, lo, hi)
            late[at_last - np.uint64(i)] = f.kept_by_middle(last - rise, not falls, lo, hi)
    else:
        for i in range(n):
            rise = f.cosine_rise(clock_of(x, 1.0, i), unit, slope, slope_low, False)
            early[i] = first + rise
            late[at_last - np.uint64(i)] = last - rise


@kernel
def _run_from_both_ends(
    shape: int, length: float, lo: float, hi: float, c: float, step: float, out: Any
) -> None:
    """First the steps nearer to the first level, then those nearer to the last."""
    size, falls = abs(length), length > 0.0
    turn = size * (f.SQUARE_TURN if shape == SQUARE else f.TURN)
    early = min(max(math.floor((turn - c) / step) + 1, 0), out.size)
    before, after, x = out[:early], out[early:], size - (c + step * early)
    if size > f.WIDE:
        _run_from_far_end(shape, True, falls, size, lo, hi, c, step, before)
        _run_from_far_end(shape, False, not falls, size, lo, hi, x, -step, after)
    else:
        _run_from_end(shape, True, falls, size, lo, hi, c, step, before)
        _run_from_end(shape, False, not falls, size, lo, hi, x, -step, after)


@kernel
def _run_from_end(
    shape: int,
    early: bool,
    high: bool,
    size: float,
    lo: float,
    hi: float,
    x: float,
    step: float,
    out: Any,
) -> None:
    """Steps that are x, x+step, ... from the end whose level is ``hi`` or ``lo``."""
    n, level, sign = out.size, hi if high else lo, -1.0 if high else 1.0
    if shape == COSINE:
        unit, slope, slope_low = f.cosine_slope(size, lo, hi, False)
        slope, slope_low = sign * slope, sign * slope_low
        for i in range(n):
            out[i] = level + f.cosine_rise(clock_of(x, step, i), unit, slope, slope_low, False)
        return
    slope, slope_low = (
        f.linear_slope(size, lo, hi) if shape == LINEAR else f.square_slope(size, lo, hi, False)
    )
    slope, slope_low = sign * slope, sign * slope_low
    if shape == LINEAR:
        for i in range(n):
            out[i] = level + f.linear_rise(clock_of(x, step, i), slope, slope_low)
    elif early:
        for i in range(n):
            a = clock_of(x, step, i)
            out[i] = level + f.square_rise(a, 2.0 * size - a, slope, slope_low, False)
    else:
        for i in range(n):
            a = clock_of(x, step, i)
            out[i] = level + f.square_rise(a, a, slope, slope_low, False)


@kernel
def _run_from_far_end(
    shape: int,
    early: bool,
    high: bool,
    size: float,
    lo: float,
    hi: float,
    x: float,
    step: float,
    out: Any,
) -> None:
    """The same of a wide row, in which rates are kept from passing the middle."""
    n, level, sign = out.size, hi if high else lo, -1.0 if high else 1.0
    if shape == COSINE:
        unit, slope, slope_low = f.cosine_slope(size, lo, hi, True)
        slope, slope_low = sign * slope, sign * slope_low
        for i in range(n):
            rate = level + f.cosine_rise(clock_of(x, step, i), unit, slope, slope_low, True)
            out[i] = f.kept_by_middle(rate, high, lo, hi)
        return
    slope, slope_low = (
        f.linear_slope(size, lo, hi) if shape == LINEAR else f.square_slope(size, lo, hi, True)
    )
    slope, slope_low = sign * slope, sign * slope_low
    for i in range(n):
        a = clock_of(x, step, i)
        line = f.linear_rise(a, slope, slope_low)
        rise = (
            line
            if shape == LINEAR
            else f.square_rise(a, 2.0 * size - a if early else a, slope, slope_low, True)
        )
        out[i] = f.kept_by_middle(level + rise, high, lo, hi)


@kernel
def _run_of_long_curve(words: Any, row: int, lane: int, c: float, step: float, out: Any) -> None:
    """The shapes of four fields and more."""
    n, shape = out.size, int(words[row])
    p0, p1 = field(words, row, 0, lane), field(words, row, 1, lane)
    p2, p3 = field(words, row, 2, lane), field(words, row, 3, lane)
    if shape == POWER:
        _run_of_power(
            abs(p0), p1, p2, p3, abs(p0) - c if p0 > 0.0 else c, -step if p0 > 0.0 else step, out
        )
    elif shape == STAIRCASE and p1 < SHORT * step:
        for i in range(n):
            out[i] = f.staircase(clock_of(c, step, i), p0, p1, p2, p3)
    elif shape == STAIRCASE:
        _run_of_stairs(c, step, p0, p1, p2, p3, out)
    elif shape == RECIPROCAL:
        for i in range(n):
            out[i] = f.reciprocal(clock_of(c, step, i), p0, p1, p2, p3)
    elif shape == REX:
        for i in range(n):
            out[i] = f.rex(clock_of(c, step, i), p0, p1, p2, p3)
    elif shape == SAMPLED:
        for i in range(n):
            out[i] = sample(words, clock_of(c, step, i), p0, p1, p2, p3)
    else:
        _run_of_longest_curve(words, row, lane, c, step, out)


@kernel
def _run_of_power(
    size: float, lo: float, hi: float, q: float, x: float, step: float, out: Any
) -> None:
    """Steps that are x, x+step, ... from the end of the curve that its quotient is taken from."""
    if f.is_steep(q):
        for i in range(out.size):
            out[i] = f.power_kept(clock_of(x, step, i), size, lo, hi, q, True, True)
    elif q > 0.0 and size <= f.SLOW:
        for i in range(out.size):
            out[i] = f.power_kept(clock_of(x, step, i), size, lo, hi, q, False, False)
    elif q > 0.0:
        for i in range(out.size):
            out[i] = f.power_kept(clock_of(x, step, i), size, lo, hi, q, True, False)
    else:
        for i in range(out.size):
            out[i] = f.power_lost(clock_of(x, step, i), size, lo, hi, q)


@kernel
def _run_of_cosine_power(
    length: float, lo: float, hi: float, x: float, k: float, c: float, step: float, out: Any
) -> None:
    if not f.is_sharp(x, k):
        for i in range(out.size):
            out[i] = f.cosine_power(clock_of(c, step, i), length, lo, hi, x, k, False)
    elif k == 1.0:
        for i in range(out.size):
            out[i] = f.cosine_power(clock_of(c, step, i), length, lo, hi, x, 1.0, True)
    else:
        for i in range(out.size):
            out[i] = f.cosine_power(clock_of(c, step, i), length, lo, hi, x, k, True)


@kernel
def _run_of_longest_curve(words: Any, row: int, lane: int, c: float, step: float, out: Any) -> None:
    """The shapes of five fields and six."""
    n, shape = out.size, int(words[row])
    p0, p1, p2 = field(words, row, 0, lane), field(words, row, 1, lane), field(words, row, 2, lane)
    p3, p4 = field(words, row, 3, lane), field(words, row, 4, lane)
    if shape == COSINE_POWER:
        _run_of_cosine_power(p0, p1, p2, p3, p4, c, step, out)
    elif shape == INVERSE and f.is_steep(p4):
        for i in range(n):
            out[i] = f.inverse(clock_of(c, step, i), p0, p1, p2, p3, p4, True)
    elif shape == INVERSE:
        for i in range(n):
            out[i] = f.inverse(clock_of(c, step, i), p0, p1, p2, p3, p4, False)
    elif shape == LOGARITHMIC:
        for i in range(n):
            out[i] = f.logarithmic(clock_of(c, step, i), p0, p1, p2, p3, p4)
    elif shape == AFFINE_EXPONENTIAL:
        for i in range(n):
            out[i] = f.affine_exponential(clock_of(c, step, i), p0, p1, p2, p3, p4)
    else:
        p5 = field(words, row, 5, lane)
        for i in range(n):
            out[i] = f.tanh(clock_of(c, step, i), p0, p1, p2, p3, p4, p5)


@kernel
def _run_of_stairs(
    c: float, step: float, a: float, every: float, k: float, k_low: float, out: Any
) -> None:
    """A staircase, a stair at a time."""
    i = 0
    while i < out.size:
        turn = f.whole_periods(c + step * i, every)
        n = steps_before((turn + 1.0) * every, c + step * i, step, out.size - i)
        part, rate = out[i : i + n], f.exponential(turn, a, k, k_low, True)
        for j in range(n):
            part[j] = rate
        i += n


@inlined
def _is_long_and_flat(words: Any, row: int, lane: int, step: float) -> bool:
    """Whether a loop's periods are long enough for runs, and made of curves alone."""
    flat = field(words, row, 0, lane) >= SHORT * step
    for k in range(int(words[row + 4])):
        flat = flat and int(words[int(words[row + 3]) + ROW * k]) < LOOP
    return flat


@kernel
def _run_of_loop(words: Any, row: int, lane: int, c: float, step: float, out: Any) -> None:
    """A loop of curves: each period a row at a time.

    Where it shrinks, in blocks that stay in the cache between two passes.
    """
    at, count = int(words[row + 3]), int(words[row + 4])
    period, last = field(words, row, 0, lane), field(words, row, 1, lane) - 1.0
    k, k_low, floor = (
        field(words, row, 2, lane),
        field(words, row, 3, lane),
        field(words, row, 4, lane),
    )
    i = 0
    while i < out.size:
        turn, clock = place_in_loop(words, row, lane, c + step * i)
        n = out.size - i if k == 0.0 else min(out.size - i, BLOCK)
        if turn < last:
            n = steps_before(period, clock, step, n)
        inner = row_at(words, at, count, lane, clock)
        inner, n = _next_run(words, at, count, lane, inner, clock, step, n)
        curve = at + ROW * inner
        part = out[i : i + n]
        _run_of_curve(words, curve, lane, clock - start(words, curve, lane), step, part)
        if k != 0.0:
            kept, lost = f.share_of_scale(turn, k, k_low)
            for j in range(n):
                part[j] = f.shrunk(part[j], kept, lost, floor)
        i += n


@kernel
def _run_of_landings(words: Any, row: int, lane: int, c: float, step: float, out: Any) -> None:
    """A clock that stands still for long: the rate where it does, each once, spread over its
    steps.
    """
    size, begin, every, i = block_of(words), start(words, row, lane), field(words, row, 2, lane), 0
    rates = np.empty(size)
    last = f.whole_periods(c + step * (out.size - 1), every)
    while i < out.size:
        turn = f.whole_periods(c + step * i, every)
        n = int(min(last - turn + 1.0, float(size)))
        _run_of_clocks(words, row, lane, begin + turn * every, every, rates[:n])
        for j in range(n):
            stop = i + steps_before((turn + j + 1.0) * every, c + step * i, step, out.size - i)
            out[i:stop] = rates[j]
            i = stop


@kernel
def _run_of_clocks(words: Any, row: int, lane: int, c: float, step: float, out: Any) -> None:
    """Any row, as so many clocks of one lane."""
    size = block_of(words)
    clocks, scratch = np.empty(size), np.empty((SCRATCH, size))
    for i in range(0, out.size, size):
        n = min(size, out.size - i)
        for j in range(n):
            clocks[j] = clock_of(c + step * i, step, j)
        lanes_at(words, row, 1, lane, 0, clocks[:n], out[i : i + n], scratch, 0)
