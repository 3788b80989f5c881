"""Explain a schedule, a config or a log in plain words: what it is, and what looks wrong.

Each finding has a step and a figure. A finding is not an error: some runs are meant to be so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.analysis.identification import Identified, identify_log
from fastlr.analysis.run_logs import Column, RunLog, is_log, read_log
from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Period, short_repr, validate_scalar
from fastlr.configs import from_config
from fastlr.drawing.numbers import steps_text
from fastlr.errors import public, public_methods
from fastlr.published_runs import recipe, recipes
from fastlr.reductions.segment_view import naming
from fastlr.schedule.schedule import Schedule

__all__ = ["Explanation", "Finding", "explain"]

Array = npt.NDArray[np.float64]

_POINTS = 65  # of a curve that is compared with the recipes
_MOST_PROCESSES = 64
_JUMP = 0.05  # of the peak: a fall to 0 from above this is a jump
_NEAR = 0.1  # of the peak, on average: a recipe farther away is not like the run
_EARLY = 0.9  # of the run: a floor reached before this is reached early
_MOST_BOUNDARIES = 8  # listed
_LONGEST = 1_000  # characters of a schedule's code


class Finding(NamedTuple):
    """Something that looks wrong: the step, the rate there, and a sentence."""

    step: int
    rate: float
    text: str


@with_types
@public_methods()
@dataclass(frozen=True)
class Explanation:
    """A schedule in plain words, as returned by :func:`explain`. ``print`` shows it.

    Attributes
    ----------
    schedule : Schedule
        The schedule.
    steps : int
        The length of the run.
    facts : dict of str to str
        What it is: length, peak, warmup, floor, boundaries, the nearest published recipe.
    findings : tuple of Finding
        What looks wrong, each with its step and rate. Empty if nothing does.
    logged : int or None
        The last step of the log; ``None`` without a log.

    See Also
    --------
    explain : Explain a schedule, a config or a log. Its example prints an ``Explanation``.
    """

    schedule: Schedule
    steps: int
    facts: dict[str, str] = field(repr=False)
    findings: tuple[Finding, ...] = ()
    logged: int | None = None

    def __str__(self) -> str:
        wide = max(map(len, self.facts))
        lines = [f"{name:<{wide}}  {text}" for name, text in self.facts.items()]
        lines_found = [f"- {each.text}" for each in self.findings] or ["- nothing"]
        return "\n".join([*lines, "", "what looks wrong", *lines_found])


@public
def explain(
    thing: object,
    framework: str | None = None,
    *,
    lr: float | None = None,
    steps: int | None = None,
    steps_per_epoch: int | None = None,
) -> Explanation:
    """Explain a schedule, a config or a log in plain words, and point out what looks wrong.

    Parameters
    ----------
    thing : Schedule, str, pathlib.Path or mapping
        A schedule; a config, as for :func:`from_config`; or a log, as for :func:`identify`.
    framework : str, optional
        The format of a config, as for :func:`from_config`.
    lr, steps_per_epoch : number, optional
        What a config leaves open, as for :func:`from_config`.
    steps : int, optional
        The length of the run. By default that of the log, the config or the schedule.

    Returns
    -------
    Explanation
        The facts and the findings.

    Raises
    ------
    TypeError, ValueError, OSError
        If the config or the log cannot be read, if it is a plateau rule, or if ``steps`` is missing
        for a schedule without an end.

    Examples
    --------
    >>> import fastlr as flr
    >>> plan = flr.linear(0.0, 1e-3, 100).then(flr.cosine(1e-3, 0.0, 400))
    >>> found = explain(plan, steps=1_000)
    >>> found.facts["peak"]
    '0.001 at step 100'
    >>> print(found.findings[0].text)  # doctest: +ELLIPSIS
    floor reached early: the rate is 0 from step 500 on, 50% of the run of 1,000 steps; ...
    """
    length = None if steps is None else validate_scalar(Period, "explain: steps", steps)
    given = {"framework": framework, "lr": lr, "steps_per_epoch": steps_per_epoch}
    if isinstance(thing, Schedule):
        _refuse(given, "a schedule")
        return _explained(thing, _length(thing, length), {}, length is not None)
    if is_log(thing):
        _refuse(given, "a log")
        return _of_log(thing, length)
    plan = _of_config(thing, given, length)
    if not isinstance(plan, Schedule):
        raise ValueError(
            "explain: a plateau rule has no rates without metrics; see Plateau.replay, "
            f"got {short_repr(plan)}"
        )
    return _explained(plan, _length(plan, length), {}, length is not None)


def _refuse(given: Mapping[str, object], kind: str) -> None:
    """Raise if what only a config takes is given."""
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"explain: {name} must be given for a config only, got {short_repr(value)} for "
                f"{kind}"
            )


def _of_config(thing: Any, given: Mapping[str, Any], length: int | None) -> Any:
    """The schedule of a config. One with a length of its own keeps it, whatever the run's is."""
    try:
        plan = from_config(thing, **given)
        if length is None or not isinstance(plan, Schedule) or plan.steps is not None:
            return plan
    except ValueError:
        if length is None:
            raise
    return from_config(thing, **given, steps=length)


