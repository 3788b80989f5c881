"""The NumPy backend: the shape table as plain array code, one function a row, and the definition of correct.

It needs nothing but NumPy. Without a fused multiply-add it rounds a little more often than the compiled backends do: it
agrees with them within 8 ulp, and with itself to the bit however it is asked. Work goes in chunks, so that however long
the table, all temporaries together stay below 1 MiB.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr import exact
from fastlr.shapes import FAMILY, HEADER, LAST_STEP, ROW, shape

__all__ = ["CURVES", "each", "rates", "steps", "table"]

Array = npt.NDArray[np.float64]
Lanes = npt.NDArray[np.int64]

_CHUNK = 4096  # steps or lanes at a time: 32 KiB an array


class _Track(NamedTuple):
    """Rows of a program, and the lane of each clock that they are asked at."""

    words: Array
    at: int
    rows: int
    lanes: Lanes

    def number(self, row: int, place: int) -> Array:
        """The number that words ``place`` and ``place+1`` of a row point at, for each lane."""
        base = self.at + ROW * row + place
        first, stride = int(self.words[base]), int(self.words[base + 1])
        picked: Array = self.words[first + stride * self.lanes]
        return picked

    def below(self, row: int, place: int) -> "_Track":
        """The track that words ``place`` and ``place+1`` of a row point at."""
        base = self.at + ROW * row + place
        return self._replace(at=int(self.words[base]), rows=int(self.words[base + 1]))

    def where(self, chosen: npt.NDArray[np.bool_]) -> "_Track":
        return self._replace(lanes=self.lanes[chosen])


def _between(w: Array, lo: Array, hi: Array) -> Array:
    """lo + w*(hi-lo), never above hi, and hi to the bit at w = 1."""
    return np.where(w == 1.0, hi, np.minimum(lo + w * (hi - lo), hi))


def _linear(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size = np.abs(length)
    return _between(np.where(length > 0, size - c, c) / size, lo, hi)


def _square(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size = np.abs(length)
    near = (size - c) / size
    past = c / size
    # the one form keeps its digits near 0, the other rises with every step near 1
    rising = np.where(c < size / 2, past * ((2.0 * size - c) / size), 1.0 - near * near)
    return _between(np.where(length > 0, near * near, rising), lo, hi)


def _grown(x: Array, size: Array, q: Array) -> Array:
    """(x/size)^q; the part of x that the quotient loses to rounding is given back to first order."""
    y = x / size
    product = exact.multiply(exact.pair(y), exact.pair(size))
    lost = ((x - product[0]) - product[1]) / np.maximum(x, 1.0)
    power: Array = np.power(y, q) * (1.0 + q * lost)
    return power


def _power(c: Array, length: Array, lo: Array, hi: Array, q: Array) -> Array:
    size = np.abs(length)
    x = np.where(length > 0, size - c, c)
    with np.errstate(divide="ignore", over="ignore"):  # the one of the two that is not taken
        lost = -np.expm1(-q * np.where(x > size / 2, np.log1p((x - size) / size), np.log(x / size)))
    return _between(np.where(q > 0, _grown(x, size, np.abs(q)), lost), lo, hi)


def _cosine(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size = np.abs(length)
    x = np.where(length > 0, size - c, c)
    rest = size - x
    high = x > rest
    w = np.sin(0.5 * np.pi * (np.where(high, rest, x) / size)) ** 2
    return np.where(high, hi - w * (hi - lo), lo + w * (hi - lo))


def _cosine_power(c: Array, length: Array, lo: Array, hi: Array, x: Array, k: Array) -> Array:
    p = exact.divide(exact.pair(np.maximum(c, 1.0)), exact.pair(length))
    log = exact.add(exact.log2(p[0]), exact.divide(exact.multiply(exact.pair(p[1]), exact.LOG2_E), exact.pair(p[0])))
    past = exact.exp2(exact.multiply(exact.pair(k), (np.maximum(log[0], -1000.0 / k), log[1])))
    past = np.where(c == 0, 0.0, past[0]), np.where(c == 0, 0.0, past[1])
    left = exact.subtract(exact.pair(np.ones_like(c)), past)
    low = left[0] <= past[0]
    sine = exact.sin_squared((np.where(low, left[0], past[0]), np.where(low, left[1], past[1])))
    cosine = exact.subtract(exact.pair(np.ones_like(c)), sine)
    high, rest = np.where(low, sine[0], cosine[0]), np.where(low, sine[1], cosine[1])
    size = np.abs(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        falling = np.power(high, size) * np.where(high > 0, 1.0 + size * (rest / high), 1.0)
        rising = -np.expm1(size * np.where(low, np.log(high), np.log1p(-sine[0])))
    return _between(np.where(x > 0, falling, rising), lo, hi)


def _exponential(c: Array, a: Array, high: Array, low: Array) -> Array:
    exponent = exact.multiply(exact.pair(c), (high, low))
    whole = np.maximum(np.rint(exponent[0]), -4000.0)
    grown = np.exp2(np.maximum((exponent[0] - whole) + exponent[1], -1.0))
    return np.ldexp(a * grown, whole.astype(np.int64))


def _staircase(c: Array, a: Array, every: Array, high: Array, low: Array) -> Array:
    return _exponential(np.floor_divide(c, every), a, high, low)


def _reciprocal(c: Array, a: Array, g: Array, s: Array, d: Array) -> Array:
    of = exact.divide(exact.pair(d), exact.add(exact.multiply(exact.pair(g), exact.pair(c)), exact.pair(s)))
    return a * of[0] + a * of[1]


def _diminished(a: Array, base: exact.Pair, q: Array) -> Array:
    """a * base^-q, in two halves, since base^-q may be below all numbers where a times it is not."""
    half = np.power(base[0], -0.5 * q)
    return a * half * (half * (1.0 - q * (base[1] / base[0])))


def _inverse(c: Array, a: Array, g: Array, s: Array, d: Array, q: Array) -> Array:
    return _diminished(a, exact.divide(exact.add(exact.multiply(exact.pair(g), exact.pair(c)), exact.pair(s)), exact.pair(d)), q)


def _tanh(c: Array, lo: Array, hi: Array, y: Array, y_low: Array, k: Array, k_low: Array) -> Array:
    exponent = exact.add((y, y_low), exact.multiply(exact.pair(c), (k, k_low)))
    high, low = exact.exp2((np.clip(exponent[0], -1000.0, 1000.0), exponent[1]))
    return lo + (hi - lo) / ((1.0 + high) + low)


def _rex(c: Array, length: Array, lo: Array, hi: Array, b: Array) -> Array:
    size = np.abs(length)
    product = exact.multiply(exact.pair(b), exact.pair(c))
    rising = exact.subtract(exact.pair(c), product)
    top = np.where(length > 0, size - c, rising[0]), np.where(length > 0, 0.0, rising[1])
    return _between(exact.divide(top, exact.subtract(exact.pair(size), product))[0], lo, hi)


def _exp2_less_1(x: Array, k: Array, k_low: Array) -> Array:
    y, y_low = exact.divide(exact.multiply(exact.pair(x), (k, k_low)), exact.LOG2_E)
    return np.expm1(y) + np.exp(y) * y_low


def _affine_exponential(c: Array, length: Array, lo: Array, hi: Array, k: Array, k_low: Array) -> Array:
    size = np.abs(length)
    w = _exp2_less_1(np.where(length > 0, size - c, c), k, k_low) / _exp2_less_1(size, k, k_low)
    return _between(np.minimum(w, 1.0), lo, hi)


def _logarithmic(c: Array, length: Array, lo: Array, hi: Array, d: Array, d_low: Array) -> Array:
    size, falls = np.abs(length), length > 0
    w = np.log1p(np.where(falls, (size - c) / (c + 1.0), c)) * exact.LOG2_E[0] / d
    return _between(np.where(falls & (c == 0), 1.0, np.minimum(w, 1.0)), lo, hi)


def _eden(c: Array, a: Array, d: Array, q: Array) -> Array:
    u = exact.divide(exact.pair(c), exact.pair(d))
    return _diminished(a, exact.add(exact.pair(np.ones_like(c)), exact.multiply(u, u)), q)


CURVES: dict[str, Callable[..., Array]] = {
    "constant": lambda c, value: value,
    "linear": _linear,
    "square": _square,
    "power": _power,
    "cosine": _cosine,
    "cosine_power": _cosine_power,
    "exponential": _exponential,
    "staircase": _staircase,
    "reciprocal": _reciprocal,
    "inverse": _inverse,
    "tanh": _tanh,
    "rex": _rex,
    "affine_exponential": _affine_exponential,
    "logarithmic": _logarithmic,
    "eden": _eden,
}

_PAIRS: dict[str, Callable[[Array, Array], Array]] = {
    "multiply": np.multiply,
    "add": np.add,
    "minimum": np.minimum,
    "maximum": np.maximum,
}


def _sampled(track: _Track, row: int, c: Array) -> Array:
    at, every, last, joined = (track.number(row, 7 + 2 * i) for i in range(4))
    i = np.minimum(np.floor_divide(c, every), last)
    first = track.words[(at + i).astype(np.int64)]
    second = track.words[(at + np.minimum(i + 1, last)).astype(np.int64)]
    length = np.where(first >= second, every, -every)
    line = _linear(np.minimum(c - i * every, every), length, np.minimum(first, second), np.maximum(first, second))
    return np.where((joined == 0) | (i == last), first, line)


def _shrunk(rates: Array, kept: Array, lost: Array, floor: Array) -> Array:
    """What is kept of the rates, and what is lost of the floor, on the rates' side of it."""
    moved = kept * rates + lost * floor
    return np.where((rates >= floor) == (moved >= floor), moved, floor)


