"""praxis's schedules: ``praxis.schedules``, as of praxis 1.4 (2024).

The schedules are functions of the step, whose step 0 is the first update. praxis computes in
float32, fastlr in float64. A point ``(x, y)`` is a step and the value there.

>>> import fastlr as flr
>>> flr.presets.praxis.Polynomial(power=2, start=(1, 0.0), limit=(3, 1.0)).table(5)
array([0.  , 0.  , 0.25, 1.  , 1.  ])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Callable, Sequence
from functools import partial, reduce
from itertools import accumulate, pairwise
from math import ceil
from operator import add
from typing import Annotated, Any, Literal

import numpy as np

from fastlr.arguments.rules import BelowOne, Floats, Number, Rate, short_repr
from fastlr.presets._building_blocks import fraction, geometric, in_ticks, rate_at
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Exponent,
    Level,
    Levels,
    Marks,
    Real,
    Span,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    exponential,
    inverse_power,
    inverse_sqrt,
    join,
    linear,
    noam,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "Constant",
    "ContinuousSchedule",
    "Cosine",
    "CycleSchedule",
    "DelayedCosine",
    "Exponential",
    "Linear",
    "LinearRampupCosineDecay",
    "LinearRampupExponentialDecay",
    "LinearRampupPiecewiseConstant",
    "LinearRampupPolynomialDecay",
    "LinearRampupSqrtDecay",
    "PiecewiseConstant",
    "PiecewiseSchedule",
    "Polynomial",
    "SqrtDecay",
    "Transformer",
]

_FAR = 10**9  # the step up to which positions between steps are exact


def _point(where: str, value: object) -> object:
    pair = Number(
        "a step from -2**53 to 2**53 and a value >= 0, (x, y)", -LAST_STEP, 1e290, core=1
    )(where, value)
    if pair.shape != (2,) or pair[1] < 0:
        raise ValueError(
            f"{where} must be a step and a value >= 0, (x, y), got {short_repr(value)}"
        )
    return pair.tolist()


Point = Annotated[tuple[float, float], _point]
Between = Callable[[float, float, int], Schedule]


@preset(elementwise=True)
def Constant(value: Rate = 1.0) -> Schedule:
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

    Notes
    -----
    The schedule never ends.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.Constant``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.Constant(0.5)(10)
    0.5
    """
    return constant(value)


@preset()
def Polynomial(
    power: Exponent = 1,
    start: Point = (0, 1.0),
    limit: Point = (1, 1.0),
    origin: Literal["start", "limit"] = "start",
) -> Schedule:
    """Change the value by a polynomial between two points.

    ``y0 + (y1 - y0) * p^power``, p the progress from x0 to x1; with ``origin="limit"`` ``1 -
    (1-p)^power`` replaces the power

    Parameters
    ----------
    power : float or array, default 1
        The power of the change. From 1e-3 to 1e3.
    start : (float, float), default (0, 1.0)
        The first point, ``(x0, y0)``: a step and the value there.
    limit : (float, float), default (1, 1.0)
        The last point, ``(x1, y1)``: a step and the value there.
    origin : {"start", "limit"}, default "start"
        The end of the curve at which its power begins.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``limit`` does not come after ``start``.

    Notes
    -----
    The values are held before and after. A point may lie between steps.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.Polynomial``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.Polynomial(power=2, start=(1, 0.0), limit=(3, 1.0)).table(5)
    array([0.  , 0.  , 0.25, 1.  , 1.  ])
    """
    curve = partial(polynomial, power=power, origin="end" if origin == "limit" else "start")
    return _between(curve, start, limit)


@preset()
def Linear(start: Point = (0, 1.0), limit: Point = (1, 1.0)) -> Schedule:
    """Change the value linearly between two points.

    ``y0 + (y1 - y0) * p``, p the progress from x0 to x1

    Parameters
    ----------
    start : (float, float), default (0, 1.0)
        The first point, ``(x0, y0)``: a step and the value there.
    limit : (float, float), default (1, 1.0)
        The last point, ``(x1, y1)``: a step and the value there.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``limit`` does not come after ``start``.

    Notes
    -----
    The values are held before and after. A point may lie between steps.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.Linear``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.Linear(start=(1, 0.0), limit=(3, 1.0)).table(5)
    array([0. , 0. , 0.5, 1. , 1. ])
    """
    return _between(linear, start, limit)


