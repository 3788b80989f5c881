"""Read a PaddleDetection YAML: ``epoch`` and ``LearningRate``, per iteration.

A scheduler is ``{name: PiecewiseDecay, ...}`` or has the tag ``!PiecewiseDecay``. The first is the
decay, the second its warmup. ``_BASE_`` names files beside this one, which are read for what it
lacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastlr.configs._base_files import with_base_files
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, Tagged
from fastlr.presets._building_blocks import phases, wave
from fastlr.schedule.constructor_names import constant, cosine, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("LearningRate", "epoch")
_WARMUPS = ("LinearWarmup", "BurninWarmup", "ExpWarmup")
_DECAYS = ("PiecewiseDecay", "CosineDecay")


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a PaddleDetection config."""
    based = isinstance(config.get("_BASE_"), list) and "SOLVER" not in config
    return based or isinstance(config.get("LearningRate"), Mapping)


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of the optimizer, over iterations."""
    if not {"epoch", "LearningRate"} <= config.values.keys() or not _whole(config):
        config = with_base_files(config, "_BASE_")
    rates = config.section("LearningRate")
    base = rates.base_rate(run, "base_lr", 0.01)
    per_epoch = config.steps_per_epoch(run, "milestones count epochs")
    schedule = _schedule(rates, base, per_epoch)
    epochs = config.integer("epoch", 0)
    return of_length(schedule, epochs * per_epoch) if epochs > 0 else schedule


def _whole(config: Section) -> bool:
    return {"base_lr", "schedulers"} <= config.section("LearningRate").values.keys()


def _schedule(rates: Section, base: Any, per_epoch: int) -> Schedule:
    rates.refuse_unknown(("base_lr", "schedulers"))
    schedulers = _schedulers(rates)
    decay = schedulers[0]
    kind = decay.choice("name", _DECAYS)
    rise: Schedule | None = None
    warmup = 0
    if decay.flag("use_warmup", True):
        if not schedulers[1:]:
            raise rates.refusal("schedulers", "a decay and its warmup, or use_warmup: false")
        rise, warmup = _warmup(schedulers[1], base, per_epoch)
    fall = (_pieces if kind == "PiecewiseDecay" else _cosine)(decay, base, per_epoch, warmup)
    return fall if rise is None else phases((0, rise, 0), (warmup, fall, 0))


def _schedulers(rates: Section) -> list[Section]:
    """Return the entries of the schedulers, each a mapping with its name."""
    listed = rates.get("schedulers", [{"name": "PiecewiseDecay"}, {"name": "LinearWarmup"}])
    if not isinstance(listed, Sequence) or isinstance(listed, str | Tagged) or not listed:
        raise rates.refusal("schedulers", "a list of schedulers")
    found = []
    for i, each in enumerate(listed):
        if isinstance(each, Tagged) and isinstance(each.value, Mapping | str):
            inner = each.value if isinstance(each.value, Mapping) else {}
            each = {**inner, "name": each.tag.lstrip("!")}
        if not isinstance(each, Mapping):
            raise rates.refusal("schedulers", "a list of mappings")
        found.append(Section(f"{rates.where}: schedulers[{i}]", each))
    return found


def _warmup(config: Section, base: Any, per_epoch: int) -> tuple[Schedule, int]:
    """Return the warmup, and its steps."""
    kind = config.choice("name", _WARMUPS)
    if kind == "BurninWarmup":
        config.refuse_unknown(("name", "steps"))
        steps = min(config.integer("steps", 1000), per_epoch)
        return polynomial(0.0, base, steps, power=4.0, origin="start"), steps
    steps = config.integer("steps", 500 if kind == "LinearWarmup" else 1000)
    if "epochs" in config:
        steps = int(config.number("epochs") * per_epoch)
    steps = max(steps, 1)
    if kind == "ExpWarmup":
        config.refuse_unknown(("name", "steps", "epochs", "power"))
        power = config.number("power", 2)
        return polynomial(0.0, base, steps, power=power, origin="start"), steps
    config.refuse_unknown(("name", "steps", "epochs", "start_factor"))
    return linear(base * config.number("start_factor", 1 / 3), base, steps), steps


def _pieces(config: Section, base: Any, per_epoch: int, warmup: int) -> Schedule:
    """Return ``base * gamma[i]`` from epoch ``milestones[i]`` on. A single gamma is divided by 10
    for each further milestone.
    """
    config.refuse_unknown(("name", "gamma", "milestones", "values", "use_warmup"))
    marks = config.integers("milestones") if "milestones" in config else [8, 11]
    if "values" in config:
        if warmup:
            raise config.refusal("values", "absent with a warmup, whose rates they replace")
        levels = config.numbers("values")
    else:
        levels = [base, *(base * gamma for gamma in _gammas(config, len(marks)))]
    if len(levels) != len(marks) + 1:
        rule = f"gammas or values that go with {len(marks)} milestones"
        raise config.refusal("values" if "values" in config else "gamma", rule)
    starts = [mark * per_epoch for mark in marks]
    parts = [(start, constant(level), 0) for start, level in zip(starts, levels[1:], strict=True)]
    return phases((0, constant(levels[0]), 0), *parts)


def _gammas(config: Section, count: int) -> list[Any]:
    found = config.get("gamma", [0.1, 0.01])
    if isinstance(found, list | tuple):
        return config.numbers("gamma") if "gamma" in config else [0.1, 0.01]
    first = config.number("gamma")
    return [first / 10.0**i for i in range(count)]


def _cosine(config: Section, base: Any, per_epoch: int, warmup: int) -> Schedule:
    """Return a cosine from the warmup's end to ``min_lr_ratio * base``, before its plateau."""
    keys = ("name", "max_epochs", "use_warmup", "min_lr_ratio", "last_plateau_epochs")
    config.refuse_unknown(keys)
    low = base * config.number("min_lr_ratio", 0.0)
    total = config.integer("max_epochs", 1000) * per_epoch
    rest = config.integer("last_plateau_epochs", 0) * per_epoch
    fall = total - warmup - rest
    if fall < 1:
        raise config.refusal("max_epochs", f"above the {warmup} steps of warmup and the plateau")
    if not warmup and not rest:  # Paddle's own, which climbs back
        return wave(base, low, fall)
    return phases((0, constant(base), 0), (warmup, cosine(base, low, fall), warmup))
