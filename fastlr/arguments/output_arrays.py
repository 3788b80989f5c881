"""Arguments of a table and its output array, checked before anything is allocated or written."""

import math
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import as_integer, as_step, short_repr
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
    "gigabytes",
    "in_one_row",
    "span",
]

_FEWER = "take fewer steps at a time with table(start, stop), or give an np.memmap as out="

_SMALL = 1 << 20  # bytes; every machine has so many
_FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


def in_one_row(memory: npt.NDArray[np.float64], lanes: int) -> npt.NDArray[np.float64]:
    """Return a table of ``lanes`` rows that all are ``memory``: it holds one lane at a time.

    A backend fills the row of a lane, wherever that stands in the table.
    """
    return np.lib.stride_tricks.as_strided(memory, (lanes, memory.size), (0, memory.itemsize))


def span(start: object, stop: object, step: object) -> range:
    """Return ``range(start, stop, step)``, or ``range(start)``, checked as steps of a table."""
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
    """Return an argument of ``table`` as an int."""
    if type(value) is int:  # the usual case; a short table takes little longer than this check
        return value
    return as_step(f"table: {name} must be an integer", value)


def dtype_of(dtype: npt.DTypeLike | None) -> np.dtype[Any]:
    """Return float64 or float32, or raise ``TypeError``."""
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
            f"{where}: out must not share memory between rates, got strides "
            f"{out.strides} for shape {shape}"
        )


def _overlaps_itself(array: npt.NDArray[Any]) -> bool:
    """Return whether two elements may share memory.

    They do not if each stride, from the smallest on, passes all that the smaller strides reach.
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
    """Return ``given``, or a copy of it if writing to ``out`` could change it.

    Only the bounds of the memory are compared, which takes 0.2 µs.
    """
    return given.copy() if np.may_share_memory(given, out) else given


def check_contiguous(where: str, out: npt.NDArray[Any]) -> None:
    """Raise unless ``out`` is one aligned block of memory in C order."""
    if not out.flags.c_contiguous:
        raise ValueError(
            f"{where}: out must be C-contiguous, got strides {out.strides} for shape {out.shape}"
        )
    if not out.flags.aligned:
        raise ValueError(
            f"{where}: out must be aligned, got an address that is {out.ctypes.data % 8} modulo 8"
        )


def check_threads(where: str, threads: object) -> int:
    """Return ``threads`` as an int, or raise unless it is an integer of at least 1."""
    if type(threads) is int and threads == 1:
        return 1
    count = as_integer(f"{where}: threads must be an integer", threads)
    if count < 1:
        raise ValueError(f"{where}: threads must be at least 1, got {short_repr(threads)}")
    return count


def allocate(
    where: str, shape: tuple[int, ...], dtype: np.dtype[Any], way_out: str = _FEWER
) -> npt.NDArray[Any]:
    """Return an array to fill, or raise ``ValueError`` if memory does not suffice.

    ``way_out`` ends the message: what to do instead.
    """
    check_fits(where, shape, dtype, way_out)
    try:
        return np.empty(shape, dtype)
    except MemoryError:
        raise _too_large(where, shape, dtype, "this process may use less", way_out) from None


def check_fits(where: str, shape: tuple[int, ...], dtype: np.dtype[Any], way_out: str) -> None:
    """Raise unless an array fits into this machine's memory."""
    size = math.prod(shape) * dtype.itemsize
    if size > _SMALL and size > (memory := _memory()):
        raise _too_large(where, shape, dtype, f"this machine has {gigabytes(memory)}", way_out)


def _too_large(
    where: str, shape: tuple[int, ...], dtype: np.dtype[Any], room: str, way_out: str
) -> ValueError:
    """Return an error that names the size of an array, and the memory there is."""
    size = gigabytes(math.prod(shape) * dtype.itemsize)
    return ValueError(f"{where}: a result of shape {shape} needs {size}; {room}; {way_out}")


def _memory() -> int:
    """Return the bytes of memory of this machine; a huge number if the system reports none."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2**62


def fits(shape: tuple[int, ...], lanes: tuple[int, ...]) -> bool:
    """Return whether an array of this shape broadcasts to the shape of the lanes."""
    return len(shape) <= len(lanes) and all(
        a in (1, b) for a, b in zip(reversed(shape), reversed(lanes), strict=False)
    )


def gigabytes(size: int) -> str:
    """Return a number of bytes as messages show it.

    >>> gigabytes(25_310_000_000), gigabytes(8 * 10**13)
    ('25.3 GB', '80,000 GB')
    """
    return f"{size / 1e9:,.{0 if size >= 1e11 else 1}f} GB"
