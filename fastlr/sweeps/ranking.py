"""Rank schedules by the final loss that a law predicts.

The schedules are judged in *pieces*: ranges of places whose size depends only on the number of
steps. The best of each piece are kept, and the best of all pieces are the best of the sweep. So
pieces may be judged in any order, by any process, and the result has the same bits.
"""

from __future__ import annotations  # help() replaces rules in the text

import json
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.output_arrays import check_fits, check_threads
from fastlr.arguments.progress import with_progress
from fastlr.arguments.rules import (
    Period,
    Positive,
    Rate,
    Rates,
    Whether,
    short_repr,
    validate,
    validate_scalar,
)
from fastlr.drawing.text_tables import text_rows
from fastlr.errors import public, public_methods
from fastlr.reductions.segment_view import naming
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.batches import Batch, Lanes, Table, chunks_of, identified, lanes_of
from fastlr.sweeps.fingerprints import UnidentifiedError, identity
from fastlr.sweeps.piece_folder import PieceFolder
from fastlr.sweeps.rank_order import in_rank_order
from fastlr.sweeps.shards import Shard, check_shard
from fastlr.sweeps.sweep import Sweep

__all__ = ["Best", "Contest", "LossPredictor", "Ranked", "contest", "rank"]

Array = npt.NDArray[np.float64]

_FIELD = 40  # schedules of the sweep drawn behind the best
_MOST_ROWS = 20  # in the text
_MOST_NAMED = 10  # of the best are drawn
_CHUNK = 2_048  # schedules whose losses are predicted together
_PIECE_RATES = 2**27  # rates per piece: about a second of work, lost if the process is killed
_PIECE_LANES = 2**16  # the most lanes per piece


class LossPredictor(Protocol):
    """An object that predicts losses from a schedule, such as a law of ``fastlr.loss_laws``."""

    def final(self, schedule: Any, /, steps: int, *, threads: int = 1) -> Any:
        """Return the loss at step ``steps - 1``, one per lane."""

    def curve(self, schedule: Any, /, steps: Any, *, threads: int = 1) -> Any:
        """Return the losses at some steps, of shape ``(*schedule.shape, n)``."""


