"""TensorFlow Models: ``official.modeling.optimization`` and the schedules of its projects, as of
tf-models-official 2.20 (2026).

Step t is the optimizer's ``iterations``, so that step 0 has the rate of the first update.
TensorFlow Models computes in float32. After a warmup comes a preset, any other schedule, or a rate.
It is at the step of the run; only XLNet's begins at its own step 0. ``name`` is not supported.

>>> from fastlr import presets
>>> decay = presets.tf_keras.polynomial_decay(1.0, 100, end_learning_rate=0.0)
>>> presets.tf_models.WarmUp(1.0, decay, warmup_steps=10)([5, 10, 50])
array([0.5, 0.9, 0.5])
"""

from __future__ import annotations  # help() replaces rules in the text

from itertools import pairwise
from math import floor, log2
from typing import Annotated, Any

import numpy as np

from fastlr.arguments.rules import Flag, Floats, Rate, short_repr, validate
from fastlr.presets._building_blocks import (
    cycling_polynomial,
    fraction,
    geometric,
    knots,
    stairs,
    wave,
)
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Integer,
    Level,
    Levels,
    Marks,
    Ratio,
    Real,
    Span,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    inverse_power,
    inverse_sqrt,
    join,
    linear,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineDecayWithOffset",
    "CosineDecayWithWarmup",
    "CosineLearningRateWithLinearWarmup",
    "DirectPowerDecay",
    "ExponentialDecayWithOffset",
    "LearningRateSchedule",
    "LinearWarmup",
    "PiecewiseConstantDecayWithOffset",
    "PolynomialDecayWithOffset",
    "PolynomialWarmUp",
    "PowerAndLinearDecay",
    "PowerDecayWithOffset",
    "StepCosineDecayWithOffset",
    "StepLearningRateWithLinearWarmup",
    "WarmUp",
    "WarmUpAndPolyDecay",
    "WarmupDecaySchedule",
    "XLNetWarmUp",
]

_MOST = 1e290  # a rate that a schedule may have


def _operand(where: str, value: object) -> Schedule:
    return value if isinstance(value, Schedule) else constant(validate(Rate, where, value))


After = Annotated[Schedule, _operand]  # a schedule, or a rate


# -- Keras's decays at t - offset, not clamped before the offset -----------------------------------


@preset()
def PiecewiseConstantDecayWithOffset(
    boundaries: Marks, values: Levels, offset: Integer = 0
) -> Schedule:
    """Hold one value after another.

    ``values[i]`` after step ``boundaries[i-1] + offset``, up to and including step ``boundaries[i]
    + offset``

    Parameters
    ----------
    boundaries : sequence of int
        The last step of each value but the last. They must never fall.
    values : sequence of float
        The rates, one more than boundaries. At least 0.
    offset : int or array of int, default 0
        The step that counts as 0; it may be below 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is not one value more than boundaries, or boundaries fall.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026),
    ``official.modeling.optimization.PiecewiseConstantDecayWithOffset``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.PiecewiseConstantDecayWithOffset([1], [0.5, 0.25], offset=1).table(4)
    array([0.5 , 0.5 , 0.5 , 0.25])
    """
    return stairs(values, boundaries, after=1 + offset)


@preset(
    differences="With cycle=True, initial_learning_rate must be at least end_learning_rate. It is "
    "held before the offset, where TensorFlow's rates are infinite, NaN or below the "
    "end."
)
def PolynomialDecayWithOffset(
    initial_learning_rate: Rate,
    decay_steps: Span,
    end_learning_rate: Rate = 0.0001,
    power: Ratio = 1.0,
    cycle: Flag = False,
    offset: Integer = 0,
) -> Schedule:
    """Decay the rate by a polynomial, once or in cycles.

    ``(initial_learning_rate - end_learning_rate) * (1 - s/decay_steps)^power + end_learning_rate``,
    ``s = t - offset``

    Parameters
    ----------
    initial_learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    end_learning_rate : float or array, default 0.0001
        The rate at the end. At least 0.
    power : float or array, default 1.0
        The power of the decay. Above 0.
    cycle : bool, default False
        Whether to start again at each multiple of ``decay_steps``, from a lower rate each time.
    offset : int or array of int, default 0
        The step that counts as 0; it may be below 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the rate at step 0 would be below 0, or ``cycle`` is True and ``initial_learning_rate``
        is below ``end_learning_rate``.

    Notes
    -----
    Before the offset the rate is higher still. Past the end the last rate is held. With ``cycle``,
    ``decay_steps`` in the formula is the first multiple of itself at or after s; before the offset
    the first rate is held, where TensorFlow's rates are infinite, NaN or below the end.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026),
    ``official.modeling.optimization.PolynomialDecayWithOffset``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.tf_models.PolynomialDecayWithOffset(1.0, 2, end_learning_rate=0.0, offset=1)
    >>> s.table(4)
    array([1.5, 1. , 0.5, 0. ])
    """
    if cycle:
        cycles = cycling_polynomial(initial_learning_rate, end_learning_rate, power, decay_steps)
        return _shifted(cycles, offset)
    whole = max(decay_steps + offset, 0)
    height = np.subtract(initial_learning_rate, end_learning_rate) * (whole / decay_steps) ** power
    first = np.add(end_learning_rate, height)
    if np.any(first < 0):
        raise ArgumentError(
            f"offset must put the rate at step 0 no lower than 0, got {offset}, and "
            f"{short_repr(first)} there"
        )
    return polynomial(first, end_learning_rate, whole, power=power)


