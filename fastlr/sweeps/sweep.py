"""Sweeps: families of schedules over axes of parameters, built lazily.

A sweep of 10^9 schedules holds a few numbers. ``sweep[i]`` builds one schedule; ``sweep[i:j]``
builds a batch, which is an ordinary ``Schedule``.
"""

from __future__ import annotations  # help() replaces rules in the text

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.output_arrays import check_fits
from fastlr.arguments.progress import with_progress
from fastlr.arguments.rules import Ints, Period, as_array, short_repr, validate_scalar
from fastlr.errors import did_you_mean, public, public_methods
from fastlr.schedule.constructor_names import stack
from fastlr.schedule.garbage_collection import paused_collection
from fastlr.schedule.rebuilding import lanes_together
from fastlr.schedule.recorded_calls import VERSION
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import Value, a_schedule
from fastlr.sweeps import stores
from fastlr.sweeps.axes import LISTED_RULE, Axis, Listed, Places, values_of
from fastlr.sweeps.batches import chunks_of, collect, identified
from fastlr.sweeps.families import (
    Family,
    canonical_family,
    core_dimensions,
    family_function,
    family_identity,
    family_name,
    family_parameters,
    is_expression,
)
from fastlr.sweeps.fingerprints import UnidentifiedError, identity, owned
from fastlr.sweeps.reduced_pieces import ReducedPieces
from fastlr.sweeps.shards import Shard, check_shard
from fastlr.sweeps.specs import axis_to_spec, parts_of_spec, value_to_spec
from fastlr.sweeps.stores.store import MEMORY

__all__ = ["Sweep", "sweep"]

_MAX_SCHEDULES = 2**62
_LANE_VALUES = 16  # float64 values that a lane takes while its batch is built
_MOST_DRAWN = 500
_LANES_PER_PASS = 2**16  # in a reduction
_FEWER_LANES = (
    "reduce fewer schedules at a time: sweep[start:stop].reduce(...), or with "
    "fastlr.adapters.dask.reduce on a cluster"
)


