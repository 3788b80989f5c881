"""scikit-learn's step sizes: ``learning_rate`` of its linear models by gradient descent and of its
perceptrons, of 1.9 (2026).

Step t of the linear models is the (t+1)-th sample, counted over all epochs of a fit, without
samples set aside for early stopping. A step of the perceptrons is an epoch. scikit-learn computes
in float64.

>>> SGDClassifier("invscaling", eta0=0.1)(3)
0.05
"""

from __future__ import annotations  # help() replaces rules in the text

from typing import Literal

import numpy as np

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import inverse
from fastlr.presets._rules import Level, Ratio, Span, preset
from fastlr.schedule.constructor_names import constant, inverse_time
from fastlr.schedule.schedule import Schedule

__all__ = [
    "MLPClassifier",
    "MLPRegressor",
    "SGDClassifier",
    "SGDOneClassSVM",
    "SGDRegressor",
    "UNEXPRESSED",
]

UNEXPRESSED = {
    "adaptive": "The rate is divided by 5 after a number of epochs that do not improve on the "
    "best loss by `tol`. A smaller improvement lowers the best too, which fastlr's "
    "plateau rules do not do. At 1e-6 training stops.",
    "pa1": "The step is bounded by the loss and the length of the sample. It is no function of t.",
    "pa2": "The step depends on the loss and the length of the sample. It is no function of t.",
}

Mode = Literal["constant", "optimal", "invscaling"]


@preset()
def SGDClassifier(
    learning_rate: Mode = "optimal", eta0: Rate = 0.01, power_t: Level = 0.5, alpha: Ratio = 0.0001
) -> Schedule:
    """Return the rate of scikit-learn's linear classifiers.

    ``eta0`` ("constant"), ``eta0/(t+1)^power_t`` ("invscaling") or ``1/(alpha*(t0 + t))``
    ("optimal"), ``t0 = 1/(w*alpha)``, ``w = alpha^-0.25``

    Parameters
    ----------
    learning_rate : {"constant", "optimal", "invscaling"}, default "optimal"
        The curve of the rate.
    eta0 : float or array, default 0.01
        The rate of "constant", and the first of "invscaling"; an array has one per group. At least
        0.
    power_t : float or array, default 0.5
        The power of "invscaling". At least 0.
    alpha : float or array, default 0.0001
        The strength of the regularization, for "optimal". Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step t is the (t+1)-th sample. With "optimal" step 0 has the rate w; scikit-learn divides w by
    the loss's slope at -w if that is above 1, which holds for none of its losses. The schedule
    never ends.

    References
    ----------
    scikit-learn 1.9 (2026), ``learning_rate`` of ``sklearn.linear_model.SGDClassifier``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.sklearn.SGDClassifier("invscaling", eta0=0.1)(3)
    0.05
    """
    return _descent(learning_rate, eta0, power_t, alpha)


@preset()
def SGDRegressor(
    learning_rate: Mode = "invscaling",
    eta0: Rate = 0.01,
    power_t: Level = 0.25,
    alpha: Ratio = 0.0001,
) -> Schedule:
    """Return the rate of scikit-learn's linear regressors.

    ``eta0`` ("constant"), ``eta0/(t+1)^power_t`` ("invscaling") or ``1/(alpha*(t0 + t))``
    ("optimal"), ``t0 = 1/(w*alpha)``, ``w = alpha^-0.25``

    Parameters
    ----------
    learning_rate : {"constant", "optimal", "invscaling"}, default "invscaling"
        The curve of the rate.
    eta0 : float or array, default 0.01
        The rate of "constant", and the first of "invscaling"; an array has one per group. At least
        0.
    power_t : float or array, default 0.25
        The power of "invscaling". At least 0.
    alpha : float or array, default 0.0001
        The strength of the regularization, for "optimal". Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step t is the (t+1)-th sample. With "optimal" step 0 has the rate w. The schedule never ends.

    References
    ----------
    scikit-learn 1.9 (2026), ``learning_rate`` of ``sklearn.linear_model.SGDRegressor``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.sklearn.SGDRegressor(eta0=0.1)(15)
    0.05
    """
    return _descent(learning_rate, eta0, power_t, alpha)


