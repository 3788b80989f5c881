"""ESPnet's schedulers: ``espnet2.schedulers``, as of ESPnet 202511 (2025) and after.

Step t is the t-th ``scheduler.step()``, so that step 0 has the rate of the first update, which most
of them number ``n = t + 1``.

>>> import fastlr as flr
>>> flr.presets.espnet.WarmupLR(1.0, warmup_steps=4).table(4)
array([0.25, 0.5 , 0.75, 1.  ])
"""

from __future__ import annotations  # help() replaces rules in the text

from itertools import pairwise
from math import floor, isclose
from typing import Literal

import numpy as np

from fastlr.arguments.rules import BelowOne, Flag, Rate, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import fraction, geometric, knots, torch_plateau, warm_restarts
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Lengths,
    Level,
    Levels,
    Ratio,
    Share,
    Span,
    preset,
)
from fastlr.schedule.constructor_names import (
    constant,
    exponential,
    inverse_power,
    inverse_sqrt,
    join,
    linear,
    noam,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineAnnealingWarmupRestarts",
    "ExponentialDecayWarmup",
    "LinearWarmupDecayLR",
    "NoamLR",
    "PiecewiseLinearWarmupLR",
    "TristageLR",
    "WarmupLR",
    "WarmupReduceLROnPlateau",
    "WarmupStepLR",
]


@preset(elementwise=True)
def NoamLR(lr: Rate, model_size: Span = 320, warmup_steps: Span = 25000) -> Schedule:
    """Warm up linearly, then decay by the inverse square root, scaled by the model's width.

    ``lr * model_size^-0.5 * min(n^-0.5, n * warmup_steps^-1.5)``, ``n = t + 1``

    Parameters
    ----------
    lr : float or array
        The factor of the rate; an array has one per group. At least 0.
    model_size : int or array of int, default 320
        The width of the model. At least 1.
    warmup_steps : int or array of int, default 25000
        The number of steps of the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. The schedule never ends.

    References
    ----------
    ESPnet 202511 (2025), ``espnet2.schedulers``, ``NoamLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.espnet.NoamLR(1.0, model_size=4, warmup_steps=4)([0, 3, 15]).round(4)
    array([0.0625, 0.25  , 0.125 ])
    """
    return noam(model_size, warmup_steps, factor=lr)


@preset(elementwise=True)
def WarmupLR(lr: Rate, warmup_steps: Span = 25000) -> Schedule:
    """Warm up linearly, then decay by the inverse square root.

    ``lr * warmup_steps^0.5 * min(n^-0.5, n * warmup_steps^-1.5)``, ``n = t + 1``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int, default 25000
        The number of steps of the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0; the highest is ``lr``. The schedule never ends.

    References
    ----------
    ESPnet 202511 (2025), ``espnet2.schedulers``, ``WarmupLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.espnet.WarmupLR(1.0, warmup_steps=4).table(4)
    array([0.25, 0.5 , 0.75, 1.  ])
    """
    return inverse_sqrt(lr, warmup_steps).skip(1)


@preset()
def WarmupStepLR(
    lr: Rate,
    warmup_steps: Span = 25000,
    steps_per_epoch: Span = 10000,
    step_size: Span = 1,
    gamma: Level = 0.1,
) -> Schedule:
    """Warm up linearly, then reduce the rate at regular intervals of epochs.

    ``lr * n/warmup_steps``, ``n = t + 1``, then ``lr * gamma^floor((e - e0)/step_size)`` with ``e =
    floor(n/steps_per_epoch)`` and e0 that of ``warmup_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int, default 25000
        The number of steps of the warmup. At least 1.
    steps_per_epoch : int or array of int, default 10000
        The number of steps per epoch. At least 1.
    step_size : int or array of int, default 1
        The number of epochs per reduction. At least 1.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. The schedule never ends.

    References
    ----------
    ESPnet 202511 (2025), ``espnet2.schedulers``, ``WarmupStepLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.espnet.WarmupStepLR(1.0, warmup_steps=2, steps_per_epoch=2).table(6).round(3)
    array([0.5 , 1.  , 1.  , 0.1 , 0.1 , 0.01])
    """
    stairs = geometric(lr, gamma, steps_per_epoch * step_size, staircase=True)
    begin = warmup_steps + 1 - warmup_steps // steps_per_epoch * steps_per_epoch
    return join([linear(0.0, lr, warmup_steps).skip(1), stairs.skip(begin)], [warmup_steps])


