"""Tables of samples that are near each other are written in blocks. Their rates equal those of
single steps to the bit, and ``np.interp``.
"""

import numpy as np
import pytest
from equality import same

import fastlr as flr

COUNT = 50
EVERY = [1, 2, 3, 7, 8, 9, 10, 16, 63, 64, 65, 255, 256, 257]


def samples_of(every):
    return np.random.default_rng(every).uniform(0.01, 0.1, COUNT)


@pytest.mark.parametrize("backend", ["native", "jit"])
@pytest.mark.parametrize("interpolate", [False, True])
@pytest.mark.parametrize("every", EVERY)
def test_a_table_of_near_samples_has_the_rates_of_single_steps(every, interpolate, backend):
    schedule = flr.sampled(samples_of(every), every=every, interpolate=interpolate)
    steps = (COUNT + 1) * every
    with flr.use_backend(backend):
        rates = np.array([schedule(t) for t in range(steps)])
        for start in (0, 1, every, 3 * every - 1):
            for stop in (start + 1, 17 * every, 17 * every + 5, 33 * every - 1, steps):
                assert same(schedule.table(start, stop), rates[start:stop])
        assert same(schedule.table(0, steps, 2), rates[::2])
        assert same(schedule.table(steps, dtype="float32"), rates.astype(np.float32))


@pytest.mark.parametrize("backend", ["native", "jit", "reference"])
@pytest.mark.parametrize("every", EVERY)
def test_near_samples_are_held_or_joined_by_lines(every, backend):
    samples, steps = samples_of(every), np.arange((COUNT - 1) * every + 1)
    joined = np.interp(steps, np.arange(COUNT) * every, samples)
    with flr.use_backend(backend):
        held = flr.sampled(samples, every=every).table(steps.size)
        lines = flr.sampled(samples, every=every, interpolate=True).table(steps.size)
    assert same(held, samples[steps // every])
    np.testing.assert_allclose(lines, joined, rtol=1e-14)


@pytest.mark.parametrize("backend", ["native", "jit"])
def test_nothing_is_written_past_a_table_of_near_samples(backend):
    schedule = flr.sampled(samples_of(10), every=10, interpolate=True)
    out = np.full(400, -1.0)
    with flr.use_backend(backend):
        for n in range(1, 390):
            schedule.table(n, out=out[:n])
            assert (out[n:] == -1.0).all()
            out[:n] = -1.0
