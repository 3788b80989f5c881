"""Pieces: the ranges of steps in which a lane's rate only rises or only falls, so that what it reaches stands at their ends.

Each row that is a curve is one: rates are monotone to the bit, and so are sums, products and the smaller and larger of two that
run the same way. A loop's body comes again: a *run* of a piece is the same in turn after turn, and at each of its clocks the
rates of its turns run one way as well, towards the floor or away from it.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.closed import quotient
from fastlr.parts import Part
from fastlr.shapes import LAST_STEP

__all__ = ["FEW_TURNS", "HOLDERS", "UNKNOWN", "WAYS", "Run", "alike", "first_step", "pieces", "turn_of", "way"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

UNKNOWN = 2.0  # the way of a piece of which nothing is known
FEW_TURNS = 64  # that are taken one by one, where they are not alike
_BEHIND = LAST_STEP + 4.0  # behind the last step, and still so where a row's start has been taken from it and added again
_STILL = np.zeros(1)
_ONE = np.ones(1)
_UNKNOWN = np.full(1, UNKNOWN)


class Run(NamedTuple):
    """Clocks from ``start`` up to, not including, ``stop``, and again ``turns`` times in all, each ``period`` later.

    ``way`` is 1 where rates rise, -1 where they fall, 0 where they stand, ``UNKNOWN`` where they may do anything. Turn by turn
    their distance from the loop's floor is multiplied by 2^exponent, or, where that is NaN, by no one factor. Arrays
    that broadcast over lanes; empty where stop <= start. With ``lane`` each number belongs to the lane that stands there, of
    which several may be pieces of one.
    """

    start: Array
    stop: Array
    way: Array
    period: Array = _ONE
    turns: Array = _ONE
    exponent: Array = _STILL
    lane: npt.NDArray[np.int64] | None = None

    def over(self, numbers: Any) -> Any:
        """Numbers of all lanes, for the lane of each piece."""
        return numbers if self.lane is None or numbers.size == 1 else numbers[self.lane]

    def spread(self, lanes: int) -> "Run":
        """Each number for each of so many lanes, which are the run's own."""
        numbers = (self.start, self.stop, self.way, self.period, self.turns, self.exponent)
        start, stop, way, period, turns, exponent = (np.broadcast_to(number, (lanes,)) for number in numbers)
        return Run(start, stop, way, period, turns, exponent)

    def lanes(self, conditions: Bools, lanes: int) -> Bools:
        """The lanes of which a condition holds for a piece."""
        if self.lane is None:
            return conditions
        found = np.zeros(lanes, dtype=bool)
        found[self.lane[np.broadcast_to(conditions, self.lane.shape)]] = True
        return found

    def at(self, inner: "Run") -> "Run":
        """The same once for each piece of another run, of which these are the lanes."""
        numbers = (self.start, self.stop, self.way, self.period, self.turns, self.exponent)
        start, stop, way, period, turns, exponent = (inner.over(number) for number in numbers)
        return Run(start, stop, way, period, turns, exponent)

    def of(self, lane: npt.NDArray[np.int64] | None) -> "Run":
        """The same where its lanes are pieces themselves, of these lanes."""
        if lane is None:
            return self
        return self._replace(lane=lane if self.lane is None else lane[self.lane])

    def moved(self, by: Array) -> "Run":
        """The same by a clock that began ``by`` earlier."""
        by = self.over(by)
        return self._replace(start=self.start + by, stop=self.stop + by)

    def where(self, chosen: Bools) -> "Run":
        """The same of the lanes that are chosen, empty for the others."""
        return self._replace(stop=np.where(self.over(chosen), self.stop, self.start))


def _by_length(length: Array, *fields: Array) -> Array:
    return -np.sign(length)


