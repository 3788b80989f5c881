"""Asking: what a value is lowered to, and every way in which its rates are asked for.

One step, any steps, a table, every lane at once: all of them read one program, and give the same
bits.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import math
import typing
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fastlr.arguments.outputs import (
    allocate,
    apart,
    check_contiguous,
    check_out,
    check_threads,
    dtype_of,
    fits,
    span,
)
from fastlr.arguments.rules import as_array, contains_bools, short_repr
from fastlr.errors import in_one_frame, public_methods
from fastlr.kernels.selection import active, choose
from fastlr.kernels.threads import split_over_threads
from fastlr.program.program import distinct_lanes
from fastlr.schedule.value import Value

__all__ = ["Evaluation"]

Array = npt.NDArray[np.float64]

_STEP = np.dtype(np.int64)


@public_methods("Schedule", but=("__call__", "__init__"))
class Evaluation(Value):
    """A value whose program is asked for rates."""

    __slots__ = ()

    @typing.overload
    def __call__(self, t: int, out: Array | None = None, threads: int = 1) -> Any: ...
    @typing.overload
    def __call__(self, t: npt.ArrayLike, out: Array | None = None, threads: int = 1) -> Array: ...
    def __call__(self, t: Any, out: Array | None = None, threads: int = 1) -> Any:
        """The rate at step ``t``, an integer from 0 to 2^53, or at every step of an integer array
        in any order.

        A float for one step of a scalar schedule; otherwise a float64 array of shape ``s.shape +
        t.shape``: ``out``, if a C-contiguous, aligned one of that shape is given; it may share
        memory with ``t``. With ``threads`` the work on large arrays is divided over so many. Raises
        ``TypeError`` for steps that are no integers and ``ValueError`` for a step out of range or
        past the end of a schedule with ``past_end="raise"``, before anything is written.
        """
        # what a training loop runs: no more than it must do
        if out is None and type(t) is int and threads == 1:
            scalar = active().scalar
            try:
                rate = scalar(self._address, t)
            except OverflowError:
                rate = math.nan
            if rate == rate:  # known, not NaN
                return rate
        try:
            return self._rates(t, out, threads)
        except (TypeError, ValueError) as error:
            if in_one_frame(error) is None:
                raise
            raise error from None

    def _rates(self, t: object, out: Array | None, threads: int) -> float | Array:
        if (
            out is None
            and type(t) is np.ndarray
            and t.dtype is _STEP
            and t.flags.carray
            and check_threads("s(t)", threads) == 1
        ):
            rates = np.empty(t.shape)
            if not self.shape and active().several(self._address, t, rates):
                return rates
        clocks = self._clocks(t)
        shape = self._node.shape + clocks.shape
        if (
            out is None
            and not shape
            and (rate := choose().scalar(self._address, int(clocks))) == rate
        ):
            return rate
        if out is None:
            rates = allocate("s(t)", shape, np.dtype(np.float64))
        else:
            check_out("s(t)", out, shape, np.float64)
            check_contiguous("s(t)", out)
            rates, clocks = out, apart(clocks, out)
        self._fill_at(clocks, rates, check_threads("s(t)", threads))
        return float(rates) if out is None and not shape else rates

    def _fill_at(self, clocks: npt.NDArray[np.int64], rates: Array, threads: int) -> None:
        """Every lane at steps that are known to be allowed."""
        words, backend, count = self._lowered(), choose(), math.prod(self._node.shape)
        # of one backend to the end, whatever is set meanwhile
        one, several = backend.rates, backend.steps
        if clocks.ndim == 0:
            t, row = int(clocks), rates.reshape(-1)
            split_over_threads(lambda lanes, _: one(words, lanes, t, row), count, 1, threads)
        else:
            steps, rows = clocks.reshape(-1), rates.reshape(count, clocks.size)
            split_over_threads(
                lambda lanes, columns: several(words, lanes, columns, steps, rows),
                count,
                steps.size,
                threads,
            )

    def _clocks(self, t: object) -> npt.NDArray[np.int64]:
        """Steps as int64, C-contiguous and aligned, every one of them allowed."""
        if type(t) is int:  # what a training loop asks a bank of groups
            self._reach("s(t): t", t, t)
            return np.asarray(t, dtype=np.int64)
        array = as_array("s(t): t must be an array of integers", t)
        if array.size == 0 and array.dtype == np.float64 and not isinstance(t, np.ndarray):
            array = array.astype(np.int64)  # an empty list has no other dtype
        if (
            array.dtype.kind == "O"
            and not isinstance(t, np.ndarray)
            and all(type(item) is int for item in array.ravel())
        ):
            raise ValueError(f"s(t): t must be from 0 to 2**53, got {short_repr(t)}")
        if array.dtype.kind not in "iu" or contains_bools(t) or hasattr(t, "mask"):
            raise TypeError(
                "s(t): t must be an integer or an array of integers, got "
                f"{type(t).__name__} {short_repr(t)}"
            )
        if array.size:
            self._reach("s(t): t", int(array.min()), int(array.max()))
        steps = np.asarray(array, dtype=np.int64, order="C")
        return steps if steps.flags.aligned else steps.copy()

    def each(self, t: npt.ArrayLike) -> Any:
        """The rate of each lane at a step of its own, with the bits of ``s(t)``: a float, or a
        float64 array of ``s.shape``.

        ``t``, integers from 0 to 2^53, broadcasts to ``s.shape``. Raises ``TypeError`` for steps
        that are no integers, and ``ValueError`` for steps of another shape, out of range or past
        the end of a schedule with ``past_end="raise"``.

        >>> import fastlr as flr
        >>> flr.linear([1.0, 2.0], 0.0, steps=4).each([1, 3])
        array([0.75, 0.5 ])
        """
        clocks = self._clocks(t)
        if not fits(clocks.shape, self.shape):
            raise ValueError(
                f"each: t must broadcast to batch shape {self.shape}, got {clocks.shape}"
            )
        rates = allocate("each", self.shape, np.dtype(np.float64))
        steps = np.ascontiguousarray(np.broadcast_to(clocks, self.shape)).reshape(-1)
        choose().each(self._lowered(), range(rates.size), steps, rates.reshape(-1))
        return rates if self.shape else float(rates)

    def table(
        self,
        start: int,
        stop: int | None = None,
        step: int = 1,
        *,
        dtype: npt.DTypeLike | None = None,
        out: npt.NDArray[Any] | None = None,
        threads: int = 1,
    ) -> npt.NDArray[Any]:
        """The rates at steps ``range(start, stop, step)``, or ``range(start)`` if it is alone:
        shape ``s.shape + (n,)``.

        ``dtype`` is float64 or float32 (the float64 rate rounded once: infinite above 3.4e38).
        ``out`` of that shape, of any strides, is filled and returned; beside it no more than 1 MiB
        a thread is allocated. ``threads`` divides the work on a large table over so many, and gives
        the same bits. Raises ``TypeError`` or ``ValueError`` before anything is written: for steps
        that are no integers or out of range, for another dtype or shape of ``out``, and for a table
        larger than this machine's memory.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).table(6)
        array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
        """
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

    def _fill(self, out: npt.NDArray[Any], steps: range, threads: int) -> None:
        if out.ndim > 2 and not out.flags.c_contiguous:
            for i in range(out.shape[0]):
                self[i]._fill(out[i], steps, threads)
            return
        # of one backend to the end, whatever is set meanwhile
        words, table = self._lowered(), choose().table
        rows = out if out.ndim == 2 else out.reshape(-1, out.shape[-1])

        def work(lanes: range, columns: range) -> None:
            table(words, lanes, columns, steps.start, steps.step, rows)

        split_over_threads(work, rows.shape[0], rows.shape[1], threads)

    def row(self, t: int) -> dict[str, Any]:
        """The rate of each group at step ``t`` by its name, a float; an array, where a group is a
        batch itself.

        Raises ``ValueError`` for a schedule whose lanes have no names, and whatever ``s(t)``
        raises.
        """
        if self.names is None:
            raise ValueError(
                f"row: the schedule must have named groups, stack({{name: schedule}}), "
                f"got batch shape {self.shape}"
            )
        rates = self(t)
        if rates.ndim != len(self.shape):
            raise TypeError(f"row: t must be one step, got {type(t).__name__} {short_repr(t)}")
        return dict(zip(self.names, rates.tolist() if rates.ndim == 1 else rates, strict=True))

    def unique(self) -> tuple[Self, npt.NDArray[np.int64]]:
        """The distinct lanes of a batch of one axis, and of each lane the place of its like among
        them.

        ``distinct(t)[index]`` has the bits of ``s(t)``, and an optimizer need hold no more groups
        than ``distinct`` has.

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
