"""OneFlow's schedulers: ``oneflow.optim.lr_scheduler`` of 0.9 (2023), after torch's, but all of
them closed forms, in float64.

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update.

>>> LinearLR(1.0, start_factor=0.5, end_factor=0.75, total_iters=2).table(4)
array([0.5  , 0.625, 1.   , 1.   ])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np

from fastlr.arguments.rules import BelowOne, Flag, Number, Rate, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    chained,
    compounded,
    cycling_polynomial,
    drops,
    geometric,
    lowered_restarts,
    multiplied,
    one_cycle,
    rate_at,
    torch_plateau,
    total_of_epochs,
    wave,
)
from fastlr.presets._rules import (
    A_FUNCTION,
    MOST_TURNS,
    ArgumentError,
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
from fastlr.schedule.constructor_names import constant, cosine, cyclic, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CosineDecayLR",
    "CyclicLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SWALR",
    "SequentialLR",
    "StepLR",
    "WarmupLR",
]

_Restarts = Annotated[
    int, Number(f"an integer from 0 to {MOST_TURNS:,}", 0, MOST_TURNS, whole=True)
]


def _flags(where: str, value: object) -> object:
    flags = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(flag, bool | np.bool_) for flag in flags):
        raise TypeError(
            f"{where} must be True or False, or a list of them, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    return value


Flags = Annotated[Sequence[bool] | bool, _flags]


@preset(differences=A_FUNCTION)
def LambdaLR(lr: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """Multiply the base rate by a function of the step.

    ``lr * lr_lambda(t)``

    Parameters
    ----------
    lr : float or array
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
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.LambdaLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.LambdaLR(1.0, lambda t: 1 / (1 + t), total_steps=2).table(3)
    array([1. , 0.5, 0.5])
    """
    return multiplied(lr, lr_lambda, total_steps)


@preset(differences=A_FUNCTION)
def MultiplicativeLR(lr: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """Multiply the rate by a function of the step, step after step.

    ``lr * lr_lambda(1) * ... * lr_lambda(t)``

    Parameters
    ----------
    lr : float or array
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
    A function is not a value: fastlr calls it once for each of ``total_steps`` steps but step 0,
    and holds the last rate.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.MultiplicativeLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.MultiplicativeLR(1.0, lambda t: 0.5, total_steps=3).table(4)
    array([1.  , 0.5 , 0.25, 0.25])
    """
    return compounded(lr, lr_lambda, total_steps)


@preset()
def StepLR(lr: Rate, step_size: Span, gamma: Level = 0.1) -> Schedule:
    """Reduce the rate at regular intervals.

    ``lr * gamma^floor(t/step_size)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
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
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.StepLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.StepLR(1.0, step_size=2, gamma=0.5).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    return geometric(lr, gamma, step_size, staircase=True)


