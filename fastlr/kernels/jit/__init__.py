"""The Numba backend, and the functions a user's own compiled loop calls.

>>> import fastlr as flr
>>> from numba import njit
>>> @njit
... def train(program, steps):
...     total = 0.0
...     for t in range(steps):
...         total += flr.jit.rate(program, t)
...     return total
>>> train(flr.linear(1.0, 0.0, steps=4).program, 4)
2.5
"""

from fastlr.kernels.jit import curves, samples  # noqa: F401 - they fill the table of kernels
from fastlr.kernels.jit.losses import (
    annealing_momenta,
    last_iterate_sums,
    multi_power_exponentials,
    multi_power_terms,
)
from fastlr.kernels.jit.programs import each, lanes_of, steps, table
from fastlr.kernels.jit.quick_calls import compiled_scalar, several
from fastlr.kernels.jit.quick_updates import update_one
from fastlr.kernels.jit.rules import replay
from fastlr.kernels.jit.user_functions import rate, rates, update

__all__ = [
    "annealing_momenta",
    "compiled_scalar",
    "each",
    "lanes_of",
    "last_iterate_sums",
    "multi_power_exponentials",
    "multi_power_terms",
    "rate",
    "rates",
    "replay",
    "several",
    "steps",
    "table",
    "update",
    "update_one",
]
