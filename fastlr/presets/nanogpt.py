"""nanoGPT's schedule: ``get_lr`` of its ``train.py``, as of 2025.

Step t is its ``it``, counted from 0. Rates are in double precision. The arguments are the settings
of the script, with its defaults.

>>> import fastlr as flr
>>> flr.presets.nanogpt.get_lr(1.0, warmup_iters=3, lr_decay_iters=5, min_lr=0.1).table(7)
array([0.25, 0.5 , 0.75, 1.  , 0.55, 0.1 , 0.1 ])
"""

from __future__ import annotations  # help() replaces rules in the text

from fastlr.arguments.rules import Flag, Rate
from fastlr.presets._building_blocks import phases
from fastlr.presets._rules import Count, preset
from fastlr.schedule.constructor_names import constant, cosine, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["get_lr"]


@preset(
    differences="If warmup_iters is lr_decay_iters, nanoGPT divides by 0 at that step; in fastlr "
    "the rate is min_lr."
)
def get_lr(
    learning_rate: Rate = 6e-4,
    warmup_iters: Count = 2000,
    lr_decay_iters: Count = 600000,
    min_lr: Rate = 6e-5,
    decay_lr: Flag = True,
) -> Schedule:
    """Warm up linearly, then decay by half a cosine wave.

    ``learning_rate * (t+1)/(W+1)`` before step ``W = warmup_iters``, then half a cosine wave to
    ``min_lr`` at ``lr_decay_iters``

    Parameters
    ----------
    learning_rate : float or array, default 6e-4
        The rate at the end of the warmup; an array has one per group. At least 0.
    warmup_iters : int or array of int, default 2000
        The number of iterations of the warmup, W. At least 0.
    lr_decay_iters : int or array of int, default 600000
        The number of iterations, including the warmup. At least 0.
    min_lr : float or array, default 6e-5
        The lowest rate. At least 0.
    decay_lr : bool, default True
        Whether there is a warmup and a decay at all.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. Past the end the last rate is held. If ``warmup_iters`` is
    ``lr_decay_iters``, nanoGPT divides by 0 at that step; in fastlr the rate is ``min_lr``.

    References
    ----------
    nanoGPT (2025), ``train.py``, ``get_lr``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.nanogpt.get_lr(1.0, warmup_iters=3, lr_decay_iters=5, min_lr=0.0).table(7)
    array([0.25, 0.5 , 0.75, 1.  , 0.5 , 0.  , 0.  ])
    """
    if not decay_lr:
        return constant(learning_rate)
    decay = cosine(learning_rate, min_lr, max(lr_decay_iters - warmup_iters, 0))
    return phases(
        (0, linear(0.0, learning_rate, warmup_iters + 1), -1), (warmup_iters, decay, warmup_iters)
    )
