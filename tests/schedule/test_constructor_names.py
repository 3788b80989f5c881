"""Compare each constructor with the formula in its docstring, at every boundary, beside it and
between.
"""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
from example_schedules import BACKENDS, BOUNDS, built
from mpmath import mpf

import fastlr as flr
from fastlr.schedule import constructor_names

PRECISION = 600  # bits: a formula may take the 130th digit from 1
LAST = 2**53
Formula = Callable[[int], mpf]


class Case(NamedTuple):
    """A schedule, its formula in real numbers, and its boundaries."""

    name: str
    schedule: flr.Schedule
    formula: Formula
    joints: tuple[int, ...]


def part(init: float, end: float, weight: mpf) -> mpf:
    """Return the level at ``weight`` from ``end`` to ``init``."""
    return mpf(end) + (mpf(init) - mpf(end)) * weight


# the weight of init, at progress p
WEIGHTS: dict[str, Callable[..., mpf]] = {
    "linear": lambda p: 1 - p,
    "polynomial": lambda p, power=2.0, origin="end": (
        (1 - p) ** mpf(power) if origin == "end" else 1 - p ** mpf(power)
    ),
    "cosine": lambda p, exponent=1.0, k=1.0: (
        ((1 + mpmath.cos(mpmath.pi * p ** mpf(k))) / 2) ** mpf(exponent)
    ),
    "rex": lambda p, beta=0.5: (1 - p) / (1 - mpf(beta) * p),
    "affine_exponential": lambda p, ratio=0.5: (
        (mpf(ratio) ** p - mpf(ratio)) / (1 - mpf(ratio)) if ratio != 1 else 1 - p
    ),
    "tanh": lambda p, lower=-6.0, upper=3.0: (
        (1 - mpmath.tanh(mpf(lower) + (mpf(upper) - mpf(lower)) * p)) / 2
    ),
    "1-sqrt": lambda p: 1 - mpmath.sqrt(p),
    "sqrt": lambda p: mpmath.sqrt(1 - p),
}


def curve(name: str, init: float, end: float, steps: int, **options: Any) -> Formula:
    """From ``init`` to ``end`` in ``steps``, then ``end``."""

    def formula(t: int) -> mpf:
        if t >= steps:
            return mpf(end)
        if name == "exponential":
            return mpf(init) * (mpf(end) / mpf(init)) ** (mpf(t) / steps)
        if name == "logarithmic":
            return part(end, init, mpmath.log(mpf(1 + t)) / mpmath.log(mpf(1 + steps)))
        return part(init, end, WEIGHTS[name](mpf(t) / steps, **options))

    return formula


def pieces(*parts: tuple[int, Formula]) -> Formula:
    """Join formulas, each over its local steps, from its first step on."""

    def formula(t: int) -> mpf:
        start, inner = [piece for piece in parts if piece[0] <= t][-1]
        return inner(t - start)

    return formula


LEVELS = [(1.0, 0.0), (0.0, 3e-4), (6e-4, 6e-5), (1e-7, 0.1), (0.3, 0.3)]
LENGTHS = [1, 2, 7, 1_000, 598_000, 2**40 + 3, LAST]
OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("linear", {}),
    ("polynomial", {}),
    ("polynomial", {"power": 1.0}),
    ("polynomial", {"power": 0.9}),
    ("polynomial", {"power": 5.5}),
    ("polynomial", {"power": 4.0, "origin": "start"}),
    ("polynomial", {"power": 0.5, "origin": "start"}),
    ("cosine", {}),
    ("cosine", {"exponent": 2.0}),
    ("cosine", {"exponent": 0.7, "k": 2.0}),
    ("cosine", {"k": 0.5}),
    ("exponential", {}),
    ("rex", {}),
    ("rex", {"beta": 0.0}),
    ("rex", {"beta": 0.9}),
    ("affine_exponential", {}),
    ("affine_exponential", {"ratio": 1.0}),
    ("affine_exponential", {"ratio": 1e-18}),
    ("affine_exponential", {"ratio": 1e18}),
    ("affine_exponential", {"ratio": 1 - 2.0**-53}),
    ("logarithmic", {}),
    ("tanh", {}),
    ("tanh", {"lower": -1.0, "upper": 8.0}),
]


