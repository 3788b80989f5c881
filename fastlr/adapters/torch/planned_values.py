"""A plan bound to the groups of an optimizer: what is set in each of them at a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.adapters._values import check_below_one, peaks_of
from fastlr.adapters.torch.lanes import is_for_all, lanes_of_groups
from fastlr.adapters.torch.places import Groups, Place, initial_values, place_of
from fastlr.analysis.plan_checks import limit_of
from fastlr.arguments.rules import short_repr
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule

__all__ = ["MANY", "Plan", "Quantity", "listed"]

MANY = 12  # up to this many groups, scalar calls and a loop over the groups are faster than arrays

# what is set in all groups: one float for all, or a float64 array or a list with one per group
Numbers = float | list[float] | npt.NDArray[np.float64]


def listed(numbers: Numbers, count: int) -> list[Any]:
    """Return the value of each of ``count`` groups."""
    if isinstance(numbers, list):
        return numbers
    return [numbers] * count if isinstance(numbers, float) else numbers.tolist()


class Quantity(NamedTuple):
    """A scheduled quantity: its place in a group, its schedules, and a factor per group, if any.

    There is one schedule for all groups, one per group, or a batch with one lane per group.
    """

    place: Place
    plain: bool
    groups: int
    initial: list[Any]
    lanes: tuple[Schedule, ...]
    batch: Schedule | None
    order: Any
    factors: npt.NDArray[np.float64] | None
    limit: int  # the first step without a value where past_end="raise", else 2**54

    def packed(self, t: int) -> Numbers:
        """Return the value at step t: one float for all groups, or an array."""
        one: Any = self.lanes[0] if self.batch is None else self.batch
        value: Numbers = one(t) if self.batch is None else one(t)[self.order]
        return value if self.factors is None else value * self.factors

    def each(self, t: int) -> list[float]:
        """Return the value of each group at step t."""
        if self.batch is not None or self.groups > MANY:
            return listed(self.packed(t), self.groups)
        if len(self.lanes) == 1:
            values = [self.lanes[0](t)] * self.groups
        else:
            values = [lane(t) for lane in self.lanes]
        if self.factors is None:
            return values
        factors = self.factors.tolist()
        return [value * factor for value, factor in zip(values, factors, strict=True)]

    def put(self, groups: Groups, values: list[float]) -> list[Any]:
        """Set the values, and return the marks of what was set."""
        if not self.plain:
            for group, value in zip(groups, values, strict=True):
                self.place.put(group, value)
            return self.marks(groups)
        key = self.place.key
        for group, value in zip(groups, values, strict=True):
            group[key] = value
        return values

    def marks(self, groups: Groups) -> list[Any]:
        """Return a mark per group, which differs once something else changes its value."""
        if self.plain:
            key = self.place.key
            return [group[key] for group in groups]
        return [self.place.mark(group) for group in groups]


def _check_alike(place: Place, initial: list[Any], relative: bool) -> None:
    """Raise if one schedule for all groups would overwrite different initial values."""
    if place.key == "lr" and relative:
        return
    numbers = list(map(float, initial))
    if place.key != "lr" and place.beta is None:
        numbers = [number for number in numbers if number]  # a group at 0 stays at 0
    if len(set(numbers)) <= 1:
        return
    ways = (
        "to multiply each group's own rate pass relative=True; to set each"
        if place.key == "lr"
        else "to set each"
    )
    raise ValueError(
        f"Scheduler: groups must have one initial {place.key} where a schedule is for all of them, "
        f"got {short_repr(numbers)}; {ways}, name the groups and pass flr.stack({{name: schedule}})"
    )


def _check_factor(schedule: Schedule, initial: list[Any]) -> None:
    """Raise if a schedule of factors peaks at a group's own rate, which would apply twice."""
    if (peaks := peaks_of(schedule)) is None:
        return
    peak = peaks.max()
    if peak != 1.0 and any(float(rate) == peak for rate in initial):
        raise ValueError(
            "Scheduler: schedule must be a factor where relative=True, such as one with a peak of "
            f"1.0, got the peak {float(peak)!r}, which is the rate of a group and would apply "
            "twice; divide the schedule by it, or leave relative out"
        )


