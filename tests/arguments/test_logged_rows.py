"""Test which rows of a log count after restarts, with simulated runs."""

import numpy as np
import pytest

import fastlr as flr
from fastlr.arguments.logged_rows import column, surviving


def kept(steps, values=None):
    values = range(1, len(steps) + 1) if values is None else values
    return surviving("fit", "losses", column("fit: losses", values), steps)


def restarted(rng):
    """Simulate a run that is killed and resumed: its log, and the rows that count, by step."""
    interval, checkpoint = (int(rng.integers(1, 12)) for _ in range(2))
    log, counting, begin, attempts = [], {}, 0, int(rng.integers(1, 6))
    while attempts > 0 or len(counting) < 2:
        attempts -= 1
        end = begin + int(rng.integers(1, 200))
        attempt = [step for step in range(begin, end) if step % interval == 0]
        if attempt:
            counting = {step: value for step, value in counting.items() if step < attempt[0]}
        for step in attempt:
            counting[step] = float(rng.uniform(1.0, 2.0))
            log.append((step, counting[step]))
        begin = int(rng.integers(0, end)) // checkpoint * checkpoint
    return [step for step, _ in log], [value for _, value in log], counting


@pytest.mark.parametrize("seed", range(200))
@pytest.mark.exhaustive(one_in=5)
def test_a_simulated_run_with_restarts_keeps_what_went_on(seed):
    steps, values, counting = restarted(np.random.default_rng(seed))
    rows = kept(steps, values)
    assert rows.steps.tolist() == sorted(counting)
    assert rows.values.tolist() == [counting[step] for step in sorted(counting)]
    assert [steps[place] for place in rows.places] == rows.steps.tolist()


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.exhaustive(one_in=5)
def test_shuffled_rows_of_different_steps_are_refused(seed):
    rng = np.random.default_rng(seed)
    steps = np.unique(rng.integers(0, 10_000, int(rng.integers(3, 60))))
    shuffled = rng.permutation(steps)
    if np.array_equal(shuffled, steps):
        shuffled = steps[::-1]
    with pytest.raises(ValueError, match=r"got \d+ after \d+, and do not show a restart: either"):
        kept(shuffled)


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.exhaustive(one_in=5)
def test_where_no_step_is_lost_restarted_and_sorted_rows_are_the_same(seed):
    rng = np.random.default_rng(seed)
    first = np.unique(rng.integers(0, 100, 30))
    again = first[int(rng.integers(0, first.size)) :]
    # logged more often than before
    more = np.unique(np.concatenate([again, rng.integers(again[0], 200, 20)]))
    steps = np.concatenate([first, more])
    last = {step: place for place, step in enumerate(steps.tolist())}
    rows = kept(steps)
    assert rows.steps.tolist() == sorted(last)
    assert rows.places.tolist() == [last[step] for step in sorted(last)]


def test_a_run_that_is_killed_and_resumed_counts_once():
    steps = [*range(1_351), *range(1_001, 2_000)]
    rows = kept(steps)
    assert rows.steps.tolist() == list(range(2_000))
    assert rows.values[1_000:1_002].tolist() == [1_001.0, 1_352.0]


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ([0, 10, 20, 30, 20, 30, 40], [0, 10, 20, 30, 40]),
        # the new attempt ends before the abandoned one
        ([*range(0, 1_351, 10), *range(1_010, 1_201, 10)], [*range(0, 1_201, 10)]),
        # the new attempt logs its first step as well
        ([*range(0, 100, 10), 51, *range(60, 80, 10)], [*range(0, 60, 10), 51, 60, 70]),
        ([0, 10, 20, 10, 20, 30, 10, 20], [0, 10, 20]),  # two restarts
        ([1, 2, 2, 2, 3], [1, 2, 3]),
        ([0, 1, 0, 1, 2], [0, 1, 2]),  # from the beginning
    ],
)
def test_the_rows_before_a_restart_are_superseded(steps, wanted):
    assert kept(steps).steps.tolist() == wanted


