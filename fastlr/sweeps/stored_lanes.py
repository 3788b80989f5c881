"""Whether a store holds the first of some lanes, and how its lanes differ from them."""

from __future__ import annotations  # help() replaces rules in the text

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fastlr.arguments.rules import short_repr
from fastlr.sweeps.batches import Batch

__all__ = ["first_lanes", "lanes_difference"]


def first_lanes(lanes: Any, count: int) -> Any:
    """The first ``count`` lanes, as a sweep or a batch of their own; ``None`` if they are none.

    They are those of a shorter first axis, which varies slowest.

    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=[0.1, 0.2, 0.3], end=0.0, steps=[10, 20])
    >>> shorter = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20])
    >>> first_lanes(family, 4) == shorter, first_lanes(family, 3)
    (True, None)
    """
    shape = lanes.schedule.shape if isinstance(lanes, Batch) else getattr(lanes, "shape", ())
    length, rest = divmod(count, math.prod(shape[1:]))
    if not shape or rest or not 1 <= length <= shape[0]:
        return None
    if isinstance(lanes, Batch):
        return Batch(lanes.schedule[:length])
    shorter = getattr(lanes.axes[0], "first", None)  # an axis of the user's own may have none
    axis = None if shorter is None else shorter(length)
    return None if axis is None else replace(lanes, axes=(axis, *lanes.axes[1:]))


def lanes_difference(found: object, expected: Mapping[str, Any]) -> str:
    """Name the first part in which two descriptions of lanes differ; empty if none is known.

    >>> shared = {"family": "linear", "axes": [{"init": [0.1, 0.2]}]}
    >>> lanes_difference(shared | {"fixed": {"end": 0}}, shared | {"fixed": {"end": 1}})
    "its 'end' is 0, not 1"
    """
    if not isinstance(found, Mapping):
        return ""
    theirs, ours = dict(_parts(found)), dict(_parts(json.loads(json.dumps(expected))))
    for name in [*theirs, *(name for name in ours if name not in theirs)]:
        if name not in ours:
            return f"it has {name!r}, which these lanes do not have"
        if name not in theirs:
            return f"it has no {name!r}"
        if theirs[name] != ours[name]:
            return f"its {name!r} is {short_repr(theirs[name])}, not {short_repr(ours[name])}"
    orders = list(theirs), list(ours)
    return "" if orders[0] == orders[1] else f"its order is {orders[0]}, not {orders[1]}"


def _parts(description: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The parts of a description by name: what is fixed, and each parameter of each axis."""
    for name, value in description.items():
        nested = [value] if isinstance(value, Mapping) else value
        if isinstance(nested, list) and all(isinstance(part, Mapping) for part in nested):
            for part in nested:
                yield from _parts(part)
        else:
            yield name, value
