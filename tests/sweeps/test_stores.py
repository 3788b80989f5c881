"""Tables in files and stores: they have the same bits in every store, resume after a crash, and are
never mixed with the table of another sweep.
"""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray
import zarr
from sweep_fixture import LEAST, STEPS, SWEEP, made
from zarr.storage import MemoryStore

import fastlr as flr
from fastlr.arguments import progress
from fastlr.sweeps import stores
from fastlr.sweeps.stores.layout import in_blocks, in_rows

FORMS = ["rates.npy", "rates.zarr"]

in_every_form = pytest.mark.parametrize("form", FORMS)


@pytest.fixture(scope="module")
def rates():
    """Return the rates, lane by lane."""
    return np.stack([lane.table(*STEPS) for lane in SWEEP])


def contents(folder):
    """Return every file of a folder."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_table_in_memory_is_that_of_every_lane(rates):
    assert np.array_equal(SWEEP.table(*STEPS), rates)
    assert np.array_equal(SWEEP.table(*STEPS, memory=LEAST, threads=2), rates)
    assert np.array_equal(SWEEP.table(*STEPS, dtype="float32"), rates.astype(np.float32))
    out = np.zeros((rates.shape[1], rates.shape[0])).T
    assert SWEEP.table(*STEPS, out=out, memory=LEAST) is out
    assert np.array_equal(out, rates)


@in_every_form
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_table_in_a_store_has_the_same_bits(tmp_path, rates, form, dtype):
    found = made(tmp_path / form, dtype=dtype)
    assert found.dtype == dtype
    assert np.array_equal(found[:], rates.astype(dtype))
    before = contents(tmp_path)
    assert not [path for path in before if path.suffix in (".part", ".partial")]
    again = made(str(tmp_path / form), dtype=dtype, memory=2**26)  # found as it is
    assert np.array_equal(again[:], found[:])
    assert contents(tmp_path) == before
    with pytest.raises(ValueError, match=r"read.?only"):
        again[0, 0] = 1.0


def test_a_npy_file_is_what_numpy_writes(tmp_path, rates):
    made(tmp_path / "ours.npy")
    np.save(tmp_path / "theirs.npy", rates)
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "theirs.npy").read_bytes()


def test_a_zarr_group_says_what_it_is():
    store = MemoryStore()
    made(store)
    group = zarr.open_group(store, mode="r")
    assert group["rate"].metadata.dimension_names == ("lane", "step")
    assert group["rate"].attrs["units"] == "rate"
    assert group.attrs["fingerprint"] == SWEEP.fingerprint
    assert group.attrs["steps"] == {"start": 3, "step": 2}
    assert group.attrs["fastlr"] == flr.__version__
    assert json.loads(json.dumps(group.attrs["description"])) == SWEEP.describe()
    assert group.attrs["finished"] is True
    assert group.metadata.consolidated_metadata is not None


def test_a_whole_store_is_not_written_again(tmp_path):
    out = tmp_path / "rates.zarr"
    made(out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    made(out)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_xarray_opens_a_store(tmp_path, rates):
    made(tmp_path / "rates.zarr")
    with xarray.open_zarr(tmp_path / "rates.zarr") as found:
        assert found["rate"].dims == ("lane", "step")
        assert np.array_equal(found["rate"].values, rates)
        assert found["step"].values.tolist() == list(range(*STEPS))
        assert set(found.coords) == {"step", *SWEEP.names}
        for name, values in SWEEP.parameters(slice(None)).items():
            assert found[name].values.tolist() == values.tolist()


def test_a_store_is_opened_with_its_sweep(tmp_path, rates):
    made(tmp_path / "rates.zarr")
    lanes, found, steps = stores.open(tmp_path / "rates.zarr")
    assert (lanes, steps) == (SWEEP, range(*STEPS))
    assert np.array_equal(found[:], rates)
    assert lanes.table(*STEPS, out=tmp_path / "rates.zarr").shape == rates.shape
    batch = flr.linear(np.linspace(0.1, 1.0, 5_000), 0.0, steps=10)
    stores.table(batch, 10, out=tmp_path / "batch.zarr")
    assert stores.open(tmp_path / "batch.zarr").lanes == batch
    with xarray.open_zarr(tmp_path / "batch.zarr") as whole:
        assert np.array_equal(whole["init"].values, np.linspace(0.1, 1.0, 5_000))
    own = flr.sweep(lambda peak: flr.constant(peak), peak=[0.1, 0.2])
    own.table(10, out=tmp_path / "own.zarr")
    assert stores.open(tmp_path / "own.zarr").lanes is None


@pytest.mark.parametrize("shape", [(4,), (2, 2), ()])
def test_the_arguments_of_a_batch_are_coordinates(tmp_path, shape):
    peaks, ends = np.linspace(0.1, 0.4, 4).reshape(2, 2), np.array([0.0, 0.01])
    batch = {
        (4,): flr.stack({name: flr.constant(0.1) for name in ("körper", "kopf", "b", "c")}),
        (2, 2): flr.cosine(peaks, ends, 10),
        (): flr.cosine(0.1, 0.0, 10),
    }[shape]
    stores.table(batch, 5, out=tmp_path / "rates.zarr")
    expected = {
        (4,): {"group": ["körper", "kopf", "b", "c"]},
        (2, 2): {"init": peaks.reshape(-1).tolist(), "end": [0.0, 0.01, 0.0, 0.01]},
        (): {},
    }[shape]
    with xarray.open_zarr(tmp_path / "rates.zarr") as found:
        assert {n: found[n].values.tolist() for n in found.coords if n != "step"} == expected


def test_parameters_may_have_names_of_the_store(tmp_path):
    decays = flr.sweep("exponential_decay", init=[0.1, 0.2], rate=[0.1, 0.2])
    decays.table(9, out=tmp_path / "rates.zarr")
    vectors = flr.sweep("piecewise_constant", values=[[1.0, 0.5], [1.0, 0.1]], boundaries=[[5]])
    vectors.table(9, out=tmp_path / "vectors.zarr")
    with xarray.open_zarr(tmp_path / "rates.zarr") as found:
        assert found["parameter_rate"].values.tolist() == [0.1, 0.2, 0.1, 0.2]
        assert found["rate"].shape == (4, 9)
    with xarray.open_zarr(tmp_path / "vectors.zarr") as found:
        assert found["values"].values.tolist() == [[1.0, 0.5], [1.0, 0.1]]


def test_only_a_finished_store_is_opened(monkeypatch, tmp_path):
    begun(monkeypatch, tmp_path / "rates.zarr")
    with pytest.raises(ValueError, match="open: path must be a finished table, got "):
        stores.open(tmp_path / "rates.zarr")
    zarr.create_group(tmp_path / "theirs.zarr")
    for name in ("theirs.zarr", "nothing.zarr"):
        with pytest.raises(ValueError, match="open: path must be a table of fastlr, got "):
            stores.open(tmp_path / name)


def test_a_table_is_continued_by_more_steps(monkeypatch, tmp_path, rates):
    """Only missing steps are computed, and those of the chunk that was cut."""
    from fastlr.sweeps.stores.zarr import ZarrTable

    out, (start, stop, step) = tmp_path / "rates.zarr", STEPS
    written, put = [], ZarrTable.put
    made(out, steps=(start, start + step * 100, step))
    monkeypatch.setattr(
        ZarrTable,
        "put",
        lambda self, chunk, part: written.append(chunk) or put(self, chunk, part),
    )
    longer = made(out)
    assert np.array_equal(longer[:], rates)
    lanes, found, steps = stores.open(out)
    assert (lanes, steps, found.shape) == (SWEEP, range(*STEPS), rates.shape)
    assert written
    assert {columns.start for _, columns in written} <= set(range(100, stop, 100))
    with xarray.open_zarr(out) as whole:
        assert whole["step"].values.tolist() == list(range(*STEPS))


def test_jobs_write_one_store(tmp_path, rates):
    out = tmp_path / "rates.zarr"
    parts = [made(out, shard=(i, 3)) for i in (1, 0, 2)]
    assert all(part.shape == rates.shape for part in parts)
    with pytest.raises(ValueError, match="must be a finished table"):
        stores.open(out)
    assert np.array_equal(made(out)[:], rates)
    assert stores.open(out).lanes == SWEEP


@pytest.mark.parametrize("out", [None, "rates.npy"])
def test_shards_need_a_store_that_they_can_share(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="table: shard must be given with a Zarr out"):
        made(out, shard=(0, 2))
    with pytest.raises(ValueError, match=r"table: shard must be \(i, n\), the i-th of n parts"):
        made("rates.zarr", shard=(2, 2))
    assert list(tmp_path.iterdir()) == []


@in_every_form
def test_what_describes_a_table_is_smaller_than_the_table(tmp_path, form):
    """A list of 10^6 values was 35 MB of JSON beside 32 MB of rates."""
    many = flr.sweep("linear", init=np.random.default_rng(0).random(50_000), end=0.0, steps=10)
    many.table(4, dtype="float32", out=tmp_path / form)
    own = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    values, table = 8 * many.size, 16 * many.size
    assert own < table + 2.2 * values  # each value once as a coordinate, and once in the spec


BATCHES = [
    flr.constant(0.1),
    flr.cosine(np.linspace(0.1, 0.2, 300), 0.0, 100),
    flr.cosine(np.linspace(0.1, 0.2, 60).reshape(3, 1, 20), 0.0, np.array([10, 20]).reshape(2, 1)),
    flr.stack(
        {"a": flr.constant(0.1), "b": flr.linear(0.2, 0.1, steps=10), "c": flr.constant(0.3)}
    ),
]


@in_every_form
@pytest.mark.parametrize("batch", BATCHES, ids=["scalar", "one axis", "three axes", "groups"])
def test_the_lanes_of_a_schedule(tmp_path, form, batch):
    found = stores.table(batch, 1500, out=tmp_path / form, memory=LEAST)
    assert np.array_equal(found[:], batch.table(1500).reshape(-1, 1500))
    assert np.array_equal(
        stores.table(batch, 0, out=tmp_path / f"none-{form}"), np.empty((found.shape[0], 0))
    )


@pytest.mark.parametrize("layout", [in_rows, in_blocks])
@pytest.mark.parametrize(
    ("lanes", "steps"), [(1, 10**9), (10**6, 1), (10**5, 10**4), (3, 0), (10**9, 10**9)]
)
def test_chunks_fit_into_memory(layout, lanes, steps):
    sweep = flr.sweep("linear", flr.random(lanes, init=flr.Uniform(0.1, 0.2)), end=0.0, steps=100)
    rows, columns = layout(sweep, range(steps), np.dtype("float32"), 2**26).chunk
    assert 1 <= rows <= lanes
    assert 1 <= columns <= max(steps, 1)
    assert rows * columns * 4 <= 2**23
    assert rows == 1 or rows * columns * 4 > 2**18 or rows == lanes or columns == steps


KILLED = """
import sys
sys.path.insert(0, sys.argv[2])
from sweep_fixture import made
print("begun", flush=True)
made(sys.argv[1])
"""


@in_every_form
@pytest.mark.exhaustive(one_in=5)
def test_a_table_killed_at_any_moment_is_resumed(tmp_path, rates, form):
    out, moments, killed = tmp_path / form, random.Random(0), 0
    for _ in range(4):
        command = [sys.executable, "-c", KILLED, str(out), str(Path(__file__).parents[1])]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.05))
            process.send_signal(signal.SIGKILL)
        killed += process.returncode == -signal.SIGKILL
    assert killed > 0
    assert np.array_equal(made(out)[:], rates)
    assert not [path for path in contents(tmp_path) if path.suffix in (".part", ".partial")]


class StoppedError(Exception):
    """An error in place of a crash."""


def stopped_after(monkeypatch, store_class, chunks):
    """Make the store fail after it has written this number of chunks."""
    put, count = store_class.put, iter(range(10**9))

    def stop(self, chunk, part):
        if next(count) == chunks:
            raise StoppedError
        put(self, chunk, part)

    monkeypatch.setattr(store_class, "put", stop)


def begun(monkeypatch, out, chunks=3):
    """Return a store with this number of finished chunks."""
    from fastlr.sweeps.stores.zarr import ZarrTable

    with monkeypatch.context() as patch:
        stopped_after(patch, stores.NpyFile if str(out).endswith(".npy") else ZarrTable, chunks)
        with pytest.raises(StoppedError):
            made(out)


@in_every_form
@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_what_is_finished_is_not_made_again(monkeypatch, tmp_path, rates, form, chunks):
    begun(monkeypatch, tmp_path / form, chunks)
    requested, batches = [], type(SWEEP).batches
    monkeypatch.setattr(
        type(SWEEP),
        "batches",
        lambda self, places: (requested.append(places), batches(self, places))[1],
    )
    # in chunks as they were begun
    assert np.array_equal(made(tmp_path / form, memory=2**30)[:], rates)
    monkeypatch.undo()
    whole = tmp_path / f"whole-{form}"
    monkeypatch.setattr(
        type(SWEEP),
        "batches",
        lambda self, places: (requested.append(places), batches(self, places))[1],
    )
    resumed = len(requested)
    made(whole)
    assert len(requested) - resumed >= resumed
    assert (len(requested) - resumed == resumed) == (chunks == 0)


@pytest.mark.parametrize("tail", [b"", b"12ab", b"1234567"])
def test_a_line_that_is_cut_short_is_none(monkeypatch, tmp_path, rates, tail):
    begun(monkeypatch, tmp_path / "rates.npy")
    journal = tmp_path / "rates.npy.journal"
    journal.write_bytes(journal.read_bytes() + tail)
    assert np.array_equal(made(tmp_path / "rates.npy"), rates)
    assert len(journal.read_text().splitlines()) == 1 + len(
        list(in_rows(SWEEP, range(*STEPS), rates.dtype, LEAST).chunks())
    )


@pytest.mark.parametrize("left", [b"", b'{"fingerprint": "ab'])
def test_killed_before_the_journal_was_begun(tmp_path, rates, left):
    (tmp_path / "rates.npy.journal").write_bytes(left)
    assert np.array_equal(made(tmp_path / "rates.npy"), rates)


def refuses(folder, out, why, **options):
    """Check that the call fails and changes nothing."""
    before = contents(folder)
    with pytest.raises(
        ValueError, match=f"must be new, or begun by the same call, got .*{why}.*left as it is"
    ):
        made(out, **options)
    assert contents(folder) == before


@in_every_form
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "begun"])
def test_a_store_of_something_else_is_refused(monkeypatch, tmp_path, form, whole):
    out = tmp_path / form
    made(out) if whole else begun(monkeypatch, out)
    other = flr.sweep("linear", init=np.linspace(0.1, 0.2, SWEEP.size), end=0.0, steps=100)
    refuses(tmp_path, out, "its fingerprint is", sweep=other)
    refuses(tmp_path, out, "its steps is", steps=(4, 3000, 2))
    refuses(tmp_path, out, "its shape is", steps=(3, 2998, 2))
    refuses(tmp_path, out, "its dtype is 'float64', not 'float32'", dtype="float32")


def changed(path, at=-7):
    """Return the bytes with one bit flipped."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def chunks_of_zarr(out):
    return sorted(path for path in (out / "rate" / "c").rglob("*") if path.is_file())


