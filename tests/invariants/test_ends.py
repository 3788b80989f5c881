"""Guarantees 3 and 4: exact ends, monotone pieces, rates between their levels, pieces of 0 steps,
and one meaning of past the end.
"""

from functools import partial
from typing import Any

import numpy as np
import pytest
import strategies
from example_counts import examples
from example_schedules import BACKENDS
from hypothesis import assume, example, given
from hypothesis import strategies as st

import fastlr as flr

LAST = 2**53
NEIGHBOURS = 400
seeds = st.integers(0, 2**32 - 1)

# every finite curve that goes from init to end, by its name and what else it takes
CURVES: dict[str, tuple[Any, dict[str, Any]]] = {
    "linear": (flr.linear, {}),
    "square": (flr.polynomial, {}),
    "power": (flr.polynomial, {"power": strategies.powers}),
    "power of what has gone": (
        partial(flr.polynomial, origin="start"),
        {"power": strategies.powers},
    ),
    "cosine": (flr.cosine, {}),
    "cosine_power": (flr.cosine, {"exponent": strategies.powers, "k": strategies.powers}),
    "exponential": (flr.exponential, {}),
    "rex": (flr.rex, {"beta": st.floats(0.0, 0.99)}),
    "affine_exponential": (flr.affine_exponential, {"ratio": strategies.ratios}),
    "logarithmic": (flr.logarithmic, {}),
    "tanh": (flr.tanh, {"lower": st.floats(-9.0, -0.1), "upper": st.floats(0.1, 9.0)}),
    "1-sqrt": (lambda init, end, steps: flr.wsd(init, 0, 0, steps, end=end, shape="1-sqrt"), {}),
    "sqrt": (lambda init, end, steps: flr.wsd(init, 0, 0, steps, end=end, shape="sqrt"), {}),
}

DECAYS: dict[str, Any] = {
    "exponential_decay by rate": st.builds(
        lambda init, x: flr.exponential_decay(init, rate=10.0**x),
        strategies.levels,
        st.floats(-18.0, 0.5),
    ),
    "exponential_decay by gamma": st.builds(
        lambda init, x, every: flr.exponential_decay(init, gamma=1 - 2.0**-x, every=every),
        strategies.levels,
        st.floats(0.1, 53.0),
        strategies.periods,
    ),
    "step_decay": st.builds(
        flr.step_decay, strategies.levels, strategies.factors, strategies.periods
    ),
    "inverse_time": st.builds(
        flr.inverse_time,
        strategies.levels,
        st.floats(0.0, 5.0),
        strategies.periods,
        strategies.powers,
    ),
    "inverse_power": st.builds(
        flr.inverse_power, strategies.levels, strategies.powers, strategies.periods
    ),
    "eden": st.builds(
        flr.eden, strategies.levels, st.floats(-3.0, 15.0).map(lambda x: 10.0**x), strategies.powers
    ),
    "inverse_sqrt": st.builds(flr.inverse_sqrt, strategies.levels, strategies.periods),
    "noam": st.builds(flr.noam, st.integers(1, 8192), st.integers(1, 10**6), strategies.levels),
}

long_lengths = st.one_of(
    strategies.periods,
    st.integers(2**40, LAST),
    st.sampled_from([2**40, 2**52 + 1, LAST - 1, LAST]),
)


@st.composite
def pieces(
    draw: Any, name: str, lengths: Any = strategies.periods
) -> tuple[flr.Schedule, float, float, int]:
    """A curve of this name with its levels and its length."""
    build, options = CURVES[name]
    levels = strategies.positive if name == "exponential" else strategies.levels
    init, end, steps = draw(levels), draw(levels), draw(lengths)
    if draw(st.integers(0, 3)) == 0:  # levels that all but touch
        end = min(float(init * (1 + draw(st.integers(-9, 9)) * 2.0**-52)), 10.0)
    return (
        build(init, end, steps, **{key: draw(value) for key, value in options.items()}),
        init,
        end,
        steps,
    )


def neighbours(schedule: flr.Schedule, start: int, stop: int, seed: int) -> list[np.ndarray]:
    """Tables of neighbouring steps from ``start`` to ``stop``: at both ends, near them, and far
    from them.
    """
    rng = np.random.default_rng(seed)
    inside = [
        start,
        stop - NEIGHBOURS,
        (start + stop) // 2,
        *rng.integers(start, stop + 1, 2),
        stop - int(2 ** rng.uniform(0, 53)),
    ]
    firsts = (max(start, int(t)) for t in inside)
    return [schedule.table(first, min(first + NEIGHBOURS, stop + 1)) for first in firsts]


