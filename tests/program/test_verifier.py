"""The verifier refuses a broken buffer, and no kernel reads outside one."""

import ctypes
import os
import pickle
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from example_schedules import SCHEDULES, TEXTS, built
from numba import TypingError, njit

import fastlr as flr
from fastlr.program import seal
from fastlr.program.opcodes import (
    FAMILY,
    FORMAT,
    HEADER,
    HEADER_CHECKSUM,
    HEADER_FORMAT,
    HEADER_MAGIC,
    HEADER_SIZE,
    HEADER_WRITER,
    MAGIC,
    OLD_MAGICS,
    OPCODES,
    ROW,
)
from fastlr.program.program import Program
from fastlr.program.seal import checksum
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
@pytest.mark.exhaustive(one_in=5)
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


def summed(buffer: np.ndarray) -> np.ndarray:
    """Return the buffer with a right checksum, so that the other rules are tested."""
    if buffer.size >= HEADER:
        buffer[HEADER_CHECKSUM] = checksum(buffer)
    return buffer


def altered(buffer: np.ndarray, at: int, value: float) -> np.ndarray:
    buffer = np.array(buffer)
    buffer[at] = value
    return summed(buffer)


def field(buffer: np.ndarray, segment: int, i: int) -> int:
    """Offset of the number of a segment's i-th field."""
    return int(buffer[segment + 7 + 2 * i])


