"""icefall's Eden and Eden2, by which Zipformer is trained (2023).

Its recipes number batches from 1: step t is batch ``b = t + 1``, in epoch ``e =
floor(t/batches_per_epoch)``.

>>> import fastlr as flr
>>> flr.presets.icefall.Eden2(1.0, lr_batches=4, warmup_batches=2).table(3)
array([0.72760688, 0.89442719, 0.8       ])
"""

from __future__ import annotations  # help() replaces rules in the text

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
    """Decay the rate by batches and by epochs, as Zipformer does.

    ``lr * (1 + (b/lr_batches)^2)^-0.25 * (1 + (e/lr_epochs)^2)^-0.25``, ``b = t + 1``, e the epoch,
    times a line from ``warmup_start`` to 1

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    lr_batches : float or array
        The time scale of the decay in batches. Above 0; it may be a fraction.
    lr_epochs : float or array
        The time scale of the decay in epochs. Above 0; it may be a fraction.
    batches_per_epoch : int or array of int
        The number of batches per epoch. At least 1.
    warmup_batches : float or array, default 500.0
        The number of batches of the warmup. At least 0; it may be a fraction.
    warmup_start : float or array, default 0.5
        The factor at batch 0. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends. In icefall ``step_epoch`` reports the epoch; in fastlr it is
    ``floor(t/batches_per_epoch)``.

    References
    ----------
    icefall (2023), ``Eden`` of Zipformer's recipes. After Yao et al., *Zipformer* (2023).

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.icefall.Eden(1.0, 4.0, 1.0, batches_per_epoch=2, warmup_batches=0)
    >>> s.table(3).round(3)
    array([0.985, 0.946, 0.752])
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
    """Decay the rate by batches, as Zipformer does.

    ``lr * (1 + (b/lr_batches)^2)^-0.5``, ``b = t + 1``, times a line from ``warmup_start`` to 1

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    lr_batches : float or array
        The time scale of the decay in batches. Above 0; it may be a fraction.
    warmup_batches : float or array, default 500.0
        The number of batches of the warmup. At least 0; it may be a fraction.
    warmup_start : float or array, default 0.5
        The factor at batch 0. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    icefall (2023), ``Eden2`` of Zipformer's recipes. After Yao et al., *Zipformer* (2023).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.icefall.Eden2(1.0, lr_batches=4, warmup_batches=2).table(3).round(3)
    array([0.728, 0.894, 0.8  ])
    """
    return _warmed(eden(lr, lr_batches, 0.5), warmup_batches, warmup_start)


def _warmed(schedule: Schedule, batches: float, start: float) -> Schedule:
    """A schedule of the batch, times its warmup, from batch 1 on."""
    return (schedule * knots([(0, start), (fraction(batches), 1.0)])).skip(1)
