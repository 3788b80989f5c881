"""Compute in two float64 words, for the few numbers that a program is built from.

A pair ``(high, low)`` stands for the unevaluated sum ``high + low`` and has about 106 significant
bits. A decay constant that is multiplied by a step near 2^53 needs that many: rounded to one word,
its error would be visible in the rate. Products are split by Dekker's method (1971), so no fused
multiply-add is needed. ``lowering``, ``reductions`` and the reference backend use it.
"""

from math import factorial

import numpy as np
import numpy.typing as npt

__all__ = [
    "LOG2_E",
    "DoubleDouble",
    "add",
    "add_number",
    "cosine",
    "divide",
    "exp2",
    "log2",
    "multiply",
    "nearest",
    "negate",
    "pair",
    "power",
    "powers",
    "sin_squared",
    "sqrt",
    "subtract",
    "total",
]

Array = npt.NDArray[np.float64]
DoubleDouble = tuple[Array, Array]

_SPLIT = 134217729.0  # 2^27 + 1: cuts 53 bits into 26 and 27, whose products are exact


def _two_sum(a: Array, b: Array) -> DoubleDouble:
    high = a + b
    part = high - a
    return high, (a - (high - part)) + (b - part)


def _two_product(a: Array, b: Array) -> DoubleDouble:
    # scaling by powers of two keeps the split of a huge or tiny factor in range
    (a, a_exponent), (b, b_exponent) = np.frexp(a), np.frexp(b)
    high = a * b
    a_top = _SPLIT * a - (_SPLIT * a - a)
    b_top = _SPLIT * b - (_SPLIT * b - b)
    a_tail, b_tail = a - a_top, b - b_top
    low = ((a_top * b_top - high) + a_top * b_tail + a_tail * b_top) + a_tail * b_tail
    exponent = a_exponent + b_exponent
    return np.ldexp(high, exponent), np.ldexp(low, exponent)


def pair(x: npt.ArrayLike) -> DoubleDouble:
    """Return ``x`` with a low word of 0."""
    high = np.asarray(x, dtype=np.float64)
    return high, np.zeros(high.shape)


def add(x: DoubleDouble, y: DoubleDouble) -> DoubleDouble:
    """Return ``x + y``, to about 2^-104 of the larger."""
    high, low = _two_sum(x[0], y[0])
    return _two_sum(high, low + (x[1] + y[1]))


def add_number(x: DoubleDouble, y: npt.ArrayLike) -> DoubleDouble:
    """Return ``x + y`` for a float64 ``y``, to about 2^-104 of the larger."""
    return add(x, pair(y))


def multiply(x: DoubleDouble, y: DoubleDouble) -> DoubleDouble:
    """Return ``x * y``, to about 2^-104."""
    high, low = _two_product(x[0], y[0])
    return _two_sum(high, low + (x[0] * y[1] + x[1] * y[0]))


def negate(x: DoubleDouble) -> DoubleDouble:
    """Return ``-x``, exactly."""
    return -x[0], -x[1]


def subtract(x: DoubleDouble, y: DoubleDouble) -> DoubleDouble:
    """Return ``x - y``, to about 2^-104 of the larger."""
    return add(x, negate(y))


def total(values: Array) -> DoubleDouble:
    """Return the sum along the last axis in two words, by adding halves to halves."""
    high, low = values, np.zeros_like(values)
    while high.shape[-1] > 1:
        half, odd = divmod(high.shape[-1], 2)
        rest = high[..., 2 * half :], low[..., 2 * half :]
        high, low = add(
            (high[..., :half], low[..., :half]),
            (high[..., half : 2 * half], low[..., half : 2 * half]),
        )
        if odd:
            high, low = (
                np.concatenate([high, rest[0]], axis=-1),
                np.concatenate([low, rest[1]], axis=-1),
            )
    return high[..., 0], low[..., 0]


def divide(x: DoubleDouble, y: DoubleDouble) -> DoubleDouble:
    """Return ``x / y``, to about 2^-102: a first quotient, and the quotient of the remainder."""
    first = x[0] / y[0]
    rest = subtract(x, multiply(pair(first), y))
    return _two_sum(first, rest[0] / y[0])


def _constant(numerator: int, denominator: int) -> DoubleDouble:
    """Return a fraction in two words. Python rounds the quotient of two integers once."""
    high = numerator / denominator
    over, under = high.as_integer_ratio()
    low = (numerator * under - denominator * over) / (denominator * under)
    return np.asarray(high), np.asarray(low)


# in units of 10^-60; integers, because to import decimal takes longer than to make all constants
_UNIT = 10**60
_LN_2 = 693147180559945309417232121458176568075500134360255254120680
_PI = 3141592653589793238462643383279502884197169399375105820974945

