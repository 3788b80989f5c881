"""Read Ultralytics' training arguments, as it writes them to ``args.yaml``.

The schedule counts batches, of which an epoch has ``steps_per_epoch``, and has the rate of the
weights: that of the biases begins at ``warmup_bias_lr``. ``optimizer: auto``, the default, ignores
``lr0``. The keys show the version, on which a warmup of fewer than 100 batches depends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.schedule.constructor_names import linear
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read", "schedule_of"]

KEYS = ("cos_lr", "lr0", "lrf", "warmup_bias_lr", "warmup_epochs", "warmup_momentum")
_AUTO = (
    "'auto' ignores lr0: Ultralytics takes 0.01 in a run of more than 10,000 updates, and "
    "round(0.01 / (4 + nc), 6) in a shorter one, nc the number of classes; pass the rate: "
)
# args.yaml has every key of its version
_BEFORE = ("half", "int8", "crop_fraction", "label_smoothing")  # gone before 8.4.103
_SINCE = ("channels_last", "dgrad", "dlam", "dlog")  # younger than 8.4.103
_FEWEST = 100  # batches of a warmup before 8.4.103


def matches(config: Mapping[str, object]) -> bool:
    """Whether these are Ultralytics' arguments."""
    return "lr0" in config or "lrf" in config


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of a run with these arguments."""
    return schedule_of(config, run, old=_is_old(config, run))


def _is_old(config: Section, run: Run) -> bool | None:
    """Whether the arguments are those of a version before 8.4.103; None if nothing tells."""
    if any(key in config.values for key in _BEFORE):
        return True
    newest = any(key in config.values for key in _SINCE) or run.framework == "ultralytics"
    return False if newest else None


def schedule_of(config: Section, run: Run, old: bool | None) -> Schedule:
    """Return the schedule; ``old`` is whether a warmup has at least 100 batches."""
    config.refuse_unknown(KEYS, own=lambda key: key.startswith(("lr", "warmup_")))
    if "anchor_t" in config or "epochs" not in config:
        remedy = "YOLOv5's files of hyperparameters leave it to the command, and warm up otherwise"
        raise config.missing("epochs", f", in the arguments of Ultralytics 8: {remedy}")
    if "time" in config:
        raise config.refusal("time", "null: the hours of a run change its number of epochs")
    if run.lr is None and config.get("optimizer", "auto") == "auto":
        raise ValueError(f"{config.where}: optimizer must name an optimizer: {_AUTO}{option('lr')}")
    epochs = config.integer("epochs")
    batches = config.steps_per_epoch(run, "the warmup counts batches")
    rate, share = config.base_rate(run, "lr0", 0.01), config.number("lrf", 0.01)
    wave, warmup = config.flag("cos_lr", False), config.number("warmup_epochs", 3.0)
    rise = _old_warmup(config, warmup, batches) if old is not False else 0
    if old is None and rise != round(min(warmup, max(epochs - 1, 0)) * batches):
        rule = f"must have the warmup of one version, got {rise} batches before 8.4.103"
        remedy = "'ultralytics' for 8.4.103 and later, 'ultralytics_8_3' for earlier versions"
        raise ValueError(f"{config.where}: {rule}; pass {option('framework')}: {remedy}")
    if old:
        return of_length(_old(rate, share, wave, epochs, batches, rise), epochs * batches)
    bias = config.number("warmup_bias_lr", 0.1)
    found = presets.ultralytics.trainer(batches, epochs, rate, share, wave, warmup, bias)
    return of_length(found, epochs * batches)


def _old_warmup(config: Section, warmup: float, batches: int) -> int:
    """Return the batches of the warmup before 8.4.103."""
    if warmup > 0:
        return max(round(warmup * batches), _FEWEST)
    if "label_smoothing" in config.values and "crop_fraction" not in config.values:
        rule = "above 0 in arguments of about 8.0, whose first versions warm up over 100 batches"
        raise config.refusal("warmup_epochs", rule, "later ones do not")
    return 0


def _old(rate: Any, share: Any, wave: bool, epochs: int, batches: int, rise: int) -> Schedule:
    """Return the schedule before 8.4.103, which may end within its warmup."""
    decay: Schedule = presets.ultralytics.lf(epochs, share, wave).staircase(batches) * rate
    return decay * linear(0.0, 1.0, rise) if rise else decay
