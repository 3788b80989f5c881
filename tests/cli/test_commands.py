"""Test the commands: what they print and write, and that they leave nothing behind on an error."""

import csv
import io
import json
import math
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.image import imread

import fastlr as flr
from fastlr.cli import table_files
from fastlr.cli.commands import app
from fastlr.cli.find_schedule import find_schedule
from fastlr.drawing import plots
from fastlr.drawing.numbers import rate_text

LINEAR = "linear(1e-3, 1e-4, 1000)"
ENDLESS = "cyclic(0.1, 0.5, up=20)"
SWEEP = "linear([0.1, 0.2, 0.3], 0.0, 100)"


def run(*arguments: object) -> str:
    """Return what a command prints; it must succeed, with nothing on stderr."""
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(*arguments: object) -> str:
    """Return the one line on stderr of a refused command."""
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


def facts(text: str) -> dict[str, str]:
    """Names and values in two columns."""
    return dict(re.findall(r"^([A-Za-z]+(?: [a-z]+)*)  +(.*)$", text, re.MULTILINE))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to write into, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- which schedule --------------------------------------------------------------------------------


def test_groups_are_named_in_an_expression() -> None:
    groups = 'stack({"body": linear(0.1, 0, 100), "head": cosine(0.2, 0, 200)})'
    table = run("show", groups).split("\n\n")[1].splitlines()

    assert [line.split()[0] for line in table] == ["group", "body", "head"]


@pytest.mark.parametrize(
    "groups",
    [
        '{"a": constant(1), "a": constant(2)}',
        '{"a": constant(1), **{"b": constant(2)}}',
        "{1: constant(1)}",
        "{constant(1): 2}",
        "{constant(1)}",
    ],
)
def test_other_mappings_are_refused(groups: str) -> None:
    message = (
        "parse: text must consist of schedules, numbers, strings, lists and named groups, got "
    )
    assert refused("show", f"stack({groups})").startswith(message)


def test_a_mapping_is_no_number() -> None:
    assert "init must be a finite number" in refused("show", 'linear({"a": 1}, 0, 9)')
    assert refused("show", "stack({})").startswith("stack: schedules must be a sequence")


@pytest.mark.parametrize("module", ["flr", "fastlr"])
def test_an_expression_may_be_copied_from_python(module: str) -> None:
    copied = f"{module}.linear(0.1, 0, 9).then({module}.constant(1))"
    own = "linear(0.1, 0, 9).then(constant(1))"

    assert run("show", copied) == run("show", own)
    for name in ("parse", "presets"):
        assert refused("show", f"{module}.{name}(1)") == (
            f"parse: {name!r} is not a constructor or method of a schedule"
        )


def test_a_constructor_without_arguments_is_refused() -> None:
    assert refused("show", "linear") == (
        "linear: arguments must be given, as in 'linear(init, end, steps)', got none"
    )


def test_standard_input_is_named_once() -> None:
    for command in (["compare", "-", "-"], ["plot", "-", "-", "-o", "a.png"]):
        assert refused(*command).startswith("-: standard input must be named once, got - -")


def test_one_step_is_singular() -> None:
    for command in ("show", "explain"):
        assert facts(run(command, "linear(0.1, 0, 1)"))["length"] == "1 step"


def test_explain_refuses_a_run_of_no_steps() -> None:
    assert refused("explain", ENDLESS, "--steps", "0").startswith("explain: steps must be ")
    assert "got 0" in refused("explain", ENDLESS, "--steps", "0")


def test_recipe_spec_and_expression_are_one_schedule(folder: Path) -> None:
    """The three ways to name a schedule: by recipe, by file (of any name), by expression."""
    schedule = flr.recipe("bert-base").schedule
    for name in ("bert.json", "bert"):
        (folder / name).write_text(json.dumps(schedule.to_spec()))

    for thing in ("bert-base", "bert.json", "bert", repr(schedule)):
        assert facts(run("show", thing))["fingerprint"] == schedule.fingerprint


@pytest.mark.parametrize(
    ("thing", "library"),
    [
        ("linaer(1, 0, 10)", flr.parse),
        ("linear(1, 0", flr.parse),
        ("linear(1, -1, 10)", flr.parse),
        ("linear('a', 0, 10)", flr.parse),
    ],
)
@pytest.mark.parametrize(
    "command", [["show"], ["table", "--out", "a.npy"], ["plot", "--out", "a.png"]]
)
def test_no_such_schedule(
    folder: Path, command: list[str], thing: str, library: Callable[[str], object]
) -> None:
    """Every command prints the message of the library as it is."""
    with pytest.raises((ValueError, TypeError)) as error:
        library(thing)

    assert refused(*command, thing) == str(error.value)
    assert names(folder) == []


