"""torchtune's one schedule, ``torchtune.training.lr_schedulers``, as of torchtune 0.6 (2025):
Hugging Face's cosine.

Step t is the t-th ``scheduler.step()`` after the constructor's own, so that step 0 has the rate of
the first update. Rates are in double precision.

>>> get_cosine_schedule_with_warmup(0.5, num_warmup_steps=2, num_training_steps=4).table(6)
array([0.  , 0.25, 0.5 , 0.25, 0.  , 0.25])
"""

from __future__ import annotations  # help() replaces rules in the text

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import waves
from fastlr.presets._rules import Count, Level, preset
from fastlr.schedule.constructor_names import join, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["get_cosine_schedule_with_warmup"]


@preset()
def get_cosine_schedule_with_warmup(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Level = 0.5
) -> Schedule:
    """Warm up linearly, then follow a cosine wave.

    ``lr * t/num_warmup_steps`` during the warmup, then ``lr * (1 + cos(2*pi*num_cycles*p))/2``, p
    the progress from its end to ``num_training_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_training_steps : int or array of int
        The number of steps, including the warmup. At least 0.
    num_cycles : float or array, default 0.5
        The number of cosine waves after the warmup; 0.5 is a fall from ``lr`` to 0. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the wave goes on: with half a wave
    the rate climbs back.

    References
    ----------
    torchtune 0.6 (2025), ``torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.torchtune.get_cosine_schedule_with_warmup(1.0, 2, 4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    body = waves(lr, 0.0, num_training_steps - num_warmup_steps, num_cycles)
    return join([linear(0.0, lr, num_warmup_steps), body], [num_warmup_steps])
