"""Test parameter groups: lanes by name, the same bits however you evaluate them, multipliers, and
one rate per parameter.
"""

import json
import pickle
from fractions import Fraction

import numpy as np
import pytest
import strategies
from equality import same
from example_counts import examples
from example_schedules import BACKENDS, built
from hypothesis import given
from hypothesis import strategies as st

import fastlr as flr

LAST = 2**53
seeds = st.integers(0, 2**32 - 1)
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6)
held = strategies.scalars.filter(lambda s: s.past_end == "hold")
groups = st.dictionaries(words, held, min_size=1, max_size=4).map(flr.stack)
GROUPS = flr.stack(
    {
        "embed": flr.warmup_cosine(1e-3, 10, 100) * 0.1,
        "body": flr.linear(1e-3, 0.0, 90).delay(5),
        "norm": flr.constant(3e-4),
        "head": flr.cyclic(1e-4, 1e-3, up=7, mode="triangular2"),
    }
).maximum(1e-5)


def some_steps(seed: int) -> list[int]:
    rng = np.random.default_rng(seed)
    return [
        0,
        *rng.integers(0, 10_000, 2).tolist(),
        *(2 ** rng.uniform(0, 53, 2)).astype(int).tolist(),
        LAST,
    ]


def lanes_of(batch: flr.Schedule) -> st.SearchStrategy:
    return st.lists(st.sampled_from(range(len(batch))), min_size=1, max_size=8)


# -- evaluation ------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(batch=groups, seed=seeds)
@examples(15)
def test_every_way_to_evaluate_groups_gives_the_same_bits(backend, batch, seed):
    with flr.use_backend(backend):
        for t in some_steps(seed):
            rates, out = batch(t), np.full(len(batch), np.nan)
            assert batch(t, out=out) is out
            assert same(out, rates)
            row = batch.row(t)
            assert list(row) == list(batch.names)
            assert {type(rate) for rate in row.values()} == {float}
            assert same(list(row.values()), rates)
            assert same([batch[name](t) for name in batch.names], rates)
            assert same(batch[list(batch.names)](t), rates)
        table = batch.table(50)
        assert same(table, np.stack([batch[name].table(50) for name in batch.names]))
        assert same(table, np.stack([batch(t) for t in range(50)], axis=-1))


@pytest.mark.parametrize("backend", BACKENDS)
@given(
    batch=groups,
    names=st.sets(words, min_size=1, max_size=3),
    more=st.lists(held, min_size=3, max_size=3),
    seed=seeds,
)
@examples(25)
def test_adding_a_group_changes_no_bit_of_another(backend, batch, names, more, seed):
    new = dict(zip(sorted(names - set(batch.names)), more, strict=False))
    before = repr(batch)
    grown = batch.with_groups(new)
    assert grown.names == (*batch.names, *new)
    assert repr(batch) == before
    with flr.use_backend(backend):
        for t in some_steps(seed):
            assert same(grown(t)[: len(batch)], batch(t))
            assert same(
                grown(t)[len(batch) :], np.array([schedule(t) for schedule in new.values()])
            )


@given(batch=groups, seed=seeds)
@examples(25)
def test_groups_may_be_in_any_order(batch, seed):
    order = np.random.default_rng(seed).permutation(len(batch))
    names = [batch.names[i] for i in order]
    assert batch[names] == batch[order] == batch[order.tolist()]
    assert batch[names].names == tuple(names)
    for t in some_steps(seed):
        assert same(batch[names](t), batch(t)[order])


def test_groups_are_found_from_the_end_and_by_several():
    assert GROUPS[-1] == GROUPS["head"]
    assert GROUPS[np.array(["norm"])].names == ("norm",)
    assert GROUPS[[-1, 0]].names == ("head", "embed")


def test_a_thousand_groups_and_one_can_be_written():
    many = flr.stack({f"layer{i}": flr.constant(i) for i in range(1_001)})
    assert "names=<1,001 words>" in repr(many)
    assert flr.from_spec(json.loads(json.dumps(many.to_spec()))) == many
    assert many.row(3)["layer1000"] == 1_000.0


# -- names -----------------------------------------------------------------------------------------