@preset()
def Exponential(start: Point = (0, 1.0), limit: Point = (1, 0.5)) -> Schedule:
    """Change the value exponentially between two points.

    ``y0 * (y1/y0)^p``, p the progress from x0 to x1

    Parameters
    ----------
    start : (float, float), default (0, 1.0)
        The first point, ``(x0, y0)``: a step and the value there.
    limit : (float, float), default (1, 0.5)
        The last point, ``(x1, y1)``: a step and the value there.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``limit`` does not come after ``start``, or a value is 0.

    Notes
    -----
    The values are held before and after. A point may lie between steps.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.Exponential``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.Exponential(start=(0, 1.0), limit=(2, 0.25)).table(4)
    array([1.  , 0.5 , 0.25, 0.25])
    """
    if start[1] == 0 or limit[1] == 0:
        raise ArgumentError(f"start and limit must have values above 0, got {start} and {limit}")
    return _between(exponential, start, limit)


@preset(
    elementwise=True,
    differences="With total_steps=0 step 0 is NaN in praxis; in fastlr it is final_value.",
)
def Cosine(initial_value: Rate = 1.0, final_value: Rate = 0.0, total_steps: Count = 0) -> Schedule:
    """Change the value by half a cosine wave.

    ``final_value + (initial_value - final_value) * (1 + cos(pi*t/total_steps))/2``

    Parameters
    ----------
    initial_value : float or array, default 1.0
        The value at step 0; an array has one per group. At least 0.
    final_value : float or array, default 0.0
        The last value. At least 0.
    total_steps : int or array of int, default 0
        The number of steps of the change. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end ``final_value`` is held. With ``total_steps=0`` step 0 is NaN in praxis; in fastlr
    it is ``final_value``.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.Cosine``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.Cosine(total_steps=2).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return cosine(initial_value, final_value, total_steps)


@preset()
def DelayedCosine(start: Point = (0, 1.0), limit: Point = (1, 0.5)) -> Schedule:
    """Change the value by half a cosine wave between two points.

    ``y1 + (y0 - y1) * (1 + cos(pi*p))/2``, p the progress from x0 to x1

    Parameters
    ----------
    start : (float, float), default (0, 1.0)
        The first point, ``(x0, y0)``: a step and the value there.
    limit : (float, float), default (1, 0.5)
        The last point, ``(x1, y1)``: a step and the value there.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``limit`` does not come after ``start``.

    Notes
    -----
    The values are held before and after. A point may lie between steps.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.DelayedCosine``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.DelayedCosine(start=(1, 1.0), limit=(3, 0.0)).table(5)
    array([1. , 1. , 0.5, 0. , 0. ])
    """
    return _between(cosine, start, limit)


@preset()
def LinearRampupPolynomialDecay(
    warmup_steps: Count = 0,
    decay_start: Count = 0,
    decay_end: Count = 0,
    power: Exponent = 1,
    min_ratio: Level = 0.01,
    max: Rate = 0.0,  # noqa: A002
) -> Schedule:
    """Warm up linearly, hold the value, then decay by a polynomial.

    A line from 0 to ``max`` at ``warmup_steps``; ``max``; from ``decay_start`` on ``max +
    (min_ratio*max - max) * p^power``, p the progress to ``decay_end``

    Parameters
    ----------
    warmup_steps : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    decay_start : int or array of int, default 0
        The step at which the decay begins, at least ``warmup_steps``. At least 0.
    decay_end : int or array of int, default 0
        The step at which the decay ends, above ``decay_start``. At least 0.
    power : float or array, default 1
        The power of the change. From 1e-3 to 1e3.
    min_ratio : float or array, default 0.01
        The last value, as a share of ``max``. At least 0.
    max : float or array, default 0.0
        The value after the warmup; an array has one per group. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``max`` is 0, or the steps are not in order.

    Notes
    -----
    The value at step 0 is 0, if there is a warmup. Past the end the last value is held.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.LinearRampupPolynomialDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.LinearRampupPolynomialDecay(2, 2, 4, min_ratio=0.0, max=1.0).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    curve = partial(polynomial, power=power, origin="start")
    return _ramped(curve, warmup_steps, decay_start, decay_end, max, min_ratio)


