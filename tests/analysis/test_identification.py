"""Recover schedules from logged rates: pieces, boundaries, and numbers as short as a person would
write.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from example_schedules import TEXTS

import fastlr as flr
from fastlr.arguments import progress

# what was run, how many of its steps were logged, every so many, and what it is recognised as
RUNS = {
    "constant": ("constant(3e-4)", 50, 1, "constant(value=0.0003)"),
    "warmup, cosine": (
        "warmup_cosine(6e-4, 200, 10000, end=6e-5)",
        10_000,
        1,
        "linear(init=0.0, end=0.0006, steps=200).then(cosine(init=0.0006, end=6e-05, steps=9800))",
    ),
    "every tenth step": (
        "warmup_cosine(6e-4, 200, 10000, end=6e-5)",
        10_000,
        10,
        "linear(init=0.0, end=0.0006, steps=200).then(cosine(init=0.0006, end=6e-05, steps=9800))",
    ),
    "warmup, linear": (
        "warmup_linear(3e-4, 100, 3000)",
        3_000,
        1,
        "linear(init=0.0, end=0.0003, steps=100).then(linear(init=0.0003, end=0.0, steps=2900))",
    ),
    "wsd": (
        "wsd(1e-3, 100, 2000, 500)",
        2_600,
        1,
        "join(parts=[linear(init=0.0, end=0.001, steps=100), constant(value=0.001), "
        "linear(init=0.001, end=0.0, steps=500)], "
        "at=[100, 2100])",
    ),
    "wsd, 1-sqrt": (
        "wsd(1e-3, 100, 2000, 500, shape='1-sqrt')",
        2_601,
        1,
        "join(parts=[linear(init=0.0, end=0.001, steps=100), constant(value=0.001), "
        "polynomial(init=0.001, end=0.0, steps=500, power=0.5, origin='start')], at=[100, 2100])",
    ),
    "wsd, cosine, every seventh": (
        "wsd(1e-3, 100, 2000, 500, end=1e-4, shape='cosine')",
        2_601,
        7,
        "join(parts=[linear(init=0.0, end=0.001, steps=100), constant(value=0.001), "
        "cosine(init=0.001, end=0.0001, steps=500)], "
        "at=[100, 2100])",
    ),
    "step decay": ("step_decay(0.1, 0.1, 30)", 90, 1, "step_decay(init=0.1, factor=0.1, every=30)"),
    "milestones": (
        "milestones(0.1, 0.2, [60, 120, 160])",
        200,
        1,
        "milestones(init=0.1, factor=0.2, at=[60, 120, 160])",
    ),
    "piecewise": (
        "piecewise_constant([1.0, 0.3, 0.7], [10, 50])",
        200,
        1,
        "piecewise_constant(values=[1.0, 0.3, 0.7], boundaries=[10, 50])",
    ),
    "exponential": (
        "exponential_decay(0.1, gamma=0.95)",
        100,
        1,
        "exponential_decay(init=0.1, gamma=0.95)",
    ),
    "polynomial": (
        "polynomial(0.1, 1e-3, 1000, power=0.9)",
        1_000,
        1,
        "polynomial(init=0.1, end=0.001, steps=1000, power=0.9)",
    ),
    "eden": ("eden(0.001, 50)", 200, 1, "eden(init=0.001, width=50.0)"),
    "eden of a root, after a warmup": (
        "linear(0.0, 0.001, 100).then(eden(0.001, 300.0, 0.5))",
        3_000,
        10,
        "linear(init=0.0, end=0.001, steps=100).then(eden(init=0.001, width=300.0, power=0.5))",
    ),
    "rex": ("rex(0.1, 0.01, 1000, 0.9)", 1_001, 1, "rex(init=0.1, end=0.01, steps=1000, beta=0.9)"),
    "inverse square root": (
        "inverse_sqrt(1e-3, 400)",
        5_000,
        1,
        "linear(init=0.0, end=0.001, steps=400).then(inverse_power(init=0.001, "
        "power=0.5, shift=400))",
    ),
    "cycles": (
        "cyclic(1e-3, 6e-3, 200)",
        2_000,
        1,
        "linear(init=0.001, end=0.006, steps=200).then(linear(init=0.006, end=0.001, "
        "steps=200)).repeat()",
    ),
    "restarts, each longer": (
        "cosine_restarts(0.1, 0.0, 50, stretch=2)",
        350,
        1,
        "cosine(init=0.1, end=0.0, steps=50).then(cosine(init=0.1, end=0.0, steps=100))"
        ".then(cosine(init=0.1, end=0.0, steps=200))",
    ),
}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.exhaustive(one_in=5)
def test_a_run_is_recognised(name):
    text, steps, every, code = RUNS[name]
    log = flr.parse(text).table(0, steps, every, dtype="float32")
    found = flr.identify(log, every=every)
    assert str(found) == code
    assert found.error <= 1e-6
    assert found.kept == ()
    assert flr.parse(str(found)) == found.schedule


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.exhaustive(one_in=5)
def test_random_runs_are_within_the_tolerance_and_of_few_pieces(seed):
    rng = np.random.default_rng(seed)
    peak, warmup, steps = (
        10 ** rng.uniform(-5, 0),
        int(rng.integers(0, 300)),
        int(rng.integers(600, 3_000)),
    )
    body = [
        flr.cosine(peak, peak * rng.uniform(0, 0.5), steps),
        flr.linear(peak, 0.0, steps),
        flr.polynomial(peak, 0.0, steps, power=rng.uniform(0.4, 4)),
        flr.wsd(peak, 0, steps // 2, steps - steps // 2, end=0.1 * peak),
    ][seed % 4]
    run = flr.linear(0.0, peak, warmup).then(body)
    length = warmup + steps
    log = run.table(length)
    found = flr.identify(log)
    assert flr.compare(found.schedule, log, tolerance=1e-6).step is None
    assert found.kept == ()
    assert len(found.schedule.boundaries) <= len(run.boundaries) + 1


def test_what_is_no_curve_is_kept_and_said_so():
    log = np.concatenate(
        [np.linspace(0.1, 0.2, 40), np.random.default_rng(0).random(20), np.full(40, 0.05)]
    )
    found = flr.identify(log)
    [(start, stop)] = found.kept
    assert 38 <= start <= 42
    assert 58 <= stop <= 62
    assert np.array_equal(found.schedule(np.arange(45, 55)), log[45:55])


def test_noise_is_a_table():
    rates = np.random.default_rng(0).uniform(0.1, 1.0, 300)
    found = flr.identify(rates)
    assert str(found.schedule).startswith("sampled(")
    assert np.array_equal(found.schedule.table(300), rates)


def test_a_period_that_ends_flat_keeps_its_length():
    period = flr.join([flr.cosine(1.0, 0.1, 30), flr.linear(0.1, 0.1, 20)], [30])
    found = flr.identify(period.repeat().table(400))
    np.testing.assert_allclose(found.schedule.table(400), period.repeat().table(400), rtol=1e-9)


def test_a_sigmoid_is_recognised():
    run = flr.tanh(1.0, 0.1, 1_000, lower=-4.0, upper=4.0)
    assert str(flr.identify(run.table(1_200)).schedule).startswith(
        "tanh(init=1.0, end=0.1, steps=1000, lower=-4.0, upper=4.0)"
    )


def test_a_jump_between_two_levels_is_no_sigmoid():
    log = np.repeat([0.3, 0.4, 0.5, 0.1], 10)
    assert str(flr.identify(log)).startswith("piecewise_constant(values=[0.3, 0.4, 0.5, 0.1]")


def test_a_pole_before_the_next_piece_makes_no_rate():
    rates = np.abs(np.cumsum(np.random.default_rng(1).choice([-1, 0, 1], 2_000))) * 1e-3
    found = flr.identify(rates)
    assert np.abs(found.schedule.table(2_000) - rates).max() <= 1e-6 * rates.max()


@pytest.mark.parametrize("part", [1, 2, 4])
@pytest.mark.parametrize("seed", range(6))
def test_part_of_a_curve_is_found_whole(seed, part):
    rng = np.random.default_rng(seed)
    run = [
        flr.tanh(1.0, 0.2, 1_200, lower=-rng.uniform(2, 5), upper=rng.uniform(2, 5)),
        flr.polynomial(1.0, 0.2, 1_200, power=rng.uniform(0.4, 4)),
    ][seed % 2]
    found = flr.identify(run.table(1_200 // part))
    assert found.kept == ()
    assert len(found.schedule.boundaries) == 1


def test_a_log_of_few_digits():
    log = [float(f"{rate:.4g}") for rate in flr.warmup_cosine(3e-4, 100, 2_000).table(2_000)]
    found = flr.identify(log, tolerance=1e-3)
    assert (
        str(found)
        == "linear(init=0.0, end=0.0003, steps=100).then(cosine(init=0.0003, end=0.0, steps=1900))"
    )


# -- logs that begin after step 0, leave steps out, or have restarts -------------------------------


def check_at_its_steps(found, run, steps, tolerance=1e-6):
    """The schedule has the logged rates at the logged steps."""
    rates = run(steps)
    apart = np.abs(found.schedule(steps) - rates).max()
    assert apart <= tolerance * rates.max()
    assert found.error == pytest.approx(apart / rates.max(), abs=1e-12)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.exhaustive(one_in=5)
def test_a_log_that_begins_later_has_its_rates_at_its_steps(name):
    text, stop, every, _ = RUNS[name]
    run = flr.parse(text)
    start = stop // 3
    steps = np.arange(start, stop, every)
    found = flr.identify(run(steps), every=every, start=start)
    check_at_its_steps(found, run, steps)
    assert found.unknown == ((0, start),)
    assert found.kept == ()


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.exhaustive(one_in=5)
def test_a_log_may_leave_steps_out(name):
    text, stop, every, _ = RUNS[name]
    run, rng = flr.parse(text), np.random.default_rng(0)
    start = stop // 5
    steps = np.arange(start, stop, every)
    steps = np.delete(
        steps, rng.choice(np.arange(1, steps.size - 1), steps.size // 3, replace=False)
    )
    found = flr.identify(run(steps), steps=steps)
    check_at_its_steps(found, run, steps)
    assert found.unknown == ((0, start),)
    assert len(found.schedule.boundaries) <= len(run.boundaries) + 3


@pytest.mark.parametrize("text", [text for text in TEXTS if not flr.parse(text).shape])
@pytest.mark.exhaustive(one_in=5)
def test_a_schedule_of_any_kind_is_found_at_its_steps(text):
    run = flr.parse(text)
    steps = np.delete(np.arange(5, min(45, int(run.program[3]))), 7)
    check_at_its_steps(flr.identify(run(steps), steps=steps), run, steps)


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (
            1,
            "linear(init=0.0, end=0.0006, steps=200).then(cosine(init=0.0006, "
            "end=6e-05, steps=9800))",
        ),
        (
            100,
            "linear(init=0.0, end=0.0006, steps=200).then(cosine(init=0.0006, "
            "end=6e-05, steps=9800))",
        ),
        (500, "cosine(init=0.0006, end=6e-05, steps=9800).delay(steps=200)"),
        (9_000, "cosine(init=0.0006, end=6e-05, steps=9800).delay(steps=200)"),
    ],
)
def test_the_first_curve_is_continued_back_to_where_it_begins(start, code):
    run = flr.warmup_cosine(6e-4, 200, 10_000, end=6e-5)
    rates = run.table(start, 10_000)
    found = flr.identify(rates, start=start)
    assert str(found) == code
    assert found.schedule(start) == pytest.approx(rates[0], rel=1e-6)
    assert found.unknown == ((0, start),)


@pytest.mark.parametrize("every", [1, 10])
def test_steps_are_start_and_every_in_full(every):
    rates, steps = flr.wsd(1e-3, 100, 400, 100).table(50, 600, every), np.arange(50, 600, every)
    assert flr.identify(rates, steps=steps) == flr.identify(rates, every=every, start=50)


def test_a_log_from_step_0_leaves_nothing_unknown():
    assert flr.identify([0.1, 0.1, 0.1]).unknown == ()
    assert flr.identify([0.1, 0.2, 0.3], steps=[0, 5, 10]).unknown == ()


def test_before_a_line_its_first_rate_is_held():
    found = flr.identify(flr.linear(1.0, 0.0, 1_000).table(500, 1_000), start=500)
    assert str(found) == "linear(init=0.5, end=0.0, steps=500).delay(steps=500)"
    assert found.schedule(0) == 0.5


@pytest.mark.parametrize("start", [0, 100, 400, 555])
def test_cycles_have_their_phase(start):
    run = flr.cyclic(1e-3, 6e-3, 200)
    steps = np.arange(start, start + 2_000)
    check_at_its_steps(flr.identify(run(steps), start=start), run, steps)


def test_what_no_curve_explains_is_kept_at_its_steps():
    rates, steps = np.random.default_rng(0).uniform(0.1, 1.0, 60), np.arange(7, 187, 3)
    found = flr.identify(rates, every=3, start=7)
    assert np.array_equal(found.schedule(steps), rates)
    assert found.kept == ((7, 184),)
    steps = np.delete(np.arange(7, 187, 3), [5, 30])
    found = flr.identify(rates[: steps.size], steps=steps)
    assert np.array_equal(found.schedule(steps), rates[: steps.size])
    assert found.schedule(steps[4] + 3) == rates[4]  # held where steps are left out


@pytest.mark.parametrize("killed", [1_350, 1_990])
@pytest.mark.parametrize("start", [0, 300])
def test_a_restart_is_no_part_of_the_schedule(killed, start):
    run = flr.warmup_cosine(6e-4, 200, 3_000)
    abandoned, steps = np.arange(start, killed), np.arange(start, 3_000)
    logged = np.concatenate([abandoned, np.arange(1_000, 3_000)])
    rates = run(logged)
    rates[abandoned.size - 200 : abandoned.size] *= 3  # what the abandoned attempt did
    found = flr.identify(rates, steps=logged)
    check_at_its_steps(found, run, steps)
    assert found == flr.identify(run(steps), start=start)


LOGS = Path(__file__).parents[2] / "examples" / "loss_curves" / "25M"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("constant_24000", "constant(value=0.0003)"),
        ("cosine_24000", "cosine(init=0.0003, end=3e-05, steps=21840).delay(steps=2160)"),
        ("wsdcon_9", "piecewise_constant(values=[0.0003, 9e-05], boundaries=[8000])"),
    ],
)
def test_published_logs_that_begin_after_their_warmup(name, code):
    steps, rates, _ = np.loadtxt(LOGS / f"{name}.csv", delimiter=",", skiprows=1, unpack=True)
    steps = steps.astype(np.int64)
    found = flr.identify(rates, steps=steps)
    assert str(found) == code
    assert found.unknown == ((0, steps[0]),)
    # the same run, killed and resumed
    again = np.r_[: steps.size // 2, steps.size // 3 : steps.size]
    assert flr.identify(rates[again], steps=steps[again]) == found


def test_of_a_repeated_step_the_last_rate_counts():
    assert flr.identify([0.3, 0.9, 0.2, 0.1], steps=[10, 20, 20, 30]) == flr.identify(
        [0.3, 0.2, 0.1], every=10, start=10
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"start": -1}, ValueError, "identify: start must be an integer from 0 to 2"),
        (
            {"start": 2**53},
            ValueError,
            "identify: the last step must be at most .* got 3 rates, "
            "start=9007199254740992, every=1",
        ),
        ({"every": 2**52 + 1}, ValueError, "identify: the last step must be at most "),
        (
            {"steps": [1, 2, 3], "start": 1},
            ValueError,
            "identify: steps must be given alone, got start=1 and every=1 as well",
        ),
        (
            {"steps": [1, 2, 3], "every": 2},
            ValueError,
            "identify: steps must be given alone, got start=0 and every=2 as well",
        ),
        ({"steps": [1, 2]}, ValueError, "identify: steps must be as many as rates, 3, got 2"),
        (
            {"steps": [1, 3, 2]},
            ValueError,
            "identify: steps must rise strictly, got 2 after 3, and do not show a restart: either",
        ),
        ({"steps": [1.5, 2.0, 3.0]}, TypeError, "identify: steps must be integers from 0 to"),
        (
            {"steps": [1, 1, 1]},
            ValueError,
            "identify: steps must have at least two different ones, got .1.",
        ),
    ],
)
def test_what_are_no_steps_of_a_log(call, error, message):
    with pytest.raises(error, match=message):
        flr.identify([0.1, 0.2, 0.3], **call)


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        (
            [0.1],
            "identify: rates must be those of one run, at least two, got an array of "
            "shape \\(1,\\)",
        ),
        (
            [[0.1, 0.2]],
            "identify: rates must be those of one run, at least two, got an array of "
            "shape \\(1, 2\\)",
        ),
        (
            [0.1, float("nan")],
            "identify: rates must be finite numbers >= 0, at most 1e290, got nan in an array",
        ),
        (
            [0.1, -0.1],
            "identify: rates must be finite numbers >= 0, at most 1e290, got -0.1 in an array",
        ),
    ],
)
def test_what_is_no_log(rates, message):
    with pytest.raises(ValueError, match=message):
        flr.identify(rates)


def test_no_scipy_is_needed():
    code = (
        "import sys, fastlr as flr; flr.compare; flr.presets; "
        "flr.identify(flr.warmup_cosine(1.0, 20, 100).table(100)); assert not "
        "any(name.startswith('scipy') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# -- progress --------------------------------------------------------------------------------------


def test_progress_is_shown_if_it_takes_long(capfd, monkeypatch):
    pytest.importorskip("tqdm")
    run = flr.wsd(1e-3, 100, 2_000, 500)
    found = flr.identify(run.table(2_600), progress=True)
    assert capfd.readouterr().err == ""  # less than 2 seconds
    monkeypatch.setattr(progress, "_DELAY", 0.0)
    assert flr.identify(run.table(2_600), progress=True) == found
    assert "100%" in capfd.readouterr().err


def test_a_fit_whose_pole_is_at_its_end_is_no_error():
    rates = np.repeat([1.026, 1.343, 1.201, 0.419], 9)
    found = flr.identify(rates)
    assert found.schedule.table(36) == pytest.approx(rates, abs=1e-6)
