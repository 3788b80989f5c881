"""Clocks: from samples, tokens, epochs and fractions of a run to steps, once, with the rounding
stated.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import (
    Boundaries,
    Paces,
    Period,
    Steps,
    Whether,
    as_array,
    contains_bools,
    short_repr,
    validate,
    validate_scalar,
)
from fastlr.errors import public, public_methods
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.algebra import check_stairs
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_schedule

__all__ = ["Horizon", "Ramp", "horizon", "ramp", "step_at"]

_MOST_STAIRS = 100_000
_BEYOND = LAST_STEP + 1


@public
def step_at(where: npt.ArrayLike, total: int) -> Any:
    """A step of a run of ``total`` steps: a whole number, or a fraction of the run; negative from
    its end.

    All are steps, integers, or all are fractions, floats from -1 to 1, rounded to the nearest step,
    ties to even. An int, or an int64 array. Raises ``TypeError`` or ``ValueError`` for what lies
    outside the run.

    >>> step_at(0.03, 100_000), step_at(-0.2, 100_000), step_at(-500, 100_000)
    (3000, 80000, 99500)
    """
    steps, array = validate_scalar(Period, "step_at: total", total), _numbers(where)
    fraction = array.dtype.kind == "f"
    most = 1 if fraction else steps
    if not np.all((array >= -most) & (array <= most)):
        raise ValueError(f"step_at: where must be from {-most} to {most}, got {short_repr(where)}")
    numbers = array.astype(np.float64 if fraction else np.int64)
    found = np.rint(np.abs(numbers) * steps).astype(np.int64) if fraction else np.abs(numbers)
    found = np.where(np.signbit(numbers) if fraction else numbers < 0, steps - found, found)
    return found if array.ndim else int(found)


def _numbers(where: npt.ArrayLike) -> npt.NDArray[Any]:
    array = as_array("step_at: where must be an array of numbers", where)
    if array.dtype.kind not in "iuf" or contains_bools(where):
        raise TypeError(
            "step_at: where must be steps or fractions of the run, got "
            f"{type(where).__name__} {short_repr(where)}"
        )
    # NumPy would take 1 for the whole run
    if isinstance(where, list | tuple) and {int, float} <= set(map(type, where)):
        raise TypeError(
            f"step_at: where must be all steps or all fractions, got {short_repr(where)}"
        )
    return array


@public_methods()
@dataclass(frozen=True)
class Horizon:
    """How many steps a run takes, and how that was worked out; ``print`` shows the arithmetic."""

    samples: int
    batch: int
    accumulation: int
    processes: int
    epochs: int
    drop_last: bool

    def __post_init__(self) -> None:
        for name in ("samples", "batch", "accumulation", "processes", "epochs"):
            object.__setattr__(
                self, name, validate_scalar(Period, f"horizon: {name}", getattr(self, name))
            )
        object.__setattr__(self, "drop_last", Whether()("horizon: drop_last", self.drop_last))
        if not 1 <= self.steps <= LAST_STEP:
            raise ValueError(
                f"horizon: the run must have from 1 to 2**53 steps, got {self.steps}:\n{self}"
            )

    @property
    def samples_per_process(self) -> int:
        """Of one epoch: samples are dealt out evenly, the last of them twice if need be, or
        left out with ``drop_last``.
        """
        return _divided(self.samples, self.processes, self.drop_last)

    @property
    def batches(self) -> int:
        """Of one epoch, of one process; the last may be smaller, or is left out with
        ``drop_last``.
        """
        return _divided(self.samples_per_process, self.batch, self.drop_last)

    @property
    def steps_per_epoch(self) -> int:
        """Updates of one epoch: what is left over of the batches makes one more, smaller one."""
        return _divided(self.batches, self.accumulation, down=False)

    @property
    def steps(self) -> int:
        """Updates of the whole run."""
        return self.steps_per_epoch * self.epochs

    def at(self, where: npt.ArrayLike) -> Any:
        """A step of the run by its number or as a fraction, negative from the end:
        ``step_at(where, horizon.steps)``.
        """
        return step_at(where, self.steps)

    def __str__(self) -> str:
        way, per_epoch = "rounded down" if self.drop_last else "rounded up", self.steps_per_epoch
        return "\n".join(
            [
                f"{self.samples:,} samples / {self.processes:,} processes = "
                f"{self.samples_per_process:,} samples per process, {way}",
                f"{self.samples_per_process:,} samples / {self.batch:,} per batch = "
                f"{self.batches:,} batches per epoch, {way}",
                f"{self.batches:,} batches / {self.accumulation:,} accumulated = "
                f"{per_epoch:,} steps per epoch, rounded up",
                f"{per_epoch:,} steps per epoch x {self.epochs:,} epochs = {self.steps:,} steps",
            ]
        )


def _divided(whole: int, part: int, down: bool) -> int:
    return whole // part if down else -(-whole // part)


@public
def horizon(
    samples: int,
    batch: int,
    accumulation: int = 1,
    processes: int = 1,
    epochs: int = 1,
    drop_last: bool = False,
) -> Horizon:
    """The steps of a run over a data set: ``batch`` is that of one process, and of one accumulated
    part.

    Raises ``TypeError`` or ``ValueError`` for a number that is no integer from 1 on, and where no
    step is left at all.

    >>> h = horizon(samples=50_000, batch=32, accumulation=4, processes=8, epochs=90)
    >>> print(h)
    50,000 samples / 8 processes = 6,250 samples per process, rounded up
    6,250 samples / 32 per batch = 196 batches per epoch, rounded up
    196 batches / 4 accumulated = 49 steps per epoch, rounded up
    49 steps per epoch x 90 epochs = 4,410 steps
    >>> h.steps, h.at(0.05), h.at(-0.1)
    (4410, 220, 3969)
    """
    return Horizon(samples, batch, accumulation, processes, epochs, drop_last)


@public_methods()
@dataclass(frozen=True)
class Ramp:
    """A batch that grows: ``batches[i]`` samples, or tokens, at each step from ``at[i-1]`` on.

    What a step has taken is counted in integers, exactly, up to 2^53. Made by ``ramp``, or by hand
    from a run's own table.

    >>> r = Ramp((10, 20), at=(4,))
    >>> r.batch(3), r.batch(4), r.taken(6), r.step(80)
    (10, 20, 80, 6)
    """

    batches: tuple[int, ...]
    at: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        batches, at = (
            validate(Paces, "Ramp: batches", self.batches),
            validate(Boundaries, "Ramp: at", self.at),
        )
        if batches.ndim > 1 or at.ndim > 1:
            raise ValueError(
                "Ramp: batches and at must be one-dimensional, got "
                f"{short_repr(self.batches)} and {short_repr(self.at)}"
            )
        check_stairs("Ramp: batches", batches, at)
        for name, numbers in (("batches", batches), ("at", at)):
            object.__setattr__(self, name, tuple(numbers.tolist()))
        _check_whole("Ramp: at", self.at, self._stairs[2])

    @property
    def _stairs(self) -> tuple[npt.NDArray[np.int64], ...]:
        """Of each batch size: itself, its first step, and what has been taken by then."""
        batches, begins, before = self.batches, (0, *self.at), [0]
        for batch, start, stop in zip(batches, begins, self.at, strict=False):
            before.append(min(before[-1] + batch * (stop - start), _BEYOND))
        return np.asarray(batches), np.asarray(begins), np.asarray(before)

    def batch(self, t: npt.ArrayLike) -> Any:
        """The samples of step ``t``: an int, or an int64 array."""
        steps = validate(Steps, "batch: t", t)
        batches, begins, _ = self._stairs
        return _plain(batches[np.searchsorted(begins, steps, side="right") - 1])

    def taken(self, t: npt.ArrayLike) -> Any:
        """The samples of all steps before ``t``: an int, or an int64 array."""
        steps = validate(Steps, "taken: t", t)
        batches, begins, before = self._stairs
        i = np.searchsorted(begins, steps, side="right") - 1
        # the product may wrap
        _check_whole(
            "taken: t", steps, (steps - begins[i]) * batches[i].astype(np.float64) + before[i]
        )
        taken = before[i] + (steps - begins[i]) * batches[i]
        _check_whole("taken: t", steps, taken)  # to the last sample
        return _plain(taken)

    def step(self, samples: npt.ArrayLike) -> Any:
        """The first step before which so many samples have been taken: an int, or an int64
        array.
        """
        wanted = validate(Steps, "step: samples", samples)
        batches, begins, before = self._stairs
        i = np.maximum(np.searchsorted(before, wanted, side="left") - 1, 0)
        return _plain(begins[i] + -(-(wanted - before[i]) // batches[i]))

    def per_step(self, schedule: Schedule) -> Schedule:
        """A schedule of samples or tokens as one of steps: at step t it has the rate of
        ``taken(t)``.
        """
        return a_schedule("per_step: schedule", schedule, Schedule).paced(self.batches, self.at)


def _plain(found: npt.NDArray[np.int64]) -> Any:
    return found if np.ndim(found) else int(found)


def _check_whole(where: str, given: object, taken: npt.NDArray[Any]) -> None:
    if np.any(taken > LAST_STEP):
        raise ValueError(f"{where} must come before 2**53 samples, got {short_repr(given)}")


@public
def ramp(first: int, last: int, over: int, increment: int) -> Ramp:
    """A batch that grows from ``first`` to ``last`` by ``increment`` each, evenly over the first
    ``over`` samples.

    As Megatron-LM's ``--rampup-batch-size first increment over``, with GPT-3's and DeepSeek-V3's
    among them: the batch after i increments begins at the first step before which ``i/n`` of
    ``over`` has been taken, n of them in all.

    >>> ramp(16, 64, over=1_600, increment=16)
    Ramp(batches=(16, 32, 48, 64), at=(34, 51, 62))
    """
    given = {"first": first, "last": last, "over": over, "increment": increment}
    low, high, length, rise = (
        validate_scalar(Period, f"ramp: {name}", value) for name, value in given.items()
    )
    count, rest = divmod(high - low, rise)
    if high < low or rest or count > _MOST_STAIRS:
        raise ValueError(
            f"ramp: last must be first plus 0 to {_MOST_STAIRS:,} whole increments, got "
            f"first={low}, last={high}, increment={rise}"
        )
    batches, at, taken, step = [low], list[int](), 0, 0
    for i in range(1, count + 1):
        steps = _divided(max(-(-i * length // count) - taken, 0), batches[-1], down=False)
        taken, step = taken + steps * batches[-1], step + steps
        if steps:
            at.append(step)
            batches.append(low + i * rise)
        else:  # the last batch went past this increment as well
            batches[-1] = low + i * rise
    return Ramp(tuple(batches), tuple(at))
