"""Measured loss curves, checked, and metrics of how well a law predicts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.logged_rows import column, surviving
from fastlr.arguments.rules import Rates, short_repr, validate
from fastlr.errors import public
from fastlr.kernels.selection import choose
from fastlr.loss_laws.run_rates import runs
from fastlr.schedule.schedule import Schedule

__all__ = ["Curve", "Measured", "Metrics", "averaged", "measured", "metrics", "metrics_of"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]
# The rates of one run, one or more of its steps, and the losses measured there.
Curve = tuple["Schedule | npt.ArrayLike", npt.ArrayLike, npt.ArrayLike]


@with_types
class Metrics(NamedTuple):
    """How close predicted losses are to measured ones, with ``e = predicted - measured``.

    Parameters
    ----------
    r2 : float
        Coefficient of determination, ``1 - sum(e^2)/sum((measured - mean)^2)``.
    mae : float
        Mean absolute error, ``mean(|e|)``.
    rmse : float
        Root mean square error, ``sqrt(mean(e^2))``.
    mean_relative : float
        Mean of ``|e|/measured``.
    worst_relative : float
        Largest ``|e|/measured``.

    See Also
    --------
    metrics : Compute them.

    Examples
    --------
    >>> import fastlr as flr
    >>> found = flr.loss_laws.metrics([3.0, 2.1], [3.0, 2.0])
    >>> round(found.mae, 3), round(found.worst_relative, 3)
    (0.05, 0.05)
    """

    r2: float
    mae: float
    rmse: float
    mean_relative: float
    worst_relative: float


@with_types
@public
def metrics(predicted: npt.ArrayLike, measured: npt.ArrayLike) -> Metrics:
    """Compute the metrics of one predicted curve.

    With ``e = predicted - measured`` these are ``1 - sum(e^2)/sum((measured - mean)^2)``,
    ``mean(|e|)``, ``sqrt(mean(e^2))``, and the mean and the largest of ``|e|/measured``.

    Parameters
    ----------
    predicted : array_like
        The predicted losses, of shape ``(n,)``; finite, at least 0.
    measured : array_like
        The measured losses, of shape ``(n,)``; finite, above 0, at least two of them different.

    Returns
    -------
    Metrics
        The five metrics.

    Raises
    ------
    TypeError, ValueError
        If a loss breaks its rule, or the shapes differ.

    Examples
    --------
    >>> near = metrics([3.0, 2.5, 2.1], [3.0, 2.5, 2.0])
    >>> round(near.mae, 4), round(near.worst_relative, 4)
    (0.0333, 0.05)
    """
    losses = _positive_losses("metrics: measured", measured)
    guesses = _finite_numbers("metrics: predicted", predicted)
    if guesses.shape != losses.shape:
        raise ValueError(
            f"metrics: predicted must have the shape of measured, {losses.shape}, got "
            f"{guesses.shape}"
        )
    if np.ptp(losses) == 0:
        raise ValueError(
            f"metrics: measured must have at least two losses that differ, got {short_repr(losses)}"
        )
    return metrics_of(guesses, losses)


def metrics_of(predicted: Array, measured: Array) -> Metrics:
    """The metrics of checked losses; ``r2`` is NaN where all measured losses are equal."""
    errors = np.abs(predicted - measured)
    squares, relative = errors**2, errors / measured
    spread = float(((measured - measured.mean()) ** 2).sum())
    r2 = 1.0 - float(squares.sum()) / spread if np.ptp(measured) else np.nan
    return Metrics(
        *map(float, (r2, errors.mean(), np.sqrt(squares.mean()), relative.mean(), relative.max()))
    )


@with_types
def averaged(each: Sequence[Metrics]) -> Metrics:
    """Average the metrics of several curves, each with the same weight.

    Parameters
    ----------
    each : sequence of Metrics
        The metrics of at least one curve.

    Returns
    -------
    Metrics
        The mean of each metric.

    Raises
    ------
    ValueError
        If there is no curve.

    Examples
    --------
    >>> averaged([metrics([3.0, 2.0], [3.0, 2.0]), metrics([3.0, 2.0], [3.0, 1.0])]).mae
    0.25
    """
    if not each:
        raise ValueError(
            f"averaged: each must be the metrics of at least one curve, got {short_repr(each)}"
        )
    return Metrics(*np.mean(each, axis=0).tolist())


class Measured(NamedTuple):
    """One checked curve: the rates of a run from step 0, rising steps, and the losses there."""

    rates: Array
    t: Steps
    losses: Array


def measured(where: str, curve: Curve) -> Measured:
    """Check a curve, and drop the rows that a restart superseded.

    Errors begin with ``where``.
    """
    if not isinstance(curve, tuple | list) or len(curve) != 3:
        raise TypeError(
            f"{where} must be (rates, steps, losses), got {type(curve).__name__} "
            f"{short_repr(curve)}"
        )
    rates, steps, losses = curve
    given = _loss_column(f"{where}: losses", losses, least=1)
    t, logged, places = surviving(where, "losses", given, steps, least=1)
    _check_above_zero(f"{where}: losses", logged, places)
    run = runs(where, rates, int(t[-1]) + 1)
    if run.shape:
        raise ValueError(f"{where}: rates must be those of one run, got batch shape {run.shape}")
    [(_, row)] = run.each(choose(), range(1))
    if not row[: t[0] + 1].any():
        raise ValueError(
            f"{where}: steps must begin after the first rate above 0, got {t[0]}, until which all "
            "rates are 0"
        )
    return Measured(row, t, logged)


def _loss_column(where: str, numbers: Any, least: int = 2) -> npt.NDArray[Any]:
    """A sequence of at least one or two numbers, as an array."""
    array = column(where, numbers)
    if array.ndim != 1 or array.size < least:
        many = {1: "one loss", 2: "two losses"}[least]
        raise ValueError(
            f"{where} must be a sequence of at least {many}, got an array of shape {array.shape}"
        )
    return array


def _finite_numbers(where: str, numbers: Any) -> Array:
    """At least two finite numbers from 0."""
    array: Array = validate(Rates, where, _loss_column(where, numbers))
    return array


def _positive_losses(where: str, losses: Any) -> Array:
    """At least two finite numbers above 0."""
    array = _finite_numbers(where, losses)
    _check_above_zero(where, array, np.arange(array.size))
    return array


def _check_above_zero(where: str, losses: Array, places: npt.NDArray[np.int64]) -> None:
    """Raise if a loss is 0, with its place in the log."""
    if not losses.all():
        raise ValueError(f"{where} must be above 0, got 0.0 at place {places[np.argmin(losses)]}")
