"""Flux's ParameterSchedulers.jl, of 0.4 (2024), in the numbers that it is given; step t is its
``schedule(t + 1)``.

>>> Triangle(0.0, 1.0, period=4).table(6)
array([0. , 0.5, 1. , 0.5, 0. , 0.5])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Sequence as Several
from itertools import accumulate
from math import ceil, pi, sin
from typing import Annotated

import numpy as np

from fastlr.arguments.rules import Flag, Number, Rate
from fastlr.presets._building_blocks import cut, drops, geometric, inverse, rate_at, tabulated, wave
from fastlr.presets._rules import ArgumentError, Level, Marks, Share, Span, preset
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import constant, cosine, cyclic, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "Constant",
    "CosAnneal",
    "Exp",
    "Interpolator",
    "Inv",
    "Loop",
    "OneCycle",
    "Poly",
    "Sequence",
    "Shifted",
    "Shortened",
    "Sin",
    "SinDecay2",
    "SinExp",
    "Step",
    "Triangle",
    "TriangleDecay2",
    "TriangleExp",
    "UNEXPRESSED",
]

UNEXPRESSED = {
    "ComposedSchedule": "It builds another schedule at every step, by a function of "
    "what its parameters are there."
}

_STEPS = Number("an integer from 1 to 2**53, or a list of them", 1, LAST_STEP, whole=True)


def _step_sizes(where: str, value: object) -> object:
    if isinstance(value, list | tuple | np.ndarray):
        return [_STEPS(f"{where}[{i}]", one).item() for i, one in enumerate(value)]
    return _STEPS(where, value).item()


Sizes = Annotated[Several[int] | int, _step_sizes]


@preset(elementwise=True)
def Constant(value: Rate) -> Schedule:
    """``value``."""
    return constant(value)


# -- decays ----------------------------------------------------------------------------------------


@preset()
def Step(start: Rate, decay: Level, step_sizes: Sizes) -> Schedule:
    """``start * decay^i``, i the number of ``step_sizes`` that have gone by, or of so many
    steps, if it is one number.
    """
    if isinstance(step_sizes, int):
        return geometric(start, decay, step_sizes, staircase=True)
    return drops("step_sizes", start, decay, list(accumulate(step_sizes)))


@preset()
def Exp(start: Rate, decay: Level) -> Schedule:
    """``start * decay^t``."""
    return geometric(start, decay)


@preset()
def Poly(start: Rate, degree: Span, max_iter: Span) -> Schedule:
    """``start * (1 - t/max_iter)^degree``; step ``max_iter`` and later steps raise
    ``ValueError``.
    """
    return cut(polynomial(start, 0.0, max_iter, power=degree), max_iter)


@preset()
def Inv(start: Rate, decay: Level, degree: Span) -> Schedule:
    """``start / (1 + decay*t)^degree``."""
    return inverse(start, decay, degree)


# -- cycles: between two rates, of which it does not matter which is which -------------------------


def _bounds(l0: Rate, l1: Rate) -> tuple[Rate, Rate]:
    return np.minimum(l0, l1), np.maximum(l0, l1)


@preset()
def Triangle(l0: Rate, l1: Rate, period: Span) -> Schedule:
    """Linear from the lower rate to the higher in half a ``period`` and back in the other
    forever.
    """
    return cyclic(*_bounds(l0, l1), period, period).paced([2])


@preset()
def TriangleDecay2(l0: Rate, l1: Rate, period: Span) -> Schedule:
    """Like ``Triangle``, half as high above the lower rate each time."""
    return cyclic(*_bounds(l0, l1), period, period, mode="triangular2").paced([2])


@preset()
def TriangleExp(l0: Rate, l1: Rate, period: Span, decay: Level) -> Schedule:
    """Like ``Triangle``, the height above the lower rate multiplied by ``decay^t``."""
    low, high = _bounds(l0, l1)
    return cyclic(0.0, 1.0, period, period).paced([2]) * geometric(
        np.subtract(high, low), decay
    ) + np.asarray(low)


_A_TABLE = "A period is a table of so many numbers."


def _arch(period: int) -> Schedule:
    """``sin(pi*t/period)``, of a period."""
    return tabulated(lambda t: sin(pi * t / period) if t < period else 0.0, period + 1)


@preset(differences=_A_TABLE)
def Sin(l0: Rate, l1: Rate, period: Span) -> Schedule:
    """The lower rate and the difference to the higher times ``|sin(pi*t/period)|``."""
    low, high = _bounds(l0, l1)
    return _arch(period).repeat() * np.subtract(high, low) + np.asarray(low)


@preset(differences=_A_TABLE)
def SinDecay2(l0: Rate, l1: Rate, period: Span) -> Schedule:
    """Like ``Sin``, half as high above the lower rate each time."""
    low, high = _bounds(l0, l1)
    return _arch(period).repeat(scale=0.5) * np.subtract(high, low) + np.asarray(low)


@preset(differences=_A_TABLE)
def SinExp(l0: Rate, l1: Rate, period: Span, decay: Level) -> Schedule:
    """Like ``Sin``, the height above the lower rate multiplied by ``decay^t``."""
    low, high = _bounds(l0, l1)
    return _arch(period).repeat() * geometric(np.subtract(high, low), decay) + np.asarray(low)


@preset()
def CosAnneal(l0: Rate, l1: Rate, period: Span, restart: Flag = True) -> Schedule:
    """Half a cosine wave from the higher rate to the lower in ``period`` steps repeatedly, or else
    the whole wave.
    """
    low, high = _bounds(l0, l1)
    return cosine(high, low, period).repeat() if restart else wave(high, low, period)


@preset()
def OneCycle(
    nsteps: Span,
    maxval: Rate,
    startval: Rate | None = None,
    endval: Rate | None = None,
    percent_start: Share = 0.25,
) -> Schedule:
    """Half a cosine wave up in ``ceil(percent_start*nsteps)`` steps, and one down; step ``nsteps``
    raises ``ValueError``.

    From ``startval``, or ``maxval/25``, to ``maxval``, and to ``endval``, or ``maxval/100,000``: of
    two rates the higher one is the upper end, whichever it is.
    """
    warmup = ceil(percent_start * nsteps)
    first, peak = _bounds(np.divide(maxval, 25) if startval is None else startval, maxval)
    last, top = _bounds(maxval, np.divide(maxval, 1e5) if endval is None else endval)
    return cut(cosine(first, peak, warmup).then(cosine(top, last, nsteps - warmup)), nsteps)


# -- schedules of schedules ------------------------------------------------------------------------


@preset()
def Sequence(schedules: Several[Schedule], step_sizes: Marks) -> Schedule:
    """``schedules[i]`` for ``step_sizes[i]`` steps, each from its own step 0.

    Beyond all of them the next schedule, or else the last again from its step 0: that is when it is
    called; iterated, the last goes on.
    """
    if len(step_sizes) > len(schedules):
        raise ArgumentError(
            f"step_sizes must be at most {len(schedules)}, as schedules, got {len(step_sizes)}"
        )
    parts = [*schedules, schedules[-1]][: len(step_sizes) + 1]
    return join(parts, list(accumulate(step_sizes)))


@preset(elementwise=True)
def Loop(f: Schedule, period: Span) -> Schedule:
    """The first ``period`` steps of ``f`` repeatedly."""
    last = rate_at(f.skip(period), 0)
    return join([f, linear(last, last, 0)], np.asarray(period)[..., np.newaxis]).repeat()


@preset(elementwise=True, differences="rate must be an integer; ceil_fn is not taken.")
def Interpolator(schedule: Schedule, rate: Span) -> Schedule:
    """``schedule`` at step ``floor(t/rate)``: a schedule of epochs by the iteration."""
    return schedule.staircase(rate)


@preset(elementwise=True)
def Shifted(schedule: Schedule, offset: Span) -> Schedule:
    """``schedule`` from its step ``offset - 1`` on."""
    return schedule.skip(np.asarray(offset) - 1)


@preset()
def Shortened(schedule: Schedule, nsteps: Span) -> Schedule:
    """``schedule`` for ``nsteps`` steps; later steps raise ``ValueError``."""
    return cut(schedule, nsteps)
