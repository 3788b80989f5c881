"""Pack lowered segments into a program, the only thing that kernels read, and read one back.

A program is one flat, C-contiguous, read-only float64 array, its *buffer*. It passes unchanged to C
and into a user's ``@njit`` function. Float64 holds integers exactly to 2^53, so steps, opcodes and
offsets are stored beside rates. The parts, in order:

- *header*: MAGIC, number of lanes, number of families, limit (the first step that must not be
  evaluated), depth (of segments inside segments), size of the buffer, number of the format, the
  version that wrote it, checksum (``seal.py``)
- *families*, each: number of lanes, first output position (-1: the positions are listed), offset
  of the listed positions, offset and length of its list of segments
- *segments*, each: opcode, start, list A, list B, then its fields
- *data*: listed positions, sampled tables, and numbers, each number of all lanes together

A *lane* is one scalar schedule of a batch. Lanes with the same segments form a *family*; only their
numbers differ. *Segments* are sorted by start. The segment in force at step t is the last whose
start is <= t; it is evaluated at its local step, t minus its start. A number is an offset and a
stride: 1 if each lane has its own, 0 if all lanes share one. A list of segments is an offset and a
length.

``lowering`` makes segments, ``pack`` makes the program of them, and ``verifier`` checks it.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.errors import public
from fastlr.program.opcodes import (
    FAMILY,
    HEADER,
    HEADER_DEPTH,
    HEADER_FAMILIES,
    HEADER_LANES,
    HEADER_LIMIT,
    OPCODES,
    ROW,
    opcode,
)
from fastlr.program.seal import seal
from fastlr.program.verifier import segment_offsets, verify

__all__ = [
    "NO_LIMIT",
    "Cycles",
    "Family",
    "Program",
    "Segment",
    "Segments",
    "distinct_lanes",
    "pack",
    "expand_cycles",
    "positions",
    "boundaries",
]

NO_LIMIT = 2.0**54  # beyond every step that can be evaluated
_MOST_LISTED = 1_000  # periods of a loop whose boundaries are listed one by one
_MOST_BOUNDARIES = 2**17  # above this many, only the first period of each loop is listed
_BEGIN, _NO_END = np.zeros(1), np.full(1, np.inf)
_MOST_PRINTED = 1_000  # segments of a list

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

    def first(self, times: int) -> "Cycles":
        """Return the first ``times`` cycles."""
        return Cycles(
            times, tuple(_select_cycles(segment, slice(times)) for segment in self.segments)
        )


Segments = tuple[Segment | Cycles, ...]


class Family(NamedTuple):
    """Lanes with the same segments: the output position of each, and the segments."""

    positions: npt.NDArray[np.int64]
    segments: Segments


class Program(np.ndarray[Any, np.dtype[np.float64]]):
    """A packed program: a flat, read-only float64 array.

    ``print(program)`` lists its first lanes as a table, one line per segment.

    Examples
    --------
    >>> import fastlr as flr
    >>> print((flr.linear(0.0, 1.0, steps=10) * flr.constant(2.0)).program)
    program of 1 lane
    lane 0
               start  opcode        fields
                   0  multiply
                   0    linear      L=-10  lo=0  hi=1
                  10    constant    value=1
                        and
                   0    constant    value=2
    """

    # the type is quoted so that help shows its name, and not the union that it stands for
    @staticmethod
    @public
    def from_array(buffer: "npt.ArrayLike") -> "Program":
        """Make a program from the array that a file or another process holds.

        Parameters
        ----------
        buffer : array of float
            The entries of a ``schedule.program``: one-dimensional, float64 in either byte order.
            It is copied.

        Returns
        -------
        Program
            The verified program.

        Raises
        ------
        TypeError
            If ``buffer`` is not a flat array of float64.
        ValueError
            If ``buffer`` is not a program of this format. The message says whether it is of an
            older or a newer format, of the other byte order, cut short or damaged, or names the
            entry that breaks a rule.

        Notes
        -----
        Kernels never read or write outside a verified program, and they always return. What its
        numbers mean is not checked. A program is in the byte order of the machine that wrote it.
        On a machine of the other order, read it with its own dtype, such as ``">f8"``, or pass
        ``buffer.byteswap()``.

        Examples
        --------
        >>> import fastlr as flr
        >>> stored = flr.linear(1.0, 0.0, steps=4).program.tobytes()
        >>> Program.from_array(np.frombuffer(stored))
        <fastlr program of 1 lane, 440 bytes>
        """
        try:
            own = np.array(buffer, order="C")
        except ValueError:
            raise TypeError(
                "from_array: buffer must be a flat array of float64, got rows of different lengths"
            ) from None
        if own.dtype.newbyteorder("=") != np.float64 or own.ndim != 1:
            raise TypeError(
                f"from_array: buffer must be a flat array of float64, got {own.dtype} of "
                f"shape {own.shape}"
            )
        try:
            return _verified(own.astype(np.float64, copy=False))
        except ValueError as error:
            raise ValueError(f"from_array: buffer must be a program: {error}") from None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as an array, so that unpickling verifies it."""
        return Program.from_array, (self.view(np.ndarray),)

    @property
    def _is_whole(self) -> bool:
        """Whether this is a program as packed: not a slice, a reshape or a writable copy."""
        return self.ndim == 1 and not self.flags.writeable

    def __getitem__(self, index: Any) -> Any:
        """Return entries as a plain array: a part of a program is not a program."""
        return self.view(np.ndarray)[index]

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """Return the result of a computation as a plain array."""
        return array[()] if return_scalar else np.asarray(array)

    def __str__(self) -> str:
        return (
            "\n".join(_disassemble(self.view(np.ndarray), most_lanes=3))
            if self._is_whole
            else str(self.view(np.ndarray))
        )

    def _repr_html_(self) -> str | None:
        """Return the display of a notebook: the segments; none of a part of a program."""
        if not self._is_whole:
            return None
        from html import escape

        return f"<b>{escape(repr(self))}</b><pre>{escape(str(self))}</pre>"

    def __repr__(self) -> str:
        if not self._is_whole:
            return repr(self.view(np.ndarray))
        lanes = int(self[HEADER_LANES])
        return f"<fastlr program of {lanes:,} lane{'s' * (lanes != 1)}, {self.nbytes:,} bytes>"


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
        own = lanes > 1 and bool((value != value.ravel()[0]).any())
        buffer = np.ascontiguousarray(
            np.broadcast_to(value, (lanes,)) if own else value.ravel()[:1], dtype=np.float64
        )
        key = buffer.tobytes()
        if key not in self.known:
            self.known[key] = self.put(buffer)
        return self.known[key], int(own)

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
        buffer[1:3] = self.put_number(segment.start, lanes)
        buffer[3:5] = (
            (self.put_segments(segment.a, lanes), _total_length(segment.a)) if segment.a else (0, 0)
        )
        buffer[5:7] = (
            (self.put_segments(segment.b, lanes), _total_length(segment.b)) if segment.b else (0, 0)
        )
        for i, value in enumerate(fields):
            buffer[7 + 2 * i : 9 + 2 * i] = self.put_number(value, lanes)

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
                (1, *range(7, ROW, 2)), (segment.start, *segment.fields), strict=False
            ):
                buffer[:, place], buffer[:, place + 1] = self.put_number_of_cycles(number, lanes)
            for place, inner in ((3, segment.a), (5, segment.b)):
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
        own = bool((value != value[:1]).any())
        buffer = np.ascontiguousarray(
            (np.broadcast_to(value, (lanes, value.shape[1])) if own else value[:1]).T
        )
        key = buffer.tobytes()
        if key not in self.known:
            self.known[key] = self.put(buffer)
        return self.known[key] + np.arange(value.shape[1], dtype=np.int64) * buffer.shape[1], int(
            own
        )

    def _with_samples(self, segment: Segment, lanes: int) -> tuple[Numbers, ...]:
        """Return the fields, for samples with the offset of the table in front."""
        if segment.samples is None:
            return segment.fields
        own = segment.samples.ndim > 1
        at = self.put(segment.samples) + (
            np.arange(lanes) * segment.samples.shape[-1] if own else np.zeros(1)
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
    return _verified(buffer)


def _verified(buffer: Numbers) -> Program:
    """Return a buffer that nobody else holds as a program, verified and read-only."""
    verify(buffer)
    buffer.flags.writeable = False
    return buffer.view(Program)


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


def _read_segments(buffer: Numbers, at: float, count: float) -> Numbers:
    """Return a list of segments as an array with a row per segment."""
    return buffer[int(at) : int(at) + ROW * int(count)].reshape(-1, ROW)


def _families(buffer: Numbers) -> Iterator[tuple[int, npt.NDArray[np.int64], Numbers]]:
    """Yield the number of lanes, output positions and segments of each family."""
    for i in range(int(buffer[HEADER_FAMILIES])):
        lanes, first, listed, at, count = (
            int(word) for word in buffer[HEADER + FAMILY * i :][:FAMILY]
        )
        positions = (
            np.arange(first, first + lanes)
            if first >= 0
            else buffer[listed : listed + lanes].astype(np.int64)
        )
        yield lanes, positions, _read_segments(buffer, at, count)


def _iter_levels(buffer: Numbers, segments: Numbers) -> Iterator[Numbers]:
    """Yield segments, then all segments directly inside them, and so on."""
    while len(segments):
        yield segments
        detail = np.concatenate([segments[:, 3:5], segments[:, 5:7]])
        segments = buffer[
            segment_offsets(*detail[detail[:, 1] > 0].T)[:, np.newaxis] + np.arange(ROW)
        ]


def boundaries(buffer: Numbers) -> set[int]:
    """Return the steps at which the first lane passes from one segment to the next."""
    at, count = buffer[HEADER + 3 : HEADER + 5]
    most = _MOST_LISTED if _count_listed(buffer, at, count) <= _MOST_BOUNDARIES else 1
    return {
        int(boundary)
        for boundary in _boundaries(buffer, at, count, most)
        if 0 < boundary <= NO_LIMIT / 2
    }


def _count_listed(buffer: Numbers, at: Numbers, count: Numbers) -> float:
    """Return an upper bound on the number of boundaries.

    It assumes that each loop of up to 1,000 periods is listed period by period.
    """
    segments = buffer[
        segment_offsets(np.atleast_1d(at), np.atleast_1d(count))[:, np.newaxis] + np.arange(ROW)
    ]
    total, loops = float(len(segments)), segments[:, 0] == opcode("loop")
    for segment in segments[loops]:
        times = float(buffer[int(segment[9])])
        inside = _count_listed(buffer, segment[3], segment[4])
        total += (inside + 1) * times if 0 < times <= _MOST_LISTED else inside
    below = np.concatenate([segments[~loops, 3:5], segments[~loops, 5:7]])
    below = below[below[:, 1] > 0]
    return total + (_count_listed(buffer, below[:, 0], below[:, 1]) if len(below) else 0.0)


def positions(buffer: Numbers) -> npt.NDArray[np.int64]:
    """Return the output position of each lane, in the program's own order."""
    return np.concatenate([positions for _, positions, _ in _families(buffer)])


def distinct_lanes(buffer: Numbers) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Find the distinct lanes of a program.

    Returns the output positions of the first lane of each kind, sorted, and for each lane the index
    of its kind. Two lanes are of one kind if they are of one family and all their numbers are
    equal.
    """
    first_like = np.empty(int(buffer[HEADER_LANES]), dtype=np.int64)
    for lanes, positions, segments in _families(buffer):
        below, fields = (
            np.concatenate(list(_iter_levels(buffer, segments))),
            np.array([1, *range(7, ROW, 2)]),
        )
        own = below[:, fields + 1] == 1
        tables = own[:, 1] & (below[:, 0] == opcode("sampled"))
        own[tables, 1] = False
        places = np.unique(below[:, fields][own]).astype(np.int64)
        table_numbers = [_number_tables(buffer, lanes, segment) for segment in below[tables]]
        numbers = np.stack(
            [*buffer[places[:, np.newaxis] + np.arange(lanes)], *table_numbers]
            or [np.zeros(lanes)],
            axis=1,
        )
        _, first, which = np.unique(numbers, axis=0, return_index=True, return_inverse=True)
        first_like[positions] = positions[first][which.reshape(-1)]
    firsts, index = np.unique(first_like, return_inverse=True)
    return firsts, index


def _number_tables(buffer: Numbers, lanes: int, segment: Numbers) -> Numbers:
    """Return a number per lane that is the same for lanes with equal sample tables."""
    numbers = buffer[int(segment[7]) : int(segment[7]) + lanes]
    tables = buffer[
        numbers.astype(np.int64)[:, np.newaxis] + np.arange(int(buffer[int(segment[11])]) + 1)
    ]
    return np.unique(tables, axis=0, return_inverse=True)[1].reshape(-1).astype(np.float64)


def _boundaries(
    buffer: Numbers,
    at: Numbers,
    count: Numbers,
    most: int,
    begin: Numbers = _BEGIN,
    end: Numbers = _NO_END,
) -> set[float]:
    """Return the boundaries of lists of segments, and of those inside, all before ``end``.

    Each list starts at the step ``begin``. Of a loop of more than ``most`` periods only the first
    period counts.
    """
    at, count, begin, end = np.broadcast_arrays(np.atleast_1d(at), count, begin, end)
    places, which = (
        segment_offsets(at, count),
        np.repeat(np.arange(at.size), count.astype(np.int64)),
    )
    segments = buffer[places[:, np.newaxis] + np.arange(7)]
    starts = begin[which] + buffer[segments[:, 1].astype(np.int64)]
    last = np.append(which[1:] != which[:-1], True)
    stops = np.minimum(np.where(last, np.inf, np.append(starts[1:], np.inf)), end[which])
    found = set(starts[starts < end[which]].tolist())
    for i in np.flatnonzero(
        (segments[:, 0] == opcode("loop")) | (segments[:, 0] == opcode("clock"))
    ).tolist():
        inner = _boundaries_of_inner(buffer, int(places[i]), most)
        found |= {
            boundary
            for boundary in (float(starts[i]) + boundary for boundary in inner)
            if boundary < stops[i]
        }
    pairs = np.flatnonzero((segments[:, 6] > 0) & (starts < stops))
    if pairs.size:
        at, count = (np.concatenate([segments[pairs, i], segments[pairs, i + 2]]) for i in (3, 4))
        found |= _boundaries(
            buffer, at, count, most, np.tile(starts[pairs], 2), np.tile(stops[pairs], 2)
        )
    return found


def _boundaries_of_inner(buffer: Numbers, offset: int, most: int) -> set[float]:
    """Return the boundaries of the list inside a loop or a time map, in its local steps."""
    inner = _boundaries(buffer, buffer[offset + 3], buffer[offset + 4], most)
    first, second, third = (float(buffer[int(buffer[offset + place])]) for place in (7, 9, 11))
    if buffer[offset] == opcode("loop"):
        return _boundaries_of_loop(inner, first, second, most)
    return _boundaries_of_time_map(inner, first, second, third)


def _boundaries_of_loop(inner: set[float], period: float, times: float, most: int) -> set[float]:
    """Return the boundaries of each period, and the step at which the last one ends.

    Of a loop of more than ``most`` periods, return those of the first.
    """
    turns = int(times) if times <= most else 1
    return {
        turn * period + boundary for turn in range(turns) for boundary in inner if boundary < period
    } | {turn * period for turn in range(turns + 1)}


def _boundaries_of_time_map(
    inner: set[float], base: float, pace: float, every: float
) -> set[float]:
    """Return the first step at which a time map reaches each inner boundary."""
    return (
        {-((base - boundary) // pace) * every for boundary in inner if boundary > base}
        if pace
        else set()
    )


def _disassemble(buffer: Numbers, most_lanes: int) -> Iterator[str]:
    """Yield the lines of the printed program."""
    lanes, limit = int(buffer[HEADER_LANES]), buffer[HEADER_LIMIT]
    ending = f", raises past step {int(limit) - 1:,}" if limit < NO_LIMIT else ""
    yield f"program of {lanes:,} lane{'s' * (lanes != 1)}{ending}"
    for size, positions, segments in _families(buffer):
        for lane in range(min(size, most_lanes)):
            yield f"lane {positions[lane]:,}" + (f" of {size:,} alike" if size > 1 else "")
            yield f"  {'start':>14}  {'opcode':<14}fields"
            yield from _listing(buffer, segments, lane)


def _listing(buffer: Numbers, segments: Numbers, lane: int, indent: str = "") -> Iterator[str]:
    """Yield a line per segment, and indented below it the segments inside."""
    for segment in segments[:_MOST_PRINTED]:
        name, names, _ = OPCODES[int(segment[0])]
        numbers = [
            buffer[int(segment[7 + 2 * i]) + lane * int(segment[8 + 2 * i])]
            for i in range(len(names))
        ]
        fields = "  ".join(
            f"{field}={_shortest(number)}" for field, number in zip(names, numbers, strict=True)
        )
        start = buffer[int(segment[1]) + lane * int(segment[2])]
        yield f"  {int(start):>14,}  {indent + name:<12}  {fields}".rstrip()
        yield from _listing(
            buffer, _read_segments(buffer, segment[3], segment[4]), lane, indent + "  "
        )
        if segment[6]:
            yield f"  {'':14}  {indent}  and"
            yield from _listing(
                buffer, _read_segments(buffer, segment[5], segment[6]), lane, indent + "  "
            )
    if len(segments) > _MOST_PRINTED:
        yield f"  {'':14}  {indent}... and {len(segments) - _MOST_PRINTED:,} more segments"


def _shortest(number: float) -> str:
    """Format a number; 2^54 stands for a loop that never ends."""
    return "2^54" if number == NO_LIMIT else repr(float(number)).removesuffix(".0")
