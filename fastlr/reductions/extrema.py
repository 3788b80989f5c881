"""Find extrema, first steps at a level, and the total variation of rates, exact to the bit.

A monotone piece is evaluated at the end where it is extreme, in its first and its last turn. A
piece of unknown direction is evaluated at every step. The first step at which rates pass a level is
found by bisection among evaluated rates.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.program import double_double
from fastlr.reductions.closed_forms import geometric, power_of_scale
from fastlr.reductions.monotone_pieces import (
    FEW_TURNS,
    UNKNOWN,
    Piece,
    first_step,
    monotone_pieces,
    pieces_with_equal_turns,
    select_turn,
)
from fastlr.reductions.segment_view import SegmentView, sum_by_lane

__all__ = ["NEVER", "Reach", "first", "largest", "smallest", "variation"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEVER = np.inf


class Reach(NamedTuple):
    """The condition that a rate is at a level, or strictly beyond it, above or below."""

    level: Array
    above: bool
    beyond: bool

    def holds(self, rates: Array) -> Bools:
        """Return where rates fulfil the condition."""
        if self.beyond:
            return rates > self.level if self.above else rates < self.level
        return rates >= self.level if self.above else rates <= self.level

    def with_lanes(self, lane: int) -> "Reach":
        """Return the condition of one lane."""
        return self._replace(level=self.level[lane : lane + 1])


class _Spread(NamedTuple):
    """A piece with one entry per lane of ``view``.

    ``lane`` says which lane of the whole each entry belongs to; None for all lanes in order.
    """

    view: SegmentView
    piece: Piece
    lane: npt.NDArray[np.int64] | None

    def best(self, found: Array, numbers: Array, take: np.ufunc) -> Array:
        """Return the larger or smaller, by lane, of ``numbers`` and what was found before."""
        if self.lane is None:
            return np.asarray(take(found, numbers))
        take.at(found, self.lane, numbers)
        return found


def _spread(view: SegmentView, pieces: Iterator[Piece]) -> Iterator[_Spread]:
    for piece in pieces:
        own = view.take(piece.lane)
        yield _Spread(own, piece.spread(len(own.lanes)), piece.lane)


def _best_step(piece: Piece, above: bool) -> Array:
    """Return the step of a turn at which the rate is highest, or lowest."""
    return np.where(
        ((piece.direction > 0) == above) & (piece.direction != 0), piece.last, piece.start
    )


def _extreme(view: SegmentView, start: Array, last: Array, above: bool) -> Array:
    lanes, take = len(view.lanes), np.maximum if above else np.minimum
    found = np.full(lanes, -np.inf if above else np.inf)
    for spread in _spread(view, monotone_pieces(view, start, last)):
        found = spread.best(found, _extreme_of_piece(spread.view, spread.piece, above), take)
    return found


def _extreme_of_piece(view: SegmentView, piece: Piece, above: bool) -> Array:
    take, found = (
        np.maximum if above else np.minimum,
        np.full(len(view.lanes), -np.inf if above else np.inf),
    )
    chosen, lost = piece.is_nonempty(), piece.direction == UNKNOWN
    for turn in _ends_of(piece):
        known = chosen & ~lost & (turn >= 0)
        if np.any(known):
            rates = view.rates_at(
                np.where(known, _best_step(piece, above) + turn * piece.period, 0.0)
            )
            found = np.where(known, take(found, rates), found)
        for lane in np.flatnonzero(chosen & lost & (turn >= 0)).tolist():
            for rates in _iter_turn_rates(view, piece, lane, turn[lane]):
                found[lane] = take(found[lane], rates.max() if above else rates.min())
    return found


def _ends_of(piece: Piece) -> list[Array]:
    """Return the first turn, and the last if there is another."""
    last = np.where(piece.turns > 1, piece.turns - 1.0, -1.0)
    return [np.zeros(last.shape)] + ([last] if np.any(last > 0) else [])


def _iter_turn_rates(
    view: SegmentView, piece: Piece, lane: int, turn: float, to_the_end: bool = True
) -> Iterator[Array]:
    """Yield the rates of one turn; a search, which may stop early, needs none ``to_the_end``."""
    start = piece.start[lane] + turn * piece.period[lane]
    count = piece.last[lane] - piece.start[lane] + 1.0
    rates = view.iter_all_rates if to_the_end else view.iter_rates
    return rates(lane, start, 1.0, count)


def largest(view: SegmentView, start: Array, last: Array) -> Array:
    """Return the largest rate of each lane at steps from ``start`` to ``last``."""
    return _extreme(view, start, last, above=True)


def smallest(view: SegmentView, start: Array, last: Array) -> Array:
    """Return the smallest rate of each lane at steps from ``start`` to ``last``."""
    return _extreme(view, start, last, above=False)


def first(view: SegmentView, start: Array, last: Array, reach: Reach) -> Array:
    """Return the first step at which each lane fulfils the condition; infinite if none."""
    found = np.full(len(view.lanes), NEVER)
    for own, piece, lane in _spread(view, monotone_pieces(view, start, last)):
        before = found if lane is None else found[lane]
        there = reach if lane is None else reach._replace(level=reach.level[lane])
        chosen = piece.is_nonempty() & (piece.start < before)
        known = chosen & (piece.direction != UNKNOWN)
        if np.any(known):
            before = np.minimum(before, _first_of_piece(own, piece, known, there))
        for i in np.flatnonzero(chosen & ~known).tolist():
            before[i] = min(before[i], _first_by_evaluation(own, piece, i, there.with_lanes(i)))
        found = _Spread(own, piece, lane).best(found, before, np.minimum)
    return found


def _first_of_piece(view: SegmentView, piece: Piece, known: Bools, reach: Reach) -> Array:
    """Return the first step of a monotone piece at which the condition holds.

    From turn to turn the best rate of a piece is monotone too. So the turn is the first one or is
    found by bisection, and then the step within it.
    """
    best = _best_step(piece, reach.above)

    def there(steps: Array) -> Bools:
        return reach.holds(view.rates_at(np.where(known, steps, 0.0)))

    turn = np.where(there(best), 0.0, piece.turns)
    later = known & (turn > 0) & (piece.turns > 1)
    if np.any(later):  # a lane that fulfils it in its last turn does so from some turn on
        later &= there(best + np.where(later, piece.turns - 1.0, 0.0) * piece.period)
        found = first_step(
            lambda i: there(best + i * piece.period),
            np.zeros(turn.shape),
            np.where(later, piece.turns, 0.0),
        )
        turn = np.where(later, found, turn)
    hit = known & (turn < piece.turns)
    if not np.any(hit):
        return np.full(turn.shape, NEVER)
    begin = piece.start + np.where(hit, turn, 0.0) * piece.period
    long = hit & (best > piece.start)
    step = first_step(
        lambda c: there(c), begin, np.where(long, begin + (piece.last - piece.start), begin)
    )
    return np.where(hit, step, NEVER)


def _first_by_evaluation(view: SegmentView, piece: Piece, lane: int, reach: Reach) -> float:
    """Return the first step of a lane at which the condition holds, by evaluating steps.

    It evaluates one turn: the first, or if none of its steps fulfils the condition, the one from
    which on a step does. Bisection finds that turn.
    """

    def first_in(turn: Array) -> float:
        step = piece.start[lane] + turn[0] * piece.period[lane]
        for rates in _iter_turn_rates(view, piece, lane, turn[0], to_the_end=False):
            hits = np.flatnonzero(reach.holds(rates))
            if hits.size:
                return float(step + hits[0])
            step += rates.size
        return NEVER

    turns = piece.turns[lane : lane + 1]
    if first_in(np.zeros(1)) < NEVER or first_in(turns - 1.0) == NEVER:
        return first_in(np.zeros(1))
    return first_in(first_step(lambda turn: np.array([first_in(turn) < NEVER]), np.zeros(1), turns))


def variation(view: SegmentView, start: Array, last: Array) -> Array:
    """Return ``sum(|A(c+1) - A(c)|)`` over steps from ``start`` to ``last - 1``.

    It adds the variation within pieces and at the boundaries between them.
    """
    total = double_double.pair(np.zeros(len(view.lanes)))
    pieces = pieces_with_equal_turns(
        view, start, last, lambda piece: np.isnan(piece.exponent) & (piece.turns > FEW_TURNS)
    )
    for own, spread, lane in _spread(view, pieces):
        end = last if lane is None or last.size == 1 else last[lane]
        for piece in _split_turns(spread):
            for change in (
                _variation_within(own, piece) * _sum_of_scales(piece, piece.turns),
                *_boundaries(own, piece, end),
            ):
                there = np.where(piece.is_nonempty(), change, 0.0)
                each = there if lane is None else sum_by_lane(there, lane, len(view.lanes))
                total = double_double.add_number(total, each)
    return total[0]


def _split_turns(piece: Piece) -> Iterator[Piece]:
    """Yield the piece, or each of its turns if their heights are not a geometric series."""
    if not np.any(np.isnan(piece.exponent)):
        yield piece
        return
    for turn in range(int(piece.turns[piece.is_nonempty()].max(initial=1.0))):
        one = select_turn(piece, np.full(piece.turns.shape, float(turn)))
        yield one._replace(
            period=piece.period,
            turns=np.ones(piece.turns.shape),
            exponent=np.zeros(piece.turns.shape),
        )


def _variation_within(view: SegmentView, piece: Piece) -> Array:
    """Return the variation within the first turn: the difference of its ends if monotone."""
    found = np.abs(view.rates_at(piece.last) - view.rates_at(piece.start))
    for lane in np.flatnonzero(piece.is_nonempty() & (piece.direction == UNKNOWN)).tolist():
        found[lane] = _variation_of_rates(_iter_turn_rates(view, piece, lane, 0.0))
    return found


def _variation_of_rates(blocks: Iterator[Array]) -> float:
    """Return the variation of rates that come in blocks."""
    total, before = double_double.pair(np.zeros(1)), np.zeros(0)
    for rates in blocks:
        rates = np.concatenate([before, rates])
        total, before = (
            double_double.add_number(total, np.abs(np.diff(rates)).sum(keepdims=True)),
            rates[-1:],
        )
    return float(total[0][0])


def _sum_of_scales(piece: Piece, count: Array) -> Array:
    """Return the sum of the heights of ``count`` turns, relative to the first."""
    top = np.where(piece.exponent > 0, np.maximum(count - 1.0, 0.0), 0.0)
    return power_of_scale(top, piece.exponent, np.zeros(1)) * geometric(
        -np.abs(piece.exponent), count
    )


def _boundaries(view: SegmentView, piece: Piece, last: Array) -> tuple[Array, Array]:
    """Return the changes from a piece's last step to the next step.

    The first result is for all turns but the last; the second for the last turn, unless it ends at
    ``last``.
    """

    def change(step: Array) -> Array:
        there: Array = np.abs(view.rates_at(step + 1.0) - view.rates_at(step))
        return there

    end = piece.last + piece.period * (piece.turns - 1.0)
    many = (
        change(piece.last) * _sum_of_scales(piece, piece.turns - 1.0)
        if np.any(piece.turns > 1)
        else np.zeros(1)
    )
    return np.where(piece.turns > 1, many, 0.0), np.where(end < last, change(end), 0.0)
