"""Sweeps: families of schedules over axes of parameters, of which any part is made when it is asked
for, and none before.

A sweep of a billion schedules is a few numbers. ``sweep[i]`` is one of them, ``sweep[i:j]`` a
batch, an ordinary schedule.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import hashlib
import importlib
import inspect
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr import presets
from fastlr.arguments.outputs import check_fits
from fastlr.arguments.rules import Period, as_array, short_repr, validate_scalar
from fastlr.errors import did_you_mean, public, public_methods
from fastlr.presets._rules import PRESETS
from fastlr.schedule import constructors
from fastlr.schedule.construction import CONSTRUCTORS
from fastlr.schedule.constructors import stack
from fastlr.schedule.parser import names_in, parse
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import Value, a_schedule, cores
from fastlr.sweeps import stores
from fastlr.sweeps.axes import Axis, Listed, values_of
from fastlr.sweeps.batches import chunks_of, collect
from fastlr.sweeps.identity import UnidentifiedError, identity, owned
from fastlr.sweeps.progress import with_progress

__all__ = ["Family", "Sweep", "sweep"]

Places = npt.NDArray[np.int64]
Family = str | Callable[..., Schedule]

_MOST = 2**62
_A_LANE = 16  # words that a lane takes while its batch is built
_TOGETHER = 2**16  # lanes that are reduced at a time


@public_methods()
@dataclass(frozen=True, eq=False)
class Sweep:
    """Schedules of a ``family``, one for each combination of places along its ``axes``; the last
    axis varies fastest.

    ``fixed`` are parameters that all of them share. ``shape`` is one length per axis, ``size`` is
    how many schedules there are. ``version`` stands for the code of a family that is a function,
    where the caller gave one.
    """

    family: Family
    axes: tuple[Axis, ...]
    fixed: Mapping[str, Any]
    version: str | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return tuple(axis.size for axis in self.axes)

    @property
    def size(self) -> int:
        """How many schedules there are."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        return self.size

    def __eq__(self, other: object) -> bool:
        """Whether both have the same fingerprint; a sweep without one equals itself alone."""
        if self is other:
            return True
        return (
            isinstance(other, Sweep)
            and self.fingerprint == other.fingerprint
            and self.fingerprint is not None
        )

    def __hash__(self) -> int:
        # not the fingerprint: a global of a function may change
        return hash((_name_of(self.family), self.names, self.shape))

    def __iter__(self) -> Iterator[Schedule]:
        return (self[i] for i in range(self.size))

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that vary, axis by axis."""
        return tuple(name for axis in self.axes for name in axis.names)

    def __getitem__(self, index: int | slice | npt.ArrayLike) -> Schedule:
        """The schedule at one place of the whole, from 0 to ``size - 1``; at a slice or a list of
        places, a batch of them.

        Raises ``IndexError`` for a place out of range, and ``ValueError``, naming the first place,
        where a combination of parameters is one that the family refuses.

        >>> import fastlr as flr
        >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20, 30])
        >>> family.shape, family[4], family[1:4](0)
        ((2, 3), linear(init=0.2, end=0.0, steps=20), array([0.1, 0.1, 0.2]))
        """
        places = self._places(index)
        if not places.size:
            raise IndexError("a sweep gives at least one schedule, got an empty slice")
        if isinstance(index, int | np.integer):
            return self._built(
                {name: values[0] for name, values in self.parameters(places).items()}, places, ()
            )
        own, batches = zip(*self.parts(places), strict=True)
        if len(batches) == 1:
            only: Schedule = batches[0]
            return only
        order = np.argsort(np.concatenate(own)).tolist()
        lanes = [lane for batch in batches for lane in batch]
        return stack([lanes[i] for i in order])

    def parts(self, places: Places | range) -> Iterator[tuple[Places, Schedule]]:
        """The schedules at these places in batches, each with where among the places its lanes are.

        It is one batch, but where parameters that are words differ, as no batch mixes them.

        >>> import fastlr as flr
        >>> family = flr.sweep("cyclic", low=[0.1, 0.2], high=1.0, up=10, mode=["triangular", "cosine"])
        >>> [(own.tolist(), batch(5)) for own, batch in family.parts(range(4))]
        [([1, 3], array([0.55, 0.6 ])), ([0, 2], array([0.55, 0.6 ]))]
        """
        places = np.asarray(places)
        parameters = self.parameters(places)
        words = [name for name, values in parameters.items() if values.dtype.kind in "Ub"]
        kinds, which = np.unique(
            [parameters[name] for name in words] or [np.zeros(places.size)],
            axis=1,
            return_inverse=True,
        )
        for kind in range(kinds.shape[1]):
            [own] = np.nonzero(which.reshape(-1) == kind)
            alike = {
                name: values[own[0]] if name in words else values[own]
                for name, values in parameters.items()
            }
            if len(words) == len(parameters):  # no number makes a batch of them
                yield own, stack([self._built(alike, places[own], ())] * own.size)
            else:
                yield own, self._built(alike, places[own], own.shape)

    def parameters(self, index: int | slice | npt.ArrayLike) -> dict[str, npt.NDArray[Any]]:
        """Of each parameter that varies, its values at these places, in an array.

        >>> import fastlr as flr
        >>> flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20, 30]).parameters([0, 4])
        {'init': array([0.1, 0.2]), 'steps': array([10, 20])}
        """
        along = np.unravel_index(self._places(index), self.shape) if self.axes else ()
        parts = [
            axis.values(np.asarray(places)) for axis, places in zip(self.axes, along, strict=True)
        ]
        return {name: values for part in parts for name, values in part.items()}

    def chunks(self, lanes: int) -> Iterator[range]:
        """All places in order, so many at a time.

        >>> import fastlr as flr
        >>> list(flr.sweep("constant", value=np.linspace(0.1, 0.5, 5)).chunks(2))
        [range(0, 2), range(2, 4), range(4, 5)]
        """
        return chunks_of(self.size, validate_scalar(Period, "chunks: lanes", lanes))

    def table(
        self,
        start: int,
        stop: int | None = None,
        step: int = 1,
        *,
        dtype: npt.DTypeLike | None = None,
        out: Any = None,
        memory: int = stores.MEMORY,
        threads: int = 1,
        progress: bool = False,
    ) -> Any:
        """The rates of every schedule at steps ``range(start, stop, step)``, or ``range(start)``:
        shape ``(size, n)``.

        ``out`` may be an array, a path that ends in ``.npy`` or ``.zarr``, or a zarr store:
        ``fastlr.stores.table`` says what is made of each, in at most ``memory`` bytes, how a call
        that was killed is gone on with, and which errors there are.

        >>> import fastlr as flr
        >>> flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[2, 4]).table(1, 3)
        array([[0.05 , 0.   ],
               [0.075, 0.05 ],
               [0.1  , 0.   ],
               [0.15 , 0.1  ]])
        """
        return stores.table(
            self,
            start,
            stop,
            step,
            dtype=dtype,
            out=out,
            memory=memory,
            threads=threads,
            progress=progress,
        )

    def reduce(
        self,
        names: str | Sequence[str],
        start: int,
        stop: int | None = None,
        *,
        progress: bool = False,
        **arguments: Any,
    ) -> dict[str, npt.NDArray[Any]]:
        """What ``Schedule.reduce`` says of every schedule, by name, in arrays of shape
        ``sweep.shape``; no table is made.

        ``arguments`` are single numbers, for all schedules the same. It goes 65,536 schedules at a
        time, and ``progress`` shows how far it has come.
        """
        # what is refused is refused before any work
        _ = self[0].reduce(names, start, stop, **arguments)
        results: dict[str, npt.NDArray[Any]] = {}
        for places in with_progress(self.chunks(_TOGETHER), self.size, "schedules", progress):
            part = collect(
                self, places, lambda batch: batch.reduce(names, start, stop, **arguments)
            )
            for name, values in part.items():
                results.setdefault(name, np.empty(self.size, values.dtype))[
                    places.start : places.stop
                ] = values
        return {name: values.reshape(self.shape) for name, values in results.items()}

    def described(self) -> dict[str, Any]:
        """The sweep as plain JSON data, for a person to read; of a family that is a function,
        its name alone.
        """
        fixed = {name: _data(value) for name, value in self.fixed.items()}
        version = {} if self.version is None else {"version": self.version}
        axes = [axis.described() for axis in self.axes]
        return {"family": _name_of(self.family), **version, "axes": axes, "fixed": fixed}

    @property
    def fingerprint(self) -> str | None:
        """64 hex digits, the same for equal sweeps on every machine: SHA-256 of all that decides a
        rate.

        That is the family, every value of the axes or the rule that draws them, and every fixed
        value. A family that is a function counts by its ``version``; without one, by its compiled
        code, its defaults, its closure and the globals that it reads. It is ``None`` where one of
        these cannot be identified exactly: ``unidentified`` says which.

        >>> import fastlr as flr
        >>> def family(k):
        ...     return flr.sweep(lambda peak: flr.linear(peak * k, 0.0, 10), peak=[0.1, 0.2])
        >>> family(1.0) == family(1.0), family(1.0) == family(2.0)
        (True, False)
        """
        try:
            whole = self._identity()
        except UnidentifiedError:
            return None
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()

    @property
    def unidentified(self) -> str:
        """Why the sweep has no fingerprint; empty where it has one."""
        try:
            self._identity()
        except UnidentifiedError as error:
            return str(error)
        return ""

    def _identity(self) -> dict[str, Any]:
        """All that decides a rate, as plain JSON data; ``UnidentifiedError`` where a part of it
        has no exact form.
        """
        read = (
            self.fixed
            if callable(self.family)
            else {name: _as_read(value) for name, value in self.fixed.items()}
        )
        fixed = [[name, _of_part(name, value)] for name, value in read.items()]
        return {
            "axes": [_of_axis(axis) for axis in self.axes],
            "ends": [self[place].fingerprint for place in self._ends()],
            "family": _of_family(self.family, self.version),
            # a function may look at their order
            "fixed": fixed if callable(self.family) else sorted(fixed),
            "shape": self.shape,
        }

    def _ends(self) -> tuple[int, int]:
        """The first place, and the last of those that are listed."""
        last = [axis.size - 1 if isinstance(axis, Listed) else 0 for axis in self.axes]
        return 0, int(np.ravel_multi_index(last, self.shape)) if self.axes else 0

    def _places(self, index: object) -> Places:
        """Places of the whole, known to be within it."""
        if isinstance(index, slice):
            return _along(index, self.size)
        if type(index) is int and not -self.size <= index < self.size:
            raise IndexError(
                f"index {short_repr(index)} is out of range for a sweep of {self.size} schedules"
            )
        places = as_array("a sweep is indexed by an integer, a slice or a list of integers", index)
        if places.dtype.kind not in "iu" or places.ndim > 1:
            raise TypeError(
                "a sweep is indexed by an integer, a slice or a list of integers, got "
                f"{short_repr(index)}"
            )
        if np.any(places < -self.size) or np.any(places >= self.size):
            raise IndexError(
                f"index {short_repr(index)} is out of range for a sweep of {self.size} schedules"
            )
        return np.atleast_1d(np.mod(places.astype(np.int64), self.size))

    def _built(
        self, parameters: Mapping[str, Any], places: Places, shape: tuple[int, ...]
    ) -> Schedule:
        try:
            made = _function(self.family)(
                **self.fixed, **{name: _plain(value) for name, value in parameters.items()}
            )
            if a_schedule("what the family makes", made, Schedule).shape != shape:
                raise ValueError(
                    f"the family must make one schedule for each of {places.size}, got "
                    f"batch shape {made.shape}"
                )
        except (ValueError, TypeError) as error:
            where = (
                f"place {places[0]}" if places.size == 1 else f"places {places[0]} to {places[-1]}"
            )
            raise type(error)(f"sweep: {where}: {error}") from None
        return made


def _along(index: slice, size: int) -> Places:
    """The places of a slice, if as many can be held."""
    try:
        places = range(size)[index]
    except (TypeError, ValueError) as error:
        raise type(error)(
            "a sweep is indexed by an integer, a slice or a list of integers, got "
            f"{index} ({error})"
        ) from None
    check_fits(
        "sweep: places",
        (len(places), _A_LANE),
        np.dtype(np.float64),
        "ask for fewer at a time, or table(..., out=)",
    )
    return np.arange(places.start, places.stop, places.step)


@public
def sweep(family: Family, /, *axes: Axis, version: str | None = None, **parameters: Any) -> Sweep:
    """All schedules of a family over axes of parameters: a description, of which nothing is made
    until it is asked for.

    ``family`` is a constructor or a preset, or its name, ``"wsd"`` or ``"torch.OneCycleLR"``; an
    expression as for ``parse`` in which names stand for parameters; or any function that makes a
    batch of schedules of arrays of parameters. A list of values is an axis of its own, so that each
    combination occurs; a single value is shared by all. ``axes`` come first: ``zipped(...)``, and
    draws, ``random(...)``, ``latin_hypercube(...)`` and ``sobol(...)``. The last axis varies
    fastest. Raises ``ValueError`` or ``TypeError`` for parameters that the family does not have, or
    lacks, or that are given twice, and for values that it refuses at the first place or the last
    one listed.

    Stores and Dask know a sweep by its fingerprint, which holds all that decides a rate. A function
    must depend on its arguments, its closure and its globals alone. ``version``, a word of yours,
    stands for the code of a function and all that it reads: give one where fastlr cannot read a
    function exactly, and another whenever the function changes.

    >>> import fastlr as flr
    >>> flr.sweep("wsd", peak=np.geomspace(1e-4, 1e-2, 100), warmup=500, stable=4_000, cooldown=[500, 1_000]).shape
    (100, 2)
    >>> peaks = flr.sobol(1024, peak=flr.LogUniform(1e-4, 1e-2))
    >>> flr.sweep("wsd(peak, 500, 5_000 - cooldown, cooldown)", peaks, cooldown=[500, 1_000]).shape
    (1024, 2)
    >>> flr.sweep("linear", init=1.0, end=0.0, stops=[1, 2])
    Traceback (most recent call last):
        ...
    ValueError: sweep: linear has no parameter 'stops'; did you mean 'steps'?
    """
    family = _named(family)
    if version is not None and "version" in (_parameters(family) or {}):  # then it is one of them
        version, parameters = None, {**parameters, "version": version}
    _check_version(family, version)
    if wrong := [axis for axis in axes if not isinstance(axis, Axis)]:
        rule = (
            "sweep: axes must be zipped(...), random(...), latin_hypercube(...) or "
            "sobol(...); a list is given by name"
        )
        raise TypeError(f"{rule}, got {type(wrong[0]).__name__} {short_repr(wrong[0])}")
    dimensions = _dimensions(family)
    listed = {
        name: value
        for name, value in parameters.items()
        if _depth(name, value) > dimensions.get(name, 0)
    }
    every = (
        *axes,
        *(Listed({name: values_of(f"sweep: {name}", values)}) for name, values in listed.items()),
    )
    fixed = {name: owned(value) for name, value in parameters.items() if name not in listed}
    whole = Sweep(family, every, fixed, version)
    _check_names(whole)
    if not 0 < whole.size <= _MOST:
        raise ValueError(
            f"sweep: there must be at most 2**62 schedules, got axes of {short_repr(whole.shape)}"
        )
    _ = [whole[place] for place in whole._ends()]
    return whole


def _check_version(family: Family, version: object) -> None:
    """Raise unless ``version`` is a word for a function, or none."""
    if version is None:
        return
    if not callable(family):
        raise ValueError(
            "sweep: version must be given for a function alone, got "
            f"{short_repr(version)} for {_name_of(family)}"
        )
    if not isinstance(version, str) or not version:
        raise TypeError(
            "sweep: version must be a string that is not empty, got "
            f"{type(version).__name__} {short_repr(version)}"
        )


def _depth(name: str, value: Any) -> int:
    """How many axes a parameter's values have."""
    if isinstance(value, range):  # which NumPy would write out
        return 1
    return as_array(f"sweep: {name} must be values of one form", value).ndim


