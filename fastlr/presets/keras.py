"""Keras 3's schedules, ``keras.optimizers.schedules``, and its callbacks that set rates, as of
Keras 3.15 (2026).

Step t is the optimizer's ``iterations``, so that step 0 has the rate of the first update. A step of
a callback is an epoch. Keras computes in float32, in part even if it is configured otherwise. Its
arguments are the rates themselves; ``name`` is not supported. A length may be a fraction.

>>> from fastlr import presets
>>> presets.keras.PiecewiseConstantDecay([100], [0.1, 0.01])([100, 101])
array([0.1 , 0.01])
"""

from __future__ import annotations  # help() replaces rules in the text

import inspect
from collections.abc import Callable
from functools import partial
from math import ceil
from typing import Any, Literal

import numpy as np

from fastlr.arguments.rules import BelowOne, Flag, Floats, Rate
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    endless,
    fraction,
    geometric,
    in_ticks,
    inverse_decay,
    power_decay,
    restarts,
    stairs,
)
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Duration,
    Function,
    Growth,
    Length,
    Level,
    Levels,
    Marks,
    Ratio,
    Share,
    Tabled,
    preset,
)
from fastlr.schedule.constructor_names import cosine, join, linear, sampled
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateScheduler",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "ReduceLROnPlateau",
]


