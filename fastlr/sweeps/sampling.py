"""Draws: axes of a sweep whose places are points of a space of parameters, at random, in a Latin
hypercube, on a Sobol sequence.

A draw is a value: the same seed gives the same points, on every machine, in any order, and none is
made before it is asked for.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.errors import public, public_methods
from fastlr.sweeps.identity import UnidentifiedError, identity

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
Places = npt.NDArray[np.int64]

# points; a Latin hypercube is made as a whole
_MOST = {"random": 2**53, "latin_hypercube": 2**24, "sobol": 2**32}
# so that low and high are no farther apart than a number can tell
_MOST_DRAWN = float(np.finfo(np.float64).max) / 2
_FARTHEST = 2**52
_WORDS = 4  # that one count of the random generator gives


class Space(Protocol):
    """Where a parameter is drawn from: a map from [0, 1)."""

    def at(self, unit: Array) -> npt.NDArray[Any]:
        """The values at these shares of the space."""


@public_methods()
@dataclass(frozen=True)
class Uniform:
    """Any number from ``low`` to ``high``: ``low + u*(high - low)``."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_ordered("Uniform", self.low, self.high)

    def at(self, unit: Array) -> Array:
        """The values at these shares of the space."""
        return self.low + unit * (self.high - self.low)


@public_methods()
@dataclass(frozen=True)
class LogUniform:
    """Any number from ``low`` to ``high``, both above 0, each factor as likely as any other:
    ``low * (high/low)^u``.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_ordered("LogUniform", self.low, self.high)
        if self.low <= 0:
            raise ValueError(f"LogUniform: low must be above 0, got {short_repr(self.low)}")

    def at(self, unit: Array) -> Array:
        """The values at these shares of the space."""
        grown: Array = self.low * np.exp(unit * np.log(self.high / self.low))
        return np.clip(grown, self.low, self.high)


@public_methods()
@dataclass(frozen=True)
class Integers:
    """Integers from ``low`` to ``high``, both among them: ``low + floor(u*(high - low + 1))``."""

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
        if max(-self.low, self.high) > _FARTHEST:
            raise ValueError(
                "Integers: low and high must be from -2**52 to 2**52, got "
                f"{short_repr(self.low)} and {short_repr(self.high)}"
            )

    def at(self, unit: Array) -> npt.NDArray[np.int64]:
        """The values at these shares of the space."""
        return self.low + np.floor(unit * (self.high - self.low + 1)).astype(np.int64)


@public_methods()
@dataclass(frozen=True)
class Choice:
    """One of several numbers, or words, each as likely as any other."""

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        if not options or not all(isinstance(option, str | int | float) for option in options):
            raise ValueError(
                "Choice: options must be numbers or words, at least one, got "
                f"{short_repr(list(options))}"
            )
        object.__setattr__(self, "options", options)

    def at(self, unit: Array) -> npt.NDArray[Any]:
        """The values at these shares of the space."""
        return np.asarray(self.options)[np.floor(unit * len(self.options)).astype(np.int64)]


def _check_ordered(kind: str, low: object, high: object) -> None:
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high))
    if not numbers or not -np.inf < low <= high < np.inf:  # type: ignore[operator]
        raise ValueError(
            f"{kind}: low and high must be finite numbers, low first, got "
            f"{short_repr(low)} and {short_repr(high)}"
        )
    if low < -_MOST_DRAWN or high > _MOST_DRAWN:  # type: ignore[operator]
        raise ValueError(
            f"{kind}: low and high must be at most {_MOST_DRAWN!r} from 0, got "
            f"{short_repr(low)} and {short_repr(high)}"
        )


@dataclass(frozen=True, eq=False)
class Drawn:
    """An axis of ``size`` points of the product of ``spaces``, by a ``method``; its own
    ``seed`` makes them what they are.
    """

    method: str
    size: int
    seed: int
    spaces: Mapping[str, Space]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(self.spaces)

    def values(self, places: Places) -> dict[str, npt.NDArray[Any]]:
        """Of each parameter, the values at these places."""
        unique, inverse = np.unique(places, return_inverse=True)
        units = np.concatenate(
            [self._points.between(run.start, run.stop) for run in _runs(unique)]
        )[inverse]
        return {name: space.at(units[:, i]) for i, (name, space) in enumerate(self.spaces.items())}

    def described(self) -> dict[str, Any]:
        """What the points are made of."""
        spaces = {
            name: {type(space).__name__: list(vars(space).values())}
            for name, space in self.spaces.items()
        }
        return {"method": self.method, "size": self.size, "seed": self.seed, **spaces}

    def identity(self) -> Any:
        """The rule that draws the points.

        The order of the spaces is part of it: it decides which column of points each takes.
        """
        return [
            "drawn",
            self.method,
            self.size,
            self.seed,
            [[name, *_of_space(space)] for name, space in self.spaces.items()],
        ]

    @cached_property
    def _points(self) -> _Points:
        points: _Points = _METHODS[self.method](self.size, self.seed, len(self.spaces))
        return points

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Drawn) and self.identity() == other.identity()

    def __hash__(self) -> int:
        return hash((self.method, self.size, self.seed, *self.spaces.items()))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_points"}


def _of_space(space: Space) -> list[Any]:
    """A space's kind and its numbers; ``UnidentifiedError`` for one that fastlr does not know."""
    # a subclass may map shares otherwise
    if type(space) not in (Uniform, LogUniform, Integers, Choice):
        raise UnidentifiedError(
            f"a space of type {type(space).__qualname__} cannot be identified exactly"
        )
    return [type(space).__name__, [identity(value) for value in vars(space).values()]]


