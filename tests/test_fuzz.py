"""Run the inputs that the fuzzer found, and a few inputs of every target, without the fuzzer.

``.ci/fuzz`` looks for more.
"""

from pathlib import Path

import numpy as np
import pytest
from fuzz.targets import TARGETS

import fastlr as flr

SEEDS = sorted(
    path for path in (Path(__file__).parent / "fuzz" / "seeds").glob("*/*") if path.is_file()
)


@pytest.mark.parametrize("path", SEEDS, ids=[f"{path.parent.name}/{path.name}" for path in SEEDS])
@pytest.mark.exhaustive(one_in=5)
def test_a_seed_gives_what_it_must(path):
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_seeds_and_takes_none(name):
    assert [path for path in SEEDS if path.parent.name == name]
    TARGETS[name](b"")


# -- what it found, by name ------------------------------------------------------------------------

LINE = flr.linear(1.0, 0.0, 10)
LAST = 2**53


@pytest.mark.parametrize(
    ("made", "shape"),
    [
        (lambda: LINE.cooldown(5, 5, power=[[1.0, 2.0]]), (1, 2)),
        (lambda: flr.constant(1.0).extend([5, 6]), (2,)),
        (lambda: flr.exponential_decay(0.1, rate=0.5, every=[1, 1]), (2,)),
        (lambda: flr.cyclic(0.1, 0.5, 5, gamma=[1.0, 1.0]), (2,)),
    ],
)
def test_a_parameter_without_a_part_in_what_is_built_has_its_lanes(made, shape):
    schedule = made()
    assert schedule.shape == shape
    assert schedule[(0,) * len(shape)](7) == schedule(7)[(0,) * len(shape)]
    assert flr.from_spec(schedule.to_spec()).shape == shape


def test_samples_and_their_lengths_broadcast():
    schedule = flr.sampled([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0]], every=[[1], [2]])
    assert schedule(1).tolist() == [[5.0, 6.0, 7.0], [1.0, 2.0, 3.0]]


def test_no_steps_keep_the_lanes():
    for schedule in (flr.constant(1.0), flr.constant([1.0, 2.0]), flr.linear([[1.0, 2.0]], 0.0, 5)):
        for none in (np.zeros(0, np.int64), np.zeros((1, 0), np.int64), np.zeros((0, 3), np.int32)):
            assert schedule(none).shape == schedule.shape + none.shape


def test_a_lane_is_not_called_by_a_name_that_the_batch_has_not():
    schedule = flr.linear(1.0, [[1.0, 2.0, 3.0]], 10).then(flr.stack({"a": flr.constant(0.5)}))
    assert schedule.names is None
    assert schedule[0].names is None
    assert schedule[0](20).tolist() == [0.5, 0.5, 0.5]
    assert (flr.linear(1.0, [[1.0], [2.0]], 10) * flr.stack({"a": LINE, "b": LINE}))[1].names == (
        "a",
        "b",
    )


@pytest.mark.parametrize("skipped", [LAST, LAST - 1, LAST - 100])
@pytest.mark.parametrize("warmup", [1, 3])
def test_a_time_map_that_stays_at_the_last_step_has_extremes(warmup, skipped):
    schedule = LINE * flr.inverse_sqrt(1.0, warmup).skip(skipped)
    table = schedule.table(200, 260)
    assert (schedule.min(200, 260), schedule.max(200, 260)) == (table.min(), table.max())
    assert schedule.argmin(200, 260) == 200


@pytest.mark.parametrize("stretch", [3.375, 2.90625, 1.0 + 1 / 3])
@pytest.mark.parametrize("period", [10, 7, 12_345])
def test_a_cycle_of_any_length_ends_where_the_next_begins(period, stretch):
    schedule = flr.linear(1.0, 0.5, period).repeat(stretch=[stretch, 2.0])[0]
    assert 0.5 <= schedule(LAST) <= 1.0
    begins = [
        boundary
        for boundary in schedule.boundaries
        if boundary < LAST and schedule(boundary) == 1.0
    ]
    assert len(begins) > 20
    assert all(0.5 < schedule(boundary - 1) < 0.5 + 1.0 / period for boundary in begins[1:])


@pytest.mark.parametrize("level", [1.263603449e-314, 5e-324, 1e-308])
def test_a_subnormal_rate_is_rounded_once_however_it_is_evaluated(level):
    levels = [level, 0.1]
    for lanes in (
        flr.exponential_decay(levels, gamma=0.1),
        flr.inverse_power(levels, 1.5),
        flr.eden(levels, 2.0),
    ):
        rates = lanes(np.arange(9))
        assert [lanes[0](t) for t in range(9)] == rates[0].tolist() == lanes.table(9)[0].tolist()
    decay = flr.exponential_decay(level, gamma=0.1)
    assert decay(1) == pytest.approx(level / 10, abs=5e-324, rel=0)


def test_nothing_grows_to_nothing():
    assert flr.linear(0.0, 0.0, 10).repeat(10_000, scale=10)(7) == 0.0


def test_points_of_a_sequence_are_drawn_without_a_warning():
    family = flr.sweep("linear", flr.sobol(8, init=flr.Uniform(0.1, 0.2)), end=0.0, steps=10)
    assert family[:3](0).tolist() == family[:](0)[:3].tolist()


def test_a_rule_in_single_precision_stays_within_it():
    most = float(np.finfo(np.float32).max)
    rule = flr.Plateau(precision="single", floor=most, patience=0)
    assert np.isfinite(rule.replay([1.0, 2.0, 3.0], rule.init(scale=most))).all()


def test_a_join_of_one_part_is_extended():
    assert flr.join([LINE], []).extend(20)([5, 10, 20]).tolist() == [0.75, 0.5, 0.0]


def test_a_range_is_numbers():
    assert flr.constant(range(1, 7, 2))(0).tolist() == [1.0, 3.0, 5.0]