@preset()
def PiecewiseLinearWarmupLR(
    lr: Rate, warmup_steps_list: Lengths = (0, 25000), warmup_lr_list: Levels = (0.0, 0.001)
) -> Schedule:
    """Warm up along lines, then decay by the inverse square root.

    Lines through ``warmup_lr_list`` at ``n = warmup_steps_list``, ``n = t + 1``, then ``lr *
    sqrt(W/n)``, W the last of these steps

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_steps_list : sequence of float, default (0, 25000)
        The positions of the corners. They rise. At least 0; they may be fractions.
    warmup_lr_list : sequence of float, default (0.0, 0.001)
        The rates at the corners. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_steps_list`` does not rise, or is not as long as ``warmup_lr_list``.

    Notes
    -----
    Before the first corner its rate is held. The schedule never ends.

    References
    ----------
    ESPnet 202511 (2025), ``espnet2.schedulers``, ``PiecewiseLinearWarmupLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.espnet.PiecewiseLinearWarmupLR(1.0, [0, 4], [0.0, 1.0])([0, 3, 15])
    array([0.25, 1.  , 0.5 ])
    """
    steps, levels = list(map(fraction, warmup_steps_list)), warmup_lr_list
    if (
        len(steps) != len(levels)
        or not steps
        or any(later <= step for step, later in pairwise(steps))
    ):
        detail = f"{short_repr(list(warmup_steps_list))} for {short_repr(list(levels))}"
        raise ArgumentError(f"warmup_steps_list must rise, as many as warmup_lr_list, got {detail}")
    rise = knots([(step - 1, level) for step, level in zip(steps, levels, strict=True)])
    end = floor(steps[-1])
    return join(
        [rise, inverse_power(np.multiply(lr, float(steps[-1]) ** 0.5), 0.5).skip(end)], [end]
    )


@preset()
def TristageLR(
    lr: Rate,
    max_steps: Span = 25000,
    warmup_ratio: Share = 0.1,
    hold_ratio: Share = 0.4,
    decay_ratio: Share = 0.5,
    init_lr_scale: Ratio = 0.01,
    final_lr_scale: Ratio = 0.01,
) -> Schedule:
    """Warm up linearly, hold the rate, then decay exponentially.

    A line from ``init_lr_scale * lr`` to ``lr``; ``lr``; then ``lr * final_lr_scale^p``, p the
    progress of the decay, up to ``t + 1 = max_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_steps : int or array of int, default 25000
        The number of steps. At least 1.
    warmup_ratio : float or array, default 0.1
        The share of the warmup, rounded down to whole steps. From 0 to 1.
    hold_ratio : float or array, default 0.4
        The share of the hold, rounded down to whole steps. From 0 to 1.
    decay_ratio : float or array, default 0.5
        The share of the decay, which takes all remaining steps. From 0 to 1.
    init_lr_scale : float or array, default 0.01
        The first rate, as a share of ``lr``. Above 0.
    final_lr_scale : float or array, default 0.01
        The last rate, as a share of ``lr``. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the sum of the three shares is not 1.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    ESPnet 202511 (2025), ``espnet2.schedulers``, ``TristageLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.espnet.TristageLR(1.0, max_steps=10, final_lr_scale=0.25)([0, 4, 9]).round(3)
    array([1.  , 1.  , 0.25])
    """
    if not isclose(warmup_ratio + hold_ratio + decay_ratio, 1.0):
        detail = f"{warmup_ratio}, {hold_ratio} and {decay_ratio}"
        raise ArgumentError(
            f"warmup_ratio, hold_ratio and decay_ratio must be 1 in all, got {detail}"
        )
    rise, hold = int(max_steps * warmup_ratio), int(max_steps * hold_ratio)
    fall = max_steps - rise - hold
    whole = linear(init_lr_scale, 1.0, rise).then(linear(1.0, 1.0, hold))
    return (
        whole.then(exponential(1.0, final_lr_scale, fall) if fall else constant(1.0)).skip(1) * lr
    )


