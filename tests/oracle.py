"""The oracle: every constructor's textbook formula in mpmath, read from a schedule's spec.

It uses only the JSON spec: no lowering, no kernels, no double-double arithmetic of fastlr. Numbers
that a constructor derives from its parameters by a single float64 operation (a default ``init`` of
``peak/25``) are derived the same way.
"""

from collections.abc import Callable
from typing import Any

import mpmath
from mpmath import mpf

mpmath.mp.prec = 1_200  # 1 - cos(p^k)^x at a first step of a long run keeps its digits

Spec = dict[str, dict[str, Any]]
FOREVER = 2**60
LAST = 2**53


def exact(schedule: Any, t: int) -> mpf:
    """The rate of a scalar schedule at step t, to 1,200 bits, less what its own subtractions
    cost.
    """
    return rate(schedule.to_spec()["schedule"], t)


def rate(spec: Spec, t: int) -> mpf:
    [(name, arguments)] = spec.items()
    return RATES[name](t, **arguments)


def length(spec: Spec) -> int:
    """The first step after the last change; FOREVER where there is none."""
    [(name, arguments)] = spec.items()
    return LENGTHS[name](**arguments) if name in LENGTHS else arguments.get("steps", FOREVER)


def between(init: float, end: float, weight: mpf) -> mpf:
    """``weight`` is that of init."""
    return mpf(end) + (mpf(init) - mpf(end)) * weight


def finite(formula: Callable[..., mpf]) -> Callable[..., mpf]:
    """``init`` to ``end`` in ``steps`` by the weight that the formula gives to progress 0 < p <
    1.
    """

    def curve(t: int, init: float, end: float, steps: int, **options: Any) -> mpf:
        if t >= steps:
            return mpf(end)
        return formula(mpf(t) / steps, mpf(steps - t) / steps, init, end, **options)

    return curve


linear = finite(lambda p, z, init, end: between(init, end, z))
exponential = finite(lambda p, z, init, end: mpf(init) * (mpf(end) / mpf(init)) ** p)


@finite
def polynomial(
    p: mpf, z: mpf, init: float, end: float, power: float = 2.0, origin: str = "end"
) -> mpf:
    return (
        between(init, end, z ** mpf(power))
        if origin == "end"
        else between(end, init, p ** mpf(power))
    )


rex = finite(lambda p, z, init, end, beta=0.5: between(init, end, z / (1 - mpf(beta) * p)))


@finite
def affine_exponential(p: mpf, z: mpf, init: float, end: float, ratio: float = 0.5) -> mpf:
    r = mpf(ratio)
    return between(init, end, z if r == 1 else (r**p - r) / (1 - r))


def logarithmic(t: int, init: float, end: float, steps: int) -> mpf:
    return (
        between(end, init, mpmath.log(mpf(t + 1)) / mpmath.log(mpf(steps + 1)))
        if t < steps
        else mpf(end)
    )


@finite
def cosine(p: mpf, z: mpf, init: float, end: float, exponent: float = 1.0, k: float = 1.0) -> mpf:
    return between(init, end, (mpmath.cos(mpmath.pi / 2 * p ** mpf(k)) ** 2) ** mpf(exponent))


@finite
def tanh(p: mpf, z: mpf, init: float, end: float, lower: float = -6.0, upper: float = 3.0) -> mpf:
    return between(init, end, (1 - mpmath.tanh(mpf(lower) + (mpf(upper) - mpf(lower)) * p)) / 2)


def cooldown_curve(t: int, init: float, end: float, steps: int, shape: str, power: float) -> mpf:
    if shape == "1-sqrt":
        return finite(lambda p, z, init, end: between(init, end, 1 - mpmath.sqrt(p)))(
            t, init, end, steps
        )
    if shape in ("sqrt", "polynomial"):
        return polynomial(t, init, end, steps, power=0.5 if shape == "sqrt" else power)
    return {"linear": linear, "cosine": cosine, "exponential": exponential}[shape](
        t, init, end, steps
    )


