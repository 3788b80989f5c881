"""What a researcher plausibly does with a sweep works, or the error says what to do."""

import numpy as np
import pytest
import xarray
import zarr

import fastlr as flr
from fastlr.adapters.dask import final, reduce, table
from fastlr.adapters.pandas import frame
from fastlr.adapters.xarray import array, dataset

SWEEP = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[5, 9])
HUGE = flr.sweep("linear", init=range(1, 2**40), end=0.0, steps=3)
LAW = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)


class OwnLaw:
    """A law of the user's own, whose losses are given."""

    def __init__(self, final):
        self._final = final

    def final(self, schedule, steps, *, threads=1):
        return self._final(schedule)

    def curve(self, schedule, steps, *, threads=1):
        raise NotImplementedError


def cyclic(**up):
    return flr.sweep("cyclic", low=0.1, high=1.0, **up)


REFUSED = [
    (lambda: SWEEP[0, 1], TypeError, r"got \(0, 1\); several places are sweep\[\[0, 1\]\]"),
    (lambda: SWEEP[[]], IndexError, "at least one schedule, got an empty slice or list"),
    (lambda: cyclic(up=[10, "a"]), TypeError, "up must be a list of one kind .* numbers and texts"),
    (lambda: cyclic(up=[True, 10]), TypeError, "got numbers and truth values in"),
    (lambda: flr.zipped(up=[np.True_, 10]), TypeError, "zipped: up must be a list of one kind"),
    (lambda: flr.Choice(1, "a"), ValueError, "Choice: options must be of one kind"),
    (lambda: flr.Choice(True, 2), ValueError, "Choice: options must be of one kind"),
    (
        lambda: flr.sweep("constant", value=[[0.1, 0.2], [0.3, 0.4]]),
        ValueError,
        "value must be a list of values with 1 axes at most, got 2 axes",
    ),
    (
        lambda: flr.rank(OwnLaw(lambda s: np.array([1.0, np.nan, 2.0, 3.0])), SWEEP, 5),
        ValueError,
        "law.final must return numbers, got nan at place 1; return inf",
    ),
    (
        lambda: flr.rank(OwnLaw(lambda s: 1.0), SWEEP, 5),
        ValueError,
        r"must return one loss for each of 4 schedules, of shape \(4,\), got 1.0",
    ),
    (
        lambda: flr.rank(OwnLaw(lambda s: np.zeros((4, 1))), SWEEP, 5),
        ValueError,
        "must return one loss for each of 4 schedules",
    ),
    (lambda: flr.stores.open("rates.npy"), ValueError, r"ends in .zarr.*numpy.load opens"),
    (lambda: flr.stores.open(3), TypeError, "open: path must be a path or a zarr store, got int 3"),
    (lambda: table(SWEEP, 9, chunks=(True, 3)), ValueError, "chunks must be two integers from 1"),
    (lambda: reduce(SWEEP, "sum", 9, chunks=True), ValueError, "chunks must be an integer from 1"),
    (lambda: final("law", SWEEP, 5), TypeError, "final: law must have the method final"),
    (lambda: final(LAW, table(SWEEP, 5), "5"), TypeError, "final: steps must be an integer"),
    (lambda: frame(HUGE, {"a": [1]}), ValueError, "needs 8,796 GB; this machine has"),
    (lambda: dataset(HUGE, {"a": [1]}), ValueError, "needs 8,796 GB; this machine has"),
    (
        lambda: dataset(SWEEP, {"init": np.zeros(4)}),
        ValueError,
        "dataset: results must not have the names of axes, parameters or 'step', got 'init'",
    ),
    (
        lambda: dataset(
            flr.sweep("linear", flr.zipped(init=[0.1, 0.2], end=[0.0, 0.1]), steps=3),
            {"init_end": [1, 2]},
        ),
        ValueError,
        "results must not have the names of axes",
    ),
    (
        lambda: dataset(SWEEP, {"rate": SWEEP.table(3)}, range(4)),
        ValueError,
        "dataset: steps must be as many as those of the tables, 3, got 4",
    ),
    (lambda: flr.rank(LAW, SWEEP, 5, k=-1), ValueError, "k must be an integer from 1"),
    (lambda: flr.sweep("constant", value=[]), ValueError, "must be a non-empty list"),
    (lambda: flr.sweep("constant", value=range(0)), ValueError, "must be a non-empty list"),
    (lambda: flr.sweep("constant", value=[0.1, np.nan]), ValueError, "place 1: .* got nan"),
    (lambda: HUGE.table(9), ValueError, r'needs 79,16. GB.*give out="NAME.zarr"'),
    (lambda: HUGE[:], ValueError, "needs 140,737 GB"),
]


