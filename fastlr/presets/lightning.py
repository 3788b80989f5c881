"""Lightning's range test, as of lightning 2.6 (2026), and the two schedules of Lightning Bolts
0.7.0 (2023).

Step t is the t-th ``scheduler.step()`` after the constructor's own, as in torch; the range test is
stepped once per batch.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from typing import Literal

from fastlr.arguments.rules import Amount, Flag, Rate
from fastlr.presets._building_blocks import wave
from fastlr.presets._rules import ArgumentError, Count, Span, preset
from fastlr.schedule.constructor_names import constant, exponential, join
from fastlr.schedule.constructor_names import cosine as half_wave
from fastlr.schedule.constructor_names import linear as line
from fastlr.schedule.schedule import Schedule

__all__ = ["LinearWarmupCosineAnnealingLR", "linear_warmup_decay", "lr_find"]


@preset(
    elementwise=True,
    differences="The loss decides nothing here: all of num_training batches have a rate, and the "
    "last is held.",
)
def lr_find(
    min_lr: Amount = 1e-8,
    max_lr: Amount = 1.0,
    num_training: Span = 100,
    mode: Literal["exponential", "linear"] = "exponential",
) -> Schedule:
    """``min_lr``, and from t=1 on ``min_lr * (max_lr/min_lr)^((t+1)/num_training)``, or the
    line: 1/num_training is left out.
    """
    curve = exponential if mode == "exponential" else line
    return join([constant(min_lr), curve(min_lr, max_lr, num_training).skip(2)], [1])


@preset()
def LinearWarmupCosineAnnealingLR(
    lr: Rate,
    warmup_epochs: Count,
    max_epochs: Span,
    warmup_start_lr: Rate = 0.0,
    eta_min: Rate = 0.0,
) -> Schedule:
    """A line from ``warmup_start_lr`` to ``lr`` at ``t = warmup_epochs - 1``, ``lr`` once more, and
    half a cosine wave.

    It reaches ``eta_min`` at ``max_epochs`` and is not clamped: it climbs back to ``lr`` forever.
    Without a warmup the first half wave falls from ``warmup_start_lr``, whatever ``lr`` is.
    """
    half = max_epochs - warmup_epochs
    if half < 1:
        raise ArgumentError(
            f"max_epochs must be above warmup_epochs, {warmup_epochs}, got {max_epochs}"
        )
    if not warmup_epochs:
        return join([half_wave(warmup_start_lr, eta_min, half), wave(eta_min, lr, half)], [half])
    ramp = (
        line(warmup_start_lr, lr, warmup_epochs - 1)
        if warmup_epochs > 1
        else constant(warmup_start_lr)
    )
    return join([ramp, wave(lr, eta_min, half)], [warmup_epochs])


@preset(
    differences="With linear=True the rate is 0 from total_steps on, where Bolts's falls below."
)
def linear_warmup_decay(
    lr: Rate, warmup_steps: Count, total_steps: Span, cosine: Flag = True, linear: Flag = False
) -> Schedule:
    """``lr * t/warmup_steps``, and then half a cosine wave to 0 at ``total_steps``, not
    clamped, a line there, or ``lr``.
    """
    if linear and cosine:
        raise ArgumentError("linear must be False with cosine=True, got True")
    left = max(1, total_steps - warmup_steps)
    decay = wave(lr, 0.0, left) if cosine else line(lr, 0.0, left) if linear else constant(lr)
    return join([line(0.0, lr, max(1, warmup_steps)), decay], [warmup_steps])
