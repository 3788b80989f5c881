"""Schedule: a rate for every step, as a value.

A schedule is built once by a constructor or by the algebra below, lowered to its program when first asked, and then asked
anything: one step, any steps, a table, every lane at once. It has no state, so every way of asking gives the same bits.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr import expression as tree
from fastlr import lowering, reference
from fastlr.calls import Call
from fastlr.errors import public_methods
from fastlr.expression import Node, Numbers
from fastlr.parameters import Boundaries, Flag, Growth, Paces, Period, Power, Rate, Steps, checked, shown
from fastlr.reductions import Reduced
from fastlr.shapes import LAST_STEP
from fastlr.value import CONSTRUCTORS, constructor

__all__ = ["Cooldown", "Schedule", "add", "check_stairs", "cooldown_curve", "cycled", "joined", "leaf", "made"]

Array = npt.NDArray[np.float64]
PastEnd = Literal["hold", "raise", "repeat", "zero"]
Clock = Literal["own", "same"]
Cooldown = Literal["linear", "cosine", "1-sqrt", "sqrt", "polynomial", "exponential"]

_MOST_CYCLES = 65_536
_NO_CALL = Call("", {})  # of what no constructor has given its own
_MOST_WORDS = 6_000_000  # of a program whose cycles grow: 48 MB
_MOST_WORDS_PER_LANE = 1_000  # or, of a batch, 8 kB per lane


def _operand(where: str, value: object) -> Schedule:
    """A schedule, or numbers as a constant one."""
    if isinstance(value, Schedule):
        return value
    constant: Schedule = CONSTRUCTORS["constant"](checked(Rate, where, value))
    return constant


Operand = Annotated["Schedule | npt.ArrayLike", _operand]


def made(node: Node, past_end: str = "hold") -> Schedule:
    """A schedule on its way out of a constructor, which gives it its call."""
    return Schedule(node, _NO_CALL, past_end)


def leaf(
    kind: str,
    steps: npt.ArrayLike | None,
    top: npt.ArrayLike,
    /,
    samples: Array | None = None,
    **numbers: npt.ArrayLike,
) -> Schedule:
    """One curve of the shape table; ``top`` is a level that it never exceeds."""
    length = None if steps is None else np.asarray(steps)
    return made(tree.curve(kind, length, top, samples, **{name: np.asarray(number) for name, number in numbers.items()}))


def joined(parts: Sequence[Schedule], starts: Sequence[npt.ArrayLike]) -> Schedule:
    """``parts[i]`` from step ``starts[i]`` on, on its own clock; ``starts[0]`` is 0."""
    begins, last = tuple(np.asarray(start) for start in starts), parts[-1]
    cut = [_until(part, stop - start) for part, start, stop in zip(parts[:-1], begins[:-1], begins[1:], strict=True)]
    if last.past_end == "repeat":  # on its own clock, not with what went before it
        return made(tree.join((*cut, tree.ended(last._node, "repeat")), begins))
    return made(tree.join((*cut, last._node), begins), last.past_end)


def _until(part: Schedule, stop: Numbers) -> Node:
    """A part of a join, with what it gives past its end if it is not cut off by then."""
    if part.past_end == "hold" or part._node.steps is None or np.all(stop <= part._node.steps):
        return part._node
    if part.past_end == "raise":
        raise ValueError(
            f"join: a part with past_end='raise' must be cut off by its end, got {shown(part)} for {shown(stop)} steps"
        )
    return tree.ended(part._node, part.past_end)


@public_methods(but=("__init__",))
class Schedule(Reduced):
    """A rate for every step from 0 to 2^53: an immutable value.

    Compare it, hash it, pickle it, index it along its batch axes; ``repr``, of up to 1,000 numbers,
    evaluates back to it. ``shape`` is its batch shape:
    ``()`` for one schedule, ``(1000,)`` for a sweep of a thousand, each of which is a *lane*.

    >>> import fastlr as flr
    >>> s = flr.linear(0.0, 6e-4, steps=2_000).then(flr.cosine(6e-4, 6e-5, steps=598_000))
    >>> s(0), s(1_000), s(2_000), s(600_000)
    (0.0, 0.0003, 0.0006, 6e-05)
    >>> s == eval(repr(s), vars(flr))
    True
    """

    __slots__ = ()

    def __init__(self, *made: Any, **options: Any) -> None:
        if options or len(made) != 3 or not isinstance(made[0], Node):
            raise TypeError("Schedule: a schedule is built by a constructor, such as linear(init, end, steps)")
        super().__init__(*made)

    __array_ufunc__ = None  # so that an array times a schedule is a schedule

    # -- the algebra ---------------------------------------------------------------------------------------------------

    @constructor
    def then(self, other: Schedule) -> Schedule:
        """This schedule up to its end, then ``other`` from its own step 0. Raises ``ValueError`` if this one never ends.

        >>> import fastlr as flr
        >>> flr.linear(0.0, 1.0, steps=2).then(flr.constant(0.5)).table(4)
        array([0. , 0.5, 0.5, 0.5])
        """
        if self._node.steps is None:
            raise ValueError(
                f"then: the first schedule must end, got {shown(self)}, which goes on for ever; join(parts, at) cuts it"
            )
        return joined((self, other), (0, self._node.steps))

    def __mul__(self, other: Schedule | npt.ArrayLike) -> Schedule:
        return multiply(self, other) if isinstance(other, Schedule) else scale(self, other)

    __rmul__ = __mul__

    def __add__(self, other: Schedule | npt.ArrayLike) -> Schedule:
        return add(self, other)

    __radd__ = __add__

    @constructor
    def minimum(self, other: Operand) -> Schedule:
        """The smaller of the two at every step; ``other`` is a schedule or a rate."""
        return _paired("minimum", self, other)

    @constructor
    def maximum(self, other: Operand) -> Schedule:
        """The larger of the two at every step; ``other`` is a schedule or a rate."""
        return _paired("maximum", self, other)

    @constructor
    def clip(self, lo: Rate, hi: Rate) -> Schedule:
        """``min(max(s(t), lo), hi)``. Raises ``ValueError`` unless ``lo <= hi``."""
        if np.any(np.asarray(lo) > np.asarray(hi)):
            raise ValueError(f"clip: lo must be at most hi, got lo={shown(lo)}, hi={shown(hi)}")
        return self.maximum(lo).minimum(hi)

    @constructor
    def delay(self, steps: Steps) -> Schedule:
        """``s(0)`` for ``steps`` steps, then ``s`` from its step 0: ``s(max(t - steps, 0))``.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=2).delay(2).table(5)
        array([1. , 1. , 1. , 0.5, 0. ])
        """
        if self.past_end == "repeat":  # the wait is not repeated
            return made(tree.delay(tree.ended(self._node, "repeat"), np.asarray(steps)))
        return made(tree.delay(self._node, np.asarray(steps)), self.past_end)

    @constructor
    def skip(self, steps: Steps) -> Schedule:
        """This schedule from its step ``steps`` on: ``s(t + steps)``.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).skip(1).table(4)
        array([0.75, 0.5 , 0.25, 0.  ])
        """
        return _clocked(self, (np.asarray(1),), (np.asarray(0),), np.asarray(steps))

    @constructor
    def paced(self, paces: Paces, at: Boundaries = ()) -> Schedule:
        """This schedule, counted in samples or tokens, by the step: ``s(c(t))``, where each step takes so many of them.

        ``paces[i]`` are taken at each step from ``at[i-1]`` on: one pace more than steps ``at``, which rise strictly. ``c(t)`` is
        what the steps before t have taken, all of it an exact integer, up to 2^53. ``Ramp`` makes both of a batch that grows.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=100).paced([10, 20], at=[4]).table(8)
        array([1. , 0.9, 0.8, 0.7, 0.6, 0.4, 0.2, 0. ])
        """
        stairs, starts = np.asarray(paces), np.asarray(at)
        check_stairs("paced: paces", stairs, starts)
        begins = (np.asarray(0), *np.moveaxis(starts, -1, 0))
        return _clocked(self, tuple(np.moveaxis(stairs, -1, 0)), begins, np.asarray(0))

    @constructor
    def staircase(self, every: Period) -> Schedule:
        """This schedule, counted in epochs, by the step, where an epoch takes ``every`` of them: ``s(floor(t/every))``.

        Within an epoch the rate stays as it is. Raises ``ValueError`` where its end, ``steps * every``, is above 2^53.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=2).staircase(every=3).table(8)
        array([1. , 1. , 1. , 0.5, 0.5, 0.5, 0. , 0. ])
        """
        epochs = 0 if self._node.steps is None else self._node.steps
        if np.any(np.asarray(every) > LAST_STEP // np.maximum(epochs, 1)):
            raise ValueError(f"staircase: the schedule must end by step 2**53, got {shown(epochs)} steps, every={shown(every)}")
        return _clocked(self, (np.asarray(1),), (np.asarray(0),), np.asarray(0), np.asarray(every))

    @constructor
    def repeat(self, times: Period | None = None, scale: Rate = 1.0, stretch: Growth = 1.0) -> Schedule:
        """This schedule again and again, ``times`` times or for ever, then held.

        The i-th time it runs, its rates are ``scale^i`` times as high and it takes ``stretch^i`` times as many steps: it begins
        at ``round(steps * (1 + stretch + ... + stretch^(i-1)))``. Raises ``ValueError`` for a schedule that never ends or has
        no steps; for ``scale > 1`` without ``times``; and, where it stretches, for a part that is no finite curve.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=2).repeat(scale=0.5).table(6)
        array([1.   , 0.5  , 0.5  , 0.25 , 0.25 , 0.125])
        """
        return cycled("repeat", self, times, scale, stretch, 0.0)

    @constructor
    def cooldown(self, at: Steps, steps: Steps, end: Rate = 0.0, shape: Cooldown = "linear", power: Power = 2.0) -> Schedule:
        """This schedule up to step ``at``, then from its rate there to ``end`` in ``steps`` steps, by a shape of ``wsd``.

        >>> import fastlr as flr
        >>> flr.constant(1.0).cooldown(at=10, steps=4)(12)
        0.5
        """
        level = _rates_at(self, np.asarray(at))
        return joined((self, cooldown_curve("cooldown", level, end, steps, shape, power)), (0, at))

    @constructor
    def branches(self, at: Steps, steps: Steps, end: Rate = 0.0, shape: Cooldown = "linear", power: Power = 2.0) -> Schedule:
        """A cooldown from each of several steps of one run: a batch of the shape that ``at`` and ``steps`` broadcast to.

        Each lane is ``cooldown(at, steps, end, shape, power)``: this schedule, to the bit, up to its own step ``at``. Hagele et
        al., *Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations* (2024). Raises ``ValueError`` for a
        branch that begins after the end, unless what is held from there on is the peak.

        >>> import fastlr as flr
        >>> flr.constant(1.0).branches(at=[10, 20], steps=[2, 4])([9, 11, 22])
        array([[1. , 0.5, 0. ],
               [1. , 1. , 0.5]])
        """
        late = (np.asarray(at) > self._node.last) & (_rates_at(self, np.asarray(at)) < self._node.bound)
        if late.any():
            end_of = np.broadcast_to(self._node.last, late.shape)[late].min()
            raise ValueError(f"branches: at must be at most {int(end_of)}, where the schedule ends, got {shown(at)}")
        return self.cooldown(at, steps, end, shape, power)

    @constructor
    def continue_from(self, step: Steps, new: Schedule, clock: Clock = "own", match: Flag = False) -> Schedule:
        """This schedule up to ``step``, then another: a plan changed in mid-run. No rate before ``step`` changes.

        ``new`` begins there at its own step 0; with ``clock="same"`` it is a plan of the whole run, at its step ``step``. With
        ``match`` it is multiplied, so that it begins with the rate that this schedule has at ``step``, rounded once. Raises
        ``ValueError`` where it would have to be, and begins at 0.

        >>> import fastlr as flr
        >>> flr.constant(0.4).continue_from(10, flr.linear(1.0, 0.0, steps=4), match=True)([9, 10, 12, 14])
        array([0.4, 0.4, 0.2, 0. ])
        """
        rest = new.skip(step) if clock == "same" else new
        if match:
            reached, first = _rates_at(self, np.asarray(step)), _rates_at(rest, np.asarray(0))
            if np.any(first == 0) or np.any(reached == 0):
                raise ValueError(f"continue_from: match must be of rates above 0, got {shown(reached)} and then {shown(first)}")
            with np.errstate(over="ignore"):  # an infinite factor is refused
                rest = scale(rest, reached / first)
        return joined((self, rest), (np.asarray(0), np.asarray(step)))

    @constructor
    def extend(self, total: Steps, at: Steps = 0) -> Schedule:
        """The same schedule with its end at step ``total`` in place of ``s.steps``: the run goes on for longer.

        Where the rate is held before the last piece, as in the stable phase of ``wsd``, it is held for longer, and the last piece
        is as it was. Elsewhere the last piece takes longer. ``at`` is where the run is: no rate before it changes, and where it
        is in the last piece already, that runs anew from the rate there. What never ends, a floor too, stays as it is. Raises
        ``ValueError`` for one that ends later than ``total``, for ``at`` beyond it, and where the last piece is no curve between
        two levels.

        >>> import fastlr as flr
        >>> flr.wsd(1.0, warmup=10, stable=70, cooldown=20).extend(200).seams
        (10, 180, 200)
        >>> flr.linear(1.0, 0.0, steps=10).extend(15, at=5)([4, 5, 10, 15])
        array([0.6 , 0.5 , 0.25, 0.  ])
        """
        for length in tree.ends(self._node):
            if np.any(np.asarray(total) < length):
                raise ValueError(f"extend: total must be no less than the schedule takes, {shown(length)}, got {shown(total)}")
        if np.any(np.asarray(at) > np.asarray(total)):
            raise ValueError(f"extend: at must be at most total, {shown(total)}, got {shown(at)}")
        return made(_extended(self._node, np.asarray(total), np.asarray(at)), self.past_end)

    @constructor
    def with_past_end(self, policy: PastEnd) -> Schedule:
        """The same schedule with another answer past its end.

        ``"hold"`` keeps the last rate, ``"raise"`` raises ``ValueError`` for any step from ``s.steps`` on, ``"repeat"`` begins
        again at step 0, ``"zero"`` gives 0.0 from ``s.steps`` on. Raises ``ValueError`` for a schedule that never ends.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.5, steps=2).with_past_end("zero").table(4)
        array([1.  , 0.75, 0.  , 0.  ])
        """
        if policy != "hold" and self._node.steps is None:
            raise ValueError(f"with_past_end: the schedule must end, got {shown(self)}, which goes on for ever")
        if policy == "repeat" and self._node.steps is not None and np.any(self._node.steps < 1):
            raise ValueError(f"with_past_end: a schedule that repeats must have at least one step, got {shown(self)}")
        return made(self._node, policy)

    def with_groups(self, others: Mapping[str, Schedule]) -> Schedule:
        """Named groups and more of them: a new schedule, in which every group that was there has the bits it had.

        Raises ``TypeError`` for groups that have no names, ``ValueError`` where the schedule has none that have, or has one of
        these names.

        >>> import fastlr as flr
        >>> flr.stack({"body": flr.constant(0.1)}).with_groups({"head": flr.constant(0.3)}).row(0)
        {'body': 0.1, 'head': 0.3}
        """
        if self.names is None:
            raise ValueError(f"with_groups: the schedule must have named groups, stack({{name: schedule}}), got {shown(self)}")
        if not isinstance(others, Mapping):
            raise TypeError(f"with_groups: others must be schedules by name, got {type(others).__name__} {shown(others)}")
        stacked: Schedule = CONSTRUCTORS["stack"]([*self, *others.values()], [*self.names, *others])
        return stacked

    # -- pictures ------------------------------------------------------------------------------------------------------

    def plot(self, **options: Any) -> Any:
        """Draw the schedule with Matplotlib; see ``fastlr.plots.plot`` for the options. Returns the axes."""
        from fastlr.plots import plot

        return plot(self, **options)

    def _repr_svg_(self) -> str:
        """A small picture for notebooks: of a batch, its first lane."""
        from fastlr.sparkline import extent, spread, svg

        lane = self[(0,) * len(self.shape)] if self.shape else self
        return svg(lane(spread(extent(lane), 480)), title=repr(self))


def check_stairs(where: str, paces: Numbers, at: Numbers) -> None:
    """Raise unless there is one pace more than steps ``at``, and they rise strictly from 1 on."""
    if paces.shape[-1] != at.shape[-1] + 1:
        raise ValueError(f"{where} must be one more than at, got {paces.shape[-1]} and {at.shape[-1]} steps")
    if np.any(np.diff(at, axis=-1) <= 0) or np.any(at[..., :1] < 1):
        raise ValueError(f"{where} must have at that rises strictly from 1 on, got {shown(at)}")


def _clocked(body: Schedule, *clock: Any) -> Schedule:
    """A schedule on another clock, given as the tree takes it; one that repeats does so on its own."""
    if body.past_end == "repeat":
        return made(tree.clock(tree.ended(body._node, "repeat"), *clock))
    return made(tree.clock(body._node, *clock), body.past_end)


def _extended(node: Node, total: Numbers, at: Numbers) -> Node:
    """A node that ends at ``total``, unchanged before ``at``."""
    if not tree.ends(node):
        return node
    if node.kind in ("scale", "delay"):
        wait = node.numbers.get("steps", np.asarray(0))
        return tree.remade(node, (_extended(node.parts[0], total - wait, np.maximum(at - wait, 0)),))
    if node.kind == "stack":
        return tree.stack(tuple(_extended(part, total, at) for part in node.parts), node.labels)
    if node.kind == "join":
        return _extended_join(node, total, at)
    if node.kind in ("multiply", "add", "minimum", "maximum") and not all(map(tree.ends, node.parts)):
        return tree.pair(node.kind, *(_extended(part, total, at) for part in node.parts))  # a floor, say, is as it was
    if not {"init", "end", "steps"} <= node.numbers.keys():
        raise ValueError(f"extend: the last piece must be a curve between two levels, got a {node.kind}")
    begin = np.broadcast_arrays(at, total)[0]
    init = np.where(begin > 0, _rates_at(made(node), begin), node.numbers["init"])
    again = tree.remade(node, (), init=init, steps=total - begin)
    return tree.join((node, again), (np.asarray(0), begin)) if np.any(begin > 0) else again


def _extended_join(node: Node, total: Numbers, at: Numbers) -> Node:
    *before, last = node.parts
    *starts, start = (node.numbers[str(i)] for i in range(len(node.parts)))
    if not before:
        return tree.join((_extended(last, total, at),), (start,))
    stood = before[-1].kind == "constant" or (before[-1].steps is not None and before[-1].steps < start - starts[-1])
    waits = stood & (at <= start)  # the rate is held before the last piece, which has not begun
    if np.any(waits) and not np.all(waits):
        raise ValueError(
            "extend: all lanes must be alike, got some whose rate is held before the last piece; extend them one by one"
        )
    if np.all(waits) and last.steps is not None:
        return tree.join((*before, last), (*starts, np.asarray(total - last.steps)))
    return tree.join((*before, _extended(last, total - start, np.maximum(at - start, 0))), (*starts, start))


def _rates_at(schedule: Schedule, at: npt.NDArray[np.int64]) -> Array:
    """The rate at each lane's own step, by the reference, so that a schedule does not hang on the backend that built it."""
    shape = np.broadcast_shapes(schedule.shape, at.shape)
    at, rates, lanes = np.broadcast_to(at, shape), np.empty(shape), np.empty(int(np.prod(schedule.shape)))
    for t in np.unique(at):
        reference.rates(schedule._lowered(), range(lanes.size), int(t), lanes)
        np.copyto(rates, lanes.reshape(schedule.shape), where=at == t)
    return rates


