"""LeRobot's schedules, ``lerobot.optim.schedulers``, as of its main branch of August 2026.

A preset has the name and the fields of a config, with ``lr``, the optimizer's rate, and the
``num_training_steps`` that LeRobot passes to ``build``. Step t is the t-th ``scheduler.step()``
after the constructor's own, so that step 0 has the rate of the first update.

>>> import fastlr as flr
>>> pi0 = flr.presets.lerobot.CosineDecayWithWarmupSchedulerConfig
>>> pi0(2.5e-5, num_training_steps=30_000, num_warmup_steps=1_000, num_decay_steps=30_000,
...     peak_lr=2.5e-5, decay_lr=2.5e-6)([1_000, 30_000])
array([2.49383713e-05, 2.50000000e-06])
"""

from __future__ import annotations  # help() replaces rules in the text

from typing import Annotated

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import phases, waves
from fastlr.presets._rules import Count, Level, Ratio, Span, named, preset
from fastlr.presets.diffusers import get_scheduler
from fastlr.schedule.constructor_names import constant, cosine, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ConstantWithWarmupSchedulerConfig",
    "CosineAnnealingWithWarmupSchedulerConfig",
    "CosineDecayWithWarmupSchedulerConfig",
    "DiffuserSchedulerConfig",
    "VQBeTSchedulerConfig",
]

# diffusers' names but piecewise_constant, which needs an argument that LeRobot does not have
Name = Annotated[
    str,
    named(
        [
            "constant",
            "constant_with_warmup",
            "cosine",
            "cosine_with_restarts",
            "linear",
            "polynomial",
        ]
    ),
]


@preset()
def DiffuserSchedulerConfig(
    lr: Rate,
    num_training_steps: Count,
    name: Name = "cosine",
    num_warmup_steps: Count | None = None,
) -> Schedule:
    """Follow one of diffusers' schedules, by name.

    ``diffusers.get_scheduler(name, lr, num_warmup_steps, num_training_steps)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_training_steps : int or array of int
        The number of steps of the run. At least 0.
    name : str, default "cosine"
        One of "constant", "constant_with_warmup", "cosine", "cosine_with_restarts", "linear",
        "polynomial".
    num_warmup_steps : int or array of int, optional
        The number of steps of the warmup; all but "constant" need it. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``num_warmup_steps`` is missing.

    References
    ----------
    LeRobot (2026), ``lerobot.optim.schedulers.DiffuserSchedulerConfig``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.lerobot.DiffuserSchedulerConfig
    >>> schedule(1.0, num_training_steps=4, num_warmup_steps=2).table(5)
    array([0. , 0.5, 1. , 0.5, 0. ])
    """
    return get_scheduler(
        name, lr, num_warmup_steps=num_warmup_steps, num_training_steps=num_training_steps
    )


@preset()
def VQBeTSchedulerConfig(
    lr: Rate,
    num_training_steps: Count,
    num_warmup_steps: Count,
    num_vqvae_training_steps: Count,
    num_cycles: Level = 0.5,
) -> Schedule:
    """Hold the rate while the VQ-VAE trains, then warm up and follow a cosine wave.

    ``lr`` for the first ``num_vqvae_training_steps``, then ``lr * t/num_warmup_steps`` and ``lr *
    (1 + cos(2*pi*num_cycles*p))/2``, with t counted from there

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_training_steps : int or array of int
        The number of steps of the run. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_vqvae_training_steps : int or array of int
        The number of steps before the warmup. At least 0.
    num_cycles : float or array, default 0.5
        The number of cosine waves after the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The wave has the length of a run without the first phase: when the run ends, it is
    ``num_vqvae_training_steps`` short of its end. Past that the wave goes on.

    References
    ----------
    LeRobot (2026), ``lerobot.optim.schedulers.VQBeTSchedulerConfig``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.lerobot.VQBeTSchedulerConfig(1.0, 4, 2, 2).table(7)
    array([1. , 1. , 0. , 0.5, 1. , 0.5, 0. ])
    """
    after = _warmed_wave(lr, num_warmup_steps, num_training_steps, num_cycles)
    return join([constant(lr), after], [num_vqvae_training_steps])


