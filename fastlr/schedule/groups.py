"""Parameter groups: multipliers for their rates, and one rate per parameter from rates per group.

Multiply a schedule before you stack it: ``stack({name: s * m[name] for name in m})``. A floor after
that, ``.maximum(1e-5)``, is the same absolute rate for every group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.output_arrays import allocate, check_out
from fastlr.arguments.rules import (
    Factor,
    Floats,
    OneOf,
    Period,
    Steps,
    short_repr,
    validate,
    validate_scalar,
)
from fastlr.errors import public
from fastlr.program import double_double
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_schedule, no_group_named

__all__ = ["Parameters", "layer_decay", "mup", "scatter", "spread"]

Array = npt.NDArray[np.float64]
_DEEPEST = 100_000  # the largest depth of a layer
# the power of width/base in the table of the muP paper
_EXPONENTS = {
    ("adam", "input"): 0,
    ("adam", "hidden"): -1,
    ("adam", "output"): -1,
    ("sgd", "input"): 1,
    ("sgd", "hidden"): 0,
    ("sgd", "output"): -1,
}


def _each(given: Any, multipliers: Callable[[Any], Array]) -> Any:
    """The multipliers as they were given: a dict by name, an array, or a float."""
    if isinstance(given, Mapping):
        return dict(
            zip(given, np.atleast_1d(multipliers(list(given.values()))).tolist(), strict=True)
        )
    found = multipliers(given)
    return found if found.ndim else float(found)


@with_types
@public
def layer_decay(depths: Mapping[str, int] | Floats, decay: float) -> Any:
    """Compute a rate multiplier per layer: smaller for layers nearer to the input.

    ``multiplier = decay^(deepest - depth)``, where ``deepest`` is the largest depth

    Parameters
    ----------
    depths : mapping of str to int, int or array
        Depth of each layer, from 0 (nearest to the input) to 100,000.
    decay : float
        Factor per layer, from 0 to 1.

    Returns
    -------
    dict of str to float, float or array of float64
        The multipliers: by name if ``depths`` is a mapping, else of the shape of ``depths``. The
        deepest layer has 1. Each multiplier is rounded once.

    Raises
    ------
    TypeError
        If a depth is not an integer, or ``decay`` is not a single number.
    ValueError
        If a depth or ``decay`` is out of range.

    References
    ----------
    Clark et al., *ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators*
    (2020).

    Bao, Dong & Wei, *BEiT: BERT Pre-Training of Image Transformers* (2021).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.layer_decay({"embed": 0, "block": 1, "head": 2}, 0.5)
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


@with_types
@public
def mup(
    widths: Mapping[str, int] | Floats,
    base: int,
    role: Literal["input", "hidden", "output"] = "hidden",
    optimizer: Literal["adam", "sgd"] = "adam",
) -> Any:
    """Compute a rate multiplier per width by maximal update parametrization (muP).

    It carries a rate that was tuned at width ``base`` over to other widths, with
    ``r = width/base``:

    =========  =============  =======
    role       Adam           SGD
    =========  =============  =======
    input      1              r
    hidden     1/r            1
    output     1/r            1/r
    =========  =============  =======

    Parameters
    ----------
    widths : mapping of str to int, int or array
        Widths, from 1 to 2**53: the fan-in of hidden and output weights, the fan-out of input
        weights and biases.
    base : int
        Width at which the rate was tuned, from 1 to 2**53.
    role : {"input", "hidden", "output"}, default "hidden"
        What the weights are. Biases are ``"input"``.
    optimizer : {"adam", "sgd"}, default "adam"
        The optimizer.

    Returns
    -------
    dict of str to float, float or array of float64
        The multipliers: by name if ``widths`` is a mapping, else of the shape of ``widths``.

    Raises
    ------
    TypeError
        If a width is not an integer, or ``base`` is not a single one.
    ValueError
        If a width is below 1, or ``role`` or ``optimizer`` is unknown.

    References
    ----------
    Yang, Hu et al., *Tensor Programs V: Tuning Large Neural Networks via Zero-Shot Hyperparameter
    Transfer* (2022), table 3.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.mup({"attention": 1024, "mlp": 4096}, base=256)
    {'attention': 0.25, 'mlp': 0.0625}
    """
    OneOf(("input", "hidden", "output"))("mup: role", role)
    OneOf(("adam", "sgd"))("mup: optimizer", optimizer)
    exponent, unit = _EXPONENTS[optimizer, role], validate_scalar(Period, "mup: base", base)

    def multipliers(given: Any) -> Array:
        wide = validate(Period, "mup: widths", given)
        return np.asarray({-1: unit / wide, 0: wide / wide, 1: wide / unit}[exponent])

    return _each(widths, multipliers)


