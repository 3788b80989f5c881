"""Checks of what adapters write into an optimizer, shared by the adapters of all packages."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fastlr.schedule.schedule import Schedule

__all__ = ["check_below_one"]

# what an optimizer averages with, under the names of torch, Keras, optax and MLX: a weight of 1 or
# more makes its moments grow without end, or divides by 0
_BELOW_ONE = frozenset(
    [
        *("momentum", "ema_momentum", "rho"),
        *("beta", "beta1", "beta2", "beta3", "beta_1", "beta_2", "b1", "b2", "b3"),
    ]
)

_BELOW = float(np.nextafter(1.0, 0.0))
_BELOW_IN_FLOAT32 = float(np.nextafter(1.0 - 2.0**-25, 0.0))  # the last that float32 puts below 1
_SEARCHED = 2**24  # steps of a schedule that can only be searched step by step


def check_below_one(where: str, quantities: Mapping[str, Schedule], single: bool = False) -> None:
    """Raise ``ValueError`` if a momentum or a beta is 1 or more at any step.

    Parameters
    ----------
    where : str
        What the message begins with: the name of the adapter.
    quantities : mapping of str to Schedule
        The schedules by the name of what they set. Only momenta and betas are checked.
    single : bool, default False
        Whether the adapter rounds to float32, in which numbers just below 1 are 1.

    Notes
    -----
    All steps that can be evaluated are checked. Of a product or sum that repeats for ever, the
    first 2**24 are.
    """
    below = _BELOW_IN_FLOAT32 if single else _BELOW
    for name, schedule in quantities.items():
        at = _first_above(schedule, below) if name in _BELOW_ONE else -1
        if at >= 0:
            raise ValueError(
                f"{where}: {name} must be below 1 at every step, got {np.max(schedule(at))} at "
                f"step {at:,}; end it below 1, or cap it: schedule.clip(0.0, 0.999)"
            )


def _first_above(schedule: Schedule, rate: float) -> int:
    """The first step at which any lane is above a rate, or -1."""
    try:
        found = np.asarray(schedule.first_above(rate))
    except ValueError:  # a combination without an end, too long to be searched whole
        found = np.asarray(schedule.first_above(rate, 0, _SEARCHED))
    return int(min(found[found >= 0], default=-1))
