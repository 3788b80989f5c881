"""fastai's annealers and fit policies: ``fastai.callback.schedule``, as of fastai 2.8 (2026).

fastai evaluates a rate before each batch, at a position from 0 up to, not including, 1. In fastlr,
step t is at position ``t/steps``: ``steps`` is the number of batches in all, ``n_iter`` the number
per epoch. The last batch is one short of the end. fastai adds positions up, and rounds those inside
``combine_scheds`` to float32, with an error of about 1e-7; fastlr's are exact.

>>> import fastlr as flr
>>> flr.presets.fastai.fit_one_cycle(n_epoch=2, lr_max=1.0, n_iter=4)([0, 1, 2, 7]).round(3)
array([0.04 , 0.52 , 1.   , 0.067])
"""

from __future__ import annotations  # help() replaces rules in the text

from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil
from typing import Annotated, Literal

import numpy as np

from fastlr.arguments.rules import Amount, Floats, Number, Rate, short_repr
from fastlr.presets._building_blocks import fraction, in_ticks, knots
from fastlr.presets._rules import ArgumentError, Curves, Levels, Ratio, Share, Span, Turns, preset
from fastlr.program import double_double
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    exponential,
    join,
    linear,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "LRFinder",
    "SchedCos",
    "SchedExp",
    "SchedLin",
    "SchedNo",
    "SchedPoly",
    "combine_scheds",
    "combined_cos",
    "fine_tune",
    "fit_flat_cos",
    "fit_one_cycle",
    "fit_sgdr",
]

_ROUNDED = (
    "Positions are exact in fastlr and float32 in fastai, so that a jump may come a step sooner "
    "or later."
)

Growth = Annotated[int, Number("an integer from 2 to 2**53", 2, LAST_STEP, whole=True)]

# -- annealers -------------------------------------------------------------------------------------


@preset(elementwise=True)
def SchedNo(start: Rate, end: Rate, steps: Span) -> Schedule:
    """Hold the first rate.

    ``start``

    Parameters
    ----------
    start : float or array
        The first rate; an array has one per group. At least 0.
    end : float or array
        Ignored, as in fastai. At least 0.
    steps : int or array of int
        The number of steps; position ``pos`` is ``t/steps``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.SchedNo``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fastai.SchedNo(0.5, 0.1, steps=2).table(3)
    array([0.5, 0.5, 0.5])
    """
    return linear(start, start, steps)


@preset(elementwise=True)
def SchedLin(start: Rate, end: Rate, steps: Span) -> Schedule:
    """Change the rate linearly.

    ``start + (end - start) * pos``

    Parameters
    ----------
    start : float or array
        The first rate; an array has one per group. At least 0.
    end : float or array
        The last rate. At least 0.
    steps : int or array of int
        The number of steps; position ``pos`` is ``t/steps``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end ``end`` is held.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.SchedLin``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fastai.SchedLin(1.0, 0.0, steps=2).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return linear(start, end, steps)


@preset(elementwise=True)
def SchedCos(start: Rate, end: Rate, steps: Span) -> Schedule:
    """Change the rate by half a cosine wave.

    ``start + (end - start) * (1 - cos(pi*pos))/2``

    Parameters
    ----------
    start : float or array
        The first rate; an array has one per group. At least 0.
    end : float or array
        The last rate. At least 0.
    steps : int or array of int
        The number of steps; position ``pos`` is ``t/steps``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end ``end`` is held.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.SchedCos``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fastai.SchedCos(1.0, 0.0, steps=2).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return cosine(start, end, steps)


@preset(elementwise=True)
def SchedExp(start: Amount, end: Amount, steps: Span) -> Schedule:
    """Change the rate exponentially.

    ``start * (end/start)^pos``

    Parameters
    ----------
    start : float or array
        The first rate; an array has one per group. Above 0.
    end : float or array
        The last rate. Above 0.
    steps : int or array of int
        The number of steps; position ``pos`` is ``t/steps``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end ``end`` is held.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.SchedExp``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fastai.SchedExp(1.0, 0.25, steps=2).table(4)
    array([1.  , 0.5 , 0.25, 0.25])
    """
    return exponential(start, end, steps)


