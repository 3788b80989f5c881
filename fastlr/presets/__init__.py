"""Presets: the schedules of other frameworks under their own names, one file per framework.

A preset has the framework's name, arguments and defaults. In place of the optimizer it takes
``lr``: the base rate, or an array with one per group. It returns an ordinary schedule, which
broadcasts, composes, saves and plots like any other. Nothing of the framework is imported.
``docs/presets.md`` has a row per preset, with what was compared and the known differences.

>>> import fastlr as flr
>>> flr.presets.torch.StepLR(0.1, step_size=30, gamma=0.5)(60)
0.025
"""

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["frameworks", "preset_named"]


def frameworks() -> tuple[str, ...]:
    """Return the names of the frameworks that have presets.

    Returns
    -------
    tuple of str
        The names in alphabetical order, each an attribute of ``fastlr.presets``.

    Examples
    --------
    >>> "torch" in frameworks()
    True
    """
    return tuple(
        sorted(
            module.name
            for module in pkgutil.iter_modules(__path__)
            if not module.name.startswith("_")
        )
    )


def preset_named(where: str, name: str) -> Callable[..., Any]:
    """Return the preset ``framework.Name``, or raise an error that begins with ``where``.

    >>> preset_named("parse", "torch.StepLR")(0.1, step_size=30)
    torch.StepLR(lr=0.1, step_size=30)
    """
    from fastlr.errors import did_you_mean

    framework, _, own = name.partition(".")
    if framework not in frameworks():
        raise ValueError(
            f"{where}: {framework!r} is not a framework with presets"
            f"{did_you_mean(framework, frameworks())}"
        )
    presets: dict[str, Any] = importlib.import_module("fastlr.presets._rules").PRESETS
    known = importlib.import_module(f"fastlr.presets.{framework}").__all__
    if own not in known or name not in presets:
        raise ValueError(
            f"{where}: {name!r} is not a preset of {framework}{did_you_mean(own, known)}"
        )
    build: Callable[..., Any] = presets[name].build
    return build


def __getattr__(name: str) -> ModuleType:
    if name not in frameworks():
        from fastlr.errors import did_you_mean

        raise AttributeError(
            f"module 'fastlr.presets' has no framework {name!r}{did_you_mean(name, frameworks())}"
        )
    return importlib.import_module(f"fastlr.presets.{name}")


def __dir__() -> list[str]:
    return sorted({*__all__, *frameworks()})