def _paired(kind: str, a: Schedule, b: Any) -> Schedule:
    """Two schedules on one clock; past the end they must agree, or one of them hold."""
    policies = {a.past_end, b.past_end} - {"hold"}
    if len(policies) > 1:
        raise ValueError(f"{kind}: both schedules must have the same past_end, got {a.past_end!r} and {b.past_end!r}")
    node = tree.pair(kind, tree.ended(a._node, a.past_end), tree.ended(b._node, b.past_end))
    ends = [schedule._node.steps for schedule in (a, b) if schedule.past_end == "raise"]
    if not ends or ends[0] is None or ends[-1] is None:
        return made(node)
    return made(replace(node, steps=np.minimum(ends[0], ends[-1])), "raise")


@constructor
def multiply(a: Schedule, b: Schedule) -> Schedule:
    """``a(t) * b(t)``."""
    return _paired("multiply", a, b)


@constructor
def add(a: Schedule, b: Operand) -> Schedule:
    """``a(t) + b(t)``."""
    return _paired("add", a, b)


@constructor
def scale(schedule: Schedule, factor: Rate) -> Schedule:
    """``factor * schedule(t)``."""
    return made(tree.scale(schedule._node, np.asarray(factor)), schedule.past_end)


def cycled(
    where: str,
    body: Schedule,
    times: npt.ArrayLike | None,
    scale: npt.ArrayLike,
    stretch: npt.ArrayLike,
    floor: npt.ArrayLike,
) -> Schedule:
    """``body`` again and again: the i-th time ``scale^i`` as far from ``floor`` and ``stretch^i`` as long."""
    node, count = body._node, np.asarray(-1 if times is None else times)
    scales, stretches = np.asarray(scale, dtype=np.float64), np.asarray(stretch, dtype=np.float64)
    if node.steps is None:
        raise ValueError(f"{where}: the schedule must end, got {shown(body)}, which goes on for ever")
    if np.any(node.steps < 1):
        raise ValueError(f"{where}: the schedule must have at least one step, got {shown(body)}")
    if times is None and np.any(scales > 1):
        raise ValueError(f"{where}: scale must be at most 1 where times is not given, got {shown(scales.max())}")
    if np.any(stretches != 1):
        _check_stretch(where, node, count, stretches, scales)
    steps = None if times is None else _cycled_steps(where, node.steps, count, stretches)
    return made(tree.loop(node, node.steps, count, scales, stretches, np.asarray(floor, dtype=np.float64), steps))


