"""MMEngine's parameter schedulers: ``mmengine.optim.scheduler``, as of mmengine 0.10.7 (2025).

Step t is the t-th ``scheduler.step()`` after the constructor's own, an epoch or an iteration. A
scheduler acts at the steps from ``begin`` up to, not including, ``end``, and leaves the rate alone
outside. Several schedulers in a list act on one rate, each on the result of those before it. A
preset takes ``after``, the schedule that those before it make:

>>> import fastlr as flr
>>> mm = flr.presets.mmengine
>>> warmup = mm.LinearLR(0.1, start_factor=0.5, begin=0, end=3)
>>> mm.CosineAnnealingLR(0.1, T_max=4, begin=3, end=8, after=warmup).table(9).round(3)
array([0.05 , 0.075, 0.1  , 0.1  , 0.085, 0.05 , 0.015, 0.   , 0.   ])

Its momentum schedulers (``LinearMomentum`` and the like) do the same to a momentum: give it in
place of ``lr``.
"""

from __future__ import annotations  # help() replaces rules in the text

from itertools import accumulate
from typing import Annotated, Any, Literal

import numpy as np

from fastlr.arguments.rules import BelowOne, Flag, Number, Rate
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    cut,
    drops,
    geometric,
    one_cycle,
    rate_at,
    torch_plateau,
    wave,
)
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Level,
    Levels,
    Marks,
    Ratio,
    Share,
    Span,
    preset,
)
from fastlr.schedule.constructor_names import constant, cosine, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineRestartLR",
    "ExponentialLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolyLR",
    "ReduceOnPlateauLR",
    "StepLR",
]

_NEVER = 10**9  # mmengine's own

_STANDS = (
    "mmengine computes each rate from the one before, so that two schedulers which overlap follow "
    "no formula. fastlr ignores what `after` does from `begin` on."
)

AboveZero = Annotated[
    float,
    Number(
        "a number above 0, at most 1: mmengine divides by it", float(np.nextafter(0.0, 1.0)), 1.0
    ),
]


# -- factors ---------------------------------------------------------------------------------------


@preset()
def ConstantLR(
    lr: Rate,
    factor: AboveZero = 1.0 / 3,
    begin: Count = 0,
    end: Span = _NEVER,
    after: Schedule | None = None,
) -> Schedule:
    """Multiply the rate by a factor for a number of steps.

    ``rate * factor`` from step ``begin`` to step ``end - 2``, then ``rate``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    factor : float or array, default 1.0 / 3
        The factor. Above 0, at most 1.
    begin : int or array of int, default 0
        The first step at which the scheduler acts. At least 0.
    end : int or array of int, default 10^9
        The step before which it stops acting. At least 1.
    after : Schedule, optional
        The schedule that the schedulers before this one make. By default ``lr``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``end`` is not above ``begin``.

    Notes
    -----
    Before ``begin`` the rate is that of ``after``, or ``lr``. If ``end`` is ``begin + 1``, the
    factor stays.

    References
    ----------
    MMEngine 0.10.7 (2025), ``mmengine.optim.scheduler.ConstantLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmengine.ConstantLR(1.0, factor=0.5, end=3).table(4)
    array([0.5, 0.5, 1. , 1. ])
    """
    low, last = constant(factor), _last(begin, end)
    whole = join([low, constant(1.0)], [last]) if last else low
    return _multiplied(lr, after, whole, begin, last)


@preset()
def LinearLR(
    lr: Rate,
    start_factor: AboveZero = 1.0 / 3,
    end_factor: Share = 1.0,
    begin: Count = 0,
    end: Span = _NEVER,
    after: Schedule | None = None,
) -> Schedule:
    """Multiply the rate by a factor that changes linearly.

    ``rate`` times a line from ``start_factor`` at step ``begin`` to ``end_factor`` at step ``end -
    1``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    start_factor : float or array, default 1.0 / 3
        The factor at step ``begin``. Above 0, at most 1.
    end_factor : float or array, default 1.0
        The factor at step ``end - 1``. From 0 to 1.
    begin : int or array of int, default 0
        The first step at which the scheduler acts. At least 0.
    end : int or array of int, default 10^9
        The step before which it stops acting. At least 1.
    after : Schedule, optional
        The schedule that the schedulers before this one make. By default ``lr``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``end`` is not above ``begin``.

    Notes
    -----
    Before ``begin`` the rate is that of ``after``, or ``lr``. Past the end ``end_factor`` stays.

    References
    ----------
    MMEngine 0.10.7 (2025), ``mmengine.optim.scheduler.LinearLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmengine.LinearLR(1.0, start_factor=0.5, end=3).table(4)
    array([0.5 , 0.75, 1.  , 1.  ])
    """
    last = _last(begin, end)
    line = linear(start_factor, end_factor, last) if last else constant(start_factor)
    return _multiplied(lr, after, line, begin, last)


