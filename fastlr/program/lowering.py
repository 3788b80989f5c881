"""From the tree to the program: levels oriented, decay constants in two words, joins flattened,
structures merged.

Everything that needs thought happens here, once, so that kernels need none. A finite curve becomes
its row followed by a constant row at its last level; a join of joins becomes one flat track; lanes
of the same structure become one family.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.program import double_double
from fastlr.program.opcodes import LAST_STEP, OPCODES, ROW, opcode
from fastlr.program.program import NO_LIMIT, Cycles, Family, Program, Segment, Segments, pack
from fastlr.program.tree import Node, Numbers, apply_past_end, cycles, select, take

__all__ = ["cycled_steps", "families", "lower", "numbers_of_cycles"]

Floats = npt.NDArray[np.float64]

_FOREVER = 2.0**53
_SMALLEST = 2.0**-1074
_SAFE_EXPONENT = 700  # powers of two from 1: of what is nearer, nothing made of it loses digits
_TINY = 2.0**-_SAFE_EXPONENT
_LIFT = 2.0**600  # raises the smallest subnormal number above _TINY
_LIFTED_MOST = 2.0**1000  # the highest level of a curve that is lifted
_LIFTED = frozenset(
    {"eden", "exponential", "geometric_decay", "inverse", "natural", "sampled", "staircase", "tanh"}
)
_RATE_FIELDS = frozenset({"a", "hi", "lo", "value"})  # the fields of a row that are rates
_MOST_AT_ONCE = 1 << 16  # cycles times lanes that are lowered together: 512 KiB per number


def _floats(number: Numbers) -> Floats:
    return np.asarray(number, dtype=np.float64)


def _segment(
    name: str, *fields: Numbers, start: Numbers | float = 0.0, a: Segments = (), b: Segments = ()
) -> Segment:
    return Segment(
        opcode(name), _floats(np.asarray(start)), tuple(_floats(field) for field in fields), a, b
    )


def _then_hold(name: str, steps: Numbers, end: Numbers, *fields: Numbers) -> Segments:
    """A finite curve, and the level it holds from its last step on."""
    return (_segment(name, *fields), _segment("constant", end, start=steps))


def _levels(node: Node) -> tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]:
    """The signed length, the smaller level, the larger, and where the curve falls."""
    init, end, steps = (_floats(node.numbers[name]) for name in ("init", "end", "steps"))
    falls = init >= end
    return np.where(falls, steps, -steps), np.minimum(init, end), np.maximum(init, end), falls


def _all(condition: npt.ArrayLike) -> bool:
    return bool(np.all(condition))


def _constant(node: Node) -> Segments:
    return (_segment("constant", node.numbers["value"]),)


def _is_tiny(node: Node) -> npt.NDArray[np.bool_]:
    """Where a curve's slope, its height over up to 2^106, might be lost among the subnormal
    numbers.

    Such a curve is a power or a cosine's power of 1, which weighs its height and has no slope.
    """
    top = np.maximum(node.numbers["init"], node.numbers["end"])
    return (top > 0) & (top < _TINY)


def _polynomial(node: Node) -> Segments:
    power, steps, end = node.numbers["power"], node.numbers["steps"], node.numbers["end"]
    length, lo, hi, falls = _levels(node)
    sloping = ~_is_tiny(node)
    if _all(sloping & (power == 1)):
        return _then_hold("linear", steps, end, length, lo, hi)
    # init + (end-init)*p^q: p counts from the start, whichever way it runs
    if _all(node.numbers["from_start"]):
        return _then_hold(
            "power", steps, end, -_floats(steps), lo, hi, np.where(falls, -power, power)
        )
    if _all(sloping & (power == 2)):
        return _then_hold("square", steps, end, length, lo, hi)
    return _then_hold("power", steps, end, _floats(steps), lo, hi, np.where(falls, power, -power))


def _cosine(node: Node) -> Segments:
    exponent, k, steps, end = (node.numbers[name] for name in ("exponent", "k", "steps", "end"))
    length, lo, hi, falls = _levels(node)
    if _all((exponent == 1) & (k == 1) & ~_is_tiny(node)):
        return _then_hold("cosine", steps, end, length, lo, hi)
    return _then_hold(
        "cosine_power", steps, end, np.abs(length), lo, hi, np.where(falls, exponent, -exponent), k
    )


def _per_step(exponent: double_double.DoubleDouble, every: Numbers) -> double_double.DoubleDouble:
    return double_double.divide(exponent, double_double.pair(_floats(every)))


def _natural(node: Node) -> Segments:
    """init * exp(-rate*t)."""
    rate = _floats(node.numbers["rate"])
    high, low = double_double.negate(
        double_double.multiply(double_double.pair(rate), double_double.LOG2_E)
    )
    return (_segment("exponential", node.numbers["init"], high, low),)


def _geometric_decay(node: Node) -> Segments:
    """init * gamma^(t/every)."""
    high, low = _per_step(double_double.log2(node.numbers["gamma"]), node.numbers["every"])
    return (_segment("exponential", node.numbers["init"], high, low),)


def _staircase(node: Node) -> Segments:
    """init * factor^floor(t/every)."""
    high, low = _scale_exponent(node.numbers["factor"])
    return (_segment("staircase", node.numbers["init"], node.numbers["every"], high, low),)


def _scale_exponent(scale: Numbers) -> double_double.DoubleDouble:
    """log2 of a factor >= 0; 2^-4096 stands for 0, as whatever it multiplies becomes 0."""
    gone = scale == 0
    high, low = double_double.log2(np.where(gone, 1.0, scale))
    return np.where(gone, -4096.0, high), np.where(gone, 0.0, low)


def _exponential(node: Node) -> Segments:
    """init * (end/init)^(t/steps), then end."""
    init, end, steps = (_floats(node.numbers[name]) for name in ("init", "end", "steps"))
    # a factor may have made a level 0, which has no logarithm
    ratio = double_double.subtract(
        *(double_double.log2(np.maximum(level, _SMALLEST)) for level in (end, init))
    )
    high, low = _per_step(ratio, np.maximum(steps, 1))
    return _then_hold("exponential", steps, end, init, high, low)


def _inverse(node: Node) -> Segments:
    """init * ((gain*t + shift)/unit)^-power."""
    *fields, power = (node.numbers[name] for name in ("init", "gain", "shift", "unit", "power"))
    return (
        _segment("reciprocal", *fields)
        if _all(power == 1)
        else _segment("inverse", *fields, power),
    )


def _eden(node: Node) -> Segments:
    """init * (1 + (t/width)^2)^-power."""
    return (_segment("eden", *(node.numbers[name] for name in ("init", "width", "power"))),)


def _tanh(node: Node) -> Segments:
    """The weight of the larger level is 1/(1 + e^y), y = +-2*(lower + (upper-lower)*t/steps)."""
    lower, upper = _floats(node.numbers["lower"]), _floats(node.numbers["upper"])
    _, lo, hi, falls = _levels(node)
    sign = np.where(falls, 2.0, -2.0)
    start = double_double.multiply(double_double.pair(sign * lower), double_double.LOG2_E)
    span = double_double.subtract(double_double.pair(upper), double_double.pair(lower))
    slope = _per_step(
        double_double.multiply((sign * span[0], sign * span[1]), double_double.LOG2_E),
        np.maximum(node.numbers["steps"], 1),
    )
    return _then_hold("tanh", node.numbers["steps"], node.numbers["end"], lo, hi, *start, *slope)


def _rex(node: Node) -> Segments:
    length, lo, hi, _ = _levels(node)
    return _then_hold(
        "rex", node.numbers["steps"], node.numbers["end"], length, lo, hi, node.numbers["beta"]
    )


def _affine_exponential(node: Node) -> Segments:
    """The weight of the larger level, x steps from the smaller: (g^(x/steps) - 1)/(g - 1), g =
    ratio rising, 1/ratio falling.
    """
    ratio, steps = _floats(node.numbers["ratio"]), _floats(node.numbers["steps"])
    if _all(ratio == 1):
        line = {"power": np.asarray(1.0), "from_start": np.asarray(False)}
        return _polynomial(replace(node, numbers={**node.numbers, **line}))
    length, lo, hi, falls = _levels(node)
    sign, log = np.where(falls, -1.0, 1.0), double_double.log2(ratio)
    slope = _per_step((sign * log[0], sign * log[1]), np.maximum(steps, 1))
    return _then_hold("affine_exponential", steps, node.numbers["end"], length, lo, hi, *slope)


def _logarithmic(node: Node) -> Segments:
    length, lo, hi, _ = _levels(node)
    return _then_hold(
        "logarithmic",
        node.numbers["steps"],
        node.numbers["end"],
        length,
        lo,
        hi,
        *double_double.log2(np.abs(length) + 1.0),
    )


def _sampled(node: Node) -> Segments:
    assert node.samples is not None
    every = node.numbers["every"]
    last = node.samples.shape[-1] - 1
    fields = (_floats(every), np.asarray(float(last)), _floats(node.numbers["joined"]))
    segment = Segment(opcode("sampled"), np.asarray(0.0), fields, samples=node.samples)
    return (segment, _segment("constant", node.samples[..., -1], start=_floats(every) * last))


def _join(node: Node) -> Segments:
    """One flat track: each part's rows, moved to its start and cut off where the next begins."""
    starts = [_floats(node.numbers[str(i)]) for i in range(len(node.parts))]
    joined: list[Segment | Cycles] = []
    for part, start, stop in zip(
        node.parts, starts, [*starts[1:], np.asarray(np.inf)], strict=True
    ):
        joined += _cut(_lower(part), start, stop)
    return tuple(joined)


