"""The errors of rates against the formulas in real numbers, in units of the last place."""

import math
from statistics import mean

import numpy as np

import fastlr as flr
from tests import oracle

POINTS = 20_000
STEPS = 1_000_003  # a prime, so that no quotient of steps is round

Row = tuple[str, ...]
HEAD: Row = ("schedule", "jit, largest", "jit, mean", "reference, largest", "reference, mean")

SCHEDULES = {
    "linear": flr.linear(0.1, 0.0123, STEPS),
    "polynomial, power 2": flr.polynomial(0.1, 0.0, STEPS),
    "polynomial, power 0.7": flr.polynomial(0.1, 0.0, STEPS, power=0.7),
    "cosine": flr.cosine(0.1, 1e-7, STEPS),
    "cosine, k=0.7": flr.cosine(0.1, 0.0, STEPS, k=0.7),
    "exponential": flr.exponential(0.1, 1e-6, STEPS),
    "exponential decay, rate": flr.exponential_decay(0.1, rate=1e-5),
    "exponential decay, gamma": flr.exponential_decay(0.1, gamma=0.97, every=1_001),
    "step decay": flr.step_decay(0.1, 0.94, every=1_001),
    "inverse time": flr.inverse_time(0.1, rate=1e-4),
    "inverse square root": flr.inverse_sqrt(0.1, warmup=10_007),
    "cyclic": flr.cyclic(1e-4, 0.1, up=10_007, down=3_001),
    "cosine restarts": flr.cosine_restarts(0.1, 0.0, period=1_001, stretch=1.5, scale=0.9),
    "one-cycle": flr.one_cycle(0.1, STEPS),
    "wsd, 1-sqrt": flr.wsd(0.1, warmup=1_001, stable=100_003, cooldown=200_003, shape="1-sqrt"),
    "rex": flr.rex(0.1, 0.0, STEPS),
    "tanh": flr.tanh(0.1, 0.0, STEPS),
}


def points(schedule: flr.Schedule, rng: np.random.Generator) -> np.ndarray:
    """Steps anywhere in the run, near every seam, and far out."""
    seams = [0, *(seam for seam in schedule.seams if seam < 2**40)]
    anywhere = rng.integers(0, schedule.steps or 3 * STEPS, POINTS // 2)
    near = np.concatenate([seam + offset * np.rint(2 ** rng.uniform(0, 20, 200)) for seam in seams for offset in (-1, 0, 1)])
    far = 2 ** rng.uniform(0, 53 if schedule.steps is None else 21, POINTS // 2)
    steps = np.unique(np.concatenate([anywhere, near, far]).astype(np.int64))
    return steps[steps >= 0]


def errors(schedule: flr.Schedule, steps: np.ndarray, backend: str) -> list[float]:
    with flr.use_backend(backend):
        rates = schedule(steps)
    truths = (oracle.exact(schedule, int(t)) for t in steps)
    return [float(abs(oracle.mpf(rate) - truth) / math.ulp(float(truth))) for rate, truth in zip(rates, truths, strict=True)]


def rows() -> list[Row]:
    found = []
    for name, schedule in SCHEDULES.items():
        steps = points(schedule, np.random.default_rng(0))
        apart = [errors(schedule, steps, backend) for backend in ("jit", "reference")]
        found.append((name, *(f"{figure(each):.2f}" for each in apart for figure in (max, mean))))
    return found
