"""Sum the rates of a program at evenly spaced steps, in time independent of their number.

A *progression* is the steps ``c, c+p, ..., c+(n-1)*p``. Segments cut it into progressions of their
own. Then:

- A curve is summed in closed form (``closed_forms``) or by quadrature (``quadrature``).
- A loop is its first turn, one turn that stands for all full turns, whose heights are a geometric
  series, and the rest.
- A time map is a progression with another stride.
- A sum of two parts is two sums.
- In a product, one factor may be constant.
- The minimum or maximum of two parts is one part and then the other, if they cross once.

Where none of this applies, every rate is computed and added.
"""

from collections.abc import Callable, Iterator
from functools import reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.kernels.reference import CURVES
from fastlr.program import double_double
from fastlr.program.opcodes import LAST_STEP
from fastlr.reductions.closed_forms import CLOSED, geometric, power_of_scale, quotient
from fastlr.reductions.monotone_pieces import (
    UNKNOWN,
    Piece,
    first_step,
    monotone_pieces,
    pair_pieces,
    still_from,
)
from fastlr.reductions.quadrature import sum_in_panels
from fastlr.reductions.segment_view import SegmentView, sum_by_lane

__all__ = ["HOLDERS", "Progression", "total"]

Array = npt.NDArray[np.float64]
Lanes = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

_ONE = np.ones(1)


class Progression(NamedTuple):
    """The steps ``c, c+p, ..., c+(n-1)*p`` of each lane, whole numbers that broadcast.

    Where n is 0, c may be any number.
    """

    c: Array
    p: Array
    n: Array

    def before(self, step: Array) -> Array:
        """Return how many steps come before ``step``, which may be past the last step."""
        return self.up_to(np.minimum(step - 1.0, LAST_STEP))

    def up_to(self, step: Array) -> Array:
        """Return how many steps come at or before ``step``."""
        steps: Array = np.clip(quotient(step - self.c, self.p) + 1.0, 0.0, self.n)
        return steps

    def cut(self, first: Array, stop: Array) -> "Progression":
        """Return the steps with index from ``first`` to before ``stop``."""
        return Progression(self.c + self.p * first, self.p, np.maximum(stop - first, 0.0))

    def shifted_by_lane(self, by: Array) -> "Progression":
        """Return the same in local steps of a segment that starts at ``by``."""
        return self._replace(c=self.c - by)

    def last(self) -> Array:
        """Return the last step."""
        return self.c + self.p * (self.n - 1.0)

    def where(self, chosen: Lanes | Array) -> "Progression":
        """Keep the chosen lanes; the others get no steps."""
        return self._replace(n=np.where(chosen, self.n, 0.0))

    def with_lanes(self, lane: npt.NDArray[np.int64] | None) -> "Progression":
        """Return the same for lanes that occur several times."""
        return (
            self
            if lane is None
            else Progression(*(number if number.size == 1 else number[lane] for number in self))
        )

    def spread(self, lanes: int) -> tuple[Array, Array, Array]:
        """Return c, p and n with one entry per lane."""
        c, p, n = (np.broadcast_to(number, (lanes,)) for number in self)
        return c, p, n


def total(view: SegmentView, progression: Progression) -> Array:
    """Return the sum of the rates at a progression's steps.

    It has one entry per lane, or one entry if the lanes share all numbers.
    """
    sums = list[Array]()
    for part, index, own, lane in _iter_segments_in_force(view, progression):
        found = np.where(own.n > 0, _of_segment(part, index, own), 0.0)
        sums.append(_sum_by_lane(found, lane, len(view.lanes)))
    if len(sums) == 1:
        return sums[0]
    return reduce(double_double.add_number, sums, double_double.pair(np.zeros(1)))[0]


def _sum_by_lane(found: Array, lane: Indices | None, lanes: int) -> Array:
    """Sum what was found per segment by lane."""
    return found if lane is None else sum_by_lane(np.broadcast_to(found, lane.shape), lane, lanes)


