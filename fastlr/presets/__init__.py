"""Presets: every framework's schedules under their own names, one file a framework.

>>> import fastlr as flr
>>> flr.presets.torch.StepLR(0.1, step_size=30, gamma=0.5)(60)
0.025

A preset has the framework's name, arguments and defaults; in place of the optimizer it takes
``lr``, the base rate, or an array of base rates, one a group. What it gives is an ordinary
schedule: it broadcasts, composes, saves and plots as any other, and nothing of the framework is
imported. ``docs/presets.md`` has a row for each, with what was compared and what is known to
differ.
"""

import importlib
import pkgutil
from types import ModuleType

__all__ = ["frameworks"]


def frameworks() -> tuple[str, ...]:
    """The frameworks that have presets.

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


def __getattr__(name: str) -> ModuleType:
    if name not in frameworks():
        from fastlr.errors import did_you_mean

        raise AttributeError(
            f"module 'fastlr.presets' has no framework {name!r}{did_you_mean(name, frameworks())}"
        )
    return importlib.import_module(f"fastlr.presets.{name}")


def __dir__() -> list[str]:
    return sorted({*__all__, *frameworks()})
