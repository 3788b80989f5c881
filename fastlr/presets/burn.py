"""Burn's schedules, ``burn::lr_scheduler``, as of Burn 0.22 (2026).

A preset has the name and the fields of a config. Step t is the t-th call of ``step()``, from 0:
step 0 has the rate of the first update. Burn takes rates up to 1.

>>> import fastlr as flr
>>> b = flr.presets.burn
>>> warmup = b.LinearLrSchedulerConfig(0.1, 1.0, 2)
>>> decay = b.CosineAnnealingLrSchedulerConfig(1.0, 4)
>>> b.SequentialLrSchedulerConfig([warmup, decay], [2]).table(4).round(3)
array([0.1  , 0.55 , 1.   , 0.854])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from operator import add, mul
from typing import Literal

from fastlr.arguments.rules import Period, Rate, short_repr
from fastlr.presets._building_blocks import geometric
from fastlr.presets._rules import ArgumentError, Level, Marks, Span, preset
from fastlr.schedule.constructor_names import constant, cosine, join, linear, noam
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ComposedLrSchedulerConfig",
    "ConstantLr",
    "CosineAnnealingLrSchedulerConfig",
    "ExponentialLrSchedulerConfig",
    "LinearLrSchedulerConfig",
    "NoamLrSchedulerConfig",
    "SequentialLrSchedulerConfig",
    "StepLrSchedulerConfig",
]


@preset(elementwise=True)
def ConstantLr(lr: Rate) -> Schedule:
    """Hold the rate.

    ``lr``

    Parameters
    ----------
    lr : float or array
        The rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Burn 0.22 (2026), ``burn::lr_scheduler::constant::ConstantLr``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.burn.ConstantLr(0.5)(10)
    0.5
    """
    return constant(lr)


@preset(elementwise=True)
def LinearLrSchedulerConfig(initial_lr: Rate, final_lr: Rate, num_iters: Period) -> Schedule:
    """Go from one rate to another linearly.

    ``initial_lr + (final_lr - initial_lr) * t/num_iters``

    Parameters
    ----------
    initial_lr : float or array
        The rate at step 0; an array has one per group. At least 0.
    final_lr : float or array
        The rate from step ``num_iters`` on. At least 0.
    num_iters : int or array of int
        The number of steps. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    Burn 0.22 (2026), ``burn::lr_scheduler::linear::LinearLrSchedulerConfig``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.burn.LinearLrSchedulerConfig(1.0, 0.0, 4).table(6)
    array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
    """
    return linear(initial_lr, final_lr, num_iters)


@preset()
def CosineAnnealingLrSchedulerConfig(
    initial_lr: Rate, num_iters: Span, min_lr: Rate = 0.0
) -> Schedule:
    """Fall along half a cosine wave, again and again.

    ``min_lr + (initial_lr - min_lr) * (1 + cos(pi*n/num_iters))/2``, ``n = t mod (num_iters + 1)``

    Parameters
    ----------
    initial_lr : float or array
        The rate at step 0; an array has one per group. At least 0.
    num_iters : int or array of int
        The number of steps to the lowest rate. At least 1.
    min_lr : float or array, default 0.0
        The lowest rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate reaches ``min_lr`` at step ``num_iters``. One step later it restarts at
    ``initial_lr``. The schedule never ends.

    References
    ----------
    Burn 0.22 (2026), ``burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.burn.CosineAnnealingLrSchedulerConfig(1.0, 2).table(5)
    array([1. , 0.5, 0. , 1. , 0.5])
    """
    return cosine(initial_lr, min_lr, num_iters).then(linear(min_lr, min_lr, 1)).repeat()


@preset()
def ExponentialLrSchedulerConfig(initial_lr: Rate, gamma: Level) -> Schedule:
    """Decay the rate by a factor per step.

    ``initial_lr * gamma^t``

    Parameters
    ----------
    initial_lr : float or array
        The rate at step 0; an array has one per group. At least 0.
    gamma : float or array
        The factor per step; Burn takes those up to 1. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Burn 0.22 (2026), ``burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.burn.ExponentialLrSchedulerConfig(1.0, gamma=0.5).table(4)
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    return geometric(initial_lr, gamma)


