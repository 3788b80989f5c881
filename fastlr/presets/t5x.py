"""t5x's learning rate: ``t5x.utils.create_learning_rate_scheduler`` (2022), a product of named
factors.

Step 0 is the first update. What t5x computes in float32 is here in float64.

>>> import fastlr as flr
>>> s = flr.presets.t5x.create_learning_rate_scheduler("constant * rsqrt_decay",
...     base_learning_rate=1.0, warmup_steps=100)
>>> s(10_000)
0.01
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from operator import mul
from typing import Annotated

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Rate
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
    """The product of ``factors`` at step ``max(t - step_offset, 0)``, and no less than
    ``min_learning_rate``.

    - ``constant``: ``base_learning_rate``;  ``linear_warmup``: ``min(1, t/warmup_steps)``
    - ``rsqrt_decay``: ``1/sqrt(max(t, warmup_steps))``
    - ``rsqrt_normalized_decay``: that times ``sqrt(warmup_steps)``
    - ``linear_decay``: ``base_learning_rate * min(t/warmup_steps, 1 + decay_factor*(warmup_steps -
    t))``, 0 where that is below
    - ``decay_every``: ``decay_factor^floor(t/steps_per_decay)``
    - ``cosine_decay``: half a cosine wave from 1 to 0 in ``steps_per_cycle`` repeatedly, once
    ``warmup_steps`` are over
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


def _triangle(peak: npt.ArrayLike, warmup: int, slope: Fraction) -> Schedule:
    """Up in so many steps, and down by ``slope`` of the peak per step."""
    down = [(warmup + 1 / slope, np.zeros_like(peak))] if slope else []
    return knots([(0, np.zeros_like(peak)), (warmup, peak), *down])
