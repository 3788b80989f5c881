"""Test loss laws: their formulas however you evaluate them, published figures, and fits."""

import pickle
import tracemalloc

import losses as measured
import mpmath
import numpy as np
import pytest
from example_schedules import BACKENDS

import fastlr as flr
from fastlr.kernels import jit, native, threads
from fastlr.kernels.selection import choose
from fastlr.loss_laws import base_law, rate_drops, run_rates
from fastlr.loss_laws import exponential_sums as exponentials

LAW = measured.PUBLISHED["25M"]
OTHER = flr.loss_laws.Annealing(L0=2.7, A=0.57, alpha=0.5, C=0.73, decay=0.99)
THIRD = flr.loss_laws.FunctionalScaling(L0=2.6, A=0.6, alpha=0.5, B=400.0, C=400.0, beta=0.4)

RATES = {
    "cosine": flr.warmup_cosine(3e-4, 100, 1_000, end=3e-5).table(1_000),
    "to zero": flr.warmup_cosine(3e-4, 100, 1_000).table(1_001),
    "wsd": flr.wsd(3e-4, warmup=50, stable=700, cooldown=250, end=3e-6).table(1_000),
    "from its peak": flr.linear(3e-4, 3e-5, 400).table(400),
    "rests": np.repeat([0.0, 1e-4, 0.0, 3e-4, 1e-4, 2e-4, 0.0], [3, 40, 5, 60, 1, 80, 4]),
    "steep": np.array([1e-9, 1.0, 1e-9, 0.5, 1e-3]),
    "of SGD": flr.cyclic(0.1, 1.0, up=30, mode="triangular2").table(300),
    "one step": np.array([1e-3]),
}


def loss(law, rates, t, number=float):
    """The formula of the multi-power law in a plain double loop; constants of any kind of
    number.
    """
    level, height, alpha, b, c, beta, gamma = law
    eta = [number(rate) for rate in rates[: t + 1]]
    total = sum(eta, number(0))
    drop = number(0)
    for k in range(1, t + 1):
        x = sum(eta[k:], number(0))
        if eta[k] == eta[k - 1] or x == 0:
            continue
        share = 1 - (1 + c * eta[k] ** (-gamma) * x) ** (-beta) if eta[k] > 0 else 1
        drop += (eta[k] - eta[k - 1]) * share
    return level + height * total ** (-alpha) + b * drop if total > 0 else np.inf


def annealed(law, rates, t):
    """The formula of the annealing law, with the paper's double sum, the inner one first."""
    level, height, alpha, c, decay = law
    falls = -np.diff(rates[: t + 1])
    lasting = np.cumsum(decay ** np.arange(t))[::-1]  # of a fall at each step, over the steps since
    total = rates[: t + 1].sum()
    return level + height * total ** (-alpha) - c * (falls * lasting).sum() if total > 0 else np.inf


def scaled(law, rates, t):
    """The formula of the functional scaling law: each step's noise, as far as it is left.

    The integral over a step is ``(1 + C*x)^-beta`` between its ends, x being the area that follows.
    """
    level, height, alpha, b, c, beta = law
    after = np.append(np.cumsum(rates[t::-1])[::-1], 0.0)
    left = (1 + c * after) ** (-beta)
    noise = (rates[: t + 1] * np.diff(left)).sum()
    return level + height * after[0] ** (-alpha) + b * noise if after[0] > 0 else np.inf


FORMULAS = ((LAW, loss), (OTHER, annealed), (THIRD, scaled))


def some(rates, most=7):
    return np.unique(np.linspace(0, rates.size - 1, most).astype(int))


@pytest.fixture
def exponential(monkeypatch):
    """A curve is never added up term by term."""
    monkeypatch.setattr(rate_drops, "_is_direct_faster", lambda *_: False)


