"""Flux's ParameterSchedulers.jl, of 0.4 (2024), in the numbers that it is given; step t is its
``schedule(t + 1)``.

>>> Triangle(0.0, 1.0, period=4).table(6)
array([0. , 0.5, 1. , 0.5, 0. , 0.5])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence as Several
from itertools import accumulate
from math import ceil, pi, sin
from typing import Annotated

import numpy as np

from fastlr.arguments.rules import Flag, Number, Rate, short_repr
from fastlr.presets._building_blocks import cut, drops, geometric, inverse, rate_at, tabulated, wave
from fastlr.presets._rules import ArgumentError, Level, Marks, Share, Span, preset
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import constant, cosine, cyclic, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "Constant",
    "CosAnneal",
    "Exp",
    "Interpolator",
    "Inv",
    "Loop",
    "OneCycle",
    "Poly",
    "Sequence",
    "Shifted",
    "Shortened",
    "Sin",
    "SinDecay2",
    "SinExp",
    "Step",
    "Triangle",
    "TriangleDecay2",
    "TriangleExp",
    "UNEXPRESSED",
]

UNEXPRESSED = {
    "ComposedSchedule": "At every step it builds another schedule, from parameters that depend on "
    "the step."
}

_STEPS = Number("an integer from 1 to 2**53, or a list of them", 1, LAST_STEP, whole=True)


def _step_sizes(where: str, value: object) -> object:
    if isinstance(value, list | tuple | np.ndarray):
        return [_one(f"{where}[{i}]", one) for i, one in enumerate(value)]
    return _one(where, value)


def _one(where: str, value: object) -> object:
    number = _STEPS(where, value)
    if number.ndim:
        raise TypeError(f"{where} must be a single number, got {short_repr(value)}")
    return number.item()


Sizes = Annotated[Several[int] | int, _step_sizes]


@preset(elementwise=True)
def Constant(value: Rate) -> Schedule:
    """Hold a value.

    ``value``

    Parameters
    ----------
    value : float or array
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
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Constant``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.Constant(0.5)(10)
    0.5
    """
    return constant(value)


# -- decays ----------------------------------------------------------------------------------------


@preset()
def Step(start: Rate, decay: Level, step_sizes: Sizes) -> Schedule:
    """Reduce the rate at regular intervals or after given numbers of steps.

    ``start * decay^i``, i the number of ``step_sizes`` that have passed

    Parameters
    ----------
    start : float or array
        The first rate; an array has one per group. At least 0.
    decay : float or array
        The factor of a reduction. At least 0.
    step_sizes : int or sequence of int
        The number of steps per reduction, or of each interval. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Step``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.Step(1.0, 0.5, [1, 2]).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    if isinstance(step_sizes, int):
        return geometric(start, decay, step_sizes, staircase=True)
    return drops("step_sizes", start, decay, list(accumulate(step_sizes)))


@preset()
def Exp(start: Rate, decay: Level) -> Schedule:
    """Multiply the rate by the same factor at every step.

    ``start * decay^t``

    Parameters
    ----------
    start : float or array
        The first rate; an array has one per group. At least 0.
    decay : float or array
        The factor per step. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Exp``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.Exp(1.0, 0.5).table(3)
    array([1.  , 0.5 , 0.25])
    """
    return geometric(start, decay)


@preset()
def Poly(start: Rate, degree: Span, max_iter: Span) -> Schedule:
    """Decay the rate by a polynomial.

    ``start * (1 - t/max_iter)^degree``

    Parameters
    ----------
    start : float or array
        The first rate; an array has one per group. At least 0.
    degree : int or array of int
        The power of the decay. At least 1.
    max_iter : int or array of int
        The number of steps. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        When the schedule is evaluated at step ``max_iter`` or later.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Poly``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.Poly(1.0, degree=1, max_iter=2).table(2)
    array([1. , 0.5])
    """
    return cut(polynomial(start, 0.0, max_iter, power=degree), max_iter)