def _cut(segments: Segments, start: Floats, stop: Floats) -> Iterator[Segment | Cycles]:
    """The rows that begin before ``stop``, where the track's own clock begins at ``start``."""
    for segment in segments:
        if isinstance(segment, Cycles):
            inner = tuple(_cut_segments(segment.segments, start[..., None], stop[..., None]))
            begun = max((_count_to_last(each.start < stop[..., None]) for each in inner), default=0)
            yield from [Cycles(segment.times, inner).first(begun)] if begun else []
        else:
            yield from _cut_segments((segment,), start, stop)


def _cut_segments(segments: tuple[Segment, ...], start: Floats, stop: Floats) -> Iterator[Segment]:
    for segment in segments:
        begin = np.minimum(start + segment.start, stop)
        if not _all(begin >= stop):
            yield segment._replace(start=begin)


def _count_to_last(condition: npt.NDArray[np.bool_]) -> int:
    """How many columns there are up to the last in which a condition holds for some lane."""
    columns = condition.any(axis=tuple(range(condition.ndim - 1)))
    return int(np.max(np.flatnonzero(columns), initial=-1)) + 1


def _loop(node: Node) -> Segments:
    numbers = node.numbers
    if not _all(numbers["stretch"] == 1):
        return _lower_growing_cycles(node)
    # step 2^53 of period 1 begins time 2^53 + 1
    times = np.where(numbers["times"] < 0, 2 * _FOREVER, numbers["times"])
    high, low = _scale_exponent(numbers["scale"])
    return (
        _segment(
            "loop", numbers["period"], times, high, low, numbers["floor"], a=_lower(node.parts[0])
        ),
    )