# -- the formulas ----------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize(
    ("law", "formula"), FORMULAS, ids=["multi-power", "annealing", "functional"]
)
@pytest.mark.exhaustive(one_in=5)
def test_final_is_the_formula(backend, name, law, formula):
    rates = RATES[name]
    with flr.use_backend(backend):
        for t in some(rates):
            np.testing.assert_allclose(
                law.final(rates, t + 1), formula(law.constants.values(), rates, t), rtol=1e-12
            )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", RATES)
def test_a_curve_is_the_formula(backend, name, exponential):
    rates = RATES[name]
    with flr.use_backend(backend):
        for law, formula in FORMULAS:
            curve = law.curve(rates, rates.size)
            assert not np.isnan(curve).any()
            expected = [formula(law.constants.values(), rates, t) for t in some(rates)]
            np.testing.assert_allclose(curve[some(rates)], expected, rtol=1e-10)


@pytest.mark.parametrize("name", ["cosine", "rests", "steep"])
def test_the_exact_value_of_the_formula(name):
    rates = RATES[name]
    with mpmath.workdps(40):
        constants = [mpmath.mpf(constant) for constant in LAW.constants.values()]
        exact = float(loss(constants, rates.tolist(), rates.size - 1, mpmath.mpf))
    assert LAW.final(rates, rates.size) == pytest.approx(exact, rel=2e-15)


@pytest.mark.parametrize("gamma", [0.0, 1.5])
@pytest.mark.parametrize("beta", [0.01, 0.3, 3.0, 10.0])
def test_both_ways_of_adding_up_agree(beta, gamma, monkeypatch):
    law = flr.loss_laws.MultiPower(L0=0.0, A=0.0, alpha=0.0, B=1.0, C=10.0, beta=beta, gamma=gamma)
    for rates in RATES.values():
        curves = []
        for sooner in (True, False):
            monkeypatch.setattr(rate_drops, "_is_direct_faster", lambda *_, sooner=sooner: sooner)
            curves.append(law.curve(rates, rates.size))
        np.testing.assert_allclose(*curves, rtol=0, atol=1e-10 * np.abs(np.diff(rates)).sum())


def test_the_way_that_takes_less_is_chosen(monkeypatch):
    taken = []
    backend = choose()
    for name in ("multi_power_terms", "multi_power_exponentials"):
        work = getattr(backend, name)
        monkeypatch.setattr(
            backend, name, lambda *given, name=name, work=work: (taken.append(name), work(*given))
        )
    rates = flr.cosine(3e-4, 3e-5, 5_000).table(5_000)
    few, many = LAW.curve(rates, [0, 4_999]), LAW.curve(rates, 5_000)
    assert taken == ["multi_power_terms", "multi_power_exponentials"]
    np.testing.assert_allclose(few, many[[0, -1]], rtol=1e-12)


@pytest.mark.parametrize("beta", [1e-3, 0.02, 0.3, 0.58, 1.0, 2.0, 4.0, 10.0])
@pytest.mark.parametrize("span", [1.0, 1e3, 1e12, 1e30])
def test_a_power_is_a_sum_of_exponentials(beta, span):
    low, high = 3e-5, 3e-5 * span
    s, w, slope, product = exponentials.nodes(beta, low, high, slopes=True)
    y = np.geomspace(low, high, 97)
    terms = np.exp(-np.outer(y, s)) * y[:, np.newaxis] ** beta
    np.testing.assert_allclose(terms @ w, 1.0, rtol=0, atol=5e-11)
    np.testing.assert_allclose(terms @ slope, -np.log(y), rtol=0, atol=max(1e-8, 1e-9 / beta))
    np.testing.assert_allclose(terms @ product * y, beta, rtol=1e-9, atol=0)
    assert s.size % 8 == 0


