"""Find the steps that did not advance a schedule: mixed precision may skip an update."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastlr.analysis.curve_fits import Log
from fastlr.analysis.log_pieces import FEW, Piece

__all__ = ["advanced", "skipped_steps"]

_MOST_LATE = 16  # steps in a row that may be skipped, and skips in a row without a match


def skipped_steps(log: Log, pieces: Sequence[Piece]) -> tuple[tuple[int, int], ...]:
    """Return each step at which the log follows its curve some steps late, and how many."""
    found, covered = list[tuple[int, int]](), 0
    for piece in pieces:
        if piece.fit is None:
            return ()
        if piece.start >= covered and not piece.fit.flat and piece.stop - piece.start >= FEW:
            covered, more = _walked(log, piece.stop, piece.fit.curve)
            found += more
    return tuple(found)


def _walked(log: Log, place: int, curve: Callable[[Any], Any]) -> tuple[int, list[tuple[int, int]]]:
    """Return where the samples from ``place`` on leave a curve, and the skipped steps up to there.

    At least two samples must follow the curve after a skip. A log that only stays at the last rate
    has reached a floor.
    """
    found, late, sure, reached = list[tuple[int, int]](), 0, 0, place
    while place < log.rates.size:
        lags = late + np.arange(1, _MOST_LATE + 1)
        near = np.abs(curve(log.steps[place] - lags) - log.rates[place]) <= log.within
        if not near.any():
            break
        found.append((int(log.steps[place]), int(near.argmax()) + 1))
        late += found[-1][1]
        holds = np.abs(curve(log.steps[place:] - late) - log.rates[place:]) <= log.within
        length = int(holds.argmin()) if not holds.all() else holds.size
        place += length
        if length > 1:
            sure, reached = len(found), place
        elif len(found) - sure > _MOST_LATE:
            break
    return reached, found[:sure]


def advanced(log: Log, skipped: Sequence[tuple[int, int]]) -> Log:
    """Return the log by steps that advanced the schedule; the last row of each step counts."""
    late = sum(np.where(log.steps >= step, count, 0) for step, count in skipped)
    steps = log.steps - late
    following = np.append(np.minimum.accumulate(steps[::-1])[::-1][1:], np.inf)
    last = steps < following
    steps, rates = steps[last], log.rates[last]
    gap = int(np.gcd.reduce(np.diff(steps).astype(np.int64)))
    return log._replace(steps=steps, rates=rates, stride=gap)
