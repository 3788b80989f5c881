"""The tree of a schedule: nodes with a kind, numbers and parts. It cannot be evaluated.

Constructors and the algebra in ``schedule`` build trees; ``lowering`` turns a tree into a program.

A node has a ``kind``, its numbers by name, its parts (the nodes inside it), and its length in
``steps`` (``None`` if it never ends). Numbers are read-only NumPy arrays that broadcast against
each other to the batch shape. A curve of ``steps=n`` has its ``init`` at its step 0, reaches its
``end`` at step n, and then holds it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.program.kept_property import kept_property
from fastlr.program.lane_conditions import all_lanes, any_lane
from fastlr.program.opcodes import LAST_STEP

__all__ = [
    "Node",
    "Numbers",
    "Run",
    "time_map",
    "curve",
    "cycles",
    "delay",
    "apply_past_end",
    "ends",
    "in_words",
    "join",
    "loop",
    "merge_lanes",
    "pair",
    "rebuild",
    "scale",
    "lane_forms",
    "select",
    "split",
    "stack",
    "take",
    "take_many",
    "description_size",
]

Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int64]

# what messages call a node, where that is not its kind
_WORDS = {
    "add": "sum",
    "inverse": "inverse power",
    "loop": "repeat",
    "multiply": "product",
    "natural": "exponential decay",
    "scale": "multiple of a schedule",
    "staircase": "step decay",
    "geometric_decay": "step decay",
    "time_map": "schedule in other units",
}

_EACH, _ONE = np.asarray(1), np.asarray(1.0)

# of each part of a node: a map enters no function of Python, which a comprehension does
_shape, _has_preset = attrgetter("shape"), attrgetter("has_preset")
_segment_count, _highest = attrgetter("segment_count"), attrgetter("highest")
_bound = attrgetter("bound")


class Run(NamedTuple):
    """What a preset knows of its run, beside what its framework does past the end."""

    name: str  # of the preset, for messages
    steps: npt.NDArray[np.int64] | None = None  # the run's length; None if no argument gives it
    longer: Callable[[Numbers], Any] | None = None  # the schedule of a run of another length


@dataclass(frozen=True, eq=False, init=False)
class Node:
    """One node of a tree.

    No rate of the node exceeds ``bound``. The constructor rejects a node whose bound is infinite.
    """

    kind: str
    numbers: Mapping[str, Numbers]
    parts: tuple["Node", ...]
    steps: npt.NDArray[np.int64] | None
    bound: npt.NDArray[np.float64]
    samples: npt.NDArray[np.float64] | None
    labels: tuple[str, ...] | None = field(default=None)  # names of a stack's parts
    run: Run | None = field(default=None)  # of the preset that built this node
    # the batch that this node is a lane of, and which lane; a node made from this one has none
    batch: "Node | None" = field(default=None, init=False)
    lane: int = field(default=0, init=False)
    # the batch shape: what the numbers of this node and of its parts broadcast to
    shape: tuple[int, ...] = field(init=False)
    has_preset: bool = field(init=False)  # whether a preset built this node or one of its parts

    def __init__(
        self,
        kind: str,
        numbers: Mapping[str, Numbers],
        parts: tuple["Node", ...],
        steps: npt.NDArray[np.int64] | None,
        bound: npt.NDArray[np.float64],
        samples: npt.NDArray[np.float64] | None = None,
        labels: tuple[str, ...] | None = None,
        run: Run | None = None,
    ) -> None:
        own = vars(self)  # to set each field of a frozen class on its own takes twice as long
        own.update(
            kind=kind,
            numbers=numbers,
            parts=parts,
            steps=steps,
            bound=bound,
            samples=samples,
            labels=labels,
            run=run,
            batch=None,
            lane=0,
            has_preset=run is not None or any(map(_has_preset, parts)),
        )
        own["shape"] = self._common_shape()
        if not parts:  # a curve, whose segments need no search
            own["highest"], own["segment_count"] = bound, 2

    def _common_shape(self) -> tuple[int, ...]:
        shapes = {*map(_shape, self.parts), *map(_shape, self.numbers.values())} - {()}
        if self.samples is not None:
            shapes.add(self.samples.shape[:-1])
        common = _common_shape(shapes) if shapes else ()
        return (len(self.parts), *common) if self.kind == "stack" else common

    @kept_property
    def end(self) -> npt.NDArray[np.int64] | None:
        """The length of the run: ``steps``, unless a preset knows better.

        A framework may change the rate past the end of the run, as a cosine that climbs back.
        """
        if not self.has_preset:
            return self.steps
        return self.last.astype(np.int64) if np.isfinite(self.last).all() else None

    @kept_property
    def last(self) -> npt.NDArray[np.float64]:
        """The length of each lane, infinite for a lane that never ends."""
        if self.run is not None and self.run.steps is not None:
            return np.asarray(self.run.steps, dtype=np.float64)
        known = self.steps is not None and not self.has_preset
        if known or self.kind == "loop" or not self.parts:
            return np.asarray(np.inf if self.steps is None else self.steps, dtype=np.float64)
        if self.kind == "stack":
            return np.stack([np.broadcast_to(part.last, self.shape[1:]) for part in self.parts])
        if self.kind == "join":
            return np.asarray(self.numbers[str(len(self.parts) - 1)] + self.parts[-1].last)
        if self.kind == "time_map":
            return _last_of_time_map(self)
        lengths = [part.last for part in self.parts if part.kind != "constant"] or [
            np.asarray(np.inf)
        ]
        found: npt.NDArray[np.float64] = reduce(np.maximum, lengths)
        return found + self.numbers["steps"] if self.kind == "delay" else found

    @kept_property
    def names(self) -> tuple[str, ...] | None:
        """The names of the lanes along the first batch axis, or None.

        They are a stack's labels, or the names of the parts that have that axis. Raises
        ``ValueError`` if two parts have different names, or if one name would stand for several
        lanes.
        """
        if self.kind == "stack":
            return self.labels
        found = {
            part.names for part in self.parts if part.names and len(part.shape) == len(self.shape)
        }
        if wider := [names for names in found if len(names) != self.shape[0]]:
            raise ValueError(
                f"groups must be as many as their names, got {self.shape[0]} lanes for "
                f"{list(wider[0])}"
            )
        if len(found) > 1:
            raise ValueError(
                "groups must have the same names, got "
                f"{' and '.join(str(list(names)) for names in sorted(found))}"
            )
        return found.pop() if found else None

    @kept_property
    def segment_count(self) -> float:
        """An upper bound on the number of segments that the node lowers to.

        Lanes of a stack that have one form share their segments. A delay lowers the segments at its
        step 0 twice, a time map all its segments once per pace, and a growing loop once per cycle.
        """
        if self.kind == "stack":
            return 2 + _segments_of_stack(self)
        inside: float = sum(map(_segment_count, self.parts))
        if self.kind == "delay":
            return 1 + 2 * inside
        if self.kind == "time_map":
            return (1 + inside) * _pace_count(self)
        return 2 + (inside * _unrolled_cycles(self) if self.kind == "loop" else inside)

    @kept_property
    def highest(self) -> npt.NDArray[np.float64]:
        """A level that no number in the node's segments exceeds.

        It may be above ``bound``, which limits rates only: the rates of a product may be low
        although those of a factor are high. A factor is multiplied into the levels of the node it
        scales; in a product, into those of the first part.
        """
        own = self.bound
        factor = _ONE
        if self.kind == "scale":
            factor = self.numbers["factor"]
        elif self.kind == "loop":
            factor = self._last_growth
        inside = list(map(_highest, self.parts))
        if factor is not _ONE:
            with np.errstate(over="ignore"):
                inside = [np.where(level > 0, factor * level, 0.0) for level in inside]
        if self.kind == "stack":
            return _side_by_side(inside, self.shape[1:])
        return reduce(np.maximum, inside, own)

    @kept_property
    def form(self) -> tuple[Any, ...]:
        """What nodes must share to become lanes of one node: kinds, and lengths of tables.

        Loops that grow must share their cycles too: each cycle takes segments of its own.
        """
        return (
            self.kind,
            len(self.numbers),
            self.steps is None,
            None if self.samples is None else self.samples.shape[-1],
            self._growing_cycles,
            *[part.form for part in self.parts],
        )

    @property
    def _growing_cycles(self) -> tuple[bytes, ...]:
        """What decides the cycles of a loop that grows; empty for other nodes."""
        if not self._grows:
            return ()
        return tuple(self.numbers[name].tobytes() for name in ("period", "times", "stretch"))

    @property
    def _last_growth(self) -> npt.NDArray[np.float64]:
        """The factor on the body's levels in the last cycle of a growing loop; 1 for others."""
        if not self._grows:
            return _ONE
        return _largest_growth(self.numbers["scale"], self.numbers["times"])

    @kept_property
    def _grows(self) -> bool:
        """Whether this is a loop with cycles that grow."""
        return self.kind == "loop" and any_lane(self.numbers["stretch"] != 1)


