"""Combine schedules: joins, products, sums, limits, delays, repeats and time maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Self, TypeVar, cast

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import Types
from fastlr.arguments.rules import (
    Amount,
    Boundaries,
    Floats,
    Growth,
    Paces,
    Period,
    Positive,
    Rate,
    Steps,
    short_repr,
    validate,
)
from fastlr.errors import public_methods
from fastlr.program import lowering, tree
from fastlr.program.lane_conditions import any_lane
from fastlr.program.opcodes import LAST_STEP
from fastlr.program.tree import Node, Numbers, Run
from fastlr.schedule import stretching
from fastlr.schedule.constructing import constructor
from fastlr.schedule.negation import last_change, negative
from fastlr.schedule.rebuilding import CONSTRUCTORS
from fastlr.schedule.value import Value

__all__ = [
    "Algebra",
    "add",
    "check_stairs",
    "columns",
    "ended",
    "join_parts",
    "rates_at",
    "repeat_with_floor",
    "scale",
    "subtract",
]

Array = npt.NDArray[np.float64]
V = TypeVar("V", bound=Value)

_MOST_CYCLES = 65_536
_MOST_NUMBERS = 6_000_000  # in a program whose cycles grow: 48 MB
_MOST_NUMBERS_PER_LANE = 1_000  # or, in a batch, 8 kB per lane


def _operand(where: str, value: object) -> Value:
    """Return a schedule as it is, and numbers as a constant schedule."""
    if isinstance(value, Value):
        return value
    constant: Value = CONSTRUCTORS["constant"](validate(Rate, where, value))
    return constant


Operand = Annotated["Value | Floats", _operand, Types("Schedule | float | array")]


@public_methods("Schedule")
class Algebra(Value):
    """A value that can be combined with others; each method returns a new schedule."""

    __slots__ = ()

    @constructor
    def then(self, other: Self) -> Self:
        """Run this schedule to its end, then ``other`` from its own step 0.

        ``self(t)`` for ``t < steps``, and ``other(t - steps)`` from there on, where ``steps`` is
        ``self.steps``.

        Parameters
        ----------
        other : Schedule
            The schedule that follows. Its batch shape broadcasts against that of this one.

        Returns
        -------
        Schedule
            A schedule that ends, and behaves past its end, as ``other`` does.

        Raises
        ------
        ValueError
            If this schedule never ends (``join(parts, at)`` cuts it), or if the result would end
            after step 2^53.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(0.0, 1.0, steps=2).then(flr.constant(0.5)).table(4)
        array([0. , 0.5, 0.5, 0.5])
        """
        if self._node.end is None:
            raise ValueError(
                f"then: the first schedule must end, got {short_repr(self)}, which never ends; "
                "use join(parts, at) to cut it"
            )
        return join_parts((self, other), (0, self._node.end))

    def __mul__(self, other: Self | Floats) -> Self:
        """Return ``self(t) * other(t)``; ``other`` is a schedule or a factor of at least 0."""
        return multiply(self, other) if isinstance(other, Value) else scale(self, other)

    __rmul__ = __mul__

    def __truediv__(self, divisor: Floats) -> Self:
        """Return ``self(t) * (1/divisor)``; ``divisor`` is a number above 0, or one per lane."""
        if isinstance(divisor, Value):
            raise TypeError(
                f"scale: a schedule must be divided by numbers, got the Schedule "
                f"{short_repr(divisor)}"
            )
        return scale(self, np.reciprocal(validate(Amount, "scale: divisor", divisor)))

    def __add__(self, other: Self | Floats) -> Self:
        """Return ``self(t) + other(t)``; ``other`` is a schedule or a rate of at least 0."""
        return add(self, other)

    __radd__ = __add__

    def __sub__(self, other: Self | Floats) -> Self:
        """Return ``self(t) - other(t)``, if it is at least 0 at every step."""
        return subtract(self, other)

    def __rsub__(self, other: Floats) -> Self:
        """Return ``other - self(t)``, with a rate ``other``, if it is at least 0 at every step."""
        return subtract(_operand("subtract: a", other), self)  # type: ignore[return-value]

    @constructor
    def minimum(self, other: Operand) -> Self:
        """Take the smaller of two rates at every step: ``min(self(t), other(t))``.

        Parameters
        ----------
        other : Schedule, float or array of float
            A schedule, or a rate from 0 to 1e290 that is the same at every step. Its batch shape
            broadcasts against that of this schedule.

        Returns
        -------
        Schedule
            The new schedule. It ends where the later of the two ends; a constant does not count.

        Raises
        ------
        ValueError
            If both schedules have a ``past_end`` other than ``"hold"``, and these differ.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).minimum(0.6).table(4)
        array([0.6 , 0.6 , 0.5 , 0.25])
        """
        return _paired("minimum", self, other)

    @constructor
    def maximum(self, other: Operand) -> Self:
        """Take the larger of two rates at every step: ``max(self(t), other(t))``.

        Parameters
        ----------
        other : Schedule, float or array of float
            A schedule, or a rate from 0 to 1e290 that is the same at every step. Its batch shape
            broadcasts against that of this schedule.

        Returns
        -------
        Schedule
            The new schedule. It ends where the later of the two ends; a constant does not count.

        Raises
        ------
        ValueError
            If both schedules have a ``past_end`` other than ``"hold"``, and these differ.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).maximum(0.6).table(4)
        array([1.  , 0.75, 0.6 , 0.6 ])
        """
        return _paired("maximum", self, other)

    @constructor
    def clip(self, lo: Rate, hi: Rate) -> Self:
        """Limit the rate to a range: ``min(max(self(t), lo), hi)``.

        Parameters
        ----------
        lo, hi : float or array of float
            The lowest and the highest rate, from 0 to 1e290, of shapes that broadcast.

        Returns
        -------
        Schedule
            The new schedule.

        Raises
        ------
        ValueError
            Unless ``lo <= hi``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).clip(0.2, 0.6).table(5)
        array([0.6 , 0.6 , 0.5 , 0.25, 0.2 ])
        """
        if any_lane(np.greater(lo, hi)):
            raise ValueError(
                f"clip: lo must be at most hi, got lo={short_repr(lo)}, hi={short_repr(hi)}"
            )
        floor, ceiling = (
            self._from_node(tree.curve("constant", None, level, value=np.asarray(level)))
            for level in (lo, hi)
        )
        return _paired("minimum", _paired("maximum", self, floor), ceiling)

    @constructor
    def delay(self, steps: Steps) -> Self:
        """Hold the first rate for some steps, then run: ``self(max(t - steps, 0))``.

        Parameters
        ----------
        steps : int or array of int
            How many steps to wait, from 0 to 2^53.

        Returns
        -------
        Schedule
            The new schedule, which ends ``steps`` steps later. With ``past_end="repeat"`` the wait
            itself is not repeated.

        Raises
        ------
        ValueError
            If the result would end after step 2^53.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=2).delay(2).table(5)
        array([1. , 1. , 1. , 0.5, 0. ])
        """
        if self.past_end == "repeat":  # repeat the schedule alone, without the wait
            return self._from_node(
                tree.delay(tree.apply_past_end(self._node, "repeat"), np.asarray(steps))
            )
        return self._from_node(tree.delay(self._node, np.asarray(steps)), self.past_end)

    @constructor
    def skip(self, steps: Steps) -> Self:
        """Leave out the first steps: ``self(t + steps)``.

        Parameters
        ----------
        steps : int or array of int
            How many steps to leave out, from 0 to 2^53.

        Returns
        -------
        Schedule
            The new schedule, which ends ``steps`` steps earlier, at the earliest at step 0.

        Raises
        ------
        TypeError, ValueError
            If ``steps`` are not integers from 0 to 2^53.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).skip(1).table(4)
        array([0.75, 0.5 , 0.25, 0.  ])
        """
        return _with_time_map(self, (np.asarray(1),), (np.asarray(0),), np.asarray(steps))

    @constructor
    def paced(self, paces: Paces, at: Boundaries = ()) -> Self:
        """Convert a schedule over samples or tokens to one over steps: ``self(c(t))``.

        ``c(t)`` is the number of samples that the steps before ``t`` have taken. It is an exact
        integer, up to 2^53.

        Parameters
        ----------
        paces : array of int
            Samples (or tokens) per step, from 1 to 2^53: ``paces[i]`` from step ``at[i-1]`` on. The
            last axis counts paces; the axes before it broadcast as lanes.
        at : array of int, default ()
            The steps, from 1 on, at which the pace changes. They rise strictly. There is one pace
            more than steps.

        Returns
        -------
        Schedule
            The new schedule, over steps.

        Raises
        ------
        ValueError
            If ``at`` does not rise strictly from 1 on, or if its length does not fit ``paces``.

        See Also
        --------
        fastlr.Ramp : A growing batch, which gives both arguments.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=100).paced([10, 20], at=[4]).table(8)
        array([1. , 0.9, 0.8, 0.7, 0.6, 0.4, 0.2, 0. ])
        """
        stairs, starts = np.asarray(paces), np.asarray(at)
        check_stairs("paced: paces", stairs, starts)
        begins = (np.asarray(0), *columns(starts))
        return _with_time_map(self, tuple(columns(stairs)), begins, np.asarray(0))

    @constructor
    def staircase(self, every: Period) -> Self:
        """Convert a schedule over epochs to one over steps: ``self(floor(t/every))``.

        Parameters
        ----------
        every : int or array of int
            Steps per epoch, from 1 to 2^53. The rate is constant within an epoch.

        Returns
        -------
        Schedule
            The new schedule, over steps.

        Raises
        ------
        ValueError
            If its end, ``self.steps * every``, would be above 2^53.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=2).staircase(every=3).table(8)
        array([1. , 1. , 1. , 0.5, 0.5, 0.5, 0. , 0. ])
        """
        ends = [end for end in (self._node.steps, self._node.end) if end is not None]
        epochs = np.maximum(ends[0], ends[-1]) if ends else np.asarray(0)
        if np.any(np.asarray(every) > LAST_STEP // np.maximum(epochs, 1)):
            raise ValueError(
                "staircase: the schedule must end by step 2**53, got "
                f"{short_repr(epochs)} steps, every={short_repr(every)}"
            )
        return _with_time_map(
            self, (np.asarray(1),), (np.asarray(0),), np.asarray(0), np.asarray(every)
        )

    @constructor
    def stretch(self, factor: Positive) -> Self:
        """Take ``factor`` times as many steps: ``self(t/factor)``.

        For half the batch size call ``stretch(2)``: the run has twice as many steps. The rates
        stay as they are; ``follow`` scales them with a batch size.

        Parameters
        ----------
        factor : float or array of float
            New steps per step of this schedule, from 1e-18 to 1e18. Below 1 it makes the schedule
            shorter.

        Returns
        -------
        Schedule
            The new schedule, with the same levels, names and ``past_end``.

        Raises
        ------
        ValueError
            If a piece would have no step left; if a cycle, a stair or a value of a table would not
            have a whole number of steps; if the result would end after step 2^53.

        Notes
        -----
        Step 0 keeps its rate. A boundary at step ``b``, also the end, moves to
        ``round(b * factor)``, ties to even, and each boundary keeps its rate. Between boundaries
        each piece is the same curve over its new number of steps. So ``stretch(2)`` at step
        ``2*t`` has the rate of step ``t`` within a rounding error. (``logarithmic`` has its
        formula with the new number of steps, which is another curve.) The boundaries of a paced
        schedule are rounded in samples. Cycles that grow begin at the nearest step to their exact
        place in the stretched schedule. Past the end the policy is the same. A stretched preset
        cannot be extended: extend it first.

        See Also
        --------
        paced : Convert from samples or tokens to steps.
        extend : Make a run longer, and keep its warmup.
        repeat : Its ``stretch`` makes each cycle longer than the one before.

        Examples
        --------
        >>> import fastlr as flr
        >>> plan = flr.warmup_linear(1.0, warmup=2, steps=6)
        >>> plan.stretch(2).boundaries, plan.stretch(2).table(0, 13, 2)
        ((4, 12), array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ]))
        >>> plan.stretch(1.5).boundaries
        (3, 9)
        """
        by = np.asarray(factor, dtype=np.float64)
        if self.past_end == "repeat" and self._node.steps is not None:
            stretching.whole_steps("a cycle", self._node.steps, by)
        node = stretching.stretched(self._node, by, np.asarray(0))
        return self._from_node(node, self.past_end)

    @constructor
    def repeat(self, times: Period | None = None, scale: Rate = 1.0, stretch: Growth = 1.0) -> Self:
        """Repeat the schedule, for ever or a number of times.

        Cycle ``i``, from 0, starts at ``round(steps * (1 + stretch + ... + stretch^(i-1)))``, takes
        ``stretch^i`` times as many steps, and has ``scale^i`` times the rates.

        Parameters
        ----------
        times : int or array of int, optional
            The number of cycles, from 1 to 2^53; the last rate is then held. By default for ever.
        scale : float or array of float, default 1.0
            The factor per cycle on the rate, at least 0; at most 1 if ``times`` is not given.
        stretch : float or array of float, default 1.0
            The factor per cycle on the length, from 1 to 2^53.

        Returns
        -------
        Schedule
            The new schedule, which ends after ``times`` cycles, or never.

        Raises
        ------
        ValueError
            If the schedule never ends or has no steps; if ``scale > 1`` without ``times``; if the
            last cycle would end after step 2^53; or, with ``stretch``, if a part is not a finite
            curve, a constant or a join of these.

        Notes
        -----
        Step 0 of a cycle is in force at its first step. The rate at ``self.steps`` itself is
        reached only after the last cycle.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=2).repeat(scale=0.5).table(6)
        array([1.   , 0.5  , 0.5  , 0.25 , 0.25 , 0.125])
        """
        return repeat_with_floor("repeat", self, times, scale, stretch, 0.0)


def join_parts(parts: Sequence[V], starts: Sequence[Floats], name: str = "join") -> V:
    """Return ``parts[i]``, from its own step 0, from step ``starts[i]`` on; ``starts[0]`` is 0.

    ``name`` is the function that the user called, for the error if a part runs past its end.
    """
    begins, last = tuple(map(np.asarray, starts)), parts[-1]
    cut = list[Node]()
    for part, start, stop in zip(parts, begins, begins[1:], strict=False):
        cut.append(part._node if part.past_end == "hold" else _until(name, part, stop - start))
    if last.past_end == "repeat":  # repeat the last part alone, without the parts before it
        return last._from_node(tree.join((*cut, tree.apply_past_end(last._node, "repeat")), begins))
    return last._from_node(tree.join((*cut, last._node), begins), last.past_end)


def columns(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the last axis as the first, over which a loop runs."""
    return rows if rows.ndim == 1 else np.moveaxis(rows, -1, 0)


