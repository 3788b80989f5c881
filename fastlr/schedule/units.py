"""Convert other units to steps: samples, tokens, epochs and fractions of a run.

Each conversion is made once, in integers or with its rounding stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import (
    Boundaries,
    Floats,
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

__all__ = ["Horizon", "Ramp", "first_steps", "horizon", "ramp", "step_at"]

_MOST_STAIRS = 100_000
_BEYOND = LAST_STEP + 1


@with_types
@public
def step_at(where: Floats, total: int) -> Any:
    """Convert a place in a run to a step.

    ``step_at(k, total) = k`` for an integer k, and ``round(x * total)`` for a fraction x. A
    negative place counts from the end of the run: ``total - k``, ``total - round(x * total)``.

    Parameters
    ----------
    where : int, float or array
        Steps, integers from ``-total`` to ``total``; or fractions of the run, floats from -1 to 1.
        Steps and fractions cannot be mixed.
    total : int
        Length of the run in steps, from 1 to 2**53.

    Returns
    -------
    int or array of int64
        The step, or an array of steps of the shape of ``where``. Fractions are rounded to the
        nearest step, ties to even.

    Raises
    ------
    TypeError
        If ``where`` is not numbers, or mixes integers and floats.
    ValueError
        If a place is outside the run.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.step_at(0.03, 100_000), flr.step_at(-0.2, 100_000), flr.step_at(-500, 100_000)
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


def _numbers(where: Floats) -> npt.NDArray[Any]:
    array = as_array("step_at: where must be an array of numbers", where)
    if array.dtype.kind not in "iuf" or contains_bools(where):
        raise TypeError(
            "step_at: where must be steps or fractions of the run, got "
            f"{type(where).__name__} {short_repr(where)}"
        )
    # NumPy converts a mixed list to floats, and the step 1 to the fraction 1.0, the whole run
    if isinstance(where, list | tuple) and {int, float} <= set(map(type, where)):
        raise TypeError(
            f"step_at: where must be all steps or all fractions, got {short_repr(where)}"
        )
    return array


@with_types
@public_methods()
@dataclass(frozen=True)
class Horizon:
    """The number of steps of a run, and how it is computed. ``print`` shows the arithmetic.

    Parameters
    ----------
    samples : int
        Samples in the data set, from 1 to 2**53.
    batch : int
        Samples per batch of one process, before accumulation, from 1 to 2**53.
    accumulation : int
        Batches per step, from 1 to 2**53.
    processes : int
        Processes that share the samples, from 1 to 2**53.
    epochs : int
        Passes over the data set, from 1 to 2**53.
    drop_last : bool
        Whether to drop what does not fill a process or a batch.

    See Also
    --------
    horizon : Build it, with defaults.

    Examples
    --------
    >>> import fastlr as flr
    >>> run = flr.horizon(samples=1_000, batch=100, epochs=3)
    >>> run.steps_per_epoch, run.steps
    (10, 30)
    """

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
        """Samples per process and epoch. Samples are divided evenly: where they do not divide, some
        are repeated, or dropped with ``drop_last``.
        """
        return _divided(self.samples, self.processes, self.drop_last)

    @property
    def batches(self) -> int:
        """Batches per process and epoch. The last may be smaller; ``drop_last`` drops it."""
        return _divided(self.samples_per_process, self.batch, self.drop_last)

    @property
    def steps_per_epoch(self) -> int:
        """Steps per epoch. Batches that remain after the last full step make one more step."""
        return _divided(self.batches, self.accumulation, down=False)

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.steps_per_epoch * self.epochs

    def at(self, where: Floats) -> Any:
        """Convert a place in the run to a step: ``step_at(where, horizon.steps)``.

        Parameters
        ----------
        where : int, float or array
            Steps, or fractions of the run. Negative places count from the end.

        Returns
        -------
        int or array of int64
            The step, or an array of steps of the shape of ``where``.

        Raises
        ------
        TypeError, ValueError
            As ``fastlr.step_at``.

        Examples
        --------
        >>> import fastlr as flr
        >>> run = flr.horizon(samples=1_000, batch=100, epochs=3)
        >>> run.at(0.5), run.at(-5)
        (15, 25)
        """
        return step_at(where, self.steps)

    def _repr_html_(self) -> str:
        """Return the display of a notebook: the arithmetic, line by line."""
        from fastlr.drawing.cards import card, table

        lines = [line.partition(" = ") for line in str(self).split("\n")]
        rows = [[left, f"= {right}"] for left, _, right in lines]
        heading = f"horizon of {self.steps:,} steps"
        return card(heading, "", None, "", table(["", ""], rows, len(rows)))

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
    """A quotient of integers, rounded down or up."""
    return whole // part if down else -(-whole // part)


