"""MXNet: figures from its formulas, by the number of the update."""

import math
from functools import partial

from fastlr.presets import mxnet as ours

from . import Case, figures, one_of, rate, real, whole
from .paddle import drawn, integer, number, rising

draw = partial(drawn, "base_lr")


def warmed(settings):
    """Settings with a warmup, whose first rate is at most the base rate."""

    def more(rng):
        own = settings(rng)
        lowest = min(own["base_lr"]) if isinstance(own["base_lr"], list) else own["base_lr"]
        begin = one_of(rng, 0.0, lowest * real(rng, 0.0, 1.0))
        mode = one_of(rng, "linear", "constant")
        steps = whole(rng, 0, 12)
        steps = 0 if steps == own.get("max_update") else steps  # which MXNet divides by
        return {**own, "warmup_steps": steps, "warmup_begin_lr": begin, "warmup_mode": mode}

    return more


def case(preset, settings, formula, steps):
    def rate_of(t, warmup_steps, warmup_begin_lr, warmup_mode, **own):
        n, base = t + 1, own["base_lr"]
        if n >= warmup_steps:
            return formula(n, warmup_steps=warmup_steps, **own)
        return (
            warmup_begin_lr + (base - warmup_begin_lr) * n / warmup_steps
            if warmup_mode == "linear"
            else warmup_begin_lr
        )

    return Case(preset, warmed(settings), figures(rate_of, "base_lr"), steps, count=200)


def factor(n, base_lr, step, factor, stop_factor_lr, warmup_steps):
    for _ in range((n - 1) // step):
        base_lr = max(base_lr * factor, stop_factor_lr)
    return base_lr


def until(max_update, base_lr, final_lr, warmup_steps, n, weight):
    if max_update < warmup_steps:
        return base_lr
    share = (min(n, max_update) - warmup_steps) / (max_update - warmup_steps)
    return final_lr + (base_lr - final_lr) * weight(share)


ending = partial(
    draw,
    max_update=lambda rng: one_of(rng, 5, whole(rng, 1, 40)),
    final_lr=lambda rng: one_of(rng, 0.0, rate(rng)),
)


CASES = [
    case(
        ours.FactorScheduler,
        draw(
            step=integer(1, 9),
            factor=number(0.1, 1.0),
            stop_factor_lr=lambda rng: one_of(rng, 1e-8, rate(rng)),
        ),
        factor,
        lambda own: 40,
    ),
    case(
        ours.MultiFactorScheduler,
        draw(step=lambda rng: [mark + 1 for mark in rising(rng)], factor=number(0.1, 1.0)),
        lambda n, base_lr, step, factor, warmup_steps: (
            base_lr * factor ** sum(mark < n for mark in step)
        ),
        lambda own: 40,
    ),
    case(
        ours.PolyScheduler,
        ending(pwr=number(0.3, 3.0)),
        lambda n, pwr, **own: until(n=n, weight=lambda share: (1 - share) ** pwr, **own),
        lambda own: 45,
    ),
    case(
        ours.CosineScheduler,
        ending(),
        lambda n, **own: until(
            n=n, weight=lambda share: (1 + math.cos(math.pi * share)) / 2, **own
        ),
        lambda own: 45,
    ),
]
