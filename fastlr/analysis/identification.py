"""Recover a schedule from logged rates: its pieces, their curves, and the code that builds it.

From the first rate on, each family of curves is fitted to the longest stretch that it explains
within the tolerance. The family that reaches furthest is a piece, and the next piece begins where
it stops. Fits take any phase, so a log of every hundredth step suffices. Boundaries are the steps
at which neighbouring pieces meet. A stretch that no family explains is kept as a table.
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.analysis.curve_fits import CLOSED, FAMILIES, FITTED, CurveFit, Log, Rounding, short
from fastlr.analysis.curve_limits import Limits
from fastlr.analysis.run_logs import RunLog, arrays, read_log
from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.logged_rows import column, surviving
from fastlr.arguments.progress import with_progress
from fastlr.arguments.rules import BelowOne, Period, Rates, Steps, validate, validate_scalar
from fastlr.errors import public, public_methods
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import (
    join,
    linear,
    milestones,
    piecewise_constant,
    sampled,
    stack,
    step_decay,
)
from fastlr.schedule.schedule import Schedule

__all__ = ["Identified", "identify", "identify_log"]

Array = npt.NDArray[np.float64]

_CHECKED = 512  # samples of a stretch that a fit must explain before all are checked
_SMOOTH = 8  # samples that must turn at most once before a curve is searched
_FAILURES = 2  # sizes that support a curve and have none, after which no longer one is tried
_SHORT = 4  # pieces of fewer samples are too short for a curve
_TELLING = 12  # pieces of so many samples support a curve
_MOST_BETWEEN = 65_536  # steps searched for the one at which two pieces meet
_MOST_LATE = 16  # steps in a row that may be skipped
_MOST_SHORT = 20  # short pieces in a row, after which the rest is taken for noise
_MOST_SEARCHED = 100  # pieces of searched families, after which the rest is taken for noise


@with_types
@public_methods()
@dataclass(frozen=True)
class Identified:
    """A schedule recovered from a log, as returned by :func:`identify`.

    ``str`` is the code that builds the schedule.

    Attributes
    ----------
    schedule : Schedule
        The schedule.
    error : float
        The largest difference from a logged rate, as a share of the largest rate.
    kept : tuple of (int, int)
        The stretches ``(start, stop)`` of steps that no curve explains. The schedule holds them as
        tables.
    unknown : tuple of (int, int)
        The stretch before the first logged step, if there is one. Its rates were not logged; those
        of the schedule are a guess.
    skipped : tuple of (int, int)
        Pairs ``(step, count)``: before this logged step, so many steps did not advance the
        schedule, as with mixed precision when an update overflows. The rate at a logged step ``t``
        is then ``schedule(t - k)``, with all counts up to ``t`` added up to ``k``.
    groups : dict of str to Identified
        For a log with several columns of rates, what each of them is. The schedule is their stack.
    unit : str
        What a step of the schedule is: ``"steps"``, ``"epochs"`` if the log counts epochs, or
        ``"W&B steps"``, which count calls of W&B's ``log`` and need not be updates.
    source : str
        What the rates were read from: ``"rates"``, ``"trainer_state.json"``, ``"CSV"`` or ``"JSON
        lines"``.
    length : int or None
        The length of the run in steps, if the log gives it.
    """

    schedule: Schedule
    error: float
    kept: tuple[tuple[int, int], ...] = ()
    unknown: tuple[tuple[int, int], ...] = ()
    skipped: tuple[tuple[int, int], ...] = ()
    groups: dict[str, Identified] = field(default_factory=dict)
    unit: str = "steps"
    source: str = "rates"
    length: int | None = None

    def __str__(self) -> str:
        return repr(self.schedule)


@with_types
@public
def identify(
    rates: npt.ArrayLike | str | Path | Mapping[str, Any],
    every: int = 1,
    tolerance: float | None = None,
    *,
    start: int = 0,
    steps: npt.ArrayLike | None = None,
    progress: bool = False,
) -> Identified:
    """Recover the schedule from the logged rates of a run.

    ``rates[i]`` was the rate at step ``start + i*every``, or at step ``steps[i]``.

    Parameters
    ----------
    rates : array, str, pathlib.Path or dict
        The logged rates of one run, at least two. Or a log with its own steps: transformers'
        ``trainer_state.json`` or its contents, a CSV file of W&B, Lightning, Ultralytics or
        ``fastlr table``, or JSON lines. Several columns of rates are several groups.
    every : int, default 1
        The distance from one logged step to the next.
    tolerance : float, optional
        The largest difference allowed, as a share of the largest rate: 1e-6 suits a log in float32,
        1e-3 a log of four digits. Noise beyond it is kept as a table. By default 1e-6, or the
        rounding of the rates in a file.
    start : int, default 0
        The first logged step. A log that begins after step 0 leaves the earlier rates undetermined:
        the result names those steps as ``unknown``. There the schedule continues the first curve
        back to where that curve begins, and holds its rate before. Cycles continue backwards.
    steps : array of int, optional
        The step of each rate, in the order in which they were logged, instead of ``start`` and
        ``every``. Steps may be left out. Where the steps go back to step ``s``, because the run was
        restarted, the earlier rows with ``step >= s`` belong to the abandoned attempt and are
        dropped. Of a repeated step the last rate counts. Rows out of order that do not show a
        restart are refused.
    progress : bool, default False
        Whether to show a progress bar on stderr if it takes more than 2 seconds. Needs tqdm.

    Returns
    -------
    Identified
        The schedule, which has the logged rates at the logged steps, and how far it is from them.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two rates, a value is not a rate, a step exceeds 2**53, or rows are
        out of order.
    ImportError
        If ``progress`` is true and tqdm is not installed.

    Examples
    --------
    >>> import fastlr as flr
    >>> run = flr.warmup_cosine(6e-4, warmup=200, steps=10_000, end=6e-5)
    >>> print(flr.identify(run.table(0, 10_000, 10, dtype="float32"), every=10))
    linear(init=0.0, end=0.0006, steps=200).then(cosine(init=0.0006, end=6e-05, steps=9800))
    >>> found = flr.identify(run.table(500, 10_000, dtype="float32"), start=500)
    >>> print(found, found.unknown)
    cosine(init=0.0006, end=6e-05, steps=9800).delay(steps=200) ((0, 500),)
    >>> print(flr.identify([0.3, 0.2, 0.9, 0.2, 0.1, 0.0], steps=[10, 20, 30, 20, 30, 40]))
    linear(init=0.3, end=0.0, steps=30).delay(steps=10)
    """
    if isinstance(rates, str | Path | Mapping):
        if steps is not None:
            raise ValueError("identify: steps must be left out for a log that has its own")
        return identify_log(read_log("identify: rates", rates, start, every), tolerance, progress)
    share = validate_scalar(
        BelowOne, "identify: tolerance", 1e-6 if tolerance is None else tolerance
    )
    return _identified(_log(rates, every, start, steps), share, progress)


def identify_log(log: RunLog, tolerance: float | None = None, progress: bool = False) -> Identified:
    """Return what each column of a log is, and all of them together."""
    found = dict[str, Identified]()
    for name, logged in log.columns.items():
        steps, rates = arrays(logged)
        share = logged.tolerance if tolerance is None else tolerance
        share = validate_scalar(BelowOne, "identify: tolerance", share)
        identified = _identified(_log(rates, 1, 0, steps), share, progress)
        found[name] = replace(identified, unit=log.unit, source=log.source, length=log.length)
    first, *others = found.values()
    if not others:
        return first
    return Identified(
        stack({name: each.schedule for name, each in found.items()}),
        max(each.error for each in found.values()),
        first.kept,
        first.unknown,
        first.skipped,
        found,
        log.unit,
        log.source,
        log.length,
    )


def _identified(log: Log, share: float, progress: bool) -> Identified:
    """The schedule of one column, with as few pieces as skipped steps allow."""
    with np.errstate(all="ignore"):  # a fit may give NaN, and then explains nothing
        log = log._replace(within=share * float(log.rates.max()))
        periods = [None] if (again := _period(log)) is None else [again, None]
        pieces = _fitted(log, periods[0], progress)
        found = next(each for each in _found(log, periods, pieces) if each.error <= share)
        skipped = _skipped(log, pieces) if again is None else ()
        if not skipped:
            return found
        advanced = _advanced(log, skipped)
        fitted = _fitted(advanced, None)
        shorter = next(each for each in _found(advanced, [None], fitted) if each.error <= share)
        fewer = len(shorter.schedule.boundaries) < len(found.schedule.boundaries)
        if shorter.kept or not (found.kept or fewer):
            return found
        places = tuple((log.start + step, count) for step, count in skipped)
        return replace(shorter, skipped=places)


def _skipped(log: Log, pieces: Sequence[_Piece]) -> tuple[tuple[int, int], ...]:
    """Where the log goes on along the curve before, some steps late: (step, count)."""
    found, covered = list[tuple[int, int]](), 0
    for piece in pieces:
        if piece.fit is None:
            return ()
        if piece.start >= covered and not piece.fit.flat and piece.stop - piece.start >= _SHORT:
            covered, more = _walked(log, piece.stop, piece.fit.curve)
            found += more
    return tuple(found)


def _walked(log: Log, place: int, curve: Callable[[Any], Any]) -> tuple[int, list[tuple[int, int]]]:
    """How far the samples from ``place`` on follow a curve, and where steps were skipped.

    A curve must be followed for at least two samples after the last skip: what only stays where the
    curve ended is a floor.
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


