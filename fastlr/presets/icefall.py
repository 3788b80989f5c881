"""icefall's Eden and Eden2, by which Zipformer is trained (2023).

Its recipes number batches from 1: update t has the rate of batch ``b = t + 1``, in epoch ``e =
floor(t/batches_per_epoch)``.

>>> import fastlr as flr
>>> flr.presets.icefall.Eden2(1.0, lr_batches=4, warmup_batches=2).table(3)
array([0.72760688, 0.89442719, 0.8       ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import fraction, knots
from fastlr.presets._rules import Duration, Length, Share, Span, preset
from fastlr.schedule.constructor_names import eden
from fastlr.schedule.schedule import Schedule

__all__ = ["Eden", "Eden2"]


@preset()
def Eden(
    lr: Rate,
    lr_batches: Duration,
    lr_epochs: Duration,
    batches_per_epoch: Span,
    warmup_batches: Length = 500.0,
    warmup_start: Share = 0.5,
) -> Schedule:
    """``lr * (1 + (b/lr_batches)^2)^-0.25 * (1 + (e/lr_epochs)^2)^-0.25``, times the warmup.

    That is a line from ``warmup_start`` at batch 0 to 1 at ``warmup_batches``. Epochs are what
    ``step_epoch`` receives in icefall; here they are of ``batches_per_epoch`` each.
    """
    batches, epochs = (
        eden(lr, lr_batches, 0.25),
        eden(1.0, lr_epochs, 0.25).staircase(batches_per_epoch),
    )
    return _warmed(batches, warmup_batches, warmup_start) * epochs


@preset()
def Eden2(
    lr: Rate, lr_batches: Duration, warmup_batches: Length = 500.0, warmup_start: Share = 0.5
) -> Schedule:
    """``lr * (1 + (b/lr_batches)^2)^-0.5``, times the warmup."""
    return _warmed(eden(lr, lr_batches, 0.5), warmup_batches, warmup_start)


def _warmed(schedule: Schedule, batches: float, start: float) -> Schedule:
    """A schedule of the batch, times its warmup, from batch 1 on."""
    return (schedule * knots([(0, start), (fraction(batches), 1.0)])).skip(1)
