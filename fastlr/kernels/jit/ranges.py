"""One lane over a run of evenly spaced steps, segment by segment. Each curve has a loop of its own,
at the machine's full width.
"""

import math
from typing import Any

import numpy as np

from fastlr.kernels.jit import formulas as f
from fastlr.kernels.jit import opcode_numbers
from fastlr.kernels.jit.arithmetic import fma
from fastlr.kernels.jit.blocks import BLOCK, SCRATCH, block_of, lanes_at
from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.kernels.jit.segments import (
    field,
    place_in_loop,
    rate_of,
    sample,
    segment_in_force,
    start,
)
from fastlr.program.opcodes import LAST_STEP, ROW

__all__ = ["steps_of"]

LONGEST = 2**31 - 1  # steps of a run, which a 32-bit count must number
SHORT = 64.0  # steps: shorter periods are evaluated in blocks, not as runs


@kernel
def steps_of(buffer: Any, at: int, count: int, lane: int, c: float, step: float, out: Any) -> None:
    """One lane of some segments at steps c, c+step, ... into ``out`` (float64, contiguous)."""
    i, k = 0, segment_in_force(buffer, at, count, lane, c)
    while i < out.size:
        k, n = _next_run(buffer, at, count, lane, k, c + step * i, step, out.size - i)
        segment = at + ROW * k
        part, opcode = out[i : i + n], int(buffer[segment])
        local = c + step * i - start(buffer, segment, lane)
        if opcode < opcode_numbers.LOOP:
            _run_of_curve(buffer, segment, lane, local, step, part)
        elif opcode == opcode_numbers.CLOCK and field(buffer, segment, 1, lane) == 0.0:
            part[:] = rate_of(buffer, segment, 1, lane, start(buffer, segment, lane))
        elif opcode == opcode_numbers.LOOP and _is_long_and_flat(buffer, segment, lane, step):
            _run_of_loop(buffer, segment, lane, local, step, part)
        elif opcode == opcode_numbers.CLOCK and field(buffer, segment, 2, lane) >= SHORT * step:
            _run_of_landings(buffer, segment, lane, local, step, part)
        else:
            _run_of_single_steps(buffer, segment, lane, c + step * i, step, part)
        i += n


@inlined
def _next_run(
    buffer: Any, at: int, count: int, lane: int, k: int, c: float, step: float, most: int
) -> tuple[int, int]:
    """The segment in force at step c, from segment k on, and for how many steps it is."""
    while k + 1 < count and start(buffer, at + ROW * (k + 1), lane) <= c:
        k += 1
    n = min(most, LONGEST)
    if k + 1 < count:
        n = steps_before(start(buffer, at + ROW * (k + 1), lane), c, step, n)
    return k, n


@inlined
def steps_before(limit: float, c: float, step: float, most: int) -> int:
    """How many of the steps c, c+step, ... come before ``limit``: from 1 to ``most``."""
    return int(min(max(math.ceil((limit - c) / step), 1.0), float(most)))


@inlined
def step_of(c: float, step: float, i: int) -> float:
    """The i-th step of a run. A 32-bit count converts to float64 at full vector width."""
    return fma(step, float(np.int32(i)), c)


@kernel
def _run_of_curve(buffer: Any, segment: int, lane: int, c: float, step: float, out: Any) -> None:
    """A curve of one lane over a run of steps from its start: one loop per opcode, with the
    fields in registers.
    """
    n, opcode = out.size, int(buffer[segment])
    p0 = field(buffer, segment, 0, lane)
    if opcode == opcode_numbers.CONSTANT:
        for i in range(n):
            out[i] = p0
        return
    if abs(p0) > LAST_STEP and opcode in (
        opcode_numbers.LINEAR,
        opcode_numbers.SQUARE,
        opcode_numbers.COSINE,
        opcode_numbers.POWER,
    ):
        # Of a stretched period, whose end lies past 2^53: distances from there are no exact
        # integers.
        _run_of_single_steps(buffer, segment, lane, c + start(buffer, segment, lane), step, out)
        return
    p1, p2 = field(buffer, segment, 1, lane), field(buffer, segment, 2, lane)
    if opcode == opcode_numbers.COSINE and step == 1.0:
        _run_of_folded_cosine(p0, p1, p2, c, out)
    elif opcode in (opcode_numbers.LINEAR, opcode_numbers.SQUARE, opcode_numbers.COSINE):
        _run_from_both_ends(opcode, p0, p1, p2, c, step, out)
    elif opcode == opcode_numbers.EXPONENTIAL and f.is_plain(c + step * n, p1):
        for i in range(n):
            out[i] = f.exponential(step_of(c, step, i), p0, p1, p2, False)
    elif opcode == opcode_numbers.EXPONENTIAL:
        for i in range(n):
            out[i] = f.exponential(step_of(c, step, i), p0, p1, p2, True)
    elif opcode == opcode_numbers.EDEN and f.is_steep(p2):
        for i in range(n):
            out[i] = f.eden(step_of(c, step, i), p0, p1, p2, True)
    elif opcode == opcode_numbers.EDEN:
        for i in range(n):
            out[i] = f.eden(step_of(c, step, i), p0, p1, p2, False)
    else:
        _run_of_long_curve(buffer, segment, lane, c, step, out)


