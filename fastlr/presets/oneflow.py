"""OneFlow's schedulers: ``oneflow.optim.lr_scheduler`` of 0.9 (2023), after torch's, but all of
them closed forms, in float64.

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update.

>>> LinearLR(1.0, start_factor=0.5, end_factor=0.75, total_iters=2).table(4)
array([0.5  , 0.625, 1.   , 1.   ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Literal

import numpy as np

from fastlr.arguments.rules import Flag, Number, Rate, Unit, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    chained,
    compounded,
    cycling_polynomial,
    drops,
    fraction,
    geometric,
    lowered_restarts,
    multiplied,
    rate_at,
    swept,
    torch_plateau,
    wave,
)
from fastlr.presets._rules import (
    MOST_TURNS,
    ArgumentError,
    Count,
    Exponent,
    Function,
    Level,
    Marks,
    Ratio,
    Share,
    Span,
    Tabled,
    preset,
)
from fastlr.schedule.constructor_names import constant, cosine, cyclic, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CosineDecayLR",
    "CyclicLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SWALR",
    "SequentialLR",
    "StepLR",
    "WarmupLR",
]

_Restarts = Annotated[
    int, Number(f"an integer from 0 to {MOST_TURNS:,}", 0, MOST_TURNS, whole=True)
]
_A_FUNCTION = (
    "A function is not a value: it is asked once for each of `total_steps` "
    "steps, and the last rate held."
)


def _flags(where: str, value: object) -> object:
    flags = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(flag, bool | np.bool_) for flag in flags):
        raise TypeError(
            f"{where} must be True or False, or a list of them, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    return value


Flags = Annotated[Sequence[bool] | bool, _flags]


@preset(differences=_A_FUNCTION)
def LambdaLR(lr: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """``lr * lr_lambda(t)``, evaluated once for each t below ``total_steps``."""
    return multiplied(lr, lr_lambda, total_steps)


@preset(differences=_A_FUNCTION)
def MultiplicativeLR(lr: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """``lr * lr_lambda(1) * ... * lr_lambda(t)``, evaluated once for each t below ``total_steps``;
    ``lr_lambda(0)`` is never evaluated.
    """
    return compounded(lr, lr_lambda, total_steps)


@preset()
def StepLR(lr: Rate, step_size: Span, gamma: Level = 0.1) -> Schedule:
    """``lr * gamma^floor(t/step_size)``."""
    return geometric(lr, gamma, step_size, staircase=True)


@preset()
def MultiStepLR(lr: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """``lr * gamma^i``, i the number of milestones, which rise strictly, at or before t."""
    return drops("milestones", lr, gamma, milestones)


@preset()
def ExponentialLR(lr: Rate, gamma: Level) -> Schedule:
    """``lr * gamma^t``."""
    return geometric(lr, gamma)


@preset()
def ConstantLR(lr: Rate, factor: Share = 1.0 / 3, total_iters: Count = 5) -> Schedule:
    """``lr * factor`` for ``total_iters`` steps, then ``lr``."""
    return join([constant(np.multiply(lr, factor)), constant(lr)], [total_iters])


@preset()
def LinearLR(
    lr: Rate, start_factor: Share = 1.0 / 3, end_factor: Share = 1.0, total_iters: Count = 5
) -> Schedule:
    """From ``lr * start_factor`` linearly towards ``lr * end_factor``, and at ``total_iters``,
    whatever that is, ``lr``.
    """
    ramp = linear(np.multiply(lr, start_factor), np.multiply(lr, end_factor), total_iters)
    return join([ramp, constant(lr)], [total_iters])


@preset(differences="With cycle=True, end_learning_rate must be at most lr.")
def PolynomialLR(
    lr: Rate,
    decay_batch: Span,
    end_learning_rate: Rate = 0.0001,
    power: Exponent = 1.0,
    cycle: Flag = False,
) -> Schedule:
    """``end_learning_rate + (lr - end_learning_rate) * (1 - t/decay_batch)^power``, then
    ``end_learning_rate``.

    With ``cycle``, t is divided by the smallest multiple of ``decay_batch`` that it is not beyond
    forever: the rate jumps up after each multiple. Step 0 then has the rate of step 1.
    """
    if not cycle:
        return polynomial(lr, end_learning_rate, decay_batch, power=power)
    return cycling_polynomial(lr, end_learning_rate, power, decay_batch).skip(1).delay(1)


@preset()
def CosineDecayLR(lr: Rate, decay_steps: Span, alpha: Share = 0.0) -> Schedule:
    """``lr * (alpha + (1 - alpha) * (1 + cos(pi*t/decay_steps))/2)``, then ``lr * alpha``."""
    return cosine(lr, np.multiply(lr, alpha), decay_steps)


@preset()
def CosineAnnealingLR(lr: Rate, T_max: Span, eta_min: Rate = 0.0) -> Schedule:
    """``eta_min + (lr - eta_min) * (1 + cos(pi*t/T_max))/2``, not clamped: it climbs back
    forever.
    """
    return wave(lr, eta_min, T_max)


@preset(
    differences="OneFlow finds the cycle by a floating-point logarithm, and misses some; here "
    "none. 10,000 cycles at most, where T_mult is above 1."
)
def CosineAnnealingWarmRestarts(
    lr: Rate,
    T_0: Span,
    T_mult: Span = 1,
    eta_min: Rate = 0.0,
    decay_rate: Level = 1.0,
    restart_limit: _Restarts = 0,
) -> Schedule:
    """``eta_min + (lr * decay_rate^i - eta_min) * (1 + cos(pi*c/L))/2``, c steps into cycle i of
    ``L = T_0 * T_mult^i``.

    From cycle ``restart_limit`` on, if it is not 0, ``eta_min``.
    """
    return lowered_restarts(
        lr, eta_min, lambda i: T_0 * T_mult**i, decay_rate, restart_limit or None
    )


@preset(
    differences="scale_fn is not taken; with mode='exp_range' no momentum is given: it would be a "
    "difference of two curves."
)
def CyclicLR(
    base_lr: Rate,
    max_lr: Rate,
    step_size_up: Span = 2000,
    step_size_down: Span | None = None,
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
    gamma: Level = 1.0,
    base_momentum: Rate = 0.8,
    max_momentum: Rate = 0.9,
    of: Literal["lr", "momentum"] = "lr",
) -> Schedule:
    """Linear from ``base_lr`` to ``max_lr`` in ``step_size_up`` steps and back in
    ``step_size_down`` forever.

    The height is halved each cycle in mode "triangular2", multiplied by ``gamma^t`` in "exp_range".
    ``of="momentum"`` gives the momentum, its mirror.
    """
    if of == "momentum" and mode == "exp_range":
        raise ArgumentError("of must be 'lr' with mode='exp_range', got 'momentum'")
    low, high = (base_lr, max_lr) if of == "lr" else (base_momentum, max_momentum)
    if np.any(np.greater(low, high)):
        raise ArgumentError(
            f"max_{of} must be at least base_{of}, {short_repr(low)}, got {short_repr(high)}"
        )
    if mode != "exp_range":
        return cyclic(low, high, step_size_up, step_size_down, mode=mode, inverse=of == "momentum")
    height = geometric(np.subtract(high, low), gamma)
    return cyclic(0.0, 1.0, step_size_up, step_size_down) * height + np.asarray(low)


@preset(
    differences="With anneal_strategy='linear' the last rate is held, where OneFlow's falls on "
    "below 0."
)
def OneCycleLR(
    max_lr: Rate,
    total_steps: Span | None = None,
    epochs: Span | None = None,
    steps_per_epoch: Span | None = None,
    pct_start: Share = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    base_momentum: Rate = 0.85,
    max_momentum: Rate = 0.95,
    div_factor: Ratio = 25.0,
    final_div_factor: Ratio = 1e4,
    three_phase: Flag = False,
    of: Literal["lr", "momentum"] = "lr",
) -> Schedule:
    """torch's, but nothing ends it: past ``total_steps - 1`` the last wave swings on between its
    ends forever.

    From ``max_lr/div_factor`` to ``max_lr`` at ``pct_start*total_steps - 1``, with ``three_phase``
    back by ``2*pct_start*total_steps - 2``, and down to the first over ``final_div_factor``.
    ``of="momentum"`` gives its mirror.
    """
    total = total_steps or _total(epochs, steps_per_epoch)
    rise, end = fraction(pct_start) * total, Fraction(total - 1)
    high, low = (
        (max_lr, np.divide(max_lr, div_factor)) if of == "lr" else (base_momentum, max_momentum)
    )
    last = np.divide(low, final_div_factor) if of == "lr" else low
    levels = [low, high, *([low] if three_phase else []), last]
    ends = [rise - 1, *([2 * rise - 2] if three_phase else []), end]
    curve: Literal["linear", "cosine"] = "cosine" if anneal_strategy == "cos" else "linear"
    cycle = swept(f"pct_start={pct_start!r}, total_steps={total}", levels, ends, curve)
    return (
        cycle
        if curve == "linear"
        else join([cycle, wave(last, levels[-2], end - ends[-2])], [total - 1])
    )


def _total(epochs: int | None, steps_per_epoch: int | None) -> int:
    if epochs is None or steps_per_epoch is None:
        detail = f"{epochs=}, {steps_per_epoch=}"
        raise ArgumentError(
            f"total_steps, or both epochs and steps_per_epoch must be given, got {detail}"
        )
    return epochs * steps_per_epoch


@preset(elementwise=True)
def SWALR(
    lr: Rate,
    swa_lr: Rate,
    anneal_epochs: Count = 10,
    anneal_strategy: Literal["cos", "linear"] = "cos",
) -> Schedule:
    """From ``lr`` to ``swa_lr`` in ``anneal_epochs`` steps, by half a cosine wave or a line; of
    no steps, ``swa_lr`` at once.
    """
    return (
        cosine(lr, swa_lr, anneal_epochs)
        if anneal_strategy == "cos"
        else linear(lr, swa_lr, anneal_epochs)
    )


@preset()
def WarmupLR(
    lr: Rate,
    scheduler: Schedule | None = None,
    warmup_factor: Share = 1.0 / 3,
    warmup_iters: Count = 5,
    warmup_method: Literal["linear", "constant"] = "linear",
    warmup_prefix: Flag = False,
) -> Schedule:
    """From ``lr * warmup_factor`` linearly in ``warmup_iters`` steps, or at that rate, and then
    ``scheduler``, or ``lr``.

    The scheduler, a preset of this ``lr``, is at the run's step t, and the line leads to its rate
    at ``warmup_iters``; with ``warmup_prefix`` it begins after the warmup, and the line leads to
    ``lr``.
    """
    body = constant(lr) if scheduler is None else scheduler
    rest = body if warmup_prefix else body.skip(warmup_iters)
    first = np.multiply(lr, warmup_factor)
    target = lr if warmup_prefix else rate_at(rest, 0)
    ramp = linear(first, target, warmup_iters) if warmup_method == "linear" else constant(first)
    return join([ramp, rest], [warmup_iters])


@preset(differences="OneFlow's ReduceLROnPlateau is no child of it.")
def SequentialLR(
    schedulers: Sequence[Schedule], milestones: Marks, interval_rescaling: Flags = False
) -> Schedule:
    """``schedulers[i]`` from ``milestones[i-1]`` on, at the run's step t, or with
    ``interval_rescaling`` from its own step 0.

    All are presets of one ``lr``; ``interval_rescaling`` may be a list, one for each milestone.
    """
    if len(schedulers) != len(milestones) + 1:
        detail = f"{len(milestones)}, got {len(schedulers)}"
        raise ArgumentError(f"schedulers must be one more than milestones, {detail}")
    own = (
        interval_rescaling
        if isinstance(interval_rescaling, list | tuple)
        else [interval_rescaling] * len(milestones)
    )
    if len(own) != len(milestones):
        detail = f"{len(milestones)}, got {len(own)}"
        raise ArgumentError(f"interval_rescaling must be as many as milestones, {detail}")
    first, *others = schedulers
    later = [
        part if rescaled else part.skip(at)
        for part, at, rescaled in zip(others, milestones, own, strict=True)
    ]
    return join([first, *later], milestones)


@preset(
    differences="A child that adds as well as multiplies (a cosine with eta_min, a cycle) is no "
    "factor in OneFlow: the children must be lr times one.",
)
def ChainedScheduler(lr: Rate, schedulers: Sequence[Schedule]) -> Schedule:
    """``lr`` times the factor ``scheduler(t)/lr`` of each of them: all are presets of this one
    ``lr``, which is above 0.
    """
    return chained(lr, schedulers)


@preset(elementwise=True)
def ReduceLROnPlateau(
    mode: Literal["min", "max"] = "min",
    factor: Unit = 0.1,
    patience: Count = 10,
    threshold: Level = 1e-4,
    threshold_mode: Literal["rel", "abs"] = "rel",
    cooldown: Count = 0,
    min_lr: Rate = 0.0,
    eps: Level = 1e-8,
) -> Plateau:
    """torch's rule: multiply by ``factor`` once the metric has not improved for more than
    ``patience`` updates.
    """
    return torch_plateau(
        threshold,
        threshold_mode == "rel",
        mode=mode,
        factor=factor,
        patience=patience,
        cooldown=cooldown,
        floor=min_lr,
        eps=eps,
    )
