"""What makes a function a preset: rules for its arguments, which are checked under the framework's
own names.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Annotated, Any, NamedTuple, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import Types, show_types
from fastlr.arguments.rules import Amount, Floats, Number, Rate, as_array, short_repr, validate
from fastlr.errors import did_you_mean, public
from fastlr.presets._run_lengths import RunLength, length_of
from fastlr.program.kept_property import kept_property
from fastlr.program.opcodes import LAST_STEP
from fastlr.program.tree import Numbers, Run
from fastlr.schedule.constructing import Parameters, recorded, same
from fastlr.schedule.constructor_names import constant, stack
from fastlr.schedule.rebuilding import build as rebuilt
from fastlr.schedule.rebuilding import core_axes
from fastlr.schedule.recorded_calls import Call
from fastlr.schedule.schedule import Schedule

__all__ = [
    "A_FUNCTION",
    "MOST_TURNS",
    "PRESETS",
    "ArgumentError",
    "ArgumentTypeError",
    "Count",
    "Curve",
    "Curved",
    "Curves",
    "Duration",
    "Exponent",
    "Function",
    "Growth",
    "Integer",
    "Length",
    "Lengths",
    "Level",
    "Levels",
    "Marks",
    "Preset",
    "Ratio",
    "Real",
    "Scales",
    "Scheduled",
    "Share",
    "Shrink",
    "Span",
    "Tabled",
    "Turns",
    "factors",
    "named",
    "preset",
]

P = ParamSpec("P")
V = TypeVar("V")
Curve = Callable[[int], Schedule]  # a function of the number of steps


class ArgumentError(ValueError):
    """A preset's argument has a wrong value. The message begins with the argument: the decorator
    puts the preset's name in front.
    """


class ArgumentTypeError(TypeError):
    """Like ``ArgumentError``, for an argument of a wrong type or one that is missing."""


class Preset(NamedTuple):
    """A framework's schedule: its names, the function, and the known differences."""

    framework: str
    name: str
    build: Callable[..., Any]
    differences: str


PRESETS: dict[str, Preset] = {}  # by "framework.name"

# how presets differ whose argument is a function of the step
A_FUNCTION = (
    "A function is not a value: fastlr calls it once for each of `total_steps` steps, and holds "
    "the last rate."
)

MOST_TURNS = 10_000  # the most parts of a schedule that are built one by one
_FAR = float(LAST_STEP)
_TINY, _HUGE = float(np.nextafter(0.0, 1.0)), float(np.finfo(np.float64).max)

# a preset gets these as plain Python numbers; a user may pass arrays, with one number per lane
Count = Annotated[int, Number("an integer from 0 to 2**53", 0, LAST_STEP, whole=True)]
Span = Annotated[int, Number("an integer from 1 to 2**53", 1, LAST_STEP, whole=True)]
# parts that are built one by one
Turns = Annotated[int, Number(f"an integer from 1 to {MOST_TURNS:,}", 1, MOST_TURNS, whole=True)]
# steps at which a function is evaluated
Tabled = Annotated[int, Number("an integer from 1 to 4,194,304", 1, 2**22, whole=True)]
Integer = Annotated[int, Number("an integer", -LAST_STEP, LAST_STEP, whole=True)]
Length = Annotated[float, Number("a number of steps from 0 to 2**53", 0.0, _FAR)]
Duration = Annotated[float, Number("a number of steps above 0, at most 2**53", _TINY, _FAR)]
Share = Annotated[float, Number("a number from 0 to 1", 0.0, 1.0)]
Ratio = Annotated[float, Number("a number above 0", _TINY, _HUGE)]
Shrink = Annotated[float, Number("a number above 0 and below 1", 0.0, 1.0, beyond=True)]
Growth = Annotated[float, Number("a number from 1 to 2**53", 1.0, _FAR)]
Level = Annotated[float, Number("a finite number >= 0", 0.0, _HUGE)]
Real = Annotated[float, Number("a finite number", -_HUGE, _HUGE)]
Exponent = Annotated[float, Number("a number from 1e-3 to 1e3", 1e-3, 1e3)]
Marks = Annotated[
    Sequence[int], Number("integers from 0 to 2**53", 0, LAST_STEP, whole=True, core=1, none=True)
]
Levels = Annotated[Sequence[float], Number("finite numbers >= 0", 0.0, _HUGE, core=1, none=True)]
Lengths = Annotated[
    Sequence[float], Number("numbers of steps from 0 to 2**53", 0.0, _FAR, core=1, none=True)
]


