"""Test what an adapter may write into an optimizer: momenta and betas stay below 1."""

import numpy as np
import pytest

import fastlr as flr
from fastlr.adapters._values import _BELOW_ONE, _SEARCHED, check_below_one, check_direction
from fastlr.reductions import segment_view


@pytest.mark.parametrize("name", sorted(_BELOW_ONE))
def test_a_coefficient_of_one_or_more_is_refused_with_its_step(name):
    rule = f"Adapter: {name} must be below 1 at every step, got 1.5 at step 0; .*clip"
    with pytest.raises(ValueError, match=rule):
        check_below_one("Adapter", {name: flr.constant(1.5)})
    rising = flr.linear(0.75, 1.0, steps=1_000)
    with pytest.raises(ValueError, match=r"got 1\.0 at step 1,000"):
        check_below_one("Adapter", {name: rising})
    check_below_one("Adapter", {name: rising.clip(0.0, 0.999)})


def test_any_lane_and_any_step_counts(monkeypatch):
    # the schedule without an end is given up after 2**24 steps instead of 2**29
    monkeypatch.setattr(segment_view, "_MOST_LOOKED_AT", _SEARCHED)
    with pytest.raises(ValueError, match=r"momentum must .*, got 1\.0 at step 0"):
        check_below_one("Adapter", {"momentum": flr.constant([0.5, 1.0])})
    endless = flr.linear(0.1, 0.99, steps=10).repeat() * flr.cyclic(0.8, 1.2, up=500)
    with pytest.raises(ValueError, match="beta1 must be below 1"):
        check_below_one("Adapter", {"beta1": endless})
    unsearched = flr.linear(0.1, 0.99, steps=10).repeat() * flr.cyclic(0.8, 1.0, up=500)
    with pytest.raises(ValueError, match=r"got a combination that repeats for ever, .*flr\.join"):
        check_below_one("Adapter", {"beta1": unsearched})
    ended = flr.join([unsearched, flr.constant(0.9)], at=[10_000])
    check_below_one("Adapter", {"beta1": ended})
    check_below_one("Adapter", {"beta1": flr.cyclic(0.8, 0.95, up=5)})
    never = flr.linear(0.75, 1.0, steps=100)
    check_below_one("Adapter", {"beta1": never.with_past_end("raise")})


def test_a_rate_and_a_decay_may_be_anything():
    check_below_one("Adapter", {"lr": flr.constant(2.0), "weight_decay": flr.constant(1.5)})


def test_what_float32_rounds_to_one_is_refused_in_float32():
    near = flr.constant(float(np.nextafter(1.0, 0.0)))
    check_below_one("Adapter", {"beta1": near})
    for value in (0.99999999, 1.0 - 2.0**-25):
        assert np.float32(value) == 1.0
        with pytest.raises(ValueError, match="beta1 must be below 1"):
            check_below_one("Adapter", {"beta1": flr.constant(value)}, single=True)
    last = float(np.nextafter(1.0 - 2.0**-25, 0.0))
    assert np.float32(last) < 1.0
    check_below_one("Adapter", {"beta1": flr.constant(last)}, single=True)


@pytest.mark.parametrize("name", ["neg_mean_squared_error", "val_neg_loss", "val/minus-loss"])
def test_a_metric_whose_direction_is_turned_is_taken(name):
    check_direction("Adapter", flr.Plateau(mode="max"), name)
    check_direction("Adapter", flr.Plateau(), name)


@pytest.mark.parametrize("name", ["loss", "val_loss", "val/loss", "mean_squared_error"])
def test_a_loss_for_a_rule_of_mode_max_is_refused(name):
    check_direction("Adapter", flr.Plateau(), name)
    with pytest.raises(ValueError, match="pass mode='min' to the rule"):
        check_direction("Adapter", flr.Plateau(mode="max"), name)