@with_types
@public
def horizon(
    samples: int,
    batch: int,
    accumulation: int = 1,
    processes: int = 1,
    epochs: int = 1,
    drop_last: bool = False,
) -> Horizon:
    """Compute the number of steps of a run over a data set.

    ``steps = ceil(batches / accumulation) * epochs``, where ``batches`` is
    ``ceil(ceil(samples / processes) / batch)``, with ``floor`` in place of its two ``ceil`` if
    ``drop_last``

    Parameters
    ----------
    samples : int
        Samples in the data set, from 1 to 2**53.
    batch : int
        Samples per batch of one process, before accumulation, from 1 to 2**53.
    accumulation : int, default 1
        Batches per step, from 1 to 2**53.
    processes : int, default 1
        Processes that share the samples, from 1 to 2**53.
    epochs : int, default 1
        Passes over the data set, from 1 to 2**53.
    drop_last : bool, default False
        Whether to drop what does not fill a process or a batch.

    Returns
    -------
    Horizon
        ``steps`` is the length of the run; ``at`` converts fractions of it; ``print`` shows the
        arithmetic.

    Raises
    ------
    TypeError
        If a number is not an integer.
    ValueError
        If a number is below 1, or the run has no step or more than 2**53.

    Examples
    --------
    >>> import fastlr as flr
    >>> h = flr.horizon(samples=50_000, batch=32, accumulation=4, processes=8, epochs=90)
    >>> print(h)
    50,000 samples / 8 processes = 6,250 samples per process, rounded up
    6,250 samples / 32 per batch = 196 batches per epoch, rounded up
    196 batches / 4 accumulated = 49 steps per epoch, rounded up
    49 steps per epoch x 90 epochs = 4,410 steps
    >>> h.steps, h.at(0.05), h.at(-0.1)
    (4410, 220, 3969)
    """
    return Horizon(samples, batch, accumulation, processes, epochs, drop_last)


