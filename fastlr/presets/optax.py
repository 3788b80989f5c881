"""optax's schedules, as of optax 0.2.8 (2026), and its plateau rule.

Step t is the optimizer's ``count``, so that step 0 has the rate of the first update. optax computes
in float32 unless JAX is configured otherwise. Its arguments are the rates themselves. A mapping
from steps to scales is read in the order of the steps.

>>> from fastlr import presets
>>> s = presets.optax.warmup_cosine_decay_schedule(0.0, 1.0, warmup_steps=10, decay_steps=110)
>>> s([5, 10, 60])
array([0.5, 1. , 0.5])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import accumulate
from operator import mul
from typing import Annotated, Any, Literal

import numpy as np

from fastlr.arguments.rules import BelowOne, Flag, Floats, Rate, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import geometric, knots, stairs
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Integer,
    Level,
    Marks,
    Ratio,
    Scales,
    Share,
    Span,
    preset,
)
from fastlr.schedule.constructor_names import constant, cosine, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "constant_schedule",
    "cosine_decay_schedule",
    "cosine_onecycle_schedule",
    "exponential_decay",
    "join_schedules",
    "linear_onecycle_schedule",
    "linear_schedule",
    "piecewise_constant_schedule",
    "piecewise_interpolate_schedule",
    "polynomial_schedule",
    "reduce_on_plateau",
    "sgdr_schedule",
    "warmup_constant_schedule",
    "warmup_cosine_decay_schedule",
    "warmup_exponential_decay_schedule",
]


@preset(elementwise=True)
def constant_schedule(value: Rate) -> Schedule:
    """Hold one rate.

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
    optax 0.2.8 (2026), ``optax.constant_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.constant_schedule(0.5)(10)
    0.5
    """
    return constant(value)


# -- from one level to another ---------------------------------------------------------------------


@preset()
def polynomial_schedule(
    init_value: Rate,
    end_value: Rate,
    power: Ratio,
    transition_steps: Integer,
    transition_begin: Integer = 0,
) -> Schedule:
    """Change the rate by a polynomial.

    ``(init_value - end_value) * (1 - c/transition_steps)^power + end_value``, c steps after
    ``transition_begin``

    Parameters
    ----------
    init_value : float or array
        The rate at step 0; an array has one per group. At least 0.
    end_value : float or array
        The rate at the end. At least 0.
    power : float or array
        The power of the decay. Above 0.
    transition_steps : int or array of int
        The number of steps of the change.
    transition_begin : int or array of int, default 0
        The step at which the change begins; a negative one counts as 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate is held before and after. If ``transition_steps`` is 0 or negative, it is
    ``init_value`` forever.

    References
    ----------
    optax 0.2.8 (2026), ``optax.polynomial_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.polynomial_schedule(1.0, 0.0, power=2.0, transition_steps=2).table(4)
    array([1.  , 0.25, 0.  , 0.  ])
    """
    return _polynomial(init_value, end_value, power, transition_steps, transition_begin)


@preset()
def linear_schedule(
    init_value: Rate, end_value: Rate, transition_steps: Integer, transition_begin: Integer = 0
) -> Schedule:
    """Change the rate linearly.

    ``init_value + (end_value - init_value) * c/transition_steps``, c steps after
    ``transition_begin``

    Parameters
    ----------
    init_value : float or array
        The rate at step 0; an array has one per group. At least 0.
    end_value : float or array
        The rate at the end. At least 0.
    transition_steps : int or array of int
        The number of steps of the change.
    transition_begin : int or array of int, default 0
        The step at which the change begins; a negative one counts as 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    This is ``polynomial_schedule`` with ``power=1``: the rate is held before and after, and is
    ``init_value`` forever if ``transition_steps`` is 0 or negative.

    References
    ----------
    optax 0.2.8 (2026), ``optax.linear_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.linear_schedule(1.0, 0.0, transition_steps=4).table(6)
    array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
    """
    return _polynomial(init_value, end_value, 1.0, transition_steps, transition_begin)


def _polynomial(init: Floats, end: Floats, power: float, steps: int, begin: int) -> Schedule:
    if steps <= 0:
        return constant(np.broadcast_arrays(init, end)[0])
    return polynomial(init, end, steps, power=power).delay(max(begin, 0))


@preset(elementwise=True)
def cosine_decay_schedule(
    init_value: Rate, decay_steps: Span, alpha: Level = 0.0, exponent: Ratio = 1.0
) -> Schedule:
    """Decay the rate by half a cosine wave.

    ``init_value * ((1 - alpha) * ((1 + cos(pi*t/decay_steps))/2)^exponent + alpha)``

    Parameters
    ----------
    init_value : float or array
        The rate at step 0; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    alpha : float or array, default 0.0
        The last rate, as a share of the first. At least 0.
    exponent : float or array, default 1.0
        The power of the cosine weight. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate is held from step ``decay_steps`` on.

    References
    ----------
    optax 0.2.8 (2026), ``optax.cosine_decay_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.cosine_decay_schedule(1.0, decay_steps=2, alpha=0.5).table(4)
    array([1.  , 0.75, 0.5 , 0.5 ])
    """
    return cosine(init_value, np.multiply(init_value, alpha), decay_steps, exponent=exponent)


@preset()
def exponential_decay(
    init_value: Rate,
    transition_steps: Integer,
    decay_rate: Level,
    transition_begin: Integer = 0,
    staircase: Flag = False,
    end_value: Rate | None = None,
) -> Schedule:
    """Change the rate exponentially.

    ``init_value * decay_rate^(c/transition_steps)``, c steps after ``transition_begin``

    Parameters
    ----------
    init_value : float or array
        The rate at step 0; an array has one per group. At least 0.
    transition_steps : int or array of int
        The number of steps of the change.
    decay_rate : float or array
        The factor per ``transition_steps`` steps. At least 0.
    transition_begin : int or array of int, default 0
        The step at which the change begins; a negative one counts as 0.
    staircase : bool, default False
        Whether to change only at multiples of ``transition_steps``: the floor replaces the
        quotient.
    end_value : float or array, optional
        The lowest rate if ``decay_rate`` is below 1, else the highest. By default there is none. At
        least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate is ``init_value`` forever if ``transition_steps`` is 0 or negative, or ``decay_rate``
    is 0.

    References
    ----------
    optax 0.2.8 (2026), ``optax.exponential_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.exponential_decay(1.0, transition_steps=1, decay_rate=0.5).table(3)
    array([1.  , 0.5 , 0.25])
    """
    return _exponential(
        init_value, transition_steps, decay_rate, transition_begin, staircase, end_value
    )


def _exponential(
    init: Floats,
    steps: int,
    gamma: float,
    begin: int,
    staircase: bool,
    end: Floats | None,
) -> Schedule:
    if steps <= 0 or gamma == 0:
        return constant(np.broadcast_arrays(init, 0.0 if end is None else end)[0])
    curve = geometric(init, gamma, steps, staircase).delay(max(begin, 0))
    if end is None:
        return curve
    return curve.maximum(end) if gamma < 1 else curve.minimum(end)


# -- steps and knots at given places ---------------------------------------------------------------


@preset()
def piecewise_constant_schedule(
    init_value: Rate, boundaries_and_scales: Scales | None = None
) -> Schedule:
    """Multiply the rate by a factor at each boundary.

    ``init_value`` times the factors of all boundaries at or before step t

    Parameters
    ----------
    init_value : float or array
        The rate at step 0; an array has one per group. At least 0.
    boundaries_and_scales : mapping of int to float, optional
        Steps with the factor that applies from each on, in any order. By default none.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    optax 0.2.8 (2026), ``optax.piecewise_constant_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.piecewise_constant_schedule(1.0, {2: 0.5, 3: 0.5}).table(4)
    array([1.  , 1.  , 0.5 , 0.25])
    """
    scales = dict(boundaries_and_scales or {})
    return stairs(_levels(init_value, scales), list(scales))


@preset()
def piecewise_interpolate_schedule(
    interpolate_type: Literal["linear", "cosine"],
    init_value: Rate,
    boundaries_and_scales: Scales | None = None,
) -> Schedule:
    """Interpolate between the levels at boundaries.

    At each boundary the rate is ``init_value`` times all factors so far; in between it is
    interpolated.

    Parameters
    ----------
    interpolate_type : {"linear", "cosine"}
        Lines or half cosine waves.
    init_value : float or array
        The rate at step 0; an array has one per group. At least 0.
    boundaries_and_scales : mapping of int to float, optional
        Steps with the factor that applies from each on, in any order. By default none.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The last level is held.

    References
    ----------
    optax 0.2.8 (2026), ``optax.piecewise_interpolate_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.piecewise_interpolate_schedule("linear", 1.0, {2: 0.5}).table(4)
    array([1.  , 0.75, 0.5 , 0.5 ])
    """
    return _interpolated(interpolate_type, init_value, dict(boundaries_and_scales or {}))


@preset()
def linear_onecycle_schedule(
    transition_steps: Span,
    peak_value: Rate,
    pct_start: Share = 0.3,
    pct_final: Share = 0.85,
    div_factor: Ratio = 25.0,
    final_div_factor: Ratio = 1e4,
) -> Schedule:
    """Rise to a peak and fall in lines: the 1cycle policy.

    From ``peak_value/div_factor`` to ``peak_value`` at step ``int(pct_start*transition_steps)``,
    back at step ``int(pct_final*transition_steps)``, and down by ``final_div_factor`` at step
    ``transition_steps``.

    Parameters
    ----------
    transition_steps : int or array of int
        The number of steps. At least 1.
    peak_value : float or array
        The peak; an array has one per group. At least 0.
    pct_start : float or array, default 0.3
        The share of the steps before the peak. From 0 to 1.
    pct_final : float or array, default 0.85
        The share of the steps at which the rate is back where it began. From 0 to 1.
    div_factor : float or array, default 25.0
        The peak divided by the first rate. Above 0.
    final_div_factor : float or array, default 1e4
        The first rate divided by the last. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The last rate is held. If two of the three steps are one, the factor of the first is lost, as in
    optax.

    References
    ----------
    optax 0.2.8 (2026), ``optax.linear_onecycle_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.linear_onecycle_schedule(10, 1.0)([0, 3, 10]).round(8)
    array([4.e-02, 1.e+00, 4.e-06])
    """
    scales = {
        int(pct_start * transition_steps): div_factor,
        int(pct_final * transition_steps): 1.0 / div_factor,
        transition_steps: 1.0 / final_div_factor,
    }
    return _interpolated("linear", np.divide(peak_value, div_factor), scales)


@preset()
def cosine_onecycle_schedule(
    transition_steps: Span,
    peak_value: Rate,
    pct_start: Share = 0.3,
    div_factor: Ratio = 25.0,
    final_div_factor: Ratio = 1e4,
) -> Schedule:
    """Rise to a peak and fall in half cosine waves: the 1cycle policy.

    From ``peak_value/div_factor`` to ``peak_value`` at step ``int(pct_start*transition_steps)``,
    then to ``peak_value/(div_factor*final_div_factor)`` at step ``transition_steps``.

    Parameters
    ----------
    transition_steps : int or array of int
        The number of steps. At least 1.
    peak_value : float or array
        The peak; an array has one per group. At least 0.
    pct_start : float or array, default 0.3
        The share of the steps before the peak. From 0 to 1.
    div_factor : float or array, default 25.0
        The peak divided by the first rate. Above 0.
    final_div_factor : float or array, default 1e4
        The first rate divided by the last. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The last rate is held. With ``pct_start=1`` the rise is lost, as in optax.

    References
    ----------
    optax 0.2.8 (2026), ``optax.cosine_onecycle_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.cosine_onecycle_schedule(10, 1.0)([0, 3, 10]).round(8)
    array([4.e-02, 1.e+00, 4.e-06])
    """
    scales = {
        int(pct_start * transition_steps): div_factor,
        transition_steps: 1.0 / (div_factor * final_div_factor),
    }
    return _interpolated("cosine", np.divide(peak_value, div_factor), scales)


def _levels(init: Floats, scales: Mapping[int, float]) -> list[Any]:
    return list(accumulate(scales.values(), mul, initial=np.asarray(init)))


def _interpolated(
    curve: Literal["linear", "cosine"], init: Floats, scales: Mapping[int, float]
) -> Schedule:
    ordered = dict(sorted(scales.items()))
    return knots(list(zip([0, *ordered], _levels(init, ordered), strict=True)), curve)


# -- warmup, and what follows ----------------------------------------------------------------------


@preset()
def warmup_constant_schedule(init_value: Rate, peak_value: Rate, warmup_steps: Integer) -> Schedule:
    """Warm up linearly, then hold the rate.

    ``init_value + (peak_value - init_value) * t/warmup_steps``, then ``peak_value``

    Parameters
    ----------
    init_value : float or array
        The rate at step 0; an array has one per group. At least 0.
    peak_value : float or array
        The peak; an array has one per group. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    If ``warmup_steps`` is 0 or negative, the rate is ``init_value`` forever.

    References
    ----------
    optax 0.2.8 (2026), ``optax.warmup_constant_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.warmup_constant_schedule(0.0, 1.0, warmup_steps=2).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return _polynomial(init_value, peak_value, 1.0, warmup_steps, 0)


