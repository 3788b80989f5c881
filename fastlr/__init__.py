"""Learning-rate schedules as values: exact, the same bits however they are asked, at memory speed.

>>> import fastlr as flr
>>> s = flr.warmup_cosine(peak=6e-4, warmup=2_000, steps=600_000, end=6e-5)
>>> s(1_500)
0.00045
"""

import importlib
from typing import TYPE_CHECKING, Any

from fastlr.backends import backend, backends, set_backend, use_backend
from fastlr.constructors import (
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
)  # fmt: skip
from fastlr.program import Program
from fastlr.recipes import Recipe, recipe, recipes
from fastlr.schedule import Schedule
from fastlr.sources import get_include
from fastlr.spec import from_spec, parse

if TYPE_CHECKING:
    from fastlr.axes import zipped
    from fastlr.bundles import Bundle, bundle, cyclic_bundle, one_cycle_bundle
    from fastlr.clocks import Horizon, Ramp, horizon, ramp, step_at
    from fastlr.comparison import Comparison, compare
    from fastlr.configs import from_config
    from fastlr.draws import Choice, Integers, LogUniform, Uniform, latin_hypercube, random, sobol
    from fastlr.groups import layer_decay, mup, scatter, spread
    from fastlr.identification import Identified, identify
    from fastlr.plans import check, checkpoint, diff, resume, verify_resume
    from fastlr.plateau import Plateau, PlateauState
    from fastlr.ranking import Ranked, rank
    from fastlr.sweeps import Sweep, sweep

__version__ = "0.1.0"

__all__ = [
    "Bundle", "Choice", "Comparison", "Horizon", "Identified", "Integers", "LogUniform", "Plateau", "PlateauState", "Program",
    "Ramp", "Ranked", "Recipe", "Schedule", "Sweep", "Uniform", "affine_exponential", "backend", "backends", "bundle", "check",
    "checkpoint", "compare", "constant", "cosine", "cosine_restarts", "cyclic", "cyclic_bundle", "diff", "eden", "exponential",
    "exponential_decay", "from_config", "from_spec", "get_include", "horizon", "identify", "inverse_power", "inverse_sqrt",
    "inverse_time", "join", "latin_hypercube", "layer_decay", "linear", "logarithmic", "milestones", "mup", "noam", "one_cycle",
    "one_cycle_bundle", "parse", "piecewise_constant", "polynomial", "ramp", "random", "rank", "recipe", "recipes", "resume",
    "rex", "sampled", "scatter", "set_backend", "sobol", "spread", "stack", "step_at", "step_decay", "sweep", "tanh",
    "use_backend", "verify_resume", "warmup_constant", "warmup_cosine", "warmup_linear", "wsd", "zipped",
]  # fmt: skip


_LATER = {
    "axes": ("zipped",),
    "bundles": ("Bundle", "bundle", "cyclic_bundle", "one_cycle_bundle"),
    "clocks": ("Horizon", "Ramp", "horizon", "ramp", "step_at"),
    "comparison": ("Comparison", "compare"),
    "configs": ("from_config",),
    "draws": ("Choice", "Integers", "LogUniform", "Uniform", "latin_hypercube", "random", "sobol"),
    "groups": ("layer_decay", "mup", "scatter", "spread"),
    "identification": ("Identified", "identify"),
    "plans": ("check", "checkpoint", "diff", "resume", "verify_resume"),
    "plateau": ("Plateau", "PlateauState"),
    "ranking": ("Ranked", "rank"),
    "sweeps": ("Sweep", "sweep"),
    "adapters": (),
    "jit": (),
    "laws": (),
    "presets": (),
    "stores": (),
}  # rooms that are imported when they, or what they offer, are first named: not every program needs them, and one brings Numba
_ROOM = {name: room for room, names in _LATER.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _ROOM:
        globals()[name] = getattr(importlib.import_module(f"fastlr.{_ROOM[name]}"), name)
        return globals()[name]
    if name in _LATER:
        return importlib.import_module(f"fastlr.{name}")
    raise AttributeError(f"module 'fastlr' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_LATER})
