"""Levanter's learning rates: ``OptimizerConfig.lr_scheduler``, in its newest form, that of the
Marin monorepo (2025).

One function has eight decays. Step 0 is the first update. Levanter computes in float32, fastlr in
float64.

>>> import fastlr as flr
>>> s = flr.presets.levanter.lr_scheduler(8, learning_rate=1.0, warmup=2, min_lr_ratio=0.0,
...     lr_schedule="linear")
>>> s.table(4)
array([0.        , 0.5       , 1.        , 0.83333333])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Number, Rate, short_repr
from fastlr.presets._building_blocks import rate_at
from fastlr.presets._rules import (
    MOST_TURNS,
    ArgumentError,
    Exponent,
    Length,
    Ratio,
    Real,
    Share,
    Span,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    inverse_power,
    inverse_time,
    join,
    linear,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = ["lr_scheduler"]

Numbers = npt.NDArray[np.float64]


def _lengths(where: str, value: object) -> object:
    rule = "a number of steps, a fraction of them up to 1, or a list of numbers of steps"
    return Number(rule, 0.0, float(LAST_STEP), core=np.ndim(value))(where, value).tolist()  # type: ignore[arg-type]


def _cycles(where: str, value: object) -> object:
    rule = "a number of cycles, or a list of the steps at which they end"
    return Number(rule, 1, LAST_STEP, whole=True, core=np.ndim(value))(where, value).tolist()  # type: ignore[arg-type]


CycleLength = Annotated[float | Sequence[float], _lengths]
Cycles = Annotated[int | Sequence[int], _cycles]
Word = Literal[
    "constant", "cosine", "linear", "inv_sqrt", "inv", "power", "polynomial", "inv_sqrt_decay"
]


class _Shape(NamedTuple):
    """What a decay is made of, besides its length and the warmup's."""

    word: str
    high: Numbers
    low: Numbers
    exponent: float
    timescale: float
    power: float
    decay_constant: float
    tokens: float
    scale: float
    slope: float


