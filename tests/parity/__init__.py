"""Parity: compare a preset with the framework's own scheduler, or with figures from its formula,
over random settings.

There is one module per framework, each with its ``CASES``. The framework gives the rates of steps
0, 1, 2... for the settings of the preset. If its package is installed, the test uses it as its
users do.
"""

import importlib
import importlib.util
import os
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from fastlr.plateau.adaptive_rule import AdaptiveRule
from fastlr.plateau.rule import Plateau
from fastlr.presets import _rules

SEED = int(os.environ.get("FASTLR_SEED", "0"))

Settings = dict[str, Any]  # the preset's keyword arguments


class Case(NamedTuple):
    """One preset and what it is compared with.

    ``draw(rng)`` makes random settings; ``rates(settings, steps)`` are the framework's rates at the
    first ``steps`` steps, of shape ``(steps,)`` or ``(groups, steps)``; ``steps(settings)`` is how
    many are compared: beyond every boundary and past the end. Of a plateau rule they are
    ``rates(settings, metrics)``, from a rate of 1.0, one after each of so many metrics.
    """

    preset: Callable[..., Any]
    draw: Callable[[np.random.Generator], Settings]
    rates: Callable[[Settings, int], Any]
    steps: Callable[[Settings], int]
    # whose rates they are; empty for figures from the formula
    package: str = ""
    count: int = 1_000  # of random settings
    bound: float = 1e-12  # the largest difference, of the schedule's largest rate

    @property
    def name(self) -> str:
        framework = self.preset.__module__.rpartition(".")[2]
        return f"{framework}.{self.preset.__name__}"


class Difference(NamedTuple):
    """The largest that was found: relative to the schedule's largest rate, in units of its last
    place, and where.
    """

    size: float
    ulps: float
    settings: Settings
    step: int


def difference(case: Case, settings: Settings) -> Difference:
    """The largest difference between the preset and the framework with these settings."""
    steps, made = case.steps(settings), case.preset(**settings)
    if isinstance(made, Plateau | AdaptiveRule):
        metrics = history(steps)
        ours, theirs = made.replay(metrics), np.asarray(case.rates(settings, metrics.tolist()))
    else:
        ours, theirs = (
            np.asarray(made(np.arange(steps))),
            np.asarray(case.rates(settings, steps), dtype=np.float64),
        )
    assert ours.shape == theirs.shape, (case.name, settings, ours.shape, theirs.shape)
    apart = np.abs(ours - theirs).reshape(-1, steps).max(axis=0)
    assert not np.isnan(apart).any(), (case.name, settings, theirs)
    top = max(np.abs(theirs).max(), np.finfo(np.float64).tiny)
    return Difference(
        apart.max() / top, apart.max() / np.spacing(top), settings, int(apart.argmax())
    )


def history(updates: int) -> Any:
    """A metric that falls, rests and rises, by so many updates."""
    return np.round(np.cumsum(np.random.default_rng(updates).normal(-0.02, 0.1, updates)) + 2.0, 2)


def largest(case: Case, count: int | None = None) -> Difference:
    """The largest difference over ``count`` random settings, or as many as the case asks for."""
    rng = np.random.default_rng([SEED, *case.name.encode()])
    return max(
        (difference(case, case.draw(rng)) for _ in range(count or case.count)),
        key=lambda found: found.size,
    )


def cases() -> Mapping[str, Case]:
    """All of them, by name, those of packages that are not installed left out."""
    modules = [
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
    ]
    return {case.name: case for module in modules for case in module.CASES}


def installed(package: str) -> bool:
    return not package or importlib.util.find_spec(package) is not None


@cache
def file_of(package: str, path: str) -> ModuleType:
    """A file of an installed package on its own: the package would import far more than it
    needs.
    """
    folder = importlib.util.find_spec(package).submodule_search_locations[0]
    spec = importlib.util.spec_from_file_location(path.replace("/", "_"), f"{folder}/{path}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def preset_names() -> list[str]:
    """Every preset there is."""
    from fastlr import presets

    for framework in presets.frameworks():
        importlib.import_module(f"fastlr.presets.{framework}")
    return list(_rules.PRESETS)


# -- what random settings are made of --------------------------------------------------------------


def rate(rng: np.random.Generator) -> float:
    return float(10.0 ** rng.uniform(-6, 0))


def rates(rng: np.random.Generator) -> float | list[float]:
    """A base rate, or in a quarter of the settings three of them, one a group."""
    return [rate(rng) for _ in range(3)] if rng.random() < 0.25 else rate(rng)


def whole(rng: np.random.Generator, low: int, high: int) -> int:
    """An integer from ``low`` to ``high``, both included."""
    return int(rng.integers(low, high + 1))


def real(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.uniform(low, high))


def one_of(rng: np.random.Generator, *options: Any) -> Any:
    return options[rng.integers(len(options))]


def figures(formula: Callable[..., float], groups: str = "lr") -> Callable[[Settings, int], Any]:
    """The rates of ``formula(t, lr, ...)``, written from the framework's own, one number at a time.

    The setting that ``groups`` names may be a list of them.
    """

    def table(settings: Settings, steps: int) -> Any:
        lr = settings.get(groups)
        if isinstance(lr, list):
            return np.array([table({**settings, groups: one}, steps) for one in lr])
        return np.array([formula(t, **settings) for t in range(steps)])

    return table