@preset()
def SGDOneClassSVM(
    learning_rate: Mode = "optimal", eta0: Rate = 0.01, power_t: Level = 0.5, nu: Ratio = 0.5
) -> Schedule:
    """Return the rate of scikit-learn's one-class machine.

    ``eta0`` ("constant"), ``eta0/(t+1)^power_t`` ("invscaling") or ``1/(nu*(t0 + t))`` ("optimal"),
    ``t0 = 1/(w*nu)``, ``w = nu^-0.25``

    Parameters
    ----------
    learning_rate : {"constant", "optimal", "invscaling"}, default "optimal"
        The curve of the rate.
    eta0 : float or array, default 0.01
        The rate of "constant", and the first of "invscaling"; an array has one per group. At least
        0.
    power_t : float or array, default 0.5
        The power of "invscaling". At least 0.
    nu : float or array, default 0.5
        The strength of the regularization, for "optimal". Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step t is the (t+1)-th sample. With "optimal" step 0 has the rate w. The schedule never ends.

    References
    ----------
    scikit-learn 1.9 (2026), ``learning_rate`` of ``sklearn.linear_model.SGDOneClassSVM``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.sklearn.SGDOneClassSVM("invscaling", eta0=0.1)(3)
    0.05
    """
    return _descent(learning_rate, eta0, power_t, nu)


def _descent(mode: str, eta0: Rate, power_t: float, alpha: float) -> Schedule:
    if mode == "constant":
        return constant(eta0)
    if mode == "invscaling":
        return inverse(eta0, 1.0, power_t)
    first = np.broadcast_to(alpha**-0.25, np.shape(eta0))
    return inverse_time(first, alpha * first)


@preset()
def MLPClassifier(
    n_samples: Span,
    learning_rate: Literal["constant", "invscaling"] = "constant",
    learning_rate_init: Rate = 0.001,
    power_t: Level = 0.5,
) -> Schedule:
    """Return the rate of scikit-learn's perceptrons.

    ``learning_rate_init`` ("constant") or ``learning_rate_init / (t*n_samples + 1)^power_t``
    ("invscaling")

    Parameters
    ----------
    n_samples : int or array of int
        The number of samples per epoch. At least 1.
    learning_rate : {"constant", "invscaling"}, default "constant"
        The curve of the rate.
    learning_rate_init : float or array, default 0.001
        The first rate; an array has one per group. At least 0.
    power_t : float or array, default 0.5
        The power of "invscaling". At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step t is an epoch. The schedule never ends.

    References
    ----------
    scikit-learn 1.9 (2026), ``learning_rate`` of ``sklearn.neural_network.MLPClassifier``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.sklearn.MLPClassifier(3, "invscaling", 1.0)(1)
    0.5
    """
    return inverse(learning_rate_init, n_samples, 0.0 if learning_rate == "constant" else power_t)


@preset()
def MLPRegressor(
    n_samples: Span,
    learning_rate: Literal["constant", "invscaling"] = "constant",
    learning_rate_init: Rate = 0.001,
    power_t: Level = 0.5,
) -> Schedule:
    """Return the rate of scikit-learn's perceptrons.

    ``learning_rate_init`` ("constant") or ``learning_rate_init / (t*n_samples + 1)^power_t``
    ("invscaling")

    Parameters
    ----------
    n_samples : int or array of int
        The number of samples per epoch. At least 1.
    learning_rate : {"constant", "invscaling"}, default "constant"
        The curve of the rate.
    learning_rate_init : float or array, default 0.001
        The first rate; an array has one per group. At least 0.
    power_t : float or array, default 0.5
        The power of "invscaling". At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step t is an epoch. The schedule never ends.

    References
    ----------
    scikit-learn 1.9 (2026), ``learning_rate`` of ``sklearn.neural_network.MLPRegressor``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.sklearn.MLPRegressor(3, "invscaling", 1.0)(1)
    0.5
    """
    return inverse(learning_rate_init, n_samples, 0.0 if learning_rate == "constant" else power_t)
