"""PyTorch's schedulers: ``torch.optim.lr_scheduler`` and ``SWALR``, as of torch 2.13 (2026).

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update. PyTorch computes most rates by multiplying the previous one, and drifts. These are
the closed forms, exact at any step.
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from fastlr.arguments.rules import BelowOne, Flag, Rate, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    chained,
    compounded,
    drops,
    fraction,
    geometric,
    in_ticks,
    multiplied,
    one_cycle,
    torch_plateau,
    total_of_epochs,
    wave,
)
from fastlr.presets._rules import (
    A_FUNCTION,
    ArgumentError,
    Count,
    Duration,
    Function,
    Level,
    Marks,
    Ratio,
    Share,
    Span,
    Tabled,
    preset,
)
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    cosine_restarts,
    cyclic,
    inverse_time,
    join,
    linear,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ASGD",
    "Adagrad",
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
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
]


@preset(differences=A_FUNCTION)
def LambdaLR(lr: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """Multiply the base rate by a function of the step.

    ``lr * lr_lambda(t)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    lr_lambda : callable
        A function of the step that returns a factor, or one per group.
    total_steps : int or array of int
        The number of steps at which to evaluate the function. From 1 to 4,194,304.

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
    A function is not a value: fastlr evaluates it once per step below ``total_steps`` and holds the
    last rate.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.LambdaLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.LambdaLR(0.1, lambda t: 0.5**t, total_steps=3).table(4)
    array([0.1  , 0.05 , 0.025, 0.025])
    """
    return multiplied(lr, lr_lambda, total_steps)


@preset(differences=A_FUNCTION)
def MultiplicativeLR(lr: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """Multiply the rate by a further factor at every step.

    ``lr * lr_lambda(1) * ... * lr_lambda(t)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    lr_lambda : callable
        A function of the step that returns a factor, or one per group.
    total_steps : int or array of int
        The number of steps at which to evaluate the function. From 1 to 4,194,304.

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
    A function is not a value: fastlr evaluates it once per step below ``total_steps`` and holds the
    last rate.

    ``lr_lambda(0)`` is never evaluated.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.MultiplicativeLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.MultiplicativeLR(0.1, lambda t: 0.5, total_steps=3).table(4)
    array([0.1  , 0.05 , 0.025, 0.025])
    """
    return compounded(lr, lr_lambda, total_steps)


@preset()
def StepLR(lr: Rate, step_size: Span, gamma: Level = 0.1) -> Schedule:
    """Multiply the rate by a factor every ``step_size`` steps.

    ``lr * gamma^floor(t/step_size)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    step_size : int or array of int
        The number of steps between two drops. At least 1.
    gamma : float or array, default 0.1
        The factor per drop. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first drop takes effect at step ``step_size``. The schedule never ends.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.StepLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.StepLR(0.1, step_size=30, gamma=0.5)([0, 29, 30, 60])
    array([0.1  , 0.1  , 0.05 , 0.025])
    """
    return geometric(lr, gamma, step_size, staircase=True)


@preset()
def MultiStepLR(lr: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """Multiply the rate by a factor at each milestone.

    ``lr * gamma^i``, with i the number of milestones at or before step t

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    milestones : sequence of int
        The steps of the drops, in any order.
    gamma : float or array, default 0.1
        The factor per drop. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    A milestone that is given twice counts twice. One at 0 counts from step 0 on.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.MultiStepLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.MultiStepLR(0.1, milestones=[30, 80], gamma=0.5)([0, 30, 80])
    array([0.1  , 0.05 , 0.025])
    """
    return drops("milestones", lr, gamma, sorted(milestones))


@preset()
def ConstantLR(lr: Rate, factor: Share = 1.0 / 3, total_iters: Count = 5) -> Schedule:
    """Hold a share of the base rate, then the base rate.

    ``lr * factor`` below step ``total_iters``, then ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    factor : float or array, default 1.0 / 3
        The share of ``lr`` to begin with. Above 0, at most 1.
    total_iters : int or array of int, default 5
        The number of steps at the lower rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``factor`` is 0: torch divides by it.

    Notes
    -----
    With ``total_iters=0`` the rate is ``lr * factor`` forever.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.ConstantLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.ConstantLR(0.1, factor=0.5, total_iters=2).table(4)
    array([0.05, 0.05, 0.1 , 0.1 ])
    """
    if factor == 0:
        raise ArgumentError("factor must be above 0, got 0: torch divides by it")
    low = constant(np.multiply(lr, factor))
    return join([low, constant(lr)], [total_iters]) if total_iters else low


@preset()
def LinearLR(
    lr: Rate, start_factor: Share = 1.0 / 3, end_factor: Share = 1.0, total_iters: Count = 5
) -> Schedule:
    """Change the rate linearly between two shares of the base rate.

    ``lr * (start_factor + (end_factor - start_factor) * t/total_iters)``, then ``lr * end_factor``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    start_factor : float or array, default 1.0 / 3
        The share of ``lr`` at step 0. Above 0, at most 1.
    end_factor : float or array, default 1.0
        The share of ``lr`` from step ``total_iters`` on. From 0 to 1.
    total_iters : int or array of int, default 5
        The number of steps of the change. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``start_factor`` is 0: torch divides by it.

    Notes
    -----
    With ``total_iters=0`` the rate is ``lr * start_factor`` forever.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.LinearLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.LinearLR(0.1, start_factor=0.5, total_iters=4).table(6)
    array([0.05  , 0.0625, 0.075 , 0.0875, 0.1   , 0.1   ])
    """
    if start_factor == 0:
        raise ArgumentError("start_factor must be above 0, got 0: torch divides by it")
    first, last = np.multiply(lr, start_factor), np.multiply(lr, end_factor)
    return linear(first, last, total_iters) if total_iters else constant(first)


@preset()
def ExponentialLR(lr: Rate, gamma: Level) -> Schedule:
    """Multiply the rate by a factor at every step.

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
    The schedule never ends. A growing rate is held once it reaches about 1e290.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.ExponentialLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.ExponentialLR(0.1, gamma=0.5).table(3)
    array([0.1  , 0.05 , 0.025])
    """
    return geometric(lr, gamma)


@preset()
def PolynomialLR(lr: Rate, total_iters: Count = 5, power: Ratio = 1.0) -> Schedule:
    """Decay the rate to 0 by a polynomial.

    ``lr * (1 - t/total_iters)^power``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    total_iters : int or array of int, default 5
        The number of steps of the decay. At least 0.
    power : float or array, default 1.0
        The power of the decay. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate is exactly 0 from step ``total_iters`` on. With ``total_iters=0`` it is ``lr`` forever.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.PolynomialLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.PolynomialLR(0.1, total_iters=4, power=2.0).table(6)
    array([0.1    , 0.05625, 0.025  , 0.00625, 0.     , 0.     ])
    """
    return polynomial(lr, 0.0, total_iters, power=power) if total_iters else constant(lr)


@preset()
def CosineAnnealingLR(lr: Rate, T_max: Span, eta_min: Rate = 0.0) -> Schedule:
    """Follow a cosine wave between the base rate and ``eta_min``.

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
    The wave goes on past ``T_max``: it climbs back to ``lr`` at step ``2*T_max``, and repeats
    forever.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.CosineAnnealingLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.CosineAnnealingLR(0.1, T_max=2).table(5)
    array([0.1 , 0.05, 0.  , 0.05, 0.1 ])
    """
    return wave(lr, eta_min, T_max)


@preset(
    elementwise=True,
    differences="With an explicit epoch torch finds the cycle by a floating-point logarithm, and "
    "misses some; fastlr misses none.",
)
def CosineAnnealingWarmRestarts(
    lr: Rate, T_0: Span, T_mult: Span = 1, eta_min: Rate = 0.0
) -> Schedule:
    """Repeat half a cosine wave, each cycle ``T_mult`` times as long as the last.

    ``eta_min + (lr - eta_min) * (1 + cos(pi*c/L))/2``, c steps into cycle i of ``L = T_0 *
    T_mult^i`` steps

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

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Given an explicit epoch, torch finds the cycle by a floating-point logarithm and misses some
    cycles; fastlr misses none.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.CosineAnnealingWarmRestarts``. After Loshchilov
    & Hutter, *SGDR* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.CosineAnnealingWarmRestarts(0.1, T_0=2, T_mult=2).table(7)
    array([0.1       , 0.05      , 0.1       , 0.08535534, 0.05      ,
           0.01464466, 0.1       ])
    """
    return cosine_restarts(lr, eta_min, T_0, stretch=T_mult)


@preset(
    differences="scale_fn is not supported. max_lr must be at least base_lr. With "
    "mode='exp_range' there is no momentum: it would be a difference of two curves.",
)
def CyclicLR(
    base_lr: Rate,
    max_lr: Rate,
    step_size_up: Duration = 2000,
    step_size_down: Duration | None = None,
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
    gamma: Level = 1.0,
    cycle_momentum: Flag = True,
    base_momentum: Rate = 0.8,
    max_momentum: Rate = 0.9,
    of: Literal["lr", "momentum"] = "lr",
) -> Schedule:
    """Cycle linearly between two rates.

    From ``base_lr`` to ``max_lr`` in ``step_size_up`` steps, back in ``step_size_down`` steps, and
    so on forever.

    Parameters
    ----------
    base_lr : float or array
        The lowest rate. At least 0.
    max_lr : float or array
        The highest rate of the first cycle. It must be at least ``base_lr``.
    step_size_up : float or array, default 2000
        The number of steps up. Above 0; it may be a fraction.
    step_size_down : float or array, optional
        The number of steps down, by default ``step_size_up``. Above 0; it may be a fraction.
    mode : {"triangular", "triangular2", "exp_range"}, default "triangular"
        Whether the height of a cycle stays, is halved per cycle, or is multiplied by ``gamma^t``.
    gamma : float or array, default 1.0
        The factor per step with ``mode="exp_range"``. At least 0.
    cycle_momentum : bool, default True
        Whether momentum cycles too; ``of="momentum"`` needs it.
    base_momentum : float or array, default 0.8
        The momentum at the peak of the rate. At least 0.
    max_momentum : float or array, default 0.9
        The momentum at the lowest rate. It must be at least ``base_momentum``.
    of : {"lr", "momentum"}, default "lr"
        What the schedule gives: the rate, or the momentum, which mirrors it.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``max_lr`` is below ``base_lr``; if ``of="momentum"`` with ``mode="exp_range"``, which
        would be a difference of two curves, or with ``cycle_momentum=False``.

    Notes
    -----
    torch's ``scale_fn`` is not supported.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.CyclicLR``. After Smith, *Cyclical Learning
    Rates* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.CyclicLR(0.1, 0.5, step_size_up=2, mode="triangular2").table(7)
    array([0.1, 0.3, 0.5, 0.3, 0.1, 0.2, 0.3])
    """
    up = fraction(step_size_up)
    down = up if step_size_down is None else fraction(step_size_down)

    def triangles(low: Any, high: Any, ticks: int) -> Schedule:
        rise, shape = round(up / (up + down) * ticks), "triangular" if mode == "exp_range" else mode
        return cyclic(low, high, rise, ticks - rise, mode=shape, inverse=of == "momentum")

    def waves(low: Any, high: Any) -> Schedule:
        return in_ticks(
            partial(triangles, low, high),
            up + down,
            reach=1_000 * (up + down),
            ticks=up.denominator,
        )

    if of == "momentum" and (mode == "exp_range" or not cycle_momentum):
        raise ArgumentError(
            "of must be 'lr' with mode='exp_range' or cycle_momentum=False, got 'momentum'"
        )
    low, high = (base_lr, max_lr) if of == "lr" else (base_momentum, max_momentum)
    if np.any(np.greater(low, high)):
        raise ArgumentError(
            f"max_{of} must be at least base_{of}, {short_repr(low)}, got {short_repr(high)}"
        )
    if mode != "exp_range":
        return waves(low, high)
    return waves(0.0, 1.0) * geometric(np.subtract(high, low), gamma) + low


@preset(
    differences="With anneal_strategy='linear' fastlr refuses step total_steps, the one after the "
    "last: torch's rate is below 0.",
)
def OneCycleLR(
    max_lr: Rate,
    total_steps: Span | None = None,
    epochs: Span | None = None,
    steps_per_epoch: Span | None = None,
    pct_start: Share = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    cycle_momentum: Flag = True,
    base_momentum: Rate = 0.85,
    max_momentum: Rate = 0.95,
    div_factor: Ratio = 25.0,
    final_div_factor: Ratio = 1e4,
    three_phase: Flag = False,
    of: Literal["lr", "momentum"] = "lr",
) -> Schedule:
    """Rise to a peak and fall far below the first rate: the 1cycle policy.

    From ``max_lr/div_factor`` to ``max_lr`` at step ``pct_start*total - 1``, then to
    ``max_lr/(div_factor*final_div_factor)`` at step ``total - 1``.

    Parameters
    ----------
    max_lr : float or array
        The peak. At least 0.
    total_steps : int or array of int, optional
        The number of steps, ``total``. By default ``epochs * steps_per_epoch``. At least 1.
    epochs : int or array of int, optional
        The number of epochs. At least 1.
    steps_per_epoch : int or array of int, optional
        The number of steps per epoch. At least 1.
    pct_start : float or array, default 0.3
        The share of the steps before the peak. From 0 to 1.
    anneal_strategy : {"cos", "linear"}, default "cos"
        Half cosine waves or lines.
    cycle_momentum : bool, default True
        Whether momentum cycles too; ``of="momentum"`` needs it.
    base_momentum : float or array, default 0.85
        The momentum at the peak of the rate. At least 0.
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
        What the schedule gives: the rate, or the momentum, which mirrors it.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a phase has no steps; if neither ``total_steps`` nor both ``epochs`` and
        ``steps_per_epoch`` are given; if ``of="momentum"`` with ``cycle_momentum=False``; when the
        schedule is evaluated past step ``total``.

    Notes
    -----
    Phases end between steps, as in torch. With ``anneal_strategy="cos"`` step ``total`` has a rate
    too, at which the wave has begun to climb again; later steps raise. With ``"linear"`` step
    ``total`` raises as well: torch's rate is below 0 there.

    The momentum stays high in a third phase.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.OneCycleLR``. After Smith & Topin,
    *Super-Convergence* (2018).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.OneCycleLR(0.1, total_steps=11, pct_start=0.5)([0, 10]).round(9)
    array([4.e-03, 4.e-07])
    """
    if of == "momentum" and not cycle_momentum:
        raise ArgumentError("of must be 'lr' with cycle_momentum=False, got 'momentum'")
    total = total_of_epochs(total_steps, epochs, steps_per_epoch)
    where = f"pct_start={pct_start!r}, total_steps={total}"
    low = np.divide(max_lr, div_factor)
    levels: tuple[Any, Any, Any] = (low, max_lr, np.divide(low, final_div_factor))
    if of == "momentum":
        levels = (max_momentum, base_momentum, max_momentum)
    return one_cycle(where, levels, pct_start, total, three_phase, anneal_strategy).cut()


@preset(elementwise=True)
def SWALR(
    lr: Rate,
    swa_lr: Rate,
    anneal_epochs: Count = 10,
    anneal_strategy: Literal["cos", "linear"] = "cos",
) -> Schedule:
    """Anneal to the rate of stochastic weight averaging, and hold it.

    From ``lr`` to ``swa_lr`` in ``anneal_epochs`` steps, then ``swa_lr``.

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
    PyTorch 2.13 (2026), ``torch.optim.swa_utils.SWALR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.SWALR(0.1, 0.05, anneal_epochs=2).table(4)
    array([0.1  , 0.075, 0.05 , 0.05 ])
    """
    return (
        cosine(lr, swa_lr, anneal_epochs)
        if anneal_strategy == "cos"
        else linear(lr, swa_lr, anneal_epochs)
    )


@preset(
    elementwise=True,
    differences="In torch a MultiplicativeLR, OneCycleLR or CyclicLR among the schedules changes "
    "the rates of the others.",
)
def SequentialLR(schedulers: Sequence[Schedule], milestones: Marks) -> Schedule:
    """Run schedules one after another.

    ``schedulers[i]`` from step ``milestones[i-1]`` on, from its own step 0

    Parameters
    ----------
    schedulers : sequence of Schedule
        Presets of one ``lr``, one more than milestones.
    milestones : sequence of int
        The steps at which the next schedule begins. They must never fall.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is not one schedule more than milestones, or milestones fall.

    Notes
    -----
    In torch, a MultiplicativeLR, OneCycleLR or CyclicLR among the children changes the rates of the
    others.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.SequentialLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> warmup = flr.presets.torch.LinearLR(0.1, start_factor=0.5, total_iters=2)
    >>> decay = flr.presets.torch.ExponentialLR(0.1, gamma=0.5)
    >>> flr.presets.torch.SequentialLR([warmup, decay], milestones=[2]).table(5)
    array([0.05 , 0.075, 0.1  , 0.05 , 0.025])
    """
    return join(schedulers, milestones)


@preset(
    differences="A schedule that adds as well as multiplies (SWALR, a cosine with eta_min or "
    "beyond T_max) is no factor in torch: each schedule must be lr times a factor.",
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
    A child that adds as well as multiplies is no factor in torch: SWALR, or a cosine with
    ``eta_min`` or beyond ``T_max``. The children must be ``lr`` times a factor.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.ChainedScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> half = flr.presets.torch.ConstantLR(0.1, factor=0.5)
    >>> decay = flr.presets.torch.ExponentialLR(0.1, gamma=0.5)
    >>> flr.presets.torch.ChainedScheduler(0.1, [half, decay]).table(3)
    array([0.05  , 0.025 , 0.0125])
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
    The rate is multiplied by ``factor`` once the metric has not improved for more than ``patience``
    updates. A NaN counts as no improvement.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.lr_scheduler.ReduceLROnPlateau``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.ReduceLROnPlateau(patience=3)
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


# -- what optimizers do by themselves --------------------------------------------------------------


@preset(elementwise=True)
def Adagrad(lr: Rate = 1e-2, lr_decay: Rate = 0.0) -> Schedule:
    """Return the rate of ``torch.optim.Adagrad`` with ``lr_decay``.

    ``lr / (1 + t*lr_decay)``

    Parameters
    ----------
    lr : float or array, default 1e-2
        The base rate; an array has one per group. At least 0.
    lr_decay : float or array, default 0.0
        The decay per step. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The optimizer applies this itself. The schedule never ends.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.Adagrad``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.Adagrad(0.1, lr_decay=1.0).table(2)
    array([0.1 , 0.05])
    """
    return inverse_time(lr, lr_decay)


@preset()
def ASGD(lr: Rate = 1e-2, lambd: Level = 1e-4, alpha: Ratio = 0.75) -> Schedule:
    """Return the rate of ``torch.optim.ASGD``.

    ``lr / (1 + lambd*lr*t)^alpha``

    Parameters
    ----------
    lr : float or array, default 1e-2
        The base rate; an array has one per group. At least 0.
    lambd : float or array, default 1e-4
        The decay per step, as a share of ``lr``. At least 0.
    alpha : float or array, default 0.75
        The power of the decay. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The optimizer applies this itself. The schedule never ends.

    References
    ----------
    PyTorch 2.13 (2026), ``torch.optim.ASGD``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torch.ASGD(0.1, lambd=10.0, alpha=1.0).table(2)
    array([0.1 , 0.05])
    """
    return inverse_time(lr, np.multiply(lr, lambd), power=alpha)
