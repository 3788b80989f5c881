"""What a sweep and a batch have in common: an ordered set of lanes, built a batch at a time.

A lane is one scalar schedule.
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.schedule.constructor_names import stack
from fastlr.schedule.rebuilding import build, cores_of, take_flat
from fastlr.schedule.recorded_calls import Call
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.axes import Places

__all__ = [
    "Batch",
    "Lanes",
    "Table",
    "array_arguments",
    "chunks_of",
    "collect",
    "free_name",
    "identified",
    "lanes_of",
    "rates_into",
]

Batches = Iterable[tuple[Places, Schedule]]


class Lanes(Protocol):
    """An ordered set of scalar schedules, at places from 0 to ``size - 1``."""

    @property
    def size(self) -> int:
        """The number of lanes."""

    @property
    def fingerprint(self) -> str | None:
        """The same for equal lanes on every machine; ``None`` if they have no exact identity."""

    def describe(self) -> dict[str, Any]:
        """Describe the lanes as plain JSON data."""

    def batches(self, places: range) -> Iterator[tuple[Places, Schedule]]:
        """Yield the lanes at these places in batches, each after its positions in ``places``."""


@dataclass(frozen=True)
class Batch:
    """The lanes of one schedule, in C order of its batch shape."""

    schedule: Schedule

    @property
    def size(self) -> int:
        """The number of lanes."""
        return int(np.prod(self.schedule.shape))

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the schedule."""
        return self.schedule.fingerprint

    def describe(self) -> dict[str, Any]:
        """Describe the schedule: its repr, which abbreviates long arrays, and its batch shape."""
        return {"schedule": repr(self.schedule), "shape": list(self.schedule.shape)}

    def to_spec(self) -> dict[str, Any]:
        """Return the spec of the schedule."""
        return self.schedule.to_spec()

    def parameters(self, places: Places) -> dict[str, npt.NDArray[Any]]:
        """Return the names of groups and the arguments that vary, at these lanes."""
        shape, found = self.schedule.shape, dict[str, npt.NDArray[Any]]()
        if self.schedule.names is not None:
            found["group"] = np.array(self.schedule.names)[places]
        for name, values in array_arguments(self.schedule._call):
            if values.size > 1:
                own = np.broadcast_to(values, shape)[np.unravel_index(places, shape)]
                found.setdefault(name, own)
        return found

    def batches(self, places: range) -> Iterator[tuple[Places, Schedule]]:
        """Yield one batch; of stacks with several axes, one per row of the last axis."""
        if len(self.schedule.shape) > 1 and len(places):
            lanes = self._flat(np.asarray(places))
            if lanes is not None:
                yield np.arange(len(places)), lanes
                return
        length = self.schedule.shape[-1] if self.schedule.shape else 1
        for row, in_row in groupby(range(len(places)), lambda i: places[i] // length):
            positions = np.array(list(in_row))
            yield positions, self._lanes_of_row(row, np.asarray(places)[positions] % length)

    def _lanes_of_row(self, row: int, places: Places) -> Schedule:
        """The lanes at these places of one row along the last axis."""
        if self.size == places.size and len(self.schedule.shape) < 2:
            return self.schedule
        head = tuple(map(int, np.unravel_index(row, self.schedule.shape[:-1])))
        return self.schedule[head][places]

    def _flat(self, places: Places) -> Schedule | None:
        """The lanes at these places of all axes, built at once; ``None`` if a stack is in them."""
        call = take_flat(self.schedule._call, places, self.schedule.shape)
        return None if call is None else build(call)

    def take(self, places: Places) -> Schedule:
        """The lanes at any places, in their order, as one batch of shape ``places.shape``."""
        if len(self.schedule.shape) == 1:
            return self.schedule[places]
        if (lanes := self._flat(places)) is not None:
            return lanes
        heads = zip(*np.unravel_index(places, self.schedule.shape), strict=True)
        return stack([self.schedule[tuple(map(int, head))] for head in heads])


@dataclass(frozen=True)
class Table:
    """The rows of a table of rates, lanes by steps; a part at a time is read into memory."""

    rates: Any

    fingerprint = None
    unidentified = "a table of rates is not a description; rank the sweep or the schedule itself"

    @property
    def size(self) -> int:
        """The number of rows."""
        return int(self.rates.shape[0])

    def describe(self) -> dict[str, Any]:
        """Return the shape of the table."""
        return {"table": list(self.rates.shape)}

    def batches(self, places: range) -> Iterator[tuple[Places, Any]]:
        """Yield the rows at these places, as one array."""
        yield np.arange(len(places)), np.asarray(self.rates[places.start : places.stop])


def lanes_of(where: str, value: object, *, tables: bool = False) -> Any:
    """A sweep as it is, a schedule as a ``Batch``, and a two-dimensional array as a ``Table``.

    An array is allowed only if ``tables``. Raises ``TypeError``, beginning with ``where``, for
    anything else.
    """
    if isinstance(value, Schedule):
        return Batch(value)
    if tables and len(getattr(value, "shape", ())) == 2 and hasattr(value, "dtype"):
        return Table(value)
    if not all(hasattr(value, name) for name in ("size", "fingerprint", "describe", "batches")):
        kinds = (
            "a Sweep, a Schedule or a table of lanes by steps"
            if tables
            else ("a Sweep or a Schedule")
        )
        raise TypeError(f"{where} must be {kinds}, got {type(value).__name__} {short_repr(value)}")
    return value


def array_arguments(call: Call, where: str = "") -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield the numeric arguments of a call by name.

    Those of a schedule that is itself an argument carry its constructor's name in front.
    """
    own = cores_of(call.name)
    for name, value in call.arguments.items():
        if isinstance(value, Call):
            yield from array_arguments(value, f"{value.name}_")
        elif isinstance(value, np.ndarray) and not own.get(name):
            yield f"{where}{name}", value


def free_name(name: str, taken: Collection[str], names: Collection[str]) -> str:
    """The name of a parameter in a table where some names are taken; ``names`` are all parameters.

    >>> free_name("rate", ["rate"], ["rate", "end"]), free_name("end", ["rate"], ["rate", "end"])
    ('parameter_rate', 'end')
    """
    if name not in taken:
        return name
    free = f"parameter_{name}"
    return free if free not in names else free_name(free, [free], names)


def identified(where: str, lanes: Lanes) -> str:
    """The fingerprint of lanes.

    Raises ``ValueError``, beginning with ``where``, if they have none.
    """
    if (fingerprint := lanes.fingerprint) is not None:
        return fingerprint
    why = getattr(lanes, "unidentified", "") or "it cannot be identified exactly"
    rule = f"{where} must be for a sweep with a fingerprint, which identifies the store"
    if isinstance(lanes, Table):
        raise ValueError(f"{rule}; {why}")
    raise ValueError(
        f"{rule}; this sweep has none: {why}. Give its function a version: "
        "sweep(function, version='1', ...)"
    )


def chunks_of(size: int, most: int) -> Iterator[range]:
    """Split ``range(size)``, in order, into ranges of at most ``most``.

    >>> list(chunks_of(5, 2))
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    return (range(i, min(i + most, size)) for i in range(0, size, most))


def rates_into(out: npt.NDArray[Any], batches: Batches, steps: range, threads: int) -> None:
    """Fill ``out``, one row per lane and one column per step, with the rates of these batches."""
    bounds = steps.start, steps.stop, steps.step
    for positions, batch in batches:
        if positions.size == out.shape[0]:
            batch.table(
                *bounds,
                out=out.reshape(*batch.shape, -1) if batch.shape != positions.shape else out,
                threads=threads,
            )
        else:
            rates = batch.table(*bounds, dtype=out.dtype, threads=threads)
            out[positions] = rates.reshape(positions.size, -1)


def collect(
    lanes: Lanes, places: range, compute: Callable[[Schedule], Mapping[str, npt.ArrayLike]]
) -> dict[str, npt.NDArray[Any]]:
    """Compute something of each batch at these places: by name, one value per lane, in order.

    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20, 30])
    >>> collect(family, range(1, 4), lambda batch: {"highest": batch.max(5)})
    {'highest': array([0.1, 0.1, 0.2])}
    """
    results: dict[str, npt.NDArray[Any]] = {}
    for positions, batch in lanes.batches(places):
        for name, values in compute(batch).items():
            lane_values = np.asarray(values).reshape(positions.size)
            result = results.setdefault(name, np.empty(len(places), lane_values.dtype))
            result[positions] = lane_values
    return results
