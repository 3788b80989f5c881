"""Hugging Face diffusers' schedules, ``diffusers.optimization``, as of diffusers 0.42 (2026).

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update: 0, if there is a warmup. All are factors of each group's own rate, in double
precision.
"""

from __future__ import annotations  # help() replaces rules in the text

from typing import Annotated

import numpy as np

from fastlr.arguments.rules import Amount, Power, Rate, short_repr
from fastlr.presets._building_blocks import fraction, in_ticks, waves
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
    """Hold the base rate.

    ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    diffusers 0.42 (2026), ``diffusers.optimization.get_constant_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.diffusers.get_constant_schedule(0.5)(10)
    0.5
    """
    return constant(lr)


@preset(elementwise=True)
def get_constant_schedule_with_warmup(lr: Rate, num_warmup_steps: Count) -> Schedule:
    """Warm up linearly, then hold the rate.

    ``lr * t/num_warmup_steps`` during the warmup, then ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup.

    References
    ----------
    diffusers 0.42 (2026), ``diffusers.optimization.get_constant_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.diffusers.get_constant_schedule_with_warmup(1.0, 2).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return linear(0.0, lr, num_warmup_steps)


@preset()
def get_piecewise_constant_schedule(lr: Rate, step_rules: StepRules) -> Schedule:
    """Hold one factor of the rate after another.

    ``lr`` times the factor of the first rule whose step is above t, or times the last factor

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    step_rules : str
        Pairs ``factor:step`` and a last factor, separated by commas: "1:10,0.1:20,0.01".

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    With "1:10,0.1:20,0.01" the rate is ``lr`` below step 10, ``0.1 * lr`` from there to below step
    20, then ``0.01 * lr``.

    References
    ----------
    diffusers 0.42 (2026), ``diffusers.optimization.get_piecewise_constant_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.diffusers.get_piecewise_constant_schedule(1.0, "1:1,0.5:2,0.25").table(4)
    array([1.  , 0.5 , 0.25, 0.25])
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
    """Warm up linearly, then decay linearly.

    ``lr * f_max * t/num_warmup_steps`` during the warmup, then a line to ``lr * f_min`` at step
    ``num_training_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_training_steps : int or array of int
        The number of steps, including the warmup. At least 0.
    f_min : float or array, default 0.0
        The last rate, as a share of ``lr``. At least 0.
    f_max : float or array, default 1.0
        The rate at the end of the warmup, as a share of ``lr``. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the last rate is held.

    References
    ----------
    diffusers 0.42 (2026), ``diffusers.optimization.get_linear_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.diffusers.get_linear_schedule_with_warmup(1.0, 2, 4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    low, high = np.multiply(lr, f_min), np.multiply(lr, f_max)
    left = np.maximum(np.subtract(num_training_steps, num_warmup_steps), 0)
    return linear(0.0, high, num_warmup_steps).then(linear(high, low, left))


@preset()
def get_cosine_schedule_with_warmup(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Level = 0.5
) -> Schedule:
    """Warm up linearly, then follow a cosine wave.

    ``lr * t/num_warmup_steps`` during the warmup, then ``lr * (1 + cos(2*pi*num_cycles*p))/2``, p
    the progress from its end to ``num_training_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_training_steps : int or array of int
        The number of steps, including the warmup. At least 0.
    num_cycles : float or array, default 0.5
        The number of cosine waves after the warmup; 0.5 is a fall from ``lr`` to 0. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the wave goes on: with half a wave
    the rate climbs back.

    References
    ----------
    diffusers 0.42 (2026), ``diffusers.optimization.get_cosine_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.diffusers.get_cosine_schedule_with_warmup(1.0, 2, 4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    body = waves(lr, 0.0, num_training_steps - num_warmup_steps, num_cycles)
    return join([linear(0.0, lr, num_warmup_steps), body], [num_warmup_steps])


@preset(
    differences="If num_cycles*p rounds to just below a whole number at the first step of a "
    "cycle, diffusers gives 0; in fastlr every cycle begins with lr.",
)
def get_cosine_with_hard_restarts_schedule_with_warmup(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Level = 1
) -> Schedule:
    """Warm up linearly, then repeat half a cosine wave.

    ``lr * t/num_warmup_steps`` during the warmup, then ``lr * (1 + cos(pi*(num_cycles*p mod
    1)))/2``, p the progress from its end to ``num_training_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_training_steps : int or array of int
        The number of steps, including the warmup. At least 0.
    num_cycles : float or array, default 1
        The number of falling half waves. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup, and exactly 0 from the end on. If the warmup
    takes all of the steps, the rate is ``lr`` for one step after it, then 0.

    If ``num_cycles*p`` rounds to just below a whole number at the first step of a cycle, diffusers
    returns 0 there. In fastlr every cycle begins with ``lr``.

    References
    ----------
    diffusers 0.42 (2026),
    ``diffusers.optimization.get_cosine_with_hard_restarts_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.diffusers.get_cosine_with_hard_restarts_schedule_with_warmup
    >>> s = schedule(1.0, 2, 6, num_cycles=2)
    >>> s.table(7)
    array([0. , 0.5, 1. , 0.5, 1. , 0.5, 0. ])
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
    differences="If num_training_steps is num_warmup_steps, diffusers divides by 0 at that step; "
    "in fastlr the rate is lr_end."
)
def get_polynomial_decay_schedule_with_warmup(
    lr: Rate,
    num_warmup_steps: Count,
    num_training_steps: Count,
    lr_end: Rate = 1e-7,
    power: Power = 1.0,
    default_lr: Amount | None = None,
) -> Schedule:
    """Warm up linearly, then decay by a polynomial.

    ``lr * t/num_warmup_steps`` during the warmup, then ``end + (lr - end) * (1 - p)^power``, p the
    progress from its end to ``num_training_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_training_steps : int or array of int
        The number of steps, including the warmup. At least 0.
    lr_end : float or array, default 1e-7
        The rate at the end, ``end``; with ``default_lr`` it is ``lr_end * lr/default_lr``. At least
        0.
    power : float or array, default 1.0
        The power of the decay. From 1e-3 to 1e3.
    default_lr : float or array, optional
        The optimizer's own rate, ``optimizer.defaults["lr"]``, of which a group's end is a share.
        By default the end is the same for every group. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``lr_end`` is not below ``default_lr``, or ``lr`` without it.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end it is ``end``. If
    ``num_training_steps`` is ``num_warmup_steps``, diffusers divides by zero at that step; in
    fastlr ``end`` holds.

    References
    ----------
    diffusers 0.42 (2026), ``diffusers.optimization.get_polynomial_decay_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.diffusers.get_polynomial_decay_schedule_with_warmup(1.0, 2, 4, lr_end=0.0)
    >>> s.table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
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
    """Build a schedule by its name in diffusers.

    The schedule ``name``, such as ``get_cosine_schedule_with_warmup`` for "cosine"

    Parameters
    ----------
    name : str
        "linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup"
        or "piecewise_constant".
    lr : float or array
        The base rate; an array has one per group. At least 0.
    step_rules : str, optional
        The rules of "piecewise_constant", which needs them.
    num_warmup_steps : int or array of int, optional
        The number of steps of the warmup; all but "constant" and "piecewise_constant" need it. At
        least 0.
    num_training_steps : int or array of int, optional
        The number of steps, including the warmup; all need it but the constant schedules. At least
        0.
    num_cycles : float or array, default 1
        The number of cycles of "cosine_with_restarts". At least 0.
    power : float or array, default 1.0
        The power of "polynomial". From 1e-3 to 1e3.
    default_lr : float or array, optional
        The optimizer's own rate, ``optimizer.defaults["lr"]``, for the end of "polynomial". Above
        0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If an argument that the schedule needs is missing.

    References
    ----------
    diffusers 0.42 (2026), ``diffusers.optimization.get_scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.diffusers.get_scheduler
    >>> s = schedule("linear", 1.0, num_warmup_steps=2, num_training_steps=4)
    >>> s.table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
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
