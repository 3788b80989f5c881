"""Hugging Face transformers' schedules, ``transformers.optimization``, as of transformers 5.24
(2026).

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update: 0, if there is a warmup. Every rate is a factor of the group's own rate, in double
precision. Two builders also read ``optimizer.defaults["lr"]``, one rate for all groups. Here it is
``default_lr``, by default each group's own rate.

>>> import fastlr as flr
>>> get_scheduler = flr.presets.transformers.get_scheduler
>>> get_scheduler("cosine", 0.5, num_warmup_steps=2, num_training_steps=4).table(6)
array([0.  , 0.25, 0.5 , 0.25, 0.  , 0.25])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, overload

import numpy as np

from fastlr.arguments.rules import Amount, BelowOne, Flag, Floats, Power, Rate, short_repr
from fastlr.plateau.adaptive import GreedyLR
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import fraction, in_ticks, torch_plateau, waves
from fastlr.presets._rules import ArgumentError, Count, Level, Shrink, Span, named, preset
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    inverse_power,
    join,
    linear,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "SCHEDULERS",
    "Adafactor",
    "get_constant_schedule",
    "get_constant_schedule_with_warmup",
    "get_cosine_schedule_with_warmup",
    "get_cosine_with_hard_restarts_schedule_with_warmup",
    "get_cosine_with_min_lr_schedule_with_warmup",
    "get_cosine_with_min_lr_schedule_with_warmup_lr_rate",
    "get_greedy_schedule",
    "get_inverse_sqrt_schedule",
    "get_linear_schedule_with_warmup",
    "get_polynomial_decay_schedule_with_warmup",
    "get_reduce_on_plateau_schedule",
    "get_scheduler",
    "get_wsd_schedule",
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
    transformers 5.24 (2026), ``transformers.get_constant_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.transformers.get_constant_schedule(0.5)(10)
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
    The rate at step 0 is 0.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_constant_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.transformers.get_constant_schedule_with_warmup(1.0, 2).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return linear(0.0, lr, num_warmup_steps)


@preset(elementwise=True)
def get_linear_schedule_with_warmup(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count
) -> Schedule:
    """Warm up linearly, then decay linearly to 0.

    ``lr * t/num_warmup_steps`` during the warmup, then a line from ``lr`` to 0 at step
    ``num_training_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_training_steps : int or array of int
        The number of steps, including the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0. Past the end it stays 0. If the warmup takes all of the steps, the rate
    is 0 right after it.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_linear_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.transformers.get_linear_schedule_with_warmup(1.0, 2, 4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    left = np.maximum(np.subtract(num_training_steps, num_warmup_steps), 0)
    return linear(0.0, lr, num_warmup_steps).then(linear(lr, 0.0, left))


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
        The number of cosine waves after the warmup; 0.5 is a fall from ``lr`` to the end. At least
        0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0. Past the end the wave goes on: with half a wave the rate climbs back.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_cosine_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.transformers.get_cosine_schedule_with_warmup(1.0, 2, 4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    body = waves(lr, 0.0, num_training_steps - num_warmup_steps, num_cycles)
    return join([linear(0.0, lr, num_warmup_steps), body], [num_warmup_steps])


@preset(
    differences="If num_cycles*p rounds to just below a whole number at the first step of a "
    "cycle, transformers gives 0; in fastlr every cycle begins with lr.",
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
    The rate at step 0 is 0, and exactly 0 from the end on. If the warmup takes all of the steps,
    the rate is ``lr`` for one step after it, then 0.

    If ``num_cycles*p`` rounds to just below a whole number at the first step of a cycle,
    transformers returns 0 there. In fastlr every cycle begins with ``lr``.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_cosine_with_hard_restarts_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.transformers.get_cosine_with_hard_restarts_schedule_with_warmup
    >>> schedule(1.0, 2, 6, num_cycles=2).table(7)
    array([0. , 0.5, 1. , 0.5, 1. , 0.5, 0. ])
    """
    length = max(1, num_training_steps - num_warmup_steps)
    ends = [num_warmup_steps, num_warmup_steps + length]
    return join(
        [linear(0.0, lr, num_warmup_steps), _restarts(lr, length, num_cycles), constant(0.0)], ends
    )


@preset(
    differences="If num_training_steps is num_warmup_steps, transformers divides by 0 at that "
    "step; in fastlr the rate is lr_end."
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
        The rate at the end, ``end``; with ``default_lr`` it is ``lr_end * lr/default_lr``. It must
        be below ``default_lr``, or ``lr``. At least 0.
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
    The rate at step 0 is 0. Past the end it is ``end``. If ``num_training_steps`` is
    ``num_warmup_steps``, transformers divides by zero at that step; in fastlr ``end`` holds.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_polynomial_decay_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.transformers.get_polynomial_decay_schedule_with_warmup
    >>> schedule(1.0, 2, 4, lr_end=0.0).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    if np.any(np.greater_equal(lr_end, lr if default_lr is None else default_lr)):
        detail = (
            f"got lr_end={short_repr(lr_end)}, lr={short_repr(lr)}, "
            f"default_lr={short_repr(default_lr)}"
        )
        raise ArgumentError(f"lr_end must be below the initial lr, {detail}")
    left = max(0, num_training_steps - num_warmup_steps)
    return linear(0.0, lr, num_warmup_steps).then(
        polynomial(lr, _of_group(lr_end, lr, default_lr), left, power=power)
    )


@preset()
def get_inverse_sqrt_schedule(
    lr: Rate, num_warmup_steps: Count, timescale: Span | None = None
) -> Schedule:
    """Warm up linearly, then decay by the inverse square root.

    ``lr * t/num_warmup_steps`` during the warmup, then ``lr / sqrt(1 + (t -
    num_warmup_steps)/timescale)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    timescale : int or array of int, optional
        The number of steps after which the rate has fallen to ``lr/sqrt(2)``. By default
        ``num_warmup_steps``, or 10,000 without a warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0 if there is a warmup. The schedule never ends.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_inverse_sqrt_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.transformers.get_inverse_sqrt_schedule(1.0, 1).table(5).round(3)
    array([0.   , 1.   , 0.707, 0.577, 0.5  ])
    """
    return linear(0.0, lr, num_warmup_steps).then(
        inverse_power(lr, 0.5, timescale or num_warmup_steps or 10_000)
    )


@preset()
def get_cosine_with_min_lr_schedule_with_warmup(
    lr: Rate,
    num_warmup_steps: Count,
    num_training_steps: Count,
    num_cycles: Level = 0.5,
    min_lr: Rate | None = None,
    min_lr_rate: Level | None = None,
    default_lr: Amount | None = None,
) -> Schedule:
    """Warm up linearly, then follow a cosine wave down to a lowest rate.

    ``lr * t/num_warmup_steps`` during the warmup, then ``low + (lr - low) * (1 +
    cos(2*pi*num_cycles*p))/2``, p the progress from its end to ``num_training_steps``.
    ``low`` is ``lr * min_lr_rate``, or ``min_lr``; with ``default_lr`` it is ``min_lr *
    lr/default_lr``.

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_training_steps : int or array of int
        The number of steps, including the warmup. At least 0.
    num_cycles : float or array, default 0.5
        The number of cosine waves after the warmup; 0.5 is a fall from ``lr`` to the end. At least
        0.
    min_lr : float or array, optional
        The lowest rate. Give it or ``min_lr_rate``. At least 0.
    min_lr_rate : float or array, optional
        The lowest rate, as a share of ``lr``. At least 0.
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
        If not exactly one of ``min_lr`` and ``min_lr_rate`` is given.

    Notes
    -----
    The rate at step 0 is 0. Past the end the wave goes on.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_cosine_with_min_lr_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.transformers.get_cosine_with_min_lr_schedule_with_warmup
    >>> schedule(1.0, 2, 4, min_lr=0.5).table(5)
    array([0.  , 0.5 , 1.  , 0.75, 0.5 ])
    """
    low = _lowest(lr, min_lr, min_lr_rate, default_lr)
    body = waves(lr, low, num_training_steps - num_warmup_steps, num_cycles)
    return join([linear(0.0, lr, num_warmup_steps), body], [num_warmup_steps])


@preset()
def get_cosine_with_min_lr_schedule_with_warmup_lr_rate(
    lr: Rate,
    num_warmup_steps: Count,
    num_training_steps: Count,
    num_cycles: Level = 0.5,
    min_lr: Rate | None = None,
    min_lr_rate: Level | None = None,
    warmup_lr_rate: Level | None = None,
    default_lr: Amount | None = None,
) -> Schedule:
    """Warm up and follow a cosine wave, one step ahead of the other schedules.

    ``lr * (t + 1)/num_warmup_steps`` during the warmup, then ``low + (lr - low) * (1 +
    cos(2*pi*num_cycles*p))/2``, with p the progress of step t + 1.
    ``low`` is ``lr * min_lr_rate``, or ``min_lr``; with ``default_lr`` it is ``min_lr *
    lr/default_lr``.

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_training_steps : int or array of int
        The number of steps, including the warmup. At least 0.
    num_cycles : float or array, default 0.5
        The number of cosine waves after the warmup; 0.5 is a fall from ``lr`` to the end. At least
        0.
    min_lr : float or array, optional
        The lowest rate. Give it or ``min_lr_rate``. At least 0.
    min_lr_rate : float or array, optional
        The lowest rate, as a share of ``lr``. At least 0.
    warmup_lr_rate : float or array, optional
        The share of ``lr`` at step 0, from which the warmup is a line to ``lr`` at its own last
        step. By default the formula above. At least 0.
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
        If not exactly one of ``min_lr`` and ``min_lr_rate`` is given.

    Notes
    -----
    The rate is never 0 in the warmup, and reaches ``low`` at the last step, before
    ``num_training_steps``. Past the end the wave goes on.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_cosine_with_min_lr_schedule_with_warmup_lr_rate``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.transformers.get_cosine_with_min_lr_schedule_with_warmup_lr_rate
    >>> schedule(1.0, 2, 4, min_lr=0.5).table(5)
    array([0.5 , 1.  , 0.75, 0.5 , 0.75])
    """
    low = _lowest(lr, min_lr, min_lr_rate, default_lr)
    body = waves(lr, low, num_training_steps - num_warmup_steps, num_cycles, first=1)
    if warmup_lr_rate is None:
        return join([linear(0.0, lr, num_warmup_steps).skip(1), body], [num_warmup_steps])
    return join(
        [linear(np.multiply(lr, warmup_lr_rate), lr, max(1, num_warmup_steps - 1)), body],
        [num_warmup_steps],
    )


@preset()
def get_wsd_schedule(
    lr: Rate,
    num_warmup_steps: Count,
    num_decay_steps: Count,
    num_training_steps: Count | None = None,
    num_stable_steps: Count | None = None,
    warmup_type: Literal["linear", "cosine", "1-sqrt"] = "linear",
    decay_type: Literal["linear", "cosine", "1-sqrt"] = "cosine",
    min_lr_ratio: Level = 0.0,
    num_cycles: Level = 0.5,
) -> Schedule:
    """Warm up, hold the rate, and decay.

    From ``lr * min_lr_ratio`` to ``lr`` in ``num_warmup_steps`` steps, ``lr``, then back in
    ``num_decay_steps`` steps.

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_decay_steps : int or array of int
        The number of steps of the decay. At least 0.
    num_training_steps : int or array of int, optional
        The number of steps; the stable phase takes what the others leave. At least 0.
    num_stable_steps : int or array of int, optional
        The number of steps of the stable phase, which wins over ``num_training_steps``. At least 0.
    warmup_type : {"linear", "cosine", "1-sqrt"}, default "linear"
        The curve of the warmup.
    decay_type : {"linear", "cosine", "1-sqrt"}, default "cosine"
        The curve of the decay.
    min_lr_ratio : float or array, default 0.0
        The lowest rate, as a share of ``lr``. At least 0.
    num_cycles : float or array, default 0.5
        The number of cosine waves with ``decay_type="cosine"``. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If neither ``num_training_steps`` nor ``num_stable_steps`` is given.

    Notes
    -----
    The rate at step 0 is ``lr * min_lr_ratio``, not 0; past the end too. If the other phases take
    more than ``num_training_steps``, the decay has begun before the warmup ends.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_wsd_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.transformers.get_wsd_schedule(1.0, 2, 2, num_stable_steps=2).table(8)
    array([0. , 0.5, 1. , 1. , 1. , 0.5, 0. , 0. ])
    """
    if num_training_steps is None and num_stable_steps is None:
        raise ArgumentError("num_training_steps or num_stable_steps must be given, got neither")
    stable = num_stable_steps
    if stable is None:
        stable = (num_training_steps or 0) - num_warmup_steps - num_decay_steps
    low = np.multiply(lr, min_lr_ratio)
    begin = num_warmup_steps + max(stable, 0)
    fall = join(
        [_decay(lr, low, num_decay_steps, decay_type, num_cycles), constant(low)], [num_decay_steps]
    )
    rise = _rise(low, lr, num_warmup_steps, warmup_type)
    return join(
        [rise, constant(lr), fall.skip(-stable) if stable < 0 else fall], [num_warmup_steps, begin]
    )


@preset(elementwise=True)
def get_reduce_on_plateau_schedule(
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
        The number of updates without improvement to accept. At least 0.
    threshold : float or array, default 1e-4
        How much better a metric must be to count. At least 0.
    threshold_mode : {"rel", "abs"}, default "rel"
        Whether ``threshold`` is relative to the best metric or absolute.
    cooldown : int or array of int, default 0
        The number of updates after a reduction in which none is counted as bad. At least 0.
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
    This is torch's ``ReduceLROnPlateau``: the rate is multiplied by ``factor`` once the metric has
    not improved for more than ``patience`` updates.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_reduce_on_plateau_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.transformers.get_reduce_on_plateau_schedule(patience=3)
    Plateau(patience=3, nan='bad')
    """
    relative = threshold_mode == "rel"
    return torch_plateau(
        threshold,
        relative,
        mode=mode,
        factor=factor,
        patience=patience,
        cooldown=cooldown,
        floor=min_lr,
        eps=eps,
    )


@preset(
    elementwise=True,
    differences="With several groups transformers resets all of them at once, when the last is at "
    "its min_lr; in fastlr each lane is by itself.",
)
def get_greedy_schedule(
    mode: Literal["min", "max"] = "min",
    factor: Shrink = 0.95,
    patience: Count = 10,
    threshold: Level = 1e-6,
    threshold_mode: Literal["abs", "rel"] = "abs",
    cooldown: Count = 0,
    warmup: Count = 0,
    min_lr: Rate = 1e-3,
    max_lr: Rate = 1.0,
    eps: Level = 1e-8,
    smooth: Flag = False,
    window_size: Span = 50,
    reset_start: Count = 500,
) -> GreedyLR:
    """Raise the rate while a metric improves, and lower it while it does not.

    Parameters
    ----------
    mode : {"min", "max"}, default "min"
        Whether a lower or a higher metric is better.
    factor : float or array, default 0.95
        The factor of a reduction; a rise divides by it. Above 0 and below 1.
    patience : int or array of int, default 10
        The number of updates in a row to accept before the rate changes. At least 0.
    threshold : float or array, default 1e-6
        How much better a metric must be to count. At least 0.
    threshold_mode : {"abs", "rel"}, default "abs"
        Whether ``threshold`` is absolute or relative to the best metric.
    cooldown : int or array of int, default 0
        The number of updates after a reduction in which none counts. At least 0.
    warmup : int or array of int, default 0
        The number of updates after a rise in which none counts. At least 0.
    min_lr : float or array, default 1e-3
        The lowest rate. At least 0.
    max_lr : float or array, default 1.0
        The highest rate. At least 0.
    eps : float or array, default 1e-8
        Rates that would change by no more than this stay. At least 0.
    smooth : bool, default False
        Whether the mean of the last ``window_size`` metrics decides.
    window_size : int, default 50
        The number of metrics in that mean. At least 1.
    reset_start : int or array of int, default 500
        The number of reductions at ``min_lr`` before everything begins again. At least 0.

    Returns
    -------
    GreedyLR
        A rule, which takes metrics; see ``fastlr.GreedyLR``.

    Notes
    -----
    Begin at a rate: ``rule.init(scale=1e-3)``.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_greedy_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.transformers.get_greedy_schedule(patience=3)
    GreedyLR(patience=3, nan='bad')
    """
    return GreedyLR(**locals(), nan="bad")


@preset(
    differences="With scale_parameter=True each parameter's rate is multiplied by its root mean "
    "square, which a schedule cannot know: pass that factor as scale.",
)
def Adafactor(scale: Rate = 1.0, warmup_init: Flag = False) -> Schedule:
    """Return the rate of ``Adafactor`` with ``relative_step=True``.

    ``scale * min(c, 1/sqrt(n))`` with n = t + 1, and c 0.01 or, with ``warmup_init``, ``1e-6 * n``

    Parameters
    ----------
    scale : float or array, default 1.0
        The factor of the rate. At least 0.
    warmup_init : bool, default False
        Whether to warm up.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The optimizer applies this itself, and ``AdafactorSchedule`` reports it. The schedule never
    ends.

    With ``scale_parameter=True`` the optimizer multiplies the rate of each parameter by its root
    mean square, which no schedule knows: pass it as ``scale``.

    References
    ----------
    transformers 5.24 (2026), ``transformers.Adafactor``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.transformers.Adafactor()([0, 9_999, 39_999])
    array([0.01 , 0.01 , 0.005])
    """
    start = linear(0.0, 1.0, 1_000_000).skip(1) if warmup_init else constant(0.01)
    return inverse_power(1.0, 0.5).minimum(start) * scale


# -- by name ---------------------------------------------------------------------------------------

_BUILDERS: dict[str, Callable[..., Any]] = {
    "linear": get_linear_schedule_with_warmup,
    "cosine": get_cosine_schedule_with_warmup,
    "cosine_with_restarts": get_cosine_with_hard_restarts_schedule_with_warmup,
    "polynomial": get_polynomial_decay_schedule_with_warmup,
    "constant": get_constant_schedule,
    "constant_with_warmup": get_constant_schedule_with_warmup,
    "inverse_sqrt": get_inverse_sqrt_schedule,
    "reduce_lr_on_plateau": get_reduce_on_plateau_schedule,
    "cosine_with_min_lr": get_cosine_with_min_lr_schedule_with_warmup,
    "cosine_warmup_with_min_lr": get_cosine_with_min_lr_schedule_with_warmup_lr_rate,
    "warmup_stable_decay": get_wsd_schedule,
}
# builders without num_training_steps
_UNTOTALLED = ("constant_with_warmup", "inverse_sqrt")
_UNTUNED = ("constant", "constant_with_warmup")  # which ignore arguments of their own


def _options(where: str, value: object) -> object:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise TypeError(
            f"{where} must be a mapping from names to values, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    return value


SCHEDULERS = (*_BUILDERS, "greedy")
SchedulerType = Annotated[str, named(SCHEDULERS)]
Options = Annotated[Mapping[str, Any], _options]


_Schedules = Literal[  # all of SCHEDULERS that a type checker may take for schedules
    "linear",
    "cosine",
    "cosine_with_restarts",
    "polynomial",
    "constant",
    "constant_with_warmup",
    "inverse_sqrt",
    "cosine_with_min_lr",
    "cosine_warmup_with_min_lr",
    "warmup_stable_decay",
]


@overload
def get_scheduler(
    name: _Schedules,
    lr: Rate,
    num_warmup_steps: Count | None = None,
    num_training_steps: Count | None = None,
    scheduler_specific_kwargs: Options | None = None,
) -> Schedule: ...
@overload
def get_scheduler(
    name: str,
    lr: Rate,
    num_warmup_steps: Count | None = None,
    num_training_steps: Count | None = None,
    scheduler_specific_kwargs: Options | None = None,
) -> Schedule | Plateau: ...
@preset(
    elementwise=True, differences='"greedy" raises ValueError: its rule is get_greedy_schedule.'
)
def get_scheduler(
    name: SchedulerType,
    lr: Rate,
    num_warmup_steps: Count | None = None,
    num_training_steps: Count | None = None,
    scheduler_specific_kwargs: Options | None = None,
) -> Schedule | Plateau:
    """Return the schedule of a name.

    Parameters
    ----------
    name : str
        The name, one of ``SCHEDULERS``.
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int, optional
        The number of steps of the warmup. Every name needs it but "constant" and
        "reduce_lr_on_plateau". At least 0.
    num_training_steps : int or array of int, optional
        The number of steps. "constant", "constant_with_warmup", "inverse_sqrt",
        "warmup_stable_decay" and "reduce_lr_on_plateau" do without. At least 0.
    scheduler_specific_kwargs : mapping of str to object, optional
        Further arguments of the builder; "constant" and "constant_with_warmup" ignore them.

    Returns
    -------
    Schedule or Plateau
        A ``Plateau`` rule for "reduce_lr_on_plateau".

    Raises
    ------
    ValueError
        If the name is unknown, or "greedy", whose rule ``get_greedy_schedule`` builds; if an
        argument that the name needs is missing.

    Notes
    -----
    An end that is a rate (``lr_end`` of "polynomial", ``min_lr``) is the same for every group,
    unless ``default_lr`` among the arguments is the optimizer's own rate: transformers gives each
    group its share of that.

    References
    ----------
    transformers 5.24 (2026), ``transformers.get_scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.transformers.get_scheduler("linear", 1.0, 2, 4).table(5)
    array([0. , 0.5, 1. , 0.5, 0. ])
    """
    if name == "greedy":
        raise ArgumentError(
            "name must be that of a schedule or of a Plateau, got 'greedy'; its rule is "
            "flr.presets.transformers.get_greedy_schedule(...)"
        )
    own = {} if name in _UNTUNED else dict(scheduler_specific_kwargs or {})
    if name == "constant":
        return constant(lr)
    if name == "reduce_lr_on_plateau":
        return get_reduce_on_plateau_schedule(**own)
    given = {"num_warmup_steps": num_warmup_steps, "num_training_steps": num_training_steps}
    wanted = [key for key in given if key == "num_warmup_steps" or name not in _UNTOTALLED]
    for key in wanted:
        if given[key] is None and (name, key) != ("warmup_stable_decay", "num_training_steps"):
            raise ArgumentError(f"{key} must be given for name={name!r}, got None")
    built: Schedule = _BUILDERS[name](lr, **{key: given[key] for key in wanted}, **own)
    return built


# -- what they are put together from ---------------------------------------------------------------


def _restarts(lr: Floats, length: int, num_cycles: float) -> Schedule:
    """Return ``num_cycles`` falling half waves in ``length`` steps."""
    if num_cycles == 0:
        return constant(lr)
    return in_ticks(
        lambda ticks: cosine(lr, 0.0, ticks).repeat(), length / fraction(num_cycles), reach=length
    )


def _rise(low: Floats, lr: Floats, steps: int, shape: str) -> Schedule:
    if shape == "cosine":
        return cosine(low, lr, steps)
    return polynomial(low, lr, steps, power=1.0 if shape == "linear" else 0.5)


def _decay(lr: Floats, low: Floats, steps: int, shape: str, num_cycles: float) -> Schedule:
    if shape == "cosine":
        return waves(lr, low, steps, num_cycles)
    return (
        linear(lr, low, steps)
        if shape == "linear"
        else polynomial(lr, low, steps, power=0.5, origin="start")
    )


def _of_group(rate: Floats, lr: Floats, default_lr: Floats | None) -> Floats:
    """Return a rate of the optimizer as a group with the rate ``lr`` has it."""
    return rate if default_lr is None else np.multiply(rate, np.divide(lr, default_lr))


def _lowest(
    lr: Floats,
    min_lr: Floats | None,
    min_lr_rate: float | None,
    default_lr: Floats | None,
) -> Floats:
    if min_lr is not None and min_lr_rate is None:
        return _of_group(min_lr, lr, default_lr)
    if min_lr_rate is None or min_lr is not None:
        got = f"min_lr={short_repr(min_lr)}, min_lr_rate={short_repr(min_lr_rate)}"
        raise ArgumentError(f"one of min_lr and min_lr_rate must be given, got {got}")
    return np.multiply(lr, min_lr_rate)
