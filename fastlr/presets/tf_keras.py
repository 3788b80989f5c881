"""tf_keras and ``tf.compat.v1.train``: the decays that Keras 3 no longer has, as of tf_keras 2.21
(2026).

The functions are those of ``tf.compat.v1.train``, without ``global_step``: step t is that step, 0
at the first update. The classes that Keras 3 has too, such as ``ExponentialDecay``, are in
``presets.keras``. TensorFlow computes in the dtype of the rate, float32 for a Python number. A
decay length may be a fraction.
"""

from __future__ import annotations  # help() replaces rules in the text

from functools import partial
from math import ceil, cos, pi

import numpy as np

from fastlr.arguments.rules import Flag, Floats, Rate
from fastlr.presets._building_blocks import (
    endless,
    fraction,
    geometric,
    in_ticks,
    inverse_decay,
    power_decay,
    restarts,
    stairs,
    wave,
)
from fastlr.presets._rules import Duration, Growth, Level, Levels, Marks, Ratio, Share, preset
from fastlr.schedule import constructor_names
from fastlr.schedule.constructor_names import constant, cosine, inverse_time, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = [
    "UNEXPRESSED",
    "LinearCosineDecay",
    "Optimizer",
    "cosine_decay",
    "cosine_decay_restarts",
    "exponential_decay",
    "inverse_time_decay",
    "linear_cosine_decay",
    "natural_exp_decay",
    "piecewise_constant",
    "polynomial_decay",
]

_NOISE = (
    "It draws a random number at each call: the rate is no function of the step, and may be below "
    "0. Without the noise it is LinearCosineDecay."
)
UNEXPRESSED = {"NoisyLinearCosineDecay": _NOISE, "noisy_linear_cosine_decay": _NOISE}


