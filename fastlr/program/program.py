"""The program: what a schedule lowers to, and the only thing that kernels see.

A program is one flat, C-contiguous, read-only float64 array, so that it passes as it is into a
user's ``@njit`` function and into C. Float64 holds integers exactly to 2^53, so steps, codes and
offsets stand in it beside rates:

    header   MAGIC, lanes, families, limit (the first step that may not be asked for), depth (of rows within rows), size in words
    families for each: lanes, first output position (-1: see next), where its list of positions
    stands, root track
    rows     for each: shape code, start, track A, track B, then its fields
    data     lists of positions, sampled tables, and the numbers, each field of all lanes together

A *lane* is one scalar schedule. Lanes of the same structure form a *family* and share its rows;
their numbers differ. A *track* is a run of rows sorted by start: the row in force at step t is the
last one whose start is <= t, and it counts its own clock from there. A number is given by where it
stands and a stride: 1 where each lane has its own, 0 where all share one.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.errors import public
from fastlr.program.opcodes import (
    FAMILY,
    HEADER,
    HEADER_FAMILIES,
    HEADER_LANES,
    HEADER_LIMIT,
    HEADER_SIZE,
    MAGIC,
    OPCODES,
    ROW,
)
from fastlr.program.verifier import verify

__all__ = [
    "NO_LIMIT",
    "Family",
    "Program",
    "Segment",
    "distinct",
    "pack",
    "positions",
    "boundaries",
]

NO_LIMIT = 2.0**54  # past every step that may be asked for
_MOST_LISTED = 1_000  # periods of a loop
_MOST_BOUNDARIES = 2**17  # of a schedule whose loops are listed period by period

Numbers = npt.NDArray[np.float64]


class Segment(NamedTuple):
    """One lowered row: ``start`` and ``fields`` broadcast over the lanes; ``a`` and ``b`` are
    tracks.
    """

    shape: int
    start: Numbers
    fields: tuple[Numbers, ...] = ()
    a: tuple["Segment", ...] = ()
    b: tuple["Segment", ...] = ()
    samples: Numbers | None = None


class Family(NamedTuple):
    """Lanes of one structure: where each goes in the output, and their root track."""

    positions: npt.NDArray[np.int64]
    track: tuple[Segment, ...]


class Program(np.ndarray[Any, np.dtype[np.float64]]):
    """A packed program. ``print(program)`` disassembles its first lanes into a table a person can
    read.

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
        """The program that a file or another process holds, as a copy of its own: one that
        ``schedule.program`` was once.

        Raises ``TypeError`` or ``ValueError``, which names the word that breaks a rule, for any
        others: no program leads a kernel to read or write where it must not, or to run on. What its
        numbers mean is not looked at.

        >>> import fastlr as flr
        >>> stored = flr.linear(1.0, 0.0, steps=4).program.tobytes()
        >>> Program.from_array(np.frombuffer(stored))
        <fastlr program of 1 lane, 416 bytes>
        """
        try:
            own = np.array(words, order="C")
        except ValueError:
            raise TypeError(
                "from_array: words must be a flat array of float64, got rows of different lengths"
            ) from None
        if own.dtype != np.float64 or own.ndim != 1:
            raise TypeError(
                f"from_array: words must be a flat array of float64, got {own.dtype} of "
                f"shape {own.shape}"
            )
        try:
            return _sealed(own)
        except ValueError as error:
            raise ValueError(f"from_array: words must be a program: {error}") from None

    def __reduce__(self) -> tuple[Any, ...]:
        """A program that was pickled is checked, as any other that comes from elsewhere."""
        return Program.from_array, (self.view(np.ndarray),)

    @property
    def _is_whole(self) -> bool:
        """Whether it is as it was made: not another shape of its words, nor a copy that may
        have been written to.
        """
        return self.ndim == 1 and not self.flags.writeable

    def __getitem__(self, index: Any) -> Any:
        """Words of the program, which are no program themselves."""
        return self.view(np.ndarray)[index]

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """What is computed with its words is no program."""
        return array[()] if return_scalar else np.asarray(array)

    def __str__(self) -> str:
        return (
            "\n".join(_disassemble(self.view(np.ndarray), most_lanes=3))
            if self._is_whole
            else str(self.view(np.ndarray))
        )

    def __repr__(self) -> str:
        if not self._is_whole:
            return repr(self.view(np.ndarray))
        lanes = int(self[HEADER_LANES])
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

    def number(self, value: Numbers, lanes: int) -> tuple[int, int]:
        """Store one number of all lanes, unless the same stands there already: (where, stride).

        A curve's length is the start of the row behind it, its last level that row's value: kernels
        then read them once.
        """
        own = lanes > 1 and bool((value != value.ravel()[0]).any())
        words = np.ascontiguousarray(
            np.broadcast_to(value, (lanes,)) if own else value.ravel()[:1], dtype=np.float64
        )
        key = words.tobytes()
        if key not in self.known:
            self.known[key] = self.put(words)
        return self.known[key], int(own)

    def track(self, rows: tuple[Segment, ...], lanes: int) -> int:
        """Store a track and everything below it; returns where its first row stands."""
        block = np.zeros((len(rows), ROW))
        at = self.put(block)
        self.chunks[-1] = block.ravel()
        for words, row in zip(block, rows, strict=True):
            fields = self._with_samples(row, lanes)
            words[0] = row.shape
            words[1:3] = self.number(row.start, lanes)
            words[3:5] = (self.track(row.a, lanes), len(row.a)) if row.a else (0, 0)
            words[5:7] = (self.track(row.b, lanes), len(row.b)) if row.b else (0, 0)
            for i, value in enumerate(fields):
                words[7 + 2 * i : 9 + 2 * i] = self.number(value, lanes)
        return at

    def _with_samples(self, row: Segment, lanes: int) -> tuple[Numbers, ...]:
        """A sampled row's first field is where its table stands, one table a lane or one for
        all.
        """
        if row.samples is None:
            return row.fields
        own = row.samples.ndim > 1
        at = self.put(row.samples) + (
            np.arange(lanes) * row.samples.shape[-1] if own else np.zeros(1)
        )
        return (at.astype(np.float64), *row.fields)


