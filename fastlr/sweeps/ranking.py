"""Rank the schedules of a sweep by the final loss that a law predicts."""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.output_arrays import check_threads
from fastlr.arguments.rules import Period, Positive, Rate, short_repr, validate_scalar
from fastlr.errors import public, public_methods
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.progress import with_progress
from fastlr.sweeps.sweep import Sweep

__all__ = ["LossPredictor", "Ranked", "rank"]

Array = npt.NDArray[np.float64]

_FIELD = 40  # schedules of the sweep drawn behind the best
_MOST_ROWS = 20  # in the text
_MOST_NAMED = 10  # of the best are drawn
_CHUNK = 2_048  # schedules whose losses are predicted together


class LossPredictor(Protocol):
    """An object that predicts losses from a schedule, such as a law of ``fastlr.loss_laws``."""

    def final(self, schedule: Any, steps: int, *, threads: int = 1) -> Any:
        """Return the loss at step ``steps - 1``, one per lane."""

    def curve(self, schedule: Any, steps: Any, *, threads: int = 1) -> Any:
        """Return the losses at some steps, of shape ``(*schedule.shape, n)``."""


@with_types
@public_methods()
@dataclass(frozen=True)
class Ranked:
    """The best schedules of a sweep, the lowest predicted loss first, as ``rank`` returns them.

    Parameters
    ----------
    law : LossPredictor
        What predicted the losses.
    sweep : Sweep
        The schedules that were ranked.
    steps : int
        The budget: losses are those at step ``steps - 1``.
    places : array of int
        Where the best schedules stand in the sweep.
    losses : array of float
        Their predicted losses, rising.
    judged : int
        How many schedules kept to the limits, and so had their loss predicted.
    """

    law: LossPredictor
    sweep: Sweep
    steps: int
    places: npt.NDArray[np.int64]
    losses: Array
    judged: int

    def __repr__(self) -> str:
        return f"<Ranked: the best {len(self.losses):,} of {self.judged:,} schedules>\n{self}"

    def __str__(self) -> str:
        from fastlr.sweeps.display import ranked_rows

        names, rows = ranked_rows(self, _MOST_ROWS)
        table = [names, *rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
            for row in table
        ]
        more = len(self.losses) - len(rows)
        return "\n".join([*lines, *([f"and {more:,} more"] if more else [])])

    def _repr_html_(self) -> str:
        """Return the display of a notebook: a table of the best schedules."""
        from fastlr.sweeps.display import ranked_html

        return ranked_html(self)

    @property
    def schedules(self) -> Schedule:
        """The best schedules, a batch in the order of their losses."""
        return self.sweep[self.places]

    @property
    def parameters(self) -> dict[str, npt.NDArray[Any]]:
        """Per parameter that varies, its values in the same order."""
        return self.sweep.parameters(self.places)

    def plot(self, axes: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
        """Draw the best schedules, and below them their predicted losses at every step.

        Up to 40 schedules of the sweep, spread over it, are drawn in grey behind them.

        Parameters
        ----------
        axes : tuple of matplotlib Axes, optional
            Where to draw the rates and the losses. Default: a new figure.

        Returns
        -------
        tuple of matplotlib Axes
            The axes of the rates and of the losses.
        """
        from fastlr.drawing import lanes, plots

        field = self.sweep[lanes.spread_places(self.sweep.size, _FIELD)]
        best, size = self._by_loss(), self.sweep.size
        return plots.plot_predicted(self.law, best, self.steps, axes, list(field), size)

    def _by_loss(self) -> dict[str, Schedule]:
        """The best schedules by their rank, loss and parameters, as labels of a plot."""
        from fastlr.drawing.lanes import labels_of

        shown = list(self.schedules)[:_MOST_NAMED]
        columns = {name: values.tolist() for name, values in self.parameters.items()}
        told = labels_of({name: values[: len(shown)] for name, values in columns.items()})
        ranks = zip(self.losses.tolist(), told, strict=False)
        labels = [f"{i + 1}: {loss:.5g}  {label}" for i, (loss, label) in enumerate(ranks)]
        return dict(zip(labels, shown, strict=True))


@with_types
@public
def rank(
    law: LossPredictor,
    sweep: Sweep,
    steps: int,
    k: int = 10,
    *,
    peak: Positive | None = None,
    floor: Rate = 0.0,
    threads: int = 1,
    progress: bool = False,
) -> Ranked:
    """Return the ``k`` schedules of a sweep that a law predicts to end with the lowest loss.

    The loss is that at step ``steps - 1``, the last step of the budget. A longer schedule is cut
    off there.

    Parameters
    ----------
    law : LossPredictor
        An object with the methods ``final`` and ``curve``, such as ``loss_laws.MultiPower``.
    sweep : Sweep
        The schedules to rank.
    steps : int
        The budget in steps, from 1.
    k : int
        How many schedules to return; all if there are fewer. Default 10.
    peak : float, optional
        Exclude schedules with a rate above it. Default None: no limit.
    floor : float
        Exclude schedules whose rate at step ``steps - 1`` is below it. Default 0.
    threads : int
        How many threads predict losses. Default 1.
    progress : bool
        Whether to show a progress bar. Default False.

    Returns
    -------
    Ranked
        The best schedules, the lowest loss first. Of equal losses the earlier place comes first.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a law or a sweep, or a number is out of range, before any work; or if
        the limits exclude every schedule.

    Notes
    -----
    No table of the sweep is held: 2,048 schedules are judged at a time.

    Examples
    --------
    >>> import fastlr as flr
    >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
    >>> family = flr.sweep("cosine", init=[1e-3, 3e-3, 1e-2], end=[0.0, 1e-3], steps=1_000)
    >>> best = flr.rank(law, family, 1_000, k=2, peak=5e-3)
    >>> best.judged, best.places.tolist(), best.losses.round(3).tolist()
    (4, [3, 2], [2.944, 2.956])
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
    for at, found in _predict_losses(law, sweep, steps, (top, least), threads, progress):
        places, losses, judged = np.append(places, at), np.append(losses, found), judged + at.size
        best = np.lexsort((places, losses))[:k]
        places, losses = places[best], losses[best]
    if not judged:
        raise ValueError(
            f"rank: at least one schedule must keep to the limits, peak={short_repr(peak)} and "
            f"floor={short_repr(floor)}, got none"
        )
    return Ranked(law, sweep, steps, places, losses, judged)


def _predict_losses(
    law: LossPredictor,
    sweep: Sweep,
    steps: int,
    limits: tuple[float, float],
    threads: int,
    progress: bool,
) -> Iterator[tuple[npt.NDArray[np.int64], Array]]:
    """Yield the places that keep to the limits, chunk by chunk, with their predicted losses."""
    for chunk in with_progress(sweep.chunks(_CHUNK), sweep.size, "schedules", progress):
        for positions, batch in sweep.batches(chunk):
            kept = np.flatnonzero((batch.max(steps) <= limits[0]) & (batch(steps - 1) >= limits[1]))
            if kept.size:
                within = batch if kept.size == positions.size else batch[kept]
                yield (
                    positions[kept] + chunk.start,
                    np.asarray(law.final(within, steps, threads=threads)),
                )
