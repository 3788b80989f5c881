"""Schedules that are known by a paper more than by a framework.

Step 0 is the first update. Progress p goes from 0 to 1 in the part that it is said of. What the
papers share with everyone is a constructor of fastlr's: SGDR ``cosine_restarts``, CLR ``cyclic``,
1cycle ``one_cycle``, k-decay ``cosine(k=...)``, Noam ``noam``, the range test ``exponential``,
gradual warmup ``warmup_constant``.

>>> import fastlr as flr
>>> flr.presets.papers.knee(1.0, warmup=2, explore=2, total=6).table(6)
array([0.5, 1. , 1. , 1. , 0.5, 0. ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from itertools import pairwise
from math import ceil, cos, pi
from typing import Any, Literal

import numpy as np

from fastlr.arguments.rules import Amount, Rate, Unit, short_repr
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
    "step_law": "It picks a peak rate and a batch size from the sizes of model and "
    "data; it is no curve of the step.",
    "multi_power_law": "Its schedule is the result of an optimization, a table of "
    "numbers: flr.sampled takes it.",
}

Cooldown = Literal["linear", "exp", "cosine", "mirror_cosine", "square", "sqrt"]


@preset(elementwise=True)
def rex(lr: Rate, total: Span, beta: Unit = 0.5) -> Schedule:
    """``lr * (1 - p)/(1 - beta*p)``: Chen, Wolfe & Kyrillidis, *REX* (2021), where beta is 1/2."""
    return rational(lr, 0.0, total, beta=beta)


@preset()
def knee(lr: Rate, warmup: Count, explore: Count, total: Span) -> Schedule:
    """``lr * n/warmup``, ``n = t + 1``, then ``lr`` for ``explore`` steps, then a line to 0 at ``n
    = total``.

    Iyer et al., *Wide-minima Density Hypothesis and the Explore-Exploit Learning Rate Schedule*
    (2020).
    """
    _holds("total", total, warmup=warmup, explore=explore)
    kept = linear(0.0, lr, warmup).then(linear(lr, lr, explore))
    return kept.then(linear(lr, 0.0, total - warmup - explore)).skip(1)


@preset(differences="The mirror cosine is looked up, a number for each step of the cooldown.")
def trapezoid(
    lr: Rate,
    n_iterations: Span,
    final_lr_factor: Share = 0.0,
    n_warmup: Count = 1000,
    init_div_factor: Ratio = 100.0,
    fract_decay: Share = 0.1,
    decay_type: Cooldown = "linear",
) -> Schedule:
    """A line from ``lr/init_div_factor`` to ``lr``, ``lr``, and a cooldown in the last
    ``int(fract_decay * n_iterations)`` steps.

    Hagele et al., *Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations*
    (2024). With m the final factor and w = ``1 - p``, ``(1 + cos(pi*p))/2``, twice the first less
    the second ("mirror_cosine"), ``1 - p^2`` or ``1 - sqrt(p)``, the rate is ``lr * (m + (1 -
    m)*w)``; of "exp" ``lr * m^p``. A warmup that is longer than the rest comes first.
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
    """A line from ``lr/div_factor`` to ``lr``, half a cosine wave to ``lr/(div_factor *
    final_div_factor)``, held.

    It is reached ``n_inf`` steps before ``n_iterations``: the same authors' cosine with a flat end.
    """
    _holds("n_iterations", n_iterations, n_warmup=n_warmup, n_inf=n_inf)
    fall = cosine(1.0, 1 / div_factor / final_div_factor, n_iterations - n_warmup - n_inf)
    return linear(1 / div_factor, 1.0, n_warmup).then(fall) * lr


@preset()
def minicpm_wsd(lr: Rate, warmup: Count, stable: Count, half_life: Span) -> Schedule:
    """A line to ``lr``, ``lr`` for ``stable`` steps, then ``lr * 0.5^(c/half_life)``, c steps
    on: Hu et al., *MiniCPM* (2024).
    """
    return linear(0.0, lr, warmup).then(linear(lr, lr, stable)).then(geometric(lr, 0.5, half_life))


