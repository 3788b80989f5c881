"""What happened in a run on a plateau rule: its scales, and the events that reduced them."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Number, Period, Rate, broadcast, validate, validate_scalar
from fastlr.errors import public

__all__ = ["Event", "events", "scales_of_run"]

Array = npt.NDArray[np.float64]

_SCALES = Number("numbers from 0 to 1e290, one row per update", 0.0, 1e290, core=1, none=True)


class Event(NamedTuple):
    """A reduction: from ``step`` on, ``scale`` is ``factor`` times its value before.

    Attributes
    ----------
    step : int
        The first step with the new scale.
    factor : float
        The new scale divided by the old one.
    scale : float
        The new scale.
    """

    step: int
    factor: float
    scale: float


@with_types
@public
def events(scales: npt.ArrayLike, every: int = 1, init: npt.ArrayLike = 1.0) -> tuple[Event, ...]:
    """Find the reductions of a run from the scales of its one lane.

    Parameters
    ----------
    scales : array of float
        The scale after each update, of shape ``(updates,)``, as ``Plateau.replay`` returns.
    every : int, default 1
        Steps per update, from 1 to 2^53. The scale after update i, from 0, is in force from
        step ``(i + 1)*every`` on.
    init : float, default 1.0
        The scale before the first update.

    Returns
    -------
    tuple of Event
        One event per change of the scale, in order.

    Raises
    ------
    TypeError
        If ``scales`` are not numbers, or ``every`` is not an integer.
    ValueError
        If ``scales`` has several lanes or a number below 0, or ``every`` is out of range.

    Examples
    --------
    >>> events([1.0, 1.0, 0.5, 0.5, 0.25], every=100)
    (Event(step=300, factor=0.5, scale=0.5), Event(step=500, factor=0.5, scale=0.25))
    """
    levels = scales_of_run("events", scales, init)
    size = validate_scalar(Period, "events: every", every)
    if levels.ndim > 1:
        raise ValueError(
            f"events: scales must be those of one lane, got shape {np.shape(scales)}; "
            "index a lane first"
        )
    changes = np.flatnonzero(levels[1:] != levels[:-1]) + 1
    # a scale may rise from 0 to its floor, or change by a factor that overflows
    with np.errstate(all="ignore"):
        factors = levels[changes] / levels[changes - 1]
    return tuple(
        Event(int(i) * size, float(factor), float(levels[i]))
        for i, factor in zip(changes, factors, strict=True)
    )


def scales_of_run(where: str, scales: npt.ArrayLike, init: npt.ArrayLike) -> Array:
    """Return the scales of a run; the first is the one before any update."""
    after = _SCALES(f"{where}: scales", scales)
    first = validate(Rate, f"{where}: init", init)
    if broadcast(where, {"scales": after.shape[1:], "init": first.shape}) != after.shape[1:]:
        raise ValueError(
            f"{where}: init must broadcast to the lanes of scales, {after.shape[1:]}, got "
            f"{first.shape}"
        )
    return np.concatenate([np.broadcast_to(first, after.shape[1:])[np.newaxis], after])
