"""Darknet's policies: ``policy`` in a network's configuration (2013-2020), and ``sgdr`` of
AlexeyAB's.

Step t is batch ``b = t + 1``: Darknet counts a batch before it computes the rate. Parameters and
rates are float32. Any policy may begin with a burn-in, ``learning_rate * (b/burn_in)^power`` for b
below ``burn_in``, with the same ``power`` as ``poly``.

>>> step(0.1, burn_in=4, power=1, step=4, scale=0.5)([0, 2, 3])
array([0.025, 0.075, 0.05 ])
"""

from __future__ import annotations  # help() replaces rules in the text

from itertools import accumulate
from typing import Literal

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import from_one, geometric, sigmoid
from fastlr.presets._rules import ArgumentError, Count, Exponent, Level, Levels, Marks, Span, preset
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import constant as level
from fastlr.schedule.constructor_names import cosine, join, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = ["UNEXPRESSED", "constant", "exp", "poly", "sgdr", "sig", "step", "steps"]

UNEXPRESSED = {"random": "The rate is drawn at random at every update."}


@preset()
def constant(learning_rate: Rate = 0.001, burn_in: Count = 0, power: Exponent = 4.0) -> Schedule:
    """Hold the base rate, after an optional warmup.

    ``learning_rate``

    Parameters
    ----------
    learning_rate : float or array, default 0.001
        The base rate; an array has one per group. At least 0.
    burn_in : int or array of int, default 0
        The number of batches of the warmup, ``learning_rate * (b/burn_in)^power``. At least 0.
    power : float or array, default 4.0
        The power of the warmup. From 1e-3 to 1e3.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Darknet (2013-2020), ``policy`` "constant".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.darknet.constant(0.5)(10)
    0.5
    """
    return _burned_in(level(learning_rate), learning_rate, burn_in, power)


@preset()
def step(
    learning_rate: Rate = 0.001,
    step: Span = 1,
    scale: Level = 1.0,
    burn_in: Count = 0,
    power: Exponent = 4.0,
) -> Schedule:
    """Reduce the rate at regular intervals.

    ``learning_rate * scale^floor(b/step)``, ``b = t + 1``

    Parameters
    ----------
    learning_rate : float or array, default 0.001
        The base rate; an array has one per group. At least 0.
    step : int or array of int, default 1
        The number of batches per reduction. At least 1.
    scale : float or array, default 1.0
        The factor of a reduction. At least 0.
    burn_in : int or array of int, default 0
        The number of batches of the warmup, ``learning_rate * (b/burn_in)^power``. At least 0.
    power : float or array, default 4.0
        The power of the warmup. From 1e-3 to 1e3.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Darknet (2013-2020), ``policy`` "step".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.darknet.step(1.0, step=2, scale=0.5).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    return _burned_in(
        geometric(learning_rate, scale, step, staircase=True).skip(1), learning_rate, burn_in, power
    )


@preset()
def steps(
    steps: Marks,
    scales: Levels,
    learning_rate: Rate = 0.001,
    burn_in: Count = 0,
    power: Exponent = 4.0,
) -> Schedule:
    """Reduce the rate at given batches.

    ``learning_rate * scales[0] * ... * scales[i]``, i the last before the first of ``steps`` that
    is above ``b = t + 1``

    Parameters
    ----------
    steps : sequence of int
        The batches of the reductions.
    scales : sequence of float
        The factors, as many as steps. At least 0.
    learning_rate : float or array, default 0.001
        The base rate; an array has one per group. At least 0.
    burn_in : int or array of int, default 0
        The number of batches of the warmup, ``learning_rate * (b/burn_in)^power``. At least 0.
    power : float or array, default 4.0
        The power of the warmup. From 1e-3 to 1e3.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there are not as many scales as steps.

    References
    ----------
    Darknet (2013-2020), ``policy`` "steps".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.darknet.steps([2, 4], [0.5, 0.5], 1.0).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    if len(steps) != len(scales):
        raise ArgumentError(f"scales must be as many as steps, {len(steps)}, got {len(scales)}")
    factors = np.cumprod([1.0, *scales])
    starts = [max(b - 1, 0) for b in accumulate(steps, max)]
    return _burned_in(
        join([level(np.multiply(learning_rate, one)) for one in factors], starts),
        learning_rate,
        burn_in,
        power,
    )


@preset()
def exp(
    learning_rate: Rate = 0.001, gamma: Level = 1.0, burn_in: Count = 0, power: Exponent = 4.0
) -> Schedule:
    """Multiply the rate by the same factor at every batch.

    ``learning_rate * gamma^b``, ``b = t + 1``

    Parameters
    ----------
    learning_rate : float or array, default 0.001
        The base rate; an array has one per group. At least 0.
    gamma : float or array, default 1.0
        The factor per batch. At least 0.
    burn_in : int or array of int, default 0
        The number of batches of the warmup, ``learning_rate * (b/burn_in)^power``. At least 0.
    power : float or array, default 4.0
        The power of the warmup. From 1e-3 to 1e3.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step 0 is multiplied already. The schedule never ends.

    References
    ----------
    Darknet (2013-2020), ``policy`` "exp".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.darknet.exp(1.0, gamma=0.5).table(3)
    array([0.5  , 0.25 , 0.125])
    """
    return _burned_in(geometric(learning_rate, gamma).skip(1), learning_rate, burn_in, power)


