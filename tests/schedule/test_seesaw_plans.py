"""Increase the batch size where the rate would fall."""

import math

import numpy as np
import pytest

import fastlr as flr


def test_drops_are_traded_exactly():
    old = flr.step_decay(0.8, factor=0.25, every=100)
    new = flr.seesaw(old, batch=32, largest=512, steps=300)
    assert new.batches == flr.Ramp((32, 128, 512), at=(100, 125))
    assert new.steps == 132
    assert new.schedule([0, 99, 100, 124, 125, 131]).tolist() == [0.8, 0.8, 0.4, 0.4, 0.2, 0.2]


def test_falls_at_the_largest_batch_are_whole():
    old = flr.step_decay(0.8, factor=0.25, every=100)
    new = flr.seesaw(old, batch=32, largest=128, steps=300)
    assert new.batches == flr.Ramp((32, 128), at=(100,))
    assert new.schedule([100, 125]) == pytest.approx([0.4, 0.1])
    assert new.steps == 150


OLD = flr.warmup_cosine(1e-3, warmup=1_000, steps=20_000)


@pytest.mark.parametrize("factor", [1.1, 2.0, 3.0])
@pytest.mark.parametrize("largest", [256, 1_000, 100_000])
def test_a_cosine_becomes_stairs(factor, largest):
    new = flr.seesaw(OLD, batch=256, largest=largest, factor=factor)
    warmup = np.arange(1_000)
    assert new.schedule(warmup).tolist() == OLD(warmup).tolist()
    taken = new.batches.taken(new.steps)
    assert 256 * 20_000 <= taken < 256 * 20_000 + max(new.batches.batches)
    assert max(new.batches.batches) <= largest
    for t in range(1_000, new.steps, 97):  # rate/sqrt(batch) is the old rate of a stair's begin
        old_step = new.batches.taken(t) // 256
        begin = new.schedule(t) / math.sqrt(new.batches.batch(t) / 256)
        assert OLD(old_step) * 0.97 <= begin <= OLD(max(1_000, old_step - 400)) * factor * 1.03
    assert new.steps <= 20_000


def test_a_rate_of_zero_stays_zero_and_keeps_the_batch():
    old = flr.piecewise_constant([1.0, 0.5, 0.0], [100, 200])
    new = flr.seesaw(old, batch=8, largest=64, steps=300)
    assert (new.batches, new.steps) == (flr.Ramp((8, 16), (100,)), 200)
    assert new.schedule([99, 100, 149, 150, 199]).tolist() == pytest.approx(
        [1.0, 0.5 * math.sqrt(2), 0.5 * math.sqrt(2), 0.0, 0.0]
    )
    whole = flr.seesaw(flr.piecewise_constant([1.0, 0.0], [100]), 8, largest=64, steps=200)
    assert whole.schedule([99, 100]).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("peak", [3e-4, 6e-4, 0.7, 3.0])
@pytest.mark.parametrize("factor", [3, 5, 10])
def test_drops_by_the_factor_itself_make_stairs_whatever_their_rounding(peak, factor):
    old = flr.step_decay(peak, factor=1 / factor, every=100)
    found = flr.seesaw(old, batch=32, largest=10**9, factor=factor, steps=400)
    assert found.batches.batches == tuple(32 * factor**k for k in range(4))


@pytest.mark.parametrize("factor", [1.01, 2.0])
def test_rates_that_fall_to_the_smallest_numbers_end_the_stairs(factor):
    old = flr.exponential_decay(1.0, rate=0.5)
    found = flr.seesaw(old, batch=32, largest=64, factor=factor, steps=3_000)
    assert found.batches.batches[-1] == 64
    assert found.schedule(found.steps) > 0
    tiny = flr.sampled([1.0, 5e-324, 5e-324])
    assert flr.seesaw(tiny, batch=2**50, largest=2**53, steps=3).steps == 3


@pytest.mark.parametrize(
    ("schedule", "more", "message"),
    [
        (flr.constant([0.1, 0.2]), {}, r"seesaw: schedule must be scalar"),
        (0.1, {}, r"seesaw: schedule must be"),
        (flr.constant(0.1), {"steps": None}, r"seesaw: steps must be given"),
        (flr.constant(0.0), {}, r"seesaw: schedule must have a rate above 0"),
        (flr.cosine_restarts(1.0, 0.1, period=20), {}, r"seesaw: schedule must not rise after"),
        (OLD, {"largest": 4}, r"seesaw: largest must be at least batch, 8, got 4"),
        (OLD, {"factor": 1.0}, r"seesaw: factor must be"),
        (OLD, {"factor": [2.0, 3.0]}, r"seesaw: factor must be a single number"),
        (OLD, {"batch": 0}, r"seesaw: batch must be"),
        (OLD, {"batch": 2**52, "largest": 2**53}, r"seesaw: the run must take at most 2\*\*53 "),
        (flr.constant(5e-324), {"factor": 1.01}, r"seesaw: the peak of schedule must be at least"),
    ],
)
def test_refusals(schedule, more, message):
    with pytest.raises((TypeError, ValueError), match=message):
        flr.seesaw(schedule, **{"batch": 8, "largest": 64, "steps": 100, **more})
