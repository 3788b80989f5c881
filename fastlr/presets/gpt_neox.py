"""GPT-NeoX's schedule, ``AnnealingLR`` of ``megatron.learning_rates``, in three versions of it.

Step t is the rate of update t, counted from 0. ``warmup_iter`` is a share of ``total_iters`` in a
configuration, and may be a fraction of a step. Rates are in double precision.

>>> import fastlr as flr
>>> flr.presets.gpt_neox.AnnealingLR(1.0, 2, 6, "linear").table(7)
array([0.5 , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ])
"""

from __future__ import annotations  # help() replaces rules in the text

from fractions import Fraction
from functools import partial
from math import cos, exp, floor, pi
from typing import Any, Literal

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import fraction, in_ticks, knots, wave
from fastlr.presets._rules import ArgumentError, Length, Span, preset
from fastlr.schedule.constructor_names import constant, exponential_decay, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["AnnealingLR"]

_HALVING = 0.693  # by which an exponential decay is about a half at its end


@preset()
def AnnealingLR(
    start_lr: Rate,
    warmup_iter: Length,
    total_iters: Span,
    decay_style: Literal["constant", "linear", "cosine", "exponential"],
    min_lr: Rate = 0.0,
    version: Literal["2025", "2024", "2023"] = "2025",
) -> Schedule:
    """Warm up linearly, then decay, as GPT-NeoX does.

    ``start_lr * t/W`` up to and including step ``W = warmup_iter``, then the decay of
    ``decay_style`` over the N steps to ``total_iters``

    Parameters
    ----------
    start_lr : float or array
        The rate at the end of the warmup; an array has one per group. At least 0.
    warmup_iter : float or array
        The number of steps of the warmup, W. At least 0; it may be a fraction.
    total_iters : int or array of int
        The number of steps, including the warmup. At least 1.
    decay_style : {"constant", "linear", "cosine", "exponential"}
        The curve of the decay; see Notes.
    min_lr : float or array, default 0.0
        The lowest rate of the decay. At least 0.
    version : {"2025", "2024", "2023"}, default "2025"
        The version of GPT-NeoX, by year; "2023" is that and earlier ones.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_iter`` is not below ``total_iters``.

    Notes
    -----
    With r the progress of the decay, "linear" is ``start_lr * (1 - r)``, and "exponential"
    ``start_lr * exp(-0.693*r)``, which never ends. "cosine" is a wave to ``min_lr``, which climbs
    back after ``total_iters``. None falls below ``min_lr``.

    As of 2025 step 0 has the rate of step 1; in 2024 it has 0. In 2023 and before it has 0, the
    decay is laid out over ``total_iters``, cosine to 0, and stands still from step ``total_iters -
    W`` on, in the warmup too.

    References
    ----------
    GPT-NeoX (2025), ``megatron.learning_rates.AnnealingLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.gpt_neox.AnnealingLR(1.0, 2, 6, "linear").table(7)
    array([0.5 , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """
    warmup = fraction(warmup_iter)
    if warmup >= total_iters:
        raise ArgumentError(
            f"warmup_iter must be below total_iters, got {warmup_iter!r} and {total_iters}"
        )
    body = floor(warmup) + 1 if warmup else 0  # its first step
    if version == "2023":
        rise = _until(start_lr, warmup, total_iters - warmup)
        decay = _stopped(start_lr, warmup, total_iters, body, decay_style)
    else:
        rise = _rise(start_lr, warmup, first=int(version == "2025"))
        decay = _decay(start_lr, min_lr, total_iters - warmup, body - warmup, decay_style)
    return join([rise, decay.maximum(min_lr)], [body])


def _rise(lr: Any, warmup: Fraction, first: int) -> Schedule:
    """``lr * max(t, first)/warmup``."""
    if not warmup:
        return constant(lr)
    line = in_ticks(partial(linear, 0.0, lr), warmup)
    return join([constant(np.divide(lr, float(warmup))), line.skip(1)], [1]) if first else line


def _decay(lr: Any, low: Any, steps: Fraction, gone: Fraction, style: str) -> Schedule:
    """Return the decay of a number of steps, from step ``gone`` of it on."""
    if style == "linear":
        return in_ticks(partial(linear, lr, 0.0), steps, gone)
    if style == "cosine":
        return wave(lr, low, steps, gone)
    if style == "exponential":
        rate = _HALVING / float(steps)
        return exponential_decay(np.multiply(lr, exp(-rate * float(gone))), rate=rate)
    return constant(lr)


# -- 2023 and before -------------------------------------------------------------------------------


def _until(lr: Any, warmup: Fraction, last: Fraction) -> Schedule:
    """``lr * min(t, last)/warmup``."""
    top = min(warmup, last)
    return (
        knots([(0, 0.0), (top, np.multiply(lr, float(top / warmup)))]) if warmup else constant(lr)
    )


def _stopped(lr: Any, warmup: Fraction, total: int, begin: int, style: str) -> Schedule:
    """The decay of ``total`` steps from the warmup's end on, from step ``begin``, up to ``total -
    2*warmup`` steps of it.
    """
    last = total - 2 * warmup
    level = constant(np.multiply(lr, _share(style, float(last / total))))
    stop = floor(total - warmup) + 1
    if style == "constant" or stop <= begin:
        return level
    return join([_decay(lr, 0.0, Fraction(total), begin - warmup, style), level], [stop - begin])


def _share(style: str, gone: float) -> float:
    """What is left of a rate when such a share of the decay has gone: before its beginning,
    below 0, as well as in it.
    """
    if style == "linear":
        return 1.0 - gone
    if style == "cosine":
        return (1.0 + cos(pi * gone)) / 2.0
    return exp(-_HALVING * gone) if style == "exponential" else 1.0
