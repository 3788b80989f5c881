"""The state of a rule as plain data: what a checkpoint of JSON can hold, and how it is read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.plateau.state import StateLayout
from fastlr.schedule.schedule import Schedule

__all__ = ["parts_of", "plain_state"]

_INFINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}  # which JSON does not have


def plain_state(state: Any) -> dict[str, Any]:
    """Return the parts of a state by name, as numbers and lists of JSON."""
    return {name: _plain(np.asarray(part).tolist()) for name, part in state._asdict().items()}


def _plain(value: Any) -> Any:
    """A number of a state as JSON has it."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if math.isfinite(value) else repr(value)


def parts_of(rule: Any, state: object, layout: StateLayout) -> object:
    """Return the parts of a state that was read from a checkpoint, numbers and lists as arrays.

    What is no state at all is returned as it is, for the check that follows.
    """
    if isinstance(state, Mapping) and set(state) == {"rule", "state"}:
        _check_same_rule(rule, state["rule"])
        state = state["state"]
    if isinstance(state, Mapping):
        if set(state) != set(layout.names):
            raise ValueError(
                f"restore: state must have the parts {', '.join(layout.names)}, "
                f"got {short_repr(state)}"
            )
        parts: tuple[Any, ...] = tuple(state[name] for name in layout.names)
    elif isinstance(state, Iterable) and not isinstance(state, str | bytes | Schedule):
        parts = tuple(state)
    else:
        return state
    if len(parts) != len(layout.dtypes):
        return parts
    return tuple(_array(part, dtype) for part, dtype in zip(parts, layout.dtypes, strict=True))


def _check_same_rule(rule: Any, spec: object) -> None:
    """Raise if a saved state is that of a rule with other parameters."""
    if isinstance(spec, Mapping) and rule.key not in spec:
        raise ValueError(
            f"restore: state must be one of a {type(rule).__name__}, got one of another kind of "
            f"rule, {short_repr(spec)}; restore it with that rule, or begin with this one, "
            "rule.init(scale=...)"
        )
    if spec != rule.to_spec():
        raise ValueError(
            f"restore: state must be one of this rule, {short_repr(rule.to_spec())}, got one of "
            f"{short_repr(spec)}; build that rule, {type(rule).__name__}.from_spec(saved['rule']), "
            "or to continue with this one pass saved['state']"
        )


def _array(part: object, dtype: np.dtype[Any]) -> Any:
    """Return numbers and lists of JSON as an array of this dtype, if they fit it."""
    if isinstance(part, np.ndarray | np.generic | bool):
        return part
    numbers = _numbers(part)
    if not isinstance(numbers, int | float | list):
        return part
    try:
        array: npt.NDArray[Any] = np.asarray(numbers) if numbers != [] else np.empty(0, dtype)
    except (ValueError, OverflowError):  # lists of different lengths, an integer of 100 digits
        return part
    if array.dtype.kind == "b" or not np.can_cast(array.dtype, dtype, "same_kind"):
        return array
    found = array.astype(dtype)
    return found if np.array_equal(found, array, equal_nan=dtype.kind == "f") else array


def _numbers(value: Any) -> Any:
    """The inverse of ``_plain``."""
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return _INFINITE.get(value, value) if isinstance(value, str) else value
