"""From the tree to the program: levels oriented, decay constants in two words, joins flattened, structures merged.

Everything that needs thought happens here, once, so that kernels need none. A finite curve becomes its row followed by a
constant row at its last level; a join of joins becomes one flat track; lanes of the same structure become one family.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr import exact
from fastlr.expression import Node, Numbers, cycles, ended, select, take
from fastlr.program import NO_LIMIT, Cycles, Family, Program, Row, Track, pack
from fastlr.shapes import LAST_STEP, ROW, code, shape

__all__ = ["cycled_steps", "families", "lower", "words_of_cycles"]

Floats = npt.NDArray[np.float64]

_FOREVER = 2.0**53
_SMALLEST = 2.0**-1074
_FAR = 700  # powers of two from 1: of what is nearer, nothing made of it loses digits
_TINY = 2.0**-_FAR
_LIFT = 2.0**600  # raises the smallest subnormal number above _TINY
_LIFTED_MOST = 2.0**1000  # the highest level of a curve that is lifted
_LIFTED = frozenset({"eden", "exponential", "geometric_decay", "inverse", "natural", "sampled", "staircase", "tanh"})
_LEVEL_FIELDS = frozenset({"a", "hi", "lo", "value"})  # the fields of a row that are rates
_AT_ONCE = 1 << 16  # cycles times lanes that are lowered together: 512 KiB per number


def _floats(number: Numbers) -> Floats:
    return np.asarray(number, dtype=np.float64)


def _row(name: str, *fields: Numbers, start: Numbers | float = 0.0, a: Track = (), b: Track = ()) -> Row:
    return Row(code(name), _floats(np.asarray(start)), tuple(_floats(field) for field in fields), a, b)


def _held(name: str, steps: Numbers, end: Numbers, *fields: Numbers) -> Track:
    """A finite curve, and the level it holds from its last step on."""
    return (_row(name, *fields), _row("constant", end, start=steps))


def _levels(node: Node) -> tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]:
    """The signed length, the smaller level, the larger, and where the curve falls."""
    init, end, steps = (_floats(node.numbers[name]) for name in ("init", "end", "steps"))
    falls = init >= end
    return np.where(falls, steps, -steps), np.minimum(init, end), np.maximum(init, end), falls


def _all(condition: npt.ArrayLike) -> bool:
    return bool(np.all(condition))


def _constant(node: Node) -> Track:
    return (_row("constant", node.numbers["value"]),)


def _is_tiny(node: Node) -> npt.NDArray[np.bool_]:
    """Where a curve's slope, its height over up to 2^106, might be lost among the subnormal numbers.

    Such a curve is a power or a cosine's power of 1, which weighs its height and has no slope.
    """
    top = np.maximum(node.numbers["init"], node.numbers["end"])
    return (top > 0) & (top < _TINY)


def _polynomial(node: Node) -> Track:
    power, steps, end = node.numbers["power"], node.numbers["steps"], node.numbers["end"]
    length, lo, hi, falls = _levels(node)
    sloping = ~_is_tiny(node)
    if _all(sloping & (power == 1)):
        return _held("linear", steps, end, length, lo, hi)
    if _all(node.numbers["from_start"]):  # init + (end-init)*p^q: p counts from the start, whichever way it runs
        return _held("power", steps, end, -_floats(steps), lo, hi, np.where(falls, -power, power))
    if _all(sloping & (power == 2)):
        return _held("square", steps, end, length, lo, hi)
    return _held("power", steps, end, _floats(steps), lo, hi, np.where(falls, power, -power))


def _cosine(node: Node) -> Track:
    exponent, k, steps, end = (node.numbers[name] for name in ("exponent", "k", "steps", "end"))
    length, lo, hi, falls = _levels(node)
    if _all((exponent == 1) & (k == 1) & ~_is_tiny(node)):
        return _held("cosine", steps, end, length, lo, hi)
    return _held("cosine_power", steps, end, np.abs(length), lo, hi, np.where(falls, exponent, -exponent), k)


def _per_step(exponent: exact.Pair, every: Numbers) -> exact.Pair:
    return exact.divide(exponent, exact.pair(_floats(every)))


def _natural(node: Node) -> Track:
    """init * exp(-rate*t)."""
    rate = _floats(node.numbers["rate"])
    high, low = exact.negate(exact.multiply(exact.pair(rate), exact.LOG2_E))
    return (_row("exponential", node.numbers["init"], high, low),)


def _geometric_decay(node: Node) -> Track:
    """init * gamma^(t/every)."""
    high, low = _per_step(exact.log2(node.numbers["gamma"]), node.numbers["every"])
    return (_row("exponential", node.numbers["init"], high, low),)


def _staircase(node: Node) -> Track:
    """init * factor^floor(t/every)."""
    high, low = _scale_exponent(node.numbers["factor"])
    return (_row("staircase", node.numbers["init"], node.numbers["every"], high, low),)


def _scale_exponent(scale: Numbers) -> exact.Pair:
    """log2 of a factor >= 0; 2^-4096 stands for 0, as whatever it multiplies becomes 0."""
    gone = scale == 0
    high, low = exact.log2(np.where(gone, 1.0, scale))
    return np.where(gone, -4096.0, high), np.where(gone, 0.0, low)


def _exponential(node: Node) -> Track:
    """init * (end/init)^(t/steps), then end."""
    init, end, steps = (_floats(node.numbers[name]) for name in ("init", "end", "steps"))
    # a factor may have made a level 0, which has no logarithm
    ratio = exact.subtract(*(exact.log2(np.maximum(level, _SMALLEST)) for level in (end, init)))
    high, low = _per_step(ratio, np.maximum(steps, 1))
    return _held("exponential", steps, end, init, high, low)


def _inverse(node: Node) -> Track:
    """init * ((gain*t + shift)/unit)^-power."""
    *fields, power = (node.numbers[name] for name in ("init", "gain", "shift", "unit", "power"))
    return (_row("reciprocal", *fields) if _all(power == 1) else _row("inverse", *fields, power),)


def _eden(node: Node) -> Track:
    """init * (1 + (t/width)^2)^-power."""
    return (_row("eden", *(node.numbers[name] for name in ("init", "width", "power"))),)


def _tanh(node: Node) -> Track:
    """The weight of the larger level is 1/(1 + e^y), y = +-2*(lower + (upper-lower)*t/steps)."""
    lower, upper = _floats(node.numbers["lower"]), _floats(node.numbers["upper"])
    _, lo, hi, falls = _levels(node)
    sign = np.where(falls, 2.0, -2.0)
    start = exact.multiply(exact.pair(sign * lower), exact.LOG2_E)
    span = exact.subtract(exact.pair(upper), exact.pair(lower))
    slope = _per_step(exact.multiply((sign * span[0], sign * span[1]), exact.LOG2_E), np.maximum(node.numbers["steps"], 1))
    return _held("tanh", node.numbers["steps"], node.numbers["end"], lo, hi, *start, *slope)


def _rex(node: Node) -> Track:
    length, lo, hi, _ = _levels(node)
    return _held("rex", node.numbers["steps"], node.numbers["end"], length, lo, hi, node.numbers["beta"])


def _affine_exponential(node: Node) -> Track:
    """The weight of the larger level, x steps from the smaller: (g^(x/steps) - 1)/(g - 1), g = ratio rising, 1/ratio falling."""
    ratio, steps = _floats(node.numbers["ratio"]), _floats(node.numbers["steps"])
    if _all(ratio == 1):
        line = {"power": np.asarray(1.0), "from_start": np.asarray(False)}
        return _polynomial(replace(node, numbers={**node.numbers, **line}))
    length, lo, hi, falls = _levels(node)
    sign, log = np.where(falls, -1.0, 1.0), exact.log2(ratio)
    slope = _per_step((sign * log[0], sign * log[1]), np.maximum(steps, 1))
    return _held("affine_exponential", steps, node.numbers["end"], length, lo, hi, *slope)


def _logarithmic(node: Node) -> Track:
    length, lo, hi, _ = _levels(node)
    return _held("logarithmic", node.numbers["steps"], node.numbers["end"], length, lo, hi, *exact.log2(np.abs(length) + 1.0))


def _sampled(node: Node) -> Track:
    assert node.samples is not None
    every = node.numbers["every"]
    last = node.samples.shape[-1] - 1
    fields = (_floats(every), np.asarray(float(last)), _floats(node.numbers["joined"]))
    row = Row(code("sampled"), np.asarray(0.0), fields, samples=node.samples)
    return (row, _row("constant", node.samples[..., -1], start=_floats(every) * last))


def _join(node: Node) -> Track:
    """One flat track: each part's rows, moved to its start and cut off where the next begins."""
    starts = [_floats(node.numbers[str(i)]) for i in range(len(node.parts))]
    rows: list[Row | Cycles] = []
    for part, start, stop in zip(node.parts, starts, [*starts[1:], np.asarray(np.inf)], strict=True):
        rows += _cut(_track(part), start, stop)
    return tuple(rows)


