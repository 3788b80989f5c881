"""Measure sweeps of 10^3 to 10^7 schedules, different schedules, and a ranking that is killed
twice.

``python -m bench.sweep_scale rank 1e8 FOLDER`` ranks 10^8 schedules on two processes. Kill it at
any moment, and repeat the command to resume.
"""

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
import psutil

import fastlr as flr

__all__ = ["KILLED_HEAD", "SCALE_HEAD", "UNLIKE_HEAD", "killed_rows", "scale_rows", "unlike_rows"]

SCALE_HEAD = ("operation", "10^3", "10^4", "10^5", "10^6", "10^7")
UNLIKE_HEAD = ("unlike schedules, us per schedule", "10^3", "10^4", "10^5")
KILLED_HEAD = ("ranking on two processes, killed twice", "result")

LAW = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
STEPS = 64
KILLED_LANES = int(float(os.environ.get("FASTLR_BENCH_KILLED", "1e8")))
KILLED_STEPS = 16
PIECE = 2**16  # schedules per file of a ranking


def family(size, steps=STEPS):
    drawn = flr.random(size, init=flr.LogUniform(1e-4, 1e-1), end=flr.Uniform(0.0, 1e-5))
    return flr.sweep("linear", drawn, steps=steps)


OPERATIONS = {
    "sum of the rates": lambda sweep, _: sweep.reduce("sum", STEPS),
    "table of 8 steps, float32, to Zarr": lambda sweep, folder: sweep.table(
        8, dtype="float32", out=folder / "rates.zarr"
    ),
    f"rank, {STEPS} steps, best 10": lambda sweep, _: flr.rank(LAW, sweep, STEPS),
    f"rank, {STEPS} steps, all": lambda sweep, _: flr.rank(LAW, sweep, STEPS, k=sweep.size),
}


def peak_mebibytes(pid="self"):
    """Peak memory of a process; ``getrusage`` would give that of the parent if it is larger."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
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
    """Rank on two processes; kill all of them twice, and repeat the command."""
    folder = Path(tempfile.mkdtemp())
    command = [sys.executable, "-m", "bench.sweep_scale", "rank", str(KILLED_LANES), str(folder)]
    begin, pieces = time.perf_counter(), -(-KILLED_LANES // PIECE)
    cpu, peaks = {}, {}
    for share in (1 / 3, 2 / 3, 1.1):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        while process.poll() is None:
            watch(process.pid, cpu, peaks)
            if len(list((folder / "best").glob("0*.json"))) >= share * pieces:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.5)
        said, _ = process.communicate()
    seconds = time.perf_counter() - begin
    judged, best = json.loads(said)
    size = sum(path.stat().st_size for path in (folder / "best").iterdir())
    shutil.rmtree(folder)
    return [
        ("schedules, steps", f"{judged:,}, {KILLED_STEPS}"),
        ("wall time, killed at 1/3 and at 2/3", f"{seconds:,.0f} s"),
        ("CPU time of all processes", f"{sum(cpu.values()):,.0f} s"),
        ("peak memory of a process", f"{max(peaks.values()):.0f} MiB"),
        ("folder of the ranking", f"{size / 2**20:.1f} MiB in {pieces:,} files"),
        ("best place and loss", best),
    ]


def watch(pid, cpu, peaks):
    """Note the CPU-seconds and the peak memory of a process and of all that it started."""
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            used = process.cpu_times()
            cpu[process.pid] = used.user + used.system
            peaks[process.pid] = peak_mebibytes(process.pid)
    except (psutil.Error, OSError, StopIteration):
        pass  # it has just ended


def rank_on_dask(size, folder):
    """Rank on two processes. If it is killed, repeat the command to resume."""
    from distributed import Client, LocalCluster

    from fastlr.adapters import dask

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(folder / "workers"),
        ) as cluster,
        Client(cluster),
    ):
        sweep = family(size, KILLED_STEPS)
        best = dask.rank(LAW, sweep, KILLED_STEPS, out=folder / "best").compute()
    return best.judged, f"{best.places[0]:,}: {best.losses[0]:.6f}"


def main(name, size, folder=None):
    if name == "rank":
        return rank_on_dask(int(float(size)), Path(folder))
    sweep = family(int(size))
    with tempfile.TemporaryDirectory() as own:
        begin = time.process_time()
        OPERATIONS[name](sweep, Path(own))
        seconds = time.process_time() - begin
    return seconds, peak_mebibytes()


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
