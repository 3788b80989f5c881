"""The tree behind a schedule: a dozen kinds of node, numbers in their leaves, and no way to evaluate it.

A node has a ``kind``, its numbers by name, the nodes it is made of, and its length in ``steps`` (``None`` where it
goes on for ever). Numbers are read-only NumPy arrays that broadcast against each other; the shape they broadcast to is the
batch shape. A piece of ``steps=n`` has its ``init`` at its step 0 and reaches its ``end`` at step n, which it then holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.shapes import LAST_STEP

__all__ = [
    "Node",
    "Numbers",
    "clock",
    "curve",
    "cycles",
    "delay",
    "ended",
    "ends",
    "join",
    "loop",
    "pair",
    "remade",
    "scale",
    "select",
    "stack",
    "take",
    "written",
]

Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int64]

_EACH = np.asarray(1)


@dataclass(frozen=True, eq=False)
class Node:
    """One node. ``bound`` is a level that no rate of the node exceeds; where it is infinite, the constructor refuses the node."""

    kind: str
    numbers: Mapping[str, Numbers]
    parts: tuple["Node", ...]
    steps: npt.NDArray[np.int64] | None
    bound: npt.NDArray[np.float64]
    samples: npt.NDArray[np.float64] | None = field(default=None)
    labels: tuple[str, ...] | None = field(default=None)  # of a stack's parts

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The batch shape: what the numbers of this node and of its parts broadcast to."""
        inner = [part.shape for part in self.parts]
        if self.kind == "stack":
            return (len(inner), *_common(inner))
        own = [number.shape for number in self.numbers.values()]
        table = [] if self.samples is None else [self.samples.shape[:-1]]
        return _common([*own, *inner, *table])

    @cached_property
    def last(self) -> npt.NDArray[np.float64]:
        """The length of each lane, also where others go on for ever; infinite for one that does."""
        if self.steps is not None or self.kind == "loop" or not self.parts:
            return np.asarray(np.inf if self.steps is None else self.steps, dtype=np.float64)
        if self.kind == "stack":
            return np.stack([np.broadcast_to(part.last, self.shape[1:]) for part in self.parts])
        if self.kind == "join":
            return np.asarray(self.numbers[str(len(self.parts) - 1)] + self.parts[-1].last)
        if self.kind == "clock":
            return _last_of_clock(self)
        lengths = [part.last for part in self.parts if part.kind != "constant"] or [np.asarray(np.inf)]
        found: npt.NDArray[np.float64] = reduce(np.maximum, lengths)
        return found + self.numbers["steps"] if self.kind == "delay" else found

    @cached_property
    def names(self) -> tuple[str, ...] | None:
        """What the lanes along the first batch axis are called: a stack's labels, or those of the parts that have that axis.

        Raises ``ValueError`` where two parts call them otherwise, or one name would stand for several lanes.
        """
        if self.kind == "stack":
            return self.labels
        if not self.parts:
            return None
        found = {part.names for part in self.parts if part.names and len(part.shape) == len(self.shape)}
        if wider := [names for names in found if len(names) != self.shape[0]]:
            raise ValueError(f"groups must be as many as their names, got {self.shape[0]} lanes for {list(wider[0])}")
        if len(found) > 1:
            raise ValueError(f"groups must have the same names, got {' and '.join(str(list(names)) for names in sorted(found))}")
        return found.pop() if found else None

    @cached_property
    def rows(self) -> float:
        """How many rows of a program the node becomes, at most: a delay takes those at its step 0 twice, a clock all
        that it holds once a pace, a stretched loop once a cycle.
        """
        inside = sum(part.rows for part in self.parts)
        if self.kind == "delay":
            return 1 + 2 * inside
        if self.kind == "clock":
            return (1 + inside) * _pieces(self)
        return 2 + inside * _unrolled(self)

    @cached_property
    def highest(self) -> npt.NDArray[np.float64]:
        """A level that no number in the node's rows exceeds, where ``bound`` is one that no rate does: the rates of a product may
        be low though those of a factor are not. What multiplies a node goes into its parts, of a product into the first.
        """
        own = self.bound
        if not self.parts:
            return own
        factor = self.numbers["factor"] if self.kind == "scale" else self._grown if self.kind == "loop" else _EACH
        inside = [part.highest for part in self.parts]
        if factor is not _EACH:
            with np.errstate(over="ignore"):
                inside = [np.where(level > 0, factor * level, 0.0) for level in inside]
        if self.kind == "stack":
            return np.stack([np.broadcast_to(level, self.shape[1:]) for level in inside])
        return reduce(np.maximum, inside, own)

    @property
    def _grown(self) -> npt.NDArray[np.float64]:
        """What the last cycle of a stretched loop, which is a row of its own, multiplies the levels of its body by."""
        grown = _growth(self.numbers["scale"], self.numbers["times"])
        return np.where(np.all(self.numbers["stretch"] == 1), 1.0, grown)


