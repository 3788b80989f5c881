"""Plateau: a rule that reduces a rate when a metric stops improving.

A rule is immutable, like a schedule. Its state is a tuple of arrays: pass it to ``update``, and get
the next one back. Any checkpoint can hold it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.output_arrays import (
    allocate,
    apart,
    check_contiguous,
    check_fits,
    check_out,
    check_threads,
)
from fastlr.arguments.rules import (
    BelowOne,
    Floats,
    Number,
    Numbers,
    Period,
    Rate,
    Words,
    broadcast,
    short_repr,
    validate,
    validate_scalar,
)
from fastlr.errors import did_you_mean, public_methods
from fastlr.kernels.selection import choose
from fastlr.kernels.threads import split_over_threads
from fastlr.plateau.conventions import CONVENTIONS, lower, own_defaults
from fastlr.plateau.events import scales_of_run
from fastlr.plateau.saved_rule import SavedRule, parts_of
from fastlr.plateau.state import PARTS, PlateauState, blank, blank_lane, blocks, copied, fill
from fastlr.plateau.validation import (
    HIGHEST,
    HIGHEST_SINGLE,
    as_metrics,
    check_metrics,
    check_single,
    check_state,
    check_usable,
    check_writable,
    lanes_of,
)
from fastlr.program.opcodes import RULE_WORDS
from fastlr.schedule.constructing import checked_arguments, same
from fastlr.schedule.constructor_names import constant, piecewise_constant
from fastlr.schedule.recorded_calls import VERSION, Call
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.spec import contents
from fastlr.schedule.value import a_schedule

__all__ = ["Plateau", "PlateauState"]

Array = npt.NDArray[np.float64]

_MOST = 2**31 - 1
_FEWER = "replay fewer updates at a time, or advance(state, metrics), which makes no table"

Mode = Annotated[npt.ArrayLike, Words(("min", "max"))]
Updates = Annotated[Numbers, Number("an integer from 0 to 2**31 - 1", 0, _MOST, whole=True)]
Window = Annotated[Numbers, Number("an integer from 1 to 2**31 - 1", 1, _MOST, whole=True)]
Tolerance = Annotated[Numbers, Number("a number from 0 to 1", 0.0, 1.0)]
_METRIC = Number("a number or an array of numbers")
_USUAL = (float, np.float64, np.float32)  # the types of a metric that a kernel takes as it is
_HISTORY = Number("an array of numbers, one row per update", core=1, none=True)


@with_types
@public_methods()
class Plateau(SavedRule):
    """A rule that reduces a rate when a metric stops improving: an immutable value.

    With ``a`` the metric and ``b`` the best one so far, an update is *better* if

        a < b*(1 - rtol) - atol  (mode "min"),    a > b*(1 + rtol) + atol  (mode "max").

    Then ``b`` becomes ``a``. Otherwise the update is *bad*. After too many bad updates in a row,
    ``scale`` becomes ``max(scale*factor, floor)``, if that changes it by more than ``eps``, and a
    *cooldown* starts, in which no update counts as bad.

    ``scale`` starts at 1.0 and multiplies a schedule's rate: ``rate = s(t) * state.scale``. It may
    also start at a rate, ``init(scale=0.1)``, and then is the rate itself.

    Parameters
    ----------
    mode : {"min", "max"} or array of str, default "min"
        Whether a lower or a higher metric is better.
    factor : float or array of float, default 0.1
        The factor of a reduction, from 0 up to, not including, 1.
    patience : int or array of int, default 10
        The bad updates in a row that are tolerated, from 0 to 2^31 - 1; see the table below.
    rtol, atol : float or array of float, optional
        The relative tolerance, from 0 to 1, and the absolute one, from 0 to 1e290. The defaults
        are those of ``convention``.
    cooldown : int or array of int, default 0
        The updates after a reduction in which none is bad.
    floor : float or array of float, default 0.0
        The lowest scale.
    rate_floor : float or array of float, default 0.0
        The rate below which ``rate(s(t), state)`` does not reduce.
    warmup : int or array of int, default 0
        The updates at the beginning whose metrics are ignored.
    window : int or array of int, default 1
        The number of updates whose metrics are averaged and decide together.
    eps : float or array of float, optional
        The smallest change of the scale that is made. The default is that of ``convention``.
    nan : {"raise", "ignore", "bad"}, default "raise"
        What a NaN metric does: raise an error before anything changes, leave its lane
        unchanged, or do what the library does.
    convention : {"torch", "timm", "optax", "keras"}, default "torch"
        The library whose plateau logic the rule follows to the bit.
    precision : {"double", "single"}, optional
        ``"single"`` does what the library does if rates are float32. The default is that of
        ``convention``.

    Attributes
    ----------
    parameters : mapping of str to numpy.ndarray or str
        Every parameter, with the defaults of ``convention`` filled in; read-only.
    shape : tuple of int
        The shape of the lanes.

    Raises
    ------
    TypeError, ValueError
        If a parameter breaks its rule, if the shapes do not broadcast, or if ``convention`` has no
        use for a parameter that is not 0.

    Notes
    -----
    All numbers broadcast like NumPy arrays. Each number of the resulting shape is a *lane*.

    The conventions differ as follows. *Reduces at* is the bad update that reduces. Torch reduces
    only if the scale changes by more than 1e-8. In Keras the first metric is the best one, whatever
    it is.

    ==========  ============================  ================  ==========  =========
    convention  library                       reduces at        rtol, atol  precision
    ==========  ============================  ================  ==========  =========
    torch       ``ReduceLROnPlateau``         ``patience + 1``  1e-4, 0     double
    timm        ``PlateauLRScheduler``        ``patience + 1``  1e-4, 0     double
    optax       ``reduce_on_plateau``         ``patience``      1e-4, 0     double
    keras       ``ReduceLROnPlateau``         ``patience``      0, 1e-4     single
    ==========  ============================  ================  ==========  =========

    timm uses torch's logic. optax's function is in ``optax.contrib``. Keras's is a callback.

    Examples
    --------
    >>> import fastlr as flr
    >>> rule = flr.Plateau(factor=0.5, patience=1)
    >>> state = rule.init()
    >>> for loss in [1.0, 0.9, 0.9, 0.9]:
    ...     state = rule.update(state, loss)
    >>> float(state.scale), float(state.best)
    (0.5, 0.9)
    >>> rule.replay([1.0, 0.9, 0.9, 0.9, 0.8, 0.9])
    array([1. , 1. , 1. , 0.5, 0.5, 0.5])
    >>> flr.Plateau(patience=[1, 2], nan="ignore").shape
    (2,)
    """

    __slots__ = ("__weakref__", "_address", "_buffer", "_call", "parameters", "shape")

    if TYPE_CHECKING:  # help() would show annotations of private names
        parameters: Mapping[str, Any]
        shape: tuple[int, ...]
        _call: Call
        _buffer: Array
        _address: int  # of the buffer of a rule of one lane, else 0

    def __init__(
        self,
        mode: Mode = "min",
        factor: BelowOne = 0.1,
        patience: Updates = 10,
        rtol: Tolerance | None = None,
        atol: Rate | None = None,
        cooldown: Updates = 0,
        floor: Rate = 0.0,
        rate_floor: Rate = 0.0,
        warmup: Updates = 0,
        window: Window = 1,
        eps: Rate | None = None,
        nan: Literal["raise", "ignore", "bad"] = "raise",
        convention: Literal["torch", "timm", "optax", "keras"] = "torch",
        precision: Literal["double", "single"] | None = None,
    ) -> None:
        given = {
            "mode": mode,
            "factor": factor,
            "patience": patience,
            "rtol": rtol,
            "atol": atol,
            "cooldown": cooldown,
            "floor": floor,
            "rate_floor": rate_floor,
            "warmup": warmup,
            "window": window,
            "eps": eps,
            "nan": nan,
            "convention": convention,
            "precision": precision,
        }
        ruled = checked_arguments("Plateau", Plateau.__init__, given, _DEFAULTS)
        defaults = {**_DEFAULTS, **own_defaults(CONVENTIONS[str(ruled["convention"])], ruled)}
        whole = {name: defaults[name] if value is None else value for name, value in ruled.items()}
        for name in ("atol", "floor", "eps") if whole["precision"] == "single" else ():
            check_single(f"Plateau: {name}", np.asarray(whole[name]))
        call = Call(
            "Plateau",
            {name: value for name, value in whole.items() if not same(value, defaults[name])},
        )
        shape = np.broadcast_shapes(
            *(np.shape(value) for value in whole.values() if isinstance(value, np.ndarray))
        )
        for name, value in (
            ("parameters", MappingProxyType(whole)),
            ("shape", shape),
            ("_call", call),
        ):
            object.__setattr__(self, name, value)
        buffer = lower(self.parameters, shape)
        object.__setattr__(self, "_buffer", buffer)
        object.__setattr__(self, "_address", 0 if shape else buffer.ctypes.data)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Plateau is a value: {name} cannot be set; build another")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Plateau is a value: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return self._call == other._call if isinstance(other, Plateau) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._call)

    def __reduce__(self) -> tuple[object, ...]:
        return _built, (dict(self._call.arguments),)

    def __repr__(self) -> str:
        return repr(self._call)

    def to_spec(self) -> dict[str, object]:
        """Return the rule as plain JSON data.

        Returns
        -------
        dict
            ``{"fastlr": version of the format, "plateau": parameters}``. ``Plateau.from_spec``
            rebuilds an equal rule from it.

        Examples
        --------
        >>> Plateau(patience=5, convention="keras").to_spec()
        {'fastlr': 1, 'plateau': {'patience': 5, 'convention': 'keras'}}
        """
        return {"fastlr": VERSION, "plateau": self._call.spec()["Plateau"]}

    @staticmethod
    def from_spec(spec: Mapping[str, object]) -> Plateau:
        """Rebuild a rule from its spec.

        Parameters
        ----------
        spec : mapping
            What ``to_spec`` returned, or the same data from JSON.

        Returns
        -------
        Plateau
            A rule equal to the one that was described.

        Raises
        ------
        TypeError, ValueError
            If the data does not describe a rule.

        Examples
        --------
        >>> rule = Plateau(patience=5)
        >>> Plateau.from_spec(rule.to_spec()) == rule
        True
        """
        parameters = contents(spec, "plateau")
        if not isinstance(parameters, Mapping):
            raise TypeError(
                f"from_spec: 'plateau' must be {{parameter: value}}, got {short_repr(parameters)}"
            )
        for name in parameters:
            if name not in _DEFAULTS:
                raise ValueError(
                    f"from_spec: {short_repr(name)} is not a parameter of "
                    f"Plateau{did_you_mean(name, _DEFAULTS)}"
                )
        return _built(parameters)

    @property
    def buffer(self) -> Array:
        """What kernels read: one flat, read-only float64 array."""
        return self._buffer

    @property
    def _windowed(self) -> bool:
        return bool(self._buffer[RULE_WORDS.index("windowed")])

    # -- state -------------------------------------------------------------------------------------

    def init(self, scale: Floats = 1.0, shape: int | tuple[int, ...] = ()) -> PlateauState:
        """Return the state before the first update.

        Parameters
        ----------
        scale : float or array of float, default 1.0
            The first scale, or the first rate, from 0 to 1e290.
        shape : int or tuple of int, default ()
            The shape of further lanes.

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
        >>> Plateau(patience=[1, 2]).init(scale=0.1).scale
        array([0.1, 0.1])
        """
        first = validate(Rate, "init: scale", scale)
        lanes = broadcast(
            "init", {"rule": self.shape, "scale": first.shape, "shape": lanes_of(shape)}
        )
        check_fits("init: shape", lanes, np.dtype(np.float64), "give the lanes of a state in parts")
        own, state = self.parameters, blank(lanes, lanes if self._windowed else ())
        if own["precision"] == "single":
            check_single("init: scale", first)
            first = first.astype(np.float32)
        unseen = -1 if own["convention"] == "keras" else 0
        fill(
            state,
            (first, np.where(own["mode"] == "min", np.inf, -np.inf), unseen, -own["warmup"], 0, 0),
        )
        return state

    def restore(self, state: Iterable[npt.ArrayLike] | Mapping[str, Any]) -> PlateauState:
        """Check a state that was read from a checkpoint.

        Parameters
        ----------
        state : iterable of arrays, or mapping
            The parts of a ``PlateauState`` in their order, as arrays or as plain numbers and lists
            of JSON; the same parts by name; or what ``save`` returned.

        Returns
        -------
        PlateauState
            The state, ready for ``update``.

        Raises
        ------
        TypeError, ValueError
            If a part has another shape or dtype, or if it holds a number that no update of this
            rule gives: a scale below 0, a count below 0, more metrics than a window has; or if
            ``save`` was called on another rule.

        Examples
        --------
        >>> rule = Plateau()
        >>> rule.restore(rule.init()) == rule.init()
        True
        >>> rule.restore([0.5, 1.0, 0, 0, 0.0, 0]).scale
        array(0.5)
        """
        parts = parts_of(self, state, PARTS)
        held, own = self._checked("restore: state", parts), self.parameters
        keras = own["convention"] == "keras"
        good = {
            "scale": (held.scale >= 0)
            & (held.scale <= (HIGHEST_SINGLE if own["precision"] == "single" else HIGHEST)),
            "best": keras | ~np.isnan(held.best),
            "bad": held.bad >= (-1 if keras else 0),
            "cool": held.cool >= -own["warmup"],
            "mean": (not self._windowed) | ~np.isnan(held.mean) | (own["nan"] != "raise"),
            "count": (not self._windowed) | ((held.count >= 0) & (held.count < own["window"])),
        }
        for name, is_good in good.items():
            if not np.all(is_good):
                got = short_repr(getattr(held, name))
                raise ValueError(
                    f"restore: state.{name} must be a result of this rule's update, got {got}"
                )
        return held

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
            The state after; ``out`` if that is given.

        Raises
        ------
        TypeError, ValueError
            If the state is not one of this rule, or has a scale that is negative or not finite; if
            the metric does not fit the lanes, or is NaN with ``nan="raise"``. Nothing is written
            before an error.

        Examples
        --------
        >>> rule = Plateau(patience=[0, 1], factor=0.5)
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
            # writing the state must not change metrics that are still read
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
            A new state, with the bits that as many calls of ``update`` give.

        Raises
        ------
        TypeError, ValueError
            As ``update``.

        Examples
        --------
        >>> rule = Plateau(patience=0, factor=0.5)
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
        >>> Plateau(patience=[0, 1], factor=0.5).replay([1.0, 2.0, 3.0])
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
        """Update ``state`` in place by a history; both are known to be valid."""
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
            # through a copy, since any part of one may share memory with any part of the other
            fill(held, copied(state))
        return held

    # -- with a schedule ---------------------------------------------------------------------------

    def rate(self, base: Floats, state: PlateauState) -> Any:
        """Reduce a schedule's rate: ``max(base*scale, min(base, rate_floor))``.

        Parameters
        ----------
        base : float or array of float
            The rate of the schedule, from 0 to 1e290. It broadcasts against the lanes.
        state : PlateauState
            The state in force.

        Returns
        -------
        float or numpy.ndarray of float64
            The reduced rate.

        Raises
        ------
        TypeError, ValueError
            If ``base`` breaks its rule, or the state is not one of this rule.

        Examples
        --------
        >>> rule = Plateau(rate_floor=1e-3)
        >>> rule.rate(0.1, rule.init(scale=1e-6)), rule.rate(1e-4, rule.init(scale=0.5))
        (0.001, 0.0001)
        """
        rates = validate(Rate, "rate: base", base)
        scale = self._usable("rate: state", state).scale
        broadcast("rate", {"state": scale.shape, "base": rates.shape})
        reduced = np.maximum(rates * scale, np.minimum(rates, self.parameters["rate_floor"]))
        return reduced if reduced.ndim else float(reduced)

    def realised(
        self,
        schedule: Schedule,
        scales: Floats,
        every: int = 1,
        init: Floats = 1.0,
    ) -> Schedule:
        """Return the rates that a run had, as a schedule: ``schedule`` times its scales.

        Parameters
        ----------
        schedule : Schedule
            The schedule whose rates were reduced.
        scales : array of float
            The scale after each update, of shape ``(updates, *lanes)``, from ``replay`` or from the
            log of the run.
        every : int, default 1
            Steps per update, from 1 to 2^53. The scale after update i, from 0, is in force from
            step ``(i + 1)*every`` on.
        init : float, default 1.0
            The scale before the first update.

        Returns
        -------
        Schedule
            At each step ``rule.rate(schedule(t), state)``, to the bit. The last scale is held.

        Raises
        ------
        TypeError, ValueError
            If an argument breaks its rule, or the shapes do not broadcast.

        Examples
        --------
        >>> import fastlr as flr
        >>> rule = flr.Plateau(patience=0, factor=0.5)
        >>> scales = rule.replay([1.0, 2.0, 0.5, 0.7])
        >>> rule.realised(flr.constant(0.1), scales, every=10).table(0, 50, 10)
        array([0.1  , 0.1  , 0.05 , 0.05 , 0.025])
        """
        a_schedule("realised: schedule", schedule, Schedule)
        levels = scales_of_run("realised", scales, init)
        changes = (
            np.flatnonzero((levels[1:] != levels[:-1]).any(axis=tuple(range(1, levels.ndim)))) + 1
        )
        values = np.moveaxis(levels[[0, *changes]], 0, -1)
        steps = changes * validate_scalar(Period, "realised: every", every)
        reduced = schedule * (
            piecewise_constant(values, steps) if changes.size else constant(values[..., 0])
        )
        floor = self.parameters["rate_floor"]
        return reduced.maximum(schedule.minimum(constant(floor))) if floor.any() else reduced


_DEFAULTS = {
    name: parameter.default for name, parameter in inspect.signature(Plateau).parameters.items()
}


def _built(parameters: Mapping[str, Any]) -> Plateau:
    return Plateau(**parameters)