@preset()
def ExponentialLR(
    lr: Rate, gamma: Ratio, begin: Count = 0, end: Span = _NEVER, after: Schedule | None = None
) -> Schedule:
    """Multiply the rate by the same factor at every step.

    ``rate * gamma^s``, s steps after ``begin``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The factor per step. Above 0.
    begin : int or array of int, default 0
        The first step at which the scheduler acts. At least 0.
    end : int or array of int, default 10^9
        The step before which it stops acting. At least 1.
    after : Schedule, optional
        The schedule that the schedulers before this one make. By default ``lr``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``end`` is not above ``begin``.

    Notes
    -----
    From step ``end`` on the factor stays.

    References
    ----------
    MMEngine 0.10.7 (2025), ``mmengine.optim.scheduler.ExponentialLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmengine.ExponentialLR(1.0, gamma=0.5, end=3).table(4)
    array([1.  , 0.5 , 0.25, 0.25])
    """
    last = _last(begin, end)
    return _multiplied(lr, after, geometric(1.0, gamma, reach=last), begin, last)


@preset()
def StepLR(
    lr: Rate,
    step_size: Span,
    gamma: Level = 0.1,
    begin: Count = 0,
    end: Span = _NEVER,
    after: Schedule | None = None,
) -> Schedule:
    """Reduce the rate at regular intervals.

    ``rate * gamma^floor(s/step_size)``, s steps after ``begin``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    step_size : int or array of int
        The number of steps per reduction. At least 1.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.
    begin : int or array of int, default 0
        The first step at which the scheduler acts. At least 0.
    end : int or array of int, default 10^9
        The step before which it stops acting. At least 1.
    after : Schedule, optional
        The schedule that the schedulers before this one make. By default ``lr``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``end`` is not above ``begin``.

    Notes
    -----
    From step ``end`` on the factor stays.

    References
    ----------
    MMEngine 0.10.7 (2025), ``mmengine.optim.scheduler.StepLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmengine.StepLR(1.0, step_size=2, gamma=0.5).table(5)
    array([1.  , 1.  , 0.5 , 0.5 , 0.25])
    """
    last = _last(begin, end)
    return _multiplied(
        lr, after, geometric(1.0, gamma, step_size, staircase=True, reach=last), begin, last
    )


