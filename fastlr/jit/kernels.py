"""The kernels: one lane over a run of steps, one lane at one step, many lanes at one step.

All read only the program's words; none validates, allocates for its caller or raises. Each evaluates the same inlined
formulas, so each gives the same bits. ``words`` is the program, ``at, count`` a track of it, ``lane`` a lane of its family.
"""

import math
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numpy as np
from numba import njit

from fastlr.jit import formulas as f
from fastlr.jit.arithmetic import Function, inlined
from fastlr.program import FAMILY, HEADER, ROW
from fastlr.shapes import FIELDS_MOST, code

__all__ = ["BLOCK", "kernel", "lanes_at", "rate_of", "rates_at", "steps_of"]

BLOCK = 2048  # steps or lanes at a time: 16 KiB of float64, so that scratch stays in the first cache

CONSTANT, LINEAR, SQUARE, POWER = code("constant"), code("linear"), code("square"), code("power")
COSINE, COSINE_POWER, EXPONENTIAL = code("cosine"), code("cosine_power"), code("exponential")
INVERSE, TANH, REX, SAMPLED = code("inverse"), code("tanh"), code("rex"), code("sampled")
LOOP, DELAY, SCALE = code("loop"), code("delay"), code("scale")
MULTIPLY, ADD, MINIMUM, MAXIMUM = code("multiply"), code("add"), code("minimum"), code("maximum")


def _digest() -> str:
    """Of every source that compiled code is made from."""
    rooms = Path(__file__).parent
    sources = [*sorted(rooms.glob("*.py")), rooms.parent / "program.py", rooms.parent / "shapes.py"]
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


_SOURCES = _digest()


def kernel(function: Function) -> Function:
    """Compile on first use, without the GIL and, where a folder can be written, with a cache on disk.

    Numba's cache notices a change of the file a function stands in, not of those it calls into, and would go on with the
    old arithmetic: so the name under which it is kept carries a digest of all.
    """
    function.__qualname__ += f"-{_SOURCES}"
    options = {"nogil": True, "error_model": "numpy"}
    try:
        return cast(Function, njit(cache=True, **options)(function))
    except RuntimeError:  # Numba found no folder to keep its cache in: a read-only install without a home
        return cast(Function, njit(**options)(function))


@inlined
def _number(words: Any, at: int, lane: int) -> float:
    """A number of a lane: where it stands is at words[at], its stride behind it."""
    number: float = words[int(words[at]) + lane * int(words[at + 1])]
    return number


@inlined
def _start(words: Any, row: int, lane: int) -> float:
    return _number(words, row + 1, lane)


@inlined
def _field(words: Any, row: int, i: int, lane: int) -> float:
    return _number(words, row + 7 + 2 * i, lane)


