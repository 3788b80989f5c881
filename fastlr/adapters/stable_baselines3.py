"""Stable-Baselines3: a callback that sets the rate of an algorithm from a schedule in timesteps.

Stable-Baselines3 gives a learning rate the share of one ``learn()`` call that is left, from 1 to 0.
The same share is another timestep in another call, so no function of it follows a plan across
calls. The callback counts timesteps instead, and keeps the count in the model.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import weakref
from collections.abc import Mapping
from typing import Any

from fastlr.adapters._requirements import required_by
from fastlr.adapters._values import check_lasts, one_schedule
from fastlr.analysis.resume_plans import Wins, checkpoint, resume
from fastlr.arguments.rules import OneOf, Steps, short_repr, validate_scalar
from fastlr.schedule.schedule import Schedule

with required_by("stable_baselines3"):
    from stable_baselines3.common.callbacks import BaseCallback

__all__ = ["Scheduler"]


class _Rate:
    """The rate of the updates at one timestep of one ``learn()``; any other call is an error.

    It replaces ``model.lr_schedule``, and stays there after training: a later ``learn()`` without
    the callback would use a stale rate. A saved model has it as ``learning_rate``, so that a loaded
    one raises too.
    """

    def __init__(self, rate: float, model: Any = None) -> None:
        self.rate = rate
        self.model = None if model is None else weakref.ref(model)
        self.at = None if model is None else (model.start_time, model.num_timesteps)

    def __call__(self, progress_remaining: float) -> float:
        model = None if self.model is None else self.model()
        builds = model is None and progress_remaining == 1  # a loaded model builds its optimizers
        # start_time differs from call to call of learn()
        if builds or (model is not None and (model.start_time, model.num_timesteps) == self.at):
            return self.rate
        raise RuntimeError(
            "Scheduler: each learn() must have the callback, learn(..., callback=Scheduler(plan)), "
            f"and not inside another callback, got a call without it, with {progress_remaining!r} "
            "of the run left; to train without the plan load the model with learning_rate=rate"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _Rate, (self.rate,)  # a saved model must not hold the model


def _one_schedule(plan: object) -> Schedule:
    """A plan that is one rate."""
    if isinstance(plan, Mapping) and "callback" in plan:  # what a function as callback is given
        raise TypeError(
            "Scheduler: plan must be a Schedule, got what Stable-Baselines3 calls a function with; "
            "build the callback first, learn(..., callback=Scheduler(plan))"
        )
    return one_schedule("Scheduler: plan", plan, "an algorithm")


class Scheduler(BaseCallback):
    """Set the learning rate of an algorithm from a schedule in timesteps.

    Pass it to every ``learn()``. The rate of an update is ``plan(t)``, with ``t`` the number of
    timesteps that the model has collected before it.

    Parameters
    ----------
    plan : Schedule
        A scalar schedule whose steps are timesteps of the environments, of all ``learn()`` calls.
    start : int, optional
        The timestep of the plan at which the next ``learn()`` begins. Default None: the plan
        continues from the count in the model, also after ``reset_num_timesteps=True``.
    wins : {"saved", "new"}, optional
        Which plan to use if the model was trained with another one. Default None: raise an error
        that shows where the two differ.
    verbose : int
        As for every callback of Stable-Baselines3. Default 0.

    Raises
    ------
    TypeError, ValueError
        If an argument breaks its rule, or ``plan`` is a batch or a bundle.

    Notes
    -----
    The constructor's ``learning_rate`` must be a number, such as ``plan(0)``; it has no effect on
    updates. The model keeps the plan and its timestep in ``model.fastlr_plan``, which ``save``
    writes, so a loaded model continues. All optimizers of an algorithm get the same rate.

    After training with the callback, a ``learn()`` without it raises an error, also of a model that
    was saved and loaded. To train without the plan, load it with ``learning_rate=rate``. Another
    callback must not replace ``model.lr_schedule``.

    Examples
    --------
    >>> import fastlr as flr
    >>> from stable_baselines3 import PPO
    >>> plan = flr.linear(1e-3, 0.0, steps=64)
    >>> options = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "device": "cpu"}
    >>> model = PPO("MlpPolicy", "CartPole-v1", learning_rate=plan(0), **options)
    >>> _ = model.learn(32, callback=Scheduler(plan))
    >>> _ = model.learn(16, callback=Scheduler(plan))
    >>> model.policy.optimizer.param_groups[0]["lr"] == plan(48)
    True
    """

    def __init__(
        self,
        plan: Schedule,
        start: int | None = None,
        wins: Wins | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(verbose)
        self.plan, self.wins = _one_schedule(plan), wins
        if wins is not None:
            OneOf(("saved", "new"))("Scheduler: wins", wins)
        self.start = None if start is None else validate_scalar(Steps, "Scheduler: start", start)
        self._ahead = 0  # timesteps of the plan beyond those that the model counts

    def _on_training_start(self) -> None:
        """Find the timestep of the plan at which this ``learn()`` begins."""
        model: Any = self.model
        counted = int(model.num_timesteps)
        if self.start is not None:
            begin, self.start = self.start, None
        else:
            begin = self._continued(getattr(model, "fastlr_plan", None), counted)
        left = int(model._total_timesteps) - counted
        check_lasts("Scheduler: plan", self.plan, begin + left)
        self._ahead = begin - counted
        self._set()

    def _continued(self, saved: dict[str, Any] | None, counted: int) -> int:
        """The timestep after those of earlier calls, some of which the model may have reset."""
        if saved is None:
            return counted
        self.plan, step = resume(saved["checkpoint"], self.plan, self.wins)
        return step + max(counted - int(saved["num_timesteps"]), 0)

    def _on_rollout_end(self) -> None:
        """Set the rate of the updates that follow."""
        if not isinstance(self.model.lr_schedule, _Rate):
            raise RuntimeError(
                "Scheduler: model.lr_schedule must stay as the callback set it, got "
                f"{short_repr(self.model.lr_schedule)} from another callback or your code; "
                "multiply the schedule instead"
            )
        self._set()

    def _on_step(self) -> bool:
        return True

    def _set(self) -> None:
        """Set the rate of the next update, and keep the count in the model."""
        model: Any = self.model
        counted = int(model.num_timesteps)
        step = counted + self._ahead
        model.learning_rate = model.lr_schedule = _Rate(float(self.plan(step)), model)
        model.fastlr_plan = {"checkpoint": checkpoint(self.plan, step), "num_timesteps": counted}
