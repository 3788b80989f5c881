"""Schedules that are known by a paper more than by a framework.

Step 0 is the first update. Progress p goes from 0 to 1 within a part. Schedules that many
frameworks share are constructors of fastlr: SGDR is ``cosine_restarts``, CLR ``cyclic``, 1cycle
``one_cycle``, k-decay ``cosine(k=...)``, Noam ``noam``, the range test ``exponential``, gradual
warmup ``warmup_constant``.

>>> import fastlr as flr
>>> flr.presets.papers.knee(1.0, warmup=2, explore=2, total=6).table(6)
array([0.5, 1. , 1. , 1. , 0.5, 0. ])
"""

from __future__ import annotations  # help() replaces rules in the text

from itertools import pairwise
from math import ceil, cos, pi, sqrt
from typing import Any, Literal

import numpy as np

from fastlr.arguments.rules import Amount, BelowOne, Rate, short_repr
from fastlr.arguments.rules import Real as RealNumber
from fastlr.presets._building_blocks import fractal_cosines, fraction, geometric, slanted, tabulated
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Marks,
    Ratio,
    Real,
    Share,
    Span,
    Tabled,
    preset,
)
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    exponential,
    inverse_power,
    inverse_time,
    join,
    linear,
    polynomial,
    sampled,
)
from fastlr.schedule.constructor_names import rex as rational
from fastlr.schedule.constructor_names import tanh as hyperbolic
from fastlr.schedule.schedule import Schedule

__all__ = [
    "UNEXPRESSED",
    "ExpHyperbolicLR",
    "HyperbolicLR",
    "budgeted_linear",
    "chebyshev",
    "cos_inf",
    "d2z",
    "deepseek_multi_step",
    "htd",
    "infinite_cosine",
    "infinite_inverse_sqrt",
    "knee",
    "minicpm_wsd",
    "power_decay",
    "power_scheduler",
    "rex",
    "slanted_triangular",
    "snapshot",
    "swa_cycles",
    "trapezoid",
    "wsd_s",
]

UNEXPRESSED = {
    "step_law": "It chooses a peak rate and a batch size from the sizes of model and data. It is "
    "no function of the step.",
    "multi_power_law": "Its schedule is the result of an optimization, a table of numbers. Pass "
    "it to flr.sampled.",
}

Cooldown = Literal["linear", "exp", "cosine", "mirror_cosine", "square", "sqrt"]


@preset(elementwise=True)
def rex(lr: Rate, total: Span, beta: BelowOne = 0.5) -> Schedule:
    """Decay the rate by a rational function.

    ``lr * (1 - p)/(1 - beta*p)``, ``p = t/total``

    Parameters
    ----------
    lr : float or array
        The rate at step 0; an array has one per group. At least 0.
    total : int or array of int
        The number of steps. At least 1.
    beta : float or array, default 0.5
        The bend of the curve; 0.5 in the paper. From 0 up to, not including, 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the rate is 0.

    References
    ----------
    Chen, Wolfe and Kyrillidis, *REX: Revisiting Budgeted Training with an Improved Schedule*
    (2021).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.rex(1.0, total=2).table(4).round(3)
    array([1.   , 0.667, 0.   , 0.   ])
    """
    return rational(lr, 0.0, total, beta=beta)


@preset()
def knee(lr: Rate, warmup: Count, explore: Count, total: Span) -> Schedule:
    """Warm up linearly, explore at the highest rate, then decay linearly to 0.

    ``lr * n/warmup``, ``n = t + 1``; ``lr`` for ``explore`` steps; a line to 0 at ``n = total``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    warmup : int or array of int
        The number of steps of the warmup. At least 0.
    explore : int or array of int
        The number of steps at ``lr``. At least 0.
    total : int or array of int
        The number of steps. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``total`` is below ``warmup + explore``.

    Notes
    -----
    The first rate is not 0. Past the end the rate is 0.

    References
    ----------
    Iyer et al., *Wide-minima Density Hypothesis and the Explore-Exploit Learning Rate Schedule*
    (2020).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.knee(1.0, warmup=2, explore=2, total=6).table(6)
    array([0.5, 1. , 1. , 1. , 0.5, 0. ])
    """
    _holds("total", total, warmup=warmup, explore=explore)
    kept = linear(0.0, lr, warmup).then(linear(lr, lr, explore))
    return kept.then(linear(lr, 0.0, total - warmup - explore)).skip(1)


