"""The state of a scheduler as plain data: its rule, and the errors for a state of another kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastlr.arguments.rules import short_repr

__all__ = ["carried", "read_state"]


def read_state(state: object) -> dict[str, Any]:
    """The content of a state, or an error that says whose state it is."""
    rule = "load_state_dict: state must be what fastlr's Scheduler.state_dict() returned"
    if not isinstance(state, Mapping):
        raise TypeError(f"{rule}, got {type(state).__name__} {short_repr(state)}")
    if set(state) - {"plateau"} == {"resume", "step", "fingerprint", "plan"}:  # flr.checkpoint's
        run = {key: value for key, value in state.items() if key != "plateau"}
        return {"run": run} | ({"plateau": state["plateau"]} if "plateau" in state else {})
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
    if saved is not None and set(saved["state"]) == set(rule.layout.names):
        return rule.restore(saved["state"])
    if saved is not None and scale is None:
        raise ValueError(
            "load_state_dict: scale must be given where plateau is a rule of another kind than the "
            f"saved one, got none; pass scale={saved['state']['scale']!r} to Scheduler to continue "
            "from the saved scale, or scale=1.0 to begin at the rates of the schedule"
        )
    return rule.init(scale=1.0 if scale is None else scale)
