"""Read the scheduler of a transformers run from its ``TrainingArguments`` as JSON
(``to_json_string``), or from the part of them that matters.

That part is ``learning_rate``, ``lr_scheduler_type``, ``lr_scheduler_kwargs``, ``warmup_steps`` (a
share of the run if below 1), ``warmup_ratio`` and ``max_steps``. If the length is given in epochs,
the number of steps depends on the data: pass ``steps``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from fastlr.configs._section import Run, Section
from fastlr.plateau.rule import Plateau
from fastlr.presets import transformers
from fastlr.schedule.schedule import Schedule

__all__ = ["matches", "read"]


def matches(config: Mapping[str, object]) -> bool:
    """Whether these are training arguments."""
    return "lr_scheduler_type" in config or (
        "learning_rate" in config and "per_device_train_batch_size" in config
    )


def read(config: Section, run: Run) -> Schedule | Plateau:
    """Return the schedule of these training arguments."""
    config.refuse_unknown(_KEYS, own=lambda key: key.startswith(("lr_", "warmup")))
    steps = config.integer("max_steps", -1)
    total = steps if steps > 0 else config.steps(run, "max_steps")
    return transformers.get_scheduler(
        config.choice("lr_scheduler_type", transformers.SCHEDULERS, "linear"),
        config.number("learning_rate", 5e-5) if run.lr is None else run.lr,
        _warmup(config, total),
        total,
        _options(config),
    )


_KEYS = ("lr_scheduler_type", "lr_scheduler_kwargs", "warmup_steps", "warmup_ratio")


def _warmup(config: Section, total: int) -> int:
    """Return the steps of the warmup; a share of the run is rounded up."""
    given = config.number("warmup_steps", 0) or config.number("warmup_ratio", 0)
    return int(given) if given >= 1 else math.ceil(total * given)


def _options(config: Section) -> dict[str, object]:
    """Return the further arguments of the scheduler."""
    found = config.get("lr_scheduler_kwargs", {})
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            raise config.refusal("lr_scheduler_kwargs", "a mapping, or JSON of one") from None
    if not isinstance(found, Mapping):
        raise config.refusal("lr_scheduler_kwargs", "a mapping")
    return dict(found)
