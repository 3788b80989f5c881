"""An expression to begin with, for each constructor and preset."""

import ast
import importlib
import re
from collections.abc import Iterator
from doctest import DocTestParser

from fastlr.errors import did_you_mean
from fastlr.presets import frameworks, preset_named
from fastlr.schedule import constructor_names
from fastlr.schedule.parser import parse

__all__ = ["CONSTRUCTORS", "constructor_choices", "example_of", "preset_names"]

# each runs for 10,000 steps or never ends; another constructor has an example of its docstring
CONSTRUCTORS = {
    "warmup_cosine": "warmup_cosine(peak=0.001, warmup=500, steps=10000, end=1e-05)",
    "wsd": "wsd(peak=0.001, warmup=500, stable=7500, cooldown=2000, shape='1-sqrt')",
    "warmup_linear": "warmup_linear(peak=0.001, warmup=500, steps=10000)",
    "warmup_constant": "warmup_constant(peak=0.001, warmup=500)",
    "one_cycle": "one_cycle(peak=0.001, steps=10000)",
    "constant": "constant(value=0.001)",
    "linear": "linear(init=0.001, end=0.0, steps=10000)",
    "cosine": "cosine(init=0.001, end=0.0, steps=10000)",
    "polynomial": "polynomial(init=0.001, end=0.0, steps=10000)",
    "exponential": "exponential(init=0.001, end=1e-05, steps=10000)",
    "affine_exponential": "affine_exponential(init=0.001, end=0.0, steps=10000)",
    "tanh": "tanh(init=0.001, end=0.0, steps=10000)",
    "rex": "rex(init=0.001, end=0.0, steps=10000)",
    "logarithmic": "logarithmic(init=0.0001, end=0.001, steps=10000)",
    "eden": "eden(init=0.001, width=2000.0)",
    "step_decay": "step_decay(init=0.001, factor=0.5, every=2500)",
    "milestones": "milestones(init=0.001, factor=0.1, at=[5000, 8000])",
    "exponential_decay": "exponential_decay(init=0.001, gamma=0.5, every=2000)",
    "inverse_time": "inverse_time(init=0.001, rate=0.001)",
    "inverse_power": "inverse_power(init=0.001, power=0.5, shift=500)",
    "inverse_sqrt": "inverse_sqrt(peak=0.001, warmup=500)",
    "noam": "noam(width=512, warmup=4000)",
    "cosine_restarts": "cosine_restarts(init=0.001, end=0.0, period=2500)",
    "cyclic": "cyclic(low=0.0001, high=0.001, up=1250)",
    "piecewise_constant": "piecewise_constant(values=[0.001, 0.0005, 0.0001], "
    "boundaries=[5000, 8000])",
    "piecewise_linear": "piecewise_linear(values=[0.0, 0.001, 0.0], at=[0, 2000, 10000])",
    "sampled": "sampled(values=[0.001, 0.0008, 0.0004, 0.0001], every=2500)",
    "join": "join(parts=[linear(init=0.0, end=0.001, steps=500), constant(value=0.001)], at=[500])",
    "stack": "stack(schedules=[linear(init=0.0001, end=0.0, steps=10000), "
    "linear(init=0.001, end=0.0, steps=10000)], names=['body', 'head'])",
}


def constructor_choices() -> list[str]:
    """List the constructors, those that runs begin with first."""
    return list(dict.fromkeys([*CONSTRUCTORS, *constructor_names.__all__]))


def preset_names() -> list[str]:
    """List the presets as ``framework.Name``. This imports all of them, in about 0.3 seconds."""
    names = [
        f"{framework}.{name}"
        for framework in frameworks()
        for name in importlib.import_module(f"fastlr.presets.{framework}").__all__
    ]
    presets = importlib.import_module("fastlr.presets._rules").PRESETS
    return [name for name in names if name in presets]


def example_of(name: str) -> str:
    """Return an expression for a constructor, or for a preset: an example in its docstring.

    Raises ``ValueError`` if there is no such name, or if its docstring has no expression, as that
    of a plateau rule has not.

    >>> example_of("cosine"), example_of("torch.StepLR")
    ('cosine(init=0.001, end=0.0, steps=10000)', 'torch.StepLR(lr=0.1, step_size=30, gamma=0.5)')
    """
    if name in CONSTRUCTORS:
        return CONSTRUCTORS[name]
    if "." not in name and name not in constructor_names.__all__:
        raise ValueError(
            f"explore: no constructor named {name!r}{did_you_mean(name, CONSTRUCTORS)}"
        )
    shown = preset_named("explore", name) if "." in name else getattr(constructor_names, name)
    for text in _calls(name, shown.__doc__ or ""):
        try:
            return repr(parse(text))
        except (ValueError, TypeError):  # a plateau rule, or a call with variables
            continue
    raise ValueError(
        f"explore: {name} has no example to begin with: type an expression, or call it in Python "
        "and pass the schedule to flr.explore"
    )


def _calls(name: str, doc: str) -> Iterator[str]:
    """The calls of a preset in the examples of its docstring, as expressions.

    An example may give the preset a shorter name first.
    """
    own = {name.rpartition(".")[2]}
    for example in DocTestParser().get_examples(doc):
        for node in ast.walk(ast.parse(example.source)):
            if isinstance(node, ast.Assign) and _last_name(node.value) in own:
                own |= {ast.unparse(target) for target in node.targets}
            if isinstance(node, ast.Call) and _last_name(node.func) in own:
                arguments = [*map(ast.unparse, node.args), *map(ast.unparse, node.keywords)]
                yield re.sub(r"\bflr\.(presets\.)?", "", f"{name}({', '.join(arguments)})")


def _last_name(node: ast.expr) -> str:
    """``c`` of ``a.b.c``."""
    dotted = isinstance(node, ast.Name | ast.Attribute)
    return ast.unparse(node).rpartition(".")[2] if dotted else ""
