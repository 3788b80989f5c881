"""A sweep has every combination once, in order. A lane is built when you index it, and equals the
schedule that the family builds.
"""

import functools
import itertools
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.random as chance
import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

import fastlr as flr
from fastlr.sweeps.batches import collect
from fastlr.sweeps.fingerprints import UnidentifiedError, identity, owned

PEAKS, WARMUPS, COOLDOWNS = [1e-3, 2e-3, 4e-3], [10, 20], [5, 15]
PRODUCT = flr.sweep("wsd", peak=PEAKS, warmup=WARMUPS, stable=50, cooldown=COOLDOWNS)
LAW = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)
WORDS = flr.sweep(
    "cyclic", low=[0.1, 0.2], high=1.0, up=[10, 20], mode=["triangular", "cosine", "triangular2"]
)


def test_the_last_axis_varies_fastest():
    expected = [
        flr.wsd(peak, warmup, 50, cooldown)
        for peak, warmup, cooldown in itertools.product(PEAKS, WARMUPS, COOLDOWNS)
    ]
    assert list(PRODUCT) == expected
    assert (PRODUCT.shape, PRODUCT.size, len(PRODUCT), PRODUCT.names) == (
        (3, 2, 2),
        12,
        12,
        ("peak", "warmup", "cooldown"),
    )
    assert [PRODUCT[-1], PRODUCT[np.int64(3)]] == [expected[-1], expected[3]]
    assert list(PRODUCT[2:9:3]) == [expected[i] for i in (2, 5, 8)]
    assert list(PRODUCT[[7, 0, 7]]) == [expected[i] for i in (7, 0, 7)]


def test_axes_that_go_together_and_lists_that_are_one_value():
    zipped = flr.sweep("linear", flr.zipped(init=[0.1, 0.2], steps=[10, 20]), end=[0.0, 0.05])
    assert list(zipped) == [
        flr.linear(init, end, steps)
        for init, steps in [(0.1, 10), (0.2, 20)]
        for end in (0.0, 0.05)
    ]
    stairs = flr.sweep("piecewise_constant", values=[[1.0, 0.5], [1.0, 0.1]], boundaries=[5])
    assert list(stairs) == [
        flr.piecewise_constant(values, [5]) for values in ([1.0, 0.5], [1.0, 0.1])
    ]
    alone = flr.sweep("constant", value=0.1)
    assert (alone.shape, alone[0], alone.parameters([0])) == ((), flr.constant(0.1), {})


def test_string_parameters_are_split_and_the_order_is_kept():
    batches = list(WORDS.batches(range(3, 11)))
    assert sorted(np.concatenate([own for own, _ in batches]).tolist()) == list(range(8))
    assert len(batches) == 3
    for own, batch in batches:
        assert list(batch) == [WORDS[3 + place] for place in own.tolist()]
    assert list(WORDS[3:11]) == [WORDS[place] for place in range(3, 11)]
    assert np.array_equal(WORDS[3:11].table(50), WORDS.table(50)[3:11])


def test_results_are_in_the_order_of_lanes():
    collected = collect(
        WORDS,
        range(2, 12),
        lambda batch: {"max": batch.max(7), "places": np.arange(batch.shape[0])},
    )
    assert collected["max"].tolist() == [WORDS[place].max(7) for place in range(2, 12)]
    assert collected["places"].dtype == np.int64


