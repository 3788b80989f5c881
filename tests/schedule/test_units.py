"""Test units: growing batch sizes against a plain loop, horizons against a sampler, and fractions
of a run.
"""

import dataclasses
import pickle
import re
from fractions import Fraction

import numpy as np
import pytest
import strategies
from equality import same
from example_counts import examples
from example_schedules import BACKENDS
from hypothesis import assume, given
from hypothesis import strategies as st
from refused_calls import NAMES

import fastlr as flr

LAST = 2**53
# tokens: 32k to 3.2M over the first 4e9
GPT3 = flr.ramp(32_000, 3_200_000, over=4 * 10**9, increment=32_000)
DEEPSEEK = flr.ramp(3_072 * 4_096, 15_360 * 4_096, over=469 * 10**9, increment=1_024 * 4_096)


@st.composite
def ramps(draw, most=10**9):
    count = draw(st.integers(1, 5))
    batches = draw(st.lists(st.integers(1, most), min_size=count, max_size=count))
    at = draw(st.sets(st.integers(1, 300), min_size=count - 1, max_size=count - 1))
    return flr.Ramp(tuple(batches), at=tuple(sorted(at)))


def walked(ramp: flr.Ramp, steps: int) -> tuple[list[int], list[int]]:
    """Return the batch of each step and the samples before it, by a loop over steps."""
    batches, taken = [], [0]
    for t in range(steps):
        batches.append(ramp.batches[sum(start <= t for start in ramp.at)])
        taken.append(taken[-1] + batches[-1])
    return batches, taken


# -- batches that grow -----------------------------------------------------------------------------


@given(ramp=ramps(), seed=st.integers(0, 2**32 - 1))
@examples(60)
def test_a_ramp_counts_as_a_loop_does(ramp, seed):
    batches, taken = walked(ramp, 400)
    assert ramp.batch(np.arange(400)).tolist() == [ramp.batch(t) for t in range(400)] == batches
    assert ramp.taken(np.arange(401)).tolist() == [ramp.taken(t) for t in range(401)] == taken
    for wanted in np.random.default_rng(seed).integers(0, taken[-1] + 1, 50).tolist() + taken[:20]:
        assert ramp.step(wanted) == next(t for t in range(401) if taken[t] >= wanted)
    assert ramp.step(np.array(taken)).tolist() == list(range(401))
    assert {type(number) for number in (ramp.batch(3), ramp.taken(3), ramp.step(3))} == {int}


@given(
    first=st.integers(1, 64),
    increment=st.integers(1, 64),
    count=st.integers(0, 40),
    over=st.integers(1, 20_000),
)
@examples(50)
def test_a_ramp_is_by_the_rule_of_megatron(first, increment, count, over):
    """``batch = start + increment * int(consumed / (over / increments))``, and the last from
    ``over`` on; in exact numbers.
    """
    last, consumed = first + count * increment, 0
    ramp = flr.ramp(first, last, over, increment)
    for t in range(600):
        grown = (
            count
            if consumed >= over
            else int(Fraction(consumed) / (Fraction(over, count)))
            if count
            else 0
        )
        assert ramp.taken(t) == consumed
        assert ramp.batch(t) == first + increment * grown
        consumed += ramp.batch(t)


