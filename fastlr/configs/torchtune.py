"""Read a torchtune YAML: its one schedule, a cosine after a warmup, per optimizer step.

The length of the run follows from the data: pass ``steps``, or ``steps_per_epoch``.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastlr import presets
from fastlr.configs._interpolation import resolved
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.schedule.constructor_names import constant
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("_component_",)
_SCHEDULE = "get_cosine_schedule_with_warmup"


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a torchtune config."""
    parts = (config.get(key) for key in ("optimizer", "lr_scheduler", "model"))
    return any(isinstance(part, Mapping) and "_component_" in part for part in parts)


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of this recipe; without an ``lr_scheduler`` it is constant."""
    optimizer = _part(config, "optimizer")
    rate = optimizer.base_rate(run, "lr")
    if "lr_scheduler" not in config:
        total = _total(config, run, needed=False)
        return constant(rate) if total is None else of_length(constant(rate), total)
    scheduler = _part(config, "lr_scheduler")
    scheduler.refuse_unknown(("_component_", "num_warmup_steps", "num_cycles", "last_epoch"))
    component = scheduler.get("_component_", _SCHEDULE)
    if str(component).rpartition(".")[2] != _SCHEDULE:
        raise scheduler.refusal("_component_", f"torchtune's {_SCHEDULE}")
    total = _total(config, run, needed=True)
    assert total is not None
    schedule = presets.torchtune.get_cosine_schedule_with_warmup(
        rate, scheduler.integer("num_warmup_steps"), total, scheduler.number("num_cycles", 0.5)
    )
    return of_length(schedule, total)


def _part(config: Section, key: str) -> Section:
    """Return a part of the config with its references resolved."""
    part = config.section(key)
    found = {name: resolved(value, config.values) for name, value in part.values.items()}
    return Section(part.where, found)


def _total(config: Section, run: Run, needed: bool) -> int | None:
    """Return the number of optimizer steps."""
    if run.steps is not None or run.steps_per_epoch is None:
        if run.steps is None and needed:
            remedy = f"{option('steps')}, or the steps per epoch: {option('steps_per_epoch')}"
            raise config.missing("the run's length", f": {remedy}")
        return run.steps
    most = config.integer("max_steps_per_epoch", run.steps_per_epoch)
    return int(config.integer("epochs", 1) * min(most, run.steps_per_epoch))
