"""Draws: axes of a sweep whose places are sampled points of a space of parameters.

Points are independent (``random``), in a Latin hypercube, or on a Sobol sequence. A draw is a
value: the same seed gives the same points on every machine and in any order. Points are computed
when they are used.
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import short_repr
from fastlr.errors import public, public_methods
from fastlr.sweeps.axes import Places, kinds_of
from fastlr.sweeps.fingerprints import UnidentifiedError, identity

__all__ = [
    "Choice",
    "Drawn",
    "Integers",
    "LogUniform",
    "Uniform",
    "latin_hypercube",
    "random",
    "sobol",
]

Array = npt.NDArray[np.float64]

# The most points per method. A Latin hypercube is held in memory as a whole.
_MAX_SIZE = {"random": 2**53, "latin_hypercube": 2**24, "sobol": 2**32}
# Half the largest float64, so that high - low is finite.
_MAX_BOUND = float(np.finfo(np.float64).max) / 2
_MAX_INTEGER = 2**52  # so that high - low + 1 is exact in float64
_PHILOX_BLOCK = 4  # numbers per count of the Philox generator


@with_types
@public_methods()
@dataclass(frozen=True)
class Uniform:
    """Draw a number uniformly from ``low`` to ``high``: ``low + u*(high - low)``, u in [0, 1).

    Parameters
    ----------
    low, high : float
        The bounds, ``low <= high``; finite, at most 8.98e307 in size.

    Raises
    ------
    ValueError
        If the bounds are not finite numbers in order.

    Examples
    --------
    >>> Uniform(1.0, 3.0).at(np.array([0.0, 0.5]))
    array([1., 2.])
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_ordered("Uniform", self.low, self.high)

    def at(self, unit: Array) -> Array:
        """Return the values at these shares of the space.

        Parameters
        ----------
        unit : array of float
            Shares, from 0 to below 1. They are not checked.

        Returns
        -------
        numpy.ndarray
            The values, of the shape of ``unit``.

        Examples
        --------
        >>> Uniform(1.0, 3.0).at(np.array([0.0, 0.5]))
        array([1., 2.])
        """
        return self.low + unit * (self.high - self.low)


@with_types
@public_methods()
@dataclass(frozen=True)
class LogUniform:
    """Draw a number whose logarithm is uniform: ``low * (high/low)^u``, u in [0, 1).

    Parameters
    ----------
    low, high : float
        The bounds, ``0 < low <= high``; at most 8.98e307.

    Raises
    ------
    ValueError
        If the bounds are not finite numbers above 0 in order.

    Examples
    --------
    >>> LogUniform(1.0, 100.0).at(np.array([0.0, 0.5])).round(12)
    array([ 1., 10.])
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_ordered("LogUniform", self.low, self.high)
        if self.low <= 0:
            raise ValueError(f"LogUniform: low must be above 0, got {short_repr(self.low)}")

    def at(self, unit: Array) -> Array:
        """Return the values at these shares of the space.

        Parameters
        ----------
        unit : array of float
            Shares, from 0 to below 1. They are not checked.

        Returns
        -------
        numpy.ndarray
            The values, of the shape of ``unit``.

        Examples
        --------
        >>> LogUniform(1.0, 100.0).at(np.array([0.0, 0.5])).round(12)
        array([ 1., 10.])
        """
        grown: Array = self.low * np.exp(unit * np.log(self.high / self.low))
        return np.clip(grown, self.low, self.high)


@with_types
@public_methods()
@dataclass(frozen=True)
class Integers:
    """Draw an integer uniformly: ``low + floor(u*(high - low + 1))``, u in [0, 1).

    Parameters
    ----------
    low, high : int
        The bounds, both included, ``low <= high``; from -2**52 to 2**52.

    Raises
    ------
    TypeError
        If a bound is not an integer.
    ValueError
        If the bounds are out of order or out of range.

    Examples
    --------
    >>> Integers(1, 4).at(np.array([0.0, 0.5, 0.99]))
    array([1, 3, 4])
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        if not all(
            isinstance(end, int) and not isinstance(end, bool) for end in (self.low, self.high)
        ):
            raise TypeError(
                f"Integers: low and high must be integers, got {short_repr(self.low)} "
                f"and {short_repr(self.high)}"
            )
        _check_ordered("Integers", self.low, self.high)
        if max(-self.low, self.high) > _MAX_INTEGER:
            raise ValueError(
                "Integers: low and high must be from -2**52 to 2**52, got "
                f"{short_repr(self.low)} and {short_repr(self.high)}"
            )

    def at(self, unit: Array) -> npt.NDArray[np.int64]:
        """Return the values at these shares of the space.

        Parameters
        ----------
        unit : array of float
            Shares, from 0 to below 1. They are not checked.

        Returns
        -------
        numpy.ndarray
            The values, of the shape of ``unit``.

        Examples
        --------
        >>> Integers(1, 4).at(np.array([0.0, 0.5, 0.99]))
        array([1, 3, 4])
        """
        return self.low + np.floor(unit * (self.high - self.low + 1)).astype(np.int64)


