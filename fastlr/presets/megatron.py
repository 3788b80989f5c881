"""Megatron-LM's schedule, ``megatron.core.optimizer_param_scheduler``, as of megatron-core 0.16
(2026).

Step t is the rate of update t, counted from 0. Megatron counts samples: lengths are of samples, and
a step takes ``global_batch_size`` of them. With ``global_batch_size=1`` lengths are of steps; of a
batch that grows, take that schedule ``.paced(...)`` by its ramp. Rates are in double precision.

>>> import fastlr as flr
>>> s = flr.presets.megatron.OptimizerParamScheduler(0.0, 1.0, 0.0, 16, 48, "linear",
...     global_batch_size=8)
>>> s.table(8)
array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from fastlr.arguments.rules import Rate, short_repr
from fastlr.presets._building_blocks import phases
from fastlr.presets._rules import ArgumentError, ArgumentTypeError, Count, Span, preset
from fastlr.schedule.constructor_names import (
    affine_exponential,
    constant,
    cosine,
    inverse_power,
    linear,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = ["OptimizerParamScheduler"]

Decay = Literal["constant", "linear", "cosine", "inverse-square-root", "WSD"]
Anneal = Literal["linear", "cosine", "exponential", "minus_sqrt"]


@preset(
    differences="A weight decay that rises in no steps divides by 0 in Megatron; here it is "
    "end_wd at once."
)
def OptimizerParamScheduler(
    init_lr: Rate,
    max_lr: Rate,
    min_lr: Rate,
    lr_warmup_steps: Count,
    lr_decay_steps: Span,
    lr_decay_style: Decay,
    start_wd: Rate = 0.01,
    end_wd: Rate = 0.01,
    wd_incr_steps: Count = 0,
    wd_incr_style: Literal["constant", "linear", "cosine"] = "constant",
    wsd_decay_steps: Span | None = None,
    lr_wsd_decay_style: Anneal | None = None,
    global_batch_size: Span = 1,
    of: Literal["lr", "weight_decay"] = "lr",
) -> Schedule:
    """From ``init_lr`` linearly to ``max_lr`` at sample ``W = lr_warmup_steps``, then by the style
    to sample ``lr_decay_steps``.

    "linear" and "cosine" fall to ``min_lr`` in the samples from W on, "inverse-square-root" is
    ``max_lr * sqrt(W/samples)``, no less than ``min_lr``, which it jumps to past the end. "WSD"
    stands at ``max_lr`` up to ``wsd_decay_steps`` before the end and falls by its own style: a
    line, half a cosine wave, ``1 - sqrt(q)`` or ``2*(1/2)^q - 1``; where it should have begun
    within the warmup, it is on its way when that ends. "constant" never ends. ``of="weight_decay"``
    gives the weight decay: from ``start_wd`` to ``end_wd`` in ``wd_incr_steps`` samples.
    """
    if of == "weight_decay":
        _check_order(start_wd=start_wd, end_wd=end_wd)
        counted = _weight_decay(start_wd, end_wd, wd_incr_steps, wd_incr_style)
    else:
        _check_order(min_lr=min_lr, max_lr=max_lr)
        _check_order(init_lr=init_lr, max_lr=max_lr)
        if lr_warmup_steps >= lr_decay_steps:
            rule = "lr_warmup_steps must be below lr_decay_steps"
            raise ArgumentError(f"{rule}, got {lr_warmup_steps} and {lr_decay_steps}")
        rise = (0, linear(init_lr, max_lr, lr_warmup_steps), 0)
        if lr_decay_style == "WSD":
            begin = lr_warmup_steps + 1 if lr_warmup_steps else 0
            steps, anneal = _anneal(max_lr, min_lr, wsd_decay_steps, lr_wsd_decay_style)
            counted = phases(rise, (begin, anneal, lr_decay_steps - steps))
        else:
            counted = phases(
                rise, *_decay(max_lr, min_lr, lr_warmup_steps, lr_decay_steps, lr_decay_style)
            )
    return counted.paced([global_batch_size]) if global_batch_size > 1 else counted


def _check_order(**levels: Any) -> None:
    (low, less), (high, more) = levels.items()
    if np.any(np.greater(less, more)):
        rule = f"{low} must be at most {high}"
        raise ArgumentError(f"{rule}, got {low}={short_repr(less)}, {high}={short_repr(more)}")


def _weight_decay(start: Any, end: Any, steps: int, style: str) -> Schedule:
    if style == "constant" and np.any(np.not_equal(start, end)):
        detail = f"got {short_repr(start)} and {short_repr(end)}"
        raise ArgumentError(f"start_wd must be end_wd with wd_incr_style='constant', {detail}")
    return cosine(start, end, steps) if style == "cosine" else linear(start, end, steps)


def _decay(
    high: Any, low: Any, begin: int, end: int, style: str
) -> Iterator[tuple[int, Schedule, int]]:
    """What comes after the warmup, but for "WSD"."""
    if style == "inverse-square-root":
        yield begin, inverse_power(high, 0.5, max(begin, 1)).maximum(low), max(begin, 1)
        yield end + 1, constant(low), end + 1
    elif style != "constant":
        yield begin, (cosine if style == "cosine" else linear)(high, low, end - begin), begin


def _anneal(high: Any, low: Any, steps: int | None, style: str | None) -> tuple[int, Schedule]:
    """How long the fall of "WSD" takes, and the fall."""
    if steps is None or style is None:
        detail = f"wsd_decay_steps={short_repr(steps)}, lr_wsd_decay_style={short_repr(style)}"
        rule = "wsd_decay_steps and lr_wsd_decay_style must be given with lr_decay_style='WSD'"
        raise ArgumentTypeError(f"{rule}, got {detail}")
    if style == "exponential":
        return steps, affine_exponential(high, low, steps, 0.5)
    if style == "minus_sqrt":
        return steps, polynomial(high, low, steps, power=0.5, origin="start")
    return steps, (cosine if style == "cosine" else linear)(high, low, steps)