@preset()
def SchedPoly(start: Rate, end: Rate, power: Ratio, steps: Span) -> Schedule:
    """Change the rate by a polynomial.

    ``start + (end - start) * pos^power``

    Parameters
    ----------
    start : float or array
        The first rate; an array has one per group. At least 0.
    end : float or array
        The last rate. At least 0.
    power : float or array
        The power of the change. Above 0.
    steps : int or array of int
        The number of steps; position ``pos`` is ``t/steps``. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end ``end`` is held.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.SchedPoly``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fastai.SchedPoly(1.0, 0.0, power=2.0, steps=2).table(4)
    array([1.  , 0.75, 0.  , 0.  ])
    """
    return polynomial(start, end, steps, power=power, origin="start")


# -- one after another -----------------------------------------------------------------------------


@preset(differences=f"{_ROUNDED} pcts may miss a sum of 1 by rounding, which fastai refuses.")
def combine_scheds(pcts: Levels, scheds: Curves, steps: Span) -> Schedule:
    """Run schedules one after another, each over a share of the steps.

    ``scheds[i]`` over the share ``pcts[i]`` of ``steps``

    Parameters
    ----------
    pcts : sequence of float
        The shares, with sum 1.
    scheds : sequence of callable
        Functions of a number of steps, such as ``functools.partial(SchedCos, 0.1, 1.0)``.
    steps : int or array of int
        The number of steps. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there is not one share per schedule, or their sum is not 1.

    Notes
    -----
    A share may end between steps. Positions are exact in fastlr and float32 in fastai, so that a
    jump may come a step sooner or later. ``pcts`` may miss a sum of 1 by rounding, which fastai
    refuses.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.combine_scheds``.

    Examples
    --------
    >>> import fastlr as flr
    >>> rise = lambda steps: flr.presets.fastai.SchedLin(0.0, 1.0, steps)
    >>> fall = lambda steps: flr.presets.fastai.SchedLin(1.0, 0.5, steps)
    >>> flr.presets.fastai.combine_scheds([0.5, 0.5], [rise, fall], steps=4).table(5)
    array([0.  , 0.5 , 1.  , 0.75, 0.5 ])
    """
    shares = list(map(fraction, pcts))
    if len(shares) != len(scheds) or abs(sum(shares, Fraction(-1))) > Fraction(1, 10**9):
        detail = f"{short_repr(pcts)} for {len(scheds)} scheds"
        raise ArgumentError(f"pcts must be one a sched, of sum 1, got {detail}")
    ends = [end * steps for end in accumulate(shares, initial=Fraction(0))]
    parts = [
        (sched, start, end - start)
        for sched, (start, end) in zip(scheds, pairwise(ends), strict=True)
        if end > start
    ]
    placed = [in_ticks(sched, length, ceil(start) - start) for sched, start, length in parts]
    return join(placed, [ceil(start) for _, start, _ in parts[1:]]) if placed[1:] else placed[0]


@preset()
def combined_cos(pct: Share, start: Rate, middle: Rate, end: Rate, steps: Span) -> Schedule:
    """Follow two half cosine waves.

    From ``start`` to ``middle`` over the share ``pct`` of ``steps``, then to ``end``

    Parameters
    ----------
    pct : float or array
        The share of the first wave. From 0 to 1.
    start : float or array
        The first rate; an array has one per group. At least 0.
    middle : float or array
        The rate between the two waves. At least 0.
    end : float or array
        The last rate. At least 0.
    steps : int or array of int
        The number of steps. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    A wave may end between steps. Past the end ``end`` is held.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.combined_cos``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fastai.combined_cos(0.5, 0.0, 1.0, 0.0, steps=4).table(5).round(9)
    array([0. , 0.5, 1. , 0.5, 0. ])
    """
    return _waves(pct, start, middle, end, steps)


def _waves(pct: float, start: Floats, middle: Floats, end: Floats, steps: int) -> Schedule:
    return knots([(0, start), (fraction(pct) * steps, middle), (steps, end)], "cosine")


# -- fits ------------------------------------------------------------------------------------------


