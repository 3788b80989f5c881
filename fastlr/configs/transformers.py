"""Read the scheduler of a transformers run from its ``TrainingArguments`` as JSON or YAML, or from
the part of them that matters; or from the command of a script that takes them.

That part is ``learning_rate``, ``lr_scheduler_type``, ``lr_scheduler_kwargs``, ``warmup_steps`` (a
share of the run if below 1), ``warmup_ratio``, ``max_steps``, ``num_train_epochs`` and
``deepspeed``, whose own scheduler takes precedence. If the length is given in epochs, the number of
steps depends on the data: pass ``steps`` or ``steps_per_epoch``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from fastlr.configs import deepspeed
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.plateau.rule import Plateau
from fastlr.presets import transformers
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

_OWN = ("lr_scheduler_type", "lr_scheduler_kwargs", "warmup_steps", "warmup_ratio")
KEYS = (*_OWN, "learning_rate", "max_steps", "num_train_epochs", "per_device_train_batch_size")
# names of the scripts without a Trainer, run_..._no_trainer.py, beside the Trainer's own
_OF_NO_TRAINER = {"num_warmup_steps": "warmup_steps", "max_train_steps": "max_steps"}
_OF_SD_SCRIPTS = ("max_train_epochs", "network_module", "pretrained_model_name_or_path", "unet_lr")


def matches(config: Mapping[str, object]) -> bool:
    """Whether these are training arguments."""
    own = {"learning_rate", "per_device_train_batch_size"}
    named = config.get("lr_scheduler_type", "") != ""  # sd-scripts write an empty one
    return (named or config.keys() >= own) and not any(key in config for key in _OF_SD_SCRIPTS)


def read(config: Section, run: Run) -> Schedule | Plateau:
    """Return the schedule of these training arguments."""
    config = _with_trainers_names(config)
    config.refuse_unknown(_OWN, own=lambda key: key.startswith(("lr_", "warmup")))
    rate = config.number("learning_rate", 5e-5) if run.lr is None else run.lr
    inner = deepspeed.of_trainer(config, run)
    if inner is not None:
        total = _total(config, run, needed=True)
        known = Run(lr=rate, steps=total)
        return deepspeed.filled(inner, known, _warmup(config, total))
    kind = _kind(config)
    total = _total(config, run, _needs_total(config, kind))
    found = transformers.get_scheduler(
        kind, rate, _warmup(config, total), total, config.mapping("lr_scheduler_kwargs")
    )
    return found if total is None else of_length(found, total)


def _with_trainers_names(config: Section) -> Section:
    """Return the arguments by the names that the Trainer has for them; given twice, refused."""
    found = dict(config.values)
    for other, name in _OF_NO_TRAINER.items():
        if other in config:
            if name in config:
                raise config.refusal(other, f"absent beside {name}")
            found[name] = found.pop(other)
    return Section(config.where, found, config.path)


def _kind(config: Section) -> str:
    """Return the scheduler's name, which a log may hold as ``SchedulerType.COSINE``."""
    found = config.get("lr_scheduler_type", "linear")
    if isinstance(found, str) and found.startswith(_ENUM):
        found = found.removeprefix(_ENUM).lower()
        config = Section(config.where, {"lr_scheduler_type": found})
    return config.choice("lr_scheduler_type", transformers.SCHEDULERS, "linear")


_ENUM = "SchedulerType."  # how Python prints the Trainer's names
# schedulers that need no length, and those of them whose warmup may
_ENDLESS = ("constant", "constant_with_warmup", "inverse_sqrt", "reduce_lr_on_plateau")
_WARMED = ("constant_with_warmup", "inverse_sqrt")


def _needs_total(config: Section, kind: str) -> bool:
    """Whether a rate of this scheduler depends on the length of the run."""
    steps, share = config.number("warmup_steps", 0), config.number("warmup_ratio", 0)
    return kind not in _ENDLESS or (kind in _WARMED and bool(steps < 1 and (steps or share)))


def _total(config: Section, run: Run, needed: bool) -> int | None:
    """Return the length of the run; None if nothing says it and no rate depends on it."""
    steps: int = config.integer("max_steps", -1)
    if steps > 0:
        return steps
    if run.steps is not None:
        return run.steps
    if run.steps_per_epoch is not None:
        epochs: float = config.number("num_train_epochs", 3.0)
        return math.ceil(epochs * run.steps_per_epoch)
    if not needed:
        return None
    remedy = f"{option('steps')}; or {option('steps_per_epoch')} to count the epochs"
    raise config.missing("max_steps", f", or the run's length: {remedy}")


def _warmup(config: Section, total: int | None) -> int:
    """Return the steps of the warmup; a share of the run is rounded up."""
    steps = config.number("warmup_steps", 0)
    share = 0 if steps >= 1 else steps or config.number("warmup_ratio", 0)
    return int(steps) if steps >= 1 else math.ceil((total or 0) * share)