@with_types
@public_methods()
@dataclass(frozen=True)
class Choice:
    """Draw one of several options, all equally likely.

    Parameters
    ----------
    *options : float, int or str
        At least one number or string.

    Raises
    ------
    ValueError
        If there is no option, or one is neither a number nor a string.

    Examples
    --------
    >>> Choice("cosine", "linear").at(np.array([0.2, 0.7])).tolist()
    ['cosine', 'linear']
    """

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        if not options or not all(isinstance(option, str | int | float) for option in options):
            raise ValueError(
                "Choice: options must be at least one number or string, got "
                f"{short_repr(list(options))}"
            )
        if len(kinds := kinds_of(options)) > 1:
            raise ValueError(
                f"Choice: options must be of one kind, got {' and '.join(sorted(kinds))} in "
                f"{short_repr(list(options))}"
            )
        object.__setattr__(self, "options", options)

    def at(self, unit: Array) -> npt.NDArray[Any]:
        """Return the values at these shares of the space.

        Parameters
        ----------
        unit : array of float
            Shares, from 0 to below 1. They are not checked.

        Returns
        -------
        numpy.ndarray
            The values, of the shape of ``unit``.

        Examples
        --------
        >>> Choice("cosine", "linear").at(np.array([0.2, 0.7])).tolist()
        ['cosine', 'linear']
        """
        return np.asarray(self.options)[np.floor(unit * len(self.options)).astype(np.int64)]


def _check_ordered(kind: str, low: object, high: object) -> None:
    """Raise unless the bounds of a space are finite numbers in order."""
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high))
    if not numbers or not -np.inf < low <= high < np.inf:  # type: ignore[operator]
        raise ValueError(
            f"{kind}: low and high must be finite numbers with low <= high, got "
            f"{short_repr(low)} and {short_repr(high)}"
        )
    if low < -_MAX_BOUND or high > _MAX_BOUND:  # type: ignore[operator]
        raise ValueError(
            f"{kind}: low and high must be at most {_MAX_BOUND!r} in size, got "
            f"{short_repr(low)} and {short_repr(high)}"
        )


Space = Uniform | LogUniform | Integers | Choice  # what a parameter is drawn from


@with_types
@dataclass(frozen=True, eq=False)
class Drawn:
    """An axis of sampled points. Build one with ``random``, ``latin_hypercube`` or ``sobol``.

    Parameters
    ----------
    method : str
        ``"random"``, ``"latin_hypercube"`` or ``"sobol"``.
    size : int
        The number of points.
    seed : int
        The seed that determines the points.
    spaces : Mapping of str to space
        Per parameter, what it is drawn from.
    """

    method: str
    size: int
    seed: int
    spaces: Mapping[str, Space]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(self.spaces)

    def values(self, places: Places) -> dict[str, npt.NDArray[Any]]:
        """Return, per parameter, its values at these places."""
        unique, inverse = np.unique(places, return_inverse=True)
        units = np.concatenate(
            [self._points.between(run.start, run.stop) for run in _consecutive(unique)]
        )[inverse]
        return {name: space.at(units[:, i]) for i, (name, space) in enumerate(self.spaces.items())}

    def describe(self) -> dict[str, Any]:
        """Return the method, the size, the seed and the spaces."""
        spaces = {
            name: {type(space).__name__: list(vars(space).values())}
            for name, space in self.spaces.items()
        }
        return {"method": self.method, "size": self.size, "seed": self.seed, **spaces}

    def first(self, size: int) -> Drawn | None:
        """Return the draw of the first ``size`` points; ``None`` if they depend on the others."""
        return None if self.method == "latin_hypercube" else replace(self, size=size)

    def identity(self) -> Any:
        """Return the rule that draws the points.

        It includes the order of the spaces, which decides which column of points each takes.
        """
        return [
            "drawn",
            self.method,
            self.size,
            self.seed,
            [[name, *_space_identity(space)] for name, space in self.spaces.items()],
        ]

    @cached_property
    def _points(self) -> _Points:
        """The generator of the points."""
        points: _Points = _METHODS[self.method](self.size, self.seed, len(self.spaces))
        return points

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Drawn) and self.identity() == other.identity()

    def __hash__(self) -> int:
        return hash((self.method, self.size, self.seed, *self.spaces.items()))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_points"}


