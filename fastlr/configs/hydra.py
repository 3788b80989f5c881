"""Read the scheduler of a Hydra or LightningCLI YAML: ``_target_: torch.optim.lr_scheduler.StepLR``
or ``class_path`` and ``init_args``.

The rate is that of the optimizer's entry. A scheduler may count epochs or updates: ``interval``
tells, and Lightning's default is the epoch. The schedule is over updates: where the scheduler
counts epochs, pass ``steps_per_epoch``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastlr.configs import _torch_schedulers
from fastlr.configs._interpolation import mappings_in, resolved
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.plateau.rule import Plateau
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("_target_", "class_path", "init_args", "lr_scheduler", "scheduler")
Path = tuple[str, ...]


class _Entry(NamedTuple):
    """An entry with a class, and where it stands."""

    path: Path
    values: Mapping[str, Any]


def matches(config: Mapping[str, object]) -> bool:
    """Whether a scheduler is given by its class somewhere in the config."""
    return bool(_schedulers(config))


def _class(values: Mapping[str, Any]) -> str:
    return str(values.get("_target_", values.get("class_path", "")))


def _schedulers(config: Mapping[str, Any]) -> list[_Entry]:
    """Return the entries of schedulers that are not part of another."""
    found: list[_Entry] = []
    for path, values in mappings_in(config):
        name = _class(values)
        is_one = ".lr_scheduler." in name or name.rpartition(".")[2] in _torch_schedulers.CLASSES
        # a field that is called after it may hold a scheduler of one's own, which is refused
        named = bool(name) and path[-1:] in (("scheduler",), ("lr_scheduler",))
        inside = any(path[: len(one.path)] == one.path for one in found)
        if (is_one or named) and not inside:
            found.append(_Entry(path, values))
    return found


def read(config: Section, run: Run) -> Schedule | Plateau:
    """Return the schedule over updates, or the rule of a scheduler that follows a metric."""
    found = _schedulers(config.values)
    if len(found) != 1:
        places = ", ".join(".".join(one.path) or "the config itself" for one in found[:8])
        rule = f"must have one scheduler, got {len(found)}{': ' + places if places else ''}"
        raise ValueError(f"{config.where}: {rule}; pass the mapping of one, with its optimizer")
    entry = found[0]
    plain = _deep_resolved(entry.values, config.values)
    where = f"{config.where}: {'.'.join(entry.path)}" if entry.path else config.where
    kind, arguments = _torch_schedulers.target(Section(where, plain))
    rate = _rate(config, run, entry) if _torch_schedulers.needs_rate(kind) else None
    schedule = _torch_schedulers.built(kind, arguments, rate, run)
    if isinstance(schedule, Plateau):
        return schedule
    return _over_updates(config, run, entry, schedule)


def _deep_resolved(value: Any, root: Mapping[str, Any], depth: int = 0) -> Any:
    """Return a value in which every reference is resolved."""
    value = resolved(value, root)
    if depth > 8:
        return value
    if isinstance(value, Mapping):
        return {key: _deep_resolved(item, root, depth + 1) for key, item in value.items()}
    if isinstance(value, list) and len(value) <= 1_000:
        return [_deep_resolved(item, root, depth + 1) for item in value]
    return value


def _rate(config: Section, run: Run, entry: _Entry) -> Any:
    """Return the rate of the optimizer beside the scheduler, or of the only one there is."""
    if run.lr is not None:
        return run.lr
    rates = {
        path: Section(f"{config.where}: {'.'.join(path)}", {"lr": lr}).number("lr")
        for path, lr in _optimizers(config.values)
    }
    beside = {
        rate for path, rate in rates.items() if path[: len(entry.path) - 1] == entry.path[:-1]
    }
    chosen = beside or set(rates.values())
    if len(chosen) == 1:
        return chosen.pop()
    detail = f", got {len(chosen)} optimizers with rates that differ" if chosen else ""
    raise config.missing("the optimizer's lr", f"{detail}; pass it: {option('lr')}")


def _optimizers(config: Mapping[str, Any]) -> list[tuple[Path, Any]]:
    """Return the places and rates of the entries whose class or name is an optimizer's."""
    found = []
    for path, values in mappings_in(config):
        named = ".optim" in _class(values) or (bool(path) and path[-1].startswith("optim"))
        inner = values.get("init_args", values)
        lr = inner.get("lr") if isinstance(inner, Mapping) else None
        if named and lr is not None and ".lr_scheduler." not in _class(values):
            found.append((path, resolved(lr, config)))
    return found


def _over_updates(config: Section, run: Run, entry: _Entry, schedule: Schedule) -> Schedule:
    """Return the schedule over updates, as long as its trainer's run."""
    interval = _interval(config, entry)
    trainer = _trainer(config)
    steps, epochs = trainer.integer("max_steps", -1), trainer.integer("max_epochs", -1)
    if interval == "step":
        per_epoch = run.steps_per_epoch if steps <= 0 < epochs else None
    else:
        per_epoch = _steps_per_epoch(config, run, interval)
        schedule = schedule.staircase(per_epoch)
    if steps > 0:
        return of_length(schedule, steps)
    if epochs > 0 and per_epoch is not None:
        return of_length(schedule, epochs * per_epoch)
    return schedule


def _trainer(config: Section) -> Section:
    root = config.section("fit") if "fit" in config else config
    trainer = root.section("trainer")
    found = {key: resolved(value, config.values) for key, value in trainer.values.items()}
    return Section(trainer.where, {key: found.get(key) for key in ("max_steps", "max_epochs")})


def _interval(config: Section, entry: _Entry) -> str | None:
    """Return what a call of the scheduler's ``step`` follows: "epoch", "step", or None."""
    found = {
        path: (str(interval), values.get("frequency", 1))
        for path, values in mappings_in(config.values)
        if _concerns(path, entry)
        and (interval := resolved(values.get("interval"), config.values)) in ("epoch", "step")
    }
    around = {found[path] for path in found if path == entry.path[: len(path)] and path}
    chosen = around or set(found.values())
    if len(chosen) > 1 or any(frequency != 1 for _, frequency in chosen):
        detail = ", ".join(sorted(f"{each} of frequency {often}" for each, often in chosen))
        rule = "interval must be 'epoch' or 'step', once and of frequency 1"
        raise ValueError(f"{config.where}: {rule}, got {detail:.80}")
    if chosen:
        return chosen.pop()[0]
    # LightningCLI steps its own scheduler; one inside a model is the model's to step
    is_lightnings = "class_path" in entry.values and entry.path[-1:] == ("lr_scheduler",)
    return (
        "epoch"
        if is_lightnings and len(entry.path) <= 2 and "init_args" not in entry.path
        else None
    )


def _concerns(path: Path, entry: _Entry) -> bool:
    """Whether the mapping there may have the scheduler's interval: a callback has its own."""
    around = path == entry.path[: len(path)]
    return around or any("sched" in key or key.startswith("lr") for key in map(str.lower, path))


def _steps_per_epoch(config: Section, run: Run, interval: str | None) -> int:
    if run.steps_per_epoch is not None:
        return run.steps_per_epoch
    why = "the scheduler counts epochs" if interval else "an interval is not given"
    remedy = "1 if the scheduler counts updates, or for a schedule over epochs"
    passed = f"{option('steps_per_epoch')}; {remedy}"
    raise config.missing("steps_per_epoch", f", because {why}: {passed}")