def _iter_segments_in_force(
    view: SegmentView, progression: Progression
) -> Iterator[tuple[SegmentView, int, Progression, Indices | None]]:
    """Yield each segment in force with its index, the steps at which it is, and the lane of each
    entry.

    Steps count from the start of the list. If there are many segments, those with the same
    structure come together, each as a lane of its own.
    """
    start, last = (
        np.where(progression.n > 0, progression.c, 0.0),
        np.where(progression.n > 0, progression.last(), -1.0),
    )
    if view.has_many_segments():
        for many in view.iter_segments(start, last):
            of = progression.with_lanes(many.lane)
            yield many.view, 0, of.cut(of.before(many.start), of.up_to(many.last)), many.lane
        return
    first = np.zeros(1)
    indices = view.overlapping(start, last)
    for index in indices:
        is_last = index + 1 == indices.stop
        stop = progression.n if is_last else progression.before(view.stop(index))
        own = progression.cut(first, stop)
        if np.any(own.n > 0):
            yield view, index, own, None
        first = stop


def _of_segment(view: SegmentView, index: int, progression: Progression) -> Array:
    """Sum one segment over steps that all fall into it."""
    name, start, fields = view.read(index)
    if name in HOLDERS:
        return HOLDERS[name](view, index, progression)
    own = progression.shifted_by_lane(start)
    if name in CLOSED:
        return CLOSED[name](*own, *fields)
    return _by_quadrature([name], [[np.zeros(1), *fields]], own, len(view.lanes))


def _by_quadrature(
    names: list[str], fields: list[list[Array]], progression: Progression, lanes: int
) -> Array:
    """Sum one smooth curve, or a product of two.

    The first of a curve's fields is the step at which it starts.
    """
    return sum_in_panels(
        names,
        *progression.spread(lanes),
        [[np.broadcast_to(field, (lanes,)) for field in own] for own in fields],
    )


def add_every_rate(view: SegmentView, progression: Progression) -> Array:
    """Compute and add every rate, in two words from block to block."""
    lanes = len(view.lanes)
    c, p, n = progression.spread(lanes)
    found = np.zeros(lanes)
    for lane in np.flatnonzero(n > 0):
        sums = double_double.pair(np.zeros(1))
        for rates in view.iter_all_rates(int(lane), c[lane], p[lane], n[lane]):
            sums = double_double.add_number(sums, rates.sum(keepdims=True))
        found[lane] = sums[0][0]
    return found


# -- segments that hold samples or other segments --------------------------------------------------


def _of_staircase(view: SegmentView, index: int, progression: Progression) -> Array:
    """Sum the full stairs, and the rest of the first and the last."""
    a, every, high, low = view.fields(index)
    stairs, even = _stairs(progression.shifted_by_lane(view.start(index)), every)
    first = CURVES["exponential"](stairs.first, a, high, low)
    fall = np.minimum(high + low, 0.0)
    full = stairs.each * np.exp2(fall * stairs.pace) * geometric(fall * stairs.pace, stairs.full)
    found = first * (
        stairs.head + full + stairs.tail * np.exp2(fall * stairs.pace * (stairs.full + 1.0))
    )
    return _or_add_every_rate(found, even & (high <= 0), view.only(index), progression)


class _Stairs(NamedTuple):
    """A progression over stairs.

    ``head`` steps are on the stair ``first``. Then ``each`` steps are on every ``pace``-th of
    ``full`` stairs, and ``tail`` steps on the next.
    """

    first: Array
    head: Array
    pace: Array
    each: Array
    full: Array
    tail: Array


def _stairs(progression: Progression, every: Array) -> tuple[_Stairs, Lanes]:
    """Return the stairs of ``every`` steps, and where they are even.

    They are even where ``every`` and the stride divide one another. Elsewhere they have no meaning.
    """
    c, p, n = progression
    first = quotient(c, every)
    within, across = np.fmod(every, p) == 0, np.fmod(p, every) == 0
    each = np.where(within, every / p, 1.0)
    head = np.where(
        within, np.minimum(-quotient(c - (first + 1.0) * every, p), n), np.minimum(n, 1.0)
    )
    full = quotient(n - head, np.maximum(np.floor(each), 1.0))
    return _Stairs(
        first, head, np.where(within, 1.0, p / every), each, full, n - head - full * each
    ), within | across


def _or_add_every_rate(
    found: Array, closed: Lanes, view: SegmentView, progression: Progression
) -> Array:
    """Return ``found`` where there is a closed form, and add every rate elsewhere."""
    if np.all(closed | (progression.n == 0)):
        return found
    return np.where(closed, found, add_every_rate(view, progression.where(~closed)))