@preset()
def MultiStepLR(
    lr: Rate,
    milestones: Marks,
    gamma: Level = 0.1,
    begin: Count = 0,
    end: Span = _NEVER,
    after: Schedule | None = None,
) -> Schedule:
    """Reduce the rate at milestones.

    ``rate * gamma^i``, i the number of milestones at or before ``t - begin``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    milestones : sequence of int
        The steps of the reductions, counted from ``begin``, in any order.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.
    begin : int or array of int, default 0
        The first step at which the scheduler acts. At least 0.
    end : int or array of int, default 10^9
        The step before which it stops acting. At least 1.
    after : Schedule, optional
        The schedule that the schedulers before this one make. By default ``lr``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``end`` is not above ``begin``.

    Notes
    -----
    From step ``end`` on the factor stays.

    References
    ----------
    MMEngine 0.10.7 (2025), ``mmengine.optim.scheduler.MultiStepLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmengine.MultiStepLR(1.0, milestones=[1, 3], gamma=0.5).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    stairs = drops("milestones", 1.0, gamma, sorted(milestones))
    return _multiplied(lr, after, stairs, begin, _last(begin, end))


def _last(begin: int, end: int) -> int:
    """The last step that a scheduler acts at, from its ``begin``."""
    if end <= begin:
        raise ArgumentError(f"end must be above begin, {begin}, got {end}")
    return end - begin - 1


def _multiplied(
    lr: Any, after: Schedule | None, factor: Schedule, begin: int, last: int
) -> Schedule:
    held = constant(rate_at(factor, last))
    factors = join([constant(1.0), factor, held], [begin, begin + last + 1])
    return (constant(lr) if after is None else after) * factors


# -- from the rate there to another ----------------------------------------------------------------


@preset(differences=_STANDS)
def PolyLR(
    lr: Rate,
    eta_min: Rate = 0.0,
    power: Ratio = 1.0,
    begin: Count = 0,
    end: Span = _NEVER,
    after: Schedule | None = None,
) -> Schedule:
    """Decay the rate by a polynomial.

    ``eta_min + (rate - eta_min) * (1 - s/(end - begin - 1))^power``, s steps after ``begin``,
    ``rate`` the one at ``begin``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    eta_min : float or array, default 0.0
        The rate at the end. At least 0.
    power : float or array, default 1.0
        The power of the decay. Above 0.
    begin : int or array of int, default 0
        The first step at which the scheduler acts. At least 0.
    end : int or array of int, default 10^9
        The step before which it stops acting. At least 1.
    after : Schedule, optional
        The schedule that the schedulers before this one make. By default ``lr``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``end`` is not above ``begin``.

    Notes
    -----
    From step ``end - 1`` on the last rate is held. MMEngine computes each rate from the one before,
    so that two schedulers which overlap follow no formula; fastlr ignores what ``after`` does from
    ``begin`` on.

    References
    ----------
    MMEngine 0.10.7 (2025), ``mmengine.optim.scheduler.PolyLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmengine.PolyLR(1.0, end=3).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    before, there, last = *_before(lr, after, begin), _last(begin, end)
    return _placed(
        before,
        polynomial(there, eta_min, last, power=power) if last else constant(there),
        begin,
        end,
    )


@preset(differences=_STANDS)
def CosineAnnealingLR(
    lr: Rate,
    T_max: Span | None = None,
    eta_min: Rate | None = None,
    begin: Count = 0,
    end: Span = _NEVER,
    eta_min_ratio: Share | None = None,
    after: Schedule | None = None,
) -> Schedule:
    """Follow a cosine wave.

    ``eta_min + (rate - eta_min) * (1 + cos(pi*s/T_max))/2``, s steps after ``begin``, ``rate`` the
    one at ``begin``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    T_max : int or array of int, optional
        The number of steps of half a wave. By default ``end - begin``, at which ``eta_min`` is not
        reached. At least 1.
    eta_min : float or array, optional
        The lowest rate. By default 0. At least 0.
    begin : int or array of int, default 0
        The first step at which the scheduler acts. At least 0.
    end : int or array of int, default 10^9
        The step before which it stops acting. At least 1.
    eta_min_ratio : float or array, optional
        The lowest rate as a share of ``lr``, in place of ``eta_min``. From 0 to 1.
    after : Schedule, optional
        The schedule that the schedulers before this one make. By default ``lr``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``end`` is not above ``begin``, or both ``eta_min`` and ``eta_min_ratio`` are given.

    Notes
    -----
    Beyond ``T_max`` the rate climbs back, to ``lr`` and not to the rate at ``begin``. From step
    ``end`` on the last rate is held.

    MMEngine computes each rate from the one before, so that two schedulers which overlap follow no
    formula; fastlr ignores what ``after`` does from ``begin`` on.

    References
    ----------
    MMEngine 0.10.7 (2025), ``mmengine.optim.scheduler.CosineAnnealingLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmengine.CosineAnnealingLR(1.0, T_max=2).table(5)
    array([1. , 0.5, 0. , 0.5, 1. ])
    """
    before, there = _before(lr, after, begin)
    low, half = _floor(lr, eta_min, eta_min_ratio), T_max or end - begin
    _last(begin, end)
    return _placed(
        before, join([cosine(there, low, half), wave(low, lr, half)], [half]), begin, end
    )


