"""The family of a sweep: a constructor, a preset, an expression or a function of the user.

A family builds a schedule from parameters. What a sweep must know of it is here: its name, its
parameters, and what identifies it.
"""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

from fastlr import presets
from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean
from fastlr.presets._rules import PRESETS
from fastlr.schedule import constructor_names
from fastlr.schedule.constructing import cores
from fastlr.schedule.parser import names_in, parse
from fastlr.schedule.rebuilding import CONSTRUCTORS
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.fingerprints import identity

__all__ = [
    "Family",
    "canonical_family",
    "core_dimensions",
    "family_function",
    "family_identity",
    "family_name",
    "family_parameters",
    "is_expression",
]

Family = str | Callable[..., Schedule]


def family_function(family: Family) -> Callable[..., Schedule]:
    """The function that builds schedules from parameters."""
    if callable(family) and not isinstance(family, Schedule):  # a schedule is a function of a step
        return family
    if not isinstance(family, str):
        raise TypeError(
            "sweep: family must be a constructor, a preset, its name or an expression, "
            f"got {short_repr(family)}"
        )
    if is_expression(family):
        return lambda **parameters: parse(family, **parameters)
    if family in constructor_names.__all__:
        return CONSTRUCTORS[family]
    framework = family.partition(".")[0]
    if family not in PRESETS and framework in presets.frameworks():
        importlib.import_module(f"fastlr.presets.{framework}")
    if family in PRESETS:
        build: Callable[..., Schedule] = PRESETS[family].build
        return build
    known = [*constructor_names.__all__, *PRESETS]
    raise ValueError(
        "sweep: family must be a constructor, a preset or an expression, got "
        f"{short_repr(family)}{did_you_mean(family, known)}"
    )


def is_expression(family: str) -> bool:
    """Whether a family is an expression, rather than a name."""
    return "(" in family


def canonical_family(family: Family) -> Family:
    """The name of a constructor or preset, by which a sweep can be described."""
    if isinstance(family, str) or not callable(family):
        family_function(family)
        return family
    name = getattr(family, "__name__", "")
    framework = (getattr(family, "__module__", None) or "").rpartition(".")[2]
    known = {
        **{name: CONSTRUCTORS[name] for name in constructor_names.__all__},
        **{name: PRESETS[name].build for name in PRESETS},
    }
    candidates = (name, f"{framework}.{name}")
    return next((each for each in candidates if known.get(each) is family), family)


def family_name(family: Family) -> str:
    """The text of a family, or the name of a function."""
    return family if isinstance(family, str) else getattr(family, "__name__", type(family).__name__)


def family_parameters(family: Family) -> dict[str, bool] | None:
    """Per parameter of a family, whether it is required; ``None`` if it takes any name."""
    if isinstance(family, str) and is_expression(family):
        return dict.fromkeys(sorted(names_in(family)), True)
    signature = inspect.signature(family_function(family)).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature.values()):
        return None
    return {name: parameter.default is parameter.empty for name, parameter in signature.items()}


def core_dimensions(family: Family) -> dict[str, int]:
    """Per parameter, the number of axes that one schedule takes, such as 1 for boundaries."""
    if not isinstance(family, str) or is_expression(family):
        return {}
    return cores(family_function(family))


def family_identity(family: Family, version: str | None) -> Any:
    """The text of a constructor, preset or expression; the version or the code of a function."""
    if isinstance(family, str):
        return ["text", family]
    if version is not None:
        return ["version", family_name(family), version]
    return identity(family)
