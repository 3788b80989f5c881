"""The choice of a backend, and the reasons why others cannot run.

The first evaluation chooses the fastest backend that can be loaded, or the one that the
environment variable ``FASTLR_BACKEND`` names. ``set_backend(name)`` chooses another for the process
at any time.
``with use_backend(name):`` chooses one for a block of code, in this thread or task alone.
"""

import math
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from fastlr.errors import public, short_repr
from fastlr.kernels.schedule_base import choose_in_blocks, choose_in_process

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


def _no_scalar(address: int, t: Any) -> float:
    return math.nan


def _not_several(address: int, t: Any, out: Any) -> bool:
    return False


def _not_updated(rule: int, state: Any, out: Any, metric: Any) -> bool:
    return False


def _not_replaced(dicts: Any, key: str, before: Any, after: Any) -> bool:
    return False


@dataclass(slots=True, eq=False, repr=False)
class Backend:
    """Functions that evaluate a program, a flat float64 array. Callers check every argument.

    - ``table(buffer, lanes, columns, start, step, out)`` fills evenly spaced steps.
    - ``steps(buffer, lanes, columns, t, out)`` fills steps in any order.
    - ``rates(buffer, lanes, t, out)`` fills one step.
    - ``each(buffer, lanes, t, out)`` fills one step per lane: int64 ``t``, in the order of ``out``.

    ``lanes`` and ``columns`` are the ranges to fill; ``out`` is the whole output. Lanes are counted
    in the program's own order, whatever their places in ``out``.

    - ``replay(buffer, lanes, metrics, state, out)`` updates lanes of a plateau rule or an adaptive
      rule with a history of metrics: one row per update, one column per lane or one for all. The
      flat arrays of ``state`` change in place. Scales go to ``out``, unless it is None.
    - ``multi_power_terms(rates, t, law, out)``, ``multi_power_exponentials(rates, t, law, nodes,
      states, out)`` and ``annealing_momenta(rates, t, decay, out)`` are the sums of loss laws over
      the rates of one run, at steps ``t``. ``last_iterate_sums(rates, sums)`` adds a block of a
      run's rates, the last block first. ``reference_losses.py`` defines them.

    Four functions are for speed alone, and may decline. Three take a program or a rule of one lane
    by its address, in a third of the time that an array takes.

    - ``scalar(address, t)`` is its rate at step t, an int or a ``numpy.int64``, or NaN.
    - ``several(address, t, out)`` fills ``out`` at int64 steps ``t``, or returns False.
    - ``update(rule, state, out, metric)`` updates ``state`` with a float into ``out``, which may be
      ``state``. Both are the tuples that a user gave, unchecked. Unless they are states of one lane
      that the rule's ``update`` accepts, it writes nothing and returns False.
    - ``replace(dicts, key, before, after)`` puts numbers under a key of each dict of a list. Unless
      the dicts have those of ``before`` there, it writes nothing and returns False. Both are a
      float for all dicts, or float64 arrays with a number per dict.
    """

    name: str
    table: Callable[[Any, range, range, int, int, Any], None]
    steps: Callable[[Any, range, range, Any, Any], None]
    rates: Callable[[Any, range, int, Any], None]
    each: Callable[[Any, range, Any, Any], None]
    replay: Callable[[Any, range, Any, Any, Any], None]
    multi_power_terms: Callable[[Any, Any, Any, Any], None]
    multi_power_exponentials: Callable[[Any, Any, Any, Any, Any, Any], None]
    annealing_momenta: Callable[[Any, Any, float, Any], None]
    last_iterate_sums: Callable[[Any, Any], None]
    scalar: Callable[[int, Any], float] = _no_scalar
    several: Callable[[int, Any, Any], bool] = _not_several
    update: Callable[[int, Any, Any, Any], bool] = _not_updated
    replace: Callable[[Any, str, Any, Any], bool] = _not_replaced


def _native() -> Backend:
    from fastlr.kernels import native

    functions = (
        native.table,
        native.steps,
        native.rates,
        native.each,
        native.replay,
        native.multi_power_terms,
        native.multi_power_exponentials,
        native.annealing_momenta,
        native.last_iterate_sums,
    )
    native.connect_schedules(active)
    alone = (native.scalar, native.several, native.update, native.replace)
    return Backend("native", *functions, *alone)


def _jit() -> Backend:
    from importlib.util import find_spec

    if find_spec("numba") is None:
        raise ImportError("Numba is not installed: pip install 'fastlr[jit]'")
    from fastlr.kernels import jit

    functions = (
        jit.table,
        jit.steps,
        jit.lanes_of,
        jit.each,
        jit.replay,
        jit.multi_power_terms,
        jit.multi_power_exponentials,
        jit.annealing_momenta,
        jit.last_iterate_sums,
    )

    def scalar(address: int, t: Any) -> float:
        """Compile another function, which later calls enter at once: it takes this one's place.

        Should another thread change the backend now, either function gives the same bits.
        """
        compiled = jit.compiled_scalar()
        for known in (_default, loaded):
            if known.scalar is scalar:
                known.scalar = compiled
        return compiled(address, t)

    loaded = Backend("jit", *functions, scalar, jit.several, jit.update_one)
    return loaded