@kernel
def _run_of_folded_cosine(length: float, lo: float, hi: float, c: float, out: Any) -> None:
    """Steps i and fold - i are twins: equally far from their ends.

    If the run contains both, one rise serves both. Other steps come before, between and after the
    twins.
    """
    size, n = abs(length), out.size
    fold = int(size - 2.0 * c)
    begin, middle = max(fold - n + 1, 0), (fold + 1) // 2
    if middle <= begin:
        _run_from_both_ends(opcode_numbers.COSINE, length, lo, hi, c, 1.0, out)
        return
    end, left = fold + 1 - begin, fold + 1 - middle
    _run_from_both_ends(opcode_numbers.COSINE, length, lo, hi, c, 1.0, out[:begin])
    _run_of_twins(length > 0.0, size, lo, hi, c + begin, out[begin:middle], out[left:end])
    _run_from_both_ends(opcode_numbers.COSINE, length, lo, hi, c + middle, 1.0, out[middle:left])
    _run_from_both_ends(opcode_numbers.COSINE, length, lo, hi, c + end, 1.0, out[end:])


@kernel
def _run_of_twins(
    falls: bool, size: float, lo: float, hi: float, x: float, early: Any, late: Any
) -> None:
    """Steps x, x+1, ... from the first level, and the steps equally far from the last, which come
    in the opposite order.
    """
    n, first, last, sign = (
        early.size,
        hi if falls else lo,
        lo if falls else hi,
        -1.0 if falls else 1.0,
    )
    wide = size > f.WIDE
    unit, slope, slope_low = f.cosine_slope(size, lo, hi, wide)
    # unsigned: Numba would check whether a signed index counts from the end
    slope, slope_low, at_last = sign * slope, sign * slope_low, np.uint64(n - 1)
    if wide:
        for i in range(n):
            rise = f.cosine_rise(step_of(x, 1.0, i), unit, slope, slope_low, True)
            early[i] = f.kept_by_middle(first + rise, falls, lo, hi)
            late[at_last - np.uint64(i)] = f.kept_by_middle(last - rise, not falls, lo, hi)
    else:
        for i in range(n):
            rise = f.cosine_rise(step_of(x, 1.0, i), unit, slope, slope_low, False)
            early[i] = first + rise
            late[at_last - np.uint64(i)] = last - rise


@kernel
def _run_from_both_ends(
    opcode: int, length: float, lo: float, hi: float, c: float, step: float, out: Any
) -> None:
    """The steps nearer to the first level, then the steps nearer to the last."""
    size, falls = abs(length), length > 0.0
    turn = size * (f.SQUARE_TURN if opcode == opcode_numbers.SQUARE else f.TURN)
    early = min(max(math.floor((turn - c) / step) + 1, 0), out.size)
    before, after, x = out[:early], out[early:], size - (c + step * early)
    if size > f.WIDE:
        _run_from_far_end(opcode, True, falls, size, lo, hi, c, step, before)
        _run_from_far_end(opcode, False, not falls, size, lo, hi, x, -step, after)
    else:
        _run_from_end(opcode, True, falls, size, lo, hi, c, step, before)
        _run_from_end(opcode, False, not falls, size, lo, hi, x, -step, after)


