"""tensor2tensor's learning rates: ``tensor2tensor.utils.learning_rate``, as of tensor2tensor 1.15
(2020).

The arguments are its hyperparameters. Step 0 is the first update. tensor2tensor computes in
float32, fastlr in float64. A multi-step optimizer, which divides the step by
``optimizer_multistep_accumulate_steps``, is not supported.

>>> import fastlr as flr
>>> s = flr.presets.tensor2tensor.learning_rate_schedule("constant*linear_warmup",
...     learning_rate_constant=2.0)
>>> s(50)
1.0
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Callable, Sequence
from functools import reduce
from operator import mul
from typing import Annotated, Literal

import numpy as np

from fastlr.arguments.rules import Flag, Rate
from fastlr.presets._building_blocks import geometric, wave
from fastlr.presets._rules import ArgumentError, Count, Level, Levels, Marks, Span, factors, preset
from fastlr.schedule.constructor_names import (
    constant,
    cyclic,
    exponential,
    inverse_power,
    join,
    linear,
    noam,
)
from fastlr.schedule.schedule import Schedule

__all__ = ["learning_rate_schedule", "legacy_learning_rate_schedule"]

Product = Annotated[
    Sequence[str],
    factors(
        [
            "constant",
            "linear_warmup",
            "linear_decay",
            "cosdecay",
            "single_cycle_cos_decay",
            "multi_cycle_cos_decay",
            "rsqrt_decay",
            "rsqrt_normalized_decay",
            "exp_decay",
            "rsqrt_hidden_size",
        ]
    ),
]


@preset(
    differences="The factor 'legacy' is another preset: multiply by legacy_learning_rate_schedule."
)
def learning_rate_schedule(
    learning_rate_schedule: Product,
    learning_rate_constant: Rate = 1.0,
    learning_rate_warmup_steps: Count = 100,
    learning_rate_decay_steps: Span = 5000,
    learning_rate_decay_rate: Level = 1.0,
    learning_rate_decay_staircase: Flag = False,
    hidden_size: Span = 64,
    train_steps: Count = 0,
) -> Schedule:
    """Multiply named factors.

    The product of the factors in ``learning_rate_schedule``

    Parameters
    ----------
    learning_rate_schedule : str
        The names of factors, separated by ``*``; see Notes.
    learning_rate_constant : float or array, default 1.0
        The factor "constant"; an array has one per group. At least 0.
    learning_rate_warmup_steps : int or array of int, default 100
        The number of steps of the warmup, W. At least 0.
    learning_rate_decay_steps : int or array of int, default 5000
        The number of steps of the decay, D. At least 1.
    learning_rate_decay_rate : float or array, default 1.0
        The factor per ``learning_rate_decay_steps``. At least 0.
    learning_rate_decay_staircase : bool, default False
        Whether the exponential decay changes only at multiples of its length.
    hidden_size : int or array of int, default 64
        The width of the model. At least 1.
    train_steps : int or array of int, default 0
        The number of steps of the run, which some factors need. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If a factor needs a warmup and there is none, or ``train_steps`` is not above the warmup for
        "single_cycle_cos_decay".

    Notes
    -----
    With ``s = max(t - W, 0)``, the factors are:

    - "constant": ``learning_rate_constant``
    - "linear_warmup": ``min(1, t/W)``
    - "rsqrt_hidden_size": ``hidden_size^-0.5``
    - "linear_decay": ``(train_steps - t)/D`` between 0 and 1
    - "cosdecay": 1 up to step W, then ``(1 + cos(pi*t/D))/2``, counted from step 0
    - "single_cycle_cos_decay": ``(1 + cos(pi*s/(train_steps - W)))/2``, which climbs back after its
      end
    - "multi_cycle_cos_decay": ``(1 + cos(pi*s/D))/2``, forever
    - "rsqrt_decay": ``1/sqrt(max(t, W))``
    - "rsqrt_normalized_decay": the same times ``sqrt(W)``
    - "exp_decay": ``learning_rate_decay_rate^(s/D)``

    tensor2tensor computes in float32. For its factor "legacy" multiply by
    ``legacy_learning_rate_schedule``.

    References
    ----------
    tensor2tensor 1.15 (2020), ``tensor2tensor.utils.learning_rate.learning_rate_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.tensor2tensor.learning_rate_schedule("constant*linear_warmup", 2.0)
    >>> s(50)
    1.0
    """
    warmup, fall = learning_rate_warmup_steps, learning_rate_decay_steps

    def single_cycle() -> Schedule:
        if train_steps <= warmup:
            detail = f"{train_steps} and {warmup}"
            rule = "train_steps must be above learning_rate_warmup_steps"
            raise ArgumentError(f"{rule}, got {detail}")
        return wave(1.0, 0.0, train_steps - warmup).delay(warmup)

    makers: dict[str, Callable[[], Schedule]] = {
        "constant": lambda: constant(learning_rate_constant),
        "linear_warmup": lambda: linear(0.0, 1.0, warmup),
        "linear_decay": lambda: _last(fall, train_steps),
        "cosdecay": lambda: join(
            [constant(1.0), wave(1.0, 0.0, fall).skip(warmup + 1)], [warmup + 1]
        ),
        "single_cycle_cos_decay": single_cycle,
        "multi_cycle_cos_decay": lambda: wave(1.0, 0.0, fall).delay(warmup),
        "rsqrt_decay": lambda: _rsqrt(_warmed(warmup), warmup**-0.5),
        "rsqrt_normalized_decay": lambda: _rsqrt(_warmed(warmup), 1.0),
        "exp_decay": lambda: geometric(
            1.0, learning_rate_decay_rate, fall, learning_rate_decay_staircase
        ).delay(warmup),
        "rsqrt_hidden_size": lambda: constant(hidden_size**-0.5),
    }
    return reduce(mul, (makers[name]() for name in learning_rate_schedule))


@preset()
def legacy_learning_rate_schedule(
    learning_rate: Rate = 0.1,
    learning_rate_decay_scheme: Literal[
        "none", "noam", "exp", "piecewise", "cosine", "cyclelinear10x", "sqrt"
    ] = "none",
    learning_rate_warmup_steps: Count = 100,
    learning_rate_decay_steps: Span = 5000,
    learning_rate_decay_rate: Level = 1.0,
    learning_rate_decay_staircase: Flag = False,
    learning_rate_boundaries: Marks = (),
    learning_rate_multiples: Levels = (),
    learning_rate_cosine_cycle_steps: Span = 250000,
    hidden_size: Span = 64,
    optimizer: Literal["adam", "other"] = "adam",
) -> Schedule:
    """Build the schedule of tensor2tensor's older hyperparameters.

    ``learning_rate``, times 0.002 for Adam, times ``0.01^(1 - t/W)`` during the warmup, then times
    the decay of ``learning_rate_decay_scheme``

    Parameters
    ----------
    learning_rate : float or array, default 0.1
        The base rate; an array has one per group. At least 0.
    learning_rate_decay_scheme : str, default "none"
        The decay; see Notes. One of "none", "noam", "exp", "piecewise", "cosine", "cyclelinear10x",
        "sqrt".
    learning_rate_warmup_steps : int or array of int, default 100
        The number of steps of the warmup, W. At least 0.
    learning_rate_decay_steps : int or array of int, default 5000
        The number of steps of the decay, D. At least 1.
    learning_rate_decay_rate : float or array, default 1.0
        The factor per ``learning_rate_decay_steps``. At least 0.
    learning_rate_decay_staircase : bool, default False
        Whether the exponential decay changes only at multiples of its length.
    learning_rate_boundaries : sequence of int, default ()
        The steps of "piecewise", after which the next factor applies. They must never fall.
    learning_rate_multiples : sequence of float, default ()
        The factors of "piecewise", as many as boundaries. At least 0.
    learning_rate_cosine_cycle_steps : int or array of int, default 250000
        The number of steps of half a wave of "cosine". At least 1.
    hidden_size : int or array of int, default 64
        The width of the model. At least 1.
    optimizer : {"adam", "other"}, default "adam"
        Whether the optimizer is Adam.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the boundaries fall or are not as many as the multiples, or a decay needs a warmup and
        there is none.

    Notes
    -----
    The decays are:

    - "noam": ``5000 * hidden_size^-0.5 * min(n * W^-1.5, n^-0.5)``, ``n = t + 1``, in place of
      warmup and decay
    - "exp": ``learning_rate_decay_rate^((t - W)/learning_rate_decay_steps)``
    - "piecewise": 1, then ``learning_rate_multiples[i]`` after step ``learning_rate_boundaries[i]``
    - "cosine": ``(1 + cos(pi*t/learning_rate_cosine_cycle_steps))/2``, forever
    - "cyclelinear10x": lines from 0.3 to 3.3 in W steps and back, forever
    - "sqrt": ``500/sqrt(max(t - W, 1))``

    tensor2tensor computes in float32.

    References
    ----------
    tensor2tensor 1.15 (2020), ``tensor2tensor.utils.learning_rate.legacy_learning_rate_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.tensor2tensor.legacy_learning_rate_schedule
    >>> s = schedule(1.0, "none", 2, optimizer="other")
    >>> s.table(4)
    array([0.01, 0.1 , 1.  , 1.  ])
    """
    warmup, scheme = learning_rate_warmup_steps, learning_rate_decay_scheme
    peak = np.multiply(learning_rate, 0.002 if optimizer == "adam" else 1.0)
    if scheme == "noam":
        return noam(hidden_size, _warmed(warmup), factor=peak * 5000.0)
    _as_many(learning_rate_multiples, learning_rate_boundaries)
    decays: dict[str, Callable[[], Schedule]] = {
        "none": lambda: constant(1.0),
        "exp": lambda: geometric(
            1.0, learning_rate_decay_rate, learning_rate_decay_steps, learning_rate_decay_staircase
        ),
        "piecewise": lambda: _stairs(learning_rate_multiples, learning_rate_boundaries).skip(
            warmup
        ),
        "cosine": lambda: wave(1.0, 0.0, learning_rate_cosine_cycle_steps).skip(warmup),
        "cyclelinear10x": lambda: cyclic(0.3, 3.3, _warmed(warmup)).skip(warmup),
        "sqrt": lambda: inverse_power(500.0, 0.5).delay(1),
    }
    return exponential(0.01, 1.0, warmup).then(decays[scheme]()) * peak


def _warmed(warmup: int) -> int:
    """A warmup that is divided by, and may not be 0."""
    if not warmup:
        raise ArgumentError("learning_rate_warmup_steps must be above 0, got 0")
    return warmup


def _rsqrt(warmup: int, top: float) -> Schedule:
    return inverse_power(top, 0.5, warmup).delay(warmup)


def _last(steps: int, train_steps: int) -> Schedule:
    """Return a line from 1 to 0 in the last ``steps`` steps."""
    line = linear(1.0, 0.0, steps)
    return (
        line.delay(train_steps - steps) if train_steps >= steps else line.skip(steps - train_steps)
    )


def _as_many(values: Sequence[float], boundaries: Sequence[int]) -> None:
    if len(values) != len(boundaries) or sorted(boundaries) != list(boundaries):
        detail = f"{list(boundaries)} for {list(values)}"
        raise ArgumentError(
            "learning_rate_boundaries must be as many as learning_rate_multiples and never fall, "
            f"got {detail}"
        )


def _stairs(values: Sequence[float], boundaries: Sequence[int]) -> Schedule:
    return join(list(map(constant, [1.0, *values])), [boundary + 1 for boundary in boundaries])
