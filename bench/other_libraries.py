"""Time a cosine in each library: by the length of the table, by lanes, and from a new process.

Each library runs in its own process on one core, in turns with fastlr and with a fill. Its rates
are found equal before they are timed.
"""

import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from statistics import median
from typing import Any

import numpy as np

import fastlr as flr
from bench.cases import END, INIT, LENGTH, T_LANES
from bench.report import PROJECT, Row
from bench.timing import Work, seconds, time_in_turns

LENGTHS = [10**n for n in range(1, 9)]
COUNTS = [10**n for n in range(7)]
SHOWN = 10**6  # steps, and lanes, of the table
PLOT = PROJECT / "docs" / "other_libraries.png"


@dataclass(frozen=True)
class Candidate:
    """One way to compute a cosine.

    ``table(n)`` prepares the work for n steps, ``lanes(n)`` that for n lanes at one step, all with
    different parameters. A work makes the rates and returns them.
    """

    name: str
    table: Callable[[int], Work]
    lanes: Callable[[int], Work]
    longest: int = LENGTHS[-1]
    widest: int = COUNTS[-1]
    tolerance: float = 1e-12  # relative to the highest rate


def fastlr_table(backend: str) -> Callable[[int], Work]:
    def prepare(n: int) -> Work:
        flr.set_backend(backend)
        schedule, out = flr.cosine(0.1, 0.0, n), np.empty(n)
        return lambda: schedule.table(n, out=out)

    return prepare


def fastlr_lanes(backend: str) -> Callable[[int], Work]:
    def prepare(n: int) -> Work:
        flr.set_backend(backend)
        schedule, out = flr.cosine(INIT[:n], END[:n], LENGTH[:n]), np.empty(n)
        return lambda: schedule(T_LANES, out=out)

    return prepare


def fill(n: int) -> Work:
    out = np.empty(n)
    return lambda: out.fill(0.5)


def numpy_table(n: int) -> Work:
    t = np.arange(n)
    return lambda: 0.05 * (1 + np.cos(np.pi * t / n))


def numpy_lanes(n: int) -> Work:
    init, end, length = INIT[:n], END[:n], LENGTH[:n]
    return lambda: (
        end + (init - end) * 0.5 * (1 + np.cos(np.pi * np.minimum(T_LANES / length, 1.0)))
    )


def numexpr_table(n: int) -> Work:
    import numexpr

    numexpr.set_num_threads(1)
    names = {"t": np.arange(n), "n": float(n), "pi": np.pi}
    out = np.empty(n)
    return lambda: numexpr.evaluate("0.05 * (1 + cos(pi * t / n))", names, out=out)


def numexpr_lanes(n: int) -> Work:
    import numexpr

    numexpr.set_num_threads(1)
    names = {
        "init": INIT[:n],
        "end": END[:n],
        "n": LENGTH[:n].astype(float),
        "pi": np.pi,
        "t": float(T_LANES),
    }
    out = np.empty(n)
    text = "end + (init - end) * 0.5 * (1 + cos(pi * where(t < n, t / n, 1.0)))"
    return lambda: numexpr.evaluate(text, names, out=out)


def numba_table(n: int) -> Work:
    from numba import njit

    @njit
    def fill(out):
        for t in range(out.size):
            out[t] = 0.05 * (1 + math.cos(math.pi * t / out.size))
        return out

    out = np.empty(n)
    return lambda: fill(out)


def numba_lanes(n: int) -> Work:
    from numba import njit

    @njit
    def fill(t, init, end, length, out):
        for i in range(out.size):
            out[i] = end[i] + (init[i] - end[i]) * 0.5 * (
                1 + math.cos(math.pi * min(t / length[i], 1.0))
            )
        return out

    init, end, length, out = INIT[:n], END[:n], LENGTH[:n], np.empty(n)
    return lambda: fill(T_LANES, init, end, length, out)


def torch_table(n: int) -> Work:
    import torch

    torch.set_num_threads(1)
    t = torch.arange(n, dtype=torch.float64)
    return lambda: 0.05 * (1 + torch.cos(math.pi * t / n))


def torch_lanes(n: int) -> Work:
    import torch

    torch.set_num_threads(1)
    init, end, length = (torch.from_numpy(x[:n]).double() for x in (INIT, END, LENGTH))
    return lambda: (
        end + (init - end) * 0.5 * (1 + torch.cos(math.pi * torch.clamp(T_LANES / length, max=1.0)))
    )


def _torch_scheduler(steps: int, groups: int) -> Any:
    import torch

    weights = [
        {"params": [torch.zeros(1, requires_grad=True)], "lr": float(INIT[i])}
        for i in range(groups)
    ]
    optimizer = torch.optim.SGD(weights, lr=0.1)
    if groups == 1:
        optimizer.param_groups[0]["lr"] = 0.1
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    optimizer.step()
    return scheduler


