"""PaddlePaddle's schedulers: ``paddle.optimizer.lr`` of paddlepaddle 3.3 (2026), and the functions
of its static graphs.

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update. The classes compute in float64. The functions compute in float32, and their
counter begins at 0, that of ``noam_decay`` at 1. In dynamic mode Paddle's functions ignore
``decay_steps`` and ``staircase``; the presets are those of a static graph.
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence
from typing import Literal

import numpy as np

from fastlr.arguments.rules import BelowOne, Flag, Rate, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    compounded,
    drops,
    geometric,
    inverse_decay,
    multiplied,
    one_cycle,
    power_decay,
    torch_plateau,
    wave,
)
from fastlr.presets._rules import (
    A_FUNCTION,
    ArgumentError,
    Count,
    Exponent,
    Function,
    Level,
    Levels,
    Marks,
    Ratio,
    Scheduled,
    Share,
    Span,
    Tabled,
    preset,
)
from fastlr.schedule import constructor_names
from fastlr.schedule.constructor_names import (
    constant,
    cosine_restarts,
    cyclic,
    inverse_time,
    join,
    linear,
    noam,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineAnnealingDecay",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LambdaDecay",
    "LinearLR",
    "LinearWarmup",
    "MultiStepDecay",
    "MultiplicativeDecay",
    "NaturalExpDecay",
    "NoamDecay",
    "OneCycleLR",
    "PiecewiseDecay",
    "PolynomialDecay",
    "ReduceOnPlateau",
    "StepDecay",
    "cosine_decay",
    "exponential_decay",
    "inverse_time_decay",
    "linear_lr_warmup",
    "natural_exp_decay",
    "noam_decay",
    "piecewise_decay",
    "polynomial_decay",
]

_SINGLE = "Paddle computes in float32."
_NO_CLIMB = "With cycle=True, end_lr must be at most learning_rate."


@preset()
def NoamDecay(d_model: Span, warmup_steps: Span, learning_rate: Rate = 1.0) -> Schedule:
    """Warm up linearly, then decay by the inverse square root, scaled by the model's width.

    ``learning_rate * d_model^-0.5 * min(t^-0.5, t * warmup_steps^-1.5)``

    Parameters
    ----------
    d_model : int or array of int
        The width of the model. At least 1.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.
    learning_rate : float or array, default 1.0
        The factor of the rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0. The schedule never ends.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.NoamDecay``. After Vaswani et al., *Attention Is
    All You Need* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.NoamDecay(4, 4)([0, 4, 16]).round(4)
    array([0.   , 0.25 , 0.125])
    """
    return join(
        [constant(np.multiply(learning_rate, 0)), noam(d_model, warmup_steps, learning_rate)], [1]
    )


@preset()
def PiecewiseDecay(boundaries: Marks, values: Levels) -> Schedule:
    """Hold one value after another.

    ``values[i]``, i the first boundary that t is below; past the last boundary the last value

    Parameters
    ----------
    boundaries : sequence of int
        The steps at which the next value begins.
    values : sequence of float
        The rates, more than boundaries. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there are not more values than boundaries.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.PiecewiseDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.PiecewiseDecay([2], [0.5, 0.25]).table(4)
    array([0.5 , 0.5 , 0.25, 0.25])
    """
    return _pieces(boundaries, values)


def _pieces(boundaries: Sequence[int], values: Sequence[float]) -> Schedule:
    if len(values) <= len(boundaries):
        raise ArgumentError(
            f"values must be more than boundaries, got {len(values)} and {len(boundaries)}"
        )
    levels = [*values[: len(boundaries)], values[-1]]
    starts = np.maximum.accumulate([0, *boundaries])[1:]
    return join([constant(level) for level in levels], starts)


@preset(elementwise=True)
def NaturalExpDecay(learning_rate: Rate, gamma: Rate) -> Schedule:
    """Decay the rate exponentially.

    ``learning_rate * exp(-gamma*t)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The decay per step. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.NaturalExpDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.NaturalExpDecay(1.0, 0.5).table(3).round(3)
    array([1.   , 0.607, 0.368])
    """
    return constructor_names.exponential_decay(learning_rate, rate=gamma)


@preset(elementwise=True)
def InverseTimeDecay(learning_rate: Rate, gamma: Rate) -> Schedule:
    """Decay the rate inversely to time.

    ``learning_rate / (1 + gamma*t)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The decay per step. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.InverseTimeDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.InverseTimeDecay(1.0, 1.0).table(2)
    array([1. , 0.5])
    """
    return inverse_time(learning_rate, gamma)


@preset(differences=_NO_CLIMB)
def PolynomialDecay(
    learning_rate: Rate,
    decay_steps: Span,
    end_lr: Rate = 0.0001,
    power: Exponent = 1.0,
    cycle: Flag = False,
) -> Schedule:
    """Decay the rate by a polynomial, once or in cycles.

    ``end_lr + (learning_rate - end_lr) * (1 - t/decay_steps)^power``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    end_lr : float or array, default 0.0001
        The rate at the end. At least 0.
    power : float or array, default 1.0
        The power of the decay. From 1e-3 to 1e3.
    cycle : bool, default False
        Whether to start again at each multiple of ``decay_steps``, from a lower rate each time.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``cycle`` is True and ``end_lr`` is above ``learning_rate``.

    Notes
    -----
    Without ``cycle`` the last rate is held. With it, ``decay_steps`` in the formula is the first
    multiple of itself at or after t: the rate is ``end_lr`` at each multiple and jumps up after it.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.PolynomialDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.PolynomialDecay(1.0, 2, end_lr=0.0).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return power_decay(learning_rate, end_lr, power, decay_steps, cycle)