@preset()
def ExponentialDecayWithOffset(
    initial_learning_rate: Rate,
    decay_steps: Span,
    decay_rate: Ratio,
    staircase: Flag = False,
    offset: Integer = 0,
) -> Schedule:
    """Decay the rate exponentially.

    ``initial_learning_rate * decay_rate^((t - offset)/decay_steps)``

    Parameters
    ----------
    initial_learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    decay_rate : float or array
        The factor per ``decay_steps`` steps. Above 0.
    staircase : bool, default False
        Whether to change only at multiples of ``decay_steps``.
    offset : int or array of int, default 0
        The step that counts as 0; it may be below 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The formula holds before the offset too. The schedule never ends.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026),
    ``official.modeling.optimization.ExponentialDecayWithOffset``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.tf_models.ExponentialDecayWithOffset
    >>> s = schedule(1.0, decay_steps=1, decay_rate=0.5, offset=1)
    >>> s.table(3)
    array([2. , 1. , 0.5])
    """
    before = -(-offset // decay_steps)  # whole decays
    first = np.multiply(initial_learning_rate, decay_rate**-before)
    return geometric(first, decay_rate, decay_steps, staircase).skip(before * decay_steps - offset)


@preset(differences="warmup_target and warmup_steps are not supported.")
def CosineDecayWithOffset(
    initial_learning_rate: Rate, decay_steps: Span, alpha: Level = 0.0, offset: Integer = 0
) -> Schedule:
    """Decay the rate by half a cosine wave.

    ``initial_learning_rate * ((1 - alpha) * (1 + cos(pi*s/decay_steps))/2 + alpha)``, ``s = t -
    offset``

    Parameters
    ----------
    initial_learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    decay_steps : int or array of int
        The number of steps of the decay. At least 1.
    alpha : float or array, default 0.0
        The last rate, as a share of the first. At least 0.
    offset : int or array of int, default 0
        The step that counts as 0; it may be below 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Before the offset the wave climbs to it. Past the end the last rate is held. ``warmup_target``
    and ``warmup_steps`` are not supported.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026),
    ``official.modeling.optimization.CosineDecayWithOffset``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.CosineDecayWithOffset(1.0, decay_steps=2, offset=1).table(5)
    array([0.5, 1. , 0.5, 0. , 0. ])
    """
    low = np.multiply(initial_learning_rate, alpha)
    decay = cosine(initial_learning_rate, low, decay_steps)
    if offset <= 0:
        return decay.skip(-offset)
    return join([_wave(initial_learning_rate, low, decay_steps, offset), decay], [offset])


def _shifted(schedule: Schedule, offset: int) -> Schedule:
    return schedule.delay(offset) if offset > 0 else schedule.skip(-offset)


def _wave(high: Floats, low: Floats, half: int, offset: int) -> Schedule:
    """A cosine wave that is high at step ``offset``, before and after it."""
    return wave(high, low, half, -offset % (2 * half))


# -- powers ----------------------------------------------------------------------------------------

_GROWTH = "With a power above 0 the rate grows up to step 2^52, or to about 1e290."


@preset(differences=_GROWTH)
def DirectPowerDecay(initial_learning_rate: Rate, power: Real = 1.0) -> Schedule:
    """Change the rate by a power of the step.

    ``initial_learning_rate * max(t, 1)^power``

    Parameters
    ----------
    initial_learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    power : float or array, default 1.0
        The power of the change.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    With a power above 0, as the default, the rate grows: up to step 2^52 or a rate of about 1e290.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026),
    ``official.modeling.optimization.DirectPowerDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.DirectPowerDecay(1.0, power=-1.0)([0, 1, 2])
    array([1. , 1. , 0.5])
    """
    return _power(initial_learning_rate, power)


@preset(differences=_GROWTH)
def PowerAndLinearDecay(
    initial_learning_rate: Rate,
    total_decay_steps: Span,
    power: Real = 1.0,
    linear_decay_fraction: Level = 0.1,
    offset: Integer = 0,
) -> Schedule:
    """Change the rate by a power of the step, with a linear decay at the end.

    ``initial_learning_rate * max(s, 1)^power * min(1, (N - s)/(linear_decay_fraction*N))``, ``s = t
    - offset``, ``N = total_decay_steps``

    Parameters
    ----------
    initial_learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    total_decay_steps : int or array of int
        The number of steps. At least 1.
    power : float or array, default 1.0
        The power of the change.
    linear_decay_fraction : float or array, default 0.1
        The share of the linear decay; with 0 there is none. At least 0.
    offset : int or array of int, default 0
        The step that counts as 0; it may be below 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the rate is 0. A power above 0 grows up to step 2^52 or a rate of about 1e290.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026),
    ``official.modeling.optimization.PowerAndLinearDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.tf_models.PowerAndLinearDecay(1.0, 4, power=0.0, linear_decay_fraction=0.5)
    >>> s.table(6)
    array([1. , 1. , 1. , 0.5, 0. , 0. ])
    """
    powers = _shifted(_power(initial_learning_rate, power), offset)
    if linear_decay_fraction == 0:
        return powers
    end = fraction(total_decay_steps + offset)
    return powers * knots(
        [(end - total_decay_steps * fraction(linear_decay_fraction), 1.0), (end, 0.0)]
    )


@preset(differences=_GROWTH)
def PowerDecayWithOffset(
    initial_learning_rate: Rate,
    power: Real = 1.0,
    offset: Integer = 0,
    pre_offset_learning_rate: Rate = 1.0e6,
) -> Schedule:
    """Hold, then change the rate by a power of the step.

    ``min(pre_offset_learning_rate, initial_learning_rate * (t - offset)^power)`` after the offset

    Parameters
    ----------
    initial_learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    power : float or array, default 1.0
        The power of the change.
    offset : int or array of int, default 0
        The step that counts as 0; it may be below 0.
    pre_offset_learning_rate : float or array, default 1.0e6
        The rate up to the offset, and the highest one. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    A power above 0 grows up to step 2^52 or a rate of about 1e290.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026),
    ``official.modeling.optimization.PowerDecayWithOffset``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.tf_models.PowerDecayWithOffset
    >>> s = schedule(1.0, power=-1.0, pre_offset_learning_rate=0.5)
    >>> s([0, 1, 4])
    array([0.5 , 0.5 , 0.25])
    """
    after = _power(initial_learning_rate, power).skip(max(-offset, 1))
    return join([constant(pre_offset_learning_rate), after], [max(offset + 1, 0)]).minimum(
        pre_offset_learning_rate
    )


def _power(init: Floats, power: float) -> Schedule:
    """``init * max(t, 1)^power``."""
    if power == 0:
        return constant(init)
    if power < 0:
        return inverse_power(init, -power).delay(1)
    room = _MOST / max(float(np.max(init)), 1.0)
    exponent = min(log2(room) / power, 52.0)  # half is left for an offset
    far = LAST_STEP // 2 if exponent == 52.0 else floor(room ** (1.0 / power))
    return (
        polynomial(0.0, float(far) ** power, far, power=power, origin="start").skip(1).delay(1)
        * init
    )


# -- waves between levels --------------------------------------------------------------------------


@preset(
    differences="From the last boundary on the last value is held; TensorFlow divides by 0 there "
    "and gives NaN."
)
def StepCosineDecayWithOffset(boundaries: Marks, values: Levels, offset: Integer = 0) -> Schedule:
    """Follow half cosine waves from level to level.

    From ``values[i]`` at ``boundaries[i] + offset`` to ``values[i+1]`` at the next boundary

    Parameters
    ----------
    boundaries : sequence of int
        The steps of the levels. They rise strictly.
    values : sequence of float
        The levels, as many as boundaries. At least 0.
    offset : int or array of int, default 0
        The step that counts as 0; it may be below 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``values`` are not as many as ``boundaries``, or these do not rise strictly.

    Notes
    -----
    The first wave begins at ``offset``, whatever ``boundaries[0]`` is, and goes on before it. From
    the last boundary on the last value is held; TensorFlow divides by 0 there and gives NaN.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026),
    ``official.modeling.optimization.StepCosineDecayWithOffset``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.StepCosineDecayWithOffset([0, 2, 4], [1.0, 0.5, 0.0]).table(6)
    array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
    """
    if len(boundaries) != len(values):
        raise ArgumentError(
            f"values must be as many as boundaries, got {len(values)} and {len(boundaries)}"
        )
    if not values or any(b <= a for a, b in pairwise(boundaries)):
        raise ArgumentError(
            f"boundaries must rise strictly, at least one, got {short_repr(boundaries)}"
        )
    steps, levels = list(pairwise(boundaries)), list(pairwise(values))
    begins = [at + offset for at in boundaries[1:]]
    waves = [
        _wave(high, low, stop - start, start + offset)
        for (start, stop), (high, low) in zip(steps, levels, strict=True)
    ]
    if waves:
        waves[0] = _wave(*levels[0], steps[0][1] - steps[0][0], offset)
    parts = [part.skip(max(begin, 0)) for part, begin in zip(waves, [0, *begins], strict=False)]
    return join([*parts, constant(values[-1])], [max(begin, 0) for begin in begins])


# -- warmups, and what follows at the step of the run ----------------------------------------------


@preset()
def LinearWarmup(
    after_warmup_lr_sched: After, warmup_steps: Count, warmup_learning_rate: Rate
) -> Schedule:
    """Warm up linearly to a schedule.

    A line from ``warmup_learning_rate`` to ``after(warmup_steps)``, then ``after(t)``

    Parameters
    ----------
    after_warmup_lr_sched : Schedule, float or array
        The schedule or rate after the warmup, at the step of the run.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    warmup_learning_rate : float or array
        The rate at step 0; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026),
    ``official.modeling.optimization.LinearWarmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.LinearWarmup(1.0, warmup_steps=2, warmup_learning_rate=0.0).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    peak = after_warmup_lr_sched(warmup_steps)
    return _then(
        linear(warmup_learning_rate, peak, warmup_steps), warmup_steps, after_warmup_lr_sched
    )


@preset()
def PolynomialWarmUp(
    after_warmup_lr_sched: After, warmup_steps: Count, power: Ratio = 1.0
) -> Schedule:
    """Warm up by a polynomial to a schedule.

    ``after(warmup_steps) * (max(t, 1)/warmup_steps)^power``, then ``after(t)``

    Parameters
    ----------
    after_warmup_lr_sched : Schedule, float or array
        The schedule or rate after the warmup, at the step of the run.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    power : float or array, default 1.0
        The power of the warmup. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step 0 has the rate of step 1.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026),
    ``official.modeling.optimization.PolynomialWarmUp``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.PolynomialWarmUp(1.0, warmup_steps=2).table(4)
    array([0.5, 0.5, 1. , 1. ])
    """
    peak = after_warmup_lr_sched(warmup_steps)
    rise = polynomial(0.0, peak, warmup_steps, power=power, origin="start").skip(1).delay(1)
    return _then(rise, warmup_steps, after_warmup_lr_sched)


@preset()
def WarmUp(
    initial_learning_rate: Rate, decay_schedule_fn: After, warmup_steps: Count, power: Ratio = 1.0
) -> Schedule:
    """Warm up by a polynomial to a schedule, as BERT's code does.

    ``initial_learning_rate * (t/warmup_steps)^power``, then ``decay_schedule_fn(t)``

    Parameters
    ----------
    initial_learning_rate : float or array
        The rate at the end of the warmup; an array has one per group. At least 0.
    decay_schedule_fn : Schedule, float or array
        The schedule or rate after the warmup, at the step of the run.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    power : float or array, default 1.0
        The power of the warmup. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026), ``official.nlp.optimization.WarmUp``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.WarmUp(1.0, 1.0, warmup_steps=2).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return _then(_rise(initial_learning_rate, warmup_steps, power), warmup_steps, decay_schedule_fn)


