"""Evaluate a program on its families and lanes: what Python calls.

Each function here passes the kernels memory, lane by lane or block by block, and returns the slot
that they found empty, or 0.
"""

from functools import partial
from typing import Any

import numpy as np

from fastlr.kernels.jit.blocks import block_of
from fastlr.kernels.jit.compiling import inlined, kernel, quick
from fastlr.kernels.jit.kernel_table import (
    ADDRESS,
    BLOCK,
    FIELDS,
    LANES_AT,
    NESTED,
    RATE_OF,
    SCRATCH,
    STEPS_OF,
    compile_kernel,
    complete,
)
from fastlr.kernels.jit.pointers import (
    call_counting_kernel,
    call_kernel,
    call_rate_kernel,
    doubles_at,
    doubles_of,
    on_stack,
    plus,
    singles_of,
    slots_at,
)
from fastlr.kernels.jit.segments import ROOT, family, lanes_within, position
from fastlr.kernels.jit.single_steps import rate_of
from fastlr.program.opcodes import HEADER_FAMILIES, HEADER_LIMIT, LAST_STEP

__all__ = [
    "each",
    "lanes_at",
    "lanes_of",
    "rates_of_lanes",
    "scalar",
    "several",
    "steps",
    "steps_of",
    "table",
]

SHORT = 256  # steps: so few take less time than to release the lock

_small_scratch = on_stack(FIELDS)
_scratch, _block, _second_block = on_stack(SCRATCH), on_stack(BLOCK), on_stack(BLOCK)


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


@quick
def _scalar(address: int, program: int, t: int) -> float:
    buffer, scratch = doubles_at(program), _small_scratch()
    scratch[0] = 0.0  # no slot is reported
    if t < 0 or t > LAST_STEP or t >= buffer[HEADER_LIMIT]:
        return np.nan
    rate = rate_of(slots_at(address), buffer, ROOT, 0, float(t), scratch)
    return np.nan if scratch[0] != 0.0 else rate


# (address, t): the rate at step t of a program of one lane, given by its address; NaN if t is not
# allowed, or if a kernel has yet to be compiled
scalar = partial(_scalar, ADDRESS)


@quick
def _several(address: int, program: int, t: Any, out: Any) -> int:
    """Evaluate a program of one lane, given by its address, at steps ``t``; -1 if one of them is
    not allowed.
    """
    table, buffer, scratch, steps = slots_at(address), doubles_at(program), _scratch(), _block()
    scratch[0] = 0.0  # no slot is reported
    to, size, k = doubles_of(out), block_of(buffer), 0
    at, count = int(buffer[ROOT]), int(buffer[ROOT + 1])
    for i in range(t.size):
        if t[i] < 0 or t[i] > LAST_STEP or t[i] >= buffer[HEADER_LIMIT]:
            return -1
    for i in range(0, t.size, size):
        n = min(size, t.size - i)
        for j in range(n):
            steps[j] = t[i + j]
        k = lanes_at(table, buffer, at, count, 0, 0, steps, n, plus(to, i), k, scratch)
    return int(scratch[0])


def several(address: int, t: Any, out: Any) -> bool:
    """Evaluate a program of one lane, given by its address, at int64 steps ``t``.

    Returns False, and writes nothing, if a step is not allowed, or if releasing the interpreter's
    lock is worth its time.
    """
    if t.size > SHORT:
        return False
    while (slot := _several(ADDRESS, address, t.reshape(-1), out.reshape(-1))) > 0:
        compile_kernel(slot)
    return slot == 0


