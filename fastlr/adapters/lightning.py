"""Lightning: a scheduler's configuration, and callbacks that report a metric and log rates."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from typing import Any, Literal

from fastlr.adapters._requirements import required_by
from fastlr.adapters._values import check_direction
from fastlr.adapters.torch import Scheduler
from fastlr.adapters.torch.lightning_runs import check_run
from fastlr.arguments.rules import OneOf, Period, short_repr, validate_scalar
from fastlr.errors import public

with required_by("lightning"):
    try:
        from lightning import pytorch as lightning
    except ImportError:  # the same under its older name
        import pytorch_lightning as lightning

__all__ = ["LogRates", "Report", "configs"]


class _Configs(list[dict[str, Any]]):
    """The list of ``configs``, which says where it belongs if Lightning takes it for a scheduler.

    That is what Lightning does with a list in a dict, ``{"lr_scheduler": configs(scheduler)}``: it
    reads the scheduler's optimizer first.
    """

    @property
    def optimizer(self) -> Any:
        raise TypeError(
            "configs: the list must be beside the optimizers, return [optimizer], "
            "configs(scheduler), got it in place of a scheduler; in a dict write "
            "'lr_scheduler': configs(scheduler)[0]"
        )


@public
def configs(
    scheduler: Scheduler, interval: Literal["step", "epoch"] = "step"
) -> list[dict[str, Any]]:
    """Return what ``configure_optimizers`` returns beside the optimizer.

    Parameters
    ----------
    scheduler : fastlr.adapters.torch.Scheduler
        The scheduler.
    interval : {"step", "epoch"}, default "step"
        The unit of the schedule: optimizer steps or epochs. Lightning's own default is epochs.

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
    >>> scheduler = flr.adapters.torch.Scheduler(optimizer, flr.constant(0.1))
    >>> [config["interval"] for config in configs(scheduler)]
    ['step']
    """
    if not isinstance(scheduler, Scheduler):
        raise TypeError(
            "configs: scheduler must be a fastlr.adapters.torch.Scheduler, got "
            f"{type(scheduler).__name__}"
        )
    OneOf(("step", "epoch"))("configs: interval", interval)
    scheduler.counts_updates = interval == "step"
    return _Configs([{"scheduler": scheduler, "interval": interval}])


def _schedulers(trainer: Any) -> list[Scheduler]:
    """The schedulers of a trainer that are fastlr's."""
    found = [config.scheduler for config in trainer.lr_scheduler_configs]
    return [scheduler for scheduler in found if isinstance(scheduler, Scheduler)]


class Report(lightning.Callback):
    """A callback that reports a metric to the schedulers' plateau rules after each validation.

    Parameters
    ----------
    monitor : str
        The metric, as you log it with ``self.log`` in ``validation_step``.

    Raises
    ------
    TypeError
        If ``monitor`` is not a string.

    Notes
    -----
    It replaces Lightning's own ``reduce_on_plateau``. That updates a rule after the checkpoint of
    the epoch is written, so a resumed run misses a metric. This callback updates it before.
    """

    def __init__(self, monitor: str) -> None:
        super().__init__()
        if not isinstance(monitor, str):
            raise TypeError(
                f"Report: monitor must be the name of a metric, got {short_repr(monitor)}"
            )
        self.monitor = monitor

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Check that there is a rule to report to, and a validation to report from.

        Parameters
        ----------
        trainer : lightning.pytorch.Trainer
            The trainer.
        pl_module : lightning.pytorch.LightningModule
            Not used.

        Raises
        ------
        ValueError
            If no scheduler has a rule, the run has no validation, there is another ``Report``, the
            rule takes a loss for better where it is higher, or the plan does not fit the run.
        """
        check_run("Report", trainer)
        if all(scheduler.plateau is None for scheduler in _schedulers(trainer)):
            raise ValueError(
                "Report: a scheduler must have a plateau rule, got none; pass "
                "plateau=flr.Plateau(...) to fastlr.adapters.torch.Scheduler"
            )

        if not trainer.enable_validation:
            raise ValueError(
                "Report: the run must have a validation that logs the metric, got none; pass "
                "val_dataloaders to fit() and define validation_step"
            )
        if sum(isinstance(callback, Report) for callback in trainer.callbacks) > 1:
            raise ValueError(
                "Report: one callback must report to the rules, got several; each report counts as "
                "an epoch of a rule"
            )
        for scheduler in _schedulers(trainer):
            if scheduler.plateau is not None:
                check_direction("Report: monitor", scheduler.plateau, self.monitor)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Report the metric.

        Parameters
        ----------
        trainer : lightning.pytorch.Trainer
            The trainer.
        pl_module : lightning.pytorch.LightningModule
            Not used.

        Raises
        ------
        TypeError, ValueError
            If the metric was not logged, or as ``Scheduler.update`` does.
        """
        if trainer.sanity_checking or trainer.state.fn != "fit":
            return
        metrics = trainer.callback_metrics
        if self.monitor not in metrics:
            raise ValueError(
                "Report: monitor must be a metric that is logged in validation, one of "
                f"{short_repr(sorted(metrics))}, got {self.monitor!r}"
            )
        for scheduler in _schedulers(trainer):
            if scheduler.plateau is not None:
                scheduler.update(metrics[self.monitor])


class LogRates(lightning.Callback):
    """A callback that logs what the schedulers set, by the name of each group.

    It logs ``lr/<name>`` for each group, or ``lr/0`` for the first one if it has no name, in the
    same way each quantity of a bundle, such as ``weight_decay/<name>``, and ``lr_scale`` of a
    plateau rule. Values are those of the step that is logged, before its update. Several
    optimizers have a number in front: ``0/lr/<name>``.

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

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Check that the plan fits the run.

        Parameters
        ----------
        trainer : lightning.pytorch.Trainer
            The trainer.
        pl_module : lightning.pytorch.LightningModule
            Not used.

        Raises
        ------
        ValueError
            If a plan ends before the run, or counts steps where Lightning counts epochs.
        """
        check_run("LogRates", trainer)

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
        found = _schedulers(trainer)
        values = dict[str, float]()
        for i, scheduler in enumerate(found):
            front = f"{i}/" if len(found) > 1 else ""
            values |= {front + key: value for key, value in scheduler.values().items()}
        for logger in trainer.loggers if values else ():
            logger.log_metrics(values, step=step)
