"""pytorch_optimizer's schedulers: ``pytorch_optimizer.lr_scheduler``, as of 4.1 (2026).

Step t is the t-th ``scheduler.step()``, so that step 0 has the rate of the first update. Most
schedulers leave that at ``min_lr``. Those that it takes from PyTorch are in ``flr.presets.torch``.

>>> import fastlr as flr
>>> s = flr.presets.pytorch_optimizer.LinearScheduler(t_max=4, max_lr=1.0, min_lr=0.5,
...     warmup_steps=2)
>>> s.table(6)
array([0.5 , 0.  , 0.5 , 1.  , 0.75, 0.5 ])
"""

from __future__ import annotations  # help() replaces rules in the text

from fractions import Fraction
from math import log2
from typing import Literal

import numpy as np

from fastlr.arguments.rules import Flag, Rate
from fastlr.presets._building_blocks import fractal_cosines, fraction, knots, warm_restarts, wave
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Exponent,
    Level,
    Ratio,
    Share,
    Span,
    Tabled,
    preset,
)
from fastlr.schedule.constructor_names import constant, join, linear, polynomial, rex, sampled
from fastlr.schedule.schedule import Schedule

__all__ = [
    "UNEXPRESSED",
    "CosineAnnealingWarmupRestarts",
    "CosineScheduler",
    "LinearScheduler",
    "PolyScheduler",
    "ProportionScheduler",
    "REXScheduler",
    "get_chebyshev_schedule",
    "get_wsd_schedule",
]

UNEXPRESSED = {
    "deberta_v3_large_lr_scheduler": "It is no schedule: it gives each group of a model one rate "
    "for the whole run.",
}

_MOST = 1e280
_LONGEST = 52  # in bits: as many steps as fit in after a warmup


@preset(
    differences="Past t_max the line goes on below min_lr. Where it would be negative, fastlr "
    "holds 0."
)
def LinearScheduler(
    t_max: Span, max_lr: Level, min_lr: Level = 0.0, init_lr: Level = 0.0, warmup_steps: Count = 0
) -> Schedule:
    """Warm up linearly, then decay linearly.

    ``min_lr`` at step 0; from step 1 on a line from ``init_lr`` to ``max_lr``, then a line through
    ``min_lr`` at step ``t_max + 1``

    Parameters
    ----------
    t_max : int or array of int
        The number of steps, including the warmup. At least 1.
    max_lr : float or array
        The highest rate. At least ``min_lr``. At least 0.
    min_lr : float or array, default 0.0
        The rate at step 0, and the lowest of the decay. At least 0.
    init_lr : float or array, default 0.0
        The rate at step 1, from which the warmup begins. At least 0.
    warmup_steps : int or array of int, default 0
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_steps`` is not below ``t_max``, or ``max_lr`` is below ``min_lr``.

    Notes
    -----
    Past the end the line goes on, below ``min_lr``. Where it would be negative, fastlr holds 0.

    References
    ----------
    pytorch_optimizer 4.1 (2026), ``pytorch_optimizer.lr_scheduler.LinearScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.pytorch_optimizer.LinearScheduler
    >>> s = schedule(t_max=4, max_lr=1.0, min_lr=0.5, warmup_steps=2)
    >>> s.table(6)
    array([0.5 , 0.  , 0.5 , 1.  , 0.75, 0.5 ])
    """
    _check(t_max, warmup_steps, max_lr, min_lr)
    points: list[tuple[int | Fraction, float]] = [(1, init_lr), (1 + warmup_steps, max_lr)]
    if max_lr > min_lr:
        slope = (fraction(max_lr) - fraction(min_lr)) / (t_max - warmup_steps)
        points.append((1 + warmup_steps + fraction(max_lr) / slope, 0.0))
    return join([constant(min_lr), knots(points).skip(1)], [1])


