"""Limits on how far one curve can go in a log, from the slopes between its samples.

A fit takes milliseconds, and a log that no curve explains has thousands of stretches to fit. Beyond
the limits no fit is tried. They follow from the formulas of the curves and the tolerance, so they
exclude no curve that fits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.analysis.curve_fits import Log

__all__ = ["Limits"]

Array = npt.NDArray[np.float64]

_JUMP = (
    100.0  # times the slopes beside it: more than a smooth curve's slope changes between samples
)


class Limits(NamedTuple):
    """The least and the largest slope, from a sample to the next, of a curve through both.

    ``jumps`` stop smooth curves: one that starts at sample ``jumps[i, 0]`` or earlier stops before
    sample ``jumps[i, 1]``.
    """

    least: Array
    largest: Array
    jumps: npt.NDArray[np.int64]

    @classmethod
    def of(cls, log: Log) -> Limits:
        """The limits of a log."""
        apart, rises = np.diff(log.steps), np.diff(log.rates)
        # a fit is computed in float64 as well, so that its own rounding counts as tolerance
        room = 2 * log.within + 1e-13 * np.abs(log.rates).max()
        return cls((rises - room) / apart, (rises + room) / apart, _jumps(apart, rises, room))

    def of_curves(self, start: int) -> int:
        """The first sample that no curve from ``start`` on explains.

        The slope of every curve turns at most once, from rising to falling or the other way.
        """
        negative = -self.largest, -self.least
        rising = _first_turn(self.least, self.largest, start)
        falling = _first_turn(*negative, start)
        return 1 + max(
            _first_turn(*negative, rising), _first_turn(self.least, self.largest, falling)
        )

    def of_smooth_curves(self, start: int) -> int:
        """The first sample that no curve without a pole from ``start`` on explains.

        The slope of such a curve grows at most 25 times from two equal distances to a third.
        """
        first = int(np.searchsorted(self.jumps[:, 0], start))
        return int(self.jumps[first:, 1].min(initial=self.of_curves(start)))


def _jumps(apart: Array, rises: Array, room: float) -> npt.NDArray[np.int64]:
    """Where one of three equal distances rises far more than the other two, at either end."""
    if rises.size < 3:
        return np.empty((0, 2), dtype=np.int64)
    even = (apart[2:] == apart[1:-1]) & (apart[1:-1] == apart[:-2])
    most, least = np.abs(rises) + room, np.abs(rises) - room
    after = even & (least[2:] > _JUMP * (most[:-2] + most[1:-1]))
    before = even & (least[:-2] > _JUMP * (most[2:] + most[1:-1]))
    starts = np.flatnonzero(after | before)
    return np.stack([starts, starts + 3], axis=1)


def _first_turn(least: Array, largest: Array, start: int) -> int:
    """The first place from ``start`` on at which a value must be below an earlier one."""
    size, top = 64, -np.inf
    while start < least.size:
        stop = min(start + size, least.size)
        tops = np.maximum.accumulate(np.append(top, least[start:stop]))
        lower = largest[start:stop] < tops[1:]
        if lower.any():
            return start + int(lower.argmax())
        start, size, top = stop, 2 * size, float(tops[-1])
    return int(least.size)
