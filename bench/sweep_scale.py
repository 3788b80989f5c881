"""Sweeps from 10^3 to 10^7 schedules, unlike schedules, and a ranking that is killed twice."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import fastlr as flr

__all__ = ["KILLED_HEAD", "SCALE_HEAD", "UNLIKE_HEAD", "killed_rows", "scale_rows", "unlike_rows"]

SCALE_HEAD = ("operation", "10^3", "10^4", "10^5", "10^6", "10^7")
UNLIKE_HEAD = ("unlike schedules, us per schedule", "10^3", "10^4", "10^5")
KILLED_HEAD = ("ranking killed twice, two processes", "result")

LAW = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
STEPS = 64
KILLED_LANES = int(float(os.environ.get("FASTLR_BENCH_KILLED", "1e8")))


def family(size):
    drawn = flr.random(size, init=flr.LogUniform(1e-4, 1e-1), end=flr.Uniform(0.0, 1e-5))
    return flr.sweep("linear", drawn, steps=STEPS)


OPERATIONS = {
    "sum of the rates": lambda sweep, _: sweep.reduce("sum", STEPS),
    "table of 8 steps, float32, to Zarr": lambda sweep, folder: sweep.table(
        8, dtype="float32", out=folder / "rates.zarr"
    ),
    f"rank, {STEPS} steps, best 10": lambda sweep, _: flr.rank(LAW, sweep, STEPS),
    f"rank, {STEPS} steps, all": lambda sweep, _: flr.rank(LAW, sweep, STEPS, k=sweep.size),
}


def peak_mebibytes():
    """Peak memory of this process; ``getrusage`` would give that of the parent if it is larger."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def measured(name, size):
    """CPU-seconds and peak memory of an operation in a process of its own."""
    command = [sys.executable, "-m", "bench.sweep_scale", name, str(size)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def scale_rows():
    def cell(name, size):
        seconds, mebibytes = measured(name, size)
        return f"{seconds:.2f} s, {mebibytes:.0f} MiB"

    return [(name, *[cell(name, 10**i) for i in range(3, 8)]) for name in OPERATIONS]


def unlike(count):
    """Schedules of ten kinds."""
    draw = np.random.default_rng(0)
    for _ in range(count // 10):
        peak, n = float(draw.uniform(1e-4, 1e-2)), int(draw.integers(1, 90))
        cosine = flr.cosine(peak, 0.0, steps=100 + n)
        yield from (
            flr.linear(peak, 0.0, steps=100 + n),
            cosine,
            flr.warmup_cosine(peak, n, 1_000),
            flr.wsd(peak, n, 500, 100),
            cosine.clip(1e-6, 5e-3),
            flr.linear(0.0, peak, steps=n).then(cosine),
            flr.exponential_decay(peak, rate=1e-3),
            flr.constant(peak) * 0.5,
            flr.cosine_restarts(peak, 0.0, period=n + 10),
            flr.milestones(peak, 0.1, at=[n, 2 * n]),
        )


def unlike_times(count):
    """Microseconds of CPU time per schedule and operation."""
    found = {}

    def timed(name, work):
        begin = time.process_time()
        result = work()
        found[name] = (time.process_time() - begin) / count * 1e6
        return result

    parts = timed("build, one by one", lambda: list(unlike(count)))
    stack = timed("stack", lambda: flr.stack(parts))
    timed("first call", lambda: stack(5))
    spec = timed("to_spec", stack.to_spec)
    timed("from_spec", lambda: flr.from_spec(spec))
    data = timed("pickle", lambda: pickle.dumps(stack))
    timed("unpickle", lambda: pickle.loads(data))
    order = np.random.default_rng(0).permutation(count)
    timed("index", lambda: stack[order])
    timed("multiply, and call", lambda: (stack * 0.5)(5))
    return found


def unlike_rows():
    columns = [unlike_times(10**i) for i in range(3, 6)]
    return [(name, *[f"{column[name]:.0f}" for column in columns]) for name in columns[0]]


def killed_rows():
    """Rank on two processes; kill all of them twice, and start again."""
    folder = Path(tempfile.mkdtemp())
    command = [sys.executable, "-m", "bench.sweep_scale", "on dask", str(KILLED_LANES), str(folder)]
    begin, pieces = time.perf_counter(), -(-KILLED_LANES // 2**16)
    for share in (1 / 3, 2 / 3, None):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        while share is not None and process.poll() is None:
            if len(list((folder / "best").glob("0*.json"))) >= share * pieces:
                os.killpg(process.pid, signal.SIGKILL)
                break
            time.sleep(0.05)
        said, _ = process.communicate()
    seconds = time.perf_counter() - begin
    judged, peak, digest = json.loads(said)
    shutil.rmtree(folder)
    per_lane = seconds * 2 / KILLED_LANES
    return [
        (f"{judged:,} schedules, {STEPS} steps", f"{seconds:,.0f} s, killed at 1/3 and 2/3"),
        ("peak memory of a process", f"{peak:.0f} MiB"),
        ("first place and loss", digest),
        (
            "100 machines of two such processes, if nothing else binds",
            f"{per_lane * 1e10 / 200:,.0f} s for 10^10 schedules",
        ),
    ]


def on_dask(size, folder):
    from distributed import Client, LocalCluster

    from fastlr.adapters import dask

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        best = dask.rank(LAW, family(size), STEPS, out=folder / "best").compute()
        peaks = client.run(peak_mebibytes)
    own = peak_mebibytes()
    first = f"{best.places[0]}: {best.losses[0]:.6f}"
    return best.judged, max(own, *peaks.values()), first


def main(name, size, folder=None):
    if name == "on dask":
        return on_dask(int(size), Path(folder))
    sweep = family(int(size))
    with tempfile.TemporaryDirectory() as own:
        begin = time.process_time()
        OPERATIONS[name](sweep, Path(own))
        seconds = time.process_time() - begin
    return seconds, peak_mebibytes()


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
