"""Read a torchtitan TOML: ``[optimizer]``, ``[lr_scheduler]`` and ``[training]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.presets._building_blocks import phases
from fastlr.schedule.constructor_names import linear
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("lr_scheduler", "optimizer", "training")
_TYPES = ("linear", "sqrt", "cosine")
_SCHEDULER = (
    "decay_ratio",
    "decay_type",
    "lr_min",
    "min_lr_factor",
    "total_steps",
    "warmup_steps",
)


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a torchtitan config."""
    training, scheduler = config.get("training"), config.get("lr_scheduler")
    if not isinstance(training, Mapping) or "scheduler" in config:
        return False
    named = isinstance(scheduler, Mapping) and any(key in _SCHEDULER for key in scheduler)
    optimizer = config.get("optimizer")
    first = "warmup_steps" in training and isinstance(optimizer, Mapping) and "lr" in optimizer
    return "steps" in training and (named or first)


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule over updates."""
    training, scheduler = config.section("training"), config.section("lr_scheduler")
    steps = training.run_length(run, "steps")
    rate = config.section("optimizer").base_rate(run, "lr", 8e-4)
    if "warmup_steps" in training:
        if "lr_scheduler" in config:
            raise training.refusal("warmup_steps", "absent beside [lr_scheduler]")
        return of_length(_first(rate, training.integer("warmup_steps"), steps), steps)
    scheduler.refuse_unknown(_SCHEDULER)
    kind: Any = scheduler.choice("decay_type", _TYPES, "linear")
    schedule = presets.torchtitan.LRSchedulersContainer(
        rate,
        steps,
        scheduler.integer("warmup_steps", 200),
        scheduler.integer("total_steps", None),
        scheduler.number("decay_ratio", None),
        kind,
        _lowest(scheduler),
    )
    return of_length(schedule, steps)


def _lowest(scheduler: Section) -> Any:
    """Return the lowest factor, which was called lr_min."""
    if "lr_min" in scheduler and "min_lr_factor" in scheduler:
        raise scheduler.refusal("lr_min", "absent beside min_lr_factor")
    return scheduler.number("lr_min" if "lr_min" in scheduler else "min_lr_factor", 0.0)


def _first(rate: Any, warmup: int, steps: int) -> Schedule:
    """Return the schedule of torchtitan's first versions, whose warmup was in [training]."""
    fall = linear(rate, 0.0, max(1, steps - warmup))
    return phases((0, linear(0.0, rate, warmup + 1), -1), (warmup, fall, warmup))
