"""Conventions: the library whose plateau update a rule follows, and the numbers of its update."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.plateau.rule_buffer import rule_buffer
from fastlr.program.opcodes import RULE_FIELDS

__all__ = ["CONVENTIONS", "lower", "own_defaults"]

Array = npt.NDArray[np.float64]


class _Convention(NamedTuple):
    """The plateau logic of a library, and the defaults of its tolerances and precision."""

    update: str
    rtol: float
    atol: float
    eps: float
    precision: str
    fixed: tuple[str, ...] = ()  # parameters that its update does not use


CONVENTIONS = {
    "torch": _Convention("torch", rtol=1e-4, atol=0.0, eps=1e-8, precision="double"),
    "timm": _Convention("torch", rtol=1e-4, atol=0.0, eps=1e-8, precision="double"),
    "optax": _Convention("optax", rtol=1e-4, atol=0.0, eps=0.0, precision="double", fixed=("eps",)),
    "keras": _Convention(
        "keras", rtol=0.0, atol=1e-4, eps=0.0, precision="single", fixed=("rtol", "eps")
    ),
}


def own_defaults(convention: _Convention, ruled: Mapping[str, object]) -> dict[str, object]:
    """Return a convention's defaults, or raise if a parameter is given that it has no use for."""
    for name in convention.fixed:
        if ruled[name] is not None and np.any(ruled[name] != 0):
            raise ValueError(
                f"Plateau: {name} must be 0 where convention={ruled['convention']!r}, "
                f"got {short_repr(ruled[name])}"
            )
    return {name: getattr(convention, name) for name in ("rtol", "atol", "eps", "precision")}


def lower(parameters: Mapping[str, Any], lanes: tuple[int, ...]) -> Array:
    """Return the buffer of a rule for lanes of this shape."""
    update = CONVENTIONS[parameters["convention"]].update
    single = parameters["precision"] == "single"
    fields = _fields(parameters, narrow=single and update == "optax")
    windowed = bool((fields["window"] > 1).any())
    return rule_buffer(update, fields, lanes, parameters["nan"], single, int(windowed))


def _fields(parameters: Mapping[str, Any], narrow: bool) -> dict[str, Array]:
    """Return the numbers that an update reads, rounded to float32 if it computes in that."""
    rtol, lower_is_better = np.asarray(parameters["rtol"]), np.asarray(parameters["mode"]) == "min"
    named = {
        name: np.asarray(parameters[name], dtype=np.float64)
        for name in RULE_FIELDS
        if name in parameters
    }
    fields = {
        **named,
        "sign": np.where(lower_is_better, 1.0, -1.0),
        "gain": np.where(lower_is_better, 1.0 - rtol, rtol + 1.0),
    }
    rounded = ("gain", "atol", "factor", "floor") if narrow else ()
    return {
        name: fields[name].astype(np.float32).astype(np.float64)
        if name in rounded
        else fields[name]
        for name in RULE_FIELDS
    }
