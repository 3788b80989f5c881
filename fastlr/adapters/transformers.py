"""Transformers: a Trainer whose rates are a schedule's, checkpoints and resumes included."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable
from typing import Any

import transformers

from fastlr.adapters.torch import Scheduler
from fastlr.analysis.checkpoints import Wins
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule

__all__ = ["Scheduled", "Trainer"]

Plan = Schedule | Bundle


class Scheduled:
    """What to put before any Trainer among the bases of a class, as ``Trainer`` below is made.

    ``schedule`` is a schedule or a bundle, or a function of the number of training steps that gives
    one, as the Trainer alone knows how many there are; ``wins`` says what a resume with another
    schedule does, as in ``flr.adapters.torch.Scheduler``.
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
        """What the Trainer calls once it has an optimizer."""
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
    """The Trainer of Transformers with one more argument, ``schedule``, in place of
    ``lr_scheduler_type`` and its like.

    ``Trainer(model, args, train_dataset=data, schedule=lambda steps: flr.warmup_cosine(3e-4, steps
    // 20, steps))``
    """