def test_an_unknown_name_suggests_recipes(folder: Path) -> None:
    unknown = "no recipe, file or expression named {!r}; see `fastlr recipes`".format
    assert refused("show", "llama-405b").startswith(
        f"{unknown('llama-405b')}; nearest: llama3-405b"
    )
    assert refused("table", "", "--out", "a.npy") == unknown("")
    assert refused("plot", "runs/x.jsn", "--out", "a.png") == unknown("runs/x.jsn")
    assert names(folder) == []


def test_no_such_spec() -> None:
    assert refused("show", "nowhere.json") == "nowhere.json: No such file or directory"


def test_a_plateau_rule_is_no_schedule(folder: Path) -> None:
    (folder / "rule.json").write_text(
        '{"lr_scheduler_type": "reduce_lr_on_plateau", "learning_rate": 0.1, "max_steps": 9}'
    )
    assert (
        "must be a schedule's, got a plateau rule, which has no rates without metrics"
        in refused("show", "rule.json")
    )


def test_compare_says_where_two_part(folder: Path) -> None:
    same = CliRunner().invoke(app, ["compare", "linear(1.0, 0.0, 10)", "linear(1.0, 0.0, 10)"])
    assert (same.exit_code, same.stdout[:24]) == (0, "they agree over 11 steps")
    parted = CliRunner().invoke(
        app, ["compare", "linear(1.0, 0.0, 10)", "linear(1.0, 0.5, 10)", "--out", "both.png"]
    )
    assert parted.exit_code == 1
    assert "they differ at step 1" in parted.stdout
    assert imread(folder / "both.png").ndim == 3


def test_compare_names_the_group_that_differs(folder: Path) -> None:
    pair = [
        "stack({'embed': constant(0.1), 'body': linear(0.2, 0, 9)})",
        "stack({'embed': constant(0.1), 'body': linear(0.2, 0, 8)})",
        "--steps=9",
    ]
    text = CliRunner().invoke(app, ["compare", *pair]).stdout
    assert text.startswith("they differ at step 1 of group 'body': 0.17777777777777")
    found = json.loads(CliRunner().invoke(app, ["compare", *pair, "--json"]).stdout)
    assert (found["step"], found["group"]) == (1, "body")


def test_explain_gives_the_last_rate_once() -> None:
    falls = facts(run("explain", "linear(0.1, 0.0, 100)"))
    assert (falls["last rate"], falls["floor"]) == ("0.001 at step 99", "the last rate")
    holds = facts(run("explain", "linear(0.1, 0.0, 100)", "--steps", 120))
    assert (holds["last rate"], holds["floor"]) == ("0 at step 119", "0 at step 100")


def test_standard_input_is_utf_8() -> None:
    expression = "stack({'Körper': constant(0.1)})"
    for encoding in ("utf-8", "utf-8-sig"):
        result = CliRunner().invoke(app, ["show", "-"], input=expression.encode(encoding))
        assert "Körper" in result.stdout
    refusal = CliRunner().invoke(app, ["show", "-"], input=expression.encode("latin-1"))
    assert (refusal.exit_code, refusal.stderr) == (
        2,
        "error: -: standard input must be UTF-8 text, got byte 0xf6 at byte 9\n",
    )


def test_a_folder_is_no_spec(folder: Path) -> None:
    (folder / "runs").mkdir()
    assert refused("show", "runs") == "runs: Is a directory"


@pytest.mark.skipif(os.name != "posix", reason="closes a file descriptor")
def test_closed_standard_output() -> None:
    command = f"{shlex.quote(sys.executable)} -m fastlr info >&-"
    ended = subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (1, "fastlr: standard output is closed\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", r"from_config: a\.json: must be JSON \(Expecting .*\)"),
        (b"\xff", r"from_config: a\.json: must be text in UTF-8 \(.* codec .*\)"),
        (b"[" * 100_000, r"from_config: a\.json: must be JSON \(.*recursion.*\)"),
        (b"[]", r"from_config: a\.json: must be a mapping, got \[\]"),
        (
            b'{"fastlr": 2, "schedule": {}}',
            "from_spec: 'fastlr' must be at most 1, got version 2: it needs a newer fastlr",
        ),
    ],
)
def test_bad_spec(folder: Path, text: bytes, message: str) -> None:
    (folder / "a.json").write_bytes(text)

    assert re.fullmatch(message, refused("show", "a.json"))


# -- show ------------------------------------------------------------------------------------------