def _check_zeros(place: Place, initial: list[Any], before: int) -> None:
    """Raise if an added group would make earlier groups, which start from 0, stay at 0."""
    if place.key == "lr" or place.beta is not None or not before:
        return
    numbers = list(map(float, initial))
    if any(numbers[before:]) and not any(numbers[:before]):
        raise ValueError(
            f"Scheduler: a group that is added must have {place.key} 0 where all before it have 0 "
            f"and follow the schedule, got {max(numbers)!r}, beside which 0 would mean to keep 0; "
            "build all groups with the value they begin at, or name the groups and pass "
            "flr.stack({name: schedule})"
        )


def _factors(groups: Groups, place: Place, initial: list[Any], relative: bool) -> Any:
    """Return the factor of each group on a schedule for all groups, or None if all are 1."""
    if place.key == "lr":
        scales = [float(group.get("lr_scale", 1.0)) for group in groups]
        factors = [
            scale * (float(rate) if relative else 1.0)
            for scale, rate in zip(scales, initial, strict=True)
        ]
    elif place.beta is None and any(map(float, initial)):
        factors = [float(bool(value)) for value in initial]
    else:
        return None
    return np.array(factors) if any(factor != 1.0 for factor in factors) else None


class Plan(NamedTuple):
    """The schedule of a scheduler, and how its groups follow it: the arguments of a user."""

    schedule: Schedule | Bundle
    relative: bool
    by: str

    def parts(self) -> dict[str, Schedule]:
        """Return the schedule of each quantity, such as ``lr``."""
        whole = self.schedule
        return {key: whole[key] for key in whole} if isinstance(whole, Bundle) else {"lr": whole}

    def bound(self, groups: Groups, kept: Mapping[str, list[Any]]) -> list[Quantity]:
        """Return the quantities to set; ``kept`` has the initial values of the first groups."""
        found = [
            self._quantity(groups, key, part, kept.get(key, []))
            for key, part in self.parts().items()
        ]
        betas = [quantity.place.beta for quantity in found if quantity.place.beta is not None]
        if len(set(betas)) < len(betas):
            raise ValueError(
                "Scheduler: schedule must have one of momentum and beta1, got both, which are the "
                "first of the betas"
            )
        return found

    def _quantity(self, groups: Groups, key: str, schedule: Schedule, kept: list[Any]) -> Quantity:
        """Return one quantity of these groups."""
        place = place_of(groups, key)
        plain = place.is_plain(groups)
        initial = [*kept, *initial_values(groups[len(kept) :], place)]
        check_below_one("Scheduler", {key: schedule})
        relative, limit = self.relative and key == "lr", limit_of(schedule)
        if is_for_all(schedule, isinstance(self.schedule, Bundle)):
            _check_alike(place, initial, self.relative)
            if relative:
                _check_factor(schedule, initial)
            _check_zeros(place, initial, len(kept))
            factors = _factors(groups, place, initial, relative)
            lane = schedule[0] if schedule.shape else schedule
            return Quantity(place, plain, len(groups), initial, (lane,), None, None, factors, limit)
        order = lanes_of_groups(groups, schedule, self.by)
        factors = np.array(list(map(float, initial))) if relative else None
        if place.key == "lr" and any(group.get("lr_scale", 1.0) != 1.0 for group in groups):
            raise ValueError(
                "Scheduler: groups with an lr_scale must have one schedule for all, got a schedule "
                "per group; multiply those by the scales, and remove 'lr_scale' from the groups"
            )
        if len(order) <= MANY:
            lanes = tuple(schedule[lane] for lane in order)
            return Quantity(place, plain, len(groups), initial, lanes, None, None, factors, limit)
        in_order = order == list(range(schedule.shape[0]))
        places = slice(None) if in_order else np.array(order)
        return Quantity(place, plain, len(groups), initial, (), schedule, places, factors, limit)
