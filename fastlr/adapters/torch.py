"""PyTorch: a schedule sets the groups of an optimizer, with the interface of torch's schedulers.

Every value is computed from the step alone, never from the previous value. So a jump, a resume or
another scheduler on the same optimizer has no lasting effect, and the state is one integer.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable, Iterable, Mapping
from itertools import repeat
from typing import Annotated, Any, NamedTuple

import numpy as np
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from fastlr.analysis.resume_plans import Wins, checkpoint, resume
from fastlr.arguments.rules import Number, short_repr, validate_scalar
from fastlr.errors import did_you_mean
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_schedule

__all__ = ["Scheduler"]

Groups = list[dict[str, Any]]
Each = Iterable[float]  # a number for each group
Setter = Callable[[Groups, str, Each], None]

_Step = Annotated[int, Number("an integer from -1 to 2**53 - 1", -1, LAST_STEP - 1, whole=True)]

_MAX_SCALAR_LANES = 12  # up to this many lanes, scalar calls are faster than one call of the batch


def _set(groups: Groups, key: str, each: Each) -> None:
    """Set a value in each group."""
    for group, value in zip(groups, each, strict=False):
        group[key] = value


def _fill(groups: Groups, key: str, each: Each) -> None:
    """Set a value in place if it is a tensor, because a compiled step keeps a reference to it."""
    for group, value in zip(groups, each, strict=False):
        if isinstance(group[key], Tensor):
            group[key].fill_(value)
        else:
            group[key] = value


def _set_beta1(groups: Groups, key: str, each: Each) -> None:
    """Set the first of the betas in each group."""
    for group, value in zip(groups, each, strict=False):
        group["betas"] = (value, group["betas"][1])


def _set_beta2(groups: Groups, key: str, each: Each) -> None:
    """Set the second of the betas in each group."""
    for group, value in zip(groups, each, strict=False):
        group["betas"] = (group["betas"][0], value)


_BETAS = {"momentum": _set_beta1, "beta1": _set_beta1, "beta2": _set_beta2}


def _setter(groups: Groups, key: str) -> Setter:
    """The function that sets a quantity in these groups."""
    if all(key in group for group in groups):
        return _fill if any(isinstance(group[key], Tensor) for group in groups) else _set
    if key in _BETAS and all("betas" in group for group in groups):
        return _BETAS[key]
    known = sorted(
        {*groups[0], *(_BETAS if "betas" in groups[0] else ())} - {"params", "initial_lr"}
    )
    raise ValueError(
        "Scheduler: each group must have what is scheduled, one of "
        f"{short_repr(known)}, got {key!r}"
    )


def _lanes_of_groups(groups: Groups, schedule: Schedule) -> list[int]:
    """The lane of each group in a batch, by name if the groups have names."""
    lanes, names = schedule.shape, schedule.names
    if len(lanes) > 1:
        raise ValueError(
            "Scheduler: schedule must have at most one batch axis, one lane per group, got "
            f"batch shape {lanes}"
        )
    if names is not None and any("name" in group for group in groups):
        return [_lane_of_group(i, group.get("name"), names) for i, group in enumerate(groups)]
    if lanes[0] != len(groups):
        hint = "" if names is None else f"; no group has one of the names {short_repr(list(names))}"
        raise ValueError(
            f"Scheduler: schedule must have one lane per group, {len(groups)} in all, got "
            f"{lanes[0]}{hint}"
        )
    return list(range(lanes[0]))


def _lane_of_group(i: int, name: object, names: tuple[str, ...]) -> int:
    """The lane with the name of group ``i``."""
    if name not in names:
        rule = f"Scheduler: a group's name must be one of {short_repr(list(names))}"
        raise ValueError(f"{rule}, got {name!r} for group {i}{did_you_mean(name, names)}")
    return names.index(str(name))


def _unshare_tensors(groups: Groups, key: str) -> None:
    """Give each group a tensor of its own: an optimizer puts its default tensor into all."""
    seen = set[int]()
    for group in groups:
        if isinstance(value := group.get(key), Tensor) and id(value) in seen:
            group[key] = value.clone()
        seen.add(id(value))


class _Quantity(NamedTuple):
    """A key of the groups, the function that sets it, and its schedules.

    These are one schedule for all groups, one per group, or a batch with a place per group.
    """

    key: str
    put: Setter
    lanes: tuple[Schedule, ...]
    batch: Schedule | None = None
    places: Any = None

    def each(self, t: int) -> Each:
        """The value for each group at step t."""
        if self.batch is not None:
            values: list[float] = self.batch(t)[self.places].tolist()
            return values
        return (
            repeat(self.lanes[0](t)) if len(self.lanes) == 1 else [lane(t) for lane in self.lanes]
        )


def _quantity_of(groups: Groups, key: str, schedule: Schedule) -> _Quantity:
    """How to set one key of these groups from a schedule."""
    put = _setter(groups, key)
    if not schedule.shape:
        return _Quantity(key, put, (schedule,))
    places = _lanes_of_groups(groups, schedule)
    _unshare_tensors(groups, key)
    if len(places) <= _MAX_SCALAR_LANES:
        return _Quantity(key, put, tuple(schedule[place] for place in places))
    in_order = places == list(range(schedule.shape[0]))
    return _Quantity(key, put, (), schedule, slice(None) if in_order else np.array(places))


class Scheduler(LRScheduler):
    """Set the rates of an optimizer's groups from a schedule.

    The rate is ``s(0)`` on construction and ``s(t)`` after the t-th ``step()``, to the bit.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        The optimizer whose groups are set.
    schedule : Schedule or Bundle
        One of:

        - A scalar schedule: the same rate for all groups, also for groups that are added later.
        - A batch: one lane per group, in their order.
        - A stack with names: a lane for each group's ``"name"``, if the groups have names. There
          may be lanes for groups that are added later.
        - A bundle: all its quantities, such as ``lr`` and ``weight_decay``; the groups must have
          each of them. ``momentum`` sets the first of the ``betas`` if the groups have those.
    last_epoch : int
        The last step taken. Default -1: none.
    wins : {"saved", "new"}, optional
        Which schedule to use if a loaded state has another one: the one in the state or this one.
        Default None: raise an error that shows where the two differ.

    Raises
    ------
    TypeError, ValueError
        If an argument breaks its rule, or the lanes do not match the groups.

    Notes
    -----
    A value that is a tensor is filled in place, so compiled steps see the change.

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
        last_epoch: int = -1,
        wins: Wins | None = None,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                "Scheduler: optimizer must be one of torch's, got "
                f"{type(optimizer).__name__} {short_repr(optimizer)}"
            )
        if not isinstance(schedule, Bundle):
            a_schedule("Scheduler: schedule", schedule, Schedule)
        self.last_epoch = validate_scalar(_Step, "Scheduler: last_epoch", last_epoch)
        self.optimizer, self.schedule, self.wins = optimizer, schedule, wins
        self._bind(optimizer.param_groups)
        for group in optimizer.param_groups:  # as torch's own schedulers do
            group.setdefault(
                "initial_lr",
                group["lr"].clone() if isinstance(group["lr"], Tensor) else group["lr"],
            )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self._initial_step()

    def _bind(self, groups: Groups) -> None:
        """Find out how to set the quantities in these groups; repeated when the groups change."""
        schedule = self.schedule
        parts = (
            {key: schedule[key] for key in schedule}
            if isinstance(schedule, Bundle)
            else {"lr": schedule}
        )
        quantities = [_quantity_of(groups, key, part) for key, part in parts.items()]
        [first, *others] = quantities
        self._lanes = first.lanes if first.put is _set and not others and first.key == "lr" else ()
        self._quantities, self._groups, self._count = quantities, groups, len(groups)

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next step, or of step ``epoch``.

        Parameters
        ----------
        epoch : int, optional
            The step to jump to. Default None: the next step.

        Raises
        ------
        TypeError, ValueError
            As ``s(t)`` does. Nothing is set then.
        """
        t = self.last_epoch + 1 if epoch is None else epoch
        groups = self.optimizer.param_groups
        if groups is not self._groups or len(groups) != self._count:
            self._bind(groups)
        lanes = self._lanes
        if len(lanes) == 1:  # the usual case, kept as short as possible
            rate = lanes[0](t)
            for group in groups:
                group["lr"] = rate
        elif lanes:
            for group, rate in zip(groups, [lane(t) for lane in lanes], strict=False):
                group["lr"] = rate
        else:
            values = [quantity.each(t) for quantity in self._quantities]
            for (key, put, *_), each in zip(self._quantities, values, strict=True):
                put(groups, key, each)
        self.last_epoch = t
        self._step_count += 1

    _update_lr = step  # what SequentialLR calls

    def get_last_lr(self) -> list[float]:
        """Return the rate of each group as a float."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    get_lr = get_last_lr
    _last_lr = property(get_last_lr)

    def state_dict(self) -> dict[str, object]:
        """Return the schedule's spec, its fingerprint and the step, as ``flr.checkpoint`` does.

        Returns
        -------
        dict
            Plain data, without code.
        """
        return checkpoint(self.schedule, self.last_epoch)

    def load_state_dict(self, state_dict: Mapping[str, object]) -> None:
        """Continue from a state, and set its rates.

        Parameters
        ----------
        state_dict : Mapping
            What ``state_dict()`` returned.

        Raises
        ------
        TypeError, ValueError
            If the state is of another form, or of another schedule and ``wins`` is None.
        """
        schedule, step = resume(state_dict, self.schedule, self.wins)
        if schedule != self.schedule:
            self.schedule, self._groups = schedule, []
        self.step(step)
        self._step_count = step + 1