@preset()
def XLNetWarmUp(
    initial_learning_rate: Rate, decay_schedule_fn: After, warmup_steps: Count, power: Ratio = 1.0
) -> Schedule:
    """Warm up by a polynomial to a schedule, as XLNet's code does.

    ``initial_learning_rate * (t/warmup_steps)^power``, then ``decay_schedule_fn(t - warmup_steps)``

    Parameters
    ----------
    initial_learning_rate : float or array
        The rate at the end of the warmup; an array has one per group. At least 0.
    decay_schedule_fn : Schedule, float or array
        The schedule or rate after the warmup, from its own step 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    power : float or array, default 1.0
        The power of the warmup. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026), ``WarmUp`` of ``official.legacy.xlnet``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.XLNetWarmUp(1.0, 1.0, warmup_steps=2).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return join(
        [_rise(initial_learning_rate, warmup_steps, power), decay_schedule_fn], [warmup_steps]
    )


@preset(
    differences="By default TensorFlow takes the schedule's initial_learning_rate as warmup_lr; "
    "fastlr takes its rate at step 0."
)
def WarmupDecaySchedule(
    lr_schedule: After, warmup_steps: Count, warmup_lr: Rate | None = None
) -> Schedule:
    """Warm up linearly to a schedule.

    ``warmup_lr * t/warmup_steps``, then ``lr_schedule(t)``

    Parameters
    ----------
    lr_schedule : Schedule, float or array
        The schedule or rate after the warmup, at the step of the run.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    warmup_lr : float or array, optional
        The rate that the warmup leads to. By default the schedule's at step 0. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. By default TensorFlow takes the schedule's
    ``initial_learning_rate``.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026), ``WarmupDecaySchedule`` of
    ``official.legacy.image_classification``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.WarmupDecaySchedule(1.0, warmup_steps=2).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    peak = lr_schedule(0) if warmup_lr is None else warmup_lr
    return _then(linear(0.0, peak, warmup_steps), warmup_steps, lr_schedule)


