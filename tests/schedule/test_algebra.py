"""Test the algebra: joins, products, sums, bounds, delays, repeats, cooldowns, batches, and output
arrays.
"""

import itertools
import math
import tracemalloc
from collections.abc import Iterator
from fractions import Fraction

import mpmath
import numpy as np
import oracle
import pytest
import strategies
from example_counts import examples
from example_schedules import BACKENDS, BOUNDS, built
from fuzz.choices import REUSES
from hypothesis import assume, given
from hypothesis import strategies as st
from processes import run

import fastlr as flr

LAST = 2**53
seeds = st.integers(0, 2**32 - 1)
warm = flr.warmup_cosine(6e-4, 50, 400, end=6e-5)
decay = flr.exponential_decay(1.0, gamma=0.99)


def steps_of(*several: flr.Schedule, seed: int) -> np.ndarray:
    """The boundaries of schedules, their neighbours, and steps far from them."""
    rng = np.random.default_rng(seed)
    return np.array(
        sorted(
            {
                t
                for schedule in several
                for t in strategies.interesting_steps(schedule, rng, count=5)
            }
        )
    )


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal to the bit."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def ulps_apart(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference, in units of the last place."""
    return float(np.max(np.abs(a - b) / np.spacing(np.maximum(np.abs(a), np.abs(b)))))


# -- one after the other ---------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(a=strategies.finite_curves, b=strategies.curves, seed=seeds)
@examples(60)
def test_then_starts_each_part_at_its_own_step_0(backend, a, b, seed):
    assume(a.steps is not None and a.steps + (b.steps or 0) <= LAST)
    both = a.then(b)
    with flr.use_backend(backend):
        for t in map(int, steps_of(both, a, b, seed=seed)):
            assert both(t) == (a(t) if t < a.steps else b(t - a.steps))


@pytest.mark.parametrize("backend", BACKENDS)
@given(
    parts=st.lists(strategies.curves, min_size=3, max_size=3),
    at=st.lists(strategies.lengths, min_size=2, max_size=2),
    seed=seeds,
)
@examples(60)
def test_join_cuts_each_part_off_where_the_next_begins(backend, parts, at, seed):
    starts = [0, *sorted(at)]
    assume(starts[-1] + (parts[-1].steps or 0) <= LAST)
    joined = flr.join(parts, at=starts[1:])
    with flr.use_backend(backend):
        for t in map(int, steps_of(joined, seed=seed)):
            i = sum(start <= t for start in starts[1:])
            assert joined(t) == parts[i](t - starts[i])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_part_between_equal_starts_vanishes(backend):
    rows = [
        flr.constant(0.5),
        flr.cosine(9.0, 7.0, 3),
        flr.step_decay(8.0, 0.5, 2),
        flr.linear(1.0, 0.0, 4),
    ]
    with flr.use_backend(backend):
        assert same(
            flr.join(rows, at=[6, 6, 6]).table(20), flr.join([rows[0], rows[3]], at=[6]).table(20)
        )
        assert same(flr.join(rows, at=[0, 0, 0]).table(20), rows[3].table(20))


@pytest.mark.parametrize("backend", BACKENDS)
def test_only_the_piece_in_force_is_evaluated(backend):
    """Before its start a rising tail would be evaluated at negative steps, where a power of the
    step has no value.
    """
    joined = flr.join(
        [flr.constant(0.2), flr.polynomial(1e-7, 0.1, 5, power=0.3), flr.inverse_power(0.1, 0.5)],
        at=[90, 95],
    )
    with flr.use_backend(backend):
        table = joined.table(200)
    assert np.all(table[:90] == 0.2)
    assert table[95] == 0.1
    assert np.all(np.isfinite(table))


@given(
    parts=st.lists(
        strategies.finite_curves.filter(lambda s: s.steps is not None), min_size=3, max_size=3
    ),
    seed=seeds,
)
@examples(40)
def test_then_is_associative(parts, seed):
    a, b, c = parts
    assume(a.steps + b.steps + c.steps <= LAST)
    left, right = a.then(b).then(c), a.then(b.then(c))
    steps = steps_of(left, right, seed=seed)
    assert same(left(steps), right(steps))
    assert same(np.asarray(left.program), np.asarray(right.program))


# -- products, sums and bounds ---------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("a", "b"),
    [*itertools.product([warm, decay, flr.cyclic(0.1, 0.3, 7), flr.noam(512, 60)], repeat=2)],
)
def test_operations_act_on_the_rates(a, b, backend):
    with flr.use_backend(backend):
        x, y = a.table(1_000), b.table(1_000)
        assert same((a * b).table(1_000), x * y)
        assert same((a + b).table(1_000), x + y)
        assert same(a.minimum(b).table(1_000), np.minimum(x, y))
        assert same(a.maximum(b).table(1_000), np.maximum(x, y))
        assert same(a.clip(1e-4, 0.2).table(1_000), np.clip(x, 1e-4, 0.2))
        assert same((a + 0.25).table(1_000), x + 0.25)