@kernel
def _run_from_end(
    opcode: int,
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
    if opcode == opcode_numbers.COSINE:
        unit, slope, slope_low = f.cosine_slope(size, lo, hi, False)
        slope, slope_low = sign * slope, sign * slope_low
        for i in range(n):
            out[i] = level + f.cosine_rise(step_of(x, step, i), unit, slope, slope_low, False)
        return
    slope, slope_low = (
        f.linear_slope(size, lo, hi)
        if opcode == opcode_numbers.LINEAR
        else f.square_slope(size, lo, hi, False)
    )
    slope, slope_low = sign * slope, sign * slope_low
    if opcode == opcode_numbers.LINEAR:
        for i in range(n):
            out[i] = level + f.linear_rise(step_of(x, step, i), slope, slope_low)
    elif early:
        for i in range(n):
            a = step_of(x, step, i)
            out[i] = level + f.square_rise(a, 2.0 * size - a, slope, slope_low, False)
    else:
        for i in range(n):
            a = step_of(x, step, i)
            out[i] = level + f.square_rise(a, a, slope, slope_low, False)


@kernel
def _run_from_far_end(
    opcode: int,
    early: bool,
    high: bool,
    size: float,
    lo: float,
    hi: float,
    x: float,
    step: float,
    out: Any,
) -> None:
    """The same for a wide segment, whose rates are clipped at the middle."""
    n, level, sign = out.size, hi if high else lo, -1.0 if high else 1.0
    if opcode == opcode_numbers.COSINE:
        unit, slope, slope_low = f.cosine_slope(size, lo, hi, True)
        slope, slope_low = sign * slope, sign * slope_low
        for i in range(n):
            rate = level + f.cosine_rise(step_of(x, step, i), unit, slope, slope_low, True)
            out[i] = f.kept_by_middle(rate, high, lo, hi)
        return
    slope, slope_low = (
        f.linear_slope(size, lo, hi)
        if opcode == opcode_numbers.LINEAR
        else f.square_slope(size, lo, hi, True)
    )
    slope, slope_low = sign * slope, sign * slope_low
    for i in range(n):
        a = step_of(x, step, i)
        line = f.linear_rise(a, slope, slope_low)
        rise = (
            line
            if opcode == opcode_numbers.LINEAR
            else f.square_rise(a, 2.0 * size - a if early else a, slope, slope_low, True)
        )
        out[i] = f.kept_by_middle(level + rise, high, lo, hi)


@kernel
def _run_of_long_curve(
    buffer: Any, segment: int, lane: int, c: float, step: float, out: Any
) -> None:
    """The curves of four fields and more."""
    n, opcode = out.size, int(buffer[segment])
    p0, p1 = field(buffer, segment, 0, lane), field(buffer, segment, 1, lane)
    p2, p3 = field(buffer, segment, 2, lane), field(buffer, segment, 3, lane)
    if opcode == opcode_numbers.POWER:
        _run_of_power(
            abs(p0), p1, p2, p3, abs(p0) - c if p0 > 0.0 else c, -step if p0 > 0.0 else step, out
        )
    elif opcode == opcode_numbers.STAIRCASE and p1 < SHORT * step:
        for i in range(n):
            out[i] = f.staircase(step_of(c, step, i), p0, p1, p2, p3)
    elif opcode == opcode_numbers.STAIRCASE:
        _run_of_stairs(c, step, p0, p1, p2, p3, out)
    elif opcode == opcode_numbers.RECIPROCAL:
        for i in range(n):
            out[i] = f.reciprocal(step_of(c, step, i), p0, p1, p2, p3)
    elif opcode == opcode_numbers.REX:
        for i in range(n):
            out[i] = f.rex(step_of(c, step, i), p0, p1, p2, p3)
    elif opcode == opcode_numbers.SAMPLED:
        for i in range(n):
            out[i] = sample(buffer, step_of(c, step, i), p0, p1, p2, p3)
    else:
        _run_of_longest_curve(buffer, segment, lane, c, step, out)


@kernel
def _run_of_power(
    size: float, lo: float, hi: float, q: float, x: float, step: float, out: Any
) -> None:
    """Steps x, x+step, ... from the end at which the power's base is 0."""
    if f.is_steep(q):
        for i in range(out.size):
            out[i] = f.power_kept(step_of(x, step, i), size, lo, hi, q, True, True)
    elif q > 0.0 and size <= f.SLOW:
        for i in range(out.size):
            out[i] = f.power_kept(step_of(x, step, i), size, lo, hi, q, False, False)
    elif q > 0.0:
        for i in range(out.size):
            out[i] = f.power_kept(step_of(x, step, i), size, lo, hi, q, True, False)
    else:
        for i in range(out.size):
            out[i] = f.power_lost(step_of(x, step, i), size, lo, hi, q)


@kernel
def _run_of_cosine_power(
    length: float, lo: float, hi: float, x: float, k: float, c: float, step: float, out: Any
) -> None:
    if not f.is_sharp(x, k):
        for i in range(out.size):
            out[i] = f.cosine_power(step_of(c, step, i), length, lo, hi, x, k, False)
    elif k == 1.0:
        for i in range(out.size):
            out[i] = f.cosine_power(step_of(c, step, i), length, lo, hi, x, 1.0, True)
    else:
        for i in range(out.size):
            out[i] = f.cosine_power(step_of(c, step, i), length, lo, hi, x, k, True)


@kernel
def _run_of_longest_curve(
    buffer: Any, segment: int, lane: int, c: float, step: float, out: Any
) -> None:
    """The curves of five and six fields; NaN for an opcode that is no curve."""
    n, opcode = out.size, int(buffer[segment])
    p0, p1, p2 = (
        field(buffer, segment, 0, lane),
        field(buffer, segment, 1, lane),
        field(buffer, segment, 2, lane),
    )
    p3, p4 = field(buffer, segment, 3, lane), field(buffer, segment, 4, lane)
    if opcode == opcode_numbers.COSINE_POWER:
        _run_of_cosine_power(p0, p1, p2, p3, p4, c, step, out)
    elif opcode == opcode_numbers.INVERSE and f.is_steep(p4):
        for i in range(n):
            out[i] = f.inverse(step_of(c, step, i), p0, p1, p2, p3, p4, True)
    elif opcode == opcode_numbers.INVERSE:
        for i in range(n):
            out[i] = f.inverse(step_of(c, step, i), p0, p1, p2, p3, p4, False)
    elif opcode == opcode_numbers.LOGARITHMIC:
        for i in range(n):
            out[i] = f.logarithmic(step_of(c, step, i), p0, p1, p2, p3, p4)
    elif opcode == opcode_numbers.AFFINE_EXPONENTIAL:
        for i in range(n):
            out[i] = f.affine_exponential(step_of(c, step, i), p0, p1, p2, p3, p4)
    elif opcode == opcode_numbers.TANH:
        p5 = field(buffer, segment, 5, lane)
        for i in range(n):
            out[i] = f.tanh(step_of(c, step, i), p0, p1, p2, p3, p4, p5)
    else:
        out[:] = np.nan


@kernel
def _run_of_stairs(
    c: float, step: float, a: float, every: float, k: float, k_low: float, out: Any
) -> None:
    """A staircase, stair by stair."""
    i = 0
    while i < out.size:
        turn = f.whole_periods(c + step * i, every)
        n = steps_before((turn + 1.0) * every, c + step * i, step, out.size - i)
        part, rate = out[i : i + n], f.exponential(turn, a, k, k_low, True)
        for j in range(n):
            part[j] = rate
        i += n


@inlined
def _is_long_and_flat(buffer: Any, segment: int, lane: int, step: float) -> bool:
    """Whether a loop's periods are long enough for runs, and made of curves alone."""
    flat = field(buffer, segment, 0, lane) >= SHORT * step
    for k in range(int(buffer[segment + 4])):
        flat = flat and int(buffer[int(buffer[segment + 3]) + ROW * k]) < opcode_numbers.LOOP
    return flat


@kernel
def _run_of_loop(buffer: Any, segment: int, lane: int, c: float, step: float, out: Any) -> None:
    """A loop of curves, period by period and segment by segment.

    A loop that shrinks goes in blocks, which stay in the cache between two passes.
    """
    at, count = int(buffer[segment + 3]), int(buffer[segment + 4])
    period, last = field(buffer, segment, 0, lane), field(buffer, segment, 1, lane) - 1.0
    k, k_low, floor = (
        field(buffer, segment, 2, lane),
        field(buffer, segment, 3, lane),
        field(buffer, segment, 4, lane),
    )
    i = 0
    while i < out.size:
        turn, local = place_in_loop(buffer, segment, lane, c + step * i)
        n = out.size - i if k == 0.0 else min(out.size - i, BLOCK)
        if turn < last:
            n = steps_before(period, local, step, n)
        inner = segment_in_force(buffer, at, count, lane, local)
        inner, n = _next_run(buffer, at, count, lane, inner, local, step, n)
        curve = at + ROW * inner
        part = out[i : i + n]
        _run_of_curve(buffer, curve, lane, local - start(buffer, curve, lane), step, part)
        if k != 0.0:
            kept, lost = f.share_of_scale(turn, k, k_low)
            for j in range(n):
                part[j] = f.shrunk(part[j], kept, lost, floor)
        i += n


@kernel
def _run_of_landings(buffer: Any, segment: int, lane: int, c: float, step: float, out: Any) -> None:
    """A time map that stands still for many steps: each rate is evaluated once and repeated."""
    size, begin, every, i = (
        block_of(buffer),
        start(buffer, segment, lane),
        field(buffer, segment, 2, lane),
        0,
    )
    rates = np.empty(size)
    last = f.whole_periods(c + step * (out.size - 1), every)
    while i < out.size:
        turn = f.whole_periods(c + step * i, every)
        n = int(min(last - turn + 1.0, float(size)))
        _run_of_single_steps(buffer, segment, lane, begin + turn * every, every, rates[:n])
        for j in range(n):
            stop = i + steps_before((turn + j + 1.0) * every, c + step * i, step, out.size - i)
            out[i:stop] = rates[j]
            i = stop


@kernel
def _run_of_single_steps(
    buffer: Any, segment: int, lane: int, c: float, step: float, out: Any
) -> None:
    """Any segment, in blocks of steps of one lane."""
    size = block_of(buffer)
    steps, scratch = np.empty(size), np.empty((SCRATCH, size))
    for i in range(0, out.size, size):
        n = min(size, out.size - i)
        for j in range(n):
            steps[j] = step_of(c + step * i, step, j)
        lanes_at(buffer, segment, 1, lane, 0, steps[:n], out[i : i + n], scratch, 0)
