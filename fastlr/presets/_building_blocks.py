"""Pieces from which the frameworks' schedules are built. They may begin and end between steps.

Some frameworks place a boundary at a real number: a half period of ``2000/3`` steps, or a phase
that ends at ``0.3*total - 1``. A piece with such ends is built in ticks. A step has as many ticks
as make all ends whole; ``skip`` and ``paced`` then read it per step. A number stands for the
simplest fraction with its float64 value: 0.3 is 3/10. If no unit of less than 2^53 ticks holds an
end exactly, the nearest tick does, which moves the rate by less than the framework's own rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial, reduce
from itertools import accumulate, pairwise
from math import ceil, floor, lcm, log
from operator import mul
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Floats, short_repr
from fastlr.kernels.selection import fastest, use_backend
from fastlr.plateau.rule import Plateau
from fastlr.presets._rules import MOST_TURNS, ArgumentError, Curve
from fastlr.program import double_double
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    cosine_restarts,
    exponential,
    exponential_decay,
    inverse_power,
    inverse_time,
    join,
    linear,
    polynomial,
    sampled,
    step_decay,
    tanh,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "chained",
    "compounded",
    "cut",
    "cycles",
    "cycling_polynomial",
    "drops",
    "endless",
    "fractal_cosines",
    "fraction",
    "from_one",
    "geometric",
    "inverse",
    "inverse_decay",
    "knots",
    "lowered_restarts",
    "multiplied",
    "in_ticks",
    "OneCycle",
    "one_by_one",
    "one_cycle",
    "phases",
    "power_decay",
    "rate_at",
    "restarts",
    "sigmoid",
    "slanted",
    "stairs",
    "tabulated",
    "torch_plateau",
    "total_of_epochs",
    "warm_restarts",
    "wave",
    "waves",
]

Exact = int | Fraction

_MOST = 1e290  # the highest rate of a schedule
_SIMPLE = 1_000_000  # the largest denominator of a fraction that someone may have meant
_LONGEST_TABLE = 2**22  # the most steps at which a function is evaluated
_FINE = 2**80  # the denominator to which the length of a cycle is rounded


def fraction(number: float) -> Fraction:
    """Return the simplest fraction with this float64 value: 0.3 is 3/10, and 1000/3 is a third of
    a thousand.

    >>> fraction(0.3) * 10 - 1, fraction(1000 / 3)
    (Fraction(2, 1), Fraction(1000, 3))
    """
    simple = Fraction(number).limit_denominator(_SIMPLE)
    return simple if float(simple) == number else Fraction(repr(number))


def in_ticks(
    curve: Curve, length: Exact, first: Exact = 0, reach: Exact = 0, ticks: int = 1
) -> Schedule:
    """Return ``curve``, of ``length`` steps, from its position ``first`` on: at step t it is at
    position ``first + t``.

    Both may be fractions. ``reach`` is the number of steps at which the curve is evaluated, if
    that is more than ``length``. A step has a multiple of ``ticks`` ticks, for boundaries inside
    the curve.

    >>> in_ticks(lambda steps: linear(1.0, 0.0, steps), Fraction(5, 2), Fraction(1, 2)).table(3)
    array([0.8, 0.4, 0. ])
    """
    if ticks == length.denominator == first.denominator == 1:  # the usual case: a tick is a step
        whole = curve(int(length))
        return whole.skip(int(first)) if first else whole
    length, first = Fraction(length), Fraction(first)
    most = max(1, floor(Fraction(LAST_STEP) / max(length, first + reach, Fraction(1))))
    ticks = min(lcm(length.denominator, first.denominator, ticks), most)
    ours = curve(max(round(length * ticks), 1) if length else 0)
    begin = round(first * ticks)
    ours = ours.skip(begin) if begin else ours
    return ours.paced([ticks]) if ticks > 1 else ours


def knots(
    points: Sequence[tuple[Exact, Any]], curve: Literal["linear", "cosine"] = "linear"
) -> Schedule:
    """Connect pairs ``(position, rate)`` by lines or half cosine waves. The first rate is held
    before its position, the last after it.

    Positions may be fractions or below 0, and never fall. Of two at one position the later
    counts.

    >>> knots([(0, 0.0), (Fraction(3, 2), 1.5), (3, 0.0)]).table(4)
    array([0., 1., 1., 0.])
    """
    between = cosine if curve == "cosine" else linear
    # whole positions as integers, whose arithmetic is fast
    at = [int(position) if position.denominator == 1 else position for position, _ in points]
    levels = [level for _, level in points]
    pieces: list[tuple[int, Callable[[], Schedule]]] = [(0, partial(constant, levels[0]))]
    for (start, init), (stop, end) in pairwise(zip(at, levels, strict=True)):
        begin = max(ceil(start), 0)
        if begin < ceil(stop):
            piece = partial(in_ticks, partial(between, init, end), stop - start, begin - start)
            pieces.append((begin, piece))
    pieces.append((max(ceil(at[-1]), 0), partial(constant, levels[-1])))
    kept = max(i for i, (begin, _) in enumerate(pieces) if begin == 0)
    parts = [build() for _, build in pieces[kept:]]
    return join(parts, [begin for begin, _ in pieces[kept + 1 :]]) if parts[1:] else parts[0]


def wave(high: Floats, low: Floats, half: Exact, first: Exact = 0) -> Schedule:
    """Return an endless cosine wave: ``high`` at position 0, ``low`` after ``half`` steps, which
    may be a fraction.

    ``first`` is the position at step 0.

    >>> wave(1.0, 0.0, Fraction(3, 2)).table(4)
    array([1.  , 0.25, 0.25, 1.  ])
    """
    if Fraction(half).denominator == 1 and first == 0:
        return cosine(high, low, int(half)).then(cosine(low, high, int(half))).repeat()
    return in_ticks(lambda ticks: wave(high, low, ticks), half, first, reach=1_000 * Fraction(half))


def waves(high: Floats, low: Floats, length: int, count: float, first: int = 0) -> Schedule:
    """Return ``count`` cosine waves in ``length`` steps, at least 1, and on at this pace; of no
    waves, ``high``.

    >>> waves(1.0, 0.0, 4, 0.5).table(6), waves(1.0, 0.0, 4, 0).table(2)
    (array([1.        , 0.85355339, 0.5       , 0.14644661, 0.        ,
           0.14644661]), array([1., 1.]))
    """
    if not count:
        return constant(high)
    return wave(high, low, Fraction(max(1, length)) / (2 * fraction(count)), first)


def geometric(
    init: Floats,
    gamma: float,
    every: int = 1,
    staircase: bool = False,
    reach: int = LAST_STEP,
) -> Schedule:
    """Return ``init * gamma^(t/every)``, or with ``floor(t/every)``. A rate that grows is held at
    about 1e290.

    ``reach`` is the largest number of steps at which it is evaluated: the rate there bounds one
    that grows.

    >>> geometric(1.0, 2.0).table(4), geometric(1.0, 0.5, every=2, staircase=True).table(4)
    (array([1., 2., 4., 8.]), array([1. , 1. , 0.5, 0.5]))
    """
    if staircase and gamma <= 1:
        return step_decay(init, gamma, every)
    if gamma <= 1:  # with gamma 0 step 0 has 0^0 = 1, and later steps 0
        return (
            exponential_decay(init, gamma=gamma, every=every) if gamma else step_decay(init, 0.0, 1)
        )
    most = min(reach // every + 1, LAST_STEP // every)
    times = min(floor(log(_MOST / max(float(np.max(init)), 1.0)) / log(gamma)), most)
    growth = exponential(1.0, gamma**times, times if staircase else times * every)
    return (growth.staircase(every) if staircase else growth) * init


def cut(schedule: Schedule, steps: int, last: Floats | None = None) -> Schedule:
    """Limit a schedule to its first ``steps`` steps: evaluating a later one raises ``ValueError``.

    ``last`` is the rate at the last of these steps. Pass it if it is known, because evaluating it
    lowers the whole schedule.

    >>> cut(constant(1.0), 5)(5)
    Traceback (most recent call last):
        ...
    ValueError: s(t): t must be before the end, step 5, as past_end='raise', got 5
    """
    if last is None:
        last = rate_at(schedule, max(steps - 1, 0))
    return _cut([schedule], [], steps, last)


def _cut(parts: list[Schedule], starts: list[int], steps: int, last: Floats) -> Schedule:
    """Join parts, and limit them to ``steps`` steps; ``last`` is the rate at the last of these."""
    end = np.broadcast_to(last, parts[0].shape) if parts[0].shape else last
    return join([*parts, linear(end, end, 0)], [*starts, steps]).with_past_end("raise")


def cycles(
    curve: Callable[[int], Curve], length: Exact, stretch: Exact, count: int | None = None
) -> Iterator[tuple[int, Schedule]]:
    """Yield the first step of each cycle, and cycle i: ``curve(i)`` from its own step 0, of
    ``length * stretch^i`` steps.

    Cycles may begin between steps; those that contain no step are left out. There are ``count``
    cycles, or all that end by step 2^53. More than 10,000 raise ``ValueError``.

    >>> def curve(i):
    ...     return lambda ticks: linear(1.0, 0.0, ticks)
    >>> [begin for begin, _ in cycles(curve, Fraction("18.4"), Fraction("1.5"), 3)]
    [0, 19, 46]
    """
    start, now, i = Fraction(0), Fraction(length), 0
    while start + now <= LAST_STEP and (count is None or i < count):
        if i == MOST_TURNS:
            raise ValueError(
                f"join: cycles that differ must be at most {MOST_TURNS:,}, got more, "
                f"the first of {float(length)!r} steps"
            )
        begin = ceil(start)
        if begin < ceil(start + now):
            yield begin, in_ticks(curve(i), now, begin - start)
        start, now, i = start + now, now * stretch, i + 1
        if now.denominator > _FINE:  # exact while possible, because a cycle may begin on a step
            now = Fraction(round(now * _FINE), _FINE)


def tabulated(rate: Callable[[int], Floats], steps: int) -> Schedule:
    """Tabulate ``rate(t)`` for t below ``steps``; the last rate is held.

    >>> tabulated(lambda t: 1.0 / (1 + t), 3).table(4)
    array([1.        , 0.5       , 0.33333333, 0.33333333])
    """
    if steps > _LONGEST_TABLE:
        raise ValueError(
            f"sampled: a table that is looked up must have at most {_LONGEST_TABLE:,} "
            f"values, got {short_repr(steps)}"
        )
    rates = [np.asarray(rate(t), dtype=np.float64) for t in range(steps)]
    for t, one in enumerate(rates):
        if one.shape != rates[0].shape:
            raise ValueError(
                "sampled: rates must be of one shape at every step, got "
                f"{rates[0].shape}, and {one.shape} at step {t}"
            )
    return sampled(np.stack(rates, axis=-1))


def multiplied(lr: Floats, factor: Callable[[int], Floats], steps: int) -> Schedule:
    """Tabulate ``lr * factor(t)``.

    >>> multiplied(0.5, lambda t: 0.5**t, 3).table(4)
    array([0.5  , 0.25 , 0.125, 0.125])
    """
    return tabulated(lambda t: _times(lr, factor(t), t), steps)


def compounded(lr: Floats, factor: Callable[[int], Floats], steps: int) -> Schedule:
    """Tabulate ``lr * factor(1) * ... * factor(t)``; ``factor(0)`` is never evaluated.

    >>> compounded(0.5, lambda t: 0.5, 3).table(4)
    array([0.5  , 0.25 , 0.125, 0.125])
    """
    factors = list(
        accumulate(
            range(1, steps), lambda product, t: _times(product, factor(t), t), initial=np.ones(())
        )
    )
    return tabulated(lambda t: _times(lr, factors[t], t), steps)


def _times(rates: Floats, factors: Floats, t: int) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(np.multiply(rates, factors), dtype=np.float64)
    except ValueError:
        shapes = f"got shapes {np.shape(rates)} and {np.shape(factors)} at step {t}"
        raise ValueError(
            f"sampled: factors must broadcast with what they multiply, {shapes}"
        ) from None


def endless(curve: Curve, every: float) -> Schedule:
    """Return an endless curve whose unit is ``every`` steps, which may be a fraction.

    >>> endless(lambda ticks: step_decay(1.0, 0.5, ticks), 1.5).table(4)
    array([1.  , 1.  , 0.5 , 0.25])
    """
    unit = fraction(every)
    return in_ticks(curve, unit, reach=1_000 * unit)


def stairs(values: Sequence[Floats], boundaries: Sequence[int], after: int = 0) -> Schedule:
    """Return ``values[i]`` from step ``boundaries[i-1] + after`` on: with ``after=1`` a boundary is
    the last step of the old value.

    Boundaries never fall. Of values with one boundary the last counts. A boundary below step 0
    counts as 0.

    >>> stairs([1.0, 0.5], [2]).table(4), stairs([1.0, 0.5], [2], after=1).table(4)
    (array([1. , 1. , 0.5, 0.5]), array([1. , 1. , 1. , 0.5]))
    """
    if len(values) != len(boundaries) + 1:
        detail = f"{len(values)} values and {len(boundaries)} boundaries"
        raise ArgumentError(f"values must be one more than boundaries, got {detail}")
    if any(b < a for a, b in pairwise(boundaries)):
        raise ArgumentError(f"boundaries must never fall, got {short_repr(list(boundaries))}")
    starts = [min(max(boundary + after, 0), LAST_STEP) for boundary in boundaries]
    return join([constant(value) for value in values], starts)


def restarts(init: Floats, end: Floats, length: float, stretch: float, scale: float) -> Schedule:
    """Repeat half a cosine wave from ``init`` to ``end``, each ``stretch`` times as long and
    ``scale`` times as high as the last.

    ``stretch`` is at least 1. Cycles may begin between steps; then there are those that end by
    step 2^53.

    >>> restarts(1.0, 0.0, 2, 1.5, 0.5).table(6)
    array([1.   , 0.5  , 0.5  , 0.375, 0.125, 0.25 ])
    """
    if stretch == 1:
        return endless(lambda ticks: cosine_restarts(init, end, ticks, scale=scale), length)
    if stretch == floor(stretch) and length == floor(length):
        return cosine_restarts(init, end, int(length), stretch, scale)

    def cycle(i: int) -> Curve:
        return partial(cosine, np.add(end, np.subtract(init, end) * scale**i), end)

    begins, parts = zip(*cycles(cycle, fraction(length), fraction(stretch)), strict=True)
    return join(parts, begins[1:])


def cycling_polynomial(init: Floats, end: Floats, power: float, every: float) -> Schedule:
    """Return ``end + (init - end) * (1 - t/L)^power``, with L the first multiple of ``every`` at or
    after t: TensorFlow's polynomial decay with ``cycle``.

    ``end`` is reached at each multiple, and the next step is higher again, so ``init`` must be at
    least ``end``.

    >>> cycling_polynomial(1.0, 0.0, 1.0, 2).table(5)
    array([1.  , 0.5 , 0.  , 0.25, 0.  ])
    """
    if np.any(np.less(init, end)):
        raise ArgumentError(
            f"with cycle the first rate must be at least the last, got {short_repr(init)} and "
            f"{short_repr(end)}"
        )
    height = np.subtract(init, end)

    def cycles_of(ticks: int) -> Schedule:
        # (L - t)/L is what is left of a cycle, over how many there have been
        left = polynomial(1.0, 0.0, ticks, power=power).skip(1).then(linear(0.0, 0.0, 1)).repeat()
        lower = inverse_power(1.0, power).staircase(ticks)
        return join([constant(init), left * lower * height + end], [1])

    return endless(cycles_of, every)


def power_decay(init: Floats, end: Floats, power: float, every: float, cycle: bool) -> Schedule:
    """``end + (init - end) * (1 - t/every)^power``, and held; with ``cycle``, TensorFlow's
    ``cycling_polynomial``.
    """
    if cycle:
        return cycling_polynomial(init, end, power, every)
    return in_ticks(partial(polynomial, init, end, power=power), fraction(every))


def inverse_decay(init: Floats, rate: Floats, every: float, staircase: bool) -> Schedule:
    """``init / (1 + rate * t/every)``, with ``floor(t/every)`` if ``staircase``; ``every`` may be a
    fraction.

    >>> inverse_decay(1.0, 1.0, 2, staircase=True).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    return endless(
        inverse_time(init, rate).staircase if staircase else partial(inverse_time, init, rate),
        every,
    )


