"""JAX: a schedule as a function of the step that is traced, compiled, mapped and scanned like any other.

The rows of the schedule become float64 operations, one function a shape; the rate is rounded once, to JAX's own float. JAX need
not be told to use 64 bits: these few operations do, and nothing around them. Steps are integers, exact to 2^53.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
from jax import Array, lax
from jax import numpy as jnp

from fastlr.lowering import families
from fastlr.program import Family, Row, Track, plain
from fastlr.schedule import Schedule
from fastlr.shapes import LAST_STEP, shape
from fastlr.value import a_schedule

__all__ = ["Function", "function"]

Words = npt.NDArray[np.float64]
Rates = Callable[[Array], Array]  # clocks (lanes or 1, steps) to rates (lanes or 1, steps)
Fields = tuple[Array, ...]

_LOG2_E, _LN_2, _LN_2_LOW = 1.4426950408889634, 0.6931471805599453, 2.3190468138462996e-17  # ln(2) in two words


# -- curves --------------------------------------------------------------------------------------------------------------------


def _between(w: Array, lo: Array, hi: Array) -> Array:
    """lo + w*(hi-lo), never above hi, and hi to the bit at w = 1."""
    return jnp.where(w == 1.0, hi, jnp.minimum(lo + w * (hi - lo), hi))


def _whole(length: Array, c: Array) -> tuple[Array, Array]:
    """A curve's length and the clock in it: of a row that is not in force, at its nearer end."""
    size = jnp.maximum(jnp.abs(length), 1.0)
    return size, jnp.minimum(c, size)


