"""Plateau rules: every backend gives the bits of plain Python, however a history is evaluated.
After an error the state is unchanged.
"""

import json
import math
import os
import pickle
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from example_schedules import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from plain_plateaus import plain_plateau

import fastlr as flr
from fastlr.arguments import output_arrays
from fastlr.kernels import native
from fastlr.plateau.events import Event, events
from fastlr.plateau.state import PlateauState

CONVENTIONS = ("torch", "timm", "optax", "keras")
KINDS = [
    (convention, precision) for convention in CONVENTIONS for precision in ("double", "single")
]
kind = pytest.mark.parametrize(("convention", "precision"), KINDS)
backend = pytest.mark.parametrize("backend", BACKENDS)


def drawn(rng, count, updates):
    """Metrics (updates, lanes) of few dyadic numbers, full of ties, and of any, with NaN and
    infinities among them.
    """
    metrics = np.where(
        rng.random(count) < 0.5,
        rng.integers(-6, 7, (updates, count)) / 4.0,
        rng.normal(size=(updates, count)),
    )
    odd = rng.choice([math.nan, math.inf, -math.inf, -0.0, 1.7e308, 5e-324], (updates, count))
    return np.where(rng.random((updates, count)) < 0.08, odd, metrics)


def made(rng, count, convention, precision, nan="bad", window=4):
    """A rule of so many lanes, everything in it drawn."""
    relative, absolute = rng.random(count) * 0.3, rng.integers(0, 3, count) / 8.0
    return flr.Plateau(
        mode=rng.choice(["min", "max"], count),
        factor=np.where(rng.random(count) < 0.5, 0.5, rng.random(count)),
        patience=rng.integers(0, 4, count),
        rtol=None if convention == "keras" else relative,
        atol=absolute,
        cooldown=rng.integers(0, 4, count),
        floor=np.where(rng.random(count) < 0.5, 0.0, rng.random(count) * 0.3),
        warmup=rng.integers(0, 4, count),
        window=rng.integers(1, window + 1, count),
        eps=rng.random(count) * 0.01 if convention in ("torch", "timm") else None,
        nan=nan,
        convention=convention,
        precision=precision,
    )


def lane(rule, i):
    """One lane of a rule, alone."""
    own = {
        name: value[i] if getattr(value, "ndim", 0) else value
        for name, value in rule.parameters.items()
    }
    return flr.Plateau(
        **{
            name: value.item() if isinstance(value, np.generic | np.ndarray) else value
            for name, value in own.items()
        }
    )


def same_state(a, b):
    assert all(
        x.dtype == y.dtype and np.array_equal(x, y, equal_nan=True)
        for x, y in zip(a, b, strict=True)
    ), (a, b)


# -- plateau rules in plain Python ----------------------------------------------------------------


@backend
@kind
@pytest.mark.parametrize("nan", ["bad", "ignore"])
@pytest.mark.exhaustive(one_in=5)
def test_every_backend_equals_plain_python(backend, convention, precision, nan):
    rng = np.random.default_rng(KINDS.index((convention, precision)))
    rule, metrics = made(rng, 300, convention, precision, nan), drawn(rng, 300, 40)
    first = rng.random(300)
    with flr.use_backend(backend):
        scales = rule.replay(metrics, rule.init(scale=first))
    plain = [
        plain_plateau(lane(rule, i), first[i]).replay(metrics[:, i].tolist()) for i in range(300)
    ]
    assert np.array_equal(scales, np.transpose(plain))
    assert len(np.unique(scales)) > 300


@backend
@kind
@pytest.mark.parametrize("window", [1, 3])
@pytest.mark.exhaustive(one_in=5)
def test_every_backend_equals_plain_python_where_lanes_share_numbers(
    backend, convention, precision, window
):
    rng, count = np.random.default_rng(40), 600
    rule = flr.Plateau(
        mode="max",
        factor=np.linspace(0.1, 0.9, count),
        patience=1,
        rtol=0.0,
        atol=0.125,
        cooldown=1,
        floor=0.01,
        warmup=1,
        window=window,
        eps=0.01 if convention in ("torch", "timm") else None,
        nan="bad",
        convention=convention,
        precision=precision,
    )
    metrics = drawn(rng, count, 20)
    with flr.use_backend(backend):
        scales = rule.replay(metrics)
    plain = [plain_plateau(lane(rule, i)).replay(metrics[:, i].tolist()) for i in range(count)]
    assert np.array_equal(scales, np.transpose(plain))


def anything(rng, rule, count):
    """Return states that no history leads to: full counts, scales near the floor, any best
    metric.
    """
    numbers = rule.parameters
    beside = numbers["floor"] * (1.0 + rng.choice([-1e-3, -1e-9, 0.0, 1e-9, 1e-3], count))
    scale = np.where(rng.random(count) < 0.5, beside, rng.random(count))
    if rule.parameters["precision"] == "single":
        scale = scale.astype(np.float32).astype(np.float64)
    return rule.init()._replace(
        scale=scale,
        best=drawn(rng, count, 1)[0],
        bad=rng.choice([0, 1, 2, 3, 2**31 - 1], count).astype(np.int32),
        cool=rng.integers(0, 4, count).astype(np.int32),
        mean=rng.integers(-6, 7, count) / 4.0,
        count=rng.integers(0, rule.parameters["window"]).astype(np.int32),
    )


