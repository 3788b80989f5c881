"""Build a schedule again from its call, or the part of it that an index takes."""

import copyreg
import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean
from fastlr.schedule.alike_calls import Form, calls_of_form, form_of_call
from fastlr.schedule.bulk_building import (
    FormOf,
    Known,
    LaneCall,
    LikeCalls,
    PackedCalls,
    built_calls,
    calls_of_batch,
    packed,
)
from fastlr.schedule.garbage_collection import paused_collection
from fastlr.schedule.recorded_calls import MANY, Call, each_once

__all__ = [
    "CONSTRUCTORS",
    "MANY",
    "RULES",
    "Place",
    "Rule",
    "build",
    "constructor_named",
    "core_axes",
    "preset_named",
    "cores_of",
    "lanes_together",
    "like_calls",
    "register",
    "register_rules",
    "take",
    "take_flat",
    "value_of",
]

Rule = Callable[[str, object], object]
Place = int | npt.NDArray[np.int64]

# the constructors and methods that a spec may name
CONSTRUCTORS: dict[str, Callable[..., Any]] = {}
RULES: dict[str, Mapping[str, Rule]] = {}  # the rule of each parameter, by constructor


def register(name: str, build: Callable[..., Any]) -> None:
    """Add a constructor or method under the name that specs use."""
    CONSTRUCTORS[name] = build


def constructor_named(
    where: str, name: object, functions: Mapping[str, Callable[..., Any]]
) -> Callable[..., Any]:
    """The constructor, method or preset of this name, or an error that begins with ``where``."""
    if isinstance(name, str) and name in functions:
        return functions[name]
    if isinstance(name, str) and "." in name:
        return preset_named(where, name)
    raise ValueError(
        f"{where}: {short_repr(name)} is not a constructor or method of a "
        f"schedule{did_you_mean(name, functions)}"
    )


def preset_named(where: str, name: str) -> Callable[..., Any]:
    """The preset ``framework.Name``, or an error that begins with ``where``.

    Presets are a higher layer, and many modules. They are imported by name, once a call names one.
    """
    found: Callable[..., Any] = importlib.import_module("fastlr.presets").preset_named(where, name)
    return found


def register_rules(name: str, rules: Mapping[str, Rule]) -> None:
    """Keep the rules that were read from a constructor's annotations."""
    RULES[name] = rules


def core_axes(rule: object) -> int:
    """The number of axes of a parameter's value that belong to one schedule, not to the batch."""
    return getattr(rule, "core", 0)


def cores_of(name: str) -> dict[str, int]:
    """The core axes of each parameter, for a constructor that has been called before."""
    return {key: core_axes(rule) for key, rule in RULES[name].items()}


def like_calls(form_of: FormOf = form_of_call) -> LikeCalls:
    """A builder of many calls at once."""
    return LikeCalls(Known(CONSTRUCTORS, cores_of), form_of)


def lanes_together(batch: Any) -> list[Any]:
    """The schedules along the only axis of a batch, built at once where that is possible."""
    try:
        calls = calls_of_batch(batch, batch.shape[0], Known(CONSTRUCTORS, cores_of))
    except ValueError:
        return list(batch)
    return list(map(value_of, calls))


def build(call: Call) -> Any:
    """Build the schedule of a call. Its arguments are checked, unless it was built before."""
    alike = like_calls()

    def built(visit: Callable[[Call], Any], one: Call) -> Any:
        one = alike.built.get(id(one), one)
        if one.built is not None:
            return value_of(one)

        def value(argument: object) -> object:
            if isinstance(argument, tuple):
                if len(argument) > MANY:
                    alike.add(call for call in argument if call.built is None)
                    return tuple([value_of(one) if one.built else visit(one) for one in argument])
                return tuple(map(visit, argument))
            return visit(argument) if isinstance(argument, Call) else argument

        return constructor_named("from_spec", one.name, CONSTRUCTORS)(
            **{name: value(argument) for name, argument in one.arguments.items()}
        )

    with paused_collection():
        return each_once(built)(call)


