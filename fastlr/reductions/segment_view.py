"""View the segments of a program for some lanes, and evaluate them.

The reductions read a program only through a ``SegmentView``: its numbers as arrays over lanes, and
the rates of any list of segments, however deep inside the program, each lane at its own step. The
backend in use computes the rates.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.kernels.selection import choose
from fastlr.program.opcodes import (
    FAMILY,
    HEADER,
    HEADER_FAMILIES,
    HEADER_LANES,
    HEADER_LIMIT,
    HEADER_SIZE,
    LAST_STEP,
    OPCODES,
    ROW,
    SEGMENT_FIELDS,
    SEGMENT_FIRST,
    SEGMENT_SECOND,
    SEGMENT_START,
    Opcode,
    opcode,
)
from fastlr.program.program import NO_LIMIT

__all__ = [
    "SegmentView",
    "SegmentOfLanes",
    "TooManyStepsError",
    "group_by_lane",
    "naming",
    "segment_views",
    "sum_by_lane",
]

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

# lanes at a time: 32 KiB per array, which stays in the cache between operations
_LANES_AT_ONCE = 4_096
_FEW_SEGMENTS = 64  # at most this many segments are taken one by one, each for all lanes
_FEW_LANES = 1_024  # at most this many lanes have longer lists taken together
_MOST_AT_ONCE = 1 << 16  # segments taken together: 512 KiB per array
_RATES_AT_ONCE = 1 << 16  # rates per block
_FEW_TO_SEARCH = 8  # a loop over fewer segments is faster than a bisection
_MOST_LOOKED_AT = 1 << 29  # per piece: about 10 s where logarithms are taken


class TooManyStepsError(ValueError):
    """A reduction would have to evaluate more steps of a piece one by one than it does."""


class _FamilySource:
    """A family of a program whose lists of segments can each be evaluated.

    A backend evaluates a program from its root. So the family keeps one private copy of the program
    and writes the list to evaluate into that copy's root.
    """

    def __init__(self, buffer: Array, lanes: int) -> None:
        self.buffer, self.lanes = buffer, lanes
        self._copy: Array | None = None
        self._steps, self._rates = np.zeros(0, dtype=np.int64), np.zeros(0)
        self._starts: dict[tuple[int, int, range], tuple[Array, Array]] = {}

    def starts(self, offset: int, size: int, lanes: range) -> tuple[Array, Array]:
        """Return the earliest and the latest start, among the lanes, of each segment."""
        key = offset, size, lanes
        if key not in self._starts:
            places = offset + ROW * np.arange(size) + SEGMENT_START
            first, own = self.buffer[places].astype(np.int64), self.buffer[places + 1] != 0
            least, most = self.buffer[first], self.buffer[first]
            for i in np.flatnonzero(own).tolist():
                starts = self.buffer[first[i] + lanes.start : first[i] + lanes.stop]
                least[i], most[i] = starts.min(), starts.max()
            self._starts[key] = least, most
        return self._starts[key]

    def _rooted(self, offset: int, size: int, listed: bool) -> Array:
        """Return the private copy with this list of segments as its root."""
        if self._copy is None:
            end, lanes = self.buffer.size, self.lanes
            # behind the program, a list of output positions that are all 0
            self._copy = np.concatenate([self.buffer, np.zeros(lanes)])
            self._copy[HEADER_LANES], self._copy[HEADER_FAMILIES] = lanes, 1
            self._copy[HEADER_LIMIT], self._copy[HEADER_SIZE] = NO_LIMIT, end + lanes
            self._steps, self._rates = np.zeros(lanes, dtype=np.int64), np.zeros(lanes)
        first = (-1, self.buffer.size) if listed else (0, 0)
        self._copy[HEADER : HEADER + FAMILY] = self.lanes, *first, offset, size
        return self._copy

    def rates_at(self, offset: int, size: int, lanes: range, steps: Array) -> Array:
        """Evaluate each lane at its own step."""
        buffer = self._rooted(offset, size, listed=False)
        self._steps[lanes.start : lanes.stop] = np.clip(steps, 0, LAST_STEP)
        choose().each(buffer, lanes, self._steps, self._rates)
        return self._rates[lanes.start : lanes.stop].copy()

    def steps(self, offset: int, size: int, lane: int, steps: Array) -> Array:
        """Evaluate one lane at any steps."""
        buffer, out = self._rooted(offset, size, listed=True), np.empty(steps.size)
        t = np.clip(steps, 0, LAST_STEP).astype(np.int64)
        choose().steps(buffer, range(lane, lane + 1), range(t.size), t, out.reshape(1, -1))
        return out

    def table(self, offset: int, size: int, lane: int, steps: range) -> Array:
        """Evaluate one lane at a range of steps."""
        buffer, out = self._rooted(offset, size, listed=True), np.empty(len(steps))
        choose().table(
            buffer,
            range(lane, lane + 1),
            range(len(steps)),
            steps.start,
            steps.step,
            out.reshape(1, -1),
        )
        return out


class SegmentView(NamedTuple):
    """Segments of one list, for some lanes of a family.

    ``offset`` is where the first segment is and ``size`` how many there are. A number is an array
    with one entry per lane, or with one entry that all lanes share.

    ``lanes`` is a range, or an array in which a lane may occur several times: once per segment of a
    long list, or once per cycle. Then ``offset`` may be an array too: each entry has its own
    segment.
    """

    source: _FamilySource
    offset: int | Indices
    size: int
    lanes: range | Indices

    def opcode(self, index: int) -> Opcode:
        """Return a segment's opcode."""
        offset = self.offset if isinstance(self.offset, int) else int(self.offset[0])
        return OPCODES[int(self.source.buffer[offset + ROW * index])]

    def opcode_name(self, index: int) -> str:
        """Return the name of a segment's opcode."""
        return self.opcode(index).name

    def _number(self, index: int, place: int) -> Array:
        """Return the number whose offset and stride are at ``place`` of a segment."""
        buffer = self.source.buffer
        if isinstance(self.offset, int) and isinstance(self.lanes, range):
            first, stride = (int(word) for word in buffer[self.offset + ROW * index + place :][:2])
            return buffer[
                first + stride * self.lanes.start : first + stride * (self.lanes.stop - 1) + 1
            ]
        detail = np.asarray(self.offset + ROW * index + place)
        firsts, strides = buffer[detail].astype(np.int64), buffer[detail + 1].astype(np.int64)
        if not (firsts != firsts.flat[0]).any() and not strides.any():
            return np.asarray(buffer[firsts.reshape(-1)[:1]])
        numbers: Array = buffer[firsts + strides * np.asarray(self.lanes)]
        return numbers

    def start(self, index: int) -> Array:
        """Return the step from which a segment is in force."""
        return self._number(index, SEGMENT_START)

    def stop(self, index: int) -> Array:
        """Return the step from which the next segment is in force."""
        return (
            self._number(index + 1, SEGMENT_START) if index + 1 < self.size else np.array([np.inf])
        )

    def overlapping(self, first: Array, last: Array) -> range:
        """Return the segments that may be in force at a step from ``first`` to ``last``."""
        chosen = first <= last
        if not np.any(chosen):
            return range(0)
        if self.size < _FEW_TO_SEARCH or not isinstance(self.offset, int):
            end = self.size
            while end > 1 and np.all(last < self.start(end - 1)):
                end -= 1
            return range(end)
        least, most = self.source.starts(self.offset, self.size, self._lane_hull())
        low, high = np.where(chosen, first, np.inf).min(), np.where(chosen, last, -np.inf).max()
        begin, end = np.searchsorted(most[1:], low, "right"), np.searchsorted(least, high, "right")
        return range(int(begin), int(end))

    def _lane_hull(self) -> range:
        """Return the shortest range of lanes that has these."""
        if isinstance(self.lanes, range):
            return self.lanes
        return (
            range(int(self.lanes.min()), int(self.lanes.max()) + 1) if self.lanes.size else range(1)
        )

    def fields(self, index: int) -> list[Array]:
        """Return the numbers of a segment, in the order of its opcode's fields."""
        return [
            self._number(index, SEGMENT_FIELDS + 2 * i)
            for i in range(len(self.opcode(index).fields))
        ]

    def read(self, index: int) -> tuple[str, Array, list[Array]]:
        """Return a segment's opcode name, start and fields."""
        return self.opcode_name(index), self.start(index), self.fields(index)

    def below(self, index: int, place: int) -> "SegmentView":
        """Return the first (0) or the second (1) list inside a segment."""
        detail = self.offset + ROW * index + SEGMENT_FIRST + 2 * place
        if isinstance(detail, int):
            offset, size = (int(word) for word in self.source.buffer[detail : detail + 2])
            return self._replace(offset=offset, size=size)
        places, counts = (self.source.buffer[detail + i].astype(np.int64) for i in (0, 1))
        return self._replace(offset=places, size=int(counts[0]))

    def only(self, index: int) -> "SegmentView":
        """Return a view of one of the segments."""
        return self._replace(offset=self.offset + ROW * index, size=1)

    def take(self, lanes: Indices | None) -> "SegmentView":
        """Return a view of some lanes, by their index; an index may occur several times."""
        if lanes is None:
            return self
        return self._replace(
            lanes=np.asarray(self.lanes)[lanes],
            offset=self.offset if isinstance(self.offset, int) else self.offset[lanes],
        )

    def samples(self, offset: Array, i: int) -> Array:
        """Return the i-th value of a table: one per lane, or one for all."""
        return self.source.buffer[offset.astype(np.int64) + i]

    def rates_at(self, steps: Array) -> Array:
        """Return the rate of each lane at its own step, with the bits of a scalar call.

        A step before the first segment is moved to its start.
        """
        if not isinstance(self.offset, int):
            return self.as_own_family().rates_at(steps)
        steps = np.maximum(steps, self.start(0))
        if isinstance(self.lanes, range):
            return self.source.rates_at(self.offset, self.size, self.lanes, steps)
        rates = np.empty(len(self.lanes))
        steps = np.broadcast_to(steps, rates.shape)
        for lane, chosen in group_by_lane(self.lanes):
            rates[chosen] = self.source.steps(self.offset, self.size, lane, steps[chosen])
        return rates

    def as_own_family(self) -> "SegmentView":
        """Return the same segments as one family, which takes one call of the backend."""
        if isinstance(self.offset, int):
            return self
        buffer = [
            self.source.buffer if self._has_samples() else self.source.buffer[: HEADER + FAMILY]
        ]
        offset = self._append_segments(buffer)
        own = _FamilySource(np.concatenate(buffer), len(self.lanes))
        return SegmentView(own, offset, self.size, range(len(self.lanes)))

    def _has_samples(self) -> bool:
        """Whether a segment here or inside holds the offset of samples."""
        below = (self.below(index, i) for index in range(self.size) for i in (0, 1))
        return any(self.opcode_name(index) == "sampled" for index in range(self.size)) or any(
            view._has_samples() for view in below
        )

    def _append_segments(self, buffer: list[Array]) -> int:
        """Append the segments, then their numbers by lane; return the offset."""
        block = np.zeros((self.size, ROW))
        offset = _append(buffer, block.reshape(-1))
        for index, detail in enumerate(block):
            detail[0] = opcode(self.opcode_name(index))
            fields = range(len(self.opcode(index).fields))
            for place in (SEGMENT_START, *(SEGMENT_FIELDS + 2 * i for i in fields)):
                number = np.broadcast_to(self._number(index, place), (len(self.lanes),))
                detail[place : place + 2] = _append(buffer, number), 1
            for i in (0, 1):
                below = self.below(index, i)
                if below.size:
                    place = SEGMENT_FIRST + 2 * i
                    detail[place : place + 2] = below._append_segments(buffer), below.size
        return offset

    def has_many_segments(self) -> bool:
        """Whether it is faster to treat each segment as a lane than to loop over them."""
        return (
            isinstance(self.offset, int)
            and self.size > max(_FEW_SEGMENTS, 1)
            and np.unique(np.asarray(self.lanes)).size <= _FEW_LANES
        )

    def iter_segments(self, start: Array, last: Array) -> Iterator["SegmentOfLanes"]:
        """Yield the segments in force at steps from ``start`` to ``last``.

        Segments with the same structure come together, a limited number at a time.
        """
        lanes = np.asarray(self.lanes)
        start, last = (np.broadcast_to(bound, lanes.shape) for bound in (start, last))
        for lane, places in group_by_lane(lanes):
            starts = self.starts(lane)
            lasts = np.append(starts[1:] - 1.0, np.inf)
            first = np.maximum(np.searchsorted(starts, start[places], side="right") - 1, 0)
            count = np.where(
                start[places] <= last[places],
                np.searchsorted(starts, last[places], side="right") - first,
                0,
            )
            total = np.cumsum(count)
            for begin in range(0, int(total[-1]), _MOST_AT_ONCE):
                i = np.arange(begin, min(begin + _MOST_AT_ONCE, int(total[-1])))
                which = np.searchsorted(total, i, side="right")
                index = first[which] + (i - (total - count)[which])
                begun = np.where(index == first[which], start[places][which], starts[index])
                yield from self._group_alike(
                    index, places[which], begun, np.minimum(last[places][which], lasts[index])
                )

    def starts(self, lane: int) -> Array:
        """Return where each segment starts, for one lane of the family."""
        buffer = self.source.buffer
        detail = self.offset + ROW * np.arange(self.size) + SEGMENT_START
        numbers: Array = buffer[(buffer[detail] + buffer[detail + 1] * lane).astype(np.int64)]
        return numbers

    def _group_alike(
        self, index: Indices, lane: Indices, start: Array, last: Array
    ) -> Iterator["SegmentOfLanes"]:
        """Yield segments grouped by structure, each with its lane and steps."""
        assert isinstance(self.offset, int)
        offset = self.offset + ROW * index
        kinds = _number_kinds(self.source.buffer, offset)
        for kind in range(int(kinds.max()) + 1):
            chosen = np.flatnonzero((kinds == kind) & (start <= last))
            if chosen.size:
                offsets = (
                    offset[chosen]
                    if (offset[chosen] != offset[chosen[0]]).any()
                    else int(offset[chosen[0]])
                )
                view = SegmentView(self.source, offsets, 1, np.asarray(self.lanes)[lane[chosen]])
                yield SegmentOfLanes(view, lane[chosen], start[chosen], last[chosen])

    def iter_all_rates(self, lane: int, start: float, step: float, count: float) -> Iterator[Array]:
        """Yield the rates like ``iter_rates``, for a caller that needs every one of them.

        Raises ``TooManyStepsError`` before the first is evaluated if there are too many.
        """
        if count > _MOST_LOOKED_AT:
            raise _too_many(int(count))
        return self.iter_rates(lane, start, step, count)

    def iter_rates(
        self, lane: int, start: float, step: float, count: float, backwards: bool = False
    ) -> Iterator[Array]:
        """Yield the rates of the ``lane``-th lane at ``start``, ``start + step``, ... in blocks.

        With ``backwards``, the last come first. Raises ``TooManyStepsError`` if there are too many
        to evaluate one by one.
        """
        steps = range(int(start), int(start) + int(step) * int(count), int(step))
        for i in range(0, len(steps), _RATES_AT_ONCE):
            if i >= _MOST_LOOKED_AT:
                raise _too_many(len(steps))
            block = (
                steps[max(len(steps) - i - _RATES_AT_ONCE, 0) : len(steps) - i]
                if backwards
                else steps[i : i + _RATES_AT_ONCE]
            )
            offset = self.offset if isinstance(self.offset, int) else int(self.offset[lane])
            rates = self.source.table(offset, self.size, int(self.lanes[lane]), block)
            yield rates[::-1] if backwards else rates


