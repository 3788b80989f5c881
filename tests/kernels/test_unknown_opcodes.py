"""Unknown opcodes: the verifier refuses them, and no kernel takes one for another opcode."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastlr as flr
from fastlr.kernels import selection
from fastlr.program.opcodes import FAMILY, HEADER, OPCODES
from fastlr.program.seal import seal
from fastlr.program.verifier import verify

FIRST = HEADER + FAMILY  # where the first segment of a program of one family stands
UNKNOWN = float(len(OPCODES))
CURVE, PAIR = flr.linear(1.0, 0.0, 8), flr.linear(1.0, 0.0, 8) * flr.cosine(1.0, 0.0, 8)
ALONE = pytest.param(CURVE, FIRST, id="alone")
INSIDE = pytest.param(PAIR, None, id="within another")


def altered(schedule, at):
    """Return the buffer with an unknown opcode, by default in the first inner segment."""
    buffer = np.array(schedule.program)
    buffer[int(buffer[FIRST + 3]) if at is None else at] = UNKNOWN
    seal(buffer)
    return buffer


def evaluate(backend, buffer):
    """Return the rates of the first lane in every way that a backend has."""
    one, some = range(1), range(5)
    t, out = np.arange(5), np.zeros((4, 5))
    backend.table(buffer, one, some, 0, 1, out[:1])
    backend.steps(buffer, one, some, t, out[1:2])
    backend.rates(buffer, one, 3, out[2, :1])
    backend.each(buffer, one, t[3:4], out[3, :1])
    return [*out[0], *out[1], out[2, 0], out[3, 0], backend.scalar(buffer.ctypes.data, 3)]


@pytest.mark.parametrize(("schedule", "at"), [ALONE, INSIDE])
def test_the_verifier_refuses_it(schedule, at):
    buffer = altered(schedule, at)
    with pytest.raises(ValueError, match=rf"from 0 to {len(OPCODES) - 1}, got {len(OPCODES)}"):
        verify(buffer)
    with pytest.raises(ValueError, match="must be a program"):
        flr.Program.from_array(buffer)


@pytest.mark.parametrize(("schedule", "at"), [ALONE, INSIDE])
def test_numba_gives_nan(schedule, at):
    backend = selection._load("jit")
    one = np.array(schedule.program), range(1), range(1), np.arange(1), np.zeros((1, 1))
    backend.steps(*one)  # compiles what a scalar call needs, which would decline
    assert np.isfinite(evaluate(backend, np.array(schedule.program))).all()
    assert np.isnan(evaluate(backend, altered(schedule, at))).all()


@pytest.mark.parametrize(("schedule", "at"), [ALONE, INSIDE])
def test_the_reference_raises(schedule, at):
    backend, buffer = selection._load("reference"), altered(schedule, at)
    with pytest.raises(NotImplementedError):
        backend.table(buffer, range(1), range(5), 0, 1, np.zeros((1, 5)))
    with pytest.raises(NotImplementedError):
        backend.each(buffer, range(1), np.arange(3, 4), np.zeros(1))


CALLS = {
    "table": "backend.table(buffer, range(1), range(5), 0, 1, out)",
    "steps": "backend.steps(buffer, range(1), range(5), np.arange(5), out)",
    "rates": "backend.rates(buffer, range(1), 3, out[0, :1])",
    "each": "backend.each(buffer, range(1), np.arange(3, 4), out[0, :1])",
    "scalar": "backend.scalar(buffer.ctypes.data, 3)",
}
IN_C = """
import sys, numpy as np
from fastlr.kernels import native as backend
buffer, out = np.fromfile(sys.argv[1]), np.zeros((1, 5))
{call}
print("returned")
"""


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(("schedule", "at"), [ALONE, INSIDE])
@pytest.mark.exhaustive(one_in=7)
def test_c_ends_the_process(tmp_path, schedule, at, call):
    path, code = tmp_path / "program", IN_C.format(call=call)

    def ended(buffer):
        buffer.tofile(path)
        command = [sys.executable, "-c", code, str(path)]
        return subprocess.run(command, capture_output=True, text=True, cwd=Path.cwd())

    assert ended(np.array(schedule.program)).stdout == "returned\n"
    done = ended(altered(schedule, at))
    assert done.stdout == ""
    assert done.returncode in (-signal.SIGILL, -signal.SIGTRAP, -signal.SIGABRT)
