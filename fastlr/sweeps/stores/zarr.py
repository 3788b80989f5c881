"""A table in a Zarr v3 array of lanes by steps.

Its codecs are the bytes and their CRC-32C, so that a chunk that is cut short or changed is never
read; its fill value is NaN, which no rate is, so that a chunk is finished exactly where it reads as
rates. zarr-python's own LocalStore puts a file into its place when it is whole, since 3.1.3; object
stores do so by nature.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

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

_SUM = 4  # bytes of the CRC


class ZarrArray:
    """An array that is being written, or is whole."""

    def __init__(self, out: Path | Store, layout: Layout) -> None:
        if not isinstance(out, Path | Store):
            raise TypeError(
                "table: out must be an array, a path or a zarr store, got "
                f"{type(out).__name__} {short_repr(out)}"
            )
        root = out if isinstance(out, Path) else getattr(out, "root", None)
        self.folder = root if isinstance(root, Path) else None  # none: it is not in files
        self._store: Store = LocalStore(out) if isinstance(out, Path) else out
        self._array = self._opened(layout)
        self.layout = layout if self._array is None else replace(layout, chunk=self._array.chunks)
        if self.whole:
            self._check_whole()

    def _opened(self, layout: Layout) -> Any:
        """The array that stands there, if it is this one; ``None`` where there is nothing."""
        if self.folder is not None and not self.folder.exists():
            return None  # to look for an array there would make the folder
        if self._foreign():
            raise self._refused("there is something else there")
        try:
            array = zarr.open_array(self._store, mode="r+")
        except FileNotFoundError:
            return None
        except Exception as error:  # whatever zarr finds wrong with what is there
            raise self._refused(f"no array can be read there ({error})") from None
        if wrong := difference(dict(array.attrs), layout.identity()):
            raise self._refused(wrong)
        return array

    def _foreign(self) -> bool:
        """Whether a folder has files, beside the draft of an array's first, and no array; or is
        none.
        """
        if self.folder is None:
            return False
        if not self.folder.is_dir():
            return True
        names = {file.name for file in self.folder.iterdir() if file.suffix != ".partial"}
        return bool(names) and "zarr.json" not in names

    def _check_whole(self) -> None:
        """Raise where an array that was whole has lost a chunk, or a part of one."""
        if lost := self._array.nchunks - self._array.nchunks_initialized:
            raise self._refused(f"it is corrupt: {lost} of its chunks are gone")
        chunks = (
            []
            if self.folder is None
            else [path for path in (self.folder / "c").rglob("*") if path.is_file()]
        )
        size = math.prod(self.layout.chunk) * self.layout.dtype.itemsize + _SUM
        if cut := [path for path in chunks if path.stat().st_size != size]:
            raise self._refused(
                f"it is corrupt in its chunk {cut[0].relative_to(str(self.folder))}"
            )

    @property
    def name(self) -> str:
        """The path, or what the store calls itself."""
        return str(self.folder or self._store)

    @property
    def begun(self) -> bool:
        """Whether there is an array."""
        return self._array is not None

    @property
    def whole(self) -> bool:
        """Whether nothing is left to do."""
        return self._array is not None and self._array.attrs.get("finished") is True

    def missing(self) -> list[Chunk]:
        """The chunks that are not finished; every other is read."""
        return [
            chunk for chunk in self.layout.chunks() if self._array is None or self._lacks(chunk)
        ]

    def _lacks(self, chunk: Chunk) -> bool:
        try:
            return bool(np.isnan(self._array[chunk[0].start, chunk[1].start]))
        except Exception as error:  # whatever a codec finds wrong
            raise self._refused(
                f"it is corrupt in its chunk at lane {chunk[0].start}, column "
                f"{chunk[1].start} ({error})"
            ) from None

    def begin(self) -> None:
        """Make the array, if there is none."""
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
            # none is: a look at each would take as long as the rates
            config={"write_empty_chunks": True},
        )

    def put(self, chunk: Chunk, rates: npt.NDArray[Any]) -> None:
        """Write one chunk."""
        lanes, columns = chunk
        self._array[lanes.start : lanes.stop, columns.start : columns.stop] = rates

    def end(self) -> None:
        """Nothing is held: a chunk that two write is the same."""

    def finish(self) -> Any:
        """The whole array, to be read."""
        if not self.whole:
            # of a process that was killed
            for draft in [] if self.folder is None else self.folder.rglob("*.partial"):
                draft.unlink()
            self._array.attrs["finished"] = True
        return zarr.open_array(self._store, mode="r")

    def _refused(self, why: str) -> ValueError:
        return ValueError(
            f"table: out must be new, or what the same call began, got {self.name!r}: "
            f"{why}; it is left as it is"
        )
