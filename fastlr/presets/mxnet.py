"""Apache MXNet's schedulers: ``mxnet.lr_scheduler`` of 1.9 (2022), in float64.

Step t is update number ``n = t + 1``, for MXNet's optimizers count before they ask. An optimizer
that is given a learning rate of its own writes it over ``base_lr``; the cosine, the polynomial and
the warmup go by the one that they were built with.

>>> FactorScheduler(step=2, factor=0.5, base_lr=0.4)([0, 1, 2, 3, 4])
array([0.4, 0.4, 0.2, 0.2, 0.1])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from typing import Literal

import numpy as np

from fastlr.arguments.rules import Rate, short_repr
from fastlr.presets._building_blocks import drops
from fastlr.presets._rules import ArgumentError, Count, Exponent, Marks, Share, Span, preset
from fastlr.schedule.constructor_names import constant, cosine, join, linear, polynomial, step_decay
from fastlr.schedule.schedule import Schedule

__all__ = ["CosineScheduler", "FactorScheduler", "MultiFactorScheduler", "PolyScheduler"]

Warmup = Literal["linear", "constant"]


@preset()
def FactorScheduler(
    step: Span,
    factor: Share = 1.0,
    stop_factor_lr: Rate = 1e-8,
    base_lr: Rate = 0.01,
    warmup_steps: Count = 0,
    warmup_begin_lr: Rate = 0.0,
    warmup_mode: Warmup = "linear",
) -> Schedule:
    """``base_lr * factor^floor((n-1)/step)``, from the first drop on not below ``stop_factor_lr``.

    Before update ``warmup_steps`` a line from ``warmup_begin_lr``, which counts as update 0, or
    that rate; drops go on meanwhile.
    """
    fallen = step_decay(base_lr, factor, step).skip(step).maximum(stop_factor_lr)
    body = join([constant(base_lr), fallen], [step])
    return _warmed(body, base_lr, warmup_steps, warmup_begin_lr, warmup_mode)


@preset()
def MultiFactorScheduler(
    step: Marks,
    factor: Share = 1.0,
    base_lr: Rate = 0.01,
    warmup_steps: Count = 0,
    warmup_begin_lr: Rate = 0.0,
    warmup_mode: Warmup = "linear",
) -> Schedule:
    """``base_lr * factor^i``, i the number of ``step``, which rise strictly, below n: update
    ``step[i]`` has the old rate yet.
    """
    body = drops("step", base_lr, factor, step)
    return _warmed(body, base_lr, warmup_steps, warmup_begin_lr, warmup_mode)


@preset(
    differences="Where max_update is below warmup_steps the rate stays at base_lr, as in MXNet; "
    "where they are equal, and MXNet divides by 0, it is final_lr."
)
def PolyScheduler(
    max_update: Span,
    base_lr: Rate = 0.01,
    pwr: Exponent = 2.0,
    final_lr: Rate = 0.0,
    warmup_steps: Count = 0,
    warmup_begin_lr: Rate = 0.0,
    warmup_mode: Warmup = "linear",
) -> Schedule:
    """``final_lr + (base_lr - final_lr) * (1 - (n - warmup_steps)/(max_update -
    warmup_steps))^pwr``, then ``final_lr``.
    """
    left = max_update - warmup_steps
    body = polynomial(base_lr, final_lr, left, power=pwr) if left >= 0 else constant(base_lr)
    return _warmed(
        _from_update(body, warmup_steps),
        base_lr,
        warmup_steps,
        warmup_begin_lr,
        warmup_mode,
    )


@preset(differences="As PolyScheduler's.")
def CosineScheduler(
    max_update: Span,
    base_lr: Rate = 0.01,
    final_lr: Rate = 0.0,
    warmup_steps: Count = 0,
    warmup_begin_lr: Rate = 0.0,
    warmup_mode: Warmup = "linear",
) -> Schedule:
    """``final_lr + (base_lr - final_lr) * (1 + cos(pi*(n - warmup_steps)/(max_update -
    warmup_steps)))/2``, then ``final_lr``.
    """
    left = max_update - warmup_steps
    body = cosine(base_lr, final_lr, left) if left >= 0 else constant(base_lr)
    return _warmed(
        _from_update(body, warmup_steps),
        base_lr,
        warmup_steps,
        warmup_begin_lr,
        warmup_mode,
    )


def _from_update(body: Schedule, begin: int) -> Schedule:
    """What is at its step 0 at update ``begin``, in steps of the run."""
    return body.delay(begin - 1) if begin else body.skip(1)


def _warmed(body: Schedule, peak: Rate, steps: int, init: Rate, mode: str) -> Schedule:
    """``body`` from update ``steps`` on, and before it the warmup."""
    if np.any(np.greater(init, peak)):
        raise ArgumentError(
            f"warmup_begin_lr must be at most base_lr, {short_repr(peak)}, got {short_repr(init)}"
        )
    if steps <= 1:
        return body
    ramp = linear(init, peak, steps).skip(1) if mode == "linear" else constant(init)
    return join([ramp, body.skip(steps - 1)], [steps - 1])
