"""From the tree to the program: levels oriented, decay constants in two words, joins flattened,
structures merged.

Everything that needs thought happens here, once, so that kernels need none. A finite curve becomes
its row followed by a constant row at its last level; a join of joins becomes one flat track; lanes
of the same structure become one family.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.program import double_double
from fastlr.program.opcodes import LAST_STEP, OPCODES, opcode
from fastlr.program.program import NO_LIMIT, Family, Program, Segment, pack
from fastlr.program.tree import Node, Numbers, apply_past_end, select, take

__all__ = ["cycled_steps", "families", "lower"]

Track = tuple[Segment, ...]
Floats = npt.NDArray[np.float64]

_FOREVER = 2.0**53
_SMALLEST = 2.0**-1074
_FAR = 700  # powers of two from 1: of what is nearer, nothing made of it loses digits
_TINY = 2.0**-_FAR
_LIFT = 2.0**600  # raises the smallest subnormal number above _TINY
_LIFTED_MOST = 2.0**1000  # the highest level of a curve that is lifted
_LIFTED = frozenset(
    {"eden", "exponential", "geometric_decay", "inverse", "natural", "sampled", "staircase", "tanh"}
)
_LEVEL_FIELDS = frozenset({"a", "hi", "lo", "value"})  # the fields of a row that are rates


def _floats(number: Numbers) -> Floats:
    return np.asarray(number, dtype=np.float64)


def _row(
    name: str, *fields: Numbers, start: Numbers | float = 0.0, a: Track = (), b: Track = ()
) -> Segment:
    return Segment(
        opcode(name), _floats(np.asarray(start)), tuple(_floats(field) for field in fields), a, b
    )


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
    """Where a curve's slope, its height over up to 2^106, might be lost among the subnormal
    numbers.

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
    # init + (end-init)*p^q: p counts from the start, whichever way it runs
    if _all(node.numbers["from_start"]):
        return _held("power", steps, end, -_floats(steps), lo, hi, np.where(falls, -power, power))
    if _all(sloping & (power == 2)):
        return _held("square", steps, end, length, lo, hi)
    return _held("power", steps, end, _floats(steps), lo, hi, np.where(falls, power, -power))


def _cosine(node: Node) -> Track:
    exponent, k, steps, end = (node.numbers[name] for name in ("exponent", "k", "steps", "end"))
    length, lo, hi, falls = _levels(node)
    if _all((exponent == 1) & (k == 1) & ~_is_tiny(node)):
        return _held("cosine", steps, end, length, lo, hi)
    return _held(
        "cosine_power", steps, end, np.abs(length), lo, hi, np.where(falls, exponent, -exponent), k
    )


def _per_step(exponent: double_double.DoubleDouble, every: Numbers) -> double_double.DoubleDouble:
    return double_double.divide(exponent, double_double.pair(_floats(every)))


def _natural(node: Node) -> Track:
    """init * exp(-rate*t)."""
    rate = _floats(node.numbers["rate"])
    high, low = double_double.negate(
        double_double.multiply(double_double.pair(rate), double_double.LOG2_E)
    )
    return (_row("exponential", node.numbers["init"], high, low),)


def _geometric_decay(node: Node) -> Track:
    """init * gamma^(t/every)."""
    high, low = _per_step(double_double.log2(node.numbers["gamma"]), node.numbers["every"])
    return (_row("exponential", node.numbers["init"], high, low),)


def _staircase(node: Node) -> Track:
    """init * factor^floor(t/every)."""
    high, low = _scale_exponent(node.numbers["factor"])
    return (_row("staircase", node.numbers["init"], node.numbers["every"], high, low),)


def _scale_exponent(scale: Numbers) -> double_double.DoubleDouble:
    """log2 of a factor >= 0; 2^-4096 stands for 0, as whatever it multiplies becomes 0."""
    gone = scale == 0
    high, low = double_double.log2(np.where(gone, 1.0, scale))
    return np.where(gone, -4096.0, high), np.where(gone, 0.0, low)


def _exponential(node: Node) -> Track:
    """init * (end/init)^(t/steps), then end."""
    init, end, steps = (_floats(node.numbers[name]) for name in ("init", "end", "steps"))
    # a factor may have made a level 0, which has no logarithm
    ratio = double_double.subtract(
        *(double_double.log2(np.maximum(level, _SMALLEST)) for level in (end, init))
    )
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
    start = double_double.multiply(double_double.pair(sign * lower), double_double.LOG2_E)
    span = double_double.subtract(double_double.pair(upper), double_double.pair(lower))
    slope = _per_step(
        double_double.multiply((sign * span[0], sign * span[1]), double_double.LOG2_E),
        np.maximum(node.numbers["steps"], 1),
    )
    return _held("tanh", node.numbers["steps"], node.numbers["end"], lo, hi, *start, *slope)


