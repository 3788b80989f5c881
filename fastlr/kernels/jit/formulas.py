"""One function per curve: its formula from ``program/opcodes.py``, in that order of operations;
and the table of curves, from which ``curves`` makes their kernels.

``c`` is a step, counted from the segment's start. Steps and lengths are exact integers in float64.
Each function is inlined into the loops of ``blocks`` and ``ranges``.

A line, a square and a cosine are measured from the nearer of their two ends: its level, and a rise
towards the other, which is a slope of two words times an exact integer. So both ends are exact, and
no digits are lost near them. The functions ``..._slope`` compute what is the same for all steps of
a segment, so that a loop computes it once.

Flags ask for more work where the result needs it, with the same bits where it does not:

- ``wide`` for a length whose square needs two words.
- ``deep`` for a power of two that is no normal number, or that one word cannot distinguish from the
  next step's.
- ``fine`` for a power so large that it would show the error of a logarithm or of its base. It
  depends on the segment's numbers alone: all steps of a segment have it, or none.
"""

import math
from typing import Any, NamedTuple

from fastlr.kernels.jit.arithmetic import (
    exp2,
    exp2_fine,
    fma,
    log2,
    log2_fine,
    log2_sum,
    over_square,
    quarter_turn_squared,
    quotient,
    ratio,
    scaled,
    sin_squared_fine,
    sin_squared_pair,
    sin_squared_tail,
    split,
    split_beside_1,
    two_sum,
    two_words,
)
from fastlr.kernels.jit.compiling import inlined
from fastlr.program.opcodes import LAST_STEP

__all__ = [
    "CURVES",
    "NORMAL",
    "PATCH",
    "SHARP",
    "SLOW",
    "SQUARE_TURN",
    "STEEP",
    "TURN",
    "WIDE",
    "Curve",
    "affine_exponential",
    "cosine",
    "cosine_about",
    "cosine_power",
    "cosine_rise",
    "cosine_slope",
    "eden",
    "exponential",
    "exponential_about",
    "inverse",
    "inverse_about",
    "is_plain",
    "is_sharp",
    "is_steep",
    "kept_by_middle",
    "linear",
    "linear_rise",
    "linear_slope",
    "logarithmic",
    "middle_of",
    "patched_cosine",
    "patched_exponential",
    "patched_inverse",
    "patched_power",
    "power",
    "power_about",
    "reciprocal",
    "rex",
    "share_of_scale",
    "shrunk",
    "square",
    "square_rise",
    "square_slope",
    "stair",
    "staircase",
    "tanh",
    "taylor_rate",
    "taylor_value",
    "whole_periods",
]

_LN_2 = 0.6931471805599453
_QUARTER_PI_2, _QUARTER_PI_2_LOW = 2.4674011002723395, 1.5663238771849278e-16  # pi^2/4

TURN = 0.5  # of a line and a cosine: where the other end becomes the nearer
SQUARE_TURN = 0.29289321881345254  # of a square, 1 - sqrt(1/2), where it has gone half of its way
WIDE = 2.0**26  # the longest length whose square, and twice it, is exact in one word
NORMAL = 1000.0  # 2 to this and to minus this are normal numbers
# a power below it is fine enough, and a normal number for every quotient of steps, 2^-53 and more
STEEP = NORMAL / 53.0
# steps at absolute places, a patch, share one Taylor polynomial, centred at their middle
PATCH = 128.0
FAR = 4096.0  # steps: so far from a singular end, times the power, seven coefficients are enough
BRISK = 2.0**-11  # the largest change of an exponent per step within a patch
GROWN = 600.0  # the largest exponent within a patch
WIDEST_BASE = 2.0**31  # raised to any power below STEEP, at most 2^GROWN
LEAST, MOST = 1e-30, 1e30  # levels of a curve within a patch, so that all of its numbers are normal
SHARP = 2.0  # a power of a cosine's progress up to it is fine enough
SLOW = 2.0**40  # steps: a change spread over more of them is resolved by a second word


@inlined
def _slope(lo: float, hi: float, unit: float, unit_low: float) -> tuple[float, float]:
    """``(hi - lo) * (unit + unit_low)`` in two words, for 0 <= lo <= hi."""
    height = hi - lo
    slope = height * unit
    return slope, fma(height, unit, -slope) + fma(height, unit_low, ((hi - height) - lo) * unit)


@inlined
def kept_by_middle(rate: float, high: bool, lo: float, hi: float) -> float:
    """No further from its end than the middle, so that a wide segment stays monotone where its
    halves meet.
    """
    middle = fma(0.5, hi - lo, lo)
    return max(rate, middle) if high else min(rate, middle)


