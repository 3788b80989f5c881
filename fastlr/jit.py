"""Functions to call in your own ``@njit`` functions: ``rate`` and ``rates`` of a program,
``update`` of a plateau's state.
"""

try:
    from fastlr.kernels.jit import rate, rates, update
except ModuleNotFoundError as error:
    if str(error.name).partition(".")[0] not in ("numba", "llvmlite"):
        raise
    raise ModuleNotFoundError(
        "fastlr.jit needs Numba, which is not installed: pip install 'fastlr[jit]'",
        name=error.name,
    ) from None

__all__ = ["rate", "rates", "update"]
