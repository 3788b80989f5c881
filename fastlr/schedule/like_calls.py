"""Build many unlike schedules at once: like calls are checked as one call of arrays.

Calls are *alike* if they differ only in numbers. So 100,000 schedules of 100 kinds take 100 calls.
Each schedule then gets its lane of the batch, and with it the same bits: the rates of a lane do not
depend on the other lanes.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.program import tree
from fastlr.schedule.recorded_calls import Call

__all__ = ["Known", "LikeCalls", "lanes_of_batch"]

_FEWEST = 8  # fewer are built one by one as fast
_NUMBERS = "iuf"


class Known(NamedTuple):
    """What is known of constructors: the functions, and the core axes of their parameters."""

    constructors: Mapping[str, Callable[..., Any]]
    cores_of: Callable[[str], Mapping[str, int]]  # of a constructor that has been called before


class LikeCalls:
    """Builds calls by groups. ``built`` has the schedule of each call by its ``id``.

    Calls that are unusual or wrong are left out, so that the caller builds them alone and meets
    their errors.
    """

    def __init__(self, known: Known) -> None:
        self.known = known
        self.built: dict[int, Any] = {}

    def add(self, calls: Sequence[Call], alone: Callable[[Call], Any]) -> None:
        """Build calls. ``alone`` builds one, which also reads the rules of its constructor."""
        groups: dict[object, list[Call]] = {}
        for call in {id(call): call for call in calls if id(call) not in self.built}.values():
            if (form := _form(call)) is not None:
                groups.setdefault(form, []).append(call)
        for group in groups.values():
            if len(group) >= _FEWEST and group[0].name in self.known.constructors:
                self._add_group(group, alone)

    def _add_group(self, group: list[Call], alone: Callable[[Call], Any]) -> None:
        """Build calls of one form."""
        try:
            alone(group[0])
            lanes = lanes_of_batch(self._batch(group), len(group), self.known)
        except (ValueError, TypeError, KeyError):
            return
        self.built.update((id(call), lane) for call, lane in zip(group, lanes, strict=True))

    def _batch(self, group: Sequence[Call]) -> Any:
        """One schedule with a lane per call."""
        first = group[0]
        cores = self.known.cores_of(first.name)
        arguments = {
            name: self._column([call.arguments[name] for call in group], cores[name])
            for name in first.arguments
        }
        return self.known.constructors[first.name](**arguments)

    def _column(self, values: list[Any], core: int) -> Any:
        """The values of one parameter: an array, a batch, or the value that all share."""
        first = values[0]
        if isinstance(first, Call):
            return self._batch(values)
        if isinstance(first, tuple):
            return tuple(self._batch(part) for part in zip(*values, strict=True))
        if not isinstance(first, np.ndarray) or first.dtype.kind not in _NUMBERS:
            return first
        if first.ndim != core:
            raise ValueError("a batch is built alone")
        return np.stack(values) if core else np.array([value.item() for value in values])


def _form(call: Call) -> object:
    """What calls must share to be alike; ``None`` for a call that must be built alone."""
    if call.name == "stack" or call.is_preset:
        return None
    forms = [_argument_form(value) for value in call.arguments.values()]
    return None if None in forms else (call.name, *call.arguments, *forms)


def _argument_form(value: object) -> object:
    """What arguments must share. Numbers share their type and shape, all else its value."""
    if isinstance(value, Call):
        return _form(value)
    if isinstance(value, tuple):
        forms = tuple(map(_form, value))
        return None if None in forms else forms
    if not isinstance(value, np.ndarray):
        return type(value), value
    content = b"" if value.dtype.kind in _NUMBERS else value.tobytes()
    return value.dtype.str, value.shape, content


def lanes_of_batch(batch: Any, lanes: int, known: Known) -> list[Any]:
    """The schedules along the only axis of a batch.

    Raises ``ValueError`` for another shape, and for schedules that must be built alone.
    """
    if batch.shape == ():
        return [batch] * lanes
    if batch.shape != (lanes,) or batch._node.has_preset:
        raise ValueError("its lanes are built alone")
    kind, past_end = type(batch), batch.past_end
    nodes, calls = tree.split(batch._node, lanes), _lane_calls(batch._call, lanes, known)
    for node, call in zip(nodes, calls, strict=True):
        call.keep(kind, node, past_end)
    return [kind(node, call, past_end) for node, call in zip(nodes, calls, strict=True)]


def _lane_calls(call: Call, lanes: int, known: Known) -> list[Call]:
    """The call of each lane, without the arguments that equal their defaults."""
    if call.name == "stack" or call.is_preset:
        raise ValueError("its lanes are built alone")
    cores = known.cores_of(call.name)
    columns = [
        _lane_arguments(value, cores[name], lanes, known) for name, value in call.arguments.items()
    ]
    names, rows = tuple(call.arguments), zip(*columns, strict=True)
    found = [Call(call.name, dict(zip(names, row, strict=True))) for row in rows]
    for name, places in _defaults_among(call, cores, known).items():
        for i in places.tolist():
            kept = {key: value for key, value in found[i].arguments.items() if key != name}
            found[i] = Call(call.name, kept)
    return found


def _lane_arguments(value: Any, core: int, lanes: int, known: Known) -> list[Any]:
    """The argument of each lane."""
    if isinstance(value, Call):
        return list(_lane_calls(value, lanes, known))
    if isinstance(value, tuple):
        return list(zip(*(_lane_calls(part, lanes, known) for part in value), strict=True))
    if not isinstance(value, np.ndarray) or value.ndim <= core:
        return [value] * lanes
    if value.ndim > core + 1:
        raise ValueError("its lanes are built alone")
    return [value[i if value.shape[0] > 1 else 0, ...] for i in range(lanes)]


def _defaults_among(
    call: Call, cores: Mapping[str, int], known: Known
) -> dict[str, npt.NDArray[np.int64]]:
    """Per parameter that may be left out, the lanes whose number is the default."""
    parameters = inspect.signature(known.constructors[call.name]).parameters
    found = dict[str, npt.NDArray[np.int64]]()
    for name, value in call.arguments.items():
        default = parameters[name].default
        is_column = isinstance(value, np.ndarray) and value.ndim == 1 and not cores[name]
        if is_column and type(default) in (int, float, str):
            found[name] = np.flatnonzero(value == default)
    return found