@inlined
def _from_nearer(high: bool, lo: float, hi: float, rise: float, wide: bool) -> float:
    """From the level of the nearer end, ``hi`` or ``lo``, towards the other."""
    rate = hi - rise if high else lo + rise
    return kept_by_middle(rate, high, lo, hi) if wide else rate


@inlined
def linear_slope(size: float, lo: float, hi: float) -> tuple[float, float]:
    """(hi-lo)/size in two words."""
    inverse = 1.0 / size
    return _slope(lo, hi, inverse, fma(-inverse, size, 1.0) * inverse)


@inlined
def linear_rise(x: float, slope: float, slope_low: float) -> float:
    """x*(slope + slope_low), rounded once."""
    return fma(x, slope, x * slope_low)


@inlined
def linear(c: float, length: float, lo: float, hi: float, wide: bool) -> float:
    """lo + w*(hi-lo), from the nearer end."""
    size = abs(length)
    slope, slope_low = linear_slope(size, lo, hi)
    late = c > TURN * size  # which is where size - c < c
    rise = linear_rise(min(size - c, c), slope, slope_low)
    return _from_nearer((length > 0.0) != late, lo, hi, rise, wide and size > WIDE)


@inlined
def square_slope(size: float, lo: float, hi: float, wide: bool) -> tuple[float, float]:
    """(hi-lo)/size^2 in two words."""
    unit, unit_low = over_square(1.0, 0.0, size, wide)
    return _slope(lo, hi, unit, unit_low)


@inlined
def square_rise(a: float, b: float, slope: float, slope_low: float, wide: bool) -> float:
    """a*b*(slope + slope_low): x*x, x steps from the last level, or x*(2*size - x), x steps
    from the first.
    """
    product = a * b
    low = product * slope_low
    return fma(product, slope, fma(fma(a, b, -product), slope, low) if wide else low)


@inlined
def square(c: float, length: float, lo: float, hi: float, wide: bool) -> float:
    """lo + w*(hi-lo), from the nearer end."""
    size = abs(length)
    slope, slope_low = square_slope(size, lo, hi, wide)
    late = c > SQUARE_TURN * size
    x = size - c if late else c
    rise = square_rise(x, x if late else 2.0 * size - x, slope, slope_low, wide)
    return _from_nearer((length > 0.0) != late, lo, hi, rise, wide and size > WIDE)


@inlined
def cosine_slope(size: float, lo: float, hi: float, wide: bool) -> tuple[float, float, float]:
    """(pi/2/size)^2, and (hi-lo) times it in two words."""
    unit, unit_low = over_square(_QUARTER_PI_2, _QUARTER_PI_2_LOW, size, wide)
    slope, slope_low = _slope(lo, hi, unit, unit_low)
    return unit, slope, slope_low


@inlined
def cosine_rise(x: float, unit: float, slope: float, slope_low: float, wide: bool) -> float:
    """sin(pi/2 * x/size)^2 of the height, x <= size/2: the square of the angle, then what the
    sine falls short of it.
    """
    square = x * x
    angle, rise = square * unit, square * slope
    low = fma(square, slope_low, fma(square, slope, -rise))
    low = fma(fma(x, x, -square), slope, low) if wide else low
    return rise + fma(rise * angle, sin_squared_tail(angle), low)


@inlined
def cosine(c: float, length: float, lo: float, hi: float, wide: bool) -> float:
    """lo + w*(hi-lo), from the nearer end."""
    size = abs(length)
    unit, slope, slope_low = cosine_slope(size, lo, hi, wide)
    late = c > TURN * size  # which is where size - c < c
    rise = cosine_rise(min(size - c, c), unit, slope, slope_low, wide)
    return _from_nearer((length > 0.0) != late, lo, hi, rise, wide and size > WIDE)


@inlined
def _between(w: float, lo: float, hi: float) -> float:
    """lo + w*(hi-lo) for 0 <= lo <= hi, the height in two words: hi at w = 1, to the bit."""
    height = hi - lo
    height_low = (hi - height) - lo
    return fma(w, height, fma(w, height_low, lo))


@inlined
def _exponent(q: float, log: float, log_low: float, deep: bool) -> tuple[float, float]:
    """``q * (log + log_low)`` in two words; where deep, kept above -4000, where the power is 0."""
    t = q * log
    t_low = fma(q, log_low, fma(q, log, -t))
    if not deep:
        return t, t_low
    return max(t, -4000.0), t_low if t > -4000.0 else 0.0


@inlined
def is_steep(q: float) -> bool:
    """Whether a power is so large that it has to be ``fine``."""
    return q >= STEEP


@inlined
def is_sharp(x: float, k: float) -> bool:
    """Whether the powers of a cosine and of its step have to be."""
    return abs(x) != 1.0 or k > SHARP


