"""Run the optimizers and the training loops in examples/ as a user does, and test what they
promise.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import digits
import numpy as np
import pytest
import search
from numba import njit
from optimizers import OPTIMIZERS, layout_of, orthogonal, views
from optimizers import adamw as adamw_loop

import fastlr as flr

PROJECT = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(flr.__file__).parents[1])}
COMMAND = [sys.executable, "-W", "error", str(PROJECT / "examples" / "digits.py")]

compiled = pytest.mark.skipif(
    flr.backend() == "reference", reason="the last bits of its rates are not those of compiled ones"
)


def run(*arguments: object, fails: bool = False) -> str:
    """What the example prints, in a process of its own; of one that fails, its error."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, env=ENVIRONMENT
    )
    assert (done.returncode != 0) is fails, done.stderr
    return done.stderr if fails else done.stdout


@pytest.fixture(scope="module")
def data():
    return digits.Digits()


@pytest.fixture(scope="module", params=OPTIMIZERS)
def whole(request, tmp_path_factory):
    """An uninterrupted run of each optimizer: its name, what it printed, and its last
    checkpoint.
    """
    path = tmp_path_factory.mktemp("whole") / f"{request.param}.npz"
    return (
        request.param,
        run("--optimizer", request.param, "--steps", 600, "--checkpoint", path),
        path,
    )


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return dict(file)


def assert_same(path: Path, other: Path) -> None:
    """Two checkpoints hold the same bits: weights, rates, state and plan."""
    one, two = arrays(path), arrays(other)
    assert {name: array.tobytes() for name, array in one.items()} == {
        name: array.tobytes() for name, array in two.items()
    }


def train(a_run, data, stop, path=None, fused=False):
    """Losses and accuracies of each look."""
    return list(digits.train(a_run, data, stop, path, fused))


# -- the optimizers --------------------------------------------------------------------------------

LAYOUT = layout_of([(24, 16), (16,), (16, 24), (24,), (5, 1)], groups=[0, 2, 1, 2, 3])
SIZE = int(LAYOUT[:, 1] @ LAYOUT[:, 2])
GROUPS = flr.stack(
    {
        "first": flr.warmup_cosine(1e-2, warmup=10, steps=200),
        "second": flr.linear(0.1, 0.0, steps=150) * 0.3,
        "vectors": flr.constant(1e-3),
        "column": flr.cosine_restarts(0.1, 0.0, period=20),
    }
)


def settings_of(name):
    every = {
        "momentum": flr.linear(0.8, 0.95, steps=50),
        "beta1": flr.linear(0.5, 0.9, steps=20),
        "beta2": flr.cosine(0.9, 0.999, steps=100),
        "weight_decay": flr.linear(0.1, 0.01, steps=120),
    }
    return flr.bundle(**{setting: every[setting] for setting in OPTIMIZERS[name].settings})


def both_ways(name, steps=200):
    """The weights and state after the same noisy gradients: in NumPy, and in the compiled loop."""
    random, settings = np.random.default_rng(7), settings_of(name)
    numpy, fused = OPTIMIZERS[name](LAYOUT), OPTIMIZERS[name](LAYOUT)
    weights = random.normal(size=SIZE)
    other = weights.copy()
    for t in range(steps):
        noise, scale = random.normal(size=weights.size), 1.0 if t < 90 else 0.7
        numpy.step(weights, noise + weights, GROUPS, settings, t, scale)
        fused.fused(other, noise + other, GROUPS, settings, t, scale)
    return {"weights": weights, "rates": numpy.rates, **numpy.state}, {
        "weights": other,
        "rates": fused.rates,
        **fused.state,
    }


@compiled
@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_the_compiled_loop_gives_the_bits_of_numpy(name):
    numpy, fused = both_ways(name)
    assert {part: array.tobytes() for part, array in numpy.items()} == {
        part: array.tobytes() for part, array in fused.items()
    }


@pytest.mark.exhaustive
def test_the_compiled_muon_is_near_to_numpy():
    numpy, fused = both_ways("muon")
    for part, array in numpy.items():
        np.testing.assert_allclose(fused[part], array, rtol=1e-9, atol=1e-12, err_msg=part)


