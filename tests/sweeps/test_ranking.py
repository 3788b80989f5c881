"""Ranking finds the lowest losses within its limits, whatever the order and the chunks."""

import dask.array
import numpy as np
import pytest
import zarr
from processes import start

import fastlr as flr
from fastlr.adapters.pandas import frame
from fastlr.adapters.xarray import dataset
from fastlr.sweeps import ranking


class Area:
    """A user's law: the larger the area, the lower the loss."""

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
    with pytest.raises(TypeError, match="rank: law must have the methods final and curve, got "):
        flr.rank(flr.loss_laws.MultiPower, FAMILY, 1_000)
    with pytest.raises(TypeError, match="rank: lanes must be a Sweep, a Schedule or a table"):
        flr.rank(Area(), [FAMILY], 1_000)


LAW = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)


def stored(rates):
    return [rates, zarr.array(rates), dask.array.from_array(rates, chunks=(7, 300))]


def test_a_sweep_a_batch_and_its_table_are_ranked_alike():
    best = flr.rank(LAW, FAMILY, 1_000, k=12)
    for lanes in (FAMILY[:], *stored(FAMILY.table(1_000))):
        again = flr.rank(LAW, lanes, 1_000, k=12)
        assert again.places.tolist() == best.places.tolist()
        assert again.losses.tobytes() == best.losses.tobytes()
    assert flr.rank(LAW, FAMILY[:], 1_000, k=3).schedules[1] == best.schedules[1]


def test_every_loss_is_that_of_one_schedule():
    losses = np.array([LAW.final(schedule, 1_000) for schedule in FAMILY])
    assert LAW.final(FAMILY, 1_000).tobytes() == losses.tobytes()
    assert LAW.final(FAMILY, 1_000).shape == FAMILY.shape
    assert LAW.curve(FAMILY, [7, 999])[..., 1].tobytes() == losses.tobytes()
    for rates in stored(FAMILY.table(1_000)):
        assert LAW.final(rates, 1_000).tobytes() == losses.tobytes()


def test_a_table_with_too_few_steps_or_with_nan_is_refused():
    rates = FAMILY.table(100)
    with pytest.raises(ValueError, match="rank: steps must be at most 100, the columns of the"):
        flr.rank(LAW, rates, 101)
    with pytest.raises(ValueError, match=r"rank: lanes must be finite numbers >= 0.*got nan"):
        flr.rank(LAW, np.where(rates < np.median(rates), np.nan, rates), 100)


def test_values_in_the_order_of_a_ranking_keep_their_rows():
    small = flr.sweep("cosine", init=[1e-3, 3e-3, 1e-2], end=[0.0, 1e-3], steps=1_000)
    best = flr.rank(LAW, small, 1_000, k=6)
    rows = frame(best, {"doubled": best.losses * 2})
    assert rows["loss"].tolist() == [LAW.final(small[i], 1_000) for i in rows["place"]]
    assert rows["init"].tolist() == [small[i](0) for i in rows["place"]]
    for label in (frame, dataset):
        for wrong in (best.losses, best.places, best.losses - 1, best.parameters["init"]):
            with pytest.raises(
                ValueError, match="must be in the order of the sweep, got values in"
            ):
                label(small, {"loss": wrong})
        assert label(small, {"loss": LAW.final(small, 1_000)})["loss"].shape in {(6,), (3, 2)}
    assert type(best.losses.min()) is np.float64
    assert repr(best.losses[:1]).startswith("array(")


def test_all_places_are_ranked_in_linear_time(monkeypatch):
    """Candidates are sorted only when as many new ones have come in."""
    sorts = []
    monkeypatch.setattr(ranking, "_PIECE_LANES", 8)
    sort = ranking.Contest._sorted
    monkeypatch.setattr(
        ranking.Contest, "_sorted", lambda self, parts: sorts.append(1) or sort(self, parts)
    )
    assert flr.rank(Area(), FAMILY, 1_000, k=240).places.tolist() == by_hand()
    assert len(sorts) <= 2 * 30 + 2  # two per piece, and two for the whole


# -- in a folder -----------------------------------------------------------------------------------