@backend
@kind
@pytest.mark.exhaustive(one_in=5)
def test_an_update_begins_from_any_state(backend, convention, precision):
    rng = np.random.default_rng(20 + KINDS.index((convention, precision)))
    rule, metrics = made(rng, 1_000, convention, precision), drawn(rng, 1_000, 1)[0]
    state = anything(rng, rule, 1_000)
    with flr.use_backend(backend):
        after = rule.update(state, metrics)
    for i in range(1_000):
        plain = plain_plateau(lane(rule, i))
        for name, part in state._asdict().items():
            setattr(plain, name, part[i].item())
        plain.updates = plain.warmup
        plain.update(metrics[i].item())
        assert after.scale[i] == plain.scale
        assert np.array_equal(after.best[i], plain.best, equal_nan=True)
        assert (after.bad[i], after.cool[i]) == (min(plain.bad, 2**31 - 1), plain.cool)
        assert after.count[i] == plain.count
        assert np.array_equal(after.mean[i], plain.mean, equal_nan=True)


@kind
def test_every_level_gives_the_same_bits(convention, precision):
    rng, used = np.random.default_rng(1), native.instruction_set()
    rule, metrics = made(rng, 1_000, convention, precision), drawn(rng, 1_000, 30)
    try:
        for level in native.instruction_sets():
            native.use_instruction_set(level)
            with flr.use_backend("native"):
                got = rule.replay(metrics), rule.advance(rule.init(), metrics)
            with flr.use_backend("reference"):
                assert np.array_equal(got[0], rule.replay(metrics))
                same_state(got[1], rule.advance(rule.init(), metrics))
    finally:
        native.use_instruction_set(used)


@backend
@kind
def test_all_ways_to_update_agree(backend, convention, precision):
    """Whole histories, parts, single updates, in place and on threads give the same states."""
    rng = np.random.default_rng(2)
    rule, history = made(rng, 700, convention, precision), drawn(rng, 1, 30)[:, 0]
    metrics = np.repeat(history[:, np.newaxis], 700, axis=1)
    with flr.use_backend(backend):
        begin = rule.init()
        scales, end = rule.replay(metrics), rule.advance(begin, metrics)
        assert np.array_equal(rule.replay(history), scales)
        assert np.array_equal(
            rule.replay(history.astype(np.float64)[:, np.newaxis], threads=2), scales
        )
        out = np.empty_like(scales)
        assert rule.replay(metrics, begin, out=out, threads=3) is out
        assert np.array_equal(out, scales)
        middle = rule.advance(begin, metrics[:11])
        assert np.array_equal(rule.replay(metrics[11:], middle), scales[11:])
        pure, place, threaded = begin, rule.init(), rule.init()
        for t, metric in enumerate(history):
            pure = rule.update(pure, metric)
            assert rule.update(place, metrics[t], out=place) is not None
            threaded = rule.update(threaded, metrics[t], threads=2)
            assert np.array_equal(pure.scale, scales[t])
        for state in (pure, place, threaded, rule.advance(begin, history, threads=2)):
            same_state(state, end)
        same_state(begin, rule.init())


def test_threads_divide_lanes_alone():
    rng = np.random.default_rng(3)
    for count, updates in ((3, 20_000), (40_000, 3), (1, 70_000)):
        rule, metrics = made(rng, count, "torch", "double"), drawn(rng, count, updates)
        assert np.array_equal(rule.replay(metrics, threads=4), rule.replay(metrics))
        same_state(
            rule.advance(rule.init(), metrics, threads=4), rule.advance(rule.init(), metrics)
        )


@given(
    st.sampled_from(KINDS),
    st.lists(st.sampled_from([0.0, 0.5, 1.0, math.nan, math.inf, -math.inf]), max_size=30),
    st.data(),
)
def test_any_history(kind, metrics, data):
    convention, precision = kind
    rule = flr.Plateau(
        mode=data.draw(st.sampled_from(["min", "max"])),
        factor=data.draw(st.floats(0.0, 0.99)),
        patience=data.draw(st.integers(0, 3)),
        atol=data.draw(st.sampled_from([0.0, 0.5, 0.25])),
        cooldown=data.draw(st.integers(0, 3)),
        floor=data.draw(st.sampled_from([0.0, 0.1, 2.0])),
        warmup=data.draw(st.integers(0, 2)),
        window=data.draw(st.integers(1, 3)),
        nan="bad",
        convention=convention,
        precision=precision,
    )
    plain = plain_plateau(rule).replay(metrics)
    for backend in BACKENDS:
        with flr.use_backend(backend):
            assert rule.replay(metrics).tolist() == plain


