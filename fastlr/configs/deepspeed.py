"""Read the ``scheduler`` of a DeepSpeed JSON, with the base rate of its ``optimizer``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from fastlr.configs._section import Run, Section
from fastlr.presets import deepspeed
from fastlr.schedule.schedule import Schedule

__all__ = ["matches", "read"]

_SCHEDULES = ("LRRangeTest", "OneCycle", "WarmupCosineLR", "WarmupDecayLR", "WarmupLR")


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a DeepSpeed config, or the scheduler of one."""
    inner = config.get("scheduler", config)
    return isinstance(inner, Mapping) and "type" in inner and "params" in inner


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule that DeepSpeed's engine builds."""
    scheduler = config.section("scheduler") if "scheduler" in config else config
    build: Any = getattr(deepspeed, scheduler.choice("type", _SCHEDULES))
    params, rules = scheduler.section("params"), inspect.signature(build).parameters
    params.refuse_unknown([*rules, "last_batch_iteration"])
    own = {key: value for key, value in params.values.items() if key in rules and key != "lr"}
    if automatic := [key for key, value in own.items() if value == "auto"]:
        raise params.refusal(
            automatic[0], "a value: the program that reads the config fills in 'auto'"
        )
    if "lr" in rules:
        own["lr"] = (
            config.section("optimizer").section("params").number("lr", None)
            if run.lr is None
            else run.lr
        )
    schedule: Schedule = build(**own)
    return schedule
