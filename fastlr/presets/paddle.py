"""PaddlePaddle's schedulers: ``paddle.optimizer.lr`` of paddlepaddle 3.3 (2026), and the functions
of its static graphs.

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update. The classes compute in float64; the functions, whose counter begins at 0
(``noam_decay``'s at 1), in float32. In dynamic mode Paddle's functions drop ``decay_steps`` and
``staircase`` without a word; these are the functions of a static graph.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import Literal

import numpy as np

from fastlr.arguments.rules import Flag, Rate, Unit, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    compounded,
    cut,
    drops,
    fraction,
    geometric,
    in_ticks,
    inverse_decay,
    multiplied,
    power_decay,
    swept,
    torch_plateau,
    wave,
)
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Exponent,
    Function,
    Level,
    Levels,
    Marks,
    Ratio,
    Scheduled,
    Share,
    Span,
    Tabled,
    preset,
)
from fastlr.schedule import constructor_names
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    cosine_restarts,
    cyclic,
    inverse_time,
    join,
    linear,
    noam,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineAnnealingDecay",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LambdaDecay",
    "LinearLR",
    "LinearWarmup",
    "MultiStepDecay",
    "MultiplicativeDecay",
    "NaturalExpDecay",
    "NoamDecay",
    "OneCycleLR",
    "PiecewiseDecay",
    "PolynomialDecay",
    "ReduceOnPlateau",
    "StepDecay",
    "cosine_decay",
    "exponential_decay",
    "inverse_time_decay",
    "linear_lr_warmup",
    "natural_exp_decay",
    "noam_decay",
    "piecewise_decay",
    "polynomial_decay",
]

_A_FUNCTION = (
    "A function is not a value: it is asked once for each of `total_steps` "
    "steps, and the last rate held."
)
_SINGLE = "Paddle computes it in float32."
_NO_CLIMB = "With cycle=True, end_lr must be at most learning_rate."


@preset()
def NoamDecay(d_model: Span, warmup_steps: Span, learning_rate: Rate = 1.0) -> Schedule:
    """``learning_rate * d_model^-0.5 * min(t^-0.5, t * warmup_steps^-1.5)``, 0 at step 0."""
    return join(
        [constant(np.multiply(learning_rate, 0)), noam(d_model, warmup_steps, learning_rate)], [1]
    )


@preset()
def PiecewiseDecay(boundaries: Marks, values: Levels) -> Schedule:
    """``values[i]``, i the first boundary that t is below, and beyond the last boundary the
    last value.
    """
    return _pieces(boundaries, values)


def _pieces(boundaries: Sequence[int], values: Sequence[float]) -> Schedule:
    if len(values) <= len(boundaries):
        raise ArgumentError(
            f"values must be more than boundaries, got {len(values)} and {len(boundaries)}"
        )
    levels = [*values[: len(boundaries)], values[-1]]
    starts = np.maximum.accumulate([0, *boundaries])[1:]
    return join([constant(level) for level in levels], starts)


@preset(elementwise=True)
def NaturalExpDecay(learning_rate: Rate, gamma: Rate) -> Schedule:
    """``learning_rate * exp(-gamma*t)``."""
    return constructor_names.exponential_decay(learning_rate, rate=gamma)


@preset(elementwise=True)
def InverseTimeDecay(learning_rate: Rate, gamma: Rate) -> Schedule:
    """``learning_rate / (1 + gamma*t)``."""
    return inverse_time(learning_rate, gamma)


@preset(differences=_NO_CLIMB)
def PolynomialDecay(
    learning_rate: Rate,
    decay_steps: Span,
    end_lr: Rate = 0.0001,
    power: Exponent = 1.0,
    cycle: Flag = False,
) -> Schedule:
    """``end_lr + (learning_rate - end_lr) * (1 - t/decay_steps)^power``, then ``end_lr``.

    With ``cycle``, t is divided by the smallest multiple of ``decay_steps`` that it is not beyond
    forever: the rate is ``end_lr`` at each multiple and jumps up after it.
    """
    return power_decay(learning_rate, end_lr, power, decay_steps, cycle)


@preset(elementwise=True, differences="end_lr may be below start_lr.")
def LinearWarmup(
    learning_rate: Scheduled, warmup_steps: Span, start_lr: Rate, end_lr: Rate
) -> Schedule:
    """A line from ``start_lr`` to ``end_lr`` in ``warmup_steps`` steps, then ``learning_rate``,
    or a schedule from its step 0.
    """
    return linear(start_lr, end_lr, warmup_steps).then(learning_rate)  # type: ignore[arg-type]


@preset()
def ExponentialDecay(learning_rate: Rate, gamma: Level) -> Schedule:
    """``learning_rate * gamma^t``."""
    return geometric(learning_rate, gamma)


@preset()
def MultiStepDecay(learning_rate: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """``learning_rate * gamma^i``, i the number of milestones, which rise strictly, at or
    before t.
    """
    return drops("milestones", learning_rate, gamma, milestones)


@preset()
def StepDecay(learning_rate: Rate, step_size: Span, gamma: Level = 0.1) -> Schedule:
    """``learning_rate * gamma^floor(t/step_size)``."""
    return geometric(learning_rate, gamma, step_size, staircase=True)


@preset(differences=_A_FUNCTION)
def LambdaDecay(learning_rate: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """``learning_rate * lr_lambda(t)``, evaluated once for each t below ``total_steps``."""
    return multiplied(learning_rate, lr_lambda, total_steps)


@preset(differences=_A_FUNCTION)
def MultiplicativeDecay(learning_rate: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """``learning_rate * lr_lambda(1) * ... * lr_lambda(t)``, evaluated once for each t below
    ``total_steps``.
    """
    return compounded(learning_rate, lr_lambda, total_steps)


@preset(
    elementwise=True,
    differences="cooldown must be 0: Paddle looks at no metric while it cools, fastlr's automata "
    "do. The threshold of mode 'rel' is rounded otherwise in its last place, and a "
    "first metric that is infinite is bad here, the best in Paddle.",
)
def ReduceOnPlateau(
    mode: Literal["min", "max"] = "min",
    factor: Unit = 0.1,
    patience: Count = 10,
    threshold: Level = 1e-4,
    threshold_mode: Literal["rel", "abs"] = "rel",
    cooldown: Count = 0,
    min_lr: Rate = 0.0,
    epsilon: Level = 1e-8,
) -> Plateau:
    """Paddle's rule, which is torch's without a cooldown: multiply by ``factor`` once more than
    ``patience`` updates have not improved the metric.
    """
    if np.any(np.asarray(cooldown) > 0):
        raise ArgumentError(
            f"cooldown must be 0, got {short_repr(cooldown)}: Paddle's looks at no metric in it"
        )
    return torch_plateau(
        threshold,
        threshold_mode == "rel",
        mode=mode,
        factor=factor,
        patience=patience,
        floor=min_lr,
        eps=epsilon,
    )


@preset()
def CosineAnnealingDecay(learning_rate: Rate, T_max: Span, eta_min: Rate = 0.0) -> Schedule:
    """``eta_min + (learning_rate - eta_min) * (1 + cos(pi*t/T_max))/2``, not clamped: it climbs
    back forever.
    """
    return wave(learning_rate, eta_min, T_max)


@preset(
    differences="With anneal_strategy='linear' the rate of step total_steps, after the last, is "
    "refused: Paddle's lies below 0 for most settings.",
)
def OneCycleLR(
    max_learning_rate: Rate,
    total_steps: Span,
    divide_factor: Ratio = 25.0,
    end_learning_rate: Rate = 0.0001,
    phase_pct: Share = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    three_phase: Flag = False,
) -> Schedule:
    """From ``max_learning_rate/divide_factor`` up by ``phase_pct*total_steps - 1`` and down by
    ``total_steps - 1``, as torch's.

    ``end_learning_rate`` is a rate, not a ratio. With ``three_phase``, first down to the first rate
    by ``2*phase_pct*total_steps - 2``. Step ``total_steps`` has a rate too, where a wave has begun
    to climb again; later steps raise ``ValueError``.
    """
    if three_phase and phase_pct >= 0.5:
        raise ArgumentError(
            f"phase_pct must be below 0.5 with three_phase=True, got {short_repr(phase_pct)}"
        )
    low, rise = np.divide(max_learning_rate, divide_factor), fraction(phase_pct) * total_steps
    ends = [rise - 1, *([2 * rise - 2] if three_phase else []), Fraction(total_steps - 1)]
    levels = [low, max_learning_rate, *([low] if three_phase else []), end_learning_rate]
    where = f"phase_pct={phase_pct!r}, total_steps={total_steps}"
    if anneal_strategy == "linear":
        return cut(swept(where, levels, ends, "linear"), total_steps)
    beyond = in_ticks(partial(cosine, levels[-1], levels[-2]), ends[-1] - ends[-2], Fraction(1))
    return cut(join([swept(where, levels, ends, "cosine"), beyond], [total_steps]), total_steps + 1)


@preset(differences="scale_fn is not taken; max_learning_rate must be at least base_learning_rate.")
def CyclicLR(
    base_learning_rate: Rate,
    max_learning_rate: Rate,
    step_size_up: Span,
    step_size_down: Span | None = None,
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
    exp_gamma: Level = 1.0,
) -> Schedule:
    """Linear from ``base_learning_rate`` to ``max_learning_rate`` and back forever.

    The height is halved each cycle in mode "triangular2", multiplied by ``exp_gamma^t`` in
    "exp_range".
    """
    height = np.subtract(max_learning_rate, base_learning_rate)
    if np.any(height < 0):
        detail = f"{short_repr(base_learning_rate)}, got {short_repr(max_learning_rate)}"
        raise ArgumentError(f"max_learning_rate must be at least base_learning_rate, {detail}")
    if mode != "exp_range":
        return cyclic(
            base_learning_rate, max_learning_rate, step_size_up, step_size_down, mode=mode
        )
    return cyclic(0.0, 1.0, step_size_up, step_size_down) * geometric(
        height, exp_gamma
    ) + np.asarray(base_learning_rate)


@preset()
def LinearLR(
    learning_rate: Rate, total_steps: Span, start_factor: Share = 1.0 / 3, end_factor: Share = 1.0
) -> Schedule:
    """From ``learning_rate * start_factor`` linearly to ``learning_rate * end_factor`` at ``t =
    total_steps``.
    """
    if start_factor == 0:
        raise ArgumentError("start_factor must be above 0, got 0: Paddle divides by it")
    return linear(
        np.multiply(learning_rate, start_factor),
        np.multiply(learning_rate, end_factor),
        total_steps,
    )


@preset(
    elementwise=True,
    differences="With an explicit epoch Paddle finds the cycle by a floating-point logarithm, and "
    "misses some; here none.",
)
def CosineAnnealingWarmRestarts(
    learning_rate: Rate, T_0: Span, T_mult: Span = 1, eta_min: Rate = 0.0
) -> Schedule:
    """``eta_min + (learning_rate - eta_min) * (1 + cos(pi*c/L))/2``, c steps into a cycle of
    ``L = T_0 * T_mult^i``.
    """
    return cosine_restarts(learning_rate, eta_min, T_0, stretch=T_mult)


# -- the functions of a static graph ---------------------------------------------------------------


@preset(elementwise=True, differences=_SINGLE)
def noam_decay(d_model: Span, warmup_steps: Span, learning_rate: Rate = 1.0) -> Schedule:
    """``learning_rate * d_model^-0.5 * min(n^-0.5, n * warmup_steps^-1.5)``, ``n = t + 1``."""
    return noam(d_model, warmup_steps, learning_rate)


@preset(differences=_SINGLE)
def exponential_decay(
    learning_rate: Rate, decay_steps: Span, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """``learning_rate * decay_rate^(t/decay_steps)``, or with ``floor(t/decay_steps)``."""
    return geometric(learning_rate, decay_rate, decay_steps, staircase)


@preset(differences=_SINGLE)
def natural_exp_decay(
    learning_rate: Rate, decay_steps: Span, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """``learning_rate * exp(-decay_rate * t/decay_steps)``, or with ``floor(t/decay_steps)``."""
    if staircase:
        return constructor_names.exponential_decay(learning_rate, rate=decay_rate).staircase(
            decay_steps
        )
    return constructor_names.exponential_decay(learning_rate, rate=decay_rate / decay_steps)


@preset(differences=_SINGLE)
def inverse_time_decay(
    learning_rate: Rate, decay_steps: Span, decay_rate: Level, staircase: Flag = False
) -> Schedule:
    """``learning_rate / (1 + decay_rate * t/decay_steps)``, or with ``floor(t/decay_steps)``."""
    return inverse_decay(learning_rate, decay_rate, decay_steps, staircase)


@preset(differences=f"{_SINGLE} {_NO_CLIMB.replace('end_lr', 'end_learning_rate')}")
def polynomial_decay(
    learning_rate: Rate,
    decay_steps: Span,
    end_learning_rate: Rate = 0.0001,
    power: Exponent = 1.0,
    cycle: Flag = False,
) -> Schedule:
    """Like ``PolynomialDecay``."""
    return power_decay(learning_rate, end_learning_rate, power, decay_steps, cycle)


@preset(differences=_SINGLE)
def piecewise_decay(boundaries: Marks, values: Levels) -> Schedule:
    """Like ``PiecewiseDecay``; there is one value more than boundaries."""
    if len(values) != len(boundaries) + 1:
        detail = f"{len(values)} and {len(boundaries)}"
        raise ArgumentError(f"values must be one more than boundaries, got {detail}")
    return _pieces(boundaries, values)


@preset(differences=_SINGLE)
def cosine_decay(learning_rate: Rate, step_each_epoch: Span, epochs: Span) -> Schedule:
    """``learning_rate/2 * (1 + cos(pi * floor(t/step_each_epoch)/epochs))``, not clamped: it climbs
    back forever.
    """
    return wave(learning_rate, 0.0, epochs).staircase(step_each_epoch)


@preset(elementwise=True, differences=_SINGLE)
def linear_lr_warmup(
    learning_rate: Scheduled, warmup_steps: Span, start_lr: Rate, end_lr: Rate
) -> Schedule:
    """A line from ``start_lr`` to ``end_lr`` in ``warmup_steps`` steps, then ``learning_rate``,
    or a schedule at its step t.
    """
    return linear(start_lr, end_lr, warmup_steps).then(learning_rate.skip(warmup_steps))  # type: ignore[union-attr]
