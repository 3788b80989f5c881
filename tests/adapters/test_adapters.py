"""Every adapter against its package, in a process of its own, and every example of its page.

A package that is not installed is no fault, unless ``FASTLR_REQUIRE`` in the environment names it.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import doors
import pytest
from other_libraries import require

from fastlr import adapters


@pytest.fixture(scope="module")
def processes():
    """One for each set of packages; Keras has one backend in each."""
    found = {}
    yield lambda packages: found.setdefault(
        packages, ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    )
    for executor in found.values():
        executor.shutdown()


@pytest.fixture
def apart(processes):
    """Runs functions in the process of some packages."""
    return lambda packages, function, *arguments: (
        processes(tuple(packages)).submit(function, *arguments).result()
    )


@pytest.mark.parametrize("case", doors.CASES)
def test_an_adapter_keeps_its_promise(case, apart):
    require(*doors.CASES[case])
    apart(doors.CASES[case], doors.run_case, case)


@pytest.mark.parametrize("package", adapters.packages())
def test_what_an_adapter_shows(package, apart):
    alone = {name: [name] for name in ("dask", "jax", "pandas", "torch", "xarray")}
    needed = (alone | {"optax": ["jax", "optax"]}).get(package, [package, "torch"])
    require(*needed)
    apart(needed, doors.run_doctests, package)


@pytest.mark.parametrize("section", doors.SECTIONS)
def test_what_the_page_shows(section, apart):
    needed = doors.packages_of(section)
    require(*needed)
    apart(["the page", *needed], doors.run_section, section)


def test_a_package_without_an_adapter_is_named():
    with pytest.raises(AttributeError, match="no package 'trch'; did you mean 'torch'"):
        _ = adapters.trch
    assert dir(adapters) == sorted(["packages", *adapters.packages()])
