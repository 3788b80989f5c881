"""Small pictures of rates as blocks of text, and which steps a small picture shows.

The lower edge is a rate of 0 and the upper edge is the highest rate shown. A rate fills its share
of the width, since it is in force until the next step.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fastlr.drawing.drawable import Drawable
from fastlr.program.opcodes import LAST_STEP

__all__ = ["blocks", "extent", "spread"]

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ENDLESS = 1_000  # steps shown of a schedule with neither an end nor a boundary
_GOLDEN = 0.6180339887498949

Rates = npt.NDArray[np.float64]


def extent(schedule: Drawable) -> int:
    """Return how many steps a picture of a scalar schedule shows.

    Parameters
    ----------
    schedule : Schedule
        A scalar schedule.

    Returns
    -------
    int
        All its steps. If it never ends, twice the steps to its last boundary, or 1,000 if it
        has no boundary.

    Examples
    --------
    >>> import fastlr as flr
    >>> extent(flr.linear(1.0, 0.0, steps=30)), extent(flr.cyclic(0.1, 0.5, up=20))
    (30, 80)
    >>> extent(flr.constant(0.1))
    1000
    """
    if schedule.steps is None:
        return min(2 * max(schedule.boundaries, default=0), LAST_STEP) or _ENDLESS
    return int(schedule.steps) or (0 if schedule.past_end == "raise" else _ENDLESS)


def spread(stop: int, count: int) -> npt.NDArray[np.int64]:
    """Choose at most ``count`` of the steps 0 to ``stop - 1``, spread over them.

    Parameters
    ----------
    stop : int
        The number of steps to choose from.
    count : int
        The number of steps to choose.

    Returns
    -------
    numpy.ndarray of int64
        The first step, the last, and one from each equal stretch between, in order.

    Notes
    -----
    The place of a step in its stretch follows the golden ratio, so that no cycle of the rates
    can be in phase with the chosen steps.

    Examples
    --------
    >>> spread(4, count=10), spread(1_000, count=5)
    (array([0, 1, 2, 3]), array([  0, 323, 447, 770, 999]))
    """
    if stop <= count:
        return np.arange(stop)
    edges = np.linspace(0, stop, count + 1).astype(np.int64)
    steps = edges[:-1] + (np.arange(count) * _GOLDEN % 1 * np.diff(edges)).astype(np.int64)
    steps[-1] = stop - 1
    return steps


def blocks(rates: npt.ArrayLike, width: int, height: int) -> str:
    """Draw rates as rows of block characters.

    Parameters
    ----------
    rates : array of float
        At least one rate, one per step.
    width, height : int
        The number of columns and rows. A column shows the mean of its share of the rates.

    Returns
    -------
    str
        ``height`` lines of at most ``width`` characters.

    Raises
    ------
    ValueError
        If there are no rates.

    Examples
    --------
    >>> print(blocks([4.0, 4.0, 3.0, 2.0, 1.0, 0.0], width=6, height=2))
    ██▄
    ████▄▁
    """
    shares = _shares(rates)
    if not shares.size:
        raise ValueError("blocks: rates must hold at least one rate, got none")
    columns = np.array([share.mean() for share in _split(shares, width)])
    filled = np.maximum(1, np.rint(columns * height * 8)).astype(int)
    rows = (np.clip(filled - 8 * row, 0, 8) for row in reversed(range(height)))
    return "\n".join("".join(_EIGHTHS[eighths] for eighths in row).rstrip() for row in rows)


def _shares(rates: npt.ArrayLike) -> Rates:
    """Return the rates as shares of the highest rate."""
    array = np.asarray(rates, dtype=np.float64)
    return array / (array.max(initial=0.0) or 1.0)


def _split(shares: Rates, width: int) -> Iterator[Rates]:
    """Yield the part of ``shares`` that each column shows; few rates fill several columns each."""
    for column in range(width):
        first, last = column * shares.size // width, (column + 1) * shares.size // width
        yield shares[first : max(first + 1, last)]
