"""Plans: whether two of them differ, what one comes to, and whether a run that resumes is where it
should be.

A plan is a schedule; a checkpoint holds its spec and one integer, the step. Everything here looks,
and changes nothing.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast, overload

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import (
    Choice,
    Period,
    Steps,
    Unit,
    as_array,
    short_repr,
    validate_scalar,
)
from fastlr.errors import public
from fastlr.program.opcodes import LAST_STEP
from fastlr.program.tree import ends
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.spec import from_spec
from fastlr.schedule.value import a_schedule

__all__ = [
    "Check",
    "Difference",
    "Jump",
    "Wins",
    "check",
    "checkpoint",
    "diff",
    "resume",
    "verify_resume",
]

Array = npt.NDArray[np.float64]
Plan = TypeVar("Plan", Schedule, Bundle)
Wins = Literal["saved", "new"]
Lane = int | str | tuple[int, ...] | None

_BLOCK = 65_536  # rates of two tables that are held at a time
_LONGEST = 10**9  # steps that are looked at one by one: some ten seconds
_TOLD = 1_000_000  # steps of plans without an end that a message compares
_NEAR = 1_000  # steps around the one that a run resumes at
VERSION = 1  # of a checkpoint


def _length(where: str, steps: int | None, *plans: Schedule) -> int:
    """How many steps to look at: as many as are given, or one beyond the last change of all
    lanes that end.
    """
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
    # before the end of one that raises there
    return min([length, *(int(plan.program[3]) for plan in plans)])


def _blocks(length: int, *plans: Schedule) -> Iterator[tuple[int, list[Array]]]:
    """The first step of each block of steps, and each plan's rates there: one row a lane."""
    size = max(1, _BLOCK // max(1, int(np.prod(plans[0].shape))))
    for start in range(0, length, size):
        stop = min(start + size, length)
        yield start, [plan.table(start, stop).reshape(-1, stop - start) for plan in plans]


@dataclass(frozen=True)
class Difference:
    """Where two plans part: the first step at which their rates differ, and the step at which they
    differ most.

    ``step`` is ``None``, and the whole false, where no rate differs. ``lane`` is the lane of
    ``step``, by its name if it has one.
    """

    steps: int
    step: int | None = None
    lane: Lane = None
    old: float | None = None
    new: float | None = None
    largest: float = 0.0
    largest_step: int | None = None
    largest_lane: Lane = None

    def __bool__(self) -> bool:
        return self.step is not None

    def __str__(self) -> str:
        if self.step is None:
            return f"no rate differs in {self.steps:,} steps"
        return (
            f"the first to differ is step {self.step:,}{_of(self.lane)}: {self.old!r} "
            f"before, {self.new!r} now; "
            f"the largest difference is {self.largest!r}, at step "
            f"{self.largest_step:,}{_of(self.largest_lane)}"
        )


def _of(lane: Lane) -> str:
    return "" if lane is None else f" of {lane!r}"


def _lane(plan: Schedule, row: int) -> Lane:
    """A lane by its name, or its index."""
    place = tuple(int(i) for i in np.unravel_index(row, plan.shape)) if plan.shape else ()
    if plan.names and len(place) == 1:
        return plan.names[place[0]]
    return place[0] if len(place) == 1 else place or None


@public
def diff(old: Schedule, new: Schedule, steps: int | None = None) -> Difference:
    """The first step at which two plans give different rates, and the largest difference, over the
    first ``steps`` steps.

    If not given, ``steps`` reaches one step beyond the last change of all lanes that end. Every
    step is looked at. Raises ``ValueError`` for plans of different batch shapes or group names, and
    where ``steps`` must be given, as no lane ends.

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
                "lane": _lane(old, row),
                "old": float(before[row, at]),
                "new": float(now[row, at]),
            }
        if apart.max() > found.get("largest", 0.0):
            at = int(np.argmax(apart.max(axis=0)))
            row = int(np.argmax(apart[:, at]))
            found |= {
                "largest": float(apart[row, at]),
                "largest_step": start + at,
                "largest_lane": _lane(old, row),
            }
    return Difference(length, **found)


def _listed(plan: Schedule) -> str:
    return "groups without names" if plan.names is None else short_repr(list(plan.names))


@dataclass(frozen=True)
class Jump:
    """A boundary at which the rate jumps: ``before`` is that of the step before it."""

    step: int
    before: float
    after: float


@dataclass(frozen=True)
class Check:
    """What a plan comes to in a run of ``steps`` steps: ``print`` shows it."""

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
        """Where in the range from floor to peak the run ends: 0 at the floor, 1 at the peak."""
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
            f"{self.steps_at_floor:,} steps at the floor, {self.floor!r}",
        ]
        lines += [
            f"it jumps at step {jump.step:,} from {jump.before!r} to {jump.after!r}"
            for jump in self.jumps
        ]
        return "\n".join(lines)


@public
def check(plan: Schedule, total_steps: int) -> Check:
    """What a scalar plan comes to in a run of so many steps: where it ends, its steps at the lowest
    rate, the boundaries that jump.

    The floor is the lowest rate of the run, or that at which the plan ends, which a run cut short
    does not reach. A boundary jumps whose rate is farther from that of the step before than twice
    the changes of the same sign on both its sides; the boundaries are those of ``plan.boundaries``,
    of what repeats for ever its first period's. Every step is looked at. Raises ``ValueError`` for
    a batch, and for a plan with ``past_end="raise"`` that ends before the run.

    >>> import fastlr as flr
    >>> print(check(flr.warmup_cosine(0.1, warmup=10, steps=100), total_steps=90))
    90 steps of a plan that takes 100 steps
    first 0.0, peak 0.1 at step 10, last 0.00364080727166063
    it ends at 0.04 of the range from floor to peak
    1 steps at the floor, 0.0
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
    # which a run cut short does not reach
    floor = np.inf if whole is None else float(plan.with_past_end("hold")(whole))
    peak, peak_step, at_floor = -np.inf, 0, 0
    for start, [rates] in _blocks(steps, plan):
        if rates.max() > peak:
            peak, peak_step = float(rates.max()), start + int(rates.argmax())
        if rates.min() < floor:
            floor, at_floor = float(rates.min()), 0
        at_floor += int(np.count_nonzero(rates == floor))
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


def _jump(plan: Schedule, boundary: int) -> Jump | None:
    begin = max(boundary - 2, 0)
    rates = plan(np.arange(begin, min(boundary + 2, LAST_STEP, int(plan.program[3]))))
    changes, here = np.diff(rates), boundary - 1 - begin
    beside = [*changes[:here], *changes[here + 1 :], 0.0]
    if 2.0 * min(beside) <= changes[here] <= 2.0 * max(beside):
        return None
    return Jump(boundary, float(rates[here]), float(rates[here + 1]))


@public
def verify_resume(plan: Schedule, step: int, observed: Any, tolerance: float = 1e-6) -> None:
    """Raise unless ``observed``, the rate that a run applied at ``step``, is that of the plan, to a
    relative ``tolerance``.

    Of a batch, ``observed`` has a rate for each lane, or is what ``plan.row(step)`` gives, rates by
    name. The error, a ``ValueError``, says what the plan has there, and at which step nearby it has
    what was observed: one off, or begun again from 0.

    >>> import fastlr as flr
    >>> verify_resume(flr.linear(1.0, 0.0, steps=100), step=40, observed=0.61)
    Traceback (most recent call last):
        ...
    ValueError: verify_resume: step 40 must have the rate 0.6, got 0.61, which is that of step 39
    """
    at, near = (
        validate_scalar(Steps, "verify_resume: step", step),
        validate_scalar(Unit, "verify_resume: tolerance", tolerance),
    )
    planned = np.asarray(a_schedule("verify_resume: plan", plan, Schedule)(at))
    if (
        isinstance(observed, Mapping)
        and plan.names is not None
        and set(observed) == set(plan.names)
    ):
        observed = [observed[name] for name in plan.names]
    seen = as_array(
        f"verify_resume: observed must be a rate for each lane, of shape {planned.shape}", observed
    )
    if seen.dtype.kind not in "iuf" or seen.shape != planned.shape:
        raise TypeError(
            "verify_resume: observed must be a rate for each lane, of shape "
            f"{planned.shape}, got {short_repr(observed)}"
        )
    wrong = ~(np.abs(seen - planned) <= near * planned)  # a NaN is near to nothing
    if not wrong.any():
        return
    row = int(np.argmax(wrong))
    one = plan[tuple(int(i) for i in np.unravel_index(row, plan.shape))] if plan.shape else plan
    rate = float(seen.reshape(-1)[row])
    detail = f"{float(planned.reshape(-1)[row])!r}, got {rate!r}{_where_seen(one, at, rate, near)}"
    raise ValueError(f"verify_resume: step {at}{_of(_lane(plan, row))} must have the rate {detail}")


def _where_seen(plan: Schedule, step: int, rate: float, tolerance: float) -> str:
    """The step nearest to this one that has the rate, if one of them has."""
    last = min(step + _NEAR, LAST_STEP, int(plan.program[3]) - 1)
    steps = np.unique([0, *range(max(step - _NEAR, 0), last + 1)])
    rates = plan(steps)
    like = steps[np.abs(rates - rate) <= tolerance * rates]
    return f", which is that of step {like[np.argmin(np.abs(like - step))]}" if like.size else ""


def _of_plan(where: str, plan: object) -> Schedule:
    return a_schedule(where, plan.schedule if isinstance(plan, Bundle) else plan, Schedule)


@public
def checkpoint(plan: Schedule | Bundle, step: int) -> dict[str, object]:
    """What a run saves: the plan's spec, its fingerprint, and the step that comes next. Plain JSON
    data.

    >>> import fastlr as flr
    >>> saved = checkpoint(flr.constant(0.1), step=40)
    >>> saved["step"], saved["plan"]
    (40, {'fastlr': 1, 'schedule': {'constant': {'value': 0.1}}})
    """
    of, at = _of_plan("checkpoint: plan", plan), validate_scalar(Steps, "checkpoint: step", step)
    return {"resume": VERSION, "step": at, "fingerprint": of.fingerprint, "plan": of.to_spec()}


@overload
def resume(
    saved: Mapping[str, object], plan: None = None, wins: Wins | None = None
) -> tuple[Schedule, int]: ...
@overload
def resume(
    saved: Mapping[str, object], plan: Plan, wins: Wins | None = None
) -> tuple[Plan, int]: ...
@public
def resume(
    saved: Mapping[str, object], plan: Schedule | Bundle | None = None, wins: Wins | None = None
) -> tuple[Schedule | Bundle, int]:
    """The plan and the step that a run goes on with, from what ``checkpoint`` saved: a bundle, if
    ``plan`` is one.

    A ``plan`` that is not the saved one is an error that shows where the two differ, unless
    ``wins`` says which of them counts. One that is written otherwise, and whose rates are the same
    at every step, is the saved one. Raises ``TypeError`` or ``ValueError`` for data of another form
    or version, and for a plan that is not the one whose fingerprint was saved with it.

    >>> import fastlr as flr
    >>> saved = checkpoint(flr.linear(1.0, 0.0, steps=100), step=40)
    >>> resume(saved, flr.linear(1.0, 0.0, steps=200), wins="saved")
    (linear(init=1.0, end=0.0, steps=100), 40)
    """
    was, step = _read(saved)
    if wins is not None:
        Choice(("saved", "new"))("resume: wins", wins)
    if plan is None and wins == "new":
        raise TypeError("resume: plan must be given where wins='new', got None")
    now = was if plan is None else _of_plan("resume: plan", plan)
    if wins is None and not _alike(was, now):
        raise ValueError(
            "resume: plan must be the saved one, unless wins='saved' or wins='new'; "
            f"{_told(was, now)}"
        )
    chosen = was if wins == "saved" else now
    return (Bundle(chosen) if isinstance(plan, Bundle) else chosen), step


def _read(saved: object) -> tuple[Schedule, int]:
    if not isinstance(saved, Mapping) or set(saved) != {"resume", "step", "fingerprint", "plan"}:
        raise ValueError(
            f"resume: saved must be what checkpoint(plan, step) gave, got {short_repr(saved)}"
        )
    if type(saved["resume"]) is not int or saved["resume"] != VERSION:
        raise ValueError(
            f"resume: saved must have version {VERSION} of the format, got "
            f"{short_repr(saved['resume'])}"
        )
    was = from_spec(cast("Mapping[str, object]", saved["plan"]))
    if not isinstance(saved["fingerprint"], str) or was.fingerprint != saved["fingerprint"]:
        rule = (
            f"the plan must have the fingerprint saved with it, {short_repr(saved['fingerprint'])}"
        )
        raise ValueError(f"resume: {rule}, got {was.fingerprint}")
    return was, validate_scalar(Steps, "resume: step", saved["step"])


def _alike(old: Schedule, new: Schedule) -> bool:
    """Whether two plans are one: equal, or of the same rates at every step, where all of them
    end.
    """
    if old == new:
        return True
    same_kind = (old.shape, old.names, old.past_end) == (new.shape, new.names, new.past_end)
    try:
        return same_kind and old.steps is not None and new.steps is not None and not diff(old, new)
    except ValueError:  # more steps than are looked at
        return False


def _told(old: Schedule, new: Schedule) -> str:
    """How a plan differs from the saved one."""
    steps = None if all(ends(plan._node) for plan in (old, new)) else _TOLD
    try:
        found = diff(old, new, steps)
        return (
            str(found)
            if found
            else f"{found}, but they are not the same: saved {short_repr(old)}, got "
            f"{short_repr(new)}"
        )
    except ValueError as error:  # no two tables to lay side by side
        return f"saved {short_repr(old)}, got {short_repr(new)} ({error})"
