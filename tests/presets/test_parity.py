"""Every preset has the rates of its framework, over random settings, at every step up to beyond the
last boundary.
"""

import ast
import inspect
import os
from functools import cache
from pathlib import Path

import parity
import pytest
from example_counts import share_of

from fastlr.presets import _rules

CASES = parity.cases()
REQUIRED = os.environ.get("FASTLR_REQUIRE", "").split(",")


def test_every_preset_is_compared():
    assert sorted(parity.preset_names()) == sorted(CASES)


# random settings per preset with --exhaustive; `python -m bench parity` draws 1,000 of most presets
SETTINGS = 40


def compared(case):
    found = parity.largest(case, share_of(min(case.count, SETTINGS)))
    assert found.size <= case.bound, found


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.package])
def test_a_preset_has_the_rates_of_the_package(name):
    package = CASES[name].package
    if not parity.installed(package):
        (pytest.fail if package in REQUIRED else pytest.skip)(f"{package} is not installed")
    compared(CASES[name])


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.package])
def test_a_preset_has_the_figures_of_its_formula(name):
    compared(CASES[name])


@pytest.mark.parametrize("name", parity.preset_names())
@pytest.mark.exhaustive(one_in=7)
def test_an_unknown_argument_is_refused_by_the_presets_name(name):
    with pytest.raises(TypeError, match=f"^{name}: .*(nonesuch|missing argument)"):
        _rules.PRESETS[name].build(nonesuch=1)


@cache
def written(file):
    """The strings in the source of a module."""
    nodes = ast.walk(ast.parse(Path(file).read_text()))
    constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return [text for text in constants if isinstance(text, str)]


def test_the_decorator_alone_knows_the_name():
    for name in parity.preset_names():
        file = inspect.getsourcefile(inspect.unwrap(_rules.PRESETS[name].build))
        assert not [text for text in written(file) if text.startswith(f"{name}:")], name
