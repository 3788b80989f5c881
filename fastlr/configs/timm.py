"""Read timm's training arguments, as its ``train.py`` writes them to ``args.yaml``.

The schedule counts epochs, like timm's. With ``steps_per_epoch`` it counts steps: all steps of an
epoch have one rate, unless ``sched_on_updates`` is true. If ``lr`` is null, ``train.py`` computes
it from the batch size, and you must pass it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr.configs._section import Run, Section
from fastlr.plateau.rule import Plateau
from fastlr.presets import timm
from fastlr.schedule.schedule import Schedule

__all__ = ["matches", "read"]

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
}
_WHOLES = {
    "epochs": "num_epochs",
    "cooldown_epochs": "cooldown_epochs",
    "patience_epochs": "patience_epochs",
    "seed": "noise_seed",
    "warmup_epochs": "warmup_epochs",
    "lr_cycle_limit": "cycle_limit",
}
_KEYS = (
    *_NUMBERS,
    *_WHOLES,
    "decay_milestones",
    "lr",
    "lr_base",
    "lr_base_scale",
    "lr_base_size",
    "lr_noise",
    "sched",
    "sched_on_updates",
    "warmup_prefix",
)


def matches(config: Mapping[str, object]) -> bool:
    """Whether these are timm's arguments."""
    return "sched" in config


def read(config: Section, run: Run) -> Schedule | Plateau:
    """Return the schedule of a run with these arguments."""
    config.refuse_unknown(
        _KEYS,
        own=lambda key: key.startswith(("lr_", "sched", "warmup_", "cooldown_", "patience_")),
    )
    own: dict[str, Any] = {
        name: config.number(key) for key, name in _NUMBERS.items() if key in config
    }
    own |= {name: config.integer(key) for key, name in _WHOLES.items() if key in config}
    own |= {name: config.integers(name) for name in ("decay_milestones",) if name in config}
    own |= {"noise": config.numbers("lr_noise")} if "lr_noise" in config else {}
    base = run.lr if run.lr is not None else config.number("lr", None)
    if base is None:
        raise config.missing(
            "lr",
            ": train.py computes it from lr_base and the batch size; pass from_config(..., lr=)",
        )
    by_update, prefix = config.flag("sched_on_updates", False), config.flag("warmup_prefix", False)
    if by_update and run.steps_per_epoch is None:
        raise config.missing(
            "steps_per_epoch",
            ", because sched_on_updates is true: from_config(..., steps_per_epoch=)",
        )
    found = timm.create_scheduler_v2(
        base,
        config.choice("sched", timm.SCHEDULERS, "cosine"),
        warmup_prefix=prefix,
        step_on_epochs=not by_update,
        updates_per_epoch=run.steps_per_epoch or 0,
        **own,
    )
    in_epochs = isinstance(found, Schedule) and not by_update and run.steps_per_epoch is not None
    return found.staircase(run.steps_per_epoch) if in_epochs else found  # type: ignore[union-attr, arg-type]
