"""tf_keras and ``tf.compat.v1.train``: the decays that Keras 3 no longer has, as of tf_keras 2.21
(2026).

The functions are those of ``tf.compat.v1.train``, without the ``global_step`` that they were given:
step t is that step, 0 at the first update. The classes ``ExponentialDecay``, ``CosineDecay`` and so
on are Keras 3's, in ``presets.keras``. TensorFlow computes in the rate's own dtype, float32 for a
Python number; a decay length may be a fraction.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from functools import partial
from math import ceil, cos, pi

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Flag, Rate
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
    "It draws from TensorFlow's generator at each call: the rate of a step is no "
    "function of the step, and may be below 0. "
    "Without its noise it is LinearCosineDecay."
)
UNEXPRESSED = {"NoisyLinearCosineDecay": _NOISE, "noisy_linear_cosine_decay": _NOISE}


@preset()
def exponential_decay(
    learning_rate: Rate, decay_steps: Duration, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """``learning_rate * decay_rate^(t/decay_steps)``, with ``floor(t/decay_steps)`` if
    ``staircase``.
    """
    return endless(partial(geometric, learning_rate, decay_rate, staircase=staircase), decay_steps)


@preset()
def natural_exp_decay(
    learning_rate: Rate, decay_steps: Duration, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """``learning_rate * exp(-decay_rate * t/decay_steps)``, with ``floor(t/decay_steps)`` if
    ``staircase``.
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
    """``learning_rate / (1 + decay_rate * t/decay_steps)``, with ``floor(t/decay_steps)`` if
    ``staircase``.
    """
    return inverse_decay(learning_rate, decay_rate, decay_steps, staircase)


@preset()
def piecewise_constant(boundaries: Marks, values: Levels) -> Schedule:
    """``values[i]`` after step ``boundaries[i-1]``, up to and including step ``boundaries[i]``: a
    boundary keeps the old value.
    """
    return stairs(values, boundaries, after=1)


@preset(differences="With cycle, learning_rate must be at least end_learning_rate.")
def polynomial_decay(
    learning_rate: Rate,
    decay_steps: Duration,
    end_learning_rate: Rate = 0.0001,
    power: Ratio = 1.0,
    cycle: Flag = False,
) -> Schedule:
    """``(learning_rate - end_learning_rate) * (1 - t/decay_steps)^power + end_learning_rate``, and
    held.

    With ``cycle``, ``decay_steps`` is the first multiple of itself at or after t: the end is
    reached at each multiple, and the next step is higher up again.
    """
    return power_decay(learning_rate, end_learning_rate, power, decay_steps, cycle)


@preset()
def cosine_decay(learning_rate: Rate, decay_steps: Duration, alpha: Level = 0.0) -> Schedule:
    """``learning_rate * ((1 - alpha) * (1 + cos(pi*t/decay_steps))/2 + alpha)``, held from ``t
    = decay_steps`` on.
    """
    return in_ticks(
        partial(cosine, learning_rate, np.multiply(learning_rate, alpha)), fraction(decay_steps)
    )


@preset(
    differences="TensorFlow finds the cycle by a floating-point logarithm, and may miss one by a "
    "step; here none. t_mul is at least 1 and m_mul at most 1. Where cycles begin "
    "between steps, the end is held after the last that ends by step 2**53."
)
def cosine_decay_restarts(
    learning_rate: Rate,
    first_decay_steps: Duration,
    t_mul: Growth = 2.0,
    m_mul: Share = 1.0,
    alpha: Level = 0.0,
) -> Schedule:
    """``learning_rate * ((1 - alpha) * m_mul^i * (1 + cos(pi*c/L))/2 + alpha)``, c steps into a
    cycle of L steps.

    Cycle i is ``L = first_decay_steps * t_mul^i`` steps long, and may begin between steps.
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
    """``learning_rate * ((alpha + 1 - p) * (1 + cos(2*pi*num_periods*p))/2 + beta)``, ``p =
    t/decay_steps``, and held.
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
    """``linear_cosine_decay`` as a class: Bello et al., *Neural Optimizer Search with
    Reinforcement Learning* (2017).
    """
    return _linear_cosine(initial_learning_rate, decay_steps, num_periods, alpha, beta)


def _linear_cosine(
    init: npt.ArrayLike, steps: float, periods: float, alpha: float, beta: float
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
    """``learning_rate / (1 + decay*t)``, which each of ``tf_keras.optimizers.legacy`` does by
    itself.
    """
    return inverse_time(learning_rate, decay)
