"""Many different schedules are built in groups. Each equals the schedule built alone."""

import gc
import json
import pickle

import numpy as np
import pytest

import fastlr as flr
from fastlr.schedule.bulk_building import LikeCalls

STEPS = np.array([0, 1, 7, 30, 99, 100, 400, 10**6])


def schedules(count):
    """Schedules of many kinds, some of them equal to a default or at an edge."""
    draw = np.random.default_rng(5)
    for i in range(count):
        peak, n = float(draw.uniform(1e-4, 1e-2)), int(draw.integers(1, 90))
        cosine = flr.cosine(peak, peak / 10 * (i % 3), steps=100 + n)
        yield from (
            flr.linear(peak, 0.0, steps=n - 1),
            cosine,
            flr.warmup_cosine(peak, n * (i % 2), 1_000),
            flr.wsd(peak, n, 500, 100, shape=["linear", "1-sqrt", "cosine"][i % 3]),
            cosine.clip(1e-6, 5e-3),
            flr.linear(0.0, peak, steps=n).then(cosine),
            flr.polynomial(peak, 0.0, steps=n, power=[1.0, 2.0, 0.5][i % 3]),
            flr.constant(peak) * 0.5,
            flr.constant(1.0 * (i % 2)) + cosine,
            flr.cosine_restarts(peak, 0.0, period=n, stretch=1.0 + (i % 2)),
            cosine.repeat(times=2, stretch=2),
            flr.milestones(peak, 0.1, at=[n, 2 * n, 3 * n][: 1 + i % 3]),
            flr.sampled([peak, peak / 2, peak / 3], every=n),
            flr.exponential_decay(peak, rate=1e-3),
            flr.join([flr.linear(0.0, peak, steps=n), cosine, flr.constant(peak)], at=[n, 200]),
            flr.cyclic(peak / 10, peak, up=n, mode=["triangular", "triangular2"][i % 2]),
            flr.presets.torch.StepLR(peak, step_size=n),
            cosine.delay(n).paced([2]).staircase(3),
            cosine.minimum(flr.linear(0.0, 1.0, steps=n)).with_past_end("hold"),
        )


PARTS = list(schedules(20))
STACK = flr.stack(PARTS)


def check(stack, parts, factor=1.0):
    assert stack.shape == (len(parts),)
    assert stack(STEPS).tobytes() == np.array([part(STEPS) for part in parts]).tobytes()
    for i in range(0, len(parts), 4):  # 19 kinds, so each of them is met
        lane, part = stack[i], parts[i]
        assert lane == part
        assert repr(lane) == repr(part)
        assert lane.fingerprint == part.fingerprint
        assert lane.boundaries == part.boundaries
        assert lane.steps == part.steps
        assert lane(STEPS).tobytes() == part(STEPS).tobytes()


def test_a_stack_of_unlike_schedules():
    check(STACK, PARTS)


@pytest.mark.parametrize(
    "through",
    [
        lambda stack: pickle.loads(pickle.dumps(stack)),
        lambda stack: flr.from_spec(stack.to_spec()),
        lambda stack: flr.from_spec(json.loads(json.dumps(stack.to_spec()))),
    ],
    ids=["pickle", "spec", "json"],
)
def test_a_stack_comes_back(through, monkeypatch):
    alone = []
    add = LikeCalls.add

    def counted(self, calls):
        calls = list(calls)
        add(self, calls)
        alone.extend(id(call) for call in calls if id(call) not in self.built)

    monkeypatch.setattr(LikeCalls, "add", counted)
    again = through(STACK)
    assert again == STACK
    assert again.fingerprint == STACK.fingerprint
    check(again, PARTS)
    # presets, and groups of fewer than eight
    assert len(alone) < len(PARTS) / 4


def test_an_index_and_an_operation():
    order = np.random.default_rng(1).permutation(len(PARTS))
    check(STACK[order], [PARTS[i] for i in order])
    check((STACK * 0.5)[order], [PARTS[i] * 0.5 for i in order])
    check(
        (STACK * 0.5).clip(1e-5, 1e-3)[::3], [(part * 0.5).clip(1e-5, 1e-3) for part in PARTS[::3]]
    )
    check(STACK + STACK[::-1], [a + b for a, b in zip(PARTS, PARTS[::-1], strict=True)])


def test_every_lane_of_a_batch_times_a_stack():
    factors = np.linspace(0.1, 1.0, len(PARTS))
    check(
        STACK * factors,
        [part * factor for part, factor in zip(PARTS, factors.tolist(), strict=True)],
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"linear": {"init": -1.0, "end": 0.0, "steps": 5}},
        {"linear": {"init": 1.0, "end": 0.0, "steps": 0.5}},
        {"linear": {"init": 1.0, "end": 0.0, "stops": 5}},
        {"linear": {"init": True, "end": 0.0, "steps": 5}},
        {"linear": {"init": "1", "end": 0.0, "steps": 5}},
        {"liner": {"init": 1.0}},
        {"linear": []},
        {},
    ],
)
@pytest.mark.parametrize("count", [1, 20])
def test_one_wrong_schedule_among_many_is_refused_as_it_is_alone(wrong, count):
    right = [part.to_spec()["schedule"] for part in PARTS]
    with pytest.raises((TypeError, ValueError)) as alone:
        flr.from_spec({"fastlr": 1, "schedule": wrong})
    with pytest.raises(type(alone.value)) as among:
        flr.from_spec({"fastlr": 1, "schedule": {"stack": {"schedules": right + [wrong] * count}}})
    if wrong:
        assert str(among.value) == str(alone.value)


