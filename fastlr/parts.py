"""Parts of a program: rows of a track for some lanes of one family, their numbers side by side, and their rates.

A sum or an extreme is found from where pieces begin and end. What it needs to know of a program is read here; what it needs of
rates is asked of the backend in use, each lane at a clock of its own, from any track of the program, however deep it lies.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.backends import choose
from fastlr.program import NO_LIMIT
from fastlr.shapes import FAMILY, HEADER, LAST_STEP, ROW, shape

__all__ = ["Part", "Row", "lanes_apart", "parts", "summed_by_lane"]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_SOME = 4_096  # lanes at a time: 32 KiB an array, so that what one operation leaves the next finds in the cache
_FEW_ROWS = 64  # of a track that are taken one by one, each for all lanes
_FEW_LANES = 1_024  # of which more rows are taken together
_AT_ONCE = 1 << 16  # rows that are taken together: 512 KiB an array
_LOOKED_AT = 1 << 16  # rates of a table at a time
_FEW_WALKED = 8  # rows that are walked sooner than looked up
_MOST_LOOKED_AT = 1 << 29  # of one piece: some ten seconds where logarithms are taken


class _Source:
    """A family of a program, of which any track may be asked for rates: a copy whose root is written anew for each asking."""

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
            self._copy = np.concatenate([self.words, np.zeros(lanes)])  # behind the program, a list of places that are all 0
            self._copy[1:4], self._copy[HEADER - 1] = (lanes, 1, NO_LIMIT), size + lanes
            self._clocks, self._rates = np.zeros(lanes, dtype=np.int64), np.zeros(lanes)
        first = (-1, self.words.size) if listed else (0, 0)
        self._copy[HEADER : HEADER + FAMILY] = self.lanes, *first, at, rows
        return self._copy

    def each(self, at: int, rows: int, lanes: range, clocks: Array) -> Array:
        words = self._rooted(at, rows, listed=False)
        self._clocks[lanes.start : lanes.stop] = np.clip(clocks, 0, LAST_STEP)
        choose().each(words, lanes, self._clocks, self._rates)
        return self._rates[lanes.start : lanes.stop].copy()

    def steps(self, at: int, rows: int, lane: int, clocks: Array) -> Array:
        words, out = self._rooted(at, rows, listed=True), np.empty(clocks.size)
        t = np.clip(clocks, 0, LAST_STEP).astype(np.int64)
        choose().steps(words, range(lane, lane + 1), range(t.size), t, out.reshape(1, -1))
        return out

    def table(self, at: int, rows: int, lane: int, steps: range) -> Array:
        words, out = self._rooted(at, rows, listed=True), np.empty(len(steps))
        choose().table(words, range(lane, lane + 1), range(len(steps)), steps.start, steps.step, out.reshape(1, -1))
        return out


class Part(NamedTuple):
    """Rows of one track, for some lanes of a family. Numbers are arrays of one per lane, or of one alone where all share it.

    Lanes are consecutive, or an array of any, of which one may come several times: once for each of many rows of the
    track, or each of many cycles. ``at`` is then an array as well where each of these has its own row.
    """

    source: _Source
    at: int | Places
    rows: int
    lanes: range | Places

    def shape(self, row: int) -> str:
        """The name of a row's shape."""
        return shape(self._code(row)).name

    def _code(self, row: int) -> int:
        at = self.at if isinstance(self.at, int) else int(self.at[0])
        return int(self.source.words[at + ROW * row])

    def _number(self, row: int, place: int) -> Array:
        words = self.source.words
        if isinstance(self.at, int) and isinstance(self.lanes, range):
            first, own = (int(word) for word in words[self.at + ROW * row + place :][:2])
            return words[first + own * self.lanes.start : first + own * (self.lanes.stop - 1) + 1]
        told = np.asarray(self.at + ROW * row + place)
        firsts, strides = words[told].astype(np.int64), words[told + 1].astype(np.int64)
        if not (firsts != firsts.flat[0]).any() and not strides.any():
            return np.asarray(words[firsts.reshape(-1)[:1]])
        numbers: Array = words[firsts + strides * np.asarray(self.lanes)]
        return numbers

    def start(self, row: int) -> Array:
        """The clock from which a row is in force."""
        return self._number(row, 1)

    def stop(self, row: int) -> Array:
        """The clock from which the next one is."""
        return self._number(row + 1, 1) if row + 1 < self.rows else np.array([np.inf])

    def overlapping(self, first: Array, last: Array) -> range:
        """The rows that may be in force at a clock from ``first`` to ``last`` of some lane, found by bisection."""
        some = first <= last
        if not np.any(some):
            return range(0)
        if self.rows < _FEW_WALKED or not isinstance(self.at, int):
            return range(self.rows)
        least, most = self.source.starts(self.at, self.rows, self._hull())
        low, high = np.where(some, first, np.inf).min(), np.where(some, last, -np.inf).max()
        begin, end = np.searchsorted(most[1:], low, "right"), np.searchsorted(least, high, "right")
        return range(int(begin), int(end))

    def _hull(self) -> range:
        """Consecutive lanes of the family, these among them."""
        if isinstance(self.lanes, range):
            return self.lanes
        return range(int(self.lanes.min()), int(self.lanes.max()) + 1) if self.lanes.size else range(1)

    def fields(self, row: int) -> list[Array]:
        """The numbers of a row, in the order of the shape table."""
        return [self._number(row, 7 + 2 * i) for i in range(len(shape(self._code(row)).fields))]

    def below(self, row: int, place: int) -> "Part":
        """The first (0) or the second (1) track that a row holds."""
        told = self.at + ROW * row + 3 + 2 * place
        if isinstance(told, int):
            at, rows = (int(word) for word in self.source.words[told : told + 2])
            return self._replace(at=at, rows=rows)
        places, counts = (self.source.words[told + i].astype(np.int64) for i in (0, 1))
        return self._replace(at=places, rows=int(counts[0]))

    def only(self, row: int) -> "Part":
        """One of the rows, alone."""
        return self._replace(at=self.at + ROW * row, rows=1)

    def take(self, lanes: Places | None) -> "Part":
        """The same of some of its lanes, by their number among these, each as often as it stands there."""
        if lanes is None:
            return self
        return self._replace(lanes=np.asarray(self.lanes)[lanes], at=self.at if isinstance(self.at, int) else self.at[lanes])

    def samples(self, at: Array, i: int) -> Array:
        """The i-th of a table's values: one a lane, or one for all."""
        return self.source.words[at.astype(np.int64) + i]

    def each(self, clocks: Array) -> Array:
        """The rate of each lane at a clock of its own, to the bit; one outside the track is taken for the nearest in it."""
        if not isinstance(self.at, int):
            return self.settled().each(clocks)
        clocks = np.maximum(clocks, self.start(0))
        if isinstance(self.lanes, range):
            return self.source.each(self.at, self.rows, self.lanes, clocks)
        rates = np.empty(len(self.lanes))
        clocks = np.broadcast_to(clocks, rates.shape)
        for lane, some in lanes_apart(self.lanes):
            rates[some] = self.source.steps(self.at, self.rows, lane, clocks[some])
        return rates

    def settled(self) -> "Part":
        """The same as a family of its own, where each lane has its own row: its rates then take one call of the backend."""
        if isinstance(self.at, int):
            return self
        words = [self.source.words if self._has_samples() else self.source.words[: HEADER + FAMILY]]
        at = self._written(words)
        own = _Source(np.concatenate(words), len(self.lanes))
        return Part(own, at, self.rows, range(len(self.lanes)))

    def _has_samples(self) -> bool:
        """Whether a row, or one below it, tells where in the program samples stand."""
        below = (self.below(row, i) for row in range(self.rows) for i in (0, 1))
        return any(self.shape(row) == "sampled" for row in range(self.rows)) or any(part._has_samples() for part in below)

    def _written(self, words: list[Array]) -> int:
        """Write the rows behind other words, and their numbers, one per lane, behind them; returns where they stand."""
        block = np.zeros((self.rows, ROW))
        at = _behind(words, block.reshape(-1))
        for row, told in enumerate(block):
            told[0] = self._code(row)
            for place in (1, *(7 + 2 * i for i in range(len(shape(self._code(row)).fields)))):
                number = np.broadcast_to(self._number(row, place), (len(self.lanes),))
                told[place : place + 2] = _behind(words, number), 1
            for i in (0, 1):
                below = self.below(row, i)
                if below.rows:
                    told[3 + 2 * i : 5 + 2 * i] = below._written(words), below.rows
        return at

    def has_many_rows(self) -> bool:
        """Whether it is better to take its rows together than one by one, as if each were a lane."""
        return isinstance(self.at, int) and self.rows > max(_FEW_ROWS, 1) and np.unique(np.asarray(self.lanes)).size <= _FEW_LANES

    def row_by_row(self, start: Array, last: Array) -> Iterator["Row"]:
        """The rows in force at clocks from ``start`` to ``last``, those together that are alike, some at a time."""
        lanes = np.asarray(self.lanes)
        start, last = (np.broadcast_to(clock, lanes.shape) for clock in (start, last))
        for lane, own in lanes_apart(lanes):
            starts = self.starts(lane)
            lasts = np.append(starts[1:] - 1.0, np.inf)
            first = np.maximum(np.searchsorted(starts, start[own], side="right") - 1, 0)
            count = np.where(start[own] <= last[own], np.searchsorted(starts, last[own], side="right") - first, 0)
            total = np.cumsum(count)
            for begin in range(0, int(total[-1]), _AT_ONCE):
                i = np.arange(begin, min(begin + _AT_ONCE, int(total[-1])))
                which = np.searchsorted(total, i, side="right")
                row = first[which] + (i - (total - count)[which])
                begun = np.where(row == first[which], start[own][which], starts[row])
                yield from self._alike(row, own[which], begun, np.minimum(last[own][which], lasts[row]))

    def starts(self, lane: int) -> Array:
        """Where each of its rows begins, of one lane of the family."""
        words = self.source.words
        told = self.at + ROW * np.arange(self.rows) + 1
        numbers: Array = words[(words[told] + words[told + 1] * lane).astype(np.int64)]
        return numbers

    def _alike(self, row: Places, lane: Places, start: Array, last: Array) -> Iterator["Row"]:
        assert isinstance(self.at, int)
        at = self.at + ROW * row
        kinds = _kinds(self.source.words, at)
        for kind in range(int(kinds.max()) + 1):
            some = np.flatnonzero((kinds == kind) & (start <= last))
            if some.size:
                own = at[some] if (at[some] != at[some[0]]).any() else int(at[some[0]])
                part = Part(self.source, own, 1, np.asarray(self.lanes)[lane[some]])
                yield Row(part, lane[some], start[some], last[some])

    def look(self, lane: int, start: float, step: float, count: float, backwards: bool = False) -> Iterator[Array]:
        """All rates of one lane, the ``lane``-th of this part, at clocks ``start``, ``start + step``, ..., so many in blocks.

        Backwards, the last come first. Raises ``ValueError`` once they are so many that it would not come to an end.
        """
        clocks = range(int(start), int(start) + int(step) * int(count), int(step))
        for i in range(0, len(clocks), _LOOKED_AT):
            if i >= _MOST_LOOKED_AT:
                most = f"of a piece whose rates are looked at step by step at most {_MOST_LOOKED_AT:,} are"
                raise ValueError(f"reductions: stop must be nearer to start: {most}, got {len(clocks):,} steps")
            block = clocks[max(len(clocks) - i - _LOOKED_AT, 0) : len(clocks) - i] if backwards else clocks[i : i + _LOOKED_AT]
            at = self.at if isinstance(self.at, int) else int(self.at[lane])
            rates = self.source.table(at, self.rows, int(self.lanes[lane]), block)
            yield rates[::-1] if backwards else rates


