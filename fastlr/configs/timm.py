"""Read timm's training arguments, as its ``train.py`` writes them to ``args.yaml`` or takes them
from a config. What the file leaves out has ``train.py``'s default: a warmup of 5 epochs, for one.

The schedule counts epochs, like timm's. With ``steps_per_epoch`` it counts steps: all steps of an
epoch have one rate, unless ``sched_on_updates`` is true. If ``lr`` is null, ``train.py`` computes
it from the batch size, and you must pass it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.plateau.rule import Plateau
from fastlr.presets import timm
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

# the arguments of create_scheduler_v2 by their names in train.py
_NUMBERS = {
    "decay_epochs": "decay_epochs",
    "decay_rate": "decay_rate",
    "min_lr": "min_lr",
    "warmup_lr": "warmup_lr",
    "lr_noise_pct": "noise_pct",
    "lr_noise_std": "noise_std",
    "lr_cycle_mul": "cycle_mul",
    "lr_cycle_decay": "cycle_decay",
    "lr_k_decay": "k_decay",
    "lr_stable_timescale": "stable_timescale",
}
_WHOLES = {
    "epochs": "num_epochs",
    "cooldown_epochs": "cooldown_epochs",
    "patience_epochs": "patience_epochs",
    "seed": "noise_seed",
    "warmup_epochs": "warmup_epochs",
    "lr_cycle_limit": "cycle_limit",
}
# defaults of train.py, where they differ from create_scheduler_v2's
_DEFAULTS = {"warmup_epochs": 5, "cycle_decay": 0.5}
_PREFIXES = ("lr_", "sched", "warmup_", "cooldown_", "patience_", "decay_")
_CYCLIC = ("cosine", "tanh", "poly")  # schedulers that report the length of their cycles
_DECAYS = ("linear", "1-sqrt", "cosine", "power", "exp")
KEYS = (
    *_NUMBERS,
    *_WHOLES,
    "decay_milestones",
    "lr",
    "lr_base",
    "lr_base_scale",
    "lr_base_size",
    "lr_decay_fn",
    "lr_noise",
    "sched",
    "sched_on_updates",
    "warmup_prefix",
)


def matches(config: Mapping[str, object]) -> bool:
    """Whether these are timm's arguments."""
    return config.get("sched") is not None


def read(config: Section, run: Run) -> Schedule | Plateau:
    """Return the schedule of a run with these arguments."""
    config.refuse_unknown(
        KEYS,
        own=lambda key: key.replace("-", "_").startswith(_PREFIXES),
    )
    by_update, name = config.flag("sched_on_updates", False), _name(config)
    why = "sched_on_updates is true"
    updates = config.steps_per_epoch(run, why) if by_update else run.steps_per_epoch
    own = _arguments(config)
    found = timm.create_scheduler_v2(
        _rate(config, run),
        name,
        step_on_epochs=not by_update,
        updates_per_epoch=updates if by_update and updates else 0,
        plateau_mode="min" if "loss" in str(config.get("eval_metric", "top1")) else "max",
        **own,
    )
    if isinstance(found, Plateau):
        return found
    epochs = _epochs(name, own)
    if updates is None:
        run.count_epochs()
        return of_length(found, epochs)
    by_step = found if by_update else found.staircase(updates)
    return of_length(by_step, epochs * updates)


def _name(config: Section) -> str:
    return config.choice("sched", timm.SCHEDULERS, "cosine")


def _arguments(config: Section) -> dict[str, Any]:
    """Return the arguments of ``create_scheduler_v2``."""
    own: dict[str, Any] = {**_DEFAULTS, "warmup_prefix": config.flag("warmup_prefix", False)}
    own |= {name: config.number(key) for key, name in _NUMBERS.items() if key in config}
    own |= {name: config.integer(key) for key, name in _WHOLES.items() if key in config}
    own |= {name: config.integers(name) for name in ("decay_milestones",) if name in config}
    own |= {"noise": config.numbers("lr_noise")} if "lr_noise" in config else {}
    if "lr_decay_fn" in config:
        own["decay_fn"] = config.choice("lr_decay_fn", _DECAYS)
    return own


def _rate(config: Section, run: Run) -> float:
    """Return the base rate, which train.py may compute from the batch size."""
    base = run.lr if run.lr is not None else config.number("lr", None)
    if base is None:
        remedy = f": train.py computes it from lr_base and the batch size; pass {option('lr')}"
        raise config.missing("lr", remedy)
    return float(base)


def _epochs(name: str, own: dict[str, Any]) -> int:
    """Return the length of the run, with all cycles and the cooldown, as timm reports it."""
    total, warmup = own.get("num_epochs", 300), own["warmup_epochs"]
    prefix, cooldown = own["warmup_prefix"], own.get("cooldown_epochs", 0)
    count, stretch = max(1, own.get("cycle_limit", 1)), own.get("cycle_mul", 1.0)
    if name in ("wsd", "rsqrt"):
        return int(total + (warmup if prefix else 0) + cooldown)
    if name not in _CYCLIC:
        return int(total + (warmup if prefix else 0))
    cycles = total * count if stretch == 1 else _stretched(total, stretch, count)
    return int(cycles + (warmup if prefix else 0) + cooldown)


def _stretched(total: int, stretch: float, count: int) -> int:
    """Return the length of ``count`` cycles, each ``stretch`` times as long as the last."""
    try:
        return math.floor(-total * (stretch**count - 1) / (1 - stretch))
    except OverflowError:
        raise ValueError(f"lr_cycle_limit must give cycles that end, got {count}") from None
