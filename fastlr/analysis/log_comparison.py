"""Compare a log with a schedule: whether the run did what its config says."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.analysis.run_logs import Column, RunLog, arrays, read_log
from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.logged_rows import surviving
from fastlr.arguments.rules import BelowOne, validate_scalar
from fastlr.errors import public, public_methods
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_schedule

__all__ = ["LogComparison", "compare_log"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

_MOST_LATE = 16  # steps in a row that may be skipped
_COARSE = 1e-5  # a tolerance beyond which a late step looks like another schedule
_OFFSETS = {
    0: "the rate after the step's update",
    1: "the rate of the step's own update, one step behind",
}  # what a trainer may log


@with_types
@public_methods()
@dataclass(frozen=True)
class LogComparison:
    """The logged rates of a run beside its schedule's, as returned by :func:`compare_log`.

    ``print`` shows it in a sentence. Ask ``agrees``.

    Attributes
    ----------
    column : str
        The column of the log: the first that differs, or the first.
    steps : array of int
        The logged steps.
    planned, logged : array
        The rates of the schedule at those steps, and those of the log.
    tolerance : float
        The largest difference allowed, as a share of the largest planned rate.
    offset : int
        By how many steps the log is behind: trainers log the rate before the update (1) or after
        it (0).
    skipped : tuple of (int, int)
        Pairs ``(step, count)``: before this logged step, so many steps did not advance the
        schedule, as with mixed precision.
    unit : str
        What the log counts: ``"steps"`` or ``"epochs"``.

    See Also
    --------
    compare_log : Compare a log with a schedule. Its example prints a ``LogComparison``.
    """

    column: str
    steps: Steps = field(repr=False)
    planned: Array = field(repr=False)
    logged: Array = field(repr=False)
    tolerance: float
    offset: int = 0
    skipped: tuple[tuple[int, int], ...] = ()
    unit: str = "steps"

    @property
    def agrees(self) -> bool:
        """Whether all logged rates are those of the schedule, within the tolerance."""
        return self.step is None

    @property
    def step(self) -> int | None:
        """The first logged step whose rate differs, or ``None``."""
        wrong = self._apart > self.tolerance * max(self.planned.max(), self.logged.max())
        return int(self.steps[wrong.argmax()]) if wrong.any() else None

    @property
    def largest(self) -> float:
        """The largest difference of two rates."""
        return float(self._apart.max())

    @property
    def _apart(self) -> Array:
        return np.abs(self.planned - self.logged)

    def __bool__(self) -> bool:
        raise TypeError("compare_log: a comparison has no truth value; use .agrees or .step")

    def __str__(self) -> str:
        one = self.unit.removesuffix("s")
        if self.step is None:
            summary = (
                f"the run did what its schedule says: {self.steps.size:,} logged rates of "
                f"{self.column!r} agree, {one} {self.steps[0]:,} to {self.steps[-1]:,}"
            )
            if self.offset:
                epochs = "the log counts epochs from 1"
                known = epochs if one == "epoch" else f"the log has {_OFFSETS[self.offset]}"
                summary += f"; {known}"
            if self.skipped:
                total = sum(count for _, count in self.skipped)
                summary += (
                    f"; {total} steps did not advance the schedule (mixed precision?), the first "
                    f"before step {self.skipped[0][0]:,}"
                )
            return summary
        place = int(np.searchsorted(self.steps, self.step))
        before = f"the {place:,} logged rates before it agree; " if place else ""
        worst = int(self._apart.argmax())
        return (
            f"the run did not do what its schedule says: {self.column!r} differs first at {one} "
            f"{self.step:,}: logged {self.logged[place].item()!r}, the schedule has "
            f"{self.planned[place].item()!r}; {before}the largest difference is "
            f"{self.largest:.3g}, at {one} {self.steps[worst]:,}"
        )


@with_types
@public
def compare_log(
    log: str | Path | dict[str, Any],
    schedule: Schedule,
    tolerance: float | None = None,
    *,
    start: int = 0,
    every: int = 1,
) -> LogComparison:
    """Check that a run did what its schedule says, from the log of the run.

    Parameters
    ----------
    log : str, pathlib.Path or dict
        ``trainer_state.json`` of transformers, a CSV file of W&B, Lightning or Ultralytics, or the
        contents of ``trainer_state.json``.
    schedule : Schedule
        The schedule: one for all columns of the log, or one lane per column. One that
        ``from_config`` read must count what the log counts, steps or epochs; or pass it
        ``steps_per_epoch``, for a log of epochs.
    tolerance : float, optional
        The largest difference allowed, as a share of the largest rate. By default 1e-6, or the
        rounding of the rates in the log.
    start, every : int, default 0 and 1
        The step of the first row, and the steps from row to row, of a CSV file without a column of
        steps.

    Returns
    -------
    LogComparison
        The column that differs, if one does: its first difference, the step and both rates.

    Raises
    ------
    TypeError, ValueError
        If the log cannot be read, or has as many columns as the schedule has no lanes.

    Notes
    -----
    Trainers log at step n the rate of that update or of the next one: transformers before 4.50 or
    so, the next. Whichever agrees everywhere is taken, and the comparison names it. If neither
    does, steps that did not advance the schedule are looked for. Of a repeated step the last row
    counts.

    Examples
    --------
    >>> import fastlr as flr
    >>> plan = flr.warmup_linear(1e-3, 2, 10)
    >>> log = {"log_history": [{"step": t, "learning_rate": plan(t)} for t in range(1, 11)]}
    >>> print(compare_log(log, plan))
    the run did what its schedule says: 10 logged rates of 'learning_rate' agree, step 1 to 10
    >>> print(compare_log(log, plan * 0.5))  # doctest: +ELLIPSIS
    the run did not do what ... at step 1: logged 0.0005, the schedule has 0.00025; ...
    """
    a_schedule("compare_log: schedule", schedule, Schedule)
    read = read_log("compare_log: log", log, start, every)
    share = (
        None
        if tolerance is None
        else validate_scalar(BelowOne, "compare_log: tolerance", tolerance)
    )
    found = [_worst(plan, read, share) for plan in _plans(schedule, read)]
    return min(found, key=lambda each: (not each.agrees, each.largest))


def _worst(schedule: Schedule, log: RunLog, share: float | None) -> LogComparison:
    """The first column that differs, or the first."""
    found = [
        _compared(name, logged, lane, logged.tolerance if share is None else share, log.unit)
        for (name, logged), lane in zip(log.columns.items(), _lanes(schedule, log), strict=True)
    ]
    return next((each for each in found if not each.agrees), found[0])


def _plans(schedule: Schedule, log: RunLog) -> list[Schedule]:
    """The schedule in what the log counts: where that is epochs and the schedule counts steps, the
    rates of the last step of each epoch, and those of the first.

    Raises if the log and the config of the schedule count differently otherwise.
    """
    if schedule.origin is None or (schedule.origin.unit == "epochs") == (log.unit == "epochs"):
        return [schedule]
    each = schedule.origin.steps_per_epoch
    if log.unit == "epochs" and each is not None:
        return [schedule.skip(each - 1).paced([each]), schedule.paced([each])]
    rule = f"schedule must count what the log counts, {log.unit}"
    remedy = "pass steps_per_epoch to from_config (--steps-per-epoch)"
    if log.unit == "epochs":
        remedy += ", or schedule.paced([steps_per_epoch]) to compare_log"
    got = f"got {schedule.origin.unit} of {schedule.origin.source}"
    raise ValueError(f"compare_log: {rule}, {got}; {remedy}")


def _lanes(schedule: Schedule, log: RunLog) -> list[Schedule]:
    """The schedule of each column of the log."""
    names = list(log.columns)
    if not schedule.shape:
        return [schedule] * len(names)
    if schedule.names is not None and set(names) <= set(schedule.names):
        return [schedule[name] for name in names]
    if schedule.shape != (len(names),):
        raise ValueError(
            "compare_log: schedule must have one lane, or one per different column of the log, "
            f"which are {names}, got lanes of shape {schedule.shape}"
        )
    return [schedule[i] for i in range(len(names))]


def _compared(name: str, column: Column, plan: Schedule, share: float, unit: str) -> LogComparison:
    """One column beside its schedule, read in the way that agrees, if one does."""
    steps, rates = arrays(column)
    rows = surviving("compare_log", "rates", rates, steps)
    found = [
        LogComparison(
            name,
            rows.steps,
            plan(np.maximum(rows.steps - offset, 0)),
            rows.values,
            share,
            offset,
            unit=unit,
        )
        for offset in _OFFSETS
    ]
    if unit == "epochs":  # none is skipped, and they are counted from 0 or from 1
        return min(found, key=lambda each: (not each.agrees, each.largest))
    late = [_late(each, plan) for each in found]
    return next((each for each in (*found, *late) if each.agrees), found[0])


def _late(found: LogComparison, plan: Schedule) -> LogComparison:
    """The comparison, with steps that did not advance the schedule where that explains the log."""
    if found.tolerance > _COARSE:
        return found
    near = found.tolerance * max(float(found.planned.max()), float(found.logged.max()))
    late, skipped, planned = 0, list[tuple[int, int]](), found.planned.copy()
    place = int((np.abs(planned - found.logged) > near).argmax())
    while place < planned.size:
        lags = np.minimum(late + np.arange(1, _MOST_LATE + 1), found.steps[place])
        rates = plan(np.maximum(found.steps[place] - found.offset - lags, 0))
        close = np.abs(rates - found.logged[place]) <= near
        if not close.any():
            return found
        skipped.append((int(found.steps[place]), int(close.argmax()) + 1))
        late += skipped[-1][1]
        planned[place:] = plan(np.maximum(found.steps[place:] - found.offset - late, 0))
        wrong = np.abs(planned[place:] - found.logged[place:]) > near
        place = place + int(wrong.argmax()) if wrong.any() else planned.size
    if not skipped or late > max(_MOST_LATE, 0.05 * float(found.steps[-1])):
        return found
    return LogComparison(
        found.column,
        found.steps,
        planned,
        found.logged,
        found.tolerance,
        found.offset,
        tuple(skipped),
        found.unit,
    )
