"""thinc's schedules, which spaCy trains by: ``thinc.schedules``, as of thinc 9.1 (2024).

Functions of the step; step 0 is the first update. ``t`` is how many steps went before it.

>>> import fastlr as flr
>>> flr.presets.thinc.compounding(1.0, 8.0, 2.0).table(5)
array([1., 2., 4., 8., 8.])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import numpy as np

from fastlr.arguments.rules import Rate, Unit
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import fraction, geometric, slanted
from fastlr.presets._rules import ArgumentError, Count, Length, Ratio, Share, Span, preset
from fastlr.schedule.constructor_names import constant as held
from fastlr.schedule.constructor_names import inverse_time, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = [
    "compounding",
    "constant",
    "constant_then",
    "cyclic_triangular",
    "decaying",
    "plateau",
    "slanted_triangular",
    "warmup_linear",
]

_MOST = 1e290


@preset(elementwise=True)
def constant(rate: Rate) -> Schedule:
    """``rate``."""
    return held(rate)


@preset()
def constant_then(rate: Rate, steps: Count, schedule: Schedule) -> Schedule:
    """``rate`` for ``steps`` steps, then ``schedule`` at the step of the run."""
    return join([held(rate), schedule.skip(steps)], [steps])


@preset(elementwise=True)
def decaying(base_rate: Rate, decay: Rate, t: Length = 0.0) -> Schedule:
    """``base_rate / (1 + decay*(step + t))``."""
    first = 1.0 + np.multiply(decay, t)
    return inverse_time(np.divide(base_rate, first), np.divide(decay, first))


@preset()
def compounding(start: Rate, stop: Rate, compound: Ratio, t: Length = 0.0) -> Schedule:
    """``start * compound^(step + t)``, no more than ``stop``, or no less where ``start`` is
    above it.
    """
    falls = np.asarray(start) > np.asarray(stop)
    whole = geometric(np.multiply(start, compound**t), compound)
    return whole.maximum(np.where(falls, stop, 0.0)).minimum(np.where(falls, _MOST, stop))


@preset()
def warmup_linear(initial_rate: Rate, warmup_steps: Count, total_steps: Count) -> Schedule:
    """A line from 0 to ``initial_rate`` at ``warmup_steps``, then a line to 0 at
    ``total_steps``.
    """
    return linear(0.0, initial_rate, warmup_steps).then(
        linear(initial_rate, 0.0, max(total_steps - warmup_steps, 0))
    )


@preset(elementwise=True)
def cyclic_triangular(min_lr: Rate, max_lr: Rate, period: Span) -> Schedule:
    """Linear from ``min_lr`` to ``max_lr`` in ``period`` steps and back forever; step 0 is one step
    up.
    """
    return linear(min_lr, max_lr, period).then(linear(max_lr, min_lr, period)).repeat().skip(1)


@preset(
    differences="Where the triangle's line falls below 0 thinc's rate is negative; here 0 is held."
)
def slanted_triangular(
    max_rate: Rate, num_steps: Span, cut_frac: Share = 0.1, ratio: Ratio = 32, t: Length = 0.0
) -> Schedule:
    """``max_rate * (1 + p*(ratio - 1))/ratio``, p rising to 1 at ``n = cut`` and falling to 0 at
    ``cut/cut_frac``, in lines.

    ``n = step + t + 1`` and ``cut = int(num_steps * cut_frac)``; the line goes on falling until the
    rate is 0.
    """
    cut = int(num_steps * cut_frac)
    if cut < 1 or ratio <= 1:
        detail = f"{cut_frac} of {num_steps} steps and ratio={ratio}"
        raise ArgumentError(f"cut_frac must give a step at least, ratio be above 1, got {detail}")
    return slanted(max_rate, cut, fraction(cut_frac), ratio, -1 - fraction(t))


@preset(
    elementwise=True,
    differences="The rule alone: multiply the inner schedule by its scale, and give it each score "
    "once.",
)
def plateau(max_patience: Span, scale: Unit) -> Plateau:
    """``scale`` once more whenever the score has not been above the best for ``max_patience``
    evaluations.
    """
    return Plateau(
        mode="max",
        factor=scale,
        patience=np.subtract(max_patience, 1),
        rtol=0.0,
        atol=0.0,
        eps=0.0,
        nan="bad",
    )