class Row(NamedTuple):
    """A row of each of many lanes: which lane that is in the part it is taken from, and its first and last clock."""

    part: Part
    lane: Places
    start: Array
    last: Array


def _behind(words: list[Array], more: Array) -> int:
    """Put words behind others; returns where they stand."""
    at = sum(chunk.size for chunk in words)
    words.append(more)
    return at


def _kinds(words: Array, at: Places) -> Places:
    """A number for each row: the same for those whose shapes, and those of all rows below, are the same."""
    columns = [words[at + i] for i in (0, 4, 6)]
    long = np.maximum(columns[1], columns[2]) > _FEW_ROWS
    columns.append(np.where(long, at, -1))  # a row that holds many others is of a kind of its own
    for place in (3, 5):
        counts = np.where(long, 0, words[at + place + 1]).astype(np.int64)
        for i in range(int(counts.max())):
            below, own = counts > i, np.full(at.size, -1)
            own[below] = _kinds(words, words[at[below] + place].astype(np.int64) + ROW * i)
            columns.append(own)
    if all((column == column[0]).all() for column in columns):
        return np.zeros(at.size, dtype=np.int64)
    kinds: Places = np.unique(np.stack(columns), axis=1, return_inverse=True)[1].reshape(-1)
    return kinds


def lanes_apart(lanes: Places) -> Iterator[tuple[int, Places]]:
    """Each lane that there is, and at which places."""
    if not (lanes != lanes[0]).any():
        yield int(lanes[0]), np.arange(lanes.size)
        return
    order = np.argsort(lanes, kind="stable")
    for some in np.split(order, np.flatnonzero(np.diff(lanes[order])) + 1):
        yield int(lanes[some[0]]), some


def summed_by_lane(numbers: Array, lane: Places, lanes: int) -> Array:
    """The sum of the numbers that belong to each lane, rounded once."""
    found = np.zeros(lanes)
    for each, some in lanes_apart(lane):
        found[each] = math.fsum(numbers[some].tolist())
    return found


def parts(words: Array) -> Iterator[tuple[npt.NDArray[np.int64], Part]]:
    """All lanes of a program, some at a time: their places in the output, and the root track of their family."""
    for i in range(int(words[2])):
        lanes, first, listed, at, rows = (int(word) for word in words[HEADER + FAMILY * i :][:FAMILY])
        source = _Source(words, lanes)
        for begin in range(0, lanes, _SOME):
            some = range(begin, min(begin + _SOME, lanes))
            own = np.arange(some.start, some.stop)
            yield own + first if first >= 0 else words[listed + own].astype(np.int64), Part(source, at, rows, some)
