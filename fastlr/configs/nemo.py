"""Read a NeMo YAML: ``optim`` with its ``sched``, in ``model`` or at the top.

The run takes ``max_steps`` of the scheduler or the trainer. If it counts epochs, its length follows
from the data: pass ``steps``, or ``steps_per_epoch``.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._interpolation import resolved
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.configs._torch_schedulers import built
from fastlr.plateau.rule import Plateau
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("model", "optim", "trainer")
_OF_TORCH = ("CyclicLR", "ExponentialLR", "ReduceLROnPlateau", "StepLR")
_IGNORED = ("name", "monitor", "reduce_on_plateau", "last_epoch", "iters_per_batch")


def _optim(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for root in (config.get("model"), config):
        found = root.get("optim") if isinstance(root, Mapping) else None
        if isinstance(found, Mapping) and "sched" in found:
            return found
    return None


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a NeMo config."""
    return _optim(config) is not None


def read(config: Section, run: Run) -> Schedule | Plateau:
    """Return the schedule over updates."""
    found = _optim(config.values)
    if found is None:
        raise config.missing("model: optim", ", with its sched")
    optim = Section(f"{config.where}: optim", _plain(found, config))
    rate = optim.base_rate(run, "lr")
    sched = Section(f"{optim.where}: sched", _plain(optim.section("sched").values, config))
    name = sched.choice("name", (*presets.nemo.__all__, *_OF_TORCH))
    if name in _OF_TORCH:
        own = {key: value for key, value in sched.values.items() if key not in _IGNORED}
        return built(name, Section(sched.where, own), rate, run)
    return _built(config, sched, name, rate, run)


def _plain(values: Mapping[str, Any], config: Section) -> dict[str, Any]:
    return {key: resolved(value, config.values) for key, value in values.items()}


def _built(config: Section, sched: Section, name: str, rate: Any, run: Run) -> Schedule:
    build: Any = getattr(presets.nemo, name)
    names = list(inspect.signature(build).parameters)
    sched.refuse_unknown((*names, "max_steps", *_IGNORED))
    given = {
        key: sched.flag(key, False) if key == "cycle" else _number(sched, key)
        for key in names
        if key in sched and key not in ("lr", "max_steps")
    }
    needed = "max_steps" in names and (
        inspect.signature(build).parameters["max_steps"].default is inspect.Parameter.empty
        or "warmup_ratio" in given
    )
    steps = _steps(config, sched, run, needed)
    if steps is not None and "max_steps" in names:
        given["max_steps"] = steps
    schedule: Schedule = build(**({"lr": rate} if "lr" in names else {}), **given)
    return schedule if steps is None else of_length(schedule, steps)


def _number(sched: Section, key: str) -> Any:
    return sched.integer(key) if key.endswith("_steps") or key == "d_model" else sched.number(key)


def _steps(config: Section, sched: Section, run: Run, needed: bool) -> int | None:
    """Return the length of the run."""
    trainer = config.section("trainer")
    values = Section(trainer.where, _plain(trainer.values, config))
    for place in (sched, values):
        steps: int = place.integer("max_steps", -1)
        if steps > 0:
            return steps
    epochs: int = values.integer("max_epochs", -1)
    if run.steps is None and run.steps_per_epoch is not None and epochs > 0:
        return epochs * run.steps_per_epoch
    if run.steps is None and needed:
        remedy = f"{option('steps')}, or the steps per epoch: {option('steps_per_epoch')}"
        raise values.missing("max_steps", f", or the run's length: {remedy}")
    return run.steps
