"""Cut a range of steps into pieces in which a lane's rate only rises or only falls.

Extrema, first steps and variations are then found from the ends of pieces (``extrema``,
``weight_decay``, ``sums``).

Each curve is one piece: its rates are monotone to the bit. So are sums, products, minima and maxima
of two pieces with the same direction. The body of a loop repeats: a ``Piece`` is the same in turn
after turn. At each of its steps, the rates of successive turns are monotone as well, towards the
floor or away from it.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.program.opcodes import LAST_STEP
from fastlr.reductions.closed_forms import quotient
from fastlr.reductions.segment_view import SegmentView

__all__ = [
    "FEW_TURNS",
    "HOLDERS",
    "UNKNOWN",
    "Piece",
    "pieces_with_equal_turns",
    "constant_from",
    "first_step",
    "monotone_pieces",
    "still_from",
    "pair_pieces",
    "select_turn",
]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

UNKNOWN = 2.0  # the direction of a piece that may rise and fall
FEW_TURNS = 64  # turns that differ are taken one by one, up to this many
_MOST_GATHERED = 1 << 16  # pieces taken together: 512 KiB per number
_STILL = np.zeros(1)
_ONE = np.ones(1)
_UNKNOWN = np.full(1, UNKNOWN)


class Piece(NamedTuple):
    """Steps from ``start`` to ``last``, both included, in ``turns`` turns, each ``period`` later.

    ``last`` is included because float64 has no number for the step after 2^53. ``direction`` is 1
    where rates rise, -1 where they fall, 0 where they are constant, ``UNKNOWN`` where they may do
    either. From turn to turn the distance of a rate from the loop's floor is multiplied by
    2^exponent. The exponent is NaN if there is no such factor.

    All are arrays that broadcast over lanes; a piece is empty where last < start. With ``lane``,
    each entry belongs to the lane at the same index of ``lane``, and a lane may have several
    pieces.
    """

    start: Array
    last: Array
    direction: Array
    period: Array = _ONE
    turns: Array = _ONE
    exponent: Array = _STILL
    lane: npt.NDArray[np.int64] | None = None

    def per_piece(self, numbers: Any) -> Any:
        """Return numbers of all lanes for the lane of each piece."""
        return numbers if self.lane is None or numbers.size == 1 else numbers[self.lane]

    def spread(self, lanes: int) -> "Piece":
        """Broadcast each number over ``lanes`` lanes."""
        return self._map(lambda number: np.broadcast_to(number, (lanes,)))

    def _map(
        self, change: Callable[[Array], Array], lane: npt.NDArray[np.int64] | None = None
    ) -> "Piece":
        """Apply a function to each number."""
        start, last, way, period, turns, exponent = map(change, self[:6])
        return Piece(start, last, way, period, turns, exponent, lane)

    def lanes_where(self, conditions: Bools, lanes: int) -> Bools:
        """Return the lanes with a piece for which a condition holds."""
        if self.lane is None:
            return conditions
        found = np.zeros(lanes, dtype=bool)
        found[self.lane[np.broadcast_to(conditions, self.lane.shape)]] = True
        return found

    def repeat_for(self, inner: "Piece") -> "Piece":
        """Return this for each entry of another piece, whose lanes are this one's entries."""
        return self._map(inner.per_piece)

    def with_lanes(self, lane: npt.NDArray[np.int64] | None) -> "Piece":
        """Return the same pieces with the lanes that their entries stand for."""
        if lane is None:
            return self
        return self._replace(lane=lane if self.lane is None else lane[self.lane])

    def shifted_by_lane(self, by: Array) -> "Piece":
        """Shift by a number of steps per lane."""
        return self.shifted(self.per_piece(by))

    def shifted(self, by: Array) -> "Piece":
        """Shift by a number of steps per piece; an empty piece stays empty."""
        by = np.where(self.is_nonempty(), by, 0.0)
        return self._replace(start=self.start + by, last=self.last + by)

    def is_nonempty(self) -> Bools:
        """Return which pieces have a step."""
        chosen: Bools = self.start <= self.last
        return chosen

    def where(self, chosen: Bools) -> "Piece":
        """Keep the chosen lanes; empty the others."""
        return self.only(self.per_piece(chosen))

    def only(self, chosen: Bools) -> "Piece":
        """Keep the chosen pieces; empty the others."""
        return self._replace(
            start=np.where(chosen, self.start, 0.0), last=np.where(chosen, self.last, -1.0)
        )


