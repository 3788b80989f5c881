"""Guarantee 1: a schedule, a step and a dtype have one bit pattern, however you evaluate it."""

import platform
from pathlib import Path

import numpy as np
import pytest
import strategies
from equality import same
from example_counts import examples
from example_schedules import BACKENDS
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from numba import njit
from numba.core.errors import TypingError

import fastlr as flr
from fastlr.kernels import native

LAST = 2**53
seeds = st.integers(0, 2**32 - 1)


@njit
def in_a_loop(program, steps):
    out = np.empty(steps.size)
    for i in range(steps.size):
        out[i] = flr.jit.rate(program, steps[i])
    return out


@njit
def lanes_in_a_loop(program, steps, lanes):
    out = np.empty((lanes, steps.size))
    column = np.empty(lanes)
    for i in range(steps.size):
        flr.jit.rates(program, steps[i], column)
        out[:, i] = column
    return out


@pytest.fixture(params=native.instruction_sets())
def level(request):
    """The C library with each instruction set that this processor has."""
    before = native.instruction_set()
    native.use_instruction_set(request.param)
    yield request.param
    native.use_instruction_set(before)


EITHER = st.one_of(strategies.scalars, strategies.batches())
# one level for all
SHARED = examples(75, suppress_health_check=[HealthCheck.function_scoped_fixture])


def both(evaluate):
    """Return the results of C and of Numba."""
    answers = []
    for backend in ("native", "jit"):
        with flr.use_backend(backend):
            answers.append(evaluate())
    return answers


@given(schedule=EITHER, seed=seeds)
@SHARED
def test_c_and_numba_agree_at_any_steps(level, schedule, seed):
    steps = np.array(strategies.interesting_steps(schedule, np.random.default_rng(seed)))
    assert same(*both(lambda: schedule(steps)))
    assert same(*both(lambda: np.array([schedule(int(t)) for t in steps])))


@given(schedule=EITHER, seed=seeds)
@SHARED
def test_c_and_numba_agree_in_any_table(level, schedule, seed):
    rng = np.random.default_rng(seed)
    lane = schedule if schedule.shape == () else schedule[(0,) * len(schedule.shape)]
    start = max(0, int(rng.choice([*lane.boundaries, 0, 2**52])) - int(rng.integers(0, 3000)))
    step, count = int(rng.choice([1, 1, 1, 3, 1000, 10**9 + 7])), int(rng.integers(1, 6000))
    stop = min(
        start + step * count, LAST if schedule.past_end != "raise" else int(np.min(schedule.steps))
    )
    for dtype in ("float64", "float32"):
        assert same(*both(lambda dtype=dtype: schedule.table(start, stop, step, dtype=dtype)))
    assert same(
        *both(
            lambda: schedule.table(
                start,
                stop,
                step,
                out=np.empty((*schedule.shape, 2 * len(range(start, stop, step))))[..., ::2],
            )
        )
    )


