"""fastai's annealers and fit policies: ``fastai.callback.schedule``, as of fastai 2.8 (2026).

fastai evaluates a rate before each batch at a position from 0 up to, not including, 1. Here
``steps`` is how many batches there are in all, or ``n_iter`` how many in an epoch, and step t is at
position ``t/steps``: the last batch is one short of the end. fastai adds the positions up, and
rounds those inside ``combine_scheds`` to float32, to some 1e-7 of the whole; here they are exact.

>>> import fastlr as flr
>>> flr.presets.fastai.fit_one_cycle(n_epoch=2, lr_max=1.0, n_iter=4)([0, 1, 2, 7]).round(3)
array([0.04 , 0.52 , 1.   , 0.067])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Amount, Number, Rate, short_repr
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
    "Positions are exact; in fastai they are float32 here, so that a jump may "
    "come a step sooner or later."
)

Growth = Annotated[int, Number("an integer from 2 to 2**53", 2, LAST_STEP, whole=True)]

# -- annealers -------------------------------------------------------------------------------------


@preset(elementwise=True)
def SchedNo(start: Rate, end: Rate, steps: Span) -> Schedule:
    """``start``, whatever ``end`` is."""
    return linear(start, start, steps)


@preset(elementwise=True)
def SchedLin(start: Rate, end: Rate, steps: Span) -> Schedule:
    """``start + (end - start) * pos``."""
    return linear(start, end, steps)


@preset(elementwise=True)
def SchedCos(start: Rate, end: Rate, steps: Span) -> Schedule:
    """``start + (end - start) * (1 - cos(pi*pos))/2``."""
    return cosine(start, end, steps)


@preset(elementwise=True)
def SchedExp(start: Amount, end: Amount, steps: Span) -> Schedule:
    """``start * (end/start)^pos``."""
    return exponential(start, end, steps)


@preset()
def SchedPoly(start: Rate, end: Rate, power: Ratio, steps: Span) -> Schedule:
    """``start + (end - start) * pos^power``."""
    return polynomial(start, end, steps, power=power, origin="start")


# -- one after another -----------------------------------------------------------------------------


@preset(differences=f"{_ROUNDED} pcts may miss a sum of 1 by rounding, which fastai refuses.")
def combine_scheds(pcts: Levels, scheds: Curves, steps: Span) -> Schedule:
    """``scheds[i]`` over the share ``pcts[i]`` of ``steps``, which may end between steps; the
    shares' sum is 1.

    A sched is a function of a number of steps, ``functools.partial(SchedCos, 0.1, 1.0)``.
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
    """Half cosine waves from ``start`` to ``middle`` over the share ``pct`` of ``steps``, and
    on to ``end``.
    """
    return _waves(pct, start, middle, end, steps)


def _waves(
    pct: float, start: npt.ArrayLike, middle: npt.ArrayLike, end: npt.ArrayLike, steps: int
) -> Schedule:
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
    """Half cosine waves from ``lr_max/div`` to ``lr_max`` over the share ``pct_start``, and down to
    ``lr_max/div_final``.

    ``of="momentum"`` gives the momentum, which goes from one of ``moms`` to the next.
    """
    if of == "lr":
        return _waves(pct_start, *_one_cycle(lr_max, div, div_final), n_epoch * n_iter)
    if len(moms) != 3:
        raise ArgumentError(f"moms must be three, got {short_repr(moms)}")
    return _waves(pct_start, moms[0], moms[1], moms[2], n_epoch * n_iter)


def _one_cycle(
    lr_max: npt.ArrayLike, div: float, div_final: float
) -> tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]:
    return np.divide(lr_max, div), lr_max, np.divide(lr_max, div_final)


@preset()
def fit_flat_cos(
    n_epoch: Span, lr: Rate, n_iter: Span, div_final: Ratio = 1e5, pct_start: Share = 0.75
) -> Schedule:
    """``lr`` over the share ``pct_start``, then half a cosine wave to ``lr/div_final``."""
    return _waves(pct_start, lr, lr, np.divide(lr, div_final), n_epoch * n_iter)


@preset(differences=_ROUNDED)
def fit_sgdr(
    n_cycles: Turns, cycle_len: Span, lr_max: Rate, n_iter: Span, cycle_mult: Growth = 2
) -> Schedule:
    """Half a cosine wave from ``lr_max`` to 0, ``n_cycles`` times, the i-th of ``cycle_len *
    cycle_mult^i`` epochs.
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
    """``fit_one_cycle`` for ``freeze_epochs``, with a ``pct_start`` of 0.99 and a ``div`` of 25,
    then for ``epochs`` at half.

    Of ``groups`` groups the last has ``base_lr``; the others a tenth of it while they are frozen,
    and then exponentially from ``base_lr/lr_mult`` on. The last axis counts them, where they are
    more than one.
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
    differences="The loss decides nothing here: all of num_it batches have a rate, and the last "
    "is held."
)
def LRFinder(start_lr: Amount = 1e-7, end_lr: Amount = 10.0, num_it: Span = 100) -> Schedule:
    """The range test: ``start_lr * (end_lr/start_lr)^(t/num_it)``; ``num_it`` is at least 6."""
    return exponential(start_lr, end_lr, max(num_it, 6))