def chained(lr: Floats, schedulers: Sequence[Schedule]) -> Schedule:
    """Return ``lr`` times the factor ``scheduler(t)/lr`` of each scheduler.

    >>> chained(0.5, [linear(0.5, 0.0, 2), linear(0.25, 0.25, 2)]).table(2)
    array([0.25 , 0.125])
    """
    if np.any(np.equal(lr, 0)):
        raise ArgumentError(f"lr must be above 0, got {short_repr(lr)}")
    first, *others = schedulers
    return reduce(mul, (other * np.reciprocal(np.asarray(lr)) for other in others), first)


def torch_plateau(threshold: Floats, relative: bool, **rule: Any) -> Plateau:
    """Return torch's rule, whose one threshold is relative or absolute; a NaN counts as bad.

    >>> torch_plateau(0.01, relative=False, patience=3)
    Plateau(patience=3, rtol=0.0, atol=0.01, nan='bad')
    """
    rtol, atol = (threshold, 0.0) if relative else (0.0, threshold)
    return Plateau(rtol=rtol, atol=atol, nan="bad", convention="torch", **rule)


def rate_at(schedule: Schedule, t: int) -> npt.NDArray[np.float64]:
    """Return the rates at a step from the fastest backend, so that what is built from them does not
    depend on the backend in use.

    >>> rate_at(linear([1.0, 0.5], 0.0, 4), 2)
    array([0.5 , 0.25])
    """
    with use_backend(fastest()):
        return np.asarray(schedule(t))


