"""Powers of numbers in two words: the exponent, the logarithm and the result of a power.

The functions pass a power on as the three numbers n, q and q_low that ``exp2`` of ``arithmetic``
returns: it is ``2^n * (1 + q + q_low)``.
"""

from fastlr.kernels.jit.arithmetic import (
    exp2,
    exp2_fine,
    fma,
    log2,
    log2_fine,
    scaled,
    split,
    two_sum,
    two_words,
)
from fastlr.kernels.jit.compiling import inlined

__all__ = [
    "NORMAL",
    "SLOW",
    "STEEP",
    "between",
    "between_pair",
    "exponent_of",
    "is_plain",
    "is_steep",
    "log2_of",
    "power_of",
    "raised",
    "rest_of",
    "words_of",
]

NORMAL = 1000.0  # 2 to the power of this, or of minus this, is a normal number
# powers below it need no `fine` logarithms, and are normal numbers for quotients from 2^-53 on
STEEP = NORMAL / 53.0
SLOW = 2.0**40  # steps: a change that takes longer needs a second word per rate


@inlined
def is_steep(q: float) -> bool:
    """Whether a power is so large that it has to be ``fine``."""
    return q >= STEEP


@inlined
def is_plain(c: float, k: float) -> bool:
    """Whether an exponential up to step c needs no ``deep``."""
    return c * abs(k) < NORMAL and abs(k) * SLOW >= 1.0


@inlined
def exponent_of(q: float, log: float, log_low: float, deep: bool) -> tuple[float, float]:
    """``q * (log + log_low)`` in two words; where deep, kept above -4000, where the power is 0."""
    t = q * log
    t_low = fma(q, log_low, fma(q, log, -t))
    if not deep:
        return t, t_low
    return max(t, -4000.0), t_low if t > -4000.0 else 0.0


@inlined
def log2_of(high: float, low: float, fine: bool) -> tuple[float, float]:
    """log2(high + low) in two words."""
    if fine:
        e, s, s_low = split(high, low)
        return log2_fine(e, s, s_low)
    return log2(high, low)


@inlined
def raised(high: float, low: float, q: float, fine: bool) -> tuple[float, float, float]:
    """``(high + low)^q`` as exp2 gives it, where that is at most 2^2046."""
    log, log_low = log2_of(high, low, fine)
    t, t_low = exponent_of(q, log, log_low, True)
    return exp2_fine(t, t_low) if fine else exp2(t, t_low, True)


@inlined
def between(w: float, lo: float, hi: float) -> float:
    """lo + w*(hi-lo) for 0 <= lo <= hi, the height in two words: hi at w = 1, to the bit."""
    height = hi - lo
    height_low = (hi - height) - lo
    return fma(w, height, fma(w, height_low, lo))


@inlined
def between_pair(w: float, w_low: float, lo: float, hi: float) -> tuple[float, float]:
    """lo + w*(hi-lo) in two words, for w in two words."""
    height = hi - lo
    height_low = (hi - height) - lo
    part = w * height
    part_low = fma(w, height, -part) + fma(w_low, height, w * height_low)
    total, rest = two_sum(lo, part)
    return total, rest + part_low


@inlined
def words_of(n: float, q: float, q_low: float, deep: bool) -> tuple[float, float]:
    """A power, as exp2 gives it, in two words."""
    unit = scaled(1.0, n, deep)
    one, one_low = two_words(1.0, q)
    return unit * one, unit * (one_low + q_low)


@inlined
def rest_of(n: float, q: float, q_low: float, deep: bool) -> tuple[float, float]:
    """1 less a power of at most 1, in two words."""
    unit = scaled(1.0, n, deep)
    # either word of 1 - unit may be 0
    less, less_low = two_sum(1.0, -unit)
    rest, rest_low = two_words(less, -unit * q)
    return rest, rest_low + (less_low - unit * q_low)


@inlined
def power_of(
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