def _space_identity(space: Space) -> list[Any]:
    """The type of a space and its numbers; ``UnidentifiedError`` for an unknown type."""
    # A subclass may map numbers differently.
    if type(space) not in (Uniform, LogUniform, Integers, Choice):
        raise UnidentifiedError(
            f"a space of type {type(space).__qualname__} cannot be identified exactly"
        )
    return [type(space).__name__, [identity(value) for value in vars(space).values()]]


def _consecutive(places: Places) -> Iterator[range]:
    """Split rising places into ranges without gaps."""
    cuts = np.flatnonzero(np.diff(places) != 1) + 1
    for run in np.split(places, cuts):
        yield range(int(run[0]), int(run[-1]) + 1)


class _Points(Protocol):
    """The points of a draw, each in the unit cube."""

    def between(self, start: int, stop: int) -> Array: ...


@dataclass
class _RandomPoints:
    """Independent points. Each parameter has a counter-based generator, which can start at any
    point.
    """

    size: int
    seed: int
    count: int

    def between(self, start: int, stop: int) -> Array:
        """The points of a range of places, of shape (places, parameters)."""
        return np.stack([self._column(i, start, stop) for i in range(self.count)], axis=1)

    def _column(self, i: int, start: int, stop: int) -> Array:
        """The numbers of parameter ``i`` at a range of places."""
        bits = np.random.Philox(np.random.SeedSequence([self.seed, i]))
        blocks, offset = divmod(start, _PHILOX_BLOCK)
        bits.advance(blocks)
        return np.random.Generator(bits).random(offset + stop - start)[offset:]


class _LatinHypercubePoints:
    """Points such that each parameter has one in every ``1/size`` of its space.

    Each point depends on all others, so they are computed together.
    """

    def __init__(self, size: int, seed: int, count: int) -> None:
        self._all = (
            _scipy_qmc("latin_hypercube")
            .LatinHypercube(count, rng=np.random.default_rng(seed))
            .random(size)
        )

    def between(self, start: int, stop: int) -> Array:
        """The points of a range of places, of shape (places, parameters)."""
        points: Array = self._all[start:stop]
        return points


class _SobolPoints:
    """A scrambled Sobol sequence. Continuing after the last point is faster than a jump.

    A caller takes a generator out of a list and puts it back. So two threads never share one, and
    a forked process finds no lock held.
    """

    def __init__(self, size: int, seed: int, count: int) -> None:
        self._seed, self._count = seed, count
        self._idle: list[tuple[int, Any]] = []  # each generator after its next point

    def between(self, start: int, stop: int) -> Array:
        """The points of a range of places, of shape (places, parameters)."""
        at, sequence = self._take()
        if at != start:
            sequence = self._start_at(start)
        points = _next_points(sequence, stop - start, continued=start > 0)
        self._idle.append((stop, sequence))
        return points

    def _take(self) -> tuple[int, Any]:
        """An idle generator and its next point; -1 and None if there is none."""
        try:
            return self._idle.pop()
        except IndexError:  # there is none yet, or other threads have all of them
            return -1, None

    def _start_at(self, start: int) -> Any:
        """A new generator whose next point is ``start``."""
        qmc = _scipy_qmc("sobol")
        sequence = qmc.Sobol(self._count, bits=32, rng=np.random.default_rng(self._seed))
        return sequence.fast_forward(start) if start else sequence


def _scipy_qmc(where: str) -> Any:
    """SciPy's quasi-Monte Carlo, or an error that says how to install it."""
    try:
        from scipy.stats import qmc
    except ImportError:
        raise ImportError(
            f"{where} needs SciPy, which is not installed: pip install 'fastlr[fit]'"
        ) from None
    return qmc


def _next_points(sequence: Any, count: int, continued: bool) -> Array:
    """The next points. The first is drawn alone, because SciPy warns if the number of first points
    is not a power of 2.
    """
    first = [] if continued else [sequence.random(1)]
    points: Array = np.concatenate([*first, sequence.random(count - len(first))])
    return points


_METHODS: dict[str, Any] = {
    "random": _RandomPoints,
    "latin_hypercube": _LatinHypercubePoints,
    "sobol": _SobolPoints,
}


