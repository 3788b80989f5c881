"""The program: what a schedule lowers to, and the only thing that kernels see.

A program is one flat, C-contiguous, read-only float64 array, so that it passes as it is into a user's ``@njit`` function
and into C. Float64 holds integers exactly to 2^53, so steps, codes and offsets stand in it beside rates:

    header   MAGIC, lanes, families, limit (the first step that may not be asked for), depth (of rows within rows), size in words
    families for each: lanes, first output position (-1: see next), where its list of positions stands, root track
    rows     for each: shape code, start, track A, track B, then its fields
    data     lists of positions, sampled tables, and the numbers, each field of all lanes together

A *lane* is one scalar schedule. Lanes of the same structure form a *family* and share its rows; their numbers differ.
A *track* is a run of rows sorted by start: the row in force at step t is the last one whose start is <= t, and it counts its
own clock from there. A number is given by where it stands and a stride: 1 where each lane has its own, 0 where all share one.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.errors import public
from fastlr.shapes import FAMILY, HEADER, MAGIC, ROW, code, shape
from fastlr.soundness import check, rows_of

__all__ = ["NO_LIMIT", "Cycles", "Family", "Program", "Row", "Track", "distinct", "pack", "plain", "positions", "seams"]

NO_LIMIT = 2.0**54  # past every step that may be asked for
_MOST_LISTED = 1_000  # periods of a loop
_MOST_SEAMS = 2**17  # of a schedule whose loops are listed period by period
_BEGIN, _NO_END = np.zeros(1), np.full(1, np.inf)
_MOST_PRINTED = 1_000  # rows of a track

Numbers = npt.NDArray[np.float64]


class Row(NamedTuple):
    """One lowered row: ``start`` and ``fields`` broadcast over the lanes; ``a`` and ``b`` are tracks."""

    shape: int
    start: Numbers
    fields: tuple[Numbers, ...] = ()
    a: tuple["Row | Cycles", ...] = ()
    b: tuple["Row | Cycles", ...] = ()
    samples: Numbers | None = None


class Cycles(NamedTuple):
    """The rows of many cycles, cycle by cycle: ``track`` is that of each, its numbers an array with a last axis of cycles.

    A last axis of 1 stands for a number that all cycles share. A track may be a part of a longer one, of any first start.
    """

    times: int
    track: tuple[Row, ...]

    def first(self, times: int) -> "Cycles":
        """The first so many cycles."""
        return Cycles(times, tuple(_columns(row, slice(times)) for row in self.track))


Track = tuple[Row | Cycles, ...]


class Family(NamedTuple):
    """Lanes of one structure: where each goes in the output, and their root track."""

    positions: npt.NDArray[np.int64]
    track: Track


class Program(np.ndarray[Any, np.dtype[np.float64]]):
    """A packed program. ``print(program)`` disassembles its first lanes into a table a person can read.

    >>> import fastlr as flr
    >>> print((flr.linear(0.0, 1.0, steps=10) * flr.constant(2.0)).program)
    program of 1 lane
    lane 0
               start  shape         fields
                   0  multiply
                   0    linear      L=-10  lo=0  hi=1
                  10    constant    value=1
                        and
                   0    constant    value=2
    """

    @staticmethod
    @public
    def from_array(words: npt.ArrayLike) -> "Program":
        """The program that a file or another process holds, as a copy of its own: one that ``schedule.program`` was once.

        Raises ``TypeError`` or ``ValueError``, which names the word that breaks a rule, for any others: no program leads a kernel
        to read or write where it must not, or to run on. What its numbers mean is not looked at.

        >>> import fastlr as flr
        >>> stored = flr.linear(1.0, 0.0, steps=4).program.tobytes()
        >>> Program.from_array(np.frombuffer(stored))
        <fastlr program of 1 lane, 416 bytes>
        """
        try:
            own = np.array(words, order="C")
        except ValueError:
            raise TypeError("from_array: words must be a flat array of float64, got rows of different lengths") from None
        if own.dtype != np.float64 or own.ndim != 1:
            raise TypeError(f"from_array: words must be a flat array of float64, got {own.dtype} of shape {own.shape}")
        try:
            return _sealed(own)
        except ValueError as error:
            raise ValueError(f"from_array: words must be a program: {error}") from None

    def __reduce__(self) -> tuple[Any, ...]:
        """A program that was pickled is checked, as any other that comes from elsewhere."""
        return Program.from_array, (self.view(np.ndarray),)

    @property
    def _is_whole(self) -> bool:
        """Whether it is as it was made: not another shape of its words, nor a copy that may have been written to."""
        return self.ndim == 1 and not self.flags.writeable

    def __getitem__(self, index: Any) -> Any:
        """Words of the program, which are no program themselves."""
        return self.view(np.ndarray)[index]

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """What is computed with its words is no program."""
        return array[()] if return_scalar else np.asarray(array)

    def __str__(self) -> str:
        return "\n".join(_disassemble(self.view(np.ndarray), most_lanes=3)) if self._is_whole else str(self.view(np.ndarray))

    def __repr__(self) -> str:
        if not self._is_whole:
            return repr(self.view(np.ndarray))
        lanes = int(self[1])
        return f"<fastlr program of {lanes:,} lane{'s' * (lanes != 1)}, {self.nbytes:,} bytes>"


class _Packer:
    """Collects words; a place is reserved by writing zeros and filled in later."""

    def __init__(self) -> None:
        self.chunks: list[Numbers] = []
        self.size = 0
        self.known: dict[bytes, int] = {}

    def put(self, words: npt.ArrayLike) -> int:
        chunk = np.array(words, dtype=np.float64).ravel()
        at, self.size = self.size, self.size + chunk.size
        self.chunks.append(chunk)
        return at

    def together(self) -> Numbers:
        """All words in one array. Each chunk is let go once it is copied, so that no word is held twice."""
        words, at = np.empty(self.size), 0
        chunks, self.chunks = self.chunks[::-1], []
        while chunks:
            chunk = chunks.pop()
            words[at : at + chunk.size] = chunk
            at += chunk.size
        return words

    def number(self, value: Numbers, lanes: int) -> tuple[int, int]:
        """Store one number of all lanes, unless the same stands there already: (where, stride).

        A curve's length is the start of the row behind it, its last level that row's value: kernels then read them once.
        """
        own = lanes > 1 and bool((value != value.ravel()[0]).any())
        words = np.ascontiguousarray(np.broadcast_to(value, (lanes,)) if own else value.ravel()[:1], dtype=np.float64)
        key = words.tobytes()
        if key not in self.known:
            self.known[key] = self.put(words)
        return self.known[key], int(own)

    def track(self, rows: Track, lanes: int) -> int:
        """Store a track and everything below it; returns where its first row stands."""
        block = np.zeros((sum(_count(row) for row in rows), ROW))
        at, first = self.put_block(block), 0
        for row in rows:
            some = block[first : first + _count(row)]
            first += len(some)
            if isinstance(row, Cycles):
                self._cycles(row, some.reshape(row.times, -1, ROW), lanes)
            else:
                self._row(row, some[0], lanes)
        return at

    def put_block(self, block: Numbers) -> int:
        """Reserve a place for rows, which are filled in afterwards; returns where they stand."""
        at, self.size = self.size, self.size + block.size
        self.chunks.append(block.reshape(-1))
        return at

    def _row(self, row: Row, words: Numbers, lanes: int) -> None:
        fields = self._with_samples(row, lanes)
        words[0] = row.shape
        words[1:3] = self.number(row.start, lanes)
        words[3:5] = (self.track(row.a, lanes), _rows_of(row.a)) if row.a else (0, 0)
        words[5:7] = (self.track(row.b, lanes), _rows_of(row.b)) if row.b else (0, 0)
        for i, value in enumerate(fields):
            words[7 + 2 * i : 9 + 2 * i] = self.number(value, lanes)

    def _cycles(self, cycles: Cycles, block: Numbers, lanes: int) -> None:
        """Fill in the rows of all cycles, (cycles, rows, words), and behind them what these hold, cycle by cycle."""
        held = np.zeros((cycles.times, sum(_held(row) for row in cycles.track), ROW))
        at = self.put_block(held) + np.arange(cycles.times, dtype=np.int64) * ROW * held.shape[1]
        self._rows_of_cycles(cycles.track, block, held, at, 0, lanes)

    def _rows_of_cycles(
        self, track: Track, block: Numbers, held: Numbers, at: npt.NDArray[np.int64], used: int, lanes: int
    ) -> int:
        """Fill in rows, those that they hold into ``held`` from its ``used``-th on; returns how many are used by then."""
        for words, row in zip(np.moveaxis(block, 1, 0), track, strict=True):
            assert isinstance(row, Row)  # cycles hold no others
            words[:, 0] = row.shape
            for place, number in zip((1, *range(7, ROW, 2)), (row.start, *row.fields), strict=False):
                words[:, place], words[:, place + 1] = self.number_of_cycles(number, lanes)
            for place, inner in ((3, row.a), (5, row.b)):
                if inner:
                    words[:, place], words[:, place + 1] = at + ROW * used, len(inner)
                    below, used = held[:, used : used + len(inner)], used + len(inner)
                    used = self._rows_of_cycles(inner, below, held, at, used, lanes)
        return used

    def number_of_cycles(self, value: Numbers, lanes: int) -> tuple[npt.NDArray[np.int64], int]:
        """Store one number of all lanes and cycles, (lanes, cycles): where it stands for each cycle, and the stride."""
        if bool((value == value[:, :1]).all()):
            at, stride = self.number(value[:, 0], lanes)
            return np.full(1, at), stride
        own = bool((value != value[:1]).any())
        words = np.ascontiguousarray((np.broadcast_to(value, (lanes, value.shape[1])) if own else value[:1]).T)
        key = words.tobytes()
        if key not in self.known:
            self.known[key] = self.put(words)
        return self.known[key] + np.arange(value.shape[1], dtype=np.int64) * words.shape[1], int(own)

    def _with_samples(self, row: Row, lanes: int) -> tuple[Numbers, ...]:
        """A sampled row's first field is where its table stands, one table a lane or one for all."""
        if row.samples is None:
            return row.fields
        own = row.samples.ndim > 1
        at = self.put(row.samples) + (np.arange(lanes) * row.samples.shape[-1] if own else np.zeros(1))
        return (at.astype(np.float64), *row.fields)


