"""What to write in place of a schedule that another package calls as it calls its own schedules.

Optimizers accept any callable as a rate, and then call it with what is no step: a share of the run
that is left, a traced value, an array of their own, or nothing at all. The message names the
adapter that they need.
"""

import numbers

from fastlr.arguments.rules import short_repr

__all__ = ["hint", "no_step"]


def no_step(t: object) -> str:
    """Return what ``t`` is if no schedule can be evaluated at it, or nothing."""
    if t is None:
        return "nothing"
    package = type(t).__module__.partition(".")[0]
    if package == "jax" and hasattr(t, "aval"):
        return f"what JAX traces, {short_repr(t)}"
    if package == "mlx":
        # its optimizers need an array in return
        return "an array of MLX"
    return ""


def hint(t: object) -> str:
    """Return what a caller that passes ``t`` for a step should use, or nothing.

    >>> hint(0.25)
    '; stable-baselines3 takes flr.adapters.stable_baselines3.Scheduler'
    """
    what = no_step(t)
    if "MLX" in what:
        return "; for an optimizer write flr.adapters.mlx.schedule(s)"
    if "JAX" in what:
        return (
            "; in compiled functions write flr.adapters.jax.function(s), and for optax "
            "flr.adapters.optax.schedule(s)"
        )
    if what:
        return "; for a Keras optimizer write flr.adapters.keras.LearningRate(s)"
    if isinstance(t, numbers.Real) and not isinstance(t, numbers.Integral) and 0 <= float(t) <= 1:
        return "; stable-baselines3 takes flr.adapters.stable_baselines3.Scheduler"
    return ""
