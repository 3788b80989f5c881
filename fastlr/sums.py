"""Sums of rates along any track of a program, at evenly spaced clocks, in a time that does not hang on how many there are.

A *walk* is the clocks ``c, c+p, ..., c+(n-1)*p`` of a track. Rows cut it into walks of their own. A curve is summed in closed
form or in panels; a loop by its first turn, a turn that stands for all full ones, whose heights are a geometric series,
and what is left; a clock within a clock is a walk with another stride; a sum of two tracks is two sums; of a product one factor
may be constant, the smaller or the larger of two is the one and then the other where they cross but once. Where none of this
holds, every rate is looked at.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr import exact
from fastlr.closed import CLOSED, geometric, power_of_scale, quotient
from fastlr.panels import SMOOTH, panelled
from fastlr.parts import Part, summed_by_lane
from fastlr.pieces import UNKNOWN, Run, first_step, pieces, stands_from, together
from fastlr.reference import CURVES
from fastlr.shapes import LAST_STEP

__all__ = ["HOLDERS", "Walk", "total"]

Array = npt.NDArray[np.float64]
Lanes = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

_ONE = np.ones(1)


class Walk(NamedTuple):
    """The clocks ``c, c+p, ..., c+(n-1)*p`` of each lane, whole numbers; arrays that broadcast. Where n is 0, c is any number."""

    c: Array
    p: Array
    n: Array

    def before(self, clock: Array) -> Array:
        """How many of its clocks come before this one, which may be beyond the last step."""
        return self.up_to(np.minimum(clock - 1.0, LAST_STEP))

    def up_to(self, clock: Array) -> Array:
        """How many of its clocks come before this one or at it."""
        steps: Array = np.clip(quotient(clock - self.c, self.p) + 1.0, 0.0, self.n)
        return steps

    def cut(self, first: Array, stop: Array) -> "Walk":
        """Its steps from one to before another, by their numbers."""
        return Walk(self.c + self.p * first, self.p, np.maximum(stop - first, 0.0))

    def moved(self, by: Array) -> "Walk":
        """The same by a clock that began at ``by``."""
        return self._replace(c=self.c - by)

    def last(self) -> Array:
        """Its last clock."""
        return self.c + self.p * (self.n - 1.0)

    def where(self, chosen: Lanes | Array) -> "Walk":
        """The same of the lanes that are chosen, none of the others."""
        return self._replace(n=np.where(chosen, self.n, 0.0))

    def of(self, lane: npt.NDArray[np.int64] | None) -> "Walk":
        """The same for lanes that stand several times."""
        return self if lane is None else Walk(*(number if number.size == 1 else number[lane] for number in self))

    def spread(self, lanes: int) -> tuple[Array, Array, Array]:
        """All three with a number for each lane."""
        c, p, n = (np.broadcast_to(number, (lanes,)) for number in self)
        return c, p, n


def total(part: Part, walk: Walk) -> Array:
    """The sum of the rates of a track along a walk, one a lane, or one for all lanes where they share every number."""
    total = exact.pair(np.zeros(1))
    for row, own, lane in _rows(part, walk):
        found = np.where(own.n > 0, _of_row(row, 0, own), 0.0)
        total = exact.add(total, exact.pair(_by_lane(found, lane, len(part.lanes))))
    return total[0]


def _by_lane(found: Array, lane: Places | None, lanes: int) -> Array:
    """What has been found for each row of each lane, summed by the lane."""
    return found if lane is None else summed_by_lane(np.broadcast_to(found, lane.shape), lane, lanes)


def _rows(part: Part, walk: Walk) -> Iterator[tuple[Part, Walk, Places | None]]:
    """Each row that is in force at a clock of some lane, and those clocks, still the track's own.

    Of many rows those that are alike come together, each as a lane of its own, with the number of the lane that it belongs to.
    """
    start, last = np.where(walk.n > 0, walk.c, 0.0), np.where(walk.n > 0, walk.last(), -1.0)
    if part.has_many_rows():
        for some in part.row_by_row(start, last):
            of = walk.of(some.lane)
            yield some.part, of.cut(of.before(some.start), of.up_to(some.last)), some.lane
        return
    first = np.zeros(1)
    for row in part.overlapping(start, last):
        stop = walk.before(part.stop(row)) if row + 1 < part.rows else walk.n
        own = walk.cut(first, stop)
        if np.any(own.n > 0):
            yield part.only(row), own, None
        first = stop


def _of_row(part: Part, row: int, walk: Walk) -> Array:
    """A row's rates at clocks of its track that all fall into it."""
    name = part.shape(row)
    own = walk.moved(part.start(row))
    if name in CLOSED:
        return CLOSED[name](*own, *part.fields(row))
    if name in HOLDERS:
        return HOLDERS[name](part, row, walk)
    return _panelled([name], [[np.zeros(1), *part.fields(row)]], own, len(part.lanes))


