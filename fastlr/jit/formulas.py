"""One function a shape: its formula from the shape table, at a clock c, in the table's order of operations.

A clock and a length are exact integers held in float64. Each function is inlined into the loops of ``kernels``.
"""

import math

from fastlr.jit.arithmetic import (
    exp2,
    fma,
    log2,
    quarter_turn_squared,
    quarter_turns_squared,
    ratio,
    scaled,
    sin_squared,
    sin_squared_pair,
)  # fmt: skip
from fastlr.jit.compiling import inlined

__all__ = [
    "cosine", "cosine_power", "exponential", "inverse", "linear", "power", "power_kept", "power_lost", "power_of_scale", "rex",
    "shrunk", "square", "staircase", "tanh", "whole_periods",
]  # fmt: skip


@inlined
def _between(w: float, lo: float, hi: float) -> float:
    """lo + w*(hi-lo) for 0 <= lo <= hi, the height in two words: hi at w = 1, to the bit."""
    height = hi - lo
    height_low = (hi - height) - lo
    return fma(w, height, fma(w, height_low, lo))


@inlined
def linear(c: float, length: float, lo: float, hi: float) -> float:
    """lo + w*(hi-lo), w in two words: all but rounded once."""
    w, w_low = ratio(length - c if length > 0.0 else c, abs(length))
    height = hi - lo
    height_low = (hi - height) - lo
    return fma(w, height, fma(w_low, height, fma(w, height_low, lo)))


@inlined
def square(c: float, length: float, lo: float, hi: float) -> float:
    """lo + w*(hi-lo), w = z*z falling, p*(2-p) rising: both are a product of two quotients."""
    size = abs(length)
    near = size - c if length > 0.0 else c
    a, a_low = ratio(near, size)
    b, b_low = ratio(near if length > 0.0 else 2.0 * size - c, size)
    w = a * b
    return _between(w + (fma(a, b, -w) + fma(a, b_low, b * a_low)), lo, hi)


@inlined
def _grown(high: float, low: float, q: float) -> tuple[float, float, float]:
    """``(high + low)^q`` as exp2 gives it, q > 0; the exponent is kept above -4000, where the power is 0."""
    log, log_low = log2(high, low)
    t = max(q * log, -4000.0)
    return exp2(t, fma(q, log, -t) + q * log_low if t > -4000.0 else 0.0)


@inlined
def power_kept(c: float, length: float, lo: float, hi: float, q: float) -> float:
    """lo + w*(hi-lo), w = y^q, q > 0; y = z where L > 0, p where L < 0."""
    size = abs(length)
    x = size - c if length > 0.0 else c
    high, low = ratio(x, size)
    n, grown, grown_low = _grown(high, low, q)
    unit = scaled(1.0, n)
    w = fma(unit, grown, fma(unit, grown_low, unit))
    return _between(0.0 if x == 0.0 else w, lo, hi)


@inlined
def power_lost(c: float, length: float, lo: float, hi: float, q: float) -> float:
    """lo + w*(hi-lo), w = 1 - y^-q, q < 0."""
    size = abs(length)
    x = size - c if length > 0.0 else c
    high, low = ratio(x, size)
    n, grown, grown_low = _grown(high, low, -q)
    unit = scaled(1.0, n)
    w = fma(-unit, grown, 1.0 - unit) - unit * grown_low
    # the ends: y = 0 has no logarithm, and 1 - 1 must leave nothing
    w = 1.0 if x == 0.0 else (0.0 if x == size else w)
    return _between(w, lo, hi)


@inlined
def power(c: float, length: float, lo: float, hi: float, q: float) -> float:
    """One of the two, by the sign of q."""
    return power_kept(c, length, lo, hi, q) if q > 0.0 else power_lost(c, length, lo, hi, q)


@inlined
def cosine(c: float, length: float, lo: float, hi: float) -> float:
    """lo + w*(hi-lo); the weight is measured from the nearer end, so that it has all its digits at both."""
    size = abs(length)
    x = size - c if length > 0.0 else c
    rest = size - x
    high = x > rest
    y, y_low = quarter_turns_squared(rest if high else x, size)
    w = sin_squared(y, y_low)
    height = hi - lo
    height_low = (hi - height) - lo
    w = -w if high else w
    return fma(w, height, fma(w, height_low, hi if high else lo))


