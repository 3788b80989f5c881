"""Results with names: axes become dimensions, parameters become coordinates or columns, and every
number keeps its place.
"""

import csv
import json

import dask.array
import numpy as np
import pytest
import xarray

import fastlr as flr
from fastlr.adapters.pandas import frame
from fastlr.adapters.xarray import array, dataset
from fastlr.sweeps.labels import labels, unit

PRODUCT = flr.sweep(
    "wsd", peak=[1e-3, 2e-3, 4e-3], warmup=[10, 20], stable=50, cooldown=[5, 10, 15, 20]
)
MIXED = flr.sweep(
    "cyclic",
    flr.zipped(low=[0.1, 0.2, 0.3], high=[1.0, 2.0, 3.0]),
    flr.random(4, seed=7, down=flr.Integers(5, 90)),
    up=[10, 20],
    mode=["triangular", "cosine"],
)
LISTS = flr.sweep("piecewise_constant", values=[[1.0, 0.5], [1.0, 0.1]], boundaries=[[5], [7], [9]])


def reduced(sweep, steps=100):
    """Numbers a lane, lane by lane."""
    return {
        "max": np.array([lane.max(steps) for lane in sweep]),
        "sum": np.array([lane.sum(steps) for lane in sweep]),
    }


@pytest.mark.parametrize("sweep", [PRODUCT, MIXED, LISTS], ids=["product", "mixed", "lists"])
def test_every_number_is_listed_with_its_parameters(sweep):
    results = reduced(sweep)
    rows, whole = frame(sweep, results), dataset(sweep, results)
    parameters = labels(sweep).of_lanes()
    assert list(rows.columns) == [*sweep.names, "max", "sum"]
    assert len(rows) == sweep.size
    assert tuple(whole.sizes.values()) == sweep.shape
    assert set(whole.coords) == set(sweep.names)
    listed = {name for name, values in sweep.parameters(range(1)).items() if values.ndim > 1}
    for place in range(sweep.size):
        own = {name: values[0] for name, values in sweep.parameters([place]).items()}
        for name, value in own.items():
            known = str(value.tolist()) if name in listed else value
            assert rows[name][place] == parameters[name][place] == known
            assert (
                whole[name].values[
                    np.unravel_index(place, sweep.shape)[list(whole.sizes).index(*whole[name].dims)]
                ]
                == known
            )
        assert whole["max"].values.reshape(-1)[place] == rows["max"][place] == results["max"][place]


def test_what_is_labelled_is_found_by_name():
    whole = dataset(
        PRODUCT,
        {"max": PRODUCT[:].max(100)} | {"rate": PRODUCT.table(10, 40, 10)},
        steps=range(10, 40, 10),
    )
    assert float(whole["max"].sel(peak=2e-3, warmup=20, cooldown=15)) == 2e-3
    one = flr.wsd(2e-3, 20, 50, 15)
    assert (
        whole["rate"].sel(peak=2e-3, warmup=20, cooldown=15).values.tolist()
        == one([10, 20, 30]).tolist()
    )
    assert whole["step"].values.tolist() == [10, 20, 30]
    assert whole["rate"].dims == ("peak", "warmup", "cooldown", "step")
    assert whole["step"].attrs == {"units": "step"}
    assert whole["rate"].attrs == {"units": "rate"}


def test_axes_of_several_parameters():
    whole = dataset(MIXED, reduced(MIXED))
    assert dict(whole.sizes) == {"low_high": 3, "down": 4, "up": 2, "mode": 2}
    assert whole["high"].dims == whole["low"].dims == ("low_high",)
    assert "down" in whole.indexes
    assert whole["mode"].values.tolist() == ["triangular", "cosine"]


def test_the_attributes_say_what_it_is():
    for found in (dataset(PRODUCT, {}), frame(PRODUCT, {}), array(PRODUCT, 3)):
        assert found.attrs["fingerprint"] == PRODUCT.fingerprint
        assert flr.Sweep.from_spec(json.loads(found.attrs["spec"])) == PRODUCT
    assert frame(PRODUCT, reduced(PRODUCT)).attrs["units"] == {"max": "rate", "sum": "rate step"}
    assert [unit(name) for name in ("rate", "sum", "argmax", "retained")] == [
        "rate",
        "rate step",
        "step",
        "1",
    ]
    batch = flr.linear([0.1, 0.2], 0.0, steps=10)
    assert flr.from_spec(json.loads(dataset(batch, {}).attrs["spec"])) == batch


def test_a_table_with_its_steps(tmp_path):
    rates = array(PRODUCT, 0, 70, 7, dtype="float32", out=tmp_path / "rates.npy")
    assert isinstance(rates, xarray.DataArray)
    assert rates.dtype == np.float32
    assert rates.sel(step=63).shape == PRODUCT.shape
    assert np.array_equal(
        rates.values.reshape(PRODUCT.size, -1), PRODUCT.table(0, 70, 7, dtype="float32")
    )


