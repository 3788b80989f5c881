"""What all adaptive rules share: a rule is immutable, and its state goes in and comes out.

An adaptive rule hears a metric at each update, as ``Plateau`` does, and may raise the rate too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Floats, Rate, broadcast, short_repr, validate
from fastlr.errors import public_methods
from fastlr.plateau.rule_buffer import rule_buffer
from fastlr.plateau.saved_state import parts_of
from fastlr.plateau.state import fill
from fastlr.plateau.updates import State, Updates
from fastlr.plateau.validation import check_init
from fastlr.schedule.constructing import checked_arguments

__all__ = ["AdaptiveRule", "Array", "Counts"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]


@with_types
@public_methods(but=("__init__",))
class AdaptiveRule(Updates[State]):
    """The methods of every adaptive rule. Use a subclass: ``KLAdaptive``, ``NewBob``, ``GreedyLR``.

    A subclass gives the numbers that its update reads, and the state before the first update. Its
    ``key`` names its update in ``program/opcodes.py``.

    Attributes
    ----------
    parameters : mapping of str to numpy.ndarray or str
        Every parameter; read-only.
    shape : tuple of int
        The shape of the lanes.
    """

    __slots__ = ()

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
        self._check_parameters()
        self._set_buffer()

    def _check_parameters(self) -> None:
        """Raise if parameters do not fit each other."""

    def _fields(self) -> Mapping[str, npt.ArrayLike]:
        """Return the numbers that the update reads, by their names in the layout of the update."""
        raise NotImplementedError

    def _first_values(self, scale: Array) -> tuple[npt.ArrayLike, ...]:
        """Return the value of each part of the state before the first update."""
        raise NotImplementedError

    def _window(self) -> int:
        """Return how many metrics a lane keeps."""
        return 0

    def _lower(self, lanes: tuple[int, ...]) -> Array:
        with np.errstate(over="ignore"):  # products of two parameters
            named = self._fields()
        fields = {name: np.asarray(value, dtype=np.float64) for name, value in named.items()}
        parameters = self.parameters
        single = parameters.get("precision") == "single"
        return rule_buffer(self.key, fields, lanes, parameters["nan"], single, self._window())

    def init(self, scale: Floats | None = None, shape: int | tuple[int, ...] = ()) -> State:
        """Return the state before the first update.

        Parameters
        ----------
        scale : float or array of float, optional
            The first rate, or a factor for the rates of a schedule, from 0 to 1e290. Default 1.0,
            unless that is outside the rule's ``min_lr`` and ``max_lr``.
        shape : int or tuple of int, default ()
            The shape of further lanes.

        Returns
        -------
        NamedTuple
            A state with the lanes that the rule, ``scale`` and ``shape`` broadcast to.

        Raises
        ------
        TypeError, ValueError
            If ``scale`` breaks its rule, or is needed; if the shapes do not broadcast, or if the
            state is larger than this machine's memory.
        """
        begin = self._default_scale() if scale is None else scale
        first, lanes = check_init(self.shape, begin, shape, self._windows)
        state: State = self.layout.blank(lanes, self._windows)
        fill(state, self._first_values(first))
        return state

    def _default_scale(self) -> float:
        """Return 1.0, the factor that changes nothing; raise if the limits are those of a rate."""
        if "max_lr" in self.parameters:
            low, high = self.parameters["min_lr"], self.parameters["max_lr"]
            if np.any(np.greater(low, 1.0) | np.less(high, 1.0)):
                raise ValueError(
                    f"init: scale must be given for {type(self).__name__}, whose min_lr and "
                    f"max_lr, {short_repr(low)} and {short_repr(high)}, are limits of a rate, got "
                    "none; pass the first rate, as in rule.init(scale=rate)"
                )
        return 1.0

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
        return self._usable("restore: state", parts_of(self, state, self.layout))

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
        scale = self._usable("rate: state", state)[0]
        broadcast("rate", {"state": scale.shape, "base": rates.shape})
        product = rates * scale
        return product if product.ndim else float(product)
