"""Write reductions, rankings and losses of a sweep to Parquet: pyarrow reads back every name, dtype
and bit.
"""

import json

import numpy as np
import pandas
import pytest

import fastlr as flr
from fastlr.adapters.pandas import frame

parquet = pytest.importorskip("pyarrow.parquet")

SWEEP = flr.sweep(
    "cyclic", low=[0.1, 0.2], high=1.0, up=[10, 20], mode=["triangular", "cosine", "triangular2"]
)
LAW = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)
NAMES = ["sum", "mean", "max", "argmax", "first_above", "total_variation"]


def written(rows, path):
    """What pyarrow and pandas read of a frame."""
    rows.to_parquet(path)
    return parquet.read_table(path), pandas.read_parquet(path)


def test_reductions_keep_names_dtypes_and_bits(tmp_path):
    results = SWEEP.reduce(NAMES, 100, rate=0.9)
    table, rows = written(frame(SWEEP, results), tmp_path / "reduced of a sweep.parquet")
    assert table.column_names == [*SWEEP.names, *NAMES]
    dtypes = {field.name: str(field.type) for field in table.schema}
    assert {name: dtypes[name] for name in ("low", "up", "sum", "argmax", "first_above")} == {
        "low": "double",
        "up": "int64",
        "sum": "double",
        "argmax": "int64",
        "first_above": "int64",
    }
    for name, values in results.items():
        assert np.array_equal(table[name].to_numpy(), values.reshape(-1))
        assert rows[name].dtype == values.dtype
    for name, values in SWEEP.parameters(slice(None)).items():
        assert table[name].to_pylist() == values.tolist()


def test_the_sweep_is_found_again_in_the_file(tmp_path):
    rows = frame(SWEEP, SWEEP.reduce("sum", 100))
    table, again = written(rows, tmp_path / "reduced.parquet")
    assert again.attrs == rows.attrs
    assert flr.Sweep.from_spec(json.loads(again.attrs["spec"])) == SWEEP
    attributes = json.loads(table.schema.metadata[b"PANDAS_ATTRS"])
    assert attributes["fingerprint"] == SWEEP.fingerprint
    assert attributes["units"] == {"sum": "rate step"}


def test_nan_and_infinity_stay(tmp_path):
    losses = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, *np.linspace(2.0, 3.0, 7)])
    table, rows = written(frame(SWEEP, {"loss": losses}), tmp_path / "losses.parquet")
    assert rows["loss"].to_numpy().tobytes() == losses.tobytes()
    assert np.array_equal(table["loss"].to_numpy(), losses, equal_nan=True)
    short = frame(SWEEP, {"loss": losses.astype(np.float32)})
    assert written(short, tmp_path / "short.parquet")[1]["loss"].dtype == np.float32


def test_names_of_groups_of_any_alphabet(tmp_path):
    groups = flr.stack({"körper": flr.constant(0.1), "头": flr.constant(0.2)})
    table, _ = written(frame(groups, groups.reduce("sum", 10)), tmp_path / "groups.parquet")
    assert table["group"].to_pylist() == ["körper", "头"]
    assert table["sum"].to_pylist() == [1.0, 2.0]


def test_a_ranking_keeps_its_order(tmp_path):
    ranked = flr.rank(LAW, SWEEP, 100, k=5)
    table, _ = written(frame(ranked), tmp_path / "best.parquet")
    assert table.column_names == ["place", *SWEEP.names, "loss"]
    assert table["place"].to_pylist() == ranked.places.tolist()
    assert np.array_equal(table["loss"].to_numpy(), ranked.losses)


def test_many_lanes(tmp_path):
    drawn = flr.random(200_000, init=flr.LogUniform(1e-4, 1e-2), steps=flr.Integers(1, 99))
    sweep = flr.sweep("linear", drawn, end=0.0)
    results = sweep.reduce(["sum", "max"], 50)
    table, _ = written(frame(sweep, results), tmp_path / "many.parquet")
    assert np.array_equal(table["sum"].to_numpy(), results["sum"])
    assert np.array_equal(table["steps"].to_numpy(), sweep.parameters(slice(None))["steps"])
