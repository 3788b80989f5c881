"""Evaluate a program with NumPy: the reference backend, which defines what is right.

There is one function per opcode. It needs nothing but NumPy. Without a fused multiply-add it rounds
a little more often than the compiled backends: it agrees with them within 8 ulp. It judges them, so
it shares nothing with them: each step is computed alone, by NumPy's functions, without patches. Its
own results are bit-identical however a schedule is evaluated. Work is done in chunks, so all
temporaries together stay below 1 MiB, however long the table.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.program import double_double
from fastlr.program.opcodes import (
    FAMILY,
    HEADER,
    HEADER_FAMILIES,
    LAST_STEP,
    OPCODES,
    ROW,
    SEGMENT_FIELDS,
    SEGMENT_FIRST,
    SEGMENT_SECOND,
    SEGMENT_START,
    Opcode,
)

__all__ = ["CURVES", "each", "rates", "steps", "table"]

Array = npt.NDArray[np.float64]
Lanes = npt.NDArray[np.int64]

_CHUNK = 4096  # steps or lanes at a time: 32 KiB per array


class _Segments(NamedTuple):
    """A list of segments in a program's buffer, and the lane of each local step."""

    buffer: Array
    at: int
    size: int
    lanes: Lanes

    def number(self, index: int, place: int) -> Array:
        """Return, for each lane, the number whose offset and stride are at ``place``."""
        base = self.at + ROW * index + place
        first, stride = int(self.buffer[base]), int(self.buffer[base + 1])
        picked: Array = self.buffer[first + stride * self.lanes]
        return picked

    def field(self, index: int, i: int) -> Array:
        """Return, for each lane, the i-th field of a segment."""
        return self.number(index, SEGMENT_FIELDS + 2 * i)

    def below(self, index: int, place: int) -> "_Segments":
        """Return the list of segments whose offset and length are at ``place``."""
        base = self.at + ROW * index + place
        return self._replace(at=int(self.buffer[base]), size=int(self.buffer[base + 1]))

    def where(self, chosen: npt.NDArray[np.bool_]) -> "_Segments":
        """Return the same segments for some of the lanes."""
        return self._replace(lanes=self.lanes[chosen])


def _weigh(w: Array, lo: Array, hi: Array) -> Array:
    """lo + w*(hi-lo), at most hi, and exactly hi at w = 1."""
    return np.where(w == 1.0, hi, np.minimum(lo + w * (hi - lo), hi))


