"""Test the weights by which averaged checkpoints replace a cooldown."""

import numpy as np
import pytest

import fastlr as flr

AT = [1_000, 1_100, 1_350, 1_400]


@pytest.mark.parametrize("shape", ["linear", "cosine", "1-sqrt", "sqrt"])
def test_the_mean_holds_each_update_as_the_cooldown_scales_it(shape):
    plan = flr.wsd(2e-3, warmup=100, stable=900, cooldown=400, shape=shape)
    weights = flr.merge_weights(plan, AT)
    assert weights.sum() == pytest.approx(1.0)
    # SGD on a slope of 1: a checkpoint of the constant rate is minus the sum of its updates
    checkpoints = np.array([-2e-3 * (step - AT[0]) for step in AT])
    assert weights @ checkpoints == pytest.approx(-plan.sum(AT[0], AT[-1]))


def test_a_constant_rate_keeps_the_last_checkpoint():
    assert flr.merge_weights(flr.constant(0.1), AT).tolist() == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("schedule", "at", "message"),
    [
        (flr.linear(0.1, 1.0, 2_000), AT, r"merge_weights: schedule must not rise, got a rise at"),
        (flr.constant(0.0), AT, r"merge_weights: the rate at step 1000 must be above 0"),
        (flr.constant([0.1, 0.2]), AT, r"merge_weights: schedule must be scalar"),
        (0.1, AT, r"merge_weights: schedule must be"),
        (flr.constant(0.1), [5], r"merge_weights: at must be two or more steps"),
        (flr.constant(0.1), [5, 5], r"merge_weights: at must be two or more steps"),
        (flr.constant(0.1), [-1, 5], r"merge_weights: at must be"),
    ],
)
def test_refusals(schedule, at, message):
    with pytest.raises((TypeError, ValueError), match=message):
        flr.merge_weights(schedule, at)
