"""Functions to call in your own ``@njit`` functions: ``rate`` and ``rates`` of a program,
``update`` of a plateau's state.
"""

from fastlr.kernels.jit import rate, rates, update

__all__ = ["rate", "rates", "update"]
