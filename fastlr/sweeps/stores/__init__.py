"""Stores: tables of any size in memory, a .npy file or a Zarr array.

Tables are computed chunk by chunk. If the process is killed, repeat the call to resume.
"""

from __future__ import annotations  # help() replaces rules in the text

import importlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.atomic_files import check_place, check_room
from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.output_arrays import allocate, check_out, check_threads, dtype_of, span
from fastlr.arguments.progress import with_progress
from fastlr.arguments.rules import short_repr
from fastlr.errors import public
from fastlr.schedule.spec import from_spec
from fastlr.sweeps.batches import Lanes, identified, lanes_of, rates_into
from fastlr.sweeps.shards import Shard, check_shard
from fastlr.sweeps.stores.layout import Chunk, Layout, in_blocks, in_rows
from fastlr.sweeps.stores.npy import NpyFile
from fastlr.sweeps.stores.store import MEMORY, Store, check_memory, is_zarr

__all__ = ["Stored", "open", "table"]

_BUFFERS = 2  # one is filled while the other is being written


@with_types
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
    shard: Shard | None = None,
) -> Any:
    """Tabulate every lane of a sweep or a schedule at steps ``range(start, stop, step)``.

    Parameters
    ----------
    lanes : Sweep or Schedule
        What to tabulate. The lanes of a batch are taken in C order.
    start, stop, step : int
        The steps, as in ``range``; ``range(start)`` if ``stop`` is None (default).
    dtype : dtype, optional
        float64 (default) or float32, which is the float64 rate rounded once.
    out : array, path or zarr store, optional
        Where the rates go:

        - None (default): a new array in memory.
        - An array of shape ``(size, n)``: filled and returned.
        - A path that ends in ``.npy``: a file, returned as a read-only memory map.
        - A path that ends in ``.zarr``, or a zarr store: a Zarr v3 group, whose array ``rate`` is
          returned. ``xarray.open_zarr`` opens it, with steps and parameters as coordinates.
    memory : int
        The most bytes to work in, besides the array that is returned. Default 2**28; at least
        2**20.
    threads : int
        How many threads share the work on a chunk. Default 1.
    progress : bool
        Whether to show a progress bar with the time left. Default False.
    shard : tuple of (int, int), optional
        ``(i, n)``: write only the i-th of n parts, i from 0, in a job array whose jobs share a
        Zarr ``out``. The same call without ``shard`` writes what is missing and finishes the store.
        Default None: write everything.

    Returns
    -------
    array
        Rates of shape ``(size, n)``: one row per lane, one column per step.

    Raises
    ------
    TypeError, ValueError
        Before anything is written: if ``s.table`` refuses the arguments; the table is larger than
        this machine's memory or the free disk; the sweep has no fingerprint; or the store holds
        another table or is corrupt. Such a store is left as it is.
    ImportError
        If ``out`` needs zarr, or ``progress`` needs tqdm, and it is not installed.
    OSError
        If the store cannot be written. The message names it and how much is finished.

    Notes
    -----
    The work is done on one chunk of lanes by steps at a time. If the process is killed at any
    moment, repeat the call to resume: the bits are the same, and the chunks stay those of the first
    call. A table that is whole is returned at once.

    A finished Zarr store grows by more steps, and by more lanes at the end of the first axis: more
    values of a list, or more points of ``random`` or ``sobol``. The call computes only the rates
    that the store does not have. A sweep of which the store does not hold the first lanes is an
    error that names what differs.

    Examples
    --------
    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[2, 4])
    >>> flr.stores.table(family, 4)
    array([[0.1  , 0.05 , 0.   , 0.   ],
           [0.1  , 0.075, 0.05 , 0.025],
           [0.2  , 0.1  , 0.   , 0.   ],
           [0.2  , 0.15 , 0.1  , 0.05 ]])

    Write two lanes, and then append a third:

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "rates.zarr")
    >>> for peaks in ([0.1, 0.2], [0.1, 0.2, 0.4]):
    ...     rates = flr.stores.table(flr.sweep("linear", init=peaks, end=0.0, steps=4), 4, out=path)
    >>> rates[2]
    array([0.4, 0.3, 0.2, 0.1])
    """
    whole, steps = lanes_of("table: lanes", lanes), span(start, stop, step)
    steps = _check_first_lane(whole, steps)
    threads, memory = check_threads("table", threads), check_memory(memory)
    if not isinstance(progress, bool):
        raise TypeError(
            f"table: progress must be True or False, got {type(progress).__name__} "
            f"{short_repr(progress)}"
        )
    shard = check_shard("table", shard)
    if shard is not None and not is_zarr(out):
        raise ValueError(
            f"table: shard must be given with a Zarr out, which all parts share, got {shard} and "
            f"out={short_repr(out)}"
        )
    if out is None or isinstance(out, np.ndarray):
        return _fill_array(whole, steps, dtype, out, memory, threads, progress)
    store = _open_store(out, whole, steps, dtype_of(dtype), memory)
    if not store.whole:
        _write_missing(store, threads, progress, shard)
    return store.finish(partial=shard is not None and not store.whole)