def _segments_of_stack(node: Node) -> float:
    """Return a bound on the segments of a stack's parts; parts of one form are lowered together."""
    if node.shape[1:]:
        return sum(part.segment_count for part in node.parts)
    # lanes of a batch share one form, which is hashed once
    of_each = {(id(part.form), part.segment_count): part.form for part in node.parts}
    most = dict[object, float]()
    for (_, count), form in of_each.items():
        most[form] = max(most.get(form, 0.0), count)
    return sum(most.values())


def _common_shape(shapes: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the shape that shapes broadcast to, fast for equal and scalar shapes."""
    distinct = set(shapes) - {()}
    return np.broadcast_shapes(*distinct) if len(distinct) > 1 else next(iter(distinct), ())


def _unrolled_cycles(node: Node) -> float:
    """Return how many cycles of a growing loop are lowered one by one; 1 for other nodes."""
    if not node._grows:
        return 1.0
    period, times, stretch = (node.numbers[name] for name in ("period", "times", "stretch"))
    return float(np.max(np.where(stretch > 1, 1 + cycles(period, times, stretch), 1)))


_SEGMENTS_OF_CYCLES_PER_PART = 16  # a schedule may then use the same cycles four times


def description_size(node: Node, enough: float) -> float:
    """Return a measure of how large the description of a tree is, or one that is at least enough.

    It counts each distinct node once, and adds its parts and paces. The numbers of a growing loop
    are stored per cycle, so it adds a share of the loop's segments.
    """
    seen, left, total = {id(node)}, [node], 0.0
    while left:
        one = left.pop()
        cycled = (
            one.segment_count / _SEGMENTS_OF_CYCLES_PER_PART if _unrolled_cycles(one) > 1 else 0.0
        )
        total += 1 + cycled + len(one.parts) + (_pace_count(one) if one.kind == "time_map" else 0)
        if total >= enough:
            break
        for part in one.parts:
            if id(part) not in seen:
                seen.add(id(part))
                left.append(part)
    return total


def _largest_growth(scale: Numbers, times: Numbers) -> npt.NDArray[np.float64]:
    """Return the largest ``scale^i`` over the cycles; infinite if it overflows."""
    if all_lanes(scale <= 1):
        return _ONE
    with np.errstate(over="ignore"):
        return np.power(np.maximum(scale, 1.0), np.maximum(times - 1.0, 0.0))


def cycles(period: Numbers, times: Numbers, stretch: Numbers) -> npt.NDArray[np.float64]:
    """Return about how many cycles begin by step 2^53, each ``stretch`` times as long as the last.

    At most ``times``, unless that is -1.
    """
    with np.errstate(invalid="ignore"):  # 0/0 where stretch is 1
        fitting = np.log1p(LAST_STEP * (stretch - 1.0) / np.asarray(period)) / np.log(stretch)
    found: npt.NDArray[np.float64] = np.where(
        times < 0, fitting, np.minimum(times, np.where(stretch > 1, fitting, times))
    )
    return found


def _node(
    kind: str,
    numbers: Mapping[str, npt.ArrayLike],
    parts: tuple[Node, ...],
    steps: npt.ArrayLike | None,
    bound: npt.ArrayLike,
    samples: npt.NDArray[np.float64] | None = None,
) -> Node:
    return Node(
        kind,
        dict(zip(numbers, map(np.asarray, numbers.values()), strict=True)),
        parts,
        None if steps is None else np.asarray(steps, dtype=np.int64),
        np.asarray(bound, dtype=np.float64),
        samples,
    )


def curve(
    kind: str,
    length: npt.ArrayLike | None,
    bound: npt.ArrayLike,
    samples: npt.NDArray[np.float64] | None = None,
    /,
    **numbers: npt.ArrayLike,
) -> Node:
    """Make a leaf: one curve and its numbers."""
    return _node(kind, numbers, (), length, bound, samples)


def join(parts: tuple[Node, ...], starts: tuple[Numbers, ...]) -> Node:
    """Make a node of parts in sequence.

    ``parts[i]`` starts at step ``starts[i]``. ``starts`` begin at 0 and never decrease.
    """
    numbers = dict(zip(map(str, range(len(starts))), starts, strict=True))
    last = parts[-1].steps
    bound = reduce(np.maximum, map(_bound, parts))
    return _node("join", numbers, parts, None if last is None else starts[-1] + last, bound)


def loop(
    body: Node,
    period: Numbers,
    times: Numbers,
    scale: Numbers,
    stretch: Numbers,
    floor: Numbers,
    steps: Numbers | None,
) -> Node:
    """Make a node that repeats ``body``.

    Each cycle is ``stretch`` times as long as the one before, and ``scale`` times as far from
    ``floor``. ``times`` of -1 repeats it without end.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        bound = np.maximum(
            floor, np.where(body.bound > 0, _largest_growth(scale, times) * body.bound, 0.0)
        )
    numbers = {"period": period, "times": times, "scale": scale, "stretch": stretch, "floor": floor}
    return _node("loop", numbers, (body,), steps, bound)


def delay(body: Node, steps: Numbers) -> Node:
    """Make a node that holds ``body(0)`` for ``steps`` steps, then runs ``body``.

    The delay of a delay becomes one delay.
    """
    if body.kind == "delay":
        return delay(body.parts[0], np.asarray(body.numbers["steps"] + steps))
    return _node(
        "delay",
        {"steps": steps},
        (body,),
        None if body.steps is None else body.steps + steps,
        body.bound,
    )


def time_map(
    body: Node,
    paces: tuple[Numbers, ...],
    starts: tuple[Numbers, ...],
    begin: Numbers,
    every: Numbers = _EACH,
) -> Node:
    """Make a node that evaluates ``body`` at another step.

    The body is at its step ``begin`` at step 0. From ``starts[i]`` on, it advances ``paces[i]``
    steps per ``every`` steps, all of them at the last of these. With more than one pace, ``every``
    must be 1. A time map of a time map with one pace per step becomes one time map.
    """
    if body.kind == "time_map" and _pace_count(body) == 1 and np.all(body.numbers["every"] == 1):
        base, pace = body.numbers["base0"], body.numbers["pace0"]
        return time_map(
            body.parts[0],
            tuple(_advance(0, pace, go) for go in paces),
            starts,
            _advance(base, pace, begin),
            every,
        )
    bases = [np.asarray(begin, dtype=np.float64)]
    # exact below 2^53, the last step of a body
    for pace, start, stop in zip(paces, starts, starts[1:], strict=False):
        bases.append(
            np.minimum(bases[-1] + np.asarray(pace, dtype=np.float64) * (stop - start), LAST_STEP)
        )
    numbers = dict[str, Numbers](every=every)
    for i, (base, pace, start) in enumerate(zip(bases, paces, starts, strict=True)):
        numbers |= {f"base{i}": base, f"pace{i}": pace, f"start{i}": start}
    steps = None if body.steps is None else _step_reaching(body.steps, paces, starts, bases) * every
    return _node("time_map", numbers, (body,), steps, body.bound)


def _last_of_time_map(node: Node) -> npt.NDArray[np.float64]:
    """Return the step at which the body of a time map ends, by lane."""
    bases, paces, starts = (
        tuple(node.numbers[f"{name}{i}"] for i in range(_pace_count(node)))
        for name in ("base", "pace", "start")
    )
    inner = node.parts[0].last
    until = _step_reaching(
        np.where(np.isfinite(inner), inner, 0.0).astype(np.int64), paces, starts, bases
    )
    return np.where(np.isfinite(inner), until * node.numbers["every"], np.inf)


def _pace_count(node: Node) -> int:
    """Return how many paces a time map has, one after the other."""
    return len(node.numbers) // 3  # a base, a pace and a start of each, and ``every``


def _advance(base: Numbers | int, pace: Numbers, step: Numbers) -> npt.NDArray[np.int64]:
    """Return ``base + pace*step``, at most the last step; it is exact below that."""
    reached = np.asarray(base, dtype=np.float64) + np.asarray(pace, dtype=np.float64) * step
    return np.minimum(reached, LAST_STEP).astype(np.int64)


def _step_reaching(
    end: Numbers, paces: tuple[Numbers, ...], starts: tuple[Numbers, ...], bases: Sequence[Numbers]
) -> npt.NDArray[np.int64]:
    """Return the first step at which a time map advances and has reached ``end``."""
    whole = [np.asarray(base, dtype=np.int64) for base in bases]
    reached = [
        start + -(-np.maximum(end - base, 0) // pace)
        for base, pace, start in zip(whole, paces, starts, strict=True)
    ]
    step = reached[-1]
    for i in reversed(range(len(reached) - 1)):
        step = np.where(end <= whole[i + 1], reached[i], step)
    return np.asarray(step)


def scale(body: Node, factor: Numbers) -> Node:
    """Make the node ``factor * body``."""
    with np.errstate(over="ignore"):
        return _node("scale", {"factor": factor}, (body,), body.steps, factor * body.bound)


def pair(kind: str, a: Node, b: Node) -> Node:
    """Combine two nodes by ``multiply``, ``add``, ``minimum`` or ``maximum``.

    The result ends where both parts have ended. A constant does not count.
    """
    with np.errstate(over="ignore"):
        bound = {
            "multiply": np.multiply,
            "add": np.add,
            "minimum": np.minimum,
            "maximum": np.maximum,
        }[kind](a.bound, b.bound)
    if a.kind == "constant" or b.kind == "constant":
        steps = a.steps if b.kind == "constant" else b.steps
    else:
        endless = a.steps is None or b.steps is None
        steps = None if endless else np.maximum(_known(a.steps), _known(b.steps))
    return _node(kind, {}, (a, b), steps, bound)


def apply_past_end(node: Node, past_end: str) -> Node:
    """Return ``node`` with the past-end policy ``"zero"`` or ``"repeat"`` made a part of it."""
    if node.steps is None or past_end in ("hold", "raise"):
        return node
    if past_end == "zero":
        zero = curve("constant", None, 0.0, value=np.asarray(0.0))
        return join((node, zero), (np.asarray(0), node.steps))
    one, none = np.asarray(1.0), np.asarray(0.0)
    return loop(node, node.steps, np.asarray(-1), one, one, none, None)


def rebuild(node: Node, parts: tuple[Node, ...], **numbers: Numbers) -> Node:
    """Return a curve with other numbers, or a scale or a delay with another part."""
    if node.kind == "scale":
        return scale(parts[0], node.numbers["factor"])
    if node.kind == "delay":
        return delay(parts[0], node.numbers["steps"])
    return _node(
        node.kind,
        {**node.numbers, **numbers},
        (),
        numbers.get("steps", node.steps),
        node.bound,
        node.samples,
    )


def in_words(node: Node) -> str:
    """Return what messages call a node, such as ``a product``."""
    name = _WORDS.get(node.kind, node.kind.replace("_", " "))
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def ends(node: Node) -> list[npt.NDArray[np.int64]]:
    """Return the length of each part that is a lane or lanes of its own and ends."""
    if node.kind == "stack" and node.run is None:
        return [length for part in node.parts for length in ends(part)]
    if node.end is None and node.kind in ("scale", "delay"):
        wait = node.numbers.get("steps", np.asarray(0))
        return [np.asarray(length + wait, dtype=np.int64) for length in ends(node.parts[0])]
    return [] if node.end is None else [node.end]


def stack(parts: tuple[Node, ...], labels: tuple[str, ...] | None = None) -> Node:
    """Put nodes of one batch shape side by side along a new first axis, with labels."""
    shape = _common_shape([part.shape for part in parts])
    known = [part.steps for part in parts if part.steps is not None]
    steps = _side_by_side(known, shape) if len(known) == len(parts) else None
    bound = _side_by_side([part.bound for part in parts], shape)
    return replace(_node("stack", {}, parts, steps, bound), labels=labels)


def _side_by_side(numbers: Sequence[Numbers], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Return numbers of a common shape along a new first axis."""
    if not shape:
        return _column(numbers)
    return np.stack([np.broadcast_to(number, shape) for number in numbers])


def take(node: Node, index: int, axes: int) -> Node:
    """Return the lanes at ``index`` along the first of ``axes`` batch axes."""
    if node.kind == "stack" and len(node.shape) == axes:
        return node.parts[index if len(node.parts) > 1 else 0]

    def pick(number: npt.NDArray[Any], inner: int = 0) -> npt.NDArray[Any]:
        if number.ndim - inner < axes:
            return number
        return np.asarray(number[index if number.shape[0] > 1 else 0])

    numbers = {name: pick(number) for name, number in node.numbers.items()}
    return replace(
        node,
        numbers=numbers,
        parts=tuple(take(part, index, axes) for part in node.parts),
        steps=None if node.steps is None else pick(node.steps),
        bound=pick(node.bound),
        samples=None if node.samples is None else pick(node.samples, inner=1),
        run=None,  # it is of all lanes
    )


def lane_forms(node: Node, axes: int) -> list[Any] | None:
    """Return, per lane along the first of ``axes`` batch axes, what lanes must share to be taken
    together; ``None`` if all lanes may be.
    """
    if node.kind == "stack" and len(node.shape) == axes:
        return [part.form for part in node.parts] if len(node.parts) > 1 else None
    found = [forms for part in node.parts if (forms := lane_forms(part, axes)) is not None]
    return found[0] if len(found) == 1 else list(zip(*found, strict=True)) if found else None


def take_many(node: Node, places: npt.NDArray[np.int64], axes: int) -> Node:
    """Return the lanes at some places along the first of ``axes`` batch axes.

    Lanes of a stack must have equal forms.
    """
    if node.kind == "stack" and len(node.shape) == axes:
        return merge_lanes([node.parts[i] for i in places.tolist()])

    def pick(number: npt.NDArray[Any], inner: int = 0) -> npt.NDArray[Any]:
        wide = number.ndim - inner >= axes and number.shape[0] > 1
        return np.asarray(number[places]) if wide else number

    return _with_numbers(node, pick, tuple(take_many(part, places, axes) for part in node.parts))


def _with_numbers(
    node: Node, pick: Callable[..., npt.NDArray[Any]], parts: tuple[Node, ...]
) -> Node:
    """Return a node of other parts, with ``pick`` of all its numbers. It knows of no run."""
    return replace(
        node,
        numbers={name: pick(number) for name, number in node.numbers.items()},
        parts=parts,
        steps=None if node.steps is None else pick(node.steps),
        bound=pick(node.bound),
        samples=None if node.samples is None else pick(node.samples, inner=1),
        run=None,
    )


def merge_lanes(nodes: list[Node]) -> Node:
    """Return scalar nodes of one form as one node with a lane of each."""
    first = nodes[0]
    if first.batch is not None and all(node.batch is first.batch for node in nodes):
        return take_many(first.batch, np.array([node.lane for node in nodes]), 1)
    return Node(
        first.kind,
        {name: _column([node.numbers[name] for node in nodes]) for name in first.numbers},
        tuple(merge_lanes([node.parts[i] for node in nodes]) for i in range(len(first.parts))),
        None if first.steps is None else _column([_known(node.steps) for node in nodes]),
        _column([node.bound for node in nodes]),
        None if first.samples is None else np.stack([_known(node.samples) for node in nodes]),
    )


def _known(number: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
    """Return a number that nodes of this form have."""
    assert number is not None
    return number


def _column(numbers: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return single numbers as one array; ``np.stack`` takes ten times as long."""
    return np.array([number.item() for number in numbers])


def split(node: Node, lanes: int) -> list[Node]:
    """Return the lanes of a node along its only batch axis, each as a node of its own."""
    if not node.shape:
        return [node] * lanes
    if node.kind == "stack":
        return list(node.parts)
    none: list[Any] = [None] * lanes
    steps = none if node.steps is None else _lanes_of(node.steps, lanes)
    limits = zip(steps, _lanes_of(node.bound, lanes), _lanes_of(node.highest, lanes), strict=True)
    found = [_new_lane(node, lane, *of_lane) for lane, of_lane in enumerate(limits)]
    if not _has_growth(node):
        form = found[0].form
        for one in found:
            vars(one)["form"] = form
    return found


class _Lane(Node):
    """One lane of a batch along its only axis.

    Most lanes are only put side by side again, for which their batch is enough. So a lane makes
    its numbers and its parts at the first use: to make them takes four times as long as the rest.
    What ``dataclasses.replace`` makes of a lane has them all from the start, as any node.
    """

    batch: Node
    shape = ()
    has_preset = False

    @kept_property
    def numbers(self) -> Mapping[str, Numbers]:
        """The numbers of this lane, which are views of the batch's."""
        numbers = self.batch.numbers.items()
        return {name: _lane_of(number, self.lane) for name, number in numbers}

    @kept_property
    def parts(self) -> tuple[Node, ...]:
        """The parts of this lane, which are lanes of the batch's parts."""
        return tuple([_lane(part, self.lane) for part in self.batch.parts])

    @kept_property
    def samples(self) -> npt.NDArray[np.float64] | None:
        """The samples of this lane."""
        samples = self.batch.samples
        return None if samples is None else _lane_of(samples, self.lane, inner=1)


def _lane(node: Node, lane: int) -> Node:
    """Return one lane of a node along its only batch axis; the node itself if it has none."""
    if not node.shape:
        return node
    if node.kind == "stack":
        return node.parts[lane if len(node.parts) > 1 else 0]
    steps = None if node.steps is None else _lane_of(node.steps, lane)
    return _new_lane(node, lane, steps, _lane_of(node.bound, lane), _lane_of(node.highest, lane))


def _new_lane(batch: Node, lane: int, steps: Any, bound: Any, highest: Any) -> Node:
    """Return a lane, without the constructor, which needs its numbers."""
    one = object.__new__(_Lane)
    vars(one).update(
        kind=batch.kind,
        steps=steps,
        bound=bound,
        highest=highest,
        segment_count=batch.segment_count,
        batch=batch,
        lane=lane,
    )
    return one


def _has_growth(node: Node) -> bool:
    """Whether a loop in a node grows, so that lanes may have different cycles."""
    return bool(node._growing_cycles) or any(map(_has_growth, node.parts))


def _lanes_of(number: npt.NDArray[Any], lanes: int, inner: int = 0) -> list[Any]:
    """Return the number of each lane; one array for all lanes if they share it."""
    if number.ndim == inner:
        return [number] * lanes
    if number.shape[0] == 1:
        return [number[0, ...]] * lanes
    return [number[i, ...] for i in range(lanes)]


def _lane_of(number: npt.NDArray[Any], lane: int, inner: int = 0) -> npt.NDArray[Any]:
    """Return the number of one lane."""
    if number.ndim == inner:
        return number
    return np.asarray(number[lane if number.shape[0] > 1 else 0])


def select(node: Node, chosen: npt.NDArray[np.bool_]) -> Node:
    """Return the lanes where ``chosen``, of the batch shape, is true, along one batch axis."""

    def pick(number: npt.NDArray[Any], inner: int = 0) -> npt.NDArray[Any]:
        if number.ndim == inner:
            return number
        picked: npt.NDArray[Any] = np.broadcast_to(
            number, chosen.shape + number.shape[number.ndim - inner :]
        )[chosen]
        return picked

    return replace(
        node,
        numbers={name: pick(number) for name, number in node.numbers.items()},
        parts=tuple(select(part, chosen) for part in node.parts),
        steps=None if node.steps is None else pick(node.steps),
        bound=pick(node.bound),
        samples=None if node.samples is None else pick(node.samples, inner=1),
        run=None,  # it is of all lanes
    )
