"""Keras: a learning-rate schedule, and optimizers whose settings follow a plan, for every backend.

Rates are looked up in a float32 table that is computed once. So the rates are exact in every
backend, and a step costs one operation. The table has 4 bytes per step and ends where the rate no
longer changes. A saved model holds the spec, not the table.
"""

from fastlr.adapters._requirements import required_by

with required_by("keras"):
    from fastlr.adapters.keras.callbacks import PlateauCallback
    from fastlr.adapters.keras.learning_rate import LearningRate
    from fastlr.adapters.keras.optimizers import optimizer

__all__ = ["LearningRate", "PlateauCallback", "optimizer"]
