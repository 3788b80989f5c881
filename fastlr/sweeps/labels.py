"""Labels of the lanes of a sweep or a batch: axis names and parameter values, for xarray and
pandas.
"""

from __future__ import annotations  # help() replaces rules in the text

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.output_arrays import check_fits
from fastlr.arguments.rules import as_array, short_repr
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.batches import array_arguments, free_name, lanes_of
from fastlr.sweeps.rank_order import is_in_rank_order
from fastlr.sweeps.ranking import Ranked
from fastlr.sweeps.stores.layout import spec_text
from fastlr.sweeps.sweep import Sweep

__all__ = ["Labels", "labels", "unit"]

Array = npt.NDArray[Any]

_FEWER = "label fewer schedules: a part of the sweep, or the best with rank"

_UNITS = {"sum": "rate step", "cumsum": "rate step", "retained": "1"} | dict.fromkeys(
    ("argmax", "argmin", "first_below", "first_above", "timescale"), "step"
)


@dataclass(frozen=True)
class Labels:
    """Names and values along the axes of a sweep or a batch.

    Parameters
    ----------
    axes : Mapping of str to int
        The length of each axis, by name.
    parameters : Mapping of str to (str, array)
        Per parameter, the name of its axis and its values along it.
    attributes : Mapping of str to str
        ``"spec"``, as JSON, or a description where there is none; and ``"fingerprint"`` where
        there is one.
    is_ranking : bool
        Whether the lanes are in the order of a ranking.
    """

    axes: Mapping[str, int]
    parameters: Mapping[str, tuple[str, Array]]
    attributes: Mapping[str, str]
    is_ranking: bool = False  # whether the lanes are in the order of a ranking

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return tuple(self.axes.values())

    def of_lanes(self) -> dict[str, Array]:
        """Return, per parameter, its value at every lane in C order."""
        check_fits(
            "labels of all lanes",
            (1 + len(self.parameters), math.prod(self.shape)),
            np.dtype(np.float64),
            _FEWER,
        )
        lanes = np.arange(math.prod(self.shape))
        along = dict(
            zip(self.axes, np.unravel_index(lanes, self.shape) if self.axes else (), strict=True)
        )
        return {name: values[along[axis]] for name, (axis, values) in self.parameters.items()}

    def shaped(self, where: str, result: Any) -> Any:
        """Reshape a result, one value per lane or per lane and step, to the axes.

        Raises ``ValueError``, beginning with ``where``, for any other shape, and for values that
        are in the order of a ranking.
        """
        if is_in_rank_order(result) and not self.is_ranking:
            raise ValueError(
                f"{where} must be in the order of the sweep, got values in the order of a ranking; "
                "give the ranking itself: frame(ranked), or frame(ranked, results)"
            )
        array = (
            result if hasattr(result, "reshape") else as_array(f"{where} must be an array", result)
        )
        size = int(np.prod(self.shape))
        shape = tuple(array.shape)
        leading = next(
            (known for known in (self.shape, (size,)) if shape[: len(known)] == known), None
        )
        if leading is None or len(shape) > len(leading) + 1:
            rule = f"{where} must have shape {self.shape} or {(size,)}, and may have a step axis"
            raise ValueError(f"{rule}, got {short_repr(shape)}")
        return array.reshape((*self.shape, *shape[len(leading) :]))


def labels(lanes: Sweep | Schedule | Ranked, taken: Collection[str] = ()) -> Labels:
    """Label the axes of a sweep, a batch or a ranking.

    An axis of a sweep is named after its parameters, joined by ``_``. A batch is labelled by those
    arguments that vary along one axis. Values that are lists themselves, such as boundaries, become
    text. A parameter with one of the names ``taken`` is labelled ``parameter_NAME``.

    >>> import fastlr as flr
    >>> ends = flr.zipped(init=[0.1, 0.2], end=[0.0, 0.1])
    >>> found = labels(flr.sweep("linear", ends, steps=[10, 20, 30]))
    >>> dict(found.axes), found.parameters["end"]
    ({'init_end': 2, 'steps': 3}, ('init_end', array([0. , 0.1])))
    """
    if isinstance(lanes, Ranked):
        return _ranking_labels(lanes)
    whole = lanes_of("labels: lanes", lanes)
    attributes = {"spec": spec_text(whole) or json.dumps(whole.describe())}
    if (fingerprint := whole.fingerprint) is not None:
        attributes = {"fingerprint": fingerprint, **attributes}
    if isinstance(lanes, Schedule):
        return _batch_labels(lanes, attributes)
    names = {free_name("_".join(axis.names), taken, lanes.names): axis for axis in lanes.axes}
    axes = {name: axis.size for name, axis in names.items()}
    for name, size in axes.items():
        check_fits(f"labels of {name}", (size,), np.dtype(np.float64), _FEWER)
    found = {
        free_name(key, taken, lanes.names): (name, values)
        for name, axis in names.items()
        for key, values in axis.values(np.arange(axis.size)).items()
    }
    return Labels(
        axes,
        {key: (axis, _one_per_place(values)) for key, (axis, values) in found.items()},
        attributes,
    )


def _ranking_labels(ranked: Ranked) -> Labels:
    """The places and the parameters of the best schedules, along one axis, ``rank``."""
    own = ranked.parameters
    found = {
        "place": ranked.places,
        **{free_name(name, ("place", "loss"), own): values for name, values in own.items()},
    }
    attributes = {"law": repr(ranked.law), "steps": str(ranked.steps)}
    if not isinstance(ranked.lanes, Sweep | Schedule):
        whole: Mapping[str, str] = {}
    else:
        whole = labels(ranked.lanes).attributes
    return Labels(
        {"rank": ranked.places.size},
        {name: ("rank", _one_per_place(np.asarray(values))) for name, values in found.items()},
        {**attributes, **whole},
        is_ranking=True,
    )


def unit(name: str) -> str:
    """The unit of the reduction of this name: ``"rate"``, ``"step"``, ``"rate step"`` or ``1``."""
    return _UNITS.get(name, "rate")


def _batch_labels(schedule: Schedule, attributes: Mapping[str, str]) -> Labels:
    """The names of groups, and the arguments that vary along exactly one axis of the batch."""
    ndim = len(schedule.shape)
    axes = {"lane" if ndim == 1 else f"lane_{i}": size for i, size in enumerate(schedule.shape)}
    along = dict(zip(range(-ndim, 0), axes, strict=True))
    found = (
        {} if schedule.names is None else {"group": (next(iter(axes)), np.array(schedule.names))}
    )
    for name, values in array_arguments(schedule._call):
        own = [i for i, size in enumerate(values.shape) if size > 1]
        axis = along.get(own[0] - values.ndim) if len(own) == 1 else None
        if axis is not None and values.size == axes[axis]:
            found.setdefault(name, (axis, values.reshape(-1)))
    return Labels(axes, found, attributes)


def _one_per_place(values: Array) -> Array:
    """One value per place: a list becomes its text."""
    return values if values.ndim == 1 else np.array([str(value.tolist()) for value in values])
