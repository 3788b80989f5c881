"""Which kernels run, and why the others do not.

The fastest backend that can be loaded is chosen at the first evaluation, not at import. ``FASTLR_BACKEND`` in the
environment, read then, names another for the process; ``with use_backend(name):`` does for a block of code, in this thread or
task alone.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, NamedTuple

__all__ = ["Backend", "backend", "backends", "choose", "use_backend"]


class Backend(NamedTuple):
    """Four ways of asking a program; ``words`` is its flat array. Callers have checked every argument."""

    name: str
    scalar: Callable[[Any, int], float]
    table: Callable[[Any, int, int, Any], None]
    steps: Callable[[Any, Any, Any], None]
    rates: Callable[[Any, int, Any], None]


def _jit() -> Backend:
    from fastlr import jit

    return Backend("jit", jit.scalar, jit.table, jit.steps, jit.every_lane)


def _reference() -> Backend:
    from fastlr import reference

    return Backend("reference", reference.scalar, reference.table, reference.steps, reference.rates)


_LOADERS: dict[str, Callable[[], Backend]] = {"jit": _jit, "reference": _reference}  # fastest first

_ACTIVE: ContextVar[Backend | None] = ContextVar("fastlr_backend", default=None)


@cache
def _load(name: str) -> Backend | str:
    """The backend, or in words why it cannot run here."""
    try:
        return _LOADERS[name]()
    except ImportError as error:
        return str(error)


def _named(name: str, asked_by: str) -> Backend:
    if name not in _LOADERS:
        raise ValueError(f"{asked_by} must be one of {', '.join(map(repr, _LOADERS))}, got {name!r}")
    loaded = _load(name)
    if isinstance(loaded, str):
        raise ValueError(f"{asked_by}: the {name!r} backend cannot run here: {loaded}")
    return loaded


@cache
def _default() -> Backend:
    if asked := os.environ.get("FASTLR_BACKEND"):
        return _named(asked, "FASTLR_BACKEND")
    return next(loaded for name in _LOADERS if isinstance(loaded := _load(name), Backend))


def choose() -> Backend:
    """The backend that the next evaluation uses."""
    return _ACTIVE.get() or _default()


def backend() -> str:
    """The name of the backend that the next evaluation uses.

    >>> with use_backend("reference"):
    ...     backend()
    'reference'
    """
    return choose().name


def backends() -> dict[str, str]:
    """Every backend, fastest first: ``"ready"``, or why it cannot run here.

    >>> backends()["reference"]
    'ready'
    """
    return {name: loaded if isinstance(loaded := _load(name), str) else "ready" for name in _LOADERS}


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Evaluate with this backend inside a ``with`` block.

    Raises ``ValueError`` at once for a name that is unknown or a backend that cannot run, with the reason.
    """
    token = _ACTIVE.set(_named(name, "use_backend: name"))
    try:
        yield
    finally:
        _ACTIVE.reset(token)
