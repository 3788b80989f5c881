"""Each convention equals the library's own plateau rule to the bit, at every step of 10,000 random
histories.

A test is skipped if a package is not installed, unless ``FASTLR_REQUIRE`` names it:
``torch,keras,optax,timm``.
"""

import math
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import other_plateaus
import pytest
from other_libraries import require

import fastlr as flr

HISTORIES = 10_000
UPDATES = 24
SEED = int(os.environ.get("FASTLR_SEED", "0"))


@pytest.fixture(scope="module")
def apart():
    """Runs functions in a process of their own: what these packages leave behind in one,
    threads and hooks, is not for others.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        yield lambda function, *arguments: executor.submit(function, *arguments).result()


def histories(rng, count, updates=UPDATES):
    """Metrics (histories, updates): smooth ones, and ones of a few dyadic numbers, full of
    ties; NaN and infinities in some.
    """
    falling = np.cumsum(rng.normal(-0.02, 0.1, (count, updates)), axis=1) + 2.0
    grid = rng.integers(-8, 9, (count, updates)) / 8.0
    metrics = np.where(rng.random((count, 1)) < 0.5, grid, falling)
    odd = rng.random((count, updates)) < np.where(rng.random((count, 1)) < 0.5, 0.15, 0.0)
    return np.where(
        odd,
        rng.choice([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e300, 1e-300], (count, updates)),
        metrics,
    )


def tolerances(rng, count, default):
    """Dyadic ones, which make ties exact, any others, none, and the default."""
    kinds = np.stack(
        [
            rng.integers(1, 5, count) / 16.0,
            rng.random(count) * 0.2,
            np.zeros(count),
            np.full(count, default),
        ]
    )
    return kinds[rng.integers(0, 4, count), np.arange(count)]


def factors(rng, count):
    return np.where(rng.random(count) < 0.5, 0.5, 0.02 + 0.96 * rng.random(count))


def floors(rng, count):
    return np.where(rng.random(count) < 0.5, 0.0, rng.random(count) * 0.3)


def settings(rng, count, default):
    """Random settings of so many rules, and the rates they begin with."""
    return {
        "mode": rng.choice(["min", "max"], count),
        "factor": factors(rng, count),
        "patience": rng.integers(0, 5, count),
        "cooldown": rng.integers(0, 4, count),
        "floor": floors(rng, count),
        "rtol": tolerances(rng, count, default),
    }, np.where(rng.random(count) < 0.3, 1.0, 10.0 ** rng.uniform(-9, 0, count))


def replayed(rule, rates, metrics):
    """Our rates after each update of each history."""
    return rule.replay(metrics.T, rule.init(scale=rates)).T


def same(ours, theirs):
    wrong = np.flatnonzero((ours != np.asarray(theirs)).any(axis=1))
    assert wrong.size == 0, (
        f"{wrong.size} of {len(ours)} histories, the first {wrong[0]}: "
        f"{ours[wrong[0]]}, {theirs[wrong[0]]}"
    )
    assert (np.diff(ours, axis=1) != 0).any(axis=1).mean() > 0.3, "most histories say nothing"


def named(columns, **names):
    """The columns under the names that a library has for them."""
    return {names.get(name, name): column for name, column in columns.items()}


def test_torch(apart):
    require("torch")
    rng = np.random.default_rng(SEED)
    columns, rates = settings(rng, HISTORIES, 1e-4)
    columns["eps"] = np.where(rng.random(HISTORIES) < 0.5, 1e-8, rng.random(HISTORIES) * 0.01)
    relative, metrics = rng.random(HISTORIES) < 0.5, histories(rng, HISTORIES)
    theirs = named(columns, rtol="threshold", floor="min_lr") | {
        "threshold_mode": np.where(relative, "rel", "abs")
    }
    ours = columns | {
        "rtol": np.where(relative, columns["rtol"], 0.0),
        "atol": np.where(relative, 0.0, columns["rtol"]),
    }
    rule = flr.Plateau(**ours, nan="bad", convention="torch")
    same(replayed(rule, rates, metrics), apart(other_plateaus.torch, theirs, rates, metrics))


def test_torch_with_a_rate_of_float32(apart):
    require("torch")
    rng = np.random.default_rng(SEED + 1)
    columns, rates = settings(rng, HISTORIES, 1e-4)
    metrics, theirs = histories(rng, HISTORIES), named(columns, rtol="threshold", floor="min_lr")
    rule = flr.Plateau(**columns, nan="bad", precision="single")
    same(replayed(rule, rates, metrics), apart(other_plateaus.torch, theirs, rates, metrics, True))


def test_keras(apart):
    require("keras", "torch")
    rng = np.random.default_rng(SEED + 2)
    columns, rates = settings(rng, HISTORIES, 1e-4)
    columns, metrics = named(columns, rtol="atol"), histories(rng, HISTORIES)
    rule = flr.Plateau(**columns, nan="bad", convention="keras")
    theirs = named(columns, atol="min_delta", floor="min_lr")
    same(replayed(rule, rates, metrics), apart(other_plateaus.keras, theirs, rates, metrics))


@pytest.mark.parametrize(("precision", "dtype"), [("double", np.float64), ("single", np.float32)])
def test_optax(apart, precision, dtype):
    require("optax")
    rng = np.random.default_rng(SEED + 3)
    kinds = 10  # the tolerances and the factor are compiled in
    count = HISTORIES // kinds
    for k in range(kinds):
        columns, _ = settings(rng, count, 1e-4)
        columns = {name: columns[name] for name in ("patience", "cooldown", "floor")} | {
            "window": rng.integers(1, 4, count)
        }
        tight = {
            "rtol": tolerances(rng, 1, 1e-4).item(),
            "atol": tolerances(rng, 1, 1e-4).item() if k % 2 else 0.0,
        }
        tight = tight if any(tight.values()) else {"rtol": 1e-4, "atol": 0.0}
        own, metrics = {"factor": factors(rng, 1).item(), **tight}, histories(rng, count)
        rule = flr.Plateau(**own, **columns, nan="bad", convention="optax", precision=precision)
        same(
            replayed(rule, np.ones(count), metrics),
            apart(other_plateaus.optax, own, columns, metrics, dtype),
        )


def test_timm(apart):
    require("timm", "torch")
    rng = np.random.default_rng(SEED + 4)
    columns, rates = settings(rng, HISTORIES, 1e-4)
    columns["warmup"], metrics = rng.integers(0, 4, HISTORIES), histories(rng, HISTORIES)
    names = {
        "factor": "decay_rate",
        "patience": "patience_t",
        "rtol": "threshold",
        "cooldown": "cooldown_t",
    }
    theirs = apart(
        other_plateaus.timm,
        named(columns, **names, warmup="warmup_t", floor="lr_min"),
        rates,
        metrics,
    )
    # its warmup has rates of its own, and ends within an ulp of where it should
    warming = np.arange(UPDATES) < columns["warmup"][:, np.newaxis]
    last = theirs[np.arange(HISTORIES), columns["warmup"] - 1]
    begin = np.where(columns["warmup"] > 0, last, rates)
    assert np.allclose(begin, rates, rtol=1e-15, atol=0.0)
    ours = replayed(flr.Plateau(**columns, nan="bad", convention="timm"), begin, metrics)
    same(ours, np.where(warming, ours, theirs))
