"""Lines, squares and cosines, which are measured from the nearer of their two ends: its level, and
a rise towards the other, which is a slope of two words times an exact integer.

So both ends are exact, and no digits are lost near them. The functions ``..._slope`` compute what
is the same for all steps of a segment, so that a loop computes it once. ``formulas`` describes the
arguments.
"""

from fastlr.kernels.jit.arithmetic import fma, over_square, sin_squared_tail
from fastlr.kernels.jit.compiling import inlined

__all__ = [
    "SQUARE_TURN",
    "TURN",
    "WIDE",
    "cosine",
    "cosine_rise",
    "cosine_slope",
    "kept_by_middle",
    "linear",
    "linear_rise",
    "linear_slope",
    "middle_rate",
    "square",
    "square_rise",
    "square_slope",
]

_QUARTER_PI_2, _QUARTER_PI_2_LOW = 2.4674011002723395, 1.5663238771849278e-16  # pi^2/4

TURN = 0.5  # of a line and a cosine: where the other end becomes the nearer
SQUARE_TURN = 0.29289321881345254  # of a square, 1 - sqrt(1/2), where it has gone half of its way
WIDE = 2.0**26  # the longest length whose square, and twice it, is exact in one word


@inlined
def _slope(lo: float, hi: float, unit: float, unit_low: float) -> tuple[float, float]:
    """``(hi - lo) * (unit + unit_low)`` in two words, for 0 <= lo <= hi."""
    height = hi - lo
    slope = height * unit
    return slope, fma(height, unit, -slope) + fma(height, unit_low, ((hi - height) - lo) * unit)


@inlined
def middle_rate(lo: float, hi: float) -> float:
    """The rate half of the way between two levels."""
    return fma(0.5, hi - lo, lo)


@inlined
def kept_by_middle(rate: float, high: bool, middle: float) -> float:
    """No further from its end than the middle, so that a wide segment stays monotone where its
    halves meet.
    """
    return max(rate, middle) if high else min(rate, middle)


@inlined
def _from_nearer(high: bool, lo: float, hi: float, rise: float, wide: bool) -> float:
    """From the level of the nearer end, ``hi`` or ``lo``, towards the other."""
    rate = hi - rise if high else lo + rise
    return kept_by_middle(rate, high, middle_rate(lo, hi)) if wide else rate


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
def cosine_rise(
    x: float, square: float, unit: float, slope: float, slope_low: float, wide: bool
) -> float:
    """sin(pi/2 * x/size)^2 of the height, x <= size/2: the square of the angle, then what the
    sine falls short of it.

    ``square`` is x*x, rounded; ``x`` counts only where that is not exact.
    """
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
    x = min(size - c, c)
    rise = cosine_rise(x, x * x, unit, slope, slope_low, wide)
    return _from_nearer((length > 0.0) != late, lo, hi, rise, wide and size > WIDE)