def _of_samples(view: SegmentView, index: int, progression: Progression) -> Array:
    """Sum each value as often as it is held, or each line between values."""
    own = progression.shifted_by_lane(view.start(index))
    at, every, last, joined = view.fields(index)
    chosen = own.n > 0
    first = quotient(np.where(chosen, own.c, 2.0 * LAST_STEP), every).min()
    stop = quotient(np.where(chosen, own.last(), 0.0), every).max()
    total = double_double.pair(np.zeros(1))
    most = int(last.max())
    for i in range(min(int(first), most), min(int(stop), most) + 1):
        begin = own.before(i * every)
        on = own.cut(begin, np.where(i < last, own.before((i + 1) * every), own.n))
        if np.any(on.n > 0):
            value = _of_sample(view, i, on.shifted_by_lane(i * every), at, every, last, joined)
            total = double_double.add_number(total, np.where(on.n > 0, value, 0.0))
    return total[0]


def _of_sample(
    view: SegmentView,
    i: int,
    progression: Progression,
    at: Array,
    every: Array,
    last: Array,
    joined: Array,
) -> Array:
    """Sum the i-th value, or the line from it to the next."""
    value = view.samples(at, i)
    if not joined.any() or i >= last.min():
        return progression.n * value
    following = view.samples(at, i + 1)
    length = np.where(value >= following, every, -every)
    line = CLOSED["linear"](
        *progression, length, np.minimum(value, following), np.maximum(value, following)
    )
    return np.where(joined != 0, line, progression.n * value)


def _of_loop(view: SegmentView, index: int, progression: Progression) -> Array:
    """Sum the turns: the rest of the first, the full turns, the begun one and the final one."""
    own, body = progression.shifted_by_lane(view.start(index)), view.below(index, 0)
    period, times, high, low, floor = view.fields(index)
    end = (times - 1.0) * period
    held = own.before(end)
    turning = own.cut(np.zeros(1), held)
    found = _shrunk(body, own.cut(held, own.n).shifted_by_lane(end), times - 1.0, high, low, floor)
    within, across = np.fmod(period, progression.p) == 0, np.fmod(progression.p, period) == 0
    found = found + _of_turns(body, turning.where(within), period, high, low, floor)
    found = found + _across(body, turning.where(across & ~within), period, high, low, floor)
    return _or_add_every_rate(
        found, within | across | (turning.n == 0), view.only(index), progression
    )


def _shrunk(
    body: SegmentView, progression: Progression, turn: Array, high: Array, low: Array, floor: Array
) -> Array:
    """Sum ``s*A + (1-s)*floor`` over one turn."""
    if not np.any(progression.n > 0):
        return np.zeros(1)
    factor = power_of_scale(turn, high, low)
    return np.where(
        progression.n > 0,
        factor * total(body, progression) + (1.0 - factor) * floor * progression.n,
        0.0,
    )


def _of_turns(
    body: SegmentView,
    progression: Progression,
    period: Array,
    high: Array,
    low: Array,
    floor: Array,
) -> Array:
    """Sum turns if the stride divides the period: each full turn then has the same steps."""
    c, p, n = progression
    turn = quotient(c, period)
    phase = c - turn * period
    head = np.minimum(-quotient(phase - period, p), n)
    begin = np.fmod(phase, p)
    each = np.maximum(np.floor(period / p), 1.0)
    full = quotient(n - head, each)
    tail = n - head - full * each
    found = _shrunk(body, Progression(phase, p, head), turn, high, low, floor)
    found = found + _shrunk(body, Progression(begin, p, tail), turn + full + 1.0, high, low, floor)
    return found + _full(
        body,
        Progression(begin, p, np.where(full > 0, each, 0.0)),
        turn + 1.0,
        full,
        (high, low),
        _ONE,
        floor,
    )


def _full(
    body: SegmentView,
    progression: Progression,
    turn: Array,
    count: Array,
    scale: tuple[Array, Array],
    pace: Array,
    floor: Array,
) -> Array:
    """Sum ``count`` turns with the same steps, every ``pace``-th from ``turn`` on.

    Their heights are a geometric series.
    """
    if not np.any(progression.n > 0):
        return np.zeros(1)
    high, low = scale
    exponent = pace * (high + low)
    top = np.where(exponent > 0, turn + pace * (count - 1.0), turn)
    series = power_of_scale(top, high, low) * geometric(-np.abs(exponent), count)
    return np.where(
        progression.n > 0,
        series * total(body, progression) + (count - series) * floor * progression.n,
        0.0,
    )


