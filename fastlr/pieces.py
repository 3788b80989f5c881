"""Pieces: the ranges of steps in which a lane's rate only rises or only falls, so that what it reaches stands at their ends.

Each row that is a curve is one: rates are monotone to the bit, and so are sums, products and the smaller and larger of two that
run the same way. A loop's body comes again: a *run* of a piece is the same in turn after turn, and at each of its clocks the
rates of its turns run one way as well, towards the floor or away from it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.closed import quotient
from fastlr.parts import Part
from fastlr.shapes import LAST_STEP

__all__ = [
    "FEW_TURNS",
    "HOLDERS",
    "UNKNOWN",
    "WAYS",
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
_MOST_GATHERED = 1 << 16  # pieces that are taken together: 512 KiB per number
_STILL = np.zeros(1)
_ONE = np.ones(1)
_UNKNOWN = np.full(1, UNKNOWN)


class Run(NamedTuple):
    """Clocks from ``start`` to ``last``, both included, and again ``turns`` times in all, each ``period`` later.

    The last clock is included because float64 has no number for the clock after step 2^53. ``way`` is 1 where rates rise, -1
    where they fall, 0 where they are constant, ``UNKNOWN`` where they may do anything. Turn by turn their distance from the
    loop's floor is multiplied by 2^exponent, or, where that is NaN, by no one factor. Arrays that broadcast over lanes; a lane
    is empty where last < start. With ``lane`` each number belongs to the lane that stands there, of which several may be pieces
    of one.
    """

    start: Array
    last: Array
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
        return self._each(lambda number: np.broadcast_to(number, (lanes,)))

    def _each(self, change: Callable[[Array], Array], lane: npt.NDArray[np.int64] | None = None) -> "Run":
        """The same with each of its numbers changed."""
        start, last, way, period, turns, exponent = map(change, self[:6])
        return Run(start, last, way, period, turns, exponent, lane)

    def lanes(self, conditions: Bools, lanes: int) -> Bools:
        """The lanes of which a condition holds for a piece."""
        if self.lane is None:
            return conditions
        found = np.zeros(lanes, dtype=bool)
        found[self.lane[np.broadcast_to(conditions, self.lane.shape)]] = True
        return found

    def at(self, inner: "Run") -> "Run":
        """The same once for each piece of another run, of which these are the lanes."""
        return self._each(inner.over)

    def of(self, lane: npt.NDArray[np.int64] | None) -> "Run":
        """The same where its lanes are pieces themselves, of these lanes."""
        if lane is None:
            return self
        return self._replace(lane=lane if self.lane is None else lane[self.lane])

    def moved(self, by: Array) -> "Run":
        """The same by a clock that began ``by`` earlier, a number for each lane."""
        return self.shifted(self.over(by))

    def shifted(self, by: Array) -> "Run":
        """The same by so many clocks for each piece. One that is empty stays so, however large ``by`` is."""
        by = np.where(self.some(), by, 0.0)
        return self._replace(start=self.start + by, last=self.last + by)

    def some(self) -> Bools:
        """Which pieces are not empty."""
        some: Bools = self.start <= self.last
        return some

    def where(self, chosen: Bools) -> "Run":
        """The same of the lanes that are chosen, empty for the others."""
        return self.only(self.over(chosen))

    def only(self, chosen: Bools) -> "Run":
        """The same of the pieces that are chosen, empty for the others."""
        return self._replace(start=np.where(chosen, self.start, 0.0), last=np.where(chosen, self.last, -1.0))


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


def constant_from(part: Part, row: int) -> Array:
    """The clock of a track from which on a row has one rate; infinite where that is not known."""
    if part.shape(row) == "clock":
        return part.start(row) + stands_from(*part.fields(row))
    known = way(part, row)
    return part.start(row) + np.where(known == 0, 0.0, np.inf) if known is not None else np.full(1, np.inf)


def stands_from(base: Array, pace: Array, every: Array) -> Array:
    """The first step from which on a clock stands still: where it has come to step 2^53, or from step 0 on if its pace is 0.

    Infinite where it does not come so far by step 2^53.
    """
    stairs = np.where(pace > 0, -quotient(base - LAST_STEP, np.where(pace > 0, pace, 1.0)), 0.0)
    return np.where(stairs > quotient(np.full(1, float(LAST_STEP)), every), np.inf, stairs * every)


def pieces(part: Part, start: Array, last: Array) -> Iterator[Run]:
    """The runs that a track's clocks from ``start`` to ``last`` are made of, each clock in one of them."""
    if part.has_many_rows():
        yield from _gathered(_of_rows(part, start, last), len(part.lanes))
        return
    for row in part.overlapping(start, last):
        begin = part.start(row)
        first, end = np.maximum(start, begin) if row else start, np.minimum(last, part.stop(row) - 1.0)
        some = first <= end
        if some.any():
            for run in _of_row(part, row, np.where(some, first - begin, 0.0), np.where(some, end - begin, -1.0)):
                if run.some().any():
                    yield run.moved(begin)


