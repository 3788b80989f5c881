"""Each rate of a float32 table is the float64 rate rounded once, at any range of steps."""

import numpy as np
import pytest
from equality import same
from instruction_sets import instruction_sets

import fastlr as flr

STEPS = 5_003
LENGTHS = [1, 2, 3, 64, 1_000, 1_001, STEPS, 2**26, 2**26 + 1, 2**50]
CURVES = {
    "linear": lambda n: flr.linear(0.1, 0.003, n),
    "square": lambda n: flr.polynomial(0.1, 0.003, n, power=2.0),
    "cosine": lambda n: flr.cosine(0.1, 0.003, n),
    "cosine, rising": lambda n: flr.cosine(0.003, 0.1, n),
}


@pytest.mark.parametrize("backend", ["native", "jit"])
@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("length", LENGTHS)
def test_a_float32_table_is_the_float64_table_rounded_once(length, name, backend):
    alone = CURVES[name](length)
    joined = flr.linear(0.0, 0.1, 77).then(alone)
    cycles = [alone.repeat(3), joined.repeat(3), joined.repeat(3, scale=0.5)]
    schedules = [alone, joined, *cycles, alone * 0.3, alone.clip(0.01, 0.05), alone + 0.1]
    with flr.use_backend(backend):
        for _ in instruction_sets(backend):
            for schedule in schedules:
                for start in (0, 1, 7, max(length // 2 - 999, 0), max(length - STEPS, 0)):
                    for n, step in ((STEPS, 1), (100, 3), (60, 17)):
                        steps = slice(start, start + n * step, step)
                        rates = schedule.table(steps.start, steps.stop, step)
                        single = schedule.table(steps.start, steps.stop, step, dtype="float32")
                        assert same(single, rates.astype(np.float32))


@pytest.mark.parametrize("backend", ["native", "jit"])
def test_a_cosine_has_the_rates_of_single_steps_where_squares_are_added(backend):
    """A table adds up the squares of the steps, up to 2^26 and in both directions."""
    for length in (STEPS, 2**26 - 1, 2**26):
        schedule = flr.cosine(0.1, 0.003, length)
        with flr.use_backend(backend):
            for step in (1, 2, 1_001):
                for start in (0, length // 2 - 700 * step, length - 900 * step):
                    start = max(start, 0)
                    rates = schedule.table(start, start + 1_000 * step, step)
                    singles = [schedule(t) for t in range(start, start + 1_000 * step, step)]
                    assert same(rates, np.array(singles))


@pytest.mark.parametrize("backend", ["native", "jit"])
@pytest.mark.parametrize("name", CURVES)
def test_a_long_curve_has_the_rates_of_single_steps(name, backend):
    """Lengths whose squares are not exact, around the middle, where the halves meet, and beyond."""
    for length in (2**26 + 1, 2**30 + 6, 2**53 - 1, 2**53):
        schedule = CURVES[name](length)
        with flr.use_backend(backend):
            for step in (1, 3):
                for start in (0, length // 2 - 700 * step, length - 900 * step):
                    n = (min(start + 1_000 * step, 2**53) - start) // step
                    rates = schedule.table(start, start + n * step, step)
                    single = schedule.table(start, start + n * step, step, dtype="float32")
                    alone = np.array([schedule(start + step * i) for i in range(n)])
                    assert same(rates, alone)
                    assert same(single, alone.astype(np.float32))


@pytest.mark.parametrize("backend", ["native", "jit"])
def test_nothing_is_written_past_a_float32_table(backend):
    schedule = flr.linear(0.0, 0.1, 50).then(flr.cosine(0.1, 0.0, 501))
    out = np.full(700, -1.0, dtype=np.float32)
    with flr.use_backend(backend):
        for n in range(1, 690, 7):
            schedule.table(n, out=out[:n])
            assert (out[n:] == -1.0).all()
            out[:n] = -1.0
