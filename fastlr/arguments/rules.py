"""The rules that parameters obey, one per kind, checked once, when a schedule is built.

A rule converts an argument to one canonical form (a read-only float64 or int64 array, a word, a
flag), or raises an error that names the parameter, the rule and the value. Constructors name their
rules in their signatures. No rule is a dataclass: to define one takes Python 0.4 ms at each
``import fastlr``.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import Types
from fastlr.errors import short_repr
from fastlr.program.opcodes import LAST_STEP

if TYPE_CHECKING:
    # ArrayLike would let a type checker pass strings; NumPy's narrower types have no public name
    from numpy._typing import _ArrayLikeFloat_co as _Floats
    from numpy._typing import _ArrayLikeInt_co as _Ints
else:
    _Floats = _Ints = npt.ArrayLike

__all__ = [
    "Amount",
    "Boundaries",
    "OneOf",
    "Factor",
    "Flag",
    "Floats",
    "Gamma",
    "Growth",
    "Ints",
    "Names",
    "Number",
    "Numbers",
    "Paces",
    "Period",
    "Positive",
    "Power",
    "Rate",
    "Rates",
    "Real",
    "Steps",
    "BelowOne",
    "Whether",
    "Words",
    "broadcast",
    "validate",
    "contains_bools",
    "short_repr",
    "validate_scalar",
    "as_array",
    "as_integer",
    "as_step",
    "widened",
]


_OF_NUMPY = (np.ndarray, np.float64, np.int64)
_MOST_LISTED = 2**24  # numbers of a range
_MOST_AXES = 31  # NumPy broadcasts 32, and a stack adds one


def as_array(rule: str, value: object) -> npt.NDArray[Any]:
    """Return ``value`` as a NumPy array, or raise an error that begins with ``rule``."""
    try:
        if isinstance(value, range) and len(value) > _MOST_LISTED:
            raise MemoryError
        if isinstance(value, range):  # NumPy would convert it item by item
            return np.arange(value.start, value.stop, value.step)
        return np.asarray(value)
    except (UnicodeError, MemoryError, OverflowError, RuntimeError):
        raise ValueError(f"{rule}, got what no array can hold: {short_repr(value)}") from None
    except ValueError:
        raise ValueError(f"{rule}, got rows of unequal length: {short_repr(value)}") from None


def widened(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return numbers as int64 or float64; other arrays as they are.

    Arithmetic on narrower numbers wraps around or rounds, so that an array would give other results
    than its elements as Python numbers. Integers beyond int64 stay as they are.

    >>> (widened(np.uint8([200])) * 2).tolist(), widened(np.float32([0.5])).dtype.name
    ([400], 'float64')
    """
    if array.dtype.kind == "f":
        return array.astype(np.float64, copy=False)
    if array.dtype.kind not in "iu" or (array.size and array.max() > np.iinfo(np.int64).max):
        return array
    return array.astype(np.int64, copy=False)


def as_integer(rule: str, value: object) -> int:
    """Return ``value`` as an int, or raise ``TypeError`` that begins with ``rule``.

    >>> as_integer("table: threads must be an integer", 2.0)
    Traceback (most recent call last):
    TypeError: table: threads must be an integer, got float 2.0
    """
    # NumPy counts a time span among its integers
    no_integer = isinstance(value, bool | np.bool_ | np.timedelta64)
    if no_integer or not isinstance(value, int | np.integer):
        raise TypeError(f"{rule}, got {type(value).__name__} {short_repr(value)}")
    return int(value)