def fractal_cosines(nodes: int, least: int) -> npt.NDArray[np.float64]:
    """Return ``cos(pi*(k + 1/2)/nodes)`` for the k below ``nodes`` in fractal order: the order
    starts as 0 and is repeatedly interleaved with its mirror image.

    The order is that of ``least`` or more, a power of 2.

    >>> fractal_cosines(4, 4)
    array([ 0.92387953, -0.92387953,  0.38268343, -0.38268343])
    """
    order: npt.NDArray[np.int64] = np.array([0])
    while order.size < least:
        order = np.stack([order, 2 * order.size - 1 - order], axis=-1).ravel()
    return double_double.cosine((order[order < nodes] + 0.5) / nodes)


def slanted(peak: Floats, cut: int, share: Exact, ratio: float, start: Exact = 0) -> Schedule:
    """ULMFiT's triangle: ``peak/ratio`` at position ``start``, ``peak`` after ``cut`` steps,
    ``peak/ratio`` after ``cut/share``.

    It then falls on along the same line until it is 0.

    >>> slanted(1.0, 2, Fraction(1, 2), 5.0).table(6)
    array([0.2, 0.6, 1. , 0.6, 0.2, 0. ])
    """
    fall = cut * (1 / Fraction(share) - 1) * (1 + 1 / (fraction(ratio) - 1))
    return knots(
        [
            (start, np.divide(peak, ratio)),
            (start + cut, peak),
            (start + cut + fall, np.zeros_like(peak)),
        ]
    )


