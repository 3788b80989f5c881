"""Curves that are evaluated in patches: powers, cosines of a power of the step, exponentials and
inverse powers.

A patch is 128 consecutive steps at a fixed place of the curve. Its steps share one Taylor
polynomial, centred at their middle. The functions ``..._about`` compute a polynomial: the rate at
its centre in two words (the sum of two float64 numbers), and seven coefficients. The functions
``patched_...`` return the first and the last step whose rates come from patches. Elsewhere seven
coefficients are too few, and each step has a polynomial of its own, centred at the step.
``formulas`` describes the arguments.
"""

import math
from typing import Any

from fastlr.kernels.jit.arithmetic import (
    exp2,
    exp2_fine,
    fma,
    log2_fine,
    quarter_turn_squared,
    quotient,
    ratio,
    scaled,
    sin_squared_fine,
    sin_squared_pair,
    split,
    split_beside_1,
    two_words,
)
from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.powers import (
    SLOW,
    between_pair,
    exponent_of,
    log2_of,
    power_of,
    raised,
    rest_of,
    words_of,
)

__all__ = [
    "PATCH",
    "SHARP",
    "cosine_about",
    "cosine_power",
    "exponential",
    "exponential_about",
    "exponential_alone",
    "exponential_in_patch",
    "grown_by",
    "has_patches",
    "inverse",
    "inverse_about",
    "is_sharp",
    "is_well_within",
    "middle_of",
    "patched_cosine",
    "patched_exponential",
    "patched_inverse",
    "patched_power",
    "power",
    "power_about",
    "taylor_rate",
    "taylor_value",
]

_LN_2 = 0.6931471805599453

PATCH = 128.0  # steps
FAR = 4096.0  # steps: this times the power away from a singular end, 7 coefficients are enough
BRISK = 2.0**-11  # the largest change of an exponent per step within a patch
GROWN = 600.0  # the largest exponent within a patch
WIDEST_BASE = 2.0**31  # raised to any power below STEEP, at most 2^GROWN
LEAST, MOST = 1e-30, 1e30  # levels of a curve within a patch, so that all of its numbers are normal
SHARP = 2.0  # up to this power of a cosine's progress, the ordinary logarithms are enough


@inlined
def taylor_rate(at: Any, d: float) -> float:
    """The rate d steps from the centre of a Taylor polynomial, rounded once."""
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
    """The rate at the centre of a Taylor polynomial."""
    value: float = at[0] + at[1]
    return value


@inlined
def middle_of(x: float) -> float:
    """The middle of the patch that contains x."""
    return math.floor(x * (1.0 / PATCH)) * PATCH + 0.5 * PATCH


@inlined
def patched_power(size: float, q: float, fine: bool) -> tuple[float, float]:
    """The steps at which seven coefficients give a power to its last digit.

    They are far from the end at which the base is 0, and from the end at which 1 less the power is
    0.
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
    log, log_low = log2_of(high, low, fine)
    t, t_low = exponent_of(exponent, log, log_low, fine)
    n, grown, grown_low = exp2(t, t_low, True)
    kept, kept_low = words_of(n, grown, grown_low, fine)
    kept, kept_low = 0.0 if x == 0.0 else kept, 0.0 if x == 0.0 else kept_low
    lost, lost_low = rest_of(n, grown, grown_low, fine)
    # the ends: y = 0 has no logarithm, and 1 - 1 must leave nothing
    lost = 1.0 if x == 0.0 else (0.0 if x == size else lost)
    lost_low = 0.0 if x == 0.0 or x == size else lost_low
    rises = q > 0.0
    value, value_low = between_pair(
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
    """A power of the steps that remain if ``length`` > 0, of the steps made if ``length`` < 0."""
    size = abs(length)
    x = size - c if length > 0.0 else c
    first, last = patched_power(size, q, fine)
    patched = first <= x <= last
    middle = middle_of(x) if patched else x
    return taylor_rate(power_about(middle, patched, size, lo, hi, q, fine), x - middle)


@inlined
def is_sharp(x: float, k: float) -> bool:
    """Whether a cosine needs finer logarithms: an exponent other than 1, or a ``k`` above 2."""
    return abs(x) != 1.0 or k > SHARP


@inlined
def _bent(c: float, length: float, k: float, fine: bool) -> tuple[float, float, float, float]:
    """p^k and 1 - p^k, each in two words; a fine p^1 is p itself."""
    z, z_low = ratio(length - c, length)
    p, p_low = ratio(c, length)
    # near the end the logarithm depends on what remains, z: compute p from z there
    late = z < 0.5
    log, log_low = log2_of(
        1.0 - z if late else p, ((1.0 - (1.0 - z)) - z) - z_low if late else p_low, fine
    )
    t, t_low = exponent_of(k, log, log_low, True)
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
    t, t_low = exponent_of(abs(x), log, log_low, True)
    n, q, q_low = exp2(t, t_low, True)
    kept, kept_low = words_of(n, q, q_low, True)
    lost, lost_low = rest_of(n, q, q_low, True)
    rate, rate_low = between_pair(
        kept if x > 0.0 else lost, kept_low if x > 0.0 else lost_low, lo, hi
    )
    return rate + rate_low


@inlined
def patched_cosine(length: float, k: float, sharp: bool) -> tuple[float, float]:
    """The steps at which seven coefficients give a cosine to its last digit.

    They are far from its start, where p^k is singular, and from its end, where it may be 0.
    """
    first = math.inf if sharp else FAR * (k + 1.5)
    return first, min(length - FAR, SLOW)


@inlined
def _angle(c: float, patched: bool, past: float, k: float) -> Any:
    """The Taylor coefficients of the angle pi*p^k about c; the n-th is multiplied by n."""
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
    """Seven Taylor coefficients of the cosine of an angle.

    ``a0`` and ``b0`` are the cosine and the sine at the centre. The coefficients of both give the
    next one of each.
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
    value, value_low = between_pair(
        s if direct else rest, s_low if direct else rest_low - s_low, lo, hi
    )
    # the cosine of the angle and its sine, each times half the height of the curve
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
def has_patches(a: float, k: float) -> bool:
    """Whether seven coefficients give an exponential to its last digit within a patch.

    It must change little within a patch, but by more from step to step than the error of a rate.
    Its numbers must be normal (not subnormal).
    """
    pace = abs(k)
    return pace <= BRISK and pace * SLOW >= 1.0 and LEAST <= a <= MOST


