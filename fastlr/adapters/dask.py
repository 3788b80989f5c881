"""Dask: rates and reductions of a sweep as lazy arrays, on one machine or a cluster.

A worker receives the description of the sweep once, and the place of each chunk. It computes a
chunk in its own thread, with the same bits as one process. ``table(...).to_zarr(path)`` writes the
chunks from the workers.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import uuid
from collections.abc import Sequence
from typing import Any

import dask
import dask.array
import numpy as np
import numpy.typing as npt

from fastlr.arguments.output_arrays import dtype_of, span
from fastlr.arguments.rules import short_repr
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.batches import Lanes, chunks_of, collect, lanes_of, rates_into
from fastlr.sweeps.stores import MEMORY
from fastlr.sweeps.stores.layout import in_blocks
from fastlr.sweeps.sweep import Sweep

__all__ = ["reduce", "table"]

_LANES_PER_CHUNK = 2**16  # lanes


def table(
    lanes: Sweep | Schedule,
    start: int,
    stop: int | None = None,
    step: int = 1,
    *,
    dtype: npt.DTypeLike | None = None,
    chunks: tuple[int, int] | None = None,
) -> dask.array.Array:
    """Tabulate every lane lazily at steps ``range(start, stop, step)``.

    Parameters
    ----------
    lanes : Sweep or Schedule
        What to tabulate. The lanes of a batch are taken in C order.
    start, stop, step : int
        The steps, as in ``range``; ``range(start)`` if ``stop`` is None (default).
    dtype : dtype, optional
        float64 (default) or float32, which is the float64 rate rounded once.
    chunks : tuple of (int, int), optional
        The lanes and steps per chunk. Default: chunks of about 16 MiB.

    Returns
    -------
    dask.array.Array
        Lazy rates of shape ``(size, n)``: one row per lane, one column per step.

    Raises
    ------
    TypeError, ValueError
        For arguments that ``fastlr.stores.table`` refuses, or chunks that are not two integers
        from 1.

    Examples
    --------
    >>> import fastlr as flr
    >>> peaks = np.linspace(0.1, 0.2, 1_000)
    >>> family = flr.sweep("linear", init=peaks, end=0.0, steps=range(1, 1_001))
    >>> rates = table(family, 1_000, chunks=(10_000, 1_000))
    >>> rates.shape, rates.numblocks, float(rates[17, 5].compute()) == family[17](5)
    ((1000000, 1000), (100, 1), True)
    """
    whole, steps, kind = lanes_of("table: lanes", lanes), span(start, stop, step), dtype_of(dtype)
    chunk = (
        in_blocks(whole, steps, kind, MEMORY).chunk
        if chunks is None
        else _checked_chunks("table", chunks, 2)
    )
    sizes = tuple(
        tuple(map(len, chunks_of(size, most))) or (0,)
        for size, most in zip((whole.size, len(steps)), chunk, strict=True)
    )
    rates: dask.array.Array = dask.array.map_blocks(
        _chunk_rates,
        lanes=_delayed_lanes(whole),
        steps=steps,
        kind=kind,
        chunk=chunk,
        chunks=sizes,
        dtype=kind,
        meta=np.empty((0, 0), kind),
    )
    return rates


def reduce(
    lanes: Sweep | Schedule,
    names: str | Sequence[str],
    start: int,
    stop: int | None = None,
    *,
    chunks: int = _LANES_PER_CHUNK,
    **arguments: Any,
) -> dict[str, dask.array.Array]:
    """Compute reductions of every lane lazily, such as sums and extrema, without a table.

    ``dask.compute(results)`` computes all of them in one pass.

    Parameters
    ----------
    lanes : Sweep or Schedule
        What to reduce.
    names : str or sequence of str
        Reductions by name, as for ``Schedule.reduce``.
    start, stop : int
        The steps ``range(start, stop)``, or ``range(start)`` if ``stop`` is None (default).
    chunks : int
        The lanes per chunk. Default 65,536.
    **arguments : float
        ``rate`` and ``decay``, for the reductions that need them: one number for all lanes.

    Returns
    -------
    dict of str to dask.array.Array
        Per reduction, one value per lane.

    Raises
    ------
    TypeError, ValueError
        As ``Schedule.reduce`` does, or if ``chunks`` is not an integer from 1.

    Examples
    --------
    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20])
    >>> reduce(family, "max", 10)["max"].compute()
    array([0.1, 0.1, 0.2, 0.2])
    """
    whole, (most,) = lanes_of("reduce: lanes", lanes), _checked_chunks("reduce", chunks, 1)
    query = (names, start, stop, arguments)
    first, shipped = _chunk_reductions(whole, range(1), *query), _delayed_lanes(whole)
    parts = list(chunks_of(whole.size, most))
    results = [
        dask.delayed(_chunk_reductions, pure=True)(shipped, places, *query) for places in parts
    ]
    return {
        name: _concatenate(results, parts, name, values.dtype) for name, values in first.items()
    }


def _delayed_lanes(lanes: Lanes) -> Any:
    """Lanes as one input of all tasks, named by their fingerprint or, without one, uniquely."""
    name = f"lanes-{lanes.fingerprint or uuid.uuid4().hex}"
    return dask.delayed(lanes, name=name, pure=True, traverse=False)


def _concatenate(
    results: list[Any], parts: list[range], name: str, dtype: np.dtype[Any]
) -> dask.array.Array:
    """One reduction of all chunks, as one array."""
    pieces = [
        dask.array.from_delayed(part[name], (len(own),), dtype)
        for part, own in zip(results, parts, strict=True)
    ]
    joined: dask.array.Array = dask.array.concatenate(pieces)
    return joined


def _chunk_rates(
    *,
    lanes: Lanes,
    steps: range,
    kind: np.dtype[Any],
    chunk: tuple[int, int],
    block_id: tuple[int, int],
) -> npt.NDArray[Any]:
    """The rates of one chunk, on a worker."""
    places, columns = (
        range(size)[most * i : most * (i + 1)]
        for size, most, i in zip((lanes.size, len(steps)), chunk, block_id, strict=True)
    )
    rates = np.empty((len(places), len(columns)), kind)
    rates_into(rates, lanes.batches(places), steps[columns.start : columns.stop], threads=1)
    return rates


def _chunk_reductions(
    lanes: Lanes, places: range, names: Any, start: int, stop: int | None, arguments: Any
) -> dict[str, npt.NDArray[Any]]:
    """The reductions of one chunk, on a worker."""
    return collect(lanes, places, lambda batch: batch.reduce(names, start, stop, **arguments))


def _checked_chunks(where: str, chunks: Any, count: int) -> tuple[int, ...]:
    """``count`` chunk lengths as a tuple, or an error that begins with ``where``."""
    sizes = tuple(chunks) if isinstance(chunks, Sequence) else (chunks,)
    if len(sizes) != count or not all(
        isinstance(size, int | np.integer) and size >= 1 for size in sizes
    ):
        rule = "two integers from 1, lanes and steps" if count > 1 else "an integer from 1"
        raise ValueError(f"{where}: chunks must be {rule}, got {short_repr(chunks)}")
    return tuple(map(int, sizes))
