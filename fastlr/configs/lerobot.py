"""Read LeRobot's ``train_config.json``: one of its three schedulers, or a constant rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._asking import base_rate, lasting, run_length
from fastlr.configs._section import Run, Section
from fastlr.presets._building_blocks import phases
from fastlr.schedule.constructor_names import constant, cosine, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("optimizer", "policy", "scheduler", "steps", "use_policy_training_preset")
_SINCE_0_4 = ("rename_map", "checkpoint_path")  # keys that earlier versions do not write
_DUMPED = ("num_workers", "save_freq", "seed")  # keys that every version writes
_TYPES = ("diffuser", "vqbet", "cosine_decay_with_warmup")
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
    if kind == "cosine_decay_with_warmup":
        return lasting(_cosine_decay(scheduler, rate, steps, _shortens(config, steps)), steps)
    return lasting(_BUILD[kind](scheduler, rate, steps), steps)


def _diffuser(config: Section, rate: Any, steps: int) -> Schedule:
    config.refuse_unknown(("type", "name", "num_warmup_steps"))
    name: Any = config.choice("name", _NAMES, "cosine")
    warmup = config.integer("num_warmup_steps", None)
    found: Schedule = presets.diffusers.get_scheduler(name, rate, None, warmup, steps)
    return found


def _vqbet(config: Section, rate: Any, steps: int) -> Schedule:
    """Hold the rate while the VQ-VAE trains, then warm up and follow a cosine wave."""
    config.refuse_unknown(("type", "num_warmup_steps", "num_vqvae_training_steps", "num_cycles"))
    first, warmup = (
        config.integer(key) for key in ("num_vqvae_training_steps", "num_warmup_steps")
    )
    after = presets.diffusers.get_cosine_schedule_with_warmup(
        rate, warmup, steps, config.number("num_cycles", 0.5)
    )
    return phases((0, constant(rate), 0), (first, after, first))


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
    """Return Pi0's schedule: its cosine begins at step 0, and the warmup is on top of it.

    It is a factor of the optimizer's rate, whatever ``peak_lr`` is.
    """
    keys = ("num_warmup_steps", "num_decay_steps", "peak_lr", "decay_lr")
    config.refuse_unknown(("type", *keys))
    warmup, decay = config.integer("num_warmup_steps"), config.integer("num_decay_steps")
    if shortens:
        warmup, decay = int(warmup * (steps / decay)), steps
    peak = config.number("peak_lr")
    if not peak > 0:
        raise config.refusal("peak_lr", "above 0")
    low = rate * (config.number("decay_lr") / peak)
    rise = linear(rate / (warmup + 1), rate, warmup)
    return phases((0, rise, 0), (warmup, cosine(rate, low, decay), 0))


_BUILD = {"diffuser": _diffuser, "vqbet": _vqbet}