def _lower_growing_cycles(node: Node) -> Segments:
    """Growing cycles, one after the other, each with its own levels."""
    unrolled = list[Cycles]()
    for start, body in _iter_bodies(node):
        for chosen in _cycles_with_equal_choices(body, start.shape[-1]):
            begin = start[..., chosen]
            inner = tuple(
                _start_at(segment, begin) for segment in _lower(_select_cycles(body, chosen))
            )
            unrolled.append(Cycles(begin.shape[-1], inner))
    return tuple(unrolled)


def _start_at(segment: Segment | Cycles, begin: Floats) -> Segment:
    assert isinstance(segment, Segment)  # a stretched body holds no loop
    return segment._replace(start=np.minimum(begin + segment.start, 2 * _FOREVER))


def _iter_bodies(node: Node) -> Iterator[tuple[Floats, Node]]:
    """Some cycles of a stretched loop at a time: their first steps, and a body of one lane per
    cycle.

    The last axis of all numbers is that of the cycles, behind the axes of the batch.
    """
    numbers = node.numbers
    body, period, floor = (
        _add_axis(node.parts[0]),
        _floats(numbers["period"])[..., None],
        numbers["floor"][..., None],
    )
    for start, length, factor in _iter_cycles(
        numbers["period"], numbers["times"], numbers["scale"], numbers["stretch"]
    ):
        yield start, _scale_levels(_stretch(body, length, period, np.asarray(0)), factor, floor)