def pack(families: list[Family], limit: float = NO_LIMIT) -> Program:
    """Write families into one array, and check it, once: kernels never do."""
    packer = _Packer()
    lanes = sum(family.positions.size for family in families)
    packer.put([MAGIC, lanes, len(families), limit, max(_depth(family.track) for family in families), 0])
    heads = np.zeros((len(families), FAMILY))
    packer.put(heads)
    packer.chunks[-1] = heads.ravel()
    for head, (positions, track) in zip(heads, families, strict=True):
        first = positions[0]
        in_order = np.array_equal(positions, np.arange(first, first + positions.size))
        listed = 0 if in_order else packer.put(positions)
        head[:] = positions.size, first if in_order else -1, listed, packer.track(track, positions.size), _rows_of(track)
    words = packer.together()
    words[HEADER - 1] = words.size
    return _sealed(words)


def _sealed(words: Numbers) -> Program:
    """Words of nobody else's as a program, checked and read-only from now on."""
    check(words)
    words.flags.writeable = False
    return words.view(Program)


def _depth(track: Track) -> int:
    rows = (row.track if isinstance(row, Cycles) else (row,) for row in track)
    return max((1 + max(_depth(row.a), _depth(row.b)) for row in chain.from_iterable(rows) if row.a), default=0)


