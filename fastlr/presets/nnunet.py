"""nnU-Net's schedules, ``nnunetv2.training.lr_scheduler``, as of nnunetv2 2.8 (2026).

nnU-Net sets a rate per epoch, with ``lr_scheduler.step(epoch)``: step t is epoch t, from 0. For
rates per iteration use ``staircase(iterations_per_epoch)``. The optimizer's own rate plays no part.

>>> import fastlr as flr
>>> flr.presets.nnunet.PolyLRScheduler(0.01, max_steps=1_000)([0, 500, 999]).round(6)
array([1.000e-02, 5.359e-03, 2.000e-05])
"""

from __future__ import annotations  # help() replaces rules in the text

from fastlr.arguments.rules import Period, Power, Rate
from fastlr.presets._rules import ArgumentError, Count, Exponent, Span, preset
from fastlr.schedule.constructor_names import linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = ["UNEXPRESSED", "Lin_incr_LRScheduler", "PolyLRScheduler", "PolyLRScheduler_offset"]

UNEXPRESSED = {
    "Lin_incr_offset_LRScheduler": "Its rates before start_step are negative. Pass "
    "Lin_incr_LRScheduler(...).delay(start_step).",
    "CosineAnnealingLR_offset": "It passes an argument that CosineAnnealingLR of torch 2.13 does "
    "not take.",
}


@preset(
    elementwise=True,
    differences="Past max_steps nnU-Net takes a power of a negative number; fastlr holds 0.",
)
def PolyLRScheduler(initial_lr: Rate, max_steps: Period, exponent: Power = 0.9) -> Schedule:
    """Decay the rate by a power of the time that is left.

    ``initial_lr * (1 - t/max_steps)^exponent``

    Parameters
    ----------
    initial_lr : float or array
        The rate at step 0; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of epochs. At least 1.
    exponent : float or array, default 0.9
        The exponent. From 1e-3 to 1e3.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at ``max_steps`` and past it is 0.

    References
    ----------
    nnunetv2 2.8 (2026), ``nnunetv2.training.lr_scheduler.polylr.PolyLRScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nnunet.PolyLRScheduler(1.0, max_steps=4, exponent=2.0).table(5)
    array([1.    , 0.5625, 0.25  , 0.0625, 0.    ])
    """
    return polynomial(initial_lr, 0.0, max_steps, power=exponent)


@preset(differences="Past max_steps nnU-Net takes a power of a negative number; fastlr holds 0.")
def PolyLRScheduler_offset(
    initial_lr: Rate, max_steps: Span, start_step: Count, exponent: Exponent = 0.9
) -> Schedule:
    """Hold the rate up to an epoch, then decay it by a power of the time that is left.

    ``initial_lr * (1 - max(t - start_step, 0)/(max_steps - start_step))^exponent``

    Parameters
    ----------
    initial_lr : float or array
        The first rate; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of epochs. At least 1.
    start_step : int or array of int
        The epoch at which the decay begins, below ``max_steps``. At least 0.
    exponent : float or array, default 0.9
        The exponent. From 1e-3 to 1e3.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``start_step`` is not below ``max_steps``.

    Notes
    -----
    nnU-Net's trainer with a warmup follows ``Lin_incr_LRScheduler`` up to ``start_step``, and this
    from there on. The rate at ``max_steps`` and past it is 0.

    References
    ----------
    nnunetv2 2.8 (2026), ``nnunetv2.training.lr_scheduler.warmup.PolyLRScheduler_offset``.

    Examples
    --------
    >>> import fastlr as flr
    >>> warmup = flr.presets.nnunet.Lin_incr_LRScheduler(1.0, max_steps=2)
    >>> decay = flr.presets.nnunet.PolyLRScheduler_offset(1.0, 6, start_step=2, exponent=1.0)
    >>> flr.join([warmup, decay.skip(2)], at=[2]).table(6)
    array([0.5 , 1.  , 1.  , 0.75, 0.5 , 0.25])
    """
    if start_step >= max_steps:
        raise ArgumentError(f"start_step must be below max_steps, {max_steps}, got {start_step}")
    decay = polynomial(initial_lr, 0.0, max_steps - start_step, power=exponent)
    return decay.delay(start_step)


@preset(
    elementwise=True,
    differences="Past max_steps nnU-Net's line goes on beyond max_lr; fastlr holds max_lr.",
)
def Lin_incr_LRScheduler(max_lr: Rate, max_steps: Period) -> Schedule:
    """Warm up linearly.

    ``max_lr * (t + 1)/max_steps``

    Parameters
    ----------
    max_lr : float or array
        The rate at step ``max_steps - 1``; an array has one per group. At least 0.
    max_steps : int or array of int
        The number of epochs of the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. Past the end the last rate is held.

    References
    ----------
    nnunetv2 2.8 (2026), ``nnunetv2.training.lr_scheduler.warmup.Lin_incr_LRScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nnunet.Lin_incr_LRScheduler(1.0, max_steps=4).table(5)
    array([0.25, 0.5 , 0.75, 1.  , 1.  ])
    """
    return linear(0.0, max_lr, max_steps).skip(1)
