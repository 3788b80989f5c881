"""The docstring of every preset has parameters, result, notes, source and an example."""

import importlib
import inspect
import re

import pytest

from fastlr.presets import frameworks
from fastlr.presets._rules import PRESETS

for framework in frameworks():
    importlib.import_module(f"fastlr.presets.{framework}")

SECTIONS = ["Parameters", "Returns", "Raises", "Notes", "References", "Examples"]
# a case is the presets of a framework: one for each preset would take longer to start than to run
every_framework = pytest.mark.parametrize("framework", frameworks())


def presets_of(framework):
    names = [name for name in PRESETS if name.split(".")[0] == framework]
    assert names
    return names


def sections(name):
    """The sections of a preset's docstring by their titles, in order."""
    parts = re.split(r"^(\w+)\n-+\n", inspect.getdoc(PRESETS[name].build), flags=re.MULTILINE)
    return {"summary": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


@every_framework
def test_the_summary_is_one_short_sentence(framework):
    for name in presets_of(framework):
        first = sections(name)["summary"].splitlines()[0]
        assert first.endswith("."), name
        assert not first.startswith("`"), name


@every_framework
def test_the_sections_are_those_of_numpydoc_in_order(framework):
    for name in presets_of(framework):
        found = list(sections(name))[1:]
        assert found == [title for title in SECTIONS if title in found], name
        assert {"Parameters", "Returns", "References", "Examples"} <= set(found), name


@every_framework
def test_every_parameter_is_described_with_its_default(framework):
    for name in presets_of(framework):
        text = sections(name)["Parameters"]
        described = re.findall(r"^(\w+) : (.+)$", text, re.MULTILINE)
        parameters = inspect.signature(PRESETS[name].build).parameters
        assert [key for key, _ in described] == list(parameters), name
        for key, kind in described:
            default = parameters[key].default
            is_required = default is inspect.Parameter.empty
            is_shown = ", default " in kind or kind.endswith(", optional")
            assert is_required != is_shown, (name, key)


@every_framework
def test_the_source_has_a_year(framework):
    for name in presets_of(framework):
        assert re.search(r"\b20[0-2]\d\b", sections(name)["References"]), name