@preset()
def CosineScheduler(
    t_max: Span, max_lr: Level, min_lr: Level = 0.0, init_lr: Level = 0.0, warmup_steps: Count = 0
) -> Schedule:
    """Warm up linearly, then follow a cosine wave.

    ``min_lr`` at step 0; from step 1 on a line from ``init_lr`` to ``max_lr``, then half a cosine
    wave to ``min_lr`` at step ``t_max + 1``

    Parameters
    ----------
    t_max : int or array of int
        The number of steps, including the warmup. At least 1.
    max_lr : float or array
        The highest rate. At least ``min_lr``. At least 0.
    min_lr : float or array, default 0.0
        The rate at step 0, and the lowest of the decay. At least 0.
    init_lr : float or array, default 0.0
        The rate at step 1, from which the warmup begins. At least 0.
    warmup_steps : int or array of int, default 0
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_steps`` is not below ``t_max``, or ``max_lr`` is below ``min_lr``.

    Notes
    -----
    Past the end the wave climbs back, and so on.

    References
    ----------
    pytorch_optimizer 4.1 (2026), ``pytorch_optimizer.lr_scheduler.CosineScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.pytorch_optimizer.CosineScheduler(t_max=4, max_lr=1.0, warmup_steps=2).table(7)
    array([0. , 0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    _check(t_max, warmup_steps, max_lr, min_lr)
    rise = linear(init_lr, max_lr, warmup_steps)
    return join(
        [constant(min_lr), rise, wave(max_lr, min_lr, t_max - warmup_steps)], [1, 1 + warmup_steps]
    )


@preset(differences="The rate stops rising after 2^52 steps, or at about 1e280.")
def PolyScheduler(
    t_max: Span,
    max_lr: Level,
    poly_order: Exponent = 0.5,
    min_lr: Level = 0.0,
    init_lr: Level = 0.0,
    warmup_steps: Count = 0,
) -> Schedule:
    """Warm up linearly, then rise by a power.

    ``min_lr`` at step 0; from step 1 on a line from ``init_lr`` to ``max_lr``, then ``min_lr +
    (max_lr - min_lr) * s^poly_order``, ``s = t - 1 - warmup_steps``

    Parameters
    ----------
    t_max : int or array of int
        The number of steps, including the warmup. At least 1.
    max_lr : float or array
        The rate at the end of the warmup. At least ``min_lr``. At least 0.
    poly_order : float or array, default 0.5
        The power of the rise. From 1e-3 to 1e3.
    min_lr : float or array, default 0.0
        The rate at step 0, and the lowest of the decay. At least 0.
    init_lr : float or array, default 0.0
        The rate at step 1, from which the warmup begins. At least 0.
    warmup_steps : int or array of int, default 0
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_steps`` is not below ``t_max``, or ``max_lr`` is below ``min_lr``.

    Notes
    -----
    The rate rises, whatever ``t_max`` is, as in pytorch_optimizer. In fastlr it stops rising after
    2^52 steps, or at a rate of about 1e280.

    References
    ----------
    pytorch_optimizer 4.1 (2026), ``pytorch_optimizer.lr_scheduler.PolyScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.pytorch_optimizer.PolyScheduler(t_max=4, max_lr=1.0).table(6).round(3)
    array([0.   , 1.   , 1.   , 1.414, 1.732, 2.   ])
    """
    _check(t_max, warmup_steps, max_lr, min_lr)
    height = max_lr - min_lr
    bits = min(_LONGEST, int(max(log2(_MOST / height), 0.0) / poly_order)) if height else 0
    rest = (
        polynomial(
            0.0, height * 2.0 ** (bits * poly_order), 2**bits, power=poly_order, origin="start"
        )
        + min_lr
    )
    rise = linear(init_lr, max_lr, warmup_steps)
    return join(
        [constant(min_lr), rise, constant(max_lr), rest.skip(1)],
        [1, 1 + warmup_steps, 2 + warmup_steps],
    )


@preset(
    differences="fastlr refuses a value that would fall where the rate rises, or be below 0 at a "
    "rate of 0.",
)
def ProportionScheduler(
    lr_scheduler: Schedule,
    max_lr: Level,
    min_lr: Level = 0.0,
    max_value: Level = 2.0,
    min_value: Level = 2.0,
) -> Schedule:
    """Make a value follow a schedule in proportion.

    ``min_value + (max_value - min_value) * (lr - min_lr)/(max_lr - min_lr)``

    Parameters
    ----------
    lr_scheduler : Schedule
        The schedule to follow.
    max_lr : float or array
        The rate at which the value is ``max_value``. At least 0.
    min_lr : float or array, default 0.0
        The rate at which the value is ``min_value``. At least 0.
    max_value : float or array, default 2.0
        The highest value. At least 0.
    min_value : float or array, default 2.0
        The lowest value. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the value would fall where the rate rises, or be below 0 at a rate of 0.

    Notes
    -----
    If ``max_lr`` is not above ``min_lr``, the value is ``max_value`` throughout. In
    pytorch_optimizer this is the rho of a SAM optimizer.

    References
    ----------
    pytorch_optimizer 4.1 (2026), ``pytorch_optimizer.lr_scheduler.ProportionScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.pytorch_optimizer.ProportionScheduler
    >>> s = schedule(flr.linear(1.0, 0.0, 2), max_lr=1.0, max_value=4.0)
    >>> s.table(3)
    array([4., 3., 2.])
    """
    if max_lr <= min_lr:
        return constant(max_value)
    slope = (max_value - min_value) / (max_lr - min_lr)
    if slope < 0 or min_value < slope * min_lr:
        rule = "max_value must be at least min_value, and the value at a rate of 0 no less than 0"
        detail = f"{max_value} and {min_value} at {max_lr} and {min_lr}"
        raise ArgumentError(f"{rule}, got {detail}")
    return lr_scheduler * slope + (min_value - slope * min_lr)


@preset()
def CosineAnnealingWarmupRestarts(
    first_cycle_steps: Span,
    cycle_mult: Ratio = 1.0,
    max_lr: Rate = 1e-4,
    min_lr: Rate = 1e-6,
    warmup_steps: Count = 0,
    gamma: Share = 0.9,
) -> Schedule:
    """Repeat a linear warmup and half a cosine wave.

    A line from ``min_lr`` to ``max_lr * gamma^i`` in ``warmup_steps``, then half a cosine wave back
    to ``min_lr``, in cycle i

    Parameters
    ----------
    first_cycle_steps : int or array of int
        The number of steps of the first cycle, including the warmup. At least 1.
    cycle_mult : float or array, default 1.0
        The factor of a wave's length. Above 0.
    max_lr : float or array, default 1e-4
        The highest rate of the first cycle; an array has one per group. At least 0.
    min_lr : float or array, default 1e-6
        The lowest rate. At least 0.
    warmup_steps : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    gamma : float or array, default 0.9
        The factor of the highest rate per cycle. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_steps`` is not below ``first_cycle_steps``.

    Notes
    -----
    The rate at step 0 is ``min_lr``, without a warmup too. Cycles repeat forever; the length of a
    wave is rounded down to whole steps, but not to 0.

    References
    ----------
    pytorch_optimizer 4.1 (2026), ``pytorch_optimizer.lr_scheduler.CosineAnnealingWarmupRestarts``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.pytorch_optimizer.CosineAnnealingWarmupRestarts
    >>> s = schedule(4, max_lr=1.0, min_lr=0.0, warmup_steps=2)
    >>> s.table(6)
    array([0.  , 0.5 , 1.  , 0.5 , 0.  , 0.45])
    """
    fall = first_cycle_steps - warmup_steps
    if fall < 1:
        detail = f"first_cycle_steps, {first_cycle_steps}, got {warmup_steps}"
        raise ArgumentError(f"warmup_steps must be below {detail}")
    whole = warm_restarts(
        max_lr, min_lr, warmup_steps, fall, lambda steps: max(1, int(steps * cycle_mult)), gamma
    )
    return join([constant(min_lr), whole.skip(1)], [1])


@preset()
def REXScheduler(total_steps: Span, max_lr: Rate = 1.0, min_lr: Rate = 0.0) -> Schedule:
    """Decay the rate by a rational function.

    ``min_lr + (max_lr - min_lr) * (1 - p)/(1 - p/2)``, ``p = t/total_steps``

    Parameters
    ----------
    total_steps : int or array of int
        The number of steps. At least 1.
    max_lr : float or array, default 1.0
        The highest rate; an array has one per group. At least 0.
    min_lr : float or array, default 0.0
        The lowest rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is ``min_lr``, as in pytorch_optimizer. Past the end it is ``min_lr``.

    References
    ----------
    pytorch_optimizer 4.1 (2026), ``pytorch_optimizer.lr_scheduler.REXScheduler``. After Chen, Wolfe
    and Kyrillidis, *REX* (2021).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.pytorch_optimizer.REXScheduler(total_steps=2).table(4).round(3)
    array([0.   , 0.667, 0.   , 0.   ])
    """
    return join([constant(min_lr), rex(max_lr, min_lr, total_steps).skip(1)], [1])


@preset()
def get_chebyshev_schedule(lr: Rate, num_epochs: Tabled, is_warmup: Flag = False) -> Schedule:
    """Follow the steps of Chebyshev nodes in fractal order.

    ``lr`` times the reciprocal Chebyshev nodes of the next power of 2 of ``num_epochs``, in fractal
    order

    Parameters
    ----------
    lr : float or array
        The factor of the rates; an array has one per group. At least 0.
    num_epochs : int or array of int
        The number of epochs. From 1 to 4,194,304.
    is_warmup : bool, default False
        Whether to hold ``lr`` instead.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Steps 0 to 2 have the first of the rates, and the last one is held. The fractal order is that of
    two fewer nodes, as in pytorch_optimizer.

    References
    ----------
    pytorch_optimizer 4.1 (2026), ``pytorch_optimizer.lr_scheduler.get_chebyshev_schedule``. After
    Agarwal, Goel and Zhang (2021).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.pytorch_optimizer.get_chebyshev_schedule(1.0, num_epochs=4).table(4).round(3)
    array([11.607, 11.607, 11.607,  2.914])
    """
    if is_warmup:
        return constant(lr)
    nodes = 2 ** (int(log2(num_epochs - 1)) + 1) if num_epochs > 1 else 1
    steps = 1.0 / (0.525 - 0.475 * fractal_cosines(nodes, nodes - 2))
    return sampled(np.asarray(lr)[..., np.newaxis] * np.concatenate([steps[:1], steps[:1], steps]))


@preset()
def get_wsd_schedule(
    lr: Rate,
    num_warmup_steps: Count,
    num_stable_steps: Count,
    num_decay_steps: Count,
    min_lr_ratio: Level = 0.0,
    num_cycles: Level = 0.5,
    cooldown_type: Literal["cosine", "1-sqrt", "linear", "1-square"] = "1-sqrt",
) -> Schedule:
    """Warm up linearly, hold the rate, then cool down.

    A line from 0 to ``lr``; ``lr``; ``lr`` times the cooldown; ``min_lr_ratio * lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_stable_steps : int or array of int
        The number of steps at ``lr``. At least 0.
    num_decay_steps : int or array of int
        The number of steps of the cooldown. At least 0.
    min_lr_ratio : float or array, default 0.0
        The last rate, as a share of ``lr``. At least 0.
    num_cycles : float or array, default 0.5
        The number of waves of "cosine"; 0.5 is a fall. At least 0.
    cooldown_type : {"cosine", "1-sqrt", "linear", "1-square"}, default "1-sqrt"
        The curve of the cooldown; see Notes.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    With p the progress of the cooldown, its factor is ``1 - p`` ("linear"), ``1 - sqrt(p)``
    ("1-sqrt") or ``1 - p^2`` ("1-square"), all to 0 whatever ``min_lr_ratio`` is, or ``min_lr_ratio
    + (1 - min_lr_ratio) * (1 + cos(2*pi*num_cycles*p))/2`` ("cosine").

    The rate at step 0 is 0, if there is a warmup.

    References
    ----------
    pytorch_optimizer 4.1 (2026), ``pytorch_optimizer.lr_scheduler.get_wsd_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.pytorch_optimizer.get_wsd_schedule(1.0, 2, 1, 2, cooldown_type="linear")
    >>> s.table(6)
    array([0. , 0.5, 1. , 1. , 0.5, 0. ])
    """
    fall = _cooldown(cooldown_type, num_decay_steps, min_lr_ratio, fraction(num_cycles))
    ends = [
        num_warmup_steps,
        num_warmup_steps + num_stable_steps,
        num_warmup_steps + num_stable_steps + num_decay_steps,
    ]
    return (
        join(
            [linear(0.0, 1.0, num_warmup_steps), constant(1.0), fall, constant(min_lr_ratio)], ends
        )
        * lr
    )


def _check(t_max: int, warmup: int, high: float, low: float) -> None:
    if warmup >= t_max or high < low:
        detail = f"{warmup} of {t_max} steps, {high} and {low}"
        rule = "warmup_steps must be below t_max, max_lr not below min_lr"
        raise ArgumentError(f"{rule}, got {detail}")


def _cooldown(name: str, steps: int, low: float, waves: Fraction) -> Schedule:
    powers = {"linear": 1.0, "1-sqrt": 0.5, "1-square": 2.0}
    if name in powers or not waves:
        return (
            polynomial(1.0, 0.0, steps, power=powers[name], origin="start")
            if name in powers
            else constant(1.0)
        )
    return wave(1.0, low, max(steps, 1) / (2 * waves))
