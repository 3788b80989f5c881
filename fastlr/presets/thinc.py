"""thinc's schedules, which spaCy trains by: ``thinc.schedules``, as of thinc 9.1 (2024).

The schedules are functions of the step, whose step 0 is the first update. ``t`` is the number of
steps that went before.

>>> import fastlr as flr
>>> flr.presets.thinc.compounding(1.0, 8.0, 2.0).table(5)
array([1., 2., 4., 8., 8.])
"""

from __future__ import annotations  # help() replaces rules in the text

import numpy as np

from fastlr.arguments.rules import BelowOne, Rate
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import fraction, geometric, slanted
from fastlr.presets._rules import ArgumentError, Count, Length, Ratio, Share, Span, preset
from fastlr.schedule.constructor_names import constant as held
from fastlr.schedule.constructor_names import inverse_time, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = [
    "compounding",
    "constant",
    "constant_then",
    "cyclic_triangular",
    "decaying",
    "plateau",
    "slanted_triangular",
    "warmup_linear",
]

_MOST = 1e290


@preset(elementwise=True)
def constant(rate: Rate) -> Schedule:
    """Hold the rate.

    ``rate``

    Parameters
    ----------
    rate : float or array
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
    thinc 9.1 (2024), ``thinc.schedules.constant``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.thinc.constant(0.5)(10)
    0.5
    """
    return held(rate)


@preset()
def constant_then(rate: Rate, steps: Count, schedule: Schedule) -> Schedule:
    """Hold the rate, then follow a schedule.

    ``rate`` for ``steps`` steps, then ``schedule(t)``

    Parameters
    ----------
    rate : float or array
        The first rate; an array has one per group. At least 0.
    steps : int or array of int
        The number of steps at the first rate. At least 0.
    schedule : Schedule
        The schedule, at the step of the run.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    thinc 9.1 (2024), ``thinc.schedules.constant_then``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.thinc.constant_then(1.0, 2, flr.presets.thinc.decaying(1.0, 1.0))
    >>> s.table(4).round(3)
    array([1.   , 1.   , 0.333, 0.25 ])
    """
    return join([held(rate), schedule.skip(steps)], [steps])


@preset(elementwise=True)
def decaying(base_rate: Rate, decay: Rate, t: Length = 0.0) -> Schedule:
    """Decay the rate inversely to time.

    ``base_rate / (1 + decay*(step + t))``

    Parameters
    ----------
    base_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay : float or array
        The decay per step. At least 0.
    t : float or array, default 0.0
        The number of steps that went before step 0. At least 0; it may be a fraction.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    thinc 9.1 (2024), ``thinc.schedules.decaying``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.thinc.decaying(1.0, 1.0).table(2)
    array([1. , 0.5])
    """
    first = 1.0 + np.multiply(decay, t)
    return inverse_time(np.divide(base_rate, first), np.divide(decay, first))


@preset()
def compounding(start: Rate, stop: Rate, compound: Ratio, t: Length = 0.0) -> Schedule:
    """Multiply the rate by the same factor at every step, up to a limit.

    ``start * compound^(step + t)``, no more than ``stop``, or no less if ``start`` is above it

    Parameters
    ----------
    start : float or array
        The first rate; an array has one per group. At least 0.
    stop : float or array
        The limit. At least 0.
    compound : float or array
        The factor per step. Above 0.
    t : float or array, default 0.0
        The number of steps that went before step 0. At least 0; it may be a fraction.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    thinc 9.1 (2024), ``thinc.schedules.compounding``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.thinc.compounding(1.0, 8.0, 2.0).table(5)
    array([1., 2., 4., 8., 8.])
    """
    falls = np.asarray(start) > np.asarray(stop)
    whole = geometric(np.multiply(start, compound**t), compound)
    return whole.maximum(np.where(falls, stop, 0.0)).minimum(np.where(falls, _MOST, stop))


