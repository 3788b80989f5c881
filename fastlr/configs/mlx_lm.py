"""Read an mlx-lm YAML: ``lr_schedule``, one of MLX's schedules after a warmup.

The warmup's last rate holds for one step more, as mlx-lm joins it one step late.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.schedule.constructor_names import constant
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("iters", "learning_rate", "lora_parameters", "lr_schedule")
_SCHEDULES = ("cosine_decay", "exponential_decay", "linear_schedule", "step_decay")
_OURS = ("adapter_path", "fine_tune_type", "lora_layers", "lora_parameters", "num_layers")
_DEFAULT_ITERS = 1000


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is an mlx-lm config."""
    if isinstance(config.get("lr_schedule"), Mapping):
        return True
    return {"iters", "learning_rate"} <= config.keys() and any(key in config for key in _OURS)


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule over optimizer steps."""
    steps = _steps(config, run)
    if "lr_schedule" not in config:
        return of_length(constant(config.base_rate(run, "learning_rate", 1e-5)), steps)
    given = config.section("lr_schedule")
    given.refuse_unknown(("arguments", "name", "warmup", "warmup_init"))
    arguments = given.numbers("arguments")
    if not arguments:
        raise given.refusal("arguments", "a list that begins with the rate")
    if run.lr is not None:
        arguments = [run.lr, *arguments[1:]]
    build: Any = getattr(presets.mlx, given.choice("name", _SCHEDULES))
    schedule: Schedule = build(*arguments)
    warmup = given.integer("warmup", 0)
    if warmup:
        rise = presets.mlx.linear_schedule(given.number("warmup_init", 0.0), arguments[0], warmup)
        schedule = presets.mlx.join_schedules([rise, schedule], [warmup + 1])
    return of_length(schedule, steps)


def _steps(config: Section, run: Run) -> int:
    """Return the number of updates, one per ``grad_accumulation_steps`` iterations."""
    if run.steps is not None and "iters" not in config:
        return run.steps
    iterations: int = config.integer("iters", _DEFAULT_ITERS)
    accumulated: int = config.integer("grad_accumulation_steps", 1)
    return max(1, iterations // max(1, accumulated))
