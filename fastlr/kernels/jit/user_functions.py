"""The functions that a user's own compiled loop calls: ``flr.jit.rate`` and ``flr.jit.rates``.

They check their arguments in compiled code, and call by symbol what evaluates the program.
"""

from typing import Any

import numpy as np

from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.kernels.jit.linking import linked_rate, linked_rates, sources_checked
from fastlr.kernels.jit.pointers import address_of, doubles_of
from fastlr.kernels.jit.user_arguments import must_be_program, must_be_step, must_take_rates
from fastlr.program.opcodes import (
    HEADER,
    HEADER_LANES,
    HEADER_LIMIT,
    HEADER_MAGIC,
    HEADER_SIZE,
    LAST_STEP,
    MAGIC,
)

__all__ = ["rate", "rates"]


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
    must_be_step(t)
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
    """Evaluate a program of one lane at step t, from any ``@njit`` function.

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
        ``past_end="raise"``; if the program is of another version of fastlr; or if it has several
        lanes.

    Examples
    --------
    >>> import fastlr as flr
    >>> rate(flr.linear(1.0, 0.0, steps=4).program, 1)
    0.75
    """
    _check(program, t)
    if int(program[HEADER_LANES]) != 1:
        raise ValueError("program must have one lane; for a batch, call flr.jit.rates")
    rate = linked_rate((address_of(doubles_of(program)), t))
    if rate != rate:
        raise RuntimeError("a kernel could not be compiled; the reason is printed above")
    return rate


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
    if linked_rates((address_of(doubles_of(program)), t, address_of(doubles_of(out)))) == 0:
        raise RuntimeError("a kernel could not be compiled; the reason is printed above")
