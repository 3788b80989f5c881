"""Read Ultralytics' training arguments, as it writes them to ``args.yaml``.

The schedule counts batches, of which an epoch has ``steps_per_epoch``, and has the rate of the
weights: that of the biases begins at ``warmup_bias_lr``. ``optimizer: auto``, the default, ignores
``lr0``. The warmup is that of Ultralytics 8.4, ``round(warmup_epochs * steps_per_epoch)`` batches.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastlr import presets
from fastlr.configs._asking import base_rate, epoch_length, lasting
from fastlr.configs._section import Run, Section, option
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("cos_lr", "lr0", "lrf", "warmup_bias_lr", "warmup_epochs", "warmup_momentum")
_AUTO = (
    "'auto' ignores lr0: Ultralytics takes 0.01 in a run of more than 10,000 updates, and "
    "round(0.01 / (4 + nc), 6) in a shorter one, nc the number of classes; pass the rate: "
)


def matches(config: Mapping[str, object]) -> bool:
    """Whether these are Ultralytics' arguments."""
    return "lr0" in config or "lrf" in config


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of a run with these arguments."""
    config.refuse_unknown(KEYS, own=lambda key: key.startswith(("lr", "warmup_")))
    if "anchor_t" in config or "epochs" not in config:
        remedy = "YOLOv5's files of hyperparameters leave it to the command, and warm up otherwise"
        raise config.missing("epochs", f", in the arguments of Ultralytics 8: {remedy}")
    if "time" in config:
        raise config.refusal("time", "null: the hours of a run change its number of epochs")
    if run.lr is None and config.get("optimizer", "auto") == "auto":
        raise ValueError(f"{config.where}: optimizer must name an optimizer: {_AUTO}{option('lr')}")
    epochs = config.integer("epochs")
    batches = epoch_length(config, run, "the warmup counts batches")
    schedule = presets.ultralytics.trainer(
        batches,
        epochs,
        base_rate(config, run, "lr0", 0.01),
        config.number("lrf", 0.01),
        config.flag("cos_lr", False),
        config.number("warmup_epochs", 3.0),
        config.number("warmup_bias_lr", 0.1),
    )
    return lasting(schedule, epochs * batches)
