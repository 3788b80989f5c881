"""pytorch-warmup's factors, as of pytorch_warmup 0.2.0 (2024).

Step t is the t-th ``dampen()`` after the constructor's own, from 0. It multiplies the current rate
by a factor from 0 to 1. ``lr`` is that rate if it is constant. If another schedule sets it, as
under ``dampening()``, use ``lr=1.0`` and multiply.

>>> import fastlr as flr
>>> lr = flr.presets.torch.StepLR(0.1, step_size=2, gamma=0.5)
>>> (lr * flr.presets.pytorch_warmup.LinearWarmup(1.0, warmup_period=4)).table(5)
array([0.025 , 0.05  , 0.0375, 0.05  , 0.025 ])
"""

from __future__ import annotations  # help() replaces rules in the text

from itertools import count
from math import exp
from typing import Annotated

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Floats, Number, Period, Rate
from fastlr.presets._rules import Span, preset
from fastlr.program import double_double
from fastlr.schedule.constructor_names import affine_exponential, linear, sampled
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ExponentialWarmup",
    "LinearWarmup",
    "RAdamWarmup",
    "UntunedExponentialWarmup",
    "UntunedLinearWarmup",
]

_CERTAIN = 40  # e^-40 is nothing beside 1 in float64
_BELOW_ONE = float(np.nextafter(1.0, 0.0))

Beta = Annotated[float, Number("a number from 0 up to, not including, 1", 0.0, _BELOW_ONE)]
RAdamBeta = Annotated[
    float, Number("a number above 0.6, at most 0.999999", float(np.nextafter(0.6, 1.0)), 0.999999)
]


@preset(elementwise=True)
def LinearWarmup(lr: Rate, warmup_period: Period) -> Schedule:
    """Warm up linearly.

    ``lr * min(1, (t+1)/warmup_period)``

    Parameters
    ----------
    lr : float or array
        The rate that the warmup multiplies, if it is constant; an array has one per group. At least
        0.
    warmup_period : int or array of int
        The number of steps of the warmup. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. For a rate that is not constant, multiply by a schedule with
    ``lr=1.0``.

    References
    ----------
    pytorch_warmup 0.2 (2024), ``pytorch_warmup.LinearWarmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.pytorch_warmup.LinearWarmup(1.0, warmup_period=4).table(5)
    array([0.25, 0.5 , 0.75, 1.  , 1.  ])
    """
    return linear(0.0, lr, warmup_period).skip(1)


@preset()
def ExponentialWarmup(lr: Rate, warmup_period: Span) -> Schedule:
    """Warm up exponentially.

    ``lr * (1 - exp(-(t+1)/warmup_period))``

    Parameters
    ----------
    lr : float or array
        The rate that the warmup multiplies, if it is constant; an array has one per group. At least
        0.
    warmup_period : int or array of int
        The time scale of the warmup in steps. At least 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The first rate is not 0. From step ``40*warmup_period`` on the rate is ``lr``.

    References
    ----------
    pytorch_warmup 0.2 (2024), ``pytorch_warmup.ExponentialWarmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.pytorch_warmup.ExponentialWarmup(1.0, warmup_period=2).table(3).round(3)
    array([0.393, 0.632, 0.777])
    """
    return _saturating(lr, warmup_period)


@preset()
def UntunedLinearWarmup(lr: Rate, beta2: Beta = 0.999) -> Schedule:
    """Warm up linearly, over a period that follows from ``beta2``.

    ``lr * min(1, (t+1)/W)``, ``W = int(2/(1 - beta2))``

    Parameters
    ----------
    lr : float or array
        The rate that the warmup multiplies, if it is constant; an array has one per group. At least
        0.
    beta2 : float or array, default 0.999
        The ``beta2`` of the optimizer. From 0 up to, not including, 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    W is truncated from floating point: 1,999 for a ``beta2`` of 0.999.

    References
    ----------
    pytorch_warmup 0.2 (2024), ``pytorch_warmup.UntunedLinearWarmup``. After Ma and Yarats, *On the
    Adequacy of Untuned Warmup for Adaptive Optimization* (2021).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.pytorch_warmup.UntunedLinearWarmup(1.0, beta2=0.5).table(5)
    array([0.25, 0.5 , 0.75, 1.  , 1.  ])
    """
    return linear(0.0, lr, int(2.0 / (1.0 - beta2))).skip(1)


@preset()
def UntunedExponentialWarmup(lr: Rate, beta2: Beta = 0.999) -> Schedule:
    """Warm up exponentially, with a time scale that follows from ``beta2``.

    ``lr * (1 - exp(-(t+1)/W))``, ``W = int(1/(1 - beta2))``

    Parameters
    ----------
    lr : float or array
        The rate that the warmup multiplies, if it is constant; an array has one per group. At least
        0.
    beta2 : float or array, default 0.999
        The ``beta2`` of the optimizer. From 0 up to, not including, 1.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    W is truncated from floating point: 999 for a ``beta2`` of 0.999.

    References
    ----------
    pytorch_warmup 0.2 (2024), ``pytorch_warmup.UntunedExponentialWarmup``. After Ma and Yarats, *On
    the Adequacy of Untuned Warmup for Adaptive Optimization* (2021).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.pytorch_warmup.UntunedExponentialWarmup(1.0, beta2=0.5).table(3).round(3)
    array([0.393, 0.632, 0.777])
    """
    return _saturating(lr, int(1.0 / (1.0 - beta2)))


@preset()
def RAdamWarmup(lr: Rate, beta2: RAdamBeta = 0.999) -> Schedule:
    """Warm up by the rectification of RAdam.

    ``lr * sqrt((r-4)(r-2)R / ((R-4)(R-2)r))``, ``r = R - 2*n*beta2^n/(1 - beta2^n)``, ``R =
    2/(1-beta2) - 1``

    Parameters
    ----------
    lr : float or array
        The rate that the warmup multiplies, if it is constant; an array has one per group. At least
        0.
    beta2 : float or array, default 0.999
        The ``beta2`` of the optimizer. Above 0.6, at most 0.999999.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    n begins with the first number for which r is above 4, and grows by 1 per step. The rates are a
    table of about ``50/(1-beta2)`` steps, after which the factor is 1.

    References
    ----------
    pytorch_warmup 0.2 (2024), ``pytorch_warmup.RAdamWarmup``. After Liu et al., *On the Variance of
    the Adaptive Learning Rate and Beyond* (2020).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.pytorch_warmup.RAdamWarmup(1.0, beta2=0.9).table(3).round(3)
    array([0.156, 0.255, 0.33 ])
    """
    limit = 2.0 / (1 - beta2) - 1

    def rho(n: Floats) -> npt.NDArray[np.float64]:
        power = double_double.power(beta2, n)
        return np.asarray(limit - 2 * np.asarray(n) * power / (1 - power))

    first = next(n for n in count(1) if rho(n) > 4)
    r = rho(first + np.arange(int(50 / (1 - beta2)) + 1.0))
    factors = np.sqrt((r - 4) * (r - 2) * limit / ((limit - 4) * (limit - 2) * r))
    return sampled(np.expand_dims(lr, -1) * factors)


def _saturating(lr: Floats, period: int) -> Schedule:
    return affine_exponential(0.0, lr, _CERTAIN * period, exp(-_CERTAIN)).skip(1)
