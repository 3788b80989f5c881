"""Chainer: figures from its formulas, by the number of the call; its counter of milestones
written out.
"""

from functools import partial

import numpy as np

from fastlr.presets import chainer as ours

from . import Case, figures, one_of, rate, real, whole
from .caffe import counted, marks
from .paddle import drawn, integer, number

draw = partial(drawn, "init")


def case(preset, settings, formula):
    return Case(preset, settings, figures(formula, "init"), lambda own: 40, count=200)


def aimed(formula, rises=lambda own: False):
    """A shift that stops at its target, if it has one; nothing is shifted before the first call."""

    def rate_of(n, init, target, **own):
        value = formula(n, init, **own) if n else init
        if target is None or n == 0:
            return value
        return min(value, target) if rises(own) else max(value, target)

    return rate_of


def target(rng):
    return one_of(rng, None, rate(rng))


def ranges(rng):
    return {
        "value_range": [rate(rng), rate(rng)],
        "time_range": one_of(rng, [whole(rng, 0, 20), whole(rng, 0, 20)], [5, 5]),
    }


def between(n, value_range, time_range):
    (first, last), (begin, end) = value_range, time_range
    if n <= begin:
        return first
    return last if n >= end else first + (n - begin) / (end - begin) * (last - first)


def run_multistep(settings, steps):
    factors = counted(settings["step_value"], settings["gamma"], 1)
    return np.multiply.outer(settings["init"], [next(factors) for _ in range(steps)])


CASES = [
    case(
        ours.ExponentialShift,
        draw(rate=number(0.5, 1.5), target=target),
        aimed(lambda n, init, rate: init * rate**n, lambda own: own["rate"] > 1),
    ),
    case(
        ours.InverseShift,
        draw(
            gamma=number(0.0, 1.0),
            power=lambda rng: one_of(rng, 0.0, real(rng, 0.1, 2.0)),
            target=target,
        ),
        aimed(lambda n, init, gamma, power: init * (1 + gamma * n) ** -power),
    ),
    case(ours.LinearShift, ranges, between),
    Case(
        ours.MultistepShift,
        draw(gamma=number(0.1, 1.2), step_value=marks),
        run_multistep,
        lambda own: 30,
        count=200,
    ),
    case(
        ours.PolynomialShift,
        draw(rate=number(0.3, 3.0), max_count=integer(1, 30), target=target),
        aimed(lambda n, init, rate, max_count: init * max(1 - n / max_count, 0) ** rate),
    ),
    case(
        ours.StepShift,
        draw(gamma=number(0.5, 1.5), step=integer(1, 9), target=target),
        aimed(
            lambda n, init, gamma, step: init * gamma ** (n // step), lambda own: own["gamma"] > 1
        ),
    ),
    case(
        ours.WarmupShift,
        draw(warmup_start=rate, warmup_iter=integer(0, 20)),
        lambda n, init, warmup_start, warmup_iter: (
            warmup_start
            if warmup_iter == 0
            else (min(n, warmup_iter) * init + (warmup_iter - min(n, warmup_iter)) * warmup_start)
            / warmup_iter
        ),
    ),
]
