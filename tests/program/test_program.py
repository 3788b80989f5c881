"""Test the layout of programs.

This file has its own reader of the format, as ``fastlr/program/program.py`` describes it.
"""

import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import mpmath
import numpy as np
import pytest
import strategies
from example_counts import examples
from example_schedules import SCHEDULES, TEXTS, built
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf
from test_fixed_schedules import FIXED

import fastlr as flr
from fastlr.program.opcodes import LAST_STEP, MAGIC, OPCODES
from fastlr.program.program import NO_LIMIT, Program

HEADER, FAMILY, ROW = 9, 5, 7 + 2 * max(len(segment.fields) for segment in OPCODES)
TIME_MAPS = (
    "cosine(1.0, [0.1, 0.2], [90, 40]).skip(3).paced([2]).staircase([7, "
    "1]).skip(11).with_past_end('zero')"
)
# the time maps of one lane become one
BATCHES = {
    name: schedule for name, schedule in FIXED.items() if schedule.shape and name != TIME_MAPS
}
every_example = pytest.mark.parametrize("text", TEXTS)


class Segment(NamedTuple):
    """One segment: its numbers for each lane, and whether they are stored for each."""

    opcode: str
    starts: np.ndarray
    own_start: bool
    fields: dict[str, np.ndarray]
    own: dict[str, bool]
    a: list["Segment"]
    b: list["Segment"]


def number(buffer: np.ndarray, at: int, lanes: int) -> tuple[np.ndarray, bool]:
    """Return what an offset and a stride stand for."""
    first, stride = (int(word) for word in buffer[at : at + 2])
    assert stride in (0, 1)
    assert HEADER <= first <= buffer.size - 1 - stride * (lanes - 1)
    return buffer[first + stride * np.arange(lanes)], bool(stride)


def read_segments(buffer: np.ndarray, at: float, count: float, lanes: int) -> list[Segment]:
    """Return a list of segments."""
    segments = []
    for place in (int(at) + ROW * i for i in range(int(count))):
        opcode = OPCODES[int(buffer[place])]
        starts, own_start = number(buffer, place + 1, lanes)
        numbers = [number(buffer, place + 7 + 2 * i, lanes) for i in range(len(opcode.fields))]
        values, own = (
            (dict(zip(opcode.fields, column, strict=True)) for column in zip(*numbers, strict=True))
            if numbers
            else ({}, {})
        )
        a, b = (read_segments(buffer, *buffer[place + i : place + i + 2], lanes) for i in (3, 5))
        segments.append(Segment(opcode.name, starts, own_start, values, own, a, b))
    return segments


def families(program: np.ndarray) -> list[tuple[np.ndarray, list[Segment]]]:
    """Return each family's output positions and its segments."""
    found = []
    for i in range(int(program[2])):
        lanes, first, listed, at, count = (
            int(word) for word in program[HEADER + FAMILY * i : HEADER + FAMILY * (i + 1)]
        )
        positions = (
            np.arange(first, first + lanes) if first >= 0 else program[listed : listed + lanes]
        )
        found.append((positions, read_segments(program, at, count, lanes)))
    return found


def iter_lists(segments: list[Segment]) -> Iterator[list[Segment]]:
    """Yield a list of segments and all lists inside it."""
    if segments:
        yield segments
        for segment in segments:
            yield from iter_lists(segment.a)
            yield from iter_lists(segment.b)


def depth(segments: list[Segment]) -> int:
    return max(
        (1 + max(depth(segment.a), depth(segment.b)) for segment in segments if segment.a),
        default=0,
    )


def describe_lane(program: np.ndarray, position: int) -> object:
    """Return everything that the lane of an output position is made of."""
    [(place, segments)] = [
        (list(positions).index(position), segments)
        for positions, segments in families(program)
        if position in positions
    ]
    return in_force(program, segments, place, LAST_STEP)


def in_force(program: np.ndarray, segments: list[Segment], lane: int, last: float) -> list[object]:
    """Return the segments in force by the local step ``last``, with one lane's numbers."""
    starts, found = [*(segment.starts[lane] for segment in segments), np.inf], []
    for segment, start, stop in zip(segments, starts, starts[1:], strict=False):
        if start < stop and start <= last:
            numbers = {name: values[lane] for name, values in segment.fields.items()}
            if segment.opcode == "sampled":
                numbers["at"] = program[int(numbers["at"]) :][: int(numbers["last"]) + 1].tolist()
            until = (
                numbers["base"]
                if segment.opcode == "time_map" and numbers["pace"] == 0
                else LAST_STEP
            )
            inner = (in_force(program, below, lane, until) for below in (segment.a, segment.b))
            found.append((segment.opcode, start, numbers, *inner))
    return found