def test_the_laws_may_be_of_any_scale():
    """Rates a thousand times as large, and constants that fit them: the same losses."""
    scaled = flr.loss_laws.MultiPower(
        LAW.L0,
        LAW.A * 1e3**LAW.alpha,
        LAW.alpha,
        LAW.B / 1e3,
        LAW.C * 1e3 ** (LAW.gamma - 1),
        LAW.beta,
        LAW.gamma,
    )
    rates = RATES["cosine"]
    np.testing.assert_allclose(
        scaled.curve(1e3 * rates, 1_000), LAW.curve(rates, 1_000), rtol=1e-12
    )


def test_before_the_first_rate_the_loss_is_infinite():
    rates = np.array([0.0, 0.0, 1e-3, 0.0])
    for law in (LAW, OTHER, THIRD):
        assert np.isinf(law.curve(rates, 4)).tolist() == [True, True, False, False]
        assert law.final(rates, 2) == np.inf
    flat = flr.loss_laws.MultiPower(3.0, 0.0, 0.5, 0.0, 1.0, 0.5, 0.5)
    assert flat.curve(rates, 4).tolist() == [3.0] * 4


# -- every way to evaluate them --------------------------------------------------------------------


@pytest.mark.parametrize("name", RATES)
@pytest.mark.exhaustive(one_in=5)
def test_compiled_backends_have_the_same_bits(name, exponential):
    rates, t = RATES[name], some(RATES[name], 20)
    positive = rates[rates > 0]
    by = exponentials.nodes(
        LAW.beta,
        positive.min() ** LAW.gamma / LAW.C,
        positive.max() + rates.sum() + 1.0,
        slopes=True,
    )
    inner, found = (LAW.C, LAW.beta, LAW.gamma), []
    for work in (native, jit):
        drop, drops, slopes, momenta = (np.empty((t.size, width)) for width in (2, 3, 7, 3))
        work.multi_power_terms(rates, t, inner, drop)
        work.multi_power_exponentials(
            rates, t, inner, by[:2].copy(), np.empty((1, by.shape[1])), drops
        )
        work.multi_power_exponentials(rates, t, inner, by, np.empty((4, by.shape[1])), slopes)
        work.annealing_momenta(rates, t, 0.99, momenta)
        found.append([part.tobytes() for part in (drop, drops, slopes, momenta)])
        assert drops.tobytes() == slopes[:, :3].tobytes()
    assert found[0] == found[1]


def test_levels_have_the_same_bits():
    before, found = native.instruction_set(), set()
    try:
        for level in native.instruction_sets():
            native.use_instruction_set(level)
            parts = [
                LAW.curve(RATES["cosine"], 1_000),
                LAW.final(RATES["cosine"], 1_000),
                OTHER.curve(RATES["wsd"], 1_000),
            ]
            found.add(b"".join(np.asarray(part).tobytes() for part in parts))
    finally:
        native.use_instruction_set(before)
    assert len(found) == 1


@pytest.mark.parametrize("law", [LAW, OTHER, THIRD])
def test_batches_are_their_lanes(law, monkeypatch):
    monkeypatch.setattr(threads, "_LEAST", 1)
    shapes = [
        flr.cosine(3e-4, 1e-5, 90),
        flr.wsd(3e-4, 10, 50, 40),
        flr.linear(1e-4, 0.0, 70),
        flr.constant(1e-4),
    ]
    mixed = flr.stack([shapes[i % 4] * (1.0 + i / 7) for i in range(12)])
    sweep = flr.warmup_cosine(np.array([[1e-4], [2e-4]]), [5, 10, 20], 100)
    for batch in (mixed, sweep):
        lanes = [batch[place] for place in np.ndindex(batch.shape)]
        final, curve = law.final(batch, 100), law.curve(batch, [99, 3, 3, 50])
        assert final.shape == batch.shape
        assert curve.shape == (*batch.shape, 4)
        assert final.ravel().tolist() == [law.final(lane, 100) for lane in lanes]
        assert curve.tobytes() == law.curve(batch.table(100), [99, 3, 3, 50]).tobytes()
        assert (
            curve.reshape(-1, 4).tobytes()
            == np.array([law.curve(lane, [99, 3, 3, 50]) for lane in lanes]).tobytes()
        )
        for many in (2, 5):
            assert law.final(batch, 100, threads=many).tobytes() == final.tobytes()
            assert law.curve(batch, 100, threads=many).tobytes() == law.curve(batch, 100).tobytes()
    assert isinstance(law.final(shapes[0], 100), float)


