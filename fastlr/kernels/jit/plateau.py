"""The plateau updates: how a metric changes the state of a lane, operation by operation as in
``reference_plateau.py``.

There is a kernel per update, for rates of each precision, with windows and without. Each is
compiled when a rule first needs it. A kernel takes pointers to a block of lanes that do not
overlap, so the compiler vectorises its loop. Everything is computed in float64, counts too, and
nothing branches.
"""

from itertools import product
from typing import Any

import numpy as np

from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.kernels.jit.kernel_table import (
    KINDS,
    PLATEAU,
    complete,
    instance,
    plateau_kernel,
    small_scratch,
)
from fastlr.kernels.jit.pointers import (
    address_of,
    call_counting_kernel,
    counts_of,
    doubles_at,
    doubles_of,
    on_stack,
    plus,
    pointers_apart,
    slots_at,
)
from fastlr.program.opcodes import RULE_FIELDS, RULE_WORDS, UPDATES

__all__ = ["replay", "update_lanes"]

_UPDATE, _SINGLE, _IGNORES, _WINDOWED = (
    RULE_WORDS.index(name) for name in ("update", "single", "ignores", "windowed")
)
_HEADER, _FIELDS = len(RULE_WORDS), len(RULE_FIELDS)
_MOST = 2.0**31 - 1.0  # where a count stops

TOGETHER = 256  # lanes of a block, whose data stay in the L1 cache
_METRIC, _NOWHERE = TOGETHER * _FIELDS, TOGETHER * (_FIELDS + 1)
_spread = on_stack(TOGETHER * (_FIELDS + 2))

# what an instance of the template has of its own: its update, and its kind
AFTER: Any = None
SINGLE: bool = False
NARROW: bool = False  # whether metrics are float32, too
WINDOWED: bool = False
UPDATE: Any = None


@inlined
def _kept(x: float, single: bool) -> float:
    return float(np.float64(np.float32(x))) if single else x


@inlined
def _one_more(count: float) -> float:
    return min(count + 1.0, _MOST)


