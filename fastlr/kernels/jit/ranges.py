"""One lane over a run of evenly spaced steps, segment by segment. ``curves.py`` has the curves.

``c``, ``c + step``, ... are ``n`` steps, counted from the start of a segment or of the segments
that hold it; their rates go to ``out``. ``nested`` is memory for segments within segments.
"""

import math
from typing import Any

import numpy as np

from fastlr.kernels.jit.arithmetic import fma
from fastlr.kernels.jit.blocks import block_of
from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.kernel_table import (
    BLOCK,
    LANES,
    RUN,
    RUN_OF_SINGLES,
    SINGLES_OF,
    STEPS_OF,
    block_on_stack,
    instance,
    run_kernel,
    walk_kernel,
)
from fastlr.kernels.jit.lines_and_cosines import WIDE
from fastlr.kernels.jit.periods import paced, share_of_scale, shrunk, whole_periods
from fastlr.kernels.jit.pointers import address_of, call_kernel, plus
from fastlr.kernels.jit.segments import (
    LOOP,
    field,
    is_opcode,
    place_in_loop,
    segment_in_force,
    start,
)
from fastlr.kernels.jit.single_steps import COMBINED, rate_of
from fastlr.program.opcodes import (
    LAST_STEP,
    ROW,
    SEGMENT_FIRST,
    SEGMENT_SECOND,
    opcode,
)

__all__ = ["SHORT", "step_of", "steps_before"]

LONGEST = 2**31 - 1  # steps of a run, which a 32-bit count must number
LONG = 256  # steps: a longer run begins at a cache line, since stores across two take twice as long
LINE, FLOAT64 = 64, 8  # bytes of a cache line, and of a rate
SHORT = 64.0  # steps: shorter periods are evaluated in blocks, not as runs

_LINEAR, _SQUARE, _COSINE = opcode("linear"), opcode("square"), opcode("cosine")

COMBINE: Any = None  # of two rates; each instance of the template has its own


@inlined
def step_of(c: float, step: float, i: int) -> float:
    """The i-th step of a run. A 32-bit count converts to float64 at full vector width."""
    return fma(step, float(np.int32(i)), c)


@inlined
def steps_before(limit: float, c: float, step: float, most: int) -> int:
    """How many of the steps c, c+step, ... come before ``limit``: from 1 to ``most``."""
    return int(min(max(math.ceil((limit - c) / step), 1.0), float(most)))


