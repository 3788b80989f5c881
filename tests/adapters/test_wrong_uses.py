"""Use each adapter wrongly in about 30 ways, with its real package. Each use works or raises.

A test is skipped if a package is not installed, unless ``FASTLR_REQUIRE`` names it.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
import wrong_uses
from other_libraries import require

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


@pytest.mark.parametrize("name", wrong_uses.USES)
def test_a_wrong_use_works_or_is_refused(name):
    require(*wrong_uses.NEEDS[name])
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        found = process.submit(wrong_uses.outcomes, name).result()
    wrong = {use: pair for use, pair in found.items() if not wrong_uses.is_as_expected(*pair)}
    assert wrong == {}
    refused = sum(isinstance(expected, str) for _, expected in found.values())
    row = f"| {name} | {len(found)} | {len(found) - refused} | {refused} | 0 |"
    assert row in PAGE.read_text().splitlines(), row