@inlined
def _after_torch(
    was: Any, metric: float, sign: float, gain: float, atol: float, factor: float, floor: float,
    eps: float, patience: float, cooldown: float, single: bool,
) -> tuple[float, float, float, float]:  # fmt: skip
    scale, best, held, cool = was
    better = sign * metric < sign * best * gain - atol
    cooling = cool > 0.0
    bad = 0.0 if better | cooling else _one_more(held)
    fires = bad > patience
    less = max(scale * factor, floor)
    cuts = fires & (scale - less > eps)
    rest = cool - (1.0 if cooling else 0.0)
    return (
        _kept(less, single) if cuts else scale,
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
    level = _kept(_kept(sign * best * gain, single) - atol, single)
    better = sign * metric < level
    cooling = cool > 0.0
    bad = 0.0 if better else _one_more(held)
    fires = (not cooling) & (bad == patience)
    less = max(_kept(scale * factor, single) if fires else scale, floor)
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
    level = _kept(sign * best, single)
    better = (_kept(sign * metric + atol, single) < level) | (held < 0.0)
    cooling = cool > 0.0
    cool -= 1.0 if cooling else 0.0
    waited = 0.0 if cooling else held
    more = _one_more(waited) if cool == 0.0 else waited
    bad = 0.0 if better else more
    due = (not better) & (cool == 0.0) & (bad >= patience)
    cuts = due & (_kept(scale, True) > _kept(floor, True))
    less = _kept(max(scale * factor, floor), single)
    return (
        less if cuts else scale,
        metric if better else best,
        0.0 if cuts else bad,
        cooldown if cuts else cool,
    )


def _update(
    n: int, ignores: bool, metrics: Any, sign: Any, gain: Any, atol: Any, factor: Any, floor: Any,
    eps: Any, patience: Any, cooldown: Any, window: Any, scales: Any, bests: Any, bads: Any,
    cools: Any, means: Any, counts: Any, to: Any,
) -> None:  # fmt: skip
    """Update a block of lanes once.

    While ``cool`` is below 0 a lane warms up and ignores metrics. A window that is not full decides
    nothing.
    """
    pointers_apart()
    for i in range(n):
        was = scales[i], bests[i], float(bads[i]), float(cools[i])
        metric = _kept(metrics[i], NARROW)
        skips, warms = ignores & (metric != metric), was[3] < 0.0
        waits = skips | warms
        if WINDOWED:
            seen, mean = float(counts[i]), means[i]
            count = _one_more(seen)
            metric = _kept(_kept(_kept(seen * mean, NARROW) + metric, NARROW) / count, NARROW)
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


@inlined
def _repeat(value: float, n: int, out: Any) -> Any:
    for i in range(n):
        out[i] = value
    return out


@inlined
def _number(buffer: Any, k: int, lane: int, n: int, first: bool, spread: Any) -> Any:
    """Point to the k-th number of a block of lanes. One that all lanes share is repeated once, for
    the first block.
    """
    of, own = plus(buffer, int(buffer[_HEADER + 2 * k])), buffer[_HEADER + 2 * k + 1] != 0.0
    if own:
        return plus(of, lane)
    repeated = plus(spread, TOGETHER * k)
    return _repeat(of[0], n, repeated) if first else repeated


def _replay_template(
    table: Any, buffer: Any, begin: int, end: int, metrics: Any, updates: int, row: int,
    scale: Any, best: Any, bad: Any, cool: Any, mean: Any, count: Any, out: Any, wide: int,
    scratch: Any,
) -> int:  # fmt: skip
    """Take lanes through a history, block by block. A row of metrics has ``row`` columns, one of
    scales ``wide``; at address 0 there is none.
    """
    spread, ignores = _spread(), buffer[_IGNORES] != 0.0
    for lane in range(begin, end, TOGETHER):
        n, first = min(TOGETHER, end - lane), lane == begin
        p0 = _number(buffer, 0, lane, n, first, spread)
        p1 = _number(buffer, 1, lane, n, first, spread)
        p2 = _number(buffer, 2, lane, n, first, spread)
        p3 = _number(buffer, 3, lane, n, first, spread)
        p4 = _number(buffer, 4, lane, n, first, spread)
        p5 = _number(buffer, 5, lane, n, first, spread)
        p6 = _number(buffer, 6, lane, n, first, spread)
        p7 = _number(buffer, 7, lane, n, first, spread)
        p8 = _number(buffer, 8, lane, n, first, spread)
        own = lane if WINDOWED else 0  # without windows, these are no lanes' own
        for t in range(updates):
            of = plus(metrics, t * row)
            of = _repeat(of[0], n, plus(spread, _METRIC)) if row == 1 else plus(of, lane)
            to = plus(spread, _NOWHERE)
            if address_of(out) != 0:
                to = plus(out, t * wide + lane)
            UPDATE(
                n, ignores, of, p0, p1, p2, p3, p4, p5, p6, p7, p8, plus(scale, lane),
                plus(best, lane), plus(bad, lane), plus(cool, lane), plus(mean, own),
                plus(count, own), to,
            )  # fmt: skip
    return 0


_AFTER = (_after_torch, _after_optax, _after_keras)


def _register(which: int, kind: int) -> None:
    single, windowed = bool(kind & 1), kind >= 2
    name = f"{UPDATES[which]}_{kind}"
    own = {
        "AFTER": _AFTER[which],
        "SINGLE": single,
        "NARROW": single and UPDATES[which] == "optax",
        "WINDOWED": windowed,
    }
    update = inlined(instance(_update, name, **own))
    plateau_kernel(KINDS * which + kind)(
        instance(_replay_template, name, UPDATE=update, WINDOWED=windowed)
    )


for _which, _kind in product(range(len(UPDATES)), range(KINDS)):
    _register(_which, _kind)


@inlined
def _slot_of(buffer: Any) -> int:
    """The slot of the kernel for a rule."""
    kind = int(buffer[_SINGLE]) + 2 * int(buffer[_WINDOWED])
    return PLATEAU + KINDS * int(buffer[_UPDATE]) + kind


@inlined
def update_lanes(table: Any, buffer: Any, end: int, metrics: Any, row: int, state: Any) -> int:
    """Update all lanes once; the slot that was found empty, or 0."""
    scratch = small_scratch()
    scale, best, bad, cool, mean, count = state
    arguments = (
        buffer, 0, end, metrics, 1, row, scale, best, bad, cool, mean, count, doubles_at(0), 0,
    )  # fmt: skip
    call_counting_kernel(table, _slot_of(buffer), scratch, arguments)
    return int(scratch[0])


@kernel
def _replay(
    address: int, buffer: Any, begin: int, end: int, metrics: Any, scale: Any, best: Any, bad: Any,
    cool: Any, mean: Any, count: Any, out: Any,
) -> int:  # fmt: skip
    """Call the kernel for a rule; the slot that was found empty, or 0."""
    rule, scratch = doubles_of(buffer), small_scratch()
    to = doubles_of(out) if out.size > 0 else doubles_at(0)
    arguments = (
        rule, begin, end, doubles_of(metrics), metrics.shape[0], metrics.shape[1],
        doubles_of(scale), doubles_of(best), counts_of(bad), counts_of(cool), doubles_of(mean),
        counts_of(count), to, out.shape[1],
    )  # fmt: skip
    call_counting_kernel(slots_at(address), _slot_of(rule), scratch, arguments)
    return int(scratch[0])


def replay(buffer: Any, lanes: range, metrics: Any, state: Any, out: Any) -> None:
    """Update ``lanes`` of a plateau rule with float64 ``metrics`` (updates, lanes or 1).

    Their scales go to ``out`` (updates, lanes), unless it is None.
    """
    seen = metrics.view()
    seen.flags.writeable = False  # so that there is one kernel, whoever the metrics belong to
    to = np.empty((0, 0)) if out is None else out
    complete(_replay, buffer, lanes.start, lanes.stop, seen, *state, to)