def _panelled(names: list[str], fields: list[list[Array]], walk: Walk, lanes: int) -> Array:
    """Of one smooth curve, or a product of two; the first of a curve's fields is the clock at which it began."""
    return panelled(names, *walk.spread(lanes), [[np.broadcast_to(field, (lanes,)) for field in own] for own in fields])


def looked_at(part: Part, walk: Walk) -> Array:
    """Every rate added up, in two words from one block to the next."""
    lanes = len(part.lanes)
    c, p, n = walk.spread(lanes)
    found = np.zeros(lanes)
    for lane in np.flatnonzero(n > 0):
        sums = exact.pair(np.zeros(1))
        for rates in part.look(int(lane), c[lane], p[lane], n[lane]):
            sums = exact.add(sums, exact.pair(rates.sum(keepdims=True)))
        found[lane] = sums[0][0]
    return found


# -- rows that hold samples or other rows --------------------------------------------------------------------------------------


def _of_staircase(part: Part, row: int, walk: Walk) -> Array:
    """Full stairs, and what is left of the first and the last."""
    a, every, high, low = part.fields(row)
    stairs, even = _stairs(walk.moved(part.start(row)), every)
    first = CURVES["exponential"](stairs.first, a, high, low)
    fall = np.minimum(high + low, 0.0)
    full = stairs.each * np.exp2(fall * stairs.pace) * geometric(fall * stairs.pace, stairs.full)
    found = first * (stairs.head + full + stairs.tail * np.exp2(fall * stairs.pace * (stairs.full + 1.0)))
    return _or_looked_at(found, even & (high <= 0), part.only(row), walk)


class _Stairs(NamedTuple):
    """A walk by stairs: ``head`` steps on ``first``, ``each`` on every ``pace``-th of ``full`` ones, ``tail`` on the next."""

    first: Array
    head: Array
    pace: Array
    each: Array
    full: Array
    tail: Array


def _stairs(walk: Walk, every: Array) -> tuple[_Stairs, Lanes]:
    """Stairs of ``every`` clocks, and where these and the stride divide one another; elsewhere they are not to be read."""
    c, p, n = walk
    first = quotient(c, every)
    within, across = np.fmod(every, p) == 0, np.fmod(p, every) == 0
    each = np.where(within, every / p, 1.0)
    head = np.where(within, np.minimum(-quotient(c - (first + 1.0) * every, p), n), np.minimum(n, 1.0))
    full = quotient(n - head, np.maximum(np.floor(each), 1.0))
    return _Stairs(first, head, np.where(within, 1.0, p / every), each, full, n - head - full * each), within | across


def _or_looked_at(found: Array, closed: Lanes, part: Part, walk: Walk) -> Array:
    """What has been found, where there was a closed form; the sum of every rate elsewhere."""
    if np.all(closed | (walk.n == 0)):
        return found
    return np.where(closed, found, looked_at(part, walk.where(~closed)))