@backend
def test_shapes_broadcast(backend):
    rng = np.random.default_rng(4)
    rule = flr.Plateau(patience=np.arange(3)[:, np.newaxis], factor=[0.5, 0.25])
    with flr.use_backend(backend):
        assert rule.shape == (3, 2)
        assert rule.init(shape=(5, 1, 1)).scale.shape == (5, 3, 2)
        metrics = rng.random((20, 4, 1, 2))
        scales = rule.replay(metrics)
        assert scales.shape == (20, 4, 3, 2)
        for i, j, k in product(range(4), range(3), range(2)):
            alone = flr.Plateau(patience=j, factor=[0.5, 0.25][k]).replay(metrics[:, i, 0, k])
            assert np.array_equal(scales[:, i, j, k], alone)
        few = rule.replay(metrics[:, 0, 0].astype(np.float32))
        assert np.array_equal(
            few,
            rule.replay(np.broadcast_to(metrics[:, :1], (20, 1, 3, 2)).astype(np.float32)[:, 0]),
        )
        assert rule.replay([]).shape == (0, 3, 2)
        state = rule.init()
        assert np.array_equal(
            rule.update(state, [[1.0], [2.0], [3.0]]).best, [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]
        )


def test_a_history_that_must_be_spread_goes_in_parts(monkeypatch):
    rng = np.random.default_rng(5)
    rule, metrics = flr.Plateau(patience=np.arange(3)[:, np.newaxis]), rng.random((50, 4))
    whole = rule.replay(metrics)
    monkeypatch.setattr("fastlr.plateau.state._COPIED", 100)
    assert np.array_equal(rule.replay(metrics), whole)
    assert np.array_equal(rule.replay(np.asfortranarray(metrics)), whole)
    assert np.array_equal(rule.replay(metrics[::-1].copy()[::-1]), whole)


def test_a_million_rules_over_one_history():
    rule = flr.Plateau(patience=np.arange(1_000_000) % 5, factor=0.5)
    end = rule.advance(rule.init(), [1.0, *[2.0] * 6])
    assert end.scale[:5].tolist() == [0.5**6, 0.5**3, 0.5**2, 0.5, 0.5]
    assert (end.mean.shape, end.count.shape) == ((), ())


def test_the_windows_of_lanes_without_one():
    rule = flr.Plateau(window=[1, 3])
    assert rule.init().mean.shape == (2,)
    scales = flr.Plateau(window=[1, 3], patience=0, factor=0.5).replay(
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    )
    assert scales[:, 0].tolist() == [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125]
    assert scales[:, 1].tolist() == [1.0] * 5 + [0.5]


# -- what the rules are for ------------------------------------------------------------------------


def test_conventions_differ_by_one_update():
    metrics = [1.0] * 8
    first = {
        name: int(np.argmax(flr.Plateau(patience=3, convention=name).replay(metrics) < 1.0))
        for name in CONVENTIONS
    }
    assert first == {"torch": 4, "timm": 4, "optax": 3, "keras": 3}


def test_a_warmup_looks_at_nothing():
    """Metrics of the warmup do not count afterwards, neither as best nor as bad."""
    rule = flr.Plateau(patience=0, factor=0.5, warmup=3)
    assert rule.replay([0.0, 9.0, 9.0, 5.0, 4.0, 4.0]).tolist() == [1.0, 1.0, 1.0, 1.0, 1.0, 0.5]


def test_a_scale_may_be_the_rate_itself():
    rule = flr.Plateau(patience=0, factor=0.5, floor=[0.0, 0.04])
    assert rule.replay([1.0, 1.0, 1.0], rule.init(scale=0.1))[-1].tolist() == [0.025, 0.04]


def test_nan():
    metrics = [1.0, math.nan, math.nan, 0.5]
    rules = {
        nan: flr.Plateau(patience=1, factor=0.5, nan=nan) for nan in ("raise", "ignore", "bad")
    }
    assert rules["bad"].replay(metrics).tolist() == [1.0, 1.0, 0.5, 0.5]
    assert rules["ignore"].replay(metrics).tolist() == [1.0, 1.0, 1.0, 1.0]
    before = rules["ignore"].advance(rules["ignore"].init(), metrics[:1])
    same_state(rules["ignore"].update(before, math.nan), before)
    with pytest.raises(
        ValueError,
        match=r"replay: metrics must not be NaN where nan='raise', got 2 of 4, the "
        r"first in update 1$",
    ):
        rules["raise"].replay(metrics)


def test_what_keras_has_seen_first_is_the_best_even_nan():
    rule = flr.Plateau(patience=1, factor=0.5, convention="keras", nan="bad")
    assert rule.replay([math.nan, 0.5, 0.4, 0.3]).tolist() == [1.0, 0.5, 0.25, 0.125]


# -- with a schedule -------------------------------------------------------------------------------


