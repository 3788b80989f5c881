"""What every rule that follows a metric is: an immutable value, which can be saved and drawn."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean, public_methods
from fastlr.plateau.saved_state import plain_state
from fastlr.schedule.constructing import same
from fastlr.schedule.recorded_calls import VERSION, Call
from fastlr.schedule.spec import contents

__all__ = ["RuleValue"]


def _built(kind: type[Any], parameters: Mapping[str, Any]) -> Any:
    return kind(**parameters)


@with_types
@public_methods("Plateau")
class RuleValue:
    """A rule as a value: its parameters, and the call that builds an equal rule."""

    __slots__ = ("__weakref__", "_call", "parameters", "shape")

    key: ClassVar[str]  # of the rule in a spec

    if TYPE_CHECKING:  # help() would show annotations of private names
        parameters: Mapping[str, Any]
        shape: tuple[int, ...]
        _call: Call

    def _set_parameters(self, parameters: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        """Set the parameters of a new rule. The call leaves out those that equal their defaults."""
        shapes = (np.shape(value) for value in parameters.values() if isinstance(value, np.ndarray))
        changed = {
            name: value for name, value in parameters.items() if not same(value, defaults[name])
        }
        for attribute, value in (
            ("parameters", MappingProxyType(dict(parameters))),
            ("shape", np.broadcast_shapes(*shapes)),
            ("_call", Call(type(self).__name__, changed)),
        ):
            object.__setattr__(self, attribute, value)

    def _usable(self, where: str, state: object) -> Any:
        """Return a state of this rule's lanes, or raise an error that begins with ``where``."""
        raise NotImplementedError

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(
            f"a {type(self).__name__} is a value: {name} cannot be set; build another"
        )

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} is a value: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return self._call == other._call if isinstance(other, RuleValue) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._call)

    def __reduce__(self) -> tuple[object, ...]:
        return _built, (type(self), dict(self._call.arguments))

    def __repr__(self) -> str:
        return repr(self._call)

    def to_spec(self) -> dict[str, object]:
        """Return the rule as plain JSON data.

        Returns
        -------
        dict
            ``{"fastlr": version of the format, key of the rule: parameters}``. ``from_spec``
            rebuilds an equal rule from it.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.Plateau(patience=5, convention="keras").to_spec()
        {'fastlr': 1, 'plateau': {'patience': 5, 'convention': 'keras'}}
        """
        return {"fastlr": VERSION, self.key: self._call.spec()[type(self).__name__]}

    @classmethod
    def from_spec(cls, spec: Mapping[str, object]) -> Self:
        """Rebuild a rule from its spec.

        Parameters
        ----------
        spec : mapping
            What ``to_spec`` returned, or the same data from JSON.

        Returns
        -------
        Plateau or an adaptive rule
            A rule equal to the one that was described.

        Raises
        ------
        TypeError, ValueError
            If the data does not describe a rule of this class.

        Examples
        --------
        >>> import fastlr as flr
        >>> rule = flr.Plateau(patience=5)
        >>> flr.Plateau.from_spec(rule.to_spec()) == rule
        True
        """
        parameters = contents(spec, cls.key)
        if not isinstance(parameters, Mapping):
            raise TypeError(
                f"from_spec: {cls.key!r} must be {{parameter: value}}, got {short_repr(parameters)}"
            )
        known = inspect.signature(cls).parameters
        for name in parameters:
            if name not in known:
                raise ValueError(
                    f"from_spec: {short_repr(name)} is not a parameter of "
                    f"{cls.__name__}{did_you_mean(name, known)}"
                )
        return cls(**parameters)

    def save(self, state: Any) -> dict[str, Any]:
        """Return the rule and a state as plain JSON data, for ``restore``.

        Parameters
        ----------
        state : NamedTuple
            A state of this rule.

        Returns
        -------
        dict
            ``{"rule": spec, "state": {part: number or list}}``. JSON has no infinity and no NaN,
            so these are ``"inf"``, ``"-inf"`` and ``"nan"``.

        Raises
        ------
        TypeError, ValueError
            If the state is not one of this rule.

        Examples
        --------
        >>> import fastlr as flr
        >>> rule = flr.Plateau(patience=0)
        >>> saved = rule.save(rule.update(rule.init(), 1.0))
        >>> saved["state"]["best"], rule.restore(saved).best
        (1.0, array(1.))
        """
        held = self._usable("save: state", state)
        return {"rule": self.to_spec(), "state": plain_state(held)}

    def _repr_html_(self) -> str:
        """Return the display of a notebook: the parameters, those that differ per lane below."""
        from fastlr.plateau.display import rule_html

        return rule_html(self)

    def plot(
        self, metrics: npt.ArrayLike, init: float = 1.0, axes: tuple[Any, Any] | None = None
    ) -> tuple[Any, Any]:
        """Draw a history of metrics, and below it the scale that the rule makes of them.

        Parameters
        ----------
        metrics : array of float
            One row per update, as for ``replay``.
        init : float, default 1.0
            The scale before the first update, or the first learning rate.
        axes : tuple of matplotlib Axes, optional
            Where to draw the metrics and the scales. Default: a new figure.

        Returns
        -------
        tuple of matplotlib Axes
            The axes of the metrics and of the scales. Each change of the scale is marked.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        TypeError, ValueError
            As ``replay``; also if there are more than 10 lanes.
        """
        from fastlr.plateau.display import plot_run

        return plot_run(self, metrics, init, axes)