def torch_stepped_table(n: int) -> Work:
    def run() -> np.ndarray:
        scheduler, rates = _torch_scheduler(n, 1), np.empty(n)
        for t in range(n):
            rates[t] = scheduler.get_last_lr()[0]
            scheduler.step()
        return rates

    return run


def torch_stepped_lanes(n: int) -> Work:
    """One step of the scheduler, which has one length and one end for all groups."""
    scheduler = _torch_scheduler(100_000, n)

    def run() -> None:
        scheduler.step()

    return run


def optax_table(double: bool) -> Callable[[int], Work]:
    def prepare(n: int) -> Work:
        import jax
        import optax

        jax.config.update("jax_enable_x64", double)
        t = jax.numpy.arange(n)
        rates = jax.jit(optax.cosine_decay_schedule(0.1, n))
        return lambda: rates(t).block_until_ready()

    return prepare


def jax_lanes(double: bool) -> Callable[[int], Work]:
    """Written in JAX: optax's schedules take no array of lengths."""

    def prepare(n: int) -> Work:
        import jax
        from jax import numpy as jnp

        jax.config.update("jax_enable_x64", double)

        @jax.jit
        def rates(t, init, end, length):
            return end + (init - end) * 0.5 * (1 + jnp.cos(jnp.pi * jnp.minimum(t / length, 1.0)))

        lanes = [jnp.asarray(x[:n]) for x in (INIT, END, LENGTH)]
        return lambda: rates(T_LANES, *lanes).block_until_ready()

    return prepare


CANDIDATES = [
    Candidate("fastlr, C", fastlr_table("native"), fastlr_lanes("native")),
    Candidate("fastlr, Numba", fastlr_table("jit"), fastlr_lanes("jit")),
    Candidate("out.fill", fill, fill, tolerance=math.inf),
    Candidate("NumPy", numpy_table, numpy_lanes),
    Candidate("numexpr", numexpr_table, numexpr_lanes),
    Candidate("Numba, libm cos", numba_table, numba_lanes),
    Candidate("torch, vectorised", torch_table, torch_lanes),
    Candidate(
        "torch, stepping its scheduler",
        torch_stepped_table,
        torch_stepped_lanes,
        longest=10**5,
        widest=10**4,
    ),
    Candidate("optax under jit, float64", optax_table(True), jax_lanes(True)),
    Candidate("optax under jit, float32", optax_table(False), jax_lanes(False), tolerance=1e-6),
]


def check(candidate: Candidate, rates: Any, truth: np.ndarray) -> None:
    """Raise unless the rates are equal within the tolerance."""
    if rates is None or math.isinf(candidate.tolerance):
        return
    # a scheduler that is stepped adds up its rounding errors
    apart = float(np.max(np.abs(np.asarray(rates, dtype=np.float64) - truth)) / np.max(truth))
    if not apart <= max(candidate.tolerance, 1e-10 if "stepping" in candidate.name else 0):
        raise AssertionError(
            f"{candidate.name} is not the same thing: {apart:.3g} of the highest rate apart"
        )