def _until(name: str, part: V, stop: Numbers) -> Node:
    """Return the node of a part of a join, with its policy past the end if it runs past it."""
    if part._node.steps is None or np.all(stop <= part._node.steps):
        return part._node
    if part.past_end == "raise":
        raise ValueError(
            f"{name}: a part with past_end='raise' must not run past its end, got "
            f"{short_repr(part)} for {short_repr(stop)} steps"
        )
    return tree.apply_past_end(part._node, part.past_end)


def ended(schedule: Value) -> Node:
    """Return a schedule's node, which holds its rate from the end of the run on.

    A preset may continue past that end, as its framework does.
    """
    node = schedule._node
    if node.end is None or node.end is node.steps:
        return node
    if node.steps is not None and np.all(node.steps == node.end):
        return node
    level = rates_at(schedule, node.end)
    held: Value = CONSTRUCTORS["linear"](level, level, 0)
    return tree.join((node, held._node), (np.asarray(0), node.end))


def rates_at(schedule: Value, at: npt.NDArray[np.int64]) -> Array:
    """Return the rate of each lane at its own step.

    The reference backend evaluates it, so that a new schedule does not depend on the backend in
    use.
    """
    from fastlr.kernels import reference  # few schedules need it when they are built

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


def check_stairs(where: str, paces: Numbers, at: Numbers) -> None:
    """Raise unless there is one pace more than steps ``at``, which rise strictly from 1 on."""
    if paces.shape[-1] != at.shape[-1] + 1:
        raise ValueError(
            f"{where} must have one value more than at, got {paces.shape[-1]} and {at.shape[-1]}"
        )
    if any_lane(at[..., 1:] <= at[..., :-1]) or any_lane(at[..., :1] < 1):
        raise ValueError(
            f"{where} must change at steps that rise strictly from 1 on, got at={short_repr(at)}"
        )


