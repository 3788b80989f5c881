"""t5x's learning rate: ``t5x.utils.create_learning_rate_scheduler`` (2022), a product of named
factors.

Step 0 is the first update. t5x computes in float32, fastlr in float64.

>>> import fastlr as flr
>>> s = flr.presets.t5x.create_learning_rate_scheduler("constant * rsqrt_decay",
...     base_learning_rate=1.0, warmup_steps=100)
>>> s(10_000)
0.01
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from operator import mul
from typing import Annotated

import numpy as np

from fastlr.arguments.rules import Floats, Rate
from fastlr.presets._building_blocks import fraction, geometric, knots
from fastlr.presets._rules import Count, Level, Span, factors, preset
from fastlr.schedule.constructor_names import constant, cosine, inverse_power, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["create_learning_rate_scheduler"]

Product = Annotated[
    Sequence[str],
    factors(
        [
            "constant",
            "linear_warmup",
            "linear_decay",
            "rsqrt_decay",
            "rsqrt_normalized_decay",
            "decay_every",
            "cosine_decay",
        ]
    ),
]


@preset()
def create_learning_rate_scheduler(
    factors: Product = "constant * linear_warmup * rsqrt_decay",
    base_learning_rate: Rate = 0.5,
    warmup_steps: Span = 1000,
    decay_factor: Level = 0.5,
    steps_per_decay: Span = 20000,
    steps_per_cycle: Span = 100000,
    step_offset: Count = 0,
    min_learning_rate: Rate = 1e-8,
) -> Schedule:
    """Multiply named factors.

    The product of ``factors`` at step ``max(t - step_offset, 0)``, no less than
    ``min_learning_rate``

    Parameters
    ----------
    factors : str, default "constant * linear_warmup * rsqrt_decay"
        The names of factors, separated by ``*``; see Notes.
    base_learning_rate : float or array, default 0.5
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int, default 1000
        The number of steps of the warmup. At least 1.
    decay_factor : float or array, default 0.5
        The factor of "decay_every"; the slope of "linear_decay". At least 0.
    steps_per_decay : int or array of int, default 20000
        The number of steps per reduction of "decay_every". At least 1.
    steps_per_cycle : int or array of int, default 100000
        The number of steps of half a wave of "cosine_decay". At least 1.
    step_offset : int or array of int, default 0
        The step at which the schedule begins. At least 0.
    min_learning_rate : float or array, default 1e-8
        The lowest rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The factors are:

    - "constant": ``base_learning_rate``
    - "linear_warmup": ``min(1, t/warmup_steps)``
    - "rsqrt_decay": ``1/sqrt(max(t, warmup_steps))``
    - "rsqrt_normalized_decay": the same times ``sqrt(warmup_steps)``
    - "linear_decay": ``base_learning_rate * min(t/warmup_steps, 1 + decay_factor*(warmup_steps -
      t))``, no less than 0
    - "decay_every": ``decay_factor^floor(t/steps_per_decay)``
    - "cosine_decay": half a cosine wave from 1 to 0, repeatedly, after ``warmup_steps``

    t5x computes in float32.

    References
    ----------
    t5x (2022), ``t5x.utils.create_learning_rate_scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.t5x.create_learning_rate_scheduler
    >>> s = schedule("constant * linear_warmup", base_learning_rate=1.0, warmup_steps=2)
    >>> s.table(4)
    array([1.e-08, 5.e-01, 1.e+00, 1.e+00])
    """
    makers = {
        "constant": lambda: constant(base_learning_rate),
        "linear_warmup": lambda: linear(0.0, 1.0, warmup_steps),
        "linear_decay": lambda: _triangle(base_learning_rate, warmup_steps, fraction(decay_factor)),
        "rsqrt_decay": lambda: inverse_power(warmup_steps**-0.5, 0.5, warmup_steps).delay(
            warmup_steps
        ),
        "rsqrt_normalized_decay": lambda: inverse_power(1.0, 0.5, warmup_steps).delay(warmup_steps),
        "decay_every": lambda: geometric(1.0, decay_factor, steps_per_decay, staircase=True),
        "cosine_decay": lambda: cosine(1.0, 0.0, steps_per_cycle).repeat().delay(warmup_steps),
    }
    return (
        reduce(mul, (makers[name]() for name in factors))
        .maximum(min_learning_rate)
        .delay(step_offset)
    )


def _triangle(peak: Floats, warmup: int, slope: Fraction) -> Schedule:
    """Up in so many steps, and down by ``slope`` of the peak per step."""
    down = [(warmup + 1 / slope, np.zeros_like(peak))] if slope else []
    return knots([(0, np.zeros_like(peak)), (warmup, peak), *down])
