"""What is timed, in one run and in turn, so that a noisy moment falls on all sides alike: medians of ratios."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from statistics import median

import numpy as np

import fastlr as flr
from bench.cases import LANE_CASES, LANES, STEPS, T_LANES, TABLES, Case, Lanes, check

ROUNDS = 25

Row = tuple[str, str, str, str]
HEAD: Row = ("what", "times as fast as NumPy", "times as long as a fill", "bar")


def ratios(ours: Callable[[], object], others: list[Callable[[], object]], rounds: int = ROUNDS) -> list[float]:
    """How many times as long each of the others takes: the median over rounds in which all take their turn."""
    works = [ours, *others]
    for work in works:
        work()
    taken = [[_seconds(work) for work in works] for _ in range(rounds)]
    return [median(row[i] / row[0] for row in taken) for i in range(1, len(works))]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def verdict(value: float, *, least: float | None = None, most: float | None = None) -> str:
    """A bar, and whether it is met."""
    if least is None and most is None:
        return ""
    met = (least is None or value >= least) and (most is None or value <= most)
    bar = f"at least {least:g}x" if least is not None else f"at most {most:g}x"
    return bar if met else f"{bar}: missed"


def table(case: Case, dtype: str) -> Row:
    """A table of 10^6 steps into ``out=``."""
    out, single = np.empty(STEPS, dtype=dtype), dtype == "float32"
    check(case.schedule.table(STEPS), case.formula())
    numpy, fill = ratios(lambda: case.schedule.table(STEPS, out=out), [case.formula, lambda: out.fill(0.5)])
    bars = [
        verdict(numpy, least=None if single else case.least),
        verdict(1 / fill, most=case.most_float32 if single else case.most),
    ]
    return case.name + ", float32" * single, f"{numpy:.1f}", f"{1 / fill:.2f}", "; ".join(filter(None, bars))


def many_lanes(case: Lanes) -> Row:
    """10^6 schedules at one step."""
    schedule, formula = case.schedule(), case.formula
    out = np.empty(schedule.shape)
    check(schedule(T_LANES), formula(T_LANES))
    numpy, fill = ratios(lambda: schedule(T_LANES, out=out), [lambda: formula(T_LANES), lambda: out.fill(0.5)])
    return f"{LANES:,} lanes at one step, {case.name}", f"{numpy:.1f}", f"{1 / fill:.2f}", verdict(numpy, least=case.least)


def wide_table() -> Row:
    """10^3 lanes x 10^5 steps, an element of it against an element of one long table."""
    count, steps = 1_000, 100_000
    wide = flr.cosine(np.linspace(0.1, 1.0, count), 0.0, steps)
    long = flr.cosine(0.1, 0.0, steps * 100)
    many, one = np.empty((count, steps)), np.empty(steps * 100)
    check(wide.table(0, steps, 999)[7], wide[7].table(0, steps, 999))
    alone, fill = ratios(lambda: wide.table(steps, out=many), [lambda: long.table(one.size, out=one), lambda: many.fill(0.5)], 7)
    per_element = one.size / many.size / alone
    name = "10^3 lanes x 10^5 steps, an element against one of a long table"
    return f"{name}: {per_element:.2f}", "", f"{1 / fill:.2f}", verdict(per_element, most=1.1)


def scalar_call() -> Row:
    schedule = flr.warmup_cosine(6e-4, 2_000, STEPS, end=6e-5)
    steps = list(range(0, STEPS, 10))

    def ours() -> None:
        for t in steps:
            schedule(t)

    ours()
    nanoseconds = 1e9 * median(_seconds(ours) for _ in range(ROUNDS)) / len(steps)
    return f"one scalar call: {nanoseconds:.0f} ns", "", "", "at most 400 ns" + ": missed" * (nanoseconds > 400)


def importing() -> Row:
    """With its bytecode kept, as an installed package has it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run(code: str) -> float:
        return _seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True, env=environment))

    run("import fastlr")
    extra = 1e3 * median(run("import fastlr") - run("import numpy") for _ in range(ROUNDS))
    return f"import fastlr: {extra:.0f} ms beyond NumPy", "", "", "at most 30 ms" + ": missed" * (extra > 30)


MEASURED: list[Callable[[], Row]] = [
    *(partial(table, case, "float64") for case in TABLES),
    *(partial(table, case, "float32") for case in TABLES if case.most_float32),
    *(partial(many_lanes, case) for case in LANE_CASES),
    wide_table,
    scalar_call,
    importing,
]


def measured(i: int) -> Row:
    return MEASURED[i]()


def rows() -> list[Row]:
    """Each in a process of its own: NumPy formulas live on temporary arrays, whose cost hangs on what the heap went through."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as processes:
        return [*processes.map(measured, range(len(MEASURED)))]
