"""Adaptive rules on every backend: the bits of the reference from any state and by any metrics,
however a history is evaluated; bad input writes nothing.
"""

import math

import numpy as np
import pytest
from example_schedules import BACKENDS
from instruction_sets import instruction_sets

import fastlr as flr
from fastlr.kernels.selection import choose

backend = pytest.mark.parametrize("backend", BACKENDS)
MOST = 2**31 - 1
LANES = 1_000  # not a multiple of the lanes that a kernel takes together


def kl_adaptive(rng, count, **more):
    return flr.KLAdaptive(
        kl_threshold=rng.choice([0.0, 0.01, 0.02, 1e290], count),
        min_lr=rng.choice([0.0, 1e-5, 1e-3], count),
        max_lr=rng.choice([1e-3, 1e-2, 1e290], count),
        kl_factor=rng.choice([1.0, 2.0, 3.7, 2.0**53], count),
        lr_factor=rng.choice([1.0, 1.5, 1.1, 2.0**53], count),
        **more,
    )


def new_bob(rng, count, **more):
    return flr.NewBob(
        annealing_factor=rng.choice([0.0, 0.5, 0.7, 1.0], count),
        improvement_threshold=rng.choice([0.0025, 0.0, 0.25, -0.5], count),
        patient=rng.choice([0, 1, 2, MOST], count),
        **more,
    )


def greedy_lr(rng, count, **more):
    return flr.GreedyLR(
        mode=rng.choice(["min", "max"], count),
        factor=rng.choice([0.5, 0.9, 1e-300, 0.3], count),
        patience=rng.choice([0, 1, 2, MOST], count, p=[0.5, 0.3, 0.15, 0.05]),
        threshold=rng.choice([1e-6, 0.0, 0.25, 1.0, 1e290], count, p=[0.3, 0.3, 0.2, 0.1, 0.1]),
        threshold_mode=rng.choice(["rel", "abs"], count),
        cooldown=rng.choice([0, 1, 2, MOST], count, p=[0.5, 0.3, 0.15, 0.05]),
        warmup=rng.choice([0, 1, 2, MOST], count, p=[0.5, 0.3, 0.15, 0.05]),
        min_lr=rng.choice([0.0, 0.01, 0.1], count),
        max_lr=rng.choice([0.5, 4.0, 1e290], count),
        eps=rng.choice([1e-8, 0.0, 0.01, 0.5, 1.0], count),  # the last two are met exactly
        reset_start=rng.choice([0, 1, 2, MOST], count),
        **more,
    )


# a rule for so many lanes with a number of its own each, and one whose lanes share some numbers
KINDS = {
    "rsl_rl": (kl_adaptive, {}),
    "rsl_rl in float64": (kl_adaptive, {"precision": "double"}),
    "rl_games": (kl_adaptive, {"convention": "rl_games"}),
    "skrl": (kl_adaptive, {"convention": "skrl"}),
    "new_bob": (new_bob, {}),
    "greedy_lr": (greedy_lr, {}),
    "greedy_lr, window of 1": (greedy_lr, {"smooth": True, "window_size": 1}),
    "greedy_lr, window of 3": (greedy_lr, {"smooth": True, "window_size": 3}),
}
kind = pytest.mark.parametrize(("make", "options"), KINDS.values(), ids=KINDS)
SHARED = (
    flr.KLAdaptive(lr_factor=np.linspace(1.0, 2.0, LANES)),
    flr.NewBob(annealing_factor=np.linspace(0.5, 1.0, LANES), patient=1),
    flr.GreedyLR(min_lr=np.linspace(0.0, 0.1, LANES), patience=1, cooldown=1, reset_start=2),
    flr.GreedyLR(factor=0.5, patience=0, smooth=True, window_size=4, reset_start=3, warmup=1),
)


def drawn(rng, count, updates):
    """Metrics (updates, lanes): near a divergence of 0.01, of few numbers full of ties, any, and
    some awkward ones.
    """
    shape = (updates, count)
    metrics = np.select(
        [rng.random(count) < 0.4, rng.random(count) < 0.5],
        [0.01 * np.exp(rng.normal(size=shape)), rng.integers(-6, 7, shape) / 4.0],
        rng.normal(size=shape),
    )
    odd = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.7e308, -1.7e308, 5e-324, 0.02, 0.005]
    return np.where(rng.random(shape) < 0.15, rng.choice([*odd, 1e39, 1e-46], shape), metrics)