@backend
@pytest.mark.parametrize("every", [1, 7])
@pytest.mark.parametrize("rate_floor", [0.0, 0.02, [0.0, 0.01, 0.5]])
def test_a_realised_curve_is_the_run(backend, every, rate_floor):
    rng = np.random.default_rng(6)
    rule = flr.Plateau(patience=[0, 1, 2], factor=[0.5, 0.3, 0.7], rate_floor=rate_floor)
    schedule = flr.warmup_cosine(peak=0.1, warmup=20, steps=300, end=1e-3)
    metrics = rng.random(40)
    with flr.use_backend(backend):
        curve = rule.realised(schedule, rule.replay(metrics), every=every)
        state, t = rule.init(), 0
        for metric in metrics:
            for _ in range(every):
                assert np.array_equal(curve(t), rule.rate(schedule(t), state))
                t += 1
            state = rule.update(state, metric)
        assert np.array_equal(curve(t + 100), rule.rate(schedule(t + 100), state))
        assert curve == flr.from_spec(curve.to_spec())


@backend
def test_a_realised_curve_of_a_run_without_events(backend):
    rule, schedule = flr.Plateau(), flr.cosine(0.1, 0.0, 100)
    with flr.use_backend(backend):
        for init in (1.0, 0.3):
            curve = rule.realised(schedule, np.full(5, init), init=init)
            assert curve.table(120).tolist() == (schedule.table(120) * init).tolist()
        assert rule.realised(schedule, []).table(120).tolist() == schedule.table(120).tolist()


def test_events():
    rule = flr.Plateau(patience=1, factor=0.1)
    scales = rule.replay([1.0, 1.0, 1.0, 1.0, 1.0])
    assert events(scales, every=10) == (Event(30, 0.1, 0.1), Event(50, 0.1 * 0.1 / 0.1, 0.1 * 0.1))
    assert events([]) == ()
    assert events([0.5, 0.5], init=0.5) == ()
    assert events([0.0, 0.1]) == (Event(1, 0.0, 0.0), Event(2, math.inf, 0.1))


def test_a_rate_is_not_pushed_below_its_floor():
    rule = flr.Plateau(rate_floor=[1e-3, 0.0])
    state = rule.init(scale=1e-6)
    assert rule.rate(0.1, state).tolist() == [1e-3, 0.1 * 1e-6]
    assert rule.rate(1e-4, state).tolist() == [1e-4, 1e-4 * 1e-6]
    assert type(flr.Plateau().rate(0.1, flr.Plateau().init())) is float


# -- a rule is a value, a state is arrays ----------------------------------------------------------

RULES = (
    flr.Plateau(),
    flr.Plateau(
        "max", 0.5, 3, cooldown=2, floor=0.1, rate_floor=1e-5, warmup=1, window=4, nan="bad"
    ),
    flr.Plateau(mode=["min", "max"], factor=[[0.1], [0.5]], rtol=0.0, atol=[0.1, 0.2], eps=0.0),
    flr.Plateau(convention="keras", atol=0.5),
    flr.Plateau(convention="optax", precision="single", patience=np.arange(5)),
)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_rule_is_a_value(rule):
    again = eval(repr(rule), {"Plateau": flr.Plateau})
    for other in (
        again,
        pickle.loads(pickle.dumps(rule)),
        flr.Plateau.from_spec(json.loads(json.dumps(rule.to_spec()))),
    ):
        assert other == rule
        assert hash(other) == hash(rule)
        assert np.array_equal(other.buffer, rule.buffer)
    assert rule != flr.Plateau(patience=77)
    assert rule != 1
    assert not rule.buffer.flags.writeable
    with pytest.raises(
        AttributeError, match="a Plateau is a value: factor cannot be set; build another"
    ):
        rule.factor = 1.0
    with pytest.raises(AttributeError, match="a Plateau is a value: shape cannot be deleted"):
        del rule.shape


def test_what_a_convention_does_anyway_may_be_said():
    assert flr.Plateau(rtol=1e-4, atol=0, eps=1e-8, precision="double") == flr.Plateau()
    assert flr.Plateau(rtol=0.0, eps=0.0, convention="keras") == flr.Plateau(convention="keras")
    assert flr.Plateau(rtol=0.0) != flr.Plateau()


def test_a_large_rule_has_a_short_repr():
    rule = flr.Plateau(mode=["min"] * 2000, patience=np.arange(2000))
    assert repr(rule) == "Plateau(mode=<2,000 words>, patience=<2,000 numbers from 0 to 1999>)"


RESUME = """
import pickle, sys
import numpy as np
import fastlr as flr
with np.load(sys.argv[1]) as saved:
    state = flr.PlateauState(**saved)
with open(sys.argv[2], "rb") as file:
    rule, metrics = pickle.load(file)
print(rule.replay(metrics, state).tobytes().hex())
"""