def direction(view: SegmentView, index: int) -> Array | None:
    """Return the direction of a curve by lane; None for other segments."""
    opcode = view.opcode(index)
    if opcode.rises is None:
        return None
    fields = dict(zip(opcode.fields, view.fields(index), strict=True))
    factors = (fields[each] if isinstance(each, str) else each * _ONE for each in opcode.rises)
    return reduce(np.multiply, map(np.sign, factors))


def first_step(holds: Callable[[Array], Bools], start: Array, stop: Array) -> Array:
    """Find the first step, by lane and by bisection, from which a condition holds.

    The condition must then hold at all later steps. Returns ``stop`` if it holds at none.
    """
    low, high = start.copy(), np.maximum(stop, start)
    while np.any(low < high):
        middle = low + np.floor((high - low) * 0.5)
        open_, held = low < high, holds(middle)
        high = np.where(open_ & held, middle, high)
        low = np.where(open_ & ~held, middle + 1.0, low)
    return low


def constant_from(view: SegmentView, index: int) -> Array:
    """Return the step from which a segment's rate is constant; infinite if unknown."""
    if view.opcode_name(index) == "time_map":
        return view.start(index) + still_from(*view.fields(index))
    known = direction(view, index)
    return (
        view.start(index) + np.where(known == 0, 0.0, np.inf)
        if known is not None
        else np.full(1, np.inf)
    )


def still_from(base: Array, pace: Array, every: Array) -> Array:
    """Return the first step from which a time map stands still.

    It does so once it has reached step 2^53, or from step 0 on if its pace is 0. Infinite if it
    does not get there by step 2^53.
    """
    stairs = np.where(pace > 0, -quotient(base - LAST_STEP, np.where(pace > 0, pace, 1.0)), 0.0)
    return np.where(stairs > quotient(np.full(1, float(LAST_STEP)), every), np.inf, stairs * every)


def monotone_pieces(view: SegmentView, start: Array, last: Array) -> Iterator[Piece]:
    """Yield the pieces of the steps from ``start`` to ``last``; each step is in one piece."""
    if view.has_many_segments():
        yield from _gather(_of_many_segments(view, start, last), len(view.lanes))
        return
    for index in view.overlapping(start, last):
        begin = view.start(index)
        first, end = (
            np.maximum(start, begin) if index else start,
            np.minimum(last, view.stop(index) - 1.0),
        )
        chosen = first <= end
        if chosen.any():
            for piece in _of_segment(
                view,
                index,
                np.where(chosen, first - begin, 0.0),
                np.where(chosen, end - begin, -1.0),
            ):
                if piece.is_nonempty().any():
                    yield piece.shifted_by_lane(begin)


def _of_many_segments(view: SegmentView, start: Array, last: Array) -> Iterator[Piece]:
    """Yield the pieces of many segments, each treated as a lane."""
    for many in view.iter_segments(start, last):
        yield from (
            piece.with_lanes(many.lane)
            for piece in monotone_pieces(many.view, many.start, many.last)
        )


def _gather(pieces: Iterable[Piece], lanes: int) -> Iterator[Piece]:
    """Yield the same nonempty pieces side by side, each with its lane, as few long arrays."""
    chosen, size = list[Piece](), 0
    for piece in pieces:
        chosen.append(_nonempty_with_lanes(piece, lanes))
        size += chosen[-1].start.size
        if size >= _MOST_GATHERED:
            yield _concatenate(chosen)
            chosen, size = [], 0
    if size:
        yield _concatenate(chosen)


def _nonempty_with_lanes(piece: Piece, lanes: int) -> Piece:
    """Return the nonempty pieces, each with its lane."""
    lane = np.arange(lanes) if piece.lane is None else piece.lane
    own = piece.spread(lane.size)
    there = np.flatnonzero(own.is_nonempty())
    return own._map(lambda number: number[there], lane[there])


