"""The schedules that are timed, the NumPy formulas that a user would write instead, and targets."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import fastlr as flr

Array = npt.NDArray[np.float64]

STEPS = 1_000_000
LANES = 1_000_000
T = np.arange(STEPS)


@dataclass(frozen=True)
class Case:
    """A table of 10^6 steps.

    ``least`` is the target against NumPy, ``most`` that against ``out.fill``.
    """

    name: str
    schedule: flr.Schedule
    formula: Callable[[], Array]
    least: float | None = None
    most: float | None = None
    dtype: str = "float64"


def _cyclic() -> Array:
    cycle = np.floor(1 + T / 20_000)
    x = np.abs(T / 10_000 - 2 * cycle + 1)
    return 0.001 + (0.006 - 0.001) * np.maximum(0, 1 - x)


def _warmup_cosine() -> Array:
    p = (T - 2_000) / 998_000
    return np.where(
        T < 2_000, 6e-4 * T / 2_000, 6e-5 + (6e-4 - 6e-5) * 0.5 * (1 + np.cos(np.pi * p))
    )


def _linear() -> Array:
    return 0.1 + (0.0 - 0.1) * (T / STEPS)


def _cosine() -> Array:
    return 0.05 * (1 + np.cos(np.pi * T / STEPS))


def _square() -> Array:
    return 0.01 + 0.09 * (1 - T / STEPS) ** 2


def _power() -> Array:
    return 0.01 + 0.09 * (1 - T / STEPS) ** 0.7


def _product() -> Array:
    return 0.05 * (1 + np.cos(np.pi * T / STEPS)) * (T / STEPS)


def _clipped() -> Array:
    return np.clip(0.05 * (1 + np.cos(np.pi * T / STEPS)), 0.02, 0.05)


SAMPLED_AT = np.arange(0, STEPS + 10, 10)
SAMPLES = np.random.default_rng(2).uniform(0.01, 0.1, SAMPLED_AT.size)
_DROPS = [300_000, 600_000, 900_000]

TABLES = [
    Case("constant", flr.constant(0.1), lambda: np.full(STEPS, 0.1), most=1),
    Case("linear", flr.linear(0.1, 0.0, STEPS), _linear, most=1),
    Case("linear, float32", flr.linear(0.1, 0.0, STEPS), _linear, most=1, dtype="float32"),
    Case("cosine", flr.cosine(0.1, 0.0, STEPS), _cosine, least=25, most=1.5),
    Case("cosine, float32", flr.cosine(0.1, 0.0, STEPS), _cosine, most=4, dtype="float32"),
    Case(
        "cosine, k=0.7",
        flr.cosine(0.1, 0.0, STEPS, k=0.7),
        lambda: 0.05 * (1 + np.cos(np.pi * (T / STEPS) ** 0.7)),
        most=3,
    ),
    Case(
        "polynomial, power 2", flr.polynomial(0.1, 0.01, STEPS, power=2.0), _square, least=5, most=5
    ),
    Case(
        "polynomial, power 0.7",
        flr.polynomial(0.1, 0.01, STEPS, power=0.7),
        _power,
        least=3,
        most=3,
    ),
    Case(
        "exponential, rate",
        flr.exponential_decay(0.1, rate=1e-5),
        lambda: 0.1 * np.exp(-1e-5 * T),
        least=5,
        most=3,
    ),
    Case(
        "exponential, gamma",
        flr.exponential_decay(0.1, gamma=0.9, every=100_000),
        lambda: 0.1 * 0.9 ** (T / 100_000),
        least=5,
        most=3,
    ),
    Case(
        "step decay",
        flr.step_decay(0.1, 0.5, every=30_000),
        lambda: 0.1 * 0.5 ** (T // 30_000),
        most=1,
    ),
    Case(
        "piecewise constant",
        flr.piecewise_constant([0.1, 0.01, 0.001, 0.0001], _DROPS),
        lambda: np.array([0.1, 0.01, 0.001, 0.0001])[np.searchsorted(_DROPS, T, side="right")],
        most=1,
    ),
    Case("cyclic, triangular", flr.cyclic(0.001, 0.006, up=10_000), _cyclic, least=10),
    Case(
        "cosine restarts",
        flr.cosine_restarts(0.1, 0.0, period=10_000),
        lambda: 0.05 * (1 + np.cos(np.pi * (T % 10_000) / 10_000)),
    ),
    Case("warmup, cosine", flr.warmup_cosine(6e-4, 2_000, STEPS, end=6e-5), _warmup_cosine),
    Case(
        "cosine times a line",
        flr.cosine(0.1, 0.0, STEPS) * flr.linear(0.0, 1.0, STEPS),
        _product,
        most=7,
    ),
    Case(
        "cosine plus a line",
        flr.cosine(0.1, 0.0, STEPS) + flr.linear(0.0, 1.0, STEPS),
        lambda: _cosine() + T / STEPS,
        most=7,
    ),
    Case("cosine, clipped", flr.cosine(0.1, 0.0, STEPS).clip(0.02, 0.05), _clipped, most=7),
    Case(
        "sampled, interpolated",
        flr.sampled(SAMPLES, every=10, interpolate=True),
        lambda: np.interp(T, SAMPLED_AT, SAMPLES),
        most=2,
    ),
    Case("inverse time", flr.inverse_time(0.1, rate=1e-4), lambda: 0.1 / (1 + 1e-4 * T)),
    Case(
        "inverse power 0.7",
        flr.inverse_power(0.1, 0.7, shift=3),
        lambda: 0.1 * (1 + T / 3) ** -0.7,
        most=3,
    ),
    Case("rex", flr.rex(0.1, 0.0, STEPS), lambda: 0.1 * (1 - T / STEPS) / (1 - 0.5 * T / STEPS)),
]


@dataclass(frozen=True)
class Lanes:
    """10^6 lanes with different parameters, at one step; ``most`` is in nanoseconds per lane."""

    name: str
    schedule: Callable[[], flr.Schedule]
    formula: Callable[[int], Array]
    least: float
    most: float


def _numbers() -> tuple[Array, Array, npt.NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    init = rng.uniform(1e-4, 1e-1, LANES)
    return init, init * rng.uniform(0.0, 0.1, LANES), rng.integers(10_000, 100_000, LANES)


INIT, END, LENGTH = _numbers()
T_LANES = 5_000


def _cosine_lanes(t: int) -> Array:
    p = np.minimum(t / LENGTH, 1.0)
    return END + (INIT - END) * 0.5 * (1 + np.cos(np.pi * p))


def mixed() -> flr.Schedule:
    """A stack of five families with 200,000 lanes each."""
    a, b, n = (x.reshape(5, -1) for x in (INIT, END, LENGTH))
    gamma = np.random.default_rng(1).uniform(0.5, 0.99, a.shape[1])
    return flr.stack(
        [
            flr.cosine(a[0], b[0], n[0]),
            flr.linear(a[1], b[1], n[1]),
            flr.polynomial(a[2], b[2], n[2], power=2.0),
            flr.exponential_decay(a[3], gamma=gamma, every=n[3]),
            flr.inverse_sqrt(a[4], n[4]),
        ]
    )


def mixed_formula(t: int) -> Array:
    a, b, n = (x.reshape(5, -1) for x in (INIT, END, LENGTH))
    gamma = np.random.default_rng(1).uniform(0.5, 0.99, a.shape[1])
    p = np.minimum(t / n, 1.0)
    out = np.empty(a.shape)
    out[0] = b[0] + (a[0] - b[0]) * 0.5 * (1 + np.cos(np.pi * p[0]))
    out[1] = a[1] + (b[1] - a[1]) * p[1]
    out[2] = b[2] + (a[2] - b[2]) * (1 - p[2]) ** 2
    out[3] = a[3] * gamma ** (t / n[3])
    out[4] = np.where(t < n[4], a[4] * t / n[4], a[4] * np.sqrt(n[4] / t))
    return out


LANE_CASES = [
    Lanes(
        "cosine, one family",
        lambda: flr.cosine(INIT, END, LENGTH),
        _cosine_lanes,
        least=8,
        most=1.5,
    ),
    Lanes("five families", mixed, mixed_formula, least=8, most=3.0),
]


def check(ours: Array, theirs: Array) -> None:
    """Raise unless two tables agree within 10^-12 of the highest rate, the error of NumPy formulas.

    Only equal rates are timed.
    """
    apart = float(np.max(np.abs(ours - theirs)) / np.max(ours))
    if not apart <= 1e-12:
        raise AssertionError(f"not the same thing: {apart:.3g} of the highest rate apart")