@inlined
def _log2(high: float, low: float, fine: bool) -> tuple[float, float]:
    if fine:
        e, s, s_low = split(high, low)
        return log2_fine(e, s, s_low)
    return log2(high, low)


@inlined
def _grown(high: float, low: float, q: float, fine: bool) -> tuple[float, float, float]:
    """``(high + low)^q`` as exp2 gives it, where that is at most 2^2046."""
    log, log_low = _log2(high, low, fine)
    t, t_low = _exponent(q, log, log_low, True)
    return exp2_fine(t, t_low) if fine else exp2(t, t_low, True)


@inlined
def _between_pair(w: float, w_low: float, lo: float, hi: float) -> tuple[float, float]:
    """lo + w*(hi-lo) in two words, for w in two words."""
    height = hi - lo
    height_low = (hi - height) - lo
    part = w * height
    part_low = fma(w, height, -part) + fma(w_low, height, w * height_low)
    total, rest = two_sum(lo, part)
    return total, rest + part_low


@inlined
def _words_of(n: float, q: float, q_low: float, deep: bool) -> tuple[float, float]:
    """A power, as exp2 gives it, in two words."""
    unit = scaled(1.0, n, deep)
    one, one_low = two_words(1.0, q)
    return unit * one, unit * (one_low + q_low)


@inlined
def _rest_of(n: float, q: float, q_low: float, deep: bool) -> tuple[float, float]:
    """What a power up to 1 leaves of 1, in two words."""
    unit = scaled(1.0, n, deep)
    # of 1 - unit either word may be 0
    less, less_low = two_sum(1.0, -unit)
    rest, rest_low = two_words(less, -unit * q)
    return rest, rest_low + (less_low - unit * q_low)


@inlined
def taylor_rate(at: Any, d: float) -> float:
    """The rate d steps from where a Taylor polynomial is centred, rounded once."""
    high, low, c1, c2, c3, c4, c5, c6, c7 = at
    p = fma(c7, d, c6)
    p = fma(p, d, c5)
    p = fma(p, d, c4)
    p = fma(p, d, c3)
    p = fma(p, d, c2)
    p = fma(p, d, c1)
    rate: float = high + fma(p, d, low)
    return rate


@inlined
def taylor_value(at: Any) -> float:
    """The rate there."""
    value: float = at[0] + at[1]
    return value


@inlined
def middle_of(x: float) -> float:
    """The middle of the patch that contains x."""
    return math.floor(x * (1.0 / PATCH)) * PATCH + 0.5 * PATCH


@inlined
def patched_power(size: float, q: float, fine: bool) -> tuple[float, float]:
    """Where seven coefficients reach the last digit of a power: far from the end at which its
    base is 0, and from the end at which what it leaves of 1 is 0.
    """
    first, last = FAR * max(abs(q), 2.0), size if q > 0.0 else size - 2.0 * FAR
    return math.inf if fine else first, min(last, SLOW)


@inlined
def power_about(
    x: float, patched: bool, size: float, lo: float, hi: float, q: float, fine: bool
) -> Any:
    """lo + w*(hi-lo) about x: w = (x/size)^q, or 1 - (x/size)^-q where q < 0.

    ``patched`` asks for the coefficients.
    """
    exponent = abs(q)
    high, low = quotient(x, size)
    log, log_low = _log2(high, low, fine)
    t, t_low = _exponent(exponent, log, log_low, fine)
    n, grown, grown_low = exp2(t, t_low, True)
    kept, kept_low = _words_of(n, grown, grown_low, fine)
    kept, kept_low = 0.0 if x == 0.0 else kept, 0.0 if x == 0.0 else kept_low
    lost, lost_low = _rest_of(n, grown, grown_low, fine)
    # the ends: y = 0 has no logarithm, and 1 - 1 must leave nothing
    lost = 1.0 if x == 0.0 else (0.0 if x == size else lost)
    lost_low = 0.0 if x == 0.0 or x == size else lost_low
    rises = q > 0.0
    value, value_low = _between_pair(
        kept if rises else lost, kept_low if rises else lost_low, lo, hi
    )
    inverse = 1.0 / x if patched else 0.0
    c1 = (hi - lo if rises else lo - hi) * kept * exponent * inverse
    c2 = c1 * ((exponent - 1.0) * (1.0 / 2.0)) * inverse
    c3 = c2 * ((exponent - 2.0) * (1.0 / 3.0)) * inverse
    c4 = c3 * ((exponent - 3.0) * (1.0 / 4.0)) * inverse
    c5 = c4 * ((exponent - 4.0) * (1.0 / 5.0)) * inverse
    c6 = c5 * ((exponent - 5.0) * (1.0 / 6.0)) * inverse
    c7 = c6 * ((exponent - 6.0) * (1.0 / 7.0)) * inverse
    return value, value_low, c1, c2, c3, c4, c5, c6, c7


