"""The rates that a law predicts from: a schedule, one lane at a time, or an array."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.output_arrays import allocate, in_one_row
from fastlr.arguments.rules import Number, Period, Rates, validate, validate_scalar
from fastlr.kernels.selection import Backend
from fastlr.program.opcodes import HEADER_LIMIT, LAST_STEP
from fastlr.program.program import positions
from fastlr.schedule.schedule import Schedule

__all__ = ["FEWER_LANES", "Parts", "Runs", "parts_of", "rising_steps", "runs"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

_RATES = Number("a Schedule or an array of rates", core=1)
_MAX_RATE = 1e290  # the limit for the rates of a schedule
_LANES_PER_PART = 2_048  # of a sweep
_RATES_TOGETHER = 2**19  # that are tabulated at once: runs of few steps take 2 us each one by one
_BYTES_PER_PART = 2**24  # of a stored array
FEWER_LANES = "predict the losses of fewer lanes at a time, or take the best with rank"


class Runs(NamedTuple):
    """The first ``steps`` steps of the runs of a batch.

    They are either the program of a schedule or ``rows``, an array with one row of rates per run.
    """

    shape: tuple[int, ...]
    steps: int
    program: Array | None
    rows: Array | None

    @property
    def lanes(self) -> int:
        """The number of runs."""
        return math.prod(self.shape)

    def each(self, backend: Backend, lanes: range) -> Iterator[tuple[int, Array]]:
        """Yield the place and the rates of some runs. The next run overwrites the rates."""
        if self.program is None:
            assert self.rows is not None
            for lane in lanes:
                yield lane, np.ascontiguousarray(self.rows[lane], dtype=np.float64)
            return
        places = positions(self.program)
        if self.lanes * self.steps <= _RATES_TOGETHER:
            every = np.empty((self.lanes, self.steps))
            backend.table(self.program, lanes, range(self.steps), 0, 1, every)
            yield from ((int(place), every[place]) for place in places[lanes.start : lanes.stop])
            return
        rates = np.empty(self.steps)
        table = in_one_row(rates, self.lanes)
        for lane in lanes:
            backend.table(self.program, range(lane, lane + 1), range(self.steps), 0, 1, table)
            yield int(places[lane]), rates


class Parts(NamedTuple):
    """Many runs that are not in memory at once."""

    shape: tuple[int, ...]
    each: Callable[[], Iterator[tuple[Steps, Any]]]  # parts, after the places of their runs


def parts_of(rates: Any) -> Parts | None:
    """A sweep or a stored array as parts; ``None`` for anything that is in memory.

    A sweep is known by its methods, since it is defined in a higher layer. A stored array, such as
    one of Zarr or Dask, is known by its shape and dtype.
    """
    if isinstance(rates, Schedule | np.ndarray):
        return None
    if hasattr(rates, "batches") and hasattr(rates, "chunks"):
        return Parts(rates.shape, lambda: _parts_of_sweep(rates))
    if len(getattr(rates, "shape", ())) > 1 and hasattr(rates, "dtype"):
        return Parts(tuple(rates.shape[:-1]), lambda: _parts_of_array(rates))
    return None


def _parts_of_sweep(sweep: Any) -> Iterator[tuple[Steps, Schedule]]:
    """Yield batches of a sweep."""
    for chunk in sweep.chunks(_LANES_PER_PART):
        for places, batch in sweep.batches(chunk):
            yield chunk.start + places, batch


def _parts_of_array(array: Any) -> Iterator[tuple[Steps, Array]]:
    """Yield rows along the first axis of an array, some megabytes at a time."""
    lanes = math.prod(array.shape[1:-1])
    row_bytes = max(1, lanes * array.shape[-1] * array.dtype.itemsize)
    rows = max(1, _BYTES_PER_PART // row_bytes)
    for start in range(0, array.shape[0], rows):
        part = np.asarray(array[start : start + rows])
        yield np.arange(start * lanes, (start + part.shape[0]) * lanes), part


def rising_steps(where: str, steps: object) -> tuple[Steps, Steps]:
    """Sort the steps that a user gives, as a number of steps or as an array in any order.

    Returns the distinct steps, rising, and where each given step stands among them.
    """
    if isinstance(steps, int | np.integer) and not isinstance(steps, bool):
        count = validate_scalar(Period, f"{where}: steps", steps)
        allocate(where, (count,), np.dtype(np.int64))
        return np.arange(count), np.arange(count)
    rule = Number(
        "an integer, how many steps there are, or a sequence of steps from 0 to 2**53",
        0,
        LAST_STEP,
        whole=True,
        core=1,
    )
    array = rule(f"{where}: steps", steps)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{where}: steps must be {rule.rule}, got an array of shape {array.shape}")
    rising, places = np.unique(array.astype(np.int64), return_inverse=True)
    return rising, places.reshape(-1)


def runs(where: str, rates: object, steps: int) -> Runs:
    """The first ``steps`` rates of a schedule, or of an array whose last axis is the step.

    Errors begin with ``where``.
    """
    if isinstance(rates, Schedule):
        program = rates.program.view(np.ndarray)
        if steps > program[HEADER_LIMIT]:
            raise ValueError(
                f"{where}: steps must end by step {int(program[HEADER_LIMIT])}, as "
                f"past_end='raise', got {steps}"
            )
        allocate(where, (steps,), np.dtype(np.float64))
        return Runs(rates.shape, steps, program, None)
    array = _RATES.array(f"{where}: rates", rates)
    if steps > array.shape[-1]:
        raise ValueError(
            f"{where}: steps must be at most {array.shape[-1]}, the number of rates, got {steps}"
        )
    used = array[..., :steps]
    if not (float(used.min()) >= 0 and float(used.max()) <= _MAX_RATE):  # also true for NaN
        validate(Rates, f"{where}: rates", used)
    return Runs(used.shape[:-1], steps, None, used.reshape(-1, steps))
