"""Read the ``scheduler`` of a DeepSpeed config, with the base rate of its ``optimizer``.

transformers' ``Trainer`` fills in ``"auto"`` from its own arguments. So does ``lr`` (the rates),
``steps`` (the length of the run), and ``warmup_steps`` of training arguments that hold the config;
the Trainer's default is no warmup.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.presets import deepspeed
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "filled", "has_scheduler", "matches", "read"]

_SCHEDULES = ("LRRangeTest", "OneCycle", "WarmupCosineLR", "WarmupDecayLR", "WarmupLR")
KEYS = (
    "gradient_accumulation_steps",
    "optimizer",
    "scheduler",
    "train_batch_size",
    "train_micro_batch_size_per_gpu",
    "zero_optimization",
)
_OF_DEEPSPEED = ("train_batch_size", "train_micro_batch_size_per_gpu", "zero_optimization")


def has_scheduler(config: Mapping[str, object]) -> bool:
    """Whether a DeepSpeed config has a scheduler of its own."""
    return config.get("scheduler") is not None


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a DeepSpeed config, or the scheduler of one."""
    inner = config.get("scheduler", config)
    if isinstance(inner, Mapping) and "type" in inner and "params" in inner:
        return True
    # GPT-NeoX has such keys too, beside those of Megatron
    return any(key in config for key in _OF_DEEPSPEED) and not any(
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
