"""Measured losses: curves that a law is fitted to, checked, and how near a law comes to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.logs import column, surviving
from fastlr.arguments.rules import Rates, short_repr, validate
from fastlr.errors import public
from fastlr.kernels.selection import choose
from fastlr.loss_laws.runs import runs
from fastlr.schedule.schedule import Schedule

__all__ = ["Curve", "Measured", "Metrics", "averaged", "measured", "metrics"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]
# the rates of a run, steps, and the losses there
Curve = tuple["Schedule | npt.ArrayLike", npt.ArrayLike, npt.ArrayLike]


class Metrics(NamedTuple):
    """How near predicted losses are to measured ones; the relative errors are shares of what
    was measured.
    """

    r2: float
    mae: float
    rmse: float
    mean_relative: float
    worst_relative: float


@public
def metrics(predicted: npt.ArrayLike, measured: npt.ArrayLike) -> Metrics:
    """The metrics of one curve.

    With ``e = predicted - measured``: ``1 - sum(e^2)/sum((measured - mean)^2)``, ``mean(|e|)``,
    ``sqrt(mean(e^2))``, and the mean and the largest of ``|e|/measured``. Raises ``TypeError`` or
    ``ValueError`` for losses that are not finite, measured ones that are not above 0, different
    numbers of both, and fewer than two measured ones that differ.

    >>> near = metrics([3.0, 2.5, 2.1], [3.0, 2.5, 2.0])
    >>> round(near.mae, 4), round(near.worst_relative, 4)
    (0.0333, 0.05)
    """
    losses, guesses = (
        _losses("metrics: measured", measured),
        _numbers("metrics: predicted", predicted),
    )
    if guesses.shape != losses.shape:
        raise ValueError(
            f"metrics: predicted must be as many as measured, shape {losses.shape}, got "
            f"{guesses.shape}"
        )
    if np.ptp(losses) == 0:
        raise ValueError(
            f"metrics: measured must have at least two losses that differ, got {short_repr(losses)}"
        )
    errors = np.abs(guesses - losses)
    squares, relative = errors**2, errors / losses
    r2 = 1.0 - squares.sum() / ((losses - losses.mean()) ** 2).sum()
    return Metrics(
        *map(float, (r2, errors.mean(), np.sqrt(squares.mean()), relative.mean(), relative.max()))
    )


def averaged(each: Sequence[Metrics]) -> Metrics:
    """The mean of the metrics of several curves, each of which counts the same. Raises
    ``ValueError`` for none.

    >>> averaged([metrics([3.0, 2.0], [3.0, 2.0]), metrics([3.0, 2.0], [3.0, 1.0])]).mae
    0.25
    """
    if not each:
        raise ValueError(
            f"averaged: each must be the metrics of at least one curve, got {short_repr(each)}"
        )
    return Metrics(*np.mean(each, axis=0).tolist())


class Measured(NamedTuple):
    """One curve: the rates of a run, rising steps, and the losses there."""

    rates: Array
    t: Steps
    losses: Array


def measured(where: str, curve: Curve) -> Measured:
    """A curve, without the rows that a restart superseded, or an error that begins with
    ``where``.
    """
    if not isinstance(curve, tuple | list) or len(curve) != 3:
        raise TypeError(
            f"{where} must be (rates, steps, losses), got {type(curve).__name__} "
            f"{short_repr(curve)}"
        )
    rates, steps, losses = curve
    t, logged, places = surviving(where, "losses", _column(f"{where}: losses", losses), steps)
    _check_above_zero(f"{where}: losses", logged, places)
    of = runs(where, rates, int(t[-1]) + 1)
    if of.shape:
        raise ValueError(f"{where}: rates must be those of one run, got batch shape {of.shape}")
    [(_, row)] = of.each(choose(), range(1))
    if not row[: t[0] + 1].any():
        raise ValueError(
            f"{where}: steps must begin where a rate was above 0, got {t[0]}, up to which all are 0"
        )
    return Measured(row, t, logged)


def _column(where: str, numbers: Any) -> npt.NDArray[Any]:
    array = column(where, numbers)
    if array.ndim != 1 or array.size < 2:
        raise ValueError(
            f"{where} must be a sequence of at least two losses, got an array of shape "
            f"{array.shape}"
        )
    return array


def _numbers(where: str, numbers: Any) -> Array:
    array: Array = validate(Rates, where, _column(where, numbers))
    return array


def _losses(where: str, losses: Any) -> Array:
    array = _numbers(where, losses)
    _check_above_zero(where, array, np.arange(array.size))
    return array


def _check_above_zero(where: str, losses: Array, places: npt.NDArray[np.int64]) -> None:
    if not losses.all():
        raise ValueError(f"{where} must be above 0, got 0.0 at place {places[np.argmin(losses)]}")