def rises(table: np.ndarray, backend: str) -> bool:
    """Whether no step falls; the reference, which cannot fuse multiply-adds, keeps its order to
    8 ulp.
    """
    slack = 8 * np.spacing(table[1:]) if backend == "reference" else 0.0
    return bool(np.all(np.diff(table) >= -slack))


# -- ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CURVES)
@given(data=st.data())
@examples(25)
def test_the_ends_are_the_parameters_to_the_bit(name, backend, data):
    schedule, init, end, steps = data.draw(pieces(name, long_lengths))
    with flr.use_backend(backend):
        assert schedule.steps == steps
        assert name == "tanh" or schedule(0) == init
        assert {schedule(t) for t in (steps, min(steps + 1, LAST), LAST)} == {end}


@pytest.mark.parametrize("backend", BACKENDS)
@given(parts=st.lists(st.sampled_from([*CURVES]).flatmap(pieces), min_size=2, max_size=5))
@examples(60)
def test_at_a_boundary_the_next_piece_begins_with_its_init(backend, parts):
    schedule, boundaries = parts[0][0], [parts[0][3]]
    for part, _, _, steps in parts[1:]:
        schedule = schedule.then(part)
        boundaries.append(boundaries[-1] + steps)
    assert set(boundaries) <= set(schedule.boundaries)
    with flr.use_backend(backend):
        for boundary, (part, init, _, _) in zip(boundaries[:-1], parts[1:], strict=True):
            assert schedule(boundary) == part(0)
            assert schedule(boundary) == init or "tanh" in repr(part)
        assert schedule(boundaries[-1]) == parts[-1][2]


@pytest.mark.parametrize("backend", BACKENDS)
@given(
    peak=strategies.levels,
    init=strategies.levels,
    end=strategies.levels,
    warmup=strategies.lengths,
    rest=strategies.periods,
)
@examples(40)
def test_the_peak_of_a_warm_up_is_the_peak(backend, peak, init, end, warmup, rest):
    steps = warmup + rest
    with flr.use_backend(backend):
        for schedule in (
            flr.warmup_linear(peak, warmup, steps, end=end, init=init),
            flr.warmup_cosine(peak, warmup, steps, end=end, init=init),
            flr.wsd(peak, warmup, 0, rest, end=end, init=init),
            flr.one_cycle(peak, steps, warmup=warmup, init=init, end=end),
        ):
            assert schedule(0) == (init if warmup else peak)
            assert schedule(warmup) == peak
            assert schedule(steps) == end


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("mode", ["triangular", "triangular2", "exp_range", "cosine"])
@given(
    a=strategies.levels,
    b=strategies.levels,
    up=strategies.lengths,
    down=strategies.periods,
    cycle=st.integers(0, 2**30),
)
@examples(40)
def test_a_cycle_begins_on_low_and_turns_on_high(mode, backend, a, b, up, down, cycle):
    low, high, first = min(a, b), max(a, b), cycle * (up + down)
    assume(up > 0 and first + up <= LAST)
    schedule = flr.cyclic(low, high, up, down, mode=mode)
    with flr.use_backend(backend):
        assert schedule(first) == low
        assert cycle or mode == "exp_range" or schedule(up) == high
        assert mode in ("triangular2", "exp_range") or schedule(first + up) == high
        assert low <= schedule(first + up) <= high


# -- monotone --------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CURVES)
@given(data=st.data(), seed=seeds)
@examples(30)
def test_a_finite_curve_is_monotone_and_keeps_between_its_levels(name, backend, data, seed):
    schedule, init, end, steps = data.draw(pieces(name, long_lengths))
    with flr.use_backend(backend):
        for table in neighbours(schedule, 0, steps, seed):
            assert rises(table[:: -1 if init >= end else 1], backend)
            assert min(init, end) <= table.min() <= table.max() <= max(init, end)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", DECAYS)
@given(data=st.data(), seed=seeds)
@examples(30)
def test_a_decay_never_rises_after_its_warm_up(name, backend, data, seed):
    schedule = data.draw(DECAYS[name])
    warmup = max(schedule.boundaries, default=0)
    with flr.use_backend(backend):
        for table in neighbours(schedule, 0, warmup, seed) if warmup else []:
            assert rises(table, backend)
        for table in neighbours(schedule, warmup, LAST, seed):
            assert rises(table[::-1], backend)
            assert 0 <= table.min() <= table.max() <= schedule(warmup)