def _of_samples(part: Part, row: int, walk: Walk) -> Array:
    """Each value, as often as it is held, or each line."""
    own = walk.moved(part.start(row))
    at, every, last, joined = part.fields(row)
    some = own.n > 0
    first = quotient(np.where(some, own.c, 2.0 * LAST_STEP), every).min()
    stop = quotient(np.where(some, own.last(), 0.0), every).max()
    total = exact.pair(np.zeros(1))
    most = int(last.max())
    for i in range(min(int(first), most), min(int(stop), most) + 1):
        begin = own.before(i * every)
        on = own.cut(begin, np.where(i < last, own.before((i + 1) * every), own.n))
        if np.any(on.n > 0):
            value = _of_sample(part, i, on.moved(i * every), at, every, last, joined)
            total = exact.add(total, exact.pair(np.where(on.n > 0, value, 0.0)))
    return total[0]


def _of_sample(part: Part, i: int, walk: Walk, at: Array, every: Array, last: Array, joined: Array) -> Array:
    value = part.samples(at, i)
    if not joined.any() or i >= last.min():
        return walk.n * value
    following = part.samples(at, i + 1)
    length = np.where(value >= following, every, -every)
    line = CLOSED["linear"](*walk, length, np.minimum(value, following), np.maximum(value, following))
    return np.where(joined != 0, line, walk.n * value)


def _of_loop(part: Part, row: int, walk: Walk) -> Array:
    """Turns of the body: what is left of the first, full ones, what is begun of the next; and the last, which has no end."""
    own, body = walk.moved(part.start(row)), part.below(row, 0)
    period, times, high, low, floor = part.fields(row)
    end = (times - 1.0) * period
    held = own.before(end)
    turning = own.cut(np.zeros(1), held)
    found = _shrunk(body, own.cut(held, own.n).moved(end), times - 1.0, high, low, floor)
    within, across = np.fmod(period, walk.p) == 0, np.fmod(walk.p, period) == 0
    found = found + _of_turns(body, turning.where(within), period, high, low, floor)
    found = found + _across(body, turning.where(across & ~within), period, high, low, floor)
    return _or_looked_at(found, within | across | (turning.n == 0), part.only(row), walk)


def _shrunk(body: Part, walk: Walk, turn: Array, high: Array, low: Array, floor: Array) -> Array:
    """``s*A + (1-s)*floor`` of one turn."""
    if not np.any(walk.n > 0):
        return np.zeros(1)
    factor = power_of_scale(turn, high, low)
    return np.where(walk.n > 0, factor * total(body, walk) + (1.0 - factor) * floor * walk.n, 0.0)


def _of_turns(body: Part, walk: Walk, period: Array, high: Array, low: Array, floor: Array) -> Array:
    """Of a stride that divides the period, so that each full turn has the same clocks."""
    c, p, n = walk
    turn = quotient(c, period)
    phase = c - turn * period
    head = np.minimum(-quotient(phase - period, p), n)
    begin = np.fmod(phase, p)
    each = np.maximum(np.floor(period / p), 1.0)
    full = quotient(n - head, each)
    tail = n - head - full * each
    found = _shrunk(body, Walk(phase, p, head), turn, high, low, floor)
    found = found + _shrunk(body, Walk(begin, p, tail), turn + full + 1.0, high, low, floor)
    return found + _full(body, Walk(begin, p, np.where(full > 0, each, 0.0)), turn + 1.0, full, (high, low), _ONE, floor)


def _full(body: Part, walk: Walk, turn: Array, count: Array, scale: tuple[Array, Array], pace: Array, floor: Array) -> Array:
    """The same walk in each of ``count`` turns, every ``pace``-th from ``turn`` on: a geometric series of heights."""
    if not np.any(walk.n > 0):
        return np.zeros(1)
    high, low = scale
    exponent = pace * (high + low)
    top = np.where(exponent > 0, turn + pace * (count - 1.0), turn)
    series = power_of_scale(top, high, low) * geometric(-np.abs(exponent), count)
    return np.where(walk.n > 0, series * total(body, walk) + (count - series) * floor * walk.n, 0.0)


