"""Stretch the steps of any schedule by a factor; each boundary is rounded once."""

import numpy as np
import pytest
import strategies
from example_counts import examples
from hypothesis import assume, given
from hypothesis import strategies as st

import fastlr as flr

LAST = 2**53


def stretched(schedule, factor):
    """The stretched schedule, or no example."""
    try:
        return schedule.stretch(factor)
    except ValueError:
        assume(False)


def near(found, wanted, bound):
    """Within the rounding of a long decay's time, of a sum that cancels, or of a level."""
    return np.allclose(found, wanted, rtol=1e-10, atol=1e-12 * bound)


@given(schedule=strategies.scalars, factor=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
@examples(100)
def test_a_whole_factor_spreads_the_steps(schedule, factor, seed):
    # one has its formula at the new length; cycles that grow are rounded from their exact place
    assume("logarithmic" not in repr(schedule) and "stretch=" not in repr(schedule))
    found = stretched(schedule, float(factor))
    steps = strategies.interesting_steps(schedule, np.random.default_rng(seed))
    last = 2**16 if "paced(" in repr(schedule) else LAST  # a pace of 10**5 soon counts to 2**53
    steps = np.array([t for t in steps if factor * t <= last])
    assert near(found(factor * steps), schedule(steps), float(schedule._node.bound))


FINITE = strategies.finite_curves.filter(lambda schedule: schedule.steps is not None)


@given(
    schedule=FINITE,
    before=FINITE,
    factor=st.floats(0.01, 100.0),
)
@examples(100)
def test_every_boundary_is_rounded_once_and_keeps_its_rate(schedule, before, factor):
    plan = before.then(schedule) if before.steps + schedule.steps <= LAST else schedule
    found = stretched(plan, factor)
    assert found.boundaries == tuple(round(step * factor) for step in plan.boundaries)
    assert found.steps == round(plan.steps * factor)
    at = np.array([0, *plan.boundaries, plan.steps])
    moved = np.array([round(step * factor) for step in at.tolist()])
    assert near(found(moved), plan(at), float(plan._node.bound))
    assert found(LAST) == plan(LAST)


@pytest.mark.parametrize("factor", [2, 0.5, 1 / 3, 1.5])
def test_skipped_steps_are_left_out_before_and_after(factor):
    plan = flr.warmup_linear(1.0, 60, 600)
    assert plan.skip(36).stretch(factor) == flr.from_spec(plan.skip(36).stretch(factor).to_spec())
    assert np.array_equal(
        plan.skip(36).stretch(factor).table(0, 700),
        plan.stretch(factor).skip(round(36 * factor)).table(0, 700),
    )


def test_a_batch_of_factors_has_a_lane_for_each():
    plan = flr.warmup_cosine(1e-3, 10, 100)
    lanes = plan.stretch([0.5, 1.0, 2.0])
    assert [lane.boundaries for lane in lanes] == [(5, 50), (10, 100), (20, 200)]
    assert [lanes[i] for i in range(3)] == [plan.stretch(factor) for factor in (0.5, 1.0, 2.0)]


def test_groups_keep_their_names_and_may_have_a_factor_each():
    groups = flr.stack({"body": flr.linear(1.0, 0.0, 10), "head": flr.linear(1.0, 0.0, 20)})
    assert groups.stretch(2).names == ("body", "head")
    assert [groups.stretch([2, 3])[name].steps for name in ("body", "head")] == [20, 60]
    assert groups.stretch([2, 3])["head"](30) == 0.5


def test_a_bundle_is_stretched_in_every_quantity():
    whole = flr.one_cycle_bundle(1.0, steps=100)
    assert whole.stretch(2).row(60) == whole.row(30)
    assert whole.stretch(2).steps == 200
    assert flr.Bundle.from_spec(whole.stretch(2).to_spec()) == whole.stretch(2)


def test_a_preset_keeps_what_its_framework_does_past_the_end():
    cosine = flr.presets.torch.CosineAnnealingLR(0.1, T_max=50)
    assert cosine.stretch(2).steps == 100
    assert np.allclose(cosine.stretch(2).table(0, 400, 2), cosine.table(0, 200), atol=1e-15)
    with pytest.raises(ValueError, match=r"extend: the stretched torch\.CosineAnnealingLR must"):
        cosine.stretch(2).extend(200)
    assert cosine.extend(60).stretch(2).steps == 120


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (lambda: flr.step_decay(1.0, 0.5, 5).stretch(1.5), "a whole number of steps, got 1.5 for"),
        (lambda: flr.linear(1.0, 0.0, 5).repeat().stretch(1.5), "a cycle a whole number"),
        (lambda: flr.linear(1.0, 0.0, 5).with_past_end("repeat").stretch(1.5), "a cycle a whole"),
        (lambda: flr.sampled([1.0, 0.5]).stretch(0.5), "each value of a table or a stair"),
        (lambda: flr.linear(1.0, 0.0, 5).staircase(3).stretch(0.5), "a stair a whole number"),
        (lambda: flr.linear(1.0, 0.0, 500).paced([1, 2], [3]).stretch(0.5), "each pace a whole"),
        (lambda: flr.warmup_linear(1.0, 1, 10).stretch(0.4), "one of 1 steps would vanish"),
        (lambda: flr.linear(1.0, 0.0, 2**52).stretch(4), r"by step 2\*\*53, got 4.0"),
        (lambda: flr.linear(1.0, 0.0, 5).stretch(0), "factor must be a number from 1e-18 to"),
        (lambda: flr.stack([flr.constant(1.0)]).stretch([[2.0]]), "at most the 1 axes"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(refused, words):
    with pytest.raises(ValueError, match=words):
        refused()


def test_the_policy_past_the_end_stays():
    plan = flr.linear(1.0, 0.5, 4)
    assert plan.with_past_end("repeat").stretch(2)(8) == 1.0
    assert plan.with_past_end("zero").stretch(2)([7, 8]).tolist() == [0.5625, 0.0]
    with pytest.raises(ValueError, match="step"):
        plan.with_past_end("raise").stretch(2)(8)
