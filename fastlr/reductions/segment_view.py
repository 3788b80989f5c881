"""Parts of a program: rows of a track for some lanes of one family, their numbers side by side, and
their rates.

A sum or an extreme is found from where pieces begin and end. What it needs to know of a program is
read here; what it needs of rates is asked of the backend in use, each lane at a clock of its own,
from any track of the program, however deep it lies.
"""

from collections.abc import Iterator
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
)
from fastlr.program.program import NO_LIMIT

__all__ = ["SegmentView", "segment_views"]

Array = npt.NDArray[np.float64]

# lanes at a time: 32 KiB an array, so that what one operation leaves the next finds in the cache
_SOME = 4_096
_LOOKED_AT = 1 << 16  # rates of a table at a time
_FEW_ROWS = 8  # that are walked sooner than looked up
_MOST_LOOKED_AT = 1 << 29  # of one piece: some ten seconds where logarithms are taken


class _Source:
    """A family of a program, of which any track may be asked for rates: a copy whose root is
    written anew for each asking.
    """

    def __init__(self, words: Array, lanes: int) -> None:
        self.words, self.lanes = words, lanes
        self._copy: Array | None = None
        self._clocks, self._rates = np.zeros(0, dtype=np.int64), np.zeros(0)
        self._starts: dict[tuple[int, int, range], tuple[Array, Array]] = {}

    def starts(self, at: int, rows: int, lanes: range) -> tuple[Array, Array]:
        """The earliest and the latest start, among the lanes, of each row of a track."""
        key = at, rows, lanes
        if key not in self._starts:
            places = at + ROW * np.arange(rows) + 1
            first, own = self.words[places].astype(np.int64), self.words[places + 1] != 0
            least, most = self.words[first], self.words[first]
            for row in np.flatnonzero(own).tolist():
                starts = self.words[first[row] + lanes.start : first[row] + lanes.stop]
                least[row], most[row] = starts.min(), starts.max()
            self._starts[key] = least, most
        return self._starts[key]

    def _rooted(self, at: int, rows: int, listed: bool) -> Array:
        if self._copy is None:
            size, lanes = self.words.size, self.lanes
            # behind the program, a list of places that are all 0
            self._copy = np.concatenate([self.words, np.zeros(lanes)])
            self._copy[HEADER_LANES], self._copy[HEADER_FAMILIES] = lanes, 1
            self._copy[HEADER_LIMIT], self._copy[HEADER_SIZE] = NO_LIMIT, size + lanes
            self._clocks, self._rates = np.zeros(lanes, dtype=np.int64), np.zeros(lanes)
        first = (-1, self.words.size) if listed else (0, 0)
        self._copy[HEADER : HEADER + FAMILY] = self.lanes, *first, at, rows
        return self._copy

    def each(self, at: int, rows: int, lanes: range, clocks: Array) -> Array:
        words = self._rooted(at, rows, listed=False)
        self._clocks[lanes.start : lanes.stop] = np.clip(clocks, 0, LAST_STEP)
        choose().each(words, lanes, self._clocks, self._rates)
        return self._rates[lanes.start : lanes.stop].copy()

    def table(self, at: int, rows: int, lane: int, steps: range) -> Array:
        words, out = self._rooted(at, rows, listed=True), np.empty(len(steps))
        choose().table(
            words,
            range(lane, lane + 1),
            range(len(steps)),
            steps.start,
            steps.step,
            out.reshape(1, -1),
        )
        return out