def listing(schedule: flr.Schedule) -> list[str]:
    """Return the opcodes of the first family's segments."""
    return [
        segment.opcode for _, segments in families(schedule.program)[:1] for segment in segments
    ]


# -- one array -------------------------------------------------------------------------------------


def check(schedule: flr.Schedule) -> None:
    """Check what kernels rely on and do not check."""
    program = schedule.program
    assert type(program) is Program
    assert (program.dtype, program.ndim, program.flags.c_contiguous) == (np.float64, 1, True)
    assert not program.flags.writeable
    assert np.isfinite(program).all()
    magic, lanes, count, limit, deep, size = program[:6]
    assert size == program.size
    assert (magic, lanes) == (MAGIC, np.prod(schedule.shape))
    assert limit == (np.min(schedule.steps) if schedule.past_end == "raise" else NO_LIMIT)
    read = families(program)
    assert sorted(np.concatenate([positions for positions, _ in read])) == list(range(int(lanes)))
    assert count == len(read) >= 1
    assert deep == max(depth(segments) for _, segments in read)
    for _, root in read:
        for segments in iter_lists(root):
            starts = np.array([segment.starts for segment in segments])
            assert (starts[0] == 0).all()
            assert (np.diff(starts, axis=0) >= 0).all()
            assert (starts == np.rint(starts)).all()


@every_example
def test_a_program_keeps_the_format(text):
    check(built(text))


@given(schedule=st.one_of(strategies.scalars, strategies.batches()))
@examples(60)
def test_a_program_of_any_schedule_keeps_the_format(schedule):
    check(schedule)


def test_equal_schedules_have_equal_programs():
    for text in TEXTS:
        assert built(text).program.tobytes() == SCHEDULES[text].program.tobytes()


@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.exhaustive(one_in=5)
def test_a_lane_is_made_of_the_same_in_a_batch_as_alone(name):
    batch = BATCHES[name]
    for position, place in enumerate(np.ndindex(batch.shape)):
        assert describe_lane(batch.program, position) == describe_lane(batch[place].program, 0), (
            place
        )


@pytest.mark.parametrize(
    ("text", "boundaries"),
    [
        ("constant(0.1)", []),
        ("linear(1.0, 0.0, 2**53)", [2**53]),
        ("wsd(1.0, 10, 80, 10)", [10, 90, 100]),
        ("wsd(1.0, 10, 80, 10).delay(5)", [5, 15, 95, 105]),
        ("wsd(1.0, 10, 80, 10).skip(15)", [75, 85]),
        ("wsd(1.0, 10, 80, 10).staircase(4)", [40, 360, 400]),
        ("wsd(1.0, 10, 80, 10).paced([2, 5], [20])", [5, 20, 30, 32]),
        ("join([wsd(1.0, 2, 5, 3), constant(1.0)], [5])", [2, 5]),
        ("linear(1.0, 0.0, 10) * linear(1.0, 0.0, 7)", [7, 10]),
        ("wsd(1.0, 2, 5, 3).repeat(2)", [2, 7, 10, 12, 17, 20]),
        ("linear(1.0, 0.0, 10).repeat()", [10]),
        ("linear(1.0, 0.0, 10).repeat(1_000)", list(range(10, 10_001, 10))),
        ("linear(1.0, 0.0, 10).repeat(1_001)", [10]),
        ("linear(1.0, 0.0, 10).with_past_end('repeat')", [10]),
        ("stack([linear(1.0, 0.0, 10), linear(1.0, 0.0, 7)])[1]", [7]),
    ],
)
def test_a_boundary_is_where_one_segment_passes_to_the_next(text, boundaries):
    assert list(built(text).boundaries) == boundaries


def test_it_is_lowered_once():
    schedule = built("linear(1.0, 0.0, 10) * 0.5")
    assert schedule.program is schedule.program


def test_a_part_of_a_program_is_shown_as_numbers():
    program = flr.constant(1.0).program
    assert (repr(program[1:3]), str(program[1:3])) == ("array([1., 1.])", "[1. 1.]")
    assert repr(program.copy()).startswith("array([1.12")


