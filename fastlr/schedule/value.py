"""Value: an immutable tree with the call that built it, and the decorator of constructors.

A constructor is a function whose signature names a rule for each parameter. Every argument is
checked by its rule and put into canonical form before anything is built. The call with these
arguments identifies the value.
"""

import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import wraps
from typing import Annotated, Any, Literal, NamedTuple, ParamSpec, Self, TypeVar, cast

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import readable
from fastlr.arguments.rules import OneOf, broadcast, short_repr
from fastlr.errors import bound, did_you_mean, public, public_methods
from fastlr.kernels.schedule_base import ScheduleBase
from fastlr.program import lowering, tree
from fastlr.program.opcodes import HEADER, HEADER_LIMIT, LAST_STEP
from fastlr.program.program import Program, boundaries
from fastlr.program.tree import Node
from fastlr.schedule.rebuilding import (
    RULES,
    Place,
    Rule,
    build,
    core_axes,
    register,
    register_rules,
    take,
)
from fastlr.schedule.recorded_calls import MOST_NESTED, NO_CALL, VERSION, Call

__all__ = [
    "Rebuilt",
    "Value",
    "a_schedule",
    "checked_arguments",
    "constructor",
    "cores",
    "no_group_named",
    "recorded",
    "same",
]

Array = npt.NDArray[np.float64]
P = ParamSpec("P")
V = TypeVar("V", bound="Value")
Index = int | str | slice | list[int] | list[str] | npt.NDArray[Any]


_MOST_SEGMENTS = 2**20
_FREE_SEGMENTS = 4_096  # any schedule may have so many
_SEGMENTS_PER_PART = 64  # and so many more per part and number in its description
# a program that allows no step: it stands in for one that is not lowered yet, or has many lanes
_NO_STEPS = np.zeros(HEADER)
_NO_STEPS.setflags(write=False)
_NO_STEPS_ADDRESS = _NO_STEPS.ctypes.data
_HIGHEST = 1e300  # leaves each backend's arithmetic room before it overflows


