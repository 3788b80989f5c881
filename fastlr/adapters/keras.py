"""Keras: a learning-rate schedule for any of its optimizers, on each of its backends.

It looks rates up in a table of float32 that is made once: exact whatever the backend computes in,
and one operation a step. The table reaches to where the rate no longer changes, four bytes a step,
and is no part of what is saved: that is the spec.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Steps, short_repr, validate, validate_scalar
from fastlr.program.opcodes import HEADER_LIMIT
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.spec import from_spec
from fastlr.schedule.value import a_schedule

__all__ = ["LearningRate"]

_LONGEST = 2**24  # rates in a table, 64 MiB


def _table(schedule: Schedule, steps: int | None) -> npt.NDArray[np.float32]:
    """What is before step 0, not a number, and the rates of all steps, the last for those that
    follow: what is held, or none.
    """
    ends = schedule.steps is not None and schedule.past_end in ("hold", "zero")
    reached = int(schedule.steps or 0) if ends else steps
    if reached is None:
        raise ValueError(
            "LearningRate: steps must be given for a schedule that does not end and "
            f"hold, got {short_repr(schedule)}"
        )
    if reached >= _LONGEST:
        raise ValueError(
            f"LearningRate: a table must have less than {_LONGEST:,} steps, got {reached:,}"
        )
    rates = schedule.table(
        min(reached + ends, int(schedule.program[HEADER_LIMIT])), dtype=np.float32
    )
    none = np.full(1, np.nan, dtype=np.float32)
    return np.concatenate([none, rates] if ends else [none, rates, none])


@keras.saving.register_keras_serializable(package="fastlr")
class LearningRate(keras.optimizers.schedules.LearningRateSchedule):
    """The float32 rate of a scalar schedule at each step, to the bit.

    ``steps`` is needed where the schedule never ends, or does not hold its last rate: the length of
    the run, after which the rate is not a number. Raises ``ValueError`` for a batch, and for a
    table of 2^24 steps or more; when it is called, ``ValueError`` or ``TypeError`` for a number
    that is no step.

    >>> import keras
    >>> import fastlr as flr
    >>> rate = LearningRate(flr.linear(1.0, 0.0, steps=4))
    >>> float(rate(3)), float(rate(100))
    (0.25, 0.0)
    >>> optimizer = keras.optimizers.Adam(rate)
    """

    def __init__(self, schedule: Schedule, steps: int | None = None) -> None:
        if a_schedule("LearningRate: schedule", schedule, Schedule).shape:
            raise ValueError(
                "LearningRate: schedule must be a scalar one, got batch shape "
                f"{schedule.shape}; index it first"
            )
        self.schedule, self.steps = (
            schedule,
            None if steps is None else int(validate_scalar(Steps, "LearningRate: steps", steps)),
        )
        self._rates = keras.ops.convert_to_tensor(_table(schedule, self.steps))
        self._last = int(self._rates.shape[0]) - 2

    def __call__(self, step: Any) -> Any:
        """The rate at an integer step, a tensor; one that is below 0 in a tensor is not a
        number, and as a number refused.
        """
        if not keras.ops.is_tensor(step) and not isinstance(
            step, keras.Variable | keras.KerasTensor
        ):
            step = np.minimum(validate(Steps, "LearningRate: step", step), self._last).astype(
                np.int32
            )
        elif "int" not in keras.backend.standardize_dtype(step.dtype):
            raise TypeError(
                f"LearningRate: step must be an integer, got a tensor of dtype {step.dtype}"
            )
        return keras.ops.take(self._rates, keras.ops.clip(step, -1, self._last) + 1, axis=0)

    def get_config(self) -> dict[str, Any]:
        """The schedule's spec: plain data, no code."""
        return {"schedule": self.schedule.to_spec(), "steps": self.steps}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> LearningRate:
        """The schedule again. Raises ``TypeError`` or ``ValueError`` for what ``get_config``
        did not give.
        """
        if not isinstance(config, Mapping):
            raise TypeError(
                f"from_config: config must be a mapping, got {type(config).__name__} "
                f"{short_repr(config)}"
            )
        if set(config) != {"schedule", "steps"}:
            raise ValueError(
                "from_config: config must have a schedule and steps, and nothing else, "
                f"got {short_repr(dict(config))}"
            )
        return cls(from_spec(config["schedule"]), config["steps"])
