"""Read a fairseq YAML: ``optimization`` and ``lr_scheduler``. Step t is update t, from 0."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._interpolation import resolved
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("lr_scheduler", "optimization")
_SCHEDULES = (
    "cosine",
    "fixed",
    "inverse_sqrt",
    "polynomial_decay",
    "step",
    "tri_stage",
    "triangular",
)
_FROM_RUN = {"total_num_update": "max_update", "max_update": "max_update"}


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a fairseq config."""
    found = config.get("optimization")
    return isinstance(found, Mapping) and bool({"lr", "max_update", "max_epoch"} & found.keys())


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule over updates."""
    optimization, scheduler = config.section("optimization"), _scheduler(config)
    name = scheduler.choice("_name", _SCHEDULES, "fixed")
    build: Any = getattr(presets.fairseq, name)
    names = list(inspect.signature(build).parameters)
    scheduler.refuse_unknown((*names, "_name", "lr", "max_update"))
    given = {key: _argument(scheduler, key) for key in names if key in scheduler and key != "lr"}
    updates = _updates(optimization, run)
    for key in _FROM_RUN:
        if key in names and key not in given and (updates is not None or key == "total_num_update"):
            given[key] = optimization.steps(run, "max_update") if updates is None else updates
    rates = _rates(optimization, run)
    if "steps_per_epoch" in names and (rates[1:] or "force_anneal" in given):
        given["steps_per_epoch"] = _per_epoch(optimization, run)
    elif rates[1:]:
        raise optimization.refusal("lr", f"one rate with {name}")
    schedule: Schedule = build(rates if "steps_per_epoch" in names else rates[0], **given)
    return schedule if updates is None else of_length(schedule, updates)


def _scheduler(config: Section) -> Section:
    """Return the scheduler's entry, with its references resolved."""
    if isinstance(config.get("lr_scheduler", None), str):
        return Section(f"{config.where}: lr_scheduler", {"_name": config.get("lr_scheduler")})
    found = config.section("lr_scheduler")
    plain = {key: resolved(value, config.values) for key, value in found.values.items()}
    return Section(found.where, plain)


def _argument(scheduler: Section, key: str) -> Any:
    """Return an argument of the schedule; a tuple may be a word."""
    if key == "phase_ratio":
        return scheduler.numbers(key)
    if isinstance(scheduler.get(key), bool):
        return scheduler.flag(key, False)
    found = scheduler.number(key)
    return int(found) if isinstance(found, float) and found.is_integer() else found


def _updates(optimization: Section, run: Run) -> int | None:
    updates: int = optimization.integer("max_update", 0)
    if updates > 0:
        return updates
    epochs = optimization.integer("max_epoch", 0)
    if run.steps is not None or epochs <= 0 or run.steps_per_epoch is None:
        return run.steps
    return int(epochs * run.steps_per_epoch)


def _rates(optimization: Section, run: Run) -> list[Any]:
    if run.lr is not None:
        return [run.lr]
    if "lr" not in optimization:
        raise optimization.missing("lr", f", or the base rate: {option('lr')}")
    found = optimization.get("lr")
    if isinstance(found, str) and not found.lstrip().startswith(("[", "(")):
        return [optimization.number("lr")]
    rates = optimization.numbers("lr") if not isinstance(found, int | float) else [found]
    if not rates:
        raise optimization.refusal("lr", "a rate, or a list of rates")
    return rates


def _per_epoch(optimization: Section, run: Run) -> int:
    if run.steps_per_epoch is None:
        why = "the rate changes with the epoch"
        raise optimization.missing(
            "steps_per_epoch", f", because {why}: {option('steps_per_epoch')}"
        )
    return run.steps_per_epoch