def _check_names(whole: Sweep) -> None:
    """Raise unless every parameter is one of the family's, and given once."""
    name, names, known = (
        _name_of(whole.family),
        [*whole.names, *whole.fixed],
        _parameters(whole.family),
    )
    if twice := {each for each in names if names.count(each) > 1}:
        raise ValueError(
            "sweep: each parameter must be given once, got "
            f"{', '.join(map(repr, sorted(twice)))} twice"
        )
    for each in names:
        if known is not None and each not in known:
            raise ValueError(f"sweep: {name} has no parameter {each!r}{did_you_mean(each, known)}")
    missing = [each for each, required in (known or {}).items() if required and each not in names]
    if missing:
        raise ValueError(
            f"sweep: {name} must be given {', '.join(map(repr, missing))}, got "
            f"{', '.join(map(repr, names)) or 'none'}"
        )


def _function(family: Family) -> Callable[..., Schedule]:
    """What makes schedules of parameters."""
    if callable(family):
        return family
    if not isinstance(family, str):
        raise TypeError(
            "sweep: family must be a constructor, a preset, its name or an expression, "
            f"got {short_repr(family)}"
        )
    if _is_expression(family):
        return lambda **parameters: parse(family, **parameters)
    if family in constructors.__all__:
        return CONSTRUCTORS[family]
    framework = family.partition(".")[0]
    if family not in PRESETS and framework in presets.frameworks():
        importlib.import_module(f"fastlr.presets.{framework}")
    if family in PRESETS:
        build: Callable[..., Schedule] = PRESETS[family].build
        return build
    known = [*constructors.__all__, *PRESETS]
    raise ValueError(
        "sweep: family must be a constructor, a preset or an expression, got "
        f"{family!r}{did_you_mean(family, known)}"
    )