def _across(
    body: SegmentView,
    progression: Progression,
    period: Array,
    high: Array,
    low: Array,
    floor: Array,
) -> Array:
    """Sum turns if the stride is a multiple of the period: one step each."""
    turn = quotient(progression.c, period)
    one = Progression(progression.c - turn * period, _ONE, np.minimum(progression.n, 1.0))
    return _full(body, one, turn, progression.n, (high, low), progression.p / period, floor)


def _of_time_map(view: SegmentView, index: int, progression: Progression) -> Array:
    """Sum a time map while it moves, and the constant rate once it stands still."""
    begin = view.start(index)
    moving = progression.shifted_by_lane(begin).before(still_from(*view.fields(index)))
    found = _of_moving(view, index, progression.cut(np.zeros(1), moving))
    standing = progression.n - moving
    if not np.any(standing > 0):
        return found
    held = np.where(standing > 0, progression.c + progression.p * moving, begin)
    return found + standing * view.only(index).rates_at(held)


def _of_moving(view: SegmentView, index: int, progression: Progression) -> Array:
    """Sum a time map that moves and has not reached step 2^53.

    It is a staircase of ``every`` steps per stair; each stair is ``pace`` inner steps further.
    """
    if not np.any(progression.n > 0):
        return np.zeros(1)
    base, pace, every = view.fields(index)
    pace, inner = np.where(progression.n > 0, pace, 1.0), view.below(index, 0)
    stairs, even = _stairs(progression.shifted_by_lane(view.start(index)), every)
    stride, n = stairs.pace * pace, np.where(even, progression.n, 0.0)
    first = base + pace * stairs.first
    found = stairs.head * total(
        inner, Progression(first, stride, np.minimum(stairs.head, np.minimum(n, 1.0)))
    )
    found = found + stairs.each * total(
        inner, Progression(first + stride, stride, np.where(n > 0, stairs.full, 0.0))
    )
    tail = np.where(n > 0, np.clip(stairs.tail, 0.0, 1.0), 0.0)
    found = found + stairs.tail * total(
        inner, Progression(first + stride * (stairs.full + 1.0), stride, tail)
    )
    return _or_add_every_rate(found, even, view.only(index), progression)


def _of_sum(view: SegmentView, index: int, progression: Progression) -> Array:
    """Sum both parts."""
    own = progression.shifted_by_lane(view.start(index))
    return total(view.below(index, 0), own) + total(view.below(index, 1), own)


def _of_pair(view: SegmentView, index: int, progression: Progression) -> Array:
    """Sum pairs of a segment of the first part and one of the second."""
    found, kind, whole = np.zeros(1), _PAIRS[view.opcode_name(index)], view.only(index)
    for seconds, j, of_second, lane in _iter_segments_in_force(
        view.below(index, 1), progression.shifted_by_lane(view.start(index))
    ):
        chosen, second = whole.take(lane), seconds.only(j)
        for firsts, i, own, inner in _iter_segments_in_force(chosen.below(0, 0), of_second):
            pair = _Pair(chosen.take(inner), (firsts.only(i), second.take(inner)))
            of_pair = _sum_by_lane(
                np.where(own.n > 0, kind(pair, own), 0.0), inner, len(chosen.lanes)
            )
            found = found + _sum_by_lane(of_pair, lane, len(view.lanes))
    return found


class _Pair(NamedTuple):
    """A segment with two parts, and one segment of each part."""

    whole: SegmentView
    segments: tuple[SegmentView, SegmentView]

    def take(self, lane: Indices | None) -> "_Pair":
        """Return the same for some lanes; an index may occur several times."""
        return _Pair(
            self.whole.take(lane), (self.segments[0].take(lane), self.segments[1].take(lane))
        )

    def opcode_names(self) -> list[str]:
        return [each.opcode_name(0) for each in self.segments]

    def sum_of(self, i: int, progression: Progression) -> Array:
        """Sum the i-th segment."""
        found: Array = (
            np.where(progression.n > 0, _of_segment(self.segments[i], 0, progression), 0.0)
            if np.any(progression.n > 0)
            else np.zeros(1)
        )
        return found

    def add_every_rate(self, progression: Progression) -> Array:
        return add_every_rate(self.whole, progression.shifted_by_lane(-self.whole.start(0)))