def _reference() -> Backend:
    from fastlr.kernels import reference, reference_losses, reference_rules

    rates = (reference.table, reference.steps, reference.rates, reference.each)
    return Backend(
        "reference",
        *rates,
        reference_rules.replay,
        reference_losses.multi_power_terms,
        reference_losses.multi_power_exponentials,
        reference_losses.annealing_momenta,
        reference_losses.last_iterate_sums,
    )


# fastest first
_LOADERS: dict[str, Callable[[], Backend]] = {
    "native": _native,
    "jit": _jit,
    "reference": _reference,
}


@cache
def _load(name: str) -> Backend | str:
    """The backend, or the reason why it cannot run here."""
    try:
        return _LOADERS[name]()
    except (
        ImportError,
        OSError,
        SystemError,
    ) as error:  # absent or broken, for instance built for another NumPy
        return str(error)


def _named(name: str, setting: str) -> Backend:
    if not isinstance(name, str) or name not in _LOADERS:
        raise ValueError(
            f"{setting} must be one of {', '.join(map(repr, _LOADERS))}, got {short_repr(name)}"
        )
    loaded = _load(name)
    if isinstance(loaded, str):
        raise ValueError(f"{setting}: the {name!r} backend cannot run here: {loaded}")
    return loaded


def _unchosen(*_: object) -> None:
    raise AssertionError("no backend has been chosen")


_default = Backend("", *(_unchosen,) * 9)  # filled in at the first evaluation
_ACTIVE = ContextVar("fastlr_backend", default=_default)

# the backend in use; its name is empty until one has been chosen
active: Callable[[], Backend] = _ACTIVE.get


def fastest() -> str:
    """The name of the fastest backend that can run here.

    >>> fastest() in backends()
    True
    """
    return next(name for name in _LOADERS if isinstance(_load(name), Backend))


def choose() -> Backend:
    """Return the backend that the next evaluation uses; load it if necessary."""
    chosen = active()
    if not chosen.name:
        wanted = os.environ.get("FASTLR_BACKEND") or fastest()
        _become(_named(wanted, "FASTLR_BACKEND"))
    return chosen


def _become(chosen: Backend) -> None:
    """Make this backend that of the process."""
    for field in reversed(fields(Backend)):  # the name last: it marks the others as set
        setattr(_default, field.name, getattr(chosen, field.name))
    choose_in_process(chosen.name == "native")


@public
def set_backend(name: str) -> None:
    """Choose the backend of the process, except in ``with use_backend(...)`` blocks.

    Parameters
    ----------
    name : str
        ``"native"``, ``"jit"`` or ``"reference"``.

    Raises
    ------
    ValueError
        If the name is unknown, or the backend cannot run here, with the reason.

    Examples
    --------
    >>> set_backend("reference")
    >>> backend()
    'reference'
    >>> set_backend("native")
    """
    _become(_named(name, "set_backend: name"))


@public
def backend() -> str:
    """Return the name of the backend that the next evaluation uses.

    Returns
    -------
    str
        ``"native"`` (C), ``"jit"`` (Numba) or ``"reference"`` (NumPy).

    Raises
    ------
    ValueError
        If ``FASTLR_BACKEND`` names a backend that is unknown or cannot run here.

    Examples
    --------
    >>> with use_backend("reference"):
    ...     backend()
    'reference'
    """
    return choose().name


@public
def backends() -> dict[str, str]:
    """List every backend, fastest first, and whether it can run here.

    Returns
    -------
    dict of str to str
        For each name ``"ready"``, or the reason why the backend cannot run.

    Examples
    --------
    >>> backends()["reference"]
    'ready'
    """
    return {
        name: loaded if isinstance(loaded := _load(name), str) else "ready" for name in _LOADERS
    }


@public
def use_backend(name: str) -> AbstractContextManager[None]:
    """Choose the backend inside a ``with`` block.

    The choice is for this thread or asyncio task alone.

    Parameters
    ----------
    name : str
        ``"native"``, ``"jit"`` or ``"reference"``.

    Returns
    -------
    context manager

    Raises
    ------
    ValueError
        If the name is unknown, or the backend cannot run here, with the reason.

    Examples
    --------
    >>> with use_backend("reference"):
    ...     backend()
    'reference'
    """
    return _using(_named(name, "use_backend: name"))


@contextmanager
def _using(chosen: Backend) -> Iterator[None]:
    choose_in_blocks()
    token = _ACTIVE.set(chosen)
    try:
        yield
    finally:
        _ACTIVE.reset(token)