@public_methods("Schedule", but=("__init__",))
class Value(ScheduleBase):
    """An immutable tree, and the call that built it.

    The call is what values are compared, hashed, pickled and written by.
    """

    __slots__ = ("__weakref__", "_buffer", "_call", "_kept", "_node", "past_end")

    _node: Node
    _call: Call
    past_end: str
    _kept: dict[str, Program]  # the program, once it is lowered
    _buffer: Array | None  # the program as a plain array

    def __init__(self, node: Node, call: Call, past_end: str) -> None:
        put = object.__setattr__
        put(self, "_node", node)
        put(self, "_call", call)
        put(self, "past_end", past_end)
        put(self, "_kept", {})
        put(self, "_buffer", None)
        put(self, "_address", _NO_STEPS_ADDRESS)

    def _from_node(self, node: Node, past_end: str = "hold") -> Self:
        """Return another schedule of a node; the constructor that calls this adds its call."""
        return type(self)(node, NO_CALL, past_end)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Schedule is a value: {name} cannot be set; build another")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Schedule is a value: {name} cannot be deleted")

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self._call == other._call if isinstance(other, Value) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._call)

    def __reduce__(self) -> tuple[object, ...]:
        return build, (self._call,)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __repr__(self) -> str:
        return repr(self._call)

    @property
    def shape(self) -> tuple[int, ...]:
        """The batch shape, a tuple of int: what the parameters broadcast to.

        ``()`` for one schedule.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.constant(0.1).shape, flr.constant([[0.1], [0.2]]).shape
        ((), (2, 1))
        """
        return self._node.shape

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of the lanes along the first batch axis, a tuple of str, or ``None``.

        ``stack`` gives names. Every schedule that is made from a named one keeps them.

        Examples
        --------
        >>> import fastlr as flr
        >>> (flr.stack({"body": flr.constant(0.1), "head": flr.constant(0.3)}) * 0.5).names
        ('body', 'head')
        """
        return self._node.names

    @property
    def steps(self) -> int | npt.NDArray[np.int64] | None:
        """The end of the run: the first step after the last change of the plan.

        An int for a scalar schedule, an int64 array of the batch shape for a batch, and ``None``
        for a schedule that never ends. From the end on the last rate is held, unless ``past_end``
        says otherwise. A preset continues past the end of its run as its framework does.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=10).steps, flr.linear(1.0, 0.0, steps=[10, 20]).steps
        (10, array([10, 20]))
        >>> print(flr.constant(0.1).steps)
        None
        """
        steps = self._node.end
        if steps is None:
            return None
        return int(steps) if self.shape == () else np.broadcast_to(steps, self.shape)

    def to_spec(self) -> dict[str, object]:
        """Return the schedule as plain JSON data.

        Returns
        -------
        dict
            ``{"fastlr": version of the format, "schedule": {constructor: parameters}}``.
            ``fastlr.from_spec`` rebuilds an equal schedule from it.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=10).to_spec()
        {'fastlr': 1, 'schedule': {'linear': {'init': 1.0, 'end': 0.0, 'steps': 10}}}
        """
        return {"fastlr": VERSION, "schedule": self._call.spec()}

    @property
    def fingerprint(self) -> str:
        """64 hex digits that identify the schedule, a str.

        Equal schedules have the same fingerprint on every machine. It is the SHA-256 of the spec
        as compact JSON with sorted keys.

        Examples
        --------
        >>> import fastlr as flr
        >>> a, b = flr.linear(1.0, 0.0, steps=10), flr.linear(1, 0, 10)
        >>> a.fingerprint == b.fingerprint, len(a.fingerprint)
        (True, 64)
        """
        return self._call.fingerprint()

    @property
    def boundaries(self) -> tuple[int, ...]:
        """The steps at which one piece of a scalar schedule hands over to the next, a tuple of int.

        The end is one of them.

        Raises
        ------
        ValueError
            If the schedule is a batch.

        Notes
        -----
        A piece that repeats for ever, or more than 1,000 times, has the boundaries of its first
        period only. So has every piece that repeats, if there would be more than 131,072
        boundaries.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.wsd(1.0, warmup=10, stable=70, cooldown=20).boundaries
        (10, 80, 100)
        """
        if self.shape != ():
            raise ValueError(
                "boundaries: the schedule must be a scalar one, got batch shape "
                f"{self.shape}; index it first"
            )
        return tuple(sorted(boundaries(self.program)))

    @property
    def program(self) -> Program:
        """The program that kernels read: one flat, read-only float64 array.

        ``print(s.program)`` shows its segments. The program is lowered at the first use and kept.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.constant(0.1).program.flags.writeable
        False
        """
        if not self._kept:
            # lanes whose cycles have ended are computed along with the others, and may overflow
            with np.errstate(over="ignore", invalid="ignore"):
                lowered = lowering.lower(self._node, self.past_end)
            # if several threads lower at once, all use the program that was stored first: its
            # memory lives as long as the schedule, so the address stays valid
            put, program = object.__setattr__, self._kept.setdefault("program", lowered)
            put(self, "_buffer", program.view(np.ndarray))
            put(self, "_address", _NO_STEPS_ADDRESS if self.shape else program.ctypes.data)
        return self._kept["program"]

    def _lowered(self) -> Array:
        """Return the buffer of the program, lowered if it was not yet."""
        if self._buffer is None:
            return self.program.view(np.ndarray)
        return self._buffer

    def _reach(self, where: str, first: int, last: int) -> None:
        """Raise unless every step from ``first`` to ``last`` can be evaluated."""
        if first < 0 or last > LAST_STEP:
            raise ValueError(
                f"{where} must be from 0 to 2**53, got {short_repr(first if first < 0 else last)}"
            )
        limit = int(self._lowered()[HEADER_LIMIT])
        if last >= limit:
            raise ValueError(
                f"{where} must be before the end, step {limit}, as past_end='raise', got {last}"
            )

    def __contains__(self, lane: object) -> bool:
        """Return whether a group has this name, or a lane equals this schedule."""
        return (
            lane in (self.names or ())
            if isinstance(lane, str)
            else any(lane == one for one in self)
        )

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a scalar schedule has no len()")
        return self.shape[0]

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Index | tuple[Index, ...]) -> Self:
        """Return the lane, or the lanes, at an index of the first batch axis.

        Parameters
        ----------
        index : int, str, slice, list of int or str, numpy.ndarray of int, or tuple
            A number or a group's name gives one lane. A slice, a list or an array gives a batch. A
            tuple holds one number or name per batch axis; its last item may be a slice, a list or
            an array. An empty tuple gives the schedule itself.

        Returns
        -------
        Schedule
            A schedule whose rates have the bits that these lanes have in the batch.

        Raises
        ------
        IndexError
            If a number is out of range, or the schedule is scalar.
        KeyError
            If no lane has this name.
        TypeError
            If the index is anything else.

        Examples
        --------
        >>> import fastlr as flr
        >>> s = flr.linear([0.1, 0.2, 0.3], 0.0, steps=10)
        >>> s[1], s[[2, 0]](0)
        (linear(init=0.2, end=0.0, steps=10), array([0.3, 0.1]))
        >>> flr.stack({"body": flr.constant(0.1), "head": flr.constant(0.3)})["head"]
        constant(value=0.3)
        """
        if isinstance(index, tuple) and not index:
            return self
        first, *rest = index if isinstance(index, tuple) else (index,)
        picked: Self = build(take(self._call, self._place(first), self.shape))
        if rest and not isinstance(first, int | np.integer | str):
            raise TypeError(
                f"a schedule is indexed by a list or an array alone, got {short_repr(index)}"
            )
        return picked[tuple(rest)] if rest else picked

    def _place(self, index: object) -> Place:
        """Return the place along the first batch axis that an index means."""
        if isinstance(index, slice) and self.shape:
            index = list(range(self.shape[0])[index])
        if isinstance(index, np.ndarray) and not index.ndim:
            index = index.item()
        items = list(index) if isinstance(index, list | np.ndarray) else [index]
        by_name = {name: i for i, name in enumerate(self.names or ())}
        places = [_named(item, by_name) if isinstance(item, str) else item for item in items]
        if not places or not all(
            isinstance(place, int | np.integer) and not isinstance(place, bool) for place in places
        ):
            rule = "a schedule is indexed by integers or names, or a list of them"
            raise TypeError(f"{rule}, got {type(index).__name__} {short_repr(index)}")
        found = np.array(places)
        if not self.shape or np.any(found < -self.shape[0]) or np.any(found >= self.shape[0]):
            raise IndexError(
                f"index {short_repr(index)} is out of range for batch shape {self.shape}"
            )
        found = np.mod(found, self.shape[0]).astype(np.int64)
        return found if isinstance(index, list | np.ndarray) else int(found[0])


def _named(name: str, by_name: Mapping[str, int]) -> int:
    """Return the place of a group along the first batch axis."""
    if name not in by_name:
        raise KeyError(no_group_named(name, by_name))
    return by_name[name]


def no_group_named(name: str, names: Collection[str]) -> str:
    """What an error says about a name that no group has."""
    known = f"are {short_repr(list(names))}" if names else "have no names"
    return f"no group named {name!r}; groups {known}{did_you_mean(name, names)}"


def constructor(build: Callable[P, V]) -> Callable[P, V]:
    """Make a function that builds a schedule check its arguments, by the rules in its
    signature, and record its call.
    """
    name, signature = build.__name__, inspect.signature(build)
    defaults = {key: parameter.default for key, parameter in signature.parameters.items()}
    needed = {key for key, default in defaults.items() if default is inspect.Parameter.empty}
    anyhow: Callable[..., Any] = build  # by names, whatever its signature

    @wraps(build)
    def built(*args: P.args, **kwargs: P.kwargs) -> V:
        by_place = dict(zip(defaults, args, strict=False))
        known = len(args) <= len(defaults) and kwargs.keys() <= defaults.keys() - by_place.keys()
        if not known or not needed <= by_place.keys() | kwargs.keys():
            bound(name, signature, args, kwargs)  # raises
        checked, lanes = _checked(name, build, {**defaults, **by_place, **kwargs}, defaults)
        given = {
            key: recorded(checked[key])
            for key in defaults
            if key in needed or not same(checked[key], defaults[key])
        }
        result, call = anyhow(**checked), Call(name, given)
        if isinstance(result, Rebuilt):  # another call describes it better
            return cast(V, result.value)
        node = _of_all_lanes(result._node, lanes)
        _check_result(name, node, call)
        return cast(V, type(result)(node, call, result.past_end))

    reported: Any = public(built)
    reported.__signature__ = readable(signature, build.__module__)
    register(name, reported)
    return cast(Callable[P, V], reported)


class Rebuilt(NamedTuple):
    """What a constructor returns for a schedule that keeps the call that it has."""

    value: Value


def _of_all_lanes(node: Node, lanes: tuple[int, ...]) -> Node:
    """Return a node with all lanes of its call's arguments.

    An argument may widen the batch without a part in the node, as the power of a linear cooldown.
    """
    own = node.shape[1:] if node.kind == "stack" else node.shape
    return node if own == lanes or node.kind == "stack" else tree.scale(node, np.ones(lanes))


def _check_result(name: str, node: Node, call: Call) -> None:
    """Raise if the finished node is not allowed: checks that single arguments cannot decide."""
    if node.parts:
        _check_parts(name, node, call)
    if not _at_most(node.bound, _HIGHEST):
        raise ValueError(f"{name}: rates must stay finite, at most 1e300, got {short_repr(call)}")
    for end in (node.steps, node.end if node.has_preset else None):
        if end is not None and not _at_most(end, LAST_STEP):
            raise ValueError(
                f"{name}: the schedule must end by step 2**53, got "
                f"{int(np.max(end))} steps: {short_repr(call)}"
            )


def _at_most(numbers: npt.NDArray[Any], most: float) -> bool:
    """Return whether all numbers are at most ``most``, and none is NaN; quick for a single one."""
    return bool((numbers <= most).all()) if numbers.ndim else bool(numbers.item() <= most)


def _check_parts(name: str, node: Node, call: Call) -> None:
    """Raise if the parts of a node are not allowed together."""
    # the size comes first, since the other messages show the call, however large it is
    _check_size(name, node, call)
    if call.depth > MOST_NESTED:
        raise ValueError(
            f"{name}: schedules must be nested at most {MOST_NESTED} deep, as (a + b) + "
            "(c + d) is 2 deep, got "
            f"{call.depth}; join(parts, at) takes any number of parts"
        )
    try:
        _ = node.names
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if not _at_most(node.highest, _HIGHEST) and _at_most(node.bound, _HIGHEST):
        raise ValueError(
            f"{name}: the parts of a schedule must stay finite too, at most 1e300, got "
            f"{short_repr(call)}"
        )


# what to write in place of a schedule that uses a part many times
_SHORTER = {
    "add": "; write x + x as x * 2",
    "join": "; write x.then(x) as x.repeat(2)",
    "then": "; write x.then(x) as x.repeat(2)",
    "stack": "; write a stack of x * a and x * b as x * [a, b]",
}


def _check_size(name: str, node: Node, call: Call) -> None:
    """Refuse a schedule with too many segments for the size of its description.

    A part counts each time it is used, since a rate takes one evaluation per use. Repeating
    ``x = x + x`` 18 times takes 2^18 evaluations of ``x``.
    """
    size = max(node.segment_count, call.uses)
    if size <= _FREE_SEGMENTS:
        return
    most = min(
        _MOST_SEGMENTS, _FREE_SEGMENTS + _SEGMENTS_PER_PART * int(tree.description_size(node))
    )
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
) -> dict[str, object]:
    """Return every argument in canonical form.

    The rules come from the signature. The batch shapes are known to broadcast.
    """
    return _checked(name, build, arguments, defaults)[0]


def _checked(
    name: str,
    build: Callable[..., Any],
    arguments: Mapping[str, Any],
    defaults: Mapping[str, object],
) -> tuple[dict[str, object], tuple[int, ...]]:
    """Return every argument in canonical form, and the batch shape that they broadcast to."""
    if name not in RULES:
        hints = typing.get_type_hints(build, include_extras=True)
        register_rules(name, {key: _rule(hints.get(key, Value)) for key in arguments})
    rules = RULES[name]
    if (
        "schedules" in arguments
        and isinstance(arguments["schedules"], Mapping)
        and arguments.get("names", "") is None
    ):
        arguments = {
            "names": list(arguments["schedules"]),
            "schedules": list(arguments["schedules"].values()),
        }
    ruled = {
        key: None if value is None else rules[key](f"{name}: {key}", value)
        for key, value in arguments.items()
    }
    for key, value in ruled.items():
        if value is None and defaults[key] is not None:
            raise TypeError(f"{name}: {key} must be given, got None")
    return ruled, broadcast(name, dict(_batches(rules, ruled)))


def _batches(
    rules: Mapping[str, object], checked: Mapping[str, object]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the batch shape per argument; of several schedules, the first that has each shape."""
    for key, value in checked.items():
        if isinstance(value, np.ndarray):
            if value.ndim:
                yield key, value.shape[: value.ndim - core_axes(rules[key])]
        elif isinstance(value, Value):
            yield key, value.shape
        elif isinstance(value, tuple):
            firsts = dict[tuple[int, ...], int]()
            for i, schedule in enumerate(value):
                firsts.setdefault(schedule.shape, i)
            yield from ((f"{key}[{i}]", shape) for shape, i in firsts.items())


def cores(build: Callable[..., Any]) -> dict[str, int]:
    """Return, per parameter of a constructor or preset, how many axes belong to one schedule."""
    hints = typing.get_type_hints(inspect.unwrap(build), include_extras=True)
    return {name: core_axes(_rule(hint)) for name, hint in hints.items()}


def _rule(hint: Any) -> Rule:
    """Return the rule in a parameter's annotation; a ``None`` in it stands for the default only."""
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


def a_schedule(where: str, value: object, kind: type[V]) -> V:
    """Return ``value`` if it is of this kind, or raise an error that begins with ``where``."""
    if not isinstance(value, kind):
        raise TypeError(
            f"{where} must be a Schedule, got {type(value).__name__} {short_repr(value)}"
        )
    return value


def _value(where: str, value: object) -> Value:
    return a_schedule(where, value, Value)


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