def test_a_batch_has_its_arguments():
    batch = flr.warmup_cosine(peak=[0.1, 0.2, 0.3], warmup=[5, 6, 7], steps=20)
    rows = frame(batch, {"max": batch.max(20)})
    assert rows.to_dict("list") == {
        "peak": [0.1, 0.2, 0.3],
        "warmup": [5, 6, 7],
        "max": [0.1, 0.2, 0.3],
    }
    whole = dataset(batch * 2.0, {"max": (batch * 2.0).max(20)})
    assert dict(whole.sizes) == {"lane": 3}
    assert whole["warmup_cosine_peak"].values.tolist() == [0.1, 0.2, 0.3]
    grid = flr.linear(np.array([[0.1], [0.2]]), 0.0, steps=[10, 20, 30])
    labelled = dataset(grid, {"max": grid.max(20), "rate": grid.table(4)})
    assert dict(labelled.sizes) == {"lane_0": 2, "lane_1": 3, "step": 4}
    assert labelled["init"].dims == ("lane_0",)
    assert labelled["steps"].values.tolist() == [10, 20, 30]
    groups = flr.stack({"body": flr.constant(0.1), "head": flr.constant(0.3)})
    assert frame(groups, {"max": groups.max(3)}).to_dict("list") == {
        "group": ["body", "head"],
        "max": [0.1, 0.3],
    }
    # of lists, not of lanes
    stairs = flr.piecewise_constant([[1.0, 0.5, 0.1], [2.0, 1.0, 0.5], [3.0, 2.0, 1.0]], [5, 10])
    assert frame(stairs, {"max": stairs.max(3)}).to_dict("list") == {"max": [1.0, 2.0, 3.0]}
    assert frame(batch.skip([1, 2, 3]), {}).to_dict("list")["steps"] == [1, 2, 3]
    assert len(frame(flr.constant(0.1), {"max": flr.constant(0.1).max(3)})) == 1


def test_results_may_be_in_either_shape():
    flat = reduced(PRODUCT)["max"]
    for result in (flat, flat.tolist(), flat.reshape(PRODUCT.shape)):
        assert np.array_equal(dataset(PRODUCT, {"max": result})["max"], flat.reshape(PRODUCT.shape))
        assert np.array_equal(frame(PRODUCT, {"max": result})["max"], flat)


REFUSED = [
    (
        dataset,
        {"max": np.ones(7)},
        ValueError,
        r"dataset: max must have shape \(3, 2, 4\) or \(24,\), and may have a step axis, got",
    ),
    (dataset, {"max": np.ones((24, 3, 3))}, ValueError, "dataset: max must have shape"),
    (
        dataset,
        [1.0],
        TypeError,
        r"dataset: results must be a mapping of names to arrays, got list \[1.0\]",
    ),
    (
        frame,
        {"max": np.ones((24, 3))},
        ValueError,
        "frame: max must have one value per lane, 24 in all",
    ),
    (
        frame,
        {"peak": np.ones(24)},
        ValueError,
        "frame: peak must have one value per lane, .* and must not have the name of a parameter",
    ),
    (frame, {"max": 1.0}, ValueError, "frame: max must have shape"),
    (frame, 1.0, TypeError, "frame: results must be a mapping of names to arrays, got float 1.0"),
]


@pytest.mark.parametrize(("label", "results", "error", "message"), REFUSED)
def test_what_does_not_fit_is_refused(label, results, error, message):
    with pytest.raises(error, match=message):
        label(PRODUCT, results)
    with pytest.raises(TypeError, match="lanes must be a Sweep or a Schedule, got int 3"):
        label(3, {})


def test_a_frame_is_written_and_read(tmp_path):
    rows = frame(MIXED, reduced(MIXED))
    rows.to_csv(tmp_path / "rows.csv", index=False)
    with (tmp_path / "rows.csv").open() as file:
        read = list(csv.DictReader(file))
    assert [float(row["sum"]) for row in read] == rows["sum"].tolist()
    assert [row["mode"] for row in read] == rows["mode"].tolist()


def test_a_sweep_without_a_fingerprint_has_labels():
    unseen = object()
    family = flr.sweep(lambda peak: flr.constant(peak if unseen else 0.0), peak=[0.1, 0.2])
    found = labels(family)
    assert "fingerprint" not in found.attributes
    assert dict(found.axes) == {"peak": 2}
    shown = labels(flr.sweep(lambda peak, of: flr.constant(peak), peak=[0.1, 0.2], of=unseen))
    assert "object object" in shown.attributes["spec"]


def test_a_labelled_table_stays_in_its_store(tmp_path):
    rates = array(PRODUCT, 70, out=tmp_path / "rates.zarr", memory=2**20)
    assert isinstance(rates.data, dask.array.Array)
    assert rates.dims == ("peak", "warmup", "cooldown", "step")
    assert np.array_equal(rates.values.reshape(PRODUCT.size, -1), PRODUCT.table(70))