def _rex(node: Node) -> Track:
    length, lo, hi, _ = _levels(node)
    return _held(
        "rex", node.numbers["steps"], node.numbers["end"], length, lo, hi, node.numbers["beta"]
    )


def _affine_exponential(node: Node) -> Track:
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
    return _held("affine_exponential", steps, node.numbers["end"], length, lo, hi, *slope)


def _logarithmic(node: Node) -> Track:
    length, lo, hi, _ = _levels(node)
    return _held(
        "logarithmic",
        node.numbers["steps"],
        node.numbers["end"],
        length,
        lo,
        hi,
        *double_double.log2(np.abs(length) + 1.0),
    )


def _sampled(node: Node) -> Track:
    assert node.samples is not None
    every = node.numbers["every"]
    last = node.samples.shape[-1] - 1
    fields = (_floats(every), np.asarray(float(last)), _floats(node.numbers["joined"]))
    row = Segment(opcode("sampled"), np.asarray(0.0), fields, samples=node.samples)
    return (row, _row("constant", node.samples[..., -1], start=_floats(every) * last))


def _join(node: Node) -> Track:
    """One flat track: each part's rows, moved to its start and cut off where the next begins."""
    starts = [_floats(node.numbers[str(i)]) for i in range(len(node.parts))]
    rows: list[Segment] = []
    for part, start, stop in zip(
        node.parts, starts, [*starts[1:], np.asarray(np.inf)], strict=True
    ):
        for row in _track(part):
            begin = np.minimum(start + row.start, stop)
            if not _all(begin >= stop):
                rows.append(row._replace(start=begin))
    return tuple(rows)


def _loop(node: Node) -> Track:
    numbers = node.numbers
    if not _all(numbers["stretch"] == 1):
        return _unrolled(node)
    # step 2^53 of period 1 begins time 2^53 + 1
    times = np.where(numbers["times"] < 0, 2 * _FOREVER, numbers["times"])
    high, low = _scale_exponent(numbers["scale"])
    return (
        _row(
            "loop", numbers["period"], times, high, low, numbers["floor"], a=_track(node.parts[0])
        ),
    )


def _unrolled(node: Node) -> Track:
    """Growing periods, one after the other, each with its own levels."""
    numbers, rows = node.numbers, list[Segment]()
    for start, length, factor in _cycles(
        numbers["period"], numbers["times"], numbers["scale"], numbers["stretch"]
    ):
        cycle = _stretched(node.parts[0], length, _floats(numbers["period"]), np.asarray(0))
        for row in _track(_moved(cycle, factor, numbers["floor"])):
            rows.append(row._replace(start=np.minimum(start + row.start, 2 * _FOREVER)))
    return tuple(rows)


def _cycles(
    period: Numbers, times: Numbers, scale: Numbers, stretch: Numbers
) -> Iterator[tuple[Floats, Floats, double_double.DoubleDouble]]:
    """First step, length and scale of each cycle; a lane whose cycles are over is given ones that
    never begin.

    Cycle i begins at the integer nearest to the exact ``period * (1 + stretch + ... +
    stretch^(i-1))``.
    """
    begin, power, i = (
        double_double.pair(_floats(period) * 0.0),
        double_double.pair(_floats(scale) * 0.0 + 1.0),
        0,
    )
    while True:
        runs = (begin[0] <= LAST_STEP) & ((times < 0) | (i < times))
        if not runs.any():
            return
        end = double_double.add(
            double_double.multiply(begin, double_double.pair(stretch)), double_double.pair(period)
        )
        start = double_double.nearest(begin)
        length = double_double.subtract(double_double.nearest(end), start)[0]
        yield np.where(runs, start[0], 2 * _FOREVER), np.where(runs, length, 0.0), power
        begin, power, i = end, double_double.multiply(power, double_double.pair(scale)), i + 1


def cycled_steps(period: Numbers, times: Numbers, stretch: Numbers) -> npt.NDArray[np.int64]:
    """The length of so many cycles together."""
    alike, most = stretch == 1, _floats(period) * times
    if not _all(alike):
        for start, length, _ in _cycles(
            period, np.where(alike, 0, times), np.asarray(1.0), stretch
        ):
            most = np.where(~alike & (start <= LAST_STEP), start + length, most)
    return most.astype(np.int64)


_LEVELS = frozenset({"value", "init", "end", "floor"})  # the numbers of a node that are rates


