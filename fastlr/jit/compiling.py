"""How functions are compiled: parts that vanish into their callers, and kernels kept in a cache on disk.

No kernel calls itself, nor any two each other: Numba loads recursive functions from its cache with calls that lead nowhere.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

__all__ = ["inlined", "kernel", "quick"]

Function = TypeVar("Function", bound=Callable[..., Any])


def inlined(function: Function) -> Function:
    """Compile as a part of whatever calls it."""
    options = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(Function, njit(error_model="numpy", **options)(function))


def kernel(function: Function) -> Function:
    """Compile on first use, without the GIL and, where a folder can be written, with a cache on disk.

    Numba's cache notices a change of the file a function stands in, not of those it calls into, and would go on with the
    old arithmetic: so the name under which it is kept carries a digest of all.
    """
    return _compiled(function, nogil=True)


def quick(function: Function) -> Function:
    """The same, but with the GIL: to let go of it and take it again would take longer than the work."""
    return _compiled(function, nogil=False)


def _compiled(function: Function, nogil: bool) -> Function:
    function.__qualname__ += f"-{_SOURCES}"
    options = {"nogil": nogil, "error_model": "numpy"}
    try:
        return cast(Function, njit(cache=True, **options)(function))
    except RuntimeError:  # Numba found no folder to keep its cache in: a read-only install without a home
        return cast(Function, njit(**options)(function))


def _digest() -> str:
    """Of every source that compiled code is made from."""
    room = Path(__file__).parent
    sources = [*sorted(room.glob("*.py")), room.parent / "shapes.py"]
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


_SOURCES = _digest()
