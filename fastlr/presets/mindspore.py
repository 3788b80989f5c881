"""MindSpore's schedules: ``mindspore.nn.learning_rate_schedule`` of 2.x (2024), in float32; step t
is the optimizer's own.

>>> WarmUpLR(0.4, warmup_steps=4).table(6)
array([0. , 0.1, 0.2, 0.3, 0.4, 0.4])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import numpy as np

from fastlr.arguments.rules import Flag, Rate
from fastlr.presets._building_blocks import cycling_polynomial, geometric, inverse_decay
from fastlr.presets._rules import Exponent, Level, Ratio, Span, preset
from fastlr.schedule.constructor_names import cosine, exponential_decay, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineDecayLR",
    "ExponentialDecayLR",
    "InverseDecayLR",
    "NaturalExpDecayLR",
    "PolynomialDecayLR",
    "WarmUpLR",
]


@preset()
def ExponentialDecayLR(
    learning_rate: Rate, decay_rate: Ratio, decay_steps: Span, is_stair: Flag = False
) -> Schedule:
    """``learning_rate * decay_rate^(t/decay_steps)``, or with ``floor(t/decay_steps)``."""
    return geometric(learning_rate, decay_rate, decay_steps, is_stair)


@preset()
def NaturalExpDecayLR(
    learning_rate: Rate, decay_rate: Level, decay_steps: Span, is_stair: Flag = False
) -> Schedule:
    """``learning_rate * exp(-decay_rate*t)``, or with t rounded down to a multiple of
    ``decay_steps``, which divides nothing.
    """
    if is_stair:
        return exponential_decay(learning_rate, rate=decay_rate * decay_steps).staircase(
            decay_steps
        )
    return exponential_decay(learning_rate, rate=decay_rate)


@preset()
def InverseDecayLR(
    learning_rate: Rate, decay_rate: Level, decay_steps: Span, is_stair: Flag = False
) -> Schedule:
    """``learning_rate / (1 + decay_rate * t/decay_steps)``, or with ``floor(t/decay_steps)``."""
    return inverse_decay(learning_rate, decay_rate, decay_steps, is_stair)


@preset(elementwise=True)
def CosineDecayLR(min_lr: Rate, max_lr: Rate, decay_steps: Span) -> Schedule:
    """``min_lr + (max_lr - min_lr) * (1 + cos(pi*t/decay_steps))/2``, then ``min_lr``."""
    return cosine(max_lr, min_lr, decay_steps)


@preset(
    differences="With update_decay_steps=True, end_learning_rate must be at most learning_rate."
)
def PolynomialDecayLR(
    learning_rate: Rate,
    end_learning_rate: Rate,
    decay_steps: Span,
    power: Exponent,
    update_decay_steps: Flag = False,
) -> Schedule:
    """``end_learning_rate + (learning_rate - end_learning_rate) * (1 - t/decay_steps)^power``, then
    ``end_learning_rate``.

    With ``update_decay_steps``, t is divided by the smallest multiple of ``decay_steps`` that it is
    not beyond, and so on: the rate jumps up after each multiple.
    """
    if not update_decay_steps:
        return polynomial(learning_rate, end_learning_rate, decay_steps, power=power)
    return cycling_polynomial(learning_rate, end_learning_rate, power, decay_steps)


@preset(elementwise=True)
def WarmUpLR(learning_rate: Rate, warmup_steps: Span) -> Schedule:
    """``learning_rate * t/warmup_steps``, then ``learning_rate``."""
    return linear(np.multiply(learning_rate, 0), learning_rate, warmup_steps)