@preset()
def wsd_s(lr: Amount, end: Amount, ends: Marks, decay: Span, warmup: Count = 0) -> Schedule:
    """``lr``, with a decay by ``1/(p/end + (1 - p)/lr)`` in the ``decay`` steps before each of
    ``ends``.

    Wen et al., *Understanding Warmup-Stable-Decay Learning Rates* (2024). At each of ``ends`` it
    goes on at ``lr``; at the last, ``end`` is held.
    """
    lengths = [end - begin for begin, end in pairwise([0, *ends])]
    if not lengths or min(lengths) < decay or lengths[0] < decay + warmup:
        detail = f"{list(ends)}, a warm-up of {warmup} and decays of {decay}"
        raise ArgumentError(
            f"ends must rise by no less than each decay and the warm-up take, got {detail}"
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
    """A line to ``lr``, half a cosine wave to ``constant_lr`` in ``cooldown`` steps, which is held
    forever.

    Or to step ``anneal_at``, and then ``constant_lr * (end/constant_lr)^p`` for ``anneal`` steps.
    Ibrahim et al., *Simple and Scalable Strategies to Continually Pre-train Large Language Models*
    (2024); Singh et al., *Beyond Cosine Decay* (2025).
    """
    whole = linear(0.0, lr, warmup).then(cosine(lr, constant_lr, cooldown))
    return _annealed(whole, warmup + cooldown, end, anneal_at, anneal)


@preset(differences="The cooldown is looked up, a number for each of its steps.")
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
    """``infinite_cosine`` whose cooldown is ``lr + (constant_lr - lr) * h(p)/h(1)``, ``h(p) =
    1/sqrt(1 + alpha*p) - 1``.
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
    """``min(lr, batch_size * a * n^b)``, n the tokens before step t, after a line to what it is at
    ``warmup``.

    Shen et al., *Power Scheduler: A Batch Size and Token Number Agnostic Learning Rate Scheduler*
    (2024). A decay at the end is ``.cooldown(at, steps)``.
    """
    if b >= 0:
        raise ArgumentError(f"b must be below 0, got {b}")
    first: Any = batch_size * a * float(batch_size * seq_length) ** b
    law = join([constant(lr), inverse_power(first, -b).minimum(lr)], [1])
    level = np.minimum(lr, first * max(warmup, 1) ** b) if warmup else lr
    return join([linear(0.0, level, warmup), law.skip(warmup)], [warmup])


@preset(elementwise=True)
def htd(lr: Rate, total: Span, lower: RealNumber = -6.0, upper: RealNumber = 3.0) -> Schedule:
    """``lr * (1 - tanh(lower + (upper - lower)*p))/2``, then 0: Hsueh, Li & Wu,
    *Hyperbolic-Tangent Decay* (2019).
    """
    if np.any(np.asarray(lower) >= np.asarray(upper)):
        raise ArgumentError(
            f"lower must be below upper, got {short_repr(lower)} and {short_repr(upper)}"
        )
    return hyperbolic(lr, 0.0, total, lower=lower, upper=upper)


@preset(elementwise=True)
def budgeted_linear(lr: Rate, budget: Span) -> Schedule:
    """``lr * (1 - t/budget)``: Li, Yumer & Ramanan, *Budgeted Training* (2020)."""
    return linear(lr, 0.0, budget)


@preset()
def d2z(lr: Rate, warmup: Count, total: Span) -> Schedule:
    """A line to ``lr`` at ``warmup``, then one to 0 at ``total``: Bergsma et al., *Straight to
    Zero* (2025).
    """
    _holds("total", total, warmup=warmup)
    return linear(0.0, lr, warmup).then(linear(lr, 0.0, total - warmup))


@preset()
def snapshot(lr: Rate, total: Span, cycles: Span) -> Schedule:
    """``lr * (1 + cos(pi*c/L))/2``, c steps into a cycle of ``L = ceil(total/cycles)`` forever:
    Huang et al. (2017).
    """
    return cosine(lr, 0.0, ceil(total / cycles)).repeat()


@preset()
def swa_cycles(alpha1: Rate, alpha2: Rate, cycle: Span) -> Schedule:
    """``(1 - s)*alpha1 + s*alpha2``, ``s = (t mod cycle + 1)/cycle``: Izmailov et al., *Averaging
    Weights* (2018).

    The last step of each cycle, after which weights are averaged, has ``alpha2``.
    """
    first = np.multiply(alpha1, (cycle - 1) / cycle) + np.divide(alpha2, cycle)
    return linear(first, alpha2, cycle - 1).then(linear(alpha2, alpha2, 1)).repeat()


@preset(
    differences="Where the triangle's line falls below 0 the formula is negative; here 0 is held."
)
def slanted_triangular(lr: Rate, total: Span, cut_frac: Share = 0.1, ratio: Ratio = 32) -> Schedule:
    """``lr * (1 + p*(ratio - 1))/ratio``, p rising in a line to 1 at ``cut = floor(total *
    cut_frac)`` and falling to 0.

    Howard & Ruder, *Universal Language Model Fine-tuning for Text Classification* (2018). p is 0
    again at ``cut/cut_frac``.
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
    """``lr * (1 - p)^(2*beta - 1)``, after a warmup and a stable rate; beta above 1/2.

    Li et al., the optimal schedules under functional scaling laws, arXiv 2602.06797 (2026).
    """
    if beta <= 0.5:
        raise ArgumentError(f"beta must be above 1/2, got {beta}")
    kept = linear(0.0, lr, warmup).then(linear(lr, lr, stable))
    return kept.then(polynomial(lr, 0.0, decay, power=2 * beta - 1))


@preset()
def deepseek_multi_step(lr: Rate, total: Span, warmup: Count = 2000) -> Schedule:
    """A line to ``lr``, ``0.316*lr`` from 80 % of ``total`` on, ``0.1*lr`` from 90 %: *DeepSeek
    LLM* (2024).
    """
    starts = [max(ceil(fraction(share) * total), warmup) for share in (0.8, 0.9)]
    levels = [constant(np.multiply(lr, factor)) for factor in (0.316, 0.1)]
    return join([linear(0.0, lr, warmup), *levels], starts)


@preset()
def chebyshev(lr: Rate, steps: Tabled, small_m: Ratio = 0.05, big_m: Ratio = 1.0) -> Schedule:
    """``lr / (C - R*cos(pi*(k + 1/2)/steps))``, the k in fractal order repeatedly: Agarwal, Goel &
    Zhang (2021).

    C is half the sum of ``big_m`` and ``small_m``, R half the difference. ``steps`` is a power of
    2.
    """
    if steps & (steps - 1) or small_m > big_m:
        raise ArgumentError(
            f"steps must be a power of 2, small_m at most big_m, got {steps}, {small_m}, {big_m}"
        )
    table = 1.0 / ((big_m + small_m) / 2 - (big_m - small_m) / 2 * fractal_cosines(steps, steps))
    rates = np.asarray(lr)[..., np.newaxis] * table
    held = linear(rates[..., -1], rates[..., -1], 1)
    return join([sampled(rates), held], [steps - 1]).with_past_end("repeat")


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
