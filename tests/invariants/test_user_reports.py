"""Faults that users of other libraries reported, by their numbers, and fastlr's behaviour."""

import json
import math

import numpy as np
import pytest
from example_schedules import BACKENDS

import fastlr as flr

pytestmark = pytest.mark.parametrize("backend", BACKENDS)
LAST = 2**53


@pytest.fixture(autouse=True)
def _evaluated_by(backend):
    with flr.use_backend(backend):
        yield


def resumed(plan: flr.Schedule, step: int) -> tuple[flr.Schedule, int]:
    """Evaluate as a run that stops and resumes does."""
    return flr.resume(json.loads(json.dumps(flr.checkpoint(plan, step))))


# -- the rate is a function of the step ------------------------------------------------------------


def test_a_resume_at_step_40_of_a_cosine_continues_with_the_rate_of_step_40():
    """torch: after load_state_dict alone the optimizer is at 1.0 instead of 0.6545, and goes on
    with 0.977 instead of 0.639.
    """
    plan, step = resumed(flr.cosine(1.0, 0.0, 100), 40)
    assert [round(plan(step), 4), round(plan(step + 1), 3)] == [0.6545, 0.639]


def test_a_sequence_that_resumes_is_where_an_uninterrupted_one_would_be():
    """torch: SequentialLR(last_epoch=9) is at 0.1, where an uninterrupted run has 0.854."""
    plan, step = resumed(flr.linear(0.1, 1.0, 5).then(flr.cosine(1.0, 0.0, 20)), 10)
    assert round(plan(step), 3) == 0.854


JUMPS = {
    "step_decay": (flr.step_decay(1.0, 0.1, every=50), 0.1, 1.0),
    "exponential_decay": (flr.exponential_decay(1.0, gamma=0.99), 0.599, 0.99),
    "linear": (flr.linear(0.1, 1.0, 100), 0.559, 0.102),
    "polynomial": (flr.polynomial(1.0, 0.0, 100, power=1.0), 0.49, 0.98),
    "cosine": (flr.cosine(1.0, 0.0, 100), 0.484, 0.969),
}


@pytest.mark.parametrize("name", JUMPS)
def test_a_jump_to_a_step_gives_the_rate_of_that_step(name):
    """torch: last_epoch set to 50, then one step: StepLR gives 1.0, ExponentialLR 0.99,
    LinearLR 0.102, and so on.
    """
    plan, right, wrong = JUMPS[name]
    assert round(plan(51), 3) == right != wrong
    assert plan(51) == plan.table(100)[51] == plan([99, 51, 0])[1]


def test_a_resume_that_is_wrong_is_noticed():
    with pytest.raises(
        ValueError, match=r"step 40 must have the rate 0.654.*, got 1.0, which is that of step 0$"
    ):
        flr.verify_resume(flr.cosine(1.0, 0.0, 100), 40, 1.0)


# -- a plan that is changed ------------------------------------------------------------------------


def test_a_new_length_is_never_ignored_in_silence():
    """torch: CosineAnnealingLR(T_max=200) that loads the state of T_max=100 has T_max 100,
    without a word.
    """
    saved, new = flr.checkpoint(flr.cosine(1.0, 0.0, 100), 40), flr.cosine(1.0, 0.0, 200)
    with pytest.raises(
        ValueError,
        match=r"plan must be the saved one, unless wins='saved' or wins='new'; the "
        r"first to differ is",
    ):
        flr.resume(saved, new)
    assert flr.resume(saved, new, wins="new")[0].steps == 200
    assert flr.resume(saved, new, wins="saved")[0].steps == 100


def test_extending_a_run_changes_no_earlier_rate():
    old = flr.cosine(1.0, 0.0, 100)
    new = old.extend(200, at=40)
    assert new.table(40).tobytes() == old.table(40).tobytes()
    assert (new(40), new.steps, new(200)) == (pytest.approx(old(40), rel=1e-15), 200, 0.0)
    assert flr.diff(old, new).step in (41, 42)


def test_a_cosine_that_ended_at_0_can_begin_again():
    """composer: the rate stays 0 for the whole second run."""
    again = flr.cosine(1.0, 0.0, 100).continue_from(100, flr.warmup_cosine(0.5, 10, 100))
    assert [again(99) > 0, again(100), again(110), again(200)] == [True, 0.0, 0.5, 0.0]


# -- groups ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", [lambda p: flr.cosine(p, 1e-5, 100), lambda p: flr.polynomial(p, 1e-5, 100, power=1.0)]
)
def test_an_absolute_floor_is_that_of_every_group(shape):
    """transformers: groups of 1e-3 and 1e-4 with min_lr (or lr_end) 1e-5 end at 1e-5 and 1e-6."""
    groups = flr.stack({"body": shape(1e-3), "head": shape(1e-4)})
    assert groups.row(100) == {"body": 1e-5, "head": 1e-5}


