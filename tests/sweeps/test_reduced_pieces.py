"""Reductions of a sweep in a folder: shared by shards, resumed, and refused if the folder belongs
to another sweep.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastlr as flr
from fastlr.sweeps import sweep as sweeps

SWEEP = flr.sweep(
    "wsd",
    peak=np.geomspace(1e-4, 1e-2, 40),
    warmup=[5, 9],
    stable=20,
    cooldown=10,
    shape=["linear", "1-sqrt"],
)
NAMES = ["sum", "argmin", "max", "timescale"]


@pytest.fixture(autouse=True)
def few_per_pass(monkeypatch):
    monkeypatch.setattr(sweeps, "_LANES_PER_PASS", 17)


def same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, values in theirs.items():
        assert ours[name].dtype == values.dtype
        assert ours[name].shape == values.shape == SWEEP.shape
        assert ours[name].tobytes() == values.tobytes()


def test_shards_are_merged_by_the_whole_call(tmp_path):
    whole, out = SWEEP.reduce(NAMES, 35, decay=0.1), tmp_path / "reduced"
    for i in (2, 0):
        assert SWEEP.reduce(NAMES, 35, decay=0.1, out=out, shard=(i, 3)) == {}
    there = {path: path.stat().st_mtime_ns for path in out.glob("*.npz")}
    assert 0 < len(there) < 10
    same(SWEEP.reduce(NAMES, 35, decay=0.1, out=out), whole)  # computes the last part itself
    assert all(path.stat().st_mtime_ns == time for path, time in there.items())
    same(SWEEP.reduce(NAMES[::-1], 0, 35, decay=0.1, out=out), whole)


def test_a_lost_piece_is_computed_again(tmp_path):
    out = tmp_path / "reduced"
    whole = SWEEP.reduce("sum", 35, out=out)
    sorted(out.glob("*.npz"))[3].unlink()
    same(SWEEP.reduce("sum", 35, out=out), whole)


def test_another_process_shares_the_folder(tmp_path, monkeypatch):
    code = (
        "import fastlr as flr, sys;"
        "s = flr.sweep('linear', init=[0.1, 0.2], end=0.0, steps=[5, 9]);"
        "print(s.reduce('sum', 7, out=sys.argv[1], shard=(0, 1)))"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "reduced"], check=True)
    # that process has all lanes in one piece, so this one must too
    monkeypatch.setattr(sweeps, "_LANES_PER_PASS", 2**16)
    sweep = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[5, 9])
    ours = sweep.reduce("sum", 7, out=tmp_path / "reduced")
    assert ours["sum"].tobytes() == sweep.reduce("sum", 7)["sum"].tobytes()


@pytest.mark.parametrize(
    "other",
    [
        lambda out: SWEEP.reduce("sum", 36, out=out),
        lambda out: SWEEP.reduce("max", 35, out=out),
        lambda out: SWEEP.reduce("sum", 1, 35, out=out),
        lambda out: flr.sweep("constant", value=[0.1] * 160).reduce("sum", 35, out=out),
    ],
    ids=["steps", "name", "start", "sweep"],
)
def test_a_folder_of_something_else_is_refused(tmp_path, other):
    out = tmp_path / "reduced"
    SWEEP.reduce("sum", 35, out=out)
    with pytest.raises(ValueError, match="reduce: out must be new, or begun by the same call"):
        other(out)


def test_a_corrupt_piece_is_refused(tmp_path):
    out = tmp_path / "reduced"
    SWEEP.reduce("sum", 35, out=out)
    piece = sorted(out.glob("*.npz"))[1]
    content = bytearray(piece.read_bytes())
    for broken in (content[:-40], content[:100] + b"x" + content[101:], b""):
        piece.write_bytes(broken)
        with pytest.raises(ValueError, match="corrupt; remove that file"):
            SWEEP.reduce("sum", 35, out=out)


@pytest.mark.parametrize(
    ("arguments", "error", "rule"),
    [
        ({"shard": (0, 2)}, ValueError, "reduce: shard must be given with out"),
        ({"shard": (2, 2), "out": "x"}, ValueError, r"reduce: shard must be \(i, n\)"),
        ({"out": 5}, TypeError, "reduce: out must be a folder, got int 5"),
    ],
)
def test_what_is_refused(arguments, error, rule):
    with pytest.raises(error, match=rule):
        SWEEP.reduce("sum", 35, **arguments)


def test_a_function_without_a_version_has_no_folder(tmp_path):
    import random

    sweep = flr.sweep(lambda k: flr.constant(k * random.random()), k=[0.1, 0.2])
    with pytest.raises(ValueError, match="reduce: out must be for a sweep with a fingerprint"):
        sweep.reduce("sum", 5, out=tmp_path / "reduced")


def test_a_ranking_too_large_for_memory_says_so_first():
    law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
    drawn = flr.random(4 * 10**12, init=flr.Uniform(1e-4, 1e-1))
    sweep = flr.sweep("linear", drawn, end=0.0, steps=64)
    with pytest.raises(ValueError, match=r"rank: a result of shape .* needs 64,000 GB.* smaller k"):
        flr.rank(law, sweep, 64, k=10**13)


def unwritable(*_, **__):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("name", ["mkdir", "open"])
def test_a_folder_that_cannot_be_written_is_reported(tmp_path, monkeypatch, name):
    out, law = tmp_path / "out", flr.loss_laws.Annealing(2.6, 0.6, 0.45, 0.5, 0.9)
    monkeypatch.setattr(Path, name, unwritable)
    for method, call in (
        ("reduce", lambda: SWEEP.reduce("sum", 20, out=out)),
        ("rank", lambda: flr.rank(law, SWEEP, 20, out=out)),
    ):
        with pytest.raises(PermissionError, match=f"{method}: out could not be") as refused:
            call()
        assert "Permission denied; make the folder writable" in str(refused.value)
        assert str(out) in str(refused.value)
