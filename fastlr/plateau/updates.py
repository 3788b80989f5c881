"""Update the state of a rule that follows a metric: a state and a metric give the next state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.output_arrays import (
    allocate,
    apart,
    check_contiguous,
    check_out,
    check_threads,
)
from fastlr.arguments.rules import Floats, Number, broadcast
from fastlr.errors import public_methods
from fastlr.kernels.selection import choose
from fastlr.kernels.threads import split_over_threads
from fastlr.plateau.rule_buffer import windows_of
from fastlr.plateau.rule_value import RuleValue
from fastlr.plateau.state import StateLayout, blocks, fill
from fastlr.plateau.validation import (
    as_metrics,
    check_metrics,
    check_state,
    check_usable,
    check_writable,
)

__all__ = ["State", "Updates"]

Array = npt.NDArray[np.float64]
State = TypeVar("State", bound=tuple[Any, ...])  # a NamedTuple of arrays, one class per rule

_FEWER = "replay fewer updates at a time, or advance(state, metrics), which makes no table"
_METRIC = Number("a number or an array of numbers")
_USUAL = (float, np.float64, np.float32)  # types of a metric that a kernel takes unconverted
_HISTORY = Number("an array of numbers, one row per update", core=1, none=True)


@with_types
@public_methods("Plateau")
class Updates(RuleValue, Generic[State]):
    """The methods of a rule that check and update its state."""

    __slots__ = ("_address", "_buffer", "_makers", "_windows")

    layout: ClassVar[StateLayout]  # of its state

    if TYPE_CHECKING:  # help() would show annotations of private names
        _buffer: Array  # the rule as kernels read it
        _address: int  # of the buffer of a rule of one lane, else 0
        _windows: int  # what the buffer says of windows
        _makers: tuple[Callable[[], npt.NDArray[Any]], ...]  # of the parts of one lane

    def _lower(self, lanes: tuple[int, ...]) -> Array:
        """Return the rule as kernels read it, for lanes of this shape."""
        raise NotImplementedError

    def init(self, scale: Floats = 1.0, shape: int | tuple[int, ...] = ()) -> State:
        """Return the state before the first update."""
        raise NotImplementedError

    def _set_buffer(self) -> None:
        """Write the rule into the array that kernels read."""
        buffer = self._lower(self.shape)
        windows = windows_of(buffer)
        object.__setattr__(self, "_buffer", buffer)
        object.__setattr__(self, "_address", 0 if self.shape else buffer.ctypes.data)
        object.__setattr__(self, "_windows", windows)
        object.__setattr__(self, "_makers", () if self.shape else self.layout.makers(windows))

    def update(
        self,
        state: State,
        metric: Floats,
        out: State | None = None,
        threads: int = 1,
    ) -> State:
        """Return the state after one more metric.

        Parameters
        ----------
        state : NamedTuple
            The state before. It does not change, unless it is ``out``.
        metric : float or array of float
            A metric for all lanes, or an array that broadcasts to the lanes.
        out : NamedTuple, optional
            The state to write, which may be ``state`` itself. By default a new one.
        threads : int, default 1
            The number of threads that share the work on many lanes. It changes no bit.

        Returns
        -------
        NamedTuple
            The state after the update: ``out`` if that is given.

        Raises
        ------
        TypeError, ValueError
            If the state is not one of this rule, or has a scale that is negative or not finite; if
            the metric does not fit the lanes, or is NaN with ``nan="raise"``. Nothing is written
            before an error.

        Examples
        --------
        >>> import fastlr as flr
        >>> rule = flr.Plateau(patience=[0, 1], factor=0.5)
        >>> rule.update(rule.update(rule.init(), [1.0, 1.0]), [2.0, 2.0]).scale
        array([0.5, 1. ])
        """
        if self._address and type(metric) in _USUAL and type(threads) is int and threads == 1:
            kind = self.layout.kind
            after = kind._make([make() for make in self._makers]) if out is None else out
            if type(after) is kind and choose().update(self._address, state, after, metric):
                return after
        threads, state = check_threads("update", threads), self._usable("update: state", state)
        metrics = as_metrics("update: metric", metric, _METRIC)[np.newaxis]
        self._check_metrics("update: metric", metrics, state)
        for part in out if isinstance(out, tuple) else ():
            # copy metrics that share memory with the state: writing it must not change them
            metrics = apart(metrics, part) if isinstance(part, np.ndarray) else metrics
        after = self._copied(state) if out is None else self._into(state, out)
        self._run(after, metrics, None, threads)
        return after

    def advance(self, state: State, metrics: Floats, threads: int = 1) -> State:
        """Return the state after a history of metrics.

        Parameters
        ----------
        state : NamedTuple
            The state before, which does not change.
        metrics : array of float
            One row per update: of shape ``(updates,)`` for all lanes at once, or ``(updates,
            *lanes)``.
        threads : int, default 1
            The number of threads that share the work on many lanes. It changes no bit.

        Returns
        -------
        NamedTuple
            A new state, with the bits of one call of ``update`` per metric.

        Raises
        ------
        TypeError, ValueError
            As ``update``.

        Examples
        --------
        >>> import fastlr as flr
        >>> rule = flr.Plateau(patience=0, factor=0.5)
        >>> float(rule.advance(rule.init(), [1.0, 2.0, 3.0]).scale)
        0.25
        """
        threads, state = check_threads("advance", threads), self._usable("advance: state", state)
        history = as_metrics("advance: metrics", metrics, _HISTORY)
        self._check_metrics("advance: metrics", history, state)
        after = self._copied(state)
        self._run(after, history, None, threads)
        return after

    def replay(
        self,
        metrics: Floats,
        state: State | None = None,
        out: Array | None = None,
        threads: int = 1,
    ) -> Array:
        """Return the scales after each update of a history of metrics.

        Parameters
        ----------
        metrics : array of float
            One row per update: of shape ``(updates,)`` for all lanes at once, or ``(updates,
            *lanes)``.
        state : NamedTuple, optional
            The state before, which does not change. By default ``init()``, with the lanes that the
            rule and the metrics broadcast to.
        out : numpy.ndarray of float64, optional
            The array to fill, C-contiguous, of shape ``(updates, *lanes)``. By default a new one.
        threads : int, default 1
            The number of threads that share the work on many lanes. It changes no bit.

        Returns
        -------
        numpy.ndarray of float64
            The scales, of shape ``(updates, *lanes)``; ``out`` if that is given.

        Raises
        ------
        TypeError, ValueError
            As ``update``; ``ValueError`` also if the result is larger than this machine's memory.
            Nothing is written before an error.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.Plateau(patience=[0, 1], factor=0.5).replay([1.0, 2.0, 3.0])
        array([[1.  , 1.  ],
               [0.5 , 1.  ],
               [0.25, 0.5 ]])
        """
        threads, history = (
            check_threads("replay", threads),
            as_metrics("replay: metrics", metrics, _HISTORY),
        )
        if state is None:
            begin = self.init(
                shape=broadcast("replay", {"rule": self.shape, "metrics": history.shape[1:]})
            )
        else:
            begin = self._copied(self._usable("replay: state", state))
        self._check_metrics("replay: metrics", history, begin)
        shape = (history.shape[0], *begin[0].shape)
        if out is None:
            out = allocate("replay", shape, np.dtype(np.float64), _FEWER)
        else:
            check_out("replay", out, shape, np.float64)
            check_contiguous("replay", out)
            history = apart(history, out)
        self._run(begin, history, out, threads)
        return out

    def _run(self, state: State, metrics: Array, out: Array | None, threads: int) -> None:
        """Update ``state`` in place with a history. Both were checked before."""
        lanes, replay = state[0].shape, choose().replay
        buffer = self._buffer if lanes == self.shape else self._lower(lanes)
        flat = tuple(part.reshape(-1) for part in state)
        rows = None if out is None else out.reshape(out.shape[0], flat[0].size)
        for first, block in blocks(metrics, lanes):
            to = None if rows is None else rows[first : first + len(block)]
            split_over_threads(
                lambda some, _: replay(buffer, some, block, flat, to),  # noqa: B023
                flat[0].size,
                len(block),
                threads,
                by_lanes=True,
            )

    def _checked(self, where: str, state: object) -> State:
        """Return a state of this rule's lanes, or raise."""
        held: State = check_state(where, state, self.layout, self.shape, self._windows)
        return held

    def _usable(self, where: str, state: object) -> State:
        """Return a state of this rule's lanes to continue from, or raise."""
        held: State = check_usable(where, self._checked(where, state), self.layout, self._windows)
        return held

    def _check_metrics(self, where: str, metrics: Array, state: State) -> None:
        """Raise unless metrics fit the lanes of a state, and obey the rule's ``nan``."""
        check_metrics(where, metrics, state[0].shape, self.parameters["nan"])

    def _copied(self, state: State) -> State:
        copy: State = self.layout.copied(state, self._windows)
        return copy

    def _into(self, state: State, out: State) -> State:
        """Return ``out``, filled with ``state``."""
        held = self._checked("update: out", out)
        check_writable("update: out", held, state)
        if any(part is not of for part, of in zip(held, state, strict=True)):
            # through a copy, because parts of both states may share memory
            fill(held, self._copied(state))
        return held