GROWN = {
    "LambdaLR": flr.exponential_decay(1.0, gamma=0.95),
    "CosineAnnealingWarmRestarts": flr.cosine_restarts(1.0, 0.0, 10, stretch=2.0),
    "CyclicLR": flr.cyclic(0.1, 1.0, 20),
    "OneCycleLR": flr.one_cycle(1.0, 100),
    "LinearLR": flr.linear(0.1, 1.0, 10),
    "CosineAnnealingLR": flr.cosine(1.0, 0.0, 100),
    "PolynomialLR": flr.polynomial(1.0, 0.0, 100, power=1.0),
    "ExponentialLR": flr.exponential_decay(1.0, gamma=0.99),
}


@pytest.mark.parametrize("name", GROWN)
def test_a_group_added_in_mid_run_is_on_its_own_curve(name):
    """torch: a group added later raises in four classes; in the others it is on a wrong curve,
    up to 1.64 of its target.
    """
    groups = flr.stack({"body": GROWN[name], "norm": GROWN[name] * 0.1})
    grown = groups.with_groups({"head": GROWN[name] * 0.5})
    for t in (0, 1, 5, 10, 50, 99, 100, 1_000):
        assert grown.row(t) == {**groups.row(t), "head": GROWN[name](t) * 0.5}
        assert grown.row(t)["head"] <= 0.5


# -- past the end ----------------------------------------------------------------------------------

ENDING = [
    flr.cosine(1.0, 0.0, 10),
    flr.one_cycle(1.0, 10),
    flr.linear(1.0, 0.1, 10),
    flr.wsd(1.0, 2, 5, 3, end=0.2),
]


@pytest.mark.parametrize("plan", ENDING, ids=["cosine", "one_cycle", "linear", "wsd"])
def test_past_the_end_every_curve_follows_the_policy(plan):
    """torch: past T_max a cosine climbs 0 -> 0.024 -> 0.095 -> 0.5, where one step too many of
    OneCycleLR raises.
    """
    first, held = plan(0), plan(10)
    assert [plan(t) for t in (11, 12, 15, 20, LAST)] == [held] * 5
    assert [plan.with_past_end("zero")(t) for t in (9, 10, 11, LAST)] == [plan(9), 0.0, 0.0, 0.0]
    assert [plan.with_past_end("repeat")(t) for t in (9, 10, 11, 20)] == [
        plan(9),
        first,
        plan(1),
        first,
    ]
    with pytest.raises(
        ValueError, match=r"t must be before the end, step 10, as past_end='raise', got 10"
    ):
        plan.with_past_end("raise")(10)
    assert plan.with_past_end("raise")(9) == plan(9)


# -- both ends, and boundaries ---------------------------------------------------------------------


def test_the_first_rate_of_a_warm_up_is_the_one_declared():
    """transformers: the first rate of every warmup is 0.0, so that the first update does
    nothing.
    """
    assert flr.warmup_cosine(1.0, 4, 100)(0) == 0.0
    from_first = flr.warmup_cosine(1.0, 4, 100, init=0.25)
    assert (from_first(0), from_first(4)) == (0.25, 1.0)
    one_based = flr.warmup_cosine(1.0, 4, 100).skip(1)  # n/W at update n
    assert one_based.table(5)[:4].tolist() == [0.25, 0.5, 0.75, 1.0]


def test_a_peak_is_reached_and_its_boundary_does_not_jump():
    """timm: ..., 0.90, 0.95, then 0.9045: the peak is never reached, and the rate jumps at the
    boundary.
    """
    plan = flr.warmup_cosine(1.0, 20, 100)
    assert plan.table(18, 21).tolist() == [0.9, 0.95, 1.0]
    assert (plan.max(100), flr.check(plan, 100).peak_step, flr.check(plan, 100).jumps) == (
        1.0,
        20,
        (),
    )
    timm = flr.linear(0.0, 1.0, 20).continue_from(20, flr.cosine(1.0, 0.0, 100), clock="same")
    assert round(timm(20), 4) == 0.9045
    [jump] = flr.check(timm, 100).jumps
    assert (jump.step, jump.before, round(jump.after, 4)) == (20, 0.95, 0.9045)


# -- composition -----------------------------------------------------------------------------------


def test_a_warm_up_times_a_decay_is_their_product():
    """torch: ChainedScheduler([LinearLR(0.1 -> 1), LambdaLR(0.9^t)]) gives 1, 0.9, 0.81: the
    warmup has vanished.
    """
    warm, decay = flr.linear(0.1, 1.0, 9), flr.exponential_decay(1.0, gamma=0.9)
    product = warm * decay
    assert [round(product(t), 12) for t in range(3)] == [0.1, 0.18, 0.243]
    assert product.table(50).tolist() == (warm.table(50) * decay.table(50)).tolist()
    assert math.isclose(product(9), 0.9**9, rel_tol=1e-14)
    assert np.all(product.table(9, 50) == decay.table(9, 50))
