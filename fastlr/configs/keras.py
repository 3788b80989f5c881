"""Read the schedule of a Keras config: a schedule's own ``{"class_name": ..., "config": ...}``, an
optimizer's config that holds one, or a saved model that holds an optimizer.

An optimizer of Keras 2 may have a ``decay``: its rate is ``learning_rate / (1 + decay*t)``.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.presets import keras
from fastlr.schedule.constructor_names import constant, inverse_time
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

_SCHEDULES = (
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
)
_OPTIMIZERS = (
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "ftrl",
    "lamb",
    "lion",
    "muon",
    "nadam",
    "rmsprop",
    "sgd",
)
# the arguments of optimizers that are not the rate
_OF_OPTIMIZERS = (
    "amsgrad",
    "beta",
    "beta_1",
    "beta_2",
    "beta_2_decay",
    "centered",
    "clip_threshold",
    "clipnorm",
    "clipvalue",
    "ema_momentum",
    "ema_overwrite_frequency",
    "epsilon",
    "epsilon_1",
    "epsilon_2",
    "global_clipnorm",
    "gradient_accumulation_steps",
    "initial_accumulator_value",
    "is_legacy_optimizer",
    "jit_compile",
    "l1_regularization_strength",
    "l2_regularization_strength",
    "l2_shrinkage_regularization_strength",
    "learning_rate_power",
    "loss_scale_factor",
    "momentum",
    "nesterov",
    "relative_step",
    "rho",
    "schedule_decay",
    "use_ema",
    "weight_decay",
)
_OPTIMIZER_KEYS = ("name", "learning_rate", "lr", "decay", *_OF_OPTIMIZERS)
KEYS = ("class_name", "config", "compile_config", "training_config", "modelTopology", "decay")
# where a saved model has its optimizer
_WRAPPERS = (
    "modelTopology",
    "training_config",
    "optimizer_config",
    "compile_config",
    "optimizer",
    "inner_optimizer",
)


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is the config of a Keras schedule, optimizer or model."""
    if "class_name" in config or config.get("name") in _SCHEDULES:
        return True
    if any(key in config for key in ("modelTopology", "training_config")):
        return True
    inner = config.get("optimizer_config")  # MMCV 1.x has one of its own
    if isinstance(inner, Mapping) and "class_name" in inner:
        return True
    # others have a rate and a name too, which is a run's
    named = _plain_name(config.get("name")) in _OPTIMIZERS
    known = config.keys() <= set(_OPTIMIZER_KEYS)
    return named and known and ("learning_rate" in config or "lr" in config)


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule, or that of the optimizer; a number is a constant schedule."""
    found = _found(config, run)
    return of_length(found, run.steps) if run.steps is not None else found


def _found(config: Section, run: Run) -> Schedule:
    for key in _WRAPPERS:
        if key in config:
            return _found(config.section(key), run)
    if "class_name" not in config:
        if config.values.get("name") in _SCHEDULES:  # the schedule's own get_config()
            return _schedule(config, str(config.values["name"]), run)
        config.refuse_unknown(_OPTIMIZER_KEYS)
        return _of_optimizer(config, run)
    inner = config.section("config")
    if any(key in inner for key in _WRAPPERS):  # a wrapper of an optimizer
        return _found(inner, run)
    if "learning_rate" in inner or "lr" in inner:
        names = {_plain_name(config.get("class_name")), _plain_name(inner.get("name", ""))}
        if not names & set(_OPTIMIZERS):
            raise config.refusal(
                "class_name", f"one of Keras's optimizers: {', '.join(_OPTIMIZERS)}"
            )
        return _of_optimizer(inner, run)
    if "compile_config" in config.values:
        raise config.missing("compile_config", ": the model was saved without its optimizer")
    return _schedule(inner, config.choice("class_name", _SCHEDULES), run)


def _plain_name(name: object) -> str:
    """Return the name of an optimizer's class: "adamw" for "Addons>AdamW", "adam" for "adam_1"."""
    return str(name).rpartition(">")[2].lower().rstrip("0123456789").rstrip("_")


def _of_optimizer(config: Section, run: Run) -> Schedule:
    """Return the rate of an optimizer: its schedule or number, and its decay."""
    key = "learning_rate" if "learning_rate" in config else "lr"
    if "learning_rate" in config and "lr" in config and config.get("lr") != config.get(key):
        raise config.refusal("lr", "absent beside learning_rate")
    if isinstance(config.get(key), Mapping):
        rate = _found(config.section(key), run)
    else:
        rate = constant(run.lr if run.lr is not None else config.number(key))
    decay = config.number("decay", 0.0)
    return rate * inverse_time(1.0, rate=decay) if decay else rate


def _schedule(config: Section, name: str, run: Run) -> Schedule:
    """Return the schedule of a class of ``keras.optimizers.schedules``."""
    build: Any = getattr(keras, name)
    parameters = tuple(inspect.signature(build).parameters)
    config.refuse_unknown((*parameters, "name", "dtype"))
    own = {key: config.get(key) for key in parameters if key in config}
    if run.lr is not None and "initial_learning_rate" in parameters:
        if own.get("warmup_target") is not None:
            rule = "absent if lr is given, because two rates of this schedule are base rates"
            raise config.refusal("warmup_target", rule)
        own["initial_learning_rate"] = run.lr
    schedule: Schedule = build(**own)
    return schedule
