"""All kinds of rules by the key of their specs, for a checkpoint that says which rule it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr.arguments.rules import short_repr
from fastlr.plateau.adaptive import GreedyLR, KLAdaptive, NewBob
from fastlr.plateau.rule import Plateau

__all__ = ["rule_from_spec"]

Rule = Plateau | GreedyLR | KLAdaptive | NewBob

_KINDS: dict[str, Any] = {kind.key: kind for kind in (Plateau, GreedyLR, KLAdaptive, NewBob)}


def rule_from_spec(where: str, spec: object) -> Rule:
    """Return the rule of a spec, of whichever kind.

    Parameters
    ----------
    where : str
        What the message begins with.
    spec : Mapping
        What ``to_spec()`` of a rule returned.
    """
    found = [key for key in _KINDS if isinstance(spec, Mapping) and key in spec]
    if len(found) != 1:
        raise ValueError(
            f"{where} must be the spec of a rule, with one of {', '.join(_KINDS)}, got "
            f"{short_repr(spec)}"
        )
    rule: Rule = _KINDS[found[0]].from_spec(spec)
    return rule