KEPT = {
    "a factor": lambda g: g * 0.5,
    "a factor a group": lambda g: g * [1.0, 0.5, 0.25, 0.1],
    "a scalar schedule": lambda g: flr.linear(0.0, 1.0, 10) * g,
    "itself": lambda g: g * g,
    "a sum": lambda g: g + 0.1,
    "a floor": lambda g: g.maximum(1e-5),
    "a clip": lambda g: g.clip(1e-5, 5e-4),
    "a delay": lambda g: g.delay(7),
    "skipped steps": lambda g: g.skip(7),
    "another pace": lambda g: g.paced([10, 20], at=[5]),
    "epochs": lambda g: g.staircase(7),
    "a join": lambda g: flr.join([flr.constant(0.1), g], at=[5]),
    "a cooldown": lambda g: g.cooldown(50, 10),
    "a cooldown a group": lambda g: g.branches([1, 2, 3, 4], 10),
    "a new plan": lambda g: g.continue_from(50, g * 0.1),
    "fewer groups": lambda g: g[["embed", "body"]].repeat(3),
    "an end": lambda g: g[["embed", "body"]].with_past_end("zero"),
    "an extension": lambda g: flr.stack(
        {"a": flr.cosine(1.0, 0.1, 50), "b": flr.wsd(1.0, 5, 20, 5)}
    ).extend(80),
}


@pytest.mark.parametrize("kind", KEPT)
def test_names_stay_with_what_is_made_of_groups(kind):
    made = KEPT[kind](GROUPS)
    assert made.names == (("a", "b") if kind == "an extension" else GROUPS.names[: len(made)])
    for name in made.names:
        assert same(made[name].table(120), made.table(120)[made.names.index(name)])


@pytest.mark.parametrize("kind", KEPT)
def test_names_come_back_with_groups_that_were_saved(kind):
    made = KEPT[kind](GROUPS)
    text = json.dumps(made.to_spec())
    for back in (flr.from_spec(json.loads(text)), pickle.loads(pickle.dumps(made)), flr.parse(repr(made)), eval(repr(made), vars(flr).copy())):  # fmt: skip  # noqa: E501
        assert back == made
        assert back.names == made.names
        assert back.fingerprint == made.fingerprint
        assert same(back.table(120), made.table(120))


@given(batch=groups)
@examples(25)
def test_random_groups_come_back_the_same(batch):
    for back in (
        flr.from_spec(json.loads(json.dumps(batch.to_spec()))),
        pickle.loads(pickle.dumps(batch)),
        flr.parse(repr(batch)),
    ):
        assert (back, back.names, hash(back)) == (batch, batch.names, hash(batch))


def test_names_are_part_of_a_value():
    parts = [flr.constant(0.1), flr.constant(0.2)]
    assert (
        flr.stack(parts) != flr.stack(parts, names=["a", "b"]) != flr.stack(parts, names=["a", "c"])
    )
    assert flr.stack(parts, names=["a", "b"]) == flr.stack(dict(zip("ab", parts, strict=True)))


@pytest.mark.parametrize(
    ("made", "inner"),
    [
        (GROUPS * np.ones((3, 4)), lambda s: s[1]),
        (flr.stack([GROUPS, GROUPS * 0.5]), lambda s: s[1]),
        (flr.stack({"run": GROUPS}), lambda s: s["run"]),
    ],
    ids=["more axes", "a stack", "a stack with names"],
)
def test_names_are_those_of_the_first_axis_alone(made, inner):
    assert made.names in (None, ("run",))
    assert inner(made).names == GROUPS.names


def test_a_lane_alone_has_no_names():
    assert GROUPS["body"].names is None
    assert GROUPS[0].names is None


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_stack_of_one_broadcasts(backend):
    """It once had lanes that could not be selected."""
    with flr.use_backend(backend):
        wide = flr.stack([flr.linear(1.0, 0.0, 10)]) * [0.5, 0.25]
        assert wide(4).tolist() == [0.3, 0.15]
        assert [lane(4) for lane in wide] == [0.3, 0.15]
        assert wide[[1, 0]](4).tolist() == [0.15, 0.3]
        assert same(wide.table(12), np.stack([wide[i].table(12) for i in range(2)]))


