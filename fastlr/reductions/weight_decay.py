"""Compute what weight decay does to weights under a schedule.

``retained`` is the factor by which steps shrink a weight. ``timescale`` is over how many updates a
weight averages.
"""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fastlr.program import double_double
from fastlr.reductions.monotone_pieces import Piece, constant_from, pieces_with_equal_turns
from fastlr.reductions.segment_view import SegmentView, sum_by_lane

__all__ = ["timescale", "retained"]

Array = npt.NDArray[np.float64]

_GONE = 39.2  # e^-39.2 is 1e-17
_FEW = 4_096  # steps of short segments that are evaluated together
_NOTHING = 1e-17  # a smaller loss keeps all, to within rounding


def retained(view: SegmentView, start: Array, last: Array, decays: Array) -> Array:
    """Return ``prod(1 - decay*A(c))`` of each lane over steps from ``start`` to ``last``."""
    total = double_double.pair(np.zeros(decays.shape))
    for piece in pieces_with_equal_turns(view, start, last, lambda piece: piece.exponent != 0):
        logs = _logarithm_of_piece(view.take(piece.lane), piece, piece.per_piece(decays))
        each = (
            logs
            if piece.lane is None
            else sum_by_lane(np.broadcast_to(logs, piece.lane.shape), piece.lane, decays.size)
        )
        total = double_double.add_number(total, each)
    kept: Array = np.exp(total[0])
    return kept


def _logarithm_of_piece(view: SegmentView, piece: Piece, decays: Array) -> Array:
    """Multiply out a constant rate; evaluate each step elsewhere, once for all turns."""
    lanes = np.zeros(len(view.lanes))
    begin, end, still, decays, _ = np.broadcast_arrays(
        piece.start, piece.last, piece.direction == 0, decays, lanes
    )
    count = np.where(begin <= end, end - begin + 1.0, 0.0)
    logs = np.where(still, count * _log_kept(decays * view.rates_at(begin)), 0.0)
    for lane in np.flatnonzero((count > 0) & ~still).tolist():
        logs[lane] = _logarithm(view, lane, begin[lane], count[lane], decays[lane])
    return piece.turns * logs


def _log_kept(lost: Array) -> Array:
    """Return ``log(1 - lost)``, at least -1e6.

    The exponential of -1e6 is 0, and unlike -inf it can be added and multiplied.
    """
    log: Array = np.maximum(np.log1p(-np.minimum(lost, 1.0)), -1e6)
    return log


def _logarithm(view: SegmentView, lane: int, start: float, count: float, decay: float) -> float:
    """Return the logarithm of what one lane retains, by evaluating each step."""
    total = double_double.pair(np.zeros(1))
    for rates in view.iter_all_rates(lane, start, 1.0, count):
        total = double_double.add_number(total, _log_kept(decay * rates).sum(keepdims=True))
    return float(total[0][0])


def timescale(view: SegmentView, steps: range, decays: Array) -> Array:
    """Return ``sum_t prod_{u>t} (1 - decay*A(u))`` of each lane over the steps of a range."""
    return np.array(
        [_timescale_of_lane(view, lane, steps, decay) for lane, decay in enumerate(decays.tolist())]
    )


def _timescale_of_lane(view: SegmentView, lane: int, steps: range, decay: float) -> float:
    """Go backwards from the last step; stop once what earlier steps add is below rounding."""
    if decay == 0:
        return float(len(steps))
    total, lost = double_double.pair(np.zeros(1)), 0.0
    for aged, loss in _stretches(view, lane, steps, decay):
        total, lost = (
            double_double.add_number(total, np.array([math.exp(-lost) * aged])),
            lost + loss,
        )
        if lost > _GONE:
            break
    return float(total[0][0])


def _stretches(
    view: SegmentView, lane: int, steps: range, decay: float
) -> Iterator[tuple[float, float]]:
    """Yield timescale and loss of stretches of steps, the last first.

    All steps of a constant rate are one stretch; other steps are evaluated in blocks.
    """
    moving = float(steps.stop)  # the first of the later steps that are still to be evaluated
    for index, first, last in _segments_in_force(view, lane, steps):
        constant = min(max(first, _of_lane(constant_from(view, index), lane)), last)
        if constant < last:
            yield from _stretches_by_rate(view, lane, last, moving, decay)
            [rate] = next(view.iter_rates(lane, constant, 1.0, 1))
            yield _constant_stretch(decay * float(rate), last - constant)
            moving = constant
        if moving - first > _FEW:
            yield from _stretches_by_rate(view, lane, first, moving, decay)
            moving = first
    yield from _stretches_by_rate(view, lane, steps.start, moving, decay)


def _stretches_by_rate(
    view: SegmentView, lane: int, first: float, stop: float, decay: float
) -> Iterator[tuple[float, float]]:
    """Yield timescale and loss of steps that are evaluated, the last first."""
    if first < stop:
        yield from (
            _moving_stretch(decay * rates)
            for rates in view.iter_rates(lane, first, 1.0, stop - first, backwards=True)
        )


def _segments_in_force(
    view: SegmentView, lane: int, steps: range
) -> Iterator[tuple[int, float, float]]:
    """Yield the segments of a lane that a range of steps falls into, the last first.

    With each come its first step and the step behind its last.
    """
    starts = view.starts(view.lanes[lane])
    low = max(int(np.searchsorted(starts, steps.start, side="right")) - 1, 0)
    for index in reversed(range(low, int(np.searchsorted(starts, steps.stop)))):
        first = max(steps.start, float(starts[index])) if index else float(steps.start)
        last = min(steps.stop, float(starts[index + 1]) if index + 1 < starts.size else np.inf)
        if first < last:
            yield index, first, last


def _of_lane(numbers: Array, lane: int) -> float:
    return float(numbers[lane if numbers.size > 1 else 0])


def _constant_stretch(lost: float, count: float) -> tuple[float, float]:
    """Return ``(1 - r^n)/(1 - r)`` with ``r = 1 - lost``, and ``-log(r^n)``."""
    loss = -count * float(_log_kept(np.array(lost)))
    return (count if loss < _NOTHING else -math.expm1(-loss) / lost), loss


def _moving_stretch(lost: Array) -> tuple[float, float]:
    """Return timescale and loss of evaluated steps, the last first."""
    losses = -np.cumsum(_log_kept(lost))
    return 1.0 + float(np.exp(-losses[:-1]).sum()), float(losses[-1])
