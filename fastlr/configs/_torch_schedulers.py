"""Build a scheduler of torch, or of transformers, from its class and its arguments as data."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.plateau.rule import Plateau
from fastlr.presets import torch, transformers
from fastlr.schedule.constructor_names import join
from fastlr.schedule.schedule import Schedule

__all__ = ["CLASSES", "built", "needs_rate", "of_target"]

_OF_TORCH = (
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
)
_OF_TRANSFORMERS = (
    "get_constant_schedule",
    "get_constant_schedule_with_warmup",
    "get_cosine_schedule_with_warmup",
    "get_cosine_with_hard_restarts_schedule_with_warmup",
    "get_inverse_sqrt_schedule",
    "get_linear_schedule_with_warmup",
    "get_polynomial_decay_schedule_with_warmup",
    "get_scheduler",
)
_OF_LIGHTNING = "LinearWarmupCosineAnnealingLR"
# packages whose classes and functions of these names are known
_PACKAGES = ("", "torch", "transformers", "diffusers", "lightning", "pytorch_lightning", "pl_bolts")
CLASSES = (*_OF_TORCH, *_OF_TRANSFORMERS, _OF_LIGHTNING)
_RATELESS = ("CyclicLR", "OneCycleLR", "ReduceLROnPlateau")
_WHOLE = ("total_iters", "T_max", "step_size", "total_steps", "epochs", "patience", "cooldown")
_IGNORED = ("last_epoch", "verbose", "optimizer", "monitor")  # that change no rate


def needs_rate(kind: str) -> bool:
    """Whether the scheduler multiplies the optimizer's rate, and brings none of its own."""
    return kind not in _RATELESS


def built(kind: str, arguments: Section, lr: Any, run: Run) -> Schedule | Plateau:
    """Return the schedule of a class with these arguments, over the calls of its ``step``."""
    last = arguments.integer("last_epoch", -1)
    if last != -1:
        raise arguments.refusal("last_epoch", "-1: the schedule is that of a whole run")
    own = {key: value for key, value in arguments.values.items() if key not in _IGNORED}
    given = Section(arguments.where, own)
    if kind == "SequentialLR":
        return _sequential(given, lr, run)
    if kind == "ChainedScheduler":
        return torch.ChainedScheduler(lr, _children(given, lr, run))
    build = _preset(kind)
    names = [name for name in inspect.signature(build).parameters if name not in ("lr", "of")]
    given.refuse_unknown(names)
    values = {name: _value(given, name) for name in names if name in given}
    if "num_training_steps" in names and "num_training_steps" not in given:
        values["num_training_steps"] = _training_steps(given, run, kind)
    first = [] if kind in _RATELESS else [lr]
    found: Schedule | Plateau = (
        build(values.pop("name"), lr, **values)
        if kind == "get_scheduler"
        else build(*first, **values)
    )
    if kind == "OneCycleLR" and isinstance(found, Schedule):
        return of_length(found, _cycle(values))
    return found


def _cycle(values: Mapping[str, Any]) -> int:
    """Return the length of a OneCycleLR: torch lets it be stepped once more."""
    total: int = values.get("total_steps") or values["epochs"] * values["steps_per_epoch"]
    return total


def _preset(kind: str) -> Any:
    if kind == _OF_LIGHTNING:
        return presets.lightning.LinearWarmupCosineAnnealingLR
    return getattr(torch if kind in _OF_TORCH else transformers, kind)


def _training_steps(given: Section, run: Run, kind: str) -> int:
    if run.steps is None:
        raise given.missing("num_training_steps", f", the run's length: {option('steps')}")
    return run.steps


def _value(given: Section, name: str) -> Any:
    """Return an argument: a number may be a word, as YAML reads 1e-4."""
    value = given.get(name)
    if name == "milestones":
        return given.numbers(name)
    if isinstance(value, str) and value[:1] in "0123456789.-+":
        return given.integer(name) if name in _WHOLE else given.number(name)
    return int(value) if name in _WHOLE and isinstance(value, float) and value % 1 == 0 else value


def _sequential(given: Section, lr: Any, run: Run) -> Schedule:
    given.refuse_unknown(("schedulers", "milestones"))
    children, milestones = _children(given, lr, run), given.integers("milestones")
    if len(milestones) != len(children) - 1:
        raise given.refusal("milestones", f"one fewer than the {len(children)} schedulers")
    return join(children, milestones) if milestones else children[0]


def _children(given: Section, lr: Any, run: Run) -> list[Schedule]:
    listed = given.get("schedulers")
    if not isinstance(listed, list | tuple) or not listed:
        raise given.refusal("schedulers", "a list of schedulers")
    children = []
    for i, each in enumerate(listed):
        where = f"{given.where}: schedulers[{i}]"
        if not isinstance(each, Mapping):
            raise ValueError(f"{where} must be a mapping")
        child = of_target(Section(where, each), lr, run)
        if isinstance(child, Plateau):
            raise ValueError(f"{where} must be a schedule, not a rule that follows a metric")
        children.append(child)
    return children


def of_target(entry: Section, lr: Any, run: Run) -> Schedule | Plateau:
    """Return the schedule of ``{_target_: ..., ...}`` or ``{class_path: ..., init_args: ...}``."""
    kind, arguments = target(entry)
    return built(kind, arguments, lr, run)


def target(entry: Section) -> tuple[str, Section]:
    """Return the class that an entry names, and its arguments."""
    key = "class_path" if "class_path" in entry else "_target_"
    package, _, name = str(entry.get(key)).rpartition(".")
    if name in CLASSES and package.partition(".")[0] not in _PACKAGES:
        rule = f"{key} must be of {', '.join(filter(None, _PACKAGES))}, or be {name} alone"
        detail = "fastlr does not know the class of that name elsewhere"
        raise ValueError(f"{entry.where}: {rule}, got {entry.get(key)!r:.80}: {detail}")
    if name not in CLASSES:
        raise ValueError(
            f"{entry.where}: {key} must be a scheduler that is data, one of "
            f"{', '.join(CLASSES)}, got {entry.get(key)!r:.80}"
        )
    if key == "class_path":
        return name, entry.section("init_args")
    hydras = ("_target_", "_partial_", "_recursive_", "_convert_", "_args_")
    own = {key: value for key, value in entry.values.items() if key not in hydras}
    return name, Section(entry.where, own)