def test_sgd_is_what_its_docstring_says():
    optimizer = OPTIMIZERS["sgd"](layout_of([(1, 1), (2, 1)], [0, 0]))
    weights, expected, velocity = np.ones(3), np.ones(3), np.zeros(3)
    groups, settings = flr.stack([flr.linear(0.1, 0.0, steps=8)]), settings_of("sgd")
    decays = np.array([0.0, 1.0, 1.0])  # a matrix of one row is a vector
    for t in range(8):
        gradient, now = np.cos(expected + t), settings(t)
        optimizer.step(weights, gradient, groups, settings, t)
        velocity = now["momentum"] * velocity + (gradient + now["weight_decay"] * decays * expected)
        expected = expected - groups(t)[0] * velocity
    np.testing.assert_array_equal(weights, expected)


def test_adamw_unbiases_by_the_betas_that_were():
    """The first update of Adam is the rate, whatever the gradient; with one gradient for ever,
    so is each of the rest.
    """
    optimizer, weights = OPTIMIZERS["adamw"](layout_of([(3,)], [0])), np.zeros(3)
    groups, settings = flr.stack([flr.constant(0.25)]), settings_of("adamw")
    for t in range(30):
        optimizer.step(weights, np.array([-3.0, 1e-3, 700.0]), groups, settings, t)
        np.testing.assert_allclose(weights, np.array([0.25, -0.25, -0.25]) * (t + 1), rtol=1e-4)


@pytest.mark.parametrize("shape", [(20, 20), (40, 10), (10, 40), (1, 5)])
def test_a_matrix_is_made_orthogonal(shape):
    matrix = np.random.default_rng(3).normal(size=shape)
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    values = np.linalg.svd(orthogonal(matrix), compute_uv=False)
    assert values.max() < 1.25
    assert np.sum(orthogonal(matrix) * (left @ right)) / min(shape) > 0.65
    assert np.median(values) > 0.65


@compiled
def test_a_loop_of_your_own_needs_no_python():
    """A whole training run inside ``@njit``, which calls the optimizer's loop with programs."""
    settings, optimizer = settings_of("adamw"), OPTIMIZERS["adamw"](LAYOUT)

    @njit
    def descend(weights, mean, square, products, layout, rates, groups, settings, steps):
        for t in range(steps):
            adamw_loop(
                weights,
                2.0 * weights,
                mean,
                square,
                products,
                layout,
                rates,
                groups,
                settings,
                t,
                1.0,
            )

    weights = np.linspace(-1.0, 1.0, SIZE)
    expected, numpy = weights.copy(), OPTIMIZERS["adamw"](LAYOUT)
    descend(
        weights,
        *optimizer.state.values(),
        LAYOUT,
        optimizer.rates,
        GROUPS.program,
        settings.schedule.program,
        100,
    )
    for t in range(100):
        numpy.step(expected, 2.0 * expected, GROUPS, settings, t)
    assert weights.tobytes() == expected.tobytes()


def test_settings_and_groups_that_do_not_fit_are_errors():
    optimizer, weights = OPTIMIZERS["sgd"](LAYOUT), np.zeros(SIZE)
    turned = flr.bundle(weight_decay=flr.constant(0.0), momentum=flr.constant(0.9))
    with pytest.raises(
        ValueError,
        match=r"SGD: settings must be \('momentum', 'weight_decay'\), got \('weight_decay', 'mom",
    ):
        optimizer.fused(weights, weights, GROUPS, turned, 0)
    for update in (optimizer.step, optimizer.fused):
        with pytest.raises(ValueError, match="out must have"):
            update(weights, weights, GROUPS[["first", "second", "vectors"]], settings_of("sgd"), 0)
    assert not weights.any()


def test_the_views_of_a_vector():
    vector = np.arange(24.0)
    one, two = views(vector, layout_of([(4, 5), (4,)], [0, 0]))
    assert (one.shape, two.shape) == ((4, 5), (1, 4))
    two[:] = 0.0
    assert vector.tolist() == [*range(20), 0.0, 0.0, 0.0, 0.0]


# -- a run -----------------------------------------------------------------------------------------


