"""The state of a plateau rule, a tuple of arrays, and blocks of a history of metrics."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types

__all__ = ["PARTS", "PlateauState", "blank", "blank_lane", "blocks", "copied", "fill"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]

_COPIED = 1 << 20  # numbers per block of a history that is broadcast to the lanes


@with_types
class PlateauState(NamedTuple):
    """The state of a rule: one number per lane in each array.

    Attributes
    ----------
    scale : numpy.ndarray of float64
        What a rate is multiplied by, or the rate itself.
    best : numpy.ndarray of float64
        The best metric so far.
    bad : numpy.ndarray of int32
        The updates since then that were not better. It is -1 where the first metric becomes the
        best one, whatever it is.
    cool : numpy.ndarray of int32
        The updates of a cooldown that are left; below 0, those of the warmup.
    mean : numpy.ndarray of float64
        The mean of the metrics in the window.
    count : numpy.ndarray of int32
        The number of metrics in the window.

    Notes
    -----
    ``mean`` and ``count`` have shape () if no window is above 1, and are then not used.

    Examples
    --------
    >>> import fastlr as flr
    >>> rule = flr.Plateau(factor=0.5, patience=0)
    >>> state = rule.update(rule.init(), 1.0)
    >>> state.best.item(), rule.update(state, 1.0).scale.item()
    (1.0, 0.5)
    """

    scale: Array
    best: Array
    bad: Counts
    cool: Counts
    mean: Array
    count: Counts  # type: ignore[assignment]  # a tuple has a method of this name


_DTYPES = (np.float64, np.float64, np.int32, np.int32, np.float64, np.int32)
PARTS = {name: np.dtype(dtype) for name, dtype in zip(PlateauState._fields, _DTYPES, strict=True)}


def blank(lanes: tuple[int, ...], windows: tuple[int, ...]) -> PlateauState:
    """Return a state to be filled, in one block of memory.

    Allocating four arrays per update would take three times as long.
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


# copying a number is the fastest way to allocate one
_number, _count = np.zeros(()).copy, np.zeros((), dtype=np.int32).copy


def blank_lane() -> PlateauState:
    """Return a state of one lane to be filled, in a quarter of the time that ``blank`` takes."""
    return PlateauState._make((_number(), _number(), _count(), _count(), _number(), _count()))


def copied(state: PlateauState) -> PlateauState:
    """Return a copy of a state that shares no memory with it."""
    copy = blank(state.scale.shape, state.mean.shape)
    fill(copy, state)
    return copy


def fill(state: tuple[npt.NDArray[Any], ...], values: tuple[npt.ArrayLike, ...]) -> None:
    """Write values that broadcast to each part of a state."""
    for part, value in zip(state, values, strict=True):
        part[...] = value


def blocks(metrics: Array, lanes: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
    """Yield a history as (first update, block).

    A block is C-contiguous and has one column per lane, or one column for all lanes.
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
    """Return the shape of a block of metrics with as many axes as the lanes have."""
    return (shape[0], *(1,) * (len(lanes) + 1 - len(shape)), *shape[1:])