@inlined
def power(c: float, length: float, lo: float, hi: float, q: float, fine: bool) -> float:
    """x is what remains where L > 0, what has gone where L < 0."""
    size = abs(length)
    x = size - c if length > 0.0 else c
    first, last = patched_power(size, q, fine)
    patched = first <= x <= last
    middle = middle_of(x) if patched else x
    return taylor_rate(power_about(middle, patched, size, lo, hi, q, fine), x - middle)


@inlined
def _bent(c: float, length: float, k: float, fine: bool) -> tuple[float, float, float, float]:
    """p^k, and what it leaves of 1; a fine p^1 is p, at less work where a loop knows of it."""
    z, z_low = ratio(length - c, length)
    p, p_low = ratio(c, length)
    # near the end the logarithm hangs on what remains, so p is made of it
    late = z < 0.5
    log, log_low = _log2(
        1.0 - z if late else p, ((1.0 - (1.0 - z)) - z) - z_low if late else p_low, fine
    )
    t, t_low = _exponent(k, log, log_low, True)
    n, q, q_low = exp2_fine(t, t_low) if fine else exp2(t, t_low, True)
    unit = scaled(1.0, n, True)
    past = fma(unit, q, unit)
    past_low = fma(unit, q, unit - past) + unit * q_low
    past, past_low = (0.0, 0.0) if c == 0.0 else (past, past_low)
    left = 1.0 - past
    left_low = ((1.0 - left) - past) - past_low
    # 1 - 2^n(1+q) for n = 0 is -q, exactly, where the subtraction above would lose it
    left, left_low = (-q, -q_low) if unit == 1.0 and c > 0.0 else (left, left_low)
    return (p, p_low, z, z_low) if fine and k == 1.0 else (past, past_low, left, left_low)


@inlined
def _log2_of_cosine(
    past: float, past_low: float, left: float, left_low: float
) -> tuple[float, float]:
    """log2(cos(pi/2*past)^2) to about 2^-68."""
    low_half = left <= past
    y, y_low = quarter_turn_squared(left if low_half else past, left_low if low_half else past_low)
    s, s_low = sin_squared_fine(y, y_low)
    square = s if low_half else 1.0 - s
    square_low = s_low if low_half else ((1.0 - square) - s) - s_low
    e, of, of_low = split_beside_1(-s, -s_low) if square > 0.75 else split(square, square_low)
    return log2_fine(e, of, of_low)


@inlined
def _sharp_cosine(c: float, length: float, lo: float, hi: float, x: float, k: float) -> float:
    """lo + w*(hi-lo), w = cos(pi/2*p^k)^(2x), or 1 - that^-1 where x < 0, by logarithms."""
    past, past_low, left, left_low = _bent(c, length, k, True)
    log, log_low = _log2_of_cosine(past, past_low, left, left_low)
    t, t_low = _exponent(abs(x), log, log_low, True)
    n, q, q_low = exp2(t, t_low, True)
    kept, kept_low = _words_of(n, q, q_low, True)
    lost, lost_low = _rest_of(n, q, q_low, True)
    rate, rate_low = _between_pair(
        kept if x > 0.0 else lost, kept_low if x > 0.0 else lost_low, lo, hi
    )
    return rate + rate_low


@inlined
def patched_cosine(length: float, k: float, sharp: bool) -> tuple[float, float]:
    """Where seven coefficients reach the last digit of a cosine: far from its start, where p^k is
    singular, and from its end, where it may be 0.
    """
    first = math.inf if sharp else FAR * (k + 1.5)
    return first, min(length - FAR, SLOW)


@inlined
def _angle(c: float, patched: bool, past: float, k: float) -> Any:
    """The change of the angle pi*p^k about c: coefficient n times n."""
    inverse = 1.0 / c if patched else 0.0
    f1 = math.pi * past * k * inverse
    f2 = f1 * (k - 1.0) * inverse
    f3 = f2 * ((k - 2.0) * (1.0 / 2.0)) * inverse
    f4 = f3 * ((k - 3.0) * (1.0 / 3.0)) * inverse
    f5 = f4 * ((k - 4.0) * (1.0 / 4.0)) * inverse
    f6 = f5 * ((k - 5.0) * (1.0 / 5.0)) * inverse
    f7 = f6 * ((k - 6.0) * (1.0 / 6.0)) * inverse
    return f1, f2, f3, f4, f5, f6, f7


