"""Guarantee 2: rates are within 2 ulp of the formula in real numbers, on every step to 2^53.

The oracle shares no code with fastlr.
"""

import math

import numpy as np
import oracle
import pytest
import strategies
from example_counts import examples
from example_schedules import BOUNDS
from hypothesis import given
from hypothesis import strategies as st

import fastlr as flr

# below it what a rate is made of may be subnormal, and less exact than the rate has room for
LEAST = 1e-290
LAST = 2**53


def ulps(rate: float, truth: oracle.mpf) -> float:
    """Return the error in units of the last place of the exact value."""
    return float(abs(oracle.mpf(rate) - truth) / math.ulp(float(truth)))


def operations(schedule: flr.Schedule) -> int:
    """Count the curves and operations of a schedule: each may add its own rounding."""

    def count(value: object) -> int:
        if isinstance(value, dict):
            return sum(
                1 + count(inner) if isinstance(inner, dict) else count(inner)
                for inner in value.values()
            )
        return sum(map(count, value)) if isinstance(value, list) else 0

    return count(schedule.to_spec()["schedule"])


# exp_range is a product and a sum, noam derives its peak, a repeat at another height is a product:
# those are compositions
COMPOSED = {"exp_range": 5.0, "noam": 3.0, "scale=": 2.0}


@pytest.mark.parametrize(("backend", "bound"), BOUNDS)
@given(schedule=strategies.curves, seed=st.integers(0, 2**32 - 1))
@examples(75)
def test_every_curve_is_within_two_ulp(backend, bound, schedule, seed):
    allowed = bound + max(
        (extra for word, extra in COMPOSED.items() if word in repr(schedule)), default=0.0
    )
    with flr.use_backend(backend):
        for t in strategies.interesting_steps(schedule, np.random.default_rng(seed)):
            truth = oracle.exact(schedule, t)
            assert ulps(schedule(t), truth) <= allowed, (t, schedule(t), float(truth))


powers = st.floats(-3.0, 3.0).map(lambda x: min(max(10.0**x, 1e-3), 1e3))
long = st.integers(100, LAST // 8)
powered = st.one_of(
    st.builds(
        flr.polynomial,
        strategies.levels,
        strategies.levels,
        long,
        powers,
        st.sampled_from(["end", "start"]),
    ),
    st.builds(flr.cosine, strategies.levels, strategies.levels, long, powers, powers),
    st.builds(flr.cosine, strategies.positive, st.just(0.0), long, powers),
    st.builds(flr.inverse_time, strategies.positive, st.floats(1e-9, 1.0), st.just(1), powers),
    st.builds(flr.inverse_power, strategies.positive, powers, long),
    st.builds(flr.eden, strategies.positive, st.floats(1.0, 1e9), powers),
)


def telling_steps(schedule, rng, count=12):
    """Return steps with rates of every size; small rates of a power magnify a logarithm's error."""
    last = schedule.steps or LAST
    near = np.rint(2 ** rng.uniform(0, np.log2(last), 400))
    steps = np.unique(
        np.concatenate([near, last - near, np.floor(rng.uniform(0, last, 200))])
    ).astype(np.int64)
    rates = schedule(steps)
    held = steps[rates >= 2 * LEAST][np.argsort(rates[rates >= 2 * LEAST], kind="stable")]
    return held[np.linspace(0, held.size - 1, count).astype(int)].tolist() if held.size else []


@pytest.mark.parametrize(("backend", "bound"), BOUNDS)
@given(schedule=powered, seed=st.integers(0, 2**32 - 1))
@examples(60)
def test_so_is_every_power(backend, bound, schedule, seed):
    """Powers from 1e-3 to 1e3 are within 2 ulp, unless the rate is nearly subnormal."""
    with flr.use_backend(backend):
        for t in telling_steps(schedule, np.random.default_rng(seed)):
            truth = oracle.exact(schedule, t)
            assert ulps(schedule(t), truth) <= bound, (t, schedule(t), float(truth))


@pytest.mark.parametrize(("backend", "bound"), BOUNDS)
@given(schedule=strategies.scalars, seed=st.integers(0, 2**32 - 1))
@examples(50)
def test_every_composition_adds_one_rounding_an_operation(backend, bound, schedule, seed):
    with flr.use_backend(backend):
        for t in strategies.interesting_steps(schedule, np.random.default_rng(seed), count=8):
            truth = oracle.exact(schedule, t)
            assert ulps(schedule(t), truth) <= (bound + 1) * operations(schedule), (
                t,
                schedule(t),
                float(truth),
            )


@pytest.mark.parametrize(("backend", "bound"), BOUNDS)
@pytest.mark.parametrize(
    ("init", "end", "period", "scale"),
    [
        (3.0, 50.0, 1, 0.9999999),
        (1e-9, 1.0, 1, 1 - 1e-12),
        (0.0, 1e-3, 1, 0.9999999),
        (1e-6, 6e-4, 7, 0.9),
    ],
)
def test_a_scale_near_one_loses_nothing(init, end, period, scale, backend, bound):
    """A slow rise per cycle is a small part of the level, and most of the rate."""
    schedule = flr.cosine_restarts(init, end, period, scale=scale)
    with flr.use_backend(backend):
        for t in (1, 2, 9, 60, 333):
            truth = oracle.exact(schedule, t)
            assert ulps(schedule(t), truth) <= bound + 1, (t, schedule(t), float(truth))