def _rise(peak: Any, steps: int, power: float) -> Schedule:
    return polynomial(0.0, peak, steps, power=power, origin="start")


def _then(rise: Schedule, steps: int, after: Schedule) -> Schedule:
    return join([rise, after.skip(steps)], [steps])


# -- whole schedules of projects -------------------------------------------------------------------


@preset()
def LearningRateSchedule(
    initial_learning_rate: Rate, hidden_size: Span, warmup_steps: Span
) -> Schedule:
    """Warm up linearly, then decay by the inverse square root, scaled by the model's width.

    ``initial_learning_rate * hidden_size^-0.5 * min(1, t/warmup_steps) / sqrt(max(t,
    warmup_steps))``

    Parameters
    ----------
    initial_learning_rate : float or array
        The factor of the rate; an array has one per group. At least 0.
    hidden_size : int or array of int
        The width of the model. At least 1.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0. The schedule never ends.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026), ``LearningRateSchedule`` of
    ``official.legacy.transformer`` and ``official.projects.nhnet``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.LearningRateSchedule(1.0, 4, warmup_steps=4)([0, 4, 16]).round(4)
    array([0.   , 0.25 , 0.125])
    """
    return inverse_sqrt(
        np.divide(initial_learning_rate, np.sqrt(float(hidden_size) * warmup_steps)), warmup_steps
    )