@inlined
def _cosine_series(f: Any, a0: float, b0: float) -> Any:
    """Seven coefficients of the cosine of an angle, from its value and that of the sine; those of
    both give the next one.
    """
    f1, f2, f3, f4, f5, f6, f7 = f
    a1, b1 = -(f1 * b0), f1 * a0
    a2 = fma(f1, b1, f2 * b0) * (-1.0 / 2.0)
    b2 = fma(f1, a1, f2 * a0) * (1.0 / 2.0)
    a3 = fma(f1, b2, fma(f2, b1, f3 * b0)) * (-1.0 / 3.0)
    b3 = fma(f1, a2, fma(f2, a1, f3 * a0)) * (1.0 / 3.0)
    a4 = fma(f1, b3, fma(f2, b2, fma(f3, b1, f4 * b0))) * (-1.0 / 4.0)
    b4 = fma(f1, a3, fma(f2, a2, fma(f3, a1, f4 * a0))) * (1.0 / 4.0)
    a5 = fma(f1, b4, fma(f2, b3, fma(f3, b2, fma(f4, b1, f5 * b0)))) * (-1.0 / 5.0)
    b5 = fma(f1, a4, fma(f2, a3, fma(f3, a2, fma(f4, a1, f5 * a0)))) * (1.0 / 5.0)
    a6 = fma(f1, b5, fma(f2, b4, fma(f3, b3, fma(f4, b2, fma(f5, b1, f6 * b0)))))
    b6 = fma(f1, a5, fma(f2, a4, fma(f3, a3, fma(f4, a2, fma(f5, a1, f6 * a0)))))
    a6, b6 = a6 * (-1.0 / 6.0), b6 * (1.0 / 6.0)
    a7 = fma(f1, b6, fma(f2, b5, fma(f3, b4, fma(f4, b3, fma(f5, b2, fma(f6, b1, f7 * b0))))))
    return a1, a2, a3, a4, a5, a6, a7 * (-1.0 / 7.0)


@inlined
def cosine_about(
    c: float, patched: bool, length: float, lo: float, hi: float, x: float, k: float
) -> Any:
    """lo + w*(hi-lo) about c, w = cos(pi/2*p^k)^2, or sin(pi/2*p^k)^2 where x < 0."""
    past, past_low, left, left_low = _bent(c, length, k, False)
    low_half, falls = left <= past, x > 0.0
    y, y_low = quarter_turn_squared(left if low_half else past, left_low if low_half else past_low)
    s, s_low = sin_squared_pair(y, y_low)
    rest, rest_low = two_words(1.0, -s)
    direct = low_half == falls
    value, value_low = _between_pair(
        s if direct else rest, s_low if direct else rest_low - s_low, lo, hi
    )
    # the cosine of the angle and its sine, each times half of the height
    half, cosine = 0.5 * (hi - lo if falls else lo - hi), rest - s
    a0, b0 = half * (-cosine if low_half else cosine), half * (2.0 * math.sqrt(s * rest))
    c1, c2, c3, c4, c5, c6, c7 = _cosine_series(_angle(c, patched, past, k), a0, b0)
    return value, value_low, c1, c2, c3, c4, c5, c6, c7


@inlined
def _mild_cosine(c: float, length: float, lo: float, hi: float, x: float, k: float) -> float:
    first, last = patched_cosine(length, k, False)
    patched = first <= c <= last
    middle = middle_of(c) if patched else c
    return taylor_rate(cosine_about(middle, patched, length, lo, hi, x, k), c - middle)


@inlined
def cosine_power(
    c: float, length: float, lo: float, hi: float, x: float, k: float, sharp: bool
) -> float:
    """lo + w*(hi-lo), w = cos(pi/2*p^k)^(2x), or 1 - that^-1 where x < 0."""
    if sharp:
        return _sharp_cosine(c, length, lo, hi, x, k)
    return _mild_cosine(c, length, lo, hi, x, k)


@inlined
def is_plain(c: float, k: float) -> bool:
    """Whether an exponential up to step c needs no ``deep``."""
    return c * abs(k) < NORMAL and abs(k) * SLOW >= 1.0


@inlined
def patched_exponential(a: float, k: float) -> tuple[float, float]:
    """Where seven coefficients reach the last digit of an exponential: it changes by little within
    a patch, but by more than the error of its value from one to the next, and is a normal number.
    """
    pace = abs(k)
    suits = pace <= BRISK and pace * SLOW >= 1.0 and LEAST <= a <= MOST
    return 0.0 if suits else math.inf, min(GROWN / pace, SLOW)


@inlined
def _power_of(
    a: float, n: float, grown: float, grown_low: float, patched: bool, deep: bool
) -> tuple[float, float]:
    """a times a power, about a step. Without coefficients it is rounded once, then scaled."""
    part = a * grown
    total, rest = two_words(a, part)
    low = rest + fma(a, grown_low, fma(a, grown, -part))
    return (
        scaled(total if patched else total + low, n, deep),
        scaled(low, n, deep) if patched else 0.0,
    )