def _moved(node: Node, factor: double_double.DoubleDouble, floor: Numbers) -> Node:
    """The same curves with every level ``factor`` times as far from ``floor``, rounded once.

    A factor within goes first: the levels in between are those of a schedule that somebody built,
    which float64 has room for.
    """
    if node.kind == "scale":
        return _moved(_unscaled(node), factor, floor)
    rest = double_double.multiply(
        double_double.subtract(double_double.pair(np.ones_like(factor[0])), factor),
        double_double.pair(floor),
    )

    def moved(level: Numbers) -> Floats:
        return double_double.add(double_double.multiply(double_double.pair(level), factor), rest)[0]

    numbers = {
        name: moved(number) if name in _LEVELS else number for name, number in node.numbers.items()
    }
    factors = _shares(node.parts, factor) if node.kind == "multiply" else [factor] * len(node.parts)
    parts = tuple(
        _moved(part, share, floor) for part, share in zip(node.parts, factors, strict=True)
    )
    samples = None if node.samples is None else _moved_samples(node.samples, factor, rest)
    return replace(
        node, numbers=numbers, parts=parts, bound=_scaled_bound(node, factor), samples=samples
    )


def _scaled_bound(node: Node, factor: double_double.DoubleDouble) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(node.bound * factor[0])


def _shares(
    parts: tuple[Node, ...], factor: double_double.DoubleDouble
) -> tuple[double_double.DoubleDouble, double_double.DoubleDouble]:
    """Of a product one part takes the factor: the first, unless that would cost it digits at
    the limits of float64, and more.
    """
    with np.errstate(divide="ignore"):
        first, second = (np.abs(np.log2(_scaled_bound(part, factor))) for part in parts)
    takes = (parts[0].bound == 0) | (first < _FAR) | (first <= second)
    high, low = factor
    return (np.where(takes, high, 1.0), np.where(takes, low, 0.0)), (
        np.where(takes, 1.0, high),
        np.where(takes, 0.0, low),
    )


def _moved_samples(
    samples: Floats, factor: double_double.DoubleDouble, rest: double_double.DoubleDouble
) -> Floats:
    (high, low), (rest_high, rest_low) = (
        (word[..., None] for word in pair) for pair in (factor, rest)
    )
    return double_double.add(
        double_double.multiply(double_double.pair(samples), (high, low)), (rest_high, rest_low)
    )[0]


def _stretched(node: Node, length: Floats, period: Floats, begin: Numbers) -> Node:
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
    begins = [
        begin + node.numbers[str(i)] if node.kind == "join" else begin
        for i in range(len(node.parts))
    ]
    parts = tuple(
        _stretched(part, length, period, at) for part, at in zip(node.parts, begins, strict=True)
    )
    return replace(node, numbers=numbers, parts=parts)


def _delay(node: Node) -> Track:
    """The first rate, then every row so many steps later."""
    wait, inner = _floats(node.numbers["steps"]), _track(node.parts[0])
    begun = tuple(row for row in inner if np.any(row.start == 0))
    still, each = np.asarray(0.0), np.asarray(1.0)  # the clock stands at the first step
    return (
        _row("clock", still, still, each, a=begun),
        *(row._replace(start=row.start + wait) for row in inner),
    )


