"""Cut a log into pieces: stretches of samples that one family of curves explains.

From the first sample on, each family of curves is fitted to the longest stretch that it explains
within the tolerance. The stretch of the family that reaches furthest becomes a piece. The next
piece begins where it stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fastlr.analysis.curve_fits import CLOSED, FAMILIES, FITTED, CurveFit, Log
from fastlr.analysis.curve_reach import Limits

__all__ = ["FEW", "Piece", "merged", "period_of", "pieces_of"]

_CHECKED = 512  # samples that a fit must explain before all samples of the stretch are checked
_SMOOTH = 8  # samples that must turn at most once, or no curve is searched for
_FAILURES = 2  # a family that fails at so many sizes in a row is not tried on longer stretches
FEW = 4  # pieces of fewer samples are too short for a curve
_TELLING = 12  # a piece that is not constant is evidence of a curve from this many samples on
_MOST_SHORT = 20  # after more short pieces in a row, the rest counts as noise
_MOST_SEARCHED = 100  # after more pieces of searched families, the rest counts as noise


class Piece(NamedTuple):
    """A fit, and the samples from ``start`` to before ``stop`` that it explains."""

    start: int
    stop: int
    fit: CurveFit | None


def pieces_of(log: Log) -> Iterator[Piece]:
    """Yield one piece after another, each of the family that reaches furthest.

    If several reach equally far, the piece is of the simplest.
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
    """Return the sizes of a stretch to try: ``first``, then powers of two up to ``most``."""
    powers = [2**i for i in range(max(most, 0).bit_length())]
    return [size for size in [first, *(each for each in powers if each > first)] if size <= most]


def _smooth(log: Log) -> bool:
    """Whether the rates turn at most once. If not, no curve explains them: do not search."""
    slopes = np.diff(log.rates)
    signs = np.sign(slopes[np.abs(slopes) > log.within])
    return int(np.count_nonzero(np.diff(signs))) <= 1


def merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Replace three or more short pieces in a row by one piece without a fit."""
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
    """Return the piece of a family from the start of ``best``, if it is longer; else ``best``.

    The piece stops at sample ``most`` or earlier: no curve goes further.
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
    """Return the samples per period of a log of two periods or more, else None."""
    last = log.steps[-1] + log.stride
    for again in np.flatnonzero(np.abs(log.rates[1:] - log.rates[0]) <= log.within) + 1:
        period = log.steps[again]
        if 2 * period > last:
            break
        if np.ptp(log.rates[: again + 1]) > 4 * log.within and _repeats(log, period):
            return int(again)
    return None


def _repeats(log: Log, period: float) -> bool:
    """Whether rates one period apart agree, and at least half of these pairs were logged."""
    ahead = np.minimum(np.searchsorted(log.steps, log.steps + period), log.steps.size - 1)
    paired = log.steps[ahead] == log.steps + period
    apart = np.abs(log.rates[ahead] - log.rates)[paired]
    most = 2 * apart.size >= np.count_nonzero(log.steps + period <= log.steps[-1])
    return bool(most and np.all(apart <= log.within))