def warm_restarts(
    high: Floats,
    low: Floats,
    warmup: int,
    fall: int,
    grown: Callable[[int], int],
    gamma: float = 1.0,
) -> Schedule:
    """Repeat a line from ``low`` to ``high`` in ``warmup`` steps and half a cosine wave back in
    ``fall`` steps.

    The next falls take ``grown(fall)``, ``grown(grown(fall))``... steps, and cycle i reaches up to
    ``high * gamma^i``; gamma is at most 1. A cycle that would end beyond step 2^53 is replaced by
    the one before it.

    >>> warm_restarts(1.0, 0.0, 1, 2, lambda fall: 2 * fall).table(8).round(4)
    array([0.    , 1.    , 0.5   , 0.    , 1.    , 0.8536, 0.5   , 0.1464])
    """
    parts, starts, now = [], [], warmup + fall
    while grown(fall) != fall and now + warmup + grown(fall) <= LAST_STEP:
        parts.append(linear(low, high, warmup).then(cosine(high, low, fall)))
        starts.append(now)
        high, fall = np.multiply(high, gamma), grown(fall)
        now += warmup + fall
    up = linear(0.0, high, warmup).then(cosine(high, 0.0, fall)).repeat(scale=gamma)
    down = linear(low, 0.0, warmup).then(cosine(0.0, low, fall)).repeat()
    return join([*parts, up + down], starts) if parts else up + down