@preset(differences="The mirror cosine is a table of one number per step of the cooldown.")
def trapezoid(
    lr: Rate,
    n_iterations: Span,
    final_lr_factor: Share = 0.0,
    n_warmup: Count = 1000,
    init_div_factor: Ratio = 100.0,
    fract_decay: Share = 0.1,
    decay_type: Cooldown = "linear",
) -> Schedule:
    """Warm up linearly, hold the rate, then cool down.

    A line from ``lr/init_div_factor`` to ``lr``; ``lr``; ``lr * (m + (1 - m)*w)`` in the last
    ``int(fract_decay * n_iterations)`` steps, ``m = final_lr_factor``, w by ``decay_type``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    n_iterations : int or array of int
        The number of steps. At least 1.
    final_lr_factor : float or array, default 0.0
        The last rate, as a share of ``lr``. From 0 to 1.
    n_warmup : int or array of int, default 1000
        The number of steps of the warmup. At least 0.
    init_div_factor : float or array, default 100.0
        The highest rate divided by the first. Above 0.
    fract_decay : float or array, default 0.1
        The share of the cooldown. From 0 to 1.
    decay_type : {"linear", "exp", "cosine", "mirror_cosine", "square", "sqrt"}, default "linear"
        The curve of the cooldown; see Notes.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    With p the progress of the cooldown, w is ``1 - p`` ("linear"), ``(1 + cos(pi*p))/2``
    ("cosine"), twice the first less the second ("mirror_cosine"), ``1 - p^2`` ("square") or ``1 -
    sqrt(p)`` ("sqrt"). With "exp" the rate is ``lr * m^p``.

    A warmup that ends after the cooldown begins comes first. Past the end the last rate is held.
    The mirror cosine is a table of one number per step.

    References
    ----------
    Hagele et al., *Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations*
    (2024).

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.papers.trapezoid(1.0, 8, n_warmup=2, init_div_factor=2.0, fract_decay=0.5)
    >>> s.table(9)
    array([0.5 , 0.75, 1.  , 1.  , 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """
    fall = int(fract_decay * n_iterations)
    begin = n_iterations - fall
    start = max(begin, n_warmup)
    tail = join([_cooled(decay_type, final_lr_factor, fall), constant(final_lr_factor)], [fall])
    return (
        join([linear(1 / init_div_factor, 1.0, n_warmup), tail.skip(start - begin)], [start]) * lr
    )


@preset()
def cos_inf(
    lr: Rate,
    n_iterations: Span,
    n_warmup: Count,
    div_factor: Ratio,
    final_div_factor: Ratio,
    n_inf: Count,
) -> Schedule:
    """Warm up linearly, decay by half a cosine wave, then hold the rate.

    A line from ``lr/div_factor`` to ``lr``, then half a cosine wave to ``lr/(div_factor *
    final_div_factor)`` at step ``n_iterations - n_inf``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    n_iterations : int or array of int
        The number of steps. At least 1.
    n_warmup : int or array of int
        The number of steps of the warmup. At least 0.
    div_factor : float or array
        The highest rate divided by the first. Above 0.
    final_div_factor : float or array
        The first rate divided by the last. Above 0.
    n_inf : int or array of int
        The number of steps at the last rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``n_iterations`` is below ``n_warmup + n_inf``.

    Notes
    -----
    The last rate is held forever.

    References
    ----------
    Hagele et al., *Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations*
    (2024).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.cos_inf(1.0, 6, 2, 2.0, 2.0, n_inf=2).table(7)
    array([0.5  , 0.75 , 1.   , 0.625, 0.25 , 0.25 , 0.25 ])
    """
    _holds("n_iterations", n_iterations, n_warmup=n_warmup, n_inf=n_inf)
    fall = cosine(1.0, 1 / div_factor / final_div_factor, n_iterations - n_warmup - n_inf)
    return linear(1 / div_factor, 1.0, n_warmup).then(fall) * lr


