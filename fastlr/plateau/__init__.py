"""Reduce a rate on a plateau of a metric: the rule, its state, events of a run, and conventions."""

from fastlr.plateau.rule import Plateau
from fastlr.plateau.state import PlateauState

__all__ = ["Plateau", "PlateauState"]