def _reduced(call: Call) -> tuple[Callable[..., Call], tuple[Any, ...]]:
    """How a call is pickled: single numbers as Python's own, and many parts by groups.

    A number is pickled ten times as fast as an array of one.
    """
    plain: dict[str, Any] = dict(call.arguments)
    numbers, many = list[str](), list[str]()
    for name, value in call.arguments.items():
        if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.char in "dlq":
            numbers.append(name)
            plain[name] = value.item()
        elif isinstance(value, tuple) and len(value) > MANY:
            many.append(name)
            with paused_collection():
                plain[name] = packed(value)
    return _unpickled, (call.name, plain, numbers, many)


for _kind in (Call, LaneCall):
    copyreg.pickle(_kind, _reduced)  # here, as calls know nothing of how their parts are built


def _unpickled(name: str, arguments: dict[str, Any], numbers: list[str], many: list[str]) -> Call:
    """A call from its pickle."""
    for key in numbers:
        array = np.array(arguments[key])
        array.flags.writeable = False
        arguments[key] = array
    for key in many:
        with paused_collection():
            arguments[key] = _unpacked(arguments[key])
    return Call(name, arguments)


def _unpacked(calls: PackedCalls) -> tuple[Call, ...]:
    """The calls that were packed, with what they build where that is built at once."""
    found = dict(calls.others)
    for form, places, columns in calls.groups:
        found.update(zip(places.tolist(), _calls_of_form(form, columns, places.size), strict=True))
    return tuple([found[i] for i in range(calls.size)])


def _calls_of_form(form: Form, columns: list[Any], count: int) -> list[Call]:
    """The calls of one form from the columns of their numbers, built where all are right."""
    try:
        return built_calls(form, columns, count, Known(CONSTRUCTORS, cores_of))
    except (ValueError, TypeError, KeyError):
        return calls_of_form(form, columns, count)  # the caller meets the errors of each alone


def value_of(call: Call) -> Any:
    """Return the value that a call built before."""
    assert call.built is not None
    kind, node, past_end = call.built
    return kind(node, call, past_end)


def take(call: Call, index: Place, shape: tuple[int, ...]) -> Call:
    """The call that builds the schedule, or schedules, at ``index`` along the first batch axis."""
    axes, axes_of = len(shape), each_once(_axes)

    def taken(visit: Callable[[Call], Call], one: Call) -> Call:
        parts = one.arguments.get("schedules")
        if one.name == "stack" and isinstance(parts, tuple):
            if (own := axes_of(one)) == axes:
                return _take_stacked(one, parts, index)
            # the name of a single part does not fit the several lanes that it broadcasts to
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


def take_flat(call: Call, places: npt.NDArray[np.int64], shape: tuple[int, ...]) -> Call | None:
    """The call that builds the schedules at these places, in C order, of all batch axes.

    It is ``None`` if a stack is in it, whose parts are calls of their own.
    """
    at = np.unravel_index(places, shape)

    def taken(visit: Callable[[Call], Call | None], one: Call) -> Call | None:
        if one.name == "stack":
            return None
        rules, found = RULES[one.name], dict[str, object]()
        for name, value in one.arguments.items():
            parts = [
                visit(part)
                for part in (value if isinstance(value, tuple) else (value,))
                if isinstance(part, Call)
            ]
            if None in parts:
                return None
            if isinstance(value, np.ndarray) and (core := core_axes(rules[name])) < value.ndim:
                own = value.shape[value.ndim - core :]
                found[name] = np.broadcast_to(value, (*shape, *own))[at]
            elif isinstance(value, tuple):
                found[name] = tuple(parts)
            else:
                found[name] = parts[0] if parts else value
        return Call(one.name, found)

    call_of_lanes: Call | None = each_once(taken)(call)
    return call_of_lanes


def _axes(visit: Callable[[Call], int], call: Call) -> int:
    """The number of batch axes of the schedule that a call builds."""
    parts = call.arguments.get("schedules")
    if call.name == "stack" and isinstance(parts, tuple):
        return 1 + visit(parts[0])  # all parts have the same shape
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