@preset()
def Inv(start: Rate, decay: Level, degree: Span) -> Schedule:
    """Decay the rate inversely to time.

    ``start / (1 + decay*t)^degree``

    Parameters
    ----------
    start : float or array
        The first rate; an array has one per group. At least 0.
    decay : float or array
        The decay per step. At least 0.
    degree : int or array of int
        The power of the decay. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Inv``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.Inv(1.0, 1.0, 1).table(2)
    array([1. , 0.5])
    """
    return inverse(start, decay, degree)


# -- cycles: between two rates, of which it does not matter which is which -------------------------


def _bounds(l0: Rate, l1: Rate) -> tuple[Rate, Rate]:
    return np.minimum(l0, l1), np.maximum(l0, l1)


@preset()
def Triangle(l0: Rate, l1: Rate, period: Span) -> Schedule:
    """Rise and fall linearly in cycles.

    A line from the lower rate to the higher in half a ``period``, and one back

    Parameters
    ----------
    l0 : float or array
        One of the two rates; an array has one per group. At least 0.
    l1 : float or array
        The other rate. It does not matter which of the two is higher. At least 0.
    period : int or array of int
        The number of steps of a cycle. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Cycles repeat forever.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Triangle``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.Triangle(0.0, 1.0, period=4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    return cyclic(*_bounds(l0, l1), period, period).paced([2])


@preset()
def TriangleDecay2(l0: Rate, l1: Rate, period: Span) -> Schedule:
    """Rise and fall linearly in cycles of halved height.

    ``Triangle``, half as high above the lower rate in each cycle

    Parameters
    ----------
    l0 : float or array
        One of the two rates; an array has one per group. At least 0.
    l1 : float or array
        The other rate. It does not matter which of the two is higher. At least 0.
    period : int or array of int
        The number of steps of a cycle. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Cycles repeat forever.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``TriangleDecay2``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.TriangleDecay2(0.0, 1.0, period=4).table(8)
    array([0.  , 0.5 , 1.  , 0.5 , 0.  , 0.25, 0.5 , 0.25])
    """
    return cyclic(*_bounds(l0, l1), period, period, mode="triangular2").paced([2])


@preset()
def TriangleExp(l0: Rate, l1: Rate, period: Span, decay: Level) -> Schedule:
    """Rise and fall linearly in cycles of decaying height.

    ``Triangle``, with the height above the lower rate multiplied by ``decay^t``

    Parameters
    ----------
    l0 : float or array
        One of the two rates; an array has one per group. At least 0.
    l1 : float or array
        The other rate. It does not matter which of the two is higher. At least 0.
    period : int or array of int
        The number of steps of a cycle. At least 1.
    decay : float or array
        The factor of the height per step. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Cycles repeat forever.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``TriangleExp``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.TriangleExp(0.0, 1.0, period=2, decay=0.5).table(4)
    array([0.   , 0.5  , 0.   , 0.125])
    """
    low, high = _bounds(l0, l1)
    return cyclic(0.0, 1.0, period, period).paced([2]) * geometric(
        np.subtract(high, low), decay
    ) + np.asarray(low)


_A_TABLE = "A period is a table of one number per step."


def _arch(period: int) -> Schedule:
    """``sin(pi*t/period)``, of a period."""
    return tabulated(lambda t: sin(pi * t / period) if t < period else 0.0, period + 1)


@preset(differences=_A_TABLE)
def Sin(l0: Rate, l1: Rate, period: Span) -> Schedule:
    """Follow the arches of a sine.

    ``low + (high - low) * |sin(pi*t/period)|``

    Parameters
    ----------
    l0 : float or array
        One of the two rates; an array has one per group. At least 0.
    l1 : float or array
        The other rate. It does not matter which of the two is higher. At least 0.
    period : int or array of int
        The number of steps of a cycle. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Cycles repeat forever. A cycle is a table of one number per step.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Sin``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.Sin(0.0, 1.0, period=2).table(4)
    array([0., 1., 0., 1.])
    """
    low, high = _bounds(l0, l1)
    return _arch(period).repeat() * np.subtract(high, low) + np.asarray(low)


@preset(differences=_A_TABLE)
def SinDecay2(l0: Rate, l1: Rate, period: Span) -> Schedule:
    """Follow the arches of a sine, of halved height.

    ``Sin``, half as high above the lower rate in each cycle

    Parameters
    ----------
    l0 : float or array
        One of the two rates; an array has one per group. At least 0.
    l1 : float or array
        The other rate. It does not matter which of the two is higher. At least 0.
    period : int or array of int
        The number of steps of a cycle. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Cycles repeat forever. A cycle is a table of one number per step.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``SinDecay2``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.SinDecay2(0.0, 1.0, period=2).table(4)
    array([0. , 1. , 0. , 0.5])
    """
    low, high = _bounds(l0, l1)
    return _arch(period).repeat(scale=0.5) * np.subtract(high, low) + np.asarray(low)


@preset(differences=_A_TABLE)
def SinExp(l0: Rate, l1: Rate, period: Span, decay: Level) -> Schedule:
    """Follow the arches of a sine, of decaying height.

    ``Sin``, with the height above the lower rate multiplied by ``decay^t``

    Parameters
    ----------
    l0 : float or array
        One of the two rates; an array has one per group. At least 0.
    l1 : float or array
        The other rate. It does not matter which of the two is higher. At least 0.
    period : int or array of int
        The number of steps of a cycle. At least 1.
    decay : float or array
        The factor of the height per step. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Cycles repeat forever. A cycle is a table of one number per step.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``SinExp``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.SinExp(0.0, 1.0, period=2, decay=0.5).table(4)
    array([0.   , 0.5  , 0.   , 0.125])
    """
    low, high = _bounds(l0, l1)
    return _arch(period).repeat() * geometric(np.subtract(high, low), decay) + np.asarray(low)


@preset()
def CosAnneal(l0: Rate, l1: Rate, period: Span, restart: Flag = True) -> Schedule:
    """Repeat half a cosine wave, or follow the whole wave.

    ``low + (high - low) * (1 + cos(pi*t/period))/2``, with ``t mod period`` if ``restart``

    Parameters
    ----------
    l0 : float or array
        One of the two rates; an array has one per group. At least 0.
    l1 : float or array
        The other rate. It does not matter which of the two is higher. At least 0.
    period : int or array of int
        The number of steps of a cycle. At least 1.
    restart : bool, default True
        Whether to begin again at the higher rate after each ``period``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The wave goes on forever.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``CosAnneal``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.CosAnneal(0.0, 1.0, period=2).table(4)
    array([1. , 0.5, 1. , 0.5])
    """
    low, high = _bounds(l0, l1)
    return cosine(high, low, period).repeat() if restart else wave(high, low, period)


@preset()
def OneCycle(
    nsteps: Span,
    maxval: Rate,
    startval: Rate | None = None,
    endval: Rate | None = None,
    percent_start: Share = 0.25,
) -> Schedule:
    """Rise to a peak and fall again by half cosine waves.

    From ``startval`` to ``maxval`` in ``ceil(percent_start*nsteps)`` steps, then to ``endval``

    Parameters
    ----------
    nsteps : int or array of int
        The number of steps. At least 1.
    maxval : float or array
        The highest rate; an array has one per group. At least 0.
    startval : float or array, optional
        The first rate. By default ``maxval/25``. At least 0.
    endval : float or array, optional
        The last rate. By default ``maxval/100_000``. At least 0.
    percent_start : float or array, default 0.25
        The share of the rise. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        When the schedule is evaluated at step ``nsteps`` or later.

    Notes
    -----
    Of two rates the higher one is the upper end of a wave, whichever it is.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``OneCycle``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.OneCycle(4, 1.0, startval=0.0, endval=0.0, percent_start=0.5).table(4)
    array([0. , 0.5, 1. , 0.5])
    """
    warmup = ceil(percent_start * nsteps)
    first, peak = _bounds(np.divide(maxval, 25) if startval is None else startval, maxval)
    last, top = _bounds(maxval, np.divide(maxval, 1e5) if endval is None else endval)
    return cut(cosine(first, peak, warmup).then(cosine(top, last, nsteps - warmup)), nsteps)


# -- schedules of schedules ------------------------------------------------------------------------


@preset()
def Sequence(schedules: Several[Schedule], step_sizes: Marks) -> Schedule:
    """Run schedules one after another.

    ``schedules[i]`` for ``step_sizes[i]`` steps, from its own step 0

    Parameters
    ----------
    schedules : sequence of Schedule
        The schedules.
    step_sizes : sequence of int
        The number of steps of each.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there are more ``step_sizes`` than ``schedules``.

    Notes
    -----
    Past all of them the next schedule follows, or the last one again from its step 0. That is how
    Flux's behaves when it is called; when it is iterated, the last one goes on.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Sequence``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.flux.Sequence
    >>> s = schedule([flr.presets.flux.Constant(1.0), flr.presets.flux.Constant(0.5)], [2])
    >>> s.table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    if len(step_sizes) > len(schedules):
        raise ArgumentError(
            f"step_sizes must be at most {len(schedules)}, as schedules, got {len(step_sizes)}"
        )
    parts = [*schedules, schedules[-1]][: len(step_sizes) + 1]
    return join(parts, list(accumulate(step_sizes)))


