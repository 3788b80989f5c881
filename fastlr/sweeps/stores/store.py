"""What every store can do, and how the arguments of ``table`` name a store."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.sweeps.shards import Shard
from fastlr.sweeps.stores.layout import Chunk, Layout

__all__ = ["MEMORY", "Store", "check_memory", "is_zarr"]

MEMORY = 1 << 28  # bytes

_MIN_MEMORY = 1 << 20


class Store(Protocol):
    """A table on a disk or in an object store, written chunk by chunk.

    Opening a store finds what an earlier call has written.
    """

    layout: Layout

    @property
    def name(self) -> str:
        """The name of the store in messages."""

    @property
    def folder(self) -> Path | None:
        """The folder on a disk; ``None`` if the store is not in files."""

    @property
    def begun(self) -> bool:
        """Whether an earlier call has begun the store."""

    @property
    def whole(self) -> bool:
        """Whether every chunk is written."""

    def missing(self, shard: Shard | None = None) -> Iterable[Chunk]:
        """Return the chunks, of a shard or of all, that are not written yet."""

    def begin(self) -> None:
        """Create the store, or prepare it for more chunks."""

    def put(self, chunk: Chunk, rates: npt.NDArray[Any]) -> None:
        """Write one chunk."""

    def end(self) -> None:
        """Release what ``begin`` holds, also after an error."""

    def finish(self, partial: bool = False) -> Any:
        """Mark the store as whole, unless ``partial``, and return its array for reading."""


def is_zarr(out: object) -> bool:
    """Whether an output is a path of a Zarr store, or a store."""
    if isinstance(out, str | os.PathLike):
        return Path(out).suffix == ".zarr"
    return not isinstance(out, np.ndarray | None)


def check_memory(memory: object) -> int:
    """Return ``memory`` as an int, or raise if it is not an integer of at least 2**20 bytes."""
    if isinstance(memory, bool) or not isinstance(memory, int | np.integer):
        raise TypeError(
            f"table: memory must be an integer, got {type(memory).__name__} {short_repr(memory)}"
        )
    if memory < _MIN_MEMORY:
        raise ValueError(f"table: memory must be at least 2**20 bytes, got {short_repr(memory)}")
    return int(memory)
