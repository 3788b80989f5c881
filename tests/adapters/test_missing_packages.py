"""What needs a package that is not installed says how to install it."""

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
try:
    DONE
except ImportError as error:
    print(json.dumps(str(error)))
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


@pytest.mark.parametrize(("use", "message"), USES.items())
def test_a_missing_package_is_named_with_its_extra(use, message, tmp_path):
    assert run(HIDE.replace("DONE", use), cwd=tmp_path) == message


@pytest.mark.parametrize("adapter", flr.adapters.packages())
@pytest.mark.parametrize(
    "statement", ["import fastlr.adapters.{}", "from fastlr.adapters.{} import x"]
)
def test_an_import_statement_names_what_to_install(adapter, statement, tmp_path):
    message = run(HIDE.replace("DONE", statement.format(adapter)), cwd=tmp_path)
    assert re.fullmatch(
        r"fastlr\.adapters\.\w+ needs \w+, which is not installed: pip install \S+", message
    )
