"""Test 15 promises to users end to end. Each test is as short as possible."""

import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
from equality import same
from example_schedules import BACKENDS, SCHEDULES
from mpmath import mpf
from processes import finish, start
from processes import run as run_python

import fastlr as flr

LAST = 2**53
by_each_backend = pytest.mark.parametrize("backend", BACKENDS)
each_example = pytest.mark.parametrize("text", SCHEDULES)


# -- 1: one rate for a step, however it is evaluated -----------------------------------------------


@by_each_backend
@each_example
@pytest.mark.exhaustive(one_in=5)
def test_01_a_table_a_scalar_and_an_array_agree_in_any_order(text, backend):
    schedule = SCHEDULES[text]
    count = 150 if schedule.past_end != "raise" else int(np.min(schedule.steps))
    order = np.random.default_rng(1).permutation(count)
    with flr.use_backend(backend):
        table = schedule.table(count)
        assert same(schedule(order), table[..., order])
        assert same(np.stack([schedule(int(t)) for t in order], axis=-1), table[..., order])
        assert same(schedule([int(order[0])]), table[..., order[:1]])


# -- 2: saved, and read again ----------------------------------------------------------------------

ELSEWHERE = """
import json, sys
import numpy as np
import fastlr as flr
specs, steps = json.loads(sys.argv[1])
rates = []
for spec in specs:
    schedule = flr.from_spec(spec)
    evaluated_at = [t for t in steps if schedule.past_end != "raise" or t < np.min(schedule.steps)]
    rates.append(schedule(np.array(evaluated_at)).tobytes().hex())
print(json.dumps([rates, [flr.from_spec(spec).fingerprint for spec in specs]]))
"""


def test_02_json_pickle_and_another_process_give_the_same_rates():
    steps = [0, 1, 2, 5, 9, 19, 20, 21, 40, 99, 1_000, 2**31 + 1, LAST]
    specs = [json.loads(json.dumps(schedule.to_spec())) for schedule in SCHEDULES.values()]
    expected = []
    for schedule, spec in zip(SCHEDULES.values(), specs, strict=True):
        evaluated_at = np.array(
            [t for t in steps if schedule.past_end != "raise" or t < np.min(schedule.steps)]
        )
        expected.append(schedule(evaluated_at).tobytes().hex())
        for back in (flr.from_spec(spec), pickle.loads(pickle.dumps(schedule))):
            assert back == schedule
            assert same(back(evaluated_at), schedule(evaluated_at))
    assert run_python(ELSEWHERE, json.dumps([specs, steps])) == [
        expected,
        [s.fingerprint for s in SCHEDULES.values()],
    ]


