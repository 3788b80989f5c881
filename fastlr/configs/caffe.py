"""Read a Caffe ``solver.prototxt``. Step t is iteration t, and the run has ``max_iter`` of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("base_lr", "gamma", "lr_policy", "max_iter", "power", "stepsize", "stepvalue")
_POLICIES = ("fixed", "step", "exp", "inv", "multistep", "poly", "sigmoid")
_FIELDS = {
    "fixed": (),
    "step": ("gamma", "stepsize"),
    "exp": ("gamma",),
    "inv": ("gamma", "power"),
    "multistep": ("gamma", "stepvalue"),
    "poly": ("power", "max_iter"),
    "sigmoid": ("gamma", "stepsize"),
}


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a solver."""
    return "lr_policy" in config or {"base_lr", "max_iter"} <= config.keys()


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of the solver."""
    # NVIDIA's Caffe has a warmup, rampup_interval
    prefixes = ("lr_", "min_lr", "rampup", "warmup")
    config.refuse_unknown(KEYS, own=lambda key: key.startswith(prefixes))
    policy = config.choice("lr_policy", _POLICIES)
    given = {name: _field(config, run, name) for name in _FIELDS[policy]}
    build: Any = getattr(presets.caffe, policy)
    schedule: Schedule = build(config.base_rate(run, "base_lr"), **given)
    steps = config.integer("max_iter", 0)
    return of_length(schedule, steps) if steps > 0 else schedule


def _field(config: Section, run: Run, name: str) -> Any:
    """Return a field of the solver; protobuf reads one that is absent as 0."""
    if name == "max_iter":
        return config.run_length(run, name)
    if name == "stepvalue":
        found = config.get(name, [])
        listed = found if isinstance(found, list | tuple) else [found]
        return Section(config.where, {name: listed}).integers(name)
    return config.integer(name) if name == "stepsize" else config.number(name, 0)