KILLED = """
import os, sys
import fastlr as flr
from fastlr.sweeps import piece_folder, ranking

ranking._PIECE_LANES = 16
write = piece_folder.PieceFolder.write

def write_and_die(self, name, content):
    if name.startswith(sys.argv[2]):
        os._exit(9)  # as a kill does: nothing is closed or cleaned up
    write(self, name, content)

piece_folder.PieceFolder.write = write_and_die
family = flr.sweep(
    "wsd", flr.random(200, peak=flr.LogUniform(1e-4, 1e-2)), warmup=5, stable=50, cooldown=9
)
law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)
flr.rank(law, family, 64, k=30, out=sys.argv[1])
"""
DRAWN = flr.sweep(
    "wsd", flr.random(200, peak=flr.LogUniform(1e-4, 1e-2)), warmup=5, stable=50, cooldown=9
)


def same(ranked, other):
    return (ranked.places.tolist(), ranked.losses.tobytes(), ranked.judged) == (
        other.places.tolist(),
        other.losses.tobytes(),
        other.judged,
    )


def test_a_killed_ranking_is_resumed(tmp_path, monkeypatch):
    out = tmp_path / "best"
    for killed_at in ("000000003", "000000009"):
        process = start(KILLED, str(out), killed_at)
        process.communicate(timeout=100)
        assert process.returncode == 9
        assert f"{killed_at}.json" not in {path.name for path in out.iterdir()}
    monkeypatch.setattr(ranking, "_PIECE_LANES", 16)
    judged = []
    write = ranking.Contest.write_piece
    monkeypatch.setattr(
        ranking.Contest,
        "write_piece",
        lambda self, pieces, piece, *rest: (
            judged.append(piece) or write(self, pieces, piece, *rest)
        ),
    )
    resumed = flr.rank(LAW, DRAWN, 64, k=30, out=out)
    assert judged == [9, 10, 11, 12]
    assert same(resumed, flr.rank(LAW, DRAWN, 64, k=30))
    assert same(resumed, flr.rank(LAW, DRAWN, 64, k=30, out=out))
    assert judged == [9, 10, 11, 12]


def test_shards_are_merged_by_the_whole_call(tmp_path, monkeypatch):
    monkeypatch.setattr(ranking, "_PIECE_LANES", 16)
    parts = [flr.rank(LAW, DRAWN, 64, k=30, out=tmp_path / "best", shard=(i, 3)) for i in (2, 0, 1)]
    assert sum(part.judged for part in parts) == 200
    merged = flr.rank(LAW, DRAWN, 64, k=30, out=tmp_path / "best")
    assert same(merged, flr.rank(LAW, DRAWN, 64, k=30))
    one = flr.sweep("constant", value=[0.1])
    empty = flr.rank(LAW, one, 64, out=tmp_path / "one", shard=(4, 5))
    assert (empty.judged, empty.places.size) == (0, 0)


def test_a_folder_of_another_ranking_is_refused(tmp_path):
    out = tmp_path / "best"
    flr.rank(LAW, DRAWN, 64, out=out)
    other = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.91)
    for call in (
        lambda: flr.rank(other, DRAWN, 64, out=out),
        lambda: flr.rank(LAW, FAMILY, 64, out=out),
        lambda: flr.rank(LAW, DRAWN, 65, out=out),
        lambda: flr.rank(LAW, DRAWN, 64, k=11, out=out),
        lambda: flr.rank(LAW, DRAWN, 64, peak=1.0, out=out),
        lambda: flr.rank(LAW, DRAWN, 64, out=tmp_path),
        lambda: flr.rank(LAW, DRAWN, 64, out=tmp_path / "no" / "folder"),
        lambda: flr.rank(Area(), DRAWN, 64, out=tmp_path / "own"),
        lambda: flr.rank(LAW, DRAWN.table(64), 64, out=tmp_path / "table"),
        lambda: flr.rank(LAW, DRAWN, 64, shard=(0, 2)),
        lambda: flr.rank(LAW, DRAWN, 64, shard=(2, 2), out=tmp_path / "shard"),
    ):
        with pytest.raises(ValueError, match=r"^rank: "):
            call()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best"]
    [piece] = out.glob("0*.json")
    piece.write_text(piece.read_text().replace("0x1.", "0x1.8", 1))
    with pytest.raises(ValueError, match=r"its piece 000000000.json is corrupt; remove that file"):
        flr.rank(LAW, DRAWN, 64, out=out)


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
    """The best schedules have names and colours; the others are grey."""
    above, below = flr.rank(Area(), FAMILY, 1_000, k=3).plot()
    *best, field = [text.get_text() for text in above.get_legend().get_texts()]
    assert [label[:2] for label in best] == ["1:", "2:", "3:"]
    assert all(f"{FAMILY.names[0]}=" in label for label in best)
    assert field == f"{min(40, FAMILY.size)} of {FAMILY.size} in the sweep"
    assert all(line.get_xdata()[-1] == 999 for line in below.lines)
    colors = [line.get_color() for line in below.lines]
    assert colors[:3] == [line.get_color() for line in above.lines[:3]] != ["0.5"] * 3
    assert colors[3:] == ["0.5"] * min(40, FAMILY.size)


