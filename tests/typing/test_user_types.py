"""A user's type checker accepts right lines and reports every wrong line."""

import ast
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from other_libraries import require

import fastlr as flr

SITE = Path(flr.__file__).parents[1]
RIGHT, WRONG = (Path(__file__).with_name(f"{name}_lines.py") for name in ("right", "wrong"))

Found = list[tuple[str, int, str]]  # the file, the line and the message of each error


def run(*command: object, cwd: Path, most: int = 1, **env: str) -> str:
    """What a checker printed, whose status is 1 if it found errors."""
    inherited = {key: value for key, value in os.environ.items() if key != "MYPYPATH"}
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**inherited, **env},
    )
    assert 0 <= done.returncode <= most, done.stderr + done.stdout
    return done.stdout


def found_by_mypy(folder: Path) -> Found:
    settings = folder / "mypy.ini"
    # as for an installed package, mypy reports nothing about fastlr's own files
    settings.write_text("[mypy]\nstrict = true\n[mypy-fastlr.*]\nfollow_imports = silent\n")
    options = ["--config-file", settings, "--cache-dir", folder / "cache", "--no-error-summary"]
    printed = run("mypy", *options, RIGHT, WRONG, cwd=folder, MYPYPATH=str(SITE))
    errors = re.findall(r"^(.*?):(\d+): error: (.*)$", printed, re.MULTILINE)
    return [(Path(path).name, int(line), message) for path, line, message in errors]


def found_by_basedpyright(folder: Path) -> Found:
    settings = {
        "include": [str(RIGHT.parent)],
        "extraPaths": [str(SITE)],
        "typeCheckingMode": "strict",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    options = ["--outputjson", "--pythonpath", sys.executable, "--project", folder]
    report = json.loads(run("basedpyright", *options, cwd=folder))
    return [
        (path.name, each["range"]["start"]["line"] + 1, each["message"])
        for each in report["generalDiagnostics"]
        if (path := Path(each["file"])) in (RIGHT, WRONG) and each["severity"] == "error"
    ]


@pytest.fixture(
    scope="module",
    params=[("mypy", found_by_mypy), ("basedpyright", found_by_basedpyright)],
    ids=["mypy", "basedpyright"],
)
def errors(request, tmp_path_factory):
    package, found_by = request.param
    require(package)
    return found_by(tmp_path_factory.mktemp(package))


@pytest.mark.exhaustive
def test_a_checker_accepts_right_lines(errors):
    assert [error for error in errors if error[0] == RIGHT.name] == []


@pytest.mark.exhaustive
def test_a_checker_reports_every_wrong_line(errors):
    marked = [
        number
        for number, line in enumerate(WRONG.read_text().splitlines(), start=1)
        if line.endswith("  # wrong")
    ]
    assert len(marked) >= 20
    assert sorted({line for name, line, _ in errors if name == WRONG.name}) == marked


def test_right_lines_are_many_and_run():
    lines = [node for node in ast.walk(ast.parse(RIGHT.read_text())) if isinstance(node, ast.stmt)]
    assert len(lines) >= 100
    run(RIGHT.stem, cwd=RIGHT.parent, most=0, PYTHONPATH=str(SITE))


def test_completion_lists_modules_and_presets():
    assert {"presets", "adapters", "jit", "loss_laws", "stores"} <= set(dir(flr))
    assert {"torch", "keras", "nemo"} <= set(dir(flr.presets))
    assert {"CosineAnnealing", "StepLR"} <= set(dir(flr.presets.nemo))
    assert "dask" in dir(flr.adapters) or find_spec("dask") is None
    for framework in flr.presets.frameworks():
        module = getattr(flr.presets, framework)
        assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("package", ["presets", "adapters"])
def test_a_checker_knows_every_module(package):
    """The imports that only a checker reads name each file of the package."""
    folder = Path(flr.__file__).parent / package
    entries = [*folder.glob("*.py"), *(path.parent for path in folder.glob("*/__init__.py"))]
    files = {path.stem for path in entries if not path.name.startswith("_")}
    text = (folder / "__init__.py").read_text()
    assert set(re.findall(rf"from fastlr\.{package} import (\w+) as \1", text)) == files