@preset(differences=_STANDS)
def CosineRestartLR(
    lr: Rate,
    periods: Marks,
    restart_weights: Levels = (1,),
    eta_min: Rate | None = None,
    eta_min_ratio: Share | None = None,
    begin: Count = 0,
    end: Span = _NEVER,
    after: Schedule | None = None,
) -> Schedule:
    """Run cycles of half a cosine wave.

    ``low + (restart_weights[i] * lr - low) * (1 + cos(pi*c/periods[i]))/2``, c steps into cycle i

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    periods : sequence of int
        The number of steps of each cycle. Above 0.
    restart_weights : sequence of float, default (1,)
        The first rate of each cycle, as a share of ``lr``. At least 0.
    eta_min : float or array, optional
        The lowest rate, ``low``. At least 0.
    eta_min_ratio : float or array, optional
        The lowest rate as a share of ``lr``, in place of ``eta_min``. From 0 to 1.
    begin : int or array of int, default 0
        The first step at which the scheduler acts. At least 0.
    end : int or array of int, default 10^9
        The step before which it stops acting. At least 1.
    after : Schedule, optional
        The schedule that the schedulers before this one make. By default ``lr``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``periods`` and ``restart_weights`` are not equally many, or not exactly one of
        ``eta_min`` and ``eta_min_ratio`` is given.

    Notes
    -----
    After the last cycle the rate of its last step is held. MMEngine computes each rate from the one
    before, so that two schedulers which overlap follow no formula; fastlr ignores what ``after``
    does from ``begin`` on.

    References
    ----------
    MMEngine 0.10.7 (2025), ``mmengine.optim.scheduler.CosineRestartLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.mmengine.CosineRestartLR
    >>> s = schedule(1.0, periods=[2, 2], restart_weights=[1.0, 0.5], eta_min=0.0)
    >>> s.table(5)
    array([1.  , 0.5 , 0.5 , 0.25, 0.25])
    """
    if len(periods) != len(restart_weights) or not periods or not all(periods):
        raise ArgumentError(
            f"periods must be above 0, as many as restart_weights, got {periods} and "
            f"{restart_weights}"
        )
    if eta_min is None and eta_min_ratio is None:
        raise ArgumentError("eta_min or eta_min_ratio must be given, got neither")
    low = _floor(lr, eta_min, eta_min_ratio)
    parts = [
        cosine(np.multiply(lr, weight), low, steps)
        for weight, steps in zip(restart_weights, periods, strict=True)
    ]
    starts = list(accumulate(periods))
    whole = join([*parts, constant(rate_at(parts[-1], periods[-1] - 1))], starts)
    return _placed(_before(lr, after, begin)[0], whole, begin, end)


@preset(
    differences="With anneal_strategy='linear' fastlr refuses step total_steps, the one after the "
    "last: mmengine's rate is below 0.",
)
def OneCycleLR(
    lr: Rate,
    eta_max: Rate = 0.0,
    total_steps: Span | None = None,
    pct_start: Share = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    div_factor: Ratio = 25.0,
    final_div_factor: Ratio = 1e4,
    three_phase: Flag = False,
    begin: Count = 0,
    end: Span = _NEVER,
    after: Schedule | None = None,
) -> Schedule:
    """Rise to a peak and fall below the first rate.

    From ``eta_max/div_factor`` to ``eta_max`` at ``pct_start*total_steps - 1``, then to
    ``eta_max/(div_factor*final_div_factor)`` at ``total_steps - 1``

    Parameters
    ----------
    lr : float or array
        The rate before ``begin``; an array has one per group. At least 0.
    eta_max : float or array, default 0.0
        The rate at the peak. At least 0.
    total_steps : int or array of int, optional
        The number of steps. By default ``end - begin``. At least 1.
    pct_start : float or array, default 0.3
        The share of the rise. From 0 to 1.
    anneal_strategy : {"cos", "linear"}, default "cos"
        Half cosine waves or lines.
    div_factor : float or array, default 25.0
        The peak divided by the first rate. Above 0.
    final_div_factor : float or array, default 1e4
        The first rate divided by the last. Above 0.
    three_phase : bool, default False
        Whether to fall to the first rate by step ``2*pct_start*total_steps - 2``, and only then to
        the last.
    begin : int or array of int, default 0
        The first step at which the scheduler acts. At least 0.
    end : int or array of int, default 10^9
        The step before which it stops acting. At least 1.
    after : Schedule, optional
        The schedule that the schedulers before this one make. By default ``lr``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``end`` is not above ``begin``, or a phase has no steps; if ``end`` is beyond
        ``total_steps``, when the schedule is evaluated past step ``total_steps``, and with "linear"
        at that step too.

    Notes
    -----
    Phases end between steps, as in torch. If ``end`` allows, step ``total_steps`` has a rate too
    with "cos", at which the wave has begun to climb again. With "linear" fastlr refuses that step:
    MMEngine's rate is below 0.

    References
    ----------
    MMEngine 0.10.7 (2025), ``mmengine.optim.scheduler.OneCycleLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmengine.OneCycleLR(0.1, eta_max=1.0, end=11, pct_start=0.5)([0, 10]).round(9)
    array([4.e-02, 4.e-06])
    """
    total, last = total_steps or end - begin, _last(begin, end)
    low = np.divide(eta_max, div_factor)
    levels = (low, eta_max, np.divide(low, final_div_factor))
    where = f"pct_start={pct_start!r}, total_steps={total}"
    one = one_cycle(where, levels, pct_start, total, three_phase, anneal_strategy)
    before = _before(lr, after, begin)[0]
    if last < total:
        return _placed(before, one.cycle, begin, end)
    if anneal_strategy == "linear":
        return cut(_placed(before, one.cycle, begin, end), begin + total)
    whole = join([one.cycle, one.beyond()], [total])
    return cut(_placed(before, whole, begin, end), begin + total + 1)