def test_a_state_in_a_checkpoint_of_another_process(tmp_path):
    rng = np.random.default_rng(7)
    rule, metrics = made(rng, 50, "torch", "double"), drawn(rng, 50, 40)
    state = rule.advance(rule.init(), metrics[:20])
    np.savez(tmp_path / "state.npz", **state._asdict())
    (tmp_path / "rule").write_bytes(pickle.dumps((rule, metrics[20:])))
    same_state(pickle.loads(pickle.dumps(state)), state)
    command = [sys.executable, "-c", RESUME, tmp_path / "state.npz", tmp_path / "rule"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "FASTLR_BACKEND": "reference"}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == rule.replay(metrics)[20:].tobytes().hex()


def test_a_state_of_no_block_of_its_own():
    """States may be scalars, strided or read-only arrays; the input is only read."""
    rule = flr.Plateau(patience=0, nan="bad")
    state = rule.advance(rule.init(), [1.0])
    loose = flr.PlateauState(*(part[()] for part in state))
    same_state(rule.update(loose, 2.0), rule.update(state, 2.0))
    wide = flr.Plateau(patience=[0, 1, 2])
    strided = flr.PlateauState(
        *(np.repeat(part, 2)[::2] if part.ndim else part for part in wide.init())
    )
    same_state(wide.update(strided, 2.0), wide.update(wide.init(), 2.0))


def test_metrics_may_be_a_part_of_the_state():
    rule = flr.Plateau(patience=[0, 0])
    state = rule.advance(rule.init(), [[1.0, 2.0]])
    want = rule.update(state, state.best[::-1].copy())
    rule.update(state, state.best[::-1], out=state)
    same_state(state, want)


def test_a_state_written_into_another():
    rule = flr.Plateau(patience=[0, 0])
    state, out = rule.advance(rule.init(), [[1.0, 2.0]]), rule.init()
    before = pickle.dumps(state)
    assert rule.update(state, 3.0, out=out).scale is out.scale
    same_state(out, rule.update(state, 3.0))
    assert pickle.dumps(state) == before
    # memory of the one in another part of the other
    crossed = out._replace(scale=state.best, best=state.scale)
    want = rule.update(state, 3.0)
    rule.update(state, 3.0, out=crossed)
    same_state(crossed, want)


# -- bad input -------------------------------------------------------------------------------------

