"""What may be asked of a table, and where it may go: checked before anything is allocated or
written.
"""

import math
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.program.opcodes import LAST_STEP

__all__ = [
    "allocate",
    "apart",
    "check_contiguous",
    "check_fits",
    "check_out",
    "check_threads",
    "dtype_of",
    "fits",
    "span",
]

_FEWER = "ask for fewer steps at a time, table(start, stop), or give an np.memmap as out="

_SMALL = 1 << 20  # bytes that every machine has
_FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


def span(start: object, stop: object, step: object) -> range:
    """``range(start, stop, step)``, or ``range(start)``, of integers a schedule can be asked at."""
    first = _integer("start", 0 if stop is None else start)
    last = _integer("stop", start if stop is None else stop)
    stride = _integer("step", step)
    if first < 0 or last < 0:
        raise ValueError(
            f"table: start and stop must be at least 0, got start={short_repr(first)}, "
            f"stop={short_repr(last)}"
        )
    if not 1 <= stride <= LAST_STEP:
        raise ValueError(f"table: step must be from 1 to 2**53, got {short_repr(stride)}")
    return range(first, last, stride)


def _integer(name: str, value: object) -> int:
    if type(value) is int:  # by far the most, and a short table is soon done
        return value
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise TypeError(
            f"table: {name} must be an integer, got {type(value).__name__} {short_repr(value)}"
        )
    return int(value)


def dtype_of(dtype: npt.DTypeLike | None) -> np.dtype[Any]:
    """float64 or float32."""
    try:
        wanted = np.dtype(np.float64 if dtype is None else dtype)
    except TypeError:
        raise TypeError(
            f"table: dtype must be float64 or float32, got {short_repr(dtype)}"
        ) from None
    if wanted not in _FLOATS:
        raise TypeError(f"table: dtype must be float64 or float32, got {wanted}")
    return wanted


def check_out(where: str, out: object, shape: tuple[int, ...], dtype: npt.DTypeLike | None) -> None:
    """Raise unless ``out`` can take rates of this shape."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{where}: out must be a NumPy array, got {type(out).__name__}")
    if out.dtype not in _FLOATS:
        raise TypeError(f"{where}: out must be float64 or float32, got {out.dtype}")
    if dtype is not None and dtype_of(dtype) != out.dtype:
        raise TypeError(f"{where}: out must be {dtype_of(dtype)}, got {out.dtype}")
    if out.shape != shape:
        raise ValueError(f"{where}: out must have shape {shape}, got {out.shape}")
    if not out.flags.writeable:
        raise ValueError(f"{where}: out must be writeable, got a read-only array")
    if not out.flags.c_contiguous and _overlaps_itself(out):
        raise ValueError(
            f"{where}: out must have memory of its own for each rate, got strides "
            f"{out.strides} for shape {shape}"
        )


def _overlaps_itself(array: npt.NDArray[Any]) -> bool:
    """Whether two elements may share memory: from the smallest stride on, each must pass all
    that the smaller ones reach.
    """
    if array.size < 2:
        return False
    reach = array.itemsize
    for stride, size in sorted(
        (abs(stride), size)
        for stride, size in zip(array.strides, array.shape, strict=True)
        if size > 1
    ):
        if stride < reach:
            return True
        reach += stride * (size - 1)
    return False


def apart(given: npt.NDArray[Any], out: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``given``, or a copy of it if writing to ``out`` could change it.

    The test of the bounds alone takes 0.2 µs.
    """
    return given.copy() if np.may_share_memory(given, out) else given


def check_contiguous(where: str, out: npt.NDArray[Any]) -> None:
    """Raise unless ``out`` is one block of memory in C order, aligned."""
    if not out.flags.c_contiguous:
        raise ValueError(
            f"{where}: out must be C-contiguous, got strides {out.strides} for shape {out.shape}"
        )
    if not out.flags.aligned:
        raise ValueError(
            f"{where}: out must be aligned, got memory that begins at byte "
            f"{out.ctypes.data % 8} of a word"
        )


def check_threads(where: str, threads: object) -> int:
    """``threads``, if work may be divided over so many."""
    if threads == 1 and type(threads) is int:
        return 1
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer):
        raise TypeError(
            f"{where}: threads must be an integer, got {type(threads).__name__} "
            f"{short_repr(threads)}"
        )
    if threads < 1:
        raise ValueError(f"{where}: threads must be at least 1, got {short_repr(threads)}")
    return int(threads)


def allocate(
    where: str, shape: tuple[int, ...], dtype: np.dtype[Any], way_out: str = _FEWER
) -> npt.NDArray[Any]:
    """An array to fill, unless it would not fit into this machine, or into what this process
    may have of it.
    """
    check_fits(where, shape, dtype, way_out)
    try:
        return np.empty(shape, dtype)
    except MemoryError:
        raise _too_large(where, shape, dtype, "where this process is given less", way_out) from None


def check_fits(where: str, shape: tuple[int, ...], dtype: np.dtype[Any], way_out: str) -> None:
    """Raise unless an array fits into this machine."""
    size = math.prod(shape) * dtype.itemsize
    if size > _SMALL and size > (memory := _memory()):
        raise _too_large(where, shape, dtype, f"for this machine's {memory / 1e9:,.1f} GB", way_out)


def _too_large(
    where: str, shape: tuple[int, ...], dtype: np.dtype[Any], room: str, way_out: str
) -> ValueError:
    size = math.prod(shape) * dtype.itemsize / 1e9
    return ValueError(
        f"{where}: a result of shape {shape} must fit into memory, got {size:,.1f} GB "
        f"{room}; {way_out}"
    )


def _memory() -> int:
    """Bytes of memory in this machine; no bound where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2**62


def fits(shape: tuple[int, ...], lanes: tuple[int, ...]) -> bool:
    """Whether an array of this shape broadcasts to the lanes, and to no more."""
    return len(shape) <= len(lanes) and all(
        a in (1, b) for a, b in zip(reversed(shape), reversed(lanes), strict=False)
    )
