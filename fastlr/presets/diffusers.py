"""Hugging Face diffusers' schedules, ``diffusers.optimization``, as of diffusers 0.42 (2026).

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update: 0, if there is a warmup. All are factors of each group's own rate, in double
precision.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fractions import Fraction
from typing import Annotated

import numpy as np

from fastlr.arguments.rules import Amount, Power, Rate, short_repr
from fastlr.presets._building_blocks import fraction, in_ticks, wave
from fastlr.presets._rules import ArgumentError, Count, Level, named, preset
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import constant, cosine, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "get_constant_schedule",
    "get_constant_schedule_with_warmup",
    "get_cosine_schedule_with_warmup",
    "get_cosine_with_hard_restarts_schedule_with_warmup",
    "get_linear_schedule_with_warmup",
    "get_piecewise_constant_schedule",
    "get_polynomial_decay_schedule_with_warmup",
    "get_scheduler",
]


def _step_rules(where: str, value: object) -> object:
    if not isinstance(value, str):
        raise TypeError(
            f"{where} must be a string such as '1:10,0.1:20,0.01', got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    try:
        levels, steps = _parsed(value)
    except ValueError:
        rule = "factor:step pairs and a last factor, as '1:10,0.1:20,0.01'"
        raise ValueError(f"{where} must be {rule}, got {short_repr(value)}") from None
    if not all(0 <= level < float("inf") for level in levels):
        raise ValueError(f"{where} must have finite factors >= 0, got {short_repr(value)}")
    if any(step > LAST_STEP for step in steps):
        raise ValueError(f"{where} must have steps up to 2**53, got {short_repr(value)}")
    return value


StepRules = Annotated[str, _step_rules]
SchedulerType = Annotated[
    str,
    named(
        [
            "linear",
            "cosine",
            "cosine_with_restarts",
            "polynomial",
            "constant",
            "constant_with_warmup",
            "piecewise_constant",
        ]
    ),
]


@preset(elementwise=True)
def get_constant_schedule(lr: Rate) -> Schedule:
    """``lr``."""
    return constant(lr)


@preset(elementwise=True)
def get_constant_schedule_with_warmup(lr: Rate, num_warmup_steps: Count) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``lr``."""
    return linear(0.0, lr, num_warmup_steps)


@preset()
def get_piecewise_constant_schedule(lr: Rate, step_rules: StepRules) -> Schedule:
    """``"1:10,0.1:20,0.01"``: ``lr`` below step 10, ``0.1 * lr`` from there to below step 20,
    then ``0.01 * lr``.
    """
    levels, steps = _parsed(step_rules)
    return join([constant(np.multiply(lr, level)) for level in levels], steps)


@preset(elementwise=True)
def get_linear_schedule_with_warmup(
    lr: Rate,
    num_warmup_steps: Count,
    num_training_steps: Count,
    f_min: Rate = 0.0,
    f_max: Rate = 1.0,
) -> Schedule:
    """``lr * f_max * t/num_warmup_steps``, then linearly to ``lr * f_min`` at
    ``num_training_steps``.
    """
    low, high = np.multiply(lr, f_min), np.multiply(lr, f_max)
    left = np.maximum(np.subtract(num_training_steps, num_warmup_steps), 0)
    return linear(0.0, high, num_warmup_steps).then(linear(high, low, left))


