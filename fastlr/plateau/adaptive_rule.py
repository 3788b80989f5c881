"""What all adaptive rules share: a rule is immutable, and its state goes in and comes out.

An adaptive rule hears a metric at each update, as ``Plateau`` does, and may raise the rate too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.output_arrays import allocate
from fastlr.arguments.rules import Floats, Number, Numbers, Rate, broadcast, short_repr, validate
from fastlr.errors import public_methods
from fastlr.plateau.rule_value import RuleValue
from fastlr.plateau.saved_state import parts_of
from fastlr.plateau.validation import HIGHEST, as_metrics, check_init, check_metrics
from fastlr.schedule.constructing import checked_arguments

__all__ = ["AdaptiveRule", "Array", "Count", "Fields", "State", "where_lanes"]

Array = npt.NDArray[np.float64]
State = Any  # a NamedTuple of arrays, one class per rule
Fields = Mapping[str, Any]  # the parameters of a rule, one number per lane or one for all

_MOST = 2**31 - 1
Count = Annotated[Numbers, Number("an integer from 0 to 2**31 - 1", 0, _MOST, whole=True)]
_METRIC = Number("a number or an array of numbers")
_HISTORY = Number("an array of numbers, one row per update", core=1, none=True)


@with_types
@public_methods(but=("__init__",))
class AdaptiveRule(RuleValue):
    """The methods of every adaptive rule. Use a subclass: ``KLAdaptive``, ``NewBob``, ``GreedyLR``.

    Attributes
    ----------
    parameters : mapping of str to numpy.ndarray or str
        Every parameter; read-only.
    shape : tuple of int
        The shape of the lanes.
    """

    __slots__ = ()

    kind: ClassVar[type[Any]]  # of its state

    def __init__(
        self,
        given: Mapping[str, Any],
        defaults: Mapping[str, Any],
        own: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Check and set the parameters of a new rule; None means the default in ``own``."""
        name = type(self).__name__
        ruled = checked_arguments(name, type(self).__init__, given, defaults)
        defaults = {**defaults, **own}
        whole = {key: defaults[key] if ruled[key] is None else ruled[key] for key in given}
        self._set_parameters(whole, defaults)

    # -- state -------------------------------------------------------------------------------------

    def _blank(self, scale: Array) -> State:
        """The state before the first update, of lanes with these scales."""
        raise NotImplementedError

    def _next(self, was: State, metric: Array) -> State:
        """The state after one more metric, both of the lanes' shape."""
        raise NotImplementedError

    def init(self, scale: Floats = 1.0, shape: int | tuple[int, ...] = ()) -> State:
        """Return the state before the first update.

        Parameters
        ----------
        scale : float or array of float, default 1.0
            The first rate, or a factor for the rates of a schedule, from 0 to 1e290.
        shape : int or tuple of int, default ()
            The shape of further lanes.

        Returns
        -------
        NamedTuple
            A state with the lanes that the rule, ``scale`` and ``shape`` broadcast to.

        Raises
        ------
        TypeError, ValueError
            If ``scale`` breaks its rule, if the shapes do not broadcast, or if the state is larger
            than this machine's memory.
        """
        first, lanes = check_init(self.shape, scale, shape)
        return self._blank(np.broadcast_to(first, lanes).astype(np.float64))

    def restore(self, state: Iterable[npt.ArrayLike] | Mapping[str, Any]) -> State:
        """Check a state that was read from a checkpoint.

        Parameters
        ----------
        state : iterable of arrays or lists, or mapping
            The parts of a state in their order, also as plain numbers and lists of JSON; the same
            parts by name; or what ``save`` returned.

        Returns
        -------
        NamedTuple
            The state, ready for ``update``.

        Raises
        ------
        TypeError, ValueError
            If a part has another shape or type, a scale is not finite or below 0, or a count is
            below 0; or if ``save`` was called on another rule.
        """
        like = self._blank(np.zeros(self.shape))
        dtypes = {name: part.dtype for name, part in zip(self.kind._fields, like, strict=True)}
        return self._checked("restore: state", parts_of(self, state, dtypes))

    def _checked(self, where: str, state: object) -> State:
        """Return a state of this rule's lanes, or raise an error that names a wrong part."""
        names = self.kind._fields
        if not isinstance(state, tuple) or len(state) != len(names):
            got = f"{type(state).__name__}{f' of {len(state)}' if isinstance(state, tuple) else ''}"
            raise TypeError(
                f"{where} must be a {self.kind.__name__}, a tuple of {', '.join(names)}, got {got}"
            )
        scale = _part(f"{where}.scale", state[0], np.dtype(np.float64))
        lanes = scale.shape
        if lanes != self.shape and broadcast(where, {"rule": self.shape, "scale": lanes}) != lanes:
            raise ValueError(f"{where} must have the rule's lanes, {self.shape}, got {lanes}")
        parts = [scale]
        for name, part, like in zip(names, state, self._blank(scale), strict=True):
            array = _part(f"{where}.{name}", part, like.dtype)
            if array.shape != like.shape:
                raise ValueError(f"{where}.{name} must have shape {like.shape}, got {array.shape}")
            if name != "scale":
                parts.append(array)
        self._check_numbers(where, held := self.kind(*parts))
        return held

    def _check_numbers(self, where: str, held: State) -> None:
        """Raise for a scale that can multiply no rate, and for a count below 0."""
        for name, part in zip(self.kind._fields, held, strict=True):
            if part.size == 1:  # a reduction takes 30 times as long as a look at one number
                low = high = part.item()
            else:
                low, high = part.min(initial=0), part.max(initial=0)
            if (name in ("scale", "first") and not (low >= 0 and high <= HIGHEST)) or (
                part.dtype.kind == "i" and low < 0
            ):
                raise ValueError(
                    f"{where}.{name} must be finite and at least 0, got {short_repr(part)}"
                )

    def update(self, state: State, metric: npt.ArrayLike) -> State:
        """Return the state after one more metric.

        Parameters
        ----------
        state : NamedTuple
            The state before, which does not change.
        metric : float or array of float
            A metric for all lanes, or an array that broadcasts to the lanes.

        Returns
        -------
        NamedTuple
            The state after.

        Raises
        ------
        TypeError, ValueError
            If the state is not one of this rule, if the metric does not fit the lanes, or is NaN
            with ``nan="raise"``.
        """
        held = self._checked("update: state", state)
        metrics = as_metrics("update: metric", metric, _METRIC)[np.newaxis]
        check_metrics("update: metric", metrics, held[0].shape, self.parameters["nan"])
        return self._after(held, metrics)

    def advance(self, state: State, metrics: npt.ArrayLike) -> State:
        """Return the state after a history of metrics.

        Parameters
        ----------
        state : NamedTuple
            The state before, which does not change.
        metrics : array of float
            One row per update: of shape ``(updates,)`` for all lanes at once, or ``(updates,
            *lanes)``.

        Returns
        -------
        NamedTuple
            A new state, with the bits that as many calls of ``update`` give.

        Raises
        ------
        TypeError, ValueError
            As ``update``.
        """
        held = self._checked("advance: state", state)
        history = as_metrics("advance: metrics", metrics, _HISTORY)
        check_metrics("advance: metrics", history, held[0].shape, self.parameters["nan"])
        return self._after(held, history)

    def replay(self, metrics: npt.ArrayLike, state: State | None = None) -> Array:
        """Return the scales after each update of a history of metrics.

        Parameters
        ----------
        metrics : array of float
            One row per update: of shape ``(updates,)`` for all lanes at once, or ``(updates,
            *lanes)``.
        state : NamedTuple, optional
            The state before, which does not change. By default ``init()``, with the lanes that the
            rule and the metrics broadcast to.

        Returns
        -------
        numpy.ndarray of float64
            The scales, of shape ``(updates, *lanes)``.

        Raises
        ------
        TypeError, ValueError
            As ``update``; ``ValueError`` also if the result is larger than this machine's memory.
        """
        history = as_metrics("replay: metrics", metrics, _HISTORY)
        if state is None:
            lanes = broadcast("replay", {"rule": self.shape, "metrics": history.shape[1:]})
            state = self.init(shape=lanes)
        held = self._checked("replay: state", state)
        check_metrics("replay: metrics", history, held[0].shape, self.parameters["nan"])
        shape = (len(history), *held[0].shape)
        out = allocate("replay", shape, np.dtype(np.float64), "replay fewer updates at a time")
        self._after(held, history, out)
        return out

    def _after(self, state: State, history: Array, out: Array | None = None) -> State:
        """The state after a history; the scales go to ``out``."""
        lanes, ignores = state[0].shape, self.parameters["nan"] == "ignore"
        like = state
        state = self.kind(*(part.copy() for part in state))
        with np.errstate(all="ignore"):  # infinities and NaN among the metrics
            for t, row in enumerate(history):
                metric = np.broadcast_to(row, lanes)
                after = self._next(state, metric)
                if ignores:
                    after = self.kind(*where_lanes(np.isnan(metric), state, after))
                state = after
                if out is not None:
                    out[t] = state[0]
        return self.kind(
            *(np.array(part, dtype=of.dtype) for part, of in zip(state, like, strict=True))
        )

    def rate(self, base: npt.ArrayLike, state: State) -> Any:
        """Return a schedule's rate times the scale.

        Parameters
        ----------
        base : float or array of float
            The rate of the schedule, from 0 to 1e290. It broadcasts against the lanes.
        state : NamedTuple
            The state in force.

        Returns
        -------
        float or numpy.ndarray of float64
            ``base * state.scale``.

        Raises
        ------
        TypeError, ValueError
            If ``base`` breaks its rule, or the state is not one of this rule.
        """
        rates = validate(Rate, "rate: base", base)
        scale = self._checked("rate: state", state)[0]
        broadcast("rate", {"state": scale.shape, "base": rates.shape})
        product = rates * scale
        return product if product.ndim else float(product)


def _part(where: str, part: object, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return a part of a state, an array of this dtype."""
    if not isinstance(part, np.ndarray | np.generic):
        raise TypeError(
            f"{where} must be a NumPy array, got {type(part).__name__} {short_repr(part)}"
        )
    if part.dtype != dtype:
        raise TypeError(f"{where} must be {dtype}, got {part.dtype}")
    return np.asarray(part)


def where_lanes(chosen: npt.NDArray[np.bool_], one: State, other: State) -> list[Any]:
    """Return the parts of one state in the chosen lanes, of another state in the rest."""
    return [
        np.where(chosen.reshape(chosen.shape + (1,) * (new.ndim - chosen.ndim)), old, new)
        for old, new in zip(one, other, strict=True)
    ]
