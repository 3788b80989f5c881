"""SpeechBrain's schedulers: ``speechbrain.nnet.schedulers``, as of SpeechBrain 1.1 (2026).

Most schedulers count their calls from 1 and set the rate that holds after the call: step 0 is what
the first call sets, ``n = t + 1``. Those that take an epoch or a number of updates are functions of
it: step t is their result for t.

>>> import fastlr as flr
>>> flr.presets.speechbrain.LinearNoamScheduler(1.0, n_warmup_steps=2, n_keep_steps=2).table(5)
array([0.5       , 1.        , 1.        , 1.        , 0.66666667])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate, pairwise
from operator import mul
from typing import Annotated, Any, Literal

import numpy as np

from fastlr.arguments.rules import Factor, Rate, short_repr, validate_scalar
from fastlr.plateau.adaptive import NewBob
from fastlr.presets._building_blocks import fraction, geometric, in_ticks, rate_at, wave
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Duration,
    Levels,
    Marks,
    Ratio,
    Real,
    Span,
    preset,
)
from fastlr.schedule.constructor_names import (
    constant,
    cyclic,
    inverse_power,
    inverse_sqrt,
    join,
    linear,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "UNEXPRESSED",
    "CyclicCosineScheduler",
    "CyclicLRScheduler",
    "IntervalScheduler",
    "InverseSquareRootScheduler",
    "LinearNoamScheduler",
    "LinearScheduler",
    "LinearWarmupScheduler",
    "NewBobScheduler",
    "NoamIntervalScheduler",
    "NoamScheduler",
    "StepScheduler",
    "TriStageLRSchedule",
    "WarmAndExpDecayLRSchedule",
    "WarmCoolDecayLRSchedule",
]

UNEXPRESSED = {
    "ReduceLROnPlateau": "A loss equal to the best counts as better, and the last loss of the "
    "epochs in which nothing is reduced becomes the best. fastlr's plateau "
    "rules do neither.",
}

_BELOW = "Past the end SpeechBrain's line goes on below 0; fastlr holds 0."
_FAR = 1_000


def _intervals(where: str, value: object) -> list[tuple[int, float]]:
    if not isinstance(value, list | tuple) or not all(
        isinstance(one, Mapping) and {*one} == {"steps", "lr"} for one in value
    ):
        raise TypeError(
            f"{where} must be a list of {{'steps': ..., 'lr': ...}}, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    pairs = [
        (
            validate_scalar(Span, f"{where}[{i}]['steps']", one["steps"]),
            validate_scalar(Rate, f"{where}[{i}]['lr']", one["lr"]),
        )
        for i, one in enumerate(value)
    ]
    if any(later <= earlier for (earlier, _), (later, _) in pairwise(pairs)):
        raise ValueError(f"{where} must have steps that rise strictly, got {short_repr(value)}")
    return pairs


Intervals = Annotated[Sequence[Mapping[str, float]], _intervals]


@preset()
def WarmAndExpDecayLRSchedule(
    lr: Rate, n_warmup_steps: Count, total_steps: Span, decay_factor: Ratio = 0.1
) -> Schedule:
    """Warm up linearly, then decay exponentially.

    A line from 0 to ``lr``, then ``lr * min(1, decay_factor^p)``, p the progress to ``total_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    n_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    total_steps : int or array of int
        The number of steps, including the warmup. At least 1.
    decay_factor : float or array, default 0.1
        The factor over the whole decay. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``n_warmup_steps`` is not below ``total_steps``.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. After ``total_steps`` the decay goes on.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.WarmAndExpDecayLRSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.speechbrain.WarmAndExpDecayLRSchedule
    >>> s = schedule(1.0, 2, total_steps=4, decay_factor=0.25)
    >>> s.table(5)
    array([0.  , 0.5 , 1.  , 0.5 , 0.25])
    """
    if n_warmup_steps >= total_steps:
        detail = f"{n_warmup_steps} and {total_steps}"
        raise ArgumentError(f"n_warmup_steps must be below total_steps, got {detail}")
    fall = geometric(lr, min(decay_factor, 1.0), total_steps - n_warmup_steps)
    return linear(0.0, lr, n_warmup_steps).then(fall)


@preset(
    differences="SpeechBrain makes a table of float32, and fails past its end; fastlr computes in "
    "float64, and holds the end."
)
def LinearScheduler(initial_value: Rate, final_value: Rate, epoch_count: Span) -> Schedule:
    """Change the rate linearly.

    A line from ``initial_value`` at epoch 0 to ``final_value`` at epoch ``epoch_count - 1``

    Parameters
    ----------
    initial_value : float or array
        The first rate; an array has one per group. At least 0.
    final_value : float or array
        The last rate. At least 0.
    epoch_count : int or array of int
        The number of epochs. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step t is an epoch. With one epoch the rate is ``initial_value``. Past the end the last rate is
    held; SpeechBrain makes a table of float32 and fails there.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.LinearScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.speechbrain.LinearScheduler(1.0, 0.0, epoch_count=3).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return linear(initial_value, final_value if epoch_count > 1 else initial_value, epoch_count - 1)


