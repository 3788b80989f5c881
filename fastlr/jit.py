"""What a user's own ``@njit`` function calls: ``rate`` and ``rates`` of a program."""

from fastlr.kernels.jit import rate, rates

__all__ = ["rate", "rates"]