def _across(body: Part, walk: Walk, period: Array, high: Array, low: Array, floor: Array) -> Array:
    """Of a stride of so many periods: one phase, in turns that far apart."""
    turn = quotient(walk.c, period)
    one = Walk(walk.c - turn * period, _ONE, np.minimum(walk.n, 1.0))
    return _full(body, one, turn, walk.n, (high, low), walk.p / period, floor)


def _of_clock(part: Part, row: int, walk: Walk) -> Array:
    """The other clock while it moves, and a constant rate from the step on from which it stands still."""
    begin = part.start(row)
    moving = walk.moved(begin).before(stands_from(*part.fields(row)))
    found = _of_moving(part, row, walk.cut(np.zeros(1), moving))
    standing = walk.n - moving
    if not np.any(standing > 0):
        return found
    clock = np.where(standing > 0, walk.c + walk.p * moving, begin)
    return found + standing * part.only(row).each(clock)


def _of_moving(part: Part, row: int, walk: Walk) -> Array:
    """A clock that moves and has not come to step 2^53: stairs of ``every`` steps, on each of which it is ``pace`` further."""
    if not np.any(walk.n > 0):
        return np.zeros(1)
    base, pace, every = part.fields(row)
    pace, inner = np.where(walk.n > 0, pace, 1.0), part.below(row, 0)
    stairs, even = _stairs(walk.moved(part.start(row)), every)
    stride, n = stairs.pace * pace, np.where(even, walk.n, 0.0)
    first = base + pace * stairs.first
    found = stairs.head * total(inner, Walk(first, stride, np.minimum(stairs.head, np.minimum(n, 1.0))))
    found = found + stairs.each * total(inner, Walk(first + stride, stride, np.where(n > 0, stairs.full, 0.0)))
    tail = np.where(n > 0, np.clip(stairs.tail, 0.0, 1.0), 0.0)
    found = found + stairs.tail * total(inner, Walk(first + stride * (stairs.full + 1.0), stride, tail))
    return _or_looked_at(found, even, part.only(row), walk)


def _of_sum(part: Part, row: int, walk: Walk) -> Array:
    own = walk.moved(part.start(row))
    return total(part.below(row, 0), own) + total(part.below(row, 1), own)


def _of_pair(part: Part, row: int, walk: Walk) -> Array:
    """Piece by piece of the one track and the other."""
    found, kind, whole = np.zeros(1), _PAIRS[part.shape(row)], part.only(row)
    for second, of_second, lane in _rows(part.below(row, 1), walk.moved(part.start(row))):
        some = whole.take(lane)
        for first, own, inner in _rows(some.below(0, 0), of_second):
            pair = _Pair(some.take(inner), (first, second.take(inner)))
            of_pair = _by_lane(np.where(own.n > 0, kind(pair, own), 0.0), inner, len(some.lanes))
            found = found + _by_lane(of_pair, lane, len(part.lanes))
    return found


class _Pair(NamedTuple):
    """A row that holds two tracks, and a row of each of them."""

    whole: Part
    rows: tuple[Part, Part]

    def take(self, lane: Places | None) -> "_Pair":
        """The same of some of its lanes, each as often as it stands there."""
        return _Pair(self.whole.take(lane), (self.rows[0].take(lane), self.rows[1].take(lane)))

    def shapes(self) -> list[str]:
        return [row.shape(0) for row in self.rows]

    def of_row(self, i: int, walk: Walk) -> Array:
        found: Array = np.where(walk.n > 0, _of_row(self.rows[i], 0, walk), 0.0) if np.any(walk.n > 0) else np.zeros(1)
        return found

    def looked_at(self, walk: Walk) -> Array:
        return looked_at(self.whole, walk.moved(-self.whole.start(0)))


def _of_product(pair: _Pair, walk: Walk) -> Array:
    """A constant times a sum, or a product of two smooth curves."""
    shapes = pair.shapes()
    for i, shape in enumerate(shapes):
        if shape == "constant":
            return pair.rows[i].fields(0)[0] * pair.of_row(1 - i, walk)
    if not all(shape in SMOOTH for shape in shapes):
        return pair.looked_at(walk)
    starts = [row.start(0) for row in pair.rows]
    origin = np.maximum(*starts)  # so that clocks between two steps keep their digits
    fields = [[start - origin, *row.fields(0)] for start, row in zip(starts, pair.rows, strict=True)]
    return _panelled(shapes, fields, walk.moved(origin), len(pair.whole.lanes))


