"""Bound the loss of the last iterate under a schedule, by sums over the rates of a run.

With rates ``eta_1`` to ``eta_T``, ``beta_k`` their sum from the k-th on and ``gamma_k`` the sum of
their squares from there, the bound is ``distance^2 * travel + gradient^2 * noise``, where

    travel = 1/(2 beta_1)
    noise = gamma_1/(2 beta_1) + 1/2 sum_{k<T} (eta_k/beta_{k+1}) (gamma_k/beta_k).

A run is read once, from its last step backwards, one block of rates at a time.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.output_arrays import in_one_row
from fastlr.program.program import positions

__all__ = ["BoundTerms", "bound_terms"]

Array = npt.NDArray[np.float64]
Table = Callable[[Array, range, range, int, int, Array], None]  # that of a backend
AddRates = Callable[[Array, Array], None]  # the backend's last_iterate_sums

_BLOCK = 1 << 13  # rates at a time, which stay in a processor's first caches


class BoundTerms(NamedTuple):
    """The two terms of the bound, per lane."""

    travel: Array
    noise: Array


def bound_terms(
    program: Array, lanes: int, steps: range, table: Table, add_rates: AddRates
) -> BoundTerms:
    """Return the terms of each lane over ``steps``; infinite where every rate is 0."""
    sums = np.zeros((lanes, 5))
    memory = np.empty(min(_BLOCK, len(steps)))
    rates = in_one_row(memory, lanes)
    for lane, place in enumerate(positions(program).tolist()):
        for stop in range(len(steps), 0, -_BLOCK):
            start, lanes_read = max(0, stop - _BLOCK), range(lane, lane + 1)
            block = rates[:, : stop - start]
            table(program, lanes_read, range(stop - start), steps.start + start, 1, block)
            add_rates(memory[: stop - start], sums[place])
    beta, gamma = sums[:, 0] + sums[:, 1], sums[:, 2] + sums[:, 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = np.where(beta > 0, 0.5 * (gamma / beta + sums[:, 4]), np.inf)
        return BoundTerms(0.5 / beta, noise)