def anything(rng, rule):
    """A state with any numbers that ``update`` accepts."""
    state = rule.init(scale=rng.choice([0.0, -0.0, 5e-324, 1e-3, 0.1, 1.0, 1e290], LANES))
    size = state[0].size

    def of(*numbers):
        return rng.choice(numbers, size)

    window = state.values.shape[-1] if "values" in state._fields else 0
    drawn_parts = {
        "first": of(0.0, 0.1, 1.0, 1.7e308),
        "best": of(-1.0, 0.0, 0.5, math.inf, -math.inf, math.nan),
        "last": of(-1.0, 0.0, -0.0, 0.5, math.inf, math.nan),
        "total": of(-1.0, 0.0, 1.7e308, math.inf, math.nan),
        "seen": of(0, 1, MOST),
        "at": rng.integers(0, max(window, 1), size),
        "held": rng.integers(0, window + 1, size),
        "values": rng.normal(size=(size, window)),
    }
    counts = of(0, 0, 0, 1, 2, MOST)
    return type(state)(
        *(
            np.asarray(drawn_parts.get(name, part if name == "scale" else rng.permutation(counts)))
            .astype(part.dtype)
            .reshape(part.shape)
            for name, part in state._asdict().items()
        )
    )


def bits(part):
    """The bytes of an array; every NaN has those of one NaN, as processors differ in its sign."""
    array = np.asarray(part)
    return np.where(np.isnan(array), math.nan, array).astype(array.dtype).tobytes()


def same(state, other, note=""):
    for name, part, also in zip(state._fields, state, other, strict=True):
        assert (part.dtype, part.shape) == (also.dtype, also.shape)
        assert bits(part) == bits(also), (note, name, np.flatnonzero(part != also)[:5])


def on_reference(work):
    with flr.use_backend("reference"):
        return work()


@pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "reference"])
@pytest.mark.parametrize("nan", ["bad", "ignore"])
@kind
def test_an_update_has_the_bits_of_the_reference_from_any_state(backend, make, options, nan):
    rng = np.random.default_rng(1)
    rule = make(rng, LANES, nan=nan, **options)
    for _ in range(3):
        state, metrics = anything(rng, rule), drawn(rng, LANES, 1)[0]
        before = on_reference(lambda: rule.advance(state, np.empty((0, LANES))))  # noqa: B023
        wanted = on_reference(lambda: rule.update(state, metrics))  # noqa: B023
        for level in instruction_sets(backend):
            with flr.use_backend(backend):
                same(rule.update(state, metrics), wanted, level)
        same(state, before)


@pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "reference"])
@kind
def test_a_history_has_the_bits_of_the_reference(backend, make, options):
    rng = np.random.default_rng(2)
    rule, metrics = make(rng, LANES, nan="bad", **options), drawn(rng, LANES, 40)
    begin = rule.init(scale=rng.choice([1e-3, 0.1, 1.0], LANES))
    scales = on_reference(lambda: rule.replay(metrics, begin))
    end = on_reference(lambda: rule.advance(begin, metrics))
    for level in instruction_sets(backend):
        with flr.use_backend(backend):
            assert bits(rule.replay(metrics, begin)) == bits(scales), level
            same(rule.advance(begin, metrics), end, level)
    assert len(np.unique(scales)) > 50


@pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "reference"])
@pytest.mark.parametrize("rule", SHARED, ids=lambda rule: type(rule).__name__)
def test_lanes_that_share_numbers_and_metrics_have_the_bits_of_the_reference(backend, rule):
    history = np.abs(drawn(np.random.default_rng(3), 1, 60))[:, 0]
    history = np.where(np.isnan(history), 0.5, history)
    begin = rule.init(scale=np.linspace(0.01, 0.2, LANES))
    wanted = on_reference(lambda: (rule.replay(history, begin), rule.advance(begin, history)))
    with flr.use_backend(backend):
        assert bits(rule.replay(history, begin)) == bits(wanted[0])
        same(rule.advance(begin, history), wanted[1])


@backend
@kind
def test_all_ways_of_updating_are_one(backend, make, options):
    """Whole, in parts, update by update, in place, over threads, one lane alone: the same bits."""
    rng = np.random.default_rng(4)
    rule, metrics = make(rng, LANES, nan="bad", **options), drawn(rng, LANES, 30)
    begin = rule.init(scale=0.1)
    with flr.use_backend(backend):
        scales, end = rule.replay(metrics, begin), rule.advance(begin, metrics)
        out = np.empty_like(scales)
        assert rule.replay(metrics, begin, out=out, threads=2) is out
        assert bits(out) == bits(scales)
        middle = rule.advance(begin, metrics[:11])
        assert bits(rule.replay(metrics[11:], middle)) == bits(scales[11:])
        pure, place, threaded = begin, rule.init(scale=0.1), begin
        for t, row in enumerate(metrics):
            pure = rule.update(pure, row)
            assert rule.update(place, row, out=place) is place
            threaded = rule.update(threaded, row, threads=2)
            assert bits(pure.scale) == bits(scales[t])
        for state in (pure, place, threaded, rule.advance(begin, metrics, threads=2)):
            same(state, end)
        same(begin, rule.init(scale=0.1))