@inlined
def patched_exponential(a: float, k: float) -> tuple[float, float]:
    """The first and the last step of an exponential in patches."""
    return 0.0 if has_patches(a, k) else math.inf, min(GROWN / abs(k), SLOW)


@inlined
def is_well_within(c: float, a: float, k: float) -> bool:
    """Whether step c is in a patch, and not near the last step in one. It needs no division."""
    return has_patches(a, k) and c * abs(k) <= GROWN - 1.0 and c <= SLOW


@inlined
def exponential_about(c: float, patched: bool, a: float, k: float, k_low: float, deep: bool) -> Any:
    """a * 2^(c*(kh+kl)) about c."""
    t, t_low = exponent_of(c, k, k_low, deep)
    n, q, q_low = exp2(t, t_low, patched or (deep and abs(k) * SLOW < 1.0))
    alone = scaled(fma(a, q, fma(a, q_low, a)), n, deep)
    value, value_low = power_of(a, n, q, q_low, True, deep)
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
def exponential_in_patch(c: float, a: float, k: float, k_low: float) -> float:
    """The rate at a step in a patch."""
    middle = middle_of(c)
    return taylor_rate(exponential_about(middle, True, a, k, k_low, False), c - middle)


@inlined
def exponential_alone(c: float, a: float, k: float, k_low: float, deep: bool) -> float:
    """The rate at a step without a patch."""
    return taylor_value(exponential_about(c, False, a, k, k_low, deep))


@inlined
def exponential(c: float, a: float, k: float, k_low: float, deep: bool) -> float:
    """a * 2^(c*(kh+kl))."""
    first, last = patched_exponential(a, k)
    patched = first <= c <= last
    middle = middle_of(c) if patched else c
    return taylor_rate(exponential_about(middle, patched, a, k, k_low, deep), c - middle)


@inlined
def grown_by(c: float, g: float, s: float) -> tuple[float, float]:
    """g*c + s in two words: the product in two words, then the sum."""
    total = fma(g, c, s)
    product = g * c
    part = product + s
    back = part - product
    return total, ((product - (part - back)) + (s - back)) + fma(g, c, -product) + (part - total)


@inlined
def patched_inverse(
    a: float, g: float, s: float, d: float, q: float, fine: bool
) -> tuple[float, float]:
    """The steps at which seven coefficients give an inverse power to its last digit.

    It must change little within a patch, but by more from step to step than the error of a rate.
    Its numbers must be normal (not subnormal).
    """
    suits = not fine and s <= g * SLOW and LEAST <= a <= MOST
    first = max(FAR * (q + 3.0) - s / g, 0.0)
    return first if suits else math.inf, min((d * WIDEST_BASE - s) / g, SLOW)


@inlined
def inverse_about(
    c: float, patched: bool, a: float, g: float, s: float, d: float, q: float, fine: bool
) -> Any:
    """a * ((g*c + s)/d)^-q about c, the base in two words."""
    top, top_low = grown_by(c, g, s)
    unit = 1.0 / d
    b = top * unit
    n, grown, grown_low = raised(b, (fma(-b, d, top) + top_low) * unit, -q, fine)
    value, value_low = power_of(a, n, grown, grown_low, patched, True)
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
