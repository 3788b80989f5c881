"""Test edits of a plan: no rate changes before the step of the edit, ``diff`` finds a difference,
and a resumed run has the planned rates.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import strategies
from equality import same
from example_counts import examples
from example_schedules import BACKENDS
from hypothesis import assume, given
from hypothesis import strategies as st

import fastlr as flr

LAST = 2**53
seeds = st.integers(0, 2**32 - 1)
edits = st.one_of(st.integers(0, 5_000), st.integers(0, 10**6))
short = st.integers(1, 300)
SHAPES = ["linear", "cosine", "1-sqrt", "sqrt", "polynomial"]
extensible = st.one_of(
    st.builds(flr.linear, strategies.levels, strategies.levels, short),
    st.builds(
        flr.cosine,
        strategies.levels,
        strategies.levels,
        short,
        exponent=strategies.powers,
        k=strategies.powers,
    ),
    st.builds(flr.polynomial, strategies.levels, strategies.levels, short, power=strategies.powers),
    st.builds(flr.exponential, strategies.positive, strategies.positive, short),
    st.builds(flr.rex, strategies.levels, strategies.levels, short),
    st.builds(
        flr.wsd,
        strategies.levels,
        short,
        short,
        short,
        end=strategies.levels,
        shape=strategies.shapes,
    ),
    st.builds(
        lambda p, w, n, e: flr.warmup_cosine(p, w, w + n, end=e),
        strategies.levels,
        short,
        short,
        strategies.levels,
    ),
    st.builds(lambda p, n: flr.one_cycle(p, n + 10), strategies.levels, short),
)
extensible = st.one_of(
    extensible, st.builds(lambda s, x, n: (s * x).delay(n), extensible, strategies.levels, short)
)


def before(step: int, *plans: flr.Schedule, seed: int) -> np.ndarray:
    """Return steps before a step, also the ones next to it."""
    rng = np.random.default_rng(seed)
    found = {t for plan in plans for t in strategies.interesting_steps(plan, rng, count=4)} | {
        step - 1,
        step - 2,
        step // 2,
    }
    return np.array(sorted(t for t in found if 0 <= t < step), dtype=np.int64)


# -- continue_from ---------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(old=strategies.scalars, new=strategies.scalars, step=edits, seed=seeds)
@examples(50)
def test_a_new_plan_changes_no_bit_before_its_step(backend, old, new, step, seed):
    assume((new.steps or 0) + step <= LAST)
    own, shared = old.continue_from(step, new), old.continue_from(step, new, clock="same")
    rng = np.random.default_rng(seed)
    after = np.array(
        [t for t in strategies.interesting_steps(new, rng, count=4) if t <= LAST - step]
    )
    with flr.use_backend(backend):
        early = before(step, old, new, seed=seed)
        for plan in (own, shared):
            assert same(plan(early), old(early))
        assert same(own(step + after), new(after))
        assert same(shared(step + after), new(step + after))


@pytest.mark.parametrize("backend", BACKENDS)
@given(
    old=strategies.scalars,
    new=strategies.scalars,
    step=edits,
    seed=seeds,
    clock=st.sampled_from(["own", "same"]),
)
@examples(50)
def test_a_matched_plan_begins_at_the_rate_it_leaves(backend, old, new, step, seed, clock):
    assume((new.steps or 0) + step <= LAST)
    with flr.use_backend("reference"):
        level, first = old(step), new(step if clock == "same" else 0)
    assume(level > 1e-300 and first > 1e-300 and 1e-200 < level / first < 1e200)
    plan = old.continue_from(step, new, clock=clock, match=True)
    with flr.use_backend(backend):
        assert plan(step) == pytest.approx(level, rel=1e-14, abs=0)
        early = before(step, old, new, seed=seed)
        assert same(plan(early), old(early))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_plan_is_continued_lane_by_lane(backend):
    old, steps = flr.cosine([1.0, 0.5, 0.1], 0.01, 100), [10, 50, 99]
    with flr.use_backend(backend):
        plan = old.continue_from(steps, flr.linear(1.0, 0.0, 30), match=True)
        for lane, alone, step in zip(plan, old, steps, strict=True):
            assert same(lane.table(step), alone.table(step))
            assert lane(step) == pytest.approx(alone(step), rel=1e-15)
            assert lane(step + 30) == 0.0


# -- extend ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(plan=extensible, more=st.integers(0, 1_000), where=st.floats(0.0, 1.0), seed=seeds)
@examples(50)
def test_an_extension_changes_no_bit_before_its_step_and_ends_where_it_should(
    backend, plan, more, where, seed
):
    total = plan.steps + more
    at = int(where * plan.steps) if where < 1.0 else max(plan.steps - 1, 0)
    extended = plan.extend(total, at=at)
    assert extended.steps == total
    with flr.use_backend(backend):
        early = before(at, plan, seed=seed)
        assert same(extended(early), plan(early))
        assert extended(total) == extended(LAST) == plan(plan.steps)
        assert (
            extended(at) == pytest.approx(plan(at), rel=1e-14, abs=1e-300)
            or at == total
            or waits(plan, at)
        )


@pytest.mark.parametrize(
    ("plan", "total", "at"),
    [
        (flr.warmup_linear(5e-4, 500, 20_000), 30_000, 20_000),
        (flr.linear([1.0, 2.0], 0.1, [10, 20]), 30, 15),
        (flr.stack({"a": flr.cosine(1.0, 0.1, 10), "b": flr.cosine(1.0, 0.1, 20)}), 30, 12),
    ],
)
def test_a_schedule_that_has_ended_cannot_be_extended(plan, total, at):
    """Else the last rate, often 0, would hold for the rest of the run."""
    with pytest.raises(ValueError, match=r"^extend: at must be before step .*continue_from"):
        plan.extend(total, at=at)
    assert plan.extend(total, at=5).steps is not None


def waits(plan: flr.Schedule, at: int) -> bool:
    """Whether the last piece of a plan with a stable phase has not begun, so that it can begin
    later.
    """
    return len(plan.boundaries) > 1 and at <= plan.boundaries[-2]


@given(
    peak=strategies.positive,
    warmup=short,
    stable=short,
    cooldown=short,
    more=st.integers(0, 10**6),
    shape=strategies.shapes,
)
@examples(50)
def test_an_extended_stable_phase_is_a_longer_stable_phase(
    peak, warmup, stable, cooldown, more, shape
):
    plan = flr.wsd(peak, warmup, stable, cooldown, shape=shape)
    longer = flr.wsd(peak, warmup, stable + more, cooldown, shape=shape)
    extended = plan.extend(plan.steps + more, at=warmup + stable // 2)
    assert extended.boundaries == longer.boundaries
    assert same(extended.table(600), longer.table(600))
    last = max(plan.steps + more - 300, 0)
    assert same(extended.table(last, last + 310), longer.table(last, last + 310))


def test_groups_are_extended_each_by_its_own_last_piece():
    groups = flr.stack({"body": flr.wsd(1.0, 5, 20, 5), "head": flr.linear(1.0, 0.0, 30)})
    extended = groups.extend(60, at=10)
    assert extended.names == ("body", "head")
    for name in groups.names:
        assert same(extended[name].table(80), groups[name].extend(60, at=10).table(80))


# -- cooldowns and branches ------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(plan=strategies.scalars, at=edits, steps=short, seed=seeds)
@examples(50)
def test_a_cooldown_changes_no_bit_before_it_begins(backend, plan, at, steps, seed):
    cooled = plan.cooldown(at, steps)
    with flr.use_backend(backend):
        early = before(at, plan, seed=seed)
        assert same(cooled(early), plan(early))
        assert cooled(at) == pytest.approx(plan(at), rel=1e-13, abs=1e-300)
        assert cooled(at + steps) == 0.0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", SHAPES)
@given(plan=strategies.scalars, at=st.lists(edits, min_size=1, max_size=4), steps=short)
@examples(15)
def test_a_branch_is_the_cooldown_of_its_lane(shape, backend, plan, at, steps):
    at = [min(step, 10**6 if plan.steps is None else plan.steps) for step in at]
    branches = plan.branches(at, steps, shape=shape)
    assert branches.shape == (len(at),)
    with flr.use_backend(backend):
        for lane, start in zip(branches, at, strict=True):
            alone, around = (
                plan.cooldown(start, steps, shape=shape),
                np.arange(max(start - 20, 0), start + steps + 5),
            )
            assert same(lane(around), alone(around))
            early = around[around < start]
            assert same(lane(early), plan(early))


def test_branches_are_the_experiment_of_many_cooldowns():
    """Hagele et al. (2024): one long run, and from each of its checkpoints a cooldown of a part
    of the steps so far.
    """
    at = np.arange(1_000, 10_001, 1_000)
    branches = (
        flr.linear(0.0, 1e-3, 300).then(flr.constant(1e-3)).branches(at, at // 5, shape="1-sqrt")
    )
    table = branches.table(12_001)
    for row, start in zip(table, at.tolist(), strict=True):
        assert np.all(row[300 : start + 1] == 1e-3)
        assert np.all(np.diff(row[start : start + start // 5 + 1]) < 0)
        assert np.all(row[start + start // 5 :] == 0.0)


# -- diff ------------------------------------------------------------------------------------------


def first_difference(old: flr.Schedule, new: flr.Schedule, steps: int) -> tuple[object, ...]:
    """Compare two tables: the first step that differs, its lane, the largest difference and its
    first step.
    """
    a, b = (plan.table(steps).reshape(-1, steps) for plan in (old, new))
    found = [(t, lane) for t in range(steps) for lane in range(len(a)) if a[lane, t] != b[lane, t]]
    if not found:
        return None, None, 0.0, None
    apart = np.abs(a - b)
    return *found[0], apart.max(), int(np.argmax(apart.max(axis=0)))


brief = st.one_of(
    st.builds(flr.linear, strategies.levels, strategies.levels, st.integers(0, 40)),
    st.builds(
        lambda p, w, n: flr.warmup_cosine(p, w, w + n),
        strategies.levels,
        st.integers(0, 20),
        st.integers(0, 40),
    ),
    st.builds(flr.step_decay, strategies.levels, strategies.factors, st.integers(1, 20)),
    st.builds(flr.constant, strategies.levels),
)


@pytest.mark.parametrize("backend", BACKENDS)
@given(old=brief, new=brief, steps=st.integers(1, 100), at=st.integers(0, 120))
@examples(60)
def test_a_difference_is_that_of_the_tables(backend, old, new, steps, at):
    with flr.use_backend(backend):
        for other in (new, old.continue_from(at, new), old):
            found = flr.diff(old, other, steps)
            first, _, largest, where = first_difference(old, other, steps)
            assert (found.step, found.largest, found.largest_step, found.steps) == (
                first,
                largest,
                where,
                steps,
            )
            assert bool(found) is (first is not None)
            assert found.lane is None
            assert first is None or (found.old, found.new) == (old(first), other(first))


@given(
    pairs=st.lists(st.tuples(brief, brief), min_size=1, max_size=4),
    steps=st.integers(1, 100),
    named=st.booleans(),
)
@examples(60)
def test_a_difference_of_groups_has_the_name_of_the_lane(pairs, steps, named):
    names = [f"group{i}" for i in range(len(pairs))] if named else None
    old, new = (flr.stack([pair[side] for pair in pairs], names=names) for side in (0, 1))
    found = flr.diff(old, new, steps)
    first, lane, largest, where = first_difference(old, new, steps)
    assert (found.step, found.largest, found.largest_step) == (first, largest, where)
    assert found.lane == (None if lane is None else names[lane] if named else lane)
    if first is not None:
        assert (found.old, found.new) == (old(first)[lane], new(first)[lane])
        row = found.largest_lane if not named else names.index(found.largest_lane)
        assert abs(old(where)[row] - new(where)[row]) == largest
        assert repr(found.lane) in str(found)


@given(a=st.integers(1, 300), b=st.integers(1, 300))
@examples(50)
def test_a_difference_reaches_one_step_beyond_the_longer_plan(a, b):
    """Only this step shows that two last levels differ."""
    assert flr.diff(flr.linear(1.0, 0.0, a), flr.linear(1.0, 0.0, b)).steps == max(a, b) + 1
    plan = flr.constant(0.5).cooldown(a, b)
    assert flr.diff(plan, plan.with_past_end("repeat"), a + b + 1).step == a + b


def test_a_difference_is_found_in_every_block_of_many():
    """There are more steps than fit one block, and lanes whose blocks are short."""
    for step in (0, 65_535, 65_536, 65_537, 199_999):
        flat = flr.constant(0.5)
        assert (
            flr.diff(
                flat, flr.join([flat, flr.constant(0.25), flat], at=[step, step + 1]), 200_000
            ).step
            == step
        )
    lanes = flr.constant(np.full(700, 0.5))
    turns = np.full(700, 900)
    turns[[3, 600]] = [500, 400]
    found = flr.diff(lanes, lanes.cooldown(turns, 0, end=0.25), 1_000)
    assert (found.step, found.lane, found.largest, found.largest_step, found.largest_lane) == (
        400,
        600,
        0.25,
        400,
        600,
    )


def test_a_plan_that_raises_is_compared_up_to_its_end():
    line = flr.linear(1.0, 0.0, 10)
    found = flr.diff(line, line.with_past_end("raise"))
    assert (found.steps, bool(found)) == (10, False)
    assert str(found) == "no rate differs in 10 steps"


# -- check -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@given(plan=st.one_of(brief, extensible), steps=st.integers(1, 400))
@examples(60)
def test_a_check_says_what_the_table_says(backend, plan, steps):
    with flr.use_backend(backend):
        found, table = flr.check(plan, steps), plan.table(steps)
        floor = min(table.min(), table[-1] if plan.steps is None else plan(plan.steps))
        assert (found.first, found.last, found.peak, found.floor) == (
            table[0],
            table[-1],
            table.max(),
            floor,
        )
        assert (found.peak_step, found.steps_at_floor) == (
            table.argmax(),
            np.count_nonzero(table == floor),
        )
        assert (found.steps, found.plan_steps) == (steps, plan.steps)
        assert 0.0 <= found.ends_at <= 1.0
        for jump in found.jumps:
            assert (jump.before, jump.after) == (plan(jump.step - 1), plan(jump.step))
        assert {jump.step for jump in found.jumps} <= set(plan.boundaries)


@pytest.mark.parametrize("policy", ["hold", "raise", "zero", "repeat"])
def test_a_check_finds_the_seam_that_jumps(policy):
    plan = flr.linear(0.0, 0.95, 19).then(flr.cosine(0.5, 0.0, 100)).with_past_end(policy)
    assert [(jump.step, jump.before, jump.after) for jump in flr.check(plan, 119).jumps] == [
        (19, pytest.approx(0.9), 0.5)
    ]
    assert flr.check(flr.warmup_cosine(1.0, 20, 200), 300).jumps == ()


@pytest.mark.parametrize("left", [1, 2, 3])
def test_a_check_of_a_plan_that_raises_soon_after_its_last_boundary(left):
    """The rates on both sides of a boundary are compared, and there is none after the end."""
    plan = flr.constant(1.0).continue_from(5, flr.linear(0.5, 0.4, left)).with_past_end("raise")
    assert [jump.step for jump in flr.check(plan, 5 + left).jumps] == [5]


def test_a_run_of_another_length_than_its_plan_is_reported():
    text = str(flr.check(flr.warmup_cosine(0.1, 10, 100), 1_100))
    assert "1,100 steps of a plan that takes 100 steps" in text
    assert "1,001 steps at the floor, 0.0" in text
    assert "it ends at 0.29 of the range" in str(flr.check(flr.linear(1.0, 0.0, 10_000), 7_100))


# -- resuming --------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "plan",
    [
        flr.linear(1.0, 0.0, 300),
        flr.warmup_cosine(0.1, 20, 300),
        flr.exponential_decay(0.1, gamma=0.99),
    ],
)
@pytest.mark.parametrize("off", [-7, -1, 1, 2])
def test_a_resume_at_a_wrong_step_is_reported_with_its_distance(plan, off, backend):
    with flr.use_backend(backend):
        for step in (37, 100, 250):
            flr.verify_resume(plan, step, plan(step))
            flr.verify_resume(plan, step, np.float32(plan(step)))
            with pytest.raises(
                ValueError,
                match=rf"step {step} must have the rate .*, got .*, which is that of "
                rf"step {step + off}$",
            ):
                flr.verify_resume(plan, step, plan(step + off))


def test_a_resume_that_began_again_is_reported():
    plan = flr.cosine(1.0, 0.0, 100_000)
    with pytest.raises(ValueError, match=r"which is that of step 0$"):
        flr.verify_resume(plan, 40_000, 1.0)


@pytest.mark.parametrize("rate", [np.inf, -np.inf, np.nan, -1.0, 1e308])
def test_a_rate_that_is_nowhere_is_that_of_no_step(rate):
    with pytest.raises(
        ValueError, match=rf"step 4 must have the rate 0.6, got {rate!r}$".replace("+", r"\+")
    ):
        flr.verify_resume(flr.linear(1.0, 0.0, 10), 4, rate)


def test_a_resume_of_groups_is_reported_by_name():
    groups = flr.stack({"body": flr.linear(1.0, 0.0, 100), "head": flr.constant(0.3)})
    flr.verify_resume(groups, 40, groups(40))
    with pytest.raises(
        ValueError,
        match=r"step 40 of 'body' must have the rate 0.6, got 0.61, which is that of step 39",
    ):
        flr.verify_resume(groups, 40, [0.61, 0.3])
    with pytest.raises(ValueError, match=r"step 40 of 'head' must have the rate 0.3, got 0.03$"):
        flr.verify_resume(groups, 40, [0.6, 0.03])


@given(plan=st.one_of(strategies.scalars, strategies.batches()), step=st.integers(0, LAST))
@examples(60)
def test_a_checkpoint_in_json_gives_back_plan_and_step(plan, step):
    saved = json.loads(json.dumps(flr.checkpoint(plan, step)))
    assert flr.resume(saved) == flr.resume(saved, plan) == (plan, step)


PLANS = {
    "groups": flr.stack(
        {"body": flr.warmup_cosine(6e-4, 20, 600, end=6e-5), "head": flr.noam(512, 40)}
    ).maximum(1e-5),
    "an edited run": flr.wsd(3e-4, 10, 400, 50)
    .extend(900, at=300)
    .continue_from(700, flr.rex(1.0, 0.0, 200), match=True),
    "branches": flr.constant(0.1).branches([10, 200, 400], [5, 50, 100], shape="1-sqrt"),
    "a batch ramp": flr.ramp(16, 64, 1_600, 16).per_step(flr.warmup_cosine(0.1, 1_000, 40_000)),
}
RESUMED = """
import json, sys
import fastlr as flr
plan, step = flr.resume(json.load(sys.stdin))
print(json.dumps([step, plan.fingerprint, plan.table(step, step + 300).tobytes().hex()]))
"""


@pytest.mark.parametrize("name", PLANS)
def test_a_run_goes_on_in_another_process_with_the_same_bits(name):
    plan, paths = (
        PLANS[name],
        [str(Path(flr.__file__).parents[1]), os.environ.get("PYTHONPATH", "")],
    )
    process = subprocess.run(
        [sys.executable, "-c", RESUMED],
        input=json.dumps(flr.checkpoint(plan, 123)),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )
    assert json.loads(process.stdout) == [
        123,
        plan.fingerprint,
        plan.table(123, 423).tobytes().hex(),
    ]


def test_a_plan_that_is_not_the_saved_one_is_shown():
    saved, new = flr.checkpoint(flr.linear(1.0, 0.0, 100), 40), flr.linear(1.0, 0.0, 200)
    with pytest.raises(
        ValueError,
        match=r"resume: plan must be the saved one, unless .*; the first to differ is "
        r"step 1: 0.99 before",
    ):
        flr.resume(saved, new)
    assert flr.resume(saved, new, wins="new") == (new, 40)
    assert flr.resume(saved, new, wins="saved") == (flr.linear(1.0, 0.0, 100), 40)
    with pytest.raises(
        ValueError, match=r"the first to differ is step 0: 1.0 before, 0.1 now; .* at step 0$"
    ):
        flr.resume(saved, flr.constant(0.1))
    with pytest.raises(
        ValueError,
        match=r"saved linear\(.*\), got constant\(.*\) \(diff: both plans must have the same batch",
    ):
        flr.resume(saved, flr.constant([0.1, 0.2]))


def test_a_plan_that_is_written_otherwise_is_the_same_plan():
    saved = flr.checkpoint(flr.warmup_linear(1.0, 10, 100), 40)
    otherwise = flr.linear(0.0, 1.0, 10).then(flr.linear(1.0, 0.0, 90))
    assert flr.resume(saved, otherwise) == (otherwise, 40)
    with pytest.raises(ValueError, match="resume: plan must be the saved one"):
        flr.resume(saved, otherwise.with_past_end("raise"))


def test_branches_of_a_peak_that_is_held():
    held = flr.warmup_constant(1.0, 300)
    assert held.branches(at=[1_000, 2_000], steps=[100, 200])([1_050, 2_100]).tolist() == [
        [0.5, 0.0],
        [1.0, 0.5],
    ]
    with pytest.raises(
        ValueError, match="branches: at must be at most 10, where the schedule ends, got 11"
    ):
        flr.linear(1.0, 0.5, 10).branches(at=11, steps=5)


def test_what_never_ends_is_left_alone_by_an_extension():
    groups = flr.stack({"body": flr.linear(1.0, 0.0, 10), "head": flr.constant(0.1)})
    longer = (groups * 0.5).extend(20)
    assert longer.row(10) == {"body": 0.25, "head": 0.05}
    assert longer["head"](10**9) == 0.05
    assert flr.diff(groups * 0.5, longer).lane == "body"


# -- what is refused -------------------------------------------------------------------------------

INTEGER = "must be an integer from 0 to 2**53, got"


def test_a_floor_stays_where_it_is_when_a_plan_goes_on():
    plan = flr.wsd(1.0, 10, 70, 20)
    assert flr.diff(plan.maximum(0.1).extend(200), plan.extend(200).maximum(0.1)).step is None
    assert flr.diff(plan.clip(0.1, 0.9).extend(200), plan.extend(200).clip(0.1, 0.9)).step is None
    assert (plan * flr.constant(0.5)).extend(200)(150) == 0.5


def test_what_repeats_has_no_end_to_look_up_to():
    plan = flr.wsd(1.0, 10, 70, 20)
    with pytest.raises(ValueError, match="diff: steps must be given"):
        flr.diff(plan, plan.with_past_end("repeat"))
    assert flr.diff(plan, plan.with_past_end("repeat"), steps=200).step == 101


def test_rates_by_name_are_what_a_run_of_groups_observed():
    groups = flr.stack({"body": flr.linear(1.0, 0.0, 10), "head": flr.constant(0.1)})
    flr.verify_resume(groups, 5, groups.row(5))
    with pytest.raises(ValueError, match=r"step 5 of 'body' must have the rate 0\.5, got 0\.6"):
        flr.verify_resume(groups, 5, {"head": 0.1, "body": 0.6})
