"""Evaluation: the rate at one step, at any steps, in a table, or of each lane at its own step.

All of these read one program, and give the same bits.
"""

from __future__ import annotations

import math
import typing
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fastlr.arguments.output_arrays import (
    allocate,
    apart,
    check_contiguous,
    check_out,
    check_threads,
    dtype_of,
    fits,
    span,
)
from fastlr.arguments.rules import Ints, as_array, contains_bools, short_repr
from fastlr.errors import in_one_frame, public_methods
from fastlr.kernels.selection import active, choose
from fastlr.kernels.threads import split_over_threads
from fastlr.program.program import distinct_lanes
from fastlr.schedule.calls_by_other_packages import hint, no_step
from fastlr.schedule.value import Value

__all__ = ["Evaluation"]

Array = npt.NDArray[np.float64]

_INTEGER = np.int64  # what a loop over np.arange(n) has
_STEP = np.dtype(np.int64)
_RATE = np.dtype(np.float64)


def _is_plain(out: object, t: Array) -> bool:
    """Whether an output needs no other checks than these, which take no time."""
    return (
        type(out) is np.ndarray
        and out.dtype is _RATE
        and out.shape == t.shape
        and (flags := out.flags).carray
        # arrays that own their memory share none, which takes less time to see
        and ((flags.owndata and t.flags.owndata) or not np.may_share_memory(out, t))
    )


