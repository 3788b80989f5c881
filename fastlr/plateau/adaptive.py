"""Adaptive rules by their frameworks' names: they lower a rate, or also raise it, by a metric.

Each computes what its framework computes, with the same operations in the same order, so that the
rates have the same bits.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import (
    Factor,
    Flag,
    Growth,
    Number,
    Numbers,
    Rate,
    Real,
    Words,
    short_repr,
)
from fastlr.errors import other_names, public_methods
from fastlr.plateau.adaptive_rule import AdaptiveRule, Array, Counts
from fastlr.plateau.other_names import GREEDY, KL, NEW_BOB
from fastlr.plateau.state import StateLayout
from fastlr.plateau.validation import Count

__all__ = ["GreedyLR", "GreedyState", "KLAdaptive", "KLState", "NewBob", "NewBobState"]

Modes = Annotated[npt.ArrayLike, Words(("min", "max"))]
Thresholds = Annotated[npt.ArrayLike, Words(("rel", "abs"))]
Shrink = Annotated[Numbers, Number("a number above 0 and below 1", 0.0, 1.0, beyond=True)]
Window = Annotated[int, Number("an integer from 1 to 2**20", 1, 2**20, whole=True)]


class KLState(NamedTuple):
    """The state of ``KLAdaptive``.

    Attributes
    ----------
    scale : numpy.ndarray of float64
        The rate.
    """

    scale: Array


class _Limits(NamedTuple):
    """The defaults of a library for ``KLAdaptive``."""

    kl_threshold: float
    min_lr: float
    max_lr: float
    precision: str


_KL = {
    "rsl_rl": _Limits(0.01, 1e-5, 1e-2, "single"),
    "rl_games": _Limits(0.008, 1e-6, 1e-2, "double"),
    "skrl": _Limits(0.008, 1e-6, 1e-2, "single"),
}


@with_types
@public_methods()
class KLAdaptive(AdaptiveRule[KLState]):
    """Keep the KL divergence of a policy's updates near a target: an immutable value.

    With ``kl`` the divergence that an update reports, the rate becomes

        max(rate/lr_factor, min_lr)  if kl > kl_threshold*kl_factor,
        min(rate*lr_factor, max_lr)  if kl < kl_threshold/kl_factor,

    and stays as it is otherwise.

    Parameters
    ----------
    kl_threshold : float or array of float, optional
        The target, from 0 to 1e290. The default is that of ``convention``.
    min_lr, max_lr : float or array of float, optional
        The limits of the rate, from 0 to 1e290. The defaults are those of ``convention``.
    kl_factor : float or array of float, default 2.0
        How far from the target the divergence may be, at least 1.
    lr_factor : float or array of float, default 1.5
        By how much the rate changes, at least 1.
    convention : {"rsl_rl", "rl_games", "skrl"}, default "rsl_rl"
        The library whose logic the rule follows to the bit.
    precision : {"double", "single"}, optional
        Whether divergences are compared in float64 or, as tensors of PyTorch are, in float32. The
        default is that of ``convention``.
    nan : {"raise", "ignore", "bad"}, default "raise"
        What a NaN does: raise an error before anything changes, or leave the rate unchanged.

    Raises
    ------
    TypeError, ValueError
        If a parameter breaks its rule, or ``min_lr`` is above ``max_lr``.

    Notes
    -----
    Begin at a rate: ``rule.init(scale=3e-4)``. Without one, ``init`` and ``replay`` raise an error
    if 1.0 is above ``max_lr``.

    The conventions differ as follows. rsl_rl also keeps the rate unless ``kl`` is above 0.

    ==========  ============================  ============  ============  =========
    convention  library                       kl_threshold  limits        precision
    ==========  ============================  ============  ============  =========
    rsl_rl      ``PPO(schedule="adaptive")``  0.01          1e-5 to 1e-2  single
    rl_games    ``AdaptiveScheduler``         0.008         1e-6 to 1e-2  double
    skrl        ``KLAdaptiveLR``              0.008         1e-6 to 1e-2  single
    ==========  ============================  ============  ============  =========

    Examples
    --------
    >>> rule = KLAdaptive(kl_threshold=0.01)
    >>> rule.replay([0.03, 0.01, 0.004, 0.0], rule.init(scale=3e-4)).round(6)
    array([0.0002, 0.0002, 0.0003, 0.0003])
    """

    __slots__ = ()

    key: ClassVar[str] = "kl_adaptive"
    layout: ClassVar[StateLayout] = StateLayout(KLState, key)

    @other_names(KL)
    def __init__(
        self,
        kl_threshold: Rate | None = None,
        min_lr: Rate | None = None,
        max_lr: Rate | None = None,
        kl_factor: Growth = 2.0,
        lr_factor: Growth = 1.5,
        convention: Literal["rsl_rl", "rl_games", "skrl"] = "rsl_rl",
        precision: Literal["double", "single"] | None = None,
        nan: Literal["raise", "ignore", "bad"] = "raise",
    ) -> None:
        given = {
            name: value for name, value in locals().items() if name in _ARGUMENTS["KLAdaptive"]
        }
        defaults = _KL[convention]._asdict() if convention in tuple(_KL) else {}
        super().__init__(given, _ARGUMENTS["KLAdaptive"], defaults)

    def _check_parameters(self) -> None:
        whole = self.parameters
        if np.any(np.greater(whole["min_lr"], whole["max_lr"])):
            raise ValueError(
                f"KLAdaptive: min_lr must be at most max_lr, got {short_repr(whole['min_lr'])} "
                f"and {short_repr(whole['max_lr'])}"
            )

    def _fields(self) -> Mapping[str, npt.ArrayLike]:
        parameters = self.parameters
        kind = np.float32 if parameters["precision"] == "single" else np.float64
        return {
            "above": np.asarray(parameters["kl_threshold"] * parameters["kl_factor"], dtype=kind),
            "below": np.asarray(parameters["kl_threshold"] / parameters["kl_factor"], dtype=kind),
            "signed": parameters["convention"] != "rsl_rl",  # whether a divergence may be below 0
            "factor": parameters["lr_factor"],
            "floor": parameters["min_lr"],
            "ceiling": parameters["max_lr"],
        }

    def _first_values(self, scale: Array) -> KLState:
        return KLState(scale)


class NewBobState(NamedTuple):
    """The state of ``NewBob``.

    Attributes
    ----------
    scale : numpy.ndarray of float64
        The rate, or what a rate is multiplied by.
    last : numpy.ndarray of float64
        The last metric.
    left : numpy.ndarray of int32
        The insufficient improvements that are still tolerated.
    seen : numpy.ndarray of int32
        1 after the first metric, else 0.
    """

    scale: Array
    last: Array
    left: Counts
    seen: Counts


@with_types
@public_methods()
class NewBob(AdaptiveRule[NewBobState]):
    """Lower a rate if a metric improves too little, as SpeechBrain's ``NewBobScheduler`` does.

    With ``m`` the metric and ``p`` the one before, an update whose ``(p - m)/p`` is below
    ``improvement_threshold`` is insufficient. After ``patient`` of those, the next multiplies the
    rate by ``annealing_factor``.

    Parameters
    ----------
    annealing_factor : float or array of float, default 0.5
        The factor of a reduction, from 0 to 1.
    improvement_threshold : float or array of float, default 0.0025
        The relative improvement that suffices.
    patient : int or array of int, default 0
        The insufficient updates that are tolerated, in a row or not.
    nan : {"raise", "ignore", "bad"}, default "raise"
        What a NaN does: raise an error before anything changes, leave its lane unchanged, or do
        what SpeechBrain does.

    Raises
    ------
    TypeError, ValueError
        If a parameter breaks its rule.

    Notes
    -----
    A good update does not restore the patience. After a metric of 0 the improvement is 0.

    Examples
    --------
    >>> NewBob().replay([10.0, 2.0, 2.5])
    array([1. , 1. , 0.5])
    """

    __slots__ = ()

    key: ClassVar[str] = "new_bob"
    layout: ClassVar[StateLayout] = StateLayout(NewBobState, key)

    @other_names(NEW_BOB)
    def __init__(
        self,
        annealing_factor: Factor = 0.5,
        improvement_threshold: Real = 0.0025,
        patient: Count = 0,
        nan: Literal["raise", "ignore", "bad"] = "raise",
    ) -> None:
        given = {name: value for name, value in locals().items() if name in _ARGUMENTS["NewBob"]}
        super().__init__(given, _ARGUMENTS["NewBob"])

    def _fields(self) -> Mapping[str, npt.ArrayLike]:
        parameters = self.parameters
        return {
            "factor": parameters["annealing_factor"],
            "threshold": parameters["improvement_threshold"],
            "patience": parameters["patient"],
        }

    def _first_values(self, scale: Array) -> tuple[npt.ArrayLike, ...]:
        return (scale, 0.0, self.parameters["patient"], 0)


class GreedyState(NamedTuple):
    """The state of ``GreedyLR``.

    Attributes
    ----------
    scale : numpy.ndarray of float64
        The rate.
    first : numpy.ndarray of float64
        The rate before the first update, to which a reset returns.
    best : numpy.ndarray of float64
        The best metric so far.
    bad, good : numpy.ndarray of int32
        The updates in a row that were not better, and that were.
    cool, warm : numpy.ndarray of int32
        The updates left in which nothing counts, after a reduction and after a rise.
    left : numpy.ndarray of int32
        The reductions at ``min_lr`` that are left before a reset.
    values : numpy.ndarray of float64
        The metrics in the window, of shape ``(*lanes, window_size)``; without ``smooth``, none.
    total : numpy.ndarray of float64
        Their sum, as it was accumulated.
    at, held : numpy.ndarray of int32
        The place of the next metric in the window, and the number of metrics in it.
    """

    scale: Array
    first: Array
    best: Array
    bad: Counts
    good: Counts
    cool: Counts
    warm: Counts
    left: Counts
    values: Array
    total: Array
    at: Counts
    held: Counts


@with_types
@public_methods()
class GreedyLR(AdaptiveRule[GreedyState]):
    """Raise a rate while a metric improves, and lower it while it does not, as Transformers does.

    An update is *better* if the metric is below the best one by ``threshold``. After more than
    ``patience`` better updates in a row the rate is divided by ``factor``, up to ``max_lr``. After
    more than ``patience`` others in a row it is multiplied by ``factor``, down to ``min_lr``. After
    ``reset_start`` reductions at ``min_lr`` everything begins again.

    Parameters
    ----------
    mode : {"min", "max"} or array of str, default "min"
        Whether a lower or a higher metric is better.
    factor : float or array of float, default 0.95
        Above 0 and below 1.
    patience : int or array of int, default 10
        The updates in a row before the rate changes.
    threshold : float or array of float, default 1e-6
        By how much a metric must be better.
    threshold_mode : {"abs", "rel"} or array of str, default "abs"
        Whether ``threshold`` is a difference or a share of the best metric.
    cooldown, warmup : int or array of int, default 0
        The updates after a reduction, and after a rise, in which nothing counts.
    min_lr, max_lr : float or array of float, default 1e-3 and 1.0
        The limits of the rate.
    eps : float or array of float, default 1e-8
        Smaller changes of the rate are not made.
    smooth : bool, default False
        Whether the mean of the last ``window_size`` metrics decides.
    window_size : int, default 50
        The number of metrics in that mean, from 1 to 2^20.
    reset_start : int or array of int, default 500
        The reductions at ``min_lr`` before a reset.
    nan : {"raise", "ignore", "bad"}, default "raise"
        What a NaN does: raise an error before anything changes, leave its lane unchanged, or do
        what Transformers does.

    Raises
    ------
    TypeError, ValueError
        If a parameter breaks its rule.

    Notes
    -----
    It is ``transformers.optimization.GreedyLR`` for an optimizer with one group. With several
    groups Transformers resets all of them at once, when the last is at its ``min_lr``. Here each
    lane is by itself. Begin at a rate: ``rule.init(scale=1e-3)``.

    Examples
    --------
    >>> rule = GreedyLR(factor=0.5, patience=0, min_lr=0.01)
    >>> rule.replay([3.0, 2.0, 2.5, 1.0], rule.init(scale=0.1))
    array([0.2, 0.4, 0.2, 0.4])
    """

    __slots__ = ()

    key: ClassVar[str] = "greedy_lr"
    layout: ClassVar[StateLayout] = StateLayout(GreedyState, key)

    @other_names(GREEDY)
    def __init__(
        self,
        mode: Modes = "min",
        factor: Shrink = 0.95,
        patience: Count = 10,
        threshold: Rate = 1e-6,
        threshold_mode: Thresholds = "abs",
        cooldown: Count = 0,
        warmup: Count = 0,
        min_lr: Rate = 1e-3,
        max_lr: Rate = 1.0,
        eps: Rate = 1e-8,
        smooth: Flag = False,
        window_size: Window = 50,
        reset_start: Count = 500,
        nan: Literal["raise", "ignore", "bad"] = "raise",
    ) -> None:
        given = {name: value for name, value in locals().items() if name in _ARGUMENTS["GreedyLR"]}
        super().__init__(given, _ARGUMENTS["GreedyLR"])

    def _check_parameters(self) -> None:
        size = self.parameters["window_size"]
        if np.ndim(size):
            raise ValueError(
                f"GreedyLR: window_size must be one integer for all lanes, got {short_repr(size)}"
            )

    def _window(self) -> int:
        return int(self.parameters["window_size"]) if self.parameters["smooth"] else 0

    def _lowers(self) -> npt.NDArray[np.bool_]:
        """Whether a lower metric is better."""
        lowers: npt.NDArray[np.bool_] = np.asarray(self.parameters["mode"]) == "min"
        return lowers

    def _fields(self) -> Mapping[str, npt.ArrayLike]:
        parameters = self.parameters
        sign, relative = (
            np.where(self._lowers(), 1.0, -1.0),
            np.asarray(parameters["threshold_mode"]) == "rel",
        )
        return {
            "sign": sign,
            "gain": np.where(relative, 1.0 - sign * parameters["threshold"], 1.0),
            "atol": np.where(relative, 0.0, parameters["threshold"]),
            "factor": parameters["factor"],
            "floor": parameters["min_lr"],
            "ceiling": parameters["max_lr"],
            "eps": parameters["eps"],
            "patience": parameters["patience"],
            "cooldown": parameters["cooldown"],
            "warmup": parameters["warmup"],
            "resets": parameters["reset_start"],
        }

    def _first_values(self, scale: Array) -> tuple[npt.ArrayLike, ...]:
        worst = np.where(self._lowers(), np.inf, -np.inf)
        return (scale, scale, worst, 0, 0, 0, 0, self.parameters["reset_start"], 0.0, 0.0, 0, 0)


_ARGUMENTS = {
    rule.__name__: {
        name: parameter.default for name, parameter in inspect.signature(rule).parameters.items()
    }
    for rule in (KLAdaptive, NewBob, GreedyLR)
}