def pack(families: list[Family], limit: float = NO_LIMIT) -> Program:
    """Write families into one array, and check it, once: kernels never do."""
    packer = _Packer()
    lanes = sum(family.positions.size for family in families)
    packer.put(
        [MAGIC, lanes, len(families), limit, max(_depth(family.track) for family in families), 0]
    )
    heads = np.zeros((len(families), FAMILY))
    packer.put(heads)
    packer.chunks[-1] = heads.ravel()
    for head, (positions, track) in zip(heads, families, strict=True):
        first = positions[0]
        in_order = np.array_equal(positions, np.arange(first, first + positions.size))
        listed = 0 if in_order else packer.put(positions)
        head[:] = (
            positions.size,
            first if in_order else -1,
            listed,
            packer.track(track, positions.size),
            len(track),
        )
    words = np.concatenate(packer.chunks)
    words[HEADER_SIZE] = words.size
    return _sealed(words)


def _sealed(words: Numbers) -> Program:
    """Words of nobody else's as a program, checked and read-only from now on."""
    verify(words)
    words.flags.writeable = False
    return words.view(Program)


def _depth(track: tuple[Segment, ...]) -> int:
    return max((1 + max(_depth(row.a), _depth(row.b)) for row in track if row.a), default=0)


def _track(words: Numbers, at: float, count: float) -> Numbers:
    return words[int(at) : int(at) + ROW * int(count)].reshape(-1, ROW)


def _families(words: Numbers) -> Iterator[tuple[int, npt.NDArray[np.int64], Numbers]]:
    for i in range(int(words[HEADER_FAMILIES])):
        lanes, first, listed, at, count = (
            int(word) for word in words[HEADER + FAMILY * i :][:FAMILY]
        )
        positions = (
            np.arange(first, first + lanes)
            if first >= 0
            else words[listed : listed + lanes].astype(np.int64)
        )
        yield lanes, positions, _track(words, at, count)


def _rows(words: Numbers, track: Numbers) -> Iterator[Numbers]:
    """The rows of a track, and all those below them."""
    for row in track:
        yield row
        for at, count in (row[3:5], row[5:7]):
            yield from _rows(words, _track(words, at, count))


def boundaries(words: Numbers) -> set[int]:
    """The steps at which the first lane passes from one row to the next."""
    _, _, track = next(_families(words))
    most = _MOST_LISTED if _listed(words, track) <= _MOST_BOUNDARIES else 1
    return {
        int(boundary)
        for boundary in _boundaries(words, track, most)
        if 0 < boundary <= NO_LIMIT / 2
    }


def _listed(words: Numbers, track: Numbers) -> float:
    """How many boundaries a track has at most, if each loop of up to 1,000 periods is listed
    period by period.
    """
    total = 0.0
    for row in track:
        inside = sum(
            _listed(words, _track(words, at, count)) for at, count in (row[3:5], row[5:7]) if count
        )
        times = float(words[int(row[9])]) if OPCODES[int(row[0])].name == "loop" else 0.0
        total += 1 + (inside + 1) * times if 0 < times <= _MOST_LISTED else 1 + inside
    return total


def positions(words: Numbers) -> npt.NDArray[np.int64]:
    """Where each lane, in the program's own order, goes in the output."""
    return np.concatenate([positions for _, positions, _ in _families(words)])


