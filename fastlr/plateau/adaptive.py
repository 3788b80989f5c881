"""Adaptive rules by their frameworks' names: they lower a rate, or also raise it, by a metric.

Each computes what its framework computes, with the same operations in the same order, so that the
rates have the same bits.
"""

from __future__ import annotations

import inspect
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

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
from fastlr.plateau.adaptive_rule import AdaptiveRule, Array, Count, where_lanes
from fastlr.plateau.other_names import GREEDY, KL, NEW_BOB

__all__ = ["GreedyLR", "GreedyState", "KLAdaptive", "KLState", "NewBob", "NewBobState"]

Counts = npt.NDArray[np.int32]

Modes = Annotated[npt.ArrayLike, Words(("min", "max"))]
Thresholds = Annotated[npt.ArrayLike, Words(("rel", "abs"))]
Shrink = Annotated[Numbers, Number("a number above 0 and below 1", 0.0, 1.0, beyond=True)]
Window = Annotated[int, Number("an integer from 1 to 2**20", 1, 2**20, whole=True)]


def _counts(value: npt.ArrayLike, lanes: tuple[int, ...]) -> Counts:
    """Counts as int32, one per lane."""
    return np.array(np.broadcast_to(value, lanes), dtype=np.int32)


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
class KLAdaptive(AdaptiveRule):
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
    The conventions differ as follows. rsl_rl also keeps the rate unless ``kl`` is above 0.

    ==========  ============================  ============  ============  =========
    convention  library                       kl_threshold  limits        precision
    ==========  ============================  ============  ============  =========
    rsl_rl      ``PPO(schedule="adaptive")``  0.01          1e-5 to 1e-2  single
    rl_games    ``AdaptiveScheduler``         0.008         1e-6 to 1e-2  double
    skrl        ``KLAdaptiveLR``              0.008         1e-6 to 1e-2  single
    ==========  ============================  ============  ============  =========

    It is computed in NumPy, not compiled: an update takes about 25 us, or 30 ns per lane of 10^6
    lanes. That is little beside the evaluation that gives a metric.

    Examples
    --------
    >>> rule = KLAdaptive(kl_threshold=0.01)
    >>> rule.replay([0.03, 0.01, 0.004, 0.0], rule.init(scale=3e-4)).round(6)
    array([0.0002, 0.0002, 0.0003, 0.0003])
    """

    __slots__ = ()

    key: ClassVar[str] = "kl_adaptive"
    kind: ClassVar[type[Any]] = KLState

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
        own = _KL[convention]._asdict() if convention in tuple(_KL) else {}
        super().__init__(given, _ARGUMENTS["KLAdaptive"], own)
        whole = self.parameters
        if np.any(np.greater(whole["min_lr"], whole["max_lr"])):
            raise ValueError(
                f"KLAdaptive: min_lr must be at most max_lr, got {short_repr(whole['min_lr'])} "
                f"and {short_repr(whole['max_lr'])}"
            )

    def _blank(self, scale: Array) -> KLState:
        return KLState(scale)

    def _next(self, was: KLState, metric: Array) -> KLState:
        own = self.parameters
        kind = np.float32 if own["precision"] == "single" else np.float64
        kl = metric.astype(kind)
        above = kl > np.asarray(own["kl_threshold"] * own["kl_factor"], dtype=kind)
        below = kl < np.asarray(own["kl_threshold"] / own["kl_factor"], dtype=kind)
        if own["convention"] == "rsl_rl":
            below = below & np.greater(kl, 0)
        less = np.maximum(was.scale / own["lr_factor"], own["min_lr"])
        more = np.minimum(was.scale * own["lr_factor"], own["max_lr"])
        return KLState(np.where(above, less, np.where(below, more, was.scale)))


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
class NewBob(AdaptiveRule):
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

    It is computed in NumPy, not compiled: an update takes about 50 us, or 160 ns per lane of 10^6
    lanes. That is little beside the evaluation that gives a metric.

    Examples
    --------
    >>> NewBob().replay([10.0, 2.0, 2.5])
    array([1. , 1. , 0.5])
    """

    __slots__ = ()

    key: ClassVar[str] = "new_bob"
    kind: ClassVar[type[Any]] = NewBobState

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

    def _blank(self, scale: Array) -> NewBobState:
        lanes = scale.shape
        left = _counts(self.parameters["patient"], lanes)
        return NewBobState(scale, np.zeros(lanes), left, _counts(0, lanes))

    def _next(self, was: NewBobState, metric: Array) -> NewBobState:
        own = self.parameters
        improvement = np.where(was.last == 0, 0.0, (was.last - metric) / was.last)
        little = (was.seen > 0) & (improvement < own["improvement_threshold"])
        cuts = little & (was.left == 0)
        return NewBobState(
            scale=np.where(cuts, was.scale * own["annealing_factor"], was.scale),
            last=metric,
            left=np.where(cuts, own["patient"], was.left - (little & ~cuts)),
            seen=np.ones_like(was.seen),
        )


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
class GreedyLR(AdaptiveRule):
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

    It is computed in NumPy, not compiled: an update takes about 250 us, or 600 ns per lane of 10^6
    lanes. That is little beside the evaluation that gives a metric.

    Examples
    --------
    >>> rule = GreedyLR(factor=0.5, patience=0, min_lr=0.01)
    >>> rule.replay([3.0, 2.0, 2.5, 1.0], rule.init(scale=0.1))
    array([0.2, 0.4, 0.2, 0.4])
    """

    __slots__ = ()

    key: ClassVar[str] = "greedy_lr"
    kind: ClassVar[type[Any]] = GreedyState

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
        whole = self.parameters
        if np.ndim(whole["window_size"]):
            raise ValueError(
                "GreedyLR: window_size must be one integer for all lanes, got "
                f"{short_repr(whole['window_size'])}"
            )

    def _blank(self, scale: Array) -> GreedyState:
        own, lanes = self.parameters, scale.shape
        window = int(own["window_size"]) if own["smooth"] else 0
        return GreedyState(
            scale=scale,
            first=scale.copy(),
            best=self._worst(lanes),
            **{name: _counts(0, lanes) for name in ("bad", "good", "cool", "warm", "at", "held")},
            left=_counts(own["reset_start"], lanes),
            values=np.zeros((*lanes, window)),
            total=np.zeros(lanes),
        )

    def _worst(self, lanes: tuple[int, ...]) -> Array:
        """The metric than which every other is better."""
        worst: Array = np.where(np.asarray(self.parameters["mode"]) == "min", np.inf, -np.inf)
        return np.array(np.broadcast_to(worst, lanes))

    def _better(self, metric: Array, best: Array) -> npt.NDArray[np.bool_]:
        own = self.parameters
        relative = np.asarray(own["threshold_mode"]) == "rel"
        lower = metric < np.where(
            relative, best * (1.0 - own["threshold"]), best - own["threshold"]
        )
        higher = metric > np.where(
            relative, best * (1.0 + own["threshold"]), best + own["threshold"]
        )
        found: npt.NDArray[np.bool_] = np.where(np.asarray(own["mode"]) == "min", lower, higher)
        return found

    def _next(self, was: GreedyState, metric: Array) -> Any:
        if self.parameters["smooth"]:
            was, metric = _smoothed(was, metric)
        own = self.parameters
        acts = (was.cool == 0) & (was.warm == 0)
        better = acts & self._better(metric, was.best)
        good = np.where(better, was.good + 1, 0)
        bad = np.where(acts & ~better, was.bad + 1, 0)
        raises = good > own["patience"]
        reduces = ~raises & (bad > own["patience"])
        more = np.minimum(was.scale / own["factor"], own["max_lr"])
        less = np.maximum(was.scale * own["factor"], own["min_lr"])
        scale = np.where(raises & (more - was.scale > own["eps"]), more, was.scale)
        scale = np.where(reduces & (was.scale - less > own["eps"]), less, scale)
        lowest = reduces & ~(scale > own["min_lr"])
        left = np.where(raises, own["reset_start"], was.left - lowest)
        cooled = was.cool - (was.cool > 0)
        warmed = was.warm - ((was.cool == 0) & (was.warm > 0))
        now = was._replace(
            scale=scale,
            best=np.where(better, metric, was.best),
            bad=np.where(reduces, 0, bad),
            good=np.where(raises, 0, good),
            cool=np.where(reduces, own["cooldown"], cooled),
            warm=np.where(raises, own["warmup"], warmed),
            left=left,
        )
        return self._reset(now, lowest & (left <= 0))

    def _reset(self, now: GreedyState, resets: npt.NDArray[np.bool_]) -> Any:
        """Begin again in some lanes; the cooldown after their reduction stays."""
        if not resets.any():
            return now
        fresh = self._blank(now.first)._replace(cool=now.cool)
        return self.kind(*where_lanes(resets, fresh, now))


def _smoothed(was: GreedyState, metric: Array) -> tuple[GreedyState, Array]:
    """The state with one more metric in the window, and the mean of the window."""
    size = was.values.shape[-1]
    at = was.at[..., np.newaxis]
    oldest = np.take_along_axis(was.values, at, axis=-1)[..., 0]
    total = was.total + metric
    total = np.where(was.held == size, total - oldest, total)
    values = was.values.copy()
    np.put_along_axis(values, at, metric[..., np.newaxis], axis=-1)
    held = np.minimum(was.held + 1, size)
    after = was._replace(values=values, total=total, at=(was.at + 1) % size, held=held)
    return after, total / held


_ARGUMENTS = {
    rule.__name__: {
        name: parameter.default for name, parameter in inspect.signature(rule).parameters.items()
    }
    for rule in (KLAdaptive, NewBob, GreedyLR)
}