def _loop(track: _Track, row: int, c: Array) -> Array:
    period, times, high, low, floor = (track.number(row, 7 + 2 * i) for i in range(5))
    turn = np.minimum(np.floor_divide(c, period), times - 1)
    kept, lost = _exponential(turn, np.ones_like(turn), high, low), -_exp2_less_1(turn, high, low)
    return _shrunk(_rates(track.below(row, 3), c - turn * period), kept, lost, floor)


def _row(track: _Track, row: int, c: Array) -> Array:
    """One row, at clocks that all fall into it."""
    name = shape(int(track.words[track.at + ROW * row])).name
    c = c - track.number(row, 1)
    if name in CURVES:
        fields = shape(int(track.words[track.at + ROW * row])).fields
        return CURVES[name](c, *(track.number(row, 7 + 2 * i) for i in range(len(fields))))
    if name == "sampled":
        return _sampled(track, row, c)
    if name == "loop":
        return _loop(track, row, c)
    inner = track.below(row, 3)
    if name == "clock":
        base, pace, every = (track.number(row, 7 + 2 * i) for i in range(3))
        return _rates(inner, np.minimum(base + pace * np.floor_divide(c, every), LAST_STEP))
    return _PAIRS[name](_rates(inner, c), _rates(track.below(row, 5), c))