@with_types
class Stored(NamedTuple):
    """A table that ``open`` found.

    Parameters
    ----------
    lanes : Sweep, Schedule or None
        What the table is of; ``None`` for a sweep of a function, whose code no store holds.
    rates : array
        The rates, one row per lane and one column per step, of which a part at a time is read.
    steps : range
        The step of each column.

    See Also
    --------
    open : Open a table. Its example unpacks a ``Stored``.
    """

    lanes: Any
    rates: Any
    steps: range


@with_types
@public
def open(path: Any) -> Stored:
    """Open a table that ``table`` wrote to a Zarr store.

    Parameters
    ----------
    path : path or zarr store
        A path that ends in ``.zarr``, or a zarr store.

    Returns
    -------
    Stored
        The sweep or schedule, its rates and its steps.

    Raises
    ------
    ValueError
        If there is no such table, or it is not finished.
    ImportError
        If zarr is not installed.

    Examples
    --------
    >>> import fastlr as flr, os, tempfile
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[2, 4])
    >>> path = os.path.join(tempfile.mkdtemp(), "rates.zarr")
    >>> _ = family.table(4, out=path)
    >>> lanes, rates, steps = flr.stores.open(path)
    >>> lanes == family, rates[0], steps
    (True, array([0.1 , 0.05, 0.  , 0.  ]), range(0, 4))
    """
    try:
        from fastlr.sweeps.stores.zarr import read_table
    except ImportError:
        raise ImportError(
            "open: path needs zarr, which is not installed: pip install 'fastlr[zarr]'"
        ) from None
    if not is_zarr(path):
        raise ValueError(
            "open: path must be a path that ends in .zarr, or a zarr store, got "
            f"{short_repr(path)}; numpy.load opens a .npy file"
        )
    rates, found, spec = read_table(Path(path) if isinstance(path, str | os.PathLike) else path)
    if found.get("finished") is not True:
        raise ValueError(
            f"open: path must be a finished table, got {short_repr(str(path))}; "
            "repeat the call of table that began it to finish it"
        )
    first, step, count = found["steps"]["start"], found["steps"]["step"], rates.shape[1]
    lanes = None if spec is None else _lanes_from(json.loads(spec))
    return Stored(lanes, rates, range(first, first + step * count, step))


def _lanes_from(spec: Mapping[str, Any]) -> Any:
    """The schedule of a spec, or the sweep, whose class is in a higher module."""
    if "schedule" in spec:
        return from_spec(spec)
    return importlib.import_module("fastlr.sweeps.sweep").Sweep.from_spec(spec)


def _check_first_lane(lanes: Lanes, steps: range) -> range:
    """Return ``steps``, or raise if the first lane does not reach them.

    Later lanes are checked when they are built.
    """
    if steps:
        for _, batch in lanes.batches(range(1)):
            batch.table(steps[0], steps[0] + 1), batch.table(steps[-1], steps[-1] + 1)
    return steps


def _fill_array(
    lanes: Lanes,
    steps: range,
    dtype: npt.DTypeLike | None,
    out: Any,
    memory: int,
    threads: int,
    progress: bool,
) -> npt.NDArray[Any]:
    """Fill an array, a new one if ``out`` is None."""
    shape = lanes.size, len(steps)
    if out is None:
        out = allocate("table", shape, dtype_of(dtype), 'give out="NAME.zarr" or out="NAME.npy"')
    check_out("table", out, shape, dtype)
    layout = in_blocks(lanes, steps, out.dtype, memory)
    for chunk, parts in with_progress(
        _chunks_with_batches(layout, layout.chunks()),
        out.size,
        "rates",
        progress,
        size=_count_rates,
    ):
        part = out[chunk[0].start : chunk[0].stop, chunk[1].start : chunk[1].stop]
        rates_into(part, parts, steps[chunk[1].start : chunk[1].stop], threads)
    return np.asarray(out) if type(out) is np.ndarray else out


