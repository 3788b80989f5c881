"""Save a rule and its state in a checkpoint of plain JSON data, and read them back."""

import json
import math

import numpy as np
import pytest

import fastlr as flr

PLAN = flr.warmup_cosine(1e-3, 10, 100)
RULES = [
    flr.Plateau(patience=0, factor=0.5),
    flr.Plateau(patience=[0, 1], mode=["min", "max"], window=3),
    flr.Plateau(convention="keras", nan="bad"),
    flr.GreedyLR(patience=0, smooth=True, window_size=4),
    flr.GreedyLR(patience=[0, 2]),
    flr.KLAdaptive(),
    flr.NewBob(patient=[1, 2]),
]
every_rule = pytest.mark.parametrize("rule", RULES, ids=repr)


def through_json(content):
    """What strict JSON, without infinities, gives back."""
    return json.loads(json.dumps(content, allow_nan=False))


def same(one, other):
    return type(one) is type(other) and all(
        (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
        for a, b in zip(one, other, strict=True)
    )


@every_rule
@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_checkpoint_gives_back_plan_step_and_state(rule, count):
    metrics = [0.02, 0.01, 0.03, 0.04, 0.0][:count]
    state = rule.advance(rule.init(scale=0.01), metrics)
    saved = through_json(flr.checkpoint(PLAN, 40, plateau=rule, state=state))
    plan, step, again = flr.resume(saved, PLAN, plateau=rule)
    assert (plan, step) == (PLAN, 40)
    assert same(again, state)
    assert type(rule).from_spec(saved["plateau"]["rule"]) == rule
    for given in (saved["plateau"], saved["plateau"]["state"], rule.save(state), state):
        assert same(rule.restore(given), state)
    assert same(rule.restore(list(saved["plateau"]["state"].values())), state)


def test_a_nan_and_an_infinity_are_kept():
    rule = flr.Plateau(convention="keras", nan="bad")
    state = rule.update(rule.init(), math.nan)
    assert rule.save(state)["state"]["best"] == "nan"
    assert same(rule.restore(through_json(rule.save(state))), state)
    assert rule.restore([0.5, math.inf, 0, 0, 0.0, 0]).scale == 0.5  # as Python's own JSON has it


def test_a_plan_without_a_rule_has_the_format_that_it_had():
    assert set(flr.checkpoint(PLAN, 40)) == {"resume", "step", "fingerprint", "plan"}


def test_a_changed_rule_is_an_error_or_continues_from_the_state():
    rule, other = flr.Plateau(patience=0), flr.Plateau(patience=1)
    saved = flr.checkpoint(PLAN, 40, rule, rule.advance(rule.init(), [1.0, 1.0]))
    with pytest.raises(ValueError, match=r"resume: plateau must be the saved .*pass wins='new'"):
        flr.resume(saved, PLAN, plateau=other)
    with pytest.raises(ValueError, match=r"restore: state must be one of this rule, .*'patience'"):
        other.restore(saved["plateau"])
    _, _, state = flr.resume(saved, PLAN, wins="new", plateau=other)
    assert state.scale == 0.1
    with pytest.raises(ValueError, match=r"resume: plateau must be a rule of the saved kind"):
        flr.resume(saved, PLAN, wins="new", plateau=flr.GreedyLR())
    with pytest.raises(ValueError, match=r"one of a GreedyLR, got one of another .*'plateau'"):
        flr.GreedyLR().restore(saved["plateau"])


STATE = [0.5, 1.0, 0, 0, 0.0, 0]
RULE = flr.Plateau()
SAVED = flr.checkpoint(PLAN, 40, RULE, RULE.init())
REFUSED = [
    (lambda: flr.resume(SAVED, PLAN), ValueError, "resume: plateau must be given, as the"),
    (lambda: flr.resume(flr.checkpoint(PLAN, 4), PLAN, plateau=RULE), ValueError, "for its rule"),
    (lambda: flr.resume(SAVED, PLAN, plateau=flr.Plateau), TypeError, "must be a rule such as"),
    (lambda: flr.checkpoint(PLAN, 4, RULE), ValueError, "state must be given too, got None"),
    (lambda: flr.checkpoint(PLAN, 4, state=RULE.init()), ValueError, "plateau must be given too"),
    (lambda: flr.checkpoint(PLAN, 4, "rule", RULE.init()), TypeError, "plateau must be a rule"),
    (lambda: flr.checkpoint(PLAN, 4, RULE, flr.NewBob().init()), TypeError, "save: state must be"),
    (lambda: flr.checkpoint(PLAN, 4, RULE, (1, 2)), TypeError, "save: state must be a Plateau"),
    (lambda: RULE.restore([0.5, 1.0, 0.5, 0, 0.0, 0]), TypeError, "state.bad must be int32, got"),
    (lambda: RULE.restore([0.5, 1.0, 2**40, 0, 0.0, 0]), TypeError, "state.bad must be int32"),
    (lambda: RULE.restore([True, 1.0, 0, 0, 0.0, 0]), TypeError, "state.scale must be a NumPy"),
    (lambda: RULE.restore([[True], 1.0, 0, 0, 0.0, 0]), TypeError, "state.scale must be float64"),
    (lambda: RULE.restore(["0.5", 1.0, 0, 0, 0.0, 0]), TypeError, "must be a NumPy array, got str"),
    (lambda: RULE.restore([None, 1.0, 0, 0, 0.0, 0]), TypeError, "must be a NumPy array, got None"),
    (lambda: RULE.restore([[[1], 2], 1.0, 0, 0, 0.0, 0]), TypeError, "must be a NumPy array, got"),
    (lambda: RULE.restore([-0.5, 1.0, 0, 0, 0.0, 0]), ValueError, "must be a result of this rule"),
    (lambda: RULE.restore(STATE[:5]), TypeError, "a tuple of scale, best, .*got tuple of 5"),
    (lambda: RULE.restore({"scale": 1.0}), ValueError, "must have the parts scale, best, bad"),
    (lambda: RULE.restore("state"), TypeError, "state must be a PlateauState"),
    (lambda: RULE.restore(PLAN), TypeError, "state must be a PlateauState"),
    (lambda: flr.Plateau(patience=[1, 2]).restore(STATE), ValueError, "must have the rule's lanes"),
]


@pytest.mark.parametrize(("refused", "error", "words"), REFUSED, ids=[case[2] for case in REFUSED])
def test_what_is_no_state_of_the_rule_is_refused(refused, error, words):
    with pytest.raises(error, match=words):
        refused()


def test_a_state_of_lists_is_a_new_array():
    scales = np.array([0.5, 0.25])
    rule = flr.Plateau(patience=[0, 1])
    state = rule.restore(through_json(rule.save(rule.init(scale=scales))))
    assert state.scale.tolist() == [0.5, 0.25]