def test_02_a_spec_holds_numbers_and_strings_and_nothing_to_run():
    def words(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                yield from words(item)
        elif isinstance(value, str):
            yield value
        else:
            assert type(value) in (int, float, bool)

    for schedule in SCHEDULES.values():
        assert all(
            len(word) < 20 and "(" not in word and "_" not in word[:1]
            for word in words(schedule.to_spec())
        )


@by_each_backend
@each_example
@pytest.mark.exhaustive(one_in=5)
def test_02_a_scalar_is_a_float(text, backend):
    schedule = SCHEDULES[text]
    lane = schedule[(0,) * len(schedule.shape)]
    with flr.use_backend(backend):
        assert {type(lane(t)) for t in (0, 1, np.int64(2))} == {float}


# -- 3: lengths at their limits --------------------------------------------------------------------


@by_each_backend
@pytest.mark.parametrize("total", [1, 2, 10, 1_000, 2**40])
@pytest.mark.parametrize("warmup", [0, 1, "T"])
@pytest.mark.parametrize("name", ["warmup_linear", "warmup_cosine", "one_cycle", "wsd"])
@pytest.mark.exhaustive(one_in=5)
def test_03_any_warm_up_and_any_length_stay_within_their_levels(name, warmup, total, backend):
    rise = total if warmup == "T" else warmup
    plan = {
        "warmup_linear": lambda: flr.warmup_linear(0.5, rise, total, end=0.1, init=0.2),
        "warmup_cosine": lambda: flr.warmup_cosine(0.5, rise, total, end=0.1, init=0.2),
        "one_cycle": lambda: flr.one_cycle(0.5, total, warmup=rise, init=0.2, end=0.1),
        "wsd": lambda: flr.wsd(0.5, rise, 0, total - rise, end=0.1, init=0.2),
    }[name]()
    steps = np.array(
        sorted(
            {
                t
                for boundary in (0, rise, total)
                for t in (boundary - 1, boundary, boundary + 1)
                if t >= 0
            }
            | {total // 2, LAST}
        )
    )
    with flr.use_backend(backend):
        rates = plan(steps)
        assert np.all(np.isfinite(rates) & (rates >= 0.1) & (rates <= 0.5))
        assert plan(total) == plan(LAST) == 0.1


@pytest.mark.parametrize("name", ["warmup_linear", "warmup_cosine", "one_cycle"])
@pytest.mark.parametrize("total", [1, 10, 2**40])
def test_03_a_warm_up_longer_than_the_run_is_refused_at_once(name, total):
    with pytest.raises(
        ValueError,
        match=rf"^{name}: steps must be at least warmup, got steps={total}, "
        rf"warmup={total + 1}$",
    ):
        getattr(flr, name)(0.5, warmup=total + 1, steps=total)


# -- 4: past the end -------------------------------------------------------------------------------

ENDING = {
    text: schedule[(0,) * len(schedule.shape)].with_past_end("hold")
    for text, schedule in SCHEDULES.items()
    if schedule.steps is not None and np.min(schedule.steps) > 0
}


@by_each_backend
@pytest.mark.parametrize("text", ENDING)
@pytest.mark.exhaustive(one_in=5)
def test_04_past_the_end_means_the_same_for_every_curve(text, backend):
    plan = ENDING[text]
    end = plan.steps
    inside, after = [0, end // 2, end - 1], [end, end + 1, end + end // 2, 2 * end - 1]
    with flr.use_backend(backend):
        for policy in ("hold", "zero", "repeat", "raise"):
            assert same(plan.with_past_end(policy)(inside), plan(inside))
        assert plan(after).tolist() == [plan(end)] * 4
        assert plan.with_past_end("zero")(after).tolist() == [0.0] * 4
        assert same(plan.with_past_end("repeat")(after), plan([t - end for t in after]))
        for t in after:
            with pytest.raises(
                ValueError,
                match=rf"must be before the end, step {end}, as past_end='raise', got {t}",
            ):
                plan.with_past_end("raise")(t)


# -- 5 to 8: floors, products, groups, plans -------------------------------------------------------


@by_each_backend
def test_05_two_groups_with_an_absolute_floor_end_on_it(backend):
    groups = flr.stack(
        {"body": flr.cosine(1e-3, 1e-5, 1_000), "head": flr.cosine(1e-4, 1e-5, 1_000)}
    )
    floored = flr.stack(
        {"body": flr.cosine(1e-3, 0.0, 1_000), "head": flr.cosine(1e-4, 0.0, 1_000)}
    ).maximum(1e-5)
    with flr.use_backend(backend):
        assert groups.row(1_000) == floored.row(1_000) == {"body": 1e-5, "head": 1e-5}


@by_each_backend
def test_06_a_warm_up_times_a_decay_multiplies(backend):
    warm, decay = flr.linear(0.1, 1.0, 9), flr.exponential_decay(1.0, gamma=0.9)
    with flr.use_backend(backend):
        assert same((warm * decay).table(100), warm.table(100) * decay.table(100))
        assert (warm * decay)(0) == 0.1


@by_each_backend
def test_07_adding_a_named_group_changes_no_other_column(backend):
    groups = flr.stack(
        {text: s for text, s in SCHEDULES.items() if s.shape == () and s.past_end == "hold"}
    )
    grown = groups.with_groups({"head": flr.noam(512, 40), "norm": flr.constant(0.1)})
    with flr.use_backend(backend):
        assert same(grown.table(150)[:-2], groups.table(150))
        assert grown.row(70) == {**groups.row(70), "head": flr.noam(512, 40)(70), "norm": 0.1}


@by_each_backend
@pytest.mark.parametrize("at", [30, 60, 95])
def test_08_an_extension_changes_nothing_before_its_step_and_the_difference_is_found(at, backend):
    plan = flr.wsd(1.0, warmup=10, stable=70, cooldown=20, shape="cosine")
    longer = plan.extend(300, at=at)
    with flr.use_backend(backend):
        assert same(longer.table(at), plan.table(at))
        a, b = plan.table(301), longer.table(301)
        found = flr.diff(plan, longer)
        assert found.step == int(np.argmax(a != b)) >= at
        assert (found.old, found.new) == (a[found.step], b[found.step])
        assert (found.largest, found.largest_step) == (
            np.abs(a - b).max(),
            int(np.argmax(np.abs(a - b))),
        )
        assert longer(300) == 0.0


# -- 9: the schedules of other libraries, by their published formulas ------------------------------

MANY = 10_000


class Settings:
    """Ten thousand random settings, one a lane."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.peak = 10 ** rng.uniform(-6, 0, MANY)
        self.low, self.high = np.sort(rng.uniform(0, 1, (2, MANY)), axis=0)
        self.power, self.gamma = rng.uniform(0.3, 4.0, MANY), rng.uniform(0.8, 1.0, MANY)
        self.steps, self.warmup = rng.integers(2, 5_000, MANY), rng.integers(1, 2_000, MANY)
        self.few, self.times = rng.integers(1, 400, MANY), rng.integers(1, 5, MANY)
        self.end = self.peak * self.low


def down(p: Any) -> Any:
    """Half a cosine wave from 1 to 0."""
    return (1 + np.cos(np.pi * p)) / 2


def warm(t: Any, s: Settings, then: Any) -> Any:
    return np.where(t < s.warmup, s.peak * t / s.warmup, then)


def position(t: Any, period: Any, growth: int) -> tuple[Any, Any, Any]:
    """The cycle that a step is in, its first step, and its length, by counting cycles."""
    cycle, begin, length = np.zeros_like(t), np.zeros_like(t), period.copy()
    while np.any(inside := t >= begin + length):
        cycle, begin = cycle + inside, np.where(inside, begin + length, begin)
        length = np.where(inside, length * growth, length)
    return cycle, begin, length


# a schedule, its length, the formula at step t
Case = Callable[[Settings], tuple[flr.Schedule, Any, Callable[[Any], Any]]]


def torch_cyclic(mode: str) -> Case:
    def case(s: Settings) -> tuple[flr.Schedule, Any, Callable[[Any], Any]]:
        up, total = s.warmup, s.warmup + s.few

        def formula(t: Any) -> Any:
            cycle = np.floor(1 + t / total)
            x = (t - (cycle - 1) * total) / total
            height = np.where(x <= up / total, x * total / up, (x - 1) / (up / total - 1))
            k = {"triangular2": 2.0 ** -(cycle - 1), "exp_range": s.gamma**t}.get(mode, 1.0)
            return s.end + (s.peak - s.end) * height * k

        gamma = s.gamma if mode == "exp_range" else 1.0
        return flr.cyclic(s.end, s.peak, up, s.few, mode=mode, gamma=gamma), total, formula

    return case


def torch_one_cycle(shape: str, phases: int) -> Case:
    """``pct`` such that phases end at whole steps: at pct*T - 1, 2*pct*T - 2 and T - 1, where T
    is one more than ours.
    """

    def case(s: Settings) -> tuple[flr.Schedule, Any, Callable[[Any], Any]]:
        first, last, rise, total = s.peak / 25, s.peak / 25 / 1e4, s.warmup, 2 * s.warmup + s.few

        def phase(t: Any, begin: Any, end: Any, a: Any, b: Any) -> Any:
            q = (t - begin) / (end - begin)
            return b + (a - b) * down(q) if shape == "cosine" else a + (b - a) * q

        def formula(t: Any) -> Any:
            t = np.minimum(t, total)
            if phases == 2:
                return np.where(
                    t <= rise, phase(t, 0, rise, first, s.peak), phase(t, rise, total, s.peak, last)
                )
            fall = np.where(
                t <= 2 * rise,
                phase(t, rise, 2 * rise, s.peak, first),
                phase(t, 2 * rise, total, first, last),
            )
            return np.where(t <= rise, phase(t, 0, rise, first, s.peak), fall)

        return flr.one_cycle(s.peak, total, warmup=rise, shape=shape, phases=phases), total, formula

    return case


def restarts(growth: int) -> Case:
    """torch's, from B to E, and Keras's with m_mul: B * ((1 - alpha) * m^i * cos + alpha)."""

    def case(s: Settings) -> tuple[flr.Schedule, Any, Callable[[Any], Any]]:
        def formula(t: Any) -> Any:
            cycle, begin, length = position(t, s.few, growth)
            return s.end + (s.peak - s.end) * s.high**cycle * down((t - begin) / length)

        return (
            flr.cosine_restarts(s.peak, s.end, s.few, stretch=growth, scale=s.high),
            9 * s.few,
            formula,
        )

    return case


def huggingface_wsd(shape: str, weight: Callable[[Any], Any]) -> Case:
    def case(s: Settings) -> tuple[flr.Schedule, Any, Callable[[Any], Any]]:
        begin = s.warmup + s.few

        def formula(t: Any) -> Any:
            p = np.clip((t - begin) / s.steps, 0, 1)
            rise = s.peak * (t / s.warmup * (1 - s.low) + s.low)
            fall = s.peak * (weight(p) * (1 - s.low) + s.low)
            return np.where(t < s.warmup, rise, np.where(t < begin, s.peak, fall))

        return (
            flr.wsd(s.peak, s.warmup, s.few, s.steps, end=s.end, init=s.end, shape=shape),
            begin + s.steps,
            formula,
        )

    return case


def clip(t: Any, n: Any) -> Any:
    return np.clip(t / n, 0, 1)


def optax_join(s: Settings, tail: flr.Schedule, total: Any, then: Any) -> Any:
    return (
        flr.linear(s.end, s.peak, s.warmup).then(tail),
        total,
        lambda t: np.where(
            t < s.warmup, s.end + (s.peak - s.end) * t / s.warmup, then(t - s.warmup)
        ),
    )


PUBLISHED: dict[str, Case] = {
    "torch StepLR": lambda s: (
        flr.step_decay(s.peak, s.low, s.few),
        s.steps,
        lambda t: s.peak * s.low ** (t // s.few),
    ),
    "torch MultiStepLR": lambda s: (
        flr.milestones(s.peak, s.low, np.stack([s.few, s.few + s.steps], axis=-1)),
        s.few + s.steps,
        lambda t: s.peak * s.low ** np.add(t >= s.few, t >= s.few + s.steps, dtype=int),
    ),
    "torch ConstantLR": lambda s: (
        flr.piecewise_constant(np.stack([s.end, s.peak], axis=-1), s.steps[:, None]),
        s.steps,
        lambda t: s.peak * np.where(t < s.steps, s.low, 1.0),
    ),
    "torch LinearLR": lambda s: (
        flr.linear(s.end, s.peak * s.high, s.steps),
        s.steps,
        lambda t: s.peak * (s.low + (s.high - s.low) * np.minimum(t, s.steps) / s.steps),
    ),
    "torch ExponentialLR": lambda s: (
        flr.exponential_decay(s.peak, gamma=s.gamma),
        s.steps,
        lambda t: s.peak * s.gamma**t,
    ),
    "torch PolynomialLR": lambda s: (
        flr.polynomial(s.peak, 0.0, s.steps, power=s.power),
        s.steps,
        lambda t: s.peak * (1 - clip(t, s.steps)) ** s.power,
    ),
    "torch CosineAnnealingLR": lambda s: (
        flr.cosine(s.peak, s.end, s.steps),
        s.steps,
        lambda t: s.end + (s.peak - s.end) * down(clip(t, s.steps)),
    ),
    **{f"torch CosineAnnealingWarmRestarts x{n}": restarts(n) for n in (1, 2, 3)},
    **{
        f"torch CyclicLR {mode}": torch_cyclic(mode)
        for mode in ("triangular", "triangular2", "exp_range")
    },
    **{
        f"torch OneCycleLR {shape} {n}": torch_one_cycle(shape, n)
        for shape in ("cosine", "linear")
        for n in (2, 3)
    },
    "optax polynomial_schedule": lambda s: (
        flr.polynomial(s.peak, s.end, s.steps, power=s.power).delay(s.few),
        s.few + s.steps,
        lambda t: (s.peak - s.end) * (1 - clip(t - s.few, s.steps)) ** s.power + s.end,
    ),
    "optax cosine_decay_schedule": lambda s: (
        flr.cosine(s.peak, s.end, s.steps, exponent=s.power),
        s.steps,
        lambda t: s.peak * ((1 - s.low) * down(clip(t, s.steps)) ** s.power + s.low),
    ),
    "optax exponential_decay": lambda s: (
        flr.exponential_decay(s.peak, gamma=s.low, every=s.few).maximum(s.end * 0.1),
        s.steps,
        lambda t: np.maximum(s.peak * s.low ** (t / s.few), s.end * 0.1),
    ),
    "optax exponential_decay staircase": lambda s: (
        flr.exponential_decay(s.peak, gamma=s.low, every=s.few, staircase=True),
        s.steps,
        lambda t: s.peak * s.low ** np.floor(t / s.few),
    ),
    "optax piecewise_constant_schedule": lambda s: (
        flr.piecewise_constant(
            np.stack([s.peak, s.peak * s.high, s.end * s.high], -1),
            np.stack([s.few, s.few + 9], -1),
        ),
        s.few + 9,
        lambda t: s.peak * np.where(t >= s.few, s.high, 1) * np.where(t >= s.few + 9, s.low, 1),
    ),
    "optax warmup_cosine_decay_schedule": lambda s: (
        flr.warmup_cosine(s.peak, s.warmup, s.warmup + s.steps, end=s.end, init=s.peak * s.low / 2),
        s.warmup + s.steps,
        lambda t: np.where(
            t < s.warmup,
            s.peak * (s.low / 2 + (1 - s.low / 2) * t / s.warmup),
            s.peak * ((1 - s.low) * down(clip(t - s.warmup, s.steps)) + s.low),
        ),
    ),
    "optax warmup_exponential_decay_schedule": lambda s: optax_join(
        s,
        flr.exponential_decay(s.peak, gamma=s.gamma, every=s.few),
        s.steps,
        lambda u: s.peak * s.gamma ** (u / s.few),
    ),
    "optax cosine_onecycle_schedule": lambda s: (
        flr.one_cycle(s.peak, s.warmup + s.steps, warmup=s.warmup),
        s.warmup + s.steps,
        lambda t: np.where(
            t < s.warmup,
            s.peak / 25 + (s.peak - s.peak / 25) * (1 - down(clip(t, s.warmup))),
            s.peak / 25e4 + (s.peak - s.peak / 25e4) * down(clip(t - s.warmup, s.steps)),
        ),
    ),
    "keras ExponentialDecay": lambda s: (
        flr.exponential_decay(s.peak, gamma=s.high, every=s.few),
        s.steps,
        lambda t: s.peak * s.high ** (t / s.few),
    ),
    "keras InverseTimeDecay": lambda s: (
        flr.inverse_time(s.peak, s.power, every=s.few),
        s.steps,
        lambda t: s.peak / (1 + s.power * t / s.few),
    ),
    "keras PolynomialDecay": lambda s: (
        flr.polynomial(s.peak, s.end, s.steps, power=s.power),
        s.steps,
        lambda t: (s.peak - s.end) * (1 - clip(t, s.steps)) ** s.power + s.end,
    ),
    "keras PiecewiseConstantDecay": lambda s: (  # a boundary is the last step of the old value
        flr.piecewise_constant(np.stack([s.peak, s.end], -1), s.steps[:, None] + 1),
        s.steps + 1,
        lambda t: np.where(t <= s.steps, s.peak, s.end),
    ),
    "keras CosineDecay": lambda s: optax_join(  # decay_steps without the warmup
        s,
        flr.cosine(s.peak, s.end, s.steps),
        s.warmup + s.steps,
        lambda u: s.peak * ((1 - s.low) * down(clip(u, s.steps)) + s.low),
    ),
    "keras CosineDecayRestarts": restarts(2),
    "transformers constant_with_warmup": lambda s: (
        flr.warmup_constant(s.peak, s.warmup),
        s.warmup,
        lambda t: warm(t, s, s.peak),
    ),
    "transformers linear": lambda s: (
        flr.warmup_linear(s.peak, s.warmup, s.warmup + s.steps),
        s.warmup + s.steps,
        lambda t: warm(t, s, s.peak * np.maximum(0, (s.warmup + s.steps - t) / s.steps)),
    ),
    "transformers cosine": lambda s: (
        flr.warmup_cosine(s.peak, s.warmup, s.warmup + s.steps),
        s.warmup + s.steps,
        lambda t: warm(t, s, s.peak * down(clip(t - s.warmup, s.steps))),
    ),
    "transformers cosine_with_restarts": lambda s: (
        flr.linear(0.0, s.peak, s.warmup).then(flr.cosine(s.peak, 0.0, s.few).repeat(s.times)),
        s.warmup + s.few * s.times,
        lambda t: warm(
            t,
            s,
            np.where(
                t >= s.warmup + s.few * s.times, 0, s.peak * down((t - s.warmup) % s.few / s.few)
            ),
        ),
    ),
    "transformers polynomial": lambda s: (
        flr.linear(0.0, s.peak, s.warmup).then(
            flr.polynomial(s.peak, s.end, s.steps, power=s.power)
        ),
        s.warmup + s.steps,
        lambda t: warm(
            t, s, (s.peak - s.end) * (1 - clip(t - s.warmup, s.steps)) ** s.power + s.end
        ),
    ),
    "transformers inverse_sqrt": lambda s: (
        flr.linear(0.0, s.peak, s.warmup).then(flr.inverse_power(s.peak, 0.5, shift=s.few)),
        s.steps,
        lambda t: warm(t, s, s.peak / np.sqrt(np.maximum(t + s.few - s.warmup, 1) / s.few)),
    ),
    "transformers cosine_with_min_lr": lambda s: (
        flr.linear(0.0, s.peak, s.warmup).then(flr.cosine(s.peak, s.end, s.steps)),
        s.warmup + s.steps,
        lambda t: warm(t, s, s.peak * (down(clip(t - s.warmup, s.steps)) * (1 - s.low) + s.low)),
    ),
    "transformers warmup_stable_decay linear": huggingface_wsd("linear", lambda p: 1 - p),
    "transformers warmup_stable_decay cosine": huggingface_wsd("cosine", down),
    "transformers warmup_stable_decay 1-sqrt": huggingface_wsd("1-sqrt", lambda p: 1 - np.sqrt(p)),
}


@by_each_backend
@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.exhaustive(one_in=11)
def test_09_the_schedules_of_others_by_their_published_formulas(name, backend):
    """The first and the last step, both sides of the end, and steps between, of ten thousand
    settings at once.
    """
    settings = Settings(seed=len(name))
    schedule, length, formula = PUBLISHED[name](settings)
    rng = np.random.default_rng(len(name))
    assert schedule.shape == (MANY,)
    evaluated_at = [
        0 * length,
        0 * length + 1,
        settings.warmup,
        settings.few,
        length - 1,
        length,
        length + 1,
    ]
    evaluated_at += [rng.integers(0, length), rng.integers(0, length)]
    with flr.use_backend(backend):
        for t in evaluated_at if backend != "reference" else evaluated_at[::3]:
            found = schedule.skip(t)(0)  # each lane at a step of its own
            with np.errstate(divide="ignore", invalid="ignore"):
                wanted = formula(t)
            assert np.max(np.abs(found - wanted) / settings.peak) <= 1e-12
        for lane in rng.integers(0, MANY, 5).tolist():
            assert (
                schedule[lane](int(evaluated_at[-1][lane])) == found[lane] or backend == "reference"
            )


# -- 10: tails -------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["native", "jit"])
@pytest.mark.parametrize("total", [10, 1_000, 10**6, 10**7, 10**9])
@pytest.mark.parametrize("end", [0.0, 1e-5])
@pytest.mark.parametrize("shape", ["cosine", "linear"])
def test_10_the_last_steps_have_all_their_digits(shape, end, total, backend):
    with flr.use_backend(backend), mpmath.workprec(200):
        plan = getattr(flr, shape)(0.1, end, total)
        for left in (1, 2, 3):
            weight = (
                mpmath.sin(mpmath.pi / 2 * left / total) ** 2
                if shape == "cosine"
                else mpf(left) / total
            )
            truth = mpf(end) + (mpf(0.1) - mpf(end)) * weight
            single = plan.table(total - left, total - left + 1, dtype="float32")[0]
            assert abs(mpf(plan(total - left)) - truth) <= 2 * np.spacing(float(truth))
            assert abs(mpf(float(single)) - truth) <= 2 * float(np.spacing(single))


# -- 11: where a table may go ----------------------------------------------------------------------


@by_each_backend
@pytest.mark.parametrize(
    "schedule", [flr.warmup_cosine(0.1, 10, 100), flr.cosine([0.1, 0.2], 0.0, 100)]
)
def test_11_out_may_be_float32_float64_strided_or_a_memmap(schedule, backend, tmp_path):
    with flr.use_backend(backend):
        for dtype in (np.float64, np.float32):
            table = schedule.table(300, dtype=dtype)
            memory = np.memmap(
                tmp_path / np.dtype(dtype).name, dtype=dtype, mode="w+", shape=table.shape
            )
            for out in (
                np.empty_like(table),
                np.empty((*schedule.shape, 900), dtype)[..., ::3],
                memory,
            ):
                assert schedule.table(300, out=out) is out
                assert same(np.ascontiguousarray(out), table)


@by_each_backend
@pytest.mark.parametrize(
    "out",
    [
        np.full(299, -1.0),
        np.full((1, 300), -1.0),
        np.full(300, -1),
        np.full(300, -1, np.float16),
        np.broadcast_to(-1.0, 300),
    ],
)
def test_11_an_out_that_is_refused_is_left_alone(out, backend):
    with flr.use_backend(backend), pytest.raises((TypeError, ValueError), match="table: out must "):
        flr.constant(0.1).table(300, out=out)
    assert np.all(out == -1)


# -- 12: where it runs -----------------------------------------------------------------------------

FORKED = """
import json, os
import numpy as np
import fastlr as flr
from fastlr.kernels import threads
threads._LEAST = 1
sweep = flr.warmup_cosine(np.geomspace(1e-4, 1e-2, 100), 20, 1_000)
before = sweep.table(500, threads=4).tobytes()
child = os.fork()
if child == 0:
    os._exit(0 if sweep.table(500, threads=4).tobytes() == before else 1)
same = sweep.table(500, threads=3).tobytes() == before
print(json.dumps([os.waitpid(child, 0)[1], same, flr.backend()]))
"""


def test_12_without_a_home_or_a_place_to_write(tmp_path):
    """Every folder that a cache could go to lies below a regular file, which stops even root."""
    file = tmp_path / "file"
    file.write_text("")
    nowhere = {
        key: str(file / "below")
        for key in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "NUMBA_CACHE_DIR", "TMPDIR")
    }
    code = (
        "import json, fastlr as flr; print(json.dumps([flr.linear(1.0, 0.0, 10)(3), "
        "flr.backend()]))"
    )
    assert run_python(code, cwd=tmp_path, FASTLR_BACKEND="native", **nowhere) == [0.7, "native"]


def test_12_a_fork_after_a_threaded_call():
    assert run_python(FORKED, FASTLR_BACKEND="native") == [0, True, "native"]


@pytest.mark.exhaustive
def test_12_sixty_four_processes_at_once():
    code = (
        "import json, fastlr as flr; print(json.dumps(flr.warmup_cosine(6e-4, 20, "
        "600).table(5).tobytes().hex()))"
    )
    together = [start(code, FASTLR_BACKEND="native", OPENBLAS_NUM_THREADS="1") for _ in range(64)]
    assert {finish(process) for process in together} == {
        flr.warmup_cosine(6e-4, 20, 600).table(5).tobytes().hex()
    }


# -- 13: the process around it ---------------------------------------------------------------------

NEIGHBOUR = """
import json, sys
tiny, one = float("2.2250738585072014e-308"), float("1.0")
def seen():
    return [tiny / 2, tiny / 2**52, one + 2.0**-53, one + 3 * 2.0**-53, -one / 3, 5e-324 * one]
before = seen()
import fastlr as flr
imported = seen()
flr.warmup_cosine(0.1, 10, 100)(50), flr.cosine([0.1, 0.2], 0.0, 100).table(1_000, threads=2)
import numpy as np
kept = [before == imported == seen(), tiny / 2 > 0, (np.array([tiny]) / 2 > 0).tolist()]
print(json.dumps([*kept, flr.backend()]))
"""


@pytest.mark.parametrize("backend", ["native", "jit"])
def test_13_subnormals_and_the_rounding_mode_survive(backend):
    assert run_python(NEIGHBOUR, FASTLR_BACKEND=backend) == [True, True, [True], backend]


# -- 14: integers ----------------------------------------------------------------------------------


@by_each_backend
def test_14_narrow_steps_and_large_products_do_not_wrap(backend):
    steps = np.array([2**31 - 3, 2**31 - 2, 2**31 - 1], np.int32)
    with flr.use_backend(backend):
        assert flr.linear(0.0, 1.0, LAST)(steps).tolist() == [int(t) / LAST for t in steps]
        tokens = flr.linear(0.0, 1.0, LAST)
        by_step = flr.Ramp((2**22,)).per_step(tokens)  # step times batch is 2^53 at step 2^31
        assert by_step(steps).tolist() == [int(t) / 2**31 for t in steps]
        assert flr.Ramp((2**22,)).taken(steps).tolist() == [int(t) * 2**22 for t in steps]
        assert flr.linear(0.0, 1.0, 2**40)(np.array([2**40 - 1, 2**32 + 1])).tolist() == [
            1 - 2.0**-40,
            (2**32 + 1) / 2**40,
        ]


# -- 15: areas -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["cosine", "linear"])
def test_15_the_area_of_ten_million_steps_is_the_closed_form(shape):
    total, peak, end = 10**7, 0.3, 1e-4
    area = mpf(end) * total + (mpf(peak) - mpf(end)) * mpf(total + 1) / 2
    assert abs(getattr(flr, shape)(peak, end, total).sum(total) / area - 1) <= 1e-12


def test_every_promise_is_here():
    found = {name[5:7] for name in globals() if name.startswith("test_") and name[5:7].isdigit()}
    assert found == {f"{i:02}" for i in range(1, 16)}
