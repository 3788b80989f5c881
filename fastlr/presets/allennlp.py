"""AllenNLP's schedulers: ``allennlp.training.learning_rate_schedulers`` of 2.10 (2022), in float64.

Step t is an update, or for ``CosineWithRestarts`` and what is wrapped, which are stepped at the end
of an epoch, an epoch.

>>> PolynomialDecay(1.0, num_epochs=2, num_steps_per_epoch=3, warmup_steps=2).table(7)
array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fractions import Fraction
from functools import partial
from typing import Literal

import numpy as np

from fastlr.arguments.rules import Rate, Unit
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    cut,
    cycles,
    drops,
    fraction,
    geometric,
    lowered_restarts,
    torch_plateau,
    wave,
)
from fastlr.presets._rules import (
    MOST_TURNS,
    ArgumentError,
    Count,
    Exponent,
    Level,
    Marks,
    Ratio,
    Share,
    Span,
    Turns,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import constant, cosine, join, linear, noam, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ConstantLearningRateScheduler",
    "ConstantWithWarmupLearningRateScheduler",
    "CosineHardRestartsWithWarmupLearningRateScheduler",
    "CosineWithRestarts",
    "CosineWithWarmupLearningRateScheduler",
    "ExponentialLearningRateScheduler",
    "LinearWithWarmup",
    "MultiStepLearningRateScheduler",
    "NoamLR",
    "PolynomialDecay",
    "ReduceOnPlateauLearningRateScheduler",
    "SlantedTriangular",
    "StepLearningRateScheduler",
    "UNEXPRESSED",
]

UNEXPRESSED = {
    "CombinedLearningRateScheduler": "A child begins at the rate that the one before has left, and "
    "is told the batches of the "
    "whole run, not its own: join() puts presets one after another on their own clocks.",
}


@preset(elementwise=True)
def NoamLR(lr: Rate, model_size: Span, warmup_steps: Span, factor: Rate = 1.0) -> Schedule:
    """``factor * model_size^-0.5 * min(t^-0.5, t * warmup_steps^-1.5)``; the first update has
    the optimizer's own ``lr``.
    """
    return join([constant(lr), noam(model_size, warmup_steps, factor)], [1])


@preset()
def PolynomialDecay(
    lr: Rate,
    num_epochs: Span,
    num_steps_per_epoch: Span,
    power: Exponent = 1.0,
    warmup_steps: Count = 0,
    end_learning_rate: Rate = 0.0,
) -> Schedule:
    """``lr * t/warmup_steps``, then ``end_learning_rate + (lr - end_learning_rate) * ((T - t)/(T -
    warmup_steps))^power``.

    With ``T = num_epochs * num_steps_per_epoch``; from there on ``end_learning_rate``.
    """
    fall = polynomial(
        lr, end_learning_rate, max(num_epochs * num_steps_per_epoch - warmup_steps, 0), power=power
    )
    return linear(0.0, lr, warmup_steps).then(fall)


@preset()
def LinearWithWarmup(
    lr: Rate, num_epochs: Span, num_steps_per_epoch: Span, warmup_steps: Count = 100
) -> Schedule:
    """``PolynomialDecay`` of power 1 to 0."""
    return linear(0.0, lr, warmup_steps).then(
        linear(lr, 0.0, max(num_epochs * num_steps_per_epoch - warmup_steps, 0))
    )


@preset(differences="10,000 cycles at most, where they grow.")
def CosineWithRestarts(
    lr: Rate, t_initial: Span, t_mul: Ratio = 1.0, eta_min: Rate = 0.0, eta_mul: Level = 1.0
) -> Schedule:
    """``eta_min + (lr * eta_mul^i - eta_min) * (1 + cos(pi*c/L))/2``, c epochs into cycle i of ``L
    = int(t_initial * t_mul^i)``.

    Where the cycles shrink, any epoch after the last that takes one raises ``ValueError``.
    """

    def length(i: int) -> int:
        try:
            return int(t_initial * t_mul**i)
        except OverflowError:  # beyond any step
            return LAST_STEP

    if t_mul >= 1:
        return lowered_restarts(lr, eta_min, length, eta_mul)
    number = next((i for i in range(MOST_TURNS + 1) if not length(i)), None)
    if number is None:
        detail = f"at most {MOST_TURNS:,} cycles where they shrink, got {t_mul}"
        raise ArgumentError(f"t_mul must give {detail}")
    return cut(
        lowered_restarts(lr, eta_min, length, eta_mul, number), sum(map(length, range(number)))
    )


@preset(
    differences="num_steps_per_epoch must be given, and be true; gradual_unfreezing is not taken, "
    "and for discriminative_fine_tuning lr is an array, as for any groups."
)
def SlantedTriangular(
    lr: Rate,
    num_epochs: Span,
    num_steps_per_epoch: Span,
    cut_frac: Share = 0.1,
    ratio: Ratio = 32.0,
) -> Schedule:
    """Linear from ``lr/ratio`` to ``lr`` at ``int(cut_frac*T)`` and back at ``T = num_epochs *
    num_steps_per_epoch``.
    """
    total, low = num_epochs * num_steps_per_epoch, np.divide(lr, ratio)
    rise = int(total * cut_frac)
    return linear(low, lr, rise).then(linear(lr, low, total - rise))


# -- what is wrapped: torch's, and those of Hugging Face -------------------------------------------


@preset()
def StepLearningRateScheduler(lr: Rate, step_size: Span, gamma: Level = 0.1) -> Schedule:
    """torch's: ``lr * gamma^floor(t/step_size)``."""
    return geometric(lr, gamma, step_size, staircase=True)