WHOLE = "must be an integer from 0 to 2**31 - 1, got"
BAD = [
    ("Plateau(patience=-1)", ValueError, f"Plateau: patience {WHOLE} -1"),
    ("Plateau(patience=2.5)", TypeError, f"Plateau: patience {WHOLE} float 2.5"),
    ("Plateau(patience=2**31)", ValueError, f"Plateau: patience {WHOLE} 2147483648"),
    ("Plateau(patience=True)", TypeError, f"Plateau: patience {WHOLE} bool True"),
    ("Plateau(patience=[1, -1])", ValueError, f"Plateau: patience {WHOLE} -1 in an array"),
    ("Plateau(patience=None)", TypeError, "Plateau: patience must be given, got None"),
    ("Plateau(cooldown=-1)", ValueError, f"Plateau: cooldown {WHOLE} -1"),
    ("Plateau(warmup=-1)", ValueError, f"Plateau: warmup {WHOLE} -1"),
    (
        "Plateau(window=0)",
        ValueError,
        "Plateau: window must be an integer from 1 to 2**31 - 1, got 0",
    ),
    (
        "Plateau(factor=1.0)",
        ValueError,
        "Plateau: factor must be a number from 0 up to, not including, 1, got 1.0",
    ),
    (
        "Plateau(factor=nan)",
        ValueError,
        "Plateau: factor must be a number from 0 up to, not including, 1, got nan",
    ),
    ("Plateau(rtol=-0.1)", ValueError, "Plateau: rtol must be a number from 0 to 1, got -0.1"),
    (
        "Plateau(atol=-0.1)",
        ValueError,
        "Plateau: atol must be a finite number >= 0, at most 1e290, got -0.1",
    ),
    (
        "Plateau(floor=-0.1)",
        ValueError,
        "Plateau: floor must be a finite number >= 0, at most 1e290, got -0.1",
    ),
    (
        "Plateau(eps=inf)",
        ValueError,
        "Plateau: eps must be a finite number >= 0, at most 1e290, got inf",
    ),
    (
        "Plateau(mode='least')",
        ValueError,
        "Plateau: mode must be one of 'min', 'max', or an array of them, got 'least'",
    ),
    ("Plateau(mode=['min', 'least'])", ValueError, "or an array of them, got 'least' in an array"),
    (
        "Plateau(mode=1)",
        TypeError,
        "Plateau: mode must be one of 'min', 'max', or an array of them, got int 1",
    ),
    (
        "Plateau(mode=[])",
        TypeError,
        "Plateau: mode must be one of 'min', 'max', or an array of them, got list []",
    ),
    (
        "Plateau(nan='skip')",
        ValueError,
        "Plateau: nan must be one of 'raise', 'ignore', 'bad', got 'skip'",
    ),
    (
        "Plateau(convention='jax')",
        ValueError,
        "Plateau: convention must be one of 'torch', 'timm', 'optax', 'keras', got 'jax'",
    ),
    (
        "Plateau(precision='half')",
        ValueError,
        "Plateau: precision must be one of 'double', 'single', got 'half'",
    ),
    (
        "Plateau(convention='keras', rtol=0.1)",
        ValueError,
        "Plateau: rtol must be 0 where convention='keras', got 0.1",
    ),
    (
        "Plateau(convention='optax', eps=0.1)",
        ValueError,
        "Plateau: eps must be 0 where convention='optax', got 0.1",
    ),
    (
        "Plateau(patience=[1, 2], factor=[0.1, 0.2, 0.3])",
        ValueError,
        "each other, got factor (3,), patience (2,)",
    ),
    (
        "Plateau(patients=1)",
        TypeError,
        "Plateau: unknown argument 'patients'; did you mean 'patience'?",
    ),
    ("Plateau.from_spec([])", TypeError, "from_spec: spec must be a mapping, got list []"),
    (
        "Plateau.from_spec({'plateau': {}})",
        ValueError,
        "must have the keys 'fastlr' and 'plateau', got ['plateau']",
    ),
    (
        "Plateau.from_spec({'fastlr': 2, 'plateau': {}})",
        ValueError,
        "got version 2: it needs a newer fastlr",
    ),
    (
        "Plateau.from_spec({'fastlr': 1, 'plateau': 3})",
        TypeError,
        "from_spec: 'plateau' must be {parameter: value}, got 3",
    ),
    (
        "Plateau.from_spec({'fastlr': 1, 'plateau': {'patient': 3}})",
        ValueError,
        "did you mean 'patience'",
    ),
    (
        "rule.init(scale=-1)",
        ValueError,
        "init: scale must be a finite number >= 0, at most 1e290, got -1",
    ),
    (
        "rule.init(shape=0)",
        ValueError,
        "init: shape must be a tuple of integers above 0, at most 2**53, got 0",
    ),
    (
        "rule.init(shape=(2, 1.5))",
        ValueError,
        "init: shape must be a tuple of integers above 0, at most 2**53, got (2, 1.5)",
    ),
    (
        "rule.init(shape=(4,))",
        ValueError,
        "init: batch shapes must broadcast against each other, got rule (3,), shape (4,)",
    ),
    (
        "rule.update(None, 1.0)",
        TypeError,
        "update: state must be a PlateauState, a tuple of scale, best, bad, cool,",
    ),
    ("rule.update(tuple(state[:5]), 1.0)", TypeError, "mean, count, got tuple of 5"),
    (
        "rule.update(state._replace(bad=state.best), 1.0)",
        TypeError,
        "update: state.bad must be int32, got float64",
    ),
    (
        "rule.update(state._replace(bad=[1, 2, 3]), 1.0)",
        TypeError,
        "update: state.bad must be a NumPy array, got list [1, 2, 3]",
    ),
    (
        "rule.update(state._replace(best=state.best[:2]), 1.0)",
        ValueError,
        "state.best must have shape (3,), got (2,)",
    ),
    (
        "rule.update(state._replace(mean=state.best), 1.0)",
        ValueError,
        "update: state.mean must have shape (), got (3,)",
    ),
    (
        "rule.update(Plateau().init(), 1.0)",
        ValueError,
        "update: state must have the rule's lanes, (3,), got ()",
    ),
    ("rule.update(Plateau().init(shape=4), 1.0)", ValueError, "got rule (3,), scale (4,)"),
    (
        "rule.update(state._replace(scale=state.scale * nan), 1.0)",
        ValueError,
        "update: state.scale must be finite and",
    ),
    (
        "rule.advance(state._replace(scale=-state.scale), [1.0])",
        ValueError,
        "advance: state.scale must be finite and",
    ),
    (
        "rule.replay([1.0], state._replace(scale=state.scale * inf))",
        ValueError,
        "replay: state.scale must be finite and",
    ),
    (
        "rule.rate(0.1, state._replace(scale=state.scale * nan))",
        ValueError,
        "rate: state.scale must be finite and",
    ),
    (
        "rule.update(state, [1.0, 2.0])",
        ValueError,
        "update: metric must broadcast to the lanes, (3,), got (2,)",
    ),
    (
        "rule.update(state, np.ones((2, 3)))",
        ValueError,
        "update: metric must broadcast to the lanes, (3,), got (2, 3)",
    ),
    (
        "rule.update(state, [1.0, nan, nan])",
        ValueError,
        "must not be NaN where nan='raise', got 2 of 3, the first in lane (1,)",
    ),
    (
        "rule.update(state, nan)",
        ValueError,
        "update: metric must not be NaN where nan='raise', got 1 of 1",
    ),
    (
        "rule.update(state, True)",
        TypeError,
        "update: metric must be a number or an array of numbers, got bool True",
    ),
    (
        "rule.update(state, 1j)",
        TypeError,
        "update: metric must be a number or an array of numbers, got complex 1j",
    ),
    (
        "rule.update(state, None)",
        TypeError,
        "update: metric must be a number or an array of numbers, got NoneType None",
    ),
    (
        "rule.update(state, 'low')",
        TypeError,
        "update: metric must be a number or an array of numbers, got str 'low'",
    ),
    ("rule.update(state, np.array([True] * 3))", TypeError, "got an array of dtype bool"),
    (
        "rule.update(state, np.ma.array([1.0] * 3))",
        TypeError,
        "got a masked array of dtype float64",
    ),
    ("rule.update(state, 1.0, threads=0)", ValueError, "update: threads must be at least 1, got 0"),
    (
        "rule.update(state, 1.0, out=frozen)",
        ValueError,
        "update: out.scale must be a C-contiguous, aligned and writeable array",
    ),
    (
        "rule.update(state, 1.0, out=state._replace(best=state.scale))",
        ValueError,
        "update: out.best must not share memory with another part",
    ),
    (
        "rule.update(state, 1.0, out=rule.init(shape=(2, 3)))",
        ValueError,
        "out.scale must have shape (3,), got (2, 3)",
    ),
    (
        "rule.update(state, 1.0, out=state[:3])",
        TypeError,
        "update: out must be a PlateauState, a tuple of",
    ),
    (
        "rule.advance(state, 1.0)",
        ValueError,
        "must be an array of numbers, one row per update, a sequence, got 1.0",
    ),
    (
        "rule.advance(state, np.ones((5, 2)))",
        ValueError,
        "advance: metrics must broadcast to the lanes, (3,), got (2,)",
    ),
    ("rule.advance(None, [1.0])", TypeError, "advance: state must be a PlateauState"),
    (
        "rule.replay(np.ones((5, 2)))",
        ValueError,
        "replay: batch shapes must broadcast against each other, got rule (3,)",
    ),
    (
        "rule.replay([[1.0, 1.0, 1.0], [1.0, nan, 1.0]])",
        ValueError,
        "got 1 of 6, the first in update 1, lane (1,)",
    ),
    (
        "rule.replay([1.0], out=np.ones(3))",
        ValueError,
        "replay: out must have shape (1, 3), got (3,)",
    ),
    (
        "rule.replay([1.0], out=np.ones((1, 3), np.float32))",
        TypeError,
        "replay: out must be float64, got float32",
    ),
    (
        "rule.replay([1.0] * 2, out=np.ones((3, 2)).T)",
        ValueError,
        "replay: out must be C-contiguous",
    ),
    (
        "rule.rate(-1.0, state)",
        ValueError,
        "rate: base must be a finite number >= 0, at most 1e290, got -1.0",
    ),
    (
        "rule.rate([1.0, 2.0], state)",
        ValueError,
        "must broadcast against each other, got state (3,), base (2,)",
    ),
    (
        "rule.realised(line, 1.0)",
        ValueError,
        "realised: scales must be numbers from 0 to 1e290, one row per update, a seq",
    ),
    (
        "rule.realised(line, [nan])",
        ValueError,
        "from 0 to 1e290, one row per update, got nan in an array",
    ),
    (
        "rule.realised(line, [0.1], every=0)",
        ValueError,
        "realised: every must be an integer from 1 to 2**53, got 0",
    ),
    (
        "rule.realised(line, [0.1], every=[1, 2])",
        TypeError,
        "realised: every must be a single number, got list [1, 2]",
    ),
    (
        "rule.realised(0.1, [0.1])",
        TypeError,
        "realised: schedule must be a Schedule, got float 0.1",
    ),
    (
        "events(np.ones((3, 2)))",
        ValueError,
        "events: scales must be those of one lane, got shape (3, 2); index a lane first",
    ),
    (
        "events([0.1], every=1.5)",
        TypeError,
        "events: every must be an integer from 1 to 2**53, got float 1.5",
    ),
]


