"""YOLOX's learning rates: the functions behind ``yolox.utils.LRScheduler`` (2022), of iterations.

Step 0 is the first iteration. Each description says which name ``LRScheduler`` has for the
function. ``LRScheduler`` multiplies epochs by the number of iterations per epoch.

>>> import fastlr as flr
>>> s = flr.presets.yolox.yolox_warm_cos_lr(1.0, total_iters=10, warmup_total_iters=4,
...     no_aug_iter=2)
>>> s.table(5)
array([0.    , 0.0625, 0.25  , 0.5625, 1.    ])
"""

from __future__ import annotations  # help() replaces rules in the text

from fractions import Fraction

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import wave
from fastlr.presets._rules import ArgumentError, Count, Level, Marks, Span, preset
from fastlr.schedule.constructor_names import constant, cosine, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = ["cos_lr", "multistep_lr", "warm_cos_lr", "yolox_semi_warm_cos_lr", "yolox_warm_cos_lr"]


@preset()
def cos_lr(lr: Rate, total_iters: Span) -> Schedule:
    """Follow a cosine wave.

    ``lr * (1 + cos(pi*t/total_iters))/2``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    total_iters : int or array of int
        The number of iterations. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the wave climbs back, and so on. YOLOX's ``LRScheduler`` calls it "cos".

    References
    ----------
    YOLOX (2022), ``cos_lr`` of ``yolox.utils.lr_scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.yolox.cos_lr(1.0, total_iters=2).table(5)
    array([1. , 0.5, 0. , 0.5, 1. ])
    """
    return wave(lr, 0.0, total_iters)


