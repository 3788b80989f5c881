"""torchtune's one schedule, ``torchtune.training.lr_schedulers``, as of torchtune 0.6 (2025):
Hugging Face's cosine.

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update. Rates are in double precision.

>>> get_cosine_schedule_with_warmup(0.5, num_warmup_steps=2, num_training_steps=4).table(6)
array([0.  , 0.25, 0.5 , 0.25, 0.  , 0.25])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fractions import Fraction

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import fraction, wave
from fastlr.presets._rules import Count, Level, preset
from fastlr.schedule.constructor_names import constant, join, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["get_cosine_schedule_with_warmup"]


@preset()
def get_cosine_schedule_with_warmup(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Level = 0.5
) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``lr * (1 + cos(2*pi*num_cycles*p))/2``, p the progress
    from there to the end.

    The wave is not clamped: after ``num_training_steps`` the wave goes on, and with half a cycle
    climbs back.
    """
    length = Fraction(max(1, num_training_steps - num_warmup_steps))
    body = wave(lr, 0.0, length / (2 * fraction(num_cycles))) if num_cycles else constant(lr)
    return join([linear(0.0, lr, num_warmup_steps), body], [num_warmup_steps])
