"""The state of a rule, a tuple of arrays, and blocks of a history of metrics."""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.program.opcodes import DOUBLE_PARTS, RULES

__all__ = ["PlateauState", "StateLayout", "blocks", "fill"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]

_COPIED = 1 << 20  # numbers per block of a history that is broadcast to the lanes
_DOUBLE, _COUNT = np.dtype(np.float64), np.dtype(np.int32)


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


class StateLayout:
    """The parts of the state of a rule: their names, dtypes and shapes.

    ``letters`` describe the parts; ``RuleLayout`` has their meaning. ``windows`` is the word of the
    rule's buffer that describes its windows.
    """

    __slots__ = ("dtypes", "kind", "letters", "names")

    def __init__(self, kind: type[Any], update: str) -> None:
        self.kind, self.names = kind, kind._fields
        self.letters = RULES[update].parts
        self.dtypes = tuple(
            _DOUBLE if letter in DOUBLE_PARTS else _COUNT for letter in self.letters
        )

    def shapes(self, lanes: tuple[int, ...], windows: int) -> list[tuple[int, ...]]:
        """Return the shape of each part."""
        own = {"W": (*lanes, windows)} | ({} if windows else dict.fromkeys("DI", ()))
        return [own.get(letter, lanes) for letter in self.letters]

    def blank(self, lanes: tuple[int, ...], windows: int) -> Any:
        """Return a state to be filled, in one block of memory.

        Allocating an array per part would take three times as long.
        """
        shapes = self.shapes(lanes, windows)
        sizes = [math.prod(shape) for shape in shapes]
        ends = [0]
        for size, dtype in zip(sizes, self.dtypes, strict=True):
            ends.append(ends[-1] + -(-size * dtype.itemsize // 8))
        block = np.empty(ends[-1])
        return self.kind(
            *(
                block[begin:end].view(dtype)[:size].reshape(shape)
                for begin, end, dtype, size, shape in zip(
                    ends[:-1], ends[1:], self.dtypes, sizes, shapes, strict=True
                )
            )
        )

    def copied(self, state: Any, windows: int) -> Any:
        """Return a copy of a state that shares no memory with it."""
        if not state[0].shape:  # of one lane
            return self.kind._make([np.array(part, order="C") for part in state])
        copy = self.blank(state[0].shape, windows)
        fill(copy, state)
        return copy

    def makers(self, windows: int) -> tuple[Callable[[], npt.NDArray[Any]], ...]:
        """Return a function per part that makes it for one lane, to be filled.

        Copying an array is the fastest way to allocate one: in a quarter of the time of ``blank``.
        """
        return tuple(
            np.zeros(shape, dtype=dtype).copy
            for shape, dtype in zip(self.shapes((), windows), self.dtypes, strict=True)
        )


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
