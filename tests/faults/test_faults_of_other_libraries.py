"""Faults that other libraries have or had, and fastlr must not have.

There is one test per fault; its docstring describes the fault.
"""

import json
import math
import pickle
import sys
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from example_schedules import BACKENDS
from mpmath import mpf

import fastlr as flr

pytestmark = pytest.mark.parametrize("backend", BACKENDS)
LAST = 2**53


@pytest.fixture(autouse=True)
def _evaluated_by(backend):
    with flr.use_backend(backend):
        yield


def ulps(rate: float, truth: mpf) -> float:
    """The error in units of the last place of the truth."""
    return float(abs(mpf(rate) - truth) / math.ulp(float(truth)))


# a valid call of every constructor that takes numbers
VALID: dict[str, dict[str, Any]] = {
    "constant": {"value": 0.1},
    "linear": {"init": 0.1, "end": 0.01, "steps": 10},
    "polynomial": {"init": 0.1, "end": 0.01, "steps": 10, "power": 0.9},
    "cosine": {"init": 0.1, "end": 0.01, "steps": 10, "exponent": 1.5, "k": 2.0},
    "exponential": {"init": 0.1, "end": 0.01, "steps": 10},
    "rex": {"init": 0.1, "end": 0.01, "steps": 10, "beta": 0.5},
    "tanh": {"init": 0.1, "end": 0.01, "steps": 10, "lower": -6.0, "upper": 3.0},
    "exponential_decay": {"init": 0.1, "gamma": 0.9, "every": 3},
    "step_decay": {"init": 0.1, "factor": 0.5, "every": 3},
    "affine_exponential": {"init": 0.1, "end": 0.01, "steps": 10, "ratio": 0.5},
    "logarithmic": {"init": 0.1, "end": 0.01, "steps": 10},
    "eden": {"init": 0.1, "width": 3.5, "power": 0.25},
    "inverse_time": {"init": 0.1, "rate": 0.5, "every": 3},
    "inverse_power": {"init": 0.1, "power": 0.5, "shift": 3},
    "inverse_sqrt": {"peak": 0.1, "warmup": 3, "init": 0.01},
    "noam": {"width": 512, "warmup": 10, "factor": 1.0},
    "piecewise_constant": {"values": [0.1, 0.2], "boundaries": [5]},
    "milestones": {"init": 0.1, "factor": 0.5, "at": [5]},
    "sampled": {"values": [0.1, 0.2], "every": 3},
    "cyclic": {"low": 0.01, "high": 0.1, "up": 3, "down": 4, "mode": "exp_range", "gamma": 0.9},
    "cosine_restarts": {"init": 0.1, "end": 0.01, "period": 5, "stretch": 2.0, "scale": 0.5},
    "one_cycle": {"peak": 0.1, "steps": 10, "warmup": 3, "init": 0.01, "end": 0.001},
    "warmup_constant": {"peak": 0.1, "warmup": 3, "init": 0.01},
    "warmup_linear": {"peak": 0.1, "warmup": 3, "steps": 10, "end": 0.01, "init": 0.01},
    "warmup_cosine": {"peak": 0.1, "warmup": 3, "steps": 10, "end": 0.01, "init": 0.01},
    "wsd": {
        "peak": 0.1,
        "warmup": 3,
        "stable": 4,
        "cooldown": 5,
        "end": 0.01,
        "init": 0.01,
        "shape": "polynomial",
        "power": 2.0,
    },
}
NUMBERS = [
    (name, key)
    for name, arguments in VALID.items()
    for key, value in arguments.items()
    if not isinstance(value, str)
]
RATES = [
    (name, key) for name, key in NUMBERS if key in ("init", "end", "peak", "value", "low", "high")
]


def built(name: str, **changed: Any) -> flr.Schedule:
    return getattr(flr, name)(**{**VALID[name], **changed})


# -- the last step ---------------------------------------------------------------------------------

TOTALS = [*range(1, 400), 500, 600, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000]


