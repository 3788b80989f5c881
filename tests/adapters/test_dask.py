"""Test sweeps on Dask: lazy, small until computed, and with the bits of one process, also if a
worker dies.
"""

import os
import pickle
import signal
import time

import dask
import dask.array
import numpy as np
import pytest
import xarray
import zarr
from distributed import Client, LocalCluster

import fastlr as flr
from fastlr.adapters.dask import final, rank, reduce, table, to_zarr
from fastlr.sweeps import ranking, stores

SWEEP = flr.sweep(
    "cyclic",
    low=np.linspace(0.1, 0.2, 40),
    high=1.0,
    up=[10, 20, 30],
    mode=["triangular", "cosine"],
)
HUGE = flr.sweep(
    "wsd", flr.random(10**6, peak=flr.LogUniform(1e-4, 1e-2)), warmup=10, stable=900, cooldown=90
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Start two workers, each a process with one thread."""
    quiet = {"distributed.worker.profile.enabled": False, "logging.distributed": "critical"}
    with (
        dask.config.set(quiet),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            local_directory=str(tmp_path_factory.mktemp("workers")),
        ) as workers,
        Client(workers) as client,
    ):
        yield client


@pytest.mark.parametrize("chunks", [(7, 30), (240, 1), (1, 100), (10**6, 10**6), None])
@pytest.mark.exhaustive(one_in=5)
def test_a_table_has_the_bits_of_one_process(chunks):
    rates = table(SWEEP, 3, 203, 2, dtype="float32", chunks=chunks)
    assert (rates.shape, rates.dtype) == ((240, 100), np.float32)
    assert np.array_equal(rates.compute(scheduler="sync"), SWEEP.table(3, 203, 2, dtype="float32"))
    assert np.array_equal(
        rates[17:20, ::3].compute(scheduler="sync"),
        SWEEP.table(3, 203, 2, dtype="float32")[17:20, ::3],
    )


def test_a_schedule_is_a_table_too():
    batch = flr.cosine(np.linspace(0.1, 0.2, 60).reshape(3, 20), 0.0, 100)
    assert np.array_equal(
        table(batch, 10, chunks=(7, 4)).compute(scheduler="sync"), batch.table(10).reshape(60, 10)
    )
    assert table(batch, 0).compute(scheduler="sync").shape == (60, 0)


def test_workers_give_the_same_bits(cluster):
    rates = table(SWEEP, 200, chunks=(31, 70))
    whole = SWEEP.table(200)
    assert np.array_equal(cluster.compute(rates).result(), whole)
    assert np.array_equal(cluster.compute(rates.max(axis=1)).result(), whole.max(axis=1))


def test_workers_write_to_zarr(cluster, tmp_path):
    table(SWEEP, 200, chunks=(60, 100)).to_zarr(str(tmp_path / "rates.zarr"))
    assert np.array_equal(zarr.open_array(tmp_path / "rates.zarr")[:], SWEEP.table(200))


def test_dask_writes_the_names_of_the_axes(tmp_path):
    """Dask stores the names, as docs/sweeps.md says, but no parameters."""
    path = str(tmp_path / "rates.zarr")
    rates = table(SWEEP, 200, chunks=(60, 100))
    rates.to_zarr(path, component="rate", dimension_names=("lane", "step"))
    with xarray.open_zarr(path, consolidated=False) as found:
        assert found["rate"].dims == ("lane", "step")
        assert np.array_equal(found["rate"].values, SWEEP.table(200))


def test_workers_write_a_store_with_its_parameters(cluster, tmp_path):
    path = tmp_path / "rates of a sweep.zarr"
    lazy = to_zarr(SWEEP, 3, 9_003, 3, out=path, dtype="float32", memory=2**20)
    assert not path.exists()
    whole = SWEEP.table(3, 9_003, 3, dtype="float32")
    assert np.array_equal(cluster.compute(lazy).result()[:], whole)
    with xarray.open_zarr(path) as found:
        assert found["rate"].dims == ("lane", "step")
        assert {*found.coords} == {"step", *SWEEP.names}
    lanes, rates, steps = flr.stores.open(path)
    assert (lanes, steps) == (SWEEP, range(3, 9_003, 3))
    assert rates.nchunks > 20
    before = {file: file.stat().st_mtime_ns for file in path.rglob("*")}
    assert np.array_equal(lazy.compute()[:], whole)
    assert {file: file.stat().st_mtime_ns for file in path.rglob("*")} == before


def test_a_store_that_one_process_began_is_finished_by_workers(cluster, tmp_path):
    path, batch = tmp_path / "rates.zarr", flr.cosine(np.linspace(0.1, 0.2, 3_000), 0.0, 100)
    stores.table(batch, 300, out=path, memory=2**20, shard=(1, 3))
    assert np.array_equal(to_zarr(batch, 300, out=path).compute()[:], batch.table(300))
    assert stores.open(path).lanes == batch
    longer = flr.cosine(np.append(batch.table(1).reshape(-1), 0.3), 0.0, 100)
    assert np.array_equal(to_zarr(longer, 400, out=path).compute()[:], longer.table(400))


def test_fits_take_arrays_of_dask_and_run_on_workers(cluster):
    family, steps = flr.sweep("cosine", init=[0.1, 0.2], end=1e-3, steps=300), range(0, 300, 20)
    curves = [(lane, steps, LAW.curve(lane, steps)) for lane in family]
    alone = flr.loss_laws.fit(flr.loss_laws.Annealing, curves, starts=1)
    rates = table(family, 300, chunks=(1, 100))
    losses = dask.array.from_array(np.array([each for _, _, each in curves]), chunks=(1, 5))
    lazy = [(rates[i], steps, losses[i]) for i in range(2)]
    assert flr.loss_laws.fit(flr.loss_laws.Annealing, lazy, starts=1) == alone
    fit = dask.delayed(flr.loss_laws.fit)
    assert fit(flr.loss_laws.Annealing, lazy, starts=1).compute() == alone


@pytest.mark.exhaustive
def test_a_worker_that_is_killed_changes_no_bit(cluster):
    """The worker's process is killed while it works."""
    rates, spoilt = table(SWEEP, 200, chunks=(4, 200)), []
    slow = rates.map_blocks(lambda part: (time.sleep(0.02), part)[1], dtype=rates.dtype)
    before = cluster.run(os.getpid)
    future = cluster.compute(slow)
    time.sleep(0.3)
    os.kill(next(iter(before.values())), signal.SIGKILL)
    spoilt.append(future.status)
    assert np.array_equal(future.result(), SWEEP.table(200))
    assert spoilt == ["pending"], "it was done before the worker was killed"
    assert set(before.values()) - set(cluster.run(os.getpid).values())


def test_a_billion_rates_are_a_small_graph():
    rates = table(HUGE, 1_000)
    assert rates.size == 10**9
    assert len(rates.__dask_graph__()) < 1_000
    assert len(pickle.dumps(rates)) < 100_000
    chunk = rates.chunksize[0] * rates.chunksize[1] * rates.dtype.itemsize
    assert chunk <= 2**24
    first = rates[: 2 * rates.chunksize[0]].max(axis=1).compute(scheduler="sync")
    assert np.array_equal(first, HUGE[: first.size].max(1_000))


def test_long_lists_are_shipped_once():
    """They are not sent again with every chunk."""
    sweep = flr.sweep("linear", init=np.linspace(0.1, 0.2, 10**5), end=0.0, steps=10)
    rates = table(sweep, 10, chunks=(1_000, 10))
    assert rates.numblocks == (100, 1)
    assert len(pickle.dumps(dict(rates.__dask_graph__()))) < 3 * len(pickle.dumps(sweep))


def test_reductions_go_chunk_by_chunk(cluster):
    results = reduce(SWEEP, ["sum", "max"], 0, 100, chunks=50)
    assert {name: result.chunks for name, result in results.items()} == dict.fromkeys(
        ("sum", "max"), ((50, 50, 50, 50, 40),)
    )
    (found,) = dask.compute(results)
    whole = SWEEP.reduce(["sum", "max"], 0, 100)
    assert found.keys() == whole.keys()
    assert all(np.array_equal(found[name], whole[name].reshape(-1)) for name in whole)


REFUSED = [
    (
        lambda: table(SWEEP, 10, chunks=(1, 0)),
        ValueError,
        "table: chunks must be two integers from 1, lanes and steps, got .1, 0.",
    ),
    (
        lambda: table(SWEEP, 10, chunks=7),
        ValueError,
        "table: chunks must be two integers from 1, lanes and steps, got 7",
    ),
    (lambda: table(SWEEP, -1), ValueError, "start and stop must be at least 0"),
    (lambda: table(SWEEP, 10, dtype="int8"), TypeError, "dtype must be float64 or float32"),
    (
        lambda: to_zarr(SWEEP, 10, out="rates.npy"),
        ValueError,
        "table: out must be a path that ends in .zarr, or a zarr store, which all workers share",
    ),
    (lambda: to_zarr(SWEEP, 10, out="rates.zarr", memory=1), ValueError, "table: memory must be"),
    (
        lambda: rank(LAW, table(SWEEP, 10), 10),
        TypeError,
        r"rank: lanes must be a Sweep or a Schedule, got Array .*rank it with fastlr.rank",
    ),
    (lambda: table(3, 10), TypeError, "table: lanes must be a Sweep or a Schedule, got int 3"),
    (
        lambda: reduce(SWEEP, ["sum"], 10, chunks=0),
        ValueError,
        "reduce: chunks must be an integer from 1, got 0",
    ),
    (
        lambda: reduce(3, ["sum"], 10),
        TypeError,
        "reduce: lanes must be a Sweep or a Schedule, got int 3",
    ),
]


@pytest.mark.parametrize(("work", "error", "message"), REFUSED)
def test_what_cannot_be_done_is_said_at_once(work, error, message):
    with pytest.raises(error, match=message):
        work()


def test_sweeps_that_differ_in_a_fixed_value_are_computed_apart():
    one, other = (
        flr.sweep("cosine(1e-3, end * k, 100)", end=[0.0, 1e-4, 0.0], k=k) for k in (1, 3)
    )
    found = dask.compute(
        table(one, 200),
        table(other, 200),
        reduce(one, "sum", 99),
        reduce(other, "sum", 99),
        scheduler="sync",
    )
    assert np.array_equal(found[0], one.table(200))
    assert np.array_equal(found[1], other.table(200))
    assert [sums["sum"].tolist() for sums in found[2:]] == [
        sweep.reduce("sum", 99)["sum"].tolist() for sweep in (one, other)
    ]


def test_sweeps_without_a_fingerprint_are_computed_apart():
    def swept(unseen):
        return flr.sweep(lambda peak: flr.linear(peak * unseen.count, 0.0, 100), peak=[0.1, 0.2])

    class Unseen:
        count = 1.0

    unseen = Unseen()
    one, other = swept(unseen), swept(unseen)
    assert one.fingerprint is None
    tables = [table(sweep, 50) for sweep in (one, other)]
    assert tables[0].name != tables[1].name
    for found in dask.compute(*tables, scheduler="sync"):
        assert np.array_equal(found, one.table(50))


LAW = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)


