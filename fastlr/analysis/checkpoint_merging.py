"""Replace a cooldown by a weighted mean of checkpoints."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Steps, short_repr, validate
from fastlr.errors import public
from fastlr.reductions.segment_view import naming
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_scalar

__all__ = ["merge_weights"]


@with_types
@public
def merge_weights(schedule: Schedule, at: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Weigh checkpoints of a constant rate so that their mean stands for a cooldown.

    With ``w_j`` the mean of ``schedule`` from step ``at[j-1]`` to ``at[j] - 1``, over the rate at
    ``at[0]``, checkpoint 0 has the weight ``1 - w_1``, checkpoint j the weight ``w_j - w_{j+1}``,
    and the last one ``w_k``.

    Parameters
    ----------
    schedule : Schedule
        The cooldown: a scalar schedule whose mean does not rise from one span between checkpoints
        to the next. Only its ratios count.
    at : sequence of int
        How many steps the run had made when each checkpoint was saved: two numbers or more,
        strictly increasing. Between them the run had the constant rate.

    Returns
    -------
    numpy.ndarray of float64
        One weight per checkpoint, at least 0. They add up to 1.

    Raises
    ------
    TypeError, ValueError
        If ``schedule`` is not one scalar schedule, its rate is 0 at ``at[0]`` or rises, or ``at``
        is not strictly increasing.

    Notes
    -----
    An update made between checkpoints j-1 and j is in checkpoints j to k. So the mean holds it with
    the weight ``w_j``, by which the cooldown would have scaled it. The gradients are those of the
    constant rate, so the mean is near the cooled-down weights, not equal to them. Optimizer states
    are not merged. The paper measured it on mixture-of-experts language models.

    References
    ----------
    Tian et al., *WSM: Decay-Free Learning Rate Schedule via Checkpoint Merging for LLM
    Pre-training* (2025), arXiv:2507.17634.

    Examples
    --------
    >>> import fastlr as flr
    >>> cooldown = flr.wsd(1e-3, warmup=100, stable=900, cooldown=400)
    >>> flr.merge_weights(cooldown, at=[1_000, 1_100, 1_200, 1_300, 1_400]).round(3)
    array([0.124, 0.25 , 0.25 , 0.25 , 0.126])
    """
    one = a_scalar("merge_weights: schedule", schedule, Schedule)
    steps = validate(Steps, "merge_weights: at", at)
    if steps.ndim != 1 or steps.size < 2 or np.any(np.diff(steps) <= 0):
        raise ValueError(
            f"merge_weights: at must be two or more steps, strictly increasing, got "
            f"{short_repr(at)}"
        )
    places = steps.astype(np.int64).tolist()
    level = one(places[0])
    if level == 0:
        raise ValueError(f"merge_weights: the rate at step {places[0]} must be above 0, got 0.0")
    spans = pairwise(places)
    with naming("merge_weights", "at must be nearer to one another"):
        means = [one.mean(start, stop) for start, stop in spans]
    kept = np.array([1.0, *(mean / level for mean in means), 0.0])
    weights = kept[:-1] - kept[1:]
    if np.any(weights < -1e-12):
        rise = int(np.argmin(weights))
        raise ValueError(
            f"merge_weights: schedule must not rise, got a rise at step {places[rise]}; "
            "a mean of checkpoints stands for falling rates alone"
        )
    found: npt.NDArray[np.float64] = np.maximum(weights, 0.0)
    return found
