"""Schedules drawn with Matplotlib.

A rate is in force until the next step, and is drawn so: a drop is vertical, and no line passes
through rates that no step has. Of a long run only the steps that the eye can distinguish are drawn;
boundaries and extremes are among them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.atomic_files import check_place, replacing
from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import as_step, short_repr
from fastlr.drawing.axes import (
    GREEN,
    MOST_NAMED,
    RED,
    Unit,
    add_color_bar,
    add_legend,
    add_scales,
    color_scale,
    curve_styles,
    figure_rows,
    unit_of,
)
from fastlr.drawing.drawable import Curve, Drawable, is_drawable
from fastlr.drawing.lanes import Columns, labels_of, lanes_of, unnamed_labels
from fastlr.drawing.notes import Drawn, add_inset, add_numbers, short_warmup
from fastlr.drawing.sparkline import spread
from fastlr.errors import did_you_mean, public
from fastlr.program.opcodes import LAST_STEP

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "check_path",
    "empty",
    "plot",
    "plot_columns",
    "plot_difference",
    "plot_history",
    "plot_panels",
    "plot_predicted",
    "points",
    "save",
]

_DRAWN = 4_000  # a longer run is drawn by the extremes of a quarter as many stretches
_ALL_DRAWN = 400_000  # points of all curves
_SEARCHED = 2**18  # steps among which the extremes are sought
_MOST_CURVES = 1_000  # lanes drawn; of a larger batch as many are drawn, spread over it
_PREDICTED = 500  # losses drawn on a curve
_MOST_BOUNDARIES = 40  # marked on a curve; more dots would hide it
_SHORTEST = 0.02  # share of the steps whose rates a logarithmic axis may leave out
_SUFFIXES = (".png", ".svg", ".pdf")


@with_types
@public
def plot(
    *schedules: Any,
    steps: int | Sequence[int | None] | None = None,
    ax: Any = None,
    boundaries: bool = True,
    log: bool = False,
    tokens_per_step: float | None = None,
    steps_per_epoch: float | None = None,
    share: bool = False,
    color: str | None = None,
) -> Any:
    """Draw schedules on one axes.

    Parameters
    ----------
    *schedules : Schedule, Recipe or mapping of str to Schedule
        The curves. A mapping gives their labels, and a recipe has its name. Each lane of a batch
        is a curve, labelled by its group or by the parameters that differ between lanes. Other
        schedules are labelled by what tells them apart. Up to 10 curves have a legend; more have
        a colour bar. Of more than 1,000 lanes, 1,000 are drawn, spread over the batch, and the
        title says so. The label of a single curve is the title.
    steps : int or sequence of int, optional
        The number of steps shown, of all schedules or of each. By default each is shown to its
        end; one that never ends has as many steps as the longest of the others. A schedule with
        ``past_end="raise"`` is never drawn past its end.
    ax : matplotlib.axes.Axes, optional
        The axes to draw on. By default those of a new ``pyplot`` figure.
    boundaries : bool, default True
        Whether each boundary has a dot. A curve with more than 40 boundaries has none.
    log : bool, default False
        Whether rates have a logarithmic scale. It leaves out rates of 0, and lower rates than the
        lowest that a curve has for at least 2 % of its steps.
    tokens_per_step : float, optional
        Show tokens instead of steps: how many each step takes.
    steps_per_epoch : float, optional
        Show epochs instead of steps: how many steps each has.
    share : bool, default False
        Show each curve from 0 % to 100 % of its run, so that runs of different lengths compare.
    color : str, optional
        The parameter that the colour bar shows. By default the first that differs.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. ``fastlr.drawing.plots.save`` writes them to a file.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    TypeError
        If an argument is not a schedule, ``steps`` is not an integer, or ``ax`` is not axes.
    ValueError
        If there are no curves; if ``steps`` is out of range, or missing where no schedule ends;
        if more than one unit is given, or one that is not above 0; if no parameter named ``color``
        differs.

    Notes
    -----
    Peaks and last rates are written on the plot of up to 3 curves. A warm-up that takes less than
    2 % of the run is drawn again in an inset.

    Examples
    --------
    >>> import fastlr as flr
    >>> from fastlr.drawing.plots import empty
    >>> slow, fast = flr.linear(1.0, 0.0, steps=90), flr.linear(1.0, 0.0, steps=60)
    >>> axes = flr.plot({"slow": slow, "fast": fast}, ax=empty())
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['slow', 'fast']
    >>> axes = flr.plot(slow, fast, ax=empty())
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['steps=90', 'steps=60']
    """
    unit = unit_of(tokens_per_step, steps_per_epoch, share)
    named = _named(schedules)
    lengths = _lengths(steps, [length for *_, length in named])
    curves, columns = _curves(named, lengths)
    longest = _longest(curves)
    whole = [curve._replace(stop=_stop(curve, longest)) for curve in curves]
    _check_color(color, columns)
    if ax is not None and not hasattr(ax, "get_yscale"):
        raise TypeError(f"plot: ax must be Matplotlib axes, got {type(ax).__name__}")
    axes = empty(pyplot=True) if ax is None else ax
    _draw_all(axes, whole, columns, unit, boundaries=boundaries, log=log, color=color)
    size = sum(int(np.prod(schedule.shape)) for _, schedule, _ in named)
    if size > len(curves):
        title = f"{len(curves):,} of {size:,} lanes"
        axes.set_title(title, loc="left", fontsize="medium")
    return axes


@public
def plot_columns(
    lanes: Sequence[Drawable],
    columns: Columns,
    size: int,
    steps: int | None = None,
    ax: "Axes | None" = None,
    **options: Any,
) -> "Axes":
    """Draw scalar schedules that given parameters distinguish.

    Parameters
    ----------
    lanes : sequence of Schedule
        The schedules.
    columns : dict of str to list
        Per parameter, its value in each schedule.
    size : int
        How many schedules there are, of which ``lanes`` are some.
    steps, ax, **options
        As for ``plot``.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    labels = labels_of(columns) if len(lanes) <= MOST_NAMED else list(map(str, range(len(lanes))))
    unit = unit_of(
        options.pop("tokens_per_step", None),
        options.pop("steps_per_epoch", None),
        options.pop("share", False),
    )
    length = 0 if steps is None else _checked(steps)
    curves = [Curve(*pair, length) for pair in zip(labels, lanes, strict=True)]
    longest = _longest(curves)
    _check_color(options.get("color"), columns)
    axes = empty(pyplot=True) if ax is None else ax
    whole = [curve._replace(stop=_stop(curve, longest)) for curve in curves]
    _draw_all(axes, whole, columns, unit, **options)
    if size > len(lanes):
        axes.set_title(f"{len(lanes):,} of {size:,} schedules", loc="left", fontsize="medium")
    return axes


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
    [line] = below.plot(at, apart, color=GREEN, linewidth=1.4, drawstyle=_stairs(steps))
    below.axhline(0.0, color="0.5", linewidth=0.8)
    below.fill_between(
        at, 0.0, apart, color=line.get_color(), alpha=0.15, linewidth=0, step=_fill(steps)
    )
    add_scales(below, Unit(), f"{second} - {first}")
    above.set_xlabel("")
    for each in (above, below) if parting is not None else ():
        each.axvline(float(parting or 0), color="0.5", linewidth=1.0, linestyle=":")
    if parting is not None:
        below.set_title(f"they part at step {parting:,}", loc="left", fontsize="small")
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
        at = points(lane, steps, _DRAWN // 4)
        above.plot(at, lane(at), label=label, drawstyle=_stairs(steps), **grey)
        below.plot(along, law.curve(lane, along), **grey)
    add_legend(above)


def _show_losses_of_best(axes: "Axes", low: float, high: float) -> None:
    """Cut off the losses above those that the best had early: they would hide differences."""
    margin = 0.05 * (high - low)
    axes.set_ylim(low - margin, high + margin, auto=None)


def empty(pyplot: bool = False) -> "Axes":
    """Return empty axes on a figure of their own.

    Parameters
    ----------
    pyplot : bool, default False
        Whether the figure is a new one of ``pyplot``, which a notebook shows.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    """
    return figure_rows(1, pyplot)[0]


def points(schedule: Drawable, stop: int, drawn: int = _DRAWN) -> npt.NDArray[np.int64]:
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
    steps = spread(stop, _SEARCHED * drawn // _DRAWN)
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


def check_path(path: str | Path) -> None:
    """Raise ``ValueError`` unless ``save`` can write to this path.

    Call it before a long computation whose result is saved.
    """
    if Path(path).suffix not in _SUFFIXES:
        raise ValueError(f"save: path must end in .png, .svg or .pdf, got {short_repr(str(path))}")
    check_place("save: path", Path(path))


def save(axes: "Axes", path: str | Path) -> None:
    """Write the figure of some axes to a .png, .svg or .pdf file.

    The file is written whole or not at all. The same picture gives the same SVG and PDF.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Any axes of the figure.
    path : str or pathlib.Path
        The file. Its suffix, .png, .svg or .pdf, decides the format.

    Raises
    ------
    ValueError
        If the suffix is another, or the folder does not exist.
    OSError
        If the file cannot be written.
    """
    from matplotlib import rc_context

    check_path(path)
    suffix = Path(path).suffix
    figure: Any = axes.get_figure(root=True)
    with replacing("save: path", path) as file, rc_context({"svg.hashsalt": "fastlr"}):
        date = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix)
        figure.savefig(file, format=suffix[1:], dpi=200, metadata=date)


def _named(
    schedules: tuple[Drawable | Mapping[str, Drawable], ...],
) -> list[tuple[str, Drawable, int]]:
    """Return every schedule with its label, or none, and its length if that is known."""
    pairs: list[tuple[str, Any]] = [
        pair
        for given in schedules
        for pair in (given.items() if isinstance(given, Mapping) else [("", given)])
    ]
    named = [(str(label), *_schedule_of(given)) for label, given in pairs]
    if not named:
        raise ValueError("plot: schedules must have at least one curve, got none")
    return [(label or name, schedule, length) for label, name, schedule, length in named]


def _schedule_of(given: Any) -> tuple[str, Drawable, int]:
    """Return the name, the schedule and the length of a recipe; or a schedule alone."""
    if is_drawable(given):
        return "", given, 0
    if is_drawable(getattr(given, "schedule", None)) and hasattr(given, "title"):
        return given.name, given.schedule, given.steps
    raise TypeError(
        f"plot: schedules must be Schedules, got {type(given).__name__} {short_repr(given)}"
    )


def _curves(
    named: list[tuple[str, Drawable, int]], lengths: list[int]
) -> tuple[list[Curve], Columns]:
    """Return the curves of all schedules, and what tells them apart.

    A batch that is drawn alone has the parameters of its lanes; several schedules have labels.
    """
    if len(named) == 1 and named[0][1].shape:
        [(label, batch, _)], [length] = named, lengths
        lanes, columns = lanes_of(batch, _MOST_CURVES)
        many = len(lanes) > MOST_NAMED
        labels = [str(i) for i in range(len(lanes))] if many else labels_of(columns)
        before = f"{label} " if label and not many else ""
        return [Curve(before + own, *pair) for own, pair in _paired(labels, lanes, length)], columns
    unnamed = [schedule for label, schedule, _ in named if not label and not schedule.shape]
    own = iter(unnamed_labels(unnamed) if unnamed and len(named) > 1 else [""] * len(unnamed))
    curves = [
        curve
        for (label, schedule, _), length in zip(named, lengths, strict=True)
        for curve in (
            _lanes(label, schedule, length)
            if schedule.shape
            else [Curve(label or next(own), schedule, length)]
        )
    ]
    return curves, {"": [curve.label for curve in curves]}


def _paired(
    labels: list[str], lanes: list[Drawable], length: int
) -> list[tuple[str, tuple[Drawable, int]]]:
    return [(label, (lane, length)) for label, lane in zip(labels, lanes, strict=True)]


def _lanes(label: str, schedule: Drawable, length: int) -> list[Curve]:
    """Return the lanes of a batch that is drawn beside others."""
    lanes, columns = lanes_of(schedule, _MOST_CURVES)
    return [
        Curve(f"{label} {own}".strip(), lane, length)
        for own, lane in zip(labels_of(columns), lanes, strict=True)
    ]


def _lengths(steps: int | Sequence[int | None] | None, own: list[int]) -> list[int]:
    """Return the number of steps to show of each schedule; 0 if its own end decides."""
    each = list(steps) if isinstance(steps, Sequence) else [steps] * len(own)
    if len(each) != len(own):
        raise ValueError(
            f"plot: steps must be one number, or one for each of {len(own)} schedules, got "
            f"{short_repr(steps)}"
        )
    return [
        known if length is None else _checked(length)
        for known, length in zip(own, each, strict=True)
    ]


def _longest(curves: Sequence[Curve]) -> int:
    """Return the number of steps of the longest curve."""
    longest = max(curve.stop or int(curve.schedule.steps or 0) for curve in curves)
    if not longest:
        raise ValueError(
            "plot: steps must be given if no schedule ends after step 0, got "
            f"{short_repr(curves[0].schedule)}"
        )
    return longest


def _stop(curve: Curve, longest: int) -> int:
    """Return the number of steps to show of a curve."""
    end = int(curve.schedule.steps or 0)
    stop = curve.stop or end or longest
    return min(stop, end) if curve.schedule.past_end == "raise" else stop


def _checked(steps: object) -> int:
    """Return a number of steps to show."""
    count = as_step("plot: steps must be an integer", steps)
    if not 1 <= count <= LAST_STEP:
        raise ValueError(f"plot: steps must be from 1 to 2**53, got {short_repr(steps)}")
    return count


def _check_color(color: str | None, columns: Columns) -> None:
    """Raise unless a parameter of this name differs between the curves."""
    if color is not None and color not in columns:
        known = [name for name in columns if name not in ("", "lane")]
        raise ValueError(
            f"plot: color must be a parameter that differs, {known}, got {short_repr(color)}"
            f"{did_you_mean(str(color), known)}"
        )


def _draw_all(
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
    drawn = max(100, min(_DRAWN, _ALL_DRAWN // len(curves)))
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
    """Add numbers, and an inset where a warm-up would look like a jump."""
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
    line = axes.plot(x, held, drawstyle=_stairs(curve.stop), label=curve.label, **style)[0]
    line.sticky_edges.x.extend((0, curve.stop * unit.of(curve.stop)))
    line.sticky_edges.y.append(0)
    return line


def _stairs(stop: int) -> Any:
    """Rates of a short run are drawn as a stair; of a long one the steps are too narrow."""
    return "steps-post" if stop <= _DRAWN else "default"


def _fill(stop: int) -> Any:
    return "post" if stop <= _DRAWN else None


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