def test_a_corrupt_array_is_refused(monkeypatch, tmp_path):
    out = tmp_path / "rates.zarr"
    begun(monkeypatch, out)
    changed(chunks_of_zarr(out)[1])
    refuses(tmp_path, out, "it is corrupt in its chunk")
    chunks_of_zarr(out)[1].write_bytes(b"")
    refuses(tmp_path, out, "it is corrupt in its chunk")


def test_a_finished_array_that_lost_a_chunk_is_refused(tmp_path):
    out = tmp_path / "rates.zarr"
    array = made(out)
    chunk = chunks_of_zarr(out)[2]
    data = chunk.read_bytes()
    changed(chunk)
    with pytest.raises(ValueError, match="checksum"):
        array[:]
    chunk.write_bytes(data[:100])
    refuses(tmp_path, out, "it is corrupt in its chunk")
    chunk.unlink()
    refuses(tmp_path, out, "it is corrupt: 1 of its chunks are missing")
    changed(out / "zarr.json", 0)
    refuses(tmp_path, out, "it holds no group that zarr can read")


def test_a_corrupt_file_is_refused(monkeypatch, tmp_path):
    out, draft, journal = (tmp_path / f"rates.npy{suffix}" for suffix in ("", ".part", ".journal"))
    begun(monkeypatch, out)
    data = draft.read_bytes()
    changed(draft)
    refuses(tmp_path, out, "it is corrupt in its chunk 2")
    draft.write_bytes(data[:-1])
    refuses(tmp_path, out, "it is corrupt in its chunk 2")
    draft.write_bytes(b"x" + data[1:])
    refuses(tmp_path, out, "it is corrupt in its header")
    draft.unlink()
    refuses(tmp_path, out, "are not of the same table")
    journal.write_text("nothing\n")
    refuses(tmp_path, out, "its journal cannot be read")
    journal.write_text("{}\n")
    refuses(tmp_path, out, "it does not describe a table of fastlr")


