"""Whether words are a program: all that kernels rely on and never look at, lest one read or write
where it must not, or run on.

A program that lowering made is checked once, as it is packed, and is read-only from then on; one
that comes from elsewhere, a file, another process, somebody's own hands, when it becomes a
``Program``. ``fastlr_is_program`` says the same in C.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fastlr.program.opcodes import (
    COUNTS,
    DEEPEST,
    FAMILY,
    FIELDS_MOST,
    HEADER,
    MAGIC,
    OPCODES,
    ROW,
    opcode,
)

__all__ = ["verify"]

Words = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_MOST_LANES = 2**53
_SAMPLED = opcode("sampled")
# how many tracks a row holds
_HELD = [int(i >= opcode("loop")) + int(i > opcode("clock")) for i in range(len(OPCODES))]
_TOLD = np.array([1, *range(7, ROW, 2)])  # where a row tells of its start and of its fields
_NAMES = [("start", *row.fields, *[""] * (FIELDS_MOST - len(row.fields))) for row in OPCODES]
# of whole numbers
_LEAST = np.array(
    [[{"start": 0, **COUNTS}.get(name, -np.inf) for name in names] for names in _NAMES]
)


def verify(words: Words) -> None:
    """Raise ``ValueError``, which names the word and the rule, unless flat float64 ``words`` are a
    program.

    It is one whose header is this version's and tells its size; whose tracks stand apart from each
    other, in the order in which they are walked, no deeper than the header says; whose numbers all
    stand within it and are finite; whose rows begin at whole steps, the first of a track at 0, none
    before the one before it; whose periods and paces are whole numbers, and samples within it; and
    whose lanes each have a place of their own.
    """
    _require(words.size >= HEADER, f"it must have at least {HEADER} words", words.size)
    magic, lanes, families, limit, depth, size = words[:HEADER].tolist()
    _require(magic == MAGIC, f"its first word must be {MAGIC:g}, of this version of fastlr", magic)
    _require(
        size == words.size, f"its size must be {words.size:,}, as many words as there are", size
    )
    _require(np.isfinite(words).all(), "its words must be finite", "others")
    _require(limit >= 0, "its limit must be at least 0", limit)
    _count("its depth", depth, 0, DEEPEST)
    _count("its lanes", lanes, 1, _MOST_LANES)
    count = _count("its families", families, 1, (words.size - HEADER) // FAMILY)
    heads = words[HEADER : HEADER + FAMILY * count].reshape(count, FAMILY)
    end = HEADER + heads.size
    for head in heads.tolist():
        of = _count("lanes of a family", head[0], 1, _MOST_LANES)
        tracks = list(_tracks(words, head[3], head[4], end, int(depth)))
        end = tracks[-1][1]
        _check_rows(words, tracks, of)
    _check_places(words, heads, int(lanes))


def _require(holds: bool | np.bool_, rule: str, got: object) -> None:
    if not holds:
        first = got.flat[0] if isinstance(got, np.ndarray) else got
        raise ValueError(
            f"{rule}, got {first:,.17g}"
            if isinstance(first, int | float)
            else f"{rule}, got {first}"
        )


def _count(name: str, word: float, least: int, most: int) -> int:
    _require(
        word.is_integer() and least <= word <= most,
        f"{name} must be a whole number from {least:,} to {most:,}",
        word,
    )
    return int(word)


def _tracks(
    words: Words, at: float, count: float, end: int, depth: int
) -> Iterator[tuple[int, int]]:
    """Where a track begins and ends, and all those below it: each before what it holds, and
    behind the one before.
    """
    begin = _count("where a track stands", at, end, words.size - ROW)
    end = begin + ROW * _count(
        f"rows of the track at {begin}", count, 1, (words.size - begin) // ROW
    )
    yield begin, end
    for place in range(begin, end, ROW):
        shape, *_, a, rows_of_a, b, rows_of_b = words[place : place + _TOLD[1]].tolist()
        held = _HELD[_count(f"shape of the row at {place}", shape, 0, len(OPCODES) - 1)]
        _require(
            held == 0 or depth > 0,
            f"the row at {place} must be no deeper than the header's depth",
            "one that holds others",
        )
        tracks = [(a, rows_of_a), (b, rows_of_b)]
        _require(
            not any(map(any, tracks[held:])),
            f"the row at {place} must hold as many tracks as its shape has",
            "another",
        )
        for track in tracks[:held]:
            for inner in _tracks(words, *track, end, depth - 1):
                yield inner
                end = inner[1]


def _check_rows(words: Words, tracks: list[tuple[int, int]], lanes: int) -> None:
    """Raise unless the numbers of a family's rows are what kernels may read."""
    at = np.concatenate([np.arange(begin, end, ROW) for begin, end in tracks])
    told, stride = words[at[:, np.newaxis] + _TOLD], words[at[:, np.newaxis] + _TOLD + 1]
    strange = (stride != 0) & (stride != 1)
    _require(not strange.any(), "a stride must be 0 or 1", stride[strange])
    within = (told >= 0) & (told + stride * (lanes - 1) < words.size) & (told == np.rint(told))
    _require(within.all(), f"a number must stand within the {words.size:,} words", told[~within])
    place, own, shape = told.astype(np.int64), stride != 0, words[at].astype(np.int64)
    _check_counts(words, place, own, shape, lanes)
    _check_starts(words, at, place[:, 0], own[:, 0] * (lanes - 1), {begin for begin, _ in tracks})
    for row in np.flatnonzero(shape == _SAMPLED):
        first, last = (
            words[place[row, i] : place[row, i] + 1 + own[row, i] * (lanes - 1)] for i in (1, 3)
        )
        within = first < words.size - last
        _require(
            within.all(),
            f"samples must stand within the {words.size:,} words",
            "one that begins and ends elsewhere",
        )