@preset()
def LinearRampupCosineDecay(
    warmup_steps: Count = 0,
    decay_start: Count = 0,
    decay_end: Count = 0,
    min_ratio: Level = 0.01,
    max: Rate = 0.0,  # noqa: A002
) -> Schedule:
    """Warm up linearly, hold the value, then decay by half a cosine wave.

    A line from 0 to ``max`` at ``warmup_steps``; ``max``; from ``decay_start`` on half a cosine
    wave to ``min_ratio * max`` at ``decay_end``

    Parameters
    ----------
    warmup_steps : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    decay_start : int or array of int, default 0
        The step at which the decay begins, at least ``warmup_steps``. At least 0.
    decay_end : int or array of int, default 0
        The step at which the decay ends, above ``decay_start``. At least 0.
    min_ratio : float or array, default 0.01
        The last value, as a share of ``max``. At least 0.
    max : float or array, default 0.0
        The value after the warmup; an array has one per group. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``max`` is 0, or the steps are not in order.

    Notes
    -----
    The value at step 0 is 0, if there is a warmup. Past the end the last value is held.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.LinearRampupCosineDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.LinearRampupCosineDecay(2, 2, 4, min_ratio=0.0, max=1.0).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    return _ramped(cosine, warmup_steps, decay_start, decay_end, max, min_ratio)


@preset()
def LinearRampupExponentialDecay(
    warmup_steps: Count = 0,
    decay_start: Count = 0,
    decay_end: Count = 0,
    min_ratio: Level = 0.01,
    max: Rate = 0.0,  # noqa: A002
) -> Schedule:
    """Warm up linearly, hold the value, then decay exponentially.

    A line from 0 to ``max`` at ``warmup_steps``; ``max``; from ``decay_start`` on ``max *
    min_ratio^p``, p the progress to ``decay_end``

    Parameters
    ----------
    warmup_steps : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    decay_start : int or array of int, default 0
        The step at which the decay begins, at least ``warmup_steps``. At least 0.
    decay_end : int or array of int, default 0
        The step at which the decay ends, above ``decay_start``. At least 0.
    min_ratio : float or array, default 0.01
        The last value, as a share of ``max``. Above 0.
    max : float or array, default 0.0
        The value after the warmup; an array has one per group. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``max`` or ``min_ratio`` is 0, or the steps are not in order.

    Notes
    -----
    The value at step 0 is 0, if there is a warmup. Past the end the last value is held.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.LinearRampupExponentialDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.LinearRampupExponentialDecay(2, 2, 4, min_ratio=0.25, max=1.0).table(6)
    array([0.  , 0.5 , 1.  , 0.5 , 0.25, 0.25])
    """
    if min_ratio == 0:
        raise ArgumentError("min_ratio must be above 0, got 0.0")
    return _ramped(
        exponential,
        warmup_steps,
        decay_start,
        decay_end,
        max,
        min_ratio,
    )


@preset(elementwise=True)
def LinearRampupSqrtDecay(peak: Rate = 1.0, warmup_steps: Span = 4000) -> Schedule:
    """Warm up linearly, then decay by the inverse square root.

    ``peak * min(c/warmup_steps, sqrt(warmup_steps/c))``, ``c = max(t, 1)``

    Parameters
    ----------
    peak : float or array, default 1.0
        The highest value; an array has one per group. At least 0.
    warmup_steps : int or array of int, default 4000
        The number of steps of the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step 0 has the value of step 1. The schedule never ends.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.LinearRampupSqrtDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.LinearRampupSqrtDecay(1.0, warmup_steps=4)([0, 1, 4, 16])
    array([0.25, 0.25, 1.  , 0.5 ])
    """
    return inverse_sqrt(peak, warmup_steps).skip(1).delay(1)


@preset()
def LinearRampupPiecewiseConstant(boundaries: Marks, values: Levels) -> Schedule:
    """Warm up linearly, then hold one value after another.

    A line from 0 to ``values[0]`` at ``boundaries[0]``, then ``values[i]`` from ``boundaries[i]``
    on

    Parameters
    ----------
    boundaries : sequence of int
        The steps at which each value begins. The first is above 0, and they must never fall.
    values : sequence of float
        The values, as many as boundaries. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the values are not as many as the boundaries, or these fall or begin at 0.

    Notes
    -----
    A value of 0 is none to praxis, which takes the next one above 0 in its place; but the last
    value may be 0.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.LinearRampupPiecewiseConstant``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.LinearRampupPiecewiseConstant([2, 3], [1.0, 0.5]).table(5)
    array([0. , 0.5, 1. , 0.5, 0.5])
    """
    _as_many(values, boundaries, 0)
    if not boundaries or boundaries[0] < 1:
        raise ArgumentError(f"boundaries must begin above 0, got {list(boundaries)}")
    rest = [boundary - boundaries[0] for boundary in boundaries[1:]]
    return linear(0.0, values[0], boundaries[0]).then(_stairs(values, rest))


@preset()
def PiecewiseConstant(boundaries: Marks, values: Levels) -> Schedule:
    """Hold one value after another.

    ``values[i]`` from ``boundaries[i-1]`` on

    Parameters
    ----------
    boundaries : sequence of int
        The steps at which the next value begins. They must never fall.
    values : sequence of float
        The values, one more than boundaries. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is not one value more than boundaries, or these fall.

    Notes
    -----
    A value of 0 is none to praxis, which takes the next one above 0 in its place; but the last
    value may be 0.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.PiecewiseConstant``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.PiecewiseConstant([2], [1.0, 0.5]).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    _as_many(values, boundaries, 1)
    return _stairs(values, boundaries)