@preset()
def MultiStepLearningRateScheduler(lr: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """torch's: ``lr * gamma^i``, i the number of milestones at or before t."""
    return drops("milestones", lr, gamma, sorted(milestones))


@preset()
def ExponentialLearningRateScheduler(lr: Rate, gamma: Level = 0.1) -> Schedule:
    """torch's: ``lr * gamma^t``."""
    return geometric(lr, gamma)


@preset(elementwise=True)
def ReduceOnPlateauLearningRateScheduler(
    mode: Literal["min", "max"] = "min",
    factor: Unit = 0.1,
    patience: Count = 10,
    threshold_mode: Literal["rel", "abs"] = "rel",
    threshold: Level = 1e-4,
    cooldown: Count = 0,
    min_lr: Rate = 0.0,
    eps: Level = 1e-8,
) -> Plateau:
    """torch's rule: multiply by ``factor`` once the metric has not improved for more than
    ``patience`` updates.
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


@preset(elementwise=True)
def ConstantLearningRateScheduler(lr: Rate) -> Schedule:
    """``lr``."""
    return constant(lr)


@preset(elementwise=True)
def ConstantWithWarmupLearningRateScheduler(lr: Rate, num_warmup_steps: Count) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``lr``."""
    return linear(0.0, lr, num_warmup_steps)


@preset()
def CosineWithWarmupLearningRateScheduler(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Ratio = 0.5
) -> Schedule:
    """A line from 0 to ``lr``, then ``lr * (1 + cos(2*pi*num_cycles*p))/2``, not clamped: beyond
    the end it climbs back.

    With ``p = (t - num_warmup_steps)/(num_training_steps - num_warmup_steps)``, of at least one
    step.
    """
    left = max(num_training_steps - num_warmup_steps, 1)
    return linear(0.0, lr, num_warmup_steps).then(wave(lr, 0.0, left / (2 * fraction(num_cycles))))


@preset()
def CosineHardRestartsWithWarmupLearningRateScheduler(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Turns = 1
) -> Schedule:
    """A line from 0 to ``lr``, then half a cosine wave to 0, ``num_cycles`` times by
    ``num_training_steps``, and then 0.
    """
    left = max(num_training_steps - num_warmup_steps, 1)
    whole = cycles(lambda _: partial(cosine, lr, 0.0), Fraction(left, num_cycles), 1, num_cycles)
    begins, waves = zip(*whole, strict=True)
    return linear(0.0, lr, num_warmup_steps).then(
        join([*waves, constant(np.multiply(lr, 0))], [*begins[1:], left])
    )
