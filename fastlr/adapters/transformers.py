"""Transformers: a Trainer that takes its rates from a schedule, also after a resume."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable
from typing import Any

import transformers

from fastlr.adapters.torch import Scheduler
from fastlr.analysis.resume_plans import Wins
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule

__all__ = ["Scheduled", "Trainer"]

Plan = Schedule | Bundle


class Scheduled:
    """Add the argument ``schedule`` to a Trainer class.

    List it before the Trainer among the bases of a class, as ``Trainer`` in this module does.

    Parameters
    ----------
    *args, **options
        The arguments of the Trainer.
    schedule : Schedule, Bundle or callable
        What to train with. A function takes the number of training steps, which only the Trainer
        knows, and returns a Schedule or a Bundle.
    wins : {"saved", "new"}, optional
        Which schedule to use if a resumed checkpoint has another one. Default None: raise, as in
        ``fastlr.adapters.torch.Scheduler``.
    """

    def __init__(
        self,
        *args: Any,
        schedule: Plan | Callable[[int], Plan],
        wins: Wins | None = None,
        **options: Any,
    ) -> None:
        self._plan, self._wins = schedule, wins
        super().__init__(*args, **options)

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Scheduler:
        """Create the scheduler, once. The Trainer calls this when it has an optimizer.

        Parameters
        ----------
        num_training_steps : int
            The number of training steps.
        optimizer : torch.optim.Optimizer, optional
            The optimizer. Default: that of the Trainer.

        Returns
        -------
        Scheduler
            The scheduler of ``fastlr.adapters.torch``.
        """
        if getattr(self, "lr_scheduler", None) is None:
            plan = self._plan if isinstance(self._plan, Plan) else self._plan(num_training_steps)
            self.lr_scheduler = Scheduler(
                getattr(self, "optimizer", None) if optimizer is None else optimizer,
                plan,
                wins=self._wins,
            )
            self._created_lr_scheduler = True
        return self.lr_scheduler


class Trainer(Scheduled, transformers.Trainer):
    """The Trainer of Transformers with one more argument, ``schedule``.

    It replaces ``lr_scheduler_type`` and the arguments that go with it. See ``Scheduled`` for the
    parameters::

        Trainer(
            model,
            args,
            train_dataset=data,
            schedule=lambda steps: flr.warmup_cosine(3e-4, steps // 20, steps),
        )
    """
