"""The schedule: a rate for every step, as a value."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.errors import public_methods
from fastlr.program import tree
from fastlr.program.tree import Node
from fastlr.schedule.calls import Call
from fastlr.schedule.evaluation import Evaluation
from fastlr.schedule.plans import Plans
from fastlr.schedule.reductions import Reductions

__all__ = ["Schedule", "curve_schedule", "from_node"]

Array = npt.NDArray[np.float64]

_NO_CALL = Call("", {})  # until a constructor gives its own


@public_methods(but=("__init__",))
class Schedule(Evaluation, Reductions, Plans):
    """A rate for every step from 0 to 2^53: an immutable value.

    ``shape`` is the batch shape: ``()`` for one schedule, ``(1000,)`` for a sweep of a thousand,
    each of which is a *lane*. What a schedule can do stands in five places:

    ===========================  =====================================================
    ``schedule/value.py``        compare, hash, pickle, index; ``steps``, ``boundaries``,
                                 ``program``, ``to_spec``, ``fingerprint``
    ``schedule/evaluation.py``   ``s(t)``, ``each``, ``table``, ``row``, ``unique``
    ``schedule/reductions.py``   ``sum``, ``mean``, ``max``, ``argmax``, ``first_below``,
                                 ``total_variation``, ``retained``, ``timescale``, ...
    ``schedule/algebra.py``      ``+``, ``*``, ``then``, ``clip``, ``minimum``, ``delay``,
                                 ``skip``, ``paced``, ``staircase``, ``repeat``
    ``schedule/plans.py``        ``cooldown``, ``branches``, ``continue_from``, ``extend``,
                                 ``with_past_end``, ``with_groups``
    ===========================  =====================================================

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
    __array_ufunc__ = None  # so that an array times a schedule is a schedule

    def __init__(self, *from_node: Any, **options: Any) -> None:
        if options or len(from_node) != 3 or not isinstance(from_node[0], Node):
            raise TypeError(
                "Schedule: a schedule is built by a constructor, such as linear(init, end, steps)"
            )
        super().__init__(*from_node)

    def plot(self, **options: Any) -> Any:
        """Draw the schedule with Matplotlib; see ``fastlr.drawing.plots.plot`` for the options.
        Returns the axes.
        """
        from fastlr.drawing.plots import plot

        return plot(self, **options)

    def _repr_svg_(self) -> str:
        """A small picture for notebooks: of a batch, its first lane."""
        from fastlr.drawing.sparkline import extent, spread, svg

        lane = self[(0,) * len(self.shape)] if self.shape else self
        return svg(lane(spread(extent(lane), 480)), title=repr(self))


def from_node(node: Node, past_end: str = "hold") -> Schedule:
    """A schedule on its way out of a constructor, which gives it its call."""
    return Schedule(node, _NO_CALL, past_end)


def curve_schedule(
    kind: str,
    steps: npt.ArrayLike | None,
    top: npt.ArrayLike,
    /,
    samples: Array | None = None,
    **numbers: npt.ArrayLike,
) -> Schedule:
    """One curve of the shape table; ``top`` is a level that it never exceeds."""
    length = None if steps is None else np.asarray(steps)
    return from_node(
        tree.curve(
            kind,
            length,
            top,
            samples,
            **{name: np.asarray(number) for name, number in numbers.items()},
        )
    )