def test_a_finished_file_that_lost_data_is_refused(tmp_path):
    out = tmp_path / "rates.npy"
    made(out)
    out.write_bytes(out.read_bytes()[:-8])
    refuses(tmp_path, out, "it is corrupt: its length has changed")
    (tmp_path / "rates.npy.journal").unlink()
    refuses(tmp_path, out, "there is no journal beside it")


def test_a_finished_file_is_read_again(tmp_path):
    out = tmp_path / "rates.npy"
    made(out)
    data = bytearray(out.read_bytes())
    data[-3] ^= 1
    out.write_bytes(data)
    refuses(tmp_path, out, "it is corrupt in its chunk")


def test_what_is_not_ours_is_refused(tmp_path):
    (tmp_path / "file.zarr").write_text("something")
    refuses(tmp_path, tmp_path / "file.zarr", "something else")
    (tmp_path / "folder.zarr").mkdir()
    (tmp_path / "folder.zarr" / "thesis.txt").write_text("something")
    refuses(tmp_path, tmp_path / "folder.zarr", "something else")
    zarr.create_array(tmp_path / "array.zarr", shape=(3,), dtype="float64")
    refuses(tmp_path, tmp_path / "array.zarr", "it holds no group that zarr can read")
    zarr.create_group(tmp_path / "group.zarr")
    refuses(tmp_path, tmp_path / "group.zarr", "it does not describe a table of fastlr")
    np.save(tmp_path / "theirs.npy", np.ones(3))
    refuses(tmp_path, tmp_path / "theirs.npy", "there is no journal beside it")


