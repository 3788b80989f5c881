"""JAX: a schedule as a function of the step, which JAX traces, compiles, maps and scans.

The segments of the schedule become float64 operations, with one function per opcode. The rate is
then rounded once to JAX's default float. You need not enable 64 bits in JAX: only these operations
use them. Steps are integers, exact up to 2^53.
"""

from fastlr.adapters._requirements import required_by

with required_by("jax"):
    from fastlr.adapters.jax.tracing import Function, function

__all__ = ["Function", "function"]
