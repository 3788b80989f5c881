"""LitGPT: figures worked out from the formula of its pretraining; the two schedulers of torch
that its finetuning joins.
"""

from math import cos, pi

from fastlr.presets import litgpt as ours

from . import Case, figures, one_of, rate, rates, whole
from .torch import RECURSIVE, driven


def get_lr(t, learning_rate, warmup_iters, max_iters, min_lr):
    if t < warmup_iters:
        return learning_rate * t / warmup_iters
    if t > max_iters or warmup_iters == max_iters:
        return min_lr
    return min_lr + (1 + cos(pi * (t - warmup_iters) / (max_iters - warmup_iters))) / 2 * (
        learning_rate - min_lr
    )


def draw(rng):
    return {
        "learning_rate": rates(rng),
        "warmup_iters": one_of(rng, 0, whole(rng, 0, 45)),
        "max_iters": whole(rng, 0, 50),
        "min_lr": one_of(rng, 0.0, rate(rng)),
    }


def finetuning(settings, steps):
    warmup, total = settings["warmup_steps"], settings["max_steps"]

    def joined(schedulers, optimizer):
        rise = schedulers.LambdaLR(optimizer, lambda step: step / warmup)
        fall = schedulers.CosineAnnealingLR(optimizer, T_max=total - warmup)
        return schedulers.SequentialLR(optimizer, [rise, fall], milestones=[warmup])

    return driven(joined, steps, settings["lr"])


def draw_finetuning(rng):
    warmup = whole(rng, 1, 6)
    return {"lr": rates(rng), "warmup_steps": warmup, "max_steps": warmup + whole(rng, 1, 6)}


CASES = [
    Case(ours.get_lr, draw, figures(get_lr, "learning_rate"), lambda own: 60, count=200),
    Case(
        ours.get_lr_scheduler, draw_finetuning, finetuning, lambda own: 20, "torch", bound=RECURSIVE
    ),
]