def distinct(words: Numbers) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The positions of the first lane of each kind, in order, and of each lane the place of its
    like among them.

    Lanes are alike that share all their rows and numbers; those of different families are not.
    """
    like = np.empty(int(words[HEADER_LANES]), dtype=np.int64)
    for lanes, positions, track in _families(words):
        rows, fields = (
            list(_rows(words, track)),
            [at for at in range(1, ROW, 2) if at not in (3, 5)],
        )
        own = {int(row[at]): row for row in rows for at in fields if row[at + 1] == 1}
        numbers = np.stack(
            [_alike(words, lanes, *place) for place in own.items()] or [np.zeros(lanes)], axis=1
        )
        _, first, which = np.unique(numbers, axis=0, return_index=True, return_inverse=True)
        like[positions] = positions[first][which.reshape(-1)]
    firsts, index = np.unique(like, return_inverse=True)
    return firsts, index


def _alike(words: Numbers, lanes: int, at: int, row: Numbers) -> Numbers:
    """A number a lane, at ``at`` in one of its rows, the same for lanes that are alike: of a
    table, not where it stands.
    """
    numbers = words[at : at + lanes]
    if OPCODES[int(row[0])].name != "sampled" or at != row[7]:
        return numbers
    tables = words[
        numbers.astype(np.int64)[:, np.newaxis] + np.arange(int(words[int(row[11])]) + 1)
    ]
    return np.unique(tables, axis=0, return_inverse=True)[1].reshape(-1).astype(np.float64)


def _boundaries(words: Numbers, track: Numbers, most: int) -> set[float]:
    """Those of a track, and within each of its rows those of the tracks it holds, up to where the
    next begins.

    Of a loop of more than ``most`` periods, those of the first.
    """
    starts = [float(words[int(row[1])]) for row in track]
    found = set(starts)
    for row, start, stop in zip(track, starts, [*starts[1:], np.inf], strict=True):
        inner = {
            boundary
            for at, count in (row[3:5], row[5:7])
            if count
            for boundary in _boundaries(words, _track(words, at, count), most)
        }
        if OPCODES[int(row[0])].name == "loop":
            inner = _seams_of_loop(
                inner, float(words[int(row[7])]), float(words[int(row[9])]), most
            )
        elif OPCODES[int(row[0])].name == "clock":
            inner = _seams_of_clock(inner, *(float(words[int(row[at])]) for at in (7, 9, 11)))
        found |= {start + boundary for boundary in inner if start + boundary < stop}
    return found


def _seams_of_loop(inner: set[float], period: float, times: float, most: int) -> set[float]:
    """Those of each period and the step where the last ends; of a loop too long to list, those
    of the first period.
    """
    turns = int(times) if times <= most else 1
    return {
        turn * period + boundary for turn in range(turns) for boundary in inner if boundary < period
    } | {turn * period for turn in range(turns + 1)}


def _seams_of_clock(inner: set[float], base: float, pace: float, every: float) -> set[float]:
    """The first steps at which the other clock has come to each."""
    return (
        {-((base - boundary) // pace) * every for boundary in inner if boundary > base}
        if pace
        else set()
    )


def _disassemble(words: Numbers, most_lanes: int) -> Iterator[str]:
    lanes, limit = int(words[HEADER_LANES]), words[HEADER_LIMIT]
    ending = f", raises past step {int(limit) - 1:,}" if limit < NO_LIMIT else ""
    yield f"program of {lanes:,} lane{'s' * (lanes != 1)}{ending}"
    for size, positions, track in _families(words):
        for lane in range(min(size, most_lanes)):
            yield f"lane {positions[lane]:,}" + (f" of {size:,} alike" if size > 1 else "")
            yield f"  {'start':>14}  {'shape':<14}fields"
            yield from _listing(words, track, lane)


def _listing(words: Numbers, track: Numbers, lane: int, indent: str = "") -> Iterator[str]:
    """A line for each row of a track, and below it, further in, the tracks that it holds."""
    for row in track:
        name, names, _ = OPCODES[int(row[0])]
        numbers = [
            words[int(row[7 + 2 * i]) + lane * int(row[8 + 2 * i])] for i in range(len(names))
        ]
        fields = "  ".join(
            f"{field}={_shortest(number)}" for field, number in zip(names, numbers, strict=True)
        )
        start = words[int(row[1]) + lane * int(row[2])]
        yield f"  {int(start):>14,}  {indent + name:<12}  {fields}".rstrip()
        yield from _listing(words, _track(words, row[3], row[4]), lane, indent + "  ")
        if row[6]:
            yield f"  {'':14}  {indent}  and"
            yield from _listing(words, _track(words, row[5], row[6]), lane, indent + "  ")


def _shortest(number: float) -> str:
    return "2^54" if number == NO_LIMIT else repr(float(number)).removesuffix(".0")
