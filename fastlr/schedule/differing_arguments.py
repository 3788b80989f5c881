"""The arguments in which the calls of schedules differ, for legends and tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastlr.schedule.recorded_calls import Call

__all__ = ["differing_arguments"]

Columns = dict[str, list[Any]]  # per argument, its value in each call


def differing_arguments(calls: Sequence[Call]) -> Columns:
    """Return the arguments that are not the same in all calls, as columns by name.

    An argument of a schedule inside another has its constructor's name in front where another
    argument has its name already. A column that repeats another is left out. Where the
    constructors differ, the column ``""`` has their names.

    >>> import fastlr as flr
    >>> batch = flr.linear(0.0, [0.1, 0.2], 10).then(flr.cosine([0.1, 0.2], 0.0, [90, 190]))
    >>> differing_arguments([lane._call for lane in batch])
    {'end': [0.1, 0.2], 'steps': [90, 190]}
    >>> differing_arguments([flr.constant(0.1)._call, flr.linear(1.0, 0.0, 10)._call])
    {'': ['constant', 'linear']}
    """
    found: Columns = {}
    _collect(list(calls), found)
    return found


def _collect(calls: list[Call], found: Columns) -> None:
    """Add the columns in which these calls differ."""
    if all(call == calls[0] for call in calls):
        return
    names = [call.name for call in calls]
    if len(set(names)) > 1:
        _add(found, "", "", names)
        return
    for key in {key: None for call in calls for key in call.arguments}:
        values = [call.arguments.get(key) for call in calls]
        if all(isinstance(value, Call) for value in values):
            _collect([value for value in values if isinstance(value, Call)], found)
        elif _are_parts(values):
            for parts in zip(*[value for value in values if isinstance(value, tuple)], strict=True):
                _collect(list(parts), found)
        else:
            _add(found, key, names[0], [_plain(value) for value in values])


def _are_parts(values: list[Any]) -> bool:
    """Whether all values are tuples of calls, of one length."""
    return all(isinstance(value, tuple) for value in values) and len(set(map(len, values))) == 1


def _add(found: Columns, key: str, owner: str, values: list[Any]) -> None:
    if any(value != values[0] for value in values) and values not in found.values():
        found[key if key not in found else f"{owner}.{key}"] = values


def _plain(value: object) -> Any:
    """Return an argument as a number, text or list."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.name if isinstance(value, Call) else value