@preset()
def fit_one_cycle(
    n_epoch: Span,
    lr_max: Rate,
    n_iter: Span,
    div: Ratio = 25.0,
    div_final: Ratio = 1e5,
    pct_start: Share = 0.25,
    moms: Levels = (0.95, 0.85, 0.95),
    of: Literal["lr", "momentum"] = "lr",
) -> Schedule:
    """Rise to a peak and fall again by half cosine waves.

    From ``lr_max/div`` to ``lr_max`` over the share ``pct_start``, then to ``lr_max/div_final``

    Parameters
    ----------
    n_epoch : int or array of int
        The number of epochs. At least 1.
    lr_max : float or array
        The rate at the peak; an array has one per group. At least 0.
    n_iter : int or array of int
        The number of batches per epoch. At least 1.
    div : float or array, default 25.0
        The peak divided by the first rate. Above 0.
    div_final : float or array, default 1e5
        The peak divided by the last rate. Above 0.
    pct_start : float or array, default 0.25
        The share of the steps before the decay. From 0 to 1.
    moms : sequence of float, default (0.95, 0.85, 0.95)
        The momentum at the start, at the peak and at the end.
    of : {"lr", "momentum"}, default "lr"
        What the schedule gives: the rate or the momentum.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there are not three ``moms``.

    Notes
    -----
    The rate at step 0 is ``lr_max/div``. Past the end, step ``n_epoch * n_iter``, the last rate is
    held.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.fit_one_cycle``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fastai.fit_one_cycle(1, 1.0, n_iter=4, pct_start=0.5).table(3).round(3)
    array([0.04, 0.52, 1.  ])
    """
    if of == "lr":
        return _waves(pct_start, *_one_cycle(lr_max, div, div_final), n_epoch * n_iter)
    if len(moms) != 3:
        raise ArgumentError(f"moms must be three, got {short_repr(moms)}")
    return _waves(pct_start, moms[0], moms[1], moms[2], n_epoch * n_iter)


def _one_cycle(lr_max: Floats, div: float, div_final: float) -> tuple[Floats, Floats, Floats]:
    return np.divide(lr_max, div), lr_max, np.divide(lr_max, div_final)


@preset()
def fit_flat_cos(
    n_epoch: Span, lr: Rate, n_iter: Span, div_final: Ratio = 1e5, pct_start: Share = 0.75
) -> Schedule:
    """Hold the rate, then decay by half a cosine wave.

    ``lr`` over the share ``pct_start``, then half a cosine wave to ``lr/div_final``

    Parameters
    ----------
    n_epoch : int or array of int
        The number of epochs. At least 1.
    lr : float or array
        The base rate; an array has one per group. At least 0.
    n_iter : int or array of int
        The number of batches per epoch. At least 1.
    div_final : float or array, default 1e5
        The peak divided by the last rate. Above 0.
    pct_start : float or array, default 0.75
        The share of the steps before the decay. From 0 to 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end, step ``n_epoch * n_iter``, the last rate is held.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.fit_flat_cos``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fastai.fit_flat_cos(1, 1.0, n_iter=4, pct_start=0.5).table(4).round(3)
    array([1. , 1. , 1. , 0.5])
    """
    return _waves(pct_start, lr, lr, np.divide(lr, div_final), n_epoch * n_iter)


@preset(differences=_ROUNDED)
def fit_sgdr(
    n_cycles: Turns, cycle_len: Span, lr_max: Rate, n_iter: Span, cycle_mult: Growth = 2
) -> Schedule:
    """Repeat half a cosine wave, with cycles that grow longer.

    ``lr_max * (1 + cos(pi*c/L))/2``, c steps into cycle i of ``L = cycle_len * cycle_mult^i *
    n_iter`` steps

    Parameters
    ----------
    n_cycles : int or array of int
        The number of cycles. From 1 to 10,000.
    cycle_len : int or array of int
        The number of epochs of the first cycle. At least 1.
    lr_max : float or array
        The rate at the beginning of a cycle; an array has one per group. At least 0.
    n_iter : int or array of int
        The number of batches per epoch. At least 1.
    cycle_mult : int or array of int, default 2
        The factor of a cycle's length. At least 2.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the last cycle the rate is 0. Positions are exact in fastlr and float32 in fastai, so that
    a jump may come a step sooner or later.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.fit_sgdr``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fastai.fit_sgdr(2, 1, 1.0, n_iter=2).table(7).round(3)
    array([1.   , 0.5  , 1.   , 0.854, 0.5  , 0.146, 0.   ])
    """
    lengths = [cycle_len * cycle_mult**i * n_iter for i in range(n_cycles)]
    return join(
        [*(cosine(lr_max, 0.0, length) for length in lengths), constant(np.zeros_like(lr_max))],
        list(accumulate(lengths)),
    )


