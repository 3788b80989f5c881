"""Signatures show types that a user can look up, of every constructor and preset."""

import builtins
import collections.abc
import importlib
import inspect
import pkgutil
import re
import typing

import pytest

import fastlr as flr
from fastlr import presets
from fastlr.presets._rules import PRESETS
from fastlr.schedule.rebuilding import CONSTRUCTORS

for found in pkgutil.iter_modules(presets.__path__):
    importlib.import_module(f"fastlr.presets.{found.name}")
SHOWN = {
    **{name: getattr(flr, name, function) for name, function in CONSTRUCTORS.items()},
    **{name: preset.build for name, preset in PRESETS.items()},
}
# "array" is what the documentation calls anything that numpy.asarray takes; "V" a type variable
KNOWN = {"array", "Schedule", "Plateau", "OverrideDecay", "ComposableSchedulerStage", "V"}
PLACES = (builtins, typing, collections.abc)


@pytest.mark.parametrize("name", SHOWN)
def test_a_signature_shows_types_to_look_up(name):
    shown = inspect.signature(SHOWN[name])
    annotations = [parameter.annotation for parameter in shown.parameters.values()]
    text = " ".join(map(str, [*annotations, shown.return_annotation]))
    words = re.findall(r"\w+", re.sub(r"'[^']*'|\"[^\"]*\"|<class '.*?'>|\b\d+\b", " ", text))
    unknown = {
        word for word in set(words) - KNOWN if not any(hasattr(place, word) for place in PLACES)
    }
    assert unknown == set()


def test_a_signature_is_shown_without_quotes():
    assert str(inspect.signature(flr.warmup_cosine)) == (
        "(peak: float | array, warmup: int | array, steps: int | array, "
        "end: float | array = 0.0, init: float | array = 0.0) -> Schedule"
    )