@preset()
def minicpm_wsd(lr: Rate, warmup: Count, stable: Count, half_life: Span) -> Schedule:
    """Warm up linearly, hold the rate, then decay exponentially.

    A line to ``lr``; ``lr``; ``lr * 0.5^(c/half_life)``, c steps into the decay

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    warmup : int or array of int
        The number of steps of the warmup. At least 0.
    stable : int or array of int
        The number of steps at ``lr``. At least 0.
    half_life : int or array of int
        The number of steps in which the rate is halved. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. The schedule never ends.

    References
    ----------
    Hu et al., *MiniCPM: Unveiling the Potential of Small Language Models with Scalable Training
    Strategies* (2024).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.minicpm_wsd(1.0, warmup=2, stable=1, half_life=1).table(6)
    array([0.  , 0.5 , 1.  , 1.  , 0.5 , 0.25])
    """
    return linear(0.0, lr, warmup).then(linear(lr, lr, stable)).then(geometric(lr, 0.5, half_life))


@preset()
def wsd_s(lr: Amount, end: Amount, ends: Marks, decay: Span, warmup: Count = 0) -> Schedule:
    """Hold the rate, with a decay before each of several ends.

    ``lr``, and ``1/(p/end + (1 - p)/lr)`` in the ``decay`` steps before each of ``ends``, p the
    progress of the decay

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. Above 0.
    end : float or array
        The rate at the end of a decay. At most ``lr``. Above 0.
    ends : sequence of int
        The steps at which the decays end.
    decay : int or array of int
        The number of steps of each decay. At least 1.
    warmup : int or array of int, default 0
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``ends`` do not leave room for the decays and the warmup, or ``end`` is above ``lr``.

    Notes
    -----
    At each of ``ends`` the rate goes on at ``lr``; at the last, ``end`` is held.

    References
    ----------
    Wen et al., *Understanding Warmup-Stable-Decay Learning Rates* (2024).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.wsd_s(1.0, 0.5, [4, 8], decay=2).table(9).round(3)
    array([1.   , 1.   , 1.   , 0.667, 1.   , 1.   , 1.   , 0.667, 0.5  ])
    """
    lengths = [end - begin for begin, end in pairwise([0, *ends])]
    if not lengths or min(lengths) < decay or lengths[0] < decay + warmup:
        detail = f"{list(ends)}, a warmup of {warmup} and decays of {decay}"
        raise ArgumentError(
            f"ends must rise by no less than each decay and the warmup take, got {detail}"
        )
    if np.any(np.greater(end, lr)):
        raise ArgumentError(f"end must be at most lr, got {short_repr(end)} and {short_repr(lr)}")
    fall = inverse_time(lr, np.divide(lr, end) - 1, every=decay)
    starts = [at for end_at in ends for at in (end_at - decay, end_at)]
    parts = [linear(0.0, lr, warmup), *[fall, constant(lr)] * len(ends)]
    return join([*parts[:-1], constant(end)], starts)


@preset()
def infinite_cosine(
    lr: Rate,
    constant_lr: Amount,
    warmup: Count,
    cooldown: Count,
    end: Amount | None = None,
    anneal_at: Count | None = None,
    anneal: Count = 0,
) -> Schedule:
    """Warm up linearly, decay by half a cosine wave, hold the rate, then anneal.

    A line to ``lr``; half a cosine wave to ``constant_lr`` in ``cooldown`` steps; ``constant_lr``;
    from step ``anneal_at`` on ``constant_lr * (end/constant_lr)^p``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    constant_lr : float or array
        The rate after the cosine wave. Above 0.
    warmup : int or array of int
        The number of steps of the warmup. At least 0.
    cooldown : int or array of int
        The number of steps of the cosine wave. At least 0.
    end : float or array, optional
        The last rate, which an annealing needs. Above 0.
    anneal_at : int or array of int, optional
        The step at which the annealing begins. By default never. At least 0.
    anneal : int or array of int, default 0
        The number of steps of the annealing. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``anneal_at`` is before the end of the cosine wave, or given without ``end``.

    Notes
    -----
    Without ``anneal_at`` the schedule never ends. Past the annealing ``end`` is held.

    References
    ----------
    Ibrahim et al., *Simple and Scalable Strategies to Continually Pre-train Large Language Models*
    (2024); Singh et al., *Beyond Cosine Decay* (2025).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.infinite_cosine(1.0, 0.5, warmup=2, cooldown=2).table(6)
    array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.5 ])
    """
    whole = linear(0.0, lr, warmup).then(cosine(lr, constant_lr, cooldown))
    return _annealed(whole, warmup + cooldown, end, anneal_at, anneal)


