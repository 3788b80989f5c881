"""Where a schedule was read: the file, its format, and what a step is."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Origin"]


class Origin(NamedTuple):
    """Where :func:`fastlr.from_config` read a schedule.

    Attributes
    ----------
    name : str
        The name of the file without its suffix, or the format.
    source : str
        The path of the file, or what else it was: "a mapping", "a command", a type.
    framework : str
        The format, by its name in ``docs/configs.md``.
    unit : str
        What a step of the schedule is: ``"steps"`` or ``"epochs"``.
    steps_per_epoch : int or None
        The number of steps per epoch that you gave.

    Examples
    --------
    >>> import fastlr as flr
    >>> config = {"lr_scheduler_type": "linear", "learning_rate": 1e-3, "max_steps": 100}
    >>> s = flr.from_config(config)
    >>> s.steps, s.origin.framework, s.origin.unit
    (100, 'transformers', 'steps')
    """

    name: str
    source: str
    framework: str
    unit: str
    steps_per_epoch: int | None = None