@pytest.mark.parametrize(("text", "error", "message"), BAD, ids=[text for text, _, _ in BAD])
def test_bad_input_is_named_and_nothing_is_written(text, error, message):
    rule = flr.Plateau(patience=[0, 1, 2])
    state = rule.advance(rule.init(), [1.0, 2.0])
    frozen = flr.PlateauState(*(part.copy() for part in state))
    for part in frozen:
        part.flags.writeable = False
    before = pickle.dumps(state)
    names = {
        "Plateau": flr.Plateau,
        "events": events,
        "line": flr.linear(1.0, 0.0, 10),
        "np": np,
        "nan": math.nan,
        "inf": math.inf,
    }
    with pytest.raises(error) as raised:
        eval(text, {**names, "rule": rule, "state": state, "frozen": frozen})
    assert message in str(raised.value)
    assert pickle.dumps(state) == before


def test_a_result_that_does_not_fit_into_memory(monkeypatch):
    monkeypatch.setattr(output_arrays, "_memory", lambda: 10**9)
    rule = flr.Plateau(patience=np.arange(100_000) % 7)
    with pytest.raises(
        ValueError,
        match=r"replay: a result of shape \(10000, 100000\) needs "
        r"8.0 GB; .*advance",
    ):
        rule.replay(np.ones(10_000))