# -- a fitted law within its range -----------------------------------------------------------------

FITTED = flr.loss_laws.Annealing(
    L0=2.6,
    A=0.6,
    alpha=0.45,
    C=0.5,
    decay=0.99,
    fitted_on=flr.loss_laws.FittedOn(peaks=(1e-3, 3e-3), steps=(500, 1_000)),
)


def test_a_fitted_law_ranks_within_the_range_of_its_runs():
    inside = flr.sweep("cosine", init=[1e-3, 2e-3, 3e-3], end=0.0, steps=1_000)
    bare = flr.loss_laws.Annealing(**FITTED.constants)
    assert bare == FITTED
    for steps in (480, 500, 1_000, 1_040):  # a log may end a little before its run
        best = flr.rank(FITTED, inside, steps, k=3)
        assert best.places.tolist() == flr.rank(bare, inside, steps, k=3).places.tolist()


def test_laws_of_other_ranges_do_not_share_a_folder(tmp_path):
    inside = flr.sweep("cosine", init=[1e-3, 2e-3, 3e-3], end=0.0, steps=1_000)
    flr.rank(FITTED, inside, 1_000, out=tmp_path / "best")
    for peaks, steps in (((1e-3, 4e-3), (500, 1_000)), ((1e-3, 3e-3), (900, 1_000))):
        ranges = flr.loss_laws.FittedOn(peaks, steps)
        other = flr.loss_laws.Annealing(**FITTED.constants, fitted_on=ranges)
        with pytest.raises(ValueError, match=r"^rank: .*best"):
            flr.rank(other, inside, 1_000, out=tmp_path / "best")
    with pytest.raises(ValueError, match=r"^rank: .*best"):
        flr.rank(flr.loss_laws.Annealing(**FITTED.constants), inside, 1_000, out=tmp_path / "best")
    again = flr.loss_laws.Annealing(**FITTED.constants, fitted_on=FITTED.fitted_on)
    assert flr.rank(again, inside, 1_000, out=tmp_path / "best").judged == 3


@pytest.mark.parametrize(
    ("peaks", "steps", "message"),
    [
        (
            [2e-3, 3.1e-3],
            1_000,
            r"rank: lanes must have peaks from 0.001 to 0.003.*0.0031 at place 1",
        ),
        (
            [2e-3, 9e-4],
            1_000,
            r"rank: lanes must have peaks from 0.001 to 0.003.*0.0009 at place 1",
        ),
        ([2e-3], 470, r"rank: steps must be from 500 to 1000, as the runs.*got 470"),
        ([2e-3], 1_060, r"rank: steps must be from 500 to 1000, as the runs.*got 1060"),
    ],
)
def test_a_fitted_law_refuses_to_extrapolate(peaks, steps, message):
    family = flr.sweep("cosine", init=peaks, end=0.0, steps=1_000)
    with pytest.raises(ValueError, match=message + r".*extrapolate=True"):
        flr.rank(FITTED, family, steps)
    assert flr.rank(FITTED, family, steps, extrapolate=True).judged == len(peaks)


def test_schedules_above_the_limit_are_not_judged_and_may_be_out_of_range():
    family = flr.sweep("cosine", init=[2e-3, 1.0], end=0.0, steps=1_000)
    assert flr.rank(FITTED, family, 1_000, peak=3e-3).places.tolist() == [0]
