"""The command line has every option of ``from_config``, and errors name the option."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import fastlr as flr
from fastlr.cli.commands import app

EPOCHS = {
    "lr_scheduler_type": "cosine",
    "learning_rate": 1e-3,
    "warmup_ratio": 0.1,
    "num_train_epochs": 2,
}
SOLVER = {"SOLVER": {"BASE_LR": 0.02, "STEPS": [600], "MAX_ITER": 900}}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("epochs.json").write_text(json.dumps(EPOCHS))
    Path("solver.json").write_text(json.dumps(SOLVER))
    return tmp_path


def run(*arguments: object) -> str:
    """What a command prints; it must succeed."""
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(*arguments: object) -> str:
    """The one line on stderr with which a command is refused."""
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


GIVEN = [
    ("epochs.json", {"steps": 80}),
    ("epochs.json", {"steps_per_epoch": 40}),
    ("epochs.json", {"steps_per_epoch": 40, "lr": 0.5}),
    ("solver.json", {"framework": "maskrcnn_benchmark"}),
    ("solver.json", {"framework": "detectron2", "lr": 0.5}),
]


@pytest.mark.parametrize(("file", "given"), GIVEN)
def test_a_table_has_the_rates_of_from_config(file, given):
    options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    run("table", file, "--out", "a.npy", *options)
    wanted = flr.from_config(file, **given)
    assert np.array_equal(np.load("a.npy"), wanted.table(wanted.steps))
    run("plot", file, "constant(0.1)", "--out", "a.png", *options)
    assert f"{wanted.steps} steps" in run("show", file, *options)


def test_an_optimizers_state_is_a_file():
    state = {
        "total_steps": 10,
        "_schedule_phases": [{"end_step": 2.0}, {"end_step": 9}],
        "_anneal_func_type": "cos",
        "last_epoch": 0,
        "_last_lr": [0.04],
    }
    Path("state.json").write_text(json.dumps(state))
    groups = {"param_groups": [{"max_lr": 1.0, "initial_lr": 0.04, "min_lr": 4e-6}]}
    Path("optimizer.json").write_text(json.dumps(groups))
    assert "max_lr must be given in the optimizer's state" in refused("show", "state.json")
    run("table", "state.json", "--out", "a.npy", "--steps", 10, "--optimizer", "optimizer.json")
    wanted = flr.from_config(state, optimizer=groups)
    assert np.array_equal(np.load("a.npy"), wanted.table(10))
    Path("optimizer.json").write_text("{")
    message = refused("show", "state.json", "--optimizer", "optimizer.json")
    assert message.startswith("optimizer.json: optimizer must be JSON (")


def test_an_error_names_the_option_for_what_a_config_leaves_open():
    assert refused("show", "epochs.json") == (
        "from_config: epochs.json: max_steps must be given, or the run's length: "
        "from_config(..., steps=) or --steps; or from_config(..., steps_per_epoch=) or "
        "--steps-per-epoch to count the epochs"
    )
    assert refused("show", "solver.json").endswith(
        "pass from_config(..., framework=) or --framework"
    )


def test_steps_show_a_part_of_a_run_whose_length_the_config_has():
    Path("a.json").write_text(json.dumps({**EPOCHS, "max_steps": 100}))
    run("table", "a.json", "--out", "a.npy", "--steps", 50)
    assert np.array_equal(np.load("a.npy"), flr.from_config("a.json").table(50))
    keras = {"name": "sgd", "learning_rate": 0.01}
    Path("b.json").write_text(json.dumps(keras))
    assert "50 steps" in run("show", "b.json", "--steps", 50)


def test_an_option_for_configs_alone_is_refused_elsewhere():
    for options in (["--lr", 1], ["--steps-per-epoch", 5], ["--framework", "keras"]):
        detail = f"{options[0]} must be given for a config file only, got bert-base"
        assert refused("show", "bert-base", *options) == detail
    Path("spec.json").write_text(json.dumps(flr.constant(0.1).to_spec()))
    detail = "lr must be absent, because this config does not take it, got 1.0"
    assert refused("show", "spec.json", "--lr", 1) == f"from_config: spec.json: {detail}"
    same = ["epochs.json", "epochs.json", "--lr", 0.5, "--steps-per-epoch", 9]
    assert "they agree" in run("compare", *same)


def test_a_missing_file_is_named():
    for name in ("none.yaml", "none.sh", "runs/none.json", "none.toml"):
        assert refused("show", name) == f"{name}: No such file or directory"
    assert refused("show", "x" * 5_000).startswith("no recipe, file or expression named 'xxx")