def test_a_part_of_a_program_is_no_program():
    program = flr.constant(1.0).program
    assert type(program[:3]) is np.ndarray
    assert program[0] == MAGIC
    assert str(program[1:3]) == "[1. 1.]"
    with pytest.raises(ValueError, match="read-only"):
        program[:3][0] = 1.0


def log2(x: float) -> mpf:
    return mpmath.log(mpf(x), 2)


@pytest.mark.parametrize(
    ("text", "high", "low", "exact"),
    [
        ("exponential_decay(1.0, rate=0.3)", "kh", "kl", lambda: -mpf(0.3) * log2(mpmath.e)),
        ("exponential_decay(1.0, gamma=0.9, every=7)", "kh", "kl", lambda: log2(0.9) / 7),
        (
            "exponential_decay(1.0, gamma=0.9, every=7, staircase=True)",
            "kh",
            "kl",
            lambda: log2(0.9),
        ),
        ("step_decay(1.0, 0.3, every=7)", "kh", "kl", lambda: log2(0.3)),
        ("step_decay(1.0, 0.0, every=7)", "kh", "kl", lambda: mpf(-4096)),
        ("exponential(0.3, 0.001, 700)", "kh", "kl", lambda: (log2(0.001) - log2(0.3)) / 700),
        ("exponential(0.3, 0.001, 700) * 0.0", "kh", "kl", lambda: mpf(0)),
        ("affine_exponential(1.0, 0.1, 300, ratio=0.07)", "kh", "kl", lambda: -log2(0.07) / 300),
        ("affine_exponential(0.1, 1.0, 300, ratio=0.07)", "kh", "kl", lambda: log2(0.07) / 300),
        (
            "tanh(1.0, 0.1, 300, lower=-4.3, upper=1.7)",
            "yh",
            "yl",
            lambda: 2 * mpf(-4.3) * log2(mpmath.e),
        ),
        (
            "tanh(0.1, 1.0, 300, lower=-4.3, upper=1.7)",
            "yh",
            "yl",
            lambda: -2 * mpf(-4.3) * log2(mpmath.e),
        ),
        (
            "tanh(1.0, 0.1, 300, lower=-4.3, upper=1.7)",
            "kh",
            "kl",
            lambda: 2 * (mpf(1.7) - mpf(-4.3)) / 300 * log2(mpmath.e),
        ),
        (
            "tanh(0.1, 1.0, 300, lower=-4.3, upper=1.7)",
            "kh",
            "kl",
            lambda: -2 * (mpf(1.7) - mpf(-4.3)) / 300 * log2(mpmath.e),
        ),
        ("logarithmic(1.0, 0.1, 300)", "dh", "dl", lambda: log2(301)),
        ("logarithmic(0.1, 1.0, 300)", "dh", "dl", lambda: log2(301)),
        ("linear(1.0, 0.1, 300).repeat(scale=0.3)", "kh", "kl", lambda: log2(0.3)),
        ("linear(1.0, 0.1, 300).repeat(scale=0.0)", "kh", "kl", lambda: mpf(-4096)),
    ],
)
def test_numbers_multiplied_by_the_step_are_double_double(text, high, low, exact):
    """One would not do: at step 2^53 its last digit is a digit before the point."""
    fields = families(built(text).program)[0][1][0].fields
    with mpmath.workprec(300):
        assert (
            abs(mpf(fields[high][0]) + mpf(fields[low][0]) - exact())
            <= abs(exact()) * mpf(2) ** -98
        )
    assert fields[high][0] == fields[high][0] + fields[low][0]


# -- size ------------------------------------------------------------------------------------------


def growth(build: Callable[[int], flr.Schedule]) -> float:
    """Return how many entries each further lane takes."""
    return (build(3_000).program.size - build(1_000).program.size) / 2_000


def lane_rates(n: int) -> np.ndarray:
    return np.geomspace(1e-4, 1.0, n)


