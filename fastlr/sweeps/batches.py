"""Lanes: what a sweep and a batch have in common, many schedules in an order, of which any are
made when they are asked for.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.schedule.schedule import Schedule

__all__ = ["Batch", "Lanes", "chunks_of", "collect", "identified", "lanes_of", "rates_into"]

Places = npt.NDArray[np.int64]
Parts = Iterable[tuple[Places, Schedule]]


class Lanes(Protocol):
    """Schedules at places from 0 to ``size - 1``."""

    @property
    def size(self) -> int:
        """How many there are."""

    @property
    def fingerprint(self) -> str | None:
        """The same for equal lanes on every machine; ``None`` where they cannot be identified
        exactly.
        """

    def described(self) -> dict[str, Any]:
        """What they are, as plain JSON data."""

    def parts(self, places: range) -> Iterator[tuple[Places, Schedule]]:
        """Those at these places in batches, each with where among the places its lanes are."""


@dataclass(frozen=True)
class Batch:
    """The lanes of one schedule, in C order."""

    schedule: Schedule

    @property
    def size(self) -> int:
        """How many there are."""
        return int(np.prod(self.schedule.shape))

    @property
    def fingerprint(self) -> str:
        """The schedule's own."""
        return self.schedule.fingerprint

    def described(self) -> dict[str, Any]:
        """The schedule's spec."""
        return self.schedule.to_spec()

    def parts(self, places: range) -> Iterator[tuple[Places, Schedule]]:
        """Those at these places, one batch for each that they are in along the last axis."""
        length = self.schedule.shape[-1] if self.schedule.shape else 1
        for row, own in groupby(range(len(places)), lambda i: places[i] // length):
            at = np.array(list(own))
            yield at, self._along(row, np.asarray(places)[at] % length)

    def _along(self, row: int, places: Places) -> Schedule:
        """The lanes at these places of a row of the last axis."""
        if self.size == places.size:
            return self.schedule
        head = tuple(map(int, np.unravel_index(row, self.schedule.shape[:-1])))
        return self.schedule[head][places]


def lanes_of(where: str, value: object) -> Lanes:
    """A sweep as it is, a schedule as its lanes; ``TypeError``, beginning with ``where``, for
    anything else.
    """
    if isinstance(value, Schedule):
        return Batch(value)
    if not all(hasattr(value, name) for name in ("size", "fingerprint", "described", "parts")):
        raise TypeError(
            f"{where} must be a Sweep or a Schedule, got {type(value).__name__} {short_repr(value)}"
        )
    lanes: Lanes = value  # type: ignore[assignment]
    return lanes


def identified(where: str, lanes: Lanes) -> str:
    """The fingerprint of lanes; ``ValueError``, beginning with ``where``, for lanes that have
    none.
    """
    if (fingerprint := lanes.fingerprint) is not None:
        return fingerprint
    why = getattr(lanes, "unidentified", "") or "it cannot be identified exactly"
    rule = f"{where} must be of a sweep with a fingerprint, by which a store knows what it holds"
    raise ValueError(
        f"{rule}; this sweep has none: {why}. Give its function a version: "
        "sweep(function, version='1', ...)"
    )


def chunks_of(size: int, most: int) -> Iterator[range]:
    """``range(size)`` in order, so many at a time.

    >>> list(chunks_of(5, 2))
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    return (range(i, min(i + most, size)) for i in range(0, size, most))


def rates_into(out: npt.NDArray[Any], parts: Parts, steps: range, threads: int) -> None:
    """Fill ``out``, a row a lane and a column a step, with the rates of these batches."""
    asked = steps.start, steps.stop, steps.step
    for own, batch in parts:
        if own.size == out.shape[0]:
            batch.table(
                *asked,
                out=out.reshape(*batch.shape, -1) if batch.shape != own.shape else out,
                threads=threads,
            )
        else:
            out[own] = batch.table(*asked, dtype=out.dtype, threads=threads).reshape(own.size, -1)


def collect(
    lanes: Lanes, places: range, ask: Callable[[Schedule], Mapping[str, npt.ArrayLike]]
) -> dict[str, npt.NDArray[Any]]:
    """What each batch at these places answers, by name, one value a lane, in order.

    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20, 30])
    >>> gathered(family, range(1, 4), lambda batch: {"highest": batch.max(5)})
    {'highest': array([0.1, 0.1, 0.2])}
    """
    answers: dict[str, npt.NDArray[Any]] = {}
    for own, batch in lanes.parts(places):
        for name, values in ask(batch).items():
            answer = np.asarray(values).reshape(own.size)
            answers.setdefault(name, np.empty(len(places), answer.dtype))[own] = answer
    return answers