def _advanced(log: Log, skipped: Sequence[tuple[int, int]]) -> Log:
    """The log with the steps that advanced the schedule; of a repeated one the last row."""
    late = sum(np.where(log.steps >= step, count, 0) for step, count in skipped)
    steps = log.steps - late
    following = np.append(np.minimum.accumulate(steps[::-1])[::-1][1:], np.inf)
    last = steps < following
    steps, rates = steps[last], log.rates[last]
    gap = int(np.gcd.reduce(np.diff(steps).astype(np.int64)))
    return log._replace(steps=steps, rates=rates, stride=gap)


def _log(rates: npt.ArrayLike, every: int, start: int, steps: npt.ArrayLike | None) -> Log:
    """The rows of the log that count."""
    values = column("identify: rates", rates)
    if values.ndim != 1 or values.size < 2:
        raise ValueError(
            "identify: rates must be those of one run, at least two, got an array of "
            f"shape {values.shape}"
        )
    stride, first = (
        validate_scalar(Period, "identify: every", every),
        validate_scalar(Steps, "identify: start", start),
    )
    if steps is not None:
        if (stride, first) != (1, 0):
            raise ValueError(
                f"identify: steps must be given alone, got start={first} and every={stride} as well"
            )
        rows = surviving("identify", "rates", values, steps)
        gap, begin = int(np.gcd.reduce(np.diff(rows.steps))), int(rows.steps[0])
        return Log((rows.steps - begin).astype(np.float64), rows.values, gap, 0.0, begin)
    if first + (values.size - 1) * stride > LAST_STEP:
        got = f"{values.size} rates, start={first}, every={stride}"
        raise ValueError(f"identify: the last step must be at most 2**53, got {got}")
    logged = validate(Rates, "identify: rates", rates).astype(np.float64)
    return Log(np.arange(values.size, dtype=np.float64) * stride, logged, stride, 0.0, first)


