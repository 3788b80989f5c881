"""One lane at one step: the segment in force, and those that hold others. ``curves.py`` has the
curves.

``c`` is a step, counted from the start of a segment or of the segments that hold it.
"""

import math
from typing import Any

from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.kernel_table import RATE, RATE_OF, instance, rate_kernel, walk_kernel
from fastlr.kernels.jit.periods import paced, share_of_scale, shrunk
from fastlr.kernels.jit.pointers import call_rate_kernel
from fastlr.kernels.jit.segments import field, is_opcode, place_in_loop, segment_in_force, start
from fastlr.program.opcodes import (
    ROW,
    SEGMENT_FIRST,
    SEGMENT_SECOND,
)

__all__ = ["COMBINED", "rate_of"]

COMBINE: Any = None  # of two rates; each instance of the template has its own


@inlined
def _product(a: float, b: float) -> float:
    return a * b


@inlined
def _sum(a: float, b: float) -> float:
    return a + b


@inlined
def _minimum(a: float, b: float) -> float:
    return min(a, b)


@inlined
def _maximum(a: float, b: float) -> float:
    return max(a, b)


COMBINED: dict[str, Any] = {
    "multiply": _product,
    "add": _sum,
    "minimum": _minimum,
    "maximum": _maximum,
}


@inlined
def rate_of(table: Any, buffer: Any, held: int, lane: int, c: float, scratch: Any) -> float:
    """Evaluate the segments whose offset and number stand at ``held``."""
    at, count = int(buffer[held]), int(buffer[held + 1])
    return call_rate_kernel(table, RATE_OF, scratch, (buffer, at, count, lane, c))


@walk_kernel(RATE_OF)
def rate_in_force(
    table: Any, buffer: Any, at: int, count: int, lane: int, c: float, scratch: Any
) -> float:
    """The rate of the segment in force; NaN for an unknown opcode."""
    segment = at + ROW * segment_in_force(buffer, at, count, lane, c)
    opcode, local = int(buffer[segment]), c - start(buffer, segment, lane)
    if not is_opcode(opcode):
        return math.nan
    return call_rate_kernel(table, RATE + opcode, scratch, (buffer, segment, lane, local))


@rate_kernel("loop")
def rate_of_loop(table: Any, buffer: Any, segment: int, lane: int, c: float, scratch: Any) -> float:
    """A loop: its body at the step within the period, then shrunk by the number of the period."""
    turn, local = place_in_loop(buffer, segment, lane, c)
    rate = rate_of(table, buffer, segment + SEGMENT_FIRST, lane, local, scratch)
    k, k_low = field(buffer, segment, 2, lane), field(buffer, segment, 3, lane)
    kept, lost = share_of_scale(turn, k, k_low)
    return shrunk(rate, kept, lost, field(buffer, segment, 4, lane))


@rate_kernel("time_map")
def rate_of_time_map(
    table: Any, buffer: Any, segment: int, lane: int, c: float, scratch: Any
) -> float:
    """A time map: its body at the mapped step."""
    base, pace = field(buffer, segment, 0, lane), field(buffer, segment, 1, lane)
    mapped = paced(c, base, pace, field(buffer, segment, 2, lane))
    return rate_of(table, buffer, segment + SEGMENT_FIRST, lane, mapped, scratch)


def _rate_of_pair(
    table: Any, buffer: Any, segment: int, lane: int, c: float, scratch: Any
) -> float:
    """An operation on two rates."""
    first = rate_of(table, buffer, segment + SEGMENT_FIRST, lane, c, scratch)
    combined: float = COMBINE(
        first, rate_of(table, buffer, segment + SEGMENT_SECOND, lane, c, scratch)
    )
    return combined


for _name, _combine in COMBINED.items():
    rate_kernel(_name)(instance(_rate_of_pair, _name, COMBINE=_combine))
