"""MindSpore: figures from its formulas."""

import math

from fastlr.presets import mindspore as ours

from . import Case, figures, rate, rates, real, whole
from .paddle import GROUPS, draw, integer, number, polynomial, wave


def case(preset, settings, formula, groups=GROUPS):
    return Case(preset, settings, figures(formula, groups), lambda own: 40, count=200)


def per_step(formula):
    def rate_of(t, learning_rate, decay_rate, decay_steps, is_stair):
        whole = t // decay_steps
        return formula(
            learning_rate, decay_rate, decay_steps, whole if is_stair else t / decay_steps
        )

    return rate_of


decaying = draw(
    decay_rate=number(0.05, 1.0),
    decay_steps=integer(1, 9),
    is_stair=lambda rng: bool(whole(rng, 0, 1)),
)


def falling(rng):
    high = rate(rng)
    return {
        "learning_rate": high,
        "end_learning_rate": high * real(rng, 0.0, 1.0),
        "decay_steps": whole(rng, 1, 9),
        "power": real(rng, 0.3, 3.0),
        "update_decay_steps": bool(whole(rng, 0, 1)),
    }


CASES = [
    case(
        ours.ExponentialDecayLR,
        decaying,
        per_step(lambda lr, decay_rate, steps, p: lr * decay_rate**p),
    ),
    case(
        ours.NaturalExpDecayLR,
        decaying,
        per_step(lambda lr, decay_rate, steps, p: lr * math.exp(-decay_rate * p * steps)),
    ),
    case(
        ours.InverseDecayLR,
        decaying,
        per_step(lambda lr, decay_rate, steps, p: lr / (1 + decay_rate * p)),
    ),
    case(
        ours.CosineDecayLR,
        lambda rng: {"min_lr": rate(rng), "max_lr": rates(rng), "decay_steps": whole(rng, 1, 20)},
        lambda t, min_lr, max_lr, decay_steps: wave(
            min(t, decay_steps), max_lr, min_lr, decay_steps
        ),
        "max_lr",
    ),
    case(
        ours.PolynomialDecayLR,
        falling,
        lambda t, learning_rate, end_learning_rate, decay_steps, power, update_decay_steps: (
            polynomial(t, learning_rate, end_learning_rate, decay_steps, power, update_decay_steps)
        ),
    ),
    case(
        ours.WarmUpLR,
        draw(warmup_steps=integer(1, 20)),
        lambda t, learning_rate, warmup_steps: learning_rate * min(t, warmup_steps) / warmup_steps,
    ),
]