def _function(where: str, value: object) -> object:
    """Check a function, and wrap it so that its results are checked to be numbers."""
    rule = f"{where} must be a function of the step"
    if not callable(value):
        raise TypeError(f"{rule}, got {type(value).__name__} {short_repr(value)}")

    def evaluated(*arguments: object) -> npt.NDArray[Any]:
        answer = as_array(f"{rule} that gives numbers", found := value(*arguments))
        if answer.dtype.kind not in "biuf":
            raise TypeError(
                f"{rule} that gives numbers, got {type(found).__name__} {short_repr(found)}"
            )
        return answer

    evaluated.__wrapped__ = value  # type: ignore[attr-defined]  # whose signature it shows
    return evaluated


def _scales(where: str, value: object) -> object:
    if not isinstance(value, Mapping):
        raise TypeError(
            f"{where} must be a mapping from steps to factors, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    steps, factors = (
        Number("steps, integers from 0 to 2**53", 0, LAST_STEP, whole=True),
        Number("factors >= 0", 0.0, 1e290),
    )
    return {
        steps(where, step).item(): factors(where, factor).item()
        for step, factor in sorted(value.items())
    }


def _curve(where: str, value: object) -> object:
    if not callable(value) or isinstance(value, Schedule):
        raise TypeError(
            f"{where} must be a function of a number of steps, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    return value


def _curves(where: str, value: object) -> object:
    if isinstance(value, Schedule | str) or not isinstance(value, Sequence) or not value:
        raise TypeError(
            f"{where} must be functions of a number of steps, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    return [_curve(f"{where}[{i}]", item) for i, item in enumerate(value)]


def _scheduled(where: str, value: object) -> Schedule:
    return value if isinstance(value, Schedule) else constant(validate(Rate, where, value))


def named(names: Iterable[str]) -> Callable[[str, object], str]:
    """Return the rule of a framework's own names; an error suggests similar ones.

    >>> named(["cosine", "linear"])("torch.Preset: name", "cosin")
    Traceback (most recent call last):
        ...
    ValueError: torch.Preset: name must be one of 'cosine', 'linear', got 'cosin'; did ...
    """
    options = list(names)

    def one(where: str, value: object) -> str:
        rule = f"{where} must be one of {', '.join(map(repr, options))}"
        if not isinstance(value, str):
            raise TypeError(f"{rule}, got {type(value).__name__} {short_repr(value)}")
        if value not in options:
            raise ValueError(f"{rule}, got {short_repr(value)}{did_you_mean(value, options)}")
        return options[
            options.index(value)
        ]  # a plain string, even if a framework's enumeration was passed

    return one


def factors(names: Iterable[str]) -> Callable[[str, object], list[str]]:
    """Return the rule of a rate that is written as a product of named factors.

    >>> factors(["constant", "rsqrt_decay"])("trax.multifactor: factors", "constant * rsqrt_decay")
    ['constant', 'rsqrt_decay']
    """
    factor = named(names)

    def product(where: str, value: object) -> list[str]:
        if not isinstance(value, str):
            raise TypeError(
                f"{where} must be names of factors, with * between them, got "
                f"{type(value).__name__} {short_repr(value)}"
            )
        return [factor(where, name.strip()) for name in value.split("*")]

    return product


Function = Annotated[Callable[[int], Floats], _function, Types("Callable[[int], float]")]
Scales = Annotated[Mapping[int, float], _scales, Types("Mapping[int, float]")]
Curved = Annotated[Curve, _curve, Types("Callable[[int], Schedule]")]
# a schedule, or rates that stay constant
Scheduled = Annotated[Schedule | Floats, _scheduled, Types("Schedule | float | array")]
Curves = Annotated[Sequence[Curve], _curves, Types("Sequence[Callable[[int], Schedule]]")]


def preset(
    *, differences: str = "", elementwise: bool = False
) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """Make a function a framework's schedule.

    Its arguments are checked by the rules in its signature, and errors begin with
    ``framework.Name: ``. The function gets rates as arrays and everything else as plain Python
    numbers. If any other argument is an array, the function is called once per lane and the lanes
    are stacked; with ``elementwise`` it takes arrays for all of them. ``differences`` says where
    the schedule differs from the framework's.
    """

    def registered(build: Callable[P, V]) -> Callable[P, V]:
        signature = _Signature(build)

        @wraps(build)
        def built(*args: P.args, **kwargs: P.kwargs) -> V:
            given = signature.given(args, kwargs)
            checked, _ = signature.checked(given)
            try:
                # a rate that overflows is refused by the constructor that receives it
                with np.errstate(all="ignore"):
                    result: V = (
                        build(**checked)  # type: ignore[call-arg]
                        if elementwise
                        else _each_lane(build, checked, signature)
                    )
                return signature.recorded(result, given, checked)
            except (ArgumentError, ArgumentTypeError, OverflowError, ZeroDivisionError) as error:
                raise signature.named(error, checked) from None

        label = signature.label
        reported: Any = public(built, label)
        show_types(reported, build.__module__)
        PRESETS[label] = Preset(signature.framework, build.__name__, reported, differences)
        return typing.cast(Callable[P, V], reported)

    return registered


class _Signature(Parameters):
    """The signature of a preset, which is read once and checks the arguments of each call."""

    def __init__(self, build: Callable[..., Any]) -> None:
        self.framework = build.__module__.rpartition(".")[2]
        self.label = f"{self.framework}.{build.__name__}"  # as messages begin
        super().__init__(self.label, build)

    @kept_property
    def rates(self) -> set[str]:
        """The parameters that are rates, which the preset gets as arrays."""
        hints = typing.get_type_hints(self.build, include_extras=True)
        return {key for key in self.defaults if _holds_rates(hints[key])}

    @kept_property
    def cores(self) -> Mapping[str, int]:
        """How many axes of each parameter belong to one schedule."""
        return {key: core_axes(rule) for key, rule in self.rules.items()}

    @kept_property
    def length(self) -> RunLength | None:
        """Which argument is the length of the run."""
        return length_of(self.label, self.defaults.keys())

    def recorded(self, result: V, given: Mapping[str, Any], checked: Mapping[str, Any]) -> V:
        """A schedule that keeps the call that built it, and knows the length of its run.

        An argument that no spec can hold, such as a function, leaves the tree that was built.
        """
        if not isinstance(result, Schedule):
            return result
        node, arguments = result._node, dict[str, object]()
        for key, default in self.defaults.items():
            if key in given and (key in self.required or not same(checked[key], default)):
                arguments[key] = value = _storable(checked[key], given[key])
                if value is None:
                    run = node.run or Run(self.label)
                    return type(result)(replace(node, run=run), result._call, result.past_end)
        call = Call(self.label, arguments, stands_for=result._call)
        if not any(isinstance(value, Call | tuple) for value in arguments.values()):
            node = replace(node, run=self._run(call, checked))
        call.keep(type(result), node, result.past_end)
        return result._described(node, call)

    def _run(self, call: Call, checked: Mapping[str, Any]) -> Run:
        """What the call says of its run."""
        length = self.length
        if length is None or not length.is_given(checked):
            return Run(self.label)

        def longer(total: Numbers) -> Any:
            argument = length.argument(total, checked)
            return rebuilt(Call(call.name, {**call.arguments, length.parameter: argument}))

        return Run(self.label, length.steps(checked), longer)

    def named(self, error: Exception, checked: Mapping[str, Any]) -> Exception:
        """An error of the preset with the preset's name in front."""
        if isinstance(error, ArgumentTypeError):
            return TypeError(f"{self.label}: {error}").with_traceback(error.__traceback__)
        if isinstance(error, ArgumentError):
            return ValueError(f"{self.label}: {error}").with_traceback(error.__traceback__)
        detail = ", ".join(
            f"{key}={short_repr(value)}" for key, value in checked.items() if not callable(value)
        )
        return ValueError(f"{self.label}: rates must stay finite, got {detail} ({error})")


def _storable(value: object, given: object) -> object:
    """An argument as a call stores it, or ``None`` if no spec can hold it."""
    if isinstance(value, np.ndarray | str | bool | int | float):
        return value
    if isinstance(value, Schedule):
        return recorded(value)
    if type(value) is tuple and all(isinstance(part, Schedule) for part in value):
        return recorded(value)
    return given if type(given) is str else None


def _holds_rates(hint: Any) -> bool:
    return any(part in (Rate, Amount) for part in (hint, *typing.get_args(hint)))


def _each_lane(build: Callable[..., V], checked: Mapping[str, Any], parameters: _Signature) -> V:
    """Call ``build`` with plain numbers; if one is given as an array, call it per lane and stack
    the schedules.
    """
    rates, cores = parameters.rates, parameters.cores
    batches = {
        key: value.shape[: value.ndim - cores[key]]
        for key, value in checked.items()
        if isinstance(value, np.ndarray) and value.ndim > cores[key]
    }
    if batches.keys() <= rates:
        plain = {
            key: value.tolist()
            if isinstance(value, np.ndarray | np.generic) and key not in rates
            else value
            for key, value in checked.items()
        }
        return build(**plain)
    shape = np.broadcast_shapes(*batches.values())

    def lane(i: int) -> dict[str, Any]:
        """The arguments of the i-th lane along the first batch axis."""
        return {
            key: value[i if value.shape[0] > 1 else 0]
            if len(batches.get(key, ())) == len(shape)
            else value
            for key, value in checked.items()
        }

    built: Any = stack([_each_lane(build, lane(i), parameters) for i in range(shape[0])])  # type: ignore[misc]
    return typing.cast(V, built)
