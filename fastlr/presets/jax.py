"""JAX's own schedules, ``jax.example_libraries.optimizers``, as of JAX 0.10 (2026).

Step t is the ``i`` of the update, so that step 0 has the rate of the first update. JAX computes in
float32 unless configured otherwise. A decay length may be a fraction. The schedules of optax are in
``presets.optax``.
"""

from __future__ import annotations  # help() replaces rules in the text

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
    """Hold the base rate.

    ``step_size``

    Parameters
    ----------
    step_size : float or array
        The base rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    JAX 0.10 (2026), ``jax.example_libraries.optimizers.constant``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.jax.constant(0.5)(10)
    0.5
    """
    return always(step_size)


@preset()
def exponential_decay(step_size: Rate, decay_steps: Duration, decay_rate: Level) -> Schedule:
    """Decay the rate exponentially.

    ``step_size * decay_rate^(t/decay_steps)``

    Parameters
    ----------
    step_size : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : float or array
        The number of steps of the decay. Above 0; it may be a fraction.
    decay_rate : float or array
        The factor per ``decay_steps`` steps. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. JAX computes in float32 by default.

    References
    ----------
    JAX 0.10 (2026), ``jax.example_libraries.optimizers.exponential_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.jax.exponential_decay(1.0, decay_steps=2, decay_rate=0.25).table(4)
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    return endless(partial(geometric, step_size, decay_rate), decay_steps)


@preset()
def inverse_time_decay(
    step_size: Rate, decay_steps: Duration, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """Decay the rate inversely to time.

    ``step_size / (1 + decay_rate * t/decay_steps)``

    Parameters
    ----------
    step_size : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : float or array
        The number of steps of the decay. Above 0; it may be a fraction.
    decay_rate : float or array
        The decay per ``decay_steps`` steps. At least 0.
    staircase : bool, default False
        Whether to change only at multiples of ``decay_steps``: ``floor(t/decay_steps)`` replaces
        the quotient.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. JAX computes in float32 by default.

    References
    ----------
    JAX 0.10 (2026), ``jax.example_libraries.optimizers.inverse_time_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.jax.inverse_time_decay(1.0, decay_steps=1, decay_rate=1.0).table(2)
    array([1. , 0.5])
    """
    return inverse_decay(step_size, decay_rate, decay_steps, staircase)


@preset()
def polynomial_decay(
    step_size: Rate, decay_steps: Duration, final_step_size: Rate, power: Ratio = 1.0
) -> Schedule:
    """Decay the rate by a polynomial.

    ``(1 - t/decay_steps)^power * (step_size - final_step_size) + final_step_size``

    Parameters
    ----------
    step_size : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : float or array
        The number of steps of the decay. Above 0; it may be a fraction.
    final_step_size : float or array
        The rate at the end. At least 0.
    power : float or array, default 1.0
        The power of the decay. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the last rate is held. JAX computes in float32 by default.

    References
    ----------
    JAX 0.10 (2026), ``jax.example_libraries.optimizers.polynomial_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.jax.polynomial_decay(1.0, decay_steps=2, final_step_size=0.0).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return in_ticks(
        partial(polynomial, step_size, final_step_size, power=power), fraction(decay_steps)
    )


@preset()
def piecewise_constant(boundaries: Marks, values: Levels) -> Schedule:
    """Hold one value after another.

    ``values[i]``, i the number of boundaries before t

    Parameters
    ----------
    boundaries : sequence of int
        The last step of each value but the last, in any order.
    values : sequence of float
        The rates, one more than boundaries. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is not one value more than boundaries.

    Notes
    -----
    At a boundary the old value is still in force, unlike ``fastlr.piecewise_constant``.

    References
    ----------
    JAX 0.10 (2026), ``jax.example_libraries.optimizers.piecewise_constant``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.jax.piecewise_constant([1], [0.5, 0.25]).table(3)
    array([0.5 , 0.5 , 0.25])
    """
    return stairs(values, sorted(boundaries), after=1)
