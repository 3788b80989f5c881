"""SpeechBrain's schedulers: ``speechbrain.nnet.schedulers``, as of SpeechBrain 1.1 (2026).

Most count their calls from 1 and set the rate that holds after the call: step 0 here is what the
first call sets, ``n = t + 1``. Those that receive an epoch or a number of updates are functions of
it: step t is what they answer to t.

>>> import fastlr as flr
>>> flr.presets.speechbrain.LinearNoamScheduler(1.0, n_warmup_steps=2, n_keep_steps=2).table(5)
array([0.5       , 1.        , 1.        , 1.        , 0.66666667])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate, pairwise
from operator import mul
from typing import Annotated, Any, Literal

import numpy as np

from fastlr.arguments.rules import Rate, short_repr, validate_scalar
from fastlr.presets._building_blocks import fraction, geometric, in_ticks, rate_at, wave
from fastlr.presets._rules import ArgumentError, Count, Duration, Levels, Marks, Ratio, Span, preset
from fastlr.schedule.constructor_names import (
    constant,
    cyclic,
    inverse_power,
    inverse_sqrt,
    join,
    linear,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "UNEXPRESSED",
    "CyclicCosineScheduler",
    "CyclicLRScheduler",
    "IntervalScheduler",
    "InverseSquareRootScheduler",
    "LinearNoamScheduler",
    "LinearScheduler",
    "LinearWarmupScheduler",
    "NoamIntervalScheduler",
    "NoamScheduler",
    "StepScheduler",
    "TriStageLRSchedule",
    "WarmAndExpDecayLRSchedule",
    "WarmCoolDecayLRSchedule",
]

UNEXPRESSED = {
    "NewBobScheduler": "Its automaton compares each loss with the last one, not with "
    "the best, as fastlr's plateau rules do.",
    "ReduceLROnPlateau": "Its automaton takes a loss equal to the best for better, and "
    "the last loss of the epochs in which it "
    "does nothing for the best; fastlr's do neither.",
}

_BELOW = "Past the end SpeechBrain's line goes on below 0; here 0 is held."
_FAR = 1_000


def _intervals(where: str, value: object) -> list[tuple[int, float]]:
    if not isinstance(value, list | tuple) or not all(
        isinstance(one, Mapping) and {*one} == {"steps", "lr"} for one in value
    ):
        raise TypeError(
            f"{where} must be a list of {{'steps': ..., 'lr': ...}}, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    pairs = [
        (
            validate_scalar(Span, f"{where}[{i}]['steps']", one["steps"]),
            validate_scalar(Rate, f"{where}[{i}]['lr']", one["lr"]),
        )
        for i, one in enumerate(value)
    ]
    if any(later <= earlier for (earlier, _), (later, _) in pairwise(pairs)):
        raise ValueError(f"{where} must have steps that rise strictly, got {short_repr(value)}")
    return pairs


Intervals = Annotated[Sequence[Mapping[str, float]], _intervals]


@preset()
def WarmAndExpDecayLRSchedule(
    lr: Rate, n_warmup_steps: Count, total_steps: Span, decay_factor: Ratio = 0.1
) -> Schedule:
    """A line from 0 to ``lr``, then ``lr * min(1, decay_factor^p)``, p from 0 to 1 at
    ``total_steps`` and on; step 0 is 0.
    """
    if n_warmup_steps >= total_steps:
        detail = f"{n_warmup_steps} and {total_steps}"
        raise ArgumentError(f"n_warmup_steps must be below total_steps, got {detail}")
    fall = geometric(lr, min(decay_factor, 1.0), total_steps - n_warmup_steps)
    return linear(0.0, lr, n_warmup_steps).then(fall)


@preset(
    differences="SpeechBrain makes a table of float32, and fails past its end; here the line is "
    "float64, and its end held."
)
def LinearScheduler(initial_value: Rate, final_value: Rate, epoch_count: Span) -> Schedule:
    """A line from ``initial_value`` at epoch 0 to ``final_value`` at ``epoch_count - 1``; of
    one epoch, ``initial_value``.
    """
    return linear(initial_value, final_value if epoch_count > 1 else initial_value, epoch_count - 1)


@preset()
def LinearWarmupScheduler(
    initial_value: Rate, num_warmup_steps: Count, num_training_steps: Count
) -> Schedule:
    """A line from 0 to ``initial_value`` at ``n = num_warmup_steps``, then one to 0 at
    ``num_training_steps``.
    """
    fall = linear(initial_value, 0.0, max(num_training_steps - num_warmup_steps, 0))
    return linear(0.0, initial_value, num_warmup_steps).then(fall).skip(1)


@preset(
    differences="SpeechBrain drops an epoch late where its division by a decay_drop with decimals "
    "falls short of a whole number."
)
def StepScheduler(
    initial_value: Rate,
    decay_factor: Ratio | None = None,
    decay_drop: Duration | None = None,
    half_life: Duration | None = None,
) -> Schedule:
    """``initial_value * decay_factor^floor((1 + epoch)/decay_drop)``, 0.5 and 2 where they are not
    given.

    Or ``initial_value * 0.5^((1 + epoch)/half_life)``, which goes with neither.
    """
    if half_life is not None and (decay_factor is not None or decay_drop is not None):
        detail = f"{half_life}, {decay_factor} and {decay_drop}"
        raise ArgumentError(f"half_life must go without decay_factor and decay_drop, got {detail}")
    every = fraction(half_life or decay_drop or 2.0)
    curve = partial(geometric, initial_value, decay_factor or 0.5, staircase=half_life is None)
    return in_ticks(curve, every, 1, reach=_FAR * every)


@preset()
def NoamScheduler(
    lr_initial: Rate, n_warmup_steps: Span, model_size: Span | None = None
) -> Schedule:
    """``lr_initial * sqrt(W) * min(n^-0.5, n * W^-1.5)``, ``W = n_warmup_steps``.

    With a ``model_size``, its ``-0.5``th power in place of ``sqrt(W)``.
    """
    return inverse_sqrt(_peak(lr_initial, n_warmup_steps, model_size), n_warmup_steps).skip(1)


@preset()
def NoamIntervalScheduler(
    lr_initial: Rate,
    n_warmup_steps: Span,
    anneal_steps: Marks,
    anneal_rates: Levels,
    model_size: Span | None = None,
) -> Schedule:
    """``NoamScheduler``, times each of ``anneal_rates`` once n is above its one of
    ``anneal_steps``.
    """
    if len(anneal_steps) != len(anneal_rates):
        detail = f"{len(anneal_rates)} for {len(anneal_steps)}"
        raise ArgumentError(f"anneal_rates must be as many as anneal_steps, got {detail}")
    pairs = sorted(zip(anneal_steps, anneal_rates, strict=True))
    levels = accumulate((rate for _, rate in pairs), mul, initial=1.0)
    stairs = join(list(map(constant, levels)), [step for step, _ in pairs])
    return (
        inverse_sqrt(_peak(lr_initial, n_warmup_steps, model_size), n_warmup_steps).skip(1) * stairs
    )


@preset()
def LinearNoamScheduler(lr_initial: Rate, n_warmup_steps: Span, n_keep_steps: Count) -> Schedule:
    """A line to ``lr_initial`` at ``n = W``, held for ``n_keep_steps``, then ``lr_initial *
    W/(n - n_keep_steps)``.
    """
    kept = linear(0.0, lr_initial, n_warmup_steps).then(
        linear(lr_initial, lr_initial, n_keep_steps)
    )
    return kept.then(inverse_power(lr_initial, 1.0, n_warmup_steps)).skip(1)


@preset(
    differences="Without lr_initial SpeechBrain multiplies the rate of the moment, again and "
    "again; here it must be given."
)
def CyclicCosineScheduler(
    n_warmup_steps: Span, lr_initial: Rate, total_steps: Span = 100000
) -> Schedule:
    """``lr_initial * (1 + cos(pi*(n - n_warmup_steps)/total_steps))/2``, highest at
    ``n_warmup_steps`` forever.
    """
    return wave(lr_initial, 0.0, total_steps, (1 - n_warmup_steps) % (2 * total_steps))


@preset(differences="scale_fn is not taken.")
def CyclicLRScheduler(
    base_lr: Rate = 0.001,
    max_lr: Rate = 0.006,
    step_size: Duration = 2000.0,
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
    gamma: Ratio = 1.0,
) -> Schedule:
    """Linear from ``base_lr`` to ``max_lr`` in ``step_size`` steps and back forever, counted from
    ``n = 1``.

    The height is halved each cycle in mode "triangular2", multiplied by ``gamma^n`` in "exp_range".
    ``max_lr`` is not below ``base_lr``.
    """
    if np.any(np.asarray(base_lr) > np.asarray(max_lr)):
        raise ArgumentError(
            f"max_lr must not be below base_lr, got {short_repr(max_lr)}, {short_repr(base_lr)}"
        )
    half = fraction(step_size)

    def waves(low: Any, high: Any) -> Schedule:
        shape: Literal["triangular", "triangular2"] = "triangular" if mode == "exp_range" else mode
        return in_ticks(
            partial(_cycle, low, high, shape),
            2 * half,
            1,
            reach=_FAR * half,
            ticks=half.denominator,
        )

    if mode != "exp_range":
        return waves(base_lr, max_lr)
    return waves(0.0, 1.0) * geometric(np.subtract(max_lr, base_lr), gamma).skip(1) + base_lr


@preset(
    differences="SpeechBrain gives every group the rate of the first one; here each keeps its own "
    "until the first interval."
)
def IntervalScheduler(lr: Rate, intervals: Intervals) -> Schedule:
    """``lr``, and the rate of each of ``intervals`` from ``n = steps`` on: ``[{"steps": 1000,
    "lr": 0.01}, ...]``.
    """
    return join(
        [constant(lr), *(constant(rate) for _, rate in intervals)],
        [int(steps) - 1 for steps, _ in intervals],
    )


@preset()
def InverseSquareRootScheduler(warmup_steps: Span) -> Schedule:
    """``1/sqrt(max(warmup_steps, n))``, whatever the optimizer's rate."""
    return inverse_power(warmup_steps**-0.5, 0.5, warmup_steps).delay(warmup_steps - 1)


