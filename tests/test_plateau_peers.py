"""Each convention is the library's own automaton, step by step, to the bit, over ten thousand random histories.

A package that is not installed is no fault, unless ``FASTLR_REQUIRE`` in the environment names it: ``torch,keras,optax,timm``.
"""

import importlib
import importlib.util
import math
import os
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pytest

import fastlr as flr

HISTORIES = 10_000
UPDATES = 24
SEED = int(os.environ.get("FASTLR_SEED", "0"))


def package(name):
    """An optional package, or a skip; a failure where it is required."""
    if importlib.util.find_spec(name) is None:
        if name in os.environ.get("FASTLR_REQUIRE", "").split(","):
            pytest.fail(f"FASTLR_REQUIRE names {name}, which is not installed")
        pytest.skip(f"{name} is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


def histories(rng, count, updates=UPDATES):
    """Metrics (histories, updates): smooth ones, and ones of a few dyadic numbers, full of ties; NaN and infinities in some."""
    falling = np.cumsum(rng.normal(-0.02, 0.1, (count, updates)), axis=1) + 2.0
    grid = rng.integers(-8, 9, (count, updates)) / 8.0
    metrics = np.where(rng.random((count, 1)) < 0.5, grid, falling)
    odd = rng.random((count, updates)) < np.where(rng.random((count, 1)) < 0.5, 0.15, 0.0)
    return np.where(odd, rng.choice([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e300, 1e-300], (count, updates)), metrics)


def tolerances(rng, count, default):
    """Dyadic ones, which make ties exact, any others, none, and the default."""
    kinds = np.stack([rng.integers(1, 5, count) / 16.0, rng.random(count) * 0.2, np.zeros(count), np.full(count, default)])
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
    assert wrong.size == 0, f"{wrong.size} of {len(ours)} histories, the first {wrong[0]}: {ours[wrong[0]]}, {theirs[wrong[0]]}"
    assert (np.diff(ours, axis=1) != 0).any(axis=1).mean() > 0.3, "most histories say nothing"


def optimizer(torch, rate):
    return torch.optim.SGD([torch.zeros(1)], lr=rate)


def item(columns, i):
    return {name: column[i].item() for name, column in columns.items()}


def test_torch():
    torch = package("torch")
    rng = np.random.default_rng(SEED)
    columns, rates = settings(rng, HISTORIES, 1e-4)
    relative, eps = rng.random(HISTORIES) < 0.5, np.where(rng.random(HISTORIES) < 0.5, 1e-8, rng.random(HISTORIES) * 0.01)
    metrics = histories(rng, HISTORIES)
    theirs, opt = np.empty_like(metrics), optimizer(torch, 0.1)
    for i in range(HISTORIES):
        own = item(columns, i)
        opt.param_groups[0]["lr"] = rates[i].item()
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            opt,
            mode=own["mode"],
            factor=own["factor"],
            patience=own["patience"],
            threshold=own["rtol"],
            threshold_mode="rel" if relative[i] else "abs",
            cooldown=own["cooldown"],
            min_lr=own["floor"],
            eps=eps[i].item(),
        )
        for t, metric in enumerate(metrics[i].tolist()):
            scheduler.step(metric)
            theirs[i, t] = opt.param_groups[0]["lr"]
    columns["atol"] = np.where(relative, 0.0, columns["rtol"])
    columns["rtol"] = np.where(relative, columns["rtol"], 0.0)
    rule = flr.Plateau(**columns, eps=eps, nan="bad", convention="torch")
    same(replayed(rule, rates, metrics), theirs)


def test_torch_with_a_rate_of_float32():
    torch = package("torch")
    rng = np.random.default_rng(SEED + 1)
    columns, rates = settings(rng, 1_000, 1e-4)
    metrics = histories(rng, 1_000)
    theirs = np.empty_like(metrics)
    for i in range(1_000):
        own = item(columns, i)
        opt = optimizer(torch, torch.tensor(rates[i].item(), dtype=torch.float32))
        names = {"threshold": own["rtol"], "min_lr": own["floor"]} | {
            k: own[k] for k in ("mode", "factor", "patience", "cooldown")
        }
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, **names)
        for t, metric in enumerate(metrics[i].tolist()):
            scheduler.step(metric)
            theirs[i, t] = float(opt.param_groups[0]["lr"])
    same(replayed(flr.Plateau(**columns, nan="bad", precision="single"), rates, metrics), theirs)


class Rate:
    """An optimizer of Keras, whose rate is a float32."""

    def __init__(self, rate):
        self.learning_rate = rate

    def __setattr__(self, name, value):
        self.__dict__[name] = np.float32(value)


