"""Checks of what a plateau rule is given: states, metrics, lanes, numbers of single precision."""

import math
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.output_arrays import check_fits, fits
from fastlr.arguments.rules import Number, Numbers, Rate, broadcast, short_repr, validate
from fastlr.plateau.state import StateLayout
from fastlr.program.opcodes import LAST_STEP

__all__ = [
    "HIGHEST",
    "HIGHEST_SINGLE",
    "MOST",
    "Count",
    "as_metrics",
    "check_init",
    "check_metrics",
    "check_single",
    "check_state",
    "check_usable",
    "check_writable",
]

Array = npt.NDArray[np.float64]

HIGHEST = float(np.finfo(np.float64).max)
HIGHEST_SINGLE = float(np.finfo(np.float32).max)
MOST = 2**31 - 1

Count = Annotated[Numbers, Number("an integer from 0 to 2**31 - 1", 0, MOST, whole=True)]


def check_state(
    where: str, state: object, like: StateLayout, lanes: tuple[int, ...], windows: int
) -> Any:
    """Return a state that fits the lanes of a rule, or raise an error that names a wrong part."""
    kind, names = like.kind, like.names
    if not isinstance(state, tuple) or len(state) != len(names):
        got = f"{type(state).__name__}{f' of {len(state)}' if isinstance(state, tuple) else ''}"
        raise TypeError(
            f"{where} must be a {kind.__name__}, a tuple of {', '.join(names)}, got {got}"
        )
    checked = state if type(state) is kind else kind(*state)
    shape_of_scale = getattr(checked[0], "shape", ())  # a list is refused below
    for name, dtype, shape, part in zip(
        names, like.dtypes, like.shapes(shape_of_scale, windows), checked, strict=True
    ):
        usual = type(part) is np.ndarray and part.dtype == dtype and part.shape == shape
        if not usual:  # only a message needs the name of the part
            _check_part(f"{where}.{name}", part, dtype, shape)
    if (
        shape_of_scale != lanes
        and broadcast(where, {"rule": lanes, "scale": shape_of_scale}) != shape_of_scale
    ):
        raise ValueError(f"{where} must have the rule's lanes, {lanes}, got {shape_of_scale}")
    return checked


