"""Every preset describes itself: parameters, result, notes, source and an example."""

import importlib
import inspect
import re

import pytest

from fastlr.presets import frameworks
from fastlr.presets._rules import PRESETS

for framework in frameworks():
    importlib.import_module(f"fastlr.presets.{framework}")

SECTIONS = ["Parameters", "Returns", "Raises", "Notes", "References", "Examples"]
every_preset = pytest.mark.parametrize("name", PRESETS)


def sections(name):
    """The sections of a preset's docstring by their titles, in order."""
    parts = re.split(r"^(\w+)\n-+\n", inspect.getdoc(PRESETS[name].build), flags=re.MULTILINE)
    return {"summary": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


@every_preset
def test_the_summary_is_one_short_sentence(name):
    first = sections(name)["summary"].splitlines()[0]
    assert first.endswith(".")
    assert not first.startswith("`")


@every_preset
def test_the_sections_are_those_of_numpydoc_in_order(name):
    found = list(sections(name))[1:]
    assert found == [title for title in SECTIONS if title in found]
    assert {"Parameters", "Returns", "References", "Examples"} <= set(found)


@every_preset
def test_every_parameter_is_described_with_its_default(name):
    text = sections(name)["Parameters"]
    described = re.findall(r"^(\w+) : (.+)$", text, re.MULTILINE)
    parameters = inspect.signature(PRESETS[name].build).parameters
    assert [key for key, _ in described] == list(parameters)
    for key, kind in described:
        default = parameters[key].default
        is_required = default is inspect.Parameter.empty
        assert is_required == (", default " not in kind and not kind.endswith(", optional"))


@every_preset
def test_the_source_has_a_year(name):
    assert re.search(r"\b20[0-2]\d\b", sections(name)["References"])
