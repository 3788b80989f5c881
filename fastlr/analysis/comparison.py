"""Compare a schedule step by step with another source of rates.

The source, ``other``, is another schedule, a function of the step (as optax's and Keras's schedules
are), a scheduler that sets the groups of an optimizer (torch, timm), or an array of logged rates.
"""

from __future__ import annotations  # help() replaces rules in the text

import copy
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.progress import with_progress
from fastlr.arguments.rules import Factor, Period, Rates, short_repr, validate, validate_scalar
from fastlr.errors import public, public_methods
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_schedule

__all__ = ["Comparison", "compare"]

Array = npt.NDArray[np.float64]


@with_types
@public_methods()
@dataclass(frozen=True)
class Comparison:
    """The rates of a schedule beside another source's, as returned by :func:`compare`.

    It is true exactly if all rates agree within the tolerance, so ``assert flr.compare(a, b)``
    fails where they differ. ``print`` shows it in a sentence.

    Attributes
    ----------
    ours, theirs : array
        The rates of the schedule and of the other source, of shape ``(steps,)`` or
        ``(lanes, steps)``.
    tolerance : float
        The largest difference allowed, as a share of the largest of ``theirs``.
    names : tuple of str, optional
        The names of the groups, if the schedule or the other source has names.

    Examples
    --------
    >>> import fastlr as flr
    >>> found = flr.compare(flr.linear(0.5, 0.0, steps=8), [0.5, 0.4375, 0.375, 0.25])
    >>> bool(found), found.step, found.largest
    (False, 3, 0.0625)
    """

    ours: Array = field(repr=False)
    theirs: Array = field(repr=False)
    tolerance: float
    names: tuple[str, ...] | None = None

    @property
    def steps(self) -> int:
        """The number of steps compared."""
        return int(self.ours.shape[-1])

    @property
    def step(self) -> int | None:
        """The first step at which the rates differ by more than the tolerance, or ``None``."""
        wrong = (
            (self._apart > self.tolerance * np.abs(self.theirs).max())
            .reshape(-1, self.steps)
            .any(axis=0)
        )
        return int(wrong.argmax()) if wrong.any() else None

    @property
    def group(self) -> str | None:
        """The name of the group that differs most at ``step``; ``None`` without names."""
        if self.step is None or self.names is None:
            return None
        return self.names[int(self._apart[..., self.step].argmax())]

    @property
    def largest(self) -> float:
        """The largest difference of two rates."""
        return float(self._apart.max())

    @property
    def largest_step(self) -> int:
        """The first step that has the largest difference."""
        return self._where(self._apart)

    @property
    def ulps(self) -> float:
        """The largest difference in units in the last place of the larger rate."""
        return float(self._ulps.max())

    @property
    def ulps_step(self) -> int:
        """The first step that has the largest difference in ulps."""
        return self._where(self._ulps)

    @cached_property
    def _apart(self) -> Array:
        return np.abs(self.ours - self.theirs)

    @cached_property
    def _ulps(self) -> Array:
        units: Array = self._apart / np.spacing(np.maximum(np.abs(self.ours), np.abs(self.theirs)))
        return units

    def _where(self, sizes: Array) -> int:
        """The first step that has the largest of these sizes."""
        return int(sizes.reshape(-1, self.steps).max(axis=0).argmax())

    def __bool__(self) -> bool:
        return self.step is None

    def __repr__(self) -> str:
        return f"<Comparison: {self}>"

    def _repr_html_(self) -> str:
        """Return the display of a notebook: both curves, and what the comparison found."""
        from fastlr.analysis.display import curves_html
        from fastlr.drawing.drawable import Table

        lane = int(self._apart.reshape(-1, self.steps).max(axis=1).argmax())
        both = {
            "ours": Table(self.ours.reshape(-1, self.steps)[lane]),
            "theirs": Table(self.theirs.reshape(-1, self.steps)[lane]),
        }
        word = "they agree" if self else "they differ"
        return curves_html(word, f"{self.steps:,} steps compared", str(self), both, self.steps)

    def __str__(self) -> str:
        far = f"the largest difference is {self.largest:.3g}, at step {self.largest_step:,}"
        detail = f"{far}; in ulps it is {self.ulps:.3g}, at step {self.ulps_step:,}"
        if self.step is None:
            return (
                f"they agree over {self.steps:,} steps, within {self.tolerance:g} of "
                f"the largest rate; {detail}"
            )
        lane = int((self._apart[..., self.step]).argmax())
        ours, theirs = (
            rates.reshape(-1, self.steps)[lane, self.step].item()
            for rates in (self.ours, self.theirs)
        )
        of = f" of lane {lane}" if self.ours.ndim > 1 else ""
        of = of if self.group is None else f" of group {self.group!r}"
        return f"they differ at step {self.step:,}{of}: {ours!r} against {theirs!r}; {detail}"

    def plot(self, axes: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
        """Draw both curves, and below them their difference, with a mark at the first step
        at which they differ.

        Parameters
        ----------
        axes : tuple of matplotlib Axes, optional
            Where to draw the curves and the difference. Default: a new figure.

        Returns
        -------
        tuple of matplotlib Axes
            The axes of the curves and of the difference. For a batch they show the lane with the
            largest difference.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.

        Examples
        --------
        >>> import fastlr as flr
        >>> found = flr.compare(flr.linear(1.0, 0.0, steps=10), flr.cosine(1.0, 0.0, steps=10))
        >>> len(found.plot())
        2
        """
        from fastlr.drawing.drawable import Table
        from fastlr.drawing.panels import plot_difference

        lane = int(self._apart.reshape(-1, self.steps).max(axis=1).argmax())
        ours, theirs = (
            Table(rates.reshape(-1, self.steps)[lane]) for rates in (self.ours, self.theirs)
        )
        return plot_difference({"ours": ours, "theirs": theirs}, self.steps, self.step, axes)


@with_types
@public
def compare(
    schedule: Schedule,
    other: object,
    steps: int | None = None,
    tolerance: float = 1e-12,
    *,
    progress: bool = False,
) -> Comparison:
    """Compare a schedule step by step with another source of rates.

    Two rates agree if ``|schedule(t) - other(t)| <= tolerance * max|other|``.

    Parameters
    ----------
    schedule : Schedule
        The schedule.
    other : Schedule, callable, array or scheduler
        What to compare it with: another schedule, a function of the step (as optax's and Keras's
        schedules are), an array of rates of shape ``(steps,)`` or ``(lanes, steps)`` (such as a
        log), or a scheduler of torch or timm. The groups of a scheduler's optimizer are compared
        with the lanes of the schedule, or each of them with its only lane.
    steps : int, optional
        The number of steps to compare, from step 0. By default the number of ``other``'s rates, or
        one step beyond the last end of the schedules given.
    tolerance : float, default 1e-12
        The largest difference allowed, as a share of ``other``'s largest rate, from 0 to 1.
    progress : bool, default False
        Whether to show a progress bar on stderr if a function or a scheduler takes more than 2
        seconds. Needs tqdm.

    Returns
    -------
    Comparison
        True exactly if all rates agree.

    Raises
    ------
    TypeError
        If ``schedule`` is not a schedule, or ``other`` is none of the sources above.
    ValueError
        If ``steps`` is missing for schedules without an end, if ``other`` has fewer rates or a rate
        that is not finite, or if the batch shapes do not broadcast.
    ImportError
        If ``progress`` is true and tqdm is not installed.

    Notes
    -----
    A scheduler is stepped from where it stands. Its state and its optimizer's groups are restored
    afterwards.

    Examples
    --------
    >>> import math
    >>> import fastlr as flr
    >>> def cosine(t):
    ...     return 0.05 * (1 + math.cos(math.pi * t / 1_000))
    >>> print(compare(flr.cosine(0.1, 0.0, steps=1_000), cosine, steps=900))
    ... # doctest: +ELLIPSIS
    they agree over 900 steps, within 1e-12 of the largest rate; ...
    >>> print(compare(flr.linear(0.1, 0.0, steps=10), flr.linear(0.1, 0.0, steps=9), tolerance=0.0))
    ... # doctest: +ELLIPSIS
    they differ at step 1: 0.09000000000000001 against 0.08888888888888889; ...
    """
    a_schedule("compare: schedule", schedule, Schedule)
    share = validate_scalar(Factor, "compare: tolerance", tolerance)
    length = _length(schedule, other, steps)
    ours, theirs = schedule.table(length), _rates(other, length, progress)
    if not np.isfinite(theirs).all():
        at = int((~np.isfinite(theirs)).reshape(-1, length).any(axis=0).argmax())
        raise ValueError(
            f"compare: other must give finite rates, got {short_repr(theirs[..., at])} at step {at}"
        )
    try:
        ours, theirs = np.broadcast_arrays(ours, theirs)
    except ValueError:
        detail = f"{ours.shape[:-1]} and {theirs.shape[:-1]}"
        raise ValueError(
            f"compare: other must have as many groups as the schedule has lanes, got {detail}"
        ) from None
    return Comparison(ours, theirs, share, _names(schedule, other, ours.shape[:-1]))


def _names(schedule: Schedule, other: object, shape: tuple[int, ...]) -> tuple[str, ...] | None:
    """The names of the groups compared, the schedule's own before those of another schedule."""
    plans = [plan for plan in (schedule, other) if isinstance(plan, Schedule)]
    named = [plan.names for plan in plans if plan.shape == shape and len(shape) == 1]
    return next((names for names in named if names is not None), None)


def _length(schedule: Schedule, other: object, steps: int | None) -> int:
    """The number of steps to compare."""
    if steps is not None:
        return int(validate_scalar(Period, "compare: steps", steps))
    if _is_array(other):
        return int(validate(Rates, "compare: other", other).shape[-1])
    ends = [plan.steps for plan in (schedule, other) if isinstance(plan, Schedule)]
    known = [int(np.max(end)) for end in ends if end is not None]
    if not known:
        raise ValueError(
            "compare: steps must be given for schedules without an end (on the command line, "
            "--steps)"
        )
    return max(known) + 1


def _is_array(other: object) -> bool:
    return isinstance(other, list | tuple | np.ndarray)


def _rates(other: Any, steps: int, progress: bool) -> Array:
    """The other's rates at steps 0 to ``steps - 1``."""
    if isinstance(other, Schedule):
        return other.table(steps)
    if _is_array(other):
        logged = validate(Rates, "compare: other", other)
        if logged.shape[-1] < steps:
            raise ValueError(
                f"compare: other must have at least {steps} rates, got {logged.shape[-1]}"
            )
        return logged[..., :steps]
    if hasattr(other, "optimizer") and hasattr(other, "step"):
        return _stepped(other, steps, progress)
    if not callable(other):
        rule = "must be a schedule, a function of the step, rates, or a scheduler with an optimizer"
        raise TypeError(f"compare: other {rule}, got {type(other).__name__} {short_repr(other)}")
    asked = _one_by_one(steps, progress)
    return np.stack([np.asarray(other(t), dtype=np.float64) for t in asked], axis=-1)


def _one_by_one(steps: int, progress: bool) -> Iterator[int]:
    """Yield the steps; report progress if it is wanted."""
    return with_progress(range(steps), steps, "steps", progress, size=lambda _: 1)


def _stepped(scheduler: Any, steps: int, progress: bool) -> Array:
    """The rates that a scheduler sets; its state and its optimizer's groups are restored."""
    groups, state = scheduler.optimizer.param_groups, copy.deepcopy(scheduler.state_dict())
    before = [{key: value for key, value in group.items() if key != "params"} for group in groups]
    rates = np.empty((len(groups), steps))
    step = _step_of(scheduler)
    try:
        with warnings.catch_warnings():
            # torch warns that the optimizer itself was not stepped
            warnings.simplefilter("ignore")
            for t in _one_by_one(steps, progress):
                if t:
                    step(t)
                rates[:, t] = [float(group["lr"]) for group in groups]
    finally:
        scheduler.load_state_dict(state)
        for group, values in zip(groups, before, strict=True):
            group.update(values)
    return rates[0] if len(groups) == 1 else rates


def _step_of(scheduler: Any) -> Callable[[int], object]:
    """Advance a scheduler to step t: torch's counts by itself, timm's takes t."""
    if hasattr(scheduler, "last_epoch"):
        return lambda _: scheduler.step()
    by_epoch: bool = getattr(scheduler, "t_in_epochs", True)
    advance: Callable[[int], object] = scheduler.step if by_epoch else scheduler.step_update
    return advance
