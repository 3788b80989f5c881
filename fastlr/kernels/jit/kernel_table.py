"""The table of kernels: one slot per kernel, which is compiled when a schedule first needs it.

Each opcode has a kernel for one step, one for a run of evenly spaced steps, and one for a block of
lanes. Some also have *rare* kernels, for the work that few schedules need. Kernels call each other
through the table, by the opcodes of a program. So each is compiled once, on its own, and a schedule
compiles only its own curves.

A kernel that finds an empty slot writes its number to the first place of the scratch. The caller
then compiles that kernel and repeats the call.
"""

import sys
import time
from collections.abc import Callable
from threading import RLock
from types import FunctionType
from typing import Any, NamedTuple, cast

import numpy as np
from numba import types

from fastlr.kernels.jit.compiling import Function, compiled_address
from fastlr.kernels.jit.pointers import DOUBLES, INTEGERS, SINGLES, on_stack
from fastlr.program.opcodes import DEEPEST, FIELDS_MOST, OPCODES, UPDATES, opcode

__all__ = [
    "ADDRESS",
    "BLOCK",
    "BLOCKS_PER_DEPTH",
    "FIELDS",
    "KINDS",
    "LANES",
    "LANES_AT",
    "MOST_NESTED",
    "NESTED",
    "RARE_LANES",
    "RARE_RUN",
    "RATE",
    "RATE_OF",
    "RULE",
    "RUN",
    "RUN_OF_SINGLES",
    "SINGLES_OF",
    "STEPS",
    "STEPS_OF",
    "block_on_stack",
    "compile_kernel",
    "complete",
    "full_scratch",
    "instance",
    "lanes_kernel",
    "rate_kernel",
    "rule_kernel",
    "run_kernel",
    "singles_kernel",
    "small_scratch",
    "walk_kernel",
]

BLOCK = 1024  # steps at a time: 8 KiB of float64, which stay in the cache between two passes
BLOCKS_PER_DEPTH = 4  # blocks of scratch per depth of segments within segments
MOST_NESTED = BLOCKS_PER_DEPTH * (DEEPEST + 1) * 8

# Scratch: the empty slot that was found, or 0; a block per field of a segment; a block of steps;
# and blocks for segments within segments. All begin at cache lines.
FIELDS = 8
STEPS = FIELDS + FIELDS_MOST * BLOCK
NESTED = STEPS + BLOCK
SCRATCH = NESTED + MOST_NESTED

# the scratch of a call, in which no empty slot is reported yet: all of it, or what kernels for one
# step need; and a block of steps
full_scratch = on_stack(SCRATCH, cleared=True)
small_scratch = on_stack(FIELDS, cleared=True)
block_on_stack = on_stack(BLOCK)

# where the kernels of the opcodes begin; slot 0 stays empty
_COUNT = len(OPCODES)
RATE, RUN, RARE_RUN, LANES, RARE_LANES = (1 + _COUNT * i for i in range(5))
RUN_OF_SINGLES = 1 + 5 * _COUNT
RATE_OF = 1 + 6 * _COUNT
STEPS_OF, SINGLES_OF, LANES_AT = RATE_OF + 1, RATE_OF + 2, RATE_OF + 3
# where those of rules begin, by their updates: single or double, with windows or without
RULE, KINDS = LANES_AT + 1, 4
_SLOTS = RULE + KINDS * len(UPDATES)

