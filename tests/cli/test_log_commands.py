"""Test the commands that read logs: what they print, and their exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import fastlr as flr
from fastlr.cli.commands import app

PLAN = flr.warmup_cosine(6e-4, 100, 1_000, end=6e-5)
TEXT = "warmup_cosine(6e-4, 100, 1000, end=6e-5)"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with logs and a config, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    rows = [{"step": t, "learning_rate": PLAN(t)} for t in range(10, 1_001, 10)]
    Path("trainer_state.json").write_text(json.dumps({"log_history": rows, "max_steps": 1_000}))
    Path("rates.csv").write_text("\n".join(["lr", *(repr(PLAN(t)) for t in range(50, 1_000, 5))]))
    config = {"lr_scheduler_type": "linear", "learning_rate": 6e-4, "warmup_steps": 100}
    Path("args.json").write_text(json.dumps({**config, "max_steps": 1_000}))
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    """The exit code, and what a command prints on stdout and on stderr."""
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.stdout, done.stderr


def test_identify() -> None:
    code, out, err = run("identify", "trainer_state.json")
    assert (code, err) == (0, "")
    assert "linear(init=0.0, end=0.0006, steps=100).then(cosine(init=0.0006, " in out
    assert "not logged  steps 0 to 9" in out


def test_identify_numbers_the_rows_of_a_file_without_steps() -> None:
    code, out, _ = run("identify", "rates.csv", "--start", "50", "--every", "5")
    assert code == 0
    assert "linear(init=0.0, end=0.0006, steps=100)" in out


def test_compare_numbers_the_rows_of_a_file_without_steps() -> None:
    code, out, _ = run("compare", "rates.csv", TEXT, "--start", "50", "--every", "5")
    assert (code, out.startswith("the run did what its schedule says: 190 logged")) == (0, True)
    code, out, _ = run("compare", "rates.csv", TEXT, "--start", "50", "--every", "5", "--json")
    assert json.loads(out)["agrees"] is True
    code, _, err = run("compare", TEXT, TEXT, "--every", "5")
    assert (code, err) == (2, "error: compare: start and every must be given for a CSV log only\n")


def test_json_of_a_log() -> None:
    _, out, _ = run("identify", "trainer_state.json", "--json")
    assert flr.from_spec(json.loads(out)["schedules"]["schedule"])(500) == PLAN(500)


def test_compare_a_log_with_its_config() -> None:
    code, out, _ = run("compare", "trainer_state.json", TEXT)
    assert (code, out.startswith("the run did what its schedule says: 100 logged")) == (0, True)
    code, out, _ = run("compare", "trainer_state.json", "args.json")
    assert code == 1
    assert "'learning_rate' differs first at step 110: logged 0.00059983" in out


def test_explain_a_log_a_config_and_an_expression() -> None:
    for thing in ("trainer_state.json", TEXT):
        code, out, err = run("explain", thing)
        assert (code, err) == (0, "")
        assert "peak            0.0006 at step 100" in out
        assert out.endswith("what looks wrong\n- nothing\n")
    code, out, _ = run("explain", "args.json", "--steps", "1500")
    assert code == 0
    assert "length          1,500 steps" in out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["identify", "no.csv"],
            "identify: rates 'no.csv' must be a file that can be read (No such ",
        ),
        (["identify", "args.json"], "identify: rates 'args.json' must have a list 'log_history', "),
        (["compare", "rates.csv", TEXT, "--steps", "9"], "compare: steps must be given for a con"),
        (["compare", "rates.csv", TEXT, "--out", "a.png"], "compare: out must be left out with a "),
        (["explain", "rates.csv", "--lr", "1"], "explain: lr must be given for a config only, got"),
        (["explain", TEXT, "--framework", "x"], "explain: framework must be given for a config on"),
        (["explain", "no.json"], "no.json: No such file or directory"),
        (
            ["explain", "n" * 5_000 + ".yaml"],
            "explain: from_config: config must be a valid path",
        ),
        (["explain", "cyclic(0.1, 0.5, up=20)"], "explain: steps must be given for a schedule "),
        (["explain", "nothing"], "no recipe, file or expression named 'nothing'"),
    ],
)
def test_what_is_refused(arguments: list[str], line: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {line}")


def test_the_run_of_a_config_may_be_longer_than_its_schedule() -> None:
    Path("cosine.json").write_text(
        json.dumps({"lr_scheduler_type": "cosine", "learning_rate": 1e-3, "max_steps": 100})
    )
    code, out, err = run("explain", "cosine.json", "--steps", "180")
    assert (code, err) == (0, "")
    assert "length          180 steps" in out
    assert "climbs back past the end: it falls to 0 at step 100, then rises to 0.000" in out


LAW = """law = "Annealing"
[constants]
L0 = 2.6
A = 0.6
alpha = 0.45
C = 0.5
decay = 0.99
"""


def test_explain_lists_what_the_run_of_a_log_may_do_next() -> None:
    Path("law.toml").write_text(LAW)
    rows = [{"step": t, "learning_rate": PLAN(t)} for t in range(10, 601, 10)]
    Path("stopped.json").write_text(json.dumps({"log_history": rows, "max_steps": 1_000}))
    code, out, err = run("explain", "stopped.json", "--law", "law.toml")
    assert (code, err) == (0, "")
    assert "\nwhat next, after step 601\n" in out
    assert "cooldown(at=" in out
    assert "as planned" in out
    code, out, _ = run("explain", "stopped.json", "--law", "law.toml", "--json")
    options = json.loads(out)["next"]
    [planned] = [option for option in options if option["planned"]]
    assert planned["steps"] == 1_000
    assert all(flr.from_spec(each["schedule"])(600) == pytest.approx(PLAN(600)) for each in options)
    code, _, err = run("explain", TEXT, "--law", "law.toml")
    assert (code, err) == (2, "error: explain: law must be given for a log only, got law.toml\n")
    code, _, err = run("explain", "trainer_state.json", "--law", "no.toml")
    assert (code, err.startswith("error: ")) == (2, True)


def test_the_unit_of_a_log_of_epochs() -> None:
    Path("results.csv").write_text("epoch,lr/pg0\n1,0.1\n2,0.1\n3,0.01\n")
    code, out, _ = run("identify", "results.csv")
    assert code == 0
    assert "unit        a step is an epoch of the log" in out
