"""The segments of a program: the offsets of their numbers, the segment in force at a step, and the
rate of one lane at one step.

``buffer`` is the program, ``segment`` the offset of a segment in it, ``lane`` a lane of its family.
``at, count`` are the offset of the first of some segments, and their number. ``c`` is a step,
counted from the start of the segment or segments that are evaluated.
"""

import math
from typing import Any

import numpy as np

from fastlr.kernels.jit import formulas as f
from fastlr.kernels.jit import opcode_numbers
from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.program.opcodes import FAMILY, HEADER, HEADER_DEPTH, ROW

__all__ = [
    "curve",
    "family",
    "field",
    "field_at",
    "lanes_within",
    "place_in_loop",
    "position",
    "rate_of",
    "segment_in_force",
    "sample",
    "start",
]


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
    return _number(buffer, segment + 1, lane)


@inlined
def field_at(segment: int, i: int) -> int:
    """Offset of a segment's i-th field."""
    return segment + 7 + 2 * i


@inlined
def field(buffer: Any, segment: int, i: int, lane: int) -> float:
    """A segment's i-th field."""
    return _number(buffer, field_at(segment, i), lane)


@inlined
def segment_in_force(buffer: Any, at: int, count: int, lane: int, c: float) -> int:
    """The last segment whose start is <= c, by bisection."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high + 1) // 2
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
    i = min(f.whole_periods(c, every), last)
    place = int(at + i)
    first, second = buffer[place], buffer[place + (1 if i < last else 0)]
    length = every if first >= second else -every
    line: float = f.linear(c - i * every, length, min(first, second), max(first, second), True)
    return first if joined == 0.0 else line


@inlined
def _combine(opcode: int, a: float, b: float) -> float:
    if opcode == opcode_numbers.MULTIPLY:
        return a * b
    if opcode == opcode_numbers.ADD:
        return a + b
    if opcode == opcode_numbers.MINIMUM:
        return min(a, b)
    if opcode == opcode_numbers.MAXIMUM:
        return max(a, b)
    return math.nan


@inlined
def curve(buffer: Any, segment: int, lane: int, c: float) -> float:
    """A curve of one lane at one step; NaN for an opcode that is none."""
    opcode = int(buffer[segment])
    p0 = field(buffer, segment, 0, lane)
    if opcode == opcode_numbers.CONSTANT:
        return p0
    p1, p2 = field(buffer, segment, 1, lane), field(buffer, segment, 2, lane)
    if opcode == opcode_numbers.COSINE:
        return f.cosine(c, p0, p1, p2, True)
    if opcode == opcode_numbers.LINEAR:
        return f.linear(c, p0, p1, p2, True)
    if opcode == opcode_numbers.SQUARE:
        return f.square(c, p0, p1, p2, True)
    if opcode == opcode_numbers.EXPONENTIAL:
        return f.exponential(c, p0, p1, p2, True)
    if opcode == opcode_numbers.EDEN:
        return f.eden(c, p0, p1, p2, f.is_steep(p2))
    p3 = field(buffer, segment, 3, lane)
    if opcode == opcode_numbers.POWER:
        return f.power(c, p0, p1, p2, p3, f.is_steep(p3))
    if opcode == opcode_numbers.STAIRCASE:
        return f.staircase(c, p0, p1, p2, p3)
    if opcode == opcode_numbers.RECIPROCAL:
        return f.reciprocal(c, p0, p1, p2, p3)
    if opcode == opcode_numbers.REX:
        return f.rex(c, p0, p1, p2, p3)
    if opcode == opcode_numbers.SAMPLED:
        return sample(buffer, c, p0, p1, p2, p3)
    p4 = field(buffer, segment, 4, lane)
    if opcode == opcode_numbers.COSINE_POWER:
        return f.cosine_power(c, p0, p1, p2, p3, p4, f.is_sharp(p3, p4))
    if opcode == opcode_numbers.INVERSE:
        return f.inverse(c, p0, p1, p2, p3, p4, f.is_steep(p4))
    if opcode == opcode_numbers.AFFINE_EXPONENTIAL:
        return f.affine_exponential(c, p0, p1, p2, p3, p4)
    if opcode == opcode_numbers.LOGARITHMIC:
        return f.logarithmic(c, p0, p1, p2, p3, p4)
    if opcode == opcode_numbers.TANH:
        return f.tanh(c, p0, p1, p2, p3, p4, field(buffer, segment, 5, lane))
    return math.nan


@inlined
def place_in_loop(buffer: Any, segment: int, lane: int, c: float) -> tuple[float, float]:
    """The number of a step's period, and the step within the period."""
    period, times = field(buffer, segment, 0, lane), field(buffer, segment, 1, lane)
    turn = min(f.whole_periods(c, period), times - 1.0)
    return turn, c - turn * period


