"""Presets against their libraries: the tables of docs/presets.md.

Each row has what a preset was compared with, over how many settings, and the largest difference.
"""

import importlib
import inspect
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib import metadata
from types import ModuleType

from bench.report import markdown, wrapped
from fastlr import presets
from fastlr.presets._rules import PRESETS
from tests import parity

HEAD = (
    "schedule",
    "preset",
    "compared with",
    "settings",
    "largest difference, ulps",
    "known differences",
)
PACKAGES = {"ignite": "pytorch-ignite", "sklearn": "scikit-learn"}


def compared(name: str) -> tuple[str, str, str]:
    """What a preset was compared with, over how many settings, and the largest difference."""
    case = parity.cases()[name]
    if not parity.installed(case.package):
        raise SystemExit(f"{case.package} must be installed, or its column would be empty")
    with_what = f"{case.package} {version(case.package)}" if case.package else "its formula"
    start = time.perf_counter()
    found = parity.largest(case)
    if found.size > case.bound:
        raise SystemExit(f"{name} differs: {found}")
    print(f"{time.perf_counter() - start:6.1f} s {name}", file=sys.stderr, flush=True)
    return with_what, f"{case.count:,}", "0" if found.ulps == 0 else f"{found.ulps:.2g}"


def version(package: str) -> str:
    """The installed version of a package, by the name that the tests use."""
    return metadata.version(PACKAGES.get(package, package))


def text() -> str:
    """A section and a table for each framework."""
    names = parity.preset_names()
    with ProcessPoolExecutor(os.cpu_count()) as executor:
        results = dict(zip(names, executor.map(compared, names), strict=True))
    sections = [summary(results)]
    for framework in presets.frameworks():
        module = importlib.import_module(f"fastlr.presets.{framework}")
        rows = [
            (f"`{one.name}`", f"`presets.{name}`", *results[name], one.differences)
            for name, one in PRESETS.items()
            if one.framework == framework
        ]
        rows += [
            (f"`{name}`", "none", "", "", "", why) for name, why in unexpressed(module).items()
        ]
        sections.append(
            f"## {framework}\n\n{wrapped(first_paragraph(module))}\n\n{markdown(HEAD, rows)}"
        )
    return "\n\n".join(sections) + "\n"


def first_paragraph(module: ModuleType) -> str:
    """The summary of a module, which may be longer than a line."""
    return inspect.cleandoc(module.__doc__ or "").partition("\n\n")[0]


def unexpressed(module: object) -> dict[str, str]:
    """The schedules of a framework that have no preset, with the reasons."""
    return getattr(module, "UNEXPRESSED", {})


def summary(results: dict[str, tuple[str, str, str]]) -> str:
    """How many schedules have a preset, and what they were compared with."""
    missing = sum(
        len(unexpressed(importlib.import_module(f"fastlr.presets.{name}")))
        for name in presets.frameworks()
    )
    driven = sum(with_what != "its formula" for with_what, _, _ in results.values())
    whole, count = len(results) + missing, len(presets.frameworks())
    return wrapped(
        f"{whole} schedules of {count} frameworks. {len(results)} "
        f"({len(results) / whole:.1%}) have a preset: "
        f"{driven} are compared with the running package, {len(results) - driven} "
        f"with the framework's formula. {missing} have none; the tables say why."
    )