# falls of less than a rounding a step: the noise of an evaluation in one word shows here
SLOW = [
    (flr.exponential_decay(1.0, gamma=1 - 2.0**-53, every=2), 4_639_731_477_507_843),
    (
        flr.exponential(1.2135501264291644e-07, 8.848286577102276e-08, 5_047_811_911_366_364),
        4_755_162_083_655_798,
    ),
    (flr.inverse_power(1.0, 0.65234375, 1_099_511_627_779), 8_864_702_467_919_299),
    (flr.noam(1, 1), 7_862_950_664_438_886),
    (flr.inverse_time(3.4412705394929235, 3.4412705394929235, power=0.1), 9_007_199_187_346_000),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("schedule", "step"), SLOW)
def test_a_slow_fall_never_rises(schedule, step, backend):
    with flr.use_backend(backend):
        assert rises(schedule.table(step - NEIGHBOURS, step + NEIGHBOURS)[::-1], backend)


# -- levels ----------------------------------------------------------------------------------------


def levels_of(spec: object) -> list[float]:
    """The numbers of a spec that are rates; a product, a sum or a factor has none of its own."""
    if isinstance(spec, list):
        return [level for part in spec for level in levels_of(part)]
    if not isinstance(spec, dict):
        return []
    own = [
        spec[key]
        for key in ("value", "init", "end", "peak", "low", "high", "lo", "hi")
        if isinstance(spec.get(key), float)
    ]
    own += [value for value in spec.get("values", []) if isinstance(value, float)]
    return own + [level for part in spec.values() for level in levels_of(part)]


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=strategies.finite_curves, seed=seeds)
@examples(60)
def test_a_rate_never_leaves_the_interval_of_its_levels(backend, schedule, seed):
    spec = schedule.to_spec()["schedule"]
    levels = levels_of(spec)
    [(name, arguments)] = spec.items()
    # 0 where end and init are not given
    if name in ("wsd", "warmup_cosine", "warmup_linear", "warmup_constant", "milestones"):
        levels.append(0.0)
    if name == "one_cycle":
        levels.append(arguments["peak"] / 25.0 / 10_000.0)
    with flr.use_backend(backend):
        rates = schedule(
            np.array(strategies.interesting_steps(schedule, np.random.default_rng(seed)))
        )
    assert min(levels) <= rates.min() <= rates.max() <= max(levels)


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=strategies.scalars, seed=seeds)
@examples(60)
def test_every_rate_to_2_53_is_finite_and_not_negative(backend, schedule, seed):
    steps = np.array(
        [*strategies.interesting_steps(schedule, np.random.default_rng(seed)), LAST - 1, LAST]
    )
    with flr.use_backend(backend):
        rates = schedule(steps)
    assert np.all(np.isfinite(rates) & (rates >= 0))
    assert not np.any(np.signbit(rates))


# -- no steps --------------------------------------------------------------------------------------

nothings = (
    st.sampled_from([*CURVES])
    .flatmap(lambda name: pieces(name, st.just(0)))
    .map(lambda piece: piece[0])
)


def same_everywhere(a: flr.Schedule, b: flr.Schedule, seed: int, stop: int = LAST + 1) -> bool:
    """Equal to the bit at the boundaries of both, beside them and far from them, before
    ``stop``.
    """
    rng = np.random.default_rng(seed)
    steps = {
        t for schedule in (a, b) for t in strategies.interesting_steps(schedule, rng) if t < stop
    }
    return all(a(t) == b(t) for t in steps)


@pytest.mark.parametrize("backend", BACKENDS)
@given(nothing=nothings, other=strategies.curves, seed=seeds)
@examples(60)
def test_a_piece_of_no_steps_vanishes_before_another(backend, nothing, other, seed):
    with flr.use_backend(backend):
        assert same_everywhere(nothing.then(other), other, seed)


@pytest.mark.parametrize("backend", BACKENDS)
@given(first=strategies.finite_curves, nothing=nothings, other=strategies.curves, seed=seeds)
@examples(60)
def test_a_piece_of_no_steps_vanishes_between_two_others(backend, first, nothing, other, seed):
    assume(first.steps is not None and first.steps + (other.steps or 0) <= LAST)
    with flr.use_backend(backend):
        assert same_everywhere(first.then(nothing).then(other), first.then(other), seed)
        assert same_everywhere(first.then(nothing), first, seed, stop=first.steps)