def _is_expression(family: str) -> bool:
    return "(" in family


def _named(family: Family) -> Family:
    """A constructor or a preset by its name, so that it can be written down."""
    if isinstance(family, str) or not callable(family):
        _function(family)
        return family
    preset = f"{(getattr(family, '__module__', None) or '').rpartition('.')[2]}.{getattr(family, '__name__', '')}"
    known = {
        **{name: CONSTRUCTORS[name] for name in constructors.__all__},
        **{name: PRESETS[name].build for name in PRESETS},
    }
    return next(
        (name for name in (getattr(family, "__name__", ""), preset) if known.get(name) is family),
        family,
    )


def _name_of(family: Family) -> str:
    return family if isinstance(family, str) else getattr(family, "__name__", type(family).__name__)


def _parameters(family: Family) -> dict[str, bool] | None:
    """The names of a family's parameters, and whether each must be given; ``None`` where it
    takes any.
    """
    if isinstance(family, str) and _is_expression(family):
        return dict.fromkeys(sorted(names_in(family)), True)
    signature = inspect.signature(_function(family)).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature.values()):
        return None
    return {name: parameter.default is parameter.empty for name, parameter in signature.items()}


def _dimensions(family: Family) -> dict[str, int]:
    """How many axes the values of a parameter have that are of one schedule."""
    return (
        cores(_function(family)) if isinstance(family, str) and not _is_expression(family) else {}
    )