@inlined
def _row_at(words: Any, at: int, count: int, lane: int, c: float) -> int:
    """The last row whose start is <= c, by bisection."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high + 1) // 2
        if _start(words, at + ROW * middle, lane) <= c:
            low = middle
        else:
            high = middle - 1
    return low


@inlined
def _sample(words: Any, c: float, at: float, every: float, last: float, joined: float) -> float:
    """A table held, or joined by lines that are measured from the smaller of their two ends."""
    i = min(f.whole_periods(c, every), last)
    first: float = words[int(at + i)]
    if joined == 0.0 or i == last:
        return first
    second = words[int(at + i) + 1]
    length = every if first >= second else -every
    return f.linear(c - i * every, length, min(first, second), max(first, second))


@inlined
def _combine(shape: int, a: float, b: float) -> float:
    if shape == MULTIPLY:
        return a * b
    if shape == ADD:
        return a + b
    if shape == MINIMUM:
        return min(a, b)
    return max(a, b)


@inlined
def _curve(words: Any, row: int, shape: int, lane: int, c: float) -> float:
    """A leaf row of one lane at one clock."""
    p0 = _field(words, row, 0, lane)
    if shape == CONSTANT:
        return p0
    p1, p2 = _field(words, row, 1, lane), _field(words, row, 2, lane)
    if shape == COSINE:
        return f.cosine(c, p0, p1, p2)
    if shape == LINEAR:
        return f.linear(c, p0, p1, p2)
    if shape == SQUARE:
        return f.square(c, p0, p1, p2)
    if shape == EXPONENTIAL:
        return f.exponential(c, p0, p1, p2)
    p3 = _field(words, row, 3, lane)
    if shape == POWER:
        return f.power(c, p0, p1, p2, p3)
    if shape == REX:
        return f.rex(c, p0, p1, p2, p3)
    if shape == SAMPLED:
        return _sample(words, c, p0, p1, p2, p3)
    p4 = _field(words, row, 4, lane)
    if shape == COSINE_POWER:
        return f.cosine_power(c, p0, p1, p2, p3, p4)
    if shape == INVERSE:
        return f.inverse(c, p0, p1, p2, p3, p4)
    return f.tanh(c, p0, p1, p2, p3, p4, _field(words, row, 5, lane))


@kernel
def rate_of(words: Any, at: int, count: int, lane: int, c: float) -> float:
    """One lane of a track at one clock."""
    row = at + ROW * _row_at(words, at, count, lane, c)
    c = c - _start(words, row, lane)
    shape = int(words[row])
    if shape < LOOP:
        return _curve(words, row, shape, lane, c)
    inner, inner_count = int(words[row + 3]), int(words[row + 4])
    if shape == DELAY:
        return rate_of(words, inner, inner_count, lane, max(c - _field(words, row, 0, lane), 0.0))
    if shape == SCALE:
        rate = rate_of(words, inner, inner_count, lane, c)
        return f.shrunk(rate, _field(words, row, 0, lane), _field(words, row, 1, lane))
    if shape == LOOP:
        period = _field(words, row, 0, lane)
        i = min(f.whole_periods(c, period), _field(words, row, 1, lane) - 1.0)
        rate = rate_of(words, inner, inner_count, lane, c - i * period)
        scale = f.power_of_scale(i, _field(words, row, 2, lane), _field(words, row, 3, lane))
        return f.shrunk(rate, scale, _field(words, row, 4, lane))
    a = rate_of(words, inner, inner_count, lane, c)
    b = rate_of(words, int(words[row + 5]), int(words[row + 6]), lane, c)
    return _combine(shape, a, b)


@inlined
def _clock(c: float, step: float, i: int) -> float:
    """The clock of the i-th step of a run. A 32-bit count converts to float64 on as many lanes as there are."""
    return c + step * float(np.int32(i))


@kernel
def _run_of_curve(words: Any, row: int, shape: int, lane: int, c: float, step: float, out: Any) -> None:
    """A leaf row of one lane over a run of steps: one loop a shape, its fields held in registers."""
    n = out.size
    p0 = _field(words, row, 0, lane)
    p1 = _field(words, row, 1, lane) if shape != CONSTANT else 0.0
    p2 = _field(words, row, 2, lane) if shape != CONSTANT else 0.0
    p3 = _field(words, row, 3, lane) if shape in (POWER, REX, SAMPLED, COSINE_POWER, INVERSE, TANH) else 0.0
    p4 = _field(words, row, 4, lane) if shape in (COSINE_POWER, INVERSE, TANH) else 0.0
    if shape == CONSTANT:
        for i in range(n):
            out[i] = p0
    elif shape == COSINE:
        for i in range(n):
            out[i] = f.cosine(_clock(c, step, i), p0, p1, p2)
    elif shape == LINEAR:
        for i in range(n):
            out[i] = f.linear(_clock(c, step, i), p0, p1, p2)
    elif shape == SQUARE:
        for i in range(n):
            out[i] = f.square(_clock(c, step, i), p0, p1, p2)
    elif shape == EXPONENTIAL:
        for i in range(n):
            out[i] = f.exponential(_clock(c, step, i), p0, p1, p2)
    elif shape == POWER:
        for i in range(n):
            out[i] = f.power(_clock(c, step, i), p0, p1, p2, p3)
    elif shape == REX:
        for i in range(n):
            out[i] = f.rex(_clock(c, step, i), p0, p1, p2, p3)
    elif shape == SAMPLED:
        for i in range(n):
            out[i] = _sample(words, _clock(c, step, i), p0, p1, p2, p3)
    elif shape == COSINE_POWER:
        for i in range(n):
            out[i] = f.cosine_power(_clock(c, step, i), p0, p1, p2, p3, p4)
    elif shape == INVERSE:
        for i in range(n):
            out[i] = f.inverse(_clock(c, step, i), p0, p1, p2, p3, p4)
    elif shape == TANH:
        p5 = _field(words, row, 5, lane)
        for i in range(n):
            out[i] = f.tanh(_clock(c, step, i), p0, p1, p2, p3, p4, p5)


@inlined
def _steps_before(limit: float, c: float, step: float, most: int) -> int:
    """How many of the clocks c, c+step, ... lie before ``limit``: at least one, at most ``most``."""
    return int(min(max(math.ceil((limit - c) / step), 1.0), float(most)))


@kernel
def steps_of(words: Any, at: int, count: int, lane: int, c: float, step: float, out: Any) -> None:
    """One lane of a track at clocks c, c+step, ... into ``out`` (float64, contiguous, at most BLOCK long)."""
    i, k = 0, _row_at(words, at, count, lane, c)
    while i < out.size:
        here = c + step * i
        while k + 1 < count and _start(words, at + ROW * (k + 1), lane) <= here:
            k += 1
        row = at + ROW * k
        n = out.size - i
        if k + 1 < count:
            n = _steps_before(_start(words, row + ROW, lane), here, step, n)
        part = out[i : i + n]
        here -= _start(words, row, lane)
        i += n
        shape = int(words[row])
        if shape < LOOP:
            _run_of_curve(words, row, shape, lane, here, step, part)
            continue
        inner, inner_count = int(words[row + 3]), int(words[row + 4])
        if shape == SCALE:
            steps_of(words, inner, inner_count, lane, here, step, part)
            _shrink(part, _field(words, row, 0, lane), _field(words, row, 1, lane))
        elif shape == LOOP:
            period, last = _field(words, row, 0, lane), _field(words, row, 1, lane) - 1.0
            scale, scale_low = _field(words, row, 2, lane), _field(words, row, 3, lane)
            floor = _field(words, row, 4, lane)
            j = 0
            while j < n:
                clock = here + step * j
                turn = min(f.whole_periods(clock, period), last)
                m = n - j
                if turn < last:
                    m = _steps_before((turn + 1.0) * period, clock, step, m)
                steps_of(words, inner, inner_count, lane, clock - turn * period, step, part[j : j + m])
                if scale != 0.0:
                    _shrink(part[j : j + m], f.power_of_scale(turn, scale, scale_low), floor)
                j += m
        elif shape == DELAY:
            wait = _field(words, row, 0, lane)
            m = min(_steps_before(wait, here, step, n), n) if here < wait else 0
            if m > 0:
                part[:m] = rate_of(words, inner, inner_count, lane, 0.0)
            if m < n:
                steps_of(words, inner, inner_count, lane, here + step * m - wait, step, part[m:])
        else:
            other = np.empty(n)
            steps_of(words, inner, inner_count, lane, here, step, part)
            steps_of(words, int(words[row + 5]), int(words[row + 6]), lane, here, step, other)
            _merge(shape, part, other)


@kernel
def _shrink(out: Any, factor: float, floor: float) -> None:
    for i in range(out.size):
        out[i] = f.shrunk(out[i], factor, floor)


@kernel
def _merge(shape: int, out: Any, other: Any) -> None:
    """Combine two runs in place; the test of the shape leaves the loop."""
    if shape == MULTIPLY:
        for i in range(out.size):
            out[i] = out[i] * other[i]
    elif shape == ADD:
        for i in range(out.size):
            out[i] = out[i] + other[i]
    elif shape == MINIMUM:
        for i in range(out.size):
            out[i] = min(out[i], other[i])
    else:
        for i in range(out.size):
            out[i] = max(out[i], other[i])


@inlined
def _column(words: Any, at: int, lane: int, stride: int, scratch: Any) -> Any:
    """A number of consecutive lanes, as a view where each has its own, spread out where they share one."""
    n = scratch.size
    own = int(words[at + 1]) * stride
    first = int(words[at]) + lane * int(words[at + 1])
    if own:
        return words[first : first + n]
    scratch[:] = words[first]
    return scratch


@kernel
def _lanes_of_curve(words: Any, row: int, shape: int, lane: int, stride: int, c: Any, out: Any) -> None:
    """A leaf row at a block of clocks, each of its own lane (stride 1) or all of one (stride 0)."""
    n = out.size
    scratch = np.empty((FIELDS_MOST, n))
    p0 = _column(words, row + 7, lane, stride, scratch[0])
    if shape == CONSTANT:
        out[:] = p0
        return
    p1 = _column(words, row + 9, lane, stride, scratch[1])
    p2 = _column(words, row + 11, lane, stride, scratch[2])
    if shape == COSINE:
        for i in range(n):
            out[i] = f.cosine(c[i], p0[i], p1[i], p2[i])
        return
    if shape == LINEAR:
        for i in range(n):
            out[i] = f.linear(c[i], p0[i], p1[i], p2[i])
        return
    if shape == SQUARE:
        for i in range(n):
            out[i] = f.square(c[i], p0[i], p1[i], p2[i])
        return
    if shape == EXPONENTIAL:
        for i in range(n):
            out[i] = f.exponential(c[i], p0[i], p1[i], p2[i])
        return
    p3 = _column(words, row + 13, lane, stride, scratch[3])
    if shape == POWER:
        for i in range(n):
            out[i] = f.power(c[i], p0[i], p1[i], p2[i], p3[i])
        return
    if shape == REX:
        for i in range(n):
            out[i] = f.rex(c[i], p0[i], p1[i], p2[i], p3[i])
        return
    if shape == SAMPLED:
        for i in range(n):
            out[i] = _sample(words, max(c[i], 0.0), p0[i], p1[i], p2[i], p3[i])
        return
    p4 = _column(words, row + 15, lane, stride, scratch[4])
    if shape == COSINE_POWER:
        for i in range(n):
            out[i] = f.cosine_power(c[i], p0[i], p1[i], p2[i], p3[i], p4[i])
        return
    if shape == INVERSE:
        for i in range(n):
            out[i] = f.inverse(c[i], p0[i], p1[i], p2[i], p3[i], p4[i])
        return
    p5 = _column(words, row + 17, lane, stride, scratch[5])
    for i in range(n):
        out[i] = f.tanh(c[i], p0[i], p1[i], p2[i], p3[i], p4[i], p5[i])


@kernel
def _rows_in_force(words: Any, at: int, count: int, lane: int, stride: int, c: Any) -> Any:
    """(first, last): the rows of a track that a block of clocks falls into lie between these two."""
    first, last = count - 1, 0
    for i in range(c.size):
        k = _row_at(words, at, count, lane + i * stride, c[i])
        first, last = min(first, k), max(last, k)
    return first, last


@kernel
def lanes_at(words: Any, at: int, count: int, lane: int, stride: int, c: Any, out: Any) -> None:
    """A track at a block of clocks ``c``: of lanes lane, lane+1, ... (stride 1), or all of one lane (stride 0)."""
    n = out.size
    first, last = (0, 0) if count == 1 else _rows_in_force(words, at, count, lane, stride, c)
    if last > first:  # a seam runs through the block
        for i in range(n):
            out[i] = rate_of(words, at, count, lane + i * stride, c[i])
        return
    row = at + ROW * first
    scratch = np.empty((3, n))
    start = _column(words, row + 1, lane, stride, scratch[0])
    local = scratch[1]
    for i in range(n):
        local[i] = c[i] - start[i]
    shape = int(words[row])
    inner, inner_count = int(words[row + 3]), int(words[row + 4])
    if shape < LOOP:
        _lanes_of_curve(words, row, shape, lane, stride, local, out)
    elif shape == SCALE:
        lanes_at(words, inner, inner_count, lane, stride, local, out)
        factor = _column(words, row + 7, lane, stride, scratch[0])
        floor = _column(words, row + 9, lane, stride, scratch[2])
        for i in range(n):
            out[i] = f.shrunk(out[i], factor[i], floor[i])
    elif shape == DELAY:
        wait = _column(words, row + 7, lane, stride, scratch[0])
        for i in range(n):
            local[i] = max(local[i] - wait[i], 0.0)
        lanes_at(words, inner, inner_count, lane, stride, local, out)
    elif shape == LOOP:
        _lanes_of_loop(words, row, lane, stride, local, scratch[2])
        turn = scratch[2]
        lanes_at(words, inner, inner_count, lane, stride, local, out)
        for i in range(n):
            own = lane + i * stride
            scale = f.power_of_scale(turn[i], _field(words, row, 2, own), _field(words, row, 3, own))
            out[i] = f.shrunk(out[i], scale, _field(words, row, 4, own))
    else:
        other = np.empty(n)
        lanes_at(words, inner, inner_count, lane, stride, local, out)
        lanes_at(words, int(words[row + 5]), int(words[row + 6]), lane, stride, local, other)
        _merge(shape, out, other)


@kernel
def _lanes_of_loop(words: Any, row: int, lane: int, stride: int, c: Any, turn: Any) -> None:
    """Each clock's period number into ``turn``, and its place within the period into ``c``."""
    for i in range(c.size):
        own = lane + i * stride
        period = _field(words, row, 0, own)
        turn[i] = min(f.whole_periods(c[i], period), _field(words, row, 1, own) - 1.0)
        c[i] -= turn[i] * period


@inlined
def _family(words: Any, i: int) -> Any:
    """(lanes, first position or -1, where positions are listed, root track, rows in it)."""
    head = HEADER + FAMILY * i
    return (
        int(words[head]), int(words[head + 1]), int(words[head + 2]), int(words[head + 3]), int(words[head + 4])
    )  # fmt: skip


@kernel
def rates_at(words: Any, t: float, out: Any) -> None:
    """Every lane at step t, into ``out`` (float64, contiguous, one a lane)."""
    clocks, block = np.full(BLOCK, t), np.empty(BLOCK)
    for i in range(int(words[2])):
        lanes, first, listed, at, count = _family(words, i)
        for lane in range(0, lanes, BLOCK):
            n = min(BLOCK, lanes - lane)
            if first >= 0:
                lanes_at(words, at, count, lane, 1, clocks[:n], out[first + lane : first + lane + n])
            else:
                lanes_at(words, at, count, lane, 1, clocks[:n], block[:n])
                for j in range(n):
                    out[int(words[listed + lane + j])] = block[j]