def _of_log(thing: Any, length: int | None) -> Explanation:
    """Explain a log by the schedule that it shows, over the run's own length."""
    read = read_log("explain: log", thing)
    log = _by_updates(read)
    found = identify_log(log)
    logged = max(max(column.steps) for column in log.columns.values())
    stop = length or (log.length if log.length and log.length >= logged else logged + 1)
    rows = sum(len(column.steps) for column in log.columns.values())
    facts = {"log": f"{log.source}, {rows:,} rates, up to {_unit(log.unit)} {logged:,}"}
    facts["error"] = f"{found.error:.1e} of the largest rate"
    known = length is not None or log.length is not None
    facts |= dict(_uncertain(read, found))
    return replace(_explained(found.schedule, stop, facts, known), logged=logged)


def _unit(unit: str) -> str:
    return unit.removesuffix("s")


def _is_behind(column: Column) -> bool:
    """Whether the log has at step n the rate of update n - 1: at step 1 that of the first."""
    return (column.steps[0], column.rates[0]) == (1, 0.0)


def _by_updates(log: RunLog) -> RunLog:
    """The log with the update that each rate was of, from 0."""
    if not _is_behind(next(iter(log.columns.values()))):
        return log
    columns = {
        name: Column([step - 1 for step in column.steps], column.rates)
        for name, column in log.columns.items()
    }
    return replace(log, columns=columns)


def _uncertain(log: RunLog, found: Identified) -> Iterator[tuple[str, str]]:
    """What a log leaves open."""
    first = next(iter(log.columns.values()))
    if log.unit == "epochs":
        yield "unit", "a step below is an epoch of the log"
    if log.unit == "W&B steps":
        text = "a step below is one of W&B, which counts calls of log and need not be an update"
        yield "unit", f"{text}; an export with train/global_step as its x axis has updates"
    if _is_behind(first):
        yield (
            "offset",
            "the rate at step 1 is 0: step n of the log is update n - 1, and updates are the steps "
            "below",
        )
    if found.unknown:
        yield "not logged", ", ".join(f"steps {a:,} to {b - 1:,}" for a, b in found.unknown)
    if found.kept:
        yield "no curve", ", ".join(f"steps {a:,} to {b:,}" for a, b in found.kept[:4])
    if found.skipped:
        total = sum(count for _, count in found.skipped)
        yield (
            "skipped",
            f"{total} steps did not advance the schedule (mixed precision?), the first before "
            f"step {found.skipped[0][0]:,}",
        )


def _length(plan: Schedule, steps: int | None) -> int:
    """The length of the run, given or the schedule's own."""
    if steps is not None:
        return steps
    if plan.steps is None:
        raise ValueError(
            "explain: steps must be given for a schedule without an end (on the command line, "
            f"--steps), got {short_repr(plan)}"
        )
    return max(int(np.max(plan.steps)), 1)


@naming("explain", "steps must be fewer")
def _explained(plan: Schedule, stop: int, facts: dict[str, str], known: bool) -> Explanation:
    """The facts and findings of a schedule; of a batch, those of its lanes by name."""
    if plan.shape:
        return _groups(plan, stop, facts, known)
    facts = {**facts, **_origin(plan)}
    found = {**facts, **_facts(plan, stop), "nearest recipe": _nearest(plan, stop)}
    return Explanation(plan, stop, found, tuple(_findings(plan, stop, known)))


