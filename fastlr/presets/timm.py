"""timm's schedulers, ``timm.scheduler``, as of timm 1.0.31 (2026).

Step t is the argument of ``step(epoch)`` or ``step_update(num_updates)``; the rate is the one after
that call. Step 0 has the rate that the constructor sets, without noise. For the ``lr_scale`` of a
group, multiply: ``schedule * lr_scale``. Rates are in double precision.

``noise_range_t`` is the first step with noise and the first without, such as (30, 60). If it is the
first alone, ``noise_until`` says how far fastlr tabulates the noise. The noise is timm's own, bit
for bit: what PyTorch's generator gives for the seed ``noise_seed + t``.

>>> CosineLRScheduler(0.5, t_initial=4, warmup_t=2, warmup_prefix=True).table(6)
array([0.       , 0.25     , 0.5      , 0.4267767, 0.25     , 0.0732233])
"""

from __future__ import annotations  # help() replaces rules in the text

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import islice
from math import ceil, cos, log1p, pi, sin, sqrt
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import BelowOne, Flag, Floats, Number, Rate, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import cycles, fraction, geometric, in_ticks, rate_at
from fastlr.presets._rules import (
    ArgumentError,
    Count,
    Curve,
    Duration,
    Integer,
    Level,
    Marks,
    Real,
    Span,
    named,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import (
    affine_exponential,
    constant,
    cosine,
    inverse_time,
    join,
    linear,
    polynomial,
    sampled,
    tanh,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "SCHEDULERS",
    "CosineLRScheduler",
    "MultiStepLRScheduler",
    "PlateauLRScheduler",
    "PolyLRScheduler",
    "StepLRScheduler",
    "TanhLRScheduler",
    "WSDLRScheduler",
    "create_scheduler_v2",
    "noise",
]

Rates = npt.NDArray[np.float64]

_MOST_DRAWS = 100_000
_MOST_RATES = 10_000_000


def _noise_range(where: str, value: object) -> object:
    rule = Number(
        "a step, or the first step with noise and the first without", 0.0, float(LAST_STEP)
    )
    given = value.tolist() if isinstance(value, np.ndarray) else value
    ends: Sequence[Any] = (
        given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    )
    found = [rule(where, end) for end in ends[:2]]
    if len(ends) not in (1, 2) or any(end.ndim for end in found):
        raise ValueError(f"{where} must be {rule.rule}, got {short_repr(value)}")
    return [end.item() for end in found]


NoiseRange = Annotated[Sequence[float], _noise_range]
Reach = Annotated[float, Number("a number above 0, at most 1", float(np.nextafter(0.0, 1.0)), 1.0)]
Exponent = Annotated[float, Number("a number from 1e-3 to 1e3", 1e-3, 1e3)]
Stretch = Annotated[float, Number("a number from 1 to 2**53", 1.0, float(LAST_STEP))]
Ratio = Annotated[
    float, Number("a number from 1e-18 to below 1", 1e-18, float(np.nextafter(1.0, 0.0)))
]

_RESTARTS = (
    "timm finds the cycle by a floating-point logarithm, and gives the end of the last cycle at "
    "some first steps; fastlr does not. cycle_mul below 1 is not supported."
)


@preset(differences=_RESTARTS)
def CosineLRScheduler(
    lr: Rate,
    t_initial: Span,
    lr_min: Rate = 0.0,
    cycle_mul: Stretch = 1.0,
    cycle_decay: Level = 1.0,
    cycle_limit: Span = 1,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = False,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    k_decay: Exponent = 1.0,
    noise_until: Count | None = None,
) -> Schedule:
    """Decay by half a cosine wave, once or in cycles.

    ``lr_min + (peak - lr_min) * (1 + cos(pi*(c/L)^k_decay))/2``, c steps into cycle i of ``L =
    t_initial * cycle_mul^i`` steps, with ``peak = lr * cycle_decay^i``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_initial : int or array of int
        The number of steps of the first cycle. At least 1.
    lr_min : float or array, default 0.0
        The lowest rate. At least 0.
    cycle_mul : float or array, default 1.0
        The factor of a cycle's length. At least 1.
    cycle_decay : float or array, default 1.0
        The factor of a cycle's peak. At least 0.
    cycle_limit : int or array of int, default 1
        The number of cycles, after which the end is held. At least 1.
    warmup_t : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    warmup_lr_init : float or array, default 0.0
        The rate at the start of the warmup. At least 0.
    warmup_prefix : bool, default False
        Whether the curve begins after the warmup, rather than under it.
    noise_range_t : sequence of float, optional
        The first step with noise and the first without, or the first alone. By default there is no
        noise.
    noise_pct : float or array, default 0.67
        The largest noise, as a share of the rate. Above 0, at most 1.
    noise_std : float or array, default 1.0
        The standard deviation of the noise. At least 0.
    noise_seed : int or array of int, default 42
        The seed of the noise.
    k_decay : float or array, default 1.0
        The power of the progress. From 1e-3 to 1e3.
    noise_until : int or array of int, optional
        The first step without noise if ``noise_range_t`` has none. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``noise_range_t`` is one number and ``noise_until`` is not given.

    Notes
    -----
    After ``cycle_limit`` cycles the rate is ``lr_min``. The warmup is a line from
    ``warmup_lr_init`` to ``lr``: it hides the first steps of the curve, or puts it off with
    ``warmup_prefix``.

    The noise is timm's own, bit for bit: a function of ``noise_seed + t``. There is none at step 0.

    timm finds the cycle by a floating-point logarithm, and returns the end of the last cycle at
    some first steps; fastlr does not. A ``cycle_mul`` below 1 is not supported.

    References
    ----------
    timm 1.0.31 (2026), ``timm.scheduler.CosineLRScheduler``. After Loshchilov & Hutter, *SGDR*
    (2017), and Zhang & Li, *k-decay* (2020).

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.presets.timm.CosineLRScheduler(1.0, t_initial=2, cycle_limit=2, cycle_decay=0.5)
    >>> s.table(6)
    array([1.  , 0.5 , 0.5 , 0.25, 0.  , 0.  ])
    """
    cycle = _Cycles(t_initial, cycle_mul, cycle_decay, cycle_limit)
    body = cycle.of(lambda peak: partial(cosine, peak, lr_min, k=k_decay), lr)
    warmed = _warmed(body, lr, warmup_t, warmup_lr_init, warmup_prefix)
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset(differences=_RESTARTS)
def TanhLRScheduler(
    lr: Rate,
    t_initial: Span,
    lb: Real = -7.0,
    ub: Real = 3.0,
    lr_min: Rate = 0.0,
    cycle_mul: Stretch = 1.0,
    cycle_decay: Level = 1.0,
    cycle_limit: Span = 1,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = False,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    noise_until: Count | None = None,
) -> Schedule:
    """Decay by a hyperbolic tangent, once or in cycles.

    ``lr_min + (peak - lr_min) * (1 - tanh(lb*(1 - c/L) + ub*c/L))/2``, c steps into cycle i of ``L
    = t_initial * cycle_mul^i`` steps, with ``peak = lr * cycle_decay^i``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_initial : int or array of int
        The number of steps of the first cycle. At least 1.
    lb : float or array, default -7.0
        The argument of tanh at the start of a cycle. From -300 to 300, below ``ub``.
    ub : float or array, default 3.0
        The argument of tanh at the end of a cycle. From -300 to 300.
    lr_min : float or array, default 0.0
        The lowest rate. At least 0.
    cycle_mul : float or array, default 1.0
        The factor of a cycle's length. At least 1.
    cycle_decay : float or array, default 1.0
        The factor of a cycle's peak. At least 0.
    cycle_limit : int or array of int, default 1
        The number of cycles, after which the end is held. At least 1.
    warmup_t : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    warmup_lr_init : float or array, default 0.0
        The rate at the start of the warmup. At least 0.
    warmup_prefix : bool, default False
        Whether the curve begins after the warmup, rather than under it.
    noise_range_t : sequence of float, optional
        The first step with noise and the first without, or the first alone. By default there is no
        noise.
    noise_pct : float or array, default 0.67
        The largest noise, as a share of the rate. Above 0, at most 1.
    noise_std : float or array, default 1.0
        The standard deviation of the noise. At least 0.
    noise_seed : int or array of int, default 42
        The seed of the noise.
    noise_until : int or array of int, optional
        The first step without noise if ``noise_range_t`` has none. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``lb`` is not below ``ub``, or one of them is beyond 300; if ``noise_range_t`` is one
        number and ``noise_until`` is not given.

    Notes
    -----
    The rate jumps to ``lr_min`` after ``cycle_limit`` cycles. At step 0 it is ``lr``, from which
    the curve begins a relative 1e-6 below. The warmup leads to where the curve is by then, or to
    ``lr`` with ``warmup_prefix``.

    The noise is timm's own, bit for bit: a function of ``noise_seed + t``. There is none at step 0.

    timm finds the cycle by a floating-point logarithm, and returns the end of the last cycle at
    some first steps; fastlr does not. A ``cycle_mul`` below 1 is not supported.

    References
    ----------
    timm 1.0.31 (2026), ``timm.scheduler.TanhLRScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.timm.TanhLRScheduler(1.0, t_initial=4).table(6).round(4)
    array([1.    , 0.9999, 0.982 , 0.2689, 0.    , 0.    ])
    """
    if lb >= ub or max(abs(lb), abs(ub)) > 300:
        raise ArgumentError(f"lb must be below ub, both from -300 to 300, got lb={lb!r}, ub={ub!r}")
    cycle = _Cycles(t_initial, cycle_mul, cycle_decay, cycle_limit)
    body = cycle.of(lambda peak: partial(tanh, peak, lr_min, lower=lb, upper=ub), lr)
    if warmup_t:
        target = lr if warmup_prefix else rate_at(body, warmup_t)
        warmed = _warmed(body, target, warmup_t, warmup_lr_init, warmup_prefix)
    else:
        warmed = join([constant(lr), body.skip(1)], [1])
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset(
    differences=_RESTARTS
    + " With both power and k_decay other than 1 the rates are a table, of up to 10,000,000 "
    "numbers."
)
def PolyLRScheduler(
    lr: Rate,
    t_initial: Span,
    power: Exponent = 0.5,
    lr_min: Rate = 0.0,
    cycle_mul: Stretch = 1.0,
    cycle_decay: Level = 1.0,
    cycle_limit: Span = 1,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = False,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    k_decay: Exponent = 1.0,
    noise_until: Count | None = None,
) -> Schedule:
    """Decay by a polynomial, once or in cycles.

    ``lr_min + (peak - lr_min) * (1 - (c/L)^k_decay)^power``, c steps into cycle i of ``L =
    t_initial * cycle_mul^i`` steps, with ``peak = lr * cycle_decay^i``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_initial : int or array of int
        The number of steps of the first cycle. At least 1.
    power : float or array, default 0.5
        The power of the decay. From 1e-3 to 1e3.
    lr_min : float or array, default 0.0
        The lowest rate. At least 0.
    cycle_mul : float or array, default 1.0
        The factor of a cycle's length. At least 1.
    cycle_decay : float or array, default 1.0
        The factor of a cycle's peak. At least 0.
    cycle_limit : int or array of int, default 1
        The number of cycles, after which the end is held. At least 1.
    warmup_t : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    warmup_lr_init : float or array, default 0.0
        The rate at the start of the warmup. At least 0.
    warmup_prefix : bool, default False
        Whether the curve begins after the warmup, rather than under it.
    noise_range_t : sequence of float, optional
        The first step with noise and the first without, or the first alone. By default there is no
        noise.
    noise_pct : float or array, default 0.67
        The largest noise, as a share of the rate. Above 0, at most 1.
    noise_std : float or array, default 1.0
        The standard deviation of the noise. At least 0.
    noise_seed : int or array of int, default 42
        The seed of the noise.
    k_decay : float or array, default 1.0
        The power of the progress. From 1e-3 to 1e3.
    noise_until : int or array of int, optional
        The first step without noise if ``noise_range_t`` has none. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``noise_range_t`` is one number and ``noise_until`` is not given; if a table would be too
        long.

    Notes
    -----
    After ``cycle_limit`` cycles the rate is ``lr_min``. The warmup is that of
    ``CosineLRScheduler``.

    If both ``power`` and ``k_decay`` are other than 1, fastlr tabulates the rates, at most
    10,000,000 of them.

    The noise is timm's own, bit for bit: a function of ``noise_seed + t``. There is none at step 0.

    timm finds the cycle by a floating-point logarithm, and returns the end of the last cycle at
    some first steps; fastlr does not. A ``cycle_mul`` below 1 is not supported.

    References
    ----------
    timm 1.0.31 (2026), ``timm.scheduler.PolyLRScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.timm.PolyLRScheduler(1.0, t_initial=4, power=1.0).table(6)
    array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
    """
    cycle = _Cycles(t_initial, cycle_mul, cycle_decay, cycle_limit)
    if k_decay == 1:
        body = cycle.of(lambda peak: partial(polynomial, peak, lr_min, power=power), lr)
    elif power == 1:
        body = cycle.of(
            lambda peak: partial(polynomial, peak, lr_min, power=k_decay, origin="start"), lr
        )
    else:
        body = cycle.looked_up(lambda p: (1.0 - p**k_decay) ** power, lr, lr_min)
    warmed = _warmed(body, lr, warmup_t, warmup_lr_init, warmup_prefix)
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset(
    differences="If decay_t is no binary fraction, timm's division can reduce the rate a step "
    "early or late; fastlr is exact."
)
def StepLRScheduler(
    lr: Rate,
    decay_t: Duration,
    decay_rate: Level = 1.0,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = True,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    noise_until: Count | None = None,
) -> Schedule:
    """Multiply the rate by a factor every ``decay_t`` steps.

    ``lr * decay_rate^floor(t/decay_t)`` after the warmup

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    decay_t : float or array
        The number of steps between two drops, such as 2.4. Above 0; it may be a fraction.
    decay_rate : float or array, default 1.0
        The factor per drop. At least 0.
    warmup_t : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    warmup_lr_init : float or array, default 0.0
        The rate at the start of the warmup. At least 0.
    warmup_prefix : bool, default True
        Whether the curve begins after the warmup, rather than under it.
    noise_range_t : sequence of float, optional
        The first step with noise and the first without, or the first alone. By default there is no
        noise.
    noise_pct : float or array, default 0.67
        The largest noise, as a share of the rate. Above 0, at most 1.
    noise_std : float or array, default 1.0
        The standard deviation of the noise. At least 0.
    noise_seed : int or array of int, default 42
        The seed of the noise.
    noise_until : int or array of int, optional
        The first step without noise if ``noise_range_t`` has none. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``noise_range_t`` is one number and ``noise_until`` is not given.

    Notes
    -----
    The schedule never ends. By default the curve begins after the warmup.

    If ``decay_t`` is no binary fraction, timm's division may put a drop a step early or late; in
    fastlr it is exact.

    The noise is timm's own, bit for bit: a function of ``noise_seed + t``. There is none at step 0.

    References
    ----------
    timm 1.0.31 (2026), ``timm.scheduler.StepLRScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.timm.StepLRScheduler(1.0, decay_t=1.5, decay_rate=0.5).table(4)
    array([1.  , 1.  , 0.5 , 0.25])
    """
    every = fraction(decay_t)
    body = in_ticks(
        lambda ticks: geometric(lr, decay_rate, ticks, staircase=True), every, reach=10_000 * every
    )
    warmed = _warmed(body, lr, warmup_t, warmup_lr_init, warmup_prefix)
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset()
def MultiStepLRScheduler(
    lr: Rate,
    decay_t: Marks,
    decay_rate: Level = 1.0,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = True,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    noise_until: Count | None = None,
) -> Schedule:
    """Multiply the rate by a factor one step before each milestone.

    ``lr * decay_rate^i``, with i the number of ``decay_t`` that are at most ``t + 1``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    decay_t : sequence of int
        The milestones, in any order.
    decay_rate : float or array, default 1.0
        The factor per drop. At least 0.
    warmup_t : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    warmup_lr_init : float or array, default 0.0
        The rate at the start of the warmup. At least 0.
    warmup_prefix : bool, default True
        Whether the curve begins after the warmup, rather than under it.
    noise_range_t : sequence of float, optional
        The first step with noise and the first without, or the first alone. By default there is no
        noise.
    noise_pct : float or array, default 0.67
        The largest noise, as a share of the rate. Above 0, at most 1.
    noise_std : float or array, default 1.0
        The standard deviation of the noise. At least 0.
    noise_seed : int or array of int, default 42
        The seed of the noise.
    noise_until : int or array of int, optional
        The first step without noise if ``noise_range_t`` has none. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``noise_range_t`` is one number and ``noise_until`` is not given.

    Notes
    -----
    A drop comes one step before its milestone, as in timm. The rate at step 0, which the
    constructor sets, is ``lr`` all the same. By default the milestones count after the warmup.

    The noise is timm's own, bit for bit: a function of ``noise_seed + t``. There is none at step 0.

    References
    ----------
    timm 1.0.31 (2026), ``timm.scheduler.MultiStepLRScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.timm.MultiStepLRScheduler(1.0, decay_t=[2, 4], decay_rate=0.5).table(5)
    array([1.  , 0.5 , 0.5 , 0.25, 0.25])
    """
    begins = [max(mark - 1, 0 if warmup_t else 1) for mark in sorted(decay_t)]
    body = join([constant(np.multiply(lr, decay_rate**i)) for i in range(len(begins) + 1)], begins)
    warmed = _warmed(body, lr, warmup_t, warmup_lr_init, warmup_prefix)
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset(differences="A decay_fn that is a function is not supported.")
def WSDLRScheduler(
    lr: Rate,
    t_initial: Span,
    decay_t: Span,
    lr_min: Rate = 0.0,
    stable_fn: Literal["constant", "rsqrt", "power"] = "constant",
    stable_timescale: Duration | None = None,
    stable_power: Exponent = 0.5,
    decay_fn: Literal["linear", "1-sqrt", "cosine", "power", "exp"] = "1-sqrt",
    decay_power: Exponent = 0.5,
    decay_ratio: Ratio = 0.1,
    warmup_t: Count = 0,
    warmup_lr_init: Rate = 0.0,
    noise_range_t: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    noise_until: Count | None = None,
) -> Schedule:
    """Warm up, hold or slowly decay the rate, then decay it to the end.

    ``lr_min + (stable - lr_min) * decay``, of which the last ``decay_t`` of the ``t_initial`` steps
    after the warmup decay.
    ``stable`` is ``lr``, or ``lr * (1 + s/stable_timescale)^-power``, s steps after the warmup; it
    is never below ``lr_min`` and goes on below the decay. With f the progress of the decay, from 0
    to 1, the decay is:
    - "linear": ``1 - f``;
    - "1-sqrt": ``1 - sqrt(f)``;
    - "cosine": ``(1 + cos(pi*f))/2``;
    - "power": ``1 - f^decay_power``;
    - "exp": ``(r^f - r)/(1 - r)`` with r ``decay_ratio``.

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_initial : int or array of int
        The number of steps after the warmup. At least 1.
    decay_t : int or array of int
        The number of steps of the decay, at most ``t_initial``. At least 1.
    lr_min : float or array, default 0.0
        The lowest rate. At least 0.
    stable_fn : {"constant", "rsqrt", "power"}, default "constant"
        The curve of the stable phase: "rsqrt" has power 0.5, "power" has ``stable_power``.
    stable_timescale : float or array, optional
        The number of steps of the stable decay, by default ``warmup_t``. Above 0; it may be a
        fraction.
    stable_power : float or array, default 0.5
        The power of the stable decay. From 1e-3 to 1e3.
    decay_fn : {"linear", "1-sqrt", "cosine", "power", "exp"}, default "1-sqrt"
        The curve of the decay.
    decay_power : float or array, default 0.5
        The power of the decay with ``decay_fn="power"``. From 1e-3 to 1e3.
    decay_ratio : float or array, default 0.1
        The ratio r of the decay with ``decay_fn="exp"``. From 1e-18 to below 1.
    warmup_t : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    warmup_lr_init : float or array, default 0.0
        The rate at the start of the warmup. At least 0.
    noise_range_t : sequence of float, optional
        The first step with noise and the first without, or the first alone. By default there is no
        noise.
    noise_pct : float or array, default 0.67
        The largest noise, as a share of the rate. Above 0, at most 1.
    noise_std : float or array, default 1.0
        The standard deviation of the noise. At least 0.
    noise_seed : int or array of int, default 42
        The seed of the noise.
    noise_until : int or array of int, optional
        The first step without noise if ``noise_range_t`` has none. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``decay_t`` is above ``t_initial``; if ``stable_timescale`` is needed, because there is
        no warmup; if ``noise_range_t`` is one number and ``noise_until`` is not given.

    Notes
    -----
    The rate is held past the end. A ``decay_fn`` that is a function is not supported.

    The noise is timm's own, bit for bit: a function of ``noise_seed + t``. There is none at step 0.

    References
    ----------
    timm 1.0.31 (2026), ``timm.scheduler.WSDLRScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.timm.WSDLRScheduler(1.0, t_initial=4, decay_t=2, decay_fn="linear").table(6)
    array([1. , 1. , 1. , 0.5, 0. , 0. ])
    """
    if decay_t > t_initial:
        raise ArgumentError(
            f"decay_t must be at most t_initial, got decay_t={decay_t}, t_initial={t_initial}"
        )
    timescale = stable_timescale or warmup_t
    if stable_fn != "constant" and not timescale:
        raise ArgumentError(
            f"stable_timescale must be given for {stable_fn!r} without a warmup, got None"
        )
    fade = partial(_fade, decay_fn, decay_power, decay_ratio)
    begin = t_initial - decay_t
    if stable_fn == "constant":
        top = np.maximum(lr, lr_min)
        body = join([constant(top), fade(top, lr_min, decay_t)], [begin])
    else:
        stable = inverse_time(
            lr, 1 / timescale, power=0.5 if stable_fn == "rsqrt" else stable_power
        ).maximum(lr_min)
        body = (
            stable * fade(1.0, 0.0, decay_t).delay(begin)
            + fade(0.0, 1.0, decay_t).delay(begin) * lr_min
        )
    if not warmup_t and np.any(np.less(lr, lr_min)):
        body = join([constant(lr), body.skip(1)], [1])
    warmed = _warmed(body, lr, warmup_t, warmup_lr_init, prefix=True)
    return _noisy(warmed, noise_range_t, noise_until, noise_pct, noise_std, noise_seed)


@preset(
    elementwise=True,
    differences="The preset is the rule alone. The rates of the warmup are linear(warmup_lr_init, "
    "lr, warmup_t); for the noise, multiply by noise(...).",
)
def PlateauLRScheduler(
    decay_rate: BelowOne = 0.1,
    patience_t: Count = 10,
    threshold: Level = 1e-4,
    cooldown_t: Count = 0,
    warmup_t: Count = 0,
    lr_min: Rate = 0.0,
    mode: Literal["min", "max"] = "max",
) -> Plateau:
    """Reduce the rate when a metric has stopped improving.

    Parameters
    ----------
    decay_rate : float or array, default 0.1
        The factor of a reduction. From 0 up to, not including, 1.
    patience_t : int or array of int, default 10
        The number of updates without improvement to accept. At least 0.
    threshold : float or array, default 1e-4
        How much better a metric must be to count, relative to the best. At least 0.
    cooldown_t : int or array of int, default 0
        The number of updates after a reduction in which none is counted as bad. At least 0.
    warmup_t : int or array of int, default 0
        The number of first updates whose metrics are ignored. At least 0.
    lr_min : float or array, default 0.0
        The lowest rate. At least 0.
    mode : {"min", "max"}, default "max"
        Whether a lower or a higher metric is better.

    Returns
    -------
    Plateau
        A rule, which takes metrics; see ``fastlr.Plateau``.

    Notes
    -----
    This is torch's rule with a warmup. It gives the factors alone: the rates of the warmup are
    ``linear(warmup_lr_init, lr, warmup_t)``, and noise is a factor, ``noise(...)``.

    References
    ----------
    timm 1.0.31 (2026), ``timm.scheduler.PlateauLRScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.timm.PlateauLRScheduler(patience_t=3)
    Plateau(mode='max', patience=3, nan='bad', convention='timm')
    """
    return Plateau(
        mode=mode,
        factor=decay_rate,
        patience=patience_t,
        rtol=threshold,
        cooldown=cooldown_t,
        floor=lr_min,
        warmup=warmup_t,
        nan="bad",
        convention="timm",
    )


# -- by name ---------------------------------------------------------------------------------------

SCHEDULERS = (
    "cosine",
    "tanh",
    "step",
    "multistep",
    "plateau",
    "poly",
    "wsd",
    "rsqrt",
    "constant",
    "none",
)
Name = Annotated[str, named(SCHEDULERS)]


@preset(
    differences="The preset does not return the number of epochs, which timm returns beside the "
    "scheduler. cooldown_epochs changes no rate."
)
def create_scheduler_v2(
    lr: Rate,
    sched: Name = "cosine",
    num_epochs: Span = 300,
    decay_epochs: Duration | None = None,
    decay_milestones: Marks = (90, 180, 270),
    cooldown_epochs: Count = 0,
    patience_epochs: Count = 10,
    decay_rate: Level = 0.1,
    min_lr: Rate = 0.0,
    warmup_lr: Rate = 1e-5,
    warmup_epochs: Count = 0,
    warmup_prefix: Flag = False,
    noise: NoiseRange | None = None,
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
    cycle_mul: Stretch = 1.0,
    cycle_decay: Level = 0.1,
    cycle_limit: Span = 1,
    k_decay: Exponent = 1.0,
    decay_fn: Literal["linear", "1-sqrt", "cosine", "power", "exp"] | None = None,
    stable_timescale: Duration | None = None,
    plateau_mode: Literal["min", "max"] = "max",
    step_on_epochs: Flag = True,
    updates_per_epoch: Count = 0,
    noise_until: Count | None = None,
) -> Schedule | Plateau:
    """Return the scheduler of a name, with lengths in epochs.

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    sched : str, default "cosine"
        The name, one of ``SCHEDULERS``.
    num_epochs : int or array of int, default 300
        The number of epochs. At least 1.
    decay_epochs : float or array, optional
        The number of epochs between drops, by default 90; or of the decay of "wsd" and "rsqrt",
        where a number below 1 is a share, by default 0.2. Above 0; it may be a fraction.
    decay_milestones : sequence of int, default (90, 180, 270)
        The milestones of "multistep", in epochs.
    cooldown_epochs : int or array of int, default 0
        Accepted for compatibility; it changes no rate. At least 0.
    patience_epochs : int or array of int, default 10
        The patience of "plateau". At least 0.
    decay_rate : float or array, default 0.1
        The factor per drop, and the power of "poly". At least 0.
    min_lr : float or array, default 0.0
        The lowest rate. At least 0.
    warmup_lr : float or array, default 1e-5
        The rate at the start of the warmup. At least 0.
    warmup_epochs : int or array of int, default 0
        The number of epochs of the warmup. At least 0.
    warmup_prefix : bool, default False
        Whether the curve begins after the warmup, rather than under it.
    noise : sequence of float, optional
        The first epoch with noise and the first without, as shares of ``num_epochs``.
    noise_pct : float or array, default 0.67
        The largest noise, as a share of the rate. Above 0, at most 1.
    noise_std : float or array, default 1.0
        The standard deviation of the noise. At least 0.
    noise_seed : int or array of int, default 42
        The seed of the noise.
    cycle_mul : float or array, default 1.0
        The factor of a cycle's length. At least 1.
    cycle_decay : float or array, default 0.1
        The factor of a cycle's peak. At least 0.
    cycle_limit : int or array of int, default 1
        The number of cycles, after which the end is held. At least 1.
    k_decay : float or array, default 1.0
        The power of the progress. From 1e-3 to 1e3.
    decay_fn : {"linear", "1-sqrt", "cosine", "power", "exp"}, optional
        The curve of the decay of "wsd" ("1-sqrt" by default) and "rsqrt" ("linear").
    stable_timescale : float or array, optional
        The timescale of "rsqrt", in epochs. Above 0; it may be a fraction.
    plateau_mode : {"min", "max"}, default "max"
        Whether a lower or a higher metric is better.
    step_on_epochs : bool, default True
        Whether a step is an epoch, rather than an update.
    updates_per_epoch : int or array of int, default 0
        The number of updates per epoch, for ``step_on_epochs=False``. At least 0.
    noise_until : int or array of int, optional
        The first step without noise if ``noise_range_t`` has none. At least 0.

    Returns
    -------
    Schedule or Plateau
        A ``Plateau`` rule for "plateau".

    Raises
    ------
    ValueError
        If the name is unknown; if ``step_on_epochs`` is False with "plateau" or without
        ``updates_per_epoch``; if the decay has no step, or more than the stable phase and decay
        together.

    Notes
    -----
    "constant" is ``lr`` after the warmup, "none" is ``lr`` throughout, and "rsqrt" is
    ``WSDLRScheduler`` with that stable function. timm also returns the number of epochs; fastlr
    does not.

    References
    ----------
    timm 1.0.31 (2026), ``timm.scheduler.create_scheduler_v2``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.timm.create_scheduler_v2(1.0, "cosine", num_epochs=2, min_lr=0.5).table(4)
    array([1.  , 0.75, 0.5 , 0.5 ])
    """
    if not step_on_epochs and (updates_per_epoch == 0 or sched == "plateau"):
        detail = f"updates_per_epoch={updates_per_epoch}, sched={sched!r}"
        rule = "step_on_epochs must be True for a plateau, and where updates_per_epoch is 0"
        raise ArgumentError(f"{rule}, got {detail}")
    unit = 1 if step_on_epochs else updates_per_epoch
    total, warmup = num_epochs * unit, warmup_epochs * unit
    ramp: dict[str, Any] = {"warmup_t": warmup, "warmup_lr_init": warmup_lr}
    noisy: dict[str, Any] = {
        "noise_range_t": noise and [share * total for share in noise],
        "noise_pct": noise_pct,
        "noise_std": noise_std,
        "noise_seed": noise_seed,
        "noise_until": noise_until,
    }
    cycle: dict[str, Any] = {
        "t_initial": total,
        "lr_min": min_lr,
        "cycle_mul": cycle_mul,
        "cycle_decay": cycle_decay,
        "cycle_limit": cycle_limit,
    }
    prefixed = {**ramp, "warmup_prefix": warmup_prefix, **noisy}
    build: dict[str, Callable[[], Schedule | Plateau]] = {
        "cosine": lambda: CosineLRScheduler(lr, **cycle, **prefixed, k_decay=k_decay),
        "tanh": lambda: TanhLRScheduler(lr, **cycle, **prefixed),
        "poly": lambda: PolyLRScheduler(lr, **cycle, **prefixed, power=decay_rate, k_decay=k_decay),
        "step": lambda: StepLRScheduler(
            lr, float(fraction(decay_epochs or 90.0) * unit), decay_rate, **prefixed
        ),
        "constant": lambda: StepLRScheduler(lr, 1, 1.0, **prefixed),
        "multistep": lambda: MultiStepLRScheduler(
            lr, [mark * unit for mark in decay_milestones], decay_rate, **prefixed
        ),
        "plateau": lambda: PlateauLRScheduler(
            decay_rate, patience_epochs, warmup_t=warmup, lr_min=min_lr, mode=plateau_mode
        ),
        "none": lambda: constant(lr),
    }
    if sched in build:
        return build[sched]()
    length = total if warmup_prefix else total - warmup
    decay = _decay_length(decay_epochs or 0.2, length, unit)
    timescale = stable_timescale and stable_timescale * unit
    shapes: Any = (
        ("rsqrt", decay_fn or "linear") if sched == "rsqrt" else ("constant", decay_fn or "1-sqrt")
    )
    return WSDLRScheduler(
        lr, length, decay, min_lr, shapes[0], timescale, decay_fn=shapes[1], **ramp, **noisy
    )


def _decay_length(decay_epochs: float, length: int, unit: int) -> int:
    """Return the length of a decay in whole steps, from epochs or a share of the length."""
    decay = round(decay_epochs * (length if decay_epochs < 1 else unit))
    if not 0 < decay <= length:
        rule = "decay_epochs must give a step at least, and at most the stable and decay length"
        raise ArgumentError(f"{rule}, got {decay_epochs}, {decay} of {length} steps")
    return decay


# -- noise -----------------------------------------------------------------------------------------


@preset()
def noise(
    noise_range_t: NoiseRange,
    noise_until: Count | None = None,
    noise_type: Literal["normal", "uniform"] = "normal",
    noise_pct: Reach = 0.67,
    noise_std: Level = 1.0,
    noise_seed: Integer = 42,
) -> Schedule:
    """Return the noise factor that the schedulers multiply by.

    ``1 + n(noise_seed + t)`` at steps with noise, and 1 elsewhere

    Parameters
    ----------
    noise_range_t : sequence of float
        The first step with noise and the first without, or the first alone.
    noise_until : int or array of int, optional
        The first step without noise if ``noise_range_t`` has none. At least 0.
    noise_type : {"normal", "uniform"}, default "normal"
        The distribution of n: normal with ``noise_std``, drawn until it is within ``noise_pct``, or
        uniform from ``-noise_pct`` to ``noise_pct``.
    noise_pct : float or array, default 0.67
        The largest noise, as a share of the rate. Above 0, at most 1.
    noise_std : float or array, default 1.0
        The standard deviation of the noise. At least 0.
    noise_seed : int or array of int, default 42
        The seed of the noise.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If ``noise_range_t`` is one number and ``noise_until`` is not given; if ``noise_std`` is so
        large that no draw in 100,000 is within ``noise_pct``.

    Notes
    -----
    Each step has a generator of its own: PyTorch's MT19937, seeded with ``noise_seed + t``.

    References
    ----------
    timm 1.0.31 (2026), ``timm.scheduler.scheduler.Scheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.timm.noise([2, 3])([0, 1, 3])
    array([1., 1., 1.])
    """
    draw = (
        partial(_normal, noise_pct, noise_std)
        if noise_type == "normal"
        else partial(_uniform, noise_pct)
    )
    return _factors(noise_range_t, noise_until, draw, noise_seed)


def _noisy(
    schedule: Schedule,
    ends: Sequence[float] | None,
    until: int | None,
    within: float,
    std: float,
    seed: int,
) -> Schedule:
    """Multiply a schedule by normal noise, if there is any."""
    return (
        schedule
        if ends is None
        else schedule * _factors(ends, until, partial(_normal, within, std), seed)
    )


def _factors(
    ends: Sequence[float], until: int | None, draw: Callable[[int], float], seed: int
) -> Schedule:
    begin = max(1, ceil(ends[0]))
    stop = ceil(ends[1]) if len(ends) == 2 else until
    if stop is None:
        raise ArgumentError("noise_until must be given where noise_range_t has no end, got None")
    if stop <= begin:
        return constant(1.0)
    table = sampled([1.0 + draw(seed + t) for t in range(begin, stop)])
    return join([constant(1.0), table, constant(1.0)], [begin, stop])


def _normal(within: float, std: float, seed: int) -> float:
    """The first of torch's normal numbers, times ``std``, that is within so much of 0."""
    for drawn in islice(_normals(seed), _MOST_DRAWS):
        if abs(drawn * std) < within:
            return drawn * std
    raise ArgumentError(
        f"noise_std must let a draw in {_MOST_DRAWS:,} be within noise_pct={within!r}, got {std!r}"
    )


def _uniform(within: float, seed: int) -> float:
    """``torch.rand(1)``, of which a float32 takes 24 bits, from 0 to 1, as from ``-within`` to
    ``within``.
    """
    return 2 * ((next(_words(seed)) & 2**24 - 1) / 2**24 - 0.5) * within


def _normals(seed: int) -> Iterator[float]:
    """``torch.randn(1)``, again and again: Box and Muller's pairs, in double precision, rounded
    to float32.
    """
    words = _words(seed)
    while True:
        angle, radius = 2 * pi * _unit(words), sqrt(-2 * log1p(-_unit(words)))
        yield float(np.float32(radius * cos(angle)))
        yield float(np.float32(radius * sin(angle)))


def _unit(words: Iterator[int]) -> float:
    """A number from 0 to 1, of 53 bits."""
    return ((next(words) << 32 | next(words)) & 2**53 - 1) / 2**53


def _words(seed: int) -> Iterator[int]:
    """What MT19937 gives for a seed, of which it takes 32 bits, as torch's generator and
    NumPy's first one do.
    """
    generator = np.random.RandomState(seed % 2**32)
    while True:
        yield from generator.randint(0, 2**32, size=4, dtype=np.uint32).tolist()


# -- what they are put together from ---------------------------------------------------------------


@dataclass(frozen=True)
class _Cycles:
    """Cycles of a curve, each ``mul`` times as long as the last, its peak ``decay`` times as
    high; the last is held.
    """

    length: int
    mul: float
    decay: float
    limit: int

    def of(self, curve: Callable[[Floats], Curve], lr: Floats) -> Schedule:
        """Return ``curve(peak)`` in each cycle."""
        if self.mul == 1 and self.decay == 1:
            times = self.limit if self.limit * self.length <= LAST_STEP else None
            return (
                curve(lr)(self.length).repeat(times) if self.limit > 1 else curve(lr)(self.length)
            )
        found = cycles(
            lambda i: curve(np.multiply(lr, self.decay**i)),
            self.length,
            fraction(self.mul),
            self.limit,
        )
        begins, parts = zip(*found, strict=True)
        return join(parts, begins[1:])

    def looked_up(self, weight: Callable[[Rates], Rates], lr: Floats, low: Floats) -> Schedule:
        """``low + (peak - low) * weight(p)``, p the progress of a cycle, at each of its steps."""
        end = np.broadcast_to(low, np.broadcast_shapes(np.shape(lr), np.shape(low)))[
            ..., np.newaxis
        ]
        start, length, rates = Fraction(0), Fraction(self.length), []
        for i in range(self.limit):
            if start + length > _MOST_RATES:
                detail = f"got t_initial={self.length}, cycle_limit={self.limit}"
                raise ArgumentError(
                    f"cycles must end by step {_MOST_RATES:,} with this power and k_decay, {detail}"
                )
            p = (np.arange(ceil(start), ceil(start + length)) - float(start)) / float(length)
            peak = np.multiply(lr, self.decay**i)[..., np.newaxis]
            rates.append(end + (peak - end) * weight(np.clip(p, 0.0, 1.0)))
            start, length = start + length, length * fraction(self.mul)
        return sampled(np.concatenate([*rates, end], axis=-1))


def _warmed(body: Schedule, target: Floats, warmup_t: int, init: Floats, prefix: bool) -> Schedule:
    """Return a line to ``target``, then the body from its step 0, or from step ``warmup_t``."""
    if not warmup_t:
        return body
    return join(
        [linear(init, target, warmup_t), body if prefix else body.skip(warmup_t)], [warmup_t]
    )


def _fade(
    shape: str, power: float, ratio: float, init: Floats, end: Floats, steps: int
) -> Schedule:
    """From one level to another by a decay's shape."""
    if shape == "cosine":
        return cosine(init, end, steps)
    if shape == "exp":
        return affine_exponential(init, end, steps, ratio)
    powers = {"linear": 1.0, "1-sqrt": 0.5, "power": power}
    return polynomial(init, end, steps, power=powers[shape], origin="start")
