"""Notes on a plot: peaks and ends as numbers, and an inset that shows a short warmup."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastlr.drawing.axes import Unit
from fastlr.drawing.drawable import Curve
from fastlr.drawing.numbers import amount_text, rate_text
from fastlr.drawing.sparkline import spread
from fastlr.program.opcodes import LAST_STEP

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Drawn", "add_inset", "add_numbers", "short_warmup"]

Drawn = tuple[Curve, Any]  # a curve, and the line that shows it

_MOST_NOTED = 3  # curves whose peaks and ends are numbers on the plot
_CLOSE = 0.06  # share of the height below which two numbers would overlap
_SHORT = 0.02  # share of the run below which a warmup cannot be seen
_INSET = 400  # steps drawn of a warmup
_WIDTH, _HEIGHT = 0.33, 0.30  # of the inset, in shares of the axes
_PLACES = [(x, y) for y in (0.54, 0.36, 0.18) for x in (0.62, 0.48, 0.36, 0.25, 0.14)]


def add_numbers(axes: "Axes", drawn: Sequence[Drawn], unit: Unit) -> None:
    """Write the highest rate and the last rate of each curve beside it, for up to 3 curves."""
    if len(drawn) > _MOST_NOTED:
        return
    peaks: list[tuple[float, float]] = []
    for _, line in drawn:
        _add_peak(axes, line, unit, peaks)
    _add_ends(axes, drawn)


def _add_peak(axes: "Axes", line: Any, unit: Unit, taken: list[tuple[float, float]]) -> None:
    """Write the highest rate where the curve first reaches it, unless it starts there."""
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    at = int(y.argmax())
    place = (x[at] / (x[-1] or 1.0), y[at] / (axes.get_ylim()[1] or 1.0))
    near = any(abs(place[0] - a) < 0.3 and abs(place[1] - b) < 2 * _CLOSE for a, b in taken)
    if near or y[at] == y[-1] or y[at] <= 0:
        return
    taken.append(place)
    late = place[0] > 0.6
    where = f" at {amount_text(x[at])}" if at and unit.per_step is not None else ""
    axes.annotate(
        f"{rate_text(y[at])}{where}",
        (x[at], y[at]),
        xytext=(-4 if late else 4, 4),
        textcoords="offset points",
        ha="right" if late else "left",
        fontsize="small",
        color=line.get_color(),
    )


def _add_ends(axes: "Axes", drawn: Sequence[Drawn]) -> None:
    """Write the last rate of each curve to the right of its end, where there is room."""
    taken: list[float] = []
    to_share = axes.transAxes.inverted()
    for curve, line in drawn:
        x, y = line.get_xdata()[-1], line.get_ydata()[-1]
        across, height = to_share.transform(axes.transData.transform((x, y)))
        hidden = axes.get_yscale() == "log" and not 0 <= height <= 1
        if across < 0.97 or hidden or any(abs(height - other) < _CLOSE for other in taken):
            continue
        taken.append(height)
        axes.annotate(
            rate_text(_end(axes, curve, y)),
            (x, y),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
            color=line.get_color(),
            annotation_clip=False,
        )


def _end(axes: "Axes", curve: Curve, last: float) -> float:
    """The rate that a curve ends at: the one past its last step, if the eye cannot tell them apart.

    A cosine to 0 has a last rate of 1e-11; a reader expects its end, 0.
    """
    if curve.schedule.past_end != "hold" or curve.stop >= LAST_STEP:
        return last
    end = float(curve.schedule(curve.stop))
    return end if abs(end - last) < 0.01 * axes.get_ylim()[1] else last


def short_warmup(drawn: Sequence[Drawn]) -> float:
    """Return where the longest warmup ends, if all are too short to be seen; otherwise 0.

    A warmup is a rise from the first rate to the highest one.
    """
    ends = [_warmup(line) for _, line in drawn]
    longest = max(float(line.get_xdata()[-1]) for _, line in drawn)
    return max(ends) if max(ends) < _SHORT * longest else 0.0


def _warmup(line: Any) -> float:
    """Where a curve has risen from its first rate to its highest one; 0 if it does not."""
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    at = int(np.argmax(y >= y.max() * (1 - 1e-9)))
    rises = at > 0 and y[0] < 0.5 * y[at] and bool((np.diff(y[: at + 1]) >= 0).all())
    return float(x[at]) if rises and at > 1 else 0.0


def add_inset(axes: "Axes", drawn: Sequence[Drawn], warmup: float, unit: Unit) -> None:
    """Draw the beginning again, three times the warmup, where the plot is emptiest."""
    inset = axes.inset_axes((*_emptiest(axes, [line for _, line in drawn]), _WIDTH, _HEIGHT))
    for curve, line in drawn:
        shown = min(curve.stop, math.ceil(3 * warmup / unit.of(curve.stop)) + 1)
        steps = spread(shown, _INSET)
        [small] = inset.plot(steps * unit.of(curve.stop), curve.schedule(steps))
        small.update_from(line)  # its colour and dashes, but also where it is drawn
        small.set_transform(inset.transData)
        small.set_clip_path(inset.patch)
        small.set_linewidth(1.3)
        small.set_drawstyle("steps-post" if shown <= _INSET else "default")
    inset.set_ylim(bottom=0.0)
    inset.set_xlim(0.0, 3 * warmup)
    _style_inset(axes, inset, unit)


def _style_inset(axes: "Axes", inset: "Axes", unit: Unit) -> None:
    """Label the axes of an inset, smaller than those around it."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    percent = unit.per_step is None
    inset.xaxis.set_major_locator(MaxNLocator(3))
    inset.yaxis.set_major_locator(MaxNLocator(2))
    inset.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{100 * x:.2g}%" if percent else amount_text(x))
    )
    inset.yaxis.set_major_formatter(axes.yaxis.get_major_formatter())
    inset.tick_params(labelsize="x-small", length=2)
    inset.set_title("warmup", fontsize="x-small", loc="left", pad=3)
    inset.grid(color="0.5", alpha=0.2, linewidth=0.5)
    inset.spines[["top", "right"]].set_visible(False)
    inset.patch.set_alpha(0.0)


def _emptiest(axes: "Axes", lines: Sequence[Any]) -> tuple[float, float]:
    """Return the place for an inset through which the least of the curves runs."""
    across = np.linspace(0.0, 1.0, 200)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    heights = [
        (np.interp(left + across * (right - left), line.get_xdata(), line.get_ydata()) - bottom)
        / (top - bottom)
        for line in lines
    ]

    def covered(place: tuple[float, float]) -> int:
        # its tick labels need room on the left and below, its title above
        x, y = place
        inside = (across > x - 0.09) & (across < x + _WIDTH + 0.02)
        return sum(
            int((inside & (curve > y - 0.13) & (curve < y + _HEIGHT + 0.08)).sum())
            for curve in heights
        )

    return min(_PLACES, key=covered)