# -- pieces of frameworks that count steps in their own way ----------------------------------------


def drops(argument: str, init: Floats, gamma: float, at: Sequence[int]) -> Schedule:
    """Return ``init * gamma^i``, with i the number of steps in ``at`` at or before t. They never
    fall.

    >>> drops("", 1.0, 0.5, [2, 3]).table(4)
    array([1.  , 1.  , 0.5 , 0.25])
    """
    if any(b < a for a, b in pairwise(at)):
        raise ArgumentError(f"{argument} must never fall, got {short_repr(list(at))}")
    return join([constant(np.multiply(init, gamma**i)) for i in range(len(at) + 1)], list(at))


def one_by_one(marks: Sequence[int], first: int) -> list[int]:
    """Return when a counter takes each mark, in the order given and at most one per step, from step
    ``first`` on.

    >>> one_by_one([2, 2, 1, 9], first=0)
    [2, 3, 4, 9]
    """
    taken = [first - 1]
    for mark in marks:
        taken.append(max(mark, taken[-1] + 1))
    return taken[1:]


def from_one(curve: Schedule, steps: int) -> Schedule:
    """Return steps 1 to ``steps`` of a curve as a piece of ``steps`` steps, for what counts from 1
    and ends on its last step.

    >>> from_one(linear(1.0, 0.0, 2), 2).repeat().table(4)
    array([0.5, 0. , 0.5, 0. ])
    """
    last = curve.skip(steps)
    return join([curve.skip(1), linear(rate_at(last, 0), rate_at(last, 0), 1)], [steps - 1])


