"""The plateau updates in plain NumPy, many lanes at a time: the definition of an update.

An update takes one metric per lane. No operation is fused or approximate, so every backend gives
the same bits.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.program.opcodes import UPDATES

__all__ = ["update"]

Array = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]

_MOST = 2.0**31 - 1.0  # where a count stops


class _Lanes(NamedTuple):
    """The state that a decision changes. Counts are float64, too."""

    scale: Array
    best: Array
    bad: Array
    cool: Array


class _Rule(NamedTuple):
    """The numbers of a rule: each has one element per lane, or one for all."""

    sign: Array
    gain: Array
    atol: Array
    factor: Array
    floor: Array
    eps: Array
    patience: Array
    cooldown: Array
    window: Array


def _kept(x: Array, single: bool) -> Array:
    """``x``, rounded to float32 if the rule keeps its state in single precision."""
    with np.errstate(over="ignore"):
        return x.astype(np.float32).astype(np.float64) if single else x


def _one_more(count: Array) -> Array:
    return np.minimum(count + 1.0, _MOST)


def _torch(was: _Lanes, metric: Array, rule: _Rule, single: bool) -> _Lanes:
    better = rule.sign * metric < rule.sign * was.best * rule.gain - rule.atol
    cooling = was.cool > 0
    bad = np.where(better | cooling, 0.0, _one_more(was.bad))
    fires = bad > rule.patience
    scale = np.maximum(was.scale * rule.factor, rule.floor)
    cuts = fires & (was.scale - scale > rule.eps)
    return _Lanes(
        scale=np.where(cuts, _kept(scale, single), was.scale),
        best=np.where(better, metric, was.best),
        bad=np.where(fires, 0.0, bad),
        cool=np.where(fires, rule.cooldown, was.cool - cooling),
    )


def _optax(was: _Lanes, metric: Array, rule: _Rule, single: bool) -> _Lanes:
    better = rule.sign * metric < _kept(
        _kept(rule.sign * was.best * rule.gain, single) - rule.atol, single
    )
    cooling = was.cool > 0
    bad = np.where(better, 0.0, _one_more(was.bad))
    fires = ~cooling & (bad == rule.patience)
    scale = np.maximum(
        np.where(fires, _kept(was.scale * rule.factor, single), was.scale), rule.floor
    )
    return _Lanes(
        scale=np.where(cooling, was.scale, scale),
        best=np.where(better, metric, was.best),
        bad=np.where(cooling | fires, 0.0, bad),
        cool=np.where(cooling, was.cool - 1.0, np.where(fires, rule.cooldown, 0.0)),
    )


def _keras(was: _Lanes, metric: Array, rule: _Rule, single: bool) -> _Lanes:
    better = (
        _kept(rule.sign * metric + rule.atol, single) < _kept(rule.sign * was.best, single)
    ) | (was.bad < 0)
    cooling = was.cool > 0
    cool = was.cool - cooling
    waited = np.where(cooling, 0.0, was.bad)
    bad = np.where(better, 0.0, np.where(cool == 0, _one_more(waited), waited))
    cuts = (
        ~better
        & (cool == 0)
        & (bad >= rule.patience)
        & (_kept(was.scale, True) > _kept(rule.floor, True))
    )
    return _Lanes(
        scale=np.where(
            cuts, _kept(np.maximum(was.scale * rule.factor, rule.floor), single), was.scale
        ),
        best=np.where(better, metric, was.best),
        bad=np.where(cuts, 0.0, bad),
        cool=np.where(cuts, rule.cooldown, cool),
    )


_DECISIONS: dict[str, Callable[[_Lanes, Array, _Rule, bool], _Lanes]] = {
    "torch": _torch,
    "optax": _optax,
    "keras": _keras,
}


def _windowed(
    mean: Array, count: Array, metric: Array, rule: _Rule, narrow: bool
) -> tuple[Array, Array, Truth]:
    """The mean with one more metric, its number of metrics, and whether the window is full."""
    more = _one_more(count)
    total = _kept(_kept(count * mean, narrow) + metric, narrow)
    return _kept(total / more, narrow), more, more >= rule.window


def update(
    words: Mapping[str, float],
    numbers: Mapping[str, Array],
    metric: Array,
    scale: Array,
    best: Array,
    bad: Array,
    cool: Array,
    mean: Array,
    count: Array,
) -> None:
    """Update these lanes once, in place."""
    rule, single, name = _Rule(**numbers), bool(words["single"]), UPDATES[int(words["update"])]
    narrow = single and name == "optax"  # whose metrics are single, too
    metric = _kept(metric, narrow)
    skips = np.isnan(metric) & bool(words["ignores"])
    warms = (cool < 0) & ~skips
    acts = (cool >= 0) & ~skips
    if words["windowed"]:
        metric, more, full = _windowed(mean, count, metric, rule, narrow)
        mean[acts] = np.where(full, 0.0, metric)[acts]
        count[acts] = np.where(full, 0.0, more)[acts]
        acts = acts & full
    now = _DECISIONS[name](
        _Lanes(scale, best, bad.astype(np.float64), cool.astype(np.float64)), metric, rule, single
    )
    for held, after in zip((scale, best, bad, cool), now, strict=True):
        held[acts] = after[acts]
    cool[warms] += 1
