"""Many clocks at a time: of as many lanes, each at its own, or of one lane in any order.

A block of clocks goes through every row in force among them at the machine's full width, and each
rate is taken from its own row. Rows that hold others are walked with a stack, a block of scratch a
level.
"""

from typing import Any

import numpy as np

from fastlr.kernels.jit import formulas as f
from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.kernels.jit.segments import (
    ADD,
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
    MINIMUM,
    MULTIPLY,
    POWER,
    RECIPROCAL,
    REX,
    SAMPLED,
    SQUARE,
    STAIRCASE,
    family,
    lanes_within,
    position,
    rate_of,
    row_at,
    sample,
)
from fastlr.program.opcodes import FIELDS_MOST, ROW

__all__ = ["BLOCK", "SCRATCH", "block_of", "each_at", "lanes_at", "rates_at"]

BLOCK = 1024  # clocks at a time: 8 KiB of float64, so that what two passes read stays in the cache
MOST_BLENDED = 4  # rows in force in a block that are evaluated for all of it
# of a block's scratch, behind the fields of a row
CLOCKS, RATES, SCRATCH = FIELDS_MOST, FIELDS_MOST + 1, FIELDS_MOST + 2


@inlined
def block_of(words: Any) -> int:
    """How many clocks to take at a time, so that the scratch of a deep program stays as small
    as that of a flat one.
    """
    return max(BLOCK // (1 + int(words[4])), 64)


@kernel
def rates_at(words: Any, begin: int, end: int, t: float, out: Any) -> None:
    """Lanes begin to end at step t, into ``out`` (float64, contiguous, one a lane of the
    program).
    """
    size, before = block_of(words), 0
    clocks, block, scratch = np.full(size, t), np.empty(size), np.empty((SCRATCH, size))
    for i in range(int(words[2])):
        lanes, first, listed, at, count = family(words, i)
        own, stop = lanes_within(begin, end, before, lanes)
        before += lanes
        k = 0
        for lane in range(own, stop, size):
            n = min(size, stop - lane)
            if first >= 0:
                k = lanes_at(
                    words,
                    at,
                    count,
                    lane,
                    1,
                    clocks[:n],
                    out[first + lane : first + lane + n],
                    scratch,
                    k,
                )
            else:
                k = lanes_at(words, at, count, lane, 1, clocks[:n], block[:n], scratch, k)
                for j in range(n):
                    out[int(words[listed + lane + j])] = block[j]


@kernel
def each_at(words: Any, begin: int, end: int, t: Any, out: Any) -> None:
    """Lanes begin to end, each at its own step of ``t`` (int64), into ``out`` (float64): both
    contiguous, one a lane.
    """
    size, before = block_of(words), 0
    clocks, block, scratch = np.empty(size), np.empty(size), np.empty((SCRATCH, size))
    for i in range(int(words[2])):
        lanes, first, listed, at, count = family(words, i)
        own, stop = lanes_within(begin, end, before, lanes)
        before += lanes
        k = 0
        for lane in range(own, stop, size):
            n = min(size, stop - lane)
            for j in range(n):
                clocks[j] = t[position(words, first, listed, lane + j)]
            k = lanes_at(words, at, count, lane, 1, clocks[:n], block[:n], scratch, k)
            for j in range(n):
                out[position(words, first, listed, lane + j)] = block[j]


@kernel
def lanes_at(
    words: Any,
    at: int,
    count: int,
    lane: int,
    stride: int,
    c: Any,
    out: Any,
    scratch: Any,
    guess: int,
) -> int:
    """A track at a block of clocks ``c``: of lanes lane, lane+1, ... (stride 1), or all of one lane
    (stride 0).

    Returns the first row in force, as a guess for the next block: that row is evaluated before it
    is known to be the one, so that its numbers come from memory while others are computed with.
    """
    if int(words[4]) > 0 and _holds(words, at, count):
        _lanes_of_nested(words, at, count, lane, stride, c, out, scratch)
        return 0
    _lanes_of_curve(words, at + ROW * guess, lane, stride, c, out, scratch)
    first, last = _rows_in_force(words, at, count, lane, stride, c)
    if last - first >= MOST_BLENDED:
        _one_by_one(words, at, count, lane, stride, c, out)
        return first
    if first != guess:
        _lanes_of_curve(words, at + ROW * first, lane, stride, c, out, scratch)
    for k in range(first + 1, last + 1):
        rates = scratch[RATES, : out.size]
        _lanes_of_curve(words, at + ROW * k, lane, stride, c, rates, scratch)
        _blend(words, at + ROW * k, lane, stride, c, rates, out)
    return first


@inlined
def _holds(words: Any, at: int, count: int) -> bool:
    """Whether a row of the track holds others."""
    holds = False
    for k in range(count):
        holds = holds or int(words[at + ROW * k]) >= LOOP
    return holds


@kernel
def _lanes_of_nested(
    words: Any, at: int, count: int, lane: int, stride: int, c: Any, out: Any, scratch: Any
) -> None:
    """A track with rows that hold others. Level by level: the clocks of a track, those within a
    row, the track's rates, and the first of a row's two; and which track, which row of it, the last
    in force, and how many of its rates have come.
    """
    levels, n = int(words[4]) + 1, c.size
    blocks, state = np.empty((levels + 1, 4, n)), np.zeros((levels + 1, 4), dtype=np.int64)
    blocks[0, 0, :] = c
    _begin(words, at, count, lane, stride, blocks[0], state[0])
    level = 0
    while level >= 0:
        if state[level, 1] > state[level, 2]:  # every row in force has been: the track is done
            level -= 1
            state[level, 3] += 1
            continue
        here, row = blocks[level], int(state[level, 0]) + ROW * int(state[level, 1])
        shape, come = int(words[row]), int(state[level, 3])
        if shape < LOOP:
            _lanes_of_curve(words, row, lane, stride, here[0], here[3], scratch)
            _blend(words, row, lane, stride, here[0], here[3], here[2])
        elif come == (1 if shape <= CLOCK else 2):
            _finish(words, row, lane, stride, here, blocks[level + 1, 2], scratch)
            _blend(words, row, lane, stride, here[0], blocks[level + 1, 2], here[2])
        else:
            if come == 0:
                here[1, :] = _clocks_of_row(words, row, lane, stride, here[0], scratch[CLOCKS, :n])
            else:
                here[3, :] = blocks[level + 1, 2]
            _clocks_below(words, row, lane, stride, here[1], blocks[level + 1, 0], scratch)
            track = row + 3 + 2 * come
            level += 1
            _begin(
                words,
                int(words[track]),
                int(words[track + 1]),
                lane,
                stride,
                blocks[level],
                state[level],
            )
            continue
        state[level, 1] += 1
        state[level, 3] = 0
    out[:] = blocks[0, 2]


@kernel
def _begin(
    words: Any, at: int, count: int, lane: int, stride: int, blocks: Any, state: Any
) -> None:
    """A track at its clocks ``blocks[0]``: find the rows in force; where they are too many, be
    done at once.
    """
    first, last = _rows_in_force(words, at, count, lane, stride, blocks[0])
    if last - first >= MOST_BLENDED:
        _one_by_one(words, at, count, lane, stride, blocks[0], blocks[2])
        first = last + 1
    state[0], state[1], state[2], state[3] = at, first, last, 0


@kernel
def _one_by_one(words: Any, at: int, count: int, lane: int, stride: int, c: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = rate_of(words, at, count, lane + i * stride, c[i])


@inlined
def _own(words: Any, at: int, stride: int) -> bool:
    """Whether each clock has a number of its own, not all of them one."""
    return int(words[at + 1]) * stride != 0


@kernel
def _clocks_of_row(words: Any, row: int, lane: int, stride: int, c: Any, clocks: Any) -> Any:
    """Clocks from the row's start, where it has begun; ``c`` itself, if that is at step 0."""
    first, n = _first(words, row + 1, lane), c.size
    if _own(words, row + 1, stride):
        begin = words[first : first + n]
        for i in range(n):
            clocks[i] = max(c[i] - begin[i], 0.0)
        return clocks
    shared = words[first]
    if shared == 0.0:
        return c
    for i in range(n):
        clocks[i] = max(c[i] - shared, 0.0)
    return clocks


@kernel
def _blend(words: Any, row: int, lane: int, stride: int, c: Any, rates: Any, out: Any) -> None:
    """Take the rates of clocks from the row's start on; later rows take theirs after it."""
    first, n = _first(words, row + 1, lane), c.size
    if _own(words, row + 1, stride):
        begin = words[first : first + n]
        for i in range(n):
            out[i] = rates[i] if begin[i] <= c[i] else out[i]
        return
    shared = words[first]
    for i in range(n):
        out[i] = rates[i] if shared <= c[i] else out[i]


@kernel
def _clocks_below(
    words: Any, row: int, lane: int, stride: int, c: Any, clocks: Any, scratch: Any
) -> None:
    """From a row's clocks to those of the track that it holds."""
    shape = int(words[row])
    if shape == CLOCK:
        base = column(words, row + 7, lane, stride, scratch[0, : c.size])
        pace = column(words, row + 9, lane, stride, scratch[1, : c.size])
        every = column(words, row + 11, lane, stride, scratch[2, : c.size])
        for i in range(c.size):
            clocks[i] = f.paced(c[i], base[i], pace[i], every[i])
    elif shape == LOOP:
        turns = scratch[RATES, : c.size]
        _turns(words, row, lane, stride, c, turns, scratch)
        period = column(words, row + 7, lane, stride, scratch[0, : c.size])
        for i in range(c.size):
            clocks[i] = c[i] - turns[i] * period[i]
    else:
        clocks[:] = c


@kernel
def _turns(words: Any, row: int, lane: int, stride: int, c: Any, turns: Any, scratch: Any) -> None:
    """The number of each clock's period."""
    period = column(words, row + 7, lane, stride, scratch[0, : c.size])
    times = column(words, row + 9, lane, stride, scratch[1, : c.size])
    for i in range(c.size):
        turns[i] = min(f.whole_periods(c[i], period[i]), times[i] - 1.0)


@kernel
def _finish(
    words: Any, row: int, lane: int, stride: int, blocks: Any, out: Any, scratch: Any
) -> None:
    """From the rates of the tracks that a row holds to its own, in place."""
    shape, n = int(words[row]), out.size
    if shape == LOOP:
        turns = scratch[RATES, :n]
        _turns(words, row, lane, stride, blocks[1], turns, scratch)
        k = column(words, row + 11, lane, stride, scratch[0, :n])
        k_low = column(words, row + 13, lane, stride, scratch[1, :n])
        floor = column(words, row + 15, lane, stride, scratch[2, :n])
        for i in range(n):
            kept, lost = f.share_of_scale(turns[i], k[i], k_low[i])
            out[i] = f.shrunk(out[i], kept, lost, floor[i])
    elif shape > CLOCK:
        _merge(shape, out, blocks[3])


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


@kernel
def _rows_in_force(
    words: Any, at: int, count: int, lane: int, stride: int, c: Any
) -> tuple[int, int]:
    """(first, last): the rows of a track that a block of clocks falls into lie between these
    two.
    """
    first, last, n = 0, 0, c.size
    if count > MOST_BLENDED:
        first = count
        for i in range(n):
            k = row_at(words, at, count, lane + i * stride, c[i])
            first, last = min(first, k), max(last, k)
        return first, last
    for k in range(1, count):
        begun = _count_begun(words, at + ROW * k, lane, stride, c)
        if begun > 0:
            last = k
        if begun == n:
            first = k
    return first, last


@inlined
def _count_begun(words: Any, row: int, lane: int, stride: int, c: Any) -> int:
    """How many of these clocks have reached the row's start."""
    first, begun = _first(words, row + 1, lane), 0
    if _own(words, row + 1, stride):
        start = words[first : first + c.size]
        for i in range(c.size):
            begun += 1 if start[i] <= c[i] else 0
    else:
        shared = words[first]
        for i in range(c.size):
            begun += 1 if shared <= c[i] else 0
    return begun


@inlined
def _first(words: Any, at: int, lane: int) -> int:
    """Where a number of lane, lane+1, ... begins."""
    return int(words[at]) + lane * int(words[at + 1])


@inlined
def column(words: Any, at: int, lane: int, stride: int, scratch: Any) -> Any:
    """A number of consecutive lanes, as a view where each has its own, spread out where they
    share one.
    """
    first = _first(words, at, lane)
    if _own(words, at, stride):
        return words[first : first + scratch.size]
    scratch[:] = words[first]
    return scratch


@kernel
def _lanes_of_curve(
    words: Any, row: int, lane: int, stride: int, clocks: Any, out: Any, scratch: Any
) -> None:
    """A leaf row at a block of clocks of its track, each of its own lane (stride 1) or all of
    one (stride 0).
    """
    n, shape = out.size, int(words[row])
    p0 = column(words, row + 7, lane, stride, scratch[0, :n])
    if shape == CONSTANT:
        out[:] = p0
        return
    c = _clocks_of_row(words, row, lane, stride, clocks, scratch[CLOCKS, :n])
    p1 = column(words, row + 9, lane, stride, scratch[1, :n])
    p2 = column(words, row + 11, lane, stride, scratch[2, :n])
    if shape in (LINEAR, SQUARE, COSINE):
        _lanes_from_nearer_end(shape, c, p0, p1, p2, out)
        return
    if shape == EXPONENTIAL:
        _lanes_of_exponential(c, p0, p1, p2, out)
        return
    if shape == EDEN:
        _lanes_of_eden(c, p0, p1, p2, out)
        return
    p3 = column(words, row + 13, lane, stride, scratch[3, :n])
    if shape == POWER:
        _lanes_of_power(c, p0, p1, p2, p3, out)
        return
    if shape == STAIRCASE:
        for i in range(n):
            out[i] = f.staircase(c[i], p0[i], p1[i], p2[i], p3[i])
        return
    if shape == RECIPROCAL:
        for i in range(n):
            out[i] = f.reciprocal(c[i], p0[i], p1[i], p2[i], p3[i])
        return
    if shape == REX:
        for i in range(n):
            out[i] = f.rex(c[i], p0[i], p1[i], p2[i], p3[i])
        return
    if shape == SAMPLED:
        for i in range(n):
            out[i] = sample(words, c[i], p0[i], p1[i], p2[i], p3[i])
        return
    p4 = column(words, row + 15, lane, stride, scratch[4, :n])
    if shape == COSINE_POWER:
        _lanes_of_cosine_power(c, p0, p1, p2, p3, p4, out)
        return
    if shape == INVERSE:
        _lanes_of_inverse(c, p0, p1, p2, p3, p4, out)
        return
    if shape == AFFINE_EXPONENTIAL:
        for i in range(n):
            out[i] = f.affine_exponential(c[i], p0[i], p1[i], p2[i], p3[i], p4[i])
        return
    if shape == LOGARITHMIC:
        for i in range(n):
            out[i] = f.logarithmic(c[i], p0[i], p1[i], p2[i], p3[i], p4[i])
        return
    p5 = column(words, row + 17, lane, stride, scratch[5, :n])
    for i in range(n):
        out[i] = f.tanh(c[i], p0[i], p1[i], p2[i], p3[i], p4[i], p5[i])


@kernel
def _lanes_from_nearer_end(shape: int, c: Any, length: Any, lo: Any, hi: Any, out: Any) -> None:
    """As if no length were wide, and again where some are: to look first would be to wait for
    memory twice.
    """
    n, wide = out.size, 0
    if shape == LINEAR:
        for i in range(n):
            out[i] = f.linear(c[i], length[i], lo[i], hi[i], False)
    elif shape == SQUARE:
        for i in range(n):
            out[i] = f.square(c[i], length[i], lo[i], hi[i], False)
    else:
        for i in range(n):
            out[i] = f.cosine(c[i], length[i], lo[i], hi[i], False)
    for i in range(n):
        wide += 1 if abs(length[i]) > f.WIDE else 0
    if wide == 0:
        return
    if shape == LINEAR:
        for i in range(n):
            out[i] = f.linear(c[i], length[i], lo[i], hi[i], True)
    elif shape == SQUARE:
        for i in range(n):
            out[i] = f.square(c[i], length[i], lo[i], hi[i], True)
    else:
        for i in range(n):
            out[i] = f.cosine(c[i], length[i], lo[i], hi[i], True)


@kernel
def _lanes_of_exponential(c: Any, a: Any, k: Any, k_low: Any, out: Any) -> None:
    """As if none were deep, and again where some are."""
    deep = 0
    for i in range(c.size):
        out[i] = f.exponential(c[i], a[i], k[i], k_low[i], False)
    for i in range(c.size):
        deep += 0 if f.is_plain(c[i], k[i]) else 1
    if deep > 0:
        for i in range(c.size):
            out[i] = f.exponential(c[i], a[i], k[i], k_low[i], True)


@kernel
def _lanes_of_power(c: Any, length: Any, lo: Any, hi: Any, q: Any, out: Any) -> None:
    """As if no power were steep, and again where some are; at once so where the first is."""
    n, steep = out.size, f.is_steep(q[0])
    if not steep:
        for i in range(n):
            out[i] = f.power(c[i], length[i], lo[i], hi[i], q[i], False)
        steep = _any_steep(q)
    if steep:
        for i in range(n):
            out[i] = f.power(c[i], length[i], lo[i], hi[i], q[i], f.is_steep(q[i]))


@kernel
def _lanes_of_inverse(c: Any, a: Any, g: Any, s: Any, d: Any, q: Any, out: Any) -> None:
    """The same."""
    n, steep = out.size, f.is_steep(q[0])
    if not steep:
        for i in range(n):
            out[i] = f.inverse(c[i], a[i], g[i], s[i], d[i], q[i], False)
        steep = _any_steep(q)
    if steep:
        for i in range(n):
            out[i] = f.inverse(c[i], a[i], g[i], s[i], d[i], q[i], f.is_steep(q[i]))


@kernel
def _lanes_of_eden(c: Any, a: Any, d: Any, q: Any, out: Any) -> None:
    """The same."""
    n, steep = out.size, f.is_steep(q[0])
    if not steep:
        for i in range(n):
            out[i] = f.eden(c[i], a[i], d[i], q[i], False)
        steep = _any_steep(q)
    if steep:
        for i in range(n):
            out[i] = f.eden(c[i], a[i], d[i], q[i], f.is_steep(q[i]))


@inlined
def _any_steep(q: Any) -> bool:
    steep = 0
    for i in range(q.size):
        steep += 1 if f.is_steep(q[i]) else 0
    return steep > 0


@kernel
def _lanes_of_cosine_power(c: Any, length: Any, lo: Any, hi: Any, x: Any, k: Any, out: Any) -> None:
    """As if no power were sharp, and again where some are; at once so where the first is."""
    n, sharp = out.size, 1 if f.is_sharp(x[0], k[0]) else 0
    if sharp == 0:
        for i in range(n):
            out[i] = f.cosine_power(c[i], length[i], lo[i], hi[i], x[i], k[i], False)
        for i in range(n):
            sharp += 1 if f.is_sharp(x[i], k[i]) else 0
    if sharp > 0:
        for i in range(n):
            out[i] = f.cosine_power(
                c[i], length[i], lo[i], hi[i], x[i], k[i], f.is_sharp(x[i], k[i])
            )
