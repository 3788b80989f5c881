"""Caffe's policies: ``lr_policy`` of its solvers (2014), and ``sgdr`` of forks of it; step t is the
iteration, from 0.

Caffe keeps the parameters of a solver in float32. Past ``max_iter``, where it stops, ``poly`` stays
at 0.

>>> step(0.1, gamma=0.5, stepsize=2)([1, 2])
array([0.1 , 0.05])
"""

from __future__ import annotations  # help() replaces rules in the text

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
    "plateau": "Only a fork has it. Each reduction has a window of its own, counted from the last "
    "reduction or the last new minimum of a smoothed loss, and there are as many "
    "reductions as windows. fastlr's plateau rules have one patience.",
}


@preset(elementwise=True)
def fixed(base_lr: Rate) -> Schedule:
    """Hold the base rate.

    ``base_lr``

    Parameters
    ----------
    base_lr : float or array
        The base rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Caffe (2014), ``lr_policy`` "fixed".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.caffe.fixed(0.5)(10)
    0.5
    """
    return constant(base_lr)


@preset()
def step(base_lr: Rate, gamma: Level, stepsize: Span) -> Schedule:
    """Reduce the rate at regular intervals.

    ``base_lr * gamma^floor(t/stepsize)``

    Parameters
    ----------
    base_lr : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The factor of a reduction. At least 0.
    stepsize : int or array of int
        The number of iterations per reduction. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Caffe (2014), ``lr_policy`` "step".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.caffe.step(1.0, gamma=0.5, stepsize=2).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    return geometric(base_lr, gamma, stepsize, staircase=True)


@preset()
def exp(base_lr: Rate, gamma: Level) -> Schedule:
    """Multiply the rate by the same factor at every iteration.

    ``base_lr * gamma^t``

    Parameters
    ----------
    base_lr : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The factor per iteration. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Caffe (2014), ``lr_policy`` "exp".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.caffe.exp(1.0, gamma=0.5).table(3)
    array([1.  , 0.5 , 0.25])
    """
    return geometric(base_lr, gamma)


@preset()
def inv(base_lr: Rate, gamma: Level, power: Level) -> Schedule:
    """Decay the rate inversely to time.

    ``base_lr * (1 + gamma*t)^-power``

    Parameters
    ----------
    base_lr : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The decay per iteration. At least 0.
    power : float or array
        The power of the decay. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    Caffe (2014), ``lr_policy`` "inv".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.caffe.inv(1.0, gamma=1.0, power=1.0).table(2)
    array([1. , 0.5])
    """
    return inverse(base_lr, gamma, power)


@preset()
def multistep(base_lr: Rate, gamma: Level, stepvalue: Marks) -> Schedule:
    """Reduce the rate at given iterations.

    ``base_lr * gamma^k``, where k rises by 1 when t has reached ``stepvalue[k]``

    Parameters
    ----------
    base_lr : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The factor of a reduction. At least 0.
    stepvalue : sequence of int
        The iterations of the reductions.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    At one iteration k rises by no more than 1: a value that is given twice reduces the rate again
    at the next iteration.

    References
    ----------
    Caffe (2014), ``lr_policy`` "multistep".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.caffe.multistep(1.0, gamma=0.5, stepvalue=[1, 3]).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    return drops("stepvalue", base_lr, gamma, one_by_one(stepvalue, first=0))


@preset(differences="Past max_iter the rate is 0; Caffe takes powers of negative numbers.")
def poly(base_lr: Rate, power: Exponent, max_iter: Span) -> Schedule:
    """Decay the rate by a polynomial.

    ``base_lr * (1 - t/max_iter)^power``

    Parameters
    ----------
    base_lr : float or array
        The base rate; an array has one per group. At least 0.
    power : float or array
        The power of the decay. From 1e-3 to 1e3.
    max_iter : int or array of int
        The number of iterations. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the rate is 0; Caffe takes powers of negative numbers.

    References
    ----------
    Caffe (2014), ``lr_policy`` "poly".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.caffe.poly(1.0, power=2.0, max_iter=2).table(4)
    array([1.  , 0.25, 0.  , 0.  ])
    """
    return polynomial(base_lr, 0.0, max_iter, power=power)


@preset()
def sigmoid(base_lr: Rate, gamma: Level, stepsize: Span) -> Schedule:
    """Raise the rate along a sigmoid.

    ``base_lr / (1 + exp(-gamma*(t - stepsize)))``

    Parameters
    ----------
    base_lr : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array
        The steepness. At least 0.
    stepsize : int or array of int
        The iteration at which the rate is half of ``base_lr``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate rises, whatever one expects of a decay. The schedule never ends.

    References
    ----------
    Caffe (2014), ``lr_policy`` "sigmoid".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.caffe.sigmoid(1.0, gamma=1.0, stepsize=1).table(3).round(3)
    array([0.269, 0.5  , 0.731])
    """
    return _building_blocks.sigmoid(base_lr, gamma, stepsize, rising=True)


@preset(
    differences="p_mult must be at least 1; below that, the period of a fork of Caffe shrinks to 0."
)
def sgdr(base_lr: Rate, period: Span, p_mult: Ratio, lr_mult: Level, min_lr: Rate) -> Schedule:
    """Repeat half a cosine wave, with cycles that grow longer and lower.

    ``min_lr + (top - min_lr) * (1 + cos(pi*c/L))/2``, c iterations into a cycle of length L; the
    next has ``int(L * p_mult)`` and ``top * lr_mult``

    Parameters
    ----------
    base_lr : float or array
        The base rate; an array has one per group. At least 0.
    period : int or array of int
        The number of iterations of the first cycle. At least 1.
    p_mult : float or array
        The factor of a cycle's length. At least 1.
    lr_mult : float or array
        The factor of a cycle's first rate. At least 0.
    min_lr : float or array
        The lowest rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``p_mult`` is below 1: the cycles of a fork of Caffe would come to no iterations.

    Notes
    -----
    The policy of forks of Caffe. There are at most 10,000 cycles.

    References
    ----------
    Caffe (2014), ``lr_policy`` "sgdr".

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.caffe.sgdr(1.0, period=2, p_mult=2.0, lr_mult=0.5, min_lr=0.0).table(4).round(3)
    array([1.   , 0.5  , 0.5  , 0.427])
    """
    if p_mult < 1:
        raise ArgumentError(f"p_mult must be at least 1, got {short_repr(p_mult)}")
    lengths = list(
        accumulate(
            range(10_000), lambda length, _: min(int(length * p_mult), LAST_STEP), initial=period
        )
    )
    return lowered_restarts(base_lr, min_lr, lengths.__getitem__, lr_mult)
