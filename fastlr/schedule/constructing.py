"""Constructors: functions that check their arguments, build a schedule and record the call.

The signature of a constructor names a rule for each parameter. The rule checks the argument and
puts it into canonical form before anything is built. The call with these arguments identifies the
schedule: two schedules are equal if their calls are.
"""

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from operator import attrgetter
from typing import Annotated, Any, Literal, NamedTuple, ParamSpec, Self, TypeVar, cast

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import show_types
from fastlr.arguments.rules import OneOf, broadcast, short_repr
from fastlr.errors import REPORTED, bound, name_in_errors, reported_by
from fastlr.program import tree
from fastlr.program.kept_property import kept_property
from fastlr.program.opcodes import LAST_STEP
from fastlr.program.tree import Node
from fastlr.schedule.rebuilding import RULES, Rule, core_axes, register, register_rules
from fastlr.schedule.recorded_calls import MOST_NESTED, Call
from fastlr.schedule.value import Value, a_schedule

__all__ = [
    "Parameters",
    "Rebuilt",
    "checked_arguments",
    "constructor",
    "cores",
    "recorded",
    "same",
    "unchecked",
]

P = ParamSpec("P")
V = TypeVar("V", bound=Value)

_MOST_SEGMENTS = 2**20
_FREE_SEGMENTS = 4_096  # any schedule may have this many
_SEGMENTS_PER_PART = 64  # and this many more per part and number in its description
_HIGHEST = 1e300  # leaves each backend's arithmetic room before it overflows

_shape = attrgetter("_node.shape")


