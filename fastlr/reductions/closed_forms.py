"""Sum a curve in closed form at ``n`` local steps ``c, c+p, c+2p, ...``: one function per opcode.

A curve that weights its height, ``lo + w*(hi - lo)``, sums to ``n*lo + (hi - lo)*sum(w)``, two
terms of one sign. ``sum(w)`` is written about the middle ``m`` of its arguments, ``x_i = m + d_i``.
Terms that are odd in ``d`` vanish, so nothing cancels, however far from 0 a short range is. The
other curves are summed by ``quadrature``.

Functions broadcast over lanes. For a lane with ``n = 0`` the result has no meaning.
"""

from collections.abc import Callable
from math import factorial, log, pi

import numpy as np
import numpy.typing as npt

from fastlr.kernels.reference import CURVES

__all__ = ["CLOSED", "geometric", "power_of_scale", "quotient"]

Array = npt.NDArray[np.float64]

_LN_2 = log(2.0)


def quotient(a: Array, b: Array) -> Array:
    """Return ``floor(a/b)`` of whole numbers, exactly: a up to 2^54, b from 1 on."""
    if b.size == 1 and b.flat[0] == 1.0:
        return a
    floor: Array = np.floor_divide(a, b)
    return floor


def power_of_scale(i: Array, high: Array, low: Array) -> Array:
    """Return ``2^(i*(high + low))``."""
    return CURVES["exponential"](i, np.ones(1), high, low)


def geometric(exponent: Array, n: Array) -> Array:
    """Return ``1 + r + ... + r^(n-1)`` for ``r = 2^exponent``, exponent <= 0.

    It is ``(r^n - 1)/(r - 1)`` without the cancelling subtractions.
    """
    y = exponent * _LN_2
    still = y > -1e-300  # the quotient would be 0/0
    return np.where(still, n, np.expm1(n * y) / np.expm1(np.where(still, -1.0, y)))


def _weighed(weights: Array, n: Array, lo: Array, hi: Array) -> Array:
    return n * lo + weights * (hi - lo)


def _from_lower(c: Array, p: Array, n: Array, length: Array) -> tuple[Array, Array, Array]:
    """Return the middle distance from the lower level's end, the reach p*(n-1) and the length.

    The remainder of a falling curve is taken at its first step, where it is exact: a step near 2^53
    cannot hold a half.
    """
    size, span = np.abs(length), p * (n - 1.0)
    return np.where(length > 0, (size - c) - 0.5 * span, c + 0.5 * span), span, size


def _constant(c: Array, p: Array, n: Array, value: Array) -> Array:
    return n * value


def _linear(c: Array, p: Array, n: Array, length: Array, lo: Array, hi: Array) -> Array:
    middle, _, size = _from_lower(c, p, n, length)
    return _weighed(n * (middle / size), n, lo, hi)


def _square(c: Array, p: Array, n: Array, length: Array, lo: Array, hi: Array) -> Array:
    middle, span, size = _from_lower(c, p, n, length)
    u = middle / size
    spread = (span / size) * ((span + 2.0 * p) / size) / 12.0  # the mean of d^2
    # falling z^2, rising u*(2 - u), whose square is the smaller part
    return _weighed(n * np.where(length > 0, u * u + spread, u * (2.0 - u) - spread), n, lo, hi)


_SINE = [(-1) ** k / factorial(2 * k + 3) for k in range(11)]
_HYPERBOLIC = [1 / factorial(2 * k + 3) for k in range(11)]


def _beyond_linear(terms: list[float], x: Array) -> Array:
    """Return ``x - sin x`` or ``sinh x - x`` by its series from the cube on, for x up to 2."""
    y = x * x
    total = np.full_like(y, terms[-1])
    for term in terms[-2::-1]:
        total = total * y + term
    return total * y * x


def _cosine(c: Array, p: Array, n: Array, length: Array, lo: Array, hi: Array) -> Array:
    """Sum sin(f/2)^2 = (1 - cos f)/2.

    About its middle, ``sum(cos(f + 2*d*i))`` is ``cos f * sin(n*d)/sin(d)``.
    """
    middle, _, size = _from_lower(c, p, n, length)
    d = (0.5 * pi) * np.minimum(p / size, 1.0)  # a longer stride has no second step
    sine = np.sin((0.5 * pi) * (middle / size))
    half = sine * sine
    # n - sin(n*d)/sin(d), a term of third order
    lost = (_beyond_linear(_SINE, n * d) - n * _beyond_linear(_SINE, d)) / np.sin(d)
    return _weighed(n * half + (0.5 - half) * lost, n, lo, hi)


def _exponential(c: Array, p: Array, n: Array, a: Array, high: Array, low: Array) -> Array:
    """Sum from the largest term on."""
    top = np.where(high > 0, c + p * (n - 1.0), c)
    return CURVES["exponential"](top, a, high, low) * geometric(-np.abs(p * (high + low)), n)


def _affine_exponential(
    c: Array, p: Array, n: Array, length: Array, lo: Array, hi: Array, high: Array, low: Array
) -> Array:
    """``sum(e^y - 1)`` about its middle is ``n*(e^m - 1) + e^m*(sinh(n*d)/sinh(d) - n)``."""
    middle, _, size = _from_lower(c, p, n, length)
    k = (high + low) * _LN_2
    d = 0.5 * np.minimum(p, size) * np.abs(k)
    wide = n * d
    beyond = np.where(
        wide < 2.0, _beyond_linear(_HYPERBOLIC, np.minimum(wide, 2.0)), np.sinh(wide) - wide
    )
    one = np.where(d < 2.0, _beyond_linear(_HYPERBOLIC, np.minimum(d, 2.0)), np.sinh(d) - d)
    above = n * np.expm1(k * middle) + np.exp(k * middle) * ((beyond - n * one) / np.sinh(d))
    return _weighed(above / np.expm1(k * size), n, lo, hi)


CLOSED: dict[str, Callable[..., Array]] = {
    "constant": _constant,
    "linear": _linear,
    "square": _square,
    "cosine": _cosine,
    "exponential": _exponential,
    "affine_exponential": _affine_exponential,
}