@preset(elementwise=True)
def NoamLrSchedulerConfig(
    factor: Rate, warmup_steps: Period = 4_000, model_size: Period = 512
) -> Schedule:
    """Warm up linearly, then decay by the inverse square root.

    ``factor * model_size^-0.5 * min(n^-0.5, n * warmup_steps^-1.5)``, ``n = t + 1``

    Parameters
    ----------
    factor : float or array
        The factor of all rates; an array has one per group. At least 0.
    warmup_steps : int or array of int, default 4000
        The number of updates of the warmup. At least 1.
    model_size : int or array of int, default 512
        The width of the model. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. The schedule never ends.

    References
    ----------
    Burn 0.22 (2026), ``burn::lr_scheduler::noam::NoamLrSchedulerConfig``. After Vaswani et al.,
    *Attention Is All You Need* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.burn.NoamLrSchedulerConfig(1.0, warmup_steps=4, model_size=1).table(5).round(3)
    array([0.125, 0.25 , 0.375, 0.5  , 0.447])
    """
    return noam(model_size, warmup_steps, factor)


@preset()
def StepLrSchedulerConfig(initial_lr: Rate, step_size: Span, gamma: Level = 0.1) -> Schedule:
    """Reduce the rate at regular intervals.

    ``initial_lr * gamma^floor(t/step_size)``

    Parameters
    ----------
    initial_lr : float or array
        The rate at step 0; an array has one per group. At least 0.
    step_size : int or array of int
        The number of steps per reduction. At least 1.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Burn 0.22 (2026), ``burn::lr_scheduler::step::StepLrSchedulerConfig``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.burn.StepLrSchedulerConfig(1.0, step_size=2, gamma=0.5).table(5)
    array([1.  , 1.  , 0.5 , 0.5 , 0.25])
    """
    return geometric(initial_lr, gamma, step_size, staircase=True)


@preset(elementwise=True)
def ComposedLrSchedulerConfig(
    schedulers: Sequence[Schedule], reduction: Literal["Avg", "Sum", "Prod"] = "Prod"
) -> Schedule:
    """Multiply schedules, add them or take their mean, step by step.

    ``schedulers[0](t) * schedulers[1](t) * ...``, the same with +, or the mean

    Parameters
    ----------
    schedulers : sequence of Schedule
        The schedules, at least one.
    reduction : str, default "Prod"
        What is done with their rates: "Avg", "Sum" or "Prod".

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is no schedule.

    Notes
    -----
    All schedules count from the same step 0. Each goes on past its end as it does alone.

    References
    ----------
    Burn 0.22 (2026), ``burn::lr_scheduler::composed::ComposedLrSchedulerConfig``.

    Examples
    --------
    >>> import fastlr as flr
    >>> b = flr.presets.burn
    >>> line, stairs = b.LinearLrSchedulerConfig(0.0, 1.0, 2), b.StepLrSchedulerConfig(1.0, 2, 0.5)
    >>> b.ComposedLrSchedulerConfig([line, stairs]).table(4)
    array([0. , 0.5, 0.5, 0.5])
    >>> b.ComposedLrSchedulerConfig([line, stairs], "Avg").table(4)
    array([0.5 , 0.75, 0.75, 0.75])
    """
    if not schedulers:
        raise ArgumentError("schedulers must be at least one schedule, got none")
    if reduction == "Prod":
        return reduce(mul, schedulers)
    whole = reduce(add, schedulers)
    return whole / len(schedulers) if reduction == "Avg" else whole


@preset(elementwise=True)
def SequentialLrSchedulerConfig(schedulers: Sequence[Schedule], milestones: Marks) -> Schedule:
    """Run schedules one after another.

    ``schedulers[i]`` from step ``milestones[i-1]`` on, from its own step 0

    Parameters
    ----------
    schedulers : sequence of Schedule
        The schedules, one more than milestones.
    milestones : sequence of int
        The steps at which the next schedule begins. From 1 on, and strictly rising.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is not one schedule more than milestones, or milestones do not rise from 1 on.

    References
    ----------
    Burn 0.22 (2026), ``burn::lr_scheduler::sequential::SequentialLrSchedulerConfig``.

    Examples
    --------
    >>> import fastlr as flr
    >>> b = flr.presets.burn
    >>> parts = [b.LinearLrSchedulerConfig(0.5, 1.0, 2), b.ExponentialLrSchedulerConfig(1.0, 0.5)]
    >>> b.SequentialLrSchedulerConfig(parts, [2]).table(5)
    array([0.5 , 0.75, 1.  , 0.5 , 0.25])
    """
    if any(b <= a for a, b in pairwise([0, *milestones])):
        raise ArgumentError(
            f"milestones must rise strictly from 1 on, got {short_repr(list(milestones))}"
        )
    return join(schedulers, milestones)
