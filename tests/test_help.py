"""``help`` and ``pydoc`` print whatever optional packages are installed."""

import subprocess
import sys

import pytest
from processes import SITE

OPTIONAL = [
    *("numba", "llvmlite", "dask", "jax", "keras", "lightning", "pytorch_lightning", "mlx"),
    *("optax", "pandas", "stable_baselines3", "torch", "transformers", "xarray", "scipy", "yaml"),
    *("matplotlib", "click", "tqdm", "zarr"),
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


def printed(code: str, missing: list[str], refusing: str) -> str:
    command = [sys.executable, "-c", f"{refusing.format(missing=missing)}\n{code}"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=SITE, env={"PYTHONPATH": str(SITE)}
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
def test_help_prints_without_one_package(package):
    assert "warmup_cosine(" in printed(HELP["help(fastlr)"], [package], BY_AN_ENTRY)


def test_a_missing_package_is_still_named_when_it_is_used():
    code = "import fastlr\ntry:\n    fastlr.jit\nexcept ImportError as error:\n    print(error)"
    assert "numba" in printed(code, ["numba"], BY_A_FINDER).lower()
