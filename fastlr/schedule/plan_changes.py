"""Change the plan of a run: cool down, branch, continue, extend, or choose what holds past the
end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import (
    Flag,
    Floats,
    Power,
    Rate,
    Steps,
    short_repr,
    validate,
)
from fastlr.errors import public_methods
from fastlr.program import tree
from fastlr.program.tree import Node, Numbers, Run
from fastlr.schedule.algebra import Algebra, ended, join_parts, rates_at, scale
from fastlr.schedule.constructing import Rebuilt, constructor
from fastlr.schedule.rebuilding import CONSTRUCTORS
from fastlr.schedule.recorded_calls import NO_CALL
from fastlr.schedule.value import Value

__all__ = ["Cooldown", "Plans", "cooldown_node"]

Array = npt.NDArray[np.float64]
PastEnd = Literal["hold", "raise", "repeat", "zero"]
Clock = Literal["own", "same"]
Cooldown = Literal["linear", "cosine", "1-sqrt", "sqrt", "polynomial", "exponential"]


@public_methods("Schedule")
class Plans(Algebra):
    """A value whose plan can change; each method returns a new schedule."""

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
        """Cool down from a step: keep the plan up to ``at``, then fall to ``end``.

        With ``r`` the rate at step ``at`` and ``x = (t - at)/steps``, the rate from step ``at`` to
        ``at + steps`` is

        ==================  ==========================================
        ``"linear"``        ``end + (r - end)*(1 - x)``
        ``"cosine"``        ``end + (r - end)*(1 + cos(pi*x))/2``
        ``"1-sqrt"``        ``end + (r - end)*(1 - sqrt(x))``
        ``"sqrt"``          ``end + (r - end)*sqrt(1 - x)``
        ``"polynomial"``    ``end + (r - end)*(1 - x)^power``
        ``"exponential"``   ``r*(end/r)^x``
        ==================  ==========================================

        Parameters
        ----------
        at : int or array of int
            The step at which the cooldown starts, from 0 to 2^53.
        steps : int or array of int
            The length of the cooldown.
        end : float or array of float, default 0.0
            The rate at its end, from 0 to 1e290; above 0 for ``"exponential"``.
        shape : str, default "linear"
            The curve, one of the table above, as in ``wsd``.
        power : float or array of float, default 2.0
            The exponent of ``"polynomial"``, from 1e-3 to 1e3.

        Returns
        -------
        Schedule
            The new schedule. Rates before step ``at`` keep their bits. Past the end, ``end`` is
            held.

        Raises
        ------
        ValueError
            If ``shape`` is unknown; if ``end`` or the rate at ``at`` is 0 for ``"exponential"``; if
            the result would end after step 2^53.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.constant(1.0).cooldown(at=10, steps=4)(12)
        0.5
        """
        level = rates_at(self, np.asarray(at))
        return join_parts(
            (self, self._from_node(cooldown_node("cooldown", level, end, steps, shape, power))),
            (0, at),
            "cooldown",
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
        """Cool down from each of several steps of one run: a batch with one lane per branch.

        Each lane is ``cooldown(at, steps, end, shape, power)``. It has the bits of this schedule up
        to its own step ``at``.

        Parameters
        ----------
        at : int or array of int
            The steps at which the branches start, at most ``self.steps``.
        steps : int or array of int
            The lengths of the cooldowns, which broadcast against ``at``.
        end : float or array of float, default 0.0
            The rates at their ends.
        shape : str, default "linear"
            The curve, as in ``cooldown``.
        power : float or array of float, default 2.0
            The exponent of ``"polynomial"``.

        Returns
        -------
        Schedule
            A batch of the shape that the arguments broadcast to.

        Raises
        ------
        ValueError
            If a branch starts after the end of the schedule, unless the rate held there is the
            peak.

        References
        ----------
        Hagele et al., *Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations*
        (2024).

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.constant(1.0).branches(at=[10, 20], steps=[2, 4])([9, 11, 22])
        array([[1. , 0.5, 0. ],
               [1. , 1. , 0.5]])
        """
        late = (np.asarray(at) > self._node.last) & (
            rates_at(self, np.asarray(at)) < self._node.bound
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
        """Change the plan in mid-run: this schedule up to ``step``, then ``new``.

        ``self(t)`` for ``t < step``. From there on ``new(t - step)``, or ``new(t)`` with
        ``clock="same"``.

        Parameters
        ----------
        step : int or array of int
            The first step of the new plan. No rate before it changes.
        new : Schedule
            The new plan.
        clock : {"own", "same"}, default "own"
            Whether ``new`` starts at its own step 0, or is a plan of the whole run, entered at its
            step ``step``.
        match : bool, default False
            Whether ``new`` is scaled so that it starts at the rate that this schedule has at
            ``step``, rounded once.

        Returns
        -------
        Schedule
            The changed plan, which ends, and behaves past its end, as ``new`` does.

        Raises
        ------
        ValueError
            If ``match`` is true and one of the two rates at ``step`` is 0; if this schedule has
            ``past_end="raise"`` and ends before ``step``.

        Examples
        --------
        >>> import fastlr as flr
        >>> new = flr.linear(1.0, 0.0, steps=4)
        >>> flr.constant(0.4).continue_from(10, new, match=True)([9, 10, 12, 14])
        array([0.4, 0.4, 0.2, 0. ])
        """
        rest = new.skip(step) if clock == "same" else new
        if match:
            reached, first = rates_at(self, np.asarray(step)), rates_at(rest, np.asarray(0))
            if np.any(first == 0) or np.any(reached == 0):
                raise ValueError(
                    "continue_from: match must join rates above 0, got "
                    f"{short_repr(reached)} from the old plan and {short_repr(first)} from the new"
                )
            with np.errstate(over="ignore"):  # an infinite factor is refused
                factor = reached / first
            where = "continue_from: match, the rate of the old plan over that of the new,"
            rest = scale(rest, validate(Rate, where, factor))
        return join_parts((self, rest), (np.asarray(0), np.asarray(step)), "continue_from")

    @constructor
    def extend(self, total: Steps, at: Steps = 0) -> Self:
        """Move the end of the schedule to step ``total``, for a run that takes longer.

        Parameters
        ----------
        total : int or array of int
            The new end, at least ``self.steps``.
        at : int or array of int, default 0
            The step that the run has reached, before the end. No rate before it changes.

        Returns
        -------
        Schedule
            The extended schedule, with the same ``past_end``.

        Raises
        ------
        ValueError
            If the schedule ends after ``total``; if ``at`` is above ``total``; if the schedule has
            ended by step ``at``; if the last piece is not a curve between two levels; if a preset
            has no argument for the length of its run, or its rate would jump at step ``at``.

        Notes
        -----
        A preset, also one that ``from_config`` read, is built again with the longer length, so
        that ``presets.torch.OneCycleLR(0.1, total_steps=100).extend(200)`` equals
        ``presets.torch.OneCycleLR(0.1, total_steps=200)``.

        If the rate is held before the last piece, as in the stable phase of ``wsd``, it is held for
        longer, and the last piece keeps its length. Otherwise the last piece takes longer. If the
        run is already in the last piece, that piece restarts at step ``at`` from the rate there. A
        part that never ends, such as a floor, does not change.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.wsd(1.0, warmup=10, stable=70, cooldown=20).extend(200).boundaries
        (10, 180, 200)
        >>> flr.linear(1.0, 0.0, steps=10).extend(15, at=5)([4, 5, 10, 15])
        array([0.6 , 0.5 , 0.25, 0.  ])
        """
        _check_extension(self._node, np.asarray(total), np.asarray(at))
        run = self._node.run
        if run is not None and run.longer and self._call.is_preset and not np.any(at):
            return Rebuilt(run.longer(np.asarray(total)))  # type: ignore[return-value]
        return self._from_node(
            _extended(self._node, np.asarray(total), np.asarray(at)), self.past_end
        )

    def follow(self, batches: Any, rule: str | float = "sqrt") -> Self:
        """Scale the rate with a batch size that changes during the run.

        ``rate(t) = self(t) * (batch(t)/batch(0))**power``

        Parameters
        ----------
        batches : Ramp
            The batch sizes by step, such as ``fastlr.batches`` returns.
        rule : {"sqrt", "linear"} or float, default "sqrt"
            The power: 1/2 for ``"sqrt"``, 1 for ``"linear"``, or a number from 0 to 10.

        Returns
        -------
        Schedule
            The schedule times a factor that changes at the steps where the batch size does. At
            step 0 the factor is 1. It ends where this schedule does, or at the last change of the
            batch size if that comes later.

        Raises
        ------
        TypeError
            If ``batches`` is not a Ramp.
        ValueError
            If ``rule`` is none of these.

        Notes
        -----
        The unit of the schedule is steps. For a schedule of samples or tokens call
        ``batches.per_step(schedule)`` first. The square root is what Adam-like optimizers need to
        keep the noise of an update; the linear rule is for SGD (Malladi et al. 2022; Goyal et al.
        2017). Both hold below the critical batch size alone.

        References
        ----------
        Goyal et al., *Accurate, Large Minibatch SGD* (2017), arXiv:1706.02677. Malladi et al., *On
        the SDEs and Scaling Rules for Adaptive Gradient Algorithms* (2022), arXiv:2205.10287.

        Examples
        --------
        >>> import fastlr as flr
        >>> plan = flr.constant(1e-3).follow(flr.Ramp((256, 1_024), at=(10,)))
        >>> plan(9), plan(10)
        (0.001, 0.002)
        """
        sizes, at = getattr(batches, "batches", None), getattr(batches, "at", None)
        if not isinstance(sizes, tuple) or not isinstance(at, tuple):
            raise TypeError(
                f"follow: batches must be a Ramp, got {type(batches).__name__} "
                f"{short_repr(batches)}; fastlr.batches('0:256 1M:512') reads a plan"
            )
        power: Any = {"sqrt": 0.5, "linear": 1.0}.get(rule, rule) if isinstance(rule, str) else rule
        number = isinstance(power, int | float | np.integer | np.floating)
        if not number or isinstance(power, bool) or not 0 <= power <= 10:
            raise ValueError(
                f"follow: rule must be 'sqrt', 'linear' or a power from 0 to 10, got "
                f"{short_repr(rule)}"
            )
        ratios = [size / sizes[0] for size in sizes]
        factors = [math.sqrt(n) if power == 0.5 else n ** float(power) for n in ratios]
        return self * _stairs_until(factors, at, self.steps)  # type: ignore[no-any-return]

    @constructor
    def with_past_end(self, policy: PastEnd) -> Self:
        """Choose what holds past the end.

        Parameters
        ----------
        policy : {"hold", "raise", "repeat", "zero"}
            From step ``self.steps`` on, ``"hold"`` keeps the last rate, ``"raise"`` raises
            ``ValueError``, ``"repeat"`` starts again at step 0, and ``"zero"`` gives 0.0.

        Returns
        -------
        Schedule
            The same schedule with this policy. A preset that its framework continues past the
            end of the run, as a cosine that climbs back, has the policy from that end on.

        Raises
        ------
        ValueError
            If the schedule never ends, and ``policy`` is not ``"hold"``; if a schedule without
            steps is to repeat.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.5, steps=2).with_past_end("zero").table(4)
        array([1.  , 0.75, 0.  , 0.  ])
        """
        if policy != "hold" and self._node.end is None:
            raise ValueError(
                f"with_past_end: the schedule must end, got {short_repr(self)}, which never ends"
            )
        if policy == "repeat" and self._node.end is not None and np.any(self._node.end < 1):
            raise ValueError(
                "with_past_end: a schedule that repeats must have at least one step, "
                f"got {short_repr(self)}"
            )
        if policy == self.past_end == "raise":
            return self._from_node(self._node, policy)
        return self._from_node(ended(self), policy)

    def with_groups(self, others: Mapping[str, Self]) -> Self:
        """Add named groups to a schedule of named groups.

        Parameters
        ----------
        others : mapping of str to Schedule
            The groups to add, by name.

        Returns
        -------
        Schedule
            A schedule of all groups. Every group that was there keeps its bits.

        Raises
        ------
        TypeError
            If ``others`` is not a mapping.
        ValueError
            If this schedule has no named groups, or already has a group of that name.

        Examples
        --------
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
    """Return a node that ends at ``total``, unchanged before ``at``."""
    if node.run is not None:
        return _longer_run(node, node.run, total, np.asarray(at, dtype=np.int64))
    if not tree.ends(node) and (node.kind == "loop" or not node.has_preset):
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
        # a part that never ends, such as a floor, does not change
        return tree.pair(node.kind, *(_extended(part, total, at) for part in node.parts))
    if not {"init", "end", "steps"} <= node.numbers.keys():
        raise ValueError(
            f"extend: the last piece must be a curve between two levels, got {tree.in_words(node)}"
        )
    begin = np.broadcast_arrays(at, total)[0]
    init = np.where(begin > 0, rates_at(Value(node, NO_CALL, "hold"), begin), node.numbers["init"])
    again = tree.rebuild(node, (), init=init, steps=total - begin)
    return tree.join((node, again), (np.asarray(0), begin)) if np.any(begin > 0) else again


