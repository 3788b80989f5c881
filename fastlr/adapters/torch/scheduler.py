"""The scheduler: it sets the groups at each step, and refuses what something else changed."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import json
import warnings
import weakref
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import numpy as np
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from fastlr.adapters._values import first_scale, the_schedule
from fastlr.adapters.torch.places import Groups, own_copy
from fastlr.adapters.torch.plans import Plan, Quantity
from fastlr.adapters.torch.states import carried, read_state
from fastlr.analysis.resume_plans import Wins, checkpoint, resume
from fastlr.arguments.rules import Number, OneOf, Whether, short_repr, validate_scalar
from fastlr.errors import public_methods
from fastlr.plateau import Plateau
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule

__all__ = ["Scheduler"]

Step = Annotated[int, Number("an integer from 0 to 2**53", 0, LAST_STEP, whole=True)]

_NOTHING = None  # the mark of a value that another scheduler set
_KEPT = ("name", "lr_scale")  # what a group keeps if a loaded state does not have it


def _hook(scheduler: Scheduler, name: str) -> Callable[..., None]:
    """A hook that calls a method of the scheduler, as long as that lives."""
    alive = weakref.ref(scheduler)

    def call(*_: object) -> None:
        if (found := alive()) is not None:
            getattr(found, name)()

    return call


def _read_of(groups: Groups) -> list[tuple[int, Any, Any]]:
    """What a scheduler reads of groups when it is bound to them."""
    return [(id(group), group.get("name"), group.get("lr_scale")) for group in groups]


def _hooked(optimizer: Any) -> Any:
    """The optimizer that calls hooks: the innermost, where accelerate has wrapped one."""
    while not hasattr(optimizer, "_optimizer_step_pre_hooks") and hasattr(optimizer, "optimizer"):
        optimizer = optimizer.optimizer
    return optimizer


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


_RULE = ("init", "update", "save", "restore", "rate", "to_spec")


def _check_rule(rule: Any, parts: Mapping[str, Schedule]) -> None:
    """Raise unless this is a rule for the rate of all groups, and a rate is scheduled."""
    if not all(hasattr(rule, name) for name in _RULE) or isinstance(rule, type):
        raise TypeError(
            "Scheduler: plateau must be a rule such as flr.Plateau(factor=0.5, patience=3), got "
            f"{type(rule).__name__} {short_repr(rule)}"
        )
    if shape := tuple(getattr(rule, "shape", ())):
        raise ValueError(f"Scheduler: plateau must be one rule for all groups, got lanes {shape}")
    if "lr" not in parts:
        raise ValueError(
            f"Scheduler: plateau must have an lr to reduce, got a bundle of {', '.join(parts)}"
        )


@public_methods(but=("step",))
class Scheduler(LRScheduler):
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
    step : int
        The step whose rate is set first. Default 0. It is what ``last_epoch + 1`` is in torch.
    relative : bool
        Multiply each group's own initial rate by the schedule. Default False: the schedule is the
        rate, and initial rates that differ are an error.
    plateau : Plateau, GreedyLR, KLAdaptive or NewBob, optional
        A rule that changes the rate when ``update(metric)`` reports a metric. The rate is that of
        the schedule times the scale of the rule.
    scale : float, optional
        The first scale of the rule. Default 1.0. A rule with limits of the rate, ``min_lr`` and
        ``max_lr``, has no default: see the notes.
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
    A value that is a tensor is filled in place, so compiled steps see the change.

    ``GreedyLR`` and ``KLAdaptive`` limit their scale. It is the rate if the schedule is 1.0, or
    warms up to 1.0: ``Scheduler(optimizer, flr.constant(1.0), plateau=flr.KLAdaptive(),
    scale=3e-4)``. With another schedule it is a factor, and so are ``min_lr`` and ``max_lr``.

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
        step: int = 0,
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
                f"{type(optimizer).__name__} {short_repr(optimizer)}"
            )
        _check_options(schedule, last_epoch, relative, by, wins)
        first = validate_scalar(Step, "Scheduler: step", step)
        self.optimizer, self.wins, self._plan = optimizer, wins, Plan(schedule, relative, by)
        self.plateau, self.plateau_state, self._scale = plateau, None, scale
        if plateau is not None:
            _check_rule(plateau, self._plan.parts())
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
        self._loaded: list[list[float]] = []
        self._use(groups, quantities)
        self.last_epoch = first - 1
        self._register()
        self._initial_step()

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
        """Bind the scheduler to these groups. What they were built with is kept in each."""
        for quantity in quantities:
            place = quantity.place
            place.unshare(groups)
            for group, value in zip(groups, quantity.initial, strict=True):
                group[f"initial_{place.key}"] = value
        for group in groups:
            group.setdefault("initial_lr", own_copy(group["lr"]))
        [first, *others] = quantities
        rates = first.place.key == "lr" and first.plain and not others and self.plateau is None
        alone = rates and len(first.lanes) == 1 and first.factors is None
        self._one = first.lanes[0] if alone else None
        self._rates = first if rates and not alone else None
        self._quantities, self._groups, self._count = quantities, groups, len(groups)
        self._read = _read_of(groups)
        self._marks: Any = None

    def _values(self, quantities: list[Quantity], t: int) -> list[list[float]]:
        """What to set at step t, by quantity and group."""
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
        self._awaits, self.last_epoch = False, t

    def _changed(self) -> tuple[int, int] | None:
        """The quantity and the group that something else has changed, if there is one."""
        groups = self.optimizer.param_groups[: self._count]
        marks = [[self._marks] * self._count] if self._one is not None else self._marks
        for i, quantity in enumerate(self._quantities):
            now = quantity.marks(groups)
            if now != (then := marks[i]):
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
        return groups is self._groups and _read_of(groups) == self._read

    def _check_kept(self, groups: Groups) -> None:
        """Raise if groups were removed or moved, or what was read of them was changed."""
        if groups is not self._groups or (now := _read_of(groups))[: self._count] == self._read:
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
            optimizer.register_step_pre_hook(_hook(self, "_before_update"))
            optimizer.register_load_state_dict_pre_hook(_hook(self, "_before_load"))
            optimizer.register_load_state_dict_post_hook(_hook(self, "_after_load"))

    def _before_update(self) -> None:
        """Set the values of a group that was added since the last step."""
        if self._awaits:
            raise ValueError(
                "load_state_dict: the optimizer's state must be loaded too, got only that of a "
                "scheduler whose values something else had changed"
            )
        self._updated = True
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
        one = self._one is not None
        self._marks = _NOTHING if one else [[_NOTHING]] * len(self._quantities)

    # -- stepping ----------------------------------------------------------------------------------

    def _initial_step(self) -> None:
        """Set the first values, whatever the groups have."""
        self._step_count = 0
        self._update_lr()
        self._step_count = 1

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the values of a step, whatever the groups have; SequentialLR calls it."""
        t = self.last_epoch + 1 if epoch is None else epoch
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
            As ``s(t)`` does, or if something else has changed a value that this scheduler set.
            Nothing is set then.

        Warns
        -----
        UserWarning
            On the first step, if the optimizer has made no update, as torch's schedulers do.
        """
        if epoch is not None:
            self._jump_of_step(epoch)
            return
        groups = self.optimizer.param_groups
        if groups is not self._groups or len(groups) != self._count:
            self._refresh()
        if self._step_count == 1 and self._follows and not self._updated:
            self._warn()
        t, one = self.last_epoch + 1, self._one
        if one is not None:  # the usual case, kept as short as possible
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
        else:
            values = self._values(self._quantities, t)
            self._check_unchanged("step")
            self._write(values, t)
        self._step_count += 1

    def _step_rates(self, quantity: Quantity, groups: Groups, t: int) -> None:
        """Set rates and nothing else, which is faster than ``_write``."""
        rates = quantity.each(t)
        if [group["lr"] for group in groups] != self._marks[0]:
            self._check_unchanged("step")
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate
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
        self.jump(int(epoch))

    def _warn(self) -> None:
        """Warn as torch does, in its words, so that filters for them work."""
        warnings.warn(
            "Detected call of `lr_scheduler.step()` before `optimizer.step()`. You should call "
            "them in the opposite order, or the first rate of the schedule is skipped.",
            UserWarning,
            stacklevel=3,
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
        t = validate_scalar(Step, "jump: step", step)
        self._refresh()
        values = self._values(self._quantities, t)
        self._check_unchanged("jump")
        self._write(values, t)
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

    # -- state -------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, object]:
        """Return the schedule's spec, the step, and the rule and its state, as one JSON string.

        Returns
        -------
        dict
            ``{"fastlr": text}``. It is one string, so that a distributed checkpoint, which splits
            nested data, can be loaded into a run with another plan.
        """
        content: dict[str, Any] = {
            "run": checkpoint(self.schedule, max(self.last_epoch, 0)),
            "active": self._in_charge(),
        }
        if self._plan.relative:
            content["initial_lr"] = list(map(float, self.base_lrs))
        if self.plateau is not None:
            content["plateau"] = self.plateau.save(self.plateau_state)
        return {"fastlr": json.dumps(content, allow_nan=False)}

    def load_state_dict(self, state_dict: Mapping[str, object]) -> None:
        """Continue from a state, and set its rates.

        Parameters
        ----------
        state_dict : Mapping
            What ``state_dict()`` returned, or ``flr.checkpoint(schedule, step)``.

        Raises
        ------
        TypeError, ValueError
            If the state is of another form or another scheduler's; or if it has another schedule,
            rule or initial rates and ``wins`` is None. Nothing changes then.
        """
        saved = read_state(state_dict)
        schedule, step = resume(saved["run"], self.schedule, self.wins)
        kept = {q.place.key: q.initial for q in self._quantities}
        relative = self._loaded_relative(saved)
        if relative:
            kept["lr"] = self._loaded_rates(saved.get("initial_lr"))
        rule, rule_state = self._loaded_rule(saved.get("plateau"))
        groups = self.optimizer.param_groups
        plan = self._plan._replace(schedule=schedule, relative=relative)
        before = self.plateau, self.plateau_state
        self.plateau, self.plateau_state = rule, rule_state
        try:
            quantities = plan.bound(groups, {key: v[: len(groups)] for key, v in kept.items()})
            values = self._values(quantities, step)
        except (TypeError, ValueError):
            self.plateau, self.plateau_state = before
            raise
        self._plan, self._step_count = plan, step + 1
        self._use(groups, quantities)
        if saved.get("active", True):
            self._write(values, step)
        else:
            self._give_back(step)

    def _give_back(self, step: int) -> None:
        """Restore what the optimizer loaded, as another scheduler set it; note only the step."""
        for quantity, loaded in zip(self._quantities, self._loaded, strict=False):
            quantity.put(self.optimizer.param_groups, loaded)
        self.last_epoch, self._awaits = step, not self._loaded
        self._leave()

    def _loaded_relative(self, saved: Mapping[str, Any]) -> bool:
        """Whether the schedule multiplies the initial rates after loading a state."""
        own, theirs = self._plan.relative, "initial_lr" in saved
        if own == theirs or self.wins == "new" or set(saved) == {"run"}:
            return own  # what flr.checkpoint() returned does not say
        if self.wins == "saved":
            return theirs
        raise ValueError(
            f"load_state_dict: relative must be {theirs}, as in the saved run, unless "
            f"wins='saved' or wins='new', got {own}"
        )

    def _loaded_rates(self, saved: Any) -> list[Any]:
        """The initial rates that the schedule multiplies after loading a state that has these."""
        now = list(self.base_lrs)
        if saved is None or self.wins == "new":
            return now
        if saved[: len(now)] != list(map(float, now))[: len(saved)] and self.wins is None:
            raise ValueError(
                "load_state_dict: the initial rates must be the saved ones, unless wins='saved' or "
                f"wins='new'; saved {short_repr(saved)}, got {short_repr(list(map(float, now)))}"
            )
        return [*saved[: len(now)], *now[len(saved) :]] if self.wins == "saved" else now

    def _loaded_rule(self, saved: Any) -> tuple[Any, Any]:
        """The plateau rule and its state to use after loading a state that has these."""
        own = self.plateau
        spec = None if saved is None else saved["rule"]
        mine = None if own is None else json.loads(json.dumps(own.to_spec()))
        if spec == mine:
            return own, None if saved is None else own.restore(saved["state"])
        if self.wins is None:
            raise ValueError(
                "load_state_dict: plateau must be the saved rule, unless wins='saved' or "
                f"wins='new'; saved {short_repr(spec)}, got {short_repr(mine)}"
            )
        if self.wins == "new":
            return own, None if own is None else carried(own, self._scale, saved)
        if spec is None:
            return None, None
        rule = (Plateau if own is None else type(own)).from_spec(spec)
        return rule, rule.restore(saved["state"])

    def __getstate__(self) -> dict[str, Any]:
        """What a copy has: no marks, as its tensors are others."""
        return {**self.__dict__, "_marks": self._in_charge()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Bind a copy to its own optimizer."""
        self.__dict__.update(state)
        self._register()
        groups = self.optimizer.param_groups
        self._groups, self._read, charged = groups, _read_of(groups), self._marks
        if charged:
            self._write(self._values(self._quantities, self.last_epoch), self.last_epoch)
        else:
            self._leave()
