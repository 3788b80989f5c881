"""Dask: rates and results of a sweep as lazy arrays, computed where they are needed, on one machine
or on many.

What goes to a worker is what the sweep is made of, once, and where a chunk begins. Each chunk is
computed in the worker's own thread, and has the bits that one process gives.
``table(...).to_zarr(path)`` writes chunk by chunk, wherever they are.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import uuid
from collections.abc import Sequence
from typing import Any

import dask
import dask.array
import numpy as np
import numpy.typing as npt

from fastlr.arguments.outputs import dtype_of, span
from fastlr.arguments.rules import short_repr
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.batches import Lanes, chunks_of, collect, lanes_of, rates_into
from fastlr.sweeps.stores import MEMORY
from fastlr.sweeps.stores.layout import in_blocks
from fastlr.sweeps.sweep import Sweep

__all__ = ["reduce", "table"]

_TOGETHER = 2**16  # lanes


def table(
    lanes: Sweep | Schedule,
    start: int,
    stop: int | None = None,
    step: int = 1,
    *,
    dtype: npt.DTypeLike | None = None,
    chunks: tuple[int, int] | None = None,
) -> dask.array.Array:
    """The rates of every lane at steps ``range(start, stop, step)``, lazily: shape ``(size, n)``,
    float64 or float32.

    ``chunks`` are how many lanes and steps go together: some 16 MiB, unless it is given. Raises
    ``TypeError`` or ``ValueError`` for what ``fastlr.stores.table`` refuses, and for chunks that
    are not two integers from 1.

    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=np.linspace(0.1, 0.2, 1_000), end=0.0, steps=range(1, 1_001))
    >>> rates = table(family, 1_000, chunks=(10_000, 1_000))
    >>> rates.shape, rates.numblocks, float(rates[17, 5].compute()) == family[17](5)
    ((1000000, 1000), (100, 1), True)
    """
    whole, steps, kind = lanes_of("table: lanes", lanes), span(start, stop, step), dtype_of(dtype)
    chunk = (
        in_blocks(whole, steps, kind, MEMORY).chunk
        if chunks is None
        else _checked("table", chunks, 2)
    )
    sizes = tuple(
        tuple(map(len, chunks_of(size, most))) or (0,)
        for size, most in zip((whole.size, len(steps)), chunk, strict=True)
    )
    rates: dask.array.Array = dask.array.map_blocks(
        _rates,
        lanes=_shipped(whole),
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
    chunks: int = _TOGETHER,
    **arguments: Any,
) -> dict[str, dask.array.Array]:
    """What ``Schedule.reduce`` says of every lane, by name, in lazy arrays of one value a lane,
    ``chunks`` of them together.

    ``arguments`` are single numbers, for all lanes the same. ``dask.compute(results)`` makes all of
    them in one pass.
    """
    whole, (most,) = lanes_of("reduce: lanes", lanes), _checked("reduce", chunks, 1)
    asked = (names, start, stop, arguments)
    first, shipped = _reduced(whole, range(1), *asked), _shipped(whole)
    parts = list(chunks_of(whole.size, most))
    results = [dask.delayed(_reduced, pure=True)(shipped, places, *asked) for places in parts]
    return {name: _joined(results, parts, name, values.dtype) for name, values in first.items()}


def _shipped(lanes: Lanes) -> Any:
    """Lanes as one thing that tasks need, under the name that they have on every machine;
    without a fingerprint, a new one.
    """
    name = f"lanes-{lanes.fingerprint or uuid.uuid4().hex}"
    return dask.delayed(lanes, name=name, pure=True, traverse=False)


def _joined(
    results: list[Any], parts: list[range], name: str, dtype: np.dtype[Any]
) -> dask.array.Array:
    pieces = [
        dask.array.from_delayed(part[name], (len(own),), dtype)
        for part, own in zip(results, parts, strict=True)
    ]
    joined: dask.array.Array = dask.array.concatenate(pieces)
    return joined


def _rates(
    *,
    lanes: Lanes,
    steps: range,
    kind: np.dtype[Any],
    chunk: tuple[int, int],
    block_id: tuple[int, int],
) -> npt.NDArray[Any]:
    """One chunk, on a worker."""
    places, columns = (
        range(size)[most * i : most * (i + 1)]
        for size, most, i in zip((lanes.size, len(steps)), chunk, block_id, strict=True)
    )
    rates = np.empty((len(places), len(columns)), kind)
    rates_into(rates, lanes.batches(places), steps[columns.start : columns.stop], threads=1)
    return rates


def _reduced(
    lanes: Lanes, places: range, names: Any, start: int, stop: int | None, arguments: Any
) -> dict[str, npt.NDArray[Any]]:
    """The results of one chunk, on a worker."""
    return collect(lanes, places, lambda batch: batch.reduce(names, start, stop, **arguments))


def _checked(where: str, chunks: Any, count: int) -> tuple[int, ...]:
    sizes = tuple(chunks) if isinstance(chunks, Sequence) else (chunks,)
    if len(sizes) != count or not all(
        isinstance(size, int | np.integer) and size >= 1 for size in sizes
    ):
        rule = "lanes and steps, two integers" if count > 1 else "an integer of lanes,"
        raise ValueError(f"{where}: chunks must be {rule} from 1, got {short_repr(chunks)}")
    return tuple(map(int, sizes))
