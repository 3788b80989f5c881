"""Mesh TensorFlow's learning rates: ``mesh_tensorflow.transformer.learning_rate_schedules``, as of
0.1.21 (2022).

Each is a function of the step, whose step 0 is the first update, and of ``total_train_steps``,
which is an argument of the presets of those that need it. Lengths ``steps_or_fraction`` up to 1 are
fractions of it. Rates are float32 there and float64 here.

>>> import fastlr as flr
>>> flr.presets.mesh.linear_decay(total_train_steps=4, steps_or_fraction=0.5).table(5)
array([1. , 1. , 1. , 0.5, 0. ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from math import floor
from operator import mul
from typing import Annotated

import numpy as np

from fastlr.arguments.rules import Rate, short_repr, validate
from fastlr.presets._building_blocks import fraction, knots, slanted
from fastlr.presets._rules import ArgumentError, Count, Duration, Level, Ratio, Share, Span, preset
from fastlr.schedule.constructor_names import constant as held
from fastlr.schedule.constructor_names import inverse_power
from fastlr.schedule.schedule import Schedule

__all__ = [
    "constant",
    "constant_learning_rate",
    "learning_rate_schedule_noam",
    "linear_decay",
    "linear_decay_learning_rate",
    "linear_warmup",
    "product_learning_rate",
    "slanted_triangular",
    "truncated_rsqrt",
]

_BELOW = "Past total_train_steps mesh goes on below 0; here 0 is held."


def _factors(where: str, value: object) -> list[Schedule]:
    if not isinstance(value, list | tuple) or not value:
        raise TypeError(
            f"{where} must be schedules and numbers, at least one, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    return [
        factor if isinstance(factor, Schedule) else held(validate(Rate, f"{where}[{i}]", factor))
        for i, factor in enumerate(value)
    ]


Factors = Annotated[Sequence[Schedule], _factors]  # numbers as constant schedules


@preset(
    differences="Before step offset mesh's factors see steps below 0; here they wait at their "
    "step 0."
)
def product_learning_rate(factors: Factors, offset: Count = 0) -> Schedule:
    """The product of numbers and schedules, which begin at step ``offset``.

    Those that are presets of this module are to be built with ``total_train_steps - offset``.
    """
    return reduce(mul, factors).delay(offset)


@preset(differences=_BELOW)
def linear_decay(total_train_steps: Span, steps_or_fraction: Duration = 0.1) -> Schedule:
    """``min(1, (total_train_steps - t)/steps)``: a line from 1 to 0 in the last ``steps``."""
    steps = _steps(steps_or_fraction, total_train_steps)
    return knots([(total_train_steps - steps, 1.0), (total_train_steps, 0.0)])


@preset()
def linear_warmup(total_train_steps: Span, steps_or_fraction: Duration = 10000) -> Schedule:
    """``min(1, t/steps)``."""
    return knots([(0, 0.0), (_steps(steps_or_fraction, total_train_steps), 1.0)])


@preset()
def truncated_rsqrt(warmup_steps: Span = 10000) -> Schedule:
    """``1/sqrt(max(t, warmup_steps))``."""
    return inverse_power(warmup_steps**-0.5, 0.5, warmup_steps).delay(warmup_steps)


@preset(elementwise=True)
def constant(value: Rate = 1.0) -> Schedule:
    """``value``."""
    return held(value)


@preset(elementwise=True)
def constant_learning_rate(learning_rate: Rate) -> Schedule:
    """``learning_rate``."""
    return held(learning_rate)


@preset(differences=_BELOW)
def linear_decay_learning_rate(
    total_train_steps: Span, initial_lr: Rate = 0.1, offset: Count = 0
) -> Schedule:
    """``initial_lr * min(1, (total_train_steps - t)/(total_train_steps - offset))``."""
    _before(offset, total_train_steps)
    return knots([(offset, initial_lr), (total_train_steps, np.zeros_like(initial_lr))])


@preset(differences=_BELOW)
def learning_rate_schedule_noam(
    total_train_steps: Span,
    warmup_steps: Span = 10000,
    linear_decay_fraction: Level = 0.1,
    multiplier: Rate = 1.0,
    offset: Count = 0,
) -> Schedule:
    """``multiplier / sqrt(max(n, warmup_steps)) * min(1, (T - n)/(T * linear_decay_fraction))``,
    both from ``offset`` on.

    ``n = t - offset`` and ``T = total_train_steps - offset``; with ``linear_decay_fraction=0``
    there is no second factor.
    """
    _before(offset, total_train_steps)
    whole = truncated_rsqrt(warmup_steps).delay(offset) * multiplier
    if not linear_decay_fraction:
        return whole
    steps = (total_train_steps - offset) * fraction(linear_decay_fraction)
    return whole * knots([(total_train_steps - steps, 1.0), (total_train_steps, 0.0)])


@preset(
    differences="Where the triangle's line falls below 0, and before start_step, mesh's rate is "
    "negative; here it is held."
)
def slanted_triangular(
    total_train_steps: Span,
    cut_fraction: Share = 0.1,
    ratio: Ratio = 32,
    max_learning_rate: Rate = 0.01,
    start_step: Count = 0,
) -> Schedule:
    """``max_learning_rate * (1 + p*(ratio - 1))/ratio``, p rising in a line from 0 to 1 in ``cut``
    steps, and falling to 0.

    ``cut = floor(total_train_steps * cut_fraction)``; p is 0 again after ``cut/cut_fraction``
    steps, and falls further.
    """
    cut = floor(total_train_steps * cut_fraction)
    if cut < 1 or ratio <= 1:
        detail = f"{cut_fraction} of {total_train_steps} steps and ratio={ratio}"
        raise ArgumentError(
            f"cut_fraction must give a step at least, ratio be above 1, got {detail}"
        )
    return slanted(max_learning_rate, cut, fraction(cut_fraction), ratio, start_step)


def _steps(steps_or_fraction: float, whole: int) -> Fraction:
    """So many steps, or a fraction up to 1 of the whole."""
    steps = fraction(steps_or_fraction)
    return steps * whole if steps <= 1 else steps


def _before(offset: int, total: int) -> None:
    if offset >= total:
        raise ArgumentError(f"offset must be below total_train_steps, got {offset} and {total}")
