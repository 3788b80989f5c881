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

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Flag, Number, Rate, short_repr
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
    "pass_through": "It has no rates of its own: it steps the scheduler that the optimizer brings."
}


class _AnEpoch(Number):
    """Numbers along the last axis, or a single one."""

    def __call__(self, where: str, value: object) -> npt.NDArray[Any]:
        return super().__call__(
            where, [value] if isinstance(value, int | float | np.number) else value
        )


EpochRates = Annotated[
    Sequence[float],
    _AnEpoch("a rate, or one an epoch, finite and >= 0, at most 1e290", 0.0, 1e290, core=1),
]


def _epochs(steps_per_epoch: int | None) -> int:
    if steps_per_epoch is None:
        raise ArgumentTypeError(
            "steps_per_epoch must be given where the rate hangs on the epoch, got None"
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
    """``lr[e-1]`` in epoch e, counted from 1, times ``(t+1)/warmup_updates`` before that: the first
    rate is not 0.

    From epoch ``force_anneal`` on ``lr[-1] * lr_shrink^(e + 1 - force_anneal)``.
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
    differences="Without a warm-up fairseq divides by 0; here the rate is lr at steps 0 and 1, "
    "then lr/sqrt(t)."
)
def inverse_sqrt(lr: Rate, warmup_updates: Count = 4000, warmup_init_lr: Real = -1) -> Schedule:
    """From ``warmup_init_lr``, or 0, linearly to ``lr`` in ``warmup_updates`` steps, then ``lr *
    sqrt(warmup_updates/t)``.
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
    """``lr * t/W`` up to and including ``W = warmup_updates``, then ``end + (lr-end) * (1 -
    (t-W)/(total_num_update-W))^power``.

    In epoch e, counted from 1, lr is ``lr[e]``: of several, the first is never used. From epoch
    ``force_anneal`` on it is the rate that has been reached, again each epoch, so that the decay is
    compounded.
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
    differences="fairseq finds the cycle by a floating-point logarithm, and misses some where "
    "t_mult is not 1; here none."
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
    """From ``warmup_init_lr``, or ``min_lr``, linearly to ``lr``, then half cosine waves to
    ``min_lr`` repeatedly.

    Cycle i takes ``lr_period_updates * t_mult^i`` steps, its two rates ``lr_shrink^i`` times as
    high. Without a length the first takes what the warmup leaves of ``max_update``: at that step
    the rate is ``lr * lr_shrink``, not ``min_lr``.
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
    """Linear from ``lr`` to ``max_lr`` and back in h steps each, ``h = floor(lr_period_updates/2)``
    forever.

    Each cycle the top is ``lr_shrink`` times as high, and with ``shrink_min`` the bottom too;
    without, the tops come to lie below ``lr``, and the triangles point down.
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
    """From ``warmup_init_lr``, or ``min_lr``, linearly to ``lr``, then ``lr *
    lr_decay^floor((t-W)/lr_deacy_period)``.

    No less than ``min_lr``. The misspelling is fairseq's.
    """
    _check_below("min_lr", min_lr, "lr", lr)
    body = geometric(lr, lr_decay, lr_deacy_period, staircase=True).maximum(min_lr)
    return join([_rise(warmup_init_lr, min_lr, lr, warmup_updates), body], [warmup_updates])


@preset(
    differences="A decay of no steps makes fairseq divide by 0; here it is at its end at once. "
    "phase_ratio may miss a sum of 1 by rounding, which fairseq refuses."
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
    """From ``lr * init_lr_scale`` linearly to ``lr``, ``lr`` held, then exponentially to ``lr *
    final_lr_scale``.

    The three take so many steps each, or with ``phase_ratio`` such shares of ``max_update``,
    rounded down.
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
    """torch's rule, updated after each validation from the end of the warmup on.

    The warmup is a schedule of its own: ``fastlr.linear(max(warmup_init_lr, 0), lr,
    warmup_updates)``.
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
    differences='A key that stands for several, "1-3" or "1,2", is given as its first '
    "number or as each of them."
)
def manual(
    lr: Rate,
    epoch2lr: Scales | None = None,
    update2lr: Scales | None = None,
    steps_per_epoch: Span | None = None,
) -> Schedule:
    """The rate of the largest key at or before t in ``update2lr``; before the first of them, that
    of the epoch in ``epoch2lr``.

    Epochs are counted from 1. Before any key ``lr``, or, where there is one for update 1, that.
    """
    epochs, updates = epoch2lr or {}, update2lr or {}
    every = _epochs(steps_per_epoch) if epochs else 1
    first: npt.ArrayLike = epochs.get(1, updates.get(1, lr))
    of_epochs = [(max(e - 1, 0) * every, rate) for e, rate in epochs.items()]
    levels: list[tuple[int, npt.ArrayLike]] = [(0, np.broadcast_to(first, np.shape(lr)))]
    levels += [(begin, rate) for begin, rate in of_epochs if begin < min(updates, default=np.inf)]
    return phases(*((begin, constant(rate), begin) for begin, rate in [*levels, *updates.items()]))
