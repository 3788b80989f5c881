"""timm: its own schedulers, stepped as its training script does.

Its other modules need torchvision, so they are left out.
"""

import importlib
import importlib.util
import logging
import sys
import types
import warnings
from fractions import Fraction
from functools import cache
from math import ceil, floor, log

import numpy as np

from fastlr.presets import timm as ours

from . import Case, one_of, rate, rates, real, whole

FOLDERS = (
    list(spec.submodule_search_locations) if (spec := importlib.util.find_spec("timm")) else []
)


@cache
def scheduler():
    """``timm.scheduler`` alone, below a stand-in for the package, which imports torchvision;
    the stand-in is taken away again.
    """
    others = {
        name: sys.modules.pop(name)
        for name in list(sys.modules)
        if name.partition(".")[0] == "timm"
    }
    package = sys.modules["timm"] = types.ModuleType("timm")
    package.__path__ = FOLDERS
    logging.getLogger("timm").setLevel(logging.ERROR)  # it warns of cycles of one step
    try:
        return importlib.import_module("timm.scheduler")
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "timm"]:
            del sys.modules[name]
        sys.modules.update(others)


def driven(make, lr, steps, metrics=None):
    """The rate that the constructor sets, and those after ``step(1)``, ``step(2)``..."""
    import torch

    groups = [
        {"params": [torch.zeros(1)], "lr": one} for one in (lr if isinstance(lr, list) else [lr])
    ]
    optimizer = torch.optim.SGD(groups)
    table = np.empty((len(groups), steps))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the plateau scheduler is deprecated
        made = make(optimizer)
        for t in range(steps):
            if t:
                made.step(t, *([] if metrics is None else [metrics[t - 1]]))
            table[:, t] = [group["lr"] for group in optimizer.param_groups]
    return table if isinstance(lr, list) else table[0]


def of_library(name, without=("lr", "noise_until")):
    def run(settings, steps):
        own = {key: value for key, value in settings.items() if key not in without}
        return driven(
            lambda optimizer: getattr(scheduler(), name)(optimizer, **own), settings["lr"], steps
        )

    return run


# -- settings --------------------------------------------------------------------------------------


def ramp(rng):
    return {
        "warmup_t": one_of(rng, 0, 1, whole(rng, 0, 8)),
        "warmup_lr_init": one_of(rng, 0.0, 1e-5, rate(rng)),
    }


def noisy(rng):
    """In a fifth of the settings: from a step to a step, or on from one."""
    if rng.random() < 0.8:
        return {}
    begin = one_of(rng, 0, whole(rng, 0, 30), real(rng, 0.0, 30.0))
    ends = one_of(
        rng,
        {"noise_range_t": [begin, begin + whole(rng, 0, 20)]},
        {"noise_range_t": begin, "noise_until": 60},
    )
    odd = {
        "noise_pct": real(rng, 0.1, 1.0),
        "noise_std": real(rng, 0.1, 2.0),
        "noise_seed": whole(rng, -5, 2**40),
    }
    return {**ends, **one_of(rng, {}, odd)}


def prefix(rng):
    return one_of(rng, {}, {"warmup_prefix": True}, {"warmup_prefix": False})


def regular(own, steps=60):
    """Whether timm's logarithm finds the cycle that the real numbers say, nowhere before its
    beginning.
    """
    length, mul = own["t_initial"], own["cycle_mul"]
    shift = own["warmup_t"] if own.get("warmup_prefix") else 0
    begins = [Fraction(0)]
    while mul > 1 and begins[-1] <= steps:
        begins.append(begins[-1] + length * Fraction(str(mul)) ** (len(begins) - 1))
    for t in range(max(0, own["warmup_t"] - shift), steps) if mul > 1 else ():
        i = floor(log(1 - t / length * (1 - mul), mul))
        if not begins[i] <= t < begins[i + 1] or t < (1 - mul**i) / (1 - mul) * length:
            return False
    return True


def cycles(rng, **more):
    while True:
        own = {
            "lr": rates(rng),
            "t_initial": whole(rng, 1, 25),
            "lr_min": one_of(rng, 0.0, rate(rng)),
            "cycle_mul": one_of(rng, 1.0, 2.0, round(real(rng, 1.1, 3.0), 1)),
            "cycle_decay": one_of(rng, 1.0, 0.5, real(rng, 0.1, 1.2)),
            "cycle_limit": one_of(rng, 1, 1, whole(rng, 1, 5)),
            **around(rng),
            **{name: draw(rng) for name, draw in more.items()},
        }
        if regular(own):
            return own


def some_k(rng):
    return one_of(rng, 1.0, 1.0, real(rng, 0.3, 2.5))


def cosine(rng):
    return cycles(rng, k_decay=some_k)


def tanh(rng):
    return cycles(rng, lb=lambda rng: real(rng, -8.0, -1.0), ub=lambda rng: real(rng, -0.9, 4.0))


def poly(rng):
    return cycles(rng, power=lambda rng: one_of(rng, 0.5, 1.0, real(rng, 0.3, 3.0)), k_decay=some_k)


def around(rng):
    return {**ramp(rng), **prefix(rng), **noisy(rng)}


