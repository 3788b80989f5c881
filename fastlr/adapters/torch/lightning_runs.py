"""Check how Lightning steps a scheduler, without importing Lightning.

By default Lightning steps a scheduler once per epoch, and a user may have no callback of fastlr
that notices. So the scheduler itself looks for the trainer. It checks the run before the first
update, and before the second whether it was stepped.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from torch.optim.lr_scheduler import LRScheduler

from fastlr.adapters._values import check_lasts

__all__ = ["check_returned", "check_run", "check_second_update", "running_trainer"]

_PACKAGES = ("lightning.pytorch", "pytorch_lightning")
_LOOP = "loops.training_epoch_loop"  # its module makes each update, automatic or manual
_RIGHT = (
    "in configure_optimizers return [optimizer], flr.adapters.lightning.configs(scheduler), or, "
    "for a plan that counts epochs, configs(scheduler, interval='epoch')"
)


def running_trainer() -> Any:
    """Return the Lightning trainer whose update is running, or None."""
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

    With manual optimization your code steps the scheduler, so a plan may count anything.

    Parameters
    ----------
    where : str
        The beginning of the message.
    trainer : lightning.pytorch.Trainer
        The trainer.
    """
    if not trainer.lightning_module.automatic_optimization:
        return
    for config in trainer.lr_scheduler_configs:
        scheduler = config.scheduler
        # a scheduler of another package has no unit to check
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
    """Raise unless Lightning steps the scheduler in the unit of its plan."""
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
    """Raise if Lightning makes the updates, but ``configure_optimizers`` returned no scheduler.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        The optimizer that the scheduler sets.
    trainer : lightning.pytorch.Trainer or None
        The trainer whose update is running.
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
    """Raise if a second update at the same step shows that nothing steps the scheduler.

    Parameters
    ----------
    scheduler : Scheduler
        The scheduler.
    trainer : lightning.pytorch.Trainer or None
        The trainer.
    step : int
        The step at which both updates were made.
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