def finite_curves() -> Iterator[Case]:
    for name, options in OPTIONS:
        for init, end in LEVELS:
            first, last = (
                (max(init, 1e-9), max(end, 1e-9)) if name == "exponential" else (init, end)
            )
            for steps in LENGTHS:
                schedule = getattr(flr, name)(first, last, steps, **options)
                yield Case(name, schedule, curve(name, first, last, steps, **options), (steps,))


def natural(t: int, rate: float) -> mpf:
    return mpf(0.1) * mpmath.exp(-mpf(rate) * t)


def geometric(t: int, gamma: float, every: int) -> mpf:
    return mpf(0.1) * mpf(gamma) ** (mpf(t) / every)


def stairs(t: int, gamma: float, every: int) -> mpf:
    return mpf(0.1) * mpf(gamma) ** (t // every)


def by_time(t: int, rate: float, every: int) -> mpf:
    return mpf(0.2) / (1 + mpf(rate) * t / every)


def by_power(t: int, power: float, shift: int) -> mpf:
    return mpf(0.2) * (mpf(t + shift) / shift) ** -mpf(power)


def by_width(t: int, width: float, power: float) -> mpf:
    return mpf(0.2) * (1 + (t / mpf(width)) ** 2) ** -mpf(power)


def by_root(t: int, warmup: int, init: float) -> mpf:
    return (
        part(init, 0.2, 1 - mpf(t) / warmup)
        if t < warmup
        else mpf(0.2) * mpmath.sqrt(mpf(warmup) / t)
    )


def numbered_from_1(t: int, width: int, warmup: int, factor: float) -> mpf:
    n = mpf(t + 1)
    return mpf(factor) / mpmath.sqrt(width) * min(1 / mpmath.sqrt(n), n * mpf(warmup) ** mpf(-1.5))


def decays() -> Iterator[Case]:
    for rate in (0.0, 1e-9, 0.03, 1.7):
        yield Case(
            "exponential_decay",
            flr.exponential_decay(0.1, rate=rate),
            partial(natural, rate=rate),
            (1,),
        )
    for gamma, every in [(0.5, 10), (0.94, 1), (1 - 2.0**-40, 1), (0.1, 10**12), (1.0, 3)]:
        smooth, steep = (
            partial(formula, gamma=gamma, every=every) for formula in (geometric, stairs)
        )
        joints = (every, 2 * every, 41 * every)
        yield Case(
            "exponential_decay",
            flr.exponential_decay(0.1, gamma=gamma, every=every),
            smooth,
            joints,
        )
        yield Case(
            "exponential_decay",
            flr.exponential_decay(0.1, gamma=gamma, every=every, staircase=True),
            steep,
            joints,
        )
        yield Case("step_decay", flr.step_decay(0.1, gamma, every), steep, joints)
    yield Case(
        "step_decay", flr.step_decay(0.1, 0.0, 5), partial(stairs, gamma=0.0, every=5), (5, 10)
    )
    for rate, every in [(0.0, 1), (0.5, 1), (1e-3, 7), (3.0, 10**10)]:
        yield Case(
            "inverse_time",
            flr.inverse_time(0.2, rate, every),
            partial(by_time, rate=rate, every=every),
            (1, every),
        )
    for power, shift in [(0.5, 1), (1.0, 10), (2.5, 4_000), (0.33, 2**40)]:
        formula = partial(by_power, power=power, shift=shift)
        yield Case("inverse_power", flr.inverse_power(0.2, power, shift), formula, (1, shift))
    for width, power in [(3.5, 0.25), (7_500, 0.25), (1e-3, 2.0), (2.0**50, 0.7)]:
        yield Case(
            "eden",
            flr.eden(0.2, width, power),
            partial(by_width, width=width, power=power),
            (1, 8_000, 2**40),
        )
    for warmup, init in [(1, 0.0), (100, 0.0), (4_000, 1e-7), (2**40, 0.5)]:
        formula = partial(by_root, warmup=warmup, init=init)
        yield Case(
            "inverse_sqrt", flr.inverse_sqrt(0.2, warmup, init=init), formula, (warmup, 4 * warmup)
        )
    for width, warmup, factor in [
        (512, 4_000, 1.0),
        (1, 1, 1.0),
        (1_024, 1, 2.0),
        (768, 10_000, 0.7),
    ]:
        formula = partial(numbered_from_1, width=width, warmup=warmup, factor=factor)
        yield Case("noam", flr.noam(width, warmup, factor), formula, (max(1, warmup - 1), warmup))


def at_places(t: int, levels: list[float], at: list[int]) -> mpf:
    return mpf(levels[sum(boundary <= t for boundary in at)])


def connected(t: int, levels: list[float], at: list[int]) -> mpf:
    i = sum(step <= t for step in at) - 1
    if i == len(at) - 1:
        return mpf(levels[i])
    return part(levels[i], levels[i + 1], mpf(at[i + 1] - t) / (at[i + 1] - at[i]))


def dropped(t: int, init: float, factor: float, at: list[int]) -> mpf:
    return mpf(init) * mpf(factor) ** sum(step <= t for step in at)


SAMPLES = [0.0, 1.0, 0.1, 0.1, 1e-7]


def held(t: int, every: int) -> mpf:
    return mpf(SAMPLES[min(t // every, 4)])


def interpolated(t: int, every: int) -> mpf:
    i, c = divmod(t, every)
    return part(SAMPLES[i], SAMPLES[i + 1], 1 - mpf(c) / every) if i < 4 else mpf(SAMPLES[4])


def places() -> Iterator[Case]:
    levels, boundaries = [0.1, 0.02, 0.3, 0.0], [2, 30, 2**40]
    formula = partial(at_places, levels=levels, at=boundaries)
    yield Case(
        "piecewise_constant", flr.piecewise_constant(levels, boundaries), formula, tuple(boundaries)
    )
    yield Case(
        "piecewise_linear",
        flr.piecewise_linear(levels, [0, *boundaries]),
        partial(connected, levels=levels, at=[0, *boundaries]),
        (0, *boundaries),
    )
    for init, factor, at in [
        (0.1, 0.1, [30, 60, 90]),
        (0.1, 0.94, [0, 1, 5, 2**50]),
        (1.0, 0.0, [3]),
    ]:
        formula = partial(dropped, init=init, factor=factor, at=at)
        yield Case(
            "milestones",
            flr.milestones(init, factor, at),
            formula,
            tuple(max(1, step) for step in at),
        )
    for every in (1, 7, 10**15):
        joints = (every, 2 * every, 4 * every)
        yield Case("sampled", flr.sampled(SAMPLES, every), partial(held, every=every), joints)
        lines = flr.sampled(SAMPLES, every, interpolate=True)
        yield Case("sampled", lines, partial(interpolated, every=every), joints)


def triangle(c: int, up: int, down: int) -> mpf:
    return mpf(c) / up if c < up else mpf(up + down - c) / down


SCALES: dict[str, Callable[[int, int], mpf]] = {
    "triangular": lambda t, cycle: mpf(1),
    "cosine": lambda t, cycle: mpf(1),
    "triangular2": lambda t, cycle: mpf(0.5) ** cycle,
    "exp_range": lambda t, cycle: mpf(0.9997) ** t,
}


def wave(mode: str, low: float, high: float, up: int, down: int) -> Formula:
    def formula(t: int) -> mpf:
        cycle, c = divmod(t, up + down)
        height = triangle(c, up, down)
        if mode == "cosine":
            height = (1 - mpmath.cos(mpmath.pi * height)) / 2
        return mpf(low) + (mpf(high) - mpf(low)) * height * SCALES[mode](t, cycle)

    return formula


def restarts(init: float, end: float, period: int, stretch: float, scale: float) -> Formula:
    def begin(i: int) -> int:
        return round(period * sum(Fraction(stretch) ** j for j in range(i)))

    def formula(t: int) -> mpf:
        i = t // period if stretch == 1 else next(i for i in range(10_000) if begin(i + 1) > t)
        start, stop = (
            (t - t % period, t - t % period + period) if stretch == 1 else (begin(i), begin(i + 1))
        )
        top = part(init, end, mpf(scale) ** i)
        weight = (1 + mpmath.cos(mpmath.pi * mpf(t - start) / (stop - start))) / 2
        return mpf(end) + (top - mpf(end)) * weight

    return formula


def cycles() -> Iterator[Case]:
    for mode in SCALES:
        gamma = {"gamma": 0.9997} if mode == "exp_range" else {}
        for low, high, up, down in [
            (0.1, 0.5, 2, None),
            (1e-7, 0.3, 2_000, 500),
            (0.0, 1.0, 1, 0),
            (0.0, 1.0, 0, 3),
        ]:
            schedule = flr.cyclic(low, high, up, down, mode=mode, **gamma)
            fall = up if down is None else down
            joints = tuple(
                n * (up + fall) + c for n in (0, 1, 40, 10**9) for c in (max(1, up), up + fall)
            )
            yield Case("cyclic", schedule, wave(mode, low, high, up, fall), joints)
    for stretch, scale, period in [
        (1.0, 1.0, 10),
        (1.0, 0.5, 7),
        (1.5, 0.9, 3),
        (2.0, 1.0, 5),
        (3.0, 0.7, 2),
        (9.0, 1.0, 1),
    ]:
        schedule = flr.cosine_restarts(0.1, 1e-4, period, stretch=stretch, scale=scale)
        begins = tuple(
            round(period * sum(Fraction(stretch) ** j for j in range(i))) for i in range(1, 9)
        )
        yield Case("cosine_restarts", schedule, restarts(0.1, 1e-4, period, stretch, scale), begins)
    begins = tuple((10**i - 1) // 9 for i in range(1, 16))
    yield Case(
        "cosine_restarts",
        flr.cosine_restarts(1.0, 0.0, 1, stretch=10.0),
        restarts(1.0, 0.0, 1, 10.0, 1.0),
        begins,
    )


def one_cycles() -> Iterator[Case]:
    for shape in ("cosine", "linear"):
        for steps, rise in [(100, 30), (5, 2), (10**9, 3 * 10**8)]:  # 0.3 * 5 = 1.5 rounds to 2
            init, end = 1.7 / 25.0, 1.7 / 25.0 / 10_000.0
            up, down = curve(shape, init, 1.7, rise), curve(shape, 1.7, end, steps - rise)
            yield Case(
                "one_cycle",
                flr.one_cycle(1.7, steps, shape=shape),
                pieces((0, up), (rise, down)),
                (rise, steps),
            )
            back, rest = curve(shape, 1.7, init, rise), curve(shape, init, end, steps - 2 * rise)
            three = pieces((0, up), (rise, back), (2 * rise, rest))
            yield Case(
                "one_cycle",
                flr.one_cycle(1.7, steps, shape=shape, phases=3),
                three,
                (rise, 2 * rise, steps),
            )
        given = pieces((0, curve(shape, 0.2, 0.9, 10)), (10, curve(shape, 0.9, 0.01, 40)))
        yield Case(
            "one_cycle",
            flr.one_cycle(0.9, 50, warmup=10, init=0.2, end=0.01, shape=shape),
            given,
            (10, 50),
        )


def warmed() -> Iterator[Case]:
    for peak, warmup, steps, end, init in [
        (6e-4, 2_000, 600_000, 6e-5, 0.0),
        (1.0, 0, 5, 0.0, 0.0),
        (1.0, 3, 3, 0.2, 0.5),
    ]:
        rise = curve("linear", init, peak, warmup)
        for name in ("linear", "cosine"):
            schedule = getattr(flr, f"warmup_{name}")(peak, warmup, steps, end=end, init=init)
            formula = pieces((0, rise), (warmup, curve(name, peak, end, steps - warmup)))
            yield Case(f"warmup_{name}", schedule, formula, (warmup, steps))
        yield Case("warmup_constant", flr.warmup_constant(peak, warmup, init=init), rise, (warmup,))
    for shape in ("linear", "cosine", "1-sqrt", "sqrt", "polynomial", "exponential"):
        for warmup, stable, cooldown in [
            (10, 80, 10),
            (0, 5, 1),
            (2_000, 10**9, 10**8),
            (3, 0, 2**50),
        ]:
            for power in (3.0, 0.4) if shape == "polynomial" else (2.0,):
                schedule = flr.wsd(
                    0.7, warmup, stable, cooldown, end=1e-5, init=1e-3, shape=shape, power=power
                )
                options = {"power": power} if shape == "polynomial" else {}
                down = curve(shape, 0.7, 1e-5, cooldown, **options)
                begin = warmup + stable
                formula = pieces(
                    (0, curve("linear", 1e-3, 0.7, warmup)),
                    (warmup, lambda t: mpf(0.7)),
                    (begin, down),
                )
                yield Case("wsd", schedule, formula, (warmup, begin, begin + cooldown))


CASES = [
    Case("constant", flr.constant(3e-4), lambda t: mpf(3e-4), (1,)),
    *(
        case
        for group in (finite_curves, decays, places, cycles, one_cycles, warmed)
        for case in group()
    ),
]
NAMES = sorted({case.name for case in CASES})

# a product and a sum make exp_range, a rounded peak the rise of noam: each pays for its own
# roundings
EXTRA = {"exp_range": 3.0, "noam": 1.0}


def around(joints: tuple[int, ...], rng: np.random.Generator) -> list[int]:
    """Return every boundary, its neighbours, and steps between and beyond."""
    near = {joint + d for joint in (0, *joints) for d in (-2, -1, 0, 1, 2)}
    between = {int(rng.integers(0, joint + 1)) for joint in joints for _ in range(5)}
    beyond = {max(joints) + int(2 ** rng.uniform(0, 53)) for _ in range(4)}
    return sorted(t for t in near | between | beyond | {LAST} if 0 <= t <= LAST)


def ulps(rate: float, truth: mpf) -> float:
    """The error in units of the last place of the truth."""
    return float(abs(mpf(rate) - truth) / math.ulp(float(truth)))


def test_every_constructor_has_a_case():
    assert {*NAMES, "join", "stack"} == set(constructor_names.__all__)


@pytest.mark.parametrize(("backend", "bound"), BOUNDS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.exhaustive(one_in=5)
def test_the_formula_holds_at_joints_and_between(name, backend, bound):
    rng = np.random.default_rng(len(name))
    for case in (case for case in CASES if case.name == name):
        allowed = bound + max(
            (extra for word, extra in EXTRA.items() if word in repr(case.schedule)), default=0.0
        )
        steps = around(case.joints, rng)
        with flr.use_backend(backend):
            rates = case.schedule(np.array(steps))
        for t, rate in zip(steps, rates, strict=True):
            with mpmath.workprec(PRECISION):
                truth = case.formula(t)
            assert ulps(rate, truth) <= allowed, (case.schedule, t, rate, float(truth))


# -- the convention, in words ----------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("steps", LENGTHS)
@pytest.mark.parametrize(("init", "end"), LEVELS)
@pytest.mark.parametrize(("name", "options"), [option for option in OPTIONS if option[0] != "tanh"])
@pytest.mark.exhaustive(one_in=11)
def test_step_0_is_init_and_step_n_the_first_at_end(name, options, init, end, steps, backend):
    first, last = (max(init, 1e-9), max(end, 1e-9)) if name == "exponential" else (init, end)
    schedule = getattr(flr, name)(first, last, steps, **options)
    with flr.use_backend(backend):
        assert schedule(0) == first
        assert [schedule(t) for t in (steps, min(steps + 1, LAST), LAST)] == [last] * 3


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("init", "end"), [(1.0, 0.0), (1e-7, 0.1)])
def test_tanh_ends_on_end_though_its_formula_does_not(init, end, backend):
    with flr.use_backend(backend):
        schedule = flr.tanh(init, end, 1_000)
        assert schedule(1_000) == end
        assert abs(schedule(999) - end) > 0.002 * abs(init - end)


@pytest.mark.parametrize(
    ("schedule", "before", "boundary", "after"),
    [
        (flr.piecewise_constant([0.1, 0.2, 0.3], [2, 4]), 0.1, 2, 0.2),
        (flr.piecewise_constant([0.1, 0.2, 0.3], [2, 4]), 0.2, 4, 0.3),
        (flr.piecewise_constant([0.1, 0.2], [LAST]), 0.1, LAST, 0.2),
        (flr.milestones(1.0, 0.5, [30, 60]), 1.0, 30, 0.5),
        (flr.milestones(1.0, 0.5, [30, 60]), 0.5, 60, 0.25),
        (flr.step_decay(1.0, 0.5, 10), 1.0, 10, 0.5),
        (flr.step_decay(1.0, 0.5, 10), 0.5, 20, 0.25),
        (flr.exponential_decay(1.0, gamma=0.5, every=10, staircase=True), 1.0, 10, 0.5),
        (flr.sampled([0.1, 0.2], every=5), 0.1, 5, 0.2),
        (flr.join([flr.constant(0.1), flr.constant(0.2)], at=[7]), 0.1, 7, 0.2),
        (flr.warmup_constant(0.2, 1, init=0.1), 0.1, 1, 0.2),
        (flr.wsd(1.0, 0, 90, 1, end=0.25), 1.0, 91, 0.25),
        (flr.cyclic(0.25, 1.0, up=0, down=1), 1.0, 1, 1.0),
        (flr.cosine_restarts(1.0, 0.5, 1), 1.0, 1, 1.0),
    ],
)
def test_a_boundary_is_the_first_step_of_the_new_value(schedule, before, boundary, after):
    for backend in BACKENDS:
        with flr.use_backend(backend):
            assert [schedule(boundary - 1), schedule(boundary)] == [before, after]


def test_milestone_0_drops_the_first_step():
    assert flr.milestones(1.0, 0.5, [0, 10]).table(0, 11, 10).tolist() == [0.5, 0.25]


def test_noam_peaks_one_step_before_its_warmup_ends_as_updates_count_from_1():
    rates = flr.noam(512, 4_000).table(8_000)
    assert int(rates.argmax()) == 3_999


@pytest.mark.parametrize("steps", range(1, 40))
def test_one_cycle_rises_for_three_tenths_rounded_to_even(steps):
    rise = round(0.3 * steps)
    schedule = flr.one_cycle(1.0, steps)
    assert schedule(rise) == 1.0
    assert schedule(0) == (1.0 / 25.0 if rise else 1.0)
    assert schedule(steps) == 1.0 / 25.0 / 10_000.0


@pytest.mark.parametrize(
    ("text", "t"),
    [
        ("eden(1.62e234, width=1e-18, power=10.0)", 100),
        ("inverse_power(1e290, 1000.0)", 3),
        ("inverse_power(1e290, 2.0)", 2**53),
    ],
)
def test_a_small_power_of_a_large_level_is_no_zero(text, t):
    rates = []
    for name in BACKENDS:
        with flr.use_backend(name):
            rates.append(built(text)(t))
    np.testing.assert_allclose(rates, rates[0], rtol=1e-14)
    assert rates[0] > 0
