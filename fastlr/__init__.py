"""Learning-rate schedules as immutable values: exact, and bit-identical however you evaluate them.

>>> import fastlr as flr
>>> s = flr.warmup_cosine(peak=6e-4, warmup=2_000, steps=600_000, end=6e-5)
>>> s(1_500)
0.00045
"""

import importlib
from typing import TYPE_CHECKING, Any

from fastlr.kernels.selection import backend, backends, set_backend, use_backend
from fastlr.program.program import Program
from fastlr.program.version import VERSION
from fastlr.schedule.constructor_names import (
    affine_exponential,
    constant,
    cosine,
    cosine_restarts,
    cyclic,
    eden,
    exponential,
    exponential_decay,
    inverse_power,
    inverse_sqrt,
    inverse_time,
    join,
    linear,
    logarithmic,
    milestones,
    noam,
    one_cycle,
    piecewise_constant,
    piecewise_linear,
    polynomial,
    rex,
    sampled,
    stack,
    step_decay,
    tanh,
    warmup_constant,
    warmup_cosine,
    warmup_linear,
    wsd,
)
from fastlr.schedule.parser import parse
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.spec import from_spec

if TYPE_CHECKING:
    from fastlr import adapters as adapters
    from fastlr import jit as jit
    from fastlr import loss_laws as loss_laws
    from fastlr import presets as presets
    from fastlr.analysis import peak_laws as peak_laws
    from fastlr.analysis.advice import Advice, advise
    from fastlr.analysis.checkpoint_merging import merge_weights
    from fastlr.analysis.comparison import Comparison, compare
    from fastlr.analysis.identification import Identified, identify
    from fastlr.analysis.log_comparison import LogComparison, compare_log
    from fastlr.analysis.peak_transfer import transfer
    from fastlr.analysis.plan_checks import check, diff
    from fastlr.analysis.resume_plans import checkpoint, resume, verify_resume
    from fastlr.configs import from_config
    from fastlr.drawing.plots import plot
    from fastlr.explanation import Explanation, explain
    from fastlr.explorer.explorer import Explorer, explore
    from fastlr.kernels.c_sources import get_include
    from fastlr.plateau.adaptive import GreedyLR, KLAdaptive, NewBob
    from fastlr.plateau.rule import Plateau
    from fastlr.plateau.state import PlateauState
    from fastlr.published_runs import Recipe, recipe, recipes
    from fastlr.schedule.batch_size_plans import batches
    from fastlr.schedule.bundles import Bundle, bundle, cyclic_bundle, one_cycle_bundle
    from fastlr.schedule.groups import layer_decay, mup, scatter, spread
    from fastlr.schedule.seesaw_plans import Seesaw, seesaw
    from fastlr.schedule.units import Horizon, Ramp, horizon, ramp, step_at
    from fastlr.sweeps import stores as stores
    from fastlr.sweeps.axes import zipped
    from fastlr.sweeps.ranking import Ranked, rank
    from fastlr.sweeps.sampling import (
        Choice,
        Integers,
        LogUniform,
        Uniform,
        latin_hypercube,
        random,
        sobol,
    )
    from fastlr.sweeps.sweep import Sweep, sweep

__version__ = VERSION