def _clock(node: Node) -> Track:
    """Each pace from its step on; the clock of the track within counts what the paces before
    have come to.
    """
    numbers, inner = node.numbers, _track(node.parts[0])
    return tuple(
        _row(
            "clock",
            numbers[f"base{i}"],
            numbers[f"pace{i}"],
            numbers["every"],
            start=numbers[f"start{i}"],
            a=inner,
        )
        for i in range(len(numbers) // 3)
    )


def _scale(node: Node) -> Track:
    """A factor costs nothing: it is taken into the levels."""
    return _track(_unscaled(node))


def _unscaled(node: Node) -> Node:
    return _moved(node.parts[0], double_double.pair(node.numbers["factor"]), np.asarray(0.0))


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
        low = np.any(
            np.broadcast_arrays(*((level > 0) & (level < _TINY) for level in levels)), axis=0
        )
        top = np.maximum(levels[0], levels[-1])
    return np.asarray(low & (top <= _LIFTED_MOST / _LIFT))


def _lifted(track: Track) -> Track:
    """The same rates, as curves ``_LIFT`` times as high times ``1/_LIFT``: each is rounded once."""

    def lifted(row: Segment) -> Segment:
        if row.samples is not None:
            return row._replace(samples=row.samples * _LIFT)
        pairs = zip(OPCODES[row.shape].fields, row.fields, strict=True)
        return row._replace(
            fields=tuple(value * _LIFT if name in _LEVEL_FIELDS else value for name, value in pairs)
        )

    lowered = _row("constant", np.asarray(1.0 / _LIFT))
    return (_row("multiply", a=(lowered,), b=tuple(map(lifted, track))),)


def _has_stack(node: Node) -> bool:
    return node.kind == "stack" or any(_has_stack(part) for part in node.parts)


def _spread(row: Segment, shape: tuple[int, ...]) -> Segment:
    """Every number that differs between lanes, written out lane by lane."""

    def full(number: Floats) -> Floats:
        return number.ravel()[:1] if number.size == 1 else np.broadcast_to(number, shape).ravel()

    samples = row.samples
    if samples is not None and samples.ndim > 1:
        samples = np.broadcast_to(samples, (*shape, samples.shape[-1])).reshape(
            -1, samples.shape[-1]
        )
    return row._replace(
        start=full(row.start),
        fields=tuple(full(field) for field in row.fields),
        a=tuple(_spread(inner, shape) for inner in row.a),
        b=tuple(_spread(inner, shape) for inner in row.b),
        samples=samples,
    )


def _families(node: Node, positions: npt.NDArray[np.int64]) -> list[Family]:
    """One family a structure.

    A stack is taken apart along its axis, and what is alike is put together again.
    """
    if not _has_stack(node):
        choices = _choices(node) if positions.size > 1 else []
        if not choices:
            return [_family(node, positions)]
        return [
            _family(select(node, lanes), positions[lanes])
            for lanes in _alike(choices, positions.shape)
        ]
    found: dict[object, list[Family]] = {}
    for i in range(positions.shape[0]):
        for family in _families(take(node, i, positions.ndim), positions[i]):
            found.setdefault(tuple(_structure(row) for row in family.track), []).append(family)
    return [_merged(alike) for alike in found.values()]


def _family(node: Node, positions: npt.NDArray[np.int64]) -> Family:
    return Family(positions.ravel(), tuple(_spread(row, positions.shape) for row in _track(node)))


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
    mixed = [choice for choice in own if np.any(choice) and not np.all(choice)]
    return mixed + [choice for part in _lowered_parts(node) for choice in _choices(part)]


def _lowered_parts(node: Node) -> Iterator[Node]:
    """The parts of a node at the levels with which they are lowered: a factor and a period's
    scale are taken into them.
    """
    if node.kind == "scale":
        yield _unscaled(node)
    elif node.kind == "loop" and np.any(
        (node.numbers["stretch"] != 1) & (node.numbers["scale"] != 1)
    ):
        period, times, scale, stretch, floor = (
            node.numbers[name] for name in ("period", "times", "scale", "stretch", "floor")
        )
        for _, _, factor in _cycles(period, np.where(stretch == 1, 1, times), scale, stretch):
            yield _moved(node.parts[0], factor, floor)
    else:
        yield from node.parts


def _alike(
    choices: list[npt.NDArray[np.bool_]], shape: tuple[int, ...]
) -> Iterator[npt.NDArray[np.bool_]]:
    """The lanes of each combination of choices."""
    combinations = np.stack([np.broadcast_to(choice, shape).ravel() for choice in choices])
    _, which = np.unique(combinations, axis=1, return_inverse=True)
    for i in range(which.max() + 1):
        yield (which == i).reshape(shape)


def _structure(row: Segment) -> object:
    """What lanes must share to be one family."""
    samples = None if row.samples is None else row.samples.shape[-1]
    return row.shape, samples, tuple(map(_structure, row.a)), tuple(map(_structure, row.b))


def _merged(families: list[Family]) -> Family:
    if len(families) == 1:
        return families[0]
    sizes = [family.positions.size for family in families]
    track = tuple(
        _merged_row(rows, sizes)
        for rows in zip(*(family.track for family in families), strict=True)
    )
    return Family(np.concatenate([family.positions for family in families]), track)


def _merged_row(rows: tuple[Segment, ...], sizes: list[int]) -> Segment:
    def together(numbers: tuple[Floats, ...]) -> Floats:
        return np.concatenate(
            [np.broadcast_to(n, (size,)) for n, size in zip(numbers, sizes, strict=True)]
        )

    samples = None
    if rows[0].samples is not None:
        tables = [row.samples for row in rows if row.samples is not None]
        samples = np.concatenate(
            [np.broadcast_to(t, (s, t.shape[-1])) for t, s in zip(tables, sizes, strict=True)]
        )
    return Segment(
        rows[0].shape,
        together(tuple(row.start for row in rows)),
        tuple(together(fields) for fields in zip(*(row.fields for row in rows), strict=True)),
        tuple(_merged_row(inner, sizes) for inner in zip(*(row.a for row in rows), strict=True)),
        tuple(_merged_row(inner, sizes) for inner in zip(*(row.b for row in rows), strict=True)),
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
