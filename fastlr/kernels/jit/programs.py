"""Evaluate a program on its families and lanes: what Python calls.

Each function here passes the kernels memory, lane by lane or block by block, and returns the slot
that they found empty, or 0.
"""

from typing import Any

import numpy as np

from fastlr.kernels.jit.blocks import block_of
from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.kernels.jit.kernel_table import (
    BLOCK,
    LANES_AT,
    NESTED,
    RATE_OF,
    SINGLES_OF,
    STEPS_OF,
    block_on_stack,
    complete,
    full_scratch,
    instance,
)
from fastlr.kernels.jit.pointers import (
    call_counting_kernel,
    call_kernel,
    call_rate_kernel,
    doubles_of,
    plus,
    singles_of,
    slots_at,
)
from fastlr.kernels.jit.segments import family, lanes_within, position
from fastlr.program.opcodes import HEADER_FAMILIES

__all__ = [
    "each",
    "lanes_at",
    "lanes_of",
    "rates_of_lanes",
    "steps",
    "steps_of",
    "steps_of_lane",
    "table",
]


@inlined
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
    scratch: Any,
) -> None:
    """A run of steps of one lane."""
    nested = plus(scratch, NESTED)
    call_kernel(table, STEPS_OF, scratch, (buffer, at, count, lane, c, step, n, out, nested))


@inlined
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
    scratch: Any,
) -> int:
    """A block of steps; the first segment in force, as a guess for the next block."""
    nested = plus(scratch, NESTED)
    arguments = (buffer, at, count, lane, stride, steps, n, out, guess, nested)
    return call_counting_kernel(table, LANES_AT, scratch, arguments)


@inlined
def steps_of_lane(
    table: Any, program: Any, at: int, count: int, lane: int, t: Any, left: int, right: int,
    out: Any, steps: Any, scratch: Any,
) -> None:  # fmt: skip
    """The steps ``t`` from place left to right of one lane, in blocks."""
    size, k = block_of(program), 0
    for j in range(left, right, size):
        n, here = min(size, right - j), plus(out, j)
        for m in range(n):
            steps[m] = t[j + m]
        if n == 1:
            of = (program, at, count, lane, steps[0])
            here[0] = call_rate_kernel(table, RATE_OF, scratch, of)
        else:
            k = lanes_at(table, program, at, count, lane, 0, steps, n, here, k, scratch)


# of an output: where its elements begin, and the walk that writes them; each instance of the
# template has its own
ELEMENTS_OF: Any = None
WALK: int = 0