def test_keras():
    os.environ.setdefault("KERAS_BACKEND", "torch")  # compares in float32, as jax does in ten times the time; numpy does not
    keras = package("keras")
    rng = np.random.default_rng(SEED + 2)
    columns, rates = settings(rng, HISTORIES, 1e-4)
    columns["atol"] = columns.pop("rtol")
    metrics = histories(rng, HISTORIES)
    theirs, model = np.empty_like(metrics), types.SimpleNamespace()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for i in range(HISTORIES):
            own = item(columns, i)
            names = {"min_delta": own["atol"], "min_lr": own["floor"]} | {
                k: own[k] for k in ("mode", "factor", "patience", "cooldown")
            }
            callback = keras.callbacks.ReduceLROnPlateau(monitor="loss", **names)
            model.optimizer = Rate(rates[i])
            callback.set_model(model)
            callback.on_train_begin()
            for t, metric in enumerate(metrics[i].tolist()):
                callback.on_epoch_end(t, {"loss": metric})
                theirs[i, t] = model.optimizer.learning_rate
    same(replayed(flr.Plateau(**columns, nan="bad", convention="keras"), rates, metrics), theirs)


def optax_scales(settings, columns, metrics, dtype):
    """Those of the real transformation, each history with its own integers and floor, in one compiled scan."""
    import jax
    import jax.numpy as jnp
    import optax

    def run(patience, cooldown, window, floor, values):
        rule = optax.contrib.reduce_on_plateau(
            **settings, patience=patience, cooldown=cooldown, accumulation_size=window, min_scale=floor
        )

        def update(state, value):
            _, state = rule.update(jnp.ones((), dtype), state, value=value)
            return state, state.scale

        return jax.lax.scan(update, rule.init(jnp.zeros((), dtype)), values)[1]

    whole = [jnp.asarray(columns[name], jnp.int32) for name in ("patience", "cooldown", "window")]
    scales = jax.jit(jax.vmap(run))(*whole, jnp.asarray(columns["floor"], dtype), jnp.asarray(metrics))
    return np.asarray(scales, np.float64)


@pytest.mark.parametrize("precision", ["double", "single"])
def test_optax(precision):
    package("optax")
    jax = package("jax")
    rng = np.random.default_rng(SEED + 3)
    kinds = 10  # the tolerances and the factor are compiled in
    with jax.enable_x64(True):
        for k in range(kinds):
            count = HISTORIES // kinds
            columns, _ = settings(rng, count, 1e-4)
            columns = {name: columns[name] for name in ("patience", "cooldown", "floor")} | {"window": rng.integers(1, 4, count)}
            tight = {"rtol": tolerances(rng, 1, 1e-4).item(), "atol": tolerances(rng, 1, 1e-4).item() if k % 2 else 0.0}
            tight = tight if any(tight.values()) else {"rtol": 1e-4, "atol": 0.0}
            own, metrics = {"factor": factors(rng, 1).item(), **tight}, histories(rng, count)
            theirs = optax_scales(own, columns, metrics, {"double": np.float64, "single": np.float32}[precision])
            rule = flr.Plateau(**own, **columns, nan="bad", convention="optax", precision=precision)
            same(replayed(rule, np.ones(count), metrics), theirs)


def timm_scheduler():
    """The class, from its own file: the package's other modules need torchvision."""
    spec = importlib.util.find_spec("timm")
    for name in ("timm", "timm.scheduler"):
        sys.modules[name] = types.ModuleType(name)
    folder = spec.submodule_search_locations[0]
    sys.modules["timm.scheduler"].__path__ = [str(Path(folder) / "scheduler")]
    try:
        return importlib.import_module("timm.scheduler.plateau_lr").PlateauLRScheduler
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "timm"]:
            del sys.modules[name]


def test_timm():
    torch = package("torch")
    if importlib.util.find_spec("timm") is None:
        package("timm")
    scheduler_of = timm_scheduler()
    rng = np.random.default_rng(SEED + 4)
    columns, rates = settings(rng, HISTORIES, 1e-4)
    warmup, metrics = rng.integers(0, 4, HISTORIES), histories(rng, HISTORIES)
    begin, theirs = rates.copy(), np.empty_like(metrics)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i in range(HISTORIES):
            own, opt = item(columns, i), optimizer(torch, rates[i].item())
            scheduler = scheduler_of(
                opt,
                decay_rate=own["factor"],
                patience_t=own["patience"],
                threshold=own["rtol"],
                cooldown_t=own["cooldown"],
                warmup_t=warmup[i].item(),
                lr_min=own["floor"],
                mode=own["mode"],
            )
            for t, metric in enumerate(metrics[i].tolist()):
                scheduler.step(t + 1, metric)
                theirs[i, t] = opt.param_groups[0]["lr"]
                if t + 1 <= warmup[i]:
                    begin[i] = theirs[i, t]  # its warm-up is a rate of its own, and ends within an ulp of where it should
    rule = flr.Plateau(**columns, warmup=warmup, nan="bad", convention="timm")
    ours = replayed(rule, begin, metrics)
    warming = np.arange(UPDATES) < warmup[:, np.newaxis]
    same(ours, np.where(warming, ours, theirs))
