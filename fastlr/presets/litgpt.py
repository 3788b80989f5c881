"""LitGPT's schedules: ``get_lr`` of its pretraining and ``get_lr_scheduler`` of its finetuning, as
of litgpt 0.5 (2026).

Step t is the iteration, or the update in finetuning, counted from 0: a warmup makes the first rate
0. Rates are in double precision.

>>> import fastlr as flr
>>> flr.presets.litgpt.get_lr_scheduler(1.0, warmup_steps=2, max_steps=4).table(6)
array([0. , 0.5, 1. , 0.5, 0. , 0.5])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import wave
from fastlr.presets._rules import ArgumentError, Count, Span, preset
from fastlr.schedule.constructor_names import cosine, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["get_lr", "get_lr_scheduler"]


@preset(
    differences="With warmup_iters equal to max_iters LitGPT divides by 0 at that step; here the "
    "rate is min_lr."
)
def get_lr(learning_rate: Rate, warmup_iters: Count, max_iters: Count, min_lr: Rate) -> Schedule:
    """``learning_rate * t/warmup_iters``, then half a cosine wave to ``min_lr`` at
    ``max_iters``.
    """
    return linear(0.0, learning_rate, warmup_iters).then(
        cosine(learning_rate, min_lr, max(max_iters - warmup_iters, 0))
    )


@preset(differences="Without a warm-up LitGPT divides by 0; here there is none.")
def get_lr_scheduler(lr: Rate, warmup_steps: Count, max_steps: Span) -> Schedule:
    """``lr * t/warmup_steps``, then torch's cosine to 0 at ``max_steps``, not clamped: it climbs
    back after that forever.
    """
    if warmup_steps >= max_steps:
        raise ArgumentError(
            f"warmup_steps must be below max_steps, got {warmup_steps} and {max_steps}"
        )
    return join(
        [linear(0.0, lr, warmup_steps), wave(lr, 0.0, max_steps - warmup_steps)], [warmup_steps]
    )
