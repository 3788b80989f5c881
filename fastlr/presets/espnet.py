"""ESPnet's schedulers: ``espnet2.schedulers``, as of ESPnet 202511 (2025) and after.

Step t is the t-th ``scheduler.step()``, so that step 0 has the rate of the first update, which most
of them number ``n = t + 1``.

>>> import fastlr as flr
>>> flr.presets.espnet.WarmupLR(1.0, warmup_steps=4).table(4)
array([0.25, 0.5 , 0.75, 1.  ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from itertools import pairwise
from math import floor, isclose
from typing import Literal

import numpy as np

from fastlr.arguments.rules import Flag, Rate, Unit, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import fraction, geometric, knots, torch_plateau, warm_restarts
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Lengths,
    Level,
    Levels,
    Ratio,
    Share,
    Span,
    preset,
)
from fastlr.schedule.constructor_names import (
    constant,
    exponential,
    inverse_power,
    inverse_sqrt,
    join,
    linear,
    noam,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineAnnealingWarmupRestarts",
    "ExponentialDecayWarmup",
    "LinearWarmupDecayLR",
    "NoamLR",
    "PiecewiseLinearWarmupLR",
    "TristageLR",
    "WarmupLR",
    "WarmupReduceLROnPlateau",
    "WarmupStepLR",
]


@preset(elementwise=True)
def NoamLR(lr: Rate, model_size: Span = 320, warmup_steps: Span = 25000) -> Schedule:
    """``lr * model_size^-0.5 * min(n^-0.5, n * warmup_steps^-1.5)``, ``n = t + 1``."""
    return noam(model_size, warmup_steps, factor=lr)


@preset(elementwise=True)
def WarmupLR(lr: Rate, warmup_steps: Span = 25000) -> Schedule:
    """``lr * warmup_steps^0.5 * min(n^-0.5, n * warmup_steps^-1.5)``, ``n = t + 1``: ``lr`` at
    its peak.
    """
    return inverse_sqrt(lr, warmup_steps).skip(1)


@preset()
def WarmupStepLR(
    lr: Rate,
    warmup_steps: Span = 25000,
    steps_per_epoch: Span = 10000,
    step_size: Span = 1,
    gamma: Level = 0.1,
) -> Schedule:
    """``lr * n/warmup_steps``, ``n = t + 1``, then ``lr * gamma^floor((e - e0)/step_size)``.

    e is ``floor(n/steps_per_epoch)``, and e0 that of ``warmup_steps``.
    """
    stairs = geometric(lr, gamma, steps_per_epoch * step_size, staircase=True)
    begin = warmup_steps + 1 - warmup_steps // steps_per_epoch * steps_per_epoch
    return join([linear(0.0, lr, warmup_steps).skip(1), stairs.skip(begin)], [warmup_steps])


@preset()
def PiecewiseLinearWarmupLR(
    lr: Rate, warmup_steps_list: Lengths = (0, 25000), warmup_lr_list: Levels = (0.0, 0.001)
) -> Schedule:
    """Lines through ``warmup_lr_list`` at ``n = warmup_steps_list``, then ``lr * sqrt(W/n)``, W the
    last of them.

    ``n = t + 1``; before the first of the steps its rate is held.
    """
    steps, levels = list(map(fraction, warmup_steps_list)), warmup_lr_list
    if (
        len(steps) != len(levels)
        or not steps
        or any(later <= step for step, later in pairwise(steps))
    ):
        detail = f"{short_repr(list(warmup_steps_list))} for {short_repr(list(levels))}"
        raise ArgumentError(f"warmup_steps_list must rise, as many as warmup_lr_list, got {detail}")
    rise = knots([(step - 1, level) for step, level in zip(steps, levels, strict=True)])
    end = floor(steps[-1])
    return join(
        [rise, inverse_power(np.multiply(lr, float(steps[-1]) ** 0.5), 0.5).skip(end)], [end]
    )


@preset()
def TristageLR(
    lr: Rate,
    max_steps: Span = 25000,
    warmup_ratio: Share = 0.1,
    hold_ratio: Share = 0.4,
    decay_ratio: Share = 0.5,
    init_lr_scale: Ratio = 0.01,
    final_lr_scale: Ratio = 0.01,
) -> Schedule:
    """A line from ``init_lr_scale * lr`` to ``lr``, held, and equal ratios to ``final_lr_scale *
    lr`` at ``n = max_steps``, held.

    ``n = t + 1``; the first two take their share of ``max_steps``, rounded down, and the last the
    rest.
    """
    if not isclose(warmup_ratio + hold_ratio + decay_ratio, 1.0):
        detail = f"{warmup_ratio}, {hold_ratio} and {decay_ratio}"
        raise ArgumentError(
            f"warmup_ratio, hold_ratio and decay_ratio must be 1 in all, got {detail}"
        )
    rise, hold = int(max_steps * warmup_ratio), int(max_steps * hold_ratio)
    fall = max_steps - rise - hold
    whole = linear(init_lr_scale, 1.0, rise).then(linear(1.0, 1.0, hold))
    return (
        whole.then(exponential(1.0, final_lr_scale, fall) if fall else constant(1.0)).skip(1) * lr
    )


@preset()
def ExponentialDecayWarmup(
    lr: Rate,
    max_lr: Ratio,
    min_lr: Ratio,
    total_steps: Span,
    warmup_steps: Count = 0,
    warm_from_zero: Flag = False,
) -> Schedule:
    """``max_lr * (min_lr/max_lr)^p``, p from 0 at ``warmup_steps`` to 1 at ``total_steps`` and on,
    after a warmup.

    That is ``lr``, the optimizer's own rate, or with ``warm_from_zero`` the line ``max_lr * (t +
    1)/warmup_steps``; but step 0 has ``max_lr``, or 0.
    """
    if warmup_steps >= total_steps:
        detail = f"{warmup_steps} and {total_steps}"
        raise ArgumentError(f"warmup_steps must be below total_steps, got {detail}")
    rise = linear(0.0, max_lr, warmup_steps).skip(2) if warm_from_zero else constant(lr)
    fall = geometric(max_lr, min_lr / max_lr, total_steps - warmup_steps)
    first = constant(np.full(np.shape(lr), 0.0 if warm_from_zero else max_lr))
    return join([first, rise, fall.skip(0 if warmup_steps else 1)], [1, max(warmup_steps, 1)])


@preset(
    differences="Without warmup_steps cycle_mult must be at least 1: ESPnet divides by 0 once its "
    "cycles have no steps."
)
def CosineAnnealingWarmupRestarts(
    first_cycle_steps: Span,
    cycle_mult: Ratio = 1.0,
    max_lr: Rate = 0.1,
    min_lr: Rate = 0.001,
    warmup_steps: Count = 0,
    gamma: Share = 1.0,
) -> Schedule:
    """Cycles of a line from ``min_lr`` to ``max_lr * gamma^i`` in ``warmup_steps`` and half a
    cosine wave back forever.

    The wave takes what is left of ``first_cycle_steps``, and each time ``cycle_mult`` times as many
    steps, rounded down. The rate of step 0 is ``min_lr``, without a warmup too.
    """
    fall = first_cycle_steps - warmup_steps
    if fall < 1:
        detail = f"{warmup_steps} and {first_cycle_steps}"
        raise ArgumentError(f"warmup_steps must be below first_cycle_steps, got {detail}")
    if cycle_mult < 1 and not warmup_steps:
        detail = f"1 without warmup_steps, got {cycle_mult}: cycles would come to no steps"
        raise ArgumentError(f"cycle_mult must be at least {detail}")
    whole = warm_restarts(
        max_lr, min_lr, warmup_steps, fall, lambda steps: int(steps * cycle_mult), gamma
    )
    return join([constant(min_lr), whole.skip(1)], [1])


@preset(
    differences="ESPnet multiplies the last rate, step after step, and drifts; this is its closed "
    "form."
)
def LinearWarmupDecayLR(
    lr: Rate,
    warmup_steps: Count = 20000,
    total_steps: Span = 600000,
    start_factor: Share = 1e-8,
    end_factor: Share = 1e-8,
) -> Schedule:
    """A line from ``start_factor * lr`` to ``lr`` at ``warmup_steps``, and one to ``end_factor
    * lr`` at ``total_steps``.
    """
    if warmup_steps >= total_steps:
        raise ArgumentError(
            f"warmup_steps must be below total_steps, got {warmup_steps} and {total_steps}"
        )
    fall = linear(1.0, end_factor, total_steps - warmup_steps)
    return join([linear(start_factor, 1.0, warmup_steps), fall], [warmup_steps]) * lr


@preset(
    elementwise=True,
    differences="The rule alone: multiply flr.linear(lr/warmup_steps, lr, warmup_steps - 1), "
    "ESPnet's warm-up, by its scale. A reduction during the warm-up is forgotten by "
    "ESPnet at the next step.",
)
def WarmupReduceLROnPlateau(
    mode: Literal["min", "max"] = "min",
    factor: Unit = 0.1,
    patience: Count = 10,
    threshold: Level = 1e-4,
    threshold_mode: Literal["rel", "abs"] = "rel",
    cooldown: Count = 0,
    min_lr: Rate = 0.0,
    eps: Level = 1e-8,
) -> Plateau:
    """torch's rule: multiply by ``factor`` once the metric has not improved for more than
    ``patience`` epochs.
    """
    return torch_plateau(
        threshold,
        threshold_mode == "rel",
        mode=mode,
        factor=factor,
        patience=patience,
        cooldown=cooldown,
        floor=min_lr,
        eps=eps,
    )
