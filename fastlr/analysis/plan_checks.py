"""Look at a plan before a run: where two plans differ, and what one plan does in a run."""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Period, short_repr, validate_scalar
from fastlr.errors import public
from fastlr.program.opcodes import HEADER_LIMIT, LAST_STEP
from fastlr.program.tree import ends
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_schedule

__all__ = ["Check", "Difference", "Jump", "check", "diff", "lane_name", "limit_of", "of_lane"]

Array = npt.NDArray[np.float64]
Lane = int | str | tuple[int, ...] | None

_BLOCK = 65_536  # rates of each plan held in memory at a time
_LONGEST = 10**9  # most steps compared one by one: about 10 seconds


def limit_of(plan: Schedule) -> int:
    """The first step that a plan refuses: its end if ``past_end="raise"``, else 2**54."""
    return int(plan.program[HEADER_LIMIT])


def _length(where: str, steps: int | None, *plans: Schedule) -> int:
    """The number of steps to compare: ``steps``, or one step beyond the last end of any lane."""
    lengths = [[] if plan.past_end == "repeat" else ends(plan._node) for plan in plans]
    if steps is not None:
        length = int(validate_scalar(Period, where, steps))
    elif not all(lengths):
        raise ValueError(f"{where} must be given for a plan that goes on for ever")
    else:
        length = int(max(np.max(length) for plan in lengths for length in plan)) + 1
    if length > _LONGEST:
        raise ValueError(
            f"{where} must be at most {_LONGEST:,}, as each is looked at, got {length:,}"
        )
    return min([length, *(limit_of(plan) for plan in plans)])


