"""Turn bytes into choices: numbers, arguments and schedules, plausible ones and impossible ones.

When the bytes end, every choice takes its first option. First options are plain, so that building
ends.
"""

import contextlib
import inspect
import math
import struct
import typing
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

import fastlr as flr
from fastlr.arguments.rules import Distinct, Number, Whether, Words
from fastlr.schedule.rebuilding import CONSTRUCTORS
from fastlr.schedule.value import Value

LAST = 2**53
INTEGERS = [
    1,
    0,
    10,
    -1,
    2,
    100,
    2**31 - 1,
    2**31,
    2**52,
    LAST - 1,
    LAST,
    LAST + 1,
    2**62,
    2**63 - 1,
    2**63,
    2**64,
    -(2**63),
    10**40,
    10**400,
]
REALS = [
    0.1,
    0.0,
    1.0,
    -0.0,
    0.5,
    1e-3,
    5e-324,
    2.0**-1022,
    1e-290,
    1e-18,
    1e18,
    3.4e38,
    3.5e38,
    1e290,
    1e300,
    1.7e308,
    math.inf,
    -math.inf,
    math.nan,
    -1.0,
    2.0**53,
    10.0,
]
WORDS = [
    "linear",
    "cosine",
    "",
    "a",
    "b",
    "\0",
    "\ud800",
    "x" * 300,
    "nan",
    "1",
    "é",
    "min",
    "max",
    "raise",
    "None",
]
DTYPES = [
    "f8",
    "f4",
    "f2",
    "i8",
    "i4",
    "i1",
    "u8",
    "u1",
    "?",
    "c16",
    "U3",
    "S3",
    "O",
    "M8[s]",
    "m8[s]",
    ">f8",
    ">i4",
    "g",
]


