"""The parameters of a schedule that a slider can change, and the schedule with one changed.

A schedule records the call that built it. A parameter is a number, a flag or a choice in that call
or in a call inside it. The changed schedule is built from the changed call, so that every rule of
its constructor is checked again.
"""

import inspect
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from fastlr.arguments.rules import Number, OneOf, Whether
from fastlr.schedule.rebuilding import CONSTRUCTORS, RULES, build, constructor_named, core_axes
from fastlr.schedule.recorded_calls import Call
from fastlr.schedule.schedule import Schedule

__all__ = ["MOST_PARAMETERS", "Parameter", "changed", "parameters", "positions"]

MOST_PARAMETERS = 40
_MOST_ITEMS = 8  # of an array; a longer one is changed in the expression
STOPS = 200  # of a slider, beside the first
_FOLD = 10.0  # a slider goes from a tenth of a number to ten times it


class Parameter(NamedTuple):
    """A parameter of a call in a schedule.

    ``place`` leads to it: the names of arguments and the numbers of parts, call by call.
    """

    call: str
    label: str
    place: tuple[str | int, ...]
    value: Any
    rule: Any

    @property
    def is_number(self) -> bool:
        """Whether it is set by a slider."""
        return isinstance(self.rule, Number)

    @property
    def options(self) -> tuple[Any, ...]:
        """The values among which one chooses, of what is no number."""
        return self.rule.options if isinstance(self.rule, OneOf) else (False, True)

    def read(self, text: str) -> int | float:
        """Read a value that a user typed. Raises ``ValueError``."""
        kind = "an integer" if self.rule.whole else "a number"
        try:
            found = float(text)
            value = int(found) if self.rule.whole else found
        except (ValueError, OverflowError):
            value, found = 0, math.nan
        if not math.isfinite(found) or value != found:
            raise ValueError(f"{self.call}: {self.label} must be {kind}, got {text[:80]!r}")
        return value


def parameters(schedule: Schedule) -> list[Parameter]:
    """List the parameters of a schedule, at most 40, in the order of its ``repr``.

    Defaults that the schedule does not name follow those that it names.

    >>> import fastlr as flr
    >>> for each in parameters(flr.linear(0.0, 1.0, steps=9).clip(0.1, 0.5)):
    ...     print(each.call, each.label, each.value)
    linear init 0.0
    linear end 1.0
    linear steps 9
    clip lo 0.1
    clip hi 0.5
    """
    found = _in_call(schedule._call, ())
    return [each for each, _ in zip(found, range(MOST_PARAMETERS), strict=False)]


def changed(schedule: Schedule, parameter: Parameter, value: object) -> Schedule:
    """Build the schedule in which a parameter has another value.

    Raises the error of its constructor if it refuses the value.

    >>> import fastlr as flr
    >>> s = flr.cosine(0.1, 0.0, steps=90)
    >>> changed(s, parameters(s)[2], 100)
    cosine(init=0.1, end=0.0, steps=100)
    """
    found: Schedule = build(_with(schedule._call, parameter.place, value))
    return found


def positions(parameter: Parameter, scale: float) -> list[float]:
    """List the values of the stops of a slider, from low to high; one of them is the value.

    The slider of a number above 0 is logarithmic, from a tenth of it to ten times it. That of a
    share is linear from 0 to 1, and that of 0 linear up to ``scale``.
    """
    value, rule = float(parameter.value), parameter.rule
    low, high = float(rule.low), float(rule.high)
    if value > 0 and not (low >= 0 and high <= 1):
        stops = value * _FOLD ** np.linspace(-1, 1, STOPS + 1)
        stops = np.concatenate([[0.0], stops]) if low <= 0 else stops
    elif low >= 0 and high <= 1:
        stops = np.linspace(low, high, STOPS + 1)
    else:
        reach = 2 * abs(value) or scale or 1.0
        stops = np.linspace(-reach if low < 0 else 0.0, reach, STOPS + 1)
    rounded = {_rounded(stop, rule.whole) for stop in stops.tolist()}
    within = {stop for stop in rounded if low <= stop <= high and stop != value}
    return sorted(within | {parameter.value})


def _rounded(stop: float, whole: bool) -> float:
    """A number of three digits, which reads well."""
    short = float(f"{stop:.3g}")
    return round(short) if whole else short


def _in_call(call: Call, place: tuple[str | int, ...]) -> Iterator[Parameter]:
    signature = inspect.signature(constructor_named("explore", call.name, CONSTRUCTORS))
    rules = RULES.get(call.name, {})
    for name, value in call.arguments.items():
        for inner, each in enumerate(value if isinstance(value, tuple) else ()):
            yield from _in_call(each, (*place, name, inner))
        if isinstance(value, Call):
            yield from _in_call(value, (*place, name))
        else:
            yield from _in_argument(call.name, name, (*place, name), value, rules.get(name))
    for name, parameter in signature.parameters.items():
        if name not in call.arguments and parameter.default not in (None, parameter.empty):
            yield from _in_argument(
                call.name, name, (*place, name), parameter.default, rules.get(name)
            )


def _in_argument(
    call: str, name: str, place: tuple[str | int, ...], value: Any, rule: Any
) -> Iterator[Parameter]:
    """The parameters in one argument: itself, or each number of a short array."""
    if isinstance(rule, OneOf | Whether):
        yield Parameter(call, name, place, value, rule)
    if not isinstance(rule, Number):
        return
    array = np.asarray(value)
    if array.ndim == 0:
        yield Parameter(call, name, place, array.item(), rule)
    elif array.ndim == 1 and array.size <= _MOST_ITEMS and core_axes(rule) <= 1:
        for i, item in enumerate(array.tolist()):
            yield Parameter(call, f"{name}[{i}]", (*place, i), item, rule)


def _with(call: Call, place: tuple[str | int, ...], value: object) -> Call:
    """The call with another value at a place."""
    name, *rest = place
    old = call.arguments.get(str(name))
    new: object = value
    if isinstance(old, tuple):
        inner, deeper = int(rest[0]), tuple(rest[1:])
        new = tuple(_with(old[i], deeper, value) if i == inner else old[i] for i in range(len(old)))
    elif isinstance(old, Call):
        new = _with(old, tuple(rest), value)
    elif rest and isinstance(old, np.ndarray):
        items = old.tolist()
        items[int(rest[0])] = value
        new = items
    return Call(call.name, {**call.arguments, str(name): new})
