"""MMEngine's parameter schedulers: ``mmengine.optim.scheduler``, as of mmengine 0.10.7 (2025).

Step t is the t-th ``scheduler.step()`` after the constructor's own, an epoch or an iteration. A
scheduler acts at the steps from ``begin`` up to, not including, ``end``, and leaves the rate as it
is outside. Several in a list act on one rate, each on what those before it have left there. Here a
preset takes ``after``, the schedule that those listed before it make:

>>> import fastlr as flr
>>> mm = flr.presets.mmengine
>>> warmup = mm.LinearLR(0.1, start_factor=0.5, begin=0, end=3)
>>> mm.CosineAnnealingLR(0.1, T_max=4, begin=3, end=8, after=warmup).table(9).round(3)
array([0.05 , 0.075, 0.1  , 0.1  , 0.085, 0.05 , 0.015, 0.   , 0.   ])

Its momentum schedulers (``LinearMomentum`` and the like) do the same to a momentum: give it in
place of ``lr``.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fractions import Fraction
from itertools import accumulate
from typing import Annotated, Any, Literal

import numpy as np

from fastlr.arguments.rules import Flag, Number, Rate, Unit
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    cut,
    drops,
    fraction,
    geometric,
    in_ticks,
    rate_at,
    swept,
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
    "What `after` does from `begin` on is left out: mmengine goes on from the last rate "
    "at every step, so that two which overlap "
    "follow no formula."
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
    """The rate times ``factor``; as it was again from step ``end - 1`` on, unless that is
    ``begin``, where it stays.
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
    """The rate times a line from ``start_factor`` at ``begin`` to ``end_factor`` at ``end - 1``."""
    last = _last(begin, end)
    line = linear(start_factor, end_factor, last) if last else constant(start_factor)
    return _multiplied(lr, after, line, begin, last)


@preset()
def ExponentialLR(
    lr: Rate, gamma: Ratio, begin: Count = 0, end: Span = _NEVER, after: Schedule | None = None
) -> Schedule:
    """The rate times ``gamma^s``, s steps after ``begin``."""
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
    """The rate times ``gamma^floor(s/step_size)``, s steps after ``begin``."""
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
    """The rate times ``gamma^i``, i the number of milestones, counted from ``begin``, at or
    before a step.
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
    """From the rate there to ``eta_min`` at ``end - 1``: ``eta_min + (rate - eta_min) * (1 -
    s/(end-begin-1))^power``.
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
    """``eta_min + (rate - eta_min) * (1 + cos(pi*s/T_max))/2``, s steps after ``begin``.

    ``T_max`` is ``end - begin`` if not given, so that ``eta_min`` is not reached. Beyond it the
    rate climbs back, to ``lr`` and not to what it was at ``begin``. In place of ``eta_min``, 0 if
    not given, ``eta_min_ratio`` may be, of ``lr``.
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
    """Half a cosine wave from ``restart_weights[i] * lr`` towards ``eta_min`` in ``periods[i]``
    steps, one after another.

    The rate of the last step of the last period is held. One of ``eta_min`` and ``eta_min_ratio``,
    of ``lr``, is given.
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
    differences="With anneal_strategy='linear' the rate of step total_steps, after the last, is "
    "refused: mmengine's is below 0.",
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
    """torch's: from ``eta_max/div_factor`` to ``eta_max`` at ``pct_start*total_steps - 1``, and
    down over ``final_div_factor``.

    It ends at ``total_steps - 1``, by default ``end - begin - 1``; with ``three_phase`` it first
    falls to where it began by ``2*pct_start*total_steps - 2``. Where ``end`` lets it go on, step
    ``total_steps`` has a rate too, at which a wave has begun to climb again, and later steps raise
    ``ValueError``. ``lr`` is the rate before ``begin``.
    """
    total, share, last = (
        total_steps or end - begin,
        fraction(pct_start),
        _last(begin, end),
    )
    curve: Literal["linear", "cosine"] = "cosine" if anneal_strategy == "cos" else "linear"
    low = np.divide(eta_max, div_factor)
    levels = [low, eta_max, *([low] if three_phase else []), np.divide(low, final_div_factor)]
    ends = [
        share * total - 1,
        *([2 * share * total - 2] if three_phase else []),
        Fraction(total - 1),
    ]
    cycle = swept(f"pct_start={pct_start!r}, total_steps={total}", levels, ends, curve)
    before = _before(lr, after, begin)[0]
    if last < total:
        return _placed(before, cycle, begin, end)
    if curve == "linear":
        return cut(_placed(before, cycle, begin, end), begin + total)
    beyond = in_ticks(
        lambda ticks: cosine(levels[-1], levels[-2], ticks), ends[-1] - ends[-2], Fraction(1)
    )
    return cut(_placed(before, join([cycle, beyond], [total]), begin, end), begin + total + 1)


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
    differences="monitor, begin and end are not taken: give the metric that counts, of the epochs "
    "that do. mmengine begins with a best of 1e9, so that a larger metric is no "
    "improvement; here the first is the best so far.",
)
def ReduceOnPlateauLR(
    rule: Literal["less", "greater"] = "less",
    factor: Unit = 0.1,
    patience: Count = 10,
    threshold: Level = 1e-4,
    threshold_rule: Literal["rel", "abs"] = "rel",
    cooldown: Count = 0,
    min_value: Rate = 0.0,
    eps: Level = 1e-8,
) -> Plateau:
    """torch's rule: multiply by ``factor`` once the metric has not improved for more than
    ``patience`` updates.
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