@preset(differences=_BELOW)
def WarmCoolDecayLRSchedule(
    lr: Rate,
    warmup: Count,
    cooldown: Span,
    total_steps: Span,
    decay_factor: Ratio = 0.75,
    decay_every: Span = 100000,
) -> Schedule:
    """A line to ``lr``, ``lr * decay_factor^((t - warmup)/decay_every)``, and in the last
    ``cooldown`` steps a line to 0.

    The line falls from ``lr * decay_factor^((total_steps - cooldown)/decay_every)``, as if there
    were no warmup: the rate drops.
    """
    begin = total_steps - cooldown
    if begin < 0:
        detail = f"{cooldown} and {total_steps}"
        raise ArgumentError(f"cooldown must be at most total_steps, got {detail}")
    slow, start = geometric(lr, decay_factor, decay_every), max(begin + 1, warmup)
    tail = linear(rate_at(slow, begin), 0.0, cooldown).skip(start - begin)
    return join([linear(0.0, lr, warmup), slow, tail], [warmup, start])


@preset()
def TriStageLRSchedule(
    lr: Rate,
    warmup_steps: Span,
    hold_steps: Count,
    decay_steps: Span,
    total_steps: Count,
    init_lr_scale: Ratio = 0.01,
    final_lr_scale: Ratio = 0.05,
) -> Schedule:
    """A line from ``init_lr_scale * lr`` to ``lr``, held, then ``lr *
    final_lr_scale^(c/decay_steps)``, c steps in forever.

    SpeechBrain makes no use of ``total_steps``.
    """
    rise = linear(init_lr_scale, 1.0, warmup_steps).then(linear(1.0, 1.0, hold_steps))
    return rise.then(geometric(1.0, final_lr_scale, decay_steps)) * lr


def _cycle(low: Any, high: Any, mode: Literal["triangular", "triangular2"], ticks: int) -> Schedule:
    return cyclic(low, high, ticks // 2, ticks - ticks // 2, mode=mode)


def _peak(lr: Any, warmup: int, model_size: int | None) -> Any:
    """What Noam's curve reaches at the end of its warmup."""
    return lr if model_size is None else np.multiply(lr, (model_size * warmup) ** -0.5)
