"""Many steps at a time: one step per lane for many lanes, or steps in any order for one lane.

Every segment in force at some step of a block is evaluated at all steps of the block, at the
machine's full width. Each step then takes the rate of its own segment. ``curves.py`` has the
curves.

``steps`` points to ``n`` steps: one each of lanes lane, lane+1, ... (stride 1), or all of one lane
(stride 0). They count from the start of the segments of which one is in force. ``nested`` is memory
for segments within segments.
"""

import math
from typing import Any

from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.kernel_table import (
    BLOCK,
    BLOCKS_PER_DEPTH,
    FIELDS,
    LANES,
    LANES_AT,
    MOST_NESTED,
    RATE_OF,
    instance,
    lanes_kernel,
    walk_kernel,
)
from fastlr.kernels.jit.periods import paced, share_of_scale, shrunk, whole_periods
from fastlr.kernels.jit.pointers import call_counting_kernel, call_kernel, call_rate_kernel, plus
from fastlr.kernels.jit.segments import field_at, is_opcode, segment_in_force
from fastlr.kernels.jit.single_steps import COMBINED
from fastlr.program.opcodes import (
    HEADER_DEPTH,
    ROW,
    SEGMENT_FIRST,
    SEGMENT_SECOND,
    SEGMENT_START,
)

__all__ = ["block_of", "column", "local_steps"]

MOST_BLENDED = 4  # segments in force that are evaluated for a whole block; above it, one by one

COMBINE: Any = None  # of two rates; each instance of the template has its own