def _map_numbers(node: Node, change: Callable[[Numbers], Numbers]) -> Node:
    """The same node with each of its numbers, and of those below it, changed."""
    numbers = {name: change(number) for name, number in node.numbers.items()}
    parts = tuple(_map_numbers(part, change) for part in node.parts)
    return replace(
        node, numbers=numbers, parts=parts, steps=None, bound=_floats(change(node.bound))
    )


def _add_axis(node: Node) -> Node:
    """A node with one more batch axis behind the others."""
    return _map_numbers(node, lambda number: number[..., None])


def _select_cycles(node: Node, chosen: slice) -> Node:
    """Of a node whose last batch axis is that of cycles, some of these."""
    return _map_numbers(
        node, lambda number: number[..., chosen] if number.ndim and number.shape[-1] > 1 else number
    )


def _cycles_with_equal_choices(body: Node, count: int) -> Iterator[slice]:
    """The longest ranges of cycles in which all have the same shapes."""
    choices = _lane_choices(body)
    differs = np.zeros(count - 1, dtype=bool)
    for choice in choices:
        by_cycle = np.broadcast_to(choice.reshape(-1, choice.shape[-1])[0], (count,))
        differs |= by_cycle[1:] != by_cycle[:-1]
    ends = [0, *(np.flatnonzero(differs) + 1).tolist(), count]
    return (slice(begin, end) for begin, end in pairwise(ends))


def _iter_cycles(
    period: Numbers, times: Numbers, scale: Numbers, stretch: Numbers
) -> Iterator[tuple[Floats, Floats, double_double.DoubleDouble]]:
    """First step, length and scale of each cycle, some cycles at a time along a last axis.

    Cycle i begins at the integer nearest to the exact ``period * (1 + stretch + ... +
    stretch^(i-1))``. A lane whose cycles are over is given ones that never begin.
    """
    period, times, scale, stretch = (
        _floats(number)[..., None] for number in (period, times, scale, stretch)
    )
    zero = double_double.pair(period * 0.0 + stretch * 0.0)
    count = _batch_of_cycles(
        period, times, stretch, np.broadcast_shapes(zero[0].shape, times.shape, scale.shape)
    )
    # beyond the last step numbers may overflow: no cycle begins there
    with np.errstate(all="ignore"):
        sums, growths, powers = _geometric_sums(
            double_double.pair(period),
            double_double.pair(stretch),
            double_double.pair(scale),
            count + 1,
        )
    begin, power, i = zero, double_double.pair(scale * 0.0 + 1.0), 0
    while True:
        with np.errstate(all="ignore"):
            begins, factors = (
                double_double.add(double_double.multiply(begin, growths), sums),
                double_double.multiply(power, powers),
            )
            nearest = double_double.nearest(begins)
            lengths = double_double.subtract(
                _columns_of_pair(nearest, 1, None), _columns_of_pair(nearest, 0, -1)
            )[0]
        runs = (begins[0][..., :-1] <= LAST_STEP) & ((times < 0) | (i + np.arange(count) < times))
        chosen = _count_to_last(runs)
        if chosen:
            runs, (high, low) = runs[..., :chosen], _columns_of_pair(factors, 0, chosen)
            start = np.where(runs, nearest[0][..., :chosen], 2 * _FOREVER)
            yield (
                start,
                np.where(runs, lengths[..., :chosen], 0.0),
                (np.where(runs, high, 1.0), np.where(runs, low, 0.0)),
            )
        if chosen < count:
            return
        begin, power, i = (
            _columns_of_pair(begins, -1, None),
            _columns_of_pair(factors, -1, None),
            i + count,
        )


def _columns_of_pair(
    pair: double_double.DoubleDouble, first: int, stop: int | None
) -> double_double.DoubleDouble:
    """Some columns of a number in two words."""
    return pair[0][..., first:stop], pair[1][..., first:stop]