@inlined
def cosine_power(c: float, length: float, lo: float, hi: float, x: float, k: float) -> float:
    """lo + w*(hi-lo), w = cos(pi/2*p^k)^(2x), or 1 - that^-1 where x < 0."""
    z, z_low = ratio(length - c, length)
    p, p_low = ratio(c, length)
    # near the end the logarithm hangs on what remains, so p is made of it
    late = z < 0.5
    p_low = ((1.0 - (1.0 - z)) - z) - z_low if late else p_low
    n, q, q_low = _grown(1.0 - z if late else p, p_low, k)
    unit = scaled(1.0, n)
    past = fma(unit, q, unit)
    past_low = fma(unit, q, unit - past) + unit * q_low
    past, past_low = (0.0, 0.0) if c == 0.0 else (past, past_low)
    left = 1.0 - past
    left_low = ((1.0 - left) - past) - past_low
    # 1 - 2^n(1+q) for n = 0 is -q, exactly, where the subtraction above would lose it
    left, left_low = (-q, -q_low) if n == 0.0 and c > 0.0 else (left, left_low)
    low_half = left <= past
    y, y_low = quarter_turn_squared(left if low_half else past, left_low if low_half else past_low)
    s, s_low = sin_squared_pair(y, y_low)
    cosine_2 = s if low_half else 1.0 - s
    cosine_2_low = s_low if low_half else ((1.0 - cosine_2) - s) - s_low
    n, q, q_low = _grown(cosine_2, cosine_2_low, abs(x))
    unit = scaled(1.0, n)
    w = fma(unit, q, unit) if x > 0.0 else fma(-unit, q, 1.0 - unit) - unit * q_low
    return _between(w, lo, hi)


@inlined
def exponential(c: float, a: float, k: float, k_low: float) -> float:
    """a * 2^(c*(kh+kl)), rounded once where the result is normal."""
    c = min(c, 4000.0 / abs(k))  # past it the result is 0
    y = c * k
    n, q, q_low = exp2(y, fma(c, k, -y) + c * k_low)
    return scaled(fma(a, q, fma(a, q_low, a)), n)


@inlined
def staircase(c: float, a: float, every: float, k: float, k_low: float) -> float:
    """a * 2^(i*(kh+kl)), i = floor(c/every)."""
    return exponential(whole_periods(c, every), a, k, k_low)


@inlined
def power_of_scale(i: float, k: float, k_low: float) -> float:
    """2^(i*(kh+kl)): a loop's scale after i periods; exactly 1 at i = 0."""
    return exponential(i, 1.0, k, k_low)


@inlined
def shrunk(rate: float, factor: float, floor: float) -> float:
    """factor*rate + (1-factor)*floor, kept on its side of the floor."""
    moved = fma(factor, rate, (1.0 - factor) * floor)
    return moved if (rate >= floor) == (moved >= floor) else floor


@inlined
def inverse(c: float, a: float, g: float, s: float, d: float, q: float) -> float:
    """a * ((g*c + s)/d)^-q, the base in two words."""
    top = fma(g, c, s)
    product = g * c
    # g*c + s exactly: the product in two words, then the sum in two
    part = product + s
    back = part - product
    top_low = ((product - (part - back)) + (s - back)) + fma(g, c, -product) + (part - top)
    b = top / d
    b_low = (fma(-b, d, top) + top_low) / d
    log, log_low = log2(b, b_low)
    t = max(-q * log, -4000.0)
    n, grown, grown_low = exp2(t, fma(-q, log, -t) - q * log_low if t > -4000.0 else 0.0)
    return scaled(fma(a, grown, fma(a, grown_low, a)), n)


@inlined
def tanh(c: float, lo: float, hi: float, y: float, y_low: float, k: float, k_low: float) -> float:
    """lo + (hi-lo)/(1 + 2^(yh+yl + c*(kh+kl)))."""
    product = c * k
    t = y + product
    back = t - y
    low = ((y - (t - back)) + (product - back)) + (y_low + fma(c, k, -product) + c * k_low)
    t = min(max(t, -1000.0), 1000.0)
    n, q, q_low = exp2(t, low)
    unit = scaled(1.0, n)
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
def whole_periods(c: float, period: float) -> float:
    """floor(c/period) exactly: the rounded quotient can be one too large."""
    i = math.floor(c / period)
    return i - 1.0 if fma(i, period, -c) > 0.0 else i
