"""Keras 3's schedules, ``keras.optimizers.schedules``, and its callbacks that set rates, as of
Keras 3.15 (2026).

Step t is the optimizer's ``iterations``: t=0 is the rate of the first update; a callback's step is
an epoch. Keras computes in float32, parts of it even where it is told otherwise, and takes the
rates themselves as arguments; ``name`` is not taken. A length may be a fraction.

>>> from fastlr import presets
>>> presets.keras.PiecewiseConstantDecay([100], [0.1, 0.01])([100, 101])
array([0.1 , 0.01])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from functools import partial
from math import ceil
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Flag, Rate, Unit
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    endless,
    fraction,
    geometric,
    inverse_decay,
    on_clock,
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
from fastlr.schedule.constructors import cosine, join, linear, sampled
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
    """``initial_learning_rate * decay_rate^(t/decay_steps)``, with ``floor(t/decay_steps)`` if
    ``staircase``.
    """
    return endless(
        partial(geometric, initial_learning_rate, decay_rate, staircase=staircase), decay_steps
    )


@preset()
def PiecewiseConstantDecay(boundaries: Marks, values: Levels) -> Schedule:
    """``values[i]`` after step ``boundaries[i-1]``, up to and with step ``boundaries[i]``: a
    boundary keeps the old value.
    """
    return stairs(values, boundaries, after=1)


@preset(differences="With cycle, initial_learning_rate must be at least end_learning_rate.")
def PolynomialDecay(
    initial_learning_rate: Rate,
    decay_steps: Duration,
    end_learning_rate: Rate = 0.0001,
    power: Ratio = 1.0,
    cycle: Flag = False,
) -> Schedule:
    """``(initial_learning_rate - end_learning_rate) * (1 - t/decay_steps)^power +
    end_learning_rate``, and held.

    With ``cycle``, ``decay_steps`` is the first multiple of itself at or after t: the end is
    reached at each multiple, and the next step is higher up again.
    """
    return power_decay(initial_learning_rate, end_learning_rate, power, decay_steps, cycle)


@preset()
def InverseTimeDecay(
    initial_learning_rate: Rate, decay_steps: Duration, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """``initial_learning_rate / (1 + decay_rate * t/decay_steps)``, with
    ``floor(t/decay_steps)`` if ``staircase``.
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
    """``initial_learning_rate * ((1 - alpha) * (1 + cos(pi*t/decay_steps))/2 + alpha)``, held from
    ``t = decay_steps`` on.

    With a ``warmup_target``, first a line to it in ``warmup_steps``, then the wave from it,
    ``decay_steps`` more, to ``warmup_target * alpha``; without one, ``warmup_steps`` is not looked
    at.
    """
    if warmup_target is None:
        return on_clock(_falling(initial_learning_rate, alpha), fraction(decay_steps))
    warmup = fraction(warmup_steps)
    rise = on_clock(partial(linear, initial_learning_rate, warmup_target), warmup)
    fall = on_clock(_falling(warmup_target, alpha), fraction(decay_steps), ceil(warmup) - warmup)
    return join([rise, fall], [ceil(warmup)])


def _falling(init: npt.ArrayLike, alpha: float) -> partial[Schedule]:
    return partial(cosine, init, np.multiply(init, alpha))


@preset(
    differences="Keras finds the cycle by a floating-point logarithm, and may miss one by a step; "
    "here none. t_mul is at least 1 and m_mul at most 1. Where cycles begin between "
    "steps, the end is held after the last that ends by step 2**53."
)
def CosineDecayRestarts(
    initial_learning_rate: Rate,
    first_decay_steps: Duration,
    t_mul: Growth = 2.0,
    m_mul: Share = 1.0,
    alpha: Level = 0.0,
) -> Schedule:
    """``initial_learning_rate * ((1 - alpha) * m_mul^i * (1 + cos(pi*c/L))/2 + alpha)``, c steps
    into a cycle of L steps.

    Cycle i is ``L = first_decay_steps * t_mul^i`` steps long, and may begin between steps.
    """
    end = np.multiply(initial_learning_rate, alpha)
    return restarts(initial_learning_rate, end, first_decay_steps, t_mul, m_mul)


# -- callbacks -------------------------------------------------------------------------------------


@preset(
    differences="A function is not a value: it is asked once for each of `epochs` epochs, and the "
    "last rate held. Keras rounds each rate to the optimizer's float32 before the "
    "function sees it again."
)
def LearningRateScheduler(lr: Rate, schedule: Function, epochs: Tabled) -> Schedule:
    """``schedule(epoch, rate)`` of the rate before it, at first ``lr``, or ``schedule(epoch)``,
    looked up; t is the epoch.
    """
    rates = [np.asarray(lr)]
    for epoch in range(epochs):
        answer = _asked(schedule, epoch, rates[-1])
        if answer.shape not in ((), rates[0].shape):
            shapes = f"of shape {rates[0].shape}, got shape {answer.shape}"
            raise ArgumentError(f"schedule must give a rate, or one for each lane, {shapes}")
        rates.append(np.broadcast_to(answer, rates[0].shape))
    return sampled(np.stack(rates[1:], axis=-1))


def _asked(schedule: Any, epoch: int, rate: Any) -> Any:
    try:
        return schedule(epoch, rate)
    except TypeError:  # of one argument, as Keras finds out as well
        return schedule(epoch)


@preset(
    elementwise=True,
    differences="monitor and mode='auto', which asks the model's metrics, are not taken: mode "
    "must be given where it is 'max'.",
)
def ReduceLROnPlateau(
    factor: Unit = 0.1,
    patience: Count = 10,
    mode: Literal["min", "max"] = "min",
    min_delta: Level = 1e-4,
    cooldown: Count = 0,
    min_lr: Rate = 0.0,
) -> Plateau:
    """Keras's automaton as a rule: ``factor`` once the metric has not been better for ``patience``
    epochs, by ``min_delta``.

    Its state begins at the rate, ``init(scale=lr)``, and rates are float32, as in Keras.
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
