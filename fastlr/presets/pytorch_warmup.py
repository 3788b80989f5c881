"""pytorch-warmup's factors, as of pytorch_warmup 0.2.0 (2024).

Step t is the t-th ``dampen()`` after the constructor's own, from 0. It multiplies the rate that is
there by a factor from 0 to 1: ``lr`` is that rate where it stands still. Where another schedule
sets it, as under ``dampening()``, take ``lr=1.0`` and multiply.

>>> import fastlr as flr
>>> lr = flr.presets.torch.StepLR(0.1, step_size=2, gamma=0.5)
>>> (lr * flr.presets.pytorch_warmup.LinearWarmup(1.0, warmup_period=4)).table(5)
array([0.025 , 0.05  , 0.0375, 0.05  , 0.025 ])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from itertools import count
from math import exp
from typing import Annotated

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Number, Period, Rate
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
    """``lr * min(1, (t+1)/warmup_period)``."""
    return linear(0.0, lr, warmup_period).skip(1)


@preset()
def ExponentialWarmup(lr: Rate, warmup_period: Span) -> Schedule:
    """``lr * (1 - exp(-(t+1)/warmup_period))``; from ``40*warmup_period`` on it is ``lr``, to
    the bit.
    """
    return _saturating(lr, warmup_period)


@preset()
def UntunedLinearWarmup(lr: Rate, beta2: Beta = 0.999) -> Schedule:
    """``LinearWarmup`` over ``int(2/(1-beta2))`` steps, truncated from floating point: 1,999
    for a ``beta2`` of 0.999.
    """
    return linear(0.0, lr, int(2.0 / (1.0 - beta2))).skip(1)


@preset()
def UntunedExponentialWarmup(lr: Rate, beta2: Beta = 0.999) -> Schedule:
    """``ExponentialWarmup`` with a period of ``int(1/(1-beta2))``, truncated from floating
    point: 999 for 0.999.
    """
    return _saturating(lr, int(1.0 / (1.0 - beta2)))


@preset()
def RAdamWarmup(lr: Rate, beta2: RAdamBeta = 0.999) -> Schedule:
    """``lr * sqrt((r-4)(r-2)R / ((R-4)(R-2)r))``, ``r = R - 2*n*beta2^n/(1 - beta2^n)``, ``R =
    2/(1-beta2) - 1``.

    n begins with the first for which r is above 4, and is one more each step. Looked up until it is
    1, to the bit: about ``50/(1-beta2)`` steps.
    """
    limit = 2.0 / (1 - beta2) - 1

    def rho(n: npt.ArrayLike) -> npt.NDArray[np.float64]:
        power = double_double.power(beta2, n)
        return np.asarray(limit - 2 * np.asarray(n) * power / (1 - power))

    first = next(n for n in count(1) if rho(n) > 4)
    r = rho(first + np.arange(int(50 / (1 - beta2)) + 1.0))
    factors = np.sqrt((r - 4) * (r - 2) * limit / ((limit - 4) * (limit - 2) * r))
    return sampled(np.expand_dims(lr, -1) * factors)


def _saturating(lr: npt.ArrayLike, period: int) -> Schedule:
    return affine_exponential(0.0, lr, _CERTAIN * period, exp(-_CERTAIN)).skip(1)
