"""Ranking finds the lowest of all, whatever the order and the chunks, within its limits."""

import numpy as np
import pytest

import fastlr as flr
from fastlr.sweeps import ranking


class Area:
    """A law of our own: the more area, the lower the loss."""

    def final(self, schedule, steps, *, threads=1):
        return 3.0 - np.asarray(schedule.sum(steps))

    def curve(self, schedule, steps, *, threads=1):
        return 3.0 - np.cumsum(schedule.table(int(steps[-1]) + 1))[steps]


FAMILY = flr.sweep(
    "wsd(peak, 50, 950 - cooldown, cooldown, end, shape=shape)",
    flr.random(40, seed=1, peak=flr.LogUniform(1e-4, 1e-2), end=flr.Uniform(0.0, 1e-4)),
    cooldown=[100, 200, 300],
    shape=["linear", "1-sqrt"],
)


def by_hand(kept=lambda schedule: True):
    losses = {i: Area().final(FAMILY[i], 1_000) for i in range(FAMILY.size) if kept(FAMILY[i])}
    return sorted(losses, key=lambda i: (losses[i], i))


@pytest.mark.parametrize("at_once", [1, 7, 100, 10_000])
@pytest.mark.exhaustive(one_in=5)
def test_the_best_are_those_of_all_looked_at_one_by_one(monkeypatch, at_once):
    monkeypatch.setattr(ranking, "_CHUNK", at_once)
    best = flr.rank(Area(), FAMILY, 1_000, k=12)
    assert best.places.tolist() == by_hand()[:12]
    assert best.judged == FAMILY.size
    assert best.losses.tolist() == [Area().final(FAMILY[i], 1_000) for i in best.places]
    assert [best.schedules[i] for i in range(12)] == [
        FAMILY[place] for place in best.places.tolist()
    ]
    assert best.parameters["peak"].tolist() == [
        FAMILY.parameters(i)["peak"][0] for i in best.places.tolist()
    ]


def test_limits_leave_schedules_out():
    best = flr.rank(Area(), FAMILY, 1_000, k=5, peak=2e-3, floor=5e-5)
    allowed = by_hand(lambda schedule: schedule.max(1_000) <= 2e-3 and schedule(999) >= 5e-5)
    assert best.places.tolist() == allowed[:5]
    assert best.judged == len(allowed)


def test_of_equals_the_first_is_the_better():
    alike = flr.sweep("constant", flr.zipped(value=[0.1, 0.2, 0.2, 0.2]))
    assert flr.rank(Area(), alike, 10, k=3).places.tolist() == [1, 2, 3]


def test_no_more_schedules_are_returned_than_there_are():
    assert flr.rank(Area(), FAMILY, 1_000, k=10_000).places.tolist() == by_hand()


def test_what_is_no_law_or_no_sweep_is_refused():
    with pytest.raises(
        TypeError, match="rank: law must have the methods final and curve, got int 3"
    ):
        flr.rank(3, FAMILY, 1_000)
    with pytest.raises(TypeError, match="rank: sweep must be a Sweep, got Schedule"):
        flr.rank(Area(), FAMILY[:3], 1_000)


def test_mistakes_are_reported():
    for arguments, message in (
        ({"steps": 0}, "rank: steps must be an integer from 1 to"),
        ({"k": 0}, "rank: k must be an integer from 1 to"),
        ({"peak": -1.0}, "rank: peak must be"),
        ({"floor": np.nan}, "rank: floor must be a finite number"),
        (
            {"peak": 1e-9},
            "rank: at least one schedule must keep to the limits, peak=1e-09 and "
            "floor=0.0, got none",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            flr.rank(Area(), FAMILY, **{"steps": 1_000, **arguments})


def test_it_is_drawn_with_what_is_predicted():
    above, below = flr.rank(Area(), FAMILY, 1_000, k=3).plot()
    assert [text.get_text()[:2] for text in above.get_legend().get_texts()] == ["1:", "2:", "3:"]
    assert len(below.lines) == 3
    assert all(line.get_xdata()[-1] == 999 for line in below.lines)
    assert [line.get_color() for line in below.lines] == [
        line.get_color() for line in above.lines[::2]
    ]