def _plain(value: Any) -> Any:
    """A word or a flag as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def _data(value: Any) -> Any:
    """What is fixed as plain JSON data: a value that JSON does not know, as it is shown."""
    if isinstance(value, Value):
        return value.to_spec()
    if isinstance(value, list | tuple):
        return [_data(item) for item in value]
    plain = np.asarray(value).tolist()
    return plain if _is_plain(plain) else short_repr(value)


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _of_family(family: Family, version: str | None) -> Any:
    """What a family is known by: a constructor, a preset or an expression by its text."""
    if isinstance(family, str):
        return ["text", family]
    if version is not None:
        return ["version", _name_of(family), version]
    return identity(family)


def _as_read(value: Any) -> Any:
    """Numbers as the array that constructors, presets and expressions make of them."""
    array = (
        np.asarray(value)
        if isinstance(value, int | float | np.generic | np.ndarray | list | tuple)
        else np.empty(0, object)
    )
    return array if array.dtype.kind in "iuf" else value


def _of_part(name: str, value: object) -> Any:
    try:
        return identity(value)
    except UnidentifiedError as error:
        raise UnidentifiedError(f"parameter {name!r}: {error}") from None


def _of_axis(axis: Axis) -> Any:
    # one that is inherited does not know what a subclass has changed
    if "identity" not in vars(type(axis)):
        raise UnidentifiedError(
            f"an axis of type {type(axis).__qualname__} has no method identity() of its own"
        )
    return [type(axis).__qualname__, axis.identity()]
