"""Megatron-LM's schedule, ``megatron.core.optimizer_param_scheduler``, as of megatron-core 0.16
(2026).

Step t is update t, counted from 0. Megatron counts samples: lengths are numbers of samples, and a
step has ``global_batch_size`` of them. With ``global_batch_size=1`` lengths are numbers of steps.
For a batch size that grows, build such a schedule and call ``.paced(...)`` with the batch sizes.
Rates are in double precision.

>>> import fastlr as flr
>>> s = flr.presets.megatron.OptimizerParamScheduler(0.0, 1.0, 0.0, 16, 48, "linear",
...     global_batch_size=8)
>>> s.table(8)
array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
"""

from __future__ import annotations  # help() replaces rules in the text

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
    differences="If the weight decay changes in 0 samples, Megatron divides by 0; in fastlr it is "
    "end_wd from the start."
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
    """Warm up linearly, then decay, as Megatron-LM does.

    ``init_lr + (max_lr - init_lr) * n/W`` up to sample ``W = lr_warmup_steps``, then the decay of
    ``lr_decay_style`` up to sample ``N = lr_decay_steps``, with ``n = t * global_batch_size``

    Parameters
    ----------
    init_lr : float or array
        The rate at step 0; an array has one per group. At least 0.
    max_lr : float or array
        The rate at the end of the warmup. At least 0.
    min_lr : float or array
        The rate at the end of the decay. At least 0.
    lr_warmup_steps : int or array of int
        The number of samples of the warmup, W. At least 0.
    lr_decay_steps : int or array of int
        The number of samples up to the end of the decay, N, including the warmup. At least 1.
    lr_decay_style : {"constant", "linear", "cosine", "inverse-square-root", "WSD"}
        The curve of the decay; see Notes.
    start_wd : float or array, default 0.01
        The weight decay at step 0. At least 0.
    end_wd : float or array, default 0.01
        The weight decay at the end of its change. At least 0.
    wd_incr_steps : int or array of int, default 0
        The number of samples in which the weight decay changes. At least 0.
    wd_incr_style : {"constant", "linear", "cosine"}, default "constant"
        The curve of the weight decay.
    wsd_decay_steps : int or array of int, optional
        The number of samples of the last decay of "WSD", which needs it. At least 1.
    lr_wsd_decay_style : {"linear", "cosine", "exponential", "minus_sqrt"}, optional
        The curve of the last decay of "WSD", which needs it.
    global_batch_size : int or array of int, default 1
        The number of samples per step; with 1 all lengths are in steps. At least 1.
    of : {"lr", "weight_decay"}, default "lr"
        What the schedule gives: the rate or the weight decay.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    TypeError
        If "WSD" lacks ``wsd_decay_steps`` or ``lr_wsd_decay_style``.
    ValueError
        If ``min_lr`` or ``init_lr`` is above ``max_lr``, ``lr_warmup_steps`` is not below
        ``lr_decay_steps``, or ``start_wd`` is above ``end_wd``; if ``start_wd`` and ``end_wd``
        differ with ``wd_incr_style="constant"``.

    Notes
    -----
    "linear" is a line, "cosine" half a cosine wave, both to ``min_lr`` at sample N, where it stays.
    "constant" stays at ``max_lr`` and never ends.

    "inverse-square-root" is ``max_lr * sqrt(W/n)``, no less than ``min_lr``. After sample N the
    rate jumps to ``min_lr``.

    "WSD" stays at ``max_lr`` up to sample ``N - wsd_decay_steps``, then falls to ``min_lr`` at
    sample N: by a line, half a cosine wave, ``1 - sqrt(q)`` ("minus_sqrt") or ``2*(1/2)^q - 1``
    ("exponential"), q the progress of the fall. A fall that would begin within the warmup is
    already on its way when the warmup ends.

    If the weight decay changes in 0 samples, Megatron divides by 0; in fastlr it is ``end_wd`` from
    the start.

    References
    ----------
    Megatron-LM, megatron-core 0.16 (2026),
    ``megatron.core.optimizer_param_scheduler.OptimizerParamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.megatron.OptimizerParamScheduler(0.0, 1.0, 0.0, 2, 6, "linear")
    >>> s.table(8)
    array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
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
