"""What repeats: whole periods, the steps of a time map, and what a loop keeps of its rates."""

import math

from fastlr.kernels.jit.arithmetic import exp2, fma, scaled
from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.powers import SLOW, exponent_of
from fastlr.program.opcodes import LAST_STEP

__all__ = ["paced", "share_of_scale", "shrunk", "whole_periods"]


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


@inlined
def share_of_scale(i: float, k: float, k_low: float) -> tuple[float, float]:
    """A loop's scale after i periods, 2^(i*(kh+kl)), exactly 1 at i = 0, and what is lost to
    it: near 1 all of its digits.
    """
    t, t_low = exponent_of(i, k, k_low, True)
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