@pytest.mark.exhaustive(one_in=5)
def test_each_optimizer_learns_the_digits(whole):
    _, printed, path = whole
    head, *rows = (line.split() for line in printed.splitlines())
    assert head == ["step", "loss", "accuracy", "scale", "first", "second", "last", "biases"]
    assert [int(row[0]) for row in rows] == list(range(50, 601, 50))
    assert float(rows[-1][2]) > 0.96
    rates = digits.load(path).rates
    assert [f"{rate:.3g}" for rate in rates[-1]] == rows[-1][4:]
    assert len(rates) == 600


@pytest.mark.exhaustive(one_in=5)
def test_the_rates_of_a_layer_are_less_than_those_above_it(whole):
    name, _, path = whole
    groups = digits.load(path).groups
    row = groups.row(100)
    assert (row["first"] / row["last"], row["second"] / row["last"]) == pytest.approx(
        (0.64, 0.8), rel=1e-15
    )
    assert (row["biases"] == row["last"]) is (name != "muon")


@pytest.mark.exhaustive(one_in=5)
def test_a_run_that_goes_on_in_another_process_has_the_same_bits(whole, data, tmp_path):
    name, _, uninterrupted = whole
    first = digits.start(name, steps=600)
    train(first, data, 275, tmp_path / "run.npz")
    printed = run("--resume", tmp_path / "run.npz")
    assert [int(line.split()[0]) for line in printed.splitlines()[1:]] == list(range(300, 601, 50))
    assert_same(tmp_path / "run.npz", uninterrupted)


@pytest.mark.exhaustive
def test_a_run_that_was_killed_resumes_from_its_last_checkpoint(data, tmp_path):
    path = tmp_path / "run.npz"
    command = [*COMMAND, "--optimizer", "sgd", "--steps", "400", "--checkpoint", str(path)]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    give_up = time.monotonic() + 60
    while not path.exists() and process.poll() is None and time.monotonic() < give_up:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert digits.load(path).step < 400
    run("--resume", path)
    train(digits.start("sgd", steps=400), data, 400, tmp_path / "whole.npz")
    assert_same(path, tmp_path / "whole.npz")


@compiled
@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_the_compiled_loop_trains_to_the_bits_of_numpy(name, data, tmp_path):
    train(digits.start(name, steps=120), data, 120, tmp_path / "numpy.npz")
    train(digits.start(name, steps=120), data, 120, tmp_path / "fused.npz", fused=True)
    assert_same(tmp_path / "numpy.npz", tmp_path / "fused.npz")


@compiled
@pytest.mark.exhaustive
def test_the_compiled_loop_from_the_command_line(data, tmp_path):
    run("--optimizer", "sgd", "--steps", 60, "--fused", "--checkpoint", tmp_path / "fused.npz")
    train(digits.start("sgd", steps=60), data, 60, tmp_path / "numpy.npz")
    assert_same(tmp_path / "fused.npz", tmp_path / "numpy.npz")


# -- plateau ---------------------------------------------------------------------------------------


def test_plateau_reduces_the_rates_where_the_loss_is_stuck(data):
    stuck = digits.start("sgd", steps=600, gain=1e-9, patience=1)
    losses = [loss for loss, _ in train(stuck, data, 500)]
    assert losses == pytest.approx([losses[0]] * 10, rel=1e-5)
    # the first look is the best; then every second one reduces
    assert float(stuck.plateau.scale) == 0.5**4
    planned = stuck.groups(np.arange(500)).T
    scales = np.divide(stuck.rates, planned, out=np.ones((500, 4)), where=planned > 0)
    assert sorted(set(scales[:, 0].tolist())) == [0.0625, 0.125, 0.25, 0.5, 1.0]
    assert scales[149:151, 0].tolist() == [1.0, 0.5]


def test_the_rates_of_a_run_are_those_that_its_losses_replay(data):
    a_run = digits.start("muon", steps=300, patience=0)
    losses = [loss for loss, _ in train(a_run, data, 300)]
    scales = a_run.rule.replay(losses)
    assert len(set(scales.tolist())) > 1
    assert scales[-1] == a_run.plateau.scale
    realised = a_run.rule.realised(a_run.groups, scales, every=digits.EVERY)
    assert np.array(a_run.rates).tobytes() == realised.table(300).T.tobytes()


# -- a plan that changes ---------------------------------------------------------------------------


