"""Test batch sizes that change during a run, and rates that follow them."""

import math

import numpy as np
import pytest

import fastlr as flr


def test_a_plan_in_tokens():
    plan = flr.batches("0:768 250B:1536", seq_length=8_192)
    first = 250 * 10**9 // 8_192  # samples
    assert plan.batches == (768, 1_536)
    assert plan.taken(plan.at[0] - 1) < first <= plan.taken(plan.at[0])


@pytest.mark.parametrize(
    ("text", "batches", "at"),
    [
        ("0:10", (10,), ()),
        ("0:10, 100:20, 1K:40", (10, 20, 40), (10, 55)),
        ("1k:40 0:10 100:20", (10, 20, 40), (10, 55)),
        ("0:10 95:20", (10, 20), (10,)),
        ("0:100 5:200 90:300 1.5K:400", (100, 300, 400), (1, 6)),
    ],
)
def test_plans_in_samples(text, batches, at):
    assert flr.batches(text) == flr.Ramp(batches, at)


def test_the_later_of_two_places_in_one_sample_counts():
    assert flr.batches("0:16 10:8 11:4", seq_length=100) == flr.Ramp((4,))
    assert flr.batches("0:16 110:8 120:4", seq_length=100) == flr.Ramp((16, 4), (1,))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no size begins at 0"),
        ("5:1", "no size begins at 0"),
        ("0:1 0:2", "place 0 has two sizes"),
        ("0:1 7:2 7:3", "place 7 has two sizes"),
        ("0:0", "the size of '0:0' is below 1"),
        ("0", "'0' has no colon"),
        ("0:x", "'x' is not a number"),
        ("0:-1", "'-1' is not a number"),
        ("0:1e999999999", "'1e999999999' is not a number"),
        ("0:1/2", "'1/2' is not a number"),
        ("0:1.5", "'1.5' is not a whole number"),
        ("0:1 99999T:2", "'99999T' is not a whole number from 0 to 2"),
    ],
)
def test_plans_that_are_refused(text, reason):
    with pytest.raises(ValueError, match=r"batches: plan must be PLACE:SIZE pairs .*" + reason):
        flr.batches(text)


@pytest.mark.parametrize(
    ("rule", "power"), [("sqrt", 0.5), ("linear", 1.0), (0.0, 0.0), (0.25, 0.25), (2, 2.0)]
)
def test_rates_follow_the_batch_at_each_change(rule, power):
    plan, sizes = flr.warmup_cosine(1e-3, 10, 100), flr.Ramp((256, 512, 2_304), at=(7, 60))
    found = plan.follow(sizes, rule=rule)
    for t in (0, 6, 7, 8, 59, 60, 61, 99, 100, 1_000):
        ratio = sizes.batch(t) / 256
        factor = math.sqrt(ratio) if power == 0.5 else ratio**power
        assert found(t) == plan(t) * factor


def test_a_plan_of_tokens_follows_after_per_step():
    sizes = flr.batches("0:4 40:16")
    found = sizes.per_step(flr.linear(1.0, 0.0, steps=400)).follow(sizes)
    assert found(9) == pytest.approx(1 - 36 / 400)
    assert found(10) == pytest.approx((1 - 40 / 400) * 2)


@pytest.mark.parametrize("rule", ["cubic", -1, 11, True, None, float("nan")])
def test_rules_that_are_refused(rule):
    with pytest.raises(ValueError, match=r"follow: rule must be 'sqrt', 'linear' or a power"):
        flr.constant(1.0).follow(flr.Ramp((1,)), rule=rule)


def test_a_plan_of_text_is_refused_with_the_way_out():
    with pytest.raises(
        TypeError, match=r"follow: batches must be a Ramp, got str .*fastlr.batches"
    ):
        flr.constant(1.0).follow("0:1")


@pytest.mark.parametrize(
    ("plan", "end"),
    [
        (flr.linear(1.0, 0.0, steps=100), 100),
        (flr.linear(1.0, 0.0, steps=60), 60),
        (flr.linear(1.0, 0.0, steps=10), 60),
        (flr.constant(1.0), None),
        (flr.linear(1.0, 0.0, steps=[100, 10]), [100, 60]),
    ],
)
def test_a_plan_that_follows_keeps_its_end(plan, end):
    found = plan.follow(flr.Ramp((256, 512, 2_304), at=(7, 60)))
    assert (found.steps.tolist() if plan.shape else found.steps) == end


def test_numbers_of_numpy_are_powers():
    plan, sizes = flr.constant(1.0), flr.Ramp((1, 4), at=(5,))
    assert plan.follow(sizes, np.float32(0.5))(5) == 2.0
    assert plan.follow(sizes, np.int64(1))(5) == 4.0


def test_a_long_plan_has_a_short_error():
    with pytest.raises(ValueError, match="batches: plan must be") as caught:
        flr.batches("x" * 10**6)
    assert len(str(caught.value)) < 1_000