@preset()
def get_cosine_schedule_with_warmup(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Level = 0.5
) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``lr * (1 + cos(2*pi*num_cycles*p))/2``, p the progress
    from there to the end.

    The wave is not clamped: after ``num_training_steps`` the wave goes on, and with half a cycle
    climbs back.
    """
    length = Fraction(max(1, num_training_steps - num_warmup_steps))
    body = wave(lr, 0.0, length / (2 * fraction(num_cycles))) if num_cycles else constant(lr)
    return join([linear(0.0, lr, num_warmup_steps), body], [num_warmup_steps])


@preset(
    differences="Where num_cycles*p rounds to just below a whole number at the first step of a "
    "cycle, diffusers gives 0; here every cycle begins with lr.",
)
def get_cosine_with_hard_restarts_schedule_with_warmup(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Level = 1
) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``lr * (1 + cos(pi*(num_cycles*p mod 1)))/2``, and exactly
    0 from the end on.

    p is the progress after the warmup; if that takes all of the training, ``lr`` for one step after
    it, then 0.
    """
    length = max(1, num_training_steps - num_warmup_steps)
    body = constant(lr)
    if num_cycles:
        body = in_ticks(
            lambda ticks: cosine(lr, 0.0, ticks).repeat(),
            length / fraction(num_cycles),
            reach=length,
        )
    ends = [num_warmup_steps, num_warmup_steps + length]
    return join([linear(0.0, lr, num_warmup_steps), body, constant(0.0)], ends)


@preset(
    differences="Where num_training_steps is num_warmup_steps, diffusers divides by zero at that "
    "step; here lr_end holds."
)
def get_polynomial_decay_schedule_with_warmup(
    lr: Rate,
    num_warmup_steps: Count,
    num_training_steps: Count,
    lr_end: Rate = 1e-7,
    power: Power = 1.0,
    default_lr: Amount | None = None,
) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``end + (lr - end) * (1 - p)^power``, p the progress to the
    end, and held.

    ``end`` is ``lr_end``, or ``lr_end * lr/default_lr`` for the groups of an optimizer whose
    ``defaults["lr"]`` that is.
    """
    if np.any(np.greater_equal(lr_end, lr if default_lr is None else default_lr)):
        detail = (
            f"got lr_end={short_repr(lr_end)}, lr={short_repr(lr)}, "
            f"default_lr={short_repr(default_lr)}"
        )
        raise ArgumentError(f"lr_end must be below the initial lr, {detail}")
    end = lr_end if default_lr is None else np.multiply(lr_end, np.divide(lr, default_lr))
    left = max(0, num_training_steps - num_warmup_steps)
    return linear(0.0, lr, num_warmup_steps).then(polynomial(lr, end, left, power=power))


@preset(elementwise=True)
def get_scheduler(
    name: SchedulerType,
    lr: Rate,
    step_rules: StepRules | None = None,
    num_warmup_steps: Count | None = None,
    num_training_steps: Count | None = None,
    num_cycles: Level = 1,
    power: Power = 1.0,
    default_lr: Amount | None = None,
) -> Schedule:
    """The schedule of this name; ``num_cycles`` is for "cosine_with_restarts" alone, the two
    after it for "polynomial".
    """

    def given(key: str, value: int | None) -> int:
        if value is None:
            raise ArgumentError(f"{key} must be given for name={name!r}, got None")
        return value

    if name == "constant":
        return get_constant_schedule(lr)
    if name == "piecewise_constant":
        if step_rules is None:
            raise ArgumentError("step_rules must be given for name='piecewise_constant', got None")
        return get_piecewise_constant_schedule(lr, step_rules)
    warmup = given("num_warmup_steps", num_warmup_steps)
    if name == "constant_with_warmup":
        return get_constant_schedule_with_warmup(lr, warmup)
    total = given("num_training_steps", num_training_steps)
    if name == "cosine_with_restarts":
        return get_cosine_with_hard_restarts_schedule_with_warmup(lr, warmup, total, num_cycles)
    if name == "polynomial":
        return get_polynomial_decay_schedule_with_warmup(
            lr, warmup, total, power=power, default_lr=default_lr
        )
    build = get_linear_schedule_with_warmup if name == "linear" else get_cosine_schedule_with_warmup
    return build(lr, warmup, total)


def _parsed(step_rules: str) -> tuple[list[float], list[int]]:
    """The factors, and the steps at which all but the first begin; of two rules with one step
    the later counts.
    """
    *rules, last = step_rules.split(",")
    pairs = [rule.split(":") for rule in rules]
    levels = {int(step): float(factor) for factor, step in pairs}
    steps = sorted(step for step in levels if step > 0)
    return [*(levels[step] for step in steps), float(last)], steps
