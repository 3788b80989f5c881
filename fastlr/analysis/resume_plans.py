"""Save and resume the plan of a run.

A checkpoint holds the plan's spec, its fingerprint and one integer, the next step.
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast, overload

import numpy as np

from fastlr.analysis.plan_checks import diff, lane_name, limit_of, of_lane
from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import BelowOne, OneOf, Steps, as_array, short_repr, validate_scalar
from fastlr.errors import public
from fastlr.program.opcodes import LAST_STEP
from fastlr.program.tree import ends
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.spec import from_spec
from fastlr.schedule.value import a_schedule

__all__ = ["Wins", "checkpoint", "resume", "verify_resume"]

Plan = TypeVar("Plan", Schedule, Bundle)
Wins = Literal["saved", "new"]

_COMPARED = 1_000_000  # steps that a message compares of plans without an end
_NEAR = 1_000  # steps around the resumed one that are searched for the observed rate
VERSION = 1  # of the checkpoint format


@with_types
@public
def verify_resume(plan: Schedule, step: int, observed: Any, tolerance: float = 1e-6) -> None:
    """Raise an error unless a resumed run applied the planned rate.

    The rule is ``|observed - plan(step)| <= tolerance * plan(step)``, for each lane.

    Parameters
    ----------
    plan : Schedule
        The plan of the run.
    step : int
        The step at which the rate was observed, from 0 to 2**53.
    observed : float, array or mapping
        The rate that the run applied, of shape ``plan.shape``. For a plan with named groups it may
        map each name to a rate, as ``plan.row(step)`` does.
    tolerance : float, default 1e-6
        The largest relative difference allowed, at least 0 and below 1.

    Raises
    ------
    TypeError
        If ``observed`` is not numbers of shape ``plan.shape``.
    ValueError
        If a rate differs. The message names the planned rate, and the nearest step that has the
        observed rate: one step off, or 0 if the schedule started again.

    Notes
    -----
    The observed rate is searched for at step 0 and within 1,000 steps of ``step``. A NaN differs
    from every rate.

    Examples
    --------
    >>> import fastlr as flr
    >>> verify_resume(flr.linear(1.0, 0.0, steps=100), step=40, observed=0.61)
    Traceback (most recent call last):
        ...
    ValueError: verify_resume: step 40 must have the rate 0.6, got 0.61, which is that of step 39
    """
    at, near = (
        validate_scalar(Steps, "verify_resume: step", step),
        validate_scalar(BelowOne, "verify_resume: tolerance", tolerance),
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
    wrong = ~(np.abs(seen - planned) <= near * planned)  # true for a NaN
    if not wrong.any():
        return
    row = int(np.argmax(wrong))
    one = plan[tuple(int(i) for i in np.unravel_index(row, plan.shape))] if plan.shape else plan
    rate = float(seen.reshape(-1)[row])
    detail = f"{float(planned.reshape(-1)[row])!r}, got {rate!r}{_where_seen(one, at, rate, near)}"
    lane = of_lane(lane_name(plan, row))
    raise ValueError(f"verify_resume: step {at}{lane} must have the rate {detail}")


def _where_seen(plan: Schedule, step: int, rate: float, tolerance: float) -> str:
    """The words for the nearest step that has the rate; none if no step near by has it."""
    last = min(step + _NEAR, LAST_STEP, limit_of(plan) - 1)
    steps = np.unique([0, *range(max(step - _NEAR, 0), last + 1)])
    rates = plan(steps)
    like = steps[np.abs(rates - rate) <= tolerance * rates]
    return f", which is that of step {like[np.argmin(np.abs(like - step))]}" if like.size else ""


def _schedule_of(where: str, plan: object) -> Schedule:
    """The schedule of a plan that may be a bundle."""
    return a_schedule(where, plan.schedule if isinstance(plan, Bundle) else plan, Schedule)


@with_types
@public
def checkpoint(
    plan: Schedule | Bundle, step: int, plateau: Any = None, state: Any = None
) -> dict[str, object]:
    """Return what a run saves in order to resume its plan.

    Parameters
    ----------
    plan : Schedule or Bundle
        The plan of the run.
    step : int
        The next step to apply, from 0 to 2**53.
    plateau : Plateau, GreedyLR, KLAdaptive or NewBob, optional
        The rule that reduces the rate by a metric.
    state : NamedTuple, optional
        The state of the rule, as ``plateau.update`` returned it.

    Returns
    -------
    dict
        Plain JSON data: the format version under ``"resume"``, ``"step"``, ``"fingerprint"``, and
        the spec of the plan under ``"plan"``. With a rule also ``plateau.save(state)`` under
        ``"plateau"``.

    Raises
    ------
    TypeError
        If ``plan`` is neither a schedule nor a bundle, or ``step`` is not an integer.
    ValueError
        If ``step`` is out of range, only one of ``plateau`` and ``state`` is given, or the state is
        not one of the rule.

    Examples
    --------
    >>> import fastlr as flr
    >>> saved = checkpoint(flr.constant(0.1), step=40)
    >>> saved["step"], saved["plan"]
    (40, {'fastlr': 1, 'schedule': {'constant': {'value': 0.1}}})
    >>> rule = flr.Plateau(patience=0)
    >>> saved = checkpoint(flr.constant(0.1), 40, rule, rule.update(rule.init(), 1.0))
    >>> saved["plateau"]["state"]["best"]
    1.0
    """
    of = _schedule_of("checkpoint: plan", plan)
    at = validate_scalar(Steps, "checkpoint: step", step)
    content = {"resume": VERSION, "step": at, "fingerprint": of.fingerprint, "plan": of.to_spec()}
    if (plateau is None) != (state is None):
        missing = "state" if state is None else "plateau"
        raise ValueError(
            f"checkpoint: {missing} must be given too, got None; pass plateau=rule and state=, "
            "what rule.update returned"
        )
    if plateau is not None:
        content["plateau"] = _a_rule("checkpoint: plateau", plateau).save(state)
    return content


def _a_rule(where: str, rule: Any) -> Any:
    """A rule that listens to a metric, or an error."""
    if isinstance(rule, type) or not all(hasattr(rule, name) for name in ("save", "restore")):
        raise TypeError(
            f"{where} must be a rule such as flr.Plateau(patience=3), got "
            f"{type(rule).__name__} {short_repr(rule)}"
        )
    return rule


@overload
def resume(
    saved: Mapping[str, object], plan: None = None, wins: Wins | None = None, plateau: None = None
) -> tuple[Schedule, int]: ...
@overload
def resume(
    saved: Mapping[str, object], plan: Plan, wins: Wins | None = None, plateau: None = None
) -> tuple[Plan, int]: ...
@overload
def resume(
    saved: Mapping[str, object],
    plan: None = None,
    wins: Wins | None = None,
    *,
    plateau: object,
) -> tuple[Schedule, int, Any]: ...
@overload
def resume(
    saved: Mapping[str, object], plan: Plan, wins: Wins | None = None, *, plateau: object
) -> tuple[Plan, int, Any]: ...
@with_types
@public
def resume(
    saved: Mapping[str, object],
    plan: Schedule | Bundle | None = None,
    wins: Wins | None = None,
    plateau: Any = None,
) -> Any:
    """Return the plan and the next step from what :func:`checkpoint` saved.

    Parameters
    ----------
    saved : mapping
        What ``checkpoint`` returned.
    plan : Schedule or Bundle, optional
        The plan that the resumed run builds. It must be the saved plan, unless ``wins`` is given.
    wins : {"saved", "new"}, optional
        Which plan to return if they differ: the saved one, or ``plan``.
    plateau : Plateau, GreedyLR, KLAdaptive or NewBob, optional
        The rule that the resumed run builds. It is needed if the checkpoint has one, and must be
        the saved rule, unless ``wins="new"``: then it continues from the saved state.

    Returns
    -------
    plan : Schedule or Bundle
        A bundle if ``plan`` is one.
    step : int
        The next step to apply.
    state : NamedTuple
        The state of the rule, only with ``plateau``.

    Raises
    ------
    TypeError
        If ``plan`` is neither a schedule nor a bundle, or is missing with ``wins="new"``.
    ValueError
        If ``saved`` has another form or version, if its plan does not have the saved fingerprint,
        if ``plan`` is not the saved plan, which the message shows, or if ``plateau`` is not the
        saved rule.

    Notes
    -----
    Two plans are the same if they are equal, or if both end and their rates are equal at every
    step, however they are written.

    Examples
    --------
    >>> import fastlr as flr
    >>> saved = checkpoint(flr.linear(1.0, 0.0, steps=100), step=40)
    >>> resume(saved, flr.linear(1.0, 0.0, steps=200), wins="saved")
    (linear(init=1.0, end=0.0, steps=100), 40)
    """
    rule = saved.get("plateau") if isinstance(saved, Mapping) else None
    was, step = _read(
        {key: saved[key] for key in saved if key != "plateau"} if rule is not None else saved
    )
    if wins is not None:
        OneOf(("saved", "new"))("resume: wins", wins)
    if plan is None and wins == "new":
        raise TypeError("resume: plan must be given where wins='new', got None")
    now = was if plan is None else _schedule_of("resume: plan", plan)
    if wins is None and not _same_plan(was, now):
        raise ValueError(
            "resume: plan must be the saved one, unless wins='saved' or wins='new'; "
            f"{_difference(was, now)}"
        )
    chosen = was if wins == "saved" else now
    found = (Bundle(chosen) if isinstance(plan, Bundle) else chosen), step
    if plateau is None and rule is None:
        return found
    return (*found, _resumed_state(plateau, rule, wins))


def _resumed_state(plateau: Any, saved: Any, wins: Wins | None) -> Any:
    """The state of a rule that a checkpoint has, or an error."""
    if plateau is None:
        raise ValueError(
            "resume: plateau must be given, as the checkpoint has the state of a rule, got None; "
            "pass plateau=rule, and continue from the state that is returned"
        )
    rule = _a_rule("resume: plateau", plateau)
    if not isinstance(saved, Mapping) or set(saved) != {"rule", "state"}:
        raise ValueError(
            "resume: saved must be what checkpoint(plan, step, plateau, state) gave where plateau "
            f"is given, got {short_repr(saved)} for its rule; rule.init() is a first state"
        )
    saved_spec = saved.get("rule") if isinstance(saved, Mapping) else None
    passed = rule.to_spec()
    if isinstance(saved_spec, Mapping) and set(saved_spec) != set(passed):
        raise ValueError(
            f"resume: plateau must be a rule of the saved kind, {short_repr(saved_spec)}, got "
            f"{short_repr(passed)}; to begin with this one, leave 'plateau' out of saved and of "
            "the call, and use rule.init(scale=...)"
        )
    if isinstance(saved_spec, Mapping) and wins != "new" and saved_spec != passed:
        raise ValueError(
            f"resume: plateau must be the saved rule, {short_repr(saved_spec)}, got "
            f"{short_repr(passed)}; build the saved one, "
            f"{type(rule).__name__}.from_spec(saved['plateau']['rule']), or to continue from the "
            "saved state with this one pass wins='new'"
        )
    return rule.restore(saved["state"] if wins == "new" else saved)


def _read(saved: object) -> tuple[Schedule, int]:
    """The plan and the step of a checkpoint, checked."""
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


def _same_plan(old: Schedule, new: Schedule) -> bool:
    """Whether two plans are equal, or both end and have the same rate at every step."""
    if old == new:
        return True
    same_kind = (old.shape, old.names, old.past_end) == (new.shape, new.names, new.past_end)
    both_end = old._node.steps is not None and new._node.steps is not None
    try:
        return same_kind and both_end and not diff(old, new)
    except ValueError:  # too long to compare step by step
        return False


def _difference(old: Schedule, new: Schedule) -> str:
    """The words for how a plan differs from the saved one."""
    steps = None if all(ends(plan._node) for plan in (old, new)) else _COMPARED
    try:
        found = diff(old, new, steps)
        return (
            str(found)
            if found
            else f"{found}, but they are not the same: saved {short_repr(old)}, got "
            f"{short_repr(new)}"
        )
    except ValueError as error:  # different batch shapes or groups
        return f"saved {short_repr(old)}, got {short_repr(new)} ({error})"