def test_show_recipe() -> None:
    """Everything that a reader needs to check a run, each number to the last digit."""
    published = flr.recipe("deepseek-v3")
    text = run("show", "deepseek-v3")
    shown, schedule = facts(text), published.schedule
    boundaries = re.findall(r"^ *([\d,]+)  (\d\S*)$", text, re.MULTILINE)

    assert [shown[word] for word in ("title", "source", "unit", "assumption")] == [
        published.title,
        published.source,
        published.unit,
        published.assumption,
    ]
    assert shown["schedule"] == repr(schedule)
    assert shown["length"].startswith(f"{published.steps:,} steps")
    assert shown["fingerprint"] == schedule.fingerprint
    assert float(shown["first"]) == schedule(0)
    assert shown["peak"] == "2.2e-4 at step 2,000"
    assert float(shown["last"]) == schedule(published.steps - 1)
    assert float(shown["area"]) == pytest.approx(schedule.sum(published.steps), rel=1e-3)
    assert [int(step.replace(",", "")) for step, _ in boundaries] == list(schedule.boundaries)


def test_json_has_every_number_in_full() -> None:
    published = flr.recipe("deepseek-v3")
    found, schedule = json.loads(run("show", "deepseek-v3", "--json")), published.schedule

    assert flr.from_spec(found["spec"]) == schedule
    assert (found["steps"], found["unit"]) == (published.steps, "tokens")
    assert found["peak"] == {"rate": schedule.max(published.steps), "step": 2_000}
    assert found["area"] == schedule.sum(published.steps)
    assert [(each["step"], each["rate"]) for each in found["boundaries"]] == [
        (boundary, schedule(boundary)) for boundary in schedule.boundaries
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", LINEAR],
        ["show", SWEEP],
        ["explain", LINEAR],
        ["recipes"],
        ["info"],
        ["compare", LINEAR, LINEAR],
    ],
)
def test_every_command_that_prints_facts_prints_json(arguments: list[str]) -> None:
    assert json.loads(run(*arguments, "--json"))


def test_json_of_a_batch() -> None:
    first, *_ = found = json.loads(run("show", SWEEP, "--json"))["lanes"]

    assert [lane["parameters"] for lane in found] == [{"init": rate} for rate in (0.1, 0.2, 0.3)]
    assert first["area"] == flr.parse(SWEEP)[0].sum(100)


@pytest.mark.parametrize(
    "text",
    [LINEAR, json.dumps(flr.parse(LINEAR).to_spec()), f"\n{LINEAR}\n"],
    ids=["expression", "spec", "blank lines"],
)
def test_standard_input(text: str) -> None:
    result = CliRunner().invoke(app, ["show", "-"], input=text)

    assert (result.exit_code, result.stderr) == (0, "")
    assert facts(result.stdout)["fingerprint"] == flr.parse(LINEAR).fingerprint


def test_a_config_on_standard_input() -> None:
    config = {"lr_scheduler_type": "cosine", "learning_rate": 1e-3, "warmup_steps": 10}
    result = CliRunner().invoke(app, ["show", "-", "--steps", "90"], input=json.dumps(config))

    assert facts(result.stdout)["peak"] == "1e-3 at step 10"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "-: standard input must hold a spec, a config or an expression"),
        ("{", "-: standard input must be JSON or an expression (Expecting"),
        ("nothing(1)", "parse: 'nothing' is not a constructor"),
    ],
)
def test_standard_input_without_a_schedule(text: str, message: str) -> None:
    result = CliRunner().invoke(app, ["show", "-"], input=text)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("torch.StepLR(0.1, 30)", "0.1"),
        ("presets.torch.StepLR(0.1, 30)", "0.1"),
        ("transformers.get_cosine_schedule_with_warmup(1e-3, 10, 90)", "0"),
    ],
)
def test_presets_are_expressions(expression: str, first: str) -> None:
    assert facts(run("show", expression))["first"] == first


def test_stacks_are_expressions() -> None:
    rows = run("show", "stack([constant(0.1), constant(0.2)], names=['body', 'head'])")

    assert re.search(r"^body +0 to 999 +0.1", rows, re.MULTILINE)


@pytest.mark.parametrize(
    ("expression", "says"),
    [("torch.CosineAnnealingLR(0.1, 90)", True), (LINEAR, False), ("deepseek-v3", False)],
)
def test_only_presets_continue_as_their_framework_does(expression: str, says: bool) -> None:
    length = facts(run("show", expression))["length"]

    assert ("past the end it continues as its framework does" in length) == says


