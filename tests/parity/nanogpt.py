"""nanoGPT: figures worked out from its formula."""

from math import cos, pi

from fastlr.presets import nanogpt as ours

from . import Case, figures, one_of, rate, rates, whole


def get_lr(t, learning_rate, warmup_iters, lr_decay_iters, min_lr, decay_lr):
    if not decay_lr:
        return learning_rate
    if t < warmup_iters:
        return learning_rate * (t + 1) / (warmup_iters + 1)
    if t > lr_decay_iters or warmup_iters == lr_decay_iters:
        return min_lr
    return min_lr + (1 + cos(pi * (t - warmup_iters) / (lr_decay_iters - warmup_iters))) / 2 * (
        learning_rate - min_lr
    )


def draw(rng):
    return {
        "learning_rate": rates(rng),
        "warmup_iters": one_of(rng, 0, whole(rng, 0, 45)),
        "lr_decay_iters": whole(rng, 0, 50),
        "min_lr": one_of(rng, 0.0, rate(rng)),
        "decay_lr": bool(rng.random() < 0.9),
    }


CASES = [Case(ours.get_lr, draw, figures(get_lr, "learning_rate"), lambda own: 60, count=200)]
