"""Identification: from a logged column of rates back to the schedule: its pieces, their shapes, and the code that builds it.

From the first rate on, each family of curves is fitted to as long a stretch as it can explain within the tolerance; the one that
goes furthest is a piece, and the next begins where it stops. Fits take any phase, so that a log of every hundredth step will do;
seams are where neighbours meet. What no family explains is kept as it is, as a table, and said so.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.constructors import join, linear, milestones, piecewise_constant, sampled, step_decay
from fastlr.errors import public, public_methods
from fastlr.fitting import FAMILIES, FITTED, PLAIN, Fit, Log, Rounding, short
from fastlr.parameters import Period, Rates, Unit, checked, single
from fastlr.schedule import Schedule

__all__ = ["Identified", "identify"]

Array = npt.NDArray[np.float64]

_CHECKED = 512  # samples of a stretch that a fit must explain, before all are looked at
_SMOOTH = 8  # samples that must turn at most once, for a search to be worth it
_SHORT = 4  # pieces of fewer samples say nothing
_TELLING = 12  # and of so many something
_MOST_BETWEEN = 65_536  # steps at which two pieces may be seen to meet
_MOST_SHORT = 20  # pieces of fewer in a row, after which the rest is noise


@public_methods()
@dataclass(frozen=True)
class Identified:
    """A schedule found in a log: ``error`` is the largest difference from it, as a share of the largest rate.

    ``kept`` are the stretches ``(start, stop)`` in steps that no curve explains, which the schedule holds as tables. ``str`` is
    the code that builds it.
    """

    schedule: Schedule
    error: float
    kept: tuple[tuple[int, int], ...] = ()

    def __str__(self) -> str:
        return repr(self.schedule)


@public
def identify(rates: npt.ArrayLike, every: int = 1, tolerance: float = 1e-6) -> Identified:
    """The schedule that a log's rates are of: ``rates[i]`` was the rate of step ``i * every``.

    Every rate is explained to within ``tolerance`` of the largest one: 1e-6 suits a log in float32, 1e-3 one of four digits; what
    is noise beyond it is kept as a table. Needs SciPy. Raises ``ValueError`` for fewer than two rates, and for any that is no
    rate.

    >>> import fastlr as flr
    >>> log = flr.warmup_cosine(6e-4, warmup=200, steps=10_000, end=6e-5).table(0, 10_000, 10, dtype="float32")
    >>> print(identify(log, every=10))
    linear(init=0.0, end=0.0006, steps=200).then(cosine(init=0.0006, end=6e-05, steps=9800))
    """
    if importlib.util.find_spec("scipy") is None:
        raise ImportError("identify needs SciPy: pip install 'fastlr[fit]'")
    column = checked(Rates, "identify: rates", rates).astype(np.float64)
    stride, share = single(Period, "identify: every", every), single(Unit, "identify: tolerance", tolerance)
    if column.ndim != 1 or column.size < 2:
        raise ValueError(f"identify: rates must be those of one run, at least two, got an array of shape {column.shape}")
    log = Log(np.arange(column.size, dtype=np.float64) * stride, column, stride, share * float(column.max()))
    with np.errstate(all="ignore"):  # a fit that is no number explains nothing
        return _explained(log, share)


def _explained(log: Log, share: float) -> Identified:
    """The simplest schedule that is within ``share`` of the largest rate of a log."""
    again = _period(log)
    pieces = _merged(list(_pieces(log if again is None else log.part(0, again))))
    period = None if again is None else int(log.steps[again])
    for coarse in (0.5, 1e-2, 1e-4, 0.0):  # numbers as short as the tolerance allows
        found = _built(log, pieces, Rounding(coarse * log.within), period)
        if found.error <= share:
            return found
    return _built(log, [_Piece(0, pieces[-1].stop, None)], Rounding(0.0), period)  # pieces that each hold, but not together


class _Piece(NamedTuple):
    """A fit, and the samples from ``start`` to before ``stop`` that it explains."""

    start: int
    stop: int
    fit: Fit | None


# -- pieces ----------------------------------------------------------------------------------------------------------------


def _pieces(log: Log) -> Iterator[_Piece]:
    """One stretch after another, each explained by the family that goes furthest; the simplest, where several do."""
    start, whole, telling_little = 0, log.rates.size, 0
    while start < whole:
        best = _Piece(start, start, None)
        families = FAMILIES if _smooth(log.part(start, start + _SMOOTH)) else FAMILIES[:PLAIN]
        for family in families:
            stop, fit = _reach(log, start, family)
            if stop > best.stop:
                best = _Piece(start, stop, fit)
            if stop == whole:
                break
        flat = best.fit is not None and best.fit.flat
        telling_little = telling_little + 1 if best.stop - start < _TELLING and not flat else 0
        if telling_little > _MOST_SHORT:
            yield _Piece(start, whole, None)
            return
        yield best
        start = best.stop


def _smooth(log: Log) -> bool:
    """Whether it turns at most once: what does not is no curve, and is not worth a search."""
    slopes = np.diff(log.rates)
    signs = np.sign(slopes[np.abs(slopes) > log.within])
    return int(np.count_nonzero(np.diff(signs))) <= 1


def _merged(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Pieces of few samples, three or more of them in a row, as one that nothing explains."""
    merged: list[_Piece] = []
    few = [piece.fit is None or piece.stop - piece.start < _SHORT for piece in pieces]
    i = 0
    while i < len(pieces):
        j = next((j for j in range(i, len(pieces)) if not few[j]), len(pieces))
        if j - i > 2:
            merged.append(_Piece(pieces[i].start, pieces[j - 1].stop, None))
        merged += pieces[i:j] if j - i <= 2 else []
        merged += pieces[j : j + 1]
        i = j + 1
    return merged


