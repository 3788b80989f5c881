"""The sums of loss laws over the rates of a run, in plain NumPy: what the compiled backends do, and
the definition of correct.

With ``D_k = rate_k - rate_(k-1)``, ``S_t`` the sum of the rates up to step t and ``a_k = C *
rate_k^-gamma``, the drop at step t is

    sum over k = 1 .. t of D_k * (1 - (1 + a_k * (S_t - S_(k-1)))^-beta).

``drop`` adds up the terms of each step that is asked. ``drops`` goes through the run once: as ``r_k
= 1/a_k`` and ``y^-beta`` is a sum of ``w_j * exp(-s_j * y)`` over nodes ``s_j``, to within what
they are made for (``laws.nodes``),

    D_k * (1 + a_k * x)^-beta = D_k * r_k^beta * (r_k + x)^-beta = sum over j of w_j * D_k *
    r_k^beta * exp(-s_j * (r_k + x)),

and each node has one state, which takes up a term at step k and is multiplied by ``exp(-s_j *
rate)`` at each step.

Where the rate is 0, ``a_k`` is infinite: its term is ``D_k`` as soon as a rate above 0 follows, and
0 before.
"""

import math

import numpy as np
import numpy.typing as npt

__all__ = ["annealed", "drop", "drops"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]
Law = tuple[float, float, float]  # C, beta, gamma


def drop(rates: Array, t: Steps, law: Law, out: Array) -> None:
    """The sum of the rates and the drop at each of steps ``t``, into ``out`` (steps, 2)."""
    for row, step in zip(out, t.tolist(), strict=True):
        # from each step on: differences of sums from 0 would cancel
        after = np.cumsum(rates[step::-1])[::-1]
        change = np.diff(rates[: step + 1])
        row[:] = after[0], (change * _share(rates[1 : step + 1], after[1:], law)).sum()


def _share(rates: Array, after: Array, law: Law) -> Array:
    """Of changes of the rate, what has become a drop of the loss, where the rates since have
    the sum ``after``.
    """
    c, beta, gamma = law
    share = np.where(after > 0, 1.0, 0.0)
    some = rates > 0
    with np.errstate(over="ignore"):  # an infinite ratio is a share of 1
        share[some] = 1.0 - (1.0 + c * rates[some] ** -gamma * after[some]) ** -beta
    return share


def drops(rates: Array, t: Steps, law: Law, nodes: Array, states: Array, out: Array) -> None:
    """At rising steps ``t``, in one pass, into ``out`` (steps, 3 or 7).

    A row is the sum of the rates, the last rate above 0 less the first of all, and what the
    exponentials amount to, by which that is more than the drop. ``nodes`` has a row of nodes and
    one of weights; with two more, the weights' slopes by beta and weights times nodes, there are
    four more sums: with those slopes; of terms times r and nodes, of terms times ``log(rate)``, and
    of terms times all three. ``states`` is room for one number a node, or four.
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


def annealed(rates: Array, t: Steps, decay: float, out: Array) -> None:
    """At rising steps ``t``: the sums of the rates, of the momenta of their fall, and of those
    momenta's slopes by ``decay``.
    """
    momentum = slope = 0.0
    table = np.zeros((t[-1] + 1, 2))
    for k, fall in enumerate((-np.diff(rates[: len(table)])).tolist(), 1):
        slope = decay * slope + momentum
        momentum = decay * momentum + fall
        table[k] = momentum, slope
    out[:, 0] = np.cumsum(rates[: len(table)])[t]
    out[:, 1:] = np.cumsum(table, axis=0)[t]