@preset()
def exponential_decay(
    learning_rate: Rate, decay_steps: Duration, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """Decay the rate exponentially.

    ``learning_rate * decay_rate^(t/decay_steps)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
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
    The schedule never ends. TensorFlow computes in float32 by default.

    References
    ----------
    tf_keras 2.21 (2026), ``tf.compat.v1.train.exponential_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_keras.exponential_decay(1.0, decay_steps=2, decay_rate=0.25).table(4)
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    return endless(partial(geometric, learning_rate, decay_rate, staircase=staircase), decay_steps)


@preset()
def natural_exp_decay(
    learning_rate: Rate, decay_steps: Duration, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """Decay the rate exponentially, in units of e.

    ``learning_rate * exp(-decay_rate * t/decay_steps)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
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
    The schedule never ends. TensorFlow computes in float32 by default.

    References
    ----------
    tf_keras 2.21 (2026), ``tf.compat.v1.train.natural_exp_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_keras.natural_exp_decay(1.0, decay_steps=2, decay_rate=1.0).table(3).round(3)
    array([1.   , 0.607, 0.368])
    """
    if staircase:
        return endless(
            constructor_names.exponential_decay(learning_rate, rate=decay_rate).staircase,
            decay_steps,
        )
    return constructor_names.exponential_decay(learning_rate, rate=decay_rate / decay_steps)


@preset()
def inverse_time_decay(
    learning_rate: Rate, decay_steps: Duration, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """Decay the rate inversely to time.

    ``learning_rate / (1 + decay_rate * t/decay_steps)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
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
    The schedule never ends. TensorFlow computes in float32 by default.

    References
    ----------
    tf_keras 2.21 (2026), ``tf.compat.v1.train.inverse_time_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_keras.inverse_time_decay(1.0, decay_steps=1, decay_rate=1.0).table(2)
    array([1. , 0.5])
    """
    return inverse_decay(learning_rate, decay_rate, decay_steps, staircase)


@preset()
def piecewise_constant(boundaries: Marks, values: Levels) -> Schedule:
    """Hold one value after another.

    ``values[i]`` after step ``boundaries[i-1]``, up to and including step ``boundaries[i]``

    Parameters
    ----------
    boundaries : sequence of int
        The last step of each value but the last. They must never fall.
    values : sequence of float
        The rates, one more than boundaries. At least 0.

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
    tf_keras 2.21 (2026), ``tf.compat.v1.train.piecewise_constant``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_keras.piecewise_constant([1], [0.5, 0.25]).table(3)
    array([0.5 , 0.5 , 0.25])
    """
    return stairs(values, boundaries, after=1)


@preset(differences="With cycle=True, learning_rate must be at least end_learning_rate.")
def polynomial_decay(
    learning_rate: Rate,
    decay_steps: Duration,
    end_learning_rate: Rate = 0.0001,
    power: Ratio = 1.0,
    cycle: Flag = False,
) -> Schedule:
    """Decay the rate by a polynomial, once or in cycles.

    ``(learning_rate - end_learning_rate) * (1 - t/decay_steps)^power + end_learning_rate``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
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
        If ``cycle`` is True and ``learning_rate`` is below ``end_learning_rate``.

    Notes
    -----
    Without ``cycle`` the last rate is held. With it, ``decay_steps`` in the formula is the first
    multiple of itself at or after t: the end is reached at each multiple, and the next step is
    higher up again.

    References
    ----------
    tf_keras 2.21 (2026), ``tf.compat.v1.train.polynomial_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_keras.polynomial_decay(1.0, 2, end_learning_rate=0.0).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return power_decay(learning_rate, end_learning_rate, power, decay_steps, cycle)


@preset()
def cosine_decay(learning_rate: Rate, decay_steps: Duration, alpha: Level = 0.0) -> Schedule:
    """Decay the rate by half a cosine wave.

    ``learning_rate * ((1 - alpha) * (1 + cos(pi*t/decay_steps))/2 + alpha)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : float or array
        The number of steps of the decay. Above 0; it may be a fraction.
    alpha : float or array, default 0.0
        The last rate, as a share of the first. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    tf_keras 2.21 (2026), ``tf.compat.v1.train.cosine_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_keras.cosine_decay(1.0, decay_steps=2).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return in_ticks(
        partial(cosine, learning_rate, np.multiply(learning_rate, alpha)), fraction(decay_steps)
    )


@preset(
    differences="TensorFlow finds the cycle by a floating-point logarithm, and may miss one by a "
    "step; fastlr misses none. t_mul is at least 1 and m_mul at most 1. If cycles "
    "begin between steps, the end is held after the last cycle that ends by step 2^53."
)
def cosine_decay_restarts(
    learning_rate: Rate,
    first_decay_steps: Duration,
    t_mul: Growth = 2.0,
    m_mul: Share = 1.0,
    alpha: Level = 0.0,
) -> Schedule:
    """Repeat half a cosine wave, with cycles that grow longer and lower.

    ``learning_rate * ((1 - alpha) * m_mul^i * (1 + cos(pi*c/L))/2 + alpha)``, c steps into cycle i
    of ``L = first_decay_steps * t_mul^i`` steps

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    first_decay_steps : float or array
        The number of steps of the first cycle. Above 0; it may be a fraction.
    t_mul : float or array, default 2.0
        The factor of a cycle's length. At least 1.
    m_mul : float or array, default 1.0
        The factor of a cycle's height. From 0 to 1.
    alpha : float or array, default 0.0
        The last rate, as a share of the first. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    A cycle may begin between steps. In that case the end is held after the last cycle that ends by
    step 2^53.

    TensorFlow finds the cycle by a floating-point logarithm and may miss one by a step; fastlr does
    not.

    References
    ----------
    tf_keras 2.21 (2026), ``tf.compat.v1.train.cosine_decay_restarts``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_keras.cosine_decay_restarts(1.0, first_decay_steps=2).table(4).round(3)
    array([1.   , 0.5  , 1.   , 0.854])
    """
    return restarts(
        learning_rate, np.multiply(learning_rate, alpha), first_decay_steps, t_mul, m_mul
    )


@preset()
def linear_cosine_decay(
    learning_rate: Rate,
    decay_steps: Duration,
    num_periods: Level = 0.5,
    alpha: Level = 0.0,
    beta: Level = 0.001,
) -> Schedule:
    """Decay the rate by a line times a cosine wave.

    ``learning_rate * ((alpha + 1 - p) * (1 + cos(2*pi*num_periods*p))/2 + beta)``, ``p =
    t/decay_steps``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : float or array
        The number of steps of the decay. Above 0; it may be a fraction.
    num_periods : float or array, default 0.5
        The number of cosine waves. At least 0.
    alpha : float or array, default 0.0
        The end of the line, as a share of the first rate. At least 0.
    beta : float or array, default 0.001
        The rate that remains, as a share of the first. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    tf_keras 2.21 (2026), ``tf.compat.v1.train.linear_cosine_decay``. After Bello et al., *Neural
    Optimizer Search with Reinforcement Learning* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_keras.linear_cosine_decay(1.0, decay_steps=2, beta=0.0).table(4)
    array([1.  , 0.25, 0.  , 0.  ])
    """
    return _linear_cosine(learning_rate, decay_steps, num_periods, alpha, beta)


@preset()
def LinearCosineDecay(
    initial_learning_rate: Rate,
    decay_steps: Duration,
    num_periods: Level = 0.5,
    alpha: Level = 0.0,
    beta: Level = 0.001,
) -> Schedule:
    """Decay the rate by a line times a cosine wave.

    ``initial_learning_rate * ((alpha + 1 - p) * (1 + cos(2*pi*num_periods*p))/2 + beta)``, ``p =
    t/decay_steps``

    Parameters
    ----------
    initial_learning_rate : float or array
        The rate at step 0; an array has one per group. At least 0.
    decay_steps : float or array
        The number of steps of the decay. Above 0; it may be a fraction.
    num_periods : float or array, default 0.5
        The number of cosine waves. At least 0.
    alpha : float or array, default 0.0
        The end of the line, as a share of the first rate. At least 0.
    beta : float or array, default 0.001
        The rate that remains, as a share of the first. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    tf_keras 2.21 (2026), ``tf_keras.experimental.LinearCosineDecay``. After Bello et al., *Neural
    Optimizer Search with Reinforcement Learning* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_keras.LinearCosineDecay(1.0, decay_steps=2, beta=0.0).table(4)
    array([1.  , 0.25, 0.  , 0.  ])
    """
    return _linear_cosine(initial_learning_rate, decay_steps, num_periods, alpha, beta)


def _linear_cosine(
    init: Floats, steps: float, periods: float, alpha: float, beta: float
) -> Schedule:
    length, turns = fraction(steps), fraction(periods)
    line = in_ticks(partial(linear, 1.0 + alpha, alpha), length)
    if turns:
        last = (1.0 + cos(2.0 * pi * float(turns % 1))) / 2.0
        line = line * join([wave(1.0, 0.0, length / (2 * turns)), constant(last)], [ceil(length)])
    return line * init + np.multiply(init, beta)


# -- what optimizers do by themselves --------------------------------------------------------------


@preset(elementwise=True)
def Optimizer(learning_rate: Rate, decay: Rate = 0.0) -> Schedule:
    """Return the rate of a legacy optimizer with ``decay``.

    ``learning_rate / (1 + decay*t)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay : float or array, default 0.0
        The decay per step. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Each of ``tf_keras.optimizers.legacy`` applies this itself. The schedule never ends.

    References
    ----------
    tf_keras 2.21 (2026), ``tf_keras.optimizers.legacy.Optimizer``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_keras.Optimizer(1.0, decay=1.0).table(2)
    array([1. , 0.5])
    """
    return inverse_time(learning_rate, decay)
