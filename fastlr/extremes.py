"""What rates reach, when they first do, and how far they go in all: from the ends of pieces, to the bit of looking at each.

A piece is asked at the end that is its extreme, in the first of its turns and the last; where nothing is known of it, at every
step. The first step at which rates pass a level is found by halving, among real rates.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr import exact
from fastlr.closed import geometric, power_of_scale
from fastlr.parts import Part, summed_by_lane
from fastlr.pieces import FEW_TURNS, UNKNOWN, Run, alike, first_step, pieces, turn_of

__all__ = ["NEVER", "Reach", "first", "largest", "smallest", "variation"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEVER = np.inf


class Reach(NamedTuple):
    """Being at a level, or strictly beyond it, above or below."""

    level: Array
    above: bool
    beyond: bool

    def holds(self, rates: Array) -> Bools:
        """Whether rates are there."""
        if self.beyond:
            return rates > self.level if self.above else rates < self.level
        return rates >= self.level if self.above else rates <= self.level

    def of(self, lane: int) -> "Reach":
        """That of one lane."""
        return self._replace(level=self.level[lane : lane + 1])


class _Spread(NamedTuple):
    """A run whose numbers are spread out over the lanes of a part: all lanes of the track, or with ``lane`` these of them."""

    part: Part
    run: Run
    lane: npt.NDArray[np.int64] | None

    def best(self, found: Array, numbers: Array, take: np.ufunc) -> Array:
        """The numbers and what has been found for each lane of the track, the larger or the smaller of them."""
        if self.lane is None:
            return np.asarray(take(found, numbers))
        take.at(found, self.lane, numbers)
        return found


def _spread(part: Part, runs: Iterator[Run]) -> Iterator[_Spread]:
    for run in runs:
        own = part.take(run.lane)
        yield _Spread(own, run.spread(len(own.lanes)), run.lane)


def _best(run: Run, above: bool) -> Array:
    """The clock of a turn at which it is highest, or lowest."""
    return np.where(((run.way > 0) == above) & (run.way != 0), run.last, run.start)


def _extreme(part: Part, start: Array, last: Array, above: bool) -> Array:
    lanes, take = len(part.lanes), np.maximum if above else np.minimum
    found = np.full(lanes, -np.inf if above else np.inf)
    for spread in _spread(part, pieces(part, start, last)):
        found = spread.best(found, _extreme_of_run(spread.part, spread.run, above), take)
    return found


def _extreme_of_run(part: Part, run: Run, above: bool) -> Array:
    take, found = np.maximum if above else np.minimum, np.full(len(part.lanes), -np.inf if above else np.inf)
    some, lost = run.some(), run.way == UNKNOWN
    for turn in _ends_of(run):
        known = some & ~lost & (turn >= 0)
        if np.any(known):
            rates = part.each(np.where(known, _best(run, above) + turn * run.period, 0.0))
            found = np.where(known, take(found, rates), found)
        for lane in np.flatnonzero(some & lost & (turn >= 0)).tolist():
            for rates in _looked_at(part, run, lane, turn[lane]):
                found[lane] = take(found[lane], rates.max() if above else rates.min())
    return found


def _ends_of(run: Run) -> list[Array]:
    """The first turn, and the last where that is another."""
    last = np.where(run.turns > 1, run.turns - 1.0, -1.0)
    return [np.zeros(last.shape)] + ([last] if np.any(last > 0) else [])


def _looked_at(part: Part, run: Run, lane: int, turn: float) -> Iterator[Array]:
    start = run.start[lane] + turn * run.period[lane]
    return part.look(lane, start, 1.0, run.last[lane] - run.start[lane] + 1.0)


def largest(part: Part, start: Array, last: Array) -> Array:
    """The largest rate of each lane at clocks from ``start`` to ``last``."""
    return _extreme(part, start, last, above=True)


def smallest(part: Part, start: Array, last: Array) -> Array:
    """The smallest."""
    return _extreme(part, start, last, above=False)


def first(part: Part, start: Array, last: Array, reach: Reach) -> Array:
    """The first clock of each lane at which its rate is there; infinite where there is none."""
    found = np.full(len(part.lanes), NEVER)
    for own, run, lane in _spread(part, pieces(part, start, last)):
        before = found if lane is None else found[lane]
        there = reach if lane is None else reach._replace(level=reach.level[lane])
        some = run.some() & (run.start < before)
        known = some & (run.way != UNKNOWN)
        if np.any(known):
            before = np.minimum(before, _first_of_run(own, run, known, there))
        for i in np.flatnonzero(some & ~known).tolist():
            before[i] = min(before[i], _first_looked_at(own, run, i, there.of(i)))
        found = _Spread(own, run, lane).best(found, before, np.minimum)
    return found


def _first_of_run(part: Part, run: Run, known: Bools, reach: Reach) -> Array:
    """Turn by turn the best clock of a piece goes one way: the first turn, or one found by halving; and then the piece."""
    best = _best(run, reach.above)

    def there(clocks: Array) -> Bools:
        return reach.holds(part.each(np.where(known, clocks, 0.0)))

    turn = np.where(there(best), 0.0, run.turns)
    later = known & (turn > 0) & (run.turns > 1)
    if np.any(later):  # those that are there in their last turn are from some turn on
        later &= there(best + np.where(later, run.turns - 1.0, 0.0) * run.period)
        found = first_step(lambda i: there(best + i * run.period), np.zeros(turn.shape), np.where(later, run.turns, 0.0))
        turn = np.where(later, found, turn)
    hit = known & (turn < run.turns)
    if not np.any(hit):
        return np.full(turn.shape, NEVER)
    begin = run.start + np.where(hit, turn, 0.0) * run.period
    long = hit & (best > run.start)
    step = first_step(lambda c: there(c), begin, np.where(long, begin + (run.last - run.start), begin))
    return np.where(hit, step, NEVER)


def _first_looked_at(part: Part, run: Run, lane: int, reach: Reach) -> float:
    """Every step of a piece of one lane, in the first turn, or in that from which on one of its clocks is there."""

    def clock_in(turn: Array) -> float:
        clock = run.start[lane] + turn[0] * run.period[lane]
        for rates in _looked_at(part, run, lane, turn[0]):
            hits = np.flatnonzero(reach.holds(rates))
            if hits.size:
                return float(clock + hits[0])
            clock += rates.size
        return NEVER

    turns = run.turns[lane : lane + 1]
    if clock_in(np.zeros(1)) < NEVER or clock_in(turns - 1.0) == NEVER:
        return clock_in(np.zeros(1))
    return clock_in(first_step(lambda turn: np.array([clock_in(turn) < NEVER]), np.zeros(1), turns))


def variation(part: Part, start: Array, last: Array) -> Array:
    """``sum(|A(c+1) - A(c)|)`` over clocks from ``start`` to ``last - 1``: piece by piece, and seam by seam."""
    total = exact.pair(np.zeros(len(part.lanes)))
    runs = alike(part, start, last, lambda run: np.isnan(run.exponent) & (run.turns > FEW_TURNS))
    for own, spread, lane in _spread(part, runs):
        end = last if lane is None or last.size == 1 else last[lane]
        for run in _of_one_series(spread):
            for change in (_within(own, run) * _series(run, run.turns), *_seams(own, run, end)):
                there = np.where(run.some(), change, 0.0)
                each = there if lane is None else summed_by_lane(there, lane, len(part.lanes))
                total = exact.add(total, exact.pair(each))
    return total[0]


def _of_one_series(run: Run) -> Iterator[Run]:
    """The run itself, or each of its turns, where their heights are no series."""
    if not np.any(np.isnan(run.exponent)):
        yield run
        return
    for turn in range(int(run.turns[run.some()].max(initial=1.0))):
        one = turn_of(run, np.full(run.turns.shape, float(turn)))
        yield one._replace(period=run.period, turns=np.ones(run.turns.shape), exponent=np.zeros(run.turns.shape))


def _within(part: Part, run: Run) -> Array:
    """The change within a piece, in the first of its turns: from end to end, where it runs one way."""
    found = np.abs(part.each(run.last) - part.each(run.start))
    for lane in np.flatnonzero(run.some() & (run.way == UNKNOWN)).tolist():
        found[lane] = _looked_over(_looked_at(part, run, lane, 0.0))
    return found


def _looked_over(blocks: Iterator[Array]) -> float:
    total, before = exact.pair(np.zeros(1)), np.zeros(0)
    for rates in blocks:
        rates = np.concatenate([before, rates])
        total, before = exact.add(total, exact.pair(np.abs(np.diff(rates)).sum(keepdims=True))), rates[-1:]
    return float(total[0][0])


def _series(run: Run, count: Array) -> Array:
    """The heights of so many turns together, as multiples of the first."""
    top = np.where(run.exponent > 0, np.maximum(count - 1.0, 0.0), 0.0)
    return power_of_scale(top, run.exponent, np.zeros(1)) * geometric(-np.abs(run.exponent), count)


def _seams(part: Part, run: Run, last: Array) -> tuple[Array, Array]:
    """The changes from a piece's last step to the one behind it: in all turns but the last, and in that, unless it is the end."""

    def change(clock: Array) -> Array:
        there: Array = np.abs(part.each(clock + 1.0) - part.each(clock))
        return there

    end = run.last + run.period * (run.turns - 1.0)
    many = change(run.last) * _series(run, run.turns - 1.0) if np.any(run.turns > 1) else np.zeros(1)
    return np.where(run.turns > 1, many, 0.0), np.where(end < last, change(end), 0.0)
