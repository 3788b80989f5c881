"""Programs from elsewhere: a broken buffer is refused; no kernel reads outside one."""

import ctypes
import os
import pickle
import subprocess
from pathlib import Path

import numpy as np
import pytest
from cases import SCHEDULES, TEXTS, built
from numba import TypingError, njit

import fastlr as flr
from fastlr.program.opcodes import FAMILY, HEADER, ROW
from fastlr.program.program import Program
from fastlr.program.verifier import verify

INCLUDE = Path(flr.get_include())
SMALL = [
    np.array(schedule.program) for schedule in SCHEDULES.values() if schedule.program.size < 1_000
]
FIRST = HEADER + FAMILY  # of a program of one family, where the first segment is

LINE = built("linear(1.0, 0.0, 10)").program
PAIR = built("linear(1.0, 0.0, 10) * constant([0.5, 2.0])").program
LOOP = built("linear(1.0, 0.0, 10).repeat()").program
TIME_MAP = built("linear(1.0, 0.0, 10).delay(3)").program
TABLE = built("sampled([1.0, 0.5, 0.2], every=10)").program
LISTED = built(
    "stack([constant(0.1), linear(1.0, 0.0, 5), constant(0.2), linear(0.5, 0.0, 5)])"
).program


# -- stored programs -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS)
def test_a_stored_buffer_makes_the_same_program(text):
    program = SCHEDULES[text].program
    for again in (
        Program.from_array(np.frombuffer(program.tobytes())),
        pickle.loads(pickle.dumps(program)),
    ):
        assert type(again) is Program
        assert again.tobytes() == program.tobytes()
        assert not again.flags.writeable


def test_a_program_copies_the_buffer():
    buffer = np.array(LINE)
    program = Program.from_array(buffer)
    buffer[0] = 0.0
    assert program.tobytes() == LINE.tobytes()


# -- broken buffers --------------------------------------------------------------------------------


def altered(buffer: np.ndarray, at: int, value: float) -> np.ndarray:
    buffer = np.array(buffer)
    buffer[at] = value
    return buffer


def field(buffer: np.ndarray, segment: int, i: int) -> int:
    """Offset of the number of a segment's i-th field."""
    return int(buffer[segment + 7 + 2 * i])


BROKEN = [
    (LINE[:3], "it must have at least 6 entries, got 3"),
    (LINE[:-1], "its size must be 51, its number of entries, got 52"),
    (altered(LINE, 0, 1.0), "its first entry must be 20269, for this version of fastlr, got 1"),
    (altered(LINE, 12, np.nan), "its entries must be finite"),
    (altered(LINE, 3, -1.0), "its limit must be at least 0, got -1"),
    (altered(LINE, 4, 256.0), "its depth must be a whole number from 0 to 255, got 256"),
    (altered(LINE, 4, 0.5), "its depth must be a whole number from 0 to 255, got 0.5"),
    (
        altered(LINE, 1, 0.0),
        "its lanes must be a whole number from 1 to 9,007,199,254,740,992, got 0",
    ),
    (altered(LINE, 1, 2.0), "its 2 lanes must each have their own position"),
    (altered(LINE, 2, 10.0), "its families must be a whole number from 1 to 9, got 10"),
    (altered(LINE, HEADER, 0.0), "lanes of a family must be a whole number from 1"),
    (
        altered(LINE, HEADER + 1, 1.0),
        "first position of a family must be a whole number from -1 to 0, got 1",
    ),
    (
        altered(LINE, HEADER + 2, 7.0),
        "offset of a family's positions must be a whole number from 0 to 0, got 7",
    ),
    (
        altered(LINE, HEADER + 3, 3.0),
        "offset of a list of segments must be a whole number from 11 to 33, got 3",
    ),
    (
        altered(LINE, HEADER + 4, 3.0),
        "length of the list at 11 must be a whole number from 1 to 2, got 3",
    ),
    (
        altered(LINE, FIRST, 99.0),
        "opcode of the segment at 11 must be a whole number from 0 to 21, got 99",
    ),
    (altered(LINE, FIRST + 2, 2.0), "a stride must be 0 or 1, got 2"),
    (altered(LINE, FIRST + 7, 52.0), "offset of a number must be within the 52 entries, got 52"),
    (altered(LINE, FIRST + 7, -1.0), "offset of a number must be within the 52 entries, got -1"),
    (
        altered(LINE, int(LINE[FIRST + 1]), 2.0),
        "start of the segment at 11, the first of its list, must be 0, got 2",
    ),
    (
        altered(LINE, int(LINE[FIRST + ROW + 1]), 0.5),
        "start of a constant must be a whole number, at least 0, got 0.5",
    ),
    (altered(LOOP, 4, 0.0), "the segment at 11 must be no deeper than the header's depth"),
    (altered(LOOP, FIRST + 3, 11.0), "offset of a list of segments must be a whole number from"),
    (altered(LOOP, FIRST + 4, 0.0), "must be a whole number from 1"),
    (
        altered(LOOP, field(LOOP, FIRST, 0), 0.0),
        "period of a loop must be a whole number, at least 1, got 0",
    ),
    (
        altered(LOOP, field(LOOP, FIRST, 1), 0.5),
        "times of a loop must be a whole number, at least 1, got 0.5",
    ),
    (
        altered(TIME_MAP, field(TIME_MAP, FIRST, 2), -1.0),
        "every of a clock must be a whole number, at least 1, got -1",
    ),
    (altered(TABLE, field(TABLE, FIRST, 0), 1e300), "samples must be within"),
    (altered(TABLE, field(TABLE, FIRST, 2), 50.0), "samples must be within"),
    (
        altered(LINE, FIRST + 4, 1.0),
        "the segment at 11 must hold as many lists as its opcode takes",
    ),
    (
        altered(LOOP, FIRST + 5, 11.0),
        "the segment at 11 must hold as many lists as its opcode takes",
    ),
    (altered(PAIR, FIRST + 6, 0.0), "must be a whole number from 1"),
    (
        altered(LISTED, int(LISTED[HEADER + 2]), 1.0),
        "its 4 lanes must each have their own position",
    ),
    (
        altered(LISTED, int(LISTED[HEADER + 2]), 0.5),
        "its 4 lanes must each have their own position",
    ),
    (
        altered(LISTED, HEADER + FAMILY + 3, float(LISTED[HEADER + 3])),
        "offset of a list of segments must be a whole number from",
    ),
]