@preset()
def LinearWarmupScheduler(
    initial_value: Rate, num_warmup_steps: Count, num_training_steps: Count
) -> Schedule:
    """Warm up linearly, then decay linearly to 0.

    A line from 0 to ``initial_value`` at ``n = num_warmup_steps``, ``n = t + 1``, then a line to 0
    at ``num_training_steps``

    Parameters
    ----------
    initial_value : float or array
        The highest rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_training_steps : int or array of int
        The number of steps, including the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. Past the end the rate is 0.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.LinearWarmupScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.speechbrain.LinearWarmupScheduler(1.0, 2, 4).table(5)
    array([0.5, 1. , 0.5, 0. , 0. ])
    """
    fall = linear(initial_value, 0.0, max(num_training_steps - num_warmup_steps, 0))
    return linear(0.0, initial_value, num_warmup_steps).then(fall).skip(1)


@preset(
    differences="SpeechBrain reduces the rate an epoch late if its division by a decay_drop with "
    "decimals falls short of a whole number."
)
def StepScheduler(
    initial_value: Rate,
    decay_factor: Ratio | None = None,
    decay_drop: Duration | None = None,
    half_life: Duration | None = None,
) -> Schedule:
    """Reduce the rate at regular intervals.

    ``initial_value * decay_factor^floor((1 + epoch)/decay_drop)``, or ``initial_value * 0.5^((1 +
    epoch)/half_life)``

    Parameters
    ----------
    initial_value : float or array
        The first rate; an array has one per group. At least 0.
    decay_factor : float or array, optional
        The factor of a reduction. By default 0.5. Above 0.
    decay_drop : float or array, optional
        The number of epochs per reduction. By default 2. Above 0; it may be a fraction.
    half_life : float or array, optional
        The number of epochs in which the rate is halved, in place of both. Above 0; it may be a
        fraction.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``half_life`` is given with ``decay_factor`` or ``decay_drop``.

    Notes
    -----
    Step t is an epoch. The schedule never ends. SpeechBrain reduces the rate an epoch late if its
    division by a ``decay_drop`` with decimals falls short of a whole number.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.StepScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.speechbrain.StepScheduler(1.0).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    if half_life is not None and (decay_factor is not None or decay_drop is not None):
        detail = f"{half_life}, {decay_factor} and {decay_drop}"
        raise ArgumentError(f"half_life must go without decay_factor and decay_drop, got {detail}")
    every = fraction(half_life or decay_drop or 2.0)
    curve = partial(geometric, initial_value, decay_factor or 0.5, staircase=half_life is None)
    return in_ticks(curve, every, 1, reach=_FAR * every)


@preset()
def NoamScheduler(
    lr_initial: Rate, n_warmup_steps: Span, model_size: Span | None = None
) -> Schedule:
    """Warm up linearly, then decay by the inverse square root.

    ``lr_initial * sqrt(W) * min(n^-0.5, n * W^-1.5)``, ``n = t + 1``, ``W = n_warmup_steps``; with
    a ``model_size``, ``model_size^-0.5`` replaces ``sqrt(W)``

    Parameters
    ----------
    lr_initial : float or array
        The highest rate; an array has one per group. At least 0.
    n_warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.
    model_size : int or array of int, optional
        The width of the model. By default the highest rate is ``lr_initial``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. The schedule never ends.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.NoamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.speechbrain.NoamScheduler(1.0, n_warmup_steps=4)([0, 3, 15])
    array([0.25, 1.  , 0.5 ])
    """
    return inverse_sqrt(_peak(lr_initial, n_warmup_steps, model_size), n_warmup_steps).skip(1)


@preset()
def NoamIntervalScheduler(
    lr_initial: Rate,
    n_warmup_steps: Span,
    anneal_steps: Marks,
    anneal_rates: Levels,
    model_size: Span | None = None,
) -> Schedule:
    """Warm up linearly, decay by the inverse square root, and reduce the rate at given steps.

    ``NoamScheduler`` times each of ``anneal_rates`` whose one of ``anneal_steps`` is below ``n = t
    + 1``

    Parameters
    ----------
    lr_initial : float or array
        The highest rate; an array has one per group. At least 0.
    n_warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.
    anneal_steps : sequence of int
        The steps after which the rate is reduced, in any order.
    anneal_rates : sequence of float
        The factors of the reductions. At least 0.
    model_size : int or array of int, optional
        The width of the model. By default the highest rate is ``lr_initial``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``anneal_rates`` are not as many as ``anneal_steps``.

    Notes
    -----
    The first rate is not 0. The schedule never ends.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.NoamIntervalScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.speechbrain.NoamIntervalScheduler(1.0, 4, [8], [0.5])([3, 15])
    array([1.  , 0.25])
    """
    if len(anneal_steps) != len(anneal_rates):
        detail = f"{len(anneal_rates)} for {len(anneal_steps)}"
        raise ArgumentError(f"anneal_rates must be as many as anneal_steps, got {detail}")
    pairs = sorted(zip(anneal_steps, anneal_rates, strict=True))
    levels = accumulate((rate for _, rate in pairs), mul, initial=1.0)
    stairs = join(list(map(constant, levels)), [step for step, _ in pairs])
    return (
        inverse_sqrt(_peak(lr_initial, n_warmup_steps, model_size), n_warmup_steps).skip(1) * stairs
    )


@preset()
def LinearNoamScheduler(lr_initial: Rate, n_warmup_steps: Span, n_keep_steps: Count) -> Schedule:
    """Warm up linearly, hold the rate, then decay inversely to time.

    A line to ``lr_initial`` at ``n = W``, ``n = t + 1``, ``W = n_warmup_steps``; ``lr_initial`` for
    ``n_keep_steps``; then ``lr_initial * W/(n - n_keep_steps)``

    Parameters
    ----------
    lr_initial : float or array
        The highest rate; an array has one per group. At least 0.
    n_warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.
    n_keep_steps : int or array of int
        The number of steps at the highest rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. The schedule never ends.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.LinearNoamScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.speechbrain.LinearNoamScheduler(1.0, n_warmup_steps=2, n_keep_steps=1)
    >>> s.table(5).round(3)
    array([0.5  , 1.   , 1.   , 0.667, 0.5  ])
    """
    kept = linear(0.0, lr_initial, n_warmup_steps).then(
        linear(lr_initial, lr_initial, n_keep_steps)
    )
    return kept.then(inverse_power(lr_initial, 1.0, n_warmup_steps)).skip(1)


@preset(
    differences="lr_initial is required: without it SpeechBrain multiplies the current rate again "
    "and again."
)
def CyclicCosineScheduler(
    n_warmup_steps: Span, lr_initial: Rate, total_steps: Span = 100000
) -> Schedule:
    """Follow a cosine wave.

    ``lr_initial * (1 + cos(pi*(n - n_warmup_steps)/total_steps))/2``, ``n = t + 1``

    Parameters
    ----------
    n_warmup_steps : int or array of int
        The step at which the rate is highest, counted from 1. At least 1.
    lr_initial : float or array
        The highest rate; an array has one per group. At least 0.
    total_steps : int or array of int, default 100000
        The number of steps of half a wave. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The wave goes on forever. ``lr_initial`` is required: without it SpeechBrain multiplies the
    current rate again and again.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.CyclicCosineScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.speechbrain.CyclicCosineScheduler(1, 1.0, total_steps=2).table(5)
    array([1. , 0.5, 0. , 0.5, 1. ])
    """
    return wave(lr_initial, 0.0, total_steps, (1 - n_warmup_steps) % (2 * total_steps))


@preset(differences="scale_fn is not supported.")
def CyclicLRScheduler(
    base_lr: Rate = 0.001,
    max_lr: Rate = 0.006,
    step_size: Duration = 2000.0,
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
    gamma: Ratio = 1.0,
) -> Schedule:
    """Rise and fall linearly in cycles.

    A line from ``base_lr`` to ``max_lr`` in ``step_size`` steps and one back, at ``n = t + 1``

    Parameters
    ----------
    base_lr : float or array, default 0.001
        The lowest rate; an array has one per group. At least 0.
    max_lr : float or array, default 0.006
        The highest rate. At least ``base_lr``. At least 0.
    step_size : float or array, default 2000.0
        The number of steps of half a cycle. Above 0; it may be a fraction.
    mode : {"triangular", "triangular2", "exp_range"}, default "triangular"
        Whether the height stays, is halved per cycle ("triangular2"), or is multiplied by
        ``gamma^n`` ("exp_range").
    gamma : float or array, default 1.0
        The factor per step of "exp_range". Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``max_lr`` is below ``base_lr``.

    Notes
    -----
    The first rate is one step up. Cycles repeat forever. ``scale_fn`` is not supported.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.CyclicLRScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.speechbrain.CyclicLRScheduler(0.0, 1.0, step_size=2).table(5)
    array([0.5, 1. , 0.5, 0. , 0.5])
    """
    if np.any(np.asarray(base_lr) > np.asarray(max_lr)):
        raise ArgumentError(
            f"max_lr must not be below base_lr, got {short_repr(max_lr)}, {short_repr(base_lr)}"
        )
    half = fraction(step_size)

    def waves(low: Any, high: Any) -> Schedule:
        shape: Literal["triangular", "triangular2"] = "triangular" if mode == "exp_range" else mode
        return in_ticks(
            partial(_cycle, low, high, shape),
            2 * half,
            1,
            reach=_FAR * half,
            ticks=half.denominator,
        )

    if mode != "exp_range":
        return waves(base_lr, max_lr)
    return waves(0.0, 1.0) * geometric(np.subtract(max_lr, base_lr), gamma).skip(1) + base_lr


@preset(
    differences="SpeechBrain gives every group the rate of the first one; in fastlr each keeps "
    "its own until the first interval."
)
def IntervalScheduler(lr: Rate, intervals: Intervals) -> Schedule:
    """Hold one rate after another.

    ``lr``, then the rate of each of ``intervals`` from ``n = steps`` on, ``n = t + 1``

    Parameters
    ----------
    lr : float or array
        The rate before the first interval; an array has one per group. At least 0.
    intervals : sequence of mapping
        The intervals, such as ``{"steps": 1000, "lr": 0.01}``. Their steps rise strictly.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    SpeechBrain gives every group the rate of the first one; in fastlr each keeps its own until the
    first interval.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.IntervalScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.speechbrain.IntervalScheduler(1.0, [{"steps": 3, "lr": 0.5}]).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    pairs: Any = intervals  # its rule made pairs of the mappings
    return join(
        [constant(lr), *(constant(rate) for _, rate in pairs)],
        [int(steps) - 1 for steps, _ in pairs],
    )