def _count(row: Row | Cycles) -> int:
    """How many rows of a track it is."""
    return row.times * len(row.track) if isinstance(row, Cycles) else 1


def _rows_of(track: Track) -> int:
    return sum(map(_count, track))


def _held(row: Row | Cycles) -> int:
    """How many rows there are below one row."""
    assert isinstance(row, Row)
    return sum(1 + _held(inner) for inner in (*row.a, *row.b))


def _columns(row: Row | Cycles, some: slice) -> Row:
    """A row of cycles, for some of them."""
    assert isinstance(row, Row)

    def cut(number: Numbers) -> Numbers:
        return number[..., some] if number.ndim and number.shape[-1] > 1 else number

    a, b = (tuple(_columns(inner, some) for inner in track) for track in (row.a, row.b))
    return row._replace(start=cut(row.start), fields=tuple(map(cut, row.fields)), a=a, b=b)


def _cycle(row: Row | Cycles, i: int) -> Row:
    """A row of one cycle, its numbers an array of lanes."""
    assert isinstance(row, Row)

    def pick(number: Numbers) -> Numbers:
        return np.ascontiguousarray(number[..., min(i, number.shape[-1] - 1)])  # written out: of lanes and cycles

    a, b = (tuple(_cycle(inner, i) for inner in track) for track in (row.a, row.b))
    return row._replace(start=pick(row.start), fields=tuple(map(pick, row.fields)), a=a, b=b)