def _concatenate(pieces: list[Piece]) -> Piece:
    return Piece(*(np.concatenate(numbers) for numbers in zip(*pieces, strict=True)))


def pieces_with_equal_turns(
    view: SegmentView, start: Array, last: Array, unlike: Callable[[Piece], Bools]
) -> Iterator[Piece]:
    """Yield pieces as ``monotone_pieces`` does, for callers that need equal turns.

    If the turns of a segment and a lane differ (``unlike``), all its steps become one piece of
    unknown direction.
    """
    if view.has_many_segments():
        for many in view.iter_segments(start, last):
            yield from (
                piece.with_lanes(many.lane)
                for piece in pieces_with_equal_turns(many.view, many.start, many.last, unlike)
            )
        return
    for index in view.overlapping(start, last):
        whole = Piece(
            np.maximum(start, view.start(index)) if index else start,
            np.minimum(last, view.stop(index) - 1.0),
            _UNKNOWN,
        )
        pieces, lost = (
            list(monotone_pieces(view.only(index), whole.start, whole.last)),
            np.zeros(len(view.lanes), dtype=bool),
        )
        for piece in pieces:
            lost |= piece.lanes_where(
                piece.is_nonempty() & (piece.turns > 1) & unlike(piece), lost.size
            )
        if lost.any():
            yield whole.where(lost)
        yield from (piece.where(~lost) for piece in pieces)


def _of_segment(view: SegmentView, index: int, start: Array, last: Array) -> Iterator[Piece]:
    """Yield the pieces of one segment, in its local steps."""
    known = direction(view, index)
    if known is not None:
        return iter([Piece(start, last, known)])
    return HOLDERS[view.opcode_name(index)](view, index, start, last)


def _of_samples(view: SegmentView, index: int, start: Array, last: Array) -> Iterator[Piece]:
    at, every, end, joined = view.fields(index)
    chosen, most = start <= last, int(end.max())
    first = quotient(np.where(chosen, start, 2.0 * LAST_STEP), every).min()
    final = quotient(np.where(chosen, last, 0.0), every).max()
    for i in range(min(int(first), most), min(int(final), most) + 1):
        rise = np.sign(view.samples(at, min(i + 1, most)) - view.samples(at, i))
        until = np.where(i < end, np.minimum(last, i * every + (every - 1.0)), last)
        yield Piece(np.maximum(start, i * every), until, np.where(joined != 0, rise, 0.0))


def _of_loop(view: SegmentView, index: int, start: Array, last: Array) -> Iterator[Piece]:
    """Yield the pieces of the rest of the first turn, the full turns and the begun turn.

    The final turn, which has no end, comes last.
    """
    body = view.below(index, 0)
    period, times, high, low, _ = view.fields(index)
    end = (times - 1.0) * period
    turning = np.minimum(last, end - 1.0)
    chosen = start <= turning
    first, past = quotient(start, period), quotient(turning - (period - 1.0), period) + 1.0
    head = first * period
    begun = np.where(start > head, first + 1.0, first)
    yield from _within_turn(
        body,
        head,
        Piece(start, np.minimum(turning, head + (period - 1.0)), _STILL).where(
            chosen & (begun > first)
        ),
    )
    yield from _full_turns(
        body, begun, np.where(chosen, np.maximum(past - begun, 0.0), 0.0), period, high + low
    )
    tail = chosen & (past >= begun) & (quotient(turning, period) == past)
    yield from _within_turn(body, past * period, Piece(past * period, turning, _STILL).where(tail))
    yield from _within_turn(body, end, Piece(np.maximum(start, end), last, _STILL))


def _within_turn(body: SegmentView, begin: Array, turn: Piece) -> Iterator[Piece]:
    """Yield the pieces of steps of one turn, which began at ``begin``."""
    chosen = turn.is_nonempty()
    if chosen.any():
        own = (
            np.where(chosen, turn.start - begin, 0.0),
            np.where(chosen, turn.last - begin, -1.0),
        )
        yield from (piece.shifted_by_lane(begin) for piece in monotone_pieces(body, *own))