@pytest.mark.parametrize(
    ("steps", "reported"),
    [
        ([1, 5, 3], "got 3 after 5"),
        ([5, 4, 3, 2], "got 4 after 5"),
        # two files in the wrong order
        ([*range(100, 140, 10), *range(0, 100, 10)], "got 0 after 130"),
        ([*range(0, 100, 10), *range(45, 100, 10)], "got 45 after 90"),  # no step is logged again
        # rows of another kind behind the first
        ([*range(100), *range(10, 100, 10)], "got 10 after 99"),
        ([1, 3, 1, 2], "got 1 after 3"),
    ],
)
def test_what_may_be_out_of_order_is_refused(steps, reported):
    both = "the run restarted there and .* no longer count, or the rows are out of order"
    with pytest.raises(ValueError, match=f"{reported}, and do not show a restart: either {both}"):
        kept(steps)


def test_an_abandoned_value_need_not_be_a_number_but_one_that_counts_must():
    assert kept([1, 2, 3, 2, 3], [3.0, 2.0, np.nan, 2.0, 1.0]).values.tolist() == [3.0, 2.0, 1.0]
    with pytest.raises(
        ValueError, match="fit: losses must be finite numbers >= 0, at most 1e290, got nan"
    ):
        kept([1, 2, 3, 2, 3], [3.0, 2.0, 1.0, 2.0, np.nan])


@pytest.mark.parametrize(
    ("steps", "error", "message"),
    [
        ([1, 2, 3], ValueError, "fit: steps must be as many as losses, 2, got 3"),
        (
            [[1, 2]],
            ValueError,
            r"fit: steps must be as many as losses, 2, got an array of shape \(1, 2\)",
        ),
        ([1.5, 2.0], TypeError, "fit: steps must be integers from 0"),
        ([-1, 2], ValueError, "fit: steps must be integers from 0 to .* got -1"),
        ([3, 3], ValueError, r"fit: steps must have at least two different ones, got \[3\]"),
    ],
)
def test_what_are_no_steps(steps, error, message):
    with pytest.raises(error, match=message):
        kept(steps, [2.0, 1.0])


# -- in a fit and on the command line --------------------------------------------------------------

RUN = flr.wsd(1e-3, 20, 880, 100, end=1e-4)
LAW = flr.loss_laws.Annealing(L0=2.0, A=0.5, alpha=0.4, C=3.0, decay=0.98)
WHOLE = np.arange(20, 1_000, 20)


def with_restart(steps, losses):
    """Return the log of a run that failed after step 500 and was resumed from there."""
    wrong = [*losses[:30], *[np.nan] * 5]
    return [*steps[:35], *steps[25:]], [*wrong, *losses[25:]]


def test_a_fit_takes_a_log_with_a_restart():
    losses = LAW.curve(RUN, WHOLE)
    found = flr.loss_laws.fit(
        flr.loss_laws.Annealing, [(RUN, *with_restart(WHOLE.tolist(), losses.tolist()))]
    )
    assert found == flr.loss_laws.fit(flr.loss_laws.Annealing, [(RUN, WHOLE, losses)])


def test_a_file_of_losses_may_have_a_restart(tmp_path):
    from fastlr.sweeps.toml_files import law_from

    losses = LAW.curve(RUN, WHOLE).tolist()
    laws = []
    for steps, logged in [(WHOLE.tolist(), losses), with_restart(WHOLE.tolist(), losses)]:
        rows = [f"{step},{loss!r}" for step, loss in zip(steps, logged, strict=True)]
        (tmp_path / "run.csv").write_text("\n".join(["step,loss", *rows]))
        curve = {"file": "run.csv", "schedule": "wsd(1e-3, 20, 880, 100, end=1e-4)", "before": 900}
        laws.append(law_from({"law": "Annealing", "curve": [curve]}, tmp_path))
    assert laws[0] == laws[1]
