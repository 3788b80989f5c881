"""Read a verl YAML: the optimizer of the actor, ``actor_rollout_ref.actor.optim``.

Step t is training step t, after which verl steps the scheduler. Pass the mapping of a critic's
``optim`` with ``framework="verl"`` for its schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr.configs._interpolation import resolved
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.presets import megatron, transformers
from fastlr.presets._building_blocks import fraction, phases, wave
from fastlr.schedule.constructor_names import constant, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("actor_rollout_ref", "critic", "trainer")
_OF_MEGATRON = (
    "lr_decay_style",
    "lr_decay_steps",
    "lr_warmup_init",
    "min_lr",
    "lr_wsd_decay_steps",
)
_STYLES = ("constant", "linear", "cosine", "inverse_square_root")


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a verl config."""
    return isinstance(config.get("actor_rollout_ref"), Mapping)


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule over training steps."""
    optim = _optim(config)
    rate = optim.base_rate(run, "lr")
    if _uses_megatron(config, optim):
        return _megatron(config, optim, run, rate)
    style = _style(optim)
    warmup, total = _warmup(config, optim, run, style == "cosine")
    if style == "constant" and not warmup:
        schedule = constant(rate)
    elif style == "constant":
        schedule = transformers.get_constant_schedule_with_warmup(rate, warmup)
    else:
        assert total is not None
        schedule = _cosine(optim, rate, warmup, total)
    return schedule if total is None else of_length(schedule, total)


def _optim(config: Section) -> Section:
    found = config
    if "actor_rollout_ref" in config:
        found = config.section("actor_rollout_ref").section("actor").section("optim")
    plain = {key: resolved(value, config.values) for key, value in found.values.items()}
    return Section(found.where, plain)


def _uses_megatron(config: Section, optim: Section) -> bool:
    actor = config.section("actor_rollout_ref").section("actor")
    strategy = actor.get("strategy", None)
    if strategy not in (None, "fsdp", "fsdp2", "megatron"):
        raise actor.refusal("strategy", "'fsdp', 'fsdp2' or 'megatron': fastlr reads no other's")
    return strategy == "megatron" or (
        strategy is None and any(key in optim for key in _OF_MEGATRON)
    )


def _style(optim: Section) -> str:
    """Return the scheduler's name, which was called warmup_style."""
    key = "lr_scheduler_type" if "lr_scheduler_type" in optim else "warmup_style"
    return optim.choice(key, ("constant", "cosine"), "constant")


def _warmup(config: Section, optim: Section, run: Run, needed: bool) -> tuple[int, int | None]:
    """Return the steps of the warmup and of the run."""
    steps: int = optim.integer("lr_warmup_steps", -1)
    share = optim.number("lr_warmup_steps_ratio", 0.0)
    total = _total(config, optim, run, needed or (steps < 0 and share > 0))
    return (steps if steps >= 0 else int(share * (total or 0))), total


def _total(config: Section, optim: Section, run: Run, needed: bool) -> int | None:
    for place in (optim, config.section("trainer")):
        steps: int = place.integer("total_training_steps", -1)
        if steps > 0:
            return steps
    epochs: int = config.section("trainer").integer("total_epochs", -1)
    if run.steps is None and run.steps_per_epoch is not None and epochs > 0:
        return epochs * run.steps_per_epoch
    if run.steps is None and needed:
        remedy = f"{option('steps')}, or the steps per epoch: {option('steps_per_epoch')}"
        raise optim.missing("total_training_steps", f", or the run's length: {remedy}")
    return run.steps


def _cosine(optim: Section, rate: Any, warmup: int, total: int) -> Schedule:
    """Return verl's cosine, whose lowest factor is ``min_lr_ratio``."""
    low = rate * optim.number("min_lr_ratio", 0.0)
    cycles = fraction(float(optim.number("num_cycles", 0.5)))
    fall = wave(rate, low, max(1, total - warmup) / (2 * cycles)) if cycles else constant(rate)
    first = rate * optim.number("init_lr_ratio", 0.0)
    schedule = phases((0, linear(first, rate, warmup), 0), (warmup, fall, warmup))
    return schedule if optim.flag("zero_indexed_step", True) else schedule.skip(1)


def _megatron(config: Section, optim: Section, run: Run, rate: Any) -> Schedule:
    """Return the schedule of verl's Megatron workers."""
    steps: int = optim.integer("lr_warmup_steps", -1)
    total = _total(config, optim, run, needed="lr_decay_steps" not in optim)
    decay = optim.integer("lr_decay_steps", total)
    share = optim.number("lr_warmup_steps_ratio", None)
    if share is not None and steps <= 0:
        steps = int(share * decay)
    style = optim.choice("lr_decay_style", _STYLES, "constant").replace("_", "-")
    schedule = megatron.OptimizerParamScheduler(
        optim.number("lr_warmup_init", 0.0),
        rate,
        optim.number("min_lr", 0.0),
        max(steps, 0),
        decay,
        style,  # type: ignore[arg-type]
    )
    return schedule if total is None else of_length(schedule, total)