@inlined
def exponential_about(c: float, patched: bool, a: float, k: float, k_low: float, deep: bool) -> Any:
    """a * 2^(c*(kh+kl)) about c."""
    t, t_low = _exponent(c, k, k_low, deep)
    n, q, q_low = exp2(t, t_low, patched or (deep and abs(k) * SLOW < 1.0))
    alone = scaled(fma(a, q, fma(a, q_low, a)), n, deep)
    value, value_low = _power_of(a, n, q, q_low, True, deep)
    pace = _LN_2 * k if patched else 0.0
    c1 = value * pace
    c2 = c1 * (pace * (1.0 / 2.0))
    c3 = c2 * (pace * (1.0 / 3.0))
    c4 = c3 * (pace * (1.0 / 4.0))
    c5 = c4 * (pace * (1.0 / 5.0))
    c6 = c5 * (pace * (1.0 / 6.0))
    c7 = c6 * (pace * (1.0 / 7.0))
    return (
        value if patched else alone,
        value_low if patched else 0.0,
        c1, c2, c3, c4, c5, c6, c7,
    )  # fmt: skip


@inlined
def exponential(c: float, a: float, k: float, k_low: float, deep: bool) -> float:
    """a * 2^(c*(kh+kl))."""
    first, last = patched_exponential(a, k)
    patched = first <= c <= last
    middle = middle_of(c) if patched else c
    return taylor_rate(exponential_about(middle, patched, a, k, k_low, deep), c - middle)


@inlined
def stair(i: float, a: float, k: float, k_low: float) -> float:
    """a * 2^(i*(kh+kl))."""
    return taylor_value(exponential_about(i, False, a, k, k_low, True))


@inlined
def staircase(c: float, a: float, every: float, k: float, k_low: float) -> float:
    """The same, i = floor(c/every)."""
    return stair(whole_periods(c, every), a, k, k_low)


@inlined
def share_of_scale(i: float, k: float, k_low: float) -> tuple[float, float]:
    """A loop's scale after i periods, 2^(i*(kh+kl)), exactly 1 at i = 0, and what is lost to
    it: near 1 all of its digits.
    """
    t, t_low = _exponent(i, k, k_low, True)
    n, q, q_low = exp2(t, t_low, abs(k) * SLOW < 1.0)
    kept = scaled(q + (q_low + 1.0), n, True)
    return kept, -q - q_low if scaled(1.0, n, True) == 1.0 else 1.0 - kept


@inlined
def shrunk(rate: float, kept: float, lost: float, floor: float) -> float:
    """What is kept of the rate, and what is lost of the floor, on the rate's side of it. A rate at
    the floor stays there.
    """
    moved = fma(kept, rate, lost * floor)
    at_most = min(moved, floor) if rate < floor else floor
    return max(moved, floor) if rate > floor else at_most


@inlined
def _grown_by(c: float, g: float, s: float) -> tuple[float, float]:
    """g*c + s: the product in two words, then the sum in two."""
    total = fma(g, c, s)
    product = g * c
    part = product + s
    back = part - product
    return total, ((product - (part - back)) + (s - back)) + fma(g, c, -product) + (part - total)


@inlined
def reciprocal(c: float, a: float, g: float, s: float, d: float) -> float:
    """a * d/(g*c + s), the quotient in two words."""
    bottom, bottom_low = _grown_by(c, g, s)
    unit = 1.0 / bottom
    w = d * unit
    w_low = fma(-w, bottom_low, fma(-w, bottom, d)) * unit
    return fma(a, w, a * w_low)


@inlined
def patched_inverse(
    a: float, g: float, s: float, d: float, q: float, fine: bool
) -> tuple[float, float]:
    """Where seven coefficients reach the last digit of an inverse power: it changes by little
    within a patch, but by more than the error of its value from one to the next, and is a normal
    number.
    """
    suits = not fine and s <= g * SLOW and LEAST <= a <= MOST
    first = max(FAR * (q + 3.0) - s / g, 0.0)
    return first if suits else math.inf, min((d * WIDEST_BASE - s) / g, SLOW)


@inlined
def inverse_about(
    c: float, patched: bool, a: float, g: float, s: float, d: float, q: float, fine: bool
) -> Any:
    """a * ((g*c + s)/d)^-q about c, the base in two words."""
    top, top_low = _grown_by(c, g, s)
    unit = 1.0 / d
    b = top * unit
    n, grown, grown_low = _grown(b, (fma(-b, d, top) + top_low) * unit, -q, fine)
    value, value_low = _power_of(a, n, grown, grown_low, patched, True)
    pace = -g / top if patched else 0.0
    c1 = value * q * pace
    c2 = c1 * ((q + 1.0) * (1.0 / 2.0)) * pace
    c3 = c2 * ((q + 2.0) * (1.0 / 3.0)) * pace
    c4 = c3 * ((q + 3.0) * (1.0 / 4.0)) * pace
    c5 = c4 * ((q + 4.0) * (1.0 / 5.0)) * pace
    c6 = c5 * ((q + 5.0) * (1.0 / 6.0)) * pace
    c7 = c6 * ((q + 6.0) * (1.0 / 7.0)) * pace
    return value, value_low, c1, c2, c3, c4, c5, c6, c7


