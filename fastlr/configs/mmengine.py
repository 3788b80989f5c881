"""Read an MMEngine config (MMDetection, MMSegmentation and others), a Python file, as data.

``_base_`` lists files beside it, which are read for what it lacks. The schedule counts iterations.
Schedulers that count epochs, MMEngine's default, need ``steps_per_epoch``. The rate is that of
``optim_wrapper.optimizer.lr``: groups with an ``lr_mult`` have it times that.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

from fastlr import presets
from fastlr.arguments.rules import short_repr
from fastlr.configs import mmcv
from fastlr.configs._base_files import with_base_files
from fastlr.configs._python import Imported
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.plateau.rule import Plateau
from fastlr.schedule.constructor_names import constant, join, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("auto_scale_lr", "optim_wrapper", "param_scheduler", "train_cfg")
# those that multiply the rate, whatever the others do to it; the others set it, from the rate there
_FACTORS = ("ConstantLR", "ExponentialLR", "LinearLR", "MultiStepLR", "StepLR")
_QUADRATIC = "QuadraticWarmupLR"  # of MMDetection, which adds to the rate there
_LEVELS = ("CosineAnnealingLR", "CosineRestartLR", "OneCycleLR", "PolyLR")
_NAMES = (*_FACTORS, *_LEVELS, _QUADRATIC, "ReduceOnPlateauLR")
_SCOPES = ("mmengine.", "mmdet.", "mmyolo.")  # the registry in front of a name
# lengths, which convert_to_iter_based multiplies by the iterations of an epoch
_LENGTHS = ("T_max", "begin", "end", "milestones", "periods", "step_size", "total_steps")
_IGNORED = ("type", "by_epoch", "convert_to_iter_based", "last_step", "verbose", "monitor")


class _Scheduler(NamedTuple):
    """A scheduler: its arguments, and the iterations of one of its steps."""

    kind: str
    arguments: dict[str, Any]
    every: int
    where: str

    @property
    def begin(self) -> int:
        """The first iteration at which it acts."""
        return int(self.arguments["begin"]) * self.every

    @property
    def end(self) -> int:
        """The iteration from which on it leaves the rate as it is."""
        return int(self.arguments["end"]) * self.every


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a config of MMEngine."""
    if "lr_config" in config:
        return False
    return any(key in config for key in ("optim_wrapper", "param_scheduler", "_base_"))


def read(config: Section, run: Run) -> Schedule | Plateau:
    """Return the schedule of the optimizer, over iterations."""
    if not _is_whole(config):
        config = with_base_files(config, "_base_")
    if mmcv.matches(config.values):  # of MMCV 1.x, by a file that it is based on
        return mmcv.read(config, run)
    mmcv.refuse_scaled_rate(config, run)
    _refuse_hooks(config)
    rate = config.section("optim_wrapper").section("optimizer").base_rate(run, "lr")
    entries = _entries(config)
    if len(entries) == 1 and entries[0].get("type") == "ReduceOnPlateauLR":
        return _plateau(entries[0])
    loop = _Loop(config, run)
    schedulers = [_scheduler(entry, loop) for entry in entries]
    schedule = _combined(rate, schedulers)
    steps = loop.iterations(needed=any(one.every > 1 for one in schedulers))
    return schedule if steps is None else of_length(schedule, steps)


def _refuse_hooks(config: Section) -> None:
    """Raise for a hook that sets the rates itself, as MMYOLO's, whatever the schedulers are."""
    hooks = config.get("default_hooks", {})
    own = hooks.get("param_scheduler") if isinstance(hooks, Mapping) else hooks
    listed = config.get("custom_hooks", [])
    for hook in (own, *(listed if isinstance(listed, list) else [])):
        kind = hook.get("type", "") if isinstance(hook, Mapping) else hook or ""
        kind = kind.of("mmengine.hooks") if isinstance(kind, Imported) else kind
        name = str(kind).rpartition(".")[2]
        known = name in ("", "ParamSchedulerHook")
        if not known and (hook is own or "ParamScheduler" in name or "LrUpdater" in name):
            rule = "hooks must leave the rates to param_scheduler"
            raise ValueError(f"{config.where}: {rule}, got {short_repr(kind)}")


