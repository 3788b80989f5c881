"""Decays that never end: the rate falls from ``init`` at step 0 towards 0."""

from __future__ import annotations

import numpy as np

from fastlr.arguments.rules import (
    Factor,
    Flag,
    Gamma,
    Period,
    Positive,
    Power,
    Rate,
    short_repr,
)
from fastlr.schedule.constructing import constructor
from fastlr.schedule.schedule import Schedule, curve_schedule

__all__ = ["eden", "exponential_decay", "inverse_power", "inverse_time", "step_decay"]


@constructor
def exponential_decay(
    init: Rate,
    rate: Rate | None = None,
    gamma: Gamma | None = None,
    every: Period = 1,
    staircase: Flag = False,
) -> Schedule:
    """Decay exponentially, by a rate per step or by a factor per period.

    ``rate(t) = init * exp(-rate * t)``, or ``rate(t) = init * gamma^(t/every)``. With ``staircase``
    the exponent is ``floor(t/every)``.

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    rate : float or array, optional
        Decay per step, from 0 to 1e290. Give either ``rate`` or ``gamma``.
    gamma : float or array, optional
        Factor per ``every`` steps, above 0 and at most 1.
    every : int or array, default 1
        Period of ``gamma`` in steps, from 1 to 2**53.
    staircase : bool, default False
        Whether the rate changes once per period instead of at each step. Needs ``gamma``.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, if both or neither of
        ``rate`` and ``gamma`` are given, or ``every`` or ``staircase`` without ``gamma``.

    Notes
    -----
    The schedule never ends. Far out the rate passes through the subnormal numbers to 0.0. The
    logarithm of ``gamma`` is kept as two float64 numbers, so that the rate is exact at step 2**53
    too.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.exponential_decay(0.1, gamma=0.5, every=10).table(0, 30, 10)
    array([0.1  , 0.05 , 0.025])
    """
    if (rate is None) == (gamma is None):
        raise ValueError(
            "exponential_decay: exactly one of rate and gamma must be given, got "
            f"rate={short_repr(rate)}, gamma={short_repr(gamma)}"
        )
    if rate is not None:
        if staircase or np.any(np.asarray(every) != 1):
            raise ValueError(
                "exponential_decay: every and staircase must be used with gamma, got "
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
    """Multiply the rate by a factor every so many steps.

    ``rate(t) = init * factor^floor(t/every)``

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    factor : float or array
        Factor per period, from 0 to 1.
    every : int or array
        Period in steps, from 1 to 2**53.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast.

    Notes
    -----
    The rate is ``init`` from step 0 to step ``every - 1``. A step that is a multiple of ``every``
    is the first with the new rate. The schedule never ends.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.step_decay(0.1, 0.5, every=2).table(6)
    array([0.1  , 0.1  , 0.05 , 0.05 , 0.025, 0.025])
    """
    return curve_schedule("staircase", None, init, init=init, factor=factor, every=every)


@constructor
def inverse_time(init: Rate, rate: Rate, every: Period = 1, power: Power = 1.0) -> Schedule:
    """Decay by the inverse of the time, or a power of it.

    ``rate(t) = init / (1 + rate * t/every)^power``

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    rate : float or array
        Decay per period, from 0 to 1e290.
    every : int or array, default 1
        Period in steps, from 1 to 2**53.
    power : float or array, default 1.0
        Exponent, from 1e-3 to 1e3.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast.

    Notes
    -----
    The schedule never ends. With ``power=1`` it is the ``InverseTimeDecay`` of Keras and satisfies
    the condition of Robbins & Monro. With another power it is the "inv" policy of Caffe.

    References
    ----------
    Robbins & Monro, *A Stochastic Approximation Method* (1951).

    Jia et al., *Caffe: Convolutional Architecture for Fast Feature Embedding* (2014).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.inverse_time(1.0, rate=0.5).table(4)
    array([1.        , 0.66666667, 0.5       , 0.4       ])
    >>> flr.inverse_time(0.01, rate=1e-4, power=0.75)(150_000)
    0.00125
    """
    unit = np.asarray(every, dtype=np.float64)
    return curve_schedule(
        "inverse", None, init, init=init, gain=rate, shift=unit, unit=unit, power=power
    )


@constructor
def inverse_power(init: Rate, power: Power, shift: Period = 1) -> Schedule:
    """Decay by an inverse power of the time.

    ``rate(t) = init * ((t + shift)/shift)^-power``

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    power : float or array
        Exponent, from 1e-3 to 1e3.
    shift : int or array, default 1
        Steps added to t, from 1 to 2**53. Beyond ``shift`` steps the rate falls like ``t^-power``.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast.

    Notes
    -----
    The rate is ``init`` at step 0. The schedule never ends.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.inverse_power(1.0, power=2.0, shift=10)(10)
    0.25
    """
    unit = np.asarray(shift, dtype=np.float64)
    return curve_schedule(
        "inverse", None, init, init=init, gain=1.0, shift=unit, unit=unit, power=power
    )


@constructor
def eden(init: Rate, width: Positive, power: Power = 0.25) -> Schedule:
    """Stay nearly flat at first, then decay by an inverse power of the time.

    ``rate(t) = init * (1 + (t/width)^2)^-power``

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    width : float or array
        Steps, from 1e-18 to 1e18, beyond which the rate falls like ``t^(-2*power)``.
    power : float or array, default 0.25
        Exponent, from 1e-3 to 1e3.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast.

    Notes
    -----
    The rate is ``init`` at step 0. The schedule never ends. The paper's Eden is the product of two,
    ``eden(peak, 5_000) * eden(1.0, 3.5).staircase(every)``, and a warmup. The second factor counts
    epochs of ``every`` steps.

    References
    ----------
    Yao et al., *Zipformer: A Faster and Better Encoder for Automatic Speech Recognition* (2023).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.eden(1.0, width=3.0, power=0.5)(4)
    0.6
    """
    return curve_schedule("eden", None, init, init=init, width=width, power=power)