@with_types
@public_methods()
@dataclass(frozen=True, eq=False)
class Sweep:
    """Every combination of parameters along some axes, as schedules of one family.

    A sweep is immutable and lazy: it builds a schedule when you index it. Places run from 0 to
    ``size - 1`` in C order, so the last axis varies fastest. Build one with ``fastlr.sweep``.

    Parameters
    ----------
    family : str or callable
        The name of a constructor or preset, an expression for ``parse``, or a function that builds
        a batch of schedules from arrays of parameters.
    axes : tuple of Axis
        What varies: lists, ``zipped`` lists and draws.
    fixed : Mapping
        The parameters that all schedules share, by name.
    version : str, optional
        Stands for the code of a family that is a function. Default None.

    See Also
    --------
    sweep : Build a sweep, with every argument checked.

    Examples
    --------
    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20, 30])
    >>> family.shape, family.size, family.names
    ((2, 3), 6, ('init', 'steps'))
    """

    family: Family
    axes: tuple[Axis, ...]
    fixed: Mapping[str, Any]
    version: str | None = None

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return tuple(axis.size for axis in self.axes)

    @cached_property
    def size(self) -> int:
        """The number of schedules."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        return self.size

    def __eq__(self, other: object) -> bool:
        """Whether both have the same fingerprint; a sweep without one equals only itself."""
        if self is other:
            return True
        return (
            isinstance(other, Sweep)
            and self.fingerprint == other.fingerprint
            and self.fingerprint is not None
        )

    def __hash__(self) -> int:
        # The fingerprint of a function may change when a global changes. A hash must not.
        return hash((family_name(self.family), self.names, self.shape))

    def __array__(self, dtype: object = None, copy: object = None) -> npt.NDArray[Any]:
        """Raise ``TypeError``: NumPy would build every schedule, one by one."""
        raise TypeError(
            f"a sweep of {self.size:,} schedules is not an array; take rates with "
            "sweep.table(steps), or build a batch with sweep[start:stop]"
        )

    def __repr__(self) -> str:
        axes = " x ".join(f"{axis.size:,} {'/'.join(axis.names)}" for axis in self.axes)
        fixed = ", ".join(f"{name}={short_repr(value)}" for name, value in self.fixed.items())
        details = [
            family_name(self.family),
            *([axes] if axes else []),
            *([fixed] if fixed else []),
        ]
        return f"<Sweep of {self.size:,} schedules: {'; '.join(details)}>"

    def _repr_html_(self) -> str:
        """Return the display of a notebook: the axes, and some of the schedules."""
        from fastlr.sweeps.display import sweep_html

        return sweep_html(self)

    def __iter__(self) -> Iterator[Schedule]:
        return (self[i] for i in range(self.size))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters that vary, axis by axis."""
        return tuple(name for axis in self.axes for name in axis.names)

    def __getitem__(self, index: int | slice | Ints) -> Schedule:
        """Build the schedule at one place, or a batch of schedules at several.

        Parameters
        ----------
        index : int, slice or array of int
            Places from ``-size`` to ``size - 1``; a negative place counts from the end. An array
            has one axis.

        Returns
        -------
        Schedule
            A scalar schedule for an integer, otherwise a batch of shape ``(n,)`` in the order of
            ``index``.

        Raises
        ------
        IndexError
            If a place is out of range, or the slice is empty.
        TypeError
            If ``index`` is not an integer, a slice or a list of integers.
        ValueError
            If the family refuses a combination of parameters. The message names its place.

        Examples
        --------
        >>> import fastlr as flr
        >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20, 30])
        >>> family.shape, family[4], family[1:4](0)
        ((2, 3), linear(init=0.2, end=0.0, steps=20), array([0.1, 0.1, 0.2]))
        """
        places = self._resolve_index(index)
        if not places.size:
            raise IndexError("a sweep gives at least one schedule, got an empty slice or list")
        if isinstance(index, int | np.integer):
            scalars = {name: values[0] for name, values in self.parameters(places).items()}
            return self._build(scalars, places, ())
        positions, batches = zip(*self.batches(places), strict=True)
        if len(batches) == 1:
            only: Schedule = batches[0]
            return only
        order = np.argsort(np.concatenate(positions)).tolist()
        with paused_collection():
            lanes = [lane for batch in batches for lane in lanes_together(batch)]
            return stack([lanes[i] for i in order])

    def batches(self, places: Places | range) -> Iterator[tuple[Places, Schedule]]:
        """Build the schedules at some places, one batch per combination of text parameters.

        A batch cannot mix text or boolean parameters, such as ``mode``. Where none of them varies
        there is a single batch.

        Parameters
        ----------
        places : array of int or range
            Places from 0 to ``size - 1``.

        Yields
        ------
        positions : array of int
            Where the lanes of this batch stand in ``places``.
        batch : Schedule
            The schedules, of shape ``positions.shape``.

        Raises
        ------
        ValueError
            If the family refuses a combination of parameters.

        Examples
        --------
        >>> import fastlr as flr
        >>> modes = ["triangular", "cosine"]
        >>> family = flr.sweep("cyclic", low=[0.1, 0.2], high=1.0, up=10, mode=modes)
        >>> [(positions.tolist(), batch(5)) for positions, batch in family.batches(range(4))]
        [([1, 3], array([0.55, 0.6 ])), ([0, 2], array([0.55, 0.6 ]))]
        """
        places = np.asarray(places)
        parameters = self.parameters(places)
        texts = [name for name, values in parameters.items() if values.dtype.kind in "Ub"]
        kinds, kind_of_place = np.unique(
            [parameters[name] for name in texts] or [np.zeros(places.size)],
            axis=1,
            return_inverse=True,
        )
        for kind in range(kinds.shape[1]):
            [positions] = np.nonzero(kind_of_place.reshape(-1) == kind)
            chosen = {
                name: values[positions[0]] if name in texts else values[positions]
                for name, values in parameters.items()
            }
            if len(texts) == len(parameters):  # no array gives the constructor a batch shape
                scalar = self._build(chosen, places[positions], ())
                yield positions, stack([scalar] * positions.size)
            else:
                yield positions, self._build(chosen, places[positions], positions.shape)

    def parameters(self, index: int | slice | Ints) -> dict[str, npt.NDArray[Any]]:
        """Return the values of the parameters that vary, at some places.

        Parameters
        ----------
        index : int, slice or array of int
            Places, as for ``sweep[index]``.

        Returns
        -------
        dict of str to array
            Per parameter, its value at each place along the first axis.

        Raises
        ------
        IndexError, TypeError, ValueError
            For an index that ``sweep[index]`` refuses.

        Examples
        --------
        >>> import fastlr as flr
        >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20, 30])
        >>> family.parameters([0, 4])
        {'init': array([0.1, 0.2]), 'steps': array([10, 20])}
        """
        places = self._resolve_index(index)
        per_axis = np.unravel_index(places, self.shape) if self.axes else ()
        parts = [
            axis.values(np.asarray(on_axis))
            for axis, on_axis in zip(self.axes, per_axis, strict=True)
        ]
        return {name: values for part in parts for name, values in part.items()}

    def chunks(self, lanes: int) -> Iterator[range]:
        """Split all places, in order, into ranges of at most ``lanes``.

        Parameters
        ----------
        lanes : int
            The most places per range, an integer from 1.

        Returns
        -------
        iterator of range
            The ranges, which together cover 0 to ``size - 1``.

        Raises
        ------
        TypeError, ValueError
            If ``lanes`` is not an integer from 1.

        Examples
        --------
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
        memory: int = MEMORY,
        threads: int = 1,
        progress: bool = False,
        shard: Shard | None = None,
    ) -> Any:
        """Tabulate every schedule at steps ``range(start, stop, step)``, or ``range(start)``.

        Parameters
        ----------
        start, stop, step : int
            The steps, as in ``range``.
        dtype : dtype, optional
            float64 (default) or float32, which is the float64 rate rounded once.
        out : array, path or zarr store, optional
            Where the rates go: an array, a path that ends in ``.npy`` or ``.zarr``, or a zarr
            store. Default: a new array in memory.
        memory : int
            The most bytes to work in, besides the result. Default 2**28; at least 2**20.
        threads : int
            How many threads share the work on a chunk. Default 1.
        progress : bool
            Whether to show a progress bar. Default False.
        shard : tuple of (int, int), optional
            ``(i, n)``: write only the i-th of n parts to a Zarr ``out`` that all parts share.

        Returns
        -------
        array
            Rates of shape ``(size, n)``: one row per schedule, one column per step.

        Raises
        ------
        TypeError, ValueError, OSError
            As ``fastlr.stores.table`` does.

        See Also
        --------
        fastlr.stores.table : The same function, for schedules too. It describes each kind of
            ``out`` and how to resume an interrupted call.

        Examples
        --------
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
            shard=shard,
        )

    def reduce(
        self,
        names: str | Sequence[str],
        start: int,
        stop: int | None = None,
        *,
        out: str | Path | None = None,
        shard: Shard | None = None,
        progress: bool = False,
        **arguments: Any,
    ) -> dict[str, npt.NDArray[Any]]:
        """Compute reductions of every schedule, such as sums and extrema, without a table.

        Parameters
        ----------
        names : str or sequence of str
            Reductions by name, as for ``Schedule.reduce``: ``"sum"``, ``"max"``, ``"argmin"``, ...
        start, stop : int
            The steps ``range(start, stop)``, or ``range(start)`` if ``stop`` is None (default).
        out : path, optional
            A folder for the numbers of each 65,536 schedules, in files that ``numpy.load`` reads.
            If the process is killed, repeat the call to resume. Default None: nothing is written.
        shard : tuple of (int, int), optional
            ``(i, n)``: reduce only the i-th of n parts, i from 0, in a job array whose jobs share
            ``out``. The same call without ``shard`` computes what is missing and merges all.
            Default None: reduce everything.
        progress : bool
            Whether to show a progress bar. Default False.
        **arguments : float
            ``rate`` and ``decay``, for the reductions that need them: one number for all schedules.

        Returns
        -------
        dict of str to array
            Per reduction, one number per schedule, of shape ``sweep.shape``. With ``shard`` it is
            empty: the numbers stay in the folder until a call asks for all.

        Raises
        ------
        TypeError, ValueError
            As ``Schedule.reduce`` does, before any work starts; or if ``out`` holds something else
            or is corrupt.
        OSError
            If ``out`` cannot be written. Pieces that are finished are kept.

        Notes
        -----
        The work is done on 65,536 schedules at a time.

        Examples
        --------
        >>> import fastlr as flr
        >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20])
        >>> family.reduce("max", 10)
        {'max': array([[0.1, 0.1],
               [0.2, 0.2]])}
        """
        # Reduce one schedule first, so that a wrong argument is refused before any work.
        found = self[0].reduce(names, start, stop, **arguments)
        first = {name: np.asarray(value) for name, value in found.items()}
        part = check_shard("reduce", shard)
        if part is not None and out is None:
            raise ValueError(
                f"reduce: shard must be given with out, a folder that all parts share, got {part}"
            )
        if part is None:
            check_fits("reduce", (len(first), self.size), np.dtype(np.float64), _FEWER_LANES)

        def columns(places: range) -> dict[str, npt.NDArray[Any]]:
            return collect(
                self, places, lambda lanes: lanes.reduce(names, start, stop, **arguments)
            )

        if out is None:
            results = self._in_chunks(columns, first, progress)
        else:
            query = {
                "fingerprint": identified("reduce: out", self),
                "steps": [0, int(start)] if stop is None else [int(start), int(stop)],
                "arguments": {name: float(value) for name, value in arguments.items()},
            }
            folder = ReducedPieces(out, first, query, self, _LANES_PER_PASS)
            folder.write_missing(columns, part, progress)
            results = folder.read() if part is None else {}
        return {name: values.reshape(self.shape) for name, values in results.items()}

    def _in_chunks(
        self,
        columns: Callable[[range], dict[str, npt.NDArray[Any]]],
        first: Mapping[str, npt.NDArray[Any]],
        progress: bool,
    ) -> dict[str, npt.NDArray[Any]]:
        """The columns of all places, with the dtypes of the first."""
        results = {name: np.empty(self.size, value.dtype) for name, value in first.items()}
        for places in with_progress(self.chunks(_LANES_PER_PASS), self.size, "schedules", progress):
            for name, values in columns(places).items():
                results[name][places.start : places.stop] = values
        return results

    def plot(self, steps: int | None = None, **options: Any) -> Any:
        """Draw the schedules with Matplotlib.

        Parameters
        ----------
        steps : int, optional
            The number of steps shown. By default each schedule is shown to its end.
        **options
            ``ax``, ``boundaries``, ``log``, ``color`` and the units, as ``fastlr.plot`` takes them.
            ``color`` names the parameter of the colour bar; by default it is the first one.

        Returns
        -------
        matplotlib.axes.Axes
            The axes. Up to 10 schedules have a legend with their parameters. Of more than 500,
            500 are drawn, spread over the sweep, and the title says so.

        Raises
        ------
        ImportError, TypeError, ValueError
            As ``fastlr.plot``.

        Examples
        --------
        >>> import fastlr as flr
        >>> from fastlr.drawing.plots import empty
        >>> axes = flr.sweep("cosine", init=[0.1, 0.2], end=0.0, steps=90).plot(ax=empty())
        >>> [text.get_text() for text in axes.get_legend().get_texts()]
        ['init=0.1', 'init=0.2']
        """
        from fastlr.drawing.lanes import spread_places
        from fastlr.drawing.plots import plot_columns

        places = spread_places(self.size, _MOST_DRAWN)
        columns = {name: values.tolist() for name, values in self.parameters(places).items()}
        details = columns or {"lane": places}
        return plot_columns(list(self[places]), details, self.size, steps, **options)

    def describe(self) -> dict[str, Any]:
        """Describe the sweep as plain JSON data, for a person to read.

        Returns
        -------
        dict
            The keys ``family``, ``axes`` and ``fixed``, and ``version`` where there is one. A
            family that is a function is described by its name alone.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=10).describe()
        {'family': 'linear', 'axes': [{'init': [0.1, 0.2]}], 'fixed': {'end': 0.0, 'steps': 10}}
        """
        fixed = {name: _to_json(value) for name, value in self.fixed.items()}
        version = {} if self.version is None else {"version": self.version}
        axes = [axis.describe() for axis in self.axes]
        return {"family": family_name(self.family), **version, "axes": axes, "fixed": fixed}

    def to_spec(self) -> dict[str, Any]:
        """Return the sweep as plain JSON data, which gives an equal sweep back.

        Returns
        -------
        dict
            ``{"fastlr": version of the format, "sweep": {"family", "axes", "fixed"}}``.

        Raises
        ------
        ValueError
            If the family is a function, or an axis is of a class of your own: code has no spec.

        Examples
        --------
        >>> import fastlr as flr
        >>> small = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=10)
        >>> small.to_spec()["sweep"]["axes"]
        [{'listed': [['init', [0.1, 0.2]]]}]
        >>> flr.Sweep.from_spec(small.to_spec()) == small
        True
        """
        if not isinstance(self.family, str):
            raise ValueError(
                "to_spec: the family must be a constructor, a preset or an expression, got "
                f"function {family_name(self.family)}; write it as an expression, such as "
                "'linear(peak, 0, 10)'"
            )
        content = {
            "family": self.family,
            "axes": [axis_to_spec(axis) for axis in self.axes],
            "fixed": {name: value_to_spec(name, value) for name, value in self.fixed.items()},
        }
        return {"fastlr": VERSION, "sweep": content}

    @staticmethod
    def from_spec(spec: Mapping[str, Any]) -> Sweep:
        """Build the sweep that a spec describes. No code in it runs.

        Parameters
        ----------
        spec : mapping
            What ``to_spec`` returned, for instance after a round trip through JSON.

        Returns
        -------
        Sweep
            A sweep equal to the one that was written.

        Raises
        ------
        TypeError, ValueError
            If the data has another form, or ``sweep`` refuses what it holds.

        Examples
        --------
        >>> import fastlr as flr
        >>> drawn = flr.sweep("constant", flr.random(8, value=flr.Uniform(0.1, 0.2)))
        >>> flr.Sweep.from_spec(drawn.to_spec()) == drawn
        True
        """
        family, axes, fixed = parts_of_spec(spec)
        built = sweep(family, *axes, **fixed)
        if len(built.axes) > len(axes):
            raise ValueError(
                "from_spec: 'fixed' must hold single values, got a list for "
                f"{', '.join(name for axis in built.axes[len(axes) :] for name in axis.names)}"
            )
        return built

    @property
    def fingerprint(self) -> str | None:
        """The SHA-256 of everything that determines a rate, as 64 hex digits.

        Equal sweeps have the same fingerprint on every machine. It covers the family, every value
        of the axes or the rule that draws them, and every fixed value. A family that is a function
        is identified by its ``version``; without one, by its compiled code, its defaults, its
        closure and the globals that it reads. The fingerprint is ``None`` if one of these cannot be
        identified exactly: ``unidentified`` says which.

        Examples
        --------
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
        """Why the sweep has no fingerprint; empty if it has one."""
        try:
            self._identity()
        except UnidentifiedError as error:
            return str(error)
        return ""

    def _identity(self) -> dict[str, Any]:
        """Everything that determines a rate, as plain JSON data.

        Raises ``UnidentifiedError`` if a part of it has no exact form.
        """
        values = (
            self.fixed
            if callable(self.family)
            else {name: _as_numbers(value) for name, value in self.fixed.items()}
        )
        fixed = [[name, _parameter_identity(name, value)] for name, value in values.items()]
        return {
            "axes": [_axis_identity(axis) for axis in self.axes],
            "ends": [self[place].fingerprint for place in self._first_and_last_listed()],
            "family": family_identity(self.family, self.version),
            # A function may depend on the order of its keyword arguments.
            "fixed": fixed if callable(self.family) else sorted(fixed),
            "shape": self.shape,
        }

    def _first_and_last_listed(self) -> tuple[int, int]:
        """The first place, and the last one along the listed axes."""
        last = [axis.size - 1 if isinstance(axis, Listed) else 0 for axis in self.axes]
        return 0, int(np.ravel_multi_index(last, self.shape)) if self.axes else 0

    def _resolve_index(self, index: object) -> Places:
        """The places that an index selects, from 0 to ``size - 1``."""
        if isinstance(index, slice):
            return _places_of_slice(index, self.size)
        if isinstance(index, tuple):  # NumPy would take one number per axis, a list several places
            raise TypeError(
                "a sweep is indexed by an integer, a slice or a list of integers, got "
                f"{short_repr(index)}; several places are sweep[{short_repr(list(index))}], and "
                "numbers along the axes sweep[np.ravel_multi_index(..., sweep.shape)]"
            )
        if type(index) is int and not -self.size <= index < self.size:
            raise IndexError(
                f"index {short_repr(index)} is out of range for a sweep of {self.size} schedules"
            )
        places = as_array("a sweep is indexed by an integer, a slice or a list of integers", index)
        if not places.size and places.ndim == 1:
            return places.astype(np.int64)
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

    def _build(
        self, parameters: Mapping[str, Any], places: Places, shape: tuple[int, ...]
    ) -> Schedule:
        """Build the schedules at these places, of this batch shape."""
        try:
            built = family_function(self.family)(
                **self.fixed, **{name: _to_python(value) for name, value in parameters.items()}
            )
            if a_schedule("what the family makes", built, Schedule).shape != shape:
                raise ValueError(
                    f"the family must make one schedule for each of {places.size}, got "
                    f"batch shape {built.shape}"
                )
        except (ValueError, TypeError) as error:
            where = (
                f"place {places[0]}" if places.size == 1 else f"places {places[0]} to {places[-1]}"
            )
            raise type(error)(f"sweep: {where}: {error}") from None
        return built


def _places_of_slice(index: slice, size: int) -> Places:
    """The places of a slice, if their number fits into memory."""
    try:
        places = range(size)[index]
    except (TypeError, ValueError) as error:
        raise type(error)(
            "a sweep is indexed by an integer, a slice or a list of integers, got "
            f"{index} ({error})"
        ) from None
    check_fits(
        "sweep: places",
        (len(places), _LANE_VALUES),
        np.dtype(np.float64),
        "take fewer at a time, or use table(..., out=)",
    )
    return np.arange(places.start, places.stop, places.step)


@with_types
@public
def sweep(family: Family, /, *axes: Axis, version: str | None = None, **parameters: Any) -> Sweep:
    """Combine axes of parameters into all schedules of a family, lazily.

    Each list of values is an axis of its own, so every combination occurs. The result describes the
    schedules; it builds them when you index it.

    Parameters
    ----------
    family : str or callable
        One of: a constructor or preset; its name, ``"wsd"`` or ``"torch.OneCycleLR"``; an
        expression for ``parse`` in which names stand for parameters; a function that takes arrays
        of parameters and returns a batch of schedules.
    *axes : Axis
        Axes of several parameters: ``zipped(...)``, and draws by ``random(...)``,
        ``latin_hypercube(...)`` or ``sobol(...)``. They come before the lists.
    version : str, optional
        A text of yours that stands for the code of a function and everything that it reads. Give
        one if fastlr cannot read the function exactly, and change it whenever the function changes.
        Default None.
    **parameters : array_like
        By name: a list of values is an axis, a single value is shared by all schedules.

    Returns
    -------
    Sweep
        The axes in order, the last of which varies fastest; at most 2**62 schedules.

    Raises
    ------
    TypeError, ValueError
        If the family is unknown, a parameter is unknown, missing or given twice, or the family
        refuses the parameters at the first place or at the last listed one.

    Notes
    -----
    Stores and Dask identify a sweep by its fingerprint, which covers everything that determines a
    rate. A function must depend only on its arguments, its closure and its globals.

    Examples
    --------
    >>> import fastlr as flr
    >>> peaks = np.geomspace(1e-4, 1e-2, 100)
    >>> flr.sweep("wsd", peak=peaks, warmup=500, stable=4_000, cooldown=[500, 1_000]).shape
    (100, 2)
    >>> drawn = flr.sobol(1024, peak=flr.LogUniform(1e-4, 1e-2))
    >>> flr.sweep("wsd(peak, 500, 5_000 - cooldown, cooldown)", drawn, cooldown=[500, 1_000]).shape
    (1024, 2)
    >>> flr.sweep("linear", init=1.0, end=0.0, stops=[1, 2])
    Traceback (most recent call last):
        ...
    ValueError: sweep: linear has no parameter 'stops'; did you mean 'steps'?
    """
    family = canonical_family(family)
    if version is not None and "version" in (family_parameters(family) or {}):
        version, parameters = None, {**parameters, "version": version}  # it is a parameter
    _check_version(family, version)
    if wrong := [axis for axis in axes if not isinstance(axis, Axis)]:
        rule = (
            "sweep: axes must be zipped(...), random(...), latin_hypercube(...) or "
            "sobol(...); a list is given by name"
        )
        raise TypeError(f"{rule}, got {type(wrong[0]).__name__} {short_repr(wrong[0])}")
    dimensions = core_dimensions(family)
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
    _check_depths(family, parameters)
    if not 0 < whole.size <= _MAX_SCHEDULES:
        raise ValueError(
            "sweep: there must be at most 2**62 schedules, got axes of lengths "
            f"{short_repr(whole.shape)}"
        )
    _ = [whole[place] for place in whole._first_and_last_listed()]
    return whole


def _check_version(family: Family, version: object) -> None:
    """Raise unless ``version`` is None, or a text for a family that is a function."""
    if version is None:
        return
    if not callable(family):
        raise ValueError(
            "sweep: version must be given only for a function, got "
            f"{short_repr(version)} for {family_name(family)}"
        )
    if not isinstance(version, str) or not version:
        raise TypeError(
            "sweep: version must be a non-empty string, got "
            f"{type(version).__name__} {short_repr(version)}"
        )


def _depth(name: str, value: Any) -> int:
    """The number of axes of a parameter's values."""
    if isinstance(value, range):  # NumPy would make an array of it, however long
        return 1
    return as_array(f"sweep: {name} {LISTED_RULE}", value).ndim


