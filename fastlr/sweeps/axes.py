"""Axes of a sweep: parameters that vary together, and their values at any of the places along
it.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import as_array, short_repr
from fastlr.errors import public
from fastlr.sweeps.identity import identity

__all__ = ["Axis", "Listed", "values_of", "zipped"]

Places = npt.NDArray[np.int64]


@runtime_checkable
class Axis(Protocol):
    """Parameters that vary together: of each, a value for every place from 0 to ``size - 1``."""

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""

    @property
    def size(self) -> int:
        """How many places there are."""

    def values(self, places: Places) -> dict[str, npt.NDArray[Any]]:
        """Of each parameter, the values at these places, along the first axis of an array."""

    def described(self) -> dict[str, Any]:
        """The axis as plain data, for a person to read."""

    def identity(self) -> Any:
        """The axis as plain JSON data, different wherever a value is."""


@dataclass(frozen=True, eq=False)
class Listed:
    """Values that are listed, each parameter's along the first axis of its array."""

    lists: Mapping[str, npt.NDArray[Any] | range]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(self.lists)

    @property
    def size(self) -> int:
        """How many values each has."""
        return len(next(iter(self.lists.values())))

    def values(self, places: Places) -> dict[str, npt.NDArray[Any]]:
        """Those at these places."""
        return {name: _at(values, places) for name, values in self.lists.items()}

    def described(self) -> dict[str, Any]:
        """The lists themselves."""
        return {name: _written(values) for name, values in self.lists.items()}

    def identity(self) -> Any:
        """Each name with the dtype and the bits of its values."""
        return ["listed", [[name, identity(values)] for name, values in self.lists.items()]]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Listed) and self.identity() == other.identity()

    def __hash__(self) -> int:
        return hash((self.names, self.size))


@public
def zipped(**parameters: npt.ArrayLike) -> Listed:
    """An axis along which several parameters take their values together: the first of each, then
    the second of each.

    Raises ``ValueError`` where they are not of one length.

    >>> zipped(warmup=[100, 200], cooldown=[1_000, 2_000]).size
    2
    """
    lists = {name: values_of(f"zipped: {name}", values) for name, values in parameters.items()}
    lengths = {name: len(values) for name, values in lists.items()}
    if not lists or len(set(lengths.values())) > 1:
        raise ValueError(
            f"zipped: parameters must have values, as many each, got {short_repr(lengths)} of them"
        )
    return Listed(lists)


def _at(values: npt.NDArray[Any] | range, places: Places) -> npt.NDArray[Any]:
    return values.start + values.step * places if isinstance(values, range) else values[places]


def _written(values: npt.NDArray[Any] | range) -> Any:
    return (
        {"from": values[0], "to": values[-1], "count": len(values)}
        if isinstance(values, range)
        else values.tolist()
    )


def values_of(where: str, values: object) -> npt.NDArray[Any] | range:
    """A list of values as a read-only array of its own, along whose first axis they stand; a
    range as it is.
    """
    if (
        isinstance(values, range)
        and 0 < len(values) < 2**53
        and max(abs(values[0]), abs(values[-1])) <= 2**53
    ):
        return values
    array = np.array(as_array(f"{where} must be values of one form", values))
    if array.ndim == 0 or array.shape[0] == 0 or array.dtype.kind not in "iufUb":
        raise ValueError(
            f"{where} must be a list of at least one number or word, got {short_repr(values)}"
        )
    array.flags.writeable = False
    return array
