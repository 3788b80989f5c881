"""River's schedulers: ``river.optim.schedulers`` of 0.26 (2026), in float64; step t is the t-th
sample from 0.

>>> InverseScaling(0.1)(3)
0.05
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import inverse
from fastlr.presets._rules import Level, Ratio, preset
from fastlr.schedule.constructor_names import constant, inverse_time
from fastlr.schedule.schedule import Schedule

__all__ = ["Constant", "InverseScaling", "Optimal"]


@preset(elementwise=True)
def Constant(learning_rate: Rate) -> Schedule:
    """``learning_rate``."""
    return constant(learning_rate)


@preset()
def InverseScaling(learning_rate: Rate, power: Level = 0.5) -> Schedule:
    """``learning_rate / (t + 1)^power``."""
    return inverse(learning_rate, 1.0, power)


@preset(
    differences="The loss is not taken: it would make a difference where its slope at "
    "-alpha^-0.25 is above 1, and none's is."
)
def Optimal(alpha: Ratio = 1e-4) -> Schedule:
    """``1 / (alpha * (t0 + t))``, ``t0 = 1/(w*alpha)``, ``w = alpha^-0.25``: step 0 has the
    rate w.
    """
    first = alpha**-0.25
    return inverse_time(first, alpha * first)
