"""The sums of loss laws over the rates of a run, in plain NumPy: the definition of correct for the
compiled backends.

With ``D_k = rate_k - rate_(k-1)``, ``S_t`` the sum of the rates up to step t and ``a_k = C *
rate_k^-gamma``, the drop at step t is

    sum over k = 1 .. t of D_k * (1 - (1 + a_k * (S_t - S_(k-1)))^-beta).

``multi_power_terms`` adds up the terms for each step. ``multi_power_exponentials`` goes through the
run once. With ``r_k = 1/a_k`` and ``y^-beta`` as a sum of ``w_j * exp(-s_j * y)`` over nodes
``s_j``, as exactly as the nodes allow (``laws.nodes``),

    D_k * (1 + a_k * x)^-beta = D_k * r_k^beta * (r_k + x)^-beta = sum over j of w_j * D_k *
    r_k^beta * exp(-s_j * (r_k + x)),

and each node has one state. A term is added to it at step k, and it is multiplied by
``exp(-s_j * rate)`` at each step.

Where the rate is 0, ``a_k`` is infinite: its term is ``D_k`` as soon as a rate above 0 follows, and
0 before.
"""

import math

import numpy as np
import numpy.typing as npt

__all__ = [
    "annealing_momenta",
    "last_iterate_sums",
    "multi_power_exponentials",
    "multi_power_terms",
]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]
Law = tuple[float, float, float]  # C, beta, gamma


def multi_power_terms(rates: Array, t: Steps, law: Law, out: Array) -> None:
    """The sum of the rates and the drop at each of steps ``t``, into ``out`` (steps, 2)."""
    for row, step in zip(out, t.tolist(), strict=True):
        # sums from each step on: differences of sums from step 0 would cancel
        after = np.cumsum(rates[step::-1])[::-1]
        change = np.diff(rates[: step + 1])
        row[:] = after[0], (change * _share(rates[1 : step + 1], after[1:], law)).sum()


def _share(rates: Array, after: Array, law: Law) -> Array:
    """The part of each rate change that has become a drop of the loss.

    ``after`` is the sum of the rates since the change.
    """
    c, beta, gamma = law
    share = np.where(after > 0, 1.0, 0.0)
    some = rates > 0
    with np.errstate(over="ignore"):  # an infinite ratio is a share of 1
        share[some] = 1.0 - (1.0 + c * rates[some] ** -gamma * after[some]) ** -beta
    return share


def multi_power_exponentials(
    rates: Array, t: Steps, law: Law, nodes: Array, states: Array, out: Array
) -> None:
    """The same sums at rising steps ``t``, in one pass, into ``out`` (steps, 3 or 7).

    A row of ``out`` has the sum of the rates, the last rate above 0 minus the first rate, and the
    sum of the exponentials. The drop is the second minus the third.

    ``nodes`` has a row of nodes and a row of weights. It may have two more rows: the weights'
    slopes by beta, and the weights times the nodes. Then there are four more sums: with those
    slopes; of terms times r and nodes; of terms times ``log(rate)``; and of terms times all
    three.

    ``states`` is scratch for one number per node, or four.
    """
    states[:] = 0.0
    which = [(1, 0), (2, 0), (3, 1), (1, 2), (3, 3)][: out.shape[1] - 2]
    sums, level, begin = np.cumsum(rates[: t[-1] + 1]), rates[0], 0
    for row, step in zip(out, t.tolist(), strict=True):
        for k in range(begin, step + 1):
            if k > 0 and rates[k] != rates[k - 1] and rates[k] > 0:
                _take_up(nodes[0], states, rates[k] - rates[k - 1], rates[k], law)
                level = rates[k]
            states *= np.exp(-nodes[0] * rates[k])
        begin = step + 1
        row[:] = (
            sums[step],
            level - rates[0],
            *((nodes[weight] * states[state]).sum() for weight, state in which),
        )


def _take_up(nodes: Array, states: Array, change: float, rate: float, law: Law) -> None:
    c, beta, gamma = law
    r, log = rate**gamma / c, math.log(rate)
    times = np.array([1.0, r, log, r * log])[: len(states)]
    states += times[:, np.newaxis] * (change * r**beta * np.exp(-nodes * r))


def annealing_momenta(rates: Array, t: Steps, decay: float, out: Array) -> None:
    """The sums of the rates, of the momenta of their fall, and of the momenta's slopes by
    ``decay``, at rising steps ``t``.
    """
    momentum = slope = 0.0
    table = np.zeros((t[-1] + 1, 2))
    for k, fall in enumerate((-np.diff(rates[: len(table)])).tolist(), 1):
        slope = decay * slope + momentum
        momentum = decay * momentum + fall
        table[k] = momentum, slope
    out[:, 0] = np.cumsum(rates[: len(table)])[t]
    out[:, 1:] = np.cumsum(table, axis=0)[t]


def last_iterate_sums(rates: Array, sums: Array) -> None:
    """Add the rates of steps before those added so far to five ``sums``.

    With ``beta_k`` the sum of the rates from step k on, and ``gamma_k`` that of their squares,
    they are ``beta``, ``gamma`` (each in two parts, for the first step added) and the sum of
    ``(rate_k/beta_{k+1}) * (gamma_k/beta_k)``. Where ``beta_{k+1}`` is 0 there is no term.
    """
    backwards = rates[::-1]
    beta, gamma = np.cumsum(backwards), np.cumsum(backwards * backwards)
    later = sums[0] + sums[1] + np.append(0.0, beta[:-1])
    moves = later > 0
    ratio = np.divide(backwards, later, where=moves, out=np.zeros(rates.size))
    mean = np.divide(sums[2] + sums[3] + gamma, sums[0] + sums[1] + beta, where=moves, out=later)
    sums[4] += (ratio * mean).sum()
    sums[0] += beta[-1]
    sums[2] += gamma[-1]
