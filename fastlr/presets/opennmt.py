"""OpenNMT-py's decay functions: ``onmt.utils.optimizers``, as of OpenNMT-py 3.5 (2024).

OpenNMT-py counts from 1: step 0 is its decay step 1. ``lr`` is its option ``learning_rate``, which
multiplies each of the functions.

>>> import fastlr as flr
>>> flr.presets.opennmt.exponential_decay(1.0, rate=0.5, decay_steps=2, start_step=3).table(6)
array([1.  , 1.  , 0.5 , 0.5 , 0.25, 0.25])
"""

from __future__ import annotations  # help() replaces rules in the text

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import geometric
from fastlr.presets._rules import Count, Level, Span, preset
from fastlr.schedule.constructor_names import inverse_power, noam
from fastlr.schedule.schedule import Schedule

__all__ = ["exponential_decay", "noam_decay", "noamwd_decay", "rsqrt_decay"]


@preset(elementwise=True)
def noam_decay(lr: Rate, warmup_steps: Span, model_size: Span) -> Schedule:
    """Warm up linearly, then decay by the inverse square root, scaled by the model's width.

    ``lr * model_size^-0.5 * min(n^-0.5, n * warmup_steps^-1.5)``, ``n = t + 1``

    Parameters
    ----------
    lr : float or array
        The factor of the rate, ``learning_rate`` of OpenNMT-py; an array has one per group. At
        least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.
    model_size : int or array of int
        The width of the model. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. The schedule never ends.

    References
    ----------
    OpenNMT-py 3.5 (2024), ``onmt.utils.optimizers.noam_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.opennmt.noam_decay(1.0, 4, 4)([0, 3, 15]).round(4)
    array([0.0625, 0.25  , 0.125 ])
    """
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
    """Multiply Noam's schedule by an exponential decay.

    ``noam_decay`` times ``exponential_decay``

    Parameters
    ----------
    lr : float or array
        The factor of the rate, ``learning_rate`` of OpenNMT-py; an array has one per group. At
        least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.
    model_size : int or array of int
        The width of the model. At least 1.
    rate : float or array
        The factor of a reduction. At least 0.
    decay_steps : int or array of int
        The number of steps per reduction. At least 1.
    start_step : int or array of int, default 0
        The step of the first reduction, counted from 1. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. The schedule never ends.

    References
    ----------
    OpenNMT-py 3.5 (2024), ``onmt.utils.optimizers.noamwd_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.opennmt.noamwd_decay(1.0, 4, 4, rate=0.5, decay_steps=8, start_step=8)
    >>> s([0, 3, 15]).round(4)
    array([0.0625, 0.25  , 0.0312])
    """
    return noam(model_size, warmup_steps, factor=lr) * _stairs(rate, decay_steps, start_step)


@preset()
def exponential_decay(lr: Rate, rate: Level, decay_steps: Span, start_step: Count = 0) -> Schedule:
    """Reduce the rate at regular intervals.

    ``lr * rate^floor(max(n - start_step + decay_steps, 0)/decay_steps)``, ``n = t + 1``

    Parameters
    ----------
    lr : float or array
        The factor of the rate, ``learning_rate`` of OpenNMT-py; an array has one per group. At
        least 0.
    rate : float or array
        The factor of a reduction. At least 0.
    decay_steps : int or array of int
        The number of steps per reduction. At least 1.
    start_step : int or array of int, default 0
        The step of the first reduction, counted from 1. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first reduction is at ``n = start_step``. The schedule never ends.

    References
    ----------
    OpenNMT-py 3.5 (2024), ``onmt.utils.optimizers.exponential_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.opennmt.exponential_decay(1.0, rate=0.5, decay_steps=2, start_step=3).table(6)
    array([1.  , 1.  , 0.5 , 0.5 , 0.25, 0.25])
    """
    return _stairs(rate, decay_steps, start_step) * lr


@preset()
def rsqrt_decay(lr: Rate, warmup_steps: Span) -> Schedule:
    """Hold, then decay by the inverse square root.

    ``lr / sqrt(max(n, warmup_steps))``, ``n = t + 1``

    Parameters
    ----------
    lr : float or array
        The factor of the rate, ``learning_rate`` of OpenNMT-py; an array has one per group. At
        least 0.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    OpenNMT-py 3.5 (2024), ``onmt.utils.optimizers.rsqrt_decay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.opennmt.rsqrt_decay(1.0, warmup_steps=4)([0, 3, 15])
    array([0.5 , 0.5 , 0.25])
    """
    return inverse_power(np.multiply(lr, warmup_steps**-0.5), 0.5, warmup_steps).delay(
        warmup_steps - 1
    )


def _stairs(rate: float, steps: int, start: int) -> Schedule:
    stairs, ahead = geometric(1.0, rate, steps, staircase=True), 1 + steps - start
    return stairs.skip(ahead) if ahead >= 0 else stairs.delay(-ahead)