@preset()
def ExponentialDecayWarmup(
    lr: Rate,
    max_lr: Ratio,
    min_lr: Ratio,
    total_steps: Span,
    warmup_steps: Count = 0,
    warm_from_zero: Flag = False,
) -> Schedule:
    """Warm up, then decay exponentially.

    ``max_lr * (min_lr/max_lr)^p``, p the progress from ``warmup_steps`` to ``total_steps``

    Parameters
    ----------
    lr : float or array
        The optimizer's own rate, which holds during the warmup; an array has one per group. At
        least 0.
    max_lr : float or array
        The rate at the end of the warmup. Above 0.
    min_lr : float or array
        The rate at ``total_steps``. Above 0.
    total_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    warmup_steps : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    warm_from_zero : bool, default False
        Whether the warmup is the line ``max_lr * (t+1)/warmup_steps``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_steps`` is not below ``total_steps``.

    Notes
    -----
    The rate at step 0 is ``max_lr``, or 0 with ``warm_from_zero``, as in ESPnet. After
    ``total_steps`` the decay goes on.

    References
    ----------
    ESPnet 202511 (2025), ``espnet2.schedulers``, ``ExponentialDecayWarmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.espnet.ExponentialDecayWarmup(0.5, max_lr=1.0, min_lr=0.25, total_steps=2)
    >>> s.table(3)
    array([1.  , 0.5 , 0.25])
    """
    if warmup_steps >= total_steps:
        detail = f"{warmup_steps} and {total_steps}"
        raise ArgumentError(f"warmup_steps must be below total_steps, got {detail}")
    rise = linear(0.0, max_lr, warmup_steps).skip(2) if warm_from_zero else constant(lr)
    fall = geometric(max_lr, min_lr / max_lr, total_steps - warmup_steps)
    first = constant(np.full(np.shape(lr), 0.0 if warm_from_zero else max_lr))
    return join([first, rise, fall.skip(0 if warmup_steps else 1)], [1, max(warmup_steps, 1)])


