"""Update the state of a plateau rule: a state and a metric give the next state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

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
from fastlr.arguments.rules import Floats, Number, broadcast, short_repr
from fastlr.errors import public_methods
from fastlr.kernels.selection import choose
from fastlr.kernels.threads import split_over_threads
from fastlr.plateau.conventions import lower
from fastlr.plateau.rule_value import RuleValue
from fastlr.plateau.saved_state import parts_of
from fastlr.plateau.state import PARTS, PlateauState, blank, blank_lane, blocks, copied, fill
from fastlr.plateau.validation import (
    HIGHEST,
    HIGHEST_SINGLE,
    as_metrics,
    check_init,
    check_metrics,
    check_single,
    check_state,
    check_usable,
    check_writable,
)
from fastlr.program.opcodes import RULE_WORDS

__all__ = ["Updates"]

Array = npt.NDArray[np.float64]

_FEWER = "replay fewer updates at a time, or advance(state, metrics), which makes no table"
_METRIC = Number("a number or an array of numbers")
_USUAL = (float, np.float64, np.float32)  # types of a metric that a kernel takes unconverted
_HISTORY = Number("an array of numbers, one row per update", core=1, none=True)


@with_types
@public_methods("Plateau")
class Updates(RuleValue):
    """The methods of a rule that make, check and update its state."""

    __slots__ = ("_address", "_buffer")

    if TYPE_CHECKING:  # help() would show annotations of private names
        _buffer: Array
        _address: int  # of the buffer of a rule of one lane, else 0

    def _set_buffer(self) -> None:
        """Write the rule into the array that kernels read."""
        buffer = lower(self.parameters, self.shape)
        object.__setattr__(self, "_buffer", buffer)
        object.__setattr__(self, "_address", 0 if self.shape else buffer.ctypes.data)

    @property
    def buffer(self) -> Array:
        """The rule as kernels read it: one flat, read-only float64 array."""
        return self._buffer

    @property
    def _windowed(self) -> bool:
        return bool(self._buffer[RULE_WORDS.index("windowed")])

    def init(self, scale: Floats = 1.0, shape: int | tuple[int, ...] = ()) -> PlateauState:
        """Return the state before the first update.

        Parameters
        ----------
        scale : float or array of float, default 1.0
            The first scale, or the first rate, from 0 to 1e290.
        shape : int or tuple of int, default ()
            The shape of additional lanes. It broadcasts with those of the rule and ``scale``.

        Returns
        -------
        PlateauState
            A state with the lanes that the rule, ``scale`` and ``shape`` broadcast to.

        Raises
        ------
        TypeError, ValueError
            If ``scale`` breaks its rule, if the shapes do not broadcast, or if the state is larger
            than this machine's memory.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.Plateau(patience=[1, 2]).init(scale=0.1).scale
        array([0.1, 0.1])
        """
        first, lanes = check_init(self.shape, scale, shape)
        parameters, state = self.parameters, blank(lanes, lanes if self._windowed else ())
        if parameters["precision"] == "single":
            check_single("init: scale", first)
            first = first.astype(np.float32)
        unseen = -1 if parameters["convention"] == "keras" else 0
        fill(
            state,
            (
                first,
                np.where(parameters["mode"] == "min", np.inf, -np.inf),
                unseen,
                -parameters["warmup"],
                0,
                0,
            ),
        )
        return state

    def restore(self, state: Iterable[npt.ArrayLike] | Mapping[str, Any]) -> PlateauState:
        """Check a state that was read from a checkpoint.

        Parameters
        ----------
        state : iterable of arrays, or mapping
            The parts of a ``PlateauState`` in their order, as arrays or as plain numbers and lists
            of JSON; a mapping of these parts by name; or the result of ``save``.

        Returns
        -------
        PlateauState
            The state, ready for ``update``.

        Raises
        ------
        TypeError, ValueError
            If a part has another shape or dtype; if it holds a number that no update of this rule
            gives, such as a scale below 0, or more metrics than the window has; or if another rule
            saved it.

        Examples
        --------
        >>> import fastlr as flr
        >>> rule = flr.Plateau()
        >>> rule.restore(rule.init()) == rule.init()
        True
        >>> rule.restore([0.5, 1.0, 0, 0, 0.0, 0]).scale
        array(0.5)
        """
        parts = parts_of(self, state, PARTS)
        state, parameters = self._checked("restore: state", parts), self.parameters
        keras = parameters["convention"] == "keras"
        good = {
            "scale": (state.scale >= 0)
            & (state.scale <= (HIGHEST_SINGLE if parameters["precision"] == "single" else HIGHEST)),
            "best": keras | ~np.isnan(state.best),
            "bad": state.bad >= (-1 if keras else 0),
            "cool": state.cool >= -parameters["warmup"],
            "mean": (not self._windowed) | ~np.isnan(state.mean) | (parameters["nan"] != "raise"),
            "count": (not self._windowed)
            | ((state.count >= 0) & (state.count < parameters["window"])),
        }
        for name, is_good in good.items():
            if not np.all(is_good):
                got = short_repr(getattr(state, name))
                raise ValueError(
                    f"restore: state.{name} must be a result of this rule's update, got {got}"
                )
        return state

    def update(
        self,
        state: PlateauState,
        metric: Floats,
        out: PlateauState | None = None,
        threads: int = 1,
    ) -> PlateauState:
        """Return the state after one more metric.

        Parameters
        ----------
        state : PlateauState
            The state before. It does not change, unless it is ``out``.
        metric : float or array of float
            A metric for all lanes, or an array that broadcasts to the lanes.
        out : PlateauState, optional
            The state to write, which may be ``state`` itself. By default a new one.
        threads : int, default 1
            The number of threads that share the work on many lanes. It changes no bit.

        Returns
        -------
        PlateauState
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
            after = blank_lane() if out is None else out
            if type(after) is PlateauState and choose().update(self._address, state, after, metric):
                return after
        threads, state = check_threads("update", threads), self._usable("update: state", state)
        metrics = as_metrics("update: metric", metric, _METRIC)[np.newaxis]
        self._check_metrics("update: metric", metrics, state)
        for part in out if isinstance(out, tuple) else ():
            # copy metrics that share memory with the state: writing it must not change them
            metrics = apart(metrics, part) if isinstance(part, np.ndarray) else metrics
        after = copied(state) if out is None else self._into(state, out)
        self._run(after, metrics, None, threads)
        return after

    def advance(self, state: PlateauState, metrics: Floats, threads: int = 1) -> PlateauState:
        """Return the state after a history of metrics.

        Parameters
        ----------
        state : PlateauState
            The state before, which does not change.
        metrics : array of float
            One row per update: of shape ``(updates,)`` for all lanes at once, or ``(updates,
            *lanes)``.
        threads : int, default 1
            The number of threads that share the work on many lanes. It changes no bit.

        Returns
        -------
        PlateauState
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
        after = copied(state)
        self._run(after, history, None, threads)
        return after

    def replay(
        self,
        metrics: Floats,
        state: PlateauState | None = None,
        out: Array | None = None,
        threads: int = 1,
    ) -> Array:
        """Return the scales after each update of a history of metrics.

        Parameters
        ----------
        metrics : array of float
            One row per update: of shape ``(updates,)`` for all lanes at once, or ``(updates,
            *lanes)``.
        state : PlateauState, optional
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
            begin = copied(self._usable("replay: state", state))
        self._check_metrics("replay: metrics", history, begin)
        shape = (history.shape[0], *begin.scale.shape)
        if out is None:
            out = allocate("replay", shape, np.dtype(np.float64), _FEWER)
        else:
            check_out("replay", out, shape, np.float64)
            check_contiguous("replay", out)
            history = apart(history, out)
        self._run(begin, history, out, threads)
        return out

    def _run(self, state: PlateauState, metrics: Array, out: Array | None, threads: int) -> None:
        """Update ``state`` in place with a history. Both were checked before."""
        lanes, replay = state.scale.shape, choose().replay
        buffer = self._buffer if lanes == self.shape else lower(self.parameters, lanes)
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

    def _checked(self, where: str, state: object) -> PlateauState:
        """Return a state of this rule's lanes, or raise."""
        return check_state(where, state, self.shape, self._windowed)

    def _usable(self, where: str, state: object) -> PlateauState:
        """Return a state of this rule's lanes to continue from, or raise."""
        return check_usable(where, self._checked(where, state))

    def _check_metrics(self, where: str, metrics: Array, state: PlateauState) -> None:
        """Raise unless metrics fit the lanes of a state, and obey the rule's ``nan``."""
        check_metrics(where, metrics, state.scale.shape, self.parameters["nan"])

    def _into(self, state: PlateauState, out: PlateauState) -> PlateauState:
        """Return ``out``, filled with ``state``."""
        held = self._checked("update: out", out)
        check_writable("update: out", held, state)
        if any(part is not of for part, of in zip(held, state, strict=True)):
            # through a copy, because parts of both states may share memory
            fill(held, copied(state))
        return held
