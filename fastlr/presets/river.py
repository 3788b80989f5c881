"""River's schedulers: ``river.optim.schedulers`` of 0.26 (2026), in float64; step t is the t-th
sample from 0.

>>> InverseScaling(0.1)(3)
0.05
"""

from __future__ import annotations  # help() replaces rules in the text

from fastlr.arguments.rules import Rate
from fastlr.presets._building_blocks import inverse
from fastlr.presets._rules import Level, Ratio, preset
from fastlr.schedule.constructor_names import constant, inverse_time
from fastlr.schedule.schedule import Schedule

__all__ = ["Constant", "InverseScaling", "Optimal"]


@preset(elementwise=True)
def Constant(learning_rate: Rate) -> Schedule:
    """Hold the base rate.

    ``learning_rate``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    River 0.26 (2026), ``river.optim.schedulers.Constant``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.river.Constant(0.5)(10)
    0.5
    """
    return constant(learning_rate)


@preset()
def InverseScaling(learning_rate: Rate, power: Level = 0.5) -> Schedule:
    """Decay the rate by an inverse power.

    ``learning_rate / (t+1)^power``

    Parameters
    ----------
    learning_rate : float or array
        The base rate; an array has one per group. At least 0.
    power : float or array, default 0.5
        The power of the decay. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    River 0.26 (2026), ``river.optim.schedulers.InverseScaling``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.river.InverseScaling(0.1)(3)
    0.05
    """
    return inverse(learning_rate, 1.0, power)


@preset(
    differences="The loss is not an argument: it would matter if its slope at -alpha^-0.25 were "
    "above 1, which holds for none of River's."
)
def Optimal(alpha: Ratio = 1e-4) -> Schedule:
    """Decay the rate inversely to time, by the regularization.

    ``1 / (alpha * (t0 + t))``, ``t0 = 1/(w*alpha)``, ``w = alpha^-0.25``

    Parameters
    ----------
    alpha : float or array, default 1e-4
        The strength of the regularization. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step 0 has the rate w. The schedule never ends. The loss is not an argument: it would matter if
    its slope at -w were above 1, which holds for none of River's.

    References
    ----------
    River 0.26 (2026), ``river.optim.schedulers.Optimal``. After Bottou, *Stochastic Gradient
    Descent Tricks* (2012).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.river.Optimal(alpha=0.0625)([0, 8])
    array([2., 1.])
    """
    first = alpha**-0.25
    return inverse_time(first, alpha * first)
