"""The rates that a law is asked about: of a schedule, tabulated one lane at a time, or of an
array.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.outputs import allocate
from fastlr.arguments.rules import Number, Period, Rates, validate, validate_scalar
from fastlr.kernels.selection import Backend
from fastlr.program.opcodes import LAST_STEP
from fastlr.program.program import positions
from fastlr.schedule.schedule import Schedule

__all__ = ["Runs", "asked", "runs"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

_RATES = Number("a Schedule or an array of rates", core=1)
_HIGHEST = 1e290  # as the rates of a schedule are


class Runs(NamedTuple):
    """Runs of so many steps, of this batch shape: the program of a schedule, or an array of
    rates, a row a run.
    """

    shape: tuple[int, ...]
    steps: int
    words: Array | None
    rows: Array | None

    @property
    def lanes(self) -> int:
        """How many runs there are."""
        return math.prod(self.shape)

    def each(self, backend: Backend, lanes: range) -> Iterator[tuple[int, Array]]:
        """The place of each of some runs, and its rates, which stand where those of the next
        will.
        """
        if self.words is None:
            assert self.rows is not None
            for lane in lanes:
                yield lane, np.ascontiguousarray(self.rows[lane], dtype=np.float64)
            return
        places, rates = positions(self.words), np.empty(self.steps)
        # every lane's row of this table is the same memory: it is filled one lane at a time
        table = np.lib.stride_tricks.as_strided(
            rates, (self.lanes, self.steps), (0, rates.itemsize)
        )
        for lane in lanes:
            backend.table(self.words, range(lane, lane + 1), range(self.steps), 0, 1, table)
            yield int(places[lane]), rates


def asked(where: str, steps: object) -> tuple[Steps, Steps]:
    """Steps that rise, from how many there are or from an array of them in any order, and where
    each that was asked stands.
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
    """The first ``steps`` rates of a schedule, or of an array whose last axis are the steps;
    errors begin with ``where``.
    """
    if isinstance(rates, Schedule):
        words = rates.program.view(np.ndarray)
        if steps > words[3]:
            raise ValueError(
                f"{where}: steps must end by step {int(words[3])}, as past_end='raise', got {steps}"
            )
        allocate(where, (steps,), np.dtype(np.float64))
        return Runs(rates.shape, steps, words, None)
    array = _RATES.array(f"{where}: rates", rates)
    if steps > array.shape[-1]:
        raise ValueError(
            f"{where}: steps must be at most the {array.shape[-1]} that there are rates "
            f"for, got {steps}"
        )
    used = array[..., :steps]
    if not (float(used.min()) >= 0 and float(used.max()) <= _HIGHEST):  # a NaN is neither
        validate(Rates, f"{where}: rates", used)
    return Runs(used.shape[:-1], steps, None, used.reshape(-1, steps))