def _is_whole(config: Section) -> bool:
    """Whether no file that this one is based on could add to its schedule."""
    loop, optimizer = config.section("train_cfg"), config.section("optim_wrapper")
    return (
        "param_scheduler" in config
        and ("max_epochs" in loop or "max_iters" in loop)
        and "lr" in optimizer.section("optimizer")
    )


class _Loop:
    """The training loop: how long the run is."""

    def __init__(self, config: Section, run: Run) -> None:
        self.config, self.run = config, run
        train = config.section("train_cfg")
        self.epochs: int = train.integer("max_epochs", 0)
        self.iters: int = train.integer("max_iters", 0)
        kind = train.get("type", "")
        kind = kind.of("mmengine.runner") if isinstance(kind, Imported) else kind
        self.by_iteration = kind == "IterBasedTrainLoop" or (
            not kind and not train.flag("by_epoch", self.iters == 0)
        )

    def per_epoch(self) -> int:
        """Return the iterations of an epoch."""
        return self.config.steps_per_epoch(self.run, "a scheduler counts epochs")

    def end(self, by_epoch: bool) -> int:
        """Return the run's length in epochs or in iterations, where a scheduler ends."""
        if by_epoch:
            if self.epochs < 1:
                raise self.config.missing("train_cfg: max_epochs", ", where its schedulers end")
            return self.epochs
        found = self.iterations(needed=True)
        assert found is not None
        return found

    def iterations(self, needed: bool) -> int | None:
        """Return the run's length in iterations, if it is known or can be asked for."""
        if self.by_iteration:
            if self.iters < 1 and needed:
                return self.config.steps(self.run, "train_cfg: max_iters")
            return self.iters or None
        if self.epochs < 1 or (self.run.steps_per_epoch is None and not needed):
            return None
        return self.epochs * self.per_epoch()


def _entries(config: Section) -> list[Section]:
    """Return the schedulers of the rate; those of a momentum are left out."""
    listed = config.get("param_scheduler", [])
    listed = [listed] if isinstance(listed, Mapping) else listed
    if not isinstance(listed, list | tuple):
        raise config.refusal("param_scheduler", "a list of schedulers")
    found = []
    for i, each in enumerate(listed):
        if not isinstance(each, Mapping):
            raise config.refusal("param_scheduler", "a list of mappings")
        entry = Section(f"{config.where}: param_scheduler[{i}]", each)
        kind = each.get("type")
        if isinstance(kind, Imported):  # a class of the new style of configs
            entry = Section(entry.where, {**each, "type": kind.of("mmengine.optim")})
        if not str(entry.values.get("type")).endswith("Momentum"):
            found.append(entry)
    return found


def _scheduler(entry: Section, loop: _Loop) -> _Scheduler:
    """Return a scheduler with its arguments."""
    entry = _without_scope(entry)
    kind = entry.choice("type", _NAMES)
    if kind == "ReduceOnPlateauLR":
        raise entry.refusal("type", "a schedule: a rule that follows a metric stands alone")
    names = _arguments_of(kind)
    entry.refuse_unknown((*names, *_IGNORED))
    by_epoch = entry.flag("by_epoch", True)
    convert = entry.flag("convert_to_iter_based", False)
    if by_epoch and not convert and loop.by_iteration:
        rule = "False in a loop over iterations, which has no epochs: the scheduler would not act"
        raise entry.refusal("by_epoch", rule)
    parts = by_epoch and convert  # of an epoch, at which a converted scheduler may begin or end
    given = {name: _argument(entry, name, parts) for name in names if name in entry}
    given = {"begin": 0, **given}
    if "end" not in given:
        given["end"] = loop.end(by_epoch)
    if by_epoch and convert:
        return _Scheduler(kind, _converted(given, loop.per_epoch()), 1, entry.where)
    return _Scheduler(kind, given, loop.per_epoch() if by_epoch else 1, entry.where)


def _without_scope(entry: Section) -> Section:
    """Return a scheduler with its name alone, without that of a registry."""
    kind = entry.get("type")
    for scope in _SCOPES:
        if isinstance(kind, str) and kind.startswith(scope):
            return Section(entry.where, {**entry.values, "type": kind.removeprefix(scope)})
    return entry