def _extreme(larger: bool) -> Callable[[_Pair, Walk], Array]:
    def of_extreme(pair: _Pair, walk: Walk) -> Array:
        """By pieces of the one row and the other, each with as many turns as it has."""
        found, lost, lanes = np.zeros(1), np.zeros(1, dtype=bool), len(pair.whole.lanes)
        for first, second in _pieces_of(pair, walk):
            of, some = walk.of(second.lane), second.some()
            some_pair = pair.take(second.lane)
            known = _crosses_once(some_pair, of, first, second)
            lost = lost | second.lanes(some & ~known, lanes)
            own = of.cut(of.before(second.start), of.up_to(second.last)).where(some & known)
            if np.any(own.n > 0):
                sums = first.turns * _one_then_other(some_pair, own, first.way >= second.way, larger)
                found = found + _by_lane(sums, second.lane, lanes)
        lost = lost & (walk.n > 0)
        return np.where(lost, pair.looked_at(walk.where(lost)), found) if np.any(lost) else found

    return of_extreme


def _pieces_of(pair: _Pair, walk: Walk) -> Iterator[tuple[Run, Run]]:
    """Pieces of the second row within those of the first, and those, both for the lanes of the former."""
    some = walk.n > 0
    start, last = np.where(some, walk.c, 0.0), np.where(some, walk.last(), -1.0)
    for first, others in together(list(pieces(pair.rows[0], start, last)), pair.rows[1], start, last):
        for second in others:
            yield first.at(second), second.of(first.lane)


def _crosses_once(pair: _Pair, walk: Walk, first: Run, second: Run) -> Lanes:
    """Where the one rises, or stands, and the other falls; turns are alike beside a constant, if each has the same heights."""
    ways = (first.way != UNKNOWN) & (second.way != UNKNOWN) & (first.way * second.way <= 0) & (second.turns == 1)
    alike = (first.exponent == 0) & (walk.p == 1) & (pair.rows[1].shape(0) == "constant")
    once: Lanes = ways & ((first.turns == 1) | alike)
    return once


def _one_then_other(pair: _Pair, walk: Walk, overtakes: Lanes, larger: bool) -> Array:
    """The one row up to where they cross, then the other; the first begins below where it overtakes."""
    turn = _crossing(pair, walk, overtakes)
    before, after = walk.cut(np.zeros(1), turn), walk.cut(turn, walk.n)
    leads = overtakes != larger
    found = pair.of_row(0, before.where(leads)) + pair.of_row(1, before.where(~leads))
    return found + pair.of_row(1, after.where(leads)) + pair.of_row(0, after.where(~leads))


def _crossing(pair: _Pair, walk: Walk, overtakes: Lanes) -> Array:
    """The first step at which the first row is above the second, where it overtakes; at which it is below, where not."""
    c, p, n = walk.spread(len(pair.whole.lanes))
    rows = [row.settled() for row in pair.rows]

    def crossed(step: Array) -> Lanes:
        first, second = (row.each(c + p * step) for row in rows)
        return np.where(overtakes, first > second, second > first)

    return first_step(crossed, np.zeros(c.shape), n)


_PAIRS: dict[str, Callable[[_Pair, Walk], Array]] = {
    "multiply": _of_product,
    "minimum": _extreme(larger=False),
    "maximum": _extreme(larger=True),
}

HOLDERS: dict[str, Callable[[Part, int, Walk], Array]] = {
    "staircase": _of_staircase,
    "sampled": _of_samples,
    "loop": _of_loop,
    "clock": _of_clock,
    "multiply": _of_pair,
    "add": _of_sum,
    "minimum": _of_pair,
    "maximum": _of_pair,
}
