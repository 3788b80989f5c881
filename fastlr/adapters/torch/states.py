"""The state of a scheduler as plain data: its rule, and the errors for a state of another kind."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fastlr.arguments.rules import short_repr

__all__ = ["carried", "read_state", "restored", "saved_rule"]


def _plain(value: Any) -> Any:
    """A number of a state as JSON has it; JSON has no infinity."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if math.isfinite(value) else repr(value)


def _numbers(value: Any) -> Any:
    """The inverse of ``_plain``."""
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return float(value) if isinstance(value, str) else value


def saved_rule(rule: Any, state: Any) -> dict[str, Any]:
    """A plateau rule and its state as plain data."""
    parts = {name: _plain(np.asarray(part).tolist()) for name, part in state._asdict().items()}
    return {"rule": rule.to_spec(), "state": parts}


def restored(rule: Any, parts: Mapping[str, Any]) -> Any:
    """The state of a rule from plain data, checked by the rule."""
    blank = rule.init()._asdict()
    if not isinstance(parts, Mapping) or set(parts) != set(blank):
        raise ValueError(
            f"load_state_dict: the plateau's state must have {', '.join(blank)}, got "
            f"{short_repr(parts)}"
        )
    return rule.restore(
        type(rule.init())(
            **{
                name: np.array(_numbers(parts[name]), dtype=part.dtype)
                for name, part in blank.items()
            }
        )
    )


def read_state(state: object) -> dict[str, Any]:
    """The content of a state, or an error that says whose state it is."""
    rule = "load_state_dict: state must be what fastlr's Scheduler.state_dict() returned"
    if not isinstance(state, Mapping):
        raise TypeError(f"{rule}, got {type(state).__name__} {short_repr(state)}")
    if set(state) == {"resume", "step", "fingerprint", "plan"}:  # flr.checkpoint's
        return {"run": dict(state)}
    if set(state) == {"fastlr"} and isinstance(state["fastlr"], str):
        try:
            return _checked_content(json.loads(state["fastlr"]), rule)
        except json.JSONDecodeError as error:
            raise ValueError(f"{rule}, got text that is no JSON: {error}") from None
    if "num_bad_epochs" in state:
        raise ValueError(
            f"{rule}, got that of a ReduceLROnPlateau; to continue from it, pass "
            f"plateau=flr.Plateau(...) and step=, the number of updates that were made"
        )
    if "last_epoch" in state:
        raise ValueError(
            f"{rule}, got that of another scheduler; to continue from it, pass step="
            f"{state['last_epoch']!r} to Scheduler in place of this call; flr.from_config reads "
            "the schedule from it"
        )
    raise ValueError(f"{rule}, got {short_repr(state)}")


def _checked_content(content: Any, rule: str) -> dict[str, Any]:
    """The content of the JSON string, if it has the parts that a state has."""
    if not isinstance(content, dict) or not {"run"} <= set(content) <= {
        "run",
        "active",
        "initial_lr",
        "plateau",
    }:
        raise ValueError(f"{rule}, got {short_repr(content)}")
    return content


def carried(rule: Any, scale: float | None, saved: Any) -> Any:
    """The state of a new rule: the saved one if the rule can continue from it."""
    if saved is not None and set(saved["state"]) == set(rule.init()._asdict()):
        return restored(rule, saved["state"])
    if saved is not None and scale is None:
        raise ValueError(
            "load_state_dict: scale must be given where plateau is a rule of another kind than the "
            f"saved one, got none; pass scale={saved['state']['scale']!r} to Scheduler to continue "
            "from the saved scale, or scale=1.0 to begin at the rates of the schedule"
        )
    return rule.init(scale=1.0 if scale is None else scale)
