"""Layout: which lanes stand in a table, at which steps, in which dtype, and in what chunks it is
made.

A chunk is a range of lanes by a range of steps. Its rates are a pure function of where it is, so
that chunks may be made in any order, today or after a crash, and the table has the same bits.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastlr.sweeps.batches import Lanes, chunks_of, identified

__all__ = ["Chunk", "Layout", "difference", "in_blocks", "in_rows"]

Chunk = tuple[range, range]  # lanes and columns

_LANE = 1 << 12  # bytes that a lane may take while its batch is built
# of the memory that one chunk takes: two are held, beside copies by whoever encodes them
_SHARE = 8
# bytes: large enough that the cost of a file is small, small enough to be read for a few lanes
_BLOCK = 1 << 24
_LONG = 1 << 14  # steps in a block, where lanes are many


@dataclass(frozen=True)
class Layout:
    """A table of ``lanes`` by ``steps``; a chunk has at most ``chunk`` lanes and steps."""

    lanes: Lanes
    steps: range
    dtype: np.dtype[Any]
    chunk: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Lanes, steps."""
        return self.lanes.size, len(self.steps)

    @property
    def nbytes(self) -> int:
        """Of the whole table."""
        return self.lanes.size * len(self.steps) * self.dtype.itemsize

    def chunks(self) -> Iterator[Chunk]:
        """All of them, in C order."""
        lanes, columns = (
            list(chunks_of(size, most)) for size, most in zip(self.shape, self.chunk, strict=True)
        )
        return ((own, part) for own in lanes for part in columns)

    def identity(self) -> dict[str, Any]:
        """What tells one table from another, as plain JSON data."""
        steps = {"start": self.steps.start, "step": self.steps.step}
        fingerprint = identified("table: out", self.lanes)
        return {
            "fingerprint": fingerprint,
            "steps": steps,
            "shape": list(self.shape),
            "dtype": str(self.dtype),
        }

    def attributes(self) -> dict[str, Any]:
        """The identity, and what the numbers are."""
        version = vars(sys.modules["fastlr"])["__version__"]
        units = {"rates": "rate", "steps": "step"}
        return {
            "fastlr": version,
            **self.identity(),
            "units": units,
            "description": self.lanes.describe(),
        }


def in_rows(lanes: Lanes, steps: range, dtype: np.dtype[Any], memory: int) -> Layout:
    """Chunks that are whole lanes, or parts of one: each is one block of a file in C order."""
    most = max(1, memory // _SHARE // dtype.itemsize)
    length = min(max(1, len(steps)), most)
    rows = min(lanes.size, most // length, max(1, memory // _LANE)) if length == len(steps) else 1
    return Layout(lanes, steps, dtype, (max(1, rows), length))


def in_blocks(lanes: Lanes, steps: range, dtype: np.dtype[Any], memory: int) -> Layout:
    """Chunks from which a few lanes, or a few steps, are soon read."""
    most = max(1, min(memory // _SHARE, _BLOCK) // dtype.itemsize)
    length = max(1, min(len(steps), most, _LONG))
    rows = max(1, min(lanes.size, most // length, memory // _LANE))
    return Layout(lanes, steps, dtype, (rows, max(1, min(len(steps), most // rows))))


def difference(found: Any, expected: dict[str, Any]) -> str | None:
    """The first thing in which what a store says of itself is not what is expected, in words."""
    if not isinstance(found, dict) or "fingerprint" not in found:
        return "it says nothing of a table"
    differs = (name for name, value in expected.items() if found.get(name) != value)
    return next(
        (f"its {name} is {found.get(name)!r}, not {expected[name]!r}" for name in differs), None
    )
