"""Change a rate by a metric: rules that reduce it on a plateau, and rules that raise it too; their
states, conventions, and the events of a run.
"""

from fastlr.plateau.adaptive import (
    GreedyLR,
    GreedyState,
    KLAdaptive,
    KLState,
    NewBob,
    NewBobState,
)
from fastlr.plateau.rule import Plateau
from fastlr.plateau.state import PlateauState

__all__ = [
    "GreedyLR",
    "GreedyState",
    "KLAdaptive",
    "KLState",
    "NewBob",
    "NewBobState",
    "Plateau",
    "PlateauState",
]
