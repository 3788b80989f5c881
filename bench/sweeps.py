"""Measure large sweeps: writing rates to Zarr against writing noise, two Dask workers against one,
lowering.
"""

import shutil
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import zarr
from distributed import Client, LocalCluster

import fastlr as flr
from bench import sweep_scale
from bench.timing import seconds
from fastlr.adapters.dask import rank, table

__all__ = ["HEAD", "rows", "tables"]

HEAD = ("operation", "fastlr", "compared with", "ratio")

SWEEP = flr.sweep(
    "wsd",
    peak=np.geomspace(1e-4, 1e-2, 1_000),
    warmup=range(100, 1_100, 100),
    stable=5_000,
    cooldown=range(500, 5_500, 500),
)
STEPS = 10_000
TIMES = 3


def rates_to(path):
    SWEEP.table(STEPS, dtype="float32", out=path, threads=2)


def noise_to(path, model):
    """Write as many random bytes as ``model`` has, in its chunks and with its codecs."""
    lanes, steps = model.chunks
    noise = np.random.default_rng(0).random(model.chunks, dtype=np.float32)
    array = zarr.create_array(
        path,
        shape=model.shape,
        chunks=model.chunks,
        dtype=model.dtype,
        fill_value=np.nan,
        filters=None,
        serializer=model.serializer,
        compressors=model.compressors,
        config={"write_empty_chunks": True},
    )
    for i in range(0, array.shape[0], lanes):
        for j in range(0, array.shape[1], steps):
            part = noise[: array.shape[0] - i, : array.shape[1] - j]
            array[i : i + lanes, j : j + steps] = part


def to_zarr(folder):
    """Seconds to write the table, and to write noise, in turns."""
    ours, theirs = [], []
    for _ in range(TIMES):
        rates, noise = folder / "rates.zarr", folder / "noise.zarr"
        ours.append(seconds(partial(rates_to, rates)))
        model = zarr.open_array(rates, path="rate", mode="r")
        theirs.append(seconds(partial(noise_to, noise, model)))
        shutil.rmtree(rates), shutil.rmtree(noise)
    return median(ours), median(theirs)


def by_dask(workers):
    """Seconds to sum the rates of every schedule."""
    rates = table(SWEEP, 2 * STEPS, dtype="float32", chunks=(1_000, STEPS)).sum(axis=1)
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        rates[:1_000].compute()  # so that each worker has imported what it needs
        return median(seconds(rates.compute) for _ in range(TIMES))


def rank_by_dask(workers):
    """Seconds to rank every schedule."""
    # another law each time: Dask may still hold the result of an equal one
    laws = [
        flr.loss_laws.Annealing(L0=2.6 + i, A=0.6, alpha=0.45, C=0.5, decay=0.99)
        for i in range(TIMES)
    ]
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        rank(laws[0], flr.sweep("constant", value=[0.1] * 10), STEPS).compute()  # imports
        return median(seconds(rank(law, SWEEP, STEPS).compute) for law in laws)


def lower_all():
    """Lower every schedule, and evaluate it at one step."""
    for places in SWEEP.chunks(2**16):
        for _, batch in SWEEP.batches(places):
            batch(STEPS // 2)


def row(operation, ours, other):
    return operation, ours[0], other[0], f"{ours[1] / other[1]:.2f}"


def rows():
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = to_zarr(Path(name))
    one, two = by_dask(1), by_dask(2)
    rank_one, rank_two = rank_by_dask(1), rank_by_dask(2)
    lanes = median(seconds(lower_all) for _ in range(TIMES))
    size = f"{SWEEP.size:,} schedules"
    return [
        row(
            f"{size}, {STEPS:,} steps, float32, to Zarr, 4 GB",
            (f"{ours:.1f} s", ours),
            (f"noise: {theirs:.1f} s", theirs),
        ),
        row(
            f"{size}, {2 * STEPS:,} steps, summed by two Dask workers",
            (f"{two:.1f} s", one),
            (f"one: {one:.1f} s", two),
        ),
        row(
            f"{size}, {STEPS:,} steps, ranked by two Dask workers",
            (f"{rank_two:.1f} s", rank_one),
            (f"one: {rank_one:.1f} s", rank_two),
        ),
        (
            f"{size} lowered and evaluated at one step",
            f"{SWEEP.size / lanes / 1e6:.2f} million/s",
            "",
            "",
        ),
    ]


def tables():
    """All tables, by the mark of the page that publishes them."""
    return {
        "sweeps": (HEAD, rows()),
        "scale": (sweep_scale.SCALE_HEAD, sweep_scale.scale_rows()),
        "unlike": (sweep_scale.UNLIKE_HEAD, sweep_scale.unlike_rows()),
        "killed": (sweep_scale.KILLED_HEAD, sweep_scale.killed_rows()),
    }
