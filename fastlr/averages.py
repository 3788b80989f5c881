"""What weight decay makes of weights: how much of one is left after a range of steps, and over how many updates they average."""

import numpy as np
import numpy.typing as npt

from fastlr import exact
from fastlr.parts import Part
from fastlr.pieces import pieces

__all__ = ["age", "left"]

Array = npt.NDArray[np.float64]

_GONE = 39.2  # e^-39.2 is 1e-17
_BACK = 4_096  # steps at a time, backwards


def left(part: Part, start: Array, stop: Array, decays: Array) -> Array:
    """``prod(1 - decay*A(c))`` of each lane over clocks from ``start`` up to ``stop``."""
    total = np.zeros(len(part.lanes))
    for run in pieces(part, start, stop):
        begin, end, way, turns, exponent = (np.broadcast_to(n, total.shape) for n in (run.start, run.stop, run.way, run.turns, run.exponent))
        count = np.maximum(end - begin, 0.0)
        still = (way == 0) & (exponent == 0)
        total = total + np.where(still, count * turns * np.log1p(-decays * part.each(begin)), 0.0)
        for lane in np.flatnonzero(~still & (count > 0)):
            alike = exponent[lane] == 0
            for turn in range(1 if alike else int(turns[lane])):
                period = np.broadcast_to(run.period, total.shape)[lane]
                shrunk = _logarithms(part, lane, begin[lane] + turn * period, count[lane], decays[lane])
                total[lane] += shrunk * (turns[lane] if alike else 1.0)
    kept: Array = np.exp(total)
    return kept


def _logarithms(part: Part, lane: int, start: float, count: float, decay: float) -> float:
    total = exact.pair(np.zeros(1))
    for rates in part.look(int(lane), start, 1.0, count):
        total = exact.add(total, exact.pair(np.log1p(-decay * rates).sum(keepdims=True)))
    return float(total[0][0])


def age(part: Part, stop: int, decays: Array) -> Array:
    """``sum_{t<stop} prod_{t<u<stop} (1 - decay*A(u))`` of each lane, from the last step backwards."""
    return np.array([_age_of_lane(part, lane, stop, float(decays[lane])) for lane in range(len(part.lanes))])


def _age_of_lane(part: Part, lane: int, stop: int, decay: float) -> float:
    total, lost, end = exact.pair(np.zeros(1)), 0.0, stop
    if decay == 0:
        return float(stop)
    while end > 0 and lost < _GONE:
        begin = max(0, end - _BACK)
        rates = np.concatenate(list(part.look(lane, begin, 1.0, end - begin)))[::-1]
        logs = lost - np.concatenate([[0.0], np.cumsum(np.log1p(-decay * rates))])
        total = exact.add(total, exact.pair(np.exp(-logs[:-1]).sum(keepdims=True)))
        lost, end = float(logs[-1]), begin
    return float(total[0][0])
