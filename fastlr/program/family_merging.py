"""Put the segments of lanes side by side: spread numbers over lanes, merge equal structures.

``lowering`` uses it to make one family of all lanes with the same segments.
"""

import numpy as np
import numpy.typing as npt

from fastlr.program.segments import Cycles, Family, Segment, Segments

__all__ = ["merge_families", "spread_over_lanes", "structure"]

Floats = npt.NDArray[np.float64]


def spread_over_lanes(segments: Segments, shape: tuple[int, ...]) -> Segments:
    """Return segments with every number that differs between lanes written out by lane.

    Numbers of cycles become arrays of shape (lanes, cycles).
    """
    return tuple([_spread(segment, shape, columns=0) for segment in segments])


def _spread(segment: Segment | Cycles, shape: tuple[int, ...], columns: int) -> Segment | Cycles:
    if isinstance(segment, Segment):
        return _spread_segment(segment, shape, columns)
    return Cycles(
        segment.times, tuple([_spread_segment(each, shape, columns=1) for each in segment.segments])
    )


def _spread_segment(segment: Segment, shape: tuple[int, ...], columns: int) -> Segment:
    """Spread one segment; ``columns`` is 1 for the segments of cycles."""

    def full(number: Floats) -> Floats:
        if number.size == 1:
            return number.reshape((1,) * (1 + columns))
        tail = number.shape[-1:] if columns else ()
        per_lane = number.size > (tail[0] if tail else 1)
        return (
            np.broadcast_to(number, (*shape, *tail)).reshape(-1, *tail)
            if per_lane
            else number.reshape(1, *tail)
        )

    samples = segment.samples
    if samples is not None and samples.ndim > 1:
        samples = np.broadcast_to(samples, (*shape, samples.shape[-1])).reshape(
            -1, samples.shape[-1]
        )
    return Segment(
        segment.opcode,
        full(segment.start),
        tuple(map(full, segment.fields)),
        tuple([_spread(inner, shape, columns) for inner in segment.a]),
        tuple([_spread(inner, shape, columns) for inner in segment.b]),
        samples,
    )


def structure(segment: Segment | Cycles) -> object:
    """Return what lanes must share to be one family."""
    if isinstance(segment, Cycles):
        return segment.times, tuple(map(structure, segment.segments))
    samples = None if segment.samples is None else segment.samples.shape[-1]
    return (
        segment.opcode,
        samples,
        tuple(map(structure, segment.a)),
        tuple(map(structure, segment.b)),
    )


def merge_families(families: list[Family]) -> Family:
    """Return families of one structure as one."""
    if len(families) == 1:
        return families[0]
    sizes = [family.positions.size for family in families]
    segments = _merge_lists([family.segments for family in families], sizes)
    return Family(np.concatenate([family.positions for family in families]), segments)


def _merge_lists(tracks: list[Segments], sizes: list[int]) -> Segments:
    """Return lists of segments of one structure as one list, for the lanes of all."""
    merged = list[Segment | Cycles]()
    for segments in zip(*tracks, strict=True):
        cycles = [segment for segment in segments if isinstance(segment, Cycles)]
        if cycles:
            each = zip(*(segment.segments for segment in cycles), strict=True)
            merged.append(
                Cycles(cycles[0].times, tuple(_merge_segments(equal, sizes) for equal in each))
            )
        else:
            merged.append(
                _merge_segments(
                    tuple(segment for segment in segments if isinstance(segment, Segment)), sizes
                )
            )
    return tuple(merged)


def _merge_segments(segments: tuple[Segment, ...], sizes: list[int]) -> Segment:
    """Return segments of one structure as one, for the lanes of all."""

    def concatenated(numbers: tuple[Floats, ...]) -> Floats:
        tail = np.broadcast_shapes(*(number.shape[1:] for number in numbers))
        return np.concatenate(
            [np.broadcast_to(n, (size, *tail)) for n, size in zip(numbers, sizes, strict=True)]
        )

    samples = None
    if segments[0].samples is not None:
        tables = [segment.samples for segment in segments if segment.samples is not None]
        samples = np.concatenate(
            [np.broadcast_to(t, (s, t.shape[-1])) for t, s in zip(tables, sizes, strict=True)]
        )
    return Segment(
        segments[0].opcode,
        concatenated(tuple(segment.start for segment in segments)),
        tuple(
            concatenated(fields)
            for fields in zip(*(segment.fields for segment in segments), strict=True)
        ),
        _merge_lists([segment.a for segment in segments], sizes),
        _merge_lists([segment.b for segment in segments], sizes),
        samples,
    )
