"""Every preset gives its peer's rates, over random settings, at every step from the first to beyond the last seam."""

import os

import parity
import pytest

CASES = parity.cases()
REQUIRED = os.environ.get("FASTLR_REQUIRE", "").split(",")


def test_every_preset_is_compared():
    assert sorted(parity.preset_names()) == sorted(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_preset_has_its_peers_rates(name):
    case = CASES[name]
    if not parity.installed(case.package):
        (pytest.fail if case.package in REQUIRED else pytest.skip)(f"{case.package} is not installed")
    found = parity.largest(case)
    assert found.size <= case.bound, found