@with_types
@public_methods()
@dataclass(frozen=True)
class Ranked:
    """The best schedules, the lowest predicted loss first, as ``rank`` returns them.

    Parameters
    ----------
    law : LossPredictor
        What predicted the losses.
    lanes : Sweep, Schedule or array
        What was ranked.
    steps : int
        The budget: losses are those at step ``steps - 1``.
    places : array of int
        Where the best schedules stand among the lanes.
    losses : array of float
        Their predicted losses, rising.
    judged : int
        How many schedules kept to the limits, and so had their loss predicted.

    Notes
    -----
    ``places``, ``losses`` and the values of ``parameters`` are in the order of the ranking, not in
    that of the lanes. ``fastlr.adapters.pandas.frame(ranked)`` puts them side by side.

    See Also
    --------
    rank : Rank schedules. Its example uses a ``Ranked``.
    """

    law: LossPredictor
    lanes: Sweep | Schedule | Any
    steps: int
    places: npt.NDArray[np.int64]
    losses: Array
    judged: int

    def __post_init__(self) -> None:
        for name in ("places", "losses"):
            object.__setattr__(self, name, in_rank_order(getattr(self, name)))

    def __repr__(self) -> str:
        return f"<Ranked: the best {len(self.losses):,} of {self.judged:,} schedules>\n{self}"

    def __str__(self) -> str:
        from fastlr.sweeps.display import ranked_rows

        names, rows = ranked_rows(self._columns(), self.losses.tolist()[:_MOST_ROWS])
        lines = text_rows([names, *rows])
        more = len(self.losses) - len(rows)
        return "\n".join([*lines, *([f"and {more:,} more"] if more else [])])

    def _repr_html_(self) -> str:
        """Return the display of a notebook: a table of the best schedules."""
        from fastlr.sweeps.display import ranked_html

        return ranked_html(self, self._columns())

    @property
    def schedules(self) -> Schedule:
        """The best schedules, a batch in the order of their losses.

        Raises ``TypeError`` if a table was ranked, which has no schedules.
        """
        return self._taken(np.asarray(self.places))

    def _taken(self, places: npt.NDArray[np.int64]) -> Schedule:
        """The schedules at some places of what was ranked."""
        if isinstance(self.lanes, Sweep):
            return self.lanes[places]
        if isinstance(self.lanes, Schedule):
            return Batch(self.lanes).take(places)
        raise TypeError("schedules: a table has rates, not schedules; take its rows at .places")

    @property
    def size(self) -> int:
        """How many schedules were ranked, those that broke the limits included."""
        return int(lanes_of("rank: lanes", self.lanes, tables=True).size)

    @property
    def parameters(self) -> dict[str, npt.NDArray[Any]]:
        """Per parameter of a sweep that varies, its values in the same order; else empty."""
        if not isinstance(self.lanes, Sweep):
            return {}
        values = self.lanes.parameters(np.asarray(self.places))
        return {name: in_rank_order(own) for name, own in values.items()}

    def plot(self, axes: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
        """Draw the best schedules, and below them their predicted losses at every step.

        Up to 40 of the ranked schedules, spread over all, are drawn in grey behind them.

        Parameters
        ----------
        axes : tuple of matplotlib Axes, optional
            Where to draw the rates and the losses. Default: a new figure.

        Returns
        -------
        tuple of matplotlib Axes
            The axes of the rates and of the losses.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        TypeError
            If a table was ranked, which has no schedules.
        """
        from fastlr.drawing import lanes, panels

        field = self._taken(np.array(lanes.spread_places(self.size, _FIELD)))
        best = self._by_loss()
        return panels.plot_predicted(self.law, best, self.steps, axes, list(field), self.size)

    def _columns(self) -> dict[str, npt.NDArray[Any]]:
        """What tells the best apart: their parameters, or else their places."""
        return self.parameters or {"place": np.asarray(self.places)}

    def _by_loss(self) -> dict[str, Schedule]:
        """The best schedules by their rank, loss and parameters, as labels of a plot."""
        from fastlr.drawing.lanes import labels_of

        shown = list(self.schedules)[:_MOST_NAMED]
        columns = {name: values.tolist() for name, values in self._columns().items()}
        names = labels_of({name: values[: len(shown)] for name, values in columns.items()})
        ranks = zip(self.losses.tolist(), names, strict=False)
        labels = [f"{i + 1}: {loss:.5g}  {label}" for i, (loss, label) in enumerate(ranks)]
        return dict(zip(labels, shown, strict=True))


@dataclass(frozen=True)
class Best:
    """The best of some lanes: rising losses, their places, and how many lanes were judged."""

    places: npt.NDArray[np.int64]
    losses: Array
    judged: int


@dataclass(frozen=True)
class Contest:
    """What ``rank`` looks for: the arguments that decide which lanes are best, checked."""

    law: LossPredictor
    steps: int
    k: int
    peak: float
    floor: float
    extrapolate: bool = False

    def lanes(self, value: object) -> Lanes:
        """A sweep, a batch or a table as lanes; an error if a table has too few steps."""
        lanes: Lanes = lanes_of("rank: lanes", value, tables=True)
        if isinstance(lanes, Table) and self.steps > lanes.rates.shape[1]:
            raise ValueError(
                f"rank: steps must be at most {lanes.rates.shape[1]}, the columns of the table, "
                f"got {self.steps}"
            )
        return lanes

    @property
    def piece_lanes(self) -> int:
        """The most lanes per piece."""
        return max(1, min(_PIECE_LANES, _PIECE_RATES // self.steps))

    def best_of(self, lanes: Lanes, places: range, threads: int = 1) -> Best:
        """Judge the lanes at some places."""
        return self.best(self._judge(lanes, places, threads))

    def best(self, parts: Iterable[Best]) -> Best:
        """The best of all parts together. Of equal losses the earlier place comes first.

        Parts are sorted when twice as many have come in as are wanted, so the time is linear in
        their number, up to the logarithm of a sort.
        """
        kept, waiting, judged = [_NONE], 0, 0
        for part in parts:
            kept.append(part)
            waiting, judged = waiting + part.places.size, judged + part.judged
            if waiting > max(self.k, _PIECE_LANES):
                kept, waiting = [self._sorted(kept)], 0
        whole = self._sorted(kept)
        return Best(whole.places, whole.losses, judged)

    def _sorted(self, parts: list[Best]) -> Best:
        """The first ``k`` of several parts."""
        places = np.concatenate([part.places for part in parts])
        losses = np.concatenate([part.losses for part in parts])
        order = np.lexsort((places, losses))[: self.k]
        return Best(places[order], losses[order], 0)

    def _judge(self, lanes: Lanes, places: range, threads: int) -> Iterator[Best]:
        """Predict the losses of the lanes that keep to the limits, chunk by chunk."""
        for chunk in chunks_of(len(places), _CHUNK):
            part = places[chunk.start : chunk.stop]
            for positions, batch in lanes.batches(part):
                highest, allowed = self._within_limits(batch)
                kept = np.flatnonzero(allowed)
                if kept.size:
                    self._check_fitted_peaks(highest[kept], part.start + positions[kept])
                    within = batch if kept.size == positions.size else batch[kept]
                    own = positions[kept] + part.start
                    losses = self.law.final(within, self.steps, threads=threads)
                    yield Best(own, _checked_losses(losses, within, own), kept.size)

    @naming("rank", "steps must be fewer")
    def _within_limits(self, batch: Any) -> tuple[Array, npt.NDArray[np.bool_]]:
        """Each lane's highest rate, and whether it is at most ``peak`` and the last one at least
        ``floor``.
        """
        if isinstance(batch, np.ndarray):
            rates = validate(Rates, "rank: lanes", batch[:, : self.steps])  # no NaN goes unnoticed
            highest, last = rates.max(axis=1), rates[:, -1]
        else:
            highest, last = batch.max(self.steps), batch(self.steps - 1)
        return np.atleast_1d(highest), np.atleast_1d((highest <= self.peak) & (last >= self.floor))

    def _check_fitted_peaks(self, highest: Array, places: npt.NDArray[np.int64]) -> None:
        """Refuse peaks outside those that the law was fitted to, unless it may extrapolate."""
        fitted = getattr(self.law, "fitted_on", None)
        if fitted is None or self.extrapolate:
            return
        low, high = fitted.peaks
        beyond = ~fitted.covers_peaks(highest)
        if beyond.any():
            first = int(np.argmax(beyond))
            raise ValueError(
                f"rank: lanes must have peaks from {low:g} to {high:g}, as the runs that the law "
                f"was fitted to, got {highest[first]:g} at place {places[first]}; laws favour the "
                "highest peak beyond that. Limit the sweep, or pass extrapolate=True"
            )

    def check_fitted_steps(self) -> None:
        """Refuse a length outside those that the law was fitted to, unless it may extrapolate."""
        fitted = getattr(self.law, "fitted_on", None)
        if fitted is None or self.extrapolate:
            return
        low, high = fitted.steps
        if not fitted.covers_steps(self.steps):
            raise ValueError(
                f"rank: steps must be from {low} to {high}, as the runs that the law was fitted "
                f"to, got {self.steps}; fit it to runs of this length, or pass extrapolate=True"
            )

    def folder(self, out: object, lanes: Lanes) -> PieceFolder:
        """The folder at ``out`` with the best of each piece; an error if it holds others."""
        if not isinstance(out, str | os.PathLike):
            raise TypeError(
                f"rank: out must be a folder, got {type(out).__name__} {short_repr(out)}"
            )
        try:
            law = [type(self.law).__qualname__, identity(self.law), self._fitted_range()]
        except UnidentifiedError as error:
            raise ValueError(
                f"rank: out needs a law of fastlr.loss_laws, which can be identified: {error}"
            ) from None
        what = {
            "fingerprint": identified("rank: out", lanes),
            "law": law,
            "steps": self.steps,
            "k": self.k,
            "peak": None if self.peak == np.inf else self.peak,
            "floor": self.floor,
            "extrapolate": self.extrapolate,
        }
        about = {**lanes.describe(), "law": repr(self.law)}
        return PieceFolder("rank", Path(out), what, lanes.size, self.piece_lanes, ".json", about)

    def _fitted_range(self) -> list[list[Any]] | None:
        """The range of the runs that the law was fitted to, which decides what is refused."""
        fitted = getattr(self.law, "fitted_on", None)
        return None if fitted is None else [identity(list(part)) for part in fitted]

    def write_piece(self, pieces: PieceFolder, piece: int, lanes: Lanes, threads: int = 1) -> None:
        """Judge a piece, and write its best to the folder."""
        best = self.best_of(lanes, pieces.places(piece), threads)
        text = json.dumps(
            [best.places.tolist(), [loss.hex() for loss in best.losses.tolist()], best.judged]
        )
        pieces.write(pieces.path(piece).name, f"{text}\n{zlib.crc32(text.encode()):08x}\n".encode())

    def read_pieces(self, pieces: PieceFolder, shard: Shard | None = None) -> Best:
        """The best of the pieces in a folder."""
        return self.best(_read(pieces, piece) for piece in pieces.of_shard(shard))

    def ranked(self, lanes: Any, best: Best, *, partial: bool = False) -> Ranked:
        """The result of ``rank``; ``ValueError`` if the limits exclude every schedule."""
        if not best.judged and not partial:
            peak = None if self.peak == np.inf else self.peak
            raise ValueError(
                f"rank: at least one schedule must keep to the limits, peak={short_repr(peak)} and "
                f"floor={short_repr(self.floor)}, got none"
            )
        return Ranked(self.law, lanes, self.steps, best.places, best.losses, best.judged)


def _checked_losses(losses: object, runs: Any, places: npt.NDArray[np.int64]) -> Array:
    """What a law gave for the runs at these places; an error if it cannot be ranked."""
    found = np.asarray(losses)
    shape = runs.shape[:1] if isinstance(runs, np.ndarray) else runs.shape
    if found.dtype.kind not in "iuf" or found.shape != shape:
        raise ValueError(
            f"rank: law.final must return one loss for each of {places.size} schedules, of shape "
            f"{shape}, got {short_repr(losses)}"
        )
    values = found.reshape(-1).astype(np.float64, copy=False)
    if np.isnan(values).any():
        raise ValueError(
            f"rank: law.final must return numbers, got nan at place "
            f"{places[int(np.argmax(np.isnan(values)))]}; return inf to rank a schedule last"
        )
    return values


def _read(pieces: PieceFolder, piece: int) -> Best:
    """The best of a piece, from its file."""
    try:
        text, check = pieces.path(piece).read_text().splitlines()
        if zlib.crc32(text.encode()) != int(check, 16):
            raise pieces.corrupt(piece)
        places, losses, judged = json.loads(text)
    except ValueError:
        raise pieces.corrupt(piece) from None
    return Best(np.array(places, np.int64), np.array([*map(float.fromhex, losses)]), judged)


_NONE = Best(np.empty(0, dtype=np.int64), np.empty(0), 0)


def contest(
    law: object, steps: object, k: object, peak: object, floor: object, extrapolate: object
) -> Contest:
    """Check the arguments of ``rank``."""
    methods = (getattr(law, name, None) for name in ("final", "curve"))
    if isinstance(law, type) or not all(map(callable, methods)):
        raise TypeError(
            f"rank: law must have the methods final and curve, got {type(law).__name__} "
            f"{short_repr(law)}"
        )
    known: Any = law
    sought = Contest(
        known,
        validate_scalar(Period, "rank: steps", steps),
        validate_scalar(Period, "rank: k", k),
        np.inf if peak is None else validate_scalar(Positive, "rank: peak", peak),
        validate_scalar(Rate, "rank: floor", floor),
        Whether()("rank: extrapolate", extrapolate),
    )
    sought.check_fitted_steps()
    return sought


@with_types
@public
def rank(
    law: LossPredictor,
    lanes: Sweep | Schedule | npt.ArrayLike,
    steps: int,
    k: int = 10,
    *,
    peak: Positive | None = None,
    floor: Rate = 0.0,
    threads: int = 1,
    progress: bool = False,
    out: str | Path | None = None,
    shard: Shard | None = None,
    extrapolate: bool = False,
) -> Ranked:
    """Return the ``k`` schedules of a sweep that a law predicts to end with the lowest loss.

    The loss is that at step ``steps - 1``, the last step of the budget. A longer schedule is cut
    off there.

    Parameters
    ----------
    law : LossPredictor
        An object with the methods ``final`` and ``curve``, such as ``loss_laws.MultiPower``.
    lanes : Sweep, Schedule or array
        What to rank: a sweep, the lanes of a batch in C order, or a table with one row of rates
        per lane (an array, or an array of Zarr or Dask, of which a part is read at a time).
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
    out : path, optional
        A folder for the best of each piece of some seconds of work. If the process is killed,
        repeat the call to resume. Default None: nothing is written.
    shard : tuple of (int, int), optional
        ``(i, n)``: rank only the i-th of n parts, i from 0, in a job array whose jobs share
        ``out``. The same call without ``shard`` computes what is missing and merges all. Default
        None: rank everything.
    extrapolate : bool
        Whether a fitted law may rank schedules with other peaks, or another length, than the runs
        that it was fitted to. Default False.

    Returns
    -------
    Ranked
        The best schedules, the lowest loss first. Of equal losses the earlier place comes first.
        With ``shard``, the best of that part, which may be none.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a law or not lanes, or a number is out of range, before any work; if
        a law of your own does not return one loss per schedule, or returns NaN; or
        if the limits exclude every schedule; or if ``out`` holds another ranking or is corrupt.
        ``ValueError`` also where a schedule leaves the range of the law's ``fitted_on``.
    OSError
        If ``out`` cannot be written. Pieces that are finished are kept.

    See Also
    --------
    fastlr.loss_laws.Law.final : Predict the loss of every schedule of a sweep, in its own order.

    Notes
    -----
    A law does not know how high a peak may be. Fitted to runs of three peaks, ``MultiPower`` and
    ``Annealing`` prefer the highest: peaks of 0.5, 1 and 2e-3 measured losses of 3.061, 3.054 and
    3.065, and were predicted 3.081, 3.004 and 2.940. So a fitted law ranks only within the peaks
    and lengths of its runs, and even there ``fastlr.transfer`` is the better judge of a peak. A law
    that you write by hand has no such range.

    The result has the same bits however the work is divided. No table of the sweep is held: 2,048
    schedules are judged at a time. The time is linear in the number of schedules, whatever ``k``
    is, up to the logarithm of a sort.

    Examples
    --------
    >>> import fastlr as flr
    >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
    >>> family = flr.sweep("cosine", init=[1e-3, 3e-3, 1e-2], end=[0.0, 1e-3], steps=1_000)
    >>> best = flr.rank(law, family, 1_000, k=2, peak=5e-3)
    >>> best.judged, best.places.tolist(), best.losses.round(3).tolist()
    (4, [3, 2], [2.944, 2.956])
    """
    sought = contest(law, steps, k, peak, floor, extrapolate)
    threads, shard = check_threads("rank", threads), check_shard("rank", shard)
    ranked = sought.lanes(lanes)
    check_fits("rank", (2, min(sought.k, ranked.size)), np.dtype(np.float64), "pass a smaller k")
    if out is not None:
        pieces = sought.folder(out, ranked)
        _write_missing(sought, pieces, ranked, threads, progress, shard)
        best = sought.read_pieces(pieces, shard)
        return sought.ranked(lanes, best, partial=shard is not None)
    if shard is not None:
        raise ValueError(
            f"rank: shard must be given with out, a folder that all parts share, got {shard}"
        )
    found = (
        sought.best_of(ranked, piece, threads)
        for piece in with_progress(
            chunks_of(ranked.size, sought.piece_lanes), ranked.size, "schedules", progress
        )
    )
    return sought.ranked(lanes, sought.best(found))


def _write_missing(
    sought: Contest,
    pieces: PieceFolder,
    lanes: Lanes,
    threads: int,
    progress: bool,
    shard: Shard | None,
) -> None:
    """Judge the pieces that are missing in a folder."""
    pieces.begin()
    own, missing = pieces.of_shard(shard), list(pieces.missing(shard))
    with_line = with_progress(
        missing, len(own), "pieces", progress, done=len(own) - len(missing), size=lambda _: 1
    )
    for piece in with_line:
        sought.write_piece(pieces, piece, lanes, threads)
