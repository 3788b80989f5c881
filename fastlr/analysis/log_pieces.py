"""Cut a log into pieces: stretches of samples that one family of curves explains.

From the first rate on, each family of curves is fitted to the longest stretch that it explains
within the tolerance. The family that reaches furthest is a piece, and the next piece begins where
it stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fastlr.analysis.curve_fits import CLOSED, FAMILIES, FITTED, CurveFit, Log
from fastlr.analysis.curve_limits import Limits

__all__ = ["FEW", "Piece", "merged", "period_of", "pieces_of"]

_CHECKED = 512  # samples of a stretch that a fit must explain before all are checked
_SMOOTH = 8  # samples that must turn at most once before a curve is searched
_FAILURES = 2  # sizes that support a curve and have none, after which no longer one is tried
FEW = 4  # pieces of fewer samples are too short for a curve
_TELLING = 12  # pieces of so many samples support a curve
_MOST_SHORT = 20  # short pieces in a row, after which the rest is taken for noise
_MOST_SEARCHED = 100  # pieces of searched families, after which the rest is taken for noise


class Piece(NamedTuple):
    """A fit, and the samples from ``start`` to before ``stop`` that it explains."""

    start: int
    stop: int
    fit: CurveFit | None


def pieces_of(log: Log) -> Iterator[Piece]:
    """One stretch after another, each explained by the family that goes furthest; the simplest,
    where several do.
    """
    start, whole, telling_little, searched = 0, log.rates.size, 0, 0
    limits = Limits.of(log)
    while start < whole:
        best, most = Piece(start, start, None), limits.of_curves(start)
        for family in FAMILIES[:CLOSED]:
            best = _further(log, best, most, family)
        if best.stop < whole and _smooth(log.part(start, start + _SMOOTH)):
            closed, most = best, limits.of_smooth_curves(start)
            for family in FAMILIES[CLOSED:]:
                best = _further(log, best, most, family)
            searched += best is not closed
        flat = best.fit is not None and best.fit.flat
        telling = best.stop - start >= (FEW if flat else _TELLING)
        telling_little = 0 if telling else telling_little + 1
        if telling_little > _MOST_SHORT or searched > _MOST_SEARCHED:
            yield Piece(start, whole, None)
            return
        yield best
        start = best.stop


def _sizes(first: int, most: int) -> list[int]:
    """The sizes of a stretch that are tried: the first, and powers of two up to the most."""
    powers = [2**i for i in range(max(most, 0).bit_length())]
    return [size for size in [first, *(each for each in powers if each > first)] if size <= most]


def _smooth(log: Log) -> bool:
    """Whether it turns at most once: what does not is no curve, and is not worth a search."""
    slopes = np.diff(log.rates)
    signs = np.sign(slopes[np.abs(slopes) > log.within])
    return int(np.count_nonzero(np.diff(signs))) <= 1


def merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces of few samples, three or more of them in a row, as one that nothing explains."""
    found: list[Piece] = []
    few = [piece.fit is None or piece.stop - piece.start < FEW for piece in pieces]
    i = 0
    while i < len(pieces):
        j = next((j for j in range(i, len(pieces)) if not few[j]), len(pieces))
        if j - i > 2:
            found.append(Piece(pieces[i].start, pieces[j - 1].stop, None))
        found += pieces[i:j] if j - i <= 2 else []
        found += pieces[j : j + 1]
        i = j + 1
    return found


def _further(log: Log, best: Piece, most: int, family: Callable[[Log], CurveFit | None]) -> Piece:
    """The piece that a family explains from where ``best`` starts, if it is longer; else ``best``.

    No family explains more than up to before sample ``most``.
    """
    start, whole = best.start, log.rates.size
    if best.stop == whole:
        return best

    def fitted(stop: int) -> CurveFit | None:
        if stop > most:
            return None
        part = log.part(start, stop)
        fit = family(part.some(FITTED))
        return (
            fit
            if fit is not None and part.some(_CHECKED).holds(fit.curve) and part.holds(fit.curve)
            else None
        )

    if (fit := fitted(whole)) is not None:
        return Piece(start, whole, fit)
    low, longest, failed = best.stop - start, best.fit, 0
    for size in _sizes(low + 1, min(most, whole) - start):
        if (longer := fitted(start + size)) is not None:
            low, longest, failed = size, longer, 0
        elif size >= _SMOOTH and (failed := failed + 1) == _FAILURES:
            break
    if longest is best.fit:
        return best
    high = min(2 * low, whole - start)
    while high - low > 1:
        middle = (low + high) // 2
        longer = fitted(start + middle)
        low, high, longest = (
            (middle, high, longer) if longer is not None else (low, middle, longest)
        )
    return Piece(start, start + low, longest)


def period_of(log: Log) -> int | None:
    """After how many samples, not all alike, the log begins again, at least twice."""
    last = log.steps[-1] + log.stride
    for again in np.flatnonzero(np.abs(log.rates[1:] - log.rates[0]) <= log.within) + 1:
        period = log.steps[again]
        if 2 * period > last:
            break
        if np.ptp(log.rates[: again + 1]) > 4 * log.within and _repeats(log, period):
            return int(again)
    return None


def _repeats(log: Log, period: float) -> bool:
    """Whether the rates a period apart are the same, and most of them were logged."""
    ahead = np.minimum(np.searchsorted(log.steps, log.steps + period), log.steps.size - 1)
    paired = log.steps[ahead] == log.steps + period
    apart = np.abs(log.rates[ahead] - log.rates)[paired]
    most = 2 * apart.size >= np.count_nonzero(log.steps + period <= log.steps[-1])
    return bool(most and np.all(apart <= log.within))
