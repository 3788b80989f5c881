"""Schedules of given pieces: levels, samples, other schedules one after another or side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import (
    Boundaries,
    Factor,
    Flag,
    Names,
    Period,
    Rate,
    Rates,
    short_repr,
)
from fastlr.program import double_double, tree
from fastlr.program.lane_conditions import any_lane
from fastlr.program.opcodes import LAST_STEP
from fastlr.program.tree import Node
from fastlr.schedule.algebra import columns, join_parts
from fastlr.schedule.constructing import constructor, unchecked
from fastlr.schedule.curves import constant, linear
from fastlr.schedule.schedule import Schedule, curve_schedule, from_node

__all__ = [
    "join",
    "milestones",
    "piecewise_constant",
    "piecewise_linear",
    "sampled",
    "stack",
]


@constructor
def piecewise_constant(values: Rates, boundaries: Boundaries) -> Schedule:
    """Hold one rate after another.

    ``rate(t) = values[i]`` where ``boundaries[i-1] <= t < boundaries[i]``

    Parameters
    ----------
    values : array of shape (..., n)
        The rates, from 0 to 1e290. The last axis counts the pieces; axes before it are batch axes.
    boundaries : array of int, of shape (..., n - 1)
        The first step of each new rate, from 0 to 2**53 and strictly increasing. The last axis
        counts the boundaries; axes before it are batch axes.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, if ``values`` do not have
        one item more than ``boundaries``, or boundaries do not increase strictly.

    Notes
    -----
    The rate is ``values[0]`` from step 0. A boundary is the first step with the new rate. The last
    rate is held for ever.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.piecewise_constant([0.1, 0.01, 0.001], [2, 4]).table(6)
    array([0.1  , 0.1  , 0.01 , 0.01 , 0.001, 0.001])
    """
    levels, starts = np.asarray(values), np.asarray(boundaries)
    if levels.shape[-1] != starts.shape[-1] + 1:
        raise ValueError(
            "piecewise_constant: values must have one item more than boundaries, "
            f"got {levels.shape[-1]} values and {starts.shape[-1]} boundaries"
        )
    _check_increasing("piecewise_constant: boundaries", starts)
    return _in_sequence(_pieces(constant, levels), starts)


@constructor
def piecewise_linear(values: Rates, at: Boundaries) -> Schedule:
    """Connect rates at given steps by straight lines.

    ``rate(at[i]) = values[i]``, and a line between ``at[i]`` and ``at[i+1]``

    Parameters
    ----------
    values : array of shape (..., n)
        The rates, from 0 to 1e290. The last axis counts the points; axes before it are batch axes.
    at : array of int, of shape (..., n)
        The steps of the points, from 0 to 2**53 and strictly increasing. Axes before the last are
        batch axes.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, if ``values`` and ``at``
        are not as many, or ``at`` does not increase strictly.

    Notes
    -----
    Before ``at[0]`` the first rate is held, and from the last step on the last.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.piecewise_linear([0.0, 1.0, 0.5], at=[1, 3, 5]).table(7)
    array([0.  , 0.  , 0.5 , 1.  , 0.75, 0.5 , 0.5 ])
    """
    levels, steps = np.asarray(values), np.asarray(at)
    if levels.shape[-1] != steps.shape[-1] or not steps.shape[-1]:
        raise ValueError(
            "piecewise_linear: values and at must be as many, at least one, "
            f"got {levels.shape[-1]} values and {steps.shape[-1]} steps"
        )
    _check_increasing("piecewise_linear: at", steps)
    before = np.concatenate([levels[..., :1], levels[..., :-1]], axis=-1)  # the first is held
    lines = _pieces(linear, before, levels, np.diff(steps, prepend=0))
    return _in_sequence(lines, steps[..., :-1])


@constructor
def milestones(init: Rate, factor: Factor, at: Boundaries) -> Schedule:
    """Multiply the rate by a factor at given steps.

    ``rate(t) = init * factor^i``, where i is the number of milestones at or before t

    Parameters
    ----------
    init : float or array
        Rate before the first milestone, from 0 to 1e290.
    factor : float or array
        Factor at each milestone, from 0 to 1.
    at : array of int, of shape (..., n)
        The milestones in steps, from 0 to 2**53 and strictly increasing. The last axis counts the
        milestones; axes before it are batch axes.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, or milestones do not
        increase strictly.

    Notes
    -----
    A milestone is the first step with the new rate. The last rate is held for ever. Each level is
    rounded once, from the exact product. The schedule is PyTorch's ``MultiStepLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.milestones(0.1, 0.1, at=[30, 60]).table(0, 90, 30)
    array([0.1  , 0.01 , 0.001])
    """
    starts = np.asarray(at)
    _check_increasing("milestones: at", starts)
    scales = double_double.powers(factor, starts.shape[-1] + 1)
    parts = [
        unchecked(constant)(double_double.multiply(double_double.pair(init), scale)[0])
        for scale in scales
    ]
    return join_parts(parts, [0, *columns(starts)])


@constructor
def sampled(values: Rates, every: Period = 1, interpolate: Flag = False) -> Schedule:
    """Read rates from a table.

    ``rate(t) = values[i]`` where ``i = floor(t/every)``; with ``interpolate``, the straight line
    from ``values[i]`` to ``values[i + 1]``

    Parameters
    ----------
    values : array of shape (..., n)
        The rates, from 0 to 1e290. The last axis counts the samples; axes before it are batch axes.
    every : int or array, default 1
        Steps from one sample to the next, from 1 to 2**53.
    interpolate : bool, default False
        Whether to join the samples by straight lines instead of holding each.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, or the last sample lies
        beyond step 2**53.

    Notes
    -----
    Sample i is the rate at step ``i * every``. The last sample is held for ever.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.sampled([1.0, 0.0], every=2).table(4)
    array([1., 1., 0., 0.])
    >>> flr.sampled([1.0, 0.0], every=2, interpolate=True).table(4)
    array([1. , 0.5, 0. , 0. ])
    """
    table = np.asarray(values, dtype=np.float64)
    lanes = np.broadcast_shapes(table.shape[:-1], np.shape(every)) if table.ndim > 1 else ()
    table = np.broadcast_to(table, (*lanes, table.shape[-1]))
    steps = np.asarray(every) * (table.shape[-1] - 1)
    if np.any(np.asarray(every) > LAST_STEP // max(1, table.shape[-1] - 1)):
        raise ValueError(
            f"sampled: the table must end by step 2**53, got {table.shape[-1]} values, "
            f"every={short_repr(every)}"
        )
    return curve_schedule(
        "sampled", steps, table.max(axis=-1), samples=table, every=every, joined=interpolate
    )


@constructor
def join(parts: Sequence[Schedule], at: Boundaries) -> Schedule:
    """Use schedules one after another, each from a given step.

    ``rate(t) = parts[i](t - at[i-1])`` where ``at[i-1] <= t < at[i]``

    Parameters
    ----------
    parts : sequence of Schedule
        The schedules, at least one. Each starts at its own step 0 and is cut off where the next
        begins.
    at : array of int, of shape (..., n - 1)
        The first step of each part but the first, from 0 to 2**53 and non-decreasing. The last axis
        counts the parts; axes before it are batch axes.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, if ``parts`` do not have
        one item more than ``at``, or ``at`` decreases.

    Notes
    -----
    ``parts[0]`` begins at step 0. A part between two equal steps vanishes. The last part goes on to
    its own end, and past it. ``first.then(second)`` joins two schedules at the end of the first.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.join([flr.constant(1.0), flr.linear(1.0, 0.0, steps=2)], at=[3]).table(6)
    array([1. , 1. , 1. , 1. , 0.5, 0. ])
    """
    starts = np.asarray(at)
    if len(parts) != starts.shape[-1] + 1:
        raise ValueError(
            f"join: parts must have one item more than at, got {len(parts)} parts and "
            f"{starts.shape[-1]} steps"
        )
    if any_lane(starts[..., 1:] < starts[..., :-1]):
        raise ValueError(f"join: at must not decrease, got {short_repr(starts)}")
    return join_parts(parts, [0, *columns(starts)])


@constructor
def stack(
    schedules: Sequence[Schedule] | Mapping[str, Schedule], names: Names | None = None
) -> Schedule:
    """Put schedules side by side along a new first batch axis, with or without names.

    Parameters
    ----------
    schedules : sequence or mapping of Schedule
        Schedules of one batch shape and one policy past the end, at least one. Their curves may
        differ. The keys of a mapping are their names.
    names : sequence of str, optional
        One name per schedule, each different and not empty.

    Returns
    -------
    Schedule
        Its batch shape is ``(len(schedules), *shape)``, for schedules of batch shape ``shape``.

    Raises
    ------
    TypeError
        If ``schedules`` are not schedules, or names are not strings.
    ValueError
        If batch shapes, policies past the end or the number of names do not match, or if a name
        is empty or repeated.

    Notes
    -----
    Named schedules are groups, such as the parameter groups of an optimizer: ``groups["head"]`` is
    one of them, and ``groups.row(t)`` is the rate of each by name. Products, sums, clips and joins
    of groups keep the names.

    Examples
    --------
    >>> import fastlr as flr
    >>> both = flr.stack([flr.constant(1.0), flr.linear(1.0, 0.0, steps=10)])
    >>> both.shape, both(5)
    ((2,), array([1. , 0.5]))
    >>> groups = flr.stack({"body": flr.linear(1.0, 0.0, steps=10), "head": flr.constant(0.3)})
    >>> groups.maximum(0.2).row(9)
    {'body': 0.2, 'head': 0.3}
    """
    # the constructor has replaced a mapping by its values and keys
    assert not isinstance(schedules, Mapping)
    labels = None if names is None else tuple(map(str, names))
    if labels is not None and len(labels) != len(schedules):
        raise ValueError(
            f"stack: names and schedules must be of equal length, got {len(labels)} names and "
            f"{len(schedules)} schedules"
        )
    _check_same("batch shape", [schedule.shape for schedule in schedules], labels)
    _check_same("past_end", [schedule.past_end for schedule in schedules], labels)
    return from_node(
        tree.stack(tuple(schedule._node for schedule in schedules), labels), schedules[0].past_end
    )


def _check_same(what: str, values: list[Any], labels: tuple[str, ...] | None) -> None:
    """Raise unless all parts of a stack have the same value, with a part that has each."""
    if len(set(values)) > 1:
        called = range(len(values)) if labels is None else labels
        found = {repr(value): name for value, name in zip(values, called, strict=True)}
        detail = ", ".join(f"{value} ({name})" for value, name in sorted(found.items()))
        raise ValueError(f"stack: schedules must have the same {what}, got {detail}")


def _check_increasing(where: str, starts: npt.NDArray[np.int64]) -> None:
    if any_lane(starts[..., 1:] <= starts[..., :-1]):
        raise ValueError(f"{where} must be strictly increasing, got {short_repr(starts)}")


def _pieces(curve: Callable[..., Schedule], *numbers: npt.NDArray[Any]) -> list[Node]:
    """Return a node of the curve for each piece, which the last axis of the numbers counts.

    Without batch axes, the pieces are lanes of one curve, which is built once.
    """
    if all(number.ndim == 1 for number in numbers):
        return tree.split(unchecked(curve)(*numbers)._node, numbers[0].size)
    return [unchecked(curve)(*piece)._node for piece in zip(*map(columns, numbers), strict=True)]


def _in_sequence(pieces: list[Node], starts: npt.NDArray[np.int64]) -> Schedule:
    """Return the pieces one after another; ``starts`` has the first step of each but the first."""
    begins = (np.asarray(0), *map(np.asarray, columns(starts)))
    return from_node(tree.join(tuple(pieces), begins))
