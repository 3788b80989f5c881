"""The Numba backend, and the two functions a user's own compiled loop calls.

>>> import fastlr as flr
>>> from numba import njit
>>> @njit
... def train(program, steps):
...     total = 0.0
...     for t in range(steps):
...         total += flr.jit.rate(program, t)
...     return total
>>> train(flr.linear(1.0, 0.0, steps=4).program, 4)
2.5
"""

from typing import Any

import numpy as np

from fastlr.kernels.jit.arithmetic import words_at
from fastlr.kernels.jit.blocks import BLOCK, SCRATCH, block_of, each_at, lanes_at, rates_at
from fastlr.kernels.jit.compiling import inlined, kernel, quick, sources_checked
from fastlr.kernels.jit.losses import annealed, drop, drops
from fastlr.kernels.jit.plateau import replay
from fastlr.kernels.jit.ranges import steps_of
from fastlr.kernels.jit.segments import family, lanes_within, position, rate_of
from fastlr.kernels.jit.user_programs import must_be_program, must_take_rates
from fastlr.program.opcodes import HEADER, LAST_STEP, MAGIC

__all__ = [
    "annealed",
    "drop",
    "drops",
    "each",
    "lanes_of",
    "rate",
    "rates",
    "replay",
    "scalar",
    "steps",
    "table",
]


@inlined
def _check(program: Any, t: int) -> None:
    sources_checked()
    must_be_program(program)
    if program.size < HEADER or program[0] != MAGIC or program[HEADER - 1] != program.size:
        raise ValueError("program must be one that this version of fastlr lowered, and whole")
    t = t & -1  # t itself, where it is an integer; anything else does not compile
    if t < 0 or t > LAST_STEP or t >= program[3]:
        raise ValueError(
            "t must be a step from 0 to 2**53, and before the end of a schedule with "
            "past_end='raise'"
        )


@inlined
def _ends(array: Any) -> tuple[int, int]:
    """The first byte of a flat array, and the one after its last."""
    first = np.int64(array.ctypes.data)
    last = first + (array.size - 1) * array.strides[0]
    return min(first, last), max(first, last) + array.itemsize


@inlined
def _share_memory(a: Any, b: Any) -> bool:
    """Whether the bounds of two flat arrays overlap."""
    (begin, end), (start, stop) = _ends(a), _ends(b)
    return begin < stop and start < end


@kernel
def rate(program: Any, t: int) -> float:
    """The rate of the program's first lane at step t, 0 <= t <= 2^53, as a float64; callable from
    any ``@njit`` function.

    Raises ``ValueError`` for a step that is negative, above 2^53 or past the end of a schedule with
    ``past_end="raise"``, and for a program of another version of fastlr. A step that is no integer
    does not compile, nor does an array that can be written to: ``fastlr.Program.from_array`` checks
    its words, and makes a program of them.
    """
    _check(program, t)
    _, _, _, at, count = family(program, 0)
    return rate_of(program, at, count, 0, float(t))


@kernel
def rates(program: Any, t: int, out: Any) -> None:
    """The rates of all lanes at step t into ``out`` (float64, C-contiguous, one a lane); callable
    from any ``@njit`` function.

    Raises ``ValueError`` as ``rate`` does, and for an ``out`` of another size or in the program's
    own memory; nothing is written then. An ``out`` that holds no such numbers does not compile.
    """
    _check(program, t)
    must_take_rates(out)
    if out.size != int(program[1]):
        raise ValueError("out must have one element for each lane of the program")
    if _share_memory(program, out):
        raise ValueError("out must not share memory with the program")
    rates_at(program, 0, int(program[1]), float(t), out)


@quick
def scalar(address: int, t: int) -> float:
    """The rate at step t of a program of one lane, given by its address; not a number if t may
    not be asked for.
    """
    words = words_at(address)
    if t < 0 or t > LAST_STEP or t >= words[3]:
        return np.nan
    _, _, _, at, count = family(words, 0)
    return rate_of(words, at, count, 0, float(t))


@kernel
def _table(
    words: Any, begin: int, end: int, left: int, right: int, start: int, step: int, out: Any
) -> None:
    """Steps start, start+step, ...

    Into float64 ``out`` (lanes, steps), C-contiguous: some lanes and columns.
    """
    before = 0
    for i in range(int(words[2])):
        lanes, first, listed, at, count = family(words, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            row = out[position(words, first, listed, lane), left:right]
            steps_of(words, at, count, lane, float(start + step * left), float(step), row)
        before += lanes


@kernel
def _table_by_blocks(
    words: Any, begin: int, end: int, left: int, right: int, start: int, step: int, out: Any
) -> None:
    """The same into ``out`` of any strides, or of float32: the float64 rates, each rounded once."""
    block, before = np.empty(BLOCK), 0
    for i in range(int(words[2])):
        lanes, first, listed, at, count = family(words, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            row = out[position(words, first, listed, lane)]
            for j in range(left, right, BLOCK):
                n = min(BLOCK, right - j)
                steps_of(words, at, count, lane, float(start + step * j), float(step), block[:n])
                for k in range(n):
                    row[j + k] = block[k]
        before += lanes


def table(words: Any, lanes: range, columns: range, start: int, step: int, out: Any) -> None:
    """Steps start, start+step, ...

    Into ``out`` (lanes, steps), float64 or float32: some of its lanes and columns.
    """
    direct = out.dtype == np.float64 and out.flags.c_contiguous
    fill = _table if direct else _table_by_blocks
    fill(words, lanes.start, lanes.stop, columns.start, columns.stop, start, step, out)


def lanes_of(words: Any, lanes: range, t: int, out: Any) -> None:
    """Some of the lanes at step t into float64 ``out`` (one a lane), the caller having checked
    both.
    """
    rates_at(words, lanes.start, lanes.stop, float(t), out)


def each(words: Any, lanes: range, t: Any, out: Any) -> None:
    """Some of the lanes, each at its own of int64 steps ``t``, into float64 ``out``: both one a
    lane.
    """
    each_at(words, lanes.start, lanes.stop, t, out)


@kernel
def _steps(words: Any, begin: int, end: int, left: int, right: int, t: Any, out: Any) -> None:
    """Steps ``t`` of lanes begin to end, columns left to right."""
    size, before = block_of(words), 0
    clocks, scratch = np.empty(size), np.empty((SCRATCH, size))
    for i in range(int(words[2])):
        lanes, first, listed, at, count = family(words, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            row, k = out[position(words, first, listed, lane)], 0
            for j in range(left, right, size):
                n = min(size, right - j)
                clocks[:n] = t[j : j + n]
                k = lanes_at(words, at, count, lane, 0, clocks[:n], row[j : j + n], scratch, k)
        before += lanes


def steps(words: Any, lanes: range, columns: range, t: Any, out: Any) -> None:
    """Any steps in any order: int64 ``t`` into float64 ``out`` (lanes, steps), C-contiguous:
    some of its lanes and columns.
    """
    _steps(words, lanes.start, lanes.stop, columns.start, columns.stop, t, out)