@preset()
def warmup_linear(initial_rate: Rate, warmup_steps: Count, total_steps: Count) -> Schedule:
    """Warm up linearly, then decay linearly to 0.

    A line from 0 to ``initial_rate`` at step ``warmup_steps``, then a line to 0 at step
    ``total_steps``

    Parameters
    ----------
    initial_rate : float or array
        The highest rate; an array has one per group. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    total_steps : int or array of int
        The number of steps, including the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end it is 0.

    References
    ----------
    thinc 9.1 (2024), ``thinc.schedules.warmup_linear``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.thinc.warmup_linear(1.0, 2, 4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    return linear(0.0, initial_rate, warmup_steps).then(
        linear(initial_rate, 0.0, max(total_steps - warmup_steps, 0))
    )


@preset(elementwise=True)
def cyclic_triangular(min_lr: Rate, max_lr: Rate, period: Span) -> Schedule:
    """Rise and fall linearly in cycles.

    A line from ``min_lr`` to ``max_lr`` in ``period`` steps and one back, at ``step + 1``

    Parameters
    ----------
    min_lr : float or array
        The lowest rate; an array has one per group. At least 0.
    max_lr : float or array
        The highest rate. At least 0.
    period : int or array of int
        The number of steps of half a cycle. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step 0 is one step up. Cycles repeat forever.

    References
    ----------
    thinc 9.1 (2024), ``thinc.schedules.cyclic_triangular``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.thinc.cyclic_triangular(0.0, 1.0, period=2).table(5)
    array([0.5, 1. , 0.5, 0. , 0.5])
    """
    return linear(min_lr, max_lr, period).then(linear(max_lr, min_lr, period)).repeat().skip(1)


@preset(differences="Where the line falls below 0, thinc's rate is negative; fastlr holds 0.")
def slanted_triangular(
    max_rate: Rate, num_steps: Span, cut_frac: Share = 0.1, ratio: Ratio = 32, t: Length = 0.0
) -> Schedule:
    """Rise linearly to a peak, then fall linearly.

    ``max_rate * (1 + p*(ratio - 1))/ratio``, p a line from 0 to 1 at ``n = cut``, then one to 0 at
    ``cut/cut_frac``, ``n = step + t + 1``, ``cut = int(num_steps * cut_frac)``

    Parameters
    ----------
    max_rate : float or array
        The highest rate; an array has one per group. At least 0.
    num_steps : int or array of int
        The number of steps. At least 1.
    cut_frac : float or array, default 0.1
        The share of the rise. From 0 to 1.
    ratio : float or array, default 32
        The highest rate divided by the first. Above 1.
    t : float or array, default 0.0
        The number of steps that went before step 0. At least 0; it may be a fraction.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the rise has no steps, or ``ratio`` is not above 1.

    Notes
    -----
    The line falls on past its end. Where it is below 0, fastlr holds 0.

    References
    ----------
    thinc 9.1 (2024), ``thinc.schedules.slanted_triangular``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.thinc.slanted_triangular(1.0, num_steps=4, cut_frac=0.5, ratio=4.0).table(5)
    array([0.625, 1.   , 0.625, 0.25 , 0.   ])
    """
    cut = int(num_steps * cut_frac)
    if cut < 1 or ratio <= 1:
        detail = f"{cut_frac} of {num_steps} steps and ratio={ratio}"
        raise ArgumentError(f"cut_frac must give a step at least, ratio be above 1, got {detail}")
    return slanted(max_rate, cut, fraction(cut_frac), ratio, -1 - fraction(t))


@preset(
    elementwise=True,
    differences="The preset is the rule alone: multiply the inner schedule by its scale, and pass "
    "each score once.",
)
def plateau(max_patience: Span, scale: BelowOne) -> Plateau:
    """Reduce the rate when a score has stopped improving.

    Parameters
    ----------
    max_patience : int or array of int
        The number of evaluations without a higher score before a reduction. At least 1.
    scale : float or array
        The factor of a reduction. From 0 up to, not including, 1.

    Returns
    -------
    Plateau
        A rule, which takes metrics; see ``fastlr.Plateau``.

    Notes
    -----
    The rule alone: multiply the inner schedule by its scale, and pass each score once.

    References
    ----------
    thinc 9.1 (2024), ``thinc.schedules.plateau``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.thinc.plateau(max_patience=3, scale=0.5)
    Plateau(mode='max', factor=0.5, patience=2, rtol=0.0, eps=0.0, nan='bad')
    """
    return Plateau(
        mode="max",
        factor=scale,
        patience=np.subtract(max_patience, 1),
        rtol=0.0,
        atol=0.0,
        eps=0.0,
        nan="bad",
    )
