"""Pieces: the ranges of steps in which a lane's rate only rises or only falls, so that what it
reaches stands at their ends.

Each row that is a curve is one: rates are monotone to the bit, and so are sums, products and the
smaller and larger of two that run the same way. A loop's body comes again: a *run* of a piece is
the same in turn after turn, and at each of its clocks the rates of its turns run one way as well,
towards the floor or away from it.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.program.opcodes import LAST_STEP
from fastlr.reductions.closed_forms import quotient
from fastlr.reductions.segment_view import SegmentView

__all__ = [
    "FEW_TURNS",
    "HOLDERS",
    "UNKNOWN",
    "DIRECTIONS",
    "Run",
    "alike",
    "constant_from",
    "first_step",
    "pieces",
    "stands_from",
    "together",
    "turn_of",
]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

UNKNOWN = 2.0  # the way of a piece of which nothing is known
FEW_TURNS = 64  # that are taken one by one, where they are not alike
_STILL = np.zeros(1)
_ONE = np.ones(1)
_UNKNOWN = np.full(1, UNKNOWN)


class Run(NamedTuple):
    """Clocks from ``start`` to ``last``, both included, and again ``turns`` times in all, each
    ``period`` later.

    The last clock is included because float64 has no number for the clock after step 2^53.
    ``direction`` is 1 where rates rise, -1 where they fall, 0 where they are constant, ``UNKNOWN``
    where they may do anything. Turn by turn their distance from the loop's floor is multiplied by
    2^exponent, or, where that is NaN, by no one factor. Arrays that broadcast over lanes; a lane is
    empty where last < start.
    """

    start: Array
    last: Array
    direction: Array
    period: Array = _ONE
    turns: Array = _ONE
    exponent: Array = _STILL

    def moved(self, by: Array) -> "Run":
        """The same by a clock that began ``by`` earlier.

        A lane that is empty stays so, however large ``by`` is.
        """
        by = np.where(self.some(), by, 0.0)
        return self._replace(start=self.start + by, last=self.last + by)

    def some(self) -> Bools:
        """Which lanes are not empty."""
        some: Bools = self.start <= self.last
        return some

    def where(self, chosen: Bools) -> "Run":
        """The same of the lanes that are chosen, empty for the others."""
        return self._replace(
            start=np.where(chosen, self.start, 0.0), last=np.where(chosen, self.last, -1.0)
        )


def _by_length(length: Array, *fields: Array) -> Array:
    return -np.sign(length)


DIRECTIONS: dict[str, Callable[..., Array]] = {
    "constant": lambda value: _STILL,
    "linear": _by_length,
    "square": _by_length,
    "power": lambda length, lo, hi, q: -np.sign(length) * np.sign(q),
    "cosine": _by_length,
    "cosine_power": lambda length, lo, hi, x, k: -np.sign(x),
    "exponential": lambda a, high, low: np.sign(high),
    "staircase": lambda a, every, high, low: np.sign(high),
    "reciprocal": lambda *fields: -_ONE,
    "inverse": lambda *fields: -_ONE,
    "tanh": lambda lo, hi, y, y_low, k, k_low: -np.sign(k),
    "rex": _by_length,
    "affine_exponential": _by_length,
    "logarithmic": _by_length,
    "eden": lambda *fields: -_ONE,
}


def direction(part: SegmentView, row: int) -> Array | None:
    """Which way a curve runs, one a lane, or one for all; None for a row that holds others, or
    samples.
    """
    name = part.opcode(row)
    return DIRECTIONS[name](*part.fields(row)) if name in DIRECTIONS else None


def first_step(holds: Callable[[Array], Bools], start: Array, stop: Array) -> Array:
    """Of each lane the first step from ``start`` on at which a condition holds that then goes
    on to hold; ``stop`` if at none.
    """
    low, high = start.copy(), np.maximum(stop, start)
    while np.any(low < high):
        middle = low + np.floor((high - low) * 0.5)
        open_, held = low < high, holds(middle)
        high = np.where(open_ & held, middle, high)
        low = np.where(open_ & ~held, middle + 1.0, low)
    return low


def constant_from(part: SegmentView, row: int) -> Array:
    """The clock of a track from which on a row has one rate; infinite where that is not known."""
    if part.opcode(row) == "clock":
        return part.start(row) + stands_from(*part.fields(row))
    known = direction(part, row)
    return (
        part.start(row) + np.where(known == 0, 0.0, np.inf)
        if known is not None
        else np.full(1, np.inf)
    )


def stands_from(base: Array, pace: Array, every: Array) -> Array:
    """The first step from which on a clock stands still: where it has come to step 2^53, or from
    step 0 on if its pace is 0.

    Infinite where it does not come so far by step 2^53.
    """
    stairs = np.where(pace > 0, -quotient(base - LAST_STEP, np.where(pace > 0, pace, 1.0)), 0.0)
    return np.where(stairs > quotient(np.full(1, float(LAST_STEP)), every), np.inf, stairs * every)


def pieces(part: SegmentView, start: Array, last: Array) -> Iterator[Run]:
    """The runs that a track's clocks from ``start`` to ``last`` are made of, each clock in one
    of them.
    """
    for row in part.overlapping(start, last):
        begin = part.start(row)
        first, end = (
            np.maximum(start, begin) if row else start,
            np.minimum(last, part.stop(row) - 1.0),
        )
        some = first <= end
        if some.any():
            for run in _of_row(
                part, row, np.where(some, first - begin, 0.0), np.where(some, end - begin, -1.0)
            ):
                if run.some().any():
                    yield run.moved(begin)


def alike(
    part: SegmentView, start: Array, last: Array, unlike: Callable[[Run], Bools]
) -> Iterator[Run]:
    """As ``pieces``; but of a row and a lane in which turns are unlike, all clocks are one run
    of which nothing is known.
    """
    for row in part.overlapping(start, last):
        whole = Run(
            np.maximum(start, part.start(row)) if row else start,
            np.minimum(last, part.stop(row) - 1.0),
            _UNKNOWN,
        )
        runs, lost = (
            list(pieces(part.only(row), whole.start, whole.last)),
            np.zeros(len(part.lanes), dtype=bool),
        )
        for run in runs:
            lost |= run.some() & (run.turns > 1) & unlike(run)
        if lost.any():
            yield whole.where(lost)
        yield from (run.where(~lost) for run in runs)


def _of_row(part: SegmentView, row: int, start: Array, last: Array) -> Iterator[Run]:
    """By the row's own clock."""
    known = direction(part, row)
    if known is not None:
        return iter([Run(start, last, known)])
    return HOLDERS[part.opcode(row)](part, row, start, last)


