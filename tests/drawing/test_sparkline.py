"""Test pictures made of text blocks, and the steps that they evaluate."""

import numpy as np
import pytest

import fastlr as flr
from fastlr.drawing.sparkline import blocks, extent, spread
from fastlr.schedule.schedule import Schedule


@pytest.mark.parametrize(
    ("schedule", "steps"),
    [
        (flr.linear(1.0, 0.0, steps=30), 30),
        (flr.linear(1.0, 0.0, steps=0), 1_000),
        (flr.linear(1.0, 0.0, steps=0).with_past_end("raise"), 0),
        (flr.constant(1.0), 1_000),
        (flr.milestones(0.1, 0.1, at=[30, 60]), 120),
        (flr.join([flr.constant(1.0), flr.constant(2.0)], at=[2**53]), 2**53),
    ],
)
def test_extent(schedule: Schedule, steps: int) -> None:
    """All steps of a schedule that ends; of another, twice those to its last boundary."""
    assert extent(schedule) == steps


@pytest.mark.parametrize(
    ("stop", "count"), [(1, 1), (7, 10), (10, 10), (11, 10), (10**6, 480), (2**53, 2**18)]
)
def test_spread(stop: int, count: int) -> None:
    """Rising steps within the run, its ends among them, one from each stretch."""
    steps = spread(stop, count)

    assert steps.size == min(stop, count)
    assert (steps[0], steps[-1]) == (0, stop - 1)
    assert (np.diff(steps) > 0).all()
    assert np.diff(steps).max(initial=0) <= 2 * (stop / count) + 1


@pytest.mark.parametrize("period", [2, 10, 100, 1_000])
def test_spread_keeps_no_time_with_a_cycle(period: int) -> None:
    """Whatever divides a run, every tenth of the cycle is seen, where equal strides would meet
    only one step of it.
    """
    seen = np.histogram(spread(10**6, 1_000) % period, bins=min(period, 10), range=(0, period))[0]

    assert seen.min() > 0.5 * seen.mean()


def test_blocks_are_eighths_from_the_bottom() -> None:
    """Two rows of eight eighths each; what is above 0 by less than an eighth still shows."""
    assert blocks([16, 15, 9, 8, 7, 1, 0], width=7, height=2) == "█▇▁\n████▇▁▁"


def test_a_column_is_the_mean_of_its_share() -> None:
    """A peak of one step in a thousand does not fill its column."""
    rates = np.zeros(4_000)
    rates[:1_000], rates[1_000], rates[2_000:3_000] = 1.0, 1.0, 0.5

    assert blocks(rates, width=4, height=1) == "█▁▄▁"


@pytest.mark.parametrize(
    ("rates", "picture"),
    [
        ([3.0], "█████"),
        ([0.0, 0.0], "▁▁▁▁▁"),
        ([4.0, 1.0], "███▂▂"),
        ([1.7e308] * 50, "█████"),
        ([5e-324], "█████"),
    ],
)
def test_blocks_of_few_and_flat_rates(rates: list[float], picture: str) -> None:
    assert blocks(rates, width=5, height=1) == picture


def test_blocks_of_nothing() -> None:
    with pytest.raises(ValueError, match="blocks: rates must hold at least one rate, got none"):
        blocks([], width=5, height=1)