@pytest.mark.parametrize(
    ("build", "entries"),
    [
        (lambda n: flr.constant(lane_rates(n)), 1),
        (lambda n: flr.constant(np.full(n, 0.5)), 0),
        (lambda n: flr.linear(lane_rates(n), 0.0, 10), 1),
        (lambda n: flr.warmup_cosine(lane_rates(n), 10, 100), 1),
        (lambda n: flr.warmup_cosine(1.0, 10, 100) * lane_rates(n), 1),
        (lambda n: flr.cosine(lane_rates(n), 2 * lane_rates(n), 10), 2),
        (lambda n: flr.linear(1.0, 0.0, np.arange(n)), 1),
        (lambda n: flr.stack([flr.constant(rate) for rate in lane_rates(n)]), 1),
        (lambda n: flr.sampled(np.outer(lane_rates(n), [1.0, 0.5, 0.2])), 5),
    ],
    ids=[
        "constant",
        "one number",
        "linear",
        "warmup_cosine",
        "a factor",
        "two levels",
        "steps",
        "stack",
        "samples",
    ],
)
def test_a_lane_costs_only_the_numbers_that_are_its_own(build, entries):
    assert growth(build) == entries


def test_what_lanes_share_has_stride_0():
    [(_, [line, held])] = families(flr.linear([1.0, 2.0, 3.0], 0.5, 10).program)
    assert line.own == {"L": False, "lo": False, "hi": True}
    assert line.fields["hi"].tolist() == [1.0, 2.0, 3.0]
    assert (line.own_start, held.own_start, held.own) == (False, False, {"value": False})


def test_lanes_of_one_structure_are_one_family():
    parts = [
        [flr.constant(0.1 * n), flr.linear(1.0, 0.0, n), flr.cosine(1.0, 0.1, n)]
        for n in range(1, 30)
    ]
    stacked = flr.stack([schedule for part in parts for schedule in part])
    read = families(stacked.program)
    assert [positions.tolist() for positions, _ in read] == [
        list(range(i, 87, 3)) for i in range(3)
    ]
    assert [[segment.opcode for segment in segments] for _, segments in read] == [
        ["constant"],
        ["linear", "constant"],
        ["cosine", "constant"],
    ]
    assert int(flr.linear(lane_rates(1_000), 0.0, 10).program[2]) == 1


@pytest.mark.parametrize(
    ("text", "opcodes"),
    [
        ("constant(0.1)", ["constant"]),
        ("linear(1.0, 0.0, 10)", ["linear", "constant"]),
        (
            "linear(0.0, 1.0, 10).then(linear(1.0, 0.0, 10)).then(constant(0.5))",
            ["linear", "linear", "constant"],
        ),
        ("join([join([constant(1.0), constant(2.0)], [3]), constant(3.0)], [9])", ["constant"] * 3),
        ("join([constant(1.0), constant(2.0), constant(3.0)], [4, 4])", ["constant"] * 2),
        ("warmup_cosine(1.0, 0, 100)", ["cosine", "constant"]),
        ("wsd(1.0, 0, 0, 10)", ["linear", "constant"]),
        ("polynomial(1.0, 0.0, 10, power=1)", ["linear", "constant"]),
        ("polynomial(1.0, 0.0, 10, power=2)", ["square", "constant"]),
        ("linear(1.0, 0.0, 10).with_past_end('zero')", ["linear", "constant"]),
        ("linear(1.0, 0.0, 10).with_past_end('repeat')", ["loop"]),
        ("linear(1.0, 0.0, 10) * 0.5 * 0.5", ["linear", "constant"]),
    ],
)
def test_a_join_is_flat_and_holds_what_is_in_force(text, opcodes):
    assert listing(built(text)) == opcodes


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("linear(1.0, 0.0, 10).repeat(2)", "linear(1.0, 0.0, 10).repeat(2**40)"),
        ("linear(1.0, 0.0, 10)", "linear(1.0, 0.0, 2**53)"),
        ("step_decay(1.0, 0.5, 10)", "step_decay(1.0, 0.5, 2**40)"),
        ("cosine(1.0, 0.0, 10)", "0.5 * cosine(1.0, 0.0, 10) * 0.5"),
        ("cyclic(0.1, 0.5, 3)", "cyclic(0.1, 0.5, 3_000)"),
    ],
)
def test_it_grows_with_the_structure_alone(a, b):
    assert built(a).program.size == built(b).program.size


def test_each_growing_period_is_a_segment():
    starts = {
        int(segment.starts[0])
        for segment in families(flr.cosine_restarts(1.0, 0.0, 10, stretch=2.0).program)[0][1]
    }
    assert {start for start in starts if start <= 2**53} == {10 * (2**i - 1) for i in range(50)}


# -- no Python per step ----------------------------------------------------------------------------