@preset(elementwise=True, differences="end_lr may be below start_lr, which Paddle refuses.")
def LinearWarmup(
    learning_rate: Scheduled, warmup_steps: Span, start_lr: Rate, end_lr: Rate
) -> Schedule:
    """Warm up linearly to a rate or a schedule.

    A line from ``start_lr`` to ``end_lr``, then ``learning_rate``

    Parameters
    ----------
    learning_rate : Schedule, float or array
        The rate after the warmup, or a schedule, which begins at its step 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.
    start_lr : float or array
        The rate at step 0. At least 0.
    end_lr : float or array
        The rate at the end of the warmup. Unlike in Paddle it may be below ``start_lr``. At least
        0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.LinearWarmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.LinearWarmup(1.0, 2, 0.0, 1.0).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return linear(start_lr, end_lr, warmup_steps).then(learning_rate)  # type: ignore[arg-type]


@preset()
def ExponentialDecay(learning_rate: Rate, gamma: Level) -> Schedule:
    """Multiply the rate by the same factor at every step.

    ``learning_rate * gamma^t``

    Parameters
    ----------
    learning_rate : float or array
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
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.ExponentialDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.ExponentialDecay(1.0, 0.5).table(3)
    array([1.  , 0.5 , 0.25])
    """
    return geometric(learning_rate, gamma)


@preset()
def MultiStepDecay(learning_rate: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """Reduce the rate at milestones.

    ``learning_rate * gamma^i``, i the number of milestones at or before t

    Parameters
    ----------
    learning_rate : float or array
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
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.MultiStepDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.MultiStepDecay(1.0, [1, 3], gamma=0.5).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    return drops("milestones", learning_rate, gamma, milestones)


