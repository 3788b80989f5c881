"""A program, the only thing that kernels read: what is in it, and how it is read back.

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

``lowering`` makes segments, ``packing`` makes the program of them, and ``verifier`` checks it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.errors import public
from fastlr.program.opcodes import (
    FAMILY,
    HEADER,
    HEADER_FAMILIES,
    HEADER_LANES,
    HEADER_LIMIT,
    OPCODES,
    ROW,
    SEGMENT_FIELDS,
    SEGMENT_FIRST,
    SEGMENT_SECOND,
    SEGMENT_START,
    opcode,
)
from fastlr.program.verifier import segment_offsets, verify

__all__ = [
    "NO_LIMIT",
    "Program",
    "distinct_lanes",
    "positions",
    "verified",
    "boundaries",
]

NO_LIMIT = 2.0**54  # beyond every step that can be evaluated
_MOST_LISTED = 1_000  # periods of a loop whose boundaries are listed one by one
_MOST_BOUNDARIES = 2**17  # above this many, only the first period of each loop is listed
_BEGIN, _NO_END = np.zeros(1), np.full(1, np.inf)
_MOST_PRINTED = 1_000  # segments of a list

Numbers = npt.NDArray[np.float64]


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
            copy = np.array(buffer, order="C")
        except ValueError:
            raise TypeError(
                "from_array: buffer must be a flat array of float64, got rows of different lengths"
            ) from None
        if copy.dtype.newbyteorder("=") != np.float64 or copy.ndim != 1:
            raise TypeError(
                f"from_array: buffer must be a flat array of float64, got {copy.dtype} of "
                f"shape {copy.shape}"
            )
        try:
            return verified(copy.astype(np.float64, copy=False))
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


def verified(buffer: Numbers) -> Program:
    """Return a buffer that nobody else holds as a program, verified and read-only."""
    verify(buffer)
    buffer.flags.writeable = False
    return buffer.view(Program)


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
        detail = np.concatenate(
            [
                segments[:, SEGMENT_FIRST:SEGMENT_SECOND],
                segments[:, SEGMENT_SECOND:SEGMENT_FIELDS],
            ]
        )
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
        times = float(buffer[int(segment[SEGMENT_FIELDS + 2])])
        inside = _count_listed(buffer, segment[SEGMENT_FIRST], segment[SEGMENT_FIRST + 1])
        total += (inside + 1) * times if 0 < times <= _MOST_LISTED else inside
    below = np.concatenate(
        [
            segments[~loops, SEGMENT_FIRST:SEGMENT_SECOND],
            segments[~loops, SEGMENT_SECOND:SEGMENT_FIELDS],
        ]
    )
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
            np.array([SEGMENT_START, *range(SEGMENT_FIELDS, ROW, 2)]),
        )
        per_lane = below[:, fields + 1] == 1
        tables = per_lane[:, 1] & (below[:, 0] == opcode("sampled"))
        per_lane[tables, 1] = False
        places = np.unique(below[:, fields][per_lane]).astype(np.int64)
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
    numbers = buffer[int(segment[SEGMENT_FIELDS]) : int(segment[SEGMENT_FIELDS]) + lanes]
    tables = buffer[
        numbers.astype(np.int64)[:, np.newaxis]
        + np.arange(int(buffer[int(segment[SEGMENT_FIELDS + 4])]) + 1)
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
    segments = buffer[places[:, np.newaxis] + np.arange(SEGMENT_FIELDS)]
    starts = begin[which] + buffer[segments[:, SEGMENT_START].astype(np.int64)]
    last = np.append(which[1:] != which[:-1], True)
    stops = np.minimum(np.where(last, np.inf, np.append(starts[1:], np.inf)), end[which])
    found = set(starts[starts < end[which]].tolist())
    for i in np.flatnonzero(
        (segments[:, 0] == opcode("loop")) | (segments[:, 0] == opcode("time_map"))
    ).tolist():
        inner = _boundaries_of_inner(buffer, int(places[i]), most)
        found |= {
            boundary
            for boundary in (float(starts[i]) + boundary for boundary in inner)
            if boundary < stops[i]
        }
    pairs = np.flatnonzero((segments[:, SEGMENT_SECOND + 1] > 0) & (starts < stops))
    if pairs.size:
        lists = segments[pairs, SEGMENT_FIRST:SEGMENT_FIELDS]
        at, count = np.concatenate([lists[:, :2], lists[:, 2:]]).T
        found |= _boundaries(
            buffer, at, count, most, np.tile(starts[pairs], 2), np.tile(stops[pairs], 2)
        )
    return found


def _boundaries_of_inner(buffer: Numbers, offset: int, most: int) -> set[float]:
    """Return the boundaries of the list inside a loop or a time map, in its local steps."""
    at, count = buffer[offset + SEGMENT_FIRST : offset + SEGMENT_SECOND]
    inner = _boundaries(buffer, at, count, most)
    first, second, third = (
        float(buffer[int(buffer[offset + SEGMENT_FIELDS + 2 * i])]) for i in range(3)
    )
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
        name, names = OPCODES[int(segment[0])][:2]
        numbers = [
            buffer[int(segment[place]) + lane * int(segment[place + 1])]
            for place in range(SEGMENT_FIELDS, SEGMENT_FIELDS + 2 * len(names), 2)
        ]
        fields = "  ".join(
            f"{field}={_shortest(number)}" for field, number in zip(names, numbers, strict=True)
        )
        start = buffer[int(segment[SEGMENT_START]) + lane * int(segment[SEGMENT_START + 1])]
        yield f"  {int(start):>14,}  {indent + name:<12}  {fields}".rstrip()
        yield from _listing(
            buffer,
            _read_segments(buffer, segment[SEGMENT_FIRST], segment[SEGMENT_FIRST + 1]),
            lane,
            indent + "  ",
        )
        if segment[SEGMENT_SECOND + 1]:
            yield f"  {'':14}  {indent}  and"
            yield from _listing(
                buffer,
                _read_segments(buffer, segment[SEGMENT_SECOND], segment[SEGMENT_SECOND + 1]),
                lane,
                indent + "  ",
            )
    if len(segments) > _MOST_PRINTED:
        yield f"  {'':14}  {indent}... and {len(segments) - _MOST_PRINTED:,} more segments"


def _shortest(number: float) -> str:
    """Format a number; 2^54 stands for a loop that never ends."""
    return "2^54" if number == NO_LIMIT else repr(float(number)).removesuffix(".0")