def times(works: list[Work], size: int) -> list[float]:
    """Seconds that each work takes: medians over rounds, in turns."""
    number = max(1, 20_000 // size)  # the shortest are repeated, to exceed the timer's resolution

    def repeated(work: Work) -> Work:
        return lambda: [work() for _ in range(number)]

    rounds = time_in_turns([repeated(work) for work in works], 15 if size <= 10**6 else 3)
    return [median(each) / number for each in zip(*rounds, strict=True)]


def measured(i: int) -> dict[str, dict[int, tuple[float, float, float]]]:
    """Seconds of one candidate, of fastlr in C and of a fill, by steps and by lanes."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    candidate, ours = CANDIDATES[i], CANDIDATES[0]
    found: dict[str, dict[int, tuple[float, float, float]]] = {"steps": {}, "lanes": {}}
    sizes = [("steps", n) for n in LENGTHS if n <= candidate.longest] + [
        ("lanes", n) for n in COUNTS if n <= candidate.widest
    ]
    for kind, n in sizes:
        prepare, prepare_ours = (
            (candidate.table, ours.table) if kind == "steps" else (candidate.lanes, ours.lanes)
        )
        mine, theirs = prepare_ours(n), prepare(n)
        check(candidate, theirs(), np.array(mine()))
        if candidate.name.startswith("fastlr"):  # a process has one backend
            flr.set_backend({"fastlr, C": "native", "fastlr, Numba": "jit"}[candidate.name])
            mine = theirs
        found[kind][n] = tuple(times([theirs, mine, fill(n)], n))
    return found


@cache
def all_measured() -> dict[str, dict[str, dict[int, tuple[float, float, float]]]]:
    found = {}
    for i, candidate in enumerate(CANDIDATES):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            found[candidate.name] = process.submit(measured, i).result()
        print(f"{candidate.name}: done", file=sys.stderr, flush=True)
    return found


HEAD: Row = (
    "a cosine with",
    "10^6 steps: x fill",
    "x fastlr in C",
    "10^6 lanes at one step: x fill",
    "x fastlr in C",
)


def rows() -> list[Row]:
    """At 10^6 steps and lanes, or at the most that a candidate was run with, per step and lane."""
    table = []
    for name, found in all_measured().items():
        row = [name]
        for kind in ("steps", "lanes"):
            most = max(found[kind])
            theirs, ours, least = found[kind][most]
            note = "" if most == SHOWN or (kind == "steps" and most > SHOWN) else f" ({most:,})"
            if kind == "steps" and most > SHOWN:
                theirs, ours, least = found[kind][SHOWN]
            row += [f"{theirs / least:,.2f}{note}", f"{theirs / ours:,.2f}"]
        table.append(tuple(row))
    return table


# -- the first table of a fresh process ------------------------------------------------------------

FASTLR = "import fastlr as flr; flr.cosine(0.1, 0.0, 10_000).table(10_000)"
FIRST = {
    "import numpy": "import numpy",
    "NumPy": "import numpy as np; 0.05 * (1 + np.cos(np.pi * np.arange(10_000) / 10_000))",
    "fastlr, C": FASTLR,
    "fastlr, Numba, filled cache": FASTLR,
    "fastlr, Numba, empty cache": FASTLR,
    "fastlr, NumPy reference": FASTLR,
    "torch, vectorised": "import math, torch; 0.05 * (1 + torch.cos(math.pi * "
    "torch.arange(10_000) / 10_000))",
    "optax under jit": "import jax, optax; jax.jit(optax.cosine_decay_schedule(0.1, "
    "10_000))(jax.numpy.arange(10_000))",
}
BACKEND = {"C": "native", "Numba": "jit", "NumPy reference": "reference"}
MEMORY = "; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
FIRST_HEAD: Row = (
    "first table of 10^4 steps in a fresh process",
    "ms beyond `import numpy`",
    "MiB beyond `import numpy`",
)


def first(name: str) -> tuple[float, float]:
    """Seconds and MiB that one process takes."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("PYTHONDONTWRITEBYTECODE", "FASTLR_BACKEND")
    }
    environment["JAX_PLATFORMS"] = "cpu"
    if name.startswith("fastlr"):
        environment["FASTLR_BACKEND"] = BACKEND[name.split(", ")[1]]
    with tempfile.TemporaryDirectory() as folder:
        if "empty cache" in name:
            environment["NUMBA_CACHE_DIR"] = folder
        printed: list[str] = []
        command = [sys.executable, "-c", FIRST[name] + MEMORY]
        spent = seconds(
            lambda: printed.append(
                subprocess.run(
                    command, check=True, env=environment, capture_output=True, text=True
                ).stdout
            )
        )
    return spent, int(printed[0]) / 1024


def first_rows() -> list[Row]:
    for name in FIRST:
        if "empty" not in name:
            first(name)
    rounds = [
        {name: first(name) for name in FIRST if i < 3 or "empty" not in name} for i in range(9)
    ]
    table = []
    for name in FIRST:
        beyond = [
            [a - b for a, b in zip(each[name], each["import numpy"], strict=True)]
            for each in rounds
            if name in each
        ]
        spent, memory = (median(each) for each in zip(*beyond, strict=True))
        table.append((name, f"{1e3 * spent:,.0f}", f"{memory:,.0f}"))
    return table[1:]


# -- the plot --------------------------------------------------------------------------------------

STYLE = {
    "fastlr, C": ("#c1121f", 2.4),
    "fastlr, Numba": ("#ef8354", 2.0),
    "out.fill": ("0.55", 1.4),
    "NumPy": ("#003049", 1.4),
    "numexpr": ("#5fa8d3", 1.4),
    "Numba, libm cos": ("#2a9d8f", 1.4),
    "torch, vectorised": ("#7b2cbf", 1.4),
    "torch, stepping its scheduler": ("#b388eb", 1.4),
    "optax under jit, float64": ("#606c38", 1.4),
    "optax under jit, float32": ("#a3b18a", 1.4),
}


def draw() -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.8), layout="constrained")
    both = figure.subplots(1, 2, sharey=True)
    for axes, kind, words in zip(
        both, ("steps", "lanes"), ("steps of a table", "lanes at one step"), strict=True
    ):
        for name, found in all_measured().items():
            color, width = STYLE[name]
            sizes = list(found[kind])
            nanoseconds = [1e9 * found[kind][n][0] / n for n in sizes]
            axes.plot(
                sizes,
                nanoseconds,
                color=color,
                linewidth=width,
                label=name,
                zorder=2 + width,
                marker="o",
                markersize=2.5,
            )
        axes.set(xscale="log", yscale="log", xlabel=words)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="0.5", alpha=0.2, linewidth=0.6)
    both[0].set_ylabel("nanoseconds per rate")
    figure.legend(
        *both[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=5,
        frameon=False,
        fontsize=9,
    )
    figure.savefig(PLOT, dpi=130)
