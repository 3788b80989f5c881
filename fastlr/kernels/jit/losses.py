"""The sums of loss laws over the rates of a run, operation by operation those of csrc/losses.h.

``reference_losses.py`` defines them.
"""

from typing import Any

from fastlr.kernels.jit.arithmetic import exp2, fma, log2_sum, scaled, two_sum
from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.kernels.jit.pointers import doubles_of, on_stack, plus

__all__ = [
    "annealing_momenta",
    "last_iterate_sums",
    "multi_power_exponentials",
    "multi_power_terms",
]

TERMS = 256  # terms of a sum that are computed together
PARTS = 8  # partial sums, so that a machine adds many numbers at a time
_SMALLEST, _LARGEST = 1e-300, 1e300  # log2_sum needs normal numbers
_STEEPEST = 1000.0  # exponents for which `scaled` needs no `deep`
_LOG2_E, _LN_2 = 1.4426950408889634, 0.6931471805599453
_ROWS = 5  # of numbers that a term needs
_terms, _parts = on_stack(_ROWS * TERMS), on_stack(PARTS)


@inlined
def _log2_of(x: float) -> float:
    high, low = log2_sum(min(max(x, _SMALLEST), _LARGEST), 0.0)
    return high + low


@inlined
def _exp2_of(e: float) -> float:
    """2^e, within what a float64 holds without subnormals."""
    n, q, _ = exp2(min(max(e, -_STEEPEST), _STEEPEST), 0.0, False)
    return scaled(1.0 + q, n, False)


@inlined
def _log2s(of: Any, n: int, out: Any) -> None:
    for i in range(n):
        out[i] = _log2_of(of[i])


@inlined
def _exp2s(x: Any, n: int, factor: float, shift: float, out: Any) -> None:
    """2^(factor * x + shift)."""
    for i in range(n):
        out[i] = _exp2_of(fma(factor, x[i], shift))


@inlined
def _clear(part: Any) -> None:
    for i in range(PARTS):
        part[i] = 0.0


@inlined
def _sum_of_parts(part: Any) -> float:
    even: float = (part[0] + part[4]) + (part[2] + part[6])
    odd: float = (part[1] + part[5]) + (part[3] + part[7])
    return even + odd


@inlined
def _rows(of: Any) -> Any:
    """Five rows of TERMS numbers."""
    return (
        of, plus(of, TERMS), plus(of, 2 * TERMS), plus(of, 3 * TERMS), plus(of, 4 * TERMS),
    )  # fmt: skip


@inlined
def _add_terms(terms: Any, n: int, c: float, beta: float, gamma: float, part: Any) -> None:
    """Add the gathered terms to the partial sums, one pass per function."""
    change, rate, after, logs, powers = _rows(terms)
    while n % PARTS != 0:
        change[n], rate[n], after[n] = 0.0, 1.0, 0.0
        n += 1
    _log2s(rate, n, logs)
    _exp2s(logs, n, -gamma, 0.0, powers)
    for i in range(n):
        after[i] = fma(c * powers[i], after[i], 1.0)
    _log2s(after, n, logs)
    _exp2s(logs, n, -beta, 0.0, powers)
    for i in range(0, n, PARTS):
        for j in range(PARTS):
            part[j] = fma(change[i + j], 1.0 - powers[i + j], part[j])


@inlined
def _gather(
    terms: Any, rates: Any, start: int, stop: int, high: float, low: float
) -> tuple[int, float, float, float]:
    """Steps stop - 1 down to start at which the rate changes, of which ``high + low`` is the sum of
    all rates behind them.

    How many there are, that sum with theirs, and the terms of rates that are 0.
    """
    total, zeros, n = 0.0, 0.0, 0
    changes, own, after, _, _ = _rows(terms)
    for k in range(stop - 1, start - 1, -1):
        change = rates[k] - rates[k - 1] if k > 0 else 0.0
        total += rates[k]
        if change != 0.0:
            x = high + (low + total)
            changes[n], own[n], after[n] = change, rates[k], x
            n += 1 if rates[k] > 0.0 else 0
            zeros += change if rates[k] == 0.0 and x > 0.0 else 0.0
    high, more = two_sum(high, total)
    return n, high, more + low, zeros