@preset()
def InverseSquareRootScheduler(warmup_steps: Span) -> Schedule:
    """Hold, then decay by the inverse square root.

    ``1/sqrt(max(warmup_steps, n))``, ``n = t + 1``

    Parameters
    ----------
    warmup_steps : int or array of int
        The number of steps at the first rate. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The optimizer's rate has no effect. The schedule never ends.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.InverseSquareRootScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.speechbrain.InverseSquareRootScheduler(warmup_steps=4)([0, 3, 15])
    array([0.5 , 0.5 , 0.25])
    """
    return inverse_power(warmup_steps**-0.5, 0.5, warmup_steps).delay(warmup_steps - 1)


@preset(differences=_BELOW)
def WarmCoolDecayLRSchedule(
    lr: Rate,
    warmup: Count,
    cooldown: Span,
    total_steps: Span,
    decay_factor: Ratio = 0.75,
    decay_every: Span = 100000,
) -> Schedule:
    """Warm up linearly, decay exponentially, then cool down linearly to 0.

    A line to ``lr``; ``lr * decay_factor^((t - warmup)/decay_every)``; in the last ``cooldown``
    steps a line to 0

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup : int or array of int
        The number of steps of the warmup. At least 0.
    cooldown : int or array of int
        The number of steps of the cooldown. At least 1.
    total_steps : int or array of int
        The number of steps. At least 1.
    decay_factor : float or array, default 0.75
        The factor per ``decay_every`` steps. Above 0.
    decay_every : int or array of int, default 100000
        The number of steps in which the rate falls by ``decay_factor``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``cooldown`` is above ``total_steps``.

    Notes
    -----
    The last line begins at ``lr * decay_factor^((total_steps - cooldown)/decay_every)``, as if
    there were no warmup: the rate drops. Past the end 0 is held; SpeechBrain's line goes on below
    0.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.WarmCoolDecayLRSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.speechbrain.WarmCoolDecayLRSchedule
    >>> s = schedule(1.0, 0, cooldown=2, total_steps=4, decay_factor=1.0)
    >>> s.table(6)
    array([1. , 1. , 1. , 0.5, 0. , 0. ])
    """
    begin = total_steps - cooldown
    if begin < 0:
        detail = f"{cooldown} and {total_steps}"
        raise ArgumentError(f"cooldown must be at most total_steps, got {detail}")
    slow, start = geometric(lr, decay_factor, decay_every), max(begin + 1, warmup)
    tail = linear(rate_at(slow, begin), 0.0, cooldown).skip(start - begin)
    return join([linear(0.0, lr, warmup), slow, tail], [warmup, start])


