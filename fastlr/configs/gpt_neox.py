"""Read a GPT-NeoX YAML: the schedule of its ``AnnealingLR``. Keys may have hyphens or underscores.

``warmup`` is a share of the steps of the decay, and may end between steps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

_OWN = ("lr_decay_fraction", "lr_decay_iters", "lr_decay_style", "min_lr", "train_iters")
KEYS = (*_OWN, *(key.replace("_", "-") for key in _OWN), "warmup")
_STYLES = ("constant", "linear", "cosine", "exponential")


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a GPT-NeoX config."""
    keys = {str(key).replace("-", "_") for key in config}
    return isinstance(config.get("optimizer"), Mapping) and bool(
        {"train_iters", "lr_decay_style", "lr_decay_iters"} & keys
    )


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of this config."""
    flat = Section(config.where, _underscored(config))
    flat.refuse_unknown((*_OWN, "warmup"), own=lambda key: key.startswith(("lr_", "warmup")))
    if isinstance(flat.get("scheduler", None), Mapping):
        raise flat.refusal("scheduler", "absent: DeepSpeed's scheduler takes the place of NeoX's")
    train = flat.run_length(run, "train_iters")
    decay = max(1, _decay_steps(flat, train))
    style: Any = flat.choice("lr_decay_style", _STYLES, "linear")
    rates = config.section("optimizer").section("params")
    schedule = presets.gpt_neox.AnnealingLR(
        rates.base_rate(run, "lr"),
        flat.number("warmup", 0.01) * decay,
        decay,
        style,
        flat.number("min_lr", 0.0),
    )
    return of_length(schedule, train)


def _underscored(config: Section) -> dict[str, Any]:
    """Return the values by their keys with underscores; a key given both ways is refused."""
    found: dict[str, Any] = {}
    for key, value in config.values.items():
        name = str(key).replace("-", "_")
        if name in found and found[name] != value:
            raise config.refusal(str(key), f"given once, not as {name} too")
        found[name] = value
    return found


def _decay_steps(config: Section, train: int) -> int:
    if "lr_decay_iters" in config:
        return int(config.integer("lr_decay_iters"))
    share: float = config.number("lr_decay_fraction", 1)
    return math.floor(train * share)