def _fitted(log: Log, again: int | None, progress: bool = False) -> list[_Piece]:
    """The pieces of the log, or of its first period."""
    whole = log if again is None else log.part(0, again)

    def samples(piece: _Piece) -> int:
        return piece.stop - piece.start

    pieces = with_progress(_pieces(whole), whole.rates.size, "rates", progress, size=samples)
    return list(pieces)


def _found(
    log: Log, periods: Sequence[int | None], first: Sequence[_Piece]
) -> Iterator[Identified]:
    """Yield schedules of the log: those with short numbers first, a table of it last.

    ``first`` are the pieces for the first of the periods: to fit them takes all the time.
    """
    for again in periods:
        pieces = _merged(first if again is periods[0] else _fitted(log, again))
        period = None if again is None else int(log.steps[again])
        for coarse in (0.5, 1e-2, 1e-4, 0.0):  # numbers as short as the tolerance allows
            yield _built(log, pieces, Rounding(coarse * log.within), period)
        # pieces that each hold, but not together
        yield _built(log, [_Piece(0, pieces[-1].stop, None)], Rounding(0.0), period)


class _Piece(NamedTuple):
    """A fit, and the samples from ``start`` to before ``stop`` that it explains."""

    start: int
    stop: int
    fit: CurveFit | None


