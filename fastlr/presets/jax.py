"""JAX's own schedules, ``jax.example_libraries.optimizers``, as of JAX 0.10 (2026).

Step t is the ``i`` that the update is given, so that step 0 has the rate of the first update. JAX
computes in float32 unless configured otherwise; a decay length may be a fraction. optax, with
schedules of its own, is in ``presets.optax``.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from functools import partial

from fastlr.arguments.rules import Flag, Rate
from fastlr.presets._building_blocks import (
    endless,
    fraction,
    geometric,
    in_ticks,
    inverse_decay,
    stairs,
)
from fastlr.presets._rules import Duration, Level, Levels, Marks, Ratio, preset
from fastlr.schedule.constructor_names import constant as always
from fastlr.schedule.constructor_names import polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "constant",
    "exponential_decay",
    "inverse_time_decay",
    "piecewise_constant",
    "polynomial_decay",
]


@preset(elementwise=True)
def constant(step_size: Rate) -> Schedule:
    """``step_size`` at every step."""
    return always(step_size)


@preset()
def exponential_decay(step_size: Rate, decay_steps: Duration, decay_rate: Level) -> Schedule:
    """``step_size * decay_rate^(t/decay_steps)``."""
    return endless(partial(geometric, step_size, decay_rate), decay_steps)


@preset()
def inverse_time_decay(
    step_size: Rate, decay_steps: Duration, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """``step_size / (1 + decay_rate * t/decay_steps)``, with ``floor(t/decay_steps)`` if
    ``staircase``.
    """
    return inverse_decay(step_size, decay_rate, decay_steps, staircase)


@preset()
def polynomial_decay(
    step_size: Rate, decay_steps: Duration, final_step_size: Rate, power: Ratio = 1.0
) -> Schedule:
    """``(1 - t/decay_steps)^power * (step_size - final_step_size) + final_step_size``, held
    from ``t = decay_steps`` on.
    """
    return in_ticks(
        partial(polynomial, step_size, final_step_size, power=power), fraction(decay_steps)
    )


@preset()
def piecewise_constant(boundaries: Marks, values: Levels) -> Schedule:
    """``values[i]``, i the number of boundaries before t: a boundary keeps the old value."""
    return stairs(values, sorted(boundaries), after=1)
