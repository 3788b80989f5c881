"""Change the plan of a run: cool down, branch, continue, extend, or say what holds past the end."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import (
    Flag,
    Power,
    Rate,
    Steps,
    short_repr,
)
from fastlr.errors import public_methods
from fastlr.kernels import reference
from fastlr.program import tree
from fastlr.program.tree import Node, Numbers
from fastlr.schedule.algebra import Algebra, join_parts, scale
from fastlr.schedule.calls import Call
from fastlr.schedule.construction import CONSTRUCTORS
from fastlr.schedule.value import Value, constructor

__all__ = ["Cooldown", "Plans", "cooldown_node"]

Array = npt.NDArray[np.float64]
PastEnd = Literal["hold", "raise", "repeat", "zero"]
Clock = Literal["own", "same"]
Cooldown = Literal["linear", "cosine", "1-sqrt", "sqrt", "polynomial", "exponential"]


@public_methods("Schedule")
class Plans(Algebra):
    """How a plan can change; each method returns a new schedule."""

    __slots__ = ()

    @constructor
    def cooldown(
        self,
        at: Steps,
        steps: Steps,
        end: Rate = 0.0,
        shape: Cooldown = "linear",
        power: Power = 2.0,
    ) -> Self:
        """This schedule up to step ``at``, then from its rate there to ``end`` in ``steps`` steps,
        by a shape of ``wsd``.

        >>> import fastlr as flr
        >>> flr.constant(1.0).cooldown(at=10, steps=4)(12)
        0.5
        """
        level = _rates_at(self, np.asarray(at))
        return join_parts(
            (self, self._from_node(cooldown_node("cooldown", level, end, steps, shape, power))),
            (0, at),
        )

    @constructor
    def branches(
        self,
        at: Steps,
        steps: Steps,
        end: Rate = 0.0,
        shape: Cooldown = "linear",
        power: Power = 2.0,
    ) -> Self:
        """A cooldown from each of several steps of one run: a batch of the shape that ``at`` and
        ``steps`` broadcast to.

        Each lane is ``cooldown(at, steps, end, shape, power)``: this schedule, to the bit, up to
        its own step ``at``. Hagele et al., *Scaling Laws and Compute-Optimal Training Beyond Fixed
        Training Durations* (2024). Raises ``ValueError`` for a branch that begins after the end,
        unless what is held from there on is the peak.

        >>> import fastlr as flr
        >>> flr.constant(1.0).branches(at=[10, 20], steps=[2, 4])([9, 11, 22])
        array([[1. , 0.5, 0. ],
               [1. , 1. , 0.5]])
        """
        late = (np.asarray(at) > self._node.last) & (
            _rates_at(self, np.asarray(at)) < self._node.bound
        )
        if late.any():
            end_of = np.broadcast_to(self._node.last, late.shape)[late].min()
            raise ValueError(
                f"branches: at must be at most {int(end_of)}, where the schedule ends, "
                f"got {short_repr(at)}"
            )
        return self.cooldown(at, steps, end, shape, power)

    @constructor
    def continue_from(
        self, step: Steps, new: Self, clock: Clock = "own", match: Flag = False
    ) -> Self:
        """This schedule up to ``step``, then another: a plan changed in mid-run. No rate before
        ``step`` changes.

        ``new`` begins there at its own step 0; with ``clock="same"`` it is a plan of the whole run,
        at its step ``step``. With ``match`` it is multiplied, so that it begins with the rate that
        this schedule has at ``step``, rounded once. Raises ``ValueError`` where it would have to
        be, and begins at 0.

        >>> import fastlr as flr
        >>> flr.constant(0.4).continue_from(10, flr.linear(1.0, 0.0, steps=4), match=True)([9, 10, 12, 14])
        array([0.4, 0.4, 0.2, 0. ])
        """
        rest = new.skip(step) if clock == "same" else new
        if match:
            reached, first = _rates_at(self, np.asarray(step)), _rates_at(rest, np.asarray(0))
            if np.any(first == 0) or np.any(reached == 0):
                raise ValueError(
                    "continue_from: match must be of rates above 0, got "
                    f"{short_repr(reached)} and then {short_repr(first)}"
                )
            with np.errstate(over="ignore"):  # an infinite factor is refused
                rest = scale(rest, reached / first)
        return join_parts((self, rest), (np.asarray(0), np.asarray(step)))

    @constructor
    def extend(self, total: Steps, at: Steps = 0) -> Self:
        """The same schedule with its end at step ``total`` in place of ``s.steps``: the run goes on
        for longer.

        Where the rate is held before the last piece, as in the stable phase of ``wsd``, it is held
        for longer, and the last piece is as it was. Elsewhere the last piece takes longer. ``at``
        is where the run is: no rate before it changes, and where it is in the last piece already,
        that runs anew from the rate there. What never ends, a floor too, stays as it is. Raises
        ``ValueError`` for one that ends later than ``total``, for ``at`` beyond it, and where the
        last piece is no curve between two levels.

        >>> import fastlr as flr
        >>> flr.wsd(1.0, warmup=10, stable=70, cooldown=20).extend(200).boundaries
        (10, 180, 200)
        >>> flr.linear(1.0, 0.0, steps=10).extend(15, at=5)([4, 5, 10, 15])
        array([0.6 , 0.5 , 0.25, 0.  ])
        """
        for length in tree.ends(self._node):
            if np.any(np.asarray(total) < length):
                raise ValueError(
                    "extend: total must be no less than the schedule takes, "
                    f"{short_repr(length)}, got {short_repr(total)}"
                )
        if np.any(np.asarray(at) > np.asarray(total)):
            raise ValueError(
                f"extend: at must be at most total, {short_repr(total)}, got {short_repr(at)}"
            )
        return self._from_node(
            _extended(self._node, np.asarray(total), np.asarray(at)), self.past_end
        )

    @constructor
    def with_past_end(self, policy: PastEnd) -> Self:
        """The same schedule with another answer past its end.

        ``"hold"`` keeps the last rate, ``"raise"`` raises ``ValueError`` for any step from
        ``s.steps`` on, ``"repeat"`` begins again at step 0, ``"zero"`` gives 0.0 from ``s.steps``
        on. Raises ``ValueError`` for a schedule that never ends.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.5, steps=2).with_past_end("zero").table(4)
        array([1.  , 0.75, 0.  , 0.  ])
        """
        if policy != "hold" and self._node.steps is None:
            raise ValueError(
                f"with_past_end: the schedule must end, got {short_repr(self)}, which "
                "goes on for ever"
            )
        if policy == "repeat" and self._node.steps is not None and np.any(self._node.steps < 1):
            raise ValueError(
                "with_past_end: a schedule that repeats must have at least one step, "
                f"got {short_repr(self)}"
            )
        return self._from_node(self._node, policy)

    def with_groups(self, others: Mapping[str, Self]) -> Self:
        """Named groups and more of them: a new schedule, in which every group that was there has
        the bits it had.

        Raises ``TypeError`` for groups that have no names, ``ValueError`` where the schedule has
        none that have, or has one of these names.

        >>> import fastlr as flr
        >>> flr.stack({"body": flr.constant(0.1)}).with_groups({"head": flr.constant(0.3)}).row(0)
        {'body': 0.1, 'head': 0.3}
        """
        if self.names is None:
            raise ValueError(
                f"with_groups: the schedule must have named groups, stack({{name: "
                f"schedule}}), got {short_repr(self)}"
            )
        if not isinstance(others, Mapping):
            raise TypeError(
                "with_groups: others must be schedules by name, got "
                f"{type(others).__name__} {short_repr(others)}"
            )
        stacked: Self = CONSTRUCTORS["stack"]([*self, *others.values()], [*self.names, *others])
        return stacked


def _extended(node: Node, total: Numbers, at: Numbers) -> Node:
    """A node that ends at ``total``, unchanged before ``at``."""
    if not tree.ends(node):
        return node
    if node.kind in ("scale", "delay"):
        wait = node.numbers.get("steps", np.asarray(0))
        return tree.rebuild(
            node, (_extended(node.parts[0], total - wait, np.maximum(at - wait, 0)),)
        )
    if node.kind == "stack":
        return tree.stack(tuple(_extended(part, total, at) for part in node.parts), node.labels)
    if node.kind == "join":
        return _extended_join(node, total, at)
    if node.kind in ("multiply", "add", "minimum", "maximum") and not all(
        map(tree.ends, node.parts)
    ):
        # a floor, say, is as it was
        return tree.pair(node.kind, *(_extended(part, total, at) for part in node.parts))
    if not {"init", "end", "steps"} <= node.numbers.keys():
        raise ValueError(
            f"extend: the last piece must be a curve between two levels, got a {node.kind}"
        )
    begin = np.broadcast_arrays(at, total)[0]
    init = np.where(
        begin > 0, _rates_at(Value(node, Call("", {}), "hold"), begin), node.numbers["init"]
    )
    again = tree.rebuild(node, (), init=init, steps=total - begin)
    return tree.join((node, again), (np.asarray(0), begin)) if np.any(begin > 0) else again


def _extended_join(node: Node, total: Numbers, at: Numbers) -> Node:
    *before, last = node.parts
    *starts, start = (node.numbers[str(i)] for i in range(len(node.parts)))
    if not before:
        return tree.join((_extended(last, total, at),), (start,))
    stood = before[-1].kind == "constant" or (
        before[-1].steps is not None and before[-1].steps < start - starts[-1]
    )
    waits = stood & (at <= start)  # the rate is held before the last piece, which has not begun
    if np.any(waits) and not np.all(waits):
        raise ValueError(
            "extend: all lanes must be alike, got some whose rate is held before the "
            "last piece; extend them one by one"
        )
    if np.all(waits) and last.steps is not None:
        return tree.join((*before, last), (*starts, np.asarray(total - last.steps)))
    return tree.join(
        (*before, _extended(last, total - start, np.maximum(at - start, 0))), (*starts, start)
    )


def _rates_at(schedule: Value, at: npt.NDArray[np.int64]) -> Array:
    """The rate at each lane's own step, by the reference, so that a schedule does not hang on
    the backend that built it.
    """
    shape = np.broadcast_shapes(schedule.shape, at.shape)
    at, rates, lanes = (
        np.broadcast_to(at, shape),
        np.empty(shape),
        np.empty(int(np.prod(schedule.shape))),
    )
    for t in np.unique(at):
        reference.rates(schedule._lowered(), range(lanes.size), int(t), lanes)
        np.copyto(rates, lanes.reshape(schedule.shape), where=at == t)
    return rates


def cooldown_node(
    where: str,
    init: npt.ArrayLike,
    end: npt.ArrayLike,
    steps: npt.ArrayLike,
    shape: str,
    power: npt.ArrayLike,
) -> Node:
    """From ``init`` to ``end`` by a named cooldown shape."""
    names = {
        "linear": (1.0, False),
        "1-sqrt": (0.5, True),
        "sqrt": (0.5, False),
        "polynomial": (power, False),
    }
    if shape in names:
        exponent, from_start = names[shape]
        top = np.maximum(init, end)
        numbers = {
            "init": init,
            "end": end,
            "steps": steps,
            "power": exponent,
            "from_start": from_start,
        }
        arrays = {name: np.asarray(number) for name, number in numbers.items()}
        return tree.curve("polynomial", arrays["steps"], top, None, **arrays)
    if shape == "exponential" and (np.any(np.asarray(end) <= 0) or np.any(np.asarray(init) <= 0)):
        raise ValueError(
            f"{where}: end must be above 0 for an exponential cooldown, got "
            f"end={short_repr(end)} after {short_repr(init)}"
        )
    curve: Value = CONSTRUCTORS[shape](init, end, steps)
    return curve._node
