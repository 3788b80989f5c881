"""Change the levels and the lengths of a tree: what ``lowering`` does to a factor and to cycles.

A factor becomes a part of the levels, so it costs nothing at run time. The cycles of a growing loop
become bodies of their own lengths and levels.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fastlr.program import double_double
from fastlr.program.tree import Node, Numbers

__all__ = [
    "SAFE_EXPONENT",
    "add_axis",
    "apply_factor",
    "scale_levels",
    "select_cycles",
    "stretch_steps",
]

Floats = npt.NDArray[np.float64]

SAFE_EXPONENT = 700  # a level from 2^-700 to 2^700 loses no digits in a computation
_LEVELS = frozenset({"value", "init", "end", "floor"})  # the numbers of a node that are rates


def _map_numbers(node: Node, change: Callable[[Numbers], Numbers]) -> Node:
    """Return a node with each of its numbers, and those of its parts, changed."""
    numbers = {name: change(number) for name, number in node.numbers.items()}
    parts = tuple(_map_numbers(part, change) for part in node.parts)
    return replace(
        node,
        numbers=numbers,
        parts=parts,
        steps=None,
        bound=np.asarray(change(node.bound), dtype=np.float64),
    )


def add_axis(node: Node) -> Node:
    """Return a node with one more batch axis behind the others."""
    return _map_numbers(node, lambda number: number[..., None])


def select_cycles(node: Node, chosen: slice) -> Node:
    """Return a node, whose last batch axis is that of cycles, for some cycles."""
    return _map_numbers(
        node, lambda number: number[..., chosen] if number.ndim and number.shape[-1] > 1 else number
    )


def apply_factor(node: Node) -> Node:
    """Return the part of a scale node with the factor multiplied into its levels."""
    return scale_levels(node.parts[0], double_double.pair(node.numbers["factor"]), np.asarray(0.0))


def scale_levels(node: Node, factor: double_double.DoubleDouble, floor: Numbers) -> Node:
    """Return a node with every level ``factor`` times as far from ``floor``, rounded once.

    The factor of a scale node inside goes first: the levels in between are those of a schedule that
    somebody built, so float64 can hold them.
    """
    if node.kind == "scale":
        return scale_levels(apply_factor(node), factor, floor)
    rest = double_double.multiply(
        double_double.subtract(double_double.pair(np.ones_like(factor[0])), factor),
        double_double.pair(floor),
    )

    def moved(level: Numbers) -> Floats:
        return double_double.add(double_double.multiply(double_double.pair(level), factor), rest)[0]

    numbers = {
        name: moved(number) if name in _LEVELS else number for name, number in node.numbers.items()
    }
    factors = (
        _split_factor(node.parts, factor) if node.kind == "multiply" else [factor] * len(node.parts)
    )
    parts = tuple(
        scale_levels(part, share, floor) for part, share in zip(node.parts, factors, strict=True)
    )
    samples = None if node.samples is None else _scale_samples(node.samples, factor, rest)
    return replace(
        node, numbers=numbers, parts=parts, bound=_scaled_bound(node, factor), samples=samples
    )


def _scaled_bound(node: Node, factor: double_double.DoubleDouble) -> Floats:
    """Return the bound of a node times a factor; it may be infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(node.bound * factor[0])


def _split_factor(
    parts: tuple[Node, ...], factor: double_double.DoubleDouble
) -> tuple[double_double.DoubleDouble, double_double.DoubleDouble]:
    """Return the factor of each part of a product: one takes it, the other takes 1.

    The first part takes it, unless that would cost more digits, at the limits of float64, than the
    second.
    """
    with np.errstate(divide="ignore"):
        first, second = (np.abs(np.log2(_scaled_bound(part, factor))) for part in parts)
    takes = (parts[0].bound == 0) | (first < SAFE_EXPONENT) | (first <= second)
    high, low = factor
    return (np.where(takes, high, 1.0), np.where(takes, low, 0.0)), (
        np.where(takes, 1.0, high),
        np.where(takes, 0.0, low),
    )


def _scale_samples(
    samples: Floats, factor: double_double.DoubleDouble, rest: double_double.DoubleDouble
) -> Floats:
    """Scale a table of samples as ``scale_levels`` scales levels."""
    (high, low), (rest_high, rest_low) = (
        (word[..., None] for word in pair) for pair in (factor, rest)
    )
    return double_double.add(
        double_double.multiply(double_double.pair(samples), (high, low)), (rest_high, rest_low)
    )[0]


def stretch_steps(node: Node, length: Floats, period: Floats, begin: Numbers) -> Node:
    """Return a node with every boundary at ``length/period`` times its step, rounded.

    ``begin`` is the step at which the node itself starts.
    """

    # the end of the period is exact; a product may be off by one at 2^52
    def place(step: Numbers) -> Floats:
        return np.where(step == period, length, np.rint(step * (length / period)))

    def moved(step: Numbers) -> Floats:
        return place(begin + step) - place(begin)

    numbers = dict(node.numbers)
    for name in numbers.keys() & {"steps", *(str(i) for i in range(len(node.parts)))}:
        numbers[name] = moved(numbers[name])
    wait = {"join": [str(i) for i in range(len(node.parts))], "delay": ["steps"]}.get(node.kind)
    begins = [begin + node.numbers[name] for name in wait] if wait else [begin] * len(node.parts)
    parts = tuple(
        stretch_steps(part, length, period, at) for part, at in zip(node.parts, begins, strict=True)
    )
    return replace(node, numbers=numbers, parts=parts)
