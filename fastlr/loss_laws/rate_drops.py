"""The sum over the changes of a rate in which each fades by a power of the area that follows it.

With ``D_k`` the change of the rate at step k, ``a_k = C * eta_k^-gamma`` and ``x_k = S_t -
S_(k-1)``, the sum at step t is ``sum over k of D_k * (1 - (1 + a_k*x_k)^-beta)``, the *drop*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.kernels.selection import Backend
from fastlr.loss_laws.exponential_sums import nodes

__all__ = ["Inner", "drop_slopes", "drops"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

# The largest logarithm of a power that stays finite in float64, with room for its factors.
_MAX_LOG_POWER = 600.0
_MAX_RATIO = 1e40  # of the range of r; beyond it the terms are added one by one
# Nanoseconds that a node of the exponential sum, a term of the direct sum and a step take.
_NODE_NS, _TERM_NS, _STEP_NS = 2.5, 10.0, 1.5
_FEW = 8  # steps for which slopes are summed term by term, which is then faster


class Inner(NamedTuple):
    """The constants inside the bracket of the sum."""

    C: float
    beta: float
    gamma: float


def drops(backend: Backend, inner: Inner, rates: Array, t: Steps) -> tuple[Array, Array]:
    """The area under the rates, and the drop, at rising steps ``t``."""
    low, high = _range(inner, rates[: t[-1] + 1]) if t.size > 1 else (0.0, 0.0)
    if _has_exponential_sum(inner, low, high) and not _is_direct_faster(rates, t, high / low):
        by, sums = nodes(inner.beta, low, high), np.empty((t.size, 3))
        backend.multi_power_exponentials(rates, t, inner, by, np.empty((1, by.shape[1])), sums)
        return sums[:, 0], sums[:, 1] - sums[:, 2]
    sums = np.empty((t.size, 2))
    backend.multi_power_terms(rates, t, inner, sums)
    return sums[:, 0], sums[:, 1]


def drop_slopes(
    backend: Backend, inner: Inner, rates: Array, t: Steps
) -> tuple[Array, Array, Array, Array, Array]:
    """The area under the rates, the drop, and its derivatives by C, beta and gamma.

    ``(1 + a_k*x)^-beta = r_k^beta * (r_k + x)^-beta`` with ``r_k = 1/a_k``. Its derivatives by
    beta, ``log(C)`` and gamma are sums of the same exponentials, times ``r_k`` and ``log(eta_k)``.
    """
    if t.size <= _FEW:
        each = [_slopes_by_terms(inner, rates[: step + 1]) for step in t.tolist()]
        total, drop, by_c, by_beta, by_gamma = np.array(each).T
        return total, drop, by_c, by_beta, by_gamma
    by = nodes(inner.beta, *_range(inner, rates[: t[-1] + 1]), slopes=True)
    sums = np.empty((t.size, 7))
    backend.multi_power_exponentials(rates, t, inner, by, np.empty((4, by.shape[1])), sums)
    total, level, held, by_weight, by_ratio, logs, logs_by_ratio = sums.T
    by_beta = math.log(inner.C) * held - by_weight - inner.gamma * logs
    by_c = (inner.beta * held - by_ratio) / inner.C
    return total, level - held, by_c, by_beta, logs_by_ratio - inner.beta * logs


def _slopes_by_terms(inner: Inner, rates: Array) -> tuple[float, ...]:
    """The same at the last of these rates, term by term."""
    after = np.cumsum(rates[::-1])[::-1]
    k = 1 + np.flatnonzero(np.diff(rates))
    change, rate, x = rates[k] - rates[k - 1], rates[k], after[k]
    to_zero = float(change[(rate == 0) & (x > 0)].sum())  # their bracket is 1
    change, rate, x = change[rate > 0], rate[rate > 0], x[rate > 0]
    logs = np.log(rate)
    a_x = np.exp(math.log(inner.C) - inner.gamma * logs) * x
    log_base = np.log1p(a_x)
    left = change * np.exp(-inner.beta * log_base)
    moved = inner.beta * left * a_x / (1.0 + a_x)  # by log(C)
    # sums of products: a threaded dot product takes 100 times as long on a busy machine
    drop = to_zero - float((change * np.expm1(-inner.beta * log_base)).sum())
    by_c, by_beta = float(moved.sum()) / inner.C, float((left * log_base).sum())
    return float(after[0]), drop, by_c, by_beta, -float((moved * logs).sum())


def _range(inner: Inner, rates: Array) -> tuple[float, float]:
    """Bounds of ``r_k``, the first above 0, and of ``r_k`` plus all rates that follow."""
    top = float(rates.max())
    if top == 0.0:
        return 1.0, 1.0
    least = float(rates.min()) or float(rates[rates > 0].min())
    with np.errstate(over="ignore"):  # an infinite range has no exponential sum
        low, high = np.array([least, top]) ** inner.gamma / inner.C
    return float(low), float(high + rates.sum())


def _has_exponential_sum(inner: Inner, low: float, high: float) -> bool:
    """Whether an exponential sum exists for this range and its power of -beta."""
    return (
        high < _MAX_RATIO * low
        and inner.beta * max(abs(math.log(low)), abs(math.log(high))) < _MAX_LOG_POWER
    )


def _is_direct_faster(rates: Array, t: Steps, ratio: float) -> bool:
    """Whether to add the terms one by one is faster than the exponential sum."""
    changes = np.cumsum(np.diff(rates[: t[-1] + 1], prepend=rates[0]) != 0)
    terms = _TERM_NS * float(changes[t].sum()) + _STEP_NS * float((t + 1).sum())
    return terms < _NODE_NS * (3.0 * math.log(ratio) + 25.0) * (int(changes[-1]) + t.size)
