"""Read an axolotl YAML: transformers' schedules, with axolotl's warmup and its own cosines.

The length of the run is ``max_steps``, or follows from the data: pass ``steps``, or
``steps_per_epoch``; ``num_epochs`` is 1 by default. The rate is that of the ordinary parameters:
groups with rates of their own (``loraplus_lr_ratio``, ``embedding_lr``, ``lr_groups``) are left
out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fastlr.configs import deepspeed
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.plateau.rule import Plateau
from fastlr.presets import axolotl, torch, transformers
from fastlr.presets._building_blocks import phases, wave
from fastlr.schedule.constructor_names import constant, cosine, linear, rex
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = (
    "cosine_constant_lr_ratio",
    "cosine_min_lr_ratio",
    "learning_rate",
    "lr_quadratic_warmup",
    "lr_scheduler",
    "lr_scheduler_kwargs",
    "warmup_ratio",
    "warmup_steps",
)
_GROUPS = ("lr_groups",)
_OURS = ("base_model", "micro_batch_size", "num_epochs", "sequence_len", "datasets")
_NAMES = (*transformers.SCHEDULERS, "one_cycle", "rex")
_BUNDLED = "deepspeed_configs/"  # axolotl's own, which have no scheduler
_RESTARTED = ("relora", "relora_steps", "jagged_restart_steps")


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is an axolotl config."""
    has_scheduler = "lr_scheduler" in config or {"base_model", "micro_batch_size"} <= config.keys()
    return has_scheduler and "learning_rate" in config and any(key in config for key in _OURS)


def read(config: Section, run: Run) -> Schedule | Plateau:
    """Return the schedule of this config."""
    config.refuse_unknown(
        (*KEYS, *_GROUPS), own=lambda key: key.startswith(("lr_", "warmup", "cosine_"))
    )
    for key in _RESTARTED:
        if config.get(key, False):
            raise config.refusal(key, "absent: fastlr does not read a warmup at every restart")
    total = _total(config, run)
    inner = deepspeed.of_trainer(config, run, lambda name: name.startswith(_BUNDLED))
    if inner is not None:
        rate = config.base_rate(run, "learning_rate")
        return deepspeed.filled(inner, Run(lr=rate, steps=total), _warmup(config, total))
    rate, warmup = config.base_rate(run, "learning_rate"), _warmup(config, total)
    return of_length(_schedule(config, rate, warmup, total), total)


def _total(config: Section, run: Run) -> int:
    """Return the number of updates."""
    steps: int = config.integer("max_steps", -1)
    if steps > 0:
        return steps
    if run.steps is None and run.steps_per_epoch is not None:
        epochs: float = config.number("num_epochs", 1.0)
        return math.ceil(run.steps_per_epoch * epochs)
    if run.steps is None:
        remedy = f"{option('steps')}, or the steps per epoch: {option('steps_per_epoch')}"
        raise config.missing("max_steps", f", or the run's length: {remedy}")
    return run.steps


def _warmup(config: Section, total: int) -> int:
    """Return the steps of the warmup. A warmup of one step would not be seen: axolotl makes 2."""
    if "warmup_steps" in config:
        steps: int = config.integer("warmup_steps")
    elif "warmup_ratio" in config:
        steps = max(int(config.number("warmup_ratio") * total), 0)
    else:
        steps = min(int(0.03 * total), 100)
    return 2 if steps == 1 else steps


def _schedule(config: Section, rate: Any, warmup: int, total: int) -> Schedule | Plateau:
    name = config.choice("lr_scheduler", _NAMES, "cosine")
    further = config.mapping("lr_scheduler_kwargs")
    if name == "one_cycle":
        return torch.OneCycleLR(rate, total, **{"pct_start": warmup / total, **further})
    if name == "rex":
        low = rate * config.number("cosine_min_lr_ratio", 0.0)
        return _rex(rate, low, warmup, total)
    if name == "cosine" and config.flag("lr_quadratic_warmup", False):
        return axolotl.get_cosine_schedule_with_quadratic_warmup(rate, warmup, total)
    if name == "cosine" and config.number("cosine_min_lr_ratio", None):
        return _cosine(config, rate, warmup, total)
    return transformers.get_scheduler(name, rate, warmup, total, further)


def _cosine(config: Section, rate: Any, warmup: int, total: int) -> Schedule:
    """Return axolotl's cosine to a lowest rate, which it may reach before the end."""
    low = rate * config.number("cosine_min_lr_ratio")
    share = config.number("cosine_constant_lr_ratio", 0) or None
    end = total if share is None else int(total * share)
    half = max(1, end - warmup)
    if end < warmup:
        raise config.refusal("cosine_constant_lr_ratio", f"above the warmup, {warmup} of {total}")
    fall = wave(rate, low, half) if share is None else cosine(rate, low, half)
    return phases((0, linear(0.0, rate, warmup), 0), (warmup, fall, warmup))


def _rex(rate: Any, low: Any, warmup: int, total: int) -> Schedule:
    """Return axolotl's REX, whose step 0 has a rate of the decay, not of the warmup."""
    rest = total - warmup
    if warmup > total:
        raise ValueError(f"the warmup must be at most {total} steps, the run, got {warmup}")
    left = (rest - (-warmup % rest)) / rest if rest > 0 else 0.0
    first = low + (rate - low) * left / (0.1 + 0.9 * left)
    fall = rex(rate, low, rest, beta=0.9)
    if not warmup:
        return fall
    return phases(
        (0, constant(first), 0), (1, linear(0.0, rate, warmup), 0), (warmup, fall, warmup)
    )
