"""Lower a tree to a program.

Everything that needs a decision happens here, once, so that kernels need none:

- ``curve_lowering`` lowers each curve.
- A join of joins becomes one flat list of segments, and a factor becomes part of the levels.
- A loop stays a loop. If its cycles grow, ``growing_cycles`` makes a body per cycle.
- Lanes with the same segments become one family (``families``).

``schedule`` calls ``lower`` once per schedule, at its first evaluation.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

from fastlr.program.curve_lowering import (
    CURVES,
    as_floats,
    curve_choices,
    lower_curve,
    make_segment,
    scale_exponent,
)
from fastlr.program.family_merging import merge_families, spread_over_lanes, structure
from fastlr.program.growing_cycles import FOREVER, count_to_last, cycled_steps, iter_bodies
from fastlr.program.lane_conditions import all_lanes
from fastlr.program.opcodes import ROW
from fastlr.program.packing import pack
from fastlr.program.program import NO_LIMIT, Program
from fastlr.program.rescaling import apply_factor, select_cycles
from fastlr.program.segments import Cycles, Family, Segment, Segments, expand_cycles
from fastlr.program.tree import (
    Node,
    apply_past_end,
    lane_forms,
    merge_lanes,
    select,
    take,
    take_many,
)

__all__ = ["cycled_steps", "families", "lower", "numbers_of_cycles"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


_MANY = 64  # curves alike, one after another, that are lowered as arrays


def _join(node: Node) -> Segments:
    """Concatenate the parts: each is moved to its start and cut where the next begins."""
    starts = [as_floats(node.numbers[str(i)]) for i in range(len(node.parts))]
    starts.append(np.asarray(np.inf))
    joined: list[Segment | Cycles] = []
    first = 0
    for _, alike in groupby(node.parts, _scalar_curve if len(node.parts) >= _MANY else id):
        parts = list(alike)
        begins = starts[first : first + len(parts) + 1]
        first += len(parts)
        if len(parts) >= _MANY and not any(begin.ndim for begin in begins):
            joined += _join_alike(parts, np.array(begins))
        else:
            for part, start, stop in zip(parts, begins, begins[1:], strict=False):
                joined += _cut(_lower(part), start, stop)
    return tuple(joined)


def _scalar_curve(node: Node) -> object:
    """Return what curves of one lane share to be lowered together; other nodes are on their own."""
    return id(node) if node.shape or node.parts or node.samples is not None else node.form


def _join_alike(parts: list[Node], begins: Floats) -> Iterator[Cycles]:
    """Yield the segments of curves of one form: curve i from ``begins[i]`` on, cut at the next.

    They are lowered as lanes of one curve: a join may have a piece for each step of a run.
    """
    curves = merge_lanes(parts)
    for chosen in _cycles_with_equal_choices(curves, len(parts)):
        start, stop = begins[:-1][chosen], begins[1:][chosen]
        moved = [
            _start_at(segment, start, stop) for segment in _lower(select_cycles(curves, chosen))
        ]
        kept = np.array([segment.start < stop for segment in moved])
        changes = np.flatnonzero((kept[:, 1:] != kept[:, :-1]).any(axis=0)) + 1
        for first, last in pairwise([0, *changes.tolist(), start.size]):
            inner = tuple(one for one, keep in zip(moved, kept[:, first], strict=True) if keep)
            if inner:
                yield Cycles(start.size, inner).between(first, last)


def _cut(segments: Segments, start: Floats, stop: Floats) -> Iterator[Segment | Cycles]:
    """Yield the segments that begin before ``stop``, if the list starts at ``start``."""
    for segment in segments:
        if isinstance(segment, Cycles):
            inner = tuple(_cut_segments(segment.segments, start[..., None], stop[..., None]))
            begun = max((count_to_last(each.start < stop[..., None]) for each in inner), default=0)
            yield from [Cycles(segment.times, inner).between(0, begun)] if begun else []
        else:
            yield from _cut_segments((segment,), start, stop)


def _cut_segments(segments: tuple[Segment, ...], start: Floats, stop: Floats) -> Iterator[Segment]:
    for segment in segments:
        begin = np.minimum(start + segment.start, stop)
        if not all_lanes(begin >= stop):
            yield segment._replace(start=begin)


def _loop(node: Node) -> Segments:
    """Lower a loop to one segment, or a growing loop cycle by cycle."""
    numbers = node.numbers
    if not all_lanes(numbers["stretch"] == 1):
        return _lower_growing_cycles(node)
    # endless: more times than a period of 1 fits into 2^53 steps
    times = np.where(numbers["times"] < 0, 2 * FOREVER, numbers["times"])
    high, low = scale_exponent(numbers["scale"])
    return (
        make_segment(
            "loop", numbers["period"], times, high, low, numbers["floor"], a=_lower(node.parts[0])
        ),
    )


def _lower_growing_cycles(node: Node) -> Segments:
    """Lower each cycle of a growing loop, with its own length and levels."""
    unrolled = list[Cycles]()
    for start, body in iter_bodies(node):
        for chosen in _cycles_with_equal_choices(body, start.shape[-1]):
            begin = start[..., chosen]
            inner = tuple(
                _start_at(segment, begin, 2 * FOREVER)
                for segment in _lower(select_cycles(body, chosen))
            )
            unrolled.append(Cycles(begin.shape[-1], inner))
    return tuple(unrolled)


def _start_at(segment: Segment | Cycles, begin: Floats, latest: Floats | float) -> Segment:
    """Move a segment of each cycle to where its cycle begins, at ``latest`` to where it ends."""
    # neither a curve nor the body of a growing loop has cycles
    assert isinstance(segment, Segment)
    return segment._replace(start=np.minimum(begin + segment.start, latest))


def _cycles_with_equal_choices(body: Node, count: int) -> Iterator[slice]:
    """Yield the longest ranges of cycles that are lowered to the same opcodes."""
    differs = np.zeros(count - 1, dtype=bool)
    for choice in _lane_choices(body):
        by_cycle = np.broadcast_to(choice.reshape(-1, choice.shape[-1])[0], (count,))
        differs |= by_cycle[1:] != by_cycle[:-1]
    ends = [0, *(np.flatnonzero(differs) + 1).tolist(), count]
    return (slice(begin, end) for begin, end in pairwise(ends))


def numbers_of_cycles(body: Node, lanes: int) -> int:
    """Estimate how many numbers of a program each cycle of a growing loop takes."""
    segments = list(_all_segments(expand_cycles(_lower(body))))
    return sum(ROW + lanes * (1 + len(segment.fields)) for segment in segments)


def _all_segments(segments: Segments) -> Iterator[Segment]:
    """Yield segments and everything inside them."""
    for segment in segments:
        assert isinstance(segment, Segment)  # the body of a growing loop holds no loop
        yield segment
        yield from _all_segments((*segment.a, *segment.b))


def _delay(node: Node) -> Segments:
    """Hold the first rate, then move every segment by ``steps``."""
    wait, inner = as_floats(node.numbers["steps"]), _lower(node.parts[0])
    begun = tuple(_cut(inner, np.asarray(0.0), np.asarray(1.0)))
    still, each = np.asarray(0.0), np.asarray(1.0)  # stay at the body's step 0
    return (
        make_segment("time_map", still, still, each, a=begun),
        *_cut(inner, wait, np.asarray(np.inf)),
    )


def _time_map(node: Node) -> Segments:
    """Lower each pace to a segment; its base is where the paces before have brought the body."""
    numbers, inner = node.numbers, _lower(node.parts[0])
    return tuple(
        make_segment(
            "time_map",
            numbers[f"base{i}"],
            numbers[f"pace{i}"],
            numbers["every"],
            start=numbers[f"start{i}"],
            a=inner,
        )
        for i in range(len(numbers) // 3)
    )


def _scale(node: Node) -> Segments:
    """Multiply the factor into the levels."""
    return _lower(apply_factor(node))


def _pair(node: Node) -> Segments:
    """Lower an operation on two parts."""
    return (make_segment(node.kind, a=_lower(node.parts[0]), b=_lower(node.parts[1])),)


_LOWER: dict[str, Callable[[Node], Segments]] = {
    **dict.fromkeys(CURVES, lower_curve),
    "join": _join,
    "loop": _loop,
    "delay": _delay,
    "time_map": _time_map,
    "scale": _scale,
    "multiply": _pair,
    "add": _pair,
    "minimum": _pair,
    "maximum": _pair,
}


def _lower(node: Node) -> Segments:
    """Lower a node."""
    return _LOWER[node.kind](node)


def _has_stack(node: Node) -> bool:
    """Whether a node or one of its parts is a stack."""
    return node.kind == "stack" or any(_has_stack(part) for part in node.parts)


def _families(node: Node, positions: npt.NDArray[np.int64]) -> list[Family]:
    """Return one family per structure.

    A stack is taken apart along its axis, and lanes of equal structure are merged.
    """
    if not _has_stack(node):
        choices = _lane_choices(node) if positions.size > 1 else []
        if not choices:
            return [_family(node, positions)]
        return [
            _family(select(node, lanes), positions[lanes])
            for lanes in _lanes_by_choice(choices, positions.shape)
        ]
    found: dict[object, list[Family]] = {}
    for lanes, places in _lanes_together(node, positions):
        for family in _families(lanes, places):
            found.setdefault(tuple(structure(segment) for segment in family.segments), []).append(
                family
            )
    return [merge_families(equal) for equal in found.values()]


def _lanes_together(
    node: Node, positions: npt.NDArray[np.int64]
) -> Iterator[tuple[Node, npt.NDArray[np.int64]]]:
    """Take a stack apart along the first axis: lanes of one form together, batches one by one."""
    if positions.ndim > 1 or (forms := lane_forms(node, 1)) is None:
        for i in range(positions.shape[0]):
            yield take(node, i, positions.ndim), positions[i]
        return
    places: dict[object, list[int]] = {}
    for i, form in enumerate(forms):
        places.setdefault(form, []).append(i)
    for equal in places.values():
        chosen = np.array(equal)
        yield take_many(node, chosen, 1), positions[chosen]


def _family(node: Node, positions: npt.NDArray[np.int64]) -> Family:
    """Lower a node whose lanes have one structure."""
    return Family(positions.ravel(), spread_over_lanes(_lower(node), positions.shape))


def _lane_choices(node: Node) -> list[npt.NDArray[np.bool_]]:
    """Return the conditions, by lane, that decide which opcodes a node is lowered to.

    Only those that differ between lanes are returned. They depend on a lane's own numbers alone, so
    a lane has the same bits in every batch.
    """
    numbers = node.numbers
    own = [np.asarray(numbers["stretch"] == 1)] if node.kind == "loop" else curve_choices(node)
    if node.kind == "loop" and np.any((numbers["stretch"] != 1) & (numbers["scale"] != 1)):
        return _differing(own) + _cycle_choices(node)
    return _differing(own) + [
        choice for part in _lowered_parts(node) for choice in _lane_choices(part)
    ]


def _differing(choices: list[npt.NDArray[np.bool_]]) -> list[npt.NDArray[np.bool_]]:
    """Return the choices that differ between lanes."""
    return [choice for choice in choices if np.any(choice) and not np.all(choice)]


def _cycle_choices(node: Node) -> list[npt.NDArray[np.bool_]]:
    """Return the choices of any cycle of a growing loop."""
    once = replace(
        node,
        numbers={
            **node.numbers,
            "times": np.where(node.numbers["stretch"] == 1, 1, node.numbers["times"]),
        },
    )
    found = list[npt.NDArray[np.bool_]]()
    for choice in (choice for _, body in iter_bodies(once) for choice in _lane_choices(body)):
        columns = np.unique(choice.reshape(-1, choice.shape[-1]), axis=1)
        found += [column.reshape(choice.shape[:-1]) for column in columns.T]
    return _differing(found)


def _lowered_parts(node: Node) -> Iterator[Node]:
    """Yield the parts of a node at the levels with which they are lowered."""
    if node.kind == "scale":
        yield apply_factor(node)
    else:
        yield from node.parts


def _lanes_by_choice(
    choices: list[npt.NDArray[np.bool_]], shape: tuple[int, ...]
) -> Iterator[npt.NDArray[np.bool_]]:
    """Yield the lanes of each combination of choices."""
    combinations = np.stack([np.broadcast_to(choice, shape).ravel() for choice in choices])
    _, which = np.unique(combinations, axis=1, return_inverse=True)
    for i in range(which.max() + 1):
        yield (which == i).reshape(shape)


def families(node: Node, past_end: str = "hold") -> list[Family]:
    """Lower a tree to families, from which ``pack`` makes a program."""
    lanes = np.arange(int(np.prod(node.shape))).reshape(node.shape)
    return _families(apply_past_end(node, past_end), lanes)


def lower(node: Node, past_end: str = "hold") -> Program:
    """Lower a tree to a program.

    ``past_end`` is ``"hold"``, ``"raise"``, ``"repeat"`` or ``"zero"``. With ``"raise"``, the
    program's header holds the first step that must not be evaluated, the smallest over all lanes.
    """
    ends = past_end == "raise" and node.steps is not None
    return pack(
        families(node, past_end),
        float(np.min(node.steps)) if ends and node.steps is not None else NO_LIMIT,
    )
