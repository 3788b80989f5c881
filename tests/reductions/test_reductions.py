"""Compare sums, extrema and searches with tables, and far out with the formulas in real numbers."""

import math
import operator
import re
import tracemalloc
from itertools import pairwise

import mpmath
import numpy as np
import oracle
import pytest
import strategies
from example_counts import examples
from example_schedules import BACKENDS, SCHEDULES
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

import fastlr as flr
from fastlr.reductions import closed_forms, monotone_pieces, quadrature, segment_view
from fastlr.reductions.segment_view import SegmentView
from fastlr.schedule.reduction_methods import REDUCTIONS

STEP_BY_STEP = {"bound", "best_scale"}  # see test_last_iterate.py
ALONE = [name for name, needs in REDUCTIONS.items() if not needs and name not in STEP_BY_STEP]
LAST = 2**53
RANGES = [(0, 97), (7, 8), (13, 1_500), (99, 101)]


def rows(found, schedule):
    """One a lane."""
    assert np.shape(found) == schedule.shape
    return np.reshape(found, -1)


def first(hits, start):
    return np.where(hits.any(axis=1), hits.argmax(axis=1) + start, -1)


def close(found, wanted, relative=1e-13):
    """Below the normal numbers rates themselves are rounded."""
    return np.all(np.abs(found - wanted) <= relative * wanted + 1e-300)


# loops in loops, beside one another and in time maps: some with too many turns to be taken one
# by one
NESTED = [
    "(linear(0.5, 1.0, 10) * cosine(1.0, 0.5, 300)).repeat(4, scale=0.8)",
    "(cosine(0.2, 1.0, 9).repeat(30) * linear(1.0, 0.1, 270)).repeat(3, scale=0.5)",
    "cosine(1.0, 0.1, 7).repeat(100).repeat(5, scale=0.5)",
    "cosine(1.0, 0.1, 7).repeat(100).repeat(20).staircase(3)",
    "cosine(1.0, 0.1, 7).repeat(80).staircase(3)",
    "cosine(1.0, 0.1, 7).repeat(80).paced([3, 5], [40])",
    "rex(1.0, 0.1, 100).staircase(7).repeat(9).paced([2])",
    "cosine(1.0, 0.1, 7).repeat(80) * linear(1.0, 0.5, 5).repeat(90)",
    "cosine(1.0, 0.1, 7).repeat(20) + linear(1.0, 0.5, 5).repeat(30)",
    "linear(1.0, 0.5, 500) * cosine(1.0, 0.1, 7).repeat(80, scale=0.99)",
]


