"""Caffe's policies: ``lr_policy`` of its solvers (2014), and ``sgdr`` of forks of it; step t is the
iteration, from 0.

Caffe keeps the parameters of a solver in float32. Past ``max_iter``, where it stops, ``poly`` stays
at 0.

>>> step(0.1, gamma=0.5, stepsize=2)([1, 2])
array([0.1 , 0.05])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from itertools import accumulate

from fastlr.arguments.rules import Rate, short_repr
from fastlr.presets import _building_blocks
from fastlr.presets._building_blocks import drops, geometric, inverse, lowered_restarts, one_by_one
from fastlr.presets._rules import ArgumentError, Exponent, Level, Marks, Ratio, Span, preset
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import constant, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = ["UNEXPRESSED", "exp", "fixed", "inv", "multistep", "poly", "sgdr", "sigmoid", "step"]

UNEXPRESSED = {
    "plateau": "A fork's: each drop has a window of its own, counted from the last drop "
    "or the last new minimum of a smoothed "
    "loss, and there are no more drops than windows; fastlr's automata have one patience.",
}


@preset(elementwise=True)
def fixed(base_lr: Rate) -> Schedule:
    """``base_lr``."""
    return constant(base_lr)


@preset()
def step(base_lr: Rate, gamma: Level, stepsize: Span) -> Schedule:
    """``base_lr * gamma^floor(t/stepsize)``."""
    return geometric(base_lr, gamma, stepsize, staircase=True)


@preset()
def exp(base_lr: Rate, gamma: Level) -> Schedule:
    """``base_lr * gamma^t``."""
    return geometric(base_lr, gamma)


@preset()
def inv(base_lr: Rate, gamma: Level, power: Level) -> Schedule:
    """``base_lr * (1 + gamma*t)^-power``."""
    return inverse(base_lr, gamma, power)


@preset()
def multistep(base_lr: Rate, gamma: Level, stepvalue: Marks) -> Schedule:
    """``base_lr * gamma^k``, where k rises by 1, and at one iteration by no more, when t has
    reached ``stepvalue[k]``.

    A value that is given twice drops the rate again at the next iteration.
    """
    return drops("stepvalue", base_lr, gamma, one_by_one(stepvalue, first=0))


@preset(
    differences="Past max_iter it stays at 0, where Caffe goes on with a power of what is below 0."
)
def poly(base_lr: Rate, power: Exponent, max_iter: Span) -> Schedule:
    """``base_lr * (1 - t/max_iter)^power``, then 0."""
    return polynomial(base_lr, 0.0, max_iter, power=power)


@preset()
def sigmoid(base_lr: Rate, gamma: Level, stepsize: Span) -> Schedule:
    """``base_lr / (1 + exp(-gamma*(t - stepsize)))``: it rises, to half of ``base_lr`` at ``t =
    stepsize``.
    """
    return _building_blocks.sigmoid(base_lr, gamma, stepsize, rising=True)


@preset(differences="p_mult must be at least 1: below it the period of a fork's comes to 0.")
def sgdr(base_lr: Rate, period: Span, p_mult: Ratio, lr_mult: Level, min_lr: Rate) -> Schedule:
    """``min_lr + (top - min_lr) * (1 + cos(pi*c/L))/2``, c iterations into a cycle of L, which
    begins as ``period``.

    The next cycle takes ``int(L * p_mult)`` iterations, and its ``top``, at first ``base_lr``, is
    ``lr_mult`` times as high.
    """
    if p_mult < 1:
        raise ArgumentError(f"p_mult must be at least 1, got {short_repr(p_mult)}")
    lengths = list(
        accumulate(
            range(10_000), lambda length, _: min(int(length * p_mult), LAST_STEP), initial=period
        )
    )
    return lowered_restarts(base_lr, min_lr, lengths.__getitem__, lr_mult)