def test_show_has_a_chart() -> None:
    """Eight rows of blocks above an axis; labels at the highest rate, half of it, 0 and the end."""
    *rows, floor, ticks = run("show", LINEAR).splitlines()[-10:]

    assert max(map(len, rows)) == len(floor) == len(ticks) == 80
    assert ticks.split() == ["0", "1k", "steps"]
    assert [row.split("│")[0].strip() for row in rows] == ["1e-3", *[""] * 3, "5e-4", *[""] * 3]
    assert floor.split()[0] == "0"
    assert all(set(row.split("│")[1]) <= set(" ▁▂▃▄▅▆▇█") for row in rows)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (
            [ENDLESS],
            {
                "length": "for ever",
                "steps": "0 to 79",
                "first": "0.1",
                "peak": "0.5 at step 20",
                "area": "24",
            },
        ),
        (
            [ENDLESS, "--steps", "10"],
            {"length": "for ever", "steps": "0 to 9", "last": "0.28", "peak": "0.28 at step 9"},
        ),
        (
            [LINEAR, "--steps", "1"],
            {"length": "1,000 steps", "steps": "0 to 0", "last": "1e-3", "area": "1e-3"},
        ),
        (
            ["linear(1, 0, 0)"],
            {"length": "0 steps", "steps": "0 to 999", "peak": "0 at step 0", "area": "0"},
        ),
        (
            ["linear(1, 0, 4).with_past_end('raise')"],
            {"steps": "0 to 3", "last": "0.25", "area": "2.5"},
        ),
    ],
)
def test_show_counts_the_steps_it_names(arguments: list[str], shown: dict[str, str]) -> None:
    assert shown.items() <= facts(run("show", *arguments)).items()