def inverse(init: Floats, gamma: Floats, power: float, every: int = 1) -> Schedule:
    """Return ``init * (1 + gamma*t/every)^-power``; with power 0 that is ``init``.

    >>> inverse(1.0, 1.0, 2.0).table(2), inverse(1.0, 1.0, 0.0).table(2)
    (array([1.  , 0.25]), array([1., 1.]))
    """
    return inverse_time(init, gamma, every=every, power=power) if power else constant(init)


_NOTHING = 200.0  # e^-200 is negligible beside a rate


def sigmoid(high: Floats, gamma: float, center: int, rising: bool) -> Schedule:
    """``high / (1 + exp(-gamma*(t - center)))``, rising to ``high``, or with ``+gamma`` falling to
    0; gamma is at least 0.

    Where it is within e^-200 of ``high`` of either end, it is that end.

    >>> sigmoid(1.0, 1.0, 2, rising=True)([1, 2, 3, 1_000])
    array([0.26894142, 0.5       , 0.73105858, 1.        ])
    """
    half, none = np.divide(high, 2), np.multiply(high, 0)
    init, end = (none, high) if rising else (high, none)
    if gamma == 0:
        return constant(half)
    if gamma > _NOTHING:  # all in one step
        return join([constant(init), constant(half), constant(end)], [center, center + 1])
    begin = max(0, ceil(center - _NOTHING / gamma))
    steps = min(ceil(center - begin + _NOTHING / gamma), LAST_STEP)
    curve = tanh(
        init, end, steps, gamma * (begin - center) / 2, gamma * (begin - center + steps) / 2
    )
    return join([constant(init), curve], [begin])


def lowered_restarts(
    high: Floats,
    low: Floats,
    length: Callable[[int], int],
    scale: float,
    count: int | None = None,
) -> Schedule:
    """Return half cosine waves from ``high * scale^i`` to ``low`` in ``length(i)`` steps, ``count``
    times or forever.

    Lengths are equal or never fall. If they grow, there are at most 10,000 cycles, after which
    ``low`` is held. ``count`` may not be more than that either.

    >>> lowered_restarts(1.0, 0.2, lambda i: 2, 0.5).table(4)
    array([1.  , 0.6 , 0.5 , 0.35])
    """
    every = length(0)
    if count is None and length(MOST_TURNS) == every:
        tops = geometric(high, scale, every, staircase=True)
        return cosine(1.0, 0.0, every).repeat() * tops + cosine(
            0.0, 1.0, every
        ).repeat() * np.asarray(low)
    parts: list[Schedule] = []
    begins = [0]
    while begins[-1] < LAST_STEP and len(parts) < (MOST_TURNS if count is None else count):
        steps = min(length(len(parts)), LAST_STEP)
        parts.append(cosine(np.multiply(high, scale ** len(parts)), low, steps))
        begins.append(min(begins[-1] + steps, LAST_STEP))
    return join([*parts, constant(low)], begins[1:])


