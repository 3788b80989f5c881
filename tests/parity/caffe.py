"""Caffe: figures from its formulas; its counters of milestones and of periods written out."""

import math
from functools import partial

import numpy as np

from fastlr.presets import caffe as ours

from . import Case, figures, one_of, rate, real, whole
from .paddle import drawn, integer, number

draw = partial(drawn, "base_lr")


def case(preset, settings, formula, steps=40):
    return Case(preset, settings, figures(formula, "base_lr"), lambda own: steps, count=200)


def marks(rng):
    """Milestones, some of them given twice or out of order."""
    return [whole(rng, 0, 20) for _ in range(whole(rng, 1, 5))]


def counted(marks, gamma, first):
    """The factors of a counter that takes one milestone a step, from step ``first`` on."""
    passed, t = 0, 0
    while True:
        if t >= first and passed < len(marks) and t >= marks[passed]:
            passed += 1
        yield gamma**passed
        t += 1


def run_multistep(settings, steps):
    factors = counted(settings["stepvalue"], settings["gamma"], 0)
    return np.multiply.outer(settings["base_lr"], [next(factors) for _ in range(steps)])


def periods(rng):
    return {
        "base_lr": rate(rng),
        "period": whole(rng, 1, 9),
        "p_mult": one_of(rng, 1.0, 2.0, real(rng, 1.3, 2.0)),
        "lr_mult": one_of(rng, 1.0, real(rng, 0.3, 1.0)),
        "min_lr": one_of(rng, 0.0, rate(rng)),
    }


def run_sgdr(settings, steps):
    base, period, p_mult, lr_mult, low = settings.values()
    last, restart, table = 0, period, []
    for t in range(steps):
        if t == restart:
            period = int(period * p_mult)
            last, restart, base = t, t + period, base * lr_mult
        table.append(low + 0.5 * (base - low) * (1 + math.cos((t - last) / period * math.pi)))
    return table


CASES = [
    case(ours.fixed, draw(), lambda t, base_lr: base_lr),
    case(
        ours.step,
        draw(gamma=number(0.1, 1.1), stepsize=integer(1, 9)),
        lambda t, base_lr, gamma, stepsize: base_lr * gamma ** (t // stepsize),
    ),
    case(ours.exp, draw(gamma=number(0.5, 1.1)), lambda t, base_lr, gamma: base_lr * gamma**t),
    case(
        ours.inv,
        draw(gamma=number(0.0, 1.0), power=lambda rng: one_of(rng, 0.0, real(rng, 0.1, 2.0))),
        lambda t, base_lr, gamma, power: base_lr * (1 + gamma * t) ** -power,
    ),
    Case(
        ours.multistep,
        draw(gamma=number(0.1, 1.1), stepvalue=marks),
        run_multistep,
        lambda own: 30,
        count=200,
    ),
    case(
        ours.poly,
        draw(power=number(0.3, 3.0), max_iter=integer(1, 30)),
        lambda t, base_lr, power, max_iter: base_lr * max(1 - t / max_iter, 0) ** power,
    ),
    case(
        ours.sigmoid,
        draw(
            gamma=lambda rng: one_of(rng, 0.0, 10 ** real(rng, -3.0, 1.0)), stepsize=integer(1, 30)
        ),
        lambda t, base_lr, gamma, stepsize: base_lr / (1 + math.exp(-gamma * (t - stepsize))),
        60,
    ),
    Case(ours.sgdr, periods, run_sgdr, lambda own: 60, count=100),
]
