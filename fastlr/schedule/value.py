"""Value: an immutable tree with the call that built it, which identifies it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean, public_methods
from fastlr.kernels.schedule_base import ScheduleBase
from fastlr.program import lowering
from fastlr.program.opcodes import HEADER, HEADER_LIMIT, LAST_STEP
from fastlr.program.program import Program, boundaries
from fastlr.program.tree import Node
from fastlr.schedule.config_origin import Origin
from fastlr.schedule.rebuilding import (
    Place,
    build,
    take,
)
from fastlr.schedule.recorded_calls import NO_CALL, VERSION, Call

__all__ = [
    "Value",
    "a_scalar",
    "a_schedule",
    "no_group_named",
]

Array = npt.NDArray[np.float64]
V = TypeVar("V", bound="Value")
Index = int | str | slice | list[int] | list[str] | npt.NDArray[Any]


# a program that allows no step: it stands in for one that is not lowered yet, or has many lanes
_NO_STEPS = np.zeros(HEADER)
_NO_STEPS.setflags(write=False)
_NO_STEPS_ADDRESS = _NO_STEPS.ctypes.data


@public_methods("Schedule", but=("__init__",))
class Value(ScheduleBase):
    """An immutable tree, and the call that built it.

    The call is what values are compared, hashed, pickled and written by.
    """

    __slots__ = ("__weakref__", "_buffer", "_call", "_kept", "_node", "_origin", "past_end")

    _node: Node
    _call: Call
    past_end: str
    _kept: dict[str, Program]  # the program, once it is lowered
    _buffer: Array | None  # the program as a plain array
    _origin: Origin | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Raise ``TypeError`` for a direct call: constructors build schedules."""
        if kwargs or len(args) not in (3, 4) or not isinstance(args[0], Node):
            raise TypeError(
                "Schedule: use a constructor to build a schedule, such as linear(init, end, steps)"
            )
        node, call, past_end, *origin = args
        put = object.__setattr__
        put(self, "_node", node)
        put(self, "_call", call)
        put(self, "past_end", past_end)
        put(self, "_kept", {})
        put(self, "_buffer", None)
        put(self, "_origin", origin[0] if origin else None)
        put(self, "_address", _NO_STEPS_ADDRESS)

    def _from_node(self, node: Node, past_end: str = "hold") -> Self:
        """Return another schedule of a node; the constructor that calls this adds its call."""
        return type(self)(node, NO_CALL, past_end)

    def _described(self, node: Node, call: Call) -> Self:
        """Return a schedule that a constructor has just built, of this node and with its call."""
        if self._call is not NO_CALL or self._node is not node:
            return type(self)(node, call, self.past_end)
        object.__setattr__(self, "_call", call)  # nobody else has it yet
        return self

    def _read_at(self, origin: Origin) -> Self:
        """Return this schedule, with the place where it was read."""
        return type(self)(self._node, self._call, self.past_end, origin)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Schedule is a value: {name} cannot be set; build another")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Schedule is a value: {name} cannot be deleted")

    def __bool__(self) -> bool:
        return True

    def _compared(self, other: object) -> bool:
        """Refuse a number, with which an optimizer compares what it is given for its rate."""
        if isinstance(other, int | float):
            raise TypeError(
                "a schedule must be evaluated to be compared with a number, schedule(t), got "
                f"{other!r}; leave the rate of an optimizer a number, and pass the schedule to an "
                "adapter: flr.adapters.torch.Scheduler(optimizer, schedule) or "
                "flr.adapters.transformers.Trainer(..., schedule=schedule)"
            )
        unknown: bool = NotImplemented
        return unknown

    __lt__ = __le__ = __gt__ = __ge__ = _compared

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

    @property
    def origin(self) -> Origin | None:
        """Where ``from_config`` read this schedule, a named tuple, or ``None``.

        It has the ``name`` and the ``source`` of the config, its ``framework``, and the ``unit``
        of a step. It is no part of the value: equal schedules may have other origins. Schedules
        that are made from this one, and its pickles, have none.

        Examples
        --------
        >>> import fastlr as flr
        >>> s = flr.from_config({"sched": "cosine", "lr": 0.1, "epochs": 90})
        >>> s.origin.framework, s.origin.unit, (s * 0.5).origin
        ('timm', 'epochs', None)
        """
        return self._origin

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
        as compact JSON with sorted keys, in which a list of more than 1,000 numbers stands as the
        SHA-256 of its values.

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
        parts = self._call.arguments.get("schedules")
        if self._call.name == "stack" and isinstance(parts, tuple) and len(parts) == len(self):
            return map(build, parts)  # they are known, which saves the search for each place
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
    return f"no group named {short_repr(name)}; groups {known}{did_you_mean(name, names)}"


def a_schedule(where: str, value: object, kind: type[V]) -> V:
    """Return ``value`` if it is of this kind, or raise an error that begins with ``where``."""
    if not isinstance(value, kind):
        raise TypeError(
            f"{where} must be a Schedule, got {type(value).__name__} {short_repr(value)}"
        )
    return value


def a_scalar(where: str, value: object, kind: type[V]) -> V:
    """Return ``value`` if it is one scalar schedule, or raise an error that begins with
    ``where``.
    """
    one = a_schedule(where, value, kind)
    if one.shape:
        raise ValueError(f"{where} must be scalar, got shape {one.shape}; index a lane of it")
    return one