def test_show_peak_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first step of the highest rate, wherever the chunks are cut."""
    monkeypatch.setattr(table_files, "_CHUNK", 7)

    assert facts(run("show", ENDLESS))["peak"] == "0.5 at step 20"


def test_show_says_what_it_leaves_out() -> None:
    """If a run is too long to evaluate every step, no number is guessed."""
    shown = facts(run("show", "cosine(1.0, 0.0, 9007199254740992)"))

    assert shown["peak"] == shown["area"] == "left out: more than 100,000,000 steps"
    assert float(shown["last"]) == pytest.approx(flr.cosine(1.0, 0.0, 2**53)(2**53 - 1), rel=1e-3)


def test_show_many_boundaries() -> None:
    text = run("show", f"milestones(0.1, 0.9, at={list(range(1, 101))})")

    assert len(re.findall(r"^ *\d+  +\d\S*$", text, re.MULTILINE)) == 40
    assert "\nand 60 more\n" in text


def test_show_batch() -> None:
    """A row for each lane."""
    rows = run("show", SWEEP).splitlines()

    assert rows[-4].split() == ["lane", "steps", "first", "last", "peak", "area"]
    *printed, area = rows[-1].split()
    assert printed == ["[2]", "0", "to", "99", "0.3", "3e-3", "0.3", "at", "step", "0"]
    assert area == "15.15"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([LINEAR, "--steps", "0"], "show: steps must be from 1 to 2**53, got 0"),
        ([LINEAR, "--steps", "-3"], "show: steps must be from 1 to 2**53, got -3"),
        ([LINEAR, "--steps", 2**53 + 1], f"show: steps must be from 1 to 2**53, got {2**53 + 1}"),
        (
            [LINEAR, "--steps", "1.5"],
            "Invalid value for '--steps': must be an integer, got '1.5'; see `fastlr show --help`",
        ),
        ([SWEEP, "--steps", "0"], "show: steps must be from 1 to 2**53, got 0"),
        (["linear(1, 0, 0).with_past_end('raise')"], "show: steps must be from 1 to 2**53, got 0"),
        (
            ["linear(1, 0, 4).with_past_end('raise')", "--steps", "5"],
            "show: steps must be before the end, step 4, as past_end='raise', got 4",
        ),
    ],
)
def test_show_refuses(arguments: list[object], message: str) -> None:
    assert refused("show", *arguments) == message


# -- table -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("thing", "options", "wanted"),
    [
        ("bert-base", [], (0, 1_000_000, 1)),
        (LINEAR, [], (0, 1_000, 1)),
        (LINEAR, ["--steps", "2_000", "--start", "17", "--every", "3"], (17, 2_000, 3)),
        (ENDLESS, ["--steps", "1"], (0, 1, 1)),
        (SWEEP, ["--every", "7"], (0, 100, 7)),
        ("constant([[0.1], [0.2]])", ["--steps", "3"], (0, 3, 1)),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_npy_is_the_table(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    thing: str,
    options: list[str],
    wanted: tuple[int, ...],
    dtype: str,
) -> None:
    """The bytes that ``np.save`` writes for ``s.table``, however it is cut into chunks."""
    monkeypatch.setattr(table_files, "_CHUNK", 100_003 if thing == "bert-base" else 13)
    printed = run("table", thing, "--out", "rates.npy", "--dtype", dtype, *options)
    rates = find_schedule(thing).schedule.table(*wanted, dtype=dtype)
    saved = io.BytesIO()
    np.save(saved, rates)

    assert (folder / "rates.npy").read_bytes() == saved.getvalue()
    assert names(folder) == ["rates.npy"]
    lanes = f", {math.prod(rates.shape[:-1])} lanes" if rates.ndim > 1 else ""
    assert (
        printed
        == f"rates.npy: {rates.shape[-1]} steps{lanes}, {dtype}, {len(saved.getvalue())} bytes\n"
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_csv_round_trips(folder: Path, monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    """Reading the decimals back gives the same bits."""
    monkeypatch.setattr(table_files, "_CHUNK", 64)
    run(
        "table",
        "transformer-base",
        "--steps",
        2_000,
        "--start",
        5,
        "--every",
        2,
        "--dtype",
        dtype,
        "--out",
        "rates.csv",
    )
    header, *rows = csv.reader((folder / "rates.csv").read_text().splitlines())
    rates = flr.recipe("transformer-base").schedule.table(5, 2_000, 2, dtype=dtype)

    assert header == ["step", "rate"]
    assert [int(step) for step, _ in rows] == list(range(5, 2_000, 2))
    assert np.array([float(rate) for _, rate in rows], dtype=dtype).tobytes() == rates.tobytes()


def test_csv_of_groups_has_their_names(folder: Path) -> None:
    groups = """stack({"body": linear(0.5, 0.0, 2), 'a, "b"': linear(1.0, 0.0, 2)})"""
    run("table", groups, "--out", "rates.csv")
    header, first, _ = csv.reader((folder / "rates.csv").read_text().splitlines())

    assert header == ["step", "rate[body]", 'rate[a, "b"]']
    assert first == ["0", "0.5", "1.0"]


def test_csv_of_a_batch_has_a_column_a_lane(folder: Path) -> None:
    run("table", "linear([[0.5, 1.0]], 0.0, 2)", "--out", "rates.csv")

    assert (
        folder / "rates.csv"
    ).read_text() == "step,rate[0][0],rate[0][1]\n0,0.5,1.0\n1,0.25,0.5\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([LINEAR, "--out", "a.txt"], "table: out must end in .npy or .csv, got 'a.txt'"),
        (
            [LINEAR, "--out", "nowhere/a.npy"],
            "table: out must be in an existing folder, got 'nowhere/a.npy'",
        ),
        ([LINEAR], "Missing option '-o' / '--out'; see `fastlr table --help`"),
        (["--out", "a.npy"], "Missing argument 'THING'; see `fastlr table --help`"),
        (
            [ENDLESS, "--out", "a.csv"],
            "table: --steps must be given for a schedule that never ends, got "
            "cyclic(low=0.1, high=0.5, up=20)",
        ),
        (
            [LINEAR, "--out", "a.npy", "--start", "1000"],
            "table: start must be below steps, from 0 to 2**53, and every at least 1, "
            "got start=1000, steps=1000, every=1",
        ),
        (
            [LINEAR, "--out", "a.npy", "--start", "-1"],
            "table: start must be below steps, from 0 to 2**53, and every at least 1, "
            "got start=-1, steps=1000, every=1",
        ),
        (
            [LINEAR, "--out", "a.npy", "--every", "0"],
            "table: start must be below steps, from 0 to 2**53, and every at least 1, "
            "got start=0, steps=1000, every=0",
        ),
        (
            [LINEAR, "--out", "a.npy", "--steps", 2**53 + 1],
            "table: start must be below steps, from 0 to 2**53, and every at least 1, "
            f"got start=0, steps={2**53 + 1}, every=1",
        ),
        (
            [LINEAR, "--out", "a.npy", "--dtype", "float16"],
            "table: dtype must be float64 or float32, got float16",
        ),
        (
            [LINEAR, "--out", "a.npy", "--dtype", "real"],
            "table: dtype must be float64 or float32, got 'real'",
        ),
        (
            ["linear(1, 0, 4).with_past_end('raise')", "--out", "a.npy", "--steps", "5"],
            "table: steps must be before the end, step 4, as past_end='raise', got 4",
        ),
        (
            [f"constant({[0.1] * 1_001})", "--steps", "2", "--out", "a.csv"],
            "table: a .csv must have at most 1000 lanes, got shape (1001,); write a .npy",
        ),
    ],
)
def test_table_refuses(folder: Path, arguments: list[object], message: str) -> None:
    """The error is one line, and the folder stays empty."""
    line = refused("table", *arguments)

    assert line == message
    assert names(folder) == []


@pytest.mark.parametrize(("name", "size"), [("a.npy", "72,057,594"), ("a.csv", "36,028,797")])
def test_table_that_no_disk_holds(folder: Path, name: str, size: str) -> None:
    """The table is refused before the first byte, with its size."""
    line = refused("table", "constant(1)", "--steps", 2**53, "--out", name)

    assert re.fullmatch(rf"table: out needs at least {size} GB; its disk has [\d,.]+ GB free", line)
    assert names(folder) == []


@pytest.mark.parametrize("name", ["rates.npy", "rates.csv"])
@pytest.mark.parametrize(
    ("error", "code"),
    [(OSError(28, "No space left on device"), 2), (MemoryError(), 2), (KeyboardInterrupt(), None)],
)
def test_failed_table_leaves_the_old_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException, code: int | None
) -> None:
    """Whatever stops the writing after some chunks, the folder is as it was."""
    table, calls = flr.Schedule.table, []

    def fail_late(self: flr.Schedule, *args: object, **options: object) -> object:
        calls.append(args)
        if len(calls) == 3:
            assert len(names(folder)) == 2
            raise error
        return table(self, *args, **options)

    (folder / name).write_text("old")
    monkeypatch.setattr(table_files, "_CHUNK", 100)
    monkeypatch.setattr(flr.Schedule, "table", fail_late)
    result = CliRunner().invoke(app, ["table", LINEAR, "--out", name])

    assert len(calls) == 3
    assert (folder / name).read_text() == "old"
    assert names(folder) == [name]
    assert result.exit_code == code if code else result.exit_code != 0
    if isinstance(error, OSError):
        assert result.stderr == f"error: {name}: No space left on device\n"


def test_folder_that_takes_no_files(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """The error names the user's file, not the temporary file that could not be opened."""

    def deny(path: Path, *args: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", deny)
    assert refused("table", LINEAR, "--out", "a.npy") == "a.npy: Permission denied"


# -- plot ------------------------------------------------------------------------------------------


def test_plot_writes_one_picture(folder: Path) -> None:
    """Several curves on one axes, their names in the picture."""
    (folder / "my run.json").write_text(json.dumps(flr.cosine(1e-4, 0.0, steps=10_000).to_spec()))
    printed = run("plot", "llama3-405b", "my run.json", LINEAR, "--out", "a.svg")
    run("plot", ENDLESS, "--steps", 100, "--log", "--out", "a.png")

    assert printed == f"a.svg: {(folder / 'a.svg').stat().st_size} bytes\n"
    words = ElementTree.parse(folder / "a.svg").getroot()
    assert words.tag == "{http://www.w3.org/2000/svg}svg"
    assert all(
        f"<!-- {label} -->" in (folder / "a.svg").read_text()
        for label in ("llama3-405b", "my run", "1.2M")
    )
    assert imread(folder / "a.png").ndim == 3
    assert names(folder) == ["a.png", "a.svg", "my run.json"]


def test_plot_as_long_as_the_run(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A recipe that holds its last rate for ever is drawn for its run, and anything else to its
    own end.
    """
    drawn = []
    monkeypatch.setattr(
        plots, "save", lambda axes, path: (path.write_text("x"), drawn.append(axes))
    )
    run("plot", "deepseek-v3", LINEAR, "--out", "a.png")

    ends = [
        line.get_xdata()[-1]
        for line in drawn[0].get_lines()
        if not line.get_label().startswith("_")
    ]
    assert ends == [235_240, 1_000]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([LINEAR, "--out", "a.jpg"], "--out must end in .png, .svg or .pdf, got 'a.jpg'"),
        (
            [LINEAR, "--out", "nowhere/a.png"],
            "--out must be in an existing folder, got 'nowhere/a.png'",
        ),
        (
            [ENDLESS, "--out", "a.png"],
            "plot: steps must be given if no schedule ends after step 0 (on the command line, "
            "--steps), got "
            "cyclic(low=0.1, high=0.5, up=20)",
        ),
        ([LINEAR, "--out", "a.png", "--steps", "0"], "plot: steps must be from 1 to 2**53, got 0"),
        (
            [LINEAR, "-o", "a.png", "--share", "--tokens-per-step", "9"],
            "plot: share must be left out where tokens_per_step is given",
        ),
    ],
)
def test_plot_refuses(folder: Path, arguments: list[str], message: str) -> None:
    assert refused("plot", *arguments) == message
    assert names(folder) == []


def test_plot_without_matplotlib(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)

    assert (
        refused("plot", LINEAR, "--out", "a.png")
        == "plot needs Matplotlib: pip install 'fastlr[plot]'"
    )
    assert names(folder) == []


# -- recipes, info, help ---------------------------------------------------------------------------


def test_recipes_are_all_listed_in_full() -> None:
    """The list has a header and one line per run, and cuts no word."""
    header, *rows = run("recipes").splitlines()
    published = [flr.recipe(name) for name in flr.recipes()]

    assert header.split() == ["name", "title", "year", "unit", "steps"]
    for row, wanted in zip(rows, published, strict=True):
        name, title, year, unit, steps = re.split(r"  +", row)
        assert (name, title, unit, int(steps.replace(",", ""))) == (
            wanted.name,
            wanted.title,
            wanted.unit,
            wanted.steps,
        )
        assert f"({year})" in wanted.source


def test_info(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions, and a reason for everything that is missing."""
    versions = {"click": "9.8.7", "tqdm": "6.5.4"}

    def version(name: str) -> str:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(
        flr, "backends", lambda: {"jit": "No module named 'numba'", "reference": "ready"}
    )

    assert facts(run("info")) == {
        "fastlr": flr.__version__,
        "Python": ".".join(map(str, sys.version_info[:3])),
        "NumPy": np.__version__,
        "backend jit": "No module named 'numba'",
        "backend reference": "ready",
        "backend in use": flr.backend(),
        "matplotlib": "not installed: pip install 'fastlr[plot]'",
        "click": "9.8.7",
        "tqdm": "6.5.4",
    }


def test_version_and_help() -> None:
    """``fastlr`` alone prints its help."""
    assert run("--version") == run("-V") == f"fastlr {flr.__version__}\n"
    assert run() == run("--help") == run("-h")
    assert all(command in run() for command in app.commands)
    assert "..." not in run().partition("Commands:")[2]


@pytest.mark.parametrize("command", sorted(app.commands))
def test_every_help_has_examples_and_fits(command: str) -> None:
    """Its examples are calls of this command, and no line is longer than 80 columns."""
    text = run(command, "-h")

    assert f"  fastlr {command}" in text.partition("Examples:")[2].replace("(fastlr", "  fastlr")
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    assert "_FASTLR_COMPLETE" in run("completion", shell)


def test_recipes_are_completed() -> None:
    done = process(
        _FASTLR_COMPLETE="bash_complete", COMP_WORDS="fastlr show llama3", COMP_CWORD="2"
    )
    assert done.stdout.split() == ["plain,llama3-405b"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tabel"], "no command 'tabel'; did you mean 'table'? See `fastlr --help`"),
        (["--speed"], "No such option"),
        (["show", "a", "b"], "unexpected extra argument (b); see `fastlr show --help`"),
    ],
)
def test_misuse_is_one_line(arguments: list[str], message: str) -> None:
    assert message in refused(*arguments)


# -- as a process ----------------------------------------------------------------------------------


def process(
    *arguments: str, code: str = "", out: int = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A run of the command line, or of other code, in a process of its own."""
    return subprocess.run(
        [sys.executable, *(["-c", code] if code else ["-m", "fastlr"]), *arguments],
        stdout=out,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={
            **os.environ,
            "PYTHONPATH": str(Path(flr.__file__).parents[1]),
            "PYTHONIOENCODING": "utf-8",
            **environment,
        },
        check=False,
    )


def test_process_into_a_pipe() -> None:
    """A pipe gets plain text: no colours and no wrapped lines, whatever the terminal's width."""
    done = process("show", "deepseek-v3", COLUMNS="40", FASTLR_BACKEND="reference")

    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert repr(flr.recipe("deepseek-v3").schedule) in done.stdout


def test_process_without_block_characters() -> None:
    """If the output cannot encode block characters, the chart uses others."""
    done = process("show", "linear(1, 0, 9)", PYTHONIOENCODING="ascii", FASTLR_BACKEND="reference")
    *rows, floor, _ = done.stdout.splitlines()[-10:]

    assert (done.returncode, done.stderr) == (0, "")
    assert all(set(row.split("|")[1]) <= set("#. ") for row in rows)
    assert floor.split()[1] == f"+{'-' * 69}"


def test_process_refuses_in_one_line(folder: Path) -> None:
    done = process("table", "llama-405b", "--out", "a.npy")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: no recipe, file or expression named 'llama-405b'; see `fastlr recipes`; nearest: "
        "llama3-405b, llama-65b, llama2-70b"
    ]
    assert names(folder) == []


def test_process_without_click() -> None:
    """One line says what to install."""
    code = "import sys; sys.modules['click'] = None; from fastlr.__main__ import main; main()"
    done = process(code=code)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: the command line needs Click: pip install 'fastlr[cli]'"
    ]


