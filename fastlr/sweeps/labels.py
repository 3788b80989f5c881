"""Labels: what the lanes of a sweep or a batch are called, axis by axis, for those who put
names to numbers.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import as_array, short_repr
from fastlr.schedule.calls import Call
from fastlr.schedule.construction import cores_of
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.batches import lanes_of
from fastlr.sweeps.sweep import Sweep

__all__ = ["Labels", "labels", "unit"]

Array = npt.NDArray[Any]

_UNITS = {"sum": "rate step", "cumsum": "rate step", "retained": "1"} | dict.fromkeys(
    ("argmax", "argmin", "first_below", "first_above", "timescale"), "step"
)


@dataclass(frozen=True)
class Labels:
    """Of each axis its name and length; of each parameter along one, the axis and its values;
    and what the whole is.
    """

    axes: Mapping[str, int]
    parameters: Mapping[str, tuple[str, Array]]
    attributes: Mapping[str, str]

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return tuple(self.axes.values())

    def of_lanes(self) -> dict[str, Array]:
        """Of each parameter, its value for every lane, in C order."""
        lanes = np.arange(int(np.prod(self.shape)))
        along = dict(
            zip(self.axes, np.unravel_index(lanes, self.shape) if self.axes else (), strict=True)
        )
        return {name: values[along[axis]] for name, (axis, values) in self.parameters.items()}

    def shaped(self, where: str, result: Any) -> Any:
        """A result of one value a lane, or of one a lane and step, along the axes;
        ``ValueError`` for any other.
        """
        array = (
            result if hasattr(result, "reshape") else as_array(f"{where} must be an array", result)
        )
        size = int(np.prod(self.shape))
        shape = tuple(array.shape)
        leading = next(
            (known for known in (self.shape, (size,)) if shape[: len(known)] == known), None
        )
        if leading is None or len(shape) > len(leading) + 1:
            rule = f"{where} must have shape {self.shape} or {(size,)}, or that and steps"
            raise ValueError(f"{rule}, got {short_repr(shape)}")
        return array.reshape((*self.shape, *shape[len(leading) :]))


def labels(lanes: Sweep | Schedule) -> Labels:
    """Those of a sweep: an axis of one parameter has its name, any other those of all its
    parameters; of a batch: its arguments.

    Values that are lists themselves, boundaries say, are written out as text.

    >>> import fastlr as flr
    >>> found = labels(flr.sweep("linear", flr.zipped(init=[0.1, 0.2], end=[0.0, 0.1]), steps=[10, 20, 30]))
    >>> dict(found.axes), found.parameters["end"]
    ({'init_end': 2, 'steps': 3}, ('init_end', array([0. , 0.1])))
    """
    whole = lanes_of("labels: lanes", lanes)
    attributes = {"spec": json.dumps(whole.described())}
    if (fingerprint := whole.fingerprint) is not None:
        attributes = {"fingerprint": fingerprint, **attributes}
    if isinstance(lanes, Schedule):
        return _labels_of_batch(lanes, attributes)
    names = {"_".join(axis.names): axis for axis in lanes.axes}
    axes = {name: axis.size for name, axis in names.items()}
    found = {
        key: (name, values)
        for name, axis in names.items()
        for key, values in axis.values(np.arange(axis.size)).items()
    }
    return Labels(
        axes, {key: (axis, _flat(values)) for key, (axis, values) in found.items()}, attributes
    )


def unit(name: str) -> str:
    """In what a result of this name is counted: rates, but for those that are steps, or of both."""
    return _UNITS.get(name, "rate")


def _labels_of_batch(schedule: Schedule, attributes: Mapping[str, str]) -> Labels:
    """Arguments that have one axis of the batch, and the names of its groups."""
    ndim = len(schedule.shape)
    axes = {"lane" if ndim == 1 else f"lane_{i}": size for i, size in enumerate(schedule.shape)}
    along = dict(zip(range(-ndim, 0), axes, strict=True))
    found = (
        {} if schedule.names is None else {"group": (next(iter(axes)), np.array(schedule.names))}
    )
    for name, values in _arguments(schedule._call):
        own = [i for i, size in enumerate(values.shape) if size > 1]
        axis = along.get(own[0] - values.ndim) if len(own) == 1 else None
        if axis is not None and values.size == axes[axis]:
            found.setdefault(name, (axis, values.reshape(-1)))
    return Labels(axes, found, attributes)


def _arguments(call: Call, where: str = "") -> Iterator[tuple[str, Array]]:
    """All arguments that are numbers, one a lane, those of schedules within by the
    constructor's name, too.
    """
    own = cores_of(call.name)
    for name, value in call.arguments.items():
        if isinstance(value, Call):
            yield from _arguments(value, f"{value.name}_")
        elif isinstance(value, np.ndarray) and not own.get(name):
            yield f"{where}{name}", value


def _flat(values: Array) -> Array:
    """One value a place: of lists, what they look like."""
    return values if values.ndim == 1 else np.array([str(value.tolist()) for value in values])
