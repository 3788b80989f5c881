"""Read the ``scheduler`` of a DeepSpeed config, with the base rate of its ``optimizer``.

transformers' ``Trainer`` fills in ``"auto"`` from its own arguments. So does ``lr`` (the rates),
``steps`` (the length of the run), and ``warmup_steps`` of training arguments that hold the config;
the Trainer's default is no warmup.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fastlr.configs import _files, _hjson
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.presets import deepspeed
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "filled", "matches", "of_trainer", "read"]

_SCHEDULES = ("LRRangeTest", "OneCycle", "WarmupCosineLR", "WarmupDecayLR", "WarmupLR")
KEYS = (
    "gradient_accumulation_steps",
    "optimizer",
    "scheduler",
    "train_batch_size",
    "train_micro_batch_size_per_gpu",
    "zero_optimization",
)
_OF_DEEPSPEED = ("train_micro_batch_size_per_gpu", "zero_optimization")
_OF_OTHERS = ("learning_rate", "lr", "lr_scheduler", "unet_lr")  # beside a train_batch_size


def _has_scheduler(config: Mapping[str, object]) -> bool:
    """Whether a DeepSpeed config has a scheduler of its own."""
    return config.get("scheduler") is not None


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a DeepSpeed config, or the scheduler of one."""
    inner = config.get("scheduler", config)
    if isinstance(inner, Mapping) and "type" in inner and "params" in inner:
        return True
    ours = any(key in config for key in _OF_DEEPSPEED) or (
        "train_batch_size" in config and not any(key in config for key in _OF_OTHERS)
    )
    # GPT-NeoX has such keys too, beside those of Megatron
    return ours and not any(
        str(key).replace("_", "-") in ("lr-decay-style", "train-iters") for key in config
    )


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule that DeepSpeed's engine builds."""
    return filled(config, run)


def filled(config: Section, run: Run, warmup: int = 0) -> Schedule:
    """Return the schedule, with the warmup that a Trainer puts in place of "auto"."""
    if "scheduler" not in config and "type" not in config:
        remedy = ": this is DeepSpeed's config; its schedule is in the training program's own"
        raise config.missing("scheduler", remedy)
    scheduler = config.section("scheduler") if "scheduler" in config else config
    name = scheduler.choice("type", _SCHEDULES)
    build: Any = getattr(deepspeed, name)
    params, rules = scheduler.section("params"), inspect.signature(build).parameters
    params.refuse_unknown([*rules, "last_batch_iteration"])
    own = {
        key: _automatic(params, key, run, warmup) if value == "auto" else value
        for key, value in params.values.items()
        if key in rules and key != "lr"
    }
    if "lr" in rules and (name != "WarmupLR" or own.get("warmup_max_lr") is None):
        own["lr"] = _base(config.section("optimizer").section("params"), run)
    found: Schedule = build(**own)
    length = own.get("total_num_steps") or run.steps
    return of_length(found, length) if length else found


def _automatic(params: Section, key: str, run: Run, warmup: int) -> Any:
    """Return what transformers' Trainer fills in for "auto"."""
    rule = "a value: the program that reads the config fills in 'auto'"
    if key == "warmup_min_lr":
        return 0.0
    if key == "warmup_max_lr":
        if run.lr is None:
            raise params.refusal(key, rule, f"pass {option('lr')}")
        return run.lr
    if key not in ("total_num_steps", "warmup_num_steps"):
        raise params.refusal(key, rule)
    if run.steps is None:
        raise params.refusal(key, rule, f"pass {option('steps')}")
    return run.steps if key == "total_num_steps" else max(1, warmup)


def _base(params: Section, run: Run) -> Any:
    """Return the base rate of the optimizer."""
    if run.lr is not None:
        return run.lr
    if params.values.get("lr") == "auto":
        raise params.refusal("lr", "a number", f"pass {option('lr')}")
    return params.number("lr", None)


def of_trainer(
    config: Section, run: Run, without: Callable[[str], bool] = lambda name: False
) -> Section | None:
    """Return the config under ``deepspeed`` if it has a scheduler, which replaces the Trainer's.

    It is a mapping, JSON of one, or the name of a file. ``without`` tells of a file that is not
    there whether it is known to have no scheduler.
    """
    found: Any = config.get("deepspeed", None)
    where = f"{config.where}: deepspeed"
    if isinstance(found, str) and found.lstrip().startswith("{"):
        found = _hjson.parsed(where, found)
    if isinstance(found, str) and found.strip() and run.framework is None:
        found = _beside(config, found, without)
    if not isinstance(found, Mapping) or not _has_scheduler(found):
        return None
    return Section(where, found)


def _beside(config: Section, name: str, without: Callable[[str], bool]) -> Mapping[str, Any] | None:
    """Return DeepSpeed's config in a file, whose path begins beside the config or above it."""
    folders = [] if config.path is None else list(config.path.resolve().parents)
    for folder in (*folders, Path()):
        if _is_file(folder / name):
            return _files.parsed(folder / name)
    if without(name):
        return None
    rule = "a file that can be read, because a scheduler in it replaces the config's"
    remedy = f"if it has none, name the config's format: {option('framework')}"
    raise config.refusal("deepspeed", rule, remedy)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # of a name that is no path
        return False