@preset(differences="The cooldown is a table of one number per step.")
def infinite_inverse_sqrt(
    lr: Rate,
    constant_lr: Amount,
    warmup: Count,
    cooldown: Tabled,
    alpha: Ratio = 10.0,
    end: Amount | None = None,
    anneal_at: Count | None = None,
    anneal: Count = 0,
) -> Schedule:
    """Warm up linearly, decay by an inverse square root, hold the rate, then anneal.

    A line to ``lr``; ``lr + (constant_lr - lr) * h(p)/h(1)`` with ``h(p) = 1/sqrt(1 + alpha*p) -
    1``; ``constant_lr``; from step ``anneal_at`` on ``constant_lr * (end/constant_lr)^p``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    constant_lr : float or array
        The rate after the decay. Above 0.
    warmup : int or array of int
        The number of steps of the warmup. At least 0.
    cooldown : int or array of int
        The number of steps of the decay. From 1 to 4,194,304.
    alpha : float or array, default 10.0
        The bend of the decay. Above 0.
    end : float or array, optional
        The last rate, which an annealing needs. Above 0.
    anneal_at : int or array of int, optional
        The step at which the annealing begins. By default never. At least 0.
    anneal : int or array of int, default 0
        The number of steps of the annealing. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``anneal_at`` is before the end of the decay, or given without ``end``.

    Notes
    -----
    Without ``anneal_at`` the schedule never ends. The decay is a table of one number per step.

    References
    ----------
    Ibrahim et al., *Simple and Scalable Strategies to Continually Pre-train Large Language Models*
    (2024); Singh et al., *Beyond Cosine Decay* (2025).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.infinite_inverse_sqrt(1.0, 0.5, warmup=0, cooldown=2).table(4).round(3)
    array([1.   , 0.576, 0.5  , 0.5  ])
    """

    def fallen(c: int) -> Any:
        weight = (1 - (1 + alpha * c / cooldown) ** -0.5) / (1 - (1 + alpha) ** -0.5)
        return np.multiply(lr, 1 - weight) + np.multiply(constant_lr, weight)

    fall = tabulated(fallen, cooldown + 1)
    whole = linear(0.0, lr, warmup).then(fall)
    return _annealed(whole, warmup + cooldown, end, anneal_at, anneal)


@preset()
def power_scheduler(
    lr: Rate, batch_size: Span, seq_length: Span, a: Ratio = 4.6, b: Real = -0.51, warmup: Count = 0
) -> Schedule:
    """Warm up linearly, then decay by a power of the tokens trained on.

    ``min(lr, batch_size * a * n^b)``, ``n = t * batch_size * seq_length``, after a line to its
    value at ``warmup``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    batch_size : int or array of int
        The number of sequences per step. At least 1.
    seq_length : int or array of int
        The number of tokens per sequence. At least 1.
    a : float or array, default 4.6
        The factor of the power law. Above 0.
    b : float or array, default -0.51
        The exponent of the power law. Below 0.
    warmup : int or array of int, default 0
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``b`` is not below 0.

    Notes
    -----
    The schedule never ends. For a decay at the end use ``.cooldown(at, steps)``.

    References
    ----------
    Shen et al., *Power Scheduler: A Batch Size and Token Number Agnostic Learning Rate Scheduler*
    (2024).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.power_scheduler(1.0, 1, 1, a=2.0, b=-1.0).table(5).round(3)
    array([1.   , 1.   , 1.   , 0.667, 0.5  ])
    """
    if b >= 0:
        raise ArgumentError(f"b must be below 0, got {b}")
    first: Any = batch_size * a * float(batch_size * seq_length) ** b
    law = join([constant(lr), inverse_power(first, -b).minimum(lr)], [1])
    level = np.minimum(lr, first * max(warmup, 1) ** b) if warmup else lr
    return join([linear(0.0, level, warmup), law.skip(warmup)], [warmup])