@preset(differences="From batch max_batches on, where Darknet stops, the rate is 0.")
def poly(
    max_batches: Span, learning_rate: Rate = 0.001, power: Exponent = 4.0, burn_in: Count = 0
) -> Schedule:
    """Decay the rate by a polynomial.

    ``learning_rate * (1 - b/max_batches)^power``, ``b = t + 1``

    Parameters
    ----------
    max_batches : int or array of int
        The number of batches. At least 1.
    learning_rate : float or array, default 0.001
        The base rate; an array has one per group. At least 0.
    power : float or array, default 4.0
        The power of the decay and of the warmup. From 1e-3 to 1e3.
    burn_in : int or array of int, default 0
        The number of batches of the warmup, ``learning_rate * (b/burn_in)^power``. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    From batch ``max_batches`` on, where Darknet stops, the rate is 0.

    References
    ----------
    Darknet (2013-2020), ``policy`` "poly".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.darknet.poly(max_batches=4, learning_rate=1.0, power=1.0).table(5)
    array([0.75, 0.5 , 0.25, 0.  , 0.  ])
    """
    return _burned_in(
        polynomial(learning_rate, 0.0, max_batches, power=power).skip(1),
        learning_rate,
        burn_in,
        power,
    )


@preset()
def sig(
    learning_rate: Rate = 0.001,
    gamma: Level = 1.0,
    step: Span = 1,
    burn_in: Count = 0,
    power: Exponent = 4.0,
    flavour: Literal["pjreddie", "AlexeyAB"] = "pjreddie",
) -> Schedule:
    """Decay the rate along a sigmoid.

    ``learning_rate / (1 + exp(gamma*(b - step)))``, ``b = t + 1``

    Parameters
    ----------
    learning_rate : float or array, default 0.001
        The base rate; an array has one per group. At least 0.
    gamma : float or array, default 1.0
        The steepness. At least 0.
    step : int or array of int, default 1
        The batch at which the rate is half of ``learning_rate``. At least 1.
    burn_in : int or array of int, default 0
        The number of batches of the warmup, ``learning_rate * (b/burn_in)^power``. At least 0.
    power : float or array, default 4.0
        The power of the warmup. From 1e-3 to 1e3.
    flavour : {"pjreddie", "AlexeyAB"}, default "pjreddie"
        Whose Darknet: pjreddie's or AlexeyAB's.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    pjreddie's batch is an unsigned number: before ``step`` the difference wraps around, and the
    rate is 0. The schedule never ends.

    References
    ----------
    Darknet (2013-2020), ``policy`` "sig".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.darknet.sig(1.0, gamma=1.0, step=1).table(3).round(3)
    array([0.5  , 0.269, 0.119])
    """
    falling = sigmoid(learning_rate, gamma, step, rising=False).skip(1)
    wraps = flavour == "pjreddie" and gamma > 0
    body = (
        join([level(np.multiply(learning_rate, 0)), falling.skip(step - 1)], [step - 1])
        if wraps
        else falling
    )
    return _burned_in(body, learning_rate, burn_in, power)


@preset(differences="Darknet computes with nine digits of pi.")
def sgdr(
    sgdr_cycle: Span,
    learning_rate: Rate = 0.001,
    learning_rate_min: Rate = 0.00001,
    sgdr_mult: Span = 2,
    burn_in: Count = 0,
    power: Exponent = 4.0,
) -> Schedule:
    """Repeat half a cosine wave, with cycles that grow longer.

    ``learning_rate_min + (learning_rate - learning_rate_min) * (1 + cos(pi*c/L))/2``, c batches
    into cycle i of ``L = sgdr_cycle * sgdr_mult^i`` batches

    Parameters
    ----------
    sgdr_cycle : int or array of int
        The number of batches of the first cycle. At least 1.
    learning_rate : float or array, default 0.001
        The base rate; an array has one per group. At least 0.
    learning_rate_min : float or array, default 0.00001
        The lowest rate. At least 0.
    sgdr_mult : int or array of int, default 2
        The factor of a cycle's length. At least 1.
    burn_in : int or array of int, default 0
        The number of batches of the warmup, ``learning_rate * (b/burn_in)^power``. At least 0.
    power : float or array, default 4.0
        The power of the warmup. From 1e-3 to 1e3.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    AlexeyAB's policy. The last batch of each cycle has ``learning_rate_min``; the first is one step
    down already. Darknet's pi has nine digits.

    References
    ----------
    Darknet (2013-2020), ``policy`` "sgdr".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.darknet.sgdr(2, learning_rate=1.0, learning_rate_min=0.0).table(4).round(3)
    array([0.5  , 0.   , 0.854, 0.5  ])
    """
    if sgdr_mult == 1:
        body = from_one(cosine(learning_rate, learning_rate_min, sgdr_cycle), sgdr_cycle).repeat()
        return _burned_in(body, learning_rate, burn_in, power)
    lengths = [sgdr_cycle]
    while sum(lengths) * sgdr_mult < LAST_STEP:
        lengths.append(lengths[-1] * sgdr_mult)
    waves = [cosine(learning_rate, learning_rate_min, length).skip(1) for length in lengths]
    return _burned_in(join(waves, list(accumulate(lengths[:-1]))), learning_rate, burn_in, power)


def _burned_in(body: Schedule, peak: Rate, burn_in: int, power: float) -> Schedule:
    """``body`` from batch ``burn_in`` on, in steps of the run, and before it the burn-in."""
    if burn_in <= 1:
        return body
    rise = polynomial(0.0, peak, burn_in, power=power, origin="start").skip(1)
    return join([rise, body.skip(burn_in - 1)], [burn_in - 1])