@preset()
def StepDecay(learning_rate: Rate, step_size: Span, gamma: Level = 0.1) -> Schedule:
    """Reduce the rate at regular intervals.

    ``learning_rate * gamma^floor(t/step_size)``

    Parameters
    ----------
    learning_rate : float or array
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
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.StepDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.StepDecay(1.0, step_size=2, gamma=0.5).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    return geometric(learning_rate, gamma, step_size, staircase=True)


@preset(differences=A_FUNCTION)
def LambdaDecay(learning_rate: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """Multiply the base rate by a function of the step.

    ``learning_rate * lr_lambda(t)``

    Parameters
    ----------
    learning_rate : float or array
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
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.LambdaDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.LambdaDecay(1.0, lambda t: 1 / (1 + t), total_steps=2).table(3)
    array([1. , 0.5, 0.5])
    """
    return multiplied(learning_rate, lr_lambda, total_steps)


@preset(differences=A_FUNCTION)
def MultiplicativeDecay(learning_rate: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """Multiply the rate by a function of the step, step after step.

    ``learning_rate * lr_lambda(1) * ... * lr_lambda(t)``

    Parameters
    ----------
    learning_rate : float or array
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
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.MultiplicativeDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.MultiplicativeDecay(1.0, lambda t: 0.5, total_steps=3).table(4)
    array([1.  , 0.5 , 0.25, 0.25])
    """
    return compounded(learning_rate, lr_lambda, total_steps)


@preset(
    elementwise=True,
    differences="cooldown must be 0: Paddle ignores all metrics during a cooldown, which fastlr's "
    "plateau rules do not. Paddle rounds the threshold of mode 'rel' differently in "
    "its last place. A first metric that is infinite counts as bad in fastlr, and as "
    "the best in Paddle.",
)
def ReduceOnPlateau(
    mode: Literal["min", "max"] = "min",
    factor: BelowOne = 0.1,
    patience: Count = 10,
    threshold: Level = 1e-4,
    threshold_mode: Literal["rel", "abs"] = "rel",
    cooldown: Count = 0,
    min_lr: Rate = 0.0,
    epsilon: Level = 1e-8,
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
        Must be 0. At least 0.
    min_lr : float or array, default 0.0
        The lowest rate. At least 0.
    epsilon : float or array, default 1e-8
        Rates that would change by no more than this stay. At least 0.

    Returns
    -------
    Plateau
        A rule, which takes metrics; see ``fastlr.Plateau``.

    Raises
    ------
    ValueError
        If ``cooldown`` is not 0.

    Notes
    -----
    The rule is torch's. Paddle ignores all metrics during a cooldown, which fastlr's rules do not.
    Paddle rounds the threshold of "rel" differently in its last place. A first metric that is
    infinite counts as bad in fastlr, and as the best in Paddle.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.ReduceOnPlateau``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.ReduceOnPlateau(patience=3)
    Plateau(patience=3, nan='bad')
    """
    if np.any(np.asarray(cooldown) > 0):
        raise ArgumentError(
            f"cooldown must be 0, got {short_repr(cooldown)}: Paddle's looks at no metric in it"
        )
    return torch_plateau(
        threshold,
        threshold_mode == "rel",
        mode=mode,
        factor=factor,
        patience=patience,
        floor=min_lr,
        eps=epsilon,
    )


@preset()
def CosineAnnealingDecay(learning_rate: Rate, T_max: Span, eta_min: Rate = 0.0) -> Schedule:
    """Follow a cosine wave.

    ``eta_min + (learning_rate - eta_min) * (1 + cos(pi*t/T_max))/2``

    Parameters
    ----------
    learning_rate : float or array
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
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.CosineAnnealingDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.CosineAnnealingDecay(1.0, T_max=2).table(5)
    array([1. , 0.5, 0. , 0.5, 1. ])
    """
    return wave(learning_rate, eta_min, T_max)


