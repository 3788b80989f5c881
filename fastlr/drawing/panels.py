"""Plots on two axes or more, one below the other: quantities, differences, histories, losses."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.drawing.axes import (
    GREEN,
    RED,
    Unit,
    add_legend,
    add_scales,
    curve_styles,
    figure_rows,
)
from fastlr.drawing.curves import DRAWN, fill, points, stairs
from fastlr.drawing.drawable import Drawable
from fastlr.drawing.plots import plot
from fastlr.errors import public

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_difference", "plot_history", "plot_panels", "plot_predicted"]

_PREDICTED = 500  # losses drawn on a curve
_MOST_BOUNDARIES = 40  # marked on a curve; more dots would hide it


@public
def plot_panels(quantities: Mapping[str, Drawable], **options: Any) -> "tuple[Axes, ...]":
    """Draw each quantity on axes of its own, one below the other.

    Parameters
    ----------
    quantities : mapping of str to Schedule
        What is drawn, by the label of its axis.
    **options
        As for ``plot``, but ``ax``.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        The axes of each quantity.
    """
    rows = figure_rows(len(quantities), pyplot=True, height=1.9)
    for axes, (label, quantity) in zip(rows, quantities.items(), strict=True):
        plot(quantity, ax=axes, **options)
        axes.set_title("")
        axes.set_ylabel("learning rate" if label == "lr" else label.replace("_", " "))
        if axes is not rows[-1]:
            axes.set_xlabel("")
        if axes is not rows[0] and (legend := axes.get_legend()) is not None:
            legend.remove()  # the lanes have the same names in each
    return rows


@public
def plot_difference(
    curves: Mapping[str, Drawable],
    steps: int,
    parting: int | None,
    axes: "tuple[Axes, Axes] | None" = None,
) -> "tuple[Axes, Axes]":
    """Draw two curves, and below them the second minus the first.

    Parameters
    ----------
    curves : mapping of str to Schedule
        Two scalar curves by label.
    steps : int
        The number of steps shown.
    parting : int or None
        The first step at which they differ, which is marked.
    axes : pair of matplotlib.axes.Axes, optional
        Where to draw. By default the axes of a new figure.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        The axes of the curves, and of the difference.
    """
    above, below = figure_rows(2, pyplot=True, height=2.4) if axes is None else axes
    (first, one), (second, other) = curves.items()
    plot(dict(curves), steps=steps, ax=above, boundaries=False)
    at = np.union1d(points(one, steps), points(other, steps))
    apart = other(at) - one(at)
    [line] = below.plot(at, apart, color=GREEN, linewidth=1.4, drawstyle=stairs(steps))
    below.axhline(0.0, color="0.5", linewidth=0.8)
    below.fill_between(
        at, 0.0, apart, color=line.get_color(), alpha=0.15, linewidth=0, step=fill(steps)
    )
    add_scales(below, Unit(), f"{second} - {first}")
    above.set_xlabel("")
    for each in (above, below) if parting is not None else ():
        each.axvline(float(parting or 0), color="0.5", linewidth=1.0, linestyle=":")
    if parting is not None:
        below.set_title(f"they differ at step {parting:,}", loc="left", fontsize="small")
    return above, below


@public
def plot_history(
    metrics: npt.ArrayLike,
    levels: Mapping[str, npt.NDArray[np.float64]],
    label: str = "scale",
    axes: "tuple[Axes, Axes] | None" = None,
) -> "tuple[Axes, Axes]":
    """Draw the metrics of a run, and below them what rules made of the rate.

    Parameters
    ----------
    metrics : array of float
        One row per update.
    levels : mapping of str to array of float
        The scales, or the rates, after each update, by the label of the rule.
    label : str, default "scale"
        What the levels are.
    axes : pair of matplotlib.axes.Axes, optional
        Where to draw. By default the axes of a new figure.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        The axes of the metrics, and of the levels. If there is one rule, each change of its level
        is marked in both.
    """
    above, below = figure_rows(2, pyplot=True, height=1.9) if axes is None else axes
    heard = np.asarray(metrics, dtype=np.float64)
    updates = np.arange(1, len(heard) + 1)
    marker = "." if len(heard) <= 200 else ""
    above.plot(updates, heard.reshape(len(heard), -1), color="0.5", linewidth=1.2, marker=marker)
    for (name, level), style in zip(levels.items(), curve_styles(len(levels)), strict=True):
        below.plot(updates, level, label=name, linewidth=1.6, drawstyle="steps-post", **style)
    every = np.array(list(levels.values()))
    if every.min() > 0 and every.max() > 20 * every.min():
        below.set_yscale("log")
    else:
        below.set_ylim(bottom=0.0)
    changes = updates[1:][np.diff(every[0]) != 0] if len(levels) == 1 else []
    for update in changes[:_MOST_BOUNDARIES]:
        for each in (above, below):
            each.axvline(float(update), color=RED, linewidth=0.9, linestyle=":")
    add_scales(below, Unit("update"), label)
    add_legend(below)
    above.set_ylabel("metric")
    return above, below


@with_types
@public
def plot_predicted(
    law: Any,
    schedules: Mapping[str, Drawable],
    steps: int,
    axes: "tuple[Axes, Axes] | None" = None,
    field: Sequence[Drawable] = (),
    size: int = 0,
) -> "tuple[Axes, Axes]":
    """Draw the rates of schedules, and below them the losses that a law predicts.

    Parameters
    ----------
    law : loss law of fastlr.loss_laws
        Its ``curve(schedule, steps)`` gives the losses.
    schedules : mapping of str to Schedule
        Scalar schedules by label.
    steps : int
        The number of steps shown. Losses are shown after the first twentieth of them, since
        earlier losses would set the scale.
    axes : pair of matplotlib.axes.Axes, optional
        The axes for rates and for losses. By default those of a new figure.
    field : sequence of Schedule, default ()
        Schedules that are drawn in grey behind the others, which they were compared with.
    size : int, default 0
        How many schedules the field has, of which ``field`` are some.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        The axes of the rates, and of the losses.

    Raises
    ------
    ImportError, TypeError, ValueError
        As ``plot``.
    """
    above, below = figure_rows(2, pyplot=True) if axes is None else axes
    along = np.unique(np.linspace(max(1, steps // 20), steps - 1, _PREDICTED).astype(np.int64))
    plot(dict(schedules), steps=steps, ax=above)
    colors = [line.get_color() for line in above.lines if not str(line.get_label()).startswith("_")]
    lowest = []
    for (label, schedule), color in zip(schedules.items(), colors[-len(schedules) :], strict=False):
        losses = law.curve(schedule, along)
        below.plot(along, losses, linewidth=1.6, label=label, color=color)
        lowest.append((losses.min(), losses.max()))
    add_scales(below, Unit(), "predicted loss")
    if field:
        _add_field(above, below, law, along, field, size)
        _show_losses_of_best(below, *map(min, zip(*lowest, strict=True)))
    above.set_xlabel("")
    return above, below


def _add_field(
    above: "Axes",
    below: "Axes",
    law: Any,
    along: npt.NDArray[np.int64],
    field: Sequence[Drawable],
    size: int,
) -> None:
    """Draw the schedules that the best were compared with in grey behind them."""
    grey: dict[str, Any] = {"color": "0.5", "alpha": 0.3, "linewidth": 0.7, "zorder": 1.0}
    steps = int(along[-1]) + 1
    for i, lane in enumerate(field):
        label = f"{len(field):,} of {size:,} in the sweep" if i == 0 else "_field"
        at = points(lane, steps, DRAWN // 4)
        above.plot(at, lane(at), label=label, drawstyle=stairs(steps), **grey)
        below.plot(along, law.curve(lane, along), **grey)
    add_legend(above)


def _show_losses_of_best(axes: "Axes", low: float, high: float) -> None:
    """Cut off the losses above those that the best had early: they would hide differences."""
    margin = 0.05 * (high - low)
    axes.set_ylim(low - margin, high + margin, auto=None)