def _cut(track: Track, start: Floats, stop: Floats) -> Iterator[Row | Cycles]:
    """The rows that begin before ``stop``, where the track's own clock begins at ``start``."""
    for row in track:
        if isinstance(row, Cycles):
            inner = tuple(_cut_rows(row.track, start[..., None], stop[..., None]))
            begun = max((_last_column(each.start < stop[..., None]) for each in inner), default=0)
            yield from [Cycles(row.times, inner).first(begun)] if begun else []
        else:
            yield from _cut_rows((row,), start, stop)


def _cut_rows(rows: tuple[Row, ...], start: Floats, stop: Floats) -> Iterator[Row]:
    for row in rows:
        begin = np.minimum(start + row.start, stop)
        if not _all(begin >= stop):
            yield row._replace(start=begin)


def _last_column(condition: npt.NDArray[np.bool_]) -> int:
    """How many columns there are up to the last in which a condition holds for some lane."""
    columns = condition.any(axis=tuple(range(condition.ndim - 1)))
    return int(np.max(np.flatnonzero(columns), initial=-1)) + 1


def _loop(node: Node) -> Track:
    numbers = node.numbers
    if not _all(numbers["stretch"] == 1):
        return _unrolled(node)
    times = np.where(numbers["times"] < 0, 2 * _FOREVER, numbers["times"])  # step 2^53 of period 1 begins time 2^53 + 1
    high, low = _scale_exponent(numbers["scale"])
    return (_row("loop", numbers["period"], times, high, low, numbers["floor"], a=_track(node.parts[0])),)


