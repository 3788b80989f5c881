"""pandas: results of a sweep or a batch, a row a lane, with its parameters in columns."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas

from fastlr.arguments.rules import short_repr
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.labels import labels, unit
from fastlr.sweeps.sweep import Sweep

__all__ = ["frame"]


def frame(lanes: Sweep | Schedule, results: Mapping[str, npt.ArrayLike]) -> pandas.DataFrame:
    """A row for every lane, in order: a column for each parameter that varies, and one for each
    result, one value a lane.

    The spec, as JSON, the fingerprint and the units of the results are in ``attrs``. Raises
    ``ValueError`` for a result that has not one value a lane, or the name of a parameter,
    ``TypeError`` for results without names.

    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20])
    >>> frame(family, {"last": [0.0, 0.05, 0.0, 0.1]})
       init  steps  last
    0   0.1     10  0.00
    1   0.1     20  0.05
    2   0.2     10  0.00
    3   0.2     20  0.10
    """
    if not isinstance(results, Mapping):
        raise TypeError(
            f"frame: results must be arrays by name, got {type(results).__name__} "
            f"{short_repr(results)}"
        )
    named = labels(lanes)
    columns, size = named.of_lanes(), int(np.prod(named.shape))
    for name, result in results.items():
        values = np.asarray(named.shaped(f"frame: {name}", result))
        if values.size != size or name in columns:
            rule = (
                f"frame: {name} must have one value a lane, {size} of them, and a "
                "name that no parameter has"
            )
            raise ValueError(f"{rule}, got shape {values.shape} beside {short_repr(list(columns))}")
        columns[name] = values.reshape(-1)
    rows = pandas.DataFrame(columns, index=range(size))
    rows.attrs.update(named.attributes, units={name: unit(name) for name in results})
    return rows