@pytest.mark.parametrize("power", [0.5, 0.9, 1.0, 1.5, 2.0])
@pytest.mark.exhaustive(one_in=5)
def test_a_power_at_the_end(power):
    """optax and keras, compiled: -4.7e-8 left at the end is NaN to a fractional power, and a
    negative rate to power 1.
    """
    ends = list(flr.polynomial(0.1, 0.0, TOTALS, power=power))
    for offset in (-1, 0, 1, 1_000):
        rates = np.array(
            [schedule(total + offset) for schedule, total in zip(ends, TOTALS, strict=True)]
        )
        assert np.all(rates > 0) if offset < 0 else np.all(rates == 0.0)


@pytest.mark.parametrize("total", [10**3, 10**5, 10**6, 10**7, 10**9])
@pytest.mark.parametrize("end", [0.0, 1e-3])
def test_a_cosine_tail(total, end, backend):
    """torch, transformers, timm, fvcore, mmengine, optax: 1 + cos loses all digits, 2.8e10 ulp
    at the last of 10^6 steps.
    """
    schedule = flr.cosine(0.1, end, total)
    for left in (1, 2, 3, 10, 77, 517):
        with mpmath.workprec(300):
            truth = mpf(end) + (mpf(0.1) - mpf(end)) * mpmath.sin(mpmath.pi / 2 * left / total) ** 2
            assert ulps(schedule(total - left), truth) <= (2 if backend == "jit" else 8)


@pytest.mark.parametrize("total", [10**3, 10**6, 10**7, 2 * 10**7, 10**9])
@pytest.mark.parametrize(("init", "end"), [(1.0, 0.0), (0.1, 1e-3), (1e-7, 0.1)])
def test_a_linear_tail(init, end, total, backend):
    """optax: 1 - t/T in float32 is 19% off at the last of 10^7 steps and 0 at that of 2*10^7."""
    schedule = flr.linear(init, end, total)
    for left in (1, 2, 3, 10, 77, 517):
        truth = Fraction(end) + (Fraction(init) - Fraction(end)) * Fraction(left, total)
        with mpmath.workprec(300):
            assert ulps(schedule(total - left), mpf(truth.numerator) / truth.denominator) <= (
                2 if backend == "jit" else 8
            )


@pytest.mark.parametrize("total", [10**4, 10**6, 10**9])
@pytest.mark.parametrize("shape", ["linear", "cosine"])
@pytest.mark.exhaustive(one_in=5)
def test_a_float32_tail(shape, total, backend):
    """optax and keras: the last 77 of 10^6 float32 steps are exactly 0, and 517 are off by more
    than 1%.
    """
    left = np.arange(600, 0, -1)
    table = getattr(flr, shape)(0.1, 0.0, total).table(total - 600, total, dtype="float32")
    for rate, n in zip(table, left, strict=True):
        with mpmath.workprec(300):
            weight = (
                mpmath.sin(mpmath.pi / 2 * int(n) / total) ** 2
                if shape == "cosine"
                else mpf(int(n)) / total
            )
            error = abs(mpf(float(rate)) - mpf(0.1) * weight) / mpf(float(np.spacing(rate)))
        assert error <= 0.5 + 1e-7