@preset(elementwise=True)
def Loop(f: Schedule, period: Span) -> Schedule:
    """Repeat the beginning of a schedule.

    ``f(t mod period)``

    Parameters
    ----------
    f : Schedule
        The schedule.
    period : int or array of int
        The number of steps of a cycle. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The loop never ends.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Loop``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.Loop(flr.presets.flux.Exp(1.0, 0.5), period=2).table(4)
    array([1. , 0.5, 1. , 0.5])
    """
    last = rate_at(f.skip(period), 0)
    return join([f, linear(last, last, 0)], np.asarray(period)[..., np.newaxis]).repeat()


@preset(elementwise=True, differences="rate must be an integer. ceil_fn is not supported.")
def Interpolator(schedule: Schedule, rate: Span) -> Schedule:
    """Slow a schedule down to a rate per so many steps.

    ``schedule(floor(t/rate))``

    Parameters
    ----------
    schedule : Schedule
        The schedule.
    rate : int or array of int
        The number of steps per step of the schedule. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    In Flux this turns a schedule of epochs into one of iterations. ``rate`` must be an integer;
    ``ceil_fn`` is not supported.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Interpolator``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.Interpolator(flr.presets.flux.Exp(1.0, 0.5), rate=2).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    return schedule.staircase(rate)


@preset(elementwise=True)
def Shifted(schedule: Schedule, offset: Span) -> Schedule:
    """Begin a schedule at a later step.

    ``schedule(t + offset - 1)``

    Parameters
    ----------
    schedule : Schedule
        The schedule.
    offset : int or array of int
        The step at which to begin, counted from 1. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Shifted``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.Shifted(flr.presets.flux.Exp(1.0, 0.5), offset=2).table(3)
    array([0.5  , 0.25 , 0.125])
    """
    return schedule.skip(np.asarray(offset) - 1)


@preset()
def Shortened(schedule: Schedule, nsteps: Span) -> Schedule:
    """Limit a schedule to its first steps.

    ``schedule(t)`` for ``nsteps`` steps

    Parameters
    ----------
    schedule : Schedule
        The schedule.
    nsteps : int or array of int
        The number of steps. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        When the schedule is evaluated at step ``nsteps`` or later.

    References
    ----------
    Flux's ParameterSchedulers.jl 0.4 (2024), ``Shortened``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.flux.Shortened(flr.presets.flux.Exp(1.0, 0.5), nsteps=3).table(3)
    array([1.  , 0.5 , 0.25])
    """
    return cut(schedule, nsteps)