def _of_rows(part: Part, start: Array, last: Array) -> Iterator[Run]:
    """Those of many rows, each row a lane of its own."""
    for rows in part.row_by_row(start, last):
        yield from (run.of(rows.lane) for run in pieces(rows.part, rows.start, rows.last))


def _gathered(runs: Iterable[Run], lanes: int) -> Iterator[Run]:
    """The same pieces side by side, each with its lane, as few long runs; empty ones are left out."""
    some, size = list[Run](), 0
    for run in runs:
        some.append(_of_each_lane(run, lanes))
        size += some[-1].start.size
        if size >= _MOST_GATHERED:
            yield _joined(some)
            some, size = [], 0
    if size:
        yield _joined(some)


def _of_each_lane(run: Run, lanes: int) -> Run:
    """Its pieces that are not empty, each with its lane."""
    lane = np.arange(lanes) if run.lane is None else run.lane
    own = run.spread(lane.size)
    there = np.flatnonzero(own.some())
    return own._each(lambda number: number[there], lane[there])


def _joined(runs: list[Run]) -> Run:
    return Run(*(np.concatenate(numbers) for numbers in zip(*runs, strict=True)))


def alike(part: Part, start: Array, last: Array, unlike: Callable[[Run], Bools]) -> Iterator[Run]:
    """As ``pieces``; but of a row and a lane in which turns are unlike, all clocks are one run of which nothing is known."""
    if part.has_many_rows():
        for rows in part.row_by_row(start, last):
            yield from (run.of(rows.lane) for run in alike(rows.part, rows.start, rows.last, unlike))
        return
    for row in part.overlapping(start, last):
        whole = Run(np.maximum(start, part.start(row)) if row else start, np.minimum(last, part.stop(row) - 1.0), _UNKNOWN)
        runs, lost = list(pieces(part.only(row), whole.start, whole.last)), np.zeros(len(part.lanes), dtype=bool)
        for run in runs:
            lost |= run.lanes(run.some() & (run.turns > 1) & unlike(run), lost.size)
        if lost.any():
            yield whole.where(lost)
        yield from (run.where(~lost) for run in runs)


def _of_row(part: Part, row: int, start: Array, last: Array) -> Iterator[Run]:
    """By the row's own clock."""
    known = way(part, row)
    if known is not None:
        return iter([Run(start, last, known)])
    return HOLDERS[part.shape(row)](part, row, start, last)


def _of_samples(part: Part, row: int, start: Array, last: Array) -> Iterator[Run]:
    at, every, end, joined = part.fields(row)
    some, most = start <= last, int(end.max())
    first = quotient(np.where(some, start, 2.0 * LAST_STEP), every).min()
    final = quotient(np.where(some, last, 0.0), every).max()
    for i in range(min(int(first), most), min(int(final), most) + 1):
        rise = np.sign(part.samples(at, min(i + 1, most)) - part.samples(at, i))
        until = np.where(i < end, np.minimum(last, i * every + (every - 1.0)), last)
        yield Run(np.maximum(start, i * every), until, np.where(joined != 0, rise, 0.0))


