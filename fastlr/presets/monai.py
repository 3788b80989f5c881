"""MONAI's schedules, ``monai.optimizers``, as of MONAI 1.6 (2026).

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update. Rates are in double precision.

>>> import fastlr as flr
>>> flr.presets.monai.WarmupCosineSchedule(1.0, warmup_steps=2, t_total=4).table(5)
array([0. , 0.5, 1. , 0.5, 0. ])
"""

from __future__ import annotations  # help() replaces rules in the text

from typing import Annotated

import numpy as np

from fastlr.arguments.rules import Amount, Number, Rate
from fastlr.presets._building_blocks import waves
from fastlr.presets._rules import Count, Level, Share, preset
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import exponential, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["ExponentialLR", "LinearLR", "WarmupCosineSchedule"]

# MONAI divides by one step less
Several = Annotated[int, Number("an integer from 2 to 2**53", 2, LAST_STEP, whole=True)]


@preset(
    elementwise=True,
    differences="Past num_iter MONAI's line goes on beyond end_lr; fastlr holds end_lr.",
)
def LinearLR(lr: Rate, end_lr: Rate, num_iter: Several) -> Schedule:
    """Go from ``lr`` to ``end_lr`` linearly, to test rates.

    ``lr + (end_lr - lr) * t/(num_iter - 1)``

    Parameters
    ----------
    lr : float or array
        The rate at step 0; an array has one per group. At least 0.
    end_lr : float or array
        The rate at step ``num_iter - 1``. At least 0.
    num_iter : int or array of int
        The number of steps. At least 2.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    MONAI 1.6 (2026), ``monai.optimizers.LinearLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.monai.LinearLR(0.0, end_lr=1.0, num_iter=3).table(3)
    array([0. , 0.5, 1. ])
    """
    return linear(lr, end_lr, np.subtract(num_iter, 1))


@preset(
    elementwise=True,
    differences="Past num_iter MONAI's rate goes on beyond end_lr; fastlr holds end_lr.",
)
def ExponentialLR(lr: Amount, end_lr: Amount, num_iter: Several) -> Schedule:
    """Go from ``lr`` to ``end_lr`` by the same ratio at each step, to test rates.

    ``lr * (end_lr/lr)^(t/(num_iter - 1))``

    Parameters
    ----------
    lr : float or array
        The rate at step 0; an array has one per group. Above 0.
    end_lr : float or array
        The rate at step ``num_iter - 1``. Above 0.
    num_iter : int or array of int
        The number of steps. At least 2.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the last rate is held.

    References
    ----------
    MONAI 1.6 (2026), ``monai.optimizers.ExponentialLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.monai.ExponentialLR(0.01, end_lr=1.0, num_iter=3).table(3)
    array([0.01, 0.1 , 1.  ])
    """
    return exponential(lr, end_lr, np.subtract(num_iter, 1))


@preset()
def WarmupCosineSchedule(
    lr: Rate,
    warmup_steps: Count,
    t_total: Count,
    end_lr: Rate = 0.0,
    cycles: Level = 0.5,
    warmup_multiplier: Share = 0.0,
) -> Schedule:
    """Warm up linearly, then follow a cosine wave, which ``end_lr`` bounds from below.

    ``lr * (m + (1 - m) * t/warmup_steps)``, ``m = warmup_multiplier``, then ``max(end_lr, lr * (1 +
    cos(2*pi*cycles*p))/2)``, p the progress from the end of the warmup to ``t_total``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup, at most ``t_total`` of which count. At least 0.
    t_total : int or array of int
        The number of steps, including the warmup. At least 0.
    end_lr : float or array, default 0.0
        The lowest rate after the warmup. At least 0.
    cycles : float or array, default 0.5
        The number of cosine waves after the warmup; 0.5 is a fall. At least 0.
    warmup_multiplier : float or array, default 0.0
        The rate at step 0, as a share of ``lr``. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    ``end_lr`` cuts the wave off, which would reach 0. Past the end the wave goes on: with half a
    wave the rate climbs back.

    References
    ----------
    MONAI 1.6 (2026), ``monai.optimizers.WarmupCosineSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.monai.WarmupCosineSchedule
    >>> schedule(1.0, 2, 4, end_lr=0.2, warmup_multiplier=0.1).table(5)
    array([0.1 , 0.55, 1.  , 0.5 , 0.2 ])
    """
    warmup = min(warmup_steps, t_total)
    body = waves(lr, 0.0, t_total - warmup, cycles)
    rise = linear(np.multiply(lr, warmup_multiplier), lr, warmup)
    return join([rise, body.maximum(end_lr)], [warmup])
