"""optax's schedules, as of optax 0.2.8 (2026), and its plateau rule.

Step t is the optimizer's ``count``: t=0 is the rate of the first update. optax computes in float32
unless JAX is told otherwise, and takes the rates themselves as arguments. An argument that is a
mapping from steps to scales is read in the order of the steps.

>>> from fastlr import presets
>>> presets.optax.warmup_cosine_decay_schedule(0.0, 1.0, warmup_steps=10, decay_steps=110)([5, 10, 60])
array([0.5, 1. , 0.5])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import accumulate
from operator import mul
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Flag, Rate, Unit, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import geometric, knots, stairs
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Integer,
    Level,
    Marks,
    Ratio,
    Scales,
    Share,
    Span,
    preset,
)
from fastlr.schedule.constructors import constant, cosine, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "constant_schedule",
    "cosine_decay_schedule",
    "cosine_onecycle_schedule",
    "exponential_decay",
    "join_schedules",
    "linear_onecycle_schedule",
    "linear_schedule",
    "piecewise_constant_schedule",
    "piecewise_interpolate_schedule",
    "polynomial_schedule",
    "reduce_on_plateau",
    "sgdr_schedule",
    "warmup_constant_schedule",
    "warmup_cosine_decay_schedule",
    "warmup_exponential_decay_schedule",
]


@preset(elementwise=True)
def constant_schedule(value: Rate) -> Schedule:
    """``value`` at every step."""
    return constant(value)


# -- from one level to another ---------------------------------------------------------------------


@preset()
def polynomial_schedule(
    init_value: Rate,
    end_value: Rate,
    power: Ratio,
    transition_steps: Integer,
    transition_begin: Integer = 0,
) -> Schedule:
    """``(init_value - end_value) * (1 - c/transition_steps)^power + end_value``, c steps after
    ``transition_begin``.

    Held before and after; of no steps, or fewer, ``init_value`` for ever. A ``transition_begin``
    below 0 is 0.
    """
    return _polynomial(init_value, end_value, power, transition_steps, transition_begin)


@preset()
def linear_schedule(
    init_value: Rate, end_value: Rate, transition_steps: Integer, transition_begin: Integer = 0
) -> Schedule:
    """``polynomial_schedule`` with ``power=1``."""
    return _polynomial(init_value, end_value, 1.0, transition_steps, transition_begin)


def _polynomial(
    init: npt.ArrayLike, end: npt.ArrayLike, power: float, steps: int, begin: int
) -> Schedule:
    if steps <= 0:
        return constant(np.broadcast_arrays(init, end)[0])
    return polynomial(init, end, steps, power=power).delay(max(begin, 0))


@preset(elementwise=True)
def cosine_decay_schedule(
    init_value: Rate, decay_steps: Span, alpha: Level = 0.0, exponent: Ratio = 1.0
) -> Schedule:
    """``init_value * ((1 - alpha) * ((1 + cos(pi*t/decay_steps))/2)^exponent + alpha)``, held
    from ``t = decay_steps`` on.
    """
    return cosine(init_value, np.multiply(init_value, alpha), decay_steps, exponent=exponent)


@preset()
def exponential_decay(
    init_value: Rate,
    transition_steps: Integer,
    decay_rate: Level,
    transition_begin: Integer = 0,
    staircase: Flag = False,
    end_value: Rate | None = None,
) -> Schedule:
    """``init_value * decay_rate^(c/transition_steps)``, c steps after ``transition_begin``, with
    the floor if ``staircase``.

    At least ``end_value`` at every step where ``decay_rate`` is below 1, else at most. Of no steps,
    or fewer, or with a ``decay_rate`` of 0, ``init_value`` for ever.
    """
    return _exponential(
        init_value, transition_steps, decay_rate, transition_begin, staircase, end_value
    )


def _exponential(
    init: npt.ArrayLike,
    steps: int,
    gamma: float,
    begin: int,
    staircase: bool,
    end: npt.ArrayLike | None,
) -> Schedule:
    if steps <= 0 or gamma == 0:
        return constant(np.broadcast_arrays(init, 0.0 if end is None else end)[0])
    curve = geometric(init, gamma, steps, staircase).delay(max(begin, 0))
    if end is None:
        return curve
    return curve.maximum(end) if gamma < 1 else curve.minimum(end)


# -- steps and knots at given places ---------------------------------------------------------------


@preset()
def piecewise_constant_schedule(
    init_value: Rate, boundaries_and_scales: Scales | None = None
) -> Schedule:
    """``init_value`` times the scales of all boundaries at or before t."""
    scales = dict(boundaries_and_scales or {})
    return stairs(_levels(init_value, scales), list(scales))


@preset()
def piecewise_interpolate_schedule(
    interpolate_type: Literal["linear", "cosine"],
    init_value: Rate,
    boundaries_and_scales: Scales | None = None,
) -> Schedule:
    """From one boundary to the next by lines or half cosine waves; at each the rate is
    ``init_value`` times all scales so far.
    """
    return _interpolated(interpolate_type, init_value, dict(boundaries_and_scales or {}))


@preset()
def linear_onecycle_schedule(
    transition_steps: Span,
    peak_value: Rate,
    pct_start: Share = 0.3,
    pct_final: Share = 0.85,
    div_factor: Ratio = 25.0,
    final_div_factor: Ratio = 1e4,
) -> Schedule:
    """In lines from ``peak_value/div_factor`` to ``peak_value`` and back, then down by
    ``final_div_factor``, and held.

    The knots are at steps ``int(pct_start*transition_steps)``, ``int(pct_final*transition_steps)``
    and ``transition_steps``; where two of them are one step, the scale of the first is lost, as in
    optax.
    """
    scales = {
        int(pct_start * transition_steps): div_factor,
        int(pct_final * transition_steps): 1.0 / div_factor,
        transition_steps: 1.0 / final_div_factor,
    }
    return _interpolated("linear", np.divide(peak_value, div_factor), scales)


@preset()
def cosine_onecycle_schedule(
    transition_steps: Span,
    peak_value: Rate,
    pct_start: Share = 0.3,
    div_factor: Ratio = 25.0,
    final_div_factor: Ratio = 1e4,
) -> Schedule:
    """In half waves from ``peak_value/div_factor`` to ``peak_value`` at step
    ``int(pct_start*transition_steps)``, and down.

    It ends at ``peak_value/(div_factor*final_div_factor)``; with ``pct_start=1`` the rise is lost,
    as in optax.
    """
    scales = {
        int(pct_start * transition_steps): div_factor,
        transition_steps: 1.0 / (div_factor * final_div_factor),
    }
    return _interpolated("cosine", np.divide(peak_value, div_factor), scales)


def _levels(init: npt.ArrayLike, scales: Mapping[int, float]) -> list[Any]:
    return list(accumulate(scales.values(), mul, initial=np.asarray(init)))


def _interpolated(
    curve: Literal["linear", "cosine"], init: npt.ArrayLike, scales: Mapping[int, float]
) -> Schedule:
    ordered = dict(sorted(scales.items()))
    return knots(list(zip([0, *ordered], _levels(init, ordered), strict=True)), curve)


# -- warm-up, and what follows ---------------------------------------------------------------------


@preset()
def warmup_constant_schedule(init_value: Rate, peak_value: Rate, warmup_steps: Integer) -> Schedule:
    """A line from ``init_value`` to ``peak_value`` at ``t = warmup_steps``; without a warm-up,
    ``init_value`` for ever.
    """
    return _polynomial(init_value, peak_value, 1.0, warmup_steps, 0)


@preset(elementwise=True)
def warmup_cosine_decay_schedule(
    init_value: Rate,
    peak_value: Rate,
    warmup_steps: Count,
    decay_steps: Span,
    end_value: Rate = 0.0,
    exponent: Ratio = 1.0,
) -> Schedule:
    """A line to ``peak_value`` at ``t = warmup_steps``, then half a wave to ``end_value`` at
    ``decay_steps``, warm-up included.

    A ``peak_value`` of 0 is held after the warm-up, whatever ``end_value``.
    """
    left = np.subtract(decay_steps, warmup_steps)
    if np.any(left < 1):
        detail = f"decay_steps={short_repr(decay_steps)}, warmup_steps={short_repr(warmup_steps)}"
        raise ArgumentError(f"decay_steps must be more than warmup_steps, got {detail}")
    end = np.where(np.asarray(peak_value) == 0, 0.0, end_value)
    return linear(init_value, peak_value, warmup_steps).then(
        cosine(peak_value, end, left, exponent=exponent)
    )


@preset()
def warmup_exponential_decay_schedule(
    init_value: Rate,
    peak_value: Rate,
    warmup_steps: Count,
    transition_steps: Integer,
    decay_rate: Level,
    transition_begin: Integer = 0,
    staircase: Flag = False,
    end_value: Rate | None = None,
) -> Schedule:
    """A line to ``peak_value`` at ``t = warmup_steps``, then ``exponential_decay`` from its own
    step 0.
    """
    decay = _exponential(
        peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value
    )
    return linear(init_value, peak_value, warmup_steps).then(decay)


def _warmups(where: str, value: object) -> list[Mapping[str, Any]]:
    if (
        not isinstance(value, Sequence)
        or not value
        or not all(isinstance(one, Mapping) for one in value)
    ):
        raise TypeError(
            f"{where} must be mappings, each with the arguments of "
            f"warmup_cosine_decay_schedule, got {short_repr(value)}"
        )
    return list(value)


@preset()
def sgdr_schedule(cosine_kwargs: Annotated[Sequence[Mapping[str, Any]], _warmups]) -> Schedule:
    """``warmup_cosine_decay_schedule`` with each of these arguments, one after another, each
    for its ``decay_steps``.
    """
    return reduce(Schedule.then, [warmup_cosine_decay_schedule(**one) for one in cosine_kwargs])


@preset(elementwise=True)
def join_schedules(schedules: Sequence[Schedule], boundaries: Marks) -> Schedule:
    """``schedules[i]`` from step ``boundaries[i-1]`` on, from its own step 0."""
    return join(schedules, boundaries)


# -- plateau ---------------------------------------------------------------------------------------


@preset(elementwise=True)
def reduce_on_plateau(
    factor: Unit = 0.1,
    patience: Count = 10,
    rtol: Share = 1e-4,
    atol: Level = 0.0,
    cooldown: Count = 0,
    accumulation_size: Span = 1,
    min_scale: Rate = 0.0,
) -> Plateau:
    """``optax.contrib.reduce_on_plateau`` as a rule: ``factor`` once the metric has not been better
    ``patience`` times.

    The metric is the mean of ``accumulation_size`` values. With ``patience=0`` it reduces where the
    metric improves, as in optax.
    """
    return Plateau(
        factor=factor,
        patience=patience,
        rtol=rtol,
        atol=atol,
        cooldown=cooldown,
        floor=min_scale,
        window=accumulation_size,
        nan="bad",
        convention="optax",
    )