@inlined
def inverse(c: float, a: float, g: float, s: float, d: float, q: float, fine: bool) -> float:
    """a * ((g*c + s)/d)^-q."""
    first, last = patched_inverse(a, g, s, d, q, fine)
    patched = first <= c <= last
    middle = middle_of(c) if patched else c
    return taylor_rate(inverse_about(middle, patched, a, g, s, d, q, fine), c - middle)


@inlined
def tanh(c: float, lo: float, hi: float, y: float, y_low: float, k: float, k_low: float) -> float:
    """lo + (hi-lo)/(1 + 2^(yh+yl + c*(kh+kl)))."""
    product = c * k
    t = y + product
    back = t - y
    low = ((y - (t - back)) + (product - back)) + (y_low + fma(c, k, -product) + c * k_low)
    t = min(max(t, -1000.0), 1000.0)
    n, q, q_low = exp2(t, low, True)
    unit = scaled(1.0, n, True)
    e = fma(unit, q, unit)
    e_low = fma(unit, q, unit - e) + unit * q_low
    bottom = 1.0 + e
    back = bottom - e
    bottom_low = (1.0 - back) + (e - (bottom - back)) + e_low
    height = hi - lo
    above = height / bottom
    return lo + (above + (fma(-above, bottom, height) - above * bottom_low) / bottom)


@inlined
def rex(c: float, length: float, lo: float, hi: float, b: float) -> float:
    """lo + w*(hi-lo), w = (L-c)/(L-b*c) falling, (1-b)*c/(L-b*c) rising."""
    size = abs(length)
    product = b * c
    product_low = fma(b, c, -product)
    bottom = size - product
    bottom_low = ((size - bottom) - product) - product_low
    top = size - c if length > 0.0 else c - product
    top_low = 0.0 if length > 0.0 else ((c - top) - product) - product_low
    w = top / bottom
    w += (fma(-w, bottom, top) + (top_low - w * bottom_low)) / bottom
    return _between(w, lo, hi)


@inlined
def _exp2_less_1(x: float, k: float, k_low: float) -> tuple[float, float]:
    """2^(x*(kh+kl)) - 1 as a sum of two, for exponents from -60 to 60."""
    t, t_low = _exponent(x, k, k_low, False)
    n, q, q_low = exp2(t, t_low, True)
    unit = scaled(1.0, n, False)
    # of 2^n - 1 and 2^n*q either may be the larger; for n = 0 they are 0 and q, exactly
    whole, whole_low = two_sum(unit, -1.0)
    total, rest = two_sum(whole, unit * q)
    return total, rest + (whole_low + unit * q_low)


@inlined
def affine_exponential(
    c: float, length: float, lo: float, hi: float, k: float, k_low: float
) -> float:
    """lo + w*(hi-lo), w = g(L-c)/g(L) falling, g(c)/g(|L|) rising, g(x) = 2^(x*(kh+kl)) - 1;
    g(|L|) leaves a loop.
    """
    size = abs(length)
    top, top_low = _exp2_less_1(size - c if length > 0.0 else c, k, k_low)
    most, most_low = _exp2_less_1(size, k, k_low)
    w = top / most
    w += (fma(-w, most, top) + (top_low - w * most_low)) / most
    return _between(min(w, 1.0), lo, hi)


@inlined
def logarithmic(c: float, length: float, lo: float, hi: float, d: float, d_low: float) -> float:
    """lo + w*(hi-lo), w = log2((L+1)/(c+1))/(dh+dl) falling, log2(c+1)/(dh+dl) rising."""
    size, falls, bottom = abs(length), length > 0.0, c + 1.0
    top, inverse = size + 1.0, 1.0 / bottom
    high = top * inverse
    # of a length of 2^53, to which 1 is lost
    low = (fma(-high, bottom, top) + (size - (top - 1.0))) * inverse
    log, log_low = log2_sum(high if falls else bottom, low if falls else 0.0)
    w = log / d
    w += (fma(-w, d, log) + (log_low - w * d_low)) / d
    return _between(1.0 if falls and c == 0.0 else min(w, 1.0), lo, hi)


