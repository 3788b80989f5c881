"""Curves: a constant rate, and pieces that go from one rate to another in so many steps.

A piece of ``steps=n`` has rate ``init`` at step 0. It reaches ``end`` at step n, the first step
after it, and holds ``end`` from there on. It may rise or fall.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from fastlr.arguments.rules import Amount, BelowOne, Positive, Power, Rate, Real, Steps, short_repr
from fastlr.schedule.constructing import constructor
from fastlr.schedule.schedule import Schedule, curve_schedule

__all__ = [
    "affine_exponential",
    "constant",
    "cosine",
    "exponential",
    "linear",
    "logarithmic",
    "polynomial",
    "rex",
    "tanh",
]


@constructor
def constant(value: Rate) -> Schedule:
    """Hold one rate for ever.

    ``rate(t) = value``

    Parameters
    ----------
    value : float or array
        The rate, from 0 to 1e290.

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
    The schedule never ends: its ``steps`` is None.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.constant(3e-4)(10**15)
    0.0003
    """
    return curve_schedule("constant", None, value, value=value)


@constructor
def linear(init: Rate, end: Rate, steps: Steps) -> Schedule:
    """Go from ``init`` to ``end`` in a straight line.

    ``rate(t) = init + (end - init) * t/steps``

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    end : float or array
        Rate from step ``steps`` on, from 0 to 1e290.
    steps : int or array
        Length in steps, from 0 to 2**53. A piece of 0 steps vanishes.

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
    The rate is ``init`` at step 0, ``end`` at step ``steps``, and ``end`` from there on.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.linear(0.0, 1.0, steps=4).table(6)
    array([0.  , 0.25, 0.5 , 0.75, 1.  , 1.  ])
    """
    return curve_schedule(
        "polynomial",
        steps,
        np.maximum(init, end),
        init=init,
        end=end,
        steps=steps,
        power=1.0,
        from_start=False,
    )


@constructor
def polynomial(
    init: Rate, end: Rate, steps: Steps, power: Power = 2.0, origin: Literal["end", "start"] = "end"
) -> Schedule:
    """Go from ``init`` to ``end`` along a power of the steps that remain, or that have passed.

    ``rate(t) = end + (init - end) * (1 - t/steps)^power`` with ``origin="end"``, and
    ``rate(t) = init + (end - init) * (t/steps)^power`` with ``origin="start"``.

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    end : float or array
        Rate from step ``steps`` on, from 0 to 1e290.
    steps : int or array
        Length in steps, from 0 to 2**53. A piece of 0 steps vanishes.
    power : float or array, default 2.0
        Exponent, from 1e-3 to 1e3. 1 is a straight line. 0.5 is the "sqrt" cooldown, or with
        ``origin="start"`` the "1-sqrt" cooldown.
    origin : {"end", "start"}, default "end"
        Which end of the piece the power is measured from.

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
    The rate is ``init`` at step 0, ``end`` at step ``steps``, and ``end`` from there on. The
    burn-in of Darknet rises with ``power=4`` and ``origin="start"``.

    References
    ----------
    TensorFlow, ``polynomial_decay`` (2016).

    Redmon & Farhadi, *YOLO9000: Better, Faster, Stronger* (2017), for the burn-in.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.polynomial(1.0, 0.0, steps=4, power=2.0).table(5)
    array([1.    , 0.5625, 0.25  , 0.0625, 0.    ])
    >>> flr.polynomial(0.0, 1.0, steps=2, power=4.0, origin="start").table(4)
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
    """Go from ``init`` to ``end`` along half a cosine wave.

    ``rate(t) = end + (init - end) * ((1 + cos(pi * (t/steps)^k)) / 2)^exponent``

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    end : float or array
        Rate from step ``steps`` on, from 0 to 1e290.
    steps : int or array
        Length in steps, from 0 to 2**53. A piece of 0 steps vanishes.
    exponent : float or array, default 1.0
        Power to which the weight of ``init`` is raised, from 1e-3 to 1e3. It is an option of optax.
    k : float or array, default 1.0
        Power to which the progress ``t/steps`` is raised, from 1e-3 to 1e3. It is the k of k-decay.

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
    The rate is ``init`` at step 0, ``end`` at step ``steps``, and ``end`` from there on. The wave
    is evaluated as ``sin^2`` from the nearer end, so that the last steps before a small ``end``
    keep all their digits.

    References
    ----------
    Loshchilov & Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts* (2017), one period.

    Zhang & Li, *k-decay: A New Method for Learning Rate Schedule* (2020), for ``k``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.cosine(1.0, 0.0, steps=4)(2), flr.cosine(1.0, 0.0, steps=4)(4)
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
    """Go from ``init`` to ``end`` by the same ratio at each step.

    ``rate(t) = init * (end/init)^(t/steps)``

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 1e-290 to 1e290.
    end : float or array
        Rate from step ``steps`` on, from 1e-290 to 1e290.
    steps : int or array
        Length in steps, from 0 to 2**53. A piece of 0 steps vanishes.

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
    The rate is ``init`` at step 0, ``end`` at step ``steps``, and ``end`` from there on. The
    learning rate range test is ``exponential(1e-7, 1.0, steps)``. For a decay without an end, see
    ``exponential_decay``; for levels of 0, ``affine_exponential``.

    References
    ----------
    Smith, *Cyclical Learning Rates for Training Neural Networks* (2017), for the range test.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.exponential(1.0, 0.01, steps=2).table(4)
    array([1.  , 0.1 , 0.01, 0.01])
    """
    return curve_schedule(
        "exponential", steps, np.maximum(init, end), init=init, end=end, steps=steps
    )


@constructor
def affine_exponential(init: Rate, end: Rate, steps: Steps, ratio: Positive = 0.5) -> Schedule:
    """Go from ``init`` to ``end`` along an exponential that is shifted and scaled to meet both.

    ``rate(t) = end + (init - end) * (ratio^p - ratio) / (1 - ratio)``, where ``p = t/steps``

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    end : float or array
        Rate from step ``steps`` on, from 0 to 1e290.
    steps : int or array
        Length in steps, from 0 to 2**53. A piece of 0 steps vanishes.
    ratio : float or array, default 0.5
        Base of the exponential, from 1e-18 to 1e18. Below 1 the rate changes fast first and slowly
        later, as in a ramp that saturates. Above 1 it changes slowly first. 1 is a straight line.

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
    The rate is ``init`` at step 0, ``end`` at step ``steps``, and ``end`` from there on. Either
    level may be 0. With ``ratio=0.5`` the weight of ``init`` is ``2 * (1/2)^p - 1``, the
    "exponential" decay that ends a WSD run in Megatron-LM.

    References
    ----------
    Shoeybi et al., *Megatron-LM: Training Multi-Billion Parameter Language Models Using Model
    Parallelism* (2019).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.affine_exponential(1.0, 0.0, steps=2, ratio=0.25).table(4)
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
    """Go from ``init`` to ``end`` along a logarithm: fast first, then ever slower.

    ``rate(t) = init + (end - init) * ln(1 + t) / ln(1 + steps)``

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    end : float or array
        Rate from step ``steps`` on, from 0 to 1e290.
    steps : int or array
        Length in steps, from 0 to 2**53. A piece of 0 steps vanishes.

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
    The rate is ``init`` at step 0, ``end`` at step ``steps``, and ``end`` from there on. The "log"
    warmup of DeepSpeed is ``logarithmic(low, peak, warmup - 1)``.

    References
    ----------
    Rasley et al., *DeepSpeed: System Optimizations Enable Training Deep Learning Models with Over
    100 Billion Parameters* (2020).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.logarithmic(0.0, 1.0, steps=3).table(5)
    array([0.        , 0.5       , 0.79248125, 1.        , 1.        ])
    """
    return curve_schedule(
        "logarithmic", steps, np.maximum(init, end), init=init, end=end, steps=steps
    )


