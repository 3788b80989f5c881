"""Test bundles of several quantities, and the momenta of one-cycle and cyclic rates by torch's
formulas.
"""

import json
import pickle

import numpy as np
import pytest
import strategies
from equality import same
from example_counts import examples
from example_schedules import BACKENDS
from hypothesis import given
from hypothesis import strategies as st

import fastlr as flr

held = strategies.scalars.filter(lambda s: s.past_end == "hold")
words = st.sampled_from(["lr", "weight_decay", "momentum", "beta1", "beta2", "ema", "batch size"])
parts = st.dictionaries(words, held, min_size=1, max_size=4)
RUN = flr.bundle(
    lr=flr.warmup_cosine(1e-3, 10, 100, end=1e-5),
    weight_decay=flr.constant(0.1),
    beta1=flr.linear(0.85, 0.95, 50),
)
SWEEP = flr.bundle(
    lr=flr.cosine([1e-3, 1e-2, 1e-1], 0.0, 100),
    weight_decay=flr.constant(0.1),
    momentum=flr.linear(0.9, [0.8], 50),
)


@pytest.mark.parametrize("backend", BACKENDS)
@given(given_parts=parts, seed=st.integers(0, 2**32 - 1))
@examples(25)
def test_a_bundle_is_its_parts_to_the_bit(backend, given_parts, seed):
    bundle = flr.bundle(**given_parts)
    assert bundle.names == tuple(given_parts)
    rng = np.random.default_rng(seed)
    with flr.use_backend(backend):
        for t in (0, 1, *rng.integers(0, 2**53, 3).tolist(), 2**53):
            assert bundle(t) == {name: part(t) for name, part in given_parts.items()}
            assert {type(number) for number in bundle(t).values()} == {float}
        assert same(bundle.table(60), np.stack([part.table(60) for part in given_parts.values()]))
        for name, part in given_parts.items():
            assert bundle[name] == part


def test_a_bundles_program_is_that_of_its_schedule():
    pair = flr.bundle(lr=flr.constant(0.1), momentum=flr.constant(0.9))
    assert pair.program.tolist() == pair.schedule.program.tolist()


@pytest.mark.parametrize("backend", BACKENDS)
def test_quantities_of_fewer_lanes_are_the_same_for_every_lane(backend):
    with flr.use_backend(backend):
        table = SWEEP.table(120)
        assert table.shape == (3, 3, 120)
        assert same(table[0], flr.cosine([1e-3, 1e-2, 1e-1], 0.0, 100).table(120))
        assert np.all(table[1] == 0.1)
        assert same(table[2], np.tile(flr.linear(0.9, 0.8, 50).table(120), (3, 1)))
        assert SWEEP(25)["momentum"].shape == (3,)
        assert SWEEP(25)["momentum"].tolist() == [flr.linear(0.9, 0.8, 50)(25)] * 3


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=held)
@examples(25)
def test_broadcasting_changes_no_bit(backend, schedule):
    wide = flr.bundle(a=schedule, b=flr.constant([0.1, 0.2]))
    with flr.use_backend(backend):
        assert same(wide.table(60)[0], np.stack([schedule.table(60)] * 2))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_table_takes_the_options_of_a_schedule(backend):
    with flr.use_backend(backend):
        out = np.empty((3, 30), np.float32)
        assert RUN.table(10, 100, 3, out=out) is out
        assert same(out, RUN.table(10, 100, 3, dtype="float32"))
        assert same(
            RUN.table(10, 100, 3, threads=2),
            np.stack([RUN[name].table(10, 100, 3) for name in RUN.names]),
        )


@pytest.mark.parametrize(
    "bundle",
    [RUN, SWEEP, flr.one_cycle_bundle(1.0, 100), flr.cyclic_bundle(0.1, 0.5, 7)],
    ids=["run", "sweep", "one", "cyclic"],
)
def test_a_bundle_that_was_saved_is_the_same(bundle):
    text = json.dumps(bundle.schedule.to_spec())
    for back in (flr.Bundle(flr.from_spec(json.loads(text))), pickle.loads(pickle.dumps(bundle))):
        assert back == bundle
        assert hash(back) == hash(bundle)
        assert same(back.table(120), bundle.table(120))


def test_the_state_of_a_bundle_is_one_integer():
    saved = json.loads(json.dumps(flr.checkpoint(RUN.schedule, step=40)))
    plan, step = flr.resume(saved, RUN.schedule)
    assert flr.Bundle(plan)(step) == RUN(40)


def test_a_bundle_cannot_be_changed():
    with pytest.raises(AttributeError, match="cannot assign to field 'schedule'"):
        RUN.schedule = flr.constant(0.1)


# -- momenta, by torch's formulas worked out by hand -----------------------------------------------