def _blocks(length: int, *plans: Schedule) -> Iterator[tuple[int, list[Array]]]:
    """Blocks of steps: the first step of each, and each plan's rates there, one row per lane."""
    size = max(1, _BLOCK // max(1, int(np.prod(plans[0].shape))))
    for start in range(0, length, size):
        stop = min(start + size, length)
        yield start, [plan.table(start, stop).reshape(-1, stop - start) for plan in plans]


@with_types
@dataclass(frozen=True)
class Difference:
    """How the rates of two plans differ, as returned by :func:`diff`.

    It is true if any rate differs. ``print`` shows it in a sentence.

    Attributes
    ----------
    steps : int
        The number of steps compared.
    step : int or None
        The first step at which a rate differs; ``None`` if none does.
    lane : int, str, tuple of int or None
        The lane that differs at ``step``: its name if it has one, else its index. ``None`` for
        scalar plans.
    old, new : float or None
        The two rates of that lane at ``step``.
    largest : float
        The largest difference, 0.0 if there is none.
    largest_step, largest_lane
        The step and lane of the largest difference.
    plans : tuple of Schedule
        The two plans, which ``plot`` draws.

    Examples
    --------
    >>> import fastlr as flr
    >>> found = flr.diff(flr.linear(1.0, 0.0, steps=10), flr.linear(1.0, 0.0, steps=20))
    >>> bool(found), found.step, found.largest, found.largest_step
    (True, 1, 0.5, 10)
    """

    steps: int
    step: int | None = None
    lane: Lane = None
    old: float | None = None
    new: float | None = None
    largest: float = 0.0
    largest_step: int | None = None
    largest_lane: Lane = None
    plans: tuple[Schedule, ...] = field(default=(), repr=False, compare=False)

    def __bool__(self) -> bool:
        return self.step is not None

    def __repr__(self) -> str:
        return f"<Difference: {self}>"

    def _repr_html_(self) -> str:
        """Return the display of a notebook: both plans, and where they differ."""
        from fastlr.analysis.display import curves_html

        old, new = (_lane_of(plan, self.largest_lane) for plan in self.plans)
        word = "the plans differ" if self else "the plans agree"
        both: dict[str, Any] = {"old": old, "new": new}
        return curves_html(word, f"{self.steps:,} steps compared", str(self), both, self.steps)

    def __str__(self) -> str:
        if self.step is None:
            return f"no rate differs in {self.steps:,} steps"
        return (
            f"the first to differ is step {self.step:,}{of_lane(self.lane)}: {self.old!r} "
            f"before, {self.new!r} now; "
            f"the largest difference is {self.largest!r}, at step "
            f"{self.largest_step:,}{of_lane(self.largest_lane)}"
        )

    def plot(self, axes: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
        """Draw both plans, and below them their difference, with a mark at the first step
        at which they differ.

        Parameters
        ----------
        axes : tuple of matplotlib Axes, optional
            Where to draw the plans and the difference. Default: a new figure.

        Returns
        -------
        tuple of matplotlib Axes
            The axes of the plans and of the difference. For a batch they show the lane with the
            largest difference, or the first lane if there is none.
        """
        from fastlr.drawing.panels import plot_difference

        old, new = (_lane_of(plan, self.largest_lane) for plan in self.plans)
        return plot_difference({"old": old, "new": new}, self.steps, self.step, axes)


def _lane_of(plan: Schedule, lane: Lane) -> Schedule:
    """A lane of a plan: the one named, or the first."""
    if not plan.shape:
        return plan
    return plan[(0,) * len(plan.shape) if lane is None else lane]


def of_lane(lane: Lane) -> str:
    """The words that name a lane in a message; none for a scalar plan."""
    return "" if lane is None else f" of {lane!r}"


def lane_name(plan: Schedule, row: int) -> Lane:
    """The name of a plan's lane, or its index if the lanes have no names."""
    place = tuple(int(i) for i in np.unravel_index(row, plan.shape)) if plan.shape else ()
    if plan.names and len(place) == 1:
        return plan.names[place[0]]
    return place[0] if len(place) == 1 else place or None


@with_types
@public
def diff(old: Schedule, new: Schedule, steps: int | None = None) -> Difference:
    """Compare two plans step by step.

    Report the first step at which ``new(t) != old(t)``, and the largest ``|new(t) - old(t)|``.

    Parameters
    ----------
    old, new : Schedule
        The plans, of the same batch shape and group names.
    steps : int, optional
        The number of steps to compare, at most 10^9. By default the comparison goes one step
        beyond the last end of any lane of either plan.

    Returns
    -------
    Difference
        False if no rate differs.

    Raises
    ------
    TypeError
        If ``old`` or ``new`` is not a schedule.
    ValueError
        If the batch shapes or group names differ, if ``steps`` exceeds 10^9, or if ``steps`` is
        missing for a plan without an end.

    Notes
    -----
    Every step from 0 is compared, exactly. A plan with ``past_end="raise"`` is compared up to its
    end.

    Examples
    --------
    >>> import fastlr as flr
    >>> plan = flr.wsd(1.0, warmup=10, stable=70, cooldown=20)
    >>> print(diff(plan, plan.extend(200)))
    the first to differ is step 81: 0.95 before, 1.0 now; the largest difference is 1.0, at step 100
    """
    a_schedule("diff: old", old, Schedule), a_schedule("diff: new", new, Schedule)
    if old.shape != new.shape:
        raise ValueError(
            f"diff: both plans must have the same batch shape, got {old.shape} and {new.shape}"
        )
    if old.names != new.names:
        raise ValueError(
            f"diff: both plans must have the same groups, got {_listed(old)} and {_listed(new)}"
        )
    length, found = _length("diff: steps", steps, old, new), dict[str, Any]()
    for start, (before, now) in _blocks(length, old, new):
        apart = np.abs(now - before)
        if "step" not in found and apart.any():
            at = int(np.argmax(apart.any(axis=0)))
            row = int(np.argmax(apart[:, at] != 0))
            found |= {
                "step": start + at,
                "lane": lane_name(old, row),
                "old": float(before[row, at]),
                "new": float(now[row, at]),
            }
        if apart.max() > found.get("largest", 0.0):
            at = int(np.argmax(apart.max(axis=0)))
            row = int(np.argmax(apart[:, at]))
            found |= {
                "largest": float(apart[row, at]),
                "largest_step": start + at,
                "largest_lane": lane_name(old, row),
            }
    return Difference(length, **found, plans=(old, new))


def _listed(plan: Schedule) -> str:
    """The groups of a plan, for a message."""
    return "groups without names" if plan.names is None else short_repr(list(plan.names))


@dataclass(frozen=True)
class Jump:
    """A boundary at which the rate jumps.

    Attributes
    ----------
    step : int
        The boundary.
    before, after : float
        The rate one step before the boundary, and the rate at it.
    """

    step: int
    before: float
    after: float


@with_types
@dataclass(frozen=True)
class Check:
    """What a plan does in a run of ``steps`` steps, as returned by :func:`check`.

    ``print`` shows it in a few lines.

    Attributes
    ----------
    steps : int
        The length of the run.
    first, last : float
        The rates at steps 0 and ``steps - 1``.
    peak, peak_step : float, int
        The highest rate, and the first step that has it.
    floor : float
        The lowest rate of the run, or the rate at which the plan ends if that is lower.
    steps_at_floor : int
        The number of steps whose rate equals ``floor``.
    plan_steps : int or None
        The length of the plan; ``None`` if it has no end.
    jumps : tuple of Jump
        The boundaries at which the rate jumps.
    """

    steps: int
    first: float
    last: float
    peak: float
    peak_step: int
    floor: float
    steps_at_floor: int
    plan_steps: int | None
    jumps: tuple[Jump, ...]

    @property
    def ends_at(self) -> float:
        """The last rate as a share of the range from floor to peak: 0 at the floor, 1 at the
        peak.
        """
        return (
            (self.last - self.floor) / (self.peak - self.floor) if self.peak > self.floor else 0.0
        )

    def __str__(self) -> str:
        plan = "goes on for ever" if self.plan_steps is None else f"takes {self.plan_steps:,} steps"
        lines = [
            f"{self.steps:,} steps of a plan that {plan}",
            f"first {self.first!r}, peak {self.peak!r} at step {self.peak_step:,}, last "
            f"{self.last!r}",
            f"it ends at {self.ends_at:.2f} of the range from floor to peak",
            f"{self.steps_at_floor:,} step{'s' * (self.steps_at_floor != 1)} at the floor, "
            f"{self.floor!r}",
        ]
        lines += [
            f"it jumps at step {jump.step:,} from {jump.before!r} to {jump.after!r}"
            for jump in self.jumps
        ]
        return "\n".join(lines)


@with_types
@public
def check(plan: Schedule, total_steps: int) -> Check:
    """Summarise what a plan does in a run of ``total_steps`` steps.

    Parameters
    ----------
    plan : Schedule
        A scalar plan.
    total_steps : int
        The length of the run, from 1 to 10^9 steps.

    Returns
    -------
    Check
        Where the run ends between floor and peak, the number of steps at the floor, and the
        boundaries at which the rate jumps.

    Raises
    ------
    TypeError
        If ``plan`` is not a schedule.
    ValueError
        If ``plan`` is a batch, or if it has ``past_end="raise"`` and ends before the run.

    Notes
    -----
    Every step of the run is evaluated.

    The floor is the lowest rate of the run, or the rate at which the plan ends if that is lower: a
    run that stops early does not reach it.

    The boundaries are those of ``plan.boundaries``; for a plan that repeats, those of its first
    period. The rate jumps at a boundary if its change there exceeds twice the larger change of the
    same sign beside the boundary.

    Examples
    --------
    >>> import fastlr as flr
    >>> print(check(flr.warmup_cosine(0.1, warmup=10, steps=100), total_steps=90))
    90 steps of a plan that takes 100 steps
    first 0.0, peak 0.1 at step 10, last 0.00364080727166063
    it ends at 0.04 of the range from floor to peak
    1 step at the floor, 0.0
    """
    if a_schedule("check: plan", plan, Schedule).shape:
        raise ValueError(
            f"check: plan must be a scalar one, got batch shape {plan.shape}; index it first"
        )
    total_steps = validate_scalar(Period, "check: total_steps", total_steps)
    steps = _length("check: total_steps", total_steps, plan)
    if steps < total_steps:
        raise ValueError(
            f"check: total_steps must be at most {steps}, where the plan ends and "
            f"raises, got {total_steps}"
        )
    whole = None if plan.steps is None else int(plan.steps)
    peak, peak_step, floor, at_floor = _peak_and_floor(plan, steps, whole)
    jumps = tuple(
        jump
        for boundary in plan.boundaries
        if 0 < boundary < steps and (jump := _jump(plan, boundary))
    )
    return Check(
        steps,
        float(plan(0)),
        float(plan(steps - 1)),
        peak,
        peak_step,
        floor,
        at_floor,
        whole,
        jumps,
    )


def _peak_and_floor(plan: Schedule, steps: int, whole: int | None) -> tuple[float, int, float, int]:
    """The highest rate of a run and its first step, the lowest rate and how many steps have it."""
    # a run that stops early does not reach the last rate of the plan, which may be the lowest
    floor = np.inf if whole is None else float(plan.with_past_end("hold")(whole))
    peak, peak_step, at_floor = -np.inf, 0, 0
    for start, [rates] in _blocks(steps, plan):
        if rates.max() > peak:
            peak, peak_step = float(rates.max()), start + int(rates.argmax())
        if rates.min() < floor:
            floor, at_floor = float(rates.min()), 0
        at_floor += int(np.count_nonzero(rates == floor))
    return peak, peak_step, floor, at_floor


def _jump(plan: Schedule, boundary: int) -> Jump | None:
    """The jump at a boundary, if the rate jumps there."""
    begin = max(boundary - 2, 0)
    rates = plan(np.arange(begin, min(boundary + 2, LAST_STEP, limit_of(plan))))
    changes, here = np.diff(rates), boundary - 1 - begin
    beside = [*changes[:here], *changes[here + 1 :], 0.0]
    if 2.0 * min(beside) <= changes[here] <= 2.0 * max(beside):
        return None
    return Jump(boundary, float(rates[here]), float(rates[here + 1]))