def _check_stretch(where: str, node: Node, times: Numbers, stretch: Array, scale: Array) -> None:
    if not _stretches(node):
        raise ValueError(f"{where}: only finite curves, constants and their joins can be stretched, got a {node.kind}")
    assert node.steps is not None
    cycles = float(np.max(np.where(stretch > 1, tree.cycles(node.steps, times, stretch), 1.0)))
    if cycles > _MOST_CYCLES:
        raise ValueError(
            f"{where}: stretch must lead past 2**53 in at most {_MOST_CYCLES} cycles, or times be given, got {shown(stretch)}"
        )
    lanes = math.prod(np.broadcast_shapes(node.shape, times.shape, stretch.shape, scale.shape))
    most, words = max(_MOST_WORDS, _MOST_WORDS_PER_LANE * lanes), cycles * lowering.words_of_cycles(node, lanes)
    if words > most:
        raise ValueError(
            f"{where}: stretch must be farther from 1, or times smaller: a program of {cycles:,.0f} cycles and {lanes:,} "
            f"lanes must have at most {most:,} numbers, got about {words:,.0f} for stretch {shown(stretch)}"
        )


def _stretches(node: Node) -> bool:
    """Whether each piece below a node can run at another pace."""
    if node.parts:
        return node.kind not in ("loop", "stack", "clock") and all(map(_stretches, node.parts))
    return "steps" in node.numbers or node.kind == "constant"


