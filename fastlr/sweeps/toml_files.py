"""Sweeps and loss laws from TOML files, or from the same data in Python.

A sweep::

    family = "wsd(peak, 2_160, 21_840 - cooldown, cooldown, end, shape='polynomial', power=power)"
    steps = 24_000            # how many steps of each schedule are used

    [parameters]              # a list is an axis; all schedules share any other value
    peak = {from = 1e-4, to = 1e-3, count = 10, scale = "log"}
    cooldown = [2_000, 4_000, 8_000]

    [[draw]]                  # an axis of sampled points
    method = "sobol"          # or random, latin_hypercube
    size = 1_024
    end = {uniform = [0.0, 3e-5]}    # or log_uniform, integers, choice
    power = {uniform = [1.0, 2.0]}

    [[zip]]                   # lists that vary together
    ...

A law, by its constants, or by the runs to fit it to::

    law = "MultiPower"

    [constants]
    L0 = 3.04
    ...

    [fitted_on]               # optional: the range of the runs behind the constants
    peaks = [1e-4, 2e-3]
    steps = [15_000, 25_000]

    [[curve]]                 # instead of constants: one table per run
    file = "cosine_24000.csv" # with the columns step and loss
    schedule = "warmup_cosine(3e-4, 2_160, 24_000, 3e-5)"
    before = 24_000           # ignore losses from this step on

    [[curve]]                 # a run of which only the final loss is known
    loss = 3.31
    schedule = "warmup_cosine(3e-4, 2_160, 24_000, 3e-5)"
"""

import csv
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastlr import loss_laws
from fastlr.arguments.output_arrays import check_fits
from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.parser import parse
from fastlr.sweeps import sampling
from fastlr.sweeps.axes import Axis, zipped
from fastlr.sweeps.sweep import Sweep, sweep

__all__ = ["SweepFile", "law_from", "read_toml", "sweep_from"]

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
_MAX_FLOAT = sys.float_info.max
_SCALES: dict[str, Any] = {"linear": np.linspace, "log": np.geomspace}


class SweepFile(NamedTuple):
    """A sweep, and how many steps of each of its schedules are used."""

    sweep: Sweep
    steps: int


def read_toml(path: str | Path) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : str or Path
        The file, in UTF-8.

    Returns
    -------
    dict
        Its keys and values.

    Raises
    ------
    ValueError
        If the file is not TOML.
    OSError
        If it cannot be read.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # not TOML, not UTF-8, or an impossible path
        raise ValueError(f"{path}: must be a TOML file: {error}") from None


def sweep_from(data: Mapping[str, Any]) -> SweepFile:
    """Build a sweep from the data of a TOML file.

    Parameters
    ----------
    data : Mapping
        ``family`` and ``steps``, and optionally ``parameters``, ``draw`` and ``zip``; see the top
        of this module. Axes are ordered: zips, draws, then parameters.

    Returns
    -------
    SweepFile
        The sweep, and how many steps of each schedule are used.

    Raises
    ------
    TypeError, ValueError
        If a key is unknown or missing, or ``sweep`` refuses the result.

    Examples
    --------
    >>> parameters = {"init": [1.0, 2.0], "end": 0.0, "steps": 10}
    >>> found = sweep_from({"family": "linear", "steps": 10, "parameters": parameters})
    >>> found.sweep.size, found.steps
    (2, 10)
    """
    _check_keys("sweep", data, required=("family", "steps"), optional=("parameters", "draw", "zip"))
    steps = data["steps"]
    if type(steps) is not int or steps < 1:
        raise ValueError(f"sweep: steps must be an integer from 1, got {short_repr(steps)}")
    axes = [
        *map(_zipped_axis, _array_of_tables("sweep", data, "zip")),
        *map(_drawn_axis, _array_of_tables("sweep", data, "draw")),
    ]
    parameters = {
        name: _values_from(name, value) for name, value in _table(data, "parameters").items()
    }
    family = data["family"]
    return SweepFile(
        sweep(family.strip() if isinstance(family, str) else family, *axes, **parameters), steps
    )


