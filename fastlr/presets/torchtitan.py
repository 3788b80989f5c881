"""torchtitan's schedule, ``torchtitan.components.optimizer.LRSchedulersContainer``, as of
torchtitan 0.3 (2026).

Step t is the rate of update t, counted from 0: a factor of each group's own rate. Rates are in
double precision.

>>> import fastlr as flr
>>> flr.presets.torchtitan.LRSchedulersContainer(1.0, training_steps=6, warmup_steps=2).table(8)
array([0.5 , 1.  , 1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fractions import Fraction
from functools import partial
from typing import Any, Literal

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import fraction, in_ticks, phases, wave
from fastlr.presets._rules import Count, Level, Share, Span, preset
from fastlr.schedule.constructor_names import constant, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = ["LRSchedulersContainer"]


@preset(
    differences="After total_steps linear and sqrt fall on below min_lr_factor, as in torchtitan, "
    "but where its rates are negative they are 0. With a decay of no steps torchtitan "
    "raises after total_steps; here lr is held."
)
def LRSchedulersContainer(
    lr: Rate,
    training_steps: Span,
    warmup_steps: Count = 200,
    total_steps: Span | None = None,
    decay_ratio: Level | None = None,
    decay_type: Literal["linear", "sqrt", "cosine"] = "linear",
    min_lr_factor: Share = 0.0,
) -> Schedule:
    """``lr * (t+1)/warmup_steps``, then ``lr``, then ``lr * (m + (1-m)*d(q))`` in the D steps to
    ``T = total_steps``.

    ``D = round(T*decay_ratio)`` or all that the warmup leaves, ``m = min_lr_factor``, q the share
    of D that has gone, d(q) ``1 - q``, ``1 - sqrt(q)`` or ``(1 + cos(pi*q))/2``. At step 0 the rate
    is not 0; m is reached at T, after the last update. Nothing is clamped: past T a line and a root
    fall on to 0, and a cosine climbs back. T is ``training_steps`` if not given.
    """
    total = training_steps if total_steps is None else total_steps
    warmup = min(warmup_steps, total)
    left = total - warmup
    fall = left if decay_ratio is None else min(round(total * decay_ratio), left)
    rise = linear(0.0, lr, warmup)
    decay = _decay(lr, fraction(min_lr_factor), fall, decay_type) if fall else constant(lr)
    return phases(
        (0, rise, -1), (warmup, constant(lr), warmup), (total - fall + 1, decay, total - fall)
    )


def _decay(lr: Any, least: Fraction, steps: int, kind: str) -> Schedule:
    """Fall from ``lr`` to ``lr * least`` in ``steps`` steps, and on: a line and a root to 0."""
    if kind == "cosine":
        return wave(lr, np.multiply(lr, float(least)), steps)
    if least == 1:
        return constant(lr)
    if kind == "linear":
        return in_ticks(partial(linear, lr, 0.0), steps / (1 - least))
    return in_ticks(
        partial(polynomial, lr, 0.0, power=0.5, origin="start"), steps / (1 - least) ** 2
    )