FULL = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from sweep_fixture import made
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    made(sys.argv[1])
except OSError as error:
    print(error)
"""


def out_of_space(out, limit):
    """Return the error of a process with this limit on the size of its files."""
    # without -B, Python would keep bytecode that the limit cut short, and fail to import it later
    command = [
        sys.executable,
        "-B",
        "-c",
        FULL,
        str(out),
        str(Path(__file__).parents[1]),
        str(limit),
    ]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


@pytest.mark.parametrize(("form", "limit"), [("rates.npy", 400_000), ("rates.zarr", 100_000)])
def test_a_full_disk_is_reported(tmp_path, rates, form, limit):
    said = out_of_space(tmp_path / form, limit)
    assert "table: out could not be written: File too large" in said
    assert f"of {rates.size:,} rates are finished; repeat the call to resume" in said
    assert str(tmp_path) in said
    assert form == "rates.zarr" or not said.split(": ")[2].startswith("0 of")
    assert np.array_equal(made(tmp_path / form)[:], rates)


def test_a_zarr_store_that_fails_loses_no_chunk(rates):
    class Full(MemoryStore):
        left = 4

        async def set(self, key, value, byte_range=None):
            if key.startswith("rate/c/"):
                if not self.left:
                    raise OSError(28, "No space left on device")
                self.left -= 1
            await super().set(key, value, byte_range)

    store = Full()
    with pytest.raises(
        OSError, match=r"No space left on device; [1-9][0-9,]* of .* rates are finished"
    ) as failure:
        made(store)
    assert failure.value.errno == 28
    kept = {
        key: value.to_bytes()
        for key, value in store._store_dict.items()
        if key.startswith("rate/c/")
    }
    assert len(kept) == 4
    store.left = 10**9
    assert np.array_equal(made(store)[:], rates)
    assert all(store._store_dict[key].to_bytes() == data for key, data in kept.items())


@in_every_form
def test_a_sweep_larger_than_the_disk_is_refused(tmp_path, form):
    huge = flr.sweep("linear", flr.random(10**9, init=flr.Uniform(0.1, 0.2)), end=0.0, steps=100)
    with pytest.raises(ValueError, match="table: out needs at least"):
        huge.table(10**6, out=tmp_path / form)
    assert list(tmp_path.iterdir()) == []


REFUSED = [
    ({"out": "rates.csv"}, ValueError, "out must end in .npy or .zarr, got 'rates.csv'"),
    ({"out": "nowhere/rates.zarr"}, ValueError, "out must be in an existing folder"),
    ({"out": 3}, TypeError, "out must be an array, a path or a zarr store, got int 3"),
    ({"out": np.empty((2, 2))}, ValueError, "out must have shape"),
    (
        {"out": np.empty((SWEEP.size, 1499), dtype=np.int64)},
        TypeError,
        "out must be float64 or float32",
    ),
    ({"dtype": "int32"}, TypeError, "dtype must be float64 or float32, got int32"),
    ({"memory": 2**20 - 1}, ValueError, r"memory must be at least 2\*\*20 bytes, got 1048575"),
    ({"memory": 1e9}, TypeError, "memory must be an integer, got float"),
    ({"memory": True}, TypeError, "memory must be an integer, got bool"),
    ({"threads": 0}, ValueError, "threads must be at least 1, got 0"),
    ({"progress": 1}, TypeError, "progress must be True or False, got int 1"),
    ({"steps": (-1,)}, ValueError, "start and stop must be at least 0"),
    ({"steps": (1, 2, 0)}, ValueError, "step must be from 1"),
    ({"steps": (1.5,)}, TypeError, "stop must be an integer, got float"),
]


@pytest.mark.parametrize(("wrong", "error", "message"), REFUSED)
def test_what_cannot_be_done_is_said_before(tmp_path, monkeypatch, wrong, error, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=f"table: {message}"):
        made(**{"out": "rates.zarr"} | wrong)
    assert list(tmp_path.iterdir()) == []


def test_what_memory_and_schedules_refuse():
    huge = flr.sweep("linear", flr.random(10**9, init=flr.Uniform(0.1, 0.2)), end=0.0, steps=100)
    with pytest.raises(
        ValueError,
        match=r'needs .* GB; this machine has .* GB; give out="NAME.zarr" or out="NAME.npy"',
    ):
        huge.table(10**6)
    ended = flr.sweep("linear(init, 0.0, 10).with_past_end('raise')", init=[0.1, 0.2])
    with pytest.raises(ValueError, match="must be before the end, step 10"):
        ended.table(11)
    with pytest.raises(TypeError, match="lanes must be a Sweep or a Schedule, got float"):
        stores.table(0.1, 10)


def test_progress_is_shown(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(progress, "_DELAY", 0.0)
    made(tmp_path / "rates.npy", progress=True)
    assert "100%" in capfd.readouterr().err
    made(tmp_path / "other.npy")
    assert capfd.readouterr() == ("", "")


PEAK = """
import re, sys, numpy as np, fastlr as flr
from pathlib import Path

