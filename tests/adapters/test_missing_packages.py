"""If a package is missing, the error says how to install it."""

import json
import re

import pytest
from processes import run

import fastlr as flr

HIDE = """
import json, sys

HIDDEN = {
    "dask", "jax", "keras", "lightning", "mlx", "optax", "pandas", "pytorch_lightning", "scipy",
    "stable_baselines3", "torch", "transformers", "xarray", "xgboost", "zarr",
}

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
import fastlr as flr

sweep = flr.sweep("constant", value=[0.1, 0.2])

def message(statement):
    try:
        exec(statement, globals())
    except ImportError as error:
        return str(error)

print(json.dumps({statement: message(statement) for statement in json.loads(sys.argv[1])}))
"""
USES = {
    "flr.adapters.dask": "fastlr.adapters.dask needs dask, which is not installed: "
    "pip install 'fastlr[dask]'",
    "flr.adapters.pandas": "fastlr.adapters.pandas needs pandas, which is not installed: "
    "pip install 'fastlr[labels]'",
    "flr.adapters.xarray": "fastlr.adapters.xarray needs xarray, which is not installed: "
    "pip install 'fastlr[labels]'",
    "flr.adapters.xgboost": "fastlr.adapters.xgboost needs xgboost, which is not installed: "
    "pip install xgboost",
    "flr.adapters.torch": "fastlr.adapters.torch needs torch, which is not installed: "
    "pip install torch",
    "sweep.table(3, out='rates.zarr')": "table: out needs zarr, which is not installed: "
    "pip install 'fastlr[zarr]'",
    "flr.sweep('constant', flr.sobol(4, value=flr.Uniform(0.1, 0.2)))[0]": "sobol needs SciPy, "
    "which is not installed: pip install 'fastlr[fit]'",
    "flr.sweep('constant', flr.latin_hypercube(4, value=flr.Uniform(0.1, 0.2)))[0]": (
        "latin_hypercube needs SciPy, which is not installed: pip install 'fastlr[fit]'"
    ),
    "flr.loss_laws.fit(flr.loss_laws.Annealing, [(flr.linear(0.1, 0.0, 99), range(9), "
    "[3.0 - i / 9 for i in range(9)])])": "fit needs SciPy, which is not installed: "
    "pip install 'fastlr[fit]'",
}


IMPORTS = [
    statement.format(adapter)
    for adapter in flr.adapters.packages()
    for statement in ("import fastlr.adapters.{}", "from fastlr.adapters.{} import x")
]
INSTALL = re.compile(r"fastlr\.adapters\.\w+ needs \w+, which is not installed: pip install \S+")


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """What one process without the packages says to each statement."""
    statements = json.dumps([*USES, *IMPORTS])
    return run(HIDE, statements, cwd=tmp_path_factory.mktemp("folder"))


def test_a_missing_package_is_named_with_its_extra(messages):
    assert {use: messages[use] for use in USES} == USES


def test_an_import_statement_names_what_to_install(messages):
    assert len(IMPORTS) >= 22
    assert [text for text in IMPORTS if not INSTALL.fullmatch(str(messages[text]))] == []
