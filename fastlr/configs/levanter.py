"""Read a Levanter YAML: ``optimizer``, and ``trainer.num_train_steps``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("optimizer", "trainer")
_OURS = ("min_lr_ratio", "lr_schedule")  # beside keys that many have
_ARGUMENTS = {  # of a schedule that is a mapping
    "cosine": ("exponent",),
    "inv_sqrt": ("timescale",),
    "inv_sqrt_decay": ("decay_constant",),
    "polynomial": ("power",),
    "power": ("batch_size", "seq_length", "a", "b"),
}
_SHAPES = ("constant", "cosine", "linear", "inv_sqrt", "inv", "power", "polynomial")


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a Levanter config."""
    trainer, optimizer = config.get("trainer"), config.get("optimizer")
    if not isinstance(trainer, Mapping) or not isinstance(optimizer, Mapping):
        return False
    if "num_train_steps" in trainer:
        return any(key in optimizer for key in ("learning_rate", *_OURS))
    return "train_batch_size" in trainer and any(key in optimizer for key in _OURS)


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of the optimizer."""
    optimizer = _flat(config.section("optimizer"))
    steps = config.section("trainer").run_length(run, "num_train_steps")
    names = list(inspect.signature(presets.levanter.lr_scheduler).parameters)[2:]
    optimizer.refuse_unknown(
        (*names, "learning_rate", "warmup_ratio"),
        own=lambda key: key.startswith(("lr_", "min_lr", "warmup", "decay_", "cycle", "haps")),
    )
    if optimizer.number("stable", 0) != 0:
        detail = "only old versions have it; give decay, the length of the rest without a cooldown"
        raise optimizer.refusal("stable", "0", detail)
    given: dict[str, Any] = {key: _argument(optimizer, key) for key in names if key in optimizer}
    if "warmup_ratio" in optimizer:  # its name before 2025
        if "warmup" in given:
            raise optimizer.refusal("warmup_ratio", "absent beside warmup")
        given["warmup"] = optimizer.number("warmup_ratio")
    rate = optimizer.base_rate(run, "learning_rate", 6e-4)
    return of_length(presets.levanter.lr_scheduler(steps, rate, **given), steps)


def _flat(optimizer: Section) -> Section:
    """Return the optimizer with the arguments of its schedule, which may be a mapping, beside it:
    ``lr_schedule: {type: cosine, exponent: 2}``.
    """
    if not isinstance(optimizer.get("lr_schedule", None), Mapping):
        return optimizer
    inner = optimizer.section("lr_schedule")
    kind = inner.choice("type", (*_ARGUMENTS, "constant", "inv", "linear"))
    inner.refuse_unknown(("type", *_ARGUMENTS.get(kind, ())))
    own = {key: inner.get(key) for key in _ARGUMENTS.get(kind, ()) if key in inner}
    return Section(optimizer.where, {**optimizer.values, **own, "lr_schedule": kind})


def _argument(optimizer: Section, key: str) -> Any:
    if key == "lr_schedule":
        return optimizer.choice(key, (*_SHAPES, "inv_sqrt_decay"))
    if key in ("cycle_length", "cycles") and isinstance(optimizer.get(key), list | tuple):
        return optimizer.numbers(key)
    return optimizer.number(key)
