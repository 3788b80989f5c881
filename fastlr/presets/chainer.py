"""Chainer's extensions that shift an optimizer's attribute, as of 7.8 (2021), called once after
every update, in float64.

Step 0 has ``init``; step t has the value that the t-th call sets. A shift stops at ``target``,
which is above 0; ``init`` may lie beyond it. The name of the attribute is not an argument: the
value may be a rate or a momentum.

>>> ExponentialShift(0.5, init=1.0, target=0.2).table(4)
array([1.  , 0.5 , 0.25, 0.2 ])
"""

from __future__ import annotations  # help() replaces rules in the text

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
    """Multiply the value by the same factor at every step.

    ``init * rate^t``

    Parameters
    ----------
    rate : float or array
        The factor per step. At least 0.
    init : float or array
        The value at step 0; an array has one per group. At least 0.
    target : float or array, optional
        The value at which the shift stops. By default none. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The value does not go beyond ``target``, except at step 0. The schedule never ends.

    References
    ----------
    Chainer 7.8 (2021), ``chainer.training.extensions.ExponentialShift``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.chainer.ExponentialShift(0.5, init=1.0, target=0.2).table(4)
    array([1.  , 0.5 , 0.25, 0.2 ])
    """
    return _up_to(geometric(init, rate), init, target, rises=rate > 1)


@preset(differences="power must be at least 0, so that the value does not rise.")
def InverseShift(gamma: Level, power: Level, init: Rate, target: Amount | None = None) -> Schedule:
    """Decay the value inversely to time.

    ``init * (1 + gamma*t)^-power``

    Parameters
    ----------
    gamma : float or array
        The decay per step. At least 0.
    power : float or array
        The power of the decay. At least 0.
    init : float or array
        The value at step 0; an array has one per group. At least 0.
    target : float or array, optional
        The value at which the shift stops. By default none. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The value does not fall below ``target``, except at step 0. The schedule never ends.

    References
    ----------
    Chainer 7.8 (2021), ``chainer.training.extensions.InverseShift``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.chainer.InverseShift(1.0, 1.0, init=1.0).table(2)
    array([1. , 0.5])
    """
    return _up_to(inverse(init, gamma, power), init, target, rises=False)


@preset()
def LinearShift(value_range: Levels, time_range: Marks) -> Schedule:
    """Change the value linearly between two steps.

    A line from ``value_range[0]`` at step ``time_range[0]`` to ``value_range[1]`` at step
    ``time_range[1]``

    Parameters
    ----------
    value_range : sequence of float
        The first and the last value. At least 0.
    time_range : sequence of int
        The first and the last step of the change.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If either is not two numbers.

    Notes
    -----
    The values are held before and after. If the last step is not later than the first, the first
    value still holds at the first step.

    References
    ----------
    Chainer 7.8 (2021), ``chainer.training.extensions.LinearShift``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.chainer.LinearShift([1.0, 0.0], [1, 3]).table(5)
    array([1. , 1. , 0.5, 0. , 0. ])
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
    """Multiply the value by a factor at given steps.

    ``init * gamma^k``, where k rises by 1 when t has reached ``step_value[k]``

    Parameters
    ----------
    init : float or array
        The value at step 0; an array has one per group. At least 0.
    gamma : float or array
        The factor per change. At least 0.
    step_value : sequence of int
        The steps of the changes.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    At one step k rises by no more than 1, and not at step 0.

    References
    ----------
    Chainer 7.8 (2021), ``chainer.training.extensions.MultistepShift``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.chainer.MultistepShift(1.0, 0.5, [1, 3]).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    return drops("step_value", init, gamma, one_by_one(step_value, first=1))


@preset(
    differences="rate must be above 0. With a target, Chainer divides by the value once that is "
    "0, and raises; fastlr holds the target."
)
def PolynomialShift(
    rate: Exponent, max_count: Span, init: Rate, target: Amount | None = None
) -> Schedule:
    """Decay the value by a polynomial.

    ``init * (1 - t/max_count)^rate``

    Parameters
    ----------
    rate : float or array
        The power of the decay. In fastlr it is above 0. From 1e-3 to 1e3.
    max_count : int or array of int
        The number of steps. At least 1.
    init : float or array
        The value at step 0; an array has one per group. At least 0.
    target : float or array, optional
        The value at which the shift stops. By default none. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the value is 0, or ``target``, below which it does not fall except at step 0. With
    a ``target``, Chainer divides by the value once that is 0, and raises.

    References
    ----------
    Chainer 7.8 (2021), ``chainer.training.extensions.PolynomialShift``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.chainer.PolynomialShift(1.0, max_count=2, init=1.0).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return _up_to(polynomial(init, 0.0, max_count, power=rate), init, target, rises=False)


@preset()
def StepShift(gamma: Level, step: Span, init: Rate, target: Amount | None = None) -> Schedule:
    """Multiply the value by a factor at regular intervals.

    ``init * gamma^floor(t/step)``

    Parameters
    ----------
    gamma : float or array
        The factor per interval. At least 0.
    step : int or array of int
        The number of steps per interval. At least 1.
    init : float or array
        The value at step 0; an array has one per group. At least 0.
    target : float or array, optional
        The value at which the shift stops. By default none. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The value does not go beyond ``target``, except at step 0. The schedule never ends.

    References
    ----------
    Chainer 7.8 (2021), ``chainer.training.extensions.StepShift``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.chainer.StepShift(0.5, step=2, init=1.0).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    return _up_to(geometric(init, gamma, step, staircase=True), init, target, rises=gamma > 1)


@preset()
def WarmupShift(warmup_start: Rate, warmup_iter: Count, init: Rate) -> Schedule:
    """Change the value linearly to its base.

    A line from ``warmup_start`` to ``init`` at step ``warmup_iter``

    Parameters
    ----------
    warmup_start : float or array
        The value at step 0. At least 0.
    warmup_iter : int or array of int
        The number of steps of the warmup. At least 0.
    init : float or array
        The value after the warmup; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    With ``warmup_iter=0`` the value is ``warmup_start`` forever, as in Chainer.

    References
    ----------
    Chainer 7.8 (2021), ``chainer.training.extensions.WarmupShift``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.chainer.WarmupShift(0.0, 2, 1.0).table(4)
    array([0. , 0.5, 1. , 1. ])
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
