"""One function per curve: its formula from ``program/opcodes.py``, in that order of operations;
and the table of curves, from which ``curves`` makes their kernels.

``c`` is a step, counted from the segment's start. Steps and lengths are exact integers in float64.
Each function is inlined into the loops of ``blocks`` and ``ranges``. The curves that are measured
from both ends are in ``lines_and_cosines``, those that share a polynomial among 128 steps in
``patches``.

Flags ask for more work where the result needs it, with the same bits where it does not:

- ``wide`` for a length whose square needs two words.
- ``deep`` for a power of two that is no normal number, or that one word cannot distinguish from the
  next step's.
- ``fine`` for a power so large that it would show the error of a logarithm or of its base. It
  depends on the segment's numbers alone: all steps of a segment have it, or none.
"""

from typing import Any, NamedTuple

from fastlr.kernels.jit.arithmetic import exp2, fma, log2_sum, quotient, scaled, two_sum
from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.lines_and_cosines import WIDE, cosine, linear, square
from fastlr.kernels.jit.patches import (
    cosine_about,
    cosine_power,
    exponential,
    exponential_about,
    exponential_alone,
    grown_by,
    inverse,
    inverse_about,
    is_sharp,
    patched_cosine,
    patched_exponential,
    patched_inverse,
    patched_power,
    power,
    power_about,
)
from fastlr.kernels.jit.periods import whole_periods
from fastlr.kernels.jit.powers import SLOW, between, exponent_of, is_plain, is_steep, raised

__all__ = [
    "CURVES",
    "Curve",
    "affine_exponential",
    "eden",
    "logarithmic",
    "reciprocal",
    "rex",
    "stair",
    "staircase",
    "tanh",
]


@inlined
def stair(i: float, a: float, k: float, k_low: float) -> float:
    """a * 2^(i*(kh+kl))."""
    return exponential_alone(i, a, k, k_low, True)


@inlined
def staircase(c: float, a: float, every: float, k: float, k_low: float) -> float:
    """The same, i = floor(c/every)."""
    return stair(whole_periods(c, every), a, k, k_low)


@inlined
def reciprocal(c: float, a: float, g: float, s: float, d: float) -> float:
    """a * d/(g*c + s), the quotient in two words."""
    bottom, bottom_low = grown_by(c, g, s)
    unit = 1.0 / bottom
    w = d * unit
    w_low = fma(-w, bottom_low, fma(-w, bottom, d)) * unit
    return fma(a, w, a * w_low)


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
    return between(w, lo, hi)


@inlined
def _exp2_less_1(x: float, k: float, k_low: float) -> tuple[float, float]:
    """2^(x*(kh+kl)) - 1 as a sum of two, for exponents from -60 to 60."""
    t, t_low = exponent_of(x, k, k_low, False)
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
    return between(min(w, 1.0), lo, hi)


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
    return between(1.0 if falls and c == 0.0 else min(w, 1.0), lo, hi)


@inlined
def eden(c: float, a: float, d: float, q: float, fine: bool) -> float:
    """a * (1 + (c/d)^2)^-q, the base in two words."""
    u, u_low = quotient(c, d)
    square = u * u
    b, b_low = two_sum(1.0, square)
    n, grown, grown_low = raised(b, b_low + fma(2.0 * u, u_low, fma(u, u, -square)), -q, fine)
    return scaled(fma(a, grown, fma(a, grown_low, a)), n, True)


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