@preset()
def Transformer(
    warmup_steps: Span = 4000,
    model_dim: Span = 512,
    worker_replicas: Span = 1,
    decay_end: Count | None = None,
) -> Schedule:
    """Warm up linearly, then decay by the inverse square root, scaled by the model's width.

    ``model_dim^-0.5 * min(n * W^-1.5, n^-0.5)``, ``n = t + 1``, ``W = warmup_steps *
    worker_replicas``

    Parameters
    ----------
    warmup_steps : int or array of int, default 4000
        The number of steps of the warmup. At least 1.
    model_dim : int or array of int, default 512
        The width of the model. At least 1.
    worker_replicas : int or array of int, default 1
        The factor of ``warmup_steps``. At least 1.
    decay_end : int or array of int, optional
        The step from which on the value is held. By default never. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first value is not 0.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.Transformer``. After Vaswani et al., *Attention Is All You
    Need* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.Transformer(warmup_steps=4, model_dim=4)([0, 3, 15]).round(4)
    array([0.0625, 0.25  , 0.125 ])
    """
    whole = noam(model_dim, warmup_steps * worker_replicas)
    return (
        whole
        if decay_end is None
        else join([whole, constant(rate_at(whole, decay_end))], [decay_end])
    )


@preset()
def SqrtDecay(decay_start: Span = 10000, multiplier: Rate = 1.0, offset: Real = 0.0) -> Schedule:
    """Hold, then decay by the inverse square root.

    ``multiplier / sqrt(max(t - offset, decay_start))``

    Parameters
    ----------
    decay_start : int or array of int, default 10000
        The number of steps at the first value, after ``offset``. At least 1.
    multiplier : float or array, default 1.0
        The factor of the value; an array has one per group. At least 0.
    offset : float or array, default 0.0
        The step that counts as 0; it may be a fraction or below 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.SqrtDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.SqrtDecay(decay_start=4)([0, 4, 16])
    array([0.5 , 0.5 , 0.25])
    """
    top, begin = np.multiply(multiplier, decay_start**-0.5), fraction(offset) + decay_start
    first = max(ceil(begin), 0)
    fall = in_ticks(partial(inverse_power, top, 0.5), decay_start, first - begin, reach=_FAR)
    return join([constant(top), fall], [first])


@preset(elementwise=True)
def PiecewiseSchedule(boundaries: Marks, schedules: Sequence[Schedule]) -> Schedule:
    """Run schedules one after another.

    ``schedules[i]`` from ``boundaries[i-1]`` on, from its own step 0

    Parameters
    ----------
    boundaries : sequence of int
        The steps at which the next schedule begins. They must never fall.
    schedules : sequence of Schedule
        The schedules, one more than boundaries.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is not one schedule more than boundaries, or these fall.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.PiecewiseSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> rise = flr.presets.praxis.Linear((0, 0.0), (2, 1.0))
    >>> flr.presets.praxis.PiecewiseSchedule([2], [rise, flr.presets.praxis.Constant(0.5)]).table(4)
    array([0. , 0.5, 0.5, 0.5])
    """
    return join(schedules, boundaries)


