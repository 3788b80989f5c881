"""Ranking: the schedules of a sweep that a loss law predicts to end lowest, within a budget."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fastlr.arguments.outputs import check_threads
from fastlr.arguments.rules import Period, Positive, Rate, short_repr, validate_scalar
from fastlr.errors import public, public_methods
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.progress import with_progress
from fastlr.sweeps.sweep import Sweep

__all__ = ["Ranked", "rank"]

Array = npt.NDArray[np.float64]

_AT_ONCE = 2_048  # schedules whose losses are predicted together


class Law(Protocol):
    """What predicts a loss from a schedule."""

    def final(self, schedule: Any, steps: int, *, threads: int = 1) -> Any:
        """The loss at the last of so many steps, one a lane."""

    def curve(self, schedule: Any, steps: Any, *, threads: int = 1) -> Any:
        """The losses at steps, ``schedule.shape + (n,)``."""


@public_methods()
@dataclass(frozen=True)
class Ranked:
    """The best of a sweep: at which ``places`` they stand, and the losses that are predicted for
    them, the lowest first.

    ``judged`` is how many schedules the law was asked about: those that kept to the limits.
    """

    law: Law
    sweep: Sweep
    steps: int
    places: npt.NDArray[np.int64]
    losses: Array
    judged: int

    @property
    def schedules(self) -> Schedule:
        """The schedules themselves, a batch in the order of their losses."""
        return self.sweep[self.places]

    @property
    def parameters(self) -> dict[str, npt.NDArray[Any]]:
        """Of each parameter that varies, its values, in the same order."""
        return self.sweep.parameters(self.places)

    def plot(self, axes: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
        """Draw the schedules, and below them the losses that are predicted along the way."""
        from fastlr.drawing import plots

        return plots.plot_predicted(self.law, self._labelled(), self.steps, axes)

    def _labelled(self) -> dict[str, Schedule]:
        losses = [f"{i + 1}: {loss:.5f}" for i, loss in enumerate(self.losses.tolist())]
        return dict(zip(losses, self.schedules, strict=True))


@public
def rank(
    law: Law,
    sweep: Sweep,
    steps: int,
    k: int = 10,
    *,
    peak: Positive | None = None,
    floor: Rate = 0.0,
    threads: int = 1,
    progress: bool = False,
) -> Ranked:
    """The ``k`` schedules of a sweep, or all if there are fewer, that ``law`` predicts to end
    lowest; of equals the first.

    The loss is that at step ``steps - 1``, the last of the budget; a schedule that would go on is
    cut off there. Those are left out that have a rate above ``peak``, or a last rate, at that step,
    below ``floor``. No table of the sweep is held. Raises ``TypeError`` or ``ValueError`` for what
    is no law or no sweep and for numbers out of range, before anything is computed, and
    ``ValueError`` where no schedule is left.
    """
    if not all(callable(getattr(law, name, None)) for name in ("final", "curve")):
        raise TypeError(
            f"rank: law must have the methods final and curve, got {type(law).__name__} "
            f"{short_repr(law)}"
        )
    if not isinstance(sweep, Sweep):
        raise TypeError(
            f"rank: sweep must be a Sweep, got {type(sweep).__name__} {short_repr(sweep)}"
        )
    steps, k = validate_scalar(Period, "rank: steps", steps), validate_scalar(Period, "rank: k", k)
    top = np.inf if peak is None else validate_scalar(Positive, "rank: peak", peak)
    least, threads = validate_scalar(Rate, "rank: floor", floor), check_threads("rank", threads)
    places, losses, judged = np.empty(0, dtype=np.int64), np.empty(0), 0
    for at, found in _judged(law, sweep, steps, (top, least), threads, progress):
        places, losses, judged = np.append(places, at), np.append(losses, found), judged + at.size
        best = np.lexsort((places, losses))[:k]
        places, losses = places[best], losses[best]
    if not judged:
        raise ValueError(
            f"rank: some schedule must keep to the limits, peak={short_repr(peak)}, "
            f"floor={short_repr(floor)}; got none"
        )
    return Ranked(law, sweep, steps, places, losses, judged)


def _judged(
    law: Law, sweep: Sweep, steps: int, limits: tuple[float, float], threads: int, progress: bool
) -> Iterator[tuple[npt.NDArray[np.int64], Array]]:
    """Places of the sweep that keep to the limits, so many at a time, and what is predicted for
    them.
    """
    for chunk in with_progress(sweep.chunks(_AT_ONCE), sweep.size, "schedules", progress):
        for own, batch in sweep.parts(chunk):
            kept = np.flatnonzero((batch.max(steps) <= limits[0]) & (batch(steps - 1) >= limits[1]))
            if kept.size:
                within = batch if kept.size == own.size else batch[kept]
                yield own[kept] + chunk.start, np.asarray(law.final(within, steps, threads=threads))