@pytest.mark.parametrize("law", [LAW, OTHER, THIRD])
@pytest.mark.parametrize(("rates", "sums"), [(0, 1), (10**6, 7), (0, 50), (10**6, 10**6)])
def test_runs_that_are_computed_together_have_the_same_bits(law, rates, sums, monkeypatch):
    lanes = [*flr.cosine(np.geomspace(1e-4, 1e-2, 40), 0.0, 300).delay(3), flr.linear(0.0, 0.1, 9)]
    batch, steps = flr.stack([*lanes, *lanes[::-1]]), [3, 7, 299, 5]
    alone = np.array([law.curve(lane, steps) for lane in batch])
    monkeypatch.setattr(run_rates, "_RATES_TOGETHER", rates)
    monkeypatch.setattr(base_law, "_SUMS_TOGETHER", sums)
    assert np.array_equal(law.curve(batch, steps, threads=3), alone)
    assert np.array_equal(law.final(batch, 300), alone[:, 2])


@pytest.mark.parametrize("backend", BACKENDS)
def test_lanes_go_to_their_places(backend):
    mixed = flr.stack(
        [flr.constant(1e-4), flr.linear(1e-4, 0.0, 9), flr.constant(2e-4), flr.linear(2e-4, 0.0, 9)]
    )
    with flr.use_backend(backend):
        assert LAW.final(mixed, 9).tolist() == [LAW.final(lane, 9) for lane in mixed]