def _linear(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size, c = _whole(length, c)
    return _between(jnp.where(length > 0, size - c, c) / size, lo, hi)


def _square(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size, c = _whole(length, c)
    near, past = (size - c) / size, c / size
    # the one form keeps its digits near 0, the other rises with every step near 1
    rising = jnp.where(c < size / 2, past * ((2.0 * size - c) / size), 1.0 - near * near)
    return _between(jnp.where(length > 0, near * near, rising), lo, hi)


def _log_of_rest(lost: Array) -> Array:
    """log(1 - lost); XLA's own log1p loses seven bits between -1/2 and -1/4."""
    return jnp.where(lost > 0.25, jnp.log(1.0 - lost), jnp.log1p(-lost))


def _log_ratio(x: Array, size: Array) -> Array:
    """log(x/size), also near x = size."""
    return jnp.where(x > 0.75 * size, jnp.log1p((x - size) / size), jnp.log(jnp.maximum(x, 0.25) / size))


def _power(c: Array, length: Array, lo: Array, hi: Array, q: Array) -> Array:
    size, c = _whole(length, c)
    x = jnp.where(length > 0, size - c, c)
    lost = jnp.where(x == 0, 1.0, -jnp.expm1(-q * _log_ratio(x, size)))
    u, left = _quotient(x, 0.0, size + 0.0 * x)
    kept = jnp.power(u, jnp.abs(q)) * (1.0 + q * jnp.where(x == 0, 0.0, left / u))
    return _between(jnp.where(q > 0, kept, lost), lo, hi)


def _sin_squared(u: Array) -> Array:
    """sin(pi/2*u)^2."""
    return jnp.square(jnp.sin(0.5 * np.pi * u))


def _cosine(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size, c = _whole(length, c)
    x = jnp.where(length > 0, size - c, c)
    high = x > size - x
    rise = _sin_squared(jnp.where(high, size - x, x) / size) * (hi - lo)
    return jnp.where(high, hi - rise, lo + rise)


def _cosine_power(c: Array, length: Array, lo: Array, hi: Array, x: Array, k: Array) -> Array:
    size, c = _whole(length, c)
    log = k * _log_ratio(c, size)
    past, left = jnp.where(c == 0, 0.0, jnp.exp(log)), jnp.where(c == 0, 1.0, -jnp.expm1(log))
    late = left <= past
    square = _sin_squared(jnp.where(late, left, past))  # of the cosine late, of the sine early
    log = jnp.abs(x) * jnp.where(late, jnp.log(jnp.maximum(square, 1e-300)), _log_of_rest(square))
    kept = jnp.where(square > 0, jnp.exp(log), jnp.where(late, 0.0, 1.0))
    return _between(jnp.where(x > 0, kept, jnp.where(late & (square == 0), 1.0, -jnp.expm1(log))), lo, hi)


def _product(x: Array, y: Array) -> tuple[Array, Array]:
    """``x * y`` in two words, to 2^-79: halves of 26 bits, whose product is exact, and what they leave.

    It comes out the same if the compiler fuses a multiplication and an addition, as it may.
    """
    x_top, y_top = (lax.reduce_precision(word, exponent_bits=11, mantissa_bits=25) for word in (x, y))
    high, rest = x_top * y_top, x_top * (y - y_top) + (x - x_top) * y
    total = high + rest
    return total, (high - total) + rest


def _exp2(high: Array, low: Array) -> tuple[Array, Array]:
    """``2^(high + low)`` as a number near 1 and a power of two."""
    whole = jnp.clip(jnp.round(high), -4000.0, 2000.0)
    return jnp.exp2(jnp.clip((high - whole) + low, -1.0, 1.0)), whole.astype(jnp.int32)


def _exponential(c: Array, a: Array, high: Array, low: Array) -> Array:
    t, rest = _product(c, high + 0.0 * c)
    grown, n = _exp2(t, rest + c * low)
    return jnp.ldexp(a * grown, n)


def _staircase(c: Array, a: Array, every: Array, high: Array, low: Array) -> Array:
    return _exponential(jnp.floor_divide(c, every), a, high, low)


def _quotient(x: Array, low: Array | float, y: Array) -> tuple[Array, Array]:
    """``(x + low) / y`` in two words."""
    u = x / y
    near, rest = _product(u, y)
    return u, (((x - near) - rest) + low) / y


def _diminished(a: Array, base: Array, low: Array, q: Array) -> Array:
    """``a * (base + low)^-q``: a power may be 1000, and multiplies what a base of one word has lost."""
    return a * (jnp.power(base, -q) * (1.0 - q * (low / base)))


def _reciprocal(c: Array, a: Array, g: Array, s: Array, d: Array) -> Array:
    return a * (d / (g * c + s))


def _inverse(c: Array, a: Array, g: Array, s: Array, d: Array, q: Array) -> Array:
    product, low = _product(c, g + 0.0 * c)
    top = product + s
    back = top - product
    base, left = _quotient(top, low + ((product - (top - back)) + (s - back)), d + 0.0 * c)
    return _diminished(a, base, left, q)


def _tanh(c: Array, lo: Array, hi: Array, y: Array, y_low: Array, k: Array, k_low: Array) -> Array:
    t, rest = _product(c, k + 0.0 * c)
    total = t + y
    back = total - t
    rest = rest + ((t - (total - back)) + (y - back)) + (y_low + c * k_low)
    grown, n = _exp2(jnp.clip(total, -1000.0, 1000.0), rest)
    return lo + (hi - lo) / (1.0 + jnp.ldexp(grown, n))


def _rex(c: Array, length: Array, lo: Array, hi: Array, b: Array) -> Array:
    size, c = _whole(length, c)
    top = jnp.where(length > 0, size - c, (1.0 - b) * c)
    return _between(top / ((size - c) + (1.0 - b) * c), lo, hi)


def _exp2_less_1(x: Array, k: Array, k_low: Array) -> Array:
    """``2^(x*(k + k_low)) - 1``, its exponent turned to base e in two words."""
    t, rest = _product(x, k + 0.0 * x)
    y, y_low = _product(t, _LN_2 + 0.0 * t)
    return jnp.expm1(y) + jnp.exp(y) * (y_low + t * _LN_2_LOW + (rest + x * k_low) * _LN_2)


def _affine_exponential(c: Array, length: Array, lo: Array, hi: Array, k: Array, k_low: Array) -> Array:
    size, c = _whole(length, c)
    w = _exp2_less_1(jnp.where(length > 0, size - c, c), k, k_low) / _exp2_less_1(size, k, k_low)
    return _between(jnp.minimum(w, 1.0), lo, hi)


def _logarithmic(c: Array, length: Array, lo: Array, hi: Array, d: Array, d_low: Array) -> Array:
    size, c = _whole(length, c)
    falls = length > 0
    w = jnp.log1p(jnp.where(falls, (size - c) / (c + 1.0), c)) * _LOG2_E / d
    return _between(jnp.where(falls & (c == 0), 1.0, jnp.minimum(w, 1.0)), lo, hi)


def _eden(c: Array, a: Array, d: Array, q: Array) -> Array:
    u, left = _quotient(c, 0.0, d + 0.0 * c)
    square, low = _product(u, u)
    base = 1.0 + square
    back = base - square
    low = ((square - (base - back)) + (1.0 - back)) + (low + 2.0 * u * left)
    return _diminished(a, base, low, q)


_CURVES: dict[str, Callable[..., Array]] = {
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


def _sampled(row: Row, c: Array, every: Array, last: Array, joined: Array) -> Array:
    samples = np.atleast_2d(np.asarray(row.samples))
    lane = np.arange(len(samples))[:, np.newaxis]
    i = jnp.minimum(jnp.floor_divide(c, every), last)
    first, second = (jnp.asarray(samples)[lane, at.astype(jnp.int32)] for at in (i, jnp.minimum(i + 1, last)))
    length = jnp.where(first >= second, every, -every)
    line = _linear(c - i * every, length, jnp.minimum(first, second), jnp.maximum(first, second))
    return jnp.where((joined == 0) | (i == last), first, line)


# -- rows that hold others -----------------------------------------------------------------------------------------------------


def _loop(row: Row, c: Array, period: Array, times: Array, high: Array, low: Array, floor: Array) -> Array:
    turn = jnp.minimum(jnp.floor_divide(c, period), times - 1)
    factor = _exponential(turn, jnp.ones_like(turn), high, low)
    rates = _track(row.a)(c - turn * period)
    moved = factor * rates + (1.0 - factor) * floor
    return jnp.where((rates >= floor) == (moved >= floor), moved, floor)


def _clock(row: Row, c: Array, base: Array, pace: Array, every: Any = 1.0) -> Array:
    return _track(row.a)(jnp.minimum(base + pace * jnp.floor_divide(c, every), float(LAST_STEP)))


def _pair(combined: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    return lambda row, c: combined(_track(row.a)(c), _track(row.b)(c))


_HOLDERS: dict[str, Callable[..., Array]] = {
    "sampled": _sampled,
    "loop": _loop,
    "clock": _clock,
    "multiply": _pair(jnp.multiply),
    "add": _pair(jnp.add),
    "minimum": _pair(jnp.minimum),
    "maximum": _pair(jnp.maximum),
}


# -- tracks --------------------------------------------------------------------------------------------------------------------


def _kind(row: Row) -> object:
    """What rows must share to be evaluated as one, their numbers apart."""
    held = tuple(tuple((_kind(inner), _bytes(inner)) for inner in plain(track)) for track in (row.a, row.b))
    return row.shape, held, None if row.samples is None else row.samples.tobytes()


def _bytes(row: Row) -> bytes:
    return b"".join(number.tobytes() for number in (row.start, *row.fields))


def _numbers(words: list[Words]) -> Words:
    """A number of several rows, (rows, lanes or 1)."""
    lanes = max(word.size for word in words)
    return np.stack([np.broadcast_to(word.ravel(), (lanes,)) for word in words])


def _alike(rows: list[Row], local: npt.NDArray[np.int64]) -> Callable[[Array, Array], Array]:
    """The rates of rows of one kind at clocks, ``local`` being the place of each row of the track among them."""
    numbers = [_numbers(list(words)) for words in zip(*((row.start, *row.fields) for row in rows), strict=True)]
    name = shape(rows[0].shape).name

    def picked(words: Words, at: Array) -> Array:
        return jnp.asarray(words)[jnp.asarray(local)[at], np.arange(words.shape[1])[:, np.newaxis]]

    def rates(c: Array, at: Array) -> Array:
        start, *fields = (picked(words, at) if len(rows) > 1 else jnp.asarray(words[0])[:, jnp.newaxis] for words in numbers)
        own = jnp.maximum(c - start, 0.0)
        return _CURVES[name](own, *fields) if name in _CURVES else _HOLDERS[name](rows[0], own, *fields)

    return rates


def _track(rows: Track) -> Rates:
    """Rows one after the other: each kind of them is evaluated once, and the row in force picked."""
    track, kinds = plain(rows), dict[object, list[int]]()
    for i, row in enumerate(track):
        kinds.setdefault(_kind(row), []).append(i)
    starts = _numbers([row.start for row in track])
    groups = []
    for members in kinds.values():
        local = np.minimum(np.searchsorted(members, np.arange(len(track))), len(members) - 1)
        groups.append((np.isin(np.arange(len(track)), members), _alike([track[i] for i in members], local)))

    def rates(c: Array) -> Array:
        at = jnp.sum(jnp.asarray(starts)[1:, :, jnp.newaxis] <= c, axis=0)
        found = groups[0][1](c, at)
        for here, group in groups[1:]:
            found = jnp.where(jnp.asarray(here)[at], group(c, at), found)
        return found

    return rates


def _lanes(all_of: list[Family]) -> Rates:
    """The rates of all lanes, each in its place."""
    tracks = [(family.positions.size, _track(family.track)) for family in all_of]
    order = np.argsort(np.concatenate([family.positions for family in all_of]))

    def rates(c: Array) -> Array:
        each = [jnp.broadcast_to(track(c), (size, c.shape[1])) for size, track in tracks]
        return jnp.concatenate(each)[order] if len(each) > 1 or order.size > 1 else each[0]

    return rates


@lru_cache(maxsize=256)
def _compiled(schedule: Schedule) -> Rates:
    """The rates at int64 steps, compiled when first asked; in a function that is traced, a part of it."""
    rates, limit = _lanes(families(schedule._node, schedule.past_end)), float(schedule.program[3])

    def at(steps: Array) -> Array:
        c = steps.astype(np.float64).reshape(1, -1)
        allowed = (c >= 0) & (c <= LAST_STEP) & (c < limit)
        found = jnp.where(allowed, rates(jnp.where(allowed, c, 0.0)), jnp.nan)
        return found.reshape(schedule.shape + steps.shape)

    compiled: Rates = jax.jit(at, inline=True)
    return compiled


@dataclass(frozen=True)
class Function:
    """The rate as a function of the step: equal and hashable as its schedule is, so that it may be a static argument."""

    schedule: Schedule

    def __call__(self, t: Any) -> Array:
        """The rates at integer steps, of shape ``schedule.shape + t.shape``, in JAX's own float.

        Where ``s(t)`` raises, so does this for a number or an array of NumPy's; of an array of JAX's the rate there is NaN.
        """
        dtype = jnp.asarray(0.0).dtype
        if not isinstance(t, jax.Array):
            self.schedule(t)  # which raises where it must not be asked
        with jax.enable_x64(True):
            steps = jnp.asarray(t)
            if not jnp.issubdtype(steps.dtype, jnp.integer):
                raise TypeError(f"function: t must be an integer or an array of integers, got dtype {steps.dtype}")
            return _compiled(self.schedule)(steps).astype(dtype)


def function(schedule: Schedule) -> Function:
    """The schedule as a function that JAX traces.

    >>> import jax
    >>> import fastlr as flr
    >>> rate = jax.jit(function(flr.linear(1.0, 0.0, steps=4)))
    >>> float(rate(1)), jax.vmap(rate)(jax.numpy.arange(3)).tolist()
    (0.75, [1.0, 0.75, 0.5])
    """
    return Function(a_schedule("function: schedule", schedule, Schedule))