# cycles that grow by little, alone and within what holds others: many rows, of which those alike
# are taken together
GROWING = [
    "linear(1.0, 0.25, 3).repeat(stretch=1.001)",
    "wsd(1.0, 2, 3, 5, end=0.25).repeat(stretch=1.002, scale=0.99)",
    "cosine(1.0, 0.1, 3).repeat(stretch=1.003).clip(0.2, 0.8)",
    "linear(1.0, 0.1, 5).clip(0.2, 0.8).repeat(stretch=1.003)",
    "(linear(1.0, 0.5, 5) * linear(0.5, 1.0, 5)).repeat(stretch=1.003)",
    "linear(1.0, 0.25, 3).repeat(stretch=1.001) * cosine(1.0, 0.5, 4).repeat(stretch=1.0013)",
    "linear(1.0, 0.25, 3).repeat(100, stretch=1.01).repeat(scale=0.9)",
    "linear(1.0, 0.25, 3).repeat(100, stretch=1.01).repeat().staircase(3)",
    "cosine(0.1, 1.0, 3).repeat(stretch=1.01).paced([3, 5], [40])",
    "linear([1.0, 0.5, 2.0], 0.25, [3, 4, 5]).repeat(stretch=[1.001, 1.01, 1.5]).delay(9)",
    "linear(1.0, 0.25, 3).repeat(stretch=1.001) + exponential_decay(1.0, 1e-3)",
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("text", [*SCHEDULES, *NESTED, *GROWING])
@pytest.mark.exhaustive(one_in=11)
def test_reductions_are_those_of_the_table(text, backend):
    check_against_tables(SCHEDULES[text] if text in SCHEDULES else flr.parse(text), backend)


@pytest.mark.parametrize("text", [*SCHEDULES, *NESTED, *GROWING])
@pytest.mark.exhaustive(one_in=7)
def test_segments_taken_together_give_the_same_as_one_by_one(text, monkeypatch):
    monkeypatch.setattr(segment_view, "_FEW_SEGMENTS", 1)
    check_against_tables(SCHEDULES[text] if text in SCHEDULES else flr.parse(text), BACKENDS[-1])


def check_against_tables(schedule, backend):
    with flr.use_backend(backend):
        for start, stop in RANGES if schedule.past_end != "raise" else [(0, 5), (2, 6)]:
            table = schedule.table(start, stop).reshape(-1, stop - start)
            sums = np.array([math.fsum(rates) for rates in table])
            changes = np.array([math.fsum(rates) for rates in np.abs(np.diff(table))])
            found = {
                name: rows(value, schedule)
                for name, value in schedule.reduce(ALONE, start, stop).items()
            }
            assert close(found["sum"], sums)
            assert close(found["mean"], sums / (stop - start))
            assert close(found["total_variation"], changes, 1e-12)
            for name in ("max", "min"):
                assert found[name].tolist() == getattr(table, name)(axis=1).tolist()
                assert (
                    found[f"arg{name}"].tolist()
                    == (getattr(table, f"arg{name}")(axis=1) + start).tolist()
                )
            level = np.quantile(table, 0.4, axis=1).reshape(schedule.shape)
            for name, hits in (
                ("first_below", table < level.reshape(-1, 1)),
                ("first_above", table > level.reshape(-1, 1)),
            ):
                assert (
                    rows(getattr(schedule, name)(level, start, stop), schedule).tolist()
                    == first(hits, start).tolist()
                )


@given(
    schedule=strategies.scalars,
    start=st.one_of(st.integers(0, 3_000), st.integers(0, LAST - 3_000)),
    count=st.integers(1, 2_000),
    share=st.floats(0.0, 1.0),
)
@examples(60)
def test_reductions_of_random_schedules(schedule, start, count, share):
    stop = start + count
    table = schedule.table(start, stop)
    assert close(schedule.sum(start, stop), math.fsum(table))
    assert (schedule.max(start, stop), schedule.min(start, stop)) == (table.max(), table.min())
    assert schedule.argmax(start, stop) == start + table.argmax()
    assert schedule.argmin(start, stop) == start + table.argmin()
    level = table.min() + share * (table.max() - table.min())
    assert schedule.first_below(level, start, stop) == first((table < level)[None], start)[0]
    assert schedule.first_above(level, start, stop) == first((table > level)[None], start)[0]


def check_reductions(schedule, start, stop, share, decay):
    """Every reduction over a short range is that of the table: extremes and searches to the
    bit, sums within their bounds.
    """
    table = schedule.table(start, stop).reshape(-1, stop - start)
    found = {
        name: rows(value, schedule) for name, value in schedule.reduce(ALONE, start, stop).items()
    }
    sums = np.array([math.fsum(rates) for rates in table])
    changes = np.abs(np.diff(table)).sum(axis=1)
    assert close(found["sum"], sums)
    assert close(found["mean"], sums / (stop - start))
    assert np.all(np.abs(found["total_variation"] - changes) <= 1e-12 * changes + 4e-16 * sums)
    for name in ("max", "min"):
        assert found[name].tolist() == getattr(table, name)(axis=1).tolist()
        assert (
            found[f"arg{name}"].tolist() == (getattr(table, f"arg{name}")(axis=1) + start).tolist()
        )
    level = (table.min(axis=1) + share * np.ptp(table, axis=1)).reshape(schedule.shape)
    for name, hits in (
        ("first_below", table < level.reshape(-1, 1)),
        ("first_above", table > level.reshape(-1, 1)),
    ):
        assert (
            rows(getattr(schedule, name)(level, start, stop), schedule).tolist()
            == first(hits, start).tolist()
        )
    decay = decay / max(1.0, table.max())
    kept = np.cumprod(1.0 - decay * table[:, ::-1], axis=1)
    ages = 1.0 + kept[:, :-1].sum(axis=1)
    assert rows(schedule.retained(decay, start, stop), schedule) == pytest.approx(
        kept[:, -1], rel=1e-12
    )
    assert rows(schedule.timescale(decay, start, stop), schedule) == pytest.approx(ages, rel=1e-12)


def check_at_both_ends(random):
    """Check a random schedule with time maps over a short range near step 0 or near the last."""
    schedule, count, near = (
        strategies.in_time_maps(random, random.randrange(1, 4)),
        random.randrange(1, 50),
        random.randrange(50),
    )
    start = random.choice([near, LAST - count - near])
    if schedule.past_end == "raise" or start + count > schedule.program[3]:
        return
    check_reductions(schedule, start, start + count, random.random(), random.random())
    if start + count + near == LAST:  # searches may take the last step as well
        end, level = (
            schedule.table(start, LAST).reshape(-1, LAST - start),
            np.reshape(schedule(LAST), (-1, 1)),
        )
        table = np.concatenate([end, level], axis=1)
        lowest = np.min(table, axis=1).reshape(schedule.shape)
        assert (
            rows(schedule.first_above(lowest, start), schedule).tolist()
            == first(table > table.min(axis=1, keepdims=True), start).tolist()
        )


@pytest.mark.parametrize("backend", BACKENDS)
@given(random=st.randoms(use_true_random=False))
@examples(150)
def test_reductions_of_time_maps_at_both_ends_of_the_steps(backend, random):
    with flr.use_backend(backend):
        check_at_both_ends(random)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "schedule",
    [
        flr.constant(0.0).maximum(flr.linear(1.0, 0.5, 10)).skip(5),
        flr.linear(0.0, 0.0, 1).repeat(scale=0.0).skip(3_000),
        flr.linear(1.0, 0.2, 9).repeat(scale=0.5).skip([LAST - 8, 0]).minimum(0.7),
        flr.cosine(1.0, 0.1, 7).repeat().paced([2, LAST // 2], [LAST - 20]),
        flr.linear(0.1, 0.9, LAST).paced([LAST // 3]),
        flr.linear(0.1, 0.9, LAST // 3).staircase(3).skip(LAST - 7),
        flr.linear(1.0, 0.2, 9).repeat().delay([LAST - 9, 4]),
    ],
    ids=repr,
)
def test_reductions_where_a_time_map_stays_at_the_last_step(schedule, backend):
    with flr.use_backend(backend):
        for start, stop in (
            (LAST - 7, LAST),
            (LAST - 3_000, LAST - 2_999),
            (LAST - 60, LAST - 3),
            (0, 40),
        ):
            check_reductions(schedule, start, stop, 0.4, 0.1)


def test_a_time_map_that_stays_at_a_step_is_one_constant_run():
    schedule = flr.inverse_sqrt(0.3, 10).skip(LAST - 5)
    rate = schedule(LAST)
    assert schedule.timescale(1e-100, LAST) == LAST
    assert schedule.total_variation(LAST) == pytest.approx(schedule(0) - rate, rel=1e-6)
    assert schedule.sum(5, LAST) == (LAST - 5) * rate
    assert flr.cosine(0.3, 0.1, 10).delay(LAST - 20).retained(1e-17, LAST - 20) == pytest.approx(
        math.exp(-0.3e-17 * (LAST - 20))
    )


def test_a_search_from_behind_the_last_step_finds_none():
    assert flr.constant(1.0).first_below(2.0, LAST + 1) == -1
    assert flr.constant(1.0).first_below(2.0, LAST) == LAST


@pytest.mark.parametrize("length", [LAST, LAST - 18])
def test_the_last_steps_of_a_long_curve_are_summed(length):
    for schedule in (
        flr.cosine(0.3, 0.0, length),
        flr.linear(0.3, 0.0, length),
        flr.polynomial(0.3, 0.0, length),
    ):
        assert close(
            schedule.sum(length - 8, length - 1), math.fsum(schedule.table(length - 8, length - 1))
        )


def test_a_level_that_only_a_later_turn_reaches():
    schedule = flr.parse(NESTED[0])
    table = schedule.table(1_200)
    level = 0.9 * table[:300].min()
    assert schedule.first_below(level, 0, 1_200) == np.argmax(table < level) == 300


TOGETHER = [
    flr.linear(0.1, 1e-9, 10_007),
    flr.polynomial(0.0, 1.0, 10_007),
    flr.polynomial(1.0, 0.2, 10_007, power=2.5),
    flr.polynomial(0.0, 1.0, 10_007, power=30.0),
    flr.cosine(1.0, 0.0, 10_007),
    flr.cosine(1.0, 0.0, 10_007, exponent=0.7, k=0.5),
    flr.exponential(1.0, 1e-12, 10_007),
    flr.exponential(0.9, 1.0, 10_007),
    flr.rex(1.0, 0.0, 10_007, beta=0.99),
    flr.affine_exponential(1.0, 0.0, 10_007, ratio=1e-4),
    flr.logarithmic(1.0, 0.0, 10_007),
    flr.tanh(1.0, 0.0, 10_007),
    flr.inverse_time(1.0, rate=1e-3),
    flr.inverse_power(1.0, power=0.75, shift=10),
    flr.eden(1.0, 1e4),
]


@pytest.mark.parametrize("one", TOGETHER, ids=repr)
@pytest.mark.exhaustive(one_in=5)
def test_sums_of_any_two_curves(one):
    for other in TOGETHER:
        for both in (one * other, one + other, one.minimum(other), one.maximum(other)):
            for start, stop in ((0, 10_057), (17, 3_333)):
                assert close(both.sum(start, stop), math.fsum(both.table(start, stop)))


def many_pieces(count, seed):
    """A batch of two lanes that rise and fall, with boundaries of their own."""
    random = np.random.default_rng(seed)
    levels, lengths = random.random((2, count + 1)).round(2), random.integers(0, 9, (2, count))
    parts = [flr.linear(levels[:, i], levels[:, i + 1], lengths[:, i]) for i in range(count)]
    return flr.join(parts, at=np.cumsum(lengths, axis=1)[:, :-1])


PAIRS = {
    "product": lambda one, other: one * other,
    "sum": lambda one, other: one + other,
    "minimum": lambda one, other: one.minimum(other),
    "maximum": lambda one, other: one.maximum(other),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_pairs_of_curves_with_many_pieces(pair):
    schedule = pair(many_pieces(30, 1), many_pieces(40, 2))
    for start, stop in ((0, 200), (0, 9), (37, 38), (50, 131), (190, 400)):
        check_reductions(schedule, start, stop, 0.5, 0.3)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.exhaustive(one_in=5)
def test_pairs_of_curves_whose_segments_are_taken_together(pair):
    few, some, many = many_pieces(30, 1), many_pieces(80, 2), many_pieces(120, 3)
    for schedule in (
        pair(few, many),
        pair(many, few),
        pair(some, many),
        pair(some, pair(many, few).repeat()),
    ):
        for start, stop in ((0, 400), (0, 9), (37, 38), (150, 331), (390, 900)):
            check_reductions(schedule, start, stop, 0.5, 0.3)


def test_a_long_product_of_curves_with_many_segments():
    """The pieces of each factor are found once, and not again for every piece of the others."""
    schedule = many_pieces(100, 0)
    for i in range(1, 30):
        schedule = schedule * many_pieces(100, i) + 0.5
    table = schedule.table(700)
    assert np.array_equal(schedule.max(700), table.max(-1))
    assert np.array_equal(schedule.argmin(700), table.argmin(-1))


def test_segments_taken_together_up_to_the_last_step():
    schedule = flr.linear(1.0, 0.0, 3).repeat(stretch=1.01)
    last = 2**53
    for start in (last - 7, schedule.boundaries[-1] - 3):
        stop = min(start + 20, last)
        check_reductions(schedule, start, stop, 0.5, 0.3)
        check_reductions(schedule * schedule.delay(5), start, stop, 0.5, 0.3)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_work_for_two_curves_grows_with_their_pieces_and_not_with_the_product(
    pair, monkeypatch
):
    walked, opcode_name = [], SegmentView.opcode_name
    monkeypatch.setattr(
        SegmentView,
        "opcode_name",
        lambda view, index: (walked.append(index), opcode_name(view, index))[1],
    )

    def segments_read(count):
        walked.clear()
        pair(many_pieces(count, 1)[0], many_pieces(count, 2)[0]).reduce(ALONE, 10 * count)
        return len(walked)

    assert segments_read(80) < 2.5 * segments_read(40)


# -- far out ---------------------------------------------------------------------------------------

FAR = 10**15 + 37
CURVES = [
    flr.linear(0.1, 1e-9, FAR),
    flr.polynomial(0.0, 1.0, FAR),
    flr.polynomial(1.0, 0.0, FAR),
    flr.polynomial(1.0, 0.0, FAR, power=2.5),
    flr.polynomial(1.0, 0.0, FAR, power=0.5, origin="start"),
    flr.polynomial(0.0, 1.0, FAR, power=30.0),
    flr.cosine(1.0, 0.0, FAR),
    flr.cosine(0.0, 1.0, FAR, exponent=1.5),
    flr.cosine(1.0, 0.0, FAR, exponent=0.7, k=0.5),
    flr.exponential(1.0, 1e-12, FAR),
    flr.exponential(1e-12, 1.0, FAR),
    flr.rex(1.0, 0.0, FAR, beta=0.99),
    flr.rex(0.0, 1.0, FAR),
    flr.affine_exponential(1.0, 0.0, FAR, ratio=1e-4),
    flr.affine_exponential(0.0, 1.0, FAR, ratio=1e4),
    flr.logarithmic(1.0, 0.0, FAR),
    flr.tanh(1.0, 0.0, FAR),
    flr.inverse_time(1.0, rate=1e-3),
    flr.inverse_power(1.0, power=0.75, shift=10),
    flr.eden(1.0, 1e6),
    flr.exponential_decay(1.0, rate=1e-13),
    flr.cosine(1.0, 0.0, FAR) * flr.linear(0.0, 1.0, FAR // 2),
]


@pytest.mark.parametrize("schedule", CURVES, ids=repr)
def test_a_short_range_far_out_is_summed(schedule):
    with mpmath.workprec(250):
        for start in (FAR // 3, FAR - 1_000, FAR - 41):
            exact = mpmath.fsum(oracle.exact(schedule, t) for t in range(start, start + 40))
            assert abs(schedule.sum(start, start + 40) / exact - 1) < 1e-13
    for start in (FAR // 3, FAR - 1_000):
        assert close(
            schedule.sum(start, start + 900), math.fsum(schedule.table(start, start + 900)), 1e-13
        )


@pytest.mark.parametrize("schedule", CURVES, ids=repr)
def test_a_long_range_is_the_sum_of_its_parts(schedule):
    """Where a range is cut decides on its panels, so that these would differ if one of them
    were wrong.
    """
    cuts = [0, 33, 10**4, 3 * 10**9 + 1, FAR // 2 + 11, FAR - 5_000, FAR]
    parts = [schedule.sum(start, stop) for start, stop in pairwise(cuts)]
    assert close(schedule.sum(FAR), math.fsum(parts))


@pytest.mark.parametrize("power", [0.3, 2.5, 7.9])
def test_a_long_sum_of_powers_is_that_of_euler_and_maclaurin(power):
    """``sum_{x=1}^{n} x^q = zeta(-q) + n^(q+1)/(q+1) + n^q/2 + q*n^(q-1)/12 - ...``."""
    n, q = mpf(10**12), mpf(power)
    exact = mpmath.zeta(-q) / n**q + n / (q + 1) + mpf(1) / 2 + q / (12 * n)
    assert abs(flr.polynomial(1.0, 0.0, 10**12, power=power).sum(10**12) / exact - 1) < 1e-13


@pytest.mark.parametrize(
    ("schedule", "exact"),
    [
        (flr.cosine(1.0, 0.0, 10**12), mpf(10**12 + 1) / 2),
        (flr.linear(1.0, 0.0, 10**12).repeat(), mpf(10**12 + 1) / 2),
        (flr.linear(1.0, 0.5, 10).repeat(scale=0.5), 2 * mpf("7.75")),
        (flr.step_decay(1.0, 0.5, every=1_000), mpf(2_000)),
        (flr.constant(0.1).clip(0.2, 0.3), mpf(0.2) * 10**12),
        (
            flr.linear(1.0, 0.0, 100).repeat().clip(0.0, 0.5),
            mpf(10**12) * (50 * 0.5 + 49 * 0.25 + 0.5) / 100,
        ),
        (flr.linear(1.0, 0.0, 10**6).staircase(every=10**6), mpf(10**6) * (10**6 + 1) / 2),
        (flr.linear(1.0, 0.0, 3 * 10**12).paced([3]), mpf(10**12 + 1) / 2),
        (flr.sampled([1.0, 0.0], every=10**12, interpolate=True), mpf(10**12 + 1) / 2),
    ],
    ids=lambda value: repr(value) if isinstance(value, flr.Schedule) else "",
)
def test_what_holds_others_is_summed_in_closed_form(schedule, exact):
    assert abs(schedule.sum(10**12) / exact - 1) < 1e-13


UNLISTED = [
    "polynomial(1.0, 0.0, {n}, power=0.5)",
    "polynomial(1.0, 0.0, {n}, power=300.0)",
    "polynomial(0.0, 1.0, {n}, power=300.0, origin='start')",
    "cosine(0.0, 1.0, {n})",
    "cosine(1.0, 0.0, {n}, exponent=20.0)",
    "cosine(1.0, 0.0, {n}, k=0.7)",
    "exponential_decay(1.0, rate=1e-3)",
    "exponential(1e-280, 1.0, {n})",
    "inverse_time(1.0, rate=0.1)",
    "inverse_power(1.0, 0.7)",
    "tanh(1.0, 0.0, {n}, lower=-60.0, upper=30.0)",
    "rex(1.0, 0.0, {n}, beta=0.999)",
    "logarithmic(1.0, 0.0, {n})",
    "eden(1.0, 750.0)",
    "rex(1.0, 0.0, {n}) * polynomial(1.0, 0.3, {n}, power=0.7)",
    "linear([1.0, 0.5], [0.0, 1.0], {n}) * cosine(0.0, 1.0, {n})",
]


@pytest.mark.exhaustive(one_in=7)
@pytest.mark.parametrize("n", [7, 100, 100_000, 10**12, LAST])
@pytest.mark.parametrize("text", UNLISTED)
def test_a_curve_without_a_sum_of_its_own_is_summed_by_its_formula(text, n, monkeypatch):
    """As it is for a curve that neither ``closed_forms`` nor ``quadrature`` lists."""
    schedule = eval(text.format(n=n), vars(flr).copy())
    wanted = schedule.sum(n)
    monkeypatch.setattr(quadrature, "REACHES", {})
    for name in closed_forms.CLOSED.keys() - {"constant"}:
        monkeypatch.delitem(closed_forms.CLOSED, name)
    assert close(schedule.sum(n), wanted, 1e-14)


def test_extremes_and_searches_far_out():
    run = flr.linear(0.0, 1.0, steps=1_000).then(flr.cosine(1.0, 0.0, steps=10**14))
    assert (run.argmax(10**15), run.argmin(10**15), run.argmin(1, 10**15)) == (
        1_000,
        0,
        1_000 + 10**14,
    )
    below = run.first_below(0.25, start=2_000)
    assert run(below) < 0.25 <= run(below - 1)
    assert run.first_above(1.0) == -1
    cycles = flr.cyclic(0.1, 1.0, up=10**6, mode="triangular2")
    at = cycles.first_below(0.1 + 1e-9, start=1)
    assert cycles(at) < 0.1 + 1e-9 <= cycles(at - 1)
    assert cycles.argmax(10**15) == 10**6
    assert flr.cyclic(0.0, 1.0, up=10).total_variation(10**13 + 1) == 10**12
    assert flr.linear(1.0, 0.0, LAST).first_below(1e-300) == LAST


# -- lanes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("period", "stretch"), [(10, 1.0006), (10, 1.001), (7, 1.01)])
@pytest.mark.exhaustive
def test_cycles_that_grow_by_little_are_reduced_far_out(period, stretch):
    """Of each cycle of n steps from 1 to 0 the rates add up to (n+1)/2, and fall by 1 - 1/n."""
    schedule = flr.linear(1.0, 0.0, period).repeat(stretch=stretch)
    begins = [0, *schedule.boundaries]
    stop = begins[-2]
    lengths = np.diff(begins[:-1])
    assert schedule.sum(stop) == pytest.approx(
        float(sum(int(n) + 1 for n in lengths)) / 2, rel=1e-14
    )
    changes = [1.0 - 1.0 / n for n in lengths]
    assert schedule.total_variation(stop) == pytest.approx(
        math.fsum([*changes, *changes[:-1]]), rel=1e-13
    )
    assert (schedule.max(stop), schedule.argmax(stop), schedule.argmax(stop - 5, LAST)) == (
        1.0,
        0,
        stop,
    )
    assert (schedule.argmin(stop), schedule.min(stop)) == (stop - 1, schedule(stop - 1))
    at = schedule.first_below(1e-9)
    assert schedule(at) < 1e-9 <= schedule(at - 1)
    assert schedule.first_below(1e-9, 0, at) == -1
    table = schedule.table(200_000)
    assert schedule.retained(1e-5, 200_000) == pytest.approx(
        float(np.prod(1.0 - 1e-5 * table)), rel=1e-11
    )
    kept = np.cumprod(1.0 - 1e-4 * table[::-1])
    assert schedule.timescale(1e-4, 200_000) == pytest.approx(1.0 + kept[:-1].sum(), rel=1e-11)


def test_lanes_and_names_and_shapes():
    groups = flr.stack(
        {"a": flr.rex(1.0, 0.0, 50), "b": flr.constant(0.5), "c": flr.rex(0.5, 0.0, 70)}
    )
    assert groups.sum(100) == pytest.approx([groups[name].sum(100) for name in "abc"], rel=1e-13)
    assert groups.first_below([0.4, 0.4, 0.4], 0, 1_000).tolist() == [
        groups[name].first_below(0.4, 0, 1_000) for name in "abc"
    ]
    batch = flr.cosine(0.1, [[1.0], [2.0]], [7, 8, 9])
    assert batch.argmax(10).dtype == np.int64
    assert batch.argmax(10).tolist() == [[7, 8, 9]] * 2
    assert [type(value) for value in flr.constant(1.0).reduce(["sum", "argmin"], 3).values()] == [
        float,
        int,
    ]


def test_as_many_lanes_as_are_taken_at_a_time_and_more():
    peaks = np.linspace(0.1, 1.0, 9_001)
    batch = flr.warmup_cosine(peaks, np.arange(9_001) % 7, 1_000)
    assert (
        batch[[0, 4_095, 4_096, 9_000]].sum(1_000).tolist()
        == batch.sum(1_000)[[0, 4_095, 4_096, 9_000]].tolist()
    )
    assert batch.max(1_000).tolist() == peaks.tolist()


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_lane_at_its_own_step(backend):
    for schedule in SCHEDULES.values():
        if schedule.shape and schedule.past_end != "raise":
            steps = np.arange(math.prod(schedule.shape)).reshape(schedule.shape) * 17
            with flr.use_backend(backend):
                lanes = [schedule[place](int(steps[place])) for place in np.ndindex(schedule.shape)]
                assert schedule.each(steps).ravel().tolist() == lanes


def test_cumsum_is_the_sum_before_each_step():
    schedule, steps = flr.wsd([0.1, 1.0], 10, 50, 20), np.array([[0, 5, 80], [10**12, 11, 5]])
    sums = schedule.cumsum(steps)
    assert sums.shape == (2, 2, 3)
    assert sums[:, 1, 0].tolist() == schedule.sum(10**12).tolist()
    assert sums[:, 0, 0].tolist() == [0.0, 0.0]
    assert flr.constant(0.5).cumsum(4) == 2.0


def test_nothing_is_laid_out_as_a_table():
    batch = flr.warmup_cosine(np.linspace(0.1, 1.0, 1_000), 10, 10**9)
    batch.sum(10)
    tracemalloc.start()
    batch.reduce(ALONE, 10**12)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**21


# -- weight decay ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "wsd(0.3, 10, 80, 50)",
        "cosine_restarts(0.5, 0.1, 20)",
        "cyclic(0.1, 0.5, 7, mode='triangular2')",
    ],
)
def test_what_is_left_of_a_weight(text):
    schedule, decay = eval(text, vars(flr).copy()), 0.25
    kept = 1.0 - decay * schedule.table(200)
    assert schedule.retained(decay, 200) == pytest.approx(np.prod(kept), rel=1e-12)
    assert schedule.retained(decay, 50, 120) == pytest.approx(np.prod(kept[50:120]), rel=1e-12)
    ages = [np.prod(kept[t + 1 :]) for t in range(200)]
    assert schedule.timescale(decay, 200) == pytest.approx(math.fsum(ages), rel=1e-12)


def test_the_time_scale_of_a_constant_rate():
    rates = flr.constant([1e-3, 1e-4, 1e-3])
    assert rates.timescale([0.1, 0.1, 0.0], 10**6) == pytest.approx(
        [1e4, 1e5 * (1 - math.exp(-10.00005)), 10**6], rel=1e-8
    )
    assert flr.constant(1e-3).retained(0.1, 10**12) == 0.0
    assert flr.constant(1.0).retained(1.0, 1) == 0.0


def test_over_no_steps_all_is_left():
    assert flr.constant([0.5, 0.2]).retained(0.1, 5, 5).tolist() == [1.0, 1.0]


def test_the_time_scale_of_a_long_run():
    plan = flr.wsd(1e-3, 1_000, 10**12, 1_000)
    assert plan.timescale(1e-9, 10**12 + 3_000) == pytest.approx(1e12 * -math.expm1(-1.0), rel=1e-8)
    assert flr.constant(1e-3).timescale(1e-112, 2**53) == 2**53
    assert flr.constant([0.0, 1.0]).timescale(1.0, 10**15).tolist() == [1e15, 1.0]


@pytest.mark.parametrize("scale", [0.999, [0.5, 1.0, 0.999]])
def test_loops_whose_turns_differ_are_evaluated(scale):
    schedule = flr.cosine_restarts(0.3, 0.1, 20, scale=scale).minimum(0.25)
    rates = schedule.table(5_000)
    assert schedule.retained(0.01, 5_000) == pytest.approx(
        np.exp(np.log1p(-0.01 * rates).sum(axis=-1)), rel=1e-12
    )
    assert schedule.total_variation(5_000) == pytest.approx(
        np.abs(np.diff(rates)).sum(axis=-1), rel=1e-12
    )


@pytest.mark.parametrize(
    ("name", "work"),
    [
        (
            "retained",
            lambda: flr.cosine_restarts(0.3, 0.1, 20, scale=0.999).retained(1e-10, 2**53),
        ),
        (
            "total_variation",
            lambda: (
                flr.cosine_restarts(0.3, 0.1, 20, scale=0.999).minimum(0.2).total_variation(2**53)
            ),
        ),
        ("timescale", lambda: flr.inverse_sqrt(0.3, 10).timescale(1e-100, 2**53)),
    ],
)
def test_a_reduction_that_would_take_too_long_is_refused(name, work, monkeypatch):
    monkeypatch.setattr("fastlr.reductions.segment_view._MOST_LOOKED_AT", 1 << 20)
    with pytest.raises(
        ValueError,
        match=rf"^{name}: stop must be nearer to start: at most 1,048,576 .*, got 9,007,199",
    ):
        work()


LONG = flr.linear(0.0, 1.0, 10**10) * flr.cosine(1.0, 0.0, 10**10).repeat()


@pytest.mark.parametrize("name", [name for name, needs in REDUCTIONS.items() if needs != "rate"])
def test_a_reduction_is_refused_before_it_evaluates_a_rate(name, monkeypatch):
    monkeypatch.setattr(SegmentView, "iter_rates", lambda *_: pytest.fail("a rate was evaluated"))
    decay = [1e-30] * (REDUCTIONS[name] == "decay")
    with pytest.raises(ValueError, match=rf"^{name}: stop must be nearer to start: at most "):
        getattr(LONG, name)(*decay, 10**10)
    with pytest.raises(
        ValueError, match=rf"^reduce: {name}: stop must be nearer to start: at most "
    ):
        LONG.reduce(name, 10**10, decay=1e-30)


@pytest.mark.parametrize(
    ("rule", "work"),
    [
        ("first_above: stop must be nearer to start", lambda: LONG.first_above(1.0, 0, 10**10)),
        ("first_below: stop must be nearer to start", lambda: LONG.first_below(0.0, 1, 10**10)),
        ("cumsum: steps must be nearer to 0", lambda: LONG.cumsum([1, 10**10])),
        ("transfer: steps must be fewer", lambda: flr.transfer(1.0, LONG, LONG, steps=10**10)),
        ("seesaw: steps must be fewer", lambda: flr.seesaw(LONG, 1, largest=8, steps=10**10)),
    ],
)
def test_too_many_steps_are_refused_by_the_function_that_was_called(rule, work, monkeypatch):
    monkeypatch.setattr("fastlr.reductions.segment_view._MOST_LOOKED_AT", 1 << 20)
    with pytest.raises(ValueError, match=f"^{rule}: at most 1,048,576 steps of a piece .*, got "):
        work()


# -- what is refused -------------------------------------------------------------------------------

ENDS = flr.linear(1.0, 0.0, 10).with_past_end("raise")
ONE = flr.constant(0.5)


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: ONE.sum(-1), "sum: stop must be an integer from 0 to 2**53, got -1"),
        (lambda: ONE.sum(5, 4), "sum: stop must be at least 5, where start is 5, got 4"),
        (lambda: ONE.max(0), "max: stop must be an integer from 1 to 2**53, got 0"),
        (lambda: ONE.mean(4, 4), "mean: stop must be at least 5, where start is 4, got 4"),
        (lambda: ONE.min(-3, 4), "min: start must be an integer from 0 to 2**53, got -3"),
        (
            lambda: ENDS.sum(11),
            "sum: steps must be before the end, step 10, as past_end='raise', got 10",
        ),
        (
            lambda: ONE.first_below(-1.0),
            "first_below: rate must be a finite number >= 0, at most 1e290, got -1.0",
        ),
        (
            lambda: ONE.first_above(math.nan),
            "first_above: rate must be a finite number >= 0, at most 1e290, got nan",
        ),
        (
            lambda: ONE.first_above([1.0, 2.0]),
            "first_above: rate must broadcast to batch shape (), got (2,)",
        ),
        (
            lambda: ONE.retained(-0.1, 5),
            "retained: decay must be a finite number >= 0, at most 1e290, got -0.1",
        ),
        (
            lambda: ONE.retained(3.0, 5),
            "retained: decay times the largest rate must be at most 1, got 1.5",
        ),
        (
            lambda: ONE.timescale(3.0, 5),
            "timescale: decay times the largest rate must be at most 1, got 1.5",
        ),
        (
            lambda: ONE.cumsum([-1]),
            "cumsum: steps must be an integer from 0 to 2**53, got -1 in an array",
        ),
        (lambda: ONE.each([1, 2]), "each: t must broadcast to batch shape (), got (2,)"),
        (
            lambda: ONE.reduce(["summ"], 5),
            f"reduce: names must be of {', '.join(REDUCTIONS)}, got 'summ'; did you mean 'sum'?",
        ),
    ],
)
def test_what_is_refused(work, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        work()


def test_steps_are_integers():
    for work in (
        lambda: ONE.sum(1.5),
        lambda: ONE.max(True),
        lambda: ONE.first_below(0.1, 0.5),
        lambda: ONE.cumsum([0.5]),
    ):
        with pytest.raises(TypeError, match="must be an integer"):
            work()


def test_no_steps_have_no_sum_and_a_run_that_ends_is_searched_to_its_end():
    assert ONE.sum(0) == ONE.sum(7, 7) == 0.0
    assert ENDS.first_below(0.15) == 9
    assert ENDS.first_below(0.05) == -1


REUSED = [
    flr.linear(1.0, 0.5, 10),
    flr.wsd(1.0, 3, 4, 5).repeat(7),
    flr.cyclic([0.1, 0.2], 0.5, 3),
]
PAIRED = [operator.mul, operator.add, flr.Schedule.maximum, flr.Schedule.minimum]


@pytest.mark.parametrize("operation", PAIRED)
@pytest.mark.parametrize("body", REUSED)
@pytest.mark.exhaustive(one_in=5)
def test_pieces_of_a_part_that_is_used_again_are_found_once(operation, body, monkeypatch):
    looked, find = [0], monotone_pieces.monotone_pieces

    def counted(*given):
        looked[0] += 1
        return find(*given)

    schedule = body
    for _ in range(6):
        ends = schedule.steps is not None
        schedule = operation(schedule, schedule.then(body) if ends else schedule)
    monkeypatch.setattr(monotone_pieces, "monotone_pieces", counted)
    table = schedule.table(3, 100)
    assert np.array_equal(schedule.max(3, 100), table.max(axis=-1))
    assert np.array_equal(schedule.min(3, 100), table.min(axis=-1))
    assert looked[0] <= 4 * schedule._node.segment_count
