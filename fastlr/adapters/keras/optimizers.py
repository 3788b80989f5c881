"""Optimizers of Keras whose settings follow a plan, and that may hear a metric."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import inspect
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fastlr.adapters._values import check_below_one, first_scale, the_schedule
from fastlr.adapters.keras.learning_rate import LearningRate
from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean
from fastlr.plateau import GreedyLR, KLAdaptive, NewBob, Plateau
from fastlr.plateau.kinds import rule_from_spec
from fastlr.schedule.bundles import Bundle, bundle
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.spec import from_spec

__all__ = ["Follows", "optimizer"]

Rule = Plateau | GreedyLR | KLAdaptive | NewBob

_KERAS_NAMES = {"lr": "learning_rate", "beta1": "beta_1", "beta2": "beta_2"}
# what an optimizer reads again at every update, so that it may change
_READ_AGAIN = ("learning_rate", "weight_decay", "momentum", "beta_1", "beta_2", "rho")
# what Keras also compares with 0, when it compiles an update
_COMPARED = ("momentum",)


def _setting(name: str) -> property:
    """A setting that is looked up at each update if the plan has it."""

    def get(self: Any) -> Any:
        table = self.__dict__.get("_tables", {}).get(name)
        return self.__dict__[f"_own_{name}"] if table is None else table(self.iterations)

    def put(self: Any, value: object) -> None:
        if name in self.__dict__.get("_tables", ()):
            raise AttributeError(
                f"optimizer: {name} follows the plan and cannot be set; build another optimizer"
            )
        self.__dict__[f"_own_{name}"] = value

    return property(get, put)


class Follows:
    """What an optimizer needs beside its Keras class to follow a plan and to hear a metric."""

    _tables: dict[str, LearningRate]
    iterations: Any
    gradient_accumulation_steps: int | None
    add_variable: Any

    def __init__(
        self, plan: Bundle, rule: Rule | None, scale: float, steps: int | None, **settings: Any
    ) -> None:
        names = _names(type(self).__mro__[2], plan)
        first = {name: float(plan[key](0)) for key, name in names.items()}
        tables = {name: LearningRate(plan[key], steps) for key, name in names.items()}
        super().__init__(**{**first, "learning_rate": tables["learning_rate"]}, **settings)
        for name, table in tables.items():
            per_step = self.gradient_accumulation_steps or 1 if name == "learning_rate" else 0
            table.check_as("optimizer: plan", per_step)
        self._plan, self._rule, self._first, self._steps = plan, rule, scale, steps
        self.__dict__["_tables"] = tables  # past the tracker of Keras, which would wrap it
        if rule is not None:
            state = _words_of(rule.init(scale=scale))
            self._scale = self.add_variable((), "zeros", "float32", name="scale")
            self._words = self.add_variable(state.shape, "zeros", "int32", name="rule")
            self._put(state, scale)

    def _put(self, words: npt.NDArray[np.int32], scale: float) -> None:
        """Set the state of the rule and its scale."""
        self._words.assign(words)
        self._scale.assign(np.float32(scale))

    @property
    def learning_rate(self) -> Any:
        """The rate of the next update: that of the plan, times the scale of the rule."""
        return self._get_current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, value: object) -> None:
        """Refuse a value, which the plan would undo."""
        raise AttributeError(
            "optimizer: learning_rate follows the plan and cannot be set; build another optimizer"
        )

    def _get_current_learning_rate(self) -> Any:
        rate = self._tables["learning_rate"](self.iterations)  # counts updates, not batches
        if self._rule is None:
            return rate
        reduced = rate * self._scale
        floor = float(self._rule.parameters.get("rate_floor", 0.0))
        return keras.ops.maximum(reduced, keras.ops.minimum(rate, floor)) if floor else reduced

    @property
    def has_rule(self) -> bool:
        """Whether there is a rule that can hear a metric."""
        return self._rule is not None

    @property
    def rule(self) -> Rule | None:
        """The rule that hears a metric, if there is one."""
        return self._rule

    def check_one_reporter(self, reporter: object) -> None:
        """Raise if another callback has reported a metric since the last update.

        Parameters
        ----------
        reporter : PlateauCallback
            The callback that is about to report.
        """
        now, before = int(self.iterations), self.__dict__.get("_reporter")
        self.__dict__["_reporter"] = (now, id(reporter))  # past the tracker of Keras
        if before is not None and before[0] == now and before[1] != id(reporter):
            raise ValueError(
                "PlateauCallback: one callback must report to an optimizer, got two; each report "
                "counts as an epoch of the rule"
            )

    @property
    def rule_state(self) -> Any:
        """The state of the rule, a tuple of arrays."""
        if self._rule is None:
            raise ValueError(
                "optimizer: a metric needs a rule, optimizer(make, plan, plateau=flr.Plateau()), "
                "got none"
            )
        return _state_of(self._rule, keras.ops.convert_to_numpy(self._words))

    def report(self, metric: float) -> None:
        """Update the rule with a metric, and set the scale of the rate at once.

        Parameters
        ----------
        metric : float
            The metric.

        Raises
        ------
        TypeError, ValueError
            If the optimizer has no rule, or the metric is not a number or NaN. Nothing is set then.
        """
        state = self._rule_update(metric)
        self._put(_words_of(state), float(state.scale))

    def _rule_update(self, metric: float) -> Any:
        before = self.rule_state
        assert self._rule is not None
        return self._rule.update(before, float(metric))

    def get_config(self) -> dict[str, Any]:
        """Return the settings, the specs of the plan and of the rule, as plain data."""
        own: dict[str, Any] = super().get_config()  # type: ignore[misc]
        for name in self._tables:
            own.pop(name, None)
        rule = None if self._rule is None else self._rule.to_spec()
        return own | {
            "plan": self._plan.schedule.to_spec(),
            "rule": rule,
            "scale": self._first,
            "steps": self._steps,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: object = None) -> Any:
        """Rebuild the optimizer from ``get_config()``."""
        given = dict(config)
        plan, spec = Bundle(from_spec(given.pop("plan"))), given.pop("rule")
        rule = None if spec is None else rule_from_spec("from_config: rule", spec)
        return cls(plan, rule, given.pop("scale"), given.pop("steps"), **given)


def _words_of(state: Any) -> npt.NDArray[np.int32]:
    """The bits of a state as int32: some backends have no float64."""
    return np.concatenate(
        [np.frombuffer(np.ascontiguousarray(part).tobytes(), np.int32) for part in state]
    )


def _state_of(rule: Rule, words: npt.NDArray[np.int32]) -> Any:
    """The state of a rule from its bits."""
    blank: Any = rule.init(scale=1.0)
    parts, rest = [], words.tobytes()
    for like in blank:
        parts.append(np.frombuffer(rest[: like.nbytes], like.dtype).reshape(like.shape).copy())
        rest = rest[like.nbytes :]
    return type(blank)(*parts)


def _names(make: Any, plan: Bundle) -> dict[str, str]:
    """The setting of each quantity, or an error that names what the optimizer has."""
    taken = inspect.signature(make.__init__).parameters
    names = _KERAS_NAMES | ({} if "momentum" in taken else {"momentum": "beta_1"})
    known = [name for name in _READ_AGAIN if name in taken]
    found = {key: names.get(key, key) for key in plan}
    for key, name in found.items():
        if name not in known:
            raise ValueError(
                f"optimizer: plan must have quantities that {make.__name__} takes, "
                f"{short_repr(known)}, got {key!r}{did_you_mean(key, known)}"
            )
        if name in _COMPARED and keras.backend.backend() != "torch":
            raise ValueError(
                f"optimizer: {key} of {make.__name__} must be one number with the "
                f"{keras.backend.backend()} backend, which compiles a comparison with it; use the "
                "torch backend, or an optimizer with beta_1"
            )
    if len(set(found.values())) < len(found) or "learning_rate" not in found.values():
        raise ValueError(
            "optimizer: plan must have lr, and one quantity per setting, got "
            f"{short_repr(list(found))} for {short_repr(list(found.values()))}"
        )
    return found


def _followed(make: Any) -> Any:
    """The class of Keras optimizers like ``make`` that follow a plan, registered for loading."""
    name = f"Scheduled{make.__name__}"
    known = keras.saving.get_registered_object(f"fastlr>{name}")
    if known is not None and known.__mro__[2] is make:
        return known
    taken = inspect.signature(make.__init__).parameters
    settings = {key: _setting(key) for key in _READ_AGAIN[1:] if key in taken}
    made = type(name, (Follows, make), settings | {"__module__": __name__})
    return keras.saving.register_keras_serializable(package="fastlr")(made)


for _kind in list(vars(keras.optimizers).values()):
    if isinstance(_kind, type) and issubclass(_kind, keras.optimizers.Optimizer):
        _followed(_kind)  # so that Keras finds them when it loads a model


def optimizer(
    make: Any,
    plan: Schedule | Bundle,
    *,
    plateau: Rule | None = None,
    scale: float | None = None,
    steps: int | None = None,
    **settings: Any,
) -> Any:
    """Build a Keras optimizer whose settings follow a plan, and may hear a metric.

    Parameters
    ----------
    make : type
        A class of Keras optimizers, such as ``keras.optimizers.AdamW``.
    plan : Schedule or Bundle
        The learning rate, or several quantities. ``lr`` sets ``learning_rate``; ``beta1`` and
        ``beta2`` set ``beta_1`` and ``beta_2``; ``momentum`` sets ``beta_1`` if the class has no
        ``momentum``; ``weight_decay`` and ``rho`` have the same name.
    plateau : Plateau, GreedyLR, KLAdaptive or NewBob, optional
        A rule. Its scale multiplies the learning rate, and a ``PlateauCallback`` or
        ``optimizer.report(metric)`` updates it. Default None.
    scale : float, optional
        The first scale of the rule. Default 1.0. ``GreedyLR``, ``KLAdaptive`` and a ``Plateau``
        with a ``floor``, which limit it, have no default: pass a plan of 1.0 and the first rate, or
        limits of a factor and 1.0.
    steps : int, optional
        The length of the run, as in ``LearningRate``.
    **settings
        Other arguments of ``make``.

    Returns
    -------
    keras.optimizers.Optimizer
        An instance of a subclass of ``make``.

    Raises
    ------
    TypeError
        If ``make`` is not such a class, or ``plan`` or ``plateau`` is of another type.
    ValueError
        If the class has no setting for a quantity, or reads it only when it compiles; if a setting
        is given twice; if a quantity or the rule is a batch; if a momentum or a beta is 1 or more
        at a step, in float32. In ``fit``: if the rate ends below its peak, and ``fit`` trains on.

    Notes
    -----
    The first update uses step 0. With ``gradient_accumulation_steps`` a step is an update, where a
    schedule of Keras counts batches. A saved model holds the specs, the step, and the state of the
    rule to the bit. A reduced rate is the product of two float32 numbers.

    Examples
    --------
    >>> import keras
    >>> import fastlr as flr
    >>> plan = flr.bundle(lr=flr.linear(0.5, 0.0, steps=4), weight_decay=flr.constant(0.25))
    >>> adamw = optimizer(keras.optimizers.AdamW, plan, plateau=flr.Plateau(patience=0))
    >>> adamw.report(1.0), adamw.report(1.0)
    (None, None)
    >>> float(adamw.learning_rate) == float(np.float32(0.5) * np.float32(0.1))
    True
    """
    if not isinstance(make, type) or not issubclass(make, keras.optimizers.Optimizer):
        raise TypeError(
            "optimizer: make must be a class of keras.optimizers, got "
            f"{type(make).__name__} {short_repr(make)}; pass the class, such as "
            "keras.optimizers.AdamW, and its settings by name"
        )
    if isinstance(plan, Bundle):
        whole = plan
    else:
        whole = bundle(lr=_scalar("plan", the_schedule("optimizer: plan", plan)))
    for name in whole:
        _scalar(name, whole[name])
    check_below_one("optimizer", {name: whole[name] for name in whole}, single=True)
    if twice := [name for name in _names(make, whole).values() if name in settings]:
        raise ValueError(f"optimizer: {twice[0]} must be given once, got it in plan and settings")
    _check_rule(plateau)
    first = 1.0 if plateau is None else first_scale("optimizer", plateau, scale)
    if plateau is None and scale is not None:
        raise ValueError(
            f"optimizer: scale must be left out without a plateau rule, got {scale!r}; multiply "
            "the plan"
        )
    return _followed(make)(whole, plateau, first, steps, **settings)


def _scalar(name: str, schedule: Schedule) -> Schedule:
    """A scalar schedule, or an error."""
    if schedule.shape:
        raise ValueError(
            f"optimizer: {name} must be a scalar schedule, got batch shape {schedule.shape}; index "
            "it first"
        )
    return schedule


def _check_rule(rule: object) -> None:
    """Raise unless a rule is None or one with a single lane."""
    if rule is not None and not isinstance(rule, Rule):
        raise TypeError(
            "optimizer: plateau must be a Plateau, GreedyLR, KLAdaptive or NewBob, got "
            f"{type(rule).__name__} {short_repr(rule)}"
        )
    if rule is not None and rule.shape:
        raise ValueError(f"optimizer: plateau must have one lane, got shape {rule.shape}")