def test_whole_numbers_in_a_spec_count_as_floats():
    plain = [{"linear": {"init": i, "end": 0, "steps": 5.0}} for i in range(1, 50)]
    again = flr.from_spec({"fastlr": 1, "schedule": {"stack": {"schedules": plain}}})
    assert again == flr.stack([flr.linear(i, 0, 5) for i in range(1, 50)])


def test_lanes_of_a_sweep_over_a_word():
    sweep = flr.sweep(
        "wsd",
        peak=np.linspace(0.1, 1.0, 50),
        warmup=0,
        stable=9,
        cooldown=9,
        end=[0.0, 0.1],
        shape=["linear", "1-sqrt"],
    )
    check(sweep[:], [sweep[i] for i in range(sweep.size)])


def test_a_pickle_of_like_schedules_is_small_and_the_same_on_every_round():
    stack = flr.stack(PARTS)
    data = pickle.dumps(stack)
    assert len(data) < 200 * len(PARTS)
    assert pickle.dumps(pickle.loads(data)) == pickle.dumps(pickle.loads(pickle.dumps(stack)))


def test_a_table_that_all_lanes_share_is_pickled_once():
    table = flr.sampled(np.linspace(0.1, 1.0, 4_000))
    stack = flr.stack([table * factor for factor in np.linspace(0.1, 1.0, 100)])
    data = pickle.dumps(stack)
    assert len(data) < 100_000
    again = pickle.loads(data)
    assert again == stack
    assert again(STEPS).tobytes() == stack(STEPS).tobytes()


def test_tables_that_some_lanes_share_come_back():
    tables = [flr.sampled(np.linspace(0.1, top, 4_000)) for top in (0.2, 0.3)]
    stack = flr.stack([tables[i % 2] * (i / 100) for i in range(100)])
    data = pickle.dumps(stack)
    assert len(data) < 200_000
    assert pickle.loads(data) == stack


def test_data_that_holds_itself_many_times_takes_no_longer():
    part = {"constant": {"value": 0.1}}
    for _ in range(60):
        part = {"add": {"a": part, "b": part}}
    spec = {"fastlr": 1, "schedule": {"stack": {"schedules": [part] * 50}}}
    with pytest.raises(ValueError, match=r"must have at most|must be nested"):
        flr.from_spec(spec)


def test_a_lane_of_a_batch_that_is_changed_is_no_lane_any_more():
    lanes = list(
        flr.from_spec(flr.stack([flr.cosine(0.1, 0.0, n) for n in range(1, 99)]).to_spec())
    )
    changed = [lane * 0.5 for lane in lanes] + [lane.delay(3) for lane in lanes] + lanes
    order = np.random.default_rng(2).permutation(len(changed))
    stack = flr.stack([changed[i] for i in order])
    assert stack(STEPS).tobytes() == np.array([changed[i](STEPS) for i in order]).tobytes()


@pytest.mark.parametrize("paused", [False, True])
def test_the_garbage_collector_is_left_as_it_was(paused):
    was = gc.isenabled()
    (gc.disable if paused else gc.enable)()
    try:
        flr.from_spec(STACK.to_spec())
        with pytest.raises(ValueError, match="init must be"):
            flr.from_spec(
                {"fastlr": 1, "schedule": {"linear": {"init": -1.0, "end": 0.0, "steps": 5}}}
            )
        assert gc.isenabled() is not paused
    finally:
        (gc.enable if was else gc.disable)()


def test_lanes_over_words_are_those_built_alone():
    sweep = flr.sweep(
        "wsd",
        peak=[0.1, 0.2, 0.3],
        warmup=range(1, 6),
        stable=9,
        cooldown=4,
        shape=["linear", "1-sqrt"],
    )
    order = np.random.default_rng(0).permutation(sweep.size)
    check(sweep[:], list(sweep))
    check(sweep[order], [sweep[int(i)] for i in order])


def test_a_lane_of_a_bulk_is_pickled_and_changed_alone():
    stack = pickle.loads(pickle.dumps(STACK))
    for lane, part in zip(list(stack)[:38], PARTS[:38], strict=True):
        assert pickle.loads(pickle.dumps(lane)) == part
        assert lane.to_spec() == part.to_spec()
        assert hash(lane) == hash(part)
        assert lane.delay(3)(STEPS).tobytes() == part.delay(3)(STEPS).tobytes()
        assert flr.stack([part, lane * 0.5]) == flr.stack([lane, part * 0.5])