@inlined
def shrunk_in_loop(buffer: Any, segment: int, lane: int, turn: float, rate: float) -> float:
    """The rate of a loop, from its body's rate in period number ``turn``."""
    kept, lost = f.share_of_scale(
        turn, field(buffer, segment, 2, lane), field(buffer, segment, 3, lane)
    )
    return f.shrunk(rate, kept, lost, field(buffer, segment, 4, lane))


@kernel
def rate_of(buffer: Any, at: int, count: int, lane: int, c: float) -> float:
    """One lane of some segments at one step."""
    segment = at + ROW * segment_in_force(buffer, at, count, lane, c)
    c = c - start(buffer, segment, lane)
    if int(buffer[segment]) < opcode_numbers.LOOP:
        return curve(buffer, segment, lane, c)
    return _nested_rate(buffer, segment, lane, c)


@kernel
def _nested_rate(buffer: Any, segment: int, lane: int, c: float) -> float:
    """A segment that holds others: down to a curve, and up again with its rate.

    The stack has a row per segment that was begun: its offset, its step, and, if it takes two
    rates, whether it has the first, and the first. An opcode beyond the table gives NaN, before
    offsets are read that it may not have.
    """
    stack = np.empty((int(buffer[HEADER_DEPTH]), 4))
    depth = 0
    while True:
        opcode, inner, rate = int(buffer[segment]), 0, 0.0
        if opcode >= opcode_numbers.COUNT:
            return math.nan
        if opcode >= opcode_numbers.LOOP:
            stack[depth, 0], stack[depth, 1], stack[depth, 2] = segment, c, 0.0
            depth += 1
            if opcode == opcode_numbers.LOOP:
                c = place_in_loop(buffer, segment, lane, c)[1]
            elif opcode == opcode_numbers.CLOCK:
                c = f.paced(
                    c,
                    field(buffer, segment, 0, lane),
                    field(buffer, segment, 1, lane),
                    field(buffer, segment, 2, lane),
                )
            inner = segment + 3
        else:
            rate = curve(buffer, segment, lane, c)
        while depth > 0 and inner == 0:
            segment, c = int(stack[depth - 1, 0]), stack[depth - 1, 1]
            opcode = int(buffer[segment])
            if opcode > opcode_numbers.CLOCK and stack[depth - 1, 2] == 0.0:
                stack[depth - 1, 2], stack[depth - 1, 3] = 1.0, rate
                inner = segment + 5
            else:
                depth -= 1
                if opcode == opcode_numbers.LOOP:
                    rate = shrunk_in_loop(
                        buffer, segment, lane, place_in_loop(buffer, segment, lane, c)[0], rate
                    )
                elif opcode > opcode_numbers.CLOCK:
                    rate = _combine(opcode, stack[depth, 3], rate)
        if inner == 0:
            return rate
        at, count = int(buffer[inner]), int(buffer[inner + 1])
        segment = at + ROW * segment_in_force(buffer, at, count, lane, c)
        c = c - start(buffer, segment, lane)