def as_step(rule: str, value: object) -> int:
    """Return a number of steps as an int: an integer, or a float that is whole, as 1e5 is.

    >>> as_step("plot: steps must be an integer", 1e5)
    100000
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return int(value)
    return as_integer(rule, value)


class Number(NamedTuple):
    """A number, or an array of numbers that broadcasts.

    The last ``core`` axes belong to one schedule; the axes before them are lanes.
    """

    rule: str
    low: float = -np.inf
    high: float = np.inf
    beyond: bool = False  # whether low and high themselves are excluded
    whole: bool = False
    core: int = 0
    none: bool = False  # whether a sequence may be empty

    @property
    def types(self) -> str:
        """What a signature shows for a parameter of this rule."""
        number = "int" if self.whole else "float"
        return f"Sequence[{number}] | array" if self.core else f"{number} | array"

    def __call__(
        self, where: str, value: object
    ) -> npt.NDArray[np.float64] | npt.NDArray[np.int64]:
        """Return ``value`` as a new read-only array; an error begins with ``where``."""
        # most are one ordinary number, which takes a fraction of the time of an array
        number: Any = value
        if type(value) in _OF_NUMPY and not number.ndim and number.dtype.char in "dlq":
            number = number.item()
        usual = (
            -LAST_STEP <= number <= LAST_STEP
            if type(number) is int
            else type(number) is float and (not self.whole or number.is_integer())
        )
        if usual and not self.core and not self.beyond and self.low <= number <= self.high:
            plain = np.array(number, dtype=np.int64) if self.whole else np.array(number + 0.0)
            plain.flags.writeable = False
            return plain
        if self.core == 1 and type(value) is list and self._holds_integers(value):
            integers = np.array(value, dtype=np.int64)
            integers.flags.writeable = False
            return integers
        return self._canonical(where, value)

    def _holds_integers(self, values: list[Any]) -> bool:
        """Return whether a list has ordinary integers alone, which keep the rule."""
        return (
            self.whole
            and set(map(type, values)) == {int}
            and self.low <= min(values) <= max(values) <= self.high
        )

    def _canonical(self, where: str, value: object) -> npt.NDArray[Any]:
        """Return any value that keeps the rule as a new read-only array."""
        array = self.array(where, value)
        # a long double may become infinite, which the limits refuse
        with np.errstate(all="ignore"):
            numbers = array if self.whole else array.astype(np.float64)
        within = (
            (numbers > self.low) & (numbers < self.high)
            if self.beyond
            else (numbers >= self.low) & (numbers <= self.high)
        )
        if not within.all():  # a NaN fails every comparison
            wrong = short_repr(array[~within].ravel()[0])
            raise ValueError(
                f"{where} must be {self.rule}, got {wrong}{' in an array' if array.ndim else ''}"
            )
        # adding 0.0 converts -0.0 to 0.0, so that equal schedules have equal bits
        canonical: npt.NDArray[Any] = np.array(
            numbers.astype(np.int64) if self.whole else numbers + 0.0
        )
        canonical.flags.writeable = False
        return canonical

    def array(self, where: str, value: object) -> npt.NDArray[Any]:
        """Return ``value`` as an array of numbers, whatever their range."""
        array = as_array(f"{where} must be {self.rule}", value)
        if self.whole and array.dtype.kind == "f":
            array = _whole(array)
        if array.size == 0 and array.dtype == np.float64 and not isinstance(value, np.ndarray):
            array = array.astype(np.int64)  # NumPy makes float64 of an empty list
        if array.dtype.kind == "O" and all(type(item) is int for item in array.ravel()):
            raise ValueError(
                f"{where} must be {self.rule}, got an integer beyond 64 bits: {short_repr(value)}"
            )
        if (
            array.dtype.kind not in ("iu" if self.whole else "iuf")
            or contains_bools(value)
            or hasattr(value, "mask")
        ):
            raise TypeError(f"{where} must be {self.rule}, got {_described(value)}")
        if array.ndim < self.core or 0 in (array.shape[: -self.core] if self.none else array.shape):
            wanted = "a sequence" if array.ndim < self.core else "at least one"
            raise ValueError(f"{where} must be {self.rule}, {wanted}, got {short_repr(value)}")
        return array


def _whole(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return floats as integers, if each is a whole number that int64 can hold, as 1e5 is."""
    with np.errstate(invalid="ignore"):
        wide = array.astype(np.result_type(array.dtype, np.float64))  # 2**62 is no float16
        exact = np.all((np.abs(wide) <= 2.0**62) & (wide == np.floor(wide)))
    return array.astype(np.int64) if exact else array


def _described(value: object) -> str:
    """Return the type and the value, as messages show a wrong argument."""
    if isinstance(value, np.ndarray):
        return f"{'a masked' if hasattr(value, 'mask') else 'an'} array of dtype {value.dtype}"
    return f"{type(value).__name__} {short_repr(value)}"


def contains_bools(value: object) -> bool:
    """Return whether a list contains True or False, which NumPy would convert to 1 or 0."""
    if not isinstance(value, list | tuple):
        return False
    kinds = set(map(type, value))
    return bool(kinds & {bool, np.bool_}) or (
        bool(kinds & {list, tuple}) and any(map(contains_bools, value))
    )


class OneOf:
    """One of a few words or small integers."""

    def __init__(self, options: tuple[object, ...]) -> None:
        self.options = options

    def __call__(self, where: str, value: object) -> object:
        """Return ``value`` itself, or raise an error that lists the options."""
        rule = f"{where} must be one of {', '.join(map(repr, self.options))}"
        if not any(type(value) is type(option) for option in self.options):
            raise TypeError(f"{rule}, got {_described(value)}")
        if value not in self.options:
            raise ValueError(f"{rule}, got {short_repr(value)}")
        return value


class Words:
    """One of a few words, or an array of them that broadcasts."""

    types = "str | array"

    def __init__(self, options: tuple[str, ...]) -> None:
        self.options = options

    def __call__(self, where: str, value: object) -> npt.NDArray[np.str_]:
        """Return ``value`` as a new read-only array, or raise an error that lists the options."""
        rule = f"{where} must be one of {', '.join(map(repr, self.options))}, or an array of them"
        array = as_array(rule, value)
        if array.dtype.kind != "U" or hasattr(value, "mask"):
            raise TypeError(f"{rule}, got {_described(value)}")
        if wrong := [word for word in array.ravel().tolist() if word not in self.options]:
            raise ValueError(
                f"{rule}, got {short_repr(wrong[0])}{' in an array' if array.ndim else ''}"
            )
        if not array.size:
            raise ValueError(f"{rule}, at least one, got {short_repr(value)}")
        words = array.astype(f"U{max(map(len, self.options))}")
        words.flags.writeable = False
        return words


