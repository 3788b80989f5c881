"""Ultralytics: figures of its multiplier and of its trainer's warmup."""

from math import cos, pi

from fastlr.presets import ultralytics as ours

from . import Case, figures, one_of, rate, real, whole


def multiplier(rng):
    return {
        "epochs": whole(rng, 1, 12),
        "lrf": real(rng, 0.0, 1.0),
        "cos_lr": one_of(rng, True, False),
    }


def lf(t, epochs, lrf, cos_lr):
    return (
        1 + (lrf - 1) * (1 - cos(pi * t / epochs)) / 2
        if cos_lr
        else max(1 - t / epochs, 0) * (1 - lrf) + lrf
    )


def draw(rng):
    return {
        **multiplier(rng),
        "nb": whole(rng, 1, 6),
        "lr0": rate(rng),
        "warmup_epochs": one_of(rng, 0.0, 3.0, real(rng, 0.0, 5.0)),
        "warmup_bias_lr": rate(rng),
        "momentum": real(rng, 0.8, 0.99),
        "warmup_momentum": real(rng, 0.5, 0.8),
        "param_group": one_of(rng, "weight", "bias"),
        "of": one_of(rng, "lr", "lr", "momentum"),
    }


def trainer(t, nb, epochs, lr0, lrf, cos_lr, warmup_epochs, param_group, of, **own):
    rise = round(min(warmup_epochs, max(epochs - 1, 0)) * nb)
    start, end = (
        own["warmup_bias_lr"] if param_group == "bias" else 0.0,
        lr0 * lf(t // nb, epochs, lrf, cos_lr),
    )
    if of == "momentum":
        start, end = own["warmup_momentum"], own["momentum"]
    return start + (end - start) * t / rise if t < rise else end


CASES = [
    Case(ours.lf, multiplier, figures(lf), lambda own: 30, count=200),
    Case(ours.trainer, draw, figures(trainer), lambda own: 60, count=300),
]