def torch_one_cycle_momentum(
    t: int, rise: int, steps: int, low: float, high: float, shape: str, phases: int
) -> float:
    """``max -> base -> max``, and with three phases ``max`` at the end; phases begin and end
    here at whole steps.
    """
    ends = [
        (0, rise, high, low),
        (rise, 2 * rise if phases == 3 else steps, low, high),
        (2 * rise, steps, high, high),
    ]
    begin, end, start, stop = next(
        phase for phase in ends[:phases] if t <= phase[1] or phase is ends[phases - 1]
    )
    q = (t - begin) / (end - begin)
    return (
        stop + (start - stop) / 2 * (np.cos(np.pi * q) + 1)
        if shape == "cosine"
        else start + (stop - start) * q
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("phases", [2, 3])
@pytest.mark.parametrize("shape", ["cosine", "linear"])
@pytest.mark.parametrize(("steps", "rise"), [(100, 30), (100, None), (11, 3), (7, 1), (1_000, 499)])
def test_one_cycle_momentum_is_that_of_torch(steps, rise, shape, phases, backend):
    bundle = flr.one_cycle_bundle(
        1.0, steps, warmup=rise, momentum=(0.85, 0.95), shape=shape, phases=phases
    )
    rise = round(0.3 * steps) if rise is None else rise
    with flr.use_backend(backend):
        momenta = bundle["momentum"].table(steps + 1)
        expected = [
            torch_one_cycle_momentum(t, rise, steps, 0.85, 0.95, shape, phases)
            for t in range(steps + 1)
        ]
        assert momenta == pytest.approx(expected, rel=1e-14, abs=0)
        assert (momenta[0], momenta[rise], momenta[-1]) == (0.95, 0.85, 0.95)
        rates = bundle["lr"].table(steps + 1)
        assert same(
            rates,
            flr.one_cycle(1.0, steps, warmup=rise, shape=shape, phases=phases).table(steps + 1),
        )
        turn = 2 * rise if phases == 3 else steps
        assert np.all(np.sign(np.diff(rates[: turn + 1])) == -np.sign(np.diff(momenta[: turn + 1])))


def torch_cyclic_momentum(t: int, up: int, down: int, low: float, high: float, mode: str) -> float:
    """``max - (max - base) * s * k``, with s and k those of the rate."""
    cycle, x = divmod(t, up + down)
    s = x / up if x <= up else (up + down - x) / down
    return high - (high - low) * s * (0.5**cycle if mode == "triangular2" else 1.0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("mode", ["triangular", "triangular2"])
@pytest.mark.parametrize(("up", "down"), [(10, None), (3, 11), (7, 1)])
def test_cyclic_momentum_is_that_of_torch(up, down, mode, backend):
    bundle = flr.cyclic_bundle(0.1, 0.5, up, down, mode=mode, momentum=(0.8, 0.9))
    with flr.use_backend(backend):
        expected = [
            torch_cyclic_momentum(t, up, down or up, 0.8, 0.9, mode) for t in range(10 * up)
        ]
        assert bundle["momentum"].table(10 * up) == pytest.approx(expected, rel=1e-14, abs=0)
        assert same(
            bundle["lr"].table(10 * up), flr.cyclic(0.1, 0.5, up, down, mode=mode).table(10 * up)
        )


def test_a_cosine_cycle_has_a_cosine_momentum():
    bundle = flr.cyclic_bundle(0.0, 1.0, 10, mode="cosine", momentum=(0.0, 1.0))
    rates, momenta = bundle.table(60)
    assert rates + momenta == pytest.approx(np.ones(60), rel=1e-15)


@pytest.mark.parametrize("make", [lambda m: flr.one_cycle_bundle(1.0, 100, momentum=m), lambda m: flr.cyclic_bundle(0.1, 0.5, 7, momentum=m)])  # fmt: skip  # noqa: E501
def test_the_two_momenta_may_be_in_any_order(make):
    assert (
        make((0.95, 0.85))
        == make((0.85, 0.95))
        == make([0.85, 0.95])
        == make(np.array([0.85, 0.95]))
    )


@pytest.mark.parametrize("phases", [2, 3])
def test_one_cycle_bundles_of_many_lengths_are_a_batch(phases):
    steps = np.array([10, 50, 100])
    batch = flr.one_cycle_bundle(1.0, steps, phases=phases)
    for i, n in enumerate(steps.tolist()):
        assert same(batch.table(120)[:, i], flr.one_cycle_bundle(1.0, n, phases=phases).table(120))


# -- what is refused -------------------------------------------------------------------------------


# -- a bundle as a plan ----------------------------------------------------------------------------


def test_a_bundle_knows_its_run():
    assert RUN.steps == 100
    assert np.array_equal(SWEEP.steps, [100, 100, 100])
    assert flr.bundle(lr=flr.constant(0.1)).steps is None
    assert flr.bundle(lr=flr.linear(1, 0, 9), momentum=flr.cyclic(0.1, 0.2, 5)).steps is None
    assert RUN.row(7) == RUN(7)
    assert same(RUN.table(), RUN.table(100))


def test_a_bundle_is_written_as_its_spec():
    spec = json.loads(json.dumps(RUN.to_spec()))
    assert flr.Bundle.from_spec(spec) == RUN
    assert RUN.fingerprint == RUN.schedule.fingerprint
    assert flr.resume(flr.checkpoint(RUN, 50), RUN) == (RUN, 50)


def test_an_extended_bundle_extends_what_ends_with_the_run():
    longer = RUN.extend(200, at=50)
    assert longer.steps == 200
    assert same(longer["lr"].table(250), RUN["lr"].extend(200, at=50).table(250))
    assert longer["beta1"] == RUN["beta1"]  # which ends at step 50
    assert longer["weight_decay"] == RUN["weight_decay"]
    assert SWEEP.extend(200)["lr"].steps.tolist() == [200, 200, 200]
    presets = flr.bundle(
        lr=flr.presets.torch.OneCycleLR(0.1, total_steps=100),
        momentum=flr.presets.torch.OneCycleLR(0.1, total_steps=100, of="momentum"),
    )
    assert presets.extend(200)["momentum"] == flr.presets.torch.OneCycleLR(
        0.1, total_steps=200, of="momentum"
    )


def test_what_a_bundle_cannot_extend():
    with pytest.raises(ValueError, match=r"^extend: at must be before step 100"):
        RUN.extend(200, at=100)
    mixed = flr.bundle(lr=flr.linear(1, 0, [50, 100]), momentum=flr.linear(0.9, 0.8, [70, 70]))
    with pytest.raises(ValueError, match=r"^extend: lr must end with the run in all lanes"):
        mixed.extend(200)


def test_a_bundle_cools_its_rate_down():
    cooled = RUN.cooldown(at=60, steps=20, shape="1-sqrt")
    assert cooled["lr"] == RUN["lr"].cooldown(at=60, steps=20, shape="1-sqrt")
    assert cooled["beta1"] == RUN["beta1"]
    assert RUN.cooldown(10, 5, of="beta1")["beta1"](15) == 0.0
    assert RUN.cooldown(at=[60, 70], steps=20).table().shape == (3, 2, 90)
    with pytest.raises(KeyError, match="no group named 'rate'"):
        RUN.cooldown(10, 5, of="rate")


def test_a_bundle_is_drawn_with_axes_per_quantity():
    """A rate of 1e-3 beside a momentum of 0.9 would be a line at 0."""
    axes = RUN.plot()
    shown = [each.get_ylabel() for each in axes]
    assert shown == ["learning rate", *[name.replace("_", " ") for name in list(RUN)[1:]]]
    assert {each.get_xlim() for each in axes} == {(0.0, float(RUN.steps))}


TUNED = flr.bundle(lr=flr.warmup_cosine(1e-3, 300, 25_000), weight_decay=flr.constant(0.1))


def time_scale(plan, batch, tokens):
    """The time scale of AdamW as a share of the run, by its formula."""
    return batch / (plan["lr"].max(25_000) * plan["weight_decay"](0) * tokens)


@pytest.mark.parametrize("by", ["lr", "weight_decay"])
@pytest.mark.parametrize(
    ("batch", "tokens"),
    [
        ((256, 1_024), (6.4e6, 25.6e6)),  # as many steps
        ((256, 512), (6.4e6, 12.8e6)),
        ((256, 512), (51.2e6, 12.8e6)),
        ((384, 512), (51.2e6, 12.8e6)),
        ((512, 96), (1e6, 2.4e6)),
    ],
)
def test_rescaling_holds_the_time_scale_of_adamw(by, batch, tokens):
    plan = TUNED.rescale(batch=batch, tokens=tokens, by=by)
    old, new = time_scale(TUNED, batch[0], tokens[0]), time_scale(plan, batch[1], tokens[1])
    assert new == pytest.approx(old, rel=1e-14)
    other = {"lr": "weight_decay", "weight_decay": "lr"}[by]
    assert plan[other] == TUNED[other]
    assert plan.steps == TUNED.steps


def test_the_best_decay_grows_with_the_batch_size():
    """As measured by Bergsma et al. at a fixed model and amount of data."""
    plan = TUNED.rescale(batch=(128, 512), tokens=(12.8e6, 12.8e6), by="weight_decay")
    assert plan(300) == {"lr": 1e-3, "weight_decay": 0.4}


def test_plans_without_an_end_and_batches_are_rescaled():
    endless = flr.bundle(lr=flr.inverse_sqrt(1e-3, 100), weight_decay=flr.constant(0.1))
    halved = endless.rescale(batch=(8, 8), tokens=(1e6, 2e6), by="lr")
    assert halved["lr"] == endless["lr"] * 0.5
    sweep = flr.bundle(lr=flr.cosine([1e-3, 1e-2], 0.0, 100), weight_decay=flr.constant(0.1))
    grown = sweep.rescale(batch=(8, 16), tokens=(1_600, 1_600), by="weight_decay")
    assert grown["weight_decay"](0).tolist() == [0.2, 0.2]
    assert same(grown["lr"].table(100), sweep["lr"].table(100))


def test_a_plan_of_the_old_run_is_not_rescaled():
    with pytest.raises(ValueError, match="must have the 6,250 steps of the new run"):
        TUNED.rescale(batch=(256, 1_024), tokens=(6.4e6, 6.4e6), by="lr")
    with pytest.raises(ValueError, match="give batch and tokens in one unit"):
        TUNED.rescale(batch=(256, 1_024), tokens=(6.4e6 * 2_048, 25.6e6 * 2_048), by="lr")