def _of_loop(part: Part, row: int, start: Array, last: Array) -> Iterator[Run]:
    """What is left of the first turn, the full ones, what is begun of the next; and the final turn, which has no end."""
    body = part.below(row, 0)
    period, times, high, low, _ = part.fields(row)
    end = (times - 1.0) * period
    turning = np.minimum(last, end - 1.0)
    some = start <= turning
    first, past = quotient(start, period), quotient(turning - (period - 1.0), period) + 1.0
    head = first * period
    begun = np.where(start > head, first + 1.0, first)
    yield from _at(body, head, Run(start, np.minimum(turning, head + (period - 1.0)), _STILL).where(some & (begun > first)))
    yield from _again(body, begun, np.where(some, np.maximum(past - begun, 0.0), 0.0), period, high + low)
    tail = some & (past >= begun) & (quotient(turning, period) == past)
    yield from _at(body, past * period, Run(past * period, turning, _STILL).where(tail))
    yield from _at(body, end, Run(np.maximum(start, end), last, _STILL))


def _at(body: Part, begin: Array, clocks: Run) -> Iterator[Run]:
    """Clocks of one turn, which began at ``begin``."""
    some = clocks.some()
    if some.any():
        own = np.where(some, clocks.start - begin, 0.0), np.where(some, clocks.last - begin, -1.0)
        yield from (run.moved(begin) for run in pieces(body, *own))


def _again(body: Part, turn: Array, turns: Array, period: Array, exponent: Array) -> Iterator[Run]:
    """A full turn, as often as it comes; of a body that is a loop itself, each of its few turns, or nothing known."""
    if not np.any(turns > 0):
        return
    last = np.where(turns > 0, period - 1.0, -1.0)
    for run in _one_by_one(list(pieces(body, _STILL, last))) or [Run(_STILL, last, _UNKNOWN)]:
        several, each, scale = (run.over(number) for number in (np.maximum(turns, 1.0), period, exponent))
        yield run.moved(turn * period)._replace(period=each, turns=several, exponent=scale)


def _one_by_one(runs: list[Run]) -> list[Run]:
    """Each turn of each run; none at all, where they are too many."""
    if any(np.max(run.turns) > FEW_TURNS for run in runs):
        return []
    return [turn_of(run, np.full(1, float(turn))) for run in runs for turn in range(int(np.max(run.turns)))]


def turn_of(run: Run, turn: Array) -> Run:
    """One of the turns, where there are so many."""
    one = run.only((turn >= 0) & (turn < run.turns)).shifted(turn * run.period)
    return Run(one.start, one.last, one.way, lane=one.lane)


def _of_clock(part: Part, row: int, start: Array, last: Array) -> Iterator[Run]:
    """The pieces of the other clock while it moves, and one constant run from the step on from which it stands still."""
    stands = stands_from(*part.fields(row))
    yield from _of_moving(part, row, start, np.minimum(last, stands - 1.0))
    yield Run(np.maximum(start, stands), last, _STILL)


def _of_moving(part: Part, row: int, start: Array, last: Array) -> Iterator[Run]:
    """Of a clock that moves and has not come to step 2^53: between the first steps at which it comes to a piece's ends."""
    base, pace, every = part.fields(row)
    some = start <= last
    if not np.any(some):
        return
    pace = np.where(some, pace, 1.0)
    first = np.where(some, base + pace * quotient(start, every), 0.0)
    final = np.where(some, base + pace * quotient(last, every), -1.0)

    def reached(inner: Array, run: Run) -> Array:
        begin, stride, stair = (run.over(number) for number in (base, pace, every))
        steps: Array = -quotient(begin - inner, stride) * stair
        return steps

    inner = list(pieces(part.below(row, 0), first, final))
    if not all(np.all((run.turns == 1) | (np.fmod(run.period, run.over(pace)) == 0)) for run in inner):
        inner = _one_by_one(inner) or [Run(first, final, _UNKNOWN)]
    for run in inner:
        for one in _ends_apart(run):
            begin = np.maximum(one.over(start), reached(one.start, one))
            end = np.where(one.last >= one.over(final), one.over(last), reached(one.last + 1.0, one) - 1.0)
            period = one.period * one.over(every) / one.over(pace)
            yield one._replace(start=begin, last=end, period=period).only(one.some())


