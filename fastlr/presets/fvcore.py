"""fvcore's parameter schedulers, ``fvcore.common.param_scheduler``, as of fvcore 0.1.5 (2022).

fvcore's schedulers are functions of ``where``, the progress from 0 to below 1. In fastlr they are
functions of the step, ``where = t/max_iter``, as in Detectron2. They give a value, or a factor of
each group's rate: pass them to ``flr.presets.detectron2.LRMultiplier``. Values are in double
precision. fvcore has a tolerance of 1e-6 of the whole: from about 10^6 steps on, boundaries come
early by that much.

>>> CosineParamScheduler(1.0, 0.0, max_iter=4).table(5)
array([1.        , 0.85355339, 0.5       , 0.14644661, 0.        ])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil, floor
from typing import Annotated

from fastlr.arguments.rules import Floats, Power, Rate, short_repr
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
    """Hold a value.

    ``value``

    Parameters
    ----------
    value : float or array
        The value; an array has one per group. At least 0.
    max_iter : int or array of int
        The number of steps; ``where`` is ``t/max_iter``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        When the schedule is evaluated at step ``max_iter`` or later.

    References
    ----------
    fvcore 0.1.5 (2022), ``fvcore.common.param_scheduler.ConstantParamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fvcore.ConstantParamScheduler(0.5, max_iter=4).table(4)
    array([0.5, 0.5, 0.5, 0.5])
    """
    return cut(constant(value), max_iter)


@preset(
    elementwise=True,
    differences="After max_iter fvcore's line goes on, below 0 too; fastlr holds the end.",
)
def LinearParamScheduler(start_value: Rate, end_value: Rate, *, max_iter: Span) -> Schedule:
    """Change the value linearly.

    ``end_value * where + start_value * (1 - where)``

    Parameters
    ----------
    start_value : float or array
        The value at step 0; an array has one per group. At least 0.
    end_value : float or array
        The value at the end. At least 0.
    max_iter : int or array of int
        The number of steps; ``where`` is ``t/max_iter``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end ``end_value`` is held; in fvcore the line goes on, below 0 too.

    References
    ----------
    fvcore 0.1.5 (2022), ``fvcore.common.param_scheduler.LinearParamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fvcore.LinearParamScheduler(1.0, 0.0, max_iter=2).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return linear(start_value, end_value, max_iter)


@preset()
def CosineParamScheduler(start_value: Rate, end_value: Rate, *, max_iter: Span) -> Schedule:
    """Follow a cosine wave.

    ``end_value + (start_value - end_value) * (1 + cos(pi*where))/2``

    Parameters
    ----------
    start_value : float or array
        The value at step 0; an array has one per group. At least 0.
    end_value : float or array
        The value at the end. At least 0.
    max_iter : int or array of int
        The number of steps; ``where`` is ``t/max_iter``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    After ``max_iter`` the wave climbs back.

    References
    ----------
    fvcore 0.1.5 (2022), ``fvcore.common.param_scheduler.CosineParamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fvcore.CosineParamScheduler(1.0, 0.0, max_iter=2).table(4)
    array([1. , 0.5, 0. , 0.5])
    """
    return wave(start_value, end_value, max_iter)


@preset()
def ExponentialParamScheduler(start_value: Rate, decay: Ratio, *, max_iter: Span) -> Schedule:
    """Decay the value exponentially.

    ``start_value * decay^where``

    Parameters
    ----------
    start_value : float or array
        The value at step 0; an array has one per group. At least 0.
    decay : float or array
        The factor over ``max_iter`` steps. Above 0.
    max_iter : int or array of int
        The number of steps; ``where`` is ``t/max_iter``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    fvcore 0.1.5 (2022), ``fvcore.common.param_scheduler.ExponentialParamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fvcore.ExponentialParamScheduler(1.0, 0.25, max_iter=2).table(4)
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    return geometric(start_value, decay, max_iter)


@preset(
    elementwise=True,
    differences="After max_iter fvcore takes powers of negative numbers; fastlr holds 0.",
)
def PolynomialDecayParamScheduler(base_value: Rate, power: Power, *, max_iter: Span) -> Schedule:
    """Decay the value by a polynomial.

    ``base_value * (1 - where)^power``

    Parameters
    ----------
    base_value : float or array
        The value at step 0; an array has one per group. At least 0.
    power : float or array
        The power of the decay. From 1e-3 to 1e3.
    max_iter : int or array of int
        The number of steps; ``where`` is ``t/max_iter``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end 0 is held; fvcore takes powers of negative numbers.

    References
    ----------
    fvcore 0.1.5 (2022), ``fvcore.common.param_scheduler.PolynomialDecayParamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fvcore.PolynomialDecayParamScheduler(1.0, 2.0, max_iter=2).table(4)
    array([1.  , 0.25, 0.  , 0.  ])
    """
    return polynomial(base_value, 0.0, max_iter, power=power)


@preset()
def StepParamScheduler(num_updates: Ratio, values: Levels, *, max_iter: Span) -> Schedule:
    """Hold values for equally long, one after another.

    ``values[i]``, ``i = trunc((where + 1e-6) * len(values))``

    Parameters
    ----------
    num_updates : float or array
        Required, but without effect, as in fvcore. Above 0.
    values : sequence of float
        The values. At least 0.
    max_iter : int or array of int
        The number of steps; ``where`` is ``t/max_iter``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there are no values; when the schedule is evaluated from step ``max_iter`` on.

    Notes
    -----
    fvcore adds 1e-6 to ``where``: from about 10^6 steps on, boundaries come early.

    References
    ----------
    fvcore 0.1.5 (2022), ``fvcore.common.param_scheduler.StepParamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fvcore.StepParamScheduler(1, [1.0, 0.5], max_iter=4).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    if not values:
        raise ArgumentError("values must be at least one, got []")
    return _steps(values, max_iter)


