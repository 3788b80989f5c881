"""nanoGPT's schedule: ``get_lr`` of its ``train.py``, as of 2025.

Step t is its ``it``, counted from 0. Rates are in double precision. The arguments are the settings
of the script, with its defaults.

>>> import fastlr as flr
>>> flr.presets.nanogpt.get_lr(1.0, warmup_iters=3, lr_decay_iters=5, min_lr=0.1).table(7)
array([0.25, 0.5 , 0.75, 1.  , 0.55, 0.1 , 0.1 ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fastlr.arguments.rules import Flag, Rate
from fastlr.presets._building_blocks import phases
from fastlr.presets._rules import Count, preset
from fastlr.schedule.constructor_names import constant, cosine, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["get_lr"]


@preset(
    differences="With warmup_iters equal to lr_decay_iters nanoGPT divides by 0 at that step; "
    "here the rate is min_lr."
)
def get_lr(
    learning_rate: Rate = 6e-4,
    warmup_iters: Count = 2000,
    lr_decay_iters: Count = 600000,
    min_lr: Rate = 6e-5,
    decay_lr: Flag = True,
) -> Schedule:
    """``learning_rate * (t+1)/(W+1)`` before ``W = warmup_iters``, then half a cosine wave to
    ``min_lr`` at ``lr_decay_iters``.

    At step 0 the rate is not 0. Without ``decay_lr``, ``learning_rate`` throughout, with no warmup.
    """
    if not decay_lr:
        return constant(learning_rate)
    decay = cosine(learning_rate, min_lr, max(lr_decay_iters - warmup_iters, 0))
    return phases(
        (0, linear(0.0, learning_rate, warmup_iters + 1), -1), (warmup_iters, decay, warmup_iters)
    )
