"""Mesh TensorFlow: figures of its formulas; they go on where its own are negative, at 0."""

from math import floor

import fastlr as flr
from fastlr.presets import mesh as ours

from . import Case, figures, one_of, rate, real, whole


def length(steps_or_fraction, total):
    return steps_or_fraction * total if steps_or_fraction <= 1 else steps_or_fraction


def some_length(rng):
    return one_of(rng, round(real(rng, 0.05, 1.0), 2), real(rng, 0.05, 1.0), whole(rng, 2, 60))


def decay(t, total_train_steps, steps_or_fraction):
    return max(
        min(1.0, (total_train_steps - t) / length(steps_or_fraction, total_train_steps)), 0.0
    )


def factors(rng):
    total, warmup, number = whole(rng, 10, 40), whole(rng, 1, 12), rate(rng)
    made = [
        number,
        ours.truncated_rsqrt(warmup),
        ours.linear_decay(total, 0.5),
        flr.linear(0.5, 1.0, 4),
    ]
    return {"factors": Factors(made, (number, warmup, total)), "offset": whole(rng, 0, 9)}


class Factors(list):
    """Numbers and schedules, and what they were made of."""

    def __init__(self, made, parts):
        super().__init__(made)
        self.parts = parts


def product(t, factors, offset):
    (number, warmup, total), n = factors.parts, max(t - offset, 0)
    return number * max(n, warmup) ** -0.5 * decay(n, total, 0.5) * (0.5 + 0.5 * min(n, 4) / 4)


def noam(t, total_train_steps, warmup_steps, linear_decay_fraction, multiplier, offset):
    n, total = t - offset, total_train_steps - offset
    fall = min(1.0, (total - n) / (total * linear_decay_fraction)) if linear_decay_fraction else 1.0
    return multiplier * max(n, warmup_steps) ** -0.5 * max(fall, 0.0)


def triangle(t, total_train_steps, cut_fraction, ratio, max_learning_rate, start_step):
    n, cut = max(t - start_step, 0), floor(total_train_steps * cut_fraction)
    p = n / cut if n < cut else 1 - (n - cut) / (cut * (1 / cut_fraction - 1))
    return max(max_learning_rate * (1 + p * (ratio - 1)) / ratio, 0.0)


CASES = [
    Case(ours.product_learning_rate, factors, figures(product), lambda own: 50, count=200),
    Case(
        ours.linear_decay,
        lambda rng: {"total_train_steps": whole(rng, 1, 50), "steps_or_fraction": some_length(rng)},
        figures(decay),
        lambda own: 60,
        count=200,
    ),
    Case(
        ours.linear_warmup,
        lambda rng: {"total_train_steps": whole(rng, 1, 50), "steps_or_fraction": some_length(rng)},
        figures(
            lambda t, total_train_steps, steps_or_fraction: min(
                1.0, t / length(steps_or_fraction, total_train_steps)
            )
        ),
        lambda own: 60,
        count=200,
    ),
    Case(
        ours.truncated_rsqrt,
        lambda rng: {"warmup_steps": whole(rng, 1, 20)},
        figures(lambda t, warmup_steps: max(t, warmup_steps) ** -0.5),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.constant,
        lambda rng: {"value": rate(rng)},
        figures(lambda t, value: value),
        lambda own: 4,
        count=200,
    ),
    Case(
        ours.constant_learning_rate,
        lambda rng: {"learning_rate": rate(rng)},
        figures(lambda t, learning_rate: learning_rate),
        lambda own: 4,
        count=200,
    ),
    Case(
        ours.linear_decay_learning_rate,
        lambda rng: {
            "total_train_steps": whole(rng, 20, 40),
            "initial_lr": rate(rng),
            "offset": whole(rng, 0, 19),
        },
        figures(
            lambda t, total_train_steps, initial_lr, offset: (
                initial_lr
                * max(min(1.0, (total_train_steps - t) / (total_train_steps - offset)), 0.0)
            )
        ),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.learning_rate_schedule_noam,
        lambda rng: {
            "total_train_steps": whole(rng, 20, 40),
            "warmup_steps": whole(rng, 1, 20),
            "multiplier": rate(rng),
            "linear_decay_fraction": one_of(rng, 0.0, 0.1, real(rng, 0.0, 1.0)),
            "offset": whole(rng, 0, 19),
        },
        figures(noam),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.slanted_triangular,
        lambda rng: {
            "total_train_steps": whole(rng, 20, 50),
            "cut_fraction": one_of(rng, 0.1, real(rng, 0.05, 0.9)),
            "ratio": one_of(rng, 32.0, real(rng, 2.0, 40.0)),
            "max_learning_rate": rate(rng),
            "start_step": whole(rng, 0, 5),
        },
        figures(triangle),
        lambda own: 60,
        count=200,
    ),
]
