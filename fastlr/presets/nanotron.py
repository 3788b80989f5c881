"""nanotron's schedule: ``LRSchedulerArgs`` of its configuration, as ``lr_scheduler_builder`` reads
them, as of 2025.

Step t is the rate of update t, counted from 0. Rates are in double precision.

>>> import fastlr as flr
>>> s = flr.presets.nanotron.LRSchedulerArgs(1.0, train_steps=6, lr_warmup_steps=2,
...     min_decay_lr=0.2)
>>> s.table(8)
array([0. , 0.5, 1. , 0.8, 0.6, 0.4, 0.2, 0.2])
"""

from __future__ import annotations  # help() replaces rules in the text

from typing import Any, Literal

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import phases
from fastlr.presets._rules import Count, Span, preset
from fastlr.schedule.constructor_names import constant, cosine, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = ["LRSchedulerArgs"]


@preset(
    differences="Called without a configuration, lr_scheduler_builder also subtracts "
    "lr_decay_starting_step from the default of lr_decay_steps. A group with another "
    "rate warms up with 'constant' at the configuration's rate; in fastlr at its own."
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
    """Warm up, hold the rate, then decay.

    ``learning_rate * t/W`` up to and including step ``W = lr_warmup_steps``, ``learning_rate``,
    then the decay of ``lr_decay_style`` to ``min_decay_lr``

    Parameters
    ----------
    learning_rate : float or array
        The rate after the warmup; an array has one per group. At least 0.
    train_steps : int or array of int
        The number of steps of the run. At least 1.
    lr_warmup_steps : int or array of int, default 0
        The number of steps of the warmup, W. At least 0.
    lr_warmup_style : {"linear", "constant"}, default "linear"
        Whether the warmup is a line or holds ``learning_rate``.
    lr_decay_style : {"linear", "cosine", "1-sqrt"}, default "linear"
        The curve of the decay: a line, half a cosine wave or one minus a square root.
    lr_decay_steps : int or array of int, optional
        The number of steps of the decay. By default ``train_steps - W``. At least 0.
    lr_decay_starting_step : int or array of int, optional
        The step at which the decay begins. By default W. At least 0.
    min_decay_lr : float or array, optional
        The last rate. By default ``learning_rate``, so that there is no decay. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The decay does not show before step W + 1. Past the end the last rate is held. Step 0 belongs to
    the warmup even if that has no steps: then its rate is 0.

    With neither warmup nor decay the rate is the square of ``learning_rate``, a slip of nanotron's
    that fastlr reproduces.

    Called without a configuration, nanotron also takes ``lr_decay_starting_step`` off the default
    ``lr_decay_steps``. A group with another rate warms up with "constant" at the configuration's
    rate; in fastlr at its own.

    References
    ----------
    nanotron (2025), ``nanotron.config.LRSchedulerArgs``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.nanotron.LRSchedulerArgs
    >>> s = schedule(1.0, train_steps=6, lr_warmup_steps=2, min_decay_lr=0.0)
    >>> s.table(8)
    array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
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