@preset()
def WarmUpAndPolyDecay(
    batch_size: Span,
    decay_exp: Ratio = 2.0,
    learning_rate: Rate = 40.0,
    warmup_steps: Count = 8000,
    decay_steps: Count = 12000,
    decay_start_steps: Count = 10000,
) -> Schedule:
    """Warm up linearly, hold the rate, then decay by a polynomial.

    A line to ``A = learning_rate*batch_size/2048``; A up to ``decay_start_steps``; then ``A * (1 -
    c/decay_steps)^decay_exp``, c steps into the decay

    Parameters
    ----------
    batch_size : int or array of int
        The number of examples per step. At least 1.
    decay_exp : float or array, default 2.0
        The power of the decay. Above 0.
    learning_rate : float or array, default 40.0
        The rate for a batch of 2,048 examples; an array has one per group. At least 0.
    warmup_steps : int or array of int, default 8000
        The number of steps of the warmup. At least 0.
    decay_steps : int or array of int, default 12000
        The number of steps of the decay; with 0 there is none. At least 0.
    decay_start_steps : int or array of int, default 10000
        The step at which the decay begins. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate is never below 0.01. Without a warmup it is A forever.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026), ``WarmUpAndPolyDecay`` of
    ``official.recommendation.ranking``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.WarmUpAndPolyDecay(2048, 1.0, 1.0, 2, 2, 2).table(5)
    array([0.01, 0.5 , 1.  , 0.5 , 0.01])
    """
    peak = np.multiply(learning_rate, batch_size / 2048)
    if warmup_steps == 0:
        return constant(peak)
    fall = polynomial(peak, 0.0, decay_steps, power=decay_exp) if decay_steps else constant(peak)
    return _then(
        linear(0.0, peak, warmup_steps), warmup_steps, fall.delay(decay_start_steps)
    ).maximum(0.01)