def test_a_lane_whose_piece_has_no_steps_vanishes_from_a_batch():
    schedule = (
        flr.linear(0.0, 1.0, [0, 3]).then(flr.cosine(1.0, 0.5, [4, 0])).then(flr.constant(0.25))
    )
    assert schedule.table(8).tolist() == [lane.table(8).tolist() for lane in schedule]
    assert schedule[0].table(5).tolist() == [*flr.cosine(1.0, 0.5, 4).table(4), 0.25]
    assert schedule[1].table(4).tolist() == [*flr.linear(0.0, 1.0, 3).table(3), 0.25]


# -- past the end ----------------------------------------------------------------------------------

finite = strategies.finite_curves.filter(lambda schedule: schedule.steps)


def beyond(steps: int, seed: int) -> list[int]:
    """The end and steps past it."""
    rng = np.random.default_rng(seed)
    far = [int(rng.integers(steps, LAST + 1)) for _ in range(6)]
    return [
        t
        for t in (steps, steps + 1, 2 * steps - 1, 2 * steps, 7 * steps + 3, *far, LAST)
        if t <= LAST
    ]


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=finite, seed=seeds)
@examples(60)
def test_past_the_end_means_the_same_for_all_curves(backend, schedule, seed):
    steps = schedule.steps
    with flr.use_backend(backend):
        held, again, gone = (
            schedule.with_past_end(policy) for policy in ("hold", "repeat", "zero")
        )
        for t in beyond(steps, seed):
            assert (held(t), again(t), gone(t)) == (schedule(steps), schedule(t % steps), 0.0)


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=finite, seed=seeds)
@examples(60)
def test_raise_refuses_every_step_from_the_end_on(backend, schedule, seed):
    steps, strict = schedule.steps, schedule.with_past_end("raise")
    with flr.use_backend(backend):
        assert strict(steps - 1) == schedule(steps - 1)
        first = max(0, steps - 5)
        assert strict.table(first, steps).tolist() == schedule.table(first, steps).tolist()
        for t in beyond(steps, seed):
            with pytest.raises(
                ValueError, match=f"before the end, step {steps}, as past_end='raise', got {t}"
            ):
                strict(t)
        with pytest.raises(ValueError, match=f"table: steps must be before the end, step {steps}"):
            strict.table(first, steps + 1)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("policy", ["hold", "raise", "repeat", "zero"])
@given(schedule=finite, seed=seeds)
@examples(20)
def test_a_policy_changes_nothing_before_the_end(policy, backend, schedule, seed):
    with flr.use_backend(backend):
        assert same_everywhere(schedule.with_past_end(policy), schedule, seed, stop=schedule.steps)


wave = flr.linear(1.0, 0.5, steps=4)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("policy", ["hold", "repeat", "zero"])
@pytest.mark.parametrize(
    ("compose", "rate"),
    [
        (lambda s: s * flr.constant(0.5), lambda s, t: s(t) * 0.5),
        (lambda s: s * 0.5, lambda s, t: s(t) * 0.5),
        (lambda s: s * wave, lambda s, t: s(t) * wave(t)),
        (lambda s: wave + s, lambda s, t: wave(t) + s(t)),
        (lambda s: s * s, lambda s, t: s(t) * s(t)),
        (lambda s: s + flr.linear(0.0, 1.0, steps=9), lambda s, t: s(t) + min(t, 9) / 9),
        (lambda s: s.clip(0.25, 0.75), lambda s, t: min(max(s(t), 0.25), 0.75)),
        (lambda s: s.minimum(0.75), lambda s, t: min(s(t), 0.75)),
        (lambda s: s.delay(3), lambda s, t: s(max(t - 3, 0))),
        (lambda s: wave.then(s), lambda s, t: wave(t) if t < 4 else s(t - 4)),
        (lambda s: flr.join([s, wave], at=[11]), lambda s, t: s(t) if t < 11 else wave(t - 11)),
        (
            lambda s: s.cooldown(at=10, steps=4),
            lambda s, t: s(t) if t < 10 else s(10) * max(14 - t, 0) / 4,
        ),
        (lambda s: flr.stack([s, s])[1], lambda s, t: s(t)),
    ],
)
@pytest.mark.exhaustive(one_in=5)
def test_a_policy_goes_with_the_schedule_into_what_is_made_of_it(compose, rate, policy, backend):
    schedule = flr.linear(1.0, 0.0, steps=4).with_past_end(policy)
    with flr.use_backend(backend):
        composed = compose(schedule)
        assert [composed(t) for t in range(40)] == pytest.approx(
            [rate(schedule, t) for t in range(40)], rel=1e-15, abs=0
        )


