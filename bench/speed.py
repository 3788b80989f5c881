"""Tables, lanes and calls against NumPy formulas and against a fill: medians of ratios."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from statistics import median
from typing import Any

import numpy as np

import fastlr as flr
from bench.cases import LANE_CASES, LANES, STEPS, T_LANES, TABLES, Case, Lanes, check
from bench.report import Row, target
from bench.timing import ROUNDS, Work, seconds, time_in_turns
from bench.user_loops import STATES, user_loop
from fastlr.kernels.threads import split_over_threads

BIG, FRESH, SWEEP = 10**8, 10**7, 10**4

COMPILED = {"native": "C", "jit": "Numba"}
HEAD: Row = (
    "operation",
    *(f"{name}: {unit}" for name in COMPILED.values() for unit in ("x NumPy", "x fill")),
    "target",
)


def on(backend: str, work: Work) -> Work:
    """``work``, with this backend."""

    def run() -> None:
        with flr.use_backend(backend):
            work()

    return run


def ratios(
    ours: Work, fill: Work, numpy: Work | None = None, rounds: int = ROUNDS
) -> dict[str, tuple[float, float]]:
    """Per compiled backend: how many times as fast as NumPy, and how many times as long as a fill.

    The two are timed apart: a NumPy formula's temporary arrays evict from the CPU caches what a
    fill finds there.
    """
    works = [on(backend, ours) for backend in COMPILED]
    long, fast = (
        time_in_turns([*works, fill], rounds),
        time_in_turns([*works, numpy], rounds) if numpy else [],
    )
    return {
        name: (
            median(row[-1] / row[i] for row in fast) if numpy else 0.0,
            median(row[i] / row[-1] for row in long),
        )
        for i, name in enumerate(COMPILED.values())
    }


def row(name: str, figures: dict[str, tuple[float, float]], *goals: str) -> Row:
    pairs = ((f"{fast:.1f}" if fast else "", f"{long:.2f}") for fast, long in figures.values())
    return (name, *(cell for pair in pairs for cell in pair), "; ".join(filter(None, goals)))


def targets(
    figures: dict[str, tuple[float, float]], least: float | None = None, most: float | None = None
) -> list[str]:
    """The targets against NumPy and against a fill, where a case has them."""
    found = []
    if least is not None:
        found.append(
            target(
                f"at least {least:g}x NumPy",
                {name: fast >= least for name, (fast, _) in figures.items()},
            )
        )
    if most is not None:
        found.append(
            target(
                f"at most {most:g}x fill",
                {name: long <= most for name, (_, long) in figures.items()},
            )
        )
    return found


def table(case: Case) -> Row:
    """A table of 10^6 steps into ``out=``."""
    out = np.empty(STEPS, dtype=case.dtype)
    for backend in COMPILED:
        with flr.use_backend(backend):
            check(case.schedule.table(STEPS), case.formula())
    figures = ratios(
        lambda: case.schedule.table(STEPS, out=out), lambda: out.fill(0.5), case.formula
    )
    return row(case.name, figures, *targets(figures, case.least, case.most))


def big_table(name: str, schedule: flr.Schedule, most: float) -> Row:
    """A table larger than any cache."""
    out = np.empty(BIG)
    figures = ratios(lambda: schedule.table(BIG, out=out), lambda: out.fill(0.5), rounds=5)
    return row(f"10^8 steps, {name}", figures, *targets(figures, most=most))


def fresh_table(name: str, schedule: flr.Schedule) -> Row:
    """A table into newly allocated memory, against ``np.full``."""
    figures = ratios(lambda: schedule.table(FRESH), lambda: np.full(FRESH, 0.5), rounds=9)
    words = target(
        "at most 1.5x np.full", {name: long <= 1.5 for name, (_, long) in figures.items()}
    )
    return row(f"10^7 steps into fresh memory, {name}, against np.full", figures, words)


def many_lanes(case: Lanes) -> Row:
    """10^6 schedules at one step."""
    schedule, formula = case.schedule(), case.formula
    out = np.empty(schedule.shape)
    for backend in COMPILED:
        with flr.use_backend(backend):
            check(schedule(T_LANES), formula(T_LANES))
    figures = ratios(
        lambda: schedule(T_LANES, out=out), lambda: out.fill(0.5), lambda: formula(T_LANES)
    )
    each = {
        backend: 1e9
        * median(t for [t] in time_in_turns([on(backend, lambda: schedule(T_LANES, out=out))]))
        / LANES
        for backend in COMPILED
    }
    words = " and ".join(f"{nanoseconds:.2f}" for nanoseconds in each.values())
    met = {COMPILED[backend]: nanoseconds <= case.most for backend, nanoseconds in each.items()}
    return row(
        f"10^6 lanes at one step, {case.name}: {words} ns per lane",
        figures,
        *targets(figures, case.least),
        target(f"at most {case.most:g} ns", met),
    )


def wide_table() -> Row:
    """A table of 10^3 lanes x 10^5 steps against one long table, per element."""
    count, steps = 1_000, 100_000
    wide = flr.cosine(np.linspace(0.1, 1.0, count), 0.0, steps)
    long = flr.cosine(0.1, 0.0, steps * 100)
    many, one = np.empty((count, steps)), np.empty(steps * 100)
    check(wide.table(0, steps, 999)[7], wide[7].table(0, steps, 999))
    figures, met = {}, {}
    for backend, name in COMPILED.items():
        works = [
            on(backend, lambda: wide.table(steps, out=many)),
            on(backend, lambda: long.table(one.size, out=one)),
        ]
        times = time_in_turns([*works, lambda: many.fill(0.5)], 7)
        figures[name] = (0.0, median(a / fill for a, _, fill in times))
        met[name] = median(a / b for a, b, _ in times) * one.size / many.size <= 1.1
    return row(
        "10^3 lanes x 10^5 steps", figures, target("at most 1.1x a long table, per element", met)
    )


def two_threads() -> Row:
    """A sweep on two threads, against the same sweep on one."""
    sweep, out = (
        flr.warmup_cosine(np.geomspace(1e-4, 1e-2, SWEEP), 100, SWEEP),
        np.empty((SWEEP, SWEEP)),
    )
    faster, cells, fills = {}, [], []

    def filled(lanes: range, _: range) -> None:
        out[lanes.start : lanes.stop].fill(0.5)

    for backend, name in COMPILED.items():
        works = [on(backend, partial(sweep.table, SWEEP, out=out, threads=n)) for n in (1, 2)]
        times = time_in_turns(
            [*works, lambda: out.fill(0.5), lambda: split_over_threads(filled, SWEEP, SWEEP, 2)], 5
        )
        faster[name] = median(one / two for one, two, _, _ in times)
        fills.append(median(one / two for _, _, one, two in times))
        cells += ["", f"{median(two / fill for _, two, fill, _ in times):.2f}"]
    words = " and ".join(f"{each:.2f}" for each in faster.values())
    met = {name: each >= 1.7 for name, each in faster.items()}
    what = (
        f"10^4 lanes x 10^4 steps on two threads: {words} times as fast as on one, a "
        f"fill {median(fills):.2f} times"
    )
    return (what, *cells, target("at least 1.7x", met))


def small_call(
    name: str, most: dict[str, int], prepare: Callable[[flr.Schedule], Work], count: int
) -> Row:
    """A call that takes less than a microsecond; ``most`` has a target per backend."""
    each = {words: call_nanoseconds(name, backend) for backend, words in COMPILED.items()}
    times = " and ".join(f"{nanoseconds:,.0f}" for nanoseconds in each.values())
    limits = " and ".join(f"{limit:,} ns in {words}" for words, limit in most.items())
    met = {words: ns <= most[words] for words, ns in each.items()}
    return (f"{name}: {times} ns", "", "", "", "", target(f"at most {limits}", met))


def call_nanoseconds(name: str, backend: str) -> float:
    """Nanoseconds of one of ``SMALL_CALLS``, in a process of its own.

    Numba's has no C library: where it is installed, every call enters it first.
    """
    code = "from bench.speed import print_nanoseconds; print_nanoseconds({!r}, {!r})"
    if backend == "jit":
        code = f"import sys; sys.modules['fastlr._native'] = None; {code}"
    command = [sys.executable, "-c", code.format(name, backend)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def print_nanoseconds(name: str, backend: str) -> None:
    """Time one of ``SMALL_CALLS`` in this process."""
    [(prepare, count)] = [call[2:] for call in SMALL_CALLS if call[0] == name]
    flr.set_backend(backend)
    work = prepare(flr.warmup_cosine(6e-4, 2_000, STEPS, end=6e-5))
    print(1e9 * median(t for [t] in time_in_turns([work])) / count)


def calls_at(steps: list[Any], **named: Any) -> Callable[[flr.Schedule], Work]:
    """Calls of a schedule at each of some steps, or arrays of steps."""

    def prepare(schedule: flr.Schedule) -> Work:
        def run() -> None:
            for t in steps:
                schedule(t, **named)

        def run_plain() -> None:
            for t in steps:
                schedule(t)

        return run if named else run_plain

    return prepare


ONE_STEP: list[Any] = list(range(0, STEPS, 10))
EIGHT_STEPS: list[Any] = [np.arange(t, t + 8) for t in range(0, STEPS, 100)]
# name, target per backend, what prepares the calls, and their number
SMALL_CALLS: list[tuple[str, dict[str, int], Callable[[flr.Schedule], Work], int]] = [
    ("one scalar call", {"C": 80, "Numba": 200}, calls_at(ONE_STEP), len(ONE_STEP)),
    (
        "one scalar call with a NumPy integer",
        {"C": 150, "Numba": 150},
        calls_at([*np.arange(0, STEPS, 10)]),
        len(ONE_STEP),
    ),
    (
        "an array of 8 steps",
        {"C": 700, "Numba": 1_500},
        calls_at(EIGHT_STEPS),
        len(EIGHT_STEPS),
    ),
    (
        "an array of 8 steps with `out=`",
        {"C": 700, "Numba": 1_500},
        calls_at(EIGHT_STEPS, out=np.empty(8)),
        len(EIGHT_STEPS),
    ),
]


def importing() -> Row:
    """The time of ``import fastlr`` with cached bytecode, as an installed package has it."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }

    def run(code: str) -> float:
        return seconds(
            lambda: subprocess.run([sys.executable, "-c", code], check=True, env=environment)
        )

    run("import fastlr")
    extra = 1e3 * median(run("import fastlr") - run("import numpy") for _ in range(ROUNDS))
    return (
        f"import fastlr: {extra:.0f} ms beyond `import numpy`",
        "",
        "",
        "",
        "",
        "at most 30 ms" + ": missed" * (extra > 30),
    )


