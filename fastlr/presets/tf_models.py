"""TensorFlow Models: ``official.modeling.optimization`` and the schedules of its projects, as of
tf-models-official 2.20 (2026).

Step t is the optimizer's ``iterations``, so that step 0 has the rate of the first update. All of it
is float32. What follows a warmup is a preset, or any schedule, or a rate; a warmup does not shift
its steps, except in XLNet. ``name`` is not supported.

>>> from fastlr import presets
>>> decay = presets.tf_keras.polynomial_decay(1.0, 100, end_learning_rate=0.0)
>>> presets.tf_models.WarmUp(1.0, decay, warmup_steps=10)([5, 10, 50])
array([0.5, 0.9, 0.5])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from itertools import pairwise
from math import floor, log2
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Flag, Rate, short_repr, validate
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
    """``values[i]`` after step ``boundaries[i-1] + offset``, up to and including step
    ``boundaries[i] + offset``.
    """
    return stairs(values, boundaries, after=1 + offset)


@preset(
    differences="With cycle, initial_learning_rate must be at least end_learning_rate, and is "
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
    """``(initial_learning_rate - end_learning_rate) * (1 - s/decay_steps)^power +
    end_learning_rate``, s = t - offset, and held.

    Before the offset it is higher still, ``(1 + offset/decay_steps)^power`` as high above the end
    at step 0. With ``cycle``, ``decay_steps`` is the first multiple of itself at or after s.
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
    """``initial_learning_rate * decay_rate^((t - offset)/decay_steps)``, before the offset too;
    a floor if ``staircase``.
    """
    before = -(-offset // decay_steps)  # whole decays
    first = np.multiply(initial_learning_rate, decay_rate**-before)
    return geometric(first, decay_rate, decay_steps, staircase).skip(before * decay_steps - offset)


@preset(differences="warmup_target and warmup_steps are not taken.")
def CosineDecayWithOffset(
    initial_learning_rate: Rate, decay_steps: Span, alpha: Level = 0.0, offset: Integer = 0
) -> Schedule:
    """``initial_learning_rate * ((1 - alpha) * (1 + cos(pi*s/decay_steps))/2 + alpha)``, ``s = t -
    offset``, and held.

    Before the offset the wave goes on: it climbs to the offset.
    """
    low = np.multiply(initial_learning_rate, alpha)
    decay = cosine(initial_learning_rate, low, decay_steps)
    if offset <= 0:
        return decay.skip(-offset)
    return join([_wave(initial_learning_rate, low, decay_steps, offset), decay], [offset])


def _shifted(schedule: Schedule, offset: int) -> Schedule:
    return schedule.delay(offset) if offset > 0 else schedule.skip(-offset)


def _wave(high: npt.ArrayLike, low: npt.ArrayLike, half: int, offset: int) -> Schedule:
    """A cosine wave that is high at step ``offset``, before and after it."""
    return wave(high, low, half, -offset % (2 * half))


# -- powers ----------------------------------------------------------------------------------------

_GROWTH = "A power above 0 grows as far as step 2**52, or a rate of about 1e290."


@preset(differences=_GROWTH)
def DirectPowerDecay(initial_learning_rate: Rate, power: Real = 1.0) -> Schedule:
    """``initial_learning_rate * max(t, 1)^power``: with a power above 0, as the default is, it
    grows.
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
    """``initial_learning_rate * max(s, 1)^power * min(1, (N - s)/(linear_decay_fraction*N))``, not
    below 0.

    ``s = t - offset`` and N is ``total_decay_steps``; with ``linear_decay_fraction=0`` there is no
    line.
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
    """``initial_learning_rate * (t - offset)^power`` after the offset,
    ``pre_offset_learning_rate`` up to it and at most.
    """
    after = _power(initial_learning_rate, power).skip(max(-offset, 1))
    return join([constant(pre_offset_learning_rate), after], [max(offset + 1, 0)]).minimum(
        pre_offset_learning_rate
    )


def _power(init: npt.ArrayLike, power: float) -> Schedule:
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
    differences="From the last boundary on the last value is held, where TensorFlow divides by 0 "
    "and gives NaN."
)
def StepCosineDecayWithOffset(boundaries: Marks, values: Levels, offset: Integer = 0) -> Schedule:
    """Half cosine waves from ``values[i]`` at ``boundaries[i] + offset`` to ``values[i+1]`` at the
    next.

    The first wave goes on before its step 0, which is ``offset``, whatever ``boundaries[0]``: it is
    not clamped.
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
    """A line from ``warmup_learning_rate`` to ``after(warmup_steps)``, then ``after(t)``."""
    peak = after_warmup_lr_sched(warmup_steps)
    return _then(
        linear(warmup_learning_rate, peak, warmup_steps), warmup_steps, after_warmup_lr_sched
    )


@preset()
def PolynomialWarmUp(
    after_warmup_lr_sched: After, warmup_steps: Count, power: Ratio = 1.0
) -> Schedule:
    """``after(warmup_steps) * (max(t, 1)/warmup_steps)^power``, then ``after(t)``: steps 0 and
    1 have one rate.
    """
    peak = after_warmup_lr_sched(warmup_steps)
    rise = polynomial(0.0, peak, warmup_steps, power=power, origin="start").skip(1).delay(1)
    return _then(rise, warmup_steps, after_warmup_lr_sched)


@preset()
def WarmUp(
    initial_learning_rate: Rate, decay_schedule_fn: After, warmup_steps: Count, power: Ratio = 1.0
) -> Schedule:
    """``initial_learning_rate * (t/warmup_steps)^power``, then ``decay_schedule_fn(t)``:
    BERT's, of ``official.nlp``.
    """
    return _then(_rise(initial_learning_rate, warmup_steps, power), warmup_steps, decay_schedule_fn)


@preset()
def XLNetWarmUp(
    initial_learning_rate: Rate, decay_schedule_fn: After, warmup_steps: Count, power: Ratio = 1.0
) -> Schedule:
    """``WarmUp`` of ``official.legacy.xlnet``: after the warmup ``decay_schedule_fn(t -
    warmup_steps)``.
    """
    return join(
        [_rise(initial_learning_rate, warmup_steps, power), decay_schedule_fn], [warmup_steps]
    )


@preset(
    differences="Without a warmup_lr TensorFlow takes the schedule's initial_learning_rate; here "
    "it is its rate at step 0."
)
def WarmupDecaySchedule(
    lr_schedule: After, warmup_steps: Count, warmup_lr: Rate | None = None
) -> Schedule:
    """``warmup_lr * t/warmup_steps``, then ``lr_schedule(t)``: of
    ``official.legacy.image_classification``.
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
    """``initial_learning_rate * hidden_size^-0.5 * min(1, t/warmup_steps) / sqrt(max(t,
    warmup_steps))``.

    Of ``official.legacy.transformer`` and ``official.projects.nhnet``; it begins at 0.
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
    """A line to ``A = learning_rate*batch_size/2048``, A up to ``decay_start_steps``, then ``A * (1
    - c/decay_steps)^decay_exp``.

    Nowhere below 0.01. Without a warmup it is A forever, without ``decay_steps`` it does not fall.
    Of ``official.recommendation.ranking``.
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
    """A line to ``0.1*batch_size/256``, then half a cosine wave to 0 at ``total_steps``, and up
    again, not clamped.

    Of ``official.legacy.image_classification``.
    """
    return _warm_wave(0.0, 0.1 * batch_size / 256, warmup_steps, total_steps)


@preset()
def CosineLearningRateWithLinearWarmup(
    total_steps: Span, warmup_learning_rate: Rate, warmup_steps: Count, init_learning_rate: Rate
) -> Schedule:
    """A line from ``warmup_learning_rate``, then half a cosine wave to 0 at ``total_steps``, and up
    again, not clamped.

    Of ``official.legacy.detection``, which takes all but ``total_steps`` as ``params``.
    """
    return _warm_wave(warmup_learning_rate, init_learning_rate, warmup_steps, total_steps)


def _warm_wave(first: npt.ArrayLike, peak: npt.ArrayLike, warmup: int, total: int) -> Schedule:
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
    """A line from ``warmup_learning_rate`` to ``init_learning_rate``, held;
    ``learning_rate_levels[i]`` from its step on.

    Of ``official.legacy.detection``, which takes these as ``params``, and ``total_steps`` to no
    purpose.
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