def _linear(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size = np.abs(length)
    return _weigh(np.where(length > 0, size - c, c) / size, lo, hi)


def _square(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size = np.abs(length)
    near = (size - c) / size
    past = c / size
    # the first form keeps its digits near 0; the second rises with every step near 1
    rising = np.where(c < size / 2, past * ((2.0 * size - c) / size), 1.0 - near * near)
    return _weigh(np.where(length > 0, near * near, rising), lo, hi)


def _power_of_ratio(x: Array, size: Array, q: Array) -> Array:
    """(x/size)^q.

    To first order it restores the part of x that the quotient loses to rounding.
    """
    y = x / size
    product = double_double.multiply(double_double.pair(y), double_double.pair(size))
    lost = ((x - product[0]) - product[1]) / np.maximum(x, 1.0)
    power: Array = np.power(y, q) * (1.0 + q * lost)
    return power


def _power(c: Array, length: Array, lo: Array, hi: Array, q: Array) -> Array:
    size = np.abs(length)
    x = np.where(length > 0, size - c, c)
    with np.errstate(divide="ignore", over="ignore"):  # the branch that is not taken may overflow
        lost = -np.expm1(-q * np.where(x > size / 2, np.log1p((x - size) / size), np.log(x / size)))
    return _weigh(np.where(q > 0, _power_of_ratio(x, size, np.abs(q)), lost), lo, hi)


def _cosine(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size = np.abs(length)
    x = np.where(length > 0, size - c, c)
    rest = size - x
    high = x > rest
    w = np.sin(0.5 * np.pi * (np.where(high, rest, x) / size)) ** 2
    return np.where(high, hi - w * (hi - lo), lo + w * (hi - lo))


def _cosine_power(c: Array, length: Array, lo: Array, hi: Array, x: Array, k: Array) -> Array:
    p = double_double.divide(double_double.pair(np.maximum(c, 1.0)), double_double.pair(length))
    log = double_double.add(
        double_double.log2(p[0]),
        double_double.divide(
            double_double.multiply(double_double.pair(p[1]), double_double.LOG2_E),
            double_double.pair(p[0]),
        ),
    )
    past = double_double.exp2(
        double_double.multiply(double_double.pair(k), (np.maximum(log[0], -1000.0 / k), log[1]))
    )
    past = np.where(c == 0, 0.0, past[0]), np.where(c == 0, 0.0, past[1])
    left = double_double.subtract(double_double.pair(np.ones_like(c)), past)
    low = left[0] <= past[0]
    sine = double_double.sin_squared(
        (np.where(low, left[0], past[0]), np.where(low, left[1], past[1]))
    )
    cosine = double_double.subtract(double_double.pair(np.ones_like(c)), sine)
    high, rest = np.where(low, sine[0], cosine[0]), np.where(low, sine[1], cosine[1])
    size = np.abs(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        falling = np.power(high, size) * np.where(high > 0, 1.0 + size * (rest / high), 1.0)
        rising = -np.expm1(size * np.where(low, np.log(high), np.log1p(-sine[0])))
    return _weigh(np.where(x > 0, falling, rising), lo, hi)


def _exponential(c: Array, a: Array, high: Array, low: Array) -> Array:
    exponent = double_double.multiply(double_double.pair(c), (high, low))
    power = np.maximum(np.rint(exponent[0]), -4000.0)
    grown = np.exp2(np.maximum((exponent[0] - power) + exponent[1], -1.0))
    return np.ldexp(a * grown, power.astype(np.int64))


def _staircase(c: Array, a: Array, every: Array, high: Array, low: Array) -> Array:
    return _exponential(np.floor_divide(c, every), a, high, low)


def _reciprocal(c: Array, a: Array, g: Array, s: Array, d: Array) -> Array:
    of = double_double.divide(
        double_double.pair(d),
        double_double.add(
            double_double.multiply(double_double.pair(g), double_double.pair(c)),
            double_double.pair(s),
        ),
    )
    return a * of[0] + a * of[1]


def _divide_by_power(a: Array, base: double_double.DoubleDouble, q: Array) -> Array:
    """a * base^-q, in two halves.

    base^-q may underflow although a times it does not.
    """
    half = np.power(base[0], -0.5 * q)
    return a * half * (half * (1.0 - q * (base[1] / base[0])))


def _inverse(c: Array, a: Array, g: Array, s: Array, d: Array, q: Array) -> Array:
    return _divide_by_power(
        a,
        double_double.divide(
            double_double.add(
                double_double.multiply(double_double.pair(g), double_double.pair(c)),
                double_double.pair(s),
            ),
            double_double.pair(d),
        ),
        q,
    )


def _tanh(c: Array, lo: Array, hi: Array, y: Array, y_low: Array, k: Array, k_low: Array) -> Array:
    exponent = double_double.add(
        (y, y_low), double_double.multiply(double_double.pair(c), (k, k_low))
    )
    high, low = double_double.exp2((np.clip(exponent[0], -1000.0, 1000.0), exponent[1]))
    return lo + (hi - lo) / ((1.0 + high) + low)


def _rex(c: Array, length: Array, lo: Array, hi: Array, b: Array) -> Array:
    size = np.abs(length)
    product = double_double.multiply(double_double.pair(b), double_double.pair(c))
    rising = double_double.subtract(double_double.pair(c), product)
    top = np.where(length > 0, size - c, rising[0]), np.where(length > 0, 0.0, rising[1])
    return _weigh(
        double_double.divide(top, double_double.subtract(double_double.pair(size), product))[0],
        lo,
        hi,
    )


def _exp2_less_1(x: Array, k: Array, k_low: Array) -> Array:
    y, y_low = double_double.divide(
        double_double.multiply(double_double.pair(x), (k, k_low)), double_double.LOG2_E
    )
    return np.expm1(y) + np.exp(y) * y_low


def _affine_exponential(
    c: Array, length: Array, lo: Array, hi: Array, k: Array, k_low: Array
) -> Array:
    size = np.abs(length)
    w = _exp2_less_1(np.where(length > 0, size - c, c), k, k_low) / _exp2_less_1(size, k, k_low)
    return _weigh(np.minimum(w, 1.0), lo, hi)


def _logarithmic(c: Array, length: Array, lo: Array, hi: Array, d: Array, d_low: Array) -> Array:
    size, falls = np.abs(length), length > 0
    w = np.log1p(np.where(falls, (size - c) / (c + 1.0), c)) * double_double.LOG2_E[0] / d
    return _weigh(np.where(falls & (c == 0), 1.0, np.minimum(w, 1.0)), lo, hi)


def _eden(c: Array, a: Array, d: Array, q: Array) -> Array:
    u = double_double.divide(double_double.pair(c), double_double.pair(d))
    return _divide_by_power(
        a, double_double.add(double_double.pair(np.ones_like(c)), double_double.multiply(u, u)), q
    )


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

_OPERATIONS: dict[str, Callable[[Array, Array], Array]] = {
    "multiply": np.multiply,
    "add": np.add,
    "minimum": np.minimum,
    "maximum": np.maximum,
}


def _sampled(segments: _Segments, index: int, c: Array) -> Array:
    at, every, last, joined = (segments.field(index, i) for i in range(4))
    i = np.minimum(np.floor_divide(c, every), last)
    first = segments.buffer[(at + i).astype(np.int64)]
    second = segments.buffer[(at + np.minimum(i + 1, last)).astype(np.int64)]
    length = np.where(first >= second, every, -every)
    line = _linear(
        np.minimum(c - i * every, every),
        length,
        np.minimum(first, second),
        np.maximum(first, second),
    )
    return np.where((joined == 0) | (i == last), first, line)


def _toward_floor(rates: Array, kept: Array, lost: Array, floor: Array) -> Array:
    """Move rates toward the floor; they stay on their side of it, and at it."""
    moved = kept * rates + lost * floor
    return np.where((rates != floor) & ((rates > floor) == (moved >= floor)), moved, floor)


def _loop(segments: _Segments, index: int, c: Array) -> Array:
    period, times, high, low, floor = (segments.field(index, i) for i in range(5))
    turn = np.minimum(np.floor_divide(c, period), times - 1)
    kept, lost = _exponential(turn, np.ones_like(turn), high, low), -_exp2_less_1(turn, high, low)
    return _toward_floor(
        _rates(segments.below(index, SEGMENT_FIRST), c - turn * period), kept, lost, floor
    )


def _opcode_of(segments: _Segments, index: int) -> Opcode:
    """Return a segment's opcode; raise if a program holds a number that is none."""
    number = int(segments.buffer[segments.at + ROW * index])
    if not 0 <= number < len(OPCODES):
        raise NotImplementedError(f"reference: no opcode {number}")
    return OPCODES[number]


def _rates_of_segment(segments: _Segments, index: int, c: Array) -> Array:
    """Evaluate one segment at steps that all fall into it."""
    name, fields = _opcode_of(segments, index)[:2]
    c = c - segments.number(index, SEGMENT_START)
    if name in CURVES:
        return CURVES[name](c, *(segments.field(index, i) for i in range(len(fields))))
    if name == "sampled":
        return _sampled(segments, index, c)
    if name == "loop":
        return _loop(segments, index, c)
    inner = segments.below(index, SEGMENT_FIRST)
    if name == "time_map":
        base, pace, every = (segments.field(index, i) for i in range(3))
        return _rates(inner, np.minimum(base + pace * np.floor_divide(c, every), LAST_STEP))
    if name in _OPERATIONS:
        return _OPERATIONS[name](_rates(inner, c), _rates(segments.below(index, SEGMENT_SECOND), c))
    raise NotImplementedError(f"reference: no function for opcode {name!r}")


def _indices_in_force(segments: _Segments, c: Array) -> Lanes:
    """Return the last segment that has started at each step, by bisection."""
    low, high = np.zeros(c.shape, dtype=np.int64), np.full(c.shape, segments.size - 1)
    while np.any(low < high):
        middle = (low + high + 1) // 2
        detail = segments.at + ROW * middle + 1
        starts = segments.buffer[
            (segments.buffer[detail] + segments.buffer[detail + 1] * segments.lanes).astype(
                np.int64
            )
        ]
        low, high = np.where(starts <= c, middle, low), np.where(starts <= c, high, middle - 1)
    return low


def _rates(segments: _Segments, c: Array) -> Array:
    """Evaluate segments at steps ``c``, each of its own lane: only the segment in force runs."""
    index = _indices_in_force(segments, c)
    rates = np.empty_like(c)
    for k in np.unique(index):
        chosen = index == k
        rates[chosen] = _rates_of_segment(segments.where(chosen), int(k), c[chosen])
    return rates


def _iter_families(buffer: Array, lanes_wanted: range) -> Iterator[tuple[Lanes, _Segments]]:
    """Yield, per family, output positions and segments of the lanes that are wanted."""
    before = 0
    for i in range(int(buffer[HEADER_FAMILIES])):
        lanes, first, listed, at, count = (
            int(word) for word in buffer[HEADER + FAMILY * i :][:FAMILY]
        )
        own = np.arange(max(lanes_wanted.start - before, 0), min(lanes_wanted.stop - before, lanes))
        yield (
            own + first if first >= 0 else buffer[listed + own].astype(np.int64),
            _Segments(buffer, at, count, own),
        )
        before += lanes


def _fill(
    buffer: Array, lanes: range, columns: range, steps_of: Callable[[int, int], Array], out: Array
) -> None:
    """Fill ``out`` (lanes, steps) lane by lane, chunk by chunk.

    ``steps_of(i, j)`` returns the steps of columns i to j - 1.
    """
    for positions, segments in _iter_families(buffer, lanes):
        for lane, position in zip(segments.lanes, positions, strict=True):
            for i in range(columns.start, columns.stop, _CHUNK):
                c = steps_of(i, min(i + _CHUNK, columns.stop))
                out[position, i : i + c.size] = _rates(
                    segments._replace(lanes=np.full(c.size, lane)), c
                )


def table(buffer: Array, lanes: range, columns: range, start: int, step: int, out: Array) -> None:
    """Evaluate steps start, start+step, ... of some lanes and columns.

    ``out`` is of shape (lanes, steps), float64 or float32.
    """
    # a rate above float32's largest rounds to infinity, as it does in C
    with np.errstate(over="ignore"):
        _fill(
            buffer,
            lanes,
            columns,
            lambda i, j: (start + step * np.arange(i, j)).astype(np.float64),
            out,
        )


def steps(
    buffer: Array, lanes: range, columns: range, t: npt.NDArray[np.int64], out: Array
) -> None:
    """Evaluate the int64 steps ``t``, in any order, of some lanes and columns.

    ``out`` is of shape (lanes, steps).
    """
    _fill(buffer, lanes, columns, lambda i, j: t[i:j].astype(np.float64), out)


def each(buffer: Array, lanes: range, t: npt.NDArray[np.int64], out: Array) -> None:
    """Evaluate each lane at its own step ``t``; ``t`` and ``out`` hold one entry per lane."""
    for positions, segments in _iter_families(buffer, lanes):
        for i in range(0, positions.size, _CHUNK):
            some, place = segments.lanes[i : i + _CHUNK], positions[i : i + _CHUNK]
            out[place] = _rates(segments._replace(lanes=some), t[place].astype(np.float64))


def rates(buffer: Array, lanes: range, t: int, out: Array) -> None:
    """Evaluate some of the lanes at step t; ``out`` holds one entry per lane."""
    each(buffer, lanes, np.broadcast_to(np.int64(t), out.shape), out)