def _unrolled(node: Node) -> Track:
    """Growing cycles, one after the other, each with its own levels."""
    rows = list[Cycles]()
    for start, body in _bodies(node):
        for some in _alike_cycles(body, start.shape[-1]):
            begin = start[..., some]
            track = tuple(_begun_at(row, begin) for row in _track(_columns(body, some)))
            rows.append(Cycles(begin.shape[-1], track))
    return tuple(rows)


def _begun_at(row: Row | Cycles, begin: Floats) -> Row:
    assert isinstance(row, Row)  # a stretched body holds no loop
    return row._replace(start=np.minimum(begin + row.start, 2 * _FOREVER))


def _bodies(node: Node) -> Iterator[tuple[Floats, Node]]:
    """Some cycles of a stretched loop at a time: their first steps, and a body of one lane per cycle.

    The last axis of all numbers is that of the cycles, behind the axes of the batch.
    """
    numbers = node.numbers
    body, period, floor = _wider(node.parts[0]), _floats(numbers["period"])[..., None], numbers["floor"][..., None]
    for start, length, factor in _cycles(numbers["period"], numbers["times"], numbers["scale"], numbers["stretch"]):
        yield start, _moved(_stretched(body, length, period, np.asarray(0)), factor, floor)


def _each_number(node: Node, change: Callable[[Numbers], Numbers]) -> Node:
    """The same node with each of its numbers, and of those below it, changed."""
    numbers = {name: change(number) for name, number in node.numbers.items()}
    parts = tuple(_each_number(part, change) for part in node.parts)
    return replace(node, numbers=numbers, parts=parts, steps=None, bound=_floats(change(node.bound)))


def _wider(node: Node) -> Node:
    """A node with one more batch axis behind the others."""
    return _each_number(node, lambda number: number[..., None])


