"""Deeplearning4j's schedules: ``org.nd4j.linalg.schedule`` (2018-2025), in double; step t is an
iteration or an epoch, from 0.

``scheduleType``, which of the two it is, is left out.

>>> StepSchedule(0.1, decayRate=0.5, step=2.5)([2, 3, 5])
array([0.1  , 0.05 , 0.025])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from math import floor

import numpy as np

from fastlr.arguments.rules import Rate, short_repr
from fastlr.presets._building_blocks import fraction, geometric, inverse, sigmoid
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Duration,
    Level,
    Ratio,
    Real,
    Scales,
    Span,
    preset,
)
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    exponential,
    join,
    linear,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineWarmupSchedule",
    "CycleSchedule",
    "ExponentialSchedule",
    "FixedSchedule",
    "InverseSchedule",
    "MapSchedule",
    "PolySchedule",
    "RampSchedule",
    "SigmoidSchedule",
    "StepSchedule",
]


@preset(elementwise=True)
def FixedSchedule(value: Rate) -> Schedule:
    """``value``."""
    return constant(value)


@preset()
def ExponentialSchedule(initialValue: Rate, gamma: Level) -> Schedule:
    """``initialValue * gamma^t``."""
    return geometric(initialValue, gamma)


@preset()
def InverseSchedule(initialValue: Rate, gamma: Level, power: Level) -> Schedule:
    """``initialValue / (1 + gamma*t)^power``."""
    return inverse(initialValue, gamma, power)


@preset()
def StepSchedule(initialValue: Rate, decayRate: Level, step: Duration) -> Schedule:
    """``initialValue * decayRate^floor(t/step)``; ``step`` may be a fraction."""
    every = fraction(step)
    stairs = geometric(initialValue, decayRate, every.numerator, staircase=True)
    return stairs.paced([every.denominator]) if every.denominator > 1 else stairs


@preset()
def SigmoidSchedule(initialValue: Rate, gamma: Level, stepSize: Count) -> Schedule:
    """``initialValue / (1 + exp(-gamma*(t - stepSize)))``: it rises, to half of
    ``initialValue`` at ``t = stepSize``.
    """
    return sigmoid(initialValue, gamma, stepSize, rising=True)


@preset()
def PolySchedule(initialValue: Rate, power: Real, maxIter: Span) -> Schedule:
    """``initialValue * (1 + t/maxIter)^power``, then 0 from ``maxIter`` on: for a power above 0
    it rises, whatever its name.
    """
    none = constant(np.multiply(initialValue, 0))
    if power <= 0:
        return join([inverse(initialValue, 1.0, -power, every=maxIter), none], [maxIter])
    double = polynomial(
        0.0, np.multiply(initialValue, 2.0**power), 2 * maxIter, power=power, origin="start"
    )
    return join([double.skip(maxIter), none], [maxIter])


@preset()
def MapSchedule(values: Scales) -> Schedule:
    """The value of the last of the steps in ``values`` that is at or before t; step 0 must be
    there.
    """
    if 0 not in values:
        raise ArgumentError(f"values must have one for step 0, got {short_repr(dict(values))}")
    return join([constant(value) for value in values.values()], [step for step in values if step])


@preset(elementwise=True)
def RampSchedule(baseSchedule: Schedule, numIter: Count) -> Schedule:
    """``baseSchedule(t) * (t + 1)/numIter``, and from step ``numIter - 1`` on
    ``baseSchedule(t)``.
    """
    return linear(0.0, 1.0, numIter).skip(1) * baseSchedule


@preset()
def CycleSchedule(
    maxLearningRate: Rate,
    cycleLength: Span,
    initialLearningRate: Rate | None = None,
    annealingLength: Count | None = None,
    annealingDecay: Ratio = 0.1,
) -> Schedule:
    """Linear up to ``maxLearningRate`` and back in ``2*((cycleLength - annealingLength)//2)`` steps
    repeatedly.

    In what is left of a cycle ``initialLearningRate * annealingDecay^(t - (cycleLength -
    annealingLength))``: where that length is odd, it begins a step early, divided by
    ``annealingDecay``. ``initialLearningRate`` and ``annealingLength`` are a tenth of the other
    rate and length if not given.
    """
    tail = floor(cycleLength * 0.1 + 0.5) if annealingLength is None else annealingLength
    if tail > cycleLength:
        raise ArgumentError(
            f"annealingLength must be at most cycleLength, {cycleLength}, got {tail}"
        )
    low = np.multiply(maxLearningRate, 0.1) if initialLearningRate is None else initialLearningRate
    if np.any(np.greater(low, maxLearningRate)):
        detail = f"{short_repr(maxLearningRate)}, got {short_repr(low)}"
        raise ArgumentError(f"initialLearningRate must be at most maxLearningRate, {detail}")
    size, early = divmod(cycleLength - tail, 2)
    triangle = linear(low, maxLearningRate, size).then(linear(maxLearningRate, low, size))
    fall = exponential(annealingDecay**-early, annealingDecay**tail, tail + early) * np.asarray(low)
    return triangle.then(fall).repeat()


@preset()
def CosineWarmupSchedule(
    maxLR: Rate, warmupSteps: Count, totalSteps: Count, minLR: Rate = 0.0
) -> Schedule:
    """``maxLR * t/warmupSteps``, then half a cosine wave to ``minLR`` at ``totalSteps``."""
    ramp = linear(np.multiply(maxLR, 0), maxLR, warmupSteps)
    return ramp.then(cosine(maxLR, minLR, max(totalSteps - warmupSteps, 0)))
