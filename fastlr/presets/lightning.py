"""Lightning's range test, as of lightning 2.6 (2026), and the two schedules of Lightning Bolts
0.7.0 (2023).

Step t is the t-th ``scheduler.step()`` after the constructor's own, as in torch; the range test is
stepped once per batch.
"""

from __future__ import annotations  # help() replaces rules in the text

from typing import Literal

from fastlr.arguments.rules import Amount, Flag, Rate
from fastlr.presets._building_blocks import wave
from fastlr.presets._rules import ArgumentError, Count, Span, preset
from fastlr.schedule.constructor_names import constant, exponential, join
from fastlr.schedule.constructor_names import cosine as half_wave
from fastlr.schedule.constructor_names import linear as line
from fastlr.schedule.schedule import Schedule

__all__ = ["LinearWarmupCosineAnnealingLR", "linear_warmup_decay", "lr_find"]


@preset(
    elementwise=True,
    differences="The test does not stop at a high loss: all num_training batches have a rate, and "
    "the last one is held.",
)
def lr_find(
    min_lr: Amount = 1e-8,
    max_lr: Amount = 1.0,
    num_training: Span = 100,
    mode: Literal["exponential", "linear"] = "exponential",
) -> Schedule:
    """Raise the rate in Lightning's range test.

    ``min_lr * (max_lr/min_lr)^((t+1)/num_training)`` from step 1 on, or the line through the same
    ends

    Parameters
    ----------
    min_lr : float or array, default 1e-8
        The first rate; an array has one per group. Above 0.
    max_lr : float or array, default 1.0
        The last rate. Above 0.
    num_training : int or array of int, default 100
        The number of batches. At least 1.
    mode : {"exponential", "linear"}, default "exponential"
        Whether the rate rises exponentially or linearly.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is ``min_lr``; as in Lightning, the position 1/num_training is skipped. Past
    the end ``max_lr`` is held. The loss decides nothing in fastlr: every batch has a rate.

    References
    ----------
    Lightning 2.6 (2026), ``lightning.pytorch.tuner.tuning.Tuner.lr_find``. After Smith, *Cyclical
    Learning Rates* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.lightning.lr_find(0.0625, 1.0, num_training=4).table(5).round(3)
    array([0.062, 0.25 , 0.5  , 1.   , 1.   ])
    """
    curve = exponential if mode == "exponential" else line
    return join([constant(min_lr), curve(min_lr, max_lr, num_training).skip(2)], [1])


@preset()
def LinearWarmupCosineAnnealingLR(
    lr: Rate,
    warmup_epochs: Count,
    max_epochs: Span,
    warmup_start_lr: Rate = 0.0,
    eta_min: Rate = 0.0,
) -> Schedule:
    """Warm up linearly, then follow a cosine wave.

    A line from ``warmup_start_lr`` to ``lr`` at step ``warmup_epochs - 1``; ``lr`` once more; then
    ``eta_min + (lr - eta_min) * (1 + cos(pi*(t - warmup_epochs)/(max_epochs - warmup_epochs)))/2``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_epochs : int or array of int
        The number of epochs of the warmup. At least 0.
    max_epochs : int or array of int
        The number of epochs, including the warmup. At least 1.
    warmup_start_lr : float or array, default 0.0
        The rate at step 0. At least 0.
    eta_min : float or array, default 0.0
        The lowest rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``max_epochs`` is not above ``warmup_epochs``.

    Notes
    -----
    Step t is an epoch. The wave does not end at ``max_epochs``: it climbs back to ``lr``, and so
    on. Without a warmup the first half wave falls from ``warmup_start_lr``, whatever ``lr`` is.

    References
    ----------
    Lightning Bolts 0.7 (2023), ``pl_bolts.optimizers.lr_scheduler.LinearWarmupCosineAnnealingLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.lightning.LinearWarmupCosineAnnealingLR(1.0, warmup_epochs=2, max_epochs=4)
    >>> s.table(6).round(3)
    array([0. , 1. , 1. , 0.5, 0. , 0.5])
    """
    half = max_epochs - warmup_epochs
    if half < 1:
        raise ArgumentError(
            f"max_epochs must be above warmup_epochs, {warmup_epochs}, got {max_epochs}"
        )
    if not warmup_epochs:
        return join([half_wave(warmup_start_lr, eta_min, half), wave(eta_min, lr, half)], [half])
    ramp = (
        line(warmup_start_lr, lr, warmup_epochs - 1)
        if warmup_epochs > 1
        else constant(warmup_start_lr)
    )
    return join([ramp, wave(lr, eta_min, half)], [warmup_epochs])


@preset(
    differences="With linear=True the rate is 0 from total_steps on; in Bolts it falls below 0."
)
def linear_warmup_decay(
    lr: Rate, warmup_steps: Count, total_steps: Span, cosine: Flag = True, linear: Flag = False
) -> Schedule:
    """Warm up linearly, then decay to 0 or hold the rate.

    ``lr * t/warmup_steps`` during the warmup, then half a cosine wave to 0 at step ``total_steps``,
    a line, or ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    total_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    cosine : bool, default True
        Whether the decay is a cosine wave.
    linear : bool, default False
        Whether the decay is a line. Without either the rate stays at ``lr``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If both ``linear`` and ``cosine`` are True.

    Notes
    -----
    Past the end the cosine wave climbs back. With ``linear=True`` the rate stays 0 from
    ``total_steps`` on; in Bolts it falls below 0.

    References
    ----------
    Lightning Bolts 0.7 (2023), ``pl_bolts.optimizers.lr_scheduler.linear_warmup_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.lightning.linear_warmup_decay(1.0, warmup_steps=2, total_steps=4)
    >>> s.table(6).round(3)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    if linear and cosine:
        raise ArgumentError("linear must be False with cosine=True, got True")
    left = max(1, total_steps - warmup_steps)
    decay = wave(lr, 0.0, left) if cosine else line(lr, 0.0, left) if linear else constant(lr)
    return join([line(0.0, lr, max(1, warmup_steps)), decay], [warmup_steps])
