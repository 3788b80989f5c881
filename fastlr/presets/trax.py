"""trax's learning rates: ``trax.supervised.lr_schedules``, as of trax 1.4 (2021).

trax's training loop counts from 1: step 0 is its step 1. trax computes in float32, fastlr in
float64.

>>> import fastlr as flr
>>> flr.presets.trax.warmup(n_warmup_steps=3, max_value=1.0).table(5)
array([0.25, 0.5 , 0.75, 1.  , 1.  ])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence
from functools import reduce
from operator import mul
from typing import Annotated

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import geometric
from fastlr.presets._rules import Count, Level, Span, factors, preset
from fastlr.schedule.constructor_names import constant as held
from fastlr.schedule.constructor_names import cosine, inverse_power, inverse_sqrt, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["constant", "multifactor", "warmup", "warmup_and_rsqrt_decay"]

Product = Annotated[
    Sequence[str],
    factors(
        [
            "constant",
            "two_constants",
            "linear_warmup",
            "rsqrt_decay",
            "rsqrt_normalized_decay",
            "decay_every",
            "cosine_decay",
        ]
    ),
]


@preset(elementwise=True)
def constant(value: Rate) -> Schedule:
    """Hold the rate.

    ``value``

    Parameters
    ----------
    value : float or array
        The rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    trax 1.4 (2021), ``trax.supervised.lr_schedules.constant``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.trax.constant(0.5)(10)
    0.5
    """
    return held(value)


@preset()
def warmup(n_warmup_steps: Count, max_value: Rate) -> Schedule:
    """Warm up linearly, then hold the rate.

    ``max_value * min(1, n/(n_warmup_steps + 1))``, ``n = t + 1``

    Parameters
    ----------
    n_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    max_value : float or array
        The highest rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. The schedule never ends.

    References
    ----------
    trax 1.4 (2021), ``trax.supervised.lr_schedules.warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.trax.warmup(n_warmup_steps=3, max_value=1.0).table(5)
    array([0.25, 0.5 , 0.75, 1.  , 1.  ])
    """
    return linear(0.0, max_value, n_warmup_steps + 1).skip(1)


@preset()
def warmup_and_rsqrt_decay(n_warmup_steps: Count, max_value: Rate) -> Schedule:
    """Warm up linearly, then decay by the inverse square root.

    ``max_value * min(n/W, sqrt(W/n))``, ``n = t + 1``, ``W = n_warmup_steps + 1``

    Parameters
    ----------
    n_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    max_value : float or array
        The highest rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. The schedule never ends.

    References
    ----------
    trax 1.4 (2021), ``trax.supervised.lr_schedules.warmup_and_rsqrt_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.trax.warmup_and_rsqrt_decay(n_warmup_steps=3, max_value=1.0)([0, 3, 15])
    array([0.25, 1.  , 0.5 ])
    """
    return inverse_sqrt(max_value, n_warmup_steps + 1).skip(1)


@preset()
def multifactor(
    factors: Product = "constant * linear_warmup * rsqrt_decay",
    constant: Rate = 0.1,
    warmup_steps: Span = 400,
    decay_factor: Level = 0.5,
    steps_per_decay: Span = 20000,
    steps_per_cycle: Span = 100000,
    second_constant: Rate = 0.01,
    second_constant_step: Count = 10000,
    minimum: Rate = 0.0,
) -> Schedule:
    """Multiply named factors.

    The product of ``factors`` at step ``n = t + 1``, no less than ``minimum``

    Parameters
    ----------
    factors : str, default "constant * linear_warmup * rsqrt_decay"
        The names of factors, separated by ``*``; see Notes.
    constant : float or array, default 0.1
        The factor "constant"; an array has one per group. At least 0.
    warmup_steps : int or array of int, default 400
        The number of steps of the warmup. At least 1.
    decay_factor : float or array, default 0.5
        The factor of "decay_every". At least 0.
    steps_per_decay : int or array of int, default 20000
        The number of steps per reduction of "decay_every". At least 1.
    steps_per_cycle : int or array of int, default 100000
        The number of steps of half a wave of "cosine_decay". At least 1.
    second_constant : float or array, default 0.01
        The second of "two_constants". At least 0.
    second_constant_step : int or array of int, default 10000
        The step at which it begins, counted from 1. At least 0.
    minimum : float or array, default 0.0
        The lowest rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The factors are:

    - "constant": ``constant``
    - "two_constants": ``constant``, then ``second_constant`` from ``n = second_constant_step`` on
    - "linear_warmup": ``min(1, n/warmup_steps)``
    - "rsqrt_decay": ``1/sqrt(max(n, warmup_steps))``
    - "rsqrt_normalized_decay": the same times ``sqrt(warmup_steps)``
    - "decay_every": ``decay_factor^floor(n/steps_per_decay)``
    - "cosine_decay": half a cosine wave from 1 to 0, repeatedly, after ``warmup_steps``

    trax computes in float32.

    References
    ----------
    trax 1.4 (2021), ``trax.supervised.lr_schedules.multifactor``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.trax.multifactor("constant * linear_warmup", constant=1.0, warmup_steps=2)
    >>> s.table(3)
    array([0.5, 1. , 1. ])
    """
    makers = {
        "constant": lambda: held(constant),
        "two_constants": lambda: join(
            [held(constant), held(second_constant)], [second_constant_step]
        ),
        "linear_warmup": lambda: linear(0.0, 1.0, warmup_steps),
        "rsqrt_decay": lambda: inverse_power(warmup_steps**-0.5, 0.5, warmup_steps).delay(
            warmup_steps
        ),
        "rsqrt_normalized_decay": lambda: inverse_power(1.0, 0.5, warmup_steps).delay(warmup_steps),
        "decay_every": lambda: geometric(1.0, decay_factor, steps_per_decay, staircase=True),
        "cosine_decay": lambda: cosine(1.0, 0.0, steps_per_cycle).repeat().delay(warmup_steps),
    }
    return reduce(mul, (makers[name]() for name in factors)).maximum(minimum).skip(1)
