"""Run fastlr from a zip archive: it computes rates, and reports why it has no C backend and
sources.
"""

import json
import os
import shutil
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest

import fastlr as flr

PACKAGE = Path(flr.__file__).parent
APPLICATION = """
import json, sys
import fastlr as flr

try:
    flr.get_include()
except FileNotFoundError as error:
    included = str(error)
with flr.use_backend(sys.argv[1]):
    rates = flr.warmup_cosine(6e-4, 20, 600).table(600).tolist()
preset = flr.presets.torch.StepLR(0.1, step_size=30)(60)
print(json.dumps([flr.backends(), included, rates, preset]))
"""


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    """A zipapp that has fastlr in it."""
    folder = tmp_path_factory.mktemp("zipapp")
    skipped = shutil.ignore_patterns("__pycache__", "_native.*")
    shutil.copytree(PACKAGE, folder / "content" / "fastlr", ignore=skipped)
    (folder / "content" / "__main__.py").write_text(APPLICATION)
    zipapp.create_archive(folder / "content", folder / "application.pyz")
    return folder / "application.pyz"


@pytest.mark.parametrize("backend", ["reference", "jit"])
@pytest.mark.exhaustive
def test_a_zipapp_computes_and_says_why_it_has_no_c(application, backend):
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, application, backend], capture_output=True, text=True, env=env
    )
    assert done.returncode == 0, done.stderr
    backends, included, rates, preset = json.loads(done.stdout)
    assert backends == {
        "native": f"the C extension is missing: fastlr is in the archive {application}, from which "
        "Python loads no extension; extract the archive, or install fastlr",
        "jit": "ready",
        "reference": "ready",
    }
    assert included == (
        f"get_include: fastlr must be installed with its C sources, got {application}/fastlr, "
        "which has none: install fastlr into a Python environment, and ask there"
    )
    with flr.use_backend(backend):
        assert rates == flr.warmup_cosine(6e-4, 20, 600).table(600).tolist()
    assert preset == flr.presets.torch.StepLR(0.1, step_size=30)(60)
