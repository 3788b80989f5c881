"""Read the settings of a nanoGPT config, ``config/*.py``: those of its ``train.py`` where absent.

The run has ``max_iters + 1`` updates: ``train.py`` counts them from 0 up to ``max_iters``. The
warmup is that of December 2024 and later, ``rate * (t + 1)/(warmup_iters + 1)``. It was ``rate *
t/warmup_iters`` before, and a file does not show its version.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastlr import presets
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("decay_lr", "learning_rate", "lr_decay_iters", "max_iters", "min_lr", "warmup_iters")

_PREFIXES = ("cooldown", "decay_", "lr_", "min_lr", "stable_", "warm", "wsd")


def matches(config: Mapping[str, object]) -> bool:
    """Whether these are settings of nanoGPT."""
    keys = config.keys()
    ours = bool({"decay_lr", "lr_decay_iters"} & keys) or (
        {"learning_rate", "max_iters", "warmup_iters"} <= keys
    )
    # Megatron's mapping has a rate by another name, and a style
    others = "lr" in keys or "lr_decay_style" in keys or any("sched" in str(key) for key in keys)
    return ours and not others


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of a run with these settings."""
    config.refuse_unknown(KEYS, own=lambda key: key.startswith(_PREFIXES))
    schedule = presets.nanogpt.get_lr(
        config.base_rate(run, "learning_rate", 6e-4),
        config.integer("warmup_iters", 2000),
        config.integer("lr_decay_iters", 600000),
        config.number("min_lr", 6e-5),
        config.flag("decay_lr", True),
    )
    return of_length(schedule, config.integer("max_iters", 600000) + 1)