def python_calls(work: Callable[[], object]) -> int:
    """Count the Python functions that a call enters."""
    entered = []
    sys.setprofile(
        lambda frame, event, _: entered.append(frame.f_code.co_name) if event == "call" else None
    )
    try:
        work()
    finally:
        sys.setprofile(None)
    return len(entered)


def test_no_python_runs_per_step_per_lane_or_per_level():
    deep = flr.linear(0.5, 1.0, 100)
    for _ in range(20):
        deep = (deep * flr.cosine(1.0, 0.9, 50)).clip(0.0, 2.0)
    flat, steps = flr.linear(0.5, 1.0, 100), np.arange(5_000)
    with flr.use_backend("jit"):
        for schedule in (flat, deep):  # compile what they need
            schedule.table(2), schedule([0, 1]), schedule(0)
        deep.table(5_000), deep(steps), deep(99), flat(steps)
        assert python_calls(lambda: deep.table(5_000)) == python_calls(lambda: flat.table(2))
        assert python_calls(lambda: deep(steps)) == python_calls(lambda: flat(steps))
        assert python_calls(lambda: deep(99)) == python_calls(lambda: flat(0))
        many, few = deep * lane_rates(500), deep * lane_rates(2)
        for schedule in (many, few):
            schedule(7), schedule.table(3)
        assert python_calls(lambda: many(7)) == python_calls(lambda: few(7))
        assert python_calls(lambda: many.table(3)) == python_calls(lambda: few.table(3))


# -- printed ---------------------------------------------------------------------------------------

WSD = """\
program of 1 lane, raises past step 99
lane 0
           start  opcode        fields
               0  linear        L=-10  lo=0  hi=0.0006
              10  constant      value=0.0006
              90  power         L=-10  lo=6e-05  hi=0.0006  q=-0.5
             100  constant      value=6e-05"""

NESTED = """\
program of 1 lane
lane 0
           start  opcode        fields
               0  minimum
               0    add
               0      loop      period=1000000  times=2^54  kh=-1  kl=0  floor=0
               0        linear  L=1000000  lo=0  hi=1
       1,000,000        constant  value=0
                      and
               0      time_map  base=0  pace=0  every=1
               0        cosine  L=9  lo=0.1  hi=1
               5      cosine    L=9  lo=0.1  hi=1
              14      constant  value=0.1
                    and
               0    constant    value=0.9"""

BATCH = """\
program of 6 lanes
lane 0 of 5 alike
           start  opcode        fields
               0  linear        L=10  lo=0  hi=1
              10  constant      value=0
lane 1 of 5 alike
           start  opcode        fields
               0  linear        L=20  lo=0  hi=1
              20  constant      value=0
lane 2 of 5 alike
           start  opcode        fields
               0  linear        L=30  lo=0  hi=1
              30  constant      value=0
lane 5
           start  opcode        fields
               0  staircase     a=0.1  every=7  kh=-1  kl=0"""


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("wsd(6e-4, 10, 80, 10, end=6e-5, shape='1-sqrt').with_past_end('raise')", WSD),
        (
            "(linear(1.0, 0.0, 10**6).repeat(scale=0.5) + cosine(1.0, 0.1, "
            "9).delay(5)).minimum(0.9)",
            NESTED,
        ),
        ("stack([*linear(1.0, 0.0, [10, 20, 30, 40, 50]), step_decay(0.1, 0.5, every=7)])", BATCH),
    ],
    ids=["a run", "segments in segments", "a batch"],
)
def test_print_shows_where_each_segment_starts_and_its_numbers(text, printed):
    assert str(built(text).program) == printed


def test_repr_is_one_line():
    assert repr(flr.constant(1.0).program) == "<fastlr program of 1 lane, 280 bytes>"
    assert repr(flr.constant(lane_rates(1_000)).program).startswith(
        "<fastlr program of 1,000 lanes, "
    )


def test_boundaries_of_loops_within_loops_have_a_limit():
    line = flr.linear(1.0, 0.5, 10)
    assert line.repeat(1_000).boundaries == tuple(range(10, 10_010, 10))
    assert line.repeat(100).repeat(100).boundaries == tuple(range(10, 100_010, 10))
    assert line.repeat(1_000).repeat(1_000).boundaries == (10, 10_000)
    nested = line
    for _ in range(5):
        nested = nested.then(nested).repeat(100)
    assert len(nested.boundaries) <= 2**17
