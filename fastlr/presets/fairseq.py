"""fairseq's schedules, ``fairseq.optim.lr_scheduler``, under the names of ``--lr-scheduler``, as of
fairseq 0.12 (2022).

Step t is the rate of update t, counted from 0: ``step_update(t)``. A ``warmup_init_lr`` below 0
stands for the schedule's own beginning. Two schedules take one rate per epoch, the last of which is
held: then ``lr`` has one more axis, its last, and ``steps_per_epoch`` is needed. Parameter groups
with schedules of their own, ``CompositeLRScheduler``, are ``fastlr.stack({name: schedule})``. Rates
are in double precision.

>>> import fastlr as flr
>>> flr.presets.fairseq.inverse_sqrt(1.0, warmup_updates=4).table(10)[[0, 2, 4, 9]]
array([0.        , 0.5       , 1.        , 0.66666667])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Flag, Floats, Number, Rate, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import cycles, endless, fraction, geometric, phases
from fastlr.presets._rules import (
    ArgumentError,
    ArgumentTypeError,
    Count,
    Growth,
    Level,
    Levels,
    Ratio,
    Real,
    Scales,
    Share,
    Span,
    preset,
)
from fastlr.schedule.constructor_names import (
    constant,
    exponential,
    inverse_power,
    join,
    linear,
    polynomial,
)
from fastlr.schedule.constructor_names import cosine as half_wave
from fastlr.schedule.schedule import Schedule

__all__ = [
    "UNEXPRESSED",
    "cosine",
    "fixed",
    "inverse_sqrt",
    "manual",
    "polynomial_decay",
    "reduce_lr_on_plateau",
    "step",
    "tri_stage",
    "triangular",
]

UNEXPRESSED = {
    "pass_through": "It has no rates of its own: it steps the scheduler that the optimizer "
    "contains."
}


class _RateOrRates(Number):
    """Floats along the last axis, or a single one."""

    def __call__(self, where: str, value: object) -> npt.NDArray[Any]:
        return super().__call__(
            where, [value] if isinstance(value, int | float | np.number) else value
        )


EpochRates = Annotated[
    Sequence[float],
    _RateOrRates("a rate, or one per epoch, finite and >= 0, at most 1e290", 0.0, 1e290, core=1),
]


def _epochs(steps_per_epoch: int | None) -> int:
    if steps_per_epoch is None:
        raise ArgumentTypeError(
            "steps_per_epoch must be given if the rate depends on the epoch, got None"
        )
    return steps_per_epoch


@preset()
def fixed(
    lr: EpochRates,
    force_anneal: Count | None = None,
    lr_shrink: Level = 0.1,
    warmup_updates: Count = 0,
    steps_per_epoch: Span | None = None,
) -> Schedule:
    """Take one rate per epoch, then anneal, with an optional warmup.

    ``lr[e-1]`` in epoch e, counted from 1; from epoch ``force_anneal`` on ``lr[-1] * lr_shrink^(e +
    1 - force_anneal)``

    Parameters
    ----------
    lr : float or sequence of float
        The rate, or the rate of each epoch, along the last axis. At least 0.
    force_anneal : int or array of int, optional
        The epoch, counted from 1, from which on the rate decays. By default none. At least 0.
    lr_shrink : float or array, default 0.1
        The factor per epoch from ``force_anneal`` on. At least 0.
    warmup_updates : int or array of int, default 0
        The number of steps of the warmup, in which the rate is multiplied by
        ``(t+1)/warmup_updates``. At least 0.
    steps_per_epoch : int or array of int, optional
        The number of steps per epoch. It is needed only where the rate depends on the epoch. At
        least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    TypeError
        If the rate depends on the epoch and ``steps_per_epoch`` is not given.

    Notes
    -----
    The first rate of a warmup is not 0. The last of several rates is held.

    References
    ----------
    fairseq 0.12 (2022), ``--lr-scheduler fixed``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fairseq.fixed(1.0, warmup_updates=4).table(5)
    array([0.25, 0.5 , 0.75, 1.  , 1.  ])
    """
    last = len(lr) if force_anneal is None else min(len(lr), max(force_anneal - 1, 0))
    every = _epochs(steps_per_epoch) if len(lr) > 1 or force_anneal is not None else 1
    parts = [(i * every, constant(rate), 0) for i, rate in enumerate(lr[:last])]
    if force_anneal is not None:
        begin = max(force_anneal - 1, 0) * every
        gone = max(2 - force_anneal, 1)
        parts.append(
            (begin, geometric(lr[-1] * lr_shrink**gone, lr_shrink, every, staircase=True), begin)
        )
    rates = phases(*parts)
    return linear(0.0, 1.0, warmup_updates).skip(1) * rates if warmup_updates else rates


@preset(
    differences="Without a warmup fairseq divides by 0; in fastlr the rate is lr at steps 0 and "
    "1, then lr/sqrt(t)."
)
def inverse_sqrt(lr: Rate, warmup_updates: Count = 4000, warmup_init_lr: Real = -1) -> Schedule:
    """Warm up linearly, then decay by the inverse square root.

    A line from ``warmup_init_lr`` to ``lr``, then ``lr * sqrt(warmup_updates/t)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_updates : int or array of int, default 4000
        The number of steps of the warmup. At least 0.
    warmup_init_lr : float or array, default -1
        The rate at step 0. A negative number stands for 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. Without a warmup fairseq divides by 0; in fastlr the rate is ``lr`` at
    steps 0 and 1, then ``lr/sqrt(t)``.

    References
    ----------
    fairseq 0.12 (2022), ``--lr-scheduler inverse_sqrt``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fairseq.inverse_sqrt(1.0, warmup_updates=4).table(10)[[0, 2, 4, 9]].round(3)
    array([0.   , 0.5  , 1.   , 0.667])
    """
    begin = max(warmup_updates, 1)
    rise = linear(max(warmup_init_lr, 0.0), lr, warmup_updates)
    return phases((0, rise, 0), (warmup_updates, inverse_power(lr, 0.5, begin), begin))


@preset()
def polynomial_decay(
    lr: EpochRates,
    total_num_update: Span,
    warmup_updates: Count = 0,
    force_anneal: Count | None = None,
    end_learning_rate: Rate = 0.0,
    power: Ratio = 1.0,
    steps_per_epoch: Span | None = None,
) -> Schedule:
    """Warm up linearly, then decay by a polynomial.

    ``lr * t/W`` up to and including step ``W = warmup_updates``, then ``end + (lr - end) * (1 -
    (t-W)/(total_num_update-W))^power``

    Parameters
    ----------
    lr : float or sequence of float
        The rate at the end of the warmup; or one per epoch, along the last axis. At least 0.
    total_num_update : int or array of int
        The number of steps, including the warmup. At least 1.
    warmup_updates : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    force_anneal : int or array of int, optional
        The epoch, counted from 1, from which on the rate decays. By default none. At least 0.
    end_learning_rate : float or array, default 0.0
        The last rate, ``end``. At least 0.
    power : float or array, default 1.0
        The power of the decay. Above 0.
    steps_per_epoch : int or array of int, optional
        The number of steps per epoch. It is needed only where the rate depends on the epoch. At
        least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    TypeError
        If the rate depends on the epoch and ``steps_per_epoch`` is not given.

    Notes
    -----
    Past the end ``end_learning_rate`` is held. If the warmup takes all of the steps, it follows
    right after the warmup.

    Of several rates, epoch e, counted from 1, takes ``lr[e]``, as in fairseq: the first is never
    used. From epoch ``force_anneal`` on, ``lr`` is the rate that has been reached, again in each
    epoch, so that the decay is compounded.

    References
    ----------
    fairseq 0.12 (2022), ``--lr-scheduler polynomial_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fairseq.polynomial_decay(1.0, total_num_update=4, warmup_updates=2).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    decay = partial(
        _decay, end=end_learning_rate, warmup=warmup_updates, total=total_num_update, power=power
    )
    if len(lr) == 1 and force_anneal is None:
        return decay(lr[0])
    reached = partial(
        _reached, end=end_learning_rate, warmup=warmup_updates, total=total_num_update, power=power
    )
    every = _epochs(steps_per_epoch)
    base: Any = lr[0]
    parts = []
    last = (
        len(lr) - 1 if force_anneal is None else max(total_num_update, warmup_updates) // every + 1
    )
    for e in range(1, last + 1):
        forced = force_anneal is not None and e >= force_anneal
        base = reached(base, (e - 1) * every) if forced else lr[min(e, len(lr) - 1)]
        parts.append(((e - 1) * every, decay(base), 0))
    return phases(*parts)