@preset()
def CycleSchedule(schedules: Sequence[Schedule], steps: Marks) -> Schedule:
    """Run schedules in turn.

    ``schedules[0]`` for ``steps[0]`` steps, ``schedules[1]`` for ``steps[1]``, and so on,
    repeatedly

    Parameters
    ----------
    schedules : sequence of Schedule
        The schedules.
    steps : sequence of int
        The number of steps of each turn.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``steps`` are not as many as ``schedules``, or all 0.

    Notes
    -----
    All schedules are at the step of the run: one that waits has moved on when its turn comes. The
    turns repeat forever.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.CycleSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.praxis.CycleSchedule
    >>> s = schedule([flr.presets.praxis.Constant(1.0), flr.presets.praxis.Constant(0.5)], [1, 2])
    >>> s.table(5)
    array([1. , 0.5, 0.5, 1. , 0.5])
    """
    if len(steps) != len(schedules) or not sum(steps):
        detail = f"{list(steps)} for {len(schedules)} schedules"
        raise ArgumentError(f"steps must be as many as schedules, above 0 in all, got {detail}")
    ends = list(accumulate(steps, initial=0))
    gates = (_steps_from(begin, end, ends[-1]) for begin, end in pairwise(ends))
    return reduce(add, (schedule * gate for schedule, gate in zip(schedules, gates, strict=True)))


@preset()
def ContinuousSchedule(
    initial_value: Rate = 1.0,
    start_step: Count = 400_000,
    half_life_steps: Span = 100_000,
    min: BelowOne = 0.01,  # noqa: A002
) -> Schedule:
    """Hold, then decay exponentially down to a lowest value.

    ``max(min * initial_value, initial_value * 0.5^(s/half_life_steps))``, ``s = max(t - start_step,
    0)``

    Parameters
    ----------
    initial_value : float or array, default 1.0
        The first value; an array has one per group. At least 0.
    start_step : int or array of int, default 400_000
        The step at which the decay begins. At least 0.
    half_life_steps : int or array of int, default 100_000
        The number of steps in which the value is halved. At least 1.
    min : float or array, default 0.01
        The lowest value, as a share of ``initial_value``. From 0 up to, not including, 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    praxis 1.4 (2024), ``praxis.schedules.ContinuousSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.praxis.ContinuousSchedule(start_step=1, half_life_steps=1).table(4)
    array([1.  , 1.  , 0.5 , 0.25])
    """
    floor: Any = np.multiply(initial_value, min)
    return geometric(initial_value, 0.5, half_life_steps).delay(start_step).maximum(floor)


def _between(curve: Any, start: Sequence[float], limit: Sequence[float]) -> Schedule:
    """A curve between two points, whose steps may be fractions."""
    (x0, y0), (x1, y1) = start, limit
    if x0 >= x1:
        raise ArgumentError(f"limit must come after start, got {start} and {limit}")
    begin = max(ceil(x0), 0)
    body = in_ticks(partial(curve, y0, y1), fraction(x1) - fraction(x0), begin - fraction(x0))
    return join([constant(y0), body], [begin]) if begin else body


def _ramped(
    curve: Any, warmup: int, start: int, end: int, high: Floats, min_ratio: float
) -> Schedule:
    if not np.all(np.asarray(high) > 0):
        raise ArgumentError(f"max must be above 0, got {short_repr(high)}")
    if not warmup <= start < end:
        detail = f"warmup_steps={warmup}, decay_start={start}, decay_end={end}"
        raise ArgumentError(
            f"decay_end must be above decay_start, and that no less than warmup_steps, got {detail}"
        )
    fall = curve(high, np.multiply(high, min_ratio), end - start)
    return join([linear(0.0, high, warmup), fall], [start])


def _as_many(values: Sequence[Any], marks: Sequence[int], more: int) -> None:
    """Raise unless there are so many more values than boundaries, which never fall."""
    if len(values) != len(marks) + more or sorted(marks) != list(marks):
        rule = f"{'one fewer than' if more else 'as many as'} values and never fall"
        raise ArgumentError(
            f"boundaries must be {rule}, got {list(marks)} for {len(values)} values"
        )


def _stairs(values: Sequence[float], boundaries: Sequence[int]) -> Schedule:
    *before, last = values
    kept = [next((value for value in before[i:] if value > 0), 0.0) for i in range(len(before))]
    return join(list(map(constant, [*kept, last])), boundaries)


def _steps_from(begin: int, end: int, period: int) -> Schedule:
    """1 at those steps of each period, 0 at the others."""
    parts = [
        linear(level, level, steps)
        for level, steps in ((0.0, begin), (1.0, end - begin), (0.0, period - end))
    ]
    return parts[0].then(parts[1]).then(parts[2]).repeat()
