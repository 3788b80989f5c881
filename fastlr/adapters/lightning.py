"""Lightning: schedulers that also hear a metric, and a callback that logs rates by group name."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from typing import Any, Literal

from torch.optim.lr_scheduler import LRScheduler

try:
    from lightning import pytorch as lightning
except ImportError:  # the same under its older name
    import pytorch_lightning as lightning

from fastlr.adapters.torch import Scheduler
from fastlr.arguments.rules import Choice, Period, short_repr, validate_scalar
from fastlr.errors import public

__all__ = ["Listener", "LogRates", "configs"]


class Listener(LRScheduler):
    """Pass a monitored metric on to a scheduler's plateau rule; ``configs`` builds it.

    Lightning calls ``step(metric)`` of whatever it has as a plateau scheduler. This one calls
    ``scheduler.update(metric)``, which does not advance the schedule.

    Parameters
    ----------
    scheduler : fastlr.adapters.torch.Scheduler
        The scheduler that has the rule.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler, self.optimizer = scheduler, scheduler.optimizer

    def step(self, metric: Any = None) -> None:
        """Report a metric.

        Parameters
        ----------
        metric : float or tensor with one element
            The metric.

        Raises
        ------
        TypeError, ValueError
            As ``Scheduler.update`` does.
        """
        self.scheduler.update(metric)

    def get_last_lr(self) -> list[float]:
        """Return the rate of each group as a float."""
        return self.scheduler.get_last_lr()

    def state_dict(self) -> dict[str, Any]:
        """Return nothing: the state is the scheduler's."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load nothing.

        Parameters
        ----------
        state_dict : dict
            What ``state_dict()`` returned.

        Raises
        ------
        ValueError
            If it has anything in it.
        """
        if state_dict:
            raise ValueError(
                "load_state_dict: state of a Listener must be empty, got "
                f"{short_repr(state_dict)}; is it another scheduler's?"
            )


@public
def configs(
    scheduler: Scheduler,
    interval: Literal["step", "epoch"] = "step",
    monitor: str | None = None,
    frequency: int = 1,
    strict: bool = True,
) -> list[dict[str, Any]]:
    """Return what ``configure_optimizers`` returns beside the optimizer.

    Parameters
    ----------
    scheduler : fastlr.adapters.torch.Scheduler
        The scheduler.
    interval : {"step", "epoch"}, default "step"
        The unit of the schedule: optimizer steps or epochs.
    monitor : str, optional
        The metric to report to the scheduler's plateau rule after each epoch, as you log it with
        ``self.log``. It must be given if and only if the scheduler has a rule.
    frequency : int, default 1
        Epochs per report, from 1.
    strict : bool, default True
        Whether a missing metric is an error.

    Returns
    -------
    list of dict
        Configurations of Lightning: ``return [optimizer], configs(scheduler)``.

    Raises
    ------
    TypeError, ValueError
        If an argument breaks its rule.

    Examples
    --------
    >>> import torch
    >>> import fastlr as flr
    >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))])
    >>> scheduler = flr.adapters.torch.Scheduler(
    ...     optimizer, flr.constant(0.1), plateau=flr.Plateau()
    ... )
    >>> [one["interval"] for one in configs(scheduler, monitor="val_loss")]
    ['step', 'epoch']
    """
    if not isinstance(scheduler, Scheduler):
        raise TypeError(
            "configs: scheduler must be a fastlr.adapters.torch.Scheduler, got "
            f"{type(scheduler).__name__}"
        )
    Choice(("step", "epoch"))("configs: interval", interval)
    if (monitor is None) != (scheduler.plateau is None):
        rule = "none" if scheduler.plateau is None else short_repr(scheduler.plateau)
        raise ValueError(
            "configs: monitor must be given if and only if the scheduler has a plateau rule, got "
            f"{monitor!r} where the rule is {rule}"
        )
    if monitor is not None and not isinstance(monitor, str):
        raise TypeError(f"configs: monitor must be the name of a metric, got {monitor!r}")
    every = validate_scalar(Period, "configs: frequency", frequency)
    listeners = [] if monitor is None else [Listener(scheduler)]
    return [
        {"scheduler": scheduler, "interval": interval},
        *(
            {
                "scheduler": listener,
                "interval": "epoch",
                "frequency": every,
                "reduce_on_plateau": True,
                "monitor": monitor,
                "strict": strict,
            }
            for listener in listeners
        ),
    ]


class LogRates(lightning.Callback):
    """A callback that logs what the schedulers set, by the name of each group.

    It logs ``lr/<name>`` for each group, or ``lr/0`` for the first one if it has no name, in the
    same way each quantity of a bundle, such as ``weight_decay/<name>``, and ``lr_scale`` of a
    plateau rule. Values are those of the step that is logged, before its update. Several
    optimizers are told apart by a number in front: ``0/lr/<name>``.

    Parameters
    ----------
    every : int, optional
        Steps per log. Default: the trainer's ``log_every_n_steps``.

    Raises
    ------
    TypeError, ValueError
        If ``every`` breaks its rule.
    """

    def __init__(self, every: int | None = None) -> None:
        super().__init__()
        self.every = None if every is None else validate_scalar(Period, "LogRates: every", every)

    def on_train_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        """Log the values that the update of this batch uses.

        Parameters
        ----------
        trainer : lightning.pytorch.Trainer
            The trainer.
        pl_module, batch, batch_idx
            Not used.
        """
        step = trainer.fit_loop.epoch_loop._batches_that_stepped
        if step % (self.every or trainer.log_every_n_steps):
            return
        found = [
            config.scheduler
            for config in trainer.lr_scheduler_configs
            if isinstance(config.scheduler, Scheduler)
        ]
        values = dict[str, float]()
        for i, scheduler in enumerate(found):
            front = f"{i}/" if len(found) > 1 else ""
            values |= {front + key: value for key, value in scheduler.values().items()}
        for logger in trainer.loggers if values else ():
            logger.log_metrics(values, step=step)
