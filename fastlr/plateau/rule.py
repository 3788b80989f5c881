"""Plateau: a rule that reduces a rate where a metric has stopped improving.

It is the one thing in fastlr that has state, and the state is a tuple of arrays that goes in and
comes out of a pure update: any checkpoint can hold it. The rule itself is a value, as a schedule
is.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import inspect
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.outputs import (
    allocate,
    apart,
    check_contiguous,
    check_fits,
    check_out,
    check_threads,
    fits,
)
from fastlr.arguments.rules import (
    Number,
    Period,
    Rate,
    Unit,
    Words,
    broadcast,
    short_repr,
    validate,
    validate_scalar,
)
from fastlr.errors import did_you_mean, public, public_methods
from fastlr.kernels.selection import choose
from fastlr.kernels.threads import split_over_threads
from fastlr.plateau.conventions import CONVENTIONS, lower, own_defaults
from fastlr.plateau.state import PARTS, PlateauState, blank, blocks, copied, fill
from fastlr.program.opcodes import LAST_STEP, RULE_WORDS
from fastlr.schedule.calls import VERSION, Call
from fastlr.schedule.constructors import constant, piecewise_constant
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.spec import contents
from fastlr.schedule.value import a_schedule, checked_arguments, same

__all__ = ["Event", "Plateau", "PlateauState", "events"]

Array = npt.NDArray[np.float64]

_MOST = 2**31 - 1
_MOST_SINGLE = float(np.finfo(np.float32).max)
_HIGHEST = float(np.finfo(np.float64).max)
_FEWER = "replay fewer updates at a time, or advance(state, metrics), which makes no table"

Mode = Annotated[npt.ArrayLike, Words(("min", "max"))]
Count = Annotated[npt.ArrayLike, Number("an integer from 0 to 2**31 - 1", 0, _MOST, whole=True)]
Window = Annotated[npt.ArrayLike, Number("an integer from 1 to 2**31 - 1", 1, _MOST, whole=True)]
Tolerance = Annotated[npt.ArrayLike, Number("a number from 0 to 1", 0.0, 1.0)]
_METRIC = Number("a number or an array of numbers")
_HISTORY = Number("an array of numbers, one row an update", core=1, none=True)
_SCALES = Number("numbers from 0 to 1e290, one row an update", 0.0, 1e290, core=1, none=True)


@public_methods()
class Plateau:
    """A rule that reduces a rate by ``factor`` where a metric has not improved for ``patience``
    updates: an immutable value.

    With ``a`` the metric and ``b`` the best one seen, an update is *better* where

        a < b*(1 - rtol) - atol  (mode "min"),    a > b*(1 + rtol) + atol  (mode "max");

    then ``b`` becomes ``a``, and otherwise the update is *bad*. After too many bad ones in a row
    ``scale`` becomes ``max(scale*factor, floor)``, if that is a change by more than ``eps``, and a
    *cooldown* of so many updates begins, in which none is bad. ``warmup`` updates at the beginning
    look at nothing. With a ``window`` of n the metrics of n updates are averaged, and decide
    together. All of these broadcast like NumPy arrays; each number of the shape that results is a
    *lane*.

    ``scale`` begins at 1.0 and is what a schedule's rate is multiplied by: ``rate = s(t) *
    state.scale``; ``rate_floor`` is a rate below which ``rule.rate(s(t), state)`` is not reduced.
    Or it begins at a rate, ``init(scale=0.1)``, and is one.

    ``convention`` says whose automaton it is, to the bit, and gives ``rtol``, ``atol``, ``eps`` and
    ``precision`` where they are None:

    =====  ==========================================  =========================================  ==========  =========
    word   is                                          reduces at                                 rtol, atol  precision
    =====  ==========================================  =========================================  ==========  =========
    torch  ``ReduceLROnPlateau``                       bad update ``patience + 1``, by over 1e-8  1e-4, 0     double
    timm   ``PlateauLRScheduler``, torch's automaton   the same                                   1e-4, 0     double
    optax  ``contrib.reduce_on_plateau``               bad update ``patience``                    1e-4, 0     double
    keras  the callback; the first metric is the best  bad update ``patience``                    0, 1e-4     single
    =====  ==========================================  =========================================  ==========  =========

    ``precision="single"`` is what the library does whose rates are float32. ``nan`` says what a NaN
    among the metrics does: ``"raise"`` an error before anything is changed, ``"ignore"`` nothing at
    all to its lane, ``"bad"`` what the library does.

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

    __slots__ = ("__weakref__", "_call", "_words", "parameters", "shape")

    parameters: Mapping[str, Any]
    shape: tuple[int, ...]
    _call: Call
    _words: Array

    def __init__(
        self,
        mode: Mode = "min",
        factor: Unit = 0.1,
        patience: Count = 10,
        rtol: Tolerance | None = None,
        atol: Rate | None = None,
        cooldown: Count = 0,
        floor: Rate = 0.0,
        rate_floor: Rate = 0.0,
        warmup: Count = 0,
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
            _check_single(f"Plateau: {name}", np.asarray(whole[name]))
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
        object.__setattr__(self, "_words", lower(self.parameters, shape))

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
        """The rule as plain JSON data, with the version of its format; ``Plateau.from_spec`` gives
        it back.

        >>> Plateau(patience=5, convention="keras").to_spec()
        {'fastlr': 1, 'plateau': {'patience': 5, 'convention': 'keras'}}
        """
        return {"fastlr": VERSION, "plateau": self._call.spec()["Plateau"]}

    @staticmethod
    def from_spec(spec: Mapping[str, object]) -> Plateau:
        """The rule that ``to_spec`` described.

        Raises ``ValueError`` or ``TypeError`` for whatever is none.
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
    def words(self) -> Array:
        """What the kernels read: one flat, read-only float64 array."""
        return self._words

    @property
    def _windowed(self) -> bool:
        return bool(self._words[RULE_WORDS.index("windowed")])

    # -- state -------------------------------------------------------------------------------------

    def init(self, scale: Rate = 1.0, shape: int | tuple[int, ...] = ()) -> PlateauState:
        """The state before the first update: of as many lanes as the rule, ``scale`` and ``shape``
        have together.

        >>> Plateau(patience=[1, 2]).init(scale=0.1).scale
        array([0.1, 0.1])
        """
        first = validate(Rate, "init: scale", scale)
        lanes = broadcast(
            "init", {"rule": self.shape, "scale": first.shape, "shape": _shape(shape)}
        )
        check_fits("init: shape", lanes, np.dtype(np.float64), "give the lanes of a state in parts")
        own, state = self.parameters, blank(lanes, lanes if self._windowed else ())
        if own["precision"] == "single":
            _check_single("init: scale", first)
            first = first.astype(np.float32)
        unseen = -1 if own["convention"] == "keras" else 0
        fill(
            state,
            (first, np.where(own["mode"] == "min", np.inf, -np.inf), unseen, -own["warmup"], 0, 0),
        )
        return state

    def restore(self, state: Iterable[npt.ArrayLike]) -> PlateauState:
        """The state that a checkpoint holds, its parts in their order: as ``update`` takes it, and
        its numbers checked as well.

        Raises ``TypeError`` or ``ValueError`` for parts of another shape or dtype, and for numbers
        that no update of this rule gives: a scale below 0, a count below 0, more metrics than a
        window has.

        >>> rule = Plateau()
        >>> rule.restore(rule.init()) == rule.init()
        True
        """
        parts = (
            tuple(state)
            if isinstance(state, Iterable) and not isinstance(state, Schedule)
            else state
        )
        held, own = self._checked("restore: state", parts), self.parameters
        keras = own["convention"] == "keras"
        good = {
            "scale": (held.scale >= 0)
            & (held.scale <= (_MOST_SINGLE if own["precision"] == "single" else _HIGHEST)),
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
                    f"restore: state.{name} must be what an update of this rule gives, got {got}"
                )
        return held

    def update(
        self,
        state: PlateauState,
        metric: npt.ArrayLike,
        out: PlateauState | None = None,
        threads: int = 1,
    ) -> PlateauState:
        """The state after one more metric, a number for all lanes or an array that broadcasts to
        them.

        It is a new one, or ``out``, written in place, which may be ``state`` itself. Raises
        ``TypeError`` or ``ValueError`` before anything is written: for a state that is not this
        rule's, or whose scale is negative or not finite, a metric of other lanes, and NaN with
        ``nan="raise"``.

        >>> rule = Plateau(patience=[0, 1], factor=0.5)
        >>> rule.update(rule.update(rule.init(), [1.0, 1.0]), [2.0, 2.0]).scale
        array([0.5, 1. ])
        """
        threads, state = check_threads("update", threads), self._taken("update: state", state)
        metrics = _numbers("update: metric", metric, _METRIC)[np.newaxis]
        self._check_metrics("update: metric", metrics, state.scale.shape)
        for part in out if isinstance(out, tuple) else ():
            # the state is written over it
            metrics = apart(metrics, part) if isinstance(part, np.ndarray) else metrics
        after = copied(state) if out is None else self._into(state, out)
        self._run(after, metrics, None, threads)
        return after

    def advance(
        self, state: PlateauState, metrics: npt.ArrayLike, threads: int = 1
    ) -> PlateauState:
        """The state after a history of metrics, one row an update: a new one, as so many updates
        give it.

        >>> rule = Plateau(patience=0, factor=0.5)
        >>> float(rule.advance(rule.init(), [1.0, 2.0, 3.0]).scale)
        0.25
        """
        threads, state = check_threads("advance", threads), self._taken("advance: state", state)
        history = _numbers("advance: metrics", metrics, _HISTORY)
        self._check_metrics("advance: metrics", history, state.scale.shape)
        after = copied(state)
        self._run(after, history, None, threads)
        return after

    def replay(
        self,
        metrics: npt.ArrayLike,
        state: PlateauState | None = None,
        out: Array | None = None,
        threads: int = 1,
    ) -> Array:
        """The scales after each update of a history of metrics, ``(updates, *lanes)``, or
        ``(updates,)`` for all lanes at once.

        It begins at ``state``, or at ``init()`` of the lanes that the rule and the metrics have
        together; ``out``, C-contiguous float64 of shape ``(updates, *lanes)``, is filled and
        returned. Raises as ``update`` does, and for a result larger than this machine's memory,
        before anything is written.

        >>> Plateau(patience=[0, 1], factor=0.5).replay([1.0, 2.0, 3.0])
        array([[1.  , 1.  ],
               [0.5 , 1.  ],
               [0.25, 0.5 ]])
        """
        threads, history = (
            check_threads("replay", threads),
            _numbers("replay: metrics", metrics, _HISTORY),
        )
        if state is None:
            begin = self.init(
                shape=broadcast("replay", {"rule": self.shape, "metrics": history.shape[1:]})
            )
        else:
            begin = copied(self._taken("replay: state", state))
        self._check_metrics("replay: metrics", history, begin.scale.shape)
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
        """Take ``state``, known to be this rule's, through ``metrics``, known to be its lanes'."""
        lanes, replay = state.scale.shape, choose().replay
        words = self._words if lanes == self.shape else lower(self.parameters, lanes)
        flat = tuple(part.reshape(-1) for part in state)
        rows = None if out is None else out.reshape(out.shape[0], flat[0].size)
        for first, block in blocks(metrics, lanes):
            to = None if rows is None else rows[first : first + len(block)]
            split_over_threads(
                lambda some, _: replay(words, some, block, flat, to),
                flat[0].size,
                len(block),
                threads,
                by_lanes=True,
            )

    # -- what may be given -------------------------------------------------------------------------

    def _checked(self, where: str, state: object) -> PlateauState:
        """A state of this rule's lanes, or an error that names the part that is wrong."""
        if not isinstance(state, tuple) or len(state) != len(PARTS):
            got = f"{type(state).__name__}{f' of {len(state)}' if isinstance(state, tuple) else ''}"
            raise TypeError(
                f"{where} must be a PlateauState, a tuple of {', '.join(PARTS)}, got {got}"
            )
        held = PlateauState(*state)
        lanes = np.shape(held.scale)
        windows = lanes if self._windowed else ()
        for name, part in zip(PARTS, held, strict=True):
            dtype, shape = PARTS[name], windows if name in ("mean", "count") else lanes
            if not isinstance(part, np.ndarray | np.generic):
                raise TypeError(
                    f"{where}.{name} must be a NumPy array, got {type(part).__name__} "
                    f"{short_repr(part)}"
                )
            if part.dtype != dtype:
                raise TypeError(f"{where}.{name} must be {dtype}, got {part.dtype}")
            if part.shape != shape:
                raise ValueError(f"{where}.{name} must have shape {shape}, got {part.shape}")
        if lanes != self.shape and broadcast(where, {"rule": self.shape, "scale": lanes}) != lanes:
            raise ValueError(f"{where} must be of the rule's lanes, {self.shape}, got {lanes}")
        return held

    def _taken(self, where: str, state: object) -> PlateauState:
        """A state to go on from, whose scales a rate can be multiplied by."""
        held = self._checked(where, state)
        lowest, highest = held.scale.min(initial=0.0), held.scale.max(initial=0.0)
        if not (lowest >= 0 and highest <= _HIGHEST):  # a NaN is neither
            raise ValueError(
                f"{where}.scale must be finite and at least 0, got {short_repr(held.scale)}"
            )
        return held

    def _into(self, state: PlateauState, out: PlateauState) -> PlateauState:
        """``out``, known to be fit to be written, holding ``state``."""
        held = self._checked("update: out", out)
        parts: tuple[npt.NDArray[Any], ...] = held
        for i, (name, part) in enumerate(zip(PARTS, parts, strict=True)):
            of = state[i]
            if part.shape != of.shape:
                raise ValueError(f"update: out.{name} must have shape {of.shape}, got {part.shape}")
            if not isinstance(part, np.ndarray) or not part.flags.carray:
                raise ValueError(
                    f"update: out.{name} must be a C-contiguous, aligned and writeable array"
                )
            if any(np.may_share_memory(part, other) for other in parts[:i]):
                raise ValueError(f"update: out.{name} must have memory of its own")
        if any(part is not of for part, of in zip(held, state, strict=True)):
            # by way of a copy, as any part may share memory with any other
            fill(held, copied(state))
        return held

    def _check_metrics(self, where: str, metrics: Array, lanes: tuple[int, ...]) -> None:
        """Raise unless every update's metrics fit the lanes, and hold no NaN where that is an
        error.
        """
        if metrics.shape[1:] not in ((), lanes) and not fits(metrics.shape[1:], lanes):
            raise ValueError(
                f"{where} must broadcast to the lanes, {lanes}, got {metrics.shape[1:]}"
            )
        if self.parameters["nan"] == "raise" and metrics.size and np.isnan(metrics.min()):
            wrong = np.isnan(metrics)
            update, *lane = (int(i) for i in np.argwhere(wrong)[0])
            places = [f"update {update}"] * (len(metrics) > 1) + [f"lane {tuple(lane)}"] * bool(
                lane
            )
            first = f", the first in {', '.join(places)}" if places else ""
            raise ValueError(
                f"{where} must not be NaN where nan='raise', got {int(wrong.sum()):,} "
                f"of {wrong.size:,}{first}"
            )

    # -- with a schedule ---------------------------------------------------------------------------

    def rate(self, base: npt.ArrayLike, state: PlateauState) -> Any:
        """A schedule's rate, reduced: ``max(base*scale, min(base, rate_floor))``, a float or an
        array.

        >>> rule = Plateau(rate_floor=1e-3)
        >>> rule.rate(0.1, rule.init(scale=1e-6)), rule.rate(1e-4, rule.init(scale=0.5))
        (0.001, 0.0001)
        """
        rates = validate(Rate, "rate: base", base)
        scale = self._taken("rate: state", state).scale
        broadcast("rate", {"state": scale.shape, "base": rates.shape})
        reduced = np.maximum(rates * scale, np.minimum(rates, self.parameters["rate_floor"]))
        return reduced if reduced.ndim else float(reduced)

    def realised(
        self, schedule: Schedule, scales: npt.ArrayLike, every: int = 1, init: float = 1.0
    ) -> Schedule:
        """What a run's rates were, as a schedule: ``schedule`` times the ``scales`` that ``replay``
        or the run's log gave.

        The scale after update i, from 0, holds from step ``(i + 1)*every`` on, and ``init`` before
        the first. At each step it is ``rule.rate(schedule(t), state)``, to the bit.

        >>> import fastlr as flr
        >>> rule = flr.Plateau(patience=0, factor=0.5)
        >>> rule.realised(flr.constant(0.1), rule.replay([1.0, 2.0, 0.5, 0.7]), every=10).table(0, 50, 10)
        array([0.1  , 0.1  , 0.05 , 0.05 , 0.025])
        """
        a_schedule("realised: schedule", schedule, Schedule)
        levels = _levels("realised", scales, init)
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


def _numbers(where: str, value: object, rule: Number) -> Array:
    """Metrics as float64, whatever they are."""
    if type(value) is not np.ndarray or value.dtype.kind not in "iuf" or value.ndim < rule.core:
        value = rule.array(where, value)
    if value.dtype == np.float64:
        return value
    with np.errstate(all="ignore"):  # a long double may become infinite, or be none
        return value.astype(np.float64)


def _check_single(where: str, number: npt.ArrayLike) -> None:
    """Raise where float32 would make a number infinite."""
    if np.any(np.asarray(number) > _MOST_SINGLE):
        raise ValueError(
            f"{where} must be at most {_MOST_SINGLE!r} where precision='single', got "
            f"{short_repr(np.max(number))}"
        )


def _shape(shape: object) -> tuple[int, ...]:
    sizes = shape if isinstance(shape, tuple) else (shape,)
    if not all(
        isinstance(size, int | np.integer) and not isinstance(size, bool) and 0 < size <= LAST_STEP
        for size in sizes
    ):
        raise ValueError(
            "init: shape must be a tuple of integers above 0, at most 2**53, got "
            f"{short_repr(shape)}"
        )
    return tuple(int(size) for size in sizes)


# -- what a run was --------------------------------------------------------------------------------


class Event(NamedTuple):
    """From ``step`` on, ``scale`` is ``factor`` times what it was."""

    step: int
    factor: float
    scale: float


def _levels(where: str, scales: npt.ArrayLike, init: npt.ArrayLike) -> Array:
    """The scales of a run, the first of them the one before any update."""
    after = _SCALES(f"{where}: scales", scales)
    first = validate(Rate, f"{where}: init", init)
    if broadcast(where, {"scales": after.shape[1:], "init": first.shape}) != after.shape[1:]:
        raise ValueError(
            f"{where}: init must be of the lanes of scales, {after.shape[1:]}, got {first.shape}"
        )
    return np.concatenate([np.broadcast_to(first, after.shape[1:])[np.newaxis], after])


@public
def events(scales: npt.ArrayLike, every: int = 1, init: float = 1.0) -> tuple[Event, ...]:
    """The reductions of a run, ``every`` steps an update, from the scales of its one lane.

    >>> events([1.0, 1.0, 0.5, 0.5, 0.25], every=100)
    (Event(step=300, factor=0.5, scale=0.5), Event(step=500, factor=0.5, scale=0.25))
    """
    levels, size = _levels("events", scales, init), validate_scalar(Period, "events: every", every)
    if levels.ndim > 1:
        raise ValueError(
            f"events: scales must be those of one lane, got shape {np.shape(scales)}; "
            "index a lane first"
        )
    changes = np.flatnonzero(levels[1:] != levels[:-1]) + 1
    # a scale that rises from 0 to its floor, or by more than a number can tell
    with np.errstate(all="ignore"):
        factors = levels[changes] / levels[changes - 1]
    return tuple(
        Event(int(i) * size, float(factor), float(levels[i]))
        for i, factor in zip(changes, factors, strict=True)
    )
