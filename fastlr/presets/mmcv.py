"""MMCV 1.x's hooks: ``mmcv.runner.hooks.lr_updater``, as of mmcv 1.7.2 (2023).

Step t is iteration t of the run, from 0. With ``by_epoch``, mmcv's default, the rate is that of the
epoch ``t // epoch_length``, and ``epoch_length``, the number of iterations per epoch, is required.
``max_progress`` is the runner's ``max_epochs`` with ``by_epoch``, otherwise its ``max_iters``. The
run ends there; past it the last rate is held.

Over ``warmup_iters`` iterations, or epochs with ``warmup_by_epoch``, a ``warmup`` multiplies the
rate: "constant" by ``warmup_ratio``, "linear" by ``1 - (1 - t/W)*(1 - warmup_ratio)``, "exp" by
``warmup_ratio^(1 - t/W)``.

>>> import fastlr as flr
>>> s = flr.presets.mmcv.StepLrUpdaterHook(0.02, [8, 11], epoch_length=1_000, warmup="linear",
...     warmup_iters=500, warmup_ratio=0.1)
>>> s([0, 250, 500, 8_000]).round(4)
array([0.002, 0.011, 0.02 , 0.002])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence
from itertools import accumulate
from typing import Annotated, Any, Literal, cast

import numpy as np

from fastlr.arguments.rules import Flag, Number, Rate, short_repr
from fastlr.presets._building_blocks import cut, drops, geometric, inverse, knots, one_cycle
from fastlr.presets._rules import (
    MOST_TURNS,
    ArgumentError,
    Count,
    Level,
    Levels,
    Marks,
    Ratio,
    Share,
    Span,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
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
    "CosineAnnealingLrUpdaterHook",
    "CosineRestartLrUpdaterHook",
    "CyclicLrUpdaterHook",
    "ExpLrUpdaterHook",
    "FixedLrUpdaterHook",
    "FlatCosineAnnealingLrUpdaterHook",
    "InvLrUpdaterHook",
    "LinearAnnealingLrUpdaterHook",
    "OneCycleLrUpdaterHook",
    "PolyLrUpdaterHook",
    "StepLrUpdaterHook",
]

Warmup = Literal["constant", "linear", "exp"]
Part = Annotated[float, Number("a number above 0, at most 1", float(np.nextafter(0.0, 1.0)), 1.0)]
Start = Annotated[
    float, Number("a number from 0 up to, not including, 1", 0.0, float(np.nextafter(1.0, 0.0)))
]


def _step(where: str, value: object) -> Any:
    sequence = isinstance(value, list | tuple | np.ndarray)
    return Number(
        "an integer, or integers, from 1 to 2**53", 1, LAST_STEP, whole=True, core=int(sequence)
    )(where, value).tolist()


def _ratios(where: str, value: object) -> list[float]:
    given = Number("one or two numbers >= 0", 0.0, 1e290)(where, value)
    if given.ndim > 1 or given.size > 2:
        raise ValueError(f"{where} must be one or two numbers >= 0, got {short_repr(value)}")
    ratios = np.ravel(given).tolist()
    return [*ratios, ratios[0] / 1e5][:2]


Step = Annotated[int | Sequence[int], _step]
Ratios = Annotated[float | Sequence[float], _ratios]


@preset()
def FixedLrUpdaterHook(
    lr: Rate,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Hold the base rate, after an optional warmup.

    ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    by_epoch : bool, default True
        Whether the rate is that of the epoch.
    warmup : {"constant", "linear", "exp"}, optional
        How the warmup changes the factor of the rate: not at all, linearly or exponentially. By
        default there is no warmup.
    warmup_iters : int or array of int, default 0
        The length of the warmup in iterations. At least 0.
    warmup_ratio : float or array, default 0.1
        The factor at the beginning of the warmup. Above 0, at most 1.
    warmup_by_epoch : bool, default False
        Whether ``warmup_iters`` counts epochs.
    epoch_length : int or array of int, optional
        The number of iterations per epoch. ``by_epoch`` and ``warmup_by_epoch`` need it. At least
        1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``epoch_length`` is needed and missing, or a warmup has no iterations.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    MMCV 1.7.2 (2023), ``mmcv.runner.hooks.lr_updater.FixedLrUpdaterHook``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmcv.FixedLrUpdaterHook(0.5, by_epoch=False)(10)
    0.5
    """
    regular = constant(lr)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def StepLrUpdaterHook(
    lr: Rate,
    step: Step,
    gamma: Level = 0.1,
    min_lr: Rate | None = None,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Reduce the rate at regular intervals or at milestones.

    ``lr * gamma^floor(x/step)`` in epoch or iteration x, or ``lr * gamma^i``, i the number of
    ``step`` at or before x

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    step : int or sequence of int
        The distance between reductions, or the epochs or iterations of them. At least 1.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.
    min_lr : float or array, optional
        The lowest rate. By default none. At least 0.
    by_epoch : bool, default True
        Whether the rate is that of the epoch.
    warmup : {"constant", "linear", "exp"}, optional
        How the warmup changes the factor of the rate: not at all, linearly or exponentially. By
        default there is no warmup.
    warmup_iters : int or array of int, default 0
        The length of the warmup in iterations. At least 0.
    warmup_ratio : float or array, default 0.1
        The factor at the beginning of the warmup. Above 0, at most 1.
    warmup_by_epoch : bool, default False
        Whether ``warmup_iters`` counts epochs.
    epoch_length : int or array of int, optional
        The number of iterations per epoch. ``by_epoch`` and ``warmup_by_epoch`` need it. At least
        1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``epoch_length`` is needed and missing, or a warmup has no iterations.

    Notes
    -----
    A milestone that is not above the one before it takes effect together with that one. The
    schedule never ends.

    References
    ----------
    MMCV 1.7.2 (2023), ``mmcv.runner.hooks.lr_updater.StepLrUpdaterHook``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmcv.StepLrUpdaterHook(1.0, [1, 3], gamma=0.5, by_epoch=False).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    if isinstance(step, int):
        whole = geometric(lr, gamma, step, staircase=True)
    else:
        whole = drops("step", lr, gamma, list(accumulate(step, max)))
    regular = whole if min_lr is None else whole.maximum(min_lr)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def ExpLrUpdaterHook(
    lr: Rate,
    gamma: Ratio,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Decay the rate exponentially.

    ``lr * gamma^x`` in epoch or iteration x

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The factor per epoch or iteration. Above 0.
    by_epoch : bool, default True
        Whether the rate is that of the epoch.
    warmup : {"constant", "linear", "exp"}, optional
        How the warmup changes the factor of the rate: not at all, linearly or exponentially. By
        default there is no warmup.
    warmup_iters : int or array of int, default 0
        The length of the warmup in iterations. At least 0.
    warmup_ratio : float or array, default 0.1
        The factor at the beginning of the warmup. Above 0, at most 1.
    warmup_by_epoch : bool, default False
        Whether ``warmup_iters`` counts epochs.
    epoch_length : int or array of int, optional
        The number of iterations per epoch. ``by_epoch`` and ``warmup_by_epoch`` need it. At least
        1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``epoch_length`` is needed and missing, or a warmup has no iterations.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    MMCV 1.7.2 (2023), ``mmcv.runner.hooks.lr_updater.ExpLrUpdaterHook``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmcv.ExpLrUpdaterHook(1.0, gamma=0.5, by_epoch=False).table(3)
    array([1.  , 0.5 , 0.25])
    """
    regular = geometric(lr, gamma)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def PolyLrUpdaterHook(
    lr: Rate,
    max_progress: Span,
    power: Ratio = 1.0,
    min_lr: Rate = 0.0,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Decay the rate by a polynomial.

    ``min_lr + (lr - min_lr) * (1 - x/max_progress)^power`` in epoch or iteration x

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_progress : int or array of int
        The length of the run: epochs with ``by_epoch``, otherwise iterations. At least 1.
    power : float or array, default 1.0
        The power of the decay. Above 0.
    min_lr : float or array, default 0.0
        The lowest rate. At least 0.
    by_epoch : bool, default True
        Whether the rate is that of the epoch.
    warmup : {"constant", "linear", "exp"}, optional
        How the warmup changes the factor of the rate: not at all, linearly or exponentially. By
        default there is no warmup.
    warmup_iters : int or array of int, default 0
        The length of the warmup in iterations. At least 0.
    warmup_ratio : float or array, default 0.1
        The factor at the beginning of the warmup. Above 0, at most 1.
    warmup_by_epoch : bool, default False
        Whether ``warmup_iters`` counts epochs.
    epoch_length : int or array of int, optional
        The number of iterations per epoch. ``by_epoch`` and ``warmup_by_epoch`` need it. At least
        1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``epoch_length`` is needed and missing, or a warmup has no iterations.

    Notes
    -----
    Past the end ``min_lr`` is held.

    References
    ----------
    MMCV 1.7.2 (2023), ``mmcv.runner.hooks.lr_updater.PolyLrUpdaterHook``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmcv.PolyLrUpdaterHook(1.0, max_progress=2, by_epoch=False).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    regular = polynomial(lr, min_lr, max_progress, power=power)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def InvLrUpdaterHook(
    lr: Rate,
    gamma: Level,
    power: Level = 1.0,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Decay the rate inversely to time.

    ``lr * (1 + gamma*x)^-power`` in epoch or iteration x

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The decay per epoch or iteration. At least 0.
    power : float or array, default 1.0
        The power of the decay. At least 0.
    by_epoch : bool, default True
        Whether the rate is that of the epoch.
    warmup : {"constant", "linear", "exp"}, optional
        How the warmup changes the factor of the rate: not at all, linearly or exponentially. By
        default there is no warmup.
    warmup_iters : int or array of int, default 0
        The length of the warmup in iterations. At least 0.
    warmup_ratio : float or array, default 0.1
        The factor at the beginning of the warmup. Above 0, at most 1.
    warmup_by_epoch : bool, default False
        Whether ``warmup_iters`` counts epochs.
    epoch_length : int or array of int, optional
        The number of iterations per epoch. ``by_epoch`` and ``warmup_by_epoch`` need it. At least
        1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``epoch_length`` is needed and missing, or a warmup has no iterations.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    MMCV 1.7.2 (2023), ``mmcv.runner.hooks.lr_updater.InvLrUpdaterHook``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmcv.InvLrUpdaterHook(1.0, gamma=1.0, by_epoch=False).table(2)
    array([1. , 0.5])
    """
    regular = inverse(lr, gamma, power)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def CosineAnnealingLrUpdaterHook(
    lr: Rate,
    max_progress: Span,
    min_lr: Rate | None = None,
    min_lr_ratio: Share | None = None,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Decay the rate by half a cosine wave.

    ``low + (lr - low) * (1 + cos(pi*x/max_progress))/2`` in epoch or iteration x, ``low`` being
    ``min_lr`` or ``min_lr_ratio * lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_progress : int or array of int
        The length of the run: epochs with ``by_epoch``, otherwise iterations. At least 1.
    min_lr : float or array, optional
        The lowest rate. At least 0.
    min_lr_ratio : float or array, optional
        The lowest rate as a share of ``lr``, in place of ``min_lr``. From 0 to 1.
    by_epoch : bool, default True
        Whether the rate is that of the epoch.
    warmup : {"constant", "linear", "exp"}, optional
        How the warmup changes the factor of the rate: not at all, linearly or exponentially. By
        default there is no warmup.
    warmup_iters : int or array of int, default 0
        The length of the warmup in iterations. At least 0.
    warmup_ratio : float or array, default 0.1
        The factor at the beginning of the warmup. Above 0, at most 1.
    warmup_by_epoch : bool, default False
        Whether ``warmup_iters`` counts epochs.
    epoch_length : int or array of int, optional
        The number of iterations per epoch. ``by_epoch`` and ``warmup_by_epoch`` need it. At least
        1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of ``min_lr`` and ``min_lr_ratio`` is given, ``epoch_length`` is needed
        and missing, or a warmup has no iterations.

    Notes
    -----
    Past the end the lowest rate is held.

    References
    ----------
    MMCV 1.7.2 (2023), ``mmcv.runner.hooks.lr_updater.CosineAnnealingLrUpdaterHook``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.mmcv.CosineAnnealingLrUpdaterHook
    >>> s = schedule(1.0, max_progress=2, min_lr=0.0, by_epoch=False)
    >>> s.table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    regular = cosine(lr, _target(lr, min_lr, min_lr_ratio), max_progress)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def FlatCosineAnnealingLrUpdaterHook(
    lr: Rate,
    max_progress: Span,
    start_percent: Share = 0.75,
    min_lr: Rate | None = None,
    min_lr_ratio: Share | None = None,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Hold the rate, then decay by half a cosine wave.

    ``lr`` up to ``round(max_progress * start_percent)``, then half a cosine wave to ``min_lr`` or
    ``min_lr_ratio * lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_progress : int or array of int
        The length of the run: epochs with ``by_epoch``, otherwise iterations. At least 1.
    start_percent : float or array, default 0.75
        The share of the run before the decay. From 0 to 1.
    min_lr : float or array, optional
        The lowest rate. At least 0.
    min_lr_ratio : float or array, optional
        The lowest rate as a share of ``lr``, in place of ``min_lr``. From 0 to 1.
    by_epoch : bool, default True
        Whether the rate is that of the epoch.
    warmup : {"constant", "linear", "exp"}, optional
        How the warmup changes the factor of the rate: not at all, linearly or exponentially. By
        default there is no warmup.
    warmup_iters : int or array of int, default 0
        The length of the warmup in iterations. At least 0.
    warmup_ratio : float or array, default 0.1
        The factor at the beginning of the warmup. Above 0, at most 1.
    warmup_by_epoch : bool, default False
        Whether ``warmup_iters`` counts epochs.
    epoch_length : int or array of int, optional
        The number of iterations per epoch. ``by_epoch`` and ``warmup_by_epoch`` need it. At least
        1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of ``min_lr`` and ``min_lr_ratio`` is given, ``epoch_length`` is needed
        and missing, or a warmup has no iterations.

    Notes
    -----
    Past the end the lowest rate is held.

    References
    ----------
    MMCV 1.7.2 (2023), ``mmcv.runner.hooks.lr_updater.FlatCosineAnnealingLrUpdaterHook``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.mmcv.FlatCosineAnnealingLrUpdaterHook
    >>> s = schedule(1.0, 4, start_percent=0.5, min_lr=0.0, by_epoch=False)
    >>> s.table(5)
    array([1. , 1. , 1. , 0.5, 0. ])
    """
    low = _target(lr, min_lr, min_lr_ratio)
    start = round(max_progress * start_percent)
    regular = join([constant(lr), cosine(lr, low, max_progress - start)], [start])
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def CosineRestartLrUpdaterHook(
    lr: Rate,
    periods: Marks,
    restart_weights: Levels = (1,),
    min_lr: Rate | None = None,
    min_lr_ratio: Share | None = None,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Run cycles of half a cosine wave.

    From ``low + restart_weights[i] * (lr - low)`` to ``low`` in cycle i, ``low`` being ``min_lr``
    or ``min_lr_ratio * lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    periods : sequence of int
        The length of each cycle in epochs or iterations.
    restart_weights : sequence of float, default (1,)
        The height of each cycle, as a share of the first's. At least 0.
    min_lr : float or array, optional
        The lowest rate. At least 0.
    min_lr_ratio : float or array, optional
        The lowest rate as a share of ``lr``, in place of ``min_lr``. From 0 to 1.
    by_epoch : bool, default True
        Whether the rate is that of the epoch.
    warmup : {"constant", "linear", "exp"}, optional
        How the warmup changes the factor of the rate: not at all, linearly or exponentially. By
        default there is no warmup.
    warmup_iters : int or array of int, default 0
        The length of the warmup in iterations. At least 0.
    warmup_ratio : float or array, default 0.1
        The factor at the beginning of the warmup. Above 0, at most 1.
    warmup_by_epoch : bool, default False
        Whether ``warmup_iters`` counts epochs.
    epoch_length : int or array of int, optional
        The number of iterations per epoch. ``by_epoch`` and ``warmup_by_epoch`` need it. At least
        1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``periods`` and ``restart_weights`` are not equally many, not exactly one of ``min_lr``
        and ``min_lr_ratio`` is given, ``epoch_length`` is needed and missing, or a warmup has no
        iterations; when the schedule is evaluated past the last cycle.

    References
    ----------
    MMCV 1.7.2 (2023), ``mmcv.runner.hooks.lr_updater.CosineRestartLrUpdaterHook``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.mmcv.CosineRestartLrUpdaterHook
    >>> s = schedule(1.0, [2, 2], [1.0, 0.5], min_lr=0.0, by_epoch=False)
    >>> s.table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    if len(periods) != len(restart_weights) or not sum(periods):
        rule = "periods must be as many as restart_weights, above 0 in all"
        raise ArgumentError(f"{rule}, got {periods} and {restart_weights}")
    low = _target(lr, min_lr, min_lr_ratio)
    tops = [low + np.multiply(np.subtract(lr, low), weight) for weight in restart_weights]
    ends = list(accumulate(periods))
    waves = [cosine(top, low, steps) for top, steps in zip(tops, periods, strict=True)]
    regular = cut(join(waves, ends[:-1]) if waves[1:] else waves[0], ends[-1])
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def CyclicLrUpdaterHook(
    lr: Rate,
    max_progress: Span,
    target_ratio: Ratios = (10, 1e-4),
    cyclic_times: Span = 1,
    step_ratio_up: Start = 0.4,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    gamma: Part = 1.0,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Rise and fall in cycles.

    From ``lr`` to ``target_ratio[0] * lr``, then to ``target_ratio[1] * lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_progress : int or array of int
        The number of iterations of the run. At least 1.
    target_ratio : float or sequence of float, default (10, 1e-4)
        The highest and the last rate, as shares of ``lr``. A single number is the first; the second
        is a 100,000th of it. At least 0.
    cyclic_times : int or array of int, default 1
        The number of cycles. At least 1.
    step_ratio_up : float or array, default 0.4
        The share of a cycle that rises. From 0 up to, not including, 1.
    anneal_strategy : {"cos", "linear"}, default "cos"
        Half cosine waves or lines.
    gamma : float or array, default 1.0
        The factor of the height above ``lr`` per cycle. Above 0, at most 1.
    warmup : {"constant", "linear", "exp"}, optional
        How the warmup changes the factor of the rate: not at all, linearly or exponentially. By
        default there is no warmup.
    warmup_iters : int or array of int, default 0
        The length of the warmup in iterations. At least 0.
    warmup_ratio : float or array, default 0.1
        The factor at the beginning of the warmup. Above 0, at most 1.
    warmup_by_epoch : bool, default False
        Whether ``warmup_iters`` counts epochs.
    epoch_length : int or array of int, optional
        The number of iterations per epoch. ``by_epoch`` and ``warmup_by_epoch`` need it. At least
        1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``cyclic_times`` is above ``max_progress``, or above 10,000, or a warmup has no
        iterations.

    Notes
    -----
    A cycle has ``length = max_progress // cyclic_times`` iterations and rises in the first
    ``int(step_ratio_up * length)``. If none rises, ``gamma`` applies to the depth of the end below
    ``lr``.

    References
    ----------
    MMCV 1.7.2 (2023), ``mmcv.runner.hooks.lr_updater.CyclicLrUpdaterHook``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.mmcv.CyclicLrUpdaterHook
    >>> s = schedule(1.0, 4, target_ratio=(2.0, 0.5), step_ratio_up=0.5, anneal_strategy="linear")
    >>> s.table(5)
    array([1.  , 1.5 , 2.  , 1.25, 0.5 ])
    """
    length, (high, low) = max_progress // cyclic_times, cast(list[float], target_ratio)
    if not length:
        detail = f"max_progress, {max_progress}, got {cyclic_times}"
        raise ArgumentError(f"cyclic_times must be at most {detail}")
    if cyclic_times > MOST_TURNS:
        raise ArgumentError(f"cyclic_times must be at most {MOST_TURNS:,}, got {cyclic_times}")
    rise = int(step_ratio_up * length)

    def cycle(begin: int, scale: float) -> list[tuple[int, Any]]:
        if not rise:
            return [
                (begin, np.multiply(lr, high)),
                (begin + length, np.multiply(lr, 1 - scale + low * scale)),
            ]
        peak = (begin + rise, np.multiply(lr, 1 - scale + high * scale))
        return [(begin, lr), peak, (begin + length, np.multiply(lr, low))]

    points = [
        point for i in range(-(-max_progress // length)) for point in cycle(i * length, gamma**i)
    ]
    regular = knots(points, "cosine" if anneal_strategy == "cos" else "linear")
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, False, epoch_length, ramp)


@preset()
def OneCycleLrUpdaterHook(
    max_lr: Rate,
    total_steps: Span,
    pct_start: Share = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    div_factor: Ratio = 25.0,
    final_div_factor: Ratio = 1e4,
    three_phase: Flag = False,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Rise to a peak and fall below the first rate.

    From ``max_lr/div_factor`` to ``max_lr`` at ``pct_start*total_steps - 1``, then to
    ``max_lr/(div_factor*final_div_factor)`` at ``total_steps - 1``

    Parameters
    ----------
    max_lr : float or array
        The rate at the peak; an array has one per group. At least 0.
    total_steps : int or array of int
        The number of steps. At least 1.
    pct_start : float or array, default 0.3
        The share of the rise. From 0 to 1.
    anneal_strategy : {"cos", "linear"}, default "cos"
        Half cosine waves or lines.
    div_factor : float or array, default 25.0
        The peak divided by the first rate. Above 0.
    final_div_factor : float or array, default 1e4
        The first rate divided by the last. Above 0.
    three_phase : bool, default False
        Whether to fall to the first rate by step ``2*pct_start*total_steps - 2``, and only then to
        the last.
    warmup : {"constant", "linear", "exp"}, optional
        How the warmup changes the factor of the rate: not at all, linearly or exponentially. By
        default there is no warmup.
    warmup_iters : int or array of int, default 0
        The length of the warmup in iterations. At least 0.
    warmup_ratio : float or array, default 0.1
        The factor at the beginning of the warmup. Above 0, at most 1.
    warmup_by_epoch : bool, default False
        Whether ``warmup_iters`` counts epochs.
    epoch_length : int or array of int, optional
        The number of iterations per epoch. ``by_epoch`` and ``warmup_by_epoch`` need it. At least
        1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a phase has no steps, or a warmup has no iterations; when the schedule is evaluated at
        step ``total_steps`` or later.

    Notes
    -----
    Phases end between steps, as in torch.

    References
    ----------
    MMCV 1.7.2 (2023), ``mmcv.runner.hooks.lr_updater.OneCycleLrUpdaterHook``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.mmcv.OneCycleLrUpdaterHook(0.1, total_steps=11, pct_start=0.5)([0, 10]).round(9)
    array([4.e-03, 4.e-07])
    """
    low = np.divide(max_lr, div_factor)
    levels = (low, max_lr, np.divide(low, final_div_factor))
    where = f"pct_start={pct_start!r}, total_steps={total_steps}"
    one = one_cycle(where, levels, pct_start, total_steps, three_phase, anneal_strategy)
    regular = cut(one.cycle, total_steps, one.last)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, False, epoch_length, ramp)


@preset()
def LinearAnnealingLrUpdaterHook(
    lr: Rate,
    max_progress: Span,
    min_lr: Rate | None = None,
    min_lr_ratio: Share | None = None,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Decay the rate linearly.

    A line from ``lr`` to ``min_lr`` or ``min_lr_ratio * lr`` at ``max_progress``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    max_progress : int or array of int
        The length of the run: epochs with ``by_epoch``, otherwise iterations. At least 1.
    min_lr : float or array, optional
        The lowest rate. At least 0.
    min_lr_ratio : float or array, optional
        The lowest rate as a share of ``lr``, in place of ``min_lr``. From 0 to 1.
    by_epoch : bool, default True
        Whether the rate is that of the epoch.
    warmup : {"constant", "linear", "exp"}, optional
        How the warmup changes the factor of the rate: not at all, linearly or exponentially. By
        default there is no warmup.
    warmup_iters : int or array of int, default 0
        The length of the warmup in iterations. At least 0.
    warmup_ratio : float or array, default 0.1
        The factor at the beginning of the warmup. Above 0, at most 1.
    warmup_by_epoch : bool, default False
        Whether ``warmup_iters`` counts epochs.
    epoch_length : int or array of int, optional
        The number of iterations per epoch. ``by_epoch`` and ``warmup_by_epoch`` need it. At least
        1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If not exactly one of ``min_lr`` and ``min_lr_ratio`` is given, ``epoch_length`` is needed
        and missing, or a warmup has no iterations.

    Notes
    -----
    Past the end the lowest rate is held.

    References
    ----------
    MMCV 1.7.2 (2023), ``mmcv.runner.hooks.lr_updater.LinearAnnealingLrUpdaterHook``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.mmcv.LinearAnnealingLrUpdaterHook
    >>> s = schedule(1.0, max_progress=2, min_lr=0.0, by_epoch=False)
    >>> s.table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    regular = linear(lr, _target(lr, min_lr, min_lr_ratio), max_progress)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


def _target(lr: Any, min_lr: Any, ratio: float | None) -> Any:
    if (min_lr is None) == (ratio is None):
        raise ArgumentError(
            f"min_lr or min_lr_ratio must be given, not both, got {short_repr(min_lr)} and {ratio}"
        )
    return np.multiply(lr, ratio) if ratio is not None else min_lr


def _hooked(
    regular: Schedule,
    by_epoch: bool,
    epoch_length: int | None,
    ramp: tuple[Warmup | None, int, float, bool],
) -> Schedule:
    """A rate per epoch or iteration, read per iteration, times the factor of the warmup."""
    warmup, warmup_iters, warmup_ratio, warmup_by_epoch = ramp
    if epoch_length is None and (by_epoch or (warmup and warmup_by_epoch)):
        raise ArgumentError(
            f"epoch_length must be given with {'' if by_epoch else 'warmup_'}by_epoch=True, got "
            "None"
        )
    whole = regular.staircase(epoch_length) if by_epoch and epoch_length is not None else regular
    if warmup is None:
        return whole
    if not warmup_iters:
        raise ArgumentError(f"warmup_iters must be above 0 with a warmup, got {warmup_iters}")
    steps = warmup_iters * (epoch_length if warmup_by_epoch and epoch_length is not None else 1)
    if warmup == "constant":
        return whole * join([constant(warmup_ratio), constant(1.0)], [steps])
    return whole * (linear if warmup == "linear" else exponential)(warmup_ratio, 1.0, steps)