def plain(track: Track) -> tuple[Row, ...]:
    """A track row by row, with those of cycles written out."""
    rows = list[Row]()
    for row in track:
        if isinstance(row, Cycles):
            rows += [_cycle(each, i) for i in range(row.times) for each in row.track]
        else:
            rows.append(row._replace(a=plain(row.a), b=plain(row.b)))
    return tuple(rows)


def _track(words: Numbers, at: float, count: float) -> Numbers:
    return words[int(at) : int(at) + ROW * int(count)].reshape(-1, ROW)


def _families(words: Numbers) -> Iterator[tuple[int, npt.NDArray[np.int64], Numbers]]:
    for i in range(int(words[2])):
        lanes, first, listed, at, count = (int(word) for word in words[HEADER + FAMILY * i :][:FAMILY])
        positions = np.arange(first, first + lanes) if first >= 0 else words[listed : listed + lanes].astype(np.int64)
        yield lanes, positions, _track(words, at, count)


def _levels(words: Numbers, track: Numbers) -> Iterator[Numbers]:
    """The rows of a track, those of all tracks that these hold, and so on."""
    while len(track):
        yield track
        told = np.concatenate([track[:, 3:5], track[:, 5:7]])
        track = words[rows_of(*told[told[:, 1] > 0].T)[:, np.newaxis] + np.arange(ROW)]


def seams(words: Numbers) -> set[int]:
    """The steps at which the first lane passes from one row to the next."""
    at, count = words[HEADER + 3 : HEADER + 5]
    most = _MOST_LISTED if _listed(words, at, count) <= _MOST_SEAMS else 1
    return {int(seam) for seam in _seams(words, at, count, most) if 0 < seam <= NO_LIMIT / 2}


def _listed(words: Numbers, at: Numbers, count: Numbers) -> float:
    """How many seams tracks have at most, if each loop of up to 1,000 periods is listed period by period."""
    rows = words[rows_of(np.atleast_1d(at), np.atleast_1d(count))[:, np.newaxis] + np.arange(ROW)]
    total, loops = float(len(rows)), rows[:, 0] == code("loop")
    for row in rows[loops]:
        times = float(words[int(row[9])])
        inside = _listed(words, row[3], row[4])
        total += (inside + 1) * times if 0 < times <= _MOST_LISTED else inside
    below = np.concatenate([rows[~loops, 3:5], rows[~loops, 5:7]])
    below = below[below[:, 1] > 0]
    return total + (_listed(words, below[:, 0], below[:, 1]) if len(below) else 0.0)


def positions(words: Numbers) -> npt.NDArray[np.int64]:
    """Where each lane, in the program's own order, goes in the output."""
    return np.concatenate([positions for _, positions, _ in _families(words)])