@pytest.mark.parametrize(
    "compose",
    [
        lambda s: s * flr.constant(2.0),
        lambda s: s * flr.linear(1.0, 0.5, steps=9),
        lambda s: flr.inverse_sqrt(1.0, 3) + s,
        lambda s: s.clip(0.1, 0.5),
        lambda s: s * s,
        lambda s: flr.stack([s, s.with_past_end("hold").then(wave).with_past_end("raise")])[0],
    ],
)
def test_what_is_made_of_a_schedule_that_raises_raises_at_the_same_step(compose):
    composed = compose(flr.linear(1.0, 0.0, steps=6).with_past_end("raise"))
    assert composed.past_end == "raise"
    assert composed.table(6).shape == (6,)
    with pytest.raises(ValueError, match="before the end, step 6"):
        composed(6)


def test_a_part_that_raises_cannot_be_evaluated_past_its_end_in_a_join():
    strict = wave.with_past_end("raise")
    assert flr.join([strict, wave], at=[4]).table(6).tolist() == wave.then(wave).table(6).tolist()
    with pytest.raises(
        ValueError, match="join: a part with past_end='raise' must not run past its end"
    ):
        flr.join([strict, wave], at=[5])


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=strategies.scalars)
@examples(20)
def test_2_53_is_the_last_step(backend, schedule):
    with flr.use_backend(backend):
        assert schedule(LAST) == schedule(np.array([LAST]))[0] == schedule.table(LAST, LAST + 1)[0]
        with pytest.raises(ValueError, match=r"from 0 to 2\*\*53, got 9007199254740993"):
            schedule(LAST + 1)


# -- a period that no run reaches the end of -------------------------------------------------------


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("curve", ["linear", "square", "power", "cosine"])
@pytest.mark.parametrize(
    ("steps", "stretch"), [(161_830_192_039_991, 5.1e5), (2_922, 8.3e7), (2_922, 1e12)]
)
def test_ways_agree_where_a_stretched_period_ends_past_the_last_step(curve, steps, stretch, name):
    """Its length is above 2^53, where steps from its end are no integers, or above 2^63, where
    no integer holds it.
    """
    build, _ = CURVES[curve]
    for init, end in ((0.1, 1.0), (1.0, 0.1)):
        schedule = build(init, end, steps, **{"power": {"power": 3.5}}.get(curve, {})).repeat(
            stretch=stretch
        )
        for start, step in ((LAST - 200, 1), (LAST - 2_000, 7), (2**52, 2**44)):
            evaluated_at = start + step * np.arange(150)
            with flr.use_backend(name):
                table = schedule.table(start, start + 150 * step, step)
                assert table.tobytes() == schedule(evaluated_at).tobytes()
                assert table[:9].tolist() == [schedule(int(t)) for t in evaluated_at[:9]]
            with flr.use_backend("reference"):
                np.testing.assert_allclose(table, schedule(evaluated_at), rtol=1e-14)


# -- levels among the subnormal numbers ------------------------------------------------------------

READY = [name for name, state in flr.backends().items() if state == "ready"]  # in this install
TINY = [
    "step_decay({a}, .9, every=5)",
    "exponential_decay({a}, rate={r})",
    "exponential_decay({a}, gamma=.8, every=3)",
    "inverse_power({a}, .5, shift=7)",
    "inverse_time({a}, {r})",
    "inverse_time({a}, {r}, power=.7)",
    "eden({a}, 9.0, {r})",
    "noam(512, 10, factor={a}).skip(9)",
    "inverse_sqrt({a}, 3).skip(3)",
    "exponential(1e-290, 1e-285, 90) * ({a} * 1e290)",
    "exponential(1e-285, 1e-3, 90) * ({a} * 1e285)",
    "tanh({a}, 0.0, 90)",
    "tanh(5e-324, {a}, 90)",
    "linear({a}, 5e-324, 90)",
    "polynomial({a}, 0.0, 90, power={r})",
    "cosine(0.0, {a}, 90)",
    "cosine({a}, 0.0, 90, exponent={r})",
    "rex({a}, 5e-324, 90)",
    "affine_exponential({a}, 0.0, 90)",
    "logarithmic({a}, 5e-324, 90)",
    "sampled([{a}, 5e-324], every=90, interpolate=True)",
    "sampled([1.0, {a}, 5e-324], every=30, interpolate=True)",
    "step_decay({a} * 1e200, .9, 5) * 1e-200",
    "step_decay(1.0, .7, 2) * step_decay({a}, .9, 3)",
    # from an ordinary level down through the subnormal numbers
    "step_decay({r}, 1e-3, 2)",
    "exponential_decay({r}, gamma=1e-4)",
    "inverse_power({r}, 500.0, 3)",
    "eden({r}, 5.0, 300.0)",
    "cosine({r}, 0.0, 120, exponent=900.0)",
    "polynomial({r}, {a}, 120, power=900.0)",
    "tanh({r}, {a}, 120, -300.0, 300.0)",
]


