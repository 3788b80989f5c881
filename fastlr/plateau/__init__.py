"""Reduce a rate on a plateau of a metric: the rule, its state, and the conventions of other
libraries.
"""

from fastlr.plateau.rule import Plateau
from fastlr.plateau.state import PlateauState

__all__ = ["Plateau", "PlateauState"]
