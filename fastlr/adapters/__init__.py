"""Adapters: a schedule behind the interface of another package, one file a package, imported when
it is first named.

>>> import fastlr as flr
>>> flr.adapters.packages()
('dask', 'jax', 'keras', 'optax', 'pandas', 'torch', 'transformers', 'xarray')

Each imports its package, and nothing else does; a schedule stays the value it is. What takes a
plain list or table, scikit-learn, LightGBM or XGBoost, needs no adapter: ``docs/adapters.md`` shows
them all.
"""

import importlib
import pkgutil
from types import ModuleType

__all__ = ["packages"]


def packages() -> tuple[str, ...]:
    """The packages that have an adapter, installed or not."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def __getattr__(name: str) -> ModuleType:
    if name not in packages():
        from fastlr.errors import did_you_mean

        raise AttributeError(
            f"module 'fastlr.adapters' has no package {name!r}{did_you_mean(name, packages())}"
        )
    return importlib.import_module(f"fastlr.adapters.{name}")


def __dir__() -> list[str]:
    return sorted({*__all__, *packages()})
