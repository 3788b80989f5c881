"""A program's rows: where their numbers stand, which is in force, and one lane's rate at one clock.

``words`` is the program; ``at, count`` a track of it; ``row`` where a row stands; ``lane`` a lane
of its family.
"""

from typing import Any

import numpy as np

from fastlr.kernels.jit import formulas as f
from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.program.opcodes import FAMILY, HEADER, ROW, opcode

__all__ = [
    "ADD",
    "AFFINE_EXPONENTIAL",
    "CONSTANT",
    "COSINE",
    "COSINE_POWER",
    "CLOCK",
    "EDEN",
    "EXPONENTIAL",
    "INVERSE",
    "LINEAR",
    "LOGARITHMIC",
    "LOOP",
    "MAXIMUM",
    "MINIMUM",
    "MULTIPLY",
    "POWER",
    "RECIPROCAL",
    "REX",
    "SAMPLED",
    "SQUARE",
    "STAIRCASE",
    "TANH",
    "curve",
    "family",
    "field",
    "lanes_within",
    "place_in_loop",
    "position",
    "rate_of",
    "row_at",
    "sample",
    "start",
]

CONSTANT, LINEAR, SQUARE, POWER = (
    opcode("constant"),
    opcode("linear"),
    opcode("square"),
    opcode("power"),
)
COSINE, COSINE_POWER = opcode("cosine"), opcode("cosine_power")
EXPONENTIAL, STAIRCASE = opcode("exponential"), opcode("staircase")
RECIPROCAL, INVERSE = opcode("reciprocal"), opcode("inverse")
AFFINE_EXPONENTIAL = opcode("affine_exponential")
LOGARITHMIC = opcode("logarithmic")
EDEN = opcode("eden")
TANH, REX, SAMPLED = opcode("tanh"), opcode("rex"), opcode("sampled")
LOOP, CLOCK = opcode("loop"), opcode("clock")
MULTIPLY, ADD, MINIMUM, MAXIMUM = (
    opcode("multiply"),
    opcode("add"),
    opcode("minimum"),
    opcode("maximum"),
)


@inlined
def family(words: Any, i: int) -> Any:
    """(lanes, first position or -1, where positions are listed, root track, rows in it)."""
    head = HEADER + FAMILY * i
    return (
        int(words[head]),
        int(words[head + 1]),
        int(words[head + 2]),
        int(words[head + 3]),
        int(words[head + 4]),
    )


@inlined
def lanes_within(begin: int, end: int, before: int, lanes: int) -> tuple[int, int]:
    """The lanes of a family among lanes begin to end of the program, so many lanes standing
    before it.
    """
    return min(max(begin - before, 0), lanes), max(min(end - before, lanes), 0)


@inlined
def position(words: Any, first: int, listed: int, lane: int) -> int:
    """Where a lane's rates go in the output."""
    return first + lane if first >= 0 else int(words[listed + lane])


@inlined
def _number(words: Any, at: int, lane: int) -> float:
    """A number of a lane: where it stands is at words[at], its stride behind it."""
    number: float = words[int(words[at]) + lane * int(words[at + 1])]
    return number


@inlined
def start(words: Any, row: int, lane: int) -> float:
    """The step at which a row begins."""
    return _number(words, row + 1, lane)


@inlined
def field(words: Any, row: int, i: int, lane: int) -> float:
    """The i-th parameter of a row."""
    return _number(words, row + 7 + 2 * i, lane)