@preset()
def StepWithFixedGammaParamScheduler(
    base_value: Rate, num_decays: Turns, gamma: Ratio, num_updates: Span, *, max_iter: Span
) -> Schedule:
    """Reduce the value at equal distances.

    ``base_value * gamma^i``, i from 0 to ``num_decays``, each for equally long

    Parameters
    ----------
    base_value : float or array
        The value at step 0; an array has one per group. At least 0.
    num_decays : int or array of int
        The number of reductions. From 1 to 10,000.
    gamma : float or array
        The factor of a reduction. Above 0.
    num_updates : int or array of int
        Required, but without effect, as in fvcore. At least 1.
    max_iter : int or array of int
        The number of steps; ``where`` is ``t/max_iter``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        When the schedule is evaluated from step ``max_iter`` on.

    References
    ----------
    fvcore 0.1.5 (2022), ``fvcore.common.param_scheduler.StepWithFixedGammaParamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fvcore.StepWithFixedGammaParamScheduler(1.0, 1, 0.5, 1, max_iter=4).table(4)
    array([1. , 1. , 0.5, 0.5])
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
    """Hold values between milestones.

    ``values[i]``, i the number of milestones that are at most ``trunc((where + 1e-6) *
    num_updates)``

    Parameters
    ----------
    values : sequence of float
        The values, one more than milestones. At least 0.
    num_updates : int or array of int, optional
        The number of updates that milestones count in. By default the last milestone. At least 1.
    milestones : sequence of int, optional
        The updates at which the next value begins. By default at equal distances,
        ``ceil(num_updates/len(values))``.
    max_iter : int or array of int
        The number of steps; ``where`` is ``t/max_iter``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If neither ``num_updates`` nor ``milestones`` is given, they are not as many as ``values``
        need, or milestones do not rise; when the schedule is evaluated after step ``max_iter``.

    Notes
    -----
    fvcore adds 1e-6 to ``where``: from about 10^6 steps on, boundaries come early.

    References
    ----------
    fvcore 0.1.5 (2022), ``fvcore.common.param_scheduler.MultiStepParamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.fvcore.MultiStepParamScheduler([1.0, 0.5], milestones=[2, 4], max_iter=4)
    >>> s.table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    updates, marks = _milestones(len(values), num_updates, milestones)
    begins = [max(0, ceil(max_iter * (Fraction(mark, updates) - _FUZZ))) for mark in marks]
    return cut(join([constant(value) for value in values], begins), max_iter + 1)


@preset(
    differences="fastlr holds the first value of a scheduler that fvcore's tolerance lets begin "
    "early, until its own interval begins. Where the beginning is exactly on a step, "
    "fvcore's rounding decides.",
)
def CompositeParamScheduler(
    schedulers: Curves, lengths: Lengths, interval_scaling: Scalings, *, max_iter: Span
) -> Schedule:
    """Run schedules one after another, each in its part of the whole.

    ``schedulers[i]`` from the first step at which ``where + 1e-6`` is beyond the parts before it

    Parameters
    ----------
    schedulers : sequence of callable
        Functions of a number of steps, such as ``lambda n: CosineParamScheduler(1.0, 0.0,
        max_iter=n)``.
    lengths : sequence of float
        The shares of the parts, with sum 1. At least 0.
    interval_scaling : sequence of str
        Per part, "rescaled" to run through the whole schedule in it, "fixed" to follow the progress
        of the whole.
    max_iter : int or array of int
        The number of steps; ``where`` is ``t/max_iter``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``lengths`` or ``interval_scaling`` are not as many as ``schedulers``, or the sum of
        ``lengths`` is not 1.

    Notes
    -----
    The last part takes what the others leave. A schedule that the tolerance lets begin early is
    held at its beginning until its own part begins.

    References
    ----------
    fvcore 0.1.5 (2022), ``fvcore.common.param_scheduler.CompositeParamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> rise = lambda n: flr.presets.fvcore.LinearParamScheduler(0.0, 1.0, max_iter=n)
    >>> fall = lambda n: flr.presets.fvcore.LinearParamScheduler(1.0, 0.0, max_iter=n)
    >>> schedule = flr.presets.fvcore.CompositeParamScheduler
    >>> s = schedule([rise, fall], [0.5, 0.5], ["rescaled"] * 2, max_iter=4)
    >>> s.table(5)
    array([0. , 0.5, 1. , 0.5, 0. ])
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


def _steps(values: Sequence[Floats], max_iter: int) -> Schedule:
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