@preset(
    differences="With 'inv', min_lr_ratio must be above 0: Levanter divides by it. Its deprecated "
    "haps are not supported: give cycles."
)
def lr_scheduler(
    num_train_steps: Span,
    learning_rate: Rate = 6e-4,
    min_lr_ratio: Share = 0.1,
    warmup: Length = 0.01,
    decay: Length | None = None,
    rewarmup: Length = 0.0,
    cooldown: Length | None = None,
    cycle_length: CycleLength | None = None,
    cycles: Cycles | None = None,
    lr_schedule: Word = "cosine",
    exponent: Exponent = 1.0,
    timescale: Ratio = 10_000.0,
    power: Exponent = 2.0,
    decay_constant: Ratio = 28.6,
    batch_size: Span | None = None,
    seq_length: Span | None = None,
    a: Ratio = 4.6,
    b: Real = -0.51,
) -> Schedule:
    """Build Levanter's schedule: cycles of a warmup, a hold and a decay.

    In each cycle a line to ``learning_rate``, the rate held, and a decay by ``lr_schedule`` to
    ``min_lr_ratio`` of it

    Parameters
    ----------
    num_train_steps : int or array of int
        The number of steps. At least 1.
    learning_rate : float or array, default 6e-4
        The highest rate; an array has one per group. At least 0.
    min_lr_ratio : float or array, default 0.1
        The lowest rate, as a share of ``learning_rate``. From 0 to 1.
    warmup : float or array, default 0.01
        The length of the first warmup: steps, or up to 1 a fraction of its cycle. At least 0.
    decay : float or array, optional
        The length of a decay: steps, or up to 1 a fraction of its cycle. By default all that is
        left.
    rewarmup : float or array, default 0.0
        The length of each later warmup: steps, or up to 1 a fraction of its cycle. At least 0.
    cooldown : float or array, optional
        The length of a last line to the lowest rate: steps, or up to 1 a fraction of the run. By
        default none.
    cycle_length : float or sequence of float, optional
        The length of a cycle: steps, up to 1 a fraction of the run, or the steps of each cycle.
    cycles : int or sequence of int, optional
        The number of cycles, or the steps at which they end. Not with ``cycle_length``.
    lr_schedule : str, default "cosine"
        The curve of the decay; see Notes. One of "constant", "cosine", "linear", "inv_sqrt", "inv",
        "power", "polynomial", "inv_sqrt_decay".
    exponent : float or array, default 1.0
        The exponent of "cosine". From 1e-3 to 1e3.
    timescale : float or array, default 10_000.0
        The time scale of "inv_sqrt" in steps. Above 0.
    power : float or array, default 2.0
        The power of "polynomial". From 1e-3 to 1e3.
    decay_constant : float or array, default 28.6
        The constant of "inv_sqrt_decay". Above 0.
    batch_size : int or array of int, optional
        The number of sequences per step, which "power" needs. At least 1.
    seq_length : int or array of int, optional
        The number of tokens per sequence, which "power" needs. At least 1.
    a : float or array, default 4.6
        The factor of "power". Above 0.
    b : float or array, default -0.51
        The exponent of "power". Below 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a length above 1 is no whole number of steps, cycles do not end one after another within
        the run, or the cooldown leaves no step; if ``min_lr_ratio`` is 0 with "inv", or "power"
        lacks an argument.

    Notes
    -----
    With c the steps into a decay of D steps, p = c/D, m = ``min_lr_ratio`` and W the cycle's
    warmup, the decays as factors of the highest rate, none below m, are:

    - "cosine", "linear" and "polynomial": from 1 to m
    - "inv": ``1/(1 + (1/m - 1)*max(c, 1)/D)``
    - "inv_sqrt": ``min(1, sqrt(timescale/max(c + W, 1)))``
    - "inv_sqrt_decay": ``1/sqrt(1 + decay_constant*p)``
    - "power": the rate ``min(learning_rate, batch_size * a * (c*batch_size*seq_length)^b)``,
      whatever m is

    A fraction is rounded down to whole steps; 1 is all. The first warmup begins at 0, each later
    one at the end of the cycle before. If ``cycle_length`` does not divide the run, the last cycle
    is longer. The last four decays go on past the end of the run. Levanter computes in float32. Its
    deprecated ``haps`` are not supported: give ``cycles``.

    References
    ----------
    Levanter, Marin monorepo (2025), ``OptimizerConfig.lr_scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.levanter.lr_scheduler
    >>> s = schedule(8, learning_rate=1.0, warmup=2, min_lr_ratio=0.0, lr_schedule="linear")
    >>> s.table(4).round(3)
    array([0.   , 0.5  , 1.   , 0.833])
    """
    high = np.asarray(learning_rate, dtype=np.float64)
    tokens = float((batch_size or 1) * (seq_length or 1))
    low, scale = high * min_lr_ratio, (batch_size or 1) * a
    shape = _Shape(
        lr_schedule, high, low, exponent, timescale, power, decay_constant, tokens, scale, b
    )
    _check(shape, min_lr_ratio, batch_size, seq_length)
    rest = 0 if cooldown is None else _steps("cooldown", cooldown, num_train_steps)
    if rest >= num_train_steps:
        raise ArgumentError(
            f"cooldown must leave at least one step of {num_train_steps}, got {cooldown}"
        )
    ends = _ends(num_train_steps - rest, cycle_length, cycles)
    parts, starts, level = [], [], np.zeros_like(high)
    for i, (start, end) in enumerate(pairwise(ends)):
        rise = min(
            _steps("rewarmup" if i else "warmup", rewarmup if i else warmup, end - start),
            end - start,
        )
        most = end - start - rise
        fall = most if decay is None else min(_steps("decay", decay, end - start), most)
        last = _decay(shape, rise, fall) if fall else constant(high)
        parts += [linear(level, high, rise), last]
        starts += [start, end - fall]
        level = rate_at(last, fall)
    if rest:
        parts, starts = [*parts, linear(level, low, rest)], [*starts, ends[-1]]
    return join(parts, starts[1:])