def _columns(node: Node, some: slice) -> Node:
    """Of a node whose last batch axis is that of cycles, some of these."""
    return _each_number(node, lambda number: number[..., some] if number.ndim and number.shape[-1] > 1 else number)


def _alike_cycles(body: Node, count: int) -> Iterator[slice]:
    """The longest ranges of cycles in which all have the same shapes."""
    choices = _choices(body)
    differs = np.zeros(count - 1, dtype=bool)
    for choice in choices:
        by_cycle = np.broadcast_to(choice.reshape(-1, choice.shape[-1])[0], (count,))
        differs |= by_cycle[1:] != by_cycle[:-1]
    ends = [0, *(np.flatnonzero(differs) + 1).tolist(), count]
    return (slice(begin, end) for begin, end in pairwise(ends))


def _cycles(period: Numbers, times: Numbers, scale: Numbers, stretch: Numbers) -> Iterator[tuple[Floats, Floats, exact.Pair]]:
    """First step, length and scale of each cycle, some cycles at a time along a last axis.

    Cycle i begins at the integer nearest to the exact ``period * (1 + stretch + ... + stretch^(i-1))``. A lane whose cycles are
    over is given ones that never begin.
    """
    period, times, scale, stretch = (_floats(number)[..., None] for number in (period, times, scale, stretch))
    zero = exact.pair(period * 0.0 + stretch * 0.0)
    count = _at_once(period, times, stretch, np.broadcast_shapes(zero[0].shape, times.shape, scale.shape))
    with np.errstate(all="ignore"):  # beyond the last step numbers may overflow: no cycle begins there
        sums, growths, powers = _sums(exact.pair(period), exact.pair(stretch), exact.pair(scale), count + 1)
    begin, power, i = zero, exact.pair(scale * 0.0 + 1.0), 0
    while True:
        with np.errstate(all="ignore"):
            begins, factors = exact.add(exact.multiply(begin, growths), sums), exact.multiply(power, powers)
            nearest = exact.nearest(begins)
            lengths = exact.subtract(_words(nearest, 1, None), _words(nearest, 0, -1))[0]
        runs = (begins[0][..., :-1] <= LAST_STEP) & ((times < 0) | (i + np.arange(count) < times))
        some = _last_column(runs)
        if some:
            runs, (high, low) = runs[..., :some], _words(factors, 0, some)
            start = np.where(runs, nearest[0][..., :some], 2 * _FOREVER)
            yield start, np.where(runs, lengths[..., :some], 0.0), (np.where(runs, high, 1.0), np.where(runs, low, 0.0))
        if some < count:
            return
        begin, power, i = _words(begins, -1, None), _words(factors, -1, None), i + count


def _words(pair: exact.Pair, first: int, stop: int | None) -> exact.Pair:
    """Some columns of a number in two words."""
    return pair[0][..., first:stop], pair[1][..., first:stop]


