"""Chainer's extensions that shift an optimizer's attribute, as of 7.8 (2021), called once after
every update, in float64.

Step 0 has ``init`` as it is, and step t what the t-th call sets. A ``target`` is where the shift
stops, above 0; ``init`` itself may lie beyond it. The attribute is left out: any rate or momentum
will do.

>>> ExponentialShift(0.5, init=1.0, target=0.2).table(4)
array([1.  , 0.5 , 0.25, 0.2 ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import numpy as np

from fastlr.arguments.rules import Amount, Rate, short_repr
from fastlr.presets._building_blocks import drops, geometric, inverse, one_by_one
from fastlr.presets._rules import ArgumentError, Count, Exponent, Level, Levels, Marks, Span, preset
from fastlr.schedule.constructor_names import constant, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ExponentialShift",
    "InverseShift",
    "LinearShift",
    "MultistepShift",
    "PolynomialShift",
    "StepShift",
    "WarmupShift",
]


@preset()
def ExponentialShift(rate: Level, init: Rate, target: Amount | None = None) -> Schedule:
    """``init * rate^t``, not beyond ``target``."""
    return _up_to(geometric(init, rate), init, target, rises=rate > 1)


@preset(differences="power must be at least 0: it does not rise.")
def InverseShift(gamma: Level, power: Level, init: Rate, target: Amount | None = None) -> Schedule:
    """``init * (1 + gamma*t)^-power``, not below ``target``."""
    return _up_to(inverse(init, gamma, power), init, target, rises=False)


@preset()
def LinearShift(value_range: Levels, time_range: Marks) -> Schedule:
    """``value_range[0]`` up to step ``time_range[0]``, and linearly to ``value_range[1]`` at
    ``time_range[1]``.

    Where that is not later, the first value still stands at the former step.
    """
    for name, pair in (("value_range", value_range), ("time_range", time_range)):
        if len(pair) != 2:
            raise ArgumentError(f"{name} must be two numbers, got {short_repr(list(pair))}")
    (first, last), (begin, end) = value_range, time_range
    if end <= begin:
        return join([constant(first), constant(last)], [begin + 1])
    return linear(first, last, end - begin).delay(begin)


@preset()
def MultistepShift(init: Rate, gamma: Level, step_value: Marks) -> Schedule:
    """``init * gamma^k``, where k rises by 1, and at one step by no more, when t has reached
    ``step_value[k]``; not at step 0.
    """
    return drops("step_value", init, gamma, one_by_one(step_value, first=1))


@preset(
    differences="rate must be above 0. With a target Chainer divides by the value once that is 0, "
    "and raises; here the target is held."
)
def PolynomialShift(
    rate: Exponent, max_count: Span, init: Rate, target: Amount | None = None
) -> Schedule:
    """``init * (1 - t/max_count)^rate``, then 0, or not below ``target``."""
    return _up_to(polynomial(init, 0.0, max_count, power=rate), init, target, rises=False)


@preset()
def StepShift(gamma: Level, step: Span, init: Rate, target: Amount | None = None) -> Schedule:
    """``init * gamma^floor(t/step)``, not beyond ``target``."""
    return _up_to(geometric(init, gamma, step, staircase=True), init, target, rises=gamma > 1)


@preset()
def WarmupShift(warmup_start: Rate, warmup_iter: Count, init: Rate) -> Schedule:
    """From ``warmup_start`` linearly to ``init`` at step ``warmup_iter``; of no steps,
    ``warmup_start`` forever.
    """
    return (
        linear(warmup_start, init, warmup_iter)
        if warmup_iter
        else constant(np.broadcast_arrays(warmup_start, init)[0])
    )


def _up_to(shift: Schedule, init: Rate, target: Rate | None, rises: bool) -> Schedule:
    """A shift that stops at ``target``, step 0 aside."""
    if target is None:
        return shift
    later = shift.skip(1)
    return join([constant(init), later.minimum(target) if rises else later.maximum(target)], [1])
