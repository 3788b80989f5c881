"""Bind a scheduler to the groups of an optimizer, and notice what other code does to them.

A scheduler remembers the values that it set. If other code has changed one, the next call raises,
and sets nothing. Hooks on the optimizer follow its updates and the loading of its state.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from torch.compiler import is_compiling
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from fastlr.adapters._values import end_of
from fastlr.adapters.torch.earlier_updates import check_beginning
from fastlr.adapters.torch.lightning_runs import (
    check_returned,
    check_run,
    check_second_update,
    running_trainer,
)
from fastlr.adapters.torch.places import Groups, own_copy
from fastlr.adapters.torch.planned_values import MANY, Plan, Quantity, listed
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule

__all__ = ["Bound", "read_of"]

_NOTHING = None  # the mark of a value that another scheduler set
_KEPT = ("name", "lr_scale")  # keys that a group keeps if a loaded state has none
_NEVER = LAST_STEP + 1


def _hook(scheduler: Bound, name: str) -> Callable[..., None]:
    """Return a hook that calls a method of the scheduler while the scheduler exists."""
    alive = weakref.ref(scheduler)

    def call(*_: object) -> None:
        if (found := alive()) is not None:
            getattr(found, name)()

    return call


def _update_hook(scheduler: Bound) -> Callable[..., None]:
    """Return a hook before each update. It notices if Lightning never got the scheduler."""
    alive, begun = weakref.ref(scheduler), False

    def call(optimizer: Optimizer, *_: object) -> None:
        nonlocal begun
        if (found := alive()) is not None:
            found._before_update()
        if begun or is_compiling():
            return
        if found is None:
            check_returned(optimizer, running_trainer())
        begun = True

    return call


def read_of(groups: Groups) -> list[tuple[int, Any, Any]]:
    """Return what identifies the groups: objects, names and ``lr_scale``."""
    return [(id(group), group.get("name"), group.get("lr_scale")) for group in groups]


def _hooked(optimizer: Any) -> Any:
    """Return the optimizer that calls hooks: the innermost one if accelerate wrapped it."""
    while not hasattr(optimizer, "_optimizer_step_pre_hooks") and hasattr(optimizer, "optimizer"):
        optimizer = optimizer.optimizer
    return optimizer


class Bound(LRScheduler):
    """A scheduler that is bound to the groups of an optimizer."""

    optimizer: Optimizer
    plateau: Any
    plateau_state: Any
    # whether the plan counts updates; None unless `configs` of the Lightning adapter has said so
    counts_updates: bool | None
    _plan: Plan
    _step_count: int
    _updated: bool  # whether the optimizer has made an update
    _watched: int | bool | None  # None before its first update, then its step, then True
    _was_wrapped: bool  # whether another scheduler was made before this one
    _placed: bool  # whether the user said at which step the plan is
    _optimizer_loaded: bool  # whether a state was loaded into the optimizer
    # updates that were made at another rate: torch.distributed.checkpoint makes one at 0, to see
    # what the optimizer keeps
    _idle: int
    _set_for: int  # the step of the last values that were not set by step()
    _open_from: int  # the step at which an update was made that the plan says nothing about
    _limit: int  # the first step without a value where past_end="raise"; no update is made there
    _over: bool  # whether that is the step now

    @property
    def schedule(self) -> Schedule | Bundle:
        """The schedule in use."""
        return self._plan.schedule

    @property
    def base_lrs(self) -> list[Any]:
        """The initial rate of each group, as torch's schedulers have it."""
        return [group.get("initial_lr", group["lr"]) for group in self.optimizer.param_groups]

    # -- what is bound to the groups, and what was set in them -------------------------------------

    def _use(self, groups: Groups, quantities: list[Quantity]) -> None:
        """Bind the scheduler to these groups. Each group keeps its initial values."""
        for quantity in quantities:
            place = quantity.place
            place.unshare(groups)
            for group, value in zip(groups, quantity.initial, strict=True):
                group[f"initial_{place.key}"] = value
        for group in groups:
            group.setdefault("initial_lr", own_copy(group["lr"]))
        [first, *others] = quantities
        rates = first.place.key == "lr" and first.plain and not others and self.plateau is None
        many = len(groups) > MANY
        alone = rates and not many and len(first.lanes) == 1 and first.factors is None
        self._one = first.lanes[0] if alone else None
        self._rates = first if rates and not many and not alone else None
        self._many = first if rates and many else None
        self._quantities, self._groups, self._count = quantities, groups, len(groups)
        self._read = read_of(groups)
        self._marks: Any = None
        end = end_of(self.schedule)
        # a run may be one step longer, so that its last update has the end of the curve
        self._limit = min(quantity.limit for quantity in quantities)
        self._open_from = min(_NEVER if end is None else end + 2, self._limit)

    def _values(self, quantities: list[Quantity], t: int) -> list[list[float]]:
        """Return the values to set at step t, by quantity and group.

        The last ``step()`` of a run comes after its last update. If the plan has no value there,
        the last ones stay.
        """
        if t == min(quantity.limit for quantity in quantities):
            t -= 1
        found = [quantity.each(t) for quantity in quantities]
        if self.plateau is not None:
            i = [quantity.place.key for quantity in quantities].index("lr")
            found[i] = self.plateau.rate(np.array(found[i]), self.plateau_state).tolist()
        return found

    def _write(self, values: list[list[float]], t: int) -> None:
        """Set values, and remember what was set."""
        groups, marks = self.optimizer.param_groups, []
        for quantity, each in zip(self._quantities, values, strict=True):
            marks.append(quantity.put(groups, each))
        self._marks = values[0][0] if self._one is not None else marks
        self._awaits, self.last_epoch, self._set_for = False, t, t
        self._over = t == self._limit

    def _changed(self) -> tuple[int, int] | None:
        """The quantity and the group that something else has changed, if there is one."""
        groups = self.optimizer.param_groups[: self._count]
        marks = [self._marks] if self._one is not None else self._marks
        for i, quantity in enumerate(self._quantities):
            now, then = quantity.marks(groups), listed(marks[i], self._count)
            if now != then:
                return i, [a == b for a, b in zip(now, then, strict=False)].index(False)
        return None

    def _in_charge(self) -> bool:
        """Whether the groups have what this scheduler set last."""
        if self._marks is None or self.last_epoch < 0:
            return False
        return len(self.optimizer.param_groups) >= self._count and self._changed() is None

    def _check_unchanged(self, name: str) -> None:
        """Raise if something else has changed what this scheduler set."""
        if (found := self._changed()) is None:
            return
        place, t = self._quantities[found[0]].place, self.last_epoch
        planned = self._values(self._quantities, t)[found[0]][found[1]]
        now = float(place.get(self.optimizer.param_groups[found[1]]))
        raise ValueError(
            f"{name}: {place.key} of group {found[1]} must be {planned!r}, as set for step {t:,}, "
            f"got {now!r}: another scheduler or your code has changed it, and the next step would "
            "undo that; multiply the schedule instead, or pass plateau= to reduce it by a metric"
        )

    def _is_bound_to(self, groups: Groups) -> bool:
        """Whether these are the groups that the scheduler was bound to last, as they were."""
        return groups is self._groups and read_of(groups) == self._read

    def _check_kept(self, groups: Groups) -> None:
        """Raise if groups were removed or moved, or what was read of them was changed."""
        if groups is not self._groups or (now := read_of(groups))[: self._count] == self._read:
            return
        same = [a == b for a, b in zip(now, self._read, strict=False)]
        i = [*same, False].index(False)
        raise ValueError(
            "Scheduler: the optimizer's groups must stay, in their order and with their name and "
            f"lr_scale, got a change at group {i}; change them before the Scheduler is built"
        )

    def _refresh(self) -> None:
        """Bind to the groups again if there are others, and set a new one's values."""
        groups = self.optimizer.param_groups
        if self._is_bound_to(groups):
            return
        self._check_kept(groups)
        count = self._count if len(groups) >= self._count else 0
        kept = {q.place.key: q.initial[:count] for q in self._quantities}
        charged = bool(count) and self._in_charge()
        self._check_added(groups[count:])
        quantities = self._plan.bound(groups, kept)
        values = self._values(quantities, self.last_epoch) if charged else None
        self._use(groups, quantities)
        if values is None:
            self._leave()
        else:
            self._write(values, self.last_epoch)

    def _check_added(self, added: Groups) -> None:
        """Raise if the rate of a new group may be the one now or the initial one."""
        usual = self.optimizer.defaults.get("lr")
        for group in added if self._plan.relative and self._count else ():
            if "initial_lr" not in group and group["lr"] != usual:
                raise ValueError(
                    "Scheduler: a group that is added where relative=True must have an "
                    f"'initial_lr', got the rate {float(group['lr'])!r}, which may be that of step "
                    f"{self.last_epoch:,} or the initial one"
                )

    # -- hooks -------------------------------------------------------------------------------------

    def _register(self) -> None:
        """Follow the optimizer's updates, and the loading of its state."""
        optimizer = _hooked(self.optimizer)
        self._follows = getattr(type(optimizer).step, "hooked", False)
        if hasattr(optimizer, "_optimizer_step_pre_hooks"):
            optimizer.register_step_pre_hook(_update_hook(self))
            optimizer.register_load_state_dict_pre_hook(_hook(self, "_before_load"))
            optimizer.register_load_state_dict_post_hook(_hook(self, "_after_load"))

    def _before_update(self) -> None:
        """Set the values of a group that was added since the last step."""
        if self._awaits:
            raise ValueError(
                "load_state_dict: the optimizer's state must be loaded too, got only that of a "
                "scheduler whose values something else had changed"
            )
        if self._over and self._in_charge():
            raise ValueError(
                "Scheduler: the schedule must last for the run, got one that ends at step "
                f"{self._limit:,} and raises an error past it, and an update at step "
                f"{self._limit:,}; build it for the run or extend it, .extend(steps)"
            )
        self._updated = True
        if self._watched is not True and not is_compiling():
            self._watched = self._watch(self._watched)
        if self._is_bound_to(self.optimizer.param_groups):
            return
        if self._in_charge():  # not one that was replaced by another scheduler
            self._refresh()

    def _before_load(self) -> None:
        """Note what the groups are, which a state may not have."""
        self._own_keys = [
            {key: group[key] for key in group if key in _KEPT or key.startswith("initial_")}
            for group in self.optimizer.param_groups
        ]
        self._charged = self._in_charge()

    def _after_load(self) -> None:
        """Set the values again if they were this scheduler's before the state was loaded."""
        groups = self.optimizer.param_groups
        for group, own in zip(groups, self._own_keys, strict=True):
            group.update(own)
        self._optimizer_loaded = True
        quantities = self._plan.bound(groups, {q.place.key: q.initial for q in self._quantities})
        self._loaded = [[float(q.place.get(group)) for group in groups] for q in quantities]
        self._use(groups, quantities)
        self._awaits = False
        if self._charged:
            self._write(self._values(quantities, self.last_epoch), self.last_epoch)
        else:
            self._leave()

    def _leave(self) -> None:
        """Mark the values of the groups as those of another scheduler."""
        nothing = [_NOTHING]
        self._marks = nothing if self._one is not None else [nothing] * len(self._quantities)

    def _is_wrapped(self) -> bool:
        """Whether one of torch's schedulers was made on the optimizer: each wraps its step."""
        return hasattr(_hooked(self.optimizer).step, "_wrapped_by_lr_sched")

    def _watch(self, before: int | None) -> int | bool | None:
        """Check the first two updates, and return the step of the first, or True if all is well.

        A compiled update must read nothing that changes with the step, so later ones are not
        checked.
        """
        if before is None:
            if self.last_epoch >= 0 and not self._in_charge():
                self._idle += 1
                return None
            if self._step_count == 1 and 0 <= self.last_epoch != self._set_for:
                raise ValueError(
                    f"Scheduler: last_epoch must not be assigned, got {self.last_epoch!r} with the "
                    f"rates of step {self._set_for}; to set the rates of a step call jump(step)"
                )
            if not self._placed and self.last_epoch == 0:
                check_beginning(self.optimizer, self._optimizer_loaded, self._idle)
            self._warn_of_another()
            lightning = running_trainer()
            if lightning is not None:
                check_run("Scheduler", lightning)
            return self.last_epoch if lightning is not None else True
        if self.last_epoch == before:
            check_second_update(self, running_trainer(), before)
        return True

    def _warn_of_another(self) -> None:
        """Warn if another scheduler was made after this one."""
        if self._is_wrapped() and not self._was_wrapped and self._in_charge():
            warnings.warn(
                "Scheduler: another scheduler was made on the same optimizer after this one; if it "
                "changes a rate, step() raises; multiply the schedules instead, or, if it takes "
                "over later, as SWALR does, build it then",
                UserWarning,
                stacklevel=2,
            )