def peak():  # what getrusage says is not this process's alone
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

peaks = np.geomspace(1e-4, 1e-2, 2_000)
sweep = flr.sweep("wsd", peak=peaks, warmup=[100, 200], stable=5_000, cooldown=[500, 1_000])
sweep.table(100, out=sys.argv[1] + "/first" + sys.argv[2], memory=2**20)
base = peak()
sweep.table(4_000, out=sys.argv[1] + "/rates" + sys.argv[2], memory=2**26, threads=2)
print(peak() - base)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows it")
@pytest.mark.parametrize("suffix", [".npy", ".zarr"])
@pytest.mark.exhaustive(one_in=5)
def test_it_keeps_within_memory(tmp_path, suffix):
    """A table of 256 MB is written in 64 MiB of memory."""
    command = [sys.executable, "-c", PEAK, str(tmp_path), suffix]
    used = int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    assert 0 < used <= 2**26


AT_ONCE = """
import sys
from pathlib import Path
from sweep_fixture import made
try:
    made(Path(sys.argv[1]))
except ValueError as error:
    assert "another process" in str(error), error
"""


def test_processes_that_write_one_file_at_once_spoil_nothing(tmp_path, rates):
    out = tmp_path / "rates.npy"
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n{AT_ONCE}",
        str(out),
    ]
    together = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(process.communicate()[1], process.returncode) for process in together] == [("", 0)] * 3
    assert np.array_equal(made(out), rates)