@preset()
def TriStageLRSchedule(
    lr: Rate,
    warmup_steps: Span,
    hold_steps: Count,
    decay_steps: Span,
    total_steps: Count,
    init_lr_scale: Ratio = 0.01,
    final_lr_scale: Ratio = 0.05,
) -> Schedule:
    """Warm up linearly, hold the rate, then decay exponentially.

    A line from ``init_lr_scale * lr`` to ``lr``; ``lr``; ``lr * final_lr_scale^(c/decay_steps)``, c
    steps into the decay

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.
    hold_steps : int or array of int
        The number of steps at ``lr``. At least 0.
    decay_steps : int or array of int
        The number of steps in which the rate falls by ``final_lr_scale``. At least 1.
    total_steps : int or array of int
        Without effect, as in SpeechBrain. At least 0.
    init_lr_scale : float or array, default 0.01
        The first rate, as a share of ``lr``. Above 0.
    final_lr_scale : float or array, default 0.05
        The factor over ``decay_steps``. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The decay never ends.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.TriStageLRSchedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.speechbrain.TriStageLRSchedule
    >>> s = schedule(1.0, 2, 1, 2, 5, init_lr_scale=0.5, final_lr_scale=0.25)
    >>> s.table(6)
    array([0.5 , 0.75, 1.  , 1.  , 0.5 , 0.25])
    """
    rise = linear(init_lr_scale, 1.0, warmup_steps).then(linear(1.0, 1.0, hold_steps))
    return rise.then(geometric(1.0, final_lr_scale, decay_steps)) * lr


