"""pytorch_optimizer's schedulers: ``pytorch_optimizer.lr_scheduler``, as of 4.1 (2026).

Step t is the t-th ``scheduler.step()``, so that step 0 has the rate of the first update, which most
of them leave at ``min_lr``. Those that it takes from PyTorch are ``flr.presets.torch``.

>>> import fastlr as flr
>>> s = flr.presets.pytorch_optimizer.LinearScheduler(t_max=4, max_lr=1.0, min_lr=0.5,
...     warmup_steps=2)
>>> s.table(6)
array([0.5 , 0.  , 0.5 , 1.  , 0.75, 0.5 ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fractions import Fraction
from math import log2
from typing import Literal

import numpy as np

from fastlr.arguments.rules import Flag, Rate
from fastlr.presets._building_blocks import fractal_cosines, fraction, knots, warm_restarts, wave
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Exponent,
    Level,
    Ratio,
    Share,
    Span,
    Tabled,
    preset,
)
from fastlr.schedule.constructor_names import constant, join, linear, polynomial, rex, sampled
from fastlr.schedule.schedule import Schedule

__all__ = [
    "UNEXPRESSED",
    "CosineAnnealingWarmupRestarts",
    "CosineScheduler",
    "LinearScheduler",
    "PolyScheduler",
    "ProportionScheduler",
    "REXScheduler",
    "get_chebyshev_schedule",
    "get_wsd_schedule",
]

UNEXPRESSED = {
    "deberta_v3_large_lr_scheduler": "It is no schedule: it gives each group of a model its own "
    "rate, for the whole run.",
}

_MOST = 1e280
_LONGEST = 52  # in bits: as many steps as fit in after a warm-up


@preset(
    differences="Past t_max, and beyond min_lr, the line goes on; where it would fall below 0, "
    "here 0 is held."
)
def LinearScheduler(
    t_max: Span, max_lr: Level, min_lr: Level = 0.0, init_lr: Level = 0.0, warmup_steps: Count = 0
) -> Schedule:
    """``min_lr`` at step 0; then, from step 1 on, a line from ``init_lr`` to ``max_lr``, and one to
    ``min_lr``, ``t_max`` in all.

    ``max_lr`` must not be below ``min_lr``.
    """
    _check(t_max, warmup_steps, max_lr, min_lr)
    points: list[tuple[int | Fraction, float]] = [(1, init_lr), (1 + warmup_steps, max_lr)]
    if max_lr > min_lr:
        slope = (fraction(max_lr) - fraction(min_lr)) / (t_max - warmup_steps)
        points.append((1 + warmup_steps + fraction(max_lr) / slope, 0.0))
    return join([constant(min_lr), knots(points).skip(1)], [1])


@preset()
def CosineScheduler(
    t_max: Span, max_lr: Level, min_lr: Level = 0.0, init_lr: Level = 0.0, warmup_steps: Count = 0
) -> Schedule:
    """``min_lr`` at step 0; then, from step 1 on, a line to ``max_lr``, and half a cosine wave to
    ``min_lr``, ``t_max`` in all.

    It is not clamped, and climbs back. ``max_lr`` must not be below ``min_lr``.
    """
    _check(t_max, warmup_steps, max_lr, min_lr)
    rise = linear(init_lr, max_lr, warmup_steps)
    return join(
        [constant(min_lr), rise, wave(max_lr, min_lr, t_max - warmup_steps)], [1, 1 + warmup_steps]
    )


@preset(differences="It stops rising after 2^52 steps, or where the rate would be above 1e280.")
def PolyScheduler(
    t_max: Span,
    max_lr: Level,
    poly_order: Exponent = 0.5,
    min_lr: Level = 0.0,
    init_lr: Level = 0.0,
    warmup_steps: Count = 0,
) -> Schedule:
    """``min_lr`` at step 0; then, of ``k = t - 1``, a line to ``max_lr``, and ``min_lr + (max_lr -
    min_lr) * s^poly_order``.

    ``s = k - warmup_steps`` is 0 at ``max_lr``, and the rate rises from there on, whatever
    ``t_max``.
    """
    _check(t_max, warmup_steps, max_lr, min_lr)
    height = max_lr - min_lr
    bits = min(_LONGEST, int(max(log2(_MOST / height), 0.0) / poly_order)) if height else 0
    rest = (
        polynomial(
            0.0, height * 2.0 ** (bits * poly_order), 2**bits, power=poly_order, origin="start"
        )
        + min_lr
    )
    rise = linear(init_lr, max_lr, warmup_steps)
    return join(
        [constant(min_lr), rise, constant(max_lr), rest.skip(1)],
        [1, 1 + warmup_steps, 2 + warmup_steps],
    )


@preset(
    differences="A value that falls where the rate rises, or would be below 0 at a rate of 0, is "
    "refused.",
)
def ProportionScheduler(
    lr_scheduler: Schedule,
    max_lr: Level,
    min_lr: Level = 0.0,
    max_value: Level = 2.0,
    min_value: Level = 2.0,
) -> Schedule:
    """``min_value + (max_value - min_value) * (lr - min_lr)/(max_lr - min_lr)``: rho, say.

    It is ``max_value`` where ``max_lr`` is not above ``min_lr``.
    """
    if max_lr <= min_lr:
        return constant(max_value)
    slope = (max_value - min_value) / (max_lr - min_lr)
    if slope < 0 or min_value < slope * min_lr:
        rule = "max_value must be at least min_value, and the value at a rate of 0 no less than 0"
        detail = f"{max_value} and {min_value} at {max_lr} and {min_lr}"
        raise ArgumentError(f"{rule}, got {detail}")
    return lr_scheduler * slope + (min_value - slope * min_lr)


@preset()
def CosineAnnealingWarmupRestarts(
    first_cycle_steps: Span,
    cycle_mult: Ratio = 1.0,
    max_lr: Rate = 1e-4,
    min_lr: Rate = 1e-6,
    warmup_steps: Count = 0,
    gamma: Share = 0.9,
) -> Schedule:
    """Cycles of a line from ``min_lr`` to ``max_lr * gamma^i`` in ``warmup_steps`` and half a
    cosine wave back forever.

    The wave takes what is left of ``first_cycle_steps``, and each time ``cycle_mult`` times as many
    steps, rounded down, 1 at least. The rate of step 0 is ``min_lr``, without a warmup too.
    """
    fall = first_cycle_steps - warmup_steps
    if fall < 1:
        detail = f"first_cycle_steps, {first_cycle_steps}, got {warmup_steps}"
        raise ArgumentError(f"warmup_steps must be below {detail}")
    whole = warm_restarts(
        max_lr, min_lr, warmup_steps, fall, lambda steps: max(1, int(steps * cycle_mult)), gamma
    )
    return join([constant(min_lr), whole.skip(1)], [1])


@preset()
def REXScheduler(total_steps: Span, max_lr: Rate = 1.0, min_lr: Rate = 0.0) -> Schedule:
    """``min_lr + (max_lr - min_lr) * (1 - p)/(1 - p/2)``, ``p = t/total_steps``, then
    ``min_lr``, which step 0 has too.
    """
    return join([constant(min_lr), rex(max_lr, min_lr, total_steps).skip(1)], [1])


@preset()
def get_chebyshev_schedule(lr: Rate, num_epochs: Tabled, is_warmup: Flag = False) -> Schedule:
    """``lr`` times the reciprocal Chebyshev nodes of the next power of two of epochs, in fractal
    order; ``is_warmup``: ``lr``.

    Steps 0 to 2 have the first of them, and the last is held. Of the nodes those are taken that the
    order of two fewer names.
    """
    if is_warmup:
        return constant(lr)
    nodes = 2 ** (int(log2(num_epochs - 1)) + 1) if num_epochs > 1 else 1
    steps = 1.0 / (0.525 - 0.475 * fractal_cosines(nodes, nodes - 2))
    return sampled(np.asarray(lr)[..., np.newaxis] * np.concatenate([steps[:1], steps[:1], steps]))


@preset()
def get_wsd_schedule(
    lr: Rate,
    num_warmup_steps: Count,
    num_stable_steps: Count,
    num_decay_steps: Count,
    min_lr_ratio: Level = 0.0,
    num_cycles: Level = 0.5,
    cooldown_type: Literal["cosine", "1-sqrt", "linear", "1-square"] = "1-sqrt",
) -> Schedule:
    """A line from 0 to ``lr``, ``lr``, a cooldown, and ``min_lr_ratio * lr``; with p its progress,
    ``lr`` times:

    - "linear": ``1 - p``, "1-sqrt": ``1 - sqrt(p)`` and "1-square": ``1 - p^2``, all of them to 0,
      whatever ``min_lr_ratio``
    - "cosine": ``min_lr_ratio + (1 - min_lr_ratio) * (1 + cos(2*pi*num_cycles*p))/2``
    """
    fall = _cooldown(cooldown_type, num_decay_steps, min_lr_ratio, fraction(num_cycles))
    ends = [
        num_warmup_steps,
        num_warmup_steps + num_stable_steps,
        num_warmup_steps + num_stable_steps + num_decay_steps,
    ]
    return (
        join(
            [linear(0.0, 1.0, num_warmup_steps), constant(1.0), fall, constant(min_lr_ratio)], ends
        )
        * lr
    )


def _check(t_max: int, warmup: int, high: float, low: float) -> None:
    if warmup >= t_max or high < low:
        detail = f"{warmup} of {t_max} steps, {high} and {low}"
        rule = "warmup_steps must be below t_max, max_lr not below min_lr"
        raise ArgumentError(f"{rule}, got {detail}")


def _cooldown(name: str, steps: int, low: float, waves: Fraction) -> Schedule:
    powers = {"linear": 1.0, "1-sqrt": 0.5, "1-square": 2.0}
    if name in powers or not waves:
        return (
            polynomial(1.0, 0.0, steps, power=powers[name], origin="start")
            if name in powers
            else constant(1.0)
        )
    return wave(1.0, low, max(steps, 1) / (2 * waves))