def test_every_level_of_an_x86_processor_is_built():
    """A build by GCC or Clang has them all; the system also reports what a processor has."""
    flags = Path("/proc/cpuinfo")
    if platform.machine() == "x86_64" and flags.is_file():
        has = set(flags.read_text().split())
        wanted = [
            name
            for name, needs in (
                ("avx512", {"avx512f", "avx512dq", "avx512vl"}),
                ("avx2", {"avx2", "fma"}),
            )
            if needs <= has
        ]
        assert native.instruction_sets() == [*wanted, "baseline"]
    assert native.instruction_set() == native.instruction_sets()[0]


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=strategies.scalars, seed=seeds)
@examples(50)
def test_a_scalar_an_array_and_any_order_agree(backend, schedule, seed):
    rng = np.random.default_rng(seed)
    steps = np.array(strategies.interesting_steps(schedule, rng))
    with flr.use_backend(backend):
        one_by_one = np.array([schedule(int(t)) for t in steps])
        assert same(schedule(steps), one_by_one)
        order = rng.permutation(steps.size)
        assert same(schedule(steps[order]), one_by_one[order])
        assert same(schedule(steps.reshape(1, -1, 1)), one_by_one.reshape(1, -1, 1))
    if backend == "jit":
        assert same(in_a_loop(schedule.program, steps), one_by_one)


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=strategies.scalars, seed=seeds)
@examples(50)
def test_any_slice_and_stride_of_a_table_agrees(backend, schedule, seed):
    rng = np.random.default_rng(seed)
    boundary = int(rng.choice([*schedule.boundaries, 0, 2**52]))
    start = max(0, boundary - int(rng.integers(0, 3000)))
    step = int(rng.choice([1, 1, 2, 7, 1000, 10**9 + 7]))
    count = int(min(rng.integers(1, 6000), (LAST - start) // step + 1))
    with flr.use_backend(backend):
        table = schedule.table(start, start + step * (count - 1) + 1, step)
        assert table.shape == (count,)
        assert same(table, schedule(start + step * np.arange(count)))
        cut = int(rng.integers(0, count))
        if cut:
            assert same(table[:cut], schedule.table(start, start + step * (cut - 1) + 1, step))
            assert same(
                table[cut:],
                schedule.table(start + step * cut, start + step * (count - 1) + 1, step),
            )


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=st.one_of(strategies.scalars, strategies.batches()), seed=seeds)
@examples(60)
def test_out_of_any_strides_and_either_dtype_agrees(backend, schedule, seed):
    count = int(np.random.default_rng(seed).integers(1, 5000))
    with flr.use_backend(backend):
        table = schedule.table(count)
        out = np.full((*schedule.shape, count), np.nan)
        assert schedule.table(count, out=out) is out
        assert same(out, table)
        apart = np.full((*schedule.shape, 3 * count), np.nan)
        schedule.table(count, out=apart[..., ::3])
        assert same(np.ascontiguousarray(apart[..., ::3]), table)
        assert np.isnan(apart[..., 1::3]).all()
        backwards = np.empty_like(out)
        schedule.table(count, out=backwards[..., ::-1])
        assert same(np.ascontiguousarray(backwards[..., ::-1]), table)
        turned = np.empty((count, *schedule.shape)).T if len(schedule.shape) < 2 else out
        assert same(np.ascontiguousarray(schedule.table(count, out=turned)), table)
        with np.errstate(under="ignore"):
            single = table.astype(np.float32)
        assert same(schedule.table(count, dtype="float32"), single)
        assert same(schedule.table(count, out=np.empty_like(single)), single)


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=strategies.batches(), seed=seeds)
@examples(50)
def test_every_lane_agrees_with_its_own_schedule(backend, schedule, seed):
    rng = np.random.default_rng(seed)
    steps = np.array(strategies.interesting_steps(schedule, rng, count=4))
    with flr.use_backend(backend):
        alone = np.array([[lane(int(t)) for t in steps] for lane in schedule])
        assert same(schedule(steps), alone)
        assert same(np.stack([schedule(int(t)) for t in steps], axis=-1), alone)
        assert same(schedule.table(50), np.stack([lane.table(50) for lane in schedule]))
    if backend == "jit":
        assert same(lanes_in_a_loop(schedule.program, steps, len(schedule)), alone)


def test_many_lanes_of_one_family_agree_across_blocks():
    rng = np.random.default_rng(0)
    lanes = 10_000
    schedule = flr.warmup_cosine(
        rng.uniform(1e-5, 1, lanes),
        rng.integers(0, 50, lanes),
        rng.integers(50, 5000, lanes),
        end=rng.uniform(0, 1e-5, lanes),
    )
    for t in (0, 1, 25, 49, 50, 51, 1000, 4999, 5000, LAST):
        rates = schedule(t)
        for lane in rng.integers(0, lanes, 20):
            assert rates[lane] == schedule[int(lane)](t)


def test_mixed_families_land_in_their_own_places():
    parts = [
        [flr.constant(0.1), flr.linear(1.0, 0.0, steps=n), flr.cosine(1.0, 0.1, steps=n + 1)]
        for n in range(1, 40)
    ]
    schedule = flr.stack([schedule for part in parts for schedule in part])
    assert int(schedule.program[2]) == 3
    for t in (0, 1, 5, 100):
        assert same(schedule(t), np.array([schedule[i](t) for i in range(len(schedule))]))


@given(schedule=st.one_of(strategies.scalars, strategies.batches()), seed=seeds)
@examples(50)
def test_the_reference_agrees_with_the_kernels(schedule, seed):
    steps = np.array(strategies.interesting_steps(schedule, np.random.default_rng(seed), count=6))
    with flr.use_backend("jit"):
        fast = schedule(steps)
    with flr.use_backend("reference"):
        plain = schedule(steps)
    calls = repr(schedule).count("(")
    assert np.all(np.abs(fast - plain) <= 8 * calls * np.spacing(np.maximum(fast, plain)))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 2047, 2048, 2049, 4096, 4097, 10_001])
@pytest.mark.parametrize("name", ["nanogpt-124m", "llama3-405b", "sgdr-cifar10"])
def test_block_edges(name, size):
    schedule = flr.recipe(name).schedule
    steps = np.arange(size)
    assert same(schedule.table(size), np.array([schedule(int(t)) for t in steps]))
    assert same(schedule(steps), schedule.table(size))


