"""Curves in patches: 128 steps at a fixed place share a Taylor polynomial. Their rates follow the
formula, and have the same bits however you evaluate them.
"""

import math

import numpy as np
import oracle
import pytest
from equality import same
from instruction_sets import instruction_sets

import fastlr as flr

STEPS = 150_001
COMPILED = ["native", "jit"]
PATCHED = {
    "power 0.7": flr.polynomial(0.1, 0.0, STEPS, power=0.7),
    "power 0.7, rising": flr.polynomial(1e-3, 0.1, STEPS, power=0.7),
    "power 1e-3": flr.polynomial(0.1, 0.0, STEPS, power=1e-3),
    "power 5.5": flr.polynomial(0.1, 1e-4, STEPS, power=5.5),
    "power 18.5": flr.polynomial(0.1, 0.0, STEPS, power=18.5),
    "power 4, from the start": flr.polynomial(0.0, 0.1, STEPS, power=4.0, origin="start"),
    "power 0.5, from the start": flr.polynomial(0.1, 0.0, STEPS, power=0.5, origin="start"),
    "power 3, from the start": flr.polynomial(0.1, 1e-3, STEPS, power=3.0, origin="start"),
    "power 30": flr.polynomial(0.1, 0.0, STEPS, power=30.0),
    "exponential": flr.exponential(0.1, 1e-6, STEPS),
    "exponential, rising": flr.exponential(1e-6, 0.1, STEPS),
    "exponential, almost too fast": flr.exponential_decay(0.1, gamma=0.9997),
    "exponential, too fast": flr.exponential_decay(0.1, gamma=0.999),
    "exponential, past the last patch": flr.exponential_decay(0.1, gamma=0.9997) * 1e-25,
    "exponential, almost too slow": flr.exponential_decay(0.1, rate=2.0**-39),
    "inverse power 0.7": flr.inverse_power(0.1, power=0.7, shift=10),
    "inverse power 18": flr.inverse_power(0.1, power=18.0, shift=1_001),
    "inverse time, power 0.75": flr.inverse_time(0.1, rate=1e-4, power=0.75),
    "inverse time, power 100": flr.inverse_time(0.1, rate=1e-6, power=100.0),
    "inverse time, power 0.5": flr.inverse_time(0.1, rate=1.0, power=0.5),
    "cosine, k=0.7": flr.cosine(0.1, 0.0, STEPS, k=0.7),
    "cosine, k=0.7, to a level": flr.cosine(0.1, 0.01, STEPS, k=0.7),
    "cosine, k=0.7, rising": flr.cosine(0.0, 0.1, STEPS, k=0.7),
    "cosine, k=2": flr.cosine(0.1, 0.0, STEPS, k=2.0),
    "cosine, k=0.01": flr.cosine(0.1, 0.0, STEPS, k=0.01),
    "cosine, exponent 1.5": flr.cosine(0.1, 0.0, STEPS, exponent=1.5),
}
# steps to the last one whose distance is an integer in float64
ENDLESS = {
    "power 0.7, 2^52 steps": flr.polynomial(0.1, 0.0, 2**52, power=0.7),
    "power 0.5, from the start, 2^52 steps": flr.polynomial(
        0.1, 0.0, 2**52, power=0.5, origin="start"
    ),
    "cosine, k=0.7, 2^52 steps": flr.cosine(0.1, 0.0, 2**52, k=0.7),
    "cosine, k=2, 2^36 steps": flr.cosine(0.1, 0.0, 2**36, k=2.0),
    "exponential, 2^52 steps": flr.exponential(0.1, 0.05, 2**52),
    "inverse power 0.7, 2^52 steps": flr.inverse_power(0.1, power=0.7, shift=10),
    "inverse time, 2^52 steps": flr.inverse_time(0.1, rate=1e-14, power=3.0),
}


def telling_steps(last):
    """Steps at every distance from both ends, the edges of patches among them."""
    random = np.random.default_rng(0)
    near = (2 ** random.uniform(0, math.log2(last), 150)).astype(np.int64)
    edges = near // 128 * 128
    steps = np.concatenate([near, edges, edges - 1, [0]])
    return np.unique(np.clip(np.concatenate([steps, last - steps]), 0, last))


@pytest.mark.parametrize("backend", COMPILED)
@pytest.mark.parametrize("name", [*PATCHED, *ENDLESS])
@pytest.mark.exhaustive(one_in=5)
def test_every_rate_is_within_one_ulp(name, backend):
    schedule = {**PATCHED, **ENDLESS}[name]
    steps = telling_steps(schedule.steps or (2**52 if name in ENDLESS else STEPS))
    with flr.use_backend(backend):
        rates = schedule(steps)
    truths = [oracle.exact(schedule, int(t)) for t in steps]
    errors = [
        float(abs(oracle.mpf(rate) - truth)) / math.ulp(float(truth))
        for rate, truth in zip(rates.tolist(), truths, strict=True)
    ]
    assert max(errors) <= 1.0, steps[np.argmax(errors)]


@pytest.mark.parametrize("backend", COMPILED)
@pytest.mark.parametrize("name", PATCHED)
def test_every_step_follows_the_one_before(name, backend):
    """A curve that falls never rises, not even where one patch ends and the next begins."""
    with flr.use_backend(backend):
        rates = PATCHED[name].table(STEPS + 1)
    changes = np.diff(rates) if rates[-1] > rates[0] else -np.diff(rates)
    assert (changes >= 0).all(), np.flatnonzero(changes < 0)
    assert rates[-1] == PATCHED[name](STEPS)


@pytest.mark.parametrize("backend", COMPILED)
@pytest.mark.parametrize("name", PATCHED)
def test_any_way_to_evaluate_gives_the_same_rates(name, backend):
    schedule, steps = PATCHED[name], telling_steps(STEPS)
    with flr.use_backend("native"):
        table = schedule.table(STEPS + 1)
    with flr.use_backend(backend):
        for _ in instruction_sets(backend):
            for start, step in ((0, 1), (1, 1), (77, 1), (3, 3), (5, 127), (2, 128), (9, 1_000)):
                assert same(schedule.table(start, STEPS + 1, step), table[start::step])
            assert same(schedule.table(STEPS + 1, threads=2), table)
            assert same(schedule(steps), table[steps])
            assert same(np.array([schedule(int(t)) for t in steps]), table[steps])
            single = schedule.table(STEPS + 1, dtype="float32")
            assert same(single, table.astype(np.float32))


BATCHES = {  # of exponentials: the decay per step of each lane
    "all in patches": np.geomspace(1e-8, 1e-4, 2_500),
    "none in patches": np.geomspace(0.01, 0.1, 2_500),
    "of both kinds": np.geomspace(1e-7, 1e-2, 2_500),
    "some too slow": np.geomspace(1e-14, 1e-4, 2_500),
    "some too fast": np.geomspace(1e-7, 3.0, 2_500),
}


@pytest.mark.parametrize("backend", COMPILED)
@pytest.mark.parametrize("name", BATCHES)
def test_lanes_of_exponentials_have_the_rates_of_each(name, backend):
    """Lanes are evaluated at less work where all of them are in patches, or none."""
    paces, steps = BATCHES[name], (0, 1, 127, 128, 5_000, 600_000, 2**40 + 1)
    batch = flr.exponential_decay(0.1, rate=paces)
    some = range(0, paces.size, 83)
    alone = [flr.exponential_decay(0.1, rate=paces[i]) for i in some]
    with flr.use_backend(backend):
        for _ in instruction_sets(backend):
            for t in steps:
                assert same(batch(t)[:: some.step], np.array([schedule(t) for schedule in alone]))
