"""Lowered segments: what ``lowering`` makes of a tree, and ``packing`` stores in a program."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Cycles", "Family", "Segment", "Segments", "expand_cycles"]

Numbers = npt.NDArray[np.float64]


class Segment(NamedTuple):
    """One lowered segment.

    ``start`` and ``fields`` broadcast over the lanes. ``a`` and ``b`` are the lists of segments
    inside. ``samples`` is the table of a sampled segment.
    """

    opcode: int
    start: Numbers
    fields: tuple[Numbers, ...] = ()
    a: tuple["Segment | Cycles", ...] = ()
    b: tuple["Segment | Cycles", ...] = ()
    samples: Numbers | None = None


class Cycles(NamedTuple):
    """The segments of many cycles, stored as arrays over the cycles.

    ``segments`` are those of one cycle. Each number in them has a last axis of cycles; a last axis
    of 1 is a number that all cycles share. Within a list, cycles may follow other segments.
    """

    times: int
    segments: tuple[Segment, ...]

    def between(self, first: int, stop: int) -> "Cycles":
        """Return the cycles from ``first`` to ``stop - 1``."""
        chosen = slice(first, stop)
        return Cycles(
            stop - first, tuple(_select_cycles(segment, chosen) for segment in self.segments)
        )


Segments = tuple[Segment | Cycles, ...]


class Family(NamedTuple):
    """Lanes with the same segments: the output position of each, and the segments."""

    positions: npt.NDArray[np.int64]
    segments: Segments


def _select_cycles(segment: Segment | Cycles, chosen: slice) -> Segment:
    """Return a segment for some of its cycles."""
    assert isinstance(segment, Segment)

    def cut(number: Numbers) -> Numbers:
        return number[..., chosen] if number.ndim and number.shape[-1] > 1 else number

    a, b = (
        tuple(_select_cycles(inner, chosen) for inner in segments)
        for segments in (segment.a, segment.b)
    )
    return segment._replace(
        start=cut(segment.start), fields=tuple(map(cut, segment.fields)), a=a, b=b
    )


def _expand_cycle(segment: Segment | Cycles, i: int) -> Segment:
    """Return the segment of one cycle: its numbers are arrays of lanes."""
    assert isinstance(segment, Segment)

    def pick(number: Numbers) -> Numbers:
        # contiguous, because one cycle is a strided slice
        return np.ascontiguousarray(number[..., min(i, number.shape[-1] - 1)])

    a, b = (
        tuple(_expand_cycle(inner, i) for inner in segments) for segments in (segment.a, segment.b)
    )
    return segment._replace(
        start=pick(segment.start), fields=tuple(map(pick, segment.fields)), a=a, b=b
    )


def expand_cycles(segments: Segments) -> tuple[Segment, ...]:
    """Return segments one by one, with those of cycles written out."""
    found = list[Segment]()
    for segment in segments:
        if isinstance(segment, Cycles):
            found += [
                _expand_cycle(each, i) for i in range(segment.times) for each in segment.segments
            ]
        else:
            found.append(segment._replace(a=expand_cycles(segment.a), b=expand_cycles(segment.b)))
    return tuple(found)
