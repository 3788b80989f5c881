"""``help`` and ``pydoc`` work whichever optional packages are installed."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from processes import SITE

OPTIONAL = [
    *("numba", "llvmlite", "dask", "jax", "keras", "lightning", "pytorch_lightning", "mlx"),
    *("optax", "pandas", "stable_baselines3", "torch", "transformers", "xarray", "scipy", "yaml"),
    *("matplotlib", "click", "tqdm", "xgboost", "zarr"),
]

# Either way in which an import can be refused: by a finder, or by an entry of None.
BY_A_FINDER = """
import sys

class Refusing:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in {missing}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Refusing)
"""
BY_AN_ENTRY = "import sys; sys.modules.update(dict.fromkeys({missing}))"

HELP = {
    "help(fastlr)": "import fastlr; help(fastlr)",
    "help(adapters)": "import fastlr; help(fastlr.adapters)",
    "help(presets)": "import fastlr; help(fastlr.presets)",
    "pydoc fastlr": "import pydoc; sys.argv = ['pydoc', 'fastlr']; pydoc.cli()",
    "pydoc fastlr.adapters": "import pydoc; sys.argv = ['pydoc', 'fastlr.adapters']; pydoc.cli()",
}


def printed(code: str, missing: list[str], refusing: str, folder: Path = SITE) -> str:
    command = [sys.executable, "-c", f"{refusing.format(missing=missing)}\n{code}"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env={"PYTHONPATH": str(SITE)}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("refusing", [BY_A_FINDER, BY_AN_ENTRY], ids=["finder", "entry"])
@pytest.mark.parametrize("what", HELP)
@pytest.mark.exhaustive(one_in=5)
def test_help_prints_without_optional_packages(what, refusing):
    text = printed(HELP[what], OPTIONAL, refusing)
    assert "PACKAGE CONTENTS" in text
    assert "problem in" not in text


@pytest.mark.parametrize("package", ["numba", "llvmlite"])
@pytest.mark.exhaustive(one_in=5)
def test_help_prints_without_one_package(package):
    assert "warmup_cosine(" in printed(HELP["help(fastlr)"], [package], BY_AN_ENTRY)


@pytest.mark.parametrize("what", ["help(fastlr)", "help(adapters)"])
@pytest.mark.exhaustive(one_in=5)
def test_help_prints_where_a_folder_has_the_name_of_a_package(what, tmp_path):
    """Such as a user's own folder of runs, which Python could import as a package."""
    for name in OPTIONAL:
        if find_spec(name) is None:
            (tmp_path / name).mkdir()
    assert "PACKAGE CONTENTS" in printed(HELP[what], [], "", tmp_path)


@pytest.mark.parametrize("missing", [["numba"], ["llvmlite"], ["numba", "llvmlite"]], ids=" ".join)
def test_a_missing_package_is_still_named_when_it_is_used(missing):
    code = "import fastlr\ntry:\n    fastlr.jit\nexcept ImportError as error:\n    print(error)"
    said = "fastlr.jit needs Numba, which is not installed: pip install 'fastlr[jit]'\n"
    assert printed(code, missing, BY_A_FINDER) == said
