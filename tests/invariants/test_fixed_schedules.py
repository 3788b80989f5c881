"""Evaluate fixed schedules in every way, and compare them with the oracle.

Nothing is random, and the tests are fast, so that mutation testing can run them per mutant.
"""

from collections.abc import Iterator
from functools import cache
from itertools import chain

import numpy as np
import oracle
import pytest
from example_schedules import SCHEDULES, built
from test_accuracy import COMPOSED, operations, ulps

import fastlr as flr
from fastlr.kernels.selection import choose

LAST = 2**53

# what rows are seldom made of: wide lengths, exponents beyond the normal numbers, more rows than
# are blended, loops of all kinds
HARD = (
    "linear(0.1, 1.0, 2**53)",
    "linear(1.0, 0.3, [10, 2**30 + 1, 3])",
    "linear(0.3, [1.0, 0.1, 0.3], 2**27 + 1)",
    "cosine(1.0, 0.1, 2**27 + 1)",
    "linear(0.173, 0.057, 307_402_528)",  # in the middle of these the halves would pass each other
    "linear(1.228, 0.335, 4_118_874_852)",
    "cosine(0.34, 1.266, 132_499_806_344)",
    "cosine(0.935, 0.063, 13_336_160_519_856)",
    "polynomial(1.721, 0.741, 33_226_845_521_751).skip(9_731_917_735_883)",
    "polynomial(0.116, 0.539, 50_114_391_087_271).skip(14_678_165_314_427)",
    "cosine(0.1, [0.7, 1.0], [2**40 + 3, 900])",
    "polynomial([1.0, 0.1], 0.3, [2**27 + 1, 50])",
    "polynomial([0.1, 1.0], 0.7, 2**40 + 1)",
    "polynomial(1.0, 0.1, [1_000, 2**41 + 1], power=[50.0, 1.5])",
    "polynomial(0.1, 1.0, 2**41 + 1, power=0.3)",
    "polynomial(1e-220, 0.0, 100, power=[1.0, 2.0])",
    "cosine(0.1, 1.0, 1_000, exponent=0.7, k=2.0)",
    "cosine(1.0, [0.0, 1e-220], 90, k=[1.0, 2.0])",
    "exponential_decay(1.0, rate=2.0)",
    "exponential_decay([1.0, 0.1], rate=[1e-15, 0.9])",
    "exponential_decay([1.0, 0.3], gamma=[0.5, 0.25], every=[3, 100], staircase=True)",
    "exponential([1e-9, 1.0], [1.0, 1e-9], 2**42 + 1)",
    "tanh([0.1, 1.0], 0.3, 2**41 + 5)",
    "rex([0.1, 1.0], 0.3, [100, 2**41 + 5], beta=0.4)",
    "logarithmic([0.1, 1.0], 0.3, [70, 2**53])",
    "affine_exponential([0.1, 1.0], 0.3, [70, 2**45], ratio=[1e-3, 1e3])",
    "inverse_power(0.3, power=0.75, shift=[2**45 + 1, 3])",
    "sampled([[1.0, 0.5, 0.7], [0.1, 0.2, 0.2]], every=[70, 4], interpolate=True)",
    "piecewise_constant([0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1], [3, 9, 30, 31, 60, 2**40])",
    "piecewise_constant([[6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 6]], [[3, 9, 30, 31, 60], "
    "[8, 9, 10, 70, 99]])",
    "warmup_linear([1.0, 0.5], [5, 40], [50, 41]).then(cosine(0.5, [0.1, 0.2], "
    "9)).then(linear(0.3, 0.0, 9))",
    "wsd(1.0, 40, 100, 60).repeat(scale=0.7)",
    "wsd(1.0, 40, 100, 60).repeat(3)",
    "wsd(1.0, 4, 10, 6, end=0.1).repeat(5, scale=0.7)",
    "linear(1.0, 0.0, 2**40).repeat(4, scale=0.5)",
    "cosine(1.0, 0.1, 100).staircase(3).repeat(scale=1.5, times=4)",
    "join([*map(constant, [0.7, 0.6, 0.5, 0.4, 0.3]), linear(0.2, 0.1, 9)], [3, 9, 30, "
    "31, 90]).repeat()",
    "(linear([1.0, 0.5], 0.0, [20, 300]).repeat(scale=0.9) * cosine(1.0, [0.1, 0.2], "
    "[9, 700])).delay(3).maximum(0.01)",
    "(warmup_cosine(1.0, 3, 90) * 0.5).minimum(noam(512, 40).staircase(100)) + 0.01",
    "join([linear(0.0, 1.0, 9) * noam(64, 4), cosine(1.0, 0.1, 40).repeat(), "
    "constant(0.1)], [20, 300])",
    "cosine(1.0, 0.1, 2_000).paced([3, 7], [100]).then(linear(0.1, 0.0, "
    "100).paced([2]).staircase(5))",
    "constant(0.5).paced([3]).staircase(200) * linear(1.0, 0.1, 10**6).skip(90).staircase(64)",
    "linear([1.0, 0.5], [0.5, 1.0], [30, 20]).repeat(3, scale=[0.5, 0.7], stretch=[1.0, 2.0])",
    "linear(1.0, 0.5, 3).repeat(4, scale=1.5, stretch=1.3)",
    "cosine([1.0, 0.5], 0.1, [30, 20]).delay(5).with_past_end('repeat')",
    "linear([1.0, 0.1], 0.3, 1)",
    "polynomial([1.0, 0.1], 0.3, 1, power=[2.0, 3.0])",
    "cosine([1.0, 0.1], 0.3, 1, exponent=[1.0, 2.0])",
    "cosine(1.0, 0.0, 100, exponent=8.0)",
    "cosine(1.0, 0.1, 2**50, k=[30.0, 0.02])",
    "rex([1.0, 0.1], 0.3, [1, 2])",
    "logarithmic([1.0, 0.1], 0.3, [1, 2])",
    "affine_exponential([1.0, 0.1], 0.3, [1, 2])",
    "tanh([1.0, 0.1], 0.3, [1, 2])",
    "exponential([1.0, 0.1], 0.3, [1, 2])",
    "sampled([[1.0, 0.5], [0.1, 0.2]], every=4) * [0.3, 0.7]",
    "linear(1.0, 0.5, 3).repeat([2, 4], stretch=[2.0, 1.5])",
    "linear(1.0, 0.5, [3, 5]).repeat([2, 4], stretch=[1.0, 1.5])",
    "cosine(1.0, 0.1, 100).paced([10, 30], [50])",
    "linear(1.0, 0.1, 2**53).paced([2**30]).paced([2**40])",
    "cosine(1.0, 0.1, 90).delay(3).delay([4, 5]) * 0.5",
    "stack([wsd([1.0, 0.5], 3, 4, 5), linear([1.0, 0.5], 0.1, 9), *[wsd([1.0, 0.7], 3, "
    "4, n).repeat() for n in (5, 6)]])",
)
MANY = np.geomspace(1e-4, 1.0, 1_100)
LARGE = {
    "a bank": flr.warmup_cosine(MANY, 10, 100),
    "a bank of products": flr.linear(1.0, MANY, 50) * flr.cosine(MANY, 1.0, 30),
    "a mixed bank": flr.stack(
        [
            s
            for x in MANY[:390]
            for s in (flr.constant(x), flr.linear(1.0, x, 9), flr.cosine(x, 0.1, 7).repeat())
        ]
    ),
}
LONG = (  # longer than any block, with what is done a block at a time
    "wsd(1.0, 400, 1_000, 600).repeat(scale=0.7)",
    "cosine(1.0, 0.1, 1_100) * linear(1.0, 0.5, 2_000).repeat(scale=0.9)",
    "(linear(1.0, 0.5, 7).repeat() + constant(0.1)).maximum(cosine(1.0, 0.1, 2_000).staircase(3))",
    "step_decay(1.0, 0.9, every=100).paced([2]).staircase(70)",
)
FIXED = SCHEDULES | {text: built(text) for text in HARD}
ALL = FIXED | LARGE | {text: built(text) for text in LONG}


