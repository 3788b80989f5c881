"""Calls that take less time than Numba needs to look at their arguments: one step, or few steps.

Their functions take a program of one lane by its address, and the types of other arguments must be
those that they were compiled for.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types

from fastlr.kernels.jit.compiling import entry, quick
from fastlr.kernels.jit.kernel_table import ADDRESS, block_on_stack, compile_kernel, full_scratch
from fastlr.kernels.jit.linking import rate_in_numba
from fastlr.kernels.jit.pointers import doubles_at, doubles_of, slots_at
from fastlr.kernels.jit.programs import steps_of_lane
from fastlr.kernels.jit.segments import ROOT, allows

__all__ = ["compiled_scalar", "several"]

SHORT = 256  # steps: so few take less time than to release the lock


@quick
def _scalar(program: int, t: int) -> float:
    return rate_in_numba((program, t)) if allows(doubles_at(program), t) else np.nan


def compiled_scalar() -> Callable[[int, Any], float]:
    """Compile ``scalar(address, t)``: the rate at step t, an int or a ``numpy.int64``, or NaN if t
    is not allowed, or if a kernel could not be compiled.
    """
    return entry(_scalar, types.int64, types.int64)


@quick
def _several(address: int, program: int, t: Any, out: Any) -> int:
    """Evaluate a program at steps ``t``; -1 if one is not allowed, else an empty slot or 0."""
    table, buffer, scratch, steps = (
        slots_at(address),
        doubles_at(program),
        full_scratch(),
        block_on_stack(),
    )
    for i in range(t.size):
        if not allows(buffer, t[i]):
            return -1
    at, count = int(buffer[ROOT]), int(buffer[ROOT + 1])
    steps_of_lane(table, buffer, at, count, 0, t, 0, t.size, doubles_of(out), steps, scratch)
    return int(scratch[0])


@cache
def _compiled_several() -> Callable[..., int]:
    return entry(_several, types.int64, types.int64, types.int64[::1], types.float64[::1])


def several(address: int, t: Any, out: Any) -> bool:
    """Evaluate a program at steps ``t``, an int64 array like those that ``s(t, out)`` accepts.

    Returns False, and writes nothing, if a step is not allowed, or if releasing the interpreter's
    lock is worth its time.
    """
    if t.size > SHORT:
        return False
    if t.ndim != 1:
        t, out = t.reshape(-1), out.reshape(-1)
    evaluate = _compiled_several()
    while (slot := evaluate(ADDRESS, address, t, out)) > 0:
        compile_kernel(slot)
    return slot == 0
