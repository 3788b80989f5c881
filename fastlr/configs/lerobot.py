"""Read LeRobot's ``train_config.json``: one of its five schedulers, or a constant rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr.configs._asking import base_rate, lasting, run_length
from fastlr.configs._section import Run, Section
from fastlr.presets import lerobot
from fastlr.schedule.constructor_names import constant
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("optimizer", "policy", "scheduler", "steps", "use_policy_training_preset")
_TYPES = (
    "diffuser",
    "vqbet",
    "constant_with_warmup",
    "cosine_annealing_with_warmup",
    "cosine_decay_with_warmup",
)
_NAMES = (
    "constant",
    "constant_with_warmup",
    "cosine",
    "cosine_with_restarts",
    "linear",
    "polynomial",
)


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a LeRobot config."""
    scheduler = config.get("scheduler")
    named = isinstance(scheduler, Mapping) and scheduler.get("type") in _TYPES
    return named or {"use_policy_training_preset", "steps"} <= config.keys()


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of this run."""
    steps = run_length(config, run, "steps")
    if "optimizer" not in config and run.lr is None:
        raise config.missing("optimizer", ": LeRobot fills it in; take the file of a run")
    rate = base_rate(config.section("optimizer"), run, "lr")
    if "scheduler" not in config:
        return lasting(constant(rate), steps)
    scheduler = config.section("scheduler")
    kind = scheduler.choice("type", _TYPES)
    return lasting(_BUILD[kind](scheduler, rate, steps), steps)


def _diffuser(config: Section, rate: Any, steps: int) -> Schedule:
    config.refuse_unknown(("type", "name", "num_warmup_steps"))
    name: Any = config.choice("name", _NAMES, "cosine")
    warmup = config.integer("num_warmup_steps", None)
    return lerobot.DiffuserSchedulerConfig(rate, steps, name, warmup)


def _vqbet(config: Section, rate: Any, steps: int) -> Schedule:
    config.refuse_unknown(("type", "num_warmup_steps", "num_vqvae_training_steps", "num_cycles"))
    warmup, first = (
        config.integer(key) for key in ("num_warmup_steps", "num_vqvae_training_steps")
    )
    waves = config.number("num_cycles", 0.5)
    return lerobot.VQBeTSchedulerConfig(rate, steps, warmup, first, waves)


def _constant(config: Section, rate: Any, steps: int) -> Schedule:
    config.refuse_unknown(("type", "num_warmup_steps"))
    warmup = config.integer("num_warmup_steps", 1_000)
    return lerobot.ConstantWithWarmupSchedulerConfig(rate, warmup)


def _cosine_annealing(config: Section, rate: Any, steps: int) -> Schedule:
    config.refuse_unknown(("type", "num_warmup_steps"))
    warmup = config.integer("num_warmup_steps")
    return lerobot.CosineAnnealingWithWarmupSchedulerConfig(rate, steps, warmup)


def _cosine_decay(config: Section, rate: Any, steps: int) -> Schedule:
    config.refuse_unknown(("type", "num_warmup_steps", "num_decay_steps", "peak_lr", "decay_lr"))
    warmup, decay = config.integer("num_warmup_steps"), config.integer("num_decay_steps")
    peak, low = config.number("peak_lr"), config.number("decay_lr")
    if not peak > 0:
        raise config.refusal("peak_lr", "above 0")
    return lerobot.CosineDecayWithWarmupSchedulerConfig(rate, steps, warmup, decay, peak, low)


_BUILD = {
    "diffuser": _diffuser,
    "vqbet": _vqbet,
    "constant_with_warmup": _constant,
    "cosine_annealing_with_warmup": _cosine_annealing,
    "cosine_decay_with_warmup": _cosine_decay,
}