def _decay(lr: Any, end: Any, warmup: int, total: int, power: float) -> Schedule:
    """The warmup and the decay of one base rate; if the warmup takes all of the steps, ``end``
    after it.
    """
    body = polynomial(lr, end, total - warmup, power=power) if total > warmup else constant(end)
    return phases(
        (0, linear(0.0, lr, warmup), 0), (warmup if total > warmup else warmup + 1, body, warmup)
    )


def _reached(lr: Any, t: int, end: Any, warmup: int, total: int, power: float) -> Any:
    """The rate of that at step t."""
    if warmup and t <= warmup:
        return np.multiply(lr, t / warmup)
    left = max(total - t, 0) / (total - warmup) if total > warmup else 0.0
    return np.multiply(lr, left**power) + np.multiply(end, 1.0 - left**power)


def _rise(init: float, floor: Any, lr: Any, steps: int) -> Schedule:
    """From ``init``, or from ``floor`` where that is below 0, linearly to ``lr``."""
    return linear(floor if init < 0 else init, lr, steps)


def _check_below(low: str, less: Any, high: str, more: Any) -> None:
    if np.any(np.greater_equal(less, more)):
        raise ArgumentError(
            f"{low} must be below {high}, got {short_repr(less)} and {short_repr(more)}"
        )


