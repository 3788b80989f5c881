"""The spec of a sweep: plain JSON data that gives an equal sweep back. Reading it runs no code.

``{"fastlr": 1, "sweep": {"family": text, "axes": [...], "fixed": {name: value}}}``. An axis is
``{"listed": [[name, values], ...]}``, or ``{method: {"size", "seed", "spaces"}}`` for a draw, with
``spaces`` a list of ``[name, space, numbers]``. The order of names is that of the lists, since it
decides which column of points a parameter takes.

Values are numbers, texts and lists of them. A ``range`` is ``{"range": [start, stop, step]}``. A
long array, or one whose dtype JSON would not give back, is ``{"dtype", "shape", "base64"}`` with
its bytes in little-endian order.
"""

from __future__ import annotations  # help() replaces rules in the text

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.schedule.spec import contents, from_spec
from fastlr.schedule.value import Value
from fastlr.sweeps import sampling
from fastlr.sweeps.axes import Axis, Listed, zipped

__all__ = ["Parts", "axis_to_spec", "parts_of_spec", "value_to_spec"]

_MOST_LISTED = 1_000  # numbers of an array that are written as a list
_PLAIN = ("int64", "float64", "bool")
_SPACES = {
    "uniform": sampling.Uniform,
    "log_uniform": sampling.LogUniform,
    "integers": sampling.Integers,
    "choice": sampling.Choice,
}
_DRAWS: dict[str, Callable[..., Axis]] = {
    "random": sampling.random,
    "latin_hypercube": sampling.latin_hypercube,
    "sobol": sampling.sobol,
}

Parts = tuple[str, list[Axis], dict[str, Any]]  # family, axes and fixed values


def axis_to_spec(axis: Axis) -> dict[str, Any]:
    """An axis as JSON data; ``ValueError`` if it is of a class of the user's own."""
    if type(axis) is Listed:
        return {"listed": [[name, value_to_spec(name, own)] for name, own in axis.lists.items()]}
    if type(axis) is sampling.Drawn:
        names = {kind: name for name, kind in _SPACES.items()}
        spaces = [
            [name, names[type(space)], _numbers(space)] for name, space in axis.spaces.items()
        ]
        return {axis.method: {"size": axis.size, "seed": axis.seed, "spaces": spaces}}
    raise ValueError(
        "to_spec: axes must be lists, zipped lists or draws, got one of type "
        f"{type(axis).__qualname__}"
    )


def _numbers(space: sampling.Space) -> list[Any]:
    """The arguments that build a space."""
    if isinstance(space, sampling.Choice):
        return list(space.options)
    return list(vars(space).values())


def value_to_spec(name: str, value: Any) -> Any:
    """The value of a parameter as JSON data that gives the same value back."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, range):
        return {"range": [value.start, value.stop, value.step]}
    if isinstance(value, Value):
        return value.to_spec()
    if isinstance(value, np.ndarray | np.generic):
        return _array_to_spec(name, np.asarray(value))
    if type(value) in (list, tuple):
        return [value_to_spec(name, item) for item in value]
    raise ValueError(
        f"to_spec: {name} must be a number, a text, a schedule or a list, got "
        f"{type(value).__name__} {short_repr(value)}"
    )


def _array_to_spec(name: str, array: npt.NDArray[Any]) -> Any:
    """An array as a list, or as its bytes if it is long or of another dtype than JSON has."""
    if array.dtype.kind == "U":
        return array.tolist()
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise ValueError(f"to_spec: {name} must be numbers or texts, got dtype {array.dtype}")
    if array.dtype.name in _PLAIN and array.size <= _MOST_LISTED:
        return array.tolist()
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "base64": base64.b64encode(data).decode(),
    }


def parts_of_spec(spec: object) -> Parts:
    """The family, the axes and the fixed values in a spec, or an error that names what is wrong."""
    content = contents(spec, "sweep")
    if not isinstance(content, Mapping) or set(content) != {"family", "axes", "fixed"}:
        raise ValueError(
            "from_spec: 'sweep' must have the keys 'family', 'axes' and 'fixed', got "
            f"{short_repr(content)}"
        )
    family, axes, fixed = content["family"], content["axes"], content["fixed"]
    if not isinstance(family, str):
        raise TypeError(f"from_spec: 'family' must be a text, got {short_repr(family)}")
    if not isinstance(axes, list) or not isinstance(fixed, Mapping):
        raise TypeError(
            "from_spec: 'axes' must be a list and 'fixed' a mapping, got "
            f"{short_repr(axes)} and {short_repr(fixed)}"
        )
    return (
        family,
        [_axis_from_spec(axis) for axis in axes],
        {str(name): _value_from_spec(value) for name, value in fixed.items()},
    )


def _axis_from_spec(spec: Any) -> Axis:
    """An axis from its JSON data."""
    match spec:
        case {"listed": [*pairs]} if len(spec) == 1 and all(map(_is_named, pairs)):
            names = [name for name, _ in pairs]
            if len(set(names)) == len(names):
                return zipped(**{name: _value_from_spec(values) for name, values in pairs})
    if isinstance(spec, Mapping) and len(spec) == 1:
        [(method, draw)] = spec.items()
        match draw:
            case {"size": size, "seed": seed, "spaces": [*spaces]} if (
                method in _DRAWS and len(draw) == 3
            ):
                named = {name: _space_from_spec(own) for name, *own in spaces}
                return _DRAWS[method](size, seed, **named)
    raise ValueError(
        "from_spec: an axis must be {'listed': [[name, values], ...]} or a draw, got "
        f"{short_repr(spec)}"
    )


def _is_named(pair: object) -> bool:
    """Whether a pair is a name and something."""
    return isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)


def _space_from_spec(spec: Any) -> sampling.Space:
    """A space from its name and its numbers."""
    match spec:
        case [str(kind), [*numbers]] if kind in _SPACES:
            try:
                space: sampling.Space = _SPACES[kind](*numbers)
                return space
            except TypeError as error:
                raise ValueError(f"from_spec: {kind}: {error}") from None
    raise ValueError(
        f"from_spec: a space must be one of {', '.join(_SPACES)} with its numbers, got "
        f"{short_repr(spec)}"
    )


def _value_from_spec(spec: Any) -> Any:
    """The value of a parameter from its JSON data."""
    match spec:
        case {"range": [int(start), int(stop), int(step)]} if len(spec) == 1 and step:
            return range(start, stop, step)
        case {"dtype": str(dtype), "shape": [*shape], "base64": str(text)} if len(spec) == 3:
            return _array_from_spec(dtype, shape, text)
        case {"schedule": _}:
            return from_spec(spec)
        case list():
            return [_value_from_spec(item) for item in spec]
        case None | bool() | int() | float() | str():
            return spec
    raise ValueError(f"from_spec: a value must be as to_spec writes it, got {short_repr(spec)}")


def _array_from_spec(dtype: str, shape: list[Any], text: str) -> npt.NDArray[Any]:
    """An array from its bytes."""
    try:
        found = np.dtype(dtype)
        if found.kind not in "biuf" or not all(type(size) is int for size in shape):
            raise ValueError("its dtype must be of numbers, and its shape of integers")
        data = base64.b64decode(text, validate=True)
        array = np.frombuffer(data, found.newbyteorder("<")).reshape(shape)
    except (ValueError, TypeError, binascii.Error) as error:
        raise ValueError(f"from_spec: an array cannot be read ({error})") from None
    return array.astype(found)