def _batch_of_cycles(period: Floats, times: Floats, stretch: Floats, shape: tuple[int, ...]) -> int:
    """How many cycles to lay out together: one more than there are about, unless lanes are many."""
    with np.errstate(divide="ignore", invalid="ignore"):
        about = np.max(
            np.where(stretch == 1, np.maximum(times, 1.0), cycles(period, times, stretch))
        )
    return int(min(1.001 * about + 4, max(1, _MOST_AT_ONCE // int(np.prod(shape)))))


def _geometric_sums(
    first: double_double.DoubleDouble,
    growth: double_double.DoubleDouble,
    scale: double_double.DoubleDouble,
    count: int,
) -> tuple[double_double.DoubleDouble, double_double.DoubleDouble, double_double.DoubleDouble]:
    """``first * (1 + growth + ...

    + growth^(i-1))``, ``growth^i`` and ``scale^i`` for each i < count, by doubling.
    """
    one = double_double.pair(np.ones_like(first[0] + growth[0]))
    sums, growths, powers = (
        double_double.multiply(one, double_double.pair(np.zeros(1))),
        one,
        double_double.pair(np.ones_like(scale[0])),
    )
    # sum, growth and scale of as many as there are
    total, grown, scaled = double_double.multiply(one, first), growth, scale
    while growths[0].shape[-1] < count:
        sums = _concatenate(sums, double_double.add(double_double.multiply(sums, grown), total))
        growths, powers = (
            _concatenate(growths, double_double.multiply(growths, grown)),
            _concatenate(powers, double_double.multiply(powers, scaled)),
        )
        total = double_double.add(double_double.multiply(total, grown), total)
        grown, scaled = double_double.multiply(grown, grown), double_double.multiply(scaled, scaled)
    return (
        _columns_of_pair(sums, 0, count),
        _columns_of_pair(growths, 0, count),
        _columns_of_pair(powers, 0, count),
    )


def _concatenate(
    chosen: double_double.DoubleDouble, more: double_double.DoubleDouble
) -> double_double.DoubleDouble:
    return np.concatenate([chosen[0], more[0]], axis=-1), np.concatenate(
        [chosen[1], more[1]], axis=-1
    )


def numbers_of_cycles(body: Node, lanes: int) -> int:
    """About how many words of a program each cycle of a stretched loop takes, where its body
    has this track.
    """
    segments = list(_all_segments(_lower(body)))
    return sum(ROW + lanes * (1 + len(segment.fields)) for segment in segments)


def _all_segments(segments: Segments) -> Iterator[Segment]:
    for segment in segments:
        assert isinstance(segment, Segment)  # a stretched body holds no loop
        yield segment
        yield from _all_segments((*segment.a, *segment.b))


def cycled_steps(period: Numbers, times: Numbers, stretch: Numbers) -> npt.NDArray[np.int64]:
    """The length of so many cycles together."""
    equal, most = stretch == 1, _floats(period) * times
    if not _all(equal):
        for start, length, _ in _iter_cycles(
            period, np.where(equal, 0, times), np.asarray(1.0), stretch
        ):
            runs = ~equal[..., None] & (start <= LAST_STEP)
            ends = np.max(np.where(runs, start + length, 0.0), axis=-1)
            most = np.where(runs.any(axis=-1), ends, most)
    return most.astype(np.int64)


_LEVELS = frozenset({"value", "init", "end", "floor"})  # the numbers of a node that are rates


def _scale_levels(node: Node, factor: double_double.DoubleDouble, floor: Numbers) -> Node:
    """The same curves with every level ``factor`` times as far from ``floor``, rounded once.

    A factor within goes first: the levels in between are those of a schedule that somebody built,
    which float64 has room for.
    """
    if node.kind == "scale":
        return _scale_levels(_apply_factor(node), factor, floor)
    rest = double_double.multiply(
        double_double.subtract(double_double.pair(np.ones_like(factor[0])), factor),
        double_double.pair(floor),
    )

    def moved(level: Numbers) -> Floats:
        return double_double.add(double_double.multiply(double_double.pair(level), factor), rest)[0]

    numbers = {
        name: moved(number) if name in _LEVELS else number for name, number in node.numbers.items()
    }
    factors = (
        _split_factor(node.parts, factor) if node.kind == "multiply" else [factor] * len(node.parts)
    )
    parts = tuple(
        _scale_levels(part, share, floor) for part, share in zip(node.parts, factors, strict=True)
    )
    samples = None if node.samples is None else _scale_samples(node.samples, factor, rest)
    return replace(
        node, numbers=numbers, parts=parts, bound=_scaled_bound(node, factor), samples=samples
    )


def _scaled_bound(node: Node, factor: double_double.DoubleDouble) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(node.bound * factor[0])


def _split_factor(
    parts: tuple[Node, ...], factor: double_double.DoubleDouble
) -> tuple[double_double.DoubleDouble, double_double.DoubleDouble]:
    """Of a product one part takes the factor: the first, unless that would cost it digits at
    the limits of float64, and more.
    """
    with np.errstate(divide="ignore"):
        first, second = (np.abs(np.log2(_scaled_bound(part, factor))) for part in parts)
    takes = (parts[0].bound == 0) | (first < _SAFE_EXPONENT) | (first <= second)
    high, low = factor
    return (np.where(takes, high, 1.0), np.where(takes, low, 0.0)), (
        np.where(takes, 1.0, high),
        np.where(takes, 0.0, low),
    )


def _scale_samples(
    samples: Floats, factor: double_double.DoubleDouble, rest: double_double.DoubleDouble
) -> Floats:
    (high, low), (rest_high, rest_low) = (
        (word[..., None] for word in pair) for pair in (factor, rest)
    )
    return double_double.add(
        double_double.multiply(double_double.pair(samples), (high, low)), (rest_high, rest_low)
    )[0]


def _stretch(node: Node, length: Floats, period: Floats, begin: Numbers) -> Node:
    """The same curves with every boundary at ``length/period`` times its step, rounded; the
    node's own clock begins at ``begin``.
    """

    # the period's end is exact, where a product would be one off at 2^52
    def place(step: Numbers) -> Floats:
        return np.where(step == period, length, np.rint(step * (length / period)))

    def moved(step: Numbers) -> Floats:
        return place(begin + step) - place(begin)

    numbers = dict(node.numbers)
    for name in numbers.keys() & {"steps", *(str(i) for i in range(len(node.parts)))}:
        numbers[name] = moved(numbers[name])
    wait = {"join": [str(i) for i in range(len(node.parts))], "delay": ["steps"]}.get(node.kind)
    begins = [begin + node.numbers[name] for name in wait] if wait else [begin] * len(node.parts)
    parts = tuple(
        _stretch(part, length, period, at) for part, at in zip(node.parts, begins, strict=True)
    )
    return replace(node, numbers=numbers, parts=parts)


def _delay(node: Node) -> Segments:
    """The first rate, then every row so many steps later."""
    wait, inner = _floats(node.numbers["steps"]), _lower(node.parts[0])
    begun = tuple(_cut(inner, np.asarray(0.0), np.asarray(1.0)))
    still, each = np.asarray(0.0), np.asarray(1.0)  # the clock stands at the first step
    return (_segment("clock", still, still, each, a=begun), *_cut(inner, wait, np.asarray(np.inf)))


def _time_map(node: Node) -> Segments:
    """Each pace from its step on; the clock of the track within counts what the paces before
    have come to.
    """
    numbers, inner = node.numbers, _lower(node.parts[0])
    return tuple(
        _segment(
            "clock",
            numbers[f"base{i}"],
            numbers[f"pace{i}"],
            numbers["every"],
            start=numbers[f"start{i}"],
            a=inner,
        )
        for i in range(len(numbers) // 3)
    )


def _scale(node: Node) -> Segments:
    """A factor costs nothing: it is taken into the levels."""
    return _lower(_apply_factor(node))


def _apply_factor(node: Node) -> Node:
    return _scale_levels(node.parts[0], double_double.pair(node.numbers["factor"]), np.asarray(0.0))


def _pair(node: Node) -> Segments:
    return (_segment(node.kind, a=_lower(node.parts[0]), b=_lower(node.parts[1])),)


_LOWER: dict[str, Callable[[Node], Segments]] = {
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
    "time_map": _time_map,
    "scale": _scale,
    "multiply": _pair,
    "add": _pair,
    "minimum": _pair,
    "maximum": _pair,
}


def _lower(node: Node) -> Segments:
    segments = _LOWER[node.kind](node)
    return _lift(segments) if node.kind in _LIFTED and _all(_needs_lift(node)) else segments


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
        low = np.any(
            np.broadcast_arrays(*((level > 0) & (level < _TINY) for level in levels)), axis=0
        )
        top = np.maximum(levels[0], levels[-1])
    return np.asarray(low & (top <= _LIFTED_MOST / _LIFT))


def _lift(segments: Segments) -> Segments:
    """The same rates, as curves ``_LIFT`` times as high times ``1/_LIFT``: each is rounded once."""

    def lifted(segment: Segment | Cycles) -> Segment:
        assert isinstance(segment, Segment)  # the track is that of one curve
        if segment.samples is not None:
            return segment._replace(samples=segment.samples * _LIFT)
        pairs = zip(OPCODES[segment.opcode].fields, segment.fields, strict=True)
        return segment._replace(
            fields=tuple(value * _LIFT if name in _RATE_FIELDS else value for name, value in pairs)
        )

    lowered = _segment("constant", np.asarray(1.0 / _LIFT))
    return (_segment("multiply", a=(lowered,), b=tuple(map(lifted, segments))),)


def _has_stack(node: Node) -> bool:
    return node.kind == "stack" or any(_has_stack(part) for part in node.parts)


def _spread(segments: Segments, shape: tuple[int, ...]) -> Segments:
    """Every number that differs between lanes, written out lane by lane; of cycles, as (lanes,
    cycles).
    """

    def spread(segment: Segment | Cycles) -> Segment | Cycles:
        if isinstance(segment, Cycles):
            return Cycles(
                segment.times,
                tuple(_spread_segment(each, shape, columns=1) for each in segment.segments),
            )
        own = _spread_segment(segment._replace(a=(), b=()), shape)
        return own._replace(a=_spread(segment.a, shape), b=_spread(segment.b, shape))

    return tuple(spread(segment) for segment in segments)


def _spread_segment(segment: Segment | Cycles, shape: tuple[int, ...], columns: int = 0) -> Segment:
    assert isinstance(segment, Segment)  # cycles hold no others

    def full(number: Floats) -> Floats:
        if number.size == 1:
            return number.ravel()[:1].reshape((1,) * (1 + columns))
        tail = number.shape[-1:] if columns else ()
        own = number.size > (tail[0] if tail else 1)
        return (
            np.broadcast_to(number, (*shape, *tail)).reshape(-1, *tail)
            if own
            else number.reshape(1, *tail)
        )

    samples = segment.samples
    if samples is not None and samples.ndim > 1:
        samples = np.broadcast_to(samples, (*shape, samples.shape[-1])).reshape(
            -1, samples.shape[-1]
        )
    start, fields = full(segment.start), tuple(full(field) for field in segment.fields)
    a, b = (
        tuple(_spread_segment(inner, shape, columns) for inner in segments)
        for segments in (segment.a, segment.b)
    )
    return Segment(segment.opcode, start, fields, a, b, samples)


def _families(node: Node, positions: npt.NDArray[np.int64]) -> list[Family]:
    """One family a structure.

    A stack is taken apart along its axis, and what is alike is put together again.
    """
    if not _has_stack(node):
        choices = _lane_choices(node) if positions.size > 1 else []
        if not choices:
            return [_family(node, positions)]
        return [
            _family(select(node, lanes), positions[lanes])
            for lanes in _lanes_by_choice(choices, positions.shape)
        ]
    found: dict[object, list[Family]] = {}
    for i in range(positions.shape[0]):
        for family in _families(take(node, i, positions.ndim), positions[i]):
            found.setdefault(tuple(_structure(segment) for segment in family.segments), []).append(
                family
            )
    return [_merge_families(equal) for equal in found.values()]


def _family(node: Node, positions: npt.NDArray[np.int64]) -> Family:
    return Family(positions.ravel(), _spread(_lower(node), positions.shape))


def _lane_choices(node: Node) -> list[npt.NDArray[np.bool_]]:
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
        return _differing(own) + _cycle_choices(node)
    return _differing(own) + [
        choice for part in _lowered_parts(node) for choice in _lane_choices(part)
    ]


def _differing(choices: list[npt.NDArray[np.bool_]]) -> list[npt.NDArray[np.bool_]]:
    return [choice for choice in choices if np.any(choice) and not np.all(choice)]


def _cycle_choices(node: Node) -> list[npt.NDArray[np.bool_]]:
    """What decides on the shapes of any cycle of a stretched loop."""
    once = replace(
        node,
        numbers={
            **node.numbers,
            "times": np.where(node.numbers["stretch"] == 1, 1, node.numbers["times"]),
        },
    )
    found = list[npt.NDArray[np.bool_]]()
    for choice in (choice for _, body in _iter_bodies(once) for choice in _lane_choices(body)):
        columns = np.unique(choice.reshape(-1, choice.shape[-1]), axis=1)
        found += [column.reshape(choice.shape[:-1]) for column in columns.T]
    return _differing(found)


def _lowered_parts(node: Node) -> Iterator[Node]:
    """The parts of a node at the levels with which they are lowered: a factor is taken into
    them.
    """
    if node.kind == "scale":
        yield _apply_factor(node)
    else:
        yield from node.parts


def _lanes_by_choice(
    choices: list[npt.NDArray[np.bool_]], shape: tuple[int, ...]
) -> Iterator[npt.NDArray[np.bool_]]:
    """The lanes of each combination of choices."""
    combinations = np.stack([np.broadcast_to(choice, shape).ravel() for choice in choices])
    _, which = np.unique(combinations, axis=1, return_inverse=True)
    for i in range(which.max() + 1):
        yield (which == i).reshape(shape)


def _structure(segment: Segment | Cycles) -> object:
    """What lanes must share to be one family."""
    if isinstance(segment, Cycles):
        return segment.times, tuple(map(_structure, segment.segments))
    samples = None if segment.samples is None else segment.samples.shape[-1]
    return (
        segment.opcode,
        samples,
        tuple(map(_structure, segment.a)),
        tuple(map(_structure, segment.b)),
    )


def _merge_families(families: list[Family]) -> Family:
    if len(families) == 1:
        return families[0]
    sizes = [family.positions.size for family in families]
    segments = _merge_lists([family.segments for family in families], sizes)
    return Family(np.concatenate([family.positions for family in families]), segments)


def _merge_lists(tracks: list[Segments], sizes: list[int]) -> Segments:
    """Tracks of one structure as one, of the lanes of all."""
    merged = list[Segment | Cycles]()
    for segments in zip(*tracks, strict=True):
        cycles = [segment for segment in segments if isinstance(segment, Cycles)]
        if cycles:
            each = zip(*(segment.segments for segment in cycles), strict=True)
            merged.append(
                Cycles(cycles[0].times, tuple(_merge_segments(equal, sizes) for equal in each))
            )
        else:
            merged.append(
                _merge_segments(
                    tuple(segment for segment in segments if isinstance(segment, Segment)), sizes
                )
            )
    return tuple(merged)


def _merge_segments(segments: tuple[Segment, ...], sizes: list[int]) -> Segment:
    def concatenated(numbers: tuple[Floats, ...]) -> Floats:
        tail = np.broadcast_shapes(*(number.shape[1:] for number in numbers))
        return np.concatenate(
            [np.broadcast_to(n, (size, *tail)) for n, size in zip(numbers, sizes, strict=True)]
        )

    samples = None
    if segments[0].samples is not None:
        tables = [segment.samples for segment in segments if segment.samples is not None]
        samples = np.concatenate(
            [np.broadcast_to(t, (s, t.shape[-1])) for t, s in zip(tables, sizes, strict=True)]
        )
    return Segment(
        segments[0].opcode,
        concatenated(tuple(segment.start for segment in segments)),
        tuple(
            concatenated(fields)
            for fields in zip(*(segment.fields for segment in segments), strict=True)
        ),
        _merge_lists([segment.a for segment in segments], sizes),
        _merge_lists([segment.b for segment in segments], sizes),
        samples,
    )


def families(node: Node, past_end: str = "hold") -> list[Family]:
    """The rows of all lanes, what a program is packed from."""
    lanes = np.arange(int(np.prod(node.shape))).reshape(node.shape)
    return _families(apply_past_end(node, past_end), lanes)


def lower(node: Node, past_end: str = "hold") -> Program:
    """Lower a tree to a program.

    ``past_end`` is ``"hold"``, ``"raise"``, ``"repeat"`` or ``"zero"``; ``"raise"`` writes the
    first forbidden step, the smallest over all lanes, into the program's header.
    """
    ends = past_end == "raise" and node.steps is not None
    return pack(
        families(node, past_end),
        float(np.min(node.steps)) if ends and node.steps is not None else NO_LIMIT,
    )