def test_a_metric_that_lies_where_the_state_goes_is_read_first():
    rule, metric = flr.Plateau(patience=0, factor=0.5), np.array([0.5, 2.0])
    state = rule.advance(rule.init(shape=2), [1.0])
    for name in ("scale", "best"):
        out = rule.init(shape=2)
        getattr(out, name)[:] = metric
        found = rule.update(state, getattr(out, name), out=out)
        assert [part.tolist() for part in found] == [
            part.tolist() for part in rule.update(state, metric)
        ]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("scale", -1.0),
        ("scale", np.inf),
        ("scale", np.nan),
        ("best", np.nan),
        ("bad", -5),
        ("cool", -1),
        ("count", -3),
        ("count", 3),
    ],
)
def test_a_checkpoint_of_impossible_numbers_is_refused(part, value):
    rule = flr.Plateau(window=3)
    state = rule.advance(rule.init(), [1.0, 2.0])
    assert all(np.array_equal(a, b) for a, b in zip(rule.restore(state), state, strict=True))
    wrong = state._replace(**{part: np.asarray(value, dtype=getattr(state, part).dtype)})
    with pytest.raises(
        ValueError, match=rf"^restore: state.{part} must be a result of this rule's update, got "
    ):
        rule.restore(wrong)


# -- one lane, one number --------------------------------------------------------------------------


class Own(np.ndarray):
    """An array of a user's own class."""


def read_only(value):
    array = np.array(value)
    array.flags.writeable = False
    return array


ONE_LANE = flr.Plateau(patience=0, factor=0.5)


def of_one_memory():
    pair = np.zeros(2)
    return {"scale": pair[0, ...], "best": pair[0, ...]}


def unaligned():
    return np.frombuffer(bytearray(9), dtype=np.float64, offset=1).reshape(())


# parts of a state, made again for each update
STATES = {
    "valid": dict,
    "read-only": lambda: {"scale": read_only(1.0)},
    "own type": lambda: {"scale": np.array(1.0).view(Own)},
    "numpy's own number": lambda: {"best": np.float64(0.5)},
    "one memory": of_one_memory,
    "unaligned": lambda: {"scale": unaligned()},
    "byte order": lambda: {"best": np.array(1.0, dtype=">f8")},
    "dtype": lambda: {"bad": np.zeros((), dtype=np.int64)},
    "axis": lambda: {"scale": np.ones(1)},
    "axes": lambda: dict(zip(PlateauState._fields, ONE_LANE.init(shape=1), strict=True)),
    "negative": lambda: {"scale": np.array(-1.0)},
    "infinite": lambda: {"scale": np.array(np.inf)},
    "nan": lambda: {"scale": np.array(np.nan)},
    "no array": lambda: {"cool": 0},
}


def outcome(work):
    """Return the parts of an updated state, or the error."""
    try:
        return [(part.dtype, part.shape, part.tobytes()) for part in work()]
    except (TypeError, ValueError) as error:
        return type(error), str(error)


def held(state):
    return [np.asarray(part).tobytes() for part in state]


@pytest.mark.parametrize("metric", [0.25, 2.0, np.float64(2.0), np.float32(2.0), np.nan, np.inf])
@pytest.mark.parametrize("parts", STATES.values(), ids=STATES)
@pytest.mark.parametrize("where", ["new", "itself", "another"])
@pytest.mark.exhaustive(one_in=5)
def test_an_update_by_a_number_is_that_by_an_array(where, parts, metric):
    """A fast kernel takes one number and one lane. Other arguments give the same errors."""

    def updated(given):
        state = ONE_LANE.init()._replace(**parts())
        before = held(state)
        out = {"new": None, "itself": state, "another": ONE_LANE.init()}[where]
        result = outcome(lambda: ONE_LANE.update(state, given, out=out))
        changed = [held(state) != before, out is not None and held(out) != before]
        return result, changed if isinstance(result, list) else held(state) == before

    assert updated(metric) == updated(np.asarray(metric))


@backend
def test_an_update_returns_its_output(backend):
    with flr.use_backend(backend):
        out = ONE_LANE.init()
        assert ONE_LANE.update(ONE_LANE.init(), 1.0, out=out) is out
        assert ONE_LANE.update(out, 2.0, out=out) is out
        assert (float(out.scale), float(out.best)) == (0.5, 1.0)
        new = ONE_LANE.update(out, 3.0)
        assert not any(np.may_share_memory(a, b) for a in new for b in out)


def test_a_state_of_one_memory_is_refused_as_an_output():
    state = ONE_LANE.init()._replace(**of_one_memory())
    with pytest.raises(ValueError, match="best must not share memory with another part"):
        ONE_LANE.update(ONE_LANE.init(), 1.0, out=state)
