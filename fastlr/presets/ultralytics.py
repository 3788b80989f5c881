"""Ultralytics' learning rates: ``ultralytics.engine.trainer``, as of Ultralytics 8.4 (2026).

The multiplier ``lf`` counts epochs; the trainer's rate counts iterations, of which an epoch has
``nb``. Step 0 is the first.

>>> import fastlr as flr
>>> flr.presets.ultralytics.trainer(nb=2, epochs=4, lr0=1.0, lrf=0.0, warmup_epochs=1.0).table(8)
array([0.  , 0.5 , 0.75, 0.75, 0.5 , 0.5 , 0.25, 0.25])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from typing import Literal

from fastlr.arguments.rules import Flag, Rate
from fastlr.presets._building_blocks import wave
from fastlr.presets._rules import Length, Level, Span, preset
from fastlr.schedule.constructor_names import linear
from fastlr.schedule.schedule import Schedule

__all__ = ["lf", "trainer"]


@preset()
def lf(epochs: Span = 100, lrf: Level = 0.01, cos_lr: Flag = False) -> Schedule:
    """``max(1 - e/epochs, 0) * (1 - lrf) + lrf`` of epoch e; with ``cos_lr`` a cosine wave,
    which climbs back after the end.
    """
    return wave(1.0, lrf, epochs) if cos_lr else linear(1.0, lrf, epochs)


@preset()
def trainer(
    nb: Span,
    epochs: Span = 100,
    lr0: Rate = 0.01,
    lrf: Level = 0.01,
    cos_lr: Flag = False,
    warmup_epochs: Length = 3.0,
    warmup_bias_lr: Rate = 0.1,
    momentum: Rate = 0.937,
    warmup_momentum: Rate = 0.8,
    param_group: Literal["weight", "bias"] = "weight",
    of: Literal["lr", "momentum"] = "lr",
) -> Schedule:
    """``lr0 * lf(floor(t/nb))``, and for the first ``nw`` iterations on a line to it, ``t/nw`` of
    the way from 0.

    The biases', from ``warmup_bias_lr``. ``nw = round(warmup_epochs * nb)``, and the last epoch has
    none of them. With ``of="momentum"`` it is the line from ``warmup_momentum`` to ``momentum``.
    """
    rise = round(min(warmup_epochs, max(epochs - 1, 0)) * nb)
    if of == "momentum":
        return linear(warmup_momentum, momentum, rise)
    rates = lf(epochs, lrf, cos_lr).staircase(nb) * lr0 * linear(0.0, 1.0, rise)
    return rates + linear(warmup_bias_lr, 0.0, rise) if param_group == "bias" else rates
