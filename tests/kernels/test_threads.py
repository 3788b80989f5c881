"""Tables on several threads: the same bits however the work is divided, also in forked children,
and no error is lost.
"""

import os
import threading

import numpy as np
import pytest
import strategies
from example_counts import examples
from example_schedules import BACKENDS
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

import fastlr as flr
from fastlr.kernels import threads

SWEEP = flr.warmup_cosine(np.geomspace(1e-4, 1e-2, 300), 20, 100_000)
MIXED = flr.stack(
    [
        flr.constant(0.1),
        *(flr.linear(1.0, 0.0, n) for n in range(1, 40)),
        flr.cosine(1.0, 0.1, 70),
        flr.rex(1.0, 0.0, 9),
    ]
)


@pytest.fixture
def eager(monkeypatch):
    """Divide tables of any size among threads."""
    monkeypatch.setattr(threads, "_LEAST", 1)


@pytest.mark.parametrize("backend", BACKENDS)
@given(
    schedule=st.one_of(strategies.scalars, strategies.batches()),
    count=st.integers(1, 3000),
    many=st.integers(2, 9),
)
@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_threads_change_no_bit(eager, backend, schedule, count, many):
    steps = np.arange(count)[::-1].copy()
    with flr.use_backend(backend):
        assert schedule.table(count, threads=many).tobytes() == schedule.table(count).tobytes()
        assert (
            schedule.table(count, dtype="float32", threads=many).tobytes()
            == schedule.table(count, dtype="float32").tobytes()
        )
        assert schedule(steps, threads=many).tobytes() == schedule(steps).tobytes()
        assert (
            np.asarray(schedule(count - 1, threads=many)).tobytes()
            == np.asarray(schedule(count - 1)).tobytes()
        )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("schedule", [SWEEP, MIXED], ids=["sweep", "mixed"])
@pytest.mark.parametrize("many", [2, 3, 1_000])
def test_lanes_are_divided(eager, backend, schedule, many):
    with flr.use_backend(backend):
        assert schedule(50, threads=many).tobytes() == schedule(50).tobytes()
        out = np.full((*schedule.shape, 10), np.nan)
        assert schedule.table(3, 33, 3, out=out, threads=many) is out
        assert out.tobytes() == schedule.table(3, 33, 3).tobytes()


def test_a_table_is_divided_without_gap_or_overlap(eager):
    for lanes, columns in ((1, 1), (1, 1_000), (7, 3), (100, 1), (1_000, 10)):
        for many in (1, 2, 3, 16):
            count, lock = np.zeros((lanes, columns), dtype=int), threading.Lock()

            def work(rows, places, count=count, lock=lock):
                with lock:
                    count[rows.start : rows.stop, places.start : places.stop] += 1

            threads.split_over_threads(work, lanes, columns, many)
            assert (count == 1).all()


def test_small_work_is_not_divided():
    threads_seen = []
    threads.split_over_threads(
        lambda lanes, columns: threads_seen.append(threading.current_thread()), 10, 100, threads=8
    )
    assert threads_seen == [threading.current_thread()]


def test_work_that_fails_says_so(eager):
    def fail(lanes, columns):
        raise MemoryError("in a thread")

    with pytest.raises(MemoryError, match="in a thread"):
        threads.split_over_threads(fail, 100, 100, threads=4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_threads_in_a_forked_child(eager, backend):
    """The parent has used threads before, and the child forks again."""
    with flr.use_backend(backend):
        expected = SWEEP.table(50, threads=2).tobytes()

        def right() -> int:
            return SWEEP.table(50, threads=3).tobytes() == expected

        child = os.fork()
        if child == 0:
            grandchild = os.fork()
            if grandchild == 0:
                os._exit(0 if right() else 1)
            os._exit(0 if right() and os.waitpid(grandchild, 0)[1] == 0 else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert right()


def test_no_thread_is_left_behind(eager):
    before = threading.active_count()
    SWEEP.table(1_000, threads=4)
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("threads", "error"),
    [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError), (None, TypeError)],
)
@pytest.mark.parametrize(
    "evaluate",
    [
        lambda n: SWEEP.table(5, threads=n),
        lambda n: SWEEP(5, threads=n),
        lambda n: SWEEP([5], threads=n),
    ],
)
def test_a_number_of_threads_is_a_positive_integer(evaluate, threads, error):
    with pytest.raises(error, match="threads must be "):
        evaluate(threads)
