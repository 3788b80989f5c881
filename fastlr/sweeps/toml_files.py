"""Descriptions: a sweep, or a loss law, as plain data, which a TOML file holds.

A sweep::

    family = "wsd(peak, 2_160, 21_840 - cooldown, cooldown, end, shape='polynomial', power=power)"
    steps = 24_000                                           # how many of each schedule are looked at

    [parameters]                                             # a list is an axis, anything else is shared
    peak = {from = 1e-4, to = 1e-3, count = 10, scale = "log"} cooldown = [2_000, 4_000, 8_000]

    [[draw]]                                                 # points of a space, by random, latin_hypercube or sobol
    method = "sobol" size = 1_024
    end = {uniform = [0.0, 3e-5]}                            # or log_uniform, integers, choice
    power = {uniform = [1.0, 2.0]}

    [[zip]]                                                  # lists that go together
    ...

A law, by its constants, or by the runs that it is to be fitted to::

    law = "MultiPower"

    [constants] L0 = 3.04
    ...

    [[curve]]                                                # or else one of these a run
    file = "cosine_24000.csv"                                # with the columns step and loss
    schedule = "warmup_cosine(3e-4, 2_160, 24_000, 3e-5)"
    before = 24_000                                          # losses from this step on are left out
"""

import csv
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastlr import loss_laws
from fastlr.arguments.outputs import check_fits
from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.parser import parse
from fastlr.sweeps import sampling
from fastlr.sweeps.axes import Axis, zipped
from fastlr.sweeps.sweep import Sweep, sweep

__all__ = ["Described", "contents_of", "law_described", "sweep_described"]

_SPACES: dict[str, Any] = {
    "uniform": sampling.Uniform,
    "log_uniform": sampling.LogUniform,
    "integers": sampling.Integers,
    "choice": sampling.Choice,
}
_METHODS: dict[str, Any] = {
    "random": sampling.random,
    "latin_hypercube": sampling.latin_hypercube,
    "sobol": sampling.sobol,
}
_HUGE = sys.float_info.max
_SCALES: dict[str, Any] = {"linear": np.linspace, "log": np.geomspace}


class Described(NamedTuple):
    """A sweep, and how many steps of each of its schedules are looked at."""

    sweep: Sweep
    steps: int


