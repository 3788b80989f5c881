"""A table in a .npy file, with a journal beside it that records which chunks are finished.

``NAME.npy.part`` becomes ``NAME.npy`` when it is whole. ``NAME.npy.journal`` has one line of JSON
that identifies the table, and then one line per finished chunk, in order, with its CRC-32. A chunk
is on the disk before its line is, and an incomplete last line is ignored. The journal stays beside
the file and identifies it.
"""

from __future__ import annotations  # help() replaces rules in the text

import io
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.sweeps.shards import Shard
from fastlr.sweeps.stores.layout import Chunk, Layout, difference

try:
    import fcntl
except ImportError:  # Windows has no locks of this kind: two processes must not write one store
    fcntl = None  # type: ignore[assignment]

__all__ = ["NpyFile"]


class NpyFile:
    """A .npy file that is new, being written, or whole.

    Raises ``ValueError`` if the files at ``path`` are of another table, or corrupt.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path, self.layout = path, layout
        self._draft, self._journal = (
            path.with_name(f"{path.name}.{suffix}") for suffix in ("part", "journal")
        )
        self._header, self._done, self._held = _header(layout), 0, ExitStack()
        self._read = self._journal.read_bytes() if self._journal.exists() else b""
        self._lines = [
            line for line in self._read.splitlines(keepends=True) if line.endswith(b"\n")
        ]
        if self._lines:
            self._resume()
        elif path.exists() or self._draft.exists():
            raise self._refusal(
                f"there is no journal beside it, {self._journal.name}, that can be read"
            )

    def _resume(self) -> None:
        """Continue after the chunks that the journal records."""
        try:
            found = json.loads(self._lines[0])
            sums = [int(line, 16) for line in self._lines[1:]]
        except (ValueError, RecursionError):
            raise self._refusal("its journal cannot be read") from None
        if wrong := difference(found, self.layout.identity()):
            raise self._refusal(wrong)
        self.layout = replace(self.layout, chunk=self._checked_chunk(found.get("chunk")))
        self._done = len(sums)
        if len(sums) > sum(1 for _ in self.layout.chunks()):
            raise self._refusal("its journal cannot be read")
        self._check(sums)

    def _checked_chunk(self, found: object) -> tuple[int, int]:
        """The lanes and steps per chunk that the journal records, if they are possible."""
        match found:
            case [int(rows), int(columns)] if type(rows) is type(
                columns
            ) is int and self._is_valid_chunk(rows, columns):
                return rows, columns
        raise self._refusal("its journal cannot be read")

    def _is_valid_chunk(self, rows: int, columns: int) -> bool:
        """Whether chunks of this size are whole lanes, or a part of one lane."""
        lanes, steps = self.layout.shape
        return (
            1 <= rows <= max(lanes, 1)
            and 1 <= columns <= max(steps, 1)
            and (rows == 1 or columns == steps)
        )

    def _check(self, sums: list[int]) -> None:
        """Raise unless the file agrees with the journal."""
        if self.whole:
            if self.path.stat().st_size != len(self._header) + self.layout.nbytes:
                raise self._refusal("it is corrupt: its length has changed")
            self._check_sums(self.path, sums)
        elif self.path.exists() or (self._done and not self._draft.exists()):
            raise self._refusal(
                f"it and its journal, {self._journal.name}, are not of the same table"
            )
        elif self._done:
            self._check_sums(self._draft, sums)

    def _check_sums(self, path: Path, sums: list[int]) -> None:
        """Raise unless the header and every finished chunk are intact."""
        with path.open("rb") as file:
            if file.read(len(self._header)) != self._header:
                raise self._refusal("it is corrupt in its header")
            for i, (chunk, expected) in enumerate(zip(self.layout.chunks(), sums, strict=False)):
                if zlib.crc32(file.read(self._nbytes(chunk))) != expected:
                    raise self._refusal(f"it is corrupt in its chunk {i}")

    @property
    def name(self) -> str:
        """The path of the file."""
        return str(self.path)

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self.path.parent

    @property
    def begun(self) -> bool:
        """Whether there is a journal."""
        return bool(self._lines)

    @property
    def whole(self) -> bool:
        """Whether the file is complete."""
        return self.path.exists() and self._done == sum(1 for _ in self.layout.chunks())

    def missing(self, shard: Shard | None = None) -> Iterator[Chunk]:
        """Return the chunks that are not finished, in order."""
        assert shard is None  # shards share a Zarr store only
        return islice(self.layout.chunks(), self._done, None)

    def begin(self) -> None:
        """Create both files, or drop what follows the last complete line of the journal.

        Locks the journal until ``end``, so that no other process writes.
        """
        journal = self._held.enter_context(self._journal.open("ab"))
        if fcntl:
            try:
                fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self._refusal("another process is writing it") from None
        if self._journal.read_bytes() != self._read:
            raise self._refusal("another process was writing it; repeat the call to resume")
        if self._lines:
            os.truncate(self._journal, sum(map(len, self._lines)))
        else:
            head = {**self.layout.attributes(), "chunk": self.layout.chunk}
            self._journal.write_text(f"{json.dumps(head)}\n")
        if not self._done:
            self._draft.write_bytes(self._header)

    def put(self, chunk: Chunk, rates: npt.NDArray[Any]) -> None:
        """Write the next chunk in order, and then its line in the journal."""
        columns, row = self.layout.shape[1], chunk[0].start
        data = np.ascontiguousarray(rates).data.cast("B")
        with self._draft.open("r+b") as file:
            file.seek(
                len(self._header) + (row * columns + chunk[1].start) * self.layout.dtype.itemsize
            )
            file.write(data)
            _flush_to_disk(file)
        with self._journal.open("ab") as file:
            file.write(b"%08x\n" % zlib.crc32(data))
            _flush_to_disk(file)
        self._done += 1

    def end(self) -> None:
        """Release the lock."""
        self._held.close()

    def finish(self, partial: bool = False) -> npt.NDArray[Any]:
        """Rename the draft to its final name; return a read-only memory map of it."""
        assert not partial  # shards share a Zarr store only
        if not self.whole:
            self._draft.replace(self.path)
        array: npt.NDArray[Any] = np.load(self.path, mmap_mode="r" if self.layout.nbytes else None)
        return array

    def _nbytes(self, chunk: Chunk) -> int:
        """The bytes of a chunk."""
        return len(chunk[0]) * len(chunk[1]) * self.layout.dtype.itemsize

    def _refusal(self, why: str) -> ValueError:
        """The error about files that this call must not continue."""
        name = str(self.path if self.path.exists() else self._draft)
        return ValueError(
            f"table: out must be new, or begun by the same call, got {name!r}: {why}; "
            "it is left as it is"
        )


def _header(layout: Layout) -> bytes:
    """The header of the file, as ``np.save`` writes it."""
    file, descr = io.BytesIO(), np.lib.format.dtype_to_descr(layout.dtype)
    np.lib.format.write_array_header_1_0(
        file, {"descr": descr, "fortran_order": False, "shape": layout.shape}
    )
    return file.getvalue()


def _flush_to_disk(file: Any) -> None:
    """Wait until everything written to a file is on the disk."""
    file.flush()
    os.fsync(file.fileno())
