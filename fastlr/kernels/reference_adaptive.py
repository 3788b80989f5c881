"""The updates of the adaptive rules in plain NumPy, many lanes at a time: the definition of each.

A function changes the parts of the state in place. Where NaN is ignored, it leaves lanes whose
metric is NaN as they are.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["greedy_lr", "kl_adaptive", "new_bob"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]
Truth = npt.NDArray[np.bool_]
Numbers = Mapping[str, Array]  # of a rule: each has one element per lane, or one for all

_MOST = 2**31 - 1  # where a count stops


def _one_more(count: Counts) -> Counts:
    return np.minimum(count, _MOST - 1) + np.int32(1)


def _smaller(a: Array, b: Array) -> Array:
    """Python's ``min(a, b)``, which is ``a`` where both are 0, whatever their signs."""
    return np.where(b < a, b, a)


def _larger(a: Array, b: Array) -> Array:
    """Python's ``max(a, b)``."""
    return np.where(b > a, b, a)


def _hears(words: Mapping[str, float], metric: Array, scale: Array) -> Truth:
    """Where an update happens: everywhere, unless NaN is ignored."""
    return np.broadcast_to(~(np.isnan(metric) & bool(words["ignores"])), scale.shape)


def kl_adaptive(words: Mapping[str, float], own: Numbers, metric: Array, scale: Array) -> None:
    """Lower the rate if a divergence is above its range, raise it if it is below."""
    kl = metric.astype(np.float32).astype(np.float64) if words["single"] else metric
    above = kl > own["above"]
    below = (kl < own["below"]) & ((own["signed"] != 0) | (kl > 0))  # a NaN is neither
    less = _larger(scale / own["factor"], own["floor"])
    more = _smaller(scale * own["factor"], own["ceiling"])
    scale[...] = np.where(above, less, np.where(below, more, scale))


def new_bob(
    words: Mapping[str, float],
    own: Numbers,
    metric: Array,
    scale: Array,
    last: Array,
    left: Counts,
    seen: Counts,
) -> None:
    """Lower the rate if the metric improved too little, as often as is not tolerated."""
    hears = _hears(words, metric, scale)
    improvement = np.where(last == 0, 0.0, (last - metric) / last)
    little = hears & (seen > 0) & (improvement < own["threshold"])
    cuts = little & (left == 0)
    scale[...] = np.where(cuts, scale * own["factor"], scale)
    last[...] = np.where(hears, metric, last)
    left[...] = np.where(cuts, own["patience"], left - little)
    seen[...] = np.where(hears, 1, seen)


class _Greedy(NamedTuple):
    """The state of ``GreedyLR``."""

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


def greedy_lr(words: Mapping[str, float], own: Numbers, metric: Array, *parts: Any) -> None:
    """Raise the rate while the metric improves, and lower it while it does not."""
    state = _Greedy(*parts)
    hears = _hears(words, metric, state.scale)
    if words["windowed"]:
        metric = _mean_with(metric, hears, state)
    acts = hears & (state.cool == 0) & (state.warm == 0)
    lower = own["sign"] * metric < own["sign"] * state.best * own["gain"] - own["atol"]
    better = acts & lower
    good = np.where(better, _one_more(state.good), 0)
    bad = np.where(acts & ~better, _one_more(state.bad), 0)
    raises = hears & (good > own["patience"])
    reduces = hears & ~raises & (bad > own["patience"])
    lowest = _change_scale(own, state, raises, reduces)
    left = np.where(raises, own["resets"], state.left - lowest)
    warming = (state.cool == 0) & (state.warm > 0)
    cooled = np.where(reduces, own["cooldown"], state.cool - (state.cool > 0))
    warmed = np.where(raises, own["warmup"], state.warm - warming)
    now = {
        "best": np.where(better, metric, state.best),
        "bad": np.where(reduces, 0, bad),
        "good": np.where(raises, 0, good),
        "cool": cooled,
        "warm": warmed,
        "left": left,
    }
    for name, after in now.items():
        part = getattr(state, name)
        part[...] = np.where(hears, after, part)
    _reset(bool(words["windowed"]), own, state, lowest & (left <= 0))


def _change_scale(own: Numbers, state: _Greedy, raises: Truth, reduces: Truth) -> Truth:
    """Raise or reduce the scale, and say where a reduction found it at its floor."""
    scale = state.scale
    more = _smaller(scale / own["factor"], own["ceiling"])
    less = _larger(scale * own["factor"], own["floor"])
    reduced = np.where(reduces & (scale - less > own["eps"]), less, scale)
    scale[...] = np.where(raises & (more - scale > own["eps"]), more, reduced)
    return reduces & ~(scale > own["floor"])


def _mean_with(metric: Array, hears: Truth, state: _Greedy) -> Array:
    """Put a metric into each window, and return the means of the windows."""
    size = state.values.shape[-1]
    lanes, at = np.flatnonzero(hears), state.at[hears]
    metric = np.broadcast_to(metric, hears.shape)
    total = state.total[hears] + metric[hears]
    full = state.held[hears] == size
    state.total[hears] = np.where(full, total - state.values[lanes, at], total)
    state.values[lanes, at] = metric[hears]
    state.held[hears] = np.minimum(state.held[hears] + 1, size)
    state.at[hears] = (at + 1) % size
    means: Array = np.where(hears, state.total / state.held, metric)
    return means


def _reset(windowed: bool, own: Numbers, state: _Greedy, resets: Truth) -> None:
    """Begin again in some lanes; the cooldown after their reduction stays."""
    if not resets.any():
        return
    worst = np.broadcast_to(np.where(own["sign"] > 0, np.inf, -np.inf), resets.shape)
    start = np.broadcast_to(own["resets"], resets.shape)
    state.scale[resets] = state.first[resets]
    state.best[resets] = worst[resets]
    state.left[resets] = start[resets]
    for part in (state.bad, state.good, state.warm):
        part[resets] = 0
    if windowed:
        for window in (state.values, state.total, state.at, state.held):
            window[resets] = 0
