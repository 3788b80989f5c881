"""nanotron's schedule: ``LRSchedulerArgs`` of its configuration, as ``lr_scheduler_builder`` reads
them, as of 2025.

Step t is the rate of update t, counted from 0. Rates are in double precision.

>>> import fastlr as flr
>>> s = flr.presets.nanotron.LRSchedulerArgs(1.0, train_steps=6, lr_warmup_steps=2,
...     min_decay_lr=0.2)
>>> s.table(8)
array([0. , 0.5, 1. , 0.8, 0.6, 0.4, 0.2, 0.2])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from typing import Any, Literal

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import phases
from fastlr.presets._rules import Count, Span, preset
from fastlr.schedule.constructor_names import constant, cosine, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = ["LRSchedulerArgs"]


@preset(
    differences="lr_scheduler_builder, called without a configuration, takes "
    "lr_decay_starting_step too off the lr_decay_steps that are not given. A group of "
    "another rate warms up with 'constant' at the configuration's rate; here at its "
    "own."
)
def LRSchedulerArgs(
    learning_rate: Rate,
    train_steps: Span,
    lr_warmup_steps: Count = 0,
    lr_warmup_style: Literal["linear", "constant"] = "linear",
    lr_decay_style: Literal["linear", "cosine", "1-sqrt"] = "linear",
    lr_decay_steps: Count | None = None,
    lr_decay_starting_step: Count | None = None,
    min_decay_lr: Rate | None = None,
) -> Schedule:
    """``learning_rate * t/W`` up to and including ``W = lr_warmup_steps``, ``learning_rate``, and
    down to ``min_decay_lr``.

    The fall takes ``lr_decay_steps``, by default ``train_steps - W``, from
    ``lr_decay_starting_step`` on, by default W; it is not seen before step W + 1. Without a
    ``min_decay_lr`` there is none: it is ``learning_rate``. Step 0 belongs to the warmup even where
    that takes no steps: its rate is 0 then. With neither warmup nor decay the rate is
    ``learning_rate`` squared, which is a slip.
    """
    steps = max(train_steps - lr_warmup_steps, 0) if lr_decay_steps is None else lr_decay_steps
    start = lr_warmup_steps if lr_decay_starting_step is None else lr_decay_starting_step
    if lr_warmup_steps == steps == 0:
        return constant(np.square(learning_rate))
    last = learning_rate if min_decay_lr is None else min_decay_lr
    rise = (
        linear(0.0, learning_rate, max(lr_warmup_steps, 1))
        if lr_warmup_style == "linear"
        else constant(learning_rate)
    )
    decay = _decay(learning_rate, last, steps, lr_decay_style)
    return phases(
        (0, rise, 0), (lr_warmup_steps + 1, constant(learning_rate), 0), (start, decay, start)
    )


def _decay(init: Any, end: Any, steps: int, style: str) -> Schedule:
    if style == "1-sqrt":
        return polynomial(init, end, steps, power=0.5, origin="start")
    return (cosine if style == "cosine" else linear)(init, end, steps)
