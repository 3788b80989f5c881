"""MLX's schedules, ``mlx.optimizers``, as of MLX 0.32 (2026).

Step t is the optimizer's ``step``, so that step 0 has the rate of the first update. MLX computes in
float32.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Sequence

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import geometric
from fastlr.presets._rules import Level, Marks, Span, preset
from fastlr.schedule.constructor_names import cosine, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["cosine_decay", "exponential_decay", "join_schedules", "linear_schedule", "step_decay"]


@preset()
def exponential_decay(init: Rate, decay_rate: Level) -> Schedule:
    """``init * decay_rate^t``."""
    return geometric(init, decay_rate)


@preset()
def step_decay(init: Rate, decay_rate: Level, step_size: Span) -> Schedule:
    """``init * decay_rate^floor(t/step_size)``."""
    return geometric(init, decay_rate, step_size, staircase=True)


@preset(elementwise=True)
def cosine_decay(init: Rate, decay_steps: Span, end: Rate = 0.0) -> Schedule:
    """``end + (init - end) * (1 + cos(pi*t/decay_steps))/2``, held from ``t = decay_steps`` on."""
    return cosine(init, end, decay_steps)


@preset(elementwise=True)
def linear_schedule(init: Rate, end: Rate, steps: Span) -> Schedule:
    """``init + (end - init) * t/steps``, held from ``t = steps`` on."""
    return linear(init, end, steps)


@preset(elementwise=True)
def join_schedules(schedules: Sequence[Schedule], boundaries: Marks) -> Schedule:
    """``schedules[i]`` from step ``boundaries[i-1]`` on, from its own step 0."""
    return join(schedules, boundaries)
