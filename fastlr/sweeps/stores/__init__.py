"""Stores: tables of any size, in memory, a .npy file or a Zarr array, made chunk by chunk, and
gone on with after a crash.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fastlr.arguments.files import check_place, check_room
from fastlr.arguments.outputs import allocate, check_out, check_threads, dtype_of, span
from fastlr.arguments.rules import short_repr
from fastlr.errors import public
from fastlr.sweeps.batches import Lanes, identified, lanes_of, rates_into
from fastlr.sweeps.progress import with_progress
from fastlr.sweeps.stores.layout import Chunk, Layout, in_blocks, in_rows
from fastlr.sweeps.stores.npy import NpyFile

__all__ = ["MEMORY", "Store", "check_memory", "table"]

MEMORY = 1 << 28  # bytes

_LEAST_MEMORY = 1 << 20
_BUFFERS = 2  # one is filled while the other is written


class Store(Protocol):
    """A table that is written chunk by chunk: one that is begun, or whole, is found as it is."""

    layout: Layout

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def folder(self) -> Path | None:
        """Where it is on a disk."""

    @property
    def begun(self) -> bool:
        """Whether there is anything yet."""

    @property
    def whole(self) -> bool:
        """Whether nothing is left to do."""

    def missing(self) -> Iterable[Chunk]:
        """The chunks that are not finished."""

    def begin(self) -> None:
        """Make what they are written to."""

    def put(self, chunk: Chunk, rates: npt.NDArray[Any]) -> None:
        """Write one."""

    def end(self) -> None:
        """No more is written now."""

    def finish(self) -> Any:
        """The whole array."""


@public
def table(
    lanes: object,
    start: int,
    stop: int | None = None,
    step: int = 1,
    *,
    dtype: npt.DTypeLike | None = None,
    out: Any = None,
    memory: int = MEMORY,
    threads: int = 1,
    progress: bool = False,
) -> Any:
    """The rates of every lane of a sweep or a schedule at steps ``range(start, stop, step)``: an
    array of shape ``(size, n)``.

    ``dtype`` is float64, or float32, the float64 rate rounded once. Rates go into memory, or into
    the array ``out``; or, where ``out`` is a path that ends in ``.npy``, into a file that is
    returned as a read-only memory map; where it ends in ``.zarr``, or is a zarr store, into a Zarr
    v3 array, which is returned. They are made a chunk of lanes by steps at a time, in at most
    ``memory`` bytes beside the arrays that are returned; ``threads`` divide the work on a chunk,
    and ``progress`` shows how far it has come and the time that is left.

    A call that was killed at any moment is gone on with by the same call, to the same bits, in
    chunks as they were begun; what is whole is returned at once. Raises ``ValueError`` or
    ``TypeError`` before anything is written: for what ``s.table`` refuses, for a table larger than
    this machine's memory or the free disk, for a store of a sweep that has no fingerprint, and for
    a store that holds anything else, or is corrupt, which is left as it is. Raises ``OSError``,
    naming the store and how much is finished, where it cannot be written to.

    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[2, 4])
    >>> flr.stores.table(family, 4)
    array([[0.1  , 0.05 , 0.   , 0.   ],
           [0.1  , 0.075, 0.05 , 0.025],
           [0.2  , 0.1  , 0.   , 0.   ],
           [0.2  , 0.15 , 0.1  , 0.05 ]])
    """
    whole, steps = lanes_of("table: lanes", lanes), span(start, stop, step)
    steps, threads, memory = (
        _checked_steps(whole, steps),
        check_threads("table", threads),
        check_memory(memory),
    )
    if not isinstance(progress, bool):
        raise TypeError(
            f"table: progress must be True or False, got {type(progress).__name__} "
            f"{short_repr(progress)}"
        )
    if out is None or isinstance(out, np.ndarray):
        return _into_array(whole, steps, dtype, out, memory, threads, progress)
    store = _store(out, whole, steps, dtype_of(dtype), memory)
    if not store.whole:
        _write(store, threads, progress)
    return store.finish()


def check_memory(memory: object) -> int:
    """``memory``, if work can be done in so many bytes."""
    if isinstance(memory, bool) or not isinstance(memory, int | np.integer):
        raise TypeError(
            f"table: memory must be an integer, got {type(memory).__name__} {short_repr(memory)}"
        )
    if memory < _LEAST_MEMORY:
        raise ValueError(f"table: memory must be at least 2**20 bytes, got {short_repr(memory)}")
    return int(memory)


def _checked_steps(lanes: Lanes, steps: range) -> range:
    """``steps``, if the first lane may be asked for them; every lane says so of its own when it
    is made.
    """
    if steps:
        for _, batch in lanes.batches(range(1)):
            batch.table(steps[0], steps[0] + 1), batch.table(steps[-1], steps[-1] + 1)
    return steps


def _into_array(
    lanes: Lanes,
    steps: range,
    dtype: npt.DTypeLike | None,
    out: Any,
    memory: int,
    threads: int,
    progress: bool,
) -> npt.NDArray[Any]:
    shape = lanes.size, len(steps)
    if out is None:
        out = allocate("table", shape, dtype_of(dtype), 'give out="NAME.zarr" or out="NAME.npy"')
    check_out("table", out, shape, dtype)
    layout = in_blocks(lanes, steps, out.dtype, memory)
    for chunk, parts in with_progress(
        _batches(layout, layout.chunks()), out.size, "rates", progress, size=_rates_in
    ):
        part = out[chunk[0].start : chunk[0].stop, chunk[1].start : chunk[1].stop]
        rates_into(part, parts, steps[chunk[1].start : chunk[1].stop], threads)
    return np.asarray(out) if type(out) is np.ndarray else out


def _store(out: Any, lanes: Lanes, steps: range, dtype: np.dtype[Any], memory: int) -> Store:
    """What stands at a path, or is to."""
    out = Path(out) if isinstance(out, str | os.PathLike) else out
    if isinstance(out, Path) and out.suffix not in (".npy", ".zarr"):
        raise ValueError(f"table: out must end in .npy or .zarr, got {str(out)!r}")
    if isinstance(out, Path):
        check_place("table: out", out)
    identified("table: out", lanes)
    if isinstance(out, Path) and out.suffix == ".npy":
        return NpyFile(out, in_rows(lanes, steps, dtype, memory))
    try:
        from fastlr.sweeps.stores.zarr import ZarrArray
    except ImportError:
        raise ImportError(
            "table: out needs zarr, which is not installed: pip install 'fastlr[zarr]'"
        ) from None
    return ZarrArray(out, in_blocks(lanes, steps, dtype, memory))


def _write(store: Store, threads: int, progress: bool) -> None:
    """Every chunk that is missing. One is made while the last is written."""
    total, itemsize = (
        store.layout.nbytes // store.layout.dtype.itemsize,
        store.layout.dtype.itemsize,
    )
    if not store.begun:
        # before its chunks are listed, as they may be too many for that
        _check_room(store, total * itemsize)
    missing = list(store.missing())
    done = total - sum(len(lanes) * len(columns) for lanes, columns in missing)
    _check_room(store, (total - done) * itemsize)
    try:
        store.begin()
        with ThreadPoolExecutor(1) as writer:
            writes = _written(store, missing, threads, writer)
            for part in with_progress(writes, total, "rates", progress, done=done, size=_rates_in):
                part[1].result()
                done += _rates_in(part)
    except OSError as error:
        finished = f"{done:,} of {total:,} rates are finished, and the same call goes on from there"
        raise OSError(
            error.errno,
            f"table: out could not be written: {error.strerror}; {finished}",
            store.name,
        ) from error
    finally:
        store.end()


def _check_room(store: Store, least: int) -> None:
    if store.folder is not None:
        check_room(store.folder if store.folder.exists() else store.folder.parent, least)


def _written(
    store: Store, missing: Iterable[Chunk], threads: int, writer: ThreadPoolExecutor
) -> Iterator[tuple[Chunk, Future[None]]]:
    """Each chunk with its writing, which is to be waited for: the next is made before it is
    given out.
    """
    buffers = [np.empty(store.layout.chunk, store.layout.dtype) for _ in range(_BUFFERS)]
    last: tuple[Chunk, Future[None]] | None = None
    for i, (chunk, parts) in enumerate(_batches(store.layout, missing)):
        rates = buffers[i % _BUFFERS][: len(chunk[0]), : len(chunk[1])]
        rates_into(rates, parts, store.layout.steps[chunk[1].start : chunk[1].stop], threads)
        if last:
            yield last
        last = chunk, writer.submit(store.put, chunk, rates)
    if last:
        yield last


def _batches(
    layout: Layout, chunks: Iterable[Chunk]
) -> Iterator[tuple[Chunk, list[tuple[Any, Any]]]]:
    """Chunks, in order, with the batches of their lanes, which are built once for all that have
    them.
    """
    for lanes, alike in groupby(chunks, key=lambda chunk: chunk[0]):
        parts = list(layout.lanes.batches(lanes))
        yield from ((chunk, parts) for chunk in alike)


def _rates_in(part: tuple[Chunk, Any]) -> int:
    """How many rates there are in a chunk, which comes with something."""
    (lanes, columns), _ = part
    return len(lanes) * len(columns)
