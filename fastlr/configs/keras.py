"""Read the schedule of a Keras config: a schedule's own ``{"class_name": ..., "config": ...}``, or
an optimizer's config that holds one.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from fastlr.configs._section import Run, Section
from fastlr.presets import keras
from fastlr.schedule.constructor_names import constant
from fastlr.schedule.schedule import Schedule

__all__ = ["matches", "read"]

_SCHEDULES = (
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
)


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is the config of a Keras schedule or optimizer."""
    return (
        "class_name" in config
        or ("learning_rate" in config and "name" in config)
        or config.get("name") in _SCHEDULES
    )


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule, or that of the optimizer; a number is a constant schedule."""
    # the schedule's own get_config(), which has no class_name
    if "class_name" not in config and config.values.get("name") in _SCHEDULES:
        return read(
            Section(config.where, {"class_name": config.values["name"], "config": config.values}),
            run,
        )
    if "class_name" not in config:
        return _held(config, run)
    inner = config.section("config")
    if "learning_rate" in inner:
        return _held(inner, run)
    name = config.choice("class_name", _SCHEDULES)
    own = {
        key: value
        for key, value in inner.values.items()
        if key not in ("name", "dtype") and value is not None
    }
    inner.refuse_unknown((*_parameters(name), "name", "dtype"))
    build: Any = getattr(keras, name)
    schedule: Schedule = build(**own)
    return schedule


def _held(config: Section, run: Run) -> Schedule:
    """Return the schedule under ``learning_rate``."""
    rate = config.get("learning_rate")
    return (
        read(config.section("learning_rate"), run)
        if isinstance(rate, Mapping)
        else constant(config.number("learning_rate"))
    )


def _parameters(name: str) -> tuple[str, ...]:
    return tuple(inspect.signature(getattr(keras, name)).parameters)
