"""The arithmetic under the kernels, which compilers cannot change and can vectorise.

Every multiply-add is an explicit ``fma``. A compiler fuses no others, so all ways to evaluate a
schedule give the same bits. A *pair* is a number in two words. ``ratio``, ``log2`` and ``exp2``
keep errors below 2^-57 of the result. Functions named ``fine`` keep them below 2^-68, for large
powers, which multiply errors. There are no branches and no tables, so that loops use the full
vector width.
"""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from fastlr.kernels.jit.compiling import inlined

__all__ = [
    "bits",
    "exp2",
    "exp2_fine",
    "fma",
    "from_bits",
    "log2",
    "log2_fine",
    "log2_sum",
    "over_square",
    "quarter_turn_squared",
    "quotient",
    "ratio",
    "scaled",
    "sin_squared_fine",
    "sin_squared_pair",
    "sin_squared_tail",
    "split",
    "split_beside_1",
    "two_sum",
    "two_words",
]

_DOUBLE = ir.DoubleType()


def _fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(_DOUBLE, [_DOUBLE] * 3)
        return builder.call(
            builder.module.declare_intrinsic("llvm.fma", [_DOUBLE], kind), arguments
        )

    return types.float64(types.float64, types.float64, types.float64), emit


def _bits(typing: Any, x: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), emit


def _from_bits(typing: Any, n: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], _DOUBLE)

    return types.float64(types.int64), emit


# a*b + c rounded once: an instruction where the machine has one, libm's fma elsewhere
fma = cast(Callable[[float, float, float], float], intrinsic(_fma))
# a float64 read as an int64, and back
bits = cast(Callable[[float], int], intrinsic(_bits))
from_bits = cast(Callable[[int], float], intrinsic(_from_bits))

# 1.5 * 2^52: adding it rounds to an integer, which then stands in the low bits
_ROUND = 6755399441055744.0
_ONE_BITS = 0x3FF0000000000000

_LN_2, _LN_2_LOW = 0.6931471805599453, 2.3190468138462996e-17
_QUARTER_PI_2, _QUARTER_PI_2_LOW = 2.4674011002723395, 1.5663238771849278e-16  # pi^2/4
_THIRD, _THIRD_LOW = -0.3333333333333333, -1.850371707708594e-17  # -1/3
_LOG2, _LOG2_LOW = 2.8853900817779268, 4.0710547481862066e-17  # 2/ln(2)
_LOG2_THIRD, _LOG2_THIRD_LOW = 0.9617966939259756, 5.0577616648125907e-17  # 2/(3 ln(2))


@inlined
def quotient(x: float, length: float) -> tuple[float, float]:
    """``x/length`` as a sum of two, for exact integers 0 <= x <= length; the division is of
    constants, so it leaves a loop.
    """
    inverse = 1.0 / length
    high = x * inverse
    return high, fma(-high, length, x) * inverse


@inlined
def ratio(x: float, length: float) -> tuple[float, float]:
    """The same in two words, the first of them the nearest."""
    high, low = quotient(x, length)
    return two_words(high, low)


@inlined
def _product(a: float, a_low: float, b: float, b_low: float) -> tuple[float, float]:
    """``a * b`` in two words, to about 2^-102."""
    high = a * b
    return high, fma(a, b_low, fma(a_low, b, fma(a, b, -high)))


@inlined
def _horner(
    head: float, head_low: float, x: float, x_low: float, rest: float, rest_low: float
) -> tuple[float, float]:
    """``head + x*rest`` in two words, |head| the larger: a step of Horner's scheme."""
    term, term_low = _product(x, x_low, rest, rest_low)
    total = head + term
    return total, ((head - total) + term) + (term_low + head_low)


@inlined
def over_square(top: float, top_low: float, size: float, wide: bool) -> tuple[float, float]:
    """``(top + top_low)/size^2`` in two words, for a constant top; ``wide`` where the square is
    not exact.
    """
    square = size * size
    quotient = top / square
    rest = fma(-quotient, square, top)
    rest += fma(-quotient, fma(size, size, -square), top_low) if wide else top_low
    return quotient, rest * (quotient * (1.0 / top))


@inlined
def sin_squared_tail(y: float) -> float:
    """``(sin(sqrt(y))^2 / y - 1) / y`` for y in [0, pi^2/16], to 2^-55.8 of the sine's square."""
    p = fma(-1.5165673556044163e-09, y, 9.391918278013035e-08)
    p = fma(p, y, -4.275534464234997e-06)
    p = fma(p, y, 0.00014109346721561032)
    p = fma(p, y, -0.0031746031735040516)
    p = fma(p, y, 0.04444444444436478)
    return fma(p, y, -0.33333333333333137)


@inlined
def _sin_squared_rest(y: float) -> float:
    """``(sin(sqrt(y))^2 - y + y^2/3) / y^3`` for y in [0, pi^2/16]."""
    p = fma(1.9887078962520736e-11, y, -1.565471905009153e-09)
    p = fma(p, y, 9.39679380803723e-08)
    p = fma(p, y, -4.275559684947853e-06)
    p = fma(p, y, 0.00014109347439641865)
    p = fma(p, y, -0.0031746031745996787)
    return fma(p, y, 0.04444444444444425)


