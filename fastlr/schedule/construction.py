"""Build a schedule again from its call, or the part of it that an index takes."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.schedule.calls import Call, each_once

__all__ = [
    "CONSTRUCTORS",
    "RULES",
    "Place",
    "Rule",
    "build",
    "core_axes",
    "cores_of",
    "register",
    "register_rules",
    "take",
]

Rule = Callable[[str, object], object]
Place = int | npt.NDArray[np.int64]

# every constructor and method that a spec may name
CONSTRUCTORS: dict[str, Callable[..., Any]] = {}
RULES: dict[str, Mapping[str, Rule]] = {}  # of each parameter, by constructor


def register(name: str, build: Callable[..., Any]) -> None:
    """Make a constructor or method known by the name that specs use."""
    CONSTRUCTORS[name] = build


def register_rules(name: str, rules: Mapping[str, Rule]) -> Mapping[str, Rule]:
    """Keep the rules that were read from a constructor's annotations."""
    RULES[name] = rules
    return rules


def core_axes(rule: object) -> int:
    """How many axes of a parameter's value belong to one schedule."""
    return getattr(rule, "core", 0)


def cores_of(name: str) -> dict[str, int]:
    """Of each parameter of a constructor that has built something, the same as ``cores``."""
    return {key: core_axes(rule) for key, rule in RULES[name].items()}


def build(call: Call) -> Any:
    """What a call builds; its arguments are checked again."""

    def built(visit: Callable[[Call], Any], one: Call) -> Any:
        def value(argument: object) -> object:
            if isinstance(argument, tuple):
                return tuple(map(visit, argument))
            return visit(argument) if isinstance(argument, Call) else argument

        return CONSTRUCTORS[one.name](
            **{name: value(argument) for name, argument in one.arguments.items()}
        )

    return each_once(built)(call)


def take(call: Call, index: Place, shape: tuple[int, ...]) -> Call:
    """The call of the schedule at ``index`` of the first axis of a batch of this shape, or of
    those at several.
    """
    axes, axes_of = len(shape), each_once(_axes)

    def taken(visit: Callable[[Call], Call], one: Call) -> Call:
        parts = one.arguments.get("schedules")
        if one.name == "stack" and isinstance(parts, tuple):
            if (own := axes_of(one)) == axes:
                return _take_stacked(one, parts, index)
            # one name is not that of several
            return one if len(parts) == shape[-own] else Call(one.name, {"schedules": parts})
        rules = RULES[one.name]

        def value(name: str, argument: object) -> object:
            if isinstance(argument, Call):
                return visit(argument)
            if isinstance(argument, tuple):
                return tuple(map(visit, argument))
            if isinstance(argument, np.ndarray) and argument.ndim - core_axes(rules[name]) >= axes:
                return argument[index if argument.shape[0] > 1 else index * 0]
            return argument

        return Call(
            one.name, {name: value(name, argument) for name, argument in one.arguments.items()}
        )

    found: Call = each_once(taken)(call)
    return found


def _axes(visit: Callable[[Call], int], call: Call) -> int:
    """How many batch axes there are to what a call builds."""
    parts = call.arguments.get("schedules")
    if call.name == "stack" and isinstance(parts, tuple):
        return 1 + visit(parts[0])  # all are alike
    rules = RULES[call.name]

    def axes(name: str, value: object) -> int:
        if isinstance(value, np.ndarray):
            return value.ndim - core_axes(rules[name])
        if isinstance(value, tuple):
            return max(map(visit, value))
        return visit(value) if isinstance(value, Call) else 0

    return max((axes(name, value) for name, value in call.arguments.items()), default=0)


def _take_stacked(call: Call, parts: tuple[Call, ...], index: Place) -> Call:
    index = index if len(parts) > 1 else index * 0
    if not isinstance(index, np.ndarray):
        return parts[index]
    names = call.arguments.get("names")
    picked = {"names": names[index]} if isinstance(names, np.ndarray) else {}
    return Call(call.name, {"schedules": tuple(parts[i] for i in index), **picked})
