"""The plateau automata: how a metric changes the state of a lane, operation by operation as in
``reference_plateau.py``.

A block of lanes is copied into one array, with a row each for the metric, the state and the numbers
of the rule. The compiler then sees that no two of them overlap, and vectorises the loop. Everything
is a float64, counts too, and nothing branches.
"""

from typing import Any

import numpy as np

from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.program.opcodes import AUTOMATA, RULE_FIELDS, RULE_WORDS

__all__ = ["replay"]

TORCH, OPTAX, KERAS = (AUTOMATA.index(name) for name in ("torch", "optax", "keras"))
_AUTOMATON, _SINGLE, _IGNORES, _WINDOWED = (
    RULE_WORDS.index(name) for name in ("automaton", "single", "ignores", "windowed")
)
_HEADER, _FIELDS = len(RULE_WORDS), len(RULE_FIELDS)
_MOST = 2.0**31 - 1.0  # where a count stops

SEATS = 256  # lanes of a block, whose data stay in the L1 cache
# where the rows begin
_METRIC, _SCALE, _BEST, _BAD, _COOL, _MEAN, _COUNT, _RULE = (row * SEATS for row in range(8))
_SIGN, _GAIN, _ATOL, _FACTOR, _FLOOR, _EPS, _PATIENCE, _COOLDOWN, _WINDOW = (
    _RULE + SEATS * i for i in range(_FIELDS)
)
_ALL = _RULE + SEATS * _FIELDS


@inlined
def _kept(x: float, single: bool) -> float:
    return float(np.float64(np.float32(x))) if single else x


@inlined
def _one_more(count: float) -> float:
    return min(count + 1.0, _MOST)


@inlined
def _after_torch(at: Any, i: int, metric: float, single: bool) -> tuple[float, float, float, float]:
    scale, best, cool = at[_SCALE + i], at[_BEST + i], at[_COOL + i]
    better = at[_SIGN + i] * metric < at[_SIGN + i] * best * at[_GAIN + i] - at[_ATOL + i]
    cooling = cool > 0.0
    bad = 0.0 if better | cooling else _one_more(at[_BAD + i])
    fires = bad > at[_PATIENCE + i]
    less = max(scale * at[_FACTOR + i], at[_FLOOR + i])
    cuts = fires & (scale - less > at[_EPS + i])
    cool = at[_COOLDOWN + i] if fires else cool - (1.0 if cooling else 0.0)
    return (
        _kept(less, single) if cuts else scale,
        metric if better else best,
        0.0 if fires else bad,
        cool,
    )


@inlined
def _after_optax(at: Any, i: int, metric: float, single: bool) -> tuple[float, float, float, float]:
    scale, best, cool = at[_SCALE + i], at[_BEST + i], at[_COOL + i]
    level = _kept(_kept(at[_SIGN + i] * best * at[_GAIN + i], single) - at[_ATOL + i], single)
    better = at[_SIGN + i] * metric < level
    cooling = cool > 0.0
    bad = 0.0 if better else _one_more(at[_BAD + i])
    fires = (not cooling) & (bad == at[_PATIENCE + i])
    less = max(_kept(scale * at[_FACTOR + i], single) if fires else scale, at[_FLOOR + i])
    rest = at[_COOLDOWN + i] if fires else 0.0
    cool = cool - 1.0 if cooling else rest
    return (
        scale if cooling else less,
        metric if better else best,
        0.0 if cooling | fires else bad,
        cool,
    )


@inlined
def _after_keras(at: Any, i: int, metric: float, single: bool) -> tuple[float, float, float, float]:
    scale, best, cool = at[_SCALE + i], at[_BEST + i], at[_COOL + i]
    seen = at[_BAD + i] >= 0.0
    better = (
        _kept(at[_SIGN + i] * metric + at[_ATOL + i], single) < _kept(at[_SIGN + i] * best, single)
    ) | (not seen)
    cooling = cool > 0.0
    cool -= 1.0 if cooling else 0.0
    waited = 0.0 if cooling else at[_BAD + i]
    more = _one_more(waited) if cool == 0.0 else waited
    bad = 0.0 if better else more
    due = (not better) & (cool == 0.0) & (bad >= at[_PATIENCE + i])
    cuts = due & (_kept(scale, True) > _kept(at[_FLOOR + i], True))
    less = _kept(max(scale * at[_FACTOR + i], at[_FLOOR + i]), single)
    return (
        less if cuts else scale,
        metric if better else best,
        0.0 if cuts else bad,
        at[_COOLDOWN + i] if cuts else cool,
    )


@inlined
def _after(
    automaton: int, at: Any, i: int, metric: float, single: bool
) -> tuple[float, float, float, float]:
    if automaton == TORCH:
        return _after_torch(at, i, metric, single)
    if automaton == OPTAX:
        return _after_optax(at, i, metric, single)
    if automaton == KERAS:
        return _after_keras(at, i, metric, single)
    return np.nan, np.nan, np.nan, np.nan


