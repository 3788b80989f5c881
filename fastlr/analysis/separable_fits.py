"""Least squares for curves that are a constant plus a weighted sum of columns.

The model is ``rates ~ level + heights @ columns(numbers)``: the columns depend on a few numbers,
such as a power. Given the numbers, projections give the level and the heights, so only the numbers
are searched (variable projection; Golub and Pereyra, 1973). All guesses are searched at once, in
the same few array operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Columns", "Fitted", "search"]

Array = npt.NDArray[np.float64]

# a function of numbers, of shape (guess, number). It returns columns, of shape (column, guess,
# sample), and their derivatives by each number, of shape (number, column, guess, sample).
Columns = Callable[[Array], tuple[Array, Array]]

_MOST = 3  # steps of a search per rate
_PACE, _SLOW = 1e-2, 3  # give up a search that gains less than this share 3 times in a row
_NEAR = 1e4  # a search within this multiple of the tolerance's square may go slowly
_DAMPED = 1e4  # with more damping, no step gains
_TINY = 1e-300


class Fitted(NamedTuple):
    """The numbers found from each guess, and the largest distance from a rate that they leave."""

    numbers: Array
    apart: Array


class _Place(NamedTuple):
    """Where the search stands, per guess: numbers, residuals, their slopes, their squares' sum."""

    numbers: Array
    left: Array
    slopes: Array
    cost: Array


def search(
    columns: Columns, rates: Array, guesses: Array, bounds: tuple[Array, Array], within: float
) -> Fitted:
    """Search the numbers of least squares from each guess by Levenberg and Marquardt's method.

    ``within`` is the distance at which a curve explains the rates. A search that settles farther
    away than that is given up, for its last digits are of no use.
    """
    scale = float(np.abs(rates).max())
    rates, within = rates / scale, within / scale
    place = _place(columns, rates, guesses)
    damping = np.full(len(guesses), 0.1)
    enough, slow = rates.size * within**2, np.zeros(len(guesses))
    for _ in range(_MOST * rates.size):
        step = _step(place, damping, bounds)
        trial = _place(columns, rates, np.clip(place.numbers + step, *bounds))
        better = trial.cost < place.cost
        gained = (place.cost - trial.cost) / np.maximum(place.cost, _TINY)
        place = _Place(*(_chosen(better, *pair) for pair in zip(trial, place, strict=True)))
        damping = np.where(better, damping / 10, damping * 8)
        far = place.cost > enough
        # too far away to arrive at this pace, or as near as rounding allows
        distance = np.log(place.cost / enough / _NEAR)
        least = np.where(distance > 0, _PACE * distance, np.where(far, 1e-5, 1e-10))
        slow = np.where(better, np.where(gained < least, slow + 1, 0), slow)
        settled = (slow >= np.where(far, _SLOW, 1)) | (damping > _DAMPED)
        if settled.all() or (settled & (place.cost <= enough)).any():
            break
    return Fitted(place.numbers, scale * np.abs(place.left).max(axis=1))


def _chosen(better: npt.NDArray[np.bool_], new: Array, old: Array) -> Array:
    return np.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def _step(place: _Place, damping: Array, bounds: tuple[Array, Array]) -> Array:
    """The damped step of Gauss and Newton of each guess; numbers at their bounds stay there."""
    slope = np.einsum("gkn,gn->gk", place.slopes, place.left)
    low, high = bounds
    free = np.where(slope > 0, place.numbers > low, place.numbers < high)
    slope = -slope * free
    square = place.slopes @ place.slopes.swapaxes(1, 2)
    square = square * (free[:, :, None] & free[:, None, :])
    first = square[:, 0, 0] * (1 + damping) + _TINY
    if slope.shape[1] == 1:
        single: Array = slope / first[:, None]
        return single
    second, mixed = square[:, 1, 1] * (1 + damping) + _TINY, square[:, 0, 1]
    steps = second * slope[:, 0] - mixed * slope[:, 1], first * slope[:, 1] - mixed * slope[:, 0]
    step: Array = np.stack(steps, axis=1) / np.maximum(first * second - mixed**2, _TINY)[:, None]
    return step


def _place(columns: Columns, rates: Array, numbers: Array) -> _Place:
    """The residuals at these numbers, and their slopes after Kaufman (1975)."""
    mix, by_number = columns(numbers)
    mix = mix - mix.mean(axis=-1, keepdims=True)
    left: Array = np.broadcast_to(rates - rates.mean(), mix.shape[1:])
    if len(mix) == 2:  # the second is made orthogonal to the first
        shared = _along(mix[1], mix[0])
        mix = np.stack([mix[0], mix[1] - shared * mix[0]])
        by_number = np.stack([by_number[:, 0], by_number[:, 1] - shared * by_number[:, 0]], axis=1)
    heights = [_along(left, column) for column in mix]
    slopes = np.zeros_like(by_number[:, 0])
    for column, height, by in zip(mix, heights, by_number.swapaxes(0, 1), strict=True):
        left = left - height * column
        slopes = slopes - height * by
    slopes = slopes - slopes.mean(axis=-1, keepdims=True)
    for column in mix:
        slopes = slopes - _along(slopes, column) * column
    cost = np.einsum("gn,gn->g", left, left)
    known = np.isfinite(cost) & np.isfinite(slopes.sum(axis=(0, 2)))
    slopes = np.where(known[:, None], slopes, 0.0)
    return _Place(numbers, left, slopes.swapaxes(0, 1), np.where(known, cost, np.inf))


def _along(values: Array, direction: Array) -> Array:
    """How often a direction is in the values."""
    square = np.einsum("gn,gn->g", direction, direction)
    share: Array = np.einsum("...gn,gn->...g", values, direction) / np.maximum(square, _TINY)
    return share[..., None]
