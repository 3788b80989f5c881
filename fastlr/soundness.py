"""Whether words are a program: all that kernels rely on and never look at, lest one read or write where it must not, or run on.

A program that lowering made is checked once, as it is packed, and is read-only from then on; one that comes from elsewhere, a
file, another process, somebody's own hands, when it becomes a ``Program``. ``fastlr_is_program`` says the same in C.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.shapes import COUNTS, DEEPEST, FAMILY, FIELDS_MOST, HEADER, MAGIC, ROW, SHAPES, code

__all__ = ["check", "rows_of"]

Words = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_MOST_LANES = 2**53
_AT_ONCE = 4_096  # rows that are checked together: 1 MiB of their places and strides
_SAMPLED = code("sampled")
_HELD = np.array([int(i >= code("loop")) + int(i > code("clock")) for i in range(len(SHAPES))])  # how many tracks a row holds
_TOLD = np.array([1, *range(7, ROW, 2)])  # where a row tells of its start and of its fields
_NAMES = [("start", *row.fields, *[""] * (FIELDS_MOST - len(row.fields))) for row in SHAPES]
_LEAST = np.array([[{"start": 0, **COUNTS}.get(name, -np.inf) for name in names] for names in _NAMES])  # of whole numbers


def check(words: Words) -> None:
    """Raise ``ValueError``, which names the word and the rule, unless flat float64 ``words`` are a program.

    It is one whose header is this version's and tells its size; whose tracks stand apart from each other, in the order in which
    they are walked, no deeper than the header says; whose numbers all stand within it and are finite; whose rows begin at whole
    steps, the first of a track at 0, none before the one before it; whose periods and paces are whole numbers, and samples
    within it; and whose lanes each have a place of their own.
    """
    _require(words.size >= HEADER, f"it must have at least {HEADER} words", words.size)
    magic, lanes, families, limit, depth, size = words[:HEADER].tolist()
    _require(magic == MAGIC, f"its first word must be {MAGIC:g}, of this version of fastlr", magic)
    _require(size == words.size, f"its size must be {words.size:,}, as many words as there are", size)
    _require(np.isfinite(words).all(), "its words must be finite", "others")
    _require(limit >= 0, "its limit must be at least 0", limit)
    _count("its depth", depth, 0, DEEPEST)
    _count("its lanes", lanes, 1, _MOST_LANES)
    count = _count("its families", families, 1, (words.size - HEADER) // FAMILY)
    heads = words[HEADER : HEADER + FAMILY * count].reshape(count, FAMILY)
    end = HEADER + heads.size
    for head in heads.tolist():
        of = _count("lanes of a family", head[0], 1, _MOST_LANES)
        begins, ends = _tracks(words, head[3], head[4], end, int(depth))
        end = int(ends[-1])
        _check_rows(words, begins, ends, of)
    _check_places(words, heads, int(lanes))


def _require(holds: bool | np.bool_, rule: str, got: object) -> None:
    if not holds:
        first = got.flat[0] if isinstance(got, np.ndarray) else got
        raise ValueError(f"{rule}, got {first:,.17g}" if isinstance(first, int | float) else f"{rule}, got {first}")


def _count(name: str, word: float, least: int, most: int) -> int:
    _require(word.is_integer() and least <= word <= most, f"{name} must be a whole number from {least:,} to {most:,}", word)
    return int(word)


def _tracks(words: Words, at: float, count: float, end: int, depth: int) -> tuple[Places, Places]:
    """Where a track begins and ends, and all those below it, each before what it holds, and behind the one before.

    They are read level by level, and then put into the order in which they are walked.
    """
    levels = [_Level(np.array([at]), np.array([count]), np.zeros(1, dtype=np.int64), np.array([float(end)]))]
    while levels[-1].at.size:
        levels[-1].check(words)
        rows = sum(int(level.rows.sum()) for level in levels)
        _require(rows * ROW <= words.size, f"its rows must fit into its {words.size:,} words", rows)
        levels.append(levels[-1].below(words, depth + 1 - len(levels)))
    walked = _walked(levels)
    begins = np.concatenate([level.at for level in levels])[walked].astype(np.int64)
    ends = begins + ROW * np.concatenate([level.rows for level in levels])[walked].astype(np.int64)
    for i in np.flatnonzero(begins[1:] < ends[:-1])[:1].tolist():
        _count("where a track stands", float(begins[i + 1]), int(ends[i]), words.size - ROW)
    return begins, ends


class _Level(NamedTuple):
    """Tracks that lie equally deep: where each stands, its rows, which of the level above holds it, and where that one ends."""

    at: Words
    rows: Words
    holder: Places
    least: Words

    def check(self, words: Words) -> None:
        """Raise unless each stands within the words, behind the one that holds it."""
        for i in np.flatnonzero((self.at != np.rint(self.at)) | (self.at < self.least) | (self.at > words.size - ROW))[:1]:
            _count("where a track stands", float(self.at[i]), int(self.least[i]), words.size - ROW)
        most = (words.size - self.at) // ROW
        for i in np.flatnonzero((self.rows != np.rint(self.rows)) | (self.rows < 1) | (self.rows > most))[:1]:
            _count(f"rows of the track at {int(self.at[i])}", float(self.rows[i]), 1, int(most[i]))

    def below(self, words: Words, depth: int) -> "_Level":
        """The tracks that these hold, which may be so deep: row by row, the first of a row before the second."""
        track = np.repeat(np.arange(self.at.size), self.rows.astype(np.int64))
        place = rows_of(self.at, self.rows)
        shape = words[place]
        for i in np.flatnonzero((shape != np.rint(shape)) | (shape < 0) | (shape >= len(SHAPES)))[:1]:
            _count(f"shape of the row at {place[i]}", float(shape[i]), 0, len(SHAPES) - 1)
        held = _HELD[shape.astype(np.int64)]
        for i in np.flatnonzero((held > 0) & (depth == 0))[:1]:
            _require(False, f"the row at {place[i]} must be no deeper than the header's depth", "one that holds others")
        at, count = (words[place[:, np.newaxis] + [first, first + 2]] for first in (3, 4))
        holds = held[:, np.newaxis] > [0, 1]
        for i in np.flatnonzero((~holds & ((at != 0) | (count != 0))).any(axis=1))[:1]:
            _require(False, f"the row at {place[i]} must hold as many tracks as its shape has", "another")
        holder = np.broadcast_to(track[:, np.newaxis], holds.shape)[holds]
        return _Level(at[holds], count[holds], holder, (self.at + ROW * self.rows)[holder])


def _walked(levels: list[_Level]) -> Places:
    """The tracks of all levels, numbered one level after the other, in the order in which they are walked."""
    sizes = [np.ones(level.at.size, dtype=np.int64) for level in levels]
    for level, own, above in zip(levels[:0:-1], sizes[:0:-1], sizes[-2::-1], strict=True):
        np.add.at(above, level.holder, own)
    places = [np.zeros(1, dtype=np.int64)]
    for level, own in zip(levels[1:], sizes[1:], strict=True):
        before = np.cumsum(own) - own  # of all that stand before it in its level, less those of other holders
        first = np.searchsorted(level.holder, level.holder)
        places.append(places[-1][level.holder] + 1 + before - before[first])
    return np.argsort(np.concatenate(places))


def rows_of(at: Words | Places, count: Words | Places) -> Places:
    """Where each row of several tracks stands."""
    counts = count.astype(np.int64)
    offset = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    places: Places = np.repeat(at.astype(np.int64), counts) + ROW * offset
    return places


def _check_rows(words: Words, begins: Places, ends: Places, lanes: int) -> None:
    """Raise unless the numbers of a family's rows are what kernels may read."""
    at = rows_of(begins, (ends - begins) // ROW)
    counts = (ends - begins) // ROW
    firsts = np.zeros(at.size, dtype=bool)
    firsts[np.cumsum(counts) - counts] = True
    for i in range(0, at.size, _AT_ONCE):
        some = slice(max(i - 1, 0), i + _AT_ONCE)  # with the one before, than which the next may begin no earlier
        _check_some_rows(words, at[some], firsts[some], lanes)


def _check_some_rows(words: Words, at: Places, firsts: npt.NDArray[np.bool_], lanes: int) -> None:
    """Raise unless these rows, of which ``firsts`` begin a track, hold numbers that kernels may read."""
    told, stride = words[at[:, np.newaxis] + _TOLD], words[at[:, np.newaxis] + _TOLD + 1]
    strange = (stride != 0) & (stride != 1)
    _require(not strange.any(), "a stride must be 0 or 1", stride[strange])
    within = (told >= 0) & (told + stride * (lanes - 1) < words.size) & (told == np.rint(told))
    _require(within.all(), f"a number must stand within the {words.size:,} words", told[~within])
    place, own, shape = told.astype(np.int64), stride != 0, words[at].astype(np.int64)
    _check_counts(words, place, own, shape, lanes)
    _check_starts(words, at, place[:, 0], own[:, 0] * (lanes - 1), firsts)
    for row in np.flatnonzero(shape == _SAMPLED):
        first, last = (words[place[row, i] : place[row, i] + 1 + own[row, i] * (lanes - 1)] for i in (1, 3))
        within = first < words.size - last
        _require(within.all(), f"samples must stand within the {words.size:,} words", "one that begins and ends elsewhere")


def _check_counts(words: Words, place: Places, own: npt.NDArray[np.bool_], shape: Places, lanes: int) -> None:
    least = _LEAST[shape]
    numbers = words[place]
    for row, i in np.argwhere(own & (least > -np.inf)):
        some = words[place[row, i] : place[row, i] + lanes]
        numbers[row, i] = some[np.argmax((some < least[row, i]) | (some != np.rint(some)))]
    wrong = (numbers < least) | ((least > -np.inf) & (numbers != np.rint(numbers)))
    for row, i in np.argwhere(wrong)[:1]:
        name, most = _NAMES[shape[row]][i], f"at least {least[row, i]:g}"
        _require(False, f"{name} of a {SHAPES[shape[row]].name} must be a whole number, {most}", numbers[row, i].item())


def _check_starts(words: Words, at: Places, place: Places, more: Places, firsts: npt.NDArray[np.bool_]) -> None:
    """Raise unless each track begins at 0, and none of its rows before the one before it."""
    start = words[place]
    apart = (more != 0) | np.append(False, more[:-1] != 0)  # starts of which not all lanes have one
    wrong = np.where(firsts, start != 0, np.append(False, start[1:] < start[:-1]))
    for row in np.flatnonzero(apart | wrong).tolist():
        starts = words[place[row] : place[row] + more[row] + 1]
        _require(not (firsts[row] and starts.any()), f"start of the row at {at[row]}, the first of a track, must be 0", starts)
        if row > 0 and not firsts[row]:
            before = words[place[row - 1] : place[row - 1] + more[row - 1] + 1]
            _require((starts >= before).all(), f"start of the row at {at[row]} must be no earlier than the one before", starts)


def _check_places(words: Words, heads: Words, lanes: int) -> None:
    """Raise unless the lanes of all families fill the places from 0 to ``lanes``, each its own."""
    begins, ends = list[Words](), list[Words]()
    for count, first, listed in heads[:, :3].tolist():
        begin = _count("first place of a family", first, -1, lanes - int(count))
        at = _count("where a family's places are listed", listed, 0, int(words.size - count) if begin < 0 else 0)
        places = np.array([first]) if begin >= 0 else words[at : at + int(count)]
        begins.append(places)
        ends.append(places + (count if begin >= 0 else 1.0))
    begun, ended = (np.sort(np.concatenate(places)) for places in (begins, ends))
    apart = begun[0] == 0 and ended[-1] == lanes and np.array_equal(begun[1:], ended[:-1])
    _require(apart, f"its {lanes:,} lanes must each have a place of their own", "others")
