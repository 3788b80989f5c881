"""The layout of a table: its lanes, its steps, its dtype and its chunks.

A chunk is a range of lanes by a range of steps. Its rates depend only on its place, so chunks may
be computed in any order, also after a crash, and the table has the same bits.
"""

from __future__ import annotations  # help() replaces rules in the text

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastlr.arguments.rules import short_repr
from fastlr.sweeps.batches import Lanes, chunks_of, identified
from fastlr.sweeps.shards import Shard

__all__ = ["Chunk", "Layout", "difference", "in_blocks", "in_rows", "spec_text"]

Chunk = tuple[range, range]  # lanes and columns

_BYTES_PER_LANE = 1 << 12  # that a lane may take while its batch is built
# One chunk takes this part of the memory: two are held, and encoders copy them.
_MEMORY_SHARE = 8
# Large enough that a file costs little, small enough to read for a few lanes.
_BLOCK_BYTES = 1 << 24
_BLOCK_STEPS = 1 << 14  # the most steps per chunk, so that a few lanes are read fast


@dataclass(frozen=True)
class Layout:
    """A table of ``lanes`` by ``steps``, in chunks of at most ``chunk`` = (lanes, steps)."""

    lanes: Lanes
    steps: range
    dtype: np.dtype[Any]
    chunk: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of lanes and steps."""
        return self.lanes.size, len(self.steps)

    @property
    def nbytes(self) -> int:
        """The bytes of all rates of the table."""
        return self.lanes.size * len(self.steps) * self.dtype.itemsize

    def chunks(self, shard: Shard | None = None) -> Iterator[Chunk]:
        """Return the chunks in C order, all or those of a shard: of every n-th range of lanes."""
        lanes, columns = (
            list(chunks_of(size, most)) for size, most in zip(self.shape, self.chunk, strict=True)
        )
        first, step = shard or (0, 1)
        return ((own, part) for own in lanes[first::step] for part in columns)

    def identity(self) -> dict[str, Any]:
        """Return what identifies the table, as plain JSON data."""
        steps = {"start": self.steps.start, "step": self.steps.step}
        fingerprint = identified("table: out", self.lanes)
        return {
            "fingerprint": fingerprint,
            "steps": steps,
            "shape": list(self.shape),
            "dtype": str(self.dtype),
        }

    def attributes(self) -> dict[str, Any]:
        """Return the identity, the units, the description and the version of fastlr."""
        version = vars(sys.modules["fastlr"])["__version__"]
        units = {"rates": "rate", "steps": "step"}
        return {
            "fastlr": version,
            **self.identity(),
            "units": units,
            "description": self.lanes.describe(),
        }


def spec_text(lanes: Any) -> str | None:
    """The spec of lanes as JSON; ``None`` if they have none, as the family is a function."""
    try:
        return json.dumps(lanes.to_spec())
    except ValueError:
        return None


def in_rows(lanes: Lanes, steps: range, dtype: np.dtype[Any], memory: int) -> Layout:
    """Use chunks of whole lanes, or of parts of one lane, so each is contiguous in a file."""
    most = max(1, memory // _MEMORY_SHARE // dtype.itemsize)
    length = min(max(1, len(steps)), most)
    rows = (
        min(lanes.size, most // length, max(1, memory // _BYTES_PER_LANE))
        if length == len(steps)
        else 1
    )
    return Layout(lanes, steps, dtype, (max(1, rows), length))


def in_blocks(lanes: Lanes, steps: range, dtype: np.dtype[Any], memory: int) -> Layout:
    """Use chunks that are fast to read for a few lanes and for a few steps."""
    most = max(1, min(memory // _MEMORY_SHARE, _BLOCK_BYTES) // dtype.itemsize)
    length = max(1, min(len(steps), most, _BLOCK_STEPS))
    rows = max(1, min(lanes.size, most // length, memory // _BYTES_PER_LANE))
    return Layout(lanes, steps, dtype, (rows, max(1, min(len(steps), most // rows))))


def difference(found: Any, expected: dict[str, Any]) -> str | None:
    """Describe the first difference of a store's attributes from the expected ones, or None."""
    if not isinstance(found, dict) or "fingerprint" not in found:
        return "it does not describe a table of fastlr"
    differs = (name for name, value in expected.items() if found.get(name) != value)
    return next(
        (
            f"its {name} is {_shown(found.get(name))}, not {_shown(expected[name])}"
            for name in differs
        ),
        None,
    )


def _shown(value: Any) -> str:
    """A value in a message; a fingerprint is shown whole."""
    return repr(value) if isinstance(value, str) else short_repr(value)
