# ruff: noqa: N803, the framework's own names
"""Deeplearning4j: figures from its formulas."""

import math
from functools import partial

from fastlr.presets import dl4j as ours

from . import Case, figures, one_of, rate, rates, real, whole
from .paddle import drawn, integer, number, wave

draw = partial(drawn, "initialValue")


def case(preset, settings, formula, groups="initialValue"):
    return Case(preset, settings, figures(formula, groups), lambda own: 50, count=200)


def values(rng):
    return {
        "values": {0: rate(rng), **{whole(rng, 1, 30): rate(rng) for _ in range(whole(rng, 0, 4))}}
    }


def cycle(rng):
    high, length = rate(rng), whole(rng, 1, 20)
    return {
        "maxLearningRate": high,
        "cycleLength": length,
        "initialLearningRate": one_of(rng, None, high * real(rng, 0.01, 1.0)),
        "annealingLength": one_of(rng, None, whole(rng, 0, length)),
        "annealingDecay": real(rng, 0.1, 1.2),
    }


def run_cycle(
    t, maxLearningRate, cycleLength, initialLearningRate, annealingLength, annealingDecay
):
    low = maxLearningRate * 0.1 if initialLearningRate is None else initialLearningRate
    tail = math.floor(cycleLength * 0.1 + 0.5) if annealingLength is None else annealingLength
    size, position = (cycleLength - tail) // 2, t % cycleLength
    if position < size:
        return low + (maxLearningRate - low) / size * position
    if position < 2 * size:
        return maxLearningRate - (maxLearningRate - low) / size * (position - size)
    return low * annealingDecay ** (tail - (cycleLength - position))


def ramp(rng):
    return {"baseSchedule": ours.ExponentialSchedule(rates(rng), 0.9), "numIter": whole(rng, 0, 12)}


def run_ramp(settings, steps):
    base, number = settings["baseSchedule"].table(steps), settings["numIter"]
    return base * [1.0 if t >= number - 1 else (t + 1) / number for t in range(steps)]


def warmed(t, maxLR, warmupSteps, totalSteps, minLR):
    if t < warmupSteps:
        return maxLR * t / warmupSteps
    return (
        minLR if t >= totalSteps else wave(t - warmupSteps, maxLR, minLR, totalSteps - warmupSteps)
    )


CASES = [
    case(ours.FixedSchedule, lambda rng: {"value": rates(rng)}, lambda t, value: value, "value"),
    case(
        ours.ExponentialSchedule,
        draw(gamma=number(0.5, 1.1)),
        lambda t, initialValue, gamma: initialValue * gamma**t,
    ),
    case(
        ours.InverseSchedule,
        draw(gamma=number(0.0, 1.0), power=lambda rng: one_of(rng, 0.0, real(rng, 0.1, 2.0))),
        lambda t, initialValue, gamma, power: initialValue / (1 + gamma * t) ** power,
    ),
    case(
        ours.StepSchedule,
        draw(
            decayRate=number(0.1, 1.2),
            step=lambda rng: one_of(rng, float(whole(rng, 1, 9)), whole(rng, 2, 40) / 4),
        ),
        lambda t, initialValue, decayRate, step: initialValue * decayRate ** math.floor(t / step),
    ),
    case(
        ours.SigmoidSchedule,
        draw(
            gamma=lambda rng: one_of(rng, 0.0, 10 ** real(rng, -3.0, 1.0)), stepSize=integer(0, 30)
        ),
        lambda t, initialValue, gamma, stepSize: (
            initialValue / (1 + math.exp(-gamma * (t - stepSize)))
        ),
    ),
    case(
        ours.PolySchedule,
        draw(power=lambda rng: one_of(rng, 0.0, real(rng, -3.0, 3.0)), maxIter=integer(1, 40)),
        lambda t, initialValue, power, maxIter: (
            0.0 if t >= maxIter else initialValue * (1 + t / maxIter) ** power
        ),
    ),
    case(
        ours.MapSchedule,
        values,
        lambda t, values: values[max(step for step in values if step <= t)],
    ),
    Case(ours.RampSchedule, ramp, run_ramp, lambda own: 20, count=200),
    case(ours.CycleSchedule, cycle, run_cycle),
    case(
        ours.CosineWarmupSchedule,
        drawn(
            "maxLR",
            warmupSteps=integer(0, 15),
            totalSteps=integer(0, 40),
            minLR=lambda rng: one_of(rng, 0.0, rate(rng)),
        ),
        warmed,
        "maxLR",
    ),
]
