"""What a parameter may be: one rule a kind, checked when a schedule is built, and never again.

A rule turns what the user wrote into one canonical form (a read-only float64 or int64 array, a word, a flag) or raises an
error that names the parameter, the rule and the value received. The constructors name their rules in their signatures.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from fastlr.expression import LAST_STEP

__all__ = [
    "Amount", "Boundaries", "Choice", "Factor", "Flag", "Gamma", "Growth", "Number", "Period", "Power", "Rate", "Rates", "Real",
    "Steps", "Unit", "Whether", "broadcast",
]  # fmt: skip


@dataclass(frozen=True)
class Number:
    """A number, or an array of numbers that broadcasts; the last ``core`` axes belong to one schedule."""

    rule: str
    low: float = -np.inf
    high: float = np.inf
    beyond: bool = False  # low and high themselves are not allowed
    whole: bool = False
    core: int = 0

    def __call__(self, where: str, value: object) -> npt.NDArray[np.float64] | npt.NDArray[np.int64]:
        """``value`` as a read-only array of its own, or an error that begins with ``where``."""
        array = self._array(where, value)
        within = (array > self.low) & (array < self.high) if self.beyond else (array >= self.low) & (array <= self.high)
        if not (within & np.isfinite(array)).all():
            wrong = array[~(within & np.isfinite(array))].ravel()[0].item()
            raise ValueError(f"{where} must be {self.rule}, got {wrong!r}{' in an array' if array.ndim else ''}")
        # adding 0.0 turns -0.0 into 0.0, so that equal schedules have equal bits
        canonical: npt.NDArray[Any] = np.array(array.astype(np.int64) if self.whole else array.astype(np.float64) + 0.0)
        canonical.flags.writeable = False
        return canonical

    def _array(self, where: str, value: object) -> npt.NDArray[Any]:
        try:
            array = np.asarray(value)
        except ValueError:
            raise ValueError(f"{where} must be {self.rule}, got rows of unequal length: {value!r}") from None
        if array.dtype.kind == "O" and all(type(item) is int for item in array.flat):
            raise ValueError(f"{where} must be {self.rule}, got an integer beyond 64 bits: {value!r}")
        if array.dtype.kind not in ("iu" if self.whole else "iuf"):
            raise TypeError(f"{where} must be {self.rule}, got {_described(value)}")
        if array.ndim < self.core or array.size == 0:
            wanted = "a sequence" if array.ndim < self.core else "at least one"
            raise ValueError(f"{where} must be {self.rule}, {wanted}, got {value!r}")
        return array


def _described(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype}"
    return f"{type(value).__name__} {value!r}"


@dataclass(frozen=True)
class Choice:
    """One of a few words or small integers."""

    options: tuple[object, ...]

    def __call__(self, where: str, value: object) -> object:
        """``value`` itself, or an error that lists the options."""
        rule = f"{where} must be one of {', '.join(map(repr, self.options))}"
        if not any(type(value) is type(option) for option in self.options):
            raise TypeError(f"{rule}, got {_described(value)}")
        if value not in self.options:
            raise ValueError(f"{rule}, got {value!r}")
        return value


@dataclass(frozen=True)
class Whether:
    """True or false."""

    def __call__(self, where: str, value: object) -> bool:
        """``value`` itself, or an error."""
        if not isinstance(value, bool | np.bool_):
            raise TypeError(f"{where} must be True or False, got {_described(value)}")
        return bool(value)


_HUGE = float(np.finfo(np.float64).max)

Rate = Annotated[npt.ArrayLike, Number("a finite number >= 0", 0.0, _HUGE)]
Rates = Annotated[npt.ArrayLike, Number("finite numbers >= 0", 0.0, _HUGE, core=1)]
Amount = Annotated[npt.ArrayLike, Number("a finite number > 0", 0.0, np.inf, beyond=True)]
Real = Annotated[npt.ArrayLike, Number("a finite number", -_HUGE, _HUGE)]
Power = Annotated[npt.ArrayLike, Number("a number from 1e-3 to 1e3", 1e-3, 1e3)]
Unit = Annotated[npt.ArrayLike, Number("a number from 0 up to, not including, 1", 0.0, float(np.nextafter(1.0, 0.0)))]
Factor = Annotated[npt.ArrayLike, Number("a factor from 0 to 1", 0.0, 1.0)]
Gamma = Annotated[npt.ArrayLike, Number("a factor above 0, at most 1", float(np.nextafter(0.0, 1.0)), 1.0)]
Growth = Annotated[npt.ArrayLike, Number("a finite number >= 1", 1.0, _HUGE)]
Steps = Annotated[npt.ArrayLike, Number("an integer from 0 to 2**53", 0, LAST_STEP, whole=True)]
Period = Annotated[npt.ArrayLike, Number("an integer from 1 to 2**53", 1, LAST_STEP, whole=True)]
Boundaries = Annotated[npt.ArrayLike, Number("integers from 0 to 2**53", 0, LAST_STEP, whole=True, core=1)]
Flag = Annotated[bool, Whether()]


def broadcast(where: str, shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    """The batch shape of these parameters, or an error that shows which do not fit together."""
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        batches = ", ".join(f"{name} {shape}" for name, shape in shapes.items() if shape)
        raise ValueError(f"{where}: batch shapes must broadcast against each other, got {batches}") from None