def _runs(places: Places) -> Iterator[range]:
    """Rising places as ranges without gaps."""
    cuts = np.flatnonzero(np.diff(places) != 1) + 1
    for run in np.split(places, cuts):
        yield range(int(run[0]), int(run[-1]) + 1)


class _Points(Protocol):
    def between(self, start: int, stop: int) -> Array: ...


@dataclass
class _Random:
    """Independent points. Each parameter has a generator that counts, so that any point is
    reached at once.
    """

    size: int
    seed: int
    count: int

    def between(self, start: int, stop: int) -> Array:
        return np.stack([self._column(i, start, stop) for i in range(self.count)], axis=1)

    def _column(self, i: int, start: int, stop: int) -> Array:
        bits = np.random.Philox(np.random.SeedSequence([self.seed, i]))
        bits.advance(start // _WORDS)
        return np.random.Generator(bits).random(stop - start // _WORDS * _WORDS)[start % _WORDS :]


class _LatinHypercube:
    """Points of which each parameter has one in every ``1/size`` of its space: they are made
    together, when first asked for.
    """

    def __init__(self, size: int, seed: int, count: int) -> None:
        from scipy.stats import qmc

        self._all = qmc.LatinHypercube(count, rng=np.random.default_rng(seed)).random(size)

    def between(self, start: int, stop: int) -> Array:
        points: Array = self._all[start:stop]
        return points


class _Sobol:
    """A scrambled Sobol sequence, at which one may begin anywhere: what follows the last point
    asked for is soonest reached.

    Whoever draws from a sequence takes it out and puts it back: threads never share one, and a fork
    finds none locked.
    """

    def __init__(self, size: int, seed: int, count: int) -> None:
        self._seed, self._count = seed, count
        self._idle: list[tuple[int, Any]] = []  # each with its next point

    def between(self, start: int, stop: int) -> Array:
        at, sequence = self._taken()
        if at != start:
            sequence = self._begun(start)
        points = _next(sequence, stop - start, begun=start > 0)
        self._idle.append((stop, sequence))
        return points

    def _taken(self) -> tuple[int, Any]:
        try:
            return self._idle.pop()
        except IndexError:  # none as yet, or all of them out
            return -1, None

    def _begun(self, start: int) -> Any:
        from scipy.stats import qmc

        sequence = qmc.Sobol(self._count, bits=32, rng=np.random.default_rng(self._seed))
        return sequence.fast_forward(start) if start else sequence


def _next(sequence: Any, count: int, begun: bool) -> Array:
    """The next points. The first is drawn alone: SciPy would warn of any count of first ones
    that is no power of 2.
    """
    first = [] if begun else [sequence.random(1)]
    points: Array = np.concatenate([*first, sequence.random(count - len(first))])
    return points


_METHODS: dict[str, Any] = {"random": _Random, "latin_hypercube": _LatinHypercube, "sobol": _Sobol}


def _drawn(method: str, size: int, seed: int, spaces: Mapping[str, Any]) -> Drawn:
    for name, value, least in (("size", size, 1), ("seed", seed, 0)):
        if (
            isinstance(value, bool)
            or not isinstance(value, int | np.integer)
            or not least <= value <= _MOST[method]
        ):
            raise ValueError(
                f"{method}: {name} must be an integer from {least} to {_MOST[method]}, "
                f"got {short_repr(value)}"
            )
    if not spaces:
        raise ValueError(f"{method}: at least one parameter must be drawn, got none")
    for name, space in spaces.items():
        if not isinstance(space, Uniform | LogUniform | Integers | Choice):
            raise TypeError(
                f"{method}: {name} must be a Uniform, LogUniform, Integers or Choice, "
                f"got {short_repr(space)}"
            )
    return Drawn(method, int(size), int(seed), dict(spaces))


@public
def random(size: int, seed: int = 0, **spaces: Space) -> Drawn:
    """An axis of ``size`` independent points.

    >>> axis = random(1_000_000_000, peak=LogUniform(1e-4, 1e-2), warmup=Integers(100, 2_000))
    >>> axis.names, axis.size
    (('peak', 'warmup'), 1000000000)
    """
    return _drawn("random", size, seed, spaces)


@public
def latin_hypercube(size: int, seed: int = 0, **spaces: Space) -> Drawn:
    """An axis of ``size`` points, at most 2^24, of which each parameter has one in every ``1/size``
    of its space; needs SciPy.

    McKay, Beckman and Conover, *A Comparison of Three Methods for Selecting Values of Input
    Variables* (1979).
    """
    return _drawn("latin_hypercube", size, seed, spaces)


@public
def sobol(size: int, seed: int = 0, **spaces: Space) -> Drawn:
    """An axis of ``size`` points, a power of 2 at best, that fill the space evenly, however many
    are taken; needs SciPy.

    Sobol', *On the Distribution of Points in a Cube and the Approximate Evaluation of Integrals*
    (1967), scrambled.
    """
    return _drawn("sobol", size, seed, spaces)