@preset(
    differences="With anneal_strategy='linear' fastlr refuses step total_steps, the one after the "
    "last: Paddle's rate is below 0 for most settings.",
)
def OneCycleLR(
    max_learning_rate: Rate,
    total_steps: Span,
    divide_factor: Ratio = 25.0,
    end_learning_rate: Rate = 0.0001,
    phase_pct: Share = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    three_phase: Flag = False,
) -> Schedule:
    """Rise to a peak and fall to a last rate.

    From ``max_learning_rate/divide_factor`` to ``max_learning_rate`` at ``phase_pct*total_steps -
    1``, then to ``end_learning_rate`` at ``total_steps - 1``

    Parameters
    ----------
    max_learning_rate : float or array
        The rate at the peak; an array has one per group. At least 0.
    total_steps : int or array of int
        The number of steps. At least 1.
    divide_factor : float or array, default 25.0
        The peak divided by the first rate. Above 0.
    end_learning_rate : float or array, default 0.0001
        The last rate. In torch this is a ratio. At least 0.
    phase_pct : float or array, default 0.3
        The share of the rise. From 0 to 1.
    anneal_strategy : {"cos", "linear"}, default "cos"
        Half cosine waves or lines.
    three_phase : bool, default False
        Whether to fall to the first rate by step ``2*phase_pct*total_steps - 2``, and only then to
        the last.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a phase has no steps, or ``phase_pct`` is not below 0.5 with ``three_phase``; when the
        schedule is evaluated past step ``total_steps``.

    Notes
    -----
    Phases end between steps, as in torch. With "cos" step ``total_steps`` has a rate too, at which
    the wave has begun to climb again. With "linear" fastlr refuses that step: Paddle's rate is
    below 0 for most settings.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.OneCycleLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.OneCycleLR(1.0, total_steps=11, phase_pct=0.5)([0, 10]).round(9)
    array([0.04  , 0.0001])
    """
    if three_phase and phase_pct >= 0.5:
        raise ArgumentError(
            f"phase_pct must be below 0.5 with three_phase=True, got {short_repr(phase_pct)}"
        )
    levels = (np.divide(max_learning_rate, divide_factor), max_learning_rate, end_learning_rate)
    where = f"phase_pct={phase_pct!r}, total_steps={total_steps}"
    return one_cycle(where, levels, phase_pct, total_steps, three_phase, anneal_strategy).cut()


@preset(
    differences="scale_fn is not supported. max_learning_rate must be at least base_learning_rate."
)
def CyclicLR(
    base_learning_rate: Rate,
    max_learning_rate: Rate,
    step_size_up: Span,
    step_size_down: Span | None = None,
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
    exp_gamma: Level = 1.0,
) -> Schedule:
    """Rise and fall linearly in cycles.

    A line from ``base_learning_rate`` to ``max_learning_rate`` and one back

    Parameters
    ----------
    base_learning_rate : float or array
        The lowest rate; an array has one per group. At least 0.
    max_learning_rate : float or array
        The highest rate. At least 0.
    step_size_up : int or array of int
        The number of steps of a rise. At least 1.
    step_size_down : int or array of int, optional
        The number of steps of a fall. By default ``step_size_up``. At least 1.
    mode : {"triangular", "triangular2", "exp_range"}, default "triangular"
        Whether the height stays, is halved per cycle ("triangular2"), or is multiplied by
        ``exp_gamma^t`` ("exp_range").
    exp_gamma : float or array, default 1.0
        The factor per step of "exp_range". At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``max_learning_rate`` is below ``base_learning_rate``.

    Notes
    -----
    Cycles repeat forever. ``scale_fn`` is not supported.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.CyclicLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.CyclicLR(0.0, 1.0, step_size_up=2).table(5)
    array([0. , 0.5, 1. , 0.5, 0. ])
    """
    height = np.subtract(max_learning_rate, base_learning_rate)
    if np.any(height < 0):
        detail = f"{short_repr(base_learning_rate)}, got {short_repr(max_learning_rate)}"
        raise ArgumentError(f"max_learning_rate must be at least base_learning_rate, {detail}")
    if mode != "exp_range":
        return cyclic(
            base_learning_rate, max_learning_rate, step_size_up, step_size_down, mode=mode
        )
    return cyclic(0.0, 1.0, step_size_up, step_size_down) * geometric(
        height, exp_gamma
    ) + np.asarray(base_learning_rate)


@preset()
def LinearLR(
    learning_rate: Rate, total_steps: Span, start_factor: Share = 1.0 / 3, end_factor: Share = 1.0
) -> Schedule:
    """Multiply the rate by a factor that changes linearly.

    A line from ``learning_rate * start_factor`` to ``learning_rate * end_factor`` at step
    ``total_steps``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    total_steps : int or array of int
        The number of steps of the change. At least 1.
    start_factor : float or array, default 1.0 / 3
        The factor at step 0. Not 0: Paddle divides by it. From 0 to 1.
    end_factor : float or array, default 1.0
        The factor at the end. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``start_factor`` is 0.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.LinearLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.LinearLR(1.0, total_steps=2, start_factor=0.5).table(4)
    array([0.5 , 0.75, 1.  , 1.  ])
    """
    if start_factor == 0:
        raise ArgumentError("start_factor must be above 0, got 0: Paddle divides by it")
    return linear(
        np.multiply(learning_rate, start_factor),
        np.multiply(learning_rate, end_factor),
        total_steps,
    )


