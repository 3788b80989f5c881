"""Give a schedule the length of its run."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from fastlr.plateau.rule import Plateau
from fastlr.schedule.constructor_names import join, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["of_length"]

T = TypeVar("T", Schedule, Plateau, Schedule | Plateau)


def of_length(found: T, steps: int) -> T:
    """Return the schedule of a run of ``steps`` steps: ``found.steps`` is that, and no rate before
    it changes. After it the rate at step ``steps`` is held; a plateau rule stays as it is.

    >>> import fastlr as flr
    >>> s = of_length(flr.step_decay(1.0, 0.5, every=2), 3)
    >>> s.steps, s.table(3)
    (3, array([1. , 1. , 0.5]))
    """
    if not isinstance(found, Schedule):
        return found
    if steps < 1:
        raise ValueError(f"the run must have at least 1 step, got {steps}")
    if found.steps is not None and np.all(np.equal(found.steps, steps)):
        return found
    past_end: Any = found.past_end
    ends = np.asarray(np.inf if found.steps is None else found.steps)
    ended = past_end == "raise" and bool(np.any(ends <= steps))
    if ended and np.any(ends < steps):
        raise ValueError(f"steps must be at most {found.steps}, where the rates end, got {steps}")
    end = np.broadcast_to(found(steps - 1 if ended else steps), found.shape)
    cut = join([found, linear(end, end, 0)], [steps])
    return cut if past_end == "hold" else cut.with_past_end(past_end)
