"""Small configs written for the purpose, each with a key that changes a rate, against the
arithmetic of its framework: ``config_formulas``.
"""

import json
from pathlib import Path

import config_formulas
import numpy as np
import pytest

import fastlr as flr

FOLDER = Path(__file__).parent / "corpus"
CASES = {case["file"]: case for case in json.loads((FOLDER / "cases.json").read_text())}


def read(case):
    """The schedule of a case."""
    if case["file"].endswith(".yaml"):
        pytest.importorskip("yaml")
    return flr.from_config(FOLDER / case["file"], **case["given"])


def steps_of(case):
    """Every step of a short run; of a long one, those around its boundaries and some between."""
    length = case["steps"] or 300
    found = {*range(min(length, 1_500)), *range(0, length, 997), length - 1}
    marks = [mark for mark in case["parameters"].get("marks", []) if mark < length]
    return sorted(found | {mark + side for mark in marks for side in (-1, 0, 1)})


@pytest.mark.parametrize("name", CASES)
def test_a_config_has_the_rates_and_the_length_of_its_run(name):
    case = CASES[name]
    found, steps = read(case), steps_of(case)
    formula = getattr(config_formulas, case["formula"])
    wanted = [formula(t, **case["parameters"]) for t in steps]
    largest = max(map(abs, wanted))
    np.testing.assert_allclose(found(steps), wanted, rtol=1e-9, atol=1e-12 * largest)
    if case["steps"] is not None:  # what the framework leaves open has no length to compare
        assert found.steps == case["steps"]


def test_the_corpus_has_every_file():
    files = {
        str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.*") if path.name != "cases.json"
    }
    assert files - {"detectron2/base/root.yaml", "detectron2/base/middle.yaml"} == set(CASES)
    assert len(CASES) >= 100
