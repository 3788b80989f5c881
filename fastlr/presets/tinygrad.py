"""tinygrad's schedulers: ``extra/lr_scheduler.py`` and those of its MLPerf examples, as of 2025, in
float32.

Step t is the t-th ``scheduler.step()``, so that step 0 has the rate of the first update, as the
constructor leaves it.

>>> MultiStepLR(0.1, [2], gamma=0.5).table(4)
array([0.1 , 0.1 , 0.05, 0.05])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from typing import Literal

import numpy as np

from fastlr.arguments.rules import Rate, Unit
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import drops, fraction, knots, multiplied, torch_plateau, wave
from fastlr.presets._rules import (
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
from fastlr.schedule.constructor_names import join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineAnnealingLR",
    "CosineAnnealingLRWithWarmup",
    "LambdaLR",
    "LambdaLinearScheduler",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialDecayWithWarmup",
    "ReduceLROnPlateau",
]


@preset()
def MultiStepLR(lr: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """``lr * gamma^i``, i the number of different milestones from 1 to t: one given twice
    counts once, one at 0 not at all.
    """
    return drops("milestones", lr, gamma, sorted(set(milestones) - {0}))


@preset()
def CosineAnnealingLR(lr: Rate, T_max: Span, eta_min: Rate = 0.0) -> Schedule:
    """``eta_min + (lr - eta_min) * (1 + cos(pi*t/T_max))/2``, not clamped: it climbs back
    forever.
    """
    return wave(lr, eta_min, T_max)


@preset(differences="Past total_steps, where tinygrad's falls on below 0, the last rate is held.")
def OneCycleLR(
    max_lr: Rate, div_factor: Ratio, final_div_factor: Ratio, total_steps: Span, pct_start: Share
) -> Schedule:
    """In a line from ``max_lr/div_factor`` to ``max_lr`` at ``pct_start*total_steps``, and in one
    to the end at ``total_steps``.

    Which is the first rate over ``final_div_factor``; the boundary may lie between steps.
    """
    low = np.divide(max_lr, div_factor)
    boundary = fraction(pct_start) * total_steps
    return knots([(0, low), (boundary, max_lr), (total_steps, np.divide(low, final_div_factor))])


@preset(elementwise=True)
def ReduceLROnPlateau(
    mode: Literal["min", "max"] = "min",
    factor: Unit = 0.1,
    patience: Count = 10,
    threshold: Level = 1e-4,
    threshold_mode: Literal["rel", "abs"] = "rel",
) -> Plateau:
    """torch's rule without a floor, a cooldown or a smallest change: ``factor`` after more than
    ``patience`` bad updates.
    """
    return torch_plateau(
        threshold, threshold_mode == "rel", mode=mode, factor=factor, patience=patience, eps=0.0
    )


@preset(
    differences="From step train_steps + 1 on end_lr is held, where tinygrad's goes on with a "
    "power of what is below 0."
)
def PolynomialDecayWithWarmup(
    initial_lr: Rate, end_lr: Rate, train_steps: Span, warmup: Span, power: Exponent = 2.0
) -> Schedule:
    """A line from 0 to ``initial_lr`` at step ``warmup``, then ``end_lr + (initial_lr - end_lr) *
    x^power``.

    With ``x = 1 - (t - warmup)/(train_steps - warmup + 1)``: ``end_lr`` is reached a step past
    ``train_steps``. ``warmup`` is at most ``train_steps``.
    """
    rise = min(warmup, train_steps)
    return linear(0.0, initial_lr, rise).then(
        polynomial(initial_lr, end_lr, train_steps - rise + 1, power=power)
    )


@preset()
def CosineAnnealingLRWithWarmup(
    base_lr: Rate, end_lr: Rate, warmup_steps: Count, decay_steps: Span
) -> Schedule:
    """``base_lr * (t + 1)/warmup_steps``, then ``end_lr + (base_lr - end_lr) * (1 +
    cos(pi*c/decay_steps))/2``.

    With ``c = t + 1 - warmup_steps``, or without a warmup ``c = t``; not clamped: it climbs back
    forever.
    """
    body = wave(base_lr, end_lr, decay_steps)
    return (
        join([linear(0.0, base_lr, warmup_steps).skip(1), body.skip(1)], [warmup_steps])
        if warmup_steps
        else body
    )


@preset(differences="Past cycle_lengths, where tinygrad's falls on below f_min, f_min is held.")
def LambdaLinearScheduler(
    warm_up_steps: Count, f_min: Rate, f_max: Rate, f_start: Rate, cycle_lengths: Span
) -> Schedule:
    """The factor: a line from ``f_start`` towards ``f_max`` in ``warm_up_steps`` steps, then one
    that has been under way.

    That goes from ``f_max`` at step 0 to ``f_min`` at ``cycle_lengths``. Multiply it by the rate.
    """
    fall = linear(f_max, f_min, cycle_lengths)
    return linear(f_start, f_max, warm_up_steps).then(fall.skip(warm_up_steps))


@preset(
    differences="A function is not a value: it is asked once for each of `total_steps` steps, and "
    "the last rate held."
)
def LambdaLR(base_lr: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """``base_lr * lr_lambda(t)``, evaluated once for each t below ``total_steps``."""
    return multiplied(base_lr, lr_lambda, total_steps)