def _ends_apart(run: Run) -> Iterator[Run]:
    """The first turn and the last, whose stairs may not be whole, and those between."""
    if np.all(run.turns == 1):
        yield run
        return
    yield turn_of(run, np.zeros(1))
    between = run.shifted(run.period)._replace(turns=np.maximum(run.turns - 2.0, 1.0))
    yield between.only(run.turns > 2)
    yield turn_of(run, np.where(run.turns > 1, run.turns - 1.0, -1.0))


def _of_pair(part: Part, row: int, start: Array, last: Array) -> Iterator[Run]:
    """Where both run the same way, or the one is constant."""
    first, second = part.below(row, 0), part.below(row, 1)
    outers = list(pieces(second, start, last))
    if any(np.any(run.turns > 1) for run in outers):
        first, second, outers = second, first, list(pieces(first, start, last))
    if any(np.any(run.turns > 1) for run in outers):
        outers = _one_by_one(outers) or [Run(start, last, _UNKNOWN)]
    for outer, inner in together(outers, first, start, last):
        lanes = len(part.lanes) if outer.lane is None else outer.lane.size
        merged = _merged(outer, inner, lanes, linear=part.shape(row) in ("multiply", "add"))
        yield from (run.of(outer.lane) for run in merged)


def together(outers: list[Run], part: Part, start: Array, last: Array) -> Iterator[tuple[Run, list[Run]]]:
    """Each piece of one track, with the pieces of ``part`` within it.

    The pieces of ``part`` are found once and cut. Otherwise a product of products would find those
    at the bottom again for every piece of every level. Too many turns to cut one by one are found
    again within each piece. Many pieces side by side become the lanes of ``part``: the lane of a
    piece within them is one of these.
    """
    lanes = len(part.lanes)
    if any(outer.lane is not None for outer in outers):
        outers = list(_gathered(outers, lanes))
    if len(outers) == 1 or any(outer.lane is not None for outer in outers):
        yield from _found_again(outers, part)
        return
    whole = list(pieces(part, start, last))
    if any(np.any(run.turns > 1) for run in whole) and not (whole := _one_by_one(whole)):
        yield from _found_again(outers, part)
        return
    plain, laned = [run for run in whole if run.lane is None], [run for run in whole if run.lane is not None]
    starts, ends = _side_by_side([run.start for run in plain]), _side_by_side([run.last for run in plain])
    for outer in outers:
        begins, lasts = np.maximum(starts, outer.start), np.minimum(ends, outer.last)
        some = np.flatnonzero(np.any(begins <= lasts, axis=-1))
        within = [plain[i]._replace(start=begins[i], last=lasts[i]) for i in some]
        yield outer, within + [run for one in laned for run in _gathered([_cut(one, outer)], lanes)]


def _found_again(outers: list[Run], part: Part) -> Iterator[tuple[Run, list[Run]]]:
    for outer in outers:
        yield outer, list(pieces(part.take(outer.lane), outer.start, outer.last))


def _cut(run: Run, outer: Run) -> Run:
    """A run within a piece of each lane."""
    start, last = np.maximum(run.start, run.over(outer.start)), np.minimum(run.last, run.over(outer.last))
    return run._replace(start=start, last=last)


def _side_by_side(numbers: list[Array]) -> Array:
    return np.stack(np.broadcast_arrays(*numbers)) if numbers else np.zeros((0, 1))


def _merged(outer: Run, inner: list[Run], lanes: int, linear: bool) -> Iterator[Run]:
    """Pieces of one track within a piece of another; where the two do not go together, the whole of that."""
    lost = np.zeros(1, dtype=bool)
    for run in inner:
        lost = lost | run.lanes(_unlike(run.over(outer.way), run) & run.some(), lanes)
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
