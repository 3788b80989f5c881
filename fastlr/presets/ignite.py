"""PyTorch-Ignite's parameter schedulers: ``ignite.handlers``, as of pytorch-ignite 0.5.5 (2026).

Step t is the t-th event that a scheduler is attached to, from 0: attached to ``ITERATION_STARTED``,
as ignite advises, it is the t-th update. The state schedulers count events from 1, and are attached
to ``ITERATION_COMPLETED``: their step t is the value after iteration t. In place of an optimizer
and the name of its parameter they take nothing: the values are their own.

>>> import fastlr as flr
>>> flr.presets.ignite.LinearCyclicalScheduler(0.0, 1.0, cycle_size=4).table(6)
array([0. , 0.5, 1. , 0.5, 0. , 0.5])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

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
    "BatchSizeScheduler": "It sets a batch size, an integer that is the user's function "
    "of the event, and no rate.",
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
    differences="Where cycle_mult below 1 has shrunk a cycle to no steps, ignite divides by 0; "
    "here the step is refused."
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
    """From ``start_value`` linearly to ``end_value`` in half of ``cycle_size`` and back in the
    other half forever.

    With ``monotonic`` it takes the whole cycle to ``end_value``, and goes from there to the next
    cycle's start in ``warmup_duration`` steps, or at once. After each cycle its length and the
    warmup's are multiplied by ``cycle_mult`` and truncated, its start and its end by
    ``start_value_mult`` and ``end_value_mult``.
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
    differences="Where cycle_mult below 1 has shrunk a cycle to no steps, ignite divides by 0; "
    "here the step is refused."
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
    """``start_value + (end_value - start_value) * (1 - cos(pi*e/cycle_size))/2``, e steps into a
    cycle forever.

    From its end it goes linearly to the next cycle's start in ``warmup_duration`` steps, or at
    once. After each cycle its length and the warmup's are multiplied by ``cycle_mult`` and
    truncated, its start and its end by their own ``_mult``.
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
    """Linear from one ``(milestone, value)`` to the next; the first value is held before the first
    milestone, the last after it.

    Of two values at one milestone the later holds.
    """
    return knots(milestones_values)


@preset()
def ConcatScheduler(schedulers: Sequence[Schedule], durations: Marks) -> Schedule:
    """``schedulers[i]`` for ``durations[i]`` steps, each from its own step 0, the last forever.

    One whose duration is 0 is left out if it is the first, and stays forever if it is not.
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
    """One schedule a parameter group, side by side; ``names`` are the groups'."""
    return stack(schedulers, names)


@preset(
    elementwise=True,
    differences="ignite asks for torch's rates by hand, and without use_legacy the first of them "
    "come out wrong with torch 2.13, a factor twice or the next step's, where torch "
    "multiplies the last rate or restarts a cosine; here they are torch's.",
)
def LRScheduler(lr_scheduler: Schedule, use_legacy: Flag = False) -> Schedule:
    """A scheduler of torch's, a preset of it, as it is; with ``use_legacy`` from its step 1 on,
    its first value left out.
    """
    return lr_scheduler.skip(1) if use_legacy else lr_scheduler


@preset(
    differences="Where warmup_end_value is not given it is the first rate of lr_scheduler; for a "
    "scheduler of its own ignite takes the optimizer's lr, and it compares the first "
    "rate as rounded. Each group's warm-up ends by itself, not the last's."
)
def create_lr_scheduler_with_warmup(
    lr_scheduler: Schedule,
    warmup_start_value: Rate,
    warmup_duration: Cycle,
    warmup_end_value: Rate | None = None,
) -> Schedule:
    """A line from ``warmup_start_value`` to ``warmup_end_value`` at step ``warmup_duration - 1``,
    then ``lr_scheduler``.

    It begins at step ``warmup_duration``; where its first rate is the end of the warmup, one step
    sooner, so that the peak comes once.
    """
    first = rate_at(lr_scheduler, 0)
    end = first if warmup_end_value is None else warmup_end_value
    begins = warmup_duration - np.equal(first, end)
    return join(
        [linear(warmup_start_value, end, warmup_duration - 1), lr_scheduler],
        begins[..., np.newaxis],
    )


@preset(
    differences="The metric's loss decides nothing here: all of num_iter + 1 iterations have a "
    "rate, and the last is held."
)
def FastaiLRFinder(
    lr: Amount,
    num_iter: Span,
    start_lr: Amount | None = None,
    end_lr: Amount = 10.0,
    step_mode: Literal["exp", "linear"] = "exp",
) -> Schedule:
    """The range test: ``start_lr * (end_lr/start_lr)^(t/num_iter)``, or the line that is a step
    behind it, ``(t-1)/num_iter``.

    These are the rates of the updates from the second on; the first has ``lr *
    (end_lr/lr)^(1/num_iter)``, or ``lr``, since the finder sets a rate after an iteration. It plots
    a loss against the rate of the update that follows. Where ``start_lr`` is not given it is
    ``lr``.
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
    """torch's rule. ``min_lr`` is 0 unless ``param_group_index`` is 0: ignite passes it on for that
    group alone.
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
    differences="A function is not a value: it is asked once for each of `total_steps` events, "
    "and the last value held."
)
def LambdaStateScheduler(lambda_obj: Function, total_steps: Tabled) -> Schedule:
    """``lambda_obj(e)`` of events e = 1, 2, 3..., evaluated once for each of ``total_steps``."""
    return tabulated(lambda t: lambda_obj(t + 1), total_steps)


@preset()
def PiecewiseLinearStateScheduler(milestones_values: Points) -> Schedule:
    """``PiecewiseLinear`` from event 1 on."""
    return knots(milestones_values).skip(1)


@preset()
def ExpStateScheduler(initial_value: Rate, gamma: Ratio) -> Schedule:
    """``initial_value * gamma^e``, e from 1 on."""
    return geometric(initial_value, gamma).skip(1)


@preset()
def StepStateScheduler(initial_value: Rate, gamma: Level, step_size: Span) -> Schedule:
    """``initial_value * gamma^floor(e/step_size)``, e from 1 on."""
    return geometric(initial_value, gamma, step_size, staircase=True).skip(1)


@preset()
def MultiStepStateScheduler(initial_value: Rate, gamma: Level, milestones: Marks) -> Schedule:
    """``initial_value * gamma^i``, i the number of milestones, which never fall, at or before
    e, e from 1 on.
    """
    return drops("milestones", initial_value, gamma, milestones).skip(1)