@inlined
def _update(at: Any, n: int, automaton: int, single: bool, windowed: bool, ignores: bool) -> None:
    """Update a block once.

    While ``cool`` is below 0 a lane warms up and ignores metrics. A window that is not full decides
    nothing.
    """
    narrow = single and automaton == OPTAX  # whose metrics are single, too
    for i in range(n):
        metric = _kept(at[_METRIC + i], narrow)
        skips, warms = ignores & (metric != metric), at[_COOL + i] < 0.0
        waits = skips | warms
        if windowed:
            seen, mean = at[_COUNT + i], at[_MEAN + i]
            count = _one_more(seen)
            metric = _kept(_kept(_kept(seen * mean, narrow) + metric, narrow) / count, narrow)
            full = count >= at[_WINDOW + i]
            at[_COUNT + i] = seen if waits else (0.0 if full else count)
            at[_MEAN + i] = mean if waits else (0.0 if full else metric)
            waits = waits | (not full)
        scale, best, bad, cool = _after(automaton, at, i, metric, single)
        warmer = at[_COOL + i] + (1.0 if warms & (not skips) else 0.0)
        at[_SCALE + i] = at[_SCALE + i] if waits else scale
        at[_BEST + i] = at[_BEST + i] if waits else best
        at[_BAD + i] = at[_BAD + i] if waits else bad
        at[_COOL + i] = warmer if waits else cool


@inlined
def _update_kind(
    at: Any, n: int, automaton: int, single: bool, windowed: bool, ignores: bool
) -> None:
    if single and windowed:
        _update(at, n, automaton, True, True, ignores)
    elif single:
        _update(at, n, automaton, True, False, ignores)
    elif windowed:
        _update(at, n, automaton, False, True, ignores)
    else:
        _update(at, n, automaton, False, False, ignores)


@kernel
def _update_seated(at: Any, n: int, buffer: Any) -> None:
    """A loop of its own for each kind of rule."""
    single, windowed, ignores = (
        buffer[_SINGLE] != 0.0,
        buffer[_WINDOWED] != 0.0,
        buffer[_IGNORES] != 0.0,
    )
    if buffer[_AUTOMATON] == TORCH:
        _update_kind(at, n, TORCH, single, windowed, ignores)
    elif buffer[_AUTOMATON] == OPTAX:
        _update_kind(at, n, OPTAX, single, windowed, ignores)
    else:
        _update_kind(at, n, KERAS, single, windowed, ignores)


@inlined
def _copy(of: Any, to: Any) -> None:
    for i in range(to.size):
        to[i] = of[i]


@kernel
def _seat_rule(at: Any, buffer: Any, lane: int, n: int) -> None:
    for k in range(_FIELDS):
        first, own = int(buffer[_HEADER + 2 * k]), buffer[_HEADER + 2 * k + 1] != 0.0
        row = at[_RULE + SEATS * k : _RULE + SEATS * k + n]
        if own:
            _copy(buffer[first + lane : first + lane + n], row)
        else:
            row[:] = buffer[first]


@kernel
def _seat(
    at: Any,
    buffer: Any,
    lane: int,
    n: int,
    scale: Any,
    best: Any,
    bad: Any,
    cool: Any,
    mean: Any,
    count: Any,
) -> None:
    _seat_rule(at, buffer, lane, n)
    _copy(scale[lane : lane + n], at[_SCALE : _SCALE + n])
    _copy(best[lane : lane + n], at[_BEST : _BEST + n])
    _copy(bad[lane : lane + n], at[_BAD : _BAD + n])
    _copy(cool[lane : lane + n], at[_COOL : _COOL + n])
    if buffer[_WINDOWED] != 0.0:
        _copy(mean[lane : lane + n], at[_MEAN : _MEAN + n])
        _copy(count[lane : lane + n], at[_COUNT : _COUNT + n])


@kernel
def _unseat(
    at: Any,
    buffer: Any,
    lane: int,
    n: int,
    scale: Any,
    best: Any,
    bad: Any,
    cool: Any,
    mean: Any,
    count: Any,
) -> None:
    _copy(at[_SCALE : _SCALE + n], scale[lane : lane + n])
    _copy(at[_BEST : _BEST + n], best[lane : lane + n])
    _copy(at[_BAD : _BAD + n], bad[lane : lane + n])
    _copy(at[_COOL : _COOL + n], cool[lane : lane + n])
    if buffer[_WINDOWED] != 0.0:
        _copy(at[_MEAN : _MEAN + n], mean[lane : lane + n])
        _copy(at[_COUNT : _COUNT + n], count[lane : lane + n])


@kernel
def _replay(
    buffer: Any,
    begin: int,
    end: int,
    metrics: Any,
    scale: Any,
    best: Any,
    bad: Any,
    cool: Any,
    mean: Any,
    count: Any,
    out: Any,
) -> None:
    at = np.empty(_ALL)
    for lane in range(begin, end, SEATS):
        n = min(SEATS, end - lane)
        _seat(at, buffer, lane, n, scale, best, bad, cool, mean, count)
        for t in range(metrics.shape[0]):
            if metrics.shape[1] == 1:
                at[_METRIC : _METRIC + n] = metrics[t, 0]
            else:
                _copy(metrics[t, lane : lane + n], at[_METRIC : _METRIC + n])
            _update_seated(at, n, buffer)
            if out.size > 0:
                _copy(at[_SCALE : _SCALE + n], out[t, lane : lane + n])
        _unseat(at, buffer, lane, n, scale, best, bad, cool, mean, count)


def replay(buffer: Any, lanes: range, metrics: Any, state: Any, out: Any) -> None:
    """Some of the lanes through float64 ``metrics`` (updates, lanes or 1 for all); their scales
    into ``out`` (updates, lanes).
    """
    seen = metrics.view()
    seen.flags.writeable = False  # so that there is one kernel, whoever the metrics belong to
    scale, best, bad, cool, mean, count = state
    to = np.empty((0, 0)) if out is None else out
    _replay(buffer, lanes.start, lanes.stop, seen, scale, best, bad, cool, mean, count, to)
