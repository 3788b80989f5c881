"""The C backend: calls of the C library, through cffi.

The library chooses an *instruction set* at its first call: the best that this processor has. All
instruction sets give the same bits.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from fastlr.errors import short_repr
from fastlr.kernels import c_sources

__all__ = [
    "address",
    "annealing_momenta",
    "connect_schedules",
    "multi_power_terms",
    "multi_power_exponentials",
    "each",
    "instruction_set",
    "instruction_sets",
    "last_iterate_sums",
    "rates",
    "replace",
    "replay",
    "scalar",
    "several",
    "steps",
    "table",
    "update",
    "use_instruction_set",
]

# written by a build that made no extension
_NOTE = Path(__file__).parents[1] / "_native.txt"


def _why_missing() -> str:
    if _NOTE.is_file():
        return _NOTE.read_text()
    if (archive := c_sources.archive()) is not None:
        return (
            f"fastlr is in the archive {archive}, from which Python loads no extension; extract "
            "the archive, or install fastlr"
        )
    return "it is not built; in a checkout, pip install -e . builds it"


def _loaded() -> Any:
    """Return the extension, after checking that it was built from these sources."""
    if c_sources.archive() is not None:  # Python may find the extension of another copy of fastlr
        raise ImportError(f"the C extension is missing: {_why_missing()}")
    try:
        native = import_module("fastlr._native")
    except ModuleNotFoundError as error:
        if error.name == "_cffi_backend":
            raise ImportError("cffi is not installed: pip install cffi") from None
        raise ImportError(f"the C extension is missing: {_why_missing()}") from None
    built, now = native.ffi.string(native.lib.fastlr_sources()).decode(), c_sources.digest()
    if built != now:
        raise ImportError(
            f"the C extension is out of date: it was built from sources {built}, but the sources "
            f"are now {now}; build it again"
        )
    if fault := native.ffi.string(native.lib.fastlr_fault()).decode():
        raise ImportError(f"the C extension must not be used: {fault}")
    return native


_native = _loaded()
_lib, _memory, _cast = _native.lib, _native.ffi.from_buffer, _native.ffi.cast
_bytes, _doubles, _integers = (
    _native.ffi.typeof(f"{name}[]") for name in ("char", "double", "int64_t")
)

scalar = _lib.rate_at  # (address, t): a program of one lane is given by its address


def address(name: str) -> int:
    """Return the address of a function of ``python_calls.h``."""
    return int(_cast("uintptr_t", _native.ffi.addressof(_lib, name)))


def connect_schedules(active: Callable[[], Any]) -> None:
    """Let schedules call the library themselves while the backend that ``active`` returns is it."""
    _lib.connect_schedules(id(active), id(scalar), id(np.integer), id(np.ndarray), id(np.empty))


def table(buffer: Any, lanes: range, columns: range, start: int, step: int, out: Any) -> None:
    """Evaluate steps start, start+step, ... into ``out`` (lanes, steps), float64 or float32.

    Only ``lanes`` and ``columns`` of ``out`` are written.
    """
    lane, column = out.strides
    to = _memory(_bytes, out) if out.flags.c_contiguous else _cast("char *", out.ctypes.data)
    first, stop, begin, n, single = (
        lanes.start,
        lanes.stop,
        columns.start,
        len(columns),
        out.itemsize == 4,
    )
    at = to + begin * column if begin else to
    _lib.table_of(
        _memory(_doubles, buffer),
        first,
        stop,
        start + step * begin,
        step,
        n,
        at,
        lane,
        column,
        single,
    )


def steps(buffer: Any, lanes: range, columns: range, t: Any, out: Any) -> None:
    """Evaluate int64 steps ``t``, in any order, into float64 ``out`` (lanes, steps), C-contiguous.

    Only ``lanes`` and ``columns`` of ``out`` are written.
    """
    of, to = _memory(_integers, t) + columns.start, _memory(_doubles, out) + columns.start
    _lib.steps_of(_memory(_doubles, buffer), lanes.start, lanes.stop, of, len(columns), to, t.size)


def rates(buffer: Any, lanes: range, t: int, out: Any) -> None:
    """Evaluate ``lanes`` at step t into float64 ``out`` (one per lane), C-contiguous."""
    _lib.rates_of(_memory(_doubles, buffer), lanes.start, lanes.stop, t, _memory(_doubles, out))


def each(buffer: Any, lanes: range, t: Any, out: Any) -> None:
    """Evaluate ``lanes``, each at its own int64 step of ``t``, into float64 ``out``.

    Both arrays have one element per lane and are C-contiguous.
    """
    _lib.each_of(
        _memory(_doubles, buffer),
        lanes.start,
        lanes.stop,
        _memory(_integers, t),
        _memory(_doubles, out),
    )


def several(address: int, t: Any, out: Any) -> bool:
    """Evaluate a program of one lane, given by its address, at int64 steps ``t``.

    Returns False, and writes nothing, if a step is not allowed.
    """
    known: bool = _lib.rates_at(address, _memory(_integers, t), t.size, _memory(_doubles, out))
    return known


def replay(buffer: Any, lanes: range, metrics: Any, state: Any, out: Any) -> None:
    """Update ``lanes`` of a rule with float64 ``metrics`` (updates, lanes or 1).

    Their scales go to ``out`` (updates, lanes), unless it is None.
    """
    updates, row = metrics.shape
    held = [_memory(_bytes, part) for part in state]
    of, to = _memory(_doubles, metrics), _native.ffi.NULL if out is None else _memory(_doubles, out)
    _lib.replay_of(
        _memory(_doubles, buffer),
        lanes.start,
        lanes.stop,
        of,
        updates,
        row,
        int(row > 1),
        held,
        to,
        state[0].size,
    )


def update(rule: int, state: Any, out: Any, metric: float) -> bool:
    """Update a rule of one lane, given by its address, from ``state`` into ``out``.

    Returns False, and writes nothing, unless the rule's ``update`` accepts the tuples as they are.
    The library looks at them itself: here that would take longer than the update.
    """
    # CPython's id of an object is its address; the extension is for CPython alone
    done: bool = _lib.update_one(rule, id(np.ndarray), id(state), id(out), metric)
    return done


def replace(dicts: list[dict[str, Any]], key: str, before: Any, after: Any) -> bool:
    """Replace numbers under a key of dicts: a float in all, or those of one float64 array by those
    of another.

    Returns False, and writes nothing, unless each dict has the number of ``before``, as a float.
    """
    if type(before) is not type(after):
        return False
    if type(after) is float:
        in_all: bool = _lib.replace_number(id(dicts), id(key), before, after)
        return in_all
    of, to = _memory(_doubles, before), _memory(_doubles, after)
    each: bool = before.size == after.size and _lib.replace_numbers(
        id(dicts), id(key), of, to, after.size
    )
    return each


def multi_power_terms(rates: Any, t: Any, law: tuple[float, float, float], out: Any) -> None:
    """Sum a multi-power law over ``rates`` at int64 steps ``t``, term by term.

    ``out`` is float64 (steps, 2).
    """
    of, at = _memory(_doubles, rates), _memory(_integers, t)
    _lib.multi_power_terms_of(of, at, t.size, *law, _memory(_doubles, out))


def multi_power_exponentials(
    rates: Any, t: Any, law: tuple[float, float, float], nodes: Any, states: Any, out: Any
) -> None:
    """Sum the same law at rising steps in one pass, by exponentials.

    ``nodes`` has 2 or 4 rows, ``out`` is float64 (steps, 3 or 7).
    """
    of, at, by = _memory(_doubles, rates), _memory(_integers, t), _memory(_doubles, nodes)
    rows, count = nodes.shape
    _lib.multi_power_exponentials_of(
        of,
        at,
        t.size,
        *law,
        by,
        count,
        _memory(_doubles, states),
        rows == 4,
        _memory(_doubles, out),
    )


def annealing_momenta(rates: Any, t: Any, decay: float, out: Any) -> None:
    """Sum an annealing law over ``rates`` at rising int64 steps ``t``.

    ``out`` is float64 (steps, 3).
    """
    _lib.annealing_momenta_of(
        _memory(_doubles, rates), _memory(_integers, t), t.size, decay, _memory(_doubles, out)
    )


def last_iterate_sums(rates: Any, sums: Any) -> None:
    """Add the rates of steps before those added so far to five float64 ``sums``."""
    _lib.last_iterate_sums_of(_memory(_doubles, rates), rates.size, _memory(_doubles, sums))


def instruction_set() -> str:
    """Return the name of the instruction set in use."""
    return str(_native.ffi.string(_lib.fastlr_instruction_set()).decode())


def instruction_sets() -> list[str]:
    """Return the instruction sets of this processor and this build, best first."""
    return [
        name
        for name in ("avx512", "avx2", "baseline")
        if _lib.fastlr_has_instruction_set(name.encode())
    ]


def use_instruction_set(name: str) -> None:
    """Use one of ``instruction_sets()`` in the whole process from now on.

    Raises ``ValueError`` for any other.
    """
    if name not in instruction_sets():
        raise ValueError(
            f"use_instruction_set: name must be one of "
            f"{', '.join(map(repr, instruction_sets()))}, got {short_repr(name)}"
        )
    _lib.fastlr_use_instruction_set(name.encode())