def _check_part(where: str, part: object, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Raise unless a part of a state is an array of this dtype and shape."""
    if not isinstance(part, np.ndarray | np.generic):
        raise TypeError(
            f"{where} must be a NumPy array, got {type(part).__name__} {short_repr(part)}"
        )
    if part.dtype != dtype:
        raise TypeError(f"{where} must be {dtype}, got {part.dtype}")
    if part.shape != shape:
        raise ValueError(f"{where} must have shape {shape}, got {part.shape}")


def check_usable(where: str, state: Any, like: StateLayout, windows: int) -> Any:
    """Return a state to continue from: its scales can multiply a rate, its counts are in range."""
    for name, letter, part in zip(like.names, like.letters, state, strict=True):
        if letter in "sn" and not _is_within(part, HIGHEST):
            raise ValueError(
                f"{where}.{name} must be finite and at least 0, got {short_repr(part)}"
            )
        if letter in "hw" and not _is_within(part, most := _most_in_window(letter, windows)):
            raise ValueError(f"{where}.{name} must be from 0 to {most}, got {short_repr(part)}")
    return state


def _most_in_window(letter: str, windows: int) -> int:
    """How many metrics a window may hold, or the last place in it."""
    return max(windows - (letter == "w"), 0)


def _is_within(part: npt.NDArray[Any], most: float) -> bool:
    """Whether all numbers of a part are from 0 to ``most``. A NaN fails both comparisons."""
    if part.size == 1:  # a reduction takes 100 times as long as a look at one number
        return bool(0 <= part.item() <= most)
    lowest = part.min(initial=0)
    unlimited = part.dtype.kind == "i" and most == HIGHEST
    return bool(lowest >= 0 and (unlimited or part.max(initial=0) <= most))


def check_writable(where: str, out: Any, state: Any) -> None:
    """Raise unless ``out`` can be filled with ``state``."""
    parts: tuple[npt.NDArray[Any], ...] = out
    for i, (name, part) in enumerate(zip(out._fields, parts, strict=True)):
        shape = state[i].shape
        if part.shape != shape:
            raise ValueError(f"{where}.{name} must have shape {shape}, got {part.shape}")
        if not isinstance(part, np.ndarray) or not part.flags.carray:
            raise ValueError(f"{where}.{name} must be a C-contiguous, aligned and writeable array")
        if any(np.may_share_memory(part, other) for other in parts[:i]):
            raise ValueError(f"{where}.{name} must not share memory with another part")


def as_metrics(where: str, value: object, rule: Number) -> Array:
    """Return metrics as float64, whatever their values."""
    if type(value) is float and not rule.core:  # the usual metric
        return np.array(value)
    if type(value) is not np.ndarray or value.dtype.kind not in "iuf" or value.ndim < rule.core:
        value = rule.array(where, value)
    if value.dtype == np.float64:
        return value
    with np.errstate(all="ignore"):  # a long double may become infinite or NaN
        return value.astype(np.float64)


def check_metrics(where: str, metrics: Array, lanes: tuple[int, ...], nan: str) -> None:
    """Raise unless each update's metrics fit the lanes, without NaN if ``nan`` is "raise"."""
    if metrics.shape[1:] not in ((), lanes) and not fits(metrics.shape[1:], lanes):
        raise ValueError(f"{where} must broadcast to the lanes, {lanes}, got {metrics.shape[1:]}")
    if nan == "raise" and _has_nan(metrics):
        wrong = np.isnan(metrics)
        places = ", ".join(_places(metrics, [int(i) for i in np.argwhere(wrong)[0]]))
        raise ValueError(
            f"{where} must not be NaN where nan='raise', got {int(wrong.sum()):,} "
            f"of {wrong.size:,}{f', the first in {places}' if places else ''}"
        )


def _has_nan(metrics: Array) -> bool:
    if metrics.size == 1:
        return math.isnan(metrics.item())
    return metrics.size > 0 and math.isnan(metrics.min())


def _places(metrics: Array, index: list[int]) -> Iterator[str]:
    """Yield the update and the lane of a metric, as far as there are several."""
    update, *lane = index
    if len(metrics) > 1:
        yield f"update {update}"
    if lane:
        yield f"lane {tuple(lane)}"


def check_single(where: str, number: npt.ArrayLike) -> None:
    """Raise if a number is infinite in float32."""
    if np.any(np.asarray(number) > HIGHEST_SINGLE):
        raise ValueError(
            f"{where} must be at most {HIGHEST_SINGLE!r} where precision='single', got "
            f"{short_repr(np.max(number))}"
        )


def check_init(
    rule: tuple[int, ...], scale: object, shape: object, window: int = 0
) -> tuple[Array, tuple[int, ...]]:
    """Return the first scale of a state, and the lanes of the state, or raise.

    A lane has a window of so many metrics.
    """
    first = validate(Rate, "init: scale", scale)
    lanes = broadcast("init", {"rule": rule, "scale": first.shape, "shape": _lanes_of(shape)})
    largest = (*lanes, window) if window else lanes
    check_fits("init: shape", largest, np.dtype(np.float64), "give the lanes of a state in parts")
    return first, lanes


def _lanes_of(shape: object) -> tuple[int, ...]:
    """Return the ``shape`` of ``init`` as a tuple."""
    sizes = shape if isinstance(shape, tuple) else (shape,)
    if not all(
        isinstance(size, int | np.integer) and not isinstance(size, bool) and 0 < size <= LAST_STEP
        for size in sizes
    ):
        raise ValueError(
            "init: shape must be a tuple of integers above 0, at most 2**53, got "
            f"{short_repr(shape)}"
        )
    return tuple(int(size) for size in sizes)
