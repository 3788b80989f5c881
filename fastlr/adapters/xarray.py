"""xarray: results of a sweep or a batch along its axes, with its parameters as coordinates.

Select results by parameter: ``dataset(sweep, sweep.reduce("max", 1_000))["max"].sel(warmup=500)``.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import importlib
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.adapters._requirements import required_by
from fastlr.arguments.rules import short_repr
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.labels import labels, unit
from fastlr.sweeps.sweep import Sweep

with required_by("xarray"):
    import xarray

__all__ = ["array", "dataset"]


def dataset(
    lanes: Sweep | Schedule,
    results: Mapping[str, npt.ArrayLike],
    steps: range | npt.ArrayLike | None = None,
) -> xarray.Dataset:
    """Put results into a Dataset along the axes of a sweep or a batch.

    Parameters
    ----------
    lanes : Sweep or Schedule
        What the results are of.
    results : Mapping of str to array_like
        Per name, one value per lane, or a table of lanes by steps. The lanes have the shape of the
        sweep, or are flat in C order.
    steps : range or array_like, optional
        The steps of tables, which become the coordinate ``step``. Default None: no coordinate.

    Returns
    -------
    xarray.Dataset
        One variable per result. The attributes hold the spec as JSON and the fingerprint; each
        variable has its unit.

    Raises
    ------
    TypeError
        If ``results`` is not a mapping.
    ValueError
        If a result has another shape, or the name of an axis or a parameter; or the steps are not
        as many as those of a table.

    Notes
    -----
    Each axis of a sweep is a dimension. An axis of one parameter has its name, with its values as
    the coordinate. An axis of several parameters, zipped or drawn, is named after all of them, such
    as ``init_end``, and each is a coordinate along it. The dimensions of a batch are ``lane``, or
    ``lane_0``, ``lane_1``, with coordinates from the arguments that vary along one axis. A
    parameter named ``step`` is labelled ``parameter_step``, since ``step`` are the columns.

    Examples
    --------
    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20, 30])
    >>> found = dataset(family, {"rate": family.table(0, 20, 10)}, steps=range(0, 20, 10))
    >>> dict(found.sizes), float(found["rate"].sel(init=0.2, steps=20, step=10))
    ({'init': 2, 'steps': 3, 'step': 2}, 0.1)
    """
    if not isinstance(results, Mapping):
        raise TypeError(
            f"dataset: results must be a mapping of names to arrays, got {type(results).__name__} "
            f"{short_repr(results)}"
        )
    return _dataset(lanes, results, steps, ("step",))


def _dataset(
    lanes: Sweep | Schedule,
    results: Mapping[str, npt.ArrayLike],
    steps: range | npt.ArrayLike | None,
    taken: Collection[str],
) -> xarray.Dataset:
    """The dataset, with other labels for parameters whose names are taken."""
    named = labels(lanes, taken)
    if names := [name for name in results if name in {*named.axes, *named.parameters, "step"}]:
        raise ValueError(
            "dataset: results must not have the names of axes, parameters or 'step', got "
            f"{', '.join(map(repr, names))}"
        )
    found = {name: named.shaped(f"dataset: {name}", result) for name, result in results.items()}
    variables = {
        name: ((*named.axes, "step")[: result.ndim], result, {"units": unit(name)})
        for name, result in found.items()
    }
    coordinates: dict[str, Any] = dict(named.parameters)
    counts = {result.shape[-1] for result in found.values() if result.ndim > len(named.axes)}
    if steps is not None:
        own = np.asarray(steps)
        if counts - {own.size}:
            raise ValueError(
                f"dataset: steps must be as many as those of the tables, {min(counts)}, got "
                f"{own.size}"
            )
        coordinates["step"] = ("step", own, {"units": "step"})
    return xarray.Dataset(variables, coordinates, dict(named.attributes))


def _lazy(rates: Any) -> Any:
    """An array as it is; a Zarr array, of which a part at a time is read, as one of Dask."""
    if isinstance(rates, np.ndarray):
        return rates
    try:
        return importlib.import_module("fastlr.adapters.dask").from_zarr(rates)
    except ImportError:
        raise ImportError(
            "array: out=*.zarr needs dask, which is not installed: pip install 'fastlr[dask]'; or "
            "open the store with xarray.open_zarr"
        ) from None


def array(
    lanes: Sweep | Schedule, start: int, stop: int | None = None, step: int = 1, **options: Any
) -> xarray.DataArray:
    """Tabulate a sweep or a batch as a DataArray with its steps and parameters.

    Parameters
    ----------
    lanes : Sweep or Schedule
        What to tabulate.
    start, stop, step : int
        The steps, as in ``range``; ``range(start)`` if ``stop`` is None (default).
    **options
        Options of ``fastlr.stores.table``: ``dtype``, ``out``, ``memory``, ``threads``,
        ``progress``.

    Returns
    -------
    xarray.DataArray
        The rates, with the dimensions of ``dataset`` and ``step``. With ``out="NAME.zarr"`` they
        stay in the store, as a Dask array.

    Raises
    ------
    TypeError, ValueError, OSError
        As ``fastlr.stores.table`` does.

    Examples
    --------
    >>> import fastlr as flr
    >>> array(flr.linear([0.1, 0.2], 0.0, steps=10), 0, 20, 10).sel(step=10).values
    array([0., 0.])
    """
    from fastlr.arguments.output_arrays import span
    from fastlr.sweeps.stores import table

    rates = _lazy(table(lanes, start, stop, step, **options))
    labelled: xarray.DataArray = _dataset(
        lanes, {"rate": rates}, span(start, stop, step), ("rate", "step")
    )["rate"]
    return labelled.assign_attrs(labels(lanes).attributes)