FAMILIES = {
    "a constructor": flr.sweep(flr.linear, init=[0.1, 0.2], end=0.0, steps=10),
    "an expression": flr.sweep("linear(init, 0.0, 10)", init=[0.1, 0.2]),
    "a function": flr.sweep(lambda init: flr.linear(init, 0.0, 10), init=[0.1, 0.2]),
    "a function of anything": flr.sweep(
        lambda **given: flr.linear(given["init"], 0.0, 10), init=[0.1, 0.2]
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_may_be(family):
    assert list(FAMILIES[family]) == [flr.linear(0.1, 0.0, 10), flr.linear(0.2, 0.0, 10)]


def test_numbers_of_an_expression_are_rounded_to_even():
    assert flr.parse("linear(1.0, 0.0, round(n * 0.3))", n=np.array([10, 25])) == flr.linear(
        1.0, 0.0, [3, 8]
    )


def test_presets_and_numbers_computed_from_parameters():
    preset = flr.sweep("torch.ExponentialLR", lr=[0.1, 0.2], gamma=[0.9, 0.99])
    assert preset.shape == (2, 2)
    assert preset[1] == flr.presets.torch.ExponentialLR(lr=0.1, gamma=0.99)
    whole = flr.sweep("wsd(peak, 10, 90 - cooldown, cooldown)", peak=[1.0, 2.0], cooldown=[10, 20])
    assert [lane.steps for lane in whole] == [100] * 4
    assert whole[3](80) == 2.0


def test_equal_axes_hash_alike():
    for make in (
        lambda: flr.zipped(a=[1, 2]),
        lambda: flr.random(4, a=flr.Uniform(0.0, 1.0)),
        lambda: flr.sobol(4, a=flr.Integers(1, 9)),
    ):
        assert make() == make()
        assert hash(make()) == hash(make())


def test_points_of_a_sequence_go_on_where_the_last_ended():
    family = flr.sweep("constant", flr.sobol(8, value=flr.Uniform(0.1, 0.2)))
    assert [*family[:4](0), *family[4:](0)] == family[:](0).tolist()


SPACES = {
    "low": flr.LogUniform(1e-4, 1e-2),
    "high": flr.Uniform(0.5, 1.0),
    "up": flr.Integers(3, 30),
}


@pytest.mark.parametrize("draw", [flr.random, flr.latin_hypercube, flr.sobol])
def test_points_are_the_same_in_any_order(draw):
    axis = draw(64, seed=3, **SPACES)
    whole = axis.values(np.arange(64))
    for places in ([63, 0, 7, 7, 8], [5], range(10, 40)):
        some = draw(64, seed=3, **SPACES).values(np.asarray(places))
        assert all(np.array_equal(some[name], whole[name][np.asarray(places)]) for name in SPACES)
    for name, space in SPACES.items():
        assert np.all((whole[name] >= space.low) & (whole[name] <= space.high))
        assert not np.array_equal(
            whole[name], draw(64, seed=4, **SPACES).values(np.arange(64))[name]
        )
    assert whole["up"].dtype == np.int64
    sweep = flr.sweep("cyclic", axis, mode=["triangular", "cosine"])
    assert sweep.shape == (64, 2)
    assert sweep[2 * 17] == flr.cyclic(*(whole[name][17].item() for name in SPACES))


def test_a_latin_hypercube_has_a_point_in_every_row():
    points = flr.latin_hypercube(100, x=flr.Uniform(0.0, 100.0), y=flr.Uniform(0.0, 100.0)).values(
        np.arange(100)
    )
    assert all(sorted(np.floor(values).tolist()) == list(range(100)) for values in points.values())


def test_a_choice_is_one_of_its_options():
    drawn = (
        flr.random(200, mode=flr.Choice("triangular", "cosine"))
        .values(np.arange(200))["mode"]
        .tolist()
    )
    assert 50 < drawn.count("cosine") < 150
    assert set(drawn) == {"triangular", "cosine"}


def test_a_billion_schedules_are_a_description():
    huge = flr.sweep(
        "linear", flr.random(10**9, init=flr.LogUniform(1e-4, 1e-2)), end=0.0, steps=range(1, 1001)
    )
    assert huge.size == 10**12
    assert huge[10**12 - 1].steps == 1000
    assert len(pickle.dumps(huge.axes[0])) < 1_000
    assert next(huge.chunks(10**6)) == range(10**6)
    assert huge[10**11 : 10**11 + 5].shape == (5,)


def test_it_is_known_by_its_fingerprint():
    same = flr.sweep(
        "wsd", peak=np.array(PEAKS), warmup=WARMUPS, stable=50, cooldown=tuple(COOLDOWNS)
    )
    assert (
        same.fingerprint == PRODUCT.fingerprint == pickle.loads(pickle.dumps(PRODUCT)).fingerprint
    )
    others = [
        flr.sweep("wsd", peak=PEAKS, warmup=WARMUPS, stable=51, cooldown=COOLDOWNS),
        flr.sweep("wsd", peak=PEAKS, warmup=WARMUPS, stable=50, cooldown=[5, 16]),
        flr.sweep("wsd", warmup=WARMUPS, peak=PEAKS, stable=50, cooldown=COOLDOWNS),
        flr.sweep(
            "wsd",
            flr.random(3, peak=flr.Uniform(1e-3, 4e-3)),
            warmup=WARMUPS,
            stable=50,
            cooldown=COOLDOWNS,
        ),
    ]
    assert len({other.fingerprint for other in [PRODUCT, *others]}) == 5
    made = (
        "import fastlr as flr; print(flr.sweep('linear', flr.random(9, "
        "init=flr.Uniform(1, 2)), end=0.0, steps=9).fingerprint)"
    )
    here = flr.sweep("linear", flr.random(9, init=flr.Uniform(1, 2)), end=0.0, steps=9).fingerprint
    assert (
        subprocess.run(
            [sys.executable, "-c", made], stdout=subprocess.PIPE, text=True, check=True
        ).stdout.strip()
        == here
    )


def test_it_describes_itself():
    assert PRODUCT.describe() == {
        "family": "wsd",
        "axes": [{"peak": PEAKS}, {"warmup": WARMUPS}, {"cooldown": COOLDOWNS}],
        "fixed": {"stable": 50},
    }
    assert (
        flr.sweep(lambda value: flr.constant(value), value=[1.0]).describe()["family"] == "<lambda>"
    )


REFUSED = [
    (
        lambda: flr.zipped(a=[1, 2], b=[1, 2, 3]),
        ValueError,
        "zipped: parameters must be non-empty and of equal length, got lengths .*3",
    ),
    (
        lambda: flr.zipped(),
        ValueError,
        "zipped: parameters must be non-empty and of equal length, got lengths {}",
    ),
    (
        lambda: flr.sweep("linear", init=[1.0], end=0.0, stops=[1]),
        ValueError,
        "linear has no parameter 'stops'; did you mean 'steps'",
    ),
    (
        lambda: flr.sweep("linear", init=[1.0], end=0.0),
        ValueError,
        "linear must be given 'steps', got 'init', 'end'",
    ),
    (
        lambda: flr.sweep("linaer", init=[1.0]),
        ValueError,
        "family must be .*, got 'linaer'; did you mean 'linear'",
    ),
    (lambda: flr.sweep(3), TypeError, "family must be .*, got 3"),
    (lambda: flr.sweep("linear(a, 0.0, 10)", a=[1.0], b=2.0), ValueError, "has no parameter 'b'"),
    (lambda: flr.sweep("linear(a, 0.0, b)", a=[1.0]), ValueError, "must be given 'b', got 'a'"),
    (
        lambda: flr.sweep("constant", flr.zipped(value=[1.0]), value=2.0),
        ValueError,
        "must be given once, got 'value' twice",
    ),
    (
        lambda: flr.sweep("constant", value=[0.1, -1.0]),
        ValueError,
        "sweep: place 1: constant: value must be .*, got -1.0",
    ),
    (
        lambda: flr.sweep("constant", value=[]),
        ValueError,
        "sweep: value must be a non-empty list of numbers or strings",
    ),
    (
        lambda: flr.sweep("constant", value=[[1], [1, 2]]),
        ValueError,
        "sweep: value must be a non-empty list of numbers or strings, got rows of unequal",
    ),
    (lambda: PRODUCT[12], IndexError, "index 12 is out of range for a sweep of 12 schedules"),
    (lambda: PRODUCT[[0, -13]], IndexError, "out of range"),
    (lambda: PRODUCT[3:3], IndexError, "at least one schedule, got an empty slice"),
    (
        lambda: PRODUCT[1.5],
        TypeError,
        "indexed by an integer, a slice or a list of integers, got 1.5",
    ),
    (
        lambda: flr.random(0, a=flr.Uniform(0, 1)),
        ValueError,
        "random: size must be an integer from 1",
    ),
    (
        lambda: flr.random(3, seed=-1, a=flr.Uniform(0, 1)),
        ValueError,
        "random: seed must be an integer from 0",
    ),
    (lambda: flr.random(3), ValueError, "random: at least one parameter must be given, got none"),
    (
        lambda: flr.random(3, a=(0, 1)),
        TypeError,
        "random: a must be a Uniform, LogUniform, Integers or Choice",
    ),
    (lambda: flr.LogUniform(0.0, 1.0), ValueError, "LogUniform: low must be above 0, got 0.0"),
    (
        lambda: flr.Uniform(2, 1),
        ValueError,
        "Uniform: low and high must be finite numbers with low <= high, got 2 and 1",
    ),
    (lambda: flr.Integers(1.5, 2), TypeError, "Integers: low and high must be integers"),
    (
        lambda: flr.Choice(),
        ValueError,
        "Choice: options must be at least one number or string, got",
    ),
]


@pytest.mark.parametrize(("work", "error", "message"), REFUSED)
def test_what_is_wrong_is_named(work, error, message):
    with pytest.raises(error, match=message):
        work()


def test_a_place_within_is_named_when_it_is_made():
    sweep = flr.sweep("inverse_time", init=1.0, rate=[0.1, -5.0, 0.2], every=1)
    assert sweep[0].shape == ()
    with pytest.raises(ValueError, match="sweep: place 1: inverse_time: rate must be"):
        sweep[1]
    with pytest.raises(ValueError, match="sweep: places 0 to 2: inverse_time: rate must be"):
        sweep.table(3)


def test_reductions_have_the_shape_of_the_sweep(monkeypatch):
    monkeypatch.setattr("fastlr.sweeps.sweep._LANES_PER_PASS", 5)
    for sweep in (PRODUCT, WORDS):
        results = sweep.reduce(["sum", "argmax"], 10, 60)
        assert {name: result.shape for name, result in results.items()} == dict.fromkeys(
            ("sum", "argmax"), sweep.shape
        )
        assert results["sum"].reshape(-1).tolist() == [
            lane.reduce(["sum"], 10, 60)["sum"] for lane in sweep
        ]
        assert results["argmax"].reshape(-1).tolist() == [
            lane.reduce(["argmax"], 10, 60)["argmax"] for lane in sweep
        ]
    with pytest.raises(ValueError, match="reduce: names must be of"):
        PRODUCT.reduce(["summ"], 10)


def test_equal_sweeps_are_equal_and_pickled_ones_too():
    family = flr.sweep(
        "linear", flr.random(4, end=flr.Uniform(0.0, 0.1)), init=[1.0, 2.0], steps=range(10, 20)
    )
    again = flr.sweep(
        "linear", flr.random(4, end=flr.Uniform(0.0, 0.1)), init=[1.0, 2.0], steps=range(10, 20)
    )
    other = flr.sweep(
        "linear", flr.random(4, end=flr.Uniform(0.0, 0.1)), init=[1.0, 3.0], steps=range(10, 20)
    )
    assert family == again == pickle.loads(pickle.dumps(family))
    assert hash(family) == hash(again)
    assert family != other
    assert family.axes[0] == again.axes[0]
    assert family.axes[1] != other.axes[1]


def test_a_range_is_an_axis_that_is_not_written_out():
    family = flr.sweep("linear", init=1.0, end=0.0, steps=range(5, 10**12, 3))
    assert family.size == len(range(5, 10**12, 3))
    assert family[10**11].steps == 5 + 3 * 10**11
    assert family[:4](0).tolist() == [1.0] * 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda a: 3, "what the family makes must be a Schedule, got int 3"),
        (
            lambda a: flr.constant(1.0),
            "the family must make one schedule for each of 3, got batch shape ()",
        ),
    ],
)
def test_a_function_that_makes_no_schedules_is_refused(make, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        flr.sweep(make, a=[1.0, 2.0, 3.0])[:]


def test_a_reduction_may_take_a_number_or_one_per_lane():
    batch = flr.cosine([1.0, 2.0], 0.0, 10)
    assert batch.reduce(["first_below"], 10, rate=np.array([0.5, 0.5]))["first_below"].tolist() == [
        6,
        7,
    ]
    with pytest.raises(ValueError, match="reduce: rate must be given for first_below, got None"):
        batch.reduce("first_below", 10)


def test_a_sweep_of_only_strings_gives_batches_too():
    family = flr.sweep("cyclic", low=0.1, high=1.0, up=10, mode=["cosine", "triangular", "cosine"])
    assert list(family[:]) == [family[i] for i in range(3)]
    assert [batch.shape for _, batch in family.batches(range(3))] == [(2,), (1,)]
    assert family.reduce("max", 5)["max"].tolist() == [family[i].max(5) for i in range(3)]
    assert np.array_equal(family.table(5), [lane.table(5) for lane in family])


# -- fingerprints: all that decides a rate ---------------------------------------------------------


def ends_at_zero(k):
    """Its first and its last schedule have the same rates for every ``k``; the one between them
    has not.
    """
    return flr.sweep("cosine(1e-3, end * k, 100)", end=[0.0, 1e-4, 0.0], k=k)


def scaled(k, *, by=1.0):
    """A function with a closure and a default."""

    def family(peak, factor=by):
        return flr.linear(peak * k * factor, 0.0, 10)

    return family


SCALE = 1.0
UNSEEN = object()


def of_a_global(peak):
    return flr.linear(peak * (SCALE if SCALE else 1.0), 0.0, 10)


def of_a_helper(peak):
    return of_a_global(peak)


def of_the_unseen(peak):
    return flr.linear(peak * (2.0 if UNSEEN is None else 1.0), 0.0, 10)


def of_chance(peak):
    return flr.linear(peak * np.random.default_rng().random(), 0.0, 10)


def linear(init):
    """A function with the name of a constructor."""
    return flr.constant(init)


UNIT = flr.Uniform(0.0, 1.0)
PEAK = {"peak": [0.1, 0.2]}
TWO_LAMBDAS = (lambda peak: flr.linear(peak, 0.0, 10), lambda peak: flr.linear(peak, 0.0, 20))

# sweeps that differ in one thing alone: pairs of calls that make them
DIFFERENT = {
    "a fixed value": (lambda: ends_at_zero(1.0), lambda: ends_at_zero(3.0)),
    "a fixed array": [
        lambda values=values: flr.sweep("sampled", values=values, every=[1, 2])
        for values in ([1.0, 0.5, 1.0], [1.0, 0.7, 1.0])
    ],
    "a fixed word": [
        lambda mode=mode: flr.sweep("cyclic", low=[0.0, 0.1, 0.0], high=0.0, up=5, mode=mode)
        for mode in ("cosine", "triangular")
    ],
    "a fixed schedule": [
        lambda s=s: flr.sweep(lambda scale, s: s * scale, scale=[0.0, 1.0, 0.0], s=s)
        for s in (flr.linear(1.0, 0.0, 9), flr.linear(1.0, 0.0, 8))
    ],
    "a value of an axis": [
        lambda v=v: flr.sweep("constant", value=[0.1, v, 0.3])
        for v in (0.2, np.nextafter(0.2, 1.0))
    ],
    "the dtype of an axis": [
        lambda dtype=dtype: flr.sweep("cosine(1e-3, end / 3, 100)", end=np.array([0, 1], dtype))
        for dtype in ("i8", "f8")
    ],
    "the step of a range": [
        lambda step=step: flr.sweep("linear", init=1.0, end=0.0, steps=range(1, 10, step))
        for step in (2, 4)
    ],
    "a zip": (
        lambda: flr.sweep("linear", flr.zipped(init=[0.1, 0.2], end=[0.0, 0.1]), steps=10),
        lambda: flr.sweep("linear", init=[0.1, 0.2], end=[0.0, 0.1], steps=10),
    ),
    "the order of axes": (
        lambda: flr.sweep("linear", init=[0.1, 0.2], end=[0.1, 0.2], steps=10),
        lambda: flr.sweep("linear", end=[0.1, 0.2], init=[0.1, 0.2], steps=10),
    ),
    "an expression": [
        lambda t=t: flr.sweep(t, end=[0.0, 0.1, 0.0])
        for t in ("constant(end * 1)", "constant(end * 2)")
    ],
    "a seed": [
        lambda seed=seed: flr.sweep("constant", flr.random(9, seed, value=UNIT)) for seed in (0, 1)
    ],
    "a method": [
        lambda draw=draw: flr.sweep("constant", draw(8, value=UNIT))
        for draw in (flr.random, flr.latin_hypercube)
    ],
    "the end of a space": [
        lambda high=high: flr.sweep("constant", flr.random(9, value=flr.Uniform(0.0, high)))
        for high in (1.0, 2.0)
    ],
    "the order of spaces": (
        lambda: flr.sweep("linear", flr.random(9, init=UNIT, end=UNIT), steps=10),
        lambda: flr.sweep("linear", flr.random(9, end=UNIT, init=UNIT), steps=10),
    ),
    "a closure": [lambda k=k: flr.sweep(scaled(k), **PEAK) for k in (1.0, 2.0)],
    "a default": [lambda by=by: flr.sweep(scaled(1.0, by=by), **PEAK) for by in (1.0, 2.0)],
    "the code of a function": [
        lambda family=family: flr.sweep(family, **PEAK) for family in TWO_LAMBDAS
    ],
    "a partial's argument": [
        lambda k=k: flr.sweep(functools.partial(scaled(1.0), factor=k), **PEAK) for k in (1.0, 2.0)
    ],
    "a constructor's name": (
        lambda: flr.sweep(linear, init=[0.1]),
        lambda: flr.sweep("linear", init=[0.1], end=0.0, steps=10),
    ),
    "a version": [lambda v=v: flr.sweep(of_the_unseen, version=v, **PEAK) for v in ("1", "2")],
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_sweeps_that_differ_in_one_thing_have_different_fingerprints(what):
    one, other = (make() for make in DIFFERENT[what])
    assert one.unidentified == other.unidentified == ""
    assert one.fingerprint != other.fingerprint
    assert one != other
    for make, family in zip(DIFFERENT[what], (one, other), strict=True):
        assert make().fingerprint == family.fingerprint
        assert make() == family
        assert hash(make()) == hash(family)


VALUES = st.sampled_from([0.0, 1e-4, 0.5, 1.0])
SWEPT = st.fixed_dictionaries(
    {
        "end": st.lists(VALUES, min_size=1, max_size=3),
        "k": st.one_of(VALUES, st.just([0.5, 1.0])),
        "steps": st.one_of(st.integers(1, 3), st.lists(st.integers(1, 3), min_size=1, max_size=2)),
    }
)
TEXTS = st.sampled_from(
    [
        "linear(1e-3, end * k, steps)",
        "linear(1e-3, end, steps + k)",
        "cosine(1e-3, end * k, steps * 2)",
    ]
)


@given(texts=st.tuples(TEXTS, TEXTS), swept=st.tuples(SWEPT, SWEPT), swap=st.booleans())
@examples(200)
def test_sweeps_are_equal_only_where_their_tables_are(texts, swept, swap):
    made, calls = [], []
    for text, parameters in zip(texts, swept, strict=True):
        if swap:  # one of the two alone differs
            text, parameters = texts[0], {**swept[0], "k": parameters["k"]}
        try:
            family = flr.sweep(text, **parameters)
            made.append((family, family.table(5)))
        except (ValueError, TypeError):
            return
        calls.append((text, parameters))
    (one, table), (other, wanted) = made
    assert (one == other) == (calls[0] == calls[1]) == (one.fingerprint == other.fingerprint)
    assert one != other or np.array_equal(table, wanted)


def test_a_global_that_a_function_reads_is_part_of_it(monkeypatch):
    for family in (of_a_global, of_a_helper):
        sweep = flr.sweep(family, **PEAK)
        before = sweep.fingerprint
        monkeypatch.setattr(sys.modules[__name__], "SCALE", 2.0)
        assert sweep.fingerprint != before
        monkeypatch.undo()
        assert sweep.fingerprint == before


@pytest.mark.parametrize(
    ("family", "why"),
    [
        (
            of_the_unseen,
            "function of_the_unseen reads 'UNSEEN': <object object at .*>, of type "
            "object, cannot be identified",
        ),
        (of_chance, "function of_chance reads .*random, which may differ at every call"),
        (
            lambda peak: flr.linear(peak * chance.uniform(), 0.0, 10),
            "reads 'chance': <module 'numpy.random'.* cannot be identified",
        ),
        (
            lambda peak: flr.linear(peak * len(globals()), 0.0, 10),
            "reads 'globals': globals reaches values that its code does not name",
        ),
        (
            lambda peak: flr.linear(peak + len(sys.argv) * 0.0, 0.0, 10),
            "reads 'sys': <module 'sys'.* cannot be identified",
        ),
    ],
)
def test_a_function_that_cannot_be_read_has_no_fingerprint(family, why):
    sweep = flr.sweep(family, **PEAK)
    assert sweep.fingerprint is None
    assert re.search(why, sweep.unidentified)
    assert sweep == sweep
    assert sweep != flr.sweep(family, **PEAK)
    assert len({sweep, flr.sweep(family, **PEAK)}) == 2
    if "random" in why:  # whose first and last schedules tell that it is another every time
        return
    given = flr.sweep(family, version="1", **PEAK)
    assert given == flr.sweep(family, version="1", **PEAK)
    assert given != flr.sweep(family, version="2", **PEAK)
    assert given.describe()["version"] == "1"


class Backwards(type(flr.zipped(a=[1.0]))):
    def values(self, places):
        return super().values(self.size - 1 - places)


class Halved(flr.Uniform):
    def at(self, unit):
        return super().at(unit / 2)


@pytest.mark.parametrize(
    ("axis", "why"),
    [
        (
            Backwards({"value": np.array([0.1, 0.2])}),
            "an axis of type Backwards has no method identity",
        ),
        (flr.random(9, value=Halved(0.0, 1.0)), "a space of type Halved cannot be identified"),
    ],
)
def test_an_axis_or_a_space_of_the_users_own_has_no_fingerprint(axis, why):
    family = flr.sweep("constant", axis)
    assert family.fingerprint is None
    assert why in family.unidentified


def test_a_family_may_have_a_parameter_named_version():
    family = flr.sweep("constant(version)", version=[0.1, 0.2])
    assert (family.shape, family.version) == ((2,), None)
    assert flr.sweep("constant(version)", version=0.3)[0] == flr.constant(0.3)
    with pytest.raises(
        ValueError, match="sweep: version must be given only for a function, got '1' for constant"
    ):
        flr.sweep("constant", value=[0.1], version="1")
    with pytest.raises(TypeError, match="sweep: version must be a non-empty string, got int 1"):
        flr.sweep(linear, init=[0.1], version=1)


def test_a_sweep_keeps_its_fixed_values():
    values = np.array([1.0, 0.5])
    family = flr.sweep("sampled", values=values, every=[1, 2])
    before, table = family.fingerprint, family.table(4)
    values[:] = 0.1
    assert family.fingerprint == before
    assert np.array_equal(family.table(4), table)


def test_fingerprints_are_the_same_in_another_process():
    made = [
        "flr.sweep(lambda peak: flr.linear(peak * k, 0.0, len({'a', 'b', 'c'}) + (peak "
        "in {0.1, 0.2, 0.3})), peak=[0.1, 0.5])",
        "flr.sweep('cosine(1e-3, end * k, 100)', end=[0.0, 1e-4, 0.0], k=k)",
        "flr.sweep('linear', flr.random(9, init=flr.Uniform(1, 2)), end=np.float64(0.0), steps=9)",
    ]
    code = (
        "import numpy as np, fastlr as flr; k = 2.0; print(' '.join(s.fingerprint "
        f"for s in [{', '.join(made)}]))"
    )
    found = set()
    for seed in ("1", "2", "3"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True, env=env
        )
        found.add(done.stdout)
    assert len(found) == 1
    assert "None" not in found.pop()


RECURSIVE: list = []
RECURSIVE.append(RECURSIVE)


@pytest.mark.parametrize(
    "values",
    [
        [None, False, True, 0, 1, 0.0, 1.0, -0.0, 1j, "1", b"1", range(1), slice(1), ...],
        [
            [1],
            (1,),
            {1},
            frozenset([1]),
            {1: 1},
            {1: 2},
            {1: 1, 2: 2},
            {2: 2, 1: 1},
            [[1]],
            [1, 1],
            [],
        ],
        [np.float64(1), np.float32(1), np.int64(1), np.dtype("f4")],
        [np.array(1.0), np.array([1.0]), np.array([[1.0]]), np.array([True])],
        [np.array(["a", "b"]), np.array(["ab"]), np.array([b"a"]), np.array([1, "a"], "O")],
        [np.longdouble(1), np.longdouble(1) + np.finfo(np.longdouble).eps],
        [flr.constant(0.1), flr.constant(0.2), flr.Plateau(), flr.Plateau(patience=3)],
        [flr.linear, flr.cosine, np.linspace, np.exp, len, np],
        [RECURSIVE, [RECURSIVE, RECURSIVE], [RECURSIVE]],
        [functools.partial(pow, 2), functools.partial(pow, 3), functools.partial(max, 2)],
        [flr.constant(0.1).then, flr.constant(0.2).then, flr.constant(0.2).cooldown],
    ],
)
def test_different_values_have_different_identities(values):
    texts = [json.dumps(identity(value)) for value in values]
    assert len(set(texts)) == len(values)
    assert [json.dumps(identity(owned(value))) for value in values] == texts


@pytest.mark.parametrize(
    "value",
    [
        object(),
        sys,
        iter([]),
        np.array([np.datetime64(0, "s")]),
        open,
        Path(),
        np.zeros(1, "f8,i4"),
    ],
)
def test_a_value_without_an_exact_form_has_no_identity(value):
    with pytest.raises(UnidentifiedError):
        identity([value])


def test_the_bytes_of_an_array_do_not_depend_on_the_machine():
    assert identity(np.array([1.5, 2.5], ">f8")) == identity(np.array([1.5, 2.5], "<f8"))
    assert identity(np.array([[1, 2], [3, 4]], order="F")) == identity(np.array([[1, 2], [3, 4]]))


@pytest.mark.parametrize(
    "use",
    [
        np.asarray,
        lambda sweep: np.array([sweep]),
        lambda sweep: flr.linear(sweep, 0.0, 10),
        lambda sweep: flr.sweep("constant", value=sweep),
        lambda sweep: LAW.final([sweep], 10),
    ],
)
def test_a_sweep_is_no_array(use):
    """NumPy would build 10^12 schedules, one by one."""
    many = np.linspace(0.1, 1.0, 10**6)
    with pytest.raises(TypeError, match="a sweep of 1,000,000,000,000 schedules is not an array"):
        use(flr.sweep("linear", init=many, end=many, steps=10))


def test_what_memory_cannot_hold_is_refused_before_any_work():
    many = np.linspace(0.1, 1.0, 2 * 10**6)
    sweep = flr.sweep("linear", init=many, end=many, steps=10)
    for use in (
        lambda: sweep.reduce("sum", 10),
        lambda: sweep.table(10),
        lambda: sweep[:],
        lambda: LAW.final(sweep, 10),
    ):
        with pytest.raises(ValueError, match=r"needs [\d,]+ GB; this machine has .* GB; "):
            use()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint64", "float32", "float16", "longdouble"])
def test_narrow_numbers_give_the_rates_of_python_numbers(dtype):
    """A uint8 wraps around, and a float32 rounds: one schedule and the batch must not differ."""
    values = np.array([3, 200], dtype)
    sweep = flr.sweep("constant(k * 100 / 7)", k=values)
    expected = [flr.parse("constant(k * 100 / 7)", k=k)(0) for k in (3, 200)]
    assert sweep[:](0).tolist() == [schedule(0) for schedule in sweep] == expected
    assert flr.parse("constant(k * 100 / 7)", k=values)(0).tolist() == expected
    own = flr.sweep(lambda k: flr.constant(k * 100 / 7), k=values)
    assert own[:](0).tolist() == [schedule(0) for schedule in own] == expected
