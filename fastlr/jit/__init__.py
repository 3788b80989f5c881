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

from fastlr.expression import LAST_STEP
from fastlr.jit.arithmetic import words_at
from fastlr.jit.compiling import inlined, kernel, quick
from fastlr.jit.lanes import BLOCK, SCRATCH, block_of, lanes_at, rates_at
from fastlr.jit.rows import family, rate_of
from fastlr.jit.runs import steps_of
from fastlr.program import HEADER, MAGIC

__all__ = ["every_lane", "rate", "rates", "scalar", "steps", "table"]


@inlined
def _check(program: Any, t: int) -> None:
    if program.size < HEADER or program[0] != MAGIC or program[HEADER - 1] != program.size:
        raise ValueError("program must be one that this version of fastlr lowered, and whole")
    t = t & -1  # t itself, where it is an integer; anything else does not compile
    if t < 0 or t > LAST_STEP or t >= program[3]:
        raise ValueError("t must be a step from 0 to 2**53, and before the end of a schedule with past_end='raise'")


@kernel
def rate(program: Any, t: int) -> float:
    """The rate of the program's first lane at step t, 0 <= t <= 2^53, as a float64; callable from any ``@njit`` function.

    Raises ``ValueError`` for a step that is negative, above 2^53 or past the end of a schedule with ``past_end="raise"``, and
    for a program of another version of fastlr; a step that is no integer does not compile.
    """
    _check(program, t)
    _, _, _, at, count = family(program, 0)
    return rate_of(program, at, count, 0, float(t))


@kernel
def rates(program: Any, t: int, out: Any) -> None:
    """The rates of all lanes at step t into ``out`` (float64, C-contiguous, one a lane); callable from any ``@njit`` function.

    Raises ``ValueError`` as ``rate`` does, and for an ``out`` of another size; nothing is written then.
    """
    _check(program, t)
    if out.size != int(program[1]):
        raise ValueError("out must have one element for each lane of the program")
    rates_at(program, float(t), out)


@quick
def scalar(address: int, t: int) -> float:
    """The rate at step t of a program of one lane, given by its address; the caller has checked t."""
    words = words_at(address)
    _, _, _, at, count = family(words, 0)
    return rate_of(words, at, count, 0, float(t))


@kernel
def _table(words: Any, start: int, step: int, out: Any) -> None:
    """Steps start, start+step, ... of every lane into float64 ``out`` (lanes, steps), C-contiguous."""
    for i in range(int(words[2])):
        lanes, first, listed, at, count = family(words, i)
        for lane in range(lanes):
            row = out[first + lane if first >= 0 else int(words[listed + lane])]
            steps_of(words, at, count, lane, float(start), float(step), row)


@kernel
def _table_by_blocks(words: Any, start: int, step: int, out: Any) -> None:
    """The same into ``out`` of any strides, or of float32: the float64 rates, each rounded once."""
    block = np.empty(BLOCK)
    for i in range(int(words[2])):
        lanes, first, listed, at, count = family(words, i)
        for lane in range(lanes):
            row = out[first + lane if first >= 0 else int(words[listed + lane])]
            for j in range(0, row.size, BLOCK):
                n = min(BLOCK, row.size - j)
                steps_of(words, at, count, lane, float(start + step * j), float(step), block[:n])
                for k in range(n):
                    row[j + k] = block[k]


def table(words: Any, start: int, step: int, out: Any) -> None:
    """Steps start, start+step, ... of every lane into ``out`` (lanes, steps), float64 or float32."""
    direct = out.dtype == np.float64 and out.flags.c_contiguous
    (_table if direct else _table_by_blocks)(words, start, step, out)


def every_lane(words: Any, t: int, out: Any) -> None:
    """Every lane at step t into float64 ``out`` (one a lane), the caller having checked both."""
    rates_at(words, float(t), out)


@kernel
def steps(words: Any, t: Any, out: Any) -> None:
    """Any steps in any order: int64 ``t`` of every lane into float64 ``out`` (lanes, steps), C-contiguous."""
    size = block_of(words)
    clocks, scratch = np.empty(size), np.empty((SCRATCH, size))
    for i in range(int(words[2])):
        lanes, first, listed, at, count = family(words, i)
        for lane in range(lanes):
            row, k = out[first + lane if first >= 0 else int(words[listed + lane])], 0
            for j in range(0, t.size, size):
                n = min(size, t.size - j)
                clocks[:n] = t[j : j + n]
                k = lanes_at(words, at, count, lane, 0, clocks[:n], row[j : j + n], scratch, k)