# -- floors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "floored",
    [
        flr.stack({"a": flr.cosine(1e-3, 1e-5, 1_000), "b": flr.cosine(1e-4, 1e-5, 1_000)}),
        (flr.cosine(1.0, 0.0, 1_000) * [1e-3, 1e-4]).maximum(1e-5),
        flr.stack(
            {"a": flr.warmup_linear(1e-3, 10, 1_000), "b": flr.wsd(1e-4, 0, 900, 100)}
        ).maximum(1e-5),
    ],
)
def test_an_absolute_floor_is_absolute_for_every_group(floored, backend):
    with flr.use_backend(backend):
        assert floored(1_000).tolist() == [1e-5, 1e-5]
        assert np.all(floored.table(1_100) >= 1e-5)


@given(peaks=st.lists(strategies.positive, min_size=1, max_size=6), floor=strategies.positive)
@examples(25)
def test_a_relative_floor_is_a_part_of_each_peak(peaks, floor):
    relative = flr.cosine(1.0, 0.1, 100) * peaks
    absolute = (flr.cosine(1.0, 0.0, 100) * peaks).maximum(floor)
    assert relative(100) == pytest.approx(np.multiply(0.1, peaks), rel=1e-15, abs=0)
    assert absolute(100).tolist() == [floor] * len(peaks)


# -- distinct lanes --------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(batch=st.one_of(strategies.batches(), groups), data=st.data())
@examples(25)
def test_distinct_lanes_by_their_index_are_all_lanes(backend, batch, data):
    batch = batch[data.draw(lanes_of(batch))] if batch.names is None else batch
    distinct, index = batch.unique()
    assert (index.dtype, index.shape, len(distinct)) == (np.int64, batch.shape, index.max() + 1)
    assert len(distinct) <= len(set(batch))
    assert set(index.tolist()) == set(range(len(distinct)))
    with flr.use_backend(backend):
        for t in some_steps(data.draw(seeds)):
            assert same(distinct(t)[index], batch(t))
        assert same(distinct.table(30)[index], batch.table(30))


def test_lanes_built_alike_are_one():
    parts = [
        flr.constant(0.1),
        flr.linear(1.0, 0.0, 9),
        flr.constant(0.2),
        flr.linear(1.0, 0.0, 9) * 0.5,
    ]
    batch = flr.stack([parts[i % 4] for i in range(465)])
    distinct, index = batch.unique()
    assert list(distinct) == parts
    assert index.tolist() == [i % 4 for i in range(465)]


def test_tables_with_different_values_differ():
    a, b = flr.sampled([1.0, 0.5, 0.1], 7), flr.sampled([1.0, 0.5, 0.2], 7)
    assert flr.stack([a, b, a, b, b]).unique()[1].tolist() == [0, 1, 0, 1, 1]
    assert flr.sampled([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]).unique()[1].tolist() == [0, 1, 0]
    assert flr.sampled([[1.0, 2.0], [1.0, 2.0]], every=[3, 4]).unique()[1].tolist() == [0, 1]
    assert flr.stack([a.maximum(0.3), b.maximum(0.3), a.maximum(0.3)]).unique()[1].tolist() == [
        0,
        1,
        0,
    ]


def test_distinct_groups_keep_the_name_of_the_first():
    batch = flr.stack({"a": flr.constant(0.1), "b": flr.constant(0.3), "c": flr.constant(0.1)})
    distinct, index = batch.unique()
    assert (distinct.names, index.tolist()) == (("a", "b"), [0, 1, 0])


# -- multipliers -----------------------------------------------------------------------------------


def rounded_once(value: Fraction) -> float:
    return value.numerator / value.denominator  # Python rounds the quotient of two integers once


@given(depths=st.lists(st.integers(0, 40), min_size=1, max_size=8), decay=st.floats(0.0, 1.0))
@examples(50)
def test_layer_decay_is_the_power_rounded_once(depths, decay):
    if 0 < decay < 1e-7:
        decay = 0.65
    expected = [rounded_once(Fraction(decay) ** (max(depths) - depth)) for depth in depths]
    assert flr.layer_decay(depths, decay).tolist() == expected
    names = [f"layer{i}" for i in range(len(depths))]
    by_name = flr.layer_decay(dict(zip(names, depths, strict=True)), decay)
    assert by_name == dict(zip(names, expected, strict=True))
    assert {type(factor) for factor in by_name.values()} == {float}


