"""Dask: rates and reductions of a sweep as lazy arrays, on one machine or a cluster.

A worker receives the description of the sweep once, and the place of each chunk. It computes a
chunk in its own thread, with the same bits as one process. ``to_zarr`` writes the chunks from the
workers to a store that has the names and the parameters of the lanes.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.adapters._requirements import required_by
from fastlr.arguments.output_arrays import dtype_of, span
from fastlr.arguments.rules import Period, short_repr, validate_scalar
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps import stores
from fastlr.sweeps.batches import Batch, Lanes, chunks_of, collect, lanes_of, rates_into
from fastlr.sweeps.piece_folder import PieceFolder
from fastlr.sweeps.ranking import Best, Contest, LossPredictor, Ranked, contest
from fastlr.sweeps.shards import Shard
from fastlr.sweeps.stores.layout import in_blocks
from fastlr.sweeps.stores.store import MEMORY, check_memory, is_zarr
from fastlr.sweeps.sweep import Sweep

with required_by("dask"):
    import dask
    import dask.array
    from dask.delayed import Delayed

__all__ = ["final", "from_zarr", "rank", "reduce", "table", "to_zarr"]

_LANES_PER_CHUNK = 2**16
_LANES_PER_PREDICTION = 2_048  # whose program is held at a time
_MERGED_AT_ONCE = 64
_PARTS_OF_RANKING = 256
_MOST_SHARDS = 1_024  # of a store; each opens it
_MOST_TASKS = 1_000_000


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
    every_lane, steps, kind = (
        lanes_of("table: lanes", lanes),
        span(start, stop, step),
        dtype_of(dtype),
    )
    chunk = (
        in_blocks(every_lane, steps, kind, MEMORY).chunk
        if chunks is None
        else _checked_chunks("table", chunks, 2)
    )
    sizes = tuple(
        tuple(map(len, chunks_of(size, most))) or (0,)
        for size, most in zip((every_lane.size, len(steps)), chunk, strict=True)
    )
    rates: dask.array.Array = dask.array.map_blocks(
        _chunk_rates,
        lanes=_delayed_lanes(every_lane),
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
    every_lane = lanes_of("reduce: lanes", lanes)
    parts = _parts("reduce", every_lane.size, chunks)
    query = (names, start, stop, arguments)
    first, shipped = _chunk_reductions(every_lane, range(1), *query), _delayed_lanes(every_lane)
    results = [
        dask.delayed(_chunk_reductions, pure=True)(shipped, places, *query) for places in parts
    ]
    return {
        name: _concatenate(results, parts, name, values.dtype) for name, values in first.items()
    }


def final(
    law: LossPredictor,
    lanes: Sweep | Schedule | dask.array.Array,
    steps: int,
    *,
    chunks: int = _LANES_PER_CHUNK,
) -> dask.array.Array:
    """Predict the final loss of every lane lazily.

    Parameters
    ----------
    law : LossPredictor
        An object with the method ``final``, such as a law of ``fastlr.loss_laws``.
    lanes : Sweep, Schedule or dask.array.Array
        The runs, or their rates as an array of lanes by steps, as ``table`` returns it.
    steps : int
        The length of the runs: losses are those at step ``steps - 1``.
    chunks : int
        The lanes per chunk. Default 65,536. A Dask array keeps its own chunks of lanes.

    Returns
    -------
    dask.array.Array
        One loss per lane, with the bits of ``law.final``.

    Raises
    ------
    TypeError, ValueError
        As ``law.final`` does, or if ``chunks`` is not an integer from 1.

    Examples
    --------
    >>> import fastlr as flr
    >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[50, 100])
    >>> final(law, family, 100).compute().round(4)
    array([2.4943, 2.4395, 1.8893, 1.9119])
    """
    if isinstance(law, type) or not callable(getattr(law, "final", None)):
        raise TypeError(
            f"final: law must have the method final, got {type(law).__name__} {short_repr(law)}"
        )
    steps = validate_scalar(Period, "final: steps", steps)
    if isinstance(lanes, dask.array.Array):
        return _final_of_rates(law, lanes, steps)
    every_lane = lanes_of("final: lanes", lanes)
    parts = _parts("final", every_lane.size, chunks)
    shipped = _delayed_lanes(every_lane)
    first = _chunk_losses(every_lane, range(1), law, steps)
    results = [
        dask.delayed(_chunk_losses, pure=True)(shipped, places, law, steps) for places in parts
    ]
    return _concatenate(results, parts, "loss", first["loss"].dtype)


def _final_of_rates(law: LossPredictor, rates: dask.array.Array, steps: int) -> dask.array.Array:
    """The final losses of lazy rates, chunk by chunk of lanes."""
    if rates.ndim != 2 or not 1 <= steps <= rates.shape[1]:
        raise ValueError(
            "final: lanes must be lanes by steps, with at least as many steps as steps, got shape "
            f"{rates.shape} and steps={short_repr(steps)}"
        )
    whole: dask.array.Array = rates[:, :steps].rechunk({1: -1})
    losses: dask.array.Array = whole.map_blocks(
        law.final, steps, drop_axis=1, dtype=np.float64, meta=np.empty(0)
    )
    return losses


def rank(
    law: LossPredictor,
    lanes: Sweep | Schedule,
    steps: int,
    k: int = 10,
    *,
    peak: float | None = None,
    floor: float = 0.0,
    out: str | Path | None = None,
    extrapolate: bool = False,
) -> Delayed:
    """Rank the lanes lazily by the final loss that a law predicts, as ``fastlr.rank`` does.

    Parameters
    ----------
    law, lanes, steps, k, peak, floor, extrapolate
        As for ``fastlr.rank``. Tables are not taken: a description is what workers receive.
    out : path, optional
        A folder that all workers can write to. If the work is interrupted, repeat the call to
        resume. It may be begun on a cluster and finished without one, and the other way round.

    Returns
    -------
    dask.delayed.Delayed
        Its ``compute()`` gives a ``Ranked`` with the bits of one process.

    Raises
    ------
    TypeError, ValueError
        As ``fastlr.rank`` does.

    Examples
    --------
    >>> import fastlr as flr
    >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
    >>> family = flr.sweep("cosine", init=[1e-3, 3e-3, 1e-2], end=[0.0, 1e-3], steps=1_000)
    >>> rank(law, family, 1_000, k=2, peak=5e-3).compute().places.tolist()
    [3, 2]
    """
    if isinstance(lanes, dask.array.Array):
        raise TypeError(
            f"rank: lanes must be a Sweep or a Schedule, got Array of shape {lanes.shape}; rank it "
            "with fastlr.rank, which reads a part of it at a time"
        )
    sought, every_lane = (
        contest(law, steps, k, peak, floor, extrapolate),
        lanes_of("rank: lanes", lanes),
    )
    _ = sought.best_of(every_lane, range(1))  # so that a wrong argument is refused before any work
    shipped, shared = _delayed_lanes(every_lane), dask.delayed(sought, traverse=False)
    if out is None:
        # The result does not depend on the parts: many, so that no worker waits long for another.
        least = max(_LANES_PER_PREDICTION, -(-every_lane.size // _PARTS_OF_RANKING))
        parts = _parts("rank", every_lane.size, min(sought.piece_lanes, least))
        found = [dask.delayed(_best_of)(shared, shipped, places) for places in parts]
        return dask.delayed(_ranked)(shared, shipped, _merged(shared, found))
    pieces = sought.folder(out, every_lane)
    pieces.begin()
    written = [
        dask.delayed(_write_piece)(shared, shipped, pieces, piece) for piece in pieces.missing()
    ]
    return dask.delayed(_ranked_in)(shared, shipped, pieces, _awaited(written))


def _merged(shared: Delayed, parts: list[Delayed]) -> Delayed:
    """The best of all parts, merged in groups, so that no worker holds all of them."""
    while len(parts) > 1:
        groups = [parts[i : i + _MERGED_AT_ONCE] for i in range(0, len(parts), _MERGED_AT_ONCE)]
        parts = [dask.delayed(_best)(shared, group) for group in groups]
    return parts[0]


def _awaited(parts: list[Delayed]) -> Delayed | None:
    """A task that ends when all parts have, awaited in groups; ``None`` if there are none."""
    while len(parts) > 1:
        groups = [parts[i : i + _MERGED_AT_ONCE] for i in range(0, len(parts), _MERGED_AT_ONCE)]
        parts = [dask.delayed(_end)(group) for group in groups]
    return parts[0] if parts else None


def _best_of(sought: Contest, lanes: Lanes, places: range) -> Best:
    """The best of one piece, on a worker."""
    return sought.best_of(lanes, places)


def _best(sought: Contest, parts: list[Best]) -> Best:
    """The best of several parts, on a worker."""
    return sought.best(parts)


def _ranked(sought: Contest, lanes: Lanes, best: Best) -> Ranked:
    """The result of ``rank``."""
    return sought.ranked(lanes.schedule if isinstance(lanes, Batch) else lanes, best)


def _write_piece(sought: Contest, lanes: Lanes, pieces: PieceFolder, piece: int) -> None:
    """Judge one piece and write its best, on a worker."""
    if not pieces.path(piece).exists():  # as another run may have written it since
        sought.write_piece(pieces, piece, lanes)


def _end(parts: list[None]) -> None:
    """The end of several tasks."""


def _ranked_in(sought: Contest, lanes: Lanes, pieces: PieceFolder, written: None) -> Ranked:
    """The result of ``rank`` from a folder that is whole."""
    return _ranked(sought, lanes, sought.read_pieces(pieces))


def _chunk_losses(
    lanes: Lanes, places: range, law: LossPredictor, steps: int
) -> dict[str, npt.NDArray[Any]]:
    """The losses of one chunk, on a worker, a part of it at a time."""
    parts = [
        collect(lanes, places[part.start : part.stop], lambda b: {"loss": law.final(b, steps)})
        for part in chunks_of(len(places), _LANES_PER_PREDICTION)
    ]
    return {"loss": np.concatenate([part["loss"] for part in parts])}


def _parts(where: str, size: int, chunks: object) -> list[range]:
    """All places in ranges of at most ``chunks``; an error if there would be too many tasks."""
    (most,) = _checked_chunks(where, chunks, 1)
    if (count := -(-size // most)) > _MOST_TASKS:
        raise ValueError(
            f"{where}: there must be at most {_MOST_TASKS:,} chunks, got {count:,}; give "
            f"chunks={-(-size // _MOST_TASKS)}, or take a part of the sweep"
        )
    return list(chunks_of(size, most))


def to_zarr(
    lanes: Sweep | Schedule,
    start: int,
    stop: int | None = None,
    step: int = 1,
    *,
    out: Any,
    dtype: npt.DTypeLike | None = None,
    memory: int = MEMORY,
) -> Delayed:
    """Write the rates of every lane to a Zarr store, from the workers.

    The store is that of ``fastlr.stores.table``: it has the steps and the parameters as
    coordinates, resumes, and grows.

    Parameters
    ----------
    lanes, start, stop, step, dtype
        As for ``table``.
    out : path or zarr store
        A path that ends in ``.zarr``, in a folder that all workers can write to, or a zarr store.
    memory : int
        The most bytes that a task works in. Default 2**28; at least 2**20.

    Returns
    -------
    dask.delayed.Delayed
        Its ``compute()`` gives the array ``rate`` of the finished store. Nothing is written before.

    Raises
    ------
    TypeError, ValueError, ImportError
        As ``fastlr.stores.table`` does.

    Notes
    -----
    If the work is interrupted, compute it again, on a cluster or with ``fastlr.stores.table``, to
    resume. The method ``to_zarr`` of Dask's own arrays writes an array without the names of its
    axes, unless you pass ``dimension_names=("lane", "step")``, and never the parameters.

    Examples
    --------
    >>> import fastlr as flr, os, tempfile
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20])
    >>> path = os.path.join(tempfile.mkdtemp(), "rates.zarr")
    >>> to_zarr(family, 20, out=path).compute(scheduler="sync").shape
    (4, 20)
    >>> flr.stores.open(path).lanes == family
    True
    """
    whole, steps, kind = lanes_of("table: lanes", lanes), span(start, stop, step), dtype_of(dtype)
    if not is_zarr(out):
        raise ValueError(
            "table: out must be a path that ends in .zarr, or a zarr store, which all workers "
            f"share, got {short_repr(out)}"
        )
    memory = check_memory(memory)
    ranges = -(-whole.size // in_blocks(whole, steps, kind, memory).chunk[0])
    given = {"dtype": kind, "out": out, "memory": memory}
    shipped, count = _delayed_lanes(whole), min(_MOST_SHARDS, ranges)
    write = dask.delayed(_write_shard, pure=False)
    first = write(shipped, steps, given, (0, count), None)  # creates the store, before all others
    others = [write(shipped, steps, given, (i, count), first) for i in range(1, count)]
    return dask.delayed(_whole_store, pure=False)(shipped, steps, given, _awaited([first, *others]))


def _write_shard(
    lanes: Lanes, steps: range, given: dict[str, Any], shard: Shard, first: None
) -> None:
    """Write a part of a store, on a worker."""
    _table_of(lanes, steps, **given, shard=shard)


def _whole_store(lanes: Lanes, steps: range, given: dict[str, Any], written: None) -> Any:
    """Write what is missing in a store, finish it, and return its rates."""
    return _table_of(lanes, steps, **given)


def _table_of(lanes: Lanes, steps: range, **options: Any) -> Any:
    """The table of lanes at these steps."""
    tabulated = lanes.schedule if isinstance(lanes, Batch) else lanes
    return stores.table(tabulated, steps.start, steps.stop, steps.step, **options)


def from_zarr(rates: Any) -> dask.array.Array:
    """Make a lazy array of a Zarr array, in its own chunks.

    Parameters
    ----------
    rates : zarr.Array
        The array, such as ``rates`` of what ``fastlr.stores.open`` returns.

    Returns
    -------
    dask.array.Array
        The same numbers. A chunk is read when it is computed.
    """
    found: dask.array.Array = dask.array.from_zarr(rates)
    return found


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
        isinstance(size, int | np.integer) and not isinstance(size, bool) and size >= 1
        for size in sizes
    ):
        rule = "two integers from 1, lanes and steps" if count > 1 else "an integer from 1"
        raise ValueError(f"{where}: chunks must be {rule}, got {short_repr(chunks)}")
    return tuple(map(int, sizes))