@preset(
    differences="fairseq finds the cycle by a floating-point logarithm, and misses some if t_mult "
    "is not 1; fastlr misses none."
)
def cosine(
    lr: Rate,
    warmup_updates: Count = 0,
    warmup_init_lr: Real = -1,
    min_lr: Rate = 0.0,
    t_mult: Growth = 1.0,
    lr_period_updates: Real = -1,
    lr_shrink: Share = 0.1,
    max_update: Span | None = None,
) -> Schedule:
    """Warm up linearly, then repeat half a cosine wave.

    A line from ``warmup_init_lr`` to ``lr``, then ``min_lr + (lr - min_lr) * (1 + cos(pi*c/L))/2``,
    c steps into cycle i of ``L = lr_period_updates * t_mult^i`` steps

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_updates : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    warmup_init_lr : float or array, default -1
        The rate at step 0. A negative number stands for ``min_lr``.
    min_lr : float or array, default 0.0
        The lowest rate. At least 0.
    t_mult : float or array, default 1.0
        The factor of a cycle's length. At least 1.
    lr_period_updates : float or array, default -1
        The number of steps of the first cycle. If it is not above 0, what the warmup leaves of
        ``max_update``.
    lr_shrink : float or array, default 0.1
        The factor of both rates per cycle. From 0 to 1.
    max_update : int or array of int, optional
        The number of steps, including the warmup; needed without ``lr_period_updates``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``min_lr`` is not below ``lr``, or neither ``lr_period_updates`` nor ``max_update`` gives
        a cycle a length.

    Notes
    -----
    Cycles repeat forever, ``lr_shrink^i`` times as high. If the first cycle ends at ``max_update``,
    the rate of that step is ``lr * lr_shrink``, not ``min_lr``.

    fairseq finds the cycle by a floating-point logarithm and misses some if ``t_mult`` is not 1;
    fastlr does not.

    References
    ----------
    fairseq 0.12 (2022), ``--lr-scheduler cosine``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fairseq.cosine(1.0, lr_period_updates=2).table(5)
    array([1.  , 0.5 , 0.1 , 0.05, 0.01])
    """
    _check_below("min_lr", min_lr, "lr", lr)
    period, stretch = _period(lr_period_updates, max_update, warmup_updates), fraction(t_mult)

    def again(ticks: int) -> Schedule:
        return half_wave(lr, min_lr, ticks).repeat(scale=lr_shrink, stretch=t_mult)

    def cycle(i: int) -> Callable[[int], Schedule]:
        return partial(half_wave, np.multiply(lr, lr_shrink**i), np.multiply(min_lr, lr_shrink**i))

    if stretch.denominator == 1:
        body = endless(again, period)
    else:
        begins, waves = zip(*cycles(cycle, fraction(period), stretch), strict=True)
        body = join(waves, begins[1:])
    return join([_rise(warmup_init_lr, min_lr, lr, warmup_updates), body], [warmup_updates])