@preset()
def MultiStepLR(lr: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """Reduce the rate at milestones.

    ``lr * gamma^i``, i the number of milestones at or before t

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    milestones : sequence of int
        The steps of the reductions. They rise strictly.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If milestones do not rise strictly.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.MultiStepLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.MultiStepLR(1.0, [1, 3], gamma=0.5).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    return drops("milestones", lr, gamma, milestones)


@preset()
def ExponentialLR(lr: Rate, gamma: Level) -> Schedule:
    """Multiply the rate by the same factor at every step.

    ``lr * gamma^t``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The factor per step. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.ExponentialLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.ExponentialLR(1.0, 0.5).table(3)
    array([1.  , 0.5 , 0.25])
    """
    return geometric(lr, gamma)


@preset()
def ConstantLR(lr: Rate, factor: Share = 1.0 / 3, total_iters: Count = 5) -> Schedule:
    """Multiply the rate by a factor for a number of steps.

    ``lr * factor`` for ``total_iters`` steps, then ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    factor : float or array, default 1.0 / 3
        The factor. From 0 to 1.
    total_iters : int or array of int, default 5
        The number of steps of the factor. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.ConstantLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.ConstantLR(1.0, factor=0.5, total_iters=2).table(3)
    array([0.5, 0.5, 1. ])
    """
    return join([constant(np.multiply(lr, factor)), constant(lr)], [total_iters])


@preset()
def LinearLR(
    lr: Rate, start_factor: Share = 1.0 / 3, end_factor: Share = 1.0, total_iters: Count = 5
) -> Schedule:
    """Multiply the rate by a factor that changes linearly.

    A line from ``lr * start_factor`` towards ``lr * end_factor``, then ``lr`` from step
    ``total_iters`` on

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    start_factor : float or array, default 1.0 / 3
        The factor at step 0. From 0 to 1.
    end_factor : float or array, default 1.0
        The factor that the line leads to. From 0 to 1.
    total_iters : int or array of int, default 5
        The number of steps of the change. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    From step ``total_iters`` on the rate is ``lr``, whatever ``end_factor`` is.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.LinearLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.LinearLR(1.0, start_factor=0.5, end_factor=0.75, total_iters=2).table(4)
    array([0.5  , 0.625, 1.   , 1.   ])
    """
    ramp = linear(np.multiply(lr, start_factor), np.multiply(lr, end_factor), total_iters)
    return join([ramp, constant(lr)], [total_iters])


@preset(differences="With cycle=True, end_learning_rate must be at most lr.")
def PolynomialLR(
    lr: Rate,
    decay_batch: Span,
    end_learning_rate: Rate = 0.0001,
    power: Exponent = 1.0,
    cycle: Flag = False,
) -> Schedule:
    """Decay the rate by a polynomial, once or in cycles.

    ``end_learning_rate + (lr - end_learning_rate) * (1 - t/decay_batch)^power``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    decay_batch : int or array of int
        The number of steps of the decay. At least 1.
    end_learning_rate : float or array, default 0.0001
        The rate at the end. At least 0.
    power : float or array, default 1.0
        The power of the decay. From 1e-3 to 1e3.
    cycle : bool, default False
        Whether to start again at each multiple of ``decay_batch``, from a lower rate each time.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``cycle`` is True and ``end_learning_rate`` is above ``lr``.

    Notes
    -----
    Without ``cycle`` the last rate is held. With it, ``decay_batch`` in the formula is the first
    multiple of itself at or after t: the rate jumps up after each multiple. Step 0 then has the
    rate of step 1.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.PolynomialLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.PolynomialLR(1.0, 2, end_learning_rate=0.0).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    if not cycle:
        return polynomial(lr, end_learning_rate, decay_batch, power=power)
    return cycling_polynomial(lr, end_learning_rate, power, decay_batch).skip(1).delay(1)


@preset()
def CosineDecayLR(lr: Rate, decay_steps: Span, alpha: Share = 0.0) -> Schedule:
    """Decay the rate by half a cosine wave.

    ``lr * (alpha + (1 - alpha) * (1 + cos(pi*t/decay_steps))/2)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    alpha : float or array, default 0.0
        The last rate, as a share of ``lr``. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.CosineDecayLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.CosineDecayLR(1.0, decay_steps=2).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return cosine(lr, np.multiply(lr, alpha), decay_steps)


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
    Beyond ``T_max`` the wave goes on: the rate climbs back, and so on.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.CosineAnnealingLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.CosineAnnealingLR(1.0, T_max=2).table(5)
    array([1. , 0.5, 0. , 0.5, 1. ])
    """
    return wave(lr, eta_min, T_max)


@preset(
    differences="OneFlow finds the cycle by a floating-point logarithm, and misses some; fastlr "
    "misses none. If T_mult is above 1, there are at most 10,000 cycles."
)
def CosineAnnealingWarmRestarts(
    lr: Rate,
    T_0: Span,
    T_mult: Span = 1,
    eta_min: Rate = 0.0,
    decay_rate: Level = 1.0,
    restart_limit: _Restarts = 0,
) -> Schedule:
    """Repeat half a cosine wave, with cycles that grow longer and lower.

    ``eta_min + (lr * decay_rate^i - eta_min) * (1 + cos(pi*c/L))/2``, c steps into cycle i of ``L =
    T_0 * T_mult^i`` steps

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    T_0 : int or array of int
        The number of steps of the first cycle. At least 1.
    T_mult : int or array of int, default 1
        The factor of a cycle's length. At least 1.
    eta_min : float or array, default 0.0
        The lowest rate. At least 0.
    decay_rate : float or array, default 1.0
        The factor of a cycle's first rate. At least 0.
    restart_limit : int or array of int, default 0
        The number of cycles, after which the rate is ``eta_min``; with 0 they never end. From 0 to
        10,000.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    OneFlow finds the cycle by a floating-point logarithm and misses some; fastlr does not. If
    ``T_mult`` is above 1, there are at most 10,000 cycles.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.CosineAnnealingWarmRestarts``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.CosineAnnealingWarmRestarts(1.0, T_0=2).table(5)
    array([1. , 0.5, 1. , 0.5, 1. ])
    """
    return lowered_restarts(
        lr, eta_min, lambda i: T_0 * T_mult**i, decay_rate, restart_limit or None
    )


@preset(
    differences="scale_fn is not supported, nor the momentum with mode='exp_range', which would "
    "be a difference of two curves."
)
def CyclicLR(
    base_lr: Rate,
    max_lr: Rate,
    step_size_up: Span = 2000,
    step_size_down: Span | None = None,
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
    gamma: Level = 1.0,
    base_momentum: Rate = 0.8,
    max_momentum: Rate = 0.9,
    of: Literal["lr", "momentum"] = "lr",
) -> Schedule:
    """Rise and fall linearly in cycles.

    A line from ``base_lr`` to ``max_lr`` and one back

    Parameters
    ----------
    base_lr : float or array
        The lowest rate; an array has one per group. At least 0.
    max_lr : float or array
        The highest rate. At least 0.
    step_size_up : int or array of int, default 2000
        The number of steps of a rise. At least 1.
    step_size_down : int or array of int, optional
        The number of steps of a fall. By default ``step_size_up``. At least 1.
    mode : {"triangular", "triangular2", "exp_range"}, default "triangular"
        Whether the height stays, is halved per cycle ("triangular2"), or is multiplied by
        ``gamma^t`` ("exp_range").
    gamma : float or array, default 1.0
        The factor per step of "exp_range". At least 0.
    base_momentum : float or array, default 0.8
        The momentum at the highest rate. At least 0.
    max_momentum : float or array, default 0.9
        The momentum at the lowest rate. At least 0.
    of : {"lr", "momentum"}, default "lr"
        What the schedule gives: the rate or the momentum.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the highest is below the lowest, or ``of="momentum"`` with ``mode="exp_range"``.

    Notes
    -----
    Cycles repeat forever. ``scale_fn`` is not supported.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.CyclicLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.CyclicLR(0.0, 1.0, step_size_up=2).table(5)
    array([0. , 0.5, 1. , 0.5, 0. ])
    """
    if of == "momentum" and mode == "exp_range":
        raise ArgumentError("of must be 'lr' with mode='exp_range', got 'momentum'")
    low, high = (base_lr, max_lr) if of == "lr" else (base_momentum, max_momentum)
    if np.any(np.greater(low, high)):
        raise ArgumentError(
            f"max_{of} must be at least base_{of}, {short_repr(low)}, got {short_repr(high)}"
        )
    if mode != "exp_range":
        return cyclic(low, high, step_size_up, step_size_down, mode=mode, inverse=of == "momentum")
    height = geometric(np.subtract(high, low), gamma)
    return cyclic(0.0, 1.0, step_size_up, step_size_down) * height + np.asarray(low)


@preset(differences="With anneal_strategy='linear' the last rate is held; OneFlow's falls below 0.")
def OneCycleLR(
    max_lr: Rate,
    total_steps: Span | None = None,
    epochs: Span | None = None,
    steps_per_epoch: Span | None = None,
    pct_start: Share = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    base_momentum: Rate = 0.85,
    max_momentum: Rate = 0.95,
    div_factor: Ratio = 25.0,
    final_div_factor: Ratio = 1e4,
    three_phase: Flag = False,
    of: Literal["lr", "momentum"] = "lr",
) -> Schedule:
    """Rise to a peak and fall below the first rate.

    From ``max_lr/div_factor`` to ``max_lr`` at ``pct_start*total - 1``, then to
    ``max_lr/(div_factor*final_div_factor)`` at ``total - 1``

    Parameters
    ----------
    max_lr : float or array
        The rate at the peak; an array has one per group. At least 0.
    total_steps : int or array of int, optional
        The number of steps, ``total``. By default ``epochs * steps_per_epoch``. At least 1.
    epochs : int or array of int, optional
        The number of epochs. At least 1.
    steps_per_epoch : int or array of int, optional
        The number of steps per epoch. At least 1.
    pct_start : float or array, default 0.3
        The share of the rise. From 0 to 1.
    anneal_strategy : {"cos", "linear"}, default "cos"
        Half cosine waves or lines.
    base_momentum : float or array, default 0.85
        The momentum at the peak. At least 0.
    max_momentum : float or array, default 0.95
        The momentum at the lowest rate. At least 0.
    div_factor : float or array, default 25.0
        The peak divided by the first rate. Above 0.
    final_div_factor : float or array, default 1e4
        The first rate divided by the last. Above 0.
    three_phase : bool, default False
        Whether to fall to the first rate by step ``2*pct_start*total - 2``, and only then to the
        last.
    of : {"lr", "momentum"}, default "lr"
        What the schedule gives: the rate or the momentum.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a phase has no steps; if neither ``total_steps`` nor both ``epochs`` and
        ``steps_per_epoch`` are given.

    Notes
    -----
    Phases end between steps, as in torch. Past the end the last cosine wave goes on between its
    ends forever; with "linear" the last rate is held, where OneFlow's falls below 0.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.OneCycleLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.OneCycleLR(0.1, total_steps=11, pct_start=0.5)([0, 10]).round(9)
    array([4.e-03, 4.e-07])
    """
    total = total_of_epochs(total_steps, epochs, steps_per_epoch)
    where = f"pct_start={pct_start!r}, total_steps={total}"
    low = np.divide(max_lr, div_factor)
    levels: tuple[Any, Any, Any] = (low, max_lr, np.divide(low, final_div_factor))
    if of == "momentum":
        levels = (max_momentum, base_momentum, max_momentum)
    one = one_cycle(where, levels, pct_start, total, three_phase, anneal_strategy)
    if anneal_strategy == "linear":
        return one.cycle
    return join([one.cycle, wave(one.last, one.top, one.fall)], [total - 1])


@preset(elementwise=True)
def SWALR(
    lr: Rate,
    swa_lr: Rate,
    anneal_epochs: Count = 10,
    anneal_strategy: Literal["cos", "linear"] = "cos",
) -> Schedule:
    """Anneal to the rate of stochastic weight averaging, and hold it.

    From ``lr`` to ``swa_lr`` in ``anneal_epochs`` steps, then ``swa_lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    swa_lr : float or array
        The rate to end at. At least 0.
    anneal_epochs : int or array of int, default 10
        The number of steps of the change. At least 0.
    anneal_strategy : {"cos", "linear"}, default "cos"
        Half a cosine wave or a line.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    With ``anneal_epochs=0`` the rate is ``swa_lr`` from step 0 on.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.SWALR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.SWALR(0.1, 0.05, anneal_epochs=2).table(4)
    array([0.1  , 0.075, 0.05 , 0.05 ])
    """
    return (
        cosine(lr, swa_lr, anneal_epochs)
        if anneal_strategy == "cos"
        else linear(lr, swa_lr, anneal_epochs)
    )


@preset()
def WarmupLR(
    lr: Rate,
    scheduler: Schedule | None = None,
    warmup_factor: Share = 1.0 / 3,
    warmup_iters: Count = 5,
    warmup_method: Literal["linear", "constant"] = "linear",
    warmup_prefix: Flag = False,
) -> Schedule:
    """Warm up to a rate or a schedule.

    A line from ``lr * warmup_factor``, or that rate, for ``warmup_iters`` steps, then ``scheduler``
    or ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    scheduler : Schedule, optional
        A preset of this ``lr``. By default ``lr`` is held.
    warmup_factor : float or array, default 1.0 / 3
        The first rate, as a share of ``lr``. From 0 to 1.
    warmup_iters : int or array of int, default 5
        The number of steps of the warmup. At least 0.
    warmup_method : {"linear", "constant"}, default "linear"
        Whether the warmup is a line or holds its first rate.
    warmup_prefix : bool, default False
        Whether ``scheduler`` begins after the warmup.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Without ``warmup_prefix`` the scheduler is at the step of the run, and the line leads to its
    rate at ``warmup_iters``. With it the line leads to ``lr``.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.WarmupLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.WarmupLR(1.0, warmup_factor=0.0, warmup_iters=2).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    body = constant(lr) if scheduler is None else scheduler
    rest = body if warmup_prefix else body.skip(warmup_iters)
    first = np.multiply(lr, warmup_factor)
    target = lr if warmup_prefix else rate_at(rest, 0)
    ramp = linear(first, target, warmup_iters) if warmup_method == "linear" else constant(first)
    return join([ramp, rest], [warmup_iters])


@preset(differences="OneFlow's ReduceLROnPlateau cannot be among the schedules.")
def SequentialLR(
    schedulers: Sequence[Schedule], milestones: Marks, interval_rescaling: Flags = False
) -> Schedule:
    """Run schedules one after another.

    ``schedulers[i]`` from step ``milestones[i-1]`` on

    Parameters
    ----------
    schedulers : sequence of Schedule
        Presets of one ``lr``, one more than milestones.
    milestones : sequence of int
        The steps at which the next schedule begins. They must never fall.
    interval_rescaling : bool or sequence of bool, default False
        Whether a schedule begins at its own step 0; otherwise it is at the step of the run. A list
        has one per milestone.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the arguments are not equally many.

    Notes
    -----
    OneFlow's ``ReduceLROnPlateau`` cannot be among the schedules.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.SequentialLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> decay = flr.presets.oneflow.ExponentialLR(1.0, 0.5)
    >>> flr.presets.oneflow.SequentialLR([flr.constant(1.0), decay], [2]).table(4)
    array([1.   , 1.   , 0.25 , 0.125])
    """
    if len(schedulers) != len(milestones) + 1:
        detail = f"{len(milestones)}, got {len(schedulers)}"
        raise ArgumentError(f"schedulers must be one more than milestones, {detail}")
    own = (
        interval_rescaling
        if isinstance(interval_rescaling, list | tuple)
        else [interval_rescaling] * len(milestones)
    )
    if len(own) != len(milestones):
        detail = f"{len(milestones)}, got {len(own)}"
        raise ArgumentError(f"interval_rescaling must be as many as milestones, {detail}")
    first, *others = schedulers
    later = [
        part if rescaled else part.skip(at)
        for part, at, rescaled in zip(others, milestones, own, strict=True)
    ]
    return join([first, *later], milestones)


@preset(
    differences="A schedule that adds as well as multiplies (a cosine with eta_min, a cycle) is "
    "no factor in OneFlow: each schedule must be lr times a factor.",
)
def ChainedScheduler(lr: Rate, schedulers: Sequence[Schedule]) -> Schedule:
    """Multiply the base rate by the factors of several schedules.

    ``lr`` times ``scheduler(t)/lr`` of each schedule

    Parameters
    ----------
    lr : float or array
        The base rate of all schedules. Above 0.
    schedulers : sequence of Schedule
        Presets of this ``lr``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``lr`` is 0.

    Notes
    -----
    A schedule that adds as well as multiplies is no factor in OneFlow: a cosine with ``eta_min``,
    or a cycle. The schedules must be ``lr`` times a factor.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.ChainedScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> half = flr.presets.oneflow.ConstantLR(1.0, 0.5)
    >>> decay = flr.presets.oneflow.ExponentialLR(1.0, 0.5)
    >>> flr.presets.oneflow.ChainedScheduler(1.0, [half, decay]).table(3)
    array([0.5  , 0.25 , 0.125])
    """
    return chained(lr, schedulers)


@preset(elementwise=True)
def ReduceLROnPlateau(
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
    The rule is torch's.

    References
    ----------
    OneFlow 0.9 (2023), ``oneflow.optim.lr_scheduler.ReduceLROnPlateau``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.oneflow.ReduceLROnPlateau(patience=3)
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