@preset()
def fine_tune(
    epochs: Span,
    n_iter: Span,
    base_lr: Rate = 2e-3,
    freeze_epochs: Span = 1,
    lr_mult: Ratio = 100.0,
    pct_start: Share = 0.3,
    div: Ratio = 5.0,
    div_final: Ratio = 1e5,
    groups: Span = 1,
) -> Schedule:
    """Train with frozen layers, then fine-tune all of them.

    ``fit_one_cycle`` at ``base_lr`` for ``freeze_epochs`` with ``pct_start=0.99`` and ``div=25``,
    then ``fit_one_cycle`` at ``base_lr/2`` for ``epochs``

    Parameters
    ----------
    epochs : int or array of int
        The number of epochs after the layers are unfrozen. At least 1.
    n_iter : int or array of int
        The number of batches per epoch. At least 1.
    base_lr : float or array, default 2e-3
        The rate of the last group while the others are frozen; an array has one per lane. At least
        0.
    freeze_epochs : int or array of int, default 1
        The number of epochs with frozen layers. At least 1.
    lr_mult : float or array, default 100.0
        The rate of the last group divided by that of the first, after the layers are unfrozen.
        Above 0.
    pct_start : float or array, default 0.3
        The share of the rise in the second part. From 0 to 1.
    div : float or array, default 5.0
        The peak divided by the first rate in the second part. Above 0.
    div_final : float or array, default 1e5
        The peak divided by the last rate. Above 0.
    groups : int or array of int, default 1
        The number of parameter groups. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    With ``groups`` above 1 the last axis of the schedule counts them. The last group has
    ``base_lr``. The others have a tenth of it while they are frozen; then the rates rise
    exponentially from the first group, ``base_lr/lr_mult``, to the last, at half.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.fine_tune``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fastai.fine_tune(1, 4, base_lr=1.0).table(5).round(3)
    array([0.04 , 0.183, 0.528, 0.867, 0.1  ])
    """
    head = np.asarray(base_lr)[..., np.newaxis] if groups > 1 else base_lr
    frozen = np.array([0.1] * (groups - 1) + [1.0]) if groups > 1 else 1.0
    spread = double_double.power(lr_mult, -np.linspace(1.0, 0.0, groups)) if groups > 1 else 1.0
    first = _waves(
        0.99, *_one_cycle(np.multiply(head, frozen), 25.0, div_final), freeze_epochs * n_iter
    )
    second = _waves(
        pct_start, *_one_cycle(np.multiply(head, spread) / 2, div, div_final), epochs * n_iter
    )
    return join([first, second], [freeze_epochs * n_iter])


@preset(
    differences="The test does not stop at a high loss: all num_it batches have a rate, and the "
    "last one is held."
)
def LRFinder(start_lr: Amount = 1e-7, end_lr: Amount = 10.0, num_it: Span = 100) -> Schedule:
    """Raise the rate exponentially in a range test.

    ``start_lr * (end_lr/start_lr)^(t/num_it)``

    Parameters
    ----------
    start_lr : float or array, default 1e-7
        The first rate; an array has one per group. Above 0.
    end_lr : float or array, default 10.0
        The last rate. Above 0.
    num_it : int or array of int, default 100
        The number of batches; less than 6 count as 6. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end ``end_lr`` is held. The loss decides nothing in fastlr: every batch has a rate.

    References
    ----------
    fastai 2.8 (2026), ``fastai.callback.schedule.LRFinder``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.fastai.LRFinder(1.0, 64.0, num_it=6).table(7).round(3)
    array([ 1.,  2.,  4.,  8., 16., 32., 64.])
    """
    return exponential(start_lr, end_lr, max(num_it, 6))
