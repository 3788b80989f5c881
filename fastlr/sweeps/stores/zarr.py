"""A table in a Zarr v3 group: ``rate``, lanes by steps, and what its axes are.

``step`` and each parameter of a sweep are coordinates, so ``xarray.open_zarr`` reads the group.
``fastlr/spec`` is the spec of the lanes as bytes of JSON, compressed, since it may be long.

Chunks are stored with their CRC-32C, so a chunk that is truncated or changed is never read. The
fill value is NaN, which is never a rate, so a chunk is finished exactly if it reads as rates.
zarr-python's LocalStore writes files atomically since 3.1.3; object stores always do.
"""

from __future__ import annotations  # help() replaces rules in the text

import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr
from zarr.abc.store import Store
from zarr.codecs import BytesCodec, Crc32cCodec
from zarr.storage import LocalStore

from fastlr.errors import short_repr, shortened
from fastlr.sweeps.batches import free_name
from fastlr.sweeps.shards import Shard
from fastlr.sweeps.stored_lanes import first_lanes, lanes_difference
from fastlr.sweeps.stores.layout import Chunk, Layout, difference, spec_text

__all__ = ["ZarrTable", "read_table"]

_RATE, _STEP, _OWN = "rate", "step", "fastlr"  # the arrays of rates and of steps, our own group
_LANES_AT_ONCE = 2**16  # whose parameters are written together

_CHECKSUM_BYTES = 4  # per chunk, after its rates


