"""The C backend: calls of the C library, through cffi.

Which instructions the library uses is settled when it is first asked: the highest *level* that this
processor has. All levels give the same bits.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from fastlr.kernels import c_sources

__all__ = [
    "annealed",
    "drop",
    "drops",
    "each",
    "level",
    "levels",
    "rates",
    "replay",
    "scalar",
    "several",
    "steps",
    "table",
    "use_level",
]

_NOTE = Path(__file__).with_name("_native.txt")  # left by a build that made no extension


def _loaded() -> Any:
    """The extension, known to be built from the sources that stand here."""
    try:
        native = import_module("fastlr._native")
    except ModuleNotFoundError as error:
        if error.name == "_cffi_backend":
            raise ImportError("cffi is not installed: pip install cffi") from None
        reason = (
            _NOTE.read_text()
            if _NOTE.is_file()
            else "it is not built; in a checkout, pip install -e . builds it"
        )
        raise ImportError(f"the C extension is not here: {reason}") from None
    built, now = native.ffi.string(native.lib.fastlr_sources()).decode(), c_sources.digest()
    if built != now:
        raise ImportError(
            f"the C extension is stale: built from sources {built}, which are {now} by "
            "now; build it anew"
        )
    if fault := native.ffi.string(native.lib.fastlr_fault()).decode():
        raise ImportError(f"the C extension is not to be used: {fault}")
    return native


_native = _loaded()
_lib, _memory, _cast = _native.lib, _native.ffi.from_buffer, _native.ffi.cast
_bytes, _doubles, _integers, _counts = (
    _native.ffi.typeof(f"{name}[]") for name in ("char", "double", "int64_t", "int32_t")
)

scalar = _lib.rate_at  # (address, t): a program of one lane is given by its address


def table(words: Any, lanes: range, columns: range, start: int, step: int, out: Any) -> None:
    """Steps start, start+step, ...

    Into ``out`` (lanes, steps), float64 or float32: some of its lanes and columns.
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
        _memory(_doubles, words),
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


def steps(words: Any, lanes: range, columns: range, t: Any, out: Any) -> None:
    """Any steps in any order: int64 ``t`` into float64 ``out`` (lanes, steps), C-contiguous:
    some of its lanes and columns.
    """
    of, to = _memory(_integers, t) + columns.start, _memory(_doubles, out) + columns.start
    _lib.steps_of(_memory(_doubles, words), lanes.start, lanes.stop, of, len(columns), to, t.size)


def rates(words: Any, lanes: range, t: int, out: Any) -> None:
    """Some of the lanes at step t into float64 ``out`` (one a lane), C-contiguous."""
    _lib.rates_of(_memory(_doubles, words), lanes.start, lanes.stop, t, _memory(_doubles, out))


def each(words: Any, lanes: range, t: Any, out: Any) -> None:
    """Some of the lanes, each at its own of int64 steps ``t`` (one a lane), into float64
    ``out``, both C-contiguous.
    """
    _lib.each_of(
        _memory(_doubles, words),
        lanes.start,
        lanes.stop,
        _memory(_integers, t),
        _memory(_doubles, out),
    )


def several(address: int, t: Any, out: Any) -> bool:
    """A program of one lane, by its address, at int64 steps ``t`` into float64 ``out``; False
    if one may not be asked for.
    """
    known: bool = _lib.rates_at(address, _memory(_integers, t), t.size, _memory(_doubles, out))
    return known


def replay(words: Any, lanes: range, metrics: Any, state: Any, out: Any) -> None:
    """Some of the lanes through float64 ``metrics`` (updates, lanes or 1 for all); their scales
    into ``out`` (updates, lanes).
    """
    updates, row = metrics.shape
    held = [_memory(_counts if part.itemsize == 4 else _doubles, part) for part in state]
    of, to = _memory(_doubles, metrics), _native.ffi.NULL if out is None else _memory(_doubles, out)
    _lib.replay_of(
        _memory(_doubles, words),
        lanes.start,
        lanes.stop,
        of,
        updates,
        row,
        int(row > 1),
        *held,
        to,
        state[0].size,
    )


def drop(rates: Any, t: Any, law: tuple[float, float, float], out: Any) -> None:
    """What a multi-power law sums over float64 ``rates`` at int64 steps ``t``, into float64
    ``out`` (steps, 2).
    """
    of, at = _memory(_doubles, rates), _memory(_integers, t)
    _lib.drop_of(of, at, t.size, *law, _memory(_doubles, out))


def drops(
    rates: Any, t: Any, law: tuple[float, float, float], nodes: Any, states: Any, out: Any
) -> None:
    """The same at rising steps, in one pass, by exponentials: ``nodes`` (2 or 4 rows), ``out``
    (steps, 3 or 7).
    """
    of, at, by = _memory(_doubles, rates), _memory(_integers, t), _memory(_doubles, nodes)
    rows, count = nodes.shape
    _lib.drops_of(
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


def annealed(rates: Any, t: Any, decay: float, out: Any) -> None:
    """What an annealing law sums over float64 ``rates`` at rising int64 steps ``t``, into
    float64 ``out`` (steps, 3).
    """
    _lib.annealed_of(
        _memory(_doubles, rates), _memory(_integers, t), t.size, decay, _memory(_doubles, out)
    )


def level() -> str:
    """The level in use."""
    return str(_native.ffi.string(_lib.fastlr_level()).decode())


def levels() -> list[str]:
    """The levels of this processor and this build, the highest first."""
    return [name for name in ("avx512", "avx2", "baseline") if _lib.fastlr_has_level(name.encode())]


def use_level(name: str) -> None:
    """Use one of ``levels()`` in the whole process from now on.

    Raises ``ValueError`` for any other.
    """
    if name not in levels():
        raise ValueError(
            f"use_level: name must be one of {', '.join(map(repr, levels()))}, got {name!r}"
        )
    _lib.fastlr_use_level(name.encode())
