"""Axes of a sweep: parameters that vary together, and their values at places along the axis."""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Number
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import as_array, short_repr, widened
from fastlr.errors import public
from fastlr.sweeps.fingerprints import identity

__all__ = ["LISTED_RULE", "Axis", "Listed", "Places", "kinds_of", "values_of", "zipped"]

Places = npt.NDArray[np.int64]  # of schedules in a sweep, or of values along an axis

_MOST_DESCRIBED = 1_000  # values of a list
LISTED_RULE = "must be a non-empty list of numbers or strings"


@runtime_checkable
class Axis(Protocol):
    """Parameters that vary together: each has a value at every place from 0 to ``size - 1``.

    ``zipped`` and the draws (``random``, ``latin_hypercube``, ``sobol``) make axes. A class of your
    own is an axis if it has these attributes and methods.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""

    @property
    def size(self) -> int:
        """The number of places."""

    def values(self, places: Places) -> dict[str, npt.NDArray[Any]]:
        """Return, per parameter, its values at these places, along the first axis of an array."""

    def describe(self) -> dict[str, Any]:
        """Describe the axis as plain JSON data, for a person to read."""

    def identity(self) -> Any:
        """Return plain JSON data that differs whenever a value differs."""


@with_types
@dataclass(frozen=True, eq=False)
class Listed:
    """An axis of listed values.

    Parameters
    ----------
    lists : Mapping of str to array or range
        Per parameter, its values along the first axis. All have the same length.
    """

    lists: Mapping[str, npt.NDArray[Any] | range]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(self.lists)

    @property
    def size(self) -> int:
        """The number of values per parameter."""
        return len(next(iter(self.lists.values())))

    def values(self, places: Places) -> dict[str, npt.NDArray[Any]]:
        """Return, per parameter, its values at these places."""
        return {name: _take(values, places) for name, values in self.lists.items()}

    def describe(self) -> dict[str, Any]:
        """Return the lists; a range or a long list by its ends and its length."""
        return {name: _list_to_json(values) for name, values in self.lists.items()}

    def first(self, size: int) -> Listed:
        """Return the axis of the first ``size`` values."""
        return Listed({name: values[:size] for name, values in self.lists.items()})

    def identity(self) -> Any:
        """Return each name with the dtype and the bits of its values."""
        return ["listed", [[name, identity(values)] for name, values in self.lists.items()]]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Listed) and self.identity() == other.identity()

    def __hash__(self) -> int:
        return hash((self.names, self.size))


@with_types
@public
def zipped(**parameters: npt.ArrayLike) -> Listed:
    """Make an axis along which several parameters vary together.

    At place ``i`` each parameter has the ``i``-th value of its list.

    Parameters
    ----------
    **parameters : array_like
        Per parameter, a list of its values. All lists have the same length, at least 1.

    Returns
    -------
    Listed
        An axis for ``sweep``.

    Raises
    ------
    ValueError
        If there is no parameter, or the lengths differ, or a value is not a number or a string.

    Examples
    --------
    >>> zipped(warmup=[100, 200], cooldown=[1_000, 2_000]).size
    2
    """
    lists = {name: values_of(f"zipped: {name}", values) for name, values in parameters.items()}
    lengths = {name: len(values) for name, values in lists.items()}
    if not lists or len(set(lengths.values())) > 1:
        raise ValueError(
            "zipped: parameters must be non-empty and of equal length, got lengths "
            f"{short_repr(lengths)}"
        )
    return Listed(lists)


def _take(values: npt.NDArray[Any] | range, places: Places) -> npt.NDArray[Any]:
    """The values at some places; those of a range are computed."""
    return values.start + values.step * places if isinstance(values, range) else values[places]


def _list_to_json(values: npt.NDArray[Any] | range) -> Any:
    """Listed values as JSON data for a person: a range or a long list by its ends."""
    if isinstance(values, range):
        return {"from": values[0], "to": values[-1], "count": len(values)}
    if len(values) <= _MOST_DESCRIBED:
        return values.tolist()
    first, last = values[0].tolist(), values[-1].tolist()
    return {"first": first, "last": last, "count": len(values)}


def values_of(where: str, values: object) -> npt.NDArray[Any] | range:
    """A list of values as a new read-only array; a range as it is. Numbers are int64 or float64.

    Raises ``TypeError`` or ``ValueError``, beginning with ``where``, for anything else.
    """
    if (
        isinstance(values, range)
        and 0 < len(values) < 2**53
        and max(abs(values[0]), abs(values[-1])) <= 2**53
    ):
        return values
    if len(kinds := kinds_of(values)) > 1:  # NumPy would make 1 of True, and '1' of 1 beside texts
        raise TypeError(
            f"{where} must be a list of one kind of values, got {' and '.join(sorted(kinds))} in "
            f"{short_repr(values)}"
        )
    array = np.array(widened(as_array(f"{where} {LISTED_RULE}", values)))
    if array.ndim == 0 or array.shape[0] == 0 or array.dtype.kind not in "iufUb":
        raise ValueError(f"{where} {LISTED_RULE}, got {short_repr(values)}")
    array.flags.writeable = False
    return array


def kinds_of(values: object) -> set[str]:
    """The kinds of the values in a list: numbers, texts, truth values.

    >>> sorted(kinds_of([1, 0.5, "a", [True]]))
    ['numbers', 'texts', 'truth values']
    """
    if isinstance(values, list | tuple):
        distinct = {type(value) for value in values}
        nested = [value for value in values if isinstance(value, list | tuple)]
        return set().union(*map(_kinds_of_type, distinct), *map(kinds_of, nested))
    return set()


def _kinds_of_type(kind: type) -> set[str]:
    """The kind of the values of a type; none if it is no single value."""
    kinds = {"truth values": (bool, np.bool_), "texts": (str,), "numbers": (Number, np.number)}
    return {name for name, types in kinds.items() if issubclass(kind, types)} - (
        {"numbers"} if issubclass(kind, bool) else set()
    )