@backend
@kind
def test_a_lane_alone_has_the_bits_of_a_lane_among_others(backend, make, options):
    rng = np.random.default_rng(5)
    rule, metrics = make(rng, 5, nan="ignore", **options), drawn(rng, 5, 40)
    with flr.use_backend(backend):
        begin = rule.init(scale=1.0)
        scales, end = rule.replay(metrics, begin), rule.advance(begin, metrics)
        for i in range(5):
            one = type(rule)(
                **{
                    name: value[i].item() if getattr(value, "ndim", 0) else value
                    for name, value in rule.parameters.items()
                }
            )
            state, place = one.init(scale=1.0), one.init(scale=1.0)
            for t, metric in enumerate(metrics[:, i].tolist()):
                state = one.update(state, metric)
                assert one.update(place, np.float64(metric), out=place) is place
                assert bits(state.scale) == bits(scales[t, i])
            same(state, type(end)(*(np.asarray(part[i]) for part in end)))
            same(place, state)


def test_threads_divide_lanes():
    rng = np.random.default_rng(6)
    for make, options in KINDS.values():
        rule, metrics = make(rng, 40_000, nan="bad", **options), drawn(rng, 40_000, 3)
        begin = rule.init(scale=1.0)
        assert bits(rule.replay(metrics, begin, threads=4)) == bits(rule.replay(metrics, begin))


@backend
def test_a_count_stops_at_the_largest(backend):
    greedy = flr.GreedyLR(patience=MOST, max_lr=10.0)
    with flr.use_backend(backend):
        for metric, name in ((0.0, "good"), (2.0, "bad")):
            state = greedy.init()._replace(best=np.array(1.0), **{name: np.array(MOST, np.int32)})
            after = greedy.update(state, metric)
            assert (getattr(after, name), after.scale) == (MOST, 1.0)
            same(greedy.update(state, np.array(metric)), after)


# -- what is refused -------------------------------------------------------------------------------

SMOOTH = flr.GreedyLR(smooth=True, window_size=3)
WRONG = [
    (SMOOTH, {"at": np.array(3, np.int32)}, "state.at must be from 0 to 2, got 3"),
    (SMOOTH, {"at": np.array(-1, np.int32)}, "state.at must be from 0 to 2, got -1"),
    (SMOOTH, {"held": np.array(4, np.int32)}, "state.held must be from 0 to 3, got 4"),
    (SMOOTH, {"values": np.zeros(2)}, r"state.values must have shape \(3,\), got \(2,\)"),
    (SMOOTH, {"first": np.array(math.inf)}, "state.first must be finite and at least 0, got inf"),
    (SMOOTH, {"left": np.array(-1, np.int32)}, "state.left must be finite and at least 0, got -1"),
    (flr.GreedyLR(), {"held": np.array(1, np.int32)}, "state.held must be from 0 to 0, got 1"),
    (flr.GreedyLR(), {"values": np.zeros(3)}, r"state.values must have shape \(0,\), got \(3,\)"),
    (flr.NewBob(), {"scale": np.array(math.nan)}, "state.scale must be finite and at least 0"),
    (flr.NewBob(), {"seen": np.array(-1, np.int32)}, "state.seen must be finite and at least 0"),
    (flr.KLAdaptive(), {"scale": np.array(-1.0)}, "state.scale must be finite and at least 0"),
]


@backend
@pytest.mark.parametrize(("rule", "parts", "words"), WRONG, ids=[words for *_, words in WRONG])
@pytest.mark.parametrize("metric", [0.5, np.array(0.5)], ids=["number", "array"])
def test_a_state_that_no_update_gives_is_refused(backend, rule, parts, words, metric):
    state, out = rule.init(scale=0.1)._replace(**parts), rule.init(scale=0.1)
    before = [part.tobytes() for part in (*state, *out)]
    with flr.use_backend(backend):
        for into in (None, out, state):
            with pytest.raises(ValueError, match=f"update: {words}"):
                rule.update(state, metric, out=into)
        for call in (rule.advance, lambda held, row: rule.replay(row, held)):
            with pytest.raises(ValueError, match=words):
                call(state, [0.5])
    with pytest.raises(ValueError, match=f"restore: {words}"):
        rule.restore(state)
    with pytest.raises(ValueError, match=f"save: {words}"):
        rule.save(state)
    assert [part.tobytes() for part in (*state, *out)] == before


