"""Curves on the axes of a plot: the steps that are drawn, styles, limits and boundaries.

A rate is in force until the next step, and is drawn so: a drop is vertical, and no line passes
through rates that no step has. Of a long run only the steps that the eye can distinguish are drawn;
boundaries and extremes are among them.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastlr.drawing.axes import (
    MOST_NAMED,
    Unit,
    add_color_bar,
    add_legend,
    add_scales,
    color_scale,
    curve_styles,
)
from fastlr.drawing.drawable import Curve, Drawable
from fastlr.drawing.lanes import Columns
from fastlr.drawing.notes import Drawn, add_inset, add_numbers, short_warmup
from fastlr.drawing.sparkline import spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DRAWN", "draw_all", "fill", "points", "stairs"]

DRAWN = 4_000  # a longer run is drawn by the extremes of a quarter as many stretches
_ALL_DRAWN = 400_000  # points of all curves
_SEARCHED = 2**18  # steps among which the extremes are sought
_MOST_BOUNDARIES = 40  # marked on a curve; more dots would hide it
_SHORTEST = 0.02  # share of the steps whose rates a logarithmic axis may leave out


def points(schedule: Drawable, stop: int, drawn: int = DRAWN) -> npt.NDArray[np.int64]:
    """Choose the steps at which a scalar schedule is drawn.

    Parameters
    ----------
    schedule : Schedule
        A scalar schedule.
    stop : int
        The number of steps shown.
    drawn : int, default 4000
        How many steps are drawn one by one; fewer for one of many curves.

    Returns
    -------
    numpy.ndarray of int64
        Steps from 0 to ``stop - 1``, in order.

    Notes
    -----
    A run of at most 4,000 steps is drawn step by step. A longer one is divided into 1,000 equal
    stretches. Drawn are the first and the last step, each boundary, the steps of the lowest and
    the highest rate of each stretch, and the steps beside all of these. So drops are where they
    belong, and peaks are as high as they are. In a run of more than 2^18 steps the extremes are
    sought among 2^18 steps spread over it.

    Examples
    --------
    >>> import fastlr as flr
    >>> steps = points(flr.milestones(0.1, 0.1, at=[123_456]), stop=200_000)
    >>> [step in steps for step in (0, 123_455, 123_456, 199_999)]
    [True, True, True, True]
    """
    steps = spread(stop, _SEARCHED * drawn // DRAWN)
    if stop <= drawn:
        return steps
    stretches = zip(
        np.array_split(steps, drawn // 4),
        np.array_split(schedule(steps), drawn // 4),
        strict=True,
    )
    extremes = [stretch[[rates.argmin(), rates.argmax()]] for stretch, rates in stretches]
    boundaries = [boundary for boundary in schedule.boundaries if boundary < stop]
    chosen = np.concatenate([[0, stop - 1], boundaries, *extremes]).astype(np.int64)
    return np.unique(np.clip(chosen[:, np.newaxis] + [-1, 0, 1], 0, stop - 1))


def draw_all(
    axes: "Axes",
    curves: list[Curve],
    columns: Columns,
    unit: Unit,
    boundaries: bool = True,
    log: bool = False,
    color: str | None = None,
) -> None:
    """Draw curves with all that explains them."""
    if log:
        axes.set_yscale("log", nonpositive="mask")
    many = len(curves) > MOST_NAMED or color is not None
    before = len([line for line in axes.lines if not str(line.get_label()).startswith("_")])
    styles: list[dict[str, Any]] = curve_styles(before + len(curves))[before:]
    if many:
        name, values, colors, scale = color_scale(columns, color)
        styles = [{"color": each} for each in colors]
    drawn = max(100, min(DRAWN, _ALL_DRAWN // len(curves)))
    lines = [
        _draw(axes, curve, unit, drawn, linewidth=0.9 if many else 1.6, **style)
        for curve, style in zip(curves, styles, strict=True)
    ]
    for curve, line in zip(curves if boundaries and not many else [], lines, strict=False):
        _mark_boundaries(axes, curve, unit, line.get_color())
    _set_limits(axes, lines)
    add_scales(axes, unit)
    if many:
        add_color_bar(axes, name, values, scale)
        return
    pairs = list(zip(curves, lines, strict=True))
    if len(curves) == 1 and curves[0].label and not before:
        axes.set_title(curves[0].label, loc="left", fontsize="medium")
    add_legend(axes)
    if not before:
        _add_notes(axes, pairs, unit, log)


def _add_notes(axes: "Axes", drawn: list[Drawn], unit: Unit, log: bool) -> None:
    """Add numbers, and an inset where a warmup would look like a jump."""
    add_numbers(axes, drawn, unit)
    warmup = short_warmup(drawn)
    if warmup and not log:
        add_inset(axes, drawn, warmup, unit)


def _draw(axes: "Axes", curve: Curve, unit: Unit, drawn: int, **style: Any) -> Any:
    """Draw one curve, whose last rate is in force up to its ``stop``."""
    steps = points(curve.schedule, curve.stop, drawn)
    rates = curve.schedule(steps)
    held = np.append(rates, rates[-1:])
    x = np.append(steps, curve.stop)[: held.size] * unit.of(curve.stop)
    line = axes.plot(x, held, drawstyle=stairs(curve.stop), label=curve.label, **style)[0]
    line.sticky_edges.x.extend((0, curve.stop * unit.of(curve.stop)))
    line.sticky_edges.y.append(0)
    return line


def stairs(stop: int) -> Any:
    """Rates of a short run are drawn as a stair; of a long one the steps are too narrow."""
    return "steps-post" if stop <= DRAWN else "default"


def fill(stop: int) -> Any:
    """How the area below a curve is filled: as a stair where the curve is drawn as one."""
    return "post" if stop <= DRAWN else None


def _mark_boundaries(axes: "Axes", curve: Curve, unit: Unit, color: Any) -> None:
    """Put a dot on each boundary of a curve."""
    marked = np.array(
        [boundary for boundary in curve.schedule.boundaries if boundary < curve.stop],
        dtype=np.int64,
    )
    if 0 < marked.size <= _MOST_BOUNDARIES:
        x = marked * unit.of(curve.stop)
        axes.plot(x, curve.schedule(marked), ".", markersize=7, color=color, label="_boundaries")


def _set_limits(axes: "Axes", lines: list[Any]) -> None:
    """Show 0, so that heights can be compared; on a logarithmic axis only rates that last."""
    if axes.get_yscale() == "linear":
        axes.update_datalim([(0, 0)])
        axes.autoscale_view()
        # Matplotlib leaves a margin below a line at 0
        axes.set_ylim(bottom=max(0.0, axes.get_ylim()[0]), auto=None)
        return
    axes.autoscale_view()
    lowest = [low for line in lines if (low := _lowest_lasting(line)) is not None]
    if lowest:
        bottom, top = axes.get_ylim()
        axes.set_ylim(max(bottom, min(lowest) * 0.6), top, auto=None)


def _lowest_lasting(line: Any) -> float | None:
    """The lowest rate but for those of the few steps that fall below all others."""
    x, rates = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    kept = rates > 0
    order = np.argsort(rates[kept])
    lasting = np.cumsum(np.diff(x, append=x[-1:])[kept][order])
    if not lasting.size:
        return None
    at = int(np.searchsorted(lasting, _SHORTEST * lasting[-1], "right"))
    return float(rates[kept][order][min(at, lasting.size - 1)])
