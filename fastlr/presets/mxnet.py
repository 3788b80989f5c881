"""Apache MXNet's schedulers: ``mxnet.lr_scheduler`` of 1.9 (2022), in float64.

Step t is update number ``n = t + 1``: MXNet's optimizers count before they read the rate. An
optimizer that has a learning rate of its own writes it over ``base_lr``. The cosine, the polynomial
and the warmup ignore that, and use the rate that they were built with.

>>> FactorScheduler(step=2, factor=0.5, base_lr=0.4)([0, 1, 2, 3, 4])
array([0.4, 0.4, 0.2, 0.2, 0.1])
"""

from __future__ import annotations  # help() replaces rules in the text

from typing import Literal

import numpy as np

from fastlr.arguments.rules import Rate, short_repr
from fastlr.presets._building_blocks import drops
from fastlr.presets._rules import ArgumentError, Count, Exponent, Marks, Share, Span, preset
from fastlr.schedule.constructor_names import constant, cosine, join, linear, polynomial, step_decay
from fastlr.schedule.schedule import Schedule

__all__ = ["CosineScheduler", "FactorScheduler", "MultiFactorScheduler", "PolyScheduler"]

Warmup = Literal["linear", "constant"]


@preset()
def FactorScheduler(
    step: Span,
    factor: Share = 1.0,
    stop_factor_lr: Rate = 1e-8,
    base_lr: Rate = 0.01,
    warmup_steps: Count = 0,
    warmup_begin_lr: Rate = 0.0,
    warmup_mode: Warmup = "linear",
) -> Schedule:
    """Reduce the rate at regular intervals.

    ``max(stop_factor_lr, base_lr * factor^floor((n-1)/step))``, ``n = t + 1``

    Parameters
    ----------
    step : int or array of int
        The number of updates per reduction. At least 1.
    factor : float or array, default 1.0
        The factor of a reduction. From 0 to 1.
    stop_factor_lr : float or array, default 1e-8
        The lowest rate, from the first reduction on. At least 0.
    base_lr : float or array, default 0.01
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int, default 0
        The number of the first update after the warmup. At least 0.
    warmup_begin_lr : float or array, default 0.0
        The rate at the beginning of the warmup. At least 0.
    warmup_mode : {"linear", "constant"}, default "linear"
        Whether the warmup is a line or holds its first rate.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_begin_lr`` is above ``base_lr``.

    Notes
    -----
    Reductions count from the beginning, in the warmup too. The schedule never ends.

    References
    ----------
    Apache MXNet 1.9 (2022), ``mxnet.lr_scheduler.FactorScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mxnet.FactorScheduler(step=2, factor=0.5, base_lr=1.0).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    fallen = step_decay(base_lr, factor, step).skip(step).maximum(stop_factor_lr)
    body = join([constant(base_lr), fallen], [step])
    return _warmed(body, base_lr, warmup_steps, warmup_begin_lr, warmup_mode)


@preset()
def MultiFactorScheduler(
    step: Marks,
    factor: Share = 1.0,
    base_lr: Rate = 0.01,
    warmup_steps: Count = 0,
    warmup_begin_lr: Rate = 0.0,
    warmup_mode: Warmup = "linear",
) -> Schedule:
    """Reduce the rate at given updates.

    ``base_lr * factor^i``, i the number of ``step`` below ``n = t + 1``

    Parameters
    ----------
    step : sequence of int
        The updates after which the rate is reduced. They rise strictly.
    factor : float or array, default 1.0
        The factor of a reduction. From 0 to 1.
    base_lr : float or array, default 0.01
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int, default 0
        The number of the first update after the warmup. At least 0.
    warmup_begin_lr : float or array, default 0.0
        The rate at the beginning of the warmup. At least 0.
    warmup_mode : {"linear", "constant"}, default "linear"
        Whether the warmup is a line or holds its first rate.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``step`` does not rise strictly, or ``warmup_begin_lr`` is above ``base_lr``.

    Notes
    -----
    Update ``step[i]`` still has the old rate.

    References
    ----------
    Apache MXNet 1.9 (2022), ``mxnet.lr_scheduler.MultiFactorScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mxnet.MultiFactorScheduler([1, 3], factor=0.5, base_lr=1.0).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    body = drops("step", base_lr, factor, step)
    return _warmed(body, base_lr, warmup_steps, warmup_begin_lr, warmup_mode)


