"""Increase the batch size where a schedule would reduce the rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Number, Period, validate_scalar
from fastlr.errors import public
from fastlr.program.opcodes import LAST_STEP
from fastlr.reductions.segment_view import naming
from fastlr.schedule.constructor_names import join, piecewise_constant
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.units import Ramp, first_steps
from fastlr.schedule.value import a_scalar

__all__ = ["Seesaw", "seesaw"]

_Factor = Annotated[float, Number("a number from 1.01 to 1e6", 1.01, 1e6)]
_SLACK = 1 + 1e-9  # a drop to 0.1 of the rate may be an ulp short of a division by 10
_LEAST_PEAK = 1e-150  # so that every quotient of rates is a normal number
_LEAST_SHARE = 1e-15  # of the peak; a lower rate makes no stair


@with_types
@dataclass(frozen=True)
class Seesaw:
    """A rate and a batch size that change together, as ``seesaw`` returns them.

    Parameters
    ----------
    schedule : Schedule
        The rate, by the new steps.
    batches : Ramp
        The batch size, by the new steps.
    steps : int
        The number of new steps that take the samples of the old run.

    See Also
    --------
    seesaw : Build it.

    Examples
    --------
    >>> import fastlr as flr
    >>> plan = flr.seesaw(flr.milestones(1.0, 0.25, at=[10]), 8, largest=64, factor=4.0, steps=20)
    >>> plan.steps, plan.batches, plan.schedule.table(12)[9:]
    (13, Ramp(batches=(8, 32), at=(10,)), array([1. , 0.5, 0.5]))
    """

    schedule: Schedule
    batches: Ramp
    steps: int


@with_types
@public
def seesaw(
    schedule: Schedule, batch: int, *, largest: int, factor: float = 2.0, steps: int | None = None
) -> Seesaw:
    """Let the batch grow where a rate would fall, so that a run takes fewer steps.

    The stairs begin where the rate has fallen by ``factor``: ``t_0`` is the step of the peak, and
    ``t_k`` the first step with ``schedule(t_k) <= schedule(t_{k-1})/factor``, up to 1e-9. On stair
    k the batch is ``B_k = min(largest, round(batch * schedule(t_0)/schedule(t_k)))`` and the rate
    ``schedule(t_k) * sqrt(B_k/batch)``. So where the rate would fall by a, it falls by the square
    root of a, and the batch grows by 1/a.

    Parameters
    ----------
    schedule : Schedule
        A scalar schedule by steps, which does not rise after its peak.
    batch : int
        Its batch size, from 1, in samples or tokens.
    largest : int
        The largest batch size, at least ``batch``: what the hardware holds or where larger batches
        stop to help. There the rate falls by all of a.
    factor : float, default 2.0
        By how much the rate falls from stair to stair, from 1.01 to 1e6. A schedule of drops keeps
        each drop of at least this factor whole.
    steps : int, optional
        The length of the old run. Default: the end of the schedule.

    Returns
    -------
    Seesaw
        The new schedule, the batch sizes, and the number of steps. Up to the peak both runs are
        the same.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, the schedule is not scalar, never ends while ``steps`` is
        not given, has a peak below 1e-150, or rises above the rate of a stair after it; or if the
        old run takes more than 2^53 samples.

    Notes
    -----
    A stair begins at the first step before which the old run's samples up to ``t_k`` have been
    taken. Stairs that one step of the stair before covers are skipped. Rates below 1e-15 of the
    peak make no stair. A rate of 0 stays 0, and the batch size does not change there. Rises between
    two stairs are not reported. A smooth curve becomes stairs: its rate is that at the beginning of
    each stair. The authors derive it for normalized gradient descent and measured it on language
    models with 150M to 600M parameters below the critical batch size; above it, the loss is worse.

    References
    ----------
    Meterez et al., *Seesaw: Accelerating Training by Balancing Learning Rate and Batch Size
    Scheduling* (2025), arXiv:2510.14717.

    Examples
    --------
    >>> import fastlr as flr
    >>> old = flr.step_decay(0.8, factor=0.25, every=100)
    >>> new = flr.seesaw(old, batch=32, largest=512, steps=300)
    >>> new.schedule.table(0, 140, 25).round(2)
    array([0.8, 0.8, 0.8, 0.8, 0.4, 0.2])
    >>> new.batches, new.steps
    (Ramp(batches=(32, 128, 512), at=(100, 125)), 132)
    """
    old = a_scalar("seesaw: schedule", schedule, Schedule)
    first = validate_scalar(Period, "seesaw: batch", batch)
    most = validate_scalar(Period, "seesaw: largest", largest)
    if most < first:
        raise ValueError(f"seesaw: largest must be at least batch, {first}, got {most}")
    count = _length(old, steps)
    if first * count > LAST_STEP:
        raise ValueError(
            f"seesaw: the run must take at most 2**53 samples, got {count} steps of {first}"
        )
    stairs = _stairs(old, count, float(validate_scalar(_Factor, "seesaw: factor", factor)))
    begin, peak = stairs[0]
    sizes = [min(most, round(first * peak / rate)) for _, rate in stairs if rate]
    sizes += sizes[-1:] * (len(stairs) - len(sizes))  # of a rate of 0
    kept, at = first_steps([first * t for t, _ in stairs], sizes, begin)
    levels = [stairs[k][1] * math.sqrt(sizes[k] / first) for k in kept]
    after = piecewise_constant(levels, [step - begin for step in at[1:]])
    rates = join([old, after], at=[begin]) if begin else after
    batches = _ramp([sizes[k] for k in kept], at)
    return Seesaw(rates, batches, batches.step(first * count))


def _length(schedule: Schedule, steps: int | None) -> int:
    length = schedule.steps if steps is None else steps
    if length is None:
        raise ValueError("seesaw: steps must be given for a schedule that never ends, got None")
    return int(validate_scalar(Period, "seesaw: steps", length))


@naming("seesaw", "steps must be fewer")
def _stairs(schedule: Schedule, steps: int, factor: float) -> list[tuple[int, float]]:
    """Return the first step of each stair, and its rate; the peak is first, a rate of 0 last."""
    t = schedule.argmax(steps)
    rate = schedule(t)
    if rate == 0:
        raise ValueError("seesaw: schedule must have a rate above 0, got 0 at every step")
    if rate < _LEAST_PEAK:
        raise ValueError(f"seesaw: the peak of schedule must be at least 1e-150, got {rate}")
    stairs, least = [(t, rate)], rate * _LEAST_SHARE
    while (t := schedule.first_below(rate / factor * _SLACK, t, steps)) >= 0:
        rate = schedule(t)
        if schedule.max(t, steps) > rate:
            raise ValueError(
                f"seesaw: schedule must not rise after its peak, got a rise after step {t}; "
                "plan each cycle by itself"
            )
        if 0 < rate < least:
            break
        stairs.append((t, rate))
        if rate == 0:
            break
    return stairs


def _ramp(sizes: list[int], at: list[int]) -> Ramp:
    """Return the batch sizes from step 0 on, without changes to the same size."""
    changes = [0, *(k for k in range(1, len(sizes)) if sizes[k] != sizes[k - 1])]
    return Ramp(tuple(sizes[k] for k in changes), tuple(at[k] for k in changes[1:]))