def exponential_decay(
    t: int,
    init: float,
    rate: float | None = None,
    gamma: float = 1.0,
    every: int = 1,
    staircase: bool = False,
) -> mpf:
    if rate is not None:
        return mpf(init) * mpmath.exp(-mpf(rate) * t)
    return mpf(init) * mpf(gamma) ** (t // every if staircase else mpf(t) / every)


def inverse_sqrt(t: int, peak: float, warmup: int, init: float = 0.0) -> mpf:
    return linear(t, init, peak, warmup) if t < warmup else mpf(peak) * mpmath.sqrt(mpf(warmup) / t)


def noam(t: int, width: int, warmup: int, factor: float = 1.0) -> mpf:
    n = mpf(t + 1)
    return mpf(factor) / mpmath.sqrt(width) * min(1 / mpmath.sqrt(n), n * mpf(warmup) ** mpf(-1.5))


def piecewise_constant(t: int, values: list[float], boundaries: list[int]) -> mpf:
    return mpf(values[sum(boundary <= t for boundary in boundaries)])


def piecewise_linear(t: int, values: list[float], at: list[int]) -> mpf:
    i = sum(step <= t for step in at)
    if i in (0, len(at)):
        return mpf(values[max(i - 1, 0)])
    return linear(t - at[i - 1], values[i - 1], values[i], at[i] - at[i - 1])


def sampled(t: int, values: list[float], every: int = 1, interpolate: bool = False) -> mpf:
    i = min(t // every, len(values) - 1)
    if not interpolate or i == len(values) - 1:
        return mpf(values[i])
    return linear(t - i * every, values[i], values[i + 1], every)


def cyclic(
    t: int,
    low: float,
    high: float,
    up: int,
    down: int | None = None,
    mode: str = "triangular",
    gamma: float = 1.0,
    inverse: bool = False,
) -> mpf:
    low, high = (high, low) if inverse else (low, high)
    down = up if down is None else down
    cycle, c = divmod(t, up + down)
    height = mpf(c) / up if c < up else mpf(up + down - c) / down
    if mode == "cosine":
        height = mpmath.sin(mpmath.pi / 2 * height) ** 2
    scale = {"triangular2": mpf(0.5) ** cycle, "exp_range": mpf(gamma) ** t}.get(mode, mpf(1))
    return mpf(low) + (mpf(high) - mpf(low)) * height * scale


def begins(period: int, stretch: float, i: int) -> int:
    """The first step of cycle i: the geometric sum, rounded to the nearest integer, ties to
    even.
    """
    total = mpf(period) * (i if stretch == 1 else (mpf(stretch) ** i - 1) / (mpf(stretch) - 1))
    return int(mpmath.nint(total))


def cycle_at(t: int, period: int, stretch: float, times: int | None) -> int:
    if stretch == 1:
        i = t // period
    else:
        i = max(0, int(mpmath.log(1 + mpf(t) * (mpf(stretch) - 1) / period, mpf(stretch))) - 2)
        while begins(period, stretch, i + 1) <= t:
            i += 1
    return i if times is None else min(i, times - 1)


def cycle_length(period: int, stretch: float, i: int) -> int:
    """Only the last can be longer than 2^53 steps; it is rounded to a float64."""
    return int(float(begins(period, stretch, i + 1) - begins(period, stretch, i)))


def cosine_restarts(
    t: int, init: float, end: float, period: int, stretch: float = 1.0, scale: float = 1.0
) -> mpf:
    i = cycle_at(t, period, stretch, None)
    start, steps = begins(period, stretch, i), cycle_length(period, stretch, i)
    return mpf(end) + (cosine(t - start, init, end, steps) - mpf(end)) * mpf(scale) ** i


def repeat(
    t: int, self: Spec, times: int | None = None, scale: float = 1.0, stretch: float = 1.0
) -> mpf:
    period = length(self)
    i = cycle_at(t, period, stretch, times)
    start = begins(period, stretch, i)
    if stretch != 1:
        [(name, arguments)] = self.items()
        self = {name: {**arguments, "steps": cycle_length(period, stretch, i)}}
    return rate(self, t - start) * mpf(scale) ** i


def one_cycle(
    t: int,
    peak: float,
    steps: int,
    warmup: int | None = None,
    init: float | None = None,
    end: float | None = None,
    shape: str = "cosine",
    phases: int = 2,
) -> mpf:
    warmup = round(0.3 * steps) if warmup is None else warmup
    init = peak / 25.0 if init is None else init
    end = init / 10_000.0 if end is None else end
    curve = cosine if shape == "cosine" else linear
    if t < warmup:
        return curve(t, init, peak, warmup)
    if phases == 2:
        return curve(t - warmup, peak, end, steps - warmup)
    if t < 2 * warmup:
        return curve(t - warmup, peak, init, warmup)
    return curve(t - 2 * warmup, init, end, steps - 2 * warmup)


def wsd(
    t: int,
    peak: float,
    warmup: int,
    stable: int,
    cooldown: int,
    end: float = 0.0,
    init: float = 0.0,
    shape: str = "linear",
    power: float = 2.0,
) -> mpf:
    if t < warmup:
        return linear(t, init, peak, warmup)
    after = t - warmup - stable
    return mpf(peak) if after < 0 else cooldown_curve(after, peak, end, cooldown, shape, power)


def warmed(curve: Callable[..., mpf]) -> Callable[..., mpf]:
    def formula(
        t: int, peak: float, warmup: int, steps: int, end: float = 0.0, init: float = 0.0
    ) -> mpf:
        return (
            linear(t, init, peak, warmup)
            if t < warmup
            else curve(t - warmup, peak, end, steps - warmup)
        )

    return formula


def paced(t: int, self: Spec, paces: list[int], at: list[int] = []) -> mpf:  # noqa: B006 a spec leaves out what is not given
    edges = [0, *at, FOREVER]
    taken = sum(
        pace * max(0, min(t, stop) - start)
        for pace, start, stop in zip(paces, edges, edges[1:], strict=False)
    )
    return rate(self, min(taken, LAST))


def paced_length(self: Spec, paces: list[int], at: list[int] = []) -> int:  # noqa: B006
    if length(self) >= FOREVER:
        return FOREVER
    left, step = length(self), 0
    for pace, start, stop in zip(paces, [0, *at], [*at, FOREVER], strict=True):
        step, before = start + -(-left // pace), step
        if step <= stop:
            return step
        left -= pace * (stop - start)
    raise AssertionError(before)


def join(t: int, parts: list[Spec], at: list[int]) -> mpf:
    i = sum(start <= t for start in at)
    return rate(parts[i], t - [0, *at][i])


def then(t: int, self: Spec, other: Spec) -> mpf:
    return rate(self, t) if t < length(self) else rate(other, t - length(self))


def with_past_end(t: int, self: Spec, policy: str) -> mpf:
    if t < length(self) or policy == "hold":
        return rate(self, t)
    return mpf(0) if policy == "zero" else rate(self, t % length(self))


def cooldown(
    t: int,
    self: Spec,
    at: int,
    steps: int,
    end: float = 0.0,
    shape: str = "linear",
    power: float = 2.0,
) -> mpf:
    return (
        rate(self, t)
        if t < at
        else cooldown_curve(t - at, rate(self, at), end, steps, shape, power)
    )


def continue_from(
    t: int, self: Spec, step: int, new: Spec, clock: str = "own", match: bool = False
) -> mpf:
    skipped = step if clock == "same" else 0
    factor = rate(self, step) / rate(new, skipped) if match else mpf(1)
    return rate(self, t) if t < step else factor * rate(new, t - step + skipped)


def extend(t: int, self: Spec, total: int, at: int = 0) -> mpf:
    """Of those that are one curve, that begin with a warmup, or that hold their peak before
    they cool down.
    """
    [(name, arguments)] = self.items()
    begin = arguments.get("warmup", 0)
    if name == "wsd" and at <= begin + arguments["stable"]:
        return rate({name: {**arguments, "stable": arguments["stable"] + total - length(self)}}, t)
    if at <= begin:
        return rate({name: {**arguments, "steps": total}}, t)
    if t < at:
        return rate(self, t)
    end, shape = arguments.get("end", 0.0), arguments.get("shape", name.removeprefix("warmup_"))
    return cooldown_curve(
        t - at, rate(self, at), end, total - at, shape, arguments.get("power", 2.0)
    )


def stretched(self: Spec, factor: float) -> Spec:
    """Of one curve with or without a warmup, of ``wsd``, of a join, and of cycles and stairs."""

    def place(step: int) -> int:
        return round(step * factor)

    [(name, own)] = self.items()
    if name == "join":
        starts = [0, *own["at"], length(self)]
        parts = [
            stretched_part(part, begin, factor)
            for part, begin in zip(own["parts"], starts, strict=False)
        ]
        return {"join": {"parts": parts, "at": list(map(place, own["at"]))}}
    if name == "wsd":
        ends = [own["warmup"], own["warmup"] + own["stable"], length(self)]
        warm, hold, end = map(place, ends)
        return {name: {**own, "warmup": warm, "stable": hold - warm, "cooldown": end - hold}}
    whole = {
        key: place(own[key]) for key in ("steps", "warmup", "every", "up", "down") & own.keys()
    }
    inner = {"self": stretched(own["self"], factor)} if "self" in own else {}
    return {name: {**own, **whole, **inner}}


def stretched_part(part: Spec, begin: int, factor: float) -> Spec:
    """A part of a join, whose own end is rounded from where it is in the whole."""
    [(name, own)] = part.items()
    if "steps" not in own:
        return part
    steps = round((begin + own["steps"]) * factor) - round(begin * factor)
    return {name: {**own, "steps": steps}}


RATES: dict[str, Callable[..., mpf]] = {
    "constant": lambda t, value: mpf(value),
    "linear": linear,
    "polynomial": polynomial,
    "cosine": cosine,
    "exponential": exponential,
    "rex": rex,
    "logarithmic": logarithmic,
    "affine_exponential": affine_exponential,
    "tanh": tanh,
    "exponential_decay": exponential_decay,
    "step_decay": lambda t, init, factor, every: mpf(init) * mpf(factor) ** (t // every),
    "inverse_time": lambda t, init, rate, every=1, power=1.0: (
        mpf(init) / (1 + mpf(rate) * t / every) ** mpf(power)
    ),
    "eden": lambda t, init, width, power=0.25: (
        mpf(init) * (1 + (mpf(t) / mpf(width)) ** 2) ** -mpf(power)
    ),
    "inverse_power": lambda t, init, power, shift=1: (
        mpf(init) * ((mpf(t) + shift) / shift) ** -mpf(power)
    ),
    "inverse_sqrt": inverse_sqrt,
    "noam": noam,
    "piecewise_constant": piecewise_constant,
    "piecewise_linear": piecewise_linear,
    "milestones": lambda t, init, factor, at: (
        mpf(init) * mpf(factor) ** sum(step <= t for step in at)
    ),
    "sampled": sampled,
    "cyclic": cyclic,
    "cosine_restarts": cosine_restarts,
    "one_cycle": one_cycle,
    "warmup_constant": lambda t, peak, warmup, init=0.0: linear(t, init, peak, warmup),
    "warmup_linear": warmed(linear),
    "warmup_cosine": warmed(cosine),
    "wsd": wsd,
    "join": join,
    "then": then,
    "multiply": lambda t, a, b: rate(a, t) * rate(b, t),
    "add": lambda t, a, b: rate(a, t) + rate(b, t),
    "subtract": lambda t, a, b: rate(a, t) - rate(b, t),
    "scale": lambda t, schedule, factor: mpf(factor) * rate(schedule, t),
    "minimum": lambda t, self, other: min(rate(self, t), rate(other, t)),
    "maximum": lambda t, self, other: max(rate(self, t), rate(other, t)),
    "clip": lambda t, self, lo, hi: min(max(rate(self, t), mpf(lo)), mpf(hi)),
    "delay": lambda t, self, steps: rate(self, max(t - steps, 0)),
    "skip": lambda t, self, steps: rate(self, min(t + steps, LAST)),
    "paced": paced,
    "staircase": lambda t, self, every: rate(self, t // every),
    "repeat": repeat,
    "cooldown": cooldown,
    "branches": cooldown,
    "continue_from": continue_from,
    "extend": extend,
    "stretch": lambda t, self, factor: rate(stretched(self, factor), t),
    "with_past_end": with_past_end,
}


def _later(a: Spec, b: Spec) -> int:
    """A constant lasts as long as what it is put together with."""
    return max((length(spec) for spec in (a, b) if "constant" not in spec), default=FOREVER)


LENGTHS: dict[str, Callable[..., int]] = {
    "piecewise_linear": lambda values, at: at[-1],
    "sampled": lambda values, every=1, interpolate=False: (len(values) - 1) * every,
    "warmup_constant": lambda peak, warmup, init=0.0: warmup,
    "wsd": lambda peak, warmup, stable, cooldown, **options: warmup + stable + cooldown,
    "join": lambda parts, at: min(FOREVER, at[-1] + length(parts[-1])),
    "then": lambda self, other: min(FOREVER, length(self) + length(other)),
    "multiply": _later,
    "add": _later,
    "subtract": _later,
    "scale": lambda schedule, factor: length(schedule),
    "minimum": lambda self, other: _later(self, other),
    "maximum": lambda self, other: _later(self, other),
    "clip": lambda self, lo, hi: length(self),
    "delay": lambda self, steps: min(FOREVER, steps + length(self)),
    "skip": lambda self, steps: (
        FOREVER if length(self) >= FOREVER else max(0, length(self) - steps)
    ),
    "paced": paced_length,
    "staircase": lambda self, every: min(FOREVER, length(self) * every),
    "repeat": lambda self, times=None, scale=1.0, stretch=1.0: (
        FOREVER if times is None else begins(length(self), stretch, times)
    ),
    "cooldown": lambda self, at, steps, **options: at + steps,
    "branches": lambda self, at, steps, **options: at + steps,
    "continue_from": lambda self, step, new, clock="own", match=False: min(
        FOREVER, step + max(0, length(new) - (step if clock == "same" else 0))
    ),
    "extend": lambda self, total, at=0: total,
    "stretch": lambda self, factor: length(stretched(self, factor)),
    "with_past_end": lambda self, policy: length(self) if policy == "hold" else FOREVER,
}