def _with_time_map(body: V, *time_map: Any) -> V:
    """Return a schedule behind a time map; one that repeats does so in its own steps."""
    if body.past_end == "repeat":
        return body._from_node(tree.time_map(tree.apply_past_end(body._node, "repeat"), *time_map))
    return body._from_node(tree.time_map(body._node, *time_map), body.past_end)


def _paired(kind: str, a: V, b: Any) -> V:
    """Combine two schedules step by step; past the end they agree, or one of them holds."""
    policies = {a.past_end, b.past_end} - {"hold"}
    if len(policies) > 1:
        raise ValueError(
            f"{kind}: both schedules must have the same past_end, got {a.past_end!r} "
            f"and {b.past_end!r}"
        )
    node = tree.pair(
        kind, tree.apply_past_end(a._node, a.past_end), tree.apply_past_end(b._node, b.past_end)
    )
    raising = [schedule._node for schedule in (a, b) if schedule.past_end == "raise"]
    if not raising or raising[0].steps is None or raising[-1].steps is None:
        return a._from_node(node)
    node = replace(node, steps=np.minimum(raising[0].steps, raising[-1].steps))
    first, last = raising[0].end, raising[-1].end
    if node.has_preset and first is not None and last is not None:
        node = replace(node, run=Run(kind, np.minimum(first, last)))
    return a._from_node(node, "raise")


