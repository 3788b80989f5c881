"""MLX: a schedule as a function of the step, which every optimizer of MLX takes as it is.

It looks rates up in a float32 table that is computed once, as on a GPU MLX has no float64. It can
be compiled with the update.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from typing import Any

from fastlr.adapters._requirements import required_by
from fastlr.adapters._values import lookup_table, the_schedule
from fastlr.arguments.rules import Steps, short_repr, validate_scalar
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule

with required_by("mlx"):
    import mlx.core as mx

__all__ = ["Function", "schedule"]


class Function:
    """A schedule as a function of an MLX step. Build one with ``schedule``.

    Parameters
    ----------
    schedule : Schedule
        A scalar schedule.
    steps : int or None
        The length of the run; later rates are NaN.
    """

    def __init__(self, schedule: Schedule, steps: int | None) -> None:
        self.schedule, self.steps = schedule, steps
        table = lookup_table("schedule", schedule, steps)
        self._rates, self._last = mx.array(table[1:]), table.size - 2

    def __repr__(self) -> str:
        return f"schedule({self.schedule!r}, steps={self.steps})"

    def __call__(self, step: Any) -> Any:
        """Return the rate at a step.

        Parameters
        ----------
        step : int or mlx.core.array of an unsigned type
            The step, from 0, as an optimizer of MLX counts it.

        Returns
        -------
        mlx.core.array
            The float32 rate.

        Raises
        ------
        TypeError, ValueError
            If a number is not an integer from 0, or an array is not of an unsigned type.
        """
        if not isinstance(step, mx.array):
            step = mx.array(validate_scalar(Steps, "schedule: step", step), mx.uint64)
        if not mx.issubdtype(step.dtype, mx.unsignedinteger):
            raise TypeError(
                f"schedule: step must be an unsigned integer, got an array of {step.dtype}"
            )
        return self._rates[mx.minimum(step, self._last)]


def schedule(s: Schedule, steps: int | None = None) -> Function:
    """Return the schedule as a function for a learning rate of MLX.

    Parameters
    ----------
    s : Schedule
        A scalar schedule.
    steps : int, optional
        The length of the run; later rates are NaN. It is needed if the rate changes for ever or the
        schedule does not hold its last rate, and ignored otherwise. Default None.

    Returns
    -------
    Function
        A function for every ``learning_rate`` of ``mlx.optimizers``.

    Raises
    ------
    TypeError
        If ``s`` is not a Schedule.
    ValueError
        If ``s`` is a batch, ``steps`` is missing, or the table has 2**24 steps or more.

    Notes
    -----
    The first update uses step 0. The step is in ``optimizer.state``, so loading that state resumes
    the plan.

    Examples
    --------
    >>> import fastlr as flr
    >>> from mlx import optimizers
    >>> adam = optimizers.Adam(learning_rate=schedule(flr.linear(1.0, 0.0, steps=4)))
    >>> adam.learning_rate.item(), schedule(flr.linear(1.0, 0.0, steps=4))(3).item()
    (1.0, 0.25)
    """
    if isinstance(s, Bundle):
        raise TypeError(
            f"schedule: s must be a Schedule, got Bundle of {short_repr(list(s.names))}; MLX "
            "schedules the learning rate alone, bundle['lr']"
        )
    if the_schedule("schedule: s", s).shape:
        raise ValueError(
            f"schedule: s must be a scalar schedule, got batch shape {s.shape}; index it first"
        )
    if steps is not None:
        steps = int(validate_scalar(Steps, "schedule: steps", steps))
    return Function(s, steps)
