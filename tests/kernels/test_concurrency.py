"""Use fastlr in threads, forks and processes at once: each gets the same bits as alone, and shared
objects do not change.
"""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from example_schedules import BACKENDS
from processes import answers, fresh, run, start

import fastlr as flr
from fastlr.kernels import threads
from fastlr.program import lowering
from fastlr.sweeps import sampling

PROCESSES = int(os.environ.get("FASTLR_PROCESSES", "2"))  # on a cold cache at once


@pytest.fixture
def hurried():
    """Make threads switch as often as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-7)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def eager(monkeypatch):
    """Divide tables of any size among threads."""
    monkeypatch.setattr(threads, "_LEAST", 1)


def at_once(work, count=6):
    """Return the results of ``work(i)`` in several threads that begin together."""
    gate = threading.Barrier(count)

    def begin(i):
        gate.wait()
        return work(i)

    with ThreadPoolExecutor(count) as executor:
        return [*executor.map(begin, range(count))]


def alone(backend):
    with flr.use_backend(backend):
        return answers(*fresh())


# -- threads ---------------------------------------------------------------------------------------


def test_threads_that_lower_a_schedule_at_once_take_one_program(hurried, monkeypatch):
    """Kernels must read the address of the array that the schedule keeps; others may be freed."""
    lower, together = lowering.lower, []

    def lower_together(*args):
        program = lower(*args)
        together[0].wait()
        return program

    monkeypatch.setattr(lowering, "lower", lower_together)
    for _ in range(100):
        schedule, gate = flr.linear(1.0, 0.0, 10), threading.Barrier(4)
        together[:] = [gate]
        at_once(lambda i, schedule=schedule: schedule._lowered(), 4)
        assert schedule._address == schedule._buffer.ctypes.data == schedule.program.ctypes.data
        assert np.shares_memory(schedule._buffer, schedule.program)


@pytest.mark.parametrize("backend", BACKENDS)
def test_threads_on_one_schedule_agree(hurried, eager, backend):
    expected, schedule = alone(backend), fresh()

    def evaluate(_):
        with flr.use_backend(backend):
            return {answers(*schedule) for _ in range(5)}

    assert at_once(evaluate) == [{expected}] * 6


def test_each_thread_keeps_its_own_backend(hurried, eager):
    expected, schedule = [alone(name) for name in BACKENDS], fresh()

    def evaluate(i):
        with flr.use_backend(BACKENDS[i % 3]):
            found = {answers(*schedule) for _ in range(5)}
            return found, flr.backend()

    assert at_once(evaluate) == [({expected[i % 3]}, BACKENDS[i % 3]) for i in range(6)]


def test_a_table_is_of_one_backend_while_others_are_set(hurried, eager):
    """The reference has other bits than C and Numba, so a mixed table would be noticed."""
    before, schedule, done = flr.backend(), flr.cosine(1.0, 0.1, 999), threading.Event()

    def tables():
        return schedule.table(1_000, threads=8).tobytes(), schedule(
            np.arange(1_000), threads=8
        ).tobytes()

    whole = set()
    for name in BACKENDS:
        with flr.use_backend(name):
            whole |= {*tables()}

    def switch():
        while not done.is_set():
            for name in BACKENDS:
                flr.set_backend(name)

    switcher = threading.Thread(target=switch)
    switcher.start()
    try:
        assert {rates for _ in range(60) for rates in tables()} <= whole
        assert len(whole) == 2
    finally:
        done.set()
        switcher.join()
        flr.set_backend(before)


def test_threads_that_draw_from_one_sequence_agree(hurried):
    drawn = flr.sobol(1_024, seed=3, x=flr.Uniform(0.0, 1.0))
    expected = drawn.values(np.arange(64))["x"].tobytes()
    assert at_once(lambda _: drawn.values(np.arange(64))["x"].tobytes()) == [expected] * 6
    assert isinstance(drawn._points, sampling._SobolPoints)


# -- forks -----------------------------------------------------------------------------------------

CROWD = """
import hashlib, json, multiprocessing, os, signal, sys, threading, warnings
import numpy as np
import fastlr as flr
from fastlr.kernels import threads
from processes import answers, fresh
# forks of a process with threads are what this test is about
warnings.filterwarnings("ignore", ".*is multi-threaded, use of fork", DeprecationWarning)
threads._LEAST = 1
expected, schedule, found = sys.argv[1], fresh(), {}

def right(_=None):
    return hashlib.sha256(answers(*schedule)).hexdigest() == expected

