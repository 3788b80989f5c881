"""Verify that a buffer is a program: offsets in bounds, numbers finite, loops finite.

Kernels check nothing: an offset out of bounds would let them read or write outside the buffer. So
``program.pack`` verifies each program that lowering makes, once, and then makes it read-only.
``Program.from_array`` verifies a buffer that comes from a file or another process. The C function
``fastlr_is_program`` applies the same rules.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.program.opcodes import (
    COUNTS,
    DEEPEST,
    FAMILY,
    FIELDS_MOST,
    HEADER,
    HEADER_DEPTH,
    HEADER_LANES,
    OPCODES,
    ROW,
    SEGMENT_FIELDS,
    SEGMENT_START,
    opcode,
)
from fastlr.program.seal import check_seal

__all__ = ["verify", "segment_offsets"]

Buffer = npt.NDArray[np.float64]
Offsets = npt.NDArray[np.int64]

_MOST_LANES = 2**53
_MOST_AT_ONCE = 4_096  # segments checked together: 1 MiB of offsets and strides
_SAMPLED = opcode("sampled")
# how many lists of segments a segment holds, by opcode
_LIST_COUNT = np.array(
    [int(i >= opcode("loop")) + int(i > opcode("time_map")) for i in range(len(OPCODES))]
)
_NUMBER_OFFSETS = np.array(
    [SEGMENT_START, *range(SEGMENT_FIELDS, ROW, 2)]
)  # offsets of a segment's start and fields
_NAMES = [
    ("start", *segment.fields, *[""] * (FIELDS_MOST - len(segment.fields))) for segment in OPCODES
]
# the least value of a field that must be a whole number, -inf for others
_LEAST = np.array(
    [[{"start": 0, **COUNTS}.get(name, -np.inf) for name in names] for names in _NAMES]
)


def verify(buffer: Buffer) -> None:
    """Raise ``ValueError``, which names the entry and the rule, unless ``buffer`` is a program.

    ``buffer`` is a flat float64 array. The rules:

    - The header has the mark and the format of this version, the buffer's size and its checksum.
    - Lists of segments do not overlap, and are stored in depth-first order. They are nested no
      deeper than the header says.
    - Every offset is within the buffer, and every number is finite.
    - Segments start at whole steps. The first of a list starts at 0, and starts never decrease.
    - Periods, paces and other counts are whole numbers, and samples are within the buffer.
    - Each lane has its own position in the output.
    """
    check_seal(buffer)
    lanes, families, limit, depth = buffer[HEADER_LANES : HEADER_DEPTH + 1].tolist()
    _require(np.isfinite(buffer).all(), "its entries must be finite", "NaN or infinity")
    _require(limit >= 0, "its limit must be at least 0", limit)
    _count("its depth", depth, 0, DEEPEST)
    _count("its lanes", lanes, 1, _MOST_LANES)
    count = _count("its families", families, 1, (buffer.size - HEADER) // FAMILY)
    heads = buffer[HEADER : HEADER + FAMILY * count].reshape(count, FAMILY)
    end = HEADER + heads.size
    for head in heads.tolist():
        of = _count("lanes of a family", head[0], 1, _MOST_LANES)
        begins, ends = _check_lists(buffer, head[3], head[4], end, int(depth))
        end = int(ends[-1])
        _check_segments(buffer, begins, ends, of)
    _check_positions(buffer, heads, int(lanes))


def _require(holds: bool | np.bool_, rule: str, got: object) -> None:
    """Raise ``ValueError`` with the rule and the first offending value unless it holds."""
    if not holds:
        first = got.flat[0] if isinstance(got, np.ndarray) else got
        raise ValueError(
            f"{rule}, got {first:,.17g}"
            if isinstance(first, int | float)
            else f"{rule}, got {first}"
        )


def _count(name: str, word: float, least: int, most: int) -> int:
    """Return a float64 entry as an integer; raise unless it is one within the limits."""
    _require(
        word.is_integer() and least <= word <= most,
        f"{name} must be a whole number from {least:,} to {most:,}",
        word,
    )
    return int(word)


def _check_lists(
    buffer: Buffer, at: float, count: float, end: int, depth: int
) -> tuple[Offsets, Offsets]:
    """Return where each list of segments begins and ends, in depth-first order.

    A list is stored before the lists inside it and after the one before it. Lists are read level by
    level, which needs few NumPy calls, and then sorted.
    """
    levels = [
        _Level(
            np.array([at]), np.array([count]), np.zeros(1, dtype=np.int64), np.array([float(end)])
        )
    ]
    while levels[-1].at.size:
        levels[-1].verify(buffer)
        segments = sum(int(level.sizes.sum()) for level in levels)
        _require(
            segments * ROW <= buffer.size,
            f"its segments must fit into its {buffer.size:,} entries",
            segments,
        )
        levels.append(levels[-1].below(buffer, depth + 1 - len(levels)))
    order = _depth_first_order(levels)
    begins = np.concatenate([level.at for level in levels])[order].astype(np.int64)
    ends = begins + ROW * np.concatenate([level.sizes for level in levels])[order].astype(np.int64)
    for i in (begins[1:] < ends[:-1]).nonzero()[0][:1].tolist():
        _count(
            "offset of a list of segments", float(begins[i + 1]), int(ends[i]), buffer.size - ROW
        )
    return begins, ends


class _Level(NamedTuple):
    """Lists of segments at one depth.

    ``at`` holds their offsets and ``sizes`` their numbers of segments. ``holder`` is the list, one
    level above, that each belongs to. ``least`` is where that one ends.
    """

    at: Buffer
    sizes: Buffer
    holder: Offsets
    least: Buffer

    def verify(self, buffer: Buffer) -> None:
        """Raise unless each list is within the buffer, behind the one that holds it."""
        wrong = (self.at != np.rint(self.at)) | (self.at < self.least)
        for i in (wrong | (self.at > buffer.size - ROW)).nonzero()[0][:1]:
            _count(
                "offset of a list of segments",
                float(self.at[i]),
                int(self.least[i]),
                buffer.size - ROW,
            )
        most = (buffer.size - self.at) // ROW
        wrong = (self.sizes != np.rint(self.sizes)) | (self.sizes < 1) | (self.sizes > most)
        for i in wrong.nonzero()[0][:1]:
            _count(
                f"length of the list at {int(self.at[i])}", float(self.sizes[i]), 1, int(most[i])
            )

    def below(self, buffer: Buffer, depth: int) -> "_Level":
        """Return the lists inside these, in order; raise if they exceed ``depth`` levels."""
        owner = np.arange(self.at.size).repeat(self.sizes.astype(np.int64))
        places = segment_offsets(self.at, self.sizes)
        opcodes = buffer[places]
        wrong = (opcodes != np.rint(opcodes)) | (opcodes < 0) | (opcodes >= len(OPCODES))
        for i in wrong.nonzero()[0][:1]:
            _count(f"opcode of the segment at {places[i]}", float(opcodes[i]), 0, len(OPCODES) - 1)
        list_count = _LIST_COUNT[opcodes.astype(np.int64)]
        for i in ((list_count > 0) & (depth == 0)).nonzero()[0][:1]:
            _require(
                False,
                f"the segment at {places[i]} must be no deeper than the header's depth",
                "one that holds other segments",
            )
        at, count = (buffer[places[:, np.newaxis] + [first, first + 2]] for first in (3, 4))
        holds = list_count[:, np.newaxis] > [0, 1]
        for i in (~holds & ((at != 0) | (count != 0))).nonzero()[0][:1]:
            _require(
                False,
                f"the segment at {places[i]} must hold as many lists as its opcode takes",
                "another number",
            )
        holder = owner[holds.nonzero()[0]]
        return _Level(at[holds], count[holds], holder, (self.at + ROW * self.sizes)[holder])


def _depth_first_order(levels: list[_Level]) -> Offsets:
    """Return the depth-first order of the lists of all levels."""
    sizes = [np.ones(level.at.size, dtype=np.int64) for level in levels]
    for level, size, above in zip(levels[:0:-1], sizes[:0:-1], sizes[-2::-1], strict=True):
        np.add.at(above, level.holder, size)
    places = [np.zeros(1, dtype=np.int64)]
    for level, size in zip(levels[1:], sizes[1:], strict=True):
        # count the lists before it in its level, without those of other holders
        before = size.cumsum() - size
        first = np.searchsorted(level.holder, level.holder)
        places.append(places[-1][level.holder] + 1 + before - before[first])
    return np.argsort(np.concatenate(places))


def segment_offsets(at: Buffer | Offsets, count: Buffer | Offsets) -> Offsets:
    """Return the offset of each segment of several lists."""
    counts = count.astype(np.int64)
    ends = counts.cumsum()
    offset = np.arange(ends[-1] if ends.size else 0) - (ends - counts).repeat(counts)
    places: Offsets = at.astype(np.int64).repeat(counts) + ROW * offset
    return places


def _check_segments(buffer: Buffer, begins: Offsets, ends: Offsets, lanes: int) -> None:
    """Raise unless all numbers of a family's segments are what kernels may read."""
    at = segment_offsets(begins, (ends - begins) // ROW)
    counts = (ends - begins) // ROW
    first_of_list = np.zeros(at.size, dtype=bool)
    first_of_list[counts.cumsum() - counts] = True
    for i in range(0, at.size, _MOST_AT_ONCE):
        # the one before is included: the next may start no earlier
        some = slice(max(i - 1, 0), i + _MOST_AT_ONCE)
        _check_some_segments(buffer, at[some], first_of_list[some], lanes)


def _check_some_segments(
    buffer: Buffer, at: Offsets, first_of_list: npt.NDArray[np.bool_], lanes: int
) -> None:
    """Check the segments at ``at``; ``first_of_list`` marks the first of a list."""
    offsets, stride = (
        buffer[at[:, np.newaxis] + _NUMBER_OFFSETS],
        buffer[at[:, np.newaxis] + _NUMBER_OFFSETS + 1],
    )
    strange = (stride != 0) & (stride != 1)
    _require(not strange.any(), "a stride must be 0 or 1", stride[strange])
    within = (
        (offsets >= 0)
        & (offsets + stride * (lanes - 1) < buffer.size)
        & (offsets == np.rint(offsets))
    )
    _require(
        within.all(),
        f"offset of a number must be within the {buffer.size:,} entries",
        offsets[~within],
    )
    places, per_lane, opcodes = offsets.astype(np.int64), stride != 0, buffer[at].astype(np.int64)
    _check_counts(buffer, places, per_lane, opcodes, lanes)
    _check_starts(buffer, at, places[:, 0], per_lane[:, 0] * (lanes - 1), first_of_list)
    for segment in (opcodes == _SAMPLED).nonzero()[0]:
        first, last = (
            buffer[places[segment, i] : places[segment, i] + 1 + per_lane[segment, i] * (lanes - 1)]
            for i in (1, 3)
        )
        within = first < buffer.size - last
        _require(
            within.all(),
            f"samples must be within the {buffer.size:,} entries",
            "one that begins and ends elsewhere",
        )


def _check_counts(
    buffer: Buffer, places: Offsets, per_lane: npt.NDArray[np.bool_], opcodes: Offsets, lanes: int
) -> None:
    """Raise unless counts, such as a period, are whole numbers and large enough."""
    least = _LEAST[opcodes]
    numbers = buffer[places]
    for segment, i in zip(*(per_lane & (least > -np.inf)).nonzero(), strict=True):
        some = buffer[places[segment, i] : places[segment, i] + lanes]
        numbers[segment, i] = some[np.argmax((some < least[segment, i]) | (some != np.rint(some)))]
    wrong = (numbers < least) | ((least > -np.inf) & (numbers != np.rint(numbers)))
    for segment, i in zip(*wrong.nonzero(), strict=True):
        name, most = _NAMES[opcodes[segment]][i], f"at least {least[segment, i]:g}"
        _require(
            False,
            f"{name} of a {OPCODES[opcodes[segment]].name} must be a whole number, {most}",
            numbers[segment, i].item(),
        )


def _check_starts(
    buffer: Buffer,
    at: Offsets,
    places: Offsets,
    more: Offsets,
    first_of_list: npt.NDArray[np.bool_],
) -> None:
    """Raise unless each list starts at 0 and its starts never decrease."""
    start = buffer[places]
    differs = more != 0  # starts that differ between lanes
    wrong = differs | (first_of_list & (start != 0))
    wrong[1:] |= differs[:-1] | (~first_of_list[1:] & (start[1:] < start[:-1]))
    for segment in wrong.nonzero()[0].tolist():
        starts = buffer[places[segment] : places[segment] + more[segment] + 1]
        _require(
            not (first_of_list[segment] and starts.any()),
            f"start of the segment at {at[segment]}, the first of its list, must be 0",
            starts,
        )
        if segment > 0 and not first_of_list[segment]:
            before = buffer[places[segment - 1] : places[segment - 1] + more[segment - 1] + 1]
            _require(
                (starts >= before).all(),
                f"start of the segment at {at[segment]} must be no earlier than the one before",
                starts,
            )


def _check_positions(buffer: Buffer, heads: Buffer, lanes: int) -> None:
    """Raise unless the lanes of all families fill the positions from 0 to ``lanes``."""
    begins, ends = list[Buffer](), list[Buffer]()
    for count, first, listed in heads[:, :3].tolist():
        begin = _count("first position of a family", first, -1, lanes - int(count))
        at = _count(
            "offset of a family's positions",
            listed,
            0,
            int(buffer.size - count) if begin < 0 else 0,
        )
        places = np.array([first]) if begin >= 0 else buffer[at : at + int(count)]
        begins.append(places)
        ends.append(places + (count if begin >= 0 else 1.0))
    begun, ended = (np.sort(np.concatenate(places)) for places in (begins, ends))
    apart = begun[0] == 0 and ended[-1] == lanes and np.array_equal(begun[1:], ended[:-1])
    _require(apart, f"its {lanes:,} lanes must each have their own position", "others")