WAYS: dict[str, Callable[..., Array]] = {
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


def way(part: Part, row: int) -> Array | None:
    """Which way a curve runs, one a lane, or one for all; None for a row that holds others, or samples."""
    name = part.shape(row)
    return WAYS[name](*part.fields(row)) if name in WAYS else None


def first_step(holds: Callable[[Array], Bools], start: Array, stop: Array) -> Array:
    """Of each lane the first step from ``start`` on at which a condition holds that then goes on to hold; ``stop`` if at none."""
    low, high = start.copy(), np.maximum(stop, start)
    while np.any(low < high):
        middle = low + np.floor((high - low) * 0.5)
        open_, held = low < high, holds(middle)
        high = np.where(open_ & held, middle, high)
        low = np.where(open_ & ~held, middle + 1.0, low)
    return low


def pieces(part: Part, start: Array, stop: Array) -> Iterator[Run]:
    """The runs that a track's clocks from ``start`` up to ``stop`` are made of, each clock in one of them."""
    if part.has_many_rows():
        for rows in part.row_by_row(start, stop):
            for run in pieces(rows.part, rows.start, rows.stop):
                yield run.of(rows.lane)
        return
    for row in range(part.rows):
        begin = part.start(row)
        first = np.maximum(start, begin) if row else start
        last = np.minimum(stop, part.stop(row))
        if np.any(first < last):
            for run in _of_row(part, row, first - begin, np.maximum(last, first) - begin):
                if np.any(run.start < run.stop):
                    yield run.moved(begin)


def alike(part: Part, start: Array, stop: Array, unlike: Callable[[Run], Bools]) -> Iterator[Run]:
    """As ``pieces``; but of a row and a lane in which turns are unlike, all clocks are one run of which nothing is known."""
    if part.has_many_rows():
        for rows in part.row_by_row(start, stop):
            yield from (run.of(rows.lane) for run in alike(rows.part, rows.start, rows.stop, unlike))
        return
    for row in range(part.rows):
        first = np.maximum(start, part.start(row)) if row else start
        last = np.minimum(stop, part.stop(row))
        whole = Run(first, np.maximum(first, last), _UNKNOWN)
        lost = np.zeros(len(part.lanes), dtype=bool)
        for run in pieces(part.only(row), whole.start, whole.stop):
            lost |= run.lanes((run.start < run.stop) & (run.turns > 1) & unlike(run), lost.size)
        if lost.any():
            yield whole.where(lost)
        yield from (run.where(~lost) for run in pieces(part.only(row), whole.start, whole.stop))


def _of_row(part: Part, row: int, start: Array, stop: Array) -> Iterator[Run]:
    """By the row's own clock."""
    known = way(part, row)
    if known is not None:
        return iter([Run(start, stop, known)])
    return HOLDERS[part.shape(row)](part, row, start, stop)


def _of_samples(part: Part, row: int, start: Array, stop: Array) -> Iterator[Run]:
    at, every, last, joined = part.fields(row)
    some = start < stop
    first = quotient(np.where(some, start, 2.0 * LAST_STEP), every).min()
    end = quotient(np.where(some, stop - 1.0, 0.0), every).max()
    for i in range(int(first), min(int(end), int(last.max())) + 1):
        rise = np.sign(part.samples(at, min(i + 1, int(last.max()))) - part.samples(at, i))
        until = np.where(i < last, np.minimum(stop, (i + 1) * every), stop)
        yield Run(np.maximum(start, i * every), until, np.where(joined != 0, rise, 0.0))


def _of_loop(part: Part, row: int, start: Array, stop: Array) -> Iterator[Run]:
    """What is left of the first turn, the full ones, what is begun of the next; and the last, which has no end."""
    body = part.below(row, 0)
    period, times, high, low, _ = part.fields(row)
    end = (times - 1.0) * period
    turning = np.minimum(stop, end)
    first, past = quotient(start, period), quotient(np.maximum(turning, start), period)
    begun = np.where(start > first * period, first + 1.0, first)
    full = np.maximum(past - begun, 0.0)
    head = first * period
    rest = np.where(begun > first, np.minimum(turning, head + period), start)
    yield from _at(body, head, start, rest)
    yield from _again(body, begun, np.where(start < turning, full, 0.0), period, high + low)
    tail = np.where((past >= begun) & (start < turning), turning, 0.0)
    yield from _at(body, past * period, np.minimum(past * period, tail), tail)
    yield from _at(body, end, np.maximum(start, end), stop)


def _at(body: Part, begin: Array, start: Array, stop: Array) -> Iterator[Run]:
    """Clocks of one turn, which began at ``begin``."""
    some = start < stop
    if np.any(some):
        own = np.where(some, start - begin, 0.0)
        yield from (run.moved(begin) for run in pieces(body, own, np.where(some, stop - begin, own)))


def _again(body: Part, turn: Array, turns: Array, period: Array, exponent: Array) -> Iterator[Run]:
    """A full turn, as often as it comes; of a body that is a loop itself, each of its few turns, or nothing known."""
    if not np.any(turns > 0):
        return
    stop = np.where(turns > 0, period, 0.0)
    for run in _one_by_one(list(pieces(body, _STILL, stop))) or [Run(_STILL, stop, _UNKNOWN)]:
        several, each, scale = (run.over(number) for number in (np.maximum(turns, 1.0), period, exponent))
        yield run.moved(turn * period)._replace(period=each, turns=several, exponent=scale)


def _one_by_one(runs: list[Run]) -> list[Run]:
    """Each turn of each run; none at all, where they are too many."""
    if any(np.max(run.turns) > FEW_TURNS for run in runs):
        return []
    return [turn_of(run, np.full(1, float(turn))) for run in runs for turn in range(int(np.max(run.turns)))]


def turn_of(run: Run, turn: Array) -> Run:
    """One of the turns, where there are so many."""
    by = turn * run.period
    one = run._replace(start=run.start + by, stop=run.stop + by)
    return Run(one.start, np.where((turn >= 0) & (turn < run.turns), one.stop, one.start), run.way, lane=run.lane)


def _of_clock(part: Part, row: int, start: Array, stop: Array) -> Iterator[Run]:
    """Between the first steps at which the other clock has come to a piece's ends."""
    base, pace, every = part.fields(row)
    moving = pace > 0

    def clock(step: Array) -> Array:
        return np.minimum(base + pace * quotient(step, every), LAST_STEP)

    def reached(inner: Array, run: Run) -> Array:
        begin, stride, stair, moves = (run.over(number) for number in (base, np.where(moving, pace, 1.0), every, moving))
        steps = -quotient(begin - inner, stride) * stair
        return np.where(inner > LAST_STEP, np.inf, np.where(moves, steps, np.where(inner > begin, np.inf, 0.0)))

    first, last = clock(start), clock(np.maximum(stop - 1.0, start))
    behind = np.where(last < LAST_STEP, last + 1.0, _BEHIND)
    inner = list(pieces(part.below(row, 0), first, np.where(start < stop, behind, first)))
    each = np.where(moving, pace, np.inf)
    if not all(np.all((run.turns == 1) | (np.fmod(run.period, run.over(each)) == 0)) for run in inner):
        inner = _one_by_one(inner) or [Run(first, behind, _UNKNOWN)]
    for run in inner:
        for one in _ends_apart(run):
            begin = np.maximum(one.over(start), reached(one.start, one))
            end = np.minimum(one.over(stop), reached(one.stop, one))
            period = one.period * one.over(every / np.where(moving, pace, 1.0))
            yield one._replace(start=begin, stop=np.where(one.start < one.stop, end, begin), period=period)


def _ends_apart(run: Run) -> Iterator[Run]:
    """The first turn and the last, whose stairs may not be whole, and those between."""
    if np.all(run.turns == 1):
        yield run
        return
    yield turn_of(run, np.zeros(1))
    start, stop = run.start + run.period, run.stop + run.period
    yield run._replace(start=start, stop=np.where(run.turns > 2, stop, start), turns=np.maximum(run.turns - 2.0, 1.0))
    yield turn_of(run, np.where(run.turns > 1, run.turns - 1.0, -1.0))


def _of_pair(part: Part, row: int, start: Array, stop: Array) -> Iterator[Run]:
    """Where both run the same way, or the one stands."""
    first, second = part.below(row, 0), part.below(row, 1)
    if any(np.any(run.turns > 1) for run in pieces(second, start, stop)):
        first, second = second, first
    outers = list(pieces(second, start, stop))
    if any(np.any(run.turns > 1) for run in outers):
        outers = _one_by_one(outers) or [Run(start, stop, _UNKNOWN)]
    for outer in outers:
        of = first.take(outer.lane)
        inner = list(pieces(of, outer.start, np.maximum(outer.start, outer.stop)))
        together = _together(outer, inner, len(of.lanes), linear=part.shape(row) in ("multiply", "add"))
        yield from (run.of(outer.lane) for run in together)


def _together(outer: Run, inner: list[Run], lanes: int, linear: bool) -> Iterator[Run]:
    """Pieces of one track within a piece of another; where the two do not go together, the whole of that."""
    lost = np.zeros(1, dtype=bool)
    for run in inner:
        lost = lost | run.lanes(_unlike(run.over(outer.way), run) & (run.start < run.stop), lanes)
    if np.any(lost):
        yield outer._replace(way=_UNKNOWN, lane=None).where(lost)
    for run in inner:
        exponent = run.exponent if linear else np.where(run.exponent == 0, 0.0, np.nan)
        yield run._replace(way=np.where(run.way == 0, run.over(outer.way), run.way), exponent=exponent).where(~lost)


def _unlike(outer: Array, run: Run) -> Bools:
    """Where nothing is known of two together: each runs its own way, or only one comes again."""
    ways = (outer == UNKNOWN) | (run.way == UNKNOWN) | (outer * run.way < 0)
    unlike: Bools = ways | ((run.turns > 1) & (outer != 0))
    return unlike


HOLDERS: dict[str, Callable[[Part, int, Array, Array], Iterator[Run]]] = {
    "sampled": _of_samples,
    "loop": _of_loop,
    "clock": _of_clock,
    "multiply": _of_pair,
    "add": _of_pair,
    "minimum": _of_pair,
    "maximum": _of_pair,
}