def test_layer_decay_of_one_depth_is_one():
    assert flr.layer_decay(7, 0.65) == 1.0
    assert type(flr.layer_decay(7, 0.65)) is float
    assert flr.layer_decay(np.array([[0, 1], [2, 3]]), 0.5).tolist() == [[0.125, 0.25], [0.5, 1.0]]


MUP = [
    ("adam", "input", 1.0),
    ("adam", "hidden", 1 / 16),
    ("adam", "output", 1 / 16),
    ("sgd", "input", 16.0),
    ("sgd", "hidden", 1.0),
    ("sgd", "output", 1 / 16),
]


@pytest.mark.parametrize(("optimizer", "role", "factor"), MUP)
def test_mup_is_the_table_of_the_paper(optimizer, role, factor):
    assert flr.mup(4096, 256, role, optimizer) == factor
    assert flr.mup({"w": 4096, "v": 256}, 256, role, optimizer) == {"w": factor, "v": 1.0}
    assert flr.mup([256, 4096], 256, role, optimizer).tolist() == [1.0, factor]
    assert type(flr.mup(4096, 256, role, optimizer)) is float


@given(width=st.integers(1, LAST), base=st.integers(1, LAST))
def test_a_multiplier_of_mup_is_rounded_once(width, base):
    assert flr.mup(width, base) == base / width
    assert flr.mup(width, base, "input", "sgd") == width / base


def test_multipliers_go_in_before_the_stack_and_floors_after():
    depths = {"embed": 0, "block": 1, "head": 2}
    factors = flr.layer_decay(depths, 0.5)
    stacked = flr.stack(
        {name: flr.cosine(1e-3, 0.0, 100) * factors[name] for name in depths}
    ).maximum(1e-5)
    assert stacked.row(0) == {"embed": 2.5e-4, "block": 5e-4, "head": 1e-3}
    assert stacked.row(100) == {"embed": 1e-5, "block": 1e-5, "head": 1e-5}


# -- parameters ------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(batch=groups, data=st.data())
@examples(20)
def test_spread_is_a_repeat(backend, batch, data):
    sizes = data.draw(st.lists(st.integers(0, 9), min_size=len(batch), max_size=len(batch)))
    by_order, by_name = (
        flr.spread(batch, sizes),
        flr.spread(batch, dict(zip(reversed(batch.names), reversed(sizes), strict=True))),
    )
    assert by_order.size == sum(sizes)
    with flr.use_backend(backend):
        for t in some_steps(data.draw(seeds)):
            expected = np.repeat(batch(t), sizes)
            for parameters in (by_order, by_name):
                assert same(parameters(t), expected)
                assert_fills(parameters, t, expected)


@pytest.mark.parametrize("backend", BACKENDS)
@given(batch=st.one_of(groups, strategies.batches()), data=st.data())
@examples(20)
def test_scatter_is_an_index(backend, batch, data):
    index = data.draw(st.lists(st.integers(0, len(batch) - 1), min_size=1, max_size=20))
    distinct, place = batch.unique()
    with flr.use_backend(backend):
        for t in some_steps(data.draw(seeds)):
            expected = batch(t)[index]
            for parameters in (flr.scatter(batch, index), flr.scatter(distinct, place[index])):
                assert same(parameters(t), expected)
                assert_fills(parameters, t, expected)


def assert_fills(parameters, t: int, expected: np.ndarray) -> None:
    """Whatever ``out`` is given, and with the rate rounded once."""
    with np.errstate(over="ignore", under="ignore"):
        single = expected.astype(np.float32)
    for wanted in (expected, single):
        out, apart = np.empty_like(wanted), np.full(3 * wanted.size, -1.0, wanted.dtype)
        assert parameters(t, out=out) is out
        assert same(out, wanted)
        parameters(t, out=apart[1::3])
        assert same(apart[1::3].copy(), wanted)
        assert np.all(apart[::3] == -1)


