"""Law 2: within 2 ulp of the formula in real numbers, on every step to 2^53, by a judge that shares no code."""

import math

import numpy as np
import oracle
import pytest
import schedules
from cases import BOUNDS
from hypothesis import given, settings
from hypothesis import strategies as st

import fastlr as flr

SMALLEST = 2.0**-1074


def ulps(rate: float, truth: oracle.mpf) -> float:
    """The error in units of the last place of the truth."""
    return float(abs(oracle.mpf(rate) - truth) / math.ulp(float(truth)))


def operations(schedule: flr.Schedule) -> int:
    """How many curves and operations a schedule is made of: each may add its own rounding."""

    def count(value: object) -> int:
        if isinstance(value, dict):
            return sum(1 + count(inner) if isinstance(inner, dict) else count(inner) for inner in value.values())
        return sum(map(count, value)) if isinstance(value, list) else 0

    return count(schedule.to_spec()["schedule"])


# exp_range is a product and a sum, and noam derives its peak: those are compositions, and pay for each operation
COMPOSED = {"exp_range": 5.0, "noam": 3.0}


@pytest.mark.parametrize(("backend", "bound"), BOUNDS)
@given(schedule=schedules.curves, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=150)
def test_every_shape_is_within_two_ulp(backend, bound, schedule, seed):
    allowed = bound + max((extra for word, extra in COMPOSED.items() if word in repr(schedule)), default=0.0)
    with flr.use_backend(backend):
        for t in schedules.interesting_steps(schedule, np.random.default_rng(seed)):
            truth = oracle.exact(schedule, t)
            assert ulps(schedule(t), truth) <= allowed, (t, schedule(t), float(truth))


@pytest.mark.parametrize(("backend", "bound"), BOUNDS)
@given(schedule=schedules.scalars, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=100)
def test_every_composition_adds_one_rounding_an_operation(backend, bound, schedule, seed):
    with flr.use_backend(backend):
        for t in schedules.interesting_steps(schedule, np.random.default_rng(seed), count=8):
            truth = oracle.exact(schedule, t)
            assert ulps(schedule(t), truth) <= (bound + 1) * operations(schedule), (t, schedule(t), float(truth))
