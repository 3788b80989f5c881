"""Combine schedules: joins, products, sums, limits, delays, repeats and other units of steps."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import (
    Boundaries,
    Growth,
    Paces,
    Period,
    Rate,
    Steps,
    short_repr,
    validate,
)
from fastlr.errors import public_methods
from fastlr.program import lowering, tree
from fastlr.program.opcodes import LAST_STEP
from fastlr.program.tree import Node, Numbers
from fastlr.schedule.construction import CONSTRUCTORS
from fastlr.schedule.value import Value, constructor

__all__ = ["Algebra", "add", "check_stairs", "join_parts", "repeat_with_floor", "scale"]

Array = npt.NDArray[np.float64]
V = TypeVar("V", bound=Value)

_MOST_CYCLES = 65_536
_MOST_NUMBERS = 6_000_000  # in a program whose cycles grow: 48 MB
_MOST_NUMBERS_PER_LANE = 1_000  # or, in a batch, 8 kB per lane


def _operand(where: str, value: object) -> Value:
    """A schedule, or numbers as a constant one."""
    if isinstance(value, Value):
        return value
    constant: Value = CONSTRUCTORS["constant"](validate(Rate, where, value))
    return constant


Operand = Annotated["Value | npt.ArrayLike", _operand]


@public_methods("Schedule")
class Algebra(Value):
    """What a schedule can be combined with; each method returns a new schedule."""

    __slots__ = ()

    @constructor
    def then(self, other: Self) -> Self:
        """This schedule up to its end, then ``other`` from its own step 0. Raises ``ValueError`` if
        this one never ends.

        >>> import fastlr as flr
        >>> flr.linear(0.0, 1.0, steps=2).then(flr.constant(0.5)).table(4)
        array([0. , 0.5, 0.5, 0.5])
        """
        if self._node.steps is None:
            raise ValueError(
                f"then: the first schedule must end, got {short_repr(self)}, which goes "
                "on for ever; join(parts, at) cuts it"
            )
        return join_parts((self, other), (0, self._node.steps))

    def __mul__(self, other: Self | npt.ArrayLike) -> Self:
        return multiply(self, other) if isinstance(other, Value) else scale(self, other)

    __rmul__ = __mul__

    def __add__(self, other: Self | npt.ArrayLike) -> Self:
        return add(self, other)

    __radd__ = __add__

    @constructor
    def minimum(self, other: Operand) -> Self:
        """The smaller of the two at every step; ``other`` is a schedule or a rate."""
        return _paired("minimum", self, other)

    @constructor
    def maximum(self, other: Operand) -> Self:
        """The larger of the two at every step; ``other`` is a schedule or a rate."""
        return _paired("maximum", self, other)

    @constructor
    def clip(self, lo: Rate, hi: Rate) -> Self:
        """``min(max(s(t), lo), hi)``. Raises ``ValueError`` unless ``lo <= hi``."""
        if np.any(np.asarray(lo) > np.asarray(hi)):
            raise ValueError(
                f"clip: lo must be at most hi, got lo={short_repr(lo)}, hi={short_repr(hi)}"
            )
        return self.maximum(lo).minimum(hi)

    @constructor
    def delay(self, steps: Steps) -> Self:
        """``s(0)`` for ``steps`` steps, then ``s`` from its step 0: ``s(max(t - steps, 0))``.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=2).delay(2).table(5)
        array([1. , 1. , 1. , 0.5, 0. ])
        """
        if self.past_end == "repeat":  # the wait is not repeated
            return self._from_node(
                tree.delay(tree.apply_past_end(self._node, "repeat"), np.asarray(steps))
            )
        return self._from_node(tree.delay(self._node, np.asarray(steps)), self.past_end)

    @constructor
    def skip(self, steps: Steps) -> Self:
        """This schedule from its step ``steps`` on: ``s(t + steps)``.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).skip(1).table(4)
        array([0.75, 0.5 , 0.25, 0.  ])
        """
        return _clocked(self, (np.asarray(1),), (np.asarray(0),), np.asarray(steps))

    @constructor
    def paced(self, paces: Paces, at: Boundaries = ()) -> Self:
        """This schedule, counted in samples or tokens, by the step: ``s(c(t))``, where each step
        takes so many of them.

        ``paces[i]`` are taken at each step from ``at[i-1]`` on: one pace more than steps ``at``,
        which rise strictly. ``c(t)`` is what the steps before t have taken, all of it an exact
        integer, up to 2^53. ``Ramp`` makes both of a batch that grows.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=100).paced([10, 20], at=[4]).table(8)
        array([1. , 0.9, 0.8, 0.7, 0.6, 0.4, 0.2, 0. ])
        """
        stairs, starts = np.asarray(paces), np.asarray(at)
        check_stairs("paced: paces", stairs, starts)
        begins = (np.asarray(0), *np.moveaxis(starts, -1, 0))
        return _clocked(self, tuple(np.moveaxis(stairs, -1, 0)), begins, np.asarray(0))

    @constructor
    def staircase(self, every: Period) -> Self:
        """This schedule, counted in epochs, by the step, where an epoch takes ``every`` of them:
        ``s(floor(t/every))``.

        Within an epoch the rate stays as it is. Raises ``ValueError`` where its end, ``steps *
        every``, is above 2^53.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=2).staircase(every=3).table(8)
        array([1. , 1. , 1. , 0.5, 0.5, 0.5, 0. , 0. ])
        """
        epochs = 0 if self._node.steps is None else self._node.steps
        if np.any(np.asarray(every) > LAST_STEP // np.maximum(epochs, 1)):
            raise ValueError(
                "staircase: the schedule must end by step 2**53, got "
                f"{short_repr(epochs)} steps, every={short_repr(every)}"
            )
        return _clocked(self, (np.asarray(1),), (np.asarray(0),), np.asarray(0), np.asarray(every))

    @constructor
    def repeat(self, times: Period | None = None, scale: Rate = 1.0, stretch: Growth = 1.0) -> Self:
        """This schedule again and again, ``times`` times or for ever, then held.

        The i-th time it runs, its rates are ``scale^i`` times as high and it takes ``stretch^i``
        times as many steps: it begins at ``round(steps * (1 + stretch + ... + stretch^(i-1)))``.
        Raises ``ValueError`` for a schedule that never ends or has no steps; for ``scale > 1``
        without ``times``; and, where it stretches, for a part that is no finite curve.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=2).repeat(scale=0.5).table(6)
        array([1.   , 0.5  , 0.5  , 0.25 , 0.25 , 0.125])
        """
        return repeat_with_floor("repeat", self, times, scale, stretch, 0.0)


def join_parts(parts: Sequence[V], starts: Sequence[npt.ArrayLike]) -> V:
    """``parts[i]`` from step ``starts[i]`` on, on its own clock; ``starts[0]`` is 0."""
    begins, last = tuple(np.asarray(start) for start in starts), parts[-1]
    cut = [
        _until(part, stop - start)
        for part, start, stop in zip(parts[:-1], begins[:-1], begins[1:], strict=True)
    ]
    if last.past_end == "repeat":  # on its own clock, not with what went before it
        return last._from_node(tree.join((*cut, tree.apply_past_end(last._node, "repeat")), begins))
    return last._from_node(tree.join((*cut, last._node), begins), last.past_end)


def _until(part: V, stop: Numbers) -> Node:
    """A part of a join, with what it gives past its end if it is not cut off by then."""
    if part.past_end == "hold" or part._node.steps is None or np.all(stop <= part._node.steps):
        return part._node
    if part.past_end == "raise":
        raise ValueError(
            "join: a part with past_end='raise' must be cut off by its end, got "
            f"{short_repr(part)} for {short_repr(stop)} steps"
        )
    return tree.apply_past_end(part._node, part.past_end)


def check_stairs(where: str, paces: Numbers, at: Numbers) -> None:
    """Raise unless there is one pace more than steps ``at``, and they rise strictly from 1 on."""
    if paces.shape[-1] != at.shape[-1] + 1:
        raise ValueError(
            f"{where} must be one more than at, got {paces.shape[-1]} and {at.shape[-1]} steps"
        )
    if np.any(np.diff(at, axis=-1) <= 0) or np.any(at[..., :1] < 1):
        raise ValueError(
            f"{where} must have at that rises strictly from 1 on, got {short_repr(at)}"
        )


def _clocked(body: V, *clock: Any) -> V:
    """A schedule on another clock, given as the tree takes it; one that repeats does so on its
    own.
    """
    if body.past_end == "repeat":
        return body._from_node(tree.time_map(tree.apply_past_end(body._node, "repeat"), *clock))
    return body._from_node(tree.time_map(body._node, *clock), body.past_end)


def _paired(kind: str, a: V, b: Any) -> V:
    """Two schedules on one clock; past the end they must agree, or one of them hold."""
    policies = {a.past_end, b.past_end} - {"hold"}
    if len(policies) > 1:
        raise ValueError(
            f"{kind}: both schedules must have the same past_end, got {a.past_end!r} "
            f"and {b.past_end!r}"
        )
    node = tree.pair(
        kind, tree.apply_past_end(a._node, a.past_end), tree.apply_past_end(b._node, b.past_end)
    )
    ends = [schedule._node.steps for schedule in (a, b) if schedule.past_end == "raise"]
    if not ends or ends[0] is None or ends[-1] is None:
        return a._from_node(node)
    return a._from_node(replace(node, steps=np.minimum(ends[0], ends[-1])), "raise")


@constructor
def multiply(a: V, b: V) -> V:
    """``a(t) * b(t)``."""
    return _paired("multiply", a, b)


@constructor
def add(a: V, b: Operand) -> V:
    """``a(t) + b(t)``."""
    return _paired("add", a, b)


@constructor
def scale(schedule: V, factor: Rate) -> V:
    """``factor * schedule(t)``."""
    return schedule._from_node(tree.scale(schedule._node, np.asarray(factor)), schedule.past_end)


def repeat_with_floor(
    where: str,
    body: V,
    times: npt.ArrayLike | None,
    scale: npt.ArrayLike,
    stretch: npt.ArrayLike,
    floor: npt.ArrayLike,
) -> V:
    """``body`` again and again: the i-th time ``scale^i`` as far from ``floor`` and
    ``stretch^i`` as long.
    """
    node, count = body._node, np.asarray(-1 if times is None else times)
    scales, stretches = np.asarray(scale, dtype=np.float64), np.asarray(stretch, dtype=np.float64)
    if node.steps is None:
        raise ValueError(
            f"{where}: the schedule must end, got {short_repr(body)}, which goes on for ever"
        )
    if np.any(node.steps < 1):
        raise ValueError(
            f"{where}: the schedule must have at least one step, got {short_repr(body)}"
        )
    if times is None and np.any(scales > 1):
        raise ValueError(
            f"{where}: scale must be at most 1 where times is not given, got "
            f"{short_repr(scales.max())}"
        )
    if np.any(stretches != 1):
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
            f"got a {node.kind}"
        )
    assert node.steps is not None
    cycles = float(np.max(np.where(stretch > 1, tree.cycles(node.steps, times, stretch), 1.0)))
    if cycles > _MOST_CYCLES:
        raise ValueError(
            f"{where}: stretch must lead past 2**53 in at most {_MOST_CYCLES} cycles, "
            f"or times be given, got {short_repr(stretch)}"
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
    """Whether each piece below a node can run at another pace."""
    if node.parts:
        return node.kind not in ("loop", "stack", "time_map") and all(map(_stretches, node.parts))
    return "steps" in node.numbers or node.kind == "constant"


def _cycled_steps(
    where: str, period: Numbers, times: Numbers, stretch: Array
) -> npt.NDArray[np.int64]:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        about = np.where(
            stretch == 1, times, np.expm1(times * np.log(stretch)) / (stretch - 1)
        ) * np.asarray(period, np.float64)
        if np.any(about > LAST_STEP):
            raise ValueError(
                f"{where}: the cycles must end by step 2**53, got about {np.max(about):.3g} steps"
            )
        return lowering.cycled_steps(period, times, stretch)
