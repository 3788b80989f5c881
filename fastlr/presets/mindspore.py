"""MindSpore's schedules: ``mindspore.nn.learning_rate_schedule`` of 2.x (2024), in float32; step t
is the optimizer's own.

>>> WarmUpLR(0.4, warmup_steps=4).table(6)
array([0. , 0.1, 0.2, 0.3, 0.4, 0.4])
"""

from __future__ import annotations  # help() replaces rules in the text

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
    """Decay the rate exponentially.

    ``learning_rate * decay_rate^(t/decay_steps)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_rate : float or array
        The factor per ``decay_steps`` steps. Above 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    is_stair : bool, default False
        Whether to change only at multiples of ``decay_steps``: ``floor(t/decay_steps)`` replaces
        the quotient.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. MindSpore computes in float32.

    References
    ----------
    MindSpore 2 (2024), ``mindspore.nn.ExponentialDecayLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mindspore.ExponentialDecayLR(1.0, 0.25, 2).table(4)
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    return geometric(learning_rate, decay_rate, decay_steps, is_stair)


@preset()
def NaturalExpDecayLR(
    learning_rate: Rate, decay_rate: Level, decay_steps: Span, is_stair: Flag = False
) -> Schedule:
    """Decay the rate exponentially, in units of e.

    ``learning_rate * exp(-decay_rate*t)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_rate : float or array
        The decay per step. At least 0.
    decay_steps : int or array of int
        The distance between changes with ``is_stair``. At least 1.
    is_stair : bool, default False
        Whether to round t down to a multiple of ``decay_steps``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    ``decay_steps`` divides nothing, as in MindSpore. The schedule never ends. MindSpore computes in
    float32.

    References
    ----------
    MindSpore 2 (2024), ``mindspore.nn.NaturalExpDecayLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mindspore.NaturalExpDecayLR(1.0, 0.5, 2).table(3).round(3)
    array([1.   , 0.607, 0.368])
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
    """Decay the rate inversely to time.

    ``learning_rate / (1 + decay_rate * t/decay_steps)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_rate : float or array
        The decay per ``decay_steps`` steps. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    is_stair : bool, default False
        Whether to change only at multiples of ``decay_steps``: ``floor(t/decay_steps)`` replaces
        the quotient.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. MindSpore computes in float32.

    References
    ----------
    MindSpore 2 (2024), ``mindspore.nn.InverseDecayLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mindspore.InverseDecayLR(1.0, 1.0, 1).table(2)
    array([1. , 0.5])
    """
    return inverse_decay(learning_rate, decay_rate, decay_steps, is_stair)


@preset(elementwise=True)
def CosineDecayLR(min_lr: Rate, max_lr: Rate, decay_steps: Span) -> Schedule:
    """Decay the rate by half a cosine wave.

    ``min_lr + (max_lr - min_lr) * (1 + cos(pi*t/decay_steps))/2``

    Parameters
    ----------
    min_lr : float or array
        The lowest rate. At least 0.
    max_lr : float or array
        The rate at step 0; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end ``min_lr`` is held. MindSpore computes in float32.

    References
    ----------
    MindSpore 2 (2024), ``mindspore.nn.CosineDecayLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mindspore.CosineDecayLR(0.0, 1.0, 2).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
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
    """Decay the rate by a polynomial, once or in cycles.

    ``end_learning_rate + (learning_rate - end_learning_rate) * (1 - t/decay_steps)^power``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    end_learning_rate : float or array
        The rate at the end. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    power : float or array
        The power of the decay. From 1e-3 to 1e3.
    update_decay_steps : bool, default False
        Whether to start again at each multiple of ``decay_steps``, from a lower rate each time.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``update_decay_steps`` is True and ``end_learning_rate`` is above ``learning_rate``.

    Notes
    -----
    Without ``update_decay_steps`` the last rate is held. With it, ``decay_steps`` in the formula is
    the first multiple of itself at or after t: the rate jumps up after each multiple. MindSpore
    computes in float32.

    References
    ----------
    MindSpore 2 (2024), ``mindspore.nn.PolynomialDecayLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mindspore.PolynomialDecayLR(1.0, 0.0, 2, power=1.0).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    if not update_decay_steps:
        return polynomial(learning_rate, end_learning_rate, decay_steps, power=power)
    return cycling_polynomial(learning_rate, end_learning_rate, power, decay_steps)


@preset(elementwise=True)
def WarmUpLR(learning_rate: Rate, warmup_steps: Span) -> Schedule:
    """Warm up linearly, then hold the rate.

    ``learning_rate * min(1, t/warmup_steps)``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0. MindSpore computes in float32.

    References
    ----------
    MindSpore 2 (2024), ``mindspore.nn.WarmUpLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mindspore.WarmUpLR(0.4, warmup_steps=4).table(6)
    array([0. , 0.1, 0.2, 0.3, 0.4, 0.4])
    """
    return linear(np.multiply(learning_rate, 0), learning_rate, warmup_steps)