class ZarrTable:
    """A Zarr group that is new, being written, or whole.

    Raises ``ValueError`` if another table stands at ``out``, or the group is corrupt. A
    finished table of the first lanes and steps is continued.
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
        self._group = self._open(layout)
        self._array: Any = None if self._group is None else self._rates()
        self.layout = layout if self._array is None else replace(layout, chunk=self._array.chunks)
        if self.whole:
            self._check_whole()

    def _open(self, layout: Layout) -> Any:
        """Open the group, ``None`` if there is none; raise if it is of another table."""
        if self.folder is not None and not self.folder.exists():
            return None  # opening would create the folder
        if self._is_foreign():
            raise self._refusal("it holds something else")
        try:
            group = zarr.open_group(self._store, mode="r+", use_consolidated=False)
        except FileNotFoundError:
            return None
        except Exception as error:  # zarr raises many types for a damaged group
            raise self._refusal(f"it holds no group that zarr can read ({error})") from None
        found = dict(group.attrs)
        if (wrong := difference(found, layout.identity())) and not _is_first_part(found, layout):
            why = lanes_difference(found.get("description"), layout.lanes.describe())
            raise self._refusal(f"{wrong} ({why})" if why else wrong)
        if wrong and found.get("finished") is not True:
            # Its own call may be running, and would write its chunks over those of this one.
            raise self._refusal(
                "it has fewer lanes or steps and is not finished; repeat the call that began it"
            )
        return group

    def _rates(self) -> Any:
        """Open the array of rates, ``None`` if it is not begun."""
        try:
            return self._group[_RATE]
        except KeyError:
            return None
        except Exception as error:  # zarr raises many types for a damaged array
            raise self._refusal(f"it holds no array that zarr can read ({error})") from None

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
            else [path for path in (self.folder / _RATE / "c").rglob("*") if path.is_file()]
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
        return (
            self._array is not None
            and self._group.attrs.get("finished") is True
            and self._array.shape == self.layout.shape
        )

    def missing(self, shard: Shard | None = None) -> list[Chunk]:
        """Return the chunks that are not finished. The others are read and so verified."""
        return [
            chunk
            for chunk in self.layout.chunks(shard)
            if self._array is None or self._is_missing(chunk)
        ]

    def _is_missing(self, chunk: Chunk) -> bool:
        """Whether a chunk is not written yet, or only a part of it; raise if it is corrupt."""
        lanes, columns = chunk
        if lanes.stop > self._array.shape[0] or columns.stop > self._array.shape[1]:
            return True
        try:
            # A table that grew may have its first lanes or steps alone.
            return bool(np.isnan(self._array[lanes[-1], columns[-1]]))
        except Exception as error:  # codecs raise many types for a damaged chunk
            raise self._refusal(
                f"it is corrupt in its chunk at lane {chunk[0].start}, column "
                f"{chunk[1].start} ({error})"
            ) from None

    def begin(self) -> None:
        """Create the group and the array, if there are none, or make room for more rates."""
        if self._group is None:
            self._group = zarr.open_group(
                self._store, mode="a", attributes=self.layout.attributes(), zarr_format=3
            )
        if self._array is not None and self._array.shape != self.layout.shape:
            # One write, so a killed process leaves a table that this same call continues.
            # Each item of `attrs.update` would be a write.
            self._group.update_attributes({**self.layout.attributes(), "finished": False})
            self._array.resize(self.layout.shape)
        if self._array is None:
            self._begin_rates()

    def _begin_rates(self) -> None:
        """Create the array of rates, unless another process has done so since."""
        try:
            self._create_rates()
        except zarr.errors.ContainsArrayError:
            self._array = self._rates()
            if self._array.chunks != self.layout.chunk:
                raise self._refusal(
                    "another process began it with another memory; repeat the call to resume"
                ) from None

    def _create_rates(self) -> None:
        """Create the array of rates."""
        self._array = self._group.create_array(
            _RATE,
            shape=self.layout.shape,
            chunks=self.layout.chunk,
            dtype=self.layout.dtype,
            fill_value=np.nan,
            filters=None,
            serializer=BytesCodec(),
            compressors=Crc32cCodec(),
            dimension_names=("lane", "step"),
            attributes={"units": "rate"},
            # No chunk is empty. To look for NaN in each would take as long as the rates.
            config={"write_empty_chunks": True},
        )

    def put(self, chunk: Chunk, rates: npt.NDArray[Any]) -> None:
        """Write one chunk."""
        lanes, columns = chunk
        self._array[lanes.start : lanes.stop, columns.start : columns.stop] = rates

    def end(self) -> None:
        """Do nothing: two processes that write a chunk write the same bytes."""

    def finish(self, partial: bool = False) -> Any:
        """Write the coordinates, mark the group as finished, and open its rates for reading.

        If only a part is written, only open them.
        """
        if partial:
            return zarr.open_array(self._store, path=_RATE, mode="r")
        if self.whole and self._is_consolidated():
            return zarr.open_array(self._store, path=_RATE, mode="r")
        # A process that was killed may have left unfinished drafts.
        for draft in [] if self.folder is None else self.folder.rglob("*.partial"):
            draft.unlink()
        if not self.whole:
            self._write_steps()
            self._write_parameters()
            self._write_spec()
            self._group.attrs["finished"] = True
        self._consolidate()
        return zarr.open_array(self._store, path=_RATE, mode="r")

    def _is_consolidated(self) -> bool:
        """Whether the metadata of all arrays is in one file."""
        found = zarr.open_group(self._store, mode="r", use_consolidated=None)
        return found.metadata.consolidated_metadata is not None

    def _consolidate(self) -> None:
        """Put the metadata of all arrays into one file, so that opening takes one read."""
        with warnings.catch_warnings():
            # Zarr says that this is not in the specification yet; xarray and zarr-python read it.
            warnings.simplefilter("ignore")
            zarr.consolidate_metadata(self._store)

    def _write_steps(self) -> None:
        """Write the step of each column."""
        steps = self.layout.steps
        array = self._coordinate(_STEP, np.dtype(np.int64), (len(steps),), (_STEP,))
        array.attrs["units"] = "step"
        for part in _parts(len(steps)):
            own = steps[part.start : part.stop]
            array[part.start : part.stop] = np.arange(own.start, own.stop, own.step)

    def _write_parameters(self) -> None:
        """Write the parameters of each lane, some lanes at a time."""
        parameters = getattr(self.layout.lanes, "parameters", None)
        if parameters is None:  # lanes of a class of the user's own
            return
        size, names = self.layout.lanes.size, list[str]()
        for part in _parts(size):
            values = parameters(np.arange(part.start, part.stop))
            for name, own in values.items():
                label = free_name(name, (_RATE, _STEP, _OWN, "lane"), values)
                inner = tuple(f"{label}_{i}" for i in range(own.ndim - 1))
                shape, dimensions = (size, *own.shape[1:]), ("lane", *inner)
                if not part.start:
                    self._coordinate(label, own.dtype, shape, dimensions)
                    names.append(label)
                self._group[label][part.start : part.stop] = own
        self._group.attrs["coordinates"] = " ".join(names)

    def _coordinate(
        self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...], dimensions: tuple[str, ...]
    ) -> Any:
        """Create an array beside the rates, in place of one of a smaller table."""
        chunk = (max(1, min(shape[0], _LANES_AT_ONCE)), *shape[1:])
        text: Any = str if dtype.kind == "U" else dtype
        return self._group.create_array(
            name,
            shape=shape,
            chunks=chunk,
            dtype=text,
            dimension_names=dimensions,
            overwrite=True,
        )

    def _write_spec(self) -> None:
        """Write the spec of the lanes, if they have one."""
        if (text := spec_text(self.layout.lanes)) is not None:
            own = self._group.require_group(_OWN)
            data = np.frombuffer(text.encode(), np.uint8)
            own.create_array("spec", data=data, overwrite=True)

    def _refusal(self, why: str) -> ValueError:
        """The error about an array that this call must not continue."""
        return ValueError(
            f"table: out must be new, or begun by the same call, got {self.name!r}: "
            f"{why}; it is left as it is"
        )


def _is_first_part(found: dict[str, Any], layout: Layout) -> bool:
    """Whether the attributes are of a table of the first lanes and the first steps."""
    match found.get("shape"):
        case [int(lanes), int(steps)] if steps <= layout.shape[1]:
            first = layout.lanes if lanes == layout.shape[0] else first_lanes(layout.lanes, lanes)
            if first is not None:
                part = replace(layout, lanes=first, steps=layout.steps[:steps])
                return difference(found, part.identity()) is None
    return False


def _parts(size: int) -> Iterator[range]:
    """Some lanes or steps at a time."""
    return (range(i, min(i + _LANES_AT_ONCE, size)) for i in range(0, max(size, 1), _LANES_AT_ONCE))


def read_table(out: Path | Store) -> tuple[Any, dict[str, Any], str | None]:
    """The rates in a Zarr group of fastlr, its attributes, and the spec of its lanes if it has one.

    Raises ``ValueError`` if it is none.
    """
    if not isinstance(out, Path | Store):
        raise TypeError(
            f"open: path must be a path or a zarr store, got {type(out).__name__} {short_repr(out)}"
        )
    try:
        group = zarr.open_group(out, mode="r")
        rates: Any = group[_RATE]
    except Exception as error:  # zarr raises many types
        raise ValueError(
            f"open: path must be a table of fastlr, got {short_repr(str(out))} "
            f"({shortened(str(error))})"
        ) from None
    spec: Any = group.get(f"{_OWN}/spec")
    text = None if spec is None else bytes(np.asarray(spec[:])).decode()
    return rates, dict(group.attrs), text