@inlined
def sin_squared_pair(y: float, y_low: float) -> tuple[float, float]:
    """``sin(sqrt(y + y_low))^2`` for y in [0, pi^2/16] in two words, to about 2^-58."""
    square = y * y
    second = _THIRD * square
    second_low = fma(_THIRD, square, -second) + fma(
        _THIRD, fma(y, y, -square) + 2.0 * y * y_low, _THIRD_LOW * square
    )
    rest = fma(square * y, _sin_squared_rest(y), second_low + y_low)
    total = y + second
    return two_words(total, rest + ((y - total) + second))


@inlined
def sin_squared_fine(y: float, y_low: float) -> tuple[float, float]:
    """The same to about 2^-68, for a large power of it: four terms of its series in two words,
    the rest in one.
    """
    p = fma(1.8368367016282538e-15, y, -2.154745259101809e-13)
    p = fma(p, y, 2.0472396668881164e-11)
    p = fma(p, y, -1.5661391300568796e-09)
    p = fma(p, y, 9.396834793637377e-08)
    p = fma(p, y, -4.275559831115378e-06)
    p = fma(p, y, 0.00014109347442680775)
    series, low = _horner(-0.0031746031746031746, -2.753529326947313e-21, y, y_low, p, 0.0)
    series, low = _horner(0.044444444444444446, -1.6961740653995447e-18, y, y_low, series, low)
    series, low = _horner(_THIRD, _THIRD_LOW, y, y_low, series, low)
    series, low = _horner(1.0, 0.0, y, y_low, series, low)
    high, low = _product(y, y_low, series, low)
    return two_words(high, low)


@inlined
def quarter_turn_squared(u: float, u_low: float) -> tuple[float, float]:
    """``(pi/2 * u)^2`` in two words."""
    square = u * u
    square_low = fma(2.0 * u, u_low, fma(u, u, -square))
    y = _QUARTER_PI_2 * square
    return y, fma(_QUARTER_PI_2, square, -y) + fma(
        _QUARTER_PI_2, square_low, _QUARTER_PI_2_LOW * square
    )


@inlined
def split(high: float, low: float) -> tuple[float, float, float]:
    """``high + low``, for a normal ``high`` > 0, as (e, s, s_low) with the value ``2^e * (1 + s)/(1
    - s)`` and |s| < 0.172.

    2^-e times it lies in [sqrt(1/2), sqrt(2)).
    """
    pattern = bits(high)
    exponent = (pattern - 0x3FE6A09E667F3BCD) >> 52
    mantissa = from_bits(pattern - (exponent << 52))
    mantissa_low = low * from_bits((1023 - exponent) << 52)
    top, bottom = mantissa - 1.0, mantissa + 1.0
    bottom_low = (mantissa - (bottom - 1.0)) + mantissa_low
    inverse = 1.0 / bottom
    s = top * inverse
    return float(exponent), s, (fma(-s, bottom_low, fma(-s, bottom, top)) + mantissa_low) * inverse


@inlined
def split_beside_1(d: float, d_low: float) -> tuple[float, float, float]:
    """The same of 1 + d for d from -1/4 to 0, where a sum of two words would lose the last
    digits of a small d.
    """
    bottom = 2.0 + d
    bottom_low = ((2.0 - bottom) + d) + d_low
    inverse = 1.0 / bottom
    s = d * inverse
    return 0.0, s, (fma(-s, bottom_low, fma(-s, bottom, d)) + d_low) * inverse


@inlined
def log2_sum(high: float, low: float) -> tuple[float, float]:
    """``log2(high + low)`` as a sum of two, the second up to a hundredth of the first: ``e +
    2/ln(2) * atanh(s)``.
    """
    e, s, s_low = split(high, low)
    square = s * s
    p = fma(0.1911738212001467, square, 0.19115906361838925)
    p = fma(p, square, 0.22198878361539787)
    p = fma(p, square, 0.26230757613541184)
    p = fma(p, square, 0.32059890409740277)
    p = fma(p, square, 0.4121985830773556)
    p = fma(p, square, 0.5770780163556755)
    first = _LOG2 * s
    rest = fma(_LOG2, s_low, fma(_LOG2_LOW, s, fma(_LOG2, s, -first)))
    rest = fma(s * square, fma(p, square, _LOG2_THIRD), rest)
    total = e + first
    return total, (first - (total - e)) + rest


@inlined
def log2(high: float, low: float) -> tuple[float, float]:
    """The same in two words."""
    total, rest = log2_sum(high, low)
    return two_words(total, rest)