@inlined
def _steps_of(
    table: Any,
    buffer: Any,
    held: int,
    lane: int,
    c: float,
    step: float,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """Evaluate the segments whose offset and number stand at ``held``."""
    at, count = int(buffer[held]), int(buffer[held + 1])
    call_kernel(table, STEPS_OF, scratch, (buffer, at, count, lane, c, step, n, out, nested))


@walk_kernel(STEPS_OF)
def steps_of(
    table: Any,
    buffer: Any,
    at: int,
    count: int,
    lane: int,
    c: float,
    step: float,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """One lane of some segments: a run of each segment in force. NaN for an unknown opcode."""
    i, k = 0, segment_in_force(buffer, at, count, lane, c)
    while i < n:
        segment, from_, most = at + ROW * k, c + step * i, min(n - i, LONGEST)
        if k + 1 < count:
            end = start(buffer, segment + ROW, lane)
            if end <= from_:
                k += 1
                continue
            most = steps_before(end, from_, step, most)
        local, to = from_ - start(buffer, segment, lane), plus(out, i)
        opcode = int(buffer[segment])
        if most > LONG and opcode < LOOP and address_of(to) % LINE != 0:
            most = (LINE - address_of(to) % LINE) // FLOAT64
        if not is_opcode(opcode):
            _fill(to, most, math.nan)
        else:
            call_kernel(
                table,
                RUN + opcode,
                scratch,
                (buffer, segment, lane, local, step, most, to, nested),
            )
        i += most


@walk_kernel(SINGLES_OF)
def singles_of(
    table: Any,
    buffer: Any,
    at: int,
    count: int,
    lane: int,
    c: float,
    step: float,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """The same into float32. What has no kernel for that goes in blocks of float64."""
    i, k, block = 0, segment_in_force(buffer, at, count, lane, c), block_on_stack()
    while i < n:
        segment, from_, most = at + ROW * k, c + step * i, min(n - i, LONGEST)
        if k + 1 < count:
            end = start(buffer, segment + ROW, lane)
            if end <= from_:
                k += 1
                continue
            most = steps_before(end, from_, step, most)
        local, to, opcode = from_ - start(buffer, segment, lane), plus(out, i), int(buffer[segment])
        if _has_singles(opcode) and abs(field(buffer, segment, 0, lane)) <= WIDE:
            of = (buffer, segment, lane, local, step, most, to)
            call_kernel(table, RUN_OF_SINGLES + opcode, scratch, of)
        else:
            most = min(most, BLOCK)
            of_block = (buffer, at, count, lane, from_, step, most, block, nested)
            call_kernel(table, STEPS_OF, scratch, of_block)
            for j in range(most):
                to[j] = block[j]
        i += most


@inlined
def _has_singles(opcode: int) -> bool:
    return opcode in (_LINEAR, _SQUARE, _COSINE)


@inlined
def _fill(out: Any, n: int, rate: float) -> None:
    for i in range(n):
        out[i] = rate


@run_kernel("loop")
def run_of_loop(
    table: Any,
    buffer: Any,
    segment: int,
    lane: int,
    c: float,
    step: float,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """A loop, period by period.

    A loop that shrinks goes in blocks, which stay in the cache between two passes. Short periods
    take the way of single steps.
    """
    period, last = field(buffer, segment, 0, lane), field(buffer, segment, 1, lane) - 1.0
    if period < SHORT * step:
        _run_of_single_steps(table, buffer, segment, lane, c, step, n, out, nested, scratch)
        return
    k, k_low = field(buffer, segment, 2, lane), field(buffer, segment, 3, lane)
    floor, i = field(buffer, segment, 4, lane), 0
    while i < n:
        turn, local = place_in_loop(buffer, segment, lane, c + step * i)
        most = n - i if k == 0.0 else min(n - i, BLOCK)
        if turn < last:
            most = steps_before(period, local, step, most)
        to = plus(out, i)
        _steps_of(
            table, buffer, segment + SEGMENT_FIRST, lane, local, step, most, to, nested, scratch
        )
        if k != 0.0:
            kept, lost = share_of_scale(turn, k, k_low)
            for j in range(most):
                to[j] = shrunk(to[j], kept, lost, floor)
        i += most


@inlined
def _run_of_single_steps(
    table: Any,
    buffer: Any,
    segment: int,
    lane: int,
    c: float,
    step: float,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """A segment that holds others, in blocks of steps of one lane."""
    steps, size, opcode = block_on_stack(), block_of(buffer), int(buffer[segment])
    first = c + start(buffer, segment, lane)
    for i in range(0, n, size):
        most = min(size, n - i)
        for j in range(most):
            steps[j] = step_of(first + step * i, step, j)
        to = plus(out, i)
        call_kernel(
            table, LANES + opcode, scratch, (buffer, segment, lane, 0, steps, most, to, nested)
        )


@run_kernel("time_map")
def run_of_time_map(
    table: Any,
    buffer: Any,
    segment: int,
    lane: int,
    c: float,
    step: float,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """A time map: a run of the segments that it holds, unless the mapped steps are uneven or pass
    the last step.

    Where it stands still for many steps, each rate is evaluated once and repeated.
    """
    every = field(buffer, segment, 2, lane)
    if every < SHORT * step:
        _run_of_mapped(table, buffer, segment, lane, c, step, n, out, nested, scratch)
        return
    size, i = block_of(buffer), 0
    last = whole_periods(c + step * (n - 1), every)
    while i < n:
        turn = whole_periods(c + step * i, every)
        landings = int(min(last - turn + 1.0, float(size)))
        rest = plus(nested, landings)
        _run_of_mapped(
            table, buffer, segment, lane, turn * every, every, landings, nested, rest, scratch
        )
        for j in range(landings):
            most = steps_before((turn + j + 1.0) * every, c + step * i, step, n - i)
            _fill(plus(out, i), most, nested[j])
            i += most


@inlined
def _run_of_mapped(
    table: Any,
    buffer: Any,
    segment: int,
    lane: int,
    c: float,
    step: float,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    base, pace = field(buffer, segment, 0, lane), field(buffer, segment, 1, lane)
    every = field(buffer, segment, 2, lane)
    turns = whole_periods(step, every)
    from_, by = paced(c, base, pace, every), pace * turns
    if pace == 0.0:
        _fill(out, n, rate_of(table, buffer, segment + SEGMENT_FIRST, lane, base, scratch))
    elif turns * every == step and from_ + by * n <= LAST_STEP:
        _steps_of(table, buffer, segment + SEGMENT_FIRST, lane, from_, by, n, out, nested, scratch)
    else:
        _run_of_single_steps(table, buffer, segment, lane, c, step, n, out, nested, scratch)


def _run_of_pair(
    table: Any,
    buffer: Any,
    segment: int,
    lane: int,
    c: float,
    step: float,
    n: int,
    out: Any,
    nested: Any,
    scratch: Any,
) -> None:
    """An operation on two rates, in blocks that stay in the cache until they are combined."""
    size = block_of(buffer)
    rest = plus(nested, size)
    for i in range(0, n, size):
        from_, most, to = c + step * i, min(size, n - i), plus(out, i)
        _steps_of(
            table, buffer, segment + SEGMENT_FIRST, lane, from_, step, most, to, rest, scratch
        )
        _steps_of(
            table, buffer, segment + SEGMENT_SECOND, lane, from_, step, most, nested, rest, scratch
        )
        for j in range(most):
            to[j] = COMBINE(to[j], nested[j])


for _name, _combine in COMBINED.items():
    run_kernel(_name)(instance(_run_of_pair, _name, COMBINE=_combine))