def distinct(words: Numbers) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The positions of the first lane of each kind, in order, and of each lane the place of its like among them.

    Lanes are alike that share all their rows and numbers; those of different families are not.
    """
    like = np.empty(int(words[1]), dtype=np.int64)
    for lanes, positions, track in _families(words):
        rows, fields = np.concatenate(list(_levels(words, track))), np.array([1, *range(7, ROW, 2)])
        own = rows[:, fields + 1] == 1
        tables = own[:, 1] & (rows[:, 0] == code("sampled"))
        own[tables, 1] = False
        places = np.unique(rows[:, fields][own]).astype(np.int64)
        alike = [_alike(words, lanes, row) for row in rows[tables]]
        numbers = np.stack([*words[places[:, np.newaxis] + np.arange(lanes)], *alike] or [np.zeros(lanes)], axis=1)
        _, first, which = np.unique(numbers, axis=0, return_index=True, return_inverse=True)
        like[positions] = positions[first][which.reshape(-1)]
    firsts, index = np.unique(like, return_inverse=True)
    return firsts, index


def _alike(words: Numbers, lanes: int, row: Numbers) -> Numbers:
    """A number for each lane of a row that has a table for each: the same for lanes whose tables are."""
    numbers = words[int(row[7]) : int(row[7]) + lanes]
    tables = words[numbers.astype(np.int64)[:, np.newaxis] + np.arange(int(words[int(row[11])]) + 1)]
    return np.unique(tables, axis=0, return_inverse=True)[1].reshape(-1).astype(np.float64)


def _seams(words: Numbers, at: Numbers, count: Numbers, most: int, begin: Numbers = _BEGIN, end: Numbers = _NO_END) -> set[float]:
    """Those of tracks on clocks that begin at ``begin``, and of the tracks that their rows hold, all before ``end``.

    Of a loop of more than ``most`` periods, those of the first.
    """
    at, count, begin, end = np.broadcast_arrays(np.atleast_1d(at), count, begin, end)
    places, which = rows_of(at, count), np.repeat(np.arange(at.size), count.astype(np.int64))
    rows = words[places[:, np.newaxis] + np.arange(7)]
    starts = begin[which] + words[rows[:, 1].astype(np.int64)]
    last = np.append(which[1:] != which[:-1], True)
    stops = np.minimum(np.where(last, np.inf, np.append(starts[1:], np.inf)), end[which])
    found = set(starts[starts < end[which]].tolist())
    for row in np.flatnonzero((rows[:, 0] == code("loop")) | (rows[:, 0] == code("clock"))).tolist():
        inner = _seams_of_clocks(words, int(places[row]), most)
        found |= {seam for seam in (float(starts[row]) + seam for seam in inner) if seam < stops[row]}
    pairs = np.flatnonzero((rows[:, 6] > 0) & (starts < stops))
    if pairs.size:
        at, count = (np.concatenate([rows[pairs, i], rows[pairs, i + 2]]) for i in (3, 4))
        found |= _seams(words, at, count, most, np.tile(starts[pairs], 2), np.tile(stops[pairs], 2))
    return found


def _seams_of_clocks(words: Numbers, row: int, most: int) -> set[float]:
    """Those of a loop, or of a track on another clock, by their own."""
    inner = _seams(words, words[row + 3], words[row + 4], most)
    first, second, third = (float(words[int(words[row + place])]) for place in (7, 9, 11))
    if words[row] == code("loop"):
        return _seams_of_loop(inner, first, second, most)
    return _seams_of_clock(inner, first, second, third)


def _seams_of_loop(inner: set[float], period: float, times: float, most: int) -> set[float]:
    """Those of each period and the step where the last ends; of a loop too long to list, those of the first period."""
    turns = int(times) if times <= most else 1
    return {turn * period + seam for turn in range(turns) for seam in inner if seam < period} | {
        turn * period for turn in range(turns + 1)
    }


def _seams_of_clock(inner: set[float], base: float, pace: float, every: float) -> set[float]:
    """The first steps at which the other clock has come to each."""
    return {-((base - seam) // pace) * every for seam in inner if seam > base} if pace else set()


def _disassemble(words: Numbers, most_lanes: int) -> Iterator[str]:
    lanes, limit = int(words[1]), words[3]
    ending = f", raises past step {int(limit) - 1:,}" if limit < NO_LIMIT else ""
    yield f"program of {lanes:,} lane{'s' * (lanes != 1)}{ending}"
    for size, positions, track in _families(words):
        for lane in range(min(size, most_lanes)):
            yield f"lane {positions[lane]:,}" + (f" of {size:,} alike" if size > 1 else "")
            yield f"  {'start':>14}  {'shape':<14}fields"
            yield from _listing(words, track, lane)


def _listing(words: Numbers, track: Numbers, lane: int, indent: str = "") -> Iterator[str]:
    """A line for each row of a track, and below it, further in, the tracks that it holds."""
    for row in track[:_MOST_PRINTED]:
        name, names, _ = shape(int(row[0]))
        numbers = [words[int(row[7 + 2 * i]) + lane * int(row[8 + 2 * i])] for i in range(len(names))]
        fields = "  ".join(f"{field}={_shortest(number)}" for field, number in zip(names, numbers, strict=True))
        start = words[int(row[1]) + lane * int(row[2])]
        yield f"  {int(start):>14,}  {indent + name:<12}  {fields}".rstrip()
        yield from _listing(words, _track(words, row[3], row[4]), lane, indent + "  ")
        if row[6]:
            yield f"  {'':14}  {indent}  and"
            yield from _listing(words, _track(words, row[5], row[6]), lane, indent + "  ")
    if len(track) > _MOST_PRINTED:
        yield f"  {'':14}  {indent}... and {len(track) - _MOST_PRINTED:,} more rows"


def _shortest(number: float) -> str:
    return "2^54" if number == NO_LIMIT else repr(float(number)).removesuffix(".0")
