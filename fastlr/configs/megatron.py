"""Read the scheduler's arguments of a Megatron-LM command: ``--lr``, ``--lr-decay-style``,
``--train-iters`` and others.

Lengths are in iterations or in samples, of which a step takes ``--global-batch-size``. A batch size
that grows is not supported. A script is read for its arguments only: its variables have no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr.configs._section import Run, Section
from fastlr.presets import megatron
from fastlr.schedule.schedule import Schedule

__all__ = ["matches", "read"]

_STYLES = ("constant", "linear", "cosine", "inverse-square-root", "WSD")
_ANNEALS = ("exponential", "linear", "cosine", "minus_sqrt")
_KEYS = (
    "lr",
    "lr-decay-iters",
    "lr-decay-samples",
    "lr-decay-style",
    "lr-warmup-fraction",
    "lr-warmup-init",
    "lr-warmup-iters",
    "lr-warmup-samples",
    "lr-wsd-decay-iters",
    "lr-wsd-decay-samples",
    "lr-wsd-decay-style",
    "min-lr",
)


def matches(config: Mapping[str, object]) -> bool:
    """Whether these are Megatron's arguments."""
    return "lr" in config and any(
        key in config for key in ("lr-decay-style", "train-iters", "train-samples", "min-lr")
    )


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of a run with these arguments, in their unit."""
    config.refuse_unknown(_KEYS, own=lambda key: key.startswith(("lr-", "min-lr")))
    if "rampup-batch-size" in config:
        raise config.refusal(
            "rampup-batch-size",
            "absent: build the schedule in samples, then flr.ramp(...).per_step(it)",
        )
    unit, batch = _unit(config)
    total = config.integer(f"train-{unit}", None) or config.steps(run, f"train-{unit}")
    decay = config.integer(f"lr-decay-{unit}", total)
    style: Any = config.choice("lr-decay-style", _STYLES, "linear")
    anneal: Any = (
        config.choice("lr-wsd-decay-style", _ANNEALS, "exponential") if style == "WSD" else None
    )
    return megatron.OptimizerParamScheduler(
        config.number("lr-warmup-init", 0.0),
        config.number("lr", run.lr) if run.lr is not None else config.number("lr"),
        config.number("min-lr", 0.0),
        _warmup(config, unit, decay),
        decay,
        style,
        wsd_decay_steps=config.integer(f"lr-wsd-decay-{unit}") if style == "WSD" else None,
        lr_wsd_decay_style=anneal,
        global_batch_size=batch,
    )


def _unit(config: Section) -> tuple[str, int]:
    """Return the unit of the lengths, and how many of it a step takes."""
    in_samples = [
        key
        for key in config.values
        if key.endswith("-samples") and key.startswith(("lr-", "train-"))
    ]
    if not in_samples:
        return "iters", 1
    if mixed := [
        key for key in config.values if key.endswith("-iters") and key.startswith(("lr-", "train-"))
    ]:
        raise config.refusal(mixed[0], f"absent, because {in_samples[0]} counts in samples")
    return "samples", config.integer("global-batch-size")


def _warmup(config: Section, unit: str, decay: int) -> int:
    """Return the length of the warmup in the unit."""
    if "lr-warmup-fraction" in config and f"lr-warmup-{unit}" in config:
        raise config.refusal(f"lr-warmup-{unit}", "absent if lr-warmup-fraction is given")
    if "lr-warmup-fraction" in config:
        return int(config.number("lr-warmup-fraction") * decay)
    return int(config.integer(f"lr-warmup-{unit}", 0))
