"""Check how Lightning steps a scheduler, without an import of Lightning.

Lightning's default is one step of a scheduler per epoch, and it needs no callback of ours. So a
scheduler looks for the trainer at its first update, and raises before that update is made.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from torch.optim.lr_scheduler import LRScheduler

from fastlr.adapters._values import check_lasts

__all__ = ["check_returned", "check_run", "check_second_update", "running_trainer"]

_PACKAGES = ("lightning.pytorch", "pytorch_lightning")
_LOOP = "loops.training_epoch_loop"  # it makes each update, automatic or manual
_RIGHT = (
    "in configure_optimizers return [optimizer], flr.adapters.lightning.configs(scheduler), or, "
    "for a plan that counts epochs, configs(scheduler, interval='epoch')"
)


def running_trainer() -> Any:
    """Return the trainer of Lightning that makes the update which is running, or None."""
    loops = {f"{package}.{_LOOP}" for package in _PACKAGES}
    if not loops & sys.modules.keys():
        return None
    frame = sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__") in loops and "self" in frame.f_locals:
            return frame.f_locals["self"].trainer
        frame = frame.f_back  # type: ignore[assignment]
    return None


def check_run(where: str, trainer: Any) -> None:
    """Raise if a plan ends before the run, or Lightning steps a scheduler in another unit.

    With manual optimization Lightning steps no scheduler, so a plan may count anything.

    Parameters
    ----------
    where : str
        What the message begins with.
    trainer : lightning.pytorch.Trainer
        The trainer.
    """
    if not trainer.lightning_module.automatic_optimization:
        return
    for config in trainer.lr_scheduler_configs:
        scheduler = config.scheduler
        # that of another package has no unit
        if not isinstance(scheduler, LRScheduler) or not hasattr(scheduler, "counts_updates"):
            continue
        _check_config(where, config)
        by_epoch = config.interval == "epoch"
        length = trainer.max_epochs if by_epoch else trainer.estimated_stepping_batches
        if length is not None and math.isfinite(length) and length > 0:
            steps = int(length) // config.frequency
            name = f"{where}: the scheduler's plan"
            check_lasts(name, scheduler.schedule, steps, config.interval)


def _check_config(where: str, config: Any) -> None:
    """Raise if the unit in which Lightning steps a scheduler is not said to be the plan's."""
    unit = config.scheduler.counts_updates
    if config.reduce_on_plateau:
        raise ValueError(
            f"{where}: reduce_on_plateau must be left out of the scheduler's dict, got True, with "
            "which Lightning passes a metric to step(); pass plateau= to Scheduler, add the "
            f"callback flr.adapters.lightning.Report(monitor), and {_RIGHT}"
        )
    if config.interval == "epoch" and unit is not False:
        raise ValueError(
            f"{where}: interval must be 'step' for a plan that counts updates, got 'epoch', "
            f"Lightning's default, which keeps one rate for an epoch; {_RIGHT}"
        )
    if config.frequency != 1 and unit is None:
        raise ValueError(
            f"{where}: frequency must be 1 for a plan that counts updates, got "
            f"{config.frequency}, with which the rate changes once in {config.frequency} updates; "
            f"{_RIGHT}; to keep the frequency, add it to the dict configs(scheduler)[0]"
        )


def check_returned(optimizer: Any, trainer: Any) -> None:
    """Raise if Lightning makes the updates and got no scheduler of the optimizer.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        An optimizer that a scheduler was made for.
    trainer : lightning.pytorch.Trainer or None
        The trainer that makes the update which is running.
    """
    if trainer is None or not trainer.lightning_module.automatic_optimization:
        return
    known = [getattr(c.scheduler, "optimizer", None) for c in trainer.lr_scheduler_configs]
    if all(each is not optimizer for each in known):
        raise ValueError(
            "Scheduler: configure_optimizers must return the scheduler beside the optimizer, got "
            f"the optimizer alone, whose rate would stay as it is; {_RIGHT}"
        )


def check_second_update(scheduler: Any, trainer: Any, step: int) -> None:
    """Raise if a second update at a step shows that nobody steps the scheduler once per update.

    Parameters
    ----------
    scheduler : Scheduler
        The scheduler, which makes the second update at this step.
    trainer : lightning.pytorch.Trainer or None
        The trainer.
    step : int
        The step.
    """
    if trainer is None:
        return
    if trainer.lightning_module.automatic_optimization:
        check_returned(scheduler.optimizer, trainer)
    elif scheduler.counts_updates:
        raise ValueError(
            "Scheduler: with manual optimization your code must step the scheduler once per "
            f"update, got a second update at step {step:,}; call self.lr_schedulers().step() after "
            "each optimizer.step(), or, for a plan in another unit, return "
            "configs(scheduler, interval='epoch')"
        )
