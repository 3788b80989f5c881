"""What weight decay makes of weights: how much of one is left after a range of steps, and over how many updates they average."""

import numpy as np
import numpy.typing as npt

from fastlr import exact
from fastlr.parts import Part
from fastlr.pieces import Run, pieces

__all__ = ["age", "left"]

Array = npt.NDArray[np.float64]

_GONE = 39.2  # e^-39.2 is 1e-17
_BACK = 4_096  # steps at a time, backwards


def left(part: Part, start: Array, stop: Array, decays: Array) -> Array:
    """``prod(1 - decay*A(c))`` of each lane over clocks from ``start`` up to ``stop``."""
    total = exact.pair(np.zeros(decays.shape))
    for run in pieces(part, start, stop):
        spread = Run(*(np.broadcast_to(number, decays.shape) for number in run))
        total = exact.add(total, exact.pair(_logarithm_of_run(part, spread, decays)))
    kept: Array = np.exp(total[0])
    return kept


def _logarithm_of_run(part: Part, run: Run, decays: Array) -> Array:
    """A rate that stands, as often as it does; every rate elsewhere, of one turn for all where they are alike."""
    count = np.where(run.start < run.stop, run.stop - run.start, 0.0)
    alike = run.exponent == 0
    logs = np.where(alike & (run.way == 0), count * _log_kept(decays * part.each(run.start)), 0.0)
    for lane in np.flatnonzero((count > 0) & ~(alike & (run.way == 0))).tolist():
        turns = range(1 if alike[lane] else int(run.turns[lane]))
        starts = [run.start[lane] + turn * run.period[lane] for turn in turns]
        logs[lane] = sum(_logarithm(part, lane, begin, count[lane], decays[lane]) for begin in starts)
    return np.where(alike, run.turns, 1.0) * logs


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
    total, lost, end = exact.pair(np.zeros(1)), 0.0, steps.stop
    while end > steps.start and lost < _GONE:
        begin = max(steps.start, end - _BACK)
        [rates] = part.look(lane, begin, 1.0, end - begin)
        losses = lost - np.cumsum(_log_kept(decay * rates[::-1]))
        kept = np.exp(-np.concatenate([[lost], losses[:-1]]))
        total = exact.add(total, exact.pair(kept.sum(keepdims=True)))
        lost, end = float(losses[-1]), begin
    return float(total[0][0])