def stairs(rng):
    while True:
        every = one_of(rng, whole(rng, 1, 12), round(real(rng, 0.5, 8.0), 1), real(rng, 0.5, 9.0))
        if all(t // every == t // Fraction(str(every)) for t in range(60)):
            return {
                "lr": rates(rng),
                "decay_t": every,
                "decay_rate": real(rng, 0.1, 1.1),
                **ramp(rng),
                **prefix(rng),
                **noisy(rng),
            }


def milestones(rng):
    marks = sorted(whole(rng, 0, 30) for _ in range(whole(rng, 0, 4)))
    return {"lr": rates(rng), "decay_t": marks, "decay_rate": real(rng, 0.1, 1.1), **around(rng)}


def wsd(rng):
    total = whole(rng, 1, 40)
    return {
        "lr": rates(rng),
        "t_initial": total,
        "decay_t": whole(rng, 1, total),
        "lr_min": one_of(rng, 0.0, 1e-5, rate(rng)),
        "stable_fn": one_of(rng, "constant", "rsqrt", "power"),
        "stable_timescale": one_of(rng, whole(rng, 1, 20), real(rng, 0.5, 20.0)),
        "stable_power": real(rng, 0.2, 2.0),
        "decay_fn": one_of(rng, "linear", "1-sqrt", "cosine", "power", "exp"),
        "decay_power": real(rng, 0.2, 3.0),
        "decay_ratio": real(rng, 0.01, 0.9),
        **ramp(rng),
        **noisy(rng),
    }


def plateau(rng):
    return {
        "decay_rate": real(rng, 0.1, 0.9),
        "patience_t": whole(rng, 0, 3),
        "threshold": one_of(rng, 1e-4, 0.05),
        "cooldown_t": whole(rng, 0, 2),
        "warmup_t": one_of(rng, 0, whole(rng, 0, 5)),
        "lr_min": one_of(rng, 0.0, 0.01),
        "mode": one_of(rng, "min", "max"),
    }


def run_plateau(settings, metrics):
    """From a rate of 1.0, which its warmup leaves as it is."""

    def make(optimizer):
        return scheduler().PlateauLRScheduler(optimizer, **settings, warmup_lr_init=1.0)

    return driven(make, 1.0, len(metrics) + 1, metrics)[1:]


def noise(rng):
    odd = noisy(rng)
    while not odd:
        odd = noisy(rng)
    return {**odd, "noise_type": one_of(rng, "normal", "uniform")}


def run_noise(settings, steps):
    """That of the one scheduler which has it of both types, without a metric."""
    own = {key: value for key, value in settings.items() if key != "noise_until"}
    return driven(lambda optimizer: scheduler().PlateauLRScheduler(optimizer, **own), 1.0, steps)


def by_name(rng):
    """One of all the names, in epochs or in updates."""
    unit = one_of(rng, 1, whole(rng, 1, 3))
    while True:
        warmup, after = whole(rng, 0, 3), whole(rng, 2, 15)
        own = {
            "lr": rates(rng),
            "sched": one_of(
                rng, "cosine", "tanh", "step", "multistep", "poly", "wsd", "rsqrt", "constant"
            ),
            "num_epochs": warmup + after,
            "decay_epochs": one_of(rng, None if after > 4 else 1, 1, 2, 0.5),
            "decay_milestones": sorted(whole(rng, 0, 12) for _ in range(3)),
            "decay_rate": real(rng, 0.1, 1.0),
            "min_lr": one_of(rng, 0.0, rate(rng)),
            "warmup_lr": rate(rng),
            "warmup_epochs": warmup,
            "warmup_prefix": bool(rng.random() < 0.5),
            "cycle_mul": one_of(rng, 1.0, 2.0),
            "cycle_limit": whole(rng, 1, 3),
            "k_decay": some_k(rng),
            "decay_fn": one_of(rng, None, "cosine"),
            "stable_timescale": real(rng, 1.0, 5.0),
            **one_of(rng, {}, {}, {}, {"noise": [0.3, 0.8]}, {"noise": 0.5, "noise_until": 60}),
            **({} if unit == 1 else {"step_on_epochs": False, "updates_per_epoch": unit}),
        }
        lengths = {"t_initial": own["num_epochs"] * unit, "warmup_t": warmup * unit}
        if regular({**own, **lengths}):
            return own


def run_by_name(settings, steps):
    own = {key: value for key, value in settings.items() if key not in ("lr", "noise_until")}

    def make(optimizer):
        made, _ = scheduler().create_scheduler_v2(optimizer, **own)
        return made if own.get("step_on_epochs", True) else Updated(made)

    return driven(make, settings["lr"], steps)


class Updated:
    """A scheduler that is stepped by the update."""

    def __init__(self, made):
        self.step = made.step_update


def beyond(own):
    last = own.get("decay_t", 0) if isinstance(own.get("decay_t"), int) else 0
    return min(
        60, ceil(own.get("t_initial", 40)) * own.get("cycle_limit", 1) + last + own["warmup_t"] + 6
    )


CASES = [
    Case(ours.CosineLRScheduler, cosine, of_library("CosineLRScheduler"), beyond, "timm"),
    Case(ours.TanhLRScheduler, tanh, of_library("TanhLRScheduler"), beyond, "timm"),
    Case(ours.PolyLRScheduler, poly, of_library("PolyLRScheduler"), beyond, "timm"),
    Case(ours.StepLRScheduler, stairs, of_library("StepLRScheduler"), beyond, "timm"),
    Case(ours.MultiStepLRScheduler, milestones, of_library("MultiStepLRScheduler"), beyond, "timm"),
    Case(ours.WSDLRScheduler, wsd, of_library("WSDLRScheduler"), beyond, "timm"),
    Case(ours.PlateauLRScheduler, plateau, run_plateau, lambda own: 50, "timm"),
    # of some thirty draws each, to the bit
    Case(ours.noise, noise, run_noise, lambda own: 55, "timm", 300, 0.0),
    # one of those above each
    Case(ours.create_scheduler_v2, by_name, run_by_name, lambda own: 55, "timm", count=300),
]
