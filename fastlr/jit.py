"""Functions to call in your own ``@njit`` functions: ``rate`` and ``rates`` of a program."""

from fastlr.kernels.jit import rate, rates

__all__ = ["rate", "rates"]
