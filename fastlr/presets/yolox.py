"""YOLOX's learning rates: the functions behind ``yolox.utils.LRScheduler`` (2022), of iterations.

Step 0 is the first iteration. Those names that ``LRScheduler`` gives them are in each one's
description; it multiplies epochs by the iterations of one.

>>> import fastlr as flr
>>> s = flr.presets.yolox.yolox_warm_cos_lr(1.0, total_iters=10, warmup_total_iters=4,
...     no_aug_iter=2)
>>> s.table(5)
array([0.    , 0.0625, 0.25  , 0.5625, 1.    ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fractions import Fraction

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import wave
from fastlr.presets._rules import ArgumentError, Count, Level, Marks, Span, preset
from fastlr.schedule.constructor_names import constant, cosine, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = ["cos_lr", "multistep_lr", "warm_cos_lr", "yolox_semi_warm_cos_lr", "yolox_warm_cos_lr"]


@preset()
def cos_lr(lr: Rate, total_iters: Span) -> Schedule:
    """``lr * (1 + cos(pi*t/total_iters))/2``, not clamped (``"cos"``)."""
    return wave(lr, 0.0, total_iters)


@preset()
def warm_cos_lr(
    lr: Rate, total_iters: Span, warmup_total_iters: Count, warmup_lr_start: Rate = 1e-6
) -> Schedule:
    """A line from ``warmup_lr_start`` to ``lr``, then half a cosine wave to 0 at
    ``total_iters``, not clamped (``"warmcos"``).
    """
    if warmup_total_iters >= total_iters:
        detail = f"{warmup_total_iters} and {total_iters}"
        raise ArgumentError(f"warmup_total_iters must be below total_iters, got {detail}")
    return linear(warmup_lr_start, lr, warmup_total_iters).then(
        wave(lr, 0.0, total_iters - warmup_total_iters)
    )


@preset()
def yolox_warm_cos_lr(
    lr: Rate,
    total_iters: Span,
    warmup_total_iters: Count,
    no_aug_iter: Count,
    min_lr_ratio: Level = 0.2,
    warmup_lr_start: Rate = 0.0,
) -> Schedule:
    """``warmup_lr_start + (lr - warmup_lr_start) * p^2``, p rising to 1 in the warmup, and half a
    cosine wave down.

    It ends at ``min_lr_ratio * lr``, ``no_aug_iter`` before ``total_iters``, and is held
    (``"yoloxwarmcos"``).
    """
    rise = polynomial(warmup_lr_start, lr, warmup_total_iters, power=2.0, origin="start")
    fall = cosine(
        lr, np.multiply(lr, min_lr_ratio), max(total_iters - warmup_total_iters - no_aug_iter, 0)
    )
    return join([rise, fall.skip(1)], [warmup_total_iters + 1])


@preset()
def yolox_semi_warm_cos_lr(
    lr: Rate,
    total_iters: Span,
    normal_iters: Count,
    no_aug_iters: Count,
    warmup_total_iters: Count,
    semi_iters: Count,
    iters_per_epoch: Span,
    iters_per_epoch_semi: Span,
    min_lr_ratio: Level = 0.2,
    warmup_lr_start: Rate = 0.0,
) -> Schedule:
    """``yolox_warm_cos_lr`` whose wave goes at ``iters_per_epoch/iters_per_epoch_semi`` of its pace
    after ``normal_iters``.

    It goes on for ``semi_iters``, and the lowest rate is held from there (``"yoloxsemiwarmcos"``).
    """
    half = total_iters - warmup_total_iters - no_aug_iters
    if half < 1 or warmup_total_iters > normal_iters:
        detail = f"{warmup_total_iters}, {normal_iters}, {no_aug_iters} of {total_iters}"
        rule = (
            "warmup_total_iters must be at most normal_iters, and leave some of "
            "total_iters with no_aug_iters"
        )
        raise ArgumentError(f"{rule}, got {detail}")
    low, pace = np.multiply(lr, min_lr_ratio), Fraction(iters_per_epoch, iters_per_epoch_semi)
    rise = polynomial(warmup_lr_start, lr, warmup_total_iters, power=2.0, origin="start")
    slower = wave(lr, low, half / pace, (normal_iters - warmup_total_iters) / pace + 1)
    ends = [
        warmup_total_iters + 1,
        normal_iters + 1,
        max(normal_iters + semi_iters, warmup_total_iters + 1),
    ]
    return join(
        [rise, wave(lr, low, half).skip(1), slower, constant(low)],
        [min(end, ends[-1]) for end in ends],
    )


@preset()
def multistep_lr(lr: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """``lr * gamma^i``, i the number of milestones at or before t (``"multistep"``)."""
    return join(
        [constant(np.multiply(lr, gamma**i)) for i in range(len(milestones) + 1)],
        sorted(milestones),
    )
