"""Optax: a schedule or a bundle as functions of the step, which optax takes as they are.

It uses the adapter for JAX. A whole optimizer step, rate included, compiles into one program.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fastlr.adapters.jax import Function, function
from fastlr.arguments.rules import short_repr
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule

__all__ = ["hyperparams", "schedule"]

_OPTAX_NAMES = {"lr": "learning_rate", "beta1": "b1", "beta2": "b2"}


def schedule(s: Schedule) -> Function:
    """Return the schedule as an optax schedule, a function of the step count.

    Parameters
    ----------
    s : Schedule
        The schedule, of any batch shape.

    Returns
    -------
    Function
        A function for every ``learning_rate`` of optax that may be a schedule.

    Raises
    ------
    TypeError
        If ``s`` is not a Schedule.

    Examples
    --------
    >>> import fastlr as flr, optax
    >>> optimizer = optax.adam(schedule(flr.warmup_cosine(1e-3, warmup=100, steps=1_000)))
    """
    return function(s)


def hyperparams(bundle: Bundle) -> dict[str, Function]:
    """Return the quantities of a bundle under optax's names.

    ``lr`` becomes ``learning_rate``, ``beta1`` and ``beta2`` become ``b1`` and ``b2``. Other names
    stay as they are.

    Parameters
    ----------
    bundle : Bundle
        The bundle.

    Returns
    -------
    dict of str to Function
        Keyword arguments for an optimizer in ``optax.inject_hyperparams``.

    Raises
    ------
    TypeError
        If ``bundle`` is not a Bundle.

    Examples
    --------
    >>> import fastlr as flr, optax
    >>> plan = flr.bundle(lr=flr.cosine(1e-3, 0.0, steps=1_000), weight_decay=flr.constant(0.1))
    >>> optimizer = optax.inject_hyperparams(optax.adamw)(**hyperparams(plan))
    """
    if not isinstance(bundle, Bundle):
        raise TypeError(
            f"hyperparams: bundle must be a Bundle, got {type(bundle).__name__} "
            f"{short_repr(bundle)}"
        )
    return {_OPTAX_NAMES.get(name, name): function(bundle[name]) for name in bundle}
