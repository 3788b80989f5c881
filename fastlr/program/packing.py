"""Pack lowered segments into a program, each number of them once."""

from itertools import chain

import numpy as np
import numpy.typing as npt

from fastlr.program.opcodes import (
    FAMILY,
    HEADER,
    HEADER_DEPTH,
    HEADER_FAMILIES,
    HEADER_LANES,
    HEADER_LIMIT,
    ROW,
    SEGMENT_FIELDS,
    SEGMENT_FIRST,
    SEGMENT_SECOND,
    SEGMENT_START,
)
from fastlr.program.program import NO_LIMIT, Program, verified
from fastlr.program.seal import seal
from fastlr.program.segments import Cycles, Family, Segment, Segments

__all__ = ["pack"]

Numbers = npt.NDArray[np.float64]


class _Packer:
    """Collects chunks of a buffer; zeros reserve a place that is filled in later."""

    def __init__(self) -> None:
        self.chunks: list[Numbers] = []
        self.size = 0
        self.known: dict[bytes, int] = {}

    def put(self, buffer: npt.ArrayLike) -> int:
        """Append a chunk; return its offset."""
        chunk = np.array(buffer, dtype=np.float64).ravel()
        at, self.size = self.size, self.size + chunk.size
        self.chunks.append(chunk)
        return at

    def joined(self) -> Numbers:
        """Return all chunks as one array, and release each once it is copied."""
        buffer, at = np.empty(self.size), 0
        chunks, self.chunks = self.chunks[::-1], []
        while chunks:
            chunk = chunks.pop()
            buffer[at : at + chunk.size] = chunk
            at += chunk.size
        return buffer

    def put_number(self, value: Numbers, lanes: int) -> tuple[int, int]:
        """Store one number of all lanes and return its offset and stride.

        A number that is stored already is shared. A curve's length is also the start of the next
        segment, and its last level is that segment's value: kernels then read them once.
        """
        per_lane = lanes > 1 and bool((value != value.ravel()[0]).any())
        buffer = np.ascontiguousarray(
            np.broadcast_to(value, (lanes,)) if per_lane else value.ravel()[:1], dtype=np.float64
        )
        key = buffer.tobytes()
        if key not in self.known:
            self.known[key] = self.put(buffer)
        return self.known[key], int(per_lane)

    def put_segments(self, segments: Segments, lanes: int) -> int:
        """Store segments and everything inside them; return the offset of the first."""
        block = np.zeros((sum(_length(segment) for segment in segments), ROW))
        at, first = self.reserve(block), 0
        for segment in segments:
            chosen = block[first : first + _length(segment)]
            first += len(chosen)
            if isinstance(segment, Cycles):
                self._fill_cycles(segment, chosen.reshape(segment.times, -1, ROW), lanes)
            else:
                self._fill_segment(segment, chosen[0], lanes)
        return at

    def reserve(self, block: Numbers) -> int:
        """Reserve a block of segments, which is filled in later; return its offset."""
        at, self.size = self.size, self.size + block.size
        self.chunks.append(block.reshape(-1))
        return at

    def _fill_segment(self, segment: Segment, buffer: Numbers, lanes: int) -> None:
        fields = self._with_samples(segment, lanes)
        buffer[0] = segment.opcode
        buffer[SEGMENT_START:SEGMENT_FIRST] = self.put_number(segment.start, lanes)
        buffer[SEGMENT_FIRST:SEGMENT_SECOND] = (
            (self.put_segments(segment.a, lanes), _total_length(segment.a)) if segment.a else (0, 0)
        )
        buffer[SEGMENT_SECOND:SEGMENT_FIELDS] = (
            (self.put_segments(segment.b, lanes), _total_length(segment.b)) if segment.b else (0, 0)
        )
        for i, value in enumerate(fields):
            place = SEGMENT_FIELDS + 2 * i
            buffer[place : place + 2] = self.put_number(value, lanes)

    def _fill_cycles(self, cycles: Cycles, block: Numbers, lanes: int) -> None:
        """Fill in the segments of all cycles, and behind them those inside, cycle by cycle."""
        space = np.zeros(
            (cycles.times, sum(_length_below(segment) for segment in cycles.segments), ROW)
        )
        at = self.reserve(space) + np.arange(cycles.times, dtype=np.int64) * ROW * space.shape[1]
        self._fill_segments_of_cycles(cycles.segments, block, space, at, 0, lanes)

    def _fill_segments_of_cycles(
        self,
        segments: Segments,
        block: Numbers,
        space: Numbers,
        at: npt.NDArray[np.int64],
        used: int,
        lanes: int,
    ) -> int:
        """Fill in segments; return how many places of ``space`` are used.

        Segments inside them go into ``space``, from place ``used`` on.
        """
        for buffer, segment in zip(np.moveaxis(block, 1, 0), segments, strict=True):
            assert isinstance(segment, Segment)  # cycles do not hold cycles
            buffer[:, 0] = segment.opcode
            for place, number in zip(
                (SEGMENT_START, *range(SEGMENT_FIELDS, ROW, 2)),
                (segment.start, *segment.fields),
                strict=False,
            ):
                buffer[:, place], buffer[:, place + 1] = self.put_number_of_cycles(number, lanes)
            for place, inner in ((SEGMENT_FIRST, segment.a), (SEGMENT_SECOND, segment.b)):
                if inner:
                    buffer[:, place], buffer[:, place + 1] = at + ROW * used, len(inner)
                    below, used = space[:, used : used + len(inner)], used + len(inner)
                    used = self._fill_segments_of_cycles(inner, below, space, at, used, lanes)
        return used

    def put_number_of_cycles(self, value: Numbers, lanes: int) -> tuple[npt.NDArray[np.int64], int]:
        """Store one number of all lanes and cycles.

        Returns its offset for each cycle, and the stride. ``value`` is of shape (lanes, cycles).
        """
        if bool((value == value[:, :1]).all()):
            at, stride = self.put_number(value[:, 0], lanes)
            return np.full(1, at), stride
        per_lane = bool((value != value[:1]).any())
        buffer = np.ascontiguousarray(
            (np.broadcast_to(value, (lanes, value.shape[1])) if per_lane else value[:1]).T
        )
        key = buffer.tobytes()
        if key not in self.known:
            self.known[key] = self.put(buffer)
        return self.known[key] + np.arange(value.shape[1], dtype=np.int64) * buffer.shape[1], int(
            per_lane
        )

    def _with_samples(self, segment: Segment, lanes: int) -> tuple[Numbers, ...]:
        """Return the fields, for samples with the offset of the table in front."""
        if segment.samples is None:
            return segment.fields
        per_lane = segment.samples.ndim > 1
        at = self.put(segment.samples) + (
            np.arange(lanes) * segment.samples.shape[-1] if per_lane else np.zeros(1)
        )
        return (at.astype(np.float64), *segment.fields)


