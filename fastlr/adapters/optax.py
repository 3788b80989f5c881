"""Optax: its schedules are functions of the step, so the adapter for JAX is all that it takes.

A whole optimizer step, rate included, compiles into one program; ``optax.inject_hyperparams`` takes
a bundle.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fastlr.adapters.jax import Function, function
from fastlr.arguments.rules import short_repr
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule

__all__ = ["hyperparams", "schedule"]

_NAMES = {"lr": "learning_rate", "beta1": "b1", "beta2": "b2"}  # optax's own


def schedule(s: Schedule) -> Function:
    """The schedule as optax takes one, wherever a ``learning_rate`` may be a function of the count.

    >>> import fastlr as flr, optax
    >>> optimizer = optax.adam(schedule(flr.warmup_cosine(1e-3, warmup=100, steps=1_000)))
    """
    return function(s)


def hyperparams(bundle: Bundle) -> dict[str, Function]:
    """The quantities of a bundle by optax's names: ``lr`` is its ``learning_rate``, ``beta1`` and
    ``beta2`` its ``b1``, ``b2``.

    >>> import fastlr as flr, optax
    >>> plan = flr.bundle(lr=flr.cosine(1e-3, 0.0, steps=1_000), weight_decay=flr.constant(0.1))
    >>> optimizer = optax.inject_hyperparams(optax.adamw)(**hyperparams(plan))
    """
    if not isinstance(bundle, Bundle):
        raise TypeError(
            f"hyperparams: bundle must be a Bundle, got {type(bundle).__name__} "
            f"{short_repr(bundle)}"
        )
    return {_NAMES.get(name, name): function(bundle[name]) for name in bundle}
