"""Print the ratios: ours against the NumPy formula and ``out.fill``, in one run.

python -m bench             the table
python -m bench --markdown  the same for the README
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np

import fastlr as flr
from bench.cases import LANES, STEPS, T_LANES, TABLES, check, lanes

ROUNDS = 15


def seconds(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The median time of each piece of work, taken in turn so that a noisy moment falls on all of them."""
    for work in works:
        work()
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            taken.append(time.perf_counter() - start)
    return [median(taken) for taken in times]


def verdict(value: float, *, least: float | None = None, most: float | None = None) -> str:
    if least is None and most is None:
        return ""
    met = (least is None or value >= least) and (most is None or value <= most)
    bar = f">= {least:g}" if least is not None else f"<= {most:g}"
    return f"{bar} {'met' if met else 'MISSED'}"


Row = tuple[str, str, str, str]


def tables() -> list[Row]:
    rows = []
    for dtype in ("float64", "float32"):
        out = np.empty(STEPS, dtype=dtype)
        for case in TABLES:
            if dtype == "float32" and case.name != "cosine":
                continue
            check(case.schedule.table(STEPS), case.formula())
            fill, ours, numpy = seconds(
                lambda out=out: out.fill(0.5), lambda case=case, out=out: case.schedule.table(STEPS, out=out), case.formula
            )
            most = 10.0 if dtype == "float32" else case.most
            bars = [verdict(numpy / ours, least=case.least if dtype == "float64" else None), verdict(ours / fill, most=most)]
            name = f"table of {case.name}" + (", float32" if dtype == "float32" else "")
            rows.append((name, f"{numpy / ours:.1f}x", f"{ours / fill:.2f}x", "; ".join(filter(None, bars))))
    return rows


def many_lanes() -> list[Row]:
    rows = []
    for case in lanes():
        check(case.schedule(T_LANES), case.formula(T_LANES))
        out = np.empty(LANES)
        fill, ours, numpy = seconds(
            lambda out=out: out.fill(0.5), lambda case=case: case.schedule(T_LANES), lambda case=case: case.formula(T_LANES)
        )
        name, bar = f"10^6 lanes at one step, {case.name}", verdict(numpy / ours, least=case.least)
        rows.append((name, f"{numpy / ours:.1f}x", f"{ours / fill:.2f}x", bar))
    return rows


def wide_table() -> list[Row]:
    """10^3 lanes x 10^5 steps, an element of it against an element of one long table."""
    count, steps = 1_000, 100_000
    wide = flr.cosine(np.linspace(0.1, 1.0, count), 0.0, steps)
    long = flr.cosine(0.1, 0.0, steps * 100)
    many, one = np.empty((count, steps)), np.empty(steps * 100)
    check(wide.table(0, steps, 999)[7], wide[7].table(0, steps, 999))
    a, b, fill = seconds(
        lambda: wide.table(steps, out=many), lambda: long.table(one.size, out=one), lambda: many.fill(0.5), rounds=5
    )
    per_element = (a / many.size) / (b / one.size)
    name = "table of 10^3 lanes x 10^5 steps, an element against one long table's"
    return [(name, f"{per_element:.2f}x", f"{a / fill:.2f}x", "")]


def scalar_call() -> list[Row]:
    schedule = flr.warmup_cosine(6e-4, 2_000, STEPS, end=6e-5)
    steps = list(range(0, STEPS, 10))

    def ours() -> None:
        for t in steps:
            schedule(t)

    [taken] = seconds(ours)
    nanoseconds = 1e9 * taken / len(steps)
    return [("one scalar call, ns", f"{nanoseconds:.0f}", "", verdict(nanoseconds, most=400))]


def importing() -> list[Row]:
    def run(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    numpy, ours = seconds(run("import numpy"), run("import fastlr"), rounds=9)
    extra = 1e3 * (ours - numpy)
    return [("import beyond NumPy, ms", f"{extra:.0f}", "", verdict(extra, most=30))]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    head = ("what", "against NumPy", "against out.fill", "bar")
    rows = [*tables(), *many_lanes(), *wide_table(), *scalar_call(), *importing()]
    if options.markdown:
        print("\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * 4, *rows)))
        return
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(4)]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
