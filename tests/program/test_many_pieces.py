"""Joins of many curves alike, which are lowered together, have the rates of curve after curve."""

import numpy as np
import pytest
from example_counts import examples
from example_schedules import BACKENDS
from hypothesis import given
from hypothesis import strategies as st

import fastlr as flr

CURVES = {
    "constant": lambda init, end, steps: flr.constant(init),
    "linear": flr.linear,
    "cosine": flr.cosine,
    "exponential": lambda init, end, steps: flr.exponential(init + 0.1, end + 0.1, steps + 1),
}


def joined(kinds, init, end, lengths, gaps, lanes=()):
    """Curves one after another; with ``lanes``, each is a batch, and is lowered on its own."""
    parts = [
        CURVES[kind](np.full(lanes, a)[()], np.full(lanes, b)[()], int(n))
        for kind, a, b, n in zip(kinds, init, end, lengths, strict=True)
    ]
    return flr.join(parts, np.cumsum(gaps)[:-1])


@given(st.integers(0, 2**32), st.sampled_from([63, 64, 65, 200]), st.integers(1, 3))
@examples(20)
def test_curves_lowered_together_have_the_bits_of_curves_one_by_one(seed, count, runs):
    draw = np.random.default_rng(seed)
    names = draw.choice(list(CURVES), size=runs)
    kinds = np.sort(draw.choice(names, size=count))  # each kind in a row
    init, end = draw.uniform(0.0, 1.0, (2, count)).round(int(draw.integers(1, 17)))
    lengths, gaps = draw.integers(0, 6, (2, count))
    together = joined(kinds, init, end, lengths, gaps)
    alone = joined(kinds, init, end, lengths, gaps, lanes=(2,))
    steps = int(gaps.sum()) + 10
    for backend in BACKENDS:
        with flr.use_backend(backend):
            for one, two in [
                (together, alone),
                (together * 0.3, alone * 0.3),
                (together.clip(0.1, 0.6), alone.clip(0.1, 0.6)),
                (together.staircase(3), alone.staircase(3)),
            ]:
                expected = two.table(steps)
                assert one.table(steps).tobytes() == expected[0].tobytes() == expected[1].tobytes()
                assert [one.sum(steps)] * 2 == two.sum(steps).tolist()
                assert [one.max(steps)] * 2 == two.max(steps).tolist()
    assert flr.stack([together, together * 0.5]).table(steps)[0].tolist() == (
        together.table(steps).tolist()
    )


@pytest.mark.parametrize("stretch", [1.0, 2.0])
def test_many_pieces_repeat(stretch):
    levels, lengths = np.linspace(1.0, 0.1, 100), np.arange(1, 101)
    plan = flr.piecewise_linear(levels, np.cumsum(lengths))
    again = flr.piecewise_linear([levels, levels], np.cumsum(lengths))
    one, two = (s.repeat(3, scale=0.5, stretch=stretch).table(40_000) for s in (plan, again))
    assert one.tolist() == two[1].tolist()


def test_a_piece_per_step_keeps_its_level():
    levels = np.random.default_rng(5).uniform(0.1, 1.0, 100_000)
    plan = flr.piecewise_constant(levels, np.arange(1, 100_000))
    assert plan.table(100_000).tolist() == levels.tolist()
    assert plan(99_999) == levels[-1]
    assert plan == flr.from_spec(plan.to_spec())
