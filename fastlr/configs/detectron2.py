"""Read the ``SOLVER`` of a Detectron2 YAML: the schedule of ``build_lr_scheduler``, and DeepLab's
``WarmupPolyLR``.

A key that the file leaves out has Detectron2's default. ``_BASE_`` names another file, whose values
come first. maskrcnn-benchmark's files look the same, and have other defaults: a config that may be
either is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastlr.configs._files import with_bases
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.errors import did_you_mean
from fastlr.presets import detectron2
from fastlr.schedule.constructor_names import constant, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "concerns_rates", "matches", "origin", "read"]

_SCHEDULES = ("WarmupMultiStepLR", "WarmupCosineLR", "WarmupStepWithFixedGammaLR", "WarmupPolyLR")
_RATES = (
    "BASE_LR",
    "BASE_LR_END",
    "GAMMA",
    "LR_SCHEDULER_NAME",
    "MAX_ITER",
    "NUM_DECAYS",
    "POLY_LR_CONSTANT_ENDING",
    "POLY_LR_POWER",
    "RESCALE_INTERVAL",
    "STEPS",
    "WARMUP_FACTOR",
    "WARMUP_ITERS",
    "WARMUP_METHOD",
)
KEYS = ("SOLVER", "_BASE_")

# words in the names of keys that would change the schedule; other keys concern the optimizer
_ABOUT_RATES = re.compile(
    r"(^|_)(LRS?|WARM_?UP|STEPS?|ITERS?|ITERATIONS?|GAMMA|EPOCHS?|SCHED\w*|POLY|COSINE|DECAYS|POWER"
    r"|RESCALE)(_|$)"
)
_OTHERS = (
    "AMP",
    "BASE_MOMENTUM",
    "BIAS_LR_FACTOR",  # the rate of a group beside the schedule's
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
# keys that only one of the two has
_OF_DETECTRON2 = (
    "_BASE_",
    "VERSION",
    "MODEL.WEIGHTS",
    "MODEL.BACKBONE.NAME",
    "MODEL.PROPOSAL_GENERATOR",
    "MODEL.RESNETS.OUT_FEATURES",
    "MODEL.PIXEL_MEAN",
    "INPUT.MIN_SIZE_TRAIN_SAMPLING",
    "INPUT.FORMAT",
    "SOLVER.LR_SCHEDULER_NAME",
    "SOLVER.AMP",
    "SOLVER.BASE_LR_END",
    "SOLVER.CLIP_GRADIENTS",
    "SOLVER.NESTEROV",
    "SOLVER.NUM_DECAYS",
    "SOLVER.REFERENCE_WORLD_SIZE",
    "SOLVER.RESCALE_INTERVAL",
    "SOLVER.WEIGHT_DECAY_NORM",
    "TEST.DETECTIONS_PER_IMAGE",
    "TEST.EVAL_PERIOD",
)
_OF_MASKRCNN_BENCHMARK = (
    "MODEL.WEIGHT",
    "MODEL.BACKBONE.CONV_BODY",
    "MODEL.RESNETS.BACKBONE_OUT_CHANNELS",
    "MODEL.RPN_ONLY",
    "MODEL.RPN.USE_FPN",
    "MODEL.ROI_HEADS.USE_FPN",
    "MODEL.ROI_BOX_HEAD.FEATURE_EXTRACTOR",
    "INPUT.TO_BGR255",
    "DATALOADER.SIZE_DIVISIBILITY",
    "TEST.IMS_PER_BATCH",
    "PATHS_CATALOG",
)


def matches(config: Mapping[str, object]) -> bool:
    """Whether this may be a Detectron2 config."""
    # PaddleDetection lists its bases
    if not isinstance(config.get("_BASE_"), str) and "SOLVER" not in config:
        return False
    return origin(config) in ("detectron2", "either", "alike")


def origin(config: Mapping[str, object]) -> str:
    """Return "detectron2" or "maskrcnn_benchmark", "alike" if both give the same rates, or "either"
    if nothing tells them apart.
    """
    ours, theirs = (
        any(_has(config, key) for key in keys) for keys in (_OF_DETECTRON2, _OF_MASKRCNN_BENCHMARK)
    )
    if ours != theirs:
        return "detectron2" if ours else "maskrcnn_benchmark"
    solver = config.get("SOLVER")
    stated = isinstance(solver, Mapping) and all(
        solver.get(key) is not None for key in ("WARMUP_FACTOR", "WARMUP_ITERS", "STEPS")
    )
    if not stated or not isinstance(solver, Mapping):
        return "either" if isinstance(solver, Mapping) else "alike"
    marks, warmup = re.findall(r"\d+", str(solver["STEPS"])), str(solver["WARMUP_ITERS"])
    return "alike" if marks and warmup.isdigit() and int(marks[0]) >= int(warmup) else "either"


def _has(config: object, path: str) -> bool:
    """Whether a config has a key below others, "MODEL.WEIGHT"."""
    for key in path.split("."):
        if not isinstance(config, Mapping) or key not in config:
            return False
        config = config[key]
    return True


def concerns_rates(key: str) -> bool:
    """Whether a key of a solver sounds as if it changed the schedule, or is mistyped."""
    mistyped = bool(_ABOUT_RATES.search(key) or did_you_mean(key, _RATES))
    return mistyped and key not in _OTHERS


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of the solver."""
    config = Section(config.where, with_bases(config.path, config.values, "_BASE_"), config.path)
    solver = config.section("SOLVER")
    solver.refuse_unknown(_RATES, own=concerns_rates)
    base = run.lr if run.lr is not None else solver.number("BASE_LR", 0.001)
    name: Any = solver.choice("LR_SCHEDULER_NAME", _SCHEDULES, "WarmupMultiStepLR")
    method: Any = solver.choice("WARMUP_METHOD", ("linear", "constant"), "linear")
    steps = solver.integer("MAX_ITER", 40_000)
    if name == "WarmupPolyLR":
        return of_length(_poly(solver, base, steps, method), steps)
    numbers = ("BASE_LR_END", "GAMMA", "WARMUP_FACTOR")
    counts = ("NUM_DECAYS", "WARMUP_ITERS")
    own: dict[str, Any] = {key: solver.number(key) for key in numbers if key in solver}
    own |= {key: solver.integer(key) for key in counts if key in solver}
    if "STEPS" in solver:
        own["STEPS"] = solver.integers("STEPS")
    rescaled = solver.flag("RESCALE_INTERVAL", False)
    found = detectron2.build_lr_scheduler(
        base, name, steps, WARMUP_METHOD=method, RESCALE_INTERVAL=rescaled, **own
    )
    return of_length(found, steps)


def _poly(solver: Section, base: float, steps: int, method: str) -> Schedule:
    """Return DeepLab's ``WarmupPolyLR``: a power of the share of the run that is left, no less than
    a share of the base rate once the warmup is over.
    """
    floor, power = (
        solver.number("POLY_LR_CONSTANT_ENDING", 0.0),
        solver.number("POLY_LR_POWER", 0.9),
    )
    factor, warmup = solver.number("WARMUP_FACTOR", 0.001), solver.integer("WARMUP_ITERS", 1000)
    fall = polynomial(base, 0.0, steps, power=power)
    rise = linear(factor, 1.0, warmup) if method == "linear" else constant(factor)
    floored = fall.maximum(constant(base * floor)) if floor else fall
    return join([fall * rise, floored.skip(warmup)], [warmup]) if warmup else floored
