"""PyTorch-Ignite's parameter schedulers: ``ignite.handlers``, as of pytorch-ignite 0.5.5 (2026).

Step t is the t-th event that a scheduler is attached to, from 0. Attached to ``ITERATION_STARTED``,
as ignite recommends, it is the t-th update. The state schedulers are attached to
``ITERATION_COMPLETED`` and count events from 1: their step t is the value after iteration t. There
is no argument for the optimizer, nor for the name of the parameter.

>>> import fastlr as flr
>>> flr.presets.ignite.LinearCyclicalScheduler(0.0, 1.0, cycle_size=4).table(6)
array([0. , 0.5, 1. , 0.5, 0. , 0.5])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from math import floor, log
from typing import Annotated, Any, Literal

import numpy as np

from fastlr.arguments.rules import Amount, Flag, Names, Number, Rate, short_repr, validate_scalar
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    cut,
    drops,
    geometric,
    in_ticks,
    knots,
    rate_at,
    tabulated,
    torch_plateau,
)
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Function,
    Integer,
    Level,
    Marks,
    Ratio,
    Span,
    Tabled,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import constant, cosine, exponential, join, linear, stack
from fastlr.schedule.schedule import Schedule

__all__ = [
    "UNEXPRESSED",
    "ConcatScheduler",
    "CosineAnnealingScheduler",
    "ExpStateScheduler",
    "FastaiLRFinder",
    "LRScheduler",
    "LambdaStateScheduler",
    "LinearCyclicalScheduler",
    "MultiStepStateScheduler",
    "ParamGroupScheduler",
    "PiecewiseLinear",
    "PiecewiseLinearStateScheduler",
    "ReduceLROnPlateauScheduler",
    "StepStateScheduler",
    "create_lr_scheduler_with_warmup",
]

UNEXPRESSED: dict[str, str] = {
    "BatchSizeScheduler": "It sets a batch size, not a rate.",
}

Cycle = Annotated[int, Number("an integer from 2 to 2**53", 2, LAST_STEP, whole=True)]


def _points(where: str, value: object) -> list[tuple[int, float]]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise TypeError(
            f"{where} must be at least one pair of a milestone and a value, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in value):
        raise ValueError(
            f"{where} must be pairs of a milestone and a value, got {short_repr(value)}"
        )
    points = [
        (
            validate_scalar(Integer, f"{where}[{i}][0]", at),
            validate_scalar(Level, f"{where}[{i}][1]", y),
        )
        for i, (at, y) in enumerate(value)
    ]
    if any(second < first for (first, _), (second, _) in pairwise(points)):
        raise ValueError(f"{where} must have milestones that never fall, got {short_repr(value)}")
    return points


Points = Annotated[Sequence[tuple[int, float]], _points]


# -- cycles ----------------------------------------------------------------------------------------


@preset(
    differences="If cycle_mult below 1 shrinks a cycle to 0 steps, ignite divides by 0; fastlr "
    "refuses the step."
)
def LinearCyclicalScheduler(
    start_value: Rate,
    end_value: Rate,
    cycle_size: Cycle,
    cycle_mult: Ratio = 1.0,
    start_value_mult: Level = 1.0,
    end_value_mult: Level = 1.0,
    warmup_duration: Count = 0,
    monotonic: Flag = False,
) -> Schedule:
    """Change the value linearly in cycles.

    A line from ``start_value`` to ``end_value`` in half a cycle, and one back

    Parameters
    ----------
    start_value : float or array
        The value at the beginning of a cycle; an array has one per group. At least 0.
    end_value : float or array
        The value at the end of a cycle, or in its middle. At least 0.
    cycle_size : int or array of int
        The number of events of the first cycle. At least 2.
    cycle_mult : float or array, default 1.0
        The factor of a cycle's length, rounded down to whole events. Above 0.
    start_value_mult : float or array, default 1.0
        The factor of ``start_value`` per cycle. At least 0.
    end_value_mult : float or array, default 1.0
        The factor of ``end_value`` per cycle. At least 0.
    warmup_duration : int or array of int, default 0
        The number of events of the line from a cycle's end to the next one's start. At least 0.
    monotonic : bool, default False
        Whether a cycle is one line from ``start_value`` to ``end_value``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``warmup_duration`` is given without ``monotonic``; when the schedule is evaluated after
        a cycle whose successor has no events.

    Notes
    -----
    Cycles repeat forever. With ``monotonic`` the value goes from a cycle's end to the next start in
    ``warmup_duration`` events, or at once. If ``cycle_mult`` shrinks a cycle to no events, ignite
    divides by 0; fastlr refuses the step.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.LinearCyclicalScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.LinearCyclicalScheduler(0.0, 1.0, cycle_size=4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    if warmup_duration and not monotonic:
        raise ArgumentError(f"warmup_duration must go with monotonic=True, got {warmup_duration}")

    def triangle(start: Any, end: Any, _: Any, size: int, __: int) -> Schedule:
        def both(ticks: int) -> Schedule:
            return linear(start, end, ticks // 2).then(linear(end, start, ticks // 2))

        return in_ticks(both, size, ticks=1 + size % 2)

    values = (start_value, end_value, start_value_mult, end_value_mult)
    return _cyclical(
        _there_and_back(linear) if monotonic else triangle,
        *values,
        cycle_size,
        warmup_duration,
        cycle_mult,
    )


@preset(
    differences="If cycle_mult below 1 shrinks a cycle to 0 steps, ignite divides by 0; fastlr "
    "refuses the step."
)
def CosineAnnealingScheduler(
    start_value: Rate,
    end_value: Rate,
    cycle_size: Cycle,
    cycle_mult: Ratio = 1.0,
    start_value_mult: Level = 1.0,
    end_value_mult: Level = 1.0,
    warmup_duration: Count = 0,
) -> Schedule:
    """Change the value by half a cosine wave in cycles.

    ``start_value + (end_value - start_value) * (1 - cos(pi*e/cycle_size))/2``, e events into a
    cycle

    Parameters
    ----------
    start_value : float or array
        The value at the beginning of a cycle; an array has one per group. At least 0.
    end_value : float or array
        The value at the end of a cycle. At least 0.
    cycle_size : int or array of int
        The number of events of the first cycle. At least 2.
    cycle_mult : float or array, default 1.0
        The factor of a cycle's length, rounded down to whole events. Above 0.
    start_value_mult : float or array, default 1.0
        The factor of ``start_value`` per cycle. At least 0.
    end_value_mult : float or array, default 1.0
        The factor of ``end_value`` per cycle. At least 0.
    warmup_duration : int or array of int, default 0
        The number of events of the line from a cycle's end to the next one's start. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        When the schedule is evaluated after a cycle whose successor has no events.

    Notes
    -----
    Cycles repeat forever. From a cycle's end the value goes to the next start in
    ``warmup_duration`` events, or at once. If ``cycle_mult`` shrinks a cycle to no events, ignite
    divides by 0; fastlr refuses the step.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.CosineAnnealingScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.CosineAnnealingScheduler(0.0, 1.0, cycle_size=2).table(5)
    array([0. , 0.5, 0. , 0.5, 0. ])
    """
    values = (start_value, end_value, start_value_mult, end_value_mult)
    return _cyclical(_there_and_back(cosine), *values, cycle_size, warmup_duration, cycle_mult)


def _there_and_back(curve: Callable[..., Schedule]) -> Callable[..., Schedule]:
    """A cycle of a curve from its start to its end, and of a line from there to the next one's
    start.
    """
    return lambda start, end, back, size, warmup: curve(start, end, size).then(
        linear(end, back, warmup)
    )


def _cyclical(
    cycle: Callable[..., Schedule],
    start: Any,
    end: Any,
    start_mult: float,
    end_mult: float,
    size: int,
    warmup: int,
    mult: float,
) -> Schedule:
    """Cycles one by one while their lengths change, and then the one that comes repeatedly."""
    parts: list[Schedule] = []
    begins = [0]

    def grown() -> tuple[int, int]:
        return int(size * mult), int(warmup * mult)

    # a cycle of which no two would end by step 2^53 no longer grows
    while size and grown() != (size, warmup) and begins[-1] + 4 * sum(grown()) <= LAST_STEP:
        after = np.multiply(start, start_mult)
        parts.append(cycle(start, end, after, size, warmup))
        begins.append(begins[-1] + size + warmup)
        start, end, (size, warmup) = after, np.multiply(end, end_mult), grown()
    if not size:
        whole = join(parts, begins[1:-1]) if parts[1:] else parts[0]
        return cut(whole, begins[-1])
    rest = _alike(cycle, start, end, start_mult, end_mult, size, warmup, LAST_STEP - begins[-1])
    return join([*parts, rest], begins[1:]) if parts else rest


def _alike(
    cycle: Callable[..., Schedule],
    start: Any,
    end: Any,
    start_mult: float,
    end_mult: float,
    size: int,
    warmup: int,
    room: int,
) -> Schedule:
    """Cycles of one length: what their start weighs and what their end weighs, each multiplied
    by its own factor.
    """
    if start_mult == 1 and end_mult == 1:
        return cycle(start, end, start, size, warmup).repeat()
    up = cycle(start, 0.0, np.multiply(start, start_mult), size, warmup)
    down = cycle(0.0, end, 0.0, size, warmup)
    most = room // (size + warmup)
    return up.repeat(_times(start, start_mult, most), start_mult) + down.repeat(
        _times(end, end_mult, most), end_mult
    )


def _times(level: Any, mult: float, most: int) -> int | None:
    """How many cycles there are, at ``most``, below a rate of 1e280, where they grow."""
    return (
        min(floor(log(1e280 / max(float(np.max(level)), 1e-10)) / log(mult)), most)
        if mult > 1
        else None
    )


# -- one after another, and side by side -----------------------------------------------------------


@preset()
def PiecewiseLinear(milestones_values: Points) -> Schedule:
    """Connect values by lines.

    A line from each ``(milestone, value)`` to the next

    Parameters
    ----------
    milestones_values : sequence of (int, float)
        Pairs of an event and a value. Events never fall; values are at least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If milestones fall.

    Notes
    -----
    Before the first milestone the first value is held, after the last one the last. Of two values
    at one milestone the later counts.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.PiecewiseLinear``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.PiecewiseLinear([(0, 0.0), (2, 1.0)]).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return knots(milestones_values)


@preset()
def ConcatScheduler(schedulers: Sequence[Schedule], durations: Marks) -> Schedule:
    """Run schedules one after another.

    ``schedulers[i]`` for ``durations[i]`` events, from its own step 0; the last forever

    Parameters
    ----------
    schedulers : sequence of Schedule
        Presets of this module, one more than durations.
    durations : sequence of int
        The number of events of each but the last.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``durations`` is empty, or not one less than ``schedulers``.

    Notes
    -----
    A schedule with a duration of 0 is left out if it is the first; a later one stays forever, as in
    ignite.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.ConcatScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> parts = [flr.constant(1.0), flr.constant(0.5)]
    >>> flr.presets.ignite.ConcatScheduler(parts, [2]).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    if len(durations) != len(schedulers) - 1 or not durations:
        raise ArgumentError(
            f"durations must be one less than schedulers, and at least one, got {len(durations)} "
            f"for {len(schedulers)} schedulers"
        )
    # the countdown of a later one is past 0 when it is looked at
    lasting = [*durations, 0].index(0, 1)
    return join(schedulers[: lasting + 1], list(accumulate(durations[:lasting])))


@preset(elementwise=True)
def ParamGroupScheduler(schedulers: Sequence[Schedule], names: Names | None = None) -> Schedule:
    """Stack one schedule per parameter group.

    Parameters
    ----------
    schedulers : sequence of Schedule
        One schedule per group.
    names : sequence of str, optional
        The names of the groups. By default none.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there are not as many names as schedules.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.ParamGroupScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.ParamGroupScheduler([flr.constant(1.0), flr.constant(0.5)])(0)
    array([1. , 0.5])
    """
    return stack(schedulers, names)


@preset(
    elementwise=True,
    differences="Without use_legacy, ignite's first rates are wrong with torch 2.13 if torch "
    "multiplies the last rate or restarts a cosine: a factor is applied twice, or the "
    "next step's rate is given. fastlr's rates are torch's.",
)
def LRScheduler(lr_scheduler: Schedule, use_legacy: Flag = False) -> Schedule:
    """Use one of torch's schedules.

    ``lr_scheduler(t)``, or ``lr_scheduler(t + 1)`` with ``use_legacy``

    Parameters
    ----------
    lr_scheduler : Schedule
        A preset of ``fastlr.presets.torch``.
    use_legacy : bool, default False
        Whether to leave out the first value.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Without ``use_legacy`` ignite's first rates are wrong with torch 2.13, if torch multiplies the
    last rate or restarts a cosine: it applies a factor twice, or gives the rate of the next step.
    fastlr's rates are torch's.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.LRScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.LRScheduler(flr.presets.torch.ExponentialLR(1.0, gamma=0.5)).table(3)
    array([1.  , 0.5 , 0.25])
    """
    return lr_scheduler.skip(1) if use_legacy else lr_scheduler


@preset(
    differences="By default warmup_end_value is the first rate of lr_scheduler; for its own "
    "schedulers ignite takes the optimizer's lr, and it compares rounded rates. Each "
    "group's warmup ends by itself; in ignite all end with the last group's."
)
def create_lr_scheduler_with_warmup(
    lr_scheduler: Schedule,
    warmup_start_value: Rate,
    warmup_duration: Cycle,
    warmup_end_value: Rate | None = None,
) -> Schedule:
    """Warm up linearly to a schedule.

    A line from ``warmup_start_value`` to ``warmup_end_value`` at step ``warmup_duration - 1``, then
    ``lr_scheduler``

    Parameters
    ----------
    lr_scheduler : Schedule
        The schedule after the warmup, from its step 0.
    warmup_start_value : float or array
        The value at step 0. At least 0.
    warmup_duration : int or array of int
        The number of events of the warmup. At least 2.
    warmup_end_value : float or array, optional
        The value at the end of the warmup. By default the first of ``lr_scheduler``. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule begins at step ``warmup_duration``, or one step sooner if its first value is the
    end of the warmup, so that the peak comes once.

    By default ignite takes the optimizer's rate for a schedule of its own, and it compares rounded
    rates. In fastlr each group's warmup ends by itself, in ignite with the last group's.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.create_lr_scheduler_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.ignite.create_lr_scheduler_with_warmup
    >>> s = schedule(flr.constant(1.0), 0.0, warmup_duration=3)
    >>> s.table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    first = rate_at(lr_scheduler, 0)
    end = first if warmup_end_value is None else warmup_end_value
    begins = warmup_duration - np.equal(first, end)
    return join(
        [linear(warmup_start_value, end, warmup_duration - 1), lr_scheduler],
        begins[..., np.newaxis],
    )


@preset(
    differences="The test does not stop at a high loss: all num_iter + 1 iterations have a rate, "
    "and the last one is held."
)
def FastaiLRFinder(
    lr: Amount,
    num_iter: Span,
    start_lr: Amount | None = None,
    end_lr: Amount = 10.0,
    step_mode: Literal["exp", "linear"] = "exp",
) -> Schedule:
    """Raise the rate in a range test.

    ``start_lr * (end_lr/start_lr)^(t/num_iter)`` from step 1 on, or the line ``start_lr + (end_lr -
    start_lr) * (t-1)/num_iter``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. Above 0.
    num_iter : int or array of int
        The number of iterations. At least 1.
    start_lr : float or array, optional
        The first rate. By default ``lr``. Above 0.
    end_lr : float or array, default 10.0
        The last rate. Above 0.
    step_mode : {"exp", "linear"}, default "exp"
        Whether the rate rises exponentially or linearly.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``start_lr`` is not below ``end_lr``.

    Notes
    -----
    The finder sets a rate after an iteration. So step 0 has ``lr * (end_lr/lr)^(1/num_iter)``, or
    ``lr`` with "linear". ignite plots a loss against the rate of the following update. Past the end
    the last rate is held. The loss decides nothing in fastlr: every iteration has a rate.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.FastaiLRFinder``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.FastaiLRFinder(1.0, num_iter=2, end_lr=4.0).table(4)
    array([2., 2., 4., 4.])
    """
    start = lr if start_lr is None else start_lr
    if np.any(np.asarray(start) >= np.asarray(end_lr)):
        raise ArgumentError(
            f"start_lr must be below end_lr, {short_repr(end_lr)}, got {short_repr(start)}"
        )
    if step_mode == "linear":
        return join([constant(lr), linear(start, end_lr, num_iter)], [1])
    return join(
        [exponential(lr, end_lr, num_iter).skip(1), exponential(start, end_lr, num_iter).skip(1)],
        [1],
    )


@preset(elementwise=True)
def ReduceLROnPlateauScheduler(
    mode: Literal["min", "max"] = "min",
    factor: Level = 0.1,
    patience: Count = 10,
    threshold: Level = 1e-4,
    threshold_mode: Literal["rel", "abs"] = "rel",
    cooldown: Count = 0,
    min_lr: Rate = 0.0,
    eps: Level = 1e-8,
    param_group_index: Count | None = None,
) -> Plateau:
    """Reduce the rate when a metric has stopped improving.

    Parameters
    ----------
    mode : {"min", "max"}, default "min"
        Whether a lower or a higher metric is better.
    factor : float or array, default 0.1
        The factor of a reduction. At least 0.
    patience : int or array of int, default 10
        The number of updates without improvement to accept. At least 0.
    threshold : float or array, default 1e-4
        How much better a metric must be to count. At least 0.
    threshold_mode : {"rel", "abs"}, default "rel"
        Whether ``threshold`` is relative to the best metric or absolute.
    cooldown : int or array of int, default 0
        The number of updates after a reduction in which none is counted as bad. At least 0.
    min_lr : float or array, default 0.0
        The lowest rate. At least 0.
    eps : float or array, default 1e-8
        Rates that would change by no more than this stay. At least 0.
    param_group_index : int or array of int, optional
        The index of the parameter group. By default all groups. At least 0.

    Returns
    -------
    Plateau
        A rule, which takes metrics; see ``fastlr.Plateau``.

    Notes
    -----
    The rule is torch's. ``min_lr`` has an effect only if ``param_group_index`` is 0: ignite passes
    it on for that group alone.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.ReduceLROnPlateauScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.ReduceLROnPlateauScheduler(patience=3)
    Plateau(patience=3, nan='bad')
    """
    first = param_group_index is not None and not np.any(param_group_index)
    floor = min_lr if first else 0.0
    return torch_plateau(
        threshold,
        threshold_mode == "rel",
        mode=mode,
        factor=factor,
        patience=patience,
        cooldown=cooldown,
        floor=floor,
        eps=eps,
    )


# -- of the engine's state, whose first event is 1 -------------------------------------------------


@preset(
    differences="A function is not a value: fastlr calls it once for each of `total_steps` "
    "events, and holds the last value."
)
def LambdaStateScheduler(lambda_obj: Function, total_steps: Tabled) -> Schedule:
    """Set a value by a function of the event.

    ``lambda_obj(e)``, ``e = t + 1``

    Parameters
    ----------
    lambda_obj : callable
        A function of the event.
    total_steps : int or array of int
        The number of events at which the function is evaluated. From 1 to 4,194,304.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    TypeError
        If ``lambda_obj`` is no function, or returns something other than numbers.

    Notes
    -----
    A function is not a value: fastlr calls it once for each of ``total_steps`` events and holds the
    last value.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.LambdaStateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.LambdaStateScheduler(lambda e: 1 / e, total_steps=2).table(3)
    array([1. , 0.5, 0.5])
    """
    return tabulated(lambda t: lambda_obj(t + 1), total_steps)


@preset()
def PiecewiseLinearStateScheduler(milestones_values: Points) -> Schedule:
    """Connect values by lines, from event 1 on.

    A line from each ``(milestone, value)`` to the next, at event ``t + 1``

    Parameters
    ----------
    milestones_values : sequence of (int, float)
        Pairs of an event and a value. Events never fall; values are at least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If milestones fall.

    Notes
    -----
    Before the first milestone the first value is held, after the last one the last.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.PiecewiseLinearStateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.PiecewiseLinearStateScheduler([(0, 0.0), (2, 1.0)]).table(3)
    array([0.5, 1. , 1. ])
    """
    return knots(milestones_values).skip(1)


@preset()
def ExpStateScheduler(initial_value: Rate, gamma: Ratio) -> Schedule:
    """Multiply a value by the same factor at every event.

    ``initial_value * gamma^e``, ``e = t + 1``

    Parameters
    ----------
    initial_value : float or array
        The value before the first event; an array has one per group. At least 0.
    gamma : float or array
        The factor per event. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.ExpStateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.ExpStateScheduler(1.0, 0.5).table(3)
    array([0.5  , 0.25 , 0.125])
    """
    return geometric(initial_value, gamma).skip(1)


@preset()
def StepStateScheduler(initial_value: Rate, gamma: Level, step_size: Span) -> Schedule:
    """Multiply a value by a factor at regular intervals.

    ``initial_value * gamma^floor(e/step_size)``, ``e = t + 1``

    Parameters
    ----------
    initial_value : float or array
        The value before the first event; an array has one per group. At least 0.
    gamma : float or array
        The factor per interval. At least 0.
    step_size : int or array of int
        The number of events per interval. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.StepStateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.StepStateScheduler(1.0, 0.5, 2).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    return geometric(initial_value, gamma, step_size, staircase=True).skip(1)


@preset()
def MultiStepStateScheduler(initial_value: Rate, gamma: Level, milestones: Marks) -> Schedule:
    """Multiply a value by a factor at milestones.

    ``initial_value * gamma^i``, i the number of milestones at or before ``e = t + 1``

    Parameters
    ----------
    initial_value : float or array
        The value before the first event; an array has one per group. At least 0.
    gamma : float or array
        The factor per milestone. At least 0.
    milestones : sequence of int
        The events. They must never fall.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If milestones fall.

    References
    ----------
    PyTorch-Ignite 0.5.5 (2026), ``ignite.handlers.MultiStepStateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ignite.MultiStepStateScheduler(1.0, 0.5, [2]).table(3)
    array([1. , 0.5, 0.5])
    """
    return drops("milestones", initial_value, gamma, milestones).skip(1)
