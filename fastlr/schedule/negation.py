"""The negative of a tree, for the difference of two schedules.

A difference is the sum of a schedule and the negative of another. Only trees whose curves lie
between two levels have a negative: the same curve between the negative levels. Other curves, such
as exponential decays, take the sign of a rate for granted, in kernels and in reductions.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fastlr.program import tree
from fastlr.program.tree import Node

__all__ = ["last_change", "negative"]

_CURVES = frozenset({"affine_exponential", "cosine", "logarithmic", "polynomial", "rex", "tanh"})
_HOLDERS = frozenset({"delay", "join", "loop", "scale", "stack", "time_map"})
_OPPOSITE = {"add": "add", "maximum": "minimum", "minimum": "maximum"}


def negative(node: Node) -> Node:
    """Return the node of ``-1`` times the rates of a node, or raise if it has none."""
    if node.kind == "scale" and np.all(node.numbers["factor"] == -1):
        return node.parts[0]  # the negative of a negative
    if node.kind in _OPPOSITE:
        return tree.pair(_OPPOSITE[node.kind], *map(negative, node.parts))
    nothing = np.zeros_like(node.bound)  # no rate exceeds it
    if node.kind in _HOLDERS:
        floor = {"floor": -node.numbers["floor"]} if node.kind == "loop" else {}
        parts = tuple(map(negative, node.parts))
        return replace(
            node, numbers={**node.numbers, **floor}, parts=parts, bound=nothing, run=None
        )
    if node.kind == "constant":  # which does not count for the length of a sum
        return replace(node, numbers={"value": -node.numbers["value"]}, bound=nothing)
    if node.kind in _CURVES or node.samples is not None:
        return replace(tree.scale(node, np.asarray(-1.0)), bound=nothing)
    raise ValueError(
        "subtract: the schedule that is subtracted must be made of lines, cosines and other curves "
        f"between two levels, got {tree.in_words(node)}; sampled(s.table(n)) can stand for the "
        "first n steps of any schedule"
    )


def last_change(node: Node) -> int | None:
    """Return a step from which the rates of all lanes stay the same, ``None`` if it is unknown."""
    if node.steps is not None:
        return int(np.max(node.steps))
    if node.kind == "constant":
        return 0
    if node.kind not in (*_OPPOSITE, "delay", "join", "multiply", "scale", "stack"):
        return None
    found = [last_change(part) for part in node.parts]
    if node.kind == "join":  # only the last part is in force for ever
        found = found[-1:]
    begin = np.max([np.max(steps) for steps in node.numbers.values()]) if node.numbers else 0
    later = 0 if node.kind == "scale" else int(begin)
    return None if None in found else later + max(step for step in found if step is not None)