def contents_of(path: str | Path) -> dict[str, Any]:
    """What a TOML file holds.

    Raises ``ValueError`` for one that is no TOML, and ``OSError`` where it cannot be read.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (
        ValueError
    ) as error:  # TOML's own, or that of bytes which are no text, or of a path that cannot be
        raise ValueError(f"{path}: must be a TOML file: {error}") from None


def sweep_described(description: Mapping[str, Any]) -> Described:
    """The sweep that plain data describes, as above, and its steps.

    Raises ``ValueError`` or ``TypeError`` for keys that are unknown or missing, and for all that
    ``sweep`` refuses.

    >>> found = sweep_described({"family": "linear", "steps": 10, "parameters": {"init": [1.0, 2.0], "end": 0.0, "steps": 10}})
    >>> found.sweep.size, found.steps
    (2, 10)
    """
    _check_keys(
        "sweep", description, required=("family", "steps"), optional=("parameters", "draw", "zip")
    )
    steps = description["steps"]
    if type(steps) is not int or steps < 1:
        raise ValueError(f"sweep: steps must be an integer from 1, got {short_repr(steps)}")
    axes = [
        *map(_zip, _tables("sweep", description, "zip")),
        *map(_draw, _tables("sweep", description, "draw")),
    ]
    parameters = {
        name: _values(name, value) for name, value in _table(description, "parameters").items()
    }
    family = description["family"]
    return Described(
        sweep(family.strip() if isinstance(family, str) else family, *axes, **parameters), steps
    )


def _check_keys(
    where: str, data: object, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> None:
    """Raise unless ``data`` has these keys and no others."""
    if not isinstance(data, Mapping):
        raise TypeError(
            f"{where} must be a table of keys and values, got {type(data).__name__} "
            f"{short_repr(data)}"
        )
    for key in data:
        if key not in (*required, *optional):
            raise ValueError(
                f"{where}: {key!r} is unknown{did_you_mean(key, (*required, *optional))}"
            )
    if missing := [key for key in required if key not in data]:
        raise ValueError(
            f"{where}: {', '.join(map(repr, missing))} must be given, got "
            f"{short_repr(sorted(data))}"
        )


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key, {})
    if not isinstance(found, Mapping):
        raise TypeError(
            f"sweep: {key} must be a table of parameters, got {type(found).__name__} "
            f"{short_repr(found)}"
        )
    return found


def _tables(where: str, data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = data.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise TypeError(
            f"{where}: {key} must be tables, [[{key}]], got {type(found).__name__} "
            f"{short_repr(found)}"
        )
    return found


def _values(name: str, value: Any) -> Any:
    """A value, a list, or the list that ``{from, to, count, scale}`` spaces evenly; between
    integers they are integers.
    """
    if not isinstance(value, Mapping):
        return value
    _check_keys(f"sweep: {name}", value, required=("from", "to", "count"), optional=("scale",))
    scale, ends, count = value.get("scale", "linear"), (value["from"], value["to"]), value["count"]
    if not isinstance(scale, str) or scale not in _SCALES:
        raise ValueError(
            f"sweep: {name}: scale must be one of 'linear', 'log', got {short_repr(scale)}"
        )
    if (
        type(count) is not int
        or not 1 <= count <= LAST_STEP
        or not all(type(end) in (int, float) and abs(end) <= _HUGE for end in ends)
    ):
        raise ValueError(
            f"sweep: {name}: from and to must be numbers, count an integer from 1, got "
            f"{short_repr(dict(value))}"
        )
    if scale == "log" and min(ends) <= 0:
        raise ValueError(
            f"sweep: {name}: from and to must be above 0 on a log scale, got {short_repr(ends)}"
        )
    check_fits(
        f"sweep: {name}", (count,), np.dtype(np.float64), "give a range of integers, or draw"
    )
    whole = all(type(end) is int for end in ends)
    if whole and max(map(abs, ends)) > LAST_STEP:
        raise ValueError(
            f"sweep: {name}: integers must be from -2**53 to 2**53, got {short_repr(ends)}"
        )
    spaced = _SCALES[scale](*map(float, ends), count)
    if not whole:
        return spaced
    return np.rint(spaced).astype(np.int64)


def _zip(data: Mapping[str, Any]) -> Axis:
    return zipped(**{name: _values(name, value) for name, value in data.items()})


def _draw(data: Mapping[str, Any]) -> Axis:
    method, size, seed = data.get("method"), data.get("size"), data.get("seed", 0)
    if not isinstance(method, str) or method not in _METHODS:
        raise ValueError(
            f"sweep: draw: method must be one of {', '.join(map(repr, _METHODS))}, got "
            f"{short_repr(method)}"
        )
    spaces = {
        name: _space(name, value)
        for name, value in data.items()
        if name not in ("method", "size", "seed")
    }
    axis: Axis = _METHODS[method](size, seed, **spaces)
    return axis


def _space(name: str, value: object) -> Any:
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in _SPACES:
        rule = (
            f"sweep: draw: {name} must be {{uniform = [low, high]}}, or log_uniform, "
            "integers or choice"
        )
        raise ValueError(f"{rule}, got {short_repr(value)}")
    [(kind, ends)] = value.items()
    if not isinstance(ends, list) or (kind != "choice" and len(ends) != 2):
        raise ValueError(
            f"sweep: draw: {name}: {kind} must be a list, of two ends but for a choice, "
            f"got {short_repr(ends)}"
        )
    return _SPACES[kind](*ends)


# -- laws ------------------------------------------------------------------------------------------

_LAWS: dict[str, Any] = {"MultiPower": loss_laws.MultiPower, "Annealing": loss_laws.Annealing}


def law_described(description: Mapping[str, Any], folder: Path) -> loss_laws.Law:
    """The law that plain data describes, as above: by its constants, or fitted to the curves in
    files, found from ``folder``.

    Raises ``ValueError`` or ``TypeError`` for keys that are unknown or missing, and for all that
    the law or its fit refuses, and ``OSError`` for a file that cannot be read.

    >>> law_described({"law": "Annealing", "constants": {"L0": 2.6, "A": 0.6, "alpha": 0.45, "C": 0.5, "decay": 0.99}}, Path())
    Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
    """
    _check_keys("law", description, required=("law",), optional=("constants", "curve"))
    name, constants, curves = (
        description["law"],
        description.get("constants"),
        description.get("curve"),
    )
    if not isinstance(name, str) or name not in _LAWS:
        raise ValueError(
            f"law: law must be one of {', '.join(map(repr, _LAWS))}, got {short_repr(name)}"
        )
    if (constants is None) == (curves is None):
        raise ValueError(
            f"law: either constants or curves must be given, got {short_repr(sorted(description))}"
        )
    if constants is not None:
        _check_keys(f"law: {name}", constants, required=tuple(_LAWS[name].kinds))
        law: loss_laws.Law = _LAWS[name](**constants)
        return law
    fitted: loss_laws.Law = loss_laws.fit(
        _LAWS[name], [_curve(curve, folder) for curve in _tables("law", description, "curve")]
    ).law
    return fitted


def _curve(data: Mapping[str, Any], folder: Path) -> loss_laws.Curve:
    """A run and its losses, from a file with a column of each."""
    _check_keys("law: curve", data, required=("file", "schedule"), optional=("before",))
    path, before = folder / str(data["file"]), data.get("before", LAST_STEP)
    if type(before) is not int:
        raise TypeError(
            f"law: curve: before must be an integer, got {type(before).__name__} "
            f"{short_repr(before)}"
        )
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if not {"step", "loss"} <= set(rows.fieldnames or ()):
            raise ValueError(
                f"{path}: must have the columns step and loss, got {short_repr(rows.fieldnames)}"
            )
        try:
            logged = [(int(row["step"]), float(row["loss"])) for row in rows]
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{path}: must have a number for every step and loss: {error}"
            ) from None
    kept = [(step, loss) for step, loss in logged if step < before]
    return parse(data["schedule"]), [step for step, _ in kept], [loss for _, loss in kept]