def test_import_brings_no_extras() -> None:
    """``import fastlr`` stays quick: what only the command line and pictures need comes with
    them.
    """
    extras = {"click", "tqdm", "matplotlib", "numba"}
    code = (
        "import sys, fastlr, fastlr.drawing.plots, fastlr.drawing.sparkline; "
        f"print(sorted({extras} & set(sys.modules)))"
    )
    command = (
        f"import sys, fastlr.cli.commands; print(sorted({extras - {'click'}} & set(sys.modules)))"
    )

    assert process(code=code).stdout == "[]\n"
    assert process(code=command).stdout == "[]\n"


def test_reader_of_a_pipe_may_leave() -> None:
    """``fastlr recipes | head -1`` is no error."""
    read, write = os.pipe()
    os.close(read)
    done = process("recipes", out=write)
    os.close(write)

    assert (done.returncode, done.stderr) == (1, "")


# -- sweeps and laws -------------------------------------------------------------------------------

FAMILY = """
family = "wsd(peak, 100, 900 - cooldown, cooldown)"
steps = 1_000
parameters = {peak = [1e-3, 3e-3], cooldown = [100, 200, 300]}
"""
LAW = """
law = "Annealing"
constants = {L0 = 2.6, A = 0.6, alpha = 0.45, C = 0.5, decay = 0.99}
"""