def _check_keys(
    where: str, data: object, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> None:
    """Raise unless ``data`` is a table with the required keys, and no unknown ones."""
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
    """The table under a key; an empty one if there is none."""
    found = data.get(key, {})
    if not isinstance(found, Mapping):
        raise TypeError(
            f"sweep: {key} must be a table of parameters, got {type(found).__name__} "
            f"{short_repr(found)}"
        )
    return found


def _array_of_tables(where: str, data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The tables under a key, written ``[[key]]``; none if there is no such key."""
    found = data.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise TypeError(
            f"{where}: {key} must be an array of tables, [[{key}]], got {type(found).__name__} "
            f"{short_repr(found)}"
        )
    return found


def _values_from(name: str, value: Any) -> Any:
    """A value, a list, or the evenly spaced list that ``{from, to, count, scale}`` describes.

    Values between two integers are rounded to integers.
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
        or not all(type(end) in (int, float) and abs(end) <= _MAX_FLOAT for end in ends)
    ):
        raise ValueError(
            f"sweep: {name}: from and to must be numbers, count an integer from 1, got "
            f"{short_repr(dict(value))}"
        )
    if scale == "log" and min(ends) <= 0:
        raise ValueError(
            f"sweep: {name}: from and to must be above 0 on a log scale, got {short_repr(ends)}"
        )
    check_fits(f"sweep: {name}", (count,), np.dtype(np.float64), "reduce count, or use [[draw]]")
    are_integers = all(type(end) is int for end in ends)
    if are_integers and max(map(abs, ends)) > LAST_STEP:
        raise ValueError(
            f"sweep: {name}: integers must be from -2**53 to 2**53, got {short_repr(ends)}"
        )
    spaced = _SCALES[scale](*map(float, ends), count)
    return np.rint(spaced).astype(np.int64) if are_integers else spaced


def _zipped_axis(data: Mapping[str, Any]) -> Axis:
    """The axis of a ``[[zip]]`` table."""
    return zipped(**{name: _values_from(name, value) for name, value in data.items()})


def _drawn_axis(data: Mapping[str, Any]) -> Axis:
    """The axis of a ``[[draw]]`` table."""
    method, size, seed = data.get("method"), data.get("size"), data.get("seed", 0)
    if not isinstance(method, str) or method not in _METHODS:
        raise ValueError(
            f"sweep: draw: method must be one of {', '.join(map(repr, _METHODS))}, got "
            f"{short_repr(method)}"
        )
    spaces = {
        name: _space_from(name, value)
        for name, value in data.items()
        if name not in ("method", "size", "seed")
    }
    axis: Axis = _METHODS[method](size, seed, **spaces)
    return axis


def _space_from(name: str, value: object) -> Any:
    """The space of a value such as ``{uniform = [low, high]}``."""
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in _SPACES:
        rule = (
            f"sweep: draw: {name} must be {{uniform = [low, high]}}, or log_uniform, "
            "integers or choice"
        )
        raise ValueError(f"{rule}, got {short_repr(value)}")
    [(kind, ends)] = value.items()
    if not isinstance(ends, list) or (kind != "choice" and len(ends) != 2):
        rule = "a list of options" if kind == "choice" else "a list [low, high]"
        raise ValueError(f"sweep: draw: {name}: {kind} must be {rule}, got {short_repr(ends)}")
    return _SPACES[kind](*ends)


# -- laws ------------------------------------------------------------------------------------------

_LAWS: dict[str, Any] = {
    law.__name__: law
    for law in (loss_laws.MultiPower, loss_laws.FunctionalScaling, loss_laws.Annealing)
}


def law_from(data: Mapping[str, Any], folder: Path) -> loss_laws.Law:
    """Build a loss law from the data of a TOML file, by its constants or by a fit.

    Parameters
    ----------
    data : Mapping
        ``law``, and either ``constants``, with or without ``fitted_on``, or ``curve``; see the top
        of this module.
    folder : Path
        The folder that the files of curves are relative to.

    Returns
    -------
    Law
        The law.

    Raises
    ------
    TypeError, ValueError
        If a key is unknown or missing, or the law or its fit refuses the data.
    OSError
        If the file of a curve cannot be read.

    Examples
    --------
    >>> constants = {"L0": 2.6, "A": 0.6, "alpha": 0.45, "C": 0.5, "decay": 0.99}
    >>> law_from({"law": "Annealing", "constants": constants}, Path())
    Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
    """
    _check_keys("law", data, required=("law",), optional=("constants", "curve", "fitted_on"))
    name, constants, curves = (
        data["law"],
        data.get("constants"),
        data.get("curve"),
    )
    if not isinstance(name, str) or name not in _LAWS:
        raise ValueError(
            f"law: law must be one of {', '.join(map(repr, _LAWS))}, got {short_repr(name)}"
        )
    if (constants is None) == (curves is None):
        raise ValueError(
            f"law: either constants or curve must be given, got {short_repr(sorted(data))}"
        )
    if constants is not None:
        _check_keys(f"law: {name}", constants, required=tuple(_LAWS[name].kinds))
        law: loss_laws.Law = _LAWS[name](**constants, fitted_on=_fitted_on(data))
        return law
    if "fitted_on" in data:
        raise ValueError("law: fitted_on must be left out with curve, whose runs give it")
    fitted: loss_laws.Law = loss_laws.fit(
        _LAWS[name],
        [_curve_from(curve, folder) for curve in _array_of_tables("law", data, "curve")],
    ).law
    return fitted


def _fitted_on(data: Mapping[str, Any]) -> loss_laws.FittedOn | None:
    """The range of the runs behind the constants, if the file has it."""
    if "fitted_on" not in data:
        return None
    _check_keys("law: fitted_on", data["fitted_on"], required=loss_laws.FittedOn._fields)
    return loss_laws.FittedOn(**data["fitted_on"])


def _curve_from(data: Mapping[str, Any], folder: Path) -> loss_laws.Curve:
    """A run and its losses, from a CSV file with the columns step and loss, or its final loss."""
    if isinstance(data, Mapping) and "loss" in data:
        return _final_loss_from(data)
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
                f"{path}: must have a number in each row of step and loss: {error}"
            ) from None
    kept = [(step, loss) for step, loss in logged if step < before]
    return parse(data["schedule"]), [step for step, _ in kept], [loss for _, loss in kept]


def _final_loss_from(data: Mapping[str, Any]) -> loss_laws.Curve:
    """A run of which only the final loss is known."""
    _check_keys("law: curve", data, required=("schedule", "loss"), optional=("steps",))
    run = parse(data["schedule"])
    steps = data.get("steps", run.steps)
    if type(steps) is not int or steps < 1:
        raise ValueError(
            "law: curve: steps must be an integer from 1, the length of the run, got "
            f"{short_repr(steps)}"
        )
    return run, [steps - 1], [data["loss"]]
