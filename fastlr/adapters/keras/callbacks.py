"""A callback that reports a metric to the rule of an optimizer."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Mapping
from typing import Any

import keras

from fastlr.adapters._values import check_direction
from fastlr.adapters.keras.optimizers import Follows
from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean

__all__ = ["PlateauCallback"]


class PlateauCallback(keras.callbacks.Callback):
    """Report a metric to the optimizer's rule at the end of each epoch.

    Parameters
    ----------
    monitor : str
        The name of the metric in Keras's logs. Default "val_loss".

    Raises
    ------
    TypeError
        If ``monitor`` is not a str.
    ValueError
        In ``fit``: if the optimizer has no rule, or one that takes a loss for better where it is
        higher; if the logs have no such metric; if two callbacks report to one optimizer.

    Notes
    -----
    Build the optimizer with ``optimizer(make, plan, plateau=rule)``. The state of the rule is in
    the optimizer's variables, so every checkpoint of Keras has it. It is no part of the callback:
    a new ``fit`` continues it.

    Examples
    --------
    >>> import keras
    >>> import numpy as np
    >>> import fastlr as flr
    >>> adam = flr.adapters.keras.optimizer(
    ...     keras.optimizers.Adam, flr.constant(1e-3), plateau=flr.Plateau()
    ... )
    >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(adam, loss="mse")
    >>> x = np.ones((4, 1), np.float32)
    >>> _ = model.fit(x, x, verbose=0, callbacks=[PlateauCallback("loss")])
    """

    def __init__(self, monitor: str = "val_loss") -> None:
        super().__init__()
        if not isinstance(monitor, str):
            raise TypeError(
                "PlateauCallback: monitor must be the name of a metric, got "
                f"{type(monitor).__name__} {short_repr(monitor)}"
            )
        self.monitor = monitor

    def _optimizer(self) -> Any:
        """The optimizer that has the rule; mixed precision wraps it."""
        found = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if not isinstance(found, Follows) or not found.has_rule:
            raise ValueError(
                "PlateauCallback: the model's optimizer must have a rule, "
                "flr.adapters.keras.optimizer(make, plan, plateau=rule), got "
                f"{type(found).__name__}"
            )
        return found

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Check that the optimizer has a rule for this metric. Keras calls this."""
        check_direction("PlateauCallback: monitor", self._optimizer().rule, self.monitor)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Report the metric. Keras calls this."""
        found, seen = self._optimizer(), {} if logs is None else logs
        if self.monitor not in seen:
            raise ValueError(
                f"PlateauCallback: monitor must be a metric in the logs, {short_repr(list(seen))}, "
                f"got {self.monitor!r}{did_you_mean(self.monitor, seen)}"
            )
        found.check_one_reporter(self)
        seen["learning_rate"] = float(found.learning_rate)  # of the last update
        found.report(seen[self.monitor])
