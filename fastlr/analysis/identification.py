"""Recover a schedule from logged rates: its pieces, their curves, and the code that builds it.

``log_pieces`` cuts the log into pieces, ``curve_fits`` has the families of curves, and
``piece_schedules`` builds the schedule. Fits take any phase, so a log of every hundredth step
suffices. ``skipped_steps`` finds where the run did not advance its schedule.
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.analysis.curve_fits import Log, Rounding
from fastlr.analysis.log_pieces import Piece, merged, period_of, pieces_of
from fastlr.analysis.piece_schedules import build
from fastlr.analysis.run_logs import RunLog, arrays, read_log
from fastlr.analysis.skipped_steps import advanced, skipped_steps
from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.logged_rows import column, surviving
from fastlr.arguments.progress import with_progress
from fastlr.arguments.rules import BelowOne, Period, Rates, Steps, validate, validate_scalar
from fastlr.errors import public, public_methods
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import stack
from fastlr.schedule.schedule import Schedule

__all__ = ["Identified", "identify", "identify_log"]

Array = npt.NDArray[np.float64]


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

    Examples
    --------
    >>> import fastlr as flr
    >>> found = flr.identify(flr.linear(0.1, 0.0, steps=100).table(100))
    >>> print(found)
    linear(init=0.1, end=0.0, steps=100)
    >>> found.error
    0.0
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
        periods = [None] if (again := period_of(log)) is None else [again, None]
        pieces = _fitted(log, periods[0], progress)
        found = next(each for each in _found(log, periods, pieces) if each.error <= share)
        skipped = skipped_steps(log, pieces) if again is None else ()
        if not skipped:
            return found
        shortened = advanced(log, skipped)
        fitted = _fitted(shortened, None)
        shorter = next(each for each in _found(shortened, [None], fitted) if each.error <= share)
        fewer = len(shorter.schedule.boundaries) < len(found.schedule.boundaries)
        if shorter.kept or not (found.kept or fewer):
            return found
        places = tuple((log.start + step, count) for step, count in skipped)
        return replace(shorter, skipped=places)


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


def _fitted(log: Log, again: int | None, progress: bool = False) -> list[Piece]:
    """The pieces of the log, or of its first period."""
    whole = log if again is None else log.part(0, again)

    def samples(piece: Piece) -> int:
        return piece.stop - piece.start

    pieces = with_progress(pieces_of(whole), whole.rates.size, "rates", progress, size=samples)
    return list(pieces)


def _found(log: Log, periods: Sequence[int | None], first: Sequence[Piece]) -> Iterator[Identified]:
    """Yield schedules of the log: those with short numbers first, a table of it last.

    ``first`` are the pieces for the first of the periods: to fit them takes all the time.
    """
    for again in periods:
        pieces = merged(first if again is periods[0] else _fitted(log, again))
        period = None if again is None else int(log.steps[again])
        for coarse in (0.5, 1e-2, 1e-4, 0.0):  # numbers as short as the tolerance allows
            yield _built(log, pieces, Rounding(coarse * log.within), period)
        # pieces that each hold, but not together
        yield _built(log, [Piece(0, pieces[-1].stop, None)], Rounding(0.0), period)


def _built(log: Log, pieces: Sequence[Piece], rounding: Rounding, period: int | None) -> Identified:
    """The schedule of these pieces, and how far it is from the log."""
    schedule, kept = build(log, pieces, rounding, period)
    apart = np.abs(schedule(log.steps.astype(np.int64) + log.start) - log.rates)
    error = float(apart.max() / max(log.rates.max(), np.finfo(np.float64).tiny))
    return Identified(schedule, error, kept, ((0, log.start),) if log.start else ())
