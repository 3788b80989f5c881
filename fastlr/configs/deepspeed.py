"""The ``scheduler`` of a DeepSpeed JSON, with the base rate of its ``optimizer``."""

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
    """The schedule that DeepSpeed's engine would build."""
    scheduler = config.section("scheduler") if "scheduler" in config else config
    build: Any = getattr(deepspeed, scheduler.word("type", _SCHEDULES))
    params, rules = scheduler.section("params"), inspect.signature(build).parameters
    params.known([*rules, "last_batch_iteration"])
    own = {key: value for key, value in params.values.items() if key in rules and key != "lr"}
    if automatic := [key for key, value in own.items() if value == "auto"]:
        raise params.wrong(
            automatic[0], "what it comes to: 'auto' is filled in by the program that reads it"
        )
    if "lr" in rules:
        own["lr"] = (
            config.section("optimizer").section("params").number("lr", None)
            if run.lr is None
            else run.lr
        )
    schedule: Schedule = build(**own)
    return schedule
