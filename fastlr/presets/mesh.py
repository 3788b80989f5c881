"""Mesh TensorFlow's learning rates: ``mesh_tensorflow.transformer.learning_rate_schedules``, as of
0.1.21 (2022).

The schedules are functions of the step, whose step 0 is the first update, and of
``total_train_steps``, an argument of those presets that need it. A length ``steps_or_fraction`` up
to 1 is a fraction of it. mesh computes in float32, fastlr in float64.

>>> import fastlr as flr
>>> flr.presets.mesh.linear_decay(total_train_steps=4, steps_or_fraction=0.5).table(5)
array([1. , 1. , 1. , 0.5, 0. ])
"""

from __future__ import annotations  # help() replaces rules in the text

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

_BELOW = "Past total_train_steps mesh goes on below 0; fastlr holds 0."


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
    differences="Before step offset, mesh's factors see steps below 0; in fastlr they stay at "
    "their step 0."
)
def product_learning_rate(factors: Factors, offset: Count = 0) -> Schedule:
    """Multiply schedules and numbers.

    The product of ``factors`` at step ``max(t - offset, 0)``

    Parameters
    ----------
    factors : sequence of Schedule or float
        The factors. Build those of this module with ``total_train_steps - offset``.
    offset : int or array of int, default 0
        The step at which the schedule begins. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Before ``offset`` the factors stay at their step 0; in mesh they see steps below 0.

    References
    ----------
    Mesh TensorFlow 0.1.21 (2022),
    ``mesh_tensorflow.transformer.learning_rate_schedules.product_learning_rate``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mesh.product_learning_rate([0.5, flr.presets.mesh.truncated_rsqrt(4)])([0, 16])
    array([0.25 , 0.125])
    """
    return reduce(mul, factors).delay(offset)


@preset(differences=_BELOW)
def linear_decay(total_train_steps: Span, steps_or_fraction: Duration = 0.1) -> Schedule:
    """Decay linearly to 0 at the end of the run.

    ``min(1, (total_train_steps - t)/steps)``

    Parameters
    ----------
    total_train_steps : int or array of int
        The number of steps of the run. At least 1.
    steps_or_fraction : float or array, default 0.1
        The number of steps of the decay, or up to 1 a fraction of the run. Above 0; it may be a
        fraction.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end 0 is held; mesh goes on below 0.

    References
    ----------
    Mesh TensorFlow 0.1.21 (2022),
    ``mesh_tensorflow.transformer.learning_rate_schedules.linear_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mesh.linear_decay(total_train_steps=4, steps_or_fraction=0.5).table(5)
    array([1. , 1. , 1. , 0.5, 0. ])
    """
    steps = _steps(steps_or_fraction, total_train_steps)
    return knots([(total_train_steps - steps, 1.0), (total_train_steps, 0.0)])