@pytest.mark.parametrize(
    "chunk", [[1, 10**12], [10**12, 1], [2**62, 2**62], [True, 1], [0, 1], [1.0, 1], "ab", None]
)
def test_a_journal_of_impossible_chunks_is_refused(monkeypatch, tmp_path, chunk):
    begun(monkeypatch, tmp_path / "rates.npy")
    journal = tmp_path / "rates.npy.journal"
    head, *sums = journal.read_text().splitlines(keepends=True)
    journal.write_text(f"{json.dumps({**json.loads(head), 'chunk': chunk})}\n{''.join(sums)}")
    refuses(tmp_path, tmp_path / "rates.npy", "its journal cannot be read")


def test_a_journal_of_more_chunks_than_there_are_is_refused(monkeypatch, tmp_path):
    begun(monkeypatch, tmp_path / "rates.npy")
    journal = tmp_path / "rates.npy.journal"
    journal.write_text(journal.read_text() + "00000000\n" * 1_000)
    refuses(tmp_path, tmp_path / "rates.npy", "its journal cannot be read")


# -- two sweeps that differ in one fixed value, and sweeps without a fingerprint -------------------


def ends_at_zero(k):
    """A family whose first and last schedules do not depend on ``k``."""
    return flr.sweep("cosine(1e-3, end * k, 100)", end=[0.0, 1e-4, 0.0], k=k)


@in_every_form
def test_a_store_of_another_fixed_value_is_refused(tmp_path, form):
    out = tmp_path / form
    one = np.array(ends_at_zero(1).table(200, out=out)[:])
    before = contents(tmp_path)
    with pytest.raises(
        ValueError,
        match=r"table: out must be new, or begun by the same call, .* its fingerprint is",
    ):
        ends_at_zero(3).table(200, out=out)
    assert contents(tmp_path) == before
    assert np.array_equal(ends_at_zero(1).table(200, out=out)[:], one)
    assert not np.array_equal(ends_at_zero(3).table(200), one)


@in_every_form
def test_a_store_of_a_function_that_was_mended_is_refused(tmp_path, form):
    code = "def family(peak): return flr.linear(peak, 0.0, 100)"
    scope = {"flr": flr}
    exec(code, scope)
    flr.sweep(scope["family"], peak=[0.1, 0.2]).table(50, out=tmp_path / form)
    exec(code.replace("100", "50"), scope)
    with pytest.raises(ValueError, match="its fingerprint is"):
        flr.sweep(scope["family"], peak=[0.1, 0.2]).table(50, out=tmp_path / form)
    exec(code, scope)
    assert flr.sweep(scope["family"], peak=[0.1, 0.2]).table(50, out=tmp_path / form).shape == (
        2,
        50,
    )


