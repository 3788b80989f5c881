"""Optax: a schedule or a bundle as functions of the step, which optax takes as they are.

It uses the adapter for JAX. A whole optimizer step, rate included, compiles into one program.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from fastlr.adapters._requirements import required_by
from fastlr.adapters._values import check_below_one, the_schedule
from fastlr.adapters.jax import Function, function
from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.bundles import bundle as bundle_of
from fastlr.schedule.schedule import Schedule

with required_by("optax"):
    import optax

__all__ = ["hyperparams", "optimizer", "schedule"]

_OPTAX_NAMES = {"lr": "learning_rate", "beta1": "b1", "beta2": "b2", "beta3": "b3"}


def schedule(s: Schedule) -> Function:
    """Return the schedule as an optax schedule, a function of the step count.

    Parameters
    ----------
    s : Schedule
        A scalar schedule.

    Returns
    -------
    Function
        A function for every ``learning_rate`` of optax that may be a schedule.

    Raises
    ------
    TypeError
        If ``s`` is not a Schedule.
    ValueError
        If ``s`` is a batch. Optax would multiply each update by the rates of all lanes.

    Examples
    --------
    >>> import fastlr as flr, optax
    >>> optimizer = optax.adam(schedule(flr.warmup_cosine(1e-3, warmup=100, steps=1_000)))
    """
    if isinstance(s, Bundle):
        raise TypeError(
            f"schedule: s must be a Schedule, got Bundle of {short_repr(list(s.names))}; write "
            "optimizer(optax.adamw, bundle) for all its quantities, or schedule(bundle['lr'])"
        )
    return _of_one("schedule: s", the_schedule("schedule: s", s))


def _of_one(where: str, s: Schedule) -> Function:
    """A scalar schedule as a function, or an error that names the ways to use a batch."""
    if s.shape:
        raise ValueError(
            f"{where} must be a scalar schedule, got batch shape {s.shape}; index it, with "
            "optax.multi_transform for groups, or map flr.adapters.jax.function(s) over its lanes"
        )
    return function(s)


def hyperparams(bundle: Bundle) -> dict[str, Function]:
    """Return the quantities of a bundle under optax's names.

    ``lr`` becomes ``learning_rate``, ``beta1`` and ``beta2`` become ``b1`` and ``b2``. Other names
    stay as they are.

    Parameters
    ----------
    bundle : Bundle
        The bundle, one number per quantity.

    Returns
    -------
    dict of str to Function
        Keyword arguments for an optimizer in ``optax.inject_hyperparams``.

    Raises
    ------
    TypeError
        If ``bundle`` is not a Bundle.
    ValueError
        If a quantity is a batch, or a momentum or a beta is 1 or more at a step, in float32.

    See Also
    --------
    optimizer : Build the optimizer too.

    Examples
    --------
    >>> import fastlr as flr, optax
    >>> plan = flr.bundle(lr=flr.cosine(1e-3, 0.0, steps=1_000), weight_decay=flr.constant(0.1))
    >>> optimizer = optax.inject_hyperparams(optax.adamw)(**hyperparams(plan))
    """
    return _under_names("hyperparams", bundle, _OPTAX_NAMES)


def _under_names(where: str, bundle: object, names: Mapping[str, str]) -> dict[str, Function]:
    """The quantities of a bundle as functions, under these names where they have one."""
    if not isinstance(bundle, Bundle):
        raise TypeError(
            f"{where}: bundle must be a Bundle, got {type(bundle).__name__} {short_repr(bundle)}; "
            "write flr.bundle(lr=schedule)"
        )
    check_below_one(where, {name: bundle[name] for name in bundle}, single=True)
    found = {names.get(name, name): _of_one(f"{where}: {name}", bundle[name]) for name in bundle}
    if len(found) < len(bundle.names):
        raise ValueError(
            f"{where}: bundle must have one quantity per setting of the optimizer, got "
            f"{short_repr(list(bundle.names))} for {short_repr(list(found))}"
        )
    return found


def optimizer(
    make: Callable[..., optax.GradientTransformation], plan: Schedule | Bundle, **settings: Any
) -> optax.GradientTransformationExtraArgs:
    """Build an optimizer of optax whose settings follow a plan.

    It is ``optax.inject_hyperparams(make)``, so ``state.hyperparams`` has the values in force.

    Parameters
    ----------
    make : callable
        A function that builds an optimizer, such as ``optax.adamw``.
    plan : Schedule or Bundle
        The learning rate, or several quantities. ``lr`` sets ``learning_rate``. ``beta1``,
        ``beta2`` and ``beta3`` set ``b1``, ``b2`` and ``b3``. ``momentum`` sets ``b1`` if the
        optimizer has no ``momentum``.
    **settings
        Other arguments of ``make``.

    Returns
    -------
    optax.GradientTransformationExtraArgs
        The optimizer.

    Raises
    ------
    TypeError
        If ``make`` is not callable, ``plan`` is of another type, or ``make`` takes no such setting.
    ValueError
        If the optimizer has no setting for a quantity, a setting is given twice, a quantity is a
        batch, or a momentum or a beta is 1 or more at a step, in float32.

    Notes
    -----
    The count starts at 0: the first update uses step 0. It is in the optimizer's state, so a
    checkpoint of that state resumes the plan.

    Examples
    --------
    >>> import fastlr as flr, jax.numpy as jnp, optax
    >>> plan = flr.bundle(lr=flr.linear(0.5, 0.0, steps=4), weight_decay=flr.constant(0.25))
    >>> adamw = optimizer(optax.adamw, plan, b2=0.95)
    >>> state = adamw.init(jnp.ones(3))
    >>> float(state.hyperparams["learning_rate"]), float(state.hyperparams["weight_decay"])
    (0.5, 0.25)
    """
    if not callable(make) or isinstance(make, Schedule):
        raise TypeError(
            f"optimizer: make must be a function such as optax.adamw, got {type(make).__name__} "
            f"{short_repr(make)}; pass its settings here, not to it"
        )
    parameters = inspect.signature(make).parameters
    names = _OPTAX_NAMES | ({} if "momentum" in parameters else {"momentum": "b1"})
    quantities = _under_names("optimizer", _as_bundle(plan), names)
    if wrong := [name for name in quantities if name not in parameters]:
        raise ValueError(
            f"optimizer: plan must have quantities that make takes, {short_repr(list(parameters))},"
            f" got {wrong[0]!r}{did_you_mean(wrong[0], parameters)}"
        )
    if strange := [name for name in settings if name not in parameters]:
        way = (
            "chain the optimizer with optax.contrib.reduce_on_plateau, or update the rule in your "
            "loop"
            if strange[0] in ("plateau", "rule")
            else did_you_mean(strange[0], parameters).removeprefix("; ")
        )
        raise TypeError(
            f"optimizer: settings must be arguments of make, {short_repr(list(parameters))}, got "
            f"{strange[0]!r}{f'; {way}' if way else ''}"
        )
    if twice := [name for name in quantities if name in settings]:
        raise ValueError(f"optimizer: {twice[0]} must be given once, got it in plan and settings")
    static = [name for name in parameters if name not in quantities]
    static = [name for name in static if _is_fixed(parameters[name], settings.get(name))]
    made: optax.GradientTransformationExtraArgs = optax.inject_hyperparams(make, static)(
        **quantities, **settings
    )
    return made


def _is_fixed(parameter: inspect.Parameter, given: object) -> bool:
    """Whether a setting is a function or a size, such as a rank, which JAX cannot trace."""
    value = parameter.default if given is None else given
    if value is inspect.Parameter.empty:
        return False
    return callable(value) or parameter.annotation in (int, "int")


def _as_bundle(plan: object) -> Bundle:
    """A plan as a bundle; a schedule is the learning rate."""
    if isinstance(plan, Bundle):
        return plan
    lr = the_schedule("optimizer: plan", plan)
    _of_one("optimizer: plan", lr)
    return bundle_of(lr=lr)