@preset()
def linear_warmup(total_train_steps: Span, steps_or_fraction: Duration = 10000) -> Schedule:
    """Warm up linearly to 1.

    ``min(1, t/steps)``

    Parameters
    ----------
    total_train_steps : int or array of int
        The number of steps of the run. At least 1.
    steps_or_fraction : float or array, default 10000
        The number of steps of the warmup, or up to 1 a fraction of the run. Above 0; it may be a
        fraction.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    Mesh TensorFlow 0.1.21 (2022),
    ``mesh_tensorflow.transformer.learning_rate_schedules.linear_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mesh.linear_warmup(total_train_steps=4, steps_or_fraction=0.5).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return knots([(0, 0.0), (_steps(steps_or_fraction, total_train_steps), 1.0)])


@preset()
def truncated_rsqrt(warmup_steps: Span = 10000) -> Schedule:
    """Hold, then decay by the inverse square root.

    ``1/sqrt(max(t, warmup_steps))``

    Parameters
    ----------
    warmup_steps : int or array of int, default 10000
        The number of steps of the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Mesh TensorFlow 0.1.21 (2022),
    ``mesh_tensorflow.transformer.learning_rate_schedules.truncated_rsqrt``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mesh.truncated_rsqrt(warmup_steps=4)([0, 4, 16])
    array([0.5 , 0.5 , 0.25])
    """
    return inverse_power(warmup_steps**-0.5, 0.5, warmup_steps).delay(warmup_steps)


@preset(elementwise=True)
def constant(value: Rate = 1.0) -> Schedule:
    """Hold a value.

    ``value``

    Parameters
    ----------
    value : float or array, default 1.0
        The value; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    Mesh TensorFlow 0.1.21 (2022), ``mesh_tensorflow.transformer.learning_rate_schedules.constant``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mesh.constant(0.5)(10)
    0.5
    """
    return held(value)


@preset(elementwise=True)
def constant_learning_rate(learning_rate: Rate) -> Schedule:
    """Hold the rate.

    ``learning_rate``

    Parameters
    ----------
    learning_rate : float or array
        The rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    Mesh TensorFlow 0.1.21 (2022),
    ``mesh_tensorflow.transformer.learning_rate_schedules.constant_learning_rate``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mesh.constant_learning_rate(0.5)(10)
    0.5
    """
    return held(learning_rate)


@preset(differences=_BELOW)
def linear_decay_learning_rate(
    total_train_steps: Span, initial_lr: Rate = 0.1, offset: Count = 0
) -> Schedule:
    """Hold the rate, then decay linearly to 0.

    ``initial_lr * min(1, (total_train_steps - t)/(total_train_steps - offset))``

    Parameters
    ----------
    total_train_steps : int or array of int
        The number of steps of the run. At least 1.
    initial_lr : float or array, default 0.1
        The first rate; an array has one per group. At least 0.
    offset : int or array of int, default 0
        The step at which the decay begins. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``offset`` is not below ``total_train_steps``.

    Notes
    -----
    Past the end 0 is held; mesh goes on below 0.

    References
    ----------
    Mesh TensorFlow 0.1.21 (2022),
    ``mesh_tensorflow.transformer.learning_rate_schedules.linear_decay_learning_rate``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mesh.linear_decay_learning_rate(4, initial_lr=1.0, offset=2).table(6)
    array([1. , 1. , 1. , 0.5, 0. , 0. ])
    """
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
    """Hold, decay by the inverse square root, and linearly at the end of the run.

    ``multiplier / sqrt(max(n, warmup_steps)) * min(1, (T - n)/(T * linear_decay_fraction))``, ``n =
    t - offset``, ``T = total_train_steps - offset``

    Parameters
    ----------
    total_train_steps : int or array of int
        The number of steps of the run. At least 1.
    warmup_steps : int or array of int, default 10000
        The number of steps of the warmup. At least 1.
    linear_decay_fraction : float or array, default 0.1
        The share of the run that decays linearly; with 0 there is no second factor. At least 0.
    multiplier : float or array, default 1.0
        The factor of the rate; an array has one per group. At least 0.
    offset : int or array of int, default 0
        The step at which the schedule begins. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``offset`` is not below ``total_train_steps``.

    Notes
    -----
    Past the end 0 is held; mesh goes on below 0.

    References
    ----------
    Mesh TensorFlow 0.1.21 (2022),
    ``mesh_tensorflow.transformer.learning_rate_schedules.learning_rate_schedule_noam``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.mesh.learning_rate_schedule_noam
    >>> s = schedule(8, warmup_steps=4, linear_decay_fraction=0.5)
    >>> s.table(9).round(3)
    array([0.5  , 0.5  , 0.5  , 0.5  , 0.5  , 0.335, 0.204, 0.094, 0.   ])
    """
    _before(offset, total_train_steps)
    whole = truncated_rsqrt(warmup_steps).delay(offset) * multiplier
    if not linear_decay_fraction:
        return whole
    steps = (total_train_steps - offset) * fraction(linear_decay_fraction)
    return whole * knots([(total_train_steps - steps, 1.0), (total_train_steps, 0.0)])


@preset(
    differences="Where the line falls below 0, and before start_step, mesh's rate is negative; "
    "fastlr holds 0 after the line and the first rate before it."
)
def slanted_triangular(
    total_train_steps: Span,
    cut_fraction: Share = 0.1,
    ratio: Ratio = 32,
    max_learning_rate: Rate = 0.01,
    start_step: Count = 0,
) -> Schedule:
    """Rise linearly to a peak, then fall linearly.

    ``max_learning_rate * (1 + p*(ratio - 1))/ratio``, p a line from 0 to 1 in ``cut =
    floor(total_train_steps * cut_fraction)`` steps, then one to 0 at ``cut/cut_fraction``

    Parameters
    ----------
    total_train_steps : int or array of int
        The number of steps of the run. At least 1.
    cut_fraction : float or array, default 0.1
        The share of the rise. From 0 to 1.
    ratio : float or array, default 32
        The peak divided by the first rate. Above 1.
    max_learning_rate : float or array, default 0.01
        The rate at the peak; an array has one per group. At least 0.
    start_step : int or array of int, default 0
        The step at which the schedule begins. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the rise has no steps, or ``ratio`` is not above 1.

    Notes
    -----
    The line falls on past ``cut/cut_fraction``. Where it is below 0, and before ``start_step``,
    mesh's rate is negative; fastlr holds it.

    References
    ----------
    Mesh TensorFlow 0.1.21 (2022),
    ``mesh_tensorflow.transformer.learning_rate_schedules.slanted_triangular``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.mesh.slanted_triangular
    >>> s = schedule(4, cut_fraction=0.5, ratio=4.0, max_learning_rate=1.0)
    >>> s.table(5)
    array([0.25 , 0.625, 1.   , 0.625, 0.25 ])
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