def _stairs_until(values: list[float], at: tuple[int, ...], end: Any) -> Any:
    """Return stairs that end at ``end``, so that a product with them does."""
    if end is None or not at:
        return CONSTRUCTORS["piecewise_constant"](values, at)
    last = values[-1]
    # a line between two equal rates is constant, and unlike a constant it ends
    line = CONSTRUCTORS["linear"](last, last, np.maximum(np.asarray(end) - at[-1], 0))
    parts = [*(CONSTRUCTORS["constant"](value) for value in values[:-1]), line]
    return CONSTRUCTORS["join"](parts, at=list(at))


def _check_extension(node: Node, total: Numbers, at: Numbers) -> None:
    """Raise unless a schedule that still changes at ``at`` may end at ``total``."""
    ends = tree.ends(node)
    for length in ends:
        if np.any(total < length):
            raise ValueError(
                f"extend: total must be at least {short_repr(length)}, where the schedule "
                f"ends, got {short_repr(total)}"
            )
    if np.any(at > total):
        raise ValueError(
            f"extend: at must be at most total, {short_repr(total)}, got {short_repr(at)}"
        )
    for length in ends:
        if np.any((at >= length) & (at > 0) & (total > length)):
            raise ValueError(
                f"extend: at must be before step {short_repr(length)}, where the schedule ends, "
                f"got {short_repr(at)}: no curve is left to extend, and the last rate would be "
                "held; extend at an earlier step, or begin a new plan with continue_from(at, new)"
            )


