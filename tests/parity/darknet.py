"""Darknet: figures from its formulas, by the number of the batch."""

import math
from functools import partial

from fastlr.presets import darknet as ours

from . import Case, figures, one_of, rate, real, whole
from .paddle import drawn, integer, number

draw = partial(drawn, "learning_rate", burn_in=integer(0, 12), power=number(0.5, 4.0))


def case(preset, settings, formula, count=200):
    def rate_of(t, learning_rate, burn_in, power, **own):
        b = t + 1
        if b < burn_in:
            return learning_rate * (b / burn_in) ** power
        more = {"power": power} if preset is ours.poly else {}
        return formula(b, learning_rate=learning_rate, **more, **own)

    return Case(preset, settings, figures(rate_of, "learning_rate"), lambda own: 60, count=count)


def steps(rng):
    marks = [whole(rng, 0, 30) for _ in range(whole(rng, 1, 5))]  # out of order, too
    return {**draw()(rng), "steps": marks, "scales": [real(rng, 0.1, 1.5) for _ in marks]}


def scaled(b, learning_rate, steps, scales):
    for step, scale in zip(steps, scales, strict=True):
        if step > b:
            break
        learning_rate *= scale
    return learning_rate


def sig(b, learning_rate, gamma, step, flavour):
    if flavour == "pjreddie" and b < step and gamma > 0:
        return 0.0
    return learning_rate / (1 + math.exp(gamma * (b - step)))


def sgdr(b, learning_rate, learning_rate_min, sgdr_cycle, sgdr_mult):
    start = 0
    while start + sgdr_cycle < b:
        start, sgdr_cycle = start + sgdr_cycle, sgdr_cycle * sgdr_mult
    return (
        learning_rate_min
        + (learning_rate - learning_rate_min)
        * (1 + math.cos((b - start) * math.pi / sgdr_cycle))
        / 2
    )


CASES = [
    case(ours.constant, draw(), lambda b, learning_rate: learning_rate),
    case(
        ours.step,
        draw(step=integer(1, 9), scale=number(0.1, 1.2)),
        lambda b, learning_rate, step, scale: learning_rate * scale ** (b // step),
    ),
    case(ours.steps, steps, scaled),
    case(
        ours.exp,
        draw(gamma=number(0.5, 1.1)),
        lambda b, learning_rate, gamma: learning_rate * gamma**b,
    ),
    case(
        ours.poly,
        draw(max_batches=integer(1, 50)),
        lambda b, learning_rate, max_batches, power: (
            learning_rate * max(1 - b / max_batches, 0) ** power
        ),
    ),
    case(
        ours.sig,
        draw(
            gamma=lambda rng: one_of(rng, 0.0, 10 ** real(rng, -3.0, 1.0)),
            step=integer(1, 30),
            flavour=lambda rng: one_of(rng, "pjreddie", "AlexeyAB"),
        ),
        sig,
    ),
    case(
        ours.sgdr,
        draw(
            sgdr_cycle=integer(1, 9),
            sgdr_mult=integer(1, 3),
            learning_rate_min=lambda rng: one_of(rng, 0.0, rate(rng)),
        ),
        sgdr,
        50,
    ),
]
