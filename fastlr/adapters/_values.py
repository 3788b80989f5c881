"""What adapters of several packages share: checks of what they write into an optimizer, and tables
of float32 rates for packages that have no float64.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.analysis.plan_checks import limit_of
from fastlr.arguments.rules import Rate, short_repr, validate_scalar
from fastlr.program.opcodes import HEADER_LIMIT, LAST_STEP
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_schedule

__all__ = [
    "check_below_one",
    "check_direction",
    "check_lasts",
    "end_of",
    "first_scale",
    "lookup_table",
    "one_schedule",
    "peaks_of",
    "the_schedule",
    "warn_of_end",
]

# what an optimizer averages with, under the names of torch, Keras, optax and MLX: a weight of 1 or
# more makes its moments grow without end, or divides by 0
_BELOW_ONE = frozenset(
    [
        *("momentum", "ema_momentum", "rho"),
        *("beta", "beta1", "beta2", "beta3", "beta_1", "beta_2", "b1", "b2", "b3"),
    ]
)

_BELOW = float(np.nextafter(1.0, 0.0))
_BELOW_IN_FLOAT32 = float(np.nextafter(1.0 - 2.0**-25, 0.0))  # the last that float32 puts below 1
_MAX_STEPS = 2**24  # of a table, which then has 64 MiB
_SEARCHED = 2**24  # steps of a schedule that can only be searched step by step


def check_below_one(where: str, quantities: Mapping[str, Schedule], single: bool = False) -> None:
    """Raise ``ValueError`` if a momentum or a beta is 1 or more at any step.

    Parameters
    ----------
    where : str
        What the message begins with: the name of the adapter.
    quantities : mapping of str to Schedule
        The schedules by the name of what they set. Only momenta and betas are checked.
    single : bool, default False
        Whether the adapter rounds to float32, in which numbers just below 1 are 1.

    Notes
    -----
    All steps that can be evaluated are checked. A product or sum that repeats for ever cannot be,
    and is refused also if its first 2**24 steps are below 1.
    """
    below = _BELOW_IN_FLOAT32 if single else _BELOW
    for name, schedule in quantities.items():
        if name not in _BELOW_ONE:
            continue
        try:
            at = _first_above(schedule, below)
        except ValueError:
            raise ValueError(
                f"{where}: {name} must be below 1 at every step, got a combination that repeats "
                "for ever, whose steps cannot all be checked; end it: "
                "flr.join([schedule, flr.constant(0.9)], at=[steps])"
            ) from None
        if at >= 0:
            raise ValueError(
                f"{where}: {name} must be below 1 at every step, got {np.max(schedule(at))} at "
                f"step {at:,}; end it below 1, or cap it: schedule.clip(0.0, 0.999)"
            )


def _first_above(schedule: Schedule, rate: float) -> int:
    """The first step at which any lane is above a rate, or -1."""
    try:
        found = np.asarray(schedule.first_above(rate))
    except ValueError:  # a combination without an end, too long to be searched whole
        found = np.asarray(schedule.first_above(rate, 0, _SEARCHED))
        if not (found >= 0).any():
            raise
    return int(min(found[found >= 0], default=-1))


def peaks_of(schedule: Schedule) -> npt.NDArray[np.float64] | None:
    """Return the highest rate of each lane, or None if it is too long to be searched.

    Parameters
    ----------
    schedule : Schedule
        The schedule.
    """
    try:
        return np.atleast_1d(schedule.max(0, min(LAST_STEP, limit_of(schedule))))
    except ValueError:  # a combination without an end
        return None


def check_lasts(where: str, plan: Schedule | Bundle, steps: int, unit: str = "step") -> None:
    """Raise ``ValueError`` if a rate ends below its peak, and the run goes on long after.

    Parameters
    ----------
    where : str
        What the message begins with: the adapter and its parameter.
    plan : Schedule or Bundle
        The plan; of a bundle only ``lr`` counts.
    steps : int
        The number of steps of the run.
    unit : str, default "step"
        What the plan counts, as the message names it.

    Warns
    -----
    UserWarning
        If the rate goes on changing past the end, as that of a preset does in its framework.

    Notes
    -----
    A run may be one step longer, so that its last step has the end of the curve. A schedule that
    ends at its peak, such as a warmup, is meant to hold it. One without an end, such as a last
    constant part, is meant to go on, and so is one that repeats or is 0 past its end.
    """
    found = _left_open(plan, steps - 1)
    if found is None:
        return
    end, then = found
    rule = (
        f"{where} must last for the {steps:,} {unit}s of the run, got one that ends at {unit} "
        f"{end:,} and {then}; build it for the run or extend it, .extend({steps})"
    )
    if then == _CHANGES:
        warnings.warn(rule, UserWarning, stacklevel=3)
    elif then == _RAISES:
        raise ValueError(rule)
    else:
        raise ValueError(f"{rule}, {_SAY_SO}")


def warn_of_end(where: str, plan: Schedule | Bundle, step: int) -> bool:
    """Warn if a step is past the end of a rate, and nobody has said that the run goes on there.

    Parameters
    ----------
    where : str
        What the message begins with: the adapter and its parameter.
    plan : Schedule or Bundle
        The plan; of a bundle only ``lr`` counts.
    step : int
        The step at which an update is made.

    Returns
    -------
    bool
        Whether it has warned.

    Warns
    -----
    UserWarning
        Where ``check_lasts`` raises or warns, for a loop whose length nobody knows before it ends.
    """
    if (found := _left_open(plan, step)) is None:
        return False
    end, then = found
    ways = "build it for the run or extend it, .extend(steps)"
    warnings.warn(
        f"{where} must last for the run, got one that ends at step {end:,} and {then}, and an "
        f"update at step {step:,}; {ways if then == _CHANGES else f'{ways}, {_SAY_SO}'}",
        UserWarning,
        stacklevel=4,
    )
    return True


def end_of(plan: Schedule | Bundle) -> int | None:
    """Return the step at which a rate ends, if it has an end.

    Parameters
    ----------
    plan : Schedule or Bundle
        The plan; of a bundle only ``lr`` counts.
    """
    rate = _rate_of(plan)
    if rate is None or rate.steps is None:
        return None
    return int(np.max(rate.steps))  # of the longest lane


def _rate_of(plan: Schedule | Bundle) -> Schedule | None:
    """The schedule of the rate, if a plan has one."""
    if not isinstance(plan, Bundle):
        return plan
    if "lr" not in plan:
        return None
    return plan["lr"]


_CHANGES, _RAISES = "changes past it", "raises an error past it"
_SAY_SO = "or to train on at that rate say so: .then(flr.constant(rate))"


def _left_open(plan: Schedule | Bundle, last: int) -> tuple[int, str] | None:
    """The end of a rate and what follows, if it is before the last step and nobody said so."""
    rate, end = _rate_of(plan), end_of(plan)
    if rate is None or end is None or last < end or rate.past_end in ("repeat", "zero"):
        return None
    if last == end and last < limit_of(rate):  # a last update may have the end of the curve
        return None
    if rate.past_end == "raise":
        return end, _RAISES
    if rate._node.steps is None:
        return end, _CHANGES
    if np.any(np.asarray(rate(end)) < rate.max(0, end + 1)):
        return end, f"stays at {short_repr(rate(end))}"
    return None


def the_schedule(where: str, value: object) -> Schedule:
    """Return a schedule, or raise ``TypeError`` that names the call which makes one of the value.

    Parameters
    ----------
    where : str
        What the message begins with: the adapter and its parameter.
    value : object
        What the caller gave.
    """
    if isinstance(value, Schedule) or not (way := _way_to_a_schedule(value)):
        return a_schedule(where, value, Schedule)
    raise TypeError(
        f"{where} must be a Schedule, got {type(value).__name__} {short_repr(value)}; {way}"
    )


def one_schedule(where: str, plan: object, whose: str) -> Schedule:
    """Return a scalar schedule, or raise an error.

    Parameters
    ----------
    where : str
        What the message begins with: the adapter and its parameter.
    plan : object
        What the caller gave.
    whose : str
        What has one rate, such as "a booster".
    """
    if isinstance(plan, Bundle):
        raise TypeError(
            f"{where} must be a Schedule, got Bundle of {short_repr(list(plan.names))}; pass its "
            "rate, bundle['lr']"
        )
    schedule = the_schedule(where, plan)
    if schedule.shape:
        raise ValueError(
            f"{where} must be a scalar schedule, as {whose} has one rate, got batch shape "
            f"{schedule.shape}; index it first"
        )
    return schedule


def _way_to_a_schedule(value: object) -> str:
    """How to get a schedule from what people pass in its place."""
    if isinstance(getattr(value, "schedule", None), Schedule):  # a Recipe, or a scheduler
        return "pass its schedule, .schedule"
    if isinstance(value, str):
        return (
            "for a published run pass flr.recipe(name).schedule, for an expression "
            "flr.parse(text); only the Trainer takes text, as it knows the steps of the run"
        )
    if isinstance(value, Mapping):
        return "for a config pass flr.from_config(config), for a spec flr.from_spec(spec)"
    if isinstance(value, int | float):
        return f"for one rate at every step pass flr.constant({value!r})"
    if isinstance(value, Sequence | np.ndarray):
        return "for a table of rates pass flr.sampled(values)"
    return "for a table of its rates pass flr.sampled(values)" if callable(value) else ""


def first_scale(where: str, rule: Any, scale: float | None) -> float:
    """Return the scale at which a rule begins, or raise ``ValueError``.

    Parameters
    ----------
    where : str
        What the message begins with: the name of the adapter.
    rule : Plateau, GreedyLR, KLAdaptive or NewBob
        The rule.
    scale : float or None
        What the caller gave. None stands for 1.0 where the rule has no limits of its scale. Where
        it has, they may be meant for the rate or for the factor of a schedule.
    """
    limits = _limits_of_scale(rule)
    if scale is None and limits:
        which, values = " and ".join(limits), " and ".join(map(repr, limits.values()))
        one = len(limits) == 1
        raise ValueError(
            f"{where}: scale must be given for {type(rule).__name__}, whose {which}, {values}, "
            f"{'limits' if one else 'limit'} it, got none; to limit the rate pass a schedule of "
            "1.0, such as flr.constant(1.0), and scale=, the first rate; to limit a factor of the "
            f"schedule pass {'scale=1.0' if one else 'min_lr, max_lr and scale=1.0'}"
        )
    value = 1.0 if scale is None else float(validate_scalar(Rate, f"{where}: scale", scale))
    if "max_lr" in limits and not limits["min_lr"] <= value <= limits["max_lr"]:
        raise ValueError(
            f"{where}: scale must be from min_lr to max_lr of {type(rule).__name__}, "
            f"{limits['min_lr']!r} to {limits['max_lr']!r}, got {value!r}"
        )
    return value


def _limits_of_scale(rule: Any) -> dict[str, float]:
    """The parameters of a rule that limit its scale, and their values."""
    known = getattr(rule, "parameters", {})
    if "max_lr" in known:
        return {name: float(known[name]) for name in ("min_lr", "max_lr")}
    floor = float(known.get("floor", 0.0))
    return {"floor": floor} if floor else {}


# metrics whose better direction nobody doubts, by the last word of their names
_BETTER_LOW = frozenset(["loss", "error", "mae", "mse", "perplexity"])
_BETTER_HIGH = frozenset(["acc", "accuracy", "auc", "f1", "bleu"])
# words that turn the direction round, as in scikit-learn's "neg_mean_squared_error"
_TURNED = frozenset(["neg", "negative", "minus", "inverse"])


def check_direction(where: str, rule: Any, monitor: str) -> None:
    """Raise ``ValueError`` if a rule takes a loss for better where it is higher, or the like.

    Parameters
    ----------
    where : str
        What the message begins with: the adapter and its parameter.
    rule : Plateau, GreedyLR, KLAdaptive or NewBob
        The rule. ``NewBob`` takes lower metrics for better. ``KLAdaptive`` has no better metric.
    monitor : str
        The name of the metric. Its last word counts, as in "val_loss", unless another word may
        turn the direction, as in "val_neg_loss".
    """
    known = getattr(rule, "parameters", {})
    if "kl_threshold" in known:
        return
    mode = str(known.get("mode", "min"))
    *others, word = re.split(r"[^a-z0-9]+", monitor.lower())
    wrong = _BETTER_LOW if mode == "max" else _BETTER_HIGH
    if word in wrong and not _TURNED.intersection(others):
        way = (
            "report its negative with update(-metric)"
            if "mode" not in known
            else f"pass mode={'min' if mode == 'max' else 'max'!r} to the rule"
        )
        raise ValueError(
            f"{where} must be a metric that is better where it is "
            f"{'lower' if mode == 'min' else 'higher'}, as {type(rule).__name__} with mode "
            f"{mode!r} takes it, got {monitor!r}; {way}, or give the metric another name"
        )


def lookup_table(where: str, schedule: Schedule, steps: int | None) -> npt.NDArray[np.float32]:
    """Return NaN for steps below 0, the rates of all steps, and the value for all later steps.

    Parameters
    ----------
    where : str
        What a message begins with.
    schedule : Schedule
        A scalar schedule.
    steps : int or None
        The length of the run, of a schedule whose rate changes for ever.

    Returns
    -------
    array of float32
        The last value is the final rate if the schedule settles, otherwise NaN.
    """
    settled = _settles_at(schedule)
    ends, reached = settled is not None, steps if settled is None else settled
    if reached is None:
        raise ValueError(
            f"{where}: steps must be given for a schedule that does not hold its last rate, "
            f"got {short_repr(schedule)}"
        )
    if reached >= _MAX_STEPS:
        raise ValueError(f"{where}: steps must be less than {_MAX_STEPS:,} steps, got {reached:,}")
    rates = schedule.table(
        min(reached + ends, int(schedule.program[HEADER_LIMIT])), dtype=np.float32
    )
    none = np.full(1, np.nan, dtype=np.float32)
    return np.concatenate([none, rates] if ends else [none, rates, none])


def _settles_at(schedule: Schedule) -> int | None:
    """The step from which the rate is the same for ever, or None."""
    if schedule.past_end not in ("hold", "zero"):
        return None
    # a preset may change past the end of its run, so it is the curves that count
    if (curves := schedule._node.steps) is not None:
        return int(curves)
    last = max((int(step) for step in schedule.boundaries), default=0)
    try:
        same = schedule.min(last, LAST_STEP) == schedule.max(last, LAST_STEP)
    except ValueError:  # a combination without an end, too long to be searched
        return None
    return last if same else None
