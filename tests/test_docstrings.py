"""The docstrings of public names have the sections of numpydoc that a user needs."""

import inspect
import re

import fastlr as flr

MODULES = ("jit", "loss_laws", "peak_laws", "stores")
PUBLIC = {
    **{name: getattr(flr, name) for name in flr.__all__},
    **{
        f"{module}.{name}": getattr(getattr(flr, module), name)
        for module in MODULES
        for name in getattr(flr, module).__all__
    },
}
CLASSES = {name: value for name, value in PUBLIC.items() if isinstance(value, type)}
FUNCTIONS = {name: value for name, value in PUBLIC.items() if inspect.isfunction(value)}
METHODS = {
    f"{name}.{key}": getattr(value, key)
    for name, value in CLASSES.items()
    for key in dir(value)
    if not key.startswith("_")
    and inspect.isroutine(getattr(value, key))
    and str(getattr(getattr(value, key), "__module__", "")).startswith("fastlr")
}


def sections(documented):
    """The titles of the sections in a docstring."""
    return re.findall(r"^([A-Z][\w ]+)\n-+$", inspect.getdoc(documented), re.MULTILINE)


def needed(function):
    """The sections that the signature of a function asks for."""
    signature = inspect.signature(function)
    if set(signature.parameters) - {"self", "cls"}:
        yield "Parameters"
    if str(signature.return_annotation) not in ("None", "Iterator[None]"):
        yield "Yields" if "Yields" in sections(function) else "Returns"


def lacking(names):
    missing = {
        name: [title for title in needed(function) if title not in sections(function)]
        for name, function in names.items()
    }
    return {name: titles for name, titles in missing.items() if titles}


def test_functions_and_methods_describe_parameters_and_results():
    assert lacking({**FUNCTIONS, **METHODS}) == {}


def test_functions_with_parameters_describe_errors():
    silent = [
        name
        for name, function in FUNCTIONS.items()
        if "Parameters" in needed(function) and "Raises" not in sections(function)
    ]
    assert silent == []


def test_classes_describe_what_they_hold():
    silent = [
        name
        for name, kind in CLASSES.items()
        if not {"Parameters", "Attributes", "Examples"} & set(sections(kind))
    ]
    assert silent == []


def test_functions_and_classes_have_an_example_or_point_to_one():
    silent = [
        name
        for name, value in {**FUNCTIONS, **CLASSES}.items()
        if not {"Examples", "See Also"} & set(sections(value))
        and ">>>" not in inspect.getdoc(value)
    ]
    assert silent == []
