"""A call of a schedule gives the same in C as in Python: rates, types and errors.

``Schedule.__call__`` is C if the library is built. ``s._evaluate`` is the method in Python. It
answers every call without the library.
"""

import array
import inspect
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastlr as flr
from fastlr.kernels.schedule_base import PlainBase, calls_in_c

LINE = flr.linear(1.0, 0.0, steps=8)
SCHEDULES = {
    "scalar": LINE,
    "raise": LINE.with_past_end("raise"),
    "batch": flr.linear([1.0, 2.0], 0.0, steps=8),
    "empty batch axis of one": flr.linear([1.0], 0.0, steps=8),
}
EIGHT = np.arange(8)


def read_only(array):
    array.setflags(write=False)
    return array


def unaligned(n, dtype):
    return np.zeros(n * 8 + 1, np.uint8)[1:].view(dtype)


STEPS = {
    "0": 0,
    "5": 5,
    "past the end": 8,
    "-1": -1,
    "2**53": 2**53,
    "beyond": 2**53 + 1,
    "2**64": 2**64,
    "-2**63": -(2**63),
    "True": True,
    "5.0": 5.0,
    "None": None,
    "text": "5",
    **{dtype: np.dtype(dtype).type(5) for dtype in np.typecodes["AllInteger"]},
    "uint64 beyond": np.uint64(2**64 - 1),
    "int64 below": np.int64(-1),
    "bool_": np.True_,
    "float64": np.float64(5),
    "list": [1, 2],
    "an array": EIGHT,
    "read-only": read_only(np.arange(3)),
    "one step": np.array([5]),
    "no steps": np.array([], np.int64),
    "no axes": np.array(5),
    "two axes": EIGHT.reshape(2, 4),
    "strided": EIGHT[::2],
    "backwards": EIGHT[::-1],
    "unaligned": unaligned(3, np.int64),
    "big-endian": EIGHT.astype(">i8"),
    "int32": EIGHT.astype(np.int32),
    "uint64 array": EIGHT.astype(np.uint64),
    "longlong": EIGHT.astype(np.longlong),
    "float array": EIGHT.astype(float),
    "bool array": EIGHT > 3,
    "duration": np.timedelta64(5),
    "durations": EIGHT.astype("m8[s]"),
    "one is -1": np.array([3, -1, 2]),
    "one is beyond": np.array([3, 2**53 + 1]),
    "masked": np.ma.masked_array(EIGHT, EIGHT > 5),
    "300 steps": np.arange(300) % 8,
}
OUTPUTS = {
    "None": lambda: None,
    "8": lambda: np.full(8, 7.0),
    "3": lambda: np.full(3, 7.0),
    "2, 8": lambda: np.full((2, 8), 7.0),
    "300": lambda: np.full(300, 7.0),
    "float32": lambda: np.full(8, 7.0, np.float32),
    "int64": lambda: np.full(8, 7),
    "read-only": lambda: read_only(np.full(8, 7.0)),
    "strided": lambda: np.full(16, 7.0)[::2],
    "unaligned": lambda: unaligned(8, np.float64),
    "big-endian": lambda: np.full(8, 7.0, ">f8"),
    "list": lambda: [7.0] * 8,
    "array.array": lambda: array.array("d", [7.0] * 8),
    "masked": lambda: np.ma.masked_array(np.full(8, 7.0)),
    "no axes": lambda: np.array(7.0),
}


def outcome(call):
    """Return the bytes, shape and types of a call's result, or its error."""
    try:
        got = call()
    except Exception as error:
        return type(error), str(error)
    return type(got), getattr(got, "dtype", None), np.shape(got), np.asarray(got).tobytes()


every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=list(SCHEDULES))


@every_schedule
@pytest.mark.parametrize("t", STEPS.values(), ids=list(STEPS))
def test_steps_of_any_kind(schedule, t):
    assert outcome(lambda: schedule(t)) == outcome(lambda: schedule._evaluate(t))
    assert outcome(lambda: schedule(t=t)) == outcome(lambda: schedule._evaluate(t))


@every_schedule
@pytest.mark.parametrize("t", ["5", "an array", "300 steps", "no steps", "one is -1", "list"])
@pytest.mark.parametrize("make", OUTPUTS.values(), ids=list(OUTPUTS))
@pytest.mark.exhaustive(one_in=5)
def test_outputs_of_any_kind(schedule, t, make):
    """The call returns the given output with the same content, also after an error."""
    steps, named, placed, python = STEPS[t], make(), make(), make()
    right = outcome(lambda: schedule._evaluate(steps, python))
    assert outcome(lambda: schedule(steps, out=named)) == right
    assert outcome(lambda: schedule(steps, placed)) == right
    assert np.array_equal(named, python) if python is not None else named is None
    assert np.array_equal(placed, python) if python is not None else placed is None
    if isinstance(right[0], type) and not issubclass(right[0], Exception) and python is not None:
        assert schedule(steps, out=named) is named


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ((), {}),
        ((5, None, 1), {}),
        ((5, None, 1, 1), {}),
        ((5,), {"threads": 1}),
        ((5,), {"threads": 0}),
        ((EIGHT,), {"threads": 2}),
        ((EIGHT,), {"outt": np.zeros(8)}),
        ((EIGHT, np.zeros(8)), {"out": np.zeros(8)}),
        ((), {"t": 5, "out": None}),
    ],
    ids=str,
)
def test_arguments_of_any_kind(args, named):
    assert outcome(lambda: LINE(*args, **named)) == outcome(lambda: LINE._evaluate(*args, **named))


