"""The updates of the adaptive rules: how a metric changes the state of a lane, operation by
operation as in ``reference_adaptive.py``.
"""

from typing import Any

import numpy as np

from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.kernel_table import instance
from fastlr.kernels.jit.pointers import on_stack, pointers_apart
from fastlr.kernels.jit.rule_blocks import TOGETHER, kept, one_more, register_update

__all__: list[str] = []

_means, _resets = on_stack(TOGETHER), on_stack(TOGETHER)

# what an instance of an update has of its own
SINGLE: bool = False  # whether divergences are compared in float32
WINDOWED: bool = False


def _update_kl_adaptive(
    n: int, ignores: bool, size: int, metrics: Any, numbers: Any, state: Any, to: Any
) -> None:
    pointers_apart()
    above, below, signed, factor, floor, ceiling = numbers
    scales = state[0]
    for i in range(n):
        was, kl = scales[i], kept(metrics[i], SINGLE)
        lower = (kl < below[i]) & ((signed[i] != 0.0) | (kl > 0.0))
        less, more = max(was / factor[i], floor[i]), min(was * factor[i], ceiling[i])
        raised = more if lower else was
        to[i] = scales[i] = less if kl > above[i] else raised


def _update_new_bob(
    n: int, ignores: bool, size: int, metrics: Any, numbers: Any, state: Any, to: Any
) -> None:
    pointers_apart()
    factor, threshold, patience = numbers
    scales, lasts, lefts, seens = state
    for i in range(n):
        metric, was, last = metrics[i], scales[i], lasts[i]
        left, seen = float(lefts[i]), float(seens[i])
        skips = ignores & (metric != metric)
        change = (last - metric) / last
        improvement = 0.0 if last == 0.0 else change
        little = (not skips) & (seen > 0.0) & (improvement < threshold[i])
        cuts = little & (left == 0.0)
        rest = left - (1.0 if little else 0.0)
        less = was * factor[i]
        to[i] = scales[i] = less if cuts else was
        lasts[i] = last if skips else metric
        lefts[i] = np.int32(patience[i] if cuts else rest)
        seens[i] = np.int32(seen if skips else 1.0)


@inlined
def _take_metrics(n: int, ignores: bool, size: int, metrics: Any, state: Any, means: Any) -> None:
    """Put metrics into the windows of a block of lanes, and their means into ``means``."""
    values, totals, ats, helds = state[8], state[9], state[10], state[11]
    for i in range(n):
        metric = metrics[i]
        means[i] = metric
        if not (ignores & (metric != metric)):
            place, at = i * size + int(ats[i]), int(ats[i]) + 1
            total, held = totals[i] + metric, int(helds[i])
            if held == size:
                total -= values[place]
            held = min(held + 1, size)
            values[place], totals[i] = metric, total
            helds[i], ats[i] = np.int32(held), np.int32(0 if at == size else at)
            means[i] = total / float(held)


@inlined
def _forget_metrics(n: int, size: int, state: Any, resets: Any) -> None:
    """Empty the windows of lanes that begin again."""
    values, totals, ats, helds = state[8], state[9], state[10], state[11]
    for i in range(n):
        if resets[i] != 0.0:
            for place in range(i * size, (i + 1) * size):
                values[place] = 0.0
            totals[i] = 0.0
            ats[i], helds[i] = np.int32(0), np.int32(0)


@inlined
def _decide(
    n: int,
    ignores: bool,
    heard: Any,
    metrics: Any,
    numbers: Any,
    state: Any,
    to: Any,
    resets: Any,
) -> None:
    """Update a block by ``metrics``, the ones that were heard or their means. ``resets`` says which
    lanes begin again: all but their cooldown, and the windows, which ``_forget_metrics`` empties.
    """
    pointers_apart()
    sign, gain, atol, factor, floor, ceiling, eps, patience, cooldown, warmup, start = numbers
    scales, firsts, bests, bads, goods, cools, warms, lefts, _, _, _, _ = state
    for i in range(n):
        metric, was, best, first = metrics[i], scales[i], bests[i], firsts[i]
        bad, good, cool = float(bads[i]), float(goods[i]), float(cools[i])
        warm, left = float(warms[i]), float(lefts[i])
        skips = ignores & (heard[i] != heard[i])
        cooling = cool > 0.0
        warming = (not cooling) & (warm > 0.0)
        acts = (not cooling) & (not warming)
        better = acts & (sign[i] * metric < sign[i] * best * gain[i] - atol[i])
        good_now = one_more(good) if better else 0.0
        bad_now = one_more(bad) if acts & (not better) else 0.0
        raises = good_now > patience[i]
        reduces = (not raises) & (bad_now > patience[i])
        more, less = min(was / factor[i], ceiling[i]), max(was * factor[i], floor[i])
        reduced = less if reduces & (was - less > eps[i]) else was
        now = more if raises & (more - was > eps[i]) else reduced
        lowest = reduces & (not now > floor[i])
        rest = start[i] if raises else left - (1.0 if lowest else 0.0)
        anew = lowest & (rest <= 0.0)
        cooled = cooldown[i] if reduces else cool - (1.0 if cooling else 0.0)
        warmed = warmup[i] if raises else warm - (1.0 if warming else 0.0)
        scale, known = first if anew else now, metric if better else best
        worst = np.inf if sign[i] > 0.0 else -np.inf
        top = worst if anew else known
        resets[i] = 1.0 if anew & (not skips) else 0.0
        to[i] = scales[i] = was if skips else scale
        bests[i] = best if skips else top
        bads[i] = np.int32(bad if skips else (0.0 if reduces else bad_now))
        goods[i] = np.int32(good if skips else (0.0 if raises else good_now))
        cools[i] = np.int32(cool if skips else cooled)
        warms[i] = np.int32(warm if skips else (0.0 if anew else warmed))
        lefts[i] = np.int32(left if skips else (start[i] if anew else rest))


def _update_greedy_lr(
    n: int, ignores: bool, size: int, metrics: Any, numbers: Any, state: Any, to: Any
) -> None:
    resets, means = _resets(), _means()
    if WINDOWED:
        _take_metrics(n, ignores, size, metrics, state, means)
        _decide(n, ignores, metrics, means, numbers, state, to, resets)
        _forget_metrics(n, size, state, resets)
    else:
        _decide(n, ignores, metrics, metrics, numbers, state, to, resets)


for _kind in (0, 1):
    register_update(
        "kl_adaptive", _kind, instance(_update_kl_adaptive, f"{_kind}", SINGLE=bool(_kind))
    )
register_update("new_bob", 0, _update_new_bob)
for _kind in (0, 2):
    register_update(
        "greedy_lr", _kind, instance(_update_greedy_lr, f"{_kind}", WINDOWED=bool(_kind))
    )