@pytest.fixture
def family(folder):
    (folder / "family.toml").write_text(FAMILY)
    (folder / "law.toml").write_text(LAW)
    return flr.sweep(
        "wsd(peak, 100, 900 - cooldown, cooldown)", peak=[1e-3, 3e-3], cooldown=[100, 200, 300]
    )


def test_sweep_says_what_a_file_describes(family):
    printed = facts(run("sweep", "family.toml"))
    assert printed["family"] == "wsd(peak, 100, 900 - cooldown, cooldown)"
    assert (printed["schedules"], printed["steps"], printed["table"]) == (
        "6",
        "1,000",
        "0.0 MiB of float32",
    )
    assert flr.parse(printed["last"]) == family[5]


@pytest.mark.parametrize("out", ["rates.npy", "rates.zarr"])
def test_sweep_writes_all_rates(family, folder, out):
    import zarr

    assert run("sweep", "family.toml", "--out", out) == f"{out}: 6 schedules, 1000 steps, float32\n"
    rates = np.load(out) if out.endswith(".npy") else zarr.open_array(out, path="rate", mode="r")[:]
    assert rates.tobytes() == family.table(1_000, dtype="float32").tobytes()


def test_sweep_writes_a_number_of_each(family, folder):
    printed = run(
        "sweep", "family.toml", "--reduce", "sum", "--reduce", "argmax", "--out", "areas.csv"
    )
    assert printed == "areas.csv: 6 schedules, sum, argmax\n"
    rows = list(csv.DictReader(io.StringIO((folder / "areas.csv").read_text())))
    assert [float(row["sum"]) for row in rows] == family[:].sum(1_000).tolist()
    assert [(float(row["peak"]), int(row["cooldown"])) for row in rows][4] == (3e-3, 200)