def _longer_run(node: Node, run: Run, total: Numbers, at: npt.NDArray[np.int64]) -> Node:
    """Return the node of a preset for a run of another length, unchanged before ``at``."""
    if run.longer is None:
        raise ValueError(
            f"extend: {run.name} must have one argument for the length of its run, which it has "
            "not; build it again with the arguments of the longer run"
        )
    longer: Node = run.longer(total)._node
    if not np.any(at):
        return longer
    old, new = (rates_at(Value(one, NO_CALL, "hold"), at) for one in (node, longer))
    if np.any(old != new):
        raise ValueError(
            f"extend: at must be a step at which {run.name} has the same rate in the longer run, "
            f"got {short_repr(at)}, where {short_repr(old)} becomes {short_repr(new)}; s.extend("
            "total) is the plan of a run that is longer from its step 0 on, and "
            's.continue_from(at, s.extend(total), clock="same", match=True) enters it at step at'
        )
    rest = tree.time_map(longer, (np.asarray(1),), (np.asarray(0),), at)
    return tree.join((node, rest), (np.asarray(0), at))


def _extended_join(node: Node, total: Numbers, at: Numbers) -> Node:
    """Return a join whose last part ends at ``total``."""
    *before, last = node.parts
    *starts, start = (node.numbers[str(i)] for i in range(len(node.parts)))
    if not before:
        return tree.join((_extended(last, total, at),), (start,))
    held = before[-1].kind == "constant" or (
        before[-1].steps is not None and before[-1].steps < start - starts[-1]
    )
    waits = held & (at <= start)  # the rate is held before the last piece, which has not begun
    if np.any(waits) and not np.all(waits):
        raise ValueError(
            "extend: all lanes, or none, must hold their rate before the last piece; "
            "extend the lanes one by one"
        )
    if not np.any(waits) and last.steps is not None and np.any(last.steps == 0):
        raise ValueError(
            "extend: the last piece must have at least one step, got one that only holds a rate "
            "past the end; extend first, then choose what holds past the end"
        )
    if np.all(waits) and last.end is not None:
        return tree.join((*before, last), (*starts, np.asarray(total - last.end)))
    return tree.join(
        (*before, _extended(last, total - start, np.maximum(at - start, 0))), (*starts, start)
    )


def cooldown_node(
    where: str,
    init: Floats,
    end: Floats,
    steps: Floats,
    shape: str,
    power: Floats,
) -> Node:
    """Return the node of a named cooldown curve from ``init`` to ``end``."""
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