def _arguments_of(kind: str) -> list[str]:
    if kind == _QUADRATIC:
        return ["begin", "end"]
    parameters = inspect.signature(getattr(presets.mmengine, kind)).parameters
    return [key for key in parameters if key not in ("lr", "after")]


def _argument(entry: Section, name: str, parts: bool) -> Any:
    if parts and name in ("begin", "end"):
        return entry.number(name)
    if name in ("milestones", "periods"):
        return entry.integers(name)
    if name == "restart_weights":
        return entry.numbers(name)
    if name in _LENGTHS:
        return entry.integer(name)
    if name in ("anneal_strategy", "three_phase"):
        return entry.get(name)
    return entry.number(name)


def _converted(given: dict[str, Any], per_epoch: int) -> dict[str, Any]:
    """Return the arguments of a scheduler over epochs for one over iterations.

    MMEngine converts the lengths only: an ExponentialLR keeps its gamma, and falls faster.
    """
    found = dict(given)
    for name in _LENGTHS:
        if isinstance(found.get(name), list):
            found[name] = [step * per_epoch for step in found[name]]
        elif name in found:
            found[name] = int(found[name] * per_epoch)
    return found


def _combined(rate: Any, schedulers: list[_Scheduler]) -> Schedule:
    """Return what all schedulers make of the rate, one on top of the other."""
    schedule = constant(rate)
    for one in sorted(schedulers, key=lambda each: each.begin):
        others = [each for each in schedulers if each is not one and _overlap(one, each)]
        if one.kind == _QUADRATIC and not others:
            schedule = schedule * _quadratic(one)
            continue
        if one.kind in _FACTORS or (others and _is_factor(one)):
            schedule = schedule * _over_iterations(one, 1.0, constant(1.0))
        elif others:
            raise ValueError(
                f"{one.where}: {one.kind} must act alone from its begin to its end, "
                f"got {', '.join(each.kind for each in others)} beside it"
            )
        else:
            there = constant(schedule(one.begin))
            placed = _over_iterations(one, rate, there).skip(one.begin)
            schedule = join([schedule, placed], [one.begin]) if one.begin else placed
    return schedule


def _quadratic(one: _Scheduler) -> Schedule:
    """Return the share of the rate in MMDetection's warmup: ``((t + 1)/n)^2`` after ``begin``."""
    length = int(one.arguments["end"]) - int(one.arguments["begin"])
    rise = polynomial(0.0, 1.0, length, power=2.0, origin="start").skip(1)
    rise = rise.staircase(one.every) if one.every > 1 else rise
    return join([constant(1.0), rise], [one.begin]) if one.begin else rise


def _overlap(one: _Scheduler, other: _Scheduler) -> bool:
    """Whether two schedulers change the rate at the same iterations."""
    return one.begin < other.end and other.begin < one.end


def _is_factor(one: _Scheduler) -> bool:
    """Whether a scheduler that falls to 0 multiplies the rate: MMEngine goes on from the rate there
    at every step, which is then a share of it.
    """
    given = one.arguments
    if one.kind not in ("CosineAnnealingLR", "PolyLR"):
        return False
    lowest = given.get("eta_min", 0.0) or given.get("eta_min_ratio", 0.0)
    length = given["end"] - given["begin"]
    return not lowest and given.get("T_max", length) >= length


def _over_iterations(one: _Scheduler, rate: Any, after: Schedule) -> Schedule:
    """Return the schedule of one over iterations."""
    build = getattr(presets.mmengine, one.kind)
    found: Schedule = build(rate, **one.arguments, after=after)
    return found.staircase(one.every) if one.every > 1 else found


def _plateau(entry: Section) -> Plateau:
    build = presets.mmengine.ReduceOnPlateauLR
    names = list(inspect.signature(build).parameters)
    entry.refuse_unknown((*names, *_IGNORED, "begin", "end"))
    words = ("rule", "threshold_rule")
    given = {key: entry.get(key) for key in words if key in entry}
    given |= {key: entry.number(key) for key in names if key in entry and key not in words}
    found: Plateau = build(**given)
    return found