@kernel
def _multi_power_terms(rates: Any, t: Any, c: float, beta: float, gamma: float, out: Any) -> None:
    terms, part = _terms(), _parts()
    of = doubles_of(rates)
    for i in range(t.size):
        _clear(part)
        high, low, zeros = 0.0, 0.0, 0.0
        for stop in range(t[i] + 1, 0, -TERMS):
            n, high, low, more = _gather(terms, of, max(stop - TERMS, 0), stop, high, low)
            zeros += more
            _add_terms(terms, n, c, beta, gamma, part)
        out[i, 0], out[i, 1] = high + low, _sum_of_parts(part) + zeros


@inlined
def _relax(s: Any, size: int, states: Any, slopes: bool, x: float) -> None:
    """The states, after steps whose rates have the sum x."""
    if x == 0.0:
        return
    first = states
    if not slopes:
        for j in range(size):
            first[j] *= _exp2_of(s[j] * x * -_LOG2_E)
        return
    second, third, fourth = plus(states, size), plus(states, 2 * size), plus(states, 3 * size)
    for j in range(size):
        left = _exp2_of(s[j] * x * -_LOG2_E)
        first[j] *= left
        second[j] *= left
        third[j] *= left
        fourth[j] *= left


@inlined
def _make_ready(
    ready: Any, rates: Any, start: int, stop: int, c: float, beta: float, gamma: float
) -> None:
    """The steps at which the rate changes, and not to 0: their changes times r^beta, the rates'
    logarithms, and r.
    """
    (change, rate, logs, r, _), n = _rows(ready), 0
    for k in range(max(start, 1), stop):
        change[n], rate[n] = rates[k] - rates[k - 1], rates[k]
        n += 1 if rates[k] != rates[k - 1] and rates[k] > 0.0 else 0
    log2_c = _log2_of(c)
    _log2s(rate, n, logs)
    _exp2s(logs, n, gamma, -log2_c, r)
    _exp2s(logs, n, beta * gamma, -beta * log2_c, rate)
    for i in range(n):
        change[i] *= rate[i]


@inlined
def _take_up(s: Any, size: int, states: Any, slopes: bool, ready: Any, i: int) -> None:
    """The i-th term into the states; for slopes also times r, log(rate), and both."""
    change, _, logs, rs, _ = _rows(ready)
    first, c, r, log_rate = states, change[i], rs[i], logs[i] * _LN_2
    if not slopes:
        for j in range(size):
            first[j] = fma(c, _exp2_of(s[j] * r * -_LOG2_E), first[j])
        return
    second, third, fourth = plus(states, size), plus(states, 2 * size), plus(states, 3 * size)
    c_r, c_log = c * r, c * log_rate
    c_r_log = c_r * log_rate
    for j in range(size):
        left = _exp2_of(s[j] * r * -_LOG2_E)
        first[j] = fma(c, left, first[j])
        second[j] = fma(c_r, left, second[j])
        third[j] = fma(c_log, left, third[j])
        fourth[j] = fma(c_r_log, left, fourth[j])


@inlined
def _weighted(weight: Any, state: Any, size: int, part: Any) -> float:
    _clear(part)
    for j in range(0, size, PARTS):
        for i in range(PARTS):
            part[i] = fma(weight[j + i], state[j + i], part[i])
    return _sum_of_parts(part)


@inlined
def _amounts(nodes: Any, size: int, states: Any, slopes: bool, out: Any, part: Any) -> None:
    """What the states amount to: rows 1 to 3 of the nodes are weights, their slopes by beta,
    and weights times nodes.
    """
    weights, by_beta, by_node = plus(nodes, size), plus(nodes, 2 * size), plus(nodes, 3 * size)
    out[2] = _weighted(weights, states, size, part)
    if slopes:
        out[3] = _weighted(by_beta, states, size, part)
        out[4] = _weighted(by_node, plus(states, size), size, part)
        out[5] = _weighted(weights, plus(states, 2 * size), size, part)
        out[6] = _weighted(by_node, plus(states, 3 * size), size, part)


