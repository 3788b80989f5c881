"""The curves in JAX's arithmetic, one function per opcode.

They are not those of the NumPy reference. XLA may reorder and fuse operations, which breaks the
error-free products of the reference; these curves keep their digits under such changes. A curve
that has no function here is evaluated by the reference, outside JAX: right, but slower.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
from jax import Array, lax
from jax import numpy as jnp

from fastlr.kernels import reference
from fastlr.program.segments import Segment

__all__ = ["CURVES", "curve", "exponential", "sampled"]

# log2(e), and ln(2) in two float64 numbers.
_LOG2_E, _LN_2, _LN_2_LOW = 1.4426950408889634, 0.6931471805599453, 2.3190468138462996e-17


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


def exponential(c: Array, a: Array, high: Array, low: Array) -> Array:
    """a * 2^((high + low) * c), with the exponent in two float64 numbers."""
    t, rest = _product(c, high + 0.0 * c)
    grown, n = _exp2(t, rest + c * low)
    return jnp.ldexp(a * grown, n)


def _staircase(c: Array, a: Array, every: Array, high: Array, low: Array) -> Array:
    return exponential(jnp.floor_divide(c, every), a, high, low)


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


CURVES: dict[str, Callable[..., Array]] = {
    "constant": lambda c, value: value,
    "linear": _linear,
    "square": _square,
    "power": _power,
    "cosine": _cosine,
    "cosine_power": _cosine_power,
    "exponential": exponential,
    "staircase": _staircase,
    "reciprocal": _reciprocal,
    "inverse": _inverse,
    "tanh": _tanh,
    "rex": _rex,
    "affine_exponential": _affine_exponential,
    "logarithmic": _logarithmic,
    "eden": _eden,
}


def curve(name: str) -> Callable[..., Array]:
    """The function of a curve: its own, or one that calls the reference from the device.

    Numbers are sent as pairs of 32-bit integers. JAX calls back in a thread of its own, in which
    64-bit numbers may be disabled: there it would round them to 32 bits.
    """

    def rates(*words: Any) -> npt.NDArray[np.uint32]:
        numbers = [np.ascontiguousarray(pair).view(np.float64)[..., 0] for pair in words]
        # of steps past the end, which another segment replaces, a formula may have no rate
        with np.errstate(all="ignore"):
            found = reference.CURVES[name](*np.broadcast_arrays(*numbers))
        return np.ascontiguousarray(found)[..., np.newaxis].view(np.uint32)

    def by_reference(*numbers: Array) -> Array:
        shape = jnp.broadcast_shapes(*(number.shape for number in numbers))
        words: Array = jax.pure_callback(
            rates,
            jax.ShapeDtypeStruct((*shape, 2), np.uint32),
            *(lax.bitcast_convert_type(number.astype(float), jnp.uint32) for number in numbers),
            vmap_method="broadcast_all",
        )
        return lax.bitcast_convert_type(words, jnp.float64)

    return CURVES.get(name, by_reference)


def sampled(segment: Segment, c: Array, every: Array, last: Array, joined: Array) -> Array:
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