@pytest.mark.parametrize(("buffer", "message"), BROKEN, ids=[message[:48] for _, message in BROKEN])
def test_each_rule_is_reported(buffer, message):
    with pytest.raises(ValueError, match="from_array: buffer must be a program: ") as refusal:
        Program.from_array(buffer)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    "buffer",
    [
        "no",
        [[1.0]],
        [],
        1.0,
        [1j],
        None,
        [1.0, [2.0]],
        [10**400],
        np.array(LINE, dtype="f4"),
        np.array(LINE, dtype="c16"),
    ],
)
def test_only_a_flat_array_of_numbers_is_accepted(buffer):
    with pytest.raises((TypeError, ValueError), match="from_array: buffer must be a "):
        Program.from_array(buffer)


# -- any buffer ------------------------------------------------------------------------------------


STRANGE = [np.nan, np.inf, -1.0, 0.5, 1e300, 2.0**53, 2.0**54, 2.0**31]


def mutants(seed: int, count: int):
    """Yield programs with one to three changed entries."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        buffer = SMALL[rng.integers(len(SMALL))].copy()
        for at in rng.integers(
            buffer.size if rng.random() < 0.5 else min(buffer.size, 60), size=rng.integers(1, 4)
        ):
            others = [
                buffer[at] + rng.integers(-3, 4),
                rng.integers(buffer.size + 2),
                buffer[rng.integers(buffer.size)],
            ]
            buffer[at] = rng.choice([*others, *others, rng.choice(STRANGE)])
        yield buffer


def fault(buffer: np.ndarray) -> str:
    try:
        verify(buffer)
    except ValueError as error:
        return str(error)
    return ""


def test_c_says_the_same(tmp_path):
    library = tmp_path / "library.so"
    cc = [
        os.environ.get("CC", "cc"),
        "-O0",
        "-shared",
        "-fPIC",
        f"-I{INCLUDE}",
        INCLUDE / "verifier.c",
        "-o",
        library,
        "-lm",
    ]
    subprocess.run([str(word) for word in cc], check=True)
    is_program = ctypes.CDLL(str(library)).fastlr_is_program
    is_program.argtypes, is_program.restype = [ctypes.c_void_p, ctypes.c_size_t], ctypes.c_bool
    verdicts = [
        (fault(buffer), is_program(buffer.ctypes.data, buffer.size)) for buffer in mutants(1, 4_000)
    ]
    # C does not check that lanes have distinct positions: that would need memory
    looked_at = [
        (ours == "", theirs) for ours, theirs in verdicts if "their own position" not in ours
    ]
    assert set(looked_at) == {(True, True), (False, False)}


def stacked(buffer: np.ndarray) -> flr.Schedule:
    """A schedule that lowers to this buffer."""
    lanes = int(buffer[1])
    schedule = flr.constant(0.1) if lanes == 1 else flr.constant(np.full(lanes, 0.1))
    schedule._kept["program"] = Program.from_array(buffer)
    return schedule


@pytest.mark.parametrize("name", ["native", "jit", "reference"])
def test_every_verified_program_can_be_evaluated(name):
    evaluated, steps = 0, np.array([0, 1, 9, 57, 1_000, 2**31, 2**53])
    for buffer in mutants(2, 400):
        if not fault(buffer) and buffer[1] < 100 and buffer[3] > 2**53:
            schedule = stacked(buffer)
            with flr.use_backend(name), np.errstate(all="ignore"):
                spans = [
                    schedule(3),
                    schedule(steps),
                    schedule.table(150),
                    schedule.table(0, 2**50, 2**47),
                ]
            assert [np.shape(rates)[len(schedule.shape) :] for rates in spans] == [
                (),
                (7,),
                (150,),
                (8,),
            ]
            evaluated += 1
    assert evaluated > 50


# -- in a user's own compiled loop -----------------------------------------------------------------


@njit
def rate(program, t):
    return flr.jit.rate(program, t)


@pytest.mark.parametrize(
    "buffer",
    [LINE.copy(), np.array(LINE), np.array(LINE, dtype=np.float32), np.stack([LINE, LINE])[:, 0]],
)
def test_jit_an_array_that_can_be_written_to_does_not_compile(buffer):
    with pytest.raises(TypingError, match=r"program must be read-only, as schedule\.program"):
        rate(buffer, 0)


@njit
def rates(program, t, out):
    flr.jit.rates(program, t, out)


@pytest.mark.parametrize(
    "out", [np.zeros(1, dtype=np.int64), np.zeros((1, 1)), np.zeros(1, dtype=bool), 0.0]
)
def test_jit_what_cannot_take_rates_does_not_compile(out):
    with pytest.raises(
        TypingError,
        match="out must be a C-contiguous array of float64 that can be written to, one rate per "
        "lane, got",
    ):
        rates(LINE, 0, out)


def test_jit_evaluates_a_program_from_an_array():
    assert rate(Program.from_array(np.array(LINE)), 3) == built("linear(1.0, 0.0, 10)")(3)
