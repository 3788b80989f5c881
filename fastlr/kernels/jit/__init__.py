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

from fastlr.kernels.jit.arithmetic import buffer_at
from fastlr.kernels.jit.blocks import BLOCK, SCRATCH, block_of, each_at, lanes_at, rates_at
from fastlr.kernels.jit.compiling import inlined, kernel, quick, sources_checked
from fastlr.kernels.jit.losses import annealing_momenta, multi_power_exponentials, multi_power_terms
from fastlr.kernels.jit.plateau import replay
from fastlr.kernels.jit.ranges import steps_of
from fastlr.kernels.jit.segments import family, lanes_within, position, rate_of
from fastlr.kernels.jit.user_arguments import must_be_program, must_take_rates
from fastlr.program.opcodes import (
    HEADER,
    HEADER_FAMILIES,
    HEADER_LANES,
    HEADER_LIMIT,
    HEADER_MAGIC,
    HEADER_SIZE,
    LAST_STEP,
    MAGIC,
)

__all__ = [
    "annealing_momenta",
    "multi_power_terms",
    "multi_power_exponentials",
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
    if (
        program.size < HEADER
        or program[HEADER_MAGIC] != MAGIC
        or program[HEADER_SIZE] != program.size
    ):
        raise ValueError("program must be one that this version of fastlr lowered, and whole")
    t = t & -1  # t itself if it is an integer; other types do not compile
    if t < 0 or t > LAST_STEP or t >= program[HEADER_LIMIT]:
        raise ValueError(
            "t must be a step from 0 to 2**53, and before the end of a schedule with "
            "past_end='raise'"
        )


@inlined
def _ends(array: Any) -> tuple[int, int]:
    """The address of a flat array's first byte, and of the byte after its last."""
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
    """Evaluate the program's first lane at step t, from any ``@njit`` function.

    Parameters
    ----------
    program : array of float64
        ``schedule.program``, or the result of ``fastlr.Program.from_array``. An array that can be
        written to does not compile.
    t : int
        The step, 0 <= t <= 2^53. Other types than integers do not compile.

    Returns
    -------
    float
        The rate, with the bits of ``schedule(t)``.

    Raises
    ------
    ValueError
        If the step is negative, above 2^53, or past the end of a schedule with
        ``past_end="raise"``; or if the program is of another version of fastlr.

    Examples
    --------
    >>> import fastlr as flr
    >>> rate(flr.linear(1.0, 0.0, steps=4).program, 1)
    0.75
    """
    _check(program, t)
    _, _, _, at, count = family(program, 0)
    return rate_of(program, at, count, 0, float(t))


@kernel
def rates(program: Any, t: int, out: Any) -> None:
    """Evaluate all lanes at step t into ``out``, from any ``@njit`` function.

    Parameters
    ----------
    program : array of float64
        As for ``rate``.
    t : int
        As for ``rate``.
    out : array of float64
        C-contiguous, with one element per lane. Arrays of other types do not compile.

    Raises
    ------
    ValueError
        As for ``rate``, or if ``out`` has another size or shares memory with the program. Then
        nothing is written.

    Examples
    --------
    >>> import fastlr as flr
    >>> out = np.empty(2)
    >>> rates(flr.linear([1.0, 2.0], 0.0, steps=4).program, 1, out)
    >>> out
    array([0.75, 1.5 ])
    """
    _check(program, t)
    must_take_rates(out)
    if out.size != int(program[HEADER_LANES]):
        raise ValueError("out must have one element for each lane of the program")
    if _share_memory(program, out):
        raise ValueError("out must not share memory with the program")
    rates_at(program, 0, int(program[HEADER_LANES]), float(t), out)


@quick
def scalar(address: int, t: int) -> float:
    """The rate at step t of a program of one lane, given by its address; NaN if t is not
    allowed.
    """
    buffer = buffer_at(address)
    if t < 0 or t > LAST_STEP or t >= buffer[HEADER_LIMIT]:
        return np.nan
    _, _, _, at, count = family(buffer, 0)
    return rate_of(buffer, at, count, 0, float(t))


@kernel
def _table(
    buffer: Any, begin: int, end: int, left: int, right: int, start: int, step: int, out: Any
) -> None:
    """Evaluate evenly spaced steps into float64 ``out`` (lanes, steps), C-contiguous."""
    before = 0
    for i in range(int(buffer[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(buffer, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            row = out[position(buffer, first, listed, lane), left:right]
            steps_of(buffer, at, count, lane, float(start + step * left), float(step), row)
        before += lanes


@kernel
def _table_by_blocks(
    buffer: Any, begin: int, end: int, left: int, right: int, start: int, step: int, out: Any
) -> None:
    """The same for ``out`` of any strides, or of float32: float64 rates, each rounded once."""
    block, before = np.empty(BLOCK), 0
    for i in range(int(buffer[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(buffer, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            row = out[position(buffer, first, listed, lane)]
            for j in range(left, right, BLOCK):
                n = min(BLOCK, right - j)
                steps_of(buffer, at, count, lane, float(start + step * j), float(step), block[:n])
                for k in range(n):
                    row[j + k] = block[k]
        before += lanes


def table(buffer: Any, lanes: range, columns: range, start: int, step: int, out: Any) -> None:
    """Evaluate steps start, start+step, ... into ``out`` (lanes, steps), float64 or float32.

    Only ``lanes`` and ``columns`` of ``out`` are written.
    """
    direct = out.dtype == np.float64 and out.flags.c_contiguous
    fill = _table if direct else _table_by_blocks
    fill(buffer, lanes.start, lanes.stop, columns.start, columns.stop, start, step, out)


def lanes_of(buffer: Any, lanes: range, t: int, out: Any) -> None:
    """Evaluate ``lanes`` at step t into float64 ``out`` (one per lane)."""
    rates_at(buffer, lanes.start, lanes.stop, float(t), out)


def each(buffer: Any, lanes: range, t: Any, out: Any) -> None:
    """Evaluate ``lanes``, each at its own int64 step of ``t``, into float64 ``out``.

    Both have one element per lane.
    """
    each_at(buffer, lanes.start, lanes.stop, t, out)


@kernel
def _steps(buffer: Any, begin: int, end: int, left: int, right: int, t: Any, out: Any) -> None:
    """Evaluate steps ``t`` for lanes begin to end, columns left to right."""
    size, before = block_of(buffer), 0
    wanted, scratch = np.empty(size), np.empty((SCRATCH, size))
    for i in range(int(buffer[HEADER_FAMILIES])):
        lanes, first, listed, at, count = family(buffer, i)
        for lane in range(*lanes_within(begin, end, before, lanes)):
            row, k = out[position(buffer, first, listed, lane)], 0
            for j in range(left, right, size):
                n = min(size, right - j)
                wanted[:n] = t[j : j + n]
                k = lanes_at(buffer, at, count, lane, 0, wanted[:n], row[j : j + n], scratch, k)
        before += lanes


def steps(buffer: Any, lanes: range, columns: range, t: Any, out: Any) -> None:
    """Evaluate int64 steps ``t``, in any order, into float64 ``out`` (lanes, steps), C-contiguous.

    Only ``lanes`` and ``columns`` of ``out`` are written.
    """
    _steps(buffer, lanes.start, lanes.stop, columns.start, columns.stop, t, out)