def _reach(log: Log, start: int, family: Callable[[Log], Fit | None]) -> tuple[int, Fit | None]:
    """How far from ``start`` on a family explains every sample, and its fit to them."""

    def fitted(size: int) -> Fit | None:
        part = log.part(start, start + size)
        fit = family(part.some(FITTED))
        return fit if fit is not None and part.some(_CHECKED).holds(fit.curve) and part.holds(fit.curve) else None

    most = log.rates.size - start
    if (whole := fitted(most)) is not None:
        return log.rates.size, whole
    low, fit = 0, None
    for size in [2**i for i in range(most.bit_length())]:
        if (longer := fitted(size)) is not None:
            low, fit = size, longer
        elif low and size > 64 * low:  # a fit of few samples may fail where one of more does not, but not for ever
            break
    high = min(2 * low, most)
    while high - low > 1:
        middle = (low + high) // 2
        longer = fitted(middle)
        low, high, fit = (middle, high, longer) if longer is not None else (low, middle, fit)
    return start + low, fit


def _period(log: Log) -> int | None:
    """After how many samples, not all alike, the log begins again, at least twice."""
    count = log.rates.size
    for period in np.flatnonzero(np.abs(log.rates[1 : count // 2 + 1] - log.rates[0]) <= log.within) + 1:
        ahead = np.abs(log.rates[period:] - log.rates[:-period]) <= log.within
        if ahead[0] and np.ptp(log.rates[: period + 1]) > 4 * log.within and ahead.all():
            return int(period)
    return None


# -- from pieces to a schedule ---------------------------------------------------------------------------------------------


def _built(log: Log, pieces: Sequence[_Piece], rounding: Rounding, period: int | None) -> Identified:
    """The schedule of these pieces, and how far it is from the log."""
    starts = [0, *(_seam(log, before, after) for before, after in pairwise(pieces))]
    stops = [*starts[1:], int(log.steps[-1]) if period is None else period]
    parts, begins, kept = list[Schedule](), list[int](), list[tuple[int, int]]()
    for run in _runs(pieces):
        start, stop = starts[run[0]], stops[run[-1]]
        if len(run) > 1:
            part = _stairs(log, [pieces[i] for i in run], [starts[i] - start for i in run[1:]], rounding)
        else:
            part = _part(log, pieces[run[0]], start, stop, rounding, last=run[-1] == len(pieces) - 1 and period is None)
        kept += [(start, stop)] if pieces[run[0]].fit is None else []
        parts.append(part)
        begins.append(start)
    schedule = _chain(parts, begins)
    if period is not None:
        schedule = _closed(schedule, period).repeat()
    apart = np.abs(schedule(log.steps.astype(np.int64)) - log.rates)
    return Identified(schedule, float(apart.max() / max(log.rates.max(), np.finfo(np.float64).tiny)), tuple(kept))


def _seam(log: Log, before: _Piece, after: _Piece) -> int:
    """The step at which one piece takes over from another: where the next begins, or the two meet, or the round step between."""
    last, first = int(log.steps[after.start - 1]), int(log.steps[after.start])
    if before.fit is None or after.fit is None:
        return first
    begin = after.fit.begin
    if begin is not None and log.steps[before.start] < begin <= first and _meet(log, before.fit, after.fit, round(begin)):
        return round(begin)
    begin = int(log.steps[max(before.start, after.start - 8)]) + 1
    steps = np.arange(begin, first + 1, max(1, (first - begin) // _MOST_BETWEEN))
    apart = np.abs(before.fit.curve(steps) - after.fit.curve(steps))
    nearest = int(steps[np.nanargmin(apart)]) if not np.isnan(apart).all() else first
    return nearest if _meet(log, before.fit, after.fit, nearest) else _roundest(last + 1, first)


def _meet(log: Log, before: Fit, after: Fit, step: int) -> bool:
    slope = abs(float(after.curve(step + 1) - after.curve(step)))  # the true seam may lie between two steps
    return bool(abs(float(before.curve(step) - after.curve(step))) <= 4 * log.within + slope)


def _roundest(low: int, high: int) -> int:
    """The number from ``low`` to ``high`` with the most zeros at its end."""
    rounded = (high // 10**power * 10**power for power in range(len(str(high)), -1, -1))
    return int(next(number for number in rounded if number >= low))


def _runs(pieces: Sequence[_Piece]) -> Iterator[list[int]]:
    """Pieces one by one, but constants that follow one another together."""
    run: list[int] = []
    for i, piece in enumerate(pieces):
        flat = piece.fit is not None and piece.fit.flat
        if run and not flat:
            yield run
            run = []
        if flat:
            run.append(i)
        else:
            yield [i]
    if run:
        yield run


def _part(log: Log, piece: _Piece, start: int, stop: int, rounding: Rounding, last: bool) -> Schedule:
    """One piece on its own clock, which begins at step ``start``; the last goes on to its own end."""
    fit = piece.fit
    if fit is None:
        return sampled(log.rates[piece.start : piece.stop], every=log.stride)
    begin = start if fit.begin is None else min(round(fit.begin), start)
    until = round(fit.end) if fit.end is not None else _end(log, fit, stop, rounding) if last else stop
    part = fit.built(rounding, begin, until)
    return part.skip(start - begin) if start > begin else part


def _end(log: Log, fit: Fit, stop: int, rounding: Rounding) -> int:
    """Where the last line ends: at the last sample, or at the next, which a log of steps 0 to n - 1 leaves out."""
    following = stop + log.stride
    beyond = float(fit.curve(following))
    shorter = len(repr(rounding.rate(beyond))) < len(repr(rounding.rate(fit.curve(stop))))
    return following if beyond >= -2 * log.within and (shorter or abs(beyond) <= 2 * log.within) else stop


def _stairs(log: Log, pieces: Sequence[_Piece], at: Sequence[int], rounding: Rounding) -> Schedule:
    """Levels that follow one another: in equal steps by an equal factor, or by an equal factor, or as they are."""
    levels = [float(log.rates[piece.start : piece.stop].mean()) for piece in pieces]
    factor = levels[1] / levels[0] if levels[0] else 0.0
    powers = levels[0] * factor ** np.arange(len(levels))
    if len(levels) > 2 and 0 < factor < 1 and np.abs(powers - levels).max() <= log.within:
        first, ratio = rounding.rate(levels[0]), short(factor, rounding.within / levels[0] / len(levels))
        gaps = np.diff([0, *at])
        return step_decay(first, ratio, int(gaps[0])) if np.ptp(gaps) == 0 else milestones(first, ratio, list(at))
    return piecewise_constant([rounding.rate(value) for value in levels], list(at))


def _chain(parts: Sequence[Schedule], begins: Sequence[int]) -> Schedule:
    """Parts that each begin where the one before ends, or is cut off."""
    lengths = [after - before for before, after in pairwise(begins)]
    if any(part.steps != length for part, length in zip(parts, lengths, strict=False)):
        return join(list(parts), list(begins[1:]))
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.then(part)
    return whole


def _closed(schedule: Schedule, period: int) -> Schedule:
    """The schedule with its end at ``period``."""
    if schedule.steps == period:
        return schedule
    last = schedule(period - 1)
    return join([schedule, linear(last, last, 0)], [period])
