"""Read the ``SOLVER`` of a maskrcnn-benchmark YAML: the schedule of its ``make_lr_scheduler``.

A key that the file leaves out has maskrcnn-benchmark's default. Its files look like Detectron2's,
but their defaults give other rates: the warmup begins at a third and takes 500 iterations. The
rates are those of iteration 0 on; a group of biases has ``BIAS_LR_FACTOR`` times as much.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr.configs import detectron2
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.presets import detectron2 as presets
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

_RATES = (
    "BASE_LR",
    "GAMMA",
    "MAX_ITER",
    "STEPS",
    "WARMUP_FACTOR",
    "WARMUP_ITERS",
    "WARMUP_METHOD",
)
KEYS = ("SOLVER",)


def matches(config: Mapping[str, object]) -> bool:
    """Whether this may be a maskrcnn-benchmark config."""
    return "SOLVER" in config and detectron2.origin(config) in ("maskrcnn_benchmark", "either")


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of the solver."""
    solver = config.section("SOLVER")
    solver.refuse_unknown(_RATES, own=detectron2.concerns_rates)
    method: Any = solver.choice("WARMUP_METHOD", ("linear", "constant"), "linear")
    found = presets.WarmupMultiStepLR(
        run.lr if run.lr is not None else solver.number("BASE_LR", 0.001),
        solver.integers("STEPS") if "STEPS" in solver else [30_000],
        solver.number("GAMMA", 0.1),
        solver.number("WARMUP_FACTOR", 1.0 / 3),
        solver.integer("WARMUP_ITERS", 500),
        method,
    )
    return of_length(found, solver.integer("MAX_ITER", 40_000))
