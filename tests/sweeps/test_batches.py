"""Take lanes of a batch with several axes at once, in any order: the bits stay the same."""

import numpy as np
import pytest

import fastlr as flr
from fastlr.sweeps.batches import Batch

PEAKS = np.linspace(0.1, 0.9, 20).reshape(4, 1, 5)
STEPS = np.array([[7], [20], [33]])
COSINE = flr.cosine(PEAKS, 1e-3, STEPS)
VALUES = np.linspace(0.1, 0.2, 24).reshape(2, 3, 4)
FLAT = [
    COSINE,
    COSINE.delay(3) * 0.5,
    flr.linear(0.0, PEAKS, 9).then(COSINE),
    COSINE.clip(0.1, 0.5) + flr.linear(0.1, 0.0, STEPS),
    COSINE.repeat(3, scale=0.5).with_past_end("zero"),
    flr.cosine(PEAKS[:1], 0.0, 9),
    flr.cosine(np.linspace(0.1, 0.2, 6).reshape(6, 1), 0.0, 9),
    flr.piecewise_constant(VALUES, [3, 5, 9]),
    flr.cyclic(0.1, PEAKS + 1, up=10, mode="cosine"),
    flr.presets.torch.CosineAnnealingLR(PEAKS, T_max=50),
]
STACKED = [flr.stack([COSINE, COSINE * 2]), COSINE * flr.stack([flr.constant(0.1)] * 5)]


@pytest.mark.parametrize("schedule", [*FLAT, *STACKED], ids=range(len(FLAT) + len(STACKED)))
def test_lanes_are_taken_in_any_order(schedule):
    batch = Batch(schedule)
    whole = schedule.table(60).reshape(batch.size, 60)
    order = np.random.default_rng(0).permutation(batch.size)
    for places in (
        np.arange(batch.size),
        order[: batch.size // 2],
        np.array([-1, 0, 0]) % order.size,
    ):
        taken = batch.take(places)
        assert taken.shape == places.shape
        assert np.array_equal(taken.table(60), whole[places])
    for start in range(0, batch.size, 7):
        part = range(start, min(start + 7, batch.size))
        for positions, lanes in batch.batches(part):
            assert lanes.shape == positions.shape
            assert np.array_equal(lanes.table(60), whole[start + positions])


@pytest.mark.parametrize("schedule", FLAT, ids=range(len(FLAT)))
def test_lanes_of_one_family_are_one_batch(schedule):
    """They are not one batch per row: a batch of shape (n, 1) has n rows."""
    assert len(list(Batch(schedule).batches(range(Batch(schedule).size)))) == 1
