"""LitGPT's schedules: ``get_lr`` of its pretraining and ``get_lr_scheduler`` of its finetuning, as
of litgpt 0.5 (2026).

Step t is the iteration, in finetuning the update, counted from 0. With a warmup the first rate is
0. Rates are in double precision.

>>> import fastlr as flr
>>> flr.presets.litgpt.get_lr_scheduler(1.0, warmup_steps=2, max_steps=4).table(6)
array([0. , 0.5, 1. , 0.5, 0. , 0.5])
"""

from __future__ import annotations  # help() replaces rules in the text

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import wave
from fastlr.presets._rules import ArgumentError, Count, Span, preset
from fastlr.schedule.constructor_names import cosine, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["get_lr", "get_lr_scheduler"]


@preset(
    differences="If warmup_iters is max_iters, LitGPT divides by 0 at that step; in fastlr the "
    "rate is min_lr."
)
def get_lr(learning_rate: Rate, warmup_iters: Count, max_iters: Count, min_lr: Rate) -> Schedule:
    """Warm up linearly, then decay by half a cosine wave.

    ``learning_rate * t/warmup_iters`` during the warmup, then half a cosine wave to ``min_lr`` at
    ``max_iters``

    Parameters
    ----------
    learning_rate : float or array
        The rate at the end of the warmup; an array has one per group. At least 0.
    warmup_iters : int or array of int
        The number of iterations of the warmup. At least 0.
    max_iters : int or array of int
        The number of iterations, including the warmup. At least 0.
    min_lr : float or array
        The lowest rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the last rate is held. If
    ``warmup_iters`` is ``max_iters``, LitGPT divides by 0 at that step; in fastlr the rate is
    ``min_lr``.

    References
    ----------
    LitGPT 0.5 (2026), ``litgpt.pretrain.get_lr``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.litgpt.get_lr(1.0, warmup_iters=2, max_iters=4, min_lr=0.0).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    return linear(0.0, learning_rate, warmup_iters).then(
        cosine(learning_rate, min_lr, max(max_iters - warmup_iters, 0))
    )


@preset(differences="Without a warmup LitGPT divides by 0; fastlr begins with the decay.")
def get_lr_scheduler(lr: Rate, warmup_steps: Count, max_steps: Span) -> Schedule:
    """Warm up linearly, then follow a cosine wave.

    ``lr * t/warmup_steps`` during the warmup, then ``lr * (1 + cos(pi*(t - warmup_steps)/(max_steps
    - warmup_steps)))/2``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    max_steps : int or array of int
        The number of steps, including the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_steps`` is not below ``max_steps``.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the wave climbs back, and so on.
    Without a warmup LitGPT divides by 0.

    References
    ----------
    LitGPT 0.5 (2026), ``litgpt.finetune``, ``get_lr_scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.litgpt.get_lr_scheduler(1.0, warmup_steps=2, max_steps=4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    if warmup_steps >= max_steps:
        raise ArgumentError(
            f"warmup_steps must be below max_steps, got {warmup_steps} and {max_steps}"
        )
    return join(
        [linear(0.0, lr, warmup_steps), wave(lr, 0.0, max_steps - warmup_steps)], [warmup_steps]
    )