def _common(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """What shapes broadcast to. Most are those of single numbers, and others are alike."""
    distinct = set(shapes) - {()}
    return np.broadcast_shapes(*distinct) if len(distinct) > 1 else next(iter(distinct), ())


def _unrolled(node: Node) -> float:
    """How many cycles of a stretched loop become rows of their own; 1 for every other node."""
    if node.kind != "loop" or np.all(node.numbers["stretch"] == 1):
        return 1.0
    period, times, stretch = (node.numbers[name] for name in ("period", "times", "stretch"))
    return float(np.max(np.where(stretch > 1, 1 + cycles(period, times, stretch), 1)))


_ROWS_OF_CYCLES_PER_PART = 16  # so that a schedule may use the same cycles four times


def written(node: Node) -> float:
    """How many nodes, uses of them and paces describe a node, each node counted once.

    The numbers of a stretched loop are stored per cycle: it counts a share of its rows.
    """
    seen, left, total = {id(node)}, [node], 0.0
    while left:
        one = left.pop()
        cycled = one.rows / _ROWS_OF_CYCLES_PER_PART if _unrolled(one) > 1 else 0.0
        total += 1 + cycled + len(one.parts) + (_pieces(one) if one.kind == "clock" else 0)
        for part in one.parts:
            if id(part) not in seen:
                seen.add(id(part))
                left.append(part)
    return total


def _growth(scale: Numbers, times: Numbers) -> npt.NDArray[np.float64]:
    """The largest of ``scale^i`` over so many cycles; infinite where it is past all numbers."""
    with np.errstate(over="ignore"):
        return np.power(np.maximum(scale, 1.0), np.maximum(times - 1.0, 0.0))


def cycles(period: Numbers, times: Numbers, stretch: Numbers) -> npt.NDArray[np.float64]:
    """About how many cycles, each ``stretch`` as long as the last, begin by step 2^53; at most ``times``, unless that is -1."""
    with np.errstate(invalid="ignore"):  # 0/0 where all are alike
        fitting = np.log1p(LAST_STEP * (stretch - 1.0) / np.asarray(period)) / np.log(stretch)
    found: npt.NDArray[np.float64] = np.where(times < 0, fitting, np.minimum(times, np.where(stretch > 1, fitting, times)))
    return found


def _node(
    kind: str,
    numbers: Mapping[str, Numbers],
    parts: tuple[Node, ...],
    steps: Numbers | None,
    bound: npt.ArrayLike,
    samples: npt.NDArray[np.float64] | None = None,
) -> Node:
    length = None if steps is None else np.asarray(steps, dtype=np.int64)
    return Node(kind, MappingProxyType(dict(numbers)), parts, length, np.asarray(bound, dtype=np.float64), samples)


def curve(
    kind: str,
    length: Numbers | None,
    bound: npt.ArrayLike,
    samples: npt.NDArray[np.float64] | None = None,
    /,
    **numbers: Numbers,
) -> Node:
    """A leaf: one curve of the shape table, by its own numbers."""
    return _node(kind, numbers, (), length, bound, samples)


def join(parts: tuple[Node, ...], starts: tuple[Numbers, ...]) -> Node:
    """``parts[i]`` on its own clock from step ``starts[i]`` on; ``starts[0]`` is 0 and they never fall."""
    numbers = {str(i): start for i, start in enumerate(starts)}
    last = parts[-1].steps
    bound = parts[0].bound
    for part in parts[1:]:
        bound = np.maximum(bound, part.bound)
    return _node("join", numbers, parts, None if last is None else starts[-1] + last, bound)


def loop(
    body: Node, period: Numbers, times: Numbers, scale: Numbers, stretch: Numbers, floor: Numbers, steps: Numbers | None
) -> Node:
    """``body`` again and again, each time ``stretch`` as long and ``scale`` as far from ``floor`` as before.

    ``times`` of -1 means for ever.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        bound = np.maximum(floor, np.where(body.bound > 0, _growth(scale, times) * body.bound, 0.0))
    numbers = {"period": period, "times": times, "scale": scale, "stretch": stretch, "floor": floor}
    return _node("loop", numbers, (body,), steps, bound)


def delay(body: Node, steps: Numbers) -> Node:
    """``body(0)`` for ``steps`` steps, then ``body``; two waits are one."""
    if body.kind == "delay":
        return delay(body.parts[0], np.asarray(body.numbers["steps"] + steps))
    return _node("delay", {"steps": steps}, (body,), None if body.steps is None else body.steps + steps, body.bound)


def clock(body: Node, paces: tuple[Numbers, ...], starts: tuple[Numbers, ...], begin: Numbers, every: Numbers = _EACH) -> Node:
    """``body`` on a clock that stands at ``begin`` at step 0; from ``starts[i]`` on ``paces[i]`` of it go by in ``every`` steps,
    all of them at the last. With more than one pace it is each step. A clock on one that keeps one pace each step is one clock.
    """
    if body.kind == "clock" and _pieces(body) == 1 and np.all(body.numbers["every"] == 1):
        base, pace = body.numbers["base0"], body.numbers["pace0"]
        return clock(body.parts[0], tuple(_on(0, pace, go) for go in paces), starts, _on(base, pace, begin), every)
    bases = [np.asarray(begin, dtype=np.float64)]
    for pace, start, stop in zip(paces, starts, starts[1:], strict=False):  # exact below 2^53, which is as far as a clock goes
        bases.append(np.minimum(bases[-1] + np.asarray(pace, dtype=np.float64) * (stop - start), LAST_STEP))
    numbers = dict[str, Numbers](every=every)
    for i, (base, pace, start) in enumerate(zip(bases, paces, starts, strict=True)):
        numbers |= {f"base{i}": base, f"pace{i}": pace, f"start{i}": start}
    steps = None if body.steps is None else _until(body.steps, paces, starts, bases) * every
    return _node("clock", numbers, (body,), steps, body.bound)


def _last_of_clock(node: Node) -> npt.NDArray[np.float64]:
    """The step at which the body of a clock ends, by lane."""
    bases, paces, starts = (tuple(node.numbers[f"{name}{i}"] for i in range(_pieces(node))) for name in ("base", "pace", "start"))
    inner = node.parts[0].last
    until = _until(np.where(np.isfinite(inner), inner, 0.0).astype(np.int64), paces, starts, bases)
    return np.where(np.isfinite(inner), until * node.numbers["every"], np.inf)


def _pieces(node: Node) -> int:
    """How many paces a clock keeps, one after the other."""
    return sum(name.startswith("pace") for name in node.numbers)


def _on(base: Numbers | int, pace: Numbers, clock: Numbers) -> npt.NDArray[np.int64]:
    """``base + pace*clock``, no further than the last step: exact below it."""
    reached = np.asarray(base, dtype=np.float64) + np.asarray(pace, dtype=np.float64) * clock
    return np.minimum(reached, LAST_STEP).astype(np.int64)


def _until(
    end: Numbers, paces: tuple[Numbers, ...], starts: tuple[Numbers, ...], bases: Sequence[Numbers]
) -> npt.NDArray[np.int64]:
    """The first step, of those in which it goes on, at which a clock has come to ``end``."""
    whole = [np.asarray(base, dtype=np.int64) for base in bases]
    reached = [start + -(-np.maximum(end - base, 0) // pace) for base, pace, start in zip(whole, paces, starts, strict=True)]
    step = reached[-1]
    for i in reversed(range(len(reached) - 1)):
        step = np.where(end <= whole[i + 1], reached[i], step)
    return np.asarray(step)


def scale(body: Node, factor: Numbers) -> Node:
    """``factor * body``."""
    with np.errstate(over="ignore"):
        return _node("scale", {"factor": factor}, (body,), body.steps, factor * body.bound)


def pair(kind: str, a: Node, b: Node) -> Node:
    """``multiply``, ``add``, ``minimum`` or ``maximum`` of two nodes on one clock; it lasts as long as either changes."""
    with np.errstate(over="ignore"):
        bound = {"multiply": np.multiply, "add": np.add, "minimum": np.minimum, "maximum": np.maximum}[kind](a.bound, b.bound)
    lengths = [node.steps for node in (a, b) if node.kind != "constant"]
    known = [length for length in lengths if length is not None]
    steps = np.maximum(known[0], known[-1]) if known and len(known) == len(lengths) else None
    return _node(kind, {}, (a, b), steps, bound)


def ended(node: Node, past_end: str) -> Node:
    """``node`` with what ``"zero"`` or ``"repeat"`` gives past its end as a part of it."""
    if node.steps is None or past_end in ("hold", "raise"):
        return node
    if past_end == "zero":
        nought = curve("constant", None, 0.0, value=np.asarray(0.0))
        return join((node, nought), (np.asarray(0), node.steps))
    one, none = np.asarray(1.0), np.asarray(0.0)
    return loop(node, node.steps, np.asarray(-1), one, one, none, None)


def remade(node: Node, parts: tuple[Node, ...], **numbers: Numbers) -> Node:
    """A curve with other numbers, or a scale or a delay of another part."""
    if node.kind == "scale":
        return scale(parts[0], node.numbers["factor"])
    if node.kind == "delay":
        return delay(parts[0], node.numbers["steps"])
    return _node(node.kind, {**node.numbers, **numbers}, (), numbers.get("steps", node.steps), node.bound, node.samples)


def ends(node: Node) -> list[npt.NDArray[np.int64]]:
    """How many steps each part of a node takes that is a lane, or lanes, of its own, and ends."""
    if node.kind == "stack":
        return [length for part in node.parts for length in ends(part)]
    if node.steps is None and node.kind in ("scale", "delay"):
        wait = node.numbers.get("steps", np.asarray(0))
        return [np.asarray(length + wait, dtype=np.int64) for length in ends(node.parts[0])]
    return [] if node.steps is None else [node.steps]


def stack(parts: tuple[Node, ...], labels: tuple[str, ...] | None = None) -> Node:
    """Nodes of one batch shape, side by side along a new first axis, and what they are called."""
    shape = np.broadcast_shapes(*(part.shape for part in parts))
    lengths = [part.steps for part in parts]
    known = [np.broadcast_to(length, shape) for length in lengths if length is not None]
    steps = np.stack(known) if len(known) == len(parts) else None
    together = _node("stack", {}, parts, steps, np.stack([np.broadcast_to(part.bound, shape) for part in parts]))
    return replace(together, labels=labels)


def take(node: Node, index: int, axes: int) -> Node:
    """What stands at ``index`` along the first of ``axes`` batch axes."""
    if node.kind == "stack" and len(node.shape) == axes:
        return node.parts[index if len(node.parts) > 1 else 0]

    def pick(number: npt.NDArray[Any], inner: int = 0) -> npt.NDArray[Any]:
        if number.ndim - inner < axes:
            return number
        return np.asarray(number[index if number.shape[0] > 1 else 0])

    numbers = {name: pick(number) for name, number in node.numbers.items()}
    return replace(
        node,
        numbers=MappingProxyType(numbers),
        parts=tuple(take(part, index, axes) for part in node.parts),
        steps=None if node.steps is None else pick(node.steps),
        bound=pick(node.bound),
        samples=None if node.samples is None else pick(node.samples, inner=1),
    )


def select(node: Node, chosen: npt.NDArray[np.bool_]) -> Node:
    """The lanes where ``chosen``, of the batch shape, is true, along one batch axis."""

    def pick(number: npt.NDArray[Any], inner: int = 0) -> npt.NDArray[Any]:
        if number.ndim == inner:
            return number
        picked: npt.NDArray[Any] = np.broadcast_to(number, chosen.shape + number.shape[number.ndim - inner :])[chosen]
        return picked

    return replace(
        node,
        numbers=MappingProxyType({name: pick(number) for name, number in node.numbers.items()}),
        parts=tuple(select(part, chosen) for part in node.parts),
        steps=None if node.steps is None else pick(node.steps),
        bound=pick(node.bound),
        samples=None if node.samples is None else pick(node.samples, inner=1),
    )