@preset(elementwise=True)
def ConstantWithWarmupSchedulerConfig(lr: Rate, num_warmup_steps: Count = 1_000) -> Schedule:
    """Warm up linearly, then hold the rate.

    ``lr * t/num_warmup_steps`` during the warmup, then ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int, default 1000
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup.

    References
    ----------
    LeRobot (2026), ``lerobot.optim.schedulers.ConstantWithWarmupSchedulerConfig``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.lerobot.ConstantWithWarmupSchedulerConfig(1.0, num_warmup_steps=2).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return linear(0.0, lr, num_warmup_steps)


@preset()
def CosineAnnealingWithWarmupSchedulerConfig(
    lr: Rate, num_training_steps: Count, num_warmup_steps: Count
) -> Schedule:
    """Warm up linearly, then follow half a cosine wave to 0.

    ``lr * t/num_warmup_steps`` during the warmup, then ``lr * (1 + cos(pi*p))/2``, p the progress
    from its end to ``num_training_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_training_steps : int or array of int
        The number of steps of the run. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the wave goes on: the rate climbs
    back.

    References
    ----------
    LeRobot (2026), ``lerobot.optim.schedulers.CosineAnnealingWithWarmupSchedulerConfig``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.lerobot.CosineAnnealingWithWarmupSchedulerConfig(1.0, 4, 2).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    return _warmed_wave(lr, num_warmup_steps, num_training_steps, 0.5)


@preset()
def CosineDecayWithWarmupSchedulerConfig(
    lr: Rate,
    num_training_steps: Span,
    num_warmup_steps: Count,
    num_decay_steps: Span,
    peak_lr: Ratio,
    decay_lr: Level,
) -> Schedule:
    """Follow half a cosine wave from step 0 on, with a linear warmup in its place at first.

    ``lr * (t + 1)/(W + 1)`` for ``W = num_warmup_steps`` steps, then ``lr * (a + (1 - a) * w)``,
    ``w = (1 + cos(pi*t/num_decay_steps))/2``, ``a = decay_lr/peak_lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_training_steps : int or array of int
        The number of steps of the run. If it is below ``num_decay_steps``, it takes that place,
        and the warmup is shortened by the same factor and cut to whole steps. At least 1.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_decay_steps : int or array of int
        The number of steps of the cosine, including the warmup. At least 1.
    peak_lr : float or array
        The rate to which ``decay_lr`` is compared. Above 0.
    decay_lr : float or array
        The last rate, if ``lr`` is ``peak_lr``. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is ``lr / (num_warmup_steps + 1)``. The cosine has begun at step 0, so that
    the rate after the warmup is below ``lr``. It is scaled by ``lr``, whatever ``peak_lr`` is. Past
    the end the last rate is held.

    References
    ----------
    LeRobot (2026), ``lerobot.optim.schedulers.CosineDecayWithWarmupSchedulerConfig``. After openpi.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.lerobot.CosineDecayWithWarmupSchedulerConfig
    >>> schedule(1.0, 4, num_warmup_steps=1, num_decay_steps=4, peak_lr=1.0, decay_lr=0.0).table(6)
    array([0.5       , 0.85355339, 0.5       , 0.14644661, 0.        ,
           0.        ])
    """
    warmup, decay = num_warmup_steps, num_decay_steps
    if num_training_steps < decay:
        warmup, decay = int(warmup * (num_training_steps / decay)), num_training_steps
    rise = linear(np.divide(lr, warmup + 1), lr, warmup)
    fall = cosine(lr, np.multiply(lr, decay_lr / peak_lr), decay)
    return phases((0, rise, 0), (warmup, fall, 0))


def _warmed_wave(lr: Rate, warmup: int, total: int, num_cycles: float) -> Schedule:
    """A line from 0, then a cosine wave of ``num_cycles`` waves up to step ``total``."""
    body = waves(lr, 0.0, total - warmup, num_cycles)
    return join([linear(0.0, lr, warmup), body], [warmup])