__all__ = [
    "Advice",
    "Bundle",
    "Choice",
    "Comparison",
    "Explanation",
    "Explorer",
    "GreedyLR",
    "Horizon",
    "Identified",
    "Integers",
    "KLAdaptive",
    "LogComparison",
    "LogUniform",
    "NewBob",
    "Plateau",
    "PlateauState",
    "Program",
    "Ramp",
    "Ranked",
    "Recipe",
    "Schedule",
    "Seesaw",
    "Sweep",
    "Uniform",
    "advise",
    "affine_exponential",
    "backend",
    "backends",
    "batches",
    "bundle",
    "check",
    "checkpoint",
    "compare",
    "compare_log",
    "constant",
    "cosine",
    "cosine_restarts",
    "cyclic",
    "cyclic_bundle",
    "diff",
    "eden",
    "explain",
    "explore",
    "exponential",
    "exponential_decay",
    "from_config",
    "from_spec",
    "get_include",
    "horizon",
    "identify",
    "inverse_power",
    "inverse_sqrt",
    "inverse_time",
    "join",
    "latin_hypercube",
    "layer_decay",
    "linear",
    "logarithmic",
    "merge_weights",
    "milestones",
    "mup",
    "noam",
    "one_cycle",
    "one_cycle_bundle",
    "parse",
    "piecewise_constant",
    "piecewise_linear",
    "plot",
    "polynomial",
    "ramp",
    "random",
    "rank",
    "recipe",
    "recipes",
    "resume",
    "rex",
    "sampled",
    "scatter",
    "seesaw",
    "set_backend",
    "sobol",
    "spread",
    "stack",
    "step_at",
    "step_decay",
    "sweep",
    "tanh",
    "transfer",
    "use_backend",
    "verify_resume",
    "warmup_constant",
    "warmup_cosine",
    "warmup_linear",
    "wsd",
    "zipped",
]


_LATER = {
    "kernels.c_sources": ("get_include",),
    "published_runs": ("Recipe", "recipe", "recipes"),
    "sweeps.axes": ("zipped",),
    "schedule.bundles": ("Bundle", "bundle", "cyclic_bundle", "one_cycle_bundle"),
    "schedule.units": ("Horizon", "Ramp", "horizon", "ramp", "step_at"),
    "analysis.comparison": ("Comparison", "compare"),
    "configs": ("from_config",),
    "drawing.plots": ("plot",),
    "sweeps.sampling": (
        "Choice",
        "Integers",
        "LogUniform",
        "Uniform",
        "latin_hypercube",
        "random",
        "sobol",
    ),
    "schedule.batch_size_plans": ("batches",),
    "schedule.seesaw_plans": ("Seesaw", "seesaw"),
    "schedule.groups": ("layer_decay", "mup", "scatter", "spread"),
    "analysis.identification": ("Identified", "identify"),
    "analysis.log_comparison": ("LogComparison", "compare_log"),
    "explanation": ("Explanation", "explain"),
    "analysis.advice": ("Advice", "advise"),
    "analysis.checkpoint_merging": ("merge_weights",),
    "analysis.peak_transfer": ("transfer",),
    "explorer.explorer": ("Explorer", "explore"),
    "analysis.plan_checks": ("check", "diff"),
    "analysis.resume_plans": ("checkpoint", "resume", "verify_resume"),
    "plateau.adaptive": ("GreedyLR", "KLAdaptive", "NewBob"),
    "plateau.rule": ("Plateau",),
    "plateau.state": ("PlateauState",),
    "sweeps.ranking": ("Ranked", "rank"),
    "sweeps.sweep": ("Sweep", "sweep"),
}  # imported on first use of one of their names, so that `import fastlr` stays fast
_LAZY = {name: module for module, names in _LATER.items() for name in names}
_MODULES = {
    "adapters": "fastlr.adapters",
    "jit": "fastlr.jit",  # imports Numba
    "loss_laws": "fastlr.loss_laws",
    "peak_laws": "fastlr.analysis.peak_laws",
    "presets": "fastlr.presets",
    "stores": "fastlr.sweeps.stores",
}


if not TYPE_CHECKING:  # a type checker then reports a name that does not exist

    def __getattr__(name: str) -> Any:
        if name in _LAZY:
            globals()[name] = getattr(importlib.import_module(f"fastlr.{_LAZY[name]}"), name)
            return globals()[name]
        if name in _MODULES:
            return importlib.import_module(_MODULES[name])
        raise AttributeError(f"module 'fastlr' has no attribute {name!r}")


def __dir__() -> list[str]:
    # help() and pydoc get every name that is listed, and fail with the first that fails
    from fastlr.arguments.installed_packages import all_installed

    failing = set() if all_installed("numba", "llvmlite") else {"jit"}
    return sorted({*__all__, *_MODULES} - failing)
