"""Programs that come from elsewhere: whatever the words are, they are refused, or no kernel
goes astray by them.
"""

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
TRACK = HEADER + FAMILY  # of a program of one family, where the first row stands

LINE = built("linear(1.0, 0.0, 10)").program
PAIR = built("linear(1.0, 0.0, 10) * constant([0.5, 2.0])").program
LOOP = built("linear(1.0, 0.0, 10).repeat()").program
CLOCK = built("linear(1.0, 0.0, 10).delay(3)").program
TABLE = built("sampled([1.0, 0.5, 0.2], every=10)").program
LISTED = built(
    "stack([constant(0.1), linear(1.0, 0.0, 5), constant(0.2), linear(0.5, 0.0, 5)])"
).program


# -- what was a program is one again ---------------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS)
def test_words_make_the_program_that_they_were_of(text):
    program = SCHEDULES[text].program
    for again in (
        Program.from_array(np.frombuffer(program.tobytes())),
        pickle.loads(pickle.dumps(program)),
    ):
        assert type(again) is Program
        assert again.tobytes() == program.tobytes()
        assert not again.flags.writeable


def test_a_program_has_words_of_its_own():
    words = np.array(LINE)
    program = Program.from_array(words)
    words[0] = 0.0
    assert program.tobytes() == LINE.tobytes()


# -- what is none is refused -----------------------------------------------------------------------


def altered(words: np.ndarray, at: int, value: float) -> np.ndarray:
    words = np.array(words)
    words[at] = value
    return words


def field(words: np.ndarray, row: int, i: int) -> int:
    """Where the number of a row's field stands."""
    return int(words[row + 7 + 2 * i])


BROKEN = [
    (LINE[:3], "it must have at least 6 words, got 3"),
    (LINE[:-1], "its size must be 51, as many words as there are, got 52"),
    (altered(LINE, 0, 1.0), "its first word must be 20269, of this version of fastlr, got 1"),
    (altered(LINE, 12, np.nan), "its words must be finite"),
    (altered(LINE, 3, -1.0), "its limit must be at least 0, got -1"),
    (altered(LINE, 4, 256.0), "its depth must be a whole number from 0 to 255, got 256"),
    (altered(LINE, 4, 0.5), "its depth must be a whole number from 0 to 255, got 0.5"),
    (
        altered(LINE, 1, 0.0),
        "its lanes must be a whole number from 1 to 9,007,199,254,740,992, got 0",
    ),
    (altered(LINE, 1, 2.0), "its 2 lanes must each have a place of their own"),
    (altered(LINE, 2, 10.0), "its families must be a whole number from 1 to 9, got 10"),
    (altered(LINE, HEADER, 0.0), "lanes of a family must be a whole number from 1"),
    (
        altered(LINE, HEADER + 1, 1.0),
        "first place of a family must be a whole number from -1 to 0, got 1",
    ),
    (
        altered(LINE, HEADER + 2, 7.0),
        "where a family's places are listed must be a whole number from 0 to 0, got 7",
    ),
    (
        altered(LINE, HEADER + 3, 3.0),
        "where a track stands must be a whole number from 11 to 33, got 3",
    ),
    (
        altered(LINE, HEADER + 4, 3.0),
        "rows of the track at 11 must be a whole number from 1 to 2, got 3",
    ),
    (
        altered(LINE, TRACK, 99.0),
        "shape of the row at 11 must be a whole number from 0 to 21, got 99",
    ),
    (altered(LINE, TRACK + 2, 2.0), "a stride must be 0 or 1, got 2"),
    (altered(LINE, TRACK + 7, 52.0), "a number must stand within the 52 words, got 52"),
    (altered(LINE, TRACK + 7, -1.0), "a number must stand within the 52 words, got -1"),
    (
        altered(LINE, int(LINE[TRACK + 1]), 2.0),
        "start of the row at 11, the first of a track, must be 0, got 2",
    ),
    (
        altered(LINE, int(LINE[TRACK + ROW + 1]), 0.5),
        "start of a constant must be a whole number, at least 0, got 0.5",
    ),
    (altered(LOOP, 4, 0.0), "the row at 11 must be no deeper than the header's depth"),
    (altered(LOOP, TRACK + 3, 11.0), "where a track stands must be a whole number from"),
    (altered(LOOP, TRACK + 4, 0.0), "must be a whole number from 1"),
    (
        altered(LOOP, field(LOOP, TRACK, 0), 0.0),
        "period of a loop must be a whole number, at least 1, got 0",
    ),
    (
        altered(LOOP, field(LOOP, TRACK, 1), 0.5),
        "times of a loop must be a whole number, at least 1, got 0.5",
    ),
    (
        altered(CLOCK, field(CLOCK, TRACK, 2), -1.0),
        "every of a clock must be a whole number, at least 1, got -1",
    ),
    (altered(TABLE, field(TABLE, TRACK, 0), 1e300), "samples must stand within"),
    (altered(TABLE, field(TABLE, TRACK, 2), 50.0), "samples must stand within"),
    (altered(LINE, TRACK + 4, 1.0), "the row at 11 must hold as many tracks as its shape has"),
    (altered(LOOP, TRACK + 5, 11.0), "the row at 11 must hold as many tracks as its shape has"),
    (altered(PAIR, TRACK + 6, 0.0), "must be a whole number from 1"),
    (
        altered(LISTED, int(LISTED[HEADER + 2]), 1.0),
        "its 4 lanes must each have a place of their own",
    ),
    (
        altered(LISTED, int(LISTED[HEADER + 2]), 0.5),
        "its 4 lanes must each have a place of their own",
    ),
    (
        altered(LISTED, HEADER + FAMILY + 3, float(LISTED[HEADER + 3])),
        "where a track stands must be a whole number from",
    ),
]