@in_every_form
def test_a_sweep_without_a_fingerprint_is_not_stored(tmp_path, form):
    unseen = object()

    def family(peak):
        return flr.linear(peak * (1.0 if unseen else 2.0), 0.0, 100)

    def swept(**version):
        return flr.sweep(family, peak=[0.1, 0.2], **version)

    with pytest.raises(
        ValueError,
        match=r"table: out must be for a sweep with a fingerprint.* reads 'unseen'.*version='1'",
    ):
        swept().table(50, out=tmp_path / form)
    assert contents(tmp_path) == {}
    stored = swept(version="1").table(50, out=tmp_path / form)
    assert np.array_equal(stored[:], swept().table(50))
    assert np.array_equal(swept(version="1").table(50, out=tmp_path / form)[:], stored[:])
    with pytest.raises(ValueError, match="its fingerprint is"):
        swept(version="2").table(50, out=tmp_path / form)


# -- more lanes ------------------------------------------------------------------------------------

PEAKS = np.linspace(0.1, 0.2, 900)
GROWING = [
    (
        lambda part: flr.sweep(
            "cyclic",
            low=PEAKS[: int(900 * part)],
            high=1.0,
            up=[10, 20, 30],
            mode=["triangular", "cosine"],
        )
    ),
    lambda part: flr.sweep("linear", init=PEAKS[: int(900 * part)], end=0.0, steps=range(7, 17)),
    lambda part: flr.sweep(
        "linear",
        flr.zipped(init=PEAKS[: int(900 * part)], end=PEAKS[::-1][: int(900 * part)]),
        steps=[5, 10],
    ),
    lambda part: flr.sweep("linear", init=1.0, end=0.0, steps=range(3, 3 + int(5_000 * part), 1)),
    lambda part: flr.sweep(
        "linear", flr.random(int(3_000 * part), init=flr.LogUniform(1e-4, 1e-2)), end=0.0, steps=9
    ),
    lambda part: flr.sweep(
        "linear", flr.sobol(int(1_000 * part), init=flr.Uniform(0.1, 1.0)), end=0.0, steps=9
    ),
    lambda part: flr.cosine(PEAKS[: int(900 * part)], 0.0, 100),
    lambda part: flr.cosine(PEAKS[: int(900 * part), None], 0.0, np.array([10, 20, 30])),
    lambda part: flr.stack({f"g{i}": flr.constant(0.1 * i) for i in range(1, 1 + int(9 * part))}),
]


@pytest.mark.parametrize("growing", GROWING, ids=range(len(GROWING)))
@pytest.mark.parametrize(("columns", "memory"), [(300, LEAST), (400, 2**28)])
@pytest.mark.exhaustive(one_in=5)
def test_a_table_grows_by_lanes(tmp_path, growing, columns, memory):
    out, small, large = tmp_path / "rates.zarr", growing(1 / 3), growing(1)
    stores.table(small, 300, out=out, memory=memory)
    grown = stores.table(large, columns, out=out, memory=memory)
    assert np.array_equal(grown[:], stores.table(large, columns))
    lanes, rates, steps = stores.open(out)
    assert (lanes, rates.shape, steps) == (large, grown.shape, range(columns))
    with xarray.open_zarr(out) as found:
        assert found["rate"].shape == grown.shape
        if isinstance(large, flr.Sweep):
            for name, values in large.parameters(slice(None)).items():
                assert found[name].values.tolist() == values.tolist()
    refused_size = f"its fingerprint is .{large.fingerprint}"
    with pytest.raises(ValueError, match=refused_size):
        stores.table(small, 300, out=out)


def test_only_the_lanes_that_are_new_are_computed(tmp_path, monkeypatch):
    from fastlr.sweeps.stores.zarr import ZarrTable

    out, growing, written, put = tmp_path / "rates.zarr", GROWING[1], [], ZarrTable.put
    first = growing(1 / 3).table(300, out=out, memory=LEAST)
    whole = first.shape[0] // first.chunks[0] * first.chunks[0]
    monkeypatch.setattr(
        ZarrTable, "put", lambda self, chunk, part: written.append(chunk) or put(self, chunk, part)
    )
    growing(1).table(300, out=out, memory=LEAST)
    assert min(lanes.start for lanes, _ in written) == whole


@pytest.mark.parametrize("chunks", [0, 1, 4])
def test_lanes_are_appended_though_the_process_is_stopped(tmp_path, monkeypatch, chunks):
    from fastlr.sweeps.stores.zarr import ZarrTable

    out, (small, large) = tmp_path / "rates.zarr", map(GROWING[1], (1 / 3, 1))
    small.table(300, out=out, memory=LEAST)
    with monkeypatch.context() as patch:
        stopped_after(patch, ZarrTable, chunks)
        with pytest.raises(StoppedError):
            large.table(300, out=out, memory=LEAST)
    with pytest.raises(ValueError, match="open: path must be a finished table"):
        stores.open(out)
    with pytest.raises(ValueError, match="its fingerprint is"):
        small.table(300, out=out, memory=LEAST)  # what it was is no longer what it is
    assert np.array_equal(large.table(300, out=out, memory=LEAST)[:], large.table(300))