def _origin(plan: Schedule) -> dict[str, str]:
    """Where a schedule was read, and what its steps are."""
    if plan.origin is None:
        return {}
    facts = {"config": f"{plan.origin.framework}, {plan.origin.source}"}
    if plan.origin.unit == "epochs":
        facts["unit"] = "a step below is an epoch"
    return facts


def _groups(plan: Schedule, stop: int, facts: dict[str, str], known: bool) -> Explanation:
    """Explain each lane of a batch of one axis."""
    if len(plan.shape) != 1 or plan.shape[0] > 64:
        raise ValueError(f"explain: schedule must have at most 64 groups, got shape {plan.shape}")
    names = plan.names or tuple(str(i) for i in range(plan.shape[0]))
    lanes = {name: plan[i] for i, name in enumerate(names)}
    findings = [
        each._replace(text=f"{name}: {each.text}")
        for name, lane in lanes.items()
        for each in _findings(lane, stop, known)
    ]
    per_group = {f"group {name}": _in_short(lane, stop) for name, lane in lanes.items()}
    found = {**facts, **_origin(plan), "length": steps_text(stop), **per_group}
    return Explanation(plan, stop, found, (*findings, *_flattened(lanes, stop)))


def _flattened(lanes: Mapping[str, Schedule], stop: int) -> Iterator[Finding]:
    """Groups that stay at one rate while another moves."""
    ends = {name: (lane.min(stop), lane.max(stop)) for name, lane in lanes.items()}
    moving = [name for name, (low, high) in ends.items() if low != high]
    for name, (low, high) in ends.items():
        if low == high and moving:
            text = (
                f"a group flattened: {name} stays at {low:.6g} from step 0 to {stop - 1:,}, while "
            )
            yield Finding(
                0,
                low,
                f"{text}{moving[0]} goes from {ends[moving[0]][0]:.6g} to {ends[moving[0]][1]:.6g}",
            )


def _in_short(plan: Schedule, stop: int) -> str:
    return f"{plan(0):.6g} at step 0, peak {_peak(plan, stop)}, last {plan(stop - 1):.6g}"


def _peak(plan: Schedule, stop: int) -> str:
    at = int(plan.argmax(stop))
    return f"{plan(at):.6g} at step {at:,}"


def _facts(plan: Schedule, stop: int) -> dict[str, str]:
    """What a schedule is."""
    code = repr(plan)
    top = int(plan.argmax(stop))
    facts = {
        "schedule": code if len(code) <= _LONGEST else f"{code[:_LONGEST]}...",
        "length": steps_text(stop),
        "peak": _peak(plan, stop),
        "warmup": f"{steps_text(top)}, from {plan(0):.6g}"
        if top and plan(0) < plan(top)
        else "none",
        "last rate": f"{plan(stop - 1):.6g} at step {stop - 1:,}",
    }
    low = int(plan.argmin(top, stop))
    text = f"{plan(low):.6g} at step {low:,}"
    facts["floor"] = text if low < stop - 1 else "the last rate"
    inside = [b for b in plan.boundaries if 0 < b < stop]
    listed = ", ".join(f"{b:,} ({plan(b):.6g})" for b in inside[:_MOST_BOUNDARIES])
    more = f" and {len(inside) - _MOST_BOUNDARIES} more" if len(inside) > _MOST_BOUNDARIES else ""
    facts["boundaries"] = f"{listed}{more}" or "none"
    return facts


def _nearest(plan: Schedule, stop: int) -> str:
    """The published run whose curve, as a share of its peak and its length, is nearest."""
    rates = _curve(plan, stop)
    apart = {}
    for name in recipes():
        run = recipe(name)
        apart[name] = float(np.abs(_curve(run.schedule, run.steps) - rates).mean())
    best = min(apart, key=lambda name: apart[name])
    distance = f"{best} ({recipe(best).title}): on average {apart[best]:.1%} of the peak away"
    return distance if apart[best] <= _NEAR else f"none is near; {distance}"


def _curve(plan: Schedule, stop: int) -> Array:
    steps = np.linspace(0, stop - 1, _POINTS).round().astype(np.int64)
    rates: Array = plan(steps)
    return rates / max(float(rates.max()), np.finfo(np.float64).tiny)


# -- what looks wrong ------------------------------------------------------------------------------


