"""Read the ``SOLVER`` of a Detectron2 YAML: the schedule of ``build_lr_scheduler``.

A key that the file leaves out has Detectron2's default. ``_BASE_`` names another file, whose values
Detectron2 would read first. It is refused, because fastlr reads one file only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr.configs._section import Run, Section
from fastlr.presets import detectron2
from fastlr.schedule.schedule import Schedule

__all__ = ["matches", "read"]

_SCHEDULES = ("WarmupMultiStepLR", "WarmupCosineLR", "WarmupStepWithFixedGammaLR")
_KEYS = (
    "BASE_LR",
    "BASE_LR_END",
    "GAMMA",
    "LR_SCHEDULER_NAME",
    "MAX_ITER",
    "NUM_DECAYS",
    "RESCALE_INTERVAL",
    "STEPS",
    "WARMUP_FACTOR",
    "WARMUP_ITERS",
    "WARMUP_METHOD",
)
# keys of a solver that do not concern the schedule
_OTHERS = (
    "AMP",
    "BASE_MOMENTUM",
    "BIAS_LR_FACTOR",
    "CHECKPOINT_PERIOD",
    "CLIP_GRADIENTS",
    "IMS_PER_BATCH",
    "MOMENTUM",
    "NESTEROV",
    "OPTIMIZER",
    "REFERENCE_WORLD_SIZE",
    "WEIGHT_DECAY",
    "WEIGHT_DECAY_BIAS",
    "WEIGHT_DECAY_NORM",
)


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a Detectron2 config."""
    return "SOLVER" in config


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of the solver."""
    if "_BASE_" in config:
        raise config.refusal(
            "_BASE_", "absent: insert the values of that file, or dump the whole config"
        )
    solver = config.section("SOLVER")
    solver.refuse_unknown((*_KEYS, *_OTHERS))
    base = run.lr if run.lr is not None else solver.number("BASE_LR", 0.001)
    numbers = ("BASE_LR_END", "GAMMA", "WARMUP_FACTOR")
    counts = ("MAX_ITER", "NUM_DECAYS", "WARMUP_ITERS")
    own: dict[str, Any] = {key: solver.number(key) for key in numbers if key in solver}
    own |= {key: solver.integer(key) for key in counts if key in solver}
    if "STEPS" in solver:
        own["STEPS"] = solver.integers("STEPS")
    name: Any = solver.choice("LR_SCHEDULER_NAME", _SCHEDULES, "WarmupMultiStepLR")
    method: Any = solver.choice("WARMUP_METHOD", ("linear", "constant"), "linear")
    rescaled = solver.flag("RESCALE_INTERVAL", False)
    return detectron2.build_lr_scheduler(
        base, name, WARMUP_METHOD=method, RESCALE_INTERVAL=rescaled, **own
    )