@preset(
    elementwise=True,
    differences="With an explicit epoch Paddle finds the cycle by a floating-point logarithm, and "
    "misses some; fastlr misses none.",
)
def CosineAnnealingWarmRestarts(
    learning_rate: Rate, T_0: Span, T_mult: Span = 1, eta_min: Rate = 0.0
) -> Schedule:
    """Repeat half a cosine wave, with cycles that grow longer.

    ``eta_min + (learning_rate - eta_min) * (1 + cos(pi*c/L))/2``, c steps into cycle i of ``L = T_0
    * T_mult^i`` steps

    Parameters
    ----------
    learning_rate : float or array
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
    Cycles repeat forever. With an explicit epoch Paddle finds the cycle by a floating-point
    logarithm and misses some; fastlr does not.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.CosineAnnealingWarmRestarts``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.CosineAnnealingWarmRestarts(1.0, T_0=2).table(5)
    array([1. , 0.5, 1. , 0.5, 1. ])
    """
    return cosine_restarts(learning_rate, eta_min, T_0, stretch=T_mult)


# -- the functions of a static graph ---------------------------------------------------------------


@preset(elementwise=True, differences=_SINGLE)
def noam_decay(d_model: Span, warmup_steps: Span, learning_rate: Rate = 1.0) -> Schedule:
    """Warm up linearly, then decay by the inverse square root, scaled by the model's width.

    ``learning_rate * d_model^-0.5 * min(n^-0.5, n * warmup_steps^-1.5)``, ``n = t + 1``

    Parameters
    ----------
    d_model : int or array of int
        The width of the model. At least 1.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.
    learning_rate : float or array, default 1.0
        The factor of the rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0: this function counts from 1. The schedule never ends. Paddle computes
    in float32.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.noam_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.noam_decay(4, 4)([0, 3, 15]).round(4)
    array([0.0625, 0.25  , 0.125 ])
    """
    return noam(d_model, warmup_steps, learning_rate)


