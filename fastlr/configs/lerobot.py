"""Read LeRobot's ``train_config.json``: one of its five schedulers, or a constant rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.presets import lerobot
from fastlr.schedule.constructor_names import constant
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("optimizer", "policy", "scheduler", "steps", "use_policy_training_preset")
_SINCE_0_4 = ("rename_map", "checkpoint_path")  # keys that earlier versions do not write
_DUMPED = ("num_workers", "save_freq", "seed")  # keys that every version writes
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
    steps = config.run_length(run, "steps")
    if "optimizer" not in config and run.lr is None:
        raise config.missing("optimizer", ": LeRobot fills it in; take the file of a run")
    rate = config.section("optimizer").base_rate(run, "lr")
    if "scheduler" not in config:
        return of_length(constant(rate), steps)
    scheduler = config.section("scheduler")
    kind = scheduler.choice("type", _TYPES)
    if kind == "cosine_decay_with_warmup":
        return of_length(_cosine_decay(scheduler, rate, steps, _shortens(config, steps)), steps)
    return of_length(_BUILD[kind](scheduler, rate, steps), steps)


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


def _shortens(config: Section, steps: int) -> bool:
    """Whether a run that is shorter than the decay shortens it, as LeRobot 0.4 and later do."""
    decay = config.section("scheduler").integer("num_decay_steps")
    if steps >= decay or any(key in config.values for key in _SINCE_0_4):
        return bool(steps < decay)
    if any(key not in config.values for key in _DUMPED):
        rule = f"at least num_decay_steps, {decay}, in a file that does not show its version"
        detail = "LeRobot 0.4 shortens the decay of a shorter run, earlier versions cut it off"
        raise config.refusal("steps", rule, f"{detail}; take the train_config.json of a run")
    return False


def _cosine_decay(config: Section, rate: Any, steps: int, shortens: bool) -> Schedule:
    """It is a factor of the optimizer's rate, whatever ``peak_lr`` is."""
    config.refuse_unknown(("type", "num_warmup_steps", "num_decay_steps", "peak_lr", "decay_lr"))
    warmup, decay = config.integer("num_warmup_steps"), config.integer("num_decay_steps")
    length = steps if shortens else max(steps, decay)  # the preset shortens as LeRobot 0.4 does
    peak, low = config.number("peak_lr"), config.number("decay_lr")
    if not peak > 0:
        raise config.refusal("peak_lr", "above 0")
    return lerobot.CosineDecayWithWarmupSchedulerConfig(rate, length, warmup, decay, peak, low)


_BUILD = {
    "diffuser": _diffuser,
    "vqbet": _vqbet,
    "constant_with_warmup": _constant,
    "cosine_annealing_with_warmup": _cosine_annealing,
}