def test_rank_tells_the_best_and_draws_them(family, folder):
    printed = run("rank", "family.toml", "--law", "law.toml", "--top", 2, "--out", "best.png")
    best = flr.rank(flr.loss_laws.Annealing(2.6, 0.6, 0.45, 0.5, 0.99), family, 1_000, k=2)
    assert facts(printed)["judged"] == "6 of 6 schedules"
    for i, loss in enumerate(best.losses):
        assert re.search(
            rf"^{i + 1} +{loss:.6f} +{rate_text(best.parameters['peak'][i])} "
            rf"+{best.parameters['cooldown'][i]}$",
            printed,
            re.MULTILINE,
        )
    assert imread("best.png").shape[:2] == (1_280, 1_440)


def test_a_mistake_in_a_sweep_is_reported_in_one_line(family, folder):
    assert refused("sweep", "nope.toml") == "nope.toml: No such file or directory"
    assert refused("sweep", "law.toml") == "sweep: 'law' is unknown"
    assert (
        refused("sweep", "family.toml", "--out", "rates.txt")
        == "table: out must end in .npy or .zarr, got 'rates.txt'"
    )
    assert (
        refused("sweep", "family.toml", "--reduce", "sum", "--out", "a.npy")
        == "sweep: out must end in .csv with --reduce, got 'a.npy'"
    )
    assert refused("rank", "family.toml", "--law", "family.toml").startswith(
        "law: 'family' is unknown"
    )
    assert refused("rank", "family.toml", "--law", "law.toml", "--top", "0").startswith(
        "rank: k must be an integer from 1 to"
    )
    assert (
        refused("sweep", "family.toml", "--reduce", "sum")
        == "sweep: out must be given with --reduce, a .csv file, got none"
    )
    assert refused("sweep", "family.toml", "--reduce", "sum", "--out", "no/a.csv").startswith(
        "sweep: out must be in an existing folder"
    )
    assert names(folder) == ["family.toml", "law.toml"]