def _too_many(steps: int) -> TooManyStepsError:
    """Return the error for more steps than are evaluated one by one.

    ``naming`` puts before it which function refuses, and which of its arguments is at fault.
    """
    return TooManyStepsError(
        f"at most {_MOST_LOOKED_AT:,} steps of a piece are evaluated one by one, got {steps:,}"
    )


@contextmanager
def naming(name: str, rule: str = "stop must be nearer to start") -> Iterator[None]:
    """Name the public function that has to evaluate too many steps, and the rule of its argument.

    A function that calls another names itself in its place.
    """
    try:
        yield
    except TooManyStepsError as error:
        reason = str(error).rpartition(": ")[2]
        raise TooManyStepsError(f"{name}: {rule}: {reason}") from None


class SegmentOfLanes(NamedTuple):
    """One segment per lane.

    ``lane`` is the lane's index in the view that it is taken from; ``start`` and ``last`` are its
    first and last step.
    """

    view: SegmentView
    lane: Indices
    start: Array
    last: Array


def _append(buffer: list[Array], more: Array) -> int:
    """Append a chunk to a buffer's chunks; return its offset."""
    offset = sum(chunk.size for chunk in buffer)
    buffer.append(more)
    return offset


def _number_kinds(buffer: Array, offset: Indices) -> Indices:
    """Return a number per segment, equal for segments of equal structure."""
    columns = [buffer[offset + i] for i in (0, SEGMENT_FIRST + 1, SEGMENT_SECOND + 1)]
    long = np.maximum(columns[1], columns[2]) > _FEW_SEGMENTS
    columns.append(np.where(long, offset, -1))  # a segment that holds many others is its own kind
    for place in (SEGMENT_FIRST, SEGMENT_SECOND):
        counts = np.where(long, 0, buffer[offset + place + 1]).astype(np.int64)
        for i in range(int(counts.max())):
            below, own = counts > i, np.full(offset.size, -1)
            own[below] = _number_kinds(
                buffer, buffer[offset[below] + place].astype(np.int64) + ROW * i
            )
            columns.append(own)
    if all((column == column[0]).all() for column in columns):
        return np.zeros(offset.size, dtype=np.int64)
    kinds: Indices = np.unique(np.stack(columns), axis=1, return_inverse=True)[1].reshape(-1)
    return kinds