def _full_turns(
    body: SegmentView, turn: Array, turns: Array, period: Array, exponent: Array
) -> Iterator[Piece]:
    """Yield the pieces of a full turn, with the number of turns.

    The turns of a body that is a loop itself are yielded one by one if they are few; otherwise the
    direction is unknown.
    """
    if not np.any(turns > 0):
        return
    last = np.where(turns > 0, period - 1.0, -1.0)
    for piece in _one_by_one(list(monotone_pieces(body, _STILL, last))) or [
        Piece(_STILL, last, _UNKNOWN)
    ]:
        several, each, scale = (
            piece.per_piece(number) for number in (np.maximum(turns, 1.0), period, exponent)
        )
        yield piece.shifted_by_lane(turn * period)._replace(
            period=each, turns=several, exponent=scale
        )


def _one_by_one(pieces: list[Piece]) -> list[Piece]:
    """Return each turn of each piece, or an empty list if there are too many."""
    if any(np.max(piece.turns) > FEW_TURNS for piece in pieces):
        return []
    return [
        select_turn(piece, np.full(1, float(turn)))
        for piece in pieces
        for turn in range(int(np.max(piece.turns)))
    ]


def select_turn(piece: Piece, turn: Array) -> Piece:
    """Return one of the turns, empty where there are not so many."""
    one = piece.only((turn >= 0) & (turn < piece.turns)).shifted(turn * piece.period)
    return Piece(one.start, one.last, one.direction, lane=one.lane)


def _of_time_map(view: SegmentView, index: int, start: Array, last: Array) -> Iterator[Piece]:
    """Yield the inner pieces while the time map moves, and one constant piece after that."""
    stands = still_from(*view.fields(index))
    yield from _of_moving(view, index, start, np.minimum(last, stands - 1.0))
    yield Piece(np.maximum(start, stands), last, _STILL)


def _of_moving(view: SegmentView, index: int, start: Array, last: Array) -> Iterator[Piece]:
    """Yield the inner pieces of a time map that moves and has not reached step 2^53.

    A piece ends where the time map first reaches the end of an inner piece.
    """
    base, pace, every = view.fields(index)
    chosen = start <= last
    if not np.any(chosen):
        return
    pace = np.where(chosen, pace, 1.0)
    first = np.where(chosen, base + pace * quotient(start, every), 0.0)
    final = np.where(chosen, base + pace * quotient(last, every), -1.0)

    def reached(inner: Array, piece: Piece) -> Array:
        begin, stride, stair = (piece.per_piece(number) for number in (base, pace, every))
        steps: Array = -quotient(begin - inner, stride) * stair
        return steps

    found = list(monotone_pieces(view.below(index, 0), first, final))
    if not all(
        np.all((piece.turns == 1) | (np.fmod(piece.period, piece.per_piece(pace)) == 0))
        for piece in found
    ):
        found = _one_by_one(found) or [Piece(first, final, _UNKNOWN)]
    for piece in found:
        for one in _split_first_and_last(piece):
            begin = np.maximum(one.per_piece(start), reached(one.start, one))
            end = np.where(
                one.last >= one.per_piece(final),
                one.per_piece(last),
                reached(one.last + 1.0, one) - 1.0,
            )
            period = one.period * one.per_piece(every) / one.per_piece(pace)
            yield one._replace(start=begin, last=end, period=period).only(one.is_nonempty())


def _split_first_and_last(piece: Piece) -> Iterator[Piece]:
    """Split off the first and the last turn, whose steps may be cut."""
    if np.all(piece.turns == 1):
        yield piece
        return
    yield select_turn(piece, np.zeros(1))
    between = piece.shifted(piece.period)._replace(turns=np.maximum(piece.turns - 2.0, 1.0))
    yield between.only(piece.turns > 2)
    yield select_turn(piece, np.where(piece.turns > 1, piece.turns - 1.0, -1.0))


def _of_pair(view: SegmentView, index: int, start: Array, last: Array) -> Iterator[Piece]:
    """Yield pieces in which both parts have one direction, or one part is constant."""
    first, second = view.below(index, 0), view.below(index, 1)
    outers = list(monotone_pieces(second, start, last))
    if any(np.any(piece.turns > 1) for piece in outers):
        first, second, outers = second, first, list(monotone_pieces(first, start, last))
    if any(np.any(piece.turns > 1) for piece in outers):
        outers = _one_by_one(outers) or [Piece(start, last, _UNKNOWN)]
    for outer, inner in pair_pieces(outers, first, start, last):
        lanes = len(view.lanes) if outer.lane is None else outer.lane.size
        merged = _merge(outer, inner, lanes, linear=view.opcode_name(index) in ("multiply", "add"))
        yield from (piece.with_lanes(outer.lane) for piece in merged)


