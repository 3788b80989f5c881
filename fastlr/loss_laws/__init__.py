"""Loss laws: predict the training loss of a run from its rates, and fit a law to measured losses.

>>> import fastlr as flr
>>> law = flr.loss_laws.MultiPower(
...     L0=2.65, A=0.6, alpha=0.45, B=438.0, C=2.13, beta=0.6, gamma=0.655
... )
>>> stable, cooldown = [20_000, 16_000, 12_000], [2_000, 6_000, 10_000]
>>> law.final(flr.wsd(3e-4, warmup=2_000, stable=stable, cooldown=cooldown), 24_000).round(3)
array([2.926, 2.929, 2.939])
"""

from fastlr.loss_laws.base_law import Law
from fastlr.loss_laws.fit import Fit, fit
from fastlr.loss_laws.fitted_on import FittedOn
from fastlr.loss_laws.laws import Annealing, FunctionalScaling, MultiPower
from fastlr.loss_laws.measured_curves import Curve, Metrics, averaged, metrics

__all__ = [
    "Annealing",
    "Curve",
    "Fit",
    "FittedOn",
    "FunctionalScaling",
    "Law",
    "Metrics",
    "MultiPower",
    "averaged",
    "fit",
    "metrics",
]
