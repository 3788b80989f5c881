"""The arithmetic under the kernels: one rounding where one is promised, and nothing a vectoriser cannot take.

Every multiply-add is an explicit ``fma``, so that a compiler has no choice to make and each way of asking gives the same
bits. A *pair* is a number in two words: ``ratio``, ``log2`` and ``exp2`` keep errors below 2^-57 of the result. No
branches, no tables: everything runs on as many lanes as the machine has.
"""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic

from fastlr.jit.compiling import inlined

__all__ = [
    "bits", "exp2", "fma", "from_bits", "log2", "log2_sum", "over_square", "quarter_turn_squared", "quotient", "ratio",
    "scaled", "sin_squared_pair", "sin_squared_tail", "two_sum", "two_words", "words_at",
]  # fmt: skip

_DOUBLE = ir.DoubleType()


def _fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(_DOUBLE, [_DOUBLE] * 3)
        return builder.call(builder.module.declare_intrinsic("llvm.fma", [_DOUBLE], kind), arguments)

    return types.float64(types.float64, types.float64, types.float64), emit


def _bits(typing: Any, x: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), emit


def _from_bits(typing: Any, n: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], _DOUBLE)

    return types.float64(types.int64), emit


def _floats_at(typing: Any, address: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], _DOUBLE.as_pointer())

    return types.CPointer(types.float64)(types.int64), emit


# a*b + c rounded once: an instruction where the machine has one, libm's fma elsewhere
fma = cast(Callable[[float, float, float], float], intrinsic(_fma))
# a float64 read as an int64, and back
bits = cast(Callable[[float], int], intrinsic(_bits))
from_bits = cast(Callable[[int], float], intrinsic(_from_bits))
# where float64 numbers stand in memory
_pointer = cast(Callable[[int], Any], intrinsic(_floats_at))

_ROUND = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to an integer, which then stands in the low bits
_ROUND_BITS = 0x4338000000000000
_ONE_BITS = 0x3FF0000000000000

_LN_2, _LN_2_LOW = 0.6931471805599453, 2.3190468138462996e-17
_QUARTER_PI_2, _QUARTER_PI_2_LOW = 2.4674011002723395, 1.5663238771849278e-16  # pi^2/4
_THIRD, _THIRD_LOW = -0.3333333333333333, -1.850371707708594e-17  # -1/3
_LOG2, _LOG2_LOW = 2.8853900817779268, 4.0710547481862066e-17  # 2/ln(2)
_LOG2_THIRD = 0.9617966939259756  # 2/(3 ln(2))


@inlined
def words_at(address: int) -> Any:
    """The array of float64 at an address; its length is not known here, and not asked for."""
    return carray(_pointer(address), (1 << 53,))


@inlined
def quotient(x: float, length: float) -> tuple[float, float]:
    """``x/length`` as a sum of two, for exact integers 0 <= x <= length; the division is of constants, so it leaves a loop."""
    inverse = 1.0 / length
    high = x * inverse
    return high, fma(-high, length, x) * inverse


@inlined
def ratio(x: float, length: float) -> tuple[float, float]:
    """The same in two words, the first of them the nearest."""
    high, low = quotient(x, length)
    return two_words(high, low)


@inlined
def over_square(top: float, top_low: float, size: float, wide: bool) -> tuple[float, float]:
    """``(top + top_low)/size^2`` in two words, for a constant top; ``wide`` where the square is not exact."""
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
    second_low = fma(_THIRD, square, -second) + fma(_THIRD, fma(y, y, -square) + 2.0 * y * y_low, _THIRD_LOW * square)
    rest = fma(square * y, _sin_squared_rest(y), second_low + y_low)
    total = y + second
    return two_words(total, rest + ((y - total) + second))


@inlined
def quarter_turn_squared(u: float, u_low: float) -> tuple[float, float]:
    """``(pi/2 * u)^2`` in two words."""
    square = u * u
    square_low = fma(2.0 * u, u_low, fma(u, u, -square))
    y = _QUARTER_PI_2 * square
    return y, fma(_QUARTER_PI_2, square, -y) + fma(_QUARTER_PI_2, square_low, _QUARTER_PI_2_LOW * square)


@inlined
def log2_sum(high: float, low: float) -> tuple[float, float]:
    """``log2(high + low)`` as a sum of two, the second up to a hundredth of the first, for a normal ``high`` > 0.

    ``high = m * 2^e`` with m in [sqrt(1/2), sqrt(2)); log2(m) = 2/ln(2) * atanh(s), s = (m-1)/(m+1).
    """
    pattern = bits(high)
    exponent = (pattern - 0x3FE6A09E667F3BCD) >> 52
    mantissa = from_bits(pattern - (exponent << 52))
    mantissa_low = low * from_bits((1023 - exponent) << 52)
    e = float(exponent)
    top, bottom = mantissa - 1.0, mantissa + 1.0
    bottom_low = (mantissa - (bottom - 1.0)) + mantissa_low
    inverse = 1.0 / bottom
    s = top * inverse
    s_low = (fma(-s, bottom_low, fma(-s, bottom, top)) + mantissa_low) * inverse
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
    """``2^(high + low)`` as (n, q, q_low) with the value ``2^n * (1 + q + q_low)``, |q| < 0.42; ``high`` in [-4000, 4000].

    The integer n stands in the low bits of a float64, where ``scaled`` finds it. The low word is 0 unless ``fine``.
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
def scaled(x: float, n: float, deep: bool) -> float:
    """``x * 2^n``, n as ``exp2`` gives it; with ``deep`` from -4000 to 2046, else from -1022 to 1023, at less work."""
    if not deep:
        return x * from_bits((bits(n) << 52) + _ONE_BITS)
    # in two halves, so that a subnormal result is reached, not skipped
    whole = bits(max(n, _ROUND - 2040.0)) - _ROUND_BITS
    half = whole >> 1
    return x * from_bits((half + 1023) << 52) * from_bits((whole - half + 1023) << 52)
