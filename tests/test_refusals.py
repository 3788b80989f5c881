"""Guarantee 6: a wrong argument is refused by name, rule and value. The cases are data."""

import importlib
import sys
from pathlib import Path

import pytest
from refused_calls import FOLDER, check_refused, refusals

from fastlr.arguments.rules import short_repr

FILES = sorted(path.stem for path in FOLDER.glob("*.txt") if path.stem != "commands")
CASES = [(name, case) for name in FILES for case in refusals(name)]


@pytest.mark.parametrize("name", FILES)
def test_refused_by_name_rule_and_value(name):
    """All cases of a file: a test for each would take longer to start than to run."""
    wrong = {}
    for case in refusals(name):
        try:
            check_refused(case)
        except (Exception, pytest.fail.Exception) as failure:
            wrong[case.call] = str(failure)
    assert wrong == {}


@pytest.mark.parametrize("name", FILES)
def test_every_case_of_a_file_is_read(name):
    text = (FOLDER / f"{name}.txt").read_text()
    assert text.count("\n>>> ") + text.startswith(">>> ") == len(refusals(name))


# the tables that stand beside the tests that use them
TABLES = {
    "test_bad_input": ("OUTS", "COLUMNS", "SPECS", "TEXTS"),
    "test_toml_files": ("MISTAKES", "LAW_MISTAKES"),
    "test_groups": ("OUTS",),
    "test_loss_laws": ("REFUSED", "REFUSED_CURVES", "REFUSED_FITS"),
    "test_plateau": ("BAD",),
    "test_refused_commands": ("COMMANDS",),
    "test_stores": ("REFUSED",),
    "test_sweeps": ("REFUSED",),
}
LEAST = 1_500  # distinct inputs, each with words of its message


def table(module, name):
    """A table of a test module, wherever below this folder it stands."""
    [path] = Path(__file__).parent.rglob(f"{module}.py")
    sys.path.append(str(path.parent))
    return getattr(importlib.import_module(module), name)


def test_at_least_1500_bad_inputs_are_refused():
    rows = [
        (module, row)
        for module, names in TABLES.items()
        for name in names
        for row in table(module, name)
    ]
    inputs = {(module, short_repr(row[:-1]), str(row[-1])) for module, row in rows}
    inputs |= {(name, case.call, case.words) for name, case in CASES}
    assert all(row[-1] for _, row in rows)
    assert all(case.words for _, case in CASES)
    assert len(inputs) >= LEAST