def _check_counts(
    words: Words, place: Places, own: npt.NDArray[np.bool_], shape: Places, lanes: int
) -> None:
    least = _LEAST[shape]
    numbers = words[place]
    for row, i in np.argwhere(own & (least > -np.inf)):
        some = words[place[row, i] : place[row, i] + lanes]
        numbers[row, i] = some[np.argmax((some < least[row, i]) | (some != np.rint(some)))]
    wrong = (numbers < least) | ((least > -np.inf) & (numbers != np.rint(numbers)))
    for row, i in np.argwhere(wrong)[:1]:
        name, most = _NAMES[shape[row]][i], f"at least {least[row, i]:g}"
        _require(
            False,
            f"{name} of a {OPCODES[shape[row]].name} must be a whole number, {most}",
            numbers[row, i].item(),
        )


def _check_starts(words: Words, at: Places, place: Places, more: Places, begins: set[int]) -> None:
    """Raise unless each track begins at 0, and none of its rows before the one before it."""
    before = np.zeros(1)
    for row, first, others in zip(at.tolist(), place.tolist(), more.tolist(), strict=True):
        starts = words[first : first + others + 1]
        _require(
            row not in begins or not starts.any(),
            f"start of the row at {row}, the first of a track, must be 0",
            starts,
        )
        before = starts if row in begins else before
        _require(
            (starts >= before).all(),
            f"start of the row at {row} must be no earlier than the one before",
            starts,
        )
        before = starts


def _check_places(words: Words, heads: Words, lanes: int) -> None:
    """Raise unless the lanes of all families fill the places from 0 to ``lanes``, each its own."""
    begins, ends = list[Words](), list[Words]()
    for count, first, listed in heads[:, :3].tolist():
        begin = _count("first place of a family", first, -1, lanes - int(count))
        at = _count(
            "where a family's places are listed",
            listed,
            0,
            int(words.size - count) if begin < 0 else 0,
        )
        places = np.array([first]) if begin >= 0 else words[at : at + int(count)]
        begins.append(places)
        ends.append(places + (count if begin >= 0 else 1.0))
    begun, ended = (np.sort(np.concatenate(places)) for places in (begins, ends))
    apart = begun[0] == 0 and ended[-1] == lanes and np.array_equal(begun[1:], ended[:-1])
    _require(apart, f"its {lanes:,} lanes must each have a place of their own", "others")