def test_no_table_of_a_sweep_is_held():
    sweep = flr.warmup_cosine(np.linspace(1e-4, 1e-3, 50), 100, 40_000)
    LAW.final(sweep[:2], 40_000)
    tracemalloc.start()
    LAW.final(sweep, 40_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000 < 50 * 40_000 * 8


def test_steps_may_be_in_any_order():
    whole = LAW.curve(RATES["cosine"], 1_000)
    steps = np.array([999, 0, 500, 500, 3])
    np.testing.assert_allclose(LAW.curve(RATES["cosine"], steps), whole[steps], rtol=1e-12)
    assert LAW.curve(RATES["cosine"].astype(np.float32), [3]).dtype == np.float64


def test_a_law_is_a_value():
    same = flr.loss_laws.MultiPower(**LAW.constants)
    assert same == LAW
    assert hash(same) == hash(LAW)
    assert pickle.loads(pickle.dumps(LAW)) == LAW
    assert eval(repr(OTHER), vars(flr.loss_laws)) == OTHER
    assert flr.loss_laws.Annealing(1, 1, 1, 1).constants == {
        "L0": 1.0,
        "A": 1.0,
        "alpha": 1.0,
        "C": 1.0,
        "decay": 0.999,
    }
    with pytest.raises(AttributeError):
        LAW.beta = 1.0


# -- the figures that were published ---------------------------------------------------------------

QUALITY = {
    "25M": "0.9988 0.00376 0.00465 0.00110 0.00409",
    "100M": "0.9983 0.00435 0.00592 0.00142 0.00583",
}
FINAL = {"25M": "3.34585 3.31519 3.26626 3.26539", "100M": "3.03305 2.99002 2.93520 2.93412"}


@pytest.mark.parametrize("size", QUALITY)
def test_published_quality(size):
    r2, *errors = measured.quality(measured.PUBLISHED[size], size)
    assert " ".join([f"{r2:.4f}", *(f"{error:.5f}" for error in errors)]) == QUALITY[size]


@pytest.mark.parametrize("size", FINAL)
def test_published_final_losses(size):
    runs = map(
        measured.schedule,
        ("constant_24000", "cosine_24000", "wsd_20000_24000", "wsdld_20000_24000"),
    )
    assert (
        " ".join(f"{measured.PUBLISHED[size].final(run, 24_000):.5f}" for run in runs)
        == FINAL[size]
    )


# -- slopes and fits -------------------------------------------------------------------------------


def by_hand(law, name, value, rates, t):
    """The loss, one constant of which is complex."""
    [formula] = [formula for other, formula in FORMULAS if type(other) is type(law)]
    return formula({**law.constants, name: value}.values(), rates, t)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("law", [LAW, OTHER, THIRD])
@pytest.mark.parametrize("name", ["cosine", "rests", "steep"])
@pytest.mark.parametrize("few", [8, 0], ids=["by terms", "by exponentials"])
def test_slopes_are_exact(backend, law, name, few, monkeypatch):
    monkeypatch.setattr(rate_drops, "_FEW", few)
    rates = RATES[name]
    t = some(rates, 4)[1:]
    with flr.use_backend(backend):
        losses, slopes = law._slopes(choose(), rates, t)
        np.testing.assert_allclose(losses, law.curve(rates, t), rtol=1e-10)
    for i, (constant, value) in enumerate(law.constants.items()):
        expected = [by_hand(law, constant, value + 1e-30j, rates, step).imag / 1e-30 for step in t]
        np.testing.assert_allclose(
            slopes[:, i], expected, rtol=1e-7, atol=1e-8 * np.abs(expected).max()
        )


@pytest.mark.exhaustive
def test_a_fit_from_scratch_is_as_good_as_the_published_one():
    curves = [measured.curve("25M", name) for name in measured.FITTED]
    found = flr.loss_laws.fit(flr.loss_laws.MultiPower, curves, starts=1)
    r2, *errors = measured.quality(found.law, "25M")
    least, *most = map(float, QUALITY["25M"].split())
    assert r2 >= least
    assert (np.array(errors) <= most).all()
    assert found.held == ("B", "beta", "gamma")
    assert [near.mae < 0.01 for near in found.metrics] == [True] * 3


def made(law, runs):
    return [(run, t := np.arange(20, 1_000, 20), law.curve(run, t)) for run in runs]


RUNS = [
    flr.warmup_cosine(1e-3, 20, 1_000),
    flr.wsd(1e-3, 20, 500, 480),
    flr.wsd(1e-3, 20, 880, 100, end=1e-4),
]


def test_a_fit_finds_the_law_that_the_losses_are_of():
    law = flr.loss_laws.MultiPower(L0=2.0, A=0.5, alpha=0.4, B=300.0, C=2.0, beta=0.6, gamma=0.5)
    found = flr.loss_laws.fit(flr.loss_laws.MultiPower, made(law, RUNS), held=())
    np.testing.assert_allclose(
        found.law.final(flr.stack(RUNS), 1_000), law.final(flr.stack(RUNS), 1_000), rtol=1e-6
    )
    unseen = flr.linear(1e-3, 1e-4, 2_000)
    assert found.law.final(unseen, 2_000) == pytest.approx(law.final(unseen, 2_000), rel=1e-4)
    assert found.loss < 1e-9
    assert found.held == ()


def test_a_fit_of_the_annealing_law():
    law = flr.loss_laws.Annealing(L0=2.0, A=0.5, alpha=0.4, C=3.0, decay=0.98)
    found = flr.loss_laws.fit(flr.loss_laws.Annealing, made(law, RUNS))
    np.testing.assert_allclose(
        list(found.law.constants.values()), list(law.constants.values()), rtol=1e-4
    )
    assert found == flr.loss_laws.fit(flr.loss_laws.Annealing, made(law, RUNS))


def test_a_fit_of_the_functional_scaling_law():
    law = flr.loss_laws.FunctionalScaling(2.0, 0.5, 0.4, B=300.0, C=50.0, beta=0.6)
    found = flr.loss_laws.fit(flr.loss_laws.FunctionalScaling, made(law, RUNS))
    np.testing.assert_allclose(
        list(found.law.constants.values()), list(law.constants.values()), rtol=1e-3
    )
    unseen = flr.linear(1e-3, 1e-4, 2_000)
    assert found.law.final(unseen, 2_000) == pytest.approx(law.final(unseen, 2_000), rel=1e-6)


FINALS = [
    flr.wsd(peak, 20, 980 - cooldown, cooldown)
    for peak in (3e-4, 1e-3, 3e-3)
    for cooldown in (100, 300, 600, 980)
]


@pytest.mark.parametrize(
    "law",
    [
        flr.loss_laws.FunctionalScaling(2.0, 0.5, 0.4, B=300.0, C=50.0, beta=0.6),
        flr.loss_laws.MultiPower(2.0, 0.5, 0.4, B=300.0, C=2.0, beta=0.6, gamma=0.5),
        flr.loss_laws.Annealing(2.0, 0.5, 0.4, C=3.0, decay=0.98),
    ],
)
def test_a_fit_to_the_final_losses_of_many_runs(law):
    """One loss per run is enough, and predicts another run."""
    final = [(run, [999], [law.final(run, 1_000)]) for run in FINALS]
    found = flr.loss_laws.fit(type(law), final, starts=2)
    assert max(each.worst_relative for each in found.metrics) < 1e-5
    assert all(np.isnan(each.r2) for each in found.metrics)
    assert found.held == ()
    assert found.law.fitted_on == flr.loss_laws.FittedOn((3e-4, 3e-3), (1_000, 1_000))
    unseen = flr.wsd(5e-4, 20, 480, 500)
    assert found.law.final(unseen, 1_000) == pytest.approx(law.final(unseen, 1_000), rel=1e-4)


def test_a_fit_to_curves_and_final_losses():
    law = flr.loss_laws.Annealing(2.0, 0.5, 0.4, C=3.0, decay=0.98)
    both = [*made(law, RUNS[:1]), *[(run, [999], [law.final(run, 1_000)]) for run in RUNS[1:]]]
    found = flr.loss_laws.fit(flr.loss_laws.Annealing, both)
    assert [np.isnan(each.r2) for each in found.metrics] == [False, True, True]
    assert found.loss < 1e-9


def test_metrics_by_hand():
    near = flr.loss_laws.metrics([1.0, 2.0, 5.0], [1.0, 2.0, 4.0])
    assert near == pytest.approx((1 - 1 / (14 / 3), 1 / 3, (1 / 3) ** 0.5, 1 / 12, 0.25))
    assert (
        flr.loss_laws.averaged([near, flr.loss_laws.metrics([1.0, 2.0], [1.0, 2.0])]).worst_relative
        == 0.125
    )


# -- what is refused -------------------------------------------------------------------------------

COSINE = flr.cosine(1e-3, 0.0, 100)
ENDS = COSINE.with_past_end("raise")

REFUSED = [
    (
        lambda: flr.loss_laws.MultiPower(3, 0.5, 0.5, -1, 1, 0.5, 0.5),
        ValueError,
        "MultiPower: B must be a finite number >= 0.*got -1",
    ),
    (
        lambda: flr.loss_laws.MultiPower(3, 0.5, 0.5, 1, 0, 0.5, 0.5),
        ValueError,
        "MultiPower: C must be a number from 1e-18.*got 0",
    ),
    (
        lambda: flr.loss_laws.MultiPower(3, 0.5, 0.5, 1, 1, 0.0, 0.5),
        ValueError,
        "MultiPower: beta must be .*got 0",
    ),
    (
        lambda: flr.loss_laws.MultiPower(3, [0.5, 1], 0.5, 1, 1, 0.5, 0.5),
        TypeError,
        "MultiPower: A must be a single number",
    ),
    (
        lambda: flr.loss_laws.MultiPower(np.nan, 0.5, 0.5, 1, 1, 0.5, 0.5),
        ValueError,
        "MultiPower: L0 must be .*got nan",
    ),
    (
        lambda: flr.loss_laws.Annealing(3, 0.5, 0.5, 1, 1.0),
        ValueError,
        "Annealing: decay must be .*got 1",
    ),
    (
        lambda: LAW.final(COSINE, 0),
        ValueError,
        r"final: steps must be an integer from 1 to 2\*\*53, got 0",
    ),
    (lambda: LAW.final(COSINE, 2.5), TypeError, "final: steps must be an integer.*got float 2.5"),
    (lambda: LAW.final(COSINE, True), TypeError, "final: steps must be an integer.*got bool True"),
    (
        lambda: LAW.final(COSINE, 10, threads=0),
        ValueError,
        "final: threads must be at least 1, got 0",
    ),
    (
        lambda: LAW.final(ENDS, 101),
        ValueError,
        "final: steps must end by step 100, as past_end='raise', got 101",
    ),
    (
        lambda: LAW.final(COSINE, 10**15),
        ValueError,
        "final: a result of shape .* needs ",
    ),
    (
        lambda: LAW.final([1e-3, 1e-4], 3),
        ValueError,
        "final: steps must be at most 2, the number of rates, got 3",
    ),
    (
        lambda: LAW.final([1e-3, -1e-4], 2),
        ValueError,
        "final: rates must be finite numbers >= 0.*got -0.0001 in an array",
    ),
    (
        lambda: LAW.final([1e-3, np.nan], 2),
        ValueError,
        "final: rates must be finite numbers >= 0.*got nan in an array",
    ),
    (
        lambda: LAW.final(["a"], 1),
        TypeError,
        "final: rates must be a Schedule or an array of rates, got list",
    ),
    (
        lambda: LAW.final(1e-3, 1),
        ValueError,
        "final: rates must be a Schedule or an array of rates, a sequence, got 0.001",
    ),
    (
        lambda: LAW.curve(COSINE, []),
        ValueError,
        "curve: steps must be .*at least|curve: steps must be .*shape",
    ),
    (lambda: LAW.curve(COSINE, [1, -1]), ValueError, "curve: steps must be .*got -1"),
    (lambda: LAW.curve(COSINE, [1.5]), TypeError, "curve: steps must be .*got list"),
    (
        lambda: LAW.curve(COSINE, [[1, 2]]),
        ValueError,
        r"curve: steps must be .*got an array of shape \(1, 2\)",
    ),
    (lambda: LAW.curve(ENDS, [100]), ValueError, "curve: steps must end by step 100"),
    (
        lambda: flr.loss_laws.metrics([1.0], [1.0]),
        ValueError,
        "metrics: measured must be a sequence of at least two",
    ),
    (
        lambda: flr.loss_laws.metrics([1.0, 2.0], [1.0, 1.0]),
        ValueError,
        "metrics: measured must have at least two losses that differ",
    ),
    (
        lambda: flr.loss_laws.metrics([1.0, 2.0, 3.0], [1.0, 2.0]),
        ValueError,
        "metrics: predicted must have the shape of measured",
    ),
    (
        lambda: flr.loss_laws.metrics([1.0, np.inf], [1.0, 2.0]),
        ValueError,
        "metrics: predicted must be .*got inf",
    ),
    (
        lambda: flr.loss_laws.averaged([]),
        ValueError,
        "averaged: each must be the metrics of at least one curve",
    ),
]
REFUSED_CURVES = [
    (
        (COSINE, [1, 2, 1], [3.0, 2.0, 1.0]),
        ValueError,
        "fit: curves must have more losses than the law has constants, 7, got 1",
    ),
    (
        (COSINE, [1, 2, 2], [3.0, 2.0, 1.0]),
        ValueError,
        "fit: curves must have more losses than the law has constants, 7, got 2",
    ),
    (
        (COSINE, [1, 5, 3], [3.0, 2.0, 1.0]),
        ValueError,
        r"fit: curves\[0\]: steps must rise strictly, got 3 after 5",
    ),
    (
        (COSINE, [1, 2], [3.0, 2.0, 1.0]),
        ValueError,
        r"fit: curves\[0\]: steps must be as many as losses, 3, got 2",
    ),
    (
        (COSINE, [1, 2, 3], [3.0, np.nan, 1.0]),
        ValueError,
        r"fit: curves\[0\]: losses must be .*got nan",
    ),
    (
        (COSINE, [1, 2, 3], [3.0, 0.0, 1.0]),
        ValueError,
        r"fit: curves\[0\]: losses must be above 0, got 0.0 at place 1",
    ),
    (
        (COSINE, [1, 2, 3], [3.0, -1.0, 1.0]),
        ValueError,
        r"fit: curves\[0\]: losses must be .*got -1",
    ),
    (
        (COSINE, [], []),
        ValueError,
        r"fit: curves\[0\]: losses must be finite numbers >= 0, at most 1e290, at least one, got",
    ),
    (
        (COSINE, 1, 3.0),
        ValueError,
        r"fit: curves\[0\]: losses must be .*a sequence, got 3.0",
    ),
    (
        (COSINE, [1, 2, 3], [3.0, 2.0, 1.0]),
        ValueError,
        "fit: curves must have more losses than the law has constants, 7, got 3",
    ),
    (
        ([1e-3, 1e-3], [0, 1, 2], [3.0, 2.0, 1.0]),
        ValueError,
        r"fit: curves\[0\]: steps must be at most 2, the number of rates",
    ),
    (
        ([0.0, 0.0, 1e-3], [1, 2], [3.0, 2.0]),
        ValueError,
        r"fit: curves\[0\]: steps must begin after the first rate above 0, got 1",
    ),
    (
        (flr.cosine([1e-3, 1e-4], 0.0, 9), [1, 2], [3.0, 2.0]),
        ValueError,
        r"fit: curves\[0\]: rates must be those of one run",
    ),
    ((ENDS, [1, 100], [3.0, 2.0]), ValueError, r"fit: curves\[0\]: steps must end by step 100"),
    ((COSINE, [1, 2]), TypeError, r"fit: curves\[0\] must be \(rates, steps, losses\), got tuple"),
]
GOOD = (COSINE, np.arange(10, 90), np.linspace(4.0, 3.0, 80))
REFUSED_FITS = [
    (
        lambda: flr.loss_laws.fit(flr.loss_laws.MultiPower, []),
        TypeError,
        "fit: curves must be a sequence",
    ),
    (
        lambda: flr.loss_laws.fit(flr.loss_laws.Law, [GOOD]),
        TypeError,
        "fit: family must be one of MultiPower, Annealing, FunctionalScaling, got",
    ),
    (
        lambda: flr.loss_laws.fit(flr.loss_laws.MultiPower, [GOOD], held=("L0",)),
        ValueError,
        r"fit: held must be one of \(\), \('B',\)",
    ),
    (
        lambda: flr.loss_laws.fit(flr.loss_laws.MultiPower, [GOOD], starts=0),
        ValueError,
        "fit: starts must be",
    ),
    (
        lambda: flr.loss_laws.fit(flr.loss_laws.MultiPower, [GOOD], seed=-1),
        ValueError,
        "fit: seed must be",
    ),
    (
        lambda: flr.loss_laws.fit(flr.loss_laws.MultiPower, [GOOD], delta=0.0),
        ValueError,
        "fit: delta must be",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), [*REFUSED, *REFUSED_FITS])
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(("curve", "error", "message"), REFUSED_CURVES)
def test_curves_that_are_refused(curve, error, message):
    with pytest.raises(error, match=message):
        flr.loss_laws.fit(flr.loss_laws.MultiPower, [curve])
