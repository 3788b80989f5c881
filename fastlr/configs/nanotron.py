"""Read a nanotron YAML: ``optimizer.learning_rate_scheduler`` and ``tokens.train_steps``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("optimizer", "tokens")
_STYLES = {
    "lr_warmup_style": ("linear", "constant"),
    "lr_decay_style": ("linear", "cosine", "1-sqrt"),
}


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a nanotron config."""
    optimizer = config.get("optimizer")
    return isinstance(optimizer, Mapping) and "learning_rate_scheduler" in optimizer


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule over updates."""
    arguments = config.section("optimizer").section("learning_rate_scheduler")
    steps = config.section("tokens").run_length(run, "train_steps")
    names = list(inspect.signature(presets.nanotron.LRSchedulerArgs).parameters)[2:]
    arguments.refuse_unknown(("learning_rate", *names))
    given: dict[str, Any] = {
        key: arguments.choice(key, _STYLES[key]) if key in _STYLES else _length(arguments, key)
        for key in names
        if key in arguments
    }
    rate = arguments.base_rate(run, "learning_rate")
    return of_length(presets.nanotron.LRSchedulerArgs(rate, steps, **given), steps)


def _length(arguments: Section, key: str) -> Any:
    return arguments.number(key) if key == "min_decay_lr" else arguments.integer(key)