def _check(
    shape: _Shape, min_lr_ratio: float, batch_size: int | None, seq_length: int | None
) -> None:
    if shape.word == "inv" and min_lr_ratio == 0:
        raise ArgumentError("min_lr_ratio must be above 0 with lr_schedule='inv', got 0.0")
    if shape.word == "power" and (batch_size is None or seq_length is None or shape.slope >= 0):
        detail = f"{batch_size=}, {seq_length=}, b={shape.slope}"
        raise ArgumentError(
            "batch_size and seq_length must be given, b below 0, with lr_schedule='power', got "
            f"{detail}"
        )


def _steps(name: str, length: float, whole: int) -> int:
    """A length in steps, or as a fraction up to 1 of another, rounded down."""
    if length > 1 and length % 1:
        raise ArgumentError(f"{name} must be a fraction up to 1 or whole steps, got {length}")
    return int(length * whole) if length <= 1 else int(length)


def _ends(total: int, cycle_length: Any, cycles: Any) -> list[int]:
    """The steps at which cycles end, after 0."""
    if cycle_length is not None and cycles is not None:
        detail = f"{short_repr(cycle_length)} and {short_repr(cycles)}"
        raise ArgumentError(f"cycle_length or cycles must be given, not both, got {detail}")
    ends = _lowest(total, cycle_length, cycles)
    if any(later <= end for end, later in pairwise([0, *ends, total + 1])):
        detail = f"ends at {short_repr(ends)} of {total} steps"
        raise ArgumentError(
            f"cycles must end one after another within the steps before the cooldown, got {detail}"
        )
    return [0, *ends] if ends and ends[-1] == total else [0, *ends, total]


def _check_turns(name: str, given: object, turns: int) -> None:
    if turns > MOST_TURNS:
        raise ArgumentError(
            f"{name} must give at most {MOST_TURNS:,} cycles, got {given}, {turns:,} of them"
        )


def _lowest(total: int, cycle_length: Any, cycles: Any) -> list[int]:
    if isinstance(cycle_length, list):
        if any(length % 1 for length in cycle_length):
            raise ArgumentError(
                f"cycle_length must be whole steps in a list, got {short_repr(cycle_length)}"
            )
        return [int(end) for end in accumulate(cycle_length)]
    if cycle_length is not None:
        length = _steps("cycle_length", cycle_length, total)
        if not length:
            raise ArgumentError(
                f"cycle_length must be at least one step, got {cycle_length} of {total}"
            )
        _check_turns("cycle_length", cycle_length, total // length)
        return [i * length for i in range(1, total // length)]
    if isinstance(cycles, int):
        _check_turns("cycles", cycles, cycles)
        return [int(total / cycles * (i + 1)) for i in range(cycles - 1)]
    return list(cycles or [])


def _decay(shape: _Shape, rise: int, fall: int) -> Schedule:
    """From the highest rate down, in ``fall`` steps after a warmup of ``rise``."""
    word, high, low = shape.word, shape.high, shape.low
    if word == "constant":
        return constant(high)
    if word == "cosine":
        return cosine(high, low, fall, exponent=shape.exponent)
    if word in ("linear", "polynomial"):
        return polynomial(high, low, fall, power=1.0 if word == "linear" else shape.power)
    if word == "power":
        return _power(shape)
    return _inverse(shape, rise, fall).minimum(high).maximum(low)


def _inverse(shape: _Shape, rise: int, fall: int) -> Schedule:
    high, ratio = (
        shape.high,
        np.divide(shape.high, shape.low, out=np.ones_like(shape.high), where=shape.low > 0),
    )
    if shape.word == "inv":
        return inverse_time(high, ratio - 1, every=fall).skip(1).delay(1)
    if shape.word == "inv_sqrt_decay":
        return inverse_time(high, shape.decay_constant, every=fall, power=0.5)
    from_one = inverse_power(high * shape.timescale**0.5, 0.5)
    return from_one.skip(rise - 1) if rise else from_one.delay(1)


def _power(shape: _Shape) -> Schedule:
    """The power law of what was trained on so far, which is nothing at step 0."""
    first = shape.scale * shape.tokens**shape.slope
    return join([constant(shape.high), inverse_power(first, -shape.slope).minimum(shape.high)], [1])
