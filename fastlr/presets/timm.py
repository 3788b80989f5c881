"""timm's schedulers, ``timm.scheduler``, as of timm 1.0.31 (2026).

Step t is what ``step(epoch)`` or ``step_update(num_updates)`` is given, after each; t=0 is the rate
that the constructor sets, in which there is no noise. A group's ``lr_scale`` multiplies: ``schedule
* lr_scale``. Double precision.

``noise_range_t`` is the first step with noise and the first without, as (30, 60); where it is the
first alone, ``noise_until`` says how far noise is looked up. The noise is timm's own, a function of
``noise_seed + t``, to the bit: what PyTorch's generator gives for that seed.

>>> CosineLRScheduler(0.5, t_initial=4, warmup_t=2, warmup_prefix=True).table(6)
array([0.       , 0.25     , 0.5      , 0.4267767, 0.25     , 0.0732233])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import islice
from math import ceil, cos, log1p, pi, sin, sqrt
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Flag, Number, Rate, Unit, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import cycles, fraction, geometric, on_clock, rate_at
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Curve,
    Duration,
    Integer,
    Level,
    Marks,
    Real,
    Span,
    named,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructors import (
    affine_exponential,
    constant,
    cosine,
    inverse_time,
    join,
    linear,
    polynomial,
    sampled,
    tanh,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "SCHEDULERS",
    "CosineLRScheduler",
    "MultiStepLRScheduler",
    "PlateauLRScheduler",
    "PolyLRScheduler",
    "StepLRScheduler",
    "TanhLRScheduler",
    "WSDLRScheduler",
    "create_scheduler_v2",
    "noise",
]

Rates = npt.NDArray[np.float64]

_MOST_DRAWS = 100_000
_MOST_RATES = 10_000_000


def _noise_range(where: str, value: object) -> object:
    rule = Number(
        "a step, or the first step with noise and the first without", 0.0, float(LAST_STEP)
    )
    given = value.tolist() if isinstance(value, np.ndarray) else value
    ends: Sequence[Any] = (
        given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    )
    found = [rule(where, end) for end in ends[:2]]
    if len(ends) not in (1, 2) or any(end.ndim for end in found):
        raise ValueError(f"{where} must be {rule.rule}, got {short_repr(value)}")
    return [end.item() for end in found]


NoiseRange = Annotated[Sequence[float], _noise_range]
Reach = Annotated[float, Number("a number above 0, at most 1", float(np.nextafter(0.0, 1.0)), 1.0)]
Exponent = Annotated[float, Number("a number from 1e-3 to 1e3", 1e-3, 1e3)]
Stretch = Annotated[float, Number("a number from 1 to 2**53", 1.0, float(LAST_STEP))]
Ratio = Annotated[
    float, Number("a number from 1e-18 to below 1", 1e-18, float(np.nextafter(1.0, 0.0)))
]

_RESTARTS = (
    "timm finds the cycle by a floating-point logarithm, and gives the end of the last "
    "one at some first steps; here none. "
    "cycle_mul below 1 is not taken."
)


@preset(differences=_RESTARTS)
def CosineLRScheduler(
    lr: Rate,
    t_initial: Span,
    lr_min: Rate = 0.0,
    cycle_mul: Stretch = 1.0,
    cycle_decay: Level = 1.0,
    cycle_limit: Span = 1,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = False,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    k_decay: Exponent = 1.0,
    noise_until: Count | None = None,
) -> Schedule:
    """``lr_min + (peak - lr_min) * (1 + cos(pi*(c/L)^k_decay))/2``, c steps into cycle i, ``L =
    t_initial * cycle_mul^i`` long.

    ``peak = lr * cycle_decay^i``; after ``cycle_limit`` cycles ``lr_min``. First ``warmup_t`` steps
    by a line from ``warmup_lr_init`` to ``lr``, which hide the first of the curve, or with
    ``warmup_prefix`` put it off.
    """
    cycle = _Cycles(t_initial, cycle_mul, cycle_decay, cycle_limit)
    body = cycle.of(lambda peak: partial(cosine, peak, lr_min, k=k_decay), lr)
    warmed = _warmed(body, lr, warmup_t, warmup_lr_init, warmup_prefix)
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset(differences=_RESTARTS)
def TanhLRScheduler(
    lr: Rate,
    t_initial: Span,
    lb: Real = -7.0,
    ub: Real = 3.0,
    lr_min: Rate = 0.0,
    cycle_mul: Stretch = 1.0,
    cycle_decay: Level = 1.0,
    cycle_limit: Span = 1,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = False,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    noise_until: Count | None = None,
) -> Schedule:
    """``lr_min + (peak - lr_min) * (1 - tanh(lb*(1 - c/L) + ub*c/L))/2``, in cycles as the cosine;
    it jumps to ``lr_min``.

    The constructor sets ``lr``, from which the curve begins a relative 1e-6 below. The warm-up
    leads to where the curve is by then, or with ``warmup_prefix`` to ``lr``.
    """
    if lb >= ub or max(abs(lb), abs(ub)) > 300:
        raise ArgumentError(f"lb must be below ub, both from -300 to 300, got lb={lb!r}, ub={ub!r}")
    cycle = _Cycles(t_initial, cycle_mul, cycle_decay, cycle_limit)
    body = cycle.of(lambda peak: partial(tanh, peak, lr_min, lower=lb, upper=ub), lr)
    if warmup_t:
        target = lr if warmup_prefix else rate_at(body, warmup_t)
        warmed = _warmed(body, target, warmup_t, warmup_lr_init, warmup_prefix)
    else:
        warmed = join([constant(lr), body.skip(1)], [1])
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset(
    differences=_RESTARTS
    + " With both power and k_decay other than 1 the rates are looked up, up to 10,000,000 of them."
)
def PolyLRScheduler(
    lr: Rate,
    t_initial: Span,
    power: Exponent = 0.5,
    lr_min: Rate = 0.0,
    cycle_mul: Stretch = 1.0,
    cycle_decay: Level = 1.0,
    cycle_limit: Span = 1,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = False,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    k_decay: Exponent = 1.0,
    noise_until: Count | None = None,
) -> Schedule:
    """``lr_min + (peak - lr_min) * (1 - (c/L)^k_decay)^power``, in cycles as the cosine."""
    cycle = _Cycles(t_initial, cycle_mul, cycle_decay, cycle_limit)
    if k_decay == 1:
        body = cycle.of(lambda peak: partial(polynomial, peak, lr_min, power=power), lr)
    elif power == 1:
        body = cycle.of(
            lambda peak: partial(polynomial, peak, lr_min, power=k_decay, origin="start"), lr
        )
    else:
        body = cycle.looked_up(lambda p: (1.0 - p**k_decay) ** power, lr, lr_min)
    warmed = _warmed(body, lr, warmup_t, warmup_lr_init, warmup_prefix)
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset(
    differences="Where decay_t is no binary fraction timm's division can put a drop a step early "
    "or late; here it is exact."
)
def StepLRScheduler(
    lr: Rate,
    decay_t: Duration,
    decay_rate: Level = 1.0,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = True,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    noise_until: Count | None = None,
) -> Schedule:
    """``lr * decay_rate^floor(t/decay_t)``, after the warm-up; ``decay_t`` may be a fraction,
    as 2.4.
    """
    every = fraction(decay_t)
    body = on_clock(
        lambda ticks: geometric(lr, decay_rate, ticks, staircase=True), every, reach=10_000 * every
    )
    warmed = _warmed(body, lr, warmup_t, warmup_lr_init, warmup_prefix)
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset()
def MultiStepLRScheduler(
    lr: Rate,
    decay_t: Marks,
    decay_rate: Level = 1.0,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = True,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    noise_until: Count | None = None,
) -> Schedule:
    """``lr * decay_rate^i``, i the number of ``decay_t`` that are at most ``t + 1``: a drop comes
    one step before its time.

    The constructor's rate, of step 0, is ``lr`` all the same.
    """
    begins = [max(mark - 1, 0 if warmup_t else 1) for mark in sorted(decay_t)]
    body = join([constant(np.multiply(lr, decay_rate**i)) for i in range(len(begins) + 1)], begins)
    warmed = _warmed(body, lr, warmup_t, warmup_lr_init, warmup_prefix)
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset(differences="A decay_fn that is a function is not taken.")
def WSDLRScheduler(
    lr: Rate,
    t_initial: Span,
    decay_t: Span,
    lr_min: Rate = 0.0,
    stable_fn: Literal["constant", "rsqrt", "power"] = "constant",
    stable_timescale: Duration | None = None,
    stable_power: Exponent = 0.5,
    decay_fn: Literal["linear", "1-sqrt", "cosine", "power", "exp"] = "1-sqrt",
    decay_power: Exponent = 0.5,
    decay_ratio: Ratio = 0.1,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    noise_until: Count | None = None,
) -> Schedule:
    """A warm-up, then ``lr_min + (stable - lr_min) * decay``: the last ``decay_t`` of ``t_initial``
    steps after it decay.

    ``stable`` is ``lr``, or ``lr * (1 + s/stable_timescale)^-power``, s steps after the warm-up,
    power 0.5 for "rsqrt", and goes on below the decay; it is never below ``lr_min``. With f the
    decay's progress, from 1 to 0: ``1 - f``, ``1 - sqrt(f)``, ``(1 + cos(pi*f))/2``, ``1 -
    f^decay_power`` or, for "exp", ``(r^f - r)/(1 - r)`` with r ``decay_ratio``.
    """
    if decay_t > t_initial:
        raise ArgumentError(
            f"decay_t must be at most t_initial, got decay_t={decay_t}, t_initial={t_initial}"
        )
    timescale = stable_timescale or warmup_t
    if stable_fn != "constant" and not timescale:
        raise ArgumentError(
            f"stable_timescale must be given for {stable_fn!r} without a warm-up, got None"
        )
    fade = partial(_fade, decay_fn, decay_power, decay_ratio)
    begin = t_initial - decay_t
    if stable_fn == "constant":
        top = np.maximum(lr, lr_min)
        body = join([constant(top), fade(top, lr_min, decay_t)], [begin])
    else:
        stable = inverse_time(
            lr, 1 / timescale, power=0.5 if stable_fn == "rsqrt" else stable_power
        ).maximum(lr_min)
        body = (
            stable * fade(1.0, 0.0, decay_t).delay(begin)
            + fade(0.0, 1.0, decay_t).delay(begin) * lr_min
        )
    if not warmup_t and np.any(np.less(lr, lr_min)):
        body = join([constant(lr), body.skip(1)], [1])
    warmed = _warmed(body, lr, warmup_t, warmup_lr_init, prefix=True)
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset(
    elementwise=True,
    differences="The rule alone: the rates of the warm-up are linear(warmup_lr_init, lr, "
    "warmup_t), and those of the noise are multiplied by noise(...).",
)
def PlateauLRScheduler(
    decay_rate: Unit = 0.1,
    patience_t: Count = 10,
    threshold: Level = 1e-4,
    cooldown_t: Count = 0,
    warmup_t: Count = 0,
    lr_min: Rate = 0.0,
    mode: Literal["min", "max"] = "max",
) -> Plateau:
    """torch's automaton, a rule that looks at nothing for ``warmup_t`` updates: ``decay_rate``
    after ``patience_t`` bad ones.
    """
    return Plateau(
        mode=mode,
        factor=decay_rate,
        patience=patience_t,
        rtol=threshold,
        cooldown=cooldown_t,
        floor=lr_min,
        warmup=warmup_t,
        nan="bad",
        convention="timm",
    )


# -- by name ---------------------------------------------------------------------------------------

SCHEDULERS = (
    "cosine",
    "tanh",
    "step",
    "multistep",
    "plateau",
    "poly",
    "wsd",
    "rsqrt",
    "constant",
    "none",
)
Name = Annotated[str, named(SCHEDULERS)]


@preset(
    differences="The number of epochs, which timm gives beside the scheduler, is not given; "
    "cooldown_epochs changes no rate."
)
def create_scheduler_v2(
    lr: Rate,
    sched: Name = "cosine",
    num_epochs: Span = 300,
    decay_epochs: Duration | None = None,
    decay_milestones: Marks = (90, 180, 270),
    cooldown_epochs: Count = 0,
    patience_epochs: Count = 10,
    decay_rate: Level = 0.1,
    min_lr: Rate = 0.0,
    warmup_lr: Rate = 1e-5,
    warmup_epochs: Count = 0,
    warmup_prefix: Flag = False,
    noise: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    cycle_mul: Stretch = 1.0,
    cycle_decay: Level = 0.1,
    cycle_limit: Span = 1,
    k_decay: Exponent = 1.0,
    decay_fn: Literal["linear", "1-sqrt", "cosine", "power", "exp"] | None = None,
    stable_timescale: Duration | None = None,
    plateau_mode: Literal["min", "max"] = "max",
    step_on_epochs: Flag = True,
    updates_per_epoch: Count = 0,
    noise_until: Count | None = None,
) -> Schedule | Plateau:
    """The scheduler of this name, its lengths in epochs, or with ``step_on_epochs=False`` in
    updates; "plateau" gives a rule.

    "constant" is ``lr`` after the warm-up, "none" ``lr`` throughout, "rsqrt" that stable function
    of ``WSDLRScheduler``. ``noise`` is a range in shares of ``num_epochs``; ``decay_rate`` is also
    the power of "poly".
    """
    if not step_on_epochs and (updates_per_epoch == 0 or sched == "plateau"):
        detail = f"updates_per_epoch={updates_per_epoch}, sched={sched!r}"
        rule = "step_on_epochs must be True for a plateau, and where updates_per_epoch is 0"
        raise ArgumentError(f"{rule}, got {detail}")
    unit = 1 if step_on_epochs else updates_per_epoch
    total, warmup = num_epochs * unit, warmup_epochs * unit
    ramp: dict[str, Any] = {"warmup_t": warmup, "warmup_lr_init": warmup_lr}
    noisy: dict[str, Any] = {
        "noise_range_t": noise and [share * total for share in noise],
        "noise_pct": noise_pct,
        "noise_std": noise_std,
        "noise_seed": noise_seed,
        "noise_until": noise_until,
    }
    cycle: dict[str, Any] = {
        "t_initial": total,
        "lr_min": min_lr,
        "cycle_mul": cycle_mul,
        "cycle_decay": cycle_decay,
        "cycle_limit": cycle_limit,
    }
    prefixed = {**ramp, "warmup_prefix": warmup_prefix, **noisy}
    build: dict[str, Callable[[], Schedule | Plateau]] = {
        "cosine": lambda: CosineLRScheduler(lr, **cycle, **prefixed, k_decay=k_decay),
        "tanh": lambda: TanhLRScheduler(lr, **cycle, **prefixed),
        "poly": lambda: PolyLRScheduler(lr, **cycle, **prefixed, power=decay_rate, k_decay=k_decay),
        "step": lambda: StepLRScheduler(
            lr, float(fraction(decay_epochs or 90.0) * unit), decay_rate, **prefixed
        ),
        "constant": lambda: StepLRScheduler(lr, 1, 1.0, **prefixed),
        "multistep": lambda: MultiStepLRScheduler(
            lr, [mark * unit for mark in decay_milestones], decay_rate, **prefixed
        ),
        "plateau": lambda: PlateauLRScheduler(
            decay_rate, patience_epochs, warmup_t=warmup, lr_min=min_lr, mode=plateau_mode
        ),
        "none": lambda: constant(lr),
    }
    if sched in build:
        return build[sched]()
    length = total if warmup_prefix else total - warmup
    decay = _decay_length(decay_epochs or 0.2, length, unit)
    timescale = stable_timescale and stable_timescale * unit
    shapes: Any = (
        ("rsqrt", decay_fn or "linear") if sched == "rsqrt" else ("constant", decay_fn or "1-sqrt")
    )
    return WSDLRScheduler(
        lr, length, decay, min_lr, shapes[0], timescale, decay_fn=shapes[1], **ramp, **noisy
    )


def _decay_length(decay_epochs: float, length: int, unit: int) -> int:
    """The decay of so many epochs, or of a share of the length, in whole steps."""
    decay = round(decay_epochs * (length if decay_epochs < 1 else unit))
    if not 0 < decay <= length:
        rule = "decay_epochs must give a step at least, and at most the stable and decay length"
        raise ArgumentError(f"{rule}, got {decay_epochs}, {decay} of {length} steps")
    return decay


# -- noise -----------------------------------------------------------------------------------------


@preset()
def noise(
    noise_range_t: NoiseRange,
    noise_until: Count | None = None,
    noise_type: Literal["normal", "uniform"] = "normal",
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
) -> Schedule:
    """The factor ``1 + n(noise_seed + t)`` of every step with noise, and 1 elsewhere: what the
    schedulers multiply by.

    n is normal, of deviation ``noise_std``, drawn until it is within ``noise_pct``, or uniform from
    ``-noise_pct`` to ``noise_pct``. Each step has a generator of its own: PyTorch's, MT19937 seeded
    with ``noise_seed + t``.
    """
    draw = (
        partial(_normal, noise_pct, noise_std)
        if noise_type == "normal"
        else partial(_uniform, noise_pct)
    )
    return _factors(noise_range_t, noise_until, draw, noise_seed)


def _noisy(
    schedule: Schedule,
    ends: Sequence[float] | None,
    until: int | None,
    within: float,
    std: float,
    seed: int,
) -> Schedule:
    """A schedule with normal noise where it is asked for."""
    return (
        schedule
        if ends is None
        else schedule * _factors(ends, until, partial(_normal, within, std), seed)
    )


def _factors(
    ends: Sequence[float], until: int | None, draw: Callable[[int], float], seed: int
) -> Schedule:
    begin = max(1, ceil(ends[0]))
    stop = ceil(ends[1]) if len(ends) == 2 else until
    if stop is None:
        raise ArgumentError("noise_until must be given where noise_range_t has no end, got None")
    if stop <= begin:
        return constant(1.0)
    table = sampled([1.0 + draw(seed + t) for t in range(begin, stop)])
    return join([constant(1.0), table, constant(1.0)], [begin, stop])


def _normal(within: float, std: float, seed: int) -> float:
    """The first of torch's normal numbers, times ``std``, that is within so much of 0."""
    for drawn in islice(_normals(seed), _MOST_DRAWS):
        if abs(drawn * std) < within:
            return drawn * std
    raise ArgumentError(
        f"noise_std must let a draw in {_MOST_DRAWS:,} be within noise_pct={within!r}, got {std!r}"
    )


