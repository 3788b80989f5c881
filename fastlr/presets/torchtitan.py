"""torchtitan's schedule, ``torchtitan.components.optimizer.LRSchedulersContainer``, as of
torchtitan 0.3 (2026).

Step t is the rate of update t, counted from 0: a factor of each group's own rate. Rates are in
double precision.

>>> import fastlr as flr
>>> flr.presets.torchtitan.LRSchedulersContainer(1.0, training_steps=6, warmup_steps=2).table(8)
array([0.5 , 1.  , 1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
"""

from __future__ import annotations  # help() replaces rules in the text

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
    differences="After total_steps, linear and sqrt fall below min_lr_factor, as in torchtitan; "
    "where its rates are negative, fastlr's are 0. With a decay of 0 steps torchtitan "
    "raises after total_steps; fastlr holds lr."
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
    """Warm up linearly, hold the rate, then decay.

    ``lr * (t+1)/warmup_steps``; ``lr``; ``lr * (m + (1-m)*d(q))`` in the last D steps up to T

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    training_steps : int or array of int
        The number of steps of the run. At least 1.
    warmup_steps : int or array of int, default 200
        The number of steps of the warmup. At least 0.
    total_steps : int or array of int, optional
        The step T at which the decay ends. By default ``training_steps``. At least 1.
    decay_ratio : float or array, optional
        The share of T that the decay takes, ``D = round(T*decay_ratio)``. By default all that the
        warmup leaves. At least 0.
    decay_type : {"linear", "sqrt", "cosine"}, default "linear"
        The curve of the decay; see Notes.
    min_lr_factor : float or array, default 0.0
        The rate at T, as a share of ``lr``, m. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    With q the progress of the decay, d(q) is ``1 - q`` ("linear"), ``1 - sqrt(q)`` ("sqrt") or ``(1
    + cos(pi*q))/2`` ("cosine").

    The first rate is not 0. The lowest rate is reached at T, after the last update. Past T a line
    and a root fall on, in torchtitan below 0, in fastlr to 0; a cosine climbs back. With a decay of
    0 steps torchtitan raises after T; in fastlr ``lr`` is held.

    References
    ----------
    torchtitan 0.3 (2026), ``torchtitan.components.optimizer.LRSchedulersContainer``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torchtitan.LRSchedulersContainer(1.0, training_steps=6, warmup_steps=2).table(8)
    array([0.5 , 1.  , 1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
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