@kernel
def _table(
    address: int, buffer: Any, begin: int, end: int, left: int, right: int, start: int, step: int,
    out: Any,
) -> int:  # fmt: skip
    """Evaluate evenly spaced steps into float64 ``out`` (lanes, steps), C-contiguous."""
    table, scratch = slots_at(address), _scratch()
    scratch[0] = 0.0  # no slot is reported
    program, first_of, before = doubles_of(buffer), float(start + step * left), 0
    for i in range(int(program[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(program, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            to = plus(doubles_of(out), position(program, first, listed, lane) * out.shape[1] + left)
            steps_of(
                table, program, at, count, lane, first_of, float(step), right - left, to, scratch
            )
            if scratch[0] != 0.0:
                return int(scratch[0])
        before += lanes
    return 0


@kernel
def _table_by_blocks(
    address: int, buffer: Any, begin: int, end: int, left: int, right: int, start: int, step: int,
    out: Any,
) -> int:  # fmt: skip
    """The same for ``out`` of any strides, or of float32: float64 rates, each rounded once."""
    table, scratch = slots_at(address), _scratch()
    scratch[0] = 0.0  # no slot is reported
    program, block, before = doubles_of(buffer), _block(), 0
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


@kernel
def _table_of_singles(
    address: int, buffer: Any, begin: int, end: int, left: int, right: int, start: int, step: int,
    out: Any,
) -> int:  # fmt: skip
    """The same for C-contiguous float32."""
    table, scratch = slots_at(address), _scratch()
    scratch[0] = 0.0  # no slot is reported
    program, block, before = doubles_of(buffer), _block(), 0
    for i in range(int(program[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(program, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            row = position(program, first, listed, lane) * out.shape[1]
            for j in range(left, right, BLOCK):
                n, c = min(BLOCK, right - j), float(start + step * j)
                steps_of(table, program, at, count, lane, c, float(step), n, block, scratch)
                to = plus(singles_of(out), row + j)
                for k in range(n):
                    to[k] = np.float32(block[k])
            if scratch[0] != 0.0:
                return int(scratch[0])
        before += lanes
    return 0


def table(buffer: Any, lanes: range, columns: range, start: int, step: int, out: Any) -> None:
    """Evaluate steps start, start+step, ... into ``out`` (lanes, steps), float64 or float32.

    Only ``lanes`` and ``columns`` of ``out`` are written.
    """
    fill = _table if out.dtype == np.float64 else _table_of_singles
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
            if n == 1:  # of a stack of unlike schedules, or of one
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
    table, scratch = slots_at(address), _scratch()
    scratch[0] = 0.0  # no slot is reported
    program, to = doubles_of(buffer), doubles_of(out)
    rates_of_lanes(table, program, begin, end, t, to, _block(), _second_block(), scratch)
    return int(scratch[0])


def lanes_of(buffer: Any, lanes: range, t: int, out: Any) -> None:
    """Evaluate ``lanes`` at step t into float64 ``out`` (one per lane)."""
    complete(_lanes, buffer, lanes.start, lanes.stop, float(t), out)


@kernel
def _each(address: int, buffer: Any, begin: int, end: int, t: Any, out: Any) -> int:
    """Evaluate lanes begin to end, each at its own step of ``t``."""
    table, scratch = slots_at(address), _scratch()
    scratch[0] = 0.0  # no slot is reported
    program, to, steps, block, before = (
        doubles_of(buffer),
        doubles_of(out),
        _block(),
        _second_block(),
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
    table, scratch = slots_at(address), _scratch()
    scratch[0] = 0.0  # no slot is reported
    program, steps, before = doubles_of(buffer), _block(), 0
    size = block_of(program)
    for i in range(int(program[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(program, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            row = plus(doubles_of(out), position(program, first, listed, lane) * out.shape[1])
            k = 0
            for j in range(left, right, size):
                n = min(size, right - j)
                for m in range(n):
                    steps[m] = t[j + m]
                here = plus(row, j)
                if n == 1:
                    here[0] = call_rate_kernel(
                        table, RATE_OF, scratch, (program, at, count, lane, steps[0])
                    )
                else:
                    k = lanes_at(table, program, at, count, lane, 0, steps, n, here, k, scratch)
            if scratch[0] != 0.0:
                return int(scratch[0])
        before += lanes
    return 0


def steps(buffer: Any, lanes: range, columns: range, t: Any, out: Any) -> None:
    """Evaluate int64 steps ``t``, in any order, into float64 ``out`` (lanes, steps), C-contiguous.

    Only ``lanes`` and ``columns`` of ``out`` are written.
    """
    complete(_steps, buffer, lanes.start, lanes.stop, columns.start, columns.stop, t, out)
