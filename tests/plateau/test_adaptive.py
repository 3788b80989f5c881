"""Adaptive rules: they give the bits of plain Python and of the frameworks over random histories.
Tests of states and of bad input follow.

A test is skipped if a package is not installed, unless ``FASTLR_REQUIRE`` names it.
"""

import copy
import json
import math
import multiprocessing
import os
import pickle
import re
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import other_plateaus
import plain_adaptive
import pytest
from other_libraries import require

import fastlr as flr

HISTORIES = 1_000
UPDATES = 60
SEED = int(os.environ.get("FASTLR_SEED", "0"))


@pytest.fixture(scope="module")
def apart():
    """Run functions in a process of their own, because these packages leave threads behind."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        yield lambda function, *arguments: executor.submit(function, *arguments).result()


def losses(rng, count=HISTORIES):
    """Smooth histories, histories of few numbers full of ties, and some with odd numbers."""
    falling = np.cumsum(rng.normal(-0.02, 0.1, (count, UPDATES)), axis=1) + 2.0
    grid = rng.integers(-8, 9, (count, UPDATES)) / 8.0
    metrics = np.where(rng.random((count, 1)) < 0.5, grid, falling)
    odd = rng.random((count, UPDATES)) < np.where(rng.random((count, 1)) < 0.5, 0.1, 0.0)
    strange = rng.choice([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e300], (count, UPDATES))
    return np.where(odd, strange, metrics)


def divergences(rng, threshold):
    """Divergences around a target, on its limits to the bit, 0, negative, NaN and infinite."""
    count = len(threshold)
    near = threshold[:, np.newaxis] * np.exp(rng.normal(0.0, 1.5, (count, UPDATES)))
    ties = threshold[:, np.newaxis] * rng.choice([2.0, 0.5, 1.0, 2.0000001], (count, UPDATES))
    rounded = ties.astype(np.float32).astype(np.float64)
    odd = rng.choice([0.0, -1e-9, math.nan, math.inf, 1e-320, 1e300], (count, UPDATES))
    kind = rng.choice(4, (count, UPDATES), p=[0.7, 0.1, 0.1, 0.1])
    return np.choose(kind, [near, ties, rounded, odd])


def kl_columns(rng, fixed=True):
    """Random targets and limits; the factors of the library, or random ones."""
    shared = {"kl_threshold": 10.0 ** rng.uniform(-3, -1, HISTORIES)}
    shared["min_lr"] = 10.0 ** rng.uniform(-7, -4, HISTORIES)
    shared["max_lr"] = 10.0 ** rng.uniform(-3, -1, HISTORIES)
    if not fixed:
        shared["kl_factor"] = 1.0 + rng.random(HISTORIES) * 3
        shared["lr_factor"] = 1.0 + rng.random(HISTORIES)
    return shared, 10.0 ** rng.uniform(-8, 0, HISTORIES)


def bob_columns(rng):
    return {
        "annealing_factor": np.where(rng.random(HISTORIES) < 0.5, 0.5, rng.random(HISTORIES)),
        "improvement_threshold": rng.choice([0.0025, 0.0, 0.125, -0.5], HISTORIES),
        "patient": rng.integers(0, 4, HISTORIES),
    }, 10.0 ** rng.uniform(-6, 0, HISTORIES)


def greedy_columns(rng, smooth, window):
    count = HISTORIES
    columns = {
        "mode": rng.choice(["min", "max"], count),
        "factor": np.where(rng.random(count) < 0.5, 0.5, 0.3 + 0.69 * rng.random(count)),
        "patience": rng.integers(0, 4, count),
        "threshold": rng.choice([1e-6, 0.0, 0.125, 0.25], count),
        "threshold_mode": rng.choice(["rel", "abs"], count),
        "cooldown": rng.integers(0, 4, count),
        "warmup": rng.integers(0, 4, count),
        "min_lr": 10.0 ** rng.uniform(-3, -1, count),
        "max_lr": 10.0 ** rng.uniform(-1, 1, count),
        "eps": rng.choice([1e-8, 0.0, 0.01], count),
        "smooth": np.full(count, smooth),
        "window_size": np.full(count, window),
        "reset_start": rng.integers(0, 4, count),
    }
    return columns, 10.0 ** rng.uniform(-3, 0, count)


def rule_of(kind, columns, **options):
    """A rule of all histories; what is one for all lanes is a single number."""
    single = {"smooth": bool, "window_size": int}
    columns = {
        name: single[name](column[0]) if name in single else column
        for name, column in columns.items()
    }
    return kind(**columns, nan="bad", **options)


def same(rule, rates, metrics, theirs):
    ours = rule.replay(metrics.T, rule.init(scale=rates)).T
    wrong = np.flatnonzero((ours != np.asarray(theirs)).any(axis=1))
    assert wrong.size == 0, (wrong.size, wrong[0], ours[wrong[0]], theirs[wrong[0]])
    changes = np.diff(ours, axis=1)
    assert (changes != 0).any(axis=1).mean() > 0.3, "most histories say nothing"
    return (changes > 0).any(axis=1).mean()


def plain(rule, columns, rates, metrics, **options):
    """The rates of a rule in plain Python."""
    return np.array(
        [
            list(rule(rate, history, **own, **options))
            for own, rate, history in zip(
                other_plateaus.items(columns), rates.tolist(), metrics.tolist(), strict=True
            )
        ]
    )


@pytest.mark.parametrize("convention", ["rsl_rl", "rl_games", "skrl"])
def test_kl_adaptive_is_the_plain_update(convention):
    rng = np.random.default_rng(SEED)
    columns, rates = kl_columns(rng, fixed=False)
    metrics = divergences(rng, columns["kl_threshold"])
    theirs = plain(plain_adaptive.kl_adaptive, columns, rates, metrics, convention=convention)
    assert same(rule_of(flr.KLAdaptive, columns, convention=convention), rates, metrics, theirs)


def test_new_bob_is_the_plain_update():
    rng = np.random.default_rng(SEED + 1)
    (columns, rates), metrics = bob_columns(rng), losses(rng)
    theirs = plain(plain_adaptive.new_bob, columns, rates, metrics)
    same(rule_of(flr.NewBob, columns), rates, metrics, theirs)


@pytest.mark.parametrize(("smooth", "window"), [(False, 50), (True, 1), (True, 5), (True, 100)])
def test_greedy_lr_is_the_plain_update(smooth, window):
    rng = np.random.default_rng(SEED + 2)
    (columns, rates), metrics = greedy_columns(rng, smooth, window), losses(rng)
    theirs = plain(plain_adaptive.greedy_lr, columns, rates, metrics)
    assert same(rule_of(flr.GreedyLR, columns), rates, metrics, theirs) > 0.3, "few rise"


@pytest.mark.parametrize(("smooth", "window"), [(False, 50), (True, 5)])
def test_greedy_lr_is_that_of_transformers(apart, smooth, window):
    require("transformers", "torch")
    rng = np.random.default_rng(SEED + 3)
    (columns, rates), metrics = greedy_columns(rng, smooth, window), losses(rng)
    theirs = apart(other_plateaus.greedy_lr, columns, rates, metrics)
    same(rule_of(flr.GreedyLR, columns), rates, metrics, theirs)


def test_new_bob_is_that_of_speechbrain(apart):
    require("speechbrain")
    rng = np.random.default_rng(SEED + 4)
    (columns, rates), metrics = bob_columns(rng), losses(rng)
    theirs = apart(other_plateaus.new_bob, columns, rates, metrics)
    same(rule_of(flr.NewBob, columns), rates, metrics, theirs)


@pytest.mark.parametrize("precision", ["single", "double"])
def test_kl_adaptive_is_that_of_skrl(apart, precision):
    require("skrl", "torch")
    rng = np.random.default_rng(SEED + 5)
    columns, rates = kl_columns(rng, fixed=False)
    metrics = divergences(rng, columns["kl_threshold"])
    theirs = apart(other_plateaus.skrl, columns, rates, metrics, precision == "single")
    rule = rule_of(flr.KLAdaptive, columns, convention="skrl", precision=precision)
    same(rule, rates, metrics, theirs)


def test_kl_adaptive_is_that_of_rl_games(apart):
    require("rl_games")
    rng = np.random.default_rng(SEED + 6)
    columns, rates = kl_columns(rng)
    metrics = divergences(rng, columns["kl_threshold"])
    theirs = apart(other_plateaus.rl_games, columns, rates, metrics)
    same(rule_of(flr.KLAdaptive, columns, convention="rl_games"), rates, metrics, theirs)


def test_kl_adaptive_is_that_of_rsl_rl(apart):
    require("rsl_rl", "torch")
    rng = np.random.default_rng(SEED + 7)
    columns, rates = kl_columns(rng)
    columns = {"kl_threshold": columns["kl_threshold"]}  # its limits stand in its code
    metrics = divergences(rng, columns["kl_threshold"])
    theirs = apart(other_plateaus.rsl_rl, columns, rates, metrics)
    same(rule_of(flr.KLAdaptive, columns, convention="rsl_rl"), rates, metrics, theirs)


# -- values and states -----------------------------------------------------------------------------

RULES = [
    flr.KLAdaptive(),
    flr.KLAdaptive(kl_threshold=[0.01, 0.02], convention="skrl", max_lr=0.1),
    flr.NewBob(patient=[0, 2]),
    flr.GreedyLR(patience=1, factor=[0.5, 0.9], min_lr=0.01),
    flr.GreedyLR(smooth=True, window_size=3, patience=0),
]
every_rule = pytest.mark.parametrize("rule", RULES, ids=repr)


@every_rule
def test_a_rule_is_a_value(rule):
    for twin in (
        pickle.loads(pickle.dumps(rule)),
        copy.deepcopy(rule),
        eval(repr(rule), vars(flr).copy()),
        type(rule).from_spec(json.loads(json.dumps(rule.to_spec()))),
    ):
        assert (twin, hash(twin), repr(twin)) == (rule, hash(rule), repr(rule))
    assert rule != type(rule)(nan="ignore")
    for change in (lambda: setattr(rule, "shape", ()), lambda: delattr(rule, "shape")):
        with pytest.raises(AttributeError, match=f"a {type(rule).__name__} is a value"):
            change()


@every_rule
def test_updates_a_history_and_a_restored_state_agree(rule):
    rng = np.random.default_rng(SEED + 8)
    metrics = np.abs(rng.normal(0.02, 0.02, (30, *rule.shape)))
    state, scales = rule.init(scale=0.05), []
    for metric in metrics:
        before = [part.tobytes() for part in state]
        after = rule.update(state, metric)
        assert [part.tobytes() for part in state] == before
        assert [part.dtype for part in after] == [part.dtype for part in state]
        # through JSON, as a checkpoint of plain numbers holds it
        state = rule.restore(json.loads(json.dumps([part.tolist() for part in after])))
        assert [part.tobytes() for part in state] == [part.tobytes() for part in after]
        scales.append(state.scale)
    assert np.array_equal(scales, rule.replay(metrics, rule.init(scale=0.05)))
    whole = rule.advance(rule.init(scale=0.05), metrics)
    assert [part.tobytes() for part in whole] == [part.tobytes() for part in state]
    assert rule.restore(state).scale.tobytes() == state.scale.tobytes()


def test_lanes_are_rules_of_their_own():
    rng = np.random.default_rng(SEED + 9)
    factors, metrics = [0.5, 0.7, 0.9], rng.random((40, 3))
    together = flr.GreedyLR(factor=factors, patience=1, smooth=True, window_size=4)
    for i, factor in enumerate(factors):
        alone = flr.GreedyLR(factor=factor, patience=1, smooth=True, window_size=4)
        assert np.array_equal(together.replay(metrics)[:, i], alone.replay(metrics[:, i]))
    kl = flr.KLAdaptive()
    assert kl.replay(metrics, kl.init(scale=1e-3, shape=3)).shape == (40, 3)


def test_a_first_rate_is_needed_where_1_is_outside_the_limits():
    message = (
        "init: scale must be given for KLAdaptive, whose min_lr and max_lr, 1e-05 and 0.01, are "
        "limits of a rate, got none; pass the first rate, as in rule.init(scale=rate)"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        flr.KLAdaptive().init()
    with pytest.raises(ValueError, match=f"^{re.escape('replay: ' + message)}$"):
        flr.KLAdaptive().replay([0.01, 0.02])
    with pytest.raises(ValueError, match="scale must be given for GreedyLR"):
        flr.GreedyLR(min_lr=2.0, max_lr=[3.0, 4.0]).init()
    assert flr.KLAdaptive(min_lr=0.1, max_lr=10.0).init().scale == 1.0
    assert flr.GreedyLR().init().scale == 1.0


def test_nan_is_refused_or_ignored():
    for rule in (flr.KLAdaptive(), flr.NewBob(), flr.GreedyLR()):
        state = rule.init(scale=0.1)
        with pytest.raises(ValueError, match="update: metric must not be NaN where nan='raise'"):
            rule.update(state, math.nan)
        ignoring = type(rule)(nan="ignore")
        with_gaps = ignoring.replay([0.3, math.nan, 0.2, math.nan, 0.5], ignoring.init(0.1))
        assert np.array_equal(with_gaps[[0, 2, 4]], rule.replay([0.3, 0.2, 0.5], rule.init(0.1)))


def test_a_rate_is_multiplied_by_the_scale():
    rule = flr.NewBob()
    state = rule.advance(rule.init(), [1.0, 1.0])
    assert rule.rate(0.1, state) == 0.05


BAD = [
    (lambda: flr.KLAdaptive(kl_threshold=-1.0), ValueError, "KLAdaptive: kl_threshold must be"),
    (lambda: flr.KLAdaptive(min_lr=0.1, max_lr=0.01), ValueError, "min_lr must be at most max_lr"),
    (lambda: flr.KLAdaptive(convention="sb3"), ValueError, "convention must be one of 'rsl_rl'"),
    (lambda: flr.KLAdaptive(lr_factor=0.5), ValueError, "lr_factor must be a number from 1"),
    (lambda: flr.KLAdaptive(kl_treshold=1.0), TypeError, "did you mean 'kl_threshold'"),
    (lambda: flr.NewBob(annealing_factor=2.0), ValueError, "annealing_factor must be a factor"),
    (lambda: flr.NewBob(patient=0.5), TypeError, "NewBob: patient must be an integer"),
    (lambda: flr.GreedyLR(factor=1.0), ValueError, "factor must be a number above 0 and below 1"),
    (lambda: flr.GreedyLR(factor=0.0), ValueError, "factor must be a number above 0 and below 1"),
    (lambda: flr.GreedyLR(patience=None), TypeError, "patience must be given, got None"),
    (lambda: flr.GreedyLR(window_size=[2, 3]), ValueError, "window_size must be one integer"),
    (lambda: flr.GreedyLR(mode="least"), ValueError, "mode must be one of 'min', 'max'"),
    (lambda: flr.NewBob().init(scale=-1.0), ValueError, "init: scale must be a finite number"),
    (
        lambda: flr.NewBob().update((1.0,), 1.0),
        TypeError,
        "must be a NewBobState, a tuple of scale",
    ),
    (lambda: flr.NewBob().restore([0.1, 1.0, -1, 1]), ValueError, "state.left must be finite and"),
    (lambda: flr.NewBob().restore([0.1, 1.0, 1.5, 1]), TypeError, "state.left must be int32, got"),
    (lambda: flr.NewBob().restore({"scale": 1}), ValueError, "must have the parts scale, last, le"),
    (lambda: flr.NewBob().restore([math.inf, 1.0, 0, 1]), ValueError, "state.scale must be finite"),
    (lambda: flr.NewBob(patient=[1, 2]).restore([0.1, 1.0, 0, 1]), ValueError, "rule's lanes"),
    (lambda: flr.NewBob().update(flr.Plateau().init(), 1.0), TypeError, "got PlateauState of 6"),
    (lambda: flr.NewBob().update(flr.NewBob().init(), [1.0, 2.0]), ValueError, "broadcast"),
    (lambda: flr.NewBob().update(flr.NewBob().init(), "1"), TypeError, "update: metric must be"),
    (lambda: flr.NewBob.from_spec(flr.KLAdaptive().to_spec()), ValueError, "'new_bob'"),
    (
        lambda: flr.NewBob.from_spec({"fastlr": 1, "new_bob": {"patience": 1}}),
        ValueError,
        "is not a parameter of NewBob; did you mean 'patient'",
    ),
]


OTHERS = [
    (flr.Plateau, "min_lr", "pass rate_floor="),
    (flr.Plateau, "lr_min", "pass rate_floor="),
    (flr.Plateau, "min_scale", "pass floor="),
    (flr.Plateau, "min_delta", "pass atol="),
    (flr.Plateau, "threshold", "pass rtol="),
    (flr.Plateau, "threshold_mode", "pass the threshold as rtol="),
    (flr.Plateau, "accumulation_size", "pass window="),
    (flr.Plateau, "gamma", "pass factor="),
    (flr.Plateau, "max_lr", "flr.GreedyLR and flr.KLAdaptive raise a rate"),
    (flr.Plateau, "learning_rate", "the first rate is that of the schedule"),
    (flr.Plateau, "monitor", "flr.adapters.lightning.Report(monitor)"),
    (flr.Plateau, "optimizer", "flr.adapters.torch.Scheduler(optimizer, schedule, plateau=rule)"),
    (flr.Plateau, "verbose", "leave it out"),
    (flr.Plateau, "cooldown_t", "did you mean 'cooldown'?"),
    (flr.KLAdaptive, "desired_kl", "pass kl_threshold="),
    (flr.KLAdaptive, "max_learning_rate", "pass max_lr="),
    (flr.KLAdaptive, "learning_rate", "rule.init(scale=rate)"),
    (flr.NewBob, "factor", "pass annealing_factor="),
    (flr.NewBob, "initial_value", "rule.init(scale=rate)"),
    (flr.NewBob, "min_lr", "flr.Plateau has rate_floor="),
    (flr.GreedyLR, "min_delta", "pass threshold="),
    (flr.GreedyLR, "num_training_steps", "leave it out"),
]


@pytest.mark.parametrize(("rule", "name", "way"), OTHERS)
def test_a_name_of_another_library_says_what_to_write(rule, name, way):
    with pytest.raises(TypeError) as refused:
        rule(**{name: 1})
    assert str(refused.value).startswith(f"{rule.__name__}: unknown argument {name!r}; ")
    assert way in str(refused.value)


@pytest.mark.parametrize(("call", "kind", "words"), BAD, ids=[words for *_, words in BAD])
def test_bad_input_is_refused_by_name(call, kind, words):
    with pytest.raises(kind) as refused:
        call()
    assert words in str(refused.value)