@backend
@pytest.mark.parametrize("metric", [0.5, np.array(0.5)], ids=["number", "array"])
def test_an_output_that_does_not_fit_is_refused(backend, metric):
    state, pair = SMOOTH.init(scale=0.1), np.zeros(2)
    outs = {
        "must be a GreedyState, a tuple of scale": (1.0,),
        "must be int32, got int64": SMOOTH.init()._replace(bad=np.zeros((), np.int64)),
        "values must have shape": SMOOTH.init()._replace(values=np.zeros(4)),
        "best must not share memory with another": SMOOTH.init()._replace(
            scale=pair[0, ...], best=pair[0, ...]
        ),
        "values must be a C-contiguous": SMOOTH.init()._replace(values=np.zeros(6)[::2]),
    }
    with flr.use_backend(backend):
        for words, out in outs.items():
            before = [np.asarray(part).tobytes() for part in out]
            with pytest.raises((TypeError, ValueError), match=words):
                SMOOTH.update(state, metric, out=out)
            assert [np.asarray(part).tobytes() for part in out] == before


@backend
def test_a_state_of_memory_in_another_order_is_read_right(backend):
    """A window that is no block of memory, parts that two states share, read-only parts."""
    usual = SMOOTH.advance(SMOOTH.init(scale=0.1), [3.0, 2.0])
    values = np.zeros(6)[::2]
    values[:] = usual.values
    spread, fixed = usual._replace(values=values), np.array(usual.scale)
    fixed.flags.writeable = False
    with flr.use_backend(backend):
        wanted = SMOOTH.update(usual, 1.0)
        for state in (spread, usual._replace(values=values[::-1][::-1], scale=fixed)):
            same(SMOOTH.update(state, 1.0), wanted)
        shared = SMOOTH.init()._replace(total=usual.best)  # best of one is total of the other
        same(SMOOTH.update(usual, 1.0, out=shared), wanted)


@pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "reference"])
def test_a_quick_update_takes_what_a_rule_gives_and_declines_the_rest(backend):
    """Otherwise Python would check a usual state again, at several times the time."""
    rules = (flr.Plateau(), flr.Plateau(window=2), flr.KLAdaptive(), flr.NewBob(), SMOOTH)
    pair, swapped = np.zeros(2), np.array(0.0).astype(">f8")
    with flr.use_backend(backend):
        for rule in rules:
            state, update = rule.init(scale=0.1), choose().update
            after = rule.update(state, 1.0)
            for given in (after, rule.restore(tuple(after)), rule.advance(after, [0.5])):
                assert update(rule._address, given, rule.init(scale=0.1), 1.0)
                assert update(rule._address, given, given, 1.0)
        rule, state = flr.NewBob(), flr.NewBob().init(scale=0.1)
        assert not choose().update(rule._address, state, rule.init(), math.nan)
        for bad in (
            state._replace(scale=pair[0, ...], last=pair[0, ...]),
            state._replace(scale=swapped),
            state._replace(scale=np.array(-1.0)),
            state._replace(seen=np.array(0)),
            list(state),
            tuple(state)[:2],
            None,
        ):
            before = [part.tobytes() for part in state]
            assert not choose().update(rule._address, bad, state, 1.0)
            assert [part.tobytes() for part in state] == before
        assert not choose().update(rule._address, state, state._replace(), 1.0)


@backend
def test_metrics_may_be_a_part_of_the_state(backend):
    rule = flr.GreedyLR(factor=np.linspace(0.5, 0.9, 300), patience=0)
    state = rule.advance(rule.init(), np.linspace(3.0, 1.0, 900).reshape(3, 300))
    with flr.use_backend(backend):
        wanted = rule.update(state, state.best.copy())
        same(rule.update(state, state.best, out=state), wanted)


@backend
def test_many_lanes_hear_one_history(backend):
    """More lanes than any backend takes at a time."""
    factors, history = np.linspace(0.5, 0.9, 5_000), [3.0, 2.0, 2.5, 1.0]
    rule = flr.GreedyLR(factor=factors, patience=0, min_lr=0.01)
    with flr.use_backend(backend):
        scales = rule.replay(history, rule.init(scale=0.1))
        for i in (0, 4_095, 4_096, 4_999):
            one = flr.GreedyLR(factor=factors[i].item(), patience=0, min_lr=0.01)
            assert bits(one.replay(history, one.init(scale=0.1))) == bits(scales[:, i])