@inlined
def block_of(buffer: Any) -> int:
    """How many steps to take at a time. Deep programs take fewer: their scratch is no larger."""
    return min(MOST_NESTED // (BLOCKS_PER_DEPTH * (int(buffer[HEADER_DEPTH]) + 1)), BLOCK)


@inlined
def _is_per_lane(buffer: Any, at: int, stride: int) -> bool:
    """Whether each step has a number of its own, instead of one for all."""
    return int(buffer[at + 1]) * stride != 0


@inlined
def _first(buffer: Any, at: int, lane: int) -> Any:
    """Where a number of lanes lane, lane+1, ... stands."""
    return plus(buffer, int(buffer[at]) + lane * int(buffer[at + 1]))


@inlined
def column(buffer: Any, segment: int, i: int, lane: int, stride: int, n: int, scratch: Any) -> Any:
    """The i-th field of consecutive lanes: where it stands if each lane has its own, else the
    shared number repeated in the scratch.
    """
    at = field_at(segment, i)
    first, spread = _first(buffer, at, lane), plus(scratch, FIELDS + BLOCK * i)
    if _is_per_lane(buffer, at, stride):
        return first
    shared = first[0]
    for j in range(n):
        spread[j] = shared
    return spread


@inlined
def local_steps(
    buffer: Any, segment: int, lane: int, stride: int, steps: Any, n: int, local: Any
) -> Any:
    """Steps counted from the segment's start, at least 0; ``steps`` itself if that is step 0."""
    begin = _first(buffer, segment + SEGMENT_START, lane)
    if _is_per_lane(buffer, segment + SEGMENT_START, stride):
        for i in range(n):
            local[i] = max(steps[i] - begin[i], 0.0)
        return local
    shared = begin[0]
    if shared == 0.0:
        return steps
    for i in range(n):
        local[i] = max(steps[i] - shared, 0.0)
    return local


@inlined
def _blend(
    buffer: Any, segment: int, lane: int, stride: int, steps: Any, n: int, rates: Any, out: Any
) -> None:
    """Take the rates of the steps from the segment's start on; later segments overwrite theirs."""
    begin = _first(buffer, segment + SEGMENT_START, lane)
    if _is_per_lane(buffer, segment + SEGMENT_START, stride):
        for i in range(n):
            out[i] = rates[i] if begin[i] <= steps[i] else out[i]
        return
    shared = begin[0]
    for i in range(n):
        out[i] = rates[i] if shared <= steps[i] else out[i]


@inlined
def _count_begun(buffer: Any, segment: int, lane: int, stride: int, steps: Any, n: int) -> int:
    """How many of these steps have reached the segment's start."""
    begin, begun = _first(buffer, segment + SEGMENT_START, lane), 0
    if _is_per_lane(buffer, segment + SEGMENT_START, stride):
        for i in range(n):
            begun += 1 if begin[i] <= steps[i] else 0
        return begun
    shared = begin[0]
    for i in range(n):
        begun += 1 if shared <= steps[i] else 0
    return begun


@inlined
def _find_in_force(
    buffer: Any, at: int, count: int, lane: int, stride: int, steps: Any, n: int
) -> tuple[int, int]:
    """The first and the last segment in force at a step of a block."""
    first, last = 0, 0
    if count > MOST_BLENDED:
        first = count
        for i in range(n):
            k = segment_in_force(buffer, at, count, lane + i * stride, steps[i])
            first, last = min(first, k), max(last, k)
        return first, last
    for k in range(1, count):
        begun = _count_begun(buffer, at + ROW * k, lane, stride, steps, n)
        if begun > 0:
            last = k
        if begun == n:
            first = k
    return first, last


@inlined
def _evaluate(
    table: Any,
    buffer: Any,
    segment: int,
    lane: int,
    stride: int,
    steps: Any,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """One segment at all steps of a block; NaN if its opcode is unknown."""
    opcode = int(buffer[segment])
    if not is_opcode(opcode):
        for i in range(n):
            out[i] = math.nan
        return
    call_kernel(
        table, LANES + opcode, scratch, (buffer, segment, lane, stride, steps, n, out, nested)
    )


@walk_kernel(LANES_AT)
def lanes_at(
    table: Any,
    buffer: Any,
    at: int,
    count: int,
    lane: int,
    stride: int,
    steps: Any,
    n: int,
    out: Any,
    guess: int,
    nested: Any,
    scratch: Any,
) -> int:
    """Some segments at a block of steps.

    Returns the first segment in force, as a guess for the next block. The guessed segment, unless
    it is -1, is evaluated before its start is compared, so that its numbers are read from memory
    early.
    """
    rates, rest = nested, plus(nested, n)
    if guess >= 0:
        segment = at + ROW * guess
        _evaluate(table, buffer, segment, lane, stride, steps, n, out, rest, scratch)
    first, last = _find_in_force(buffer, at, count, lane, stride, steps, n)
    if last - first >= MOST_BLENDED:
        for i in range(n):
            of = (buffer, at, count, lane + i * stride, steps[i])
            out[i] = call_rate_kernel(table, RATE_OF, scratch, of)
        return first
    for k in range(first, last + 1):
        segment = at + ROW * k
        to = out if k == first else rates
        if k > first or first != guess:
            _evaluate(table, buffer, segment, lane, stride, steps, n, to, rest, scratch)
        if k > first:
            _blend(buffer, segment, lane, stride, steps, n, rates, out)
    return first


@inlined
def _lanes_of(
    table: Any,
    buffer: Any,
    held: int,
    lane: int,
    stride: int,
    steps: Any,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """Evaluate the segments whose offset and number stand at ``held``."""
    at, count = int(buffer[held]), int(buffer[held + 1])
    call_counting_kernel(
        table, LANES_AT, scratch, (buffer, at, count, lane, stride, steps, n, out, -1, nested)
    )


@lanes_kernel("loop")
def lanes_of_loop(
    table: Any,
    buffer: Any,
    segment: int,
    lane: int,
    stride: int,
    steps: Any,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """A loop: its body at the steps within a period, then shrunk by the number of the period."""
    turns, within, rest = nested, plus(nested, n), plus(nested, 2 * n)
    c = local_steps(buffer, segment, lane, stride, steps, n, within)
    period = column(buffer, segment, 0, lane, stride, n, scratch)
    times = column(buffer, segment, 1, lane, stride, n, scratch)
    for i in range(n):
        turns[i] = min(whole_periods(c[i], period[i]), times[i] - 1.0)
        within[i] = c[i] - turns[i] * period[i]
    _lanes_of(table, buffer, segment + SEGMENT_FIRST, lane, stride, within, n, out, rest, scratch)
    k = column(buffer, segment, 2, lane, stride, n, scratch)
    k_low = column(buffer, segment, 3, lane, stride, n, scratch)
    floor = column(buffer, segment, 4, lane, stride, n, scratch)
    for i in range(n):
        kept, lost = share_of_scale(turns[i], k[i], k_low[i])
        out[i] = shrunk(out[i], kept, lost, floor[i])


@lanes_kernel("time_map")
def lanes_of_time_map(
    table: Any,
    buffer: Any,
    segment: int,
    lane: int,
    stride: int,
    steps: Any,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """A time map: its body at the mapped steps."""
    mapped, rest = nested, plus(nested, n)
    c = local_steps(buffer, segment, lane, stride, steps, n, mapped)
    base = column(buffer, segment, 0, lane, stride, n, scratch)
    pace = column(buffer, segment, 1, lane, stride, n, scratch)
    every = column(buffer, segment, 2, lane, stride, n, scratch)
    for i in range(n):
        mapped[i] = paced(c[i], base[i], pace[i], every[i])
    _lanes_of(table, buffer, segment + SEGMENT_FIRST, lane, stride, mapped, n, out, rest, scratch)


def _lanes_of_pair(
    table: Any,
    buffer: Any,
    segment: int,
    lane: int,
    stride: int,
    steps: Any,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """An operation on two rates."""
    local, second, rest = nested, plus(nested, n), plus(nested, 2 * n)
    c = local_steps(buffer, segment, lane, stride, steps, n, local)
    _lanes_of(table, buffer, segment + SEGMENT_FIRST, lane, stride, c, n, out, rest, scratch)
    _lanes_of(table, buffer, segment + SEGMENT_SECOND, lane, stride, c, n, second, rest, scratch)
    for i in range(n):
        out[i] = COMBINE(out[i], second[i])


for _name, _combine in COMBINED.items():
    lanes_kernel(_name)(instance(_lanes_of_pair, _name, COMBINE=_combine))