@pytest.mark.parametrize(("words", "message"), BROKEN, ids=[message[:48] for _, message in BROKEN])
def test_each_rule_is_told(words, message):
    with pytest.raises(ValueError, match="from_array: words must be a program: ") as told:
        Program.from_array(words)
    assert message in str(told.value)


@pytest.mark.parametrize(
    "words",
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
def test_what_is_no_flat_array_of_numbers(words):
    with pytest.raises((TypeError, ValueError), match="from_array: words must be a "):
        Program.from_array(words)


# -- any words -------------------------------------------------------------------------------------


STRANGE = [np.nan, np.inf, -1.0, 0.5, 1e300, 2.0**53, 2.0**54, 2.0**31]


def mutants(seed: int, count: int):
    """Programs of which a word or two are others."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        words = SMALL[rng.integers(len(SMALL))].copy()
        for at in rng.integers(
            words.size if rng.random() < 0.5 else min(words.size, 60), size=rng.integers(1, 4)
        ):
            others = [
                words[at] + rng.integers(-3, 4),
                rng.integers(words.size + 2),
                words[rng.integers(words.size)],
            ]
            words[at] = rng.choice([*others, *others, rng.choice(STRANGE)])
        yield words


def fault(words: np.ndarray) -> str:
    try:
        verify(words)
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
        (fault(words), is_program(words.ctypes.data, words.size)) for words in mutants(1, 4_000)
    ]
    # but for lanes of one place: to tell them takes memory, which C has none of
    looked_at = [
        (ours == "", theirs) for ours, theirs in verdicts if "a place of their own" not in ours
    ]
    assert set(looked_at) == {(True, True), (False, False)}


def stacked(words: np.ndarray) -> flr.Schedule:
    """A schedule that lowers to these words."""
    lanes = int(words[1])
    schedule = flr.constant(0.1) if lanes == 1 else flr.constant(np.full(lanes, 0.1))
    schedule._kept["program"] = Program.from_array(words)
    return schedule


@pytest.mark.parametrize("name", ["native", "jit", "reference"])
def test_whatever_is_a_program_can_be_asked(name):
    asked, steps = 0, np.array([0, 1, 9, 57, 1_000, 2**31, 2**53])
    for words in mutants(2, 400):
        if not fault(words) and words[1] < 100 and words[3] > 2**53:
            schedule = stacked(words)
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
            asked += 1
    assert asked > 50


# -- in a user's own compiled loop -----------------------------------------------------------------


@njit
def rate(program, t):
    return flr.jit.rate(program, t)


@pytest.mark.parametrize(
    "words",
    [LINE.copy(), np.array(LINE), np.array(LINE, dtype=np.float32), np.stack([LINE, LINE])[:, 0]],
)
def test_jit_an_array_that_can_be_written_to_does_not_compile(words):
    with pytest.raises(TypingError, match=r"program must be read-only, as schedule\.program"):
        rate(words, 0)


@njit
def rates(program, t, out):
    flr.jit.rates(program, t, out)


@pytest.mark.parametrize(
    "out", [np.zeros(1, dtype=np.int64), np.zeros((1, 1)), np.zeros(1, dtype=bool), 0.0]
)
def test_jit_what_cannot_take_rates_does_not_compile(out):
    with pytest.raises(
        TypingError,
        match="out must be an array of float64 that can be written to, one rate a lane, got",
    ):
        rates(LINE, 0, out)


def test_jit_words_from_elsewhere():
    assert rate(Program.from_array(np.array(LINE)), 3) == built("linear(1.0, 0.0, 10)")(3)