@constructor
def multiply(a: V, b: V) -> V:
    """Multiply two schedules: ``a(t) * b(t)``."""
    return _paired("multiply", a, b)


@constructor
def add(a: V, b: Operand) -> V:
    """Add two schedules, or a schedule and a rate: ``a(t) + b(t)``."""
    return _paired("add", a, b)


@constructor
def subtract(a: V, b: Operand) -> V:
    """Subtract a schedule or a rate from a schedule: ``a(t) - b(t)``, at least 0 at every step.

    A difference of rates that are nearly equal has few exact digits.
    """
    other = cast("Value", b)  # whose rule makes numbers a schedule
    difference: V = _paired("add", a, other._from_node(negative(other._node), other.past_end))
    end = last_change(difference._node)
    if end is None and "constant" not in (a._node.kind, other._node.kind):
        raise ValueError(
            "subtract: a - b must end, or one of both must be constant, so that it can be checked "
            f"at every step; got {short_repr(a)} and {short_repr(b)}; cut what never ends, as "
            "join([s, constant(s(n))], [n])"
        )
    _check_not_negative(difference, end)
    return difference


def _check_not_negative(difference: Any, end: int | None) -> None:
    """Raise at the first step, in the first lane, at which a difference is below 0."""
    from fastlr.reductions.segment_view import TooManyStepsError

    stop = None if end is None or difference.past_end == "raise" else end + 1
    try:
        found = np.asarray(difference.first_below(0.0, 0, stop))
    except TooManyStepsError:
        raise ValueError(
            "subtract: a - b must be at least 0 at every step, got schedules whose difference is "
            "too long to check; subtract before you delay, repeat or stretch them"
        ) from None
    for lane in np.argwhere(found >= 0)[:1]:
        step = int(found[tuple(lane)])
        rate = float(np.asarray(difference(step))[tuple(lane)])
        raise ValueError(
            f"subtract: a - b must be at least 0 at every step, got {rate!r} at step {step}"
            f"{f' of lane {lane.tolist()}' if lane.size else ''}"
        )