def same(ranked, other):
    return (ranked.places.tolist(), ranked.losses.tobytes(), ranked.judged) == (
        other.places.tolist(),
        other.losses.tobytes(),
        other.judged,
    )


@pytest.mark.parametrize("lanes", [SWEEP, SWEEP[:]], ids=["sweep", "batch"])
def test_workers_rank_with_the_bits_of_one_process(cluster, lanes, tmp_path, monkeypatch):
    monkeypatch.setattr(ranking, "_PIECE_LANES", 7)
    alone = flr.rank(LAW, SWEEP, 200, k=40, floor=0.3)
    assert 40 < alone.judged < SWEEP.size
    found = cluster.compute(rank(LAW, lanes, 200, k=40, floor=0.3)).result()
    assert same(found, alone)
    assert list(found.schedules) == list(alone.schedules)
    out = tmp_path / "best"
    assert same(rank(LAW, SWEEP, 200, k=40, floor=0.3, out=out).compute(), alone)
    assert same(flr.rank(LAW, SWEEP, 200, k=40, floor=0.3, out=out), alone)


def test_a_ranking_that_one_process_began_is_finished_by_workers(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(ranking, "_PIECE_LANES", 7)
    flr.rank(LAW, SWEEP, 200, out=tmp_path / "best", shard=(1, 3))
    found = rank(LAW, SWEEP, 200, out=tmp_path / "best").compute()
    assert same(found, flr.rank(LAW, SWEEP, 200))


def test_a_ranking_is_a_small_graph():
    lazy = rank(LAW, HUGE, 1_000)
    assert len(pickle.dumps(HUGE)) < 1_000
    assert len(pickle.dumps(dict(lazy.__dask_graph__()))) < 200_000


def test_losses_of_all_lanes(cluster):
    losses = final(LAW, SWEEP, 200, chunks=50)
    assert losses.chunks == ((50, 50, 50, 50, 40),)
    assert losses.compute().tobytes() == LAW.final(SWEEP, 200).tobytes()


def test_losses_of_lazy_rates(cluster):
    rates = table(SWEEP, 250, chunks=(60, 70))
    losses = final(LAW, rates, 200)
    assert losses.chunks == ((60, 60, 60, 60),)
    assert losses.compute().tobytes() == LAW.final(SWEEP, 200).tobytes()
    for steps, rule in (
        (0, "steps must be an integer from 1"),
        (251, "lanes must be lanes by steps"),
    ):
        with pytest.raises(ValueError, match=f"final: {rule}"):
            final(LAW, rates, steps)


def test_too_many_tasks_are_refused_before_any_is_made():
    many = flr.sweep("linear", init=np.linspace(0.1, 1, 2 * 10**6), end=0.0, steps=range(1, 10**6))
    for call in (
        lambda: reduce(many, "sum", 10, chunks=1_000),
        lambda: final(LAW, many, 10, chunks=1_000),
        lambda: rank(LAW, flr.sweep("constant", flr.random(2**50, value=flr.Uniform(0, 1))), 9),
    ):
        with pytest.raises(ValueError, match="there must be at most 1,000,000 chunks, got "):
            call()