class Choices:
    """Choices that bytes determine, one after another."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def raw(self, size: int) -> bytes:
        """Return the next bytes; zeros follow the last."""
        part = self._data[self._at : self._at + size]
        self._at += size
        return part.ljust(size, b"\0")

    def rest(self) -> bytes:
        """Return all remaining bytes."""
        part, self._at = self._data[self._at :], len(self._data)
        return part

    def below(self, count: int) -> int:
        size = 1 if count <= 256 else 8
        return int.from_bytes(self.raw(size), "little") % count

    def of(self, options: Sequence[Any]) -> Any:
        return options[self.below(len(options))]

    def often(self) -> bool:
        """Return True most of the time."""
        return self.below(16) != 1

    def seldom(self) -> bool:
        return not self.often()

    # -- numbers -----------------------------------------------------------------------------------

    def integer(self) -> int:
        kind = self.below(8)
        if kind < 5:
            return self.below(256)
        if kind == 5:
            return self.of(INTEGERS)
        exponent, rest = self.below(128), self.below(256)
        # the last steps, where time maps stop
        found = 2**exponent + rest if exponent < 66 else LAST - rest
        return found * (-1 if kind == 6 and self.seldom() else 1)

    def real(self) -> float:
        kind = self.below(4)
        if kind == 0:
            return self.of(REALS)
        if kind == 1:
            return float(struct.unpack("<d", self.raw(8))[0])
        return (
            self.below(256) / 64.0
            if kind == 2
            else (1 + self.below(256)) * 10.0 ** (self.below(256) * 2 - 256)
        )

    def growth(self) -> float:
        """Return a growth slightly above 1."""
        return 1.0 + (1 + self.below(256)) * 2.0 ** -(8 + self.below(16))

    def within(self, rule: Number) -> Any:
        """Return a number that obeys a rule, often one of its limits."""
        if rule.whole:
            low, high = int(rule.low), int(rule.high)
            found = (
                [low, high, low + 1, high - 1, 10][self.below(5)]
                if self.below(4) == 1
                else abs(self.integer())
            )
            return min(max(found, low), high)
        if rule.low == 1.0 and self.seldom():
            return min(self.growth(), rule.high)
        low, high = max(rule.low, -1.7e308), min(rule.high, 1.7e308)
        found = (
            [low, high, float(np.nextafter(low, high)), float(np.nextafter(high, low))][
                self.below(4)
            ]
            if self.seldom()
            else self.real()
        )
        return min(max(found, low), high) if found == found else low

    def numbers(self, rule: Number) -> Any:
        """Return one number, or arrays whose last axes are those of one schedule."""
        batch = [(), (), (), (2,), (3,), (1,), (2, 1), (1, 3)][self.below(8)]
        core = (self.of([2, 1, 3, 0, 5]),) * rule.core
        shape = (*batch, *core)
        found = np.array(
            [self.within(rule) for _ in range(math.prod(shape))],
            dtype=np.int64 if rule.whole else np.float64,
        )
        return found.reshape(shape) if shape and self.below(2) else found.reshape(shape).tolist()

    # -- anything at all ---------------------------------------------------------------------------

    def anything(self, depth: int = 2) -> Any:
        kinds: list[Callable[[], Any]] = [
            self.integer,
            self.real,
            lambda: None,
            lambda: bool(self.below(2)),
            lambda: self.of(WORDS),
            lambda: self.raw(3),
            lambda: self.of([1j, object, ..., flr, math.sin]),
            lambda: self.array(),
            lambda: range(self.below(9), self.below(9)),
            lambda: np.dtype(self.of(["f8", "f4", "f2", "i8", "u8", "?"])).type(self.below(100)),
            lambda: self.schedule(0),
        ]
        if depth:
            kinds += [
                lambda: [self.anything(depth - 1) for _ in range(self.below(4))],
                lambda: tuple(self.anything(depth - 1) for _ in range(self.below(4))),
                lambda: {self.of(WORDS): self.anything(depth - 1) for _ in range(self.below(3))},
                lambda: {self.below(9)},
            ]
        return self.of(kinds)()

    def array(self) -> Any:
        """Return an array of any dtype and shape. It is seldom masked; some bytes may be NaN."""
        dtype, shape = (
            np.dtype(self.of(DTYPES)),
            self.of([(2,), (), (0,), (3,), (2, 2), (1, 0), (1,) * 32]),
        )
        size = math.prod(shape)
        if dtype.kind in "OUS":
            return np.array([self.of([1, "a", None, 2.5]) for _ in range(size)], dtype="O").reshape(
                shape
            )
        found = np.frombuffer(self.raw(size * dtype.itemsize), dtype=dtype).reshape(shape)
        return np.ma.masked_array(found, mask=self.below(2)) if shape and self.seldom() else found

    # -- arguments ---------------------------------------------------------------------------------

    def fitting(self, hint: Any, depth: int) -> Any:
        """Return a value that a parameter's annotation accepts."""
        if type(None) in typing.get_args(hint):
            hint = next(part for part in typing.get_args(hint) if part is not type(None))
        if typing.get_origin(hint) is typing.Literal:
            return self.of(typing.get_args(hint))
        for rule in getattr(hint, "__metadata__", ()):
            if isinstance(rule, Number):
                return self.numbers(rule)
            if isinstance(rule, Whether):
                return bool(self.below(2))
            if isinstance(rule, Words):
                return self.of([*rule.options, list(rule.options)])
            if isinstance(rule, Distinct):
                return self.of([["a", "b"], ["a"], ["a", "a"]])
            return self.of(
                [
                    self.schedule,
                    lambda _: self.real(),
                    self.curve,
                    lambda _: ["cosine"],
                    lambda _: "cosine",
                ]
            )(depth)
        if isinstance(hint, type) and issubclass(hint, Value):
            return self.schedule(depth)
        return (
            self.of([self.schedules, self.anything])(depth)
            if hint is not inspect.Parameter.empty
            else self.schedule(depth)
        )

    def curve(self, depth: int) -> Any:
        """Return a function of a step, or of a length."""
        return self.of(
            [
                lambda t: 0.5,
                lambda t: flr.constant(0.5),
                lambda t: flr.linear(1.0, 0.0, int(t)),
                lambda t: math.nan,
            ]
        )

    def arguments(self, build: Callable[..., Any], depth: int = 1) -> dict[str, Any]:
        """Return arguments by name: all required ones and some others; seldom wrong ones."""
        hints, found = annotations(build), {}
        for name, parameter in signature(build).parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD or (
                self.seldom() if parameter.default is parameter.empty else self.below(2)
            ):
                continue
            found[name] = (
                self.fitting(hints.get(name, parameter.empty), depth)
                if self.often()
                else self.anything()
            )
        return (
            found if self.often() else {**found, self.of(["value", "speed", "lr"]): self.anything()}
        )

    # -- schedules ---------------------------------------------------------------------------------

    def schedule(self, depth: int = 2) -> flr.Schedule:
        """Return a schedule of any kind; a line if its arguments are refused."""
        build = self.of(list(CONSTRUCTORS.values()) if depth else LEAVES)
        try:
            return build(**self.arguments(build, depth - 1))
        except (ValueError, TypeError):
            return flr.linear(0.3, 0.1, 10)

    def in_time_maps(self, schedule: flr.Schedule) -> flr.Schedule:
        """Wrap a schedule in up to three time maps, most of which reach the last step or stay
        there.
        """
        for _ in range(self.below(4)):
            with contextlib.suppress(ValueError, TypeError):
                schedule = self._in_a_time_map(schedule)
        return schedule

    def _in_a_time_map(self, schedule: flr.Schedule) -> flr.Schedule:
        near, far = self.below(64), LAST - self.below(64)
        paces = [1 + self.of([near, far // 2, far // (1 + near)]), 1 + near]
        changes: list[Callable[[], flr.Schedule]] = [
            lambda: schedule.skip(self.of([far, near, LAST])),
            lambda: schedule.paced(paces, [self.of([1 + near, far])]),
            lambda: schedule.delay(self.of([far, near])),
            lambda: schedule.staircase(1 + self.of([near, far - 1, far // 3])),
            lambda: schedule.repeat(scale=self.of([1.0, 0.0, 0.5])),
            lambda: schedule.with_past_end("repeat"),
            lambda: flr.join(
                [schedule, flr.linear(0.1, 0.7, 5).repeat()], at=[self.of([far, near])]
            ),
        ]
        return self.of(changes)()

    def reused(self, schedule: flr.Schedule) -> flr.Schedule:
        """Return a schedule that is made of the same one several times."""
        return self.of(REUSES)(schedule)

    def schedules(self, depth: int) -> Any:
        """Return several schedules, seldom by name."""
        some = [self.schedule(depth) for _ in range(1 + self.below(3))]
        return dict(zip("abc", some, strict=False)) if self.seldom() else some

    def logged(self) -> list[int]:
        """Return the steps of a log: several attempts from any step, with gaps and repeats."""
        interval, steps = 1 + self.below(4), list[int]()
        for _ in range(1 + self.below(4)):
            step = self.below(40) * interval if self.often() else self.step()
            for _ in range(1 + self.below(30)):
                steps.append(min(step, LAST))
                step += interval * (1 if self.often() else self.below(4))
            if self.seldom():
                steps[self.below(len(steps))] = steps[self.below(len(steps))]
        return steps

    def step(self) -> int:
        """Return a valid step."""
        return min(abs(self.integer()), LAST)


@cache
def annotations(build: Callable[..., Any]) -> dict[str, Any]:
    return typing.get_type_hints(inspect.unwrap(build), include_extras=True)


signature = cache(inspect.signature)


REUSES: list[Callable[[Any], flr.Schedule]] = [
    lambda x: x + x,
    lambda x: x * x,
    lambda x: x.then(x),
    lambda x: x.paced([1, 2], [3]),
    lambda x: x.minimum(x * 0.5),
    lambda x: x.maximum(x),
    lambda x: flr.stack([x, x]),
    lambda x: flr.join([x, x, x], [5, 5]),
    lambda x: x.continue_from(3, x, match=True),
    lambda x: (x.delay(1) + 0.5) * 0.5,
    lambda x: x.skip(1) + x.staircase(2),
    lambda x: x.clip(0.1, 0.9).repeat(2).maximum(x),
    lambda x: x.with_past_end("zero").then(x),
]


def _of_schedules(build: Callable[..., Any]) -> bool:
    return bool(
        inspect.signature(build).parameters.keys() & {"self", "schedule", "schedules", "parts", "a"}
    )


LEAVES = [build for build in CONSTRUCTORS.values() if not _of_schedules(build)]
