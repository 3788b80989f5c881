"""The functions that a user's own compiled loop calls, by their symbols.

The symbols stand for functions of the C library if it is installed, and for Numba kernels if not.
Compiled code holds only their names. So a user's function compiles as fast as a formula of its own,
and one from a cache calls the fastlr that is installed when it runs.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, cast

import llvmlite.binding as llvm
import numpy as np
from numba import types

from fastlr.kernels.jit.compiling import SOURCES, compiled_address
from fastlr.kernels.jit.kernel_table import (
    ADDRESS,
    block_on_stack,
    compile_kernel,
    full_scratch,
    instance,
    small_scratch,
)
from fastlr.kernels.jit.pointers import caller, counts_at, doubles_at, slots_at
from fastlr.kernels.jit.programs import rates_of_lanes
from fastlr.kernels.jit.rules import update_lanes
from fastlr.kernels.jit.segments import ROOT
from fastlr.kernels.jit.single_steps import rate_of
from fastlr.program.opcodes import HEADER_LANES

__all__ = ["link", "linked_rate", "linked_rates", "linked_update", "rate_in_numba"]

RATE, RATES, UPDATE = "fastlr_linked_rate", "fastlr_linked_rates", "fastlr_linked_update"
RATE_IN_NUMBA = "fastlr_numba_rate"
_IN_C = {RATE: "rate_at", RATES: "rates_at_step", UPDATE: "update_at"}


@cache
def link(symbol: str) -> None:
    """Give a symbol its address, before code that calls it is compiled or loaded."""
    llvm.add_symbol(symbol, _in_c(symbol) or _in_numba(symbol))


def _in_c(symbol: str) -> int:
    """The address of a function of the C library, or 0 if it has none or is not installed."""
    if symbol not in _IN_C:
        return 0
    try:
        from fastlr.kernels import native
    except (ImportError, OSError, SystemError):
        return 0
    return native.address(_IN_C[symbol])


class Sources:
    """The sources of a compiled function, and the symbol that it calls.

    Unpickling those of another fastlr raises ``OSError``.
    """

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol

    def __reduce__(self) -> tuple[Any, ...]:
        return sources_of, (SOURCES, self.symbol)


def sources_of(digest: str, symbol: str = "") -> Sources:
    """Return the sources of this digest, or raise if they are not those of this fastlr.

    The code in the cache is loaded next, so the symbol that it calls is defined here. Stored caches
    name this function: keep its name, and that it takes a digest alone.
    """
    if digest != SOURCES:
        raise OSError(f"compiled from sources {digest} of fastlr; they are now {SOURCES}")
    link(symbol)
    return Sources(symbol)


def _linked(returned: Any, symbol: str) -> Any:
    """Make a function that compiled code calls as ``call((arguments))`` for a symbol.

    It puts the digest of fastlr's sources into every cache file that holds the calling function,
    also inside a user's own ``@njit(cache=True)`` function. A cache file holds the environment
    (Numba's table of a function's constants) of each function that was linked into it. Numba takes
    an OSError while it reads one for a missing file, and compiles the function again.
    """

    def note(context: Any) -> None:
        link(symbol)
        context.environment.consts.append(Sources(symbol))

    return caller(returned, symbol, note)


# the same in compiled code: (program, t) gives the rate, or NaN if it failed, and (program, t, out)
# whether it worked; programs and outputs are addresses
linked_rate = cast(Callable[[Any], float], _linked(types.float64, RATE))
linked_rates = cast(Callable[[Any], int], _linked(types.int64, RATES))
rate_in_numba = cast(Callable[[Any], float], _linked(types.float64, RATE_IN_NUMBA))
# (rule, lanes, metrics, how many metrics, six parts of a state): all but the counts are addresses
linked_update = cast(Callable[[Any], int], _linked(types.int64, UPDATE))


# -- without the C library -------------------------------------------------------------------------

_D, _I = types.float64, types.int64

# The table and the function that compiles a kernel are constants in this process alone. The two
# functions that hold them are short, so that they compile fast: they are in no cache.
KERNEL: int = 0
PREPARE: int = 0

_prepare = caller(types.int64)
_rate_kernel, _counting_kernel = caller(types.float64), caller(types.int64)


def _rate_by_table(table: int, prepare: int, program: int, t: int) -> float:
    scratch, buffer = small_scratch(), doubles_at(program)
    while True:
        scratch[0] = 0.0
        rate = rate_of(slots_at(table), buffer, ROOT, 0, float(t), scratch)
        if scratch[0] == 0.0:
            return rate
        if _prepare(prepare, (int(scratch[0]),)) == 0:
            return np.nan


def _rates_by_table(table: int, prepare: int, program: int, t: int, out: int) -> int:
    scratch, steps, block = full_scratch(), block_on_stack(), block_on_stack()
    buffer, to = doubles_at(program), doubles_at(out)
    lanes = int(buffer[HEADER_LANES])
    while True:
        scratch[0] = 0.0
        rates_of_lanes(slots_at(table), buffer, 0, lanes, float(t), to, steps, block, scratch)
        if scratch[0] == 0.0:
            return 1
        if _prepare(prepare, (int(scratch[0]),)) == 0:
            return 0


def _update_by_table(
    table: int, prepare: int, rule: int, lanes: int, metrics: int, row: int, scale: int, best: int,
    bad: int, cool: int, mean: int, count: int,
) -> int:  # fmt: skip
    buffer, of = doubles_at(rule), doubles_at(metrics)
    state = (
        doubles_at(scale), doubles_at(best), counts_at(bad), counts_at(cool), doubles_at(mean),
        counts_at(count),
    )  # fmt: skip
    while True:
        slot = update_lanes(slots_at(table), buffer, lanes, of, row, state)
        if slot == 0:
            return 1
        if _prepare(prepare, (slot,)) == 0:
            return 0


def _rate(program: int, t: int) -> float:
    rate: float = _rate_kernel(KERNEL, (ADDRESS, PREPARE, program, t))
    return rate


def _rates(program: int, t: int, out: int) -> int:
    worked: int = _counting_kernel(KERNEL, (ADDRESS, PREPARE, program, t, out))
    return worked


def _update(
    rule: int, lanes: int, metrics: int, row: int, scale: int, best: int, bad: int, cool: int,
    mean: int, count: int,
) -> int:  # fmt: skip
    worked: int = _counting_kernel(
        KERNEL,
        (
            ADDRESS, PREPARE, rule, lanes, metrics, row, scale, best, bad, cool, mean, count,
        ),
    )  # fmt: skip
    return worked


def _compile(slot: int) -> int:
    """Compile a kernel. An error is printed by ctypes, which then returns 0."""
    compile_kernel(slot)
    return 1


_compile_from_c = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(_compile)


def _in_numba(symbol: str) -> int:
    """The address of Numba kernels behind the same interface."""
    prepare = ctypes.cast(_compile_from_c, ctypes.c_void_p).value
    by_table, forward, signature = _BEHIND[symbol]
    kernel = compiled_address(by_table, signature(_I, _I))
    here = instance(forward, "here", KERNEL=kernel, PREPARE=prepare)
    return compiled_address(here, signature(), cached=False)


# what computes by the table of kernels, what passes it the table, and the types of its arguments
_BEHIND: dict[str, tuple[Any, Any, Callable[..., Any]]] = {
    RATE: (_rate_by_table, _rate, lambda *first: _D(*first, _I, _I)),
    RATE_IN_NUMBA: (_rate_by_table, _rate, lambda *first: _D(*first, _I, _I)),
    RATES: (_rates_by_table, _rates, lambda *first: _I(*first, _I, _I, _I)),
    UPDATE: (_update_by_table, _update, lambda *first: _I(*first, *[_I] * 10)),
}