def pair_pieces(
    outers: list[Piece], view: SegmentView, start: Array, last: Array
) -> Iterator[tuple[Piece, list[Piece]]]:
    """Yield each piece of one part with the pieces of ``view`` within it.

    The pieces of ``view`` are found once and cut. Otherwise a product of products would find those
    at the bottom again for every piece of every level. If there are too many turns to cut one by
    one, they are found again within each piece. Pieces that are side by side become the lanes of
    ``view``.
    """
    lanes = len(view.lanes)
    if any(outer.lane is not None for outer in outers):
        outers = list(_gather(outers, lanes))
    if len(outers) == 1 or any(outer.lane is not None for outer in outers):
        yield from _pair_afresh(outers, view)
        return
    whole = list(monotone_pieces(view, start, last))
    if any(np.any(piece.turns > 1) for piece in whole) and not (whole := _one_by_one(whole)):
        yield from _pair_afresh(outers, view)
        return
    plain, laned = (
        [piece for piece in whole if piece.lane is None],
        [piece for piece in whole if piece.lane is not None],
    )
    starts, ends = (
        _stack([piece.start for piece in plain]),
        _stack([piece.last for piece in plain]),
    )
    for outer in outers:
        begins, lasts = np.maximum(starts, outer.start), np.minimum(ends, outer.last)
        chosen = np.flatnonzero(np.any(begins <= lasts, axis=-1))
        within = [plain[i]._replace(start=begins[i], last=lasts[i]) for i in chosen]
        yield (
            outer,
            within + [piece for one in laned for piece in _gather([_intersect(one, outer)], lanes)],
        )


def _pair_afresh(outers: list[Piece], view: SegmentView) -> Iterator[tuple[Piece, list[Piece]]]:
    for outer in outers:
        yield outer, list(monotone_pieces(view.take(outer.lane), outer.start, outer.last))


def _intersect(piece: Piece, outer: Piece) -> Piece:
    """Cut a piece to the range of another."""
    start, last = (
        np.maximum(piece.start, piece.per_piece(outer.start)),
        np.minimum(piece.last, piece.per_piece(outer.last)),
    )
    return piece._replace(start=start, last=last)


def _stack(numbers: list[Array]) -> Array:
    return np.stack(np.broadcast_arrays(*numbers)) if numbers else np.zeros((0, 1))


def _merge(outer: Piece, inner: list[Piece], lanes: int, linear: bool) -> Iterator[Piece]:
    """Yield the pieces of one part within a piece of another; all of that where they conflict."""
    lost = np.zeros(1, dtype=bool)
    for piece in inner:
        lost = lost | piece.lanes_where(
            _conflicts(piece.per_piece(outer.direction), piece) & piece.is_nonempty(), lanes
        )
    if np.any(lost):
        yield outer._replace(direction=_UNKNOWN, lane=None).where(lost)
    for piece in inner:
        exponent = piece.exponent if linear else np.where(piece.exponent == 0, 0.0, np.nan)
        yield piece._replace(
            direction=np.where(
                piece.direction == 0, piece.per_piece(outer.direction), piece.direction
            ),
            exponent=exponent,
        ).where(~lost)


def _conflicts(outer: Array, piece: Piece) -> Bools:
    """Return where two directions together are unknown, or only one part repeats."""
    ways = (outer == UNKNOWN) | (piece.direction == UNKNOWN) | (outer * piece.direction < 0)
    unlike: Bools = ways | ((piece.turns > 1) & (outer != 0))
    return unlike


HOLDERS: dict[str, Callable[[SegmentView, int, Array, Array], Iterator[Piece]]] = {
    "sampled": _of_samples,
    "loop": _of_loop,
    "time_map": _of_time_map,
    "multiply": _of_pair,
    "add": _of_pair,
    "minimum": _of_pair,
    "maximum": _of_pair,
}