@pytest.mark.parametrize("operation", ["__mul__", "__add__", "minimum", "maximum"])
@given(a=strategies.curves, b=strategies.curves, seed=seeds)
@examples(30)
def test_operations_commute(operation, a, b, seed):
    steps = steps_of(a, b, seed=seed)
    assert same(getattr(a, operation)(b)(steps), getattr(b, operation)(a)(steps))


@pytest.mark.parametrize(("backend", "bound"), BOUNDS)
@pytest.mark.parametrize("factor", [0.1, 1 / 3, 7.0, 1e-9])
@pytest.mark.parametrize(
    ("schedule", "weight"),
    [
        (
            flr.linear(0.3, 0.1, 1_000),
            lambda p: mpmath.mpf(0.1) + (mpmath.mpf(0.3) - mpmath.mpf(0.1)) * (1 - p),
        ),
        (
            flr.polynomial(0.3, 0.0, 1_000, power=0.9),
            lambda p: mpmath.mpf(0.3) * (1 - p) ** mpmath.mpf(0.9),
        ),
        (
            flr.cosine(0.3, 0.0, 1_000),
            lambda p: mpmath.mpf(0.3) * (1 + mpmath.cos(mpmath.pi * p)) / 2,
        ),
        (
            flr.exponential_decay(0.3, rate=0.001),
            lambda p: mpmath.mpf(0.3) * mpmath.exp(-mpmath.mpf(0.001) * p * 1_000),
        ),
    ],
)
@pytest.mark.exhaustive(one_in=5)
def test_a_factor_is_taken_into_the_levels(schedule, weight, factor, backend, bound):
    """Within the bound of a curve by itself: a factor applied after it would add a rounding."""
    with flr.use_backend(backend), mpmath.workprec(300):
        rates = (schedule * factor).table(1_000)
        truths = [mpmath.mpf(factor) * weight(mpmath.mpf(t) / 1_000) for t in range(1_000)]
    assert (
        max(
            abs(rate - truth) / math.ulp(float(truth))
            for rate, truth in zip(rates, truths, strict=True)
        )
        <= bound
    )


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=strategies.scalars, exponent=st.integers(-20, 20), seed=seeds)
@examples(60)
def test_a_power_of_two_scales_every_rate_exactly(backend, schedule, exponent, seed):
    steps = steps_of(schedule, seed=seed)
    with flr.use_backend(backend):
        rates = schedule(steps)
        # no subnormal rates, nor any so small that it rounds to 0 before it is scaled up
        assume(
            all(
                rate > 1e-290 or (rate == 0 and oracle.exact(schedule, t) == 0)
                for t, rate in zip(steps.tolist(), rates.tolist(), strict=True)
            )
        )
        assert same((schedule * 2.0**exponent)(steps), rates * 2.0**exponent)


def test_a_factor_of_0_leaves_0():
    assert np.all((flr.exponential(1e-5, 1.0, 100).then(warm) * 0.0).table(600) == 0.0)


def test_minimum_and_maximum_are_associative():
    a, b, c = warm, flr.cyclic(1e-5, 5e-4, 20), flr.constant(3e-4)
    assert same(a.minimum(b).minimum(c).table(900), a.minimum(b.minimum(c)).table(900))
    assert same(a.maximum(b).maximum(c).table(900), a.maximum(b.maximum(c)).table(900))


@pytest.mark.parametrize(
    "compose",
    [lambda s: s.clip(0.2, 0.9), lambda s: s + 0.1, lambda s: s.maximum(0.2), lambda s: s * 3.0],
)
def test_a_number_does_not_keep_a_schedule_from_ending(compose):
    line = flr.linear(1.0, 0.0, 10)
    assert compose(line).steps == 10
    assert compose(line).then(flr.constant(0.05))(10) == 0.05


