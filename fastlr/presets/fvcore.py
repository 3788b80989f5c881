"""fvcore's parameter schedulers, ``fvcore.common.param_scheduler``, as of fvcore 0.1.5 (2022).

Each is a function of ``where``, the progress from 0 to below 1: here of the step, ``where =
t/max_iter``, as Detectron2 asks. What they give is the value itself, or a factor of each group's
rate: ``flr.presets.detectron2.LRMultiplier``. Rates are in double precision. ``fuzz`` below is
their tolerance, 1e-6 of the whole: from about a million steps on, boundaries come so much early.

>>> CosineParamScheduler(1.0, 0.0, max_iter=4).table(5)
array([1.        , 0.85355339, 0.5       , 0.14644661, 0.        ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil, floor
from typing import Annotated

import numpy.typing as npt

from fastlr.arguments.rules import Power, Rate, short_repr
from fastlr.presets._building_blocks import cut, fraction, geometric, in_ticks, wave
from fastlr.presets._rules import (
    ArgumentError,
    Curves,
    Lengths,
    Levels,
    Marks,
    Ratio,
    Span,
    Turns,
    named,
    preset,
)
from fastlr.schedule.constructor_names import constant, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CompositeParamScheduler",
    "ConstantParamScheduler",
    "CosineParamScheduler",
    "ExponentialParamScheduler",
    "LinearParamScheduler",
    "MultiStepParamScheduler",
    "PolynomialDecayParamScheduler",
    "StepParamScheduler",
    "StepWithFixedGammaParamScheduler",
]

_FUZZ = Fraction(1, 10**6)
_scaling = named(["rescaled", "fixed"])


def _scalings(where: str, value: object) -> object:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(
            f"{where} must be a sequence of 'rescaled' and 'fixed', got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    return [_scaling(f"{where}[{i}]", word) for i, word in enumerate(value)]


Scalings = Annotated[Sequence[str], _scalings]


@preset()
def ConstantParamScheduler(value: Rate, *, max_iter: Span) -> Schedule:
    """``value``; steps from ``max_iter`` on raise ``ValueError``."""
    return cut(constant(value), max_iter)


@preset(
    elementwise=True,
    differences="After max_iter fvcore's line goes on, below 0 too; here the end is held.",
)
def LinearParamScheduler(start_value: Rate, end_value: Rate, *, max_iter: Span) -> Schedule:
    """``end_value * where + start_value * (1 - where)``."""
    return linear(start_value, end_value, max_iter)


@preset()
def CosineParamScheduler(start_value: Rate, end_value: Rate, *, max_iter: Span) -> Schedule:
    """``end_value + (start_value - end_value) * (1 + cos(pi*where))/2``, which climbs back
    after ``max_iter``.
    """
    return wave(start_value, end_value, max_iter)


@preset()
def ExponentialParamScheduler(start_value: Rate, decay: Ratio, *, max_iter: Span) -> Schedule:
    """``start_value * decay^where``, and so on after ``max_iter``."""
    return geometric(start_value, decay, max_iter)


@preset(
    elementwise=True,
    differences="After max_iter fvcore's powers are of negative numbers; here 0 is held.",
)
def PolynomialDecayParamScheduler(base_value: Rate, power: Power, *, max_iter: Span) -> Schedule:
    """``base_value * (1 - where)^power``."""
    return polynomial(base_value, 0.0, max_iter, power=power)


@preset()
def StepParamScheduler(num_updates: Ratio, values: Levels, *, max_iter: Span) -> Schedule:
    """``values[i]``, ``i = trunc((where + fuzz) * len(values))``: all for equally long. From
    ``max_iter`` on it raises.

    ``num_updates`` is required, but has no effect.
    """
    if not values:
        raise ArgumentError("values must be at least one, got []")
    return _steps(values, max_iter)


@preset()
def StepWithFixedGammaParamScheduler(
    base_value: Rate, num_decays: Turns, gamma: Ratio, num_updates: Span, *, max_iter: Span
) -> Schedule:
    """``base_value * gamma^i``, i from 0 to ``num_decays``, all for equally long; from ``max_iter``
    on it raises.

    ``num_updates`` is required, but has no effect.
    """
    return _steps([gamma**i for i in range(num_decays + 1)], max_iter) * base_value


@preset()
def MultiStepParamScheduler(
    values: Levels,
    num_updates: Span | None = None,
    milestones: Marks | None = None,
    *,
    max_iter: Span,
) -> Schedule:
    """``values[i]``, i the number of milestones that are at most ``trunc((where + fuzz) *
    num_updates)``.

    ``num_updates`` is the last milestone if not given; without milestones they are
    ``ceil(num_updates/len(values))`` apart. After step ``max_iter`` it raises.
    """
    updates, marks = _milestones(len(values), num_updates, milestones)
    begins = [max(0, ceil(max_iter * (Fraction(mark, updates) - _FUZZ))) for mark in marks]
    return cut(join([constant(value) for value in values], begins), max_iter + 1)


@preset(
    differences="A scheduler that the tolerance lets begin early is held at its beginning until "
    "its own interval begins; where that is exactly on a step, fvcore's rounding "
    "decides.",
)
def CompositeParamScheduler(
    schedulers: Curves, lengths: Lengths, interval_scaling: Scalings, *, max_iter: Span
) -> Schedule:
    """``schedulers[i]`` in its part of the whole, from the first step where ``where + fuzz`` is
    beyond those before it.

    Each is a function of a number of steps, ``lambda n: CosineParamScheduler(1.0, 0.0,
    max_iter=n)``: "rescaled" it runs through within its part, "fixed" it goes by the progress of
    the whole. ``lengths`` are shares, which are 1 together; the last is what the others leave.
    """
    shares = _shares(len(schedulers), lengths, len(interval_scaling))
    starts = [Fraction(0), *accumulate(shares[:-1])]
    begins = [0, *(max(0, floor(max_iter * (start - _FUZZ)) + 1) for start in starts[1:])]
    parts, firsts = [], []
    for i, (begin, stop) in enumerate(pairwise([*begins, 2**53])):
        if begin < stop and (shares[i] or interval_scaling[i] == "fixed"):
            whole = interval_scaling[i] == "fixed"
            start, length = (Fraction(0), Fraction(1)) if whole else (starts[i], shares[i])
            first = max(begin, ceil(start * max_iter))  # where its own interval begins
            part = in_ticks(
                schedulers[i], length * max_iter, first - start * max_iter, reach=4 * max_iter
            )
            parts.append(part.delay(first - begin) if first > begin else part)
            firsts.append(begin)
    return join(parts, firsts[1:])


# -- what they are put together from ---------------------------------------------------------------


def _steps(values: Sequence[npt.ArrayLike], max_iter: int) -> Schedule:
    """All of the values for equally long, up to the end."""
    begins = [
        max(0, ceil(max_iter * (Fraction(i, len(values)) - _FUZZ)))
        for i in range(1, len(values) + 1)
    ]
    return cut(join([constant(value) for value in values], begins[:-1]), begins[-1])


def _milestones(
    count: int, num_updates: int | None, milestones: Sequence[int] | None
) -> tuple[int, Sequence[int]]:
    """The number of updates and the milestones among them, of so many values."""
    if count == 0 or (num_updates is None and milestones is None):
        detail = f"{count} values, num_updates={num_updates}, milestones={milestones}"
        raise ArgumentError(f"values, and num_updates or milestones, must be given, got {detail}")
    if milestones is None:
        width = -(-(num_updates or 0) // count)
        milestones = [width * i for i in range(1, count)]
    elif len(milestones) != count - (num_updates is not None):
        rule = "as many as values" if num_updates is None else "one less than values"
        raise ArgumentError(f"milestones must be {rule}, {count}, got {short_repr(milestones)}")
    updates, marks = (
        (milestones[-1], milestones[:-1]) if num_updates is None else (num_updates, milestones)
    )
    if any(b <= a for a, b in pairwise([0, *marks, updates])):
        detail = f"{short_repr(marks)} and {updates}"
        raise ArgumentError(f"milestones must rise from above 0 to below num_updates, got {detail}")
    return updates, marks


def _shares(count: int, lengths: Sequence[float], scalings: int) -> list[Fraction]:
    """The lengths, the last of them what the others leave."""
    if not len(lengths) == scalings == count:
        detail = f"got {count} schedulers, {len(lengths)} lengths, {scalings} interval_scaling"
        raise ArgumentError(f"lengths and interval_scaling must be as many as schedulers, {detail}")
    shares = [fraction(length) for length in lengths]
    if abs(sum(shares, Fraction(-1))) >= Fraction(1, 1000):
        raise ArgumentError(f"lengths must be 1 together, got {short_repr(lengths)}")
    return [*shares[:-1], max(Fraction(0), 1 - sum(shares[:-1], Fraction(0)))]