# -- memory that the steps and the rates share -----------------------------------------------------


def test_rates_may_be_written_over_their_steps():
    batch, memory = flr.linear([1.0, 2.0], 0.0, 10), np.zeros(10, np.int64)
    memory[:5] = range(5)
    expected = batch(np.arange(5))
    for backend in BACKENDS:
        memory[:5] = range(5)
        with flr.use_backend(backend):
            rates = batch(memory[:5], out=memory.view(float).reshape(2, 5))
        assert np.shares_memory(rates, memory)
        assert same(rates, expected)


@pytest.mark.parametrize("backend", BACKENDS)
@given(schedule=st.one_of(strategies.scalars, strategies.batches()), seed=seeds)
@examples(60)
def test_steps_anywhere_in_the_memory_of_the_rates_give_the_same_rates(backend, schedule, seed):
    random = np.random.default_rng(seed)
    count, dtype = int(random.integers(1, 9)), random.choice(["i8", "i4", "u2", ">i8", "u8"])
    size = int(np.prod(schedule.shape)) * count
    memory = np.zeros(8 * (size + count) + 8, np.uint8)
    out = (
        memory[8 * (at := int(random.integers(0, count + 1))) :][: 8 * size]
        .view(float)
        .reshape(*schedule.shape, count)
    )
    first = int(random.integers(0, memory.size - 8 * count)) if at % 2 else 8 * at
    steps = memory[first : first + count * np.dtype(dtype).itemsize].view(dtype)
    steps[:] = random.integers(0, 2_000, count)
    steps = steps[::-1] if random.random() < 0.5 else steps
    with flr.use_backend(backend):
        expected = schedule(steps.copy())
        assert schedule(steps, out=out) is out
    assert same(out, expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_history_or_a_state_may_lie_in_the_memory_of_a_result(backend):
    rule, memory = flr.Plateau(patience=[0, 1], factor=0.5), np.zeros(12)
    history = np.array([1.0, 2.0, 3.0, 2.0, 5.0, 4.0])
    with flr.use_backend(backend):
        expected = rule.replay(history)
        for at in range(7):
            memory[at : at + 6] = history
            assert same(rule.replay(memory[at : at + 6], out=memory.reshape(6, 2)), expected)
        for part in ("scale", "best"):  # the metric lies in the state that is written
            state = rule.update(rule.init(scale=[0.5, 0.25]), [1.0, 2.0])
            apart = rule.update(state, getattr(state, part).copy())
            assert all(map(same, rule.update(state, getattr(state, part), out=state), apart))


@pytest.mark.parametrize("backend", BACKENDS)
def test_rates_of_parameters_may_be_written_over_their_step(backend):
    groups = flr.stack({"a": flr.linear(1.0, 0.0, 10), "b": flr.constant(0.3)})
    for rates in (flr.spread(groups, [2, 2]), flr.scatter(groups, [1, 0, 1, 0])):
        memory = np.full(4, 3, np.int64)
        with flr.use_backend(backend):
            assert same(rates(memory[0:1].reshape(()), out=memory.view(float)), rates(3))


@pytest.mark.parametrize(
    "out",
    [
        np.lib.stride_tricks.as_strided(np.zeros(5), (2, 5), (0, 8)),
        np.lib.stride_tricks.as_strided(np.zeros(6), (2, 5), (8, 8)),
        np.lib.stride_tricks.as_strided(np.zeros(12), (2, 5), (4, 8)),
    ],
)
def test_rates_that_would_share_memory_are_refused(out):
    with pytest.raises(
        ValueError, match="table: out must not share memory between rates, got strides"
    ):
        flr.linear([1.0, 2.0], 0.0, 10).table(5, out=out)
    assert not out.any()


def test_a_compiled_loop_does_not_write_rates_over_their_program():
    lanes = flr.linear([1.0, 2.0], 0.0, 10)
    memory = np.array(lanes.program)
    program = memory.view()
    program.flags.writeable = False
    for out in (memory[:2], memory[-2:]):
        with pytest.raises(ValueError, match="out must not share memory with the program"):
            flr.jit.rates(program, 3, out)
    for out in (memory[::-1][:2], memory[1:9:4]):
        with pytest.raises(TypingError, match="out must be a C-contiguous array"):
            flr.jit.rates(program, 3, out)
    assert same(memory, np.asarray(lanes.program))
    around = np.zeros(memory.size + 4)
    around[2:-2] = memory
    program = around[2:-2].view()
    program.flags.writeable = False
    for out in (around[:2], around[-2:]):
        flr.jit.rates(program, 3, out)
        assert same(out, lanes(3))