def _draw(method: str, size: int, seed: int, spaces: Mapping[str, Any]) -> Drawn:
    """Check the arguments of a draw and build its axis."""
    for name, value, least in (("size", size, 1), ("seed", seed, 0)):
        if (
            isinstance(value, bool)
            or not isinstance(value, int | np.integer)
            or not least <= value <= _MAX_SIZE[method]
        ):
            raise ValueError(
                f"{method}: {name} must be an integer from {least} to {_MAX_SIZE[method]}, "
                f"got {short_repr(value)}"
            )
    if not spaces:
        raise ValueError(f"{method}: at least one parameter must be given, got none")
    for name, space in spaces.items():
        if not isinstance(space, Uniform | LogUniform | Integers | Choice):
            raise TypeError(
                f"{method}: {name} must be a Uniform, LogUniform, Integers or Choice, "
                f"got {short_repr(space)}"
            )
    return Drawn(method, int(size), int(seed), dict(spaces))


@with_types
@public
def random(size: int, seed: int = 0, **spaces: Space) -> Drawn:
    """Draw independent points of a space of parameters, as an axis of a sweep.

    Parameters
    ----------
    size : int
        The number of points, from 1 to 2**53.
    seed : int
        Determines the points, from 0 to 2**53. Default 0.
    **spaces : Uniform, LogUniform, Integers or Choice
        Per parameter, what it is drawn from.

    Returns
    -------
    Drawn
        An axis for ``sweep``.

    Raises
    ------
    TypeError, ValueError
        If the size or the seed is out of range, or a space is not one of these four.

    Notes
    -----
    Any point is computed directly, so a draw of 10^9 points takes no memory. The generator is
    NumPy's Philox, one per parameter.

    References
    ----------
    Salmon et al., *Parallel Random Numbers: As Easy as 1, 2, 3* (2011).

    Examples
    --------
    >>> axis = random(1_000_000_000, peak=LogUniform(1e-4, 1e-2), warmup=Integers(100, 2_000))
    >>> axis.names, axis.size
    (('peak', 'warmup'), 1000000000)
    """
    return _draw("random", size, seed, spaces)


@with_types
@public
def latin_hypercube(size: int, seed: int = 0, **spaces: Space) -> Drawn:
    """Draw points such that each parameter has exactly one in every ``1/size`` of its space.

    Needs SciPy: ``pip install 'fastlr[fit]'``.

    Parameters
    ----------
    size : int
        The number of points, from 1 to 2**24.
    seed : int
        Determines the points, from 0 to 2**24. Default 0.
    **spaces : Uniform, LogUniform, Integers or Choice
        Per parameter, what it is drawn from.

    Returns
    -------
    Drawn
        An axis for ``sweep``.

    Raises
    ------
    TypeError, ValueError
        If the size or the seed is out of range, or a space is not one of these four.

    References
    ----------
    McKay, Beckman and Conover, *A Comparison of Three Methods for Selecting Values of Input
    Variables* (1979).

    Examples
    --------
    >>> axis = latin_hypercube(4, end=Uniform(0.0, 4.0))
    >>> sorted(np.floor(axis.values(np.arange(4))["end"]).tolist())
    [0.0, 1.0, 2.0, 3.0]
    """
    return _draw("latin_hypercube", size, seed, spaces)


@with_types
@public
def sobol(size: int, seed: int = 0, **spaces: Space) -> Drawn:
    """Draw points of a scrambled Sobol sequence, which fills the space evenly at every length.

    Needs SciPy: ``pip install 'fastlr[fit]'``.

    Parameters
    ----------
    size : int
        The number of points, from 1 to 2**32; best a power of 2.
    seed : int
        Determines the scrambling, from 0 to 2**32. Default 0.
    **spaces : Uniform, LogUniform, Integers or Choice
        Per parameter, what it is drawn from.

    Returns
    -------
    Drawn
        An axis for ``sweep``.

    Raises
    ------
    TypeError, ValueError
        If the size or the seed is out of range, or a space is not one of these four.

    References
    ----------
    Sobol', *On the Distribution of Points in a Cube and the Approximate Evaluation of Integrals*
    (1967).

    Examples
    --------
    >>> axis = sobol(4, end=Uniform(0.0, 4.0))
    >>> sorted(np.floor(axis.values(np.arange(4))["end"]).tolist())
    [0.0, 1.0, 2.0, 3.0]
    """
    return _draw("sobol", size, seed, spaces)