# -- pieces ----------------------------------------------------------------------------------------


def _pieces(log: Log) -> Iterator[_Piece]:
    """One stretch after another, each explained by the family that goes furthest; the simplest,
    where several do.
    """
    start, whole, telling_little, searched = 0, log.rates.size, 0, 0
    limits = Limits.of(log)
    while start < whole:
        best, most = _Piece(start, start, None), limits.of_curves(start)
        for family in FAMILIES[:CLOSED]:
            best = _further(log, best, most, family)
        if best.stop < whole and _smooth(log.part(start, start + _SMOOTH)):
            closed, most = best, limits.of_smooth_curves(start)
            for family in FAMILIES[CLOSED:]:
                best = _further(log, best, most, family)
            searched += best is not closed
        flat = best.fit is not None and best.fit.flat
        telling = best.stop - start >= (_SHORT if flat else _TELLING)
        telling_little = 0 if telling else telling_little + 1
        if telling_little > _MOST_SHORT or searched > _MOST_SEARCHED:
            yield _Piece(start, whole, None)
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


def _further(log: Log, best: _Piece, most: int, family: Callable[[Log], CurveFit | None]) -> _Piece:
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
        return _Piece(start, whole, fit)
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
    return _Piece(start, start + low, longest)


def _period(log: Log) -> int | None:
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


# -- from pieces to a schedule ---------------------------------------------------------------------


def _built(
    log: Log, pieces: Sequence[_Piece], rounding: Rounding, period: int | None
) -> Identified:
    """The schedule of these pieces, and how far it is from the log."""
    begin = _begin(log, pieces[0]) if period is None else 0
    starts = [begin, *(_boundary(log, before, after) for before, after in pairwise(pieces))]
    stops = [*starts[1:], int(log.steps[-1]) if period is None else period]
    pieces = [_bounded(*each) for each in zip(pieces, starts, stops, strict=True)]
    parts, begins, kept = list[Schedule](), list[int](), list[tuple[int, int]]()
    for run in _runs(pieces):
        start, stop = starts[run[0]], stops[run[-1]]
        if len(run) > 1:
            part = _stairs(
                log, [pieces[i] for i in run], [starts[i] - start for i in run[1:]], rounding
            )
        else:
            part = _part(
                log,
                pieces[run[0]],
                start,
                stop,
                rounding,
                last=run[-1] == len(pieces) - 1 and period is None,
            )
        kept += [(log.start + start, log.start + stop)] if pieces[run[0]].fit is None else []
        parts.append(part)
        begins.append(start)
    schedule = _placed(log.start, _chain(parts, begins), begin, period)
    apart = np.abs(schedule(log.steps.astype(np.int64) + log.start) - log.rates)
    error = float(apart.max() / max(log.rates.max(), np.finfo(np.float64).tiny))
    return Identified(schedule, error, tuple(kept), ((0, log.start),) if log.start else ())


def _bounded(piece: _Piece, start: int, stop: int) -> _Piece:
    """The piece, without its fit if that has a pole between the samples and a boundary."""
    fit = piece.fit
    if fit is None or fit.begin is not None or fit.end is not None:
        return piece
    return (
        piece if np.isfinite(fit.curve(np.array([start, stop]))).all() else piece._replace(fit=None)
    )


def _begin(log: Log, first: _Piece) -> int:
    """The step to which the first curve is continued back, counted from the first sample."""
    fit = first.fit
    if fit is None or not log.start:
        return 0
    # a constant, or a warmup that is 0 at step 0
    if fit.flat or abs(float(fit.curve(-log.start))) <= log.within / 2:
        return -log.start
    return 0 if fit.begin is None else min(max(round(fit.begin), -log.start), 0)


def _placed(start: int, schedule: Schedule, begin: int, period: int | None) -> Schedule:
    """The schedule at the steps of the run: repeated, or after a wait."""
    if period is None:
        return schedule.delay(start + begin) if start + begin else schedule
    cycles = _closed(schedule, period).repeat()
    return cycles.skip(-start % period) if start % period else cycles


