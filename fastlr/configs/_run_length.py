"""Give a schedule the length of its run."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlr.schedule.constructor_names import join, linear

__all__ = ["of_length"]


def of_length(found: Any, steps: int) -> Any:
    """Return the schedule of a run of ``steps`` steps: ``found.steps`` is that, and no rate before
    it changes. After it the rate at step ``steps`` is held; a plateau rule stays as it is.

    >>> import fastlr as flr
    >>> s = of_length(flr.step_decay(1.0, 0.5, every=2), 3)
    >>> s.steps, s.table(3)
    (3, array([1. , 1. , 0.5]))
    """
    if not hasattr(found, "steps"):
        return found
    if found.steps is not None and np.all(np.equal(found.steps, steps)):
        return found
    ended = found.past_end == "raise" and np.any(np.less_equal(found.steps, steps))
    if ended and np.any(np.less(found.steps, steps)):
        raise ValueError(f"steps must be at most {found.steps}, where the rates end, got {steps}")
    end = np.broadcast_to(found(steps - 1 if ended else steps), found.shape)
    cut = join([found, linear(end, end, 0)], [steps])
    return cut if found.past_end == "hold" else cut.with_past_end(found.past_end)
