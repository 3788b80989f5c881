"""JAX: a schedule as a function of the step, which JAX traces, compiles, maps and scans.

The segments of the schedule become float64 operations, with one function per opcode. The rate is
then rounded once to JAX's default float. You need not enable 64 bits in JAX: only these operations
use them. Steps are integers, exact up to 2^53.

The curves are not those of the NumPy reference. XLA may reorder and fuse operations, which breaks
the error-free products of the reference; these curves keep their digits under such changes.
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

from fastlr.program.lowering import families
from fastlr.program.opcodes import HEADER_LIMIT, LAST_STEP, OPCODES
from fastlr.program.segments import Family, Segment, Segments, expand_cycles
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_schedule

__all__ = ["Function", "function"]

Floats = npt.NDArray[np.float64]
Rates = Callable[[Array], Array]  # steps to rates, each of shape (lanes or 1, steps)

# log2(e), and ln(2) in two float64 numbers.
_LOG2_E, _LN_2, _LN_2_LOW = 1.4426950408889634, 0.6931471805599453, 2.3190468138462996e-17


# -- curves ----------------------------------------------------------------------------------------


def _between(w: Array, lo: Array, hi: Array) -> Array:
    """lo + w*(hi-lo), never above hi, and hi to the bit at w = 1."""
    return jnp.where(w == 1.0, hi, jnp.minimum(lo + w * (hi - lo), hi))


def _clamped(length: Array, c: Array) -> tuple[Array, Array]:
    """A curve's length and the step in it, clamped for segments that are not in force."""
    size = jnp.maximum(jnp.abs(length), 1.0)
    return size, jnp.minimum(c, size)