def _cycle(low: Any, high: Any, mode: Literal["triangular", "triangular2"], ticks: int) -> Schedule:
    return cyclic(low, high, ticks // 2, ticks - ticks // 2, mode=mode)


def _peak(lr: Any, warmup: int, model_size: int | None) -> Any:
    """What Noam's curve reaches at the end of its warmup."""
    return lr if model_size is None else np.multiply(lr, (model_size * warmup) ** -0.5)


@preset(elementwise=True)
def NewBobScheduler(
    annealing_factor: Factor = 0.5, improvement_threshold: Real = 0.0025, patient: Count = 0
) -> NewBob:
    """Lower the rate if a metric improves too little on the one before.

    Parameters
    ----------
    annealing_factor : float or array, default 0.5
        The factor of a reduction. From 0 to 1.
    improvement_threshold : float or array, default 0.0025
        The relative improvement that suffices.
    patient : int or array of int, default 0
        The number of insufficient updates to accept. At least 0.

    Returns
    -------
    NewBob
        A rule, which takes metrics; see ``fastlr.NewBob``.

    Notes
    -----
    SpeechBrain's ``initial_value`` is the first rate: pass it to ``rule.init(scale=...)``.

    References
    ----------
    SpeechBrain 1.1 (2026), ``speechbrain.nnet.schedulers.NewBobScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.speechbrain.NewBobScheduler(patient=2)
    NewBob(patient=2, nan='bad')
    """
    return NewBob(annealing_factor, improvement_threshold, patient, nan="bad")