@constructor
def rex(init: Rate, end: Rate, steps: Steps, beta: BelowOne = 0.5) -> Schedule:
    """Go from ``init`` to ``end`` along the REX curve: slowly first, then ever faster.

    ``rate(t) = end + (init - end) * (1 - p) / (1 - beta*p)``, where ``p = t/steps``

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    end : float or array
        Rate from step ``steps`` on, from 0 to 1e290.
    steps : int or array
        Length in steps, from 0 to 2**53. A piece of 0 steps vanishes.
    beta : float or array, default 0.5
        Curvature, at least 0 and below 1. 0 is a straight line; the paper has 1/2.

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
    The rate is ``init`` at step 0, ``end`` at step ``steps``, and ``end`` from there on.

    References
    ----------
    Chen, Wolfe & Kyrillidis, *REX: Revisiting Budgeted Training with an Improved Schedule* (2022).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.rex(1.0, 0.0, steps=3)(1)
    0.8
    """
    return curve_schedule(
        "rex", steps, np.maximum(init, end), init=init, end=end, steps=steps, beta=beta
    )


@constructor
def tanh(init: Rate, end: Rate, steps: Steps, lower: Real = -6.0, upper: Real = 3.0) -> Schedule:
    """Go from ``init`` to ``end`` along a hyperbolic tangent.

    ``rate(t) = end + (init - end) * (1 - tanh(lower + (upper - lower) * t/steps)) / 2``

    Parameters
    ----------
    init : float or array
        Level that the tangent leaves, from 0 to 1e290.
    end : float or array
        Rate from step ``steps`` on, from 0 to 1e290.
    steps : int or array
        Length in steps, from 0 to 2**53. A piece of 0 steps vanishes.
    lower : float or array, default -6.0
        Argument of the tangent at step 0, from -300 to 300 and below ``upper``.
    upper : float or array, default 3.0
        Argument of the tangent at step ``steps``, from -300 to 300.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, or ``lower`` is not below
        ``upper``.

    Notes
    -----
    By its formula the curve starts a little inside ``init``: by a relative 6e-6 for ``lower=-6``.
    At step ``steps`` it jumps to ``end``: from 0.0025 above it, for a height of 1 and ``upper=3``.
    The rate is ``end`` from there on.

    References
    ----------
    Hsueh, Li & Wu, *Stochastic Gradient Descent with Hyperbolic-Tangent Decay on Classification*
    (2019).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.tanh(1.0, 0.0, steps=9)(6), flr.tanh(1.0, 0.0, steps=9)(9)
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