@preset(elementwise=True)
def warmup_cosine_decay_schedule(
    init_value: Rate,
    peak_value: Rate,
    warmup_steps: Count,
    decay_steps: Span,
    end_value: Rate = 0.0,
    exponent: Ratio = 1.0,
) -> Schedule:
    """Warm up linearly, then decay by half a cosine wave.

    A line from ``init_value`` to ``peak_value`` at step ``warmup_steps``, then half a cosine wave
    to ``end_value`` at step ``decay_steps``.

    Parameters
    ----------
    init_value : float or array
        The rate at step 0; an array has one per group. At least 0.
    peak_value : float or array
        The peak; an array has one per group. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    decay_steps : int or array of int
        The number of steps, including the warmup. It must be above ``warmup_steps``. At least 1.
    end_value : float or array, default 0.0
        The rate at the end. At least 0.
    exponent : float or array, default 1.0
        The power of the cosine weight. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``decay_steps`` is not above ``warmup_steps``.

    Notes
    -----
    The last rate is held. A ``peak_value`` of 0 is held after the warmup, whatever ``end_value``.

    References
    ----------
    optax 0.2.8 (2026), ``optax.warmup_cosine_decay_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.optax.warmup_cosine_decay_schedule(0.0, 1.0, warmup_steps=2, decay_steps=4)
    >>> s.table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    left = np.subtract(decay_steps, warmup_steps)
    if np.any(left < 1):
        detail = f"decay_steps={short_repr(decay_steps)}, warmup_steps={short_repr(warmup_steps)}"
        raise ArgumentError(f"decay_steps must be more than warmup_steps, got {detail}")
    end = np.where(np.asarray(peak_value) == 0, 0.0, end_value)
    return linear(init_value, peak_value, warmup_steps).then(
        cosine(peak_value, end, left, exponent=exponent)
    )


@preset()
def warmup_exponential_decay_schedule(
    init_value: Rate,
    peak_value: Rate,
    warmup_steps: Count,
    transition_steps: Integer,
    decay_rate: Level,
    transition_begin: Integer = 0,
    staircase: Flag = False,
    end_value: Rate | None = None,
) -> Schedule:
    """Warm up linearly, then decay exponentially.

    A line from ``init_value`` to ``peak_value`` at step ``warmup_steps``, then
    ``exponential_decay`` from its own step 0.

    Parameters
    ----------
    init_value : float or array
        The rate at step 0; an array has one per group. At least 0.
    peak_value : float or array
        The peak; an array has one per group. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    transition_steps : int or array of int
        The number of steps of the change.
    decay_rate : float or array
        The factor per ``transition_steps`` steps. At least 0.
    transition_begin : int or array of int, default 0
        The step of the decay at which the change begins; a negative one counts as 0.
    staircase : bool, default False
        Whether to change only at multiples of ``transition_steps``: the floor replaces the
        quotient.
    end_value : float or array, optional
        The lowest rate if ``decay_rate`` is below 1, else the highest. By default there is none. At
        least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    After the warmup the rate is ``peak_value`` forever if ``transition_steps`` is 0 or negative, or
    ``decay_rate`` is 0.

    References
    ----------
    optax 0.2.8 (2026), ``optax.warmup_exponential_decay_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.warmup_exponential_decay_schedule(0.0, 1.0, 2, 1, 0.5).table(5)
    array([0.  , 0.5 , 1.  , 0.5 , 0.25])
    """
    decay = _exponential(
        peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value
    )
    return linear(init_value, peak_value, warmup_steps).then(decay)


def _warmups(where: str, value: object) -> list[Mapping[str, Any]]:
    if (
        not isinstance(value, Sequence)
        or not value
        or not all(isinstance(one, Mapping) for one in value)
    ):
        raise TypeError(
            f"{where} must be mappings, each with the arguments of "
            f"warmup_cosine_decay_schedule, got {short_repr(value)}"
        )
    return list(value)


Periods = Annotated[Sequence[Mapping[str, Any]], _warmups]


@preset()
def sgdr_schedule(cosine_kwargs: Periods) -> Schedule:
    """Run one warmup and cosine decay after another.

    ``warmup_cosine_decay_schedule`` with each of the mappings, for its ``decay_steps`` each.

    Parameters
    ----------
    cosine_kwargs : sequence of mapping
        Mappings with the arguments of ``warmup_cosine_decay_schedule``, at least one.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    TypeError
        If ``cosine_kwargs`` is not a sequence of mappings.

    References
    ----------
    optax 0.2.8 (2026), ``optax.sgdr_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> cycle = {"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 1, "decay_steps": 3}
    >>> flr.presets.optax.sgdr_schedule([cycle, cycle]).table(7)
    array([0. , 1. , 0.5, 0. , 1. , 0.5, 0. ])
    """
    return reduce(Schedule.then, [warmup_cosine_decay_schedule(**one) for one in cosine_kwargs])


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
    optax 0.2.8 (2026), ``optax.join_schedules``.

    Examples
    --------
    >>> import fastlr as flr
    >>> warmup = flr.presets.optax.linear_schedule(0.0, 1.0, 2)
    >>> flr.presets.optax.join_schedules([warmup, flr.constant(1.0)], [2]).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return join(schedules, boundaries)


# -- plateau ---------------------------------------------------------------------------------------


@preset(elementwise=True)
def reduce_on_plateau(
    factor: BelowOne = 0.1,
    patience: Count = 10,
    rtol: Share = 1e-4,
    atol: Level = 0.0,
    cooldown: Count = 0,
    accumulation_size: Span = 1,
    min_scale: Rate = 0.0,
) -> Plateau:
    """Reduce the rate when a metric has stopped improving.

    Parameters
    ----------
    factor : float or array, default 0.1
        The factor of a reduction. From 0 up to, not including, 1.
    patience : int or array of int, default 10
        The number of updates without improvement before a reduction. At least 0.
    rtol : float or array, default 1e-4
        How much better a metric must be to count, relative to the best. From 0 to 1.
    atol : float or array, default 0.0
        How much better a metric must be to count. At least 0.
    cooldown : int or array of int, default 0
        The number of updates after a reduction in which none is counted as bad. At least 0.
    accumulation_size : int or array of int, default 1
        The number of values whose mean is the metric. At least 1.
    min_scale : float or array, default 0.0
        The lowest factor. At least 0.

    Returns
    -------
    Plateau
        A rule, which takes metrics; see ``fastlr.Plateau``.

    Notes
    -----
    With ``patience=0`` the rule reduces when the metric improves, as in optax.

    References
    ----------
    optax 0.2.8 (2026), ``optax.contrib.reduce_on_plateau``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.optax.reduce_on_plateau(patience=3)
    Plateau(patience=3, nan='bad', convention='optax')
    """
    return Plateau(
        factor=factor,
        patience=patience,
        rtol=rtol,
        atol=atol,
        cooldown=cooldown,
        floor=min_scale,
        window=accumulation_size,
        nan="bad",
        convention="optax",
    )
