"""The scheduler: it sets the groups at each step, and refuses what something else changed."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import sys
import warnings
from typing import Annotated, Any, Literal

import numpy as np
from torch import Tensor
from torch.optim import Optimizer

from fastlr.adapters._values import first_scale, the_schedule, warn_of_end
from fastlr.adapters.torch.places import Groups
from fastlr.adapters.torch.planned_values import Plan, Quantity, listed
from fastlr.adapters.torch.resuming import Resumed
from fastlr.analysis.resume_plans import Wins
from fastlr.arguments.rules import Number, OneOf, Whether, short_repr, validate_scalar
from fastlr.errors import REPORTED, public_methods, reported_by
from fastlr.kernels.selection import choose
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule

__all__ = ["Scheduler", "check_rule"]

Step = Annotated[int, Number("an integer from 0 to 2**53", 0, LAST_STEP, whole=True)]


def _check_options(schedule: Any, last_epoch: Any, relative: Any, by: Any, wins: Any) -> None:
    """Raise if an argument of a scheduler other than the optimizer and the step breaks its rule."""
    if not isinstance(schedule, Bundle):
        the_schedule("Scheduler: schedule", schedule)
    Whether()("Scheduler: relative", relative)
    OneOf(("name", "position"))("Scheduler: by", by)
    if wins is not None:
        OneOf(("saved", "new"))("Scheduler: wins", wins)
    if type(last_epoch) is not int or last_epoch != -1:
        raise TypeError(
            f"Scheduler: last_epoch must be left out, got {short_repr(last_epoch)}; pass step=, "
            "the step whose rate is set first, which is last_epoch + 1"
        )


def _way_to_an_optimizer(value: object) -> str:
    """What to write in place of what is no optimizer."""
    if isinstance(value, Schedule | Bundle):
        return "write Scheduler(optimizer, schedule)"
    if isinstance(value, list | tuple | dict):
        return "build a Scheduler for each optimizer"
    return "build the optimizer first"


_RULE = ("init", "update", "save", "restore", "rate", "to_spec")


def check_rule(where: str, rule: Any) -> None:
    """Raise unless this is a rule for the rate of all groups.

    Parameters
    ----------
    where : str
        What the message begins with: the adapter.
    rule : Plateau, GreedyLR, KLAdaptive or NewBob
        What the caller gave.
    """
    if not all(hasattr(rule, name) for name in _RULE) or isinstance(rule, type):
        raise TypeError(
            f"{where}: plateau must be a rule such as flr.Plateau(factor=0.5, patience=3), got "
            f"{type(rule).__name__} {short_repr(rule)}"
        )
    if shape := tuple(getattr(rule, "shape", ())):
        raise ValueError(f"{where}: plateau must be one rule for all groups, got lanes {shape}")


@public_methods(but=("step",))
class Scheduler(Resumed):
    """Set the rates of an optimizer's groups from a schedule.

    The rate is ``s(0)`` on construction and ``s(t)`` after the t-th ``step()``, to the bit.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        The optimizer whose groups are set.
    schedule : Schedule or Bundle
        One of:

        - A scalar schedule: the same rate for all groups, also for groups that are added later. It
          is multiplied by a group's ``"lr_scale"`` if there is one, as timm does.
        - A stack with names: a lane for each group's ``"name"``. There may be lanes for groups that
          are added later.
        - A batch: one lane per group, in their order, with ``by="position"``.
        - A bundle: all its quantities, such as ``lr`` and ``weight_decay``; the groups must have
          each of them. ``momentum`` sets the first of the ``betas`` if the groups have those. A
          group whose weight decay is 0 keeps 0, unless the schedule has a lane with its name.
    step : int, optional
        The step whose rate is set first. It is what ``last_epoch + 1`` is in torch. Default None:
        step 0 of a new run. For an optimizer that has made updates, pass their number to continue a
        run, or 0 to begin the plan there.
    relative : bool
        Multiply each group's own initial rate by the schedule. Default False: the schedule is the
        rate, and initial rates that differ are an error.
    plateau : Plateau, GreedyLR, KLAdaptive or NewBob, optional
        A rule that changes the rate when ``update(metric)`` reports a metric. The rate is that of
        the schedule times the scale of the rule.
    scale : float, optional
        The first scale of the rule. Default 1.0. A rule with limits of its scale, ``min_lr`` and
        ``max_lr`` or ``floor``, has no default: see the notes.
    by : {"name", "position"}
        How the lanes of a batch belong to groups. Default ``"name"``.
    wins : {"saved", "new"}, optional
        Which schedule, rule and initial rates to use if a loaded state has others: those in the
        state or these. Default None: raise an error that shows where the two differ.
    last_epoch : int
        Only -1, which torch's schedulers have for a new run. Use ``step`` instead.

    Attributes
    ----------
    last_epoch : int
        The step whose rate is set.
    plateau_state : PlateauState or None
        The state of ``plateau``, for example for ``plateau_state.scale``.

    Raises
    ------
    TypeError, ValueError
        If an argument breaks its rule, if the lanes do not match the groups, if one schedule would
        make groups alike that were built with different values, or if a momentum or a beta is ever
        1 or more. Nothing is set then.

    Notes
    -----
    An optimizer whose state has updates already, as after loading it, is an error at the first
    update if nothing says where the plan is: not ``step``, a loaded state or ``jump``. If no state
    was loaded after the scheduler was built, it is a warning. An SGD without momentum keeps no
    state that could tell.

    Past its end a rate holds its last value. If that is below its peak, ``step()`` warns once.
    ``.then(flr.constant(rate))`` says that the run goes on there. With ``past_end="raise"`` the
    first update past the end raises. The ``step()`` before it, a run's last, leaves the rate.

    A value that is a tensor is filled in place, so compiled steps see the change.

    ``GreedyLR`` and ``KLAdaptive`` limit their scale, and so does a ``Plateau`` with a ``floor``,
    such as torch's with ``min_lr``. The scale is the rate if the schedule is 1.0, or warms up to
    1.0: ``Scheduler(optimizer, flr.constant(1.0), plateau=flr.KLAdaptive(), scale=3e-4)``. With
    another schedule it is a factor, and so are its limits.

    Hooks on the optimizer set the values again when its state is loaded, so the order of loading
    does not matter, and set those of a new group before its first update.

    Examples
    --------
    >>> import torch
    >>> import fastlr as flr
    >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    >>> scheduler, rates = Scheduler(optimizer, flr.linear(1.0, 0.0, steps=4)), []
    >>> for _ in range(5):
    ...     optimizer.step()
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [1.0, 0.75, 0.5, 0.25, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Schedule | Bundle,
        *,
        step: int | None = None,
        relative: bool = False,
        plateau: Any = None,
        scale: float | None = None,
        by: Literal["name", "position"] = "name",
        wins: Wins | None = None,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                "Scheduler: optimizer must be one of torch's, got "
                f"{type(optimizer).__name__} {short_repr(optimizer)}; "
                f"{_way_to_an_optimizer(optimizer)}"
            )
        _check_options(schedule, last_epoch, relative, by, wins)
        first = 0 if step is None else validate_scalar(Step, "Scheduler: step", step)
        self.optimizer, self.wins, self._plan = optimizer, wins, Plan(schedule, relative, by)
        self.plateau, self.plateau_state, self._scale = plateau, None, scale
        if plateau is not None:
            check_rule("Scheduler", plateau)
            if "lr" not in (parts := self._plan.parts()):
                raise ValueError(
                    "Scheduler: plateau must have an lr to reduce, got a bundle of "
                    f"{', '.join(parts)}"
                )
            self.plateau_state = plateau.init(scale=first_scale("Scheduler", plateau, scale))
        elif scale is not None:
            raise ValueError(
                f"Scheduler: scale must be left out without a plateau rule, got {scale!r}; "
                "multiply the schedule"
            )
        groups = optimizer.param_groups
        quantities = self._plan.bound(groups, {})
        self._values(quantities, first)  # raises before anything is set
        self._updated, self._charged, self._awaits = False, False, False
        self._over = False
        self._watched, self.counts_updates = None, None
        self._placed, self._optimizer_loaded, self._idle = step is not None, False, 0
        self._loaded: list[list[float]] = []
        self._use(groups, quantities)
        self.last_epoch = first - 1
        self._register()
        self._initial_step()

    # -- stepping ----------------------------------------------------------------------------------

    def _initial_step(self) -> None:
        """Set the first values, whatever the groups have."""
        self._step_count = 0
        self._update_lr()
        self._step_count, self._was_wrapped = 1, self._is_wrapped()

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the values of a step, whatever the groups have; SequentialLR calls it."""
        t = self.last_epoch + 1 if epoch is None else epoch
        self._placed = self._placed or epoch is not None
        self._refresh()
        self._write(self._values(self._quantities, t), t)

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next step, or of step ``epoch``.

        Parameters
        ----------
        epoch : int, optional
            The step to jump to. Default None: the next step. With a plateau rule, use ``jump``.

        Raises
        ------
        TypeError, ValueError
            As ``s(t)`` does, or if something else has changed a value that this scheduler set; on
            the first step, if accelerate accumulates gradients. Nothing is set then.

        Warns
        -----
        UserWarning
            On the first step, if the optimizer has made no update, as torch's schedulers do.
            Once, if an update was made past the end of a rate that ends below its peak. On the
            first step, if ``epoch`` is the step of the update that was just made.
        """
        try:  # unlike a wrapper, it costs nothing unless there is an error
            self._advance() if epoch is None else self._jump_of_step(epoch)
        except REPORTED as error:
            shown = reported_by("step", Scheduler.step, error)
            if shown is None:
                raise
            raise shown from None

    def _advance(self) -> None:
        """Set the rates of the next step."""
        groups = self.optimizer.param_groups
        if groups is not self._groups or len(groups) != self._count:
            self._refresh()
        if self._step_count == 1 and self._follows and not self._updated:
            self._warn()
        t, one = self.last_epoch + 1, self._one
        if t >= self._open_from and t < self._limit:
            self._open_from = self._limit
            warn_of_end("Scheduler: the schedule", self.schedule, t - 1)
        if t >= self._open_from:
            self._set_and_check(t)
        elif one is not None:  # the usual case, kept as short as possible
            rate, last = one(t), self._marks
            for group in groups:
                if group["lr"] is not last:
                    self._check_unchanged("step")
                    break
            for group in groups:
                group["lr"] = rate
            self._marks, self.last_epoch = rate, t
        elif self._rates is not None:
            self._step_rates(self._rates, groups, t)
        elif self._many is not None:
            self._step_many(self._many, groups, t)
        else:
            self._set_and_check(t)
        self._step_count += 1

    def _set_and_check(self, t: int) -> None:
        """Set the values of step t, whatever they are."""
        values = self._values(self._quantities, t)
        self._check_unchanged("step")
        self._write(values, t)

    def _step_rates(self, quantity: Quantity, groups: Groups, t: int) -> None:
        """Set rates and nothing else, which is faster than ``_write``."""
        rates = quantity.each(t)
        if [group["lr"] for group in groups] != self._marks[0]:
            self._check_unchanged("step")
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate
        self._marks, self.last_epoch = [rates], t

    def _step_many(self, quantity: Quantity, groups: Groups, t: int) -> None:
        """Set rates and nothing else in many groups, in C if that is the backend."""
        rates = quantity.packed(t)
        if not choose().replace(groups, "lr", self._marks[0], rates):
            self._check_unchanged("step")
            quantity.put(groups, listed(rates, self._count))
        self._marks, self.last_epoch = [rates], t

    def _jump_of_step(self, epoch: Any) -> None:
        """Jump, unless the argument may be a metric. A loss may be a whole number."""
        if self.plateau is not None:
            raise TypeError(
                f"step: with a plateau rule step() takes no argument, got {short_repr(epoch)}; "
                "report a metric with update(metric), which does not advance, in Lightning with "
                "the callback fastlr.adapters.lightning.Report; jump with jump(step)"
            )
        if not isinstance(epoch, int | np.integer) or isinstance(epoch, bool):
            raise TypeError(
                f"step: epoch must be an int, got {type(epoch).__name__} {short_repr(epoch)}; to "
                "report a metric pass plateau=flr.Plateau(...) to Scheduler, and call "
                "update(metric) and step()"
            )
        if epoch == self.last_epoch and self._step_count == 1 and self._updated:
            warnings.warn(
                f"step: epoch must be the step of the next update, got {epoch}, that of the update "
                "that was just made, so its rate is used twice; call step() without an argument, "
                "or step(t + 1)",
                UserWarning,
                stacklevel=3,
            )
        self._set_step("step: epoch", int(epoch))

    def _warn(self) -> None:
        """Warn as torch does, in its words, so that filters for them work."""
        accelerate = sys.modules.get("accelerate.state")
        if accelerate is not None and not accelerate.GradientState().sync_gradients:
            raise ValueError(
                "step: the scheduler must be stepped once per update, got a step while accelerate "
                "accumulates gradients; pass the scheduler to accelerator.prepare, or step it only "
                "if accelerator.sync_gradients"
            )
        warnings.warn(
            "Detected call of `lr_scheduler.step()` before `optimizer.step()`. You should call "
            "them in the opposite order, or the first rate of the schedule is skipped.",
            UserWarning,
            stacklevel=4,
        )

    def jump(self, step: int) -> None:
        """Set the rates of a step.

        Parameters
        ----------
        step : int
            The step, from 0 to 2**53.

        Raises
        ------
        TypeError, ValueError
            As ``s(t)`` does, or if something else has changed a value that this scheduler set.
            Nothing is set then.
        """
        self._set_step("jump: step", step)

    def _set_step(self, where: str, step: int) -> None:
        """Set the rates of a step; ``where`` names the method and the parameter of the user."""
        t = validate_scalar(Step, where, step)
        self._refresh()
        values = self._values(self._quantities, t)
        self._check_unchanged(where.partition(":")[0])
        self._write(values, t)
        self._placed = True
        self._step_count += 1

    def update(self, metric: Any) -> None:
        """Report a metric to the plateau rule, and set the rates at once. It does not advance.

        Parameters
        ----------
        metric : float or tensor with one element
            The metric. In a distributed run, it must be the same number in every process.

        Raises
        ------
        TypeError, ValueError
            If there is no plateau rule, if the rule refuses the metric, or if something else has
            changed a value that this scheduler set. Nothing is set then.

        Examples
        --------
        >>> import torch
        >>> import fastlr as flr
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))])
        >>> rule = flr.Plateau(factor=0.5, patience=0)
        >>> scheduler = Scheduler(optimizer, flr.constant(0.1), plateau=rule)
        >>> for loss in [1.0, 1.0]:
        ...     scheduler.update(loss)
        >>> scheduler.get_last_lr(), scheduler.last_epoch
        ([0.05], 0)
        """
        if self.plateau is None:
            raise ValueError(
                "update: the scheduler must have a rule for the metric, got none; pass "
                "plateau=flr.Plateau(...) to Scheduler"
            )
        if isinstance(metric, Tensor) and metric.numel() == 1:
            metric = metric.item()
        after = self.plateau.update(self.plateau_state, metric)
        self._refresh()
        if self.last_epoch >= 0:
            self._check_unchanged("update")
        self.plateau_state = after
        if self.last_epoch >= 0:
            self._write(self._values(self._quantities, self.last_epoch), self.last_epoch)

    def get_last_lr(self) -> list[float]:
        """Return the rate of each group as a float."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    get_lr = get_last_lr
    _last_lr = property(get_last_lr)

    def values(self) -> dict[str, float]:
        """Return all that is set now, as loggers take it.

        Returns
        -------
        dict of str to float
            ``"lr/<name>"`` for each group, or ``"lr/0"`` if the first group has no name. The same
            for each other quantity, and ``"lr_scale"`` if there is a plateau rule.
        """
        groups = self.optimizer.param_groups
        found = {
            f"{quantity.place.key}/{group.get('name', i)}": float(quantity.place.get(group))
            for quantity in self._quantities
            for i, group in enumerate(groups)
        }
        if self.plateau_state is not None and hasattr(self.plateau_state, "scale"):
            found["lr_scale"] = float(self.plateau_state.scale)
        return found
