"""Adapters: a schedule behind the interface of another package. One file per package.

>>> import fastlr as flr
>>> print(*flr.adapters.packages())
dask jax keras lightning mlx optax pandas stable_baselines3 torch transformers xarray xgboost

An adapter is imported when you first name it, and only it imports its package. A schedule stays the
same immutable value. scikit-learn and LightGBM take a plain list or function and need no adapter;
``docs/adapters.md`` shows how.
"""

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING

from fastlr.adapters._requirements import required_by

if TYPE_CHECKING:
    from fastlr.adapters import dask as dask
    from fastlr.adapters import jax as jax
    from fastlr.adapters import keras as keras
    from fastlr.adapters import lightning as lightning
    from fastlr.adapters import mlx as mlx
    from fastlr.adapters import optax as optax
    from fastlr.adapters import pandas as pandas
    from fastlr.adapters import stable_baselines3 as stable_baselines3
    from fastlr.adapters import torch as torch
    from fastlr.adapters import transformers as transformers
    from fastlr.adapters import xarray as xarray
    from fastlr.adapters import xgboost as xgboost

__all__ = ["packages"]


def packages() -> tuple[str, ...]:
    """Return the names of the packages that have an adapter, installed or not.

    Returns
    -------
    tuple of str
        The names, sorted. Each is a module, ``fastlr.adapters.<name>``.
    """
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in names if not name.startswith("_")))


if not TYPE_CHECKING:  # a type checker then reports a name that does not exist

    def __getattr__(name: str) -> ModuleType:
        if name not in packages():
            from fastlr.errors import did_you_mean

            raise AttributeError(
                f"module 'fastlr.adapters' has no package {name!r}{did_you_mean(name, packages())}"
            )
        with required_by(name):
            return importlib.import_module(f"fastlr.adapters.{name}")


_NEEDED = {
    "lightning": ("torch",),  # and one of lightning and pytorch_lightning
    "mlx": ("mlx.core",),  # mlx itself is a folder without __init__.py
    "optax": ("optax", "jax"),
    "transformers": ("transformers", "torch"),
}  # by an adapter that imports other packages than its own


def _can_be_imported(name: str) -> bool:
    from fastlr.arguments.installed_packages import all_installed

    if name == "lightning" and not all_installed("lightning"):
        return all_installed("pytorch_lightning", "torch")
    return all_installed(*_NEEDED.get(name, (name,)))


def __dir__() -> list[str]:
    # help() and pydoc get every name that is listed, and fail with the first that fails
    return sorted({*__all__, *filter(_can_be_imported, packages())})
