"""Lightning and Bolts: their schedules from their own code, one number at a time, Bolts's as
torch's recursion goes.
"""

import math

from fastlr.presets import lightning as ours

from . import Case, figures, one_of, rate, rates, real, whole


def finder(t, min_lr, max_lr, num_training, mode):
    r = min((t + 1) / num_training, 1.0) if t else 0.0
    return (
        min_lr * (max_lr / min_lr) ** r if mode == "exponential" else min_lr + r * (max_lr - min_lr)
    )


def bolts(t, lr, warmup_epochs, max_epochs, warmup_start_lr, eta_min):
    """The recursion, from the first step to t."""
    now, left = warmup_start_lr, max_epochs - warmup_epochs
    for epoch in range(1, t + 1):
        if epoch < warmup_epochs:
            now += (lr - warmup_start_lr) / (warmup_epochs - 1)
        elif epoch == warmup_epochs:
            now = lr
        elif (epoch - 1 - max_epochs) % (2 * left) == 0:
            now += (lr - eta_min) * (1 - math.cos(math.pi / left)) / 2
        else:
            ratio = 1 + math.cos(math.pi * (epoch - warmup_epochs) / left)
            ratio /= 1 + math.cos(math.pi * (epoch - warmup_epochs - 1) / left)
            now = ratio * (now - eta_min) + eta_min
    return now


def decay(t, lr, warmup_steps, total_steps, cosine, linear):
    if t < warmup_steps:
        return lr * t / max(1, warmup_steps)
    if not (cosine or linear):
        return lr
    p = (t - warmup_steps) / max(1, total_steps - warmup_steps)
    return lr * (0.5 * (1.0 + math.cos(math.pi * p)) if cosine else max(0.0, 1.0 - p))


def range_test(rng):
    low = rate(rng)
    return {
        "min_lr": low,
        "max_lr": low * real(rng, 2, 1e6),
        "num_training": whole(rng, 1, 40),
        "mode": one_of(rng, *MODES),
    }


MODES = ["exponential", "linear"]


def warmed(rng):
    warmup, floor = whole(rng, 0, 10), one_of(rng, 0.0, 1e-7)
    own = {"warmup_start_lr": one_of(rng, 0.0, rate(rng)), "eta_min": floor}
    return {
        "lr": rates(rng),
        "warmup_epochs": warmup,
        "max_epochs": warmup + whole(rng, 1, 15),
        **own,
    }


def shapes(rng):
    cosine, linear = one_of(rng, (True, False), (False, True), (False, False))
    return {
        "lr": rates(rng),
        "warmup_steps": whole(rng, 0, 10),
        "total_steps": whole(rng, 1, 25),
        "cosine": cosine,
        "linear": linear,
    }


CASES = [
    Case(ours.lr_find, range_test, figures(finder), lambda own: own["num_training"] + 3, count=200),
    Case(
        ours.LinearWarmupCosineAnnealingLR,
        warmed,
        figures(bolts),
        lambda own: 45,
        count=200,
        bound=1e-10,
    ),
    Case(ours.linear_warmup_decay, shapes, figures(decay), lambda own: 50, count=200),
]