_D, _I = types.float64, types.int64
# (table, buffer, segment, lane, c, scratch)
_RATE = types.float64(INTEGERS, DOUBLES, _I, _I, _D, DOUBLES)
# (table, buffer, segment, lane, c, step, n, out, nested, scratch)
_RUN = types.void(INTEGERS, DOUBLES, _I, _I, _D, _D, _I, DOUBLES, DOUBLES, DOUBLES)
# (table, buffer, segment, lane, c, step, n, out, scratch)
_RUN_OF_SINGLES = types.void(INTEGERS, DOUBLES, _I, _I, _D, _D, _I, SINGLES, DOUBLES)
# (table, buffer, segment, lane, stride, steps, n, out, nested, scratch)
_LANES = types.void(INTEGERS, DOUBLES, _I, _I, _I, DOUBLES, _I, DOUBLES, DOUBLES, DOUBLES)
# (table, buffer, begin, end, metrics, updates, row, addresses of a state, out, wide, scratch)
_RULE = types.int64(
    INTEGERS, DOUBLES, _I, _I, DOUBLES, _I, _I, INTEGERS, DOUBLES, _I, DOUBLES
)  # fmt: skip
_WALKS = {
    # (table, buffer, at, count, lane, c, scratch)
    RATE_OF: types.float64(INTEGERS, DOUBLES, _I, _I, _I, _D, DOUBLES),
    # (table, buffer, at, count, lane, c, step, n, out, nested, scratch)
    STEPS_OF: types.void(INTEGERS, DOUBLES, _I, _I, _I, _D, _D, _I, DOUBLES, DOUBLES, DOUBLES),
    # the same, into float32
    SINGLES_OF: types.void(INTEGERS, DOUBLES, _I, _I, _I, _D, _D, _I, SINGLES, DOUBLES, DOUBLES),
    # (table, buffer, at, count, lane, stride, steps, n, out, guess, nested, scratch)
    LANES_AT: types.int64(
        INTEGERS, DOUBLES, _I, _I, _I, _I, DOUBLES, _I, DOUBLES, _I, DOUBLES, DOUBLES
    ),
}


class _Source(NamedTuple):
    """What a slot holds once it is compiled."""

    function: Callable[..., Any]
    signature: Any


class _Notice:
    """Says once, where a person reads it, that kernels take more than 2 seconds to compile."""

    def __init__(self) -> None:
        self.spent, self.left_to_say = 0.0, True

    def add(self, seconds: float) -> None:
        self.spent += seconds
        if self.spent > 2.0 and self.left_to_say:
            self.left_to_say = False
            if sys.stderr.isatty() or "ipykernel" in sys.modules:
                print("fastlr: compiling Numba kernels, once per machine ...", file=sys.stderr)


_TABLE = np.zeros(_SLOTS, dtype=np.int64)  # the address of each kernel, or 0
ADDRESS: int = _TABLE.ctypes.data
_SOURCES: dict[int, _Source] = {}
_LOCK = RLock()
_notice = _Notice()


def rate_kernel(name: str) -> Callable[[Function], Function]:
    """Make the decorated function the kernel of an opcode for the rate at one step."""
    return _in_slot(RATE + opcode(name), _RATE)


def run_kernel(name: str, rare: bool = False) -> Callable[[Function], Function]:
    """Make the decorated function the kernel of an opcode for a run of evenly spaced steps."""
    return _in_slot((RARE_RUN if rare else RUN) + opcode(name), _RUN)


def singles_kernel(name: str) -> Callable[[Function], Function]:
    """Make the decorated function the kernel of an opcode for a run of steps into float32."""
    return _in_slot(RUN_OF_SINGLES + opcode(name), _RUN_OF_SINGLES)


def lanes_kernel(name: str, rare: bool = False) -> Callable[[Function], Function]:
    """Make the decorated function the kernel of an opcode for a block of steps."""
    return _in_slot((RARE_LANES if rare else LANES) + opcode(name), _LANES)


def walk_kernel(slot: int) -> Callable[[Function], Function]:
    """Make the decorated function the kernel that goes through segments."""
    return _in_slot(slot, _WALKS[slot])


def rule_kernel(update: str, kind: int) -> Callable[[Function], Function]:
    """Make the decorated function the kernel of an update and a kind of rule."""
    return _in_slot(RULE + KINDS * UPDATES.index(update) + kind, _RULE)


def _in_slot(slot: int, signature: Any) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        _SOURCES[slot] = _Source(function, signature)
        return function

    return register


def instance(template: Function, name: str, **constants: Any) -> Function:
    """Copy a function, with constants of its own in place of the module's."""
    of: Any = template
    copy: Any = FunctionType(of.__code__, {**of.__globals__, **constants}, f"{of.__name__}_{name}")
    copy.__qualname__ = copy.__name__
    return cast(Function, copy)


def complete(call: Callable[..., int], *arguments: Any) -> None:
    """Call until no kernel is missing. Each call returns the slot that it found empty, or 0."""
    while slot := call(ADDRESS, *arguments):
        compile_kernel(slot)


def compile_kernel(slot: int) -> None:
    """Compile the kernel of a slot, or load it from the cache, unless another thread has."""
    with _LOCK:
        if not _TABLE[slot]:
            begun = time.monotonic()
            _TABLE[slot] = compiled_address(*_SOURCES[slot])
            _notice.add(time.monotonic() - begun)
