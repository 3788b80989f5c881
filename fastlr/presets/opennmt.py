"""OpenNMT-py's decay functions: ``onmt.utils.optimizers``, as of OpenNMT-py 3.5 (2024).

They count from 1: step 0 here is its decay step 1. ``lr`` is its option ``learning_rate``, which
each of them multiplies.

>>> import fastlr as flr
>>> flr.presets.opennmt.exponential_decay(1.0, rate=0.5, decay_steps=2, start_step=3).table(6)
array([1.  , 1.  , 0.5 , 0.5 , 0.25, 0.25])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import geometric
from fastlr.presets._rules import Count, Level, Span, preset
from fastlr.schedule.constructor_names import inverse_power, noam
from fastlr.schedule.schedule import Schedule

__all__ = ["exponential_decay", "noam_decay", "noamwd_decay", "rsqrt_decay"]


@preset(elementwise=True)
def noam_decay(lr: Rate, warmup_steps: Span, model_size: Span) -> Schedule:
    """``lr * model_size^-0.5 * min(n^-0.5, n * warmup_steps^-1.5)``, ``n = t + 1``."""
    return noam(model_size, warmup_steps, factor=lr)


@preset()
def noamwd_decay(
    lr: Rate,
    warmup_steps: Span,
    model_size: Span,
    rate: Level,
    decay_steps: Span,
    start_step: Count = 0,
) -> Schedule:
    """``noam_decay`` times ``exponential_decay``."""
    return noam(model_size, warmup_steps, factor=lr) * _stairs(rate, decay_steps, start_step)


@preset()
def exponential_decay(lr: Rate, rate: Level, decay_steps: Span, start_step: Count = 0) -> Schedule:
    """``lr * rate^floor(max(n - start_step + decay_steps, 0)/decay_steps)``: the first drop is
    at ``n = start_step``.
    """
    return _stairs(rate, decay_steps, start_step) * lr


@preset()
def rsqrt_decay(lr: Rate, warmup_steps: Span) -> Schedule:
    """``lr / sqrt(max(n, warmup_steps))``, ``n = t + 1``."""
    return inverse_power(np.multiply(lr, warmup_steps**-0.5), 0.5, warmup_steps).delay(
        warmup_steps - 1
    )


def _stairs(rate: float, steps: int, start: int) -> Schedule:
    stairs, ahead = geometric(1.0, rate, steps, staircase=True), 1 + steps - start
    return stairs.skip(ahead) if ahead >= 0 else stairs.delay(-ahead)
