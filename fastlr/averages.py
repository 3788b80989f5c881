"""What weight decay makes of weights: how much of one is left after a range of steps, and over how many updates they average."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fastlr import exact
from fastlr.parts import Part, summed_by_lane
from fastlr.pieces import Run, alike, constant_from

__all__ = ["age", "left"]

Array = npt.NDArray[np.float64]

_GONE = 39.2  # e^-39.2 is 1e-17
_FEW = 4_096  # steps of rows that are looked at together
_NOTHING = 1e-17  # of which so much is lost keeps all


def left(part: Part, start: Array, last: Array, decays: Array) -> Array:
    """``prod(1 - decay*A(c))`` of each lane over clocks from ``start`` to ``last``."""
    total = exact.pair(np.zeros(decays.shape))
    for run in alike(part, start, last, lambda run: run.exponent != 0):
        logs = _logarithm_of_run(part.take(run.lane), run, run.over(decays))
        each = logs if run.lane is None else summed_by_lane(np.broadcast_to(logs, run.lane.shape), run.lane, decays.size)
        total = exact.add(total, exact.pair(each))
    kept: Array = np.exp(total[0])
    return kept


def _logarithm_of_run(part: Part, run: Run, decays: Array) -> Array:
    """A rate that stands, as often as it does; every rate elsewhere, of one turn for all."""
    lanes = np.zeros(len(part.lanes))
    begin, end, still, decays, _ = np.broadcast_arrays(run.start, run.last, run.way == 0, decays, lanes)
    count = np.where(begin <= end, end - begin + 1.0, 0.0)
    logs = np.where(still, count * _log_kept(decays * part.each(begin)), 0.0)
    for lane in np.flatnonzero((count > 0) & ~still).tolist():
        logs[lane] = _logarithm(part, lane, begin[lane], count[lane], decays[lane])
    return run.turns * logs


def _log_kept(lost: Array) -> Array:
    """``log(1 - lost)``; where nothing is kept, a number whose exponential is 0, and which can be added up."""
    log: Array = np.maximum(np.log1p(-np.minimum(lost, 1.0)), -1e6)
    return log


def _logarithm(part: Part, lane: int, start: float, count: float, decay: float) -> float:
    total = exact.pair(np.zeros(1))
    for rates in part.look(lane, start, 1.0, count):
        total = exact.add(total, exact.pair(_log_kept(decay * rates).sum(keepdims=True)))
    return float(total[0][0])


def age(part: Part, steps: range, decays: Array) -> Array:
    """``sum_t prod_{u>t} (1 - decay*A(u))`` of each lane, over the steps of a range."""
    return np.array([_age_of_lane(part, lane, steps, decay) for lane, decay in enumerate(decays.tolist())])


def _age_of_lane(part: Part, lane: int, steps: range, decay: float) -> float:
    """From the last step backwards, by what is lost up to each, as a logarithm."""
    if decay == 0:
        return float(len(steps))
    total, lost = exact.pair(np.zeros(1)), 0.0
    for aged, loss in _stretches(part, lane, steps, decay):
        total, lost = exact.add(total, exact.pair(np.array([math.exp(-lost) * aged]))), lost + loss
        if lost > _GONE:
            break
    return float(total[0][0])


def _stretches(part: Part, lane: int, steps: range, decay: float) -> Iterator[tuple[float, float]]:
    """Age and loss of each stretch of steps from the last on: all steps of a constant rate at once, others some at a time."""
    moving = float(steps.stop)  # the first step of those behind, whose rates are looked at together
    for row, first, last in _rows_in_force(part, lane, steps):
        constant = min(max(first, _of_lane(constant_from(part, row), lane)), last)
        if constant < last:
            yield from _moved_by(part, lane, last, moving, decay)
            [rate] = next(part.look(lane, constant, 1.0, 1))
            yield _standing(decay * float(rate), last - constant)
            moving = constant
        if moving - first > _FEW:
            yield from _moved_by(part, lane, first, moving, decay)
            moving = first
    yield from _moved_by(part, lane, steps.start, moving, decay)


def _moved_by(part: Part, lane: int, first: float, stop: float, decay: float) -> Iterator[tuple[float, float]]:
    """Age and loss of steps that are looked at, the last first."""
    if first < stop:
        yield from (_moving(decay * rates) for rates in part.look(lane, first, 1.0, stop - first, backwards=True))


def _rows_in_force(part: Part, lane: int, steps: range) -> Iterator[tuple[int, float, float]]:
    """The rows of a lane that a range of steps falls into, the last first, and its first step in each and the one behind it."""
    starts = part.starts(part.lanes[lane])
    low = max(int(np.searchsorted(starts, steps.start, side="right")) - 1, 0)
    for row in reversed(range(low, int(np.searchsorted(starts, steps.stop)))):
        first = max(steps.start, float(starts[row])) if row else float(steps.start)
        last = min(steps.stop, float(starts[row + 1]) if row + 1 < starts.size else np.inf)
        if first < last:
            yield row, first, last


def _of_lane(numbers: Array, lane: int) -> float:
    return float(numbers[lane if numbers.size > 1 else 0])


def _standing(lost: float, count: float) -> tuple[float, float]:
    """``(1 - r^n)/(1 - r)`` with ``r = 1 - lost``, and ``-log(r^n)``."""
    loss = -count * float(_log_kept(np.array(lost)))
    return (count if loss < _NOTHING else -math.expm1(-loss) / lost), loss


def _moving(lost: Array) -> tuple[float, float]:
    """Of steps from the last on."""
    losses = -np.cumsum(_log_kept(lost))
    return 1.0 + float(np.exp(-losses[:-1]).sum()), float(losses[-1])