def _open_store(out: Any, lanes: Lanes, steps: range, dtype: np.dtype[Any], memory: int) -> Store:
    """Open the store at a path, which need not exist yet."""
    out = Path(out) if isinstance(out, str | os.PathLike) else out
    if isinstance(out, Path) and out.suffix not in (".npy", ".zarr"):
        raise ValueError(f"table: out must end in .npy or .zarr, got {short_repr(str(out))}")
    if isinstance(out, Path):
        check_place("table: out", out)
    identified("table: out", lanes)
    if isinstance(out, Path) and out.suffix == ".npy":
        return NpyFile(out, in_rows(lanes, steps, dtype, memory))
    try:
        from fastlr.sweeps.stores.zarr import ZarrTable
    except ImportError:
        raise ImportError(
            "table: out needs zarr, which is not installed: pip install 'fastlr[zarr]'"
        ) from None
    return ZarrTable(out, in_blocks(lanes, steps, dtype, memory))


def _write_missing(store: Store, threads: int, progress: bool, shard: Shard | None) -> None:
    """Write every missing chunk, of a shard or of all.

    One chunk is computed while the previous one is written.
    """
    if not store.begun:
        # Check before the chunks are listed: the list itself may be too long for memory.
        _check_disk(store, store.layout.nbytes)
    total, missing = _rates_in(store.layout.chunks(shard)), list(store.missing(shard))
    done = total - _rates_in(missing)
    _check_disk(store, (total - done) * store.layout.dtype.itemsize)
    try:
        store.begin()
        with ThreadPoolExecutor(1) as writer:
            writes = _compute_and_write(store, missing, threads, writer)
            for part in with_progress(
                writes, total, "rates", progress, done=done, size=_count_rates
            ):
                part[1].result()
                done += _count_rates(part)
    except OSError as error:
        finished = f"{done:,} of {total:,} rates are finished; repeat the call to resume"
        raise OSError(
            error.errno,
            f"table: out could not be written: {error.strerror}; {finished}",
            store.name,
        ) from error
    finally:
        store.end()


def _rates_in(chunks: Iterable[Chunk]) -> int:
    """The number of rates in some chunks."""
    return sum(len(lanes) * len(columns) for lanes, columns in chunks)


def _check_disk(store: Store, least: int) -> None:
    """Raise if the disk of a store has less than ``least`` free bytes."""
    if store.folder is not None:
        check_room(store.folder if store.folder.exists() else store.folder.parent, least)


def _compute_and_write(
    store: Store, missing: Iterable[Chunk], threads: int, writer: ThreadPoolExecutor
) -> Iterator[tuple[Chunk, Future[None]]]:
    """Yield each chunk with the future of its write, after the next chunk is computed.

    The caller waits for the write before the buffer is used again.
    """
    buffers = [np.empty(store.layout.chunk, store.layout.dtype) for _ in range(_BUFFERS)]
    last: tuple[Chunk, Future[None]] | None = None
    for i, (chunk, parts) in enumerate(_chunks_with_batches(store.layout, missing)):
        rates = buffers[i % _BUFFERS][: len(chunk[0]), : len(chunk[1])]
        rates_into(rates, parts, store.layout.steps[chunk[1].start : chunk[1].stop], threads)
        if last:
            yield last
        last = chunk, writer.submit(store.put, chunk, rates)
    if last:
        yield last


def _chunks_with_batches(
    layout: Layout, chunks: Iterable[Chunk]
) -> Iterator[tuple[Chunk, list[tuple[Any, Any]]]]:
    """Yield chunks in order with the batches of their lanes, built once per range of lanes."""
    for lanes, same_lanes in groupby(chunks, key=lambda chunk: chunk[0]):
        batches = list(layout.lanes.batches(lanes))
        yield from ((chunk, batches) for chunk in same_lanes)


def _count_rates(part: tuple[Chunk, Any]) -> int:
    """The number of rates in the chunk of a pair."""
    (lanes, columns), _ = part
    return len(lanes) * len(columns)
