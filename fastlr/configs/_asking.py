"""Ask the caller for what a file leaves to its program: a rate, or a length."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.schedule.schedule import Schedule

__all__ = ["base_rate", "epoch_length", "lasting", "options", "run_length"]

_REQUIRED = object()  # the default of a rate that must be there


def base_rate(config: Section, run: Run, key: str, default: Any = _REQUIRED) -> Any:
    """Return the caller's base rate, or that under ``key``."""
    if run.lr is not None:
        return run.lr
    if default is _REQUIRED and key not in config:
        raise config.missing(key, f", or the base rate: {option('lr')}")
    return config.number(key, default)


def run_length(config: Section, run: Run, key: str) -> int:
    """Return the length of the run under ``key``, if it is above 0, or the caller's."""
    steps: int = config.integer(key, 0)
    return steps if steps > 0 else config.steps(run, key)


def epoch_length(config: Section, run: Run, why: str) -> int:
    """Return the steps per epoch, which the caller must give because ``why``."""
    return config.steps_per_epoch(run, why)


def options(config: Section, key: str) -> dict[str, Any]:
    """Return the further arguments of a scheduler under ``key``: a mapping, or JSON of one."""
    found = config.get(key, {})
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            found = None
    if not isinstance(found, Mapping):
        raise config.refusal(key, "a mapping, or JSON of one")
    return dict(found)


def lasting(schedule: Schedule, steps: int) -> Schedule:
    """Return the schedule of a run of ``steps`` steps."""
    if steps < 1:
        raise ValueError(f"the run must have at least 1 step, got {steps}")
    found: Schedule = of_length(schedule, steps)
    return found