def _linear(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size, c = _clamped(length, c)
    return _between(jnp.where(length > 0, size - c, c) / size, lo, hi)


def _square(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size, c = _clamped(length, c)
    near, past = (size - c) / size, c / size
    # The first form keeps its digits near 0, the second rises with every step near 1.
    rising = jnp.where(c < size / 2, past * ((2.0 * size - c) / size), 1.0 - near * near)
    return _between(jnp.where(length > 0, near * near, rising), lo, hi)


def _log_of_rest(lost: Array) -> Array:
    """log(1 - lost); XLA's own log1p loses seven bits between -1/2 and -1/4."""
    return jnp.where(lost > 0.25, jnp.log(1.0 - lost), jnp.log1p(-lost))


def _log_ratio(x: Array, size: Array) -> Array:
    """log(x/size), also near x = size."""
    return jnp.where(
        x > 0.75 * size, jnp.log1p((x - size) / size), jnp.log(jnp.maximum(x, 0.25) / size)
    )


def _power(c: Array, length: Array, lo: Array, hi: Array, q: Array) -> Array:
    size, c = _clamped(length, c)
    x = jnp.where(length > 0, size - c, c)
    lost = jnp.where(x == 0, 1.0, -jnp.expm1(-q * _log_ratio(x, size)))
    u, left = _quotient(x, 0.0, size + 0.0 * x)
    kept = jnp.power(u, jnp.abs(q)) * (1.0 + q * jnp.where(x == 0, 0.0, left / u))
    return _between(jnp.where(q > 0, kept, lost), lo, hi)


def _sin_squared(u: Array) -> Array:
    """sin(pi/2*u)^2."""
    return jnp.square(jnp.sin(0.5 * np.pi * u))


def _cosine(c: Array, length: Array, lo: Array, hi: Array) -> Array:
    size, c = _clamped(length, c)
    x = jnp.where(length > 0, size - c, c)
    high = x > size - x
    rise = _sin_squared(jnp.where(high, size - x, x) / size) * (hi - lo)
    return jnp.where(high, hi - rise, lo + rise)


def _cosine_power(c: Array, length: Array, lo: Array, hi: Array, x: Array, k: Array) -> Array:
    size, c = _clamped(length, c)
    log = k * _log_ratio(c, size)
    past, left = jnp.where(c == 0, 0.0, jnp.exp(log)), jnp.where(c == 0, 1.0, -jnp.expm1(log))
    late = left <= past
    square = _sin_squared(jnp.where(late, left, past))  # of the cosine late, of the sine early
    log = jnp.abs(x) * jnp.where(late, jnp.log(jnp.maximum(square, 1e-300)), _log_of_rest(square))
    kept = jnp.where(square > 0, jnp.exp(log), jnp.where(late, 0.0, 1.0))
    return _between(
        jnp.where(x > 0, kept, jnp.where(late & (square == 0), 1.0, -jnp.expm1(log))), lo, hi
    )


def _product(x: Array, y: Array) -> tuple[Array, Array]:
    """``x * y`` as a sum of two numbers, to 2^-79: exact products of 26-bit halves, and the rest.

    The result is the same if the compiler fuses a multiplication and an addition.
    """
    x_top, y_top = (
        lax.reduce_precision(word, exponent_bits=11, mantissa_bits=25) for word in (x, y)
    )
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
    """``(x + low) / y`` as a sum of two numbers."""
    u = x / y
    near, rest = _product(u, y)
    return u, (((x - near) - rest) + low) / y


def _diminished(a: Array, base: Array, low: Array, q: Array) -> Array:
    """``a * (base + low)^-q``: a power of 1000 would multiply the error of ``base`` alone."""
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
    size, c = _clamped(length, c)
    top = jnp.where(length > 0, size - c, (1.0 - b) * c)
    return _between(top / ((size - c) + (1.0 - b) * c), lo, hi)


def _exp2_less_1(x: Array, k: Array, k_low: Array) -> Array:
    """``2^(x*(k + k_low)) - 1``, by an exponent to base e in two numbers."""
    t, rest = _product(x, k + 0.0 * x)
    y, y_low = _product(t, _LN_2 + 0.0 * t)
    return jnp.expm1(y) + jnp.exp(y) * (y_low + t * _LN_2_LOW + (rest + x * k_low) * _LN_2)


def _affine_exponential(
    c: Array, length: Array, lo: Array, hi: Array, k: Array, k_low: Array
) -> Array:
    size, c = _clamped(length, c)
    w = _exp2_less_1(jnp.where(length > 0, size - c, c), k, k_low) / _exp2_less_1(size, k, k_low)
    return _between(jnp.minimum(w, 1.0), lo, hi)


def _logarithmic(c: Array, length: Array, lo: Array, hi: Array, d: Array, d_low: Array) -> Array:
    size, c = _clamped(length, c)
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


def _sampled(segment: Segment, c: Array, every: Array, last: Array, joined: Array) -> Array:
    """Listed rates, held or joined by lines."""
    samples = np.atleast_2d(np.asarray(segment.samples))
    lane = np.arange(len(samples))[:, np.newaxis]
    i = jnp.minimum(jnp.floor_divide(c, every), last)
    first, second = (
        jnp.asarray(samples)[lane, at.astype(jnp.int32)] for at in (i, jnp.minimum(i + 1, last))
    )
    length = jnp.where(first >= second, every, -every)
    line = _linear(c - i * every, length, jnp.minimum(first, second), jnp.maximum(first, second))
    return jnp.where((joined == 0) | (i == last), first, line)


# -- segments that contain others ------------------------------------------------------------------


def _loop(
    segment: Segment, c: Array, period: Array, times: Array, high: Array, low: Array, floor: Array
) -> Array:
    """A sequence that repeats, scaled around a floor at each turn."""
    turn = jnp.minimum(jnp.floor_divide(c, period), times - 1)
    factor = _exponential(turn, jnp.ones_like(turn), high, low)
    rates = _evaluator(segment.a)(c - turn * period)
    moved = factor * rates + (1.0 - factor) * floor
    return jnp.where((rates >= floor) == (moved >= floor), moved, floor)


def _time_map(segment: Segment, c: Array, base: Array, pace: Array, every: Any = 1.0) -> Array:
    """A sequence at another pace, in steps of ``every``."""
    return _evaluator(segment.a)(
        jnp.minimum(base + pace * jnp.floor_divide(c, every), float(LAST_STEP))
    )


def _combination(combined: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    """An operation on the rates of the two parts of a segment."""
    return lambda segment, c: combined(_evaluator(segment.a)(c), _evaluator(segment.b)(c))


_COMPOSITES: dict[str, Callable[..., Array]] = {
    "sampled": _sampled,
    "loop": _loop,
    "clock": _time_map,
    "multiply": _combination(jnp.multiply),
    "add": _combination(jnp.add),
    "minimum": _combination(jnp.minimum),
    "maximum": _combination(jnp.maximum),
}


# -- segments in sequence --------------------------------------------------------------------------


def _kind_of(segment: Segment) -> object:
    """What segments must share, besides their numbers, to be evaluated together."""
    held = tuple(
        tuple((_kind_of(inner), _numbers_as_bytes(inner)) for inner in expand_cycles(part))
        for part in (segment.a, segment.b)
    )
    return segment.opcode, held, None if segment.samples is None else segment.samples.tobytes()


def _numbers_as_bytes(segment: Segment) -> bytes:
    """The start and the fields of a segment, to compare them by their bits."""
    return b"".join(number.tobytes() for number in (segment.start, *segment.fields))


def _stack_numbers(per_segment: list[Floats]) -> Floats:
    """One number of several segments, of shape (segments, lanes or 1)."""
    lanes = max(numbers.size for numbers in per_segment)
    return np.stack([np.broadcast_to(numbers.ravel(), (lanes,)) for numbers in per_segment])


def _evaluator_of_kind(
    segments: list[Segment], local: npt.NDArray[np.int64]
) -> Callable[[Array, Array], Array]:
    """A function that evaluates segments of one kind.

    ``local`` is the place of each segment of the sequence among them.
    """
    numbers = [
        _stack_numbers(list(per_segment))
        for per_segment in zip(
            *((segment.start, *segment.fields) for segment in segments), strict=True
        )
    ]
    name = OPCODES[segments[0].opcode].name

    def picked(stacked: Floats, at: Array) -> Array:
        lanes = np.arange(stacked.shape[1])[:, np.newaxis]
        return jnp.asarray(stacked)[jnp.asarray(local)[at], lanes]

    def rates(c: Array, at: Array) -> Array:
        start, *fields = (
            picked(stacked, at) if len(segments) > 1 else jnp.asarray(stacked[0])[:, jnp.newaxis]
            for stacked in numbers
        )
        own = jnp.maximum(c - start, 0.0)
        return (
            _CURVES[name](own, *fields)
            if name in _CURVES
            else _COMPOSITES[name](segments[0], own, *fields)
        )

    return rates


def _evaluator(parts: Segments) -> Rates:
    """A function that evaluates a sequence of segments.

    It evaluates each kind once, and picks the segment in force at each step.
    """
    segments = expand_cycles(parts)
    kinds: dict[object, list[int]] = {}
    for i, segment in enumerate(segments):
        kinds.setdefault(_kind_of(segment), []).append(i)
    starts = _stack_numbers([segment.start for segment in segments])
    groups = []
    places = np.arange(len(segments))
    for members in kinds.values():
        local = np.minimum(np.searchsorted(members, places), len(members) - 1)
        evaluate = _evaluator_of_kind([segments[i] for i in members], local)
        groups.append((np.isin(places, members), evaluate))

    def rates(c: Array) -> Array:
        at = jnp.sum(jnp.asarray(starts)[1:, :, jnp.newaxis] <= c, axis=0)
        found = groups[0][1](c, at)
        for here, group in groups[1:]:
            found = jnp.where(jnp.asarray(here)[at], group(c, at), found)
        return found

    return rates


def _all_lanes(all_of: list[Family]) -> Rates:
    """A function that evaluates all lanes, in their order."""
    tracks = [(family.positions.size, _evaluator(family.segments)) for family in all_of]
    order = np.argsort(np.concatenate([family.positions for family in all_of]))

    def rates(c: Array) -> Array:
        each = [jnp.broadcast_to(track(c), (size, c.shape[1])) for size, track in tracks]
        return jnp.concatenate(each)[order] if len(each) > 1 or order.size > 1 else each[0]

    return rates


@lru_cache(maxsize=256)
def _compiled(schedule: Schedule) -> Rates:
    """A compiled function of int64 steps. In a traced function it becomes a part of that one."""
    rates, limit = (
        _all_lanes(families(schedule._node, schedule.past_end)),
        float(schedule.program[HEADER_LIMIT]),
    )

    def at(steps: Array) -> Array:
        c = steps.astype(np.float64).reshape(1, -1)
        allowed = (c >= 0) & (c <= LAST_STEP) & (c < limit)
        found = jnp.where(allowed, rates(jnp.where(allowed, c, 0.0)), jnp.nan)
        return found.reshape(schedule.shape + steps.shape)

    compiled: Rates = jax.jit(at, inline=True)
    return compiled


@dataclass(frozen=True)
class Function:
    """A schedule as a function that JAX traces. Build one with ``function``.

    It is equal and hashable as its schedule is, so it may be a static argument.

    Parameters
    ----------
    schedule : Schedule
        The schedule, of any batch shape.
    """

    schedule: Schedule

    def __call__(self, t: Any) -> Array:
        """Return the rates at integer steps.

        Parameters
        ----------
        t : int, array_like of int or jax.Array of int
            Steps from 0 to 2**53.

        Returns
        -------
        jax.Array
            Rates of shape ``schedule.shape + t.shape``, in JAX's default float. In a JAX array, a
            step that ``s(t)`` refuses has the rate NaN.

        Raises
        ------
        TypeError, ValueError
            If ``t`` is not of integers; for a number or NumPy array also as ``s(t)`` does.
        """
        dtype = jnp.asarray(0.0).dtype
        if not isinstance(t, jax.Array):
            self.schedule(t)  # raises for a step that is not allowed
        with jax.enable_x64(True):
            steps = jnp.asarray(t)
            if not jnp.issubdtype(steps.dtype, jnp.integer):
                raise TypeError(
                    "function: t must be an integer or an array of integers, got dtype "
                    f"{steps.dtype}"
                )
            return _compiled(self.schedule)(steps).astype(dtype)


def function(schedule: Schedule) -> Function:
    """Return the schedule as a function of the step that JAX can trace.

    Parameters
    ----------
    schedule : Schedule
        The schedule, of any batch shape.

    Returns
    -------
    Function
        A function for ``jax.jit``, ``jax.vmap``, ``jax.lax.scan`` and ``jax.grad``.

    Raises
    ------
    TypeError
        If ``schedule`` is not a Schedule.

    Notes
    -----
    In float32 the rates are those of ``s(t)``, rounded once. With 64 bits enabled in JAX they
    differ from ``s(t)`` by at most 6 ulp, and by about 2 ulp per unit of a cosine's ``exponent``.
    XLA flushes rates below the smallest normal number.

    Examples
    --------
    >>> import jax
    >>> import fastlr as flr
    >>> rate = jax.jit(function(flr.linear(1.0, 0.0, steps=4)))
    >>> float(rate(1)), jax.vmap(rate)(jax.numpy.arange(3)).tolist()
    (0.75, [1.0, 0.75, 0.5])
    """
    return Function(a_schedule("function: schedule", schedule, Schedule))