@preset()
def warm_cos_lr(
    lr: Rate, total_iters: Span, warmup_total_iters: Count, warmup_lr_start: Rate = 1e-6
) -> Schedule:
    """Warm up linearly, then follow a cosine wave.

    A line from ``warmup_lr_start`` to ``lr``, then half a cosine wave to 0 at ``total_iters``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    total_iters : int or array of int
        The number of iterations. At least 1.
    warmup_total_iters : int or array of int
        The number of iterations of the warmup. At least 0.
    warmup_lr_start : float or array, default 1e-6
        The rate at step 0. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_total_iters`` is not below ``total_iters``.

    Notes
    -----
    Past the end the wave climbs back, and so on. YOLOX's ``LRScheduler`` calls it "warmcos".

    References
    ----------
    YOLOX (2022), ``warm_cos_lr`` of ``yolox.utils.lr_scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.yolox.warm_cos_lr(1.0, 4, warmup_total_iters=2, warmup_lr_start=0.0).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    if warmup_total_iters >= total_iters:
        detail = f"{warmup_total_iters} and {total_iters}"
        raise ArgumentError(f"warmup_total_iters must be below total_iters, got {detail}")
    return linear(warmup_lr_start, lr, warmup_total_iters).then(
        wave(lr, 0.0, total_iters - warmup_total_iters)
    )


@preset()
def yolox_warm_cos_lr(
    lr: Rate,
    total_iters: Span,
    warmup_total_iters: Count,
    no_aug_iter: Count,
    min_lr_ratio: Level = 0.2,
    warmup_lr_start: Rate = 0.0,
) -> Schedule:
    """Warm up by a square, then decay by half a cosine wave.

    ``warmup_lr_start + (lr - warmup_lr_start) * p^2``, p the progress of the warmup, then half a
    cosine wave to ``min_lr_ratio * lr`` at ``total_iters - no_aug_iter``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    total_iters : int or array of int
        The number of iterations. At least 1.
    warmup_total_iters : int or array of int
        The number of iterations of the warmup. At least 0.
    no_aug_iter : int or array of int
        The number of iterations at the lowest rate, at the end. At least 0.
    min_lr_ratio : float or array, default 0.2
        The lowest rate, as a share of ``lr``. At least 0.
    warmup_lr_start : float or array, default 0.0
        The rate at step 0. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the wave the lowest rate is held. YOLOX's ``LRScheduler`` calls it "yoloxwarmcos".

    References
    ----------
    YOLOX (2022), ``yolox_warm_cos_lr`` of ``yolox.utils.lr_scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.yolox.yolox_warm_cos_lr(1.0, 6, 2, no_aug_iter=2, min_lr_ratio=0.0).table(7)
    array([0.  , 0.25, 1.  , 0.5 , 0.  , 0.  , 0.  ])
    """
    rise = polynomial(warmup_lr_start, lr, warmup_total_iters, power=2.0, origin="start")
    fall = cosine(
        lr, np.multiply(lr, min_lr_ratio), max(total_iters - warmup_total_iters - no_aug_iter, 0)
    )
    return join([rise, fall.skip(1)], [warmup_total_iters + 1])


@preset()
def yolox_semi_warm_cos_lr(
    lr: Rate,
    total_iters: Span,
    normal_iters: Count,
    no_aug_iters: Count,
    warmup_total_iters: Count,
    semi_iters: Count,
    iters_per_epoch: Span,
    iters_per_epoch_semi: Span,
    min_lr_ratio: Level = 0.2,
    warmup_lr_start: Rate = 0.0,
) -> Schedule:
    """Warm up by a square, then decay by half a cosine wave at two paces.

    ``yolox_warm_cos_lr``, whose wave goes on at ``iters_per_epoch/iters_per_epoch_semi`` of its
    pace after ``normal_iters``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    total_iters : int or array of int
        The number of iterations. At least 1.
    normal_iters : int or array of int
        The number of iterations at the normal pace, including the warmup. At least 0.
    no_aug_iters : int or array of int
        The number of iterations at the lowest rate, at the end. At least 0.
    warmup_total_iters : int or array of int
        The number of iterations of the warmup. At least 0.
    semi_iters : int or array of int
        The number of iterations at the other pace. At least 0.
    iters_per_epoch : int or array of int
        The number of iterations per epoch at the normal pace. At least 1.
    iters_per_epoch_semi : int or array of int
        The number of iterations per epoch at the other pace. At least 1.
    min_lr_ratio : float or array, default 0.2
        The lowest rate, as a share of ``lr``. At least 0.
    warmup_lr_start : float or array, default 0.0
        The rate at step 0. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_total_iters`` is above ``normal_iters``, or leaves nothing of ``total_iters``
        with ``no_aug_iters``.

    Notes
    -----
    Past ``normal_iters + semi_iters`` the lowest rate is held. YOLOX's ``LRScheduler`` calls it
    "yoloxsemiwarmcos".

    References
    ----------
    YOLOX (2022), ``yolox_semi_warm_cos_lr`` of ``yolox.utils.lr_scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.yolox.yolox_semi_warm_cos_lr(1.0, 8, 4, 2, 2, 2, 1, 1, min_lr_ratio=0.0)
    >>> s.table(8).round(3)
    array([0.   , 0.25 , 1.   , 0.854, 0.5  , 0.146, 0.   , 0.   ])
    """
    half = total_iters - warmup_total_iters - no_aug_iters
    if half < 1 or warmup_total_iters > normal_iters:
        detail = f"{warmup_total_iters}, {normal_iters}, {no_aug_iters} of {total_iters}"
        rule = (
            "warmup_total_iters must be at most normal_iters, and leave some of "
            "total_iters with no_aug_iters"
        )
        raise ArgumentError(f"{rule}, got {detail}")
    low, pace = np.multiply(lr, min_lr_ratio), Fraction(iters_per_epoch, iters_per_epoch_semi)
    rise = polynomial(warmup_lr_start, lr, warmup_total_iters, power=2.0, origin="start")
    slower = wave(lr, low, half / pace, (normal_iters - warmup_total_iters) / pace + 1)
    ends = [
        warmup_total_iters + 1,
        normal_iters + 1,
        max(normal_iters + semi_iters, warmup_total_iters + 1),
    ]
    return join(
        [rise, wave(lr, low, half).skip(1), slower, constant(low)],
        [min(end, ends[-1]) for end in ends],
    )


@preset()
def multistep_lr(lr: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """Reduce the rate at milestones.

    ``lr * gamma^i``, i the number of milestones at or before t

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    milestones : sequence of int
        The iterations of the reductions, in any order.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. YOLOX's ``LRScheduler`` calls it "multistep".

    References
    ----------
    YOLOX (2022), ``multistep_lr`` of ``yolox.utils.lr_scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.yolox.multistep_lr(1.0, [1, 3], gamma=0.5).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    return join(
        [constant(np.multiply(lr, gamma**i)) for i in range(len(milestones) + 1)],
        sorted(milestones),
    )
