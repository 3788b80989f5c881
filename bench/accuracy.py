"""Measure the errors of rates against the formulas in real numbers, in ulps, by curve, backend and
dtype.
"""

import math
import os
from concurrent.futures import ProcessPoolExecutor
from statistics import mean

import mpmath
import numpy as np

import fastlr as flr
from tests import oracle

POINTS = 100_000
BITS = 400  # of mpmath: enough for a power of a power after 10^6 steps
STEPS = 1_000_003  # a prime, so that no quotient of steps is round
BACKENDS = ("native", "jit", "reference")
DTYPES = ("float64", "float32")

Row = tuple[str, ...]
HEAD: Row = (
    "schedule",
    "points",
    *(f"{backend}, {dtype}" for dtype in DTYPES for backend in BACKENDS),
)

_COSINE, _LINE = flr.cosine(0.1, 0.0, STEPS), flr.linear(0.01, 1.0, STEPS)
SCHEDULES = {
    "constant": flr.constant(0.1),
    "linear": flr.linear(0.1, 0.0123, STEPS),
    "linear, to 1e-7": flr.linear(1e-7, 0.1, STEPS),
    "polynomial, power 2": flr.polynomial(0.1, 0.0, STEPS),
    "polynomial, power 0.7": flr.polynomial(0.1, 0.0, STEPS, power=0.7),
    "polynomial, power 5.5": flr.polynomial(0.1, 1e-4, STEPS, power=5.5),
    "polynomial, power 30": flr.polynomial(0.1, 0.0, STEPS, power=30.0),
    "polynomial, power 960": flr.polynomial(0.1, 0.0, STEPS, power=960.0),
    "polynomial, power 4 from the start": flr.polynomial(
        0.0, 0.1, STEPS, power=4.0, origin="start"
    ),
    "cosine": flr.cosine(0.1, 1e-7, STEPS),
    "cosine, to 0": _COSINE,
    "cosine, exponent 1.5": flr.cosine(0.1, 0.0, STEPS, exponent=1.5),
    "cosine, exponent 12": flr.cosine(0.1, 0.0, STEPS, exponent=12.0),
    "cosine, exponent 50": flr.cosine(0.1, 0.0, STEPS, exponent=50.0),
    "cosine, exponent 200": flr.cosine(0.1, 0.0, STEPS, exponent=200.0),
    "cosine, k=0.7": flr.cosine(0.1, 0.0, STEPS, k=0.7),
    "cosine, exponent 12, k=3, rising": flr.cosine(0.0, 0.1, STEPS, exponent=12.0, k=3.0),
    "exponential": flr.exponential(0.1, 1e-6, STEPS),
    "exponential decay, rate": flr.exponential_decay(0.1, rate=1e-5),
    "exponential decay, gamma": flr.exponential_decay(0.1, gamma=0.97, every=1_001),
    "exponential decay, staircase": flr.exponential_decay(
        0.1, gamma=0.97, every=1_001, staircase=True
    ),
    "step decay": flr.step_decay(0.1, 0.94, every=1_001),
    "milestones": flr.milestones(0.1, 0.1, at=[300_007, 600_011]),
    "inverse time": flr.inverse_time(0.1, rate=1e-4),
    "inverse time, power 0.75": flr.inverse_time(0.1, rate=1e-4, power=0.75),
    "inverse time, power 300": flr.inverse_time(0.1, rate=1e-6, power=300.0),
    "inverse power": flr.inverse_power(0.1, power=0.75, shift=10),
    "inverse power, power 100": flr.inverse_power(0.1, power=100.0, shift=100_003),
    "eden": flr.eden(0.1, 7_500),
    "eden, power 100": flr.eden(0.1, STEPS, power=100.0),
    "inverse square root": flr.inverse_sqrt(0.1, warmup=10_007),
    "noam": flr.noam(512, 4_001),
    "cyclic": flr.cyclic(1e-4, 0.1, up=10_007, down=3_001),
    "cyclic, triangular2": flr.cyclic(1e-4, 0.1, up=10_007, mode="triangular2"),
    "cosine restarts": flr.cosine_restarts(0.1, 0.0, period=1_001, stretch=1.5),
    "one-cycle": flr.one_cycle(0.1, STEPS),
    "wsd, 1-sqrt": flr.wsd(0.1, warmup=1_001, stable=100_003, cooldown=200_003, shape="1-sqrt"),
    "warmup, cosine": flr.warmup_cosine(6e-4, 2_003, STEPS, end=6e-5),
    "rex": flr.rex(0.1, 0.0, STEPS),
    "tanh": flr.tanh(0.1, 0.0, STEPS),
    "affine exponential": flr.affine_exponential(0.1, 0.0, STEPS),
    "affine exponential, ratio 1e-6": flr.affine_exponential(0.0, 0.1, STEPS, ratio=1e-6),
    "logarithmic": flr.logarithmic(0.1, 0.0, STEPS),
    "sampled, interpolated": flr.sampled(
        [0.1, 0.03, 0.05, 1e-6, 0.07], every=200_003, interpolate=True
    ),
    "a product": _COSINE * _LINE,
    "a sum": _COSINE + _LINE,
    "a staircase": flr.cosine(0.1, 0.0, 1_009).staircase(every=1_001),
    "eden, by steps and epochs": flr.eden(0.1, 7_500) * flr.eden(1.0, 3.5).staircase(every=1_001),
    "clipped": _COSINE.clip(0.02, 0.05),
    "cyclic, exp_range": flr.cyclic(1e-4, 0.1, up=10_007, mode="exp_range", gamma=0.99999),
    "restarts at other heights": flr.cosine_restarts(
        0.1, 0.0, period=1_001, stretch=1.5, scale=0.9
    ),
}