LOG2_E = _constant(_UNIT, _LN_2)  # log2(e) in two words
_TWO_LOG2_E = _constant(2 * _UNIT, _LN_2)
_LN_2_PAIR = _constant(_LN_2, _UNIT)
_QUARTER_PI_2 = _constant(_PI * _PI, 4 * _UNIT * _UNIT)
_ODD = [_constant(1, n) for n in range(1, 47, 2)]  # 1, 1/3, 1/5, ..., 1/45
_EXPONENTIAL = [_constant(1, factorial(n)) for n in range(28)]
_SIN_SQUARED = [_constant((-1) ** n * 2 ** (2 * n + 1), factorial(2 * n + 2)) for n in range(14)]


def _series(terms: list[DoubleDouble], x: DoubleDouble) -> DoubleDouble:
    """Return ``terms[0] + terms[1]*x + terms[2]*x^2 + ...``."""
    none = np.zeros_like(x[0])
    total = (none + terms[-1][0], none + terms[-1][1])
    for term in terms[-2::-1]:
        total = add(multiply(total, x), (none + term[0], none + term[1]))
    return total


def log2(x: npt.ArrayLike) -> DoubleDouble:
    """Return ``log2(x)`` of positive float64 numbers in two words, to about 2^-100.

    ``x = m * 2^e`` with ``m`` in [sqrt(1/2), sqrt(2)). ``log2(m) = 2/ln(2) * atanh(s)`` with
    ``s = (m-1)/(m+1)``, summed to ``s^45``: the next term is below 2^-116 of the first.

    >>> log2([8.0, 0.25])
    (array([ 3., -2.]), array([0., 0.]))
    """
    mantissa, exponent = np.frexp(np.asarray(x, dtype=np.float64))
    small = mantissa < np.sqrt(0.5)
    mantissa, exponent = np.where(small, 2 * mantissa, mantissa), exponent - small
    one, none = np.ones_like(mantissa), np.zeros_like(mantissa)
    s = divide(_two_sum(mantissa, -one), _two_sum(mantissa, one))
    tail = multiply(multiply(_series(_ODD, multiply(s, s)), s), _TWO_LOG2_E)
    return add((exponent.astype(np.float64), none), tail)


def exp2(x: DoubleDouble) -> DoubleDouble:
    """Return ``2^x`` in two words, for exponents from -1000 to 1000.

    It is ``2^n * e^f``, with ``e^f`` summed up to the 27th power of ``f``.

    >>> exp2(pair([-3.0, 2.0]))
    (array([0.125, 4.   ]), array([0., 0.]))
    """
    whole = np.rint(x[0])
    high, low = _series(_EXPONENTIAL, multiply(add(x, pair(-whole)), _LN_2_PAIR))
    n = whole.astype(np.int64)
    return np.ldexp(high, n), np.ldexp(low, n)


def sin_squared(u: DoubleDouble) -> DoubleDouble:
    """Return ``sin(pi/2 * u)^2`` in two words, for u from 0 to 1/2, to about 2^-88."""
    y = multiply(multiply(u, u), _QUARTER_PI_2)
    return multiply(_series(_SIN_SQUARED, y), y)


def cosine(u: npt.ArrayLike) -> Array:
    """Return ``cos(pi*u)`` for u from 0 to 1, to about 2^-87.

    It is the nearest float64, unless u is within 2^-30 of 1/2.

    >>> cosine([0.0, 0.25, 1.0])
    array([ 1.        ,  0.70710678, -1.        ])
    """
    whole = np.asarray(u, dtype=np.float64)
    high, low = sin_squared(pair(np.minimum(whole, 1.0 - whole)))
    near, _ = add(pair(np.ones_like(whole)), (-2.0 * high, -2.0 * low))
    return np.where(whole > 0.5, -near, near)


def sqrt(x: DoubleDouble) -> DoubleDouble:
    """Return the square root of positive pairs, to about 2^-104, by one Newton step."""
    first = np.sqrt(x[0])
    rest = subtract(x, _two_product(first, first))
    return _two_sum(first, rest[0] / (2.0 * first))


def nearest(x: DoubleDouble) -> DoubleDouble:
    """Return the integer nearest to ``high + low``, in two words.

    Ties go to even; beyond 2^52 they go towards ``high``.
    """
    whole = np.rint(x[0])
    high, low = add(x, pair(-whole))
    step = np.rint(high)
    half = np.abs(high - step) == 0.5  # not a tie if the low word is not 0
    step = np.where(
        half & (low > 0), np.ceil(high), np.where(half & (low < 0), np.floor(high), step)
    )
    return _two_sum(whole, step)


def power(base: npt.ArrayLike, exponent: npt.ArrayLike) -> Array:
    """Return ``base^exponent`` rounded to nearest, for a base above 0.

    The result must be from 2^-1000 to 2^1000.

    >>> power([2.0, 9.0], [10, 0.5])
    array([1024.,    3.])
    """
    return exp2(multiply(pair(exponent), log2(base)))[0]


def powers(ratio: npt.ArrayLike, count: int) -> list[DoubleDouble]:
    """Return ``ratio^0, ratio^1, ...``, each to about ``count * 2^-104``."""
    found = [pair(np.ones_like(np.asarray(ratio, dtype=np.float64)))]
    for _ in range(count - 1):
        found.append(multiply(found[-1], pair(ratio)))
    return found[:count]
