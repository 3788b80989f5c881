"""Darknet's policies: ``policy`` in a network's configuration (2013-2020), and ``sgdr`` of
AlexeyAB's.

Step t is batch ``b = t + 1``, for Darknet has counted the batch before it asks; parameters and
rates are float32. Any policy may begin with a burn-in, ``learning_rate * (b/burn_in)^power`` where
b is below ``burn_in``, with the same ``power`` as ``poly``.

>>> step(0.1, burn_in=4, power=1, step=4, scale=0.5)([0, 2, 3])
array([0.025, 0.075, 0.05 ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

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

UNEXPRESSED = {"random": "The rate is drawn anew at every update."}


@preset()
def constant(learning_rate: Rate = 0.001, burn_in: Count = 0, power: Exponent = 4.0) -> Schedule:
    """``learning_rate``."""
    return _burned_in(level(learning_rate), learning_rate, burn_in, power)


@preset()
def step(
    learning_rate: Rate = 0.001,
    step: Span = 1,
    scale: Level = 1.0,
    burn_in: Count = 0,
    power: Exponent = 4.0,
) -> Schedule:
    """``learning_rate * scale^floor(b/step)``."""
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
    """``learning_rate * scales[0] * ...

    * scales[i]``, i the last before the first of ``steps`` that is above b.
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
    """``learning_rate * gamma^b``: step 0 is multiplied already."""
    return _burned_in(geometric(learning_rate, gamma).skip(1), learning_rate, burn_in, power)


@preset(differences="From batch max_batches on, where Darknet stops, it stays at 0.")
def poly(
    max_batches: Span, learning_rate: Rate = 0.001, power: Exponent = 4.0, burn_in: Count = 0
) -> Schedule:
    """``learning_rate * (1 - b/max_batches)^power``, then 0."""
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
    """``learning_rate / (1 + exp(gamma*(b - step)))``: it falls, through half of ``learning_rate``
    at ``b = step``.

    pjreddie's b is unsigned: before ``step`` their difference wraps around, and the rate is 0.
    """
    falling = sigmoid(learning_rate, gamma, step, rising=False).skip(1)
    wraps = flavour == "pjreddie" and gamma > 0
    body = (
        join([level(np.multiply(learning_rate, 0)), falling.skip(step - 1)], [step - 1])
        if wraps
        else falling
    )
    return _burned_in(body, learning_rate, burn_in, power)


@preset(differences="Darknet's pi has nine digits.")
def sgdr(
    sgdr_cycle: Span,
    learning_rate: Rate = 0.001,
    learning_rate_min: Rate = 0.00001,
    sgdr_mult: Span = 2,
    burn_in: Count = 0,
    power: Exponent = 4.0,
) -> Schedule:
    """AlexeyAB's: half a cosine wave from ``learning_rate`` to ``learning_rate_min``, ``sgdr_mult``
    times as long each time.

    The first takes ``sgdr_cycle`` batches. The last batch of each has ``learning_rate_min``, the
    first is a step down already.
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
