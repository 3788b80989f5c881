"""Ultralytics' learning rates: ``ultralytics.engine.trainer``, as of Ultralytics 8.4 (2026).

Step t of the multiplier ``lf`` is an epoch. Step t of the trainer's rate is an iteration; an epoch
has ``nb`` of them.

>>> import fastlr as flr
>>> flr.presets.ultralytics.trainer(nb=2, epochs=4, lr0=1.0, lrf=0.0, warmup_epochs=1.0).table(8)
array([0.  , 0.5 , 0.75, 0.75, 0.5 , 0.5 , 0.25, 0.25])
"""

from __future__ import annotations  # help() replaces rules in the text

from typing import Literal

from fastlr.arguments.rules import Flag, Rate
from fastlr.presets._building_blocks import wave
from fastlr.presets._rules import Length, Level, Span, preset
from fastlr.schedule.constructor_names import linear
from fastlr.schedule.schedule import Schedule

__all__ = ["lf", "trainer"]


@preset()
def lf(epochs: Span = 100, lrf: Level = 0.01, cos_lr: Flag = False) -> Schedule:
    """Return the multiplier of each epoch.

    ``max(1 - e/epochs, 0) * (1 - lrf) + lrf``, or with ``cos_lr`` ``lrf + (1 - lrf) * (1 +
    cos(pi*e/epochs))/2``

    Parameters
    ----------
    epochs : int or array of int, default 100
        The number of epochs. At least 1.
    lrf : float or array, default 0.01
        The last rate, as a share of the first. At least 0.
    cos_lr : bool, default False
        Whether the decay is a cosine wave; otherwise it is a line.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step t is epoch e. Past the end a line stays at ``lrf``, and a cosine wave climbs back.

    References
    ----------
    Ultralytics 8.4 (2026), ``ultralytics.engine.trainer``, ``lf``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.ultralytics.lf(epochs=2, lrf=0.0).table(4)
    array([1. , 0.5, 0. , 0. ])
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
    """Warm up linearly, then decay by the epoch, as the trainer does.

    ``lr0 * lf(floor(t/nb))``, times ``min(1, t/nw)``, ``nw = round(warmup_epochs * nb)``

    Parameters
    ----------
    nb : int or array of int
        The number of iterations per epoch. At least 1.
    epochs : int or array of int, default 100
        The number of epochs. At least 1.
    lr0 : float or array, default 0.01
        The base rate; an array has one per group. At least 0.
    lrf : float or array, default 0.01
        The last rate, as a share of the first. At least 0.
    cos_lr : bool, default False
        Whether the decay is a cosine wave; otherwise it is a line.
    warmup_epochs : float or array, default 3.0
        The number of epochs of the warmup. At least 0; it may be a fraction.
    warmup_bias_lr : float or array, default 0.1
        The rate of the biases at step 0. At least 0.
    momentum : float or array, default 0.937
        The momentum after the warmup. At least 0.
    warmup_momentum : float or array, default 0.8
        The momentum at step 0. At least 0.
    param_group : {"weight", "bias"}, default "weight"
        Whether the rate is that of the weights or of the biases.
    of : {"lr", "momentum"}, default "lr"
        What the schedule gives: the rate or the momentum.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate of the weights at step 0 is 0, that of the biases ``warmup_bias_lr``, if there is a
    warmup. The last epoch has no warmup.

    References
    ----------
    Ultralytics 8.4 (2026), ``ultralytics.engine.trainer``, ``trainer``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.ultralytics.trainer(nb=2, epochs=2, lr0=1.0, lrf=0.0, warmup_epochs=1.0)
    >>> s.table(4)
    array([0. , 0.5, 0.5, 0.5])
    """
    rise = round(min(warmup_epochs, max(epochs - 1, 0)) * nb)
    if of == "momentum":
        return linear(warmup_momentum, momentum, rise)
    rates = lf(epochs, lrf, cos_lr).staircase(nb) * lr0 * linear(0.0, 1.0, rise)
    return rates + linear(warmup_bias_lr, 0.0, rise) if param_group == "bias" else rates