@pytest.mark.parametrize(("use", "error", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_meant_is_refused(use, error, message):
    with pytest.raises(error, match=message):
        use()


@pytest.mark.parametrize("names", [("loss",), ("place",), ("loss", "place", "parameter_loss")])
def test_a_ranking_has_its_own_columns_beside_any_parameters(names):
    family = flr.sweep(f"linear({' + '.join(names)}, 0, 3)", **{name: [0.1, 0.2] for name in names})
    ranked = flr.rank(LAW, family, 3, k=3)
    rows = frame(ranked)
    assert rows["place"].tolist() == ranked.places.tolist()
    assert rows["loss"].tolist() == ranked.losses.tolist()
    assert len(rows.columns) == 2 + len(names)


@pytest.mark.parametrize(
    ("family", "label", "columns"),
    [
        (flr.sweep("exponential_decay", init=[0.1, 0.2], rate=[0.1, 0.2, 0.3]), "rate", 5),
        (flr.sweep("linear(step, 0, 3)", step=[0.1, 0.2, 0.3]), "step", 3),
    ],
)
def test_a_parameter_with_a_name_of_a_table_has_another_label(family, label, columns):
    found = array(family, columns)
    assert found.dims[-1] == "step"
    assert found["step"].values.tolist() == list(range(columns))
    assert np.array_equal(found.values.reshape(family.size, -1), family.table(columns))
    values = family.parameters(range(3))[label]
    assert found[f"parameter_{label}"].values.tolist() == values.tolist()


def test_parameters_keep_apart_in_a_store(tmp_path):
    values = {"rate": [0.1, 0.2], "parameter_rate": [0.3, 0.4], "lane": [5, 6]}
    flr.sweep("linear(rate, parameter_rate, lane)", **values).table(3, out=tmp_path / "rates.zarr")
    with xarray.open_zarr(tmp_path / "rates.zarr") as found:
        labels = {"parameter_parameter_rate": 4, "parameter_rate": 2, "parameter_lane": 1}
        assert {*found.coords} == {"step", *labels}
        assert {*found["parameter_parameter_rate"].values} == {0.1, 0.2}
        assert {*found["parameter_rate"].values} == {0.3, 0.4}
        assert {*found["parameter_lane"].values} == {5, 6}


def test_a_ranking_of_one_equal_and_infinite_losses():
    assert flr.rank(LAW, flr.constant(0.1), 5).places.tolist() == [0]
    assert flr.rank(LAW, flr.sweep("constant", value=0.1), 5).places.tolist() == [0]
    assert flr.rank(LAW, flr.sweep("constant", value=[0.1] * 3), 5, k=2).places.tolist() == [0, 1]
    assert flr.rank(LAW, SWEEP, 5, k=100).places.size == 4
    nothing = flr.rank(LAW, flr.sweep("constant", value=[0.0, 0.0, 0.1]), 5)
    assert nothing.places.tolist() == [2, 0, 1]
    batch = flr.cosine(np.linspace(0.1, 0.2, 6).reshape(1, 6), 0.0, 9)
    assert sorted(flr.rank(LAW, batch, 9).places.tolist()) == list(range(6))


def test_names_of_files_of_any_alphabet(tmp_path):
    for name in ("größe 头.zarr", "a b.npy"):
        assert np.array_equal(SWEEP.table(9, out=str(tmp_path / name))[:], SWEEP.table(9))
    folder = tmp_path / "bést 头"
    assert flr.rank(LAW, SWEEP, 9, out=str(folder)).places.size == 4
    store = zarr.storage.LocalStore(tmp_path / "größe 头.zarr")
    assert flr.stores.open(store).lanes == SWEEP


def test_shards_may_be_integers_of_numpy(tmp_path):
    for part in np.arange(2):
        SWEEP.reduce("sum", 9, out=tmp_path / "sums", shard=(part, np.int64(2)))
    found = SWEEP.reduce("sum", 9, out=tmp_path / "sums")
    assert np.array_equal(found["sum"], SWEEP.reduce("sum", 9)["sum"])


def test_a_folder_of_another_call_names_what_differs(tmp_path):
    other_law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.6, decay=0.9)
    longer = flr.sweep("linear", init=[0.1, 0.3], end=0.0, steps=[5, 9])
    flr.rank(LAW, SWEEP, 5, out=tmp_path / "best")
    with pytest.raises(ValueError, match=r"its 'law' is 'Annealing\(.*C=0.5.*, not .*C=0.6"):
        flr.rank(other_law, SWEEP, 5, out=tmp_path / "best")
    with pytest.raises(ValueError, match=r"its 'init' is \[0.1, 0.2\], not \[0.1, 0.3\]"):
        flr.rank(LAW, longer, 5, out=tmp_path / "best")
    SWEEP.reduce("sum", 9, out=tmp_path / "sums")
    with pytest.raises(ValueError, match=r"its 'init' is \[0.1, 0.2\], not \[0.1, 0.3\]"):
        longer.reduce("sum", 9, out=tmp_path / "sums")


def test_a_store_of_an_older_version_is_continued(tmp_path):
    path = tmp_path / "rates.zarr"
    SWEEP.table(3, out=path)
    zarr.open_group(path, mode="r+", use_consolidated=False).attrs["fastlr"] = "0.0.1"
    assert SWEEP.table(9, out=path).shape == (4, 9)


def test_a_range_is_what_it_counts():
    """However its end is written."""
    one, other = (flr.sweep("linear", init=range(1, end, 3), end=0.0, steps=5) for end in (8, 10))
    assert one == other
    assert one.fingerprint == other.fingerprint
