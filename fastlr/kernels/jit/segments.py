"""The segments of a program: the offsets of their numbers, and the segment in force at a step.

``buffer`` points to the program, ``segment`` is the offset of a segment in it, ``lane`` a lane of
its family. ``at, count`` are the offset of the first of some segments, and their number. ``c`` is a
step, counted from the start of the segment or segments that are evaluated.
"""

from typing import Any

from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.lines_and_cosines import linear
from fastlr.kernels.jit.periods import whole_periods
from fastlr.program.opcodes import (
    FAMILY,
    HEADER,
    HEADER_LIMIT,
    LAST_STEP,
    OPCODES,
    ROW,
    SEGMENT_FIELDS,
    SEGMENT_START,
    opcode,
)

__all__ = [
    "LOOP",
    "ROOT",
    "allows",
    "family",
    "field",
    "field_at",
    "is_opcode",
    "lanes_within",
    "place_in_loop",
    "position",
    "sample",
    "segment_in_force",
    "start",
]

ROOT = HEADER + 3  # where the first family's segments stand: their offset and number


LOOP = opcode("loop")  # the first opcode of those that hold other segments
_COUNT = len(OPCODES)


@inlined
def is_opcode(number: int) -> bool:
    """Whether a segment's first number is that of an opcode."""
    return 0 <= number < _COUNT


@inlined
def allows(program: Any, t: int) -> bool:
    """Whether a program can be evaluated at a step."""
    return 0 <= t <= LAST_STEP and t < program[HEADER_LIMIT]


@inlined
def family(buffer: Any, i: int) -> Any:
    """(lanes, first place or -1, offset of listed places, root segments' offset and count)."""
    head = HEADER + FAMILY * i
    return (
        int(buffer[head]),
        int(buffer[head + 1]),
        int(buffer[head + 2]),
        int(buffer[head + 3]),
        int(buffer[head + 4]),
    )


@inlined
def lanes_within(begin: int, end: int, before: int, lanes: int) -> tuple[int, int]:
    """The lanes of a family in the range begin to end; ``before`` lanes precede the family."""
    return min(max(begin - before, 0), lanes), max(min(end - before, lanes), 0)


@inlined
def position(buffer: Any, first: int, listed: int, lane: int) -> int:
    """The place of a lane's rates in the output."""
    return first + lane if first >= 0 else int(buffer[listed + lane])


@inlined
def _number(buffer: Any, at: int, lane: int) -> float:
    """A number of a lane: buffer[at] is its offset, buffer[at + 1] its stride."""
    number: float = buffer[int(buffer[at]) + lane * int(buffer[at + 1])]
    return number


@inlined
def start(buffer: Any, segment: int, lane: int) -> float:
    """The step at which a segment begins."""
    return _number(buffer, segment + SEGMENT_START, lane)


@inlined
def field_at(segment: int, i: int) -> int:
    """Offset of a segment's i-th field."""
    return segment + SEGMENT_FIELDS + 2 * i


@inlined
def field(buffer: Any, segment: int, i: int, lane: int) -> float:
    """A segment's i-th field; of a field that its opcode has not, a number of the header."""
    return _number(buffer, field_at(segment, i), lane)


@inlined
def segment_in_force(buffer: Any, at: int, count: int, lane: int, c: float) -> int:
    """The last segment whose start is <= c, by bisection."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high + 1) >> 1
        if start(buffer, at + ROW * middle, lane) <= c:
            low = middle
        else:
            high = middle - 1
    return low


@inlined
def sample(buffer: Any, c: float, at: float, every: float, last: float, joined: float) -> float:
    """Samples that are held, or joined by lines.

    A line is measured from the smaller of its two ends. The line behind the last sample is flat.
    """
    i = min(whole_periods(c, every), last)
    place = int(at + i)
    first, second = buffer[place], buffer[place + (1 if i < last else 0)]
    length = every if first >= second else -every
    line: float = linear(c - i * every, length, min(first, second), max(first, second), True)
    return first if joined == 0.0 else line


@inlined
def place_in_loop(buffer: Any, segment: int, lane: int, c: float) -> tuple[float, float]:
    """The number of a step's period, and the step within the period."""
    period, times = field(buffer, segment, 0, lane), field(buffer, segment, 1, lane)
    turn = min(whole_periods(c, period), times - 1.0)
    return turn, c - turn * period
