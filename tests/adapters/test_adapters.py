"""Test every adapter with its package, in its own process, and run every example of its page.

A test is skipped if its package is not installed, unless the environment variable
``FASTLR_REQUIRE`` names the package.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import adapter_cases
import pytest
from other_libraries import require

from fastlr import adapters


@pytest.fixture(scope="module")
def processes():
    """A process for each set of packages: Keras has one backend per process."""
    found = {}
    yield lambda packages: found.setdefault(
        packages, ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    )
    for executor in found.values():
        executor.shutdown()


@pytest.fixture
def apart(processes):
    """Run a function in the process of some packages."""
    return lambda packages, function, *arguments: (
        processes(tuple(packages)).submit(function, *arguments).result()
    )


@pytest.mark.parametrize("case", adapter_cases.CASES)
def test_an_adapter_keeps_its_promise(case, apart):
    require(*adapter_cases.CASES[case])
    apart(adapter_cases.CASES[case], adapter_cases.run_case, case)


@pytest.mark.parametrize("package", adapters.packages())
def test_the_examples_of_an_adapter_run(package, apart):
    alone = {
        name: [name] for name in ("dask", "jax", "mlx", "pandas", "torch", "xarray", "xgboost")
    }
    pairs = {"optax": ["jax", "optax"], "stable_baselines3": ["stable_baselines3", "torch"]}
    needed = (alone | pairs).get(package, [package, "torch"])
    require(*needed)
    apart(needed, adapter_cases.run_doctests, package)


@pytest.mark.parametrize("section", adapter_cases.SECTIONS)
def test_the_examples_of_the_page_run(section, apart):
    needed = adapter_cases.packages_of(section)
    require(*needed)
    apart(["the page", *needed], adapter_cases.run_section, section)


def test_an_unknown_adapter_suggests_the_nearest():
    with pytest.raises(AttributeError, match="no package 'trch'; did you mean 'torch'"):
        _ = adapters.trch
    assert set(dir(adapters)) <= {"packages", *adapters.packages()}  # without what is missing
    assert {"packages", "dask", "pandas", "xarray"} <= set(dir(adapters))