class Whether:
    """True or false."""

    types = "bool"

    def __call__(self, where: str, value: object) -> bool:
        """Return ``value`` as a bool, or raise ``TypeError``."""
        if not isinstance(value, bool | np.bool_):
            raise TypeError(f"{where} must be True or False, got {_described(value)}")
        return bool(value)


class Distinct:
    """Names, each of them once. They belong to one schedule and are no batch."""

    core = 1
    types = "Sequence[str]"

    def __call__(self, where: str, value: object) -> npt.NDArray[np.str_]:
        """Return ``value`` as a new array, or raise an error that names what is wrong."""
        names = value.tolist() if isinstance(value, np.ndarray) else value
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"{where} must be names, got {_described(value)}")
        if not all(names):
            raise ValueError(f"{where} must not be empty, got {short_repr(names)}")
        if twice := [name for name, times in Counter(names).items() if times > 1]:
            raise ValueError(
                f"{where} must be different from one another, got "
                f"{', '.join(map(repr, twice))} more than once"
            )
        canonical = np.array(names)
        if canonical.tolist() != list(names):  # NumPy drops trailing null characters
            raise ValueError(f"{where} must not end in a null character, got {short_repr(names)}")
        return canonical


def validate(kind: Any, where: str, value: object) -> npt.NDArray[Any]:
    """Return ``value`` in the canonical form of a kind of parameter, such as ``Rate``.

    Raises an error that begins with ``where``.
    """
    [_, rule] = get_args(kind)
    canonical: npt.NDArray[Any] = rule(where, value)
    return canonical


def validate_scalar(kind: Any, where: str, value: object) -> Any:
    """Return ``value`` as one Python number of a kind of parameter.

    Raises an error that begins with ``where``.
    """
    number = validate(kind, where, value)
    if number.ndim:
        raise TypeError(f"{where} must be a single number, got {_described(value)}")
    return number.item()


_HUGE = float(np.finfo(np.float64).max)
_MOST = 1e290  # times a step, up to 2^53, it is still finite

Numbers = _Floats  # for the rules of other modules
Floats = Annotated[_Floats, Types("float | array")]  # without a rule
Ints = Annotated[_Ints, Types("int | array")]

Rate = Annotated[_Floats, Number("a finite number >= 0, at most 1e290", 0.0, _MOST)]
Rates = Annotated[_Floats, Number("finite numbers >= 0, at most 1e290", 0.0, _MOST, core=1)]
Amount = Annotated[_Floats, Number("a number from 1e-290 to 1e290", 1 / _MOST, _MOST)]
Real = Annotated[_Floats, Number("a finite number", -_HUGE, _HUGE)]
Power = Annotated[_Floats, Number("a number from 1e-3 to 1e3", 1e-3, 1e3)]
Positive = Annotated[_Floats, Number("a number from 1e-18 to 1e18", 1e-18, 1e18)]
BelowOne = Annotated[
    _Floats,
    Number("a number from 0 up to, not including, 1", 0.0, float(np.nextafter(1.0, 0.0))),
]
Factor = Annotated[_Floats, Number("a factor from 0 to 1", 0.0, 1.0)]
Gamma = Annotated[
    _Floats, Number("a factor above 0, at most 1", float(np.nextafter(0.0, 1.0)), 1.0)
]
Growth = Annotated[_Floats, Number("a number from 1 to 2**53", 1.0, float(LAST_STEP))]
Steps = Annotated[_Floats, Number("an integer from 0 to 2**53", 0, LAST_STEP, whole=True)]
Period = Annotated[_Floats, Number("an integer from 1 to 2**53", 1, LAST_STEP, whole=True)]
Paces = Annotated[_Floats, Number("integers from 1 to 2**53", 1, LAST_STEP, whole=True, core=1)]
Boundaries = Annotated[
    _Floats,
    Number("integers from 0 to 2**53", 0, LAST_STEP, whole=True, core=1, none=True),
]
Flag = Annotated[bool, Whether()]
Names = Annotated[Sequence[str], Distinct()]


def broadcast(where: str, shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Return the batch shape of these parameters, or raise an error that shows which do not fit."""
    if most := {name: len(shape) for name, shape in shapes.items() if len(shape) > _MOST_AXES}:
        raise ValueError(f"{where}: batch shapes must have at most {_MOST_AXES} axes, got {most}")
    if len(distinct := set(shapes.values()) - {()}) <= 1:
        return next(iter(distinct), ())
    try:
        return np.broadcast_shapes(*distinct)
    except ValueError:
        batches = ", ".join(f"{name} {shape}" for name, shape in shapes.items() if shape)
        raise ValueError(
            f"{where}: batch shapes must broadcast against each other, got {batches}"
        ) from None