def _findings(plan: Schedule, stop: int, known: bool) -> Iterator[Finding]:
    """What looks wrong with one schedule; ``known`` if the run's length is not the schedule's."""
    yield from _never_reached(plan, stop)
    yield from _zero_after_warmup(plan, stop)
    yield from _early_floor(plan, stop)
    yield from _climbs_back(plan, stop)
    if known:
        yield from _cut_off(plan, stop)


def _never_reached(plan: Schedule, stop: int) -> Iterator[Finding]:
    """The peak lies beyond the end of the run."""
    beyond = max(plan.boundaries, default=0) + 1
    if beyond <= stop or plan.past_end == "raise":
        return
    highest, own = plan.max(beyond), plan.max(stop)
    if highest > own * (1 + 1e-9):
        at = int(plan.argmax(beyond))
        yield Finding(
            at,
            highest,
            f"peak never reached: it is {highest:.6g} at step {at:,}, but the run of {stop:,} "
            f"steps ends with {plan(stop - 1):.6g} at step {stop - 1:,}",
        )


def _zero_after_warmup(plan: Schedule, stop: int) -> Iterator[Finding]:
    """The rate jumps to 0 at a boundary."""
    top = plan.max(stop)
    for at in plan.boundaries:
        if 0 < at < stop - 1 and plan(at) == 0 and plan(at - 1) > _JUMP * top:
            after = plan.max(at, stop)
            rest = f"rises to {after:.6g} later" if after else "stays there"
            text = (
                f"rate 0 at step {at:,}, where the warmup or another piece ends: it falls there "
                f"from {plan(at - 1):.6g}, and {rest}"
            )
            yield Finding(at, 0.0, text)
            return


def _early_floor(plan: Schedule, stop: int) -> Iterator[Finding]:
    """The last rate is reached long before the end of the run."""
    last = plan(stop - 1)
    starts = [b for b in plan.boundaries if 0 < b < _EARLY * stop]
    flat = [b for b in starts if plan.min(b, stop) == plan.max(b, stop) == last]
    if not flat or last >= 0.5 * plan.max(stop):
        return
    at = min(flat)
    text = (
        f"floor reached early: the rate is {last:.6g} from step {at:,} on, {at / stop:.0%} of the "
        f"run of {steps_text(stop)}"
    )
    many = round(stop / at)
    if 2 <= many <= _MOST_PROCESSES and abs(stop / at - many) <= 0.01 * many:
        text += f"; horizon counted per process? {many} processes advance it {many} times as fast"
    yield Finding(at, last, text)


def _climbs_back(plan: Schedule, stop: int) -> Iterator[Finding]:
    """The rate falls to its lowest, and rises again up to the end of the run, or past its own."""
    own = None if plan.steps is None else int(plan.steps)
    if own is not None and 0 < own < stop and plan.past_end != "raise":
        at = int(plan.argmax(own, stop))
        if plan(at) - plan(own) > 0.01 * plan.max(own):
            text = (
                f"climbs back past the end: it falls to {plan(own):.6g} at step {own:,}, then "
                f"rises to {plan(at):.6g} at step {at:,}"
            )
            yield Finding(own, plan(own), text)
            return
    top = int(plan.argmax(stop))
    low = int(plan.argmin(top, stop))
    last = plan(stop - 1)
    rises = last - plan(low)
    if rises <= 0.01 * (plan(top) - plan(low)) or low == top:
        return
    if plan.total_variation(low, stop) <= rises * (1 + 1e-6):  # it only rises
        yield Finding(
            low,
            plan(low),
            f"climbs back past the end: it falls to {plan(low):.6g} at step {low:,}, then rises to "
            f"{last:.6g} at step {stop - 1:,}",
        )


def _cut_off(plan: Schedule, stop: int) -> Iterator[Finding]:
    """The schedule is much longer than the run."""
    if plan.steps is None or plan.steps < 1.05 * stop:
        return
    own, end = int(plan.steps), plan(int(plan.steps))
    text = (
        f"cut off: the schedule of {own:,} steps ends at {end:.6g}, but the run of {stop:,} steps "
    )
    text += f"stops at {plan(stop - 1):.6g}"
    many = round(own / stop)
    if many >= 2 and abs(own / stop - many) <= 0.01 * many:
        text += f"; horizon counted per process? it is {many} times the run"
    yield Finding(stop - 1, plan(stop - 1), text)
