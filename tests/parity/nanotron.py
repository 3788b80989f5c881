"""nanotron: figures worked out from its formula."""

from math import cos, pi, sqrt

from fastlr.presets import nanotron as ours

from . import Case, figures, one_of, rate, rates, whole


def scheduled(
    t, learning_rate, train_steps, lr_warmup_steps, lr_warmup_style, lr_decay_style, **own
):
    decay, start, low = own["lr_decay_steps"], own["lr_decay_starting_step"], own["min_decay_lr"]
    decay = train_steps - lr_warmup_steps if decay is None else decay
    start = lr_warmup_steps if start is None else start
    low = learning_rate if low is None else low
    if lr_warmup_steps == 0 and decay == 0:
        return learning_rate * learning_rate
    if t <= lr_warmup_steps:
        return (
            learning_rate * t / max(lr_warmup_steps, 1)
            if lr_warmup_style == "linear"
            else learning_rate
        )
    if t < start:
        return learning_rate
    if t >= start + decay:
        return low
    gone = (t - start) / decay
    left = {"linear": 1 - gone, "cosine": (1 + cos(pi * gone)) / 2, "1-sqrt": 1 - sqrt(gone)}[
        lr_decay_style
    ]
    return low + (learning_rate - low) * left


def draw(rng):
    return {
        "learning_rate": rates(rng),
        "train_steps": whole(rng, 1, 40),
        "lr_warmup_steps": one_of(rng, 0, whole(rng, 0, 45)),
        "lr_warmup_style": one_of(rng, "linear", "linear", "constant"),
        "lr_decay_style": one_of(rng, "linear", "cosine", "1-sqrt"),
        "lr_decay_steps": one_of(rng, None, 0, whole(rng, 1, 40)),
        "lr_decay_starting_step": one_of(rng, None, whole(rng, 0, 40)),
        "min_decay_lr": one_of(rng, None, 0.0, rate(rng)),
    }


CASES = [
    Case(ours.LRSchedulerArgs, draw, figures(scheduled, "learning_rate"), lambda own: 60, count=200)
]
