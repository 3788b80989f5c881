"""MLX's schedules, ``mlx.optimizers``, as of MLX 0.32 (2026).

Step t is the optimizer's ``step``, so that step 0 has the rate of the first update. MLX computes in
float32.
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import geometric
from fastlr.presets._rules import Level, Marks, Span, preset
from fastlr.schedule.constructor_names import cosine, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["cosine_decay", "exponential_decay", "join_schedules", "linear_schedule", "step_decay"]


@preset()
def exponential_decay(init: Rate, decay_rate: Level) -> Schedule:
    """Multiply the rate by the same factor at every step.

    ``init * decay_rate^t``

    Parameters
    ----------
    init : float or array
        The rate at step 0; an array has one per group. At least 0.
    decay_rate : float or array
        The factor per step. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. MLX computes in float32.

    References
    ----------
    MLX 0.32 (2026), ``mlx.optimizers.exponential_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mlx.exponential_decay(1.0, 0.5).table(3)
    array([1.  , 0.5 , 0.25])
    """
    return geometric(init, decay_rate)


@preset()
def step_decay(init: Rate, decay_rate: Level, step_size: Span) -> Schedule:
    """Reduce the rate at regular intervals.

    ``init * decay_rate^floor(t/step_size)``

    Parameters
    ----------
    init : float or array
        The rate at step 0; an array has one per group. At least 0.
    decay_rate : float or array
        The factor of a reduction. At least 0.
    step_size : int or array of int
        The number of steps per reduction. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. MLX computes in float32.

    References
    ----------
    MLX 0.32 (2026), ``mlx.optimizers.step_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mlx.step_decay(1.0, 0.5, step_size=2).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    return geometric(init, decay_rate, step_size, staircase=True)


@preset(elementwise=True)
def cosine_decay(init: Rate, decay_steps: Span, end: Rate = 0.0) -> Schedule:
    """Decay the rate by half a cosine wave.

    ``end + (init - end) * (1 + cos(pi*t/decay_steps))/2``

    Parameters
    ----------
    init : float or array
        The rate at step 0; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    end : float or array, default 0.0
        The last rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end ``end`` is held. MLX computes in float32.

    References
    ----------
    MLX 0.32 (2026), ``mlx.optimizers.cosine_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mlx.cosine_decay(1.0, decay_steps=2).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return cosine(init, end, decay_steps)


@preset(elementwise=True)
def linear_schedule(init: Rate, end: Rate, steps: Span) -> Schedule:
    """Change the rate linearly.

    ``init + (end - init) * t/steps``

    Parameters
    ----------
    init : float or array
        The rate at step 0; an array has one per group. At least 0.
    end : float or array
        The last rate. At least 0.
    steps : int or array of int
        The number of steps of the change. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end ``end`` is held. MLX computes in float32.

    References
    ----------
    MLX 0.32 (2026), ``mlx.optimizers.linear_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mlx.linear_schedule(0.0, 1.0, steps=2).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return linear(init, end, steps)


@preset(elementwise=True)
def join_schedules(schedules: Sequence[Schedule], boundaries: Marks) -> Schedule:
    """Run schedules one after another.

    ``schedules[i]`` from step ``boundaries[i-1]`` on, from its own step 0

    Parameters
    ----------
    schedules : sequence of Schedule
        The schedules, one more than boundaries.
    boundaries : sequence of int
        The steps at which the next schedule begins. They must never fall.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is not one schedule more than boundaries, or boundaries fall.

    References
    ----------
    MLX 0.32 (2026), ``mlx.optimizers.join_schedules``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.mlx.join_schedules
    >>> s = schedule([flr.presets.mlx.linear_schedule(0.0, 1.0, 2), flr.constant(0.5)], [2])
    >>> s.table(4)
    array([0. , 0.5, 0.5, 0.5])
    """
    return join(schedules, boundaries)
