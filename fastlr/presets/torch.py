"""PyTorch's schedulers: ``torch.optim.lr_scheduler`` and ``SWALR``, as of torch 2.13 (2026).

Step t is the t-th ``scheduler.step()`` after the constructor's own: t=0 is the rate of the first
update. PyTorch computes most of them by multiplying the last rate, and drifts; these are the closed
forms, exact at any step.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import Any, Literal

import numpy as np

from fastlr.arguments.rules import Flag, Rate, Unit, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    chained,
    compounded,
    cut,
    fraction,
    geometric,
    multiplied,
    on_clock,
    swept,
    torch_plateau,
    wave,
)
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Duration,
    Function,
    Level,
    Marks,
    Ratio,
    Share,
    Span,
    Tabled,
    preset,
)
from fastlr.schedule.constructors import (
    constant,
    cosine,
    cosine_restarts,
    cyclic,
    inverse_time,
    join,
    linear,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ASGD",
    "Adagrad",
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
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
]

_A_FUNCTION = (
    "A function is not a value: it is asked once for each of `total_steps` "
    "steps, and the last rate held."
)


@preset(differences=_A_FUNCTION)
def LambdaLR(lr: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """``lr * lr_lambda(t)``, looked up for t below ``total_steps``."""
    return multiplied(lr, lr_lambda, total_steps)


@preset(differences=_A_FUNCTION)
def MultiplicativeLR(lr: Rate, lr_lambda: Function, total_steps: Tabled) -> Schedule:
    """``lr * lr_lambda(1) * ...

    * lr_lambda(t)``, looked up for t below ``total_steps``; ``lr_lambda(0)`` is never asked for.
    """
    return compounded(lr, lr_lambda, total_steps)


@preset()
def StepLR(lr: Rate, step_size: Span, gamma: Level = 0.1) -> Schedule:
    """``lr * gamma^floor(t/step_size)``: the drop takes effect at ``t = step_size``."""
    return geometric(lr, gamma, step_size, staircase=True)


@preset()
def MultiStepLR(lr: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """``lr * gamma^i``, i the number of milestones at or before t; one given twice counts
    twice, one at 0 from step 0 on.
    """
    times = sorted(Counter(milestones).items())
    counts = np.cumsum([0, *(count for _, count in times)])
    return join(
        [constant(np.multiply(lr, gamma**i)) for i in counts.tolist()], [at for at, _ in times]
    )


@preset()
def ConstantLR(lr: Rate, factor: Share = 1.0 / 3, total_iters: Count = 5) -> Schedule:
    """``lr * factor`` for ``total_iters`` steps, then ``lr``; of no steps at all, ``lr *
    factor`` for ever.
    """
    if factor == 0:
        raise ArgumentError("factor must be above 0, got 0: torch divides by it")
    low = constant(np.multiply(lr, factor))
    return join([low, constant(lr)], [total_iters]) if total_iters else low


@preset()
def LinearLR(
    lr: Rate, start_factor: Share = 1.0 / 3, end_factor: Share = 1.0, total_iters: Count = 5
) -> Schedule:
    """From ``lr * start_factor`` by a line to ``lr * end_factor`` at ``t = total_iters``; of no
    steps, ``lr * start_factor``.
    """
    if start_factor == 0:
        raise ArgumentError("start_factor must be above 0, got 0: torch divides by it")
    first, last = np.multiply(lr, start_factor), np.multiply(lr, end_factor)
    return linear(first, last, total_iters) if total_iters else constant(first)


@preset()
def ExponentialLR(lr: Rate, gamma: Level) -> Schedule:
    """``lr * gamma^t``."""
    return geometric(lr, gamma)


@preset()
def PolynomialLR(lr: Rate, total_iters: Count = 5, power: Ratio = 1.0) -> Schedule:
    """``lr * (1 - t/total_iters)^power``, exactly 0 from ``t = total_iters`` on; of no steps,
    ``lr``.
    """
    return polynomial(lr, 0.0, total_iters, power=power) if total_iters else constant(lr)


@preset()
def CosineAnnealingLR(lr: Rate, T_max: Span, eta_min: Rate = 0.0) -> Schedule:
    """``eta_min + (lr - eta_min) * (1 + cos(pi*t/T_max))/2``, not clamped: it climbs back to
    ``lr`` at ``2*T_max``, for ever.
    """
    return wave(lr, eta_min, T_max)


@preset(
    elementwise=True,
    differences="With an explicit epoch torch finds the cycle by a floating-point logarithm, and "
    "misses some; here none.",
)
def CosineAnnealingWarmRestarts(
    lr: Rate, T_0: Span, T_mult: Span = 1, eta_min: Rate = 0.0
) -> Schedule:
    """``eta_min + (lr - eta_min) * (1 + cos(pi*c/L))/2``, c steps into a cycle of ``L = T_0 *
    T_mult^i``.
    """
    return cosine_restarts(lr, eta_min, T_0, stretch=T_mult)


@preset(
    differences="scale_fn is not taken; max_lr must be at least base_lr; with mode='exp_range' no "
    "momentum is given: it would be a difference of two curves.",
)
def CyclicLR(
    base_lr: Rate,
    max_lr: Rate,
    step_size_up: Duration = 2000,
    step_size_down: Duration | None = None,
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
    gamma: Level = 1.0,
    cycle_momentum: Flag = True,
    base_momentum: Rate = 0.8,
    max_momentum: Rate = 0.9,
    of: Literal["lr", "momentum"] = "lr",
) -> Schedule:
    """In lines from ``base_lr`` to ``max_lr`` in ``step_size_up`` steps and back in
    ``step_size_down``, for ever.

    The height is halved each cycle in mode "triangular2", multiplied by ``gamma^t`` in "exp_range".
    ``of="momentum"`` gives the momentum, its mirror. Step sizes may be fractions.
    """
    up = fraction(step_size_up)
    down = up if step_size_down is None else fraction(step_size_down)

    def triangles(low: Any, high: Any, ticks: int) -> Schedule:
        rise, shape = round(up / (up + down) * ticks), "triangular" if mode == "exp_range" else mode
        return cyclic(low, high, rise, ticks - rise, mode=shape, inverse=of == "momentum")

    def waves(low: Any, high: Any) -> Schedule:
        return on_clock(
            partial(triangles, low, high),
            up + down,
            reach=1_000 * (up + down),
            ticks=up.denominator,
        )

    if of == "momentum" and (mode == "exp_range" or not cycle_momentum):
        raise ArgumentError(
            "of must be 'lr' with mode='exp_range' or cycle_momentum=False, got 'momentum'"
        )
    low, high = (base_lr, max_lr) if of == "lr" else (base_momentum, max_momentum)
    if np.any(np.greater(low, high)):
        raise ArgumentError(
            f"max_{of} must be at least base_{of}, {short_repr(low)}, got {short_repr(high)}"
        )
    if mode != "exp_range":
        return waves(low, high)
    return waves(0.0, 1.0) * geometric(np.subtract(high, low), gamma) + low


@preset(
    differences="With anneal_strategy='linear' the rate of step total_steps, after the last, is "
    "refused: torch's lies below 0.",
)
def OneCycleLR(
    max_lr: Rate,
    total_steps: Span | None = None,
    epochs: Span | None = None,
    steps_per_epoch: Span | None = None,
    pct_start: Share = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    cycle_momentum: Flag = True,
    base_momentum: Rate = 0.85,
    max_momentum: Rate = 0.95,
    div_factor: Ratio = 25.0,
    final_div_factor: Ratio = 1e4,
    three_phase: Flag = False,
    of: Literal["lr", "momentum"] = "lr",
) -> Schedule:
    """From ``max_lr/div_factor`` to ``max_lr`` at ``pct_start*total_steps - 1``, and down to the
    first over ``final_div_factor``.

    In half cosine waves or lines, by the end at ``total_steps - 1``; with ``three_phase``, first
    down to the first rate by ``2*pct_start*total_steps - 2``. Phases end between steps. Step
    ``total_steps`` has a rate too, beyond the end, where a wave has begun to climb again; any later
    step raises ``ValueError``. ``of="momentum"`` gives the momentum, its mirror, which stays high
    in a third phase.
    """
    if of == "momentum" and not cycle_momentum:
        raise ArgumentError("of must be 'lr' with cycle_momentum=False, got 'momentum'")
    total = _total(total_steps, epochs, steps_per_epoch)
    share = fraction(pct_start)
    high, low = (
        (max_lr, np.divide(max_lr, div_factor)) if of == "lr" else (base_momentum, max_momentum)
    )
    last = np.divide(low, final_div_factor) if of == "lr" else low
    ends = [
        share * total - 1,
        *([2 * share * total - 2] if three_phase else []),
        Fraction(total - 1),
    ]
    levels = [low, high, *([low] if three_phase else []), last]
    curve: Literal["linear", "cosine"] = "cosine" if anneal_strategy == "cos" else "linear"
    cycle = swept(f"pct_start={pct_start!r}, total_steps={total}", levels, ends, curve)
    if curve == "linear":
        return cut(cycle, total, last)
    fall = ends[-1] - ends[-2]
    beyond = on_clock(partial(cosine, last, levels[-2]), fall, Fraction(1))
    return cut(join([cycle, beyond], [total]), total + 1, beyond(0))


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is not None:
        return total_steps
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


@preset(
    elementwise=True,
    differences="A MultiplicativeLR, OneCycleLR or CyclicLR among the children changes the rates "
    "of the others in torch.",
)
def SequentialLR(schedulers: Sequence[Schedule], milestones: Marks) -> Schedule:
    """``schedulers[i]`` from ``milestones[i-1]`` on, each from its own step 0; all are presets
    of one ``lr``.
    """
    return join(schedulers, milestones)


@preset(
    differences="A child that adds as well as multiplies (SWALR, a cosine with eta_min or beyond "
    "T_max) is no factor in torch: the children must be lr times one.",
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
    """torch's automaton as a rule: ``factor`` once the metric has not been better for more than
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


# -- what optimizers do by themselves --------------------------------------------------------------


@preset(elementwise=True)
def Adagrad(lr: Rate = 1e-2, lr_decay: Rate = 0.0) -> Schedule:
    """``lr / (1 + t*lr_decay)``, which ``torch.optim.Adagrad`` does by itself."""
    return inverse_time(lr, lr_decay)


@preset()
def ASGD(lr: Rate = 1e-2, lambd: Level = 1e-4, alpha: Ratio = 0.75) -> Schedule:
    """``lr / (1 + lambd*lr*t)^alpha``, which ``torch.optim.ASGD`` does by itself."""
    return inverse_time(lr, np.multiply(lr, lambd), power=alpha)
