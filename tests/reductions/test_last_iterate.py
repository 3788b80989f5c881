"""Compare the last-iterate bound with its formula in plain NumPy, also at its limits."""

import numpy as np
import pytest
from example_schedules import BACKENDS, SCHEDULES

import fastlr as flr
from fastlr.program.opcodes import HEADER_LIMIT

SHAPES = {
    "cosine": flr.warmup_cosine(1e-3, warmup=300, steps=24_000),
    "wsd": flr.wsd(1e-3, warmup=300, stable=20_000, cooldown=3_700, shape="1-sqrt"),
    "warmup from 0": flr.warmup_linear(1.0, warmup=10, steps=20_000, end=0.5),
    "constant": flr.constant(0.3),
    "drops": flr.piecewise_constant([1.0, 0.1, 0.0, 0.5], [700, 9_000, 9_500]),
    "one block and one step": flr.linear(1.0, 0.1, steps=8_193),
}


def plain(rates):
    """Both terms of the bound, as arXiv:2310.07831 states them."""
    rates = np.trim_zeros(rates, "b")
    from_here = np.cumsum(rates[::-1])[::-1]
    squares = np.cumsum((rates**2)[::-1])[::-1]
    terms = (rates / np.append(from_here[1:], np.inf)) * (squares / from_here)
    total = from_here[0]
    return 1 / (2 * total), squares[0] / (2 * total) + terms.sum() / 2


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.exhaustive(one_in=5)
def test_bound_is_its_formula(name, backend):
    schedule = SHAPES[name]
    with flr.use_backend(backend):
        for start, stop in ((0, 24_000), (0, 8_192), (5, 8_198), (300, 301), (100, 15_001)):
            travel, noise = plain(schedule.table(start, stop))
            found = schedule.bound(start, stop, distance=3.0, gradient=0.5)
            assert found == pytest.approx(9 * travel + 0.25 * noise, rel=1e-12)
            assert schedule.best_scale(start, stop) == pytest.approx(
                np.sqrt(travel / noise), rel=1e-12
            )


def test_each_lane_has_its_own():
    batch = flr.stack([flr.wsd(1.0, 3, n, 5) for n in (1, 900, 30)] + [flr.constant(0.2)])
    found = batch.bound(1_000, distance=[1.0, 2.0, 3.0, 4.0])
    lanes = [lane.bound(1_000, distance=d) for lane, d in zip(batch, (1, 2, 3, 4), strict=True)]
    assert found.tolist() == lanes
    assert batch.reduce(["bound", "best_scale"], 9)["best_scale"].tolist() == [
        lane.best_scale(9) for lane in batch
    ]


def test_compiled_backends_have_the_same_bits():
    with flr.use_backend("native"):
        wanted = [s.bound(20_000) for s in SHAPES.values()]
    with flr.use_backend("jit"):
        assert [s.bound(20_000) for s in SHAPES.values()] == wanted


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.exhaustive(one_in=5)
def test_every_schedule_has_a_finite_bound(name):
    schedule = SCHEDULES[name]
    steps = int(min(700, schedule.program[HEADER_LIMIT]))
    table = schedule.table(steps).reshape(-1, steps)
    found = np.reshape(schedule.bound(steps), -1)
    for rates, bound in zip(table, found, strict=True):
        wanted = sum(plain(rates)) if rates.any() else np.inf
        assert bound == pytest.approx(wanted, rel=1e-11)


def test_steps_of_rate_zero_at_the_end_do_not_count():
    rates = flr.piecewise_constant([1.0, 0.0], [10])
    assert rates.bound(1_000_000) == rates.bound(10) == flr.constant(1.0).bound(10)


def test_the_best_scale_minimises_the_bound():
    s = SHAPES["cosine"]
    best = s.best_scale(24_000)
    bounds = [(s * (best * factor)).bound(24_000) for factor in (0.99, 1.0, 1.01)]
    assert min(bounds) == bounds[1]


def test_no_rate_above_zero():
    assert flr.constant(0.0).bound(10) == np.inf
    with pytest.raises(ValueError, match=r"best_scale: a rate of the range must be above 0"):
        flr.constant(0.0).best_scale(10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: flr.constant(1.0).bound(0), r"bound: stop must be"),
        (lambda: flr.constant(1.0).bound(10, distance=0.0), r"bound: distance must be"),
        (lambda: flr.constant(1.0).bound(10, gradient=[1.0, 2.0]), r"bound: gradient must broad"),
        (lambda: flr.constant(1e-200).bound(10), r"bound: the largest rate must be 0 or from"),
        (lambda: flr.constant(1e200).best_scale(10), r"best_scale: the largest rate must be 0"),
        (lambda: flr.constant(1.0).bound(2**34), r"bound: steps must be at most 2\*\*33"),
    ],
)
def test_refusals(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