def group_by_lane(lanes: Indices) -> Iterator[tuple[int, Indices]]:
    """Yield each lane that occurs, and the indices at which it does."""
    if not (lanes != lanes[0]).any():
        yield int(lanes[0]), np.arange(lanes.size)
        return
    order = np.argsort(lanes, kind="stable")
    for chosen in np.split(order, np.flatnonzero(np.diff(lanes[order])) + 1):
        yield int(lanes[chosen[0]]), chosen


def sum_by_lane(numbers: Array, lane: Indices, lanes: int) -> Array:
    """Return the sum of the numbers of each lane, rounded once."""
    found = np.zeros(lanes)
    for each, chosen in group_by_lane(lane):
        found[each] = math.fsum(numbers[chosen].tolist())
    return found


def segment_views(buffer: Array) -> Iterator[tuple[npt.NDArray[np.int64], SegmentView]]:
    """Yield a program's lanes, some at a time: output positions and the root segments."""
    for i in range(int(buffer[HEADER_FAMILIES])):
        lanes, first, listed, offset, size = (
            int(word) for word in buffer[HEADER + FAMILY * i :][:FAMILY]
        )
        source = _FamilySource(buffer, lanes)
        for begin in range(0, lanes, _LANES_AT_ONCE):
            chosen = range(begin, min(begin + _LANES_AT_ONCE, lanes))
            own = np.arange(chosen.start, chosen.stop)
            yield (
                own + first if first >= 0 else buffer[listed + own].astype(np.int64),
                SegmentView(source, offset, size, chosen),
            )