@pytest.fixture
def stopped(data, tmp_path):
    """A checkpoint at step 100 of 200."""
    train(digits.start("adamw", steps=200), data, 100, tmp_path / "run.npz")
    return tmp_path / "run.npz"


def test_another_plan_is_an_error_that_shows_the_difference(stopped):
    before = stopped.read_bytes()
    printed = run("--resume", stopped, "--steps", 300, fails=True)
    assert (
        "resume: plan must be the saved one, unless wins='saved' or wins='new'; the "
        "first to differ is step 1 of 'first'" in printed
    )
    assert "Traceback" not in printed
    assert stopped.read_bytes() == before


def test_another_plan_is_taken_if_it_is_set_to_win(stopped):
    longer = digits.groups_of("adamw", 300)
    with pytest.raises(ValueError, match="the first to differ is step 1 of 'first'"):
        digits.load(stopped, longer)
    saved, new = (
        digits.load(stopped, longer, wins="saved"),
        digits.load(stopped, longer, wins="new"),
    )
    assert (saved.steps, new.steps) == (200, 300)
    assert saved.groups == digits.groups_of("adamw", 200)
    assert saved.weights.tobytes() == new.weights.tobytes()
    # the same plan needs no word
    assert digits.load(stopped, digits.groups_of("adamw", 200)).groups == saved.groups


@pytest.mark.exhaustive
def test_a_run_is_extended(stopped):
    old = digits.load(stopped)
    first, _, *rows = run("--resume", stopped, "--extend", 100).splitlines()
    new = digits.load(stopped)
    assert first == str(flr.diff(old.groups, new.groups))
    assert re.match(r"the first to differ is step 151 of 'first': ", first)
    assert [int(row.split()[0]) for row in rows] == [150, 200, 250, 300]
    assert new.groups == old.groups.extend(300, at=100)
    assert (np.array(new.rates) == new.groups.table(300).T).all()
    flr.verify_resume(new.groups, new.step - 1, new.rates[-1])


def test_a_run_goes_on_with_a_plan_of_another_shape(stopped, data):
    old = digits.load(stopped)
    plan = old.groups.continue_from(
        old.step, flr.cosine(1.0, 0.0, steps=150) * np.ones(4), match=True
    )
    new = digits.load(stopped, plan, wins="new")
    train(new, data, new.steps, stopped)
    assert new.step == 250
    rates = np.array(digits.load(stopped).rates)
    assert (rates[:100] == old.groups.table(100).T).all()
    np.testing.assert_allclose(rates[100], old.groups(100), rtol=1e-15)
    np.testing.assert_allclose(rates[175], old.groups(100) / 2, rtol=1e-15)


def test_a_checkpoint_is_written_whole_or_not_at_all(stopped, data, monkeypatch):
    before = stopped.read_bytes()

    def torn(file, **arrays):
        file.write(before[:1_000])
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", torn)
    with pytest.raises(OSError, match="no space left"):
        train(digits.load(stopped), data, 150, stopped)
    assert stopped.read_bytes() == before
    assert [path.name for path in stopped.parent.iterdir()] == ["run.npz"]


@pytest.mark.exhaustive
def test_what_the_command_line_refuses(tmp_path):
    assert "--extend and --wins need --resume" in run("--extend", 100, fails=True)
    assert "No such file" in run("--resume", tmp_path / "missing.npz", fails=True)


# -- losses ----------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_the_search_fits_predicts_and_ranks(monkeypatch, capsys, tmp_path):
    """Better than what the paper publishes on runs that were not fitted, and a schedule well
    below the cosine.
    """
    monkeypatch.setattr(
        sys,
        "argv",
        ["search.py", "--model", "25M", "--top", "2", "--out", str(tmp_path / "best.png")],
    )
    search.main()
    printed = capsys.readouterr().out
    rows = {
        name: [*map(float, numbers.split())]
        for name, numbers in re.findall(r"^(fitted here|published) +(.*)$", printed, re.M)
    }
    (r2, *errors), (published_r2, *published) = rows["fitted here"], rows["published"]
    assert r2 >= published_r2
    assert all(np.array(errors) <= published)
    cosine, best = (
        float(number) for number in re.findall(r"ends at (\S+), the best.*\n  (\S+)", printed)[0]
    )
    assert cosine - best > 0.05
    assert (tmp_path / "best.png").stat().st_size > 10_000
