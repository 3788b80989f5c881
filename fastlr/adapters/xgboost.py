"""XGBoost: a callback that sets the rate of each boosting round from a schedule.

XGBoost's own ``LearningRateScheduler`` sets a rate after a round, so each round has the rate of the
one before it, and the first has XGBoost's default. It also begins again when a model is trained
further. This callback sets the rate before the round, and counts the rounds that the model has.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from typing import Any

from fastlr.adapters._requirements import required_by
from fastlr.adapters._values import one_schedule, warn_of_end
from fastlr.arguments.rules import Steps, validate_scalar
from fastlr.schedule.schedule import Schedule

with required_by("xgboost"):
    import xgboost

__all__ = ["Scheduler"]


class Scheduler(xgboost.callback.TrainingCallback):
    """Set the learning rate of each boosting round from a schedule in rounds.

    Parameters
    ----------
    plan : Schedule
        A scalar schedule whose steps are boosting rounds.
    start : int, optional
        The round of the plan at which each training begins. Default None: the number of rounds that
        the model has, which is 0 for a new one.

    Raises
    ------
    TypeError, ValueError
        If an argument breaks its rule, or ``plan`` is a batch or a bundle.

    Warns
    -----
    UserWarning
        Once per training, if it goes on after the end of a plan that ends below its peak.

    Notes
    -----
    The rate replaces ``learning_rate`` or ``eta`` in the parameters. XGBoost rounds it to float32.
    To train a saved booster of kind ``gblinear`` further, which forgets its rounds, pass ``start``.
    With ``process_type="update"``, which adds no rounds, pass ``start=0``.

    Examples
    --------
    >>> import fastlr as flr
    >>> import numpy as np
    >>> import xgboost
    >>> data = xgboost.DMatrix(np.arange(100.0).reshape(50, 2), np.arange(50.0))
    >>> scheduler = Scheduler(flr.cosine(0.3, 0.01, steps=8))
    >>> half = xgboost.train({}, data, 4, callbacks=[scheduler])
    >>> whole = xgboost.train({}, data, 4, xgb_model=half, callbacks=[scheduler])
    >>> whole.num_boosted_rounds()
    8
    """

    def __init__(self, plan: Schedule, start: int | None = None) -> None:
        super().__init__()
        self.plan = one_schedule("Scheduler: plan", plan, "a booster")
        self.start = None if start is None else validate_scalar(Steps, "Scheduler: start", start)
        self._begin, self._warned = 0, False

    def before_training(self, model: Any) -> Any:
        """Find the round of the plan at which this training begins. XGBoost calls this.

        Parameters
        ----------
        model : xgboost.Booster
            The booster, or the folds of ``xgboost.cv``.

        Returns
        -------
        xgboost.Booster
            The same.
        """
        self._begin = int(model.num_boosted_rounds()) if self.start is None else self.start
        self._warned = False
        return model

    def before_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Set the rate of the round. XGBoost calls this.

        Parameters
        ----------
        model : xgboost.Booster
            The booster, or the folds of ``xgboost.cv``.
        epoch : int
            The number of rounds of this training before.
        evals_log
            Not used.

        Returns
        -------
        bool
            False: training does not stop.
        """
        t = self._begin + epoch
        if not self._warned:
            self._warned = warn_of_end("Scheduler: plan", self.plan, t)
        model.set_param("learning_rate", self.plan(t))
        return False
