"""States of a plateau: what a rule knows of its lanes, as a tuple of arrays, and the histories
that it goes through.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["PARTS", "PlateauState", "blank", "blocks", "copied", "fill"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]

_COPIED = 1 << 20  # numbers of a history that are spread over the lanes at a time


class PlateauState(NamedTuple):
    """What a rule knows of its lanes, in arrays of their shape.

    ``mean`` and ``count`` have shape () where no window is above 1, and are not used then.
    """

    scale: Array  # what a rate is multiplied by, or the rate itself
    best: Array  # the best metric that has been seen
    # updates since then that were no better; -1 where the first metric, whatever it is, becomes the
    # best
    bad: Counts
    cool: Counts  # updates of a cooldown that are left, or below 0 of the warm-up
    mean: Array  # of the metrics in the window
    count: Counts  # type: ignore[assignment]  # how many they are


_DTYPES = (np.float64, np.float64, np.int32, np.int32, np.float64, np.int32)
PARTS = {name: np.dtype(dtype) for name, dtype in zip(PlateauState._fields, _DTYPES, strict=True)}


def blank(lanes: tuple[int, ...], windows: tuple[int, ...]) -> PlateauState:
    """A state to be written, in one block of memory: four that come and go take three times as
    long.
    """
    many, few = math.prod(lanes), math.prod(windows)
    block = np.empty(3 * many + 2 * few)
    counts = block[2 * many : 3 * many].view(np.int32)
    return PlateauState(
        scale=block[:many].reshape(lanes),
        best=block[many : 2 * many].reshape(lanes),
        bad=counts[:many].reshape(lanes),
        cool=counts[many:].reshape(lanes),
        mean=block[3 * many : 3 * many + few].reshape(windows),
        count=block[3 * many + few :].view(np.int32)[:few].reshape(windows),
    )


def copied(state: PlateauState) -> PlateauState:
    """The same state in memory of its own."""
    copy = blank(state.scale.shape, state.mean.shape)
    fill(copy, state)
    return copy


def fill(state: tuple[npt.NDArray[Any], ...], values: tuple[npt.ArrayLike, ...]) -> None:
    """Write each part of a state, from what broadcasts to it."""
    for part, value in zip(state, values, strict=True):
        part[...] = value


def blocks(metrics: Array, lanes: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
    """A history as C-contiguous blocks of one column a lane, or one column for all: (first
    update, block).
    """
    count = math.prod(lanes)
    if math.prod(metrics.shape[1:]) == 1:
        yield 0, np.ascontiguousarray(metrics.reshape(-1, 1))
    elif metrics.shape[1:] == lanes and metrics.flags.carray:
        yield 0, metrics.reshape(-1, count)
    else:
        size = max(1, _COPIED // count)
        for i in range(0, len(metrics), size):
            some = metrics[i : i + size]
            yield (
                i,
                np.ascontiguousarray(
                    np.broadcast_to(some.reshape(_spread(some.shape, lanes)), (len(some), *lanes))
                ).reshape(-1, count),
            )


def _spread(shape: tuple[int, ...], lanes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a block of metrics with as many axes as the lanes have."""
    return (shape[0], *(1,) * (len(lanes) + 1 - len(shape)), *shape[1:])
