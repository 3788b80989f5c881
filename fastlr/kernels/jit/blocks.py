"""Many steps at a time: one step per lane for many lanes, or steps in any order for one lane.

Every segment in force at some step of a block is evaluated at all steps of the block, at the
machine's full width. Each step then takes the rate of its own segment. Segments that hold others
are walked with a stack: a block of scratch per depth.
"""

from typing import Any

import numpy as np

from fastlr.kernels.jit import formulas as f
from fastlr.kernels.jit import opcode_numbers
from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.kernels.jit.segments import (
    family,
    field_at,
    lanes_within,
    position,
    rate_of,
    sample,
    segment_in_force,
)
from fastlr.program.opcodes import FIELDS_MOST, HEADER_DEPTH, HEADER_FAMILIES, ROW

__all__ = ["BLOCK", "SCRATCH", "block_of", "each_at", "lanes_at", "rates_at"]

BLOCK = 1024  # steps at a time: 8 KiB of float64, which stay in the cache between two passes
MOST_BLENDED = 4  # segments in force that are evaluated for a whole block; above it, one by one
# rows of a block's scratch, behind those of a segment's fields
STEPS, RATES, SCRATCH = FIELDS_MOST, FIELDS_MOST + 1, FIELDS_MOST + 2


@inlined
def block_of(buffer: Any) -> int:
    """How many steps to take at a time. Deep programs take fewer: their scratch stays small."""
    return max(BLOCK // (1 + int(buffer[HEADER_DEPTH])), 64)


@kernel
def rates_at(buffer: Any, begin: int, end: int, t: float, out: Any) -> None:
    """Lanes begin to end at step t into ``out`` (float64, contiguous, one per lane)."""
    size, before = block_of(buffer), 0
    steps, block, scratch = np.full(size, t), np.empty(size), np.empty((SCRATCH, size))
    for i in range(int(buffer[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(buffer, i)
        own, stop = lanes_within(begin, end, before, lanes)
        before += lanes
        k = 0
        for lane in range(own, stop, size):
            n = min(size, stop - lane)
            if first >= 0:
                k = lanes_at(
                    buffer,
                    at,
                    count,
                    lane,
                    1,
                    steps[:n],
                    out[first + lane : first + lane + n],
                    scratch,
                    k,
                )
            else:
                k = lanes_at(buffer, at, count, lane, 1, steps[:n], block[:n], scratch, k)
                for j in range(n):
                    out[int(buffer[listed + lane + j])] = block[j]


@kernel
def each_at(buffer: Any, begin: int, end: int, t: Any, out: Any) -> None:
    """Lanes begin to end, each at its own int64 step of ``t``, into float64 ``out``.

    Both are contiguous, with one element per lane.
    """
    size, before = block_of(buffer), 0
    steps, block, scratch = np.empty(size), np.empty(size), np.empty((SCRATCH, size))
    for i in range(int(buffer[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(buffer, i)
        own, stop = lanes_within(begin, end, before, lanes)
        before += lanes
        k = 0
        for lane in range(own, stop, size):
            n = min(size, stop - lane)
            for j in range(n):
                steps[j] = t[position(buffer, first, listed, lane + j)]
            k = lanes_at(buffer, at, count, lane, 1, steps[:n], block[:n], scratch, k)
            for j in range(n):
                out[position(buffer, first, listed, lane + j)] = block[j]


@kernel
def lanes_at(
    buffer: Any,
    at: int,
    count: int,
    lane: int,
    stride: int,
    c: Any,
    out: Any,
    scratch: Any,
    guess: int,
) -> int:
    """Some segments at a block of steps ``c``: one each of lanes lane, lane+1, ... (stride 1), or
    all of one lane (stride 0).

    Returns the first segment in force, as a guess for the next block. The guessed segment is
    evaluated before its start is compared, so that its numbers are read from memory early.
    """
    if int(buffer[HEADER_DEPTH]) > 0 and _holds(buffer, at, count):
        _lanes_of_nested(buffer, at, count, lane, stride, c, out, scratch)
        return 0
    _lanes_of_curve(buffer, at + ROW * guess, lane, stride, c, out, scratch)
    first, last = _find_in_force(buffer, at, count, lane, stride, c)
    if last - first >= MOST_BLENDED:
        _one_by_one(buffer, at, count, lane, stride, c, out)
        return first
    if first != guess:
        _lanes_of_curve(buffer, at + ROW * first, lane, stride, c, out, scratch)
    for k in range(first + 1, last + 1):
        rates = scratch[RATES, : out.size]
        _lanes_of_curve(buffer, at + ROW * k, lane, stride, c, rates, scratch)
        _blend(buffer, at + ROW * k, lane, stride, c, rates, out)
    return first


@inlined
def _holds(buffer: Any, at: int, count: int) -> bool:
    """Whether any of the segments holds others."""
    holds = False
    for k in range(count):
        holds = holds or int(buffer[at + ROW * k]) >= opcode_numbers.LOOP
    return holds


@kernel
def _lanes_of_nested(
    buffer: Any, at: int, count: int, lane: int, stride: int, c: Any, out: Any, scratch: Any
) -> None:
    """Segments of which some hold others.

    ``blocks`` has four rows per depth: the steps of the segments, the steps within the current
    segment, the rates of the segments, and the first rate of an operation on two. ``state`` has
    the offset of the segments, the current one, the last one in force, and how many rates the
    current one has received.
    """
    levels, n = int(buffer[HEADER_DEPTH]) + 1, c.size
    blocks, state = np.empty((levels + 1, 4, n)), np.zeros((levels + 1, 4), dtype=np.int64)
    blocks[0, 0, :] = c
    _begin(buffer, at, count, lane, stride, blocks[0], state[0])
    level = 0
    while level >= 0:
        if state[level, 1] > state[level, 2]:  # every segment in force is done
            level -= 1
            state[level, 3] += 1
            continue
        here, segment = blocks[level], int(state[level, 0]) + ROW * int(state[level, 1])
        opcode, come = int(buffer[segment]), int(state[level, 3])
        if (
            opcode < opcode_numbers.LOOP or opcode >= opcode_numbers.COUNT
        ):  # beyond the table: a rate of NaN
            _lanes_of_curve(buffer, segment, lane, stride, here[0], here[3], scratch)
            _blend(buffer, segment, lane, stride, here[0], here[3], here[2])
        elif come == (1 if opcode <= opcode_numbers.CLOCK else 2):
            _finish(buffer, segment, lane, stride, here, blocks[level + 1, 2], scratch)
            _blend(buffer, segment, lane, stride, here[0], blocks[level + 1, 2], here[2])
        else:
            if come == 0:
                here[1, :] = _local_steps(
                    buffer, segment, lane, stride, here[0], scratch[STEPS, :n]
                )
            else:
                here[3, :] = blocks[level + 1, 2]
            _steps_below(buffer, segment, lane, stride, here[1], blocks[level + 1, 0], scratch)
            inner, level = segment + 3 + 2 * come, level + 1
            first, size = int(buffer[inner]), int(buffer[inner + 1])
            _begin(buffer, first, size, lane, stride, blocks[level], state[level])
            continue
        state[level, 1] += 1
        state[level, 3] = 0
    out[:] = blocks[0, 2]


@kernel
def _begin(
    buffer: Any, at: int, count: int, lane: int, stride: int, blocks: Any, state: Any
) -> None:
    """Begin some segments at steps ``blocks[0]``: find those in force.

    If there are too many, evaluate them one by one and be done.
    """
    first, last = _find_in_force(buffer, at, count, lane, stride, blocks[0])
    if last - first >= MOST_BLENDED:
        _one_by_one(buffer, at, count, lane, stride, blocks[0], blocks[2])
        first = last + 1
    state[0], state[1], state[2], state[3] = at, first, last, 0


@kernel
def _one_by_one(buffer: Any, at: int, count: int, lane: int, stride: int, c: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = rate_of(buffer, at, count, lane + i * stride, c[i])


@inlined
def _own(buffer: Any, at: int, stride: int) -> bool:
    """Whether each step has a number of its own, instead of one for all."""
    return int(buffer[at + 1]) * stride != 0


@kernel
def _local_steps(buffer: Any, segment: int, lane: int, stride: int, c: Any, steps: Any) -> Any:
    """Steps counted from the segment's start, at least 0; ``c`` itself if the start is step 0."""
    first, n = _first(buffer, segment + 1, lane), c.size
    if _own(buffer, segment + 1, stride):
        begin = buffer[first : first + n]
        for i in range(n):
            steps[i] = max(c[i] - begin[i], 0.0)
        return steps
    shared = buffer[first]
    if shared == 0.0:
        return c
    for i in range(n):
        steps[i] = max(c[i] - shared, 0.0)
    return steps


@kernel
def _blend(buffer: Any, segment: int, lane: int, stride: int, c: Any, rates: Any, out: Any) -> None:
    """Take the rates of the steps from the segment's start on; later segments overwrite theirs."""
    first, n = _first(buffer, segment + 1, lane), c.size
    if _own(buffer, segment + 1, stride):
        begin = buffer[first : first + n]
        for i in range(n):
            out[i] = rates[i] if begin[i] <= c[i] else out[i]
        return
    shared = buffer[first]
    for i in range(n):
        out[i] = rates[i] if shared <= c[i] else out[i]


@kernel
def _steps_below(
    buffer: Any, segment: int, lane: int, stride: int, c: Any, steps: Any, scratch: Any
) -> None:
    """From a segment's steps to those of the segments that it holds."""
    opcode = int(buffer[segment])
    if opcode == opcode_numbers.CLOCK:
        base = column(buffer, field_at(segment, 0), lane, stride, scratch[0, : c.size])
        pace = column(buffer, field_at(segment, 1), lane, stride, scratch[1, : c.size])
        every = column(buffer, field_at(segment, 2), lane, stride, scratch[2, : c.size])
        for i in range(c.size):
            steps[i] = f.paced(c[i], base[i], pace[i], every[i])
    elif opcode == opcode_numbers.LOOP:
        turns = scratch[RATES, : c.size]
        _turns(buffer, segment, lane, stride, c, turns, scratch)
        period = column(buffer, field_at(segment, 0), lane, stride, scratch[0, : c.size])
        for i in range(c.size):
            steps[i] = c[i] - turns[i] * period[i]
    else:
        steps[:] = c


@kernel
def _turns(
    buffer: Any, segment: int, lane: int, stride: int, c: Any, turns: Any, scratch: Any
) -> None:
    """The number of each step's period."""
    period = column(buffer, field_at(segment, 0), lane, stride, scratch[0, : c.size])
    times = column(buffer, field_at(segment, 1), lane, stride, scratch[1, : c.size])
    for i in range(c.size):
        turns[i] = min(f.whole_periods(c[i], period[i]), times[i] - 1.0)


@kernel
def _finish(
    buffer: Any, segment: int, lane: int, stride: int, blocks: Any, out: Any, scratch: Any
) -> None:
    """From the rates of the segments that a segment holds to its own, in place."""
    opcode, n = int(buffer[segment]), out.size
    if opcode == opcode_numbers.LOOP:
        turns = scratch[RATES, :n]
        _turns(buffer, segment, lane, stride, blocks[1], turns, scratch)
        k = column(buffer, field_at(segment, 2), lane, stride, scratch[0, :n])
        k_low = column(buffer, field_at(segment, 3), lane, stride, scratch[1, :n])
        floor = column(buffer, field_at(segment, 4), lane, stride, scratch[2, :n])
        for i in range(n):
            kept, lost = f.share_of_scale(turns[i], k[i], k_low[i])
            out[i] = f.shrunk(out[i], kept, lost, floor[i])
    elif opcode > opcode_numbers.CLOCK:
        _merge(opcode, out, blocks[3])


@kernel
def _merge(opcode: int, out: Any, other: Any) -> None:
    """Combine two blocks in place; the test of the opcode is outside the loops."""
    if opcode == opcode_numbers.MULTIPLY:
        for i in range(out.size):
            out[i] = out[i] * other[i]
    elif opcode == opcode_numbers.ADD:
        for i in range(out.size):
            out[i] = out[i] + other[i]
    elif opcode == opcode_numbers.MINIMUM:
        for i in range(out.size):
            out[i] = min(out[i], other[i])
    elif opcode == opcode_numbers.MAXIMUM:
        for i in range(out.size):
            out[i] = max(out[i], other[i])
    else:
        out[:] = np.nan


@kernel
def _find_in_force(
    buffer: Any, at: int, count: int, lane: int, stride: int, c: Any
) -> tuple[int, int]:
    """The first and the last segment in force at a step of a block."""
    first, last, n = 0, 0, c.size
    if count > MOST_BLENDED:
        first = count
        for i in range(n):
            k = segment_in_force(buffer, at, count, lane + i * stride, c[i])
            first, last = min(first, k), max(last, k)
        return first, last
    for k in range(1, count):
        begun = _count_begun(buffer, at + ROW * k, lane, stride, c)
        if begun > 0:
            last = k
        if begun == n:
            first = k
    return first, last


@inlined
def _count_begun(buffer: Any, segment: int, lane: int, stride: int, c: Any) -> int:
    """How many of these steps have reached the segment's start."""
    first, begun = _first(buffer, segment + 1, lane), 0
    if _own(buffer, segment + 1, stride):
        start = buffer[first : first + c.size]
        for i in range(c.size):
            begun += 1 if start[i] <= c[i] else 0
    else:
        shared = buffer[first]
        for i in range(c.size):
            begun += 1 if shared <= c[i] else 0
    return begun


@inlined
def _first(buffer: Any, at: int, lane: int) -> int:
    """The offset of a number of lanes lane, lane+1, ..."""
    return int(buffer[at]) + lane * int(buffer[at + 1])


@inlined
def column(buffer: Any, at: int, lane: int, stride: int, scratch: Any) -> Any:
    """A number of consecutive lanes: a view if each has its own, else repeated in ``scratch``."""
    first = _first(buffer, at, lane)
    if _own(buffer, at, stride):
        return buffer[first : first + scratch.size]
    scratch[:] = buffer[first]
    return scratch


@kernel
def _lanes_of_curve(
    buffer: Any, segment: int, lane: int, stride: int, steps: Any, out: Any, scratch: Any
) -> None:
    """A curve at a block of steps, which count from where its segments begin.

    Its rates are NaN if its opcode is not that of a curve.
    """
    n, opcode = out.size, int(buffer[segment])
    p0 = column(buffer, field_at(segment, 0), lane, stride, scratch[0, :n])
    if opcode == opcode_numbers.CONSTANT:
        out[:] = p0
        return
    c = _local_steps(buffer, segment, lane, stride, steps, scratch[STEPS, :n])
    p1 = column(buffer, field_at(segment, 1), lane, stride, scratch[1, :n])
    p2 = column(buffer, field_at(segment, 2), lane, stride, scratch[2, :n])
    if opcode in (opcode_numbers.LINEAR, opcode_numbers.SQUARE, opcode_numbers.COSINE):
        _lanes_from_nearer_end(opcode, c, p0, p1, p2, out)
        return
    if opcode == opcode_numbers.EXPONENTIAL:
        _lanes_of_exponential(c, p0, p1, p2, out)
        return
    if opcode == opcode_numbers.EDEN:
        _lanes_of_eden(c, p0, p1, p2, out)
        return
    p3 = column(buffer, field_at(segment, 3), lane, stride, scratch[3, :n])
    if opcode == opcode_numbers.POWER:
        _lanes_of_power(c, p0, p1, p2, p3, out)
        return
    if opcode == opcode_numbers.STAIRCASE:
        for i in range(n):
            out[i] = f.staircase(c[i], p0[i], p1[i], p2[i], p3[i])
        return
    if opcode == opcode_numbers.RECIPROCAL:
        for i in range(n):
            out[i] = f.reciprocal(c[i], p0[i], p1[i], p2[i], p3[i])
        return
    if opcode == opcode_numbers.REX:
        for i in range(n):
            out[i] = f.rex(c[i], p0[i], p1[i], p2[i], p3[i])
        return
    if opcode == opcode_numbers.SAMPLED:
        for i in range(n):
            out[i] = sample(buffer, c[i], p0[i], p1[i], p2[i], p3[i])
        return
    p4 = column(buffer, field_at(segment, 4), lane, stride, scratch[4, :n])
    if opcode == opcode_numbers.COSINE_POWER:
        _lanes_of_cosine_power(c, p0, p1, p2, p3, p4, out)
        return
    if opcode == opcode_numbers.INVERSE:
        _lanes_of_inverse(c, p0, p1, p2, p3, p4, out)
        return
    if opcode == opcode_numbers.AFFINE_EXPONENTIAL:
        for i in range(n):
            out[i] = f.affine_exponential(c[i], p0[i], p1[i], p2[i], p3[i], p4[i])
        return
    if opcode == opcode_numbers.LOGARITHMIC:
        for i in range(n):
            out[i] = f.logarithmic(c[i], p0[i], p1[i], p2[i], p3[i], p4[i])
        return
    p5 = column(buffer, field_at(segment, 5), lane, stride, scratch[5, :n])
    if opcode == opcode_numbers.TANH:
        for i in range(n):
            out[i] = f.tanh(c[i], p0[i], p1[i], p2[i], p3[i], p4[i], p5[i])
        return
    out[:] = np.nan


@kernel
def _lanes_from_nearer_end(opcode: int, c: Any, length: Any, lo: Any, hi: Any, out: Any) -> None:
    """Assume the narrow case; recompute if any length is wide.

    Looking first would wait for memory twice.
    """
    n, wide = out.size, 0
    if opcode == opcode_numbers.LINEAR:
        for i in range(n):
            out[i] = f.linear(c[i], length[i], lo[i], hi[i], False)
    elif opcode == opcode_numbers.SQUARE:
        for i in range(n):
            out[i] = f.square(c[i], length[i], lo[i], hi[i], False)
    elif opcode == opcode_numbers.COSINE:
        for i in range(n):
            out[i] = f.cosine(c[i], length[i], lo[i], hi[i], False)
    for i in range(n):
        wide += 1 if abs(length[i]) > f.WIDE else 0
    if wide == 0:
        return
    if opcode == opcode_numbers.LINEAR:
        for i in range(n):
            out[i] = f.linear(c[i], length[i], lo[i], hi[i], True)
    elif opcode == opcode_numbers.SQUARE:
        for i in range(n):
            out[i] = f.square(c[i], length[i], lo[i], hi[i], True)
    elif opcode == opcode_numbers.COSINE:
        for i in range(n):
            out[i] = f.cosine(c[i], length[i], lo[i], hi[i], True)


@kernel
def _lanes_of_exponential(c: Any, a: Any, k: Any, k_low: Any, out: Any) -> None:
    """Assume that no exponential is deep; recompute if any is."""
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
    """Assume that no power is steep; recompute if any is. Skip the first pass if the first is."""
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
    """The same for this curve."""
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
    """The same for this curve."""
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
    """Assume that no power is sharp; recompute if any is. Skip the first pass if the first is."""
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