OUTS = [
    (np.full(6, -1.0), ValueError, "out must have shape (5,), got (6,)"),
    (np.full((1, 5), -1.0), ValueError, "out must have shape (5,), got (1, 5)"),
    (np.full(5, -1), TypeError, "out must be float64 or float32, got int64"),
    (np.full(5, -1.0, np.float16), TypeError, "out must be float64 or float32, got float16"),
    (np.broadcast_to(-1.0, 5), ValueError, "out must be writeable, got a read-only array"),
]


@pytest.mark.parametrize(
    "parameters", [flr.spread(GROUPS, [2, 1, 1, 1]), flr.scatter(GROUPS, [0, 1, 2, 3, 0])]
)
@pytest.mark.parametrize(("out", "error", "message"), OUTS, ids=[message for *_, message in OUTS])
def test_an_out_that_is_refused_is_left_alone(parameters, out, error, message):
    with pytest.raises(error, match=rf"^s\(t\): {message.replace('(', '[(]').replace(')', '[)]')}"):
        parameters(3, out=out)
    assert np.all(out == -1)


@pytest.mark.parametrize(
    "parameters", [flr.spread(GROUPS, [4, 4, 4, 4]), flr.scatter(GROUPS, [0, 1, 2, 3])]
)
@pytest.mark.parametrize("t", [[0, 1, 2, 3], [5], np.arange(4)])
def test_parameters_take_one_step(parameters, t):
    """Several steps would be taken for the groups of one, without an error."""
    out = np.full(parameters.size, -1.0)
    with pytest.raises(TypeError, match=r"^s\(t\): t must be one step, got "):
        parameters(t, out=out)
    assert np.all(out == -1)


@pytest.mark.parametrize("t", [-1, LAST + 1, 0.5, None, "3"])
def test_a_step_that_is_none_leaves_out_alone(t):
    for parameters in (flr.spread(GROUPS, [2, 1, 1, 1]), flr.scatter(GROUPS, [0, 1, 2, 3, 0])):
        out = np.full(5, -1.0)
        with pytest.raises((TypeError, ValueError), match=r"^s\(t\): t must be "):
            parameters(t, out=out)
        assert np.all(out == -1)


# -- what is refused -------------------------------------------------------------------------------


def test_a_name_is_in_its_groups_and_a_quantity_in_its_bundle():
    groups = flr.stack({"body": flr.linear(1.0, 0.0, 10), "head": flr.constant(0.1)})
    assert "head" in groups
    assert "tail" not in groups
    assert flr.constant(0.1) in groups
    bundle = flr.Bundle(groups)
    assert "head" in bundle
    assert dict.fromkeys(bundle) == {"body": None, "head": None}


@pytest.mark.parametrize(
    "text",
    [
        "linear(0.3, 0.1, 10) * [1.9375, 1e-290, 5e-324]",
        "cosine_restarts(0.3, 0.0, 10, scale=[0.9, 1e-60], stretch=2.0)",
        "cosine_restarts(0.3, 0.0, [10, 20], scale=[[0.9], [1e-60], [1.0]], stretch=[1.0, 1.5])",
        "sampled([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]).minimum([[1.0], [2.0]])",
        "step_decay(0.3, 0.9, 10) * [1.9375, 1e-290, 5e-324]",
        "tanh(0.3, 0.0, [10, 20]).repeat(scale=[[0.9], [1e-60], [1.0]], stretch=[1.0, 1.5])",
        "exponential(0.3, 0.1, [10, 20]).repeat(scale=[[0.9], [1e-60], [1.0]], stretch=[1.0, 1.5])",
        "(eden([0.3, 1e-310], 9.0) * exponential_decay([1.0, 1e-5], gamma=0.9)).skip(3)",
        "sampled([[1.0, 0.5], [1e-310, 5e-324], [0.0, 1e-250]], every=100, interpolate=True)",
    ],
)
def test_a_lane_beside_a_tiny_one_is_what_it_is_alone(text):
    """A curve so small that its slope is lost is another shape: by its own levels, whatever
    made them so small.
    """
    batch = built(text)
    for index in np.ndindex(batch.shape):
        assert batch[index].table(1_200).tobytes() == batch.table(1_200)[index].tobytes()
