"""The limits on how far a curve can reach exclude no curve that fits."""

import numpy as np
import pytest

import fastlr as flr
from fastlr.analysis.curve_fits import Log
from fastlr.analysis.curve_reach import Limits

CURVES = {
    "constant": flr.constant(0.3),
    "linear": flr.linear(0.1, 1.0, 200),
    "cosine": flr.cosine(1.0, 0.1, 200),
    "polynomial": flr.polynomial(1.0, 0.1, 200, power=8.0),
    "root": flr.polynomial(1.0, 0.1, 200, power=0.2),
    "root from its start": flr.polynomial(1.0, 0.1, 200, power=0.2, origin="start"),
    "tanh": flr.tanh(1.0, 0.1, 200, lower=-9.0, upper=9.0),
    "rex": flr.rex(1.0, 0.1, 200, 0.99),
    "exponential": flr.exponential_decay(1.0, gamma=0.9),
    "inverse": flr.inverse_power(1.0, 1.0, shift=1),
}


def log_of(rates, within=1e-6):
    return Log(np.arange(rates.size, dtype=np.float64), rates, 1, within * rates.max())


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("every", [1, 5])
def test_a_curve_is_within_the_limits(name, every):
    rng = np.random.default_rng(0)
    rates = CURVES[name].table(0, 200, every)
    rates = rates + 1e-6 * rates.max() * rng.uniform(-1, 1, rates.size)  # rounding of the log
    limits = Limits.of(log_of(rates))
    for start in (0, rates.size // 3):
        assert limits.of_curves(start) >= rates.size
        if name not in ("rex", "inverse"):  # which have a pole
            assert limits.of_smooth_curves(start) >= rates.size


def test_noise_ends_a_curve_after_a_few_samples():
    limits = Limits.of(log_of(np.random.default_rng(0).uniform(0.1, 1.0, 10_000)))
    assert np.mean([limits.of_curves(start) - start for start in range(9_000)]) < 10


def test_a_jump_between_levels_ends_a_smooth_curve():
    limits = Limits.of(log_of(np.repeat([0.1, 0.3, 0.7], 10)))
    assert limits.of_smooth_curves(0) == 10
    assert limits.of_smooth_curves(10) == 20