@pytest.mark.parametrize("text", TINY)
@given(a=st.floats(5e-324, 1e-290), r=st.floats(0.01, 3.0))
@examples(25)
@example(a=1e-323, r=0.1)
@example(a=1e-310, r=0.5)
def test_a_piece_with_a_tiny_level_is_monotone(text, a, r):
    schedule = eval(text.format(a=f"({a!r})", r=f"({r!r})"), vars(flr).copy())
    tables = {}
    for backend in READY:
        with flr.use_backend(backend):
            tables[backend] = table = schedule.table(121)
            assert [schedule(t) for t in range(0, 121, 40)] == table[::40].tolist()
        changes = np.diff(table)
        assert np.all(changes <= 0) or np.all(changes >= 0), (backend, schedule)
    assert len({tables[name].tobytes() for name in READY if name != "reference"}) <= 1


@pytest.mark.parametrize("text", TINY)
def test_a_lane_with_a_tiny_level_has_the_bits_it_has_alone(text):
    levels = [1e-323, 0.3, 0.0, 1e-250, 1e-310]
    alone = [
        eval(text.format(a=f"({a!r})", r="0.5"), vars(flr).copy())
        for a in levels
        if a or "exponential(" not in text
    ]
    batch = flr.stack(alone)
    for backend in READY:
        with flr.use_backend(backend):
            assert (
                batch.table(121).tobytes()
                == np.stack([lane.table(121) for lane in alone]).tobytes()
            )


@pytest.mark.parametrize(
    "build",
    [
        partial(flr.step_decay, factor=0.9, every=5),
        partial(flr.inverse_power, power=0.5, shift=7),
        flr.constant,
    ],
)
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_tiny_level_is_kept_to_the_bit_and_summed(build, backend):
    for level in (5e-324, 1e-323, 1e-310, 1e-290):
        with flr.use_backend(backend):
            schedule = build(level)
            assert schedule(0) == schedule.max(100) == level
            assert schedule.min(100) == schedule(99)
            assert schedule.sum(100) == pytest.approx(
                schedule.table(100).sum(), rel=1e-12, abs=50 * 5e-324
            )


@given(
    a=st.lists(st.one_of(st.floats(5e-324, 1e-290), st.floats(1e-3, 1.0)), min_size=2, max_size=5)
)
@examples(25)
def test_a_batch_of_tiny_and_other_levels_is_its_lanes(a):
    for batch in (
        flr.step_decay(a, 0.9, 5),
        flr.inverse_power(a, 0.5, 7),
        flr.tanh(a, 0.0, 90),
        flr.eden(a, 9.0),
    ):
        table = batch.table(100)
        assert np.all(np.diff(table) <= 0)
        assert all(batch[i].table(100).tobytes() == table[i].tobytes() for i in range(len(a)))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("init", "end", "period", "scale"),
    [
        (1.590425944896309e-06, 1.5904259448963207e-06, 57, 0.99),
        (0.22878251595543517, 0.22878251595543705, 25, 0.9145871139702365),
        (9.118794385365477e-05, 9.118794385365453e-05, 12, 0.9),
        (1.0, 0.3, 700, 0.5),
        (0.3, 1.0, 700, 0.99),
    ],
)
def test_restarts_never_pass_the_end_toward_which_they_shrink(backend, init, end, period, scale):
    """A rate at the end stays there, whatever is kept and lost of it adds up to."""
    schedule = flr.cosine_restarts(init, end, period, scale=scale)
    with flr.use_backend(backend):
        cycles = schedule.table(30 * period).reshape(30, period)
    rising = np.diff(cycles) if end > init else -np.diff(cycles)
    assert (cycles <= end).all() if end > init else (cycles >= end).all()
    assert (rising >= 0).all()
