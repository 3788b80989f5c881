"""The shapes, one constructor each.

The clock is the same for all: steps are integers from 0, ``s(0)`` is the rate of the first update.
A piece of ``steps=n`` has ``init`` at step 0 and reaches ``end`` at step n, the first step after
it, and holds it from there on; with ``steps=0`` it vanishes. Parameters are numbers or arrays that
broadcast to the batch shape. Rates are finite and at least 0, in whatever unit the optimizer takes;
lengths (``steps``, ``warmup``, ``every``, ``period``) are whole steps; a *factor* multiplies a
rate.

Every constructor raises ``TypeError`` or ``ValueError`` for an argument that breaks its rule,
naming the parameter, the rule and the value. All rates are float64, within 2 ulp of the formula in
real numbers on every step and at every power, from 1e-3 to 1e3, but for rates below 1e-290 or below
1e-290 of their curve's higher level (docs/accuracy.md).
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import (
    Amount,
    Boundaries,
    Factor,
    Flag,
    Gamma,
    Growth,
    Names,
    Period,
    Positive,
    Power,
    Rate,
    Rates,
    Real,
    Steps,
    Unit,
    short_repr,
)
from fastlr.program import double_double, tree
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.algebra import add, join_parts, repeat_with_floor
from fastlr.schedule.plans import Cooldown, cooldown_node
from fastlr.schedule.schedule import Schedule, curve_schedule, from_node
from fastlr.schedule.value import constructor

__all__ = [
    "affine_exponential",
    "constant",
    "cosine",
    "cosine_restarts",
    "cyclic",
    "eden",
    "exponential",
    "exponential_decay",
    "inverse_power",
    "inverse_sqrt",
    "inverse_time",
    "join",
    "linear",
    "logarithmic",
    "milestones",
    "noam",
    "one_cycle",
    "piecewise_constant",
    "polynomial",
    "rex",
    "sampled",
    "stack",
    "step_decay",
    "tanh",
    "warmup_constant",
    "warmup_cosine",
    "warmup_linear",
    "wsd",
]


@constructor
def constant(value: Rate) -> Schedule:
    """``value`` at every step; it never ends.

    >>> constant(3e-4)(10**15)
    0.0003
    """
    return curve_schedule("constant", None, value, value=value)


# -- from one level to another ---------------------------------------------------------------------


@constructor
def linear(init: Rate, end: Rate, steps: Steps) -> Schedule:
    """A straight line: ``init + (end - init) * t/steps``, then ``end``.

    >>> linear(0.0, 1.0, steps=4).table(6)
    array([0.  , 0.25, 0.5 , 0.75, 1.  , 1.  ])
    """
    return from_node(cooldown_node("linear", init, end, steps, "linear", 1.0))


@constructor
def polynomial(
    init: Rate, end: Rate, steps: Steps, power: Power = 2.0, origin: Literal["end", "start"] = "end"
) -> Schedule:
    """``end + (init - end) * (1 - t/steps)^power``, then ``end``; power from 1e-3 to 1e3.

    After TensorFlow's ``polynomial_decay`` (2016). It may rise as well as fall. ``power=1`` is a
    line, 0.5 the "sqrt" cooldown. With ``origin="start"`` the power is that of what has gone, not
    of what remains: ``init + (end - init) * (t/steps)^power``, as the burn-in of Darknet, Redmon &
    Farhadi's *YOLO9000* (2017), rises with power 4; falling with 0.5 it is "1-sqrt".

    >>> polynomial(1.0, 0.0, steps=4, power=2.0).table(5)
    array([1.    , 0.5625, 0.25  , 0.0625, 0.    ])
    >>> polynomial(0.0, 1.0, steps=2, power=4.0, origin="start").table(4)
    array([0.    , 0.0625, 1.    , 1.    ])
    """
    top, from_start = np.maximum(init, end), origin == "start"
    return curve_schedule(
        "polynomial",
        steps,
        top,
        init=init,
        end=end,
        steps=steps,
        power=power,
        from_start=from_start,
    )


@constructor
def cosine(init: Rate, end: Rate, steps: Steps, exponent: Power = 1.0, k: Power = 1.0) -> Schedule:
    """Half a cosine wave: ``end + (init - end) * ((1 + cos(pi * (t/steps)^k)) / 2)^exponent``, then
    ``end``.

    Loshchilov & Hutter, *SGDR* (2017), one period of it. ``exponent`` raises the weight to a power
    (an option of optax's), ``k`` bends the clock (k-decay: Zhang & Li, 2020), both from 1e-3 to
    1e3. Evaluated as ``sin^2`` from the nearer end, so that the last steps before a small ``end``
    keep all their digits.

    >>> cosine(1.0, 0.0, steps=4)(2), cosine(1.0, 0.0, steps=4)(4)
    (0.5, 0.0)
    """
    return curve_schedule(
        "cosine",
        steps,
        np.maximum(init, end),
        init=init,
        end=end,
        steps=steps,
        exponent=exponent,
        k=k,
    )


@constructor
def exponential(init: Amount, end: Amount, steps: Steps) -> Schedule:
    """Equal ratios: ``init * (end/init)^(t/steps)``, then ``end``; both levels above 0.

    The range test of Smith, *Cyclical Learning Rates* (2017), is ``exponential(1e-7, 1.0, steps)``.

    >>> exponential(1.0, 0.01, steps=2).table(4)
    array([1.  , 0.1 , 0.01, 0.01])
    """
    return curve_schedule(
        "exponential", steps, np.maximum(init, end), init=init, end=end, steps=steps
    )


@constructor
def affine_exponential(init: Rate, end: Rate, steps: Steps, ratio: Positive = 0.5) -> Schedule:
    """``end + (init - end) * (ratio^p - ratio) / (1 - ratio)``, ``p = t/steps``, then ``end``;
    ratio from 1e-18 to 1e18.

    An exponential, shifted and stretched to meet both levels, either of which may be 0. With a
    ratio below 1 it is fast first and then slow, as a ramp that saturates; with one above 1 slow
    first; with 1 it is a line. With 1/2 it is ``2 * (1/2)^p - 1``, the "exponential" decay that
    ends a WSD run in Megatron-LM (Shoeybi et al., 2019).

    >>> affine_exponential(1.0, 0.0, steps=2, ratio=0.25).table(4)
    array([1.        , 0.33333333, 0.        , 0.        ])
    """
    return curve_schedule(
        "affine_exponential",
        steps,
        np.maximum(init, end),
        init=init,
        end=end,
        steps=steps,
        ratio=ratio,
    )


@constructor
def logarithmic(init: Rate, end: Rate, steps: Steps) -> Schedule:
    """``init + (end - init) * ln(1 + t)/ln(1 + steps)``, then ``end``: fast first and then ever
    slower.

    The "log" warm-up of DeepSpeed (Rasley et al., 2020), which is ``logarithmic(low, peak, warmup -
    1)``.

    >>> logarithmic(0.0, 1.0, steps=3).table(5)
    array([0.        , 0.5       , 0.79248125, 1.        , 1.        ])
    """
    return curve_schedule(
        "logarithmic", steps, np.maximum(init, end), init=init, end=end, steps=steps
    )


@constructor
def rex(init: Rate, end: Rate, steps: Steps, beta: Unit = 0.5) -> Schedule:
    """``end + (init - end) * (1 - p)/(1 - beta*p)``, ``p = t/steps``, then ``end``; beta from 0 (a
    line) to below 1.

    Chen, Wolfe & Kyrillidis, *REX: Revisiting Budgeted Training with an Improved Schedule* (2022),
    where beta is 1/2.

    >>> rex(1.0, 0.0, steps=3)(1)
    0.8
    """
    return curve_schedule(
        "rex", steps, np.maximum(init, end), init=init, end=end, steps=steps, beta=beta
    )


@constructor
def tanh(init: Rate, end: Rate, steps: Steps, lower: Real = -6.0, upper: Real = 3.0) -> Schedule:
    """``end + (init - end) * (1 - tanh(lower + (upper - lower) * t/steps)) / 2``, then ``end``;
    ``lower < upper``.

    Hsueh, Li & Wu, *Stochastic Gradient Descent with Hyperbolic-Tangent Decay on Classification*
    (2019). By its formula the curve begins a little inside ``init`` (a relative 6e-6 for
    ``lower=-6``) and steps to ``end`` at the end (from 0.0025 above, of a height of 1, for
    ``upper=3``).

    >>> tanh(1.0, 0.0, steps=9)(6), tanh(1.0, 0.0, steps=9)(9)
    (0.5, 0.0)
    """
    if (
        np.any(np.asarray(lower) >= np.asarray(upper))
        or np.any(np.abs(lower) > 300)
        or np.any(np.abs(upper) > 300)
    ):
        raise ValueError(
            "tanh: lower must be below upper, both from -300 to 300, got "
            f"lower={short_repr(lower)}, upper={short_repr(upper)}"
        )
    return curve_schedule(
        "tanh",
        steps,
        np.maximum(init, end),
        init=init,
        end=end,
        steps=steps,
        lower=lower,
        upper=upper,
    )


# -- decay without an end --------------------------------------------------------------------------


@constructor
def exponential_decay(
    init: Rate,
    rate: Rate | None = None,
    gamma: Gamma | None = None,
    every: Period = 1,
    staircase: Flag = False,
) -> Schedule:
    """``init * exp(-rate * t)``, or ``init * gamma^(t/every)``, with ``floor(t/every)`` if
    ``staircase``; it never ends.

    Give ``rate`` (per step, at least 0) or ``gamma`` (a factor per ``every`` steps, above 0, at
    most 1), not both. Far out the rate passes through the subnormal numbers to 0.0. The logarithm
    of ``gamma`` is kept in two words, so that the rate is exact at step 2^53 too.

    >>> exponential_decay(0.1, gamma=0.5, every=10).table(0, 30, 10)
    array([0.1  , 0.05 , 0.025])
    """
    if (rate is None) == (gamma is None):
        raise ValueError(
            "exponential_decay: give one of rate and gamma, got "
            f"rate={short_repr(rate)}, gamma={short_repr(gamma)}"
        )
    if rate is not None:
        if staircase or np.any(np.asarray(every) != 1):
            raise ValueError(
                "exponential_decay: every and staircase must go with gamma, got "
                f"rate={short_repr(rate)}, "
                f"every={short_repr(every)}, {staircase=}"
            )
        return curve_schedule("natural", None, init, init=init, rate=rate)
    if gamma is not None and staircase:
        return step_decay(init, gamma, every)
    return curve_schedule(
        "geometric_decay", None, init, init=init, gamma=np.asarray(gamma), every=every
    )


@constructor
def step_decay(init: Rate, factor: Factor, every: Period) -> Schedule:
    """``init * factor^floor(t/every)``: multiplied by ``factor`` (0 to 1) every so many steps; it
    never ends.

    >>> step_decay(0.1, 0.5, every=2).table(6)
    array([0.1  , 0.1  , 0.05 , 0.05 , 0.025, 0.025])
    """
    return curve_schedule("staircase", None, init, init=init, factor=factor, every=every)


@constructor
def inverse_time(init: Rate, rate: Rate, every: Period = 1, power: Power = 1.0) -> Schedule:
    """``init / (1 + rate * t/every)^power``; it never ends; power from 1e-3 to 1e3.

    With ``power=1`` Robbins & Monro's condition (1951) holds for it; ``InverseTimeDecay`` in Keras.
    With a power it is the "inv" policy of Jia et al., *Caffe: Convolutional Architecture for Fast
    Feature Embedding* (2014).

    >>> inverse_time(1.0, rate=0.5).table(4)
    array([1.        , 0.66666667, 0.5       , 0.4       ])
    >>> inverse_time(0.01, rate=1e-4, power=0.75)(150_000)
    0.00125
    """
    unit = np.asarray(every, dtype=np.float64)
    return curve_schedule(
        "inverse", None, init, init=init, gain=rate, shift=unit, unit=unit, power=power
    )


@constructor
def inverse_power(init: Rate, power: Power, shift: Period = 1) -> Schedule:
    """``init * ((t + shift)/shift)^-power``: ``init`` at step 0, falling like ``t^-power`` beyond
    ``shift`` steps; it never ends.

    The power is from 1e-3 to 1e3.

    >>> inverse_power(1.0, power=2.0, shift=10)(10)
    0.25
    """
    unit = np.asarray(shift, dtype=np.float64)
    return curve_schedule(
        "inverse", None, init, init=init, gain=1.0, shift=unit, unit=unit, power=power
    )


@constructor
def eden(init: Rate, width: Positive, power: Power = 0.25) -> Schedule:
    """``init * (1 + (t/width)^2)^-power``: flat at first, then like ``t^(-2*power)`` beyond
    ``width`` steps; it never ends.

    The power is from 1e-3 to 1e3.

    Yao et al., *Zipformer: A Faster and Better Encoder for Automatic Speech Recognition* (2023),
    whose Eden is two of them, ``eden(peak, 5_000) * eden(1.0, 3.5).staircase(every)``, the second
    counted in epochs of ``every`` steps, and a warm-up.

    >>> eden(1.0, width=3.0, power=0.5)(4)
    0.6
    """
    return curve_schedule("eden", None, init, init=init, width=width, power=power)


@constructor
def inverse_sqrt(peak: Rate, warmup: Period, init: Rate = 0.0) -> Schedule:
    """A line from ``init`` to ``peak`` in ``warmup`` steps, then ``peak * sqrt(warmup/t)``; it
    never ends.

    After Vaswani et al., *Attention Is All You Need* (2017), as fairseq and T5 give it: by its
    peak.

    >>> inverse_sqrt(1.0, warmup=100)(50), inverse_sqrt(1.0, warmup=100)(400)
    (0.5, 0.5)
    """
    return linear(init, peak, warmup).then(inverse_power(peak, 0.5, warmup))


@constructor
def noam(width: Period, warmup: Period, factor: Rate = 1.0) -> Schedule:
    """``factor * width^-0.5 * min(n^-0.5, n * warmup^-1.5)``, ``n = t + 1`` the update's number; it
    never ends.

    Vaswani et al., *Attention Is All You Need* (2017), section 5.3, where updates are numbered from
    1: the peak is ``factor / sqrt(width * warmup)``, at step ``warmup - 1``.

    >>> noam(width=512, warmup=4000)(3999)
    0.0006987712429686843
    """
    product = np.asarray(width, dtype=np.float64) * np.asarray(warmup)
    peak = double_double.divide(
        double_double.pair(factor), double_double.sqrt(double_double.pair(product))
    )
    first = double_double.divide(peak, double_double.pair(warmup))[0]
    gain = np.asarray(width, dtype=np.float64)
    decay = curve_schedule(
        "inverse", None, peak[0], init=peak[0], gain=gain, shift=product, unit=product, power=0.5
    )
    return join_parts(
        [linear(first, peak[0], np.asarray(warmup) - 1), decay], [0, np.asarray(warmup) - 1]
    )


# -- steps at given places -------------------------------------------------------------------------


@constructor
def piecewise_constant(values: Rates, boundaries: Boundaries) -> Schedule:
    """``values[i]`` where ``boundaries[i-1] <= t < boundaries[i]``: one value more than boundaries,
    which rise strictly.

    The last axis of both counts the pieces; axes before it are batch axes. A boundary is the first
    step of the new value.

    >>> piecewise_constant([0.1, 0.01, 0.001], [2, 4]).table(6)
    array([0.1  , 0.1  , 0.01 , 0.01 , 0.001, 0.001])
    """
    levels, starts = np.asarray(values), np.asarray(boundaries)
    if levels.shape[-1] != starts.shape[-1] + 1:
        raise ValueError(
            "piecewise_constant: values must be one more than boundaries, "
            f"got {levels.shape[-1]} values and {starts.shape[-1]} boundaries"
        )
    _check_rising("piecewise_constant: boundaries", starts)
    parts = [constant(levels[..., i]) for i in range(levels.shape[-1])]
    return join_parts(parts, [0, *np.moveaxis(starts, -1, 0)])


@constructor
def milestones(init: Rate, factor: Factor, at: Boundaries) -> Schedule:
    """``init * factor^i``, i the number of milestones ``at`` that are at or before t; they rise
    strictly.

    PyTorch's ``MultiStepLR``. Each level is rounded once from the exact product.

    >>> milestones(0.1, 0.1, at=[30, 60]).table(0, 90, 30)
    array([0.1  , 0.01 , 0.001])
    """
    starts = np.asarray(at)
    _check_rising("milestones: at", starts)
    scales = double_double.powers(factor, starts.shape[-1] + 1)
    parts = [
        constant(double_double.multiply(double_double.pair(init), scale)[0]) for scale in scales
    ]
    return join_parts(parts, [0, *np.moveaxis(starts, -1, 0)])


@constructor
def sampled(values: Rates, every: Period = 1, interpolate: Flag = False) -> Schedule:
    """A table: ``values[i]`` from step ``i * every`` on, held, or joined by lines if
    ``interpolate``; the last is held for ever.

    The last axis counts the samples; axes before it are batch axes.

    >>> sampled([1.0, 0.0], every=2).table(4), sampled([1.0, 0.0], every=2, interpolate=True).table(4)
    (array([1., 1., 0., 0.]), array([1. , 0.5, 0. , 0. ]))
    """
    table = np.asarray(values, dtype=np.float64)
    lanes = np.broadcast_shapes(table.shape[:-1], np.shape(every)) if table.ndim > 1 else ()
    table = np.broadcast_to(table, (*lanes, table.shape[-1]))
    steps = np.asarray(every) * (table.shape[-1] - 1)
    if np.any(np.asarray(every) > LAST_STEP // max(1, table.shape[-1] - 1)):
        raise ValueError(
            f"sampled: the table must end by step 2**53, got {table.shape[-1]} values, "
            f"every={short_repr(every)}"
        )
    return curve_schedule(
        "sampled", steps, table.max(axis=-1), samples=table, every=every, joined=interpolate
    )


# -- cycles ----------------------------------------------------------------------------------------


@constructor
def cyclic(
    low: Rate,
    high: Rate,
    up: Steps,
    down: Steps | None = None,
    mode: Literal["triangular", "triangular2", "exp_range", "cosine"] = "triangular",
    gamma: Gamma = 1.0,
    inverse: Flag = False,
) -> Schedule:
    """``low`` at step 0, ``high`` at ``up``, ``low`` again at ``up + down`` (``down = up`` if not
    given), for ever.

    Smith, *Cyclical Learning Rates for Training Neural Networks* (2017). ``"triangular"`` goes in
    lines; ``"triangular2"`` halves the height above ``low`` each cycle; ``"exp_range"`` multiplies
    it by ``gamma^t``; ``"cosine"`` goes in half waves. ``gamma`` is for ``"exp_range"`` alone.
    ``inverse`` mirrors it, as a momentum goes: ``high`` at step 0, ``low`` at ``up``; not for
    ``"exp_range"``. Needs ``low <= high`` and ``up + down >= 1``; with ``up=0`` or ``down=0`` it is
    a saw.

    >>> cyclic(0.1, 0.5, up=2).table(6)
    array([0.1, 0.3, 0.5, 0.3, 0.1, 0.3])
    """
    fall = up if down is None else down
    _check_cycle(low, high, up, fall, mode, gamma)
    if inverse:
        if mode == "exp_range":
            raise ValueError(f"cyclic: inverse must go with another mode, got mode={mode!r}")
        return _wave(mode, high, low, up, fall)
    if mode == "exp_range":
        wave = _wave(mode, 0.0, 1.0, up, fall) * exponential_decay(1.0, gamma=gamma)
        return add(wave * np.subtract(high, low), low).minimum(high)
    return _wave(mode, low, high, up, fall)


@constructor
def cosine_restarts(
    init: Rate, end: Rate, period: Period, stretch: Growth = 1.0, scale: Factor = 1.0
) -> Schedule:
    """Half a cosine wave from ``init`` towards ``end`` in ``period`` steps, again and again, for
    ever.

    Loshchilov & Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts* (2017). Each period
    is ``stretch`` times as long as the last, its height above ``end`` ``scale`` times: period i
    begins at ``round(period * (1 + stretch + ... + stretch^(i-1)))``. A last one of more than 2^53
    steps, the whole range, is rounded to float64.

    >>> cosine_restarts(1.0, 0.0, period=2, stretch=2.0, scale=0.5).table(6)
    array([1.       , 0.5      , 0.5      , 0.4267767, 0.25     , 0.0732233])
    """
    return repeat_with_floor(
        "cosine_restarts", cosine(init, end, period), None, scale, stretch, end
    )


@constructor
def one_cycle(
    peak: Rate,
    steps: Steps,
    warmup: Steps | None = None,
    init: Rate | None = None,
    end: Rate | None = None,
    shape: Literal["cosine", "linear"] = "cosine",
    phases: Literal[2, 3] = 2,
) -> Schedule:
    """From ``init`` to ``peak`` in ``warmup`` steps, and down to ``end`` at ``steps``.

    Smith & Topin, *Super-Convergence* (2018). With ``phases=3`` it falls to ``init`` in as many
    steps as it rose, then on to ``end`` (the paper's form); with 2, at once to ``end``. If not
    given, ``warmup`` is ``round(0.3 * steps)``, ``init`` is ``peak/25`` and ``end`` is
    ``init/10,000``.

    >>> s = one_cycle(1.0, steps=100)
    >>> s(0), s(30), s(100)
    (0.04, 1.0, 4e-06)
    """
    whole = np.asarray(steps)
    rise = np.rint(0.3 * whole).astype(np.int64) if warmup is None else np.asarray(warmup)
    first = np.asarray(peak) / 25.0 if init is None else np.asarray(init)
    last = first / 10_000.0 if end is None else np.asarray(end)
    falls = [rise] if phases == 3 else []
    if np.any(rise * (1 + len(falls)) > whole):
        raise ValueError(
            f"one_cycle: steps must hold the rise{' and the fall' * len(falls)}, got "
            f"steps={short_repr(steps)}, warmup={short_repr(rise)}"
        )
    curve = cosine if shape == "cosine" else linear
    parts = [curve(first, peak, rise), *(curve(peak, first, fall) for fall in falls)]
    done = rise * len(parts)
    parts.append(curve(first if falls else peak, last, whole - done))
    return join_parts(parts, [rise * i for i in range(len(parts))])


# -- warm-up, and what follows ---------------------------------------------------------------------


@constructor
def warmup_constant(peak: Rate, warmup: Steps, init: Rate = 0.0) -> Schedule:
    """A line from ``init`` to ``peak`` in ``warmup`` steps, then ``peak``.

    >>> warmup_constant(1.0, warmup=4).table(6)
    array([0.  , 0.25, 0.5 , 0.75, 1.  , 1.  ])
    """
    return linear(init, peak, warmup)


@constructor
def warmup_linear(
    peak: Rate, warmup: Steps, steps: Steps, end: Rate = 0.0, init: Rate = 0.0
) -> Schedule:
    """A line from ``init`` to ``peak`` in ``warmup`` steps, then a line to ``end`` at ``steps``,
    warm-up included.

    Devlin et al., *BERT* (2019).

    >>> warmup_linear(1.0, warmup=2, steps=6).table(7)
    array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """
    return linear(init, peak, warmup).then(
        linear(peak, end, _after("warmup_linear", warmup, steps))
    )


@constructor
def warmup_cosine(
    peak: Rate, warmup: Steps, steps: Steps, end: Rate = 0.0, init: Rate = 0.0
) -> Schedule:
    """A line from ``init`` to ``peak`` in ``warmup`` steps, then half a cosine wave to ``end`` at
    ``steps``, warm-up included.

    Brown et al., *Language Models are Few-Shot Learners* (2020), and most language models since.

    >>> s = warmup_cosine(6e-4, warmup=2_000, steps=600_000, end=6e-5)
    >>> s(1_000), s(2_000), s(600_000)
    (0.0003, 0.0006, 6e-05)
    """
    return linear(init, peak, warmup).then(
        cosine(peak, end, _after("warmup_cosine", warmup, steps))
    )


@constructor
def wsd(
    peak: Rate,
    warmup: Steps,
    stable: Steps,
    cooldown: Steps,
    end: Rate = 0.0,
    init: Rate = 0.0,
    shape: Cooldown = "linear",
    power: Power = 2.0,
) -> Schedule:
    """Warm-up, stable, decay: a line from ``init`` to ``peak``, ``peak`` for ``stable`` steps, then
    to ``end`` in ``cooldown``.

    Hu et al., *MiniCPM* (2024); the shapes of the cooldown, with p its progress, after Hagele et
    al., *Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations* (2024). The
    weight of ``peak`` is:

    - ``"linear"``: ``1 - p``;  ``"cosine"``: ``(1 + cos(pi*p))/2``;  ``"1-sqrt"``: ``1 - sqrt(p)``;  ``"sqrt"``: ``sqrt(1 - p)``
    - ``"polynomial"``: ``(1 - p)^power``;  ``"exponential"``: the rate is ``peak * (end/peak)^p``, and ``end`` above 0

    >>> s = wsd(1.0, warmup=10, stable=80, cooldown=10, shape="1-sqrt")
    >>> s(5), s(90), round(s(95), 4), s(100)
    (0.5, 1.0, 0.2929, 0.0)
    """
    begin = np.asarray(warmup) + np.asarray(stable)
    down = from_node(cooldown_node("wsd", peak, end, cooldown, shape, power))
    return join_parts([linear(init, peak, warmup), constant(peak), down], [0, warmup, begin])


# -- putting together ------------------------------------------------------------------------------


@constructor
def join(parts: Sequence[Schedule], at: Boundaries) -> Schedule:
    """``parts[0]`` from step 0, ``parts[i]`` from step ``at[i-1]`` on its own clock; each is cut
    off where the next begins.

    One part more than steps ``at``, which never fall; a part between two equal ones vanishes.

    >>> join([constant(1.0), linear(1.0, 0.0, steps=2)], at=[3]).table(6)
    array([1. , 1. , 1. , 1. , 0.5, 0. ])
    """
    starts = np.asarray(at)
    if len(parts) != starts.shape[-1] + 1:
        raise ValueError(
            f"join: parts must be one more than at, got {len(parts)} parts and "
            f"{starts.shape[-1]} steps"
        )
    if np.any(np.diff(starts, axis=-1) < 0):
        raise ValueError(f"join: at must never fall, got {short_repr(starts)}")
    return join_parts(parts, [0, *np.moveaxis(starts, -1, 0)])


@constructor
def stack(
    schedules: Sequence[Schedule] | Mapping[str, Schedule], names: Names | None = None
) -> Schedule:
    """Schedules of one batch shape side by side along a new first batch axis, whatever their shapes
    of curve.

    A mapping, or ``names``, gives them names, as the groups of an optimizer have:
    ``groups["head"]`` is one of them, ``groups.row(t)`` the rate of each by name. Products, sums,
    clips and joins of groups keep the names.

    >>> both = stack([constant(1.0), linear(1.0, 0.0, steps=10)])
    >>> both.shape, both(5)
    ((2,), array([1. , 0.5]))
    >>> groups = stack({"body": linear(1.0, 0.0, steps=10), "head": constant(0.3)}).maximum(0.2)
    >>> groups.row(9)
    {'body': 0.2, 'head': 0.3}
    """
    assert not isinstance(schedules, Mapping)  # which has been taken apart by now
    labels = None if names is None else tuple(map(str, names))
    called = tuple(map(str, range(len(schedules)))) if labels is None else labels
    if len(called) != len(schedules):
        raise ValueError(
            f"stack: names must be as many as schedules, got {len(called)} names for "
            f"{len(schedules)} schedules"
        )
    for what in ("shape", "past_end"):
        found = {
            repr(getattr(schedule, what)): name
            for name, schedule in zip(called, schedules, strict=True)
        }
        if len(found) > 1:
            detail = ", ".join(f"{value} ({name})" for value, name in sorted(found.items()))
            raise ValueError(
                "stack: schedules must have the same "
                f"{'batch ' * (what == 'shape')}{what}, got {detail}"
            )
    return from_node(
        tree.stack(tuple(schedule._node for schedule in schedules), labels), schedules[0].past_end
    )


def _wave(
    mode: str, low: npt.ArrayLike, high: npt.ArrayLike, up: npt.ArrayLike, down: npt.ArrayLike
) -> Schedule:
    """Up and down again, for ever."""
    curve = cosine if mode == "cosine" else linear
    cycle = curve(low, high, up).then(curve(high, low, down))
    return repeat_with_floor("cyclic", cycle, None, 0.5 if mode == "triangular2" else 1.0, 1.0, low)


def _check_cycle(
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    up: npt.ArrayLike,
    down: npt.ArrayLike,
    mode: str,
    gamma: npt.ArrayLike,
) -> None:
    if np.any(np.asarray(low) > np.asarray(high)):
        raise ValueError(
            f"cyclic: low must be at most high, got low={short_repr(low)}, high={short_repr(high)}"
        )
    length = np.asarray(up) + np.asarray(down)
    if np.any(length < 1) or np.any(length > LAST_STEP):
        raise ValueError(
            f"cyclic: up + down must be from 1 to 2**53, got up={short_repr(up)}, "
            f"down={short_repr(down)}"
        )
    if mode != "exp_range" and np.any(np.asarray(gamma) != 1):
        raise ValueError(
            f"cyclic: gamma must go with mode='exp_range', got mode={mode!r}, "
            f"gamma={short_repr(gamma)}"
        )


def _check_rising(where: str, starts: npt.NDArray[np.int64]) -> None:
    if np.any(np.diff(starts, axis=-1) <= 0):
        raise ValueError(f"{where} must rise strictly, got {short_repr(starts)}")


def _after(where: str, warmup: npt.ArrayLike, steps: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """What of ``steps`` is left after the warm-up."""
    left: npt.NDArray[np.int64] = np.asarray(steps) - np.asarray(warmup)
    if np.any(left < 0):
        raise ValueError(
            f"{where}: steps must hold the warm-up, got steps={short_repr(steps)}, "
            f"warmup={short_repr(warmup)}"
        )
    return left