def _boundary(log: Log, before: _Piece, after: _Piece) -> int:
    """The step at which one piece takes over from another: where the next begins, or the two
    meet, or the round step between.
    """
    last, first = int(log.steps[after.start - 1]), int(log.steps[after.start])
    if before.fit is None or after.fit is None:
        return first
    begin = after.fit.begin
    if (
        begin is not None
        and log.steps[before.start] < begin <= first
        and _meet(log, before.fit, after.fit, round(begin))
    ):
        return round(begin)
    begin = int(log.steps[max(before.start, after.start - 8)]) + 1
    steps = np.arange(begin, first + 1, max(1, (first - begin) // _MOST_BETWEEN))
    apart = np.abs(before.fit.curve(steps) - after.fit.curve(steps))
    nearest = int(steps[np.nanargmin(apart)]) if not np.isnan(apart).all() else first
    if _meet(log, before.fit, after.fit, nearest):
        return nearest
    return _roundest(log.start + last + 1, log.start + first) - log.start


def _meet(log: Log, before: CurveFit, after: CurveFit, step: int) -> bool:
    # the true boundary may lie between two steps
    slope = abs(float(after.curve(step + 1) - after.curve(step)))
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


def _part(
    log: Log, piece: _Piece, start: int, stop: int, rounding: Rounding, last: bool
) -> Schedule:
    """One piece on its own clock, which begins at step ``start``; the last goes on to its own
    end.
    """
    fit = piece.fit
    if fit is None:
        return _tabled(log.part(piece.start, piece.stop))
    begin = start if fit.begin is None else min(round(fit.begin), start)
    until = (
        round(fit.end) if fit.end is not None else _end(log, fit, stop, rounding) if last else stop
    )
    part = fit.built(rounding, begin, until)
    return part.skip(start - begin) if start > begin else part


def _tabled(log: Log) -> Schedule:
    """The rates as they are, each held up to the next logged step."""
    if np.all(np.diff(log.steps) == log.stride):
        return sampled(log.rates, every=log.stride)
    return piecewise_constant(log.rates, (log.steps[1:] - log.steps[0]).astype(np.int64))


def _end(log: Log, fit: CurveFit, stop: int, rounding: Rounding) -> int:
    """Where the last line ends: at the last sample, or at the next, which a log of steps 0 to n
    - 1 leaves out.
    """
    following = stop + log.stride
    if not fit.reaches:
        return following
    beyond = float(fit.curve(following))
    shorter = len(repr(rounding.rate(beyond))) < len(repr(rounding.rate(fit.curve(stop))))
    return (
        following
        if beyond >= -2 * log.within and (shorter or abs(beyond) <= 2 * log.within)
        else stop
    )


def _stairs(log: Log, pieces: Sequence[_Piece], at: Sequence[int], rounding: Rounding) -> Schedule:
    """Levels that follow one another: in equal steps by an equal factor, or by an equal factor,
    or as they are.
    """
    levels = [float(log.rates[piece.start : piece.stop].mean()) for piece in pieces]
    factor = levels[1] / levels[0] if levels[0] else 0.0
    powers = levels[0] * factor ** np.arange(len(levels))
    if len(levels) > 2 and 0 < factor < 1 and np.abs(powers - levels).max() <= log.within:
        first, ratio = (
            rounding.rate(levels[0]),
            short(factor, rounding.within / levels[0] / len(levels)),
        )
        gaps = np.diff([0, *at])
        return (
            step_decay(first, ratio, int(gaps[0]))
            if np.ptp(gaps) == 0
            else milestones(first, ratio, list(at))
        )
    return piecewise_constant([rounding.rate(value) for value in levels], list(at))


def _chain(parts: Sequence[Schedule], begins: Sequence[int]) -> Schedule:
    """Parts that each begin where the one before ends, or is cut off."""
    lengths = [after - before for before, after in pairwise(begins)]
    if any(part.steps != length for part, length in zip(parts, lengths, strict=False)):
        return join(list(parts), [begin - begins[0] for begin in begins[1:]])
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