@preset()
def CosineDecayWithWarmup(batch_size: Span, total_steps: Span, warmup_steps: Count) -> Schedule:
    """Warm up linearly, then follow a cosine wave.

    A line to ``0.1*batch_size/256``, then half a cosine wave to 0 at ``total_steps``

    Parameters
    ----------
    batch_size : int or array of int
        The number of examples per step. At least 1.
    total_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``total_steps`` is not above ``warmup_steps``.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the wave climbs back, and so on.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026), ``CosineDecayWithWarmup`` of
    ``official.legacy.image_classification``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.CosineDecayWithWarmup(2560, total_steps=4, warmup_steps=2).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    return _warm_wave(0.0, 0.1 * batch_size / 256, warmup_steps, total_steps)


@preset()
def CosineLearningRateWithLinearWarmup(
    total_steps: Span, warmup_learning_rate: Rate, warmup_steps: Count, init_learning_rate: Rate
) -> Schedule:
    """Warm up linearly, then follow a cosine wave.

    A line from ``warmup_learning_rate`` to ``init_learning_rate``, then half a cosine wave to 0 at
    ``total_steps``

    Parameters
    ----------
    total_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    warmup_learning_rate : float or array
        The rate at step 0; an array has one per group. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    init_learning_rate : float or array
        The rate at the end of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``total_steps`` is not above ``warmup_steps``.

    Notes
    -----
    Past the end the wave climbs back, and so on. TensorFlow Models takes all but ``total_steps`` as
    ``params``.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026), ``CosineLearningRateWithLinearWarmup`` of
    ``official.legacy.detection``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.CosineLearningRateWithLinearWarmup(4, 0.0, 2, 1.0).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    return _warm_wave(warmup_learning_rate, init_learning_rate, warmup_steps, total_steps)


def _warm_wave(first: Floats, peak: Floats, warmup: int, total: int) -> Schedule:
    if total <= warmup:
        raise ArgumentError(f"total_steps must be more than warmup_steps, got {total} and {warmup}")
    return join([linear(first, peak, warmup), wave(peak, 0.0, total - warmup)], [warmup])


@preset()
def StepLearningRateWithLinearWarmup(
    warmup_learning_rate: Rate,
    warmup_steps: Count,
    init_learning_rate: Rate,
    learning_rate_levels: Levels,
    learning_rate_steps: Marks,
) -> Schedule:
    """Warm up linearly, then hold one rate after another.

    A line from ``warmup_learning_rate`` to ``init_learning_rate``, which is held;
    ``learning_rate_levels[i]`` from ``learning_rate_steps[i]`` on

    Parameters
    ----------
    warmup_learning_rate : float or array
        The rate at step 0; an array has one per group. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    init_learning_rate : float or array
        The rate at the end of the warmup. At least 0.
    learning_rate_levels : sequence of float
        The later rates, as many as their steps. At least 0.
    learning_rate_steps : sequence of int
        The steps at which they begin. They must never fall.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``learning_rate_levels`` are not as many as ``learning_rate_steps``.

    Notes
    -----
    TensorFlow Models takes these as ``params``, and ``total_steps`` without effect.

    References
    ----------
    TensorFlow Models, tf-models-official 2.20 (2026), ``StepLearningRateWithLinearWarmup`` of
    ``official.legacy.detection``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.tf_models.StepLearningRateWithLinearWarmup(0.0, 2, 1.0, [0.5], [3]).table(5)
    array([0. , 0.5, 1. , 0.5, 0.5])
    """
    levels = [constant(level) for level in learning_rate_levels]
    if len(levels) != len(learning_rate_steps):
        detail = f"{len(levels)} and {len(learning_rate_steps)}"
        raise ArgumentError(
            f"learning_rate_levels must be as many as learning_rate_steps, got {detail}"
        )
    return join(
        [linear(warmup_learning_rate, init_learning_rate, warmup_steps), *levels],
        learning_rate_steps,
    )