@preset(
    differences="If max_update is below warmup_steps, the rate stays at base_lr, as in MXNet. If "
    "they are equal, MXNet divides by 0; in fastlr the rate is final_lr."
)
def PolyScheduler(
    max_update: Span,
    base_lr: Rate = 0.01,
    pwr: Exponent = 2.0,
    final_lr: Rate = 0.0,
    warmup_steps: Count = 0,
    warmup_begin_lr: Rate = 0.0,
    warmup_mode: Warmup = "linear",
) -> Schedule:
    """Decay the rate by a polynomial.

    ``final_lr + (base_lr - final_lr) * (1 - (n - warmup_steps)/(max_update - warmup_steps))^pwr``,
    ``n = t + 1``

    Parameters
    ----------
    max_update : int or array of int
        The number of the last update of the decay. At least 1.
    base_lr : float or array, default 0.01
        The base rate; an array has one per group. At least 0.
    pwr : float or array, default 2.0
        The power of the decay. From 1e-3 to 1e3.
    final_lr : float or array, default 0.0
        The last rate. At least 0.
    warmup_steps : int or array of int, default 0
        The number of the first update after the warmup. At least 0.
    warmup_begin_lr : float or array, default 0.0
        The rate at the beginning of the warmup. At least 0.
    warmup_mode : {"linear", "constant"}, default "linear"
        Whether the warmup is a line or holds its first rate.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_begin_lr`` is above ``base_lr``.

    Notes
    -----
    Past the end ``final_lr`` is held. If ``max_update`` is below ``warmup_steps``, the rate stays
    at ``base_lr``, as in MXNet; if they are equal, MXNet divides by 0, and fastlr's rate is
    ``final_lr``.

    References
    ----------
    Apache MXNet 1.9 (2022), ``mxnet.lr_scheduler.PolyScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mxnet.PolyScheduler(2, base_lr=1.0).table(3)
    array([0.25, 0.  , 0.  ])
    """
    left = max_update - warmup_steps
    body = polynomial(base_lr, final_lr, left, power=pwr) if left >= 0 else constant(base_lr)
    return _warmed(
        _from_update(body, warmup_steps),
        base_lr,
        warmup_steps,
        warmup_begin_lr,
        warmup_mode,
    )


@preset(differences="The same as for PolyScheduler.")
def CosineScheduler(
    max_update: Span,
    base_lr: Rate = 0.01,
    final_lr: Rate = 0.0,
    warmup_steps: Count = 0,
    warmup_begin_lr: Rate = 0.0,
    warmup_mode: Warmup = "linear",
) -> Schedule:
    """Decay the rate by half a cosine wave.

    ``final_lr + (base_lr - final_lr) * (1 + cos(pi*(n - warmup_steps)/(max_update -
    warmup_steps)))/2``, ``n = t + 1``

    Parameters
    ----------
    max_update : int or array of int
        The number of the last update of the decay. At least 1.
    base_lr : float or array, default 0.01
        The base rate; an array has one per group. At least 0.
    final_lr : float or array, default 0.0
        The last rate. At least 0.
    warmup_steps : int or array of int, default 0
        The number of the first update after the warmup. At least 0.
    warmup_begin_lr : float or array, default 0.0
        The rate at the beginning of the warmup. At least 0.
    warmup_mode : {"linear", "constant"}, default "linear"
        Whether the warmup is a line or holds its first rate.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_begin_lr`` is above ``base_lr``.

    Notes
    -----
    Past the end ``final_lr`` is held. If ``max_update`` is below ``warmup_steps``, the rate stays
    at ``base_lr``, as in MXNet; if they are equal, MXNet divides by 0, and fastlr's rate is
    ``final_lr``.

    References
    ----------
    Apache MXNet 1.9 (2022), ``mxnet.lr_scheduler.CosineScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mxnet.CosineScheduler(2, base_lr=1.0).table(3)
    array([0.5, 0. , 0. ])
    """
    left = max_update - warmup_steps
    body = cosine(base_lr, final_lr, left) if left >= 0 else constant(base_lr)
    return _warmed(
        _from_update(body, warmup_steps),
        base_lr,
        warmup_steps,
        warmup_begin_lr,
        warmup_mode,
    )


def _from_update(body: Schedule, begin: int) -> Schedule:
    """What is at its step 0 at update ``begin``, in steps of the run."""
    return body.delay(begin - 1) if begin else body.skip(1)


def _warmed(body: Schedule, peak: Rate, steps: int, init: Rate, mode: str) -> Schedule:
    """``body`` from update ``steps`` on, and before it the warmup."""
    if np.any(np.greater(init, peak)):
        raise ArgumentError(
            f"warmup_begin_lr must be at most base_lr, {short_repr(peak)}, got {short_repr(init)}"
        )
    if steps <= 1:
        return body
    ramp = linear(init, peak, steps).skip(1) if mode == "linear" else constant(init)
    return join([ramp, body.skip(steps - 1)], [steps - 1])