def points(schedule: flr.Schedule, rng: np.random.Generator) -> np.ndarray:
    """Steps anywhere in the run, near every boundary and on it, and far out."""
    boundaries = np.array([0, *(boundary for boundary in schedule.boundaries if boundary < 2**40)])
    anywhere = rng.choice(schedule.steps or 3 * STEPS, POINTS, replace=False)
    near = [
        boundaries + offset * np.rint(2 ** rng.uniform(0, 20, boundaries.size))
        for offset in (-1, 0, 1)
        for _ in range(200)
    ]
    far = 2 ** rng.uniform(0, 53 if schedule.steps is None else 21, POINTS // 10)
    steps = np.unique(np.concatenate([anywhere, *near, far]).astype(np.int64))
    return steps[steps >= 0]


def rates_at(schedule: flr.Schedule, steps: np.ndarray, dtype: str) -> np.ndarray:
    """Rates at any steps; only tables have float32, so those are made one step at a time."""
    if dtype == "float64":
        return schedule(steps)
    return np.array([schedule.table(t, t + 1, dtype=dtype)[0] for t in steps.tolist()])


def errors(rates: np.ndarray, truths: list[oracle.mpf]) -> str:
    """The largest and the mean error, in ulps."""
    places = np.spacing(np.array([abs(float(truth)) for truth in truths], dtype=rates.dtype))
    apart = [
        float(abs(oracle.mpf(float(rate)) - truth))
        for rate, truth in zip(rates, truths, strict=True)
    ]
    ulps = (np.array(apart) / places).tolist()
    if not all(map(math.isfinite, ulps)):
        raise AssertionError("a rate is not a number")
    return f"{max(ulps):.2f}, {mean(ulps):.2f}"


def row(name: str) -> Row:
    schedule = SCHEDULES[name]
    steps = points(schedule, np.random.default_rng(0))
    with mpmath.workprec(BITS):
        truths = [oracle.exact(schedule, int(t)) for t in steps]
    found = []
    for dtype in DTYPES:
        for backend in BACKENDS:
            with flr.use_backend(backend):
                found.append(errors(rates_at(schedule, steps, dtype), truths))
    return (name, f"{steps.size:,}", *found)


def rows() -> list[Row]:
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        return [*processes.map(row, SCHEDULES)]
