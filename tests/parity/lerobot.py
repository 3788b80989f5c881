"""LeRobot: its own configs, whose schedulers are stepped, and figures of what a release lacks.

Only the file of the schedulers is loaded. The modules that it imports to save their state need
datasets and torchvision; draccus, in which it registers the names of its configs, installs a
package "tests".
"""

import sys
from types import ModuleType

from fastlr.presets import lerobot as ours

from . import Case, figures, file_of, one_of, rate, rates, real, whole
from .diffusers import NAMED, cosine, run_by_name, warmed_up
from .torch import driven


class _Unused(ModuleType):
    """A module of functions that are imported and not called here."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)


class _Registry:
    """draccus's registry of configs, without the register."""

    @classmethod
    def register_subclass(cls, name):
        return lambda config: config


def schedulers():
    """The file, with stand-ins for those modules while it is loaded."""
    saving = ("lerobot.datasets.utils", "lerobot.utils.constants", "lerobot.utils.io_utils")
    stand_ins = {name: _Unused(name) for name in (*saving, "draccus")}
    stand_ins["draccus"].ChoiceRegistry = _Registry
    # what else the file imports, torch above all, must stay imported
    before = {name: sys.modules.pop(name, None) for name in stand_ins}
    sys.modules.update(stand_ins)
    try:
        return file_of("lerobot", "optim/schedulers")
    finally:
        for name, module in before.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module


def of_library(name):
    def run(settings, steps):
        build = getattr(schedulers(), name)
        own = {
            key: value for key, value in settings.items() if key not in ("lr", "num_training_steps")
        }
        total = settings["num_training_steps"]
        return driven(
            lambda _, optimizer: build(**own).build(optimizer, total), steps, settings["lr"]
        )

    return run


def lengths(rng):
    warmup = whole(rng, 0, 12)
    return {
        "lr": rates(rng),
        "num_training_steps": max(0, warmup + whole(rng, -2, 24)),
        "num_warmup_steps": warmup,
    }


def vqbet(rng):
    return {
        **lengths(rng),
        "num_vqvae_training_steps": whole(rng, 0, 12),
        "num_cycles": one_of(rng, 0.5, 0.0, round(real(rng, 0.1, 3.0), 2)),
    }


def decays(rng):
    peak = rate(rng)
    return {
        "lr": rates(rng),
        "num_training_steps": whole(rng, 1, 40),
        "num_warmup_steps": whole(rng, 0, 12),
        "num_decay_steps": whole(rng, 1, 40),
        "peak_lr": peak,
        "decay_lr": peak * one_of(rng, 0.0, 0.1, real(rng, 0.0, 1.5)),
    }


def by_name(rng):
    name = one_of(
        rng, *(name for name in NAMED if name not in ("piecewise_constant", "polynomial"))
    )
    return {**lengths(rng), "name": name}


def named(t, lr, num_training_steps, num_warmup_steps, name):
    """diffusers' schedule of this name with its own defaults."""
    takes = {"constant": {}, "constant_with_warmup": {"num_warmup_steps": num_warmup_steps}}
    both = {"num_warmup_steps": num_warmup_steps, "num_training_steps": num_training_steps}
    return run_by_name(t, lr, name, **takes.get(name, both))


CASES = [
    Case(
        ours.DiffuserSchedulerConfig,
        by_name,
        figures(named),
        lambda own: own["num_training_steps"] + 20,
        count=200,
    ),
    Case(
        ours.VQBeTSchedulerConfig,
        vqbet,
        of_library("VQBeTSchedulerConfig"),
        lambda own: own["num_training_steps"] + own["num_vqvae_training_steps"] + 20,
        "lerobot",
    ),
    Case(
        ours.ConstantWithWarmupSchedulerConfig,
        lambda rng: {"lr": rates(rng), "num_warmup_steps": whole(rng, 0, 20)},
        figures(warmed_up),
        lambda own: 25,
        count=200,
    ),
    Case(
        ours.CosineAnnealingWithWarmupSchedulerConfig,
        lengths,
        figures(cosine),
        lambda own: own["num_training_steps"] + 20,
        count=200,
    ),
    Case(
        ours.CosineDecayWithWarmupSchedulerConfig,
        decays,
        of_library("CosineDecayWithWarmupSchedulerConfig"),
        lambda own: 60,
        "lerobot",
    ),
]
