"""Notice a plan that would begin at step 0 of a run whose optimizer has made updates already.

A run that is resumed without the scheduler's state is one: the optimizer has the moments of
thousands of updates, and the rate would begin again. A new plan on purpose is another. The state of
an optimizer tells neither from the other, so the user says which.
"""

from __future__ import annotations

import warnings
from typing import Any

__all__ = ["check_beginning", "earlier_updates"]


def earlier_updates(optimizer: Any) -> int:
    """Return how many updates the state of an optimizer shows, or 0.

    A momentum shows that there were some, and counts as 1. An SGD without momentum shows none.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        The optimizer.
    """
    for state in optimizer.state.values():
        # Adagrad has a step of 0 before its first update
        if found := int(state.get("step") or state.get("momentum_buffer") is not None):
            return found
    return 0


def check_beginning(optimizer: Any, loaded: bool, idle: int) -> None:
    """Raise or warn if the optimizer has made updates before the first one of a plan.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        The optimizer, before an update.
    loaded : bool
        Whether a state was loaded into it after the scheduler was built: then it is an error. A new
        plan for an optimizer that has trained in this process is usual, and only a warning.
    idle : int
        How many updates were made since, at another rate than that of the plan.
    """
    if (count := earlier_updates(optimizer)) <= idle:
        return
    found = "one or more updates" if count == 1 else f"{count:,} updates"
    text = (
        "Scheduler: step must be given for an optimizer that has made updates, got a state of "
        f"{found} and a plan that would begin at step 0; to resume, load the scheduler's state "
        "too, or pass step=, the step of the plan at which the run continues; to begin the plan "
        "here, pass step=0"
    )
    if loaded:
        raise ValueError(text)
    warnings.warn(text, UserWarning, stacklevel=2)
