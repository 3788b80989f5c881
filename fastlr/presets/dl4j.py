"""Deeplearning4j's schedules: ``org.nd4j.linalg.schedule`` (2018-2025), in double; step t is an
iteration or an epoch, from 0.

``scheduleType``, iterations or epochs, is not an argument.

>>> StepSchedule(0.1, decayRate=0.5, step=2.5)([2, 3, 5])
array([0.1  , 0.05 , 0.025])
"""

from __future__ import annotations  # help() replaces rules in the text

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
    """Hold a value.

    ``value``

    Parameters
    ----------
    value : float or array
        The value; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Deeplearning4j (2018-2025), ``org.nd4j.linalg.schedule.FixedSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.dl4j.FixedSchedule(0.5)(10)
    0.5
    """
    return constant(value)


@preset()
def ExponentialSchedule(initialValue: Rate, gamma: Level) -> Schedule:
    """Multiply the rate by the same factor at every step.

    ``initialValue * gamma^t``

    Parameters
    ----------
    initialValue : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The factor per step. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Deeplearning4j (2018-2025), ``org.nd4j.linalg.schedule.ExponentialSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.dl4j.ExponentialSchedule(1.0, 0.5).table(3)
    array([1.  , 0.5 , 0.25])
    """
    return geometric(initialValue, gamma)


@preset()
def InverseSchedule(initialValue: Rate, gamma: Level, power: Level) -> Schedule:
    """Decay the rate inversely to time.

    ``initialValue / (1 + gamma*t)^power``

    Parameters
    ----------
    initialValue : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The decay per step. At least 0.
    power : float or array
        The power of the decay. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Deeplearning4j (2018-2025), ``org.nd4j.linalg.schedule.InverseSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.dl4j.InverseSchedule(1.0, 1.0, 1.0).table(2)
    array([1. , 0.5])
    """
    return inverse(initialValue, gamma, power)


@preset()
def StepSchedule(initialValue: Rate, decayRate: Level, step: Duration) -> Schedule:
    """Reduce the rate at regular intervals.

    ``initialValue * decayRate^floor(t/step)``

    Parameters
    ----------
    initialValue : float or array
        The base rate; an array has one per group. At least 0.
    decayRate : float or array
        The factor of a reduction. At least 0.
    step : float or array
        The number of steps per reduction. Above 0; it may be a fraction.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Deeplearning4j (2018-2025), ``org.nd4j.linalg.schedule.StepSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.dl4j.StepSchedule(0.1, decayRate=0.5, step=2.5)([2, 3, 5])
    array([0.1  , 0.05 , 0.025])
    """
    every = fraction(step)
    stairs = geometric(initialValue, decayRate, every.numerator, staircase=True)
    return stairs.paced([every.denominator]) if every.denominator > 1 else stairs


@preset()
def SigmoidSchedule(initialValue: Rate, gamma: Level, stepSize: Count) -> Schedule:
    """Raise the rate along a sigmoid.

    ``initialValue / (1 + exp(-gamma*(t - stepSize)))``

    Parameters
    ----------
    initialValue : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The steepness. At least 0.
    stepSize : int or array of int
        The step at which the rate is half of ``initialValue``. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Deeplearning4j (2018-2025), ``org.nd4j.linalg.schedule.SigmoidSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.dl4j.SigmoidSchedule(1.0, gamma=1.0, stepSize=1).table(3).round(3)
    array([0.269, 0.5  , 0.731])
    """
    return sigmoid(initialValue, gamma, stepSize, rising=True)