# -- delays and repeats ----------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(
    schedule=strategies.scalars.filter(lambda s: s.past_end == "hold"),
    wait=st.integers(0, 10**6),
    seed=seeds,
)
@examples(60)
def test_delay_holds_the_first_rate_and_then_starts(backend, schedule, wait, seed):
    assume((schedule.steps or 0) + wait <= LAST)
    delayed = schedule.delay(wait)
    with flr.use_backend(backend):
        for t in map(int, steps_of(delayed, seed=seed)):
            assert delayed(t) == schedule(max(t - wait, 0))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "body",
    [
        flr.linear(1.0, 0.25, 7),
        flr.wsd(1.0, 2, 3, 5, end=0.5),
        warm,
        flr.sampled([1.0, 3.0, 0.5], 4),
        warm + 0.25,
    ],
)
def test_repeat_repeats_the_body(body, backend):
    with flr.use_backend(backend):
        once, n = body.table(body.steps), body.steps
        assert same(body.repeat().table(5 * n + 3), np.concatenate([*[once] * 5, once[:3]]))
        assert same(
            body.repeat(times=3).table(3 * n + 4), np.concatenate([*[once] * 3, [body(n)] * 4])
        )
        assert body.repeat(times=3).steps == 3 * n
        halved = body.repeat(scale=0.5).table(4 * n)
        assert same(halved, np.concatenate([once * 0.5**i for i in range(4)]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_repeats_nest(backend):
    inner = flr.linear(1.0, 0.5, 4).then(flr.cosine(0.5, 0.125, 2))
    both = inner.repeat(times=3, scale=0.5).repeat(times=2, scale=0.25).then(flr.constant(0.1))
    with flr.use_backend(backend):
        once = inner.table(6)
        thrice = np.concatenate([once, once / 2, once / 4])
        assert same(both.table(40), np.concatenate([thrice, thrice / 4, [0.1] * 4]))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("stretch", [1.5, 2.0, 3.0, 1.1])
def test_a_stretched_repeat_moves_every_boundary_and_keeps_the_curves(stretch, backend):
    body = flr.wsd(1.0, 2, 3, 5, end=0.25)
    begins = [round(10 * sum(Fraction(stretch) ** j for j in range(i))) for i in range(8)]
    repeated = body.repeat(stretch=stretch, scale=0.5)
    with flr.use_backend(backend):
        for i, (start, stop) in enumerate(itertools.pairwise(begins)):
            warmup, cooldown = round((stop - start) * 0.2), round((stop - start) * 0.5)
            cycle = repeated.table(start, stop)
            assert cycle[0] == 0.0
            assert np.all(cycle[warmup:cooldown] == 0.5**i)
            assert np.all(np.diff(cycle[: warmup + 1]) > 0)
            assert np.all(np.diff(cycle[cooldown:]) < 0)
            expected = flr.linear(0.5**i, 0.25 * 0.5**i, stop - start - cooldown)
            assert ulps_apart(cycle[cooldown:], expected.table(stop - start - cooldown)) <= 2


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_stretched_repeat_ends_after_so_many_times(times):
    repeated = flr.linear(1.0, 0.5, 10).repeat(times=times, stretch=2.0, scale=0.5)
    assert repeated.steps == 10 * (2**times - 1)
    assert repeated(repeated.steps - 1) > repeated(repeated.steps) == repeated(LAST) == 0.5**times


NEAR_1 = [(10, 1.0006), (1, 1.001), (12_345, 1.0013), (2**40 + 1, 1.01), (7, 1.1)]


def begins_of(period: int, stretch: float) -> list[int]:
    """The first steps of all cycles, each the integer nearest to the exact sum, in a loop over
    cycles.
    """
    begins, power, total = [0], mpmath.mpf(1), mpmath.mpf(0)
    with mpmath.workprec(400):
        while begins[-1] <= LAST:
            total += period * power
            power *= mpmath.mpf(stretch)
            begins.append(int(mpmath.nint(total)))
    return begins[:-1]


@pytest.mark.parametrize(("period", "stretch"), NEAR_1)
def test_cycles_that_grow_by_little_begin_where_the_exact_sum_says(period, stretch):
    schedule = flr.linear(1.0, 0.0, period).repeat(stretch=stretch)
    begins = begins_of(period, stretch)
    assert schedule.boundaries == tuple(begins[1:])
    assert schedule.program.size <= 45 * len(begins) + 100
    times = len(begins) // 2
    assert flr.linear(1.0, 0.0, period).repeat(times, stretch=stretch).steps == begins[times]


BODIES = [
    lambda steps, level: flr.linear(level, 0.25 * level, steps),
    lambda steps, level: flr.cosine(0.25 * level, level, steps),
    lambda steps, level: flr.polynomial(level, 0.0, steps, power=2.5),
    lambda steps, level: flr.linear(level, 0.5 * level, steps) * flr.cosine(1.0, 0.5, steps),
    lambda steps, level: flr.linear(level, 0.1 * level, steps).clip(0.2 * level, 0.8 * level),
    lambda steps, level: flr.exponential(level, 2.0**-20 * level, steps),
    lambda steps, level: flr.tanh(level, 0.25 * level, steps),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("period", "stretch"), NEAR_1)
@pytest.mark.exhaustive(one_in=13)
def test_each_cycle_is_its_body_at_its_own_length(body, period, stretch, backend):
    begins = begins_of(period, stretch)
    alike, halved = (
        body(period, 1.0).repeat(stretch=stretch),
        body(period, 1.0).repeat(stretch=stretch, scale=0.5),
    )
    with flr.use_backend(backend):
        for i in {*range(0, len(begins) - 1, len(begins) // 4), 1, 2, len(begins) - 2}:
            start, length = begins[i], begins[i + 1] - begins[i]
            local_steps = np.unique([0, 1, length // 3, length // 2, length - 1])
            local_steps = local_steps[(local_steps < length) & (start + local_steps <= LAST)]
            assert same(alike(start + local_steps), body(length, 1.0)(local_steps))
            if i < 900:
                assert same(halved(start + local_steps), body(length, 0.5**i)(local_steps))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("curve", [flr.exponential, flr.tanh])
@pytest.mark.exhaustive(one_in=5)
def test_cycles_of_tiny_levels_have_the_bits_of_each_lane(curve, backend):
    levels = 2.0 ** np.array([0.0, -650.0, -690.0, -720.0, -950.0])
    batch = curve(levels, 2.0**-10 * levels, 10).repeat(60, stretch=1.05, scale=0.25)
    steps = np.arange(0, batch.steps.max() + 9)
    with flr.use_backend(backend):
        for lane, level in enumerate(levels):
            assert same(batch[lane](steps), batch(steps)[lane])
            if level == 2.0**-690:  # its cycles begin above 2^-700 and end below
                begins = [0, *batch[lane].boundaries]
                for i in range(9):
                    height = level * 0.25**i
                    cycle = curve(height, 2.0**-10 * height, begins[i + 1] - begins[i])
                    assert same(
                        batch[lane](np.arange(begins[i], begins[i + 1])),
                        cycle(np.arange(begins[i + 1] - begins[i])),
                    )


def test_a_batch_of_cycles_that_grow_by_little_has_the_bits_of_each_lane():
    lanes = [1.0008, 1.5, 1.001, 2.0]
    batch = (
        flr.linear([1.0, 2.0, 0.5, 0.3], 0.25, [10, 7, 1, 3])
        .repeat(stretch=lanes, scale=[1.0, 0.5, 0.999, 1.0])
        .delay(3)
    )
    steps = np.concatenate([np.arange(400), 3 + 2 ** np.arange(53), 10 ** np.arange(15)])
    for lane in range(4):
        assert same(batch(steps)[lane], batch[lane](steps))
    assert same(flr.stack([batch[0], batch[2], batch[0] * 0.5])(steps)[:2], batch(steps)[[0, 2]])


@pytest.mark.parametrize("stretch", [1.0006, 1.1089552352889924, 1.37, 3.0])
@pytest.mark.parametrize(("steps", "wait"), [(30_452, 3), (10, 5), (7, 100)])
def test_a_delay_within_cycles_that_grow_ends_with_its_cycle(steps, wait, stretch):
    schedule = flr.linear(1.0, 0.2, steps).delay(wait).repeat(stretch=stretch)
    begins = begins_of(steps + wait, stretch)
    for i in range(0, len(begins) - 1, max(1, len(begins) // 20)):
        length = begins[i + 1] - begins[i]
        begun = round(wait * (length / (steps + wait)))
        cycle = flr.linear(1.0, 0.2, length - begun).delay(begun)
        local_steps = np.unique([0, begun, begun + 1, length // 2, length - 1])
        assert same(schedule(begins[i] + local_steps), cycle(local_steps))


# -- cooldowns -------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "shape", ["linear", "cosine", "1-sqrt", "sqrt", "polynomial", "exponential"]
)
@given(schedule=strategies.scalars, at=st.integers(0, 10**6), steps=st.integers(1, 10**6))
@examples(25)
def test_a_cooldown_begins_at_the_rate_it_leaves(shape, backend, schedule, at, steps):
    with flr.use_backend("reference"):
        level = schedule(at)
    assume(level / 8 > 0)  # an exponential does not end at 0, to which a subnormal level rounds
    cooled = schedule.cooldown(at=at, steps=steps, end=level / 8, shape=shape)
    with flr.use_backend(backend):
        assert cooled(at) == level
        assert abs(cooled(at) - schedule(at)) <= 64 * np.spacing(level)
        assert not at or cooled(at - 1) == schedule(at - 1)
        assert cooled(at + steps) == cooled(LAST) == level / 8


@pytest.mark.parametrize("backend", BACKENDS)
def test_branches_of_a_cooldown_are_a_batch(backend):
    at = np.array([0, 10, 49, 50, 51, 399, 400, 900])
    with flr.use_backend(backend):
        branches = warm.cooldown(at=at, steps=100)
        assert branches.shape == (8,)
        for branch, start in zip(branches, at, strict=True):
            assert same(branch.table(1_100), warm.cooldown(at=int(start), steps=100).table(1_100))
            assert same(branch.table(int(start)), warm.table(int(start)))


# -- sums and extremes -----------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=strategies.scalars, stop=st.integers(1, 3_000))
@examples(60)
def test_sum_max_and_min_are_those_of_the_table(backend, schedule, stop):
    with flr.use_backend(backend):
        table = schedule.table(stop)
        assert schedule.sum(stop) == pytest.approx(math.fsum(table), rel=1e-14, abs=5e-324)
        assert (schedule.max(stop), schedule.min(stop)) == (table.max(), table.min())
        assert schedule.sum(0) == 0.0


@pytest.mark.parametrize(
    ("schedule", "total"),
    [
        (flr.linear(1.0, 0.0, 10**7), Fraction(10**7 + 1, 2)),
        (flr.linear(0.1, 0.1, 10**7), Fraction(0.1) * 10**7),
        (flr.cosine(1.0, 0.0, 10**7), Fraction(10**7 + 1, 2)),
        (flr.step_decay(1.0, 0.5, 10**6), Fraction(10**6) * (2 - Fraction(1, 2**9))),
    ],
)
def test_the_sum_of_ten_million_steps_is_the_closed_form(schedule, total):
    assert abs(Fraction(schedule.sum(10**7)) / total - 1) < 1e-12


def test_the_sum_of_a_batch_is_that_of_its_lanes():
    batch = flr.cosine(np.array([[0.1], [3.0]]), 1e-4, [10, 70_000, 100_000])
    lanes = [batch[i] for i in np.ndindex(batch.shape)]
    assert batch.sum(90_000).shape == (2, 3)
    assert batch.sum(90_000).ravel() == pytest.approx(
        [lane.sum(90_000) for lane in lanes], rel=1e-14
    )
    assert batch.max(90_000).ravel().tolist() == [lane.max(90_000) for lane in lanes]
    assert batch.min(90_000).ravel().tolist() == [lane.min(90_000) for lane in lanes]


# -- batches ---------------------------------------------------------------------------------------

column, row = np.array([[0.1], [0.25], [3.0]]), np.array([0.0, 0.1, 0.01, 1e-3])
lengths = np.array([0, 5, 60, 900])
BATCHES = {
    "linear": flr.linear(column, row, lengths),
    "power differs": flr.polynomial(column, 0.0, 60, power=np.array([0.5, 1.0, 2.0, 3.0])),
    "exponent differs": flr.cosine(column, row, 60, exponent=np.array([1.0, 2.0, 1.0, 0.5])),
    "k differs": flr.cosine(column, 0.0, lengths, k=np.array([1.0, 2.0, 1.0, 0.5])),
    "stretch differs": flr.cosine_restarts(
        column, 1e-3, 7, stretch=np.array([1.0, 1.5, 2.0, 1.0]), scale=0.7
    ),
    "times differ": flr.linear(column, 0.1, 6).repeat(
        times=np.array([1, 2, 3, 4]), stretch=np.array([1.0, 2.0, 1.0, 1.5])
    ),
    "wsd": flr.wsd(column, [1, 2, 3, 4], 10, lengths, end=1e-4, shape="1-sqrt"),
    "noam": flr.noam(np.array([[64], [512], [768]]), [1, 10, 100, 1_000]),
    "one_cycle": flr.one_cycle(column, [10, 20, 30, 40], phases=3),
    "cyclic": flr.cyclic(
        row, np.maximum(column, row), [3, 1, 4, 1], mode="exp_range", gamma=[1.0, 0.9, 0.99, 1.0]
    ),
    "step_decay": flr.step_decay(column, [0.0, 0.5, 0.9, 1.0], [1, 2, 3, 4]),
    "exponential_decay": flr.exponential_decay(
        column, gamma=[1.0, 0.5, 0.9, 0.999], every=[1, 2, 3, 4]
    ),
    "inverse_time": flr.inverse_time(column, row, [1, 2, 3, 4]),
    "sampled": flr.sampled(np.arange(60.0).reshape(3, 4, 5), [1, 3, 7, 2], interpolate=True),
    "piecewise_constant": flr.piecewise_constant(
        np.arange(9.0).reshape(3, 1, 3), np.array([[1, 5], [2, 6], [3, 7], [4, 8]])
    ),
    "a product": flr.linear(column, 0.0, 50) * flr.step_decay(1.0, [0.5, 0.6, 0.7, 0.8], 10),
    "a factor": flr.tanh(1.0, 0.0, 50) * (column + row),
    "a clip": flr.rex(1.0, 0.0, 50).clip(0.1 * column, 0.1 * column + row),
    "a delay": flr.linear(column, 0.0, 20).delay([0, 1, 5, 90]),
    "a join": flr.join(
        [flr.constant(column), flr.linear(1.0, row, 30)], at=np.array([[0], [5], [7], [99]])
    ),
    "a cooldown": flr.constant(column).cooldown(at=[0, 5, 50, 500], steps=20),
    "an end": flr.linear(column, row, [1, 5, 60, 900]).with_past_end("repeat"),
    "a stack": flr.stack(
        [flr.linear(1.0, row, 20), flr.cosine(1.0, row, 30), flr.inverse_sqrt(row, 5)]
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.exhaustive(one_in=5)
def test_a_batch_is_its_lanes_to_the_bit(name, backend):
    batch = BATCHES[name]
    steps = np.array([0, 1, 4, 5, 6, 20, 59, 60, 61, 899, 900, 10**6, LAST])
    with flr.use_backend(backend):
        assert batch.shape == (3, 4)
        table, rates, scattered = batch.table(950), batch(17), batch(steps)
        for i in np.ndindex(batch.shape):
            assert same(table[i], batch[i].table(950))
            assert rates[i] == batch[i](17)
            assert same(scattered[i], batch[i](steps))
            assert same(np.array([batch(int(t))[i] for t in steps]), batch[i](steps))


def test_a_million_lanes_of_different_curves_are_not_taken_one_by_one():
    power = np.tile([1.0, 2.0, 3.0, 4.0], 50_000)
    batch = flr.polynomial(1.0, 0.0, 100, power=power)
    assert int(batch.program[2]) == 3
    assert same(
        batch(37)[:4],
        np.array([flr.polynomial(1.0, 0.0, 100, power=p)(37) for p in (1.0, 2.0, 3.0, 4.0)]),
    )


# -- where a table may go --------------------------------------------------------------------------

mixed = flr.stack([warm, warm * decay, flr.cyclic(0.1, 0.3, 7), flr.constant(0.5)])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "schedule", [warm, mixed, warm * decay, flr.cyclic(0.1, 0.3, 7, mode="triangular2").delay(99)]
)
def test_a_table_into_out_takes_a_mebibyte_at_most(schedule, backend):
    out = np.empty((*schedule.shape, 200_000))
    with flr.use_backend(backend):
        schedule.table(10, out=out[..., :10].copy())
        tracemalloc.start()
        schedule.table(200_000, out=out)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak <= 2**20


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("schedule", [warm, flr.linear(np.ones(50), 0.0, 10)])
def test_a_sum_makes_no_table(schedule, backend):
    with flr.use_backend(backend):
        schedule.sum(10)
        tracemalloc.start()
        schedule.sum(100_000)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak <= 3 * 2**20


def outs(shape: tuple[int, ...], folder) -> dict[str, np.ndarray]:
    """Float64 arrays of this shape, none of them laid out as the others."""
    *lanes, n = shape
    memory = np.memmap(folder / "rates", dtype=np.float64, mode="w+", shape=shape)
    return {
        "contiguous": np.empty(shape),
        "strided": np.full((*lanes, 3 * n), -1.0)[..., 1::3],
        "backwards": np.empty(shape)[..., ::-1],
        "Fortran": np.empty(shape, order="F"),
        "memmap": memory,
        "memmap backwards": memory[..., ::-1],
        "lanes apart": np.full((2, *lanes, n), -1.0)[1],
        "unaligned": np.empty(8 * math.prod(shape) + 1, np.uint8)[1:]
        .view(np.float64)
        .reshape(shape),
    }


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("schedule", [warm, mixed, BATCHES["linear"], BATCHES["power differs"]])
def test_out_of_any_layout_takes_the_same_bits(schedule, backend, tmp_path):
    with flr.use_backend(backend):
        table = schedule.table(20, 5_000, 3)
        for name, out in outs(table.shape, tmp_path).items():
            assert schedule.table(20, 5_000, 3, out=out) is out, name
            assert same(np.ascontiguousarray(out), table), name
        single = np.empty(table.shape, np.float32)
        unaligned = (
            np.empty(4 * single.size + 1, np.uint8)[1:].view(np.float32).reshape(single.shape)
        )
        for out in (
            single,
            single[..., ::-1],
            np.empty(table.shape, np.float32, order="F"),
            unaligned,
        ):
            schedule.table(20, 5_000, 3, out=out)
            assert same(np.ascontiguousarray(out), table.astype(np.float32))


@pytest.mark.parametrize("backend", BACKENDS)
def test_steps_of_any_layout_give_the_same_bits(backend):
    steps = np.arange(200)
    unaligned = np.empty(8 * steps.size + 1, np.uint8)[1:].view(np.int64)
    unaligned[:] = steps
    frozen = steps.copy()
    frozen.flags.writeable = False
    with flr.use_backend(backend):
        for t in (
            unaligned,
            frozen,
            steps.astype(">i8"),
            steps.astype(np.uint8),
            np.repeat(steps, 3)[::3],
        ):
            assert same(warm(t), warm.table(200))


def test_a_strided_out_leaves_what_lies_between_alone():
    whole = np.full(3_000, -1.0)
    warm.table(1_000, out=whole[1::3])
    assert same(whole[1::3].copy(), warm.table(1_000))
    assert np.all(whole[0::3] == -1.0)
    assert np.all(whole[2::3] == -1.0)


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.full(9, -1.0), ValueError, "out must have shape"),
        (np.full((1, 10), -1.0), ValueError, "out must have shape"),
        (np.full(10, -1), TypeError, "out must be float64 or float32, got int64"),
        (np.full(10, -1.0, np.float16), TypeError, "out must be float64 or float32, got float16"),
        (np.full(10, -1.0, ">f8"), TypeError, "out must be float64 or float32"),
        (np.broadcast_to(-1.0, 10), ValueError, "out must be writeable"),
    ],
)
def test_an_out_that_is_refused_is_left_alone(out, error, message):
    with pytest.raises(error, match=f"table: {message}"):
        warm.table(10, out=out)
    assert np.all(out == -1)


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("(constant(1e-290) * constant(1e290)) * 1e-300", 1e-300),
        ("(constant([1e-290, 1.0]) * constant([1e290, 1.0])) * 1e-300 * 1e100", [1e-200, 1e-200]),
        ("(linear(1e-200, 0.0, 10) * linear(1e250, 0.0, 10)) * 1e-150", 1e-100),
    ],
)
def test_a_factor_of_a_product_goes_where_it_fits(text, rate, name):
    with flr.use_backend(name):
        np.testing.assert_allclose(built(text)(0), rate, rtol=1e-15)


# -- parts that are used several times -------------------------------------------------------------

LINE = flr.linear(1.0, 0.5, 10)


def grown(schedule: flr.Schedule, reuse) -> Iterator[flr.Schedule]:
    """A schedule made of the last, for ever."""
    while True:
        schedule = reuse(schedule)
        yield schedule


@pytest.mark.parametrize("reuse", REUSES)
@pytest.mark.exhaustive(one_in=5)
def test_an_expression_of_its_own_result_is_refused_once_it_is_large(reuse):
    found = [LINE]
    rule = (
        r"^\w+: the program must have at most [0-9,]+ segments for a schedule of this many "
        r"different parts, got up to [0-9,]+; a part counts "
    )
    with pytest.raises(ValueError, match=rule):
        found.extend(itertools.islice(grown(LINE, reuse), 100))
    schedule, times = found[-1], len(found)
    assert 4 <= times <= 14
    assert max(schedule._node.segment_count, schedule._call.uses) <= 16_384
    assert schedule.program.size <= 64 * schedule._node.segment_count


@pytest.mark.exhaustive
def test_the_size_of_a_schedule_is_what_it_consists_of_not_how_deep_it_is():
    schedule = LINE
    for _ in range(99):
        schedule = schedule.then(LINE)
    assert schedule.steps == 1_000
    many = flr.join([flr.linear(1.0, 0.5, i) for i in range(1, 20_001)], range(1, 20_000))
    assert flr.stack([many, many * 0.5])(5).tolist() == [many(5), many(5) * 0.5]
    groups = flr.stack([many[()].skip(i) for i in range(3)] + [LINE] * 5_000)
    assert groups.shape == (5_003,)


@pytest.mark.parametrize("times", [1, 5, 9])
def test_shared_parts_have_the_rates_of_the_formula(times):
    alike = {"+": LINE, "*": LINE, "then": LINE, "max": LINE, "join": LINE}
    for _ in range(times):
        alike["+"] = alike["+"] + alike["+"]
        alike["*"] = alike["*"] * alike["*"]
        alike["then"] = alike["then"].then(alike["then"])
        alike["max"] = alike["max"].maximum(alike["max"])
        alike["join"] = flr.join([alike["join"]] * 2, [5])
    table, count = LINE.table(20), 2**times
    assert same(alike["+"].table(20), table * count)
    assert np.allclose(alike["*"].table(20), table**count, rtol=1e-12, atol=0.0)
    assert same(alike["then"].table(10 * count), np.tile(table[:10], count))
    assert same(alike["max"].table(20), table)
    assert same(alike["join"].table(5 * times), np.tile(table[:5], times))


# -- short forms -----------------------------------------------------------------------------------


def test_a_schedule_is_divided_by_numbers():
    s = flr.cosine(1.0, 0.1, 100)
    assert s / 2 == s * 0.5
    assert s / [2, 4] == s * [0.5, 0.25]
    assert (s / 3)(7) == pytest.approx(s(7) / 3, rel=1e-15)
    assert flr.parse("cosine(1.0, 0.1, 100) / 2") == s / 2


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        (
            "5e-3:100, 1e-3:1000, 1e-5",
            flr.piecewise_constant([5e-3, 1e-3, 1e-5], [100, 1_000]),
        ),
        ("0.1:1_000,0.01", flr.piecewise_constant([0.1, 0.01], [1_000])),
        ("linear(1/2, 0, 10**3)", flr.linear(0.5, 0.0, 1_000)),
        ("linear(10**-3, 0, 2 * n**2)", flr.linear(1e-3, 0.0, 200)),
        ("linear(n**-1, 0, 1e3)", flr.linear(0.1, 0.0, 1_000)),
    ],
)
def test_parse_takes_short_forms(text, schedule):
    assert flr.parse(text, **({"n": 10} if "n**" in text else {})) == schedule


def test_lines_go_through_their_points():
    s = flr.piecewise_linear([[0.1, 1.0, 0.3], [0.2, 0.0, 0.3]], at=[5, 7, 107])
    assert s(np.array([0, 5, 7, 107, 10**6])).tolist() == [
        [0.1, 0.1, 1.0, 0.3, 0.3],
        [0.2, 0.2, 0.0, 0.3, 0.3],
    ]
    assert s[0].boundaries == (5, 7, 107)
    assert np.array_equal(s.steps, [107, 107])
    assert flr.piecewise_linear([1.0], [5])(3) == 1.0
    assert same(s[1].table(120), s.table(120)[1])


@pytest.mark.parametrize("steps", [1e5, np.float64(1e5), 1e5 + 0j.real, [1e5, 2e5]])
def test_a_whole_float_is_a_number_of_steps(steps):
    whole = np.asarray(steps).astype(int).tolist()
    assert flr.linear(1.0, 0.0, steps) == flr.linear(1.0, 0.0, whole)


def test_a_table_has_the_length_of_the_run():
    s = flr.linear(1.0, 0.0, steps=1e2)
    assert same(s.table(), s.table(100))
    assert same(s.table(1e1), s.table(10))
    assert s.table(dtype="float32").dtype == np.float32
    assert flr.linear(1.0, 0.0, [5, 9]).table().shape == (2, 9)
    cosine = flr.presets.torch.CosineAnnealingLR(0.1, T_max=90)
    assert same(cosine.table(), cosine.table(90))


# -- differences -----------------------------------------------------------------------------------

TWO_LEVELS = [
    flr.linear(0.0, 1.0, 50),
    flr.cosine(1.0, 0.1, 50),
    flr.rex(1.0, 0.0, 50),
    flr.tanh(1.0, 0.0, 50),
    flr.logarithmic(0.0, 1.0, 50),
    flr.polynomial(1.0, 0.1, 50, power=1.5),
    flr.affine_exponential(1.0, 0.1, 50),
    flr.wsd(1.0, 10, 20, 20),
    flr.sampled([0.3, 1.0, 0.2, 0.8], every=15, interpolate=True),
    flr.sampled([0.3, 1.0, 0.2, 0.8], every=15),
    flr.linear(0.0, 1.0, 50).clip(0.2, 0.6),
    flr.linear(0.0, 0.5, 50) + flr.cosine(0.5, 0.1, 50),
    flr.cosine(1.0, 0.1, 10).repeat(4, scale=0.5),
    flr.cosine(1.0, 0.1, 10).repeat(3, scale=0.5, stretch=2.0),
    flr.cosine(1.0, 0.1, 30).delay(5),
    flr.cosine(1.0, 0.1, 300).paced([7]),
    flr.cosine(1.0, 0.1, 7).staircase(5),
    flr.cosine(1.0, 0.1, 30).with_past_end("zero"),
    flr.linear([0.0, 1.0], [1.0, 0.2], 50),
    flr.constant(1.0) - flr.linear(0.2, 0.9, 40),
]


@pytest.mark.parametrize("backend", ["native", "reference"])
@pytest.mark.parametrize("subtracted", TWO_LEVELS)
def test_a_difference_is_that_of_the_rates(subtracted, backend):
    larger = flr.linear(2.0, 1.5, 60)
    difference = larger - subtracted
    with flr.use_backend(backend):
        rates = larger.table(90) - subtracted.table(90)
        assert np.allclose(difference.table(90), rates, rtol=1e-14, atol=1e-15)
        assert np.allclose(difference.sum(90), rates.sum(axis=-1), rtol=1e-12)
        assert np.allclose(difference.max(90), rates.max(axis=-1), rtol=1e-14)
        assert np.allclose(difference.min(90), rates.min(axis=-1), rtol=1e-13)
        assert np.all(difference.argmin(90) == rates.argmin(axis=-1))
        back = 3.0 - difference
        assert np.allclose(back.max(90), 3.0 - rates.min(axis=-1), rtol=1e-14)
    assert flr.parse(repr(difference)) == difference
    assert flr.from_spec(difference.to_spec()) == difference


def test_a_rate_minus_a_schedule():
    assert repr(1 - flr.linear(0.0, 1.0, 10)) == (
        "constant(value=1.0) - linear(init=0.0, end=1.0, steps=10)"
    )
    assert (1 - flr.linear(0.0, 1.0, 10))(10) == 0.0
    assert (flr.exponential_decay(1.0, gamma=0.5) * 0.0 + 0.5 - 0.5)(7) == 0.0
    assert np.all((flr.cosine(1.0, 0.1, 9) - flr.cosine(1.0, 0.1, 9)).table(20) == 0.0)
    assert (1.0 - flr.cyclic(0.1, 0.5, up=20))(20) == 0.5


@pytest.mark.parametrize(
    ("larger", "smaller", "message"),
    [
        (flr.linear(0.0, 1.0, 10), 0.25, r"got -0.25 at step 0"),
        (flr.linear(1.0, 0.0, 10), 0.45, r"got -0.04\d* at step 6"),
        (0.45, flr.linear(0.0, 1.0, [20, 10]), r"got -0.04\d* at step 10 of lane \[0\]"),
        (1.0, flr.exponential_decay(1.0, rate=0.1), "must be made of lines, cosines .* got a"),
        (
            1.0,
            flr.linear(1.0, 0.0, 9) * flr.linear(1.0, 0.0, 9),
            "made of lines, .* got a product",
        ),
        (flr.cyclic(0.5, 0.9, 7), flr.cyclic(0.1, 0.5, 9), "must end, or one of both"),
    ],
)
def test_a_difference_below_0_names_its_first_step(larger, smaller, message):
    with pytest.raises(ValueError, match=f"^subtract: .*{message}"):
        larger - smaller


def test_a_difference_that_no_backend_can_check_says_why():
    """Not that it was too long to check."""
    code = """
import json
import fastlr as flr
try:
    flr.linear(1.0, 0.5, 10) - flr.cosine(0.5, 0.0, 10)
except ValueError as error:
    print(json.dumps(str(error)))
"""
    said = run(code, FASTLR_BACKEND="none")
    assert said.startswith("FASTLR_BACKEND must be one of 'native', 'jit', 'reference', got 'none'")


@pytest.mark.exhaustive
def test_a_difference_that_is_too_long_to_check_is_refused():
    long = flr.tanh(1.0, 0.5, 2**52) * flr.tanh(1.0, 0.5, 2**52)
    with pytest.raises(ValueError, match=r"^subtract: .* too long to check; subtract before you"):
        long - flr.cosine(0.25, 0.0, 2**51)