@preset(elementwise=True)
def htd(lr: Rate, total: Span, lower: RealNumber = -6.0, upper: RealNumber = 3.0) -> Schedule:
    """Decay the rate along a hyperbolic tangent.

    ``lr * (1 - tanh(lower + (upper - lower)*p))/2``, ``p = t/total``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    total : int or array of int
        The number of steps. At least 1.
    lower : float or array, default -6.0
        The argument of the tangent at step 0.
    upper : float or array, default 3.0
        The argument of the tangent at the end. Above ``lower``.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``lower`` is not below ``upper``.

    Notes
    -----
    Past the end the rate is 0.

    References
    ----------
    Hsueh, Li and Wu, *Stochastic Gradient Descent with Hyperbolic-Tangent Decay on Classification*
    (2019).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.htd(1.0, total=3).table(4).round(3)
    array([1.   , 0.998, 0.5  , 0.   ])
    """
    if np.any(np.asarray(lower) >= np.asarray(upper)):
        raise ArgumentError(
            f"lower must be below upper, got {short_repr(lower)} and {short_repr(upper)}"
        )
    return hyperbolic(lr, 0.0, total, lower=lower, upper=upper)


@preset(elementwise=True)
def budgeted_linear(lr: Rate, budget: Span) -> Schedule:
    """Decay the rate linearly to 0.

    ``lr * (1 - t/budget)``

    Parameters
    ----------
    lr : float or array
        The rate at step 0; an array has one per group. At least 0.
    budget : int or array of int
        The number of steps. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the rate is 0.

    References
    ----------
    Li, Yumer and Ramanan, *Budgeted Training: Rethinking Deep Neural Network Training Under
    Resource Constraints* (2020).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.budgeted_linear(1.0, budget=2).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    return linear(lr, 0.0, budget)


@preset()
def d2z(lr: Rate, warmup: Count, total: Span) -> Schedule:
    """Warm up linearly, then decay linearly to 0.

    A line to ``lr`` at step ``warmup``, then a line to 0 at step ``total``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    warmup : int or array of int
        The number of steps of the warmup. At least 0.
    total : int or array of int
        The number of steps, including the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``total`` is below ``warmup``.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end it is 0.

    References
    ----------
    Bergsma et al., *Straight to Zero: Why Linearly Decaying the Learning Rate to Zero Works Best
    for LLMs* (2025).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.d2z(1.0, warmup=2, total=4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    _holds("total", total, warmup=warmup)
    return linear(0.0, lr, warmup).then(linear(lr, 0.0, total - warmup))


@preset()
def snapshot(lr: Rate, total: Span, cycles: Span) -> Schedule:
    """Repeat half a cosine wave, one per snapshot.

    ``lr * (1 + cos(pi*c/L))/2``, c steps into a cycle of ``L = ceil(total/cycles)`` steps

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    total : int or array of int
        The number of steps. At least 1.
    cycles : int or array of int
        The number of cycles. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Cycles repeat forever.

    References
    ----------
    Huang et al., *Snapshot Ensembles: Train 1, Get M for Free* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.snapshot(1.0, total=4, cycles=2).table(5)
    array([1. , 0.5, 1. , 0.5, 1. ])
    """
    return cosine(lr, 0.0, ceil(total / cycles)).repeat()


@preset()
def swa_cycles(alpha1: Rate, alpha2: Rate, cycle: Span) -> Schedule:
    """Repeat a line, for stochastic weight averaging.

    ``(1 - s)*alpha1 + s*alpha2``, ``s = (t mod cycle + 1)/cycle``

    Parameters
    ----------
    alpha1 : float or array
        The rate before a cycle; an array has one per group. At least 0.
    alpha2 : float or array
        The rate at the last step of a cycle, after which weights are averaged. At least 0.
    cycle : int or array of int
        The number of steps of a cycle. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Cycles repeat forever.

    References
    ----------
    Izmailov et al., *Averaging Weights Leads to Wider Optima and Better Generalization* (2018).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.swa_cycles(1.0, 0.5, cycle=2).table(4)
    array([0.75, 0.5 , 0.75, 0.5 ])
    """
    first = np.multiply(alpha1, (cycle - 1) / cycle) + np.divide(alpha2, cycle)
    return linear(first, alpha2, cycle - 1).then(linear(alpha2, alpha2, 1)).repeat()


@preset(differences="Where the line falls below 0, the formula is negative; fastlr holds 0.")
def slanted_triangular(lr: Rate, total: Span, cut_frac: Share = 0.1, ratio: Ratio = 32) -> Schedule:
    """Rise linearly to a peak, then fall linearly.

    ``lr * (1 + p*(ratio - 1))/ratio``, p a line from 0 to 1 at ``cut = floor(total * cut_frac)``,
    then one to 0 at ``cut/cut_frac``

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    total : int or array of int
        The number of steps. At least 1.
    cut_frac : float or array, default 0.1
        The share of the rise. From 0 to 1.
    ratio : float or array, default 32
        The highest rate divided by the first. Above 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If the rise has no steps, or ``ratio`` is not above 1.

    Notes
    -----
    The line falls on past ``cut/cut_frac``. Where it is below 0, fastlr holds 0.

    References
    ----------
    Howard and Ruder, *Universal Language Model Fine-tuning for Text Classification* (2018).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.slanted_triangular(1.0, total=4, cut_frac=0.5, ratio=4.0).table(5)
    array([0.25 , 0.625, 1.   , 0.625, 0.25 ])
    """
    cut = int(total * cut_frac)
    if cut < 1 or ratio <= 1:
        detail = f"{cut_frac} of {total} steps and ratio={ratio}"
        raise ArgumentError(f"cut_frac must give a step at least, ratio be above 1, got {detail}")
    return slanted(lr, cut, fraction(cut_frac), ratio)


@preset()
def power_decay(
    lr: Rate, decay: Span, beta: Ratio, warmup: Count = 0, stable: Count = 0
) -> Schedule:
    """Warm up linearly, hold the rate, then decay by a power.

    A line to ``lr``; ``lr``; ``lr * (1 - p)^(2*beta - 1)``, p the progress of the decay

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    decay : int or array of int
        The number of steps of the decay. At least 1.
    beta : float or array
        The exponent of the scaling law. Above 1/2.
    warmup : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    stable : int or array of int, default 0
        The number of steps at ``lr``. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``beta`` is not above 1/2.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end it is 0.

    References
    ----------
    Li et al., arXiv 2602.06797 (2026), on optimal schedules under functional scaling laws.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.power_decay(1.0, decay=2, beta=1.5).table(4)
    array([1.  , 0.25, 0.  , 0.  ])
    """
    if beta <= 0.5:
        raise ArgumentError(f"beta must be above 1/2, got {beta}")
    kept = linear(0.0, lr, warmup).then(linear(lr, lr, stable))
    return kept.then(polynomial(lr, 0.0, decay, power=2 * beta - 1))


@preset()
def deepseek_multi_step(lr: Rate, total: Span, warmup: Count = 2000) -> Schedule:
    """Warm up linearly, then reduce the rate twice.

    A line to ``lr``; ``0.316*lr`` from 80 % of ``total`` on; ``0.1*lr`` from 90 % on

    Parameters
    ----------
    lr : float or array
        The highest rate; an array has one per group. At least 0.
    total : int or array of int
        The number of steps, including the warmup. At least 1.
    warmup : int or array of int, default 2000
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. The schedule never ends.

    References
    ----------
    *DeepSeek LLM: Scaling Open-Source Language Models with Longtermism* (2024).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.deepseek_multi_step(1.0, total=10, warmup=2)([0, 2, 8, 9])
    array([0.   , 1.   , 0.316, 0.1  ])
    """
    starts = [max(ceil(fraction(share) * total), warmup) for share in (0.8, 0.9)]
    levels = [constant(np.multiply(lr, factor)) for factor in (0.316, 0.1)]
    return join([linear(0.0, lr, warmup), *levels], starts)


@preset()
def chebyshev(lr: Rate, steps: Tabled, small_m: Ratio = 0.05, big_m: Ratio = 1.0) -> Schedule:
    """Repeat the steps of Chebyshev nodes in fractal order.

    ``lr / (C - R*cos(pi*(k + 1/2)/steps))``, the k in fractal order, ``C = (big_m + small_m)/2``,
    ``R = (big_m - small_m)/2``

    Parameters
    ----------
    lr : float or array
        The factor of the rates; an array has one per group. At least 0.
    steps : int or array of int
        The number of steps of a cycle, a power of 2. From 1 to 4,194,304.
    small_m : float or array, default 0.05
        The smallest eigenvalue. Above 0.
    big_m : float or array, default 1.0
        The largest eigenvalue. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``steps`` is no power of 2, or ``small_m`` is above ``big_m``.

    Notes
    -----
    Cycles repeat forever.

    References
    ----------
    Agarwal, Goel and Zhang, *Acceleration via Fractal Learning Rate Schedules* (2021).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.papers.chebyshev(1.0, steps=2, small_m=0.5).table(4).round(3)
    array([1.745, 1.079, 1.745, 1.079])
    """
    if steps & (steps - 1) or small_m > big_m:
        raise ArgumentError(
            f"steps must be a power of 2, small_m at most big_m, got {steps}, {small_m}, {big_m}"
        )
    table = 1.0 / ((big_m + small_m) / 2 - (big_m - small_m) / 2 * fractal_cosines(steps, steps))
    rates = np.asarray(lr)[..., np.newaxis] * table
    held = linear(rates[..., -1], rates[..., -1], 1)
    return join([sampled(rates), held], [steps - 1]).with_past_end("repeat")


@preset(differences="Past max_iter its code takes the root of a negative number; fastlr holds.")
def HyperbolicLR(
    lr: Rate,
    upper_bound: Span = 1000,
    max_iter: Span = 100,
    infimum_lr: Rate = 1e-6,
    warmup_epochs: Count = 0,
) -> Schedule:
    """Decay along a hyperbola, whose first rates hardly depend on the number of epochs.

    ``lr + (lr - infimum_lr) * (h(x) - h(0))``, ``h(x) = sqrt((N - x)/U * (2 - (N + x)/U))``, ``U =
    upper_bound``, ``N = max_iter - warmup_epochs``, ``x = t - warmup_epochs``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    upper_bound : int or array of int, default 1000
        U, the largest number of epochs that is tried, at least ``max_iter``. At least 1.
    max_iter : int or array of int, default 100
        The number of epochs, above ``warmup_epochs``. At least 1.
    infimum_lr : float or array, default 1e-06
        The rate at the end of U epochs, below ``lr``; also the rate where the warmup begins. At
        least 0.
    warmup_epochs : int or array of int, default 0
        The number of epochs of a linear warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``upper_bound`` is below ``max_iter``, ``infimum_lr`` is not below ``lr``, or
        ``warmup_epochs`` is not below ``max_iter``.

    Notes
    -----
    Step t is epoch t. The authors' code sets the first rate after the first epoch: with a warmup
    the rate of step 0 is ``lr`` too. Past the end the last rate is held.

    References
    ----------
    Kim, *HyperbolicLR: Epoch Insensitive Learning Rate Scheduler* (2024), arXiv:2407.15200;
    ``hyperbolic_lr.py`` in github.com/Axect/HyperbolicLR, in February 2026.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.papers.HyperbolicLR
    >>> schedule(1.0, upper_bound=10, max_iter=4, infimum_lr=0.0).table(6).round(3)
    array([1.   , 0.871, 0.729, 0.561, 0.2  , 0.2  ])
    """
    decays = _hyperbolic_epochs(lr, upper_bound, max_iter, infimum_lr, warmup_epochs)
    # the hyperbola is the product of two square roots, one of them at 0 at the end
    root = polynomial(1.0, 0.0, decays, power=0.5)
    other = polynomial(1.0, 0.0, 2 * upper_bound - decays, power=0.5)
    height = np.subtract(lr, infimum_lr) * _hyperbola(0, decays, upper_bound)
    fall = root * other * height + np.subtract(lr, height)
    return _warmed_up_late(lr, infimum_lr, warmup_epochs, fall)


@preset(differences="Past max_iter its code takes the root of a negative number; fastlr holds.")
def ExpHyperbolicLR(
    lr: Amount,
    upper_bound: Tabled = 1000,
    max_iter: Tabled = 100,
    infimum_lr: Amount = 1e-6,
    warmup_epochs: Count = 0,
) -> Schedule:
    """Decay so that the logarithm of the rate follows a hyperbola.

    ``lr * (lr/infimum_lr)^(h(x) - h(0))``, ``h(x) = sqrt((N - x)/U * (2 - (N + x)/U))``, ``U =
    upper_bound``, ``N = max_iter - warmup_epochs``, ``x = t - warmup_epochs``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. Above 0.
    upper_bound : int or array of int, default 1000
        U, the largest number of epochs that is tried, at least ``max_iter``. From 1 to 4,194,304.
    max_iter : int or array of int, default 100
        The number of epochs, above ``warmup_epochs``. From 1 to 4,194,304.
    infimum_lr : float or array, default 1e-06
        The rate at the end of U epochs, below ``lr``; also the rate where the warmup begins. Above
        0.
    warmup_epochs : int or array of int, default 0
        The number of epochs of a linear warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``upper_bound`` is below ``max_iter``, ``infimum_lr`` is not below ``lr``, or
        ``warmup_epochs`` is not below ``max_iter``.

    Notes
    -----
    Step t is epoch t. The authors' code sets the first rate after the first epoch: with a warmup
    the rate of step 0 is ``lr`` too. The rates are a table. Past the end the last rate is held.

    References
    ----------
    Kim, *HyperbolicLR: Epoch Insensitive Learning Rate Scheduler* (2024), arXiv:2407.15200;
    ``hyperbolic_lr.py`` in github.com/Axect/HyperbolicLR, in February 2026.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.papers.ExpHyperbolicLR
    >>> schedule(1.0, upper_bound=10, max_iter=4, infimum_lr=0.01).table(6).round(3)
    array([1.   , 0.552, 0.287, 0.132, 0.025, 0.025])
    """
    decays = _hyperbolic_epochs(lr, upper_bound, max_iter, infimum_lr, warmup_epochs)
    first = _hyperbola(0, decays, upper_bound)
    ratio = np.divide(lr, infimum_lr)
    fall = tabulated(
        lambda x: lr * ratio ** (_hyperbola(x, decays, upper_bound) - first), decays + 1
    )
    return _warmed_up_late(lr, infimum_lr, warmup_epochs, fall)


def _hyperbolic_epochs(
    lr: Any, upper_bound: int, max_iter: int, infimum_lr: Any, warmup: int
) -> int:
    """The number of epochs of the decay, if the arguments go together."""
    if upper_bound < max_iter:
        raise ArgumentError(f"upper_bound must be at least max_iter, {max_iter}, got {upper_bound}")
    if np.any(np.greater_equal(infimum_lr, lr)):
        raise ArgumentError(
            f"infimum_lr must be below lr, {short_repr(lr)}, got {short_repr(infimum_lr)}"
        )
    if warmup >= max_iter:
        raise ArgumentError(f"warmup_epochs must be below max_iter, {max_iter}, got {warmup}")
    return max_iter - warmup


def _hyperbola(x: int, epochs: int, upper: int) -> float:
    return sqrt((epochs - x) / upper * (2 - (epochs + x) / upper))


def _warmed_up_late(lr: Any, low: Any, warmup: int, fall: Schedule) -> Schedule:
    """The first rate is ``lr``, and the second is on the warmup, from ``low``, or on ``fall``."""
    if warmup == 0:
        return fall
    return join([constant(lr), linear(low, lr, warmup).skip(1), fall], [1, warmup])


def _holds(argument: str, total: int, **parts: int) -> None:
    """Raise unless the whole holds the parts that leave the rest to the decay."""
    if sum(parts.values()) > total:
        needed = " + ".join(map(str, parts.values()))
        raise ArgumentError(
            f"{argument} must be at least {' + '.join(parts)}, got {total} and {needed}"
        )


def _cooled(name: Cooldown, low: float, steps: int) -> Schedule:
    powers = {"linear": 1.0, "square": 2.0, "sqrt": 0.5}
    if name in powers:
        return polynomial(1.0, low, steps, power=powers[name], origin="start")
    if name == "cosine":
        return cosine(1.0, low, steps)
    if name == "exp":
        return exponential(1.0, low, steps) if low else join([constant(1.0), constant(0.0)], [1])
    return tabulated(lambda c: low + (1 - low) * _mirrored(c / max(steps, 1)), steps + 1)


def _mirrored(p: float) -> float:
    """Twice a line less half a cosine wave."""
    return 2 * (1 - p) - (1 + cos(pi * p)) / 2


def _annealed(whole: Schedule, least: int, end: Any, at: int | None, steps: int) -> Schedule:
    if at is None:
        return whole
    if end is None or at < least:
        raise ArgumentError(
            f"anneal_at must be at least {least}, and end be given, got {at} and {short_repr(end)}"
        )
    return whole.cooldown(at=at, steps=steps, end=end, shape="exponential")
