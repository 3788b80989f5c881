"""Compare small configs with the arithmetic of their framework (``config_formulas``).

Each config has a key that changes a rate.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import config_formulas
import config_frameworks
import numpy as np
import pytest
from other_libraries import require

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


# -- the frameworks themselves ---------------------------------------------------------------------

NEEDED = {
    "keras": ["keras", "torch", "yaml"],
    "timm": ["timm", "torch", "yaml"],
    "transformers": ["transformers", "accelerate", "torch", "yaml"],
}
TOLERANCE = {"keras": 1e-6}  # it computes in float32


@pytest.mark.parametrize("framework", NEEDED)
def test_the_framework_itself_has_these_rates(framework, tmp_path):
    """Each framework runs in its own process, because it leaves warnings and hooks behind."""
    require(*NEEDED[framework])
    done = subprocess.run(
        [sys.executable, config_frameworks.__file__, framework],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": "torch"},
    )
    rates = json.loads(done.stdout.splitlines()[-1])
    judged = {name: wanted for name, wanted in rates.items() if wanted is not None}
    assert len(judged) >= 8
    for name, wanted in judged.items():
        found = read(CASES[name])
        tolerance = TOLERANCE.get(framework, 1e-9)
        np.testing.assert_allclose(
            found.table(len(wanted)), wanted, tolerance, tolerance * max(wanted), err_msg=name
        )
        assert CASES[name]["steps"] in (None, len(wanted)), name