def _rows_in_force(track: _Track, c: Array) -> Lanes:
    """The last row that has begun at each clock, by bisection."""
    low, high = np.zeros(c.shape, dtype=np.int64), np.full(c.shape, track.rows - 1)
    while np.any(low < high):
        middle = (low + high + 1) // 2
        told = track.at + ROW * middle + 1
        starts = track.words[(track.words[told] + track.words[told + 1] * track.lanes).astype(np.int64)]
        low, high = np.where(starts <= c, middle, low), np.where(starts <= c, high, middle - 1)
    return low


def _rates(track: _Track, c: Array) -> Array:
    """A track at clocks ``c``, each of its own lane: only the row in force is evaluated."""
    row = _rows_in_force(track, c)
    rates = np.empty_like(c)
    for k in np.unique(row):
        chosen = row == k
        rates[chosen] = _row(track.where(chosen), int(k), c[chosen])
    return rates


def _families(words: Array, asked: range) -> Iterator[tuple[Lanes, _Track]]:
    """Each family, as far as its lanes are asked for: their output positions, and its root track with them."""
    before = 0
    for i in range(int(words[2])):
        lanes, first, listed, at, count = (int(word) for word in words[HEADER + FAMILY * i :][:FAMILY])
        own = np.arange(max(asked.start - before, 0), min(asked.stop - before, lanes))
        yield own + first if first >= 0 else words[listed + own].astype(np.int64), _Track(words, at, count, own)
        before += lanes


def _runs(words: Array, lanes: range, columns: range, clocks: Callable[[int, int], Array], out: Array) -> None:
    """Fill ``out`` (lanes, steps) lane by lane, chunk by chunk."""
    for positions, track in _families(words, lanes):
        for lane, position in zip(track.lanes, positions, strict=True):
            for i in range(columns.start, columns.stop, _CHUNK):
                c = clocks(i, min(i + _CHUNK, columns.stop))
                out[position, i : i + c.size] = _rates(track._replace(lanes=np.full(c.size, lane)), c)


def table(words: Array, lanes: range, columns: range, start: int, step: int, out: Array) -> None:
    """Steps start, start+step, ... into ``out`` (lanes, steps), float64 or float32: some of its lanes and columns."""
    with np.errstate(over="ignore"):  # beyond float32's largest a rate rounds to infinity, as it does in C
        _runs(words, lanes, columns, lambda i, j: (start + step * np.arange(i, j)).astype(np.float64), out)


def steps(words: Array, lanes: range, columns: range, t: npt.NDArray[np.int64], out: Array) -> None:
    """Any steps in any order: int64 ``t`` into ``out`` (lanes, steps): some of its lanes and columns."""
    _runs(words, lanes, columns, lambda i, j: t[i:j].astype(np.float64), out)


def each(words: Array, lanes: range, t: npt.NDArray[np.int64], out: Array) -> None:
    """Some of the lanes, each at its own of int64 steps ``t``, into ``out``: both one a lane."""
    for positions, track in _families(words, lanes):
        for i in range(0, positions.size, _CHUNK):
            some, place = track.lanes[i : i + _CHUNK], positions[i : i + _CHUNK]
            out[place] = _rates(track._replace(lanes=some), t[place].astype(np.float64))


def rates(words: Array, lanes: range, t: int, out: Array) -> None:
    """Some of the lanes at step t, into ``out`` (one a lane)."""
    each(words, lanes, np.broadcast_to(np.int64(t), out.shape), out)
