"""``fastlr info``: print versions, and which backends run."""

import platform
from importlib import metadata

import click
import numpy as np

import fastlr as flr
from fastlr.cli.options import examples, json_option
from fastlr.cli.printing import print_json, print_pairs

__all__ = ["info"]

_EXTRAS = {"matplotlib": "plot", "click": "cli", "tqdm": "cli"}


@click.command(
    short_help="Print versions, and which backends run here.",
    epilog=examples("fastlr info\nfastlr info --json"),
)
@json_option
def info(as_json: bool) -> None:
    """Print the versions in use, the backends that run here, and why others do not."""
    versions = {
        "fastlr": flr.__version__,
        "Python": platform.python_version(),
        "NumPy": np.__version__,
    }
    states = {
        f"backend {name}": state + _level(name, state) for name, state in flr.backends().items()
    }
    extras = {name: _version(name, extra) for name, extra in _EXTRAS.items()}
    found = {**versions, **states, "backend in use": _in_use(), **extras}
    if as_json:
        print_json(found)
    else:
        print_pairs(found)


def _level(name: str, state: str) -> str:
    """The instruction set that the C library uses."""
    if (name, state) != ("native", "ready"):
        return ""
    from fastlr.kernels import native

    return f", {native.instruction_set()}"


def _in_use() -> str:
    try:
        return flr.backend()
    except ValueError as error:  # of FASTLR_BACKEND
        return f"none: {error}"


def _version(name: str, extra: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"not installed: pip install 'fastlr[{extra}]'"
