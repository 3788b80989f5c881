"""How functions are compiled: ``inlined`` into their callers, as a ``kernel`` that Python calls, or
to an address that other kernels call. The last two are cached on disk.

No function here calls itself but through the table of kernels: Numba loads recursive functions from
its cache with broken calls.
"""

from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from pickle import UnpicklingError
from pkgutil import get_data, iter_modules
from typing import Any, TypeVar, cast

from numba import njit, types
from numba.core.caching import FunctionCache
from numba.core.ccallback import CFunc

__all__ = ["SOURCES", "Function", "compiled_address", "entry", "inlined", "kernel", "quick"]

Function = TypeVar("Function", bound=Callable[..., Any])


def inlined(function: Function) -> Function:
    """Compile the function into its callers, once for all values of its arguments.

    Numba would compile it again for each number that a caller writes out, such as the 3 of
    ``field(buffer, segment, 3, lane)``.
    """
    options = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled = njit(error_model="numpy", **options)(function)
    of_types = compiled.get_call_template
    compiled.get_call_template = lambda kinds, named: of_types(
        [types.unliteral(kind) for kind in kinds],
        {name: types.unliteral(kind) for name, kind in named.items()},
    )
    return cast(Function, compiled)


def kernel(function: Function) -> Function:
    """Compile on first use, without the GIL, with a cache on disk if a folder is writable.

    Numba's cache notices a change of the function's own file, not of the files it calls into. So
    the name in the cache has a digest of all sources: after a change none of the old code is used.
    """
    return _compiled(function, nogil=True)


def quick(function: Function) -> Function:
    """The same, but with the GIL: to release it would take longer than the work."""
    return _compiled(function, nogil=False)


_BROKEN = (OSError, EOFError, UnpicklingError)


class _Cache(FunctionCache):  # type: ignore[misc]
    """Numba's cache, except that a full disk or a damaged file is no error: it compiles again."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        with suppress(*_BROKEN):
            return super().load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(*_BROKEN):
            super().save_overload(sig, data)


def _compiled(function: Function, nogil: bool) -> Function:
    function.__qualname__ += f"-{SOURCES}"
    return cast(Function, _cached(njit(nogil=nogil, error_model="numpy")(function), function))


def entry(function: Any, *kinds: Any) -> Callable[..., Any]:
    """Compile a ``kernel`` for these types now, and return what Python calls for them.

    It takes a third of the time of a call through Numba, which looks up the types of arguments. So
    they must have these types, which nothing checks.
    """
    function.compile(kinds)
    return cast(Callable[..., Any], function.overloads[kinds].entry_point)


def compiled_address(function: Function, signature: Any, cached: bool = True) -> int:
    """Compile a function now, for one signature, and return the address that C would call."""
    kind = (signature.args, signature.return_type)
    compiled = CFunc(function, kind, {}, {"error_model": "numpy"})
    if cached:
        function.__qualname__ += f"-{SOURCES}"
        _cached(compiled, function)
    compiled.compile()
    _kept.append(compiled)
    address = compiled.address
    assert address is not None  # it is compiled
    return address


_kept: list[CFunc] = []  # the memory at an address is freed with its function


def _cached(compiled: Any, function: Function) -> Any:
    # Numba found no folder to keep its cache in: a read-only install without a home
    with suppress(RuntimeError):
        compiled._cache = _Cache(function)
    return compiled


def _digest() -> str:
    """A digest of every source that compiled code is made from."""
    modules = [module.name for module in iter_modules([str(Path(__file__).parent)])]
    # through the loader: fastlr may be in an archive
    sources = [get_data(__package__, f"{name}.py") for name in ("__init__", *sorted(modules))]
    sources.append(get_data("fastlr.program", "opcodes.py"))
    return sha256(b"".join(source or b"" for source in sources)).hexdigest()[:12]


SOURCES = _digest()