def _check_depths(family: Family, parameters: Mapping[str, Any]) -> None:
    """Raise if a list has more axes than one list of values of a constructor or preset has."""
    if not isinstance(family, str) or is_expression(family):
        return  # a function or an expression may take lists
    dimensions = core_dimensions(family)
    for name, value in parameters.items():
        if (depth := _depth(name, value)) > (most := dimensions.get(name, 0) + 1):
            raise ValueError(
                f"sweep: {name} must be a list of values with {most} axes at most, got {depth} "
                "axes; give one list, for instance with np.ravel"
            )


def _check_names(whole: Sweep) -> None:
    """Raise unless the family has each parameter, each is given once, and none is missing."""
    name, names, known = (
        family_name(whole.family),
        [*whole.names, *whole.fixed],
        family_parameters(whole.family),
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


def _to_python(value: Any) -> Any:
    """A NumPy string or bool as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def _to_json(value: Any) -> Any:
    """A fixed value as JSON data: its ``repr`` if JSON has no such value."""
    if isinstance(value, Value):
        return value.to_spec()
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    plain = np.asarray(value).tolist()
    return plain if _is_json(plain) else short_repr(value)


def _is_json(value: object) -> bool:
    """Whether a value consists of JSON data."""
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, bool | int | float | str)


def _as_numbers(value: Any) -> Any:
    """Numbers as the array that constructors, presets and expressions convert them to."""
    array = (
        np.asarray(value)
        if isinstance(value, int | float | np.generic | np.ndarray | list | tuple)
        else np.empty(0, object)
    )
    return array if array.dtype.kind in "iuf" else value


def _parameter_identity(name: str, value: object) -> Any:
    """The identity of a fixed value; an error names its parameter."""
    try:
        return identity(value)
    except UnidentifiedError as error:
        raise UnidentifiedError(f"parameter {name!r}: {error}") from None


def _axis_identity(axis: Axis) -> Any:
    """The type of an axis, and its identity by its own method."""
    # An inherited method does not know what a subclass has changed.
    if "identity" not in vars(type(axis)):
        raise UnidentifiedError(
            f"an axis of type {type(axis).__qualname__} has no method identity() of its own"
        )
    return [type(axis).__qualname__, axis.identity()]