def _of_product(pair: _Pair, progression: Progression) -> Array:
    """Sum a constant times a curve, or a product of two smooth curves."""
    opcode_names = pair.opcode_names()
    for i, opcode_name in enumerate(opcode_names):
        if opcode_name == "constant":
            return pair.segments[i].fields(0)[0] * pair.sum_of(1 - i, progression)
    if any(opcode_name in HOLDERS for opcode_name in opcode_names):
        return pair.add_every_rate(progression)
    starts = [each.start(0) for each in pair.segments]
    origin = np.maximum(*starts)  # steps between whole numbers then keep their digits
    fields = [
        [start - origin, *each.fields(0)] for start, each in zip(starts, pair.segments, strict=True)
    ]
    return _by_quadrature(
        opcode_names, fields, progression.shifted_by_lane(origin), len(pair.whole.lanes)
    )


def _extreme(larger: bool) -> Callable[[_Pair, Progression], Array]:
    def of_extreme(pair: _Pair, progression: Progression) -> Array:
        """Sum piece by piece of both segments."""
        found, lost, lanes = np.zeros(1), np.zeros(1, dtype=bool), len(pair.whole.lanes)
        for first, second in _pieces_of(pair, progression):
            of, chosen = progression.with_lanes(second.lane), second.is_nonempty()
            some_pair = pair.take(second.lane)
            known = _crosses_once(some_pair, of, first, second)
            lost = lost | second.lanes_where(chosen & ~known, lanes)
            own = of.cut(of.before(second.start), of.up_to(second.last)).where(chosen & known)
            if np.any(own.n > 0):
                sums = first.turns * _one_then_other(
                    some_pair, own, first.direction >= second.direction, larger
                )
                found = found + _sum_by_lane(sums, second.lane, lanes)
        lost = lost & (progression.n > 0)
        return (
            np.where(lost, pair.add_every_rate(progression.where(lost)), found)
            if np.any(lost)
            else found
        )

    return of_extreme


def _pieces_of(pair: _Pair, progression: Progression) -> Iterator[tuple[Piece, Piece]]:
    """Yield pieces of the second segment within those of the first, and those."""
    chosen = progression.n > 0
    start, last = np.where(chosen, progression.c, 0.0), np.where(chosen, progression.last(), -1.0)
    for first, others in pair_pieces(
        list(monotone_pieces(pair.segments[0], start, last)), pair.segments[1], start, last
    ):
        for second in others:
            yield first.repeat_for(second), second.with_lanes(first.lane)


def _crosses_once(pair: _Pair, progression: Progression, first: Piece, second: Piece) -> Lanes:
    """Return where one piece rises or is constant and the other falls.

    Beside a constant, the turns of a piece count as one if they have equal heights.
    """
    ways = (
        (first.direction != UNKNOWN)
        & (second.direction != UNKNOWN)
        & (first.direction * second.direction <= 0)
        & (second.turns == 1)
    )
    pieces_with_equal_turns = (
        (first.exponent == 0)
        & (progression.p == 1)
        & (pair.segments[1].opcode_name(0) == "constant")
    )
    once: Lanes = ways & ((first.turns == 1) | pieces_with_equal_turns)
    return once


def _one_then_other(pair: _Pair, progression: Progression, overtakes: Lanes, larger: bool) -> Array:
    """Sum one segment up to the crossing, then the other.

    The first segment starts below the second where ``overtakes`` is true.
    """
    turn = _crossing(pair, progression, overtakes)
    before, after = progression.cut(np.zeros(1), turn), progression.cut(turn, progression.n)
    leads = overtakes != larger
    found = pair.sum_of(0, before.where(leads)) + pair.sum_of(1, before.where(~leads))
    return found + pair.sum_of(1, after.where(leads)) + pair.sum_of(0, after.where(~leads))


def _crossing(pair: _Pair, progression: Progression, overtakes: Lanes) -> Array:
    """Return the index of the first step after the two segments cross."""
    c, p, n = progression.spread(len(pair.whole.lanes))
    both = [each.as_own_family() for each in pair.segments]

    def crossed(step: Array) -> Lanes:
        first, second = (each.rates_at(c + p * step) for each in both)
        return np.where(overtakes, first > second, second > first)

    return first_step(crossed, np.zeros(c.shape), n)


_PAIRS: dict[str, Callable[[_Pair, Progression], Array]] = {
    "multiply": _of_product,
    "minimum": _extreme(larger=False),
    "maximum": _extreme(larger=True),
}

HOLDERS: dict[str, Callable[[SegmentView, int, Progression], Array]] = {
    "staircase": _of_staircase,
    "sampled": _of_samples,
    "loop": _of_loop,
    "time_map": _of_time_map,
    "multiply": _of_pair,
    "add": _of_sum,
    "minimum": _of_pair,
    "maximum": _of_pair,
}