def _before(lr: Any, after: Schedule | None, begin: int) -> tuple[Schedule, Any]:
    """The schedule up to ``begin``, and the rate there."""
    return (constant(lr), lr) if after is None else (after, rate_at(after, begin))


def _floor(lr: Any, eta_min: Any, ratio: float | None) -> Any:
    if eta_min is not None and ratio is not None:
        raise ArgumentError(f"eta_min_ratio must be None where eta_min is given, got {ratio}")
    return np.multiply(lr, ratio) if ratio is not None else 0.0 if eta_min is None else eta_min


def _placed(before: Schedule, curve: Schedule, begin: int, end: int) -> Schedule:
    return join([before, curve, constant(rate_at(curve, end - begin - 1))], [begin, end])


@preset(
    elementwise=True,
    differences="monitor, begin and end are not supported: pass the metric, in the epochs that "
    "count. mmengine begins with a best metric of 1e9, so that a larger one is no "
    "improvement; in fastlr the first metric is the best so far.",
)
def ReduceOnPlateauLR(
    rule: Literal["less", "greater"] = "less",
    factor: BelowOne = 0.1,
    patience: Count = 10,
    threshold: Level = 1e-4,
    threshold_rule: Literal["rel", "abs"] = "rel",
    cooldown: Count = 0,
    min_value: Rate = 0.0,
    eps: Level = 1e-8,
) -> Plateau:
    """Reduce the rate when a metric has stopped improving.

    Parameters
    ----------
    rule : {"less", "greater"}, default "less"
        Whether a lower or a higher metric is better.
    factor : float or array, default 0.1
        The factor of a reduction. From 0 up to, not including, 1.
    patience : int or array of int, default 10
        The number of updates without improvement to accept. At least 0.
    threshold : float or array, default 1e-4
        How much better a metric must be to count. At least 0.
    threshold_rule : {"rel", "abs"}, default "rel"
        Whether ``threshold`` is relative to the best metric or absolute.
    cooldown : int or array of int, default 0
        The number of updates after a reduction in which none is counted as bad. At least 0.
    min_value : float or array, default 0.0
        The lowest rate. At least 0.
    eps : float or array, default 1e-8
        Rates that would change by no more than this stay. At least 0.

    Returns
    -------
    Plateau
        A rule, which takes metrics; see ``fastlr.Plateau``.

    Notes
    -----
    The rule is torch's. ``monitor``, ``begin`` and ``end`` are not supported: pass the metric, in
    the epochs that count. MMEngine begins with a best metric of 1e9, so that a larger one is no
    improvement; in fastlr the first metric is the best so far.

    References
    ----------
    MMEngine 0.10.7 (2025), ``mmengine.optim.scheduler.ReduceOnPlateauLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmengine.ReduceOnPlateauLR(patience=3)
    Plateau(patience=3, nan='bad')
    """
    mode = "min" if rule == "less" else "max"
    return torch_plateau(
        threshold,
        threshold_rule == "rel",
        mode=mode,
        factor=factor,
        patience=patience,
        cooldown=cooldown,
        floor=min_value,
        eps=eps,
    )