@public_methods("Schedule", but=("__call__", "__init__"))
class Evaluation(Value):
    """A value whose rates can be evaluated."""

    __slots__ = ()

    # No type tells a batch from a scalar schedule, which most schedules are.
    @typing.overload
    def __call__(  # type: ignore[overload-overlap]
        self, t: int | np.integer[Any], out: None = None, threads: int = 1
    ) -> float: ...
    @typing.overload
    def __call__(self, t: Ints, out: Array | None = None, threads: int = 1) -> Array: ...
    def __call__(self, t: Any = None, out: Array | None = None, threads: int = 1) -> Any:
        """Return the rate at step ``t``, or at every step of an integer array.

        Parameters
        ----------
        t : int or array of int
            Steps from 0 to 2^53, in any order.
        out : numpy.ndarray of float64, optional
            The array to fill, of shape ``s.shape + t.shape``, C-contiguous and aligned. It may
            share memory with ``t``. By default a new array.
        threads : int, default 1
            The number of threads that share the work on a large array. It changes no bit.

        Returns
        -------
        float or numpy.ndarray of float64
            A float for one step of a scalar schedule. Otherwise an array of shape ``s.shape +
            t.shape``, which is ``out`` if that is given.

        Raises
        ------
        TypeError
            If steps are not integers.
        ValueError
            If a step is out of range, or past the end of a schedule with ``past_end="raise"``; if
            ``out`` has another shape. Nothing is written before an error.

        Notes
        -----
        Step 0 is the first step. At a boundary the next piece is in force. Past the end,
        ``past_end`` decides. A step has the same bits in every call, ``table`` and ``each``.

        For a type checker the rate at one step is a float, since no type tells a batch from a
        scalar schedule. For a batch write ``numpy.asarray(s(t))``.

        Examples
        --------
        >>> import fastlr as flr
        >>> s = flr.linear([1.0, 2.0], 0.0, steps=4)
        >>> s(1)
        array([0.75, 1.5 ])
        >>> s([0, 4, 5])
        array([[1., 0., 0.],
               [2., 0., 0.]])
        """
        # a training loop calls this once per step, so the common case takes the fewest operations
        if out is None and (type(t) is int or type(t) is _INTEGER) and threads == 1:
            scalar = active().scalar
            try:
                rate = scalar(self._address, t)
            except OverflowError:
                rate = math.nan
            if rate == rate:  # the backend returns NaN for a step that it does not allow
                return rate
        try:
            if out is None and isinstance(t, np.integer) and not isinstance(t, np.timedelta64):
                return self(int(t), out, threads)
            return self._rates(t, out, threads)
        except (TypeError, ValueError) as error:
            if in_one_frame(error) is None:
                raise
            raise error from None

    _evaluate = __call__  # the name by which the C library enters it

    def _rates(self, t: object, out: Array | None, threads: int) -> float | Array:
        """Return the rates at steps of any kind, after checking them."""
        if (
            type(t) is np.ndarray
            and t.dtype is _STEP
            and t.flags.carray
            and not self.shape
            and check_threads("s(t)", threads) == 1
            and (out is None or _is_plain(out, t))
        ):
            rates = np.empty(t.shape) if out is None else out
            if active().several(self._address, t, rates):
                return rates
        steps = self._steps(t)
        shape = self._node.shape + steps.shape
        if (
            out is None
            and not shape
            and (rate := choose().scalar(self._address, int(steps))) == rate
        ):
            return rate
        if out is None:
            rates = allocate("s(t)", shape, np.dtype(np.float64))
        else:
            check_out("s(t)", out, shape, np.float64)
            check_contiguous("s(t)", out)
            rates, steps = out, apart(steps, out)
        self._fill_at(steps, rates, check_threads("s(t)", threads))
        return float(rates) if out is None and not shape else rates

    def _fill_at(self, steps: npt.NDArray[np.int64], rates: Array, threads: int) -> None:
        """Write the rate of every lane at steps that are known to be allowed."""
        buffer, backend, count = self._lowered(), choose(), math.prod(self._node.shape)
        # take both functions now, so that a change of the backend during the work has no effect
        one, several = backend.rates, backend.steps
        if steps.ndim == 0:
            t, row = int(steps), rates.reshape(-1)
            split_over_threads(lambda lanes, _: one(buffer, lanes, t, row), count, 1, threads)
        else:
            flat, rows = steps.reshape(-1), rates.reshape(count, steps.size)
            split_over_threads(
                lambda lanes, columns: several(buffer, lanes, columns, flat, rows),
                count,
                flat.size,
                threads,
            )

    def _steps(self, t: object) -> npt.NDArray[np.int64]:
        """Return steps as int64, C-contiguous and aligned, or raise if one is not allowed."""
        if type(t) is int:  # a training loop evaluates a batch of groups at one step
            self._reach("s(t): t", t, t)
            return np.asarray(t, dtype=np.int64)
        if got := no_step(t):
            raise TypeError(
                f"s(t): t must be an integer or an array of integers, got {got}{hint(t)}"
            )
        array = as_array("s(t): t must be an array of integers", t)
        if array.size == 0 and array.dtype == np.float64 and not isinstance(t, np.ndarray):
            array = array.astype(np.int64)  # NumPy makes float64 of an empty list
        if (
            array.dtype.kind == "O"
            and not isinstance(t, np.ndarray)
            and all(type(item) is int for item in array.ravel())
        ):
            raise ValueError(f"s(t): t must be from 0 to 2**53, got {short_repr(t)}")
        if array.dtype.kind not in "iu" or contains_bools(t) or hasattr(t, "mask"):
            raise TypeError(
                "s(t): t must be an integer or an array of integers, got "
                f"{type(t).__name__} {short_repr(t)}{hint(t)}"
            )
        if array.size:
            self._reach("s(t): t", int(array.min()), int(array.max()))
        steps = np.asarray(array, dtype=np.int64, order="C")
        return steps if steps.flags.aligned else steps.copy()

    @typing.overload
    def each(self, t: int | np.integer[Any]) -> float: ...  # type: ignore[overload-overlap]
    @typing.overload
    def each(self, t: Ints) -> Array: ...
    def each(self, t: Any) -> Any:
        """Return the rate of each lane at its own step.

        Parameters
        ----------
        t : int or array of int
            Steps from 0 to 2^53, one per lane: they broadcast to ``s.shape``.

        Returns
        -------
        float or numpy.ndarray of float64
            A float for a scalar schedule, otherwise an array of shape ``s.shape``. The bits are
            those of ``s(t)``.

        Raises
        ------
        TypeError
            If steps are not integers.
        ValueError
            If ``t`` does not broadcast to ``s.shape``, or if a step is out of range or past the end
            of a schedule with ``past_end="raise"``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear([1.0, 2.0], 0.0, steps=4).each([1, 3])
        array([0.75, 0.5 ])
        """
        steps = self._steps(t)
        if not fits(steps.shape, self.shape):
            raise ValueError(
                f"each: t must broadcast to batch shape {self.shape}, got {steps.shape}"
            )
        rates = allocate("each", self.shape, np.dtype(np.float64))
        own = np.ascontiguousarray(np.broadcast_to(steps, self.shape)).reshape(-1)
        choose().each(self._lowered(), range(rates.size), own, rates.reshape(-1))
        return rates if self.shape else float(rates)

    def table(
        self,
        start: int | None = None,
        stop: int | None = None,
        step: int = 1,
        *,
        dtype: npt.DTypeLike | None = None,
        out: npt.NDArray[Any] | None = None,
        threads: int = 1,
    ) -> npt.NDArray[Any]:
        """Return the rates at steps ``range(start, stop, step)``.

        Parameters
        ----------
        start : int, optional
            The first step; the number of steps if ``stop`` is not given, as in ``range``. Without
            both the table has the schedule's own length, ``s.steps``; of a batch, the longest.
        stop : int, optional
            The step after the last, at most 2^53 + 1.
        step : int, default 1
            The distance between steps, from 1 to 2^53.
        dtype : numpy.float64 or numpy.float32, optional
            The type of the rates: that of ``out`` if it is given, otherwise float64. A float32 rate
            is the float64 rate rounded once; it is infinite above 3.4e38.
        out : numpy.ndarray, optional
            The array to fill, of shape ``s.shape + (n,)`` and any strides, such as a
            ``numpy.memmap``. At most 1 MiB per thread is allocated beside it. By default a new
            array.
        threads : int, default 1
            The number of threads that share the work on a large table. It changes no bit.

        Returns
        -------
        numpy.ndarray
            The rates, of shape ``s.shape + (n,)`` for ``n`` steps; ``out`` if that is given.

        Raises
        ------
        TypeError
            If steps are not integers, or ``dtype`` is neither float64 nor float32.
        ValueError
            If steps are out of range, or past the end of a schedule with ``past_end="raise"``; if
            none are given for a schedule that never ends; if
            ``out`` has another shape; if the table is larger than this machine's memory. Nothing is
            written before an error.

        Notes
        -----
        Row ``[..., i]`` holds the rates at step ``start + i*step``, with the bits of ``s(t)``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).table(6)
        array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
        >>> flr.linear(1.0, 0.0, steps=4).table()
        array([1.  , 0.75, 0.5 , 0.25])
        >>> flr.linear(1.0, 0.0, steps=4).table(1, 6, 2)
        array([0.75, 0.25, 0.  ])
        """
        if start is None:
            start, stop = (self._whole_run(), None) if stop is None else (0, stop)
        steps, threads = span(start, stop, step), check_threads("table", threads)
        if steps:
            self._reach("table: steps", steps[0], steps[-1])
        shape = (*self.shape, len(steps))
        if out is None:
            out = allocate("table", shape, dtype_of(dtype))
        else:
            check_out("table", out, shape, dtype)
        if steps:
            self._fill(np.asarray(out), steps, threads)
        return out

    def _whole_run(self) -> int:
        """Return the number of steps of the run, of a batch the longest."""
        if self.steps is None:
            raise ValueError(
                f"table: steps must be given for a schedule that never ends, got {short_repr(self)}"
            )
        return int(np.max(self.steps))

    def _fill(self, out: npt.NDArray[Any], steps: range, threads: int) -> None:
        """Write the rates at these steps to ``out``."""
        if out.ndim > 2 and not out.flags.c_contiguous:
            for i in range(out.shape[0]):
                self[i]._fill(out[i], steps, threads)
            return
        # take the function now, so that a change of the backend during the work has no effect
        buffer, table = self._lowered(), choose().table
        rows = out if out.ndim == 2 else out.reshape(-1, out.shape[-1])

        def work(lanes: range, columns: range) -> None:
            table(buffer, lanes, columns, steps.start, steps.step, rows)

        split_over_threads(work, rows.shape[0], rows.shape[1], threads)

    def row(self, t: int | np.integer[Any]) -> dict[str, float]:
        """Return the rate of each named group at step ``t``.

        Parameters
        ----------
        t : int
            A step from 0 to 2^53.

        Returns
        -------
        dict of str to float
            The rates by group name; a group that is itself a batch has an array of rates.

        Raises
        ------
        TypeError
            If ``t`` is not one integer.
        ValueError
            If the groups have no names, or if ``t`` is out of range or past the end of a schedule
            with ``past_end="raise"``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.stack({"body": flr.constant(0.1), "head": flr.constant(0.3)}).row(7)
        {'body': 0.1, 'head': 0.3}
        """
        if self.names is None:
            raise ValueError(
                f"row: the schedule must have named groups, stack({{name: schedule}}), "
                f"got batch shape {self.shape}"
            )
        rates: Any = self(t)
        if rates.ndim != len(self.shape):
            raise TypeError(f"row: t must be one step, got {type(t).__name__} {short_repr(t)}")
        return dict(zip(self.names, rates.tolist() if rates.ndim == 1 else rates, strict=True))

    def unique(self) -> tuple[Self, npt.NDArray[np.int64]]:
        """Return the distinct lanes of a batch, and the index of each lane among them.

        ``distinct(t)[index]`` has the bits of ``s(t)``. An optimizer needs one parameter group per
        distinct lane.

        Returns
        -------
        distinct : Schedule
            The distinct lanes, in the order of their first occurrence.
        index : numpy.ndarray of int64
            The place of each lane in ``distinct``, of shape ``s.shape``.

        Raises
        ------
        ValueError
            If the schedule does not have exactly one batch axis.

        Examples
        --------
        >>> import fastlr as flr
        >>> distinct, index = flr.linear([0.1, 0.3, 0.1], 0.0, steps=10).unique()
        >>> distinct(0), index
        (array([0.1, 0.3]), array([0, 1, 0]))
        """
        if len(self.shape) != 1:
            raise ValueError(
                f"unique: the schedule must have one batch axis, got batch shape {self.shape}"
            )
        first, index = distinct_lanes(self._lowered())
        return (self if first.size == self.shape[0] else self[first]), index