def _period(updates: float, total: int | None, warmup: int) -> float:
    if updates > 0:
        return updates
    if total is None or total <= warmup:
        detail = f"lr_period_updates={updates!r}, max_update={total}, warmup_updates={warmup}"
        raise ArgumentError(
            f"lr_period_updates must be above 0, or max_update above warmup_updates, got {detail}"
        )
    return total - warmup


@preset()
def triangular(
    lr: Rate,
    max_lr: Rate,
    lr_period_updates: Ratio = 5000,
    lr_shrink: Share = 0.1,
    shrink_min: Flag = False,
) -> Schedule:
    """Rise and fall linearly in cycles.

    A line from ``lr`` to ``max_lr`` and one back, each of ``h = floor(lr_period_updates/2)`` steps

    Parameters
    ----------
    lr : float or array
        The lowest rate; an array has one per group. At least 0.
    max_lr : float or array
        The rate at the first peak. At least 0.
    lr_period_updates : float or array, default 5000
        The number of steps of a cycle. Above 0.
    lr_shrink : float or array, default 0.1
        The factor of the peak per cycle. From 0 to 1.
    shrink_min : bool, default False
        Whether ``lr`` shrinks as well.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``lr`` is not below ``max_lr``, or ``lr_period_updates`` is below 2.

    Notes
    -----
    Cycles repeat forever. Without ``shrink_min`` later peaks may fall below ``lr``: these triangles
    point down.

    References
    ----------
    fairseq 0.12 (2022), ``--lr-scheduler triangular``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fairseq.triangular(0.5, 1.0, lr_period_updates=4, lr_shrink=1.0).table(5)
    array([0.5 , 0.75, 1.  , 0.75, 0.5 ])
    """
    _check_below("lr", lr, "max_lr", max_lr)
    half = int(lr_period_updates // 2)
    if half < 1:
        raise ArgumentError(f"lr_period_updates must be at least 2, got {lr_period_updates!r}")
    if shrink_min:
        return linear(lr, max_lr, half).then(linear(max_lr, lr, half)).repeat(scale=lr_shrink)
    bottoms = linear(lr, 0.0, half).then(linear(0.0, lr, half)).repeat()
    return bottoms + linear(0.0, max_lr, half).then(linear(max_lr, 0.0, half)).repeat(
        scale=lr_shrink
    )


@preset()
def step(
    lr: Rate,
    warmup_updates: Count = 0,
    warmup_init_lr: Real = -1,
    min_lr: Rate = 0.0,
    lr_deacy_period: Span = 25000,
    lr_decay: Share = 0.5,
) -> Schedule:
    """Warm up linearly, then reduce the rate at regular intervals.

    A line from ``warmup_init_lr`` to ``lr``, then ``max(min_lr, lr *
    lr_decay^floor((t-W)/lr_deacy_period))``, ``W = warmup_updates``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_updates : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    warmup_init_lr : float or array, default -1
        The rate at step 0. A negative number stands for ``min_lr``.
    min_lr : float or array, default 0.0
        The lowest rate. At least 0.
    lr_deacy_period : int or array of int, default 25000
        The number of steps per reduction. The misspelling is fairseq's. At least 1.
    lr_decay : float or array, default 0.5
        The factor of a reduction. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``min_lr`` is not below ``lr``.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    fairseq 0.12 (2022), ``--lr-scheduler step``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fairseq.step(1.0, lr_deacy_period=2).table(5)
    array([1.  , 1.  , 0.5 , 0.5 , 0.25])
    """
    _check_below("min_lr", min_lr, "lr", lr)
    body = geometric(lr, lr_decay, lr_deacy_period, staircase=True).maximum(min_lr)
    return join([_rise(warmup_init_lr, min_lr, lr, warmup_updates), body], [warmup_updates])


@preset(
    differences="A decay of 0 steps makes fairseq divide by 0; in fastlr it is at its end at "
    "once. phase_ratio may miss a sum of 1 by rounding, which fairseq refuses."
)
def tri_stage(
    lr: Rate,
    warmup_steps: Count = 0,
    hold_steps: Count = 0,
    decay_steps: Count = 0,
    phase_ratio: Levels | None = None,
    init_lr_scale: Level = 0.01,
    final_lr_scale: Ratio = 0.01,
    max_update: Span | None = None,
) -> Schedule:
    """Warm up linearly, hold the rate, then decay exponentially.

    A line from ``lr * init_lr_scale`` to ``lr``; ``lr``; ``lr * final_lr_scale^p``, p the progress
    of the decay

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    hold_steps : int or array of int, default 0
        The number of steps at ``lr``. At least 0.
    decay_steps : int or array of int, default 0
        The number of steps of the decay. At least 0.
    phase_ratio : sequence of float, optional
        The shares of ``max_update`` of the three phases, in place of their steps; each is rounded
        down to whole steps. Their sum is 1.
    init_lr_scale : float or array, default 0.01
        The first rate, as a share of ``lr``. At least 0.
    final_lr_scale : float or array, default 0.01
        The last rate, as a share of ``lr``. Above 0.
    max_update : int or array of int, optional
        The number of steps; needed with ``phase_ratio``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    TypeError
        If ``phase_ratio`` is given without ``max_update``.
    ValueError
        If ``phase_ratio`` is not three numbers with sum 1.

    Notes
    -----
    Past the end the last rate is held. A decay of 0 steps makes fairseq divide by 0; in fastlr it
    is at its end at once. ``phase_ratio`` may miss a sum of 1 by rounding, which fairseq refuses.

    References
    ----------
    fairseq 0.12 (2022), ``--lr-scheduler tri_stage``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.fairseq.tri_stage
    >>> s = schedule(1.0, warmup_steps=2, hold_steps=1, decay_steps=2, init_lr_scale=0.5)
    >>> s.table(6)
    array([0.5 , 0.75, 1.  , 1.  , 0.1 , 0.01])
    """
    if phase_ratio is not None:
        warmup_steps, hold_steps, decay_steps = _shares(phase_ratio, max_update)
    fall = warmup_steps + hold_steps
    return phases(
        (0, linear(np.multiply(lr, init_lr_scale), lr, warmup_steps), 0),
        (warmup_steps, constant(lr), warmup_steps),
        (fall, exponential(1.0, final_lr_scale, decay_steps) * lr, fall),
    )


def _shares(ratios: Sequence[float], total: int | None) -> list[int]:
    if len(ratios) != 3 or abs(sum(ratios) - 1) > 1e-9:
        raise ArgumentError(
            f"phase_ratio must be three numbers whose sum is 1, got {short_repr(list(ratios))}"
        )
    if total is None:
        raise ArgumentTypeError("max_update must be given with phase_ratio, got None")
    return [int(total * ratio) for ratio in ratios]


@preset(elementwise=True)
def reduce_lr_on_plateau(
    lr_shrink: Level = 0.1,
    lr_threshold: Level = 1e-4,
    lr_patience: Count = 0,
    maximize_best_checkpoint_metric: Flag = False,
) -> Plateau:
    """Reduce the rate when a metric has stopped improving.

    Parameters
    ----------
    lr_shrink : float or array, default 0.1
        The factor of a reduction. At least 0.
    lr_threshold : float or array, default 1e-4
        How much better a metric must be to count, as a share of the best. At least 0.
    lr_patience : int or array of int, default 0
        The number of updates without improvement to accept. At least 0.
    maximize_best_checkpoint_metric : bool, default False
        Whether a higher metric is better.

    Returns
    -------
    Plateau
        A rule, which takes metrics; see ``fastlr.Plateau``.

    Notes
    -----
    The rule is torch's, updated after each validation from the end of the warmup on. The warmup is
    a schedule of its own: ``fastlr.linear(max(warmup_init_lr, 0), lr, warmup_updates)``.

    References
    ----------
    fairseq 0.12 (2022), ``--lr-scheduler reduce_lr_on_plateau``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fairseq.reduce_lr_on_plateau(lr_patience=3)
    Plateau(patience=3, nan='bad')
    """
    return Plateau(
        mode="max" if maximize_best_checkpoint_metric else "min",
        factor=lr_shrink,
        patience=lr_patience,
        rtol=lr_threshold,
        eps=1e-8,
        nan="bad",
        convention="torch",
    )


@preset(
    differences='For a key of several epochs or steps, "1-3" or "1,2", give its first number, or '
    "each of them."
)
def manual(
    lr: Rate,
    epoch2lr: Scales | None = None,
    update2lr: Scales | None = None,
    steps_per_epoch: Span | None = None,
) -> Schedule:
    """Take the rates of given steps and epochs.

    The rate of the largest key of ``update2lr`` at or before t; before the first of them, the rate
    of the epoch in ``epoch2lr``

    Parameters
    ----------
    lr : float or array
        The rate before any key. At least 0.
    epoch2lr : mapping of int to float, optional
        The rate per first epoch, counted from 1. By default none.
    update2lr : mapping of int to float, optional
        The rate per first step. By default none.
    steps_per_epoch : int or array of int, optional
        The number of steps per epoch. It is needed only where the rate depends on the epoch. At
        least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    TypeError
        If ``epoch2lr`` is given without ``steps_per_epoch``.

    Notes
    -----
    Before any key the rate is ``lr``; if there is a key 1, its rate applies from step 0. The last
    rate is held.

    fairseq accepts a key for several epochs or steps, "1-3" or "1,2". Give its first number, or
    each of them.

    References
    ----------
    fairseq 0.12 (2022), ``--lr-scheduler manual``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fairseq.manual(1.0, update2lr={2: 0.5}).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    epochs, updates = epoch2lr or {}, update2lr or {}
    every = _epochs(steps_per_epoch) if epochs else 1
    first: Floats = epochs.get(1, updates.get(1, lr))
    of_epochs = [(max(e - 1, 0) * every, rate) for e, rate in epochs.items()]
    levels: list[tuple[int, Floats]] = [(0, np.broadcast_to(first, np.shape(lr)))]
    levels += [(begin, rate) for begin, rate in of_epochs if begin < min(updates, default=np.inf)]
    return phases(*((begin, constant(rate), begin) for begin, rate in [*levels, *updates.items()]))