def pack(families: list[Family], limit: float = NO_LIMIT) -> Program:
    """Pack families into one buffer, and verify it once: kernels check nothing."""
    packer = _Packer()
    lanes = sum(family.positions.size for family in families)
    header = np.zeros(HEADER)
    header[HEADER_LANES], header[HEADER_FAMILIES], header[HEADER_LIMIT] = (
        lanes,
        len(families),
        limit,
    )
    header[HEADER_DEPTH] = max(_depth(family.segments) for family in families)
    packer.put(header)
    heads = np.zeros((len(families), FAMILY))
    packer.put(heads)
    packer.chunks[-1] = heads.ravel()
    for head, (positions, segments) in zip(heads, families, strict=True):
        first = positions[0]
        in_order = np.array_equal(positions, np.arange(first, first + positions.size))
        listed = 0 if in_order else packer.put(positions)
        head[:] = (
            positions.size,
            first if in_order else -1,
            listed,
            packer.put_segments(segments, positions.size),
            _total_length(segments),
        )
    buffer = packer.joined()
    seal(buffer)
    return verified(buffer)


def _depth(segments: Segments) -> int:
    """Return how deep segments are nested."""
    lists = (
        segment.segments if isinstance(segment, Cycles) else (segment,) for segment in segments
    )
    return max(
        (
            1 + max(_depth(segment.a), _depth(segment.b))
            for segment in chain.from_iterable(lists)
            if segment.a
        ),
        default=0,
    )


def _length(segment: Segment | Cycles) -> int:
    """Return how many segments of a list one entry stands for."""
    return segment.times * len(segment.segments) if isinstance(segment, Cycles) else 1


def _total_length(segments: Segments) -> int:
    """Return the length of a list of segments."""
    return sum(map(_length, segments))


def _length_below(segment: Segment | Cycles) -> int:
    """Return how many segments are inside one segment, at all depths."""
    assert isinstance(segment, Segment)
    return sum(1 + _length_below(inner) for inner in (*segment.a, *segment.b))