def _cycled_steps(where: str, period: Numbers, times: Numbers, stretch: Array) -> npt.NDArray[np.int64]:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        about = np.where(stretch == 1, times, np.expm1(times * np.log(stretch)) / (stretch - 1)) * np.asarray(period, np.float64)
        if np.any(about > LAST_STEP):
            raise ValueError(f"{where}: the cycles must end by step 2**53, got about {np.max(about):.3g} steps")
        return lowering.cycled_steps(period, times, stretch)


def cooldown_curve(
    where: str, init: npt.ArrayLike, end: npt.ArrayLike, steps: npt.ArrayLike, shape: str, power: npt.ArrayLike
) -> Schedule:
    """From ``init`` to ``end`` by a named cooldown shape."""
    names = {"linear": (1.0, False), "1-sqrt": (0.5, True), "sqrt": (0.5, False), "polynomial": (power, False)}
    if shape in names:
        exponent, from_start = names[shape]
        top = np.maximum(init, end)
        return leaf("polynomial", steps, top, init=init, end=end, steps=steps, power=exponent, from_start=from_start)
    if shape == "exponential" and (np.any(np.asarray(end) <= 0) or np.any(np.asarray(init) <= 0)):
        raise ValueError(f"{where}: end must be above 0 for an exponential cooldown, got end={shown(end)} after {shown(init)}")
    curve: Schedule = CONSTRUCTORS[shape](init, end, steps)
    return curve
