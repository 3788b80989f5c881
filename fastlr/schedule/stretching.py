"""Stretch a tree: every boundary at a factor times its step, the same levels, the same curves.

A boundary at step ``b`` moves to ``round(b*factor)``, ties to even. So each boundary is rounded
once, and rounding does not add up along a join. What repeats, as a cycle or a stair, must keep a
whole number of steps: rounding its period would move a later boundary by more than half a step.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.program import tree
from fastlr.program.growing_cycles import cycled_steps
from fastlr.program.opcodes import LAST_STEP
from fastlr.program.tree import Node, Numbers

__all__ = ["stretched", "whole_steps"]

Floats = npt.NDArray[np.float64]

# the times in the formula of a curve that never ends; they need not be whole
_TIMES = {
    "geometric_decay": ("every",),
    "natural": ("every",),
    "inverse": ("shift", "unit"),
    "eden": ("width",),
}
_PERIODS = ("staircase", "sampled")  # the curves whose ``every`` kernels count with


def stretched(node: Node, factor: Numbers, begin: Numbers) -> Node:
    """Return a node that takes ``factor`` times as many steps.

    ``begin`` is the step at which the node itself starts. Raises ``ValueError`` if a piece would
    vanish, if a period would not be whole, or if a boundary would be beyond step 2^53.
    """
    found = _CHANGES.get(node.kind, _curve)(node, factor, begin)
    if (run := node.run) is None:
        return found
    steps = None if run.steps is None else np.asarray(_moved(run.steps, factor, begin), np.int64)
    return replace(found, run=tree.Run(f"the stretched {run.name}", steps))


def whole_steps(name: str, steps: Numbers, factor: Numbers) -> Floats:
    """Return ``steps*factor``, or raise if one of them is not a whole number of steps."""
    product = np.asarray(steps, dtype=np.float64) * factor
    wrong = (product != np.rint(product)) | (product < 1)
    if np.any(wrong):
        few, by = (np.broadcast_to(x, wrong.shape)[wrong].flat[0] for x in (steps, factor))
        raise ValueError(
            f"stretch: factor must give {name} a whole number of steps, got {float(by)!r} for "
            f"{int(few):,} steps; repeat or sample what you have stretched, or, for a table of "
            "every n-th rate, use paced([n])"
        )
    return product


def _placed(step: Numbers, factor: Numbers) -> Floats:
    """Return the step to which a boundary moves."""
    places: Floats = np.rint(np.asarray(step, dtype=np.float64) * factor)
    if np.any(places > LAST_STEP):
        raise ValueError(
            "stretch: factor must leave every boundary by step 2**53, got "
            f"{short_repr(factor)}, for which one is at step {float(places.max()):.4g}"
        )
    return places


def _moved(steps: Numbers, factor: Numbers, begin: Numbers) -> Floats:
    """Return the new length of a piece of so many steps that starts at step ``begin``."""
    length = _placed(begin + steps, factor) - _placed(begin, factor)
    gone = (steps > 0) & (length < 1)
    if np.any(gone):
        few = np.broadcast_to(steps, gone.shape)[gone].flat[0]
        raise ValueError(
            "stretch: factor must leave every piece at least one step, got "
            f"{short_repr(factor)}, by which one of {int(few):,} steps would vanish"
        )
    return length


def _curve(node: Node, factor: Numbers, begin: Numbers) -> Node:
    numbers = dict(node.numbers)
    steps: Numbers | None = node.steps
    if "steps" in numbers:
        numbers["steps"] = steps = _moved(numbers["steps"], factor, begin)
    elif node.kind in _PERIODS:
        numbers["every"] = whole_steps("each value of a table or a stair", numbers["every"], factor)
        if node.samples is not None:
            steps = numbers["every"] * (node.samples.shape[-1] - 1)
    for name in _TIMES.get(node.kind, ()):
        numbers[name] = np.asarray(numbers.get(name, 1.0) * factor)
    return tree.curve(node.kind, steps, node.bound, node.samples, **numbers)


def _join(node: Node, factor: Numbers, begin: Numbers) -> Node:
    starts = [begin + node.numbers[str(i)] for i in range(len(node.parts))]
    for start, after in pairwise(starts):
        _moved(after - start, factor, start)  # raises if the part between them vanishes
    first = _placed(begin, factor)
    return tree.join(
        tuple(
            stretched(part, factor, start) for part, start in zip(node.parts, starts, strict=True)
        ),
        tuple(_placed(start, factor) - first for start in starts),
    )


def _loop(node: Node, factor: Numbers, begin: Numbers) -> Node:
    period, times, stretch = (node.numbers[name] for name in ("period", "times", "stretch"))
    length = whole_steps("a cycle", period, factor)
    if (steps := node.steps) is not None:
        _placed(begin + steps, factor)  # raises if it is beyond the last step
        steps = cycled_steps(length, times, stretch)
    return tree.loop(
        stretched(node.parts[0], factor, np.asarray(0)),
        length,
        times,
        node.numbers["scale"],
        stretch,
        node.numbers["floor"],
        steps,
    )


def _delay(node: Node, factor: Numbers, begin: Numbers) -> Node:
    wait = node.numbers["steps"]
    return tree.delay(stretched(node.parts[0], factor, begin + wait), _moved(wait, factor, begin))


def _time_map(node: Node, factor: Numbers, begin: Numbers) -> Node:
    """Stretch the stairs of a time map, or what it evaluates if it advances at every step."""
    count = sum(name.startswith("pace") for name in node.numbers)
    bases, paces, starts = (
        [node.numbers[f"{name}{i}"] for i in range(count)] for name in ("base", "pace", "start")
    )
    if np.any(node.numbers["every"] != 1):
        every = whole_steps("a stair", node.numbers["every"], factor)
        return tree.time_map(node.parts[0], tuple(paces), tuple(starts), bases[0], every)
    # steps that are left out at the front are those before the node, if it skips nothing later
    front = np.where(paces[0] == 1, begin, 0) - bases[0]
    body = stretched(node.parts[0], factor, front)
    base = _placed(front + bases[0], factor) - _placed(front, factor)
    changes = [whole_steps("each pace", start, factor) for start in starts[1:]]
    found = tree.time_map(body, tuple(paces), (starts[0], *changes), base)
    if node.steps is None or found.steps is None:
        return found
    # a stretched pace may reach the end of its samples a step earlier, where a cycle must not end
    steps = np.maximum(found.steps, _moved(node.steps, factor, begin))
    return replace(found, steps=steps.astype(np.int64))


def _parts(node: Node, factor: Numbers, begin: Numbers) -> Node:
    if node.kind == "scale":
        return tree.scale(stretched(node.parts[0], factor, begin), node.numbers["factor"])
    return tree.pair(node.kind, *(stretched(part, factor, begin) for part in node.parts))


def _stack(node: Node, factor: Numbers, begin: Numbers) -> Node:
    return tree.stack(
        tuple(
            stretched(part, _of_part(node, factor, i), _of_part(node, begin, i))
            for i, part in enumerate(node.parts)
        ),
        node.labels,
    )


def _of_part(node: Node, number: Numbers, i: int) -> Numbers:
    """Return the number that broadcasts to part ``i`` of a stack, from one that does to all."""
    axes = len(node.shape)
    if number.ndim > axes:
        raise ValueError(
            f"stretch: factor must have at most the {axes} axes of the stack, got shape "
            f"{number.shape}"
        )
    if number.ndim < axes:
        return number
    return np.asarray(number[i if number.shape[0] > 1 else 0])


_CHANGES = {
    "join": _join,
    "loop": _loop,
    "delay": _delay,
    "time_map": _time_map,
    "stack": _stack,
    **dict.fromkeys(("scale", "multiply", "add", "minimum", "maximum"), _parts),
}