@inlined
def row_at(words: Any, at: int, count: int, lane: int, c: float) -> int:
    """The last row whose start is <= c, by bisection."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high + 1) // 2
        if start(words, at + ROW * middle, lane) <= c:
            low = middle
        else:
            high = middle - 1
    return low


@inlined
def sample(words: Any, c: float, at: float, every: float, last: float, joined: float) -> float:
    """A table held, or joined by lines that are measured from the smaller of their two ends;
    the last sample's is flat.
    """
    i = min(f.whole_periods(c, every), last)
    place = int(at + i)
    first, second = words[place], words[place + (1 if i < last else 0)]
    length = every if first >= second else -every
    line: float = f.linear(c - i * every, length, min(first, second), max(first, second), True)
    return first if joined == 0.0 else line


@inlined
def _combine(shape: int, a: float, b: float) -> float:
    if shape == MULTIPLY:
        return a * b
    if shape == ADD:
        return a + b
    if shape == MINIMUM:
        return min(a, b)
    return max(a, b)


@inlined
def curve(words: Any, row: int, lane: int, c: float) -> float:
    """A leaf row of one lane at one clock."""
    shape = int(words[row])
    p0 = field(words, row, 0, lane)
    if shape == CONSTANT:
        return p0
    p1, p2 = field(words, row, 1, lane), field(words, row, 2, lane)
    if shape == COSINE:
        return f.cosine(c, p0, p1, p2, True)
    if shape == LINEAR:
        return f.linear(c, p0, p1, p2, True)
    if shape == SQUARE:
        return f.square(c, p0, p1, p2, True)
    if shape == EXPONENTIAL:
        return f.exponential(c, p0, p1, p2, True)
    if shape == EDEN:
        return f.eden(c, p0, p1, p2, f.is_steep(p2))
    p3 = field(words, row, 3, lane)
    if shape == POWER:
        return f.power(c, p0, p1, p2, p3, f.is_steep(p3))
    if shape == STAIRCASE:
        return f.staircase(c, p0, p1, p2, p3)
    if shape == RECIPROCAL:
        return f.reciprocal(c, p0, p1, p2, p3)
    if shape == REX:
        return f.rex(c, p0, p1, p2, p3)
    if shape == SAMPLED:
        return sample(words, c, p0, p1, p2, p3)
    p4 = field(words, row, 4, lane)
    if shape == COSINE_POWER:
        return f.cosine_power(c, p0, p1, p2, p3, p4, f.is_sharp(p3, p4))
    if shape == INVERSE:
        return f.inverse(c, p0, p1, p2, p3, p4, f.is_steep(p4))
    if shape == AFFINE_EXPONENTIAL:
        return f.affine_exponential(c, p0, p1, p2, p3, p4)
    if shape == LOGARITHMIC:
        return f.logarithmic(c, p0, p1, p2, p3, p4)
    return f.tanh(c, p0, p1, p2, p3, p4, field(words, row, 5, lane))


@inlined
def place_in_loop(words: Any, row: int, lane: int, c: float) -> tuple[float, float]:
    """The number of a clock's period, and its clock within it."""
    period, times = field(words, row, 0, lane), field(words, row, 1, lane)
    turn = min(f.whole_periods(c, period), times - 1.0)
    return turn, c - turn * period


@inlined
def shrunk_in_loop(words: Any, row: int, lane: int, turn: float, rate: float) -> float:
    """The rate of a loop's body, by its period's number."""
    kept, lost = f.share_of_scale(turn, field(words, row, 2, lane), field(words, row, 3, lane))
    return f.shrunk(rate, kept, lost, field(words, row, 4, lane))


@kernel
def rate_of(words: Any, at: int, count: int, lane: int, c: float) -> float:
    """One lane of a track at one clock."""
    row = at + ROW * row_at(words, at, count, lane, c)
    c = c - start(words, row, lane)
    if int(words[row]) < LOOP:
        return curve(words, row, lane, c)
    return _nested_rate(words, row, lane, c)


@kernel
def _nested_rate(words: Any, row: int, lane: int, c: float) -> float:
    """A row that holds others: down to a curve, and up again with its rate, through a stack of rows
    begun.

    Each stands as its place, its clock, and, where it takes two rates, whether it has the first,
    and that rate.
    """
    stack = np.empty((int(words[4]), 4))
    depth = 0
    while True:
        shape, track, rate = int(words[row]), 0, 0.0
        if shape >= LOOP:
            stack[depth, 0], stack[depth, 1], stack[depth, 2] = row, c, 0.0
            depth += 1
            if shape == LOOP:
                c = place_in_loop(words, row, lane, c)[1]
            elif shape == CLOCK:
                c = f.paced(
                    c,
                    field(words, row, 0, lane),
                    field(words, row, 1, lane),
                    field(words, row, 2, lane),
                )
            track = row + 3
        else:
            rate = curve(words, row, lane, c)
        while depth > 0 and track == 0:
            row, c = int(stack[depth - 1, 0]), stack[depth - 1, 1]
            shape = int(words[row])
            if shape > CLOCK and stack[depth - 1, 2] == 0.0:
                stack[depth - 1, 2], stack[depth - 1, 3] = 1.0, rate
                track = row + 5
            else:
                depth -= 1
                if shape == LOOP:
                    rate = shrunk_in_loop(
                        words, row, lane, place_in_loop(words, row, lane, c)[0], rate
                    )
                elif shape > CLOCK:
                    rate = _combine(shape, stack[depth, 3], rate)
        if track == 0:
            return rate
        at, count = int(words[track]), int(words[track + 1])
        row = at + ROW * row_at(words, at, count, lane, c)
        c = c - start(words, row, lane)