APPENDING = """
import sys
import fastlr as flr
print("begun", flush=True)
drawn = flr.random(30_000, init=flr.LogUniform(1e-4, 1e-2))
flr.sweep("linear", drawn, end=0.0, steps=9).table(300, out=sys.argv[1], memory=2**20)
"""


@pytest.mark.exhaustive
def test_lanes_are_appended_though_the_process_is_killed(tmp_path):
    def family(size):
        return flr.sweep(
            "linear", flr.random(size, init=flr.LogUniform(1e-4, 1e-2)), end=0.0, steps=9
        )

    out, moments, killed = tmp_path / "rates.zarr", random.Random(0), 0
    family(1_000).table(300, out=out, memory=LEAST)
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", APPENDING, str(out)], stdout=subprocess.PIPE
        ) as process:
            process.stdout.readline()
            time.sleep(moments.uniform(0.05, 0.4))
            process.send_signal(signal.SIGKILL)
        killed += process.returncode == -signal.SIGKILL
    assert killed > 0
    assert np.array_equal(
        family(30_000).table(300, out=out, memory=LEAST)[:], family(30_000).table(300)
    )
    assert stores.open(out).lanes == family(30_000)


def test_jobs_append_lanes_together(tmp_path):
    out, (small, large) = tmp_path / "rates.zarr", map(GROWING[1], (1 / 3, 1))
    small.table(300, out=out, memory=LEAST)
    for part in (1, 0):
        large.table(300, out=out, memory=LEAST, shard=(part, 2))
    assert np.array_equal(large.table(300, out=out)[:], large.table(300))


CHANGED = [
    (
        flr.sweep("linear", init=[0.1, 0.3, 0.4], end=0.0, steps=[5, 9]),
        r"its 'init' is \[0.1, 0.2\], not \[0.1, 0.3, 0.4\]",
    ),
    (
        flr.sweep("linear", init=[0.1, 0.2, 0.3], end=0.01, steps=[5, 9]),
        "its 'init' is .*",
    ),
    (flr.sweep("linear", init=[0.1, 0.2], end=0.01, steps=[5, 9]), "its 'end' is 0.0, not 0.01"),
    (flr.sweep("cosine", init=[0.1, 0.2], end=0.0, steps=[5, 9]), "its 'family' is 'linear'"),
    (flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[5, 9, 10]), "its 'steps' is .5, 9., not"),
    (
        flr.sweep("linear", steps=[5, 9], init=[0.1, 0.2], end=0.0),
        r"its order is .*'init', 'steps', 'end'.*, not .*'steps', 'init', 'end'",
    ),
    (flr.linear([0.1, 0.2, 0.3, 0.4, 0.5], 0.0, steps=5), "it has 'family', which these lanes"),
]


@pytest.mark.parametrize(("changed", "difference"), CHANGED)
def test_a_sweep_that_does_not_begin_as_the_store_is_refused(tmp_path, changed, difference):
    out = tmp_path / "rates.zarr"
    flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[5, 9]).table(20, out=out)
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=f"its fingerprint is .*{difference}.*left as it is"):
        stores.table(changed, 20, out=out)
    assert contents(tmp_path) == before


def test_points_that_depend_on_their_number_are_not_appended(tmp_path):
    def family(size):
        drawn = flr.latin_hypercube(size, init=flr.Uniform(0.1, 1.0))
        return flr.sweep("linear", drawn, end=0.0, steps=9)

    out = tmp_path / "rates.zarr"
    family(8).table(20, out=out)
    with pytest.raises(ValueError, match="its 'size' is 8, not 16"):
        family(16).table(20, out=out)


@pytest.mark.parametrize("grown", [(900, 300), (300, 400)])
def test_a_table_that_is_not_finished_does_not_grow(tmp_path, monkeypatch, grown):
    """The call that began the table may still run."""
    from fastlr.sweeps.stores.zarr import ZarrTable

    out, (lanes, columns) = tmp_path / "rates.zarr", grown
    with monkeypatch.context() as patch:
        stopped_after(patch, ZarrTable, 1)
        with pytest.raises(StoppedError):
            GROWING[1](1 / 3).table(300, out=out, memory=LEAST)
    before = contents(tmp_path)
    with pytest.raises(ValueError, match="is not finished; repeat the call that began it"):
        GROWING[1](lanes / 900).table(columns, out=out, memory=LEAST)
    assert contents(tmp_path) == before
