"""The schedule: a rate for every step, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Floats
from fastlr.errors import public_methods
from fastlr.kernels.schedule_base import ScheduleBase, calls_in_c
from fastlr.program import tree
from fastlr.program.tree import Node
from fastlr.schedule.evaluation import Evaluation
from fastlr.schedule.plan_changes import Plans
from fastlr.schedule.recorded_calls import NO_CALL
from fastlr.schedule.training_measures import TrainingMeasures

__all__ = ["Schedule", "curve_schedule", "from_node"]

Array = npt.NDArray[np.float64]


@with_types
@public_methods(but=("__init__",))
class Schedule(Evaluation, TrainingMeasures, Plans):
    """A rate for every step from 0 to 2^53: an immutable value.

    A schedule is built by a constructor such as ``linear``, a preset or ``parse``. ``shape`` is
    its batch shape: ``()`` for one schedule, ``(1000,)`` for a sweep of 1,000 schedules. Each
    schedule of a batch is a *lane*. ``past_end`` says what holds past the end: ``"hold"``,
    ``"raise"``, ``"repeat"`` or ``"zero"``.

    ``s(t, out=None, threads=1)`` is the rate at step ``t``, a float, or the rates at an integer
    array of steps, which go to ``out`` if that is given. ``Evaluation.__call__`` describes it.

    Each part of the class lives in its own module:

    =====================  =================================================
    module                 what a schedule can do
    =====================  =================================================
    ``value``              compare, hash, pickle, copy, index, iterate;
                           ``shape``, ``names``, ``steps``, ``past_end``,
                           ``boundaries``, ``program``, ``to_spec``,
                           ``fingerprint``, ``origin``
    ``evaluation``         rates: ``s(t)``, ``each``, ``table``, ``row``,
                           ``unique``
    ``reduction_methods``  one number per lane: ``sum``, ``mean``,
                           ``cumsum``, ``max``, ``min``, ``argmax``,
                           ``argmin``, ``first_below``, ``first_above``,
                           ``total_variation``, ``reduce``
    ``training_measures``  what rates do in training: ``retained``,
                           ``timescale``, ``bound``, ``best_scale``
    ``algebra``            new schedules: ``+``, ``-``, ``*``, ``/``,
                           ``then``, ``minimum``, ``maximum``, ``clip``,
                           ``delay``, ``skip``, ``stretch``, ``paced``,
                           ``staircase``, ``repeat``
    ``plan_changes``       a changed plan: ``cooldown``, ``branches``,
                           ``continue_from``, ``follow``, ``extend``,
                           ``with_past_end``, ``with_groups``
    ``schedule``           ``plot``
    =====================  =================================================

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.linear(0.0, 6e-4, steps=2_000).then(flr.cosine(6e-4, 6e-5, steps=598_000))
    >>> s(0), s(1_000), s(2_000), s(600_000)
    (0.0, 0.0003, 0.0006, 6e-05)
    >>> s == eval(repr(s), vars(flr))
    True
    """

    __slots__ = ()
    __array_ufunc__ = None  # NumPy then leaves array * schedule to Schedule.__rmul__

    def plot(self, **options: Any) -> Any:
        """Draw the schedule with Matplotlib.

        Parameters
        ----------
        **options
            ``steps``, ``ax``, ``boundaries``, ``log``, ``tokens_per_step``, ``steps_per_epoch``,
            ``share`` and ``color``, as ``fastlr.plot`` takes them.

        Returns
        -------
        matplotlib.axes.Axes
            The axes, which ``fastlr.drawing.plots.save`` writes to a file.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        TypeError
            If ``steps`` is not an integer.
        ValueError
            If ``steps`` is out of range, or missing for a schedule that never ends.

        See Also
        --------
        fastlr.plot : Draw several schedules, and a description of the options.

        Examples
        --------
        >>> import fastlr as flr
        >>> from fastlr.drawing.plots import empty
        >>> axes = flr.linear([1.0, 2.0], 0.0, steps=90).plot(ax=empty())
        >>> [text.get_text() for text in axes.get_legend().get_texts()]
        ['init=1', 'init=2']
        """
        from fastlr.drawing.plots import plot

        return plot(self, **options)

    def _repr_html_(self) -> str:
        """Return the display of a notebook: what the schedule is, and its curve."""
        from fastlr.schedule.display import html_of

        return html_of(self)

    def _differing(self, others: Sequence[Schedule]) -> dict[str, list[Any]]:
        """Return the arguments that tell this schedule and others apart, as columns by name."""
        from fastlr.schedule.differing_arguments import differing_arguments

        return differing_arguments([self._call, *(other._call for other in others)])


if calls_in_c:  # in place of the method in Python, which it calls for what it leaves to that
    Schedule.__call__ = ScheduleBase.__call__  # type: ignore[method-assign]


def from_node(node: Node, past_end: str = "hold") -> Schedule:
    """Return a schedule of a node; the constructor that calls this adds its call."""
    return Schedule(node, NO_CALL, past_end)


def curve_schedule(
    kind: str,
    steps: Floats | None,
    top: Floats,
    /,
    samples: Array | None = None,
    **numbers: Floats,
) -> Schedule:
    """Return a schedule of one opcode; ``top`` is a level that it never exceeds."""
    return from_node(tree.curve(kind, steps, top, samples, **numbers))
