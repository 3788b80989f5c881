"""Schedules drawn with Matplotlib on one axes, and pictures written to files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fastlr.arguments.atomic_files import check_place, replacing
from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import as_step, short_repr
from fastlr.drawing.axes import (
    MOST_NAMED,
    figure_rows,
    unit_of,
)
from fastlr.drawing.curves import draw_all
from fastlr.drawing.drawable import Curve, Drawable, is_drawable
from fastlr.drawing.lanes import Columns, labels_of, lanes_of, unnamed_labels
from fastlr.errors import did_you_mean, public
from fastlr.program.opcodes import LAST_STEP

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "check_path",
    "empty",
    "plot",
    "plot_columns",
    "save",
]

_MOST_CURVES = 1_000  # lanes drawn; of a larger batch as many are drawn, spread over it
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
    Peaks and last rates are written on the plot of up to 3 curves. A warmup that takes less than
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
    draw_all(axes, whole, columns, unit, boundaries=boundaries, log=log, color=color)
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
    draw_all(axes, whole, columns, unit, **options)
    if size > len(lanes):
        axes.set_title(f"{len(lanes):,} of {size:,} schedules", loc="left", fontsize="medium")
    return axes


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


def check_path(path: str | Path, name: str = "save: path") -> None:
    """Raise ``ValueError`` unless ``save`` can write to this path.

    Call it before a long computation whose result is saved. ``name`` is what an error calls it.
    """
    if Path(path).suffix not in _SUFFIXES:
        raise ValueError(f"{name} must end in .png, .svg or .pdf, got {short_repr(str(path))}")
    check_place(name, Path(path))


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
            "plot: steps must be given if no schedule ends after step 0 (on the command line, "
            "--steps), got "
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
