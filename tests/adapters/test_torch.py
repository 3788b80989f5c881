"""Use the torch adapter wrongly, each use in its own process.

A test is skipped if a package is not installed, unless ``FASTLR_REQUIRE`` names it.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch_cases
from other_libraries import require


@pytest.fixture(scope="module")
def process():
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        yield executor


@pytest.mark.parametrize("case", torch_cases.CASES)
def test_a_wrong_use_is_set_right_or_refused(case, process):
    require(*torch_cases.CASES[case])
    process.submit(torch_cases.run_case, case).result()