@preset(
    differences="Without warmup_steps, cycle_mult must be at least 1: ESPnet divides by 0 once a "
    "cycle has no steps."
)
def CosineAnnealingWarmupRestarts(
    first_cycle_steps: Span,
    cycle_mult: Ratio = 1.0,
    max_lr: Rate = 0.1,
    min_lr: Rate = 0.001,
    warmup_steps: Count = 0,
    gamma: Share = 1.0,
) -> Schedule:
    """Repeat a linear warmup and half a cosine wave.

    A line from ``min_lr`` to ``max_lr * gamma^i`` in ``warmup_steps``, then half a cosine wave back
    to ``min_lr``, in cycle i

    Parameters
    ----------
    first_cycle_steps : int or array of int
        The number of steps of the first cycle, including the warmup. At least 1.
    cycle_mult : float or array, default 1.0
        The factor of a wave's length. Above 0.
    max_lr : float or array, default 0.1
        The highest rate of the first cycle; an array has one per group. At least 0.
    min_lr : float or array, default 0.001
        The lowest rate. At least 0.
    warmup_steps : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    gamma : float or array, default 1.0
        The factor of the highest rate per cycle. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_steps`` is not below ``first_cycle_steps``, or ``cycle_mult`` is below 1 without
        a warmup.

    Notes
    -----
    The rate at step 0 is ``min_lr``, without a warmup too. Cycles repeat forever; the length of a
    wave is rounded down to whole steps.

    References
    ----------
    ESPnet 202511 (2025), ``espnet2.schedulers``, ``CosineAnnealingWarmupRestarts``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.espnet.CosineAnnealingWarmupRestarts
    >>> s = schedule(4, max_lr=1.0, min_lr=0.0, warmup_steps=2)
    >>> s.table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    fall = first_cycle_steps - warmup_steps
    if fall < 1:
        detail = f"{warmup_steps} and {first_cycle_steps}"
        raise ArgumentError(f"warmup_steps must be below first_cycle_steps, got {detail}")
    if cycle_mult < 1 and not warmup_steps:
        detail = f"1 without warmup_steps, got {cycle_mult}: cycles would come to no steps"
        raise ArgumentError(f"cycle_mult must be at least {detail}")
    whole = warm_restarts(
        max_lr, min_lr, warmup_steps, fall, lambda steps: int(steps * cycle_mult), gamma
    )
    return join([constant(min_lr), whole.skip(1)], [1])


@preset(
    differences="ESPnet multiplies the last rate step by step, and drifts. fastlr uses the closed "
    "form."
)
def LinearWarmupDecayLR(
    lr: Rate,
    warmup_steps: Count = 20000,
    total_steps: Span = 600000,
    start_factor: Share = 1e-8,
    end_factor: Share = 1e-8,
) -> Schedule:
    """Warm up linearly, then decay linearly.

    A line from ``start_factor * lr`` to ``lr`` at ``warmup_steps``, then a line to ``end_factor *
    lr`` at ``total_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int, default 20000
        The number of steps of the warmup. At least 0.
    total_steps : int or array of int, default 600000
        The number of steps, including the warmup. At least 1.
    start_factor : float or array, default 1e-8
        The first rate, as a share of ``lr``. From 0 to 1.
    end_factor : float or array, default 1e-8
        The last rate, as a share of ``lr``. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_steps`` is not below ``total_steps``.

    Notes
    -----
    Past the end the last rate is held. ESPnet multiplies the last rate step by step, and drifts;
    this is the closed form.

    References
    ----------
    ESPnet 202511 (2025), ``espnet2.schedulers``, ``LinearWarmupDecayLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.espnet.LinearWarmupDecayLR(1.0, 2, 4, start_factor=0.5, end_factor=0.0).table(5)
    array([0.5 , 0.75, 1.  , 0.5 , 0.  ])
    """
    if warmup_steps >= total_steps:
        raise ArgumentError(
            f"warmup_steps must be below total_steps, got {warmup_steps} and {total_steps}"
        )
    fall = linear(1.0, end_factor, total_steps - warmup_steps)
    return join([linear(start_factor, 1.0, warmup_steps), fall], [warmup_steps]) * lr


@preset(
    elementwise=True,
    differences="The preset is the rule without the warmup: multiply flr.linear(lr/warmup_steps, "
    "lr, warmup_steps - 1) by its scale. ESPnet forgets a reduction during the warmup "
    "at the next step.",
)
def WarmupReduceLROnPlateau(
    mode: Literal["min", "max"] = "min",
    factor: BelowOne = 0.1,
    patience: Count = 10,
    threshold: Level = 1e-4,
    threshold_mode: Literal["rel", "abs"] = "rel",
    cooldown: Count = 0,
    min_lr: Rate = 0.0,
    eps: Level = 1e-8,
) -> Plateau:
    """Reduce the rate when a metric has stopped improving.

    Parameters
    ----------
    mode : {"min", "max"}, default "min"
        Whether a lower or a higher metric is better.
    factor : float or array, default 0.1
        The factor of a reduction. From 0 up to, not including, 1.
    patience : int or array of int, default 10
        The number of epochs without improvement to accept. At least 0.
    threshold : float or array, default 1e-4
        How much better a metric must be to count. At least 0.
    threshold_mode : {"rel", "abs"}, default "rel"
        Whether ``threshold`` is relative to the best metric or absolute.
    cooldown : int or array of int, default 0
        The number of epochs after a reduction in which none is counted as bad. At least 0.
    min_lr : float or array, default 0.0
        The lowest rate. At least 0.
    eps : float or array, default 1e-8
        Rates that would change by no more than this stay. At least 0.

    Returns
    -------
    Plateau
        A rule, which takes metrics; see ``fastlr.Plateau``.

    Notes
    -----
    The rule is torch's, without the warmup: multiply ``fastlr.linear(lr/warmup_steps, lr,
    warmup_steps - 1)`` by its scale. ESPnet forgets a reduction during the warmup at the next step.

    References
    ----------
    ESPnet 202511 (2025), ``espnet2.schedulers``, ``WarmupReduceLROnPlateau``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.espnet.WarmupReduceLROnPlateau(patience=3)
    Plateau(patience=3, nan='bad')
    """
    return torch_plateau(
        threshold,
        threshold_mode == "rel",
        mode=mode,
        factor=factor,
        patience=patience,
        cooldown=cooldown,
        floor=min_lr,
        eps=eps,
    )