def size(schedule: flr.Schedule) -> int:
    """Return the number of lanes."""
    return int(np.prod(schedule.shape))


def lanes(schedule: flr.Schedule) -> Iterator[flr.Schedule]:
    """Yield each scalar schedule of a batch."""
    return (
        (schedule[place] for place in np.ndindex(schedule.shape))
        if schedule.shape
        else iter([schedule])
    )


def first_forbidden(schedule: flr.Schedule) -> int:
    """Return the first step that must not be evaluated."""
    return int(np.min(schedule.steps)) if schedule.past_end == "raise" else LAST + 1


def places(schedule: flr.Schedule, most_lanes: int = 4) -> list[int]:
    """The boundaries of some lanes and the first step, their neighbours, steps between and
    steps far away.
    """
    some = list(lanes(schedule))[:: max(1, size(schedule) // most_lanes)]
    boundaries = sorted({0, *(boundary for lane in some for boundary in lane.boundaries[:12])})
    near = {boundary + d for boundary in boundaries for d in (-1, 0, 1, 2)}
    ends = zip(boundaries, [*boundaries[1:], 2 * boundaries[-1] + 9], strict=True)
    between = {step for a, b in ends for step in ((3 * a + b) // 4, (a + b) // 2)}
    far = {70, 1_500, 2**31 + 1, 10**12 + 7, LAST}
    return sorted(t for t in near | between | far if 0 <= t < first_forbidden(schedule))


def spans(schedule: flr.Schedule, steps: list[int]) -> Iterator[tuple[int, int, int]]:
    """Tables of few steps and many: (start, stop, step)."""
    last = first_forbidden(schedule)
    counts = (
        [(0, 1, 150), (1, 3, 70), (2, 1_000, 9), (7, 10**9 + 7, 5)]
        if size(schedule) < 9
        else [(5, 2, 5)]
    )
    for start, step, count in [
        *counts,
        *((max(0, t - 3), 1, 9) for t in steps[1::3] if size(schedule) < 9),
    ]:
        yield start, min(start + count * step, last), step


def evaluated(schedule: flr.Schedule, steps: list[int]) -> Iterator[np.ndarray]:
    """Yield the rates at these steps, and tables at them, in every way."""
    few = size(schedule) < 9
    yield schedule(np.array(steps[::2] + steps[::-1] if few else steps[3:7]))
    for t in steps if few else steps[:6]:
        yield np.asarray(schedule(t))
    for lane in lanes(schedule) if few and schedule.shape else ():
        yield np.array([lane(t) for t in steps[::3]])
    yield np.asarray(schedule.each(np.resize(steps, schedule.shape)))
    for span in spans(schedule, steps):
        yield schedule.table(*span)
    count = min(40 if few else 3, first_forbidden(schedule))
    out = np.zeros((*schedule.shape, 3 * count))
    schedule.table(count, out=out[..., ::3])
    yield out
    yield schedule.table(count, dtype="float32")


def long_tables(schedule: flr.Schedule) -> Iterator[np.ndarray]:
    """Yield long tables and many steps at once."""
    yield schedule.table(2_600)
    yield schedule.table(3, 2_600, dtype="float32")
    yield schedule(np.arange(2_600)[::-1].copy())
    yield schedule.table(2_600, out=np.zeros(5_200)[::2])
    yield schedule.table(2_600, out=np.zeros(5_200, np.float32)[::2])


def partial_outputs(schedule: flr.Schedule, t: list[int]) -> Iterator[np.ndarray]:
    """Yield some lanes and some columns; the rest of the output must not change."""
    words, backend, count, some = (
        schedule.program.view(np.ndarray),
        choose(),
        size(schedule),
        np.array(t),
    )
    for lanes, columns in (
        (range(count // 3, count // 2), range(3)),
        (range(count - 1, count), range(1, 3)),
    ):
        one, many = np.zeros((2, count)), np.zeros((3, count, 3))
        single = np.zeros((count, 6), np.float32)
        backend.rates(words, lanes, t[0], one[0])
        backend.each(words, lanes, np.resize(some, count), one[1])
        backend.steps(words, lanes, columns, some, many[0])
        backend.table(words, lanes, columns, t[0], 3, many[1])
        backend.table(words, lanes, columns, t[0], 3, many[2][::-1])
        backend.table(words, lanes, columns, t[0], 3, single[:, ::2])
        yield from (one, many, single)


@cache
def answers(name: str, backend: str) -> list[tuple[object, ...]]:
    """Return all results of a backend for a schedule, to the bit."""
    schedule = ALL[name]
    with flr.use_backend(backend):
        steps = places(schedule)
        more = (
            long_tables(schedule)
            if name in LONG
            else partial_outputs(schedule, steps[3:6])
            if name in LARGE
            else ()
        )
        return [
            (rates.shape, rates.dtype, rates.tobytes())
            for rates in chain(evaluated(schedule, steps), more)
        ]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.exhaustive(one_in=5)
def test_c_and_numba_give_the_same_bits(name):
    assert answers(name, "native") == answers(name, "jit")


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize(("backend", "bound"), [("native", 2.0), ("reference", 8.0)])
@pytest.mark.exhaustive(one_in=5)
def test_every_lane_is_near_the_truth(name, backend, bound):
    schedule = FIXED[name]
    extra = max((extra for word, extra in COMPOSED.items() if word in name), default=0.0)
    steps = places(schedule)[:24]
    with flr.use_backend(backend):
        rates = np.reshape(schedule(np.array(steps)), (size(schedule), len(steps)))
    for lane, own in zip(lanes(schedule), rates, strict=True):
        allowed = bound * operations(lane) + operations(lane) - 1 + extra
        for t, rate in zip(steps, own.tolist(), strict=True):
            assert ulps(rate, oracle.exact(lane, t)) <= allowed, (lane, t, rate)


@pytest.mark.parametrize("name", [name for name in FIXED if FIXED[name].past_end == "hold"])
def test_every_lane_ends_where_its_formula_does(name):
    for lane in lanes(FIXED[name]):
        last = oracle.length(lane.to_spec()["schedule"])
        assert lane.steps == (None if last >= oracle.FOREVER else last)
