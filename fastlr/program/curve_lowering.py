"""Lower a curve to its segments.

Levels are oriented here, so that kernels measure a weight from the smaller level, and decay
constants are computed in two float64 words. A finite curve becomes its own segment, followed by a
constant segment at its last level. ``lowering`` puts the curves of a tree together.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fastlr.program import double_double
from fastlr.program.lane_conditions import all_lanes
from fastlr.program.opcodes import OPCODES, opcode
from fastlr.program.rescaling import SAFE_EXPONENT
from fastlr.program.segments import Cycles, Segment, Segments
from fastlr.program.tree import Node, Numbers

__all__ = [
    "CURVES",
    "as_floats",
    "curve_choices",
    "lower_curve",
    "make_segment",
    "scale_exponent",
]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_SMALLEST = 2.0**-1074
_TINY = 2.0**-SAFE_EXPONENT
_LIFT = 2.0**600  # raises the smallest subnormal number above _TINY
_LIFTED_MOST = 2.0**1000  # no level of a lifted curve is higher
_LIFTED = frozenset(
    {"eden", "exponential", "geometric_decay", "inverse", "natural", "sampled", "staircase", "tanh"}
)
_RATE_FIELDS = frozenset({"a", "hi", "lo", "value"})  # the fields of a segment that are rates


def as_floats(number: Numbers) -> Floats:
    """Return a number of a node as float64."""
    return np.asarray(number, dtype=np.float64)


def make_segment(
    name: str, *fields: Numbers, start: Numbers | float = 0.0, a: Segments = (), b: Segments = ()
) -> Segment:
    """Make a segment of the opcode ``name``."""
    return Segment(
        opcode(name),
        np.asarray(start, dtype=np.float64),
        tuple([np.asarray(field, dtype=np.float64) for field in fields]),
        a,
        b,
    )


def _then_hold(name: str, steps: Numbers, end: Numbers, *fields: Numbers) -> Segments:
    """Return a finite curve and the level that it holds from its last step on."""
    return (make_segment(name, *fields), make_segment("constant", end, start=steps))


def _levels(node: Node) -> tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]:
    """Return the signed length, the smaller and the larger level, and where the curve falls."""
    init, end, steps = (as_floats(node.numbers[name]) for name in ("init", "end", "steps"))
    falls = init >= end
    return np.where(falls, steps, -steps), np.minimum(init, end), np.maximum(init, end), falls


def _is_tiny(node: Node) -> npt.NDArray[np.bool_]:
    """Return where the levels are so small that a slope might be subnormal.

    A slope is the height over a length of up to 2^106, and a subnormal number has fewer digits.
    Such a curve is lowered to ``power`` or ``cosine_power``, which multiply the height by a weight.
    """
    top = np.maximum(node.numbers["init"], node.numbers["end"])
    return (top > 0) & (top < _TINY)


def _constant(node: Node) -> Segments:
    return (make_segment("constant", node.numbers["value"]),)


def _polynomial_choices(node: Node) -> list[Bools]:
    """Return where it is a line, where a parabola, and where it is tiny."""
    power = node.numbers["power"]
    return [power == 1, power == 2, _is_tiny(node)]


def _polynomial(node: Node) -> Segments:
    power, steps, end = node.numbers["power"], node.numbers["steps"], node.numbers["end"]
    length, lo, hi, falls = _levels(node)
    linear, square, tiny = _polynomial_choices(node)
    if all_lanes(linear & ~tiny):
        return _then_hold("linear", steps, end, length, lo, hi)
    # init + (end-init)*p^q: p counts from the start, rising or falling
    if all_lanes(node.numbers["from_start"]):
        return _then_hold(
            "power", steps, end, -as_floats(steps), lo, hi, np.where(falls, -power, power)
        )
    if all_lanes(square & ~tiny):
        return _then_hold("square", steps, end, length, lo, hi)
    return _then_hold("power", steps, end, as_floats(steps), lo, hi, np.where(falls, power, -power))


def _cosine_choices(node: Node) -> list[Bools]:
    """Return where it is a plain cosine, and where it is tiny."""
    return [(node.numbers["exponent"] == 1) & (node.numbers["k"] == 1), _is_tiny(node)]


def _cosine(node: Node) -> Segments:
    exponent, k, steps, end = (node.numbers[name] for name in ("exponent", "k", "steps", "end"))
    length, lo, hi, falls = _levels(node)
    plain, tiny = _cosine_choices(node)
    if all_lanes(plain & ~tiny):
        return _then_hold("cosine", steps, end, length, lo, hi)
    return _then_hold(
        "cosine_power", steps, end, np.abs(length), lo, hi, np.where(falls, exponent, -exponent), k
    )


def _per_step(exponent: double_double.DoubleDouble, every: Numbers) -> double_double.DoubleDouble:
    """Return the exponent per step, in two words."""
    return double_double.divide(exponent, double_double.pair(as_floats(every)))


def _natural(node: Node) -> Segments:
    """init * exp(-rate*t/every), where only a stretched one has ``every``."""
    rate = as_floats(node.numbers["rate"])
    exponent = double_double.negate(
        double_double.multiply(double_double.pair(rate), double_double.LOG2_E)
    )
    if "every" in node.numbers:
        exponent = _per_step(exponent, node.numbers["every"])
    return (make_segment("exponential", node.numbers["init"], *exponent),)


def _geometric_decay(node: Node) -> Segments:
    """init * gamma^(t/every)."""
    high, low = _per_step(double_double.log2(node.numbers["gamma"]), node.numbers["every"])
    return (make_segment("exponential", node.numbers["init"], high, low),)


def _staircase(node: Node) -> Segments:
    """init * factor^floor(t/every)."""
    high, low = scale_exponent(node.numbers["factor"])
    return (make_segment("staircase", node.numbers["init"], node.numbers["every"], high, low),)


def scale_exponent(scale: Numbers) -> double_double.DoubleDouble:
    """Return log2 of a factor >= 0. For 0 it is -4096: 2^-4096 times any rate is 0."""
    gone = scale == 0
    high, low = double_double.log2(np.where(gone, 1.0, scale))
    return np.where(gone, -4096.0, high), np.where(gone, 0.0, low)


def _exponential(node: Node) -> Segments:
    """init * (end/init)^(t/steps), then end."""
    init, end, steps = (as_floats(node.numbers[name]) for name in ("init", "end", "steps"))
    # a factor may have rounded a level to 0, which has no logarithm
    ratio = double_double.subtract(
        *(double_double.log2(np.maximum(level, _SMALLEST)) for level in (end, init))
    )
    high, low = _per_step(ratio, np.maximum(steps, 1))
    return _then_hold("exponential", steps, end, init, high, low)


def _inverse_choices(node: Node) -> list[Bools]:
    """Return where it is a reciprocal."""
    return [np.asarray(node.numbers["power"] == 1)]


def _inverse(node: Node) -> Segments:
    """init * ((gain*t + shift)/unit)^-power."""
    *fields, power = (node.numbers[name] for name in ("init", "gain", "shift", "unit", "power"))
    [reciprocal] = _inverse_choices(node)
    return (
        make_segment("reciprocal", *fields)
        if all_lanes(reciprocal)
        else make_segment("inverse", *fields, power),
    )


def _eden(node: Node) -> Segments:
    """init * (1 + (t/width)^2)^-power."""
    return (make_segment("eden", *(node.numbers[name] for name in ("init", "width", "power"))),)


def _tanh(node: Node) -> Segments:
    """The weight of the larger level is 1/(1 + e^y), y = +-2*(lower + (upper-lower)*t/steps)."""
    lower, upper = as_floats(node.numbers["lower"]), as_floats(node.numbers["upper"])
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


def _affine_exponential_choices(node: Node) -> list[Bools]:
    """Return where it is a line, and where it is a tiny one."""
    linear = np.asarray(node.numbers["ratio"] == 1)
    return [linear, linear & _is_tiny(node)]


def _affine_exponential(node: Node) -> Segments:
    """Lower the curve whose weight at x steps from the smaller level is (g^(x/steps) - 1)/(g - 1).

    g is ``ratio`` if the curve rises and 1/``ratio`` if it falls.
    """
    ratio, steps = as_floats(node.numbers["ratio"]), as_floats(node.numbers["steps"])
    linear, _ = _affine_exponential_choices(node)
    if all_lanes(linear):
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
    fields = (as_floats(every), np.asarray(float(last)), as_floats(node.numbers["joined"]))
    segment = Segment(opcode("sampled"), np.asarray(0.0), fields, samples=node.samples)
    return (segment, make_segment("constant", node.samples[..., -1], start=as_floats(every) * last))


CURVES: dict[str, Callable[[Node], Segments]] = {
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
}


_CHOICES: dict[str, Callable[[Node], list[Bools]]] = {
    "polynomial": _polynomial_choices,
    "cosine": _cosine_choices,
    "inverse": _inverse_choices,
    "affine_exponential": _affine_exponential_choices,
}


def lower_curve(node: Node) -> Segments:
    """Lower a curve; lift it if it may compute with subnormal numbers."""
    segments = CURVES[node.kind](node)
    return _lift(segments) if node.kind in _LIFTED and all_lanes(_needs_lift(node)) else segments


def curve_choices(node: Node) -> list[Bools]:
    """Return the conditions, by lane, that decide which opcode a curve is lowered to.

    Lanes that differ in one of them cannot share a family.
    """
    choices = _CHOICES[node.kind](node) if node.kind in _CHOICES else []
    return [*choices, _needs_lift(node)] if node.kind in _LIFTED else choices


def _needs_lift(node: Node) -> npt.NDArray[np.bool_]:
    """Return the lanes whose curve may compute with subnormal numbers.

    Such a curve would round each rate twice, and could rise by a last bit where it must fall.
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
    """Return segments of ``_LIFT`` times the rates, times ``1/_LIFT``: each is rounded once."""

    def lifted(segment: Segment | Cycles) -> Segment:
        assert isinstance(segment, Segment)  # a curve has no cycles
        if segment.samples is not None:
            return segment._replace(samples=segment.samples * _LIFT)
        pairs = zip(OPCODES[segment.opcode].fields, segment.fields, strict=True)
        return segment._replace(
            fields=tuple(value * _LIFT if name in _RATE_FIELDS else value for name, value in pairs)
        )

    lowered = make_segment("constant", np.asarray(1.0 / _LIFT))
    return (make_segment("multiply", a=(lowered,), b=tuple(map(lifted, segments))),)