def constructor(build: Callable[P, V]) -> Callable[P, V]:
    """Make a function that builds a schedule check its arguments, by the rules in its
    signature, and record its call.
    """
    name, parameters = build.__name__, Parameters(build.__name__, build)
    anyhow: Callable[..., Any] = build  # for a type checker: it is called by names

    @wraps(build)
    def built(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            given = parameters.given(args, kwargs)
            checked, lanes = parameters.checked(given)
            result = anyhow(**checked)
            if isinstance(result, Rebuilt):  # another call describes it better
                return result.value
            node = result._node
            if node.shape != lanes:
                node = _of_all_lanes(node, lanes)
            call = parameters.call(given, checked, (type(result), node, result.past_end))
            _check_result(name, node, call)
            return result._described(node, call)
        except REPORTED as error:
            shown = reported_by(name, build, error)
            try:
                if shown is None:
                    raise
                raise shown from None
            finally:
                del shown  # a cycle through this frame would keep the arguments alive

    reported: Any = built
    show_types(reported, build.__module__)
    name_in_errors(name)
    register(name, reported)
    return cast(Callable[P, V], reported)


class Parameters:
    """The parameters of a constructor or preset: their rules and defaults, read at its first call.

    Most constructors and presets are never called, and annotations may name later types.
    """

    def __init__(self, name: str, build: Callable[..., Any]) -> None:
        self.name = name
        self.build = build

    @kept_property
    def signature(self) -> inspect.Signature:
        """The signature of the function that builds."""
        return inspect.signature(self.build)

    @kept_property
    def defaults(self) -> dict[str, Any]:
        """The default of each parameter."""
        return {key: each.default for key, each in self.signature.parameters.items()}

    @kept_property
    def required(self) -> set[str]:
        """The parameters without a default."""
        empty = inspect.Parameter.empty
        return {key for key, default in self.defaults.items() if default is empty}

    def given(self, args: Sequence[object], kwargs: Mapping[str, object]) -> dict[str, object]:
        """Return the arguments of a call by name, or raise unless they fit the signature."""
        given = dict(zip(self.defaults, args, strict=False))
        given.update(kwargs)
        # one argument too many, or one that is given twice, changes the number
        known = len(given) == len(args) + len(kwargs) and given.keys() <= self.defaults.keys()
        if not known or not given.keys() >= self.required:
            bound(self.name, self.signature, args, kwargs)  # raises
        if "schedules" in given and "names" in self.defaults and given.get("names") is None:
            return _by_name(given)
        return given

    @kept_property
    def rules(self) -> Mapping[str, Rule]:
        """The rule of each parameter."""
        return _rules_of(self.name, self.build, self.defaults)

    @kept_property
    def _canonical(self) -> dict[str, object]:
        """The defaults in canonical form."""
        optional = {key: self.defaults[key] for key in self.defaults if key not in self.required}
        return _checked(self.name, self.rules, optional, self.defaults)[0]

    @kept_property
    def _shared(self) -> dict[str, object]:
        """The defaults that calls share: no list or mapping, which one call may change."""
        return {key: value for key, value in self._canonical.items() if _is_constant(value)}

    @kept_property
    def _own(self) -> dict[str, object]:
        """The defaults that each call checks."""
        return {key: self.defaults[key] for key in self._canonical if key not in self._shared}

    @kept_property
    def _written(self) -> set[str]:
        """The parameters that a call records even if they are not given."""
        found = self._canonical.items()
        return {key for key, value in found if not same(value, self.defaults[key])}

    def checked(self, given: Mapping[str, object]) -> tuple[dict[str, Any], tuple[int, ...]]:
        """Return every argument in canonical form, and the batch shape that they broadcast to."""
        arguments = {**self._own, **given} if self._own else given
        found, lanes = _checked(self.name, self.rules, arguments, self.defaults)
        return {**self._shared, **found}, lanes

    def call(
        self,
        given: Mapping[str, object],
        checked: Mapping[str, object],
        built: tuple[type, Node, str],
    ) -> Call:
        """Return the record of a call, without the arguments that equal their defaults.

        The record keeps what the call ``built``: the class, the node and ``past_end``.
        """
        kept = dict[str, object]()
        for key, default in self.defaults.items():
            if key in given or key in self._written:
                value = checked[key]
                if key in self.required or not same(value, default):
                    kept[key] = value if type(value) is np.ndarray else recorded(value)
        return Call(self.name, kept, built)


def _by_name(given: dict[str, Any]) -> dict[str, object]:
    """Return the arguments of a stack; a mapping of schedules gives schedules and names."""
    schedules = given["schedules"]
    if not isinstance(schedules, Mapping):
        return given
    return {"schedules": list(schedules.values()), "names": list(schedules)}


def _is_constant(value: object) -> bool:
    """Whether calls may share a value: rules make arrays that are read-only."""
    return value is None or isinstance(value, np.ndarray | str | bool | int | float)


class Rebuilt(NamedTuple):
    """What a constructor returns if the schedule keeps the call that it already has."""

    value: Value


def unchecked(constructor: Callable[P, V]) -> Callable[P, V]:
    """Return the function under a constructor, which checks nothing and records no call.

    For constructors that build their parts from arguments that they have checked.
    """
    made: Any = constructor
    found: Callable[P, V] = made.__wrapped__
    return found


def _of_all_lanes(node: Node, lanes: tuple[int, ...]) -> Node:
    """Return a node with all lanes of its call's arguments.

    An argument may add lanes although the node does not use it: the power of a linear cooldown.
    """
    return node if node.kind == "stack" else tree.scale(node, np.ones(lanes))


def _check_result(name: str, node: Node, call: Call) -> None:
    """Raise if the finished node is not allowed, which no single argument shows."""
    if node.parts:
        _check_parts(name, node, call)
    if not _at_most(node.bound, _HIGHEST):
        raise ValueError(f"{name}: rates must stay finite, at most 1e300, got {short_repr(call)}")
    for end in (node.steps, node.end) if node.parts and node.has_preset else (node.steps,):
        if end is not None and not _at_most(end, LAST_STEP):
            raise ValueError(
                f"{name}: the schedule must end by step 2**53, got "
                f"{int(np.max(end))} steps: {short_repr(call)}"
            )


def _at_most(numbers: npt.NDArray[Any], most: float) -> bool:
    """Return whether all numbers are at most ``most`` and none is NaN. One number is fast."""
    return bool((numbers <= most).all()) if numbers.ndim else bool(numbers.item() <= most)


def _check_parts(name: str, node: Node, call: Call) -> None:
    """Raise if the parts of a node are not allowed together."""
    # check the size first: the other messages show the call, which could be huge
    if max(node.segment_count, call.uses) > _FREE_SEGMENTS:
        _check_size(name, node, call)
    if call.depth > MOST_NESTED:
        raise ValueError(
            f"{name}: schedules must be nested at most {MOST_NESTED} deep, as (a + b) + "
            "(c + d) is 2 deep, got "
            f"{call.depth}; join(parts, at) takes any number of parts"
        )
    try:
        _ = node.names if node.shape else None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if not _at_most(node.highest, _HIGHEST) and _at_most(node.bound, _HIGHEST):
        raise ValueError(
            f"{name}: the parts of a schedule must stay finite too, at most 1e300, got "
            f"{short_repr(call)}"
        )


# what to write instead of using a part many times, by constructor
_SHORTER = {
    "add": "; write x + x as x * 2",
    "join": "; write x.then(x) as x.repeat(2)",
    "then": "; write x.then(x) as x.repeat(2)",
    "stack": "; write a stack of x * a and x * b as x * [a, b]",
}


def _check_size(name: str, node: Node, call: Call) -> None:
    """Refuse a schedule with too many segments for the size of its description.

    A part counts each time it is used, because a rate takes one evaluation per use. Repeating
    ``x = x + x`` 18 times takes 2^18 evaluations of ``x``.
    """
    size = max(node.segment_count, call.uses)
    enough = (size - _FREE_SEGMENTS) / _SEGMENTS_PER_PART + 1
    described = int(tree.description_size(node, enough))
    most = min(_MOST_SEGMENTS, _FREE_SEGMENTS + _SEGMENTS_PER_PART * described)
    if size > most:
        raise ValueError(
            f"{name}: the program must have at most {most:,} segments for a schedule of this many "
            f"different parts, got up to {size:,.0f}; a part counts each time it is used"
            f"{_SHORTER.get(name, '')}"
        )


def recorded(value: object) -> object:
    """Return an argument as a call stores it: a schedule as the call that built it."""
    if isinstance(value, tuple):
        return tuple(part._call for part in value)
    return value._call if isinstance(value, Value) else value


def same(value: object, default: object) -> bool:
    """Return whether a checked argument equals its default."""
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and bool(value == default)
    return not isinstance(value, Value | tuple) and value == default


def checked_arguments(
    name: str,
    build: Callable[..., Any],
    arguments: Mapping[str, Any],
    defaults: Mapping[str, object],
) -> dict[str, Any]:
    """Return every argument in canonical form.

    The rules come from the signature. The batch shapes are known to broadcast.
    """
    return _checked(name, _rules_of(name, build, arguments), arguments, defaults)[0]


def _rules_of(
    name: str, build: Callable[..., Any], parameters: Iterable[str]
) -> Mapping[str, Rule]:
    """Return the rules in a function's annotations, which are read at its first call."""
    if name not in RULES:
        hints = typing.get_type_hints(build, include_extras=True)
        register_rules(name, {key: _rule(hints.get(key, Value)) for key in parameters})
    return RULES[name]


def _checked(
    name: str,
    rules: Mapping[str, Rule],
    arguments: Mapping[str, Any],
    defaults: Mapping[str, object],
) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Return arguments in canonical form, and the batch shape that they broadcast to."""
    found, shapes = dict[str, Any](), dict[str, tuple[int, ...]]()
    for key, rule in rules.items():
        if (value := arguments.get(key)) is not None:
            value = rule(f"{name}: {key}", value)
            if type(value) is not np.ndarray or value.ndim:
                shapes.update(_batches(key, value, rule))
        if key in arguments:
            found[key] = value
    for key, value in found.items():
        if value is None and defaults[key] is not None:
            raise TypeError(f"{name}: {key} must be given, got None")
    return found, broadcast(name, shapes) if shapes else ()


def _batches(key: str, value: object, rule: Rule) -> dict[str, tuple[int, ...]]:
    """Return the batch shapes of an argument: of several schedules, each shape once."""
    if isinstance(value, np.ndarray):
        shapes = {key: value.shape[: value.ndim - core_axes(rule)]}
    elif isinstance(value, Value):
        shapes = {key: value._node.shape}
    elif isinstance(value, tuple):
        each = list(map(_shape, value))
        shapes = {f"{key}[{each.index(shape)}]": shape for shape in dict.fromkeys(each)}
    else:
        return {}
    return {} if set(shapes.values()) == {()} else shapes


def cores(build: Callable[..., Any]) -> dict[str, int]:
    """Return how many axes of each parameter belong to one schedule, not to the batch."""
    hints = typing.get_type_hints(inspect.unwrap(build), include_extras=True)
    return {name: core_axes(_rule(hint)) for name, hint in hints.items()}


def _rule(hint: Any) -> Rule:
    """Return the rule in a parameter's annotation. ``None`` in it allows only the default."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is Literal:
        return OneOf(typing.get_args(hint))
    if typing.get_origin(hint) is Annotated:
        rule: Rule = hint.__metadata__[0]
        return rule
    is_schedule = hint is Self or isinstance(hint, TypeVar)
    is_schedule = is_schedule or (isinstance(hint, type) and issubclass(hint, Value))
    return _value if is_schedule else _values


def _value(where: str, value: object) -> Value:
    return value if isinstance(value, Value) else a_schedule(where, value, Value)


def _values(where: str, value: object) -> tuple[Value, ...]:
    if isinstance(value, Value | str) or not isinstance(value, Sequence) or not value:
        raise TypeError(
            f"{where} must be a sequence of at least one Schedule, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    for i, item in enumerate(value):
        if not isinstance(item, Value):
            _value(f"{where}[{i}]", item)
    return tuple(value)