def _of_samples(part: SegmentView, row: int, start: Array, last: Array) -> Iterator[Run]:
    at, every, end, joined = part.fields(row)
    some, most = start <= last, int(end.max())
    first = quotient(np.where(some, start, 2.0 * LAST_STEP), every).min()
    final = quotient(np.where(some, last, 0.0), every).max()
    for i in range(min(int(first), most), min(int(final), most) + 1):
        rise = np.sign(part.samples(at, min(i + 1, most)) - part.samples(at, i))
        until = np.where(i < end, np.minimum(last, i * every + (every - 1.0)), last)
        yield Run(np.maximum(start, i * every), until, np.where(joined != 0, rise, 0.0))


def _of_loop(part: SegmentView, row: int, start: Array, last: Array) -> Iterator[Run]:
    """What is left of the first turn, the full ones, what is begun of the next; and the final
    turn, which has no end.
    """
    body = part.below(row, 0)
    period, times, high, low, _ = part.fields(row)
    end = (times - 1.0) * period
    turning = np.minimum(last, end - 1.0)
    some = start <= turning
    first, past = quotient(start, period), quotient(turning - (period - 1.0), period) + 1.0
    head = first * period
    begun = np.where(start > head, first + 1.0, first)
    yield from _at(
        body,
        head,
        Run(start, np.minimum(turning, head + (period - 1.0)), _STILL).where(
            some & (begun > first)
        ),
    )
    yield from _again(
        body, begun, np.where(some, np.maximum(past - begun, 0.0), 0.0), period, high + low
    )
    tail = some & (past >= begun) & (quotient(turning, period) == past)
    yield from _at(body, past * period, Run(past * period, turning, _STILL).where(tail))
    yield from _at(body, end, Run(np.maximum(start, end), last, _STILL))


def _at(body: SegmentView, begin: Array, clocks: Run) -> Iterator[Run]:
    """Clocks of one turn, which began at ``begin``."""
    some = clocks.some()
    if some.any():
        own = np.where(some, clocks.start - begin, 0.0), np.where(some, clocks.last - begin, -1.0)
        yield from (run.moved(begin) for run in pieces(body, *own))


def _again(
    body: SegmentView, turn: Array, turns: Array, period: Array, exponent: Array
) -> Iterator[Run]:
    """A full turn, as often as it comes; of a body that is a loop itself, each of its few
    turns, or nothing known.
    """
    if not np.any(turns > 0):
        return
    last = np.where(turns > 0, period - 1.0, -1.0)
    for run in _one_by_one(list(pieces(body, _STILL, last))) or [Run(_STILL, last, _UNKNOWN)]:
        yield run.moved(turn * period)._replace(
            period=period, turns=np.maximum(turns, 1.0), exponent=exponent
        )


def _one_by_one(runs: list[Run]) -> list[Run]:
    """Each turn of each run; none at all, where they are too many."""
    if any(np.max(run.turns) > FEW_TURNS for run in runs):
        return []
    return [
        turn_of(run, np.full(1, float(turn)))
        for run in runs
        for turn in range(int(np.max(run.turns)))
    ]


def turn_of(run: Run, turn: Array) -> Run:
    """One of the turns, where there are so many."""
    one = run.where((turn >= 0) & (turn < run.turns)).moved(turn * run.period)
    return Run(one.start, one.last, one.direction)


def _of_clock(part: SegmentView, row: int, start: Array, last: Array) -> Iterator[Run]:
    """The pieces of the other clock while it moves, and one constant run from the step on from
    which it stands still.
    """
    stands = stands_from(*part.fields(row))
    yield from _of_moving(part, row, start, np.minimum(last, stands - 1.0))
    yield Run(np.maximum(start, stands), last, _STILL)