@preset()
def ExponentialDecay(
    initial_learning_rate: Rate, decay_steps: Duration, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """Decay the rate exponentially.

    ``initial_learning_rate * decay_rate^(t/decay_steps)``

    Parameters
    ----------
    initial_learning_rate : float or array
        The rate at step 0; an array has one per group. At least 0.
    decay_steps : float or array
        The number of steps of the decay. Above 0; it may be a fraction.
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
    The schedule never ends.

    References
    ----------
    Keras 3.15 (2026), ``keras.optimizers.schedules.ExponentialDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.keras.ExponentialDecay(1.0, decay_steps=2, decay_rate=0.25).table(5)
    array([1.    , 0.5   , 0.25  , 0.125 , 0.0625])
    """
    return endless(
        partial(geometric, initial_learning_rate, decay_rate, staircase=staircase), decay_steps
    )


@preset()
def PiecewiseConstantDecay(boundaries: Marks, values: Levels) -> Schedule:
    """Hold one value after another.

    ``values[i]`` after step ``boundaries[i-1]``, up to and including step ``boundaries[i]``

    Parameters
    ----------
    boundaries : sequence of int
        The last step of each value but the last. They must never fall.
    values : sequence of float
        The rates, one more than boundaries.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is not one value more than boundaries, or boundaries fall.

    Notes
    -----
    At a boundary the old value is still in force, unlike ``fastlr.piecewise_constant``.

    References
    ----------
    Keras 3.15 (2026), ``keras.optimizers.schedules.PiecewiseConstantDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.keras.PiecewiseConstantDecay([1], [0.5, 0.25]).table(3)
    array([0.5 , 0.5 , 0.25])
    """
    return stairs(values, boundaries, after=1)


@preset(differences="With cycle=True, initial_learning_rate must be at least end_learning_rate.")
def PolynomialDecay(
    initial_learning_rate: Rate,
    decay_steps: Duration,
    end_learning_rate: Rate = 0.0001,
    power: Ratio = 1.0,
    cycle: Flag = False,
) -> Schedule:
    """Decay the rate by a polynomial, once or in cycles.

    ``(initial_learning_rate - end_learning_rate) * (1 - t/decay_steps)^power + end_learning_rate``

    Parameters
    ----------
    initial_learning_rate : float or array
        The rate at step 0; an array has one per group. At least 0.
    decay_steps : float or array
        The number of steps of the decay. Above 0; it may be a fraction.
    end_learning_rate : float or array, default 0.0001
        The rate at the end. At least 0.
    power : float or array, default 1.0
        The power of the decay. Above 0.
    cycle : bool, default False
        Whether to start again at each multiple of ``decay_steps``, from a lower rate each time.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``cycle`` is True and the first rate is below the last.

    Notes
    -----
    Without ``cycle`` the last rate is held. With it, ``decay_steps`` in the formula is the first
    multiple of itself at or after t: the end is reached at each multiple, and the next step is
    higher up again.

    References
    ----------
    Keras 3.15 (2026), ``keras.optimizers.schedules.PolynomialDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.keras.PolynomialDecay(1.0, 2, end_learning_rate=0.0).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return power_decay(initial_learning_rate, end_learning_rate, power, decay_steps, cycle)


@preset()
def InverseTimeDecay(
    initial_learning_rate: Rate, decay_steps: Duration, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """Decay the rate inversely to time.

    ``initial_learning_rate / (1 + decay_rate * t/decay_steps)``

    Parameters
    ----------
    initial_learning_rate : float or array
        The rate at step 0; an array has one per group. At least 0.
    decay_steps : float or array
        The number of steps of the decay. Above 0; it may be a fraction.
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
    The schedule never ends.

    References
    ----------
    Keras 3.15 (2026), ``keras.optimizers.schedules.InverseTimeDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.keras.InverseTimeDecay(1.0, decay_steps=1, decay_rate=1.0).table(3)
    array([1.        , 0.5       , 0.33333333])
    """
    return inverse_decay(initial_learning_rate, decay_rate, decay_steps, staircase)


@preset()
def CosineDecay(
    initial_learning_rate: Rate,
    decay_steps: Duration,
    alpha: Level = 0.0,
    warmup_target: Rate | None = None,
    warmup_steps: Length = 0,
) -> Schedule:
    """Decay the rate by half a cosine wave, after an optional warmup.

    ``initial_learning_rate * ((1 - alpha) * (1 + cos(pi*t/decay_steps))/2 + alpha)``

    Parameters
    ----------
    initial_learning_rate : float or array
        The rate at step 0; an array has one per group. At least 0.
    decay_steps : float or array
        The number of steps of the decay. Above 0; it may be a fraction.
    alpha : float or array, default 0.0
        The last rate, as a share of the highest. At least 0.
    warmup_target : float or array, optional
        The rate at the end of the warmup. By default there is no warmup. At least 0.
    warmup_steps : float or array, default 0
        The number of steps of the warmup; ignored without ``warmup_target``. At least 0; it may be
        a fraction.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate is held from step ``decay_steps`` on. With a ``warmup_target`` the schedule is first a
    line to it in ``warmup_steps`` steps, then the wave from it in ``decay_steps`` more, to
    ``warmup_target * alpha``.

    References
    ----------
    Keras 3.15 (2026), ``keras.optimizers.schedules.CosineDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.keras.CosineDecay(1.0, decay_steps=2).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    if warmup_target is None:
        return in_ticks(_falling(initial_learning_rate, alpha), fraction(decay_steps))
    warmup = fraction(warmup_steps)
    rise = in_ticks(partial(linear, initial_learning_rate, warmup_target), warmup)
    fall = in_ticks(_falling(warmup_target, alpha), fraction(decay_steps), ceil(warmup) - warmup)
    return join([rise, fall], [ceil(warmup)])


def _falling(init: Floats, alpha: float) -> partial[Schedule]:
    return partial(cosine, init, np.multiply(init, alpha))


@preset(
    differences="Keras finds the cycle by a floating-point logarithm, and may miss one by a step; "
    "fastlr misses none. t_mul is at least 1 and m_mul at most 1. If cycles begin "
    "between steps, the end is held after the last cycle that ends by step 2^53."
)
def CosineDecayRestarts(
    initial_learning_rate: Rate,
    first_decay_steps: Duration,
    t_mul: Growth = 2.0,
    m_mul: Share = 1.0,
    alpha: Level = 0.0,
) -> Schedule:
    """Repeat half a cosine wave, with cycles that grow longer and lower.

    ``initial_learning_rate * ((1 - alpha) * m_mul^i * (1 + cos(pi*c/L))/2 + alpha)``, c steps into
    cycle i of ``L = first_decay_steps * t_mul^i`` steps

    Parameters
    ----------
    initial_learning_rate : float or array
        The rate at step 0; an array has one per group. At least 0.
    first_decay_steps : float or array
        The number of steps of the first cycle. Above 0; it may be a fraction.
    t_mul : float or array, default 2.0
        The factor of a cycle's length. At least 1.
    m_mul : float or array, default 1.0
        The factor of a cycle's height. From 0 to 1.
    alpha : float or array, default 0.0
        The lowest rate, as a share of the first. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    A cycle may begin between steps. In that case the end is held after the last cycle that ends by
    step 2^53.

    Keras finds the cycle by a floating-point logarithm and may miss one by a step; fastlr does not.

    References
    ----------
    Keras 3.15 (2026), ``keras.optimizers.schedules.CosineDecayRestarts``. After Loshchilov &
    Hutter, *SGDR* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.keras.CosineDecayRestarts(1.0, first_decay_steps=2).table(6)
    array([1.        , 0.5       , 1.        , 0.85355339, 0.5       ,
           0.14644661])
    """
    end = np.multiply(initial_learning_rate, alpha)
    return restarts(initial_learning_rate, end, first_decay_steps, t_mul, m_mul)


# -- callbacks -------------------------------------------------------------------------------------


@preset(
    differences="A function is not a value: fastlr calls it once for each of `epochs` epochs, and "
    "holds the last rate. Keras rounds each rate to the optimizer's float32 before "
    "the function sees it again."
)
def LearningRateScheduler(lr: Rate, schedule: Function, epochs: Tabled) -> Schedule:
    """Set the rate of each epoch by a function.

    ``schedule(epoch, rate)`` of the previous rate, at first ``lr``; or ``schedule(epoch)``

    Parameters
    ----------
    lr : float or array
        The rate before the first epoch; an array has one per group. At least 0.
    schedule : callable
        A function of the epoch, and of the rate before it if it takes two arguments. A compiled
        function without a signature, as ``list.__getitem__``, is called with the epoch alone.
    epochs : int or array of int
        The number of epochs. From 1 to 4,194,304.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    TypeError
        If ``schedule`` is no function, or returns something other than numbers. Whatever the
        function raises is raised as it is.
    ValueError
        If it returns neither one rate nor one per lane.

    Notes
    -----
    Step t is an epoch. A function is not a value: fastlr calls it once for each of ``epochs``
    epochs and holds the last rate.

    Keras rounds each rate to the optimizer's float32 before the function sees it again.

    References
    ----------
    Keras 3.15 (2026), ``keras.callbacks.LearningRateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.keras.LearningRateScheduler(1.0, lambda epoch, rate: rate / 2, epochs=2)
    >>> s.table(3)
    array([0.5 , 0.25, 0.25])
    """
    rates, rate_of = [np.asarray(lr)], _of_epoch_and_rate(schedule)
    for epoch in range(epochs):
        answer = rate_of(epoch, rates[-1])
        if answer.shape not in ((), rates[0].shape):
            shapes = f"of shape {rates[0].shape}, got shape {answer.shape}"
            raise ArgumentError(f"schedule must give a rate, or one for each lane, {shapes}")
        rates.append(np.broadcast_to(answer, rates[0].shape))
    return sampled(np.stack(rates[1:], axis=-1))


def _of_epoch_and_rate(schedule: Callable[..., Any]) -> Callable[[int, Any], Any]:
    """Return a function that passes the rate on if ``schedule`` takes it, by its signature.

    Keras finds out by a call: after a ``TypeError``, even one inside ``schedule``, it calls it
    again without the rate.
    """
    alone = isinstance(inspect.unwrap(schedule), Schedule)  # whose second argument is ``out``
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except (TypeError, ValueError):  # ValueError: compiled without a signature, as list.__getitem__
        alone = True
    return (lambda epoch, rate: schedule(epoch)) if alone else schedule


@preset(
    elementwise=True,
    differences="monitor is not supported, nor mode='auto', which depends on the model's metrics: "
    "give mode='max' where it applies.",
)
def ReduceLROnPlateau(
    factor: BelowOne = 0.1,
    patience: Count = 10,
    mode: Literal["min", "max"] = "min",
    min_delta: Level = 1e-4,
    cooldown: Count = 0,
    min_lr: Rate = 0.0,
) -> Plateau:
    """Reduce the rate when a metric has stopped improving.

    Parameters
    ----------
    factor : float or array, default 0.1
        The factor of a reduction. From 0 up to, not including, 1.
    patience : int or array of int, default 10
        The number of epochs without improvement before a reduction. At least 0.
    mode : {"min", "max"}, default "min"
        Whether a lower or a higher metric is better.
    min_delta : float or array, default 1e-4
        How much better a metric must be to count. At least 0.
    cooldown : int or array of int, default 0
        The number of epochs after a reduction in which none is counted as bad. At least 0.
    min_lr : float or array, default 0.0
        The lowest rate. At least 0.

    Returns
    -------
    Plateau
        A rule, which takes metrics; see ``fastlr.Plateau``.

    Notes
    -----
    The state begins at the rate, ``init(scale=lr)``, and rates are float32, as in Keras.

    ``monitor`` is not supported, nor ``mode="auto"``, which depends on the model's metrics.

    References
    ----------
    Keras 3.15 (2026), ``keras.callbacks.ReduceLROnPlateau``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.keras.ReduceLROnPlateau(patience=3)
    Plateau(patience=3, nan='bad', convention='keras')
    """
    return Plateau(
        mode=mode,
        factor=factor,
        patience=patience,
        atol=min_delta,
        cooldown=cooldown,
        floor=min_lr,
        nan="bad",
        convention="keras",
    )