def test_the_last_step_of_a_million():
    """fvcore: a fixed nudge of 1e-6 drops early at 10^6 steps and raises IndexError on the
    last; composer crashed there.
    """
    total = 10**6
    drops = flr.milestones(1.0, 0.5, at=[total // 4, total // 2, total - 1, total])
    assert drops.table(total - 3, total + 2).tolist() == [0.25, 0.25, 0.125, 0.0625, 0.0625]
    assert [drops(total // 4 - 1), drops(total // 4)] == [1.0, 0.5]
    assert flr.sampled(np.arange(float(total)))(total - 1) == total - 1.0
    assert flr.cosine(1.0, 0.0, total).table(total - 1, total + 1).tolist()[1] == 0.0


def test_past_the_end_a_cosine_holds():
    """torch and transformers: past its end a cosine climbs back, to half the peak at one and a
    half times the run.
    """
    schedule = flr.warmup_cosine(0.1, 10, 1_000, end=0.0)
    assert [schedule(t) for t in (1_000, 1_001, 1_500, 2_000, LAST)] == [0.0] * 5


def test_the_event_after_the_last_does_not_jump_to_the_peak():
    """ignite: warmup 10 and a cosine cycle of 990 end, at event 1000, on the peak."""
    assert flr.linear(0.0, 0.1, 10).then(flr.cosine(0.1, 0.0, 990))(1_000) == 0.0


def test_a_floor_is_kept_by_every_group():
    """transformers: groups of 1e-3 and 1e-4 with a floor of 1e-5 end at 1e-5 and 1e-6."""
    groups = flr.cosine([1e-3, 1e-4], 1e-5, 1_000)
    assert groups(1_000).tolist() == [1e-5, 1e-5]
    assert (flr.cosine(1.0, 0.0, 1_000) * [1e-3, 1e-4]).maximum(1e-5)(1_000).tolist() == [
        1e-5,
        1e-5,
    ]


# -- steps far out ---------------------------------------------------------------------------------

FAR = [2**24, 2**26 + 1, 2**31 - 1, 2**31, 2**31 + 7, 2**40 + 3, LAST - 1]


@pytest.mark.parametrize("step", FAR)
@pytest.mark.parametrize("kind", [int, np.int64, np.uint64])
def test_integers_of_every_width_are_steps(kind, step):
    """optax: np.int64(2**40 + 3) is read as step 3; keras truncates it, or wraps to -2**31."""
    schedule = flr.linear(0.0, 1.0, LAST)
    assert schedule(kind(step)) == step / LAST
    assert type(schedule(kind(step))) is float


@pytest.mark.parametrize(
    "dtype", [np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64, np.uint64]
)
def test_arrays_of_narrow_integers_do_not_wrap(dtype):
    """TensorFlow: int32 step times batch size overflowed, and the rate jumped."""
    last = int(np.iinfo(dtype).max) if np.dtype(dtype).itemsize < 8 else LAST
    steps = np.array([0, last - 1, last], dtype=dtype)
    schedule = flr.join([flr.constant(0.0), flr.linear(0.0, 1.0, 2**52)], at=[2**52])
    far = flr.linear(0.0, 1.0, LAST)
    assert far(steps).tolist() == [int(t) / LAST for t in steps]
    assert schedule(steps).tolist() == [max(int(t) / 2**52 - 1, 0.0) for t in steps]


def test_strides_and_repeats_of_far_steps_do_not_wrap():
    """A counter of 32 bits sends the schedule back to its beginning."""
    line = flr.linear(0.0, 1.0, LAST)
    assert line.table(0, LAST + 1, 2**50).tolist() == [i / 8 for i in range(9)]
    assert line.table(2**31 - 2, 2**31 + 2).tolist() == [
        t / LAST for t in range(2**31 - 2, 2**31 + 2)
    ]


@pytest.mark.parametrize("step", FAR)
def test_neighbouring_far_steps_differ(step):
    """keras and optax: of 1000 successive steps float32 tells 501 apart from 2^24 on, 9 from
    2^30.
    """
    schedule = flr.cyclic(0.0, 1.0, up=1_000, down=1)
    rates = schedule.table(step - 500, min(step + 500, LAST))
    assert rates == pytest.approx(
        [t % 1_001 / 1_000 for t in range(step - 500, min(step + 500, LAST))], rel=5e-16, abs=0
    )


@pytest.mark.parametrize("every", [7, 41, 12_345, 10**6 + 3])
def test_far_drops_are_at_their_boundaries(every):
    """keras and optax: drops every 12,345 steps are late or early from step 12,653,625 on."""
    turns = flr.linear(1.0, 0.0, every).repeat()
    for far in FAR:
        boundary = far // every * every
        assert turns(boundary) == 1.0
        assert turns(boundary - 1) == pytest.approx(1 / every, rel=1e-15)


@pytest.mark.parametrize("step", [2**24, 2**31, 2**40, LAST - 1])
def test_a_milestone_far_out_is_at_its_step(step):
    """fvcore: a milestone drops early, by 100 steps at 10^8."""
    schedule = flr.piecewise_constant([1.0, 0.1], [step])
    assert [schedule(step - 1), schedule(step), schedule(step + 1)] == [1.0, 0.1, 0.1]


def test_a_slow_factor_still_decays():
    """optax in float32: a factor near 1 rounds to 1 and never decays, 31 times too high at 2^31."""
    schedule = flr.exponential_decay(1.0, gamma=1.0 - 2.0**-40)
    for step in (2**31, 2**40, 2**45):
        with mpmath.workprec(300):
            assert ulps(schedule(step), (1 - mpf(2) ** -40) ** step) <= 8


# -- cycles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("growth", [2, 3, 6, 9, 10])
@pytest.mark.parametrize("period", [1, 2, 7, 10, 41])
@pytest.mark.exhaustive(one_in=7)
def test_a_restart_is_at_its_exact_step(period, growth):
    """torch, timm and keras: for growth 3, 9 and 10 a logarithm finds the wrong cycle, and a
    restart gives the floor.
    """
    schedule = flr.cosine_restarts(0.3, 0.1, period, stretch=float(growth))
    begin, length = 0, period
    while begin + length <= LAST:
        begin, length = begin + length, length * growth
        assert schedule(begin) == 0.3
        assert schedule(begin - 1) < 0.3 or length == growth
        assert schedule.table(begin - 1, begin + 1).tolist() == [schedule(begin - 1), 0.3]


def test_an_equal_restart_is_at_its_exact_step():
    """keras: 66 of 2240 first steps of a cycle give the floor."""
    for period in (1, 3, 41, 49, 1_000):
        schedule = flr.cosine_restarts(0.3, 0.1, period)
        steps = np.concatenate(
            [np.arange(2_000) * period, 10**14 // period * period + np.arange(3) * period]
        )
        assert np.all(schedule(steps) == 0.3)
    assert flr.cosine_restarts(0.3, 0.1, 1)(LAST) == 0.3


@pytest.mark.parametrize("mode", ["triangular2", "exp_range"])
def test_thousands_of_cycles_shrink_to_the_floor(mode):
    """torch: triangular2 raises OverflowError after 1024 cycles."""
    gamma = {"gamma": 0.5} if mode == "exp_range" else {}
    schedule = flr.cyclic(0.25, 1.0, up=2_000, mode=mode, **gamma)
    for cycle in (1_022, 1_023, 1_024, 1_074, 1_075, 1_100, 10**9):
        rates = schedule.table(cycle * 4_000, cycle * 4_000 + 4_000, 500)
        assert np.all(rates == 0.25)
    deep = flr.cyclic(0.0, 1.0, up=1, mode="triangular2")
    assert [deep(2 * cycle + 1) for cycle in (1_022, 1_074, 1_075, 1_100)] == [
        2.0**-1022,
        2.0**-1074,
        0.0,
        0.0,
    ]


@pytest.mark.parametrize("step", [2**31, 2**40, LAST - 4_000])
def test_a_triangle_keeps_its_digits_far_out(step):
    """torch: a large cycle number is subtracted, 2.7e5 ulp after 10,000 cycles and 1e-3
    relative at 2^53.
    """
    schedule = flr.cyclic(0.0, 1.0, up=2_000)
    first = step // 4_000 * 4_000
    expected = [min(c, 4_000 - c) / 2_000 for c in range(4_000)]
    assert schedule.table(first, first + 4_000) == pytest.approx(expected, rel=5e-16, abs=0)


@pytest.mark.parametrize("phases", [2, 3])
@pytest.mark.parametrize("shape", ["cosine", "linear"])
@pytest.mark.parametrize(
    ("steps", "warmup"),
    [(10, 1), (100, 1), (3, 1), (2, 1), (2, 0), (1, 0), (0, 0), (7, 3), (10, 5)],
)
@pytest.mark.exhaustive(one_in=5)
def test_a_one_cycle_of_any_split(steps, warmup, shape, phases):
    """torch divides by zero where fraction times total is 1; optax never rises at fraction 1
    and gave NaN for three steps.
    """
    schedule = flr.one_cycle(
        1.0, steps, warmup=warmup, init=0.25, end=0.125, shape=shape, phases=phases
    )
    table = schedule.table(steps + 3)
    assert np.all((table >= 0.125) & (table <= 1.0))
    assert schedule(steps) == schedule(steps + 2) == 0.125
    assert not 0 < warmup <= steps or schedule(warmup) == (1.0 if warmup < steps else 0.125)


def test_a_one_cycle_that_only_rises():
    """optax: a fraction of 1 collides with the end and the rate never rises."""
    table = flr.one_cycle(1.0, 4, warmup=4, init=0.0, end=0.0, shape="linear").table(6)
    assert table.tolist() == [0.0, 0.25, 0.5, 0.75, 0.0, 0.0]


def test_a_trough_of_0_is_no_division():
    """torch: division by zero at the trough of a cycle, and for a factor of 0."""
    assert flr.cyclic(0.0, 1.0, up=2).table(9).tolist() == [
        0.0,
        0.5,
        1.0,
        0.5,
        0.0,
        0.5,
        1.0,
        0.5,
        0.0,
    ]
    assert flr.linear(1.0, 0.5, 2).repeat(scale=0.0).table(5).tolist() == [1.0, 0.75, 0.0, 0.0, 0.0]
    assert (flr.constant(1.0) * 0.0).table(2).tolist() == [0.0, 0.0]


# -- what is given ---------------------------------------------------------------------------------

NONE_OF_THESE = [math.nan, math.inf, -math.inf, -1, 10**400, "0.5", None, True, 1j]
MEANT = {("tanh", "lower", -1), ("tanh", "upper", -1), ("cyclic", "down", None)} | {
    ("one_cycle", key, None) for key in ("warmup", "init", "end")
}


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        (*number, value)
        for number in NUMBERS
        for value in NONE_OF_THESE
        if (*number, value) not in MEANT
    ],
)
@pytest.mark.exhaustive(one_in=23)
def test_no_number_that_is_none(name, key, value):
    """Eight libraries of eight take a NaN or an infinite rate; transformers turns it into 0; keras
    takes strings.
    """
    given = [value, value] if isinstance(VALID[name][key], list) else value
    with pytest.raises((TypeError, ValueError), match=rf"^{name}: "):
        built(name, **{key: given})


@pytest.mark.parametrize("value", [1, np.float32(1.0), np.int64(1), np.array(1)])
@pytest.mark.parametrize(("name", "key"), RATES)
@pytest.mark.exhaustive(one_in=29)
def test_a_whole_rate_is_a_rate(name, key, value):
    """keras: CosineDecay(1, 10) computes in int32 with pi = 3; ExponentialDecay(1, ...) is 0
    from step 1.
    """
    high = {"high": 2.0} if key == "low" else {}
    assert built(name, **{key: value}, **high) == built(name, **{key: 1.0}, **high)
    table = built(name, **{key: value}, **high).table(12)
    assert table.dtype == np.float64
    assert table.tolist() == built(name, **{key: 1.0}, **high).table(12).tolist()


@pytest.mark.parametrize(
    "t", [-1, -5, LAST + 1, 10**400, 0.5, math.nan, "3", None, [1.5], [-1], True]
)
def test_no_step_that_is_none(t):
    """timm sets the rate to -5 at step -5; transformers to -2.5 times the peak; keras to 32
    times.
    """
    for schedule in (flr.warmup_cosine(0.1, 2, 10), flr.exponential_decay(0.1, gamma=0.5)):
        with pytest.raises((TypeError, ValueError), match=r"^s\(t\): t must be"):
            schedule(t)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: flr.piecewise_constant([0.1, 0.2, 0.3], [5, 3]),
            "boundaries must be strictly increasing",
        ),
        (
            lambda: flr.piecewise_constant([0.1, 0.2], [5, 7]),
            "values must have one item more than boundaries",
        ),
        (lambda: flr.milestones(0.1, 0.5, [5, 5]), "at must be strictly increasing"),
        (lambda: flr.join([flr.constant(0.1)], at=[3]), "parts must have one item more than at"),
        (lambda: flr.join([flr.constant(0.1)] * 3, at=[5, 3]), "at must not decrease"),
        (lambda: flr.warmup_cosine(0.1, 11, 10), "steps must be at least warmup"),
        (lambda: flr.warmup_linear(0.1, 11, 10), "steps must be at least warmup"),
        (lambda: flr.one_cycle(0.1, 10, warmup=11), "steps must be at least warmup"),
        (
            lambda: flr.one_cycle(0.1, 10, warmup=6, phases=3),
            r"steps must be at least 2 \* warmup",
        ),
        (lambda: flr.step_decay(0.1, 2.0, 5), "factor must be a factor from 0 to 1, got 2.0"),
        (lambda: flr.cyclic(0.5, 0.1, 3), "low must be at most high"),
        (lambda: flr.cyclic(0.1, 0.5, 0, 0), r"up \+ down must be from 1"),
        (lambda: flr.cosine_restarts(0.1, 0.0, 0), "period must be an integer from 1"),
        (
            lambda: flr.cosine_restarts(0.1, 0.0, 10, stretch=0.5),
            "stretch must be a number from 1 to",
        ),
        (
            lambda: flr.cosine_restarts(0.1, 0.0, 10, stretch=1.0 + 1e-12),
            "stretch must be farther from 1",
        ),
        (lambda: flr.constant(1.0).then(flr.constant(0.5)), "the first schedule must end"),
    ],
)
def test_an_arrangement_without_meaning_is_refused(build, message):
    """keras adds two values of unsorted boundaries; optax ignores joins of wrong length; torch
    never drops at odd milestones.
    """
    with pytest.raises(ValueError, match=message):
        build()


