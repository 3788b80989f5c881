"""A schedule of Keras: a table of float32 rates."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from fastlr.adapters._values import check_lasts, lookup_table, the_schedule, warn_of_end
from fastlr.adapters.keras.fit_runs import batches_of_fit
from fastlr.arguments.rules import Steps, short_repr, validate, validate_scalar
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.spec import from_spec

__all__ = ["LearningRate"]


def _steps_before(step: Any) -> int:
    """The number of a step, or 0 in an update that is compiled, which does not know it."""
    try:
        return int(step)
    except TypeError:
        return 0


@keras.saving.register_keras_serializable(package="fastlr")
class LearningRate(keras.optimizers.schedules.LearningRateSchedule):
    """A Keras schedule with the rates of a scalar schedule, rounded once to float32.

    Parameters
    ----------
    schedule : Schedule
        A scalar schedule.
    steps : int, optional
        The length of the run; later rates are NaN. It is needed if the rate changes for ever or the
        schedule does not hold its last rate, and ignored otherwise. Default None.

    Raises
    ------
    TypeError
        If ``schedule`` is not a Schedule.
    ValueError
        If the schedule is a batch, ``steps`` is missing, or the table has 2**24 steps or more. In
        ``fit``: if the schedule ends below its peak, and ``fit`` trains more batches.

    Warns
    -----
    UserWarning
        In ``fit``, if it trains on after the end of a schedule that changes past it, or if the
        steps that the optimizer has made and the batches of ``fit`` together pass the end.

    Notes
    -----
    Keras counts batches, also where ``gradient_accumulation_steps`` has several per update. Only
    the first ``fit`` of a compiled model is checked: Keras does not evaluate the schedule again for
    another one. Steps before it, as of a model that was loaded, count on the torch backend; the
    other backends compile the update and do not know them.

    Examples
    --------
    >>> import keras
    >>> import fastlr as flr
    >>> rate = LearningRate(flr.linear(1.0, 0.0, steps=4))
    >>> float(rate(3)), float(rate(100))
    (0.25, 0.0)
    >>> optimizer = keras.optimizers.Adam(rate)
    """

    def __init__(self, schedule: Schedule, steps: int | None = None) -> None:
        if isinstance(schedule, Bundle):
            raise TypeError(
                f"LearningRate: schedule must be a Schedule, got Bundle of "
                f"{short_repr(list(schedule.names))}; flr.adapters.keras.optimizer(make, bundle) "
                "follows all of it, bundle['lr'] is its rate"
            )
        if the_schedule("LearningRate: schedule", schedule).shape:
            raise ValueError(
                "LearningRate: schedule must be a scalar one, got batch shape "
                f"{schedule.shape}; index it first"
            )
        if steps is not None:
            steps = int(validate_scalar(Steps, "LearningRate: steps", steps))
        self.schedule, self.steps = schedule, steps
        self._rates = keras.ops.convert_to_tensor(
            lookup_table("LearningRate", schedule, self.steps)
        )
        self._last = int(self._rates.shape[0]) - 2
        self._name, self._per_step, self._checked = "LearningRate: schedule", 1, 0

    def check_as(self, name: str, batches_per_step: int) -> None:
        """Set what the check of a run's length says, and how many batches a step has.

        Parameters
        ----------
        name : str
            The beginning of the message.
        batches_per_step : int
            The number of batches that are trained per step, or 0 to check nothing.
        """
        self._name, self._per_step = name, batches_per_step

    def _check_run(self, step: Any) -> None:
        """Raise or warn if the schedule ends before the ``fit`` that is training."""
        batches = batches_of_fit() if self._per_step else None
        if batches and batches != self._checked:
            steps = batches // self._per_step
            check_lasts(self._name, self.schedule, steps)
            if before := _steps_before(step):
                warn_of_end(self._name, self.schedule, before + steps - 1)
            self._checked = batches

    def __call__(self, step: Any) -> Any:
        """Return the rate at a step.

        Parameters
        ----------
        step : int, array_like or integer tensor
            The step, from 0.

        Returns
        -------
        tensor
            The float32 rate. A step below 0 in a tensor gives NaN.

        Raises
        ------
        TypeError, ValueError
            If a number is not an integer from 0, or a tensor is not of integers; or in ``fit``, as
            the class says.
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
        else:
            self._check_run(step)
        return keras.ops.take(self._rates, keras.ops.clip(step, -1, self._last) + 1, axis=0)

    def get_config(self) -> dict[str, Any]:
        """Return the schedule's spec and ``steps`` as plain data, without code."""
        return {"schedule": self.schedule.to_spec(), "steps": self.steps}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> LearningRate:
        """Rebuild the schedule from ``get_config()``.

        Parameters
        ----------
        config : Mapping
            What ``get_config`` returned.

        Returns
        -------
        LearningRate
            An equal schedule.

        Raises
        ------
        TypeError, ValueError
            If ``config`` is of another form, or its spec is wrong.
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