@kernel
def _multi_power_exponentials(
    rates: Any, t: Any, c: float, beta: float, gamma: float, nodes: Any, states: Any, out: Any
) -> None:
    ready, part, of, to = _terms(), _parts(), doubles_of(rates), doubles_of(out)
    s, held, size, slopes = (
        doubles_of(nodes),
        doubles_of(states),
        nodes.shape[1],
        states.shape[0] > 1,
    )
    high, low, level, ahead = 0.0, 0.0, rates[0], 0.0
    last, k, following = t[t.size - 1], 0, 0
    for j in range(states.size):
        held[j] = 0.0
    for i in range(t.size):
        while k <= t[i]:
            if k % TERMS == 0:
                _make_ready(ready, of, k, min(k + TERMS, last + 1), c, beta, gamma)
                following = 0
            if k > 0 and rates[k] != rates[k - 1] and rates[k] > 0.0:
                _relax(s, size, held, slopes, ahead)
                _take_up(s, size, held, slopes, ready, following)
                following, ahead, level = following + 1, 0.0, rates[k]
            ahead += rates[k]
            high, low = two_sum(high, rates[k] + low)
            k += 1
        _relax(s, size, held, slopes, ahead)
        ahead, row = 0.0, plus(to, i * out.shape[1])
        row[0], row[1] = high + low, level - rates[0]
        _amounts(s, size, held, slopes, row, part)


@kernel
def _annealing_momenta(rates: Any, t: Any, decay: float, out: Any) -> None:
    high, low, momenta, momenta_low, slopes, slopes_low = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    momentum, slope, k = 0.0, 0.0, 0
    for i in range(t.size):
        while k <= t[i]:
            fall = rates[k - 1] - rates[k] if k > 0 else 0.0
            slope = fma(decay, slope, momentum)
            momentum = fma(decay, momentum, fall)
            high, low = two_sum(high, rates[k] + low)
            momenta, momenta_low = two_sum(momenta, momentum + momenta_low)
            slopes, slopes_low = two_sum(slopes, slope + slopes_low)
            k += 1
        out[i, 0], out[i, 1], out[i, 2] = high + low, momenta + momenta_low, slopes + slopes_low


@inlined
def _fill_rows(rates: Any, stop: int, size: int, sums: Any, rows: Any) -> tuple[float, float]:
    """Write the last ``size`` rates before ``stop`` backwards, with the sums behind them."""
    rate, later, begun, squares, _ = rows
    total, square, before, squared = 0.0, 0.0, sums[0] + sums[1], sums[2] + sums[3]
    for i in range(size):
        rate[i] = rates[stop - 1 - i]
        later[i] = before + total
        total += rate[i]
        square = fma(rate[i], rate[i], square)
        begun[i] = before + total
        squares[i] = squared + square
    return total, square


@inlined
def _add_bound_terms(rows: Any, size: int, part: Any) -> None:
    rate, later, begun, squares, _ = rows
    while size % PARTS != 0:
        rate[size], later[size], squares[size] = 0.0, 0.0, 0.0
        size += 1
    for i in range(0, size, PARTS):
        for j in range(PARTS):
            moves = later[i + j] > 0.0
            ratio = rate[i + j] / (later[i + j] if moves else 1.0)
            mean = squares[i + j] / (begun[i + j] if moves else 1.0)
            part[j] = fma(ratio if moves else 0.0, mean, part[j])


@kernel
def _last_iterate_sums(rates: Any, sums: Any) -> None:
    rows, part, of, to = _rows(_terms()), _parts(), doubles_of(rates), doubles_of(sums)
    _clear(part)
    for stop in range(rates.size, 0, -TERMS):
        size = min(stop, TERMS)
        total, square = _fill_rows(of, stop, size, to, rows)
        _add_bound_terms(rows, size, part)
        to[0], low = two_sum(to[0], total)
        to[1] += low
        to[2], low = two_sum(to[2], square)
        to[3] += low
    to[4] += _sum_of_parts(part)


def last_iterate_sums(rates: Any, sums: Any) -> None:
    """Add the rates of steps before those added so far to five float64 ``sums``."""
    _last_iterate_sums(rates, sums)


def multi_power_terms(rates: Any, t: Any, law: tuple[float, float, float], out: Any) -> None:
    """The sum of float64 ``rates`` and the drop at each of int64 steps ``t``, into float64
    ``out`` (steps, 2).
    """
    _multi_power_terms(rates, t, *law, out)


def multi_power_exponentials(
    rates: Any, t: Any, law: tuple[float, float, float], nodes: Any, states: Any, out: Any
) -> None:
    """At rising steps, in one pass, by exponentials: ``nodes`` (2 or 4 rows), ``states`` (1 or
    4), ``out`` (steps, 3 or 7).
    """
    _multi_power_exponentials(rates, t, *law, nodes, states, out)


def annealing_momenta(rates: Any, t: Any, decay: float, out: Any) -> None:
    """The sums of an annealing law over float64 ``rates`` at rising int64 steps ``t``, into
    float64 ``out`` (steps, 3).
    """
    _annealing_momenta(rates, t, decay, out)