@inlined
def log2_fine(e: float, s: float, s_low: float) -> tuple[float, float]:
    """The logarithm of what was split in two words, to about 2^-70: three terms of its series
    in two words, the rest in one.
    """
    square, square_low = _product(s, s_low, s, s_low)
    p = fma(0.15317133249419657, square, 0.1510921036603565)
    p = fma(p, square, 0.16974821796157197)
    p = fma(p, square, 0.1923590696777991)
    p = fma(p, square, 0.22195308523723004)
    p = fma(p, square, 0.2623081892450772)
    p = fma(p, square, 0.3205988979753357)
    p = fma(p, square, 0.4121985831111324)
    series, low = _horner(0.5770780163555853, 5.2551030481378675e-17, square, square_low, p, 0.0)
    series, low = _horner(_LOG2_THIRD, _LOG2_THIRD_LOW, square, square_low, series, low)
    series, low = _horner(_LOG2, _LOG2_LOW, square, square_low, series, low)
    first, low = _product(s, s_low, series, low)
    total = e + first
    return two_words(total, (first - (total - e)) + low)


@inlined
def two_sum(a: float, b: float) -> tuple[float, float]:
    """``a + b``, whichever is the larger, as the nearest number and what it leaves."""
    high = a + b
    part = high - a
    return high, (a - (high - part)) + (b - part)


@inlined
def two_words(high: float, low: float) -> tuple[float, float]:
    """A sum of two, the first the larger, as the nearest number and what it leaves."""
    nearest = high + low
    return nearest, (high - nearest) + low


@inlined
def _exp2_tail(f: float) -> float:
    """``((2^f - 1) / f - ln(2)) / f`` for |f| <= 1/2."""
    p = fma(2.5740107210835404e-11, f, 4.456206637107801e-10)
    p = fma(p, f, 7.05488968060739e-09)
    p = fma(p, f, 1.0178054631989145e-07)
    p = fma(p, f, 1.321548682848012e-06)
    p = fma(p, f, 1.5252733846922176e-05)
    p = fma(p, f, 0.00015403530393347974)
    p = fma(p, f, 0.0013333558146401913)
    p = fma(p, f, 0.00961812910762849)
    p = fma(p, f, 0.05550410866482164)
    return fma(p, f, 0.24022650695910072)


@inlined
def exp2(high: float, low: float, fine: bool) -> tuple[float, float, float]:
    """``2^(high + low)`` as (n, q, q_low) with the value ``2^n * (1 + q + q_low)``, |q| < 0.42;
    ``high`` in [-4000, 4000].

    The integer n stands in the low bits of a float64, where ``scaled`` finds it. The low word is 0
    unless ``fine``.
    """
    n = high + _ROUND
    near = high - (n - _ROUND)
    f = near + low
    tail = _exp2_tail(f)
    p = fma(tail, f, _LN_2)
    q = f * p
    p_low = fma(tail, f, _LN_2 - p) + _LN_2_LOW
    rest = fma(f, p, -q) + fma(f, p_low, p * ((near - f) + low))
    nearest, left = two_words(q, rest)
    return n, nearest if fine else q, left if fine else 0.0


@inlined
def exp2_fine(high: float, low: float) -> tuple[float, float, float]:
    """The same, q and q_low to about 2^-69 of them: five terms of its series in two words, the
    rest in one.
    """
    n = high + _ROUND
    near = high - (n - _ROUND)
    f, f_low = two_words(near, low)
    p = fma(3.1358982205268927e-15, f, 6.787216569244263e-14)
    p = fma(p, f, 1.3691481277436085e-12)
    p = fma(p, f, 2.5678417409936245e-11)
    p = fma(p, f, 4.4455382725476077e-10)
    p = fma(p, f, 7.054911622461184e-09)
    p = fma(p, f, 1.0178086009239488e-07)
    p = fma(p, f, 1.321548679014379e-06)
    p = fma(p, f, 1.5252733804059841e-05)
    p = fma(p, f, 0.0001540353039338161)
    series, rest = _horner(0.0013333558146428443, 1.3928059563172586e-20, f, f_low, p, 0.0)
    series, rest = _horner(0.009618129107628477, 2.8324606784381e-19, f, f_low, series, rest)
    series, rest = _horner(0.05550410866482158, -3.1658222903912804e-18, f, f_low, series, rest)
    series, rest = _horner(0.24022650695910072, -9.493931253182876e-18, f, f_low, series, rest)
    series, rest = _horner(_LN_2, _LN_2_LOW, f, f_low, series, rest)
    q, rest = _product(f, f_low, series, rest)
    nearest, left = two_words(q, rest)
    return n, nearest, left


@inlined
def scaled(x: float, n: float, deep: bool) -> float:
    """``x * 2^n``, n as ``exp2`` gives it; with ``deep`` from -4000 to 2046, else from -1022 to
    1023, at less work.
    """
    if not deep:
        return x * from_bits((bits(n) << 52) + _ONE_BITS)
    # what is beyond a double's powers first, so that a subnormal result is rounded once, and as
    # without deep
    n = max(n, _ROUND - 2044.0)
    within = min(max(n, _ROUND - 1022.0), _ROUND + 1023.0)
    beyond = _ROUND + (n - within)
    return (
        x
        * from_bits((bits(beyond) << 52) + _ONE_BITS)
        * from_bits((bits(within) << 52) + _ONE_BITS)
    )
