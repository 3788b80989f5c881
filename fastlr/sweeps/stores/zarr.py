"""A table in a Zarr v3 array of lanes by steps.

Chunks are stored with their CRC-32C, so a chunk that is truncated or changed is never read. The
fill value is NaN, which is never a rate, so a chunk is finished exactly if it reads as rates.
zarr-python's LocalStore writes files atomically since 3.1.3; object stores always do.
"""

from __future__ import annotations  # help() replaces rules in the text

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr
from zarr.abc.store import Store
from zarr.codecs import BytesCodec, Crc32cCodec
from zarr.storage import LocalStore

from fastlr.arguments.rules import short_repr
from fastlr.sweeps.stores.layout import Chunk, Layout, difference

__all__ = ["ZarrArray"]

_CHECKSUM_BYTES = 4  # per chunk, after its rates


class ZarrArray:
    """A Zarr array that is new, being written, or whole.

    Raises ``ValueError`` if another table stands at ``out``, or the array is corrupt.
    """

    def __init__(self, out: Path | Store, layout: Layout) -> None:
        if not isinstance(out, Path | Store):
            raise TypeError(
                "table: out must be an array, a path or a zarr store, got "
                f"{type(out).__name__} {short_repr(out)}"
            )
        root = out if isinstance(out, Path) else getattr(out, "root", None)
        self.folder = root if isinstance(root, Path) else None  # None: not in files
        self._store: Store = LocalStore(out) if isinstance(out, Path) else out
        self._array = self._open(layout)
        self.layout = layout if self._array is None else replace(layout, chunk=self._array.chunks)
        if self.whole:
            self._check_whole()

    def _open(self, layout: Layout) -> Any:
        """Open the array, ``None`` if there is none; raise if it is of another table."""
        if self.folder is not None and not self.folder.exists():
            return None  # opening would create the folder
        if self._is_foreign():
            raise self._refusal("it holds something else")
        try:
            array = zarr.open_array(self._store, mode="r+")
        except FileNotFoundError:
            return None
        except Exception as error:  # zarr raises many types for a damaged array
            raise self._refusal(f"it holds no array that zarr can read ({error})") from None
        if wrong := difference(dict(array.attrs), layout.identity()):
            raise self._refusal(wrong)
        return array

    def _is_foreign(self) -> bool:
        """Whether the path is not a folder, or a folder with other files and no array.

        An unfinished draft of the first file of an array does not count.
        """
        if self.folder is None:
            return False
        if not self.folder.is_dir():
            return True
        names = {file.name for file in self.folder.iterdir() if file.suffix != ".partial"}
        return bool(names) and "zarr.json" not in names

    def _check_whole(self) -> None:
        """Raise if an array that was whole has lost a chunk or a part of one."""
        if lost := self._array.nchunks - self._array.nchunks_initialized:
            raise self._refusal(f"it is corrupt: {lost} of its chunks are missing")
        chunks = (
            []
            if self.folder is None
            else [path for path in (self.folder / "c").rglob("*") if path.is_file()]
        )
        size = math.prod(self.layout.chunk) * self.layout.dtype.itemsize + _CHECKSUM_BYTES
        if cut := [path for path in chunks if path.stat().st_size != size]:
            raise self._refusal(
                f"it is corrupt in its chunk {cut[0].relative_to(str(self.folder))}"
            )

    @property
    def name(self) -> str:
        """The path, or the name of the store."""
        return str(self.folder or self._store)

    @property
    def begun(self) -> bool:
        """Whether there is an array."""
        return self._array is not None

    @property
    def whole(self) -> bool:
        """Whether the array is marked as finished."""
        return self._array is not None and self._array.attrs.get("finished") is True

    def missing(self) -> list[Chunk]:
        """Return the chunks that are not finished. The others are read and so verified."""
        return [
            chunk
            for chunk in self.layout.chunks()
            if self._array is None or self._is_missing(chunk)
        ]

    def _is_missing(self, chunk: Chunk) -> bool:
        """Whether a chunk is not written yet; raise if it is corrupt."""
        try:
            return bool(np.isnan(self._array[chunk[0].start, chunk[1].start]))
        except Exception as error:  # codecs raise many types for a damaged chunk
            raise self._refusal(
                f"it is corrupt in its chunk at lane {chunk[0].start}, column "
                f"{chunk[1].start} ({error})"
            ) from None

    def begin(self) -> None:
        """Create the array, if there is none."""
        self._array = self._array or zarr.create_array(
            self._store,
            shape=self.layout.shape,
            chunks=self.layout.chunk,
            dtype=self.layout.dtype,
            fill_value=np.nan,
            filters=None,
            serializer=BytesCodec(),
            compressors=Crc32cCodec(),
            dimension_names=("lane", "step"),
            attributes=self.layout.attributes(),
            # No chunk is empty. To look for NaN in each would take as long as the rates.
            config={"write_empty_chunks": True},
        )

    def put(self, chunk: Chunk, rates: npt.NDArray[Any]) -> None:
        """Write one chunk."""
        lanes, columns = chunk
        self._array[lanes.start : lanes.stop, columns.start : columns.stop] = rates

    def end(self) -> None:
        """Do nothing: two processes that write a chunk write the same bytes."""

    def finish(self) -> Any:
        """Mark the array as finished, and open it for reading."""
        if not self.whole:
            # A process that was killed may have left unfinished drafts.
            for draft in [] if self.folder is None else self.folder.rglob("*.partial"):
                draft.unlink()
            self._array.attrs["finished"] = True
        return zarr.open_array(self._store, mode="r")

    def _refusal(self, why: str) -> ValueError:
        """The error about an array that this call must not continue."""
        return ValueError(
            f"table: out must be new, or begun by the same call, got {self.name!r}: "
            f"{why}; it is left as it is"
        )
