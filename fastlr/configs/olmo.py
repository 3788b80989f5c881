"""Read an OLMo YAML (``allenai/OLMo``): ``scheduler``, ``optimizer`` and ``max_duration``.

Step t is OLMo's ``global_step`` t + 1: it counts an update before it computes the rate. A warmup
begins at a tenth of the rate, unless ``warmup_min_lr`` says otherwise. ``stop_at`` ends the run
before its schedule ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.schedule.constructor_names import constant, cosine, inverse_power, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("global_train_batch_size", "max_duration", "optimizer", "scheduler")
_NAMES = (
    "constant",
    "constant_with_warmup",
    "cosine_linear_envelope",
    "cosine_with_warmup",
    "inverse_sqrt_with_warmup",
    "linear_with_warmup",
    "max_scheduler",
)
_SCHEDULER = ("alpha_f", "name", "t_max", "t_warmup", "units", "warmup_min_lr")


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is an OLMo config."""
    scheduler, optimizer = config.get("scheduler"), config.get("optimizer")
    return (
        isinstance(scheduler, Mapping)
        and isinstance(optimizer, Mapping)
        and "learning_rate" in optimizer  # Composer, whose schedulers have these names, says lr
        and ("t_warmup" in scheduler or scheduler.get("name") in _NAMES)
    )


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule over updates."""
    scheduler = config.section("scheduler")
    scheduler.refuse_unknown(
        _SCHEDULER, own=lambda key: key.startswith(("t_", "warmup", "alpha", "decay"))
    )
    rate = config.section("optimizer").base_rate(run, "learning_rate")
    in_tokens = scheduler.choice("units", ("steps", "tokens"), "steps") == "tokens"
    per_step = _tokens_per_step(config) if in_tokens else 1
    steps, most = _duration(config, run, per_step if in_tokens else None)
    whole = _schedule(scheduler, rate, scheduler.integer("t_max", most))
    schedule = whole.skip(per_step)
    schedule = schedule.paced([per_step]) if per_step > 1 else schedule
    return of_length(schedule, min(steps, config.integer("stop_at", steps)))


def _tokens_per_step(config: Section) -> int:
    batch = config.integer("global_train_batch_size")
    tokens = int(batch * config.section("model").integer("max_sequence_length"))
    if tokens < 1:
        raise config.refusal("global_train_batch_size", "above 0, as model.max_sequence_length")
    return tokens


def _duration(config: Section, run: Run, per_step: int | None) -> tuple[int, int]:
    """Return the length of the run in updates, and in what the scheduler counts."""
    found = str(config.get("max_duration", "")).replace("_", "").strip()
    number = Section(config.where, {"max_duration": found.rstrip("Tep").strip()})
    if found.endswith("T"):
        tokens = int(number.number("max_duration"))
        each = per_step or _tokens_per_step(config)
        return tokens // each, tokens if per_step else tokens // each
    if found.endswith("ep"):
        if run.steps_per_epoch is None and run.steps is None:
            remedy = f"{option('steps_per_epoch')}, or the run's length: {option('steps')}"
            raise config.missing("steps_per_epoch", f", because max_duration is {found}: {remedy}")
        epochs = number.integer("max_duration")
        steps = run.steps if run.steps_per_epoch is None else epochs * run.steps_per_epoch
    else:
        steps = int(number.number("max_duration")) if found else config.steps(run, "max_duration")
    assert steps is not None
    return steps, steps * (per_step or 1)


def _schedule(scheduler: Section, rate: Any, most: int) -> Schedule:
    """Return the schedule over OLMo's own count."""
    name = scheduler.choice("name", _NAMES, "cosine_with_warmup")
    if name == "constant":
        return constant(rate)
    warmup, low = scheduler.integer("t_warmup", 100), rate * scheduler.number("alpha_f", 0.1)
    rise = linear(scheduler.number("warmup_min_lr", 0.1 * rate), rate, warmup)
    fall = max(most - warmup, 0)
    if name == "constant_with_warmup":
        return rise.then(constant(rate))
    if name == "cosine_with_warmup":
        return rise.then(cosine(rate, low, fall))
    if name == "linear_with_warmup":
        return rise.then(linear(rate, low, fall))
    if name == "cosine_linear_envelope":
        return rise.then(linear(1.0, 0.0, fall) * cosine(rate - low, 0.0, fall) + low)
    if warmup < 1:
        raise scheduler.refusal("t_warmup", f"above 0 with {name}")
    root = rise.then(inverse_power(rate, 0.5, warmup))
    if name == "inverse_sqrt_with_warmup":
        return root
    return rise.then(cosine(rate, low, fall)).maximum(root)