BROKEN = [
    (LINE[:0], "it must not be empty, got 0 entries"),
    (LINE[:3], "it must have at least 9 entries, got 3: it was cut short"),
    (LINE[:-1], "its size must be 54, its number of entries, got 55: it was cut short"),
    (np.append(LINE, 0.0), "its size must be 56, its number of entries, got 55"),
    (altered(LINE, 0, 1.0), f"its first entry must be {MAGIC:,.0f}, the mark of a program, got 1"),
    (np.array(LINE).byteswap(), "its byte order must be that of this machine, got the other"),
    (altered(LINE, 0, 20269.0), "its format must be 1, got an older one, without a number"),
    (
        altered(LINE, HEADER_FORMAT, FORMAT + 1),
        f"its format must be 1, got the newer 2, written by fastlr {flr.__version__}: install that",
    ),
    (altered(LINE, HEADER_FORMAT, 0.5), "its format must be a whole number from 1, got 0.5"),
    (altered(LINE, HEADER_FORMAT, 0.0), "its format must be a whole number from 1, got 0"),
    (altered(LINE, HEADER_FORMAT, np.nan), "its format must be a whole number from 1, got nan"),
    (altered(LINE, 15, np.nan), "its entries must be finite"),
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
        "offset of a list of segments must be a whole number from 14 to 36, got 3",
    ),
    (
        altered(LINE, HEADER + 4, 3.0),
        "length of the list at 14 must be a whole number from 1 to 2, got 3",
    ),
    (
        altered(LINE, FIRST, 99.0),
        f"opcode of the segment at 14 must be a whole number from 0 to {len(OPCODES) - 1}, got 99",
    ),
    (altered(LINE, FIRST + 2, 2.0), "a stride must be 0 or 1, got 2"),
    (altered(LINE, FIRST + 7, 55.0), "offset of a number must be within the 55 entries, got 55"),
    (altered(LINE, FIRST + 7, -1.0), "offset of a number must be within the 55 entries, got -1"),
    (
        altered(LINE, int(LINE[FIRST + 1]), 2.0),
        "start of the segment at 14, the first of its list, must be 0, got 2",
    ),
    (
        altered(LINE, int(LINE[FIRST + ROW + 1]), 0.5),
        "start of a constant must be a whole number, at least 0, got 0.5",
    ),
    (altered(LOOP, 4, 0.0), "the segment at 14 must be no deeper than the header's depth"),
    (altered(LOOP, FIRST + 3, 14.0), "offset of a list of segments must be a whole number from"),
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
        "every of a time_map must be a whole number, at least 1, got -1",
    ),
    (altered(TABLE, field(TABLE, FIRST, 0), 1e300), "samples must be within"),
    (altered(TABLE, field(TABLE, FIRST, 2), 50.0), "samples must be within"),
    (
        altered(LINE, FIRST + 4, 1.0),
        "the segment at 14 must hold as many lists as its opcode takes",
    ),
    (
        altered(LOOP, FIRST + 5, 14.0),
        "the segment at 14 must hold as many lists as its opcode takes",
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


def bit_flips(program: np.ndarray) -> Iterator[np.ndarray]:
    """Yield every buffer that differs from the program in one bit."""
    for at in range(64 * program.size):
        bits = np.array(program).view(np.uint64)
        bits[at // 64] ^= np.uint64(1) << np.uint64(at % 64)
        yield bits.view(np.float64)


@pytest.mark.parametrize("program", [LINE, LOOP, TABLE], ids=["a line", "a loop", "a table"])
def test_a_program_with_one_other_bit_is_refused(program, is_program):
    for buffer in bit_flips(program):
        with pytest.raises(ValueError, match="from_array: buffer must be a program: "):
            Program.from_array(buffer)
        assert not is_program(buffer)


def test_a_damaged_rate_is_not_reported_as_another_format():
    buffer = np.array(LINE)
    buffer[-1] = np.nextafter(buffer[-1], 2.0)
    with pytest.raises(ValueError, match=r"its checksum must be \d+, got \d+: it was damaged or"):
        Program.from_array(buffer)


@pytest.mark.parametrize("magic", OLD_MAGICS)
def test_a_format_without_a_number_is_older(magic):
    with pytest.raises(ValueError, match="got an older one, without a number: write it again"):
        Program.from_array([magic, 1.0, 1.0, 2.0**54, 0.0, 6.0])


def test_an_older_numbered_format_names_who_wrote_it(monkeypatch):
    monkeypatch.setattr(seal, "FORMAT", 3)
    with pytest.raises(
        ValueError,
        match=f"its format must be 3, got the older 1, written by fastlr {flr.__version__}: write",
    ):
        Program.from_array(LINE)


def test_the_seal_says_what_wrote_the_program():
    major, minor, patch = map(int, re.findall(r"\d+", flr.__version__))
    assert LINE[HEADER_MAGIC] == MAGIC
    assert LINE[HEADER_FORMAT] == FORMAT
    assert LINE[HEADER_WRITER] == 1_000_000 * major + 1_000 * minor + patch
    assert LINE[HEADER_SIZE] == LINE.size


def test_a_program_of_the_other_byte_order_is_read_by_its_dtype():
    other = np.array(LINE).astype(np.dtype(np.float64).newbyteorder())
    assert other.tobytes() != LINE.tobytes()
    for again in (other, np.frombuffer(other.tobytes()).byteswap()):
        assert Program.from_array(again).tobytes() == LINE.tobytes()


def test_the_checksum_is_that_of_png():
    """Compare with the definition, one bit at a time."""
    crc = 0xFFFFFFFF
    for byte in np.delete(np.array(LINE), HEADER_CHECKSUM).astype("<f8").tobytes():
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xEDB88320 * (crc & 1)
    assert LINE[HEADER_CHECKSUM] == crc ^ 0xFFFFFFFF


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
        yield summed(buffer) if rng.random() < 0.95 else buffer


def fault(buffer: np.ndarray) -> str:
    try:
        verify(buffer)
    except ValueError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def in_c(tmp_path_factory):
    """Compile the C verifier alone."""
    library = tmp_path_factory.mktemp("verifier") / "library.so"
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
    found = ctypes.CDLL(str(library))
    found.fastlr_is_program.restype = ctypes.c_bool
    found.fastlr_program_fault.restype = ctypes.c_char_p
    for function in (found.fastlr_is_program, found.fastlr_program_fault):
        function.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    return found


@pytest.fixture
def is_program(in_c):
    return lambda buffer: in_c.fastlr_is_program(buffer.ctypes.data, buffer.size)


def test_c_says_the_same(is_program):
    verdicts = [(fault(buffer), is_program(buffer)) for buffer in mutants(1, 4_000)]
    # C does not check that lanes have distinct positions: that would need memory
    looked_at = [
        (ours == "", theirs) for ours, theirs in verdicts if "their own position" not in ours
    ]
    assert set(looked_at) == {(True, True), (False, False)}


C_FAULTS = {
    "": LINE,
    "it is empty": LINE[:0],
    "it is no program of fastlr": altered(LINE, 0, 1.0),
    "it is in the other byte order: swap the bytes": np.array(LINE).byteswap(),
    "its format is older: write it again": altered(LINE, 0, 20269.0),
    "it was cut short": LINE[:3],
    "its format is newer: use a newer version": altered(LINE, HEADER_FORMAT, FORMAT + 1),
    "it was damaged: its format is no number": altered(LINE, HEADER_FORMAT, 1.5),
    "it was cut short, extended or damaged": LINE[:-1],
    "it was damaged or edited: its checksum": np.append(LINE[:-1], 0.25),
    "it breaks a rule of programs": altered(LINE, 3, -1.0),
}


@pytest.mark.parametrize(("said", "buffer"), C_FAULTS.items(), ids=C_FAULTS)
def test_c_tells_why(in_c, said, buffer):
    buffer = np.array(buffer)
    found = in_c.fastlr_program_fault(buffer.ctypes.data, buffer.size).decode()
    assert found.startswith(said)
    assert bool(found) == bool(said)


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