def _into(
    address: int, buffer: Any, begin: int, end: int, left: int, right: int, start: int, step: int,
    out: Any,
) -> int:  # fmt: skip
    """Evaluate evenly spaced steps into ``out`` (lanes, steps), C-contiguous."""
    table, scratch = slots_at(address), full_scratch()
    program, first_of, before = doubles_of(buffer), float(start + step * left), 0
    nested = plus(scratch, NESTED)
    for i in range(int(program[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(program, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            place = position(program, first, listed, lane) * out.shape[1] + left
            to = plus(ELEMENTS_OF(out), place)
            of = (program, at, count, lane, first_of, float(step), right - left, to, nested)
            call_kernel(table, WALK, scratch, of)
            if scratch[0] != 0.0:
                return int(scratch[0])
        before += lanes
    return 0


@kernel
def _table_by_blocks(
    address: int, buffer: Any, begin: int, end: int, left: int, right: int, start: int, step: int,
    out: Any,
) -> int:  # fmt: skip
    """The same for an output of other layouts: float64 rates, each rounded once."""
    table, scratch = slots_at(address), full_scratch()
    program, block, before = doubles_of(buffer), block_on_stack(), 0
    for i in range(int(program[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(program, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            row = out[position(program, first, listed, lane)]
            for j in range(left, right, BLOCK):
                n, c = min(BLOCK, right - j), float(start + step * j)
                steps_of(table, program, at, count, lane, c, float(step), n, block, scratch)
                for k in range(n):
                    row[j + k] = block[k]
            if scratch[0] != 0.0:
                return int(scratch[0])
        before += lanes
    return 0


_table_of_doubles = kernel(instance(_into, "doubles", ELEMENTS_OF=doubles_of, WALK=STEPS_OF))
_table_of_singles = kernel(instance(_into, "singles", ELEMENTS_OF=singles_of, WALK=SINGLES_OF))


def table(buffer: Any, lanes: range, columns: range, start: int, step: int, out: Any) -> None:
    """Evaluate steps start, start+step, ... into ``out`` (lanes, steps), float64 or float32.

    Only ``lanes`` and ``columns`` of ``out`` are written.
    """
    fill = _table_of_doubles if out.dtype == np.float64 else _table_of_singles
    if not out.flags.carray:  # or not aligned
        fill = _table_by_blocks
    complete(fill, buffer, lanes.start, lanes.stop, columns.start, columns.stop, start, step, out)


@inlined
def rates_of_lanes(
    table: Any,
    program: Any,
    begin: int,
    end: int,
    t: float,
    to: Any,
    steps: Any,
    block: Any,
    scratch: Any,
) -> None:
    """Lanes begin to end at step t, in blocks. ``steps`` and ``block`` have room for one."""
    size, before = block_of(program), 0
    for j in range(min(size, end - begin)):
        steps[j] = t
    for i in range(int(program[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(program, i)
        own, stop = lanes_within(begin, end, before, lanes)
        before += lanes
        k = 0
        for lane in range(own, stop, size):
            n = min(size, stop - lane)
            here = plus(to, first + lane) if first >= 0 else block
            if n == 1:  # a stack of different schedules, or one lane
                of = (program, at, count, lane, t)
                here[0] = call_rate_kernel(table, RATE_OF, scratch, of)
            else:
                k = lanes_at(table, program, at, count, lane, 1, steps, n, here, k, scratch)
            if first < 0:
                for j in range(n):
                    to[int(program[listed + lane + j])] = block[j]
        if scratch[0] != 0.0:
            return


@kernel
def _lanes(address: int, buffer: Any, begin: int, end: int, t: float, out: Any) -> int:
    """Evaluate lanes begin to end at step t into ``out``."""
    table, scratch = slots_at(address), full_scratch()
    program, to = doubles_of(buffer), doubles_of(out)
    rates_of_lanes(table, program, begin, end, t, to, block_on_stack(), block_on_stack(), scratch)
    return int(scratch[0])


def lanes_of(buffer: Any, lanes: range, t: int, out: Any) -> None:
    """Evaluate ``lanes`` at step t into float64 ``out`` (one per lane)."""
    complete(_lanes, buffer, lanes.start, lanes.stop, float(t), out)


@kernel
def _each(address: int, buffer: Any, begin: int, end: int, t: Any, out: Any) -> int:
    """Evaluate lanes begin to end, each at its own step of ``t``."""
    table, scratch = slots_at(address), full_scratch()
    program, to, steps, block, before = (
        doubles_of(buffer),
        doubles_of(out),
        block_on_stack(),
        block_on_stack(),
        0,
    )
    size = block_of(program)
    for i in range(int(program[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(program, i)
        own, stop = lanes_within(begin, end, before, lanes)
        before += lanes
        k = 0
        for lane in range(own, stop, size):
            n = min(size, stop - lane)
            for j in range(n):
                steps[j] = t[position(program, first, listed, lane + j)]
            k = lanes_at(table, program, at, count, lane, 1, steps, n, block, k, scratch)
            for j in range(n):
                to[position(program, first, listed, lane + j)] = block[j]
        if scratch[0] != 0.0:
            return int(scratch[0])
    return 0


def each(buffer: Any, lanes: range, t: Any, out: Any) -> None:
    """Evaluate ``lanes``, each at its own int64 step of ``t``, into float64 ``out``.

    Both have one element per lane.
    """
    complete(_each, buffer, lanes.start, lanes.stop, t, out)


@kernel
def _steps(
    address: int, buffer: Any, begin: int, end: int, left: int, right: int, t: Any, out: Any
) -> int:
    """Evaluate steps ``t`` for lanes begin to end, columns left to right."""
    table, scratch = slots_at(address), full_scratch()
    program, steps, before = doubles_of(buffer), block_on_stack(), 0
    for i in range(int(program[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(program, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            row = plus(doubles_of(out), position(program, first, listed, lane) * out.shape[1])
            steps_of_lane(table, program, at, count, lane, t, left, right, row, steps, scratch)
            if scratch[0] != 0.0:
                return int(scratch[0])
        before += lanes
    return 0


def steps(buffer: Any, lanes: range, columns: range, t: Any, out: Any) -> None:
    """Evaluate int64 steps ``t``, in any order, into float64 ``out`` (lanes, steps), C-contiguous.

    Only ``lanes`` and ``columns`` of ``out`` are written.
    """
    complete(_steps, buffer, lanes.start, lanes.stop, columns.start, columns.stop, t, out)
