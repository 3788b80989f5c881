"""MaxText's ``create_learning_rate_schedule``, as of its main branch of August 2026.

Step 0 is the first update. MaxText computes in float32, fastlr in float64.

>>> import fastlr as flr
>>> schedule = flr.presets.maxtext.create_learning_rate_schedule
>>> schedule(1.0, steps=10, lr_schedule_type="wsd", wsd_decay_steps_fraction=0.3).table(11)
array([0.  , 1.  , 1.  , 1.  , 1.  , 1.  , 1.  , 1.  , 0.55, 0.1 , 0.1 ])
"""

from __future__ import annotations  # help() replaces rules in the text

from typing import Literal

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import phases, wave
from fastlr.presets._rules import ArgumentError, Level, Share, Span, preset
from fastlr.schedule.constructor_names import constant, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["create_learning_rate_schedule"]


@preset()
def create_learning_rate_schedule(
    learning_rate: Rate = 3e-5,
    steps: Span = 150_001,
    learning_rate_schedule_steps: Span | None = None,
    lr_schedule_type: Literal["cosine", "wsd"] = "cosine",
    learning_rate_final_fraction: Level = 0.1,
    wsd_decay_steps_fraction: Share = 0.1,
    wsd_decay_style: Literal["linear", "cosine"] = "linear",
    warmup_steps_fraction: Share = 0.1,
) -> Schedule:
    """Warm up linearly, hold the rate or not, decay, and train on at 0.

    With ``S = learning_rate_schedule_steps``: a line from 0 to ``learning_rate`` over ``W =
    int(S*warmup_steps_fraction)`` steps; with "wsd" the rate is held; then a decay to ``f =
    learning_rate_final_fraction`` of it over D steps, ``S - W`` or with "wsd"
    ``int(S*wsd_decay_steps_fraction)``; 0 from S on, up to ``steps``

    Parameters
    ----------
    learning_rate : float or array, default 3e-05
        The peak; an array has one per group. At least 0.
    steps : int or array of int, default 150001
        The number of steps of the run. MaxText's -1 stands for ``learning_rate_schedule_steps``:
        pass that. At least 1.
    learning_rate_schedule_steps : int or array of int, optional
        S, the number of steps up to the end of the decay. By default, MaxText's -1, ``steps``. At
        least 1.
    lr_schedule_type : str, default "cosine"
        "cosine" decays from the warmup on, "wsd" holds the rate before.
    learning_rate_final_fraction : float or array, default 0.1
        f, the rate at step ``S - 1``, as a share of the peak. At least 0.
    wsd_decay_steps_fraction : float or array, default 0.1
        The share of S that the decay takes with "wsd". From 0 to 1.
    wsd_decay_style : str, default "linear"
        The curve of the decay with "wsd": "linear" or "cosine".
    warmup_steps_fraction : float or array, default 0.1
        The share of S that the warmup takes. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If warmup and decay of "wsd" take more than S.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. The decay has its last rate at step ``S - 1``, so
    that it takes ``D - 1`` steps; a linear decay of one step holds the peak instead. Past S the
    rate is 0 if ``steps`` is above S. Otherwise a line holds its last rate, and a cosine goes on
    as a wave.

    References
    ----------
    MaxText (2026), ``maxtext.utils.maxtext_utils.create_learning_rate_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.maxtext.create_learning_rate_schedule
    >>> schedule(1.0, steps=7, learning_rate_schedule_steps=5, warmup_steps_fraction=0.4).table(7)
    array([0.  , 0.5 , 1.  , 0.55, 0.1 , 0.  , 0.  ])
    """
    total = learning_rate_schedule_steps or steps
    warmup = int(total * warmup_steps_fraction)
    low = np.multiply(learning_rate, learning_rate_final_fraction)
    if lr_schedule_type == "cosine":
        decay, fall = total - warmup, _wave(learning_rate, low, total - warmup)
    else:
        decay = int(total * wsd_decay_steps_fraction)
        curve = _line if wsd_decay_style == "linear" else _wave
        fall = curve(learning_rate, low, decay)
    if warmup + decay > total:
        raise ArgumentError(
            "warmup_steps_fraction and wsd_decay_steps_fraction must add up to at most 1, got "
            f"{warmup_steps_fraction} and {wsd_decay_steps_fraction}"
        )
    parts = [(0, linear(0.0, learning_rate, warmup), 0)]
    if decay:
        parts.append((total - decay, fall, total - decay))
    if steps > total:
        parts.append((total, constant(np.zeros_like(learning_rate)), total))
    return phases(*parts)


def _line(high: Rate, low: Rate, steps: int) -> Schedule:
    """A line that is at ``low`` at its last step; optax holds ``high`` if it has only that one."""
    return linear(high, low, steps - 1) if steps > 1 else constant(high)


def _wave(high: Rate, low: Rate, steps: int) -> Schedule:
    """A cosine wave that is at ``low`` at its last step."""
    return wave(high, low, steps - 1) if steps > 1 else constant(low)
