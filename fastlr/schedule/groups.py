"""Groups of parameters: what multiplies their rates, and from the rates of groups those of every
parameter.

Multipliers go into a schedule before it is stacked, ``stack({name: s * m[name] for name in m})``; a
floor that is put on after them, ``.maximum(1e-5)``, is then the same absolute rate for every group.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.outputs import allocate, check_out
from fastlr.arguments.rules import (
    Choice,
    Factor,
    Period,
    Steps,
    short_repr,
    validate,
    validate_scalar,
)
from fastlr.errors import public
from fastlr.program import double_double
from fastlr.schedule.evaluation import Evaluation
from fastlr.schedule.value import a_schedule, no_group_named

__all__ = ["Parameters", "layer_decay", "mup", "scatter", "spread"]

Array = npt.NDArray[np.float64]
_DEEPEST = 100_000  # layers
_EXPONENTS = {
    ("adam", "input"): 0,
    ("adam", "hidden"): -1,
    ("adam", "output"): -1,
    ("sgd", "input"): 1,
    ("sgd", "hidden"): 0,
    ("sgd", "output"): -1,
}


def _each(given: Any, multipliers: Callable[[Any], Array]) -> Any:
    """The multiplier of each: by name where a mapping is given, an array, or a float."""
    if isinstance(given, Mapping):
        return dict(
            zip(given, np.atleast_1d(multipliers(list(given.values()))).tolist(), strict=True)
        )
    found = multipliers(given)
    return found if found.ndim else float(found)


@public
def layer_decay(depths: Mapping[str, int] | npt.ArrayLike, decay: float) -> Any:
    """``decay^(deepest - depth)``: 1 for the deepest layer, less for each layer below it, each
    rounded once.

    ``depths`` are whole numbers from 0, by name or in an array, and so are the multipliers. Clark
    et al., *ELECTRA* (2020); Bao, Dong & Wei, *BEiT* (2021). Raises ``TypeError`` or ``ValueError``
    for a depth that is no whole number, or a decay that is no factor from 0 to 1.

    >>> layer_decay({"embed": 0, "block": 1, "head": 2}, 0.5)
    {'embed': 0.25, 'block': 0.5, 'head': 1.0}
    """

    def multipliers(given: Any) -> Array:
        layers = validate(Steps, "layer_decay: depths", given)
        if layers.max() > _DEEPEST:
            raise ValueError(
                f"layer_decay: depths must be at most {_DEEPEST:,}, got {short_repr(layers.max())}"
            )
        powers = double_double.powers(
            np.asarray(validate_scalar(Factor, "layer_decay: decay", decay)), int(layers.max()) + 1
        )
        multiplied: Array = np.asarray([float(high) for high, _ in powers])[layers.max() - layers]
        return multiplied

    return _each(depths, multipliers)


@public
def mup(
    widths: Mapping[str, int] | npt.ArrayLike,
    base: int,
    role: Literal["input", "hidden", "output"] = "hidden",
    optimizer: Literal["adam", "sgd"] = "adam",
) -> Any:
    """What a rate tuned at width ``base`` is multiplied by at other widths, as maximal update
    parametrization has it.

    With ``r = width/base``, the multiplier is ``1/r`` for hidden and output weights under Adam and
    for output weights under SGD, ``r`` for input weights and biases under SGD, and 1 for the rest.
    ``widths`` are the fan-in of hidden and output weights, the fan-out of input ones. Yang, Hu et
    al., *Tensor Programs V* (2022), table 3.

    >>> mup({"attention": 1024, "mlp": 4096}, base=256)
    {'attention': 0.25, 'mlp': 0.0625}
    """
    Choice(("input", "hidden", "output"))("mup: role", role)
    Choice(("adam", "sgd"))("mup: optimizer", optimizer)
    exponent, unit = _EXPONENTS[optimizer, role], validate_scalar(Period, "mup: base", base)

    def multipliers(given: Any) -> Array:
        wide = validate(Period, "mup: widths", given)
        return np.asarray({-1: unit / wide, 0: wide / wide, 1: wide / unit}[exponent])

    return _each(widths, multipliers)


@dataclass(frozen=True, eq=False)
class Parameters:
    """The rate of every parameter of a model, in one array: parameter i has that of its group.

    Made by ``spread`` and ``scatter``; called with a step, it fills ``out``, float64 or float32, of
    shape ``(size,)``.
    """

    groups: Evaluation
    size: int
    # of each group its parameters, or of each parameter its group
    places: tuple[slice, ...] | npt.NDArray[np.int64]

    def __call__(self, t: int, out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """The rates at step ``t``.

        Raises whatever ``groups(t)`` raises, and for an ``out`` of another shape or dtype.
        """
        rates = self.groups(t)
        if rates.ndim != 1:
            raise TypeError(f"s(t): t must be one step, got {type(t).__name__} {short_repr(t)}")
        if out is None:
            out = allocate("s(t)", (self.size,), np.dtype(np.float64))
        else:
            check_out("s(t)", out, (self.size,), None)
        if isinstance(self.places, tuple):
            for rate, part in zip(rates.tolist(), self.places, strict=True):
                out[part] = rate
        else:
            np.take(rates.astype(out.dtype, copy=False), self.places, out=out, mode="clip")
        return out


def _check_groups(where: str, groups: Evaluation) -> int:
    if len(a_schedule(f"{where}: groups", groups, Evaluation).shape) != 1:
        raise ValueError(
            f"{where}: groups must have one batch axis, got batch shape {groups.shape}"
        )
    return groups.shape[0]


def _in_order(groups: Evaluation, sizes: Mapping[str, int]) -> list[int]:
    """The sizes of all groups, each given by its name."""
    names = groups.names or ()
    if unknown := [name for name in sizes if name not in names]:
        raise KeyError(f"spread: {no_group_named(unknown[0], names)}")
    if missing := [name for name in names if name not in sizes]:
        raise ValueError(
            f"spread: sizes must name every group, got none for {', '.join(map(repr, missing))}"
        )
    return [sizes[name] for name in names]


@public
def spread(groups: Evaluation, sizes: Mapping[str, int] | Sequence[int]) -> Parameters:
    """The rates of parameters that stand group by group, so many of each: ``sizes`` by name, or in
    the order of the groups.

    >>> import fastlr as flr
    >>> groups = flr.stack({"body": flr.linear(1.0, 0.0, steps=10), "head": flr.constant(0.3)})
    >>> spread(groups, {"body": 3, "head": 2})(5)
    array([0.5, 0.5, 0.5, 0.3, 0.3])
    """
    count = _check_groups("spread", groups)
    counts = validate(
        Steps, "spread: sizes", _in_order(groups, sizes) if isinstance(sizes, Mapping) else sizes
    )
    if counts.shape != (count,):
        raise ValueError(
            f"spread: sizes must be one number per group, {count} in all, got {short_repr(counts)}"
        )
    ends = np.cumsum(counts).tolist()
    return Parameters(
        groups,
        ends[-1],
        tuple(slice(start, stop) for start, stop in zip([0, *ends], ends, strict=False)),
    )


@public
def scatter(groups: Evaluation, index: npt.ArrayLike) -> Parameters:
    """The rates of parameters in any order: parameter i belongs to group ``index[i]``.

    With ``unique()``, a million parameters hold no more rates than there are distinct ones:

    >>> import fastlr as flr
    >>> groups, index = flr.constant([0.1, 0.3, 0.1, 0.1]).unique()
    >>> scatter(groups, index)(0)
    array([0.1, 0.3, 0.1, 0.1])
    """
    count = _check_groups("scatter", groups)
    places = validate(Steps, "scatter: index", index)
    if places.ndim != 1 or places.max() >= count:
        raise ValueError(
            f"scatter: index must be one-dimensional, with group numbers from 0 to {count - 1}, "
            f"got {short_repr(places)}"
        )
    return Parameters(groups, places.size, places)