# -- lengths at their limits -----------------------------------------------------------------------


@pytest.mark.parametrize("total", [1, 2, 10, 2**40])
@pytest.mark.parametrize("warmup", [0, 1, 2, "total"])
@pytest.mark.parametrize("name", ["warmup_linear", "warmup_cosine"])
@pytest.mark.exhaustive(one_in=5)
def test_a_warm_up_of_any_length(name, warmup, total):
    """mlx-vlm: 0/0 where the warmup is the whole run; others skip the peak or the floor."""
    rise = min(total, total if warmup == "total" else warmup)
    schedule = getattr(flr, name)(0.5, rise, total, end=0.125, init=0.25)
    steps = sorted({0, 1, rise - 1, rise, rise + 1, total - 1, total, total + 1, LAST} - {-1})
    rates = schedule(np.array(steps))
    assert np.all((rates >= 0.125) & (rates <= 0.5))
    assert schedule(0) == (0.25 if rise else 0.5)
    assert schedule(rise) == (0.5 if rise < total else 0.125)
    assert schedule(total) == schedule(LAST) == 0.125


@pytest.mark.parametrize("name", ["linear", "polynomial", "cosine", "exponential", "rex", "tanh"])
@pytest.mark.parametrize("steps", [0, 1, 2, 2**31, 2**40, LAST])
@pytest.mark.exhaustive(one_in=11)
def test_a_run_of_any_length(name, steps):
    """mmengine takes T = 0 for 10^9; optax takes it for a constant; others divide by it."""
    schedule = built(name, steps=steps)
    rates = schedule(np.array(sorted({0, steps // 2, max(steps - 1, 0), steps, LAST})))
    assert np.all((rates >= 0.01) & (rates <= 0.1))
    assert rates[-1] == schedule(steps) == 0.01
    assert np.all(np.diff(rates) <= 0)


def test_phases_of_no_steps():
    """Zero-length phases divide by zero, or leave a jump at a boundary."""
    for phases in [(0, 0, 0), (0, 0, 5), (0, 5, 0), (5, 0, 0), (5, 5, 0), (0, 5, 5), (5, 0, 5)]:
        schedule = flr.wsd(1.0, *phases, end=0.25, init=0.5)
        table = schedule.table(sum(phases) + 3)
        assert np.all((table >= 0.25) & (table <= 1.0))
        assert schedule(sum(phases)) == 0.25
        assert schedule(phases[0]) == (1.0 if phases[1] + phases[2] else 0.25)


def test_a_decay_never_rises_above_its_start():
    """keras: a decay that rises, by an exponent on the wrong quantity."""
    for name in ("exponential_decay", "step_decay", "inverse_time", "inverse_power"):
        rates = built(name)(np.array([0, 1, 2, 3, 6, 100, 10**6, 2**40, LAST]))
        assert rates[0] == 0.1
        assert np.all(np.diff(rates) <= 0)
        assert np.all(rates >= 0)


def test_two_drops_are_the_factor_squared():
    """physical-ai-studio: an exponent on the wrong quantity gives 6e-12 after two drops."""
    assert flr.step_decay(1.0, 0.25, 10).table(0, 40, 10).tolist() == [1.0, 0.25, 0.0625, 0.015625]
    assert flr.milestones(1.0, 0.25, [10, 20, 30]).table(0, 40, 10).tolist() == [
        1.0,
        0.25,
        0.0625,
        0.015625,
    ]


# -- composing -------------------------------------------------------------------------------------


def test_a_warm_up_times_a_decay_multiplies():
    """torch: chaining a warmup with a decay gives 1, 0.9, 0.81: the warmup vanishes."""
    warm, decay = flr.linear(0.1, 1.0, 9), flr.exponential_decay(1.0, gamma=0.9)
    product = (warm * decay).table(30)
    assert product.tolist() == (warm.table(30) * decay.table(30)).tolist()
    assert product[0] == 0.1


def test_a_boundary_has_no_gap():
    """timm: a warmup gives ..., 0.90, 0.95, then 0.9045: the peak is never reached."""
    table = flr.warmup_cosine(1.0, 20, 200).table(19, 23)
    assert table[1] == 1.0
    assert table[0] == pytest.approx(0.95)
    assert 0.999 < table[2] < 1.0


def test_a_cosine_that_ended_at_0_can_go_on():
    """Megatron and composer: after a cosine that ended at 0, a second run trains at rate 0."""
    first = flr.cosine(1.0, 0.0, 100)
    assert first.then(flr.linear(0.0, 0.5, 10)).then(flr.cosine(0.5, 0.0, 90)).table(
        100, 111, 10
    ).tolist() == [0.0, 0.5]


# -- small and large -------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [1e-300, 2.0**-1022, 5e-324 * 1_000])
def test_tiny_levels_keep_their_digits(level, backend):
    """Compilers that flush subnormals to 0 change results of the whole process."""
    assert flr.linear(level, 0.0, 4).table(5).tolist() == [
        level,
        level * 0.75,
        level * 0.5,
        level * 0.25,
        0.0,
    ]
    assert flr.step_decay(level, 0.5, 1).table(4).tolist() == [
        level,
        level / 2,
        level / 4,
        level / 8,
    ]
    assert abs(flr.cosine(level, 0.0, 2)(1) - level / 2) <= 2 * math.ulp(level / 2)
    for t in range(12):
        assert ulps(flr.exponential_decay(level, gamma=0.1)(t), mpf(level) * mpf(0.1) ** t) <= 8


def test_a_decay_passes_through_the_subnormals_to_0():
    """A power that underflows early, or raises."""
    halves = flr.exponential_decay(1.0, gamma=0.5)
    assert [halves(t) for t in (1_022, 1_023, 1_073, 1_074, 1_075, 1_076, 10**6, LAST)] == [
        2.0**-1022,
        2.0**-1023,
        2.0**-1073,
        2.0**-1074,
        0.0,
        0.0,
        0.0,
        0.0,
    ]


def test_subnormals_and_rounding_are_left_alone():
    """Libraries built with fast-math set flush-to-zero for the whole process when they are
    loaded.
    """
    flr.warmup_cosine(0.1, 10, 100)(50)
    assert sys.float_info.min / 2 == 2.0**-1023
    assert np.array([2.0**-1023])[0] * 0.5 == 2.0**-1024
    assert (1.0 + 2.0**-53, 1.0 + 3 * 2.0**-53) == (1.0, 1.0 + 2.0**-51)


def test_a_level_scaled_to_nothing_stays_within_its_interval():
    """A curve through logarithms has none for a level that a factor made 0."""
    rates = (flr.exponential(1.0, 1e-10, 10) * 1e-320).table(13)
    assert np.all(np.diff(rates) <= 0)
    assert rates[0] == 1e-320
    assert rates[-1] == 0.0
    assert np.all((flr.exponential(1.0, 1e-10, 10) * 0.0).table(13) == 0.0)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: flr.exponential_decay(1.7e308, rate=0.4),
            "init must be a finite number >= 0, at most 1e290",
        ),
        (
            lambda: flr.inverse_time(1.0, rate=1e300),
            "rate must be a finite number >= 0, at most 1e290",
        ),
        (lambda: flr.exponential(1.7e308, 1e308, 10), "init must be a number from 1e-290 to 1e290"),
        (lambda: flr.sampled([1.0, 1e291]), "values must be finite numbers >= 0, at most 1e290"),
        (lambda: flr.exponential_decay(1e290, rate=0.4) * 1e18, "rates must stay finite"),
        (lambda: flr.constant(1e200) * flr.constant(1e200), "rates must stay finite"),
        (lambda: flr.linear(1.0, 1e200, 4).repeat(times=9, scale=1e100), "rates must stay finite"),
        (
            lambda: flr.cosine_restarts(1.0, 0.1, 10, stretch=1e300),
            "stretch must be a number from 1 to",
        ),
    ],
)
def test_a_rate_without_room_for_arithmetic_is_refused(build, message):
    """A level near the largest number overflows on the way to a rate that is finite."""
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("level", [1e290, 1e280])
@pytest.mark.parametrize(("name", "key"), RATES)
@pytest.mark.exhaustive(one_in=5)
def test_the_largest_rates_stay_finite(name, key, level):
    """Infinity or NaN late in a run."""
    raised = {other: level for other_name, other in RATES if other_name == name} | {
        key: level / 2 if key == "low" else level
    }
    if name == "exponential":
        raised = {other: value / 2 for other, value in raised.items()}
    rates = built(name, **raised)(np.array([0, 1, 2, 3, 5, 9, 10, 100, 2**31, 2**40, LAST]))
    assert np.all(np.isfinite(rates) & (rates >= 0) & (rates <= level))


@pytest.mark.parametrize(
    ("period", "stretch"), [(1, 2.0**53), (10, 1e15), (2**52, 1e15), (LAST, 2.0), (3, 1.01)]
)
def test_growth_of_any_size(period, stretch):
    """timm loops for ever on some settings; a length overflows its integer."""
    schedule = flr.cosine_restarts(0.5, 0.25, period, stretch=stretch)
    rates = schedule(np.array([0, period - 1, period, min(period + 1, LAST), LAST]))
    assert np.all((rates >= 0.25) & (rates <= 0.5))
    assert rates[0] == rates[2] == 0.5


# -- one value -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VALID)
@pytest.mark.exhaustive(one_in=5)
def test_every_way_to_evaluate_agrees(name):
    """torch: stepping and the closed form agree at 0.24% of steps; optax: eager and compiled at
    half.
    """
    schedule, table = built(name), built(name).table(40)
    assert [schedule(t) for t in range(40)] == table.tolist()
    assert schedule(np.arange(40)[::-1])[::-1].tolist() == table.tolist()
    assert schedule.table(5, 40, 7).tolist() == table[5::7].tolist()
    assert {type(schedule(t)) for t in (0, 7)} == {float}


@pytest.mark.parametrize("name", VALID)
def test_a_saved_schedule_comes_back_the_same(name):
    """torch saves [None] for a function; NumPy scalars make checkpoints that do not load."""
    schedule = built(name)
    text = json.dumps(schedule.to_spec())
    for back in (
        flr.from_spec(json.loads(text)),
        pickle.loads(pickle.dumps(schedule)),
        flr.parse(repr(schedule)),
    ):
        assert back == schedule
        assert back.table(40).tobytes() == schedule.table(40).tobytes()


def test_evaluating_out_of_order_changes_nothing():
    """torch: after a jump, a resume or an edit each recursive scheduler goes on from the wrong
    rate.
    """
    schedule = flr.warmup_cosine(0.1, 10, 100)
    before = schedule.table(120)
    for t in (99, 3, LAST, 0, 57):
        schedule(t)
    assert schedule.table(120).tobytes() == before.tobytes()
