"""Runs of lines, squares and cosines: evenly spaced steps of one lane, measured from both ends.

Steps are integers, so sums of them are exact. A loop adds to its first step the distances of a
table, which takes less time than to convert and multiply the number of each step. Without wide
lengths the squares of steps are exact too, and each follows from an earlier one by two additions.

``x``, ``x + by``, ... are steps counted from an end, ``level`` is the rate there, and the sign of
``slope`` and ``slope_low`` says whether rates rise from it. The functions of
``lines_and_cosines.py`` describe the rest.
"""

import math
from typing import Any

from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.kernel_table import instance
from fastlr.kernels.jit.lines_and_cosines import (
    SQUARE_TURN,
    TURN,
    cosine_rise,
    cosine_slope,
    kept_by_middle,
    linear_rise,
    linear_slope,
    middle_rate,
    square_rise,
    square_slope,
)
from fastlr.kernels.jit.pointers import apart, on_stack, plus
from fastlr.kernels.jit.ranges import step_of

__all__ = [
    "write_cosine",
    "write_line",
    "write_square",
    "write_wide_cosine",
    "write_wide_line",
    "write_wide_square",
]

AT_ONCE = 256  # steps that one table serves: 2 KiB
_table_on_stack = on_stack(AT_ONCE)

# each instance of a template has its own: whether lengths are wide, and what writes a cosine's
# steps from one end. Numba leaves out a branch that ARE_WIDE never takes before it compiles it
ARE_WIDE: bool = False
RUN: Any = None


@inlined
def _early(turn: float, c: float, step: float, n: int) -> int:
    """How many steps are nearer to the first level than to the last."""
    return int(min(max(math.floor((turn - c) / step) + 1.0, 0.0), float(n)))


@inlined
def _ends(length: float, lo: float, hi: float) -> tuple[float, float, float]:
    """The first and the last level, and the sign of the rise between them."""
    return (hi, lo, -1.0) if length > 0.0 else (lo, hi, 1.0)


@inlined
def _distances(by: float, n: int) -> Any:
    """The distances of n steps from the first of them, as many as a table holds."""
    ahead = _table_on_stack()
    for j in range(min(n, AT_ONCE)):
        ahead[j] = step_of(0.0, by, j)
    return ahead


@inlined
def _squares(x: float, by: float, n: int) -> Any:
    """The squares of n steps, as many as a table holds, and what each grows by to the next."""
    squares, growth, stride = _table_on_stack(), _table_on_stack(), by * AT_ONCE
    for j in range(min(n, AT_ONCE)):
        at = step_of(x, by, j)
        squares[j] = at * at
        growth[j] = 2.0 * at * stride + stride * stride
    return squares, growth, 2.0 * stride * stride


def _line(length: float, lo: float, hi: float, c: float, step: float, n: int, out: Any) -> None:
    """The steps nearer to the first level, then the steps nearer to the last.

    The latter are counted backwards from the last level, so one loop serves both.
    """
    size, high = abs(length), length > 0.0
    middle = middle_rate(lo, hi) if ARE_WIDE else math.nan
    first, last, sign = _ends(length, lo, hi)
    slope, slope_low = linear_slope(size, lo, hi)
    slope, slope_low, early = sign * slope, sign * slope_low, _early(TURN * size, c, step, n)
    ahead = _distances(step, n)
    for part in range(2):
        begin, end, level, origin = (0, early, first, 0.0) if part == 0 else (early, n, last, size)
        near = high if part == 0 else not high
        for done in range(begin, end, AT_ONCE):
            base, to = c + step * done - origin, plus(out, done)
            for j in range(min(AT_ONCE, end - done)):
                rate = level + linear_rise(base + ahead[j], slope, slope_low)
                to[j] = kept_by_middle(rate, near, middle) if ARE_WIDE else rate


def _square(length: float, lo: float, hi: float, c: float, step: float, n: int, out: Any) -> None:
    """The same. From the first level a square is the product of two distances."""
    size, high = abs(length), length > 0.0
    middle = middle_rate(lo, hi) if ARE_WIDE else math.nan
    first, last, sign = _ends(length, lo, hi)
    slope, slope_low = square_slope(size, lo, hi, ARE_WIDE)
    slope, slope_low = sign * slope, sign * slope_low
    early = _early(SQUARE_TURN * size, c, step, n)
    ahead = _distances(step, n)
    for done in range(0, early, AT_ONCE):
        base, to = c + step * done, plus(out, done)
        for j in range(min(AT_ONCE, early - done)):
            x = base + ahead[j]
            rate = first + square_rise(x, 2.0 * size - x, slope, slope_low, ARE_WIDE)
            to[j] = kept_by_middle(rate, high, middle) if ARE_WIDE else rate
    for done in range(early, n, AT_ONCE):
        base, to = size - (c + step * done), plus(out, done)
        for j in range(min(AT_ONCE, n - done)):
            x = base - ahead[j]
            rate = last + square_rise(x, x, -slope, -slope_low, ARE_WIDE)
            to[j] = kept_by_middle(rate, not high, middle) if ARE_WIDE else rate