def _at_once(period: Floats, times: Floats, stretch: Floats, shape: tuple[int, ...]) -> int:
    """How many cycles to lay out together: one more than there are about, unless lanes are many."""
    with np.errstate(divide="ignore", invalid="ignore"):
        about = np.max(np.where(stretch == 1, np.maximum(times, 1.0), cycles(period, times, stretch)))
    return int(min(1.001 * about + 4, max(1, _AT_ONCE // int(np.prod(shape)))))


def _sums(first: exact.Pair, growth: exact.Pair, scale: exact.Pair, count: int) -> tuple[exact.Pair, exact.Pair, exact.Pair]:
    """``first * (1 + growth + ... + growth^(i-1))``, ``growth^i`` and ``scale^i`` for each i < count, by doubling."""
    one = exact.pair(np.ones_like(first[0] + growth[0]))
    sums, growths, powers = exact.multiply(one, exact.pair(np.zeros(1))), one, exact.pair(np.ones_like(scale[0]))
    total, grown, scaled = exact.multiply(one, first), growth, scale  # sum, growth and scale of as many as there are
    while growths[0].shape[-1] < count:
        sums = _behind(sums, exact.add(exact.multiply(sums, grown), total))
        growths, powers = _behind(growths, exact.multiply(growths, grown)), _behind(powers, exact.multiply(powers, scaled))
        total = exact.add(exact.multiply(total, grown), total)
        grown, scaled = exact.multiply(grown, grown), exact.multiply(scaled, scaled)
    return _words(sums, 0, count), _words(growths, 0, count), _words(powers, 0, count)


def _behind(some: exact.Pair, more: exact.Pair) -> exact.Pair:
    return np.concatenate([some[0], more[0]], axis=-1), np.concatenate([some[1], more[1]], axis=-1)


def words_of_cycles(body: Node, lanes: int) -> int:
    """About how many words of a program each cycle of a stretched loop takes, where its body has this track."""
    rows = list(_all_rows(_track(body)))
    return sum(ROW + lanes * (1 + len(row.fields)) for row in rows)


def _all_rows(track: Track) -> Iterator[Row]:
    for row in track:
        assert isinstance(row, Row)  # a stretched body holds no loop
        yield row
        yield from _all_rows((*row.a, *row.b))


def cycled_steps(period: Numbers, times: Numbers, stretch: Numbers) -> npt.NDArray[np.int64]:
    """The length of so many cycles together."""
    alike, most = stretch == 1, _floats(period) * times
    if not _all(alike):
        for start, length, _ in _cycles(period, np.where(alike, 0, times), np.asarray(1.0), stretch):
            runs = ~alike[..., None] & (start <= LAST_STEP)
            ends = np.max(np.where(runs, start + length, 0.0), axis=-1)
            most = np.where(runs.any(axis=-1), ends, most)
    return most.astype(np.int64)


_LEVELS = frozenset({"value", "init", "end", "floor"})  # the numbers of a node that are rates


def _moved(node: Node, factor: exact.Pair, floor: Numbers) -> Node:
    """The same curves with every level ``factor`` times as far from ``floor``, rounded once.

    A factor within goes first: the levels in between are those of a schedule that somebody built, which float64 has room for.
    """
    if node.kind == "scale":
        return _moved(_unscaled(node), factor, floor)
    rest = exact.multiply(exact.subtract(exact.pair(np.ones_like(factor[0])), factor), exact.pair(floor))

    def moved(level: Numbers) -> Floats:
        return exact.add(exact.multiply(exact.pair(level), factor), rest)[0]

    numbers = {name: moved(number) if name in _LEVELS else number for name, number in node.numbers.items()}
    factors = _shares(node.parts, factor) if node.kind == "multiply" else [factor] * len(node.parts)
    parts = tuple(_moved(part, share, floor) for part, share in zip(node.parts, factors, strict=True))
    samples = None if node.samples is None else _moved_samples(node.samples, factor, rest)
    return replace(node, numbers=numbers, parts=parts, bound=_scaled_bound(node, factor), samples=samples)


def _scaled_bound(node: Node, factor: exact.Pair) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(node.bound * factor[0])


def _shares(parts: tuple[Node, ...], factor: exact.Pair) -> tuple[exact.Pair, exact.Pair]:
    """Of a product one part takes the factor: the first, unless that would cost it digits at the limits of float64, and more."""
    with np.errstate(divide="ignore"):
        first, second = (np.abs(np.log2(_scaled_bound(part, factor))) for part in parts)
    takes = (parts[0].bound == 0) | (first < _FAR) | (first <= second)
    high, low = factor
    return (np.where(takes, high, 1.0), np.where(takes, low, 0.0)), (np.where(takes, 1.0, high), np.where(takes, 0.0, low))


def _moved_samples(samples: Floats, factor: exact.Pair, rest: exact.Pair) -> Floats:
    (high, low), (rest_high, rest_low) = ((word[..., None] for word in pair) for pair in (factor, rest))
    return exact.add(exact.multiply(exact.pair(samples), (high, low)), (rest_high, rest_low))[0]


def _stretched(node: Node, length: Floats, period: Floats, begin: Numbers) -> Node:
    """The same curves with every seam at ``length/period`` times its step, rounded; the node's own clock begins at ``begin``."""

    def place(step: Numbers) -> Floats:  # the period's end is exact, where a product would be one off at 2^52
        return np.where(step == period, length, np.rint(step * (length / period)))

    def moved(step: Numbers) -> Floats:
        return place(begin + step) - place(begin)

    numbers = dict(node.numbers)
    for name in numbers.keys() & {"steps", *(str(i) for i in range(len(node.parts)))}:
        numbers[name] = moved(numbers[name])
    wait = {"join": [str(i) for i in range(len(node.parts))], "delay": ["steps"]}.get(node.kind)
    begins = [begin + node.numbers[name] for name in wait] if wait else [begin] * len(node.parts)
    parts = tuple(_stretched(part, length, period, at) for part, at in zip(node.parts, begins, strict=True))
    return replace(node, numbers=numbers, parts=parts)


def _delay(node: Node) -> Track:
    """The first rate, then every row so many steps later."""
    wait, inner = _floats(node.numbers["steps"]), _track(node.parts[0])
    begun = tuple(_cut(inner, np.asarray(0.0), np.asarray(1.0)))
    still, each = np.asarray(0.0), np.asarray(1.0)  # the clock stands at the first step
    return (_row("clock", still, still, each, a=begun), *_cut(inner, wait, np.asarray(np.inf)))


def _clock(node: Node) -> Track:
    """Each pace from its step on; the clock of the track within counts what the paces before have come to."""
    numbers, inner = node.numbers, _track(node.parts[0])
    return tuple(
        _row("clock", numbers[f"base{i}"], numbers[f"pace{i}"], numbers["every"], start=numbers[f"start{i}"], a=inner)
        for i in range(len(numbers) // 3)
    )


def _scale(node: Node) -> Track:
    """A factor costs nothing: it is taken into the levels."""
    return _track(_unscaled(node))


def _unscaled(node: Node) -> Node:
    return _moved(node.parts[0], exact.pair(node.numbers["factor"]), np.asarray(0.0))


def _pair(node: Node) -> Track:
    return (_row(node.kind, a=_track(node.parts[0]), b=_track(node.parts[1])),)


_LOWER: dict[str, Callable[[Node], Track]] = {
    "constant": _constant,
    "polynomial": _polynomial,
    "cosine": _cosine,
    "natural": _natural,
    "geometric_decay": _geometric_decay,
    "staircase": _staircase,
    "exponential": _exponential,
    "inverse": _inverse,
    "eden": _eden,
    "tanh": _tanh,
    "rex": _rex,
    "affine_exponential": _affine_exponential,
    "logarithmic": _logarithmic,
    "sampled": _sampled,
    "join": _join,
    "loop": _loop,
    "delay": _delay,
    "clock": _clock,
    "scale": _scale,
    "multiply": _pair,
    "add": _pair,
    "minimum": _pair,
    "maximum": _pair,
}


def _track(node: Node) -> Track:
    track = _LOWER[node.kind](node)
    return _lifted(track) if node.kind in _LIFTED and _all(_needs_lift(node)) else track


def _needs_lift(node: Node) -> npt.NDArray[np.bool_]:
    """Lanes whose curve may compute with subnormal numbers.

    It would round each rate twice, and could rise by a last bit where it must fall.
    """
    if node.samples is not None:
        lines = np.maximum(node.samples[..., 1:], node.samples[..., :-1])
        low = np.any((lines > 0) & (lines < _TINY), axis=-1) & (node.numbers["joined"] != 0)
        top = node.samples.max(axis=-1)
    else:
        levels = [node.numbers[name] for name in ("init", "end") if name in node.numbers]
        low = np.any(np.broadcast_arrays(*((level > 0) & (level < _TINY) for level in levels)), axis=0)
        top = np.maximum(levels[0], levels[-1])
    return np.asarray(low & (top <= _LIFTED_MOST / _LIFT))


def _lifted(track: Track) -> Track:
    """The same rates, as curves ``_LIFT`` times as high times ``1/_LIFT``: each is rounded once."""

    def lifted(row: Row | Cycles) -> Row:
        assert isinstance(row, Row)  # the track is that of one curve
        if row.samples is not None:
            return row._replace(samples=row.samples * _LIFT)
        pairs = zip(shape(row.shape).fields, row.fields, strict=True)
        return row._replace(fields=tuple(value * _LIFT if name in _LEVEL_FIELDS else value for name, value in pairs))

    lowered = _row("constant", np.asarray(1.0 / _LIFT))
    return (_row("multiply", a=(lowered,), b=tuple(map(lifted, track))),)


def _has_stack(node: Node) -> bool:
    return node.kind == "stack" or any(_has_stack(part) for part in node.parts)


def _spread(track: Track, shape: tuple[int, ...]) -> Track:
    """Every number that differs between lanes, written out lane by lane; of cycles, as (lanes, cycles)."""

    def spread(row: Row | Cycles) -> Row | Cycles:
        if isinstance(row, Cycles):
            return Cycles(row.times, tuple(_spread_row(each, shape, columns=1) for each in row.track))
        own = _spread_row(row._replace(a=(), b=()), shape)
        return own._replace(a=_spread(row.a, shape), b=_spread(row.b, shape))

    return tuple(spread(row) for row in track)


def _spread_row(row: Row | Cycles, shape: tuple[int, ...], columns: int = 0) -> Row:
    assert isinstance(row, Row)  # cycles hold no others

    def full(number: Floats) -> Floats:
        if number.size == 1:
            return number.ravel()[:1].reshape((1,) * (1 + columns))
        tail = number.shape[-1:] if columns else ()
        own = number.size > (tail[0] if tail else 1)
        return np.broadcast_to(number, (*shape, *tail)).reshape(-1, *tail) if own else number.reshape(1, *tail)

    samples = row.samples
    if samples is not None and samples.ndim > 1:
        samples = np.broadcast_to(samples, (*shape, samples.shape[-1])).reshape(-1, samples.shape[-1])
    start, fields = full(row.start), tuple(full(field) for field in row.fields)
    a, b = (tuple(_spread_row(inner, shape, columns) for inner in track) for track in (row.a, row.b))
    return Row(row.shape, start, fields, a, b, samples)


def _families(node: Node, positions: npt.NDArray[np.int64]) -> list[Family]:
    """One family a structure. A stack is taken apart along its axis, and what is alike is put together again."""
    if not _has_stack(node):
        choices = _choices(node) if positions.size > 1 else []
        if not choices:
            return [_family(node, positions)]
        return [_family(select(node, lanes), positions[lanes]) for lanes in _alike(choices, positions.shape)]
    found: dict[object, list[Family]] = {}
    for i in range(positions.shape[0]):
        for family in _families(take(node, i, positions.ndim), positions[i]):
            found.setdefault(tuple(_structure(row) for row in family.track), []).append(family)
    return [_merged(alike) for alike in found.values()]


def _family(node: Node, positions: npt.NDArray[np.int64]) -> Family:
    return Family(positions.ravel(), _spread(_track(node), positions.shape))


def _choices(node: Node) -> list[npt.NDArray[np.bool_]]:
    """What decides on a node's shape, and those below it, where it is not the same for all lanes.

    A lane's shape must hang on its own numbers alone: it has the same bits in every batch.
    """
    numbers, own = node.numbers, list[Any]()
    if node.kind == "polynomial":
        own = [numbers["power"] == 1, numbers["power"] == 2, _is_tiny(node)]
    if node.kind == "cosine":
        own = [(numbers["exponent"] == 1) & (numbers["k"] == 1), _is_tiny(node)]
    if node.kind == "inverse":
        own = [numbers["power"] == 1]
    if node.kind == "affine_exponential":
        own = [numbers["ratio"] == 1, (numbers["ratio"] == 1) & _is_tiny(node)]
    if node.kind == "loop":
        own = [numbers["stretch"] == 1]
    if node.kind in _LIFTED:
        own.append(_needs_lift(node))
    if node.kind == "loop" and np.any((numbers["stretch"] != 1) & (numbers["scale"] != 1)):
        return _mixed(own) + _choices_of_cycles(node)
    return _mixed(own) + [choice for part in _lowered_parts(node) for choice in _choices(part)]


def _mixed(choices: list[npt.NDArray[np.bool_]]) -> list[npt.NDArray[np.bool_]]:
    return [choice for choice in choices if np.any(choice) and not np.all(choice)]


def _choices_of_cycles(node: Node) -> list[npt.NDArray[np.bool_]]:
    """What decides on the shapes of any cycle of a stretched loop."""
    once = replace(node, numbers={**node.numbers, "times": np.where(node.numbers["stretch"] == 1, 1, node.numbers["times"])})
    found = list[npt.NDArray[np.bool_]]()
    for choice in (choice for _, body in _bodies(once) for choice in _choices(body)):
        columns = np.unique(choice.reshape(-1, choice.shape[-1]), axis=1)
        found += [column.reshape(choice.shape[:-1]) for column in columns.T]
    return _mixed(found)


def _lowered_parts(node: Node) -> Iterator[Node]:
    """The parts of a node at the levels with which they are lowered: a factor is taken into them."""
    if node.kind == "scale":
        yield _unscaled(node)
    else:
        yield from node.parts


def _alike(choices: list[npt.NDArray[np.bool_]], shape: tuple[int, ...]) -> Iterator[npt.NDArray[np.bool_]]:
    """The lanes of each combination of choices."""
    combinations = np.stack([np.broadcast_to(choice, shape).ravel() for choice in choices])
    _, which = np.unique(combinations, axis=1, return_inverse=True)
    for i in range(which.max() + 1):
        yield (which == i).reshape(shape)


def _structure(row: Row | Cycles) -> object:
    """What lanes must share to be one family."""
    if isinstance(row, Cycles):
        return row.times, tuple(map(_structure, row.track))
    samples = None if row.samples is None else row.samples.shape[-1]
    return row.shape, samples, tuple(map(_structure, row.a)), tuple(map(_structure, row.b))


def _merged(families: list[Family]) -> Family:
    if len(families) == 1:
        return families[0]
    sizes = [family.positions.size for family in families]
    track = _merged_tracks([family.track for family in families], sizes)
    return Family(np.concatenate([family.positions for family in families]), track)


def _merged_tracks(tracks: list[Track], sizes: list[int]) -> Track:
    """Tracks of one structure as one, of the lanes of all."""
    merged = list[Row | Cycles]()
    for rows in zip(*tracks, strict=True):
        cycles = [row for row in rows if isinstance(row, Cycles)]
        if cycles:
            each = zip(*(row.track for row in cycles), strict=True)
            merged.append(Cycles(cycles[0].times, tuple(_merged_row(alike, sizes) for alike in each)))
        else:
            merged.append(_merged_row(tuple(row for row in rows if isinstance(row, Row)), sizes))
    return tuple(merged)


def _merged_row(rows: tuple[Row, ...], sizes: list[int]) -> Row:
    def together(numbers: tuple[Floats, ...]) -> Floats:
        tail = np.broadcast_shapes(*(number.shape[1:] for number in numbers))
        return np.concatenate([np.broadcast_to(n, (size, *tail)) for n, size in zip(numbers, sizes, strict=True)])

    samples = None
    if rows[0].samples is not None:
        tables = [row.samples for row in rows if row.samples is not None]
        samples = np.concatenate([np.broadcast_to(t, (s, t.shape[-1])) for t, s in zip(tables, sizes, strict=True)])
    return Row(
        rows[0].shape,
        together(tuple(row.start for row in rows)),
        tuple(together(fields) for fields in zip(*(row.fields for row in rows), strict=True)),
        _merged_tracks([row.a for row in rows], sizes),
        _merged_tracks([row.b for row in rows], sizes),
        samples,
    )


def families(node: Node, past_end: str = "hold") -> list[Family]:
    """The rows of all lanes, what a program is packed from."""
    lanes = np.arange(int(np.prod(node.shape))).reshape(node.shape)
    return _families(ended(node, past_end), lanes)


def lower(node: Node, past_end: str = "hold") -> Program:
    """Lower a tree to a program.

    ``past_end`` is ``"hold"``, ``"raise"``, ``"repeat"`` or ``"zero"``; ``"raise"`` writes the first forbidden step, the
    smallest over all lanes, into the program's header.
    """
    ends = past_end == "raise" and node.steps is not None
    return pack(families(node, past_end), float(np.min(node.steps)) if ends and node.steps is not None else NO_LIMIT)