def _of_moving(part: SegmentView, row: int, start: Array, last: Array) -> Iterator[Run]:
    """Of a clock that moves and has not come to step 2^53: between the first steps at which it
    comes to a piece's ends.
    """
    base, pace, every = part.fields(row)
    some = start <= last
    if not np.any(some):
        return
    pace = np.where(some, pace, 1.0)
    first = np.where(some, base + pace * quotient(start, every), 0.0)
    final = np.where(some, base + pace * quotient(last, every), -1.0)

    def reached(inner: Array) -> Array:
        steps: Array = -quotient(base - inner, pace) * every
        return steps

    inner = list(pieces(part.below(row, 0), first, final))
    if not all(np.all((run.turns == 1) | (np.fmod(run.period, pace) == 0)) for run in inner):
        inner = _one_by_one(inner) or [Run(first, final, _UNKNOWN)]
    for run in inner:
        for one in _ends_apart(run):
            begin = np.maximum(start, reached(one.start))
            end = np.where(one.last >= final, last, reached(one.last + 1.0) - 1.0)
            yield one._replace(start=begin, last=end, period=one.period * every / pace).where(
                one.some()
            )


def _ends_apart(run: Run) -> Iterator[Run]:
    """The first turn and the last, whose stairs may not be whole, and those between."""
    if np.all(run.turns == 1):
        yield run
        return
    yield turn_of(run, np.zeros(1))
    between = run.moved(run.period)._replace(turns=np.maximum(run.turns - 2.0, 1.0))
    yield between.where(run.turns > 2)
    yield turn_of(run, np.where(run.turns > 1, run.turns - 1.0, -1.0))


def _of_pair(part: SegmentView, row: int, start: Array, last: Array) -> Iterator[Run]:
    """Where both run the same way, or the one is constant."""
    first, second = part.below(row, 0), part.below(row, 1)
    outers = list(pieces(second, start, last))
    if any(np.any(run.turns > 1) for run in outers):
        first, second, outers = second, first, list(pieces(first, start, last))
    if any(np.any(run.turns > 1) for run in outers):
        outers = _one_by_one(outers) or [Run(start, last, _UNKNOWN)]
    for outer, inner in together(outers, first, start, last):
        yield from _merged(outer, inner, linear=part.opcode(row) in ("multiply", "add"))


def together(
    outers: list[Run], part: SegmentView, start: Array, last: Array
) -> Iterator[tuple[Run, list[Run]]]:
    """Each piece of one track, with the pieces of ``part`` within it.

    The pieces of ``part`` are found once and cut. Otherwise a product of products would find those
    at the bottom again for every piece of every level. Too many turns to cut one by one are found
    again within each piece.
    """
    if len(outers) == 1:
        yield outers[0], list(pieces(part, outers[0].start, outers[0].last))
        return
    whole = list(pieces(part, start, last))
    if any(np.any(run.turns > 1) for run in whole) and not (whole := _one_by_one(whole)):
        for outer in outers:
            yield outer, list(pieces(part, outer.start, outer.last))
        return
    starts, ends = (
        _side_by_side([run.start for run in whole]),
        _side_by_side([run.last for run in whole]),
    )
    for outer in outers:
        begins, lasts = np.maximum(starts, outer.start), np.minimum(ends, outer.last)
        some = np.flatnonzero(np.any(begins <= lasts, axis=-1))
        yield outer, [whole[i]._replace(start=begins[i], last=lasts[i]) for i in some]


def _side_by_side(numbers: list[Array]) -> Array:
    return np.stack(np.broadcast_arrays(*numbers)) if numbers else np.zeros((0, 1))


def _merged(outer: Run, inner: list[Run], linear: bool) -> Iterator[Run]:
    """Pieces of one track within a piece of another; where the two do not go together, the
    whole of that.
    """
    lost = np.zeros(1, dtype=bool)
    for run in inner:
        lost = lost | (_unlike(outer, run) & run.some())
    if np.any(lost):
        yield outer._replace(direction=_UNKNOWN).where(lost)
    for run in inner:
        exponent = run.exponent if linear else np.where(run.exponent == 0, 0.0, np.nan)
        yield run._replace(
            direction=np.where(run.direction == 0, outer.direction, run.direction),
            exponent=exponent,
        ).where(~lost)


def _unlike(outer: Run, run: Run) -> Bools:
    """Where nothing is known of two together: each runs its own way, or only one comes again."""
    ways = (
        (outer.direction == UNKNOWN)
        | (run.direction == UNKNOWN)
        | (outer.direction * run.direction < 0)
    )
    unlike: Bools = ways | ((run.turns > 1) & (outer.direction != 0))
    return unlike


HOLDERS: dict[str, Callable[[SegmentView, int, Array, Array], Iterator[Run]]] = {
    "sampled": _of_samples,
    "loop": _of_loop,
    "clock": _of_clock,
    "multiply": _of_pair,
    "add": _of_pair,
    "minimum": _of_pair,
    "maximum": _of_pair,
}