@constructor
def scale(schedule: V, factor: Rate) -> V:
    """Multiply a schedule by a factor: ``factor * schedule(t)``."""
    return schedule._from_node(tree.scale(schedule._node, np.asarray(factor)), schedule.past_end)


def repeat_with_floor(
    where: str,
    body: V,
    times: Floats | None,
    scale: Floats,
    stretch: Floats,
    floor: Floats,
) -> V:
    """Repeat ``body``: cycle i is ``scale^i`` as far from ``floor`` and ``stretch^i`` as long."""
    node, count = ended(body), np.asarray(-1 if times is None else times)
    scales, stretches = np.asarray(scale, dtype=np.float64), np.asarray(stretch, dtype=np.float64)
    if node.steps is None:
        raise ValueError(
            f"{where}: the schedule must end, got {short_repr(body)}, which never ends"
        )
    if any_lane(node.steps < 1):
        raise ValueError(
            f"{where}: the schedule must have at least one step, got {short_repr(body)}"
        )
    if times is None and any_lane(scales > 1):
        raise ValueError(
            f"{where}: scale must be at most 1 if times is not given, got "
            f"{short_repr(scales.max())}"
        )
    if any_lane(stretches != 1):
        _check_stretch(where, node, count, stretches, scales)
    steps = None if times is None else _cycled_steps(where, node.steps, count, stretches)
    return body._from_node(
        tree.loop(
            node, node.steps, count, scales, stretches, np.asarray(floor, dtype=np.float64), steps
        )
    )


