"""Which kernels run, and why the others do not.

The fastest backend that can be loaded is chosen at the first evaluation, not at import.
``FASTLR_BACKEND`` in the environment, read then, names another for the process, and so does
``set_backend(name)``, at any time; ``with use_backend(name):`` does for a block of code, in this
thread or task alone.
"""

import math
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from functools import cache
from importlib.util import find_spec
from typing import Any

from fastlr.errors import public

__all__ = [
    "Backend",
    "active",
    "backend",
    "backends",
    "choose",
    "fastest",
    "set_backend",
    "use_backend",
]


def _no_scalar(address: int, t: int) -> float:
    return math.nan


def _not_several(address: int, t: Any, out: Any) -> bool:
    return False


@dataclass(slots=True)
class Backend:
    """The ways of asking a program, a flat array of words. Callers have checked every argument.

    ``table(words, lanes, columns, start, step, out)``, ``steps(words, lanes, columns, t, out)`` and
    ``rates(words, lanes, t, out)`` fill many steps, many in any order, and one, of the lanes and
    columns in two ranges: ``out`` is the whole. Lanes are counted in the program's own order,
    whatever their places in ``out``. ``each(words, lanes, t, out)`` fills one step a lane, its own:
    ``t``, int64, is in the order of ``out``.

    ``replay(words, lanes, metrics, state, out)`` takes lanes of a plateau rule through a history of
    metrics, one row an update and one column a lane, or one for all. The parts of ``state``, flat
    arrays, are changed in place; scales go to ``out``, or nowhere if it is None.

    ``drop(rates, t, law, out)``, ``drops(rates, t, law, nodes, states, out)`` and ``annealed(rates,
    t, decay, out)`` are the sums of loss laws over the rates of one run, at steps ``t``: drops.py
    says what they are.

    Two ways are for speed alone, and need not know an answer. A program of one lane is given by its
    address, in a third of the time that an array takes. ``scalar(address, t)`` is its rate at step
    t, or NaN where that is not known; ``several(address, t, out)`` fills ``out`` with those at
    steps ``t``, an int64 array, or returns False.
    """

    name: str
    table: Callable[[Any, range, range, int, int, Any], None]
    steps: Callable[[Any, range, range, Any, Any], None]
    rates: Callable[[Any, range, int, Any], None]
    each: Callable[[Any, range, Any, Any], None]
    replay: Callable[[Any, range, Any, Any, Any], None]
    drop: Callable[[Any, Any, Any, Any], None]
    drops: Callable[[Any, Any, Any, Any, Any, Any], None]
    annealed: Callable[[Any, Any, float, Any], None]
    scalar: Callable[[int, int], float] = _no_scalar
    several: Callable[[int, Any, Any], bool] = _not_several


def _native() -> Backend:
    from fastlr.kernels import native

    asked = (
        native.table,
        native.steps,
        native.rates,
        native.each,
        native.replay,
        native.drop,
        native.drops,
        native.annealed,
    )
    return Backend("native", *asked, native.scalar, native.several)


def _jit() -> Backend:
    if find_spec("numba") is None:
        raise ImportError("Numba is not installed: pip install 'fastlr[jit]'")
    from fastlr.kernels import jit

    asked = (
        jit.table,
        jit.steps,
        jit.lanes_of,
        jit.each,
        jit.replay,
        jit.drop,
        jit.drops,
        jit.annealed,
    )
    return Backend("jit", *asked, jit.scalar)


def _reference() -> Backend:
    from fastlr.kernels import reference, reference_losses, reference_plateau

    rates = (reference.table, reference.steps, reference.rates, reference.each)
    return Backend(
        "reference",
        *rates,
        reference_plateau.replay,
        reference_losses.drop,
        reference_losses.drops,
        reference_losses.annealed,
    )


# fastest first
_LOADERS: dict[str, Callable[[], Backend]] = {
    "native": _native,
    "jit": _jit,
    "reference": _reference,
}


@cache
def _load(name: str) -> Backend | str:
    """The backend, or in words why it cannot run here."""
    try:
        return _LOADERS[name]()
    except (
        ImportError,
        OSError,
        SystemError,
    ) as error:  # absent, or broken: a library missing, or built for another NumPy
        return str(error)


def _named(name: str, asked_by: str) -> Backend:
    if not isinstance(name, str) or name not in _LOADERS:
        raise ValueError(
            f"{asked_by} must be one of {', '.join(map(repr, _LOADERS))}, got {name!r}"
        )
    loaded = _load(name)
    if isinstance(loaded, str):
        raise ValueError(f"{asked_by}: the {name!r} backend cannot run here: {loaded}")
    return loaded


def _unchosen(*_: object) -> None:
    raise AssertionError("no backend has been chosen")


_default = Backend("", *(_unchosen,) * 8)  # becomes the process's own when first asked for
_ACTIVE = ContextVar("fastlr_backend", default=_default)

# the backend in use; nameless until one has been chosen
active: Callable[[], Backend] = _ACTIVE.get


def fastest() -> str:
    """The name of the fastest backend that can run here.

    >>> fastest() in backends()
    True
    """
    return next(name for name in _LOADERS if isinstance(_load(name), Backend))


def choose() -> Backend:
    """The backend that the next evaluation uses, loaded if it was not."""
    chosen = active()
    if not chosen.name:
        asked = os.environ.get("FASTLR_BACKEND")
        _become(_named(asked or fastest(), "FASTLR_BACKEND"))
    return chosen


def _become(chosen: Backend) -> None:
    """Make this one the process's own."""
    for field in reversed(fields(Backend)):  # its name last, as it says that all the rest is there
        setattr(_default, field.name, getattr(chosen, field.name))


@public
def set_backend(name: str) -> None:
    """Evaluate with this backend from now on, in the whole process, but for ``with
    use_backend(...)`` blocks.

    Raises ``ValueError`` for a name that is unknown or a backend that cannot run, with the reason.

    >>> set_backend("reference")
    >>> backend()
    'reference'
    >>> set_backend("native")
    """
    _become(_named(name, "set_backend: name"))


@public
def backend() -> str:
    """The name of the backend that the next evaluation uses.

    >>> with use_backend("reference"):
    ...     backend()
    'reference'
    """
    return choose().name


@public
def backends() -> dict[str, str]:
    """Every backend, fastest first: ``"ready"``, or why it cannot run here.

    >>> backends()["reference"]
    'ready'
    """
    return {
        name: loaded if isinstance(loaded := _load(name), str) else "ready" for name in _LOADERS
    }


@public
def use_backend(name: str) -> AbstractContextManager[None]:
    """Evaluate with this backend inside a ``with`` block.

    Raises ``ValueError`` for a name that is unknown or a backend that cannot run, with the reason.
    """
    return _using(_named(name, "use_backend: name"))


@contextmanager
def _using(chosen: Backend) -> Iterator[None]:
    token = _ACTIVE.set(chosen)
    try:
        yield
    finally:
        _ACTIVE.reset(token)