class OneCycle(NamedTuple):
    """torch's one cycle of ``total`` steps, which many frameworks have copied."""

    cycle: Schedule  # it holds ``last`` from step total - 1 on
    total: int
    top: Floats  # the last phase falls from here
    last: Floats  # to here
    fall: Exact  # in so many steps, which may be a fraction
    anneal: Literal["cos", "linear"]

    def beyond(self) -> Schedule:
        """Return the half wave on which the rate climbs again; its step 0 is step ``total``."""
        return in_ticks(partial(cosine, self.last, self.top), self.fall, Fraction(1))

    def cut(self) -> Schedule:
        """Return the cycle up to its last step: a cosine climbs at step ``total``, a line would
        fall below 0.
        """
        if self.anneal == "linear":
            return cut(self.cycle, self.total, self.last)
        beyond = self.beyond()
        return _cut([self.cycle, beyond], [self.total], self.total + 1, rate_at(beyond, 0))


def one_cycle(
    arguments: str,
    levels: tuple[Floats, Floats, Floats],
    share: float,
    total: int,
    three_phase: bool,
    anneal: Literal["cos", "linear"],
) -> OneCycle:
    """Return torch's one cycle over three levels: the first, the peak and the last.

    The peak is at step ``share * total - 1``, the last level at step ``total - 1``. With
    ``three_phase`` the first level is back at step ``2 * share * total - 2``. Phases may end
    between steps.

    >>> one_cycle("", (0.0, 1.0, 0.0), 0.5, 5, False, "linear").cycle.table(5).round(3)
    array([0.   , 0.667, 0.8  , 0.4  , 0.   ])
    """
    (low, high, last), rise = levels, fraction(share) * total
    ends: list[Exact] = [rise - 1, Fraction(total - 1)]
    over = [low, high, last]
    if three_phase:
        ends.insert(1, 2 * rise - 2)
        over.insert(2, low)
    if ends[0] == 0 or any(b <= a for a, b in pairwise(ends)):
        found = list(map(float, ends))
        raise ArgumentError(
            f"{arguments} must give each phase more than 0 steps, got ends at {found}"
        )
    points: list[tuple[Exact, Any]] = list(zip([0, *ends], over, strict=True))
    cycle = knots(points, "cosine" if anneal == "cos" else "linear")
    return OneCycle(cycle, total, over[-2], last, ends[-1] - ends[-2], anneal)


def total_of_epochs(
    total_steps: int | None, epochs: int | None, steps_per_epoch: int | None
) -> int:
    """Return ``total_steps``, or ``epochs * steps_per_epoch`` if that is not given.

    >>> total_of_epochs(None, 3, 10)
    30
    """
    if total_steps is not None:
        return total_steps
    if epochs is None or steps_per_epoch is None:
        detail = f"{epochs=}, {steps_per_epoch=}"
        raise ArgumentError(
            f"total_steps, or both epochs and steps_per_epoch must be given, got {detail}"
        )
    return epochs * steps_per_epoch


def phases(*parts: tuple[int, Schedule, int]) -> Schedule:
    """Run schedules one after another: each ``(begin, schedule, origin)`` has its own step 0 at
    step ``origin``.

    It is in force from ``begin`` on, but not before the previous one. Before its origin it holds
    its rate at step 0.

    >>> phases((0, linear(0.0, 1.0, 2), 0), (3, linear(1.0, 0.0, 4), 2)).table(6)
    array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25])
    """
    begins = list(accumulate((begin for begin, _, _ in parts), max))
    placed = [
        _placed(schedule, begin - origin)
        for begin, (_, schedule, origin) in zip(begins, parts, strict=True)
    ]
    return join(placed, begins[1:]) if placed[1:] else placed[0]


def _placed(schedule: Schedule, skipped: int) -> Schedule:
    """Skip the first steps of a schedule, or delay it if their number is negative."""
    if skipped == 0:
        return schedule
    return schedule.skip(skipped) if skipped > 0 else schedule.delay(-skipped)
