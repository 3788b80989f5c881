"""xarray: results of a sweep or a batch along its axes, with its parameters as coordinates.

What is labelled is selected by name: ``dataset(sweep, sweep.reduce(["max"],
1_000))["max"].sel(warmup=500)``.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray

from fastlr.arguments.rules import short_repr
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.labels import labels, unit
from fastlr.sweeps.sweep import Sweep

__all__ = ["array", "dataset"]


def dataset(
    lanes: Sweep | Schedule,
    results: Mapping[str, npt.ArrayLike],
    steps: range | npt.ArrayLike | None = None,
) -> xarray.Dataset:
    """Results by name: of each, one value a lane, or a table of lanes by steps, in the shape of the
    sweep or one after another.

    A dimension is an axis of the sweep. One of a single parameter has its name, and its values as
    coordinate; one of several, zipped or drawn, has all their names, ``init_end``, and each of them
    as a coordinate along it. The dimensions of a batch are ``lane``, or ``lane_0``, ``lane_1``,
    with coordinates from those arguments that have one axis. ``steps`` are the coordinate of
    tables. The spec, as JSON, and the fingerprint are in the attributes, and the unit of each
    result in its own. Raises ``ValueError`` for a result of another shape, ``TypeError`` for
    results without names.

    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20, 30])
    >>> found = dataset(family, {"rate": family.table(0, 20, 10)}, steps=range(0, 20, 10))
    >>> dict(found.sizes), float(found["rate"].sel(init=0.2, steps=20, step=10))
    ({'init': 2, 'steps': 3, 'step': 2}, 0.1)
    """
    if not isinstance(results, Mapping):
        raise TypeError(
            f"dataset: results must be arrays by name, got {type(results).__name__} "
            f"{short_repr(results)}"
        )
    named = labels(lanes)
    found = {name: named.shaped(f"dataset: {name}", result) for name, result in results.items()}
    variables = {
        name: ((*named.axes, "step")[: result.ndim], result, {"units": unit(name)})
        for name, result in found.items()
    }
    coordinates: dict[str, Any] = dict(named.parameters)
    if steps is not None:
        coordinates["step"] = ("step", np.asarray(steps), {"units": "step"})
    return xarray.Dataset(variables, coordinates, dict(named.attributes))


def array(
    lanes: Sweep | Schedule, start: int, stop: int | None = None, step: int = 1, **options: Any
) -> xarray.DataArray:
    """The table of a sweep, or of a batch, with its steps and its parameters; ``options`` are those
    of ``fastlr.stores.table``.

    >>> import fastlr as flr
    >>> array(flr.linear([0.1, 0.2], 0.0, steps=10), 0, 20, 10).sel(step=10).values
    array([0., 0.])
    """
    from fastlr.arguments.outputs import span
    from fastlr.sweeps.stores import table

    rates = table(lanes, start, stop, step, **options)
    labelled: xarray.DataArray = dataset(lanes, {"rate": rates}, span(start, stop, step))["rate"]
    return labelled.assign_attrs(labels(lanes).attributes)