class SegmentView(NamedTuple):
    """Rows of one track, for consecutive lanes.

    Numbers are arrays of one a lane, or of one alone where all lanes share it.
    """

    source: _Source
    at: int
    rows: int
    lanes: range

    def opcode(self, row: int) -> str:
        """The name of a row's shape."""
        return OPCODES[int(self.source.words[self.at + ROW * row])].name

    def _number(self, row: int, place: int) -> Array:
        words, at = self.source.words, self.at + ROW * row + place
        first, own = int(words[at]), int(words[at + 1])
        return words[first + own * self.lanes.start : first + own * (self.lanes.stop - 1) + 1]

    def start(self, row: int) -> Array:
        """The clock from which a row is in force."""
        return self._number(row, 1)

    def stop(self, row: int) -> Array:
        """The clock from which the next one is."""
        return self._number(row + 1, 1) if row + 1 < self.rows else np.array([np.inf])

    def overlapping(self, first: Array, last: Array) -> range:
        """The rows that may be in force at a clock from ``first`` to ``last`` of some lane,
        found by bisection.
        """
        some = first <= last
        if not np.any(some):
            return range(0)
        if self.rows < _FEW_ROWS:
            return range(self.rows)
        least, most = self.source.starts(self.at, self.rows, self.lanes)
        low, high = np.where(some, first, np.inf).min(), np.where(some, last, -np.inf).max()
        begin, end = np.searchsorted(most[1:], low, "right"), np.searchsorted(least, high, "right")
        return range(int(begin), int(end))

    def fields(self, row: int) -> list[Array]:
        """The numbers of a row, in the order of the shape table."""
        return [
            self._number(row, 7 + 2 * i)
            for i in range(len(OPCODES[int(self.source.words[self.at + ROW * row])].fields))
        ]

    def below(self, row: int, place: int) -> "SegmentView":
        """The first (0) or the second (1) track that a row holds."""
        at, rows = (
            int(word) for word in self.source.words[self.at + ROW * row + 3 + 2 * place :][:2]
        )
        return self._replace(at=at, rows=rows)

    def only(self, row: int) -> "SegmentView":
        """One of the rows, alone."""
        return self._replace(at=self.at + ROW * row, rows=1)

    def samples(self, at: Array, i: int) -> Array:
        """The i-th of a table's values: one a lane, or one for all."""
        return self.source.words[at.astype(np.int64) + i]

    def each(self, clocks: Array) -> Array:
        """The rate of each lane at a clock of its own, to the bit; one outside the track is
        taken for the nearest in it.
        """
        return self.source.each(self.at, self.rows, self.lanes, np.maximum(clocks, self.start(0)))

    def iter_rates(
        self, lane: int, start: float, step: float, count: float, backwards: bool = False
    ) -> Iterator[Array]:
        """All rates of one lane, the ``lane``-th of this part, at clocks ``start``, ``start +
        step``, ..., so many in blocks.

        Backwards, the last come first. Raises ``ValueError`` once they are so many that it would
        not come to an end.
        """
        clocks = range(int(start), int(start) + int(step) * int(count), int(step))
        for i in range(0, len(clocks), _LOOKED_AT):
            if i >= _MOST_LOOKED_AT:
                most = (
                    "of a piece whose rates are looked at step by step at most "
                    f"{_MOST_LOOKED_AT:,} are"
                )
                raise ValueError(
                    f"reductions: stop must be nearer to start: {most}, got {len(clocks):,} steps"
                )
            block = (
                clocks[max(len(clocks) - i - _LOOKED_AT, 0) : len(clocks) - i]
                if backwards
                else clocks[i : i + _LOOKED_AT]
            )
            rates = self.source.table(self.at, self.rows, self.lanes[lane], block)
            yield rates[::-1] if backwards else rates


def segment_views(words: Array) -> Iterator[tuple[npt.NDArray[np.int64], SegmentView]]:
    """All lanes of a program, some at a time: their places in the output, and the root track of
    their family.
    """
    for i in range(int(words[HEADER_FAMILIES])):
        lanes, first, listed, at, rows = (
            int(word) for word in words[HEADER + FAMILY * i :][:FAMILY]
        )
        source = _Source(words, lanes)
        for begin in range(0, lanes, _SOME):
            some = range(begin, min(begin + _SOME, lanes))
            own = np.arange(some.start, some.stop)
            yield (
                own + first if first >= 0 else words[listed + own].astype(np.int64),
                SegmentView(source, at, rows, some),
            )