@preset(differences=_SINGLE)
def exponential_decay(
    learning_rate: Rate, decay_steps: Span, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """Decay the rate exponentially.

    ``learning_rate * decay_rate^(t/decay_steps)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    decay_rate : float or array
        The factor per ``decay_steps`` steps. At least 0.
    staircase : bool, default False
        Whether to change only at multiples of ``decay_steps``: ``floor(t/decay_steps)`` replaces
        the quotient.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. Paddle computes in float32.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.exponential_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.exponential_decay(1.0, decay_steps=2, decay_rate=0.25).table(4)
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    return geometric(learning_rate, decay_rate, decay_steps, staircase)


@preset(differences=_SINGLE)
def natural_exp_decay(
    learning_rate: Rate, decay_steps: Span, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """Decay the rate exponentially, in units of e.

    ``learning_rate * exp(-decay_rate * t/decay_steps)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    decay_rate : float or array
        The decay per ``decay_steps`` steps. At least 0.
    staircase : bool, default False
        Whether to change only at multiples of ``decay_steps``: ``floor(t/decay_steps)`` replaces
        the quotient.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. Paddle computes in float32.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.natural_exp_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.natural_exp_decay(1.0, decay_steps=2, decay_rate=1.0).table(3).round(3)
    array([1.   , 0.607, 0.368])
    """
    if staircase:
        return constructor_names.exponential_decay(learning_rate, rate=decay_rate).staircase(
            decay_steps
        )
    return constructor_names.exponential_decay(learning_rate, rate=decay_rate / decay_steps)


@preset(differences=_SINGLE)
def inverse_time_decay(
    learning_rate: Rate, decay_steps: Span, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """Decay the rate inversely to time.

    ``learning_rate / (1 + decay_rate * t/decay_steps)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    decay_rate : float or array
        The decay per ``decay_steps`` steps. At least 0.
    staircase : bool, default False
        Whether to change only at multiples of ``decay_steps``: ``floor(t/decay_steps)`` replaces
        the quotient.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. Paddle computes in float32.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.inverse_time_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.inverse_time_decay(1.0, decay_steps=1, decay_rate=1.0).table(2)
    array([1. , 0.5])
    """
    return inverse_decay(learning_rate, decay_rate, decay_steps, staircase)


@preset(differences=f"{_SINGLE} {_NO_CLIMB.replace('end_lr', 'end_learning_rate')}")
def polynomial_decay(
    learning_rate: Rate,
    decay_steps: Span,
    end_learning_rate: Rate = 0.0001,
    power: Exponent = 1.0,
    cycle: Flag = False,
) -> Schedule:
    """Decay the rate by a polynomial, once or in cycles.

    ``end_learning_rate + (learning_rate - end_learning_rate) * (1 - t/decay_steps)^power``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    end_learning_rate : float or array, default 0.0001
        The rate at the end. At least 0.
    power : float or array, default 1.0
        The power of the decay. From 1e-3 to 1e3.
    cycle : bool, default False
        Whether to start again at each multiple of ``decay_steps``, from a lower rate each time.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``cycle`` is True and ``end_learning_rate`` is above ``learning_rate``.

    Notes
    -----
    Without ``cycle`` the last rate is held. With it, ``decay_steps`` in the formula is the first
    multiple of itself at or after t: the rate is ``end_learning_rate`` at each multiple and jumps
    up after it. Paddle computes in float32.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.polynomial_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.polynomial_decay(1.0, 2, end_learning_rate=0.0).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return power_decay(learning_rate, end_learning_rate, power, decay_steps, cycle)


@preset(differences=_SINGLE)
def piecewise_decay(boundaries: Marks, values: Levels) -> Schedule:
    """Hold one value after another.

    ``values[i]``, i the first boundary that t is below; past the last boundary the last value

    Parameters
    ----------
    boundaries : sequence of int
        The steps at which the next value begins.
    values : sequence of float
        The rates, one more than boundaries. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is not one value more than boundaries.

    Notes
    -----
    Paddle computes in float32.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.piecewise_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.piecewise_decay([2], [0.5, 0.25]).table(4)
    array([0.5 , 0.5 , 0.25, 0.25])
    """
    if len(values) != len(boundaries) + 1:
        detail = f"{len(values)} and {len(boundaries)}"
        raise ArgumentError(f"values must be one more than boundaries, got {detail}")
    return _pieces(boundaries, values)


@preset(differences=_SINGLE)
def cosine_decay(learning_rate: Rate, step_each_epoch: Span, epochs: Span) -> Schedule:
    """Follow a cosine wave by the epoch.

    ``learning_rate/2 * (1 + cos(pi * floor(t/step_each_epoch)/epochs))``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    step_each_epoch : int or array of int
        The number of steps per epoch. At least 1.
    epochs : int or array of int
        The number of epochs of half a wave. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    After ``epochs`` the wave goes on: the rate climbs back, and so on. Paddle computes in float32.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.cosine_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.cosine_decay(1.0, step_each_epoch=2, epochs=2).table(6)
    array([1. , 1. , 0.5, 0.5, 0. , 0. ])
    """
    return wave(learning_rate, 0.0, epochs).staircase(step_each_epoch)


@preset(elementwise=True, differences=_SINGLE)
def linear_lr_warmup(
    learning_rate: Scheduled, warmup_steps: Span, start_lr: Rate, end_lr: Rate
) -> Schedule:
    """Warm up linearly to a rate or a schedule.

    A line from ``start_lr`` to ``end_lr``, then ``learning_rate``

    Parameters
    ----------
    learning_rate : Schedule, float or array
        The rate after the warmup, or a schedule, which is at the step of the run.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.
    start_lr : float or array
        The rate at step 0. At least 0.
    end_lr : float or array
        The rate at the end of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Paddle computes in float32.

    References
    ----------
    PaddlePaddle 3.3 (2026), ``paddle.optimizer.lr.linear_lr_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.paddle.linear_lr_warmup(1.0, 2, 0.0, 1.0).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return linear(start_lr, end_lr, warmup_steps).then(learning_rate.skip(warmup_steps))  # type: ignore[union-attr]
