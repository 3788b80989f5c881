"""The plateau updates: how a metric changes the state of a lane, operation by operation as in
``reference_plateau.py``.

There is a kernel per update, for rates of each precision, with windows and without.
"""

from itertools import product
from typing import Any

import numpy as np

from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.kernel_table import KINDS, instance
from fastlr.kernels.jit.pointers import pointers_apart
from fastlr.kernels.jit.rule_blocks import kept, one_more, register_update
from fastlr.program.opcodes import PLATEAU_UPDATES, UPDATES

__all__: list[str] = []

# what an instance of the update has of its own: its decision, and its kind
AFTER: Any = None
SINGLE: bool = False
NARROW: bool = False  # whether metrics are float32, too
WINDOWED: bool = False


@inlined
def _after_torch(
    was: Any, metric: float, sign: float, gain: float, atol: float, factor: float, floor: float,
    eps: float, patience: float, cooldown: float, single: bool,
) -> tuple[float, float, float, float]:  # fmt: skip
    scale, best, held, cool = was
    better = sign * metric < sign * best * gain - atol
    cooling = cool > 0.0
    bad = 0.0 if better | cooling else one_more(held)
    fires = bad > patience
    less = max(scale * factor, floor)
    cuts = fires & (scale - less > eps)
    rest = cool - (1.0 if cooling else 0.0)
    return (
        kept(less, single) if cuts else scale,
        metric if better else best,
        0.0 if fires else bad,
        cooldown if fires else rest,
    )


@inlined
def _after_optax(
    was: Any, metric: float, sign: float, gain: float, atol: float, factor: float, floor: float,
    eps: float, patience: float, cooldown: float, single: bool,
) -> tuple[float, float, float, float]:  # fmt: skip
    scale, best, held, cool = was
    level = kept(kept(sign * best * gain, single) - atol, single)
    better = sign * metric < level
    cooling = cool > 0.0
    bad = 0.0 if better else one_more(held)
    fires = (not cooling) & (bad == patience)
    less = max(kept(scale * factor, single) if fires else scale, floor)
    rest = cooldown if fires else 0.0
    return (
        scale if cooling else less,
        metric if better else best,
        0.0 if cooling | fires else bad,
        cool - 1.0 if cooling else rest,
    )


@inlined
def _after_keras(
    was: Any, metric: float, sign: float, gain: float, atol: float, factor: float, floor: float,
    eps: float, patience: float, cooldown: float, single: bool,
) -> tuple[float, float, float, float]:  # fmt: skip
    scale, best, held, cool = was
    level = kept(sign * best, single)
    better = (kept(sign * metric + atol, single) < level) | (held < 0.0)
    cooling = cool > 0.0
    cool -= 1.0 if cooling else 0.0
    waited = 0.0 if cooling else held
    more = one_more(waited) if cool == 0.0 else waited
    bad = 0.0 if better else more
    due = (not better) & (cool == 0.0) & (bad >= patience)
    cuts = due & (kept(scale, True) > kept(floor, True))
    less = kept(max(scale * factor, floor), single)
    return (
        less if cuts else scale,
        metric if better else best,
        0.0 if cuts else bad,
        cooldown if cuts else cool,
    )


def _update(
    n: int, ignores: bool, size: int, metrics: Any, numbers: Any, state: Any, to: Any
) -> None:
    """Update a block of lanes once.

    While ``cool`` is below 0 a lane warms up and ignores metrics. A window that is not full decides
    nothing.
    """
    pointers_apart()
    sign, gain, atol, factor, floor, eps, patience, cooldown, window = numbers
    scales, bests, bads, cools, means, counts = state
    for i in range(n):
        was = scales[i], bests[i], float(bads[i]), float(cools[i])
        metric = kept(metrics[i], NARROW)
        skips, warms = ignores & (metric != metric), was[3] < 0.0
        waits = skips | warms
        if WINDOWED:
            seen, mean = float(counts[i]), means[i]
            count = one_more(seen)
            metric = kept(kept(kept(seen * mean, NARROW) + metric, NARROW) / count, NARROW)
            full = count >= window[i]
            begun, average = (0.0, 0.0) if full else (count, metric)
            counts[i] = np.int32(seen if waits else begun)
            means[i] = mean if waits else average
            waits = waits | (not full)
        scale, best, bad, cool = AFTER(
            was, metric, sign[i], gain[i], atol[i], factor[i], floor[i], eps[i], patience[i],
            cooldown[i], SINGLE,
        )  # fmt: skip
        warmer = was[3] + (1.0 if warms & (not skips) else 0.0)
        to[i] = scales[i] = was[0] if waits else scale
        bests[i] = was[1] if waits else best
        bads[i] = np.int32(was[2] if waits else bad)
        cools[i] = np.int32(warmer if waits else cool)


_AFTER = (_after_torch, _after_optax, _after_keras)


def _register(which: int, kind: int) -> None:
    name, single = UPDATES[which], bool(kind & 1)
    own = {
        "AFTER": _AFTER[which],
        "SINGLE": single,
        "NARROW": single and name == "optax",
        "WINDOWED": kind >= 2,
    }
    register_update(name, kind, instance(_update, f"{name}_{kind}", **own))


for _which, _kind in product(range(PLATEAU_UPDATES), range(KINDS)):
    _register(_which, _kind)