@with_types
@dataclass(frozen=True, eq=False)
class Parameters:
    """The rates of all parameters of a model in one array, read from the rates of their groups.

    ``spread`` and ``scatter`` build it. Call it with a step.

    Attributes
    ----------
    groups : Schedule
        A schedule with one batch axis, one lane per group.
    size : int
        Number of parameters.
    """

    groups: Schedule
    size: int
    # a slice of parameters per group, or the number of a group per parameter
    places: tuple[slice, ...] | npt.NDArray[np.int64]

    def __call__(self, t: int, out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """Compute the rate of every parameter at a step.

        Parameters
        ----------
        t : int
            The step, from 0 to 2**53.
        out : array of float64 or float32, optional
            Array of shape ``(size,)`` to write to; a new float64 array if not given.

        Returns
        -------
        array
            ``out``, with the rate of parameter i at index i.

        Raises
        ------
        TypeError
            If ``t`` is not a single integer, or ``out`` has another dtype.
        ValueError
            If ``t`` is out of range, or ``out`` has another shape.
        """
        rates: Any = self.groups(t)
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


def _check_groups(where: str, groups: Schedule) -> int:
    if len(a_schedule(f"{where}: groups", groups, Schedule).shape) != 1:
        raise ValueError(
            f"{where}: groups must have one batch axis, got batch shape {groups.shape}"
        )
    return groups.shape[0]


def _in_order(groups: Schedule, sizes: Mapping[str, int]) -> list[int]:
    """The sizes in the order of the groups."""
    names = groups.names or ()
    if unknown := [name for name in sizes if name not in names]:
        raise KeyError(f"spread: {no_group_named(unknown[0], names)}")
    if missing := [name for name in names if name not in sizes]:
        raise ValueError(
            f"spread: sizes must name every group, got none for {', '.join(map(repr, missing))}"
        )
    return [sizes[name] for name in names]


@with_types
@public
def spread(groups: Schedule, sizes: Mapping[str, int] | Sequence[int]) -> Parameters:
    """Expand rates per group to rates per parameter, for parameters that are ordered by group.

    Parameters
    ----------
    groups : Schedule
        A schedule with one batch axis, one lane per group.
    sizes : mapping of str to int, or sequence of int
        Number of parameters of each group, from 0 to 2**53: by name, or in the order of the groups.

    Returns
    -------
    fastlr.schedule.groups.Parameters
        A function of the step that returns one rate per parameter.

    Raises
    ------
    TypeError
        If ``groups`` is not a schedule, or a size is not an integer.
    ValueError
        If ``groups`` has not exactly one batch axis, or ``sizes`` does not have one size per group.
    KeyError
        If a name is not the name of a group.

    Examples
    --------
    >>> import fastlr as flr
    >>> groups = flr.stack({"body": flr.linear(1.0, 0.0, steps=10), "head": flr.constant(0.3)})
    >>> flr.spread(groups, {"body": 3, "head": 2})(5)
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


@with_types
@public
def scatter(groups: Schedule, index: Floats) -> Parameters:
    """Expand rates per group to rates per parameter, for parameters in any order.

    Parameters
    ----------
    groups : Schedule
        A schedule with one batch axis, one lane per group.
    index : array of int, of shape (parameters,)
        Group of each parameter, from 0 to the number of groups - 1.

    Returns
    -------
    fastlr.schedule.groups.Parameters
        A function of the step that returns one rate per parameter.

    Raises
    ------
    TypeError
        If ``groups`` is not a schedule, or ``index`` is not of integers.
    ValueError
        If ``groups`` has not exactly one batch axis, or ``index`` is not one-dimensional or out of
        range.

    Notes
    -----
    ``Schedule.unique`` returns such groups and such an index. With it, a million parameters need no
    more evaluations than there are distinct schedules.

    Examples
    --------
    >>> import fastlr as flr
    >>> groups, index = flr.constant([0.1, 0.3, 0.1, 0.1]).unique()
    >>> flr.scatter(groups, index)(0)
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