@inlined
def _cosine_run(levels: Any, high: bool, middle: float, slopes: Any, x: float, by: float, n: int,
                out: Any, behind: Any, twins: bool) -> None:  # fmt: skip
    """Steps x, x+by, ... from the first of two levels. With ``twins`` also the steps as far from
    the other level, backwards to ``behind``.
    """
    unit, slope, slope_low = slopes
    level, other = levels
    squares, growth, more = _squares(x, by, n)
    for done in range(0, n, AT_ONCE):
        most, to = min(AT_ONCE, n - done), plus(out, done)
        if twins:
            mirrored = plus(behind, n - done - most)
            for j in range(most):
                rise = cosine_rise(0.0, squares[j], unit, slope, slope_low, False)
                squares[j] += growth[j]
                growth[j] += more
                to[j] = level + rise
                mirrored[most - 1 - j] = other - rise
        else:
            for j in range(most):
                to[j] = level + cosine_rise(0.0, squares[j], unit, slope, slope_low, False)
                squares[j] += growth[j]
                growth[j] += more


@inlined
def _wide_cosine_run(levels: Any, high: bool, middle: float, slopes: Any, x: float, by: float,
                     n: int, out: Any, behind: Any, twins: bool) -> None:  # fmt: skip
    """The same where squares are not exact."""
    unit, slope, slope_low = slopes
    level, other = levels
    ahead = _distances(by, n)
    for done in range(0, n, AT_ONCE):
        most, base, to = min(AT_ONCE, n - done), x + by * done, plus(out, done)
        mirrored = plus(behind, n - done - most)
        for j in range(most):
            at = base + ahead[j]
            rise = cosine_rise(at, at * at, unit, slope, slope_low, True)
            to[j] = kept_by_middle(level + rise, high, middle)
            if twins:
                mirrored[most - 1 - j] = kept_by_middle(other - rise, not high, middle)


def _cosine(length: float, lo: float, hi: float, c: float, step: float, n: int,
            out: Any) -> None:  # fmt: skip
    """Steps i and fold - i are twins: equally far from their ends.

    If the run contains both, one rise serves both. Other steps come before, between and after the
    twins.
    """
    size, high = abs(length), length > 0.0
    middle = middle_rate(lo, hi) if ARE_WIDE else math.nan
    first, last, sign = _ends(length, lo, hi)
    unit, slope, slope_low = cosine_slope(size, lo, hi, ARE_WIDE)
    slope, slope_low = sign * slope, sign * slope_low
    early, fold = _early(TURN * size, c, step, n), int(size - 2.0 * c)
    begin = max(fold - n + 1, 0)
    twins = max((fold + 1) // 2 - begin, 0) if step == 1.0 else 0
    before = begin if twins > 0 else early
    behind, rest = apart(out, fold - before - (twins - 1)), early + twins
    # before the twins, the twins, the one between them that is no twin, and from the last level:
    # in one loop, since each call would be compiled on its own
    for part in range(4):
        i, most = (0, before) if part == 0 else (before, twins)
        if part == 2:
            i, most = before + twins, early - before - twins
        levels, near, rise, x, by = (first, last), high, 1.0, c + step * i, step
        if part == 3:
            i, most, x, by = rest, n - rest, size - (c + step * rest), -step
            levels, near, rise = (last, first), not high, -1.0
        RUN(levels, near, middle, (unit, rise * slope, rise * slope_low), x, by, most, plus(out, i),
            behind, part == 1)  # fmt: skip


_SHORT = {"ARE_WIDE": False, "RUN": _cosine_run}
_WIDE = {"ARE_WIDE": True, "RUN": _wide_cosine_run}

write_line = inlined(instance(_line, "short", **_SHORT))
write_square = inlined(instance(_square, "short", **_SHORT))
write_cosine = inlined(instance(_cosine, "short", **_SHORT))
write_wide_line = inlined(instance(_line, "wide", **_WIDE))
write_wide_square = inlined(instance(_square, "wide", **_WIDE))
write_wide_cosine = inlined(instance(_cosine, "wide", **_WIDE))