def forked(work):
    child = os.fork()
    if child == 0:
        signal.alarm(240)  # a child that waits for ever is ended, and so counted
        os._exit(0 if work() else 1)
    return os.waitpid(child, 0)[1] == 0

def threaded(works):
    found = []
    crowd = [threading.Thread(target=lambda work=work: found.append(work())) for work in works]
    [thread.start() for thread in crowd], [thread.join() for thread in crowd]
    return found == [True] * len(works)

found["before first use"] = forked(right)
found["first use by threads"] = threaded([right] * 6)
found["after first use"] = forked(right)
found["in a thread"] = threaded([lambda: forked(right)])
found["in several threads"] = threaded([lambda: forked(right)] * 3)
found["a child's child, and its threads"] = forked(lambda: threaded([right] * 3) and forked(right))
busy, done = [], threading.Event()

def keep_busy():
    while not done.is_set():
        busy.append(right())

crowd = [threading.Thread(target=keep_busy) for _ in range(3)]
[thread.start() for thread in crowd]
found["beside threads that are at work"] = all([forked(right) for _ in range(5)])
done.set(), [thread.join() for thread in crowd]
found["those threads"] = len(busy) > 0 and all(busy)
with multiprocessing.get_context("fork").Pool(2) as pool:
    found["in a pool"] = all(pool.map(right, range(4)))
found["the parent, at last"] = right()
print(json.dumps(found))
"""


@pytest.fixture(params=BACKENDS)
def crowd(request, monkeypatch):
    """Return the results of forks with this backend, kind by kind, from its own process."""
    expected = alone(request.param)  # compiled and kept
    inside = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n{CROWD}"
    return run(inside, sha256(expected).hexdigest(), FASTLR_BACKEND=request.param)


@pytest.mark.exhaustive(one_in=5)
def test_forks_before_and_after_use_in_and_beside_threads(crowd):
    assert crowd == dict.fromkeys(crowd, True)
    assert len(crowd) == 10


# -- many processes, and the cache on disk ---------------------------------------------------------


@pytest.mark.exhaustive
def test_processes_at_once_on_a_cold_cache(tmp_path):
    """Several processes compile fastlr's kernels at once; each reads what another has cached."""
    code = (
        "import json, fastlr as flr; from fastlr.kernels import jit;"
        "rate = flr.linear(1.0, 0.0, 10)(3);"
        "print(json.dumps([rate, sum(jit.quick_calls._scalar.stats.cache_hits.values())]))"
    )
    env = {"NUMBA_CACHE_DIR": str(tmp_path), "FASTLR_BACKEND": "jit"}
    together = [start(code, **env) for _ in range(PROCESSES)]
    ended = [
        (*process.communicate(timeout=300 + 60 * PROCESSES), process.returncode)
        for process in together
    ]
    assert [(err, code) for _, err, code in ended] == [("", 0)] * PROCESSES
    assert [json.loads(out)[0] for out, _, _ in ended] == [0.7] * PROCESSES
    assert run(code, **env) == [0.7, 1]
    assert [path for path in tmp_path.rglob("*") if ".tmp." in path.name] == []


A_KERNEL = """
import json, resource, sys
import numpy as np
from fastlr.kernels.jit.compiling import kernel

@kernel
def squares(out):
    for i in range(out.size):
        out[i] = i * i

def main():
    if sys.argv[1:] == ["full"]:
        # like a full disk, it refuses the first byte of a file
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    out = np.empty(5)
    squares(out)
    print(json.dumps({"right": out.tolist(), "hits": sum(squares.stats.cache_hits.values())}))
"""
SQUARES = [0, 1, 4, 9, 16]


@pytest.fixture
def squares(tmp_path):
    """Compile a small kernel as fastlr compiles its own, in a process of its own."""
    (tmp_path / "a_kernel.py").write_text(A_KERNEL)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import a_kernel; a_kernel.main()"
    return lambda *args: run(code, *args, NUMBA_CACHE_DIR=str(tmp_path / "cache"))


def kept(tmp_path):
    return [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_full_disk_stops_no_rate(squares, tmp_path):
    assert squares("full") == {"right": SQUARES, "hits": 0}
    assert kept(tmp_path) == []


@pytest.mark.exhaustive
def test_a_damaged_cache_stops_no_rate(squares, tmp_path):
    """A crash of the machine may leave half a file in the cache."""
    assert squares() == {"right": SQUARES, "hits": 0}
    assert len(kept(tmp_path)) == 2
    for path in kept(tmp_path):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert squares() == {"right": SQUARES, "hits": 0}
