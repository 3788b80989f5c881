"""OLMo-core's schedulers: ``olmo_core.optim.scheduler``, as of OLMo-core 3.0 (2026).

OLMo-core counts from 1: update number n has the rate of ``current = n``, so that step 0 is its
``get_lr(lr, 1, t_max)``. Past ``t_max``, where its trainer stops, the last rate is held. With
``units="tokens"`` lengths are in tokens, k per step: build the schedule in tokens, and read it per
step with ``schedule.skip(k - 1).paced([k])``.

>>> import fastlr as flr
>>> flr.presets.olmo_core.WSD(1.0, t_max=8, warmup=2, decay=4).table(8)
array([0.5 , 1.  , 1.  , 1.  , 0.75, 0.5 , 0.25, 0.  ])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Amount, Floats, OneOf, Rate, short_repr, validate_scalar
from fastlr.presets._building_blocks import rate_at
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Level,
    Levels,
    Marks,
    Real,
    Share,
    Span,
    preset,
)
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    exponential,
    inverse_power,
    join,
    linear,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ComposableScheduler",
    "ComposableSchedulerStage",
    "ConstantScheduler",
    "ConstantWithWarmup",
    "CosWithWarmup",
    "CosWithWarmupAndLinearDecay",
    "ExponentialScheduler",
    "HalfCosWithWarmup",
    "InvSqrtWithWarmup",
    "LinearWithWarmup",
    "OverrideDecay",
    "PowerLR",
    "SequentialScheduler",
    "WSD",
    "WSDS",
]

_SHAPES = {"linear": linear, "cosine": cosine}
Shape = Literal["linear", "cosine"]
Floats = Floats
_ENDS = "Past t_max OLMo-core's line goes on below decay_min_lr; fastlr holds its end."


@dataclass(frozen=True)
class ComposableSchedulerStage:
    """A stage of ``ComposableScheduler``: its end, and its start where that is not the last
    end, as rates or fractions of lr.
    """

    duration: int
    shape: Shape = "linear"
    start_lr: float | None = None
    start_lr_fraction: float | None = None
    end_lr: float | None = None
    end_lr_fraction: float | None = None


@dataclass(frozen=True)
class OverrideDecay:
    """A decay from step ``start`` on, in place of whatever was planned from there."""

    start: int
    duration: int
    shape: Shape = "linear"
    end_lr: float | None = None
    end_lr_fraction: float | None = None


def _level(where: str, lr: float | None, fraction: float | None, needed: bool) -> None:
    """Raise unless at most one of the two is given, or exactly one."""
    if (lr is not None) + (fraction is not None) not in ({1} if needed else {0, 1}):
        rule = "or {} must be given, not both" if needed else "and {} must not both be given"
        other = f"{where.rpartition('.')[2]}_lr_fraction"
        raise ValueError(
            f"{where}_lr {rule.format(other)}, got {short_repr(lr)} and {short_repr(fraction)}"
        )
    for name, value in (("lr", lr), ("lr_fraction", fraction)):
        if value is not None:
            validate_scalar(Rate, f"{where}_{name}", value)


def _stages(where: str, value: object) -> list[ComposableSchedulerStage]:
    stages = list(value) if isinstance(value, list | tuple) else []
    if not stages or not all(isinstance(stage, ComposableSchedulerStage) for stage in stages):
        raise TypeError(
            f"{where} must be ComposableSchedulerStages, at least one, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    for i, stage in enumerate(stages):
        validate_scalar(Span, f"{where}[{i}].duration", stage.duration)
        OneOf(tuple(_SHAPES))(f"{where}[{i}].shape", stage.shape)
        _level(f"{where}[{i}].start", stage.start_lr, stage.start_lr_fraction, needed=False)
        _level(f"{where}[{i}].end", stage.end_lr, stage.end_lr_fraction, needed=True)
    return stages


def _override(where: str, value: object) -> OverrideDecay:
    if not isinstance(value, OverrideDecay):
        raise TypeError(
            f"{where} must be an OverrideDecay, got {type(value).__name__} {short_repr(value)}"
        )
    validate_scalar(Count, f"{where}.start", value.start)
    validate_scalar(Span, f"{where}.duration", value.duration)
    OneOf(tuple(_SHAPES))(f"{where}.shape", value.shape)
    _level(f"{where}.end", value.end_lr, value.end_lr_fraction, needed=True)
    return value


def _children(where: str, value: object) -> list[object]:
    if not isinstance(value, list | tuple) or not value or not all(map(callable, value)):
        raise TypeError(
            f"{where} must be functions of (lr, t_max), at least one, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    return list(value)


Stages = Annotated[Sequence[ComposableSchedulerStage], _stages]
Override = Annotated[OverrideDecay, _override]
Children = Annotated[Sequence[Callable[..., Schedule]], _children]


@preset(elementwise=True)
def ConstantScheduler(lr: Rate) -> Schedule:
    """Hold the base rate.

    ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.ConstantScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.olmo_core.ConstantScheduler(0.5)(10)
    0.5
    """
    return constant(lr)


@preset()
def ConstantWithWarmup(
    lr: Rate,
    t_max: Span,
    warmup: Count | None = None,
    warmup_fraction: Share | None = None,
    warmup_min_lr: Rate = 0.0,
) -> Schedule:
    """Warm up linearly, then hold the rate.

    A line from ``warmup_min_lr`` to ``lr`` at ``current = warmup``, ``current = t + 1``, then
    ``lr``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    t_max : int or array of int
        The number of steps. At least 1.
    warmup : int or array of int, optional
        The number of steps of the warmup. At least 0.
    warmup_fraction : float or array, optional
        The share of ``t_max`` that the warmup takes, in place of ``warmup``; rounded to whole
        steps. From 0 to 1.
    warmup_min_lr : float or array, default 0.0
        The rate at ``current = 0``, from which the warmup begins. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of ``warmup`` and ``warmup_fraction`` is given.

    Notes
    -----
    The first rate is not 0. The schedule never ends.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.ConstantWithWarmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.olmo_core.ConstantWithWarmup(1.0, t_max=4, warmup=2).table(4)
    array([0.5, 1. , 1. , 1. ])
    """
    return linear(warmup_min_lr, lr, _steps("warmup", warmup, warmup_fraction, t_max)).skip(1)


@preset(differences=_ENDS)
def WSD(
    lr: Rate,
    t_max: Span,
    warmup: Count | None = None,
    warmup_fraction: Share | None = None,
    decay: Span | None = None,
    decay_fraction: Share | None = None,
    warmup_min_lr: Rate = 0.0,
    decay_min_lr: Rate = 0.0,
) -> Schedule:
    """Warm up linearly, hold the rate, then decay linearly.

    A line to ``lr`` at ``current = warmup``, ``current = t + 1``; ``lr``; a line from ``t_max -
    decay`` to ``decay_min_lr`` at ``t_max``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    t_max : int or array of int
        The number of steps. At least 1.
    warmup : int or array of int, optional
        The number of steps of the warmup. At least 0.
    warmup_fraction : float or array, optional
        The share of ``t_max`` that the warmup takes, in place of ``warmup``; rounded to whole
        steps. From 0 to 1.
    decay : int or array of int, optional
        The number of steps of the last decay. At least 1.
    decay_fraction : float or array, optional
        The share of ``t_max`` that the last decay takes, in place of ``decay``; rounded to whole
        steps. By default 0.1. From 0 to 1.
    warmup_min_lr : float or array, default 0.0
        The rate at ``current = 0``, from which the warmup begins. At least 0.
    decay_min_lr : float or array, default 0.0
        The last rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of ``warmup`` and ``warmup_fraction`` is given, or both of ``decay`` and
        ``decay_fraction``.

    Notes
    -----
    The first rate is not 0. A warmup that ends after the decay begins comes first. Past the end the
    last rate is held; OLMo-core's line goes on.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.WSD``. After Hu et al., *MiniCPM* (2024).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.olmo_core.WSD(1.0, t_max=8, warmup=2, decay=4).table(8)
    array([0.5 , 1.  , 1.  , 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """
    rise = _steps("warmup", warmup, warmup_fraction, t_max)
    fall = _steps("decay", decay, _tenth(decay, decay_fraction), t_max, least=1)
    start = max(t_max - fall, rise + 1)
    tail = linear(lr, decay_min_lr, fall).skip(start - (t_max - fall))
    return join([linear(warmup_min_lr, lr, rise), tail], [start]).skip(1)


@preset(differences=_ENDS)
def PowerLR(
    lr: Rate,
    t_max: Span,
    b: Real = -0.51,
    warmup: Span | None = None,
    warmup_fraction: Share | None = None,
    warmup_min_lr: Rate = 0.0,
    decay: Span | None = None,
    decay_fraction: Share | None = None,
    decay_min_lr: Rate = 0.0,
) -> Schedule:
    """Warm up linearly, decay by a power, then linearly.

    A line to ``lr`` at ``current = warmup``, ``current = t + 1``; ``lr * (current/warmup)^b``; a
    line from ``t_max - decay`` to ``decay_min_lr`` at ``t_max``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    t_max : int or array of int
        The number of steps. At least 1.
    b : float or array, default -0.51
        The exponent of the decay. Below 0.
    warmup : int or array of int, optional
        The number of steps of the warmup. At least 1.
    warmup_fraction : float or array, optional
        The share of ``t_max`` that the warmup takes, in place of ``warmup``; rounded to whole
        steps. From 0 to 1.
    warmup_min_lr : float or array, default 0.0
        The rate at ``current = 0``, from which the warmup begins. At least 0.
    decay : int or array of int, optional
        The number of steps of the last decay. At least 1.
    decay_fraction : float or array, optional
        The share of ``t_max`` that the last decay takes, in place of ``decay``; rounded to whole
        steps. By default 0.1. From 0 to 1.
    decay_min_lr : float or array, default 0.0
        The last rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of ``warmup`` and ``warmup_fraction`` is given, both of ``decay`` and
        ``decay_fraction`` are, ``decay`` is not below ``t_max``, or ``b`` is not below 0.

    Notes
    -----
    The first rate is not 0. Past the end the last rate is held; OLMo-core's line goes on.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.PowerLR``. After Shen et al., *Power
    Scheduler* (2024).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.olmo_core.PowerLR(1.0, t_max=8, b=-1.0, warmup=2, decay=2).table(8).round(3)
    array([0.5  , 1.   , 0.667, 0.5  , 0.4  , 0.333, 0.167, 0.   ])
    """
    rise = _steps("warmup", warmup, warmup_fraction, t_max, least=1)
    fall = _steps("decay", decay, _tenth(decay, decay_fraction), t_max, least=1)
    begin = t_max - fall
    if begin < 1 or b >= 0:
        raise ArgumentError(f"decay must be below t_max and b below 0, got {fall}, {t_max} and {b}")
    power = linear(warmup_min_lr, lr, rise).then(inverse_power(lr, -b, rise))
    start, level = max(begin, rise + 1), np.multiply(lr, (begin / rise) ** b)
    return join([power, linear(level, decay_min_lr, fall).skip(start - begin)], [start]).skip(1)


@preset()
def LinearWithWarmup(
    lr: Rate,
    t_max: Span,
    alpha_f: Level = 0.1,
    warmup: Count | None = None,
    warmup_fraction: Share | None = None,
    warmup_min_lr: Rate = 0.0,
) -> Schedule:
    """Warm up linearly, then decay linearly.

    A line to ``lr`` at ``current = warmup``, ``current = t + 1``, then a line to ``alpha_f * lr``
    at ``t_max``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    t_max : int or array of int
        The number of steps. At least 1.
    alpha_f : float or array, default 0.1
        The rate at ``t_max``, as a share of ``lr``. At least 0.
    warmup : int or array of int, optional
        The number of steps of the warmup. At least 0.
    warmup_fraction : float or array, optional
        The share of ``t_max`` that the warmup takes, in place of ``warmup``; rounded to whole
        steps. From 0 to 1.
    warmup_min_lr : float or array, default 0.0
        The rate at ``current = 0``, from which the warmup begins. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of ``warmup`` and ``warmup_fraction`` is given.

    Notes
    -----
    The first rate is not 0. Past the end the last rate is held.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.LinearWithWarmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.olmo_core.LinearWithWarmup(1.0, t_max=4, alpha_f=0.0, warmup=2).table(5)
    array([0.5, 1. , 0.5, 0. , 0. ])
    """
    rise = _steps("warmup", warmup, warmup_fraction, t_max)
    fall = linear(lr, np.multiply(lr, alpha_f), max(t_max - rise, 0))
    return linear(warmup_min_lr, lr, rise).then(fall).skip(1)


@preset()
def InvSqrtWithWarmup(
    lr: Rate,
    t_max: Span,
    alpha_f: Share = 0.1,
    warmup: Count | None = None,
    warmup_fraction: Share | None = None,
    warmup_min_lr: Rate = 0.0,
) -> Schedule:
    """Warm up linearly, then decay by the inverse square root.

    A line to ``lr`` at ``current = warmup``, ``current = t + 1``, then ``alpha_f*lr + (1 -
    alpha_f)*lr * sqrt(warmup/current)``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    t_max : int or array of int
        The number of steps. At least 1.
    alpha_f : float or array, default 0.1
        The rate that the decay approaches, as a share of ``lr``. From 0 to 1.
    warmup : int or array of int, optional
        The number of steps of the warmup. At least 0.
    warmup_fraction : float or array, optional
        The share of ``t_max`` that the warmup takes, in place of ``warmup``; rounded to whole
        steps. From 0 to 1.
    warmup_min_lr : float or array, default 0.0
        The rate at ``current = 0``, from which the warmup begins. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of ``warmup`` and ``warmup_fraction`` is given.

    Notes
    -----
    The first rate is not 0. Without a warmup the rate is ``alpha_f * lr``. The schedule never ends.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.InvSqrtWithWarmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.olmo_core.InvSqrtWithWarmup(1.0, t_max=8, alpha_f=0.0, warmup=2)([0, 1, 7])
    array([0.5, 1. , 0.5])
    """
    rise, low = (
        _steps("warmup", warmup, warmup_fraction, t_max),
        np.multiply(lr, alpha_f),
    )
    if not rise:
        return constant(low)
    return (
        linear(warmup_min_lr, lr, rise)
        .then(inverse_power(np.multiply(lr, 1 - alpha_f), 0.5, rise) + low)
        .skip(1)
    )


@preset()
def CosWithWarmup(
    lr: Rate,
    t_max: Span,
    warmup: Count | None = None,
    warmup_fraction: Share | None = None,
    alpha_f: Level = 0.1,
    warmup_min_lr: Rate = 0.0,
) -> Schedule:
    """Warm up linearly, then decay by half a cosine wave.

    A line to ``lr`` at ``current = warmup``, ``current = t + 1``, then half a cosine wave to
    ``alpha_f * lr`` at ``t_max``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    t_max : int or array of int
        The number of steps. At least 1.
    warmup : int or array of int, optional
        The number of steps of the warmup. At least 0.
    warmup_fraction : float or array, optional
        The share of ``t_max`` that the warmup takes, in place of ``warmup``; rounded to whole
        steps. From 0 to 1.
    alpha_f : float or array, default 0.1
        The rate at ``t_max``, as a share of ``lr``. At least 0.
    warmup_min_lr : float or array, default 0.0
        The rate at ``current = 0``, from which the warmup begins. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of ``warmup`` and ``warmup_fraction`` is given.

    Notes
    -----
    The first rate is not 0. Past the end the last rate is held.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.CosWithWarmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.olmo_core.CosWithWarmup(1.0, t_max=4, warmup=2, alpha_f=0.0).table(5)
    array([0.5, 1. , 0.5, 0. , 0. ])
    """
    rise = _steps("warmup", warmup, warmup_fraction, t_max)
    return _cosine(lr, t_max, rise, alpha_f, warmup_min_lr).skip(1)


@preset()
def HalfCosWithWarmup(
    lr: Rate,
    t_max: Span,
    warmup: Count | None = None,
    warmup_fraction: Share | None = None,
    alpha_f: Level = 0.1,
    warmup_min_lr: Rate = 0.0,
) -> Schedule:
    """Warm up linearly, then follow the second half of a cosine decay.

    A line to ``(1 + alpha_f) * lr/2`` at ``current = warmup``, ``current = t + 1``, then the second
    half of a cosine decay from ``lr`` to ``alpha_f * lr`` at ``t_max``

    Parameters
    ----------
    lr : float or array
        The rate at which the whole cosine decay would begin; an array has one per group. At least
        0.
    t_max : int or array of int
        The number of steps. At least 1.
    warmup : int or array of int, optional
        The number of steps of the warmup. At least 0.
    warmup_fraction : float or array, optional
        The share of ``t_max`` that the warmup takes, in place of ``warmup``; rounded to whole
        steps. From 0 to 1.
    alpha_f : float or array, default 0.1
        The rate at ``t_max``, as a share of ``lr``. At least 0.
    warmup_min_lr : float or array, default 0.0
        The rate at ``current = 0``, from which the warmup begins. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of ``warmup`` and ``warmup_fraction`` is given.

    Notes
    -----
    The first rate is not 0. Past the end the last rate is held.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.HalfCosWithWarmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.olmo_core.HalfCosWithWarmup(1.0, t_max=4, warmup=2, alpha_f=0.0)
    >>> s.table(5).round(3)
    array([0.25 , 0.5  , 0.146, 0.   , 0.   ])
    """
    rise = _steps("warmup", warmup, warmup_fraction, t_max)
    low, rest = np.multiply(lr, alpha_f), max(t_max - rise, 0)
    middle = np.divide(np.add(lr, low), 2)
    return linear(warmup_min_lr, middle, rise).then(cosine(lr, low, 2 * rest).skip(rest)).skip(1)


@preset(
    differences=f"{_ENDS} A t_max of the scheduler that differs from the trainer's is not "
    "supported."
)
def CosWithWarmupAndLinearDecay(
    lr: Rate,
    t_max: Span,
    warmup: Count | None = None,
    warmup_fraction: Share | None = None,
    alpha_f: Level = 0.1,
    warmup_min_lr: Rate = 0.0,
    decay: Span | None = None,
    decay_fraction: Share | None = None,
    decay_min_lr: Rate = 0.0,
) -> Schedule:
    """Warm up linearly, decay by a cosine wave, then linearly.

    ``CosWithWarmup`` up to ``t_max - decay``, then a line from its rate there to ``decay_min_lr``
    at ``t_max``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    t_max : int or array of int
        The number of steps. At least 1.
    warmup : int or array of int, optional
        The number of steps of the warmup. At least 0.
    warmup_fraction : float or array, optional
        The share of ``t_max`` that the warmup takes, in place of ``warmup``; rounded to whole
        steps. From 0 to 1.
    alpha_f : float or array, default 0.1
        The rate at which the cosine wave would end, as a share of ``lr``. At least 0.
    warmup_min_lr : float or array, default 0.0
        The rate at ``current = 0``, from which the warmup begins. At least 0.
    decay : int or array of int, optional
        The number of steps of the last decay. At least 1.
    decay_fraction : float or array, optional
        The share of ``t_max`` that the last decay takes, in place of ``decay``; rounded to whole
        steps. By default 0.1. From 0 to 1.
    decay_min_lr : float or array, default 0.0
        The last rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of ``warmup`` and ``warmup_fraction`` is given, both of ``decay`` and
        ``decay_fraction`` are, or ``decay`` is above ``t_max``.

    Notes
    -----
    The first rate is not 0. Past the end the last rate is held; OLMo-core's line goes on. A
    ``t_max`` of the scheduler that differs from the trainer's is not supported.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.CosWithWarmupAndLinearDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.olmo_core.CosWithWarmupAndLinearDecay
    >>> s = schedule(1.0, t_max=4, warmup=0, alpha_f=0.0, decay=2)
    >>> s.table(5).round(3)
    array([0.854, 0.5  , 0.25 , 0.   , 0.   ])
    """
    rise = _steps("warmup", warmup, warmup_fraction, t_max)
    fall = _steps("decay", decay, _tenth(decay, decay_fraction), t_max, least=1)
    if fall > t_max:
        raise ArgumentError(f"decay must be at most t_max, got {fall} and {t_max}")
    whole = _cosine(lr, t_max, rise, alpha_f, warmup_min_lr)
    return whole.cooldown(at=t_max - fall, steps=fall, end=decay_min_lr).skip(1)


@preset()
def ComposableScheduler(
    lr: Rate, stages: Stages, override_decay: Override | None = None
) -> Schedule:
    """Run stages one after another, each a line or half a cosine wave.

    From each stage's start to its end, by ``current = t + 1``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    stages : sequence of ComposableSchedulerStage
        The stages. Each has a duration, a shape, and a start and an end as rates or as shares of
        ``lr``.
    override_decay : OverrideDecay, optional
        A decay that replaces what was planned from its ``start`` on. By default none.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``override_decay`` begins below 0.

    Notes
    -----
    A stage without a start begins at the end of the one before, the first at ``lr``. The end of the
    last stage is held. An ``OverrideDecay`` leads from the rate at its ``start`` to an end of its
    own.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.ComposableScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> stage = flr.presets.olmo_core.ComposableSchedulerStage
    >>> schedule = flr.presets.olmo_core.ComposableScheduler
    >>> s = schedule(1.0, [stage(2, start_lr=0.0, end_lr_fraction=1.0), stage(2, end_lr=0.0)])
    >>> s.table(5)
    array([0.5, 1. , 0.5, 0. , 0. ])
    """
    parts, level = [], np.asarray(lr)
    for stage in stages:
        start = (
            level
            if stage.start_lr is stage.start_lr_fraction is None
            else _of(lr, stage.start_lr, stage.start_lr_fraction)
        )
        level = _of(lr, stage.end_lr, stage.end_lr_fraction)
        parts.append(_SHAPES[stage.shape](start, level, stage.duration))
    whole = join(parts, list(accumulate(stage.duration for stage in stages))[:-1])
    return _overridden(lr, whole, override_decay, 0).skip(1)


@preset(differences="OLMo-core refuses steps past t_max; in fastlr the last scheduler goes on.")
def SequentialScheduler(
    lr: Rate,
    t_max: Span,
    schedulers: Children,
    schedulers_max: Marks,
    override_decay: Override | None = None,
) -> Schedule:
    """Run schedulers one after another.

    ``schedulers[i]`` for ``schedulers_max[i]`` steps; the last rate of one is the ``lr`` of the
    next

    Parameters
    ----------
    lr : float or array
        The rate of the first scheduler; an array has one per group. At least 0.
    t_max : int or array of int
        The number of steps. At least 1.
    schedulers : sequence of callable
        Presets that lack only ``lr`` and ``t_max``, such as ``functools.partial(WSD, warmup=10)``.
    schedulers_max : sequence of int
        The number of steps of each scheduler but the last, which takes the rest of ``t_max``.
    override_decay : OverrideDecay, optional
        A decay that replaces what was planned from its ``start`` on. By default none.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``schedulers_max`` are not one fewer than ``schedulers``, not above 0, or leave no steps
        for the last; if ``override_decay`` begins at step 0.

    Notes
    -----
    OLMo-core refuses steps past ``t_max``; in fastlr the last scheduler goes on.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.SequentialScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> warmup = lambda lr, t_max: flr.presets.olmo_core.ConstantWithWarmup(lr, t_max, 2)
    >>> decay = lambda lr, t_max: flr.presets.olmo_core.CosWithWarmup(lr, t_max, 0)
    >>> flr.presets.olmo_core.SequentialScheduler(1.0, 4, [warmup, decay], [2]).table(4).round(3)
    array([0.5 , 1.  , 0.55, 0.1 ])
    """
    if (
        len(schedulers_max) != len(schedulers) - 1
        or any(steps < 1 for steps in schedulers_max)
        or sum(schedulers_max) >= t_max
    ):
        rule = "schedulers_max must be one fewer than schedulers, above 0, within t_max"
        detail = f"{list(schedulers_max)} for {len(schedulers)} and t_max={t_max}"
        raise ArgumentError(f"{rule}, got {detail}")
    parts, level = [], np.asarray(lr)
    for child, steps in zip(
        schedulers, [*schedulers_max, t_max - sum(schedulers_max)], strict=True
    ):
        parts.append(child(level, steps))
        level = rate_at(parts[-1], steps - 1)
    return _overridden(lr, join(parts, list(accumulate(schedulers_max))), override_decay, 1)


@preset()
def WSDS(
    lr: Rate,
    period_lengths: Marks,
    period_lr_multipliers: Levels | None = None,
    warmup: Count | None = None,
    warmup_fraction: Share | None = None,
    decay: Span | None = None,
    decay_fraction: Share | None = None,
    warmup_min_lr: Rate = 0.0,
    decay_min_lr: Rate = 0.0,
) -> Schedule:
    """Run periods of a stable rate that each end in a linear decay.

    In period i ``lr * period_lr_multipliers[i]``, then a line to ``decay_min_lr``; the first period
    has the warmup

    Parameters
    ----------
    lr : float or array
        The stable rate; an array has one per group. At least 0.
    period_lengths : sequence of int
        The number of steps of each period.
    period_lr_multipliers : sequence of float, optional
        The factor of the stable rate in each period. By default 1. At least 0.
    warmup : int or array of int, optional
        The number of steps of the warmup. At least 0.
    warmup_fraction : float or array, optional
        The share of the first period that the warmup takes, in place of ``warmup``; rounded to
        whole steps. From 0 to 1.
    decay : int or array of int, optional
        The number of steps of each decay. At least 1.
    decay_fraction : float or array, optional
        The share of a period that its decay takes, in place of ``decay``; rounded to whole steps.
        From 0 to 1.
    warmup_min_lr : float or array, default 0.0
        The rate at ``current = 0``, from which the warmup begins. At least 0.
    decay_min_lr : float or array, default 0.0
        The rate at the end of a period. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of each length and its fraction is given, a period cannot hold its warmup
        and decay, or ``period_lr_multipliers`` are not as many as ``period_lengths``.

    Notes
    -----
    The first rate is not 0. The rate is ``decay_min_lr`` at the last step of each period; the next
    step is already in the next period. Past the end the last rate is held.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.WSDS``. After Wen et al., *Understanding
    Warmup-Stable-Decay Learning Rates* (2024).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.olmo_core.WSDS(1.0, [4, 4], warmup=0, decay=2).table(8)
    array([1. , 1. , 0.5, 0. , 1. , 1. , 0.5, 0. ])
    """
    multipliers = (
        [1.0] * len(period_lengths) if period_lr_multipliers is None else period_lr_multipliers
    )
    if not period_lengths or len(multipliers) != len(period_lengths):
        detail = f"{list(period_lengths)} and {list(multipliers)}"
        raise ArgumentError(
            f"period_lr_multipliers must be as many as period_lengths, at least one, got {detail}"
        )
    rise = _steps("warmup", warmup, warmup_fraction, period_lengths[0])
    falls = [_steps("decay", decay, decay_fraction, length, least=1) for length in period_lengths]
    if rise + falls[0] > period_lengths[0] or any(
        fall > length for fall, length in zip(falls, period_lengths, strict=True)
    ):
        detail = f"{list(period_lengths)} with a warmup of {rise} and decays of {falls}"
        raise ArgumentError(f"period_lengths must hold their warmup and decays, got {detail}")
    peaks = [np.multiply(lr, share) for share in multipliers]
    parts = [
        linear(peak, peak, length - fall).then(linear(peak, decay_min_lr, fall)).skip(1)
        for peak, length, fall in zip(peaks, period_lengths, falls, strict=True)
    ]
    hold = linear(peaks[0], peaks[0], period_lengths[0] - falls[0] - rise)
    first = (
        linear(warmup_min_lr, peaks[0], rise)
        .then(hold)
        .then(linear(peaks[0], decay_min_lr, falls[0]))
    )
    return join([first, *parts[1:]], [end + 1 for end in accumulate(period_lengths[:-1])]).skip(1)


@preset(elementwise=True)
def ExponentialScheduler(lr: Amount, t_max: Span, lr_min: Amount = 1e-9) -> Schedule:
    """Raise the rate exponentially.

    ``lr_min * (lr/lr_min)^(current/t_max)``, ``current = t + 1``

    Parameters
    ----------
    lr : float or array
        The last rate; an array has one per group. Above 0.
    t_max : int or array of int
        The number of steps. At least 1.
    lr_min : float or array, default 1e-9
        The rate at ``current = 0``. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end ``lr`` is held.

    References
    ----------
    OLMo-core 3.0 (2026), ``olmo_core.optim.scheduler.ExponentialScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.olmo_core.ExponentialScheduler(1.0, t_max=2, lr_min=0.25).table(3)
    array([0.5, 1. , 1. ])
    """
    return exponential(lr_min, lr, t_max).skip(1)


def _steps(name: str, steps: int | None, fraction: float | None, whole: int, least: int = 0) -> int:
    """A length that is given in steps or as a fraction of another one."""
    if (steps is None) == (fraction is None):
        raise ArgumentError(
            f"{name} or {name}_fraction must be given, not both, got {steps} and {fraction}"
        )
    length = round(whole * fraction) if fraction is not None else steps
    if length is None or length < least:
        raise ArgumentError(
            f"{name}_fraction must give at least {least} step, got {fraction} of {whole}"
        )
    return length


def _tenth(steps: int | None, fraction: float | None) -> float | None:
    """The fraction that a decay has if neither is given."""
    return 0.1 if steps is fraction is None else fraction


def _of(lr: Floats, level: float | None, fraction: float | None) -> npt.NDArray[np.float64]:
    """A level that is given as a rate or as a fraction of lr."""
    return np.asarray(
        np.multiply(lr, fraction)
        if fraction is not None
        else np.broadcast_to(np.asarray(level), np.shape(lr))
    )


def _cosine(lr: Floats, t_max: int, rise: int, alpha_f: float, warmup_min_lr: Floats) -> Schedule:
    fall = cosine(lr, np.multiply(lr, alpha_f), max(t_max - rise, 0))
    return linear(warmup_min_lr, lr, rise).then(fall)


def _overridden(
    lr: Floats, schedule: Schedule, decay: OverrideDecay | None, first: int
) -> Schedule:
    """With the decay from ``decay.start`` on, a schedule whose step 0 is ``current = first``."""
    if decay is None:
        return schedule
    if decay.start < first:
        raise ArgumentError(f"override_decay.start must be at least {first}, got {decay.start}")
    end: Any = _of(lr, decay.end_lr, decay.end_lr_fraction)
    return schedule.cooldown(
        at=decay.start - first, steps=decay.duration, end=end, shape=decay.shape
    )