@inlined
def eden(c: float, a: float, d: float, q: float, fine: bool) -> float:
    """a * (1 + (c/d)^2)^-q, the base in two words."""
    u, u_low = quotient(c, d)
    square = u * u
    b, b_low = two_sum(1.0, square)
    n, grown, grown_low = _grown(b, b_low + fma(2.0 * u, u_low, fma(u, u, -square)), -q, fine)
    return scaled(fma(a, grown, fma(a, grown_low, a)), n, True)


@inlined
def whole_periods(c: float, period: float) -> float:
    """floor(c/period) exactly: the rounded quotient can be one too large."""
    i = math.floor(c / period)
    return i - 1.0 if fma(i, period, -c) > 0.0 else i


@inlined
def paced(c: float, base: float, pace: float, every: float) -> float:
    """A time map: ``pace`` steps pass per ``every`` steps, up to the last step:
    below it the sum is exact.
    """
    return min(base + pace * whole_periods(c, every), float(LAST_STEP))


# -- the table of curves ---------------------------------------------------------------------------


@inlined
def _is_wide(c: float, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float) -> bool:
    return abs(p0) > WIDE


@inlined
def _is_deep(c: float, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float) -> bool:
    return not is_plain(c, p1)


@inlined
def _is_steep_2(c: float, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float) -> bool:
    return is_steep(p2)


@inlined
def _is_steep_3(c: float, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float) -> bool:
    return is_steep(abs(p3))


@inlined
def _is_steep_or_far(
    c: float, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float
) -> bool:
    """An inverse power falls by little at a far step."""
    return is_steep(p4) or c > SLOW


@inlined
def _is_sharp(c: float, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float) -> bool:
    return is_sharp(p3, p4)


@inlined
def _from_start(
    c: float, step: float, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float
) -> tuple[float, float]:
    return c, step


@inlined
def _from_end_at_0(
    c: float, step: float, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float
) -> tuple[float, float]:
    """From the end at which a power's base is 0."""
    return (p0 - c, -step) if p0 > 0.0 else (c, step)


@inlined
def _patched_power(
    p0: float, p1: float, p2: float, p3: float, p4: float, p5: float
) -> tuple[float, float]:
    return patched_power(abs(p0), p3, is_steep(abs(p3)))


@inlined
def _power_about(
    x: float, patched: bool, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float
) -> Any:
    return power_about(x, patched, abs(p0), p1, p2, p3, False)


@inlined
def _patched_exponential(
    p0: float, p1: float, p2: float, p3: float, p4: float, p5: float
) -> tuple[float, float]:
    return patched_exponential(p0, p1)


@inlined
def _exponential_about(
    x: float, patched: bool, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float
) -> Any:
    return exponential_about(x, patched, p0, p1, p2, False)


@inlined
def _patched_inverse(
    p0: float, p1: float, p2: float, p3: float, p4: float, p5: float
) -> tuple[float, float]:
    return patched_inverse(p0, p1, p2, p3, p4, is_steep(p4))


@inlined
def _inverse_about(
    x: float, patched: bool, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float
) -> Any:
    return inverse_about(x, patched, p0, p1, p2, p3, p4, False)


@inlined
def _patched_cosine(
    p0: float, p1: float, p2: float, p3: float, p4: float, p5: float
) -> tuple[float, float]:
    return patched_cosine(p0, p4, is_sharp(p3, p4))


@inlined
def _cosine_about(
    x: float, patched: bool, p0: float, p1: float, p2: float, p3: float, p4: float, p5: float
) -> Any:
    return cosine_about(x, patched, p0, p1, p2, p3, p4)


class Patches(NamedTuple):
    """How a curve is divided into patches."""

    place: Any
    range: Any
    about: Any


class Curve(NamedTuple):
    """A curve whose kernels are instances of the templates."""

    formula: Any
    flag: Any = None  # whether a lane's fields ask for the flag, the formula's last argument
    patches: Patches | None = None


CURVES = {
    "linear": Curve(linear, _is_wide),
    "square": Curve(square, _is_wide),
    "cosine": Curve(cosine, _is_wide),
    "power": Curve(power, _is_steep_3, Patches(_from_end_at_0, _patched_power, _power_about)),
    "cosine_power": Curve(
        cosine_power, _is_sharp, Patches(_from_start, _patched_cosine, _cosine_about)
    ),
    "exponential": Curve(
        exponential, _is_deep, Patches(_from_start, _patched_exponential, _exponential_about)
    ),
    "staircase": Curve(staircase),
    "reciprocal": Curve(reciprocal),
    "inverse": Curve(
        inverse, _is_steep_or_far, Patches(_from_start, _patched_inverse, _inverse_about)
    ),
    "tanh": Curve(tanh),
    "rex": Curve(rex),
    "affine_exponential": Curve(affine_exponential),
    "logarithmic": Curve(logarithmic),
    "eden": Curve(eden, _is_steep_2),
}
