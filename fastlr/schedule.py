"""Schedule: a rate for every step, as a value.

A schedule is built once by a constructor or by the algebra below, lowered to its program when first asked, and then asked
anything: one step, any steps, a table, every lane at once. It has no state, so every way of asking gives the same bits.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import math
import typing
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr import exact, lowering, reference
from fastlr import expression as tree
from fastlr.backends import active, choose
from fastlr.calls import Call
from fastlr.expression import Node, Numbers
from fastlr.parameters import Boundaries, Growth, Paces, Period, Power, Rate, Steps, has_flags, shown
from fastlr.program import Program, seams
from fastlr.shapes import HEADER, LAST_STEP
from fastlr.tables import allocate, check_contiguous, check_out, check_threads, dtype_of, span
from fastlr.threads import shared
from fastlr.value import CONSTRUCTORS, Value, constructor

__all__ = ["Cooldown", "Schedule", "add", "cooldown_curve", "cycled", "joined", "leaf", "made"]

Array = npt.NDArray[np.float64]
PastEnd = Literal["hold", "raise", "repeat", "zero"]
Cooldown = Literal["linear", "cosine", "1-sqrt", "sqrt", "polynomial", "exponential"]

_STEP = np.dtype(np.int64)
_UNASKED = np.zeros(HEADER)  # a program with no step that may be asked for
_UNASKED_AT = _UNASKED.ctypes.data
_MOST_CYCLES = 65_536
_SUMMED = 8_192  # numbers of a table held at a time while it is added up


def _operand(where: str, value: object) -> Schedule:
    """A schedule, or numbers as a constant one."""
    if isinstance(value, Schedule):
        return value
    [_, rule] = typing.get_args(Rate)
    constant: Schedule = CONSTRUCTORS["constant"](rule(where, value))
    return constant


Operand = Annotated["Schedule | npt.ArrayLike", _operand]


def made(node: Node, past_end: str = "hold") -> Schedule:
    """A schedule on its way out of a constructor, which gives it its call."""
    return Schedule(node, Call("", {}), past_end)


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


class Schedule(Value):
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

    __slots__ = ("_address", "_program", "_words")
    __array_ufunc__ = None  # so that an array times a schedule is a schedule

    _program: Program | None  # once lowered, and as a plain array, and where that stands if the schedule is a scalar one
    _words: Array | None
    _address: int

    def __init__(self, node: Node, call: Call, past_end: str) -> None:
        super().__init__(node, call, past_end)
        for name, value in (("_program", None), ("_words", None), ("_address", _UNASKED_AT)):
            object.__setattr__(self, name, value)

    @property
    def seams(self) -> tuple[int, ...]:
        """The steps at which a scalar schedule passes from one piece to the next, its end among them.

        Of a piece that repeats for ever, or more than 1,000 times, those of its first period.

        >>> import fastlr as flr
        >>> flr.wsd(1.0, warmup=10, stable=70, cooldown=20).seams
        (10, 80, 100)
        """
        if self.shape != ():
            raise ValueError(f"seams: the schedule must be a scalar one, got batch shape {self.shape}; index it first")
        return tuple(sorted(seams(self.program)))

    @property
    def program(self) -> Program:
        """What the kernels read: one flat, read-only float64 array. ``print(s.program)`` shows its rows."""
        if self._program is None:
            put, program = object.__setattr__, lowering.lower(self._node, self.past_end)
            put(self, "_words", program.view(np.ndarray))
            put(self, "_address", _UNASKED_AT if self.shape else program.ctypes.data)
            put(self, "_program", program)
        return typing.cast(Program, self._program)

    def _lowered(self) -> Array:
        """The program's words."""
        if self._words is None:
            return self.program.view(np.ndarray)
        return self._words

    # -- asking --------------------------------------------------------------------------------------------------------

    @typing.overload
    def __call__(self, t: int, out: Array | None = None, threads: int = 1) -> Any: ...
    @typing.overload
    def __call__(self, t: npt.ArrayLike, out: Array | None = None, threads: int = 1) -> Array: ...
    def __call__(self, t: Any, out: Array | None = None, threads: int = 1) -> Any:
        """The rate at step ``t``, an integer from 0 to 2^53, or at every step of an integer array in any order.

        A float for one step of a scalar schedule; otherwise a float64 array of shape ``s.shape + t.shape``: ``out``, if a
        C-contiguous, aligned one of that shape is given. With ``threads`` the work on large arrays is divided over so many.
        Raises ``TypeError`` for steps that are no integers and ``ValueError`` for a step out of range or past the end of a
        schedule with ``past_end="raise"``, before anything is written.
        """
        # what a training loop runs: no more than it must do
        if out is None and type(t) is int:
            scalar = active().scalar
            try:
                rate = scalar(self._address, t)
            except OverflowError:
                rate = math.nan
            if rate == rate:  # known, not NaN
                return rate
        return self._rates(t, out, threads)

    def _rates(self, t: object, out: Array | None, threads: int) -> float | Array:
        if out is None and type(t) is np.ndarray and t.dtype is _STEP and t.flags.carray and threads == 1:
            rates = np.empty(t.shape)
            if active().several(self._address, t, rates):
                return rates
        clocks = self._clocks(t)
        shape = self._node.shape + clocks.shape
        if out is None and not shape and (rate := choose().scalar(self._address, int(clocks))) == rate:
            return rate
        if out is None:
            rates = allocate("s(t)", shape, np.dtype(np.float64))
        else:
            check_out("s(t)", out, shape, np.float64)
            check_contiguous("s(t)", out)
            rates = out
        self._fill_at(clocks, rates, check_threads("s(t)", threads))
        return float(rates) if out is None and not shape else rates

    def _fill_at(self, clocks: npt.NDArray[np.int64], rates: Array, threads: int) -> None:
        """Every lane at steps that are known to be allowed."""
        words, backend, count = self._lowered(), choose(), math.prod(self._node.shape)
        if clocks.ndim == 0:
            t, row = int(clocks), rates.reshape(-1)
            shared(lambda lanes, _: backend.rates(words, lanes, t, row), count, 1, threads)
        else:
            steps, rows = clocks.reshape(-1), rates.reshape(count, clocks.size)
            shared(lambda lanes, columns: backend.steps(words, lanes, columns, steps, rows), count, steps.size, threads)

    def _clocks(self, t: object) -> npt.NDArray[np.int64]:
        """Steps as int64, C-contiguous and aligned, every one of them allowed."""
        if type(t) is int:  # what a training loop asks a bank of groups
            self._reach("s(t): t", t, t)
            return np.asarray(t, dtype=np.int64)
        try:
            array = np.asarray(t)
        except ValueError:
            raise ValueError(f"s(t): t must be an array of integers, got rows of unequal length: {shown(t)}") from None
        if array.size == 0 and array.dtype == np.float64 and not isinstance(t, np.ndarray):
            array = array.astype(np.int64)  # an empty list has no other dtype
        if array.dtype.kind == "O" and all(type(item) is int for item in array.flat):
            raise ValueError(f"s(t): t must be from 0 to 2**53, got {shown(t)}")
        if array.dtype.kind not in "iu" or has_flags(t):
            raise TypeError(f"s(t): t must be an integer or an array of integers, got {type(t).__name__} {shown(t)}")
        if array.size:
            self._reach("s(t): t", int(array.min()), int(array.max()))
        steps = np.asarray(array, dtype=np.int64, order="C")
        return steps if steps.flags.aligned else steps.copy()

    def _reach(self, where: str, first: int, last: int) -> None:
        """Raise unless every step from ``first`` to ``last`` may be asked for."""
        if first < 0 or last > LAST_STEP:
            raise ValueError(f"{where} must be from 0 to 2**53, got {shown(first if first < 0 else last)}")
        limit = int(self._lowered()[3])
        if last >= limit:
            raise ValueError(f"{where} must be before the end, step {limit}, as past_end='raise', got {last}")

    def table(
        self,
        start: int,
        stop: int | None = None,
        step: int = 1,
        *,
        dtype: npt.DTypeLike | None = None,
        out: npt.NDArray[Any] | None = None,
        threads: int = 1,
    ) -> npt.NDArray[Any]:
        """The rates at steps ``range(start, stop, step)``, or ``range(start)`` if it is alone: shape ``s.shape + (n,)``.

        ``dtype`` is float64 or float32 (the float64 rate rounded once). ``out`` of that shape, of any strides, is filled and
        returned; beside it no more than 1 MiB a thread is allocated. ``threads`` divides the work on a large table over so many,
        and gives the same bits. Raises ``TypeError`` or ``ValueError`` before anything is written: for steps that are no integers
        or out of range, for another dtype or shape of ``out``, and for a table larger than this machine's memory.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).table(6)
        array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
        """
        steps, threads = span(start, stop, step), check_threads("table", threads)
        if steps:
            self._reach("table: steps", steps[0], steps[-1])
        shape = (*self.shape, len(steps))
        if out is None:
            out = allocate("table", shape, dtype_of(dtype))
        else:
            check_out("table", out, shape, dtype)
        if steps:
            self._fill(np.asarray(out), steps, threads)
        return out

    def _fill(self, out: npt.NDArray[Any], steps: range, threads: int) -> None:
        if out.ndim > 2 and not out.flags.c_contiguous:
            for i in range(out.shape[0]):
                self[i]._fill(out[i], steps, threads)
            return
        words, backend = self._lowered(), choose()
        rows = out if out.ndim == 2 else out.reshape(-1, out.shape[-1])

        def work(lanes: range, columns: range) -> None:
            backend.table(words, lanes, columns, steps.start, steps.step, rows)

        shared(work, rows.shape[0], rows.shape[1], threads)

    def _tables(self, stop: int) -> Iterator[Array]:
        """The first ``stop`` rates, a short table at a time."""
        size = max(1, _SUMMED // max(1, int(np.prod(self.shape))))
        for start in range(0, stop, size):
            yield self.table(start, min(start + size, stop))

    def sum(self, stop: int) -> Any:
        """The sum of the rates at steps 0 to ``stop - 1``, all of them added up in two words: a float, or an array.

        >>> import fastlr as flr
        >>> flr.constant(0.1).sum(10)
        1.0
        """
        stop = self._run("sum", stop, least=0)
        total = exact.pair(np.zeros(self.shape))
        for rates in self._tables(stop):
            total = exact.add(total, exact.total(rates))
        return self._plain(total[0])

    def max(self, stop: int) -> Any:
        """The largest rate at steps 0 to ``stop - 1``; it looks at every one of them."""
        stop = self._run("max", stop, least=1)
        return self._plain(np.max([rates.max(axis=-1) for rates in self._tables(stop)], axis=0))

    def min(self, stop: int) -> Any:
        """The smallest rate at steps 0 to ``stop - 1``; it looks at every one of them."""
        stop = self._run("min", stop, least=1)
        return self._plain(np.min([rates.min(axis=-1) for rates in self._tables(stop)], axis=0))

    def _run(self, name: str, stop: object, least: int) -> int:
        """``stop``, known to be a step that rates may be asked up to."""
        rule = f"{name}: stop must be an integer from {least} to 2**53"
        if isinstance(stop, bool) or not isinstance(stop, int | np.integer):
            raise TypeError(f"{rule}, got {type(stop).__name__} {shown(stop)}")
        if not least <= stop <= LAST_STEP:
            raise ValueError(f"{rule}, got {shown(stop)}")
        if stop:
            self._reach(f"{name}: steps", 0, int(stop) - 1)
        return int(stop)

    def _plain(self, value: npt.NDArray[Any]) -> Any:
        return value if self.shape else float(value)

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
        if stairs.shape[-1] != starts.shape[-1] + 1:
            raise ValueError(
                f"paced: paces must be one more than at, got {stairs.shape[-1]} paces and {starts.shape[-1]} steps"
            )
        if np.any(np.diff(starts, axis=-1) <= 0) or np.any(starts[..., :1] < 1):
            raise ValueError(f"paced: at must rise strictly from 1 on, got {shown(starts)}")
        begins = (np.asarray(0), *np.moveaxis(starts, -1, 0))
        return _clocked(self, tuple(np.moveaxis(stairs, -1, 0)), begins, np.asarray(0))

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


def _clocked(body: Schedule, paces: tuple[Numbers, ...], starts: tuple[Numbers, ...], begin: Numbers) -> Schedule:
    """A schedule on another clock; one that repeats does so on its own."""
    if body.past_end == "repeat":
        return made(tree.clock(tree.ended(body._node, "repeat"), paces, starts, begin))
    return made(tree.clock(body._node, paces, starts, begin), body.past_end)


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
        _check_stretch(where, node, count, stretches)
    steps = None if times is None else _cycled_steps(where, node.steps, count, stretches)
    return made(tree.loop(node, node.steps, count, scales, stretches, np.asarray(floor, dtype=np.float64), steps))


def _check_stretch(where: str, node: Node, times: Numbers, stretch: Array) -> None:
    if not _stretches(node):
        raise ValueError(f"{where}: only finite curves, constants and their joins can be stretched, got a {node.kind}")
    if node.steps is not None and np.any(tree.cycles(node.steps, times, stretch) > _MOST_CYCLES):
        raise ValueError(
            f"{where}: stretch must lead past 2**53 in at most {_MOST_CYCLES} cycles, or times be given, got {shown(stretch)}"
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