def _check_stretch(where: str, node: Node, times: Numbers, stretch: Array, scale: Array) -> None:
    """Raise if the body cannot be stretched, or if so many cycles would need too much memory."""
    if not _stretches(node):
        raise ValueError(
            f"{where}: only finite curves, constants and their joins can be stretched, "
            f"got {tree.in_words(node)}"
        )
    assert node.steps is not None
    cycles = float(np.max(np.where(stretch > 1, tree.cycles(node.steps, times, stretch), 1.0)))
    if cycles > _MOST_CYCLES:
        raise ValueError(
            f"{where}: stretch must be farther from 1, or times smaller: at most {_MOST_CYCLES:,} "
            f"cycles can grow, got {cycles:,.0f} for stretch {short_repr(stretch)}"
        )
    lanes = math.prod(np.broadcast_shapes(node.shape, times.shape, stretch.shape, scale.shape))
    most = max(_MOST_NUMBERS, _MOST_NUMBERS_PER_LANE * lanes)
    numbers = cycles * lowering.numbers_of_cycles(node, lanes)
    if numbers > most:
        raise ValueError(
            f"{where}: stretch must be farther from 1, or times smaller: a program of "
            f"{cycles:,.0f} cycles and {lanes:,} lane{'s' * (lanes != 1)} must have at most "
            f"{most:,} numbers, got about {numbers:,.0f} for stretch {short_repr(stretch)}"
        )


def _stretches(node: Node) -> bool:
    """Return whether every curve below a node can be stretched."""
    if node.parts:
        return node.kind not in ("loop", "stack", "time_map") and all(map(_stretches, node.parts))
    return "steps" in node.numbers or node.kind == "constant"


def _cycled_steps(
    where: str, period: Numbers, times: Numbers, stretch: Array
) -> npt.NDArray[np.int64]:
    """Return the step at which the last cycle ends, or raise if it is above 2^53."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        count: Floats = times
        if any_lane(stretch != 1):
            growing = np.expm1(times * np.log(stretch)) / (stretch - 1)
            count = np.where(stretch == 1, times, growing)
        about = count * np.asarray(period, np.float64)
        if any_lane(about > LAST_STEP):
            raise ValueError(
                f"{where}: the cycles must end by step 2**53, got about {np.max(about):.3g} steps"
            )
        return lowering.cycled_steps(period, times, stretch)
