"""What to write in place of a schedule that another package calls as it calls its own schedules.

Optimizers accept any callable as a rate, and then call it with what is no step: a share of the run
that is left, a traced value, or nothing at all. The message names the adapter that they need.
"""

import numbers

__all__ = ["hint", "is_traced"]


def is_traced(t: object) -> bool:
    """Return whether ``t`` stands for a value in a function that JAX compiles."""
    return type(t).__module__.partition(".")[0] == "jax" and hasattr(t, "aval")


def hint(t: object) -> str:
    """Return what a caller that passes ``t`` for a step should use, or nothing.

    >>> hint(0.25)
    '; stable-baselines3 takes flr.adapters.stable_baselines3.Scheduler'
    """
    if t is None:
        return "; for a Keras optimizer write flr.adapters.keras.LearningRate(s)"
    if is_traced(t):
        return (
            "; in compiled functions write flr.adapters.jax.function(s), and for optax "
            "flr.adapters.optax.schedule(s)"
        )
    if isinstance(t, numbers.Real) and not isinstance(t, numbers.Integral) and 0 <= float(t) <= 1:
        return "; stable-baselines3 takes flr.adapters.stable_baselines3.Scheduler"
    return ""