def _uniform(within: float, seed: int) -> float:
    """``torch.rand(1)``, of which a float32 takes 24 bits, from 0 to 1, as from ``-within`` to
    ``within``.
    """
    return 2 * ((next(_words(seed)) & 2**24 - 1) / 2**24 - 0.5) * within


def _normals(seed: int) -> Iterator[float]:
    """``torch.randn(1)``, again and again: Box and Muller's pairs, in double precision, rounded
    to float32.
    """
    words = _words(seed)
    while True:
        angle, radius = 2 * pi * _unit(words), sqrt(-2 * log1p(-_unit(words)))
        yield float(np.float32(radius * cos(angle)))
        yield float(np.float32(radius * sin(angle)))


def _unit(words: Iterator[int]) -> float:
    """A number from 0 to 1, of 53 bits."""
    return ((next(words) << 32 | next(words)) & 2**53 - 1) / 2**53


def _words(seed: int) -> Iterator[int]:
    """What MT19937 gives for a seed, of which it takes 32 bits, as torch's generator and
    NumPy's first one do.
    """
    generator = np.random.RandomState(seed % 2**32)
    while True:
        yield from generator.randint(0, 2**32, size=4, dtype=np.uint32).tolist()


# -- what they are put together from ---------------------------------------------------------------


@dataclass(frozen=True)
class _Cycles:
    """Cycles of a curve, each ``mul`` times as long as the last, its peak ``decay`` times as
    high; the last is held.
    """

    length: int
    mul: float
    decay: float
    limit: int

    def of(self, curve: Callable[[npt.ArrayLike], Curve], lr: npt.ArrayLike) -> Schedule:
        """``curve(peak)``, of so many steps, in each of them."""
        if self.mul == 1 and self.decay == 1:
            times = self.limit if self.limit * self.length <= LAST_STEP else None
            return (
                curve(lr)(self.length).repeat(times) if self.limit > 1 else curve(lr)(self.length)
            )
        found = cycles(
            lambda i: curve(np.multiply(lr, self.decay**i)),
            self.length,
            fraction(self.mul),
            self.limit,
        )
        begins, parts = zip(*found, strict=True)
        return join(parts, begins[1:])

    def looked_up(
        self, weight: Callable[[Rates], Rates], lr: npt.ArrayLike, low: npt.ArrayLike
    ) -> Schedule:
        """``low + (peak - low) * weight(p)``, p the progress of a cycle, at each of its steps."""
        end = np.broadcast_to(low, np.broadcast_shapes(np.shape(lr), np.shape(low)))[
            ..., np.newaxis
        ]
        start, length, rates = Fraction(0), Fraction(self.length), []
        for i in range(self.limit):
            if start + length > _MOST_RATES:
                detail = f"got t_initial={self.length}, cycle_limit={self.limit}"
                raise ArgumentError(
                    f"cycles must end by step {_MOST_RATES:,} with this power and k_decay, {detail}"
                )
            p = (np.arange(ceil(start), ceil(start + length)) - float(start)) / float(length)
            peak = np.multiply(lr, self.decay**i)[..., np.newaxis]
            rates.append(end + (peak - end) * weight(np.clip(p, 0.0, 1.0)))
            start, length = start + length, length * fraction(self.mul)
        return sampled(np.concatenate([*rates, end], axis=-1))


def _warmed(
    body: Schedule, target: npt.ArrayLike, warmup_t: int, init: npt.ArrayLike, prefix: bool
) -> Schedule:
    """A line to ``target``, then the body, on its own clock or as far on as it is by then."""
    if not warmup_t:
        return body
    return join(
        [linear(init, target, warmup_t), body if prefix else body.skip(warmup_t)], [warmup_t]
    )


def _fade(
    shape: str, power: float, ratio: float, init: npt.ArrayLike, end: npt.ArrayLike, steps: int
) -> Schedule:
    """From one level to another by a decay's shape."""
    if shape == "cosine":
        return cosine(init, end, steps)
    if shape == "exp":
        return affine_exponential(init, end, steps, ratio)
    powers = {"linear": 1.0, "1-sqrt": 0.5, "power": power}
    return polynomial(init, end, steps, power=powers[shape], origin="start")
