"""Build many different schedules at once: calls that differ only in numbers become one batch.

Such calls are *alike*: they have one form. So 100,000 schedules of 100 forms take 100 calls with
arrays. Each schedule is then a lane of a batch. It has the same bits as if it was built alone,
because the rates of a lane do not depend on the other lanes.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.program import tree
from fastlr.schedule.alike_calls import (
    Form,
    Numbers,
    UnusualCallError,
    form_of_call,
    from_form,
    ranks,
)
from fastlr.schedule.recorded_calls import Call

__all__ = [
    "FormOf",
    "Known",
    "LaneCall",
    "LikeCalls",
    "PackedCalls",
    "built_calls",
    "calls_of_batch",
    "packed",
]

_FEWEST = 8  # fewer calls of a form are built one by one: a batch would not be faster

FormOf = Callable[[Any, Numbers], Form]


class Known(NamedTuple):
    """The constructors, and the core axes of their parameters: those that are no batch axes."""

    constructors: Mapping[str, Callable[..., Any]]
    cores_of: Callable[[str], Mapping[str, int]]  # only of constructors that were called before


class PackedCalls(NamedTuple):
    """Many calls by form: each form with the places of its calls, and an array per number."""

    size: int
    groups: list[tuple[Form, npt.NDArray[np.int64], list[Any]]]
    others: dict[int, Call]  # calls that have too few like them, by place


class LikeCalls:
    """Builds like calls together. ``built`` maps the ``id`` of a call to what was built.

    A call is a ``Call``, or its data in a spec; ``form_of`` reads either. Unusual and wrong calls
    are left out. The caller builds each of them alone, which raises its error.
    """

    def __init__(self, known: Known, form_of: FormOf = form_of_call) -> None:
        self.known = known
        self.form_of = form_of
        self.built: dict[int, Call] = {}
        self.kept: list[object] = []  # so that no other object gets the id of a call

    def add(self, calls: Iterable[object]) -> None:
        """Build calls."""
        distinct = {id(call): call for call in calls if id(call) not in self.built}
        self.kept.append(distinct)
        ids = list(distinct)
        for form, places, rows in _groups(list(distinct.values()), self.form_of):
            try:
                built = built_calls(form, _columns(rows), len(rows), self.known)
            except (ValueError, TypeError, KeyError, OverflowError):
                continue
            self.built.update(zip([ids[place] for place in places], built, strict=True))


def packed(calls: Sequence[Call]) -> PackedCalls:
    """Pack calls by form: a smaller pickle, and a faster one, than that of single calls."""
    others, groups = dict(enumerate(calls)), []
    for form, places, rows in _groups(calls, form_of_call):
        columns = list(zip(*rows, strict=True))
        if not any(map(_is_shared, columns)):
            groups.append((form, np.array(places), [_column(column) for column in columns]))
            for place in places:
                del others[place]
    return PackedCalls(len(calls), groups, others)


def _is_shared(column: Sequence[Any]) -> bool:
    """Whether some calls share an array, which pickles of single calls hold once."""
    distinct = len(set(map(id, column))) if isinstance(column[0], np.ndarray) else len(column)
    return 1 < distinct < len(column)


def _groups(calls: Iterable[Any], form_of: FormOf) -> list[tuple[Form, list[int], list[Numbers]]]:
    """Return each form that enough calls have, with the places and the numbers of its calls."""
    found: dict[Form, tuple[list[int], list[Numbers]]] = {}
    for place, call in enumerate(calls):
        numbers: Numbers = []
        try:
            form = form_of(call, numbers)
        except UnusualCallError:
            continue
        places, rows = found.setdefault(form, ([], []))
        places.append(place)
        rows.append(numbers)
    return [
        (form, places, rows) for form, (places, rows) in found.items() if len(places) >= _FEWEST
    ]


def _columns(rows: list[Numbers]) -> list[Any]:
    """Return the numbers of many calls by column."""
    return [_column(column) for column in zip(*rows, strict=True)]


def _column(values: Sequence[Any]) -> Any:
    """Return an array with one entry per call, or the entry alone if it is the same in all."""
    column = np.array(values)
    if (column == column[0]).all():
        return column[0] if column.ndim > 1 else column[0].item()
    return column


def built_calls(form: Form, columns: list[Any], lanes: int, known: Known) -> list[Call]:
    """Build the calls of one form from the columns of their numbers.

    Raises ``ValueError``, ``TypeError`` or ``KeyError`` for calls that must be built alone.
    """

    def schedule(name: str, arguments: dict[str, Any]) -> Any:
        return known.constructors[name](**arguments)

    first = [_first(column, own) for column, own in zip(columns, ranks(form), strict=True)]
    from_form(form, iter(first), schedule)  # this call reads the rules of the constructors
    _check_cores(form, known)
    return calls_of_batch(from_form(form, iter(columns), schedule), lanes, known)


def _first(column: Any, rank: int) -> Any:
    """Return the number, or the row of numbers, of the first lane."""
    return column[0] if isinstance(column, np.ndarray) and column.ndim > rank else column


def _check_cores(form: Form, known: Known) -> None:
    """Raise if a row of numbers in a call is a batch instead."""
    _, name, arguments = form
    cores = known.cores_of(name)
    for key, own in arguments:
        if own[0] in ("number", "row") and cores[key] != (own[0] == "row"):
            raise UnusualCallError
        for part in own[1] if own[0] == "parts" else [own] if own[0] == "call" else []:
            _check_cores(part, known)


def calls_of_batch(batch: Any, lanes: int, known: Known) -> list[Call]:
    """Return the call of each lane along the only axis of a batch, with what it builds.

    Raises ``ValueError`` for another shape, and for schedules that must be built alone.
    """
    if batch.shape == ():
        return [batch._call] * lanes
    if batch.shape != (lanes,) or batch._node.has_preset:
        raise UnusualCallError
    kind, past_end, of_batch = type(batch), batch.past_end, _BatchCall(batch._call, known)
    return [
        LaneCall(of_batch, lane, (kind, node, past_end))
        for lane, node in enumerate(tree.split(batch._node, lanes))
    ]


class _BatchCall:
    """The call of a batch, from which the calls of its lanes take their arguments.

    Raises ``UnusualCallError`` for a call whose lanes must be built alone.
    """

    def __init__(self, call: Call, known: Known) -> None:
        if call.name == "stack" or call.is_preset:
            raise UnusualCallError
        self.call = call
        self.cores = known.cores_of(call.name)
        self.parts: dict[str, Any] = {}
        for name, value in call.arguments.items():
            if isinstance(value, Call):
                self.parts[name] = _BatchCall(value, known)
            elif isinstance(value, tuple):
                self.parts[name] = tuple([_BatchCall(part, known) for part in value])
            elif isinstance(value, np.ndarray) and value.ndim > self.cores[name] + 1:
                raise UnusualCallError
        parameters = inspect.signature(known.constructors[call.name]).parameters
        self.defaults = {name: parameters[name].default for name in call.arguments}

    def arguments(self, lane: int) -> dict[str, object]:
        """The arguments of one lane, without those that equal their defaults."""
        found = dict[str, object]()
        for name, value in self.call.arguments.items():
            parts = self.parts.get(name)
            if isinstance(parts, tuple):
                found[name] = tuple([LaneCall(part, lane) for part in parts])
            elif parts is not None:
                found[name] = LaneCall(parts, lane)
            elif not isinstance(value, np.ndarray) or value.ndim <= self.cores[name]:
                found[name] = value
            else:
                own = value[lane if value.shape[0] > 1 else 0, ...]
                if not self._is_default(name, own):
                    found[name] = own
        return found

    def _is_default(self, name: str, own: npt.NDArray[Any]) -> bool:
        default = self.defaults[name]
        return not own.ndim and type(default) in (int, float, str) and bool(own == default)


class LaneCall(Call):
    """The call of one lane of a batch. It makes its arguments when they are first used.

    Most lanes are only evaluated, and that needs only their nodes.
    """

    __slots__ = ("_batch", "_lane", "_own")

    _batch: _BatchCall
    _lane: int
    _own: Mapping[str, object] | None

    def __init__(
        self, batch: _BatchCall, lane: int, built: tuple[type, Any, str] | None = None
    ) -> None:
        put, call = object.__setattr__, batch.call
        put(self, "name", call.name)
        put(self, "depth", call.depth)
        put(self, "uses", call.uses)
        put(self, "built", built)
        put(self, "_known_key", None)
        put(self, "_batch", batch)
        put(self, "_lane", lane)
        put(self, "_own", None)

    @property
    def arguments(self) -> Mapping[str, object]:  # type: ignore[override]
        """The arguments of this lane."""
        if self._own is None:
            own = MappingProxyType(self._batch.arguments(self._lane))
            object.__setattr__(self, "_own", own)
            return own
        return self._own
