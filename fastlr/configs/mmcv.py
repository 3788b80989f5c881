"""Read a config of MMCV 1.x (MMDetection 2, MMSegmentation 0.x and others): ``lr_config``.

``_base_`` lists files beside it, which are read for what it lacks. The schedule counts iterations.
MMCV's policies count epochs unless ``by_epoch=False``: pass ``steps_per_epoch``.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._base_files import with_base_files
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read", "refuse_scaled_rate"]

KEYS = ("lr_config", "optimizer", "runner", "total_epochs")
_BY_EPOCH = ("fixed", "step", "exp", "poly", "inv", "CosineAnnealing", "FlatCosineAnnealing",
             "CosineRestart", "LinearAnnealing")  # fmt: skip
_POLICIES = (*_BY_EPOCH, "OneCycle", "cyclic")
_LISTS = ("periods", "restart_weights", "target_ratio", "step")


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a config of MMCV 1.x."""
    return isinstance(config.get("lr_config"), Mapping)


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule over iterations."""
    config = with_base_files(config, "_base_")
    refuse_scaled_rate(config, run)
    hook = config.section("lr_config")
    policy = hook.choice("policy", _POLICIES)
    build = _preset(policy)
    names = list(inspect.signature(build).parameters)
    hook.refuse_unknown((*names, "policy"))
    by_epoch = policy in _BY_EPOCH and hook.flag("by_epoch", True)
    by_iteration, length = _length(config)
    if by_iteration and by_epoch:
        raise hook.refusal("by_epoch", "False in a run over iterations, whose epochs differ")
    given = {key: _argument(hook, key) for key in names if key in hook}
    if by_epoch or hook.flag("warmup_by_epoch", False):
        given["epoch_length"] = config.steps_per_epoch(run, "the policy counts epochs")
    per_epoch = None if by_iteration else run.steps_per_epoch
    steps = length if by_iteration else length * per_epoch if per_epoch and length else None
    progress = length if by_epoch else steps
    for key in ("max_progress", "total_steps"):
        if key in names and key not in given:
            given[key] = _needed(config, run, progress, by_iteration)
    if "max_lr" not in names:
        given["lr"] = config.section("optimizer").base_rate(run, "lr")
    schedule: Schedule = build(**given)
    return of_length(schedule, steps) if steps else schedule


def refuse_scaled_rate(config: Section, run: Run) -> None:
    """Raise if the program scales the rate by the batch, unless the caller gives the rate."""
    scaled = config.section("auto_scale_lr") if "auto_scale_lr" in config else config
    if scaled is not config and scaled.flag("enable", False) and run.lr is None:
        remedy = f"pass the rate that is scaled: {option('lr')}"
        raise scaled.refusal("enable", f"False, because it scales the rate by the batch: {remedy}")


def _preset(policy: str) -> Any:
    return getattr(presets.mmcv, f"{policy[0].upper()}{policy[1:]}LrUpdaterHook")


def _argument(hook: Section, key: str) -> Any:
    found = hook.get(key)
    if key in _LISTS and isinstance(found, list | tuple | str):
        return hook.numbers(key)
    if isinstance(found, bool) or key in ("warmup", "anneal_strategy"):
        return found
    return hook.number(key)


def _length(config: Section) -> tuple[bool, int]:
    """Return whether the run counts iterations, and its length; 0 if that is not given."""
    runner = config.section("runner")
    for values, epochs, iters in (
        (runner, "max_epochs", "max_iters"),
        (config, "total_epochs", "total_iters"),
    ):
        if epochs in values:
            return False, values.integer(epochs)
        if iters in values:
            return True, values.integer(iters)
    return False, 0


def _needed(config: Section, run: Run, progress: int | None, by_iteration: bool) -> int:
    """Return the run's length, in what the policy counts."""
    if progress:
        return progress
    if not by_iteration and run.steps_per_epoch is None and "runner" in config:
        return config.steps_per_epoch(run, "the policy follows the whole run")
    raise config.missing("runner: max_epochs or max_iters", f"; or {option('steps')} is of no use")