@with_types
@public_methods()
@dataclass(frozen=True)
class Ramp:
    """A batch size that grows during a run.

    ``batch(t) = batches[i]`` where ``at[i-1] <= t < at[i]``

    Parameters
    ----------
    batches : sequence of int
        Samples, or tokens, per step: one size or more, each from 1 to 2**53.
    at : sequence of int, default ()
        The first step of each size but the first, from 1 on and strictly increasing.

    Raises
    ------
    TypeError
        If a number is not an integer.
    ValueError
        If ``batches`` do not have one item more than ``at``, if ``at`` is not strictly increasing
        from 1 on, or if 2**53 samples are taken before the last size.

    Notes
    -----
    Samples are counted in integers, exactly, up to 2**53. The last size is kept for ever.

    See Also
    --------
    ramp : Build a ramp of equal increments.

    Examples
    --------
    >>> import fastlr as flr
    >>> r = flr.Ramp((10, 20), at=(4,))
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
        """The batch sizes, the first step of each, and the samples taken before that step."""
        batches, begins, before = self.batches, (0, *self.at), [0]
        for batch, start, stop in zip(batches, begins, self.at, strict=False):
            before.append(min(before[-1] + batch * (stop - start), _BEYOND))
        return np.asarray(batches), np.asarray(begins), np.asarray(before)

    def batch(self, t: Floats) -> Any:
        """Return the batch size at step ``t``.

        Parameters
        ----------
        t : int or array of int
            Steps from 0 to 2**53.

        Returns
        -------
        int or array of int64
            Samples of that step, of the shape of ``t``.

        Raises
        ------
        TypeError, ValueError
            If ``t`` has anything but steps.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.Ramp((10, 20), at=(4,)).batch([0, 3, 4])
        array([10, 10, 20])
        """
        steps = validate(Steps, "batch: t", t)
        batches, begins, _ = self._stairs
        return _plain(batches[np.searchsorted(begins, steps, side="right") - 1])

    def taken(self, t: Floats) -> Any:
        """Count the samples that the steps before ``t`` take.

        Parameters
        ----------
        t : int or array of int
            Steps from 0 to 2**53.

        Returns
        -------
        int or array of int64
            Samples taken before step ``t``, 0 at step 0, of the shape of ``t``.

        Raises
        ------
        TypeError, ValueError
            If ``t`` has anything but steps, or more than 2**53 samples have been taken by then.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.Ramp((10, 20), at=(4,)).taken([0, 4, 6])
        array([ 0, 40, 80])
        """
        steps = validate(Steps, "taken: t", t)
        batches, begins, before = self._stairs
        i = np.searchsorted(begins, steps, side="right") - 1
        # checked in float64 first, because the product of integers may overflow
        _check_whole(
            "taken: t", steps, (steps - begins[i]) * batches[i].astype(np.float64) + before[i]
        )
        taken = before[i] + (steps - begins[i]) * batches[i]
        _check_whole("taken: t", steps, taken)  # and exactly
        return _plain(taken)

    def step(self, samples: Floats) -> Any:
        """Find the first step before which so many samples have been taken.

        Parameters
        ----------
        samples : int or array of int
            Samples from 0 to 2**53.

        Returns
        -------
        int or array of int64
            The least t with ``taken(t) >= samples``, of the shape of ``samples``.

        Raises
        ------
        TypeError, ValueError
            If ``samples`` are not integers from 0 to 2**53.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.Ramp((10, 20), at=(4,)).step([40, 41])
        array([4, 5])
        """
        wanted = validate(Steps, "step: samples", samples)
        batches, begins, before = self._stairs
        i = np.maximum(np.searchsorted(before, wanted, side="left") - 1, 0)
        return _plain(begins[i] + -(-(wanted - before[i]) // batches[i]))

    def per_step(self, schedule: Schedule) -> Schedule:
        """Convert a schedule of samples or tokens to a schedule of steps.

        ``rate(t) = schedule(taken(t))``

        Parameters
        ----------
        schedule : Schedule
            A schedule whose unit is samples, or tokens.

        Returns
        -------
        Schedule
            The same plan, by optimizer steps.

        Raises
        ------
        TypeError
            If ``schedule`` is not a schedule.

        Examples
        --------
        >>> import fastlr as flr
        >>> by_samples = flr.linear(1.0, 0.0, steps=100)
        >>> flr.Ramp((10, 20), at=(4,)).per_step(by_samples).table(8)
        array([1. , 0.9, 0.8, 0.7, 0.6, 0.4, 0.2, 0. ])
        """
        return a_schedule("per_step: schedule", schedule, Schedule).paced(self.batches, self.at)


def _plain(found: npt.NDArray[np.int64]) -> Any:
    return found if np.ndim(found) else int(found)


def _check_whole(where: str, given: object, taken: npt.NDArray[Any]) -> None:
    if np.any(taken > LAST_STEP):
        raise ValueError(f"{where} must come before 2**53 samples, got {short_repr(given)}")


@with_types
@public
def ramp(first: int, last: int, over: int, increment: int) -> Ramp:
    """Build a batch size that grows in equal increments, evenly over the first samples.

    With n increments in all, the batch size after i of them begins at the first step before which
    ``over * i/n`` samples have been taken.

    Parameters
    ----------
    first : int
        Batch size at step 0, from 1 to 2**53.
    last : int
        Largest batch size: ``first`` plus a whole number of increments, at most 100,000.
    over : int
        Samples over which the batch size grows, from 1 to 2**53.
    increment : int
        Samples added each time, from 1 to 2**53.

    Returns
    -------
    Ramp
        The batch sizes, and the steps at which they begin.

    Raises
    ------
    TypeError
        If a number is not an integer.
    ValueError
        If ``last`` is not ``first`` plus a whole number of increments, or there are too many.

    Notes
    -----
    It is Megatron-LM's ``--rampup-batch-size first increment over``. GPT-3 and DeepSeek-V3 used
    such ramps. If one step takes the samples of several increments, the batch size skips sizes.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.ramp(16, 64, over=1_600, increment=16)
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
    firsts = [0, *(_divided(i * length, count, down=False) for i in range(1, count + 1))]
    sizes = range(low, high + 1, rise)
    kept, begins = first_steps(firsts, sizes)
    return Ramp(tuple(sizes[i] for i in kept), tuple(begins[1:]))


def first_steps(
    firsts: Sequence[int], sizes: Sequence[int], step: int = 0
) -> tuple[list[int], list[int]]:
    """Return which batch sizes have a step, by their places, and the first step of each.

    The first size begins at ``step``. Each other one begins at the first step before which its
    number in ``firsts`` of samples have been taken. It has no step if one step of the size before
    takes all of its samples.

    >>> first_steps([0, 95, 99, 1_000], [10, 20, 30, 40])
    ([0, 2, 3], [0, 10, 40])
    """
    kept, begins, taken = [0], [step], firsts[0]
    for i, first in enumerate(firsts[1:], 1):
        steps = _divided(first - taken, sizes[kept[-1]], down=False)
        if steps > 0:
            taken, step = taken + steps * sizes[kept[-1]], step + steps
            kept.append(i)
            begins.append(step)
        else:
            kept[-1] = i
    return kept, begins