def test_the_ramp_of_a_published_run():
    """Megatron-LM's own example, ``--rampup-batch-size 16 8 300000`` up to 1024: its float rule
    at every step.
    """
    ramp, consumed = flr.ramp(16, 1_024, over=300_000, increment=8), 0
    for t in range(3_000):
        batch = (
            1_024
            if consumed > 300_000
            else 16 + 8 * int(consumed / (300_000 / ((1_024 - 16) // 8)))
        )
        assert ramp.batch(t) == batch
        consumed += batch


@pytest.mark.parametrize(
    ("ramp", "over"), [(GPT3, 4 * 10**9), (DEEPSEEK, 469 * 10**9)], ids=["GPT-3", "DeepSeek-V3"]
)
def test_a_ramp_in_tokens_is_at_its_last_batch_when_it_should_be(ramp, over):
    turn = ramp.at[-1]
    assert ramp.taken(turn - 1) < over
    assert ramp.batch(turn) == ramp.batches[-1] > ramp.batch(turn - 1)
    assert (
        over * (len(ramp.batches) - 1) / len(ramp.batches)
        < ramp.taken(turn)
        < over + ramp.batches[-1]
    )


@pytest.mark.parametrize("backend", BACKENDS)
@given(ramp=ramps(10**5), schedule=strategies.scalars, seed=st.integers(0, 2**32 - 1))
@examples(50)
def test_a_schedule_of_samples_by_the_step_has_the_rate_of_what_was_taken(
    backend, ramp, schedule, seed
):
    by_step, end = ramp.per_step(schedule), ramp.step(LAST) - 1
    boundaries = [ramp.step(boundary) for boundary in schedule.boundaries]
    near = {t + d for t in (*ramp.at, *boundaries) for d in (-1, 0, 1)} | set(
        np.random.default_rng(seed).integers(0, end, 10).tolist()
    )
    steps = np.array(sorted(t for t in {0, 1, end - 1, end} | near if 0 <= t <= end))
    with flr.use_backend(backend):
        assert same(by_step(steps), schedule(ramp.taken(steps)))
        assert [by_step(int(t)) for t in steps] == by_step(steps).tolist()
        assert same(by_step.table(300), schedule(ramp.taken(np.arange(300))))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "ramp",
    [
        GPT3,
        DEEPSEEK,
        flr.Ramp((3,)),
        flr.Ramp((2**52, 1), at=(1,)),
        flr.Ramp((1, 2**50 + 1), at=(7,)),
    ],
)
def test_tokens_far_out_are_counted_exactly(ramp, backend):
    """Near the largest step float32 cannot tell steps apart, and float64 just can."""
    with flr.use_backend(backend):
        end = ramp.step(LAST) - 1
        assert ramp.taken(end) <= LAST
        steps = sorted(
            {0, 1, ramp.step(10**11), ramp.step(469 * 10**9), end // 3, end - 1, end}
            | {t for t in ramp.at if t < end}
        )
        for schedule in (
            flr.linear(0.0, 1.0, LAST),
            flr.warmup_cosine(1.0, 375 * 10**6, 300 * 10**9, end=0.1),
        ):
            by_step = ramp.per_step(schedule)
            for t in steps:
                taken = sum(
                    batch * max(0, min(t, stop) - start)
                    for batch, start, stop in zip(
                        ramp.batches, (0, *ramp.at), (*ramp.at, LAST), strict=True
                    )
                )
                if taken <= LAST:
                    assert ramp.taken(t) == taken
                    assert by_step(t) == schedule(taken)


@pytest.mark.parametrize("batch", [1, 3, 7, 2**20 + 1])
def test_what_is_taken_is_exact_to_the_last_sample(batch):
    """2^53 + 1 is a multiple of 3, and a float64 takes it for 2^53."""
    ramp, most = flr.Ramp((batch,)), LAST // batch
    assert ramp.taken(most) == most * batch
    assert ramp.step(most * batch) == most
    if batch > 1:
        with pytest.raises(ValueError, match=r"^taken: t must come before 2\*\*53 samples, got "):
            ramp.taken(most + 1)


def test_a_schedule_of_tokens_ends_with_the_tokens():
    by_step = GPT3.per_step(flr.warmup_cosine(6e-5, 375 * 10**6, 260 * 10**9, end=6e-6))
    assert by_step.steps == GPT3.step(260 * 10**9)
    assert GPT3.taken(by_step.steps - 1) < 260 * 10**9 <= GPT3.taken(by_step.steps)
    assert by_step(by_step.steps) == 6e-6 < by_step(by_step.steps - 1)


def test_a_ramp_is_a_value():
    assert (
        flr.Ramp((10, 20), (4,))
        == flr.Ramp([10, 20], [4])
        == flr.Ramp(np.array([10, 20]), np.array([4]))
    )
    assert hash(GPT3) == hash(pickle.loads(pickle.dumps(GPT3)))
    assert eval(repr(GPT3), {"Ramp": flr.Ramp}) == GPT3


# -- horizons --------------------------------------------------------------------------------------


def simulated(
    samples: int, batch: int, accumulation: int, processes: int, epochs: int, drop_last: bool
) -> int:
    """Count the updates of the first process by a sampler, a loader and a loop, as
    DistributedSampler divides samples.
    """
    updates = 0
    for _ in range(epochs):
        indices = list(range(samples))
        if drop_last:
            indices = indices[: samples // processes * processes]
        else:
            indices += (indices * processes)[: -samples % processes]
        own = indices[0::processes]
        batches = [own[i : i + batch] for i in range(0, len(own), batch)]
        if drop_last and batches and len(batches[-1]) < batch:
            batches.pop()
        for i in range(len(batches)):
            if (i + 1) % accumulation == 0 or i + 1 == len(batches):
                updates += 1
    return updates


sizes = st.integers(1, 12)


@given(st.integers(1, 200), sizes, sizes, sizes, st.integers(1, 3), st.booleans())
@examples(150)
def test_a_horizon_is_what_a_loop_over_a_sampler_counts(
    samples, batch, accumulation, processes, epochs, drop_last
):
    steps = simulated(samples, batch, accumulation, processes, epochs, drop_last)
    if steps == 0:
        with pytest.raises(
            ValueError, match=r"^horizon: the run must have from 1 to 2\*\*53 steps, got 0:\n"
        ):
            flr.horizon(samples, batch, accumulation, processes, epochs, drop_last)
    else:
        found = flr.horizon(samples, batch, accumulation, processes, epochs, drop_last)
        assert (found.steps, found.steps_per_epoch * epochs) == (steps, steps)
        assert type(found.steps) is int


def test_a_horizon_prints_its_arithmetic():
    printed = str(
        flr.horizon(1_281_167, 256, accumulation=4, processes=8, epochs=90, drop_last=True)
    )
    assert printed.splitlines() == [
        "1,281,167 samples / 8 processes = 160,145 samples per process, rounded down",
        "160,145 samples / 256 per batch = 625 batches per epoch, rounded down",
        "625 batches / 4 accumulated = 157 steps per epoch, rounded up",
        "157 steps per epoch x 90 epochs = 14,130 steps",
    ]


def test_a_horizon_made_by_hand_is_checked_as_well():
    made = flr.horizon(50_000, 32, processes=8)
    assert flr.Horizon(50_000, 32, 1, 8, 1, False) == made
    with pytest.raises(
        ValueError, match=r"^Horizon: batch must be an integer from 1 to 2\*\*53, got 0$"
    ):
        dataclasses.replace(made, batch=0)


# -- fractions of a run ----------------------------------------------------------------------------


@given(total=st.integers(1, 10**12), part=st.floats(0.0, 1.0))
@examples(100)
def test_a_fraction_is_the_nearest_step(total, part):
    step = flr.step_at(part, total)
    assert type(step) is int
    assert 0 <= step <= total
    assert abs(step - Fraction(part) * total) <= Fraction(1, 2) + Fraction(total, 2**53)
    assert flr.step_at(-part, total) == total - step
    assert flr.step_at([part, -part], total).tolist() == [step, total - step]


@given(total=st.integers(1, LAST), where=st.integers(-LAST, LAST))
@examples(50)
def test_a_count_is_itself_or_counts_from_the_end(total, where):
    assume(abs(where) <= total)
    assert flr.step_at(where, total) == (where if where >= 0 else total + where)


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.int64])
def test_integers_of_every_width_count_from_the_end(kind):
    """The smallest of them has no positive counterpart."""
    least = int(np.iinfo(kind).min)
    total = min(-least, LAST)
    if total == -least:
        assert flr.step_at(kind(least), total) == 0
        assert flr.step_at(np.array([least, 1], kind), 2 * total).tolist() == [total, 1]
    with pytest.raises(ValueError, match="step_at: where must be from -100 to 100, got -"):
        flr.step_at(kind(least), 100)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_a_fraction_of_every_width_is_taken_at_its_worth(kind):
    for part in (0.03, 0.3, 1.0):
        assert flr.step_at(kind(part), 10**9) == round(float(kind(part)) * 10**9)
        assert flr.step_at(np.array([part], kind), 10**9).tolist() == [
            round(float(kind(part)) * 10**9)
        ]


def test_lengths_of_a_plan_as_fractions_of_its_horizon():
    total = flr.horizon(50_000, 100, epochs=10)
    warm, cool = total.at(0.05), total.at(-0.2)
    plan = flr.wsd(1.0, warmup=warm, stable=cool - warm, cooldown=total.steps - cool)
    assert plan.boundaries == (250, 4_000, 5_000)


# -- what is refused -------------------------------------------------------------------------------

INTEGER = "must be an integer from 1 to 2**53, got"


# -- epochs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(
    schedule=strategies.scalars,
    every=st.sampled_from([1, 2, 7, 63, 64, 65, 5_004, 2**31 + 1]),
    start=st.integers(0, 10**6),
)
@examples(60)
def test_within_an_epoch_the_rate_stays_as_it_is(backend, schedule, every, start):
    assume(every * (schedule.steps or 0) <= LAST)
    by_step = schedule.staircase(every)
    ends = schedule.steps is not None and schedule.past_end != "repeat"
    assert by_step.steps == (schedule.steps * every if ends else None)
    with flr.use_backend(backend):
        for step in (1, 3, every, 10 * every):
            steps = np.arange(start, start + 300 * step, step)
            assert same(by_step.table(start, start + 300 * step, step), schedule(steps // every))


def test_a_time_map_of_one_that_keeps_its_pace_is_one_segment():
    schedule = flr.cosine(0.1, 0.0, 90)
    both = schedule.skip(4).paced([3, 5], at=[7]).skip(2).staircase(6)
    assert [
        len(re.findall("time_map", str(made.program)))
        for made in (schedule.skip(4).paced([3]).skip(2), both)
    ] == [1, 3]
    assert same(
        both.table(300),
        schedule([4 + 3 * min(t // 6 + 2, 7) + 5 * max(t // 6 - 5, 0) for t in range(300)]),
    )


# -- anything at all -------------------------------------------------------------------------------

LINE, GROUPS, RAMP = NAMES["line"], NAMES["groups"], NAMES["r"]
THINGS = [
    None,
    True,
    0,
    1,
    5,
    -1,
    2**53,
    2**63,
    -(2**70),
    0.5,
    -0.0,
    1e-320,
    1e300,
    np.nan,
    -np.inf,
    1j,
    "",
    "linear",
    "head",
    b"x",
    strategies,
    object(),
    LINE,
    GROUPS,
    NAMES["strict"],
    RAMP,
    np.int8(-128),
    np.uint64(2**64 - 1),
    np.float16(0.5),
    np.array(3),
    np.array(["head"]),
    np.ma.array([1, 2], mask=[0, 1]),
    np.zeros((0, 2)),
    range(2),
    {1},
    [0.5, np.nan],
    slice(1),
]
ANYTHING = st.recursive(
    st.one_of(st.sampled_from(THINGS), st.integers(-3, 20), st.floats(), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["", "body", "head", "a"]), inner, max_size=2),
        st.tuples(inner, inner),
    ),
    max_leaves=4,
)
EVALUATED = {
    "stack": (flr.stack, [[LINE, LINE], ["a", "b"]]),
    "layer_decay": (flr.layer_decay, [{"a": 0, "b": 1}, 0.5]),
    "mup": (flr.mup, [{"a": 512}, 256, "hidden", "adam"]),
    "spread": (flr.spread, [GROUPS, [2, 1]]),
    "scatter": (flr.scatter, [GROUPS, [0, 1, 1]]),
    "parameters": (flr.spread(GROUPS, [2, 1]), [5, np.empty(3)]),
    "bundle": (lambda *parts: flr.bundle(**dict(zip("abc", parts, strict=False))), [LINE, LINE]),
    "Bundle": (flr.Bundle, [GROUPS]),
    "evaluated bundle": (flr.one_cycle_bundle(1.0, 100), [5]),
    "one_cycle_bundle": (flr.one_cycle_bundle, [1.0, 100, 30, (0.85, 0.95), "cosine", 3]),
    "cyclic_bundle": (flr.cyclic_bundle, [0.1, 0.5, 5, 7, "cosine", (0.8, 0.9)]),
    "diff": (flr.diff, [LINE, LINE * 2, 9]),
    "check": (flr.check, [LINE, 9]),
    "verify_resume": (flr.verify_resume, [LINE, 4, 0.6, 1e-6]),
    "checkpoint": (flr.checkpoint, [LINE, 4]),
    "resume": (flr.resume, [flr.checkpoint(LINE, 4), LINE, "saved"]),
    **{
        f"resume: {key}": (
            lambda value, key=key: flr.resume({**flr.checkpoint(LINE, 4), key: value}),
            [None],
        )
        for key in ("resume", "step", "fingerprint", "plan")
    },
    "step_at": (flr.step_at, [0.5, 100]),
    "horizon": (flr.horizon, [100, 8, 2, 3, 4, True]),
    "Horizon": (flr.Horizon, [100, 8, 2, 3, 4, True]),
    "ramp": (flr.ramp, [16, 64, 1_600, 16]),
    "Ramp": (flr.Ramp, [(10, 20), (4,)]),
    "batch": (RAMP.batch, [5]),
    "taken": (RAMP.taken, [5]),
    "step": (RAMP.step, [5]),
    "per_step": (RAMP.per_step, [LINE]),
    "row": (GROUPS.row, [5]),
    "index": (GROUPS.__getitem__, ["head"]),
    "with_groups": (GROUPS.with_groups, [{"tail": LINE}]),
    "skip": (LINE.skip, [5]),
    "paced": (LINE.paced, [(1, 2), (5,)]),
    "staircase": (LINE.staircase, [7]),
    "branches": (LINE.branches, [[1, 2], 5, 0.1, "polynomial", 2.0]),
    "continue_from": (LINE.continue_from, [5, LINE, "own", True]),
    "extend": (LINE.extend, [20, 5]),
    "stretch": (LINE.stretch, [2.0]),
}


@pytest.mark.parametrize("name", EVALUATED)
@given(value=ANYTHING, place=st.integers(0, 5))
@examples(50)
def test_whatever_is_given_no_other_error_is_raised(name, value, place):
    """All other arguments are valid, so each one is tested."""
    evaluate, values = EVALUATED[name][0], list(EVALUATED[name][1])
    evaluate(*values) if "resume: " not in name else None
    values[place % len(values)] = value
    try:
        evaluate(*values)
    except Exception as refused:
        assert type(refused) in (TypeError, ValueError, KeyError, IndexError), refused  # noqa: PT017
