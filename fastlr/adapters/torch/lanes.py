"""Which lane of a schedule belongs to which group: by name, or by position if asked to."""

from __future__ import annotations

from fastlr.adapters.torch.places import Groups
from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean
from fastlr.schedule.schedule import Schedule

__all__ = ["is_for_all", "lanes_of_groups"]


def is_for_all(schedule: Schedule, bundled: bool) -> bool:
    """Whether all groups have one schedule: a scalar, or one that a bundle has broadcast.

    A batch that was built with equal lanes, or with names, is one lane per group all the same.
    """
    if len(schedule.shape) != 1:
        return not schedule.shape
    return bundled and schedule.names is None and schedule.unique()[0].shape == (1,)


def lanes_of_groups(groups: Groups, schedule: Schedule, by: str) -> list[int]:
    """The lane of each group in a batch: by name, or by position if the caller says so."""
    if len(schedule.shape) > 1:
        raise ValueError(
            "Scheduler: schedule must have at most one batch axis, one lane per group, got "
            f"batch shape {schedule.shape}"
        )
    if by == "position":
        return _in_order(groups, schedule)
    if schedule.names is None:
        raise ValueError(
            "Scheduler: schedule must be a scalar one or a stack with names, got a batch of "
            f"{schedule.shape[0]} lanes without names; for a lane per group in their order pass "
            "by='position', of a sweep pass one lane, schedule[i]"
        )
    return [_lane_of_group(i, group.get("name"), schedule.names) for i, group in enumerate(groups)]


def _in_order(groups: Groups, schedule: Schedule) -> list[int]:
    """Lane i for group i, if there are as many and no name says otherwise."""
    if schedule.shape[0] != len(groups):
        raise ValueError(
            f"Scheduler: schedule must have one lane per group, {len(groups)} in all, got "
            f"{schedule.shape[0]}"
        )
    for i, (group, lane) in enumerate(zip(groups, schedule.names or (), strict=False)):
        if group.get("name", lane) != lane:
            raise ValueError(
                "Scheduler: by must be 'name' where groups and lanes have names in another order, "
                f"got 'position' with lane {lane!r} for group {i}, {group['name']!r}"
            )
    return list(range(len(groups)))


def _lane_of_group(i: int, name: object, names: tuple[str, ...]) -> int:
    """The lane with the name of group ``i``."""
    if name not in names:
        rule = f"Scheduler: a group's name must be one of {short_repr(list(names))}"
        if name is None:
            raise ValueError(
                f"{rule}, got none for group {i}; add 'name' to each group of the optimizer, or "
                "pass by='position' if the lanes are in the order of the groups"
            )
        raise ValueError(f"{rule}, got {name!r} for group {i}{did_you_mean(name, names)}")
    return names.index(str(name))