def test_an_output_that_shares_memory_with_the_steps():
    """Every step is read before it is overwritten, whichever begins first."""
    for first, second in [(0, 0), (0, 1), (1, 0), (0, 7)]:
        memory = np.zeros(15 * 8, np.uint8)
        steps = memory[first * 8 : (first + 8) * 8].view(np.int64)
        out = memory[second * 8 : (second + 8) * 8].view(np.float64)
        steps[:] = EIGHT
        assert LINE(steps, out=out) is out
        assert out.tolist() == LINE.table(8).tolist()


@given(st.integers(-3, 2**53 + 3), st.integers(1, 10**6))
def test_a_step_has_one_rate(t, steps):
    """An int, a NumPy integer and an element of an array give the same rate."""
    schedule = flr.warmup_cosine(0.1, warmup=steps, steps=3 * steps)
    right = outcome(lambda: schedule._evaluate(t))
    assert outcome(lambda: schedule(t)) == right
    if right[0] is float:
        assert outcome(lambda: schedule(np.int64(t))) == right
        assert schedule(np.array([t])).tobytes() == right[-1]


@pytest.mark.parametrize("name", list(flr.backends()))
def test_the_backend_in_use_answers(name, monkeypatch):
    """C does not answer if another backend is set, in a block or for the process."""
    marked = [name]

    def entered(self, *args, **named):
        marked.append("Python")
        return original(self, *args, **named)

    original = type(LINE)._evaluate
    monkeypatch.setattr(type(LINE), "_evaluate", entered)
    LINE(5)
    marked.clear()
    rates, out = LINE.table(8).tolist(), np.empty(8)
    first, second = np.resize(EIGHT, (2, 8))  # beside each other, without a common element
    with flr.use_backend(name):
        assert LINE(5) == LINE(np.int64(5)) == 0.375
        for t in (EIGHT, EIGHT.astype(np.longlong), EIGHT % 9):
            assert LINE(t).tolist() == LINE(t, out).tolist() == LINE(t, out=out).tolist() == rates
        assert LINE(np.array([5])).tolist() == [0.375]
        assert LINE(first, second.view(np.float64)).tolist() == rates
        second[:] = EIGHT
        assert LINE(second, first.view(np.float64)).tolist() == rates
        calls = len(marked)
    assert calls == 0 if name == "native" or not calls_in_c else calls >= 12


PROCESS = """
import contextvars
import fastlr as flr
from fastlr.schedule.evaluation import Evaluation

entered = []
in_python = Evaluation._evaluate

def evaluate(self, *args, **named):
    entered.append(flr.backend())
    return in_python(self, *args, **named)

flr.Schedule._evaluate = evaluate
s = flr.linear(1.0, 0.0, steps=8)

def calls():
    entered.clear()
    assert [s(5), s(6)] == [0.375, 0.25]
    return list(entered)

assert calls() == ["native"]  # the first call chooses
assert calls() == []
flr.set_backend("reference")
assert calls() == ["reference"] * 2
flr.set_backend("native")
assert calls() == []
with flr.use_backend("reference"):
    inside = contextvars.copy_context()
    assert calls() == ["reference"] * 2
    flr.set_backend("native")
    assert calls() == ["reference"] * 2
assert calls() == []
assert inside.run(calls) == ["reference"] * 2  # the block has ended, its context has not
flr.set_backend("reference")
assert calls() == ["reference"] * 2
with flr.use_backend("native"):
    assert calls() == []
"""


@pytest.mark.skipif(not calls_in_c, reason="needs the C library")
def test_the_backend_of_the_process_and_of_blocks():
    """Before the first block, C asks nobody; after it, it asks at each call."""
    environment = {**os.environ, "FASTLR_BACKEND": "native"}
    done = subprocess.run(
        [sys.executable, "-c", PROCESS], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_another_thread_has_the_backend_of_the_process():
    found = []
    with flr.use_backend("reference"):
        thread = threading.Thread(target=lambda: found.append((flr.backend(), LINE(5))))
        thread.start()
        thread.join()
    assert found == [(flr.backend(), 0.375)]


def test_an_error_shows_one_frame_of_fastlr():
    with pytest.raises(TypeError) as caught:
        LINE("5")
    assert len(caught.traceback) == 2


def test_the_address_is_no_argument():
    with pytest.raises(AttributeError, match="is a value"):
        LINE._address = 0
    with pytest.raises(AttributeError, match="is a value"):
        del LINE._address


def test_help_shows_the_call():
    assert list(inspect.signature(LINE._evaluate).parameters) == ["t", "out", "threads"]
    assert "s(t, out=None, threads=1)" in flr.Schedule.__doc__


WITHOUT = """
import sys
sys.modules["fastlr._native"] = None
import numpy as np, fastlr as flr
from fastlr.kernels.schedule_base import PlainBase, ScheduleBase
assert ScheduleBase is PlainBase
s = flr.linear(1.0, 0.0, steps=8)
assert flr.backend() != "native", flr.backend()
assert (s(5), s(np.int64(5)), s(np.arange(8)).tolist()) == (0.375, 0.375, s.table(8).tolist())
assert flr.Schedule.__call__ is flr.Schedule._evaluate
"""


def test_without_the_library_all_calls_are_in_python():
    environment = {key: value for key, value in os.environ.items() if key != "FASTLR_BACKEND"}
    environment["FASTLR_BACKEND"] = "reference"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_library_makes_the_base_where_it_is_built():
    assert calls_in_c == (flr.backends()["native"] == "ready")
    assert isinstance(LINE, PlainBase) != calls_in_c


@pytest.mark.parametrize("method", ["__call__", "table", "sum", "each"])
def test_a_duration_is_no_step(method):
    """NumPy counts ``timedelta64`` among its integers."""
    with pytest.raises(TypeError, match=r"integer.*, got timedelta64 5"):
        getattr(flr.linear(1.0, 0.0, steps=10), method)(np.timedelta64(5))