@preset()
def PolySchedule(initialValue: Rate, power: Real, maxIter: Span) -> Schedule:
    """Change the rate by a polynomial.

    ``initialValue * (1 + t/maxIter)^power``

    Parameters
    ----------
    initialValue : float or array
        The base rate; an array has one per group. At least 0.
    power : float or array
        The power of the change.
    maxIter : int or array of int
        The number of steps. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    With a power above 0 the rate rises, as in Deeplearning4j. From step ``maxIter`` on it is 0.

    References
    ----------
    Deeplearning4j (2018-2025), ``org.nd4j.linalg.schedule.PolySchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.dl4j.PolySchedule(1.0, power=1.0, maxIter=2).table(3)
    array([1. , 1.5, 0. ])
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
    """Hold one value after another.

    The value of the last step of ``values`` that is at or before t

    Parameters
    ----------
    values : mapping of int to float
        The value per first step. Step 0 must be there.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is no value for step 0.

    References
    ----------
    Deeplearning4j (2018-2025), ``org.nd4j.linalg.schedule.MapSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.dl4j.MapSchedule({0: 1.0, 2: 0.5}).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    if 0 not in values:
        raise ArgumentError(f"values must have one for step 0, got {short_repr(dict(values))}")
    return join([constant(value) for value in values.values()], [step for step in values if step])


@preset(elementwise=True)
def RampSchedule(baseSchedule: Schedule, numIter: Count) -> Schedule:
    """Ramp a schedule up from 0.

    ``baseSchedule(t) * min(1, (t+1)/numIter)``

    Parameters
    ----------
    baseSchedule : Schedule
        The schedule.
    numIter : int or array of int
        The number of steps of the ramp. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    Deeplearning4j (2018-2025), ``org.nd4j.linalg.schedule.RampSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.dl4j.RampSchedule(flr.constant(1.0), numIter=4).table(5)
    array([0.25, 0.5 , 0.75, 1.  , 1.  ])
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
    """Rise and fall linearly in cycles that end in an annealing.

    A line from ``initialLearningRate`` to ``maxLearningRate`` and one back, in ``2*((cycleLength -
    annealingLength)//2)`` steps; then ``initialLearningRate * annealingDecay^(c - (cycleLength -
    annealingLength))``, c steps into the cycle

    Parameters
    ----------
    maxLearningRate : float or array
        The highest rate; an array has one per group. At least 0.
    cycleLength : int or array of int
        The number of steps of a cycle. At least 1.
    initialLearningRate : float or array, optional
        The rate at the beginning of a cycle. By default a tenth of ``maxLearningRate``. At least 0.
    annealingLength : int or array of int, optional
        The number of steps of the annealing. By default a tenth of ``cycleLength``. At least 0.
    annealingDecay : float or array, default 0.1
        The factor per step of the annealing. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``annealingLength`` is above ``cycleLength``, or ``initialLearningRate`` above
        ``maxLearningRate``.

    Notes
    -----
    Cycles repeat forever. If the steps before the annealing are an odd number, it begins a step
    early, divided by ``annealingDecay``.

    References
    ----------
    Deeplearning4j (2018-2025), ``org.nd4j.linalg.schedule.CycleSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.dl4j.CycleSchedule
    >>> s = schedule(1.0, cycleLength=5, initialLearningRate=0.0, annealingLength=1)
    >>> s.table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
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
    """Warm up linearly, then decay by half a cosine wave.

    ``maxLR * t/warmupSteps`` during the warmup, then half a cosine wave to ``minLR`` at step
    ``totalSteps``

    Parameters
    ----------
    maxLR : float or array
        The rate at the end of the warmup; an array has one per group. At least 0.
    warmupSteps : int or array of int
        The number of steps of the warmup. At least 0.
    totalSteps : int or array of int
        The number of steps, including the warmup. At least 0.
    minLR : float or array, default 0.0
        The lowest rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the last rate is held.

    References
    ----------
    Deeplearning4j (2018-2025), ``org.nd4j.linalg.schedule.CosineWarmupSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.dl4j.CosineWarmupSchedule(1.0, 2, 4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    ramp = linear(np.multiply(maxLR, 0), maxLR, warmupSteps)
    return ramp.then(cosine(maxLR, minLR, max(totalSteps - warmupSteps, 0)))
