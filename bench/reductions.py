"""Sums and extremes of 10^6 lanes without a table, against NumPy over tables of some of them."""

from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

import fastlr as flr
from bench.report import Row, target
from bench.timing import time_in_turns

LANES, TABLED, FEW, STEPS, FAR = 10**6, 100, 10**3, 10**6, 10**12
LEAST = 1e6  # lanes per second
MOST = 1.2  # how many times as long 10^12 steps may take as 10^3
HEAD: Row = (
    "reduction",
    "lanes per second",
    "10^12 steps: x 10^3 steps",
    "x NumPy over a table of 10^6 steps",
    "target",
)

PEAKS = np.geomspace(1e-5, 1e-2, LANES)
SCHEDULES: dict[str, Callable[[Any, int], flr.Schedule]] = {
    "warmup, cosine": lambda peaks, n: flr.warmup_cosine(peaks, n // 100, n),
    "wsd": lambda peaks, n: flr.wsd(peaks, n // 100, n // 2, n // 3),
    "linear": lambda peaks, n: flr.linear(peaks, 0.0, n),
    "exponential decay": lambda peaks, n: flr.exponential_decay(peaks, rate=5.0 / n),
    "cosine restarts": lambda peaks, n: flr.cosine_restarts(peaks, 0.0, period=n // 10),
}
REDUCTIONS = ("sum", "mean", "max")


def row(name: str, reduction: str) -> Row:
    near, run, far = (SCHEDULES[name](PEAKS, n) for n in (FEW, STEPS, FAR))
    few = SCHEDULES[name](PEAKS[:: LANES // TABLED], STEPS)
    table = few.table(STEPS)
    assert np.allclose(
        getattr(few, reduction)(STEPS), getattr(table, reduction)(axis=-1), rtol=1e-12, atol=0.0
    )
    works = [
        lambda: getattr(near, reduction)(FEW),
        lambda: getattr(run, reduction)(STEPS),
        lambda: getattr(far, reduction)(FAR),
        lambda: getattr(few.table(STEPS, out=table), reduction)(axis=-1),
    ]
    times = time_in_turns(works, 3)
    rate = LANES / median(middle for _, middle, _, _ in times)
    ratio = median(long / short for short, _, long, _ in times)
    faster = median(tabled / TABLED / (middle / LANES) for _, middle, _, tabled in times)
    words = target(
        "at least 10^6 lanes per second, at most 1.2 times as long",
        {"NumPy": rate >= LEAST and ratio <= MOST},
    )
    return (
        f"{reduction}, {name}",
        f"{rate / 1e6:.1f} million",
        f"{ratio:.2f}",
        f"{faster:,.0f}",
        words,
    )


def rows() -> list[Row]:
    return [row(name, reduction) for name in SCHEDULES for reduction in REDUCTIONS]
