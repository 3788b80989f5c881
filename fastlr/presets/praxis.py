"""praxis's schedules: ``praxis.schedules``, as of praxis 1.4 (2024).

Functions of the step, whose step 0 is the first update. What praxis computes in float32 is here in
float64. A point ``(x, y)`` is a step and the value there.

>>> import fastlr as flr
>>> flr.presets.praxis.Polynomial(power=2, start=(1, 0.0), limit=(3, 1.0)).table(5)
array([0.  , 0.  , 0.25, 1.  , 1.  ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable, Sequence
from functools import partial, reduce
from itertools import accumulate, pairwise
from math import ceil
from operator import add
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Number, Rate, Unit, short_repr
from fastlr.presets._building_blocks import fraction, geometric, in_ticks, rate_at
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Exponent,
    Level,
    Levels,
    Marks,
    Real,
    Span,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    exponential,
    inverse_power,
    inverse_sqrt,
    join,
    linear,
    noam,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "Constant",
    "ContinuousSchedule",
    "Cosine",
    "CycleSchedule",
    "DelayedCosine",
    "Exponential",
    "Linear",
    "LinearRampupCosineDecay",
    "LinearRampupExponentialDecay",
    "LinearRampupPiecewiseConstant",
    "LinearRampupPolynomialDecay",
    "LinearRampupSqrtDecay",
    "PiecewiseConstant",
    "PiecewiseSchedule",
    "Polynomial",
    "SqrtDecay",
    "Transformer",
]

_FAR = 10**9  # the step up to which positions between steps are exact


def _point(where: str, value: object) -> object:
    pair = Number(
        "a step from -2**53 to 2**53 and a value >= 0, (x, y)", -LAST_STEP, 1e290, core=1
    )(where, value)
    if pair.shape != (2,) or pair[1] < 0:
        raise ValueError(
            f"{where} must be a step and a value >= 0, (x, y), got {short_repr(value)}"
        )
    return pair.tolist()


Point = Annotated[tuple[float, float], _point]
Between = Callable[[float, float, int], Schedule]


@preset(elementwise=True)
def Constant(value: Rate = 1.0) -> Schedule:
    """``value``."""
    return constant(value)


@preset()
def Polynomial(
    power: Exponent = 1,
    start: Point = (0, 1.0),
    limit: Point = (1, 1.0),
    origin: Literal["start", "limit"] = "start",
) -> Schedule:
    """``y0 + (y1 - y0) * p^power``, p from 0 at x0 to 1 at x1; of origin "limit", with ``1 -
    (1-p)^power``.
    """
    curve = partial(polynomial, power=power, origin="end" if origin == "limit" else "start")
    return _between(curve, start, limit)


@preset()
def Linear(start: Point = (0, 1.0), limit: Point = (1, 1.0)) -> Schedule:
    """A line from ``start`` to ``limit``."""
    return _between(linear, start, limit)


@preset()
def Exponential(start: Point = (0, 1.0), limit: Point = (1, 0.5)) -> Schedule:
    """Equal ratios from ``start`` to ``limit``, both above 0: a line of the logarithms."""
    if start[1] == 0 or limit[1] == 0:
        raise ArgumentError(f"start and limit must have values above 0, got {start} and {limit}")
    return _between(exponential, start, limit)


@preset(
    elementwise=True,
    differences="Of total_steps=0 step 0 is NaN in praxis; here it is final_value too.",
)
def Cosine(initial_value: Rate = 1.0, final_value: Rate = 0.0, total_steps: Count = 0) -> Schedule:
    """Half a cosine wave from ``initial_value`` to ``final_value`` at ``t = total_steps``."""
    return cosine(initial_value, final_value, total_steps)


@preset()
def DelayedCosine(start: Point = (0, 1.0), limit: Point = (1, 0.5)) -> Schedule:
    """Half a cosine wave from ``start`` to ``limit``."""
    return _between(cosine, start, limit)


@preset()
def LinearRampupPolynomialDecay(
    warmup_steps: Count = 0,
    decay_start: Count = 0,
    decay_end: Count = 0,
    power: Exponent = 1,
    min_ratio: Level = 0.01,
    max: Rate = 0.0,  # noqa: A002
) -> Schedule:
    """A line from 0 to ``max`` at ``warmup_steps``, held to ``decay_start``, then ``max +
    (min_ratio*max - max) * p^power``.

    p goes from 0 to 1 at ``decay_end``, and the end is held. ``max`` must be above 0 and
    ``decay_end`` above ``decay_start``.
    """
    curve = partial(polynomial, power=power, origin="start")
    return _ramped(curve, warmup_steps, decay_start, decay_end, max, min_ratio)


@preset()
def LinearRampupCosineDecay(
    warmup_steps: Count = 0,
    decay_start: Count = 0,
    decay_end: Count = 0,
    min_ratio: Level = 0.01,
    max: Rate = 0.0,  # noqa: A002
) -> Schedule:
    """A line from 0 to ``max`` at ``warmup_steps``, held, and half a cosine wave to
    ``min_ratio*max`` at ``decay_end``.
    """
    return _ramped(cosine, warmup_steps, decay_start, decay_end, max, min_ratio)


@preset()
def LinearRampupExponentialDecay(
    warmup_steps: Count = 0,
    decay_start: Count = 0,
    decay_end: Count = 0,
    min_ratio: Level = 0.01,
    max: Rate = 0.0,  # noqa: A002
) -> Schedule:
    """A line from 0 to ``max`` at ``warmup_steps``, held, and equal ratios to ``min_ratio*max``
    at ``decay_end``.
    """
    if min_ratio == 0:
        raise ArgumentError("min_ratio must be above 0, got 0.0")
    return _ramped(
        exponential,
        warmup_steps,
        decay_start,
        decay_end,
        max,
        min_ratio,
    )


@preset(elementwise=True)
def LinearRampupSqrtDecay(peak: Rate = 1.0, warmup_steps: Span = 4000) -> Schedule:
    """``peak * min(c/warmup_steps, sqrt(warmup_steps/c))``, ``c = max(t, 1)``: steps 0 and 1
    have the same rate.
    """
    return inverse_sqrt(peak, warmup_steps).skip(1).delay(1)


@preset()
def LinearRampupPiecewiseConstant(boundaries: Marks, values: Levels) -> Schedule:
    """A line from 0 to ``values[0]`` at ``boundaries[0]``, then ``values[i]`` from
    ``boundaries[i]`` on.

    Values of 0 are taken as by ``PiecewiseConstant``.
    """
    _as_many(values, boundaries, 0)
    if not boundaries or boundaries[0] < 1:
        raise ArgumentError(f"boundaries must begin above 0, got {list(boundaries)}")
    rest = [boundary - boundaries[0] for boundary in boundaries[1:]]
    return linear(0.0, values[0], boundaries[0]).then(_stairs(values, rest))


@preset()
def PiecewiseConstant(boundaries: Marks, values: Levels) -> Schedule:
    """``values[i]`` where ``boundaries[i-1] <= t < boundaries[i]``, the last from the last boundary
    on.

    A value of 0 is none to praxis, which takes the next one above 0 in its place, but not the last,
    and 0 where there is none.
    """
    _as_many(values, boundaries, 1)
    return _stairs(values, boundaries)


@preset()
def Transformer(
    warmup_steps: Span = 4000,
    model_dim: Span = 512,
    worker_replicas: Span = 1,
    decay_end: Count | None = None,
) -> Schedule:
    """``model_dim^-0.5 * min(n * W^-1.5, n^-0.5)``, n = t + 1 up to ``decay_end``, ``W =
    warmup_steps * worker_replicas``.
    """
    whole = noam(model_dim, warmup_steps * worker_replicas)
    return (
        whole
        if decay_end is None
        else join([whole, constant(rate_at(whole, decay_end))], [decay_end])
    )


@preset()
def SqrtDecay(decay_start: Span = 10000, multiplier: Rate = 1.0, offset: Real = 0.0) -> Schedule:
    """``multiplier / sqrt(max(t - offset, decay_start))``."""
    top, begin = np.multiply(multiplier, decay_start**-0.5), fraction(offset) + decay_start
    first = max(ceil(begin), 0)
    fall = in_ticks(partial(inverse_power, top, 0.5), decay_start, first - begin, reach=_FAR)
    return join([constant(top), fall], [first])


@preset(elementwise=True)
def PiecewiseSchedule(boundaries: Marks, schedules: Sequence[Schedule]) -> Schedule:
    """``schedules[i]`` from ``boundaries[i-1]`` on, each from its own step 0."""
    return join(schedules, boundaries)


@preset()
def CycleSchedule(schedules: Sequence[Schedule], steps: Marks) -> Schedule:
    """``schedules[0]`` for ``steps[0]`` steps, ``schedules[1]`` for ``steps[1]``, and so on
    repeatedly.

    All go on by the step of the run: one that waits has moved on when its turn comes.
    """
    if len(steps) != len(schedules) or not sum(steps):
        detail = f"{list(steps)} for {len(schedules)} schedules"
        raise ArgumentError(f"steps must be as many as schedules, above 0 in all, got {detail}")
    ends = list(accumulate(steps, initial=0))
    gates = (_steps_from(begin, end, ends[-1]) for begin, end in pairwise(ends))
    return reduce(add, (schedule * gate for schedule, gate in zip(schedules, gates, strict=True)))


@preset()
def ContinuousSchedule(
    initial_value: Rate = 1.0,
    start_step: Count = 400_000,
    half_life_steps: Span = 100_000,
    min: Unit = 0.01,  # noqa: A002
) -> Schedule:
    """``initial_value``, halved every ``half_life_steps`` from ``start_step`` on, in no steps,
    down to ``min`` times it.
    """
    floor: Any = np.multiply(initial_value, min)
    return geometric(initial_value, 0.5, half_life_steps).delay(start_step).maximum(floor)


def _between(curve: Any, start: Sequence[float], limit: Sequence[float]) -> Schedule:
    """A curve between two points, whose steps may be fractions."""
    (x0, y0), (x1, y1) = start, limit
    if x0 >= x1:
        raise ArgumentError(f"limit must come after start, got {start} and {limit}")
    begin = max(ceil(x0), 0)
    body = in_ticks(partial(curve, y0, y1), fraction(x1) - fraction(x0), begin - fraction(x0))
    return join([constant(y0), body], [begin]) if begin else body


def _ramped(
    curve: Any, warmup: int, start: int, end: int, high: npt.ArrayLike, min_ratio: float
) -> Schedule:
    if not np.all(np.asarray(high) > 0):
        raise ArgumentError(f"max must be above 0, got {short_repr(high)}")
    if not warmup <= start < end:
        detail = f"warmup_steps={warmup}, decay_start={start}, decay_end={end}"
        raise ArgumentError(
            f"decay_end must be above decay_start, and that no less than warmup_steps, got {detail}"
        )
    fall = curve(high, np.multiply(high, min_ratio), end - start)
    return join([linear(0.0, high, warmup), fall], [start])


def _as_many(values: Sequence[Any], marks: Sequence[int], more: int) -> None:
    """Raise unless there are so many more values than boundaries, which never fall."""
    if len(values) != len(marks) + more or sorted(marks) != list(marks):
        rule = f"{'one fewer than' if more else 'as many as'} values and never fall"
        raise ArgumentError(
            f"boundaries must be {rule}, got {list(marks)} for {len(values)} values"
        )


def _stairs(values: Sequence[float], boundaries: Sequence[int]) -> Schedule:
    *before, last = values
    kept = [next((value for value in before[i:] if value > 0), 0.0) for i in range(len(before))]
    return join(list(map(constant, [*kept, last])), boundaries)


def _steps_from(begin: int, end: int, period: int) -> Schedule:
    """1 at those steps of each period, 0 at the others."""
    parts = [
        linear(level, level, steps)
        for level, steps in ((0.0, begin), (1.0, end - begin), (0.0, period - end))
    ]
    return parts[0].then(parts[1]).then(parts[2]).repeat()