MEASURED: list[Callable[[], Row]] = [
    *(partial(table, case) for case in TABLES),
    partial(big_table, "constant", flr.constant(0.1), 1.2),
    partial(big_table, "linear", flr.linear(0.1, 0.0, BIG), 1.2),
    partial(big_table, "step decay", flr.step_decay(0.1, 0.5, every=3_000_000), 1.2),
    partial(big_table, "cosine", flr.cosine(0.1, 0.0, BIG), 2.0),
    partial(fresh_table, "linear", flr.linear(0.1, 0.0, FRESH)),
    partial(fresh_table, "cosine", flr.cosine(0.1, 0.0, FRESH)),
    *(partial(many_lanes, case) for case in LANE_CASES),
    wide_table,
    two_threads,
    *(partial(small_call, *call) for call in SMALL_CALLS),
    *(partial(user_loop, state) for state in STATES),
    importing,
]


def measured(i: int) -> Row:
    """The i-th row; an index can be pickled, the functions of ``MEASURED`` cannot."""
    return MEASURED[i]()


def rows() -> list[Row]:
    """Every row, each in a process of its own.

    NumPy formulas allocate temporary arrays, whose cost depends on the history of the heap.
    """
    with ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), max_tasks_per_child=1
    ) as processes:
        return [*processes.map(measured, range(len(MEASURED)))]
