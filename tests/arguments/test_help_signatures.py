"""The signatures of all public names show types that a user can look up."""

import builtins
import collections.abc
import contextlib
import importlib
import inspect
import pathlib
import pkgutil
import re
import subprocess
import sys
import typing

import numpy as np

import fastlr as flr
from fastlr import presets
from fastlr.presets._rules import PRESETS
from fastlr.schedule.rebuilding import CONSTRUCTORS

for found in pkgutil.iter_modules(presets.__path__):
    importlib.import_module(f"fastlr.presets.{found.name}")
MODULES = {
    module.name: importlib.import_module(module.name)
    for module in pkgutil.walk_packages(flr.__path__, "fastlr.")
    if not module.name.startswith(
        ("fastlr.adapters.", "fastlr.cli", "fastlr.__main__", "fastlr.pyinstaller.")
    )
    and module.name not in ("fastlr._native", "fastlr.sweeps.stores.zarr")
}
PUBLIC = {
    **{name: getattr(flr, name) for name in flr.__all__},
    **{f"loss_laws.{name}": getattr(flr.loss_laws, name) for name in flr.loss_laws.__all__},
    **{f"stores.{name}": getattr(flr.stores, name) for name in flr.stores.__all__},
    **{f"jit.{name}": getattr(flr.jit, name) for name in ("rate", "rates", "update")},
}


def methods(name, kind):
    """The public methods of a class that are fastlr's own, with the constructor."""
    for key in dir(kind):
        function = inspect.getattr_static(kind, key)
        function = getattr(function, "__func__", function)
        ours = str(getattr(function, "__module__", "")).startswith("fastlr")
        if ours and inspect.isfunction(function) and not key.startswith("_"):
            yield f"{name}.{key}", function


SHOWN = {
    **{name: value for name, value in PUBLIC.items() if inspect.isfunction(value)},
    **{
        name: value
        for name, value in PUBLIC.items()
        if isinstance(value, type) and value is not flr.Program  # whose signature is NumPy's
    },
    **{
        key: method
        for name, value in PUBLIC.items()
        if isinstance(value, type)
        for key, method in methods(name, value)
    },
    **CONSTRUCTORS,
    **{name: preset.build for name, preset in PRESETS.items()},
}
CLASSES = {
    name
    for module in MODULES.values()
    for name in getattr(module, "__all__", ())
    if isinstance(getattr(module, name), type) and getattr(module, name).__name__ == name
}
# "array" is what the documentation calls anything that numpy.asarray takes; "V" a type variable;
# a loss law's Curve is a tuple, which its page describes
KNOWN = {"array", "numpy", "fastlr", "collections", "abc", "npt", "np", "dtype", "Curve", "V"}
PLACES = (builtins, typing, collections.abc, contextlib, np, np.typing, pathlib)


def words_without_a_type(function):
    """The words of a signature that name nothing a user can look up."""
    shown = inspect.signature(function)
    annotations = [parameter.annotation for parameter in shown.parameters.values()]
    annotations = [kind for kind in annotations if kind is not inspect.Parameter.empty]
    annotations += [shown.return_annotation] * (shown.return_annotation is not shown.empty)
    text = " ".join(
        kind.__name__ if isinstance(kind, type) and not typing.get_args(kind) else str(kind)
        for kind in annotations
    )
    without_values = re.sub(r"'[^']*'|\"[^\"]*\"|\b\d+\b", " ", text)
    words = set(re.findall(r"\w+", without_values)) - KNOWN - CLASSES
    return {word for word in words if not any(hasattr(place, word) for place in PLACES)}


def test_signatures_show_types_to_look_up():
    """One test of all names: a case for each would take longer to start than to run."""
    found = {name: words_without_a_type(function) for name, function in SHOWN.items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_a_signature_is_shown_without_quotes():
    assert str(inspect.signature(flr.warmup_cosine)) == (
        "(peak: float | array, warmup: int | array, steps: int | array, "
        "end: float | array = 0.0, init: float | array = 0.0) -> Schedule"
    )


FIRST_READS = """
import copy, inspect, pickle
import fastlr as flr

text = "(init: float | array, end: float | array, steps: int | array) -> Schedule"
assert str(pickle.loads(pickle.dumps(inspect.signature(flr.linear)))) == text
total = inspect.signature(flr.Schedule.sum)
assert str(total.replace(return_annotation=float)).endswith("-> float")
assert str(copy.copy(total)) == str(total) == str(inspect.signature(flr.Schedule.sum))
assert total == inspect.signature(flr.Schedule.sum)
assert type(inspect.signature(flr.Schedule.sum)) is inspect.Signature
assert list(inspect.signature(flr.constant(1.0).mean).parameters) == ["start", "stop"]
bound = inspect.signature(flr.cosine).bind(1.0, 0.0, steps=5)
assert bound.arguments == {"init": 1.0, "end": 0.0, "steps": 5}
"""


def test_a_signature_may_be_read_first_in_any_way():
    """Signatures are made when they are first read."""
    subprocess.run([sys.executable, "-c", FIRST_READS], check=True)
