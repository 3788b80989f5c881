"""tinygrad's schedulers: ``extra/lr_scheduler.py`` and those of its MLPerf examples, as of 2025, in
float32.

Step t is the t-th ``scheduler.step()``, so that step 0 has the rate of the first update, as the
constructor leaves it.

>>> MultiStepLR(0.1, [2], gamma=0.5).table(4)
array([0.1 , 0.1 , 0.05, 0.05])
"""

from __future__ import annotations  # help() replaces rules in the text

from typing import Literal

import numpy as np

from fastlr.arguments.rules import BelowOne, Rate
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import drops, fraction, knots, multiplied, torch_plateau, wave
from fastlr.presets._rules import (
    Count,
    Exponent,
    Function,
    Level,
    Marks,
    Ratio,
    Share,
    Span,
    Tabled,
    preset,
)
from fastlr.schedule.constructor_names import join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineAnnealingLR",
    "CosineAnnealingLRWithWarmup",
    "LambdaLR",
    "LambdaLinearScheduler",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialDecayWithWarmup",
    "ReduceLROnPlateau",
]


@preset()
def MultiStepLR(lr: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """Reduce the rate at milestones.

    ``lr * gamma^i``, i the number of different milestones from 1 to t

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    milestones : sequence of int
        The steps of the reductions, in any order.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    A milestone that is given twice counts once; one at 0 does not count. tinygrad computes in
    float32.

    References
    ----------
    tinygrad (2025), ``extra.lr_scheduler.MultiStepLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tinygrad.MultiStepLR(0.1, [2], gamma=0.5).table(4)
    array([0.1 , 0.1 , 0.05, 0.05])
    """
    return drops("milestones", lr, gamma, sorted(set(milestones) - {0}))


@preset()
def CosineAnnealingLR(lr: Rate, T_max: Span, eta_min: Rate = 0.0) -> Schedule:
    """Follow a cosine wave.

    ``eta_min + (lr - eta_min) * (1 + cos(pi*t/T_max))/2``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    T_max : int or array of int
        The number of steps of half a wave. At least 1.
    eta_min : float or array, default 0.0
        The lowest rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Beyond ``T_max`` the wave goes on: the rate climbs back, and so on. tinygrad computes in
    float32.

    References
    ----------
    tinygrad (2025), ``extra.lr_scheduler.CosineAnnealingLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tinygrad.CosineAnnealingLR(1.0, T_max=2).table(5)
    array([1. , 0.5, 0. , 0.5, 1. ])
    """
    return wave(lr, eta_min, T_max)


@preset(differences="Past total_steps the last rate is held; tinygrad's falls below 0.")
def OneCycleLR(
    max_lr: Rate, div_factor: Ratio, final_div_factor: Ratio, total_steps: Span, pct_start: Share
) -> Schedule:
    """Rise linearly to a peak and fall below the first rate.

    A line from ``max_lr/div_factor`` to ``max_lr`` at ``pct_start*total_steps``, then one to
    ``max_lr/(div_factor*final_div_factor)`` at ``total_steps``

    Parameters
    ----------
    max_lr : float or array
        The rate at the peak; an array has one per group. At least 0.
    div_factor : float or array
        The peak divided by the first rate. Above 0.
    final_div_factor : float or array
        The first rate divided by the last. Above 0.
    total_steps : int or array of int
        The number of steps. At least 1.
    pct_start : float or array
        The share of the rise. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The peak may lie between steps. Past the end the last rate is held; tinygrad's falls below 0.

    References
    ----------
    tinygrad (2025), ``extra.lr_scheduler.OneCycleLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tinygrad.OneCycleLR(1.0, 2.0, 2.0, 4, 0.5).table(5)
    array([0.5  , 0.75 , 1.   , 0.625, 0.25 ])
    """
    low = np.divide(max_lr, div_factor)
    boundary = fraction(pct_start) * total_steps
    return knots([(0, low), (boundary, max_lr), (total_steps, np.divide(low, final_div_factor))])


@preset(elementwise=True)
def ReduceLROnPlateau(
    mode: Literal["min", "max"] = "min",
    factor: BelowOne = 0.1,
    patience: Count = 10,
    threshold: Level = 1e-4,
    threshold_mode: Literal["rel", "abs"] = "rel",
) -> Plateau:
    """Reduce the rate when a metric has stopped improving.

    Parameters
    ----------
    mode : {"min", "max"}, default "min"
        Whether a lower or a higher metric is better.
    factor : float or array, default 0.1
        The factor of a reduction. From 0 up to, not including, 1.
    patience : int or array of int, default 10
        The number of updates without improvement to accept. At least 0.
    threshold : float or array, default 1e-4
        How much better a metric must be to count. At least 0.
    threshold_mode : {"rel", "abs"}, default "rel"
        Whether ``threshold`` is relative to the best metric or absolute.

    Returns
    -------
    Plateau
        A rule, which takes metrics; see ``fastlr.Plateau``.

    Notes
    -----
    The rule is torch's, without a lowest rate, a cooldown or a smallest change.

    References
    ----------
    tinygrad (2025), ``extra.lr_scheduler.ReduceLROnPlateau``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tinygrad.ReduceLROnPlateau(patience=3)
    Plateau(patience=3, eps=0.0, nan='bad')
    """
    return torch_plateau(
        threshold, threshold_mode == "rel", mode=mode, factor=factor, patience=patience, eps=0.0
    )


@preset(
    differences="From step train_steps + 1 on end_lr is held; tinygrad takes powers of negative "
    "numbers there."
)
def PolynomialDecayWithWarmup(
    initial_lr: Rate, end_lr: Rate, train_steps: Span, warmup: Span, power: Exponent = 2.0
) -> Schedule:
    """Warm up linearly, then decay by a polynomial.

    A line from 0 to ``initial_lr`` at step ``warmup``, then ``end_lr + (initial_lr - end_lr) *
    x^power``, ``x = 1 - (t - warmup)/(train_steps - warmup + 1)``

    Parameters
    ----------
    initial_lr : float or array
        The highest rate; an array has one per group. At least 0.
    end_lr : float or array
        The last rate. At least 0.
    train_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    warmup : int or array of int
        The number of steps of the warmup; more than ``train_steps`` count as these. At least 1.
    power : float or array, default 2.0
        The power of the decay. From 1e-3 to 1e3.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0. ``end_lr`` is reached at step ``train_steps + 1``, and held; tinygrad
    takes powers of negative numbers there.

    References
    ----------
    tinygrad (2025), ``PolynomialDecayWithWarmup`` of its MLPerf examples.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tinygrad.PolynomialDecayWithWarmup(1.0, 0.0, 3, 2, power=1.0).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    rise = min(warmup, train_steps)
    return linear(0.0, initial_lr, rise).then(
        polynomial(initial_lr, end_lr, train_steps - rise + 1, power=power)
    )


@preset()
def CosineAnnealingLRWithWarmup(
    base_lr: Rate, end_lr: Rate, warmup_steps: Count, decay_steps: Span
) -> Schedule:
    """Warm up linearly, then follow a cosine wave.

    ``base_lr * (t+1)/warmup_steps``, then ``end_lr + (base_lr - end_lr) * (1 +
    cos(pi*c/decay_steps))/2``, ``c = t + 1 - warmup_steps``

    Parameters
    ----------
    base_lr : float or array
        The base rate; an array has one per group. At least 0.
    end_lr : float or array
        The lowest rate. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    decay_steps : int or array of int
        The number of steps of half a wave. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. Without a warmup ``c = t``. Past the end the wave climbs back, and so
    on.

    References
    ----------
    tinygrad (2025), ``CosineAnnealingLRWithWarmup`` of its MLPerf examples.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tinygrad.CosineAnnealingLRWithWarmup(1.0, 0.0, 2, 2).table(5)
    array([0.5, 1. , 0.5, 0. , 0.5])
    """
    body = wave(base_lr, end_lr, decay_steps)
    return (
        join([linear(0.0, base_lr, warmup_steps).skip(1), body.skip(1)], [warmup_steps])
        if warmup_steps
        else body
    )


@preset(differences="Past cycle_lengths f_min is held; tinygrad's factor falls below it.")
def LambdaLinearScheduler(
    warm_up_steps: Count, f_min: Rate, f_max: Rate, f_start: Rate, cycle_lengths: Span
) -> Schedule:
    """Warm up linearly, then decay along a line that began at step 0.

    A line from ``f_start`` towards ``f_max`` in ``warm_up_steps`` steps, then the line from
    ``f_max`` at step 0 to ``f_min`` at step ``cycle_lengths``

    Parameters
    ----------
    warm_up_steps : int or array of int
        The number of steps of the warmup. At least 0.
    f_min : float or array
        The last factor. At least 0.
    f_max : float or array
        The highest factor. At least 0.
    f_start : float or array
        The factor at step 0. At least 0.
    cycle_lengths : int or array of int
        The number of steps, including the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule is a factor: multiply it by the rate. Past the end ``f_min`` is held; tinygrad's
    falls below it.

    References
    ----------
    tinygrad (2025), ``LambdaLinearScheduler`` of its examples.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tinygrad.LambdaLinearScheduler(2, 0.0, 1.0, 0.0, 4).table(6)
    array([0.  , 0.5 , 0.5 , 0.25, 0.  , 0.  ])
    """
    fall = linear(f_max, f_min, cycle_lengths)
    return linear(f_start, f_max, warm_up_steps).then(fall.skip(warm_up_steps))


@preset(
    differences="A function is not a value: fastlr calls it once for each of `total_steps` steps, "
    "and holds the last rate."
)
def LambdaLR(base_lr: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """Multiply the base rate by a function of the step.

    ``base_lr * lr_lambda(t)``

    Parameters
    ----------
    base_lr : float or array
        The base rate; an array has one per group. At least 0.
    lr_lambda : callable
        A function of the step that returns a factor.
    total_steps : int or array of int
        The number of steps at which the function is evaluated. From 1 to 4,194,304.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    TypeError
        If ``lr_lambda`` is no function, or returns something other than numbers.

    Notes
    -----
    A function is not a value: fastlr calls it once for each of ``total_steps`` steps and holds the
    last rate.

    References
    ----------
    tinygrad (2025), ``LambdaLR`` of its examples.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tinygrad.LambdaLR(1.0, lambda t: 1 / (1 + t), total_steps=2).table(3)
    array([1. , 0.5, 0.5])
    """
    return multiplied(base_lr, lr_lambda, total_steps)
